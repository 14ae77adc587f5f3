# SPDX-License-Identifier: LGPL-2.1-or-later

"""Interceptors of calls with one request and a stream of responses."""

import asyncio

from support import Case, Gate, aio, grpc, handler, path


class Interceptor(aio.UnaryStreamClientInterceptor):
    """Does what a function says."""

    def __init__(self, function):
        self.intercept = function

    async def intercept_unary_stream(self, continuation, client_call_details, request):
        return await self.intercept(continuation, client_call_details, request)


async def forward(continuation, details, request):
    return await continuation(details, request)


async def double(continuation, details, request):
    """Answers with an iterator of its own over the call."""
    call = await continuation(details, request)

    async def responses():
        async for response in call:
            yield response * 2

    return responses()


class UnaryStream(Case):
    async def call(self, *functions, method='unary_stream', handlers=None, **options):
        await self.pair(handlers, interceptors=[Interceptor(function) for function in functions])
        return self.channel.unary_stream(path(method))(b'ab', **options)

    async def gate_call(self, *functions):
        self.gate = Gate()

        async def respond(request, context):
            yield b'1'
            await self.gate.wait()

        return await self.call(*functions, method='gate', handlers={'gate': handler('unary_stream', respond)})

    async def test_forward(self):
        for functions in ((forward,), (forward, forward)):
            call = await self.call(*functions)
            self.assertIsInstance(call, aio.UnaryStreamCall)
            self.assertEqual([response async for response in call], [b'a', b'b'])
            self.assertIs(await call.code(), grpc.StatusCode.OK)

    async def test_read(self):
        call = await self.call(forward)
        self.assertEqual(await call.read(), b'a')
        self.assertEqual(await call.read(), b'b')

    async def test_end_of_reads(self):
        call = await self.call(forward)
        for expected in (b'a', b'b', aio.EOF):
            self.assertEqual(await call.read(), expected)

    async def test_iterator_of_its_own(self):
        for functions in ((double,), (forward, double), (double, forward)):
            call = await self.call(*functions)
            self.assertEqual([response async for response in call], [b'aa', b'bb'])
            self.assertIs(await call.code(), grpc.StatusCode.OK)

    async def test_iterators_of_several(self):
        call = await self.call(double, double)
        self.assertEqual([response async for response in call], [b'aaaa', b'bbbb'])

    async def test_order(self):
        order = []

        def numbered(number):
            async def intercept(continuation, details, request):
                order.append(number)
                return await continuation(details, request)

            return intercept

        call = await self.call(*(numbered(number) for number in (1, 2, 3)))
        self.assertEqual([response async for response in call], [b'a', b'b'])
        self.assertEqual(order, [1, 2, 3])

    async def test_other_request(self):
        async def change(continuation, details, request):
            return await continuation(details, b'xyz')

        call = await self.call(change)
        self.assertEqual([response async for response in call], [b'x', b'y', b'z'])

    async def test_other_metadata(self):
        async def look(request, context):
            yield dict(context.invocation_metadata())['added'].encode()

        async def add(continuation, details, request):
            return await continuation(details._replace(metadata=aio.Metadata(('added', 'yes'))), request)

        call = await self.call(add, method='look', handlers={'look': handler('unary_stream', look)})
        self.assertEqual([response async for response in call], [b'yes'])

    async def test_error(self):
        call = await self.call(forward, method='unknown')

        async def iterate():
            return [response async for response in call]

        await self.fails(iterate(), grpc.StatusCode.UNIMPLEMENTED)
        self.assertIs(await call.code(), grpc.StatusCode.UNIMPLEMENTED)
        self.assertTrue(call.done())

    async def test_raises(self):
        async def fail(continuation, details, request):
            raise ZeroDivisionError

        call = await self.call(fail)
        with self.assertRaises(ZeroDivisionError):
            async for _ in call:
                pass

    async def test_metadata(self):
        call = await self.call(forward)
        self.assertEqual([response async for response in call], [b'a', b'b'])
        self.assertEqual(tuple(await call.initial_metadata()), ())
        self.assertEqual(tuple(await call.trailing_metadata()), ())

    async def test_cancel(self):
        for function in (forward, double):
            call = await self.gate_call(function)
            iterator = call.__aiter__()
            self.assertIn(await iterator.__anext__(), (b'1', b'11'))
            await self.gate.entered.wait()
            self.assertTrue(call.cancel())
            self.assertTrue(call.cancelled())
            await self.cancelled(iterator.__anext__())
            self.assertIs(await call.code(), grpc.StatusCode.CANCELLED)
            await self.gate.cancelled.wait()

    async def test_cancel_before(self):
        async def wait(continuation, details, request):
            await asyncio.Event().wait()

        call = await self.call(wait)
        await asyncio.sleep(0)
        self.assertTrue(call.cancel())
        with self.assertRaises(asyncio.CancelledError):
            async for _ in call:
                pass
        self.assertTrue(call.cancelled())

    async def test_cancel_when_done(self):
        call = await self.call(forward)
        self.assertEqual([response async for response in call], [b'a', b'b'])
        self.assertFalse(call.cancel())
        self.assertFalse(call.cancelled())

    async def test_done_callback(self):
        for function in (forward, double):
            call = await self.call(function)
            called = asyncio.Queue()
            call.add_done_callback(called.put_nowait)
            self.assertEqual(len([response async for response in call]), 2)
            self.assertIs(await called.get(), call)

    async def test_counts_responses(self):
        seen = []

        async def count(continuation, details, request):
            call = await continuation(details, request)

            async def responses():
                async for response in call:
                    seen.append(response)
                    yield response

            return responses()

        call = await self.call(count)
        self.assertEqual([response async for response in call], seen)

    async def test_wait_for_connection(self):
        call = await self.call(forward)
        await call.wait_for_connection()
        self.assertEqual([response async for response in call], [b'a', b'b'])
