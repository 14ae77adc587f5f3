# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases of the binding test: messages as JSON, GVariants and text, and calls
whose types are looked up when they are made."""

import json

from gi.repository import Gio, GLib, GrpcAio

from support import equal, fails, fails_now, operation

IO_ERROR = Gio.io_error_quark()
FLAGS = GrpcAio.JsonFlags

FIELDS = [
    {'name': 'text', 'number': 1, 'type': 'TYPE_STRING', 'label': 'LABEL_OPTIONAL'},
    {'name': 'how_often', 'number': 2, 'type': 'TYPE_INT64', 'label': 'LABEL_OPTIONAL'},
]
TYPES = {'inputType': '.test.Word', 'outputType': '.test.Word'}
FILES = {'file': [{
    'name': 'word.proto',
    'package': 'test',
    'syntax': 'proto3',
    'messageType': [{'name': 'Word', 'field': FIELDS}],
    'service': [{'name': 'Test', 'method': [
        {'name': 'Echo', **TYPES},
        {'name': 'Count', 'serverStreaming': True, **TYPES},
    ]}],
}]}


def new_pool():
    default = GrpcAio.MessagePool.get_default()
    files = default.new_message_from_json('google.protobuf.FileDescriptorSet', json.dumps(FILES), FLAGS.NONE)
    pool = GrpcAio.MessagePool.new()
    pool.add_bytes(files.to_bytes())
    return pool


async def message_formats(fixture):
    pool = new_pool()
    word = pool.new_message_from_json('test.Word', '{"text": "a", "howOften": 5}', FLAGS.NONE)

    equal(word.to_json(FLAGS.NONE), '{"text":"a","howOften":"5"}')
    equal(word.to_json(FLAGS.PRETTY | FLAGS.PRESERVE_NAMES), '{\n  "text": "a",\n  "how_often": "5"\n}')
    equal(word.to_text(), 'text: "a"\nhow_often: 5\n')
    equal(word.to_variant().unpack(), {'text': 'a', 'how_often': 5})
    equal(word.to_data(), b'\n\x01a\x10\x05')
    assert GrpcAio.Message.create_from_data(pool.get_message_type('test.Word'), b'\n\x01a\x10\x05').equal(word)

    word.merge_from_json('{"text": "b"}', FLAGS.NONE)
    equal(word.to_json(FLAGS.NONE), '{"text":"b","howOften":"5"}')
    fails_now(IO_ERROR, Gio.IOErrorEnum.INVALID_DATA, word.merge_from_json, '{"text": 5}', FLAGS.NONE)

    gtype = pool.get_message_type('test.Word')
    assert GrpcAio.Message.create_from_json(gtype, '{"text":"b","more":1,"how_often":5}', FLAGS.IGNORE_UNKNOWN).equal(word)
    assert GrpcAio.Message.create_from_variant(gtype, GLib.Variant('a{sv}', {
        'text': GLib.Variant('s', 'b'), 'how_often': GLib.Variant('y', 5)})).equal(word)
    fails_now(IO_ERROR, Gio.IOErrorEnum.INVALID_DATA,
              GrpcAio.Message.create_from_variant, gtype, GLib.Variant('a{ss}', {'how_often': 'x'}))


async def dynamic_calls(fixture):
    pool = new_pool()
    request = GLib.Variant('a{sv}', {'text': GLib.Variant('s', 'hello'), 'how_often': GLib.Variant('i', 2)})

    response = await operation(fixture.channel, 'call_variant', '/test.Test/Echo', request, pool, None)
    equal(response.unpack(), {'text': 'hello', 'how_often': 2})
    equal(await operation(fixture.channel, 'call_json', '/test.Test/Echo', '{"howOften":3}', pool, None), '{"howOften":"3"}')
    equal((await operation(fixture.channel, 'call_variant', '/test.Test/Echo', None, pool, None)).unpack(), {})

    await fails(operation(fixture.channel, 'call_json', '/test.Test/Echo', '{"no":3}', pool, None),
                IO_ERROR, Gio.IOErrorEnum.INVALID_DATA)
    await fails(operation(fixture.channel, 'call_json', '/test.Test/Count', '{}', pool, None),
                IO_ERROR, Gio.IOErrorEnum.NOT_SUPPORTED)


def call_and_wait(channel):
    pool = new_pool()

    equal(channel.call_variant_sync('/test.Test/Echo', GLib.Variant('a{ss}', {'text': 'x'}), pool, None, None).unpack(), {'text': 'x'})
    equal(channel.call_json_sync('/test.Test/Echo', '{"text":"y"}', pool, None, None), '{"text":"y"}')


CASES = [message_formats, dynamic_calls]
