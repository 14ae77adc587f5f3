// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: messages that a pool makes at run time.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import GrpcAio from 'gi://GrpcAio?version=1';

import {check, equal, failsNow} from './support.js';

const FILE = GLib.getenv('GRPC_AIO_TEST_MESSAGES');

function newPool() {
    const pool = GrpcAio.MessagePool.new();
    check(pool.add_file(FILE));
    return pool;
}

function bytes(...numbers) {
    return new GLib.Bytes(new Uint8Array(numbers));
}

function packed(message) {
    return [...message.to_bytes().toArray()];
}

async function messagePools() {
    const pool = newPool();
    const [contents] = Gio.File.new_for_path(FILE).load_bytes(null);
    check(pool.add_bytes(contents));
    Gio.resources_register(Gio.Resource.load(GLib.getenv('GRPC_AIO_TEST_MESSAGES').replace('.binpb', '.gresource')));
    check(pool.add_resource('/test/test.binpb'));
    failsNow(() => pool.add_bytes(bytes(1)), Gio.IOErrorEnum, Gio.IOErrorEnum.INVALID_DATA);

    check(pool.dup_file_names().includes('three.proto'));
    check(pool.dup_message_names().includes('test.three.Scalars'));
    check(pool.dup_enum_names().includes('test.three.Color'));
    equal(pool.dup_service_names(), ['test.three.Service']);
    equal(pool.dup_method_names('test.three.Service'), ['Unary', 'ServerStream', 'ClientStream', 'Both']);
    equal(pool.dup_dependencies('two.proto'), ['three.proto']);
    const descriptor = pool.dup_file_descriptor('three.proto');
    check(descriptor.equal(pool.dup_file_descriptor_for_symbol('test.three.Color')));
    equal(pool.dup_file_descriptor('none.proto'), null);

    const inputType = pool.get_message_type('test.three.Scalars');
    const [found, request, response, kind] = pool.find_method('/test.three.Service/ServerStream');
    check(found && request.name === inputType.name);
    equal(response.name, pool.get_message_type('test.three.Mixed').name);
    equal(kind, GrpcAio.MethodKind.UNARY_STREAM);
    failsNow(() => pool.find_method('/test.three.Service/None'), Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND);
    check(GObject.type_is_a(pool.get_enum_type('test.three.Color'), GObject.TYPE_ENUM));
    failsNow(() => pool.new_message('test.None'), Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND);

    const shared = GrpcAio.MessagePool.get_default();
    equal(shared.get_message_type('google.rpc.Status').name, pool.get_message_type('google.rpc.Status').name);
}

async function messageObjects() {
    const pool = newPool();
    const message = pool.new_message('test.three.Scalars');
    const changes = [];
    message.connect('notify', (object, spec) => changes.push(spec.name));
    message.f_int32 = -5;
    message.f_uint64 = 7;
    message.f_double = Infinity;
    message.f_string = 'Grüße';
    message.f_bytes = bytes(0, 255);
    equal(changes, ['f-int32', 'f-uint64', 'f-double', 'f-string', 'f-bytes']);
    equal(message.get_full_name(), 'test.three.Scalars');
    check(message.dup_field_names().includes('f_int32'));
    check(message.has_field('f_int32') && !message.has_field('f_bool'));

    let copy = pool.new_message_from_bytes('test.three.Scalars', message.to_bytes());
    check(copy.equal(message));
    equal(copy.f_string, 'Grüße');
    equal([...copy.f_bytes.toArray()], [0, 255]);
    copy = GrpcAio.Message.create_from_bytes(pool.get_message_type('test.three.Scalars'), message.to_bytes());
    copy.clear_field('f_int32');
    check(!copy.equal(message));
    copy.merge(message);
    check(copy.equal(message) && copy.dup().equal(message));
    copy.clear();
    equal(packed(copy), []);
    failsNow(() => copy.merge_from_bytes(bytes(0x7a, 1, 0xff)), GrpcAio.Error, GrpcAio.Error.INTERNAL);
    check(copy.merge_from_bytes(bytes(8, 3)));
    equal(copy.f_int32, 3);

    // Lists, maps and one of several.
    const tree = GrpcAio.Message.create(pool.get_message_type('test.three.Tree'));
    tree.left = pool.new_message('test.three.Tree');
    tree.left.name = 'x';
    tree.children.append(tree.left);
    equal(packed(tree), [0x12, 3, 10, 1, 0x78, 0x1a, 3, 10, 1, 0x78]);
    const repeated = pool.new_message('test.three.Repeated');
    repeated.f_string = ['a', 'b'];
    repeated.f_int32 = new GLib.Variant('ai', [1, 2]);
    equal(repeated.f_int32.deepUnpack(), [1, 2]);
    const maps = pool.new_message('test.three.Maps');
    maps.strings = new GLib.Variant('a{ss}', {k: 'v'});
    equal(packed(maps), [10, 6, 10, 1, 0x6b, 0x12, 1, 0x76]);
    const choice = pool.new_message('test.three.Choice');
    choice.text = 'x';
    choice.number = 0;
    equal([choice.get_oneof_case('what'), choice.what_case, choice.text], ['number', 'number', null]);

    // A name that every object has is not taken away.
    const names = pool.new_message('test.three.Names');
    names.connect_field = 1;
    equal(names.connect_field, 1);

    const required = pool.new_message('test.two.Required');
    check(!required.is_initialized());
    equal(required.dup_missing_fields(), ['number', 'text', 'data']);
    failsNow(() => required.to_bytes(), GrpcAio.Error, GrpcAio.Error.INTERNAL);
}

async function messageExtras() {
    const pool = newPool();
    let message = pool.new_message_from_bytes('test.three.Empty', bytes(8, 1));
    equal([...message.dup_unknown_fields().toArray()], [8, 1]);
    message.clear_unknown_fields();
    equal(message.dup_unknown_fields(), null);

    message = pool.new_message('test.two.Extendable');
    check(!message.has_extension('test.two.number'));
    equal(message.get_extension('test.two.number').at(-1), 3);
    check(message.set_extension('test.two.number', 7));
    check(message.has_extension('test.two.number'));
    equal(message.get_extension('test.two.number').at(-1), 7);
    message.clear_extension('test.two.number');
    check(!message.has_extension('test.two.number'));
    failsNow(() => message.set_extension('test.two.none', 7), Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND);

    const wrapped = message.pack_any();
    equal(wrapped.type_url, 'type.googleapis.com/test.two.Extendable');
    check(wrapped.unpack_any(pool).equal(message));
    failsNow(() => wrapped.unpack_any(null), Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND);
}

export const CASES = {
    'message-pools': messagePools,
    'message-objects': messageObjects,
    'message-extras': messageExtras,
};
