# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases of the binding test: TLS."""

import os

from gi.repository import Gio, GLib, GrpcAio

from support import bytes_of, equal, fails, fails_now, get, operation, text_of, until, watch


def path_of(name):
    return os.path.join(os.environ['GRPC_AIO_TEST_TLS'], name)


def read(name):
    with open(path_of(name), encoding='ascii') as file:
        return file.read()


def echo(context, request):
    context.complete(request)


def check_identities():
    key, certificate = read('key.pem'), read('certificate.pem')
    own = Gio.TlsCertificate.new_from_pem(certificate + key, -1)

    identity = GrpcAio.TlsIdentity.new_from_pem(certificate + key, None)
    equal(identity.dup_certificate_chain(), certificate + key)
    equal((identity.get_certificate_file(), identity.get_private_key_file()), (None, None))
    assert own.props.certificate_pem in GrpcAio.TlsIdentity.new_from_certificate(own).dup_certificate_chain()
    fails_now(Gio.tls_error_quark(), Gio.TlsError.BAD_CERTIFICATE, GrpcAio.TlsIdentity.new_from_pem, certificate, None)

    authorities = GrpcAio.TlsAuthorities.new_from_certificates([own])
    equal(authorities.dup_certificates(), own.props.certificate_pem)
    equal(authorities.get_file(), None)
    equal(GrpcAio.TlsAuthorities.new_from_pem(certificate).dup_certificates(), certificate)
    fails_now(Gio.tls_error_quark(), Gio.TlsError.BAD_CERTIFICATE, GrpcAio.TlsAuthorities.new_from_pem, 'none')


def check_options(identity):
    crls = path_of('crls')
    os.makedirs(crls, exist_ok=True)
    with open(os.path.join(crls, '01234567.r0'), 'w', encoding='ascii'):
        pass

    for credentials in (GrpcAio.TlsChannelCredentials.new(), GrpcAio.TlsServerCredentials.new(identity)):
        equal((credentials.get_crl_directory(), credentials.get_key_log_file()), (None, None))
        assert credentials.set_crl_directory(crls)
        assert credentials.set_key_log_file(path_of('keys'))
        equal((credentials.get_crl_directory(), get(credentials, 'crl-directory')), (crls, crls))
        equal((credentials.get_key_log_file(), get(credentials, 'key-log-file')), (path_of('keys'), path_of('keys')))
        fails_now(GLib.file_error_quark(), GLib.FileError.NOENT, credentials.set_crl_directory, path_of('none'))


async def tls_credentials(fixture):
    identity = GrpcAio.TlsIdentity.new_from_files(path_of('certificate.pem'), path_of('key.pem'))
    equal(identity.get_certificate_file(), path_of('certificate.pem'))
    equal(identity.get_private_key_file(), path_of('key.pem'))
    authorities = GrpcAio.TlsAuthorities.new_from_file(path_of('certificate.pem'))
    equal(authorities.get_file(), path_of('certificate.pem'))
    check_identities()
    check_options(identity)

    server_credentials = GrpcAio.TlsServerCredentials.new(identity)
    server_credentials.set_identity(identity)
    server_credentials.set_other_identities([identity])
    equal((server_credentials.get_identity(), get(server_credentials, 'identity')), (identity, identity))
    server_credentials.set_client_check(GrpcAio.TlsClientCheck.REQUIRE, authorities)
    equal(server_credentials.get_client_check(), GrpcAio.TlsClientCheck.REQUIRE)
    equal(get(server_credentials, 'client-check'), GrpcAio.TlsClientCheck.REQUIRE)
    equal((server_credentials.get_authorities(), get(server_credentials, 'authorities')), (authorities, authorities))
    told = []
    watch(server_credentials, 'connecting', lambda: told.append(True))
    service = GrpcAio.Service.new('test.Tls')
    service.add_method('Echo', GrpcAio.RpcMethodHandler.new_unary_unary(echo))
    server = fixture.census.add(GrpcAio.Server.new())
    server.add_service(service)
    port = server.add_port('127.0.0.1:0', server_credentials)
    server.start()

    credentials = GrpcAio.TlsChannelCredentials.new()
    credentials.set_authorities(authorities)
    credentials.set_identity(identity)
    credentials.set_server_check(GrpcAio.TlsServerCheck.WITHOUT_HOST_NAME)
    credentials.set_session_cache_size(4)
    equal((credentials.get_authorities(), get(credentials, 'authorities')), (authorities, authorities))
    equal((credentials.get_identity(), get(credentials, 'identity')), (identity, identity))
    equal(credentials.get_server_check(), GrpcAio.TlsServerCheck.WITHOUT_HOST_NAME)
    equal(get(credentials, 'server-check'), GrpcAio.TlsServerCheck.WITHOUT_HOST_NAME)
    equal((credentials.get_session_cache_size(), get(credentials, 'session-cache-size')), (4, 4))

    def connect():
        channel = fixture.census.add(GrpcAio.Channel.new(f'127.0.0.1:{port}', credentials))
        return channel, channel.unary_unary('/test.Tls/Echo')

    _, method = connect()
    equal(text_of(await operation(method, 'invoke', bytes_of('secret'), None)), 'secret')
    await until(lambda: told)

    # From now on the program decides.
    questions = []
    credentials.props.server_check = GrpcAio.TlsServerCheck.FULL
    watch(credentials, 'verify', lambda: None)
    credentials.connect('verify', lambda _, verification: questions.append(verification))

    _, method = connect()
    call = method.call(bytes_of('secret'), None)
    await until(lambda: questions)
    question = questions.pop()
    assert question.is_pending()
    equal((question.get_target_name(), get(question, 'target-name')), ('127.0.0.1', '127.0.0.1'))
    assert question.get_fault().startswith('The certificate is for “localhost”'), question.get_fault()
    equal(get(question, 'fault'), question.get_fault())
    equal(question.get_certificate_chain(), read('certificate.pem'))
    equal(get(question, 'certificate-chain'), read('certificate.pem'))
    equal(question.get_certificate().props.certificate_pem, read('certificate.pem'))
    equal(get(question, 'certificate').props.certificate_pem, read('certificate.pem'))
    question.accept()
    assert not question.is_pending()
    equal(text_of(await operation(call, 'response')), 'secret')

    _, method = connect()
    credentials.connect('verify', lambda _, verification: verification.deny('Not that one'))
    error = await fails(operation(method, 'invoke', bytes_of('secret'), None),
                        GrpcAio.Error.quark(), GrpcAio.Error.UNAVAILABLE)
    assert error.message.startswith('Not that one ('), error.message
    questions.clear()

    # A question ends with its channel.
    credentials = GrpcAio.TlsChannelCredentials.new()
    credentials.connect('verify', lambda _, verification: questions.append(verification))
    channel, method = connect()
    call = method.call(bytes_of('secret'), None)
    await until(lambda: questions)
    cancelled = []
    watch(questions[0], 'cancelled', lambda: cancelled.append(True))
    channel.close()
    await until(lambda: cancelled)
    await operation(call, 'status')
    questions.clear()
    await operation(server, 'stop', 0)


CASES = [tls_credentials]
