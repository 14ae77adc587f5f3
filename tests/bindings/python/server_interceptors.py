# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases of the binding test: interceptors of servers, and what they hand over."""

from gi.repository import Gio, GLib, GrpcAio

from support import bytes_of, equal, fails, get, operation, text_of, until

ERROR = GrpcAio.Error.quark()
StatusCode = GrpcAio.StatusCode


class Recorder(GrpcAio.ServerInterceptor):
    """Notes all that it sees, marks messages, and hands values over."""

    __gtype_name__ = 'TestServerRecorder'

    def __init__(self):
        super().__init__()
        self.seen = []

    def do_intercept_service(self, continuation, details):
        context = continuation.get_context()
        context.set_value('test-text', 'from the interceptor')
        context.set_value('test-object', Gio.File.new_for_path('/'))
        context.set_identity('alice')
        self.seen.append(details.get_method())
        continuation.pass_on(None)

    def do_filter_request(self, context, message):
        self.seen.append('request ' + text_of(message))
        return bytes_of(text_of(message) + '>')

    def do_filter_response(self, context, message):
        self.seen.append('response ' + text_of(message))
        return message

    def do_call_ended(self, context):
        self.seen.append(context.get_code().value_nick)


class Delegate(GrpcAio.ServerInterceptor):
    """Leaves all to another one."""

    __gtype_name__ = 'TestServerDelegate'

    def __init__(self, helper):
        super().__init__()
        self.helper = helper

    def do_intercept_service(self, continuation, details):
        self.helper.intercept_service(continuation, details)

    def do_filter_request(self, context, message):
        return self.helper.filter_request(context, message)

    def do_filter_response(self, context, message):
        return self.helper.filter_response(context, message)

    def do_call_ended(self, context):
        self.helper.call_ended(context)


class Chooser(GrpcAio.ServerInterceptor):
    """Wraps, replaces or refuses, as the metadata says."""

    __gtype_name__ = 'TestServerChooser'

    def do_intercept_service(self, continuation, details):
        how = details.get_invocation_metadata().get('how')
        if how == 'wrap':
            continuation.proceed_async(None, None, self.on_proceeded)
        elif how == 'replace':
            continuation.return_handler(GrpcAio.RpcMethodHandler.new(
                GrpcAio.MethodKind.UNARY_UNARY, lambda context, request: context.complete(bytes_of('replaced'))))
        elif how == 'refuse':
            continuation.return_error(GLib.Error.new_literal(ERROR, 'not you', GrpcAio.Error.PERMISSION_DENIED))
        elif how == 'other':
            other = GrpcAio.HandlerCallDetails.new('/test.Test/Other', None, None)
            continuation.pass_on(other)
        elif how == 'sync':
            continuation.return_handler(continuation.proceed_sync(None, None))
        elif how != 'drop':
            continuation.pass_on(None)

    def on_proceeded(self, continuation, result):
        handler = continuation.proceed_finish(result)

        def wrapped(context, request):
            handler.serve(context, bytes_of('wrapped ' + text_of(request)))

        continuation.return_handler(GrpcAio.RpcMethodHandler.new(handler.get_kind(), wrapped))


def answer_values(context, request):
    value = context.get_value('test-object')
    equal(context.get_value('none'), None)
    equal(get(context, 'identity'), context.get_identity())
    equal((get(context, 'active'), get(context, 'cancelled')), (True, False))
    assert not context.has_sent_initial_metadata()
    assert context.set_compression(GrpcAio.Compression.GZIP)
    context.disable_next_message_compression()
    context.complete(bytes_of(' '.join([
        context.get_identity(), context.get_value('test-text'), value.get_path(), text_of(request)])))


def abort(context, request):
    if text_of(request).startswith('metadata'):
        metadata = GrpcAio.Metadata.new()
        metadata.append('why', 'because')
        context.abort_with_metadata(StatusCode.NOT_FOUND, 'gone', metadata)
    else:
        context.abort_with_status(GrpcAio.RpcStatus.new(StatusCode.ABORTED, 'conflict'))


def new_server(fixture, interceptors):
    service = GrpcAio.Service.new('test.Test')
    service.add_method('Values', GrpcAio.RpcMethodHandler.new_unary_unary(answer_values))
    service.add_method('Abort', GrpcAio.RpcMethodHandler.new_unary_unary(abort))
    service.add_method('Echo', GrpcAio.RpcMethodHandler.new_unary_unary(
        lambda context, request: context.complete(request)))
    service.add_method('Other', GrpcAio.RpcMethodHandler.new_unary_unary(
        lambda context, request: context.complete(bytes_of('other'))))
    server = fixture.census.add(GrpcAio.Server(interceptors=interceptors))
    server.add_service(service)
    fixture.port = server.add_port('127.0.0.1:0', None)
    server.start()
    fixture.channel = fixture.new_channel()

    return server


def invoke(fixture, name, text, **metadata):
    options = GrpcAio.CallOptions.new()
    values = GrpcAio.Metadata.new()
    for key, value in metadata.items():
        values.append(key, value)
    options.set_metadata(values)

    return operation(fixture.channel.unary_unary('/test.Test/' + name), 'invoke', bytes_of(text), options)


async def server_interceptors(fixture):
    recorder = Recorder()
    interceptors = Gio.ListStore.new(GrpcAio.ServerInterceptor)
    interceptors.append(Delegate(recorder))
    server = new_server(fixture, interceptors)
    equal([type(item).__name__ for item in get(server, 'interceptors')], ['Delegate'])

    equal(text_of(await invoke(fixture, 'Values', 'x')), 'alice from the interceptor / x>')
    await until(lambda: len(recorder.seen) == 4)
    equal(recorder.seen, ['/test.Test/Values', 'request x', 'response alice from the interceptor / x>', 'ok'])

    call = fixture.channel.unary_unary('/test.Test/Abort').call(bytes_of('metadata'), None)
    equal(await operation(call, 'status'), StatusCode.NOT_FOUND)
    equal((await operation(call, 'trailing_metadata')).get('why'), 'because')
    await fails(invoke(fixture, 'Abort', 'status'), ERROR, GrpcAio.Error.ABORTED)
    await operation(server, 'stop', 0)


async def server_interceptors_choose(fixture):
    server = fixture.census.add(GrpcAio.Server.new())
    server.add_interceptor(Chooser())
    interceptors = server.dup_interceptors()
    equal(interceptors.get_n_items(), 1)
    server = new_server(fixture, interceptors)

    equal(text_of(await invoke(fixture, 'Echo', 'x', how='pass')), 'x')
    equal(text_of(await invoke(fixture, 'Echo', 'x', how='wrap')), 'wrapped x')
    equal(text_of(await invoke(fixture, 'Echo', 'x', how='replace')), 'replaced')
    equal(text_of(await invoke(fixture, 'Echo', 'x', how='other')), 'other')
    equal(text_of(await invoke(fixture, 'Echo', 'x', how='sync')), 'x')
    await fails(invoke(fixture, 'Echo', 'x', how='refuse'), ERROR, GrpcAio.Error.PERMISSION_DENIED)
    await fails(invoke(fixture, 'Echo', 'x', how='drop'), ERROR, GrpcAio.Error.UNKNOWN)
    await operation(server, 'stop', 0)


async def shipped_server_interceptors(fixture):
    def check(continuation, token):
        if token == 'secret':
            continuation.get_context().set_identity('bob')
            GLib.idle_add(continuation.pass_on, None)
        else:
            continuation.return_error(GLib.Error.new_literal(ERROR, 'who?', GrpcAio.Error.UNAUTHENTICATED))

    auth = GrpcAio.ServerAuthInterceptor.new('Token', check)
    equal((auth.get_scheme(), get(auth, 'scheme')), ('Token', 'Token'))
    auth.set_optional(True)
    equal((auth.get_optional(), get(auth, 'optional')), (True, True))
    auth.set_optional(False)

    interceptors = Gio.ListStore.new(GrpcAio.ServerInterceptor)
    interceptors.append(GrpcAio.ServerLoggingInterceptor.new())
    interceptors.append(auth)
    server = new_server(fixture, interceptors)

    equal(text_of(await invoke(fixture, 'Echo', 'x', authorization='Token secret')), 'x')
    await fails(invoke(fixture, 'Echo', 'x', authorization='Token wrong'), ERROR, GrpcAio.Error.UNAUTHENTICATED)
    await fails(invoke(fixture, 'Echo', 'x'), ERROR, GrpcAio.Error.UNAUTHENTICATED)
    await operation(server, 'stop', 0)


CASES = [server_interceptors, server_interceptors_choose, shipped_server_interceptors]
