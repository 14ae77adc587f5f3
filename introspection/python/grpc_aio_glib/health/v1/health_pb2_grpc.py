# SPDX-License-Identifier: LGPL-2.1-or-later

"""The service of health.proto: stub, servicer, and how a server gets it."""

from ..._servicefile import publish
from .health_pb2 import DESCRIPTOR

publish(globals(), DESCRIPTOR)
