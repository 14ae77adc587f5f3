# SPDX-License-Identifier: LGPL-2.1-or-later

"""Which loop something belongs to. No kind of loop is treated in a special way."""

import asyncio
from typing import Any, Optional

from .._port import Port


def find_loop() -> Optional[asyncio.AbstractEventLoop]:
    """Returns the loop that runs, or the one that this thread would run, or None."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        pass
    try:
        return asyncio.get_event_loop_policy().get_event_loop()
    except RuntimeError:
        return None


def get_port() -> Any:
    """Returns the port of the loop that runs, or of the one this thread would run."""
    try:
        return Port.get()
    except RuntimeError:
        loop = find_loop()
        if loop is None:
            raise
        return Port.for_loop(loop)
