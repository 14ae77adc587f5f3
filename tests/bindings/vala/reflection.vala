// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: messages that a server tells of.

public async void reflection (Census census) throws Error {
    var server = new GrpcAio.Server ();
    census.add (server);
    server.add_reflection (null);
    // For what blocks this thread.
    server.set_n_workers (1);
    var port = server.add_port ("127.0.0.1:0", null);
    server.start ();
    var channel = new GrpcAio.Channel ("127.0.0.1:%d".printf (port), null);
    census.add (channel);

    var pool = new GrpcAio.MessagePool ();
    check (yield pool.add_from_channel_async (channel, null, null));
    check (yield pool.add_from_channel_async (channel, "google.rpc.Status", null));
    check (pool.get_message_type ("google.rpc.Status").is_a (typeof (GrpcAio.Message)));
    Error? error = null;
    try {
        yield pool.add_from_channel_async (channel, "test.Nobody", null);
    } catch (Error caught) {
        error = caught;
    }
    expect_grpc (error, GrpcAio.Error.NOT_FOUND);

    check (pool.add_from_channel_sync (channel, null, null));
    yield channel.close_async (0, null);
    yield server.stop_async (0, null);
}
