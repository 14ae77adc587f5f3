# SPDX-License-Identifier: LGPL-2.1-or-later

"""Interceptors of calls with a stream of requests and one response."""

import asyncio

from support import Case, Gate, aio, grpc, path, requests_of, wrap


class Interceptor(aio.StreamUnaryClientInterceptor):
    """Does what a function says."""

    def __init__(self, function):
        self.intercept = function

    async def intercept_stream_unary(self, continuation, client_call_details, request_iterator):
        return await self.intercept(continuation, client_call_details, request_iterator)


async def forward(continuation, details, requests):
    return await continuation(details, requests)


async def double(continuation, details, requests):
    async def doubled():
        async for request in requests:
            yield request * 2

    return await continuation(details, doubled())


class StreamUnary(Case):
    async def open_call(self, *functions, method='stream_unary', handlers=None, **options):
        await self.pair(handlers, interceptors=[Interceptor(function) for function in functions])
        return self.channel.stream_unary(path(method))(**options)

    async def call(self, *functions, method='stream_unary', handlers=None, **options):
        await self.pair(handlers, interceptors=[Interceptor(function) for function in functions])
        return self.channel.stream_unary(path(method))(requests_of(b'a', b'b'), **options)

    async def test_forward(self):
        for functions in ((forward,), (forward, forward)):
            call = await self.call(*functions)
            self.assertIsInstance(call, aio.StreamUnaryCall)
            self.assertEqual(await call, b'ab')
            self.assertIs(await call.code(), grpc.StatusCode.OK)

    async def test_write(self):
        call = await self.open_call(forward)
        await call.write(b'a')
        await call.write(b'b')
        await call.done_writing()
        self.assertEqual(await call, b'ab')

    async def test_nothing_written(self):
        call = await self.open_call(forward)
        await call.done_writing()
        self.assertEqual(await call, b'')

    async def test_plain_iterator(self):
        await self.pair(interceptors=[Interceptor(forward)])
        self.assertEqual(await self.channel.stream_unary(path('stream_unary'))(iter([b'a', b'b'])), b'ab')

    async def test_changes_requests(self):
        self.assertEqual(await (await self.call(double)), b'aabb')
        self.assertEqual(await (await self.call(double, double)), b'aaaabbbb')

    async def test_changes_requests_that_are_written(self):
        call = await self.open_call(double)
        await call.write(b'a')
        await call.done_writing()
        self.assertEqual(await call, b'aa')

    async def test_order(self):
        order = []

        def numbered(number):
            async def intercept(continuation, details, requests):
                order.append(number)
                return await continuation(details, requests)

            return intercept

        await (await self.call(*(numbered(number) for number in (1, 2, 3))))
        self.assertEqual(order, [1, 2, 3])

    async def test_do_not_mix(self):
        call = await self.call(forward)
        for action in (call.write(b'x'), call.done_writing()):
            with self.assertRaises(aio.UsageError):
                await action
        self.assertEqual(await call, b'ab')

    async def test_write_after_done_writing(self):
        gate = Gate()
        call = await self.open_call(forward, method='gate', handlers={'gate': wrap('stream_unary', gate.wait)})
        await call.write(b'x')
        await call.done_writing()
        await gate.entered.wait()
        await asyncio.sleep(0.01)
        with self.assertRaises(asyncio.InvalidStateError) as caught:
            await call.write(b'x')
        self.assertEqual(str(caught.exception), 'RPC is half closed after calling "done_writing".')
        gate.opened.set()
        self.assertEqual(await call, b'x')

    async def test_write_after_the_end(self):
        call = await self.open_call(forward)
        await call.done_writing()
        await call
        with self.assertRaises(asyncio.InvalidStateError) as caught:
            await call.write(b'x')
        self.assertEqual(str(caught.exception), 'RPC already finished.')

    async def test_write_when_cancelled_before(self):
        async def wait(continuation, details, requests):
            await asyncio.Event().wait()

        call = await self.open_call(wait)
        await asyncio.sleep(0)
        self.assertTrue(call.cancel())
        for action in (call.write(b'x'), call.done_writing()):
            with self.assertRaises(asyncio.InvalidStateError):
                await action
        await self.cancelled(call)

    async def test_error(self):
        call = await self.open_call(forward, method='refuse', handlers={'refuse': wrap(
            'stream_unary', lambda context: context.abort(grpc.StatusCode.NOT_FOUND, 'Nobody'))})
        await self.fails(call, grpc.StatusCode.NOT_FOUND, 'Nobody')
        with self.assertRaises(asyncio.InvalidStateError):
            await call.write(b'x')

    async def test_error_while_writing(self):
        """Writes end when the call does."""
        call = await self.open_call(forward, method='refuse', handlers={'refuse': wrap(
            'stream_unary', lambda context: context.abort(grpc.StatusCode.NOT_FOUND))})
        with self.assertRaises(asyncio.InvalidStateError):
            while True:
                await call.write(b'x')

    async def test_cancel(self):
        gate = Gate()
        call = await self.open_call(forward, method='gate', handlers={'gate': wrap('stream_unary', gate.wait)})
        await gate.entered.wait()
        self.assertTrue(call.cancel())
        self.assertTrue(call.cancelled())
        await self.cancelled(call)
        await gate.cancelled.wait()
        with self.assertRaises(asyncio.InvalidStateError):
            await call.write(b'x')

    async def test_cancel_when_done(self):
        call = await self.call(forward)
        await call
        self.assertFalse(call.cancel())

    async def test_iterator_raises(self):
        async def requests():
            yield b'a'
            raise ValueError

        await self.pair(interceptors=[Interceptor(forward)])
        call = self.channel.stream_unary(path('stream_unary'))(requests())
        await self.cancelled(call)
        self.assertTrue(call.cancelled())

    async def test_again(self):
        """An interceptor that gets an answer first, then makes the call again."""
        async def again(continuation, details, requests):
            kept = [request async for request in requests]
            await (await continuation(details, requests_of(*kept)))
            return await continuation(details, requests_of(*kept))

        self.assertEqual(await (await self.call(again)), b'ab')

    async def test_done_callback(self):
        call = await self.call(forward)
        called = asyncio.Queue()
        call.add_done_callback(called.put_nowait)
        self.assertEqual(await call, b'ab')
        self.assertIs(await called.get(), call)
