// SPDX-License-Identifier: LGPL-2.1-or-later

// What .proto files say, read from their descriptors at run time.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';

import {FILE, FILE_SET} from './descriptor.js';
import {EnumType, Field, FieldType, MessageType} from './message-type.js';

const LABEL_REQUIRED = 2;
const LABEL_REPEATED = 3;

function camelCase(name) {
    return name.replace(/_+([a-zA-Z0-9])/g, (_, letter) => letter.toUpperCase()).replace(/_+$/, '');
}

function lowerFirst(name) {
    return name.charAt(0).toLowerCase() + name.slice(1);
}

/** A method of a service: its path, which sides stream, and its types. */
export class MethodDefinition {
    constructor(service, descriptor, requestType, responseType) {
        this.name = descriptor.name;
        this.key = lowerFirst(descriptor.name);
        this.path = `/${service}/${descriptor.name}`;
        this.requestStream = descriptor.clientStreaming ?? false;
        this.responseStream = descriptor.serverStreaming ?? false;
        this.requestType = requestType;
        this.responseType = responseType;
    }
}

/** A service: its name, and its methods by their names in JavaScript. */
export class ServiceDefinition {
    constructor(name, methods) {
        this.name = name;
        this.methods = {};
        for (const method of methods)
            this.methods[method.key] = method;
    }
}

/** The messages, enums and services of some .proto files. */
export class Schema {
    #messages = new Map();
    #enums = new Map();
    #services = new Map();
    #bytes = null;
    #pool = null;

    /**
     * From a file that protoc --include_imports --descriptor_set_out has made.
     *
     * @param {string} path - its name
     */
    static fromFile(path) {
        const [, bytes] = GLib.file_get_contents(path);
        return Schema.fromBytes(bytes);
    }

    /**
     * The same from a resource.
     *
     * @param {string} path - the path of the resource
     */
    static fromResource(path) {
        return Schema.fromBytes(Gio.resources_lookup_data(path, Gio.ResourceLookupFlags.NONE));
    }

    /**
     * The same from memory.
     *
     * @param {Uint8Array} bytes - a serialized FileDescriptorSet, or GLib.Bytes
     */
    static fromBytes(bytes) {
        const schema = new Schema();
        schema.#bytes = bytes instanceof GLib.Bytes ? bytes.toArray() : bytes;
        schema.#add(FILE_SET.decode(schema.#bytes).file);
        return schema;
    }

    /**
     * All that a GrpcAio.MessagePool knows.
     *
     * @param {GrpcAio.MessagePool} pool - a pool
     */
    static fromPool(pool) {
        const schema = new Schema();
        schema.#pool = pool;
        schema.#add(pool.dup_file_names().map(name => FILE.decode(pool.dup_file_descriptor(name).toArray())));
        return schema;
    }

    /**
     * What a server with reflection tells of its services and messages.
     *
     * @param {GrpcAio.Channel} channel - a channel, or a target to make one for
     * @param {object} options - symbol, to be told only what has this full name, with
     *   all it needs; and signal
     * @returns {Promise<Schema>}
     */
    static async fromReflection(channel, {symbol = null, signal = null} = {}) {
        const connection = typeof channel === 'string' ? GrpcAio.Channel.new(channel, null) : channel;
        const pool = new GrpcAio.MessagePool();

        await pool.add_from_channel_async(connection, symbol, signal);
        return Schema.fromPool(pool);
    }

    /** A GrpcAio.MessagePool that knows the same, for messages as GObjects. */
    get pool() {
        if (!this.#pool) {
            const pool = new GrpcAio.MessagePool();
            pool.add_bytes(this.#bytes);
            this.#pool = pool;
        }
        return this.#pool;
    }

    // All that the files import must be among them.
    #add(files) {
        const pending = [];

        for (const file of files) {
            const prefix = file.package ? `${file.package}.` : '';
            for (const descriptor of file.enumType)
                this.#addEnum(prefix, descriptor);
            for (const descriptor of file.messageType)
                this.#addMessage(prefix, descriptor, file, pending);
        }
        for (const [type, descriptor, file] of pending)
            type.setFields(descriptor.field.map(field => this.#makeField(field, descriptor, file)));
        for (const file of files) {
            const prefix = file.package ? `${file.package}.` : '';
            for (const descriptor of file.service)
                this.#addService(`${prefix}${descriptor.name}`, descriptor);
        }
    }

    #addEnum(prefix, descriptor) {
        const name = `${prefix}${descriptor.name}`;
        this.#enums.set(name, new EnumType(name, descriptor.value.map(value => [value.name, value.number])));
    }

    #addMessage(prefix, descriptor, file, pending) {
        const name = `${prefix}${descriptor.name}`;
        const type = new MessageType(name);

        type.isMapEntry = descriptor.options?.mapEntry ?? false;
        this.#messages.set(name, type);
        pending.push([type, descriptor, file]);
        for (const inner of descriptor.enumType)
            this.#addEnum(`${name}.`, inner);
        for (const inner of descriptor.nestedType)
            this.#addMessage(`${name}.`, inner, file, pending);
    }

    #makeField(descriptor, holder, file) {
        const isProto3 = file.syntax === 'proto3';
        const isEntry = holder.options?.mapEntry ?? false;
        const isRepeated = descriptor.label === LABEL_REPEATED;
        const typeName = descriptor.typeName?.replace(/^\./, '');
        const isMessage = descriptor.type === FieldType.MESSAGE || descriptor.type === FieldType.GROUP;
        const enumType = descriptor.type === FieldType.ENUM ? this.#find(this.#enums, typeName) : null;
        const isOneof = descriptor.oneofIndex !== undefined && !descriptor.proto3Optional;

        return new Field({
            name: descriptor.name,
            jsonName: descriptor.jsonName ?? camelCase(descriptor.name),
            number: descriptor.number,
            type: descriptor.type,
            messageType: isMessage ? this.#find(this.#messages, typeName) : null,
            enumType,
            isRepeated,
            isRequired: descriptor.label === LABEL_REQUIRED,
            isPacked: descriptor.options?.packed ?? isProto3,
            hasPresence: !isRepeated &&
                (isMessage || !isProto3 && !isEntry || isOneof || (descriptor.proto3Optional ?? false)),
            isStrict: isProto3,
            isWide: [3, 4, 6, 16, 18].includes(descriptor.type),
            oneof: isOneof ? camelCase(holder.oneofDecl[descriptor.oneofIndex].name) : null,
        });
    }

    #addService(name, descriptor) {
        this.#services.set(name, new ServiceDefinition(name, descriptor.method.map(method =>
            new MethodDefinition(name, method,
                this.#find(this.#messages, method.inputType.replace(/^\./, '')),
                this.#find(this.#messages, method.outputType.replace(/^\./, ''))))));
    }

    #find(map, name) {
        const found = map.get(name);
        if (!found)
            throw new Error(`There is no ${name} here`);
        return found;
    }

    /**
     * A type of messages; it can encode() and decode().
     *
     * @param {string} name - its full name
     */
    message(name) {
        return this.#find(this.#messages, name);
    }

    /**
     * An enum; its values are the numbers.
     *
     * @param {string} name - its full name
     */
    enum(name) {
        return this.#find(this.#enums, name);
    }

    /**
     * A service, for createClient() and Server.add().
     *
     * @param {string} name - its full name
     */
    service(name) {
        return this.#find(this.#services, name);
    }

    get messageNames() {
        return [...this.#messages.keys()].filter(name => !this.#messages.get(name).isMapEntry).sort();
    }

    get enumNames() {
        return [...this.#enums.keys()].sort();
    }

    get serviceNames() {
        return [...this.#services.keys()].sort();
    }
}
