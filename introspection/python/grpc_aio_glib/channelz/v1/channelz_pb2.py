# SPDX-License-Identifier: LGPL-2.1-or-later

"""The messages of channelz.proto."""

from ..._protofile import publish

publish(globals(), 'grpc_channelz/v1/channelz.proto')
