// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: interceptors of a client, derived in JavaScript.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import GrpcAio from 'gi://GrpcAio?version=1';

import {bytesOf, check, equal, fails, get, textOf, until, watch} from './support.js';

const {IOErrorEnum} = Gio;
const {StatusCode} = GrpcAio;

function newMetadata(key, value) {
    const metadata = new GrpcAio.Metadata();
    metadata.append(key, value);
    return metadata;
}

// Sees all, and replaces messages.
const Watcher = GObject.registerClass(class Watcher extends GrpcAio.ClientInterceptor {
    log = [];

    vfunc_intercept(call) {
        this.log.push(`intercept ${call.get_method()}`);
        if (call.get_metadata().contains('refuse'))
            throw new GLib.Error(GrpcAio.Error, GrpcAio.Error.PERMISSION_DENIED, 'Not this one');
        if (call.get_metadata().contains('break'))
            throw new TypeError('Broken');
        call.return_call(call.proceed());
    }

    vfunc_request_message(call, message) {
        const text = textOf(message);
        this.log.push(`request ${text}`);
        if (text === 'bad')
            throw new GLib.Error(GrpcAio.Error, GrpcAio.Error.OUT_OF_RANGE, 'A bad message');
        return text === text.toLowerCase() ? bytesOf(text.toUpperCase()) : null;
    }

    vfunc_response_message(call, message) {
        this.log.push(`response ${textOf(message)}`);
        return message;
    }

    vfunc_initial_metadata(call, metadata) {
        this.log.push(`metadata ${metadata.get('initial')}`);
    }

    vfunc_done(call) {
        check(call.is_done() && call.get_cancellable().is_cancelled());
        check(call.get_elapsed_usec() >= 0);
        const trailing = call.get_trailing_metadata().get('trailing');
        this.log.push(`done ${call.get_code()} ${call.get_details()} ${trailing} ${call.dup_peer() !== null}`);
    }
});

// Does what a test wants. What it throws answers the call.
const Doer = GObject.registerClass(class Doer extends GrpcAio.ClientInterceptor {
    vfunc_intercept(call) {
        this.func(call).catch(error => call.return_error(error));
    }
});

function intercept(fixture, func) {
    const base = fixture.channel;
    const doer = fixture.census.add(new Doer());
    doer.func = func;
    fixture.channel = fixture.census.add(base.intercept([doer]));
    equal(fixture.channel.get_base(), base);
    equal(get(fixture.channel, 'base'), base);
}

async function clientInterceptors(fixture) {
    const watcher = fixture.census.add(new Watcher());
    const interceptors = new Gio.ListStore({item_type: GrpcAio.ClientInterceptor});
    interceptors.append(watcher);
    fixture.channel = fixture.census.add(new GrpcAio.Channel({
        target: `127.0.0.1:${fixture.port}`,
        interceptors,
    }));
    equal(fixture.channel.get_interceptors().get_item(0), watcher);
    equal(get(fixture.channel, 'interceptors').get_n_items(), 1);

    equal(textOf(await fixture.invoke('Echo', 'hello')), 'HELLO');
    equal(watcher.log, [
        'intercept /test.Test/Echo', 'request hello', 'metadata null', 'response HELLO', 'done 0  null true',
    ]);

    watcher.log = [];
    const error = await fails(fixture.invoke('Fail', '5'), GrpcAio.Error, GrpcAio.Error.NOT_FOUND);
    equal(error.message, 'As asked');
    equal(watcher.log.slice(2), ['metadata text', 'done 5 As asked text true']);

    await fails(fixture.invoke('Echo', 'x', {metadata: newMetadata('refuse', 'please')}),
        GrpcAio.Error, GrpcAio.Error.PERMISSION_DENIED);
    await fails(fixture.invoke('Echo', 'x', {metadata: newMetadata('break', 'please')}),
        GrpcAio.Error, GrpcAio.Error.UNKNOWN);
    await fails(fixture.invoke('Echo', 'bad'), GrpcAio.Error, GrpcAio.Error.OUT_OF_RANGE);

    const call = fixture.call('Chat');
    for (const text of ['one', 'two']) {
        await call.write_async(bytesOf(text), null); // eslint-disable-line no-await-in-loop
        equal(textOf(await call.read_async(null)), text.toUpperCase()); // eslint-disable-line no-await-in-loop
    }
    await call.done_writing_async(null);
    equal(await call.read_async(null), null);
    equal(await call.status_async(null), StatusCode.OK);
}

// They take their time, change what is asked for, and try again.
async function clientInterceptorsAtWork(fixture) {
    let attempts = [];

    intercept(fixture, async call => {
        await new Promise(resolve => GLib.timeout_add(GLib.PRIORITY_DEFAULT, 1, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        }));
        equal(call.get_channel(), fixture.channel);
        equal(call.get_kind(), GrpcAio.MethodKind.UNARY_UNARY);
        equal(textOf(call.get_request()), 'ask');
        call.set_method('/test.Test/Describe');
        call.set_request(bytesOf('other'));
        call.get_options().set_timeout_usec(5000000);
        call.get_metadata().append('key', 'value');
        while (attempts.length < 3) {
            attempts.push(call.proceed());
            await attempts[attempts.length - 1].status_async(null); // eslint-disable-line no-await-in-loop
        }
        call.return_call(attempts[attempts.length - 1]);
    });
    const text = textOf(await fixture.invoke('Echo', 'ask'));
    check(text.startsWith('/test.Test/Describe ') && text.includes('limited value'), text);
    equal(attempts.length, 3);
    attempts = [];
}

async function clientInterceptorsThatAnswer(fixture) {
    let answer = async call => {
        call.send_initial_metadata(newMetadata('own', 'initial'));
        call.set_trailing_metadata(newMetadata('own', 'trailing'));
        call.return_response(bytesOf('own'));
    };
    intercept(fixture, call => answer(call));

    let call = fixture.call('Echo', 'x');
    equal((await call.initial_metadata_async(null)).get('own'), 'initial');
    equal((await call.trailing_metadata_async(null)).get('own'), 'trailing');
    equal(textOf(await call.response_async(null)), 'own');

    answer = async intercepted => intercepted.return_status(StatusCode.DATA_LOSS, 'Gone');
    await fails(fixture.invoke('Echo', 'x'), GrpcAio.Error, GrpcAio.Error.DATA_LOSS);
    answer = async () => {
        throw new GLib.Error(Gio.IOErrorEnum, IOErrorEnum.NOT_FOUND, 'Not there');
    };
    await fails(fixture.invoke('Echo', 'x'), GrpcAio.Error, GrpcAio.Error.NOT_FOUND);

    answer = async intercepted => {
        let message;
        while ((message = await intercepted.read_request_async(null))) // eslint-disable-line no-await-in-loop
            check(await intercepted.write_response_async(message, null)); // eslint-disable-line no-await-in-loop
        intercepted.return_status(StatusCode.OK, null);
    };
    call = fixture.call('Chat');
    for (const text of ['one', 'two']) {
        await call.write_async(bytesOf(text), null); // eslint-disable-line no-await-in-loop
        equal(textOf(await call.read_async(null)), text); // eslint-disable-line no-await-in-loop
    }
    await call.done_writing_async(null);
    equal(await call.read_async(null), null);

    answer = async intercepted => {
        const message = intercepted.read_request_sync(null);
        check(intercepted.write_response_sync(message, null));
        intercepted.return_status(StatusCode.OK, null);
    };
    call = fixture.call('Chat');
    const reading = call.read_async(null);
    call.write_async(bytesOf('three'), null);
    equal(textOf(await reading), 'three');
    equal(await call.read_async(null), null);

    // It never answers.
    const kept = [];
    answer = async intercepted => kept.push(intercepted);
    await fails(fixture.invoke('Echo', 'x', {timeout_usec: 20000}), GrpcAio.Error, GrpcAio.Error.DEADLINE_EXCEEDED);
    call = fixture.call('Echo', 'x');
    await until(() => kept.length === 2);
    call.cancel();
    await fails(call.response_async(null), IOErrorEnum, IOErrorEnum.CANCELLED);
    kept.length = 0;
}

async function shippedInterceptors(fixture) {
    const methods = ['/test.Test/Fail'];
    const retry = GrpcAio.RetryClientInterceptor.new(methods);
    const hedging = GrpcAio.HedgingClientInterceptor.new(methods);
    for (const item of [retry, hedging]) {
        equal(item.get_methods(), methods);
        equal(get(item, 'methods'), methods);
        check(item.get_retriable(StatusCode.UNAVAILABLE));
        item.set_retriable(StatusCode.ABORTED, true);
        check(get(item, 'max-attempts') > 1);
    }
    equal(get(retry, 'initial-backoff-usec'), 100000);
    equal(get(retry, 'max-backoff-usec'), 5000000);
    equal(get(retry, 'backoff-multiplier'), 2);
    equal(get(retry, 'jitter'), 0.2);
    equal(get(hedging, 'hedging-delay-usec'), 500000);
    const deadline = GrpcAio.DeadlineClientInterceptor.new(5000000);
    equal(deadline.get_timeout_usec(), 5000000);
    equal(get(deadline, 'timeout-usec'), 5000000);
    const injector = GrpcAio.MetadataClientInterceptor.new(newMetadata('key', 'shipped'));
    equal(injector.get_metadata().get('key'), 'shipped');
    equal(get(injector, 'metadata').get('key'), 'shipped');
    const authentication = GrpcAio.AuthenticationClientInterceptor.new();
    const tokens = ['token'];
    watch(authentication, 'refresh', () => {
        if (tokens.length)
            authentication.set_token(tokens.pop());
        else
            authentication.fail(new GLib.Error(IOErrorEnum, IOErrorEnum.PERMISSION_DENIED, 'No login'));
    });
    const items = [
        GrpcAio.LoggingClientInterceptor.new(), deadline, injector, authentication, retry, hedging,
    ];
    fixture.channel = fixture.census.add(fixture.channel.intercept(items));

    const text = textOf(await fixture.invoke('Describe', ''));
    check(text.includes('limited shipped'), text);
    equal(authentication.dup_token(), 'token');
    await fails(fixture.invoke('Fail', '16'), GrpcAio.Error, GrpcAio.Error.PERMISSION_DENIED);
    equal(authentication.dup_token(), null);
}

export const CASES = {
    'client-interceptors': clientInterceptors,
    'client-interceptors-at-work': clientInterceptorsAtWork,
    'client-interceptors-that-answer': clientInterceptorsThatAnswer,
    'shipped-interceptors': shippedInterceptors,
};
