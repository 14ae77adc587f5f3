# SPDX-License-Identifier: LGPL-2.1-or-later

"""A channel whose calls are answered by the test."""

import asyncio
import contextlib
from typing import Any, AsyncIterator, Dict, Optional, Tuple

from .. import _handlers, aio
from .._names import StatusCode
from .._protofile import class_of
from .._servicefile import kind_of
from ._serve import serve

_UnaryRequest = Tuple[Any, Any, 'Rpc']
_StreamRequest = Tuple[Any, 'Rpc']


class Rpc:
    """The side of a call that the test plays: the server's."""

    def __init__(self, context: Any, request: Any) -> None:
        self._context = context
        self._request = request
        self._end: 'asyncio.Future[Any]' = asyncio.get_running_loop().create_future()
        self._cancelled = asyncio.Event()

    async def send_initial_metadata(self, initial_metadata: Any) -> None:
        """Sends the initial metadata, before the first response."""
        await self._context.send_initial_metadata(initial_metadata)

    async def take_request(self) -> Any:
        """Returns the next request of a stream, or `aio.EOF` after the last."""
        return await self._context.read()

    async def send_response(self, response: Any) -> None:
        """Sends a response of a stream."""
        await self._context.write(response)

    async def requests_closed(self) -> None:
        """Returns once the client has no more requests; raises AssertionError if it has."""
        request = await self._context.read()
        if request is not aio.EOF:
            raise AssertionError(f'There is another request: {request}')

    async def cancelled(self) -> None:
        """Returns once the client has given the call up."""
        await self._cancelled.wait()

    def terminate(self, response: Any = None, trailing_metadata: Any = (), code: StatusCode = StatusCode.OK,
                  details: str = '') -> None:
        """Ends the call.

        Args:
          response: the response of a call that has only one, when it is OK.
          trailing_metadata: what is sent with the status.
          code: the status.
          details: what it is about.
        """
        self._context.set_trailing_metadata(trailing_metadata)
        self._context.set_code(code)
        self._context.set_details(details)
        self._end.set_result(response)

    async def _wait(self) -> Any:
        try:
            return await self._end
        except asyncio.CancelledError:
            self._cancelled.set()
            raise


class _Calls(_handlers.GenericRpcHandler):
    """Keeps calls, by their method, until the test takes them."""

    def __init__(self, services: Any) -> None:
        self._methods: Dict[str, Any] = {f'/{service.full_name}/{method.name}': method
                                         for service in services for method in service.methods}
        self._queues: Dict[str, 'asyncio.Queue[Rpc]'] = {path: asyncio.Queue() for path in self._methods}

    def service(self, handler_call_details: Any) -> Any:
        """Handles all methods of the services."""
        path = handler_call_details.method
        method = self._methods.get(path)
        if method is None:
            return None

        async def handle(request: Any, context: Any) -> Any:
            rpc = Rpc(context, request)
            self._queues[path].put_nowait(rpc)
            return await rpc._wait()

        return getattr(_handlers, f'{kind_of(method)}_rpc_method_handler')(
            handle, request_deserializer=class_of(method.input_type).FromString,
            response_serializer=class_of(method.output_type).SerializeToString)

    async def take(self, method: Any, kind: str) -> Rpc:
        """Waits for a call of a method."""
        if kind_of(method) != kind:
            raise ValueError(f'{method.full_name} is {kind_of(method)}')

        return await self._queues[f'/{method.containing_service.full_name}/{method.name}'].get()


class Channel(aio.Channel):
    """A channel whose calls the test takes and answers; see `channel`."""

    def __init__(self, real: aio.Channel, calls: _Calls) -> None:
        self._real = real
        self._calls = calls

    async def take_unary_unary(self, method_descriptor: Any) -> _UnaryRequest:
        """Waits for a call; returns its metadata, its request and the call."""
        rpc = await self._calls.take(method_descriptor, 'unary_unary')
        return rpc._context.invocation_metadata(), rpc._request, rpc

    async def take_unary_stream(self, method_descriptor: Any) -> _UnaryRequest:
        """Waits for a call; returns its metadata, its request and the call."""
        rpc = await self._calls.take(method_descriptor, 'unary_stream')
        return rpc._context.invocation_metadata(), rpc._request, rpc

    async def take_stream_unary(self, method_descriptor: Any) -> _StreamRequest:
        """Waits for a call; returns its metadata and the call."""
        rpc = await self._calls.take(method_descriptor, 'stream_unary')
        return rpc._context.invocation_metadata(), rpc

    async def take_stream_stream(self, method_descriptor: Any) -> _StreamRequest:
        """Waits for a call; returns its metadata and the call."""
        rpc = await self._calls.take(method_descriptor, 'stream_stream')
        return rpc._context.invocation_metadata(), rpc

    async def __aenter__(self) -> 'Channel':
        return self

    async def __aexit__(self, *exception: Any) -> None:
        await self.close()

    async def close(self, grace: Optional[float] = None) -> None:
        """Closes the channel."""
        await self._real.close(grace)

    def get_state(self, try_to_connect: bool = False) -> Any:
        """Returns the state of the connection."""
        return self._real.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: Any) -> None:
        """Waits until the state is another one."""
        await self._real.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Waits for the connection."""
        await self._real.channel_ready()

    def unary_unary(self, *arguments: Any, **named: Any) -> Any:
        """Makes a callable for a method."""
        return self._real.unary_unary(*arguments, **named)

    def unary_stream(self, *arguments: Any, **named: Any) -> Any:
        """Makes a callable for a method."""
        return self._real.unary_stream(*arguments, **named)

    def stream_unary(self, *arguments: Any, **named: Any) -> Any:
        """Makes a callable for a method."""
        return self._real.stream_unary(*arguments, **named)

    def stream_stream(self, *arguments: Any, **named: Any) -> Any:
        """Makes a callable for a method."""
        return self._real.stream_stream(*arguments, **named)


@contextlib.asynccontextmanager
async def channel(*service_descriptors: Any, **options: Any) -> AsyncIterator[Channel]:
    """Gives a channel whose calls the test answers, as long as its context lasts.

        async with testing.channel(DESCRIPTOR.services_by_name['Greeter']) as channel:
            greeting = asyncio.create_task(what_is_tested(channel))
            metadata, request, rpc = await channel.take_unary_unary(SAY_HELLO)
            rpc.terminate(HelloReply(message='Hi'))

    Args:
      service_descriptors: the services that the client calls.
      options: `channel_options` and `interceptors` of the channel.
    """
    calls = _Calls(service_descriptors)
    async with serve(handlers=[calls], **options) as real:
        yield Channel(real, calls)
