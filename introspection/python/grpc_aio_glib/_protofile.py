# SPDX-License-Identifier: LGPL-2.1-or-later

"""Messages and services of the .proto files of this package.

They are read when they are imported, so that they fit whatever version of protobuf is
there, and nothing has to be generated. What protoc generates from the same file, as
grpcio's own packages have it, may be imported too: the descriptors are equal.
"""

import importlib
import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal import enum_type_wrapper

_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"[^"]*"|[\w.]+|[^\w\s]', re.DOTALL)
_FIELD = descriptor_pb2.FieldDescriptorProto
_SCALARS = {name: getattr(_FIELD, f'TYPE_{name.upper()}')
            for name in ('double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 '
                         'bool string bytes').split()}


class _Parser:
    """Reads what the files of this package need of proto3: no maps, no extensions."""

    def __init__(self, text: str, name: str) -> None:
        self._tokens: List[str] = [token for token in _TOKEN.findall(text) if not token.startswith(('//', '/*'))]
        self._position = 0
        self.file = descriptor_pb2.FileDescriptorProto(name=name, syntax='proto3')
        self._enums: Set[str] = set()
        self._names: Set[str] = set()

    def _next(self, expected: Optional[str] = None) -> str:
        token = self._tokens[self._position]
        if expected is not None and token != expected:
            raise SyntaxError(f'{self.file.name}: {token!r} where {expected!r} should be')
        self._position += 1

        return token

    def _until(self, end: str) -> Iterator[str]:
        while (token := self._next()) != end:
            yield token

    def parse(self) -> Any:
        """Returns the descriptor of the file."""
        while self._position < len(self._tokens):
            keyword = self._next()
            if keyword == 'syntax':
                list(self._until(';'))
            elif keyword == 'package':
                self.file.package = self._next()
                self._next(';')
            elif keyword == 'import':
                self.file.dependency.append(self._next().strip('"'))
                self._next(';')
            elif keyword == 'option':
                self._option()
            elif keyword == 'message':
                self._message(self.file.message_type.add(), self.file.package)
            elif keyword == 'enum':
                self._enum(self.file.enum_type.add(), self.file.package)
            elif keyword == 'service':
                self._service(self.file.service.add())
            else:
                raise SyntaxError(f'{self.file.name}: {keyword!r} is not known here')

        for message in self.file.message_type:
            self._resolve_message(message, f'{self.file.package}.{message.name}')
        for service in self.file.service:
            for method in service.method:
                method.input_type = self._resolve(method.input_type, self.file.package)[0]
                method.output_type = self._resolve(method.output_type, self.file.package)[0]

        return self.file

    def _option(self) -> None:
        name, _, value = self._until(';')
        if value in ('true', 'false'):
            setattr(self.file.options, name, value == 'true')
        else:
            setattr(self.file.options, name, value.strip('"'))

    def _message(self, message: Any, scope: str) -> None:
        message.name = self._next()
        path = f'{scope}.{message.name}'
        self._names.add(path)
        self._next('{')
        oneof: Optional[int] = None
        while True:
            token = self._next()
            if token == '}':
                if oneof is None:
                    return
                oneof = None
            elif token == 'message':
                self._message(message.nested_type.add(), path)
            elif token == 'enum':
                self._enum(message.enum_type.add(), path)
            elif token == 'oneof':
                oneof = len(message.oneof_decl)
                message.oneof_decl.add(name=self._next())
                self._next('{')
            elif token == 'reserved':
                for number in self._until(';'):
                    if number != ',':
                        message.reserved_range.add(start=int(number), end=int(number) + 1)
            else:
                self._field(message.field.add(), token, oneof)

    def _field(self, field: Any, token: str, oneof: Optional[int]) -> None:
        field.label = _FIELD.LABEL_REPEATED if token == 'repeated' else _FIELD.LABEL_OPTIONAL
        field.type_name = self._next() if token == 'repeated' else token
        field.name = self._next()
        self._next('=')
        field.number = int(self._next())
        self._next(';')
        if oneof is not None:
            field.oneof_index = oneof

    def _enum(self, enum: Any, scope: str) -> None:
        enum.name = self._next()
        self._names.add(f'{scope}.{enum.name}')
        self._enums.add(f'{scope}.{enum.name}')
        self._next('{')
        for name in self._until('}'):
            self._next('=')
            enum.value.add(name=name, number=int(self._next()))
            self._next(';')

    def _service(self, service: Any) -> None:
        service.name = self._next()
        self._next('{')
        for keyword in self._until('}'):
            if keyword != 'rpc':
                raise SyntaxError(f'{self.file.name}: {keyword!r} where "rpc" should be')
            method = service.method.add(name=self._next())
            method.client_streaming, method.input_type = self._stream()
            self._next('returns')
            method.server_streaming, method.output_type = self._stream()
            if not method.client_streaming:
                method.ClearField('client_streaming')
            if not method.server_streaming:
                method.ClearField('server_streaming')
            self._next(';')

    def _stream(self) -> Tuple[bool, str]:
        *stream, name = [token for token in self._until(')') if token != '(']

        return stream == ['stream'], name

    def _resolve(self, name: str, scope: str) -> Tuple[str, bool]:
        """The full name of a type that is named in a scope, and whether it is an enumeration."""
        parts = scope.split('.')
        for length in range(len(parts), -1, -1):
            candidate = '.'.join([*parts[:length], name])
            if candidate in self._names:
                return f'.{candidate}', candidate in self._enums

        # Of an imported file, and then a message.
        return f'.{name}', False

    def _resolve_message(self, message: Any, path: str) -> None:
        for field in message.field:
            if field.type_name in _SCALARS:
                field.type = _SCALARS[field.type_name]
                field.ClearField('type_name')
            else:
                field.type_name, is_enum = self._resolve(field.type_name, path)
                field.type = _FIELD.TYPE_ENUM if is_enum else _FIELD.TYPE_MESSAGE
        for nested in message.nested_type:
            self._resolve_message(nested, f'{path}.{nested.name}')


def class_of(descriptor: Any) -> Any:
    """Returns the class for messages of a descriptor."""
    if hasattr(message_factory, 'GetMessageClass'):
        return message_factory.GetMessageClass(descriptor)

    return message_factory.MessageFactory(descriptor_pool.Default()).GetPrototype(descriptor)


def publish(namespace: Dict[str, Any], name: str) -> None:
    """Makes a module what protoc would have generated from a .proto file beside it.

    Args:
      namespace: the `globals ()` of the module.
      name: how the file is called by those who import it.
    """
    pool = descriptor_pool.Default()
    try:
        file = pool.FindFileByName(name)
    except KeyError:
        path = Path(namespace['__file__']).parent / Path(name).name
        proto = _Parser(path.read_text(encoding='utf-8'), name).parse()
        for dependency in proto.dependency:
            importlib.import_module(dependency[:-len('.proto')].replace('/', '.') + '_pb2')
        pool.AddSerializedFile(proto.SerializeToString())
        file = pool.FindFileByName(name)

    namespace['DESCRIPTOR'] = file
    for message in file.message_types_by_name.values():
        namespace[message.name] = class_of(message)
    for enum in file.enum_types_by_name.values():
        namespace[enum.name] = enum_type_wrapper.EnumTypeWrapper(enum)
        namespace.update({value.name: value.number for value in enum.values})
