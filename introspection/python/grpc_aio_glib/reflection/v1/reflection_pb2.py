# SPDX-License-Identifier: LGPL-2.1-or-later

"""The messages of reflection.proto."""

from ..._protofile import publish

publish(globals(), 'grpc_reflection/v1/reflection.proto')
