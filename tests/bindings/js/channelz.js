// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: what grpc-core tells of channels and servers.

import GrpcAio from 'gi://GrpcAio?version=1';

import {check, equal, textOf} from './support.js';

async function channelz(fixture) {
    equal(textOf(await fixture.invoke('Echo', 'hello')), 'hello');

    const top = JSON.parse(GrpcAio.channelz_get_top_channels(0)).channel.at(-1);
    const {channel} = JSON.parse(GrpcAio.channelz_get_channel(Number(top.ref.channelId)));
    const {subchannel} = JSON.parse(GrpcAio.channelz_get_subchannel(Number(channel.subchannelRef[0].subchannelId)));
    const {socket} = JSON.parse(GrpcAio.channelz_get_socket(Number(subchannel.socketRef[0].socketId)));
    check(Number(socket.data.streamsStarted) > 0);

    const id = JSON.parse(GrpcAio.channelz_get_servers(0)).server.at(-1).ref.serverId;
    equal(JSON.parse(GrpcAio.channelz_get_server(Number(id))).server.ref.serverId, id);
    equal(typeof JSON.parse(GrpcAio.channelz_get_server_sockets(Number(id), 0, 0)), 'object');
    equal(GrpcAio.channelz_get_server(2 ** 31 - 1), null);
}

export const CASES = {channelz};
