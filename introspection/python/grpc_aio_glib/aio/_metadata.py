# SPDX-License-Identifier: LGPL-2.1-or-later

"""Metadata: what is sent beside messages."""

from collections import abc
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union

MetadataKey = str
MetadataValue = Union[str, bytes]


class Metadata(abc.Mapping):  # type: ignore[type-arg]
    """Keys with one or more values, in order.

    Looking a key up finds its first value. Iterating yields pairs of key and value,
    each value by itself, and the length is the number of these pairs.
    """

    def __init__(self, *args: Tuple[MetadataKey, MetadataValue]) -> None:
        self._values: Dict[MetadataKey, List[MetadataValue]] = {}
        for key, value in args:
            self.add(key, value)

    @classmethod
    def from_tuple(cls, raw_metadata: Optional[Tuple[Tuple[MetadataKey, MetadataValue], ...]]) -> 'Metadata':
        """Makes metadata of pairs; None has none."""
        return cls(*raw_metadata) if raw_metadata else cls()

    def add(self, key: MetadataKey, value: MetadataValue) -> None:
        """Adds a value after those the key has."""
        self._values.setdefault(key, []).append(value)

    def __len__(self) -> int:
        return sum(len(values) for values in self._values.values())

    def __getitem__(self, key: MetadataKey) -> MetadataValue:
        values = self._values[key]
        if not values:
            raise KeyError(repr(key))

        return values[0]

    def __setitem__(self, key: MetadataKey, value: MetadataValue) -> None:
        self._values[key] = [value, *self._values.get(key, [])[1:]]

    def __delitem__(self, key: MetadataKey) -> None:
        values = self._values.get(key)
        if not values:
            raise KeyError(repr(key))
        self._values[key] = values[1:]

    def delete_all(self, key: MetadataKey) -> None:
        """Removes all values of a key."""
        del self._values[key]

    def __iter__(self) -> Iterator[Tuple[MetadataKey, MetadataValue]]:
        for key, values in self._values.items():
            for value in values:
                yield (key, value)

    def get_all(self, key: MetadataKey) -> List[MetadataValue]:
        """Returns all values of a key."""
        return self._values.get(key, [])

    def set_all(self, key: MetadataKey, values: List[MetadataValue]) -> None:
        """Replaces all values of a key."""
        self._values[key] = values

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, self.__class__):
            return self._values == other._values
        if isinstance(other, tuple):
            return tuple(self) == other

        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: Any) -> 'Metadata':
        if isinstance(other, (self.__class__, tuple)):
            return Metadata(*tuple(self), *tuple(other))

        return NotImplemented

    def __repr__(self) -> str:
        return f'{self.__class__.__name__}({tuple(self)!r})'
