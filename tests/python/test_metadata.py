# SPDX-License-Identifier: LGPL-2.1-or-later

"""The class Metadata, and metadata on its way."""

import collections.abc
import unittest

from support import Case, Gate, aio, drive, grpc, handler, kinds, wrap

ALL = (('key', 'value'), ('key', 'another'), ('key-bin', b'\x00\xff'), ('other', ''))


class Class(unittest.TestCase):
    def setUp(self):
        self.metadata = aio.Metadata(('a', '1'), ('b', '2'), ('a', '3'), ('c-bin', b'\x00'))

    def test_empty(self):
        self.assertEqual(len(aio.Metadata()), 0)
        self.assertEqual(tuple(aio.Metadata()), ())

    def test_is_a_mapping(self):
        self.assertIsInstance(self.metadata, collections.abc.Collection)

    def test_length_counts_values(self):
        self.assertEqual(len(self.metadata), 4)

    def test_order_is_by_key(self):
        self.assertEqual(tuple(self.metadata), (('a', '1'), ('a', '3'), ('b', '2'), ('c-bin', b'\x00')))

    def test_first_value(self):
        self.assertEqual(self.metadata['a'], '1')
        self.assertEqual(self.metadata['c-bin'], b'\x00')

    def test_missing(self):
        with self.assertRaises(KeyError):
            self.metadata['missing']

    def test_get(self):
        self.assertEqual(self.metadata.get('a'), '1')
        self.assertIsNone(self.metadata.get('missing'))
        self.assertEqual(self.metadata.get('missing', 'x'), 'x')

    def test_get_all(self):
        self.assertEqual(self.metadata.get_all('a'), ['1', '3'])
        self.assertEqual(self.metadata.get_all('missing'), [])

    def test_set_replaces_the_first(self):
        self.metadata['a'] = '9'
        self.assertEqual(self.metadata.get_all('a'), ['9', '3'])

    def test_set_a_new_one(self):
        self.metadata['d'] = '4'
        self.assertEqual(tuple(self.metadata)[-1], ('d', '4'))

    def test_set_all(self):
        self.metadata.set_all('a', ['x', 'y', 'z'])
        self.assertEqual(self.metadata.get_all('a'), ['x', 'y', 'z'])

    def test_delete_the_first(self):
        del self.metadata['a']
        self.assertEqual(self.metadata.get_all('a'), ['3'])

    def test_delete_a_missing_one(self):
        with self.assertRaises(KeyError):
            del self.metadata['missing']

    def test_delete_all(self):
        self.metadata.delete_all('a')
        self.assertNotIn('a', self.metadata)
        self.assertEqual(len(self.metadata), 2)

    def test_delete_all_of_a_missing_one(self):
        with self.assertRaises(KeyError):
            self.metadata.delete_all('missing')

    def test_add(self):
        self.metadata.add('b', '5')
        self.assertEqual(self.metadata.get_all('b'), ['2', '5'])

    def test_contains(self):
        self.assertIn('a', self.metadata)
        self.assertNotIn('A', self.metadata)

    def test_equals_metadata(self):
        self.assertEqual(self.metadata, aio.Metadata(*self.metadata))
        self.assertNotEqual(self.metadata, aio.Metadata(('a', '1')))

    def test_equals_a_tuple(self):
        self.assertEqual(self.metadata, tuple(self.metadata))
        self.assertNotEqual(self.metadata, (('a', '1'),))

    def test_equals_nothing_else(self):
        self.assertNotEqual(self.metadata, None)
        self.assertNotEqual(self.metadata, 'text')

    def test_plus_metadata(self):
        total = aio.Metadata(('a', '1')) + aio.Metadata(('a', '2'), ('b', '3'))
        self.assertIsInstance(total, aio.Metadata)
        self.assertEqual(tuple(total), (('a', '1'), ('a', '2'), ('b', '3')))

    def test_plus_a_tuple(self):
        self.assertEqual(tuple(aio.Metadata(('a', '1')) + (('b', '2'),)), (('a', '1'), ('b', '2')))

    def test_plus_something_else(self):
        with self.assertRaises(TypeError):
            self.metadata + None

    def test_from_tuple(self):
        self.assertEqual(tuple(aio.Metadata.from_tuple((('a', '1'), ('a', '2')))), (('a', '1'), ('a', '2')))
        self.assertEqual(tuple(aio.Metadata.from_tuple(())), ())
        self.assertEqual(tuple(aio.Metadata.from_tuple(None)), ())

    def test_representation(self):
        self.assertEqual(repr(aio.Metadata(('a', '1'))), "Metadata((('a', '1'),))")


class OnItsWay(Case):
    @kinds()
    async def test_from_the_client(self, kind):
        seen = []

        async def look(context):
            seen.extend(context.invocation_metadata())

        await self.pair({'look': wrap(kind, look)})
        await drive(self.start(kind, 'look', metadata=ALL), kind)
        self.assertEqual([item for item in seen if item[0] in ('key', 'key-bin', 'other')], list(ALL))

    @kinds()
    async def test_as_the_class(self, kind):
        seen = []

        async def look(context):
            seen.extend(context.invocation_metadata())

        await self.pair({'look': wrap(kind, look)})
        await drive(self.start(kind, 'look', metadata=aio.Metadata(*ALL)), kind)
        self.assertEqual([item for item in seen if item[0] in ('key', 'key-bin', 'other')], list(ALL))

    async def test_as_a_list(self):
        seen = []

        async def look(context):
            seen.extend(context.invocation_metadata())

        await self.pair({'look': wrap('unary_unary', look)})
        await self.start('unary_unary', 'look', metadata=[('key', 'value')])
        self.assertIn(('key', 'value'), seen)

    async def test_types_at_the_handler(self):
        seen = []

        async def look(context):
            seen.append(context.invocation_metadata())

        await self.pair({'look': wrap('unary_unary', look)})
        await self.start('unary_unary', 'look', metadata=ALL)
        for key, value in seen[0]:
            self.assertIsInstance(key, str)
            self.assertIsInstance(value, bytes if key.endswith('-bin') else str)
        self.assertTrue(any(item.key == 'key' and item.value == 'value' for item in seen[0]))

    @kinds()
    async def test_initial(self, kind):
        await self.pair({'send': wrap(kind, lambda context: context.send_initial_metadata(ALL))})
        call = self.start(kind, 'send')
        self.assertEqual(tuple(await call.initial_metadata()), ALL)
        await drive(call, kind)
        self.assertEqual(tuple(await call.initial_metadata()), ALL)

    @kinds()
    async def test_initial_comes_first(self, kind):
        gate = Gate()

        async def send(context):
            await context.send_initial_metadata(ALL)
            await gate.wait()

        await self.pair({'send': wrap(kind, send)})
        call = self.start(kind, 'send')
        if kind != 'unary_unary':
            # grpc.aio's call with one request and one response gets it all at once.
            self.assertEqual(tuple(await call.initial_metadata()), ALL)
            self.assertFalse(call.done())
        gate.opened.set()
        await drive(call, kind)

    async def test_initial_twice(self):
        seen = []

        async def send(context):
            await context.send_initial_metadata((('key', '1'),))
            try:
                await context.send_initial_metadata((('key', '2'),))
            except aio.UsageError as error:
                seen.append(str(error))

        await self.pair({'send': wrap('unary_unary', send)})
        call = self.start('unary_unary', 'send')
        self.assertEqual(tuple(await call.initial_metadata()), (('key', '1'),))
        self.assertEqual(seen, ['Send initial metadata failed: already sent'])

    async def test_initial_after_a_response(self):
        seen = []

        async def send(request, context):
            await context.write(b'x')
            try:
                await context.send_initial_metadata((('key', '1'),))
            except aio.UsageError as error:
                seen.append(error)

        await self.pair({'send': handler('unary_stream', send)})
        self.assertEqual(await drive(self.start('unary_stream', 'send'), 'unary_stream'), [b'x'])
        self.assertEqual(len(seen), 1)

    @kinds()
    async def test_trailing(self, kind):
        async def send(context):
            context.set_trailing_metadata(ALL)

        await self.pair({'send': wrap(kind, send)})
        call = self.start(kind, 'send')
        await drive(call, kind)
        self.assertEqual(tuple(await call.trailing_metadata()), ALL)

    async def test_trailing_twice(self):
        async def send(context):
            context.set_trailing_metadata((('key', '1'),))
            context.set_trailing_metadata((('key', '2'),))

        await self.pair({'send': wrap('unary_unary', send)})
        call = self.start('unary_unary', 'send')
        self.assertEqual(tuple(await call.trailing_metadata()), (('key', '2'),))

    async def test_both_as_the_class(self):
        async def send(context):
            await context.send_initial_metadata(aio.Metadata(*ALL))
            context.set_trailing_metadata(aio.Metadata(*ALL))

        await self.pair({'send': wrap('unary_unary', send)})
        call = self.start('unary_unary', 'send')
        await call
        self.assertEqual(tuple(await call.initial_metadata()), ALL)
        self.assertEqual(tuple(await call.trailing_metadata()), ALL)

    async def test_none(self):
        await self.pair()
        call = self.start('unary_unary')
        await call
        self.assertEqual(tuple(await call.initial_metadata()), ())
        self.assertEqual(tuple(await call.trailing_metadata()), ())

    async def test_with_an_error(self):
        async def fail(context):
            await context.send_initial_metadata(ALL)
            context.set_trailing_metadata((('last', 'x'),))
            raise ValueError

        await self.pair({'fail': wrap('unary_unary', fail)})
        error = await self.fails(self.start('unary_unary', 'fail'), grpc.StatusCode.UNKNOWN)
        self.assertEqual(tuple(error.initial_metadata()), ALL)
        self.assertEqual(tuple(error.trailing_metadata()), (('last', 'x'),))

    async def test_what_is_none(self):
        await self.pair()
        for metadata in (None, {}, (), aio.Metadata()):
            self.assertEqual(await self.start('unary_unary', metadata=metadata), b'ab')

    async def test_what_is_no_metadata(self):
        await self.pair()
        for metadata in (42, ('key', 'value'), (('key', 42),), ((1, 'value'),), [('a', 'b', 'c')]):
            with self.subTest(metadata), self.assertRaises((TypeError, ValueError)):
                await self.start('unary_unary', metadata=metadata)

    async def test_keys_that_cannot_be(self):
        await self.pair()
        for metadata in ((('Key', 'value'),), (('key with space', 'value'),)):
            with self.subTest(metadata), self.assertRaises(Exception):
                await self.start('unary_unary', metadata=metadata)

    async def test_large(self):
        await self.pair({'send': wrap('unary_unary', lambda context: context.send_initial_metadata(
            (('key', 'x' * 5000),)))})
        call = self.start('unary_unary', 'send')
        self.assertEqual((await call.initial_metadata())['key'], 'x' * 5000)
        await call
