# SPDX-License-Identifier: LGPL-2.1-or-later

"""The synchronous API, for the programs that use some of it beside the asynchronous
one: each function has its twin there run in a loop of its own, and waits."""

import asyncio
import atexit
import concurrent.futures
import os
import threading
from typing import Any, Callable, Coroutine, Dict, Iterator, List, Optional, Sequence

from . import aio
from ._names import (Call, ChannelConnectivity, Compression, Future, FutureCancelledError, FutureTimeoutError,
                     RpcError, StatusCode)
from ._sync_names import (Channel, Server, StreamStreamMultiCallable, StreamUnaryMultiCallable,
                          UnaryStreamMultiCallable, UnaryUnaryMultiCallable)

_lock = threading.Lock()
_loop: Optional[asyncio.AbstractEventLoop] = None
_thread: Optional[threading.Thread] = None
_pid = 0


def _get_loop() -> asyncio.AbstractEventLoop:
    """Returns the loop, which runs in a thread of its own."""
    global _loop, _pid, _thread

    with _lock:
        if _loop is None or _pid != os.getpid():
            _pid = os.getpid()
            _loop = asyncio.new_event_loop()
            _thread = threading.Thread(target=_loop.run_forever, name='grpc-aio-glib-sync', daemon=True)
            _thread.start()

        return _loop


@atexit.register
def _stop() -> None:
    with _lock:
        loop, thread = _loop, _thread
    if loop is None or thread is None or _pid != os.getpid():
        return
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def _run(coroutine: Coroutine[Any, Any, Any], timeout: Optional[float] = None) -> Any:
    """Runs a coroutine in the loop, and returns its result."""
    future = asyncio.run_coroutine_threadsafe(coroutine, _get_loop())
    try:
        return future.result(timeout)
    except concurrent.futures.TimeoutError:
        if future.done():
            raise
        future.cancel()
        raise FutureTimeoutError() from None


def _do(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Calls a function in the loop, and returns its result."""
    async def call() -> Any:
        return function(*arguments, **options)

    return _run(call())


class _SyncCall(RpcError, Call, Future):
    """A call: also the error it ends with, a future, and an iterator of responses."""

    def __init__(self, call: Any) -> None:
        super().__init__()
        self._call = call
        self._metadata: Dict[str, Any] = {}

    async def _wait(self) -> Any:
        if hasattr(self._call, '__await__'):
            return await self._call

        return await self._call.code()

    def is_active(self) -> bool:
        return not self._call.done()

    def time_remaining(self) -> Optional[float]:
        remaining: Optional[float] = self._call.time_remaining()

        return remaining

    def cancel(self) -> bool:
        return bool(_do(self._call.cancel))

    def add_callback(self, callback: Callable[[], Any]) -> bool:
        if self._call.done():
            return False
        _do(self._call.add_done_callback, lambda _call: callback())

        return True

    def initial_metadata(self) -> Any:
        return tuple(_run(self._call.initial_metadata()))

    def trailing_metadata(self) -> Any:
        return tuple(_run(self._call.trailing_metadata()))

    def code(self) -> StatusCode:
        code: StatusCode = _run(self._call.code())

        return code

    def details(self) -> str:
        details: str = _run(self._call.details())

        return details

    def debug_error_string(self) -> Optional[str]:
        """Returns a text for developers."""
        text: Optional[str] = _run(self._call.debug_error_string())

        return text

    def cancelled(self) -> bool:
        return bool(self._call.cancelled())

    def running(self) -> bool:
        return not self._call.done()

    def done(self) -> bool:
        return bool(self._call.done())

    def result(self, timeout: Optional[float] = None) -> Any:
        try:
            return _run(self._wait(), timeout)
        except (asyncio.CancelledError, concurrent.futures.CancelledError):
            raise FutureCancelledError() from None
        except aio.AioRpcError:
            raise self from None

    def exception(self, timeout: Optional[float] = None) -> Optional[BaseException]:
        try:
            self.result(timeout)
        except RpcError as error:
            return error

        return None

    def traceback(self, timeout: Optional[float] = None) -> Any:
        error = self.exception(timeout)

        return error.__traceback__ if error is not None else None

    def add_done_callback(self, fn: Callable[[Any], Any]) -> None:
        _do(self._call.add_done_callback, lambda _call: fn(self))

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            response = _run(self._call.read())
        except (asyncio.CancelledError, concurrent.futures.CancelledError, aio.AioRpcError):
            raise self from None
        if response is aio.EOF:
            raise StopIteration

        return response

    def __repr__(self) -> str:
        return repr(self._call)

    __str__ = __repr__


async def _requests(iterator: Any) -> Any:
    """Yields the requests of an iterator that may block."""
    loop = asyncio.get_running_loop()
    end = object()
    iterator = iter(iterator)
    while True:
        request = await loop.run_in_executor(None, next, iterator, end)
        if request is end:
            return
        yield request


class _MultiCallable:
    """What the four classes below have in common."""

    def __init__(self, method: Any, has_stream: bool) -> None:
        self._method = method
        self._has_stream = has_stream

    def _start(self, request: Any, timeout: Optional[float], metadata: Any, credentials: Any,
               wait_for_ready: Optional[bool], compression: Any) -> _SyncCall:
        if self._has_stream:
            request = _requests(request)

        return _SyncCall(_do(self._method, request, timeout=timeout, metadata=metadata, credentials=credentials,
                             wait_for_ready=wait_for_ready, compression=compression))


class _UnaryResponse(_MultiCallable):
    def __call__(self, request: Any, timeout: Optional[float] = None, metadata: Any = None, credentials: Any = None,
                 wait_for_ready: Optional[bool] = None, compression: Any = None) -> Any:
        return self._start(request, timeout, metadata, credentials, wait_for_ready, compression).result()

    def with_call(self, request: Any, timeout: Optional[float] = None, metadata: Any = None, credentials: Any = None,
                  wait_for_ready: Optional[bool] = None, compression: Any = None) -> Any:
        call = self._start(request, timeout, metadata, credentials, wait_for_ready, compression)

        return call.result(), call

    def future(self, request: Any, timeout: Optional[float] = None, metadata: Any = None, credentials: Any = None,
               wait_for_ready: Optional[bool] = None, compression: Any = None) -> Any:
        return self._start(request, timeout, metadata, credentials, wait_for_ready, compression)


class _StreamResponse(_MultiCallable):
    def __call__(self, request: Any, timeout: Optional[float] = None, metadata: Any = None, credentials: Any = None,
                 wait_for_ready: Optional[bool] = None, compression: Any = None) -> Any:
        return self._start(request, timeout, metadata, credentials, wait_for_ready, compression)


class _UnaryUnary(_UnaryResponse, UnaryUnaryMultiCallable):
    pass


class _UnaryStream(_StreamResponse, UnaryStreamMultiCallable):
    pass


class _StreamUnary(_UnaryResponse, StreamUnaryMultiCallable):
    pass


class _StreamStream(_StreamResponse, StreamStreamMultiCallable):
    pass


class _SyncChannel(Channel):
    """A channel of the loop."""

    def __init__(self, make: Callable[[], aio.Channel]) -> None:
        self._channel = _do(make)
        self._watchers: Dict[Any, 'asyncio.Task[None]'] = {}

    def unary_unary(self, method: str, request_serializer: Any = None, response_deserializer: Any = None,
                    _registered_method: Optional[bool] = False) -> UnaryUnaryMultiCallable:
        return _UnaryUnary(self._channel.unary_unary(method, request_serializer, response_deserializer), False)

    def unary_stream(self, method: str, request_serializer: Any = None, response_deserializer: Any = None,
                     _registered_method: Optional[bool] = False) -> UnaryStreamMultiCallable:
        return _UnaryStream(self._channel.unary_stream(method, request_serializer, response_deserializer), False)

    def stream_unary(self, method: str, request_serializer: Any = None, response_deserializer: Any = None,
                     _registered_method: Optional[bool] = False) -> StreamUnaryMultiCallable:
        return _StreamUnary(self._channel.stream_unary(method, request_serializer, response_deserializer), True)

    def stream_stream(self, method: str, request_serializer: Any = None, response_deserializer: Any = None,
                      _registered_method: Optional[bool] = False) -> StreamStreamMultiCallable:
        return _StreamStream(self._channel.stream_stream(method, request_serializer, response_deserializer), True)

    async def _watch(self, callback: Callable[[ChannelConnectivity], Any], try_to_connect: bool) -> None:
        state = self._channel.get_state(try_to_connect)
        while True:
            callback(state)
            if state == ChannelConnectivity.SHUTDOWN:
                return
            await self._channel.wait_for_state_change(state)
            state = self._channel.get_state(try_to_connect)

    def subscribe(self, callback: Callable[[ChannelConnectivity], Any], try_to_connect: bool = False) -> None:
        def begin() -> None:
            self._watchers[callback] = asyncio.ensure_future(self._watch(callback, try_to_connect))

        _do(begin)

    def unsubscribe(self, callback: Callable[[ChannelConnectivity], Any]) -> None:
        watcher = self._watchers.pop(callback, None)
        if watcher is not None:
            _get_loop().call_soon_threadsafe(watcher.cancel)

    def close(self) -> None:
        for callback in list(self._watchers):
            self.unsubscribe(callback)
        _run(self._channel.close())


class _SyncServer(Server):
    """A server of the loop, whose handlers run in threads."""

    def __init__(self, make: Callable[[], aio.Server]) -> None:
        self._server = _do(make)

    def add_generic_rpc_handlers(self, generic_rpc_handlers: Any) -> None:
        self._server.add_generic_rpc_handlers(generic_rpc_handlers)

    def add_registered_method_handlers(self, service_name: str, method_handlers: Any) -> None:
        """Adds the handlers of a service, as newer generated code does."""
        self._server.add_registered_method_handlers(service_name, method_handlers)

    def add_insecure_port(self, address: str) -> int:
        port: int = self._server.add_insecure_port(address)

        return port

    def add_secure_port(self, address: str, server_credentials: Any) -> int:
        port: int = self._server.add_secure_port(address, server_credentials)

        return port

    def start(self) -> None:
        _run(self._server.start())

    def stop(self, grace: Optional[float]) -> threading.Event:
        event = threading.Event()
        future = asyncio.run_coroutine_threadsafe(self._server.stop(grace), _get_loop())
        future.add_done_callback(lambda _future: event.set())

        return event

    def wait_for_termination(self, timeout: Optional[float] = None) -> bool:
        return bool(_run(self._server.wait_for_termination(timeout)))


class _ReadyFuture(Future):
    """Is done when a channel is connected."""

    def __init__(self, channel: Any) -> None:
        self._future = asyncio.run_coroutine_threadsafe(channel.channel_ready(), _get_loop())

    def cancel(self) -> bool:
        return self._future.cancel()

    def cancelled(self) -> bool:
        return self._future.cancelled()

    def running(self) -> bool:
        return not self._future.done()

    def done(self) -> bool:
        return self._future.done()

    def result(self, timeout: Optional[float] = None) -> None:
        try:
            self._future.result(timeout)
        except concurrent.futures.TimeoutError:
            raise FutureTimeoutError() from None
        except concurrent.futures.CancelledError:
            raise FutureCancelledError() from None

    def exception(self, timeout: Optional[float] = None) -> None:
        self.result(timeout)

    def traceback(self, timeout: Optional[float] = None) -> None:
        self.result(timeout)

    def add_done_callback(self, fn: Callable[[Future], Any]) -> None:
        self._future.add_done_callback(lambda _future: fn(self))


def insecure_channel(target: str, options: Any = None, compression: Optional[Compression] = None) -> Channel:
    """Makes a channel without protection, for programs without a loop.

    Args:
      target: where the server is.
      options: pairs of a channel argument's name and its value.
      compression: how to compress requests.
    """
    return _SyncChannel(lambda: aio.insecure_channel(target, options, compression))


def secure_channel(target: str, credentials: Any, options: Any = None,
                   compression: Optional[Compression] = None) -> Channel:
    """Makes a channel with credentials, for programs without a loop.

    Args:
      target: where the server is.
      credentials: how to secure connections.
      options: pairs of a channel argument's name and its value.
      compression: how to compress requests.
    """
    return _SyncChannel(lambda: aio.secure_channel(target, credentials, options, compression))


def server(thread_pool: concurrent.futures.Executor,
           handlers: Optional[Sequence[Any]] = None,
           interceptors: Optional[Sequence[Any]] = None,
           options: Any = None,
           maximum_concurrent_rpcs: Optional[int] = None,
           compression: Optional[Compression] = None) -> Server:
    """Makes a server for programs without a loop.

    Args:
      thread_pool: where the handlers run.
      handlers: finds the handlers of methods.
      interceptors: those of `grpc_aio_glib.aio`.
      options: pairs of a channel argument's name and its value.
      maximum_concurrent_rpcs: how many calls are served at a time; more are
        refused with RESOURCE_EXHAUSTED.
      compression: how to compress responses.
    """
    found: List[Any] = list(interceptors or ())

    def make() -> aio.Server:
        made = aio.server(thread_pool, handlers, found, options, maximum_concurrent_rpcs, compression)
        made._serving.refuses_excess = True
        return made

    return _SyncServer(make)


def channel_ready_future(channel: Any) -> Future:
    """Returns a future that is done when a channel is connected.

    Args:
      channel: what `insecure_channel` or `secure_channel` returned.
    """
    return _ReadyFuture(channel._channel)
