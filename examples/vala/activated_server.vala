// SPDX-License-Identifier: LGPL-2.1-or-later

// A greeter that systemd starts when somebody connects, and that ends when it has
// nothing to do: activated_server.socket and activated_server.service are its units.
//
//     systemd-socket-activate -l 50051 --fdname=grpc activated_server
//
// The socket is systemd's and stays when this process ends. Who connects then waits
// in it until the next process is there, and notices nothing.

// How long to stay without a client.
private int idle_msec = 30000;

private GrpcAio.Server server;

// Calls so far: when there were none since the last look it is time to go.
private uint n_calls = 0;

private class Greeter : Helloworld.GreeterServicer {
    public override void say_hello (Helloworld.GreeterSayHelloContext context, Helloworld.HelloRequest request) {
        n_calls++;

        // Over a Unix socket the kernel says who it is.
        var client = context.context.dup_peer_credentials ();
        if (client != null)
            debug ("%s is %s", request.name, client.to_string ());

        context.complete (new Helloworld.HelloReply () { message = @"Hello, $(request.name)!" });
    }
}

// Lets running calls end.
private async void stop (MainLoop loop) {
    try {
        yield server.stop_async (-1);
    } catch (Error error) {
        printerr ("%s\n", error.message);
    }
    loop.quit ();
}

private const OptionEntry[] ENTRIES = {
    { "idle", 0, 0, OptionArg.INT, ref idle_msec, "How long to stay without a client", "MSEC" },
    { null }
};

public int main (string[] args) {
    var loop = new MainLoop ();

    try {
        var options = new OptionContext ();
        options.add_main_entries (ENTRIES, null);
        options.parse (ref args);

        // A client may keep its connection though it has nothing to say. After this
        // time it is asked to leave when its calls have ended, and loses none by that.
        server = new GrpcAio.Server.with_options (new GrpcAio.ChannelOptions () {
            max_connection_age_ms = idle_msec
        });
        server.add_service (new Greeter ());
        if (server.add_activation_sockets ("grpc") == 0)
            throw new IOError.NOT_FOUND ("Nobody has handed over a socket of the name grpc");
        server.start ();
    } catch (Error error) {
        printerr ("%s\n", error.message);
        return 1;
    }

    // Nobody loses a call when nobody is connected.
    uint n_seen = 0;
    Timeout.add (idle_msec, () => {
        if (n_seen == n_calls && server.get_open_connections () == 0) {
            stop.begin (loop);
            return Source.REMOVE;
        }
        n_seen = n_calls;
        return Source.CONTINUE;
    });
    foreach (var number in new int[] { Posix.Signal.INT, Posix.Signal.TERM }) {
        Unix.signal_add (number, () => {
            stop.begin (loop);
            return Source.REMOVE;
        });
    }
    loop.run ();

    return 0;
}
