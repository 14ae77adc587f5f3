# SPDX-License-Identifier: LGPL-2.1-or-later

"""What Python has as tuples, as the library has it."""

import logging
from typing import Any, Dict, Iterable, Optional

from ._gi import GLib, GObject, GrpcAio
from ._names import Compression

_LOGGER = logging.getLogger(__name__)

_COMPRESSION = 'grpc.default_compression_algorithm'

_INT_MINIMUM = -2**31
_INT_MAXIMUM = 2**31 - 1

_SESSION_CACHE = 'grpc.ssl_session_cache'

_properties: Dict[str, Any] = {}


class SSLSessionCache:
    """Sessions of TLS that may be resumed, for the option `grpc.ssl_session_cache`."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity


def metadata_of(pairs: Optional[Iterable[Any]]) -> Any:
    """Returns pairs of key and value as `GrpcAio.Metadata`.

    Raises:
      TypeError: for what are no pairs of texts.
      ValueError: for what cannot be sent.
    """
    metadata = GrpcAio.Metadata.new()
    for key, value in pairs or ():
        if isinstance(key, bytes):
            key = key.decode('ascii', 'replace')
        if not isinstance(key, str):
            raise TypeError(f'Expected str, not {type(key)}')
        try:
            if key.endswith('-bin'):
                if not isinstance(value, (bytes, bytearray)):
                    raise TypeError(f'Binary metadata key="{key}" expected bytes, got {type(value)}')
                metadata.append_bytes(key, GLib.Bytes.new(bytes(value)))
            else:
                metadata.append(key, text_of(value))
        except GLib.Error as error:
            raise ValueError(error.message) from None

    return metadata


def text_of(value: Any) -> str:
    """Returns text, also of bytes, as channel arguments and metadata have it."""
    if isinstance(value, bytes):
        return value.decode('utf-8', 'replace')
    if not isinstance(value, str):
        raise TypeError(f'Expected str, not {type(value)}')

    return value


def _property_of(name: str) -> Any:
    """Returns the property of the options that has a channel argument, or None."""
    if not _properties:
        for spec in GrpcAio.ChannelOptions.list_properties():
            _properties[spec.name] = spec
    key = name.replace('grpc.', '', 1).replace('.', '-').replace('_', '-')

    return _properties.get(key) or _properties.get(f'{key}-ms')


def _set_int(options: Any, name: str, value: int) -> None:
    if not _INT_MINIMUM <= value <= _INT_MAXIMUM:
        raise OverflowError('value too large to convert to int')
    spec = _property_of(name)
    if spec is not None:
        if spec.value_type == GObject.TYPE_STRING:
            _LOGGER.warning('The channel argument %s is not a number, and has no effect', name)
            return
        if hasattr(spec, 'minimum') and not spec.minimum <= value <= spec.maximum:
            _LOGGER.warning('The channel argument %s cannot be %d, and has no effect', name, value)
            return
    options.set_int(name, value)


def _set_string(options: Any, name: str, value: str) -> None:
    spec = _property_of(name)
    if spec is not None and spec.value_type != GObject.TYPE_STRING:
        _LOGGER.warning('The channel argument %s is not a text, and has no effect', name)
        return
    options.set_string(name, value)


def options_of(arguments: Iterable[Any], compression: Optional[Compression]) -> Any:
    """Returns channel arguments as `GrpcAio.ChannelOptions`."""
    options = GrpcAio.ChannelOptions.new()
    for name, value in arguments:
        name = text_of(name)
        if name == _SESSION_CACHE:
            # The credentials have it: see session_cache_of().
            continue
        if isinstance(value, (str, bytes)):
            _set_string(options, name, text_of(value))
        elif hasattr(value, '__int__'):
            _set_int(options, name, int(value))
        else:
            raise TypeError(f'Expected int, bytes, or behavior, got {type(value)}')
    if compression:
        _set_int(options, _COMPRESSION, int(compression))

    return options


def session_cache_of(arguments: Iterable[Any]) -> Optional[SSLSessionCache]:
    """Returns the cache among channel arguments, or None."""
    for name, value in arguments:
        if text_of(name) == _SESSION_CACHE and isinstance(value, SSLSessionCache):
            return value

    return None
