# SPDX-License-Identifier: LGPL-2.1-or-later

"""The channelz service: `ChannelzServicer` with plain methods, and in `aio` with coroutines."""

from typing import Any

from ... import aio as _grpc_aio
from . import _async as aio
from . import channelz_pb2_grpc
from ._servicer import ChannelzServicer

__all__ = ['ChannelzServicer', 'add_channelz_servicer', 'aio']


def add_channelz_servicer(server: Any) -> None:
    """Has a server tell what the channels and servers of this program do.

    Those count that have the option `grpc.enable_channelz`, as all have by default,
    and also the server itself.

    Args:
      server: a server that has not been started.
    """
    servicer = aio.ChannelzServicer if isinstance(server, _grpc_aio.Server) else ChannelzServicer
    channelz_pb2_grpc.add_ChannelzServicer_to_server(servicer(), server)
