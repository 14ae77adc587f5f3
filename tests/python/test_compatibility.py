# SPDX-License-Identifier: LGPL-2.1-or-later

"""Handlers that are plain functions run in threads, and mix with coroutines."""

import asyncio
import queue
import threading
from concurrent.futures import ThreadPoolExecutor

from support import LONG, Case, Handlers, aio, drive, grpc, handler, path


class SyncHandlers(Case):
    async def sync(self, kind, function, **options):
        """A server with a plain function as a handler."""
        await self.pair({'sync': handler(kind, function)},
                        server={'migration_thread_pool': self.pool(), **options})
        return self.start(kind, 'sync')

    async def test_unary_unary(self):
        call = await self.sync('unary_unary', lambda request, context: request * 2)
        self.assertEqual(await call, b'abab')

    async def test_stream_unary(self):
        call = await self.sync('stream_unary', lambda requests, context: b'+'.join(requests))
        self.assertEqual(await call, b'a+b')

    async def test_unary_stream(self):
        def respond(request, context):
            for byte in request:
                yield bytes([byte])

        call = await self.sync('unary_stream', respond)
        self.assertEqual(await drive(call, 'unary_stream'), [b'a', b'b'])

    async def test_stream_stream(self):
        def respond(requests, context):
            for request in requests:
                yield request * 2

        call = await self.sync('stream_stream', respond)
        self.assertEqual(await drive(call, 'stream_stream'), [b'aa', b'bb'])

    async def test_function_that_returns_an_iterator(self):
        call = await self.sync('unary_stream', lambda request, context: iter([b'1', b'2']))
        self.assertEqual(await drive(call, 'unary_stream'), [b'1', b'2'])

    async def test_runs_in_the_pool(self):
        names = []

        def respond(request, context):
            names.append(threading.current_thread().name)
            return request

        await (await self.sync('unary_unary', respond))
        self.assertTrue(names[0].startswith('ThreadPoolExecutor'))

    async def test_blocks_nobody(self):
        release = threading.Event()

        def respond(request, context):
            release.wait(10)
            return request

        call = await self.sync('unary_unary', respond)
        self.assertEqual(await self.channel.unary_unary(path('unary_unary'))(b'meanwhile'), b'meanwhile')
        self.assertFalse(call.done())
        release.set()
        self.assertEqual(await call, b'ab')

    async def test_abort(self):
        def respond(request, context):
            context.abort(grpc.StatusCode.NOT_FOUND, 'Nobody', (('key', 'value'),))

        call = await self.sync('unary_unary', respond)
        error = await self.fails(call, grpc.StatusCode.NOT_FOUND, 'Nobody')
        self.assertEqual(tuple(error.trailing_metadata()), (('key', 'value'),))

    async def test_abort_raises(self):
        seen = queue.SimpleQueue()

        def respond(request, context):
            try:
                context.abort(grpc.StatusCode.NOT_FOUND)
            except Exception as error:
                seen.put(error)
                raise

        call = await self.sync('unary_unary', respond)
        await self.fails(call, grpc.StatusCode.NOT_FOUND)
        self.assertIsInstance(await asyncio.to_thread(seen.get, timeout=5), aio.AbortError)

    async def test_abort_in_a_generator(self):
        def respond(request, context):
            yield b'1'
            context.abort(grpc.StatusCode.NOT_FOUND, 'Nobody')

        call = await self.sync('unary_stream', respond)
        self.assertEqual(await call.read(), b'1')
        await self.fails(call.read(), grpc.StatusCode.NOT_FOUND, 'Nobody')

    async def test_raises(self):
        def respond(request, context):
            raise ValueError('Broken')

        call = await self.sync('unary_unary', respond)
        await self.fails(call, grpc.StatusCode.UNKNOWN, "Unexpected <class 'ValueError'>: Broken")

    async def test_set_code(self):
        def respond(request, context):
            context.set_code(grpc.StatusCode.NOT_FOUND)
            context.set_details('Nobody')
            return request

        call = await self.sync('unary_unary', respond)
        await self.fails(call, grpc.StatusCode.NOT_FOUND, 'Nobody')

    async def test_metadata(self):
        def respond(request, context):
            context.send_initial_metadata((('first', '1'),))
            context.set_trailing_metadata((('last', '2'),))
            return dict(context.invocation_metadata())['key'].encode()

        await self.fails(await self.sync('unary_unary', respond), grpc.StatusCode.UNKNOWN)
        call = self.start('unary_unary', 'sync', metadata=(('key', 'value'),))
        self.assertEqual(await call, b'value')
        self.assertEqual(tuple(await call.initial_metadata()), (('first', '1'),))
        self.assertEqual(tuple(await call.trailing_metadata()), (('last', '2'),))

    async def test_context(self):
        seen = {}

        def respond(request, context):
            seen.update(peer=context.peer(), identities=context.peer_identities(),
                        key=context.peer_identity_key(), remaining=context.time_remaining(),
                        context=context.auth_context())
            return request

        await (await self.sync('unary_unary', respond))
        await self.start('unary_unary', 'sync', timeout=50)
        self.assertTrue(seen['peer'].startswith('unix:'))
        self.assertIsNone(seen['identities'])
        self.assertIsNone(seen['key'])
        self.assertTrue(0 < seen['remaining'] <= 51)
        self.assertIsInstance(seen['context'], dict)

    async def test_callback(self):
        called = threading.Event()

        def respond(request, context):
            context.add_callback(called.set)
            return request

        call = await self.sync('unary_unary', respond)
        await call
        self.assertTrue(await asyncio.to_thread(called.wait, 5))

    async def test_compression(self):
        def respond(request, context):
            context.set_compression(grpc.Compression.Gzip)
            context.disable_next_message_compression()
            return request

        self.assertEqual(await (await self.sync('unary_unary', respond)), b'ab')

    async def test_default_pool(self):
        """Without a pool plain functions run in the loop's own."""
        await self.pair({'sync': handler('unary_unary', lambda request, context: request)})
        self.assertEqual(await self.start('unary_unary', 'sync'), b'ab')

    async def test_mixed(self):
        await self.sync('unary_unary', lambda request, context: b'sync')
        calls = [self.start('unary_unary', method) for method in ('sync', 'unary_unary') * 10]
        self.assertEqual([await call for call in calls], [b'sync', b'ab'] * 10)


class Servicer:
    """As protoc's generated class: a mix of plain methods and coroutines."""

    def plain(self, request, context):
        return b'plain'

    async def coroutine(self, request, context):
        return b'coroutine'


class Methods(Case):
    async def test_bound_methods(self):
        servicer = Servicer()
        await self.pair({name: handler('unary_unary', getattr(servicer, name)) for name in ('plain', 'coroutine')})
        for name in ('plain', 'coroutine'):
            self.assertEqual(await self.start('unary_unary', name), name.encode())


class BlockingServer(Case):
    async def test_limit(self):
        entered, opened = threading.Event(), threading.Event()

        def wait(request, context):
            entered.set()
            opened.wait(LONG)
            return request

        def run():
            server = grpc.server(ThreadPoolExecutor(3), maximum_concurrent_rpcs=1)
            server.add_generic_rpc_handlers((Handlers({'/test/wait': grpc.unary_unary_rpc_method_handler(wait)}),))
            port = server.add_insecure_port('localhost:0')
            server.start()
            with grpc.insecure_channel(f'localhost:{port}') as channel:
                method = channel.unary_unary('/test/wait')
                first = method.future(b'a')
                entered.wait(LONG)
                with self.assertRaises(grpc.RpcError) as raised:
                    method(b'b')
                opened.set()
                answer = first.result()
            server.stop(None).wait()
            return raised.exception.code(), raised.exception.details(), answer

        self.assertEqual(await asyncio.get_running_loop().run_in_executor(None, run),
                         (grpc.StatusCode.RESOURCE_EXHAUSTED, 'Concurrent RPC limit exceeded!', b'a'))
