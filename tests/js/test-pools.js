// SPDX-License-Identifier: LGPL-2.1-or-later

// Pools of messages, and what servers tell of theirs.

/* eslint-disable no-await-in-loop */

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import GrpcAio from 'gi://GrpcAio?version=1';

import {check, equal, fails, run, until} from './tap.js';

const {AbortController, createChannel, createClient, rpcError, Schema, Server} = GrpcAio.rpc;
const {StatusCode} = GrpcAio;
const {IOErrorEnum} = Gio;

const [descriptorSet, resource] = ARGV;
const schema = Schema.fromFile(descriptorSet);
const service = schema.service('test.js.Test');

function newPool() {
    const pool = new GrpcAio.MessagePool();
    pool.add_file(descriptorSet);
    return pool;
}

function namesOf({messageNames, enumNames, serviceNames}) {
    return [messageNames, enumNames, serviceNames];
}

async function sameSchema() {
    Gio.Resource.load(resource)._register();
    const [, bytes] = GLib.file_get_contents(descriptorSet);
    const pool = newPool();
    const schemas = [
        Schema.fromBytes(bytes), Schema.fromBytes(new GLib.Bytes(bytes)), Schema.fromResource('/test/test.pb'),
        Schema.fromPool(pool), Schema.fromPool(schema.pool),
    ];

    check(schema.messageNames.includes('test.js.All') && schema.messageNames.includes('test.js.Old'));
    equal(schema.serviceNames, ['test.js.Test']);
    const all = {anInt64: -1n, aColour: 'RED', maybe: 0, aPlace: {x: 1, y: 2}, byName: {a: {x: 3, y: 0}}, numbers: [1, 2]};
    const encoded = schema.message('test.js.All').encode(all);
    for (const other of schemas) {
        equal(namesOf(other), namesOf(schema));
        equal(other.message('test.js.All').encode(all), encoded);
        equal(other.message('test.js.All').decode(encoded), schema.message('test.js.All').decode(encoded));
        equal(other.enum('test.js.Colour').values, schema.enum('test.js.Colour').values);
        equal(Object.keys(other.service('test.js.Test').methods), ['echo', 'count', 'sum', 'chat']);
    }
    check(schemas[3].pool === pool && schema.pool === schema.pool); // eslint-disable-line no-self-compare
    equal(schema.pool.dup_file_names().sort(), pool.dup_file_names().sort());

    // One that knows nothing.
    equal(namesOf(Schema.fromPool(new GrpcAio.MessagePool())), [[], [], []]);
    await fails(() => schemas[3].message('test.js.None'), Error);
    await fails(() => schemas[3].service('test.js.All'), Error);
    await fails(() => Schema.fromFile('/nonexistent/file'), GLib.FileError, GLib.FileError.NOENT);
}

function withServer(implementation, func, {add = {}, client = {}} = {}) {
    return async () => {
        const server = new Server({onError: () => {}});
        server.add(service, implementation, add).addReflection(schema);
        const target = `127.0.0.1:${server.listen('127.0.0.1:0')}`;
        const channel = createChannel(target);
        try {
            await func(createClient(service, channel, client), channel, target);
        } finally {
            await server.stop();
            channel.close();
        }
    };
}

const pool = newPool();
const Point = (x, y = 0) => {
    const point = pool.new_message('test.js.Point');
    point.x = x;
    point.y = y;
    return point;
};

// GObjects on both sides.
const objects = withServer({
    async echo(request) {
        check(request instanceof GrpcAio.Message);
        if (request.an_int32 < 0)
            throw rpcError(StatusCode.OUT_OF_RANGE, 'Negative');
        const response = pool.new_message('test.js.All');
        response.an_int32 = request.an_int32 + 1;
        response.a_string = `${request.a_string}!`;
        response.a_point = Point(request.a_point?.x ?? -1);
        return response;
    },
    async* count(request) {
        for (let i = 0; i < request.x; i++)
            yield i % 2 ? Point(i) : {x: i};
    },
    async sum(requests) {
        let x = 0;
        for await (const request of requests)
            x += request.x;
        return Point(x);
    },
    async* chat(requests) {
        for await (const request of requests)
            yield request;
    },
}, async client => {
    const request = pool.new_message('test.js.All');
    request.an_int32 = 1;
    request.a_string = 'one';
    request.a_point = Point(7);
    const response = await client.echo(request);
    check(response instanceof GrpcAio.Message);
    equal([response.an_int32, response.a_string, response.a_point.x], [2, 'one!', 7]);

    // Plain objects can be sent all the same.
    const other = await client.echo({anInt32: 5, aString: 'two'});
    equal([other.an_int32, other.a_string, other.a_point.x], [6, 'two!', -1]);
    await fails(client.echo({anInt32: -1}), GrpcAio.Error, StatusCode.OUT_OF_RANGE);

    const seen = [];
    for await (const point of client.count(Point(5)))
        seen.push(point.x);
    equal(seen, [0, 1, 2, 3, 4]);
    equal((await client.sum([Point(1), {x: 2}, Point(3)])).x, 6);

    const chat = client.chat(null);
    await chat.write(Point(1, 2));
    const answer = await chat.read();
    check(answer instanceof GrpcAio.Message && answer.x === 1 && answer.y === 2);
    chat.end();
    equal(await chat.read(), null);
}, {add: {messages: pool}, client: {messages: pool}});

// What is no such message.
const undecodable = withServer({
    async echo() {
        return Uint8Array.of(255);
    },
}, async (client, channel) => {
    await fails(client.echo({}), GrpcAio.Error, StatusCode.INTERNAL);
    const stranger = createClient(service, channel, {messages: new GrpcAio.MessagePool()});
    await fails(stranger.echo({}), GrpcAio.Error, StatusCode.INTERNAL);
}, {add: {messages: 'bytes'}, client: {messages: pool}});

const IMPLEMENTATION = {
    async echo(request) {
        return request;
    },
    async* count({x}) {
        for (let i = 0; i < x; i++)
            yield {x: i};
    },
};

const reflection = withServer(IMPLEMENTATION, async (client, channel, target) => {
    for (const where of [channel, target]) {
        const told = await Schema.fromReflection(where);
        check(told.serviceNames.includes('test.js.Test'));
        check(told.messageNames.includes('test.js.Old') && told.messageNames.includes('test.js.All'));

        const own = createClient(told.service('test.js.Test'), where, {timeout: 30000});
        equal((await own.echo({aColour: 'RED', old: {needed: 1}})).aColour, 'RED');
        const seen = [];
        for await (const {x} of own.count({x: 3}))
            seen.push(x);
        equal(seen, [0, 1, 2]);

        const gobjects = createClient(told.service('test.js.Test'), where, {messages: told.pool});
        equal((await gobjects.echo({anInt32: 9})).an_int32, 9);
    }

    // Only what is asked for.
    const some = await Schema.fromReflection(channel, {symbol: 'test.js.Old'});
    equal(some.serviceNames, []);
    check(some.messageNames.includes('test.js.Old') && !some.messageNames.includes('test.js.All'));
    await fails(Schema.fromReflection(channel, {symbol: 'test.js.None'}), GrpcAio.Error, StatusCode.NOT_FOUND);
});

const withoutReflection = async () => {
    const server = new Server();
    server.add(service, IMPLEMENTATION);
    const channel = createChannel(`127.0.0.1:${server.listen('127.0.0.1:0')}`);

    await fails(Schema.fromReflection(channel), GrpcAio.Error, StatusCode.UNIMPLEMENTED);
    await server.stop();
    channel.close();
};

// By a server that does not answer.
const cancelled = async () => {
    const contexts = [];
    const native = GrpcAio.Server.new();
    const reflective = GrpcAio.Service.new('grpc.reflection.v1.ServerReflection');
    reflective.add_method('ServerReflectionInfo', GrpcAio.RpcMethodHandler.new_stream_stream(context => contexts.push(context)));
    native.add_service(reflective);
    const channel = createChannel(`127.0.0.1:${native.add_port('127.0.0.1:0', null)}`);
    native.start();

    const controller = new AbortController();
    const told = Schema.fromReflection(channel, {signal: controller.signal});
    await until(() => contexts.length === 1);
    controller.abort();
    await fails(told, IOErrorEnum, IOErrorEnum.CANCELLED);
    await fails(Schema.fromReflection(channel, {signal: controller.signal}), IOErrorEnum, IOErrorEnum.CANCELLED);
    await native.stop_async(0);
    channel.close();
};

// Methods that come later, and services that are given by hand, are no matter of it.
const moreServices = async () => {
    const server = new Server();
    server.add(service, {echo: IMPLEMENTATION.echo}).add(service, {count: IMPLEMENTATION.count});
    server.add({methods: {echo: {...service.methods.echo, path: '/test.Other/Echo'}}}, IMPLEMENTATION);
    server.addReflection(pool);
    const channel = createChannel(`127.0.0.1:${server.listen('127.0.0.1:0')}`);
    server.add(service, {sum: () => ({x: 1})});

    const client = createClient(service, channel);
    equal((await client.echo({anInt32: 1})).anInt32, 1);
    equal((await client.count({x: 1}).read()).x, 0);
    equal((await client.sum([])).x, 1);
    check((await Schema.fromReflection(channel)).serviceNames.includes('test.js.Test'));
    await server.stop();
    channel.close();
};

run({
    'same-schema': sameSchema,
    objects,
    undecodable,
    reflection,
    'without-reflection': withoutReflection,
    cancelled,
    'more-services': moreServices,
});
