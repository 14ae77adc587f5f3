#!/usr/bin/env node
// SPDX-License-Identifier: LGPL-2.1-or-later

// The same work as bench-core, by gRPC for Node.js without native code
// (@grpc/grpc-js). Node.js must find it: in a folder node_modules here or above,
// or in NODE_PATH.

'use strict';

const fs = require('fs');
const path = require('path');
const readline = require('readline');
const { parseArgs } = require('util');

const grpc = require('@grpc/grpc-js');

const SERVICE = 'grpc.testing.BenchmarkService';

// Messages

function varint(value) {
    const out = [];
    for (; value >= 0x80; value = Math.floor(value / 0x80))
        out.push(value & 0x7f | 0x80);
    out.push(value);
    return Buffer.from(out);
}

function payload(field, size) {
    const body = Buffer.concat([Buffer.from([0x12]), varint(size), Buffer.alloc(size)]);
    return Buffer.concat([Buffer.from([field << 3 | 2]), varint(body.length), body]);
}

function makeRequest(size) {
    if (!size)
        return Buffer.alloc(0);
    return Buffer.concat([Buffer.from([0x10]), varint(size), payload(3, size)]);
}

function makeResponse(size) {
    return size ? payload(1, size) : Buffer.alloc(0);
}

function responseSize(request) {
    let size = 0;
    if (request.length === 0 || request[0] !== 0x10)
        return 0;
    for (let i = 1, scale = 1; i < request.length; i++, scale *= 0x80) {
        size += (request[i] & 0x7f) * scale;
        if (request[i] < 0x80)
            break;
    }
    return size;
}

// Messages stay bytes.
const asIs = message => message;

function method(name, requestStream, responseStream) {
    return {
        path: `/${SERVICE}/${name}`,
        requestStream,
        responseStream,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
    };
}

const METHODS = {
    UnaryCall: method('UnaryCall', false, false),
    StreamingCall: method('StreamingCall', true, true),
    StreamingFromClient: method('StreamingFromClient', true, false),
    StreamingFromServer: method('StreamingFromServer', false, true),
};

function readPem(options, name) {
    return fs.readFileSync(path.join(options.tls, name));
}

// Server

function serverCredentials(options) {
    if (!options.tls)
        return grpc.ServerCredentials.createInsecure();
    return grpc.ServerCredentials.createSsl(null, [{
        cert_chain: readPem(options, 'certificate.pem'),
        private_key: readPem(options, 'key.pem'),
    }]);
}

function makeResponses() {
    let size = -1;
    let response;

    return request => {
        const asked = responseSize(request);
        if (asked !== size) {
            size = asked;
            response = makeResponse(size);
        }
        return response;
    };
}

function serve(options) {
    const answer = makeResponses();
    const server = new grpc.Server();

    server.addService(METHODS, {
        UnaryCall(call, callback) {
            callback(null, answer(call.request));
        },
        StreamingCall(call) {
            call.on('data', message => call.write(answer(message)));
            call.on('end', () => call.end());
        },
        StreamingFromClient(call, callback) {
            let last = Buffer.alloc(0);
            call.on('data', message => {
                last = message;
            });
            call.on('end', () => callback(null, answer(last)));
        },
        StreamingFromServer(call) {
            const response = answer(call.request);
            const write = () => {
                while (!call.cancelled && call.write(response))
                    ;
            };
            call.on('drain', write);
            write();
        },
    });
    process.on('SIGTERM', () => process.exit(0));
    server.bindAsync(options.address, serverCredentials(options), (error, port) => {
        if (error)
            throw error;
        console.log(port);
    });
}

// Meter

// Without a way to a process's own clock: what the scheduler counts.
function readPeer(pid) {
    let nsec = 0;
    let switches = 0;

    for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
        const folder = `/proc/${pid}/task/${task}`;
        nsec += Number(fs.readFileSync(`${folder}/schedstat`, 'ascii').split(' ')[0]);
        for (const match of fs.readFileSync(`${folder}/status`, 'ascii').matchAll(/ctxt_switches:\s*(\d+)/g))
            switches += Number(match[1]);
    }
    return [nsec / 1000, switches];
}

class Meter {
    constructor(options) {
        this.options = options;
        this.started = this.finished = 0;
        this.latencies = [];
        this.measuring = options.ops > 0;
        this.done = false;
        this.endOfPhase = options.ops ? Infinity : performance.now() + options['warm-up'] * 1000;
        if (this.measuring)
            this.begin = this.read();
    }

    read() {
        const usage = process.resourceUsage();
        return [
            performance.now(),
            usage.userCPUTime + usage.systemCPUTime,
            usage.voluntaryContextSwitches + usage.involuntaryContextSwitches,
            ...this.options.peer ? readPeer(this.options.peer) : [],
        ];
    }

    next() {
        if (this.done || this.options.ops && this.started === this.options.ops)
            return false;
        this.started++;
        return true;
    }

    finish(since) {
        let now = performance.now();
        if (this.measuring && !this.done)
            this.latencies.push(now - since);
        if (now >= this.endOfPhase) {
            if (this.measuring) {
                this.end();
            } else {
                this.measuring = true;
                this.begin = this.read();
                now = this.begin[0];
                this.endOfPhase = now + this.options.seconds * 1000;
            }
        }
        if (++this.finished === this.options.ops)
            this.end();
        return now;
    }

    end() {
        this.endOfPhase = Infinity;
        this.done = true;
        this.ended = this.read();
    }

    report() {
        const { scenario, outstanding, size, peer } = this.options;
        const ops = this.latencies.length;
        const [wall, cpu, switches, peerCpu, peerSwitches] =
            this.ended.map((value, i) => value - this.begin[i]);

        this.latencies.sort((a, b) => a - b);
        const result = {
            scenario,
            outstanding,
            size,
            ops,
            seconds: wall / 1000,
            ops_per_second: ops / wall * 1000,
            p50_usec: this.latencies[Math.floor(ops * 0.5)] * 1000,
            p99_usec: this.latencies[Math.floor(ops * 0.99)] * 1000,
            cpu_usec_per_op: cpu / ops,
            switches_per_op: switches / ops,
        };
        if (peer) {
            result.peer_cpu_usec_per_op = peerCpu / ops;
            result.peer_switches_per_op = peerSwitches / ops;
        }
        console.log(JSON.stringify(result));
    }
}

// Client: each scenario calls back when it is over.

function check(response, expected) {
    if (response.length !== expected)
        throw new Error(`A response has ${response.length} bytes instead of ${expected}`);
}

function unary(client, meter, { request, expected }, over) {
    let inFlight = 0;

    const start = () => {
        let since = performance.now();
        const call = () => {
            if (!meter.next()) {
                if (--inFlight === 0)
                    over();
                return;
            }
            client.UnaryCall(request, (error, response) => {
                if (error)
                    throw error;
                check(response, expected);
                since = meter.finish(since);
                call();
            });
        };

        call();
    };

    inFlight = meter.options.outstanding;
    for (let i = 0; i < meter.options.outstanding; i++)
        start();
}

function pingPong(client, meter, { request, expected }, over) {
    const call = client.StreamingCall();
    let since = performance.now();

    const ping = () => {
        if (meter.next())
            call.write(request);
        else
            call.end();
    };

    call.on('data', response => {
        check(response, expected);
        since = meter.finish(since);
        ping();
    });
    call.on('end', over);
    ping();
}

function serverStream(client, meter, { request, expected }, over) {
    const call = client.StreamingFromServer(request);
    let since = performance.now();

    meter.next();
    call.on('data', response => {
        if (meter.done)
            return;
        check(response, expected);
        since = meter.finish(since);
        if (!meter.next())
            call.cancel();
    });
    call.on('error', error => {
        if (error.code !== grpc.status.CANCELLED)
            throw error;
        over();
    });
}

function clientStream(client, meter, { request, expected }, over) {
    const call = client.StreamingFromClient((error, response) => {
        if (error)
            throw error;
        check(response, expected);
        over();
    });
    let since = performance.now();
    let ended = false;

    const sent = error => {
        if (error)
            throw error;
        since = meter.finish(since);
    };

    const write = () => {
        while (meter.next()) {
            if (!call.write(request, sent))
                return;
        }
        if (!ended)
            call.end();
        ended = true;
    };

    call.on('drain', write);
    write();
}

function channelCredentials(options) {
    if (!options.tls)
        return grpc.credentials.createInsecure();
    return grpc.credentials.createSsl(readPem(options, 'certificate.pem'));
}

const SCENARIOS = {
    'unary': unary,
    'ping-pong': pingPong,
    'server-stream': serverStream,
    'client-stream': clientStream,
};

function measure(client, options, messages) {
    return new Promise(resolve => {
        const meter = new Meter(options);
        SCENARIOS[options.scenario](client, meter, messages, () => {
            meter.report();
            resolve();
        });
    });
}

const OPTIONS = {
    // With 64 KiB, large messages wait for the network all the time.
    'grpc-node.flow_control_window': 8 << 20,
    // With a buffer for a second try, messages count as sent that are not, and
    // go out in bursts of 1 MiB.
    'grpc.enable_retries': 0,
    'grpc.per_rpc_retry_buffer_size': 0,
};

async function runClient(options) {
    const Client = grpc.makeGenericClientConstructor(METHODS, SERVICE);
    const client = new Client(options.address, channelCredentials(options), OPTIONS);
    const messages = {
        request: makeRequest(options.size),
        expected: makeResponse(options.size).length,
    };

    if (options.slices) {
        for await (const _ of readline.createInterface({ input: process.stdin }))
            await measure(client, options, messages);
    } else {
        await measure(client, options, messages);
    }
    client.close();
}

function main() {
    // The name in the certificate is an address.
    process.noDeprecation = true;

    const { values, positionals: [side, address] } = parseArgs({
        allowPositionals: true,
        options: {
            'scenario': { type: 'string', default: 'unary' },
            'outstanding': { type: 'string', default: '1' },
            'size': { type: 'string', default: '64' },
            'warm-up': { type: 'string', default: '0.3' },
            'seconds': { type: 'string', default: '1' },
            'ops': { type: 'string', default: '0' },
            'tls': { type: 'string' },
            'peer': { type: 'string', default: '0' },
            'slices': { type: 'boolean', default: false },
        },
    });
    const options = { ...values, address };

    for (const name of ['outstanding', 'size', 'warm-up', 'seconds', 'ops', 'peer'])
        options[name] = Number(values[name]);

    if (side === 'server')
        serve(options);
    else
        runClient(options);
}

main();
