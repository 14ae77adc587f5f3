// SPDX-License-Identifier: LGPL-2.1-or-later

// A client that makes one call: a request goes out, a response comes back.
//
//     greeter_client --target localhost:50051 World

private async void greet (string target, string name) throws Error {
    // A channel connects when it is first needed.
    var channel = new GrpcAio.Channel (target, null);

    // The methods of the server, to be called as often as you like.
    var greeter = new Helloworld.GreeterStub (channel);

    // Without a time limit a call waits as long as the server likes.
    var options = new GrpcAio.CallOptions () { timeout_usec = 10000000 };

    var request = new Helloworld.HelloRequest () { name = name };
    var reply = yield greeter.say_hello_async (request, options);
    print ("SayHello: %s\n", reply.message);
}

public int main (string[] args) {
    string? target = null;
    OptionEntry[] entries = {
        { "target", 0, 0, OptionArg.STRING, ref target, "The server", "HOST:PORT" },
        { null }
    };

    Intl.setlocale ();
    try {
        var options = new OptionContext ("[NAME]");
        options.add_main_entries (entries, null);
        options.parse (ref args);
    } catch (Error error) {
        printerr ("%s\n", error.message);
        return 1;
    }

    var loop = new MainLoop ();
    int exit_status = 1;

    greet.begin (target ?? "localhost:50051", args.length > 1 ? args[1] : "Vala", (source, result) => {
        try {
            greet.end (result);
            exit_status = 0;
        } catch (Error error) {
            // The code tells why: GrpcAio.Error.UNAVAILABLE, for example, when
            // there is no server.
            printerr ("SayHello failed: %s\n", error.message);
        }
        loop.quit ();
    });
    loop.run ();

    return exit_status;
}
