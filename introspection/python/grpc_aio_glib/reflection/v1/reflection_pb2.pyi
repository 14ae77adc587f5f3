# SPDX-License-Identifier: LGPL-2.1-or-later

# Its classes are made when it is imported.

from typing import Any

def __getattr__(name: str) -> Any: ...
