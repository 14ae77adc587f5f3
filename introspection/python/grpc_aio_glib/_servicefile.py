# SPDX-License-Identifier: LGPL-2.1-or-later

"""Stubs and servicers of the services of this package, as generated code has them."""

from typing import Any, Callable, Dict

from . import _handlers
from ._names import StatusCode
from ._protofile import class_of


def kind_of(method: Any) -> str:
    """Returns which sides of a method stream, as in the names of its handler."""
    return '_'.join('stream' if streams else 'unary'
                    for streams in (method.client_streaming, method.server_streaming))


def _stub(service: Any) -> Any:
    def __init__(self: Any, channel: Any) -> None:
        for method in service.methods:
            setattr(self, method.name, getattr(channel, kind_of(method))(
                f'/{service.full_name}/{method.name}',
                request_serializer=class_of(method.input_type).SerializeToString,
                response_deserializer=class_of(method.output_type).FromString))

    return type(f'{service.name}Stub', (), {
        '__doc__': f'Calls the methods of {service.full_name} over a channel.', '__init__': __init__})


def _not_written(self: Any, request: Any, context: Any) -> None:
    context.set_code(StatusCode.UNIMPLEMENTED)
    context.set_details('Method not implemented!')
    raise NotImplementedError('Method not implemented!')


def _servicer(service: Any) -> Any:
    members: Dict[str, Any] = {method.name: _not_written for method in service.methods}
    members['__doc__'] = f'To be derived from: the methods of {service.full_name}.'

    return type(f'{service.name}Servicer', (), members)


def _adder(service: Any) -> Callable[[Any, Any], None]:
    def add(servicer: Any, server: Any) -> None:
        handlers = {}
        for method in service.methods:
            factory = getattr(_handlers, f'{kind_of(method)}_rpc_method_handler')
            handlers[method.name] = factory(
                getattr(servicer, method.name), request_deserializer=class_of(method.input_type).FromString,
                response_serializer=class_of(method.output_type).SerializeToString)
        server.add_generic_rpc_handlers((
            _handlers.method_handlers_generic_handler(service.full_name, handlers),))

    add.__name__ = f'add_{service.name}Servicer_to_server'
    add.__doc__ = f'Has a server serve {service.full_name}.'

    return add


def publish(namespace: Dict[str, Any], file: Any) -> None:
    """Makes a module what protoc's plugin would have generated for a file's services.

    Args:
      namespace: the `globals ()` of the module.
      file: the descriptor of the file.
    """
    for service in file.services_by_name.values():
        for value in (_stub(service), _servicer(service), _adder(service)):
            value.__module__ = namespace['__name__']
            namespace[value.__name__] = value
