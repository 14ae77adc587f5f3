# SPDX-License-Identifier: LGPL-2.1-or-later

"""Deadlines, and the time that is left, on both sides."""

import asyncio
import contextlib
import time

from support import SHORT, Case, Gate, aio, drive, grpc, handler, kinds, path, wrap

EXCEEDED = grpc.StatusCode.DEADLINE_EXCEEDED


class Deadline(Case):
    async def late(self, kind, **options):
        """A call whose handler never answers."""
        self.gate = Gate()
        await self.pair({'late': wrap(kind, self.gate.wait)})
        return self.start(kind, 'late', **options)

    @kinds()
    async def test_passes(self, kind):
        call = await self.late(kind, timeout=SHORT)
        await self.fails(drive(call, kind), EXCEEDED, 'Deadline Exceeded')
        self.assertIs(await call.code(), EXCEEDED)
        self.assertTrue(call.done())
        self.assertFalse(call.cancelled())

    @kinds()
    async def test_handler_is_told(self, kind):
        gate = Gate()
        await self.pair({'late': wrap(kind, gate.wait)})
        call = await self.begun(kind, 'late', gate.entered)
        await gate.cancelled.wait()
        await self.fails(drive(call, kind), EXCEEDED)

    @kinds()
    async def test_has_passed(self, kind):
        for timeout in (0, -1):
            call = await self.late(kind, timeout=timeout)
            await self.fails(drive(call, kind), EXCEEDED)

    @kinds()
    async def test_is_not_reached(self, kind):
        await self.pair()
        await drive(self.start(kind, timeout=50), kind)

    async def test_not_before_its_time(self):
        first = await self.late('unary_unary')
        start = time.monotonic()
        await self.fails(self.start('unary_unary', 'late', timeout=0.1), EXCEEDED)
        self.assertGreaterEqual(time.monotonic() - start, 0.1)
        first.cancel()

    async def test_between_responses(self):
        gate = Gate()

        async def respond(request, context):
            yield b'1'
            await gate.wait()

        await self.pair({'late': handler('unary_stream', respond)})
        # A slow machine needs more time for the first response.
        first, timeout = None, 0.25
        while first is None:
            call = self.start('unary_stream', 'late', timeout=timeout)
            with contextlib.suppress(aio.AioRpcError):
                first = await call.read()
            timeout *= 2
        self.assertEqual(first, b'1')
        await self.fails(call.read(), EXCEEDED)

    async def test_nobody_listens(self):
        channel = self.connect(f'unix:{self.folder()}/none')
        call = channel.unary_unary(path('unary_unary'))(b'', timeout=SHORT, wait_for_ready=True)
        await self.fails(call, EXCEEDED)

    async def test_several(self):
        await self.late('unary_unary')
        calls = [self.start('unary_unary', 'late', timeout=SHORT * number) for number in (1, 2, 3)]
        for call in calls:
            await self.fails(call, EXCEEDED)

    async def test_writes_after(self):
        gate = Gate()
        await self.pair({'late': wrap('stream_stream', gate.wait)})
        call = self.open('stream_stream', 'late', timeout=SHORT)
        self.assertIs(await call.code(), EXCEEDED)
        with self.assertRaises(asyncio.InvalidStateError):
            await call.write(b'x')

    async def test_is_no_number(self):
        await self.pair()
        with self.assertRaises(TypeError):
            await self.start('unary_unary', timeout='soon')

    async def test_large(self):
        await self.pair()
        self.assertEqual(await self.start('unary_unary', timeout=10 ** 7), b'ab')


class TimeRemaining(Case):
    @kinds()
    async def test_client_without_deadline(self, kind):
        _, call = await self.gated(kind)
        self.assertIsNone(call.time_remaining())
        call.cancel()

    @kinds()
    async def test_client(self, kind):
        _, call = await self.gated(kind, timeout=100)
        self.assertIsInstance(call.time_remaining(), float)
        self.assertTrue(90 < call.time_remaining() <= 100)
        call.cancel()

    async def test_client_when_it_has_passed(self):
        await self.pair({'late': wrap('unary_unary', Gate().wait)})
        call = self.start('unary_unary', 'late', timeout=SHORT)
        await self.fails(call, EXCEEDED)
        self.assertEqual(call.time_remaining(), 0)

    async def test_client_shrinks(self):
        _, call = await self.gated('unary_unary', timeout=100)
        first = call.time_remaining()
        await asyncio.sleep(0.002)
        self.assertLess(call.time_remaining(), first)
        call.cancel()

    async def remaining(self, kind, **options):
        """What a handler sees."""
        seen = []

        async def look(context):
            seen.append(context.time_remaining())

        await self.pair({'look': wrap(kind, look)})
        await drive(self.start(kind, 'look', **options), kind)
        return seen[0]

    @kinds()
    async def test_server_without_deadline(self, kind):
        self.assertIsNone(await self.remaining(kind))

    @kinds()
    async def test_server(self, kind):
        # On the wire the time is rounded up.
        self.assertTrue(90 < await self.remaining(kind, timeout=100) <= 102)


class WaitForConnection(Case):
    @kinds()
    async def test_server_is_there(self, kind):
        await self.pair()
        call = self.start(kind)
        self.assertIsNone(await call.wait_for_connection())
        await drive(call, kind)

    @kinds()
    async def test_nobody_listens(self, kind):
        self.connect(f'unix:{self.folder()}/none')
        call = self.start(kind)
        await self.fails(call.wait_for_connection(), grpc.StatusCode.UNAVAILABLE)

    @kinds()
    async def test_deadline(self, kind):
        self.connect(f'unix:{self.folder()}/none')
        call = self.start(kind, timeout=SHORT, wait_for_ready=True)
        await self.fails(call.wait_for_connection(), EXCEEDED)

    @kinds('unary_stream', 'stream_unary', 'stream_stream')
    async def test_is_cancelled(self, kind):
        self.connect(f'unix:{self.folder()}/none')
        call = self.start(kind, wait_for_ready=True)
        waiting = asyncio.create_task(call.wait_for_connection())
        await asyncio.sleep(0)
        call.cancel()
        with self.assertRaises((asyncio.CancelledError, aio.AioRpcError)):
            await waiting
        self.assertTrue(call.cancelled())

    async def test_again(self):
        await self.pair()
        call = self.open('stream_stream')
        for _ in range(3):
            await call.wait_for_connection()
        call.cancel()


class WaitForReady(Case):
    def late_channel(self):
        self.late = f'unix:{self.folder()}/late'
        return self.connect(self.late, options=(('grpc.initial_reconnect_backoff_ms', 20),
                                                ('grpc.min_reconnect_backoff_ms', 20)))

    @kinds()
    async def test_waits(self, kind):
        channel = self.late_channel()
        call = self.start(kind, wait_for_ready=True)
        await channel.wait_for_state_change(grpc.ChannelConnectivity.IDLE)
        self.assertFalse(call.done())
        await self.serve(address=self.late)
        await drive(call, kind)
        self.assertIs(await call.code(), grpc.StatusCode.OK)

    @kinds()
    async def test_fails_fast(self, kind):
        self.late_channel()
        for options in ({}, {'wait_for_ready': False}, {'wait_for_ready': None}):
            await self.fails(drive(self.start(kind, **options), kind), grpc.StatusCode.UNAVAILABLE)

    @kinds()
    async def test_server_is_there(self, kind):
        await self.pair()
        await drive(self.start(kind, wait_for_ready=True), kind)
