# SPDX-License-Identifier: LGPL-2.1-or-later

"""What calls go through on their way, at either end."""

from abc import ABCMeta, abstractmethod
from typing import Any, AsyncIterable, Awaitable, Callable, NamedTuple, Optional, Union

from .._credentials import CallCredentials
from .._handlers import HandlerCallDetails, RpcMethodHandler
from .._names import ClientCallDetails as _ClientCallDetails
from . import _base_call
from ._typing import MetadataType, RequestIterableType


class ServerInterceptor(metaclass=ABCMeta):
    """Sees the calls of a server before their handlers do."""

    @abstractmethod
    async def intercept_service(self,
                                continuation: Callable[[HandlerCallDetails], Awaitable[RpcMethodHandler]],
                                handler_call_details: HandlerCallDetails) -> RpcMethodHandler:
        """Decides which handler a call gets.

        Args:
          continuation: takes the details of a call, asks the next interceptor or, after
            the last, the handlers of the server, and returns a handler or None.
          handler_call_details: the call.

        Returns:
          The handler, or None if the call is not served.
        """


class _CallDetails(NamedTuple):
    method: Union[str, bytes]
    timeout: Optional[float]
    metadata: Optional[MetadataType]
    credentials: Optional[CallCredentials]
    wait_for_ready: Optional[bool]


class ClientCallDetails(_CallDetails, _ClientCallDetails):
    """A call, as a client's interceptors see and change it.

    Args:
      method: the full name of the method.
      timeout: the seconds the call may take, or None.
      metadata: what to send with it, or None.
      credentials: call credentials, or None.
      wait_for_ready: whether to wait for a connection instead of failing, or None.
    """


class ClientInterceptor(metaclass=ABCMeta):
    """The base of the four kinds of a client's interceptors."""


class UnaryUnaryClientInterceptor(ClientInterceptor, metaclass=ABCMeta):
    """Sees calls with one request and one response."""

    @abstractmethod
    async def intercept_unary_unary(
            self, continuation: Callable[[ClientCallDetails, Any], Awaitable['_base_call.UnaryUnaryCall[Any, Any]']],
            client_call_details: ClientCallDetails,
            request: Any) -> Union['_base_call.UnaryUnaryCall[Any, Any]', Any]:
        """Sees a call before it is started.

        Args:
          continuation: takes details and a request, and returns the call:
            `call = await continuation(client_call_details, request)`.
          client_call_details: the call as it is so far.
          request: the request.

        Returns:
          The call, or a response of the interceptor's own.
        """


class UnaryStreamClientInterceptor(ClientInterceptor, metaclass=ABCMeta):
    """Sees calls with one request and a stream of responses."""

    @abstractmethod
    async def intercept_unary_stream(
            self, continuation: Callable[[ClientCallDetails, Any], Awaitable['_base_call.UnaryStreamCall[Any, Any]']],
            client_call_details: ClientCallDetails,
            request: Any) -> Union[AsyncIterable[Any], '_base_call.UnaryStreamCall[Any, Any]']:
        """Sees a call before it is started.

        Args:
          continuation: takes details and a request, and returns the call:
            `call = await continuation(client_call_details, request)`.
          client_call_details: the call as it is so far.
          request: the request.

        Returns:
          The call, or an asynchronous iterator of responses.
        """


class StreamUnaryClientInterceptor(ClientInterceptor, metaclass=ABCMeta):
    """Sees calls with a stream of requests and one response."""

    @abstractmethod
    async def intercept_stream_unary(
            self, continuation: Callable[[ClientCallDetails, Any], Awaitable['_base_call.StreamUnaryCall[Any, Any]']],
            client_call_details: ClientCallDetails,
            request_iterator: RequestIterableType) -> '_base_call.StreamUnaryCall[Any, Any]':
        """Sees a call before it is started.

        Args:
          continuation: takes details and requests, and returns the call:
            `call = await continuation(client_call_details, request_iterator)`.
          client_call_details: the call as it is so far.
          request_iterator: the requests.

        Returns:
          The call.
        """


class StreamStreamClientInterceptor(ClientInterceptor, metaclass=ABCMeta):
    """Sees calls with a stream of requests and a stream of responses."""

    @abstractmethod
    async def intercept_stream_stream(
            self, continuation: Callable[[ClientCallDetails, Any], Awaitable['_base_call.StreamStreamCall[Any, Any]']],
            client_call_details: ClientCallDetails,
            request_iterator: RequestIterableType) -> Union[AsyncIterable[Any], '_base_call.StreamStreamCall[Any, Any]']:
        """Sees a call before it is started.

        Args:
          continuation: takes details and requests, and returns the call:
            `call = await continuation(client_call_details, request_iterator)`.
          client_call_details: the call as it is so far.
          request_iterator: the requests.

        Returns:
          The call, or an asynchronous iterator of responses.
        """
