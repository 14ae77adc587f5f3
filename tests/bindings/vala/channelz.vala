// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: what grpc-core tells of channels and servers.

// The number after the first key of that name.
private int64 channelz_id (string json, string key) {
    var quoted = @"\"$key\":\"";
    var found = json.index_of (quoted);

    return found < 0 ? -1 : int64.parse (json.substring (found + quoted.length).split ("\"")[0]);
}

// What is told of the first channel that has a connection: others stand beside it.
private string connected_channel () {
    foreach (unowned string part in GrpcAio.channelz_get_top_channels (0).split ("\"channelId\":\"")) {
        var channel = GrpcAio.channelz_get_channel (int64.parse (part.split ("\"")[0]));
        if (channel != null && channelz_id (channel, "subchannelId") >= 0)
            return channel;
    }

    assert_not_reached ();
}

public async void channelz (Fixture fixture) throws Error {
    equal_text (yield fixture.invoke ("Echo", "hello"), "hello");

    var subchannel = GrpcAio.channelz_get_subchannel (channelz_id (connected_channel (), "subchannelId"));
    var socket = GrpcAio.channelz_get_socket (channelz_id (subchannel, "socketId"));
    check (channelz_id (socket, "streamsStarted") > 0);

    var id = channelz_id (GrpcAio.channelz_get_servers (0), "serverId");
    check (channelz_id (GrpcAio.channelz_get_server (id), "serverId") == id);
    check (GrpcAio.channelz_get_server_sockets (id, 0, 0) != null);
    check (GrpcAio.channelz_get_server (int32.MAX) == null);
}
