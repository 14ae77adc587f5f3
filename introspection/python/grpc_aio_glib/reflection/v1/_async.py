# SPDX-License-Identifier: LGPL-2.1-or-later

"""The reflection service with coroutines."""

from .._servicer import coroutines
from . import reflection_pb2, reflection_pb2_grpc

__all__ = ['ReflectionServicer']

ReflectionServicer = coroutines(reflection_pb2, reflection_pb2_grpc.ServerReflectionServicer)
