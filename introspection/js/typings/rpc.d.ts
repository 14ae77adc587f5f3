// SPDX-License-Identifier: LGPL-2.1-or-later

// What GrpcAio.rpc has, and a module exports that can be imported once GrpcAio was.

declare module 'resource:///grpc-aio-glib-1/js/index.js' {
    import type GLib from 'gi://GLib?version=2.0';
    import type Gio from 'gi://Gio?version=2.0';
    import type GrpcAio from 'gi://GrpcAio?version=1';

    /** Tells those who listen that something is no longer wanted. */
    export class AbortSignal {
        readonly aborted: boolean;
        readonly reason: any;
        /** A Gio.Cancellable for functions that take one; made when first asked for. */
        readonly cancellable: Gio.Cancellable;
        addEventListener(type: string, listener: AbortListener): void;
        removeEventListener(type: string, listener: AbortListener): void;
        throwIfAborted(): void;
        static abort(reason?: any): AbortSignal;
    }
    export type AbortListener = ((event: {type: 'abort', target: AbortSignal}) => void) |
        {handleEvent(event: {type: 'abort', target: AbortSignal}): void};

    /** What cancels a call, or something else. */
    export type Signal = AbortSignal | Gio.Cancellable | {
        readonly aborted: boolean;
        addEventListener(type: 'abort', listener: () => void): void;
        removeEventListener(type: 'abort', listener: () => void): void;
    };

    /** Has a signal, and aborts what was given that. */
    export class AbortController {
        readonly signal: AbortSignal;
        abort(reason?: any): void;
    }

    export type MetadataValue = string | number | Uint8Array | ArrayBuffer | GLib.Bytes;
    export type MetadataInit = Metadata | Iterable<[string, MetadataValue]> |
        {[key: string]: MetadataValue | MetadataValue[]};

    /** A list of keys with values; those of keys that end in -bin are bytes. */
    export class Metadata implements Iterable<[string, string | Uint8Array]> {
        constructor(init?: MetadataInit | null);
        static from(init: MetadataInit): Metadata;
        readonly size: number;
        append(key: string, value: MetadataValue): this;
        set(key: string, value: MetadataValue): this;
        delete(key: string): boolean;
        has(key: string): boolean;
        /** The last value of a key, undefined if there is none. */
        get(key: `${string}-bin`): Uint8Array | undefined;
        get(key: string): string | undefined;
        getAll(key: `${string}-bin`): Uint8Array[];
        getAll(key: string): string[];
        copy(): Metadata;
        keys(): IterableIterator<string>;
        entries(): IterableIterator<[string, string | Uint8Array]>;
        [Symbol.iterator](): IterableIterator<[string, string | Uint8Array]>;
    }

    /** What calls fail with: one of GrpcAio.Error, or Gio.IOErrorEnum.CANCELLED. */
    export interface RpcError extends GLib.Error {
        readonly details: string;
        readonly debugString: string | null;
        readonly initialMetadata: Metadata;
        readonly trailingMetadata: Metadata;
    }
    /** Makes an error for a handler to throw, that ends its call. */
    export function rpcError(code: number, details?: string, metadata?: MetadataInit | null): RpcError;
    export const CODE_NAMES: readonly string[];

    /** The key of an object's unknown fields, as they came. */
    export const unknownFields: unique symbol;

    /** A type of messages. */
    export class MessageType<T = any> {
        readonly name: string;
        encode(message: T): Uint8Array;
        decode(bytes: Uint8Array | GLib.Bytes | ArrayBuffer): T;
    }

    /** An enum: values go by their names, or by number when they have none. */
    export class EnumType {
        readonly name: string;
        readonly values: {readonly [name: string]: number};
        nameOf(number: number): string | number;
        numberOf(value: string | number): number;
    }

    export class MethodDefinition {
        readonly name: string;
        readonly key: string;
        readonly path: string;
        readonly requestStream: boolean;
        readonly responseStream: boolean;
        readonly requestType: MessageType;
        readonly responseType: MessageType;
    }
    export class ServiceDefinition {
        readonly name: string;
        readonly methods: {readonly [key: string]: MethodDefinition};
    }

    /** The messages, enums and services of some .proto files. */
    export class Schema {
        static fromFile(path: string): Schema;
        static fromResource(path: string): Schema;
        static fromBytes(bytes: Uint8Array | GLib.Bytes): Schema;
        static fromPool(pool: GrpcAio.MessagePool): Schema;
        /** What a server with reflection tells, or only what has the name of symbol. */
        static fromReflection(channel: GrpcAio.Channel | string,
            options?: {symbol?: string | null; signal?: Signal | null}): Promise<Schema>;
        /** It knows the same, for messages as GObjects. */
        readonly pool: GrpcAio.MessagePool;
        message<T = any>(name: string): MessageType<T>;
        enum(name: string): EnumType;
        service(name: string): ServiceDefinition;
        readonly messageNames: string[];
        readonly enumNames: string[];
        readonly serviceNames: string[];
    }

    export interface CallOptions {
        /** How long the call may take, in milliseconds. */
        timeout?: number | null;
        /** When it has to be done. */
        deadline?: number | Date | null;
        metadata?: MetadataInit | null;
        /** What cancels the call. */
        signal?: Signal | null;
        credentials?: GrpcAio.CallCredentials | null;
        waitForReady?: boolean;
        compression?: GrpcAio.Compression;
        authority?: string;
    }

    export interface Status {
        readonly code: number;
        readonly details: string;
        readonly debugString: string | null;
    }

    export class ClientCall {
        readonly method: string;
        readonly isDone: boolean;
        readonly headers: Promise<Metadata>;
        readonly trailers: Promise<Metadata>;
        /** It is never rejected. */
        readonly status: Promise<Status>;
        readonly peer: string | null;
        cancel(): boolean;
    }
    export interface RequestWriter<Request> {
        /** True once there is room for more, false when the call has ended. */
        write(message: Request): Promise<boolean>;
        end(): void;
    }
    /** A call with one response, and the promise of that. */
    export class UnaryCall<Response = any> extends Promise<Response> {
        readonly response: Promise<Response>;
    }
    export interface UnaryCall extends ClientCall, RequestWriter<any> {}
    /** A call with a stream of responses, to be iterated over once. */
    export class StreamCall<Response = any> extends ClientCall implements AsyncIterableIterator<Response> {
        /** The next response, or null at the end. */
        read(): Promise<Response | null>;
        next(): Promise<IteratorResult<Response, undefined>>;
        return(value?: any): Promise<IteratorResult<Response, any>>;
        [Symbol.asyncIterator](): this;
    }
    export interface StreamCall extends RequestWriter<any> {}

    export type Requests<T> = Iterable<T> | AsyncIterable<T> | null;
    export type Unary<Request = any, Response = any> =
        (request: Request, options?: CallOptions) => UnaryCall<Response>;
    export type ServerStream<Request = any, Response = any> =
        (request: Request, options?: CallOptions) => StreamCall<Response>;
    export type ClientStream<Request = any, Response = any> =
        (requests: Requests<Request>, options?: CallOptions) => UnaryCall<Response>;
    export type BidiStream<Request = any, Response = any> =
        (requests: Requests<Request>, options?: CallOptions) => StreamCall<Response>;
    export type Client = {readonly [method: string]: (request: any, options?: CallOptions) => any};

    export interface InterceptedCall {
        method: MethodDefinition;
        request: any;
        options: CallOptions;
    }
    export type ClientInterceptor = (call: InterceptedCall, next: (call: InterceptedCall) => any) => any;

    export interface ClientOptions extends CallOptions {
        interceptors?: ClientInterceptor[];
        /** Plain objects, bytes, or the objects of a GrpcAio.MessagePool. */
        messages?: 'object' | 'bytes' | GrpcAio.MessagePool;
    }

    export function createChannel(target: string, credentials?: GrpcAio.ChannelCredentials | null,
        options?: GrpcAio.ChannelOptions | null): GrpcAio.Channel;
    export function createClient<T = Client>(service: ServiceDefinition, channel: GrpcAio.Channel | string,
        options?: ClientOptions): T;

    /** What a handler knows of its call, and may do with it. */
    export class ServerContext<Response = any> {
        readonly method: string;
        readonly metadata: Metadata;
        readonly host: string;
        readonly signal: AbortSignal;
        readonly isCancelled: boolean;
        /** Milliseconds; Infinity when there is no limit. */
        readonly timeRemaining: number;
        readonly peer: string | null;
        readonly authContext: GrpcAio.AuthContext | null;
        readonly trailers: Metadata;
        sendHeaders(metadata: MetadataInit): void;
        setCompression(compression: GrpcAio.Compression): boolean;
        write(message: Response, flags?: number): Promise<boolean>;
    }

    export type Handler = (request: any, context: ServerContext) => any;
    export interface ServedCall {
        method: MethodDefinition;
        handler: Handler;
        request: any;
        context: ServerContext;
    }
    export type ServerInterceptor = (call: ServedCall, next: (call: ServedCall) => any) => any;

    export class Server {
        constructor(options?: {
            interceptors?: ServerInterceptor[];
            channelOptions?: GrpcAio.ChannelOptions | null;
            onError?: ((error: any, method: string) => void) | null;
        });
        readonly native: GrpcAio.Server;
        add(service: ServiceDefinition, implementation: object,
            options?: {messages?: 'object' | 'bytes' | GrpcAio.MessagePool}): this;
        /** Has the server tell clients of its services, and of the messages of a schema. */
        addReflection(schema: Schema | GrpcAio.MessagePool): this;
        addPort(address: string, credentials?: GrpcAio.ServerCredentials | null): number;
        start(): void;
        listen(address: string, credentials?: GrpcAio.ServerCredentials | null): number;
        /** Milliseconds. */
        stop(grace?: number): Promise<void>;
    }
}
