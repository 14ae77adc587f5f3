# SPDX-License-Identifier: LGPL-2.1-or-later

"""Between google.rpc.Status and calls."""

from typing import Any, NamedTuple, Tuple

from .._names import Status as _GrpcStatus
from .._names import StatusCode
from . import _async as aio
from ._common import GRPC_DETAILS_METADATA_KEY, code_to_grpc_status_code, rich_status

__all__ = ['aio', 'from_call', 'to_status']


class _Fields(NamedTuple):
    code: StatusCode
    details: str
    trailing_metadata: Tuple[Tuple[str, bytes], ...]


class _Status(_Fields, _GrpcStatus):
    """A status for `ServicerContext.abort_with_status`."""


def from_call(call: Any) -> Any:
    """Returns the google.rpc.Status of an error or of a call that is done; None if it has none.

    Args:
      call: an `AioRpcError`, or a call of the synchronous API.

    Raises:
      ValueError: if code or message are not those of the call.
    """
    return rich_status(call.code(), call.details(), call.trailing_metadata())


def to_status(status: Any) -> _GrpcStatus:
    """Returns what `ServicerContext.abort_with_status` takes.

    Args:
      status: a google.rpc.Status that is not OK.

    Raises:
      ValueError: if its code is not one of gRPC's.
    """
    return _Status(code_to_grpc_status_code(status.code), status.message,
                   ((GRPC_DETAILS_METADATA_KEY, status.SerializeToString()),))
