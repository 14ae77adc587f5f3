# SPDX-License-Identifier: LGPL-2.1-or-later

"""Channels: making them, the callables they make, their context manager."""

import asyncio
import gc
import unittest

from support import ANSWERS, KINDS, Case, REQUESTS, aio, drive, grpc, kinds, path, requests_of


class Channel(Case):
    @kinds()
    async def test_call(self, kind):
        await self.pair()
        self.assertEqual(await drive(self.start(kind), kind), ANSWERS[kind])

    async def test_is_a_channel(self):
        await self.pair()
        self.assertIsInstance(self.channel, aio.Channel)

    @kinds()
    async def test_multi_callable(self, kind):
        await self.pair()
        name = kind.title().replace('_', '') + 'MultiCallable'
        self.assertIsInstance(getattr(self.channel, kind)(path(kind)), getattr(aio, name))

    @kinds()
    async def test_call_class(self, kind):
        await self.pair()
        call = self.start(kind)
        self.assertIsInstance(call, getattr(aio, kind.title().replace('_', '') + 'Call'))
        self.assertIsInstance(call, aio.Call)
        self.assertIsInstance(call, aio.RpcContext)
        await drive(call, kind)

    @kinds()
    async def test_serializers(self, kind):
        await self.pair()
        callable_ = getattr(self.channel, kind)(path(kind), request_serializer=lambda text: text.encode(),
                                                response_deserializer=lambda data: data.decode())
        call = callable_(requests_of('a', 'b') if kind in REQUESTS else 'ab')
        self.assertEqual(await drive(call, kind), [answer.decode() for answer in ANSWERS[kind]])

    @kinds()
    async def test_serializers_by_position(self, kind):
        await self.pair()
        callable_ = getattr(self.channel, kind)(path(kind), str.encode, bytes.decode)
        call = callable_(requests_of('a', 'b') if kind in REQUESTS else 'ab')
        self.assertEqual(await drive(call, kind), [answer.decode() for answer in ANSWERS[kind]])

    async def test_one_request_takes_the_rest_by_name(self):
        await self.pair()
        for kind in set(KINDS) - set(REQUESTS):
            with self.assertRaises(TypeError):
                getattr(self.channel, kind)(path(kind))(b'', 1.0)

    async def test_streams_of_requests_take_the_rest_by_position(self):
        await self.pair()
        for kind in REQUESTS:
            call = getattr(self.channel, kind)(path(kind))(requests_of(b'a'), 10.0, (('k', 'v'),))
            self.assertEqual(await drive(call, kind), [b'a'])
            self.assertLessEqual(call.time_remaining(), 10.0)

    async def test_callable_is_used_again(self):
        await self.pair()
        callable_ = self.channel.unary_unary(path('unary_unary'))
        calls = [callable_(str(number).encode()) for number in range(20)]
        self.assertEqual([await call for call in calls], [str(number).encode() for number in range(20)])

    async def test_callable_keeps_the_channel(self):
        await self.serve()
        callable_ = aio.insecure_channel(self.address).unary_unary(path('unary_unary'))
        gc.collect()
        self.assertEqual(await callable_(b'x'), b'x')

    async def test_call_keeps_the_channel(self):
        await self.serve()
        call = aio.insecure_channel(self.address).unary_unary(path('unary_unary'))(b'x')
        self.assertEqual(await call, b'x')

    async def test_context_manager(self):
        await self.serve()
        async with aio.insecure_channel(self.address) as channel:
            self.assertIsInstance(channel, aio.Channel)
            self.assertEqual(await channel.unary_unary(path('unary_unary'))(b'x'), b'x')
        with self.assertRaises(aio.UsageError):
            channel.unary_unary(path('unary_unary'))(b'x')

    async def test_context_manager_cancels(self):
        gate, _ = await self.gated('unary_unary')
        async with aio.insecure_channel(self.address) as channel:
            call = channel.unary_unary(path('gate'))(b'')
            await asyncio.sleep(0)
        self.assertTrue(call.cancelled())
        await self.cancelled(call)

    async def test_context_manager_lets_exceptions_out(self):
        await self.serve()
        with self.assertRaises(ZeroDivisionError):
            async with aio.insecure_channel(self.address):
                raise ZeroDivisionError

    async def test_unknown_method(self):
        await self.pair()
        error = await self.fails(self.channel.unary_unary('/test.Service/Unknown')(b''),
                                 grpc.StatusCode.UNIMPLEMENTED)
        self.assertEqual(error.details(), 'Method not found!')

    async def test_unknown_service(self):
        await self.pair()
        await self.fails(self.channel.unary_unary('/nobody/Nothing')(b''), grpc.StatusCode.UNIMPLEMENTED,
                         'Method not found!')

    async def test_nobody_listens(self):
        channel = self.connect(f'unix:{self.folder()}/none')
        await self.fails(channel.unary_unary(path('unary_unary'))(b''), grpc.StatusCode.UNAVAILABLE)

    async def test_tcp(self):
        await self.serve(address='127.0.0.1:0')
        self.connect()
        self.assertEqual(await self.start('unary_unary'), b'ab')

    async def test_bytes_as_target(self):
        await self.serve()
        self.connect(self.address.encode())
        self.assertEqual(await self.start('unary_unary'), b'ab')

    async def test_large_messages(self):
        await self.pair()
        message = bytes(range(256)) * 8192
        self.assertEqual(await self.channel.unary_unary(path('unary_unary'))(message), message)

    async def test_empty_messages(self):
        await self.pair()
        self.assertEqual(await self.channel.unary_unary(path('unary_unary'))(b''), b'')
        call = self.channel.stream_stream(path('stream_stream'))(requests_of(b'', b''))
        self.assertEqual(await drive(call, 'stream_stream'), [b'', b''])

    async def test_method_as_text_with_unicode(self):
        await self.pair()
        await self.fails(self.channel.unary_unary('/test.Service/Größe')(b''), grpc.StatusCode.UNIMPLEMENTED)

    async def test_many_channels(self):
        await self.serve()
        channels = [self.connect() for _ in range(20)]
        calls = [channel.unary_unary(path('unary_unary'))(b'x') for channel in channels]
        self.assertEqual(await asyncio.gather(*calls), [b'x'] * 20)

    async def test_interceptor_of_no_kind(self):
        with self.assertRaises(ValueError) as caught:
            aio.insecure_channel('localhost:1', interceptors=[object()])
        self.assertIn('must be', str(caught.exception))


class Abstract(unittest.TestCase):
    def test_base_classes(self):
        for name in ('Channel', 'Call', 'RpcContext', 'Server', 'ServicerContext', 'UnaryUnaryCall',
                     'UnaryStreamCall', 'StreamUnaryCall', 'StreamStreamCall', 'UnaryUnaryMultiCallable',
                     'UnaryStreamMultiCallable', 'StreamUnaryMultiCallable', 'StreamStreamMultiCallable',
                     'ServerInterceptor', 'UnaryUnaryClientInterceptor', 'UnaryStreamClientInterceptor',
                     'StreamUnaryClientInterceptor', 'StreamStreamClientInterceptor'):
            with self.subTest(name), self.assertRaises(TypeError):
                getattr(aio, name)()
