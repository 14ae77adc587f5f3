#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Serves grpc.testing.TestService with grpc.aio until SIGTERM or SIGINT.

The peer that grpc-aio-glib's interoperability client is tested against, and with
INTEROP_PYTHON=grpc_aio_glib the same program on the package of that name. Once
it serves, it prints "listening on ADDRESS".
"""

import argparse
import asyncio
import importlib
import os
import signal
import sys

import empty_pb2
import messages_pb2
import test_pb2_grpc
from interop_options import add_boolean, port, read_file

grpc = importlib.import_module(os.environ.get("INTEROP_PYTHON", "grpc"))

ECHO_INITIAL_KEY = "x-grpc-test-echo-initial"
ECHO_TRAILING_KEY = "x-grpc-test-echo-trailing-bin"
GRACE = 0.5
HOSTS = {"IPV4": "127.0.0.1", "IPV6": "[::1]", "IPV4_IPV6": "[::]"}


async def echo_metadata(context):
    for key, value in context.invocation_metadata():
        if key == ECHO_INITIAL_KEY:
            await context.send_initial_metadata(((key, value),))
        elif key == ECHO_TRAILING_KEY:
            context.set_trailing_metadata(((key, value),))


async def echo_status(request, context):
    if not request.HasField("response_status") or request.response_status.code == 0:
        return

    codes = {code.value[0]: code for code in grpc.StatusCode}
    await context.abort(codes[request.response_status.code], request.response_status.message)


async def refuse_compression(value, context):
    if value.value:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "Compression cannot be asked for")


class TestService(test_pb2_grpc.TestServiceServicer):
    async def EmptyCall(self, request, context):
        await echo_metadata(context)
        return empty_pb2.Empty()

    async def UnaryCall(self, request, context):
        await echo_metadata(context)
        await echo_status(request, context)
        await refuse_compression(request.response_compressed, context)
        await refuse_compression(request.expect_compressed, context)
        payload = messages_pb2.Payload(type=request.response_type, body=bytes(request.response_size))
        return messages_pb2.SimpleResponse(payload=payload)

    async def StreamingInputCall(self, request_iterator, context):
        await echo_metadata(context)
        total = 0
        async for request in request_iterator:
            await refuse_compression(request.expect_compressed, context)
            total += len(request.payload.body)
        return messages_pb2.StreamingInputCallResponse(aggregated_payload_size=total)

    async def StreamingOutputCall(self, request, context):
        await echo_metadata(context)
        async for response in self.answer(request, context):
            yield response

    async def FullDuplexCall(self, request_iterator, context):
        await echo_metadata(context)
        async for request in request_iterator:
            async for response in self.answer(request, context):
                yield response

    async def UnimplementedCall(self, request, context):
        # What the generated class does raises, which grpc.aio logs.
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "Method not found!")

    async def answer(self, request, context):
        await echo_status(request, context)
        for parameters in request.response_parameters:
            await refuse_compression(parameters.compressed, context)
            if parameters.interval_us > 0:
                await asyncio.sleep(parameters.interval_us / 1e6)
            payload = messages_pb2.Payload(type=request.response_type, body=bytes(parameters.size))
            yield messages_pb2.StreamingOutputCallResponse(payload=payload)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--port", type=port, default=0)
    parser.add_argument("--address_type", choices=HOSTS)
    parser.add_argument("--address", metavar="unix:PATH", help="instead of the two")
    add_boolean(parser, "--use_tls", "serve with TLS")
    parser.add_argument("--cert_file", help="PEM file of the server's certificate, for TLS")
    parser.add_argument("--key_file", help="PEM file of the server's private key, for TLS")
    args = parser.parse_args()

    if args.address is not None and (args.port != 0 or args.address_type is not None):
        parser.error("--address replaces --port and --address_type")
    if not args.use_tls == (args.cert_file is not None) == (args.key_file is not None):
        parser.error("--use_tls, --cert_file and --key_file go together: no certificates are built in")

    return args


def open_port(server, args):
    """Listens where the options say and tells where that is."""
    host = HOSTS[args.address_type or "IPV4_IPV6"]
    address = args.address or f"{host}:{args.port}"

    if args.use_tls:
        pairs = [(read_file(args.key_file), read_file(args.cert_file))]
        bound = server.add_secure_port(address, grpc.ssl_server_credentials(pairs))
    else:
        bound = server.add_insecure_port(address)

    if bound == 0:
        sys.exit(f"interop_server.py: cannot listen on {address}")

    return args.address or f"{host}:{bound}"


async def serve(args):
    stop = asyncio.Event()
    server = grpc.aio.server()
    test_pb2_grpc.add_TestServiceServicer_to_server(TestService(), server)
    where = open_port(server, args)
    await server.start()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    print(f"listening on {where}", flush=True)

    await stop.wait()
    await server.stop(GRACE)


def main():
    asyncio.run(serve(parse_arguments()))


if __name__ == "__main__":
    main()
