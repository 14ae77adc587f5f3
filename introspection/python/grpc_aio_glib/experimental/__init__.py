# SPDX-License-Identifier: LGPL-2.1-or-later

"""What grpcio has in its module of this name, as far as it is asynchronous or shared."""

import functools
import warnings
from typing import Any, Callable, Optional, Set

from .. import aio as aio
from .._credentials import ChannelCredentials
from .._credentials import insecure_channel_credentials as _new_insecure_channel_credentials
from .._handlers import RpcMethodHandler

_warned: Set[str] = set()
_insecure: Optional[ChannelCredentials] = None


class ChannelOptions:
    """Names of channel arguments that mean something to grpcio alone."""

    SingleThreadedUnaryStream = 'SingleThreadedUnaryStream'


class UsageError(Exception):
    """Something was used in a way that is not possible."""


class ExperimentalApiWarning(Warning):
    """Something is used that may change."""


def insecure_channel_credentials() -> ChannelCredentials:
    """Returns credentials for connections without protection, always the same ones."""
    global _insecure

    if _insecure is None:
        _insecure = _new_insecure_channel_credentials()

    return _insecure


def experimental_api(f: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a function warn when it is first called.

    Args:
      f: the function.
    """
    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        if f.__name__ not in _warned:
            _warned.add(f.__name__)
            warnings.warn(f"'{f.__name__}' is an experimental API. It is subject to change or removal between minor "
                          'releases. Proceed with caution.', ExperimentalApiWarning, stacklevel=2)
        return f(*args, **kwargs)

    return call


def wrap_server_method_handler(wrapper: Callable[[Any], Any],
                               handler: Optional[RpcMethodHandler]) -> Optional[RpcMethodHandler]:
    """Returns a handler like another, whose function is wrapped.

    Args:
      wrapper: takes the function of the handler, and returns another.
      handler: the handler, or None.
    """
    if not handler:
        return None
    fields: Any = handler
    name = '_'.join('stream' if is_stream else 'unary'
                    for is_stream in (fields.request_streaming, fields.response_streaming))
    wrapped: RpcMethodHandler = fields._replace(**{name: wrapper(getattr(fields, name))})

    return wrapped


__all__ = (
    'ChannelOptions',
    'ExperimentalApiWarning',
    'UsageError',
    'insecure_channel_credentials',
    'wrap_server_method_handler',
)
