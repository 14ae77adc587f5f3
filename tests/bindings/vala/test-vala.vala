// SPDX-License-Identifier: LGPL-2.1-or-later

// Uses all of the API from Vala: client and server in one main loop, and, for
// what blocks, in two processes.

// How long one case may take before it fails: nothing here should wait.
private const int PATIENCE_SECONDS = 30;

private const int STRESS_CALLS = 300;

private string program;

// A server and a channel to it, which have to be gone after each case.
public class Fixture {
    public Census census = new Census ();
    public GrpcAio.Server? server = new GrpcAio.Server ();
    public GrpcAio.Channel? channel;
    public State state;
    public TestService? service = new TestService ();
    public int port;

    public Fixture () throws Error {
        var handler = new TestHandler ();

        state = service.state;
        server.add_service (service);
        server.add_generic_handler (handler);
        port = server.add_port ("127.0.0.1:0", null);
        server.start ();
        census.add (server);
        census.add (service);
        census.add (handler);
        connect_to (port);
    }

    public void connect_to (int port) {
        use (new GrpcAio.Channel (@"127.0.0.1:$port", null));
    }

    public void use (GrpcAio.Channel channel) {
        this.channel = channel;
        census.add (channel);
    }

    public GrpcAio.MultiCallable method (string name) {
        GrpcAio.MultiCallable method;
        var path = "/test.Test/" + name;

        switch (name) {
            case "Chat":
            case "ChatBlocking":
            case "Listen":
                method = channel.stream_stream (path);
                break;
            case "Join":
            case "Refuse":
                method = channel.stream_unary (path);
                break;
            case "Count":
            case "CountAndFail":
            case "CountForEver":
                method = channel.unary_stream (path);
                break;
            default:
                method = channel.unary_unary (path);
                break;
        }
        census.add (method);

        return method;
    }

    public GrpcAio.Call call (string name, string? text = null, GrpcAio.CallOptions? options = null) {
        var call = method (name).call (text != null ? bytes_of (text) : null, options);
        census.add (call);

        return call;
    }

    public async string? invoke (string name,
                                 string text,
                                 GrpcAio.CallOptions? options = null,
                                 Cancellable? cancellable = null) throws Error {
        return text_of (yield method (name).invoke_async (bytes_of (text), options, cancellable));
    }

    public async Error? fail (string name,
                              string text,
                              GrpcAio.CallOptions? options = null) {
        try {
            yield invoke (name, text, options);
        } catch (Error error) {
            return error;
        }

        return null;
    }

    public async void tear_down () throws Error {
        yield server.stop_async (0, null);
        state.kept.remove_range (0, state.kept.length);
        server = null;
        service = null;
        channel = null;
        yield census.wait_until_empty ();
    }
}

private async void unary (Fixture fixture) throws Error {
    equal_text (yield fixture.invoke ("Echo", "hello", new GrpcAio.CallOptions () { timeout_usec = 5000000 }), "hello");

    var call = fixture.call ("Echo", "again");
    var is_done = false;
    GrpcAio.CallState[] states = {};
    call.done.connect (call => {
        note_signal (call, "done");
        is_done = true;
    });
    call.notify["state"].connect ((object, pspec) => {
        states += (GrpcAio.CallState) property (object, "state").get_enum ();
    });
    equal_int (call.get_state (), GrpcAio.CallState.STARTED);
    check (call.is_active () && !call.is_done () && !call.is_cancelled ());
    equal_int (call.time_remaining (), -1);

    // Both may be asked for more than once, and after the end.
    for (int i = 0; i < 2; i++) {
        equal_text (text_of (yield call.response_async (null)), "again");
        equal_int (yield call.status_async (null), GrpcAio.StatusCode.OK);
    }
    yield until (() => is_done);
    equal_int (states[states.length - 1], GrpcAio.CallState.DONE);
    equal_int (call.get_code (), GrpcAio.StatusCode.OK);
    equal_text (call.get_details (), "");
    equal_text (call.get_debug_string (), null);
    check (!call.is_active () && call.is_done () && !call.is_cancelled ());
    check (call.dup_peer ().has_prefix ("ipv4:127.0.0.1:"));

    unowned var method = call.get_multi_callable ();
    check (property (call, "multi-callable").get_object () == method);
    equal_text (method.get_method (), "/test.Test/Echo");
    equal_text (property (method, "method").get_string (), "/test.Test/Echo");
    equal_int (method.get_kind (), GrpcAio.MethodKind.UNARY_UNARY);
    equal_int (property (method, "kind").get_enum (), GrpcAio.MethodKind.UNARY_UNARY);
    check (method.get_channel () == fixture.channel);
    check (property (method, "channel").get_object () == fixture.channel);
}

private async void every_code (Fixture fixture) throws Error {
    for (int code = 1; code <= 16; code++) {
        var error = yield fixture.fail ("Fail", code.to_string ());
        expect_grpc (error, code);
        equal_text (error.message, "As asked");
        equal_int (GrpcAio.Error.get_status_code (error), code);
        expect_grpc (yield fixture.fail ("FailWithError", code.to_string ()), code);

        var call = fixture.call ("Fail", code.to_string ());
        equal_int (yield call.status_async (null), code);
        equal_int (call.get_code (), code);
        equal_text (call.get_details (), "As asked");
        check (call.get_debug_string ().contains ("As asked"));
    }
}

private async void failures_of_handlers (Fixture fixture) throws Error {
    expect_grpc (yield fixture.fail ("Drop", ""), GrpcAio.Error.UNKNOWN);
    expect_grpc (yield fixture.fail ("Nothing", ""), GrpcAio.Error.UNIMPLEMENTED);

    var call = fixture.call ("Code", "");
    try {
        yield call.response_async (null);
        check (false);
    } catch (GrpcAio.Error.OUT_OF_RANGE error) {
        equal_text (error.message, "Too far");
    }
    equal_text ((yield call.trailing_metadata_async (null)).get ("trailing"), "text");
}

private void check_metadata (GrpcAio.Metadata? metadata, string prefix) throws Error {
    equal_text (metadata.get (prefix), "text");
    equal_int (metadata.get_bytes (prefix + "-bin").compare (new Bytes ({ 0, 255 })), 0);
}

private async void metadata_of_failures (Fixture fixture) throws Error {
    var call = fixture.call ("Fail", "5");
    try {
        yield call.response_async (null);
        check (false);
    } catch (GrpcAio.Error.NOT_FOUND error) {
        check_metadata (GrpcAio.Error.get_initial_metadata (error), "initial");
        check_metadata (GrpcAio.Error.get_trailing_metadata (error), "trailing");
        check (GrpcAio.Error.get_debug_string (error).contains ("As asked"));
    }
    check_metadata (yield call.initial_metadata_async (null), "initial");
    check_metadata (yield call.trailing_metadata_async (null), "trailing");

    var other = new IOError.EXISTS ("Not of gRPC");
    check (GrpcAio.Error.get_trailing_metadata (other) == null);
    equal_int (GrpcAio.Error.get_status_code (other), GrpcAio.StatusCode.ALREADY_EXISTS);
}

private void check_status (GrpcAio.RpcStatus? status) throws Error {
    equal_int (status.get_code (), GrpcAio.StatusCode.ABORTED);
    equal_text (status.get_message (), "As asked");
    equal_int (status.get_n_details (), 1);
    equal_text (status.get_nth_type_url (0), "type.googleapis.com/test.Detail");
    equal_text (text_of (status.get_nth_value (0)), "detail");
    equal_text (text_of (status.find_detail ("test.Detail")), "detail");
    check (status.find_detail ("test.None") == null);
}

private async void status_details (Fixture fixture) throws Error {
    var status = new GrpcAio.RpcStatus (GrpcAio.StatusCode.ABORTED, "As asked");
    status.add_detail ("test.Detail", bytes_of ("detail"));
    check_status (status);

    var call = fixture.method ("FailRichly").call (status.to_bytes (), null);
    fixture.census.add (call);
    try {
        yield call.response_async (null);
        check (false);
    } catch (GrpcAio.Error.ABORTED error) {
        check_status (GrpcAio.Error.dup_rpc_status (error));
    }
    check_status (call.dup_rpc_status ());
    try {
        new GrpcAio.RpcStatus.from_bytes (bytes_of ("nonsense"));
        check (false);
    } catch (IOError.INVALID_DATA error) {
    }

    check (GrpcAio.status_to_user_string (GrpcAio.StatusCode.NOT_FOUND).length > 0);
}

private GrpcAio.CallOptions limited (int64 timeout_usec) {
    return new GrpcAio.CallOptions () { timeout_usec = timeout_usec };
}

private async void deadlines (Fixture fixture) throws Error {
    expect_grpc (yield fixture.fail ("Keep", "", limited (1000)), GrpcAio.Error.DEADLINE_EXCEEDED);

    var call = fixture.call ("Keep", "", limited (20000));
    check (call.time_remaining () >= 0 && call.time_remaining () <= 20000);
    equal_int (yield call.status_async (null), GrpcAio.StatusCode.DEADLINE_EXCEEDED);
    equal_int (call.time_remaining (), 0);

    // A slow machine needs more time for the call to reach the server.
    for (int64 timeout_usec = 20000; fixture.state.ends.length == 0; timeout_usec *= 2) {
        call = fixture.call ("Listen", null, limited (timeout_usec));
        try {
            yield call.read_async (null);
            check (false);
        } catch (GrpcAio.Error.DEADLINE_EXCEEDED error) {
        }
    }

    var text = yield fixture.invoke ("Describe", "", limited (5000000));
    check (text.contains (" limited "), text);
}

private async void cancelling_a_call (Fixture fixture) throws Error {
    // During, from here and from another thread.
    for (int i = 0; i < 2; i++) {
        var call = fixture.call ("Keep", "");
        var response = new Pending ();
        call.response_async.begin (null, (source, value) => response.ready (source, value));
        yield until (() => fixture.state.kept.length == 1);
        var context = fixture.state.kept[0];
        fixture.state.kept.remove_index (0);
        fixture.census.add (context);
        fixture.state.watch (context);

        if (i == 0)
            check (call.cancel ());
        else
            new Thread<bool> ("cancel", () => call.cancel ()).join ();

        Error? failure = null;
        try {
            call.response_async.end (yield response.wait ());
        } catch (Error error) {
            failure = error;
        }
        expect_cancelled (failure);
        equal_int (yield call.status_async (null), GrpcAio.StatusCode.CANCELLED);
        check (call.is_cancelled () && call.is_done ());
        yield until (() => fixture.state.ends.length == i + 1);
        equal_text (fixture.state.ends[i], "cancelled");
        check (context.is_cancelled () && context.is_done () && !context.is_active ());
        context.complete (null);
    }

    // After.
    var ended = fixture.call ("Echo", "");
    yield ended.response_async (null);
    check (!ended.cancel ());

    // Streams, with everything under way.
    var stream = fixture.call ("Chat");
    var first = new Pending ();
    var second = new Pending ();
    stream.read_async.begin (null, (source, value) => first.ready (source, value));
    stream.read_async.begin (null, (source, value) => second.ready (source, value));
    check (stream.cancel ());
    foreach (var read in new Pending[] { first, second }) {
        try {
            stream.read_async.end (yield read.wait ());
            check (false);
        } catch (IOError.CANCELLED error) {
        }
    }
    try {
        yield stream.write_async (bytes_of (""), null);
        check (false);
    } catch (IOError.CANCELLED error) {
    }
    try {
        yield stream.wait_for_connection_async (null);
        check (false);
    } catch (IOError.CANCELLED error) {
    }
}

private async void begin_and_end (GrpcAio.Call call, string operation, Cancellable? cancellable) throws Error {
    switch (operation) {
        case "done-writing":
            yield call.done_writing_async (cancellable);
            break;
        case "initial-metadata":
            yield call.initial_metadata_async (cancellable);
            break;
        case "read":
            yield call.read_async (cancellable);
            break;
        case "response":
            yield call.response_async (cancellable);
            break;
        case "status":
            yield call.status_async (cancellable);
            break;
        case "trailing-metadata":
            yield call.trailing_metadata_async (cancellable);
            break;
        case "wait-for-connection":
            yield call.wait_for_connection_async (cancellable);
            break;
        case "write":
            yield call.write_async (bytes_of ("x"), cancellable);
            break;
        default:
            assert_not_reached ();
    }
}

private const string[] WAITS = { "status", "initial-metadata", "trailing-metadata", "wait-for-connection" };

private async void expect_all_cancelled (Fixture fixture, string name, string? text, string[] operations) throws Error {
    var cancelled = new Cancellable ();
    cancelled.cancel ();

    foreach (var operation in operations) {
        var call = fixture.call (name, text);
        Error? failure = null;
        try {
            yield begin_and_end (call, operation, cancelled);
        } catch (Error error) {
            failure = error;
        }
        check (failure != null, operation + " of " + name + " did not fail");
        expect_cancelled (failure);
        call.cancel ();
    }
}

private async void cancelling_an_operation (Fixture fixture) throws Error {
    // Before.
    var cancellable = new Cancellable ();
    cancellable.cancel ();
    try {
        yield fixture.invoke ("Echo", "", null, cancellable);
        check (false);
    } catch (IOError.CANCELLED error) {
    }
    yield expect_all_cancelled (fixture, "Keep", "", WAITS);
    yield expect_all_cancelled (fixture, "Keep", "", { "response" });
    yield expect_all_cancelled (fixture, "Chat", null, { "read", "write", "done-writing" });

    // During.
    cancellable = new Cancellable ();
    var call = fixture.call ("Listen");
    var read = new Pending ();
    yield call.initial_metadata_async (null);
    call.read_async.begin (cancellable, (source, value) => read.ready (source, value));
    cancellable.cancel ();
    try {
        call.read_async.end (yield read.wait ());
        check (false);
    } catch (IOError.CANCELLED error) {
    }
    equal_int (yield call.status_async (null), GrpcAio.StatusCode.CANCELLED);
    yield until (() => fixture.state.ends.length > 0);

    // Waiting for the status does not own the call.
    cancellable = new Cancellable ();
    call = fixture.call ("Later", "fine");
    var status = new Pending ();
    call.status_async.begin (cancellable, (source, value) => status.ready (source, value));
    cancellable.cancel ();
    try {
        call.status_async.end (yield status.wait ());
        check (false);
    } catch (IOError.CANCELLED error) {
    }
    equal_text (text_of (yield call.response_async (null)), "fine");
}

private async void answers_later (Fixture fixture) throws Error {
    unowned var kept = fixture.state.kept;

    equal_text (yield fixture.invoke ("Later", "at last"), "at last");

    // Kept, and answered from outside the handler.
    var call = fixture.call ("Keep", "");
    yield until (() => kept.length == 1);
    equal_int (fixture.server.get_active_calls (), 1);
    equal_int (property (fixture.server, "active-calls").get_uint (), 1);
    kept[0].complete (bytes_of ("done"));
    kept.remove_index (0);
    equal_text (text_of (yield call.response_async (null)), "done");
    yield until (() => fixture.server.active_calls == 0);

    // Kept, and let go of.
    call = fixture.call ("Keep", "");
    yield until (() => kept.length == 1);
    kept.remove_index (0);
    equal_int (yield call.status_async (null), GrpcAio.StatusCode.UNKNOWN);
}

private async void streams_of_responses (Fixture fixture) throws Error {
    var call = fixture.call ("Count", "5");
    string[] texts = {};
    Bytes? message;
    while ((message = yield call.read_async (null)) != null)
        texts += text_of (message);
    equal_text (string.joinv (" ", texts), "0 1 2 3 4");
    equal_int (yield call.status_async (null), GrpcAio.StatusCode.OK);
    check ((yield call.read_async (null)) == null);

    // Reads queue.
    call = fixture.call ("Count", "2");
    Pending[] reads = { new Pending (), new Pending (), new Pending () };
    string?[] expected = { "0", "1", null };
    foreach (var read in reads)
        call.read_async.begin (null, (source, value) => read.ready (source, value));
    for (int i = 0; i < 3; i++)
        equal_text (text_of (call.read_async.end (yield reads[i].wait ())), expected[i]);

    call = fixture.call ("CountAndFail", "");
    equal_text (text_of (yield call.read_async (null)), "0");
    try {
        yield call.read_async (null);
        check (false);
    } catch (GrpcAio.Error.DATA_LOSS error) {
        equal_text (error.message, "The rest is lost");
    }

    // A call that nobody holds is cancelled.
    call = fixture.call ("CountForEver", "");
    yield call.read_async (null);
    call = null;
    yield until (() => fixture.state.ends.length > 0);
}

private async void streams_of_requests (Fixture fixture) throws Error {
    var call = fixture.call ("Join");
    check (yield call.write_async (bytes_of ("one"), null));
    check (yield call.write_async (bytes_of ("two"), null));
    check (yield call.done_writing_async (null));
    equal_text (text_of (yield call.response_async (null)), "one two");

    // Not awaited: writes queue, in order.
    call = fixture.call ("Join");
    string[] texts = {};
    for (int i = 0; i < 50; i++) {
        texts += i.to_string ();
        call.write_async.begin (bytes_of (texts[i]), null);
    }
    call.done_writing_async.begin (null);
    equal_text (text_of (yield call.response_async (null)), string.joinv (" ", texts));

    // The server ends the call before we do.
    call = fixture.call ("Refuse");
    yield call.write_async (bytes_of (""), null);
    try {
        yield call.response_async (null);
        check (false);
    } catch (GrpcAio.Error.RESOURCE_EXHAUSTED error) {
    }
    try {
        yield call.write_async (bytes_of (""), null);
        check (false);
    } catch (GrpcAio.Error.RESOURCE_EXHAUSTED error) {
    }
}

private async void streams_both_ways (Fixture fixture) throws Error {
    var call = fixture.call ("Chat");
    for (int i = 0; i < 20; i++) {
        yield call.write_async (bytes_of (i.to_string ()), null);
        equal_text (text_of (yield call.read_async (null)), i.to_string ());
    }
    yield call.done_writing_async (null);
    check ((yield call.read_async (null)) == null);
    equal_int (yield call.status_async (null), GrpcAio.StatusCode.OK);

    call = fixture.call ("Chat");
    check (yield call.write_with_flags_async (bytes_of ("flags"), GrpcAio.WriteFlags.NO_COMPRESS, null));
    equal_text (text_of (yield call.read_async (null)), "flags");
    yield call.done_writing_async (null);

    call = fixture.call ("Listen");
    check (yield call.wait_for_connection_async (null));
    equal_int (call.state, GrpcAio.CallState.CONNECTED);
    check_metadata (yield call.initial_metadata_async (null), "initial");
}

private async void wrong_kinds (Fixture fixture) throws Error {
    foreach (var operation in new string[] { "read", "write", "response" }) {
        Error? failure = null;
        var call = operation == "response" ? fixture.call ("Chat") : fixture.call ("Echo", "");
        try {
            yield begin_and_end (call, operation, null);
        } catch (Error error) {
            failure = error;
        }
        expect (failure, IOError.quark (), IOError.NOT_SUPPORTED);
    }
}

private async void metadata (Fixture fixture) throws Error {
    string[] keys = { "key", "key-bin", "key" };
    string?[] values = { "text", null, "more" };
    int[] sizes = { 4, 2, 4 };
    var metadata = new_metadata ("key");

    metadata.append ("key", "more");
    equal_int (metadata.get_size (), 3);
    for (int i = 0; i < 3; i++) {
        equal_text (metadata.get_nth_key (i), keys[i]);
        equal_text (metadata.get_nth_value (i), values[i]);
        equal_int (metadata.get_nth_bytes (i).get_size (), sizes[i]);
    }
    equal_text (string.joinv (" ", metadata.dup_all ("key")), "text more");
    equal_int (metadata.dup_all ("none").length, 0);
    check (metadata.get ("none") == null && metadata.get_bytes ("none") == null);
    check (metadata.contains ("key") && !metadata.contains ("none"));

    var copy = metadata.copy ();
    check (copy.remove ("key") && !copy.remove ("key"));
    equal_int (copy.get_size (), 1);
    equal_int (metadata.get_size (), 3);

    foreach (var key in new string[] { "Key", "", "key-bin" }) {
        try {
            metadata.append (key, "");
            check (false);
        } catch (IOError.INVALID_ARGUMENT error) {
        }
    }
    try {
        metadata.append_bytes ("key", bytes_of (""));
        check (false);
    } catch (IOError.INVALID_ARGUMENT error) {
    }
    check (GrpcAio.Metadata.key_is_legal ("key") && !GrpcAio.Metadata.key_is_legal ("Key"));

    // It stays after its owner is gone.
    var trailing = yield fixture.call ("Fail", "5").trailing_metadata_async (null);
    yield turn ();
    check_metadata (trailing, "trailing");

    equal_text (yield fixture.invoke ("Describe", "", new GrpcAio.CallOptions () { metadata = metadata }),
                "/test.Test/Describe no-host GRPC_AIO_METHOD_KIND_UNARY_UNARY ipv4 unlimited text 1");
}

private async void options (Fixture fixture) throws Error {
    var options = new GrpcAio.CallOptions ();
    options.set_authority ("example.org");
    options.set_metadata (new_metadata ("key"));
    options.set_timeout_usec (5);
    options.set_wait_for_ready (true);
    options.set_deadline_usec (6);
    options.set_compression (GrpcAio.Compression.GZIP);
    equal_int (property (options, "deadline-usec").get_int64 (), 6);
    equal_int (property (options, "compression").get_enum (), GrpcAio.Compression.GZIP);
    check (property (options, "compression-set").get_boolean ());
    equal_int (options.get_deadline_usec (), 6);
    equal_int (options.get_compression (), GrpcAio.Compression.GZIP);
    check (options.get_compression_set ());
    options.set_compression_set (false);
    equal_text (property (options, "authority").get_string (), "example.org");
    check_metadata ((GrpcAio.Metadata) property (options, "metadata").get_boxed (), "key");
    equal_int (property (options, "timeout-usec").get_int64 (), 5);
    check (property (options, "wait-for-ready").get_boolean ());
    equal_text (options.get_authority (), "example.org");
    check_metadata (options.get_metadata (), "key");
    equal_int (options.get_timeout_usec (), 5);
    check (options.get_wait_for_ready ());
    options.authority = null;
    options.metadata = null;
    check (options.get_authority () == null && options.get_metadata () == null);

    // What proves who the caller is does not go over a channel that is not secure.
    var secret = new GrpcAio.CallCredentials.access_token ("secret");
    options.set_credentials (secret);
    check (options.get_credentials () == secret);
    check (property (options, "credentials").get_object () == secret);
    expect_grpc (yield fixture.fail ("Echo", "", options), GrpcAio.Error.UNAUTHENTICATED);
    options.set_credentials (null);

    // A call that helps to serve another ends with it.
    var kept = fixture.state.kept;
    var parent = fixture.call ("Keep", "x");
    yield until (() => kept.length == 1);
    options = new GrpcAio.CallOptions ();
    options.set_parent (kept[0]);
    check (options.get_parent () == kept[0]);
    check (property (options, "parent").get_object () == kept[0]);
    var child = fixture.call ("Keep", "y", options);
    yield until (() => kept.length == 2);
    options.set_parent (null);
    parent.cancel ();
    equal_int (yield child.status_async (null), GrpcAio.StatusCode.CANCELLED);
    kept.remove_range (0, kept.length);

    var arguments = new GrpcAio.ChannelOptions ();
    int number;
    arguments.set_int ("grpc.lb", 3);
    arguments.set_string ("grpc.primary_user_agent", "test");
    check (arguments.get_int ("grpc.lb", out number));
    equal_int (number, 3);
    equal_text (arguments.get_string ("grpc.primary_user_agent"), "test");
    arguments.unset ("grpc.lb");
    check (!arguments.get_int ("grpc.lb", out number));
    equal_int (new GrpcAio.ChannelOptions.hardened ().max_concurrent_streams, 100);
    foreach (var pspec in arguments.get_class ().list_properties ())
        property (arguments, pspec.name);
    arguments.keepalive_time_ms = 10 * 60 * 1000;
    check (arguments.get_int ("grpc.keepalive_time_ms", out number) && number == 600000);
    check (arguments.set_service_config ("{ \"methodConfig\": [{ \"name\": [{}], \"timeout\": \"20s\" }] }"));
    equal_text (arguments.get_service_config (), "{\"methodConfig\":[{\"name\":[{}],\"timeout\":\"20s\"}]}");
    try {
        arguments.set_service_config ("{\"methodConfig\": 1}");
        check (false);
    } catch (IOError error) {
        check (error is IOError.INVALID_ARGUMENT && "methodConfig" in error.message);
    }

    var target = @"127.0.0.1:$(fixture.port)";
    var credentials = new GrpcAio.ChannelCredentials.insecure ();
    var channel = new GrpcAio.Channel.with_options (target, credentials, arguments);
    fixture.census.add (channel);
    equal_text (channel.get_target (), target);
    equal_text (property (channel, "target").get_string (), target);
    check (channel.get_credentials () == credentials);
    check (property (channel, "credentials").get_object () == credentials);
    check (channel.get_options () == arguments);
    check (property (channel, "options").get_object () == arguments);
    check (fixture.channel.get_credentials () == null && fixture.channel.get_options () == null);
    var compressing = (GrpcAio.Channel) Object.new (typeof (GrpcAio.Channel), "target", target,
                                                    "compression", GrpcAio.Compression.GZIP);
    fixture.census.add (compressing);
    check (compressing.get_compression () == GrpcAio.Compression.GZIP);
    check (property (compressing, "compression").get_enum () == GrpcAio.Compression.GZIP);
    check (channel.get_compression () == GrpcAio.Compression.NONE);

    options = new GrpcAio.CallOptions () { authority = "example.org", metadata = new_metadata ("key") };
    var method = channel.unary_unary ("/test.Generic/Whatever");
    equal_text (text_of (yield method.invoke_async (bytes_of (""), options, null)),
                "/test.Generic/Whatever example.org text");
}

private async void generic_handlers (Fixture fixture) throws Error {
    var method = fixture.channel.unary_unary ("/test.Generic/Whatever");
    equal_text (text_of (yield method.invoke_async (bytes_of (""), null, null)),
                @"/test.Generic/Whatever 127.0.0.1:$(fixture.port) no-key");

    method = fixture.channel.unary_unary ("/test.Generic/Else");
    try {
        yield method.invoke_async (bytes_of (""), null, null);
        check (false);
    } catch (GrpcAio.Error.UNIMPLEMENTED error) {
    }
}

private async void channels (Fixture fixture) throws Error {
    var channel = fixture.channel;
    var was_ready = false;
    equal_int (channel.get_state (false), GrpcAio.ChannelConnectivity.IDLE);
    channel.notify["state"].connect ((object, pspec) => {
        if (property (object, "state").get_enum () == GrpcAio.ChannelConnectivity.READY)
            was_ready = true;
    });
    var change = new Pending ();
    channel.wait_for_state_change_async.begin (GrpcAio.ChannelConnectivity.IDLE, null, (source, value) => change.ready (source, value));
    check (yield channel.ready_async (null));
    check (channel.wait_for_state_change_async.end (yield change.wait ()));
    equal_int (channel.get_state (true), GrpcAio.ChannelConnectivity.READY);
    channel.reset_connect_backoff ();
    yield until (() => was_ready);

    // Running calls go on when a channel is closed with grace.
    var call = fixture.call ("Later", "fine");
    var closed = new Pending ();
    channel.close_async.begin (-1, null, (source, value) => closed.ready (source, value));
    equal_text (text_of (yield call.response_async (null)), "fine");
    check (channel.close_async.end (yield closed.wait ()));
    equal_int (channel.get_state (false), GrpcAio.ChannelConnectivity.SHUTDOWN);
    expect_grpc (yield fixture.fail ("Echo", ""), GrpcAio.Error.FAILED_PRECONDITION);
    try {
        yield channel.ready_async (null);
        check (false);
    } catch (IOError.CLOSED error) {
    }

    fixture.connect_to (fixture.port);
    call = fixture.call ("Keep", "");
    yield until (() => fixture.state.kept.length == 1);
    fixture.channel.close ();
    equal_int (yield call.status_async (null), GrpcAio.StatusCode.CANCELLED);
    check (fixture.channel.close_sync (0));

    // Nobody listens there.
    fixture.use (new GrpcAio.Channel ("unix:/nowhere/at/all", null));
    expect_grpc (yield fixture.fail ("Echo", ""), GrpcAio.Error.UNAVAILABLE);
    var options = limited (20000);
    options.wait_for_ready = true;
    expect_grpc (yield fixture.fail ("Echo", "", options), GrpcAio.Error.DEADLINE_EXCEEDED);
    var cancellable = new Cancellable ();
    var ready = new Pending ();
    fixture.channel.ready_async.begin (cancellable, (source, value) => ready.ready (source, value));
    cancellable.cancel ();
    try {
        fixture.channel.ready_async.end (yield ready.wait ());
        check (false);
    } catch (IOError.CANCELLED error) {
    }
}

private async void servers (Fixture fixture) throws Error {
    var options = new GrpcAio.ChannelOptions ();
    options.set_int ("grpc.so_reuseport", 0);
    var server = new GrpcAio.Server.with_options (options);
    fixture.census.add (server);
    check (server.get_options () == options);
    check (property (server, "options").get_object () == options);
    equal_int (server.get_state (), GrpcAio.ServerState.NEW);

    try {
        server.add_port (@"127.0.0.1:$(fixture.port)", null);
        check (false);
    } catch (IOError.ADDRESS_IN_USE error) {
    }
    var port = server.add_port ("127.0.0.1:0", new GrpcAio.ServerCredentials.insecure ());
    check (port > 0);
    var other_port = server.add_port ("127.0.0.1:0", null);

    equal_int (server.get_compression (), GrpcAio.Compression.NONE);
    var compressing = Object.new (typeof (GrpcAio.Server), "compression", GrpcAio.Compression.GZIP) as GrpcAio.Server;
    fixture.census.add (compressing);
    equal_int (property (compressing, "compression").get_enum (), GrpcAio.Compression.GZIP);

    server.maximum_concurrent_rpcs = 3;
    server.maximum_queued_rpcs = 4;
    equal_int ((int) server.get_maximum_concurrent_rpcs (), 3);
    equal_int ((int) server.get_maximum_queued_rpcs (), 4);
    server.set_maximum_concurrent_rpcs (5);
    server.set_maximum_queued_rpcs (6);
    equal_int ((int) property (server, "maximum-concurrent-rpcs").get_uint (), 5);
    equal_int ((int) property (server, "maximum-queued-rpcs").get_uint (), 6);

    var service = new GrpcAio.Service ("test.Hand");
    var made = new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
        context.complete (request);
    });
    equal_int (made.get_kind (), GrpcAio.MethodKind.UNARY_UNARY);
    equal_int (property (made, "kind").get_enum (), GrpcAio.MethodKind.UNARY_UNARY);
    service.add_method ("Echo", made);
    check (service.get_method ("Echo") == made && service.get_method ("None") == null);
    equal_text (service.get_name (), "test.Hand");
    equal_text (property (fixture.service, "name").get_string (), "test.Test");
    server.add_service (service);

    var was_stopped = false;
    server.notify["state"].connect ((object, pspec) => {
        if (property (object, "state").get_enum () == GrpcAio.ServerState.STOPPED)
            was_stopped = true;
    });
    check (server.start ());
    equal_int (server.state, GrpcAio.ServerState.SERVING);
    var terminated = new Pending ();
    server.wait_for_termination_async.begin (null, (source, value) => terminated.ready (source, value));
    equal_int ((int) server.get_queued_calls (), 0);
    equal_int ((int) property (server, "queued-calls").get_uint (), 0);
    check (yield server.remove_port_async (@"127.0.0.1:$port", 0, null));
    check (server.remove_port_sync (@"127.0.0.1:$other_port", 0));
    try {
        yield server.remove_port_async ("nowhere:1", 0, null);
        check (false);
    } catch (IOError.NOT_FOUND error) {
    }
    check (server.stop_sync (0));
    check (server.wait_for_termination_async.end (yield terminated.wait ()));
    yield until (() => was_stopped);

    // Grace lets running calls end; after it the rest is cancelled.
    var one = fixture.call ("Keep", "");
    var other = fixture.call ("Keep", "");
    yield until (() => fixture.state.kept.length == 2);
    var stopped = new Pending ();
    fixture.server.stop_async.begin (20000, null, (source, value) => stopped.ready (source, value));
    equal_int (fixture.server.state, GrpcAio.ServerState.STOPPING);
    fixture.state.kept[0].complete (bytes_of ("in time"));
    check (fixture.server.stop_async.end (yield stopped.wait ()));
    var codes = new GrpcAio.StatusCode[] { yield one.status_async (null), yield other.status_async (null) };
    check (GrpcAio.StatusCode.OK in codes && codes[0] != codes[1]);
    check (yield fixture.server.wait_for_termination_async (null));
    check (fixture.server.wait_for_termination_sync ());
}

private async void workers (Fixture fixture) throws Error {
    var main_thread = Thread.self<void*> ();
    int n_elsewhere = 0;
    var service = new GrpcAio.Service ("test.Test");
    service.add_method ("Echo", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
        if (Thread.self<void*> () != main_thread && MainContext.get_thread_default ().is_owner ())
            AtomicInt.inc (ref n_elsewhere);
        context.complete (request);
    }));

    yield fixture.server.stop_async (0, null);
    var server = new GrpcAio.Server ();
    fixture.census.add (server);
    equal_int ((int) server.get_n_workers (), 0);
    server.n_workers = 3;
    equal_int ((int) property (server, "n-workers").get_uint (), 3);
    server.set_n_workers (2);
    server.add_service (service);
    fixture.port = server.add_port ("127.0.0.1:0", null);
    server.start ();
    fixture.server = server;
    fixture.connect_to (fixture.port);
    for (int i = 0; i < STRESS_CALLS; i++)
        equal_text (yield fixture.invoke ("Echo", i.to_string ()), i.to_string ());
    equal_int (AtomicInt.get (ref n_elsewhere), STRESS_CALLS);
}

private async void connectables (Fixture fixture) throws Error {
    var address = new NetworkAddress ("127.0.0.1", (uint16) fixture.port);

    fixture.channel = new GrpcAio.Channel.for_connectable (address, null, null);
    fixture.census.add (fixture.channel);
    check (fixture.channel.get_connectable () == address);
    check (property (fixture.channel, "connectable").get_object () == address);
    equal_text (yield fixture.invoke ("Echo", "hello"), "hello");
}

private async void xds (Fixture fixture) throws Error {
    Error? error = null;

    // The control plane of the tests in C shows more: here is none.
    check (GrpcAio.xds_dump_configs () == null);

    var server = new GrpcAio.Server.for_xds (null);
    fixture.census.add (server);
    check (server.get_xds_enabled () && property (server, "xds-enabled").get_boolean ());
    check (!fixture.server.get_xds_enabled ());
    server.serving_status_changed.connect ((server, address, code, message) => {
        note_signal (server, "serving-status-changed");
    });
    server.serving_status_changed ("127.0.0.1:1", GrpcAio.StatusCode.OK, "");
    try {
        server.add_port ("127.0.0.1:0", null);
    } catch (Error failure) {
        error = failure;
    }
    expect (error, IOError.quark (), IOError.INVALID_DATA);
    try {
        error = null;
        server.start ();
    } catch (Error failure) {
        error = failure;
    }
    expect (error, IOError.quark (), IOError.INVALID_DATA);

    fixture.channel = new GrpcAio.Channel ("xds:///service", null);
    fixture.census.add (fixture.channel);
    try {
        error = null;
        yield fixture.invoke ("Echo", "");
    } catch (Error failure) {
        error = failure;
    }
    expect_grpc (error, GrpcAio.Error.UNAVAILABLE);
}

private async void blocking_handlers (Fixture fixture) throws Error {
    var main_thread = Thread.self<void*> ();
    int n_elsewhere = 0;
    var service = new GrpcAio.Service ("test.Test");
    var handler = new GrpcAio.RpcMethodHandler.stream_unary ((context, request) => {
        Bytes? last = null;
        if (Thread.self<void*> () != main_thread)
            AtomicInt.inc (ref n_elsewhere);
        try {
            Bytes? message;
            while ((message = context.read_sync ()) != null)
                last = message;
            context.complete (last);
        } catch (Error error) {
            context.complete_with_error (error);
        }
    });
    check (!handler.get_blocking ());
    handler.blocking = true;
    check (property (handler, "blocking").get_boolean ());
    handler.set_blocking (true);
    service.add_method ("Join", handler);

    yield fixture.server.stop_async (0, null);
    var server = new GrpcAio.Server ();
    fixture.census.add (server);
    equal_int ((int) server.get_max_threads (), 0);
    server.max_threads = 3;
    equal_int ((int) property (server, "max-threads").get_uint (), 3);
    server.set_max_threads (2);
    server.add_service (service);
    fixture.port = server.add_port ("127.0.0.1:0", null);
    server.start ();
    fixture.server = server;
    fixture.connect_to (fixture.port);
    var call = fixture.call ("Join");
    yield call.write_async (bytes_of ("one"), null);
    yield call.write_async (bytes_of ("two"), null);
    yield call.done_writing_async (null);
    equal_text (text_of (yield call.response_async (null)), "two");
    equal_int (AtomicInt.get (ref n_elsewhere), 1);
}

private string read_pem (string name) throws Error {
    string text;
    FileUtils.get_contents (Path.build_filename (Environment.get_variable ("GRPC_AIO_TEST_TLS"), name), out text);

    return text;
}

private async void tls (Fixture fixture) throws Error {
    var certificate = read_pem ("certificate.pem");
    var server = new GrpcAio.Server ();
    server.add_service (fixture.service);
    var port = server.add_port ("127.0.0.1:0",
        new GrpcAio.ServerCredentials.ssl (read_pem ("key.pem"), certificate, null, false));
    server.start ();
    fixture.census.add (server);

    fixture.use (new GrpcAio.Channel (@"localhost:$port", new GrpcAio.ChannelCredentials.ssl (certificate, null, null)));
    equal_text (yield fixture.invoke ("Echo", "secret"), "secret");
    yield server.stop_async (0, null);
}

private async void main_contexts (Fixture fixture) throws Error {
    var context = new MainContext ();
    var accelerated = GrpcAio.main_context_accelerate (context);
    check (accelerated == (Environment.get_variable ("GRPC_AIO_ENGINE") != "thread"));
    context.push_thread_default ();
    var other = new Fixture ();
    GrpcAio.main_context_set_priority (context, Priority.LOW);
    GrpcAio.main_context_set_budget (context, 8, 1000);
    int n_responses = 0;
    for (int i = 0; i < 20; i++) {
        var method = other.method ("Echo");
        var text = i.to_string ();
        method.invoke_async.begin (bytes_of (text), null, null, (object, result) => {
            try {
                if (text_of (method.invoke_async.end (result)) == text)
                    n_responses++;
            } catch (Error error) {
                printerr ("%s\n", error.message);
            }
        });
    }
    while (n_responses < 20)
        context.iteration (true);
    other.server.stop_sync (0);
    other.channel.close_sync (0);
    context.pop_thread_default ();
}

private async void blocking (Fixture fixture) throws Error {
    // A server in another process, so that we may block.
    var peer = new Subprocess (SubprocessFlags.STDIN_PIPE | SubprocessFlags.STDOUT_PIPE, program, "--serve");
    var lines = new DataInputStream (peer.get_stdout_pipe ());

    fixture.connect_to (int.parse (lines.read_line_utf8 ()));
    check (fixture.channel.ready_sync ());
    check (fixture.channel.wait_for_state_change_sync (GrpcAio.ChannelConnectivity.IDLE));

    equal_text (text_of (fixture.method ("Echo").invoke_sync (bytes_of ("block"), null)), "block");
    call_and_wait (fixture.channel);
    var call = fixture.call ("Fail", "5");
    try {
        call.response_sync ();
        check (false);
    } catch (GrpcAio.Error.NOT_FOUND error) {
    }
    equal_int (call.status_sync (), GrpcAio.StatusCode.NOT_FOUND);
    check_metadata (call.initial_metadata_sync (), "initial");
    check_metadata (call.trailing_metadata_sync (), "trailing");
    equal_text (text_of (fixture.call ("Later", "x").response_sync ()), "x");

    call = fixture.call ("ChatBlocking");
    check (call.wait_for_connection_sync ());
    foreach (var text in new string[] { "one", "two" }) {
        check (call.write_sync (bytes_of (text)));
        equal_text (text_of (call.read_sync ()), text);
    }
    check (call.write_with_flags_sync (bytes_of ("flags"), GrpcAio.WriteFlags.WRITE_THROUGH));
    equal_text (text_of (call.read_sync ()), "flags");
    check (call.done_writing_sync ());
    check (call.read_sync () == null);

    var cancelled = new Cancellable ();
    cancelled.cancel ();
    try {
        fixture.method ("Echo").invoke_sync (bytes_of (""), null, cancelled);
        check (false);
    } catch (IOError.CANCELLED error) {
    }
    try {
        fixture.method ("Keep").invoke_sync (bytes_of (""), limited (20000));
        check (false);
    } catch (GrpcAio.Error.DEADLINE_EXCEEDED error) {
    }
    fixture.channel.close ();
    peer.get_stdin_pipe ().close ();
    peer.wait_check ();
}

// The call belongs to the operation alone.
private async void drop (Fixture fixture, string name, string? text, string[] operations) throws Error {
    foreach (var operation in operations)
        yield begin_and_end (fixture.call (name, text), operation, null);
}

private async void dropped_references (Fixture fixture) throws Error {
    yield drop (fixture, "Later", "x", WAITS);
    yield drop (fixture, "Later", "x", { "response" });
    yield drop (fixture, "Count", "0", WAITS);
    yield drop (fixture, "Count", "0", { "read" });
    yield drop (fixture, "Join", null, { "write", "done-writing" });
    yield drop (fixture, "Chat", null, { "write", "done-writing" });

    // With a callback nothing of ours holds the call, the method or the channel.
    var response = new Pending ();
    var invoked = new Pending ();
    var ready = new Pending ();
    fixture.call ("Later", "x").response_async.begin (null, (source, value) => response.ready (source, value));
    fixture.method ("Later").invoke_async.begin (bytes_of ("y"), null, null, (source, value) => invoked.ready (source, value));
    new GrpcAio.Channel (@"127.0.0.1:$(fixture.port)", null).ready_async.begin (null, (source, value) => ready.ready (source, value));

    var result = yield response.wait ();
    equal_text (text_of (((GrpcAio.Call) result.get_source_object ()).response_async.end (result)), "x");
    result = yield invoked.wait ();
    equal_text (text_of (((GrpcAio.MultiCallable) result.get_source_object ()).invoke_async.end (result)), "y");
    result = yield ready.wait ();
    check (((GrpcAio.Channel) result.get_source_object ()).ready_async.end (result));

    // Fire and forget.
    fixture.call ("Keep", "x");
    yield until (() => fixture.state.kept.length == 1);
    fixture.state.kept[0].complete (bytes_of (""));
}

private async void stress_unary (Fixture fixture, int i) throws Error {
    equal_text (yield fixture.invoke (i % 2 == 0 ? "Echo" : "Later", i.to_string ()), i.to_string ());
}

private async void stress_stream (Fixture fixture) throws Error {
    var call = fixture.call ("Chat");

    for (int i = 0; i < 3; i++) {
        yield call.write_async (bytes_of (i.to_string ()), null);
        equal_text (text_of (yield call.read_async (null)), i.to_string ());
    }
    yield call.done_writing_async (null);
    check ((yield call.read_async (null)) == null);
}

// Hundreds of calls; the census finds what is left of them.
private async void many_calls (Fixture fixture) throws Error {
    for (int i = 0; i < STRESS_CALLS; i += 10) {
        var n_pending = 10;
        Error? failure = null;

        for (int j = 0; j < 9; j++) {
            stress_unary.begin (fixture, i + j, (object, result) => {
                n_pending--;
                try {
                    stress_unary.end (result);
                } catch (Error error) {
                    failure = error;
                }
            });
        }
        stress_stream.begin (fixture, (object, result) => {
            n_pending--;
            try {
                stress_stream.end (result);
            } catch (Error error) {
                failure = error;
            }
        });
        yield until (() => n_pending == 0);
        if (failure != null)
            throw failure;
    }
}

private const string[] CASES = {
    "unary",
    "every-code",
    "failures-of-handlers",
    "metadata-of-failures",
    "status-details",
    "deadlines",
    "cancelling-a-call",
    "cancelling-an-operation",
    "answers-later",
    "streams-of-responses",
    "streams-of-requests",
    "streams-both-ways",
    "wrong-kinds",
    "metadata",
    "options",
    "generic-handlers",
    "channels",
    "channelz",
    "servers",
    "workers",
    "blocking-handlers",
    "connectables",
    "xds",
    "tls",
    "tls-credentials",
    "main-contexts",
    "blocking",
    "dropped-references",
    "many-calls",
    "auth-contexts",
    "message-pools",
    "message-objects",
    "message-extras",
    "ports",
    "port-delivery",
    "call-credentials",
    "google-credentials",
    "message-formats",
    "dynamic-calls",
    "client-interceptors",
    "client-interceptors-at-work",
    "client-interceptors-that-answer",
    "shipped-interceptors",
    "server-interceptors",
    "server-interceptors-choose",
    "shipped-server-interceptors",
    "sockets",
    "reflection"
};

private async void run_case (string name) throws Error {
    var fixture = new Fixture ();

    switch (name) {
        case "unary":
            yield unary (fixture);
            break;
        case "every-code":
            yield every_code (fixture);
            break;
        case "failures-of-handlers":
            yield failures_of_handlers (fixture);
            break;
        case "metadata-of-failures":
            yield metadata_of_failures (fixture);
            break;
        case "status-details":
            yield status_details (fixture);
            break;
        case "deadlines":
            yield deadlines (fixture);
            break;
        case "cancelling-a-call":
            yield cancelling_a_call (fixture);
            break;
        case "cancelling-an-operation":
            yield cancelling_an_operation (fixture);
            break;
        case "answers-later":
            yield answers_later (fixture);
            break;
        case "streams-of-responses":
            yield streams_of_responses (fixture);
            break;
        case "streams-of-requests":
            yield streams_of_requests (fixture);
            break;
        case "streams-both-ways":
            yield streams_both_ways (fixture);
            break;
        case "wrong-kinds":
            yield wrong_kinds (fixture);
            break;
        case "metadata":
            yield metadata (fixture);
            break;
        case "options":
            yield options (fixture);
            break;
        case "generic-handlers":
            yield generic_handlers (fixture);
            break;
        case "channels":
            yield channels (fixture);
            break;
        case "channelz":
            yield channelz (fixture);
            break;
        case "servers":
            yield servers (fixture);
            break;
        case "workers":
            yield workers (fixture);
            break;
        case "connectables":
            yield connectables (fixture);
            break;
        case "xds":
            yield xds (fixture);
            break;
        case "blocking-handlers":
            yield blocking_handlers (fixture);
            break;
        case "tls":
            yield tls (fixture);
            break;
        case "sockets":
            yield sockets (fixture.census);
            break;
        case "main-contexts":
            yield main_contexts (fixture);
            break;
        case "blocking":
            yield blocking (fixture);
            break;
        case "dropped-references":
            yield dropped_references (fixture);
            break;
        case "many-calls":
            yield many_calls (fixture);
            break;
        case "auth-contexts":
            yield auth_contexts (fixture.census);
            break;
        case "message-pools":
            yield message_pools ();
            break;
        case "message-objects":
            yield message_objects ();
            break;
        case "message-extras":
            yield message_extras ();
            break;
        case "ports":
            yield ports (fixture.census);
            break;
        case "port-delivery":
            yield port_delivery (fixture.census, fixture.channel);
            break;
        case "client-interceptors":
            yield client_interceptors (fixture);
            break;
        case "client-interceptors-at-work":
            yield client_interceptors_at_work (fixture);
            break;
        case "shipped-interceptors":
            yield shipped_interceptors (fixture);
            break;
        case "client-interceptors-that-answer":
            yield client_interceptors_that_answer (fixture);
            break;
        case "call-credentials":
            yield call_credentials (fixture.census);
            break;
        case "google-credentials":
            yield google_credentials (fixture.census);
            break;
        case "message-formats":
            yield message_formats ();
            break;
        case "dynamic-calls":
            yield dynamic_calls (fixture.channel);
            break;
        case "tls-credentials":
            yield tls_credentials (fixture.census);
            break;
        case "server-interceptors":
            yield server_interceptors (fixture.census);
            break;
        case "server-interceptors-choose":
            yield server_interceptors_choose (fixture.census);
            break;
        case "reflection":
            yield reflection (fixture.census);
            break;
        case "shipped-server-interceptors":
            yield shipped_server_interceptors (fixture.census);
            break;
        default:
            assert_not_reached ();
    }

    yield fixture.tear_down ();
}

// Runs the main loop until a case has ended. Returns why it failed, or null.
private string? run (string name) {
    var loop = new MainLoop ();
    string? failure = "The case waits for something that does not come";

    run_case.begin (name, (object, result) => {
        try {
            run_case.end (result);
            failure = null;
        } catch (Error error) {
            failure = error.message;
        }
        loop.quit ();
    });

    var watchdog = Timeout.add_seconds (PATIENCE_SECONDS, () => {
        loop.quit ();
        return Source.CONTINUE;
    });
    loop.run ();
    Source.remove (watchdog);

    return failure;
}

private int run_cases () {
    var exit_status = 0;

    print ("1..%d\n", CASES.length);
    for (int i = 0; i < CASES.length; i++) {
        var failure = run (CASES[i]);
        if (failure != null) {
            print ("# %s\n", failure.replace ("\n", " "));
            exit_status = 1;
        }
        print ("%s %d %s\n", failure == null ? "ok" : "not ok", i + 1, CASES[i]);
        stdout.flush ();
    }

    return exit_status;
}

private int run_server () {
    var loop = new MainLoop ();
    var exit_status = 1;

    serve.begin ((object, result) => {
        try {
            serve.end (result);
            exit_status = 0;
        } catch (Error error) {
            printerr ("%s\n", error.message);
        }
        loop.quit ();
    });
    loop.run ();

    return exit_status;
}

public int main (string[] args) {
    program = args[0];

    var exit_status = "--serve" in args ? run_server () : run_cases ();
    save_uses ();

    return exit_status;
}
