# SPDX-License-Identifier: LGPL-2.1-or-later

"""Many calls, threads and cancellations, and a collector that runs all the time.

GRPC_AIO_STRESS=long makes it as much as a release should stand; otherwise it is
what a change can wait for.
"""

import asyncio
import concurrent.futures
import gc
import os
import random
import threading
import tracemalloc
import unittest

from support import ANSWERS, ECHO, KINDS, REQUESTS, SERVICE, aio, drive, grpc, path, requests_of

LONG = os.environ.get('GRPC_AIO_STRESS') == 'long'
THREADS = 8
CALLS_OF_A_THREAD = 1000 if LONG else 200
LOOPS = 50
CANCELLED_CALLS = 2000 if LONG else 200
LEAK_CALLS = 100_000 if LONG else 10_000
# Growth that a hundred thousand calls may cost, in bytes: what is kept once.
PYTHON_GROWTH = 200_000
RESIDENT_GROWTH = 4_000_000


class World:
    """A server that echoes and a channel to it, in the running loop."""

    async def __aenter__(self):
        self.server = aio.server(handlers=[grpc.method_handlers_generic_handler(SERVICE, ECHO)])
        port = self.server.add_insecure_port('127.0.0.1:0')
        await self.server.start()
        self.channel = aio.insecure_channel(f'127.0.0.1:{port}')
        return self

    async def __aexit__(self, *_):
        await self.channel.close()
        await self.server.stop(None)

    def call(self, kind):
        callable_ = getattr(self.channel, kind)(path(kind))
        return callable_(requests_of(b'a', b'b') if kind in REQUESTS else b'ab')


def resident():
    with open('/proc/self/statm', encoding='ascii') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


class Stress(unittest.TestCase):
    def test_threads(self):
        """A loop a thread, each with a server and a client."""
        barrier = threading.Barrier(THREADS)

        async def work(number):
            async with World() as world:
                echo = world.channel.unary_unary(path('unary_unary'))
                for index in range(0, CALLS_OF_A_THREAD, 10):
                    requests = [b'%d %d' % (number, index + offset) for offset in range(10)]
                    self.assertEqual(await asyncio.gather(*(echo(request) for request in requests)), requests)
            return CALLS_OF_A_THREAD

        def run(number):
            barrier.wait(30)
            return asyncio.run(work(number))

        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            self.assertEqual(list(pool.map(run, range(THREADS))), [CALLS_OF_A_THREAD] * THREADS)

    def test_loops(self):
        """A loop after the other, with calls of all kinds."""
        async def work():
            async with World() as world:
                for kind in KINDS:
                    self.assertEqual(await drive(world.call(kind), kind), ANSWERS[kind])

        for _ in range(LOOPS):
            asyncio.run(work())

    def test_cancelling(self):
        """Calls that are cancelled at any moment: each ends once, and others go on."""
        choice = random.Random(1)

        async def one(world, kind, steps):
            call = world.call(kind)
            ended = []
            call.add_done_callback(ended.append)
            task = asyncio.ensure_future(drive(call, kind))
            # At least one, or the task would not have begun to read.
            for _ in range(steps):
                await asyncio.sleep(0)
            by_task = choice.random() < 0.5
            if by_task:
                task.cancel()
            else:
                call.cancel()
            try:
                self.assertEqual(await task, ANSWERS[kind])
                code = grpc.StatusCode.OK
            except asyncio.CancelledError:
                code = await call.code()
            self.assertIn(code, (grpc.StatusCode.OK, grpc.StatusCode.CANCELLED))
            self.assertTrue(call.done())
            return ended

        async def work():
            async with World() as world:
                for _ in range(CANCELLED_CALLS // 20):
                    ended = await asyncio.gather(*(
                        one(world, choice.choice(KINDS), choice.randrange(1, 30)) for _ in range(20)))
                await asyncio.sleep(0)
                self.assertEqual([len(calls) for calls in ended], [1] * 20)
                for kind in KINDS:
                    self.assertEqual(await drive(world.call(kind), kind), ANSWERS[kind])

        asyncio.run(work())

    def test_collector(self):
        """The collector runs before everything that the loop calls."""
        original = asyncio.Handle._run

        def collect_and_run(handle):
            gc.collect()
            original(handle)

        async def work():
            async with World() as world:
                for kind in KINDS * 3:
                    self.assertEqual(await drive(world.call(kind), kind), ANSWERS[kind])
                call = world.channel.stream_stream(path('stream_stream'))()
                for number in range(5):
                    await call.write(b'%d' % number)
                    self.assertEqual(await call.read(), b'%d' % number)
                call.cancel()

        gc.collect()
        gc.freeze()
        asyncio.Handle._run = collect_and_run
        try:
            asyncio.run(work())
        finally:
            asyncio.Handle._run = original
            gc.unfreeze()

    def test_leaks(self):
        """Memory does not grow with the number of calls."""
        async def calls(world, count):
            echo = world.channel.unary_unary(path('unary_unary'))
            stream = world.channel.stream_stream(path('stream_stream'))
            for _ in range(count // 50):
                await asyncio.gather(*(echo(b'x') for _ in range(48)))
                # And some that fail, and some that are cancelled.
                with self.assertRaises(aio.AioRpcError):
                    await world.channel.unary_unary(path('unknown'))(b'')
                stream().cancel()

        async def work():
            async with World() as world:
                await calls(world, 2000)
                gc.collect()
                before = resident()
                tracemalloc.start()
                first = tracemalloc.take_snapshot()
                await calls(world, LEAK_CALLS)
                gc.collect()
                statistics = tracemalloc.take_snapshot().compare_to(first, 'lineno')
                tracemalloc.stop()
                gc.collect()
                return sum(entry.size_diff for entry in statistics), resident() - before, statistics[:5]

        python, process, largest = asyncio.run(work())
        print(f'# {LEAK_CALLS} calls: Python {python:+} bytes, process {process:+} bytes')
        self.assertLess(python, PYTHON_GROWTH, largest)
        # tracemalloc itself has taken its part.
        self.assertLess(process, RESIDENT_GROWTH + LEAK_CALLS * 20, largest)


if __name__ == '__main__':
    unittest.main()
