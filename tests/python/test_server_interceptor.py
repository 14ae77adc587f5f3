# SPDX-License-Identifier: LGPL-2.1-or-later

"""Interceptors of a server."""

import contextvars

from support import ANSWERS, Case, aio, drive, grpc, handler, kinds, path


class Interceptor(aio.ServerInterceptor):
    """Does what a function says."""

    def __init__(self, function):
        self.intercept = function

    async def intercept_service(self, continuation, handler_call_details):
        return await self.intercept(continuation, handler_call_details)


async def forward(continuation, details):
    return await continuation(details)


class Server(Case):
    async def intercepted(self, *functions, handlers=None):
        await self.pair(handlers, server={'interceptors': [Interceptor(function) for function in functions]})

    @kinds()
    async def test_forward(self, kind):
        await self.intercepted(forward)
        self.assertEqual(await drive(self.start(kind), kind), ANSWERS[kind])

    async def test_order(self):
        order = []

        def numbered(number):
            async def intercept(continuation, details):
                order.append(number)
                found = await continuation(details)
                order.append(-number)
                return found

            return intercept

        await self.intercepted(*(numbered(number) for number in (1, 2, 3)))
        self.assertEqual(await self.start('unary_unary'), b'ab')
        self.assertEqual(order, [1, 2, 3, -3, -2, -1])

    async def test_details(self):
        seen = []

        async def look(continuation, details):
            seen.append(details)
            return await continuation(details)

        await self.intercepted(look)
        await self.start('unary_unary', metadata=(('key', 'value'), ('key-bin', b'\x00')))
        self.assertEqual(seen[0].method, path('unary_unary'))
        self.assertIn(('key', 'value'), tuple(seen[0].invocation_metadata))
        self.assertIn(('key-bin', b'\x00'), tuple(seen[0].invocation_metadata))

    async def test_handler(self):
        seen = []

        async def look(continuation, details):
            found = await continuation(details)
            seen.append(found)
            return found

        await self.intercepted(look)
        await drive(self.start('unary_stream'), 'unary_stream')
        self.assertTrue(seen[0].response_streaming)
        self.assertFalse(seen[0].request_streaming)
        self.assertIsNotNone(seen[0].unary_stream)

    @kinds()
    async def test_another_handler(self, kind):
        async def one(request, context):
            return b'another'

        async def many(request, context):
            yield b'another'

        async def replace(continuation, details):
            return handler(kind, one if kind.endswith('unary') else many)

        await self.intercepted(replace)
        self.assertEqual(await drive(self.start(kind), kind), [b'another'])

    async def test_wraps_the_handler(self):
        async def wrap(continuation, details):
            found = await continuation(details)

            async def doubled(request, context):
                return await found.unary_unary(request, context) * 2

            return handler('unary_unary', doubled, request_deserializer=found.request_deserializer,
                           response_serializer=found.response_serializer)

        await self.intercepted(wrap)
        self.assertEqual(await self.start('unary_unary'), b'abab')

    async def test_no_handler(self):
        async def nothing(continuation, details):
            return None

        await self.intercepted(nothing)
        await self.fails(self.start('unary_unary'), grpc.StatusCode.UNIMPLEMENTED, 'Method not found!')

    async def test_unknown_method(self):
        seen = []

        async def look(continuation, details):
            found = await continuation(details)
            seen.append(found)
            return found

        await self.intercepted(look)
        await self.fails(self.start('unary_unary', 'unknown'), grpc.StatusCode.UNIMPLEMENTED)
        self.assertEqual(seen, [None])

    async def test_unknown_method_is_served(self):
        async def answer(request, context):
            return b'known now'

        async def serve(continuation, details):
            return await continuation(details) or handler('unary_unary', answer)

        await self.intercepted(serve)
        self.assertEqual(await self.start('unary_unary', 'unknown'), b'known now')

    async def test_refuses(self):
        async def refuse(request, context):
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, 'Who are you?')

        async def check(continuation, details):
            if ('token', 'secret') in tuple(details.invocation_metadata):
                return await continuation(details)
            return handler('unary_unary', refuse)

        await self.intercepted(check)
        await self.fails(self.start('unary_unary'), grpc.StatusCode.UNAUTHENTICATED, 'Who are you?')
        self.assertEqual(await self.start('unary_unary', metadata=(('token', 'secret'),)), b'ab')

    async def test_raises(self):
        async def fail(continuation, details):
            raise ZeroDivisionError('Broken')

        await self.intercepted(fail)
        await self.fails(self.start('unary_unary'), grpc.StatusCode.UNKNOWN,
                         "Unexpected <class 'ZeroDivisionError'>: Broken")

    async def test_other_details(self):
        class Details(grpc.HandlerCallDetails):
            method = path('unary_unary')
            invocation_metadata = ()

        async def redirect(continuation, details):
            return await continuation(Details())

        await self.intercepted(redirect)
        self.assertEqual(await self.start('unary_unary', 'elsewhere'), b'ab')

    async def test_context_variables(self):
        variable = contextvars.ContextVar('variable', default=b'unset')

        async def look(request, context):
            return variable.get()

        async def set_variable(continuation, details):
            variable.set(b'set')
            return await continuation(details)

        await self.intercepted(set_variable, handlers={'look': handler('unary_unary', look)})
        self.assertEqual(await self.start('unary_unary', 'look'), b'set')

    async def test_cache(self):
        """An interceptor that answers again what was answered before."""
        answers = {}
        asked = []

        async def work(request, context):
            asked.append(request)
            return request

        async def cache(continuation, details):
            found = await continuation(details)

            async def cached(request, context):
                if request not in answers:
                    answers[request] = await found.unary_unary(request, context)
                return answers[request]

            return handler('unary_unary', cached)

        await self.intercepted(cache, handlers={'work': handler('unary_unary', work)})
        for _ in range(3):
            self.assertEqual(await self.start('unary_unary', 'work'), b'ab')
        self.assertEqual(asked, [b'ab'])

    async def test_wrong_type(self):
        with self.assertRaises(ValueError) as caught:
            aio.server(interceptors=[object()])
        self.assertIn('Interceptor must be ServerInterceptor', str(caught.exception))

    async def test_tuple(self):
        await self.pair(server={'interceptors': (Interceptor(forward),)})
        self.assertEqual(await self.start('unary_unary'), b'ab')
