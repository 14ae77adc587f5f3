// SPDX-License-Identifier: LGPL-2.1-or-later

// What the binding test in JavaScript stands on: TAP, a record of what was
// used, and a watch over objects that should be gone.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import GrpcAio from 'gi://GrpcAio?version=1';
import System from 'system';

// How long one case may take before it fails: nothing here should wait.
const PATIENCE_SECONDS = 30;

// What was used of the API, named like Call.cancel, Call:state and Call::done.
const used = new Set();

function recordIn(name, object) {
    for (const member of Object.getOwnPropertyNames(object)) {
        const original = Object.getOwnPropertyDescriptor(object, member).value;
        if (typeof original !== 'function' || member === 'constructor')
            continue;
        object[member] = function (...args) {
            used.add(`${name}${member}`);
            return original.apply(this, args);
        };

        // By the number of arguments Gio._promisify() knows what is wanted.
        Object.defineProperty(object[member], 'length', {value: original.length});
    }
}

// Has every function of the API note that it was called, and those that end in
// _async return a promise when they are given no callback.
function prepare() {
    const names = [
        'AuthContext',
        'AuthMetadataContext',
        'AuthMetadataPlugin',
        'AuthenticationClientInterceptor',
        'Call',
        'CallCredentials',
        'CallOptions',
        'Channel',
        'ChannelCredentials',
        'ChannelOptions',
        'ClientInterceptor',
        'DeadlineClientInterceptor',
        'Error',
        'GenericRpcHandler',
        'HandlerCallDetails',
        'HedgingClientInterceptor',
        'InterceptedCall',
        'LoggingClientInterceptor',
        'Message',
        'MessagePool',
        'Metadata',
        'MetadataClientInterceptor',
        'MultiCallable',
        'Port',
        'RetryClientInterceptor',
        'RpcMethodHandler',
        'RpcStatus',
        'Server',
        'ServerAuthInterceptor',
        'ServerContinuation',
        'ServerCredentials',
        'ServerInterceptor',
        'ServerLoggingInterceptor',
        'Service',
        'ServicerContext',
        'StsOptions',
        'TlsAuthorities',
        'TlsChannelCredentials',
        'TlsIdentity',
        'TlsServerCredentials',
        'TlsVerification',
    ];

    for (const name of names) {
        const {prototype} = GrpcAio[name];
        recordIn(`${name}.`, GrpcAio[name]);
        if (!prototype)
            continue;
        recordIn(`${name}.`, prototype);
        for (const member of Object.getOwnPropertyNames(prototype)) {
            if (member.endsWith('_async'))
                Gio._promisify(prototype, member);
        }
    }
    for (const name of [
        'channelz_get_channel', 'channelz_get_server', 'channelz_get_server_sockets', 'channelz_get_servers',
        'channelz_get_socket', 'channelz_get_subchannel', 'channelz_get_top_channels',
        'main_context_accelerate', 'main_context_set_budget', 'main_context_set_priority', 'status_to_user_string',
        'xds_dump_configs',
    ]) {
        const original = GrpcAio[name];
        GrpcAio[name] = function (...args) {
            used.add(name);
            return original(...args);
        };
    }
}

prepare();

export function saveUses() {
    const path = GLib.getenv('GRPC_AIO_USES');
    if (!path)
        return;

    const text = [...used].map(name => `${name}\n`).join('');
    const stream = Gio.File.new_for_path(path).append_to(Gio.FileCreateFlags.NONE, null);
    stream.write_all(new TextEncoder().encode(text), null);
    stream.close(null);
}

function nameOf(object) {
    return object.constructor.$gtype.name.replace(/^GrpcAio/, '');
}

// Reads a property, and notes it.
export function get(object, property) {
    for (let type = object.constructor.$gtype; type; type = GObject.type_parent(type))
        used.add(`${type.name.replace(/^GrpcAio/, '')}:${property}`);

    return object[property.replaceAll('-', '_')];
}

// Connects to a signal, and notes it once it is emitted.
export function watch(object, signal, func) {
    const name = nameOf(object);

    object.connect(signal, () => {
        used.add(`${name}::${signal}`);
        func();
    });
}

// Lets the main loop go round, after all that is ready now.
export function turn() {
    return new Promise(resolve => {
        GLib.idle_add(GLib.PRIORITY_LOW, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

export async function until(condition) {
    while (!condition())
        await turn(); // eslint-disable-line no-await-in-loop
}

// Knows which of the objects given to it still live.
export class Census {
    constructor() {
        this._groups = [];
    }

    add(object) {
        const group = new GObject.SignalGroup({target_type: object.constructor.$gtype});
        group.target = object;
        this._groups.push({name: nameOf(object), group});
        return object;
    }

    _count() {
        this._groups = this._groups.filter(({group}) => group.dup_target() !== null);
        return this._groups.length;
    }

    // Waits for the operations that end by themselves, not for ever.
    async waitUntilEmpty() {
        const end = GLib.get_monotonic_time() + 5000000;
        do {
            System.gc();
            await turn(); // eslint-disable-line no-await-in-loop
        } while (this._count() && GLib.get_monotonic_time() < end);

        if (this._groups.length)
            throw new Error(`These still live: ${this._groups.map(({name}) => name)}`);
    }
}

export function check(condition, text = 'That is not so') {
    if (!condition)
        throw new Error(text);
}

export function equal(value, expected) {
    const [a, b] = [value, expected].map(item => Array.isArray(item) ? JSON.stringify(item) : item);
    check(a === b, `${a} is not ${b}`);
}

export function bytesOf(text) {
    return new GLib.Bytes(text);
}

export function textOf(message) {
    return message ? new TextDecoder().decode(message.toArray()) : null;
}

function checkError(error, domain, code) {
    if (!(error instanceof GLib.Error) || !error.matches(domain, code))
        throw new Error(`${error} instead of ${domain.$gtype.name} ${code}`);

    return error;
}

// Awaits what has to fail, and returns the error.
export async function fails(promise, domain, code) {
    let value;
    try {
        value = await promise;
    } catch (error) {
        return checkError(error, domain, code);
    }
    throw new Error(`${value} instead of a failure with ${code}`);
}

// Calls what has to fail, and returns the error.
export function failsNow(func, domain, code) {
    let value;
    try {
        value = func();
    } catch (error) {
        return checkError(error, domain, code);
    }
    throw new Error(`${value} instead of a failure with ${code}`);
}

function patience() {
    let source = 0;
    const promise = new Promise((resolve, reject) => {
        source = GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, PATIENCE_SECONDS, () => {
            source = 0;
            reject(new Error('The case waits for something that does not come'));
            return GLib.SOURCE_REMOVE;
        });
    });

    return [promise, () => source && GLib.source_remove(source)];
}

// Runs cases and prints TAP.
export async function runCases(cases) {
    let failures = 0;

    print(`1..${cases.length}`);
    for (const [i, {name, func}] of cases.entries()) {
        const [impatience, stopWaiting] = patience();
        try {
            await Promise.race([func(), impatience]); // eslint-disable-line no-await-in-loop
            print(`ok ${i + 1} ${name}`);
        } catch (error) {
            failures++;
            for (const line of `${error}\n${error.stack}`.trim().split('\n'))
                print(`# ${line}`);
            print(`not ok ${i + 1} ${name}`);
        }
        stopWaiting();
    }

    return failures ? 1 : 0;
}
