#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// Uses all of the API from JavaScript: client and server in one main loop, and,
// for what blocks, in two processes.

/* eslint-disable no-await-in-loop */

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import GrpcAio from 'gi://GrpcAio?version=1';
import System from 'system';

import {CASES as CHANNELZ_CASES} from './channelz.js';
import {CASES as CLIENT_INTERCEPTOR_CASES} from './client-interceptors.js';
import {CASES as CONTEXT_CASES} from './contexts.js';
import {CASES as CREDENTIALS_CASES} from './credentials.js';
import {CASES as MESSAGE_FORMAT_CASES, callAndWait} from './message-formats.js';
import {CASES as MESSAGE_CASES} from './messages.js';
import {CASES as PORT_DELIVERY_CASES} from './port-delivery.js';
import {CASES as PORT_CASES} from './ports.js';
import {CASES as TLS_CASES} from './tls-credentials.js';
import {CASES as REFLECTION_CASES} from './reflection.js';
import {CASES as SERVER_INTERCEPTOR_CASES} from './server-interceptors.js';
import {CASES as SOCKET_CASES} from './sockets.js';
import {newMetadata, serve, TestHandler, TestService} from './service.js';
import {
    bytesOf, Census, check, equal, fails, failsNow, get, runCases, saveUses, textOf, turn, until,
    watch
} from './support.js';

const {IOErrorEnum} = Gio;
const {CallState, ChannelConnectivity, MethodKind, ServerState, StatusCode} = GrpcAio;

const STRESS_CALLS = 300;

const KINDS = {
    stream_stream: ['Chat', 'Listen', 'ChatBlocking'],
    stream_unary: ['Join', 'Refuse'],
    unary_stream: ['Count', 'CountForEver', 'CountAndFail'],
};

// A server and a channel to it, which have to be gone after each case.
class Fixture {
    constructor() {
        this.census = new Census();
        this.service = this.census.add(new TestService());
        this.server = this.census.add(GrpcAio.Server.new());
        this.server.add_service(this.service);
        this.server.add_generic_handler(this.census.add(new TestHandler()));
        this.port = this.server.add_port('127.0.0.1:0', null);
        this.server.start();
        this.channel = this.newChannel();
    }

    newChannel(port = this.port) {
        return this.census.add(GrpcAio.Channel.new(`127.0.0.1:${port}`, null));
    }

    method(name) {
        const [kind] = Object.entries(KINDS).find(([, names]) => names.includes(name)) ?? ['unary_unary'];
        return this.census.add(this.channel[kind](`/test.Test/${name}`));
    }

    call(name, text = null, options = null) {
        return this.census.add(this.method(name).call(
            text === null ? null : bytesOf(text),
            options && this.census.add(new GrpcAio.CallOptions(options))));
    }

    invoke(name, text, options = null, cancellable = null) {
        return this.method(name).invoke_async(bytesOf(text),
            options && new GrpcAio.CallOptions(options), cancellable);
    }

    async tearDown() {
        await this.server.stop_async(0, null);
        this.service.state.kept = [];
        this.service = this.server = this.channel = null;
        await this.census.waitUntilEmpty();
    }
}

const cases = [];

function test(name, func) {
    cases.push({
        name,
        func: async () => {
            const fixture = new Fixture();
            await func(fixture);
            await fixture.tearDown();
        },
    });
}

test('unary', async fixture => {
    equal(textOf(await fixture.invoke('Echo', 'hello', {timeout_usec: 5000000})), 'hello');

    const states = [];
    let isDone = false;
    const call = fixture.call('Echo', 'again');
    watch(call, 'done', () => (isDone = true));
    call.connect('notify::state', () => states.push(get(call, 'state')));
    equal(call.get_state(), CallState.STARTED);
    check(call.is_active() && !call.is_done() && !call.is_cancelled());
    equal(call.time_remaining(), -1);

    // Both may be asked for more than once, and after the end.
    for (let i = 0; i < 2; i++) {
        equal(textOf(await call.response_async(null)), 'again');
        equal(await call.status_async(null), StatusCode.OK);
    }
    await until(() => isDone);
    equal(states[states.length - 1], CallState.DONE);
    equal(call.get_code(), StatusCode.OK);
    equal(call.get_details(), '');
    equal(call.get_debug_string(), null);
    check(!call.is_active() && call.is_done() && !call.is_cancelled());
    check(call.dup_peer().startsWith('ipv4:127.0.0.1:'));

    const method = call.get_multi_callable();
    equal(get(call, 'multi-callable'), method);
    equal(method.get_method(), '/test.Test/Echo');
    equal(get(method, 'method'), '/test.Test/Echo');
    equal(method.get_kind(), MethodKind.UNARY_UNARY);
    equal(get(method, 'kind'), MethodKind.UNARY_UNARY);
    equal(method.get_channel(), fixture.channel);
    equal(get(method, 'channel'), fixture.channel);
});

test('every-code', async fixture => {
    for (let code = 1; code <= 16; code++) {
        const error = await fails(fixture.invoke('Fail', `${code}`), GrpcAio.Error, code);
        equal(error.message, 'As asked');
        equal(GrpcAio.Error.get_status_code(error), code);
        await fails(fixture.invoke('FailWithError', `${code}`), GrpcAio.Error, code);

        const call = fixture.call('Fail', `${code}`);
        equal(await call.status_async(null), code);
        equal(call.get_code(), code);
        equal(call.get_details(), 'As asked');
        check(call.get_debug_string().includes('As asked'));
    }
});

test('failures-of-handlers', async fixture => {
    const broken = await fails(fixture.invoke('Broken', ''), GrpcAio.Error, StatusCode.INTERNAL);
    equal(broken.message, 'This handler is broken');
    await fails(fixture.invoke('Nothing', ''), GrpcAio.Error, GrpcAio.Error.UNIMPLEMENTED);

    // A context that nobody keeps is gone once the collector has seen it.
    const call = fixture.call('Drop', '');
    while (!call.is_done()) {
        System.gc();
        await turn();
    }
    equal(call.get_code(), StatusCode.UNKNOWN);

    const code = fixture.call('Code', '');
    const error = await fails(code.response_async(null), GrpcAio.Error, GrpcAio.Error.OUT_OF_RANGE);
    equal(error.message, 'Too far');
    equal((await code.trailing_metadata_async(null)).get('trailing'), 'text');
});

test('metadata-of-failures', async fixture => {
    const call = fixture.call('Fail', '5');
    const error = await fails(call.response_async(null), GrpcAio.Error, GrpcAio.Error.NOT_FOUND);
    for (const metadata of [GrpcAio.Error.get_initial_metadata(error), await call.initial_metadata_async(null)]) {
        equal(metadata.get('initial'), 'text');
        equal([...metadata.get_bytes('initial-bin').toArray()], [0, 255]);
    }
    for (const metadata of [GrpcAio.Error.get_trailing_metadata(error), await call.trailing_metadata_async(null)]) {
        equal(metadata.get('trailing'), 'text');
        equal([...metadata.get_bytes('trailing-bin').toArray()], [0, 255]);
    }
    check(GrpcAio.Error.get_debug_string(error).includes('As asked'));
    check(error instanceof GrpcAio.Error);
    equal(error.domain, GrpcAio.Error.quark());

    const other = new GLib.Error(IOErrorEnum, IOErrorEnum.EXISTS, 'Not of gRPC');
    equal(GrpcAio.Error.get_trailing_metadata(other), null);
    equal(GrpcAio.Error.get_status_code(other), StatusCode.ALREADY_EXISTS);
});

test('status-details', async fixture => {
    const status = GrpcAio.RpcStatus.new(StatusCode.ABORTED, 'As asked');
    status.add_detail('test.Detail', bytesOf('detail'));
    equal(status.get_code(), StatusCode.ABORTED);
    equal(status.get_message(), 'As asked');
    equal(status.get_n_details(), 1);

    const call = fixture.census.add(fixture.method('FailRichly').call(status.to_bytes(), null));
    const error = await fails(call.response_async(null), GrpcAio.Error, GrpcAio.Error.ABORTED);
    for (const received of [GrpcAio.Error.dup_rpc_status(error), call.dup_rpc_status()]) {
        equal(received.get_nth_type_url(0), 'type.googleapis.com/test.Detail');
        equal(textOf(received.get_nth_value(0)), 'detail');
        equal(textOf(received.find_detail('test.Detail')), 'detail');
        equal(received.find_detail('test.None'), null);
    }
    failsNow(() => GrpcAio.RpcStatus.new_from_bytes(bytesOf('nonsense')), IOErrorEnum, IOErrorEnum.INVALID_DATA);

    check(GrpcAio.status_to_user_string(StatusCode.NOT_FOUND));
});

test('deadlines', async fixture => {
    await fails(fixture.invoke('Keep', '', {timeout_usec: 1000}), GrpcAio.Error, GrpcAio.Error.DEADLINE_EXCEEDED);

    let call = fixture.call('Keep', '', {timeout_usec: 20000});
    check(call.time_remaining() >= 0 && call.time_remaining() <= 20000);
    equal(await call.status_async(null), StatusCode.DEADLINE_EXCEEDED);
    equal(call.time_remaining(), 0);

    // A slow machine needs more time for the call to reach the server.
    for (let timeout_usec = 20000; !fixture.service.state.ends.length; timeout_usec *= 2) {
        call = fixture.call('Listen', null, {timeout_usec});
        await fails(call.read_async(null), GrpcAio.Error, GrpcAio.Error.DEADLINE_EXCEEDED);
    }
    await until(() => fixture.service.state.ends.includes('done'));

    const text = textOf(await fixture.invoke('Describe', '', {timeout_usec: 5000000}));
    check(text.includes(' limited '), text);
});

test('cancelling-a-call', async fixture => {
    // During.
    let call = fixture.call('Keep', '');
    const response = call.response_async(null);
    await until(() => fixture.service.state.kept.length);
    const context = fixture.census.add(fixture.service.state.kept.pop());
    let isGone = false;
    watch(context, 'done', () => (isGone = true));
    check(call.cancel());
    await fails(response, IOErrorEnum, IOErrorEnum.CANCELLED);
    equal(await call.status_async(null), StatusCode.CANCELLED);
    check(call.is_cancelled() && call.is_done());
    await until(() => isGone);
    check(context.is_cancelled() && context.is_done() && !context.is_active());
    context.complete(null);

    // After.
    call = fixture.call('Echo', '');
    await call.response_async(null);
    check(!call.cancel());

    // Streams, with everything under way.
    call = fixture.call('Chat');
    const pending = [call.read_async(null), call.read_async(null)];
    check(call.cancel());
    for (const read of pending)
        await fails(read, IOErrorEnum, IOErrorEnum.CANCELLED);
    await fails(call.write_async(bytesOf(''), null), IOErrorEnum, IOErrorEnum.CANCELLED);
    await fails(call.wait_for_connection_async(null), IOErrorEnum, IOErrorEnum.CANCELLED);
});

test('cancelling-an-operation', async fixture => {
    // Before.
    const cancelled = new Gio.Cancellable();
    cancelled.cancel();
    await fails(fixture.invoke('Echo', '', null, cancelled), IOErrorEnum, IOErrorEnum.CANCELLED);
    const operations = {
        Keep: ['response', 'wait_for_connection', 'status', 'initial_metadata', 'trailing_metadata'],
        Chat: ['read', 'done_writing'],
    };
    for (const [name, members] of Object.entries(operations)) {
        for (const member of members) {
            const call = fixture.call(name, name === 'Keep' ? '' : null);
            await fails(call[`${member}_async`](cancelled), IOErrorEnum, IOErrorEnum.CANCELLED);
            call.cancel();
        }
    }

    // During.
    let cancellable = new Gio.Cancellable();
    let call = fixture.call('Listen');
    await call.initial_metadata_async(null);
    const read = call.read_async(cancellable);
    cancellable.cancel();
    await fails(read, IOErrorEnum, IOErrorEnum.CANCELLED);
    equal(await call.status_async(null), StatusCode.CANCELLED);
    await until(() => fixture.service.state.ends.length === 2);
    check(fixture.service.state.ends.includes(GrpcAio.Error.CANCELLED));

    // Waiting for the status does not own the call.
    cancellable = new Gio.Cancellable();
    call = fixture.call('Later', 'fine');
    const status = call.status_async(cancellable);
    cancellable.cancel();
    await fails(status, IOErrorEnum, IOErrorEnum.CANCELLED);
    equal(textOf(await call.response_async(null)), 'fine');
});

test('answers-later', async fixture => {
    equal(textOf(await fixture.invoke('Later', 'at last')), 'at last');

    // Kept, and answered from outside the handler.
    const {server, service: {state}} = fixture;
    let call = fixture.call('Keep', '');
    await until(() => state.kept.length);
    System.gc();
    equal(server.get_active_calls(), 1);
    equal(get(server, 'active-calls'), 1);
    state.kept.pop().complete(bytesOf('done'));
    equal(textOf(await call.response_async(null)), 'done');
    await until(() => server.get_active_calls() === 0);

    // Kept, and let go of.
    call = fixture.call('Keep', '');
    await until(() => state.kept.length);
    state.kept = [];
    while (!call.is_done()) {
        System.gc();
        await turn();
    }
    equal(call.get_code(), StatusCode.UNKNOWN);
});

test('streams-of-responses', async fixture => {
    let call = fixture.call('Count', '5');
    const texts = [];
    for (let message; (message = await call.read_async(null));)
        texts.push(textOf(message));
    equal(texts, ['0', '1', '2', '3', '4']);
    equal(await call.status_async(null), StatusCode.OK);
    equal(await call.read_async(null), null);

    // Reads queue.
    call = fixture.call('Count', '2');
    const reads = [call.read_async(null), call.read_async(null), call.read_async(null)];
    equal((await Promise.all(reads)).map(textOf), ['0', '1', null]);

    call = fixture.call('CountAndFail', '');
    equal(textOf(await call.read_async(null)), '0');
    const error = await fails(call.read_async(null), GrpcAio.Error, GrpcAio.Error.DATA_LOSS);
    equal(error.message, 'The rest is lost');

    // A call that nobody holds is cancelled, once the collector has seen it.
    await fixture.call('CountForEver', '').read_async(null);
    while (fixture.service.state.ends.length < 2) {
        System.gc();
        await turn();
    }
    check(fixture.service.state.ends.includes(GrpcAio.Error.CANCELLED));
});

test('streams-of-requests', async fixture => {
    let call = fixture.call('Join');
    for (const text of ['one', 'two'])
        check(await call.write_async(bytesOf(text), null));
    check(await call.done_writing_async(null));
    equal(textOf(await call.response_async(null)), 'one two');

    // Not awaited: writes queue, in order.
    call = fixture.call('Join');
    const texts = Array.from({length: 50}, (_, i) => `${i}`);
    for (const text of texts)
        call.write_async(bytesOf(text), null);
    call.done_writing_async(null);
    equal(textOf(await call.response_async(null)), texts.join(' '));

    // The server ends the call before we do.
    call = fixture.call('Refuse');
    await call.write_async(bytesOf(''), null);
    await fails(call.response_async(null), GrpcAio.Error, GrpcAio.Error.RESOURCE_EXHAUSTED);
    await fails(call.write_async(bytesOf(''), null), GrpcAio.Error, GrpcAio.Error.RESOURCE_EXHAUSTED);
});

test('streams-both-ways', async fixture => {
    let call = fixture.call('Chat');
    for (let i = 0; i < 20; i++) {
        await call.write_async(bytesOf(`${i}`), null);
        equal(textOf(await call.read_async(null)), `${i}`);
    }
    await call.done_writing_async(null);
    equal(await call.read_async(null), null);
    equal(await call.status_async(null), StatusCode.OK);

    call = fixture.call('Chat');
    check(await call.write_with_flags_async(bytesOf('flags'), GrpcAio.WriteFlags.NO_COMPRESS, null));
    equal(textOf(await call.read_async(null)), 'flags');
    await call.done_writing_async(null);

    call = fixture.call('Listen');
    check(await call.wait_for_connection_async(null));
    equal(call.get_state(), CallState.CONNECTED);
    const metadata = await call.initial_metadata_async(null);
    equal([...metadata.get_bytes('initial-bin').toArray()], [0, 255]);
});

test('wrong-kinds', async fixture => {
    let call = fixture.call('Echo', '');
    await fails(call.read_async(null), IOErrorEnum, IOErrorEnum.NOT_SUPPORTED);
    await fails(call.write_async(bytesOf(''), null), IOErrorEnum, IOErrorEnum.NOT_SUPPORTED);
    call = fixture.call('Chat');
    await fails(call.response_async(null), IOErrorEnum, IOErrorEnum.NOT_SUPPORTED);
});

test('metadata', async fixture => {
    const metadata = newMetadata('key');
    metadata.append('key', 'more');
    equal(metadata.get_size(), 3);
    equal([0, 1, 2].map(i => metadata.get_nth_key(i)), ['key', 'key-bin', 'key']);
    equal([0, 1, 2].map(i => metadata.get_nth_value(i)), ['text', null, 'more']);
    equal([0, 1, 2].map(i => metadata.get_nth_bytes(i).get_size()), [4, 2, 4]);
    equal(metadata.dup_all('key'), ['text', 'more']);
    equal(metadata.dup_all('none'), []);
    equal(metadata.get('none'), null);
    equal(metadata.get_bytes('none'), null);
    check(metadata.contains('key') && !metadata.contains('none'));

    const copy = metadata.copy();
    check(copy.remove('key') && !copy.remove('key'));
    equal([copy.get_size(), metadata.get_size()], [1, 3]);
    equal(GrpcAio.Metadata.new().get_size(), 0);

    for (const [key, value] of [['Key', ''], ['', ''], ['key', 'ä'], ['key-bin', '']])
        failsNow(() => metadata.append(key, value), IOErrorEnum, IOErrorEnum.INVALID_ARGUMENT);
    failsNow(() => metadata.append_bytes('key', bytesOf('')), IOErrorEnum, IOErrorEnum.INVALID_ARGUMENT);
    check(GrpcAio.Metadata.key_is_legal('key') && !GrpcAio.Metadata.key_is_legal('Key'));

    // It stays after its owner is gone.
    const trailing = await fixture.call('Fail', '5').trailing_metadata_async(null);
    System.gc();
    await turn();
    equal(trailing.get('trailing'), 'text');

    const text = textOf(await fixture.invoke('Describe', '', {metadata}));
    equal(text, `/test.Test/Describe ${MethodKind.UNARY_UNARY} ipv4 unlimited text 1`);
});

test('options', async fixture => {
    let options = GrpcAio.CallOptions.new();
    const metadata = newMetadata('key');
    options.set_authority('example.org');
    options.set_metadata(metadata);
    options.set_timeout_usec(5);
    options.set_wait_for_ready(true);
    options.set_deadline_usec(6);
    options.set_compression(GrpcAio.Compression.GZIP);
    equal(get(options, 'deadline-usec'), 6);
    equal(get(options, 'compression'), GrpcAio.Compression.GZIP);
    equal(get(options, 'compression-set'), true);
    equal(options.get_deadline_usec(), 6);
    equal(options.get_compression(), GrpcAio.Compression.GZIP);
    equal(options.get_compression_set(), true);
    options.set_compression_set(false);
    equal(get(options, 'authority'), 'example.org');
    equal(get(options, 'metadata').get_size(), 2);
    equal(get(options, 'timeout-usec'), 5);
    equal(get(options, 'wait-for-ready'), true);
    equal(options.get_authority(), 'example.org');
    equal(options.get_metadata().get('key'), 'text');
    equal(options.get_timeout_usec(), 5);
    equal(options.get_wait_for_ready(), true);
    options.authority = options.metadata = null;
    equal(options.get_authority(), null);
    equal(options.get_metadata(), null);
    options.set_authority(null);
    options.set_metadata(null);

    // What proves who the caller is does not go over a channel that is not secure.
    const secret = GrpcAio.CallCredentials.new_access_token('secret');
    options.set_credentials(secret);
    equal(options.get_credentials(), secret);
    equal(get(options, 'credentials'), secret);
    await fails(fixture.method('Echo').invoke_async(bytesOf(''), options, null),
        GrpcAio.Error, GrpcAio.Error.UNAUTHENTICATED);
    options.set_credentials(null);

    // A call that helps to serve another ends with it.
    const {state} = fixture.service;
    const parent = fixture.call('Keep', 'x');
    await until(() => state.kept.length === 1);
    options = new GrpcAio.CallOptions();
    options.set_parent(state.kept[0]);
    equal(options.get_parent(), state.kept[0]);
    equal(get(options, 'parent'), state.kept[0]);
    const child = fixture.census.add(fixture.method('Keep').call(bytesOf('y'), options));
    await until(() => state.kept.length === 2);
    options.set_parent(null);
    parent.cancel();
    equal(await child.status_async(null), StatusCode.CANCELLED);
    state.kept = [];

    options = GrpcAio.ChannelOptions.new();
    options.set_int('grpc.lb', 3);
    options.set_string('grpc.primary_user_agent', 'test');
    equal(options.get_int('grpc.lb'), [true, 3]);
    equal(options.get_int('none'), [false, 0]);
    equal(options.get_string('grpc.primary_user_agent'), 'test');
    options.unset('grpc.lb');
    equal(options.get_int('grpc.lb')[0], false);
    equal(GrpcAio.ChannelOptions.new_hardened().max_concurrent_streams, 100);
    for (const {name} of GObject.Object.list_properties.call(GrpcAio.ChannelOptions))
        get(options, name);
    options.keepalive_time_ms = 10 * 60 * 1000;
    equal(options.get_int('grpc.keepalive_time_ms'), [true, 600000]);
    equal(options.set_service_config('{ "methodConfig": [{ "name": [{}], "timeout": "20s" }] }'), true);
    equal(options.get_service_config(), '{"methodConfig":[{"name":[{}],"timeout":"20s"}]}');
    try {
        options.set_service_config('{"methodConfig": 1}');
        equal('no error', 'an error');
    } catch (error) {
        equal(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_ARGUMENT), true);
        equal(error.message.includes('methodConfig'), true);
    }

    const target = `127.0.0.1:${fixture.port}`;
    const credentials = GrpcAio.ChannelCredentials.new_insecure();
    const channel = fixture.census.add(GrpcAio.Channel.new_with_options(target, credentials, options));
    for (const value of [channel.get_target(), get(channel, 'target')])
        equal(value, target);
    for (const value of [channel.get_credentials(), get(channel, 'credentials')])
        equal(value, credentials);
    for (const value of [channel.get_options(), get(channel, 'options')])
        equal(value, options);
    equal(fixture.channel.get_credentials(), null);
    equal(fixture.channel.get_options(), null);
    const compressing = fixture.census.add(new GrpcAio.Channel({target, compression: GrpcAio.Compression.GZIP}));
    for (const value of [compressing.get_compression(), get(compressing, 'compression')])
        equal(value, GrpcAio.Compression.GZIP);
    equal(channel.get_compression(), GrpcAio.Compression.NONE);

    const response = await channel.unary_unary('/test.Generic/Whatever').invoke_async(bytesOf(''),
        new GrpcAio.CallOptions({authority: 'example.org', metadata}), null);
    equal(textOf(response), '/test.Generic/Whatever example.org text');
});

test('generic-handlers', async fixture => {
    const {channel, port} = fixture;
    const response = await channel.unary_unary('/test.Generic/Whatever').invoke_async(bytesOf(''), null, null);
    equal(textOf(response), `/test.Generic/Whatever 127.0.0.1:${port} no-key`);
    await fails(channel.unary_unary('/test.Generic/Else').invoke_async(bytesOf(''), null, null),
        GrpcAio.Error, GrpcAio.Error.UNIMPLEMENTED);
});

test('channels', async fixture => {
    const {channel} = fixture;
    const states = [];
    equal(channel.get_state(false), ChannelConnectivity.IDLE);
    channel.connect('notify::state', () => states.push(get(channel, 'state')));
    const change = channel.wait_for_state_change_async(ChannelConnectivity.IDLE, null);
    check(await channel.ready_async(null));
    check(await change);
    equal(channel.get_state(true), ChannelConnectivity.READY);
    channel.reset_connect_backoff();
    await until(() => states.includes(ChannelConnectivity.READY));

    // Running calls go on when a channel is closed with grace.
    let call = fixture.call('Later', 'fine');
    const closed = channel.close_async(-1, null);
    equal(textOf(await call.response_async(null)), 'fine');
    check(await closed);
    equal(channel.get_state(false), ChannelConnectivity.SHUTDOWN);
    await fails(fixture.invoke('Echo', ''), GrpcAio.Error, GrpcAio.Error.FAILED_PRECONDITION);
    await fails(channel.ready_async(null), IOErrorEnum, IOErrorEnum.CLOSED);

    fixture.channel = fixture.newChannel();
    call = fixture.call('Keep', '');
    await until(() => fixture.service.state.kept.length);
    fixture.channel.close();
    equal(await call.status_async(null), StatusCode.CANCELLED);
    check(fixture.channel.close_sync(0, null));

    // Nobody listens there.
    fixture.channel = fixture.census.add(GrpcAio.Channel.new('unix:/nowhere/at/all', null));
    await fails(fixture.invoke('Echo', ''), GrpcAio.Error, GrpcAio.Error.UNAVAILABLE);
    await fails(fixture.invoke('Echo', '', {wait_for_ready: true, timeout_usec: 20000}),
        GrpcAio.Error, GrpcAio.Error.DEADLINE_EXCEEDED);
    const cancellable = new Gio.Cancellable();
    const ready = fixture.channel.ready_async(cancellable);
    cancellable.cancel();
    await fails(ready, IOErrorEnum, IOErrorEnum.CANCELLED);
});

test('connectables', async fixture => {
    const address = Gio.NetworkAddress.new('127.0.0.1', fixture.port);
    const channel = fixture.census.add(GrpcAio.Channel.new_for_connectable(address, null, null));
    fixture.channel = channel;
    equal(channel.get_connectable(), address);
    equal(get(channel, 'connectable'), address);
    equal(textOf(await fixture.invoke('Echo', 'hello')), 'hello');
});

test('xds', async fixture => {
    // The control plane of the tests in C shows more: here is none.
    equal(GrpcAio.xds_dump_configs(), null);

    const server = fixture.census.add(GrpcAio.Server.new_for_xds(null));
    equal(server.get_xds_enabled(), true);
    equal(get(server, 'xds-enabled'), true);
    equal(fixture.server.get_xds_enabled(), false);
    let nChanges = 0;
    watch(server, 'serving-status-changed', () => nChanges++);
    server.emit('serving-status-changed', '127.0.0.1:1', StatusCode.OK, '');
    equal(nChanges, 1);
    failsNow(() => server.add_port('127.0.0.1:0', null), IOErrorEnum, IOErrorEnum.INVALID_DATA);
    failsNow(() => server.start(), IOErrorEnum, IOErrorEnum.INVALID_DATA);

    fixture.channel = fixture.census.add(GrpcAio.Channel.new('xds:///service', null));
    await fails(fixture.invoke('Echo', ''), GrpcAio.Error, GrpcAio.Error.UNAVAILABLE);
});

// Out here it does not hold the variables of the case, which would never go.
function echo(context, request) {
    context.complete(request);
}

test('servers', async fixture => {
    const options = new GrpcAio.ChannelOptions();
    options.set_int('grpc.so_reuseport', 0);
    const server = fixture.census.add(GrpcAio.Server.new_with_options(options));
    equal(server.get_options(), options);
    equal(get(server, 'options'), options);
    equal(server.get_state(), ServerState.NEW);

    // Handlers of ours run in the main thread only.
    server.n_workers = 2;
    equal(server.get_n_workers(), 2);
    server.set_n_workers(0);
    equal(get(server, 'n-workers'), 0);
    server.max_threads = 3;
    equal(server.get_max_threads(), 3);
    server.set_max_threads(0);
    equal(get(server, 'max-threads'), 0);

    failsNow(() => server.add_port(`127.0.0.1:${fixture.port}`, null), IOErrorEnum, IOErrorEnum.ADDRESS_IN_USE);
    const port = server.add_port('127.0.0.1:0', GrpcAio.ServerCredentials.new_insecure());
    check(port > 0);
    const otherPort = server.add_port('127.0.0.1:0', null);

    equal(server.get_compression(), GrpcAio.Compression.NONE);
    const compressing = fixture.census.add(new GrpcAio.Server({compression: GrpcAio.Compression.GZIP}));
    equal(get(compressing, 'compression'), GrpcAio.Compression.GZIP);

    server.maximum_concurrent_rpcs = 3;
    server.maximum_queued_rpcs = 4;
    equal(server.get_maximum_concurrent_rpcs(), 3);
    equal(server.get_maximum_queued_rpcs(), 4);
    server.set_maximum_concurrent_rpcs(5);
    server.set_maximum_queued_rpcs(6);
    equal(get(server, 'maximum-concurrent-rpcs'), 5);
    equal(get(server, 'maximum-queued-rpcs'), 6);

    const service = GrpcAio.Service.new('test.Hand');
    const made = GrpcAio.RpcMethodHandler.new_unary_unary(echo);
    equal(made.get_kind(), MethodKind.UNARY_UNARY);
    equal(get(made, 'kind'), MethodKind.UNARY_UNARY);
    made.blocking = true;
    check(made.get_blocking());
    made.set_blocking(false);
    check(!get(made, 'blocking'));
    service.add_method('Echo', made);
    equal(service.get_method('Echo'), made);
    equal(service.get_method('None'), null);
    equal(service.get_name(), 'test.Hand');
    equal(get(service, 'name'), 'test.Hand');
    equal(get(fixture.service, 'name'), 'test.Test');
    server.add_service(service);

    const states = [];
    server.connect('notify::state', () => states.push(get(server, 'state')));
    check(server.start());
    equal(server.get_state(), ServerState.SERVING);
    const terminated = server.wait_for_termination_async(null);
    equal(server.get_queued_calls(), 0);
    equal(get(server, 'queued-calls'), 0);
    check(await server.remove_port_async(`127.0.0.1:${port}`, 0, null));
    check(server.remove_port_sync(`127.0.0.1:${otherPort}`, 0, null));
    await fails(server.remove_port_async('nowhere:1', 0, null), IOErrorEnum, IOErrorEnum.NOT_FOUND);
    check(server.stop_sync(0, null));
    check(await terminated);
    await until(() => states.includes(ServerState.STOPPED));

    // Grace lets running calls end; after it the rest is cancelled.
    const calls = [fixture.call('Keep', ''), fixture.call('Keep', '')];
    await until(() => fixture.service.state.kept.length === 2);
    const stopped = fixture.server.stop_async(20000, null);
    equal(fixture.server.get_state(), ServerState.STOPPING);
    fixture.service.state.kept[0].complete(bytesOf('in time'));
    check(await stopped);
    const codes = [await calls[0].status_async(null), await calls[1].status_async(null)];
    check(codes.includes(StatusCode.OK) && codes[0] !== codes[1], `${codes}`);
    check(await fixture.server.wait_for_termination_async(null));
    check(fixture.server.wait_for_termination_sync(null));
});

test('tls', async fixture => {
    const [key, certificate] = ['key.pem', 'certificate.pem'].map(name => {
        const path = GLib.build_filenamev([GLib.getenv('GRPC_AIO_TEST_TLS'), name]);
        return new TextDecoder().decode(GLib.file_get_contents(path)[1]);
    });
    const server = fixture.census.add(new GrpcAio.Server());
    server.add_service(fixture.service);
    const port = server.add_port('127.0.0.1:0',
        GrpcAio.ServerCredentials.new_ssl(key, certificate, null, false));
    server.start();

    fixture.channel = fixture.census.add(GrpcAio.Channel.new(`localhost:${port}`,
        GrpcAio.ChannelCredentials.new_ssl(certificate, null, null)));
    equal(textOf(await fixture.invoke('Echo', 'secret')), 'secret');
    await server.stop_async(0, null);
});

test('main-contexts', async fixture => {
    const context = GLib.MainContext.new();
    equal(GrpcAio.main_context_accelerate(context), GLib.getenv('GRPC_AIO_ENGINE') !== 'thread');
    context.push_thread_default();
    const texts = [];
    const other = new Fixture();
    GrpcAio.main_context_set_priority(context, GLib.PRIORITY_LOW);
    GrpcAio.main_context_set_budget(context, 8, 1000);
    for (let i = 0; i < 20; i++) {
        fixture.census.add(other.method('Echo')).invoke_async(bytesOf(`${i}`), null, null,
            (method, result) => texts.push(Number(textOf(method.invoke_finish(result)))));
    }
    while (texts.length < 20)
        context.iteration(true);
    texts.sort((a, b) => a - b);
    equal(texts, Array.from({length: 20}, (_, i) => i));
    other.server.stop_sync(0, null);
    other.channel.close_sync(0, null);
    context.pop_thread_default();
});

// A server in another process, so that we may block.
class Peer {
    constructor() {
        const [file] = GLib.filename_from_uri(import.meta.url);
        this._process = Gio.Subprocess.new(['gjs', '-m', file, '--serve'],
            Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDOUT_PIPE);
        const stream = Gio.DataInputStream.new(this._process.get_stdout_pipe());
        this.port = Number(stream.read_line_utf8(null)[0]);
    }

    stop() {
        this._process.get_stdin_pipe().close(null);
        this._process.wait_check(null);
    }
}

test('blocking', async fixture => {
    const peer = new Peer();
    fixture.channel = fixture.newChannel(peer.port);
    check(fixture.channel.ready_sync(null));
    check(fixture.channel.wait_for_state_change_sync(ChannelConnectivity.IDLE, null));

    equal(textOf(fixture.method('Echo').invoke_sync(bytesOf('block'), null, null)), 'block');
    callAndWait(fixture.channel);
    let call = fixture.call('Fail', '5');
    failsNow(() => call.response_sync(null), GrpcAio.Error, GrpcAio.Error.NOT_FOUND);
    equal(call.status_sync(null), StatusCode.NOT_FOUND);
    equal(call.initial_metadata_sync(null).get('initial'), 'text');
    equal(call.trailing_metadata_sync(null).get('trailing'), 'text');
    equal(textOf(fixture.call('Later', 'x').response_sync(null)), 'x');

    call = fixture.call('ChatBlocking');
    check(call.wait_for_connection_sync(null));
    for (const text of ['one', 'two']) {
        check(call.write_sync(bytesOf(text), null));
        equal(textOf(call.read_sync(null)), text);
    }
    check(call.write_with_flags_sync(bytesOf('flags'), GrpcAio.WriteFlags.WRITE_THROUGH, null));
    equal(textOf(call.read_sync(null)), 'flags');
    check(call.done_writing_sync(null));
    equal(call.read_sync(null), null);
    call = null; // What waits for the end of the case would keep it.

    const cancelled = new Gio.Cancellable();
    cancelled.cancel();
    failsNow(() => fixture.method('Echo').invoke_sync(bytesOf(''), null, cancelled),
        IOErrorEnum, IOErrorEnum.CANCELLED);
    failsNow(() => fixture.method('Keep').invoke_sync(bytesOf(''),
        new GrpcAio.CallOptions({timeout_usec: 20000}), null), GrpcAio.Error, GrpcAio.Error.DEADLINE_EXCEEDED);
    call = null; // A function above has it, too, and the engine may keep that one.
    fixture.channel.close();
    peer.stop();
});

// Everything is let go of while it is awaited. With a callback instead of a
// promise nothing of ours holds the source.
function begin(source, name, ...args) {
    return new Promise((resolve, reject) => {
        source[`${name}_async`](...args, null, (object, result) => {
            try {
                resolve(object[`${name}_finish`](result));
            } catch (error) {
                reject(error);
            }
        });
        source = null;
    });
}

async function collectUntil(promise) {
    let isSettled = false;
    const settled = promise.finally(() => (isSettled = true));
    while (!isSettled) {
        System.gc();
        await turn();
    }
    return settled;
}

test('dropped-references', async fixture => {
    const waits = ['status', 'initial_metadata', 'trailing_metadata', 'wait_for_connection'];
    for (const [name, text, operations] of [
        ['Later', 'x', ['response', ...waits]],
        ['Count', '0', ['read', ...waits]],
        ['Join', null, ['done_writing']],
        ['Chat', null, ['done_writing']],
    ]) {
        for (const operation of operations)
            await collectUntil(begin(fixture.call(name, text), operation));
    }
    await collectUntil(begin(fixture.call('Join'), 'write', bytesOf('x')));
    equal(textOf(await collectUntil(begin(fixture.method('Later'), 'invoke', bytesOf('x'), null))), 'x');

    // Fire and forget, and a channel of which only a call is left.
    fixture.call('Keep', 'x');
    System.gc();
    await until(() => fixture.service.state.kept.length);
    fixture.service.state.kept.pop().complete(bytesOf(''));
    let channel = fixture.newChannel();
    const response = begin(channel.unary_unary('/test.Test/Later').call(bytesOf('x'), null), 'response');
    const ready = begin(channel, 'ready');
    channel = null;
    equal(textOf(await collectUntil(response)), 'x');
    check(await collectUntil(ready));
});

// Hundreds of calls, with the collector in every step.
test('garbage-collection', async fixture => {
    async function unary(i) {
        System.gc();
        equal(textOf(await fixture.invoke(i % 2 ? 'Later' : 'Echo', `${i}`)), `${i}`);
        System.gc();
    }

    async function stream() {
        const call = fixture.call('Chat');
        for (let i = 0; i < 3; i++) {
            await call.write_async(bytesOf(`${i}`), null);
            System.gc();
            equal(textOf(await call.read_async(null)), `${i}`);
        }
        await call.done_writing_async(null);
        equal(await call.read_async(null), null);
    }

    for (let i = 0; i < STRESS_CALLS; i += 10)
        await Promise.all([stream(), ...Array.from({length: 9}, (_, j) => unary(i + j))]);
});

for (const [name, func] of Object.entries({
    ...CHANNELZ_CASES,
    ...CLIENT_INTERCEPTOR_CASES,
    ...CONTEXT_CASES,
    ...CREDENTIALS_CASES,
    ...MESSAGE_CASES,
    ...MESSAGE_FORMAT_CASES,
    ...PORT_CASES,
    ...PORT_DELIVERY_CASES,
    ...REFLECTION_CASES,
    ...SERVER_INTERCEPTOR_CASES,
    ...SOCKET_CASES,
    ...TLS_CASES,
}))
    test(name, func);

let exitStatus = 0;
if (ARGV.includes('--serve'))
    await serve();
else
    exitStatus = await runCases(cases);
saveUses();
System.exit(exitStatus);
