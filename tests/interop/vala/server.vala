// SPDX-License-Identifier: LGPL-2.1-or-later

// Serves grpc.testing.TestService until SIGTERM or SIGINT:
//
//     interop-server-vala --port=8080
//
// Once it serves, it prints "listening on ADDRESS".

// How long running calls may go on once the server is to stop.
private const int64 GRACE_USEC = 500000;

private string? address;
private string? address_type;
private int port;
private bool use_tls;
private string? cert_file;
private string? key_file;

private bool on_use_tls (string name, string? value, void* data) throws OptionError {
    use_tls = parse_boolean (name, value);

    return true;
}

private const OptionEntry[] ENTRIES = {
    { "port", 0, 0, OptionArg.INT, ref port, "Port to listen on (0, which takes a free one)", "PORT" },
    { "address_type", 0, 0, OptionArg.STRING, ref address_type,
      "IPV4 or IPV6 for the loopback address alone, or IPV4_IPV6 for all addresses (the default)", "TYPE" },
    { "address", 0, 0, OptionArg.STRING, ref address, "Anything gRPC can listen on, instead of port and type", "unix:PATH" },
    { "use_tls", 0, OptionFlags.OPTIONAL_ARG, OptionArg.CALLBACK, (void*) on_use_tls, "Serve with TLS (false)", "BOOLEAN" },
    { "cert_file", 0, 0, OptionArg.FILENAME, ref cert_file, "PEM file of the server's certificate, for TLS", "FILE" },
    { "key_file", 0, 0, OptionArg.FILENAME, ref key_file, "PEM file of the server's private key, for TLS", "FILE" },
    { null }
};

private string? find_host () {
    switch (address_type ?? "IPV4_IPV6") {
        case "IPV4_IPV6":
            return "[::]";
        case "IPV4":
            return "127.0.0.1";
        case "IPV6":
            return "[::1]";
        default:
            return null;
    }
}

private void check_options () throws OptionError {
    require (find_host () != null, @"--address_type is IPV4, IPV6 or IPV4_IPV6, not '$(address_type ?? "")'");
    require (address == null || (port == 0 && address_type == null), "--address replaces --port and --address_type");
    require (use_tls == (cert_file != null) && use_tls == (key_file != null),
             "--use_tls, --cert_file and --key_file go together: no certificates are built in");
    check_port ("--port", port);
}

// Listens where the options say and tells where that is.
private string open_port (GrpcAio.Server server) throws Error {
    GrpcAio.ServerCredentials? credentials = null;

    if (use_tls) {
        var certificates = read_file ("--cert_file", cert_file);
        credentials = new GrpcAio.ServerCredentials.ssl (read_file ("--key_file", key_file), certificates, null, false);
    }

    var host = find_host ();
    var bound = server.add_port (address ?? @"$host:$port", credentials);

    return address ?? @"$host:$bound";
}

private async void stop (GrpcAio.Server server) {
    try {
        yield server.stop_async (GRACE_USEC);
    } catch (Error error) {
        printerr ("interop-server-vala: %s\n", error.message);
    }
}

public int main (string[] args) {
    var loop = new MainLoop ();
    var server = new GrpcAio.Server ();
    string where;

    Intl.setlocale ();
    Environment.set_prgname ("interop-server-vala");
    try {
        parse_options ("Serves grpc.testing.TestService.", ENTRIES, args);
        check_options ();
    } catch (Error error) {
        printerr ("interop-server-vala: %s\n", error.message);
        return EXIT_USAGE;
    }

    try {
        server.add_service (new TestService ());
        where = open_port (server);
        server.start ();
    } catch (Error error) {
        printerr ("interop-server-vala: %s\n", error.message);
        return 1;
    }

    foreach (var number in new int[] { Posix.Signal.INT, Posix.Signal.TERM }) {
        Unix.signal_add (number, () => {
            stop.begin (server, () => loop.quit ());
            return Source.CONTINUE;
        });
    }
    print ("listening on %s\n", where);
    loop.run ();

    return 0;
}
