# SPDX-License-Identifier: LGPL-2.1-or-later

"""ServicerContext.abort ends a call with a status of the handler's choice."""

import asyncio
import collections

from support import Case, aio, drive, grpc, handler, kinds, path, wrap

CODE = grpc.StatusCode.FAILED_PRECONDITION
METADATA = (('key', 'value'), ('key-bin', b'\x00\xff'))


class Abort(Case):
    async def abort(self, action):
        """What the client sees of a handler that awaits action (context)."""
        finished = asyncio.Event()

        async def observed(context):
            try:
                await action(context)
            finally:
                finished.set()

        await self.pair({'abort': wrap('unary_unary', observed)})
        call = self.start('unary_unary', 'abort')
        with self.assertRaises(aio.AioRpcError) as caught:
            await call
        # The client may know before the handler does.
        await finished.wait()
        return caught.exception

    @kinds()
    async def test_status(self, kind):
        async def action(context):
            await context.abort(CODE, 'Not today')

        await self.pair({'abort': wrap(kind, action)})
        call = self.start(kind, 'abort')
        await self.fails(drive(call, kind), CODE, 'Not today')
        self.assertEqual(await call.code(), CODE)
        self.assertEqual(await call.details(), 'Not today')

    @kinds()
    async def test_trailing_metadata(self, kind):
        async def action(context):
            await context.abort(CODE, '', METADATA)

        await self.pair({'abort': wrap(kind, action)})
        call = self.start(kind, 'abort')
        error = await self.fails(drive(call, kind), CODE, '')
        self.assertEqual(tuple(error.trailing_metadata()), METADATA)
        self.assertEqual(tuple(await call.trailing_metadata()), METADATA)

    async def test_details_are_empty_by_default(self):
        error = await self.abort(lambda context: context.abort(CODE))
        self.assertEqual(error.details(), '')
        self.assertEqual(tuple(error.trailing_metadata()), ())

    async def test_details_that_were_set_are_kept(self):
        async def action(context):
            context.set_details('Set before')
            await context.abort(CODE)

        error = await self.abort(action)
        self.assertEqual(error.details(), 'Set before')

    async def test_details_replace_those_that_were_set(self):
        async def action(context):
            context.set_details('Set before')
            context.set_code(grpc.StatusCode.NOT_FOUND)
            await context.abort(CODE, 'Given to abort')

        error = await self.abort(action)
        self.assertEqual((error.code(), error.details()), (CODE, 'Given to abort'))

    async def test_metadata_that_was_set_is_kept(self):
        async def action(context):
            context.set_trailing_metadata(METADATA)
            await context.abort(CODE)

        error = await self.abort(action)
        self.assertEqual(tuple(error.trailing_metadata()), METADATA)

    async def test_metadata_replaces_what_was_set(self):
        async def action(context):
            context.set_trailing_metadata((('other', 'x'),))
            await context.abort(CODE, '', METADATA)

        error = await self.abort(action)
        self.assertEqual(tuple(error.trailing_metadata()), METADATA)

    async def test_code_as_number(self):
        error = await self.abort(lambda context: context.abort(CODE.value[0], 'By number'))
        self.assertEqual((error.code(), error.details()), (CODE, 'By number'))

    async def test_unicode_details(self):
        error = await self.abort(lambda context: context.abort(CODE, 'Größe 大 😀\n%'))
        self.assertEqual(error.details(), 'Größe 大 😀\n%')

    async def test_ok_is_no_failure(self):
        async def action(context):
            await context.abort(grpc.StatusCode.OK, 'Not OK')

        error = await self.abort(action)
        self.assertNotEqual(error.code(), grpc.StatusCode.OK)

    async def test_raises_abort_error(self):
        seen = []

        async def action(context):
            try:
                await context.abort(CODE)
            except BaseException as error:
                seen.append(error)
                raise

        await self.abort(action)
        self.assertIsInstance(seen[0], aio.AbortError)
        self.assertIsInstance(seen[0], aio.BaseError)
        self.assertEqual(str(seen[0]), 'Locally aborted.')

    async def test_twice(self):
        seen = []

        async def action(context):
            try:
                await context.abort(CODE, 'First')
            except aio.AbortError as error:
                try:
                    await context.abort(grpc.StatusCode.NOT_FOUND, 'Second')
                except aio.UsageError as usage:
                    seen.append(str(usage))
                raise error

        error = await self.abort(action)
        self.assertEqual((error.code(), error.details()), (CODE, 'First'))
        self.assertEqual(seen, ['Abort already called!'])

    @kinds()
    async def test_suppressed(self, kind):
        """A handler that goes on after it aborted changes nothing."""
        async def action(context):
            try:
                await context.abort(CODE, 'Still aborted')
            except aio.AbortError:
                pass

        await self.pair({'abort': wrap(kind, action)})
        await self.fails(drive(self.start(kind, 'abort'), kind), CODE, 'Still aborted')

    async def test_nothing_can_be_written_after(self):
        seen = []
        finished = asyncio.Event()

        async def respond(request, context):
            await context.write(b'before')
            try:
                await context.abort(CODE)
            except aio.AbortError:
                try:
                    await context.write(b'after')
                except aio.AbortError as error:
                    seen.append(error)
            finally:
                finished.set()

        await self.pair({'abort': handler('unary_stream', respond)})
        call = self.start('unary_stream', 'abort')
        self.assertEqual(await call.read(), b'before')
        await self.fails(call.read(), CODE)
        await finished.wait()
        self.assertEqual(len(seen), 1)

    async def test_after_responses(self):
        async def respond(request, context):
            yield b'1'
            yield b'2'
            await context.abort(CODE, 'After two')

        await self.pair({'abort': handler('unary_stream', respond)})
        call = self.start('unary_stream', 'abort')
        received = []
        with self.assertRaises(aio.AioRpcError) as caught:
            async for response in call:
                received.append(response)
        self.assertEqual(received, [b'1', b'2'])
        self.assertEqual(caught.exception.details(), 'After two')

    async def test_initial_metadata_before(self):
        async def action(context):
            await context.send_initial_metadata(METADATA)
            await context.abort(CODE)

        error = await self.abort(action)
        self.assertEqual(tuple(error.initial_metadata()), METADATA)

    async def test_with_status(self):
        status = collections.namedtuple('Status', 'code details trailing_metadata')(CODE, 'Rich', METADATA)

        error = await self.abort(lambda context: context.abort_with_status(status))
        self.assertEqual((error.code(), error.details()), (CODE, 'Rich'))
        self.assertEqual(tuple(error.trailing_metadata()), METADATA)

    async def test_from_a_thread(self):
        def respond(request, context):
            context.abort(CODE, 'From a thread', METADATA)

        await self.pair({'abort': handler('unary_unary', respond)}, server={'migration_thread_pool': self.pool()})
        error = await self.fails(self.start('unary_unary', 'abort'), CODE, 'From a thread')
        self.assertEqual(tuple(error.trailing_metadata()), METADATA)

    async def test_server_goes_on(self):
        await self.pair({'abort': wrap('unary_unary', lambda context: context.abort(CODE))})
        for _ in range(3):
            await self.fails(self.start('unary_unary', 'abort'), CODE)
            self.assertEqual(await self.channel.unary_unary(path('unary_unary'))(b'x'), b'x')

    async def test_done_callback_runs(self):
        done = asyncio.Event()

        async def action(context):
            context.add_done_callback(lambda context: done.set())
            await context.abort(CODE)

        await self.abort(action)
        await done.wait()
