# SPDX-License-Identifier: LGPL-2.1-or-later

"""The abstract classes of a channel and its methods."""

import abc
from types import TracebackType
from typing import Any, Optional, Type

from .._credentials import CallCredentials
from .._names import ChannelConnectivity, Compression
from . import _base_call
from ._typing import DeserializingFunction, MetadataType, RequestIterableType, SerializingFunction


class UnaryUnaryMultiCallable(abc.ABC):
    """Calls a method with one request and one response."""

    @abc.abstractmethod
    def __call__(self,
                 request: Any,
                 *,
                 timeout: Optional[float] = None,
                 metadata: Optional[MetadataType] = None,
                 credentials: Optional[CallCredentials] = None,
                 wait_for_ready: Optional[bool] = None,
                 compression: Optional[Compression] = None) -> '_base_call.UnaryUnaryCall[Any, Any]':
        """Starts a call.

        Args:
          request: the request.
          timeout: the seconds the call may take, or None.
          metadata: what to send with it.
          credentials: call credentials, for a secure channel.
          wait_for_ready: whether to wait for a connection instead of failing.
          compression: how to compress the request.

        Returns:
          The call. Await it for the response, or to see an `AioRpcError`.
        """


class UnaryStreamMultiCallable(abc.ABC):
    """Calls a method with one request and a stream of responses."""

    @abc.abstractmethod
    def __call__(self,
                 request: Any,
                 *,
                 timeout: Optional[float] = None,
                 metadata: Optional[MetadataType] = None,
                 credentials: Optional[CallCredentials] = None,
                 wait_for_ready: Optional[bool] = None,
                 compression: Optional[Compression] = None) -> '_base_call.UnaryStreamCall[Any, Any]':
        """Starts a call.

        Args:
          request: the request.
          timeout: the seconds the call may take, or None.
          metadata: what to send with it.
          credentials: call credentials, for a secure channel.
          wait_for_ready: whether to wait for a connection instead of failing.
          compression: how to compress the request.

        Returns:
          The call. Iterate it, or read from it.
        """


class StreamUnaryMultiCallable(abc.ABC):
    """Calls a method with a stream of requests and one response."""

    @abc.abstractmethod
    def __call__(self,
                 request_iterator: Optional[RequestIterableType] = None,
                 timeout: Optional[float] = None,
                 metadata: Optional[MetadataType] = None,
                 credentials: Optional[CallCredentials] = None,
                 wait_for_ready: Optional[bool] = None,
                 compression: Optional[Compression] = None) -> '_base_call.StreamUnaryCall[Any, Any]':
        """Starts a call.

        Args:
          request_iterator: the requests, or None to write them to the call.
          timeout: the seconds the call may take, or None.
          metadata: what to send with it.
          credentials: call credentials, for a secure channel.
          wait_for_ready: whether to wait for a connection instead of failing.
          compression: how to compress the requests.

        Returns:
          The call. Await it for the response, or to see an `AioRpcError`.
        """


class StreamStreamMultiCallable(abc.ABC):
    """Calls a method with a stream of requests and a stream of responses."""

    @abc.abstractmethod
    def __call__(self,
                 request_iterator: Optional[RequestIterableType] = None,
                 timeout: Optional[float] = None,
                 metadata: Optional[MetadataType] = None,
                 credentials: Optional[CallCredentials] = None,
                 wait_for_ready: Optional[bool] = None,
                 compression: Optional[Compression] = None) -> '_base_call.StreamStreamCall[Any, Any]':
        """Starts a call.

        Args:
          request_iterator: the requests, or None to write them to the call.
          timeout: the seconds the call may take, or None.
          metadata: what to send with it.
          credentials: call credentials, for a secure channel.
          wait_for_ready: whether to wait for a connection instead of failing.
          compression: how to compress the requests.

        Returns:
          The call. Iterate it, or read from it.
        """


class Channel(abc.ABC):
    """A connection to a server, made when it is needed.

    `async with` closes it at the end.
    """

    @abc.abstractmethod
    async def __aenter__(self) -> 'Channel':
        """Returns the channel."""

    @abc.abstractmethod
    async def __aexit__(self,
                        exc_type: Optional[Type[BaseException]],
                        exc_val: Optional[BaseException],
                        exc_tb: Optional[TracebackType]) -> None:
        """Closes the channel, which cancels its calls."""

    @abc.abstractmethod
    async def close(self, grace: Optional[float] = None) -> None:
        """Closes the channel. New calls are refused from now on.

        Args:
          grace: the seconds that calls have to end by themselves, or None to cancel
            them at once.
        """

    @abc.abstractmethod
    def get_state(self, try_to_connect: bool = False) -> ChannelConnectivity:
        """Returns whether the channel is connected.

        Args:
          try_to_connect: whether to connect if the channel is idle.
        """

    @abc.abstractmethod
    async def wait_for_state_change(self, last_observed_state: ChannelConnectivity) -> None:
        """Waits until the state is another one.

        Args:
          last_observed_state: the state the caller knows of.
        """

    @abc.abstractmethod
    async def channel_ready(self) -> None:
        """Connects, and waits until that is done."""

    @abc.abstractmethod
    def unary_unary(self,
                    method: str,
                    request_serializer: Optional[SerializingFunction] = None,
                    response_deserializer: Optional[DeserializingFunction] = None) -> UnaryUnaryMultiCallable:
        """Returns an object that calls a method with one request and one response.

        Args:
          method: the full name, `/package.Service/Method`.
          request_serializer: makes bytes of a request, or None for bytes.
          response_deserializer: makes a response of bytes, or None for bytes.
        """

    @abc.abstractmethod
    def unary_stream(self,
                     method: str,
                     request_serializer: Optional[SerializingFunction] = None,
                     response_deserializer: Optional[DeserializingFunction] = None) -> UnaryStreamMultiCallable:
        """Returns an object that calls a method with a stream of responses.

        Args:
          method: the full name, `/package.Service/Method`.
          request_serializer: makes bytes of a request, or None for bytes.
          response_deserializer: makes a response of bytes, or None for bytes.
        """

    @abc.abstractmethod
    def stream_unary(self,
                     method: str,
                     request_serializer: Optional[SerializingFunction] = None,
                     response_deserializer: Optional[DeserializingFunction] = None) -> StreamUnaryMultiCallable:
        """Returns an object that calls a method with a stream of requests.

        Args:
          method: the full name, `/package.Service/Method`.
          request_serializer: makes bytes of a request, or None for bytes.
          response_deserializer: makes a response of bytes, or None for bytes.
        """

    @abc.abstractmethod
    def stream_stream(self,
                      method: str,
                      request_serializer: Optional[SerializingFunction] = None,
                      response_deserializer: Optional[DeserializingFunction] = None) -> StreamStreamMultiCallable:
        """Returns an object that calls a method with streams both ways.

        Args:
          method: the full name, `/package.Service/Method`.
          request_serializer: makes bytes of a request, or None for bytes.
          response_deserializer: makes a response of bytes, or None for bytes.
        """
