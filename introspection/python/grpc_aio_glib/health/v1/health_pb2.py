# SPDX-License-Identifier: LGPL-2.1-or-later

"""The messages of health.proto."""

from ..._protofile import publish

publish(globals(), 'grpc_health/v1/health.proto')
