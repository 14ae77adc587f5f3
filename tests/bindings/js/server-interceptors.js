// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: interceptors of servers, and what they hand over.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import GrpcAio from 'gi://GrpcAio?version=1';

import {bytesOf, check, equal, fails, get, textOf, until} from './support.js';

const {StatusCode} = GrpcAio;

// Notes all that it sees, marks messages, and hands values over.
const Recorder = GObject.registerClass(
class TestServerRecorder extends GrpcAio.ServerInterceptor {
    _init() {
        super._init();
        this.seen = [];
    }

    vfunc_intercept_service(continuation, details) {
        const context = continuation.get_context();
        context.set_value('test-text', 'from the interceptor');
        context.set_value('test-object', Gio.File.new_for_path('/'));
        context.set_identity('alice');
        this.seen.push(details.get_method());
        continuation.pass_on(null);
    }

    vfunc_filter_request(context, message) {
        this.seen.push(`request ${textOf(message)}`);
        return bytesOf(`${textOf(message)}>`);
    }

    vfunc_filter_response(context, message) {
        this.seen.push(`response ${textOf(message)}`);
        return message;
    }

    vfunc_call_ended(context) {
        this.seen.push(context.get_code());
    }
});

// Leaves all to another one.
const Delegate = GObject.registerClass(
class TestServerDelegate extends GrpcAio.ServerInterceptor {
    _init(helper) {
        super._init();
        this._helper = helper;
    }

    vfunc_intercept_service(continuation, details) {
        this._helper.intercept_service(continuation, details);
    }

    vfunc_filter_request(context, message) {
        return this._helper.filter_request(context, message);
    }

    vfunc_filter_response(context, message) {
        return this._helper.filter_response(context, message);
    }

    vfunc_call_ended(context) {
        this._helper.call_ended(context);
    }
});

async function wrap(continuation) {
    const handler = await continuation.proceed_async(null, null);

    continuation.return_handler(GrpcAio.RpcMethodHandler.new(handler.get_kind(), (context, request) => {
        handler.serve(context, bytesOf(`wrapped ${textOf(request)}`));
    }));
}

// Wraps, replaces or refuses, as the metadata says.
const Chooser = GObject.registerClass(
class TestServerChooser extends GrpcAio.ServerInterceptor {
    vfunc_intercept_service(continuation, details) {
        switch (details.get_invocation_metadata().get('how')) {
        case 'wrap':
            wrap(continuation).catch(logError);
            break;
        case 'replace':
            continuation.return_handler(GrpcAio.RpcMethodHandler.new(GrpcAio.MethodKind.UNARY_UNARY,
                context => context.complete(bytesOf('replaced'))));
            break;
        case 'refuse':
            continuation.return_error(new GLib.Error(GrpcAio.Error, GrpcAio.Error.PERMISSION_DENIED, 'not you'));
            break;
        case 'other':
            continuation.pass_on(GrpcAio.HandlerCallDetails.new('/test.Test/Other', null, null));
            break;
        case 'sync':
            continuation.return_handler(continuation.proceed_sync(null, null));
            break;
        default:
            continuation.pass_on(null);
        }
    }
});

function answerValues(context, request) {
    const file = context.get_value('test-object');

    equal(context.get_value('none'), null);
    equal(get(context, 'identity'), context.get_identity());
    equal([get(context, 'active'), get(context, 'cancelled')], [true, false]);
    check(!context.has_sent_initial_metadata());
    check(context.set_compression(GrpcAio.Compression.GZIP));
    context.disable_next_message_compression();
    context.complete(bytesOf([
        context.get_identity(), context.get_value('test-text'), file.get_path(), textOf(request),
    ].join(' ')));
}

function abort(context, request) {
    if (textOf(request).startsWith('metadata')) {
        const metadata = new GrpcAio.Metadata();
        metadata.append('why', 'because');
        context.abort_with_metadata(StatusCode.NOT_FOUND, 'gone', metadata);
    } else {
        context.abort_with_status(GrpcAio.RpcStatus.new(StatusCode.ABORTED, 'conflict'));
    }
}

function newServer(fixture, interceptors) {
    const service = GrpcAio.Service.new('test.Test');
    const methods = {
        Values: answerValues,
        Abort: abort,
        Echo: (context, request) => context.complete(request),
        Other: context => context.complete(bytesOf('other')),
    };
    for (const [name, func] of Object.entries(methods))
        service.add_method(name, GrpcAio.RpcMethodHandler.new_unary_unary(func));
    const server = fixture.census.add(new GrpcAio.Server({interceptors}));
    server.add_service(service);
    fixture.port = server.add_port('127.0.0.1:0', null);
    server.start();
    fixture.channel = fixture.newChannel();

    return server;
}

function listOf(...interceptors) {
    const list = Gio.ListStore.new(GrpcAio.ServerInterceptor.$gtype);
    interceptors.forEach(interceptor => list.append(interceptor));

    return list;
}

function invoke(fixture, name, text, values = {}) {
    const metadata = new GrpcAio.Metadata();
    for (const [key, value] of Object.entries(values))
        metadata.append(key, value);

    return fixture.channel.unary_unary(`/test.Test/${name}`).invoke_async(bytesOf(text),
        new GrpcAio.CallOptions({metadata}), null);
}

async function serverInterceptors(fixture) {
    const recorder = new Recorder();
    const server = newServer(fixture, listOf(new Delegate(recorder)));
    equal(get(server, 'interceptors').get_n_items(), 1);

    equal(textOf(await invoke(fixture, 'Values', 'x')), 'alice from the interceptor / x>');
    await until(() => recorder.seen.length === 4);
    equal(recorder.seen,
        ['/test.Test/Values', 'request x', 'response alice from the interceptor / x>', StatusCode.OK]);

    const error = await fails(invoke(fixture, 'Abort', 'metadata'), GrpcAio.Error, GrpcAio.Error.NOT_FOUND);
    equal(GrpcAio.Error.get_trailing_metadata(error).get('why'), 'because');
    await fails(invoke(fixture, 'Abort', 'status'), GrpcAio.Error, GrpcAio.Error.ABORTED);
    await server.stop_async(0, null);
}

// By way of another server, which is gone when this returns.
function chooserList() {
    const server = new GrpcAio.Server();
    server.add_interceptor(new Chooser());
    const interceptors = server.dup_interceptors();
    equal(interceptors.get_n_items(), 1);

    return interceptors;
}

async function serverInterceptorsChoose(fixture) {
    const server = newServer(fixture, chooserList());

    equal(textOf(await invoke(fixture, 'Echo', 'x', {how: 'pass'})), 'x');
    equal(textOf(await invoke(fixture, 'Echo', 'x', {how: 'wrap'})), 'wrapped x');
    equal(textOf(await invoke(fixture, 'Echo', 'x', {how: 'replace'})), 'replaced');
    equal(textOf(await invoke(fixture, 'Echo', 'x', {how: 'other'})), 'other');
    equal(textOf(await invoke(fixture, 'Echo', 'x', {how: 'sync'})), 'x');
    await fails(invoke(fixture, 'Echo', 'x', {how: 'refuse'}), GrpcAio.Error, GrpcAio.Error.PERMISSION_DENIED);
    await server.stop_async(0, null);
}

async function shippedServerInterceptors(fixture) {
    const auth = GrpcAio.ServerAuthInterceptor.new('Token', (continuation, token) => {
        if (token === 'secret') {
            continuation.get_context().set_identity('bob');
            GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
                continuation.pass_on(null);
                return GLib.SOURCE_REMOVE;
            });
        } else {
            continuation.return_error(new GLib.Error(GrpcAio.Error, GrpcAio.Error.UNAUTHENTICATED, 'who?'));
        }
    });
    equal([auth.get_scheme(), get(auth, 'scheme')], ['Token', 'Token']);
    auth.set_optional(true);
    equal([auth.get_optional(), get(auth, 'optional')], [true, true]);
    auth.set_optional(false);

    const server = newServer(fixture, listOf(GrpcAio.ServerLoggingInterceptor.new(), auth));
    equal(textOf(await invoke(fixture, 'Echo', 'x', {authorization: 'Token secret'})), 'x');
    await fails(invoke(fixture, 'Echo', 'x', {authorization: 'Token wrong'}),
        GrpcAio.Error, GrpcAio.Error.UNAUTHENTICATED);
    await fails(invoke(fixture, 'Echo', 'x'), GrpcAio.Error, GrpcAio.Error.UNAUTHENTICATED);
    await server.stop_async(0, null);
}

export const CASES = {
    'server-interceptors': serverInterceptors,
    'server-interceptors-choose': serverInterceptorsChoose,
    'shipped-server-interceptors': shippedServerInterceptors,
};
