# SPDX-License-Identifier: LGPL-2.1-or-later

"""The health service with coroutines."""

import asyncio
from typing import Any, Dict, Set

from ..._names import StatusCode
from . import health_pb2, health_pb2_grpc

_RESPONSE: Any = health_pb2.HealthCheckResponse


class HealthServicer(health_pb2_grpc.HealthServicer):
    """Tells how the services of a server are.

    Add it with `health_pb2_grpc.add_HealthServicer_to_server`. The server as a whole,
    which has the empty name, is SERVING until something else is set.
    """

    def __init__(self) -> None:
        self._server_status: Dict[str, int] = {'': _RESPONSE.SERVING}
        self._server_watchers: Dict[str, Set[asyncio.Event]] = {}
        self._gracefully_shutting_down = False

    async def Check(self, request: Any, context: Any) -> Any:
        """Answers how a service is now."""
        status = self._server_status.get(request.service)
        if status is None:
            await context.abort(StatusCode.NOT_FOUND)

        return _RESPONSE(status=status)

    async def Watch(self, request: Any, context: Any) -> None:
        """Answers how a service is, whenever that changes.

        What changes faster than it can be sent is left out, but for the last.
        """
        changed = asyncio.Event()
        watchers = self._server_watchers.setdefault(request.service, set())
        watchers.add(changed)
        last = None
        try:
            while True:
                changed.clear()
                status = self._server_status.get(request.service, _RESPONSE.SERVICE_UNKNOWN)
                if status != last:
                    last = status
                    await context.write(_RESPONSE(status=status))
                await changed.wait()
        finally:
            watchers.discard(changed)
            if not watchers and self._server_watchers.get(request.service) is watchers:
                del self._server_watchers[request.service]

    def _set(self, service: str, status: int) -> None:
        self._server_status[service] = status
        for changed in self._server_watchers.get(service, ()):
            changed.set()

    async def set(self, service: str, status: int) -> None:
        """Sets how a service is; without effect once the server shuts down.

        Args:
          service: its full name, or the empty one for the server.
          status: a `HealthCheckResponse.ServingStatus`.
        """
        if not self._gracefully_shutting_down:
            self._set(service, status)

    async def enter_graceful_shutdown(self) -> None:
        """Has all services be NOT_SERVING, for good."""
        self._gracefully_shutting_down = True
        for service in self._server_status:
            self._set(service, _RESPONSE.NOT_SERVING)
