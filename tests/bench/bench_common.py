# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the programs of the benchmark that are in Python share, as bench.c does
for those in C: command line, messages, clocks and the report."""

import argparse
import json
import os
import pathlib
import resource
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
        self.latencies.sort()
        result = {
            'scenario': self.options.scenario,
            'outstanding': self.options.outstanding,
            'size': self.options.size,
            'ops': ops,
            'seconds': wall,
            'ops_per_second': ops / wall,
            'p50_usec': self.latencies[ops // 2] * 1e6,
            'p99_usec': self.latencies[ops * 99 // 100] * 1e6,
            'cpu_usec_per_op': cpu * 1e6 / ops,
            'switches_per_op': switches / ops,
        }
        if self.options.peer:
            result['peer_cpu_usec_per_op'] = peer_cpu * 1e6 / ops
            result['peer_switches_per_op'] = peer_switches / ops
        print(json.dumps(result), flush=True)


def measurements(options, kind=Meter):
    """A meter for each measurement: one, or one for each line of stdin."""
    while not options.slices or sys.stdin.readline():
        meter = kind(options)
        yield meter
        meter.report()
        if not options.slices:
            break


def check(response, expected):
    if len(response) != expected:
        raise RuntimeError('A response has the wrong length')


def add_port(server, options):
    """Works for both kinds of servers."""
    if not options.tls:
        return server.add_insecure_port(options.address)
    pair = [(options.tls / name).read_bytes() for name in ('key.pem', 'certificate.pem')]
    return server.add_secure_port(options.address, grpc.ssl_server_credentials([pair]))


def make_channel(module, options, arguments=None):
    """A channel of @module, grpc or grpc.aio."""
    if not options.tls:
        return module.insecure_channel(options.address, arguments)
    credentials = grpc.ssl_channel_credentials((options.tls / 'certificate.pem').read_bytes())
    return module.secure_channel(options.address, credentials, arguments)


def parse_arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('side', choices=['client', 'server'])
    parser.add_argument('address')
    parser.add_argument('--scenario', default='unary')
    parser.add_argument('--outstanding', type=int, default=1)
    parser.add_argument('--size', type=int, default=64)
    parser.add_argument('--warm-up', type=float, default=0.3)
    parser.add_argument('--seconds', type=float, default=1)
    parser.add_argument('--ops', type=int, default=0)
    parser.add_argument('--slices', action='store_true')
    parser.add_argument('--tls', type=pathlib.Path)
    parser.add_argument('--peer', type=int, default=0)
    return parser.parse_args()
