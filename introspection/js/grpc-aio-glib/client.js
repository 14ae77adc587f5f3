// SPDX-License-Identifier: LGPL-2.1-or-later

// Clients: an object with a function for each method of a service.

import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';

import {StreamCall, UnaryCall} from './client-call.js';

const FACTORIES = {
    falsefalse: 'unary_unary',
    falsetrue: 'unary_stream',
    truefalse: 'stream_unary',
    truetrue: 'stream_stream',
};

export function encoderOf(type) {
    return message => {
        if (GrpcAio.Message && message instanceof GrpcAio.Message)
            return message.to_bytes().toArray();
        return type.encode(message);
    };
}

export function decoderOf(type, messages) {
    switch (messages ?? 'object') {
    case 'object':
        return bytes => type.decode(bytes);
    case 'bytes':
        return bytes => bytes;
    default:
        // A pool: its messages are GObjects.
        return bytes => messages.new_message_from_bytes(type.name, new GLib.Bytes(bytes));
    }
}

export function toBytes(value) {
    if (value instanceof Uint8Array)
        return value;
    if (value instanceof GLib.Bytes)
        return value.toArray();
    throw new TypeError(`${value} is not bytes`);
}

function bindMethod(channel, definition, messages) {
    const factory = FACTORIES[`${definition.requestStream}${definition.responseStream}`];
    const {path, requestStream, responseStream, requestType, responseType} = definition;

    return {
        path,
        requestStream,
        responseStream,
        multiCallable: channel[factory](path),
        encode: messages === 'bytes' || !requestType ? toBytes : encoderOf(requestType),
        decode: responseType ? decoderOf(responseType, messages) : bytes => bytes,
    };
}

/**
 * Has interceptors stand before calls, the first one outermost.
 *
 * @param {Array} interceptors - functions of a call and of what continues it
 * @param {MethodDefinition} method - the method
 * @param {object} defaults - what holds for each call unless it has its own
 * @param {Function} start - starts a call
 */
function intercept(interceptors, method, defaults, start) {
    const first = interceptors.reduceRight(
        (next, interceptor) => call => interceptor(call, next),
        start);

    return (request, own) => first({method, request, options: {...defaults, ...own}});
}

/**
 * Makes a channel.
 *
 * @param {string} target - where the server is
 * @param {GrpcAio.ChannelCredentials} credentials - null for no encryption
 * @param {GrpcAio.ChannelOptions} options - null for none
 */
export function createChannel(target, credentials = null, options = null) {
    return GrpcAio.Channel.new_with_options(target, credentials, options);
}

/**
 * Makes a client of a service.
 *
 * @param {ServiceDefinition} service - the service
 * @param {GrpcAio.Channel} channel - a channel, or a target to make one for
 * @param {object} options - interceptors, messages, and what holds for each call
 *   unless the call has its own
 */
export function createClient(service, channel, options = {}) {
    const {interceptors = [], messages = 'object', ...defaults} = options;
    const connection = typeof channel === 'string' ? createChannel(channel) : channel;
    const client = {};

    for (const [key, definition] of Object.entries(service.methods)) {
        const Call = definition.responseStream ? StreamCall : UnaryCall;
        let bound = null;
        const bind = () => bound ??= bindMethod(connection, definition, messages);

        client[key] = interceptors.length > 0
            ? intercept(interceptors, definition, defaults, call => new Call(bind(), call.request, call.options))
            : (request, own) => new Call(bind(), request, own ? {...defaults, ...own} : defaults);
    }

    return Object.freeze(client);
}
