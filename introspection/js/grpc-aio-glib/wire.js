// SPDX-License-Identifier: LGPL-2.1-or-later

// The wire format of protobuf, below messages and fields.

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', {fatal: true});
const looseDecoder = new TextDecoder();

// Shorter texts are faster done by hand.
const SHORT = 32;

const TWO_32 = 0x100000000;
const scratch = new DataView(new ArrayBuffer(8));

export const WireType = Object.freeze({
    VARINT: 0,
    FIXED64: 1,
    LENGTH: 2,
    START_GROUP: 3,
    END_GROUP: 4,
    FIXED32: 5,
});

/** What a text with 64 bits or a BigInt is, as two halves of 32 bits. */
function halvesOf(value) {
    const wide = BigInt.asUintN(64, BigInt(value));
    return [Number(wide & 0xffffffffn), Number(wide >> 32n)];
}

export class WireWriter {
    constructor() {
        this.data = new Uint8Array(128);
        this.view = new DataView(this.data.buffer);
        this.length = 0;
    }

    reserve(length) {
        const start = this.length;
        this.length += length;
        if (this.length > this.data.length) {
            const data = new Uint8Array(Math.max(2 * this.data.length, this.length));
            data.set(this.data.subarray(0, start));
            this.data = data;
            this.view = new DataView(data.buffer);
        }
        return start;
    }

    // Up to 32 bits, unsigned.
    varint32(value) {
        let at = this.reserve(5);
        const {data} = this;
        for (; value > 0x7f; value >>>= 7)
            data[at++] = value & 0x7f | 0x80;
        data[at++] = value;
        this.length = at;
    }

    varint64(low, high) {
        for (; high > 0 || low > 0x7f; high >>>= 7) {
            this.data[this.reserve(1)] = low & 0x7f | 0x80;
            low = (low >>> 7 | high << 25) >>> 0;
        }
        this.data[this.reserve(1)] = low;
    }

    // A number that is whole, a BigInt or a text; taken modulo 2^64.
    varint(value) {
        if (typeof value === 'number' && value >= 0 && value < TWO_32)
            this.varint32(value);
        else
            this.varint64(...halvesOf(value));
    }

    zigzag(value) {
        const wide = BigInt.asIntN(64, BigInt(value));
        this.varint64(...halvesOf(wide << 1n ^ wide >> 63n));
    }

    fixed32(value) {
        const at = this.reserve(4);
        this.view.setUint32(at, value, true);
    }

    fixed64(value) {
        const [low, high] = halvesOf(value);
        this.fixed32(low);
        this.fixed32(high);
    }

    float(value) {
        const at = this.reserve(4);
        this.view.setFloat32(at, value, true);
    }

    double(value) {
        const at = this.reserve(8);
        this.view.setFloat64(at, value, true);
    }

    bytes(bytes) {
        this.varint32(bytes.length);
        const at = this.reserve(bytes.length);
        this.data.set(bytes, at);
    }

    raw(bytes) {
        const at = this.reserve(bytes.length);
        this.data.set(bytes, at);
    }

    string(text) {
        if (text.length <= SHORT) {
            const start = this.reserve(text.length + 1);
            let i = 0;
            for (; i < text.length; i++) {
                const code = text.charCodeAt(i);
                if (code > 0x7f)
                    break;
                this.data[start + 1 + i] = code;
            }
            if (i === text.length) {
                this.data[start] = i;
                return;
            }
            this.length = start;
        }
        this.bytes(encoder.encode(text));
    }

    // The length comes first, but is known last: room for one byte of it is left.
    begin() {
        return this.reserve(1);
    }

    end(start) {
        const length = this.length - start - 1;
        if (length < 0x80) {
            this.data[start] = length;
            return;
        }

        let more = 0;
        for (let rest = length; rest > 0x7f; rest = Math.floor(rest / 0x80))
            more++;
        this.reserve(more);
        this.data.copyWithin(start + 1 + more, start + 1, start + 1 + length);
        const end = this.length;
        this.length = start;
        this.varint32(length);
        this.length = end;
    }

    finish() {
        return this.data.slice(0, this.length);
    }
}

function signedOf(low, high) {
    const value = (high | 0) * TWO_32 + low;
    return Number.isSafeInteger(value) ? value : BigInt.asIntN(64, BigInt(high >>> 0) << 32n | BigInt(low));
}

function unsignedOf(low, high) {
    const value = (high >>> 0) * TWO_32 + low;
    return Number.isSafeInteger(value) ? value : BigInt(high >>> 0) << 32n | BigInt(low);
}

export class WireReader {
    constructor(data) {
        this.data = data;
        this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
        this.position = 0;
        this.limit = data.length;
        this.low = 0;
        this.high = 0;
    }

    _skip(length) {
        const start = this.position;
        if (length > this.limit - start)
            throw new RangeError('The message is cut off');
        this.position = start + length;
        return start;
    }

    // Into this.low and this.high, unsigned.
    varint() {
        const {data} = this;
        let at = this.position;
        let low = 0;
        let high = 0;
        let byte;
        let shift = 0;

        do {
            if (at >= this.limit)
                throw new RangeError('The message is cut off');
            if (shift > 63)
                throw new RangeError('A number has too many bytes');
            byte = data[at++];
            if (shift < 28) {
                low |= (byte & 0x7f) << shift;
            } else if (shift === 28) {
                low |= (byte & 0x0f) << 28;
                high = byte >> 4 & 0x07;
            } else {
                high |= (byte & 0x7f) << shift - 32;
            }
            shift += 7;
        } while (byte > 0x7f);

        this.position = at;
        this.low = low >>> 0;
        this.high = high >>> 0;
    }

    uint32() {
        this.varint();
        return this.low;
    }

    int32() {
        this.varint();
        return this.low | 0;
    }

    sint32() {
        this.varint();
        return this.low >>> 1 ^ -(this.low & 1);
    }

    bool() {
        this.varint();
        return (this.low | this.high) !== 0;
    }

    int64() {
        this.varint();
        return signedOf(this.low, this.high);
    }

    uint64() {
        this.varint();
        return unsignedOf(this.low, this.high);
    }

    sint64() {
        this.varint();
        const mask = -(this.low & 1);
        const low = ((this.low >>> 1 | this.high << 31) ^ mask) >>> 0;
        const high = this.high >>> 1 ^ mask;
        return signedOf(low, high);
    }

    fixed32() {
        return this.view.getUint32(this._skip(4), true);
    }

    sfixed32() {
        return this.view.getInt32(this._skip(4), true);
    }

    fixed64() {
        const at = this._skip(8);
        return unsignedOf(this.view.getUint32(at, true), this.view.getUint32(at + 4, true));
    }

    sfixed64() {
        const at = this._skip(8);
        return signedOf(this.view.getUint32(at, true), this.view.getUint32(at + 4, true));
    }

    float() {
        return this.view.getFloat32(this._skip(4), true);
    }

    double() {
        return this.view.getFloat64(this._skip(8), true);
    }

    length() {
        this.varint();
        if (this.high || this.low > this.limit - this.position)
            throw new RangeError('The message is cut off');
        return this.low;
    }

    bytes() {
        const length = this.length();
        const start = this._skip(length);
        return this.data.slice(start, start + length);
    }

    string(isStrict) {
        const length = this.length();
        const start = this._skip(length);
        const end = start + length;

        if (length <= SHORT) {
            let text = '';
            let i = start;
            for (; i < end && this.data[i] < 0x80; i++)
                text += String.fromCharCode(this.data[i]);
            if (i === end)
                return text;
        }

        return (isStrict ? strictDecoder : looseDecoder).decode(this.data.subarray(start, end));
    }

    // What follows a tag.
    skip(tag, depth) {
        switch (tag & 7) {
        case WireType.VARINT:
            this.varint();
            break;
        case WireType.FIXED64:
            this._skip(8);
            break;
        case WireType.LENGTH:
            this._skip(this.length());
            break;
        case WireType.START_GROUP:
            this._skipGroup(tag, depth);
            break;
        case WireType.FIXED32:
            this._skip(4);
            break;
        default:
            throw new RangeError(`There is no wire type ${tag & 7} here`);
        }
    }

    _skipGroup(tag, depth) {
        if (depth <= 0)
            throw new RangeError('The message is nested too deeply');
        for (;;) {
            const inner = this.uint32();
            if ((inner & 7) === WireType.END_GROUP) {
                if (inner >>> 3 !== tag >>> 3)
                    throw new RangeError('A group ends that did not begin');
                return;
            }
            this.skip(inner, depth - 1);
        }
    }
}

/**
 * Checks a number of up to 32 bits.
 *
 * @param {any} value - the value
 * @param {number} minimum - the least
 * @param {number} maximum - the greatest
 */
export function checkInteger(value, minimum, maximum) {
    const number = Number(value);
    if (!Number.isInteger(number) || number < minimum || number > maximum)
        throw new TypeError(`${value} is not a whole number from ${minimum} to ${maximum}`);
    return number;
}

/**
 * Checks a number of 64 bits, that may be a BigInt or a text as well.
 *
 * @param {any} value - the value
 * @param {boolean} isSigned - whether it may be below zero
 */
export function checkWide(value, isSigned) {
    if (typeof value === 'number' && !Number.isSafeInteger(value))
        throw new TypeError(`${value} is not an exact whole number`);
    const wide = BigInt(value);
    if ((isSigned ? BigInt.asIntN(64, wide) : BigInt.asUintN(64, wide)) !== wide)
        throw new TypeError(`${value} has more than 64 bits`);
    return value;
}

/** Rounds as a float does. */
export function toFloat(value) {
    scratch.setFloat32(0, value, true);
    return scratch.getFloat32(0, true);
}
