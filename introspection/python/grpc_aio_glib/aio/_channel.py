# SPDX-License-Identifier: LGPL-2.1-or-later

"""A client's channels and their methods."""

import asyncio
import sys
import weakref
from types import TracebackType
from typing import Any, Callable, Dict, List, Optional, Sequence, Type

from .._credentials import CallCredentials, ChannelCredentials, native_call_credentials, native_channel_credentials
from .._gi import GLib, GrpcAio
from .._names import STATES, ChannelConnectivity, Compression
from .._port import Port
from .._wire import options_of, session_cache_of
from . import _base_call, _base_channel
from ._call import (LOCAL_CANCELLATION_DETAILS, StreamStreamCall, StreamUnaryCall, UnaryStreamCall,
                    UnaryUnaryCall)
from ._errors import UsageError
from ._intercepted_call import (InterceptedStreamStreamCall, InterceptedStreamUnaryCall,
                                InterceptedUnaryStreamCall, InterceptedUnaryUnaryCall)
from ._interceptor import (ClientInterceptor, StreamStreamClientInterceptor, StreamUnaryClientInterceptor,
                           UnaryStreamClientInterceptor, UnaryUnaryClientInterceptor)
from ._loops import find_loop, get_port
from ._metadata import Metadata
from ._typing import (ChannelArgumentType, DeserializingFunction, MetadataType, RequestIterableType,
                      SerializingFunction)

_COMPRESSION_KEY = 'grpc-internal-encoding-request'
_COMPRESSION_NAMES = {0: 'identity', 1: 'deflate', 2: 'gzip'}

_CHANNEL_CLOSED = 'Channel is closed.'
_CREDENTIALS_ON_INSECURE = 'Call credentials are only valid on secure channels'

_KINDS = {'unary_unary': 0, 'unary_stream': 1, 'stream_unary': 2, 'stream_stream': 3}


def _add_compression(metadata: Optional[MetadataType], compression: Compression) -> MetadataType:
    """Returns the metadata of a call, in which grpc-core finds how to compress."""
    return Metadata(*(metadata or ()), (_COMPRESSION_KEY, _COMPRESSION_NAMES[int(compression)]))


class Method:
    """A method of a channel, and how to start a call of it."""

    __slots__ = ('channel', 'kind', 'name', 'request_serializer', 'response_deserializer', '_port', '_core',
                 '_number')

    def __init__(self,
                 channel: 'Channel',
                 kind: str,
                 name: bytes,
                 request_serializer: Optional[SerializingFunction],
                 response_deserializer: Optional[DeserializingFunction]) -> None:
        self.channel = channel
        self.kind = kind
        self._number = _KINDS[kind]
        self.name = name
        self.request_serializer = request_serializer
        self.response_deserializer = response_deserializer
        self._port: Any = None
        self._core: Any = None

    def with_name(self, name: Any) -> 'Method':
        """Returns this method, or another of the same kind: interceptors may change it."""
        name = _encode(name)
        if name == self.name:
            return self

        return Method(self.channel, self.kind, name, self.request_serializer, self.response_deserializer)

    def start(self,
              request: Optional[bytes],
              timeout: Optional[float],
              metadata: Any,
              credentials: Optional[CallCredentials],
              wait_for_ready: Optional[bool]) -> Any:
        """Starts a call, and returns that of the port."""
        channel = self.channel
        if channel.is_closed:
            raise UsageError(_CHANNEL_CLOSED)
        if credentials is not None:
            if not channel.is_secure:
                raise UsageError(_CREDENTIALS_ON_INSECURE)
            credentials = native_call_credentials(credentials)
        port = get_port()
        reference = self._port
        if reference is None or reference() is not port:
            self._core = getattr(channel.get_core(port), self.kind)(self.name.decode('utf-8', 'replace'))
            self._port = weakref.ref(port)

        return port.call(self._core, request, timeout=timeout, metadata=metadata, credentials=credentials,
                         wait_for_ready=wait_for_ready, owner=channel, kind=self._number)


class _MultiCallable:
    """What the four classes below have in common."""

    _kind: str

    def __init__(self,
                 channel: 'Channel',
                 method: bytes,
                 request_serializer: Optional[SerializingFunction],
                 response_deserializer: Optional[DeserializingFunction],
                 interceptors: Sequence[ClientInterceptor]) -> None:
        self._method = Method(channel, self._kind, method, request_serializer, response_deserializer)
        self._interceptors = interceptors


class UnaryUnaryMultiCallable(_MultiCallable, _base_channel.UnaryUnaryMultiCallable):
    """Calls a method with one request and one response."""

    _kind = 'unary_unary'

    def __call__(self,
                 request: Any,
                 *,
                 timeout: Optional[float] = None,
                 metadata: Optional[MetadataType] = None,
                 credentials: Optional[CallCredentials] = None,
                 wait_for_ready: Optional[bool] = None,
                 compression: Optional[Compression] = None) -> '_base_call.UnaryUnaryCall[Any, Any]':
        """Starts a call. See `grpc_aio_glib.aio.UnaryUnaryMultiCallable`."""
        if compression:
            metadata = _add_compression(metadata, compression)
        if self._interceptors:
            return InterceptedUnaryUnaryCall(self._interceptors, self._method, request,
                                         (timeout, metadata or Metadata(), credentials, wait_for_ready))

        return UnaryUnaryCall(self._method, request, (timeout, metadata, credentials, wait_for_ready))


class UnaryStreamMultiCallable(_MultiCallable, _base_channel.UnaryStreamMultiCallable):
    """Calls a method with one request and a stream of responses."""

    _kind = 'unary_stream'

    def __call__(self,
                 request: Any,
                 *,
                 timeout: Optional[float] = None,
                 metadata: Optional[MetadataType] = None,
                 credentials: Optional[CallCredentials] = None,
                 wait_for_ready: Optional[bool] = None,
                 compression: Optional[Compression] = None) -> '_base_call.UnaryStreamCall[Any, Any]':
        """Starts a call. See `grpc_aio_glib.aio.UnaryStreamMultiCallable`."""
        if compression:
            metadata = _add_compression(metadata, compression)
        if self._interceptors:
            return InterceptedUnaryStreamCall(self._interceptors, self._method, request,
                                         (timeout, metadata or Metadata(), credentials, wait_for_ready))

        return UnaryStreamCall(self._method, request, (timeout, metadata, credentials, wait_for_ready))


class StreamUnaryMultiCallable(_MultiCallable, _base_channel.StreamUnaryMultiCallable):
    """Calls a method with a stream of requests and one response."""

    _kind = 'stream_unary'

    def __call__(self,
                 request_iterator: Optional[RequestIterableType] = None,
                 timeout: Optional[float] = None,
                 metadata: Optional[MetadataType] = None,
                 credentials: Optional[CallCredentials] = None,
                 wait_for_ready: Optional[bool] = None,
                 compression: Optional[Compression] = None) -> '_base_call.StreamUnaryCall[Any, Any]':
        """Starts a call. See `grpc_aio_glib.aio.StreamUnaryMultiCallable`."""
        if compression:
            metadata = _add_compression(metadata, compression)
        if self._interceptors:
            return InterceptedStreamUnaryCall(self._interceptors, self._method, request_iterator,
                                         (timeout, metadata or Metadata(), credentials, wait_for_ready))

        return StreamUnaryCall(self._method, request_iterator, (timeout, metadata, credentials, wait_for_ready))


class StreamStreamMultiCallable(_MultiCallable, _base_channel.StreamStreamMultiCallable):
    """Calls a method with a stream of requests and a stream of responses."""

    _kind = 'stream_stream'

    def __call__(self,
                 request_iterator: Optional[RequestIterableType] = None,
                 timeout: Optional[float] = None,
                 metadata: Optional[MetadataType] = None,
                 credentials: Optional[CallCredentials] = None,
                 wait_for_ready: Optional[bool] = None,
                 compression: Optional[Compression] = None) -> '_base_call.StreamStreamCall[Any, Any]':
        """Starts a call. See `grpc_aio_glib.aio.StreamStreamMultiCallable`."""
        if compression:
            metadata = _add_compression(metadata, compression)
        if self._interceptors:
            return InterceptedStreamStreamCall(self._interceptors, self._method, request_iterator,
                                         (timeout, metadata or Metadata(), credentials, wait_for_ready))

        return StreamStreamCall(self._method, request_iterator, (timeout, metadata, credentials, wait_for_ready))


def _encode(text: Any) -> bytes:
    data: bytes = text if isinstance(text, bytes) else text.encode('utf-8')

    return data


def _cancel_all(port: Any, channel: 'Channel') -> None:
    """Cancels what a loop has of a channel's calls. In the thread of that loop."""
    for call in port.calls():
        if call.owner is channel:
            call.cancel(LOCAL_CANCELLATION_DETAILS)


class Channel(_base_channel.Channel):
    """A connection to a server, made when it is needed. Any loop may use it.

    Each loop has a channel of the library's, which tells it of changes of state. They
    have one connection together.
    """

    def __init__(self,
                 target: str,
                 options: ChannelArgumentType,
                 credentials: Any,
                 compression: Optional[Compression],
                 interceptors: Optional[Sequence[ClientInterceptor]]) -> None:
        self.is_closed = False
        self._is_destroyed = False
        self.intercepted_calls: 'weakref.WeakSet[Any]' = weakref.WeakSet()
        self.is_secure = credentials is not None
        self._cores: 'weakref.WeakKeyDictionary[Any, Any]' = weakref.WeakKeyDictionary()
        self._target = _encode(target).decode('utf-8', 'replace')
        self._credentials = credentials
        self._options = options_of(options, compression)
        cache = session_cache_of(options)
        if cache is not None and hasattr(credentials, 'set_session_cache_size'):
            # Setting it begins a new cache.
            if credentials.get_session_cache_size() != cache.capacity:
                credentials.set_session_cache_size(cache.capacity)
        try:
            self.get_core(Port.get())
        except RuntimeError:
            # No loop runs. Each that does makes its own when it needs it.
            pass
        self._interceptors: Dict[Type[ClientInterceptor], List[ClientInterceptor]] = {
            UnaryUnaryClientInterceptor: [],
            UnaryStreamClientInterceptor: [],
            StreamUnaryClientInterceptor: [],
            StreamStreamClientInterceptor: [],
        }
        for interceptor in interceptors or ():
            self._add_interceptor(interceptor)

    def _add_interceptor(self, interceptor: ClientInterceptor) -> None:
        for kind, interceptors in self._interceptors.items():
            if isinstance(interceptor, kind):
                interceptors.append(interceptor)
                return

        names = ' or '.join(kind.__name__ for kind in self._interceptors)
        raise ValueError(f'Interceptor {interceptor} must be {names}. ')

    def get_core(self, port: Any) -> Any:
        """Returns the library's channel of a loop."""
        core = self._cores.get(port)
        if core is None:
            with port.context():
                core = GrpcAio.Channel.new_with_options(self._target, self._credentials, self._options)
            self._cores[port] = core

        return core

    async def __aenter__(self) -> 'Channel':
        return self

    async def __aexit__(self,
                        exc_type: Optional[Type[BaseException]],
                        exc_val: Optional[BaseException],
                        exc_tb: Optional[TracebackType]) -> None:
        await self.close()

    async def close(self, grace: Optional[float] = None) -> None:
        """Closes the channel. New calls are refused from now on.

        Args:
          grace: the seconds that calls have to end by themselves, or None to cancel
            them at once.
        """
        if self.is_closed:
            return
        self.is_closed = True

        port = Port.get()
        intercepted = list(self.intercepted_calls)
        if grace:
            await self._wait_for_calls(port, intercepted, grace)
        for call in intercepted:
            call.cancel_quietly()
        for other in Port.all():
            if other is port:
                _cancel_all(port, self)
            elif not other.loop.is_closed():
                other.loop.call_soon_threadsafe(_cancel_all, other, self)
        self._destroy()

    async def _wait_for_calls(self, port: Any, intercepted: Sequence[Any], grace: float) -> None:
        """Waits until the calls are over, or the time is up."""
        waiting = [asyncio.ensure_future(call.wait_status()) for call in port.calls() if call.owner is self]
        waiting += [asyncio.ensure_future(call.code()) for call in intercepted if not call.done_quietly()]
        if not waiting:
            return
        _, pending = await asyncio.wait(waiting, timeout=grace)
        for each in pending:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    @staticmethod
    def find_loop() -> asyncio.AbstractEventLoop:
        """Returns the loop for what is started now."""
        loop = find_loop()
        if loop is None:
            raise RuntimeError('There is no event loop in this thread')

        return loop

    def _destroy(self) -> None:
        self._is_destroyed = True
        for core in list(self._cores.values()):
            core.close()

    def __del__(self, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        if hasattr(self, '_options') and not self._is_destroyed and not is_finalizing():
            self._destroy()

    def get_state(self, try_to_connect: bool = False) -> ChannelConnectivity:
        """Returns whether the channel is connected.

        Args:
          try_to_connect: whether to connect if the channel is idle.
        """
        if self._is_destroyed:
            return ChannelConnectivity.SHUTDOWN

        return STATES[int(self.get_core(get_port()).get_state(try_to_connect))]

    async def wait_for_state_change(self, last_observed_state: ChannelConnectivity) -> None:
        """Waits until the state is another one.

        Args:
          last_observed_state: the state the caller knows of.
        """
        if self.is_closed:
            raise UsageError(_CHANNEL_CLOSED)
        port = get_port()
        core = self.get_core(port)
        state = GrpcAio.ChannelConnectivity(last_observed_state.value[0])
        try:
            await port.call_async(core.wait_for_state_change_async, core.wait_for_state_change_finish, state)
        except GLib.Error as error:
            raise UsageError(_CHANNEL_CLOSED if self._is_destroyed else error.message) from None

    async def channel_ready(self) -> None:
        """Connects, and waits until that is done."""
        while True:
            state = self.get_state(try_to_connect=True)
            if state == ChannelConnectivity.READY:
                return
            await self.wait_for_state_change(state)

    def unary_unary(self,
                    method: str,
                    request_serializer: Optional[SerializingFunction] = None,
                    response_deserializer: Optional[DeserializingFunction] = None,
                    _registered_method: Optional[bool] = False) -> UnaryUnaryMultiCallable:
        """Returns an object that calls a method with one request and one response.

        Args:
          method: the full name, `/package.Service/Method`.
          request_serializer: makes bytes of a request, or None for bytes.
          response_deserializer: makes a response of bytes, or None for bytes.
        """
        return UnaryUnaryMultiCallable(self, _encode(method), request_serializer, response_deserializer,
                                       self._interceptors[UnaryUnaryClientInterceptor])

    def unary_stream(self,
                     method: str,
                     request_serializer: Optional[SerializingFunction] = None,
                     response_deserializer: Optional[DeserializingFunction] = None,
                     _registered_method: Optional[bool] = False) -> UnaryStreamMultiCallable:
        """Returns an object that calls a method with a stream of responses.

        Args:
          method: the full name, `/package.Service/Method`.
          request_serializer: makes bytes of a request, or None for bytes.
          response_deserializer: makes a response of bytes, or None for bytes.
        """
        return UnaryStreamMultiCallable(self, _encode(method), request_serializer, response_deserializer,
                                        self._interceptors[UnaryStreamClientInterceptor])

    def stream_unary(self,
                     method: str,
                     request_serializer: Optional[SerializingFunction] = None,
                     response_deserializer: Optional[DeserializingFunction] = None,
                     _registered_method: Optional[bool] = False) -> StreamUnaryMultiCallable:
        """Returns an object that calls a method with a stream of requests.

        Args:
          method: the full name, `/package.Service/Method`.
          request_serializer: makes bytes of a request, or None for bytes.
          response_deserializer: makes a response of bytes, or None for bytes.
        """
        return StreamUnaryMultiCallable(self, _encode(method), request_serializer, response_deserializer,
                                        self._interceptors[StreamUnaryClientInterceptor])

    def stream_stream(self,
                      method: str,
                      request_serializer: Optional[SerializingFunction] = None,
                      response_deserializer: Optional[DeserializingFunction] = None,
                      _registered_method: Optional[bool] = False) -> StreamStreamMultiCallable:
        """Returns an object that calls a method with streams both ways.

        Args:
          method: the full name, `/package.Service/Method`.
          request_serializer: makes bytes of a request, or None for bytes.
          response_deserializer: makes a response of bytes, or None for bytes.
        """
        return StreamStreamMultiCallable(self, _encode(method), request_serializer, response_deserializer,
                                         self._interceptors[StreamStreamClientInterceptor])


def insecure_channel(target: str,
                     options: Optional[ChannelArgumentType] = None,
                     compression: Optional[Compression] = None,
                     interceptors: Optional[Sequence[ClientInterceptor]] = None) -> Channel:
    """Makes a channel without protection.

    Args:
      target: where the server is.
      options: pairs of a channel argument's name and its value.
      compression: how to compress requests.
      interceptors: what each call goes through.

    Returns:
      The channel.
    """
    return Channel(target, () if options is None else options, None, compression, interceptors)


def secure_channel(target: str,
                   credentials: ChannelCredentials,
                   options: Optional[ChannelArgumentType] = None,
                   compression: Optional[Compression] = None,
                   interceptors: Optional[Sequence[ClientInterceptor]] = None) -> Channel:
    """Makes a channel with credentials.

    Args:
      target: where the server is.
      credentials: how to secure connections.
      options: pairs of a channel argument's name and its value.
      compression: how to compress requests.
      interceptors: what each call goes through.

    Returns:
      The channel.
    """
    return Channel(target, () if options is None else options, native_channel_credentials(credentials), compression,
                   interceptors)
