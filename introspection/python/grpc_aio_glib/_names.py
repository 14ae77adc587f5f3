# SPDX-License-Identifier: LGPL-2.1-or-later

"""The names that grpc's synchronous and asynchronous halves share: enums, errors
and the abstract classes of a call."""

import abc
import enum
import sys
from types import ModuleType
from typing import Any, Callable, List, Optional, Tuple, Type


def find_grpcio() -> Optional[ModuleType]:
    """Returns grpcio's module `grpc` if the program has imported it.

    It is never imported from here. The stand-in, which has its name when grpcio is
    not installed, does not count.
    """
    module = sys.modules.get('grpc')
    if module is None or module.__name__ != 'grpc':
        return None

    return module


class _SharedEnum(enum.Enum):
    """An enum whose members equal those of the same name in grpcio's enum.

    So a servicer that says `grpc.StatusCode.NOT_FOUND`, and a client that compares
    with it, may take either.
    """

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, enum.Enum) and type(other).__name__ == type(self).__name__:
            return bool(other.name == self.name and other.value == self.value)

        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)


@enum.unique
class StatusCode(_SharedEnum):
    """How a call ended: the codes of the wire, each with its name in words."""

    OK = (0, 'ok')
    CANCELLED = (1, 'cancelled')
    UNKNOWN = (2, 'unknown')
    INVALID_ARGUMENT = (3, 'invalid argument')
    DEADLINE_EXCEEDED = (4, 'deadline exceeded')
    NOT_FOUND = (5, 'not found')
    ALREADY_EXISTS = (6, 'already exists')
    PERMISSION_DENIED = (7, 'permission denied')
    RESOURCE_EXHAUSTED = (8, 'resource exhausted')
    FAILED_PRECONDITION = (9, 'failed precondition')
    ABORTED = (10, 'aborted')
    OUT_OF_RANGE = (11, 'out of range')
    UNIMPLEMENTED = (12, 'unimplemented')
    INTERNAL = (13, 'internal')
    UNAVAILABLE = (14, 'unavailable')
    DATA_LOSS = (15, 'data loss')
    UNAUTHENTICATED = (16, 'unauthenticated')


@enum.unique
class ChannelConnectivity(_SharedEnum):
    """Whether a channel is connected, and whether it tries to be."""

    IDLE = (0, 'idle')
    CONNECTING = (1, 'connecting')
    READY = (2, 'ready')
    TRANSIENT_FAILURE = (3, 'transient failure')
    SHUTDOWN = (4, 'shutdown')


@enum.unique
class Compression(enum.IntEnum):
    """How messages are compressed."""

    NoCompression = 0
    Deflate = 1
    Gzip = 2


@enum.unique
class LocalConnectionType(_SharedEnum):
    """The connections that local credentials are for."""

    UDS = 0
    LOCAL_TCP = 1


class FutureTimeoutError(Exception):
    """A method of a `Future` took longer than it was given."""


class FutureCancelledError(Exception):
    """The computation behind a `Future` was cancelled."""


class Future(abc.ABC):
    """A computation that goes on elsewhere."""

    @abc.abstractmethod
    def cancel(self) -> bool:
        """Tries to cancel the computation, and says whether that was possible."""
        raise NotImplementedError()

    @abc.abstractmethod
    def cancelled(self) -> bool:
        """Says whether the computation was cancelled before it had a result."""
        raise NotImplementedError()

    @abc.abstractmethod
    def running(self) -> bool:
        """Says whether the computation is still going on."""
        raise NotImplementedError()

    @abc.abstractmethod
    def done(self) -> bool:
        """Says whether the computation is over."""
        raise NotImplementedError()

    @abc.abstractmethod
    def result(self, timeout: Optional[float] = None) -> Any:
        """Waits for the result, or raises what the computation raised."""
        raise NotImplementedError()

    @abc.abstractmethod
    def exception(self, timeout: Optional[float] = None) -> Optional[BaseException]:
        """Waits for the end, and returns what the computation raised."""
        raise NotImplementedError()

    @abc.abstractmethod
    def traceback(self, timeout: Optional[float] = None) -> Any:
        """Waits for the end, and returns the traceback of what was raised."""
        raise NotImplementedError()

    @abc.abstractmethod
    def add_done_callback(self, fn: Callable[['Future'], Any]) -> None:
        """Has a function called with this future once it is over."""
        raise NotImplementedError()


class Status(abc.ABC):
    """How a call is to end.

    Attributes:
      code: a `StatusCode`.
      details: a text for people.
      trailing_metadata: the metadata that goes with it.
    """

    code: StatusCode
    details: str
    trailing_metadata: Any


class RpcError(Exception):
    """A call ended with a status that is not OK."""


class RpcContext(abc.ABC):
    """A call, as seen by either end of the synchronous API."""

    @abc.abstractmethod
    def is_active(self) -> bool:
        """Says whether the call is still going on."""
        raise NotImplementedError()

    @abc.abstractmethod
    def time_remaining(self) -> Optional[float]:
        """Returns the seconds until the deadline, or None if there is none."""
        raise NotImplementedError()

    @abc.abstractmethod
    def cancel(self) -> Any:
        """Cancels the call. Without effect when it is over."""
        raise NotImplementedError()

    @abc.abstractmethod
    def add_callback(self, callback: Callable[[], Any]) -> bool:
        """Has a function called at the end; False when the call is over already."""
        raise NotImplementedError()


class Call(RpcContext, metaclass=abc.ABCMeta):
    """A call, as seen by a client of the synchronous API."""

    @abc.abstractmethod
    def initial_metadata(self) -> Any:
        """Returns what the server sent before its first message."""
        raise NotImplementedError()

    @abc.abstractmethod
    def trailing_metadata(self) -> Any:
        """Returns what the server sent with the status."""
        raise NotImplementedError()

    @abc.abstractmethod
    def code(self) -> StatusCode:
        """Returns the status code."""
        raise NotImplementedError()

    @abc.abstractmethod
    def details(self) -> str:
        """Returns the text of the status."""
        raise NotImplementedError()


class ClientCallDetails(abc.ABC):
    """What a client's interceptors know of a call.

    Attributes:
      method: the full name of the method.
      timeout: the seconds the call may take, or None.
      metadata: what is sent with it, or None.
      credentials: call credentials, or None.
      wait_for_ready: whether to wait for a connection, or None.
      compression: a `Compression`, or None.
    """


# Programs that use grpcio as well get one set of names: `except grpc.RpcError` and
# `is grpc.StatusCode.OK` mean the same on both sides.
_grpcio: Any = find_grpcio()
if _grpcio is not None:
    for _name in (
            'Call', 'ChannelConnectivity', 'ClientCallDetails', 'Compression', 'Future', 'FutureCancelledError',
            'FutureTimeoutError', 'LocalConnectionType', 'RpcContext', 'RpcError', 'Status', 'StatusCode'):
        globals()[_name] = getattr(_grpcio, _name)

CODES: Tuple[StatusCode, ...] = tuple(sorted(StatusCode, key=lambda code: code.value[0]))
STATES: Tuple[ChannelConnectivity, ...] = tuple(sorted(ChannelConnectivity, key=lambda state: state.value[0]))


def code_of(number: int) -> StatusCode:
    """Returns the status code of a number from the wire; unknown ones are UNKNOWN."""
    return CODES[number] if 0 <= number < len(CODES) else StatusCode.UNKNOWN


def number_of(code: Any) -> int:
    """Returns the number of a status code, ours or grpcio's or a number itself."""
    if isinstance(code, int):
        return int(code) if 0 <= code < len(CODES) else 2
    try:
        return int(code.value[0])
    except (AttributeError, IndexError, KeyError, TypeError):
        return 2


_raised: List[Any] = []


def error_class(base: Type[RpcError]) -> Type[RpcError]:
    """Returns the class to raise for `base`: one that grpcio's `except` catches, too.

    That matters in programs that imported grpcio after this package, and so have two
    classes `RpcError`.
    """
    grpcio: Any = find_grpcio()
    if grpcio is None:
        return base

    if not _raised or _raised[0] is not grpcio:
        others = [getattr(getattr(grpcio, 'aio', None), 'AioRpcError', None), grpcio.RpcError]
        # A program may have put our `aio` into grpcio's place.
        new = [other for other in others if other is not None and not issubclass(base, other)][:1]
        merged: Any = base
        if new:
            merged = type(base.__name__, (base, *new), {'__module__': base.__module__, '__doc__': base.__doc__})
        _raised[:] = [grpcio, merged]

    return _raised[1]  # type: ignore[no-any-return]
