# SPDX-License-Identifier: LGPL-2.1-or-later

"""The packages beside: health, reflection, channelz, status and testing.

grpc.aio has none of its own; Debian has no packages of grpcio's that do.
"""

import asyncio
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, duration_pb2

from grpc_aio_glib import _protofile, testing
from grpc_aio_glib.channelz.v1 import channelz, channelz_pb2, channelz_pb2_grpc
from grpc_aio_glib.health.v1 import health, health_pb2, health_pb2_grpc
from grpc_aio_glib.reflection.v1 import reflection as reflection_v1
from grpc_aio_glib.reflection.v1 import reflection_pb2 as reflection_v1_pb2
from grpc_aio_glib.reflection.v1 import reflection_pb2_grpc as reflection_v1_pb2_grpc
from grpc_aio_glib.reflection.v1alpha import reflection, reflection_pb2, reflection_pb2_grpc
from grpc_aio_glib.status import rpc_status, status_pb2
from support import Case, aio, grpc, handler, path

import route_pb2
import route_pb2_grpc

Status = health_pb2.HealthCheckResponse
SERVICE = 'test.Route'


class Health(Case):
    def servicer(self):
        return health.aio.HealthServicer()

    async def stub(self):
        self.health = self.servicer()
        server = aio.server(migration_thread_pool=self.pool())
        health_pb2_grpc.add_HealthServicer_to_server(self.health, server)
        address = f'unix:{self.folder()}/socket'
        server.add_insecure_port(address)
        await server.start()
        self.addAsyncCleanup(server.stop, None)
        return health_pb2_grpc.HealthStub(self.connect(address))

    async def set(self, status, service=SERVICE):
        await self.health.set(service, status)

    async def shut_down(self):
        await self.health.enter_graceful_shutdown()

    async def check(self, stub, service=SERVICE):
        return (await stub.Check(health_pb2.HealthCheckRequest(service=service))).status

    def watch(self, stub, service=SERVICE):
        return stub.Watch(health_pb2.HealthCheckRequest(service=service))

    async def test_server_is_well(self):
        self.assertEqual(await self.check(await self.stub(), ''), Status.SERVING)

    async def test_unknown(self):
        stub = await self.stub()
        await self.fails(self.check(stub), grpc.StatusCode.NOT_FOUND)

    async def test_set(self):
        stub = await self.stub()
        for status in (Status.SERVING, Status.NOT_SERVING, Status.UNKNOWN):
            await self.set(status)
            self.assertEqual(await self.check(stub), status)

    async def test_watch(self):
        stub = await self.stub()
        call = self.watch(stub)
        self.assertEqual((await call.read()).status, Status.SERVICE_UNKNOWN)
        for status in (Status.SERVING, Status.NOT_SERVING, Status.SERVING):
            await self.set(status)
            self.assertEqual((await call.read()).status, status)
        call.cancel()

    async def test_watchers(self):
        stub = await self.stub()
        calls = [self.watch(stub) for _ in range(3)]
        for call in calls:
            self.assertEqual((await call.read()).status, Status.SERVICE_UNKNOWN)
        calls[0].cancel()
        await self.set(Status.SERVING)
        for call in calls[1:]:
            self.assertEqual((await call.read()).status, Status.SERVING)
            call.cancel()

    async def test_watch_another(self):
        stub = await self.stub()
        await self.set(Status.SERVING)
        call = self.watch(stub)
        self.assertEqual((await call.read()).status, Status.SERVING)
        await self.set(Status.NOT_SERVING, 'another')
        await self.set(Status.NOT_SERVING)
        self.assertEqual((await call.read()).status, Status.NOT_SERVING)
        call.cancel()

    async def test_graceful_shutdown(self):
        stub = await self.stub()
        call = self.watch(stub, '')
        self.assertEqual((await call.read()).status, Status.SERVING)
        await self.shut_down()
        self.assertEqual((await call.read()).status, Status.NOT_SERVING)
        await self.set(Status.SERVING, '')
        self.assertEqual(await self.check(stub, ''), Status.NOT_SERVING)
        await self.shut_down()
        call.cancel()

    async def test_names(self):
        self.assertEqual(health.SERVICE_NAME, 'grpc.health.v1.Health')
        self.assertEqual(health.OVERALL_HEALTH, '')


class PlainHealth(Health):
    def servicer(self):
        return health.HealthServicer()

    async def set(self, status, service=SERVICE):
        self.health.set(service, status)

    async def shut_down(self):
        self.health.enter_graceful_shutdown()


class Reflection(Case):
    modules = reflection, reflection_pb2, reflection_pb2_grpc

    async def ask(self, **question):
        module, messages, services = self.modules
        server = aio.server()
        module.enable_server_reflection((SERVICE, module.SERVICE_NAME), server)
        address = f'unix:{self.folder()}/socket'
        server.add_insecure_port(address)
        await server.start()
        self.addAsyncCleanup(server.stop, None)
        stub = services.ServerReflectionStub(self.connect(address))
        responses = [response async for response in stub.ServerReflectionInfo(
            iter([messages.ServerReflectionRequest(**question)]))]
        self.assertEqual(len(responses), 1)
        return responses[0]

    def file_of(self, response):
        return descriptor_pb2.FileDescriptorProto.FromString(
            response.file_descriptor_response.file_descriptor_proto[0])

    async def test_services(self):
        response = await self.ask(list_services='')
        self.assertEqual([service.name for service in response.list_services_response.service],
                         sorted((SERVICE, self.modules[0].SERVICE_NAME)))

    async def test_file(self):
        self.assertEqual(self.file_of(await self.ask(file_by_filename='route.proto')).package, 'test')

    async def test_symbol(self):
        for symbol in (SERVICE, 'test.Place', 'test.Route.Find'):
            self.assertEqual(self.file_of(await self.ask(file_containing_symbol=symbol)).name, 'route.proto')

    async def test_unknown(self):
        for question in ({'file_by_filename': 'no.proto'}, {'file_containing_symbol': 'no.Thing'},
                         {'all_extension_numbers_of_type': 'no.Thing'}):
            response = await self.ask(**question)
            self.assertEqual(response.error_response.error_code, grpc.StatusCode.NOT_FOUND.value[0])

    async def test_extensions(self):
        response = await self.ask(all_extension_numbers_of_type='test.Place')
        numbers = response.all_extension_numbers_response
        self.assertEqual((numbers.base_type_name, list(numbers.extension_number)), ('test.Place', []))
        extension = self.modules[1].ExtensionRequest(containing_type='test.Place', extension_number=1)
        response = await self.ask(file_containing_extension=extension)
        self.assertEqual(response.error_response.error_code, grpc.StatusCode.NOT_FOUND.value[0])

    async def test_no_question(self):
        response = await self.ask()
        self.assertEqual(response.error_response.error_code, grpc.StatusCode.INVALID_ARGUMENT.value[0])


class ReflectionV1(Reflection):
    modules = reflection_v1, reflection_v1_pb2, reflection_v1_pb2_grpc


class Rich(Case):
    def status(self, code=grpc.StatusCode.NOT_FOUND, message='Nobody'):
        details = any_pb2.Any()
        details.Pack(duration_pb2.Duration(seconds=5))
        return status_pb2.Status(code=code.value[0], message=message, details=[details])

    async def call(self, action):
        async def respond(request, context):
            await action(context)
            return request

        await self.pair({'rich': handler('unary_unary', respond)})
        return self.start('unary_unary', 'rich')

    async def test_abort(self):
        call = await self.call(lambda context: context.abort_with_status(rpc_status.to_status(self.status())))
        error = await self.fails(call, grpc.StatusCode.NOT_FOUND, 'Nobody')
        for status in (await rpc_status.aio.from_call(call), rpc_status.from_call(error)):
            self.assertEqual(status.SerializeToString(), self.status().SerializeToString())
            duration = duration_pb2.Duration()
            self.assertTrue(status.details[0].Unpack(duration))
            self.assertEqual(duration.seconds, 5)

    async def test_none(self):
        async def nothing(context):
            pass

        self.assertIsNone(await rpc_status.aio.from_call(await self.call(nothing)))

    async def test_poor_error(self):
        call = await self.call(lambda context: context.abort(grpc.StatusCode.NOT_FOUND, 'Nobody'))
        self.assertIsNone(await rpc_status.aio.from_call(call))

    async def test_another_code(self):
        async def lie(context):
            context.set_trailing_metadata((('grpc-status-details-bin', self.status().SerializeToString()),))
            await context.abort(grpc.StatusCode.INTERNAL, 'Nobody')

        call = await self.call(lie)
        with self.assertRaises(ValueError) as caught:
            await rpc_status.aio.from_call(call)
        self.assertIn("doesn't match status code", str(caught.exception))

    async def test_another_message(self):
        async def lie(context):
            context.set_trailing_metadata((('grpc-status-details-bin', self.status().SerializeToString()),))
            await context.abort(grpc.StatusCode.NOT_FOUND, 'Somebody')

        call = await self.call(lie)
        with self.assertRaises(ValueError):
            await rpc_status.aio.from_call(call)

    async def test_no_such_code(self):
        with self.assertRaises(ValueError) as caught:
            rpc_status.to_status(status_pb2.Status(code=42))
        self.assertEqual(str(caught.exception), 'Invalid status code 42')

    async def test_is_a_status(self):
        self.assertIsInstance(rpc_status.to_status(self.status()), grpc.Status)


class Channelz(Case):
    async def stub(self):
        """A server that tells, and a channel and a server that are told of."""
        await self.pair()
        self.told = self.channel
        server = aio.server(options=(('grpc.enable_channelz', 0),))
        channelz.add_channelz_servicer(server)
        address = f'unix:{self.folder()}/socket'
        server.add_insecure_port(address)
        await server.start()
        self.addAsyncCleanup(server.stop, None)
        return channelz_pb2_grpc.ChannelzStub(self.connect(address, options=(('grpc.enable_channelz', 0),)))

    async def channel_of(self, stub):
        response = await stub.GetTopChannels(channelz_pb2.GetTopChannelsRequest(start_channel_id=0))
        return [channel for channel in response.channel if channel.data.target == self.address][-1]

    async def test_channel(self):
        stub = await self.stub()
        echo = self.told.unary_unary(path('unary_unary'))
        unknown = self.told.unary_unary(path('unknown'))
        for _ in range(3):
            await echo(b'x')
        await self.fails(unknown(b''), grpc.StatusCode.UNIMPLEMENTED)
        channel = await self.channel_of(stub)
        response = await stub.GetChannel(channelz_pb2.GetChannelRequest(channel_id=channel.ref.channel_id))
        data = response.channel.data
        self.assertEqual((data.calls_started, data.calls_succeeded, data.calls_failed), (4, 3, 1))
        self.assertEqual(data.state.state, channelz_pb2.ChannelConnectivityState.READY)

    async def test_connection(self):
        stub = await self.stub()
        await self.told.unary_unary(path('unary_unary'))(b'x')
        channel = await self.channel_of(stub)
        response = await stub.GetSubchannel(channelz_pb2.GetSubchannelRequest(
            subchannel_id=channel.subchannel_ref[0].subchannel_id))
        socket = response.subchannel.socket_ref[0].socket_id
        response = await stub.GetSocket(channelz_pb2.GetSocketRequest(socket_id=socket))
        self.assertEqual(response.socket.data.streams_started, 1)
        self.assertEqual(response.socket.data.messages_sent, 1)

    async def test_server(self):
        stub = await self.stub()
        await self.told.unary_unary(path('unary_unary'))(b'x')
        servers = (await stub.GetServers(channelz_pb2.GetServersRequest(start_server_id=0))).server
        number = servers[-1].ref.server_id
        server = (await stub.GetServer(channelz_pb2.GetServerRequest(server_id=number))).server
        self.assertEqual(server.data.calls_started, 1)
        sockets = await stub.GetServerSockets(channelz_pb2.GetServerSocketsRequest(server_id=number))
        self.assertTrue(sockets.end)
        self.assertEqual(len(sockets.socket_ref), 1)

    async def test_nobody(self):
        stub = await self.stub()
        nobody = 2 ** 31 - 1
        for call in (stub.GetChannel(channelz_pb2.GetChannelRequest(channel_id=nobody)),
                     stub.GetSubchannel(channelz_pb2.GetSubchannelRequest(subchannel_id=nobody)),
                     stub.GetSocket(channelz_pb2.GetSocketRequest(socket_id=nobody)),
                     stub.GetServer(channelz_pb2.GetServerRequest(server_id=nobody)),
                     stub.GetServerSockets(channelz_pb2.GetServerSocketsRequest(server_id=nobody))):
            await self.fails(call, grpc.StatusCode.NOT_FOUND)


class Route(route_pb2_grpc.RouteServicer):
    async def Find(self, request, context):
        return route_pb2.Place(name=request.name, number=1)


class Testing(Case):
    service = route_pb2.DESCRIPTOR.services_by_name['Route']

    async def test_serve(self):
        async with testing.serve((route_pb2_grpc.add_RouteServicer_to_server, Route())) as channel:
            stub = route_pb2_grpc.RouteStub(channel)
            self.assertEqual(await stub.Find(route_pb2.Place(name='x')), route_pb2.Place(name='x', number=1))

    async def test_serve_ends_calls(self):
        gate = asyncio.Event()

        async def wait(request, context):
            await gate.wait()

        generic = grpc.method_handlers_generic_handler('a', {'b': handler('unary_unary', wait)})
        async with testing.serve(handlers=[generic]) as channel:
            call = channel.unary_unary('/a/b')(b'')
            await asyncio.sleep(0)
        self.assertTrue(call.cancelled())

    async def test_unary_unary(self):
        async with testing.channel(self.service) as channel:
            self.assertIsInstance(channel, aio.Channel)
            call = route_pb2_grpc.RouteStub(channel).Find(route_pb2.Place(name='x'), metadata=(('key', 'value'),))
            metadata, request, rpc = await channel.take_unary_unary(self.service.methods_by_name['Find'])
            self.assertIn(('key', 'value'), tuple(metadata))
            self.assertEqual(request, route_pb2.Place(name='x'))
            await rpc.send_initial_metadata((('first', '1'),))
            rpc.terminate(route_pb2.Place(number=5), (('last', '2'),))
            self.assertEqual(await call, route_pb2.Place(number=5))
            self.assertEqual(tuple(await call.initial_metadata()), (('first', '1'),))
            self.assertEqual(tuple(await call.trailing_metadata()), (('last', '2'),))

    async def test_error(self):
        async with testing.channel(self.service) as channel:
            call = route_pb2_grpc.RouteStub(channel).Find(route_pb2.Place())
            _, _, rpc = await channel.take_unary_unary(self.service.methods_by_name['Find'])
            rpc.terminate(None, (), grpc.StatusCode.NOT_FOUND, 'Nobody')
            await self.fails(call, grpc.StatusCode.NOT_FOUND, 'Nobody')

    async def test_unary_stream(self):
        async with testing.channel(self.service) as channel:
            call = route_pb2_grpc.RouteStub(channel).List(route_pb2.Place(number=2))
            _, request, rpc = await channel.take_unary_stream(self.service.methods_by_name['List'])
            self.assertEqual(request.number, 2)
            for number in (1, 2):
                await rpc.send_response(route_pb2.Place(number=number))
            rpc.terminate()
            self.assertEqual([place.number async for place in call], [1, 2])

    async def test_stream_unary(self):
        async with testing.channel(self.service) as channel:
            call = route_pb2_grpc.RouteStub(channel).Record()
            _, rpc = await channel.take_stream_unary(self.service.methods_by_name['Record'])
            await call.write(route_pb2.Place(name='one'))
            self.assertEqual((await rpc.take_request()).name, 'one')
            await call.done_writing()
            await rpc.requests_closed()
            rpc.terminate(route_pb2.Place(number=1))
            self.assertEqual((await call).number, 1)

    async def test_stream_stream(self):
        async with testing.channel(self.service) as channel:
            call = route_pb2_grpc.RouteStub(channel).Chat()
            _, rpc = await channel.take_stream_stream(self.service.methods_by_name['Chat'])
            await call.write(route_pb2.Place(name='one'))
            self.assertEqual((await rpc.take_request()).name, 'one')
            await rpc.send_response(route_pb2.Place(name='two'))
            self.assertEqual((await call.read()).name, 'two')
            await call.done_writing()
            self.assertIs(await rpc.take_request(), aio.EOF)
            rpc.terminate()
            self.assertIs(await call.read(), aio.EOF)

    async def test_cancelled(self):
        async with testing.channel(self.service) as channel:
            call = route_pb2_grpc.RouteStub(channel).Find(route_pb2.Place())
            _, _, rpc = await channel.take_unary_unary(self.service.methods_by_name['Find'])
            call.cancel()
            await rpc.cancelled()

    async def test_requests_that_go_on(self):
        async with testing.channel(self.service) as channel:
            call = route_pb2_grpc.RouteStub(channel).Record()
            _, rpc = await channel.take_stream_unary(self.service.methods_by_name['Record'])
            await call.write(route_pb2.Place(name='one'))
            with self.assertRaises(AssertionError):
                await rpc.requests_closed()
            call.cancel()

    async def test_wrong_kind(self):
        async with testing.channel(self.service) as channel:
            with self.assertRaises(ValueError):
                await channel.take_unary_unary(self.service.methods_by_name['List'])


class Protofile(unittest.TestCase):
    """The reader of .proto files sees in ours what protoc does."""

    def test_as_protoc(self):
        protoc = shutil.which('protoc')
        if protoc is None:
            self.skipTest('protoc is not installed')
        package = pathlib.Path(_protofile.__file__).parent
        files = sorted(package.rglob('*.proto'))
        self.assertEqual(len(files), 5)
        for file in files:
            with self.subTest(file.name), tempfile.TemporaryDirectory() as folder:
                subprocess.run([protoc, f'-I{file.parent}', f'-o{folder}/set', file.name], check=True)
                expected = descriptor_pb2.FileDescriptorSet.FromString(
                    pathlib.Path(folder, 'set').read_bytes()).file[0]
                self.strip(expected)
                read = _protofile._Parser(file.read_text(encoding='utf-8'), file.name).parse()
                self.assertEqual(read, expected)

    def strip(self, message):
        """Names for JSON follow from the others."""
        for field in getattr(message, 'field', ()):
            field.ClearField('json_name')
        for nested in [*getattr(message, 'message_type', ()), *getattr(message, 'nested_type', ())]:
            self.strip(nested)

    def test_refuses(self):
        for text in ('nonsense', 'message Odd { map<string, string> field = 1; }',
                     'service Odd { option x = 1; }'):
            with self.subTest(text), self.assertRaises((SyntaxError, ValueError, IndexError)):
                _protofile._Parser(text, 'odd.proto').parse()

    def test_is_found_again(self):
        namespace = {'__file__': '/nowhere/odd.py', '__name__': 'odd'}
        _protofile.publish(namespace, health_pb2.DESCRIPTOR.name)
        self.assertIs(namespace['HealthCheckRequest'].DESCRIPTOR,
                      health_pb2.HealthCheckRequest.DESCRIPTOR)
        self.assertEqual(descriptor_pool.Default().FindFileByName(health_pb2.DESCRIPTOR.name).package,
                         'grpc.health.v1')
