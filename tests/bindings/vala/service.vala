// SPDX-License-Identifier: LGPL-2.1-or-later

// The server of the binding test: a service with a method for each thing a
// handler can do, and a handler for the methods that no service has.

public GrpcAio.Metadata new_metadata (string prefix) throws Error {
    var metadata = new GrpcAio.Metadata ();

    metadata.append (prefix, "text");
    metadata.append_bytes (prefix + "-bin", new Bytes ({ 0, 255 }));

    return metadata;
}

// What the methods left behind for the test to look at.
public class State : Object {
    public GenericArray<GrpcAio.ServicerContext> kept = new GenericArray<GrpcAio.ServicerContext> ();
    public GenericArray<string> ends = new GenericArray<string> ();

    // Notes how a call ends.
    public void watch (GrpcAio.ServicerContext context) {
        context.done.connect (context => {
            note_signal (context, "done");
            ends.add (context.is_cancelled () ? "cancelled" : "done");
        });
    }
}

// A service is made by hand, or derived like this one.
public class TestService : GrpcAio.Service {
    public State state = new State ();

    public TestService () {
        Object (name: "test.Test");
        add_methods (this, state);
    }

    // A function that held the service would keep it for ever, since the service
    // keeps its handlers.
    private static void add_methods (GrpcAio.Service service, State state) {
        service.add_method ("Echo", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
            context.complete (request);
        }));
        service.add_method ("Later", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
            Timeout.add (1, () => {
                context.complete (request);
                return Source.REMOVE;
            });
        }));
        service.add_method ("Keep", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
            state.kept.add (context);
        }));
        service.add_method ("Drop", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {}));
        service.add_method ("Fail", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
            fail.begin (context, request);
        }));
        service.add_method ("FailWithError", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
            var code = int.parse (text_of (request));
            context.complete_with_error (new Error.literal (GrpcAio.Error.quark (), code, "As asked"));
        }));
        service.add_method ("FailRichly", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
            try {
                var status = new GrpcAio.RpcStatus.from_bytes (request);
                context.complete_with_error (GrpcAio.Error.new_with_rpc_status (status));
            } catch (Error error) {
                context.complete_with_error (error);
            }
        }));
        service.add_method ("Code", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
            answer_with_code.begin (context);
        }));
        service.add_method ("Describe", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
            describe.begin (context);
        }));
        service.add_method ("Count", new GrpcAio.RpcMethodHandler.unary_stream ((context, request) => {
            count.begin (context, request);
        }));
        service.add_method ("CountForEver", new GrpcAio.RpcMethodHandler.unary_stream ((context, request) => {
            count_for_ever.begin (state, context);
        }));
        service.add_method ("CountAndFail", new GrpcAio.RpcMethodHandler.unary_stream ((context, request) => {
            count_and_fail.begin (context);
        }));
        service.add_method ("Join", new GrpcAio.RpcMethodHandler.stream_unary ((context, request) => {
            join.begin (context, request);
        }));
        service.add_method ("Refuse", new GrpcAio.RpcMethodHandler.stream_unary ((context, request) => {
            refuse.begin (context);
        }));
        service.add_method ("Chat", new GrpcAio.RpcMethodHandler.stream_stream ((context, request) => {
            chat.begin (context);
        }));
        service.add_method ("Listen", new GrpcAio.RpcMethodHandler.stream_stream ((context, request) => {
            listen.begin (state, context);
        }));
        service.add_method ("ChatBlocking", new GrpcAio.RpcMethodHandler.stream_stream ((context, request) => {
            chat_blocking.begin (context);
        }));
    }

    // When a method throws, its context is dropped: that ends the call.

    private static async void fail (GrpcAio.ServicerContext context, Bytes request) throws Error {
        yield context.send_initial_metadata_async (new_metadata ("initial"), null);
        context.set_trailing_metadata (new_metadata ("trailing"));
        context.abort ((GrpcAio.StatusCode) int.parse (text_of (request)), "As asked");
    }

    private static async void answer_with_code (GrpcAio.ServicerContext context) throws Error {
        context.set_code (GrpcAio.StatusCode.OUT_OF_RANGE);
        context.set_details ("Too far");
        equal_int (context.get_code (), GrpcAio.StatusCode.OUT_OF_RANGE);
        equal_text (context.get_details (), "Too far");
        context.set_trailing_metadata (new_metadata ("trailing"));
        equal_text (context.get_trailing_metadata ().get ("trailing"), "text");
        context.complete (null);
    }

    private static async void describe (GrpcAio.ServicerContext context) throws Error {
        unowned var metadata = context.get_invocation_metadata ();
        var remaining = context.time_remaining ();

        equal_int (((GrpcAio.Metadata) property (context, "invocation-metadata").get_boxed ()).get_size (),
                   metadata.get_size ());
        check (property (context, "server").get_object () == context.get_server ());
        equal_text (property (context, "method").get_string (), context.method);
        equal_text (property (context, "host").get_string (), context.host);
        check (context.is_active () && !context.is_done () && !context.is_cancelled ());

        context.complete (bytes_of (string.joinv (" ", {
            context.get_method (),
            context.get_host () ?? "no-host",
            context.get_kind ().to_string (),
            context.dup_peer ().split (":")[0],
            remaining > 0 && remaining <= 6000000 ? "limited" : "unlimited",
            metadata.get ("key") ?? "no-key",
            context.get_server ().get_active_calls ().to_string ()
        })));
    }

    private static async void count (GrpcAio.ServicerContext context, Bytes request) throws Error {
        for (int i = 0; i < int.parse (text_of (request)); i++)
            check (yield context.write_async (bytes_of (i.to_string ()), null));
        context.complete (null);
    }

    private static async void count_for_ever (State state, GrpcAio.ServicerContext context) throws Error {
        state.watch (context);
        try {
            for (int i = 0; ; i++)
                yield context.write_async (bytes_of (i.to_string ()), null);
        } catch (GrpcAio.Error.CANCELLED error) {
            state.ends.add ("no more");
        }
    }

    private static async void count_and_fail (GrpcAio.ServicerContext context) throws Error {
        yield context.write_with_flags_async (bytes_of ("0"), GrpcAio.WriteFlags.WRITE_THROUGH, null);
        context.abort (GrpcAio.StatusCode.DATA_LOSS, "The rest is lost");
    }

    private static async void join (GrpcAio.ServicerContext context, Bytes? request) throws Error {
        string[] texts = {};
        Bytes? message;

        check (request == null);
        while ((message = yield context.read_async (null)) != null)
            texts += text_of (message);
        context.complete (bytes_of (string.joinv (" ", texts)));
    }

    private static async void refuse (GrpcAio.ServicerContext context) throws Error {
        yield context.read_async (null);
        context.abort (GrpcAio.StatusCode.RESOURCE_EXHAUSTED, "Enough");
    }

    private static async void chat (GrpcAio.ServicerContext context) throws Error {
        Bytes? message;

        // The writes are not awaited: they queue.
        while ((message = yield context.read_async (null)) != null)
            context.write_async.begin (message, null);
        context.complete (null);
    }

    private static async void listen (State state, GrpcAio.ServicerContext context) throws Error {
        state.watch (context);
        yield context.send_initial_metadata_async (new_metadata ("initial"), null);
        try {
            while ((yield context.read_async (null)) != null);
        } catch (GrpcAio.Error error) {
            state.ends.add ("no more");
        }
    }

    // Only for clients in another process: what blocks, blocks the others.
    private static async void chat_blocking (GrpcAio.ServicerContext context) throws Error {
        Bytes? message;

        check (context.send_initial_metadata_sync (new_metadata ("initial")));
        while ((message = context.read_sync ()) != null)
            if (text_of (message) == "flags")
                check (context.write_with_flags_sync (message, GrpcAio.WriteFlags.NO_COMPRESS));
            else
                check (context.write_sync (message));
        context.complete (null);
    }
}

// Serves one method, without a service.
public class WhateverHandler : Object, GrpcAio.GenericRpcHandler {
    public GrpcAio.RpcMethodHandler? service (GrpcAio.HandlerCallDetails details) {
        if (details.get_method () != "/test.Generic/Whatever")
            return null;

        var text = string.joinv (" ", {
            details.get_method (),
            details.get_host (),
            details.get_invocation_metadata ().get ("key") ?? "no-key"
        });

        return new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
            context.complete (bytes_of (text));
        });
    }
}

// Serves the methods that no service has, with the help of another.
public class TestHandler : Object, GrpcAio.GenericRpcHandler {
    private GrpcAio.GenericRpcHandler helper = new WhateverHandler ();

    public GrpcAio.RpcMethodHandler? service (GrpcAio.HandlerCallDetails details) {
        try {
            equal_text (property (details, "method").get_string (), details.method);
            equal_text (property (details, "host").get_string (), details.host);
            equal_int (((GrpcAio.Metadata) property (details, "invocation-metadata").get_boxed ()).get_size (),
                       details.invocation_metadata.get_size ());
        } catch (TestError error) {
            return null;
        }

        return helper.service (details);
    }
}

// Serves until the standard input is closed.
public async void serve () throws Error {
    var server = new GrpcAio.Server ();
    server.add_service (new TestService ());
    server.add_generic_handler (new TestHandler ());
    var port = server.add_port ("127.0.0.1:0", null);
    server.start ();
    print ("%d\n", port);
    stdout.flush ();

    yield new UnixInputStream (0, false).read_bytes_async (1);
    yield server.stop_async (-1, null);
}
