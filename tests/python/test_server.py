# SPDX-License-Identifier: LGPL-2.1-or-later

"""Servers: handlers, starting and stopping, limits."""

import asyncio
import gc

from support import (ANSWERS, ECHO, LONG, SERVICE, SHORT, Case, Gate, Handlers, aio, drive, grpc, handler, kinds,
                     path, server_credentials, wrap)

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


class HandlersOfAServer(Case):
    @kinds()
    async def test_generic_handler(self, kind):
        generic = Handlers({'/a/b': ECHO[kind]})
        self.server = aio.server(handlers=[generic])
        port = self.server.add_insecure_port('127.0.0.1:0')
        await self.server.start()
        self.addAsyncCleanup(self.server.stop, None)
        channel = self.connect(f'127.0.0.1:{port}')
        call = getattr(channel, kind)('/a/b')(b'ab' if kind.startswith('unary') else [b'a', b'b'])
        self.assertEqual(await drive(call, kind), ANSWERS[kind])
        self.assertEqual(generic.asked[0].method, '/a/b')

    async def test_details(self):
        generic = Handlers({'/a/b': ECHO['unary_unary']})
        await self.pair()
        self.server.add_generic_rpc_handlers((generic,))
        await self.channel.unary_unary('/a/b')(b'x', metadata=(('key', 'value'),))
        details = generic.asked[-1]
        self.assertEqual(details.method, '/a/b')
        self.assertIn(('key', 'value'), tuple(details.invocation_metadata))

    async def test_first_handler_wins(self):
        async def first(request, context):
            return b'first'

        async def second(request, context):
            return b'second'

        await self.pair()
        self.server.add_generic_rpc_handlers([Handlers({'/a/b': handler('unary_unary', first)}),
                                              Handlers({'/a/b': handler('unary_unary', second)})])
        self.assertEqual(await self.channel.unary_unary('/a/b')(b''), b'first')

    async def test_next_handler_is_asked(self):
        await self.pair()
        none = Handlers({})
        self.server.add_generic_rpc_handlers([none, Handlers({'/a/b': ECHO['unary_unary']})])
        self.assertEqual(await self.channel.unary_unary('/a/b')(b'x'), b'x')
        self.assertEqual([details.method for details in none.asked], ['/a/b'])

    async def test_two_servers(self):
        """Each has its own handlers, in the same loop."""
        async def first(request, context):
            return b'first'

        async def second(request, context):
            return b'second'

        addresses = [await self.serve({'answer': handler('unary_unary', function)})
                     for function in (first, second)]
        for address, expected in zip(addresses * 2, (b'first', b'second') * 2):
            self.connect(address)
            self.assertEqual(await self.start('unary_unary', 'answer'), expected)

    async def test_service_handler(self):
        generic = grpc.method_handlers_generic_handler(SERVICE, ECHO)
        self.assertIsInstance(generic, grpc.ServiceRpcHandler)
        self.assertIsInstance(generic, grpc.GenericRpcHandler)
        self.assertEqual(generic.service_name(), SERVICE)

    async def test_method_handlers(self):
        for kind, made in ECHO.items():
            self.assertIsInstance(made, grpc.RpcMethodHandler)
            self.assertEqual(made.request_streaming, kind.startswith('stream'))
            self.assertEqual(made.response_streaming, kind.endswith('stream'))
            self.assertIsNone(made.request_deserializer)
            self.assertIsNone(made.response_serializer)
            for other in ECHO:
                self.assertEqual(getattr(made, other) is not None, other == kind)

    @kinds()
    async def test_serializers(self, kind):
        async def one(request, context):
            if kind == 'stream_unary':
                return sum([number async for number in request])
            return request + 1

        async def many(request, context):
            if kind == 'unary_stream':
                yield request
                yield request + 1
            else:
                async for number in request:
                    yield number + 1

        made = handler(kind, one if kind.endswith('unary') else many, request_deserializer=int,
                       response_serializer=lambda number: b'%d' % number)
        await self.pair({'count': made})
        call = self.start(kind, 'count', messages=(b'1', b'2'))
        expected = {'unary_unary': [b'13'], 'unary_stream': [b'12', b'13'], 'stream_unary': [b'3'],
                    'stream_stream': [b'2', b'3']}
        self.assertEqual(await drive(call, kind), expected[kind])

    @kinds()
    async def test_raises(self, kind):
        async def fail(context):
            raise KeyError('Broken')

        await self.pair({'fail': wrap(kind, fail)})
        await self.fails(drive(self.start(kind, 'fail'), kind), grpc.StatusCode.UNKNOWN,
                         "Unexpected <class 'KeyError'>: 'Broken'")

    async def test_raises_after_responses(self):
        async def fail(request, context):
            yield b'1'
            raise KeyError('Broken')

        await self.pair({'fail': handler('unary_stream', fail)})
        call = self.start('unary_stream', 'fail')
        self.assertEqual(await call.read(), b'1')
        await self.fails(call.read(), grpc.StatusCode.UNKNOWN)

    async def test_lookup_raises(self):
        class Broken(grpc.GenericRpcHandler):
            def service(self, handler_call_details):
                raise KeyError('Broken')

        await self.pair()
        self.server.add_generic_rpc_handlers((Broken(),))
        await self.fails(self.channel.unary_unary('/a/b')(b''), grpc.StatusCode.UNKNOWN)
        self.assertEqual(await self.start('unary_unary'), b'ab')

    async def test_request_that_cannot_be_read(self):
        def refuse(data):
            raise ValueError

        await self.pair({'refuse': handler('unary_unary', ECHO['unary_unary'].unary_unary,
                                           request_deserializer=refuse)})
        call = self.start('unary_unary', 'refuse')
        with self.assertRaises(aio.AioRpcError):
            await call

    async def test_response_that_cannot_be_sent(self):
        def refuse(data):
            raise ValueError

        await self.pair({'refuse': handler('unary_unary', ECHO['unary_unary'].unary_unary,
                                           response_serializer=refuse)})
        with self.assertRaises(aio.AioRpcError):
            await self.start('unary_unary', 'refuse')

    async def test_response_is_no_bytes(self):
        async def respond(request, context):
            return 42

        await self.pair({'number': handler('unary_unary', respond)})
        await self.fails(self.start('unary_unary', 'number'), grpc.StatusCode.UNKNOWN)

    async def test_reader_and_writer(self):
        async def copy(request, context):
            await context.write(request)
            await context.write(request)

        await self.pair({'copy': handler('unary_stream', copy)})
        self.assertEqual(await drive(self.start('unary_stream', 'copy'), 'unary_stream'), [b'ab', b'ab'])

    async def test_read_after_the_end(self):
        seen = []

        async def read(requests, context):
            while True:
                seen.append(await context.read())
                if len(seen) == 4:
                    return b''

        await self.pair({'read': handler('stream_unary', read)})
        await self.start('stream_unary', 'read')
        self.assertEqual(seen, [b'a', b'b', aio.EOF, aio.EOF])

    async def test_requests_that_are_not_read(self):
        async def ignore(requests, context):
            return b'enough'

        await self.pair({'ignore': handler('stream_unary', ignore)})
        self.assertEqual(await self.start('stream_unary', 'ignore'), b'enough')

    async def test_handler_without_methods(self):
        """A handler with a kind but without a function of that kind."""
        class Odd(grpc.RpcMethodHandler):
            request_streaming = response_streaming = False
            request_deserializer = response_serializer = unary_unary = None

        await self.pair({'odd': Odd()})
        with self.assertRaises(aio.AioRpcError):
            await self.start('unary_unary', 'odd')

    @kinds()
    async def test_client_cancels(self, kind):
        gate, call = await self.gated(kind)
        call.cancel()
        await gate.cancelled.wait()
        self.assertTrue(call.cancelled())

    async def test_handler_outlives_the_client(self):
        """A handler that catches the cancellation may end in its own time."""
        ended = asyncio.Event()
        gate = Gate()

        async def work(context):
            try:
                await gate.wait()
            except asyncio.CancelledError:
                await asyncio.sleep(0)
                ended.set()

        await self.pair({'work': wrap('unary_unary', work)})
        call = self.start('unary_unary', 'work')
        await gate.entered.wait()
        call.cancel()
        await ended.wait()

    async def test_write_to_a_client_that_is_gone(self):
        gate = Gate()
        ended = asyncio.Event()

        async def respond(request, context):
            try:
                await gate.wait()
            except asyncio.CancelledError:
                pass
            try:
                await context.write(b'x')
            finally:
                ended.set()

        await self.pair({'respond': handler('unary_stream', respond)})
        call = self.start('unary_stream', 'respond')
        await gate.entered.wait()
        call.cancel()
        await ended.wait()
        self.assertEqual(await self.start('unary_unary'), b'ab')


class StartAndStop(Case):
    def new_server(self):
        server = aio.server(handlers=[grpc.method_handlers_generic_handler(SERVICE, ECHO)])
        self.addAsyncCleanup(server.stop, None)
        return server

    async def test_is_a_server(self):
        self.assertIsInstance(aio.server(), aio.Server)

    async def test_port(self):
        self.assertGreater(self.new_server().add_insecure_port('127.0.0.1:0'), 0)

    async def test_secure_port(self):
        self.assertGreater(self.new_server().add_secure_port('127.0.0.1:0', server_credentials()), 0)

    async def test_port_of_a_socket(self):
        self.assertEqual(self.new_server().add_insecure_port(f'unix:{self.folder()}/socket'), 1)

    async def test_several_ports(self):
        self.server = self.new_server()
        ports = [self.server.add_insecure_port('127.0.0.1:0') for _ in range(3)]
        await self.server.start()
        for port in ports:
            self.connect(f'127.0.0.1:{port}')
            self.assertEqual(await self.start('unary_unary'), b'ab')

    async def test_port_that_cannot_be(self):
        for add in (self.new_server().add_insecure_port,
                    lambda address: self.new_server().add_secure_port(address, server_credentials())):
            with self.assertRaises(RuntimeError) as caught:
                add('256.0.0.1:1')
            self.assertIn('256.0.0.1:1', str(caught.exception))

    async def test_start_returns_nothing(self):
        server = self.new_server()
        server.add_insecure_port('127.0.0.1:0')
        self.assertIsNone(await server.start())

    async def test_start_again(self):
        server = self.new_server()
        server.add_insecure_port('127.0.0.1:0')
        await server.start()
        await server.start()

    async def test_start_after_stop(self):
        server = self.new_server()
        await server.start()
        await server.stop(None)
        with self.assertRaises(aio.UsageError) as caught:
            await server.start()
        self.assertEqual(str(caught.exception), 'Server not in ready state')

    async def test_stop_before_start(self):
        server = self.new_server()
        self.assertIsNone(await server.stop(None))
        self.assertIsNone(await server.stop(1))

    async def test_stop_again(self):
        await self.pair()
        for grace in (None, 0, 1, None):
            self.assertIsNone(await self.server.stop(grace))

    async def test_stop_in_several_tasks(self):
        await self.pair()
        await asyncio.gather(self.server.stop(None), self.server.stop(1), self.server.stop(None))

    async def test_nobody_is_served_after_stop(self):
        await self.pair()
        self.assertEqual(await self.start('unary_unary'), b'ab')
        await self.server.stop(None)
        await self.fails(self.start('unary_unary'), UNAVAILABLE)

    @kinds()
    async def test_stop_at_once(self, kind):
        gate, call = await self.gated(kind)
        await self.server.stop(None)
        with self.assertRaises(aio.AioRpcError) as caught:
            await drive(call, kind)
        self.assertIn(caught.exception.code(), (UNAVAILABLE, grpc.StatusCode.CANCELLED))
        await gate.cancelled.wait()

    async def test_grace_lets_calls_end(self):
        gate, call = await self.gated('unary_unary')
        stopping = asyncio.create_task(self.server.stop(LONG))
        await asyncio.sleep(0.01)
        self.assertFalse(stopping.done())
        gate.opened.set()
        self.assertEqual(await call, b'ab')
        await stopping

    async def test_grace_passes(self):
        gate, call = await self.gated('unary_unary')
        await self.server.stop(SHORT)
        with self.assertRaises(aio.AioRpcError):
            await call
        await gate.cancelled.wait()

    async def test_grace_is_shortened(self):
        gate, call = await self.gated('unary_unary')
        slow = asyncio.create_task(self.server.stop(LONG * 10))
        await asyncio.sleep(0)
        await self.server.stop(SHORT)
        await slow
        with self.assertRaises(aio.AioRpcError):
            await call

    async def test_grace_is_not_lengthened(self):
        _, call = await self.gated('unary_unary')
        first = asyncio.create_task(self.server.stop(SHORT))
        await asyncio.sleep(0)
        await self.server.stop(LONG * 10)
        await first
        with self.assertRaises(aio.AioRpcError):
            await call

    async def test_no_call_during_grace(self):
        gate, call = await self.gated('unary_unary')
        stopping = asyncio.create_task(self.server.stop(LONG))
        await asyncio.sleep(0.01)
        self.connect(options=(('grpc.use_local_subchannel_pool', 1),))
        await self.fails(self.start('unary_unary'), UNAVAILABLE)
        gate.opened.set()
        self.assertEqual(await call, b'ab')
        await stopping

    async def test_stop_from_a_handler(self):
        stopping = []

        async def stop(context):
            stopping.append(asyncio.create_task(self.server.stop(LONG)))

        await self.pair({'stop': wrap('unary_unary', stop)})
        self.assertEqual(await self.start('unary_unary', 'stop'), b'ab')
        await stopping[0]

    async def test_stopping_task_is_cancelled(self):
        gate, call = await self.gated('unary_unary')
        stopping = asyncio.create_task(self.server.stop(LONG * 10))
        await asyncio.sleep(0.01)
        stopping.cancel()
        await self.cancelled(stopping)
        gate.opened.set()
        self.assertEqual(await call, b'ab')

    async def test_dropped(self):
        server = aio.server(handlers=[grpc.method_handlers_generic_handler(SERVICE, ECHO)])
        port = server.add_insecure_port('127.0.0.1:0')
        await server.start()
        self.connect(f'127.0.0.1:{port}')
        self.assertEqual(await self.start('unary_unary'), b'ab')
        del server
        gc.collect()
        await self.channel.wait_for_state_change(grpc.ChannelConnectivity.READY)


class WaitForTermination(Case):
    async def test_timeout(self):
        await self.pair()
        self.assertIs(await self.server.wait_for_termination(timeout=SHORT), True)

    async def test_stopped(self):
        await self.pair()
        waiting = asyncio.create_task(self.server.wait_for_termination())
        await asyncio.sleep(0)
        self.assertFalse(waiting.done())
        await self.server.stop(None)
        self.assertIs(await waiting, False)

    async def test_stopped_before_the_timeout(self):
        await self.pair()
        waiting = asyncio.create_task(self.server.wait_for_termination(LONG * 10))
        await asyncio.sleep(0)
        await self.server.stop(None)
        self.assertIs(await waiting, False)

    async def test_stopped_already(self):
        await self.pair()
        await self.server.stop(None)
        self.assertIs(await self.server.wait_for_termination(), False)
        self.assertIs(await self.server.wait_for_termination(timeout=1), False)

    async def test_several_wait(self):
        await self.pair()
        waiting = [asyncio.create_task(self.server.wait_for_termination(LONG)) for _ in range(5)]
        await asyncio.sleep(0)
        await self.server.stop(None)
        self.assertEqual(await asyncio.gather(*waiting), [False] * 5)

    async def test_waiting_is_cancelled(self):
        await self.pair()
        waiting = asyncio.create_task(self.server.wait_for_termination(LONG))
        await asyncio.sleep(0)
        waiting.cancel()
        await self.cancelled(waiting)
        self.assertEqual(await self.start('unary_unary'), b'ab')


class Limit(Case):
    async def limited(self, limit):
        """A server whose method waits at a gate."""
        self.gate = Gate()
        self.n_inside = self.n_served = self.most = 0
        await self.pair({'gate': wrap('unary_unary', self.go_through)}, server={'maximum_concurrent_rpcs': limit})

    async def go_through(self, context):
        self.n_inside += 1
        self.n_served += 1
        self.most = max(self.most, self.n_inside)
        await self.gate.wait(context)
        self.n_inside -= 1

    async def test_is_exceeded(self):
        await self.limited(3)
        calls = [self.start('unary_unary', 'gate') for _ in range(10)]
        await self.gate.entered.wait()
        self.gate.opened.set()
        self.assertEqual(await asyncio.gather(*calls), [b'ab'] * 10)
        self.assertEqual((self.n_served, self.most <= 3), (10, True))

    async def test_excess_waits(self):
        await self.limited(1)
        first = self.start('unary_unary', 'gate')
        await self.gate.entered.wait()
        others = [self.start('unary_unary', 'gate') for _ in range(3)]
        with self.assertRaises(aio.AioRpcError):
            await self.start('unary_unary', 'gate', timeout=SHORT)
        self.assertEqual(self.n_served, 1)
        self.gate.opened.set()
        self.assertEqual(await asyncio.gather(first, *others), [b'ab'] * 4)
        # The server may learn too late that one has given up.
        self.assertIn(self.n_served, (4, 5))
        self.assertEqual(self.most, 1)

    async def test_who_waits_may_give_up(self):
        await self.limited(1)
        call = self.start('unary_unary', 'gate')
        await self.gate.entered.wait()
        for _ in range(3):
            waiting = self.start('unary_unary', 'gate', timeout=SHORT)
            await self.fails(waiting, grpc.StatusCode.DEADLINE_EXCEEDED)
            waiting = self.start('unary_unary', 'gate')
            await asyncio.sleep(0)
            waiting.cancel()
            await self.cancelled(waiting)
        self.gate.opened.set()
        self.assertEqual(await call, b'ab')
        self.assertEqual(await self.start('unary_unary'), b'ab')
        self.assertEqual(self.most, 1)

    async def test_is_not_exceeded(self):
        await self.limited(10)
        calls = [self.start('unary_unary', 'gate') for _ in range(10)]
        await self.gate.entered.wait()
        self.gate.opened.set()
        self.assertEqual(await asyncio.gather(*calls), [b'ab'] * 10)

    async def test_is_free_again(self):
        await self.limited(1)
        for _ in range(10):
            self.assertEqual(await self.start('unary_unary'), b'ab')

    async def test_stop_when_it_is_reached(self):
        await self.limited(1)
        call = self.start('unary_unary', 'gate')
        await self.gate.entered.wait()
        waiting = [self.start('unary_unary', 'gate') for _ in range(3)]
        await asyncio.sleep(0)
        await self.server.stop(None)
        for each in [call, *waiting]:
            with self.assertRaises(aio.AioRpcError):
                await each
        self.assertEqual(self.n_served, 1)

    async def test_must_be_positive(self):
        for limit in (0, -1):
            with self.assertRaises(ValueError):
                aio.server(maximum_concurrent_rpcs=limit)

    async def test_unknown_methods(self):
        await self.pair(server={'maximum_concurrent_rpcs': 5})
        await self.fails(self.channel.unary_unary(path('unknown'))(b''), grpc.StatusCode.UNIMPLEMENTED)
