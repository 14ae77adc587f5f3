#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Every loop of asyncio: in sequence, in threads, beside GLib's, on GLib's; and the end
of the interpreter. Nothing may be written to the standard error."""

import asyncio
import contextvars
import gc
import importlib.util
import os
import subprocess
import sys
import tempfile
import textwrap
import threading
import unittest

import gi

gi.require_version('GrpcAio', '1')

# pylint: disable=wrong-import-position
from gi.repository import GLib

import grpc_aio_glib as grpc

aio = grpc.aio

THREADS = 8
CALLS = 200
SEQUENCE = 50

HAS_EVENTS = importlib.util.find_spec('gi.events') is not None
HAS_GBULB = importlib.util.find_spec('gbulb') is not None


async def echo(request, context):
    return request


async def keep(request, context):
    await asyncio.Event().wait()


async def count(request, context):
    for number in range(int(request)):
        yield str(number).encode()


async def chat(requests, context):
    async for request in requests:
        yield request


async def new_server(address='127.0.0.1:0'):
    server = aio.server()
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler('test.Test', {
        'Echo': grpc.unary_unary_rpc_method_handler(echo),
        'Keep': grpc.unary_unary_rpc_method_handler(keep),
        'Count': grpc.unary_stream_rpc_method_handler(count),
        'Chat': grpc.stream_stream_rpc_method_handler(chat),
    })])
    port = server.add_insecure_port(address)
    await server.start()

    return server, f'127.0.0.1:{port}'


async def talk(address, calls=3):
    """Uses all kinds of calls that a server has."""
    async with aio.insecure_channel(address) as channel:
        await channel.channel_ready()
        method = channel.unary_unary('/test.Test/Echo')
        for number in range(calls):
            assert await method(b'%d' % number) == b'%d' % number
        assert [text async for text in channel.unary_stream('/test.Test/Count')(b'3')] == [b'0', b'1', b'2']
        call = channel.stream_stream('/test.Test/Chat')()
        await call.write(b'a')
        assert await call.read() == b'a'
        await call.done_writing()
        assert await call.read() is aio.EOF


async def serve_and_talk():
    server, address = await new_server()
    await talk(address)
    await server.stop(None)


class Loops(unittest.TestCase):
    def setUp(self):
        sys.stderr.flush()
        self.errors = tempfile.TemporaryFile()
        self.stderr = os.dup(2)
        os.dup2(self.errors.fileno(), 2)

    def tearDown(self):
        gc.collect()
        sys.stderr.flush()
        os.dup2(self.stderr, 2)
        os.close(self.stderr)
        self.errors.seek(0)
        text = self.errors.read()
        self.errors.close()
        self.assertEqual(text, b'')

    def test_run(self):
        asyncio.run(serve_and_talk())

    def test_in_sequence(self):
        for _ in range(SEQUENCE):
            asyncio.run(serve_and_talk())

    def test_in_sequence_closed_by_hand(self):
        for _ in range(SEQUENCE):
            loop = asyncio.new_event_loop()
            loop.run_until_complete(serve_and_talk())
            loop.close()

    def test_several_servers(self):
        async def main():
            servers = [await new_server() for _ in range(3)]
            await asyncio.gather(*(talk(address) for _, address in servers))
            for server, _ in servers:
                await server.stop(None)

        asyncio.run(main())

    def test_channel_made_outside(self):
        for outside in ('127.0.0.1', 'localhost'):
            loop = asyncio.new_event_loop()
            server, address = loop.run_until_complete(new_server())
            channel = aio.insecure_channel(address.replace('127.0.0.1', outside))
            method = channel.unary_unary('/test.Test/Echo')

            async def main():
                await channel.channel_ready()
                self.assertEqual(await method(b'a'), b'a')
                await channel.close()
                await server.stop(None)

            loop.run_until_complete(main())
            loop.close()

    def test_one_channel_in_several_loops(self):
        started, stop = threading.Event(), threading.Event()
        addresses = []

        async def serve():
            server, address = await new_server()
            addresses.append(address)
            started.set()
            await asyncio.get_running_loop().run_in_executor(None, stop.wait)
            await server.stop(None)

        thread = threading.Thread(target=asyncio.run, args=[serve()])
        thread.start()
        started.wait()
        channel = aio.insecure_channel(addresses[0])
        method = channel.unary_unary('/test.Test/Echo')

        async def main():
            await channel.channel_ready()
            self.assertEqual(await method(b'a'), b'a')
            state = channel.get_state()
            self.assertEqual(state, grpc.ChannelConnectivity.READY)

        for _ in range(3):
            asyncio.run(main())
        stop.set()
        thread.join()

    def test_in_threads(self):
        failures = []

        def work():
            try:
                asyncio.run(main())
            except BaseException as failure:  # pylint: disable=broad-except
                failures.append(failure)

        async def main():
            server, address = await new_server()
            async with aio.insecure_channel(address) as channel:
                method = channel.unary_unary('/test.Test/Echo')
                for start in range(0, CALLS, 20):
                    numbers = [b'%d' % number for number in range(start, start + 20)]
                    self.assertEqual(await asyncio.gather(*map(method, numbers)), numbers)
            await server.stop(None)

        threads = [threading.Thread(target=work) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_beside_a_loop_of_glib(self):
        """GLib's in the main thread, asyncio's in another, calls from one to the other."""
        main_loop = GLib.MainLoop()
        results = []

        def work():
            try:
                asyncio.run(serve_and_talk())
                results.append(True)
            finally:
                GLib.idle_add(main_loop.quit)

        ticks = []
        GLib.timeout_add(1, lambda: ticks.append(None) or True)
        thread = threading.Thread(target=work)
        thread.start()
        main_loop.run()
        thread.join()
        self.assertEqual(results, [True])

    @unittest.skipUnless(HAS_GBULB, 'without gbulb')
    def test_gbulb(self):
        import gbulb  # pylint: disable=import-outside-toplevel

        loop = gbulb.GLibEventLoopPolicy().new_event_loop()
        loop.run_until_complete(serve_and_talk())
        loop.close()

    @unittest.skipUnless(HAS_EVENTS, 'PyGObject 3.50 has gi.events')
    def test_gi_events(self):
        from gi.events import GLibEventLoopPolicy  # pylint: disable=import-outside-toplevel

        policy = GLibEventLoopPolicy()
        loop = policy.get_event_loop()
        asyncio.set_event_loop_policy(policy)
        try:
            loop.run_until_complete(serve_and_talk())
        finally:
            asyncio.set_event_loop_policy(None)
            loop.close()

    def test_context_variables(self):
        variable = contextvars.ContextVar('variable')

        async def main():
            server, address = await new_server()
            async with aio.insecure_channel(address) as channel:
                method = channel.unary_unary('/test.Test/Echo')

                async def one(number):
                    variable.set(number)
                    for _ in range(5):
                        await method(b'')
                        self.assertEqual(variable.get(), number)

                await asyncio.gather(*map(one, range(10)))
            await server.stop(None)

        asyncio.run(main())

    def test_closed_with_calls(self):
        """A loop that is closed with calls, streams and a server under way."""
        async def main():
            server, address = await new_server()
            channel = aio.insecure_channel(address)
            calls = [channel.unary_unary('/test.Test/Keep')(b''), channel.stream_stream('/test.Test/Chat')()]
            await calls[1].write(b'a')
            tasks = [asyncio.ensure_future(calls[1].read()), asyncio.ensure_future(channel.wait_for_state_change(
                channel.get_state()))]
            await asyncio.sleep(0)
            return server, channel, calls, tasks

        loop = asyncio.new_event_loop()
        kept = loop.run_until_complete(main())
        for task in kept[3]:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*kept[3], return_exceptions=True))
        loop.close()
        del kept, task

    def test_exit(self):
        """The interpreter ends with all sorts of things under way."""
        program = textwrap.dedent('''
            import asyncio, os, sys
            import grpc_aio_glib as grpc
            aio = grpc.aio

            async def keep(request, context):
                await asyncio.Event().wait()

            async def chat(requests, context):
                async for request in requests:
                    yield request

            async def main():
                server = aio.server()
                server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler('test.Test', {
                    'Keep': grpc.unary_unary_rpc_method_handler(keep),
                    'Chat': grpc.stream_stream_rpc_method_handler(chat)})])
                port = server.add_insecure_port('127.0.0.1:0')
                await server.start()
                channel = aio.insecure_channel(f'127.0.0.1:{port}')
                calls = [channel.unary_unary('/test.Test/Keep')(b'') for _ in range(3)]
                call = channel.stream_stream('/test.Test/Chat')()
                await call.write(b'a')
                await call.read()
                grpc.metadata_call_credentials(lambda context, callback: None)
                kept.extend([server, channel, calls, call])
                END

            kept = []
            START
        ''')
        for start in ('asyncio.run(main())',
                      'asyncio.new_event_loop().run_until_complete(main())',
                      'loop = asyncio.new_event_loop(); loop.run_until_complete(main()); loop.close()'):
            for end in ('pass', 'sys.exit(0)', 'kept.clear()'):
                text = program.replace('END', end).replace('START', start)
                with self.subTest(start=start, end=end):
                    done = subprocess.run([sys.executable, '-c', text],
                                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
                    self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b'', b''))


if __name__ == '__main__':
    unittest.main(verbosity=2)
