// SPDX-License-Identifier: LGPL-2.1-or-later

// gRPC for GJS: clients, servers and messages as plain objects.

export {AbortController, AbortSignal} from './abort.js';
export {ClientCall, StreamCall, UnaryCall} from './client-call.js';
export {createChannel, createClient} from './client.js';
export {CODE_NAMES, rpcError} from './errors.js';
export {EnumType, MessageType, unknownFields} from './message-type.js';
export {Metadata} from './metadata.js';
export {MethodDefinition, Schema, ServiceDefinition} from './schema.js';
export {ServerContext} from './server-call.js';
export {Server} from './server.js';
