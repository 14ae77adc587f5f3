// SPDX-License-Identifier: LGPL-2.1-or-later

// Calls of a server.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';

import {AbortController} from './abort.js';
import {Deferred} from './deferred.js';
import {statusOf} from './errors.js';
import {FrameWriter} from './frames.js';
import {Metadata} from './metadata.js';

const {PortEvent, StatusCode} = GrpcAio;

const MESSAGE_COST = GrpcAio.PORT_MESSAGE_COST;
const WINDOW = 65536;

function packMetadata(metadata) {
    const writer = new FrameWriter();
    metadata.write(writer);
    return writer.finish();
}

function newCancelled() {
    return new Gio.IOErrorEnum({code: Gio.IOErrorEnum.CANCELLED, message: 'The client has given up'});
}

/** What a handler knows of its call, and may do with it. */
export class ServerContext {
    constructor(call) {
        this._call = call;
        this._trailers = null;

        /** The full name of the method. */
        this.method = call.definition.path;
    }

    /** The metadata that the client sent. */
    get metadata() {
        return this._call.metadata;
    }

    /** The host that the client wanted. */
    get host() {
        return this._call.host;
    }

    /** A signal that is aborted when the client gives up. */
    get signal() {
        return this._call.controller.signal;
    }

    get isCancelled() {
        return this._call.isCancelled;
    }

    /** How many milliseconds are left; Infinity when there is no limit. */
    get timeRemaining() {
        const {endTime} = this._call;
        return endTime < 0 ? Infinity : Math.max(endTime - GLib.get_monotonic_time(), 0) / 1000;
    }

    /** The address of the client. */
    get peer() {
        return this._call.isOver ? null : this._call.core.dup_peer(this._call.id);
    }

    /** How the connection is secured: a GrpcAio.AuthContext. */
    get authContext() {
        return this._call.isOver ? null : this._call.core.dup_auth_context(this._call.id);
    }

    /** The metadata that go with the end of the call, to be filled. */
    get trailers() {
        this._trailers ??= new Metadata();
        return this._trailers;
    }

    /**
     * Sends the metadata that come before the first response.
     *
     * @param {object} metadata - the metadata
     */
    sendHeaders(metadata) {
        this._call.sendHeaders(Metadata.from(metadata));
    }

    /**
     * Sets how the responses are compressed, unless it is too late.
     *
     * @param {number} compression - a GrpcAio.Compression
     */
    setCompression(compression) {
        return !this._call.isOver && this._call.core.set_compression(this._call.id, compression);
    }

    /**
     * Sends a response of a stream. The promise is of true once there is room for
     * more, and of false when the client has given up.
     *
     * @param {any} message - the response
     * @param {number} flags - GrpcAio.WriteFlags
     */
    write(message, flags = 0) {
        return this._call.write(message, flags);
    }
}

/** The requests of a call, to be iterated over once. */
class Requests {
    constructor(call) {
        this._call = call;
    }

    next() {
        return this._call.read();
    }

    async return(value) {
        return {value, done: true};
    }

    [Symbol.asyncIterator]() {
        return this;
    }
}

/** A call that a port told of. */
export class ServerCall {
    constructor(port, id, definition, reader) {
        this.port = port;
        this.core = port.core;
        this.id = id;
        this.definition = definition;

        const left = reader.int64();
        this.endTime = left < 0 ? -1 : GLib.get_monotonic_time() + left;
        reader.uint32(); // the number of the server, of which a port has one here
        this.host = reader.text();
        this.metadata = Metadata.read(reader);

        this.isOver = false;       // nothing more may be done with the id
        this.isCancelled = false;
        this.hasSentHeaders = false;

        this.messages = [];
        this.readers = [];
        this.isAtEnd = false;
        this.unwritten = 0;
        this.writers = [];

        this._controller = null;
        this._onRequest = null;
        this.context = new ServerContext(this);
    }

    get controller() {
        if (!this._controller) {
            this._controller = new AbortController();
            if (this.isCancelled)
                this._controller.abort(newCancelled());
        }
        return this._controller;
    }

    /**
     * Has a function called once the only request is there.
     *
     * @param {Function} func - takes the bytes, or null
     */
    whenRequest(func) {
        this._onRequest = func;
    }

    get requests() {
        return new Requests(this);
    }

    onEvent(event, value, reader, end) {
        switch (event) {
        case PortEvent.MESSAGE:
            this.addMessage(reader.bytes(end - reader.position));
            break;
        case PortEvent.LARGE_MESSAGE:
            this.addMessage(this.port.takeMessage(this.id));
            break;
        case PortEvent.END_OF_MESSAGES:
            // When the client gave up, that is told next.
            if (value !== 0)
                break;
            this.isAtEnd = true;
            if (this._onRequest)
                this.giveRequest(null);
            for (const waiting of this.readers.splice(0))
                this.endRead(waiting);
            break;
        case PortEvent.WRITTEN:
            this.unwritten -= value;
            while (this.writers.length > 0 && this.unwritten < WINDOW)
                this.writers.shift().resolve(true);
            break;
        case PortEvent.OVER:
            this.onOver(value !== 0);
            break;
        }
    }

    onOver(isCancelled) {
        this.isCancelled = isCancelled;
        this.letGo();
        if (isCancelled)
            this._controller?.abort(newCancelled());
        this._onRequest = null;
        for (const waiting of this.readers.splice(0))
            this.endRead(waiting);
        for (const writer of this.writers.splice(0))
            writer.resolve(false);
    }

    letGo() {
        if (this.isOver)
            return;
        this.isOver = true;
        this.core.release(this.id);
        this.port.forget(this.id);
    }

    giveRequest(bytes) {
        const func = this._onRequest;
        this._onRequest = null;
        func(bytes);
    }

    addMessage(bytes) {
        if (this._onRequest)
            this.giveRequest(bytes);
        else if (this.readers.length > 0)
            this.settleRead(this.readers.shift(), bytes);
        else
            this.messages.push(bytes);
    }

    settleRead(waiting, bytes) {
        if (!this.isOver)
            this.core.read(this.id, bytes.length + MESSAGE_COST);
        try {
            waiting.resolve({value: this.definition.decode(bytes), done: false});
        } catch (error) {
            waiting.reject(error);
        }
    }

    endRead(waiting) {
        if (this.isCancelled)
            waiting.reject(newCancelled());
        else
            waiting.resolve({value: undefined, done: true});
    }

    read() {
        const waiting = new Deferred();
        if (this.messages.length > 0)
            this.settleRead(waiting, this.messages.shift());
        else if (this.isAtEnd || this.isOver)
            this.endRead(waiting);
        else
            this.readers.push(waiting);
        return waiting.promise;
    }

    sendHeaders(metadata) {
        if (this.hasSentHeaders)
            throw new Error('The headers were sent already');
        this.hasSentHeaders = true;
        if (!this.isOver)
            this.core.send_initial_metadata(this.id, packMetadata(metadata));
    }

    write(message, flags) {
        const bytes = this.definition.encode(message);
        if (this.isOver)
            return Promise.resolve(false);

        this.hasSentHeaders = true;
        this.unwritten += bytes.length + MESSAGE_COST;
        this.core.write(this.id, bytes, flags);
        if (this.unwritten < WINDOW)
            return Promise.resolve(true);
        const writer = new Deferred();
        this.writers.push(writer);
        return writer.promise;
    }

    /**
     * Sends all that an iterable gives.
     *
     * @param {AsyncIterable} responses - the responses
     */
    async pump(responses) {
        for await (const message of responses) {
            if (!await this.write(message, 0))
                return;
        }
    }

    setTrailer(details, metadata) {
        if (details || metadata?.size)
            this.core.set_trailer(this.id, details || null, packMetadata(metadata ?? new Metadata()));
    }

    /**
     * Answers with a message, the only one.
     *
     * @param {any} message - the response
     */
    respond(message) {
        const bytes = this.definition.encode(message ?? {});
        if (this.isOver)
            return;
        this.setTrailer('', this.context._trailers);
        this.isOver = true;
        this.port.forget(this.id);
        this.core.respond(this.id, bytes, false);
    }

    finish(code, details = '', metadata = null) {
        if (this.isOver)
            return;
        const trailers = this.context._trailers;
        this.setTrailer(details, trailers && metadata ? new Metadata([...trailers, ...metadata]) : trailers ?? metadata);
        this.isOver = true;
        this.port.forget(this.id);
        this.core.finish(this.id, code, false);
    }

    fail(error) {
        const {code, details, trailingMetadata} = statusOf(error);
        this.finish(code === StatusCode.OK ? StatusCode.UNKNOWN : code, details, trailingMetadata);
    }
}
