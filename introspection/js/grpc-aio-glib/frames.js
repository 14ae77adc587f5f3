// SPDX-License-Identifier: LGPL-2.1-or-later

// The bytes that go into and come out of a GrpcAio.Port.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

// Shorter texts are made faster without a decoder.
const SHORT = 24;

/** Reads numbers, texts and bytes one after the other. */
export class FrameReader {
    constructor(bytes) {
        this.data = bytes;
        this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        this.position = 0;
    }

    uint32() {
        const value = this.view.getUint32(this.position, true);
        this.position += 4;
        return value;
    }

    int64() {
        const low = this.view.getUint32(this.position, true);
        const high = this.view.getInt32(this.position + 4, true);
        this.position += 8;
        return high * 0x100000000 + low;
    }

    bytes(length) {
        const end = this.position + length;
        const bytes = this.data.slice(this.position, end);
        this.position = end;
        return bytes;
    }

    string(length) {
        const start = this.position;
        const end = start + length;
        this.position = end;

        if (length <= SHORT) {
            let text = '';
            let i = start;
            for (; i < end && this.data[i] < 0x80; i++)
                text += String.fromCharCode(this.data[i]);
            if (i === end)
                return text;
        }

        return decoder.decode(this.data.subarray(start, end));
    }

    text() {
        return this.string(this.uint32());
    }
}

/** Writes the same. */
export class FrameWriter {
    constructor(capacity = 256) {
        this.data = new Uint8Array(capacity);
        this.view = new DataView(this.data.buffer);
        this.length = 0;
    }

    _reserve(length) {
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

    encode(text) {
        return encoder.encode(text);
    }

    uint32(value) {
        const start = this._reserve(4);
        this.view.setUint32(start, value, true);
    }

    int64(value) {
        const start = this._reserve(8);
        this.view.setUint32(start, value >>> 0, true);
        this.view.setInt32(start + 4, Math.floor(value / 0x100000000), true);
    }

    bytes(bytes) {
        const start = this._reserve(bytes.length);
        this.data.set(bytes, start);
    }

    text(text) {
        const bytes = this.encode(text ?? '');
        this.uint32(bytes.length);
        this.bytes(bytes);
    }

    finish() {
        return this.data.slice(0, this.length);
    }
}
