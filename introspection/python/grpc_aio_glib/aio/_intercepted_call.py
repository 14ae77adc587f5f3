# SPDX-License-Identifier: LGPL-2.1-or-later

"""A client's calls that go through interceptors."""

import asyncio
import sys
from typing import (Any, AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Generator, Iterator, List, Optional,
                    Sequence, Tuple, Union)

from .._names import StatusCode
from . import _base_call
from ._call import (API_STYLE_ERROR, LOCAL_CANCELLATION_DETAILS, RPC_ALREADY_FINISHED_DETAILS,
                    RPC_HALF_CLOSED_DETAILS, AioRpcError, StreamStreamCall, StreamUnaryCall, UnaryStreamCall,
                    UnaryUnaryCall)
from ._errors import EOF, EOFType, UsageError
from ._interceptor import ClientCallDetails, ClientInterceptor
from ._metadata import Metadata
from ._typing import DoneCallbackType, RequestIterableType

_END = object()


class InterceptedCall(_base_call.Call):
    """What the four kinds below have in common.

    First there is a task, in which the interceptors work; it ends with a call. From
    then on all is done to that call.
    """

    _interceptors_task: 'asyncio.Task[Any]'

    # What the interceptors' continuation starts, and what the method of an
    # interceptor is called.
    _call_type: Callable[..., Any]
    _intercept: str

    def __init__(self, interceptors: Sequence[ClientInterceptor], method: Any, request: Any,
                 options: Tuple[Any, ...]) -> None:
        self._method = method
        self._last_call: Any = None
        self._pending_callbacks: List[DoneCallbackType] = []
        task = method.channel.find_loop().create_task(self._invoke(interceptors, request, options))
        # It has no secrets: whoever awaits the call sees how it ended.
        task._log_destroy_pending = False
        self._interceptors_task = task
        task.add_done_callback(self._on_invoked)
        method.channel.intercepted_calls.add(self)

    def __del__(self, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        if hasattr(self, '_interceptors_task') and not is_finalizing():
            self.cancel_quietly()

    def cancel_quietly(self) -> None:
        """Cancels the call, also when its interceptors failed or its loop is closed."""
        try:
            self.cancel()
        except Exception:  # pylint: disable=broad-except
            pass

    def done_quietly(self) -> bool:
        """Says whether the call is over, also when its interceptors failed."""
        try:
            return self.done()
        except Exception:  # pylint: disable=broad-except
            return True

    async def _invoke(self, interceptors: Sequence[ClientInterceptor], request: Any, options: Tuple[Any, ...]) -> Any:
        """Runs the interceptors, and returns the call they end with."""
        details = ClientCallDetails(self._method.name, *options)

        return await self._run(iter(interceptors), details, request)

    async def _run(self, interceptors: Iterator[ClientInterceptor], details: ClientCallDetails, request: Any) -> Any:
        interceptor = next(interceptors, None)
        if interceptor is None:
            method = self._method.with_name(details.method)
            options = (details.timeout, details.metadata, details.credentials, details.wait_for_ready)
            call = self._call_type(method, request, options)
        else:
            async def proceed(new_details: ClientCallDetails, new_request: Any) -> Any:
                return await self._run(interceptors, new_details, new_request)

            call = self._wrap(await getattr(interceptor, self._intercept)(proceed, details, request))
        self._last_call = call

        return call

    def _wrap(self, result: Any) -> Any:
        """Makes a call of what an interceptor returned."""
        return result

    def _on_invoked(self, task: 'asyncio.Task[Any]') -> None:
        callbacks, self._pending_callbacks = self._pending_callbacks, []
        call = None
        if not task.cancelled() and task.exception() is None:
            call = task.result()
        for callback in callbacks:
            if call is None or call.done():
                callback(self)
            else:
                call.add_done_callback(self._forward(callback))

    def _forward(self, callback: DoneCallbackType) -> DoneCallbackType:
        return lambda _call: callback(self)

    def _failure(self) -> Optional[BaseException]:
        """Returns how the interceptors ended, or raises what is none of calls' errors."""
        try:
            self._interceptors_task.result()
        except (AioRpcError, asyncio.CancelledError) as error:
            return error

        return None

    async def _wait(self) -> Tuple[Any, Optional[BaseException]]:
        """Waits for the interceptors, and returns a call or how it failed."""
        try:
            return await self._interceptors_task, None
        except (AioRpcError, asyncio.CancelledError) as error:
            return None, error

    def cancel(self) -> bool:
        if not self._interceptors_task.done():
            return self._interceptors_task.cancel()
        if self._failure() is not None:
            return False

        return bool(self._interceptors_task.result().cancel())

    def cancelled(self) -> bool:
        if not self._interceptors_task.done():
            return False
        failure = self._failure()
        if isinstance(failure, AioRpcError):
            return failure.code() == StatusCode.CANCELLED
        if failure is not None:
            return True

        return bool(self._interceptors_task.result().cancelled())

    def done(self) -> bool:
        if not self._interceptors_task.done():
            return False
        if self._failure() is not None:
            return True

        return bool(self._interceptors_task.result().done())

    def add_done_callback(self, callback: DoneCallbackType) -> None:
        if not self._interceptors_task.done():
            self._pending_callbacks.append(callback)
        elif self.done():
            callback(self)
        else:
            self._interceptors_task.result().add_done_callback(self._forward(callback))

    def time_remaining(self) -> Optional[float]:
        raise NotImplementedError()

    async def initial_metadata(self) -> Optional[Metadata]:  # type: ignore[override]
        call, error = await self._wait()
        if error is not None:
            return error.initial_metadata() if isinstance(error, AioRpcError) else None
        metadata: Optional[Metadata] = await call.initial_metadata()

        return metadata

    async def trailing_metadata(self) -> Optional[Metadata]:  # type: ignore[override]
        call, error = await self._wait()
        if error is not None:
            return error.trailing_metadata() if isinstance(error, AioRpcError) else None
        metadata: Optional[Metadata] = await call.trailing_metadata()

        return metadata

    async def code(self) -> StatusCode:
        call, error = await self._wait()
        if error is not None:
            return error.code() if isinstance(error, AioRpcError) else StatusCode.CANCELLED
        code: StatusCode = await call.code()

        return code

    async def details(self) -> str:
        call, error = await self._wait()
        if error is not None:
            return (error.details() or '') if isinstance(error, AioRpcError) else LOCAL_CANCELLATION_DETAILS
        details: str = await call.details()

        return details

    async def debug_error_string(self) -> Optional[str]:
        """Waits for the end, and returns a text for developers."""
        call, error = await self._wait()
        if error is not None:
            return error.debug_error_string() if isinstance(error, AioRpcError) else ''
        text: Optional[str] = await call.debug_error_string()

        return text

    async def wait_for_connection(self) -> None:
        call = await self._interceptors_task
        await call.wait_for_connection()


class _UnaryResponse(InterceptedCall):
    """A call with one response."""

    def __await__(self) -> Generator[Any, None, Any]:
        call = yield from self._interceptors_task.__await__()
        response = yield from call.__await__()

        return response


class _StreamResponse(InterceptedCall):
    """A call with a stream of responses."""

    _responses: Optional[AsyncGenerator[Any, None]] = None

    async def _iterate(self) -> AsyncGenerator[Any, None]:
        call = await self._interceptors_task
        async for response in call:
            yield response

    def __aiter__(self) -> AsyncGenerator[Any, None]:
        # Made when it is needed: a generator that is never used makes a noise.
        if self._responses is None:
            self._responses = self._iterate()

        return self._responses

    async def read(self) -> Union[EOFType, Any]:
        """Waits for the next response, or `EOF` after the last."""
        try:
            return await self.__aiter__().__anext__()
        except StopAsyncIteration:
            return EOF


class _StreamRequest(InterceptedCall):
    """A call with a stream of requests: an iterator, or what is written to it.

    The interceptors get an iterator in either case.
    """

    def __init__(self, interceptors: Sequence[ClientInterceptor], method: Any,
                 requests: Optional[RequestIterableType], options: Tuple[Any, ...]) -> None:
        self._queue: Optional['asyncio.Queue[Any]'] = None
        self._code_task: Optional['asyncio.Task[StatusCode]'] = None
        if requests is None:
            self._queue = asyncio.Queue(maxsize=1)
            requests = self._written(self._queue)
        super().__init__(interceptors, method, requests, options)

    async def _written(self, queue: 'asyncio.Queue[Any]') -> AsyncIterator[Any]:
        await self._interceptors_task
        while True:
            request = await queue.get()
            if request is _END:
                break
            yield request

    async def _put(self, request: Any, call: Any) -> None:
        """Puts a request where the call takes it from, unless the call ends before."""
        queue = self._queue
        assert queue is not None
        try:
            queue.put_nowait(request)
            await asyncio.sleep(0)
            return
        except asyncio.QueueFull:
            pass

        loop = asyncio.get_running_loop()
        if self._code_task is None:
            self._code_task = loop.create_task(call.code())
            self._code_task._log_destroy_pending = False  # type: ignore[attr-defined]
        put = loop.create_task(queue.put(request))
        try:
            await asyncio.wait((put, self._code_task), return_when=asyncio.FIRST_COMPLETED)
        finally:
            put.cancel()

    def _require_written(self) -> None:
        if self._queue is None:
            raise UsageError(API_STYLE_ERROR)

    async def write(self, request: Any) -> None:
        """Sends a request, and waits until there is room for another."""
        self._require_written()
        call, error = await self._wait()
        if error is not None or call.done():
            raise asyncio.InvalidStateError(RPC_ALREADY_FINISHED_DETAILS)
        if call._done_writing_flag:
            raise asyncio.InvalidStateError(RPC_HALF_CLOSED_DETAILS)
        await self._put(request, call)
        if call.done():
            raise asyncio.InvalidStateError(RPC_ALREADY_FINISHED_DETAILS)

    async def done_writing(self) -> None:
        """Tells the server that there are no more requests. May be called again."""
        self._require_written()
        try:
            call = await self._interceptors_task
        except asyncio.CancelledError:
            raise asyncio.InvalidStateError(RPC_ALREADY_FINISHED_DETAILS) from None
        await self._put(_END, call)


class InterceptedUnaryUnaryCall(_UnaryResponse, _base_call.UnaryUnaryCall):  # type: ignore[type-arg]
    """A call with one request and one response, which goes through interceptors."""

    _call_type = UnaryUnaryCall
    _intercept = 'intercept_unary_unary'

    def _wrap(self, result: Any) -> Any:
        return result if isinstance(result, _base_call.UnaryUnaryCall) else UnaryUnaryCallResponse(result)


class InterceptedUnaryStreamCall(_StreamResponse, _base_call.UnaryStreamCall):  # type: ignore[type-arg]
    """A call with a stream of responses, which goes through interceptors."""

    _call_type = UnaryStreamCall
    _intercept = 'intercept_unary_stream'

    def _wrap(self, result: Any) -> Any:
        if isinstance(result, _base_call.UnaryStreamCall):
            return result

        return UnaryStreamCallResponseIterator(self._last_call, result)


class InterceptedStreamUnaryCall(_StreamRequest, _UnaryResponse,
                                 _base_call.StreamUnaryCall):  # type: ignore[type-arg]
    """A call with a stream of requests, which goes through interceptors."""

    _call_type = StreamUnaryCall
    _intercept = 'intercept_stream_unary'


class InterceptedStreamStreamCall(_StreamRequest, _StreamResponse,
                                  _base_call.StreamStreamCall):  # type: ignore[type-arg]
    """A call with streams both ways, which goes through interceptors."""

    _call_type = StreamStreamCall
    _intercept = 'intercept_stream_stream'

    def _wrap(self, result: Any) -> Any:
        if isinstance(result, _base_call.StreamStreamCall):
            return result

        return StreamStreamCallResponseIterator(self._last_call, result)


class UnaryUnaryCallResponse(_base_call.UnaryUnaryCall):  # type: ignore[type-arg]
    """A response that an interceptor made itself, as a call that is over."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def cancel(self) -> bool:
        return False

    def cancelled(self) -> bool:
        return False

    def done(self) -> bool:
        return True

    def add_done_callback(self, callback: DoneCallbackType) -> None:
        raise NotImplementedError()

    def time_remaining(self) -> Optional[float]:
        raise NotImplementedError()

    async def initial_metadata(self) -> Optional[Metadata]:  # type: ignore[override]
        return None

    async def trailing_metadata(self) -> Optional[Metadata]:  # type: ignore[override]
        return None

    async def code(self) -> StatusCode:
        return StatusCode.OK

    async def details(self) -> str:
        return ''

    async def debug_error_string(self) -> Optional[str]:
        return None

    def __await__(self) -> Generator[Any, None, Any]:
        return self._response
        yield  # Makes a generator of it.

    async def wait_for_connection(self) -> None:
        return None


class _ResponseIterator(_base_call.Call):
    """A call whose responses come from an iterator of an interceptor."""

    def __init__(self, call: Any, responses: AsyncIterable[Any]) -> None:
        self._call = call
        self._responses = responses

    def cancel(self) -> bool:
        return bool(self._call.cancel())

    def cancelled(self) -> bool:
        return bool(self._call.cancelled())

    def done(self) -> bool:
        return bool(self._call.done())

    def add_done_callback(self, callback: DoneCallbackType) -> None:
        self._call.add_done_callback(callback)

    def time_remaining(self) -> Optional[float]:
        remaining: Optional[float] = self._call.time_remaining()

        return remaining

    async def initial_metadata(self) -> Metadata:
        metadata: Metadata = await self._call.initial_metadata()

        return metadata

    async def trailing_metadata(self) -> Metadata:
        metadata: Metadata = await self._call.trailing_metadata()

        return metadata

    async def code(self) -> StatusCode:
        code: StatusCode = await self._call.code()

        return code

    async def details(self) -> str:
        details: str = await self._call.details()

        return details

    async def debug_error_string(self) -> Optional[str]:
        text: Optional[str] = await self._call.debug_error_string()

        return text

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._responses.__aiter__()

    async def wait_for_connection(self) -> None:
        await self._call.wait_for_connection()

    # The caller has an intercepted call, which reads by iterating, and writes to the
    # iterator that the interceptors got.

    async def read(self) -> Any:
        raise NotImplementedError()


class UnaryStreamCallResponseIterator(_ResponseIterator, _base_call.UnaryStreamCall):  # type: ignore[type-arg]
    """A stream of responses that an interceptor made."""


class StreamStreamCallResponseIterator(_ResponseIterator, _base_call.StreamStreamCall):  # type: ignore[type-arg]
    """A stream of responses that an interceptor made, for a stream of requests."""

    @property
    def _done_writing_flag(self) -> bool:
        return bool(self._call._done_writing_flag)

    async def write(self, request: Any) -> None:
        raise NotImplementedError()

    async def done_writing(self) -> None:
        raise NotImplementedError()
