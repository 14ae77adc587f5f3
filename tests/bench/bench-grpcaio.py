#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The same work as bench-core, by gRPC for Python with asyncio (grpc.aio)."""

import argparse
import asyncio
import json
import os
import resource
import signal
import sys
import time

import grpc

SERVICE = 'grpc.testing.BenchmarkService'


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def payload(field, size):
    body = b'\x12' + varint(size) + bytes(size)
    return bytes([field << 3 | 2]) + varint(len(body)) + body


def make_request(size):
    return b'\x10' + varint(size) + payload(3, size) if size else b''


def make_response(size):
    return payload(1, size) if size else b''


class Responses:
    """The response that a request asks for, kept while the size stays."""

    def __init__(self):
        self.size = None
        self.response = b''

    def get(self, request):
        size = 0
        if request[:1] == b'\x10':
            for i, byte in enumerate(request[1:11]):
                size |= (byte & 0x7f) << 7 * i
                if byte < 0x80:
                    break
        if size != self.size:
            self.size = size
            self.response = make_response(size)
        return self.response


async def serve(address):
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
    print(server.add_insecure_port(address), flush=True)
    await server.start()

    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    await server.stop(0)


def read_peer_clock(pid):
    """The processor time of a whole process, as clock_getcpuclockid () has it."""
    return time.clock_gettime(~pid << 3 | 2)


def read_peer_switches(pid):
    switches = 0
    for task in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{task}/status', encoding='ascii') as status:
            switches += sum(int(line.split()[1]) for line in status if 'ctxt_switches' in line)
    return switches


class Meter:
    def __init__(self, options):
        self.options = options
        self.started = self.finished = 0
        self.latencies = []
        self.measuring = options.ops > 0
        self.done = False
        self.end_of_phase = float('inf') if options.ops else time.monotonic() + options.warm_up
        self.begin = self.end = None
        if self.measuring:
            self.begin = self.read()

    def read(self):
        usage = resource.getrusage(resource.RUSAGE_SELF)
        switches = usage.ru_nvcsw + usage.ru_nivcsw
        peer = (0, 0)
        if self.options.peer:
            peer = read_peer_clock(self.options.peer), read_peer_switches(self.options.peer)
        return time.monotonic(), time.process_time(), switches, *peer

    def next(self):
        if self.done or self.options.ops and self.started == self.options.ops:
            return False
        self.started += 1
        return True

    def finish(self, since):
        now = time.monotonic()
        if self.measuring and not self.done:
            self.latencies.append(now - since)
        if now >= self.end_of_phase:
            if self.measuring:
                self.end_of_phase = float('inf')
                self.done = True
                self.end = self.read()
            else:
                self.measuring = True
                self.begin = self.read()
                now = self.begin[0]
                self.end_of_phase = now + self.options.seconds
        self.finished += 1
        if self.finished == self.options.ops:
            self.done = True
            self.end = self.read()
        return now

    def report(self):
        ops = len(self.latencies)
        wall, cpu, switches, peer_cpu, peer_switches = (
            b - a for a, b in zip(self.begin, self.end))
        result = {
            'scenario': self.options.scenario,
            'outstanding': self.options.outstanding,
            'size': self.options.size,
            'ops': ops,
            'seconds': wall,
            'ops_per_second': ops / wall,
            'cpu_usec_per_op': cpu * 1e6 / ops,
            'switches_per_op': switches / ops,
        }
        if self.options.scenario in ('unary', 'ping-pong'):
            self.latencies.sort()
            result['p50_usec'] = self.latencies[ops // 2] * 1e6
            result['p99_usec'] = self.latencies[ops * 99 // 100] * 1e6
        if self.options.peer:
            result['peer_cpu_usec_per_op'] = peer_cpu * 1e6 / ops
            result['peer_switches_per_op'] = peer_switches / ops
        print(json.dumps(result), flush=True)


def check(response, expected):
    if response is grpc.aio.EOF or len(response) != expected:
        sys.exit('A response has the wrong length')


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
    while meter.next():
        check(await call.read(), expected)
        meter.finish(0)
    call.cancel()
    await call.code()


async def client_stream(channel, meter, request, expected):
    call = channel.stream_unary(f'/{SERVICE}/StreamingFromClient')()
    while meter.next():
        await call.write(request)
        meter.finish(0)
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
    async with grpc.aio.insecure_channel(options.address) as channel:
        while not options.slices or sys.stdin.readline():
            meter = Meter(options)
            await scenario(channel, meter, request, expected)
            meter.report()
            if not options.slices:
                break


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('side', choices=['client', 'server'])
    parser.add_argument('address')
    parser.add_argument('--scenario', default='unary')
    parser.add_argument('--outstanding', type=int, default=1)
    parser.add_argument('--size', type=int, default=64)
    parser.add_argument('--warm-up', type=float, default=0.3)
    parser.add_argument('--seconds', type=float, default=1)
    parser.add_argument('--ops', type=int, default=0)
    parser.add_argument('--slices', action='store_true')
    parser.add_argument('--peer', type=int, default=0)
    options = parser.parse_args()
    if options.side == 'server':
        asyncio.run(serve(options.address))
    else:
        asyncio.run(run_client(options))


if __name__ == '__main__':
    main()
