# SPDX-License-Identifier: LGPL-2.1-or-later

"""The server of the binding test: a service with a method for each thing a
handler can do, and a handler for the methods that no service has."""

import weakref

from gi.repository import Gio, GLib, GObject, GrpcAio

from support import bytes_of, get, operation, start, text_of, watch


def handler(function):
    """Lets an async function serve a method. What it raises ends the call."""
    async def answer(context, request):
        try:
            if isinstance(function, weakref.WeakMethod):
                await function()(context, request)
            else:
                await function(context, request)
        except Exception as error:
            # The traceback would keep the context.
            error.__traceback__ = None
            context.abort(GrpcAio.StatusCode.INTERNAL, repr(error))

    return lambda context, request: start(answer(context, request))


def new_metadata(prefix):
    metadata = GrpcAio.Metadata.new()
    metadata.append(prefix, 'text')
    metadata.append_bytes(prefix + '-bin', GLib.Bytes.new(b'\0\xff'))
    return metadata


class TestService(GrpcAio.Service):
    """A service is made by hand, or derived like this one."""

    __gtype_name__ = 'TestService'

    def __init__(self):
        super().__init__(name='test.Test')

        # What the methods below left behind for the test to look at.
        self.kept = []
        self.ends = []

        kinds = {
            'new_unary_unary': [
                'Echo', 'Later', 'Keep', 'Drop', 'Fail', 'FailWithError', 'FailRichly', 'Code', 'Describe', 'Broken',
            ],
            'new_unary_stream': ['Count', 'CountForEver', 'CountAndFail'],
            'new_stream_unary': ['Join', 'Refuse'],
            'new_stream_stream': ['Chat', 'Listen', 'ChatBlocking'],
        }
        for kind, names in kinds.items():
            constructor = getattr(GrpcAio.RpcMethodHandler, kind)
            for name in names:
                # A bound method would keep the service, which keeps its
                # handlers: for ever.
                function = weakref.WeakMethod(getattr(self, 'on_' + name.lower()))
                self.add_method(name, constructor(handler(function)))

    async def on_echo(self, context, request):
        context.complete(request)

    async def on_later(self, context, request):
        def answer():
            context.complete(request)
            return GLib.SOURCE_REMOVE

        GLib.timeout_add(1, answer)

    async def on_keep(self, context, request):
        self.kept.append(context)

    async def on_drop(self, context, request):
        pass

    async def on_broken(self, context, request):
        raise ValueError('This handler is broken')

    async def on_fail(self, context, request):
        await operation(context, 'send_initial_metadata', new_metadata('initial'))
        context.set_trailing_metadata(new_metadata('trailing'))
        context.abort(GrpcAio.StatusCode(int(text_of(request))), 'As asked')

    async def on_failwitherror(self, context, request):
        code = int(text_of(request))
        context.complete_with_error(GLib.Error.new_literal(GrpcAio.Error.quark(), 'As asked', code))

    async def on_failrichly(self, context, request):
        status = GrpcAio.RpcStatus.new_from_bytes(request)

        # An error that goes through PyGObject keeps neither metadata nor details.
        error = GrpcAio.Error.new_with_rpc_status(status)
        assert error.matches(GrpcAio.Error.quark(), status.get_code())
        assert GrpcAio.Error.dup_rpc_status(error) is None

        metadata = GrpcAio.Metadata.new()
        metadata.append_bytes('grpc-status-details-bin', status.to_bytes())
        context.set_trailing_metadata(metadata)
        context.abort(status.get_code(), status.get_message())

    async def on_code(self, context, request):
        context.set_code(GrpcAio.StatusCode.OUT_OF_RANGE)
        context.set_details('Too far')
        assert context.get_code() == GrpcAio.StatusCode.OUT_OF_RANGE
        assert context.get_details() == 'Too far'
        context.set_trailing_metadata(new_metadata('trailing'))
        assert context.get_trailing_metadata().get('trailing') == 'text'
        context.complete(None)

    async def on_describe(self, context, request):
        metadata = context.get_invocation_metadata()
        assert get(context, 'invocation-metadata').get_size() == metadata.get_size()
        assert get(context, 'server') == context.get_server()
        assert get(context, 'method') == context.get_method()
        assert get(context, 'host') == context.get_host()
        assert context.is_active() and not context.is_done() and not context.is_cancelled()

        context.complete(bytes_of(' '.join([
            context.get_method(),
            context.get_kind().value_nick,
            context.dup_peer().partition(':')[0],
            'limited' if 0 < context.time_remaining() <= 6_000_000 else 'unlimited',
            metadata.get('key') or 'no-key',
            str(context.get_server().get_active_calls()),
        ])))

    async def on_count(self, context, request):
        for number in range(int(text_of(request))):
            assert await operation(context, 'write', bytes_of(str(number)))
        context.complete(None)

    async def on_countforever(self, context, request):
        watch(context, 'done', lambda: self.ends.append('done'))
        number = 0
        try:
            while True:
                await operation(context, 'write', bytes_of(str(number)))
                number += 1
        except GLib.Error as error:
            self.ends.append(error.code)
            assert context.is_cancelled()

    async def on_countandfail(self, context, request):
        await operation(context, 'write_with_flags', bytes_of('0'), GrpcAio.WriteFlags.WRITE_THROUGH)
        context.abort(GrpcAio.StatusCode.DATA_LOSS, 'The rest is lost')

    async def on_join(self, context, request):
        assert request is None
        texts = []
        while message := await operation(context, 'read'):
            texts.append(text_of(message))
        context.complete(bytes_of(' '.join(texts)))

    async def on_refuse(self, context, request):
        await operation(context, 'read')
        context.abort(GrpcAio.StatusCode.RESOURCE_EXHAUSTED, 'Enough')

    async def on_chat(self, context, request):
        while message := await operation(context, 'read'):
            # Not awaited: writes queue.
            context.write_async(message, None, None)
        context.complete(None)

    async def on_listen(self, context, request):
        watch(context, 'done', lambda: self.ends.append('done'))
        await operation(context, 'send_initial_metadata', new_metadata('initial'))
        try:
            while await operation(context, 'read'):
                pass
        except GLib.Error as error:
            self.ends.append(error.code)

    async def on_chatblocking(self, context, request):
        """Only for clients in another process: what blocks, blocks the others."""
        assert context.send_initial_metadata_sync(new_metadata('initial'), None)
        while message := context.read_sync(None):
            if text_of(message) == 'flags':
                assert context.write_with_flags_sync(message, GrpcAio.WriteFlags.NO_COMPRESS, None)
            else:
                assert context.write_sync(message, None)
        context.complete(None)


class WhateverHandler(GObject.Object, GrpcAio.GenericRpcHandler):
    """Serves one method, without a service."""

    __gtype_name__ = 'WhateverHandler'

    def do_service(self, details):
        if details.get_method() != '/test.Generic/Whatever':
            return None

        metadata = details.get_invocation_metadata()
        text = ' '.join([details.get_method(), details.get_host(), metadata.get('key') or 'no-key'])

        async def answer(context, request):
            context.complete(bytes_of(text))

        return GrpcAio.RpcMethodHandler.new_unary_unary(handler(answer))


class TestHandler(GObject.Object, GrpcAio.GenericRpcHandler):
    """Serves the methods that no service has, with the help of another."""

    __gtype_name__ = 'TestHandler'

    def __init__(self):
        super().__init__()
        self.helper = WhateverHandler()

    def do_service(self, details):
        assert get(details, 'method') == details.get_method()
        assert get(details, 'host') == details.get_host()
        assert get(details, 'invocation-metadata').get_size() == details.get_invocation_metadata().get_size()

        return self.helper.service(details)


def serve():
    """Serves until the standard input is closed."""
    loop = GLib.MainLoop()
    server = GrpcAio.Server.new()
    server.add_service(TestService())
    server.add_generic_handler(TestHandler())
    port = server.add_port('127.0.0.1:0', None)
    server.start()
    print(port, flush=True)

    def on_stopped(server, result):
        server.stop_finish(result)
        loop.quit()

    def on_closed(stream, result):
        stream.read_bytes_finish(result)
        server.stop_async(-1, None, on_stopped)

    stream = Gio.UnixInputStream.new(0, False)
    stream.read_bytes_async(1, GLib.PRIORITY_DEFAULT, None, on_closed)
    loop.run()
