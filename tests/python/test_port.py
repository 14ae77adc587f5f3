#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the package stands on: the calls of a loop by way of a port."""

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
import unittest
import weakref

import gi

gi.require_version('GrpcAio', '1')

# pylint: disable=wrong-import-position
from gi.repository import GrpcAio

from grpc_aio_glib import _port
from grpc_aio_glib._port import PENDING, Port

OK, CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, NOT_FOUND = 0, 1, 2, 4, 5
UNAVAILABLE = 14

KINDS = {
    'Echo': 'unary_unary', 'Fail': 'unary_unary', 'Hang': 'unary_unary',
    'Raise': 'unary_unary', 'Details': 'unary_unary',
    'Count': 'unary_stream', 'Flood': 'unary_stream', 'HangStream': 'unary_stream',
    'Join': 'stream_unary', 'Chat': 'stream_stream', 'HangChat': 'stream_stream',
}


class Peer:
    """A server with a handler for each way to behave, and a channel to it."""

    def __init__(self):
        self.port = Port.get()
        self.server = GrpcAio.Server()
        self.calls = []
        self.tasks = set()
        self.over = []
        self.port.serve(self.server, self.on_call)
        number = self.server.add_port('127.0.0.1:0', None)
        self.target = f'127.0.0.1:{number}'
        self.port.start(self.server)
        self.channel = self.new_channel(self.target)

    def new_channel(self, target):
        with self.port.context():
            return GrpcAio.Channel.new(target, None)

    def on_call(self, call):
        name = call.method.rpartition('/')[2]
        self.calls.append(call)
        if name == 'Raise':
            raise RuntimeError('no')
        if name.startswith('Hang'):
            call.add_done_callback(self.over.append)
            return
        if name in ('Echo', 'Fail', 'Count', 'Flood', 'Details'):
            call.when_request(lambda request: self.start(getattr(self, name)(call, request)))
        else:
            self.start(getattr(self, name)(call))

    def start(self, handler):
        task = asyncio.get_running_loop().create_task(handler)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    # pylint: disable=invalid-name

    async def Echo(self, call, request):
        call.finish(response=request)

    async def Details(self, call, request):
        call.send_initial_metadata((('first', 'yes'),))
        call.finish(OK, 'all went well', (('last', 'no'),), request)

    async def Fail(self, call, request):
        call.finish(NOT_FOUND, 'no such thing', (('color', 'blue'), ('blob-bin', b'\0\xff')))
        call.finish(OK, response=b'too late')

    async def Count(self, call, request):
        for i in range(int(request)):
            await call.write(str(i).encode())
        call.finish()

    async def Flood(self, call, request):
        self.n_written = 0
        while await call.write(b'x' * 1000):
            self.n_written += 1

    async def Join(self, call):
        parts = []
        while (part := await call.read()) is not None:
            parts.append(part)
        call.finish(response=b'+'.join(parts))

    async def Chat(self, call):
        call.send_initial_metadata((('hello', 'there'), ('blob-bin', b'\xfe')))
        while (message := await call.read()) is not None:
            await call.write(message)
        call.finish(OK, '', (('good', 'bye'),))

    def call(self, name, request=b'', **options):
        method = getattr(self.channel, KINDS[name])('/test.Test/' + name)
        if KINDS[name].startswith('stream'):
            request = None
        return Port.get().call(method, request, **options)

    async def stop(self):
        await Port.get().call_async(self.server.stop_async, self.server.stop_finish, 0)
        self.port.forget(self.server)


async def until(condition):
    """What nobody can be told of."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, 'That does not come'
        await asyncio.sleep(0)


class PortTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.peer = Peer()
        self.call = self.peer.call

    async def asyncTearDown(self):
        await self.peer.stop()

    # One request, one response

    async def test_unary(self):
        for size in 0, 1, 1000, 65535, 65536, 1000000:
            call = self.call('Echo', b'x' * size)
            self.assertFalse(call.done())
            self.assertEqual(await call.wait_response(), b'x' * size)
            self.assertTrue(call.done())
            self.assertEqual(call.status, (OK, '', (), (), '', False))
            self.assertEqual(call.initial_metadata, ())
            self.assertEqual(call.response, b'x' * size)

    async def test_many(self):
        calls = [self.call('Echo', b'%d' % i) for i in range(300)]
        responses = await asyncio.gather(*(call.wait_response() for call in calls))
        self.assertEqual(responses, [b'%d' % i for i in range(300)])
        self.assertEqual(Port.get().calls(), [])

    async def test_several_wait(self):
        call = self.call('Echo', b'x')
        self.assertEqual(await asyncio.gather(call.wait_response(), call.wait_response(), call.wait_done()),
                         [b'x', b'x', None])
        self.assertEqual(await call.wait_response(), b'x')
        self.assertEqual(await call.wait_initial_metadata(), ())
        self.assertTrue(await call.wait_for_connection())

    async def test_failure(self):
        call = self.call('Fail', b'x')
        self.assertIsNone(await call.wait_response())
        status = await call.wait_status()
        self.assertEqual(status[:4], (NOT_FOUND, 'no such thing', (), (('color', 'blue'), ('blob-bin', b'\0\xff'))))
        self.assertFalse(status.local)
        self.assertIn('no such thing', status.debug_string)

    async def test_metadata_with_response(self):
        call = self.call('Details', b'x')
        self.assertEqual(await call.wait_response(), b'x')
        self.assertEqual(call.status[:4], (OK, 'all went well', (('first', 'yes'),), (('last', 'no'),)))
        self.assertEqual(call.initial_metadata, (('first', 'yes'),))
        self.assertEqual(await call.wait_initial_metadata(), (('first', 'yes'),))

    async def test_large_response_with_metadata(self):
        call = self.call('Details', b'x' * 100000)
        self.assertEqual(await call.wait_response(), b'x' * 100000)
        self.assertEqual(call.status.trailing_metadata, (('last', 'no'),))

    async def test_options(self):
        call = self.call('Hang', b'x', timeout=50, metadata=[('key', 'value'), ('key', b'other'), ('x-bin', b'\0')],
                         authority='example', wait_for_ready=True, compression=2)
        await until(lambda: self.peer.calls)
        served, = self.peer.calls
        self.assertEqual(served.host, 'example')
        metadata = [entry for entry in served.invocation_metadata if entry[0] in ('key', 'x-bin')]
        self.assertEqual(metadata, [('key', 'value'), ('key', 'other'), ('x-bin', b'\0')])
        self.assertTrue(0 < served.time_remaining() <= 51)
        self.assertTrue(0 < call.time_remaining() <= 50)
        self.assertTrue(served.peer().startswith('ipv4:127.0.0.1:'))
        self.assertEqual(served.auth_context().is_peer_authenticated(), False)
        served.finish(response=b'y')
        self.assertEqual(await call.wait_response(), b'y')

    async def test_no_deadline(self):
        call = self.call('Hang')
        await until(lambda: self.peer.calls)
        self.assertIsNone(self.peer.calls[0].time_remaining())
        self.assertIsNone(call.time_remaining())

    async def test_no_metadata(self):
        for metadata, error in (
                ([('Key', 'value')], ValueError), ([('', 'value')], ValueError), ([('key', 'ä')], ValueError),
                ([('key', '\n')], ValueError), ([(b'key', 'value')], TypeError), ([('key', 1)], TypeError),
                ([('key', None)], TypeError), ([1], TypeError), ([('key',)], ValueError)):
            with self.assertRaises(error, msg=metadata):
                self.call('Echo', metadata=metadata)
        self.assertEqual(Port.get().calls(), [])

    async def test_deadline(self):
        # A slow machine needs more time to get to the server.
        timeout = 0.05
        while not self.peer.calls:
            call = self.call('Hang', timeout=timeout)
            status = await call.wait_status()
            self.assertEqual((status.code, status.local), (DEADLINE_EXCEEDED, False))
            self.assertEqual(call.time_remaining(), 0)
            timeout *= 2
        await until(lambda: self.peer.over)
        self.assertTrue(self.peer.over[0].cancelled)

    async def test_deadline_of_nothing(self):
        for timeout in 0, -1, 1e-9:
            self.assertEqual((await self.call('Hang', timeout=timeout).wait_status()).code, DEADLINE_EXCEEDED)

    async def test_endless_deadline(self):
        self.assertEqual(await self.call('Echo', b'x', timeout=float(1 << 60)).wait_response(), b'x')

    async def test_unreachable(self):
        self.peer.channel = self.peer.new_channel('unix:/nowhere/at/all')
        self.assertEqual((await self.call('Echo').wait_status()).code, UNAVAILABLE)
        status = await self.call('Echo', wait_for_ready=True, timeout=0.05).wait_status()
        self.assertEqual(status.code, DEADLINE_EXCEEDED)
        call = self.call('Chat')
        self.assertFalse(await call.write(b'x'))
        self.assertEqual(call.status.code, UNAVAILABLE)
        call = self.call('Chat')
        self.assertFalse(await call.wait_for_connection())
        self.assertEqual(await call.wait_initial_metadata(), ())

    async def test_closed_channel(self):
        self.peer.channel.close()
        call = self.call('Echo')
        self.assertFalse(call.done())
        self.assertNotEqual((await call.wait_status()).code, OK)

    # Cancelling

    async def test_cancel_before(self):
        call = self.call('Hang')
        self.assertTrue(call.cancel('enough'))
        self.assertEqual(call.status, (CANCELLED, 'enough', (), (), '', True))
        self.assertFalse(call.cancel('again'))
        self.assertEqual(await call.wait_response(), None)

    async def test_cancel_during(self):
        for name in 'Hang', 'HangStream', 'HangChat':
            call = self.call(name)
            await until(lambda: self.peer.calls)
            waiters = [asyncio.ensure_future(call.wait_status())]
            if name != 'Hang':
                waiters += [asyncio.ensure_future(call.read()) for _ in range(3)]
            await asyncio.sleep(0)
            self.assertTrue(call.cancel('enough'))
            results = await asyncio.gather(*waiters)
            self.assertEqual(results[0].details, 'enough')
            self.assertEqual(results[1:], [None] * (len(waiters) - 1))
            await until(lambda: self.peer.over)
            self.assertTrue(self.peer.over[0].cancelled)
            self.peer.over.clear()
            self.peer.calls.clear()

    async def test_cancel_after(self):
        call = self.call('Echo')
        await call.wait_response()
        self.assertFalse(call.cancel('late'))
        self.assertEqual(call.status.code, OK)

    async def test_cancel_with_messages_unread(self):
        call = self.call('Count', b'5')
        await call.read()
        await asyncio.sleep(0.01)
        self.assertFalse(call.done())
        self.assertTrue(call.cancel('enough'))
        self.assertIsNone(call.read_nowait())

    async def test_cancelled_waiters(self):
        call = self.call('HangChat')
        tasks = [asyncio.ensure_future(wait) for wait in (
            call.wait_status(), call.wait_response(), call.read(), call.wait_initial_metadata())]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        self.assertTrue(all(task.cancelled() for task in tasks))
        self.assertFalse(call.done())
        await until(lambda: self.peer.calls)
        self.peer.calls[0].finish(UNKNOWN)
        self.assertEqual((await call.wait_status()).code, UNKNOWN)

    async def test_cancelled_at_once(self):
        # What comes before the task goes on is too late.
        call = self.call('HangChat')
        waiter = call.wait_done(lambda: call.cancel('enough'))
        task = asyncio.ensure_future(asyncio.wait_for(waiter, None))
        await asyncio.sleep(0)
        task.cancel()
        self.assertEqual(call.status.details, 'enough')
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertFalse(call.cancel('again'))

    async def test_cancelled_read_takes_nothing(self):
        call = self.call('HangChat')
        first = asyncio.ensure_future(call.read())
        second = asyncio.ensure_future(call.read())
        await until(lambda: self.peer.calls)
        first.cancel()
        await self.peer.calls[0].write(b'one')
        self.assertEqual(await second, b'one')
        self.assertTrue(first.cancelled())

    async def test_cancelled_read_loses_nothing(self):
        call = self.call('HangChat')
        first = asyncio.ensure_future(call.read())
        second = asyncio.ensure_future(call.read())
        await asyncio.sleep(0)
        # The message has come, and the task that waited for it has not gone on yet.
        call._on_message(b'one')
        first.cancel()
        self.assertEqual(await second, b'one')
        self.assertTrue(first.cancelled())
        call._on_message(b'two')
        self.assertEqual(await call.read(), b'two')

    async def test_time_out_of_wait(self):
        call = self.call('Hang')
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(call.wait_status(), 0.01)
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(call.wait_done(), 0.01)
        self.assertFalse(call.done())

    async def test_dropped(self):
        for name in 'HangStream', 'HangChat':
            call = self.call(name)
            await until(lambda: self.peer.calls)
            del call
            gc.collect()
            await until(lambda: self.peer.over)
            self.peer.over.clear()
            self.peer.calls.clear()

    async def test_fired_and_forgotten(self):
        self.call('Hang')
        gc.collect()
        await until(lambda: self.peer.calls)
        self.assertFalse(self.peer.calls[0].done())

    async def test_kept_while_somebody_waits(self):
        call = self.call('HangChat')
        task = asyncio.ensure_future(call.read())
        await until(lambda: self.peer.calls)
        del call
        gc.collect()
        await self.peer.calls[0].write(b'here')
        self.assertEqual(await task, b'here')

    async def test_collected_elsewhere(self):
        calls = [self.call('HangChat')]
        await until(lambda: self.peer.calls)
        thread = threading.Thread(target=calls.clear)
        thread.start()
        thread.join()
        await until(lambda: self.peer.over)

    async def test_callbacks(self):
        seen = []
        call = self.call('Echo')
        call.add_done_callback(seen.append)
        call.add_done_callback(self.fail)
        self.assertEqual(call.remove_done_callback(self.fail), 1)
        self.assertEqual(call.remove_done_callback(self.fail), 0)
        await call.wait_status()
        await asyncio.sleep(0)
        self.assertEqual(seen, [call])
        call.add_done_callback(seen.append)
        self.assertEqual(seen, [call])
        await asyncio.sleep(0)
        self.assertEqual(seen, [call, call])

    # Streams

    async def test_stream_of_responses(self):
        call = self.call('Count', b'1000')
        for i in range(1000):
            self.assertFalse(call.done())
            self.assertEqual(await call.read(), b'%d' % i)
        self.assertIsNone(await call.read())
        self.assertEqual((await call.wait_status()).code, OK)
        self.assertIsNone(call.read_nowait())

    async def test_status_after_messages(self):
        call = self.call('Count', b'3')
        waiter = asyncio.ensure_future(call.wait_status())
        await until(lambda: len(self.peer.calls) == 1 and self.peer.calls[0].finished)
        await asyncio.sleep(0.05)
        self.assertFalse(waiter.done())
        for i in range(3):
            self.assertEqual(await call.read(), b'%d' % i)
        self.assertEqual((await waiter).code, OK)

    async def test_flow_control(self):
        call = self.call('Flood')
        n_written = -1
        while not hasattr(self.peer, 'n_written') or n_written != self.peer.n_written:
            n_written = getattr(self.peer, 'n_written', -1)
            await asyncio.sleep(0.2)
        self.assertLess(n_written, 10000)
        for _ in range(n_written + 100):
            self.assertEqual(len(await call.read()), 1000)
        call.cancel('')
        await until(lambda: not self.peer.tasks)

    async def test_stream_of_requests(self):
        call = self.call('Join')
        for part in b'a', b'', b'b' * 100000:
            self.assertTrue(await call.write(part))
        self.assertTrue(await call.done_writing())
        self.assertTrue(await call.done_writing())
        self.assertEqual(await call.wait_response(), b'a++' + b'b' * 100000)
        self.assertFalse(await call.write(b'late'))
        self.assertFalse(await call.done_writing())

    async def test_connected_before_answer(self):
        call = self.call('Join')
        self.assertTrue(await asyncio.wait_for(call.wait_for_connection(), 10))
        self.assertIsNone(call.initial_metadata)
        await call.done_writing()
        self.assertEqual(await call.wait_response(), b'')

    async def test_chat(self):
        call = self.call('Chat')
        self.assertEqual(await call.wait_initial_metadata(), (('hello', 'there'), ('blob-bin', b'\xfe')))
        self.assertTrue(await call.wait_for_connection())
        self.assertEqual(call.peer(), 'ipv4:' + self.peer.target)
        self.assertEqual(call.auth_context().is_peer_authenticated(), False)
        for message in b'a', b'b' * 70000, b'c':
            self.assertTrue(await call.write(message))
            self.assertEqual(await call.read(), message)
        self.assertIs(call.read_nowait(), PENDING)
        reads = [asyncio.ensure_future(call.read()) for _ in range(5)]
        for i in range(4):
            call.write_nowait(b'%d' % i)
        await call.done_writing()
        self.assertEqual(await asyncio.gather(*reads), [b'0', b'1', b'2', b'3', None])
        status = await call.wait_status()
        self.assertEqual((status.code, status.trailing_metadata), (OK, (('good', 'bye'),)))
        self.assertIsNone(call.peer())

    async def test_many_writes(self):
        call = self.call('Join')
        for _ in range(5000):
            call.write_nowait(b'x' * 100)
        self.assertTrue(await call.write(b'x' * 100))
        await call.done_writing()
        self.assertEqual(len(await call.wait_response()), 5001 * 101 - 1)

    async def test_early_end(self):
        call = self.call('HangChat')
        writes = [call.write_nowait(b'x' * 60000) for _ in range(100)]
        await until(lambda: self.peer.calls)
        self.peer.calls[0].finish(NOT_FOUND)
        # grpc-core takes what is too late for good when it has the status already.
        self.assertIn(await asyncio.wait_for(writes[-1], 20), (True, False))
        self.assertEqual((await call.wait_status()).code, NOT_FOUND)
        self.assertFalse(await call.write(b'x'))
        self.assertIsNone(await call.read())

    # Servers

    async def test_exception_in_on_call(self):
        problems = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context['exception']))
        status = await self.call('Raise').wait_status()
        self.assertEqual(status.code, UNKNOWN)
        self.assertEqual([str(problem) for problem in problems], ['no'])

    async def test_two_servers(self):
        other = Peer()
        self.assertEqual(await other.call('Echo', b'other').wait_response(), b'other')
        self.assertEqual(await self.call('Echo', b'this').wait_response(), b'this')
        self.assertEqual((len(other.calls), len(self.peer.calls)), (1, 1))
        await other.stop()
        self.assertEqual(await self.call('Echo', b'this').wait_response(), b'this')

    async def test_end_of_served_call(self):
        order = []
        call = self.call('HangChat')
        await until(lambda: self.peer.calls)
        served, = self.peer.calls
        served.add_done_callback(lambda call: order.append(('done', call.cancelled)))
        reader = asyncio.ensure_future(served.read())
        waiter = asyncio.ensure_future(served.wait_done())
        reader.add_done_callback(lambda _: order.append('read'))
        await asyncio.sleep(0)
        # This may be told before the rest, and is no end of the requests.
        self.peer.port._on_event(served._id, _port._END_OF_MESSAGES, 1, b'')
        await asyncio.sleep(0)
        self.assertFalse(reader.done())
        call.cancel('')
        self.assertIsNone(await reader)
        await waiter
        self.assertEqual(order[0], ('done', True))
        self.assertTrue(served.done())
        self.assertFalse(await served.write(b'x'))
        self.assertIsNone(served.read_nowait())
        served.finish()
        seen = []
        served.add_done_callback(seen.append)
        self.assertEqual(seen, [served])

    async def test_answered_call_is_done(self):
        call = self.call('HangChat')
        await until(lambda: self.peer.calls)
        served, = self.peer.calls
        served.finish(OK)
        await served.wait_done()
        self.assertFalse(served.cancelled)
        self.assertEqual((await call.wait_status()).code, OK)

    async def test_compression(self):
        call = self.call('HangChat')
        await until(lambda: self.peer.calls)
        served, = self.peer.calls
        self.assertTrue(served.set_compression(2))
        await served.write(b'x' * 5000)
        self.assertFalse(served.set_compression(2))
        await served.write(b'y' * 5000, 2)
        self.assertEqual([await call.read(), await call.read()], [b'x' * 5000, b'y' * 5000])

    async def test_metadata_of_server(self):
        call = self.call('HangChat')
        await until(lambda: self.peer.calls)
        served, = self.peer.calls
        with self.assertRaises(ValueError):
            served.send_initial_metadata([('Bad', 'x')])
        self.assertFalse(served.sent_initial_metadata)
        with self.assertRaises(TypeError):
            served.finish(OK, '', [('bad', 1)])
        self.assertFalse(served.finished)
        served.finish(OK)
        self.assertEqual((await call.wait_status()).code, OK)

    async def test_parent(self):
        call = self.call('Hang')
        await until(lambda: self.peer.calls)
        child = self.call('Hang', parent=self.peer.calls[0])
        await until(lambda: len(self.peer.calls) == 2)
        call.cancel('')
        self.assertEqual((await child.wait_status()).code, CANCELLED)

    # Loops

    async def test_call_async(self):
        port = Port.get()
        self.assertTrue(await port.call_async(self.peer.channel.ready_async, self.peer.channel.ready_finish))
        state = self.peer.channel.get_state(False)
        change = port.call_async(self.peer.channel.wait_for_state_change_async,
                                 self.peer.channel.wait_for_state_change_finish, state)
        await asyncio.sleep(0.01)
        change.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await change
        self.assertNotEqual(self.peer.channel.get_state(False), GrpcAio.ChannelConnectivity.SHUTDOWN)

    async def test_port_of_loop(self):
        self.assertIs(Port.get(), Port.get())
        self.assertIs(Port.for_loop(asyncio.get_running_loop()), Port.get())
        self.assertIn(Port.get(), Port.all())

    async def test_nothing_is_left(self):
        call = self.call('Chat')
        await call.write(b'x')
        await call.read()
        reference = weakref.ref(call)
        call.cancel('')
        del call
        gc.collect()
        self.assertIsNone(reference())
        served = weakref.ref(self.peer.calls.pop())
        await until(lambda: not self.peer.tasks)
        gc.collect()
        self.assertIsNone(served())


class LoopTest(unittest.TestCase):
    def test_loops_in_sequence(self):
        async def main():
            peer = Peer()
            self.assertEqual(await peer.call('Echo', b'x').wait_response(), b'x')
            await peer.stop()
            return weakref.ref(Port.get())

        ports = [asyncio.run(main()) for _ in range(50)]
        gc.collect()
        self.assertEqual([port() for port in ports], [None] * 50)

    def test_loops_closed_with_calls(self):
        async def main():
            peer = Peer()
            calls = [peer.call(name) for name in ('Hang', 'HangStream', 'HangChat')]
            for call in calls:
                asyncio.ensure_future(call.wait_status())
            await until(lambda: len(peer.calls) == 3)
            kept.extend(calls)

        for _ in range(10):
            kept = []
            asyncio.run(main())
            # Who uses what is left after that meets no exception.
            for call in kept:
                call.cancel('late')
                self.assertEqual(call.status.code, CANCELLED)
        gc.collect()

    def test_shared_channel(self):
        async def serve():
            peer = Peer()
            targets.append(peer.target)
            started.set()
            while not ended.is_set():
                await asyncio.sleep(0.01)
            await peer.stop()

        async def work(i):
            for j in range(50):
                text = b'%d %d' % (i, j)
                self.assertEqual(await Port.get().call(method, text).wait_response(), text)
                call = Port.get().call(chat, None)
                await call.write(text)
                self.assertEqual(await call.read(), text)
                call.cancel('')

        def run(i):
            asyncio.run(work(i))
            results.append(i)

        targets, results = [], []
        started, ended = threading.Event(), threading.Event()
        server = threading.Thread(target=asyncio.run, args=[serve()])
        server.start()
        started.wait()
        channel = GrpcAio.Channel.new(targets[0], None)
        method = channel.unary_unary('/test.Test/Echo')
        chat = channel.stream_stream('/test.Test/Chat')
        threads = [threading.Thread(target=run, args=[i]) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ended.set()
        server.join()
        self.assertEqual(sorted(results), list(range(8)))

    def test_exit_with_calls(self):
        code = '''
import asyncio, sys
from test_port import Peer

async def main():
    peer = Peer()
    peer.calls_kept = [peer.call(name) for name in ('Hang', 'HangStream', 'HangChat')]
    if sys.argv[1] != 'open':
        asyncio.ensure_future(peer.calls_kept[2].read())
    while len(peer.calls) < 3:
        await asyncio.sleep(0)
    globals()['kept'] = peer
    if sys.argv[1] == 'exit':
        sys.exit(0)

if sys.argv[1] == 'open':
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
else:
    asyncio.run(main())
'''
        for how in 'exit', 'open', 'end':
            done = subprocess.run([sys.executable, '-c', code, how], cwd=os.path.dirname(os.path.abspath(__file__)),
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, ''), how)


class FrameTest(unittest.TestCase):
    def test_metadata(self):
        entries = (('a', 'b'), ('c-bin', b'\0\xff'), ('a', ''), ('long', 'x' * 1000))
        data = _port.encode_metadata(entries)
        self.assertEqual(_port.decode_metadata(b'123' + data, 3), (entries, 3 + len(data)))
        self.assertEqual(_port.encode_metadata(None), b'')
        self.assertEqual(_port.encode_metadata(()), b'')


if __name__ == '__main__':
    unittest.main()
