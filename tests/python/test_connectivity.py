# SPDX-License-Identifier: LGPL-2.1-or-later

"""The state of a channel's connection."""

import asyncio
import unittest

from support import Case, SHORT, aio, grpc

IDLE = grpc.ChannelConnectivity.IDLE
CONNECTING = grpc.ChannelConnectivity.CONNECTING
READY = grpc.ChannelConnectivity.READY
TRANSIENT_FAILURE = grpc.ChannelConnectivity.TRANSIENT_FAILURE
SHUTDOWN = grpc.ChannelConnectivity.SHUTDOWN


class Connectivity(Case):
    async def until(self, state, try_to_connect=True):
        current = self.channel.get_state(try_to_connect)
        while current != state:
            await self.channel.wait_for_state_change(current)
            current = self.channel.get_state(try_to_connect)

    async def test_idle_first(self):
        await self.pair()
        self.assertIs(self.channel.get_state(), IDLE)
        self.assertIs(self.channel.get_state(), IDLE)

    async def test_to_connect(self):
        await self.pair()
        self.assertIs(self.channel.get_state(try_to_connect=True), IDLE)
        await self.until(READY)

    async def test_a_call_connects(self):
        await self.pair()
        await self.start('unary_unary')
        self.assertIs(self.channel.get_state(), READY)

    async def test_failure(self):
        self.connect(f'unix:{self.folder()}/none')
        await self.until(TRANSIENT_FAILURE)

    async def test_changed_already(self):
        await self.pair()
        await self.channel.wait_for_state_change(READY)
        self.assertIs(self.channel.get_state(), IDLE)

    async def test_change_returns_nothing(self):
        await self.pair()
        self.assertIsNone(await self.channel.wait_for_state_change(READY))

    async def test_no_change(self):
        await self.pair()
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(self.channel.wait_for_state_change(IDLE), SHORT)
        self.assertIs(self.channel.get_state(), IDLE)

    async def test_several_wait(self):
        await self.pair()
        waiting = [asyncio.create_task(self.channel.wait_for_state_change(IDLE)) for _ in range(5)]
        self.channel.get_state(try_to_connect=True)
        await asyncio.gather(*waiting)
        self.assertIsNot(self.channel.get_state(), IDLE)

    async def test_server_goes_away(self):
        await self.pair()
        await self.channel.channel_ready()
        await self.server.stop(None)
        await self.channel.wait_for_state_change(READY)
        self.assertIsNot(self.channel.get_state(), READY)

    async def test_closed(self):
        await self.pair()
        await self.channel.close()
        self.assertIs(self.channel.get_state(), SHUTDOWN)
        self.assertIs(self.channel.get_state(try_to_connect=True), SHUTDOWN)

    async def test_waiting_on_a_closed_channel(self):
        await self.pair()
        await self.channel.close()
        with self.assertRaises(aio.UsageError) as caught:
            await self.channel.wait_for_state_change(SHUTDOWN)
        self.assertEqual(str(caught.exception), 'Channel is closed.')

    async def test_closed_while_waiting(self):
        await self.pair()
        waiting = asyncio.create_task(self.channel.wait_for_state_change(IDLE))
        await asyncio.sleep(0)
        await self.channel.close()
        await waiting
        self.assertIs(self.channel.get_state(), SHUTDOWN)


class Values(unittest.TestCase):
    def test_names_and_numbers(self):
        self.assertEqual([(state.name, state.value) for state in grpc.ChannelConnectivity],
                         [('IDLE', (0, 'idle')), ('CONNECTING', (1, 'connecting')), ('READY', (2, 'ready')),
                          ('TRANSIENT_FAILURE', (3, 'transient failure')), ('SHUTDOWN', (4, 'shutdown'))])
