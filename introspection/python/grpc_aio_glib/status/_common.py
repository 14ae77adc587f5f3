# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the plain and the asynchronous functions have in common."""

from typing import Any, Iterable, Optional

from .._names import StatusCode

try:
    # Of googleapis-common-protos, where it is installed: programs have its details.
    from google.rpc import status_pb2
except ImportError:
    from . import status_pb2

GRPC_DETAILS_METADATA_KEY = 'grpc-status-details-bin'

_CODES = {code.value[0]: code for code in StatusCode}
Status: Any = status_pb2.Status


def code_to_grpc_status_code(code: int) -> StatusCode:
    """Returns the status code of that number.

    Raises:
      ValueError: if there is none.
    """
    try:
        return _CODES[code]
    except KeyError:
        raise ValueError(f'Invalid status code {code}') from None


def rich_status(code: StatusCode, details: Optional[str], metadata: Optional[Iterable[Any]]) -> Any:
    """Returns the status in the trailing metadata of a call, or None.

    Raises:
      ValueError: if it is not that of the call.
    """
    for key, value in metadata or ():
        if key != GRPC_DETAILS_METADATA_KEY:
            continue
        status = Status.FromString(value)
        if status.code != code.value[0]:
            raise ValueError(f"Code in Status proto ({code_to_grpc_status_code(status.code)}) "
                             f"doesn't match status code ({code})")
        if status.message != details:
            raise ValueError(f"Message in Status proto ({status.message}) "
                             f"doesn't match status details ({details})")
        return status

    return None
