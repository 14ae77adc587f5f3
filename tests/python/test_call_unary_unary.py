# SPDX-License-Identifier: LGPL-2.1-or-later

"""A call with one request and one response."""

import asyncio
import gc

from support import Case, aio, grpc, handler, path, wrap

CANCELLED = grpc.StatusCode.CANCELLED
LOCALLY = 'Locally cancelled by application!'


class UnaryUnary(Case):
    def call(self, request=b'x', **options):
        return self.channel.unary_unary(path('unary_unary'))(request, **options)

    async def refused(self):
        """A call that ends with NOT_FOUND."""
        await self.pair({'refuse': wrap('unary_unary', lambda context: context.abort(
            grpc.StatusCode.NOT_FOUND, 'Nobody', (('key', 'value'),)))})
        return self.start('unary_unary', 'refuse')

    async def test_response(self):
        await self.pair()
        self.assertEqual(await self.call(), b'x')

    async def test_is_started_without_being_awaited(self):
        gate, call = await self.gated('unary_unary')
        gate.opened.set()
        self.assertEqual(await call.code(), grpc.StatusCode.OK)

    async def test_awaited_again(self):
        await self.pair()
        call = self.call()
        self.assertEqual([await call for _ in range(3)], [b'x'] * 3)

    async def test_awaited_by_several(self):
        await self.pair()
        call = self.call()

        async def wait():
            return await call

        self.assertEqual(await asyncio.gather(*(wait() for _ in range(5))), [b'x'] * 5)

    async def test_gathered(self):
        await self.pair()
        calls = [self.call(str(number).encode()) for number in range(50)]
        self.assertEqual(await asyncio.gather(*calls), [str(number).encode() for number in range(50)])

    async def test_status(self):
        await self.pair()
        call = self.call()
        self.assertIs(await call.code(), grpc.StatusCode.OK)
        self.assertEqual(await call.details(), '')
        self.assertEqual(await call, b'x')

    async def test_metadata_is_of_the_class(self):
        await self.pair()
        call = self.call()
        self.assertIsInstance(await call.initial_metadata(), aio.Metadata)
        self.assertIsInstance(await call.trailing_metadata(), aio.Metadata)

    async def test_states(self):
        gate, call = await self.gated('unary_unary')
        self.assertFalse(call.done())
        self.assertFalse(call.cancelled())
        gate.opened.set()
        await call
        self.assertTrue(call.done())
        self.assertFalse(call.cancelled())

    async def test_error(self):
        call = await self.refused()
        error = await self.fails(call, grpc.StatusCode.NOT_FOUND, 'Nobody')
        self.assertIsInstance(error, grpc.RpcError)
        self.assertIsInstance(error.initial_metadata(), aio.Metadata)
        self.assertEqual(tuple(error.trailing_metadata()), (('key', 'value'),))
        self.assertIsInstance(error.debug_error_string(), str)

    async def test_error_is_raised_each_time(self):
        call = await self.refused()
        for _ in range(3):
            await self.fails(call, grpc.StatusCode.NOT_FOUND)

    async def test_error_in_the_call(self):
        call = await self.refused()
        self.assertIs(await call.code(), grpc.StatusCode.NOT_FOUND)
        self.assertEqual(await call.details(), 'Nobody')
        self.assertIsInstance(await call.debug_error_string(), str)
        self.assertTrue(call.done())
        self.assertFalse(call.cancelled())

    async def test_error_that_nobody_awaits(self):
        call = await self.refused()
        await call.code()
        del call
        gc.collect()

    async def test_cancel(self):
        gate, call = await self.gated('unary_unary')
        self.assertTrue(call.cancel())
        self.assertTrue(call.cancelled())
        self.assertTrue(call.done())
        await self.cancelled(call)
        await gate.cancelled.wait()

    async def test_cancel_again(self):
        _, call = await self.gated('unary_unary')
        self.assertTrue(call.cancel())
        self.assertFalse(call.cancel())
        await self.cancelled(call)
        self.assertFalse(call.cancel())

    async def test_status_of_cancelled(self):
        _, call = await self.gated('unary_unary')
        call.cancel()
        self.assertIs(await call.code(), CANCELLED)
        self.assertEqual(await call.details(), LOCALLY)
        self.assertEqual(tuple(await call.initial_metadata()), ())

    async def test_trailing_metadata_of_cancelled(self):
        _, call = await self.gated('unary_unary')
        call.cancel()
        self.assertEqual(tuple(await call.trailing_metadata()), ())

    async def test_cancel_at_once(self):
        await self.pair()
        call = self.call()
        self.assertTrue(call.cancel())
        await self.cancelled(call)
        self.assertIs(await call.code(), CANCELLED)

    async def test_cancel_when_done(self):
        await self.pair()
        call = self.call()
        await call
        self.assertFalse(call.cancel())
        self.assertFalse(call.cancelled())
        self.assertIs(await call.code(), grpc.StatusCode.OK)

    async def test_cancel_after_error(self):
        call = await self.refused()
        await call.code()
        self.assertFalse(call.cancel())
        self.assertFalse(call.cancelled())

    async def test_task_is_cancelled(self):
        gate, call = await self.gated('unary_unary')

        async def wait():
            await call

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        await self.cancelled(task)
        self.assertTrue(call.cancelled())
        self.assertEqual(await call.details(), LOCALLY)
        await gate.cancelled.wait()

    async def test_waiting_has_a_timeout(self):
        gate, call = await self.gated('unary_unary')

        async def wait():
            await call

        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(wait(), 0.02)
        self.assertTrue(call.cancelled())
        await gate.cancelled.wait()

    async def test_waiting_for_the_code_does_not_own_the_call(self):
        gate, call = await self.gated('unary_unary')
        task = asyncio.create_task(call.code())
        await asyncio.sleep(0)
        task.cancel()
        await self.cancelled(task)
        self.assertFalse(call.cancelled())
        gate.opened.set()
        self.assertEqual(await call, b'ab')

    async def test_dropped(self):
        """A call that nobody keeps goes on: fire and forget."""
        gate, call = await self.gated('unary_unary')
        del call
        gc.collect()
        done = asyncio.Event()
        gate.context.add_done_callback(lambda context: done.set())
        gate.opened.set()
        await done.wait()
        self.assertFalse(gate.cancelled.is_set())

    async def test_peer_cancels(self):
        async def cancel(request, context):
            await context.abort(CANCELLED, 'The peer had enough')

        await self.pair({'cancel': handler('unary_unary', cancel)})
        call = self.start('unary_unary', 'cancel')
        await self.fails(call, CANCELLED, 'The peer had enough')
        self.assertTrue(call.cancelled())

    async def test_time_remaining(self):
        await self.pair()
        call = self.call()
        self.assertIsNone(call.time_remaining())
        await call
        call = self.call(timeout=50)
        self.assertGreater(call.time_remaining(), 40)
        self.assertLessEqual(call.time_remaining(), 50)
        await call

    async def test_request_is_serialized(self):
        await self.pair()
        echo = self.channel.unary_unary(path('unary_unary'), request_serializer=lambda number: b'%d' % number,
                                        response_deserializer=int)
        self.assertEqual(await echo(42), 42)

    async def test_representation(self):
        gate, call = await self.gated('unary_unary')
        self.assertRegex(repr(call), r'^<.+ object>$')
        gate.opened.set()
        await call
        self.assertIn('status', repr(call))
        self.assertEqual(str(call), repr(call))

    async def test_representation_of_an_error(self):
        call = await self.refused()
        error = await self.fails(call, grpc.StatusCode.NOT_FOUND)
        self.assertEqual(repr(error), str(error))
        self.assertTrue(repr(error).startswith('<AioRpcError of RPC that terminated with:\n'
                                               '\tstatus = StatusCode.NOT_FOUND\n'
                                               '\tdetails = "Nobody"\n'
                                               '\tdebug_error_string = "'))
        self.assertIn('Nobody', repr(call))

    async def test_metadata_of_the_client(self):
        seen = []

        async def look(request, context):
            seen.extend(context.invocation_metadata())
            return request

        await self.pair({'look': handler('unary_unary', look)})
        await self.start('unary_unary', 'look', metadata=(('key', 'value'), ('key-bin', b'\x00')))
        self.assertIn(('key', 'value'), seen)
        self.assertIn(('key-bin', b'\x00'), seen)

    async def test_call_credentials_need_a_secure_channel(self):
        await self.pair()
        with self.assertRaises(aio.UsageError) as caught:
            self.call(credentials=grpc.access_token_call_credentials('token'))
        self.assertEqual(str(caught.exception), 'Call credentials are only valid on secure channels')

    async def test_wait_for_connection(self):
        await self.pair()
        call = self.call()
        self.assertIsNone(await call.wait_for_connection())
        self.assertEqual(await call, b'x')

    async def test_response_that_cannot_be_read(self):
        await self.pair()

        def refuse(data):
            raise ValueError(data)

        call = self.channel.unary_unary(path('unary_unary'), response_deserializer=refuse)(b'x')
        with self.assertRaises((aio.AioRpcError, ValueError)):
            await call

    async def test_request_that_cannot_be_sent(self):
        await self.pair()

        def refuse(data):
            raise ValueError(data)

        call = self.channel.unary_unary(path('unary_unary'), request_serializer=refuse)(b'x')
        with self.assertRaises((aio.AioRpcError, ValueError)):
            await call

    async def test_handler_raises(self):
        async def fail(request, context):
            raise ValueError('Broken')

        await self.pair({'fail': handler('unary_unary', fail)})
        await self.fails(self.start('unary_unary', 'fail'), grpc.StatusCode.UNKNOWN,
                         "Unexpected <class 'ValueError'>: Broken")
