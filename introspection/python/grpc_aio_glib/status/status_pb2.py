# SPDX-License-Identifier: LGPL-2.1-or-later

"""The message of status.proto: what a call failed of, with details."""

from .._protofile import publish

publish(globals(), 'google/rpc/status.proto')
