// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: interceptors of servers, and what they hand over.

// Notes all that it sees, marks messages, and hands values over.
private class ServerRecorder : GrpcAio.ServerInterceptor {
    public GenericArray<string> seen = new GenericArray<string> ();

    public override void intercept_service (GrpcAio.ServerContinuation continuation,
                                            GrpcAio.HandlerCallDetails details) {
        var context = continuation.get_context ();
        Value text = "from the interceptor";
        Value object = File.new_for_path ("/");

        context.set_value ("test-text", text);
        context.set_value ("test-object", object);
        context.set_identity ("alice");
        seen.add (details.get_method ());
        continuation.pass_on (null);
    }

    public override Bytes? filter_request (GrpcAio.ServicerContext context, Bytes message) {
        seen.add ("request " + text_of (message));
        return bytes_of (text_of (message) + ">");
    }

    public override Bytes? filter_response (GrpcAio.ServicerContext context, Bytes message) {
        seen.add ("response " + text_of (message));
        return message;
    }

    public override void call_ended (GrpcAio.ServicerContext context) {
        seen.add (((int) context.get_code ()).to_string ());
    }
}

// Leaves all to another one.
private class ServerDelegate : GrpcAio.ServerInterceptor {
    private GrpcAio.ServerInterceptor helper;

    public ServerDelegate (GrpcAio.ServerInterceptor helper) {
        this.helper = helper;
    }

    public override void intercept_service (GrpcAio.ServerContinuation continuation,
                                            GrpcAio.HandlerCallDetails details) {
        helper.intercept_service (continuation, details);
    }

    public override Bytes? filter_request (GrpcAio.ServicerContext context, Bytes message) {
        return helper.filter_request (context, message);
    }

    public override Bytes? filter_response (GrpcAio.ServicerContext context, Bytes message) {
        return helper.filter_response (context, message);
    }

    public override void call_ended (GrpcAio.ServicerContext context) {
        helper.call_ended (context);
    }
}

// Wraps, replaces or refuses, as the metadata says.
private class ServerChooser : GrpcAio.ServerInterceptor {
    private async void wrap (GrpcAio.ServerContinuation continuation) {
        try {
            var handler = yield continuation.proceed_async (null, null);
            continuation.return_handler (new GrpcAio.RpcMethodHandler (handler.get_kind (), (context, request) => {
                handler.serve (context, bytes_of ("wrapped " + text_of (request)));
            }));
        } catch (Error error) {
            continuation.return_error (error);
        }
    }

    public override void intercept_service (GrpcAio.ServerContinuation continuation,
                                            GrpcAio.HandlerCallDetails details) {
        switch (details.get_invocation_metadata ().get ("how")) {
            case "wrap":
                wrap.begin (continuation);
                break;
            case "replace":
                continuation.return_handler (new GrpcAio.RpcMethodHandler (GrpcAio.MethodKind.UNARY_UNARY, (context) => {
                    context.complete (bytes_of ("replaced"));
                }));
                break;
            case "refuse":
                continuation.return_error (new GrpcAio.Error.PERMISSION_DENIED ("not you"));
                break;
            case "other":
                continuation.pass_on (new GrpcAio.HandlerCallDetails ("/test.Test/Other", null, null));
                break;
            case "sync":
                try {
                    continuation.return_handler (continuation.proceed_sync (null, null));
                } catch (Error error) {
                    continuation.return_error (error);
                }
                break;
            case "drop":
                break;
            default:
                continuation.pass_on (null);
                break;
        }
    }
}

private void answer_values (GrpcAio.ServicerContext context, Bytes? request) {
    try {
        unowned var text = context.get_value ("test-text");
        unowned var file = context.get_value ("test-object");

        check (context.get_value ("none") == null);
        equal_text (property (context, "identity").get_string (), context.get_identity ());
        check (property (context, "active").get_boolean () && !property (context, "cancelled").get_boolean ());
        check (!context.has_sent_initial_metadata ());
        check (context.set_compression (GrpcAio.Compression.GZIP));
        context.disable_next_message_compression ();
        context.complete (bytes_of (string.joinv (" ", {
            context.get_identity (), text.get_string (), ((File) file.get_object ()).get_path (), text_of (request)
        })));
    } catch (Error error) {
        context.complete_with_error (error);
    }
}

private void abort_call (GrpcAio.ServicerContext context, Bytes? request) {
    if (text_of (request).has_prefix ("metadata")) {
        var metadata = new GrpcAio.Metadata ();
        try {
            metadata.append ("why", "because");
        } catch (Error error) {
            return;
        }
        context.abort_with_metadata (GrpcAio.StatusCode.NOT_FOUND, "gone", metadata);
    } else {
        context.abort_with_status (new GrpcAio.RpcStatus (GrpcAio.StatusCode.ABORTED, "conflict"));
    }
}

// A server with interceptors, and a channel to it.
private class Intercepted {
    public GrpcAio.Server? server;
    public GrpcAio.Channel? channel;

    public Intercepted (Census census, ListModel interceptors) throws Error {
        var service = new GrpcAio.Service ("test.Test");

        service.add_method ("Values", new GrpcAio.RpcMethodHandler.unary_unary (answer_values));
        service.add_method ("Abort", new GrpcAio.RpcMethodHandler.unary_unary (abort_call));
        service.add_method ("Echo", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
            context.complete (request);
        }));
        service.add_method ("Other", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
            context.complete (bytes_of ("other"));
        }));
        server = (GrpcAio.Server) Object.new (typeof (GrpcAio.Server), "interceptors", interceptors);
        census.add (server);
        server.add_service (service);
        var port = server.add_port ("127.0.0.1:0", null);
        server.start ();
        channel = new GrpcAio.Channel (@"127.0.0.1:$port", null);
        census.add (channel);
    }

    public async void close () throws Error {
        channel = null;
        yield server.stop_async (0, null);
        server = null;
    }

    public async string? invoke (string name,
                                 string text,
                                 string? key = null,
                                 string? value = null) throws Error {
        var options = new GrpcAio.CallOptions ();
        var metadata = new GrpcAio.Metadata ();

        if (key != null)
            metadata.append (key, value);
        options.set_metadata (metadata);

        return text_of (yield channel.unary_unary ("/test.Test/" + name).invoke_async (bytes_of (text), options, null));
    }

    public async Error? fail (string name,
                              string text,
                              string? key = null,
                              string? value = null) {
        try {
            yield invoke (name, text, key, value);
        } catch (Error error) {
            return error;
        }

        return null;
    }
}

private ListModel list_of (GrpcAio.ServerInterceptor first,
                           GrpcAio.ServerInterceptor? second = null) {
    var list = new GLib.ListStore (typeof (GrpcAio.ServerInterceptor));

    list.append (first);
    if (second != null)
        list.append (second);

    return list;
}

public async void server_interceptors (Census census) throws Error {
    var recorder = new ServerRecorder ();
    var peer = new Intercepted (census, list_of (new ServerDelegate (recorder)));

    equal_int (((ListModel) property (peer.server, "interceptors").get_object ()).get_n_items (), 1);
    equal_text (yield peer.invoke ("Values", "x"), "alice from the interceptor / x>");
    yield until (() => recorder.seen.length == 4);
    equal_text (string.joinv (",", recorder.seen.data),
                "/test.Test/Values,request x,response alice from the interceptor / x>,0");

    var error = yield peer.fail ("Abort", "metadata");
    expect_grpc (error, GrpcAio.Error.NOT_FOUND);
    equal_text (GrpcAio.Error.get_trailing_metadata (error).get ("why"), "because");
    expect_grpc (yield peer.fail ("Abort", "status"), GrpcAio.Error.ABORTED);
    yield peer.close ();
}

public async void server_interceptors_choose (Census census) throws Error {
    var other = new GrpcAio.Server ();
    other.add_interceptor (new ServerChooser ());
    var interceptors = other.dup_interceptors ();
    equal_int (interceptors.get_n_items (), 1);
    var peer = new Intercepted (census, interceptors);

    equal_text (yield peer.invoke ("Echo", "x", "how", "pass"), "x");
    equal_text (yield peer.invoke ("Echo", "x", "how", "wrap"), "wrapped x");
    equal_text (yield peer.invoke ("Echo", "x", "how", "replace"), "replaced");
    equal_text (yield peer.invoke ("Echo", "x", "how", "other"), "other");
    equal_text (yield peer.invoke ("Echo", "x", "how", "sync"), "x");
    expect_grpc (yield peer.fail ("Echo", "x", "how", "refuse"), GrpcAio.Error.PERMISSION_DENIED);
    expect_grpc (yield peer.fail ("Echo", "x", "how", "drop"), GrpcAio.Error.UNKNOWN);
    yield peer.close ();
}

public async void shipped_server_interceptors (Census census) throws Error {
    var auth = new GrpcAio.ServerAuthInterceptor ("Token", (continuation, token) => {
        if (token == "secret") {
            var kept = continuation;
            continuation.get_context ().set_identity ("bob");
            Idle.add (() => {
                kept.pass_on (null);
                return Source.REMOVE;
            });
        } else {
            continuation.return_error (new GrpcAio.Error.UNAUTHENTICATED ("who?"));
        }
    });
    equal_text (auth.get_scheme (), "Token");
    equal_text (property (auth, "scheme").get_string (), "Token");
    auth.set_optional (true);
    check (auth.get_optional () && property (auth, "optional").get_boolean ());
    auth.set_optional (false);

    var peer = new Intercepted (census, list_of (new GrpcAio.ServerLoggingInterceptor (), auth));
    equal_text (yield peer.invoke ("Echo", "x", "authorization", "Token secret"), "x");
    expect_grpc (yield peer.fail ("Echo", "x", "authorization", "Token wrong"), GrpcAio.Error.UNAUTHENTICATED);
    expect_grpc (yield peer.fail ("Echo", "x"), GrpcAio.Error.UNAUTHENTICATED);
    yield peer.close ();
}
