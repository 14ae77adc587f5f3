// SPDX-License-Identifier: LGPL-2.1-or-later

// What goes with a call beside its messages.

import GLib from 'gi://GLib';

const KEY = /^[0-9a-z_.-]+$/;
const VALUE = /^[\x20-\x7e]*$/;

const decoder = new TextDecoder();

function toKey(key) {
    const name = `${key}`.toLowerCase();
    if (!KEY.test(name))
        throw new TypeError(`'${key}' cannot be a key of metadata`);
    return name;
}

function toBytes(value) {
    if (value instanceof Uint8Array)
        return value;
    if (value instanceof GLib.Bytes)
        return value.toArray();
    if (value instanceof ArrayBuffer)
        return new Uint8Array(value);
    return null;
}

function toValue(key, value) {
    if (key.endsWith('-bin')) {
        const bytes = toBytes(value);
        if (!bytes)
            throw new TypeError(`The value of '${key}' has to be bytes`);
        return bytes;
    }

    const text = `${value}`;
    if (!VALUE.test(text))
        throw new TypeError(`The value of '${key}' has to be printable ASCII`);
    return text;
}

/**
 * A list of keys with values. A key may stand in it several times; its case does
 * not matter. The values of keys that end in -bin are Uint8Array, all others are
 * text.
 */
export class Metadata {
    #entries = [];

    /**
     * @param {object} init - an object, a Metadata or pairs to begin with; in an
     *   object a value may be an array of several
     */
    constructor(init = null) {
        if (!init)
            return;
        if (typeof init[Symbol.iterator] === 'function') {
            for (const [key, value] of init)
                this.append(key, value);
            return;
        }
        for (const [key, values] of Object.entries(init)) {
            for (const value of Array.isArray(values) ? values : [values])
                this.append(key, value);
        }
    }

    /**
     * Takes what is good for the constructor, and leaves a Metadata as it is.
     *
     * @param {object} init - metadata in any form
     */
    static from(init) {
        return init instanceof Metadata ? init : new Metadata(init);
    }

    /**
     * From a frame of the port, whose entries need no check.
     *
     * @param {FrameReader} reader - stands at the metadata
     */
    static read(reader) {
        const metadata = new Metadata();
        for (let n = reader.uint32(); n > 0; n--) {
            const keyLength = reader.uint32();
            const valueLength = reader.uint32();
            const key = reader.string(keyLength);
            const bytes = reader.bytes(valueLength);
            metadata.#entries.push([key, key.endsWith('-bin') ? bytes : decoder.decode(bytes)]);
        }
        return metadata;
    }

    write(writer) {
        writer.uint32(this.#entries.length);
        for (const [key, value] of this.#entries) {
            const bytes = typeof value === 'string' ? writer.encode(value) : value;
            writer.uint32(key.length);
            writer.uint32(bytes.length);
            writer.bytes(writer.encode(key));
            writer.bytes(bytes);
        }
    }

    get size() {
        return this.#entries.length;
    }

    append(key, value) {
        const name = toKey(key);
        this.#entries.push([name, toValue(name, value)]);
        return this;
    }

    set(key, value) {
        const name = toKey(key);
        const checked = toValue(name, value);
        this.delete(name);
        this.#entries.push([name, checked]);
        return this;
    }

    delete(key) {
        const name = `${key}`.toLowerCase();
        const before = this.#entries.length;
        this.#entries = this.#entries.filter(([other]) => other !== name);
        return this.#entries.length < before;
    }

    has(key) {
        const name = `${key}`.toLowerCase();
        return this.#entries.some(([other]) => other === name);
    }

    /**
     * The last value of a key, undefined if there is none.
     *
     * @param {string} key - a key
     */
    get(key) {
        return this.getAll(key).pop();
    }

    getAll(key) {
        const name = `${key}`.toLowerCase();
        return this.#entries.filter(([other]) => other === name).map(([, value]) => value);
    }

    copy() {
        const copy = new Metadata();
        copy.#entries = [...this.#entries];
        return copy;
    }

    keys() {
        return this.#entries.map(([key]) => key)[Symbol.iterator]();
    }

    entries() {
        return this.#entries.map(entry => [...entry])[Symbol.iterator]();
    }

    [Symbol.iterator]() {
        return this.entries();
    }
}
