# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases of the binding test: what a handler knows of its call."""

import os

from gi.repository import Gio, GLib, GrpcAio

from support import bytes_of, equal, operation, text_of


def read_pem(name):
    with open(os.path.join(os.environ['GRPC_AIO_TEST_TLS'], name), encoding='ascii') as file:
        return file.read()


def describe(auth_context):
    """Says all that is known of a peer, in a form to compare."""
    try:
        certificate = auth_context.dup_peer_certificate()
        pem = certificate and certificate.props.certificate_pem
    except GLib.Error as error:
        assert error.matches(Gio.tls_error_quark(), Gio.TlsError.UNAVAILABLE), error
        pem = auth_context.get_peer_certificate_pem()

    return [
        auth_context.get_transport_security_type(),
        auth_context.is_peer_authenticated(),
        auth_context.get_peer_identity_key(),
        [identity.get_data() for identity in auth_context.dup_peer_identities()],
        [value.get_data() for value in auth_context.dup_values('x509_common_name')],
        auth_context.get_text('x509_common_name'),
        'x509_common_name' in auth_context.dup_names(),
        pem,
        auth_context.get_peer_certificate_pem(),
    ]


async def auth_contexts(fixture):
    key, certificate = read_pem('key.pem'), read_pem('certificate.pem')
    known = [
        'ssl', True, 'x509_subject_alternative_name', [b'localhost'], [b'localhost'], 'localhost', True,
        certificate, certificate,
    ]
    seen = []

    def who(context, request):
        seen.append(describe(context.get_auth_context()))
        seen.append([identity.get_data() for identity in context.dup_peer_identities()])
        seen.append(context.get_peer_identity_key())
        context.complete(request)

    service = GrpcAio.Service.new('test.Who')
    service.add_method('Who', GrpcAio.RpcMethodHandler.new_unary_unary(who))
    server = fixture.census.add(GrpcAio.Server.new())
    server.add_service(service)
    port = server.add_port('127.0.0.1:0', GrpcAio.ServerCredentials.new_ssl(key, certificate, certificate, True))
    plain_port = server.add_port('127.0.0.1:0', None)
    server.start()

    credentials = GrpcAio.ChannelCredentials.new_ssl(certificate, key, certificate)
    channel = fixture.census.add(GrpcAio.Channel.new(f'localhost:{port}', credentials))
    call = channel.unary_unary('/test.Who/Who').call(bytes_of('hello'), None)
    equal(call.dup_auth_context(), None)
    equal(text_of(await operation(call, 'response')), 'hello')
    equal(seen, [known, [b'localhost'], 'x509_subject_alternative_name'])
    equal(describe(call.dup_auth_context()), ['tls'] + known[1:])

    channel = fixture.census.add(GrpcAio.Channel.new(f'127.0.0.1:{plain_port}', None))
    call = channel.unary_unary('/test.Who/Who').call(bytes_of('hello'), None)
    equal(text_of(await operation(call, 'response')), 'hello')
    unknown = ['insecure', False, None, [], [], None, False, None, None]
    equal(seen[3:], [unknown, [], None])
    equal(describe(call.dup_auth_context()), unknown)
    await operation(server, 'stop', 0)


CASES = [auth_contexts]
