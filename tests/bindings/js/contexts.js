// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: what a handler knows of its call.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';

import {bytesOf, equal, textOf} from './support.js';

function readPem(name) {
    const path = GLib.build_filenamev([GLib.getenv('GRPC_AIO_TEST_TLS'), name]);

    return new TextDecoder().decode(GLib.file_get_contents(path)[1]);
}

function pemOf(authContext) {
    try {
        return authContext.dup_peer_certificate()?.certificate_pem ?? null;
    } catch (error) {
        if (!error.matches(Gio.TlsError, Gio.TlsError.UNAVAILABLE))
            throw error;
        return authContext.get_peer_certificate_pem();
    }
}

// Says all that is known of a peer, in a form to compare.
function describe(authContext) {
    return [
        authContext.get_transport_security_type(),
        authContext.is_peer_authenticated(),
        authContext.get_peer_identity_key(),
        authContext.dup_peer_identities().map(textOf),
        authContext.dup_values('x509_common_name').map(textOf),
        authContext.get_text('x509_common_name'),
        authContext.dup_names().includes('x509_common_name'),
        pemOf(authContext),
        authContext.get_peer_certificate_pem(),
    ];
}

async function authContexts(fixture) {
    const [key, certificate] = ['key.pem', 'certificate.pem'].map(readPem);
    const known = [
        'ssl', true, 'x509_subject_alternative_name', ['localhost'], ['localhost'], 'localhost', true,
        certificate, certificate,
    ];
    const seen = [];

    const service = GrpcAio.Service.new('test.Who');
    service.add_method('Who', GrpcAio.RpcMethodHandler.new_unary_unary((context, request) => {
        seen.push(describe(context.get_auth_context()));
        seen.push(context.dup_peer_identities().map(textOf));
        seen.push(context.get_peer_identity_key());
        context.complete(request);
    }));
    const server = fixture.census.add(new GrpcAio.Server());
    server.add_service(service);
    const port = server.add_port('127.0.0.1:0',
        GrpcAio.ServerCredentials.new_ssl(key, certificate, certificate, true));
    const plainPort = server.add_port('127.0.0.1:0', null);
    server.start();

    let channel = fixture.census.add(GrpcAio.Channel.new(`localhost:${port}`,
        GrpcAio.ChannelCredentials.new_ssl(certificate, key, certificate)));
    let call = channel.unary_unary('/test.Who/Who').call(bytesOf('hello'), null);
    equal(call.dup_auth_context(), null);
    equal(textOf(await call.response_async(null)), 'hello');
    equal(seen, [known, ['localhost'], 'x509_subject_alternative_name']);
    equal(describe(call.dup_auth_context()), ['tls', ...known.slice(1)]);

    channel = fixture.census.add(GrpcAio.Channel.new(`127.0.0.1:${plainPort}`, null));
    call = channel.unary_unary('/test.Who/Who').call(bytesOf('hello'), null);
    equal(textOf(await call.response_async(null)), 'hello');
    const unknown = ['insecure', false, null, [], [], null, false, null, null];
    equal(seen.slice(3), [unknown, [], null]);
    equal(describe(call.dup_auth_context()), unknown);
    await server.stop_async(0, null);
}

export const CASES = {
    'auth-contexts': authContexts,
};
