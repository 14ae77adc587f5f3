#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A server with one method that takes a request and gives a response.

    greeter_server.py --address localhost:50051
"""

import gi
gi.require_version('GrpcAio', '1')
from gi.repository import GLib, GrpcAio

from helloworld_pb2 import HelloReply, HelloRequest
from serve import handler, serve


async def say_hello(context, request):
    """Runs in the main loop, once for each call. It may await whatever it
    likes before it completes the context; meanwhile other calls are served."""
    hello = HelloRequest.FromString(request.get_data())
    reply = HelloReply(message=f'Hello, {hello.name}!')
    context.complete(GLib.Bytes(reply.SerializeToString()))


greeter = GrpcAio.Service.new('helloworld.Greeter')
greeter.add_method('SayHello', GrpcAio.RpcMethodHandler.new_unary_unary(
    handler(say_hello)))

# Ports, signals and the main loop: see serve.py.
serve(greeter)
