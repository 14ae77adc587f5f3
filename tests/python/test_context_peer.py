# SPDX-License-Identifier: LGPL-2.1-or-later

"""What a handler's context knows of the call it serves."""

import re

from support import Case, aio, drive, grpc, handler, kinds, wrap


class Context(Case):
    async def look(self, action, kind='unary_unary', address=None, **options):
        """What action (context) returns in a handler."""
        seen = []

        async def handle(context):
            seen.append(action(context))

        await self.pair({'look': wrap(kind, handle)}, server={'address': address})
        await drive(self.start(kind, 'look', **options), kind)
        return seen[0]

    @kinds()
    async def test_peer_on_tcp(self, kind):
        peer = await self.look(lambda context: context.peer(), kind, '127.0.0.1:0')
        self.assertRegex(peer, r'^ipv4:127\.0\.0\.1:\d+$')

    async def test_peer_on_unix(self):
        self.assertTrue((await self.look(lambda context: context.peer())).startswith('unix:'))

    async def test_peer_is_of_the_connection(self):
        peers = []

        async def look(request, context):
            peers.append(context.peer())
            return request

        await self.pair({'look': handler('unary_unary', look)}, server={'address': '127.0.0.1:0'})
        await self.start('unary_unary', 'look')
        await self.start('unary_unary', 'look')
        self.connect(options=(('grpc.use_local_subchannel_pool', 1),))
        await self.start('unary_unary', 'look')
        self.assertEqual(peers[0], peers[1])
        self.assertNotEqual(peers[0], peers[2])
        self.assertTrue(all(re.search(r':\d+$', peer) for peer in peers))

    async def test_is_a_new_one_for_each_call(self):
        contexts = []

        async def look(request, context):
            contexts.append(context)
            return request

        await self.pair({'look': handler('unary_unary', look)})
        await self.start('unary_unary', 'look')
        await self.start('unary_unary', 'look')
        self.assertIsNot(contexts[0], contexts[1])

    async def test_methods(self):
        for name in ('read write send_initial_metadata abort set_trailing_metadata invocation_metadata set_code '
                     'set_details set_compression disable_next_message_compression peer peer_identities '
                     'peer_identity_key auth_context time_remaining trailing_metadata code details '
                     'add_done_callback cancelled done').split():
            self.assertTrue(callable(getattr(aio.ServicerContext, name)), name)

    async def test_has_the_methods(self):
        names = [name for name in dir(aio.ServicerContext) if not name.startswith('_')]
        missing = await self.look(lambda context: [name for name in names if not hasattr(context, name)])
        self.assertEqual(missing, [])

    async def test_code_and_details(self):
        def look(context):
            before = context.code(), context.details()
            context.set_code(grpc.StatusCode.OK)
            context.set_details('Fine')
            return before, (context.code(), context.details())

        before, after = await self.look(look)
        self.assertIn(before[0], (None, 0, grpc.StatusCode.OK))
        self.assertEqual(before[1], '')
        self.assertEqual(after, (grpc.StatusCode.OK, 'Fine'))

    async def test_trailing_metadata(self):
        def look(context):
            before = tuple(context.trailing_metadata())
            context.set_trailing_metadata((('key', 'value'),))
            return before, tuple(context.trailing_metadata())

        self.assertEqual(await self.look(look), ((), (('key', 'value'),)))

    async def test_states(self):
        self.assertEqual(await self.look(lambda context: (context.done(), context.cancelled())), (False, False))

    async def test_done_after_the_call(self):
        context = await self.look(lambda context: context)
        self.assertTrue(context.done())
        self.assertFalse(context.cancelled())

    async def test_nothing_after_the_call(self):
        context = await self.look(lambda context: context)
        with self.assertRaises(aio.UsageError) as caught:
            await context.write(b'x')
        self.assertEqual(str(caught.exception), 'RPC already finished.')
        with self.assertRaises(aio.UsageError):
            await context.send_initial_metadata(())
        with self.assertRaises(aio.UsageError):
            await context.read()

    @kinds('unary_unary', 'unary_stream')
    async def test_set_code(self, kind):
        async def set_code(context):
            context.set_code(grpc.StatusCode.NOT_FOUND)
            context.set_details('Nobody')

        await self.pair({'set': wrap(kind, set_code)})
        call = self.start(kind, 'set')
        await self.fails(drive(call, kind), grpc.StatusCode.NOT_FOUND, 'Nobody')

    async def test_code_as_number(self):
        async def set_code(context):
            context.set_code(grpc.StatusCode.NOT_FOUND.value[0])

        await self.pair({'set': wrap('unary_unary', set_code)})
        await self.fails(self.start('unary_unary', 'set'), grpc.StatusCode.NOT_FOUND)

    async def test_exception_keeps_the_code(self):
        async def set_code(context):
            context.set_code(grpc.StatusCode.DATA_LOSS)
            raise ValueError('Broken')

        await self.pair({'set': wrap('unary_unary', set_code)})
        await self.fails(self.start('unary_unary', 'set'), grpc.StatusCode.DATA_LOSS,
                         "Unexpected <class 'ValueError'>: Broken")

    async def test_context_is_no_abstract_class(self):
        """The class is there to be derived from and for annotations."""
        with self.assertRaises(TypeError):
            aio.ServicerContext()
