# SPDX-License-Identifier: LGPL-2.1-or-later

"""A thread with a main loop of GLib, for callbacks that belong to no asyncio loop:
plugins of call credentials, and fetchers of certificates.

It is there from the first such credentials to the end of the program.
"""

import atexit
import os
import threading
from typing import Any, Callable, List, Optional, TypeVar

from ._gi import GLib

Result = TypeVar('Result')

_lock = threading.Lock()
_loop: Any = None
_thread: Optional[threading.Thread] = None
_pid = 0


def _serve(loop: Any) -> None:
    context = loop.get_context()
    context.push_thread_default()
    try:
        loop.run()
    finally:
        context.pop_thread_default()


@atexit.register
def _stop() -> None:
    global _loop, _thread

    with _lock:
        loop, thread = _loop, _thread
        _loop = _thread = None
    if loop is None or thread is None or _pid != os.getpid():
        return
    loop.quit()
    thread.join()


def run_in_background(function: Callable[[], Result]) -> Result:
    """Calls a function in the thread, and returns its result.

    What it makes has that thread's main context.
    """
    global _loop, _pid, _thread

    with _lock:
        if _loop is None or _pid != os.getpid():
            _pid = os.getpid()
            _loop = GLib.MainLoop.new(GLib.MainContext.new(), False)
            _thread = threading.Thread(target=_serve, args=[_loop], name='grpc-aio-glib', daemon=True)
            _thread.start()
        context, thread = _loop.get_context(), _thread
    if thread is threading.current_thread():
        return function()

    over = threading.Event()
    results: List[Result] = []
    errors: List[BaseException] = []

    def call(_data: Any) -> bool:
        try:
            results.append(function())
        except BaseException as error:  # pylint: disable=broad-except
            errors.append(error)
        over.set()

        return False

    source = GLib.Idle(priority=GLib.PRIORITY_DEFAULT)
    source.set_callback(call)
    source.attach(context)
    over.wait()
    if errors:
        raise errors[0]

    return results[0]
