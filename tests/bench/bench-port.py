#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The same work as bench-core, by grpc-aio-glib for Python, on asyncio: what
grpc_aio_glib.aio stands on."""

import asyncio
import signal
import time

import gi

gi.require_version('GrpcAio', '1')

# pylint: disable=wrong-import-position
from gi.repository import GrpcAio

from bench_common import (SERVICE, Responses, check, make_request, make_response, measurements,
                          parse_arguments)
from grpc_aio_glib._port import Port


class Service:
    def __init__(self):
        self.responses = Responses()
        self.tasks = set()
        self.handlers = {
            f'/{SERVICE}/UnaryCall': self.unary_call,
            f'/{SERVICE}/StreamingCall': self.streaming_call,
            f'/{SERVICE}/StreamingFromClient': self.streaming_from_client,
            f'/{SERVICE}/StreamingFromServer': self.streaming_from_server,
        }

    def on_call(self, call):
        handler = self.handlers[call.method]
        if handler in (self.unary_call, self.streaming_from_server):
            call.when_request(lambda request: self.start(handler(call, request)))
        else:
            self.start(handler(call))

    def start(self, handler):
        task = asyncio.get_running_loop().create_task(handler)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def unary_call(self, call, request):
        call.finish(response=self.responses.get(request))

    async def streaming_call(self, call):
        while (message := await call.read()) is not None:
            await call.write(self.responses.get(message))
        call.finish()

    async def streaming_from_client(self, call):
        last = b''
        while (message := await call.read()) is not None:
            last = message
        call.finish(response=self.responses.get(last))

    async def streaming_from_server(self, call, request):
        while await call.write(self.responses.get(request)):
            pass


async def serve(options):
    port = Port.get()
    server = GrpcAio.Server()
    credentials = None
    if options.tls:
        credentials = GrpcAio.ServerCredentials.new_tls(
            *[(options.tls / name).read_text() for name in ('certificate.pem', 'key.pem')])
    port.serve(server, Service().on_call)
    number = server.add_port(options.address, credentials)
    port.start(server)
    print(number, flush=True)

    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    await port.call_async(server.stop_async, server.stop_finish, 0)


async def unary(channel, meter, request, expected):
    method = channel.unary_unary(f'/{SERVICE}/UnaryCall')
    port = Port.get()

    async def one_after_the_other():
        since = time.monotonic()
        while meter.next():
            call = port.call(method, request, kind=0)
            await call.wait_done()
            check(call.response, expected)
            since = meter.finish(since)

    await asyncio.gather(*(one_after_the_other() for _ in range(meter.options.outstanding)))


async def ping_pong(channel, meter, request, expected):
    call = Port.get().call(channel.stream_stream(f'/{SERVICE}/StreamingCall'), None)
    since = time.monotonic()
    while meter.next():
        await call.write(request)
        check(await call.read(), expected)
        since = meter.finish(since)
    await call.done_writing()
    await call.wait_status()


async def server_stream(channel, meter, request, expected):
    call = Port.get().call(channel.unary_stream(f'/{SERVICE}/StreamingFromServer'), request)
    since = time.monotonic()
    while meter.next():
        check(await call.read(), expected)
        since = meter.finish(since)
    call.cancel('')


async def client_stream(channel, meter, request, expected):
    call = Port.get().call(channel.stream_unary(f'/{SERVICE}/StreamingFromClient'), None)
    since = time.monotonic()
    while meter.next():
        await call.write(request)
        since = meter.finish(since)
    await call.done_writing()
    check(await call.wait_response(), expected)


async def run_client(options):
    scenario = {
        'unary': unary,
        'ping-pong': ping_pong,
        'server-stream': server_stream,
        'client-stream': client_stream,
    }[options.scenario]
    request = make_request(options.size)
    expected = len(make_response(options.size))
    credentials = None
    if options.tls:
        credentials = GrpcAio.ChannelCredentials.new_tls(
            (options.tls / 'certificate.pem').read_text(), None, None)
    with Port.get().context():
        channel = GrpcAio.Channel.new(options.address, credentials)
    for meter in measurements(options):
        await scenario(channel, meter, request, expected)


def main():
    options = parse_arguments(__doc__)
    asyncio.run((serve if options.side == 'server' else run_client)(options))


if __name__ == '__main__':
    main()
