// SPDX-License-Identifier: LGPL-2.1-or-later

// Everything is let go of while it is awaited, and then it is gone.

/* eslint-disable no-await-in-loop */

import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import GrpcAio from 'gi://GrpcAio?version=1';
import System from 'system';

import {check, equal, run, turn, until} from './tap.js';

const {AbortController, createClient, Schema, Server} = GrpcAio.rpc;

const schema = Schema.fromFile(ARGV[0]);
const service = schema.service('test.js.Test');

// Knows which of the objects given to it still live. A call keeps its channel, and
// that of a server its server.
class Census {
    constructor() {
        this._groups = [];
    }

    add(object) {
        const group = new GObject.SignalGroup({target_type: object.constructor.$gtype});
        group.target = object;
        this._groups.push({name: object.constructor.name, group});
        return object;
    }

    // Looking makes a wrapper, which keeps the object: better not too often.
    _look() {
        this._groups = this._groups.filter(({group}) => group.dup_target() !== null);
        return this._groups.length;
    }

    async waitUntilEmpty() {
        const end = GLib.get_monotonic_time() + 10000000;
        do {
            for (let i = 0; i < 20; i++) {
                // A handler that still runs keeps its server.
                release();
                System.gc();
                await turn();
            }
        } while (this._look() > 0 && GLib.get_monotonic_time() < end);
        equal(this._groups.map(({name}) => name), []);
    }
}

// Has the collector run while a promise is awaited, and nothing else is held.
async function collectUntil(promise) {
    let isSettled = false;
    const settled = promise.then(value => value, error => error).finally(() => (isSettled = true));
    while (!isSettled) {
        System.gc();
        await turn();
    }
    return settled;
}

let held = [];
const release = () => {
    for (const resolve of held.splice(0))
        resolve();
};
const hold = () => new Promise(resolve => held.push(resolve));

const IMPLEMENTATION = {
    async echo(request) {
        await hold();
        return request;
    },
    async* count({x}) {
        for (let i = 0; i < x; i++) {
            await hold();
            yield {x: i};
        }
    },
    async sum(requests) {
        let x = 0;
        for await (const request of requests)
            x += request.x;
        await hold();
        return {x};
    },
    async* chat(requests) {
        for await (const request of requests) {
            await hold();
            yield request;
        }
    },
};

// Releases what the handlers hold, again and again.
function releasing() {
    const source = GLib.timeout_add(GLib.PRIORITY_DEFAULT, 1, () => {
        release();
        return GLib.SOURCE_CONTINUE;
    });
    return () => GLib.source_remove(source);
}

async function withServer(func) {
    const census = new Census();
    let server = new Server();
    server.add(service, IMPLEMENTATION);
    const port = server.listen('127.0.0.1:0');
    census.add(server.native);

    const stopReleasing = releasing();
    await func(() => {
        const channel = census.add(GrpcAio.Channel.new(`127.0.0.1:${port}`, null));
        return createClient(service, channel);
    }, server.native);
    stopReleasing();
    await until(() => {
        release();
        return server.native.get_active_calls() === 0;
    });

    await server.stop();
    server = null;
    return census;
}

async function leave(census) {
    await turn();
    await census.waitUntilEmpty();
}

// Each makes a call, and a promise of something of it; nothing else is kept.
const AWAITS = {
    'response': client => client.echo({anInt32: 1}).response,
    'then': client => client.echo({anInt32: 1}).then(response => response),
    'headers': client => client.echo({}).headers,
    'trailers': client => client.echo({}).trailers,
    'status': client => client.echo({}).status,
    'finally': client => client.echo({}).finally(() => {}),
    'cancelled': client => {
        const controller = new AbortController();
        const call = client.echo({}, {signal: controller.signal});
        GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
            controller.abort();
            return GLib.SOURCE_REMOVE;
        });
        return call.response;
    },
    'deadline': client => client.sum(null, {timeout: 20}).response,
    'read': client => client.count({x: 1}).read(),
    'read-at-end': client => client.count({x: 0}).read(),
    'stream-headers': client => client.count({x: 1}).headers,
    'stream-status': client => client.count({x: 0}).status,
    'iterate': async client => {
        for await (const {x} of client.count({x: 3}))
            check(x < 3);
    },
    'write': client => client.chat(null).write({x: 1}),
    'pump': client => client.sum([{x: 1}, {x: 2}]).response,
    'pump-and-iterate': async client => {
        for await (const {x} of client.chat([{x: 1}, {x: 2}]))
            check(x < 3);
    },
};

const cases = {};
for (const [name, begin] of Object.entries(AWAITS))
    cases[name] = async () => leave(await withServer(newClient => collectUntil(begin(newClient()))));

// A stream that nobody reads any more is cancelled: nothing else would end it.
cases['dropped-streams'] = async () => leave(await withServer(async (newClient, server) => {
    const client = newClient();
    await collectUntil(Promise.all(Array.from({length: 5}, () => client.count({x: 1000000}).read())));
    await until(() => {
        System.gc();
        return server.get_active_calls() === 0;
    });
}));

run(cases);
