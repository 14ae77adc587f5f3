# SPDX-License-Identifier: LGPL-2.1-or-later

"""The answers of channelz, which grpc-core has as JSON."""

from typing import Any, Callable, Optional

from google.protobuf import json_format

from ..._gi import GrpcAio
from ..._names import StatusCode
from . import channelz_pb2, channelz_pb2_grpc


def _answer(context: Any, response: Any, get: Callable[..., Optional[str]], *arguments: int) -> Any:
    text = get(*arguments)
    if text is None:
        context.set_code(StatusCode.NOT_FOUND)
        context.set_details('There is nothing with this number')
        return None
    try:
        return json_format.Parse(text, response, ignore_unknown_fields=True)
    except json_format.ParseError as error:
        context.set_code(StatusCode.INTERNAL)
        context.set_details(str(error))
        return None


class ChannelzServicer(channelz_pb2_grpc.ChannelzServicer):
    """Tells what the channels, servers and connections of this program do."""

    @staticmethod
    def GetTopChannels(request: Any, context: Any) -> Any:
        """Answers with the channels that are not part of others."""
        return _answer(context, channelz_pb2.GetTopChannelsResponse(), GrpcAio.channelz_get_top_channels,
                       request.start_channel_id)

    @staticmethod
    def GetServers(request: Any, context: Any) -> Any:
        """Answers with the servers."""
        return _answer(context, channelz_pb2.GetServersResponse(), GrpcAio.channelz_get_servers,
                       request.start_server_id)

    @staticmethod
    def GetServer(request: Any, context: Any) -> Any:
        """Answers with one server."""
        return _answer(context, channelz_pb2.GetServerResponse(), GrpcAio.channelz_get_server, request.server_id)

    @staticmethod
    def GetServerSockets(request: Any, context: Any) -> Any:
        """Answers with the connections of a server."""
        return _answer(context, channelz_pb2.GetServerSocketsResponse(), GrpcAio.channelz_get_server_sockets,
                       request.server_id, request.start_socket_id, request.max_results)

    @staticmethod
    def GetChannel(request: Any, context: Any) -> Any:
        """Answers with one channel."""
        return _answer(context, channelz_pb2.GetChannelResponse(), GrpcAio.channelz_get_channel,
                       request.channel_id)

    @staticmethod
    def GetSubchannel(request: Any, context: Any) -> Any:
        """Answers with one subchannel: the connections to an address."""
        return _answer(context, channelz_pb2.GetSubchannelResponse(), GrpcAio.channelz_get_subchannel,
                       request.subchannel_id)

    @staticmethod
    def GetSocket(request: Any, context: Any) -> Any:
        """Answers with one connection."""
        return _answer(context, channelz_pb2.GetSocketResponse(), GrpcAio.channelz_get_socket, request.socket_id)
