// SPDX-License-Identifier: LGPL-2.1-or-later

// The life of a server: add a port and a service, start, and stop gracefully
// when a signal says so. Both Vala servers use it.

// How long calls may still run after Ctrl-C, in microseconds.
private const int64 GRACE_USEC = 2000000;

public int serve (GrpcAio.Service service, string[] args) {
    string? option = null;
    OptionEntry[] entries = {
        { "address", 0, 0, OptionArg.STRING, ref option, "Where to listen; port 0 takes a free one", "HOST:PORT" },
        { null }
    };

    var server = new GrpcAio.Server ();
    var loop = new MainLoop ();

    try {
        var options = new OptionContext ();
        options.add_main_entries (entries, null);
        options.parse (ref args);

        string address = option ?? "localhost:50051";

        // null instead of credentials: no encryption.
        server.add_service (service);
        var port = server.add_port (address, null);
        server.start ();

        if (!address.has_prefix ("unix"))
            address = "%s:%d".printf (address[0:address.last_index_of (":")], port);
        print ("Listening on %s\n", address);
    } catch (Error error) {
        printerr ("%s\n", error.message);
        return 1;
    }

    // All calls are served in this thread, while the loop runs.
    foreach (var number in new int[] { Posix.Signal.INT, Posix.Signal.TERM }) {
        Unix.signal_add (number, () => {
            stop.begin (server, () => loop.quit ());
            return Source.REMOVE;
        });
    }
    loop.run ();

    return 0;
}

// From now on new calls are refused; running ones get some time to end.
private async void stop (GrpcAio.Server server) {
    try {
        yield server.stop_async (GRACE_USEC);
        print ("Stopped\n");
    } catch (Error error) {
        printerr ("%s\n", error.message);
    }
}
