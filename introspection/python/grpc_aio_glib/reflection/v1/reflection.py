# SPDX-License-Identifier: LGPL-2.1-or-later

"""The reflection service, version v1."""

from typing import Any, Iterable, Optional

from ... import aio as _grpc_aio
from .._servicer import plain
from . import _async as aio
from . import reflection_pb2, reflection_pb2_grpc

__all__ = ['SERVICE_NAME', 'ReflectionServicer', 'aio', 'enable_server_reflection']

SERVICE_NAME: str = reflection_pb2.DESCRIPTOR.services_by_name['ServerReflection'].full_name

ReflectionServicer = plain(reflection_pb2, reflection_pb2_grpc.ServerReflectionServicer)


def enable_server_reflection(service_names: Iterable[str], server: Any, pool: Optional[Any] = None) -> None:
    """Has a server answer questions about its services.

    Args:
      service_names: the full names of the services; `SERVICE_NAME` may be one of them.
      server: a server that has not been started.
      pool: where the descriptors are; the default one if None.
    """
    servicer = aio.ReflectionServicer if isinstance(server, _grpc_aio.Server) else ReflectionServicer
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(servicer(service_names, pool=pool), server)
