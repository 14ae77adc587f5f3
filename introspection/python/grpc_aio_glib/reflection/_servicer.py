# SPDX-License-Identifier: LGPL-2.1-or-later

"""What both versions of reflection, with coroutines and without, have in common."""

from typing import Any, AsyncIterator, Iterable, Iterator, Optional, Tuple

from google.protobuf import descriptor_pb2, descriptor_pool

from .._names import StatusCode


class Answers:
    """Answers questions about the messages and services in a pool of descriptors.

    Args:
      messages: the module of the messages of one version of the protocol.
      service_names: the full names of the services.
      pool: where the descriptors are; the default one if None.
    """

    def __init__(self, messages: Any, service_names: Iterable[str], pool: Optional[Any]) -> None:
        self._messages = messages
        self._service_names: Tuple[str, ...] = tuple(sorted(service_names))
        self._pool = descriptor_pool.Default() if pool is None else pool

    def _error(self, code: StatusCode) -> Any:
        return self._messages.ServerReflectionResponse(error_response=self._messages.ErrorResponse(
            error_code=code.value[0], error_message=code.value[1]))

    def _file(self, file: Any) -> Any:
        proto = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(proto)

        return self._messages.ServerReflectionResponse(
            file_descriptor_response=self._messages.FileDescriptorResponse(
                file_descriptor_proto=[proto.SerializeToString()]))

    def _extension_numbers(self, type_name: str) -> Any:
        message = self._pool.FindMessageTypeByName(type_name)
        numbers = sorted(extension.number for extension in self._pool.FindAllExtensions(message))

        return self._messages.ServerReflectionResponse(
            all_extension_numbers_response=self._messages.ExtensionNumberResponse(
                base_type_name=message.full_name, extension_number=numbers))

    def _services(self) -> Any:
        return self._messages.ServerReflectionResponse(
            list_services_response=self._messages.ListServiceResponse(
                service=[self._messages.ServiceResponse(name=name) for name in self._service_names]))

    def _find(self, request: Any) -> Any:
        question = request.WhichOneof('message_request')
        if question == 'list_services':
            return self._services()
        if question == 'file_by_filename':
            return self._file(self._pool.FindFileByName(request.file_by_filename))
        if question == 'file_containing_symbol':
            return self._file(self._pool.FindFileContainingSymbol(request.file_containing_symbol))
        if question == 'all_extension_numbers_of_type':
            return self._extension_numbers(request.all_extension_numbers_of_type)
        if question == 'file_containing_extension':
            extension = request.file_containing_extension
            message = self._pool.FindMessageTypeByName(extension.containing_type)
            found = self._pool.FindExtensionByNumber(message, extension.extension_number)
            return self._file(self._pool.FindFileContainingSymbol(found.full_name))

        return self._error(StatusCode.INVALID_ARGUMENT)

    def answer(self, request: Any) -> Any:
        """Returns the response to a request."""
        try:
            return self._find(request)
        except KeyError:
            return self._error(StatusCode.NOT_FOUND)


def plain(messages: Any, base: Any) -> Any:
    """Returns the servicer with plain methods for one version of the protocol."""
    class ReflectionServicer(base):
        """Answers what a server's services are, and what their messages look like."""

        def __init__(self, service_names: Iterable[str], pool: Optional[Any] = None) -> None:
            """Makes a servicer.

            Args:
              service_names: the full names of the services.
              pool: where their descriptors are; the default one if None.
            """
            self._answers = Answers(messages, service_names, pool)

        def ServerReflectionInfo(self, request_iterator: Iterator[Any], context: Any) -> Iterator[Any]:
            """Answers each request in turn."""
            for request in request_iterator:
                yield self._answers.answer(request)

    return ReflectionServicer


def coroutines(messages: Any, base: Any) -> Any:
    """Returns the servicer with coroutines for one version of the protocol."""
    class ReflectionServicer(base):
        """Answers what a server's services are, and what their messages look like."""

        def __init__(self, service_names: Iterable[str], pool: Optional[Any] = None) -> None:
            """Makes a servicer.

            Args:
              service_names: the full names of the services.
              pool: where their descriptors are; the default one if None.
            """
            self._answers = Answers(messages, service_names, pool)

        async def ServerReflectionInfo(self, request_iterator: AsyncIterator[Any],
                                       context: Any) -> AsyncIterator[Any]:
            """Answers each request in turn."""
            async for request in request_iterator:
                yield self._answers.answer(request)

    return ReflectionServicer
