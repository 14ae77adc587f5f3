# SPDX-License-Identifier: LGPL-2.1-or-later

"""Options of channels and servers."""

import asyncio
import socket

from support import Case, aio, grpc, path


class Integer:
    def __int__(self):
        return 123456


VALID = (('text', 'value'), ('bytes', b'value'), ('number', 1), (b'bytes-key', 'value'), ('pointer', Integer()))
INVALID = ({'key': 'value'}, (('key',),), 'text', ((1, 2, 3),))


class ChannelArgument(Case):
    async def test_channel_takes_any_type(self):
        await self.serve()
        self.connect(options=VALID)
        self.assertEqual(await self.start('unary_unary'), b'ab')

    async def test_server_takes_any_type(self):
        await self.pair(server={'options': VALID})
        self.assertEqual(await self.start('unary_unary'), b'ab')

    async def test_list(self):
        await self.serve(options=list(VALID))
        self.connect(options=list(VALID))
        self.assertEqual(await self.start('unary_unary'), b'ab')

    async def test_channel_refuses_what_are_no_pairs(self):
        for options in INVALID:
            with self.subTest(options), self.assertRaises((TypeError, ValueError)):
                aio.insecure_channel('localhost:1', options=options)

    async def test_server_refuses_what_are_no_pairs(self):
        for options in INVALID:
            with self.subTest(options), self.assertRaises((TypeError, ValueError)):
                aio.server(options=options)

    async def test_client_limits_what_it_receives(self):
        await self.pair(options=(('grpc.max_receive_message_length', 100),))
        echo = self.channel.unary_unary(path('unary_unary'))
        self.assertEqual(await echo(bytes(100)), bytes(100))
        error = await self.fails(echo(bytes(101)), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertIn('(101 vs. 100)', error.details())

    async def test_client_limits_what_it_sends(self):
        await self.pair(options=(('grpc.max_send_message_length', 100),))
        echo = self.channel.unary_unary(path('unary_unary'))
        self.assertEqual(await echo(bytes(100)), bytes(100))
        error = await self.fails(echo(bytes(101)), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertIn('(101 vs. 100)', error.details())

    async def test_server_limits_what_it_receives(self):
        await self.pair(server={'options': (('grpc.max_receive_message_length', 100),)})
        echo = self.channel.unary_unary(path('unary_unary'))
        self.assertEqual(await echo(bytes(100)), bytes(100))
        await self.fails(echo(bytes(101)), grpc.StatusCode.RESOURCE_EXHAUSTED)

    async def test_server_limits_what_it_sends(self):
        await self.pair(server={'options': (('grpc.max_send_message_length', 100),)})
        echo = self.channel.unary_unary(path('unary_unary'))
        self.assertEqual(await echo(bytes(100)), bytes(100))
        await self.fails(echo(bytes(101)), grpc.StatusCode.RESOURCE_EXHAUSTED)

    async def test_four_megabytes_by_default(self):
        await self.pair()
        echo = self.channel.unary_unary(path('unary_unary'))
        limit = 4 * 1024 * 1024
        self.assertEqual(len(await echo(bytes(limit))), limit)
        await self.fails(echo(bytes(limit + 1)), grpc.StatusCode.RESOURCE_EXHAUSTED)

    async def test_no_limit(self):
        unlimited = (('grpc.max_receive_message_length', -1),)
        await self.pair(server={'options': unlimited}, options=unlimited)
        size = 5 * 1024 * 1024
        self.assertEqual(len(await self.channel.unary_unary(path('unary_unary'))(bytes(size))), size)

    async def test_user_agent(self):
        seen = []

        async def look(request, context):
            seen.append(dict(context.invocation_metadata())['user-agent'])
            return b''

        await self.pair({'look': grpc.unary_unary_rpc_method_handler(look)},
                        options=(('grpc.primary_user_agent', 'mine/1'),))
        await self.start('unary_unary', 'look')
        self.assertIn('mine/1', seen[0])

    async def test_authority(self):
        await self.pair(options=(('grpc.default_authority', 'somebody.example'),))
        self.assertEqual(await self.start('unary_unary'), b'ab')

    def bind(self, port):
        with socket.socket(socket.AF_INET) as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            taken.bind(('127.0.0.1', port))

    async def test_port_is_shared(self):
        await self.serve(address='127.0.0.1:0', options=(('grpc.so_reuseport', 1),))
        self.bind(int(self.address.rpartition(':')[2]))

    async def test_port_is_not_shared(self):
        await self.serve(address='127.0.0.1:0', options=(('grpc.so_reuseport', 0),))
        with self.assertRaises(OSError):
            self.bind(int(self.address.rpartition(':')[2]))

    async def test_many_servers(self):
        servers = [aio.server(options=(('grpc.so_reuseport', number % 2),)) for number in range(8)]
        ports = [server.add_insecure_port('127.0.0.1:0') for server in servers]
        await asyncio.gather(*(server.start() for server in servers))
        self.assertEqual(len(set(ports)), 8)
        await asyncio.gather(*(server.stop(None) for server in servers))
