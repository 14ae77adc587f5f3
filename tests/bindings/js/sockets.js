// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: sockets that the program has made itself.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';

import {bytesOf, equal, textOf} from './support.js';

async function sockets(fixture) {
    const folder = GLib.dir_make_tmp('test-js-XXXXXX');
    const path = GLib.build_filenamev([folder, 'socket']);
    const seen = [];

    const service = GrpcAio.Service.new('test.Who');
    service.add_method('Who', GrpcAio.RpcMethodHandler.new_unary_unary((context, request) => {
        seen.push(context.dup_peer_credentials()?.get_unix_user() ?? null);
        context.complete(request);
    }));
    const server = fixture.census.add(new GrpcAio.Server());
    server.add_service(service);
    equal(server.add_activation_sockets(null, null), 0);
    equal(server.add_activation_sockets('grpc', GrpcAio.ServerCredentials.new_insecure()), 0);
    const port = server.add_port('127.0.0.1:0', null);
    server.start();

    const socket = Gio.Socket.new(Gio.SocketFamily.UNIX, Gio.SocketType.STREAM, Gio.SocketProtocol.DEFAULT);
    let failure = null;
    try {
        server.add_socket(socket, null);
    } catch (error) {
        failure = error;
    }
    equal(failure.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.INVALID_ARGUMENT), true);

    socket.bind(Gio.UnixSocketAddress.new(path), true);
    socket.listen();
    equal(server.add_socket(socket, null), 1);
    const channels = [];
    for (const target of [`unix:${path}`, `127.0.0.1:${port}`]) {
        channels.push(fixture.census.add(GrpcAio.Channel.new(target, null)));
        const call = channels.at(-1).unary_unary('/test.Who/Who').call(bytesOf('hello'), null);
        equal(textOf(await call.response_async(null)), 'hello');
    }
    equal(seen, [new Gio.Credentials().get_unix_user(), null]);

    equal(server.get_open_connections(), 1);
    channels.forEach(channel => channel.close());
    await server.stop_async(0, null);
    equal(socket.is_closed(), true);
    GLib.unlink(path);
    GLib.rmdir(folder);
}

export const CASES = {
    sockets,
};
