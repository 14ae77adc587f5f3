# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is measured, with whom, and what it shall come to."""

import dataclasses

OURS = 'aio-loop', 'aio-thread'

ABOUT = {
    'core': 'the yardstick again: its distance from 1.00 is the noise',
    'core-separate': 'bare core with a batch for each read, write and status and messages in one '
                     'piece',
    'core-tuned': 'bare core with what grpc-aio-glib sets up otherwise in it',
    'aio-loop': 'grpc-aio-glib, polling in the main loop',
    'aio-thread': 'grpc-aio-glib, polling in a thread (the fallback)',
    'c++': 'gRPC for C++, asynchronous API on one completion queue',
    'c++-callback': 'gRPC for C++, callback API',
    'grpc.aio': 'gRPC for Python, asyncio',
    'grpc-sync': 'gRPC for Python, blocking calls and a pool of threads',
    'grpc-js': 'gRPC for JavaScript, @grpc/grpc-js on node',
}


@dataclasses.dataclass
class Scenario:
    name: str
    title: str
    options: list
    # Over loopback TCP the kernel does a changing part of a stream's work in a
    # thread that belongs to neither process.
    unix: bool = False
    tls: bool = False
    # Beyond the main ones; measured with our programs and bare core alone, those
    # of a group with the slices of all side by side.
    group: str = ''
    # Whether separate batches, or a message in one piece, make a difference.
    separate: bool = False
    streams: int = 0
    # Where those of the command line do not do.
    slice: float = 0
    warm_up: float = 0
    slices: int = 0
    rounds: int = 0
    pin: str = ''

    def fits(self, variant):
        if variant.name == 'core-separate':
            return self.separate
        return not self.group or variant.name in ('base', 'core', *OURS)


def unary(outstanding, *options):
    return ['--scenario', 'unary', '--outstanding', str(outstanding), *options]


def streams(count, outstanding, *options):
    return ['--scenario', 'streams', '--streams', str(count), '--outstanding', str(outstanding),
            *options]


def load(outstanding, slice_, warm_up):
    return Scenario(f'outstanding-{outstanding}', f'unary, {outstanding:,} outstanding',
                    unary(outstanding), group='load', rounds=3, slice=slice_, warm_up=warm_up,
                    slices=4)


def channels(count):
    title = f'unary, 1,000 outstanding on {count:,} channel{"s" if count > 1 else ""}'
    return Scenario(f'channels-{count}', title, unary(1000, '--channels', str(count)),
                    group='channels', rounds=3, slice=0.3, warm_up=0.1, slices=4)


SCENARIOS = {scenario.name: scenario for scenario in [
    Scenario('unary-1', 'unary, 1 outstanding', unary(1)),
    Scenario('unary-16', 'unary, 16 outstanding', unary(16)),
    Scenario('unary-100', 'unary, 100 outstanding', unary(100)),
    Scenario('ping-pong', 'bidi ping-pong', ['--scenario', 'ping-pong'], separate=True),
    Scenario('server-stream', 'server stream', ['--scenario', 'server-stream'], unix=True),
    Scenario('client-stream', 'client stream', ['--scenario', 'client-stream'], unix=True),
    Scenario('unary-1mib', '1 MiB', unary(1, '--size', '1048576'), separate=True),
    Scenario('unary-tls', 'unary, TLS', unary(1), tls=True),
    Scenario('unary-unix', 'unary, unix socket', unary(1), unix=True),
    Scenario('streams-10000', '10,000 open streams', streams(10000, 100), group='streams',
             separate=True, streams=10000, rounds=3, slice=0.3, warm_up=0.1, slices=4),
    load(1, 0.1, 0.02),
    load(10, 0.1, 0.02),
    load(100, 0.1, 0.05),
    load(1000, 0.3, 0.1),
    load(10000, 0.8, 0.4),
    channels(1),
    channels(10),
    channels(100),
    channels(1000),
]}

QUICK_SCENARIOS = ['unary-1', 'unary-100', 'ping-pong', 'server-stream', 'unary-1mib']

# A server that calculates in each call, so that it is the narrow place although
# the client has no core for itself.
WORKERS = Scenario('workers', 'unary, a server with something to calculate',
                   unary(32, '--channels', '4'), group='workers', rounds=3, slice=0.5,
                   warm_up=0.1, slices=6, pin='none')
WORK = 400

# Open and quiet: what that costs by itself, and what each channel holds.
IDLE = Scenario('idle', '100 channels with a stream each', streams(100, 100, '--channels', '100'),
                group='rest', streams=100)
IDLE_CHANNELS = 100
MEMORY = Scenario('memory', '1,000 open streams', streams(1000, 100), group='rest',
                  streams=1000, separate=True)


@dataclasses.dataclass
class Target:
    """What the loop engine shall reach at least, or at most for the processor
    time, and the number of calls with the thread engine."""

    ratio: float = None
    cpu: float = None
    cpp: float = None
    aio_client: float = None
    aio_server: float = None
    thread_ratio: float = 0.85


TARGETS = {
    'unary-1': Target(0.95, 1.10, 1.0, 2.0, 2.0, 0.80),
    'unary-100': Target(0.95, 1.20, 1.0, 2.5, 6.0),
    'ping-pong': Target(0.90, 1.15, 1.0, 2.0, 2.0),
    'server-stream': Target(1.0, 1.10, 1.0, 4.0, 12.0),
    'unary-1mib': Target(1.0, 1.05, 1.0, 1.0, 1.0),
}

INSTRUCTIONS_TARGET = 1.08
STREAM_BYTES_TARGET = 2048
LOAD_TARGET = 1.3
WORKERS_TARGET = 1.7
