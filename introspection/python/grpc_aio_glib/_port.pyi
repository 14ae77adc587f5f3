# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio
from typing import Any, Callable, ContextManager, List, NamedTuple, Optional, Tuple

PENDING: Any

class Status(NamedTuple):
    code: int
    details: str
    initial_metadata: Tuple[Any, ...]
    trailing_metadata: Tuple[Any, ...]
    debug_string: str
    local: bool

class Port:
    loop: asyncio.AbstractEventLoop
    @staticmethod
    def get() -> Port: ...
    @staticmethod
    def for_loop(loop: asyncio.AbstractEventLoop) -> Port: ...
    @staticmethod
    def all() -> List[Port]: ...
    def calls(self) -> List[Any]: ...
    def context(self) -> ContextManager[None]: ...
    def call_async(self, start: Callable[..., Any], finish: Callable[..., Any], *args: Any,
                   cancellable: Any = None) -> asyncio.Future[Any]: ...
    def call(self, method: Any, request: Optional[bytes], *, timeout: Optional[float] = None, metadata: Any = None,
             credentials: Any = None, wait_for_ready: Optional[bool] = None, compression: Optional[int] = None,
             authority: Optional[str] = None, parent: Any = None, kind: Optional[int] = None,
             owner: Any = None) -> Any: ...
    def serve(self, server: Any, on_call: Callable[[Any], None]) -> None: ...
    def start(self, server: Any) -> None: ...
