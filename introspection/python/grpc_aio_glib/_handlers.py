# SPDX-License-Identifier: LGPL-2.1-or-later

"""What a server asks for the handler of a method, and what it gets."""

import abc
from typing import Any, Callable, Dict, NamedTuple, Optional

Behavior = Callable[[Any, Any], Any]
Deserializer = Callable[[bytes], Any]
Serializer = Callable[[Any], bytes]


class RpcMethodHandler(abc.ABC):
    """How one method is served.

    Attributes:
      request_streaming: whether there is a stream of requests.
      response_streaming: whether there is a stream of responses.
      request_deserializer: makes a request of bytes, or None for bytes.
      response_serializer: makes bytes of a response, or None for bytes.
      unary_unary: the function, when neither is a stream.
      unary_stream: the function, when the responses are.
      stream_unary: the function, when the requests are.
      stream_stream: the function, when both are.
    """


class HandlerCallDetails(abc.ABC):
    """A call that has just arrived.

    Attributes:
      method: the full name of the method.
      invocation_metadata: what the client sent with it.
    """


class GenericRpcHandler(abc.ABC):
    """Finds the handlers of any number of methods."""

    @abc.abstractmethod
    def service(self, handler_call_details: HandlerCallDetails) -> Optional[RpcMethodHandler]:
        """Returns the handler of a call, or None to leave it to others."""
        raise NotImplementedError()


class ServiceRpcHandler(GenericRpcHandler, metaclass=abc.ABCMeta):
    """Finds the handlers of one service, whose methods are `/service/method`."""

    @abc.abstractmethod
    def service_name(self) -> str:
        """Returns the name of the service."""
        raise NotImplementedError()


class _MethodHandlerFields(NamedTuple):
    request_streaming: bool
    response_streaming: bool
    request_deserializer: Optional[Deserializer]
    response_serializer: Optional[Serializer]
    unary_unary: Optional[Behavior] = None
    unary_stream: Optional[Behavior] = None
    stream_unary: Optional[Behavior] = None
    stream_stream: Optional[Behavior] = None


class MethodHandler(_MethodHandlerFields, RpcMethodHandler):
    """A handler made by one of the four functions below."""


class DictionaryHandler(ServiceRpcHandler):
    """A service that is a dictionary of methods."""

    def __init__(self, service: str, method_handlers: Dict[str, RpcMethodHandler]) -> None:
        self._name = service
        self._methods = {f'/{service}/{name}': handler for name, handler in method_handlers.items()}

    def service_name(self) -> str:
        return self._name

    def service(self, handler_call_details: HandlerCallDetails) -> Optional[RpcMethodHandler]:
        return self._methods.get(handler_call_details.method)  # type: ignore[attr-defined]


def unary_unary_rpc_method_handler(behavior: Behavior,
                                   request_deserializer: Optional[Deserializer] = None,
                                   response_serializer: Optional[Serializer] = None) -> RpcMethodHandler:
    """Makes a handler for one request and one response.

    Args:
      behavior: takes a request and a context, and returns a response.
      request_deserializer: makes a request of bytes, or None for bytes.
      response_serializer: makes bytes of a response, or None for bytes.

    Returns:
      The handler.
    """
    return MethodHandler(False, False, request_deserializer, response_serializer, unary_unary=behavior)


def unary_stream_rpc_method_handler(behavior: Behavior,
                                    request_deserializer: Optional[Deserializer] = None,
                                    response_serializer: Optional[Serializer] = None) -> RpcMethodHandler:
    """Makes a handler for one request and a stream of responses.

    Args:
      behavior: takes a request and a context, and yields responses.
      request_deserializer: makes a request of bytes, or None for bytes.
      response_serializer: makes bytes of a response, or None for bytes.

    Returns:
      The handler.
    """
    return MethodHandler(False, True, request_deserializer, response_serializer, unary_stream=behavior)


def stream_unary_rpc_method_handler(behavior: Behavior,
                                    request_deserializer: Optional[Deserializer] = None,
                                    response_serializer: Optional[Serializer] = None) -> RpcMethodHandler:
    """Makes a handler for a stream of requests and one response.

    Args:
      behavior: takes an iterator of requests and a context, and returns a response.
      request_deserializer: makes a request of bytes, or None for bytes.
      response_serializer: makes bytes of a response, or None for bytes.

    Returns:
      The handler.
    """
    return MethodHandler(True, False, request_deserializer, response_serializer, stream_unary=behavior)


def stream_stream_rpc_method_handler(behavior: Behavior,
                                     request_deserializer: Optional[Deserializer] = None,
                                     response_serializer: Optional[Serializer] = None) -> RpcMethodHandler:
    """Makes a handler for a stream of requests and one of responses.

    Args:
      behavior: takes an iterator of requests and a context, and yields responses.
      request_deserializer: makes a request of bytes, or None for bytes.
      response_serializer: makes bytes of a response, or None for bytes.

    Returns:
      The handler.
    """
    return MethodHandler(True, True, request_deserializer, response_serializer, stream_stream=behavior)


def method_handlers_generic_handler(service: str, method_handlers: Dict[str, RpcMethodHandler]) -> ServiceRpcHandler:
    """Makes a service of the handlers of its methods.

    Args:
      service: the name of the service.
      method_handlers: the handlers by the short names of their methods.

    Returns:
      What `add_generic_rpc_handlers` of a server takes.
    """
    return DictionaryHandler(service, method_handlers)
