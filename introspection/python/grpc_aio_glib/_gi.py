# SPDX-License-Identifier: LGPL-2.1-or-later

"""GLib's libraries, with the versions this package is for."""

import importlib
from typing import Any


def _load(name: str, version: str) -> Any:
    gi: Any = importlib.import_module('gi')
    gi.require_version(name, version)

    return importlib.import_module(f'gi.repository.{name}')


Gio: Any = _load('Gio', '2.0')
GLib: Any = _load('GLib', '2.0')
GObject: Any = _load('GObject', '2.0')
GrpcAio: Any = _load('GrpcAio', '1')
