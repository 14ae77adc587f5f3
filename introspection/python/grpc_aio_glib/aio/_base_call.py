# SPDX-License-Identifier: LGPL-2.1-or-later

"""The abstract classes of a client's calls."""

from abc import ABCMeta, abstractmethod
from typing import Any, AsyncIterator, Generator, Generic, Optional, Union

from .._names import StatusCode
from ._metadata import Metadata
from ._typing import DoneCallbackType, EOFType, RequestType, ResponseType


class RpcContext(metaclass=ABCMeta):
    """A call, as seen by either end."""

    @abstractmethod
    def cancelled(self) -> bool:
        """Says whether the call ended with CANCELLED."""

    @abstractmethod
    def done(self) -> bool:
        """Says whether the call is over, for whatever reason."""

    @abstractmethod
    def time_remaining(self) -> Optional[float]:
        """Returns the seconds until the deadline, at least 0, or None without one."""

    @abstractmethod
    def cancel(self) -> bool:
        """Cancels the call.

        Returns:
          False when it was over already, so that nothing was done.
        """

    @abstractmethod
    def add_done_callback(self, callback: DoneCallbackType) -> None:
        """Has a function called with this object when the call is over.

        Args:
          callback: the function. It is called at once if the call is over.
        """


class Call(RpcContext, metaclass=ABCMeta):
    """A call, as seen by the client."""

    @abstractmethod
    async def initial_metadata(self) -> Metadata:
        """Waits for what the server sent before its first message."""

    @abstractmethod
    async def trailing_metadata(self) -> Metadata:
        """Waits for the end, and returns what the server sent with the status."""

    @abstractmethod
    async def code(self) -> StatusCode:
        """Waits for the end, and returns the status code."""

    @abstractmethod
    async def details(self) -> str:
        """Waits for the end, and returns the text of the status."""

    @abstractmethod
    async def wait_for_connection(self) -> None:
        """Waits until the server has the call.

        Raises:
          AioRpcError: when the call ended before that.
        """


class UnaryUnaryCall(Generic[RequestType, ResponseType], Call, metaclass=ABCMeta):
    """A call with one request and one response."""

    @abstractmethod
    def __await__(self) -> Generator[Any, None, ResponseType]:
        """Waits for the response."""


class UnaryStreamCall(Generic[RequestType, ResponseType], Call, metaclass=ABCMeta):
    """A call with one request and a stream of responses."""

    @abstractmethod
    def __aiter__(self) -> AsyncIterator[ResponseType]:
        """Returns an iterator of the responses, always the same one."""

    @abstractmethod
    async def read(self) -> Union[EOFType, ResponseType]:
        """Waits for the next response, or `EOF` after the last."""


class StreamUnaryCall(Generic[RequestType, ResponseType], Call, metaclass=ABCMeta):
    """A call with a stream of requests and one response."""

    @abstractmethod
    async def write(self, request: RequestType) -> None:
        """Sends a request, and waits until there is room for another.

        Raises:
          RpcError: when the call has failed.
        """

    @abstractmethod
    async def done_writing(self) -> None:
        """Tells the server that there are no more requests."""

    @abstractmethod
    def __await__(self) -> Generator[Any, None, ResponseType]:
        """Waits for the response."""


class StreamStreamCall(Generic[RequestType, ResponseType], Call, metaclass=ABCMeta):
    """A call with a stream of requests and a stream of responses."""

    @abstractmethod
    def __aiter__(self) -> AsyncIterator[ResponseType]:
        """Returns an iterator of the responses, always the same one."""

    @abstractmethod
    async def read(self) -> Union[EOFType, ResponseType]:
        """Waits for the next response, or `EOF` after the last."""

    @abstractmethod
    async def write(self, request: RequestType) -> None:
        """Sends a request, and waits until there is room for another.

        Raises:
          RpcError: when the call has failed.
        """

    @abstractmethod
    async def done_writing(self) -> None:
        """Tells the server that there are no more requests."""
