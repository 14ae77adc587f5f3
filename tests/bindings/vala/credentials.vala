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

private delegate void Maker () throws Error;

private void refuses (Maker make) throws Error {
    try {
        make ();
    } catch (IOError.INVALID_ARGUMENT error) {
        return;
    }
    assert_not_reached ();
}

private const string[] STS_OPTIONS = {
    "resource", "audience", "scope", "requested-token-type", "actor-token-path", "actor-token-type",
    "subject-token-path", "subject-token-type"
};

private const string EXTERNAL =
    """{"type":"external_account","audience":"a","subject_token_type":"t","token_url":"https://example.org/",
    "credential_source":{"file":"/token"}}""";
private const string REFRESH =
    """{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r"}""";

public async void google_credentials (Census census) throws Error {
    var kind = GrpcAio.LocalConnectionType.LOCAL_TCP;
    int port;
    var server = serve_with (census, new GrpcAio.ServerCredentials.xds (new GrpcAio.ServerCredentials.local (kind)), out port);

    var options = new GrpcAio.StsOptions ("https://example.org/sts", "/token", "kind");
    equal_text (property (options, "token-exchange-service-uri").get_string (), "https://example.org/sts");
    foreach (unowned var name in STS_OPTIONS) {
        options.set_property (name, "value");
        equal_text (property (options, name).get_string (), "value");
    }
    GrpcAio.CallCredentials[] made = {
        new GrpcAio.CallCredentials.sts (options),
        new GrpcAio.CallCredentials.external_account (EXTERNAL, { "read", "write" }),
        new GrpcAio.CallCredentials.external_account (EXTERNAL, null),
        new GrpcAio.CallCredentials.refresh_token (REFRESH),
        new GrpcAio.CallCredentials.compute_engine ()
    };
    foreach (var credentials in made)
        census.add (credentials);

    refuses (() => new GrpcAio.CallCredentials.sts (new GrpcAio.StsOptions ("", "", "")));
    refuses (() => new GrpcAio.CallCredentials.external_account ("{}", null));
    refuses (() => new GrpcAio.CallCredentials.refresh_token (""));
    refuses (() => new GrpcAio.CallCredentials.service_account_jwt ("{}", 60));
    refuses (() => new GrpcAio.CallCredentials.iam ("", ""));

    // Where it does not work it says so.
    try {
        new GrpcAio.ChannelCredentials.alts ({ "me@example.org" });
    } catch (IOError.NOT_SUPPORTED error) {
    }
    try {
        new GrpcAio.ServerCredentials.alts ();
    } catch (IOError.NOT_SUPPORTED error) {
    }

    census.add (new GrpcAio.ChannelCredentials.compute_engine (null));
    Environment.set_variable ("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/file", true);
    refuses (() => new GrpcAio.ChannelCredentials.google_default_sync (null));
    try {
        yield new GrpcAio.ChannelCredentials.google_default_async (null);
        assert_not_reached ();
    } catch (IOError.INVALID_ARGUMENT error) {
    }

    var channel = new GrpcAio.Channel (@"127.0.0.1:$port", new GrpcAio.ChannelCredentials.composite (
        new GrpcAio.ChannelCredentials.xds (new GrpcAio.ChannelCredentials.local (kind)),
        new GrpcAio.CallCredentials.iam ("token", "selector")));
    census.add (channel);
    equal_text (text_of (yield channel.unary_unary ("/test.Who/Show").invoke_async (bytes_of (""), null, null)), "none none");
    yield server.stop_async (0, null);
}
