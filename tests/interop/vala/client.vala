// SPDX-License-Identifier: LGPL-2.1-or-later

// Runs one case of gRPC's interoperability tests against a server:
//
//     interop-client-vala --server_host=localhost --server_port=8080 --test_case=empty_unary
//
// The exit code is 0 when the case passes, 1 when it fails, 2 when the command
// line is wrong.

private string? server_host;
private string? server_host_override;
private int server_port;
private string? target;
private string? test_case;
private bool use_tls;
private bool use_test_ca;
private string? ca_file;

private bool on_use_tls (string name, string? value, void* data) throws OptionError {
    use_tls = parse_boolean (name, value);

    return true;
}

private bool on_use_test_ca (string name, string? value, void* data) throws OptionError {
    use_test_ca = parse_boolean (name, value);

    return true;
}

private const OptionEntry[] ENTRIES = {
    { "server_host", 0, 0, OptionArg.STRING, ref server_host, "Server to connect to (localhost)", "HOST" },
    { "server_host_override", 0, 0, OptionArg.STRING, ref server_host_override,
      "Name the server is expected to have", "HOST" },
    { "server_port", 0, 0, OptionArg.INT, ref server_port, "Port of the server", "PORT" },
    { "target", 0, 0, OptionArg.STRING, ref target, "Anything gRPC can resolve, instead of host and port", "unix:PATH" },
    { "test_case", 0, 0, OptionArg.STRING, ref test_case, "Case to run", "NAME" },
    { "use_tls", 0, OptionFlags.OPTIONAL_ARG, OptionArg.CALLBACK, (void*) on_use_tls, "Connect with TLS (false)", "BOOLEAN" },
    { "use_test_ca", 0, OptionFlags.OPTIONAL_ARG, OptionArg.CALLBACK, (void*) on_use_test_ca,
      "Trust the authority in --ca_file, not those of the system (false)", "BOOLEAN" },
    { "ca_file", 0, 0, OptionArg.FILENAME, ref ca_file, "PEM file for --use_test_ca", "FILE" },
    { null }
};

private void check_options () throws OptionError {
    var names = string.joinv (" ", Cases.NAMES);

    require (test_case != null, @"--test_case is missing; it is one of $names");
    require (test_case in Cases.NAMES, @"There is no test case '$test_case'; the cases are $names");
    if (target != null)
        require (server_host == null && server_port == 0, "--target replaces --server_host and --server_port");
    else
        require (server_port != 0, "--server_port or --target is missing");
    require (use_tls || !use_test_ca, "--use_test_ca needs --use_tls");
    require (use_test_ca == (ca_file != null), "--use_test_ca and --ca_file go together: no certificates are built in");
    check_port ("--server_port", server_port);
}

private GrpcAio.Channel create_channel () throws Error {
    var options = new GrpcAio.ChannelOptions ();
    var host = server_host ?? "localhost";
    GrpcAio.ChannelCredentials? credentials = null;

    if (use_tls)
        credentials = new GrpcAio.ChannelCredentials.ssl (use_test_ca ? read_file ("--ca_file", ca_file) : null, null, null);
    if (server_host_override != null && use_tls)
        options.ssl_target_name_override = server_host_override;
    else if (server_host_override != null)
        options.default_authority = server_host_override;
    if (":" in host && !host.has_prefix ("["))
        host = @"[$host]";

    return new GrpcAio.Channel.with_options (target ?? @"$host:$server_port", credentials, options);
}

private async void run () throws Error {
    yield new Cases (create_channel ()).run (test_case);
}

public int main (string[] args) {
    var loop = new MainLoop ();
    int exit_status = 1;

    Intl.setlocale ();
    Environment.set_prgname ("interop-client-vala");
    try {
        parse_options ("Runs one case of gRPC's interoperability tests.", ENTRIES, args);
        check_options ();
    } catch (Error error) {
        printerr ("interop-client-vala: %s\n", error.message);
        return EXIT_USAGE;
    }

    run.begin ((source, result) => {
        try {
            run.end (result);
            print ("%s: passed\n", test_case);
            exit_status = 0;
        } catch (Error error) {
            printerr ("interop-client-vala: %s: %s (%s %d)\n", test_case, error.message, error.domain.to_string (), error.code);
        }
        loop.quit ();
    });
    loop.run ();

    return exit_status;
}
