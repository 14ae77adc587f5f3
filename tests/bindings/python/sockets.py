# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases of the binding test: sockets that the program has made itself."""

import os
import tempfile

from gi.repository import Gio, GLib, GrpcAio

from support import bytes_of, equal, operation, text_of


async def sockets(fixture):
    seen = []

    def who(context, request):
        credentials = context.dup_peer_credentials()
        seen.append(credentials and credentials.get_unix_user())
        context.complete(request)

    service = GrpcAio.Service.new('test.Who')
    service.add_method('Who', GrpcAio.RpcMethodHandler.new_unary_unary(who))
    server = fixture.census.add(GrpcAio.Server.new())
    server.add_service(service)
    equal(server.add_activation_sockets(None, None), 0)
    equal(server.add_activation_sockets('grpc', GrpcAio.ServerCredentials.new_insecure()), 0)
    port = server.add_port('127.0.0.1:0', None)
    server.start()

    socket = Gio.Socket.new(Gio.SocketFamily.UNIX, Gio.SocketType.STREAM, Gio.SocketProtocol.DEFAULT)
    try:
        server.add_socket(socket, None)
        assert False, 'A socket that does not listen is an error'
    except GLib.Error as error:
        assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_ARGUMENT), error

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'socket')
        socket.bind(Gio.UnixSocketAddress.new(path), True)
        socket.listen()
        equal(server.add_socket(socket, None), 1)
        channels = []
        for target in [f'unix:{path}', f'127.0.0.1:{port}']:
            channels.append(fixture.census.add(GrpcAio.Channel.new(target, None)))
            call = channels[-1].unary_unary('/test.Who/Who').call(bytes_of('hello'), None)
            equal(text_of(await operation(call, 'response')), 'hello')
        equal(seen, [os.getuid(), None])
        equal(server.get_open_connections(), 1)
        channels.clear()
        await operation(server, 'stop', 0)

    assert socket.is_closed()


CASES = [sockets]
