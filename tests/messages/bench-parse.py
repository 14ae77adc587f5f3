# SPDX-License-Identifier: LGPL-2.1-or-later

"""Parses a message of 254 bytes through PyGObject and with protobuf for Python.

Prints microseconds a message, the best of several rounds that take turns.
"""

import argparse
import time

import gi

gi.require_version('GrpcAio', '1')

from gi.repository import GLib, GrpcAio  # noqa: E402

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # noqa: E402
from google.protobuf.internal import api_implementation  # noqa: E402

NAMES = ['test.every3.Typical', 'test.every3.Every']  # Eleven fields, and over two hundred.
SIZE = 254


def make(message):
    message.a_string = 'a name of some length'
    message.a_int32 = 5
    message.a_int64 = 1 << 40
    message.a_double = 0.5
    message.a_bool = True
    message.a_leaf.name = 'within'
    message.a_leaf.number = 7
    message.some_int32.extend(range(100, 130))
    message.some_string.extend(['one', 'two', 'three'])
    for number in range(3):
        message.some_leaf.add(name=f'leaf {number}', number=number)
    message.to_string['key'] = 'value'
    while message.ByteSize() < SIZE:
        message.a_bytes += b'.'
    assert message.ByteSize() == SIZE
    return message.SerializeToString()


def measure(function, count):
    start = time.perf_counter()
    for _ in range(count):
        function()
    return (time.perf_counter() - start) / count * 1e6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--descriptors', required=True)
    parser.add_argument('--count', type=int, default=20000)
    arguments = parser.parse_args()

    with open(arguments.descriptors, 'rb') as stream:
        data = stream.read()
    pool = GrpcAio.MessagePool.new()
    pool.add_bytes(GLib.Bytes.new(data))
    theirs = descriptor_pool.Default()
    from google.protobuf import any_pb2, duration_pb2, empty_pb2, field_mask_pb2, struct_pb2, timestamp_pb2, wrappers_pb2  # noqa: F401
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:
        theirs.Add(file)
    factory = message_factory.MessageFactory(theirs)
    for name in NAMES:
        print(name)
        compare(pool, name, factory.GetPrototype(theirs.FindMessageTypeByName(name)), arguments.count)


def compare(pool, name, theirs_class, count):
    message = make(theirs_class())
    gtype = pool.get_message_type(name)
    parse_data = GrpcAio.Message.create_from_data
    parse_bytes = GrpcAio.Message.create_from_bytes
    new_bytes = GLib.Bytes.new
    parse_theirs = theirs_class.FromString
    ways = {
        f'protobuf for Python ({api_implementation.Type()}), FromString': lambda: parse_theirs(message),
        'Message.create_from_data': lambda: parse_data(gtype, message),
        'Message.create_from_bytes, with GLib.Bytes': lambda: parse_bytes(gtype, new_bytes(message)),
    }

    best = dict.fromkeys(ways, float('inf'))
    for _ in range(5):
        for way, function in ways.items():
            best[way] = min(best[way], measure(function, count))
    for way, microseconds in best.items():
        print(f'{microseconds:8.2f} µs  {microseconds / best[next(iter(ways))]:5.2f}  {way}')


if __name__ == '__main__':
    main()
