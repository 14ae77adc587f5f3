// SPDX-License-Identifier: LGPL-2.1-or-later

// Runs one interoperability case with GrpcAio.rpc.

/* eslint-disable no-await-in-loop */

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';
import System from 'system';

import {BOOLEAN, fail, parseFlags, PORT, readText, TEXT} from './options.js';

const {createChannel, createClient, Schema} = GrpcAio.rpc;
const {StatusCode} = GrpcAio;

const LARGE_REQUEST = 271828;
const LARGE_RESPONSE = 314159;
const REQUEST_SIZES = [27182, 8, 1828, 45904];
const RESPONSE_SIZES = [31415, 9, 2653, 58979];
const ECHO_INITIAL = ['x-grpc-test-echo-initial', 'test_initial_metadata_value'];
const ECHO_TRAILING = ['x-grpc-test-echo-trailing-bin', Uint8Array.of(0xab, 0xab, 0xab)];

function check(condition, text) {
    if (!condition)
        throw new Error(text);
}

const payload = size => ({body: new Uint8Array(size)});
const largeRequest = () => ({responseSize: LARGE_RESPONSE, payload: payload(LARGE_REQUEST)});
const outputRequest = (size, responses) => ({
    responseParameters: responses.map(response => ({size: response})),
    payload: payload(size),
});

function checkPayload(response, size) {
    const {body} = response.payload;
    check(body.length === size, `The payload has ${body.length} bytes, not ${size}`);
    check(body.every(byte => byte === 0), 'The payload is not of zeros');
}

async function checkStatus(call, code, message) {
    const status = await call.status;
    check(status.code === code, `The status is ${status.code} (${status.details}), not ${code}`);
    check(message === undefined || status.details === message, `The message is '${status.details}', not '${message}'`);
}

async function checkFails(promise, domain, code) {
    let response;
    try {
        response = await promise;
    } catch (error) {
        check(error.matches?.(domain, code), `The error is ${error}, not ${code}`);
        return;
    }
    throw new Error(`The operation succeeded with ${response}`);
}

async function checkRead(call, size) {
    const response = await call.read();
    check(response, 'The stream ended early');
    checkPayload(response, size);
}

async function checkEnd(call) {
    check(await call.read() === null, 'There is a response where the stream should end');
    await checkStatus(call, StatusCode.OK);
}

async function checkEchoed(call) {
    const initial = (await call.headers).get(ECHO_INITIAL[0]);
    const trailing = (await call.trailers).get(ECHO_TRAILING[0]);
    check(initial === ECHO_INITIAL[1], `The initial metadata has '${initial}'`);
    check(`${trailing}` === `${ECHO_TRAILING[1]}`, `The trailing metadata has '${trailing}'`);
}

async function checkUnaryStatus(client, message) {
    const call = client.unaryCall({responseStatus: {code: StatusCode.UNKNOWN, message}});
    await checkFails(call, GrpcAio.Error, StatusCode.UNKNOWN);
    await checkStatus(call, StatusCode.UNKNOWN, message);
}

async function checkUnimplemented(call) {
    await checkFails(call, GrpcAio.Error, StatusCode.UNIMPLEMENTED);
    await checkStatus(call, StatusCode.UNIMPLEMENTED);
}

const CASES = {
    async empty_unary({client}) {
        const call = client.emptyCall({});
        check(Object.keys(await call).length === 0, 'The response is not empty');
        await checkStatus(call, StatusCode.OK);
    },

    async large_unary({client}) {
        const call = client.unaryCall(largeRequest());
        checkPayload(await call, LARGE_RESPONSE);
        await checkStatus(call, StatusCode.OK);
    },

    async client_streaming({client}) {
        const call = client.streamingInputCall(REQUEST_SIZES.map(size => ({payload: payload(size)})));
        const total = REQUEST_SIZES.reduce((sum, size) => sum + size);
        const {aggregatedPayloadSize} = await call;
        check(aggregatedPayloadSize === total, `The server counted ${aggregatedPayloadSize} bytes, not ${total}`);
        await checkStatus(call, StatusCode.OK);
    },

    async server_streaming({client}) {
        const call = client.streamingOutputCall(outputRequest(0, RESPONSE_SIZES));
        const sizes = [...RESPONSE_SIZES];
        for await (const response of call)
            checkPayload(response, sizes.shift());
        check(sizes.length === 0, 'The stream ended early');
        await checkStatus(call, StatusCode.OK);
    },

    async ping_pong({client}) {
        const call = client.fullDuplexCall(null);
        for (const [i, size] of REQUEST_SIZES.entries()) {
            await call.write(outputRequest(size, [RESPONSE_SIZES[i]]));
            await checkRead(call, RESPONSE_SIZES[i]);
        }
        call.end();
        await checkEnd(call);
    },

    async empty_stream({client}) {
        const call = client.fullDuplexCall([]);
        await checkEnd(call);
    },

    async custom_metadata({client}) {
        const metadata = [ECHO_INITIAL, ECHO_TRAILING];
        const unary = client.unaryCall(largeRequest(), {metadata});
        checkPayload(await unary, LARGE_RESPONSE);
        await checkStatus(unary, StatusCode.OK);
        await checkEchoed(unary);

        const stream = client.fullDuplexCall([outputRequest(LARGE_REQUEST, [LARGE_RESPONSE])], {metadata});
        await checkRead(stream, LARGE_RESPONSE);
        await checkEnd(stream);
        await checkEchoed(stream);
    },

    async status_code_and_message({client}) {
        const message = 'test status message';
        await checkUnaryStatus(client, message);

        const call = client.fullDuplexCall(null);
        call.write({responseStatus: {code: StatusCode.UNKNOWN, message}});
        await checkFails(call.read(), GrpcAio.Error, StatusCode.UNKNOWN);
        await checkStatus(call, StatusCode.UNKNOWN, message);
    },

    async special_status_message({client}) {
        await checkUnaryStatus(client, '\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1f608}\t\n');
    },

    async unimplemented_method({client}) {
        await checkUnimplemented(client.unimplementedCall({}));
    },

    async unimplemented_service({other}) {
        await checkUnimplemented(other.unimplementedCall({}));
    },

    async cancel_after_begin({client}) {
        const call = client.streamingInputCall(null);
        check(call.cancel(), 'A call that was just started cannot be cancelled');
        await checkFails(call, Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
        await checkStatus(call, StatusCode.CANCELLED);
    },

    async cancel_after_first_response({client}) {
        const call = client.fullDuplexCall(null);
        await call.write(outputRequest(REQUEST_SIZES[0], [RESPONSE_SIZES[0]]));
        await checkRead(call, RESPONSE_SIZES[0]);
        check(call.cancel(), 'A running call cannot be cancelled');
        await checkFails(call.read(), Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
        await checkStatus(call, StatusCode.CANCELLED);
    },

    async timeout_on_sleeping_server({client}) {
        // The stream of requests stays open.
        const call = client.fullDuplexCall(null, {timeout: 1});
        call.write(outputRequest(REQUEST_SIZES[0], []));
        await checkFails(call.read(), GrpcAio.Error, StatusCode.DEADLINE_EXCEEDED);
        await checkStatus(call, StatusCode.DEADLINE_EXCEEDED);
    },
};

const flags = parseFlags({
    server_host: TEXT, server_host_override: TEXT, server_port: PORT, target: TEXT, test_case: TEXT,
    use_tls: BOOLEAN, use_test_ca: BOOLEAN, ca_file: TEXT,
});
if (!CASES[flags.test_case])
    fail(`--test_case is one of ${Object.keys(CASES).join(' ')}`);
if (flags.target !== undefined && (flags.server_host !== undefined || flags.server_port !== undefined))
    fail('--target replaces --server_host and --server_port');
if (flags.target === undefined && !flags.server_port)
    fail('--server_port or --target is missing');
if (flags.use_test_ca && !flags.use_tls)
    fail('--use_test_ca needs --use_tls');
if ((flags.use_test_ca ?? false) !== (flags.ca_file !== undefined))
    fail('--use_test_ca and --ca_file go together: no certificates are built in');

function openChannel() {
    const host = flags.server_host ?? 'localhost';
    const target = flags.target ?? `${host.includes(':') ? `[${host}]` : host}:${flags.server_port}`;
    const options = new GrpcAio.ChannelOptions();
    const credentials = flags.use_tls
        ? GrpcAio.ChannelCredentials.new_ssl(flags.use_test_ca ? readText(flags.ca_file) : null, null, null)
        : null;

    if (flags.server_host_override !== undefined)
        options[flags.use_tls ? 'ssl_target_name_override' : 'default_authority'] = flags.server_host_override;
    return createChannel(target, credentials, options);
}

const loop = new GLib.MainLoop(null, false);
let failure = null;

(async () => {
    const schema = Schema.fromFile(GLib.getenv('INTEROP_DESCRIPTORS'));
    const channel = openChannel();
    const client = createClient(schema.service('grpc.testing.TestService'), channel);
    const other = createClient(schema.service('grpc.testing.UnimplementedService'), channel);
    await CASES[flags.test_case]({client, other});
    channel.close();
})().catch(error => {
    failure = error;
}).finally(() => loop.quit());
loop.run();

if (failure) {
    printerr(`interop_client.js: ${flags.test_case}: ${failure.message ?? failure}`);
    System.exit(1);
}
print(`${flags.test_case}: passed`);
