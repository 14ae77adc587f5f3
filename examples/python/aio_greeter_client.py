#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A client with asyncio and generated code, in the way of grpc.aio.

    aio_greeter_client.py --target localhost:50051 World

All that differs from a program for grpc.aio is one import.
"""

import argparse
import asyncio
import sys

import grpc_aio_glib as grpc

from helloworld_pb2 import HelloRequest
from helloworld_pb2_grpc import GreeterStub


async def greet(target, names):
    async with grpc.aio.insecure_channel(target) as channel:
        greeter = GreeterStub(channel)
        # The calls run at the same time; the answers come in the order of the names.
        calls = [greeter.SayHello(HelloRequest(name=name), timeout=10) for name in names]
        for call in calls:
            print('SayHello:', (await call).message)


parser = argparse.ArgumentParser()
parser.add_argument('--target', metavar='HOST:PORT', default='localhost:50051')
parser.add_argument('names', nargs='*', default=['Python'])
arguments = parser.parse_args()

try:
    asyncio.run(greet(arguments.target, arguments.names))
except grpc.RpcError as error:
    sys.exit(f'SayHello failed: {error.details()} ({error.code().name})')
