#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A client that makes one call: a request goes out, a response comes back.

    greeter_client.py --target localhost:50051 World
"""

import argparse
import sys

import gi
gi.require_version('GrpcAio', '1')
from gi.repository import GLib, GrpcAio

from glib_await import operation, run
from helloworld_pb2 import HelloReply, HelloRequest


async def greet(target, name):
    # A channel connects when it is first needed.
    channel = GrpcAio.Channel.new(target, None)

    # A method of the server, to be called as often as you like.
    say_hello = channel.unary_unary('/helloworld.Greeter/SayHello')

    # Without a time limit a call waits as long as the server likes.
    options = GrpcAio.CallOptions(timeout_usec=10_000_000)

    request = GLib.Bytes(HelloRequest(name=name).SerializeToString())
    response = await operation(say_hello, 'invoke', request, options)
    print('SayHello:', HelloReply.FromString(response.get_data()).message)


parser = argparse.ArgumentParser()
parser.add_argument('--target', metavar='HOST:PORT', default='localhost:50051')
parser.add_argument('name', nargs='?', default='Python')
arguments = parser.parse_args()

try:
    run(greet(arguments.target, arguments.name))
except GLib.Error as error:
    # The code tells why: GrpcAio.Error.UNAVAILABLE, for example, when there
    # is no server.
    sys.exit(f'SayHello failed: {error.message}')
