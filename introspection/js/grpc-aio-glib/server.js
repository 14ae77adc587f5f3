// SPDX-License-Identifier: LGPL-2.1-or-later

// Servers with async functions for handlers.

import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';

import {decoderOf, encoderOf, toBytes} from './client.js';
import {rpcError} from './errors.js';
import {Port} from './port.js';
import {Schema} from './schema.js';
import {ServerCall} from './server-call.js';

const {ServerState, StatusCode} = GrpcAio;

const UNKNOWN_METHOD = {encode: toBytes, decode: bytes => bytes};

function compose(interceptors, last) {
    return interceptors.reduceRight(
        (next, interceptor) => call => interceptor(call, next),
        last);
}

function bindMethod(definition, handler, messages) {
    const {path, requestStream, responseStream, requestType, responseType} = definition;

    return {
        path,
        requestStream,
        responseStream,
        definition,
        handler,
        encode: messages === 'bytes' || !responseType ? toBytes : encoderOf(responseType),
        decode: requestType ? decoderOf(requestType, messages) : bytes => bytes,
    };
}

function decodeRequest(method, bytes) {
    try {
        return method.decode(bytes);
    } catch (error) {
        throw rpcError(StatusCode.INTERNAL, `The request cannot be decoded: ${error.message}`);
    }
}

/** A server. */
export class Server {
    #methods = new Map();
    #serviceNames = new Set();
    #port = new Port();
    #first;

    /**
     * @param {object} options - interceptors, channelOptions, and onError, which
     *   is told of what handlers throw that is no GLib.Error
     */
    constructor(options = {}) {
        const {interceptors = [], channelOptions = null, onError = null} = options;

        /** The GrpcAio.Server below. */
        this.native = GrpcAio.Server.new_with_options(channelOptions);
        this.native.add_generic_handler(this.#port.core);
        this.#port.server = this;
        this.#first = compose(interceptors, call => call.handler(call.request, call.context));
        this.onError = onError ?? ((error, method) =>
            printerr(`${method}: ${error}\n${error?.stack ?? ''}`.trimEnd()));
    }

    /**
     * Adds a service.
     *
     * @param {ServiceDefinition} service - the service
     * @param {object} implementation - has a function for each method
     * @param {object} options - messages: 'object', 'bytes', or a pool
     */
    add(service, implementation, {messages = 'object'} = {}) {
        for (const [key, definition] of Object.entries(service.methods)) {
            const handler = implementation[key]?.bind(implementation);
            if (handler)
                this.#methods.set(definition.path, bindMethod(definition, handler, messages));
        }
        this.#tellOf(service.name);
        return this;
    }

    // For reflection. The methods are all the port's, so the service has none.
    #tellOf(name) {
        if (!name || this.#serviceNames.has(name) || this.native.get_state() !== ServerState.NEW)
            return;
        this.#serviceNames.add(name);
        this.native.add_service(GrpcAio.Service.new(name));
    }

    /**
     * Has the server tell clients of its services, and of the messages of a schema.
     *
     * @param {Schema} schema - a schema, or a GrpcAio.MessagePool
     */
    addReflection(schema) {
        this.native.add_reflection(schema instanceof Schema ? schema.pool : schema);
        return this;
    }

    /**
     * Adds an address to listen on; returns its port.
     *
     * @param {string} address - such as '127.0.0.1:0' or 'unix:/path'
     * @param {GrpcAio.ServerCredentials} credentials - null for no encryption
     */
    addPort(address, credentials = null) {
        return this.native.add_port(address, credentials);
    }

    start() {
        this.native.start();
    }

    /**
     * Adds an address and starts.
     *
     * @param {string} address - such as '127.0.0.1:0' or 'unix:/path'
     * @param {GrpcAio.ServerCredentials} credentials - null for no encryption
     */
    listen(address, credentials = null) {
        const port = this.addPort(address, credentials);
        this.start();
        return port;
    }

    /**
     * Stops: new calls are refused, running ones get some time to end.
     *
     * @param {number} grace - how many milliseconds they get
     */
    async stop(grace = 0) {
        await this.native.stop_async(Math.round(grace * 1000), null);
        this.#port.close();
    }

    /** @private */
    begin(id, name, reader) {
        const method = this.#methods.get(name);
        const call = new ServerCall(this.#port, id, method ?? {...UNKNOWN_METHOD, path: name}, reader);

        if (!method)
            call.finish(StatusCode.UNIMPLEMENTED, `There is no method ${name}`);
        else if (method.requestStream)
            this.#serve(call, method, call.requests);
        else
            call.whenRequest(bytes => this.#serveOne(call, method, bytes));

        return call.isOver ? null : call;
    }

    #serveOne(call, method, bytes) {
        if (bytes === null) {
            call.finish(StatusCode.UNIMPLEMENTED, 'There is no request');
            return;
        }

        let request;
        try {
            request = decodeRequest(method, bytes);
        } catch (error) {
            call.fail(error);
            return;
        }
        this.#serve(call, method, request);
    }

    async #serve(call, method, request) {
        const {context} = call;

        try {
            const result = this.#first({
                method: method.definition, handler: method.handler, request, context,
            });
            if (method.responseStream) {
                const responses = await result;
                if (responses !== undefined && responses !== null)
                    await call.pump(responses);
                call.finish(StatusCode.OK);
            } else {
                call.respond(await result);
            }
        } catch (error) {
            if (!(error instanceof GLib.Error))
                this.onError(error, method.path);
            call.fail(error);
        }
    }
}
