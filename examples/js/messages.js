// SPDX-License-Identifier: LGPL-2.1-or-later

// The messages of the examples, and how they become bytes and back.
//
// The library carries messages as GLib.Bytes and does not mind what is in
// them. GJS comes with no protobuf, but these messages have only three kinds
// of fields, so a small part of the format is enough
// (https://protobuf.dev/programming-guides/encoding/):
//
//   message = any number of fields
//   field   = varint (field number * 8 + wire type), then the value
//   value   = a varint                             of wire type 0: int32
//           | a varint (length), so many bytes     of wire type 2: string, message
//   varint  = 7 bits to a byte, lowest first; all but the last have bit 8 set
//
// A field that is missing has its default: 0, the empty string, null.

import GLib from 'gi://GLib';

/**
 * How a value becomes a number or bytes, and back.
 *
 * @typedef {{wireType: number, initial: any, encode: (value: any) => any, decode: (value: any) => any}} Type
 */

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

/** @type {Type} */
const int32 = {
    wireType: VARINT,
    initial: 0,
    encode: value => BigInt(value),
    decode: varint => Number(BigInt.asIntN(32, varint)),
};

/** @type {Type} */
const string = {
    wireType: LENGTH,
    initial: '',
    encode: value => new TextEncoder().encode(value),
    decode: data => new TextDecoder().decode(data),
};

/**
 * Appends a number.
 *
 * @param {number[]} out - the bytes so far
 * @param {number | bigint} value - the number
 */
function writeVarint(out, value) {
    // Negative numbers take all of 64 bits.
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 0x7fn; rest >>= 7n)
        out.push(Number(rest & 0x7fn) | 0x80);
    out.push(Number(rest));
}

class Reader {
    /** @param {Uint8Array} data - the bytes of a message */
    constructor(data) {
        this.data = data;
        this.position = 0;
    }

    get atEnd() {
        return this.position === this.data.length;
    }

    /** @param {number} length - how many bytes */
    take(length) {
        if (length > this.data.length - this.position)
            throw new Error('The message is cut off');
        this.position += length;
        return this.data.subarray(this.position - length, this.position);
    }

    varint() {
        let value = 0n;
        for (let shift = 0n; shift < 70n; shift += 7n) {
            const [byte] = this.take(1);
            value |= BigInt(byte & 0x7f) << shift;
            if (byte < 0x80)
                return value;
        }
        throw new Error('A number has too many bytes');
    }

    /** @param {number} wireType - of the value that comes */
    value(wireType) {
        switch (wireType) {
        case VARINT:
            return this.varint();
        case FIXED64:
            return this.take(8);
        case LENGTH:
            return this.take(Number(this.varint()));
        case FIXED32:
            return this.take(4);
        default:
            throw new Error(`There is no wire type ${wireType}`);
        }
    }
}

/**
 * Describes a message: {name: [number, type]}. What comes back can pack() an
 * object into GLib.Bytes, unpack() it again, and be the type of a field.
 *
 * @param {{[name: string]: [number, Type]}} fields - the fields
 */
function message(fields) {
    const encode = (/** @type {any} */ object) => {
        /** @type {number[]} */
        const out = [];
        for (const [name, [number, type]] of Object.entries(fields)) {
            const value = object[name] ?? type.initial;
            if (value === type.initial)
                continue;

            const encoded = type.encode(value);
            writeVarint(out, number << 3 | type.wireType);
            if (type.wireType === VARINT) {
                writeVarint(out, encoded);
            } else {
                writeVarint(out, encoded.length);
                for (const byte of encoded)
                    out.push(byte);
            }
        }
        return out;
    };

    const decode = (/** @type {Uint8Array} */ data) => {
        /** @type {any} */
        const object = {};
        for (const [name, [, type]] of Object.entries(fields))
            object[name] = type.initial;

        const reader = new Reader(data);
        while (!reader.atEnd) {
            const key = Number(reader.varint());
            const value = reader.value(key & 7);
            // A field that we do not know is skipped: the peer may be newer.
            for (const [name, [number, type]] of Object.entries(fields)) {
                if (key === (number << 3 | type.wireType))
                    object[name] = type.decode(value);
            }
        }
        return object;
    };

    return {
        wireType: LENGTH,
        initial: null,
        encode,
        decode,
        pack: (/** @type {object} */ object) => new GLib.Bytes(Uint8Array.from(encode(object))),
        unpack: (/** @type {GLib.Bytes} */ bytes) => decode(bytes.toArray()),
    };
}

// helloworld.proto

export const HelloRequest = message({name: [1, string]});
export const HelloReply = message({message: [1, string]});

// route_guide.proto

export const Point = message({latitude: [1, int32], longitude: [2, int32]});
export const Rectangle = message({lo: [1, Point], hi: [2, Point]});
export const Feature = message({name: [1, string], location: [2, Point]});
export const RouteNote = message({location: [1, Point], message: [2, string]});
export const RouteSummary = message({
    point_count: [1, int32],
    feature_count: [2, int32],
    distance: [3, int32],
    elapsed_time: [4, int32],
});
