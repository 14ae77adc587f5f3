#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The same work as bench-core, by gRPC for Python with asyncio (grpc.aio)."""

import asyncio
import signal
import time

import grpc

from bench_common import (SERVICE, Responses, add_port, check, make_channel, make_request,
                          make_response, measurements, parse_arguments)


async def serve(options):
    responses = Responses()

    async def unary_call(request, _context):
        return responses.get(request)

    async def streaming_call(_request, context):
        while (message := await context.read()) is not grpc.aio.EOF:
            await context.write(responses.get(message))

    async def streaming_from_client(_request, context):
        last = b''
        while (message := await context.read()) is not grpc.aio.EOF:
            last = message
        return responses.get(last)

    async def streaming_from_server(request, context):
        while True:
            await context.write(responses.get(request))

    server = grpc.aio.server()
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, {
        'UnaryCall': grpc.unary_unary_rpc_method_handler(unary_call),
        'StreamingCall': grpc.stream_stream_rpc_method_handler(streaming_call),
        'StreamingFromClient': grpc.stream_unary_rpc_method_handler(streaming_from_client),
        'StreamingFromServer': grpc.unary_stream_rpc_method_handler(streaming_from_server),
    })])
    print(add_port(server, options), flush=True)
    await server.start()

    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    await server.stop(0)


async def unary(channel, meter, request, expected):
    method = channel.unary_unary(f'/{SERVICE}/UnaryCall')

    async def one_after_the_other():
        since = time.monotonic()
        while meter.next():
            check(await method(request), expected)
            since = meter.finish(since)

    await asyncio.gather(*(one_after_the_other() for _ in range(meter.options.outstanding)))


async def ping_pong(channel, meter, request, expected):
    call = channel.stream_stream(f'/{SERVICE}/StreamingCall')()
    since = time.monotonic()
    while meter.next():
        await call.write(request)
        check(await call.read(), expected)
        since = meter.finish(since)
    await call.done_writing()
    await call.code()


async def server_stream(channel, meter, request, expected):
    call = channel.unary_stream(f'/{SERVICE}/StreamingFromServer')(request)
    since = time.monotonic()
    while meter.next():
        check(await call.read(), expected)
        since = meter.finish(since)
    call.cancel()
    await call.code()


async def client_stream(channel, meter, request, expected):
    call = channel.stream_unary(f'/{SERVICE}/StreamingFromClient')()
    since = time.monotonic()
    while meter.next():
        await call.write(request)
        since = meter.finish(since)
    await call.done_writing()
    check(await call, expected)


async def run_client(options):
    scenario = {
        'unary': unary,
        'ping-pong': ping_pong,
        'server-stream': server_stream,
        'client-stream': client_stream,
    }[options.scenario]
    request = make_request(options.size)
    expected = len(make_response(options.size))
    async with make_channel(grpc.aio, options) as channel:
        for meter in measurements(options):
            await scenario(channel, meter, request, expected)


def main():
    options = parse_arguments(__doc__)
    asyncio.run((serve if options.side == 'server' else run_client)(options))


if __name__ == '__main__':
    main()
