#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The same work as bench-core, by gRPC for Python with threads (grpc)."""

import concurrent.futures
import queue
import signal
import threading
import time

import grpc
import grpc.experimental

from bench_common import (SERVICE, Meter, Responses, add_port, check, make_channel, make_request,
                          make_response, measurements, parse_arguments)


def serve(options):
    responses = Responses()

    def unary_call(request, _context):
        return responses.get(request)

    def streaming_call(requests, _context):
        return map(responses.get, requests)

    def streaming_from_client(requests, _context):
        last = b''
        for last in requests:
            pass
        return responses.get(last)

    def streaming_from_server(request, context):
        while context.is_active():
            yield responses.get(request)

    server = grpc.server(concurrent.futures.ThreadPoolExecutor())
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, {
        'UnaryCall': grpc.unary_unary_rpc_method_handler(unary_call),
        'StreamingCall': grpc.stream_stream_rpc_method_handler(streaming_call),
        'StreamingFromClient': grpc.stream_unary_rpc_method_handler(streaming_from_client),
        'StreamingFromServer': grpc.unary_stream_rpc_method_handler(streaming_from_server),
    })])
    port = add_port(server, options)
    server.start()
    signal.signal(signal.SIGTERM, lambda *_: server.stop(0))
    print(port, flush=True)
    server.wait_for_termination()


class LockedMeter(Meter):
    """A meter for several threads."""

    def __init__(self, options):
        super().__init__(options)
        self.lock = threading.Lock()

    def next(self):
        with self.lock:
            return super().next()

    def finish(self, since):
        with self.lock:
            return super().finish(since)


def unary(channel, meter, request, expected):
    method = channel.unary_unary(f'/{SERVICE}/UnaryCall')
    since = time.monotonic()
    while meter.next():
        check(method(request), expected)
        since = meter.finish(since)


def ping_pong(channel, meter, request, expected):
    requests = queue.SimpleQueue()
    call = channel.stream_stream(f'/{SERVICE}/StreamingCall')(iter(requests.get, None))
    since = time.monotonic()
    while meter.next():
        requests.put(request)
        check(next(call), expected)
        since = meter.finish(since)
    requests.put(None)
    call.code()


def server_stream(channel, meter, request, expected):
    call = channel.unary_stream(f'/{SERVICE}/StreamingFromServer')(request)
    since = time.monotonic()
    while meter.next():
        check(next(call), expected)
        since = meter.finish(since)
    call.cancel()


def client_stream(channel, meter, request, expected):
    def requests():
        since = time.monotonic()
        while meter.next():
            yield request
            since = meter.finish(since)

    check(channel.stream_unary(f'/{SERVICE}/StreamingFromClient')(requests()), expected)


def run_client(options):
    scenario = {
        'unary': unary,
        'ping-pong': ping_pong,
        'server-stream': server_stream,
        'client-stream': client_stream,
    }[options.scenario]
    request = make_request(options.size)
    expected = len(make_response(options.size))
    # Saves a thread that would hand over each message.
    single_threaded = (grpc.experimental.ChannelOptions.SingleThreadedUnaryStream, 1)
    channel = make_channel(grpc, options, [single_threaded])
    threads = concurrent.futures.ThreadPoolExecutor(options.outstanding)
    with channel, threads:
        for meter in measurements(options, Meter if options.outstanding == 1 else LockedMeter):
            calls = [threads.submit(scenario, channel, meter, request, expected)
                     for _ in range(options.outstanding)]
            for call in calls:
                call.result()


def main():
    options = parse_arguments(__doc__)
    (serve if options.side == 'server' else run_client)(options)


if __name__ == '__main__':
    main()
