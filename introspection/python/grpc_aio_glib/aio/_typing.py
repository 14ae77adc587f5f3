# SPDX-License-Identifier: LGPL-2.1-or-later

"""Names of types."""

from typing import Any, AsyncIterable, Callable, Iterable, Sequence, Tuple, TypeVar, Union

from ._errors import EOFType as EOFType
from ._metadata import Metadata, MetadataKey, MetadataValue

RequestType = TypeVar('RequestType')
ResponseType = TypeVar('ResponseType')
SerializingFunction = Callable[[Any], bytes]
DeserializingFunction = Callable[[bytes], Any]
MetadatumType = Tuple[MetadataKey, MetadataValue]
MetadataType = Union[Metadata, Sequence[MetadatumType]]
ChannelArgumentType = Sequence[Tuple[str, Any]]
DoneCallbackType = Callable[[Any], None]
RequestIterableType = Union[Iterable[Any], AsyncIterable[Any]]
ResponseIterableType = AsyncIterable[Any]
