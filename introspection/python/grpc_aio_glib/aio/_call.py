# SPDX-License-Identifier: LGPL-2.1-or-later

"""A client's calls."""

import asyncio
import enum
import logging
import sys
from typing import Any, AsyncGenerator, Callable, Generator, List, Optional, Tuple, Type, Union

from .._names import RpcError, StatusCode, code_of, error_class
from .._port import PENDING, Status
from . import _base_call
from ._errors import EOF, EOFType, MetadataError, UsageError
from ._metadata import Metadata
from ._typing import DeserializingFunction, DoneCallbackType, RequestIterableType, SerializingFunction

_LOGGER = logging.getLogger(__name__)

LOCAL_CANCELLATION_DETAILS = 'Locally cancelled by application!'
GC_CANCELLATION_DETAILS = 'Cancelled upon garbage collection!'
RPC_ALREADY_FINISHED_DETAILS = 'RPC already finished.'
RPC_HALF_CLOSED_DETAILS = 'RPC is half closed after calling "done_writing".'
API_STYLE_ERROR = 'The iterator and read/write APIs may not be mixed on a single RPC.'

_INTERNAL = StatusCode.INTERNAL.value[0]
_CANCELLED = StatusCode.CANCELLED.value[0]

# How many messages in a row are handed over without giving other tasks a turn.
_FAIR_TURNS = 64


class AioRpcError(RpcError):
    """A call ended with a status that is not OK.

    What it says does not change any more, so its methods return at once. It can be
    copied and pickled.
    """

    def __init__(self,
                 code: StatusCode,
                 initial_metadata: Metadata,
                 trailing_metadata: Metadata,
                 details: Optional[str] = None,
                 debug_error_string: Optional[str] = None) -> None:
        # Not by super(): grpcio's class may be among the bases, see error_class().
        Exception.__init__(self)
        self._code = code
        self._details = details
        self._initial_metadata = initial_metadata
        self._trailing_metadata = trailing_metadata
        self._debug_error_string = debug_error_string

    def code(self) -> StatusCode:
        """Returns the status code."""
        return self._code

    def details(self) -> Optional[str]:
        """Returns the text of the status."""
        return self._details

    def initial_metadata(self) -> Metadata:
        """Returns what the server sent before its first message."""
        return self._initial_metadata

    def trailing_metadata(self) -> Metadata:
        """Returns what the server sent with the status."""
        return self._trailing_metadata

    def debug_error_string(self) -> Optional[str]:
        """Returns a text for developers."""
        return self._debug_error_string

    @property
    def domain(self) -> str:
        """The domain of the `GLib.Error` that says the same."""
        return 'GrpcAioError'

    @property
    def message(self) -> str:
        """The text of the status, under the name it has in a `GLib.Error`."""
        return self._details or ''

    def matches(self, domain: Union[str, int], code: int) -> bool:
        """Says whether this is an error of a domain and code, as `GLib.Error` does.

        Args:
          domain: the name of a domain, or its number.
          code: a member of `GrpcAio.Error`, or its number.
        """
        if not isinstance(domain, str):
            from .._gi import GLib  # pylint: disable=import-outside-toplevel
            domain = GLib.quark_to_string(domain)

        return domain == self.domain and int(code) == self._code.value[0]

    def __reduce__(self) -> Tuple[Any, ...]:
        return (AioRpcError, (self._code, self._initial_metadata, self._trailing_metadata, self._details,
                              self._debug_error_string))

    def __repr__(self) -> str:
        return (f'<AioRpcError of RPC that terminated with:\n\tstatus = {self._code}\n'
                f'\tdetails = "{self._details}"\n\tdebug_error_string = "{self._debug_error_string}"\n>')

    __str__ = __repr__


def error_of(status: Status) -> BaseException:
    """Returns the exception for a call that did not end with OK."""
    if status.local:
        return asyncio.CancelledError()
    cls: Type[Any] = error_class(AioRpcError)
    error: BaseException = cls(code_of(status.code), Metadata.from_tuple(status.initial_metadata),
                               Metadata.from_tuple(status.trailing_metadata), status.details, status.debug_string)

    return error


class _NoCall:
    """Stands for a call that ended before it could be started."""

    initial_metadata: Tuple[Any, ...] = ()
    response = None

    def __init__(self, details: str, debug_string: str, deadline: Optional[float] = None) -> None:
        self.status = Status(_INTERNAL, details, (), (), debug_string, False)
        self.deadline = deadline

    def done(self) -> bool:
        return True

    def cancel(self, _details: str) -> bool:
        return False

    def time_remaining(self) -> Optional[float]:
        return None

    async def wait_status(self) -> Status:
        return self.status

    async def wait_initial_metadata(self) -> Tuple[Any, ...]:
        return ()

    async def wait_for_connection(self) -> bool:
        return False

    def read_nowait(self) -> None:
        return None

    def write_nowait(self, _data: bytes) -> bool:
        return False

    async def done_writing(self) -> bool:
        return False


def serialize(message: Any, serializer: Optional[SerializingFunction]) -> bytes:
    """Returns the bytes of a message."""
    data = message if serializer is None else serializer(message)
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f'Expected bytes, got {type(data)}')

    return data


def _is_metadata_error(error: BaseException) -> bool:
    return isinstance(error, ValueError) and 'metadata key' in str(error)


class Call(_base_call.Call):
    """What all calls have."""

    _core: Any
    _status: Optional[Status] = None
    _done_callbacks: Optional[List[DoneCallbackType]] = None
    _invalid: Optional[BaseException] = None
    _deserializer: Optional[DeserializingFunction]

    def _start(self, method: Any, request: Any, is_unary: bool, options: Any) -> None:
        """Starts the call, or ends it with what keeps it from being started."""
        timeout, metadata, credentials, wait_for_ready = options
        data = None
        try:
            if is_unary:
                data = serialize(request, method.request_serializer)
        except Exception as error:  # pylint: disable=broad-except
            _LOGGER.exception('Exception serializing message!')
            self._core = _NoCall('Exception serializing request!', repr(error))
            return
        try:
            self._core = method.start(data, timeout, metadata, credentials, wait_for_ready)
        except (TypeError, ValueError) as error:
            self._invalid = MetadataError(str(error)) if _is_metadata_error(error) else error
            self._core = _NoCall('Internal error from Core', str(error))

    def done(self) -> bool:
        return bool(self._core.done())

    def cancelled(self) -> bool:
        status = self._core.status

        return status is not None and status.code == _CANCELLED

    def _cancel(self, details: str) -> bool:
        if not self._core.cancel(details):
            return False
        self._run_done_callbacks()

        return True

    def cancel(self) -> bool:
        return self._cancel(LOCAL_CANCELLATION_DETAILS)

    def add_done_callback(self, callback: DoneCallbackType) -> None:
        if self._core.done():
            callback(self)
            return
        if self._done_callbacks is None:
            self._done_callbacks = []
            self._core.add_done_callback(self._run_done_callbacks)
        self._done_callbacks.append(callback)

    def remove_done_callback(self, callback: DoneCallbackType) -> int:
        """Takes a callback away again, as `asyncio.wait` does.

        Args:
          callback: what was given to `add_done_callback`.

        Returns:
          How many times it was there.
        """
        callbacks = self._done_callbacks or []
        count = callbacks.count(callback)
        if count:
            self._done_callbacks = [each for each in callbacks if each != callback]

        return count

    def _run_done_callbacks(self, _core: Any = None) -> None:
        callbacks, self._done_callbacks = self._done_callbacks, []
        for callback in callbacks or ():
            try:
                callback(self)
            except Exception:  # pylint: disable=broad-except
                _LOGGER.exception('Exception in a done callback')

    def time_remaining(self) -> Optional[float]:
        remaining: Optional[float] = self._core.time_remaining()

        return remaining

    async def _final_status(self) -> Status:
        """Waits for the end. A response that cannot be read counts as a failure."""
        if self._invalid is not None:
            raise self._invalid
        status = self._status
        if status is None:
            status = self._core.status or await self._core.wait_status()
            status = self._status = self._judge(status)

        return status

    def _judge(self, status: Status) -> Status:
        return status

    async def initial_metadata(self) -> Metadata:
        raw = self._core.initial_metadata
        if raw is None:
            raw = await self._core.wait_initial_metadata()

        return Metadata.from_tuple(raw)

    async def trailing_metadata(self) -> Metadata:
        return Metadata.from_tuple((await self._final_status()).trailing_metadata)

    async def code(self) -> StatusCode:
        return code_of((await self._final_status()).code)

    async def details(self) -> str:
        return (await self._final_status()).details

    async def debug_error_string(self) -> Optional[str]:
        """Waits for the end, and returns a text for developers."""
        return (await self._final_status()).debug_string

    async def _raise_for_status(self) -> None:
        status = await self._final_status()
        if status.local or status.code != 0:
            raise error_of(status)

    def __repr__(self) -> str:
        status = self._core.status if self._core.done() else None
        if status is None:
            return f'<{type(self).__name__} object>'
        text = (f'<{type(self).__name__} of RPC that terminated with:\n\tstatus = {code_of(status.code)}\n'
                f'\tdetails = "{status.details}"\n')
        if status.code != 0:
            text += f'\tdebug_error_string = "{status.debug_string}"\n'

        return text + '>'

    __str__ = __repr__


class _UnaryResponse(Call):
    """A call with one response. It goes on also when nobody holds it."""

    _response: Any = None

    def _judge(self, status: Status) -> Status:
        if status.code == 0 and not status.local:
            data = self._core.response
            try:
                self._response = data if self._deserializer is None else self._deserializer(data)
            except Exception as error:  # pylint: disable=broad-except
                _LOGGER.exception('Exception deserializing message!')
                return status._replace(code=_INTERNAL, details='Exception deserializing response!',
                                       debug_string=repr(error))

        return status

    def __await__(self) -> Generator[Any, None, Any]:
        core = self._core
        if core.status is None:
            yield from core.wait_done(self.cancel)
        if self._invalid is not None:
            raise self._invalid
        status = self._status
        if status is None:
            ended: Any = core.status
            status = self._status = self._judge(ended)
        if status.local or status.code != 0:
            raise error_of(status)

        return self._response


class _Style(enum.Enum):
    """The two ways to read from a call, or to write to it."""

    UNKNOWN = 0
    ITERATOR = 1
    READ_WRITE = 2


class _StreamResponse(Call):
    """A call with a stream of responses. It ends when nobody holds it."""

    _responses: Optional[AsyncGenerator[Any, None]] = None
    _response_style = _Style.UNKNOWN
    _turns = 0

    def __del__(self, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        # When the interpreter ends its modules are gone before this.
        core = getattr(self, '_core', None)
        if core is not None and not is_finalizing() and not core.done():
            core.cancel(GC_CANCELLATION_DETAILS)

    def _set_response_style(self, style: _Style) -> None:
        if self._response_style is _Style.UNKNOWN:
            self._response_style = style
        elif self._response_style is not style:
            raise UsageError(API_STYLE_ERROR)

    async def _read(self) -> Any:
        """Returns the next response, or EOF."""
        data = self._core.read_nowait()
        if data is PENDING:
            self._turns = 0
            try:
                data = await self._core.read()
            except asyncio.CancelledError:
                self.cancel()
                raise
        else:
            self._turns += 1
            if self._turns >= _FAIR_TURNS:
                self._turns = 0
                await asyncio.sleep(0)
        if data is None:
            return EOF
        if self._deserializer is None:
            return data
        try:
            return self._deserializer(data)
        except Exception as error:  # pylint: disable=broad-except
            _LOGGER.exception('Exception deserializing message!')
            self._core.cancel('Exception deserializing response!')
            self._status = Status(_INTERNAL, 'Exception deserializing response!', self._core.initial_metadata or (),
                                  (), repr(error), False)
            raise error_of(self._status) from None

    async def _iterate(self) -> AsyncGenerator[Any, None]:
        while True:
            message = await self._read()
            if message is EOF:
                break
            yield message
        await self._raise_for_status()

    def __aiter__(self) -> AsyncGenerator[Any, None]:
        self._set_response_style(_Style.ITERATOR)
        if self._responses is None:
            self._responses = self._iterate()

        return self._responses

    async def read(self) -> Union[EOFType, Any]:
        """Waits for the next response, or `EOF` after the last."""
        if self._core.done():
            await self._raise_for_status()
            return EOF
        self._set_response_style(_Style.READ_WRITE)
        message = await self._read()
        if message is EOF:
            await self._raise_for_status()

        return message


class _StreamRequest(Call):
    """A call with a stream of requests."""

    _request_style = _Style.READ_WRITE
    _done_writing_flag = False
    _poller: Optional['asyncio.Task[None]'] = None
    _serializer: Optional[SerializingFunction]
    _write_turns = 0

    def _consume(self, requests: Optional[RequestIterableType]) -> None:
        if requests is not None:
            self._request_style = _Style.ITERATOR
            self._poller = asyncio.get_running_loop().create_task(self._send_all(requests))

    def _require_written(self) -> None:
        if self._request_style is not _Style.READ_WRITE:
            raise UsageError(API_STYLE_ERROR)

    def _cancel(self, details: str) -> bool:
        if not super()._cancel(details):
            return False
        if self._poller is not None:
            self._poller.cancel()

        return True

    async def _send_all(self, requests: RequestIterableType) -> None:
        try:
            if hasattr(requests, '__aiter__'):
                async for request in requests:
                    await self._write(request)
            else:
                for request in requests:
                    await self._write(request)
            await self._done_writing()
        except RpcError as error:
            _LOGGER.debug('Exception while consuming the request_iterator: %s', error)
        except BaseException as error:  # pylint: disable=broad-except
            # What the program's iterator raises must not get lost in a task.
            if not isinstance(error, asyncio.CancelledError):
                _LOGGER.debug('Client request_iterator raised exception:', exc_info=error)
            self.cancel()

    async def _write(self, request: Any) -> None:
        if self._core.done():
            if self._invalid is not None:
                raise self._invalid
            raise asyncio.InvalidStateError(RPC_ALREADY_FINISHED_DETAILS)
        if self._done_writing_flag:
            raise asyncio.InvalidStateError(RPC_HALF_CLOSED_DETAILS)
        taken = self._core.write_nowait(serialize(request, self._serializer))
        try:
            if taken is True:
                self._write_turns += 1
                if self._write_turns >= _FAIR_TURNS:
                    self._write_turns = 0
                    await asyncio.sleep(0)
                return
            self._write_turns = 0
            if taken is False or not await taken:
                await self._raise_for_status()
        except asyncio.CancelledError:
            self.cancel()
            raise

    async def _done_writing(self) -> None:
        if self._core.done() or self._done_writing_flag:
            return
        self._done_writing_flag = True
        try:
            await self._core.done_writing()
        except asyncio.CancelledError:
            self.cancel()
            raise

    async def write(self, request: Any) -> None:
        """Sends a request, and waits until there is room for another."""
        self._require_written()
        await self._write(request)

    async def done_writing(self) -> None:
        """Tells the server that there are no more requests. May be called again."""
        self._require_written()
        await self._done_writing()


class _Connecting(Call):
    """How a call waits for its connection."""

    async def wait_for_connection(self) -> None:
        """Waits until the server has the call."""
        if self._invalid is not None:
            raise self._invalid
        if not self._core.done():
            await self._core.wait_for_connection()
        if self._core.done():
            await self._raise_for_status()


class UnaryUnaryCall(_UnaryResponse, _base_call.UnaryUnaryCall):  # type: ignore[type-arg]
    """A call with one request and one response."""

    def __init__(self, method: Any, request: Any, options: Any) -> None:
        self._deserializer = method.response_deserializer
        self._start(method, request, True, options)

    async def wait_for_connection(self) -> None:
        """Waits until the server has answered the call."""
        try:
            await self._raise_for_status()
        except asyncio.CancelledError:
            self.cancel()
            raise


class UnaryStreamCall(_StreamResponse, _Connecting, _base_call.UnaryStreamCall):  # type: ignore[type-arg]
    """A call with one request and a stream of responses."""

    def __init__(self, method: Any, request: Any, options: Any) -> None:
        self._deserializer = method.response_deserializer
        self._start(method, request, True, options)

    async def wait_for_connection(self) -> None:
        """Waits until the server has answered the call with metadata."""
        try:
            await super().wait_for_connection()
        except asyncio.CancelledError:
            self.cancel()
            raise


class StreamUnaryCall(_StreamRequest, _UnaryResponse, _Connecting,
                      _base_call.StreamUnaryCall):  # type: ignore[type-arg]
    """A call with a stream of requests and one response."""

    def __init__(self, method: Any, requests: Optional[RequestIterableType], options: Any) -> None:
        self._serializer = method.request_serializer
        self._deserializer = method.response_deserializer
        self._start(method, None, False, options)
        self._consume(requests)


class StreamStreamCall(_StreamRequest, _StreamResponse, _Connecting,
                       _base_call.StreamStreamCall):  # type: ignore[type-arg]
    """A call with a stream of requests and a stream of responses."""

    def __init__(self, method: Any, requests: Optional[RequestIterableType], options: Any) -> None:
        self._serializer = method.request_serializer
        self._deserializer = method.response_deserializer
        self._start(method, None, False, options)
        self._consume(requests)
