#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The overrides: await on every loop of asyncio and on GLib's, and what goes with it."""

import asyncio
import contextvars
import importlib.util
import unittest

import gi

gi.require_version('GrpcAio', '1')

# pylint: disable=wrong-import-position
from gi.repository import Gio, GLib, GrpcAio

variable = contextvars.ContextVar('variable')


def fail(context, request):
    metadata = GrpcAio.Metadata.new()
    metadata.append('key', 'value')
    context.set_trailing_metadata(metadata)
    context.abort(GrpcAio.StatusCode.NOT_FOUND, 'Nothing here')


def count(context, request):
    for text in (b'a', b'b', b'c'):
        context.write_async(text)
    context.complete(None)


class Service:
    """A server, made when the loop runs."""

    def __init__(self):
        self.kept = []
        service = GrpcAio.Service.new('test.Test')
        for name, function in {'Echo': lambda context, request: context.complete(request.get_data()),
                               'Fail': fail, 'Keep': lambda context, request: self.kept.append(context)}.items():
            service.add_method(name, GrpcAio.RpcMethodHandler.new_unary_unary(function))
        service.add_method('Count', GrpcAio.RpcMethodHandler.new_unary_stream(count))
        self.server = GrpcAio.Server.new()
        self.server.add_service(service)
        self.port = self.server.add_port('127.0.0.1:0', None)


class Overrides:
    """The cases, which each loop runs."""

    def run_case(self, case):
        raise NotImplementedError

    def talk(self, case):
        async def main():
            variable.set('mine')
            service = Service()
            async with service.server:
                self.assertEqual(service.server.get_state(), GrpcAio.ServerState.SERVING)
                async with GrpcAio.Channel.new(f'127.0.0.1:{service.port}', None) as channel:
                    await case(service, channel)
                    self.assertEqual(variable.get(), 'mine')
            self.assertEqual(service.server.get_state(), GrpcAio.ServerState.STOPPED)
            service.kept.clear()

        self.run_case(main)

    def test_invoke(self):
        async def case(service, channel):
            method = channel.unary_unary('/test.Test/Echo')
            self.assertEqual((await method.invoke_async(b'a', None)).get_data(), b'a')
            self.assertEqual((await method.invoke_async(GLib.Bytes.new(b'b'), options=None)).get_data(), b'b')
            self.assertEqual((await method.invoke_async(b'c', None, Gio.Cancellable())).get_data(), b'c')
            self.assertEqual((await method.invoke_async(b'd', None, cancellable=None)).get_data(), b'd')

        self.talk(case)

    def test_call(self):
        async def case(service, channel):
            call = channel.unary_unary('/test.Test/Echo').call(b'a', None)
            self.assertEqual((await call).get_data(), b'a')
            self.assertEqual(await call.status_async(), GrpcAio.StatusCode.OK)
            self.assertEqual((await call.initial_metadata_async()).get_size(), 0)

        self.talk(case)

    def test_stream(self):
        async def case(service, channel):
            method = channel.unary_stream('/test.Test/Count')
            self.assertEqual([message.get_data() async for message in method.call(b'', None)], [b'a', b'b', b'c'])
            call = method.call(b'', None)
            responses = call.__aiter__()
            self.assertEqual((await responses.__anext__()).get_data(), b'a')
            await responses.aclose()
            self.assertEqual(await call.status_async(), GrpcAio.StatusCode.CANCELLED)

        self.talk(case)

    def test_channel(self):
        async def case(service, channel):
            state = channel.get_state(True)
            await channel.wait_for_state_change_async(state)
            await channel.ready_async()
            self.assertEqual(channel.get_state(False), GrpcAio.ChannelConnectivity.READY)

        self.talk(case)

    def test_error(self):
        async def case(service, channel):
            call = channel.unary_unary('/test.Test/Fail').call(b'', None)
            with self.assertRaises(GrpcAio.RpcError) as caught:
                await call
            error = caught.exception
            self.assertIsInstance(error, GLib.Error)
            self.assertTrue(error.matches(GrpcAio.Error.quark(), GrpcAio.Error.NOT_FOUND))
            self.assertEqual(error.status_code, GrpcAio.StatusCode.NOT_FOUND)
            self.assertEqual((error.message, error.details), ('Nothing here', 'Nothing here'))
            self.assertEqual(error.trailing_metadata.get('key'), 'value')
            # The server sent its status at once.
            self.assertIsNone(error.initial_metadata)
            self.assertIn('Nothing here', error.debug_string)
            self.assertIsNone(error.rpc_status)

            with self.assertRaises(GrpcAio.RpcError) as caught:
                await channel.unary_unary('/test.Test/Fail').invoke_async(b'', None)
            self.assertEqual(caught.exception.message, 'Nothing here')
            self.assertIsNone(caught.exception.trailing_metadata)
            # Nobody waits for this one.
            channel.unary_unary('/test.Test/Fail').invoke_async(b'', None)

        self.talk(case)

    def test_cancellable(self):
        async def case(service, channel):
            cancellable = Gio.Cancellable()
            operation = channel.unary_unary('/test.Test/Keep').invoke_async(b'', None, cancellable)
            cancellable.cancel()
            with self.assertRaises(GLib.Error) as caught:
                await operation
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))

        self.talk(case)

    def test_cancel(self):
        async def case(service, channel):
            call = channel.unary_unary('/test.Test/Keep').call(b'', None)
            operation = call.response_async()
            self.assertTrue(operation.cancel())
            with self.assertRaises((GLib.Error, asyncio.CancelledError)):
                await operation
            self.assertEqual(await call.status_async(), GrpcAio.StatusCode.CANCELLED)

        self.talk(case)

    def test_with_callback(self):
        """What gives a callback gets what it always got."""
        async def case(service, channel):
            results = []
            method = channel.unary_unary('/test.Test/Echo')
            self.assertIsNone(method.invoke_async(b'a', None, None, lambda source, result: results.append(result)))
            self.assertIsNone(method.invoke_async(b'a', None, None, None))
            while not results:
                await method.invoke_async(b'', None)
            self.assertEqual(method.invoke_finish(results[0]).get_data(), b'a')

        self.talk(case)

    def test_wrong_arguments(self):
        async def case(service, channel):
            with self.assertRaises(TypeError):
                channel.unary_unary('/test.Test/Echo').invoke_async()
            with self.assertRaises(TypeError):
                channel.ready_async(timeout=5)

        self.talk(case)


class OnAsyncio(Overrides, unittest.TestCase):
    def run_case(self, case):
        asyncio.run(case())

    def test_task_is_cancelled(self):
        async def case(service, channel):
            call = channel.unary_unary('/test.Test/Keep').call(b'', None)
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(call.response_async(), 0.05)
            self.assertEqual(await call.status_async(), GrpcAio.StatusCode.CANCELLED)

        self.talk(case)

    def test_error_of_package(self):
        import grpc_aio_glib  # pylint: disable=import-outside-toplevel

        async def case(service, channel):
            with self.assertRaises(grpc_aio_glib.RpcError):
                await channel.unary_unary('/test.Test/Fail').invoke_async(b'', None)

        self.talk(case)

    def test_begun_before(self):
        """An operation of a plain main loop, awaited in a loop of asyncio."""
        operation = GrpcAio.Operation()

        async def main():
            asyncio.get_running_loop().call_soon(operation._finish, 5)
            return await operation

        self.assertEqual(asyncio.run(main()), 5)


class OnGLib(Overrides, unittest.TestCase):
    def run_case(self, case):
        main_loop = GLib.MainLoop()
        spawned = GrpcAio.spawn(case())
        spawned.add_done_callback(lambda _: GLib.idle_add(main_loop.quit))
        main_loop.run()
        spawned.result()

    def test_spawned_is_cancelled(self):
        async def case(service, channel):
            async def wait():
                try:
                    await channel.unary_unary('/test.Test/Keep').invoke_async(b'', None)
                finally:
                    ended.append(True)

            ended = []
            spawned = GrpcAio.spawn(wait())
            self.assertFalse(spawned.done())
            with self.assertRaises(RuntimeError):
                spawned.result()
            self.assertTrue(spawned.cancel())
            with self.assertRaises(GLib.Error):
                await spawned
            self.assertTrue(spawned.done())
            self.assertFalse(spawned.cancel())
            self.assertEqual(ended, [True])

        self.talk(case)


@unittest.skipUnless(importlib.util.find_spec('gbulb'), 'without gbulb')
class OnGbulb(Overrides, unittest.TestCase):
    def run_case(self, case):
        import gbulb  # pylint: disable=import-outside-toplevel

        loop = gbulb.GLibEventLoopPolicy().new_event_loop()
        try:
            loop.run_until_complete(case())
        finally:
            loop.close()


@unittest.skipUnless(importlib.util.find_spec('gi.events'), 'PyGObject 3.50 has gi.events')
class OnEvents(Overrides, unittest.TestCase):
    def run_case(self, case):
        from gi.events import GLibEventLoopPolicy  # pylint: disable=import-outside-toplevel

        GLibEventLoopPolicy().get_event_loop().run_until_complete(case())


if __name__ == '__main__':
    unittest.main(verbosity=2)
