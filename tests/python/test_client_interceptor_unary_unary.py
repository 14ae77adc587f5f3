# SPDX-License-Identifier: LGPL-2.1-or-later

"""Interceptors of calls with one request and one response."""

import asyncio

from support import SHORT, Case, Gate, aio, grpc, handler, path, wrap


class Interceptor(aio.UnaryUnaryClientInterceptor):
    """Does what a function says."""

    def __init__(self, function):
        self.intercept = function

    async def intercept_unary_unary(self, continuation, client_call_details, request):
        return await self.intercept(continuation, client_call_details, request)


async def forward(continuation, details, request):
    return await continuation(details, request)


class UnaryUnary(Case):
    async def call(self, *functions, method='unary_unary', handlers=None, **options):
        await self.pair(handlers, interceptors=[Interceptor(function) for function in functions])
        return self.channel.unary_unary(path(method))(b'x', **options)

    async def test_forward(self):
        self.assertEqual(await (await self.call(forward)), b'x')

    async def test_class(self):
        call = await self.call(forward)
        self.assertIsInstance(call, aio.InterceptedUnaryUnaryCall)
        self.assertIsInstance(call, aio.UnaryUnaryCall)
        await call

    async def test_only_its_kind(self):
        async def never(continuation, details, request):
            raise AssertionError

        await self.pair(interceptors=[Interceptor(never)])
        self.assertEqual([response async for response in self.channel.unary_stream(path('unary_stream'))(b'ab')],
                         [b'a', b'b'])

    async def test_order(self):
        order = []

        def numbered(number):
            async def intercept(continuation, details, request):
                order.append(number)
                call = await continuation(details, request)
                await call
                order.append(-number)
                return call

            return intercept

        await (await self.call(*(numbered(number) for number in (1, 2, 3))))
        self.assertEqual(order, [1, 2, 3, -3, -2, -1])

    async def test_details(self):
        seen = []

        async def look(continuation, details, request):
            seen.append(details)
            return await continuation(details, request)

        call = await self.call(look, timeout=50, metadata=(('key', 'value'),), wait_for_ready=True)
        await call
        details = seen[0]
        self.assertIsInstance(details, aio.ClientCallDetails)
        self.assertEqual(details.timeout, 50)
        self.assertEqual(tuple(details.metadata), (('key', 'value'),))
        self.assertIsNone(details.credentials)
        self.assertIs(details.wait_for_ready, True)
        self.assertIn(details.method, (path('unary_unary'), path('unary_unary').encode()))

    async def test_details_without_options(self):
        seen = []

        async def look(continuation, details, request):
            seen.append(details)
            return await continuation(details, request)

        await (await self.call(look))
        self.assertEqual(seen[0].timeout, None)
        self.assertEqual(tuple(seen[0].metadata or ()), ())

    async def test_other_metadata(self):
        seen = []

        async def look(context):
            seen.extend(context.invocation_metadata())

        async def add(continuation, details, request):
            metadata = aio.Metadata(*tuple(details.metadata or ()), ('added', 'yes'))
            return await continuation(details._replace(metadata=metadata), request)

        call = await self.call(add, method='look', handlers={'look': wrap('unary_unary', look)},
                               metadata=(('key', 'value'),))
        await call
        self.assertIn(('added', 'yes'), seen)
        self.assertIn(('key', 'value'), seen)

    async def test_other_request(self):
        async def change(continuation, details, request):
            return await continuation(details, request + b'y')

        self.assertEqual(await (await self.call(change)), b'xy')

    async def test_other_deadline(self):
        async def hurry(continuation, details, request):
            return await continuation(details._replace(timeout=SHORT), request)

        call = await self.call(hurry, method='late', handlers={'late': wrap('unary_unary', Gate().wait)})
        await self.fails(call, grpc.StatusCode.DEADLINE_EXCEEDED)

    async def test_response_of_its_own(self):
        async def answer(continuation, details, request):
            return b'cached'

        call = await self.call(answer)
        self.assertEqual(await call, b'cached')
        self.assertEqual(await call, b'cached')

    async def test_state_of_a_response_of_its_own(self):
        async def answer(continuation, details, request):
            return b'cached'

        call = await self.call(answer)
        await call
        self.assertIs(await call.code(), grpc.StatusCode.OK)
        self.assertEqual(await call.details(), '')
        self.assertIsNone(await call.initial_metadata())
        self.assertIsNone(await call.trailing_metadata())
        self.assertTrue(call.done())
        self.assertFalse(call.cancelled())
        self.assertFalse(call.cancel())

    async def test_response_after_the_call(self):
        async def change(continuation, details, request):
            return await (await continuation(details, request)) + b'!'

        self.assertEqual(await (await self.call(change)), b'x!')

    async def test_response_through_others(self):
        async def answer(continuation, details, request):
            return b'inner'

        async def outer(continuation, details, request):
            call = await continuation(details, request)
            self.assertIsInstance(call, aio.UnaryUnaryCall)
            return call

        self.assertEqual(await (await self.call(outer, answer)), b'inner')

    async def test_again(self):
        """An interceptor that tries again."""
        attempts = []

        async def flaky(request, context):
            attempts.append(request)
            if len(attempts) < 3:
                await context.abort(grpc.StatusCode.UNAVAILABLE)
            return b'third'

        async def again(continuation, details, request):
            while True:
                call = await continuation(details, request)
                if await call.code() != grpc.StatusCode.UNAVAILABLE:
                    return call

        call = await self.call(again, method='flaky', handlers={'flaky': handler('unary_unary', flaky)})
        self.assertEqual(await call, b'third')
        self.assertEqual(attempts, [b'x'] * 3)

    async def test_error(self):
        call = await self.call(forward, method='unknown')
        await self.fails(call, grpc.StatusCode.UNIMPLEMENTED)
        self.assertIs(await call.code(), grpc.StatusCode.UNIMPLEMENTED)
        self.assertTrue(call.done())

    async def test_raises_what_it_awaits(self):
        async def wait(continuation, details, request):
            call = await continuation(details, request)
            await call
            return call

        call = await self.call(wait, method='unknown')
        await self.fails(call, grpc.StatusCode.UNIMPLEMENTED, 'Method not found!')
        self.assertIs(await call.code(), grpc.StatusCode.UNIMPLEMENTED)
        self.assertEqual(await call.details(), 'Method not found!')
        self.assertEqual(tuple(await call.trailing_metadata()), ())
        self.assertTrue(call.done())

    async def test_raises(self):
        async def fail(continuation, details, request):
            raise ZeroDivisionError

        with self.assertRaises(ZeroDivisionError):
            await (await self.call(fail))

    async def test_metadata_of_the_server(self):
        async def send(context):
            await context.send_initial_metadata((('first', '1'),))
            context.set_trailing_metadata((('last', '2'),))

        call = await self.call(forward, method='send', handlers={'send': wrap('unary_unary', send)})
        await call
        self.assertEqual(tuple(await call.initial_metadata()), (('first', '1'),))
        self.assertEqual(tuple(await call.trailing_metadata()), (('last', '2'),))

    async def test_cancel_before(self):
        called = []

        async def wait(continuation, details, request):
            called.append(True)
            await asyncio.Event().wait()

        call = await self.call(wait)
        await asyncio.sleep(0)
        self.assertTrue(call.cancel())
        await self.cancelled(call)
        self.assertTrue(call.cancelled())
        self.assertTrue(call.done())
        self.assertIs(await call.code(), grpc.StatusCode.CANCELLED)
        self.assertEqual(await call.details(), 'Locally cancelled by application!')
        self.assertIsNone(await call.initial_metadata())
        self.assertIsNone(await call.trailing_metadata())

    async def test_cancel_while_it_runs(self):
        gate = Gate()
        call = await self.call(forward, method='gate', handlers={'gate': wrap('unary_unary', gate.wait)})
        await gate.entered.wait()
        self.assertTrue(call.cancel())
        await self.cancelled(call)
        self.assertTrue(call.cancelled())
        await gate.cancelled.wait()

    async def test_cancel_when_done(self):
        call = await self.call(forward)
        await call
        self.assertFalse(call.cancel())
        self.assertFalse(call.cancelled())

    async def test_cancelled_by_the_interceptor(self):
        async def cancel(continuation, details, request):
            call = await continuation(details, request)
            call.cancel()
            return call

        gate = Gate()
        call = await self.call(cancel, method='gate', handlers={'gate': wrap('unary_unary', gate.wait)})
        await self.cancelled(call)
        self.assertTrue(call.cancelled())

    async def test_states(self):
        gate = Gate()
        call = await self.call(forward, method='gate', handlers={'gate': wrap('unary_unary', gate.wait)})
        await gate.entered.wait()
        self.assertFalse(call.done())
        self.assertFalse(call.cancelled())
        gate.opened.set()
        await call
        self.assertTrue(call.done())

    async def test_wait_for_connection(self):
        call = await self.call(forward)
        await call.wait_for_connection()
        self.assertEqual(await call, b'x')
