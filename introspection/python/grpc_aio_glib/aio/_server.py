# SPDX-License-Identifier: LGPL-2.1-or-later

"""Servers."""

import asyncio
import atexit
import enum
import functools
import inspect
import sys
import weakref
from concurrent.futures import Executor
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from .._credentials import ServerCredentials, native_server_credentials
from .._gi import GLib, GrpcAio
from .._handlers import GenericRpcHandler, RpcMethodHandler
from .._names import Compression, StatusCode
from .._port import Port
from .._wire import options_of
from . import _base_server
from ._errors import UsageError
from ._interceptor import ServerInterceptor
from ._rpc import handle
from ._servicer_context import CallDetails, ServicerContext
from ._typing import ChannelArgumentType

_USEC = 1_000_000

# More than this is for ever.
_MAXIMUM_GRACE = 2**31


class _State(enum.IntEnum):
    READY = 0
    RUNNING = 1
    STOPPING = 2
    STOPPED = 3


_servings: 'weakref.WeakSet[Serving]' = weakref.WeakSet()


@atexit.register
def _forget_calls() -> None:
    """Closes what would serve calls, but has had no turn: it would say so at the end."""
    for serving in list(_servings):
        if serving.loop is None or serving.loop.is_running():
            continue
        for task in asyncio.all_tasks(serving.loop):
            coroutine: Any = task.get_coro()
            if getattr(coroutine, 'cr_code', None) in (handle.__code__, Serving._intercept.__code__):
                if inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
                    coroutine.close()


class Serving:
    """What serves calls. It does not hold the `Server`, so that this can be dropped."""

    def __init__(self, thread_pool: Optional[Executor], interceptors: Sequence[ServerInterceptor], options: Any,
                 maximum_concurrent_rpcs: Optional[int]) -> None:
        self.core = GrpcAio.Server.new_with_options(options)
        self.thread_pool = thread_pool
        self.interceptors = tuple(interceptors)
        self.generic_handlers: List[GenericRpcHandler] = []
        self.registered_handlers: Dict[str, RpcMethodHandler] = {}
        self.kinds: Dict[Any, Any] = {}
        self.state = _State.READY
        self.loop: Any = None
        self.is_stopped = False
        self._port: Any = None
        self._maximum = maximum_concurrent_rpcs
        self.refuses_excess = False
        self._active = 0
        # Calls that wait for others to end, in order.
        self._held: Dict[ServicerContext, None] = {}
        self._waiters: List[Tuple[asyncio.AbstractEventLoop, 'asyncio.Future[None]']] = []

    def start(self) -> None:
        """Starts to serve in the loop that runs."""
        self._port = Port.get()
        self.loop = self._port.loop
        _servings.add(self)
        self._port.serve(self.core, self._on_call)
        self._port.start(self.core)
        self.state = _State.RUNNING

    def find_handler(self, details: Any) -> Optional[RpcMethodHandler]:
        """Returns the handler of a call, or None."""
        handler = self.registered_handlers.get(details.method)
        if handler is not None:
            return handler
        for generic_handler in self.generic_handlers:
            handler = generic_handler.service(details)
            if handler is not None:
                return handler

        return None

    def _on_call(self, core: Any) -> None:
        context = ServicerContext(self, core)
        if self._has_room():
            self._serve(context)
        elif self.refuses_excess:
            context.refuse(StatusCode.RESOURCE_EXHAUSTED, 'Concurrent RPC limit exceeded!')
        else:
            self._held[context] = None
            # The client may give up meanwhile.
            core.add_done_callback(lambda _: self._held.pop(context, None))

    def _has_room(self) -> bool:
        return self._maximum is None or self._active < self._maximum

    def _serve_held(self) -> None:
        while self._held and self._has_room():
            context = next(iter(self._held))
            del self._held[context]
            self._serve(context)

    def _refuse_held(self) -> None:
        held, self._held = self._held, {}
        for context in held:
            context.refuse(StatusCode.UNAVAILABLE, 'The server is stopping')

    def _serve(self, context: ServicerContext) -> None:
        core = context._core
        self._active += 1
        context.is_counted = True
        if self.interceptors:
            self._spawn(context, self._intercept(context))
            return
        try:
            handler = self.find_handler(CallDetails(core))
        except Exception as error:  # pylint: disable=broad-except
            context.fail(error)
            self._on_end(context)
            return
        self._begin_handler(context, handler)

    def _begin_handler(self, context: ServicerContext, handler: Optional[RpcMethodHandler]) -> None:
        if handler is None:
            context.refuse(StatusCode.UNIMPLEMENTED, 'Method not found!')
            self._on_end(context)
        elif handler.request_streaming:  # type: ignore[attr-defined]
            self._spawn(context, handle(context, handler, None, self))
        else:
            context._core.when_request(functools.partial(self._on_request, context, handler))

    def _on_request(self, context: ServicerContext, handler: RpcMethodHandler, request: Optional[bytes]) -> None:
        if request is None:
            # The client gave up, or sent none.
            if not context._core.done():
                context.refuse(StatusCode.INTERNAL, 'No request')
            self._on_end(context)
        else:
            self._spawn(context, handle(context, handler, request, self))

    async def _intercept(self, context: ServicerContext) -> None:
        """Asks the interceptors for the handler, and then has it serve the call."""
        interceptors = iter(self.interceptors)

        async def proceed(details: Any) -> Any:
            interceptor = next(interceptors, None)
            if interceptor is None:
                return self.find_handler(details)
            return await interceptor.intercept_service(proceed, details)

        core = context._core
        try:
            handler = await proceed(CallDetails(core))
        except asyncio.CancelledError:
            if not core.done():
                context.refuse(StatusCode.CANCELLED, 'Cancelled on the server side')
            return
        except Exception as error:  # pylint: disable=broad-except
            context.fail(error)
            return
        request = None
        if handler is None:
            context.refuse(StatusCode.UNIMPLEMENTED, 'Method not found!')
            return
        if not handler.request_streaming:
            request = await core.read()
            if request is None:
                return
        await handle(context, handler, request, self)

    def _spawn(self, context: ServicerContext, coroutine: Any) -> None:
        task = self.loop.create_task(coroutine)
        # A loop that is closed with calls that are served says nothing about them.
        task._log_destroy_pending = False
        context.task = task
        task.add_done_callback(functools.partial(self._on_end, context))
        context._core.add_done_callback(functools.partial(_on_core_done, context))

    def _on_end(self, context: ServicerContext, task: Any = None) -> None:
        """The handler is done with its call."""
        if task is not None and not task.cancelled():
            # What may be raised here stops the loop, and was told by it.
            task.exception()
        context.run_done_callbacks()
        self.release(context)

    def release(self, context: ServicerContext) -> None:
        """A call is answered, or over: it does not count any more."""
        if context.is_counted:
            context.is_counted = False
            self._active -= 1
            if self._held:
                self.loop.call_soon(self._serve_held)

    async def stop(self, grace: Optional[float]) -> None:
        """Stops to serve, and waits until that is done."""
        if self.state in (_State.READY, _State.STOPPED):
            return
        self.state = _State.STOPPING
        grace_usec = 0 if grace is None else int(min(max(grace, 0), _MAXIMUM_GRACE) * _USEC)
        await asyncio.shield(self._stop_core(grace_usec))

    def stop_now(self) -> None:
        """Stops to serve, and does not wait. In the thread of the loop."""
        if self.state == _State.RUNNING:
            self.state = _State.STOPPING
            self._stop_core(0)

    def _stop_core(self, grace_usec: int) -> 'asyncio.Future[Any]':
        self._refuse_held()
        future: 'asyncio.Future[Any]' = asyncio.ensure_future(
            self._port.call_async(self.core.stop_async, self.core.stop_finish, grace_usec))
        future.add_done_callback(self._on_stopped)

        return future

    def _on_stopped(self, future: 'asyncio.Future[Any]') -> None:
        if future.cancelled() or future.exception() is not None:
            return
        self.state = _State.STOPPED
        self.is_stopped = True
        waiters, self._waiters = self._waiters, []
        for loop, waiter in waiters:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_release, waiter)

    async def wait_for_termination(self, timeout: Optional[float]) -> bool:
        """Waits until the server has stopped, and says whether that took too long."""
        if self.is_stopped:
            return False
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._waiters.append((loop, waiter))
        try:
            await asyncio.wait_for(waiter, timeout)
        except asyncio.TimeoutError:
            return True
        finally:
            self._waiters = [each for each in self._waiters if each[1] is not waiter]

        return False


def _release(waiter: 'asyncio.Future[None]') -> None:
    if not waiter.done():
        waiter.set_result(None)


def _on_core_done(context: ServicerContext, core: Any) -> None:
    """The call is over; a client that gave up ends the handler."""
    if context.sync_context is not None:
        # A handler in a thread cannot be cancelled; this is how it learns.
        context.sync_context.run_callbacks()
    if core.cancelled and context.task is not None and not context.task.done():
        context.task.cancel()


class Server(_base_server.Server):
    """Serves calls, in the loop in which it was started."""

    def __init__(self,
                 thread_pool: Optional[Executor],
                 generic_handlers: Sequence[GenericRpcHandler],
                 interceptors: Sequence[ServerInterceptor],
                 options: ChannelArgumentType,
                 maximum_concurrent_rpcs: Optional[int],
                 compression: Optional[Compression]) -> None:
        invalid = [each for each in interceptors if not isinstance(each, ServerInterceptor)]
        if invalid:
            raise ValueError(f'Interceptor must be ServerInterceptor, the following are invalid: {invalid}')
        if maximum_concurrent_rpcs is not None and maximum_concurrent_rpcs <= 0:
            raise ValueError('maximum_concurrent_rpcs should be a postive integer')
        self._serving = Serving(thread_pool, interceptors, options_of(options, compression), maximum_concurrent_rpcs)
        self._serving.generic_handlers.extend(generic_handlers)

    def add_generic_rpc_handlers(self, generic_rpc_handlers: Sequence[GenericRpcHandler]) -> None:
        """Adds handlers, before the server is started.

        Args:
          generic_rpc_handlers: they are asked in this order, after those that are
            there.
        """
        self._serving.generic_handlers.extend(generic_rpc_handlers)

    def add_registered_method_handlers(self, service_name: str, method_handlers: Dict[str, RpcMethodHandler]) -> None:
        """Adds the handlers of a service, as newer generated code does.

        Args:
          service_name: the name of the service.
          method_handlers: the handlers by the short names of their methods.
        """
        for name, handler in method_handlers.items():
            self._serving.registered_handlers[f'/{service_name}/{name}'] = handler

    def _add_port(self, address: Any, credentials: Any) -> int:
        if isinstance(address, bytes):
            address = address.decode('utf-8', 'replace')
        try:
            port: int = self._serving.core.add_port(address, credentials)
        except GLib.Error as error:
            raise RuntimeError(f'Failed to bind to address {address}; set GRPC_VERBOSITY=debug environment variable '
                               'to see detailed error message.') from error

        return port

    def add_insecure_port(self, address: str) -> int:
        """Has the server listen without protection.

        Args:
          address: such as `[::]:50051` or `unix:/run/me`; port 0 takes a free one.

        Returns:
          The number of the port.
        """
        return self._add_port(address, None)

    def add_secure_port(self, address: str, server_credentials: ServerCredentials) -> int:
        """Has the server listen with credentials.

        Args:
          address: such as `[::]:50051`; port 0 takes a free one.
          server_credentials: how to secure connections.

        Returns:
          The number of the port.
        """
        return self._add_port(address, native_server_credentials(server_credentials))

    async def start(self) -> None:
        """Starts to serve. A server is started once."""
        if self._serving.state == _State.RUNNING:
            return
        if self._serving.state != _State.READY:
            raise UsageError('Server not in ready state')
        self._serving.start()

    async def stop(self, grace: Optional[float]) -> None:
        """Stops to serve. New calls are refused from now on.

        May be called again, to stop sooner.

        Args:
          grace: the seconds that calls have to end by themselves, or None to cancel
            them at once.
        """
        await self._serving.stop(grace)

    async def wait_for_termination(self, timeout: Optional[float] = None) -> bool:
        """Waits until the server has stopped.

        Args:
          timeout: how many seconds to wait at most, or None.

        Returns:
          Whether the time was up before.
        """
        return await self._serving.wait_for_termination(timeout)

    def __del__(self, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        serving = getattr(self, '_serving', None)
        if serving is None or is_finalizing() or serving.state != _State.RUNNING:
            return
        try:
            serving.loop.call_soon_threadsafe(serving.stop_now)
        except RuntimeError:
            # The loop is closed, and with it all that the server did.
            pass


def server(migration_thread_pool: Optional[Executor] = None,
           handlers: Optional[Sequence[GenericRpcHandler]] = None,
           interceptors: Optional[Sequence[Any]] = None,
           options: Optional[ChannelArgumentType] = None,
           maximum_concurrent_rpcs: Optional[int] = None,
           compression: Optional[Compression] = None) -> Server:
    """Makes a server.

    Args:
      migration_thread_pool: where handlers run that are no coroutine functions, or
        None for the pool of the loop.
      handlers: finds the handlers of methods.
      interceptors: what each call goes through before it has a handler.
      options: pairs of a channel argument's name and its value.
      maximum_concurrent_rpcs: how many calls are served at a time; more wait until
        others have ended.
      compression: how to compress responses.

    Returns:
      The server.
    """
    return Server(migration_thread_pool, () if handlers is None else handlers,
                  () if interceptors is None else interceptors, () if options is None else options,
                  maximum_concurrent_rpcs, compression)
