// SPDX-License-Identifier: LGPL-2.1-or-later

// Calls of a client.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';

import {whenAborted} from './abort.js';
import {Deferred} from './deferred.js';
import {errorOf} from './errors.js';
import {FrameWriter} from './frames.js';
import {Metadata} from './metadata.js';
import {getPort} from './port.js';

const {PortEvent, StatusCode} = GrpcAio;

// What a message counts beside its length, and how much may be under way.
const MESSAGE_COST = GrpcAio.PORT_MESSAGE_COST;
const WINDOW = 65536;

const WAIT_FOR_READY = 1;
const HAS_COMPRESSION = 2;

const IS_LOCAL = 1;
const HAS_RESPONSE = 2;
const HAD_LARGE_RESPONSE = 4;

const OK = Object.freeze({code: StatusCode.OK, details: '', debugString: null, isLocal: false});

function usecUntil(options) {
    const {timeout, deadline} = options;
    let usec = -1;

    if (timeout !== undefined && timeout !== null && timeout !== Infinity)
        usec = Math.max(Math.round(timeout * 1000), 0);
    if (deadline !== undefined && deadline !== null && deadline !== Infinity) {
        const left = Math.max(Math.round(deadline * 1000) - GLib.get_real_time(), 0);
        usec = usec < 0 ? left : Math.min(usec, left);
    }
    if (Number.isNaN(usec))
        throw new TypeError('The time limit of the call is not a number');

    return usec;
}

// Null for a call that asks for nothing special.
function packOptions(options) {
    const {waitForReady, compression, authority} = options;
    const usec = usecUntil(options);
    const metadata = options.metadata ? Metadata.from(options.metadata) : null;

    if (usec < 0 && !metadata?.size && !waitForReady && compression === undefined && !authority)
        return null;

    const writer = new FrameWriter();
    writer.uint32((waitForReady ? WAIT_FOR_READY : 0) | (compression === undefined ? 0 : HAS_COMPRESSION));
    writer.uint32(compression ?? 0);
    writer.int64(usec);
    writer.uint32(0);
    writer.text(authority);
    (metadata ?? new Metadata()).write(writer);

    return writer.finish();
}

// What the port knows of a call. Those who use the call have a handle to it.
class CallCore {
    constructor(method) {
        this.method = method;
        this.port = getPort();
        this.id = -1;

        this.status = null;
        this.failure = null;     // an error that says more than the status
        this.responseBytes = null;
        this.initialMetadata = null;

        this.messages = [];
        this.readers = [];
        this.consumed = 0;
        this.isAtEnd = false;

        this.unwritten = 0;
        this.writers = [];
        this.isDoneWriting = !method.requestStream;

        this.settle = null;      // called at the end
        this.waiters = null;     // for the status
        this.headersWaiters = null;
        this.stopListening = null;
    }

    // The request is an iterable for a stream of them.
    start(request, options) {
        const {requestStream, multiCallable} = this.method;
        const bytes = requestStream ? null : this.method.encode(request);
        const {signal} = options;
        const packed = packOptions(options);
        const isCancellable = signal instanceof Gio.Cancellable;

        if (signal && (isCancellable ? signal.is_cancelled() : signal.aborted)) {
            this.end({...OK, code: StatusCode.CANCELLED, details: 'The call was cancelled', isLocal: true});
            return;
        }

        this.id = this.port.add(this);
        this.port.core.start(this.id, multiCallable, bytes, packed, options.credentials ?? null);
        if (isCancellable) {
            const handler = this.port.core.cancel_on(this.id, signal);
            this.stopListening = () => handler && signal.disconnect(handler);
        } else if (signal) {
            this.stopListening = whenAborted(signal, () => this.cancel());
        }
        if (requestStream && request)
            this.pump(request);
    }

    cancel() {
        if (this.status)
            return false;
        this.port.core.cancel(this.id);
        return true;
    }

    onEvent(event, value, reader, end) {
        switch (event) {
        case PortEvent.RESULT:
            this.responseBytes = value ? this.port.takeMessage(this.id) : reader.bytes(end - reader.position);
            this.port.drop(this.id);
            this.id = -1;
            this.end(OK);
            break;
        case PortEvent.MESSAGE:
            this.addMessage(reader.bytes(end - reader.position));
            break;
        case PortEvent.LARGE_MESSAGE:
            // With one response it comes with the status.
            if (this.method.responseStream)
                this.addMessage(this.port.takeMessage(this.id));
            break;
        case PortEvent.END_OF_MESSAGES:
            this.isAtEnd = true;
            break;
        case PortEvent.WRITTEN:
            this.unwritten -= value;
            while (this.writers.length > 0 && this.unwritten < WINDOW)
                this.writers.shift().resolve(true);
            break;
        case PortEvent.CONNECTED:
            this.setInitialMetadata(Metadata.read(reader));
            break;
        case PortEvent.STATUS:
            this.onStatus(value, reader, end);
            break;
        }
    }

    onStatus(code, reader, end) {
        const flags = reader.uint32();
        const details = reader.text();
        const debugString = reader.text() || null;
        const initialMetadata = Metadata.read(reader);
        const trailingMetadata = Metadata.read(reader);

        if (flags & HAD_LARGE_RESPONSE)
            this.responseBytes = this.port.takeMessage(this.id);
        else if (flags & HAS_RESPONSE)
            this.responseBytes = reader.bytes(end - reader.position);
        this.end({
            code, details, debugString, initialMetadata, trailingMetadata, isLocal: (flags & IS_LOCAL) !== 0,
        });
    }

    end(status) {
        this.status = status;
        this.stopListening?.();
        this.stopListening = null;
        if (this.id >= 0)
            this.port.release(this.id);

        if (!this.initialMetadata && (status.initialMetadata || this.headersWaiters))
            this.setInitialMetadata(status.initialMetadata ?? new Metadata());
        while (this.writers.length > 0)
            this.writers.shift().resolve(false);
        while (this.readers.length > 0)
            this.endRead(this.readers.shift());
        for (const waiter of this.waiters ?? [])
            waiter.resolve();
        this.waiters = null;
        this.settle?.();
    }

    setInitialMetadata(metadata) {
        this.initialMetadata = metadata;
        for (const waiter of this.headersWaiters ?? [])
            waiter.resolve(metadata);
        this.headersWaiters = null;
    }

    // The handle lives as long as somebody waits.
    wait(handle) {
        if (this.status)
            return Promise.resolve();
        const waiter = new Deferred();
        waiter.handle = handle;
        (this.waiters ??= []).push(waiter);
        return waiter.promise;
    }

    waitForHeaders(handle) {
        if (this.status)
            this.initialMetadata ??= new Metadata();
        if (this.initialMetadata)
            return Promise.resolve(this.initialMetadata);
        const waiter = new Deferred();
        waiter.handle = handle;
        (this.headersWaiters ??= []).push(waiter);
        return waiter.promise;
    }

    error() {
        this.failure ??= errorOf(this.status);
        return this.failure;
    }

    decode(bytes) {
        try {
            return this.method.decode(bytes);
        } catch (error) {
            const details = `The response cannot be decoded: ${error.message}`;
            this.failure ??= errorOf({...OK, code: StatusCode.INTERNAL, details});
            throw this.failure;
        }
    }

    response() {
        if (this.failure || this.status.code !== StatusCode.OK)
            throw this.error();
        if (!this.responseBytes) {
            this.failure = errorOf({...this.status, code: StatusCode.INTERNAL, details: 'There is no response'});
            throw this.failure;
        }
        return this.decode(this.responseBytes);
    }

    addMessage(bytes) {
        if (this.readers.length > 0)
            this.settleRead(this.readers.shift(), bytes);
        else
            this.messages.push(bytes);
    }

    settleRead(reader, bytes) {
        this.consumed += bytes.length + MESSAGE_COST;
        if (this.consumed >= WINDOW / 2 && !this.status) {
            this.port.core.read(this.id, this.consumed);
            this.consumed = 0;
        }

        try {
            reader.resolve(reader.toResult(this.decode(bytes), false));
        } catch (error) {
            this.cancel();
            reader.reject(error);
        }
    }

    endRead(reader) {
        if (this.failure || this.status.code !== StatusCode.OK)
            reader.reject(this.error());
        else
            reader.resolve(reader.toResult(null, true));
    }

    // The handle lives as long as somebody waits.
    read(handle, toResult) {
        const reader = new Deferred();
        reader.handle = handle;
        reader.toResult = toResult;
        if (this.messages.length > 0)
            this.settleRead(reader, this.messages.shift());
        else if (this.status)
            this.endRead(reader);
        else
            this.readers.push(reader);
        return reader.promise;
    }

    write(message, flags = 0) {
        if (this.isDoneWriting)
            throw new Error('The requests are complete already');

        const bytes = this.method.encode(message);
        if (this.status)
            return Promise.resolve(false);

        this.unwritten += bytes.length + MESSAGE_COST;
        this.port.core.write(this.id, bytes, flags);
        if (this.unwritten < WINDOW)
            return Promise.resolve(true);
        const writer = new Deferred();
        this.writers.push(writer);
        return writer.promise;
    }

    doneWriting() {
        if (this.isDoneWriting)
            return;
        this.isDoneWriting = true;
        if (!this.status)
            this.port.core.done_writing(this.id);
    }

    // Sends all that an iterable gives. What it throws ends the call.
    async pump(requests) {
        try {
            for await (const message of requests) {
                if (!await this.write(message))
                    return;
            }
            this.doneWriting();
        } catch (error) {
            this.failure ??= error;
            this.cancel();
        }
    }
}

const hasInstance = Function.prototype[Symbol.hasInstance];

/** A call. */
export class ClientCall {
    /**
     * @param {object} method - the method
     * @param {any} request - the request; for a stream of them an iterable, or
     *   null to write them one by one
     * @param {object} options - what to choose for this call
     */
    constructor(method, request, options) {
        this._core = new CallCore(method);
        this._core.start(request, options);
    }

    // UnaryCall is one, too, though it inherits from another class.
    static [Symbol.hasInstance](object) {
        return hasInstance.call(this, object) || this === ClientCall && hasInstance.call(UnaryCall, object);
    }

    /** The full name of the method. */
    get method() {
        return this._core.method.path;
    }

    /** Whether the call has ended. */
    get isDone() {
        return this._core.status !== null;
    }

    /** A promise of the metadata that came before the first response. */
    get headers() {
        return this._core.waitForHeaders(this);
    }

    /** A promise of the metadata that came at the end. */
    get trailers() {
        return this._core.wait(this).then(() => this._core.status.trailingMetadata ?? new Metadata());
    }

    /** A promise of the status, which is never rejected. */
    get status() {
        return this._core.wait(this).then(() => {
            const {code, details, debugString} = this._core.status;
            return {code, details, debugString};
        });
    }

    /** The address of the server, if the call got there. */
    get peer() {
        return this._core.status ? null : this._core.port.core.dup_peer(this._core.id);
    }

    /** Ends the call, unless it has ended. Returns whether it had not. */
    cancel() {
        return this._core.cancel();
    }
}

const ignore = () => {};

/**
 * A call with one response, and the promise of that.
 *
 * It has all that a ClientCall has. JavaScript remembers for each promise where it
 * was made, which takes time: so a call is one, and does not have several.
 */
export class UnaryCall extends Promise {
    /**
     * @param {object} method - the method
     * @param {any} request - the request; for a stream of them an iterable, or
     *   null to write them one by one
     * @param {object} options - what to choose for this call
     */
    constructor(method, request, options) {
        const core = new CallCore(method);

        super((resolve, reject) => {
            core.settle = () => {
                try {
                    resolve(core.response());
                } catch (error) {
                    // Who does not wait for the response does not miss it.
                    this.catch(ignore);
                    reject(error);
                }
            };
        });
        this._core = core;
        core.start(request, options);
    }

    /** A promise of the response. */
    get response() {
        return this;
    }
}

// What a reader gets.
const asMessage = message => message;
const asIteration = (value, done) => ({value: done ? undefined : value, done});

/** A call with a stream of responses, to be iterated over once. */
export class StreamCall extends ClientCall {
    constructor(method, request, options) {
        super(method, request, options);

        // The port holds the core of the call. When nobody has this object any more
        // nobody will read, and the call would never end. (A WeakRef is no help: in
        // GJS it keeps its target for ever.)
        if (this._core.id >= 0)
            this._lease = this._core.port.core.lease(this._core.id);
    }

    /** A promise of the next response, or of null at the end. */
    read() {
        return this._core.read(this, asMessage);
    }

    next() {
        return this._core.read(this, asIteration);
    }

    async return(value) {
        this.cancel();
        return {value, done: true};
    }

    async throw(error) {
        this.cancel();
        throw error;
    }

    [Symbol.asyncIterator]() {
        return this;
    }
}

// For those calls that are given no iterable of requests.
const WRITER = {
    /**
     * Sends a request. The promise is of true once there is room for more, and of
     * false when the call has ended.
     *
     * @param {any} message - the request
     */
    write(message) {
        return this._core.write(message);
    },

    /** Tells the server that there will be no more requests. */
    end() {
        this._core.doneWriting();
    },
};
Object.defineProperties(StreamCall.prototype, Object.getOwnPropertyDescriptors(WRITER));
Object.defineProperties(UnaryCall.prototype, {
    ...Object.getOwnPropertyDescriptors(ClientCall.prototype),
    ...Object.getOwnPropertyDescriptors(WRITER),
    // What awaits a promise with another constructor makes a second one.
    constructor: {value: Promise, writable: true, configurable: true},
});
