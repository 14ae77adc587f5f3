# SPDX-License-Identifier: LGPL-2.1-or-later

"""The rich status of calls of `aio`."""

from typing import Any

from .. import aio
from ._common import rich_status

__all__ = ['from_call']


async def from_call(call: aio.Call) -> Any:
    """Returns the google.rpc.Status of a call, once it is done; None if it has none.

    Args:
      call: a call of a client.

    Raises:
      ValueError: if code or message are not those of the call.
    """
    return rich_status(await call.code(), await call.details(), await call.trailing_metadata())
