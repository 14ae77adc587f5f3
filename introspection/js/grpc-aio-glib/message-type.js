// SPDX-License-Identifier: LGPL-2.1-or-later

// Messages as plain objects, driven by their descriptors.

import GLib from 'gi://GLib';

import {checkInteger, checkWide, WireReader, WireType, WireWriter} from './wire.js';

// As deep as other implementations go.
const MAX_DEPTH = 100;

// No tag is that.
const NO_GROUP = -1;

/** The key of an object's unknown fields, as they came. */
export const unknownFields = Symbol('unknownFields');

function bytesOf(value) {
    if (value instanceof Uint8Array)
        return value;
    if (value instanceof GLib.Bytes)
        return value.toArray();
    if (value instanceof ArrayBuffer)
        return new Uint8Array(value);
    throw new TypeError(`${value} is not bytes`);
}

function stringOf(value) {
    if (typeof value !== 'string')
        throw new TypeError(`${value} is not a string`);
    return value;
}

function numberOf(value) {
    if (typeof value !== 'number' && typeof value !== 'bigint')
        throw new TypeError(`${value} is not a number`);
    return Number(value);
}

const int32 = value => checkInteger(value, -0x80000000, 0x7fffffff);
const uint32 = value => checkInteger(value, 0, 0xffffffff);

function varint32(writer, value) {
    // Below zero they take all of 64 bits.
    writer.varint(int32(value));
}

// By the number that FieldDescriptorProto.Type has for it: wire type, what an
// unset field reads as, how to write and how to read a value.
const SCALARS = {
    1: [WireType.FIXED64, 0, (w, v) => w.double(numberOf(v)), r => r.double()],
    2: [WireType.FIXED32, 0, (w, v) => w.float(numberOf(v)), r => r.float()],
    3: [WireType.VARINT, 0, (w, v) => w.varint(checkWide(v, true)), r => r.int64()],
    4: [WireType.VARINT, 0, (w, v) => w.varint(checkWide(v, false)), r => r.uint64()],
    5: [WireType.VARINT, 0, varint32, r => r.int32()],
    6: [WireType.FIXED64, 0, (w, v) => w.fixed64(checkWide(v, false)), r => r.fixed64()],
    7: [WireType.FIXED32, 0, (w, v) => w.fixed32(uint32(v)), r => r.fixed32()],
    8: [WireType.VARINT, false, (w, v) => w.varint32(v ? 1 : 0), r => r.bool()],
    9: [WireType.LENGTH, '', (w, v) => w.string(stringOf(v)), (r, field) => r.string(field.isStrict)],
    12: [WireType.LENGTH, null, (w, v) => w.bytes(bytesOf(v)), r => r.bytes()],
    13: [WireType.VARINT, 0, (w, v) => w.varint32(uint32(v)), r => r.uint32()],
    15: [WireType.FIXED32, 0, (w, v) => w.fixed32(int32(v)), r => r.sfixed32()],
    16: [WireType.FIXED64, 0, (w, v) => w.fixed64(checkWide(v, true)), r => r.sfixed64()],
    17: [WireType.VARINT, 0, (w, v) => w.zigzag(int32(v)), r => r.sint32()],
    18: [WireType.VARINT, 0, (w, v) => w.zigzag(checkWide(v, true)), r => r.sint64()],
};

export const FieldType = Object.freeze({GROUP: 10, MESSAGE: 11, ENUM: 14, BYTES: 12, STRING: 9});

/** An enum: values go by their names, or by number when they have none. */
export class EnumType {
    constructor(name, values) {
        this.name = name;
        this.values = Object.freeze(Object.fromEntries(values.map(([key, number]) => [key, number])));
        this._names = new Map();
        for (const [key, number] of values) {
            if (!this._names.has(number))
                this._names.set(number, key);
        }
        [[this.first]] = values.length > 0 ? values : [[0]];
    }

    numberOf(value) {
        if (typeof value !== 'string')
            return int32(value);
        const number = this.values[value];
        if (number === undefined)
            throw new TypeError(`'${value}' is not a value of ${this.name}`);
        return number;
    }

    nameOf(number) {
        return this._names.get(number) ?? number;
    }
}

function enumScalar(type) {
    return [
        WireType.VARINT, type.first,
        (w, v) => w.varint(type.numberOf(v)),
        r => type.nameOf(r.int32()),
    ];
}

/** A field of a message. */
export class Field {
    /**
     * @param {object} info - name, number, type, and what else there is:
     *   jsonName, messageType, enumType, isRepeated, isRequired, isPacked,
     *   hasPresence, isStrict, isWide, oneof
     */
    constructor(info) {
        Object.assign(this, {
            messageType: null, enumType: null, isRepeated: false, isRequired: false, isPacked: false,
            hasPresence: false, isStrict: false, isWide: false, oneof: null,
        }, info);
        this.key = this.jsonName ?? this.name;
        this.isMap = this.isRepeated && (this.messageType?.isMapEntry ?? false);
        this.isGroup = this.type === FieldType.GROUP;
        this.isMessage = this.messageType !== null;

        if (this.isMessage) {
            this.wireType = this.isGroup ? WireType.START_GROUP : WireType.LENGTH;
        } else {
            const [wireType, initial, write, read] =
                this.type === FieldType.ENUM ? enumScalar(this.enumType) : SCALARS[this.type];
            this.wireType = wireType;
            this.initial = initial;
            this.write = write;
            this.read = read;
        }
        this.tag = (this.number << 3 | this.wireType) >>> 0;
        this.packedTag = (this.number << 3 | WireType.LENGTH) >>> 0;
        this.isPackable = this.isRepeated && !this.isMessage && this.wireType !== WireType.LENGTH;
    }

    makeInitial() {
        if (this.isMap)
            return Object.create(null);
        if (this.isRepeated)
            return [];
        return this.type === FieldType.BYTES ? new Uint8Array(0) : this.initial;
    }

    // Whether a value without presence need not be sent.
    isInitial(value) {
        switch (this.type) {
        case FieldType.STRING:
            return value === '';
        case FieldType.BYTES:
            return (value.length ?? value.byteLength ?? value.get_size?.()) === 0;
        case FieldType.ENUM:
            return this.enumType.numberOf(value) === 0;
        case 1:
        case 2:
            return Object.is(value, 0);
        default:
            return value === 0 || value === 0n || value === '0' || value === false;
        }
    }
}

function keyOf(field, text) {
    if (field.type === FieldType.STRING)
        return text;
    if (field.type === 8)
        return text === 'true';
    return field.isWide ? BigInt(text) : Number(text);
}

/** A type of messages. */
export class MessageType {
    constructor(name) {
        this.name = name;
        this.isMapEntry = false;
        this.fields = [];
        this._byTag = new Map();
        this.plain = [];
        this.hasRequired = false;
    }

    /**
     * @param {Array} fields - all its fields
     */
    setFields(fields) {
        this.fields = [...fields].sort((a, b) => a.number - b.number);
        for (const field of fields) {
            this._byTag.set(field.tag, field);
            if (field.isPackable)
                this._byTag.set(field.packedTag, field);
        }
        this.plain = this.fields.filter(field => field.isRepeated || !field.hasPresence && !field.isMessage);
        this.hasRequired = this.fields.some(field => field.isRequired);
    }

    /**
     * Makes bytes of an object.
     *
     * @param {object} object - the message
     */
    encode(object) {
        const writer = new WireWriter();
        this._write(writer, object ?? {}, MAX_DEPTH);
        return writer.finish();
    }

    /**
     * Makes an object of bytes.
     *
     * @param {Uint8Array} bytes - the message
     */
    decode(bytes) {
        const reader = new WireReader(bytesOf(bytes));
        return this._read(reader, MAX_DEPTH, NO_GROUP);
    }

    _write(writer, object, depth) {
        if (depth <= 0)
            throw new RangeError(`A ${this.name} is nested too deeply`);
        if (typeof object !== 'object')
            throw new TypeError(`${object} is not a ${this.name}`);

        for (const field of this.fields) {
            const value = object[field.key];
            if (value === undefined || value === null) {
                if (field.isRequired)
                    throw new TypeError(`${this.name} lacks its field '${field.key}'`);
                continue;
            }
            try {
                this._writeField(writer, field, value, depth);
            } catch (error) {
                if (error instanceof TypeError && !error.isPlaced) {
                    error.message = `${this.name}.${field.key}: ${error.message}`;
                    error.isPlaced = true;
                }
                throw error;
            }
        }

        if (object[unknownFields])
            writer.raw(object[unknownFields]);
    }

    _writeField(writer, field, value, depth) {
        if (field.isMap) {
            this._writeMap(writer, field, value, depth);
        } else if (field.isRepeated) {
            this._writeRepeated(writer, field, value, depth);
        } else if (field.isMessage) {
            this._writeMessage(writer, field, value, depth);
        } else if (field.hasPresence || this.isMapEntry || !field.isInitial(value)) {
            writer.varint32(field.tag);
            field.write(writer, value);
        }
    }

    _writeMessage(writer, field, value, depth) {
        writer.varint32(field.tag);
        if (field.isGroup) {
            field.messageType._write(writer, value, depth - 1);
            writer.varint32((field.number << 3 | WireType.END_GROUP) >>> 0);
            return;
        }
        const start = writer.begin();
        field.messageType._write(writer, value, depth - 1);
        writer.end(start);
    }

    _writeRepeated(writer, field, values, depth) {
        const items = Array.isArray(values) ? values : [...values];

        if (field.isPackable && field.isPacked) {
            if (items.length === 0)
                return;
            writer.varint32(field.packedTag);
            const start = writer.begin();
            for (const item of items)
                field.write(writer, item);
            writer.end(start);
            return;
        }

        for (const item of items) {
            if (field.isMessage) {
                this._writeMessage(writer, field, item, depth);
            } else {
                writer.varint32(field.tag);
                field.write(writer, item);
            }
        }
    }

    _writeMap(writer, field, value, depth) {
        const [keyField] = field.messageType.fields;
        const entries = value instanceof Map ? value.entries() : Object.entries(value);

        for (const [key, item] of entries) {
            const entry = {key: typeof key === 'string' ? keyOf(keyField, key) : key, value: item};
            this._writeMessage(writer, field, entry, depth);
        }
    }

    _read(reader, depth, group) {
        if (depth <= 0)
            throw new RangeError(`A ${this.name} is nested too deeply`);

        const object = {};
        for (const field of this.plain)
            object[field.key] = field.makeInitial();

        const unknown = [];
        for (;;) {
            if (reader.position >= reader.limit) {
                if (group !== NO_GROUP)
                    throw new RangeError('A group does not end');
                break;
            }
            const start = reader.position;
            const tag = reader.uint32();
            if (tag === group)
                break;
            const field = this._byTag.get(tag);
            if (field)
                this._readField(reader, object, field, tag, depth);
            else
                this._readUnknown(reader, unknown, start, tag, depth);
        }
        if (unknown.length > 0)
            this._keepUnknown(reader, object, unknown);

        if (this.hasRequired) {
            for (const field of this.fields) {
                if (field.isRequired && object[field.key] === undefined)
                    throw new TypeError(`${this.name} lacks its field '${field.key}'`);
            }
        }

        return object;
    }

    _readUnknown(reader, unknown, start, tag, depth) {
        if (tag >>> 3 === 0)
            throw new RangeError('There is no field 0');
        reader.skip(tag, depth);

        // Ranges, of which neighbours are one.
        if (unknown.length > 0 && unknown[unknown.length - 1] === start)
            unknown.pop();
        else
            unknown.push(start);
        unknown.push(reader.position);
    }

    _keepUnknown(reader, object, unknown) {
        let length = 0;
        for (let i = 0; i < unknown.length; i += 2)
            length += unknown[i + 1] - unknown[i];

        const value = new Uint8Array(length);
        let at = 0;
        for (let i = 0; i < unknown.length; i += 2) {
            value.set(reader.data.subarray(unknown[i], unknown[i + 1]), at);
            at += unknown[i + 1] - unknown[i];
        }
        Object.defineProperty(object, unknownFields, {value, configurable: true, writable: true});
    }

    _readField(reader, object, field, tag, depth) {
        if (field.isMap) {
            const {key, value} = this._readMessage(reader, field, tag, depth);
            object[field.key][key] = value;
        } else if (field.isRepeated) {
            this._readRepeated(reader, object[field.key], field, tag, depth);
        } else {
            const value = field.isMessage ? this._readMessage(reader, field, tag, depth) : field.read(reader, field);
            if (field.oneof)
                this._chooseOneof(object, field);
            object[field.key] = field.isMessage && object[field.key]
                ? field.messageType._merge(object[field.key], value) : value;
        }
    }

    _readMessage(reader, field, tag, depth) {
        const type = field.messageType;
        let message;

        if (field.isGroup) {
            message = type._read(reader, depth - 1, (field.number << 3 | WireType.END_GROUP) >>> 0);
        } else {
            const length = reader.length();
            const outer = reader.limit;
            reader.limit = reader.position + length;
            message = type._read(reader, depth - 1, NO_GROUP);
            reader.limit = outer;
        }

        // Both fields of an entry may be left out.
        if (type.isMapEntry && message.value === undefined)
            message.value = type.fields[1].messageType?.decode(new Uint8Array(0));

        return message;
    }

    _readRepeated(reader, array, field, tag, depth) {
        if (field.isMessage) {
            array.push(this._readMessage(reader, field, tag, depth));
        } else if (field.isPackable && tag === field.packedTag) {
            const length = reader.length();
            const end = reader.position + length;
            const outer = reader.limit;
            reader.limit = end;
            while (reader.position < end)
                array.push(field.read(reader, field));
            reader.limit = outer;
        } else {
            array.push(field.read(reader, field));
        }
    }

    _chooseOneof(object, field) {
        const before = object[field.oneof];
        if (before !== undefined && before !== field.key)
            delete object[before];
        object[field.oneof] = field.key;
    }

    // A message that comes twice is one.
    _merge(object, other) {
        for (const field of this.fields) {
            const value = other[field.key];
            if (value === undefined || !field.hasPresence && !field.isRepeated && field.isInitial(value))
                continue;
            if (field.isMap)
                Object.assign(object[field.key], value);
            else if (field.isRepeated)
                object[field.key] = object[field.key].concat(value);
            else if (field.isMessage && object[field.key])
                field.messageType._merge(object[field.key], value);
            else
                object[field.key] = value;
            if (field.oneof)
                this._chooseOneof(object, field);
        }
        return object;
    }
}
