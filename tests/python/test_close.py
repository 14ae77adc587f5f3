# SPDX-License-Identifier: LGPL-2.1-or-later

"""Channel.close ends what runs, at once or after some time."""

import asyncio

from support import Case, SHORT, aio, grpc, kinds, path


class Close(Case):
    @kinds()
    async def test_cancels(self, kind):
        gate, call = await self.gated(kind)
        await self.channel.close()
        self.assertTrue(call.cancelled())
        self.assertIs(await call.code(), grpc.StatusCode.CANCELLED)
        await gate.cancelled.wait()

    async def test_cancels_several(self):
        gate, call = await self.gated('unary_unary')
        others = [self.start('unary_unary', 'gate') for _ in range(3)]
        await asyncio.sleep(0)
        await self.channel.close()
        for one in (call, *others):
            self.assertTrue(one.cancelled())

    async def test_again(self):
        await self.pair()
        for _ in range(3):
            self.assertIsNone(await self.channel.close())

    async def test_nothing_runs(self):
        await self.pair()
        call = self.start('unary_unary')
        self.assertEqual(await call, b'ab')
        await self.channel.close()
        self.assertFalse(call.cancelled())
        self.assertIs(await call.code(), grpc.StatusCode.OK)

    @kinds()
    async def test_no_call_after(self, kind):
        await self.pair()
        callable_ = getattr(self.channel, kind)(path(kind))
        await self.channel.close()
        with self.assertRaises(aio.UsageError) as caught:
            callable_(*([b'x'] if kind.startswith('unary') else []))
        self.assertEqual(str(caught.exception), 'Channel is closed.')

    async def test_grace_lets_calls_end(self):
        gate, call = await self.gated('unary_unary')
        closing = asyncio.create_task(self.channel.close(grace=10))
        await asyncio.sleep(0)
        gate.opened.set()
        await closing
        self.assertIs(await call.code(), grpc.StatusCode.OK)
        self.assertEqual(await call, b'ab')

    async def test_grace_passes(self):
        gate, call = await self.gated('unary_unary')
        await self.channel.close(grace=SHORT)
        self.assertTrue(call.cancelled())
        await gate.cancelled.wait()

    async def test_no_call_during_grace(self):
        gate, call = await self.gated('unary_unary')
        callable_ = self.channel.unary_unary(path('unary_unary'))
        closing = asyncio.create_task(self.channel.close(grace=10))
        await asyncio.sleep(0)
        with self.assertRaises(aio.UsageError):
            callable_(b'x')
        gate.opened.set()
        await closing
        self.assertEqual(await call, b'ab')

    async def test_grace_without_calls(self):
        await self.pair()
        await asyncio.wait_for(self.channel.close(grace=100), 5)

    async def test_other_channels_go_on(self):
        gate, call = await self.gated('unary_unary')
        other = aio.insecure_channel(self.address)
        await other.close()
        self.assertFalse(call.done())
        gate.opened.set()
        self.assertEqual(await call, b'ab')

    async def test_in_two_tasks(self):
        await self.pair()
        await asyncio.gather(self.channel.close(), self.channel.close())
