// SPDX-License-Identifier: LGPL-2.1-or-later

// Serves grpc.testing.TestService with GrpcAio.rpc until SIGTERM or SIGINT. Once it
// serves, it prints "listening on ADDRESS".

import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';
import System from 'system';

import {BOOLEAN, fail, parseFlags, PORT, readText, TEXT} from './options.js';

const {rpcError, Schema, Server} = GrpcAio.rpc;

const ECHO_INITIAL_KEY = 'x-grpc-test-echo-initial';
const ECHO_TRAILING_KEY = 'x-grpc-test-echo-trailing-bin';
const GRACE = 500;
const HOSTS = {IPV4: '127.0.0.1', IPV6: '[::1]', IPV4_IPV6: '[::]'};

function sleep(usec) {
    return new Promise(resolve => GLib.timeout_add(GLib.PRIORITY_DEFAULT, Math.ceil(usec / 1000), () => {
        resolve();
        return GLib.SOURCE_REMOVE;
    }));
}

function echoMetadata(context) {
    const initial = context.metadata.get(ECHO_INITIAL_KEY);
    const trailing = context.metadata.get(ECHO_TRAILING_KEY);
    if (initial !== undefined)
        context.sendHeaders({[ECHO_INITIAL_KEY]: initial});
    if (trailing !== undefined)
        context.trailers.append(ECHO_TRAILING_KEY, trailing);
}

function echoStatus({responseStatus}) {
    if (responseStatus?.code)
        throw rpcError(responseStatus.code, responseStatus.message);
}

function refuseCompression(value) {
    if (value?.value)
        throw rpcError(GrpcAio.StatusCode.UNIMPLEMENTED, 'Compression cannot be asked for');
}

async function* answer(request) {
    echoStatus(request);
    for (const {compressed, intervalUs, size} of request.responseParameters) {
        refuseCompression(compressed);
        if (intervalUs > 0)
            await sleep(intervalUs); // eslint-disable-line no-await-in-loop
        yield {payload: {type: request.responseType, body: new Uint8Array(size)}};
    }
}

const TEST_SERVICE = {
    async emptyCall(request, context) {
        echoMetadata(context);
        return {};
    },

    async unaryCall(request, context) {
        echoMetadata(context);
        echoStatus(request);
        refuseCompression(request.responseCompressed);
        refuseCompression(request.expectCompressed);
        return {payload: {type: request.responseType, body: new Uint8Array(request.responseSize)}};
    },

    async streamingInputCall(requests, context) {
        echoMetadata(context);
        let aggregatedPayloadSize = 0;
        for await (const request of requests) {
            refuseCompression(request.expectCompressed);
            aggregatedPayloadSize += request.payload?.body.length ?? 0;
        }
        return {aggregatedPayloadSize};
    },

    async* streamingOutputCall(request, context) {
        echoMetadata(context);
        yield* answer(request);
    },

    async* fullDuplexCall(requests, context) {
        echoMetadata(context);
        for await (const request of requests)
            yield* answer(request);
    },
};

const flags = parseFlags({
    port: PORT, address_type: TEXT, address: TEXT, use_tls: BOOLEAN, cert_file: TEXT, key_file: TEXT,
});
if (flags.address !== undefined && (flags.port !== undefined || flags.address_type !== undefined))
    fail('--address replaces --port and --address_type');
if (flags.address_type !== undefined && !HOSTS[flags.address_type])
    fail(`--address_type is ${Object.keys(HOSTS).join(' or ')}`);
if ((flags.use_tls ?? false) !== (flags.cert_file !== undefined) || (flags.cert_file === undefined) !== (flags.key_file === undefined))
    fail('--use_tls, --cert_file and --key_file go together: no certificates are built in');

const credentials = flags.use_tls
    ? GrpcAio.ServerCredentials.new_ssl(readText(flags.key_file), readText(flags.cert_file), null, false)
    : null;
const host = HOSTS[flags.address_type ?? 'IPV4_IPV6'];
const server = new Server();
server.add(Schema.fromFile(GLib.getenv('INTEROP_DESCRIPTORS')).service('grpc.testing.TestService'), TEST_SERVICE);
try {
    const port = server.listen(flags.address ?? `${host}:${flags.port ?? 0}`, credentials);
    print(`listening on ${flags.address ?? `${host}:${port}`}`);
} catch (error) {
    printerr(`interop_server.js: ${error.message}`);
    System.exit(1);
}

const loop = new GLib.MainLoop(null, false);
for (const signal of [2, 15]) {
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal, () => {
        server.stop(GRACE).catch(logError).finally(() => loop.quit());
        return GLib.SOURCE_CONTINUE;
    });
}
loop.run();
