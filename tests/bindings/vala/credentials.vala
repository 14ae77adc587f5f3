// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: how calls and channels say who they are.

// Sends a key with each call, but for the method Refuse.
private class TestPlugin : Object, GrpcAio.AuthMetadataPlugin {
    public void get_metadata (GrpcAio.AuthMetadataContext context) {
        if (context.get_method_name () == "Refuse")
            context.complete_with_error (new IOError.FAILED ("Not for this"));
        else
            answer.begin (context);
    }

    private async void answer (GrpcAio.AuthMetadataContext context) {
        var source = new TimeoutSource (1);
        source.set_callback (() => {
            answer.callback ();
            return Source.REMOVE;
        });
        source.attach (MainContext.get_thread_default ());
        yield;

        try {
            var metadata = new GrpcAio.Metadata ();
            metadata.append ("key", "from-plugin");
            equal_text (property (context, "service-url").get_string (), context.get_service_url ());
            equal_text (property (context, "method-name").get_string (), context.get_method_name ());
            check (property (context, "auth-context").get_object () == context.get_auth_context ());
            equal_text (context.get_auth_context ().get_transport_security_type (), "local");
            context.complete (metadata);
        } catch (Error error) {
            context.complete_with_error (error);
        }
    }
}

// Asks another plugin.
private class DelegatingPlugin : Object, GrpcAio.AuthMetadataPlugin {
    private GrpcAio.AuthMetadataPlugin other = new TestPlugin ();

    public void get_metadata (GrpcAio.AuthMetadataContext context) {
        other.get_metadata (context);
    }
}

// Starts a server that says what calls came with.
private GrpcAio.Server serve_with (Census census, GrpcAio.ServerCredentials credentials, out int port) throws Error {
    var service = new GrpcAio.Service ("test.Who");
    foreach (unowned var name in new string[] { "Show", "Refuse" }) {
        service.add_method (name, new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
            var metadata = context.get_invocation_metadata ();
            context.complete (bytes_of (@"$(metadata.get ("authorization") ?? "none") $(metadata.get ("key") ?? "none")"));
        }));
    }
    var server = new GrpcAio.Server ();
    census.add (server);
    server.add_service (service);
    port = server.add_port ("127.0.0.1:0", credentials);
    server.start ();

    return server;
}

public async void call_credentials (Census census) throws Error {
    var kind = GrpcAio.LocalConnectionType.LOCAL_TCP;
    int port;
    var server = serve_with (census, new GrpcAio.ServerCredentials.local (kind), out port);

    try {
        new GrpcAio.CallCredentials.access_token ("ä");
        assert_not_reached ();
    } catch (IOError.INVALID_ARGUMENT error) {
    }

    var plugin = new DelegatingPlugin ();
    census.add (plugin);
    var credentials = new GrpcAio.CallCredentials.composite (
        new GrpcAio.CallCredentials.access_token ("secret"),
        new GrpcAio.CallCredentials.plugin (plugin, GrpcAio.SecurityLevel.PRIVACY_AND_INTEGRITY));
    census.add (credentials);
    var channel = new GrpcAio.Channel (@"127.0.0.1:$port", new GrpcAio.ChannelCredentials.composite (
        new GrpcAio.ChannelCredentials.local (kind), credentials));
    census.add (channel);

    var method = channel.unary_unary ("/test.Who/Show");
    equal_text (text_of (yield method.invoke_async (bytes_of (""), null, null)), "Bearer secret from-plugin");
    method = channel.unary_unary ("/test.Who/Refuse");
    try {
        yield method.invoke_async (bytes_of (""), null, null);
        assert_not_reached ();
    } catch (GrpcAio.Error.UNAVAILABLE error) {
        check ("Not for this" in error.message);
    }
    yield server.stop_async (0, null);
}
