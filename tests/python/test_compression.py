# SPDX-License-Identifier: LGPL-2.1-or-later

"""Compression of messages, on channels, calls, servers and by handlers."""

import unittest

from support import ANSWERS, Case, aio, drive, grpc, handler, kinds, path, wrap

NO_GZIP = (('grpc.compression_enabled_algorithms_bitset', 0b011),)
MESSAGE = bytes(5000)


class Compression(Case):
    def echo(self, **options):
        return self.channel.unary_unary(path('unary_unary'))(MESSAGE, **options)

    @kinds()
    async def test_channel(self, kind):
        await self.pair(compression=grpc.Compression.Gzip)
        self.assertEqual(await drive(self.start(kind), kind), ANSWERS[kind])

    @kinds()
    async def test_call(self, kind):
        await self.pair()
        for compression in grpc.Compression:
            call = self.start(kind, compression=compression)
            self.assertEqual(await drive(call, kind), ANSWERS[kind])

    async def test_server(self):
        for compression in grpc.Compression:
            await self.pair(server={'compression': compression})
            self.assertEqual(await self.echo(), MESSAGE)

    async def test_channel_uses_what_the_server_refuses(self):
        await self.pair(server={'options': NO_GZIP}, compression=grpc.Compression.Gzip)
        await self.fails(self.echo(), grpc.StatusCode.UNIMPLEMENTED)

    async def test_channel_uses_what_the_server_takes(self):
        await self.pair(server={'options': NO_GZIP}, compression=grpc.Compression.Deflate)
        self.assertEqual(await self.echo(), MESSAGE)

    async def test_call_uses_what_the_server_refuses(self):
        await self.pair(server={'options': NO_GZIP})
        await self.fails(self.echo(compression=grpc.Compression.Gzip), grpc.StatusCode.UNIMPLEMENTED)
        self.assertEqual(await self.echo(compression=grpc.Compression.Deflate), MESSAGE)

    async def test_call_overrides_the_channel(self):
        await self.pair(server={'options': NO_GZIP}, compression=grpc.Compression.Gzip)
        self.assertEqual(await self.echo(compression=grpc.Compression.Deflate), MESSAGE)

    async def test_call_with_metadata(self):
        seen = []

        async def look(request, context):
            seen.extend(context.invocation_metadata())
            return request

        await self.pair({'look': handler('unary_unary', look)})
        await self.start('unary_unary', 'look', compression=grpc.Compression.Gzip,
                         metadata=aio.Metadata(('key', 'value')))
        self.assertIn(('key', 'value'), seen)

    @kinds()
    async def test_handler_chooses(self, kind):
        async def choose(context):
            context.set_compression(grpc.Compression.Deflate)

        await self.pair({'choose': wrap(kind, choose)})
        self.assertEqual(await drive(self.start(kind, 'choose'), kind), ANSWERS[kind])

    async def test_handler_chooses_too_late(self):
        async def choose(request, context):
            await context.write(b'1')
            try:
                context.set_compression(grpc.Compression.Deflate)
            except RuntimeError as error:
                await context.write(str(error).encode())

        await self.pair({'choose': handler('unary_stream', choose)})
        self.assertEqual(await drive(self.start('unary_stream', 'choose'), 'unary_stream'),
                         [b'1', b'Compression setting must be specified before sending initial metadata'])

    async def test_handler_leaves_messages_out(self):
        async def respond(request, context):
            context.set_compression(grpc.Compression.Gzip)
            for number in range(3):
                if number == 1:
                    context.disable_next_message_compression()
                await context.write(MESSAGE)

        await self.pair({'respond': handler('unary_stream', respond)})
        self.assertEqual(await drive(self.start('unary_stream', 'respond'), 'unary_stream'), [MESSAGE] * 3)

    async def test_handler_leaves_the_only_message_out(self):
        async def respond(request, context):
            context.set_compression(grpc.Compression.Gzip)
            context.disable_next_message_compression()
            return MESSAGE

        await self.pair({'respond': handler('unary_unary', respond)})
        self.assertEqual(await self.start('unary_unary', 'respond'), MESSAGE)


class Values(unittest.TestCase):
    def test_names_and_numbers(self):
        self.assertEqual([(compression.name, compression.value) for compression in grpc.Compression],
                         [('NoCompression', 0), ('Deflate', 1), ('Gzip', 2)])
