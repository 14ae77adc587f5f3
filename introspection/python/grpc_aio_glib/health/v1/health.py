# SPDX-License-Identifier: LGPL-2.1-or-later

"""The health service: `HealthServicer` with plain methods, and in `aio` with coroutines."""

import queue
import threading
from typing import Any, Callable, Dict, Iterator, Optional, Set

from ..._names import StatusCode
from . import _async as aio
from . import health_pb2, health_pb2_grpc

__all__ = ['OVERALL_HEALTH', 'SERVICE_NAME', 'HealthServicer', 'aio']

SERVICE_NAME: str = health_pb2.DESCRIPTOR.services_by_name['Health'].full_name
OVERALL_HEALTH = ''

_RESPONSE: Any = health_pb2.HealthCheckResponse
_Send = Callable[[Any], None]


class HealthServicer(health_pb2_grpc.HealthServicer):
    """Tells how the services of a server are; for any thread.

    Each client that watches takes a thread of the server's pool.
    """

    def __init__(self, experimental_non_blocking: bool = True, experimental_thread_pool: Any = None) -> None:
        """Makes a servicer.

        Args:
          experimental_non_blocking: of grpcio's servers; those of `aio` do not know it.
          experimental_thread_pool: the same.
        """
        self._lock = threading.RLock()
        self._server_status: Dict[str, int] = {OVERALL_HEALTH: _RESPONSE.SERVING}
        self._send_response_callbacks: Dict[str, Set[_Send]] = {}
        self._gracefully_shutting_down = False
        watch: Any = type(self).Watch
        watch.experimental_non_blocking = experimental_non_blocking
        watch.experimental_thread_pool = experimental_thread_pool

    def Check(self, request: Any, context: Any) -> Any:
        """Answers how a service is now."""
        with self._lock:
            status = self._server_status.get(request.service)
        if status is None:
            context.set_code(StatusCode.NOT_FOUND)
            return _RESPONSE()

        return _RESPONSE(status=status)

    def Watch(self, request: Any, context: Any,
              send_response_callback: Optional[_Send] = None) -> Optional[Iterator[Any]]:
        """Answers how a service is, whenever that changes.

        Args:
          request: which service.
          context: the call's.
          send_response_callback: what takes the responses, and None at the end; else
            they are returned.
        """
        responses: Optional['queue.SimpleQueue[Any]'] = None
        send = send_response_callback
        if send is None:
            responses = queue.SimpleQueue()
            send = responses.put
        send_one: _Send = send

        def on_end() -> None:
            with self._lock:
                self._send_response_callbacks[request.service].discard(send_one)
            send_one(None)

        with self._lock:
            status = self._server_status.get(request.service, _RESPONSE.SERVICE_UNKNOWN)
            send_one(_RESPONSE(status=status))
            self._send_response_callbacks.setdefault(request.service, set()).add(send_one)
        context.add_callback(on_end)

        return None if responses is None else iter(responses.get, None)

    def set(self, service: str, status: int) -> None:
        """Sets how a service is; without effect once the server shuts down.

        Args:
          service: its full name, or the empty one for the server.
          status: a `HealthCheckResponse.ServingStatus`.
        """
        with self._lock:
            if self._gracefully_shutting_down:
                return
            self._server_status[service] = status
            for send in self._send_response_callbacks.get(service, ()):
                send(_RESPONSE(status=status))

    def enter_graceful_shutdown(self) -> None:
        """Has all services be NOT_SERVING, for good."""
        with self._lock:
            for service in self._server_status:
                self.set(service, _RESPONSE.NOT_SERVING)
            self._gracefully_shutting_down = True
