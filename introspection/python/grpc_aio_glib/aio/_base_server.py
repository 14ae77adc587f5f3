# SPDX-License-Identifier: LGPL-2.1-or-later

"""The abstract classes of a server, and of a call it serves."""

import abc
from typing import Any, Generic, Iterable, Mapping, Optional, Sequence

from .._credentials import ServerCredentials
from .._handlers import GenericRpcHandler
from .._names import Compression, StatusCode
from ._metadata import Metadata
from ._typing import DoneCallbackType, MetadataType, RequestType, ResponseType


class Server(abc.ABC):
    """Serves calls."""

    @abc.abstractmethod
    def add_generic_rpc_handlers(self, generic_rpc_handlers: Sequence[GenericRpcHandler]) -> None:
        """Adds handlers, before the server is started.

        Args:
          generic_rpc_handlers: they are asked in this order, after those that are
            there.
        """

    @abc.abstractmethod
    def add_insecure_port(self, address: str) -> int:
        """Has the server listen without protection.

        Args:
          address: such as `[::]:50051` or `unix:/run/me`; port 0 takes a free one.

        Returns:
          The number of the port.
        """

    @abc.abstractmethod
    def add_secure_port(self, address: str, server_credentials: ServerCredentials) -> int:
        """Has the server listen with credentials.

        Args:
          address: such as `[::]:50051`; port 0 takes a free one.
          server_credentials: how to secure connections.

        Returns:
          The number of the port.
        """

    @abc.abstractmethod
    async def start(self) -> None:
        """Starts to serve. A server is started once."""

    @abc.abstractmethod
    async def stop(self, grace: Optional[float]) -> None:
        """Stops to serve. New calls are refused from now on.

        May be called again, to stop sooner.

        Args:
          grace: the seconds that calls have to end by themselves, or None to cancel
            them at once.
        """

    @abc.abstractmethod
    async def wait_for_termination(self, timeout: Optional[float] = None) -> bool:
        """Waits until the server has stopped.

        Args:
          timeout: how many seconds to wait at most, or None.

        Returns:
          Whether the time was up before.
        """


class ServicerContext(Generic[RequestType, ResponseType], abc.ABC):
    """A call, as seen by its handler."""

    @abc.abstractmethod
    async def read(self) -> RequestType:
        """Waits for the next request, or `EOF` after the last."""

    @abc.abstractmethod
    async def write(self, message: ResponseType) -> None:
        """Sends a response, and waits until there is room for another.

        Args:
          message: the response.
        """

    @abc.abstractmethod
    async def send_initial_metadata(self, initial_metadata: MetadataType) -> None:
        """Sends metadata before the first message. It can be done once.

        Args:
          initial_metadata: what to send.
        """

    @abc.abstractmethod
    async def abort(self,
                    code: StatusCode,
                    details: str = '',
                    trailing_metadata: MetadataType = ()) -> None:
        """Ends the call with an error, and the handler with an exception.

        Args:
          code: the status code; OK is not possible.
          details: a text for people.
          trailing_metadata: what to send with it.

        Raises:
          AbortError: always.
        """

    @abc.abstractmethod
    def set_trailing_metadata(self, trailing_metadata: MetadataType) -> None:
        """Sets what is sent with the status.

        Args:
          trailing_metadata: pairs of key and value.
        """

    @abc.abstractmethod
    def invocation_metadata(self) -> Optional[Metadata]:
        """Returns what the client sent with the call."""

    @abc.abstractmethod
    def set_code(self, code: StatusCode) -> None:
        """Sets the status code the call ends with.

        Args:
          code: the status code.
        """

    @abc.abstractmethod
    def set_details(self, details: str) -> None:
        """Sets the text of the status the call ends with.

        Args:
          details: a text for people.
        """

    @abc.abstractmethod
    def set_compression(self, compression: Compression) -> None:
        """Sets how the responses are compressed, before anything is sent.

        Args:
          compression: the method.
        """

    @abc.abstractmethod
    def disable_next_message_compression(self) -> None:
        """Has the next response sent as it is."""

    @abc.abstractmethod
    def peer(self) -> str:
        """Returns the address of the client."""

    @abc.abstractmethod
    def peer_identities(self) -> Optional[Iterable[bytes]]:
        """Returns who the client proved to be, or None."""

    @abc.abstractmethod
    def peer_identity_key(self) -> Optional[str]:
        """Returns the name in `auth_context` that has the identities, or None."""

    @abc.abstractmethod
    def auth_context(self) -> Mapping[str, Iterable[bytes]]:
        """Returns what is known of the connection: names, each with its values."""

    def time_remaining(self) -> Optional[float]:
        """Returns the seconds until the deadline, at least 0, or None without one."""
        return None

    def trailing_metadata(self) -> Any:
        """Returns what is to be sent with the status."""
        raise NotImplementedError()

    def code(self) -> Any:
        """Returns the status code that was set, or None."""
        raise NotImplementedError()

    def details(self) -> Any:
        """Returns the text of the status that was set."""
        raise NotImplementedError()

    def add_done_callback(self, callback: DoneCallbackType) -> None:
        """Has a function called with this object when the call is over.

        Args:
          callback: the function.
        """

    def cancelled(self) -> bool:
        """Says whether the call ended with CANCELLED."""
        return False

    def done(self) -> bool:
        """Says whether the call is over."""
        return False
