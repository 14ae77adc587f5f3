#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the generator refuses: it says where, and why. And requests that no protoc
sends: it says so, and does not crash."""

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2

sys.path.insert(0, str(Path(__file__).parent))
from generate import Tap, protoc  # noqa: E402

REFUSED = {
    'message set': (
        'syntax = "proto2";\nmessage Old {\n  option message_set_wire_format = true;\n  extensions 4 to max;\n}\n',
        '', 'a.proto:2: Old: the option message_set_wire_format is not supported'),
    'zero in a default': (
        'syntax = "proto2";\n\nmessage A {\n  optional string s = 1 [default = "a\\0b"];\n}\n',
        '', 'a.proto:4: A.s: the default has a byte of zero'),
    'package of GLib': (
        'syntax = "proto3";\npackage g;\nmessage Object {}\n', '', 'a.proto: names that start with G belong to others'),
    'package of ours': (
        'syntax = "proto3";\npackage grpc.aio;\nmessage Call {}\n', '', 'a.proto: names that start with GrpcAio'),
    'unknown option': ('syntax = "proto3";\n', 'strukts', 'There is no option “strukts”'),
    'bad prefix': ('syntax = "proto3";\n', 'prefix=foo', 'a prefix is a word'),
    'bad prefix of a package': ('syntax = "proto3";\n', 'prefix.foo', 'a prefix is a word'),
    'bad resource': ('syntax = "proto3";\n', 'resource=/a b', 'a path of a resource'),
    'no version of a GIR': ('syntax = "proto3";\n', 'vala=', 'the version of a GIR'),
    'bad version of a GIR': ('syntax = "proto3";\n', 'vala=1/..', 'the version of a GIR'),
}


def check_refused(tap, plugin):
    for name, (text, options, wanted) in REFUSED.items():
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / 'a.proto').write_text(text, encoding='utf-8')
            good, output = protoc(plugin, folder, [folder], ['a.proto'], options)
        tap.result(not good and wanted in output, name, output)


def check_clash_of_imports(tap, plugin):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {
                'a.proto': 'syntax = "proto3"; package x.y_z; message M {}',
                'b.proto': 'syntax = "proto3"; package x.y; message Z {} message ZM {}',
                'c.proto': 'syntax = "proto3"; package c; import "a.proto"; import "b.proto"; message C { x.y.ZM m = 1; x.y_z.M n = 2; }',
        }.items():
            (Path(folder) / name).write_text(text, encoding='utf-8')
        good, output = protoc(plugin, folder, [folder], ['c.proto'])
    tap.result(not good and 'c.proto: two of the files it imports both have a XYZM' in output, 'clash of imports', output)


def feed(plugin, data):
    """Returns how the plugin ended, and its answer."""
    result = subprocess.run([plugin], input=data, capture_output=True, timeout=60, check=False)
    return result.returncode, result.stdout, result.stderr.decode('utf-8', 'replace')


def file_with(**fields):
    request = plugin_pb2.CodeGeneratorRequest(file_to_generate=['a.proto'])
    request.proto_file.append(descriptor_pb2.FileDescriptorProto(name='a.proto', **fields))
    return request


def message(**fields):
    return descriptor_pb2.DescriptorProto(**fields)


def field(**fields):
    return descriptor_pb2.FieldDescriptorProto(**({'name': 'f', 'number': 1, 'type': 5, 'label': 1} | fields))


def wrong_requests():
    yield 'name with a comment', file_with(message_type=[message(name='A*/')])
    yield 'name with a quote', file_with(message_type=[message(name='A', field=[field(name='a"b')])])
    yield 'no name', file_with(message_type=[message()])
    yield 'package with a line', file_with(package='a\nb')
    yield 'number zero', file_with(message_type=[message(name='A', field=[field(number=0)])])
    yield 'number twice', file_with(message_type=[message(name='A', field=[field(), field(name='g')])])
    yield 'unknown type', file_with(message_type=[message(name='A', field=[field(type=11, type_name='.B')])])
    yield 'type without a name', file_with(message_type=[message(name='A', field=[field(type=14)])])
    yield 'no type', file_with(message_type=[message(name='A', field=[descriptor_pb2.FieldDescriptorProto(name='f', number=1)])])
    yield 'oneof that is not there', file_with(message_type=[message(name='A', field=[field(oneof_index=3)])])
    yield 'oneof below zero', file_with(message_type=[message(name='A', field=[field(oneof_index=-1)])])
    yield 'message twice', file_with(message_type=[message(name='A'), message(name='A')])
    yield 'enum without values', file_with(enum_type=[descriptor_pb2.EnumDescriptorProto(name='E')])
    yield 'default that is code', file_with(message_type=[message(name='A', field=[field(default_value='0; system ("x")')])])
    yield 'default of a list', file_with(message_type=[message(name='A', field=[field(label=3, default_value='1')])])
    yield 'default of bytes', file_with(message_type=[message(name='A', field=[field(type=12, default_value='\\9')])])
    yield 'extension of nothing', file_with(extension=[field(extendee='.A')])
    yield 'method of nothing', file_with(service=[descriptor_pb2.ServiceDescriptorProto(
        name='S', method=[descriptor_pb2.MethodDescriptorProto(name='M', input_type='.A', output_type='.A')])])
    yield 'map without a value', file_with(message_type=[message(
        name='A', field=[field(type=11, label=3, type_name='.A.FEntry')],
        nested_type=[message(name='FEntry', field=[field(name='key')], options=descriptor_pb2.MessageOptions(map_entry=True))])])
    yield 'import that is not there', file_with(dependency=['b.proto'])
    yield 'public import out of range', file_with(public_dependency=[7])
    yield 'newer syntax', file_with(syntax='editions')

    request = file_with()
    request.proto_file[0].name = '../a.proto'
    yield 'file outside', request
    request = file_with()
    request.proto_file.append(request.proto_file[0])
    yield 'file twice', request
    yield 'file to make that is not there', plugin_pb2.CodeGeneratorRequest(file_to_generate=['a.proto'])


def check_wrong_requests(tap, plugin):
    for name, request in wrong_requests():
        status, output, text = feed(plugin, request.SerializeToString())
        response = plugin_pb2.CodeGeneratorResponse.FromString(output)
        tap.result(status == 0 and response.error != '' and not response.file, name, text + str(response)[:1000])


def varint(number):
    data = bytearray()
    while number > 0x7f:
        data.append(number & 0x7f | 0x80)
        number >>= 7
    return bytes(data + bytes([number]))


def nested(depth):
    """A message type in a message type in a message type…"""
    data = b'\x0a\x01M'
    for _ in range(depth):
        data = b'\x0a\x01M\x1a' + varint(len(data)) + data
    data = b'\x0a\x07a.proto\x22' + varint(len(data)) + data
    return b'\x0a\x07a.proto\x7a' + varint(len(data)) + data


def check_bytes(tap, plugin):
    for name, data in {
            'nothing but noise': b'\xff' * 100,
            'length beyond the end': b'\x7a\xff\xff\xff\xff\x07',
            'two gigabytes': b'\x0a\x80\x80\x80\x80\x08a',
            '20,000 levels': nested(20000),
            'groups without an end': b'\x0b' * 1000,
            '20,000 groups': b'\xc3\x3e' * 20000,
    }.items():
        status, output, text = feed(plugin, data)
        tap.result(status == 1 and output == b'' and 'protoc-gen-grpc-aio-glib: ' in text, name, f'{status} {text}')

    status, output, text = feed(plugin, b'')
    tap.result(status == 0 and plugin_pb2.CodeGeneratorResponse.FromString(output).supported_features == 1, 'empty request', text)

    # A group among the options that nobody here knows.
    request = file_with(package='p', message_type=[message(name='A')])
    data = request.proto_file[0].SerializeToString() + b'\x42\x06\xbb\x40\x08\x01\xbc\x40'
    status, output, text = feed(plugin, b'\x0a\x07a.proto\x7a' + varint(len(data)) + data)
    response = plugin_pb2.CodeGeneratorResponse.FromString(output)
    tap.result(status == 0 and response.error == '' and len(response.file) == 4, 'unknown group among the options', text + response.error)


def check_mutations(tap, plugin, protos):
    """Changes bytes of a good request. Whatever comes, the plugin ends by itself."""
    seed = random.randrange(1 << 32)
    generator = random.Random(seed)
    files = descriptor_pb2.FileDescriptorSet.FromString(Path(protos).read_bytes())
    request = plugin_pb2.CodeGeneratorRequest(file_to_generate=[file.name for file in files.file], proto_file=files.file)
    good = request.SerializeToString()
    for i in range(300):
        data = bytearray(good)
        for _ in range(generator.choice([1, 1, 2, 8])):
            data[generator.randrange(len(data))] = generator.randrange(256)
        if generator.random() < 0.2:
            del data[generator.randrange(len(data)):]
        status, _, text = feed(plugin, bytes(data))
        if status not in (0, 1):
            tap.result(False, f'mutation {i} of seed {seed}', f'{status} {text}')
            return
    tap.result(True, f'300 mutations of seed {seed}')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--plugin', required=True)
    parser.add_argument('--protos', required=True, help='a descriptor set')
    arguments = parser.parse_args()
    tap = Tap()

    check_refused(tap, arguments.plugin)
    check_clash_of_imports(tap, arguments.plugin)
    check_wrong_requests(tap, arguments.plugin)
    check_bytes(tap, arguments.plugin)
    check_mutations(tap, arguments.plugin, arguments.protos)
    tap.end()


main()
