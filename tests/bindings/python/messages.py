# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases of the binding test: messages that a pool makes at run time."""

import os

from gi.repository import Gio, GLib, GObject, GrpcAio

from support import equal, fails_now

ERROR = GrpcAio.Error.quark()
IO_ERROR = Gio.io_error_quark()


def new_pool():
    pool = GrpcAio.MessagePool.new()
    assert pool.add_file(os.environ['GRPC_AIO_TEST_MESSAGES'])
    return pool


def packed(message):
    return message.to_bytes().get_data() or b''


async def message_pools(fixture):
    pool = new_pool()
    with open(os.environ['GRPC_AIO_TEST_MESSAGES'], 'rb') as file:
        assert pool.add_bytes(GLib.Bytes.new(file.read()))
    Gio.resources_register(Gio.Resource.load(os.environ['GRPC_AIO_TEST_MESSAGES'].replace('.binpb', '.gresource')))
    assert pool.add_resource('/test/test.binpb')
    fails_now(IO_ERROR, Gio.IOErrorEnum.INVALID_DATA, pool.add_bytes, GLib.Bytes.new(b'x'))

    assert 'three.proto' in pool.dup_file_names()
    assert 'test.three.Scalars' in pool.dup_message_names()
    assert 'test.three.Color' in pool.dup_enum_names()
    equal(pool.dup_service_names(), ['test.three.Service'])
    equal(pool.dup_method_names('test.three.Service'), ['Unary', 'ServerStream', 'ClientStream', 'Both'])
    equal(pool.dup_dependencies('two.proto'), ['three.proto'])
    descriptor = pool.dup_file_descriptor('three.proto')
    assert descriptor.equal(pool.dup_file_descriptor_for_symbol('test.three.Color'))
    equal(pool.dup_file_descriptor('none.proto'), None)

    input_type = pool.get_message_type('test.three.Scalars')
    found, request, response, kind = pool.find_method('/test.three.Service/ServerStream')
    equal((found, request, kind), (True, input_type, GrpcAio.MethodKind.UNARY_STREAM))
    equal(response, pool.get_message_type('test.three.Mixed'))
    fails_now(IO_ERROR, Gio.IOErrorEnum.NOT_FOUND, pool.find_method, '/test.three.Service/None')
    assert pool.get_enum_type('test.three.Color').is_a(GObject.TYPE_ENUM)
    equal(pool.get_message_type('test.None'), GObject.TYPE_INVALID)
    fails_now(IO_ERROR, Gio.IOErrorEnum.NOT_FOUND, pool.new_message, 'test.None')

    default = GrpcAio.MessagePool.get_default()
    equal(default.get_message_type('google.rpc.Status'), pool.get_message_type('google.rpc.Status'))


async def message_objects(fixture):
    pool = new_pool()
    message = pool.new_message('test.three.Scalars')
    changes = []
    message.connect('notify', lambda message, spec: changes.append(spec.name))
    message.props.f_int32 = -5
    message.props.f_uint64 = 2**64 - 1
    message.props.f_double = float('inf')
    message.props.f_string = 'Grüße'
    message.props.f_bytes = GLib.Bytes.new(b'\0\xff')
    equal(changes, ['f-int32', 'f-uint64', 'f-double', 'f-string', 'f-bytes'])
    equal(message.get_full_name(), 'test.three.Scalars')
    assert 'f_int32' in message.dup_field_names()
    assert message.has_field('f_int32') and not message.has_field('f_bool')

    copy = pool.new_message_from_bytes('test.three.Scalars', message.to_bytes())
    assert copy.equal(message)
    equal((copy.props.f_string, copy.props.f_bytes.get_data()), ('Grüße', b'\0\xff'))
    copy = GrpcAio.Message.create_from_bytes(pool.get_message_type('test.three.Scalars'), message.to_bytes())
    copy.clear_field('f_int32')
    assert not copy.equal(message)
    copy.merge(message)
    assert copy.equal(message) and copy.dup().equal(message)
    copy.clear()
    equal(packed(copy), b'')
    fails_now(ERROR, GrpcAio.Error.INTERNAL, copy.merge_from_bytes, GLib.Bytes.new(b'\x7a\x01\xff'))
    assert copy.merge_from_bytes(GLib.Bytes.new(b'\x08\x03'))
    equal(copy.props.f_int32, 3)

    # Lists, maps and one of several.
    tree = GrpcAio.Message.create(pool.get_message_type('test.three.Tree'))
    tree.props.left = pool.new_message('test.three.Tree')
    tree.props.left.props.name = 'left'
    tree.props.children.append(tree.props.left)
    equal(packed(tree), b'\x12\x06\x0a\x04left\x1a\x06\x0a\x04left')
    repeated = pool.new_message('test.three.Repeated')
    repeated.props.f_string = ['a', 'b']
    repeated.props.f_int32 = GLib.Variant('ai', [1, 2])
    equal(repeated.props.f_int32.unpack(), [1, 2])
    maps = pool.new_message('test.three.Maps')
    maps.props.strings = GLib.Variant('a{ss}', {'key': 'value'})
    equal(packed(maps), b'\x0a\x0c\x0a\x03key\x12\x05value')
    choice = pool.new_message('test.three.Choice')
    choice.props.text = 'x'
    choice.props.number = 0
    equal((choice.get_oneof_case('what'), choice.props.what_case, choice.props.text), ('number', 'number', None))

    required = pool.new_message('test.two.Required')
    assert not required.is_initialized()
    equal(required.dup_missing_fields(), ['number', 'text', 'data'])
    fails_now(ERROR, GrpcAio.Error.INTERNAL, required.to_bytes)


async def message_extras(fixture):
    pool = new_pool()
    message = pool.new_message_from_bytes('test.three.Empty', GLib.Bytes.new(b'\x08\x01'))
    equal(message.dup_unknown_fields().get_data(), b'\x08\x01')
    message.clear_unknown_fields()
    equal(message.dup_unknown_fields(), None)

    message = pool.new_message('test.two.Extendable')
    assert not message.has_extension('test.two.number')
    equal(message.get_extension('test.two.number')[-1], 3)
    assert message.set_extension('test.two.number', 7)
    assert message.has_extension('test.two.number')
    equal(message.get_extension('test.two.number')[-1], 7)
    message.clear_extension('test.two.number')
    assert not message.has_extension('test.two.number')
    fails_now(IO_ERROR, Gio.IOErrorEnum.NOT_FOUND, message.set_extension, 'test.two.none', 7)

    wrapped = message.pack_any()
    equal(wrapped.props.type_url, 'type.googleapis.com/test.two.Extendable')
    assert wrapped.unpack_any(pool).equal(message)
    fails_now(IO_ERROR, Gio.IOErrorEnum.NOT_FOUND, wrapped.unpack_any, None)


CASES = [message_pools, message_objects, message_extras]
