// SPDX-License-Identifier: LGPL-2.1-or-later

// Nothing is lost while GJS collects garbage, and each call is answered once.
//
//     test-collections.js DESCRIPTOR-SET [CALLS [CASE]...]
//
// With many calls it needs GRPC_AIO_TEST_PATIENCE, in seconds.

/* eslint-disable no-await-in-loop */

import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';
import System from 'system';

import {check, equal, run} from './tap.js';

const {createChannel, createClient, Schema, Server} = GrpcAio.rpc;

const OUTSTANDING = 32;
const [descriptorSet, calls = '500', ...names] = ARGV;
const CALLS = Number(calls);

// A step of a collection comes after a megabyte or so.
const INCREMENTAL_CALLS = Math.max(CALLS, 20000);

const schema = Schema.fromFile(descriptorSet);
const service = schema.service('test.js.Test');
const All = schema.message('test.js.All');

async function withServer(func) {
    const server = new Server();
    server.add(service, {
        async echo(request) {
            return request;
        },
        async* chat(requests) {
            for await (const request of requests)
                yield request;
        },
    });
    const port = server.listen('127.0.0.1:0');
    const channel = createChannel(`127.0.0.1:${port}`);
    await func(channel);
    await server.stop();
    channel.close();
}

// Each of the callers makes the next call when it has its answer.
async function callInTurns(count, call) {
    const answers = new Uint8Array(count);
    let next = 0;
    const callMany = async () => {
        while (next < count) {
            const i = next++;
            equal(await call(i), i);
            answers[i]++;
        }
    };

    await Promise.all(Array.from({length: OUTSTANDING}, callMany));
    check(answers.every(answer => answer === 1));
}

function ticking(func) {
    let ticks = 0;
    const source = GLib.timeout_add(GLib.PRIORITY_DEFAULT, 1, () => {
        ticks++;
        func();
        return GLib.SOURCE_CONTINUE;
    });
    return () => {
        GLib.source_remove(source);
        return ticks;
    };
}

let junk = [];

// Keeps an incremental collection going.
function litter() {
    for (let i = 0; i < 20; i++)
        junk.push({number: i, array: [i]});
    if (junk.length > 20000)
        junk = [];
}

const callers = {
    'rpc': channel => {
        const client = createClient(service, channel);
        return async i => (await client.echo({anInt32: i})).anInt32;
    },
    'promises': channel => {
        const echo = channel.unary_unary('/test.js.Test/Echo');
        return async i => {
            const response = await echo.invoke_async(new GLib.Bytes(All.encode({anInt32: i})));
            return All.decode(response.toArray()).anInt32;
        };
    },
};

const cases = {};
for (const [name, makeCaller] of Object.entries(callers)) {
    cases[`full-${name}`] = () => withServer(async channel => {
        const call = makeCaller(channel);
        const stop = ticking(() => System.gc());
        await callInTurns(CALLS, i => {
            System.gc();
            return call(i);
        });
        check(stop() > 0);
    });
    cases[`incremental-${name}`] = () => withServer(async channel => {
        const call = makeCaller(channel);
        await callInTurns(INCREMENTAL_CALLS, i => {
            litter();
            return call(i);
        });
    });
}

cases['streams'] = () => withServer(async channel => {
    const client = createClient(service, channel);
    const chats = Array.from({length: OUTSTANDING}, async () => {
        const chat = client.chat(null);
        for (let x = 0; x < CALLS / OUTSTANDING; x++) {
            if (x % 10 === 0)
                System.gc();
            litter();
            chat.write({x});
            equal((await chat.read()).x, x);
        }
        chat.end();
        equal(await chat.read(), null);
    });
    await Promise.all(chats);
});

run(cases, names);
