# SPDX-License-Identifier: LGPL-2.1-or-later

"""A call with one request and a stream of responses."""

import asyncio
import gc

from support import Case, Gate, aio, grpc, handler, path

MIXED = 'The iterator and read/write APIs may not be mixed on a single RPC.'


class UnaryStream(Case):
    def call(self, request=b'abc', **options):
        return self.channel.unary_stream(path('unary_stream'))(request, **options)

    async def paused(self, count=1):
        """A call with that many responses, whose handler then waits."""
        gate = Gate()

        async def respond(request, context):
            for number in range(count):
                yield b'%d' % number
            await gate.wait(context)
            yield b'last'

        await self.pair({'paused': handler('unary_stream', respond)})
        return gate, self.start('unary_stream', 'paused')

    async def refused(self):
        """A call with one response, that ends with NOT_FOUND."""
        async def respond(request, context):
            yield b'one'
            await context.abort(grpc.StatusCode.NOT_FOUND, 'Nobody')

        await self.pair({'refuse': handler('unary_stream', respond)})
        return self.start('unary_stream', 'refuse')

    async def test_iterate(self):
        await self.pair()
        self.assertEqual([response async for response in self.call()], [b'a', b'b', b'c'])

    async def test_read(self):
        await self.pair()
        call = self.call(b'ab')
        self.assertEqual(await call.read(), b'a')
        self.assertEqual(await call.read(), b'b')
        self.assertIs(await call.read(), aio.EOF)

    async def test_read_after_the_end(self):
        await self.pair()
        call = self.call(b'')
        for _ in range(3):
            self.assertIs(await call.read(), aio.EOF)

    async def test_status_after_the_end(self):
        await self.pair()
        call = self.call(b'')
        self.assertIs(await call.read(), aio.EOF)
        self.assertIs(await call.code(), grpc.StatusCode.OK)
        self.assertEqual(await call.details(), '')
        self.assertTrue(call.done())

    async def test_no_response(self):
        await self.pair()
        self.assertEqual([response async for response in self.call(b'')], [])

    async def test_iterator_is_the_same(self):
        await self.pair()
        call = self.call()
        self.assertIs(call.__aiter__(), call.__aiter__())
        self.assertEqual([response async for response in call], [b'a', b'b', b'c'])

    async def test_iterate_in_parts(self):
        await self.pair()
        call = self.call()
        async for response in call:
            self.assertEqual(response, b'a')
            break
        iterator = call.__aiter__()
        self.assertEqual(await iterator.__anext__(), b'b')
        self.assertEqual(await iterator.__anext__(), b'c')
        with self.assertRaises(StopAsyncIteration):
            await iterator.__anext__()

    async def test_iterate_then_read(self):
        _, call = await self.paused(2)
        await call.__aiter__().__anext__()
        with self.assertRaises(aio.UsageError) as caught:
            await call.read()
        self.assertEqual(str(caught.exception), MIXED)
        call.cancel()

    async def test_read_then_iterate(self):
        _, call = await self.paused(2)
        await call.read()
        with self.assertRaises(aio.UsageError) as caught:
            call.__aiter__()
        self.assertEqual(str(caught.exception), MIXED)
        call.cancel()

    async def test_error_after_responses(self):
        call = await self.refused()
        self.assertEqual(await call.read(), b'one')
        await self.fails(call.read(), grpc.StatusCode.NOT_FOUND, 'Nobody')

    async def test_error_is_raised_each_time(self):
        call = await self.refused()
        await call.read()
        for _ in range(3):
            await self.fails(call.read(), grpc.StatusCode.NOT_FOUND)

    async def test_error_while_iterating(self):
        call = await self.refused()
        seen = []

        async def iterate():
            async for response in call:
                seen.append(response)

        await self.fails(iterate(), grpc.StatusCode.NOT_FOUND)
        self.assertEqual(seen, [b'one'])
        self.assertIs(await call.code(), grpc.StatusCode.NOT_FOUND)

    async def test_cancel(self):
        gate, call = await self.paused()
        await gate.entered.wait()
        self.assertTrue(call.cancel())
        self.assertFalse(call.cancel())
        self.assertTrue(call.cancelled())
        self.assertIs(await call.code(), grpc.StatusCode.CANCELLED)
        self.assertEqual(await call.details(), 'Locally cancelled by application!')
        await gate.cancelled.wait()

    async def test_cancel_at_once(self):
        await self.pair()
        call = self.call()
        self.assertTrue(call.cancel())
        await self.cancelled(call.read())
        self.assertIs(await call.code(), grpc.StatusCode.CANCELLED)

    async def test_cancel_then_read(self):
        _, call = await self.paused()
        self.assertEqual(await call.read(), b'0')
        call.cancel()
        for _ in range(2):
            await self.cancelled(call.read())

    async def test_cancel_while_reading(self):
        gate, call = await self.paused(0)
        reading = asyncio.create_task(call.read())
        await gate.entered.wait()
        call.cancel()
        await self.cancelled(reading)

    async def test_cancel_while_iterating(self):
        gate, call = await self.paused()

        async def iterate():
            async for _ in call:
                call.cancel()

        await self.cancelled(iterate())
        await gate.cancelled.wait()

    async def test_task_that_iterates_is_cancelled(self):
        gate, call = await self.paused()

        async def iterate():
            async for _ in call:
                pass

        task = asyncio.create_task(iterate())
        await gate.entered.wait()
        await asyncio.sleep(0)
        task.cancel()
        await self.cancelled(task)
        self.assertTrue(call.cancelled())
        await gate.cancelled.wait()

    async def test_task_that_reads_is_cancelled(self):
        gate, call = await self.paused(0)
        task = asyncio.create_task(call.read())
        await gate.entered.wait()
        await asyncio.sleep(0)
        task.cancel()
        await self.cancelled(task)
        self.assertTrue(call.cancelled())

    async def test_cancel_when_done(self):
        await self.pair()
        call = self.call(b'')
        await call.code()
        self.assertFalse(call.cancel())
        self.assertFalse(call.cancelled())

    async def test_dropped(self):
        gate, call = await self.paused()
        await gate.entered.wait()
        await call.read()
        del call
        gc.collect()
        await gate.cancelled.wait()

    async def test_not_awaitable(self):
        await self.pair()
        call = self.call()
        with self.assertRaises(TypeError):
            await call
        call.cancel()

    async def test_deserializer(self):
        await self.pair()
        call = self.channel.unary_stream(path('unary_stream'), response_deserializer=int)(b'123')
        self.assertEqual([number async for number in call], [1, 2, 3])

    async def test_many_responses(self):
        async def respond(request, context):
            for number in range(1000):
                yield b'%d' % number

        await self.pair({'many': handler('unary_stream', respond)})
        call = self.start('unary_stream', 'many')
        self.assertEqual([int(response) async for response in call], list(range(1000)))

    async def test_large_responses(self):
        async def respond(request, context):
            for number in range(4):
                yield bytes([number]) * 1_000_000

        await self.pair({'large': handler('unary_stream', respond)})
        call = self.start('unary_stream', 'large')
        self.assertEqual([(len(response), response[0]) async for response in call],
                         [(1_000_000, number) for number in range(4)])

    async def test_time_remaining(self):
        await self.pair()
        call = self.call(timeout=50)
        self.assertGreater(call.time_remaining(), 40)
        self.assertEqual([response async for response in call], [b'a', b'b', b'c'])

    async def test_reads_of_several(self):
        """Reads that wait at the same time each get a response."""
        await self.pair()
        call = self.call(b'abc')
        responses = await asyncio.gather(call.read(), call.read(), call.read())
        self.assertEqual(sorted(responses), [b'a', b'b', b'c'])
        self.assertIs(await call.read(), aio.EOF)

    async def test_wait_for_connection(self):
        gate, call = await self.paused()
        await call.wait_for_connection()
        self.assertEqual(await call.read(), b'0')
        gate.opened.set()
        self.assertEqual(await call.read(), b'last')
        self.assertIs(await call.read(), aio.EOF)
