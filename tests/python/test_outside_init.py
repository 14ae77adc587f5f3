# SPDX-License-Identifier: LGPL-2.1-or-later

"""Objects made outside of a running loop, loops in sequence, loops in threads."""

import asyncio
import concurrent.futures
import threading
import unittest

from support import SERVICE, ECHO, OURS, aio, channel_credentials, grpc, path


def new_server(**options):
    server = aio.server(**options)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, ECHO),))
    return server, f'127.0.0.1:{server.add_insecure_port("127.0.0.1:0")}'


async def ping(count=1):
    """A server, a channel and calls, all in the running loop."""
    server, address = new_server()
    await server.start()
    async with aio.insecure_channel(address) as channel:
        echo = channel.unary_unary(path('unary_unary'))
        responses = [await echo(b'%d' % number) for number in range(count)]
    await server.stop(None)
    return responses == [b'%d' % number for number in range(count)]


class Outside(unittest.TestCase):
    def setUp(self):
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.addCleanup(asyncio.set_event_loop, None)
        self.addCleanup(self.loop.close)

    def test_nothing_raises(self):
        self.assertIsInstance(aio.insecure_channel('localhost:1'), aio.Channel)
        self.assertIsInstance(aio.secure_channel('localhost:1', channel_credentials()), aio.Channel)
        self.assertIsInstance(aio.server(), aio.Server)

    def test_empty_target(self):
        self.assertIsInstance(aio.insecure_channel(''), aio.Channel)

    def test_init_and_shutdown(self):
        for _ in range(3):
            self.assertIsNone(aio.init_grpc_aio())
            self.assertIsNone(aio.shutdown_grpc_aio())

    def test_channel_and_server_of_before(self):
        server, address = new_server()
        channel = aio.insecure_channel(address)
        echo = channel.unary_unary(path('unary_unary'))

        async def run():
            await server.start()
            response = await echo(b'x')
            await channel.close()
            await server.stop(None)
            return response

        self.assertEqual(self.loop.run_until_complete(run()), b'x')

    def test_call_over_several_runs(self):
        server, address = new_server()
        self.loop.run_until_complete(server.start())
        channel = aio.insecure_channel(address)
        callable_ = channel.unary_unary(path('unary_unary'))

        async def call():
            return await callable_(b'x')

        for _ in range(3):
            self.assertEqual(self.loop.run_until_complete(call()), b'x')
        self.loop.run_until_complete(channel.close())
        self.loop.run_until_complete(server.stop(None))

    def test_stream_over_several_runs(self):
        server, address = new_server()
        self.loop.run_until_complete(server.start())
        channel = aio.insecure_channel(address)

        async def start():
            return channel.stream_stream(path('stream_stream'))()

        call = self.loop.run_until_complete(start())
        for _ in range(3):
            self.loop.run_until_complete(call.write(b'x'))
            self.assertEqual(self.loop.run_until_complete(call.read()), b'x')
        self.loop.run_until_complete(call.done_writing())
        self.assertIs(self.loop.run_until_complete(call.read()), aio.EOF)
        self.loop.run_until_complete(channel.close())
        self.loop.run_until_complete(server.stop(None))


class Loops(unittest.TestCase):
    def test_in_sequence(self):
        for _ in range(50):
            self.assertTrue(asyncio.run(ping()))

    def test_call_in_flight_when_a_loop_ends(self):
        async def leave():
            channel = aio.insecure_channel('unix:/nobody')
            self.call = channel.unary_unary('/a/b')(b'', wait_for_ready=True)
            await asyncio.sleep(0)

        for _ in range(5):
            asyncio.run(leave())
        self.assertTrue(asyncio.run(ping()))

    def test_server_is_left_when_a_loop_ends(self):
        async def leave():
            server, _ = new_server()
            await server.start()

        for _ in range(3):
            asyncio.run(leave())
        self.assertTrue(asyncio.run(ping()))

    def run_threads(self, count, calls):
        barrier = threading.Barrier(count)

        def run():
            barrier.wait(10)
            return asyncio.run(ping(calls))

        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            return [future.result(60) for future in [pool.submit(run) for _ in range(count)]]

    def test_in_a_thread(self):
        self.assertEqual(self.run_threads(1, 10), [True])

    def test_in_threads(self):
        self.assertEqual(self.run_threads(4, 20), [True] * 4)

    def test_client_and_server_in_different_threads(self):
        addresses = concurrent.futures.Future()
        stop = threading.Event()

        async def serve():
            server, address = new_server()
            await server.start()
            addresses.set_result(address)
            await asyncio.to_thread(stop.wait)
            await server.stop(None)

        async def call():
            async with aio.insecure_channel(addresses.result(10)) as channel:
                return await channel.unary_unary(path('unary_unary'))(b'x')

        thread = threading.Thread(target=asyncio.run, args=(serve(),))
        thread.start()
        try:
            self.assertEqual(asyncio.run(call()), b'x')
        finally:
            stop.set()
            thread.join(10)
        self.assertFalse(thread.is_alive())
        if OURS:
            self.assertTrue(asyncio.run(ping()))
