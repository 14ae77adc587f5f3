# SPDX-License-Identifier: LGPL-2.1-or-later

"""The channelz service with coroutines."""

from typing import Any

from . import channelz_pb2_grpc
from ._servicer import ChannelzServicer as _Answers


class ChannelzServicer(channelz_pb2_grpc.ChannelzServicer):
    """Tells what the channels, servers and connections of this program do."""

    @staticmethod
    async def GetTopChannels(request: Any, context: Any) -> Any:
        """Answers with the channels that are not part of others."""
        return _Answers.GetTopChannels(request, context)

    @staticmethod
    async def GetServers(request: Any, context: Any) -> Any:
        """Answers with the servers."""
        return _Answers.GetServers(request, context)

    @staticmethod
    async def GetServer(request: Any, context: Any) -> Any:
        """Answers with one server."""
        return _Answers.GetServer(request, context)

    @staticmethod
    async def GetServerSockets(request: Any, context: Any) -> Any:
        """Answers with the connections of a server."""
        return _Answers.GetServerSockets(request, context)

    @staticmethod
    async def GetChannel(request: Any, context: Any) -> Any:
        """Answers with one channel."""
        return _Answers.GetChannel(request, context)

    @staticmethod
    async def GetSubchannel(request: Any, context: Any) -> Any:
        """Answers with one subchannel: the connections to an address."""
        return _Answers.GetSubchannel(request, context)

    @staticmethod
    async def GetSocket(request: Any, context: Any) -> Any:
        """Answers with one connection."""
        return _Answers.GetSocket(request, context)
