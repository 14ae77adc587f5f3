# SPDX-License-Identifier: LGPL-2.1-or-later

"""GLib's libraries, with the versions this package is for."""

from typing import Any

import gi

gi.require_version('Gio', '2.0')
gi.require_version('GrpcAio', '1')

from gi.repository import Gio as _Gio  # noqa: E402
from gi.repository import GLib as _GLib  # noqa: E402
from gi.repository import GObject as _GObject  # noqa: E402
from gi.repository import GrpcAio as _GrpcAio  # noqa: E402

Gio: Any = _Gio
GLib: Any = _GLib
GObject: Any = _GObject
GrpcAio: Any = _GrpcAio
