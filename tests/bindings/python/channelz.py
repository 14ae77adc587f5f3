# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases of the binding test: what grpc-core tells of channels and servers."""

import json

from gi.repository import GrpcAio

from support import equal, text_of


async def channelz(fixture):
    equal(text_of(await fixture.invoke('Echo', 'hello')), 'hello')

    channel = json.loads(GrpcAio.channelz_get_top_channels(0))['channel'][-1]
    channel = json.loads(GrpcAio.channelz_get_channel(int(channel['ref']['channelId'])))['channel']
    subchannel = int(channel['subchannelRef'][0]['subchannelId'])
    subchannel = json.loads(GrpcAio.channelz_get_subchannel(subchannel))['subchannel']
    socket = int(subchannel['socketRef'][0]['socketId'])
    assert int(json.loads(GrpcAio.channelz_get_socket(socket))['socket']['data']['streamsStarted']) > 0

    servers = json.loads(GrpcAio.channelz_get_servers(0))['server']
    server = int(servers[-1]['ref']['serverId'])
    equal(json.loads(GrpcAio.channelz_get_server(server))['server']['ref']['serverId'], str(server))
    assert isinstance(json.loads(GrpcAio.channelz_get_server_sockets(server, 0, 0)), dict)
    equal(GrpcAio.channelz_get_server(2 ** 31 - 1), None)


CASES = [channelz]
