// SPDX-License-Identifier: LGPL-2.1-or-later

// The server of the binding test: a service with a method for each thing a
// handler can do, and a handler for the methods that no service has.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import GrpcAio from 'gi://GrpcAio?version=1';

import {bytesOf, check, equal, get, textOf, watch} from './support.js';

// Lets an async function serve a method. What it throws ends the call.
//
// GJS lends a callback its boxed arguments, such as the request, until the
// callback returns: what is used later has to be copied.
function handler(func, ...args) {
    return (context, request) => {
        func(...args, context, request && new GLib.Bytes(request.toArray())).catch(error =>
            context.abort(GrpcAio.StatusCode.INTERNAL, error.message));
    };
}

export function newMetadata(prefix) {
    const metadata = new GrpcAio.Metadata();
    metadata.append(prefix, 'text');
    metadata.append_bytes(`${prefix}-bin`, new GLib.Bytes(new Uint8Array([0, 255])));
    return metadata;
}

// The methods. They are told what the test looks at in @state: a function that
// held the service would keep it for ever, since the service keeps its handlers.
const METHODS = {
    async Echo(state, context, request) {
        context.complete(request);
    },

    async Later(state, context, request) {
        GLib.timeout_add(GLib.PRIORITY_DEFAULT, 1, () => {
            context.complete(request);
            return GLib.SOURCE_REMOVE;
        });
    },

    async Keep(state, context) {
        state.kept.push(context);
    },

    async Drop() {
    },

    async Broken() {
        throw new Error('This handler is broken');
    },

    async Fail(state, context, request) {
        await context.send_initial_metadata_async(newMetadata('initial'), null);
        context.set_trailing_metadata(newMetadata('trailing'));
        context.abort(Number(textOf(request)), 'As asked');
    },

    async FailWithError(state, context, request) {
        context.complete_with_error(new GLib.Error(GrpcAio.Error, Number(textOf(request)), 'As asked'));
    },

    async FailRichly(state, context, request) {
        const status = GrpcAio.RpcStatus.new_from_bytes(request);
        context.complete_with_error(GrpcAio.Error.new_with_rpc_status(status));
    },

    async Code(state, context) {
        context.set_code(GrpcAio.StatusCode.OUT_OF_RANGE);
        context.set_details('Too far');
        equal(context.get_code(), GrpcAio.StatusCode.OUT_OF_RANGE);
        equal(context.get_details(), 'Too far');
        context.set_trailing_metadata(newMetadata('trailing'));
        equal(context.get_trailing_metadata().get('trailing'), 'text');
        context.complete(null);
    },

    async Describe(state, context) {
        const metadata = context.get_invocation_metadata();
        const remaining = context.time_remaining();
        equal(get(context, 'invocation-metadata').get_size(), metadata.get_size());
        equal(get(context, 'server'), context.get_server());
        equal(get(context, 'method'), context.get_method());
        equal(get(context, 'host'), context.get_host());
        check(context.is_active() && !context.is_done() && !context.is_cancelled());

        context.complete(bytesOf([
            context.get_method(),
            context.get_kind(),
            context.dup_peer().replace(/:.*/, ''),
            remaining > 0 && remaining <= 6000000 ? 'limited' : 'unlimited',
            metadata.get('key') ?? 'no-key',
            context.get_server().get_active_calls(),
        ].join(' ')));
    },

    /* eslint-disable no-await-in-loop */
    async Count(state, context, request) {
        for (let i = 0; i < Number(textOf(request)); i++)
            check(await context.write_async(bytesOf(`${i}`), null));
        context.complete(null);
    },

    async CountForEver(state, context) {
        watch(context, 'done', () => state.ends.push('done'));
        try {
            for (let i = 0; ; i++)
                await context.write_async(bytesOf(`${i}`), null);
        } catch (error) {
            state.ends.push(error.code);
            check(context.is_cancelled());
        }
    },

    async CountAndFail(state, context) {
        await context.write_with_flags_async(bytesOf('0'), GrpcAio.WriteFlags.WRITE_THROUGH, null);
        context.abort(GrpcAio.StatusCode.DATA_LOSS, 'The rest is lost');
    },

    async Join(state, context, request) {
        const texts = [];
        equal(request, null);
        for (let message; (message = await context.read_async(null));)
            texts.push(textOf(message));
        context.complete(bytesOf(texts.join(' ')));
    },

    async Refuse(state, context) {
        await context.read_async(null);
        context.abort(GrpcAio.StatusCode.RESOURCE_EXHAUSTED, 'Enough');
    },

    async Chat(state, context) {
        // The writes are not awaited: they queue.
        for (let message; (message = await context.read_async(null));)
            context.write_async(message, null).catch(() => {});
        context.complete(null);
    },

    async Listen(state, context) {
        watch(context, 'done', () => state.ends.push('done'));
        await context.send_initial_metadata_async(newMetadata('initial'), null);
        try {
            for (let message = true; message;)
                message = await context.read_async(null);
        } catch (error) {
            state.ends.push(error.code);
        }
    },
    /* eslint-enable no-await-in-loop */

    // Only for clients in another process: what blocks, blocks the others.
    async ChatBlocking(state, context) {
        check(context.send_initial_metadata_sync(newMetadata('initial'), null));
        for (let message; (message = context.read_sync(null));)
            if (textOf(message) === 'flags')
                check(context.write_with_flags_sync(message, GrpcAio.WriteFlags.NO_COMPRESS, null));
            else
                check(context.write_sync(message, null));
        context.complete(null);
    }
};

const KINDS = {
    new_unary_unary: [
        'Echo', 'Later', 'Keep', 'Drop', 'Fail', 'FailWithError', 'FailRichly', 'Code', 'Describe', 'Broken',
    ],
    new_unary_stream: ['Count', 'CountForEver', 'CountAndFail'],
    new_stream_unary: ['Join', 'Refuse'],
    new_stream_stream: ['Chat', 'Listen', 'ChatBlocking'],
};

// A service is made by hand, or derived like this one.
export const TestService = GObject.registerClass(
class TestService extends GrpcAio.Service {
    _init() {
        super._init({name: 'test.Test'});

        this.state = {kept: [], ends: []};
        for (const [constructor, names] of Object.entries(KINDS)) {
            for (const name of names) {
                this.add_method(name,
                    GrpcAio.RpcMethodHandler[constructor](handler(METHODS[name], this.state)));
            }
        }
    }
});

// Serves one method, without a service.
const WhateverHandler = GObject.registerClass({
    Implements: [GrpcAio.GenericRpcHandler],
}, class WhateverHandler extends GObject.Object {
    vfunc_service(details) {
        if (details.get_method() !== '/test.Generic/Whatever')
            return null;

        const metadata = details.get_invocation_metadata();
        const text = [details.get_method(), details.get_host(), metadata.get('key') ?? 'no-key'].join(' ');

        return GrpcAio.RpcMethodHandler.new_unary_unary(context => context.complete(bytesOf(text)));
    }
});

// Serves the methods that no service has, with the help of another.
export const TestHandler = GObject.registerClass({
    Implements: [GrpcAio.GenericRpcHandler],
}, class TestHandler extends GObject.Object {
    _init() {
        super._init();
        this._helper = new WhateverHandler();
    }

    vfunc_service(details) {
        equal(get(details, 'method'), details.get_method());
        equal(get(details, 'host'), details.get_host());
        equal(get(details, 'invocation-metadata').get_size(), details.get_invocation_metadata().get_size());

        return this._helper.service(details);
    }
});

// Serves until the standard input is closed.
export async function serve() {
    Gio._promisify(Gio.InputStream.prototype, 'read_bytes_async');

    const server = new GrpcAio.Server();
    server.add_service(new TestService());
    server.add_generic_handler(new TestHandler());
    print(server.add_port('127.0.0.1:0', null));
    server.start();

    const stream = Gio.File.new_for_path('/dev/stdin').read(null);
    await stream.read_bytes_async(1, GLib.PRIORITY_DEFAULT, null);
    await server.stop_async(-1, null);
}
