# SPDX-License-Identifier: LGPL-2.1-or-later

"""The abstract classes of the synchronous API, which annotations and tests name."""

import abc
from typing import Any, Optional

from ._names import RpcContext


class UnaryUnaryMultiCallable(abc.ABC):
    """Calls a method with one request and one response, and waits."""

    @abc.abstractmethod
    def __call__(self, request: Any, timeout: Optional[float] = None, metadata: Any = None, credentials: Any = None,
                 wait_for_ready: Optional[bool] = None, compression: Any = None) -> Any:
        """Makes a call, and returns its response."""

    @abc.abstractmethod
    def with_call(self, request: Any, timeout: Optional[float] = None, metadata: Any = None, credentials: Any = None,
                  wait_for_ready: Optional[bool] = None, compression: Any = None) -> Any:
        """Makes a call, and returns its response and the call."""

    @abc.abstractmethod
    def future(self, request: Any, timeout: Optional[float] = None, metadata: Any = None, credentials: Any = None,
               wait_for_ready: Optional[bool] = None, compression: Any = None) -> Any:
        """Starts a call, and returns it: it is a future, too."""


class UnaryStreamMultiCallable(abc.ABC):
    """Calls a method with one request and a stream of responses."""

    @abc.abstractmethod
    def __call__(self, request: Any, timeout: Optional[float] = None, metadata: Any = None, credentials: Any = None,
                 wait_for_ready: Optional[bool] = None, compression: Any = None) -> Any:
        """Starts a call, and returns it: it iterates over the responses."""


class StreamUnaryMultiCallable(abc.ABC):
    """Calls a method with a stream of requests and one response, and waits."""

    @abc.abstractmethod
    def __call__(self, request_iterator: Any, timeout: Optional[float] = None, metadata: Any = None,
                 credentials: Any = None, wait_for_ready: Optional[bool] = None, compression: Any = None) -> Any:
        """Makes a call, and returns its response."""

    @abc.abstractmethod
    def with_call(self, request_iterator: Any, timeout: Optional[float] = None, metadata: Any = None,
                  credentials: Any = None, wait_for_ready: Optional[bool] = None, compression: Any = None) -> Any:
        """Makes a call, and returns its response and the call."""

    @abc.abstractmethod
    def future(self, request_iterator: Any, timeout: Optional[float] = None, metadata: Any = None,
               credentials: Any = None, wait_for_ready: Optional[bool] = None, compression: Any = None) -> Any:
        """Starts a call, and returns it: it is a future, too."""


class StreamStreamMultiCallable(abc.ABC):
    """Calls a method with a stream of requests and a stream of responses."""

    @abc.abstractmethod
    def __call__(self, request_iterator: Any, timeout: Optional[float] = None, metadata: Any = None,
                 credentials: Any = None, wait_for_ready: Optional[bool] = None, compression: Any = None) -> Any:
        """Starts a call, and returns it: it iterates over the responses."""


class Channel(abc.ABC):
    """A connection to a server, for programs without a loop."""

    @abc.abstractmethod
    def subscribe(self, callback: Any, try_to_connect: bool = False) -> None:
        """Has a function called with the state, now and when it changes."""

    @abc.abstractmethod
    def unsubscribe(self, callback: Any) -> None:
        """Ends what `subscribe` began."""

    @abc.abstractmethod
    def unary_unary(self, method: str, request_serializer: Any = None,
                    response_deserializer: Any = None) -> UnaryUnaryMultiCallable:
        """Returns an object that calls a method with one request and one response."""

    @abc.abstractmethod
    def unary_stream(self, method: str, request_serializer: Any = None,
                     response_deserializer: Any = None) -> UnaryStreamMultiCallable:
        """Returns an object that calls a method with a stream of responses."""

    @abc.abstractmethod
    def stream_unary(self, method: str, request_serializer: Any = None,
                     response_deserializer: Any = None) -> StreamUnaryMultiCallable:
        """Returns an object that calls a method with a stream of requests."""

    @abc.abstractmethod
    def stream_stream(self, method: str, request_serializer: Any = None,
                      response_deserializer: Any = None) -> StreamStreamMultiCallable:
        """Returns an object that calls a method with streams both ways."""

    @abc.abstractmethod
    def close(self) -> None:
        """Closes the channel, which cancels its calls."""

    def __enter__(self) -> 'Channel':
        return self

    def __exit__(self, *_exception: Any) -> None:
        self.close()


class ServicerContext(RpcContext, metaclass=abc.ABCMeta):
    """A call, as seen by a handler that runs in a thread."""

    @abc.abstractmethod
    def invocation_metadata(self) -> Any:
        """Returns what the client sent with the call."""

    @abc.abstractmethod
    def peer(self) -> str:
        """Returns the address of the client."""

    @abc.abstractmethod
    def peer_identities(self) -> Any:
        """Returns who the client proved to be, or None."""

    @abc.abstractmethod
    def peer_identity_key(self) -> Optional[str]:
        """Returns the name in `auth_context` that has the identities, or None."""

    @abc.abstractmethod
    def auth_context(self) -> Any:
        """Returns what is known of the connection."""

    @abc.abstractmethod
    def send_initial_metadata(self, initial_metadata: Any) -> None:
        """Sends metadata before the first message."""

    @abc.abstractmethod
    def set_trailing_metadata(self, trailing_metadata: Any) -> None:
        """Sets what is sent with the status."""

    @abc.abstractmethod
    def abort(self, code: Any, details: str) -> None:
        """Ends the call with an error, and the handler with an exception."""

    @abc.abstractmethod
    def abort_with_status(self, status: Any) -> None:
        """Ends the call with an error, and the handler with an exception."""

    @abc.abstractmethod
    def set_code(self, code: Any) -> None:
        """Sets the status code the call ends with."""

    @abc.abstractmethod
    def set_details(self, details: str) -> None:
        """Sets the text of the status the call ends with."""


class Server(abc.ABC):
    """Serves calls, for programs without a loop."""

    @abc.abstractmethod
    def add_generic_rpc_handlers(self, generic_rpc_handlers: Any) -> None:
        """Adds handlers, before the server is started."""

    @abc.abstractmethod
    def add_insecure_port(self, address: str) -> int:
        """Has the server listen without protection."""

    @abc.abstractmethod
    def add_secure_port(self, address: str, server_credentials: Any) -> int:
        """Has the server listen with credentials."""

    @abc.abstractmethod
    def start(self) -> None:
        """Starts to serve."""

    @abc.abstractmethod
    def stop(self, grace: Optional[float]) -> Any:
        """Stops to serve, and returns an event that is set when that is done."""

    @abc.abstractmethod
    def wait_for_termination(self, timeout: Optional[float] = None) -> bool:
        """Waits until the server has stopped, and says whether that took too long."""
