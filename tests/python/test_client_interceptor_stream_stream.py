# SPDX-License-Identifier: LGPL-2.1-or-later

"""Interceptors of calls with streams both ways, and of all kinds at once."""

import asyncio

from support import ANSWERS, Case, Gate, aio, drive, grpc, kinds, path, requests_of, wrap


class Interceptor(aio.StreamStreamClientInterceptor):
    """Does what a function says."""

    def __init__(self, function):
        self.intercept = function

    async def intercept_stream_stream(self, continuation, client_call_details, request_iterator):
        return await self.intercept(continuation, client_call_details, request_iterator)


async def forward(continuation, details, requests):
    return await continuation(details, requests)


async def double(continuation, details, requests):
    """Doubles requests, and has an iterator of its own for the responses."""
    async def doubled():
        async for request in requests:
            yield request * 2

    call = await continuation(details, doubled())

    async def responses():
        async for response in call:
            yield response + b'!'

    return responses()


class StreamStream(Case):
    async def open_call(self, *functions, method='stream_stream', handlers=None, messages=None):
        await self.pair(handlers, interceptors=[Interceptor(function) for function in functions])
        return self.channel.stream_stream(path(method))(messages)

    async def test_forward(self):
        for functions in ((forward,), (forward, forward)):
            call = await self.open_call(*functions, messages=requests_of(b'a', b'b'))
            self.assertIsInstance(call, aio.StreamStreamCall)
            self.assertEqual([response async for response in call], [b'a', b'b'])
            self.assertIs(await call.code(), grpc.StatusCode.OK)

    async def test_ping_pong(self):
        call = await self.open_call(forward)
        for message in (b'a', b'b'):
            await call.write(message)
            self.assertEqual(await call.read(), message)
        await call.done_writing()
        self.assertIs(await call.code(), grpc.StatusCode.OK)

    async def test_write_and_iterate(self):
        call = await self.open_call(forward)
        await call.write(b'a')
        await call.done_writing()
        self.assertEqual([response async for response in call], [b'a'])

    async def test_plain_iterator(self):
        call = await self.open_call(forward, messages=iter([b'a', b'b']))
        self.assertEqual([response async for response in call], [b'a', b'b'])

    async def test_changes_both(self):
        for functions in ((double,), (forward, double), (double, forward)):
            call = await self.open_call(*functions, messages=requests_of(b'a', b'b'))
            self.assertEqual([response async for response in call], [b'aa!', b'bb!'])

    async def test_changes_what_is_written(self):
        call = await self.open_call(double)
        await call.write(b'a')
        self.assertEqual(await call.read(), b'aa!')
        await call.done_writing()
        self.assertIs(await call.code(), grpc.StatusCode.OK)

    async def test_do_not_mix(self):
        call = await self.open_call(forward, messages=requests_of(b'a'))
        with self.assertRaises(aio.UsageError):
            await call.write(b'x')
        self.assertEqual([response async for response in call], [b'a'])

    async def test_error(self):
        call = await self.open_call(forward, method='refuse', handlers={'refuse': wrap(
            'stream_stream', lambda context: context.abort(grpc.StatusCode.NOT_FOUND))})
        await self.fails(drive(call, 'stream_stream'), grpc.StatusCode.NOT_FOUND)
        with self.assertRaises(asyncio.InvalidStateError):
            await call.write(b'x')

    async def test_cancel(self):
        gate = Gate()
        call = await self.open_call(forward, method='gate', handlers={'gate': wrap('stream_stream', gate.wait)})
        await gate.entered.wait()
        self.assertTrue(call.cancel())
        self.assertTrue(call.cancelled())
        await self.cancelled(drive(call, 'stream_stream'))
        await gate.cancelled.wait()

    async def test_write_after_the_end(self):
        call = await self.open_call(forward)
        await call.done_writing()
        self.assertEqual(await drive(call, 'stream_stream'), [])
        with self.assertRaises(asyncio.InvalidStateError):
            await call.write(b'x')

    async def test_done_callback(self):
        call = await self.open_call(forward, messages=requests_of(b'a'))
        called = asyncio.Queue()
        call.add_done_callback(called.put_nowait)
        await drive(call, 'stream_stream')
        self.assertIs(await called.get(), call)


class Single(aio.UnaryUnaryClientInterceptor):
    def __init__(self, seen):
        self.seen = seen

    async def intercept_unary_unary(self, continuation, client_call_details, request):
        self.seen.append('unary_unary')
        return await continuation(client_call_details, request)


class Responses(aio.UnaryStreamClientInterceptor):
    def __init__(self, seen):
        self.seen = seen

    async def intercept_unary_stream(self, continuation, client_call_details, request):
        self.seen.append('unary_stream')
        return await continuation(client_call_details, request)


class Requests(aio.StreamUnaryClientInterceptor):
    def __init__(self, seen):
        self.seen = seen

    async def intercept_stream_unary(self, continuation, client_call_details, request_iterator):
        self.seen.append('stream_unary')
        return await continuation(client_call_details, request_iterator)


class Both(aio.StreamStreamClientInterceptor):
    def __init__(self, seen):
        self.seen = seen

    async def intercept_stream_stream(self, continuation, client_call_details, request_iterator):
        self.seen.append('stream_stream')
        return await continuation(client_call_details, request_iterator)


class AllKinds(Case):
    @kinds()
    async def test_each_sees_its_own(self, kind):
        seen = []
        await self.pair(interceptors=[interceptor(seen) for interceptor in (Single, Responses, Requests, Both)])
        self.assertEqual(await drive(self.start(kind), kind), ANSWERS[kind])
        self.assertEqual(seen, [kind])

    @kinds()
    async def test_deadline(self, kind):
        seen = []
        gate = Gate()
        await self.pair({'gate': wrap(kind, gate.wait)},
                        interceptors=[interceptor(seen) for interceptor in (Single, Responses, Requests, Both)])
        call = self.start(kind, 'gate', timeout=0.03)
        await self.fails(drive(call, kind), grpc.StatusCode.DEADLINE_EXCEEDED)

    @kinds()
    async def test_closed_channel(self, kind):
        """Closing the channel ends calls with interceptors too."""
        gate = Gate()
        await self.pair({'gate': wrap(kind, gate.wait)},
                        interceptors=[interceptor([]) for interceptor in (Single, Responses, Requests, Both)])
        call = self.start(kind, 'gate')
        await gate.entered.wait()
        await self.channel.close()
        await gate.cancelled.wait()
        self.assertTrue(call.cancelled())
