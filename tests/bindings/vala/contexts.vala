// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: what a handler knows of its call.

private string read_file (string name) throws Error {
    string contents;

    FileUtils.get_contents (Path.build_filename (Environment.get_variable ("GRPC_AIO_TEST_TLS"), name), out contents);

    return contents;
}

private string join_bytes (List<Bytes> values) {
    string[] texts = {};

    foreach (var value in values)
        texts += text_of (value);

    return string.joinv (",", texts);
}

// Says all that is known of a peer, in a form to compare.
private string describe_peer (GrpcAio.AuthContext auth_context) {
    string? pem = null;

    try {
        var certificate = auth_context.dup_peer_certificate ();
        if (certificate != null)
            pem = certificate.certificate_pem;
    } catch (TlsError.UNAVAILABLE error) {
        pem = auth_context.get_peer_certificate_pem ();
    } catch (Error error) {
        pem = error.message;
    }

    return string.joinv (" ", {
        auth_context.get_transport_security_type (),
        auth_context.is_peer_authenticated ().to_string (),
        auth_context.get_peer_identity_key () ?? "no-key",
        join_bytes (auth_context.dup_peer_identities ()),
        join_bytes (auth_context.dup_values ("x509_common_name")),
        auth_context.get_text ("x509_common_name") ?? "no-name",
        ("x509_common_name" in auth_context.dup_names ()).to_string (),
        pem ?? "no-certificate",
        auth_context.get_peer_certificate_pem () ?? "no-certificate"
    });
}

public async void auth_contexts (Census census) throws Error {
    var key = read_file ("key.pem");
    var certificate = read_file ("certificate.pem");
    var known = @"ssl true x509_subject_alternative_name localhost localhost localhost true $certificate $certificate";
    var unknown = "insecure false no-key   no-name false no-certificate no-certificate";
    var seen = new GenericArray<string> ();

    var service = new GrpcAio.Service ("test.Who");
    service.add_method ("Who", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
        seen.add (describe_peer (context.get_auth_context ()));
        seen.add (join_bytes (context.dup_peer_identities ()));
        seen.add (context.get_peer_identity_key () ?? "no-key");
        context.complete (request);
    }));
    var server = new GrpcAio.Server ();
    census.add (server);
    server.add_service (service);
    var port = server.add_port ("127.0.0.1:0", new GrpcAio.ServerCredentials.ssl (key, certificate, certificate, true));
    var plain_port = server.add_port ("127.0.0.1:0", null);
    server.start ();

    var channel = new GrpcAio.Channel (@"localhost:$port", new GrpcAio.ChannelCredentials.ssl (certificate, key, certificate));
    var call = channel.unary_unary ("/test.Who/Who").call (bytes_of ("hello"), null);
    check (call.dup_auth_context () == null);
    equal_text (text_of (yield call.response_async (null)), "hello");
    equal_text (seen[0], known);
    equal_text (seen[1], "localhost");
    equal_text (seen[2], "x509_subject_alternative_name");
    equal_text (describe_peer (call.dup_auth_context ()), "tls" + known.substring (3));

    channel = new GrpcAio.Channel (@"127.0.0.1:$plain_port", null);
    call = channel.unary_unary ("/test.Who/Who").call (bytes_of ("hello"), null);
    equal_text (text_of (yield call.response_async (null)), "hello");
    equal_text (seen[3], unknown);
    equal_text (seen[4], "");
    equal_text (seen[5], "no-key");
    equal_text (describe_peer (call.dup_auth_context ()), unknown);
    yield server.stop_async (0, null);
}
