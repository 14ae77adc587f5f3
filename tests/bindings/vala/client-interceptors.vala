// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: interceptors of a client, derived in Vala.

private GrpcAio.Metadata new_pair (string key, string value) throws Error {
    var metadata = new GrpcAio.Metadata ();

    metadata.append (key, value);

    return metadata;
}

// Sees all, and replaces messages.
private class Watcher : GrpcAio.ClientInterceptor {
    public string log = "";

    private void note (string text) {
        log += (log != "" ? "; " : "") + text;
    }

    public override void intercept (GrpcAio.InterceptedCall call) throws Error {
        note ("intercept " + call.get_method ());
        if (call.get_metadata ().contains ("refuse"))
            throw new GrpcAio.Error.PERMISSION_DENIED ("Not this one");
        call.return_call (call.proceed ());
    }

    public override Bytes? request_message (GrpcAio.InterceptedCall call, Bytes message) throws Error {
        var text = text_of (message);

        note ("request " + text);
        if (text == "bad")
            throw new GrpcAio.Error.OUT_OF_RANGE ("A bad message");

        return text == text.down () ? bytes_of (text.up ()) : null;
    }

    public override Bytes? response_message (GrpcAio.InterceptedCall call, Bytes message) throws Error {
        note ("response " + text_of (message));

        return message;
    }

    public override void initial_metadata (GrpcAio.InterceptedCall call, GrpcAio.Metadata metadata) {
        note ("metadata " + (metadata.get ("initial") ?? "null"));
    }

    public override void done (GrpcAio.InterceptedCall call) {
        var trailing = call.get_trailing_metadata ().get ("trailing") ?? "null";

        assert (call.is_done () && call.get_cancellable ().is_cancelled ());
        assert (call.get_elapsed_usec () >= 0);
        note (@"done $((int) call.get_code ()) $(call.get_details () ?? "null") $trailing $(call.dup_peer () != null)");
    }
}

private delegate void Answer (GrpcAio.InterceptedCall call);

// Does what a test wants.
private class Doer : GrpcAio.ClientInterceptor {
    private Answer answer;

    public Doer (owned Answer answer) {
        this.answer = (owned) answer;
    }

    public override void intercept (GrpcAio.InterceptedCall call) throws Error {
        answer (call);
    }
}

private void use_answer (Fixture fixture, GrpcAio.Channel base_channel, owned Answer answer) throws Error {
    var doer = new Doer ((owned) answer);

    fixture.census.add (doer);
    fixture.use (base_channel.intercept ({ doer }));
    check (fixture.channel.get_base () == base_channel);
    check (property (fixture.channel, "base").get_object () == base_channel);
}

public async void client_interceptors (Fixture fixture) throws Error {
    var watcher = new Watcher ();
    var interceptors = new ListStore (typeof (GrpcAio.ClientInterceptor));
    interceptors.append (watcher);
    fixture.census.add (watcher);
    fixture.use ((GrpcAio.Channel) Object.new (typeof (GrpcAio.Channel),
                                               "target", @"127.0.0.1:$(fixture.port)",
                                               "interceptors", interceptors));
    check (fixture.channel.get_interceptors ().get_item (0) == watcher);
    check (property (fixture.channel, "interceptors").get_object () != null);

    equal_text (yield fixture.invoke ("Echo", "hello"), "HELLO");
    equal_text (watcher.log, "intercept /test.Test/Echo; request hello; metadata null; response HELLO; " +
                             "done 0  null true");
    watcher.log = "";
    expect_grpc (yield fixture.fail ("Fail", "5"), GrpcAio.Error.NOT_FOUND);
    equal_text (watcher.log, "intercept /test.Test/Fail; request 5; metadata text; done 5 As asked text true");

    var options = new GrpcAio.CallOptions () { metadata = new_pair ("refuse", "please") };
    expect_grpc (yield fixture.fail ("Echo", "x", options), GrpcAio.Error.PERMISSION_DENIED);
    expect_grpc (yield fixture.fail ("Echo", "bad"), GrpcAio.Error.OUT_OF_RANGE);

    var call = fixture.call ("Chat");
    foreach (var text in new string[] { "one", "two" }) {
        yield call.write_async (bytes_of (text), null);
        equal_text (text_of (yield call.read_async (null)), text.up ());
    }
    yield call.done_writing_async (null);
    check ((yield call.read_async (null)) == null);
    equal_int (yield call.status_async (null), GrpcAio.StatusCode.OK);
}

private async void work (GrpcAio.InterceptedCall call) throws Error {
    yield turn ();
    check (call.get_channel () != null);
    equal_int (call.get_kind (), GrpcAio.MethodKind.UNARY_UNARY);
    equal_text (text_of (call.get_request ()), "ask");
    call.set_method ("/test.Test/Describe");
    call.set_request (bytes_of ("other"));
    call.get_options ().timeout_usec = 5000000;
    call.get_metadata ().append ("key", "value");
    for (var i = 0; i < 3; i++) {
        var attempt = call.proceed ();
        yield attempt.status_async (null);
        if (i == 2)
            call.return_call (attempt);
    }
}

// They take their time, change what is asked for, and try again.
public async void client_interceptors_at_work (Fixture fixture) throws Error {
    use_answer (fixture, fixture.channel, call => work.begin (call));
    var text = yield fixture.invoke ("Echo", "ask");
    check (text.has_prefix ("/test.Test/Describe ") && "limited value" in text, text);
}

private async void answer_stream (GrpcAio.InterceptedCall call) throws Error {
    Bytes? message;

    while ((message = yield call.read_request_async (null)) != null)
        check (yield call.write_response_async (message, null));
    call.return_status (GrpcAio.StatusCode.OK, null);
}

private void answer_blocking (GrpcAio.InterceptedCall call) throws Error {
    var message = call.read_request_sync (null);

    check (call.write_response_sync (message, null));
    call.return_status (GrpcAio.StatusCode.OK, null);
}

private void answer_with_metadata (GrpcAio.InterceptedCall call) throws Error {
    call.send_initial_metadata (new_pair ("own", "initial"));
    call.set_trailing_metadata (new_pair ("own", "trailing"));
    call.return_response (bytes_of ("own"));
}

public async void client_interceptors_that_answer (Fixture fixture) throws Error {
    var base_channel = fixture.channel;

    use_answer (fixture, base_channel, call => {
        try {
            answer_with_metadata (call);
        } catch (Error error) {
            call.return_error (error);
        }
    });
    var call = fixture.call ("Echo", "x");
    equal_text ((yield call.initial_metadata_async (null)).get ("own"), "initial");
    equal_text ((yield call.trailing_metadata_async (null)).get ("own"), "trailing");
    equal_text (text_of (yield call.response_async (null)), "own");

    use_answer (fixture, base_channel, call => call.return_status (GrpcAio.StatusCode.DATA_LOSS, "Gone"));
    expect_grpc (yield fixture.fail ("Echo", "x"), GrpcAio.Error.DATA_LOSS);
    use_answer (fixture, base_channel, call => call.return_error (new IOError.NOT_FOUND ("Not there")));
    expect_grpc (yield fixture.fail ("Echo", "x"), GrpcAio.Error.NOT_FOUND);

    use_answer (fixture, base_channel, call => answer_stream.begin (call));
    call = fixture.call ("Chat");
    foreach (var text in new string[] { "one", "two" }) {
        yield call.write_async (bytes_of (text), null);
        equal_text (text_of (yield call.read_async (null)), text);
    }
    yield call.done_writing_async (null);
    check ((yield call.read_async (null)) == null);

    use_answer (fixture, base_channel, call => {
        try {
            answer_blocking (call);
        } catch (Error error) {
            call.return_error (error);
        }
    });
    call = fixture.call ("Chat");
    var reading = new Pending ();
    call.read_async.begin (null, (source, value) => reading.ready (source, value));
    call.write_async.begin (bytes_of ("three"), null);
    equal_text (text_of (call.read_async.end (yield reading.wait ())), "three");
    check ((yield call.read_async (null)) == null);

    // It never answers.
    var kept = new GenericArray<GrpcAio.InterceptedCall> ();
    use_answer (fixture, base_channel, call => kept.add (call));
    expect_grpc (yield fixture.fail ("Echo", "x", limited (20000)), GrpcAio.Error.DEADLINE_EXCEEDED);
    call = fixture.call ("Echo", "x");
    yield until (() => kept.length == 2);
    call.cancel ();
    try {
        yield call.response_async (null);
        check (false);
    } catch (IOError.CANCELLED error) {
    }
    kept.remove_range (0, kept.length);
}

public async void shipped_interceptors (Fixture fixture) throws Error {
    string[] methods = { "/test.Test/Fail" };
    var retry = new GrpcAio.RetryClientInterceptor (methods);
    check (retry.get_methods ()[0] == methods[0] && property (retry, "methods").holds (typeof (string[])));
    check (retry.get_retriable (GrpcAio.StatusCode.UNAVAILABLE));
    retry.set_retriable (GrpcAio.StatusCode.ABORTED, true);
    equal_int (property (retry, "max-attempts").get_uint (), 4);
    equal_int (property (retry, "initial-backoff-usec").get_int64 (), 100000);
    equal_int (property (retry, "max-backoff-usec").get_int64 (), 5000000);
    check (property (retry, "backoff-multiplier").get_double () == 2);
    check (property (retry, "jitter").get_double () == 0.2);
    var hedging = new GrpcAio.HedgingClientInterceptor (methods);
    check (hedging.get_methods ()[0] == methods[0] && property (hedging, "methods").holds (typeof (string[])));
    check (hedging.get_retriable (GrpcAio.StatusCode.UNAVAILABLE));
    hedging.set_retriable (GrpcAio.StatusCode.ABORTED, true);
    equal_int (property (hedging, "max-attempts").get_uint (), 3);
    equal_int (property (hedging, "hedging-delay-usec").get_int64 (), 500000);
    var deadline = new GrpcAio.DeadlineClientInterceptor (5000000);
    equal_int (deadline.get_timeout_usec (), 5000000);
    equal_int (property (deadline, "timeout-usec").get_int64 (), 5000000);
    var injector = new GrpcAio.MetadataClientInterceptor (new_pair ("key", "shipped"));
    equal_text (injector.get_metadata ().get ("key"), "shipped");
    check (property (injector, "metadata").get_boxed () != null);
    var authentication = new GrpcAio.AuthenticationClientInterceptor ();
    var n_refreshed = 0;
    authentication.refresh.connect (source => {
        note_signal (source, "refresh");
        if (n_refreshed++ == 0)
            source.set_token ("token");
        else
            source.fail (new IOError.PERMISSION_DENIED ("No login"));
    });
    fixture.use (fixture.channel.intercept ({
        new GrpcAio.LoggingClientInterceptor (), deadline, injector, authentication, retry, hedging
    }));

    var text = yield fixture.invoke ("Describe", "");
    check ("limited shipped" in text, text);
    equal_text (authentication.dup_token (), "token");
    expect_grpc (yield fixture.fail ("Fail", "16"), GrpcAio.Error.PERMISSION_DENIED);
    equal_text (authentication.dup_token (), null);
}
