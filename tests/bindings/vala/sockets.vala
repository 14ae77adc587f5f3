// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: sockets that the program has made itself.

public async void sockets (Census census) throws Error {
    var folder = DirUtils.make_tmp ("test-vala-XXXXXX");
    var path = Path.build_filename (folder, "socket");
    var seen = new GenericArray<string> ();

    var service = new GrpcAio.Service ("test.Who");
    service.add_method ("Who", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
        var credentials = context.dup_peer_credentials ();
        try {
            seen.add (credentials != null ? credentials.get_unix_user ().to_string () : "nobody");
        } catch (Error error) {
            seen.add (error.message);
        }
        context.complete (request);
    }));

    var server = new GrpcAio.Server ();
    census.add (server);
    server.add_service (service);
    equal_int (server.add_activation_sockets (null, null), 0);
    equal_int (server.add_activation_sockets ("grpc", new GrpcAio.ServerCredentials.insecure ()), 0);
    var port = server.add_port ("127.0.0.1:0", null);
    server.start ();

    var socket = new Socket (SocketFamily.UNIX, SocketType.STREAM, SocketProtocol.DEFAULT);
    Error? failure = null;
    try {
        server.add_socket (socket, null);
    } catch (IOError.INVALID_ARGUMENT error) {
        failure = error;
    }
    expect (failure, IOError.quark (), IOError.INVALID_ARGUMENT);

    socket.bind (new UnixSocketAddress (path), true);
    socket.listen ();
    equal_int (server.add_socket (socket, null), 1);
    GrpcAio.Channel[] channels = {};
    foreach (var target in new string[] { "unix:" + path, @"127.0.0.1:$port" }) {
        channels += new GrpcAio.Channel (target);
        var call = channels[channels.length - 1].unary_unary ("/test.Who/Who").call (bytes_of ("hello"), null);
        equal_text (text_of (yield call.response_async (null)), "hello");
    }
    equal_text (seen[0], ((uint) Posix.getuid ()).to_string ());
    equal_text (seen[1], "nobody");

    equal_int (server.get_open_connections (), 1);
    channels = null;
    yield server.stop_async (0);
    check (socket.is_closed ());
    FileUtils.unlink (path);
    DirUtils.remove (folder);
}
