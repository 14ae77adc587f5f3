# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases of the binding test: how calls and channels say who they are."""

from gi.repository import Gio, GLib, GObject, GrpcAio

from support import bytes_of, equal, fails, fails_now, get, operation, text_of

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


CASES = [call_credentials]
