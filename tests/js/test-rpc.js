// SPDX-License-Identifier: LGPL-2.1-or-later

// Clients and servers of GrpcAio.rpc.

/* eslint-disable no-await-in-loop */

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';

import {check, equal, fails, run, turn, until} from './tap.js';

const {AbortController, AbortSignal, ClientCall, createChannel, createClient, Metadata, rpcError, Schema, Server, StreamCall,
    UnaryCall, unknownFields} = GrpcAio.rpc;
const {StatusCode} = GrpcAio;
const {IOErrorEnum} = Gio;

const schema = Schema.fromFile(ARGV[0]);
const service = schema.service('test.js.Test');
const never = () => new Promise(() => {});
const later = () => new Promise(resolve => GLib.timeout_add(GLib.PRIORITY_DEFAULT, 1, () => {
    resolve();
    return GLib.SOURCE_REMOVE;
}));

const IMPLEMENTATION = {
    async echo(request) {
        return request;
    },
    async* count({x}) {
        for (let i = 0; i < x; i++)
            yield {x: i};
    },
    async sum(requests) {
        let x = 0;
        for await (const request of requests)
            x += request.x;
        return {x};
    },
    async* chat(requests) {
        for await (const {x} of requests)
            yield {x: 2 * x};
    },
};

// Runs a case with a server that has some other handlers, and a client.
function withServer(overrides, func, {client: clientOptions = {}, server: serverOptions = {}, ...more} = {}) {
    return async () => {
        const server = new Server(serverOptions);
        server.add(service, {...IMPLEMENTATION, ...overrides}, more);
        const port = server.listen('127.0.0.1:0');
        const channel = createChannel(`127.0.0.1:${port}`);
        try {
            await func(createClient(service, channel, clientOptions), {server, channel, port});
        } finally {
            await server.stop();
            channel.close();
        }
    };
}

const unary = withServer({
    async echo(request, context) {
        equal(context.method, '/test.js.Test/Echo');
        equal([...context.metadata].filter(([key]) => key.startsWith('x-')),
            [['x-text', 'value'], ['x-data-bin', Uint8Array.of(0, 255)]]);
        check(context.host.startsWith('127.0.0.1:') && context.peer.startsWith('ipv4:127.0.0.1:'));
        equal(context.authContext.get_transport_security_type(), 'insecure');
        check(context.timeRemaining > 0 && context.timeRemaining <= 5000);
        context.sendHeaders({'x-header': 'first'});
        await fails(() => context.sendHeaders({}), Error);
        context.trailers.append('x-trailer', 'last');
        return {...request, aString: `${request.aString}!`};
    },
}, async client => {
    const metadata = {'x-text': 'value', 'x-data-bin': Uint8Array.of(0, 255)};
    const call = client.echo({aString: 'hello'}, {metadata, timeout: 5000});
    equal(call.method, '/test.js.Test/Echo');
    check(!call.isDone);
    equal((await call).aString, 'hello!');
    equal((await call.response).aString, 'hello!');
    equal((await call.headers).get('x-header'), 'first');
    equal((await call.trailers).get('x-trailer'), 'last');
    equal(await call.status, {code: StatusCode.OK, details: '', debugString: null});
    check(call.isDone && !call.cancel());
});

const promises = withServer({
    async echo(request) {
        if (request.anInt32)
            throw rpcError(request.anInt32);
        return request;
    },
}, async client => {
    const call = client.echo({aString: 'hello'});
    check(call instanceof UnaryCall && call instanceof ClientCall && call instanceof Promise);
    check(!(call instanceof StreamCall));
    equal(await call.then(({aString}) => aString), 'hello');
    equal((await Promise.all([call, client.echo({aString: 'again'})])).map(({aString}) => aString), ['hello', 'again']);
    let settled = 0;
    equal((await call.finally(() => settled++)).aString, 'hello');

    const failed = client.echo({anInt32: StatusCode.ABORTED});
    equal(await failed.then(() => null, ({code}) => code), StatusCode.ABORTED);
    equal(await failed.catch(({code}) => code), StatusCode.ABORTED);
    await fails(failed.finally(() => settled++), GrpcAio.Error, StatusCode.ABORTED);
    equal(settled, 2);

    const stream = client.count({x: 1});
    check(stream instanceof StreamCall && stream instanceof ClientCall && !(stream instanceof UnaryCall));
    check(stream.then === undefined && !({} instanceof ClientCall));
    equal((await stream.read()).x, 0);

    // Who asks for nothing but the status is not told that the response was missed.
    const unheard = client.echo({anInt32: StatusCode.ABORTED});
    equal((await unheard.status).code, StatusCode.ABORTED);
    await turn();
    await turn();
});

const streams = withServer({}, async client => {
    const seen = [];
    for await (const {x} of client.count({x: 200}))
        seen.push(x);
    equal(seen, Array.from({length: 200}, (_, i) => i));

    equal(await client.sum([{x: 1}, {x: 2}]), {x: 3, y: 0});
    equal(await client.sum((async function* () {
        for (let i = 0; i < 500; i++) {
            await turn();
            yield {x: 1};
        }
    })()), {x: 500, y: 0});

    // One by one.
    const chat = client.chat(null);
    for (let x = 0; x < 100; x++) {
        check(await chat.write({x}));
        equal((await chat.read()).x, 2 * x);
    }
    chat.end();
    chat.end();
    await fails(() => chat.write({}), Error);
    equal(await chat.read(), null);
    equal(await chat.read(), null);
    equal((await chat.status).code, StatusCode.OK);

    // Reads queue, and writes need not be awaited.
    const other = client.chat(null);
    const reads = Array.from({length: 50}, () => other.read());
    for (let x = 0; x < 50; x++)
        other.write({x});
    equal((await Promise.all(reads)).map(({x}) => x), Array.from({length: 50}, (_, i) => 2 * i));
    other.end();
});

const failures = withServer({
    async echo({anInt32: code}, context) {
        context.trailers.append('x-own', 'trailer');
        if (code < 0)
            throw new TypeError('A bug');
        if (code === 100)
            throw new Gio.IOErrorEnum({code: IOErrorEnum.NOT_FOUND, message: 'No file'});
        throw rpcError(code, 'As asked', {'x-more': 'metadata'});
    },
    async* count() {
        yield {x: 1};
        throw rpcError(StatusCode.DATA_LOSS, 'The rest is lost');
    },
}, async (client, {channel}) => {
    for (let code = 1; code <= 16; code++) {
        const error = await fails(client.echo({anInt32: code}), GrpcAio.Error, code);
        equal([error.code, error.message, error.details], [code, 'As asked', 'As asked']);
        equal([error.trailingMetadata.get('x-own'), error.trailingMetadata.get('x-more')], ['trailer', 'metadata']);
        equal([...error.initialMetadata], []);
        check(error.debugString.includes('As asked') && error instanceof GLib.Error);
    }
    const bug = await fails(client.echo({anInt32: -1}), GrpcAio.Error, StatusCode.UNKNOWN);
    equal(bug.message, 'A bug');
    await fails(client.echo({anInt32: 100}), GrpcAio.Error, StatusCode.NOT_FOUND);

    const call = client.count({});
    equal((await call.read()).x, 1);
    const lost = await fails(call.read(), GrpcAio.Error, StatusCode.DATA_LOSS);
    equal(lost.message, 'The rest is lost');
    await fails(call.read(), GrpcAio.Error, StatusCode.DATA_LOSS);
    equal((await call.status).code, StatusCode.DATA_LOSS);

    // Methods that nobody has, requests and responses that are none.
    const raw = createClient({methods: {
        none: {path: '/test.js.Test/None', requestStream: false, responseStream: false},
        echo: {path: '/test.js.Test/Echo', requestStream: false, responseStream: false},
        none2: {path: '/test.js.Test/Echo', requestStream: true, responseStream: false},
    }}, channel, {messages: 'bytes'});
    await fails(raw.none(new Uint8Array(0)), GrpcAio.Error, StatusCode.UNIMPLEMENTED);
    await fails(raw.echo(Uint8Array.of(255)), GrpcAio.Error, StatusCode.INTERNAL);
    await fails(raw.none2([]), GrpcAio.Error, StatusCode.UNIMPLEMENTED);
    await fails(() => raw.echo({}), TypeError);
    await fails(() => client.echo({anInt32: 'x'}), TypeError);
    for (const code of [0, 17, -1, 'x'])
        await fails(() => rpcError(code), RangeError);
}, {server: {onError: () => {}}});

const undecodable = withServer({
    async echo() {
        return Uint8Array.of(255);
    },
    async* count() {
        yield Uint8Array.of(255);
        await never();
    },
}, async client => {
    const error = await fails(client.echo({}), GrpcAio.Error, StatusCode.INTERNAL);
    check(error.message.startsWith('The response cannot be decoded'));
    await fails(client.count({}).read(), GrpcAio.Error, StatusCode.INTERNAL);
}, {messages: 'bytes'});

const deadlines = withServer({echo: never, count: never, sum: never, chat: never}, async client => {
    const {DEADLINE_EXCEEDED} = StatusCode;
    await fails(client.echo({}, {timeout: 10}), GrpcAio.Error, DEADLINE_EXCEEDED);
    await fails(client.echo({}, {deadline: Date.now() + 10}), GrpcAio.Error, DEADLINE_EXCEEDED);
    await fails(client.echo({}, {deadline: new Date(Date.now() + 10), timeout: 10000}), GrpcAio.Error, DEADLINE_EXCEEDED);
    await fails(client.echo({}, {deadline: Date.now() - 1000}), GrpcAio.Error, DEADLINE_EXCEEDED);
    await fails(client.count({}, {timeout: 10}).read(), GrpcAio.Error, DEADLINE_EXCEEDED);
    await fails(client.sum(null, {timeout: 10}), GrpcAio.Error, DEADLINE_EXCEEDED);
    const call = client.chat(null, {timeout: 10});
    equal((await call.status).code, DEADLINE_EXCEEDED);
    equal(await call.write({}), false);
    await fails(() => client.echo({}, {timeout: 'soon'}), TypeError);
});

const state = {signals: [], ends: []};

const cancelling = withServer({
    async echo(request, context) {
        state.signals.push(context.signal);
        await never();
    },
    async* chat(requests, context) {
        try {
            yield {x: 1};
            for await (const request of requests)
                yield request;
        } catch (error) {
            state.ends.push(error);
            check(context.isCancelled);
            throw error;
        }
    },
    async* count() {
        try {
            for (let x = 0; ; x++)
                yield {x};
        } finally {
            state.ends.push('count');
        }
    },
}, async client => {
    // During.
    for (const make of [() => new AbortController(), () => {
        const cancellable = new Gio.Cancellable();
        return {signal: cancellable, abort: () => cancellable.cancel()};
    }]) {
        const controller = make();
        const call = client.echo({}, {signal: controller.signal});
        await until(() => state.signals.length === 1);
        const [signal] = state.signals.splice(0);
        check(!signal.aborted);
        controller.abort();
        const error = await fails(call, Gio.IOErrorEnum, IOErrorEnum.CANCELLED);
        equal(error.details, 'The call was cancelled');
        equal((await call.status).code, StatusCode.CANCELLED);
        await until(() => signal.aborted);
        check(signal.cancellable.is_cancelled());

        // Before.
        await fails(client.echo({}, {signal: controller.signal}), Gio.IOErrorEnum, IOErrorEnum.CANCELLED);
    }

    // After, by the call itself, and twice.
    const call = client.echo({});
    check(call.cancel());
    await fails(call, Gio.IOErrorEnum, IOErrorEnum.CANCELLED);
    check(!call.cancel());

    // Who leaves the loop cancels.
    for await (const {x} of client.count({})) {
        if (x === 100)
            break;
    }
    await until(() => state.ends.splice(0).includes('count'));
    const chat = client.chat(null);
    equal((await chat.read()).x, 1);
    chat.cancel();
    await fails(chat.read(), Gio.IOErrorEnum, IOErrorEnum.CANCELLED);
    await until(() => state.ends.length === 1);
    check(state.ends.pop().matches(IOErrorEnum, IOErrorEnum.CANCELLED));

    // Requests that fail cancel, and say why.
    const error = await fails(client.sum((async function* () {
        yield {x: 1};
        throw new RangeError('No more');
    })()), RangeError);
    equal(error.message, 'No more');
});

const signals = async () => {
    const controller = new AbortController();
    const {signal} = controller;
    const heard = [];
    const listener = event => heard.push(event.type);
    signal.addEventListener('abort', listener);
    signal.addEventListener('abort', {handleEvent: event => heard.push(event.target === signal)});
    signal.addEventListener('other', listener);
    signal.throwIfAborted();
    check(!signal.cancellable.is_cancelled());
    controller.abort();
    controller.abort();
    equal(heard, ['abort', true]);
    check(signal.aborted && signal.cancellable.is_cancelled() && signal.reason.matches(IOErrorEnum, IOErrorEnum.CANCELLED));
    await fails(() => signal.throwIfAborted(), IOErrorEnum, IOErrorEnum.CANCELLED);
    check(AbortSignal.abort('why').reason === 'why' && AbortSignal.abort().cancellable.is_cancelled());
};

const log = [];

const interceptors = withServer({}, async client => {
    equal((await client.echo({aString: 'a'})).aString, 'a+request+response');
    equal(log.splice(0), ['one echo', 'two echo', 'server Echo token 1', 'two got']);

    // They may answer themselves, and try again.
    equal((await client.echo({aString: 'own'})).aString, 'answer');
    equal(log.splice(0), ['one echo', 'two echo']);
    await fails(client.echo({aString: 'refuse'}), GrpcAio.Error, StatusCode.PERMISSION_DENIED);
    log.length = 0;

    const seen = [];
    for await (const {x} of client.count({x: 3}))
        seen.push(x);
    equal(seen, [0, 10, 20]);
}, {
    client: {
        interceptors: [
            (call, next) => {
                log.push(`one ${call.method.key}`);
                return next({...call, options: {...call.options, metadata: {token: '1'}}});
            },
            (call, next) => {
                log.push(`two ${call.method.key}`);
                if (call.request.aString === 'own')
                    return Promise.resolve({aString: 'answer'});
                if (call.method.responseStream) {
                    return (async function* () {
                        for await (const {x} of next(call))
                            yield {x: 10 * x};
                    })();
                }
                return (async () => {
                    const response = await next({...call, request: {...call.request, aString: `${call.request.aString}+request`}});
                    log.push('two got');
                    return {...response, aString: `${response.aString}+response`};
                })();
            },
        ],
    },
    server: {
        interceptors: [
            async (call, next) => {
                log.push(`server ${call.method.name} token ${call.context.metadata.get('token')}`);
                if (call.request.aString?.startsWith('refuse'))
                    throw rpcError(StatusCode.PERMISSION_DENIED, 'Not you');
                return next(call);
            },
        ],
    },
});

const largeMessages = withServer({
    async* chat(requests) {
        for await (const request of requests)
            yield request;
    },
}, async (client, {channel}) => {
    const aString = 'ü'.repeat(700000);
    equal((await client.echo({aString})).aString.length, aString.length);

    const raw = createClient({methods: {
        chat: {path: '/test.js.Test/Chat', requestStream: true, responseStream: true},
    }}, channel, {messages: 'bytes'});
    const sizes = [0, 1, 65535, 65536, 1000000, 10];
    const got = [];
    for await (const message of raw.chat(sizes.map(size => schema.message('test.js.Point').encode({x: size}))))
        got.push(schema.message('test.js.Point').decode(message).x);
    equal(got, sizes);
});

// A field that a point does not know.
const PADDING = schema.message('test.js.All').encode({someBytes: new Uint8Array(10000)});
let written = 0;

const flowControl = withServer({
    async* count() {
        for (;;) {
            written++;
            yield {x: written, [unknownFields]: PADDING};
        }
    },
    async sum(requests) {
        await later();
        let x = 0;
        for await (const request of requests)
            x += request.y;
        return {x};
    },
}, async client => {
    // Who does not read stops who writes.
    const call = client.count({});
    equal((await call.read()).x, 1);
    for (let before = -1; before !== written;) {
        before = written;
        for (let i = 0; i < 50; i++)
            await later();
    }
    check(written < 10000, `${written} messages of 10,000 bytes were written, none was read`);
    const stopped = written;
    for (let i = 0; i < stopped + 10; i++)
        await call.read();
    check(written > stopped);
    call.cancel();

    // The same the other way round.
    const sum = client.sum(null);
    let pending = 0;
    for (let i = 0; i < 20000; i++) {
        const write = sum.write({y: 1});
        if (i % 1000 === 0)
            check(await write);
        pending++;
    }
    sum.end();
    equal((await sum).x, pending);
});

// Some answers never come.
const echoInTime = request => request.aString === 'late' ? new Promise(() => {}) : request;

const unawaited = withServer({async echo(request) {
    return echoInTime(request);
}}, async (client, {server, channel}) => {
    // Fire and forget makes no noise.
    client.echo({});
    client.echo({}, {timeout: 0});
    client.count({x: 5});
    await until(() => server.native.get_active_calls() === 0);

    const cold = createClient(service, channel, {timeout: 0});
    await fails(cold.echo({aString: 'late'}), GrpcAio.Error, StatusCode.DEADLINE_EXCEEDED);
    equal((await cold.echo({aString: 'own'}, {timeout: Infinity})).aString, 'own');
    equal((await client.echo({}, {compression: GrpcAio.Compression.GZIP, waitForReady: true, authority: 'other'})).aString, '');
});

const stops = async () => {
    const server = new Server();
    server.add(service, {...IMPLEMENTATION, async echo(request) {
        await later();
        return request;
    }});
    const folder = GLib.dir_make_tmp('test-rpc-XXXXXX');
    server.listen(`unix:${folder}/socket`);
    const client = createClient(service, `unix:${folder}/socket`);
    const call = client.echo({aString: 'last'});
    await until(() => server.native.get_active_calls() === 1);
    await Promise.all([server.stop(5000), call]);
    equal((await call).aString, 'last');
    await fails(client.echo({}), GrpcAio.Error, StatusCode.UNAVAILABLE);
    check(new Metadata().size === 0);
    GLib.unlink(`${folder}/socket`);
    GLib.rmdir(folder);
};

run({
    unary, promises, streams, failures, undecodable, deadlines, cancelling, signals, interceptors,
    'large-messages': largeMessages, 'flow-control': flowControl, unawaited, stops,
});
