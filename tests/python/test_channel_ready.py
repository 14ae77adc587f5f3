# SPDX-License-Identifier: LGPL-2.1-or-later

"""Channel.channel_ready waits for a connection."""

import asyncio

from support import SHORT, Case, aio, grpc

READY = grpc.ChannelConnectivity.READY


class ChannelReady(Case):
    async def test_server_is_there(self):
        await self.pair()
        await self.channel.channel_ready()
        self.assertEqual(self.channel.get_state(), READY)

    async def test_is_ready_already(self):
        await self.pair()
        await self.channel.channel_ready()
        await self.channel.channel_ready()
        self.assertEqual(self.channel.get_state(), READY)

    async def test_returns_nothing(self):
        await self.pair()
        self.assertIsNone(await self.channel.channel_ready())

    async def test_several_wait(self):
        await self.pair()
        await asyncio.gather(*(self.channel.channel_ready() for _ in range(10)))
        self.assertEqual(self.channel.get_state(), READY)

    async def test_server_comes_later(self):
        address = f'unix:{self.folder()}/late'
        channel = self.connect(address, options=(('grpc.initial_reconnect_backoff_ms', 20),
                                                 ('grpc.min_reconnect_backoff_ms', 20)))
        waiting = asyncio.create_task(channel.channel_ready())
        await channel.wait_for_state_change(grpc.ChannelConnectivity.IDLE)
        await self.serve(address=address)
        await waiting
        self.assertEqual(channel.get_state(), READY)

    async def test_nobody_is_there(self):
        channel = self.connect(f'unix:{self.folder()}/none')
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(channel.channel_ready(), SHORT)
        self.assertNotEqual(channel.get_state(), READY)

    async def test_waiting_is_cancelled(self):
        channel = self.connect(f'unix:{self.folder()}/none')
        waiting = asyncio.create_task(channel.channel_ready())
        await asyncio.sleep(0)
        waiting.cancel()
        await self.cancelled(waiting)

    async def test_closed_channel(self):
        await self.pair()
        await self.channel.close()
        with self.assertRaises(aio.UsageError):
            await self.channel.channel_ready()
