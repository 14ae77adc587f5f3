# SPDX-License-Identifier: LGPL-2.1-or-later

"""A call with a stream of requests and one response."""

import asyncio
import gc

from support import Case, Gate, aio, grpc, handler, path, requests_of, wrap

MIXED = 'The iterator and read/write APIs may not be mixed on a single RPC.'
FINISHED = 'RPC already finished.'
HALF_CLOSED = 'RPC is half closed after calling "done_writing".'


class StreamUnary(Case):
    async def refusing(self):
        """A call that ends with NOT_FOUND before it has read anything."""
        await self.pair({'refuse': wrap('stream_unary', lambda context: context.abort(
            grpc.StatusCode.NOT_FOUND, 'Nobody'))})
        return self.open('stream_unary', 'refuse')

    async def test_write(self):
        await self.pair()
        call = self.open('stream_unary')
        for message in (b'a', b'b', b'c'):
            self.assertIsNone(await call.write(message))
        await call.done_writing()
        self.assertEqual(await call, b'abc')
        self.assertIs(await call.code(), grpc.StatusCode.OK)

    async def test_nothing_written(self):
        await self.pair()
        call = self.open('stream_unary')
        await call.done_writing()
        self.assertEqual(await call, b'')

    async def test_async_iterator(self):
        await self.pair()
        self.assertEqual(await self.start('stream_unary'), b'ab')

    async def test_iterator(self):
        await self.pair()
        self.assertEqual(await self.channel.stream_unary(path('stream_unary'))(iter((b'a', b'b'))), b'ab')

    async def test_sequence(self):
        await self.pair()
        self.assertEqual(await self.channel.stream_unary(path('stream_unary'))([b'a', b'b', b'c']), b'abc')

    async def test_async_iterable(self):
        await self.pair()

        class Requests:
            def __aiter__(self):
                return requests_of(b'x', b'y')

        self.assertEqual(await self.channel.stream_unary(path('stream_unary'))(Requests()), b'xy')

    async def test_iterators_and_writes_do_not_mix(self):
        await self.pair()
        call = self.start('stream_unary')
        for action in (call.write(b'x'), call.done_writing()):
            with self.assertRaises(aio.UsageError) as caught:
                await action
            self.assertEqual(str(caught.exception), MIXED)
        self.assertEqual(await call, b'ab')

    async def test_done_writing_again(self):
        await self.pair()
        call = self.open('stream_unary')
        await call.write(b'a')
        await call.done_writing()
        await call.done_writing()
        self.assertEqual(await call, b'a')
        await call.done_writing()

    async def test_write_after_done_writing(self):
        await self.pair()
        call = self.open('stream_unary')
        await call.done_writing()
        with self.assertRaises(asyncio.InvalidStateError) as caught:
            await call.write(b'x')
        # The response may be here before.
        self.assertIn(str(caught.exception), (HALF_CLOSED, FINISHED))
        self.assertEqual(await call, b'')

    async def test_write_when_half_closed(self):
        gate = Gate()
        await self.pair({'gate': wrap('stream_unary', gate.wait)})
        call = self.open('stream_unary', 'gate')
        await call.done_writing()
        with self.assertRaises(asyncio.InvalidStateError) as caught:
            await call.write(b'x')
        self.assertEqual(str(caught.exception), HALF_CLOSED)
        gate.opened.set()
        self.assertEqual(await call, b'')

    async def test_write_after_the_end(self):
        call = await self.refusing()
        await self.fails(call, grpc.StatusCode.NOT_FOUND)
        with self.assertRaises(asyncio.InvalidStateError) as caught:
            await call.write(b'x')
        self.assertEqual(str(caught.exception), FINISHED)

    async def test_error(self):
        call = await self.refusing()
        for _ in range(2):
            await self.fails(call, grpc.StatusCode.NOT_FOUND, 'Nobody')
        self.assertIs(await call.code(), grpc.StatusCode.NOT_FOUND)
        await call.done_writing()

    async def test_response_before_the_end_of_requests(self):
        async def first(requests, context):
            async for request in requests:
                return request

        await self.pair({'first': handler('stream_unary', first)})
        call = self.open('stream_unary', 'first')
        await call.write(b'a')
        self.assertEqual(await call, b'a')
        with self.assertRaises(asyncio.InvalidStateError):
            await call.write(b'b')

    async def test_cancel(self):
        gate, call = await self.gated('stream_unary')
        self.assertTrue(call.cancel())
        self.assertFalse(call.cancel())
        await self.cancelled(call)
        self.assertTrue(call.cancelled())
        self.assertIs(await call.code(), grpc.StatusCode.CANCELLED)
        self.assertEqual(await call.details(), 'Locally cancelled by application!')
        await gate.cancelled.wait()

    async def test_cancel_at_once(self):
        await self.pair()
        call = self.open('stream_unary')
        self.assertTrue(call.cancel())
        await self.cancelled(call)
        with self.assertRaises(asyncio.InvalidStateError):
            await call.write(b'x')

    async def test_cancel_while_requests_come(self):
        await self.pair()
        waiting = asyncio.Event()
        ended = asyncio.Event()

        async def requests():
            try:
                yield b'a'
                waiting.set()
                await asyncio.Event().wait()
            finally:
                ended.set()

        call = self.channel.stream_unary(path('stream_unary'))(requests())
        await waiting.wait()
        call.cancel()
        await self.cancelled(call)
        await ended.wait()

    async def test_cancel_when_done(self):
        await self.pair()
        call = self.start('stream_unary')
        await call
        self.assertFalse(call.cancel())
        self.assertFalse(call.cancelled())

    async def test_task_is_cancelled(self):
        gate, call = await self.gated('stream_unary')

        async def wait():
            await call

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        await self.cancelled(task)
        self.assertTrue(call.cancelled())
        await gate.cancelled.wait()

    async def test_iterator_raises(self):
        gate = Gate()

        async def requests():
            yield b'a'
            raise ValueError('No more')

        await self.pair({'gate': wrap('stream_unary', gate.wait)})
        call = self.channel.stream_unary(path('gate'))(requests())
        await self.cancelled(call)
        self.assertIs(await call.code(), grpc.StatusCode.CANCELLED)

    async def test_plain_iterator_raises(self):
        def requests():
            yield b'a'
            raise ValueError('No more')

        await self.pair()
        call = self.channel.stream_unary(path('stream_unary'))(requests())
        await self.cancelled(call)

    async def test_serializer(self):
        await self.pair()
        call = self.channel.stream_unary(path('stream_unary'), str.encode, bytes.decode)(['ä', 'ö'])
        self.assertEqual(await call, 'äö')

    async def test_many_requests(self):
        async def count(requests, context):
            return b'%d' % len([request async for request in requests])

        await self.pair({'count': handler('stream_unary', count)})
        call = self.open('stream_unary', 'count')
        for number in range(1000):
            await call.write(b'%d' % number)
        await call.done_writing()
        self.assertEqual(await call, b'1000')

    async def test_reader_api_of_the_handler(self):
        async def read(requests, context):
            received = []
            while (request := await context.read()) is not aio.EOF:
                received.append(request)
            return b'+'.join(received)

        await self.pair({'read': handler('stream_unary', read)})
        self.assertEqual(await self.start('stream_unary', 'read'), b'a+b')

    async def test_time_remaining(self):
        await self.pair()
        call = self.start('stream_unary', timeout=50)
        self.assertGreater(call.time_remaining(), 40)
        await call

    async def test_dropped(self):
        """A call that nobody keeps goes on: fire and forget."""
        gate, call = await self.gated('stream_unary')
        del call
        gc.collect()
        done = asyncio.Event()
        gate.context.add_done_callback(lambda context: done.set())
        gate.opened.set()
        await done.wait()
        self.assertFalse(gate.cancelled.is_set())

    async def test_wait_for_connection(self):
        await self.pair()
        call = self.open('stream_unary')
        await call.wait_for_connection()
        await call.done_writing()
        self.assertEqual(await call, b'')
