# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases of the binding test: how calls and channels say who they are."""

import json
import os

from gi.repository import Gio, GLib, GObject, GrpcAio

from support import bytes_of, equal, fails, fails_now, get, operation, text_of, until

ERROR = GrpcAio.Error.quark()
IO_ERROR = Gio.io_error_quark()
IOErrorEnum = Gio.IOErrorEnum

CallCredentials = GrpcAio.CallCredentials
ChannelCredentials = GrpcAio.ChannelCredentials
ServerCredentials = GrpcAio.ServerCredentials


class TestPlugin(GObject.Object, GrpcAio.AuthMetadataPlugin):
    """Sends a key with each call, but for the method Refuse."""

    __gtype_name__ = 'TestPlugin'

    def do_get_metadata(self, context):
        equal(get(context, 'service-url'), context.get_service_url())
        equal(get(context, 'method-name'), context.get_method_name())
        equal(get(context, 'auth-context'), context.get_auth_context())
        equal(context.get_auth_context().get_transport_security_type(), 'local')
        if context.get_method_name() == 'Refuse':
            context.complete_with_error(GLib.Error.new_literal(IO_ERROR, 'Not for this', 0))
            return

        def answer(user_data):
            metadata = GrpcAio.Metadata.new()
            metadata.append('key', 'from-plugin')
            context.complete(metadata)
            return GLib.SOURCE_REMOVE

        source = GLib.timeout_source_new(1)
        source.set_callback(answer)
        source.attach(GLib.MainContext.get_thread_default())


class DelegatingPlugin(GObject.Object, GrpcAio.AuthMetadataPlugin):
    """Asks another plugin."""

    __gtype_name__ = 'DelegatingPlugin'

    def __init__(self):
        super().__init__()
        self.other = TestPlugin()

    def do_get_metadata(self, context):
        self.other.get_metadata(context)


def show(context, request):
    metadata = context.get_invocation_metadata()
    context.complete(bytes_of(f'{metadata.get("authorization")} {metadata.get("key")}'))


def serve(fixture, credentials):
    """Starts a server that says what calls came with."""
    service = GrpcAio.Service.new('test.Who')
    for name in ('Show', 'Refuse'):
        service.add_method(name, GrpcAio.RpcMethodHandler.new_unary_unary(show))
    server = fixture.census.add(GrpcAio.Server.new())
    server.add_service(service)
    port = server.add_port('127.0.0.1:0', credentials)
    server.start()

    return server, port


async def call_credentials(fixture):
    kind = GrpcAio.LocalConnectionType.LOCAL_TCP
    server, port = serve(fixture, ServerCredentials.new_local(kind))

    fails_now(IO_ERROR, IOErrorEnum.INVALID_ARGUMENT, CallCredentials.new_access_token, 'ä')
    plugin = fixture.census.add(DelegatingPlugin())
    credentials = fixture.census.add(CallCredentials.new_composite(
        CallCredentials.new_access_token('secret'),
        CallCredentials.new_plugin(plugin, GrpcAio.SecurityLevel.PRIVACY_AND_INTEGRITY)))
    channel = fixture.census.add(GrpcAio.Channel.new(
        f'127.0.0.1:{port}', ChannelCredentials.new_composite(ChannelCredentials.new_local(kind), credentials)))

    method = channel.unary_unary('/test.Who/Show')
    equal(text_of(await operation(method, 'invoke', bytes_of(''), None)), 'Bearer secret from-plugin')
    method = channel.unary_unary('/test.Who/Refuse')
    error = await fails(operation(method, 'invoke', bytes_of(''), None), ERROR, GrpcAio.Error.UNAVAILABLE)
    assert 'Not for this' in error.message, error
    await operation(server, 'stop', 0)


async def google_credentials(fixture):
    kind = GrpcAio.LocalConnectionType.LOCAL_TCP
    server, port = serve(fixture, ServerCredentials.new_xds(ServerCredentials.new_local(kind)))

    options = GrpcAio.StsOptions.new('https://example.org/sts', '/token', 'kind')
    for name, value in {
            'token-exchange-service-uri': 'https://example.org/other', 'subject-token-path': '/other',
            'subject-token-type': 'other', 'resource': 'r', 'audience': 'a', 'scope': 's',
            'requested-token-type': 't', 'actor-token-path': '/actor', 'actor-token-type': 'at'}.items():
        options.set_property(name, value)
        equal(get(options, name), value)
    external = json.dumps({
        'type': 'external_account', 'audience': 'a', 'subject_token_type': 't',
        'token_url': 'https://example.org/', 'credential_source': {'file': '/token'}})
    refresh = json.dumps({'type': 'authorized_user', 'client_id': 'c', 'client_secret': 's', 'refresh_token': 'r'})
    for credentials in (
            CallCredentials.new_sts(options),
            CallCredentials.new_external_account(external, ['read', 'write']),
            CallCredentials.new_external_account(external, None),
            CallCredentials.new_refresh_token(refresh),
            CallCredentials.new_compute_engine()):
        fixture.census.add(CallCredentials.new_composite(credentials, credentials))

    for function, arguments in (
            (CallCredentials.new_sts, [GrpcAio.StsOptions()]),
            (CallCredentials.new_external_account, ['{}', None]),
            (CallCredentials.new_refresh_token, ['']),
            (CallCredentials.new_service_account_jwt, ['{"type": "service_account"}', 60]),
            (CallCredentials.new_iam, ['', ''])):
        fails_now(IO_ERROR, IOErrorEnum.INVALID_ARGUMENT, function, *arguments)

    # Where it does not work it says so.
    for function, arguments in ((ChannelCredentials.new_alts, [['me@example.org']]), (ServerCredentials.new_alts, [])):
        try:
            function(*arguments)
        except GLib.Error as error:
            assert error.matches(IO_ERROR, IOErrorEnum.NOT_SUPPORTED), error

    ChannelCredentials.new_compute_engine(None)
    os.environ['GOOGLE_APPLICATION_CREDENTIALS'] = '/nonexistent/file'
    fails_now(IO_ERROR, IOErrorEnum.INVALID_ARGUMENT, ChannelCredentials.new_google_default_sync, None)
    results = []
    ChannelCredentials.new_google_default_async(None, lambda source, result: results.append(result))
    await until(lambda: results)
    fails_now(IO_ERROR, IOErrorEnum.INVALID_ARGUMENT, ChannelCredentials.new_google_default_finish, results[0])

    credentials = ChannelCredentials.new_composite(
        ChannelCredentials.new_xds(ChannelCredentials.new_local(kind)), CallCredentials.new_iam('token', 'selector'))
    channel = fixture.census.add(GrpcAio.Channel.new(f'127.0.0.1:{port}', credentials))
    method = channel.unary_unary('/test.Who/Show')
    equal(text_of(await operation(method, 'invoke', bytes_of(''), None)), 'None None')
    await operation(server, 'stop', 0)


CASES = [call_credentials, google_credentials]
