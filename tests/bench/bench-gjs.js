#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// The client of bench-core on GrpcAio.rpc: unary calls, or messages of a stream
// each way. With --slices it measures once for each line on the standard input.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import GrpcAio from 'gi://GrpcAio?version=1';
import System from 'system';

Gio._promisify(Gio.DataInputStream.prototype, 'read_line_async', 'read_line_finish_utf8');

const {createChannel, createClient} = GrpcAio.rpc;

const SERVICE = '/grpc.testing.BenchmarkService';

// Messages stay bytes.
const BENCHMARK_SERVICE = {methods: {
    unaryCall: {path: `${SERVICE}/UnaryCall`, requestStream: false, responseStream: false},
    streamingCall: {path: `${SERVICE}/StreamingCall`, requestStream: true, responseStream: true},
    streamingFromServer: {path: `${SERVICE}/StreamingFromServer`, requestStream: false, responseStream: true},
}};

function varint(value) {
    const out = [];
    for (; value >= 0x80; value = Math.floor(value / 0x80))
        out.push(value & 0x7f | 0x80);
    out.push(value);
    return out;
}

function makeRequest(size) {
    const body = [0x12, ...varint(size), ...new Uint8Array(size)];
    return Uint8Array.from([0x10, ...varint(size), 3 << 3 | 2, ...varint(body.length), ...body]);
}

function check(response, size) {
    if (response.length < size)
        throw new Error(`A response has ${response.length} bytes`);
}

class Meter {
    constructor(seconds) {
        this.end = GLib.get_monotonic_time() + seconds * 1e6;
        this.start = GLib.get_monotonic_time();
        this.count = 0;
        this.isOver = false;
    }

    // Whether to go on.
    finish() {
        this.count++;
        this.isOver ||= GLib.get_monotonic_time() >= this.end;
        return !this.isOver;
    }

    report() {
        const seconds = (GLib.get_monotonic_time() - this.start) / 1e6;
        print(JSON.stringify({ops: this.count, seconds, ops_per_second: this.count / seconds}));
    }
}

const SCENARIOS = {
    async unary(client, meter, {outstanding, request, size}) {
        const call = async () => {
            do
                check(await client.unaryCall(request), size); // eslint-disable-line no-await-in-loop
            while (meter.finish());
        };
        await Promise.all(Array.from({length: outstanding}, call));
    },

    async 'ping-pong'(client, meter, {request, size}) {
        const call = client.streamingCall(null);
        do {
            call.write(request);
            check(await call.read(), size); // eslint-disable-line no-await-in-loop
        } while (meter.finish());
        call.end();
        await call.read();
    },

    async 'server-stream'(client, meter, {request, size}) {
        for await (const response of client.streamingFromServer(request)) {
            check(response, size);
            if (!meter.finish())
                break;
        }
    },
};

function parse() {
    const [side, address, ...words] = System.programArgs;
    const options = {'outstanding': '1', 'scenario': 'unary', 'seconds': '1', 'size': '64', 'slices': false};

    while (words.length > 0) {
        const name = words.shift().replace(/^--/, '');
        if (!(name in options) || side !== 'client')
            throw new Error(`There is no --${name}`);
        options[name] = name === 'slices' ? true : words.shift();
    }
    const size = Number(options.size);
    return {
        ...options, address, size, outstanding: Number(options.outstanding), seconds: Number(options.seconds),
        request: makeRequest(size),
    };
}

// As docs/javascript.md says; with GRPC_AIO_ENGINE=thread it is refused.
GrpcAio.main_context_accelerate(GLib.MainContext.default());

const options = parse();
const channel = createChannel(options.address);
const client = createClient(BENCHMARK_SERVICE, channel, {messages: 'bytes'});
const loop = new GLib.MainLoop(null, false);
const input = Gio.DataInputStream.new(Gio.File.new_for_path('/dev/stdin').read(null));

async function measureOnce() {
    const meter = new Meter(options.seconds);
    await SCENARIOS[options.scenario](client, meter, options);
    meter.report();
}

async function main() {
    if (!options.slices) {
        await measureOnce();
        return;
    }
    // The main loop runs meanwhile: what was given up has to reach the server.
    while ((await input.read_line_async(GLib.PRIORITY_DEFAULT, null))[0] !== null) // eslint-disable-line no-await-in-loop
        await measureOnce(); // eslint-disable-line no-await-in-loop
}

main().catch(error => {
    logError(error);
    System.exit(1);
}).finally(() => loop.quit());
loop.run();
