// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: TLS.

private string tls_path (string name) {
    return Path.build_filename (Environment.get_variable ("GRPC_AIO_TEST_TLS"), name);
}

private void check_identities () throws Error {
    var key = read_file ("key.pem");
    var certificate = read_file ("certificate.pem");
    var own = new TlsCertificate.from_pem (certificate + key, -1);

    var identity = new GrpcAio.TlsIdentity.from_pem (certificate + key, null);
    equal_text (identity.dup_certificate_chain (), certificate + key);
    check (identity.get_certificate_file () == null && identity.get_private_key_file () == null);
    check (own.certificate_pem in new GrpcAio.TlsIdentity.from_certificate (own).dup_certificate_chain ());
    try {
        new GrpcAio.TlsIdentity.from_pem (certificate, null);
        assert_not_reached ();
    } catch (TlsError.BAD_CERTIFICATE error) {
    }

    var authorities = new GrpcAio.TlsAuthorities.from_certificates ({ own });
    equal_text (authorities.dup_certificates (), own.certificate_pem);
    check (authorities.get_file () == null);
    equal_text (new GrpcAio.TlsAuthorities.from_pem (certificate).dup_certificates (), certificate);
    try {
        new GrpcAio.TlsAuthorities.from_pem ("none");
        assert_not_reached ();
    } catch (TlsError.BAD_CERTIFICATE error) {
    }
}

private void check_tls_options (GrpcAio.TlsIdentity identity) throws Error {
    var crls = tls_path ("crls");
    var keys = tls_path ("keys");
    DirUtils.create_with_parents (crls, 0700);
    FileUtils.set_contents (Path.build_filename (crls, "01234567.r0"), "");

    var channel_credentials = new GrpcAio.TlsChannelCredentials ();
    check (channel_credentials.set_crl_directory (crls));
    check (channel_credentials.set_key_log_file (keys));
    equal_text (channel_credentials.get_crl_directory (), crls);
    equal_text (property (channel_credentials, "crl-directory").get_string (), crls);
    equal_text (channel_credentials.get_key_log_file (), keys);
    equal_text (property (channel_credentials, "key-log-file").get_string (), keys);

    var server_credentials = new GrpcAio.TlsServerCredentials (identity);
    check (server_credentials.set_crl_directory (crls));
    check (server_credentials.set_key_log_file (keys));
    equal_text (server_credentials.get_crl_directory (), crls);
    equal_text (property (server_credentials, "crl-directory").get_string (), crls);
    equal_text (server_credentials.get_key_log_file (), keys);
    equal_text (property (server_credentials, "key-log-file").get_string (), keys);
    try {
        channel_credentials.set_crl_directory (tls_path ("none"));
        assert_not_reached ();
    } catch (FileError.NOENT error) {
    }
}

public async void tls_credentials (Census census) throws Error {
    var identity = new GrpcAio.TlsIdentity.from_files (tls_path ("certificate.pem"), tls_path ("key.pem"));
    equal_text (identity.get_certificate_file (), tls_path ("certificate.pem"));
    equal_text (identity.get_private_key_file (), tls_path ("key.pem"));
    var authorities = new GrpcAio.TlsAuthorities.from_file (tls_path ("certificate.pem"));
    equal_text (authorities.get_file (), tls_path ("certificate.pem"));
    check_identities ();
    check_tls_options (identity);

    var server_credentials = new GrpcAio.TlsServerCredentials (identity);
    server_credentials.set_identity (identity);
    server_credentials.set_other_identities ({ identity });
    check (server_credentials.get_identity () == identity);
    check (property (server_credentials, "identity").get_object () == identity);
    server_credentials.set_client_check (GrpcAio.TlsClientCheck.REQUIRE, authorities);
    check (server_credentials.get_client_check () == GrpcAio.TlsClientCheck.REQUIRE);
    check (property (server_credentials, "client-check").get_enum () == GrpcAio.TlsClientCheck.REQUIRE);
    check (server_credentials.get_authorities () == authorities);
    check (property (server_credentials, "authorities").get_object () == authorities);
    var is_told = false;
    server_credentials.connecting.connect (() => {
        note_signal (server_credentials, "connecting");
        is_told = true;
    });
    var service = new GrpcAio.Service ("test.Tls");
    service.add_method ("Echo", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
        context.complete (request);
    }));
    var server = new GrpcAio.Server ();
    census.add (server);
    server.add_service (service);
    var port = server.add_port ("127.0.0.1:0", server_credentials);
    server.start ();

    var credentials = new GrpcAio.TlsChannelCredentials ();
    credentials.set_authorities (authorities);
    credentials.set_identity (identity);
    credentials.set_server_check (GrpcAio.TlsServerCheck.WITHOUT_HOST_NAME);
    credentials.set_session_cache_size (4);
    check (credentials.get_authorities () == authorities);
    check (property (credentials, "authorities").get_object () == authorities);
    check (credentials.get_identity () == identity);
    check (property (credentials, "identity").get_object () == identity);
    check (credentials.get_server_check () == GrpcAio.TlsServerCheck.WITHOUT_HOST_NAME);
    check (property (credentials, "server-check").get_enum () == GrpcAio.TlsServerCheck.WITHOUT_HOST_NAME);
    equal_int (credentials.get_session_cache_size (), 4);
    equal_int (property (credentials, "session-cache-size").get_uint (), 4);

    var method = new GrpcAio.Channel (@"127.0.0.1:$port", credentials).unary_unary ("/test.Tls/Echo");
    equal_text (text_of (yield method.invoke_async (bytes_of ("secret"), null, null)), "secret");
    yield until (() => is_told);

    // From now on the program decides.
    GrpcAio.TlsVerification? question = null;
    credentials.server_check = GrpcAio.TlsServerCheck.FULL;
    var handler = credentials.verify.connect ((verification) => {
        note_signal (credentials, "verify");
        question = verification;
    });
    method = new GrpcAio.Channel (@"127.0.0.1:$port", credentials).unary_unary ("/test.Tls/Echo");
    var call = method.call (bytes_of ("secret"), null);
    yield until (() => question != null);
    check (question.is_pending ());
    equal_text (question.get_target_name (), "127.0.0.1");
    equal_text (property (question, "target-name").get_string (), "127.0.0.1");
    check (question.get_fault ().has_prefix ("The certificate is for “localhost”"), question.get_fault ());
    equal_text (property (question, "fault").get_string (), question.get_fault ());
    equal_text (question.get_certificate_chain (), read_file ("certificate.pem"));
    equal_text (property (question, "certificate-chain").get_string (), read_file ("certificate.pem"));
    equal_text (question.get_certificate ().certificate_pem, read_file ("certificate.pem"));
    check (property (question, "certificate").get_object () == question.get_certificate ());
    question.accept ();
    check (!question.is_pending ());
    equal_text (text_of (yield call.response_async (null)), "secret");
    credentials.disconnect (handler);

    handler = credentials.verify.connect ((verification) => verification.deny ("Not that one"));
    method = new GrpcAio.Channel (@"127.0.0.1:$port", credentials).unary_unary ("/test.Tls/Echo");
    try {
        yield method.invoke_async (bytes_of ("secret"), null, null);
        assert_not_reached ();
    } catch (GrpcAio.Error.UNAVAILABLE error) {
        check (error.message.has_prefix ("Not that one ("), error.message);
    }
    credentials.disconnect (handler);

    // A question ends with its channel.
    question = null;
    handler = credentials.verify.connect ((verification) => question = verification);
    var channel = new GrpcAio.Channel (@"127.0.0.1:$port", credentials);
    call = channel.unary_unary ("/test.Tls/Echo").call (bytes_of ("secret"), null);
    yield until (() => question != null);
    var is_cancelled = false;
    question.cancelled.connect (() => {
        note_signal (question, "cancelled");
        is_cancelled = true;
    });
    channel.close ();
    yield until (() => is_cancelled);
    yield call.status_async (null);
    credentials.disconnect (handler);
    question = null;
    yield server.stop_async (0, null);
}
