#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A server with asyncio and generated code, in the way of grpc.aio.

    aio_greeter_server.py --address localhost:50051

It also tells whether it is well, and what it serves, to those who ask.
"""

import argparse
import asyncio
import signal

import grpc_aio_glib as grpc
from grpc_aio_glib.health.v1 import health, health_pb2_grpc
from grpc_aio_glib.reflection.v1 import reflection

import helloworld_pb2
from helloworld_pb2_grpc import GreeterServicer, add_GreeterServicer_to_server


class Greeter(GreeterServicer):
    async def SayHello(self, request, context):
        if not request.name:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, 'Who are you?')
        return helloworld_pb2.HelloReply(message=f'Hello {request.name}')


async def serve(address):
    server = grpc.aio.server()
    add_GreeterServicer_to_server(Greeter(), server)
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    services = [service.full_name for service in helloworld_pb2.DESCRIPTOR.services_by_name.values()]
    reflection.enable_server_reflection([*services, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    port = server.add_insecure_port(address)
    await server.start()
    print('listening on', address if address.startswith('unix:')
          else f"{address.rpartition(':')[0]}:{port}", flush=True)

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await server.stop(5)


parser = argparse.ArgumentParser()
parser.add_argument('--address', metavar='HOST:PORT', default='localhost:50051')
asyncio.run(serve(parser.parse_args().address))
