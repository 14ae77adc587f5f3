# SPDX-License-Identifier: LGPL-2.1-or-later

"""A call, as seen by its handler."""

import asyncio
import concurrent.futures
import functools
import logging
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Tuple, Union

from .._handlers import HandlerCallDetails
from .._names import Compression, StatusCode, number_of
from .._port import PENDING
from . import _base_server
from ._errors import EOF, AbortError, InternalError, ServerStoppedError, UsageError
from ._typing import DoneCallbackType, MetadataType

_LOGGER = logging.getLogger(__name__)

_RPC_FINISHED = 'RPC already finished.'
_SERVER_STOPPED = 'Server already stopped.'
_METADATA_TYPE = 'Tuple[Tuple[str, Union[str, bytes]]...]'

_CANCELLED = StatusCode.CANCELLED.value[0]
_UNKNOWN = StatusCode.UNKNOWN.value[0]

_NO_COMPRESS = 2

# How many messages in a row are handed over without giving other tasks a turn.
_FAIR_TURNS = 64

# A thread that waits for the loop looks at times whether there still is one.
_PATIENCE_SECONDS = 1


class _Metadatum(NamedTuple):
    """One piece of metadata."""

    key: str
    value: Union[str, bytes]


class CallDetails(HandlerCallDetails):
    """A call that has just arrived."""

    def __init__(self, core: Any) -> None:
        self.method: str = core.method
        self._core = core

    @property
    def invocation_metadata(self) -> Tuple[_Metadatum, ...]:
        """What the client sent with the call."""
        return tuple(_Metadatum(key, value) for key, value in self._core.invocation_metadata)


class CodeNumber(int):
    """The number of a status code, which also equals the `StatusCode`."""

    def __eq__(self, other: object) -> bool:
        value = getattr(other, 'value', None)
        if isinstance(value, tuple):
            return bool(value) and int(self) == value[0]

        return int(self) == other

    __hash__ = int.__hash__


def _require_metadata(metadata: Any) -> None:
    if hasattr(metadata, '__iter__') and not isinstance(metadata, dict):
        for item in metadata:
            if not (isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)
                    and isinstance(item[1], (str, bytes))):
                break
        else:
            return

    raise TypeError(f'Invalid trailing metadata type, expected {_METADATA_TYPE}: {metadata}')


def _require_text(details: Any) -> None:
    if not isinstance(details, str):
        raise TypeError(f"Argument 'details' has incorrect type (expected str, got {type(details).__name__})")


class ServicerContext(_base_server.ServicerContext):  # type: ignore[type-arg]
    """A call, as seen by its handler."""

    def __init__(self, server: Any, core: Any) -> None:
        self._server = server
        self._core = core
        self._request_deserializer: Any = None
        self._response_serializer: Any = None
        self._code = 0
        self._details = ''
        self._trailing_metadata: Tuple[Any, ...] = ()
        self._no_compression = False
        self._has_begun = False
        self._turns = 0
        self._done_callbacks: Optional[List[Callable[[], Any]]] = None
        self.is_counted = False
        self.abort_exception: Optional[AbortError] = None
        self.status_sent = False
        self.sync_context: Optional['SyncServicerContext'] = None
        self.task: Optional['asyncio.Task[Any]'] = None

    def set_handler(self, handler: Any) -> None:
        """Takes over how messages become bytes, and bytes messages."""
        self._request_deserializer = handler.request_deserializer
        self._response_serializer = handler.response_serializer

    def deserialize(self, data: bytes) -> Any:
        """Returns the request of some bytes."""
        return data if self._request_deserializer is None else self._request_deserializer(data)

    def serialize(self, message: Any) -> bytes:
        """Returns the bytes of a response."""
        if isinstance(message, str):
            message = message.encode('utf-8')
        if self._response_serializer is not None:
            message = self._response_serializer(message)
        elif message is None:
            message = b''
        if not isinstance(message, (bytes, bytearray, memoryview)):
            raise TypeError(f'Expected bytes, got {type(message).__name__}')

        return message

    def raise_for_termination(self) -> None:
        """Raises if nothing can be done to the call any more."""
        if self.abort_exception is not None:
            raise self.abort_exception
        if self.status_sent:
            raise UsageError(_RPC_FINISHED)
        if self._server.is_stopped:
            raise ServerStoppedError(_SERVER_STOPPED)

    def _answer(self, code: int, details: str, data: Optional[bytes] = None) -> None:
        self.status_sent = True
        self._server.release(self)
        self._core.finish(code, details, self._trailing_metadata, data)

    def finish(self, response: Any = None) -> None:
        """Ends the call as the handler wants it."""
        self.raise_for_termination()
        data = self.serialize(response) if self._code == 0 and response is not None else None
        self._answer(self._code, self._details, data)

    def finish_unary(self, response: Any) -> None:
        """Ends the call with the one response it has."""
        self.raise_for_termination()
        data = self.serialize(response) if self._code == 0 else None
        self._answer(self._code, self._details, data)

    def fail(self, error: BaseException) -> None:
        """Ends the call after an exception of the handler."""
        if self.status_sent or self._server.is_stopped or self._core.done():
            return
        self._answer(self._code or _UNKNOWN, f'Unexpected {type(error)}: {error}')

    def refuse(self, code: StatusCode, details: str) -> None:
        """Ends a call that has no handler."""
        self._trailing_metadata = ()
        self._answer(code.value[0], details)

    @property
    def is_given_up(self) -> bool:
        """Whether the client does not wait for the answer any more."""
        return bool(self._core.cancelled)

    def run_done_callbacks(self) -> None:
        """Tells those who want to know that the handler is done with the call."""
        callbacks, self._done_callbacks = self._done_callbacks, None
        try:
            for callback in callbacks or ():
                callback()
        except Exception:  # pylint: disable=broad-except
            # As in grpc.aio, those after it are not called.
            _LOGGER.exception('Error in callback for method [%s]', self._core.method)

    async def _take_turns(self) -> None:
        self._turns += 1
        if self._turns >= _FAIR_TURNS:
            self._turns = 0
            await asyncio.sleep(0)

    async def read(self) -> Any:
        """Waits for the next request, or `EOF` after the last."""
        self.raise_for_termination()
        data = self._core.read_nowait()
        if data is PENDING:
            self._turns = 0
            data = await self._core.read()
        else:
            await self._take_turns()
        self.raise_for_termination()

        return EOF if data is None else self.deserialize(data)

    async def write(self, message: Any) -> None:
        """Sends a response, and waits until there is room for another.

        Args:
          message: the response.
        """
        self.raise_for_termination()
        data = self.serialize(message)
        flags = 0
        if self._no_compression:
            self._no_compression = False
            flags = _NO_COMPRESS
        self._has_begun = True
        taken = self._core.write_nowait(data, flags)
        if taken is True:
            await self._take_turns()
            return
        self._turns = 0
        if taken is False or not await taken:
            # The handler learns by being cancelled, if the client gave up.
            await asyncio.sleep(0)
            raise InternalError('Failed "execute_batch": the call is over')

    async def send_initial_metadata(self, initial_metadata: MetadataType) -> None:
        """Sends metadata before the first message. It can be done once.

        Args:
          initial_metadata: what to send.
        """
        self.raise_for_termination()
        metadata = tuple(initial_metadata)
        if self._has_begun:
            raise UsageError('Send initial metadata failed: already sent')
        self._has_begun = True
        self._core.send_initial_metadata(metadata)

    async def abort(self,
                    code: Union[StatusCode, int],
                    details: str = '',
                    trailing_metadata: MetadataType = ()) -> None:
        """Ends the call with an error, and the handler with an exception.

        Args:
          code: the status code. OK is none to abort with, and becomes UNKNOWN.
          details: a text for people.
          trailing_metadata: what to send with it.

        Raises:
          AbortError: always.
        """
        _require_text(details)
        if self.abort_exception is not None:
            raise UsageError('Abort already called!')
        metadata = tuple(trailing_metadata) if trailing_metadata is not None else ()
        if metadata or not self._trailing_metadata:
            _require_metadata(trailing_metadata)
            self._trailing_metadata = metadata
        self.abort_exception = AbortError('Locally aborted.')
        if details:
            self._details = details
        self._code = number_of(code)
        if self._code == 0:
            _LOGGER.error('abort() called with StatusCode.OK; returning UNKNOWN')
            self._code = _UNKNOWN
        self._answer(self._code, self._details)

        raise self.abort_exception

    async def abort_with_status(self, status: Any) -> None:
        """Ends the call with an error, and the handler with an exception.

        Args:
          status: an object with code, details and trailing_metadata.

        Raises:
          AbortError: always.
        """
        await self.abort(status.code, status.details, status.trailing_metadata)

    def set_trailing_metadata(self, trailing_metadata: MetadataType) -> None:
        """Sets what is sent with the status.

        Args:
          trailing_metadata: pairs of key and value.
        """
        _require_metadata(trailing_metadata)
        self._trailing_metadata = tuple(trailing_metadata)

    def trailing_metadata(self) -> Tuple[Any, ...]:
        """Returns what is to be sent with the status."""
        return self._trailing_metadata

    def invocation_metadata(self) -> Tuple[_Metadatum, ...]:  # type: ignore[override]
        """Returns what the client sent with the call."""
        return tuple(_Metadatum(key, value) for key, value in self._core.invocation_metadata)

    def set_code(self, code: Union[StatusCode, int]) -> None:
        """Sets the status code the call ends with.

        Args:
          code: the status code.
        """
        self._code = number_of(code)

    def code(self) -> int:
        """Returns the number of the status code that was set. It equals the code, too."""
        return CodeNumber(self._code)

    def set_details(self, details: str) -> None:
        """Sets the text of the status the call ends with.

        Args:
          details: a text for people.
        """
        _require_text(details)
        self._details = details

    def details(self) -> str:
        """Returns the text of the status that was set."""
        return self._details

    def set_compression(self, compression: Compression) -> None:
        """Sets how the responses are compressed, before anything is sent.

        Args:
          compression: the method.
        """
        if self._has_begun or not self._core.set_compression(int(compression)):
            raise RuntimeError('Compression setting must be specified before sending initial metadata')

    def disable_next_message_compression(self) -> None:
        """Has the next response sent as it is."""
        self._no_compression = True

    def peer(self) -> str:
        """Returns the address of the client."""
        peer: str = self._core.peer()

        return peer

    def peer_identities(self) -> Optional[Iterable[bytes]]:
        """Returns who the client proved to be, or None."""
        context = self._core.auth_context()
        if context.get_peer_identity_key() is None:
            return None

        return [value.get_data() for value in context.dup_peer_identities()]

    def peer_identity_key(self) -> Optional[str]:
        """Returns the name in `auth_context` that has the identities, or None."""
        key: Optional[str] = self._core.auth_context().get_peer_identity_key()

        return key

    def auth_context(self) -> Mapping[str, Iterable[bytes]]:
        """Returns what is known of the connection: names, each with its values."""
        context = self._core.auth_context()
        values: Dict[str, List[bytes]] = {}
        for name in context.dup_names():
            values[name] = [value.get_data() for value in context.dup_values(name)]

        return values

    def time_remaining(self) -> Optional[float]:
        """Returns the seconds until the deadline, at least 0, or None without one."""
        remaining: Optional[float] = self._core.time_remaining()

        return remaining

    def add_done_callback(self, callback: DoneCallbackType) -> None:
        """Has a function called with this object when the handler is done.

        Args:
          callback: the function.
        """
        if self._done_callbacks is None:
            self._done_callbacks = []
        self._done_callbacks.append(functools.partial(callback, self))

    def done(self) -> bool:
        """Says whether the call is over."""
        return self.status_sent or bool(self._core.done())

    def cancelled(self) -> bool:
        """Says whether the call ended with CANCELLED, or the client gave it up."""
        return self._code == _CANCELLED or bool(self._core.cancelled)


class RequestIterator:
    """The requests of a stream, for a handler that iterates them."""

    def __init__(self, context: ServicerContext) -> None:
        self._context = context

    def __aiter__(self) -> 'RequestIterator':
        return self

    async def __anext__(self) -> Any:
        message = await self._context.read()
        if message is EOF:
            raise StopAsyncIteration

        return message


class SyncServicerContext:
    """A call, as seen by a handler that runs in a thread."""

    def __init__(self, context: ServicerContext, loop: asyncio.AbstractEventLoop) -> None:
        self._context = context
        self._loop = loop
        self._callbacks: List[Callable[[], Any]] = []

    def wait_for(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Runs a coroutine function in the loop, and waits for its result."""
        result: 'concurrent.futures.Future[Any]' = concurrent.futures.Future()

        def begin() -> None:
            task = asyncio.ensure_future(function(*arguments))
            task.add_done_callback(finish)

        def finish(task: 'asyncio.Future[Any]') -> None:
            if task.cancelled():
                result.set_exception(concurrent.futures.CancelledError())
            elif task.exception() is not None:
                result.set_exception(task.exception())
            else:
                result.set_result(task.result())

        self._loop.call_soon_threadsafe(begin)

        return self._wait(result)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a function in the thread of the loop, and waits for its result."""
        result: 'concurrent.futures.Future[Any]' = concurrent.futures.Future()

        def begin() -> None:
            try:
                result.set_result(function(*arguments))
            except BaseException as error:  # pylint: disable=broad-except
                result.set_exception(error)

        self._loop.call_soon_threadsafe(begin)

        return self._wait(result)

    def _wait(self, result: 'concurrent.futures.Future[Any]') -> Any:
        while True:
            try:
                return result.result(timeout=_PATIENCE_SECONDS)
            except concurrent.futures.TimeoutError:
                if result.done():
                    continue
                if self._loop.is_closed():
                    raise ServerStoppedError(_SERVER_STOPPED) from None

    def requests(self) -> Iterator[Any]:
        """Yields the requests of a stream."""
        while True:
            message = self.wait_for(self._context.read)
            if message is EOF:
                return
            yield message

    def send(self, message: Any) -> None:
        """Sends one of a stream of responses."""
        self.wait_for(self._context.write, message)

    def run_callbacks(self) -> None:
        """Calls what was given to `add_callback`: the call is over, or its handler is."""
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            try:
                callback()
            except Exception:  # pylint: disable=broad-except
                _LOGGER.exception('Error in callback for method [%s]', self._context._core.method)

    def abort(self,
              code: Union[StatusCode, int],
              details: str = '',
              trailing_metadata: MetadataType = ()) -> None:
        """Ends the call with an error, and the handler with an exception."""
        self.wait_for(self._context.abort, code, details, trailing_metadata)

    def abort_with_status(self, status: Any) -> None:
        """Ends the call with an error, and the handler with an exception."""
        self.wait_for(self._context.abort_with_status, status)

    def send_initial_metadata(self, metadata: MetadataType) -> None:
        """Sends metadata before the first message."""
        self.wait_for(self._context.send_initial_metadata, metadata)

    def set_trailing_metadata(self, metadata: MetadataType) -> None:
        """Sets what is sent with the status."""
        self._context.set_trailing_metadata(metadata)

    def trailing_metadata(self) -> Tuple[Any, ...]:
        """Returns what is to be sent with the status."""
        return self._context.trailing_metadata()

    def invocation_metadata(self) -> Tuple[_Metadatum, ...]:
        """Returns what the client sent with the call."""
        return self._context.invocation_metadata()

    def set_code(self, code: Union[StatusCode, int]) -> None:
        """Sets the status code the call ends with."""
        self._context.set_code(code)

    def code(self) -> int:
        """Returns the number of the status code that was set."""
        return self._context.code()

    def set_details(self, details: str) -> None:
        """Sets the text of the status the call ends with."""
        self._context.set_details(details)

    def details(self) -> str:
        """Returns the text of the status that was set."""
        return self._context.details()

    def set_compression(self, compression: Compression) -> None:
        """Sets how the responses are compressed."""
        self.call(self._context.set_compression, compression)

    def disable_next_message_compression(self) -> None:
        """Has the next response sent as it is."""
        self._context.disable_next_message_compression()

    def add_callback(self, callback: Callable[[], Any]) -> bool:
        """Has a function called when the call is over. False when it is already."""
        if not self.is_active():
            return False
        self._callbacks.append(callback)

        return True

    def is_active(self) -> bool:
        """Says whether the call is still going on."""
        return not self._context.done()

    def cancel(self) -> None:
        """Ends the call with CANCELLED."""
        self.call(self._context.refuse, StatusCode.CANCELLED, 'Cancelled on the server side')

    def peer(self) -> str:
        """Returns the address of the client."""
        peer: str = self.call(self._context.peer)

        return peer

    def peer_identities(self) -> Optional[Iterable[bytes]]:
        """Returns who the client proved to be, or None."""
        identities: Optional[Iterable[bytes]] = self.call(self._context.peer_identities)

        return identities

    def peer_identity_key(self) -> Optional[str]:
        """Returns the name in `auth_context` that has the identities, or None."""
        key: Optional[str] = self.call(self._context.peer_identity_key)

        return key

    def auth_context(self) -> Mapping[str, Iterable[bytes]]:
        """Returns what is known of the connection."""
        values: Mapping[str, Iterable[bytes]] = self.call(self._context.auth_context)

        return values

    def time_remaining(self) -> Optional[float]:
        """Returns the seconds until the deadline, at least 0, or None without one."""
        return self._context.time_remaining()
