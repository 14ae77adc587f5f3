# SPDX-License-Identifier: LGPL-2.1-or-later

"""Callbacks when a call is done, on both sides."""

import asyncio

from support import Case, Gate, aio, drive, grpc, kinds, path, wrap


class Client(Case):
    def watch(self, call):
        """What the callbacks of the call were given."""
        self.seen = []
        self.called = asyncio.Event()

        def callback(call):
            self.seen.append((call, call.done()))
            self.called.set()

        call.add_done_callback(callback)
        return call

    @kinds()
    async def test_called_once(self, kind):
        await self.pair()
        call = self.watch(self.start(kind))
        await drive(call, kind)
        await call.code()
        await self.called.wait()
        self.assertEqual(self.seen, [(call, True)])

    @kinds()
    async def test_cancelled(self, kind):
        _, call = await self.gated(kind)
        self.watch(call)
        call.cancel()
        await self.called.wait()
        self.assertEqual(self.seen, [(call, True)])

    @kinds()
    async def test_error(self, kind):
        await self.pair({'refuse': wrap(kind, lambda context: context.abort(grpc.StatusCode.NOT_FOUND))})
        call = self.watch(self.start(kind, 'refuse'))
        await self.fails(drive(call, kind), grpc.StatusCode.NOT_FOUND)
        await self.called.wait()
        self.assertEqual(len(self.seen), 1)

    @kinds()
    async def test_added_when_done(self, kind):
        await self.pair()
        call = self.start(kind)
        await drive(call, kind)
        await call.code()
        self.watch(call)
        await self.called.wait()
        self.assertEqual(self.seen, [(call, True)])

    async def test_several_in_order(self):
        await self.pair()
        call = self.start('unary_unary')
        order = []
        last = asyncio.Event()
        for number in range(5):
            call.add_done_callback(lambda call, number=number: order.append(number))
        call.add_done_callback(lambda call: last.set())
        await call
        await last.wait()
        self.assertEqual(order, [0, 1, 2, 3, 4])

    async def test_deadline(self):
        await self.pair({'gate': wrap('unary_unary', Gate().wait)})
        call = self.watch(self.start('unary_unary', 'gate', timeout=0.02))
        await self.fails(call, grpc.StatusCode.DEADLINE_EXCEEDED)
        await self.called.wait()
        self.assertEqual(len(self.seen), 1)

    async def test_returns_nothing(self):
        await self.pair()
        call = self.start('unary_unary')
        self.assertIsNone(call.add_done_callback(lambda call: None))
        await call


class Server(Case):
    @kinds()
    async def test_called_with_the_context(self, kind):
        contexts = []
        seen = asyncio.Queue()

        async def watch(context):
            contexts.append(context)
            context.add_done_callback(lambda context: seen.put_nowait((context, context.done())))

        await self.pair({'watch': wrap(kind, watch)})
        await drive(self.start(kind, 'watch'), kind)
        self.assertEqual(await seen.get(), (contexts[0], True))
        self.assertTrue(seen.empty())

    @kinds()
    async def test_client_cancels(self, kind):
        called = asyncio.Event()
        gate = Gate()

        async def watch(context):
            context.add_done_callback(lambda context: called.set())
            await gate.wait(context)

        await self.pair({'watch': wrap(kind, watch)})
        call = self.start(kind, 'watch')
        await gate.entered.wait()
        call.cancel()
        await called.wait()
        await gate.cancelled.wait()

    async def test_abort(self):
        called = asyncio.Event()

        async def watch(context):
            context.add_done_callback(lambda context: called.set())
            await context.abort(grpc.StatusCode.NOT_FOUND)

        await self.pair({'watch': wrap('unary_unary', watch)})
        await self.fails(self.start('unary_unary', 'watch'), grpc.StatusCode.NOT_FOUND)
        await called.wait()

    async def test_exception(self):
        called = asyncio.Event()

        async def watch(context):
            context.add_done_callback(lambda context: called.set())
            raise ValueError

        await self.pair({'watch': wrap('unary_unary', watch)})
        await self.fails(self.start('unary_unary', 'watch'), grpc.StatusCode.UNKNOWN)
        await called.wait()

    async def test_deadline(self):
        called = asyncio.Event()
        gate = Gate()

        async def watch(context):
            context.add_done_callback(lambda context: called.set())
            await gate.wait()

        await self.pair({'watch': wrap('unary_unary', watch)})
        call = await self.begun('unary_unary', 'watch', gate.entered)
        await self.fails(call, grpc.StatusCode.DEADLINE_EXCEEDED)
        await called.wait()

    async def test_several_in_order(self):
        order = asyncio.Queue()

        async def watch(context):
            for number in range(3):
                context.add_done_callback(lambda context, number=number: order.put_nowait(number))

        await self.pair({'watch': wrap('unary_unary', watch)})
        await self.start('unary_unary', 'watch')
        self.assertEqual([await order.get() for _ in range(3)], [0, 1, 2])

    async def test_callback_that_raises(self):
        called = asyncio.Event()

        def broken(context):
            called.set()
            raise ValueError

        async def watch(context):
            context.add_done_callback(broken)

        await self.pair({'watch': wrap('unary_unary', watch)})
        self.assertEqual(await self.start('unary_unary', 'watch'), b'ab')
        await called.wait()
        self.assertEqual(await self.start('unary_unary'), b'ab')


class Interceptor(aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation, client_call_details, request):
        return await continuation(client_call_details, request)


class Intercepted(Case):
    async def call(self):
        await self.pair(interceptors=[Interceptor()])
        return self.channel.unary_unary(path('unary_unary'))(b'x')

    async def test_before(self):
        call = await self.call()
        called = asyncio.Queue()
        call.add_done_callback(called.put_nowait)
        self.assertEqual(await call, b'x')
        self.assertIs(await called.get(), call)

    async def test_after(self):
        call = await self.call()
        await call
        called = asyncio.Queue()
        call.add_done_callback(called.put_nowait)
        self.assertIs(await called.get(), call)

    async def test_cancelled(self):
        call = await self.call()
        called = asyncio.Queue()
        call.add_done_callback(called.put_nowait)
        call.cancel()
        self.assertIs(await called.get(), call)
