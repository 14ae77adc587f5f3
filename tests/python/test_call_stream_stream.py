# SPDX-License-Identifier: LGPL-2.1-or-later

"""A call with streams both ways."""

import asyncio
import gc

from support import Case, Gate, aio, drive, grpc, handler, path, requests_of, wrap

MIXED = 'The iterator and read/write APIs may not be mixed on a single RPC.'


class StreamStream(Case):
    def call(self, *messages):
        return self.channel.stream_stream(path('stream_stream'))(*messages)

    async def test_ping_pong(self):
        await self.pair()
        call = self.call()
        for message in (b'1', b'2', b'3'):
            await call.write(message)
            self.assertEqual(await call.read(), message)
        await call.done_writing()
        self.assertIs(await call.read(), aio.EOF)
        self.assertIs(await call.code(), grpc.StatusCode.OK)

    async def test_iterate_over_both(self):
        await self.pair()
        self.assertEqual([response async for response in self.call(requests_of(b'1', b'2'))], [b'1', b'2'])

    async def test_requests_of_an_iterator(self):
        await self.pair()
        self.assertEqual([response async for response in self.call(iter([b'1', b'2']))], [b'1', b'2'])

    async def test_requests_of_a_list(self):
        await self.pair()
        self.assertEqual([response async for response in self.call([b'1', b'2'])], [b'1', b'2'])

    async def test_requests_of_a_sequence_and_read(self):
        await self.pair()
        call = self.call([b'1'])
        self.assertEqual(await call.read(), b'1')
        self.assertIs(await call.read(), aio.EOF)

    async def test_write_and_iterate(self):
        await self.pair()
        call = self.call()
        await call.write(b'1')
        await call.write(b'2')
        await call.done_writing()
        self.assertEqual([response async for response in call], [b'1', b'2'])

    async def test_requests_do_not_mix(self):
        await self.pair()
        call = self.call(requests_of(b'1'))
        for action in (call.write(b'x'), call.done_writing()):
            with self.assertRaises(aio.UsageError) as caught:
                await action
            self.assertEqual(str(caught.exception), MIXED)
        self.assertEqual(await drive(call, 'stream_stream'), [b'1'])

    async def test_responses_do_not_mix(self):
        await self.pair()
        call = self.call()
        await call.write(b'1')
        self.assertEqual(await call.read(), b'1')
        with self.assertRaises(aio.UsageError):
            call.__aiter__()
        call.cancel()

    async def test_answers_depend_on_requests(self):
        """Requests that are made from the responses."""
        await self.pair()
        received = asyncio.Queue()

        async def requests():
            yield b'0'
            for _ in range(5):
                yield b'%d' % (int(await received.get()) + 1)

        seen = []
        async for response in self.call(requests()):
            seen.append(int(response))
            received.put_nowait(response)
        self.assertEqual(seen, [0, 1, 2, 3, 4, 5])

    async def test_done_writing_again(self):
        await self.pair()
        call = self.call()
        for _ in range(3):
            await call.done_writing()
        self.assertIs(await call.read(), aio.EOF)
        await call.done_writing()

    async def test_write_after_done_writing(self):
        gate = Gate()
        await self.pair({'gate': wrap('stream_stream', gate.wait)})
        call = self.open('stream_stream', 'gate')
        await call.done_writing()
        with self.assertRaises(asyncio.InvalidStateError) as caught:
            await call.write(b'x')
        self.assertEqual(str(caught.exception), 'RPC is half closed after calling "done_writing".')
        gate.opened.set()
        self.assertIs(await call.read(), aio.EOF)

    async def test_write_after_the_end(self):
        await self.pair()
        call = self.call()
        await call.done_writing()
        await call.read()
        await call.code()
        with self.assertRaises(asyncio.InvalidStateError) as caught:
            await call.write(b'x')
        self.assertEqual(str(caught.exception), 'RPC already finished.')

    async def test_error(self):
        async def refuse(requests, context):
            yield b'one'
            await context.abort(grpc.StatusCode.NOT_FOUND, 'Nobody')

        await self.pair({'refuse': handler('stream_stream', refuse)})
        call = self.open('stream_stream', 'refuse')
        self.assertEqual(await call.read(), b'one')
        await self.fails(call.read(), grpc.StatusCode.NOT_FOUND, 'Nobody')
        with self.assertRaises(asyncio.InvalidStateError):
            await call.write(b'x')

    async def test_cancel(self):
        gate, call = await self.gated('stream_stream')
        self.assertTrue(call.cancel())
        self.assertFalse(call.cancel())
        self.assertTrue(call.cancelled())
        await self.cancelled(call.read())
        self.assertIs(await call.code(), grpc.StatusCode.CANCELLED)
        await gate.cancelled.wait()

    async def test_cancel_at_once(self):
        await self.pair()
        call = self.call()
        self.assertTrue(call.cancel())
        await self.cancelled(call.read())
        with self.assertRaises(asyncio.InvalidStateError):
            await call.write(b'x')

    async def test_cancel_between_responses(self):
        await self.pair()
        call = self.call()
        await call.write(b'1')
        self.assertEqual(await call.read(), b'1')
        call.cancel()
        await self.cancelled(call.read())
        self.assertEqual(await call.details(), 'Locally cancelled by application!')

    async def test_cancel_while_reading(self):
        await self.pair()
        call = self.call()
        await call.write(b'1')
        await call.read()
        reading = asyncio.create_task(call.read())
        await asyncio.sleep(0)
        call.cancel()
        await self.cancelled(reading)

    async def test_reading_task_is_cancelled(self):
        await self.pair()
        call = self.call()
        await call.write(b'1')
        await call.read()
        reading = asyncio.create_task(call.read())
        await asyncio.sleep(0.001)
        reading.cancel()
        await self.cancelled(reading)
        self.assertTrue(call.cancelled())

    async def test_iterating_task_is_cancelled(self):
        gate, call = await self.gated('stream_stream')
        task = asyncio.create_task(drive(call, 'stream_stream'))
        await asyncio.sleep(0.001)
        task.cancel()
        await self.cancelled(task)
        self.assertTrue(call.cancelled())
        await gate.cancelled.wait()

    async def test_iterator_raises(self):
        async def requests():
            yield b'1'
            raise ValueError('No more')

        await self.pair()
        call = self.call(requests())
        with self.assertRaises((asyncio.CancelledError, aio.AioRpcError)):
            await drive(call, 'stream_stream')
        self.assertIs(await call.code(), grpc.StatusCode.CANCELLED)

    async def test_many_messages(self):
        await self.pair()
        call = self.call([b'%d' % number for number in range(500)])
        self.assertEqual([int(response) async for response in call], list(range(500)))

    async def test_reading_while_writing(self):
        await self.pair()
        call = self.call()

        async def write():
            for number in range(200):
                await call.write(b'%d' % number)
            await call.done_writing()

        async def read():
            seen = []
            while (response := await call.read()) is not aio.EOF:
                seen.append(int(response))
            return seen

        _, seen = await asyncio.gather(write(), read())
        self.assertEqual(seen, list(range(200)))

    async def test_reader_and_writer_of_the_handler(self):
        async def serve(requests, context):
            while (request := await context.read()) is not aio.EOF:
                await context.write(request * 2)

        await self.pair({'double': handler('stream_stream', serve)})
        self.assertEqual(await drive(self.start('stream_stream', 'double'), 'stream_stream'), [b'aa', b'bb'])

    async def test_responses_after_requests(self):
        """The server goes on to write when the client has ended."""
        async def serve(requests, context):
            count = len([request async for request in requests])
            for number in range(count):
                yield b'%d' % number

        await self.pair({'count': handler('stream_stream', serve)})
        self.assertEqual(await drive(self.start('stream_stream', 'count'), 'stream_stream'), [b'0', b'1'])

    async def test_responses_before_requests(self):
        async def serve(requests, context):
            yield b'hello'
            async for request in requests:
                yield request

        await self.pair({'greet': handler('stream_stream', serve)})
        call = self.open('stream_stream', 'greet')
        self.assertEqual(await call.read(), b'hello')
        await call.write(b'1')
        self.assertEqual(await call.read(), b'1')
        await call.done_writing()
        self.assertIs(await call.read(), aio.EOF)

    async def test_dropped(self):
        gate = Gate()

        async def respond(requests, context):
            yield b'first'
            await gate.wait()

        await self.pair({'respond': handler('stream_stream', respond)})
        call = self.open('stream_stream', 'respond')
        self.assertEqual(await call.read(), b'first')
        await gate.entered.wait()
        del call
        gc.collect()
        await gate.cancelled.wait()

    async def test_not_awaitable(self):
        await self.pair()
        call = self.call()
        with self.assertRaises(TypeError):
            await call
        call.cancel()

    async def test_wait_for_connection(self):
        await self.pair()
        call = self.call()
        await call.wait_for_connection()
        await call.write(b'1')
        self.assertEqual(await call.read(), b'1')
        await call.done_writing()
        self.assertIs(await call.read(), aio.EOF)
