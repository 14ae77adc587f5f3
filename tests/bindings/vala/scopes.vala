// SPDX-License-Identifier: LGPL-2.1-or-later

// At each point where a program may wait, everything around it goes: what waits
// must end, once, and nothing may stay behind. Run it with a sanitizer to see leaks
// of what is no object, too.

private const string[] POINTS = {
    "invoke",
    "response",
    "status",
    "initial-metadata",
    "trailing-metadata",
    "wait-for-connection",
    "read",
    "write",
    "done-writing",
    "channel-ready",
    "channel-state",
    "channel-close",
    "server-termination",
    "server-stop",
    "server-remove-port",
    "handler-read",
    "handler-write"
};

// How everything goes.
private const string[] WAYS = {
    "cancelled",
    "channel-closed",
    "server-stopped",
    "let-go",
    "context-gone"
};

private const int MESSAGE_SIZE = 256 * 1024;
private const int PATIENCE_SECONDS = 30;

private class Scene {
    public Census census = new Census ();
    public GrpcAio.Server? server = new GrpcAio.Server ();
    public GrpcAio.Channel? channel;
    public GrpcAio.Channel? nowhere;
    public GrpcAio.Call? call;
    public GrpcAio.ServicerContext? context;
    public string address;

    public Scene () throws Error {
        var service = new GrpcAio.Service ("test.Scopes");
        unowned var self = this;

        // Holds its context, and neither reads nor answers.
        service.add_method ("Hang", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
            self.context = context;
        }));
        service.add_method ("Stream", new GrpcAio.RpcMethodHandler.stream_stream ((context, request) => {
            self.context = context;
        }));
        server.add_service (service);
        address = "127.0.0.1:%d".printf (server.add_port ("127.0.0.1:0"));
        server.start ();
        channel = new GrpcAio.Channel (address);
        nowhere = new GrpcAio.Channel ("unix:/nowhere/at/all");
        census.add (server);
        census.add (service);
        census.add (channel);
        census.add (nowhere);
    }

    public GrpcAio.MultiCallable hang () {
        var method = channel.unary_unary ("/test.Scopes/Hang");
        census.add (method);

        return method;
    }

    public GrpcAio.Call stream () {
        call = channel.stream_stream ("/test.Scopes/Stream").call (null);
        census.add (call);

        return call;
    }

    // Nothing of all this is needed any more.
    public void let_go () {
        call = null;
        context = null;
        channel = null;
        nowhere = null;
        server = null;
    }
}

// Waits there until something else ends it.
private async void wait_at (string point, Scene scene, Cancellable cancellable) throws Error {
    var message = new Bytes.take (new uint8[MESSAGE_SIZE]);

    switch (point) {
        case "invoke":
            yield scene.hang ().invoke_async (bytes_of ("hello"), null, cancellable);
            break;
        case "response":
            yield scene.hang ().call (bytes_of ("hello")).response_async (cancellable);
            break;
        case "status":
            yield scene.stream ().status_async (cancellable);
            break;
        case "initial-metadata":
            yield scene.stream ().initial_metadata_async (cancellable);
            break;
        case "trailing-metadata":
            yield scene.stream ().trailing_metadata_async (cancellable);
            break;
        case "wait-for-connection":
            yield scene.nowhere.unary_unary ("/test.Scopes/Hang")
                .call (bytes_of ("hello"), new GrpcAio.CallOptions () { wait_for_ready = true })
                .wait_for_connection_async (cancellable);
            break;
        case "read":
            yield scene.stream ().read_async (cancellable);
            break;
        case "write":
            var call = scene.stream ();
            while (true)
                yield call.write_async (message, cancellable);
        case "done-writing":
            var call = scene.stream ();
            for (int i = 0; i < 10; i++)
                call.write_async.begin (message);
            yield call.done_writing_async (cancellable);
            break;
        case "channel-ready":
            yield scene.nowhere.ready_async (cancellable);
            break;
        case "channel-state":
            yield scene.channel.wait_for_state_change_async (scene.channel.get_state (false), cancellable);
            break;
        case "channel-close":
            scene.hang ().call (bytes_of ("hello"));
            yield scene.channel.close_async (-1, cancellable);
            break;
        case "server-termination":
            yield scene.server.wait_for_termination_async (cancellable);
            break;
        case "server-stop":
            yield until_hangs (scene);
            yield scene.server.stop_async (-1, cancellable);
            break;
        case "server-remove-port":
            yield until_hangs (scene);
            yield scene.server.remove_port_async (scene.address, -1, cancellable);
            break;
        case "handler-read":
            scene.stream ();
            yield until (() => scene.context != null);
            yield scene.context.read_async (cancellable);
            break;
        case "handler-write":
            scene.stream ();
            yield until (() => scene.context != null);
            while (true)
                yield scene.context.write_async (message, cancellable);
        default:
            assert_not_reached ();
    }
}

private async void until_hangs (Scene scene) {
    scene.call = scene.hang ().call (bytes_of ("hello"));
    yield until (() => scene.context != null);
}

private async void stop (GrpcAio.Server server) throws Error {
    yield server.stop_async (0);
}

// Has all go in one way, and waits until nothing is left.
private async void play (string point, string way) throws Error {
    var scene = new Scene ();
    var census = scene.census;
    var cancellable = new Cancellable ();
    var n_ends = 0;

    wait_at.begin (point, scene, cancellable, (source, result) => {
        try {
            wait_at.end (result);
        } catch (Error error) {
            debug ("%s: %s", point, error.message);
        }
        n_ends++;
    });
    if (point.has_prefix ("handler") || point == "server-stop" || point == "server-remove-port")
        yield until (() => scene.context != null);
    yield turn ();
    yield turn ();

    switch (way) {
        case "cancelled":
            cancellable.cancel ();
            yield until (() => n_ends > 0);
            break;
        case "channel-closed":
            scene.channel.close ();
            scene.nowhere.close ();
            break;
        case "server-stopped":
            yield stop (scene.server);
            break;
        case "let-go":
            scene.channel = null;
            break;
    }

    // What waits keeps what it needs. Now it loses that, in this way or another.
    if (scene.channel != null)
        scene.channel.close ();
    scene.nowhere.close ();
    yield stop (scene.server);
    cancellable.cancel ();
    scene.let_go ();
    scene = null;
    yield until (() => n_ends > 0);
    yield turn ();
    check (n_ends == 1, @"It ended $n_ends times");
    yield census.wait_until_empty ();
}

// The context goes while the function waits in it; then nobody can resume that, but
// what it used has to end all the same.
private void play_without_context (string point) throws Error {
    var context = new MainContext ();
    Scene? scene = null;
    int n_ends = 0;

    context.push_thread_default ();
    scene = new Scene ();
    wait_at.begin (point, scene, new Cancellable (), () => n_ends++);
    for (int i = 0; i < 20; i++)
        context.iteration (false);
    context.pop_thread_default ();
    scene.channel.close ();
    scene.nowhere.close ();
    scene.server.stop_sync (0);
    scene.let_go ();
    context = null;
    check (n_ends <= 1, @"It ended $n_ends times");
}

private void play_in_loop (string point, string way) throws Error {
    var loop = new MainLoop ();
    Error? failure = null;

    play.begin (point, way, (source, result) => {
        try {
            play.end (result);
        } catch (Error error) {
            failure = error;
        }
        loop.quit ();
    });
    var watchdog = Timeout.add_seconds (PATIENCE_SECONDS, () => {
        failure = new TestError.FAILED ("Nothing happened for a long time");
        loop.quit ();
        return Source.CONTINUE;
    });
    loop.run ();
    Source.remove (watchdog);
    if (failure != null)
        throw failure;
}

public int main (string[] args) {
    int n = 0;
    int n_failed = 0;

    print ("1..%d\n", POINTS.length * WAYS.length);
    foreach (var way in WAYS) {
        foreach (var point in POINTS) {
            n++;
            try {
                if (way == "context-gone")
                    play_without_context (point);
                else
                    play_in_loop (point, way);
                print ("ok %d %s %s\n", n, point, way);
            } catch (Error error) {
                n_failed++;
                print ("not ok %d %s %s\n# %s\n", n, point, way, error.message);
            }
            stdout.flush ();
        }
    }

    return n_failed > 0 ? 1 : 0;
}
