// SPDX-License-Identifier: LGPL-2.1-or-later

// What the override adds to GrpcAio.

/* eslint-disable no-await-in-loop */

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';

import {check, equal, fails, run, until} from './tap.js';

const {IOErrorEnum} = Gio;
const {AbortController} = GrpcAio.rpc;

const bytesOf = text => new GLib.Bytes(text);
const textOf = bytes => bytes && new TextDecoder().decode(bytes.toArray());

const [, descriptorSet] = GLib.file_get_contents(ARGV[0]);
const kept = [];

// Handlers on the API of C.
function newService() {
    const service = GrpcAio.Service.new('test.Test');

    service.add_method('Echo', GrpcAio.RpcMethodHandler.new_unary_unary((context, request) =>
        context.complete(request)));
    service.add_method('Keep', GrpcAio.RpcMethodHandler.new_unary_unary(context => kept.push(context)));
    service.add_method('Fail', GrpcAio.RpcMethodHandler.new_unary_unary((context, request) => {
        const metadata = new GrpcAio.Metadata();
        metadata.append('key', 'value');
        metadata.append_bytes('data-bin', new GLib.Bytes([0, 255]));
        context.abort_with_metadata(Number(textOf(request)), 'As asked', metadata);
    }));
    service.add_method('Count', GrpcAio.RpcMethodHandler.new_unary_stream(async context => {
        for (let i = 0; await context.write_async(bytesOf(`${i}`)).catch(() => false); i++) {
            if (i === 9) {
                context.complete(null);
                return;
            }
        }
        kept.push('given up');
    }));
    service.add_method('Chat', GrpcAio.RpcMethodHandler.new_stream_stream(async context => {
        await context.send_initial_metadata_async();
        for await (const message of context)
            await context.write_with_flags_async(message, GrpcAio.WriteFlags.WRITE_THROUGH);
        context.complete(null);
    }));
    return service;
}

function withServer(func) {
    return async () => {
        const server = GrpcAio.Server.new();
        server.add_service(newService());
        const port = server.add_port('127.0.0.1:0', null);
        server.start();
        const channel = GrpcAio.Channel.new(`127.0.0.1:${port}`, null);
        await func(channel, server);
        check(await channel.close_async(0));
        check(await server.stop_async(0));
        check(await server.wait_for_termination_async());
        kept.length = 0;
    };
}

const promises = withServer(async channel => {
    check(await channel.ready_async());
    check(await channel.wait_for_state_change_async(GrpcAio.ChannelConnectivity.IDLE));
    const echo = channel.unary_unary('/test.Test/Echo');
    equal(textOf(await echo.invoke_async(bytesOf('one'), null, null)), 'one');
    equal(textOf(await echo.invoke_async(bytesOf('two'))), 'two');
    equal(textOf(await echo.invoke_async(bytesOf('three'), new GrpcAio.CallOptions({timeout_usec: 5000000}))), 'three');

    const call = echo.call(bytesOf('four'), null);
    check(await call.wait_for_connection_async());
    equal(textOf(await call.response_async()), 'four');
    equal(await call.status_async(), GrpcAio.StatusCode.OK);
    equal([...await call.trailing_metadata_async()], []);
    check(await call.initial_metadata_async() instanceof GrpcAio.Metadata);

    // With a callback all is as it was, also for who promisifies again.
    Gio._promisify(GrpcAio.Call.prototype, 'response_async');
    let result = null;
    call.response_async(null, (source, res) => (result = textOf(source.response_finish(res))));
    await until(() => result);
    equal(result, 'four');
    await fails(() => call.write_async('text'), TypeError);
    await fails(() => call.write_async(), TypeError);
    await fails(() => new GrpcAio.MessagePool().add_from_channel_async(call), TypeError);
});

// Those with other arguments than bytes.
const more = async () => {
    const known = new GrpcAio.MessagePool();
    known.add_bytes(descriptorSet);
    const service = GrpcAio.Service.new('test.js.Test');
    service.add_method('Echo', GrpcAio.RpcMethodHandler.new_unary_unary((context, request) => context.complete(request)));
    const server = GrpcAio.Server.new();
    server.add_service(service);
    server.add_reflection(known);
    const port = server.add_port('127.0.0.1:0', null);
    server.start();
    const channel = GrpcAio.Channel.new(`127.0.0.1:${port}`, null);

    const pool = new GrpcAio.MessagePool();
    check(await pool.add_from_channel_async(channel));
    check(pool.dup_service_names().includes('test.js.Test'));
    await fails(pool.add_from_channel_async(channel, 'test.Nobody'), GrpcAio.Error, GrpcAio.Error.NOT_FOUND);
    await fails(() => pool.add_from_channel_async(server), TypeError);

    equal(await channel.call_json_async('/test.js.Test/Echo', '{"anInt32":3}', pool), '{"anInt32":3}');
    await fails(channel.call_json_async('/test.js.Test/Echo', '{"nothing":3}', pool), IOErrorEnum, IOErrorEnum.INVALID_DATA);
    const request = new GLib.Variant('a{sv}', {an_int32: GLib.Variant.new_int32(4)}); // eslint-disable-line camelcase
    const options = new GrpcAio.CallOptions({timeout_usec: 5000000});
    const response = await channel.call_variant_async('/test.js.Test/Echo', request, pool, options);
    equal(response.recursiveUnpack(), {an_int32: 4}); // eslint-disable-line camelcase
    equal((await channel.call_variant_async('/test.js.Test/Echo', null, pool)).n_children(), 0);
    await server.stop_async(0);
};

// A function of a class, that needs no object.
const ofClass = async () => {
    GLib.setenv('GOOGLE_APPLICATION_CREDENTIALS', '/nonexistent/file', true);
    await fails(GrpcAio.ChannelCredentials.new_google_default_async(), IOErrorEnum, IOErrorEnum.INVALID_ARGUMENT);
    const cancellable = new Gio.Cancellable();
    cancellable.cancel();
    await fails(GrpcAio.ChannelCredentials.new_google_default_async(cancellable), IOErrorEnum, IOErrorEnum.CANCELLED);
};

const awaitable = withServer(async channel => {
    const echo = channel.unary_unary('/test.Test/Echo');
    equal(textOf(await echo.call(bytesOf('hello'), null)), 'hello');
    await fails((async () => await channel.unary_unary('/test.Test/Fail').call(bytesOf('5'), null))(), // eslint-disable-line no-return-await
        GrpcAio.Error, GrpcAio.Error.NOT_FOUND);

    // One with a stream of responses is not: an async function may return it.
    const call = await (async () => channel.stream_stream('/test.Test/Chat').call(null, null))();
    check(call instanceof GrpcAio.Call);
    await call.write_async(bytesOf('x'));
    equal(textOf(await call.read_async()), 'x');
    check(await call.done_writing_async());
    equal(await call.read_async(), null);
});

const iterable = withServer(async channel => {
    const count = channel.unary_stream('/test.Test/Count');
    const texts = [];
    for await (const message of count.call(bytesOf(''), null))
        texts.push(textOf(message));
    equal(texts.join(''), '0123456789');

    const call = count.call(bytesOf(''), null);
    for await (const message of call) {
        equal(textOf(message), '0');
        break;
    }
    await until(() => call.is_done());
    check(call.is_cancelled());
});

const errors = withServer(async channel => {
    const fail = channel.unary_unary('/test.Test/Fail');
    const error = await fails(fail.invoke_async(bytesOf('9')), GrpcAio.Error, GrpcAio.Error.FAILED_PRECONDITION);
    check(error.matches(GrpcAio.Error, 9) && error instanceof GrpcAio.Error);
    equal([error.code, error.message, error.details], [9, 'As asked', 'As asked']);
    equal([...error.trailing_metadata], [['key', 'value'], ['data-bin', Uint8Array.of(0, 255)]]);
    check(error.initial_metadata instanceof GrpcAio.Metadata);
    check(error.debug_string.includes('As asked'));
});

const cancelling = withServer(async channel => {
    const keep = channel.unary_unary('/test.Test/Keep');
    const cancellable = new Gio.Cancellable();
    const controller = new AbortController();
    const foreign = {aborted: false, addEventListener: (type, listener) => (foreign.listener = listener)};

    for (const [signal, abort] of [
        [cancellable, () => cancellable.cancel()],
        [controller.signal, () => controller.abort()],
        [foreign, () => foreign.listener()],
    ]) {
        kept.length = 0;
        const response = keep.invoke_async(bytesOf(''), null, signal);
        await until(() => kept.length === 1);
        abort();
        await fails(response, IOErrorEnum, IOErrorEnum.CANCELLED);
    }
    await fails(keep.invoke_async(bytesOf(''), null, {aborted: true}), IOErrorEnum, IOErrorEnum.CANCELLED);
    await fails(keep.call(bytesOf(''), null).status_async(cancellable), IOErrorEnum, IOErrorEnum.CANCELLED);
});

// The results of operations in another main context come there.
const otherContext = async () => {
    const context = GLib.MainContext.new();
    let text = null;

    context.push_thread_default();
    const server = GrpcAio.Server.new();
    server.add_service(newService());
    const port = server.add_port('127.0.0.1:0', null);
    server.start();
    const channel = GrpcAio.Channel.new(`127.0.0.1:${port}`, null);
    const call = channel.unary_unary('/test.Test/Echo').call(bytesOf('there'), null);
    const answered = call.response_async().then(response => (text = textOf(response)));
    while (!call.is_done())
        context.iteration(true);
    const stopped = server.stop_async(0);
    while (server.get_state() !== GrpcAio.ServerState.STOPPED)
        context.iteration(true);
    channel.close();
    context.pop_thread_default();

    await answered;
    check(await stopped);
    equal(text, 'there');
};

run({promises, more, 'of-class': ofClass, awaitable, iterable, errors, cancelling, 'other-context': otherContext});
