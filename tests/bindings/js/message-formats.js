// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: messages as JSON, GVariants and text, and calls
// whose types are looked up when they are made.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';

import {check, equal, fails, failsNow} from './support.js';

const {IOErrorEnum} = Gio;
const {NONE, PRETTY, PRESERVE_NAMES, IGNORE_UNKNOWN} = GrpcAio.JsonFlags;
const {Message, MessagePool} = GrpcAio;

const FIELDS = [
    {name: 'text', number: 1, type: 'TYPE_STRING', label: 'LABEL_OPTIONAL'},
    {name: 'how_often', number: 2, type: 'TYPE_INT64', label: 'LABEL_OPTIONAL'},
];
const TYPES = {inputType: '.test.Word', outputType: '.test.Word'};
const FILES = {file: [{
    name: 'word.proto',
    package: 'test',
    syntax: 'proto3',
    messageType: [{name: 'Word', field: FIELDS}],
    service: [{name: 'Test', method: [
        {name: 'Echo', ...TYPES},
        {name: 'Count', serverStreaming: true, ...TYPES},
    ]}],
}]};

function newPool() {
    const files = MessagePool.get_default().new_message_from_json('google.protobuf.FileDescriptorSet',
        JSON.stringify(FILES), NONE);
    const pool = new MessagePool();
    pool.add_bytes(files.to_bytes());

    return pool;
}

async function messageFormats() {
    const pool = newPool();
    const word = pool.new_message_from_json('test.Word', '{"text": "a", "howOften": 5}', NONE);

    equal(word.to_json(NONE), '{"text":"a","howOften":"5"}');
    equal(word.to_json(PRETTY | PRESERVE_NAMES), '{\n  "text": "a",\n  "how_often": "5"\n}');
    equal(word.to_text(), 'text: "a"\nhow_often: 5\n');
    equal(JSON.stringify(word.to_variant().recursiveUnpack()), '{"text":"a","how_often":5}');
    const data = word.to_data();
    equal([...data], [10, 1, 97, 16, 5]);
    check(Message.create_from_data(pool.get_message_type('test.Word'), data).equal(word));

    word.merge_from_json('{"text": "b"}', NONE);
    equal(word.to_json(NONE), '{"text":"b","howOften":"5"}');
    failsNow(() => word.merge_from_json('{"text": 5}', NONE), IOErrorEnum, IOErrorEnum.INVALID_DATA);

    const type = pool.get_message_type('test.Word');
    check(Message.create_from_json(type, '{"text":"b","more":1,"how_often":5}', IGNORE_UNKNOWN).equal(word));
    check(Message.create_from_variant(type, new GLib.Variant('a{sv}', {
        text: GLib.Variant.new_string('b'),
        'how_often': GLib.Variant.new_byte(5),
    })).equal(word));
    failsNow(() => Message.create_from_variant(type, new GLib.Variant('a{ss}', {'how_often': 'x'})),
        IOErrorEnum, IOErrorEnum.INVALID_DATA);
}

async function dynamicCalls({channel}) {
    const pool = newPool();
    const request = new GLib.Variant('a{sv}', {
        text: GLib.Variant.new_string('hello'),
        'how_often': GLib.Variant.new_int32(2),
    });

    const response = await channel.call_variant_async('/test.Test/Echo', request, pool, null, null);
    equal(JSON.stringify(response.recursiveUnpack()), '{"text":"hello","how_often":2}');
    equal(await channel.call_json_async('/test.Test/Echo', '{"howOften":3}', pool, null, null), '{"howOften":"3"}');
    equal((await channel.call_variant_async('/test.Test/Echo', null, pool, null, null)).n_children(), 0);

    await fails(channel.call_json_async('/test.Test/Echo', '{"no":3}', pool, null, null),
        IOErrorEnum, IOErrorEnum.INVALID_DATA);
    await fails(channel.call_json_async('/test.Test/Count', '{}', pool, null, null),
        IOErrorEnum, IOErrorEnum.NOT_SUPPORTED);
}

export function callAndWait(channel) {
    const pool = newPool();
    const request = new GLib.Variant('a{ss}', {text: 'x'});

    equal(channel.call_variant_sync('/test.Test/Echo', request, pool, null, null).print(false), "{'text': <'x'>}");
    equal(channel.call_json_sync('/test.Test/Echo', '{"text":"y"}', pool, null, null), '{"text":"y"}');
}

export const CASES = {
    'message-formats': messageFormats,
    'dynamic-calls': dynamicCalls,
};
