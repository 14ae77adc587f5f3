// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: TLS.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';

import {bytesOf, check, equal, fails, failsNow, get, textOf, until, watch} from './support.js';

const {TlsAuthorities, TlsChannelCredentials, TlsIdentity, TlsServerCredentials} = GrpcAio;
const {BAD_CERTIFICATE} = Gio.TlsError;

function pathOf(name) {
    return GLib.build_filenamev([GLib.getenv('GRPC_AIO_TEST_TLS'), name]);
}

function read(name) {
    return new TextDecoder().decode(GLib.file_get_contents(pathOf(name))[1]);
}

function checkIdentities() {
    const [key, certificate] = ['key.pem', 'certificate.pem'].map(read);
    const own = Gio.TlsCertificate.new_from_pem(certificate + key, -1);

    const identity = TlsIdentity.new_from_pem(certificate + key, null);
    equal(identity.dup_certificate_chain(), certificate + key);
    equal(identity.get_certificate_file(), null);
    equal(identity.get_private_key_file(), null);
    check(TlsIdentity.new_from_certificate(own).dup_certificate_chain().includes(own.certificate_pem));
    failsNow(() => TlsIdentity.new_from_pem(certificate, null), Gio.TlsError, BAD_CERTIFICATE);

    const authorities = TlsAuthorities.new_from_certificates([own]);
    equal(authorities.dup_certificates(), own.certificate_pem);
    equal(authorities.get_file(), null);
    equal(TlsAuthorities.new_from_pem(certificate).dup_certificates(), certificate);
    failsNow(() => TlsAuthorities.new_from_pem('none'), Gio.TlsError, BAD_CERTIFICATE);
}

function checkOptions(identity) {
    const [crls, keys] = ['crls', 'keys'].map(pathOf);
    GLib.mkdir_with_parents(crls, 0o700);
    GLib.file_set_contents(GLib.build_filenamev([crls, '01234567.r0']), '');

    for (const credentials of [TlsChannelCredentials.new(), TlsServerCredentials.new(identity)]) {
        equal(credentials.get_crl_directory(), null);
        equal(credentials.get_key_log_file(), null);
        check(credentials.set_crl_directory(crls));
        check(credentials.set_key_log_file(keys));
        equal(credentials.get_crl_directory(), crls);
        equal(get(credentials, 'crl-directory'), crls);
        equal(credentials.get_key_log_file(), keys);
        equal(get(credentials, 'key-log-file'), keys);
        failsNow(() => credentials.set_crl_directory(pathOf('none')), GLib.FileError, GLib.FileError.NOENT);
    }
}

function newServerCredentials(identity, authorities, told) {
    const credentials = TlsServerCredentials.new(identity);
    credentials.set_identity(identity);
    credentials.set_other_identities([identity]);
    equal(credentials.get_identity(), identity);
    equal(get(credentials, 'identity'), identity);
    credentials.set_client_check(GrpcAio.TlsClientCheck.REQUIRE, authorities);
    equal(credentials.get_client_check(), GrpcAio.TlsClientCheck.REQUIRE);
    equal(get(credentials, 'client-check'), GrpcAio.TlsClientCheck.REQUIRE);
    equal(credentials.get_authorities(), authorities);
    equal(get(credentials, 'authorities'), authorities);
    watch(credentials, 'connecting', () => told.push(true));

    return credentials;
}

async function tlsCredentials(fixture) {
    const [keyFile, certificateFile] = ['key.pem', 'certificate.pem'].map(pathOf);
    const identity = TlsIdentity.new_from_files(certificateFile, keyFile);
    equal(identity.get_certificate_file(), certificateFile);
    equal(identity.get_private_key_file(), keyFile);
    const authorities = TlsAuthorities.new_from_file(certificateFile);
    equal(authorities.get_file(), certificateFile);
    checkIdentities();
    checkOptions(identity);
    const told = [];
    const service = GrpcAio.Service.new('test.Tls');
    service.add_method('Echo',
        GrpcAio.RpcMethodHandler.new_unary_unary((context, request) => context.complete(request)));
    const server = fixture.census.add(new GrpcAio.Server());
    server.add_service(service);
    const port = server.add_port('127.0.0.1:0', newServerCredentials(identity, authorities, told));
    server.start();

    let credentials = TlsChannelCredentials.new();
    credentials.set_authorities(authorities);
    credentials.set_identity(identity);
    credentials.set_server_check(GrpcAio.TlsServerCheck.WITHOUT_HOST_NAME);
    credentials.set_session_cache_size(4);
    equal(credentials.get_authorities(), authorities);
    equal(get(credentials, 'authorities'), authorities);
    equal(credentials.get_identity(), identity);
    equal(get(credentials, 'identity'), identity);
    equal(credentials.get_server_check(), GrpcAio.TlsServerCheck.WITHOUT_HOST_NAME);
    equal(get(credentials, 'server-check'), GrpcAio.TlsServerCheck.WITHOUT_HOST_NAME);
    equal(credentials.get_session_cache_size(), 4);
    equal(get(credentials, 'session-cache-size'), 4);

    const connect = () => fixture.census.add(GrpcAio.Channel.new(`127.0.0.1:${port}`, credentials));
    const methodOf = channel => channel.unary_unary('/test.Tls/Echo');
    equal(textOf(await methodOf(connect()).invoke_async(bytesOf('secret'), null, null)), 'secret');
    await until(() => told.length);

    // From now on the program decides.
    const questions = [];
    credentials.server_check = GrpcAio.TlsServerCheck.FULL;
    watch(credentials, 'verify', () => {});
    credentials.connect('verify', (_, verification) => questions.push(verification));

    let call = methodOf(connect()).call(bytesOf('secret'), null);
    await until(() => questions.length);
    const question = questions.pop();
    check(question.is_pending());
    equal(question.get_target_name(), '127.0.0.1');
    equal(get(question, 'target-name'), '127.0.0.1');
    check(question.get_fault().startsWith('The certificate is for “localhost”'), question.get_fault());
    equal(get(question, 'fault'), question.get_fault());
    equal(question.get_certificate_chain(), read('certificate.pem'));
    equal(get(question, 'certificate-chain'), read('certificate.pem'));
    equal(question.get_certificate().certificate_pem, read('certificate.pem'));
    equal(get(question, 'certificate').certificate_pem, read('certificate.pem'));
    question.accept();
    check(!question.is_pending());
    equal(textOf(await call.response_async(null)), 'secret');

    credentials.connect('verify', (_, verification) => verification.deny('Not that one'));
    const error = await fails(methodOf(connect()).invoke_async(bytesOf('secret'), null, null),
        GrpcAio.Error, GrpcAio.Error.UNAVAILABLE);
    check(error.message.startsWith('Not that one ('), error.message);
    questions.length = 0;

    // A question ends with its channel.
    credentials = TlsChannelCredentials.new();
    credentials.connect('verify', (_, verification) => questions.push(verification));
    const channel = connect();
    call = methodOf(channel).call(bytesOf('secret'), null);
    await until(() => questions.length);
    const cancelled = [];
    watch(questions[0], 'cancelled', () => cancelled.push(true));
    channel.close();
    await until(() => cancelled.length);
    await call.status_async(null);
    questions.length = 0;
    await server.stop_async(0, null);
}

export const CASES = {
    'tls-credentials': tlsCredentials,
};
