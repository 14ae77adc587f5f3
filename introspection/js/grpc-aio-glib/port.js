// SPDX-License-Identifier: LGPL-2.1-or-later

// One GrpcAio.Port, and who wants to know of its calls.
//
// GJS before 1.82 drops callbacks from C, and signals, from when a collection
// begins to sweep until it ends; an incremental one returns to the main loop in
// between, and may stay there. So nothing here waits for a callback: a source in C
// sets a property of a Waker, again and again until all is drained, and that GJS
// never drops.

import GObject from 'gi://GObject';
import GrpcAio from 'gi://GrpcAio?version=1';

import {FrameReader} from './frames.js';

const {PortEvent} = GrpcAio;

const HEADER_SIZE = 16;

const Waker = GObject.registerClass({
    GTypeName: 'GrpcAioJsWaker',
    Properties: {
        'wake-up': GObject.ParamSpec.boolean('wake-up', null, null, GObject.ParamFlags.READWRITE, false),
    },
}, class Waker extends GObject.Object {
    get wake_up() {
        return false;
    }

    set wake_up(value) {
        this.port?.drain();
    }
});

/** Hands the frames of a port to its calls. */
export class Port {
    constructor() {
        this.core = new GrpcAio.Port();
        this.calls = [];    // of clients, by id
        this.served = [];   // of servers, by id without the highest bit
        this.methods = [];  // names, by number
        this.server = null; // whose calls they are

        // An id may be used again after a drain.
        this._free = [];
        this._released = [];
        this._deferred = [];

        this._waker = new Waker();
        this._waker.port = this;
        this.core.attach(this._waker, 'wake-up');
    }

    add(call) {
        const id = this._free.length > 0 ? this._free.pop() : this.calls.length;
        this.calls[id] = call;
        return id;
    }

    /**
     * Forgets a server's call, whose id may come again.
     *
     * @param {number} id - of the call
     */
    forget(id) {
        this.served[id & 0x7fffffff] = null;
    }

    /**
     * Forgets a client's call that the library has let go of.
     *
     * @param {number} id - of the call
     */
    drop(id) {
        this.calls[id] = null;
        this._released.push(id);
    }

    /**
     * Lets go of a client's call.
     *
     * @param {number} id - of the call
     */
    release(id) {
        this.core.release(id);
        this.drop(id);
    }

    drain() {
        const released = this._released;
        this._released = [];

        const bytes = this.core.drain();
        if (bytes?.length > 0)
            this._read(bytes);

        this._free.push(...released);
    }

    _read(bytes) {
        const reader = new FrameReader(bytes);
        const {view} = reader;

        for (let at = 0, next; at < bytes.length; at = next) {
            const id = view.getUint32(at, true);
            const event = view.getUint32(at + 4, true);
            const value = view.getUint32(at + 8, true);
            reader.position = at + HEADER_SIZE;
            next = reader.position + view.getUint32(at + 12, true);

            try {
                if (event === PortEvent.METHOD) {
                    this.methods[id] = reader.string(next - reader.position);
                } else if (event === PortEvent.CALL) {
                    this.served[id & 0x7fffffff] = this.server.begin(id, this.methods[value], reader);
                } else {
                    const call = id >= 0x80000000 ? this.served[id & 0x7fffffff] : this.calls[id];
                    call?.onEvent(event, value, reader, next);
                }
            } catch (error) {
                logError(error, 'A gRPC call');
            }
        }
    }

    takeMessage(id) {
        return this.core.take_message(id) ?? new Uint8Array(0);
    }

    close() {
        this.core.close();
        this._waker.port = null;
        this.server = null;
        this.calls = [];
        this.served = [];
    }
}

let shared = null;

/** The port of all clients. */
export function getPort() {
    shared ??= new Port();
    return shared;
}
