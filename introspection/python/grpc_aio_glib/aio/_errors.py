# SPDX-License-Identifier: LGPL-2.1-or-later

"""What goes wrong in a program that uses this, and the end of a stream."""


class BaseError(Exception):
    """The base of the errors below, which are no statuses of calls."""


class UsageError(BaseError):
    """The program used something in a way that is not possible.

    A call on a closed channel, for example, or two ways of reading one stream.
    """


class AbortError(BaseError):
    """Ends a handler that called `abort`. May be caught to clean up, then to be raised
    again."""


class InternalError(BaseError):
    """Something unexpected happened below Python."""


class MetadataError(InternalError, ValueError):
    """Metadata has a key or a value that cannot be sent."""


class ServerStoppedError(BaseError):
    """The server stopped while a handler was at work."""


class EOFType:
    """The type of `EOF`."""

    def __bool__(self) -> bool:
        return False

    def __len__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return '<grpc.aio.EOF>'


EOF = EOFType()
