# SPDX-License-Identifier: LGPL-2.1-or-later

"""Code that protoc generated, unmodified.

Its `import grpc` finds python3-grpcio, also where ours is under test.
"""

import asyncio

from support import Case, aio, grpc

import route_pb2
import route_pb2_grpc


class Route(route_pb2_grpc.RouteServicer):
    async def Find(self, request, context):
        if not request.name:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, 'A name, please')
        return route_pb2.Place(name=request.name, number=len(request.name))

    async def List(self, request, context):
        for number in range(request.number):
            yield route_pb2.Place(name=request.name, number=number)

    async def Record(self, request_iterator, context):
        names = [place.name async for place in request_iterator]
        return route_pb2.Place(name=' '.join(names), number=len(names))

    async def Chat(self, request_iterator, context):
        async for place in request_iterator:
            yield route_pb2.Place(name=place.name.upper(), number=place.number)


class Generated(Case):
    async def stub(self, servicer=None):
        server = aio.server()
        route_pb2_grpc.add_RouteServicer_to_server(servicer or Route(), server)
        port = server.add_insecure_port('127.0.0.1:0')
        await server.start()
        self.addAsyncCleanup(server.stop, None)
        return route_pb2_grpc.RouteStub(self.connect(f'127.0.0.1:{port}'))

    async def test_unary_unary(self):
        stub = await self.stub()
        self.assertEqual(await stub.Find(route_pb2.Place(name='Köln')), route_pb2.Place(name='Köln', number=4))

    async def test_unary_stream(self):
        stub = await self.stub()
        places = [place async for place in stub.List(route_pb2.Place(name='x', number=3))]
        self.assertEqual(places, [route_pb2.Place(name='x', number=number) for number in range(3)])

    async def test_stream_unary(self):
        stub = await self.stub()
        names = (route_pb2.Place(name=name) for name in ('one', 'two'))
        self.assertEqual(await stub.Record(names), route_pb2.Place(name='one two', number=2))

    async def test_stream_stream(self):
        stub = await self.stub()
        call = stub.Chat()
        for name in ('one', 'two'):
            await call.write(route_pb2.Place(name=name))
            self.assertEqual((await call.read()).name, name.upper())
        await call.done_writing()
        self.assertIs(await call.read(), aio.EOF)

    async def test_error(self):
        stub = await self.stub()
        await self.fails(stub.Find(route_pb2.Place()), grpc.StatusCode.INVALID_ARGUMENT, 'A name, please')

    async def test_options(self):
        stub = await self.stub()
        call = stub.Find(route_pb2.Place(name='x'), timeout=10, metadata=(('key', 'value'),), wait_for_ready=True,
                         compression=grpc.Compression.Gzip)
        self.assertEqual((await call).number, 1)

    async def test_methods_that_are_not_written(self):
        stub = await self.stub(route_pb2_grpc.RouteServicer())
        error = await self.fails(stub.Find(route_pb2.Place(name='x')), grpc.StatusCode.UNIMPLEMENTED)
        self.assertIn('Method not implemented!', error.details())

    async def test_plain_methods(self):
        class Plain(route_pb2_grpc.RouteServicer):
            def Find(self, request, context):
                return route_pb2.Place(name='plain')

        stub = await self.stub(Plain())
        self.assertEqual((await stub.Find(route_pb2.Place(name='x'))).name, 'plain')

    async def test_many(self):
        stub = await self.stub()
        calls = [stub.Find(route_pb2.Place(name='x' * number)) for number in range(1, 51)]
        self.assertEqual([place.number for place in await asyncio.gather(*calls)], list(range(1, 51)))

    async def test_request_of_the_wrong_type(self):
        stub = await self.stub()
        with self.assertRaises((TypeError, AttributeError, aio.AioRpcError)):
            await stub.Find('no message')
