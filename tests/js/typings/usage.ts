// SPDX-License-Identifier: LGPL-2.1-or-later

// Not run: what tsc has to accept, and, where it says so, to refuse.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import GrpcAio from 'gi://GrpcAio?version=1';
import type {
    BidiStream, ClientStream, RpcError, ServerContext, ServerStream, Unary,
} from 'resource:///grpc-aio-glib-1/js/index.js';

const {AbortController, createChannel, createClient, Metadata, rpcError, Schema, Server} = GrpcAio.rpc;

interface Point {
    x?: number;
    y?: number;
}

interface Test {
    echo: Unary<Point, Point>;
    count: ServerStream<Point, Point>;
    sum: ClientStream<Point, Point>;
    chat: BidiStream<Point, Point>;
}

async function high(): Promise<number> {
    const schema = Schema.fromFile('test.pb');
    const channel = createChannel('localhost:50051');
    const client = createClient<Test>(schema.service('test.js.Test'), channel, {
        interceptors: [(call, next) => next({...call, options: {...call.options, metadata: {token: '1'}}})],
    });
    const controller = new AbortController();

    const call = client.echo({x: 1}, {timeout: 5000, signal: controller.signal, metadata: {key: ['a', 'b']}});
    const response = await call;
    const text: string | undefined = (await call.headers).get('key');
    const bytes: Uint8Array | undefined = (await call.trailers).get('data-bin');
    const code: number = (await call.status).code;

    let sum = response.x ?? 0;
    for await (const point of client.count({x: 3}, {deadline: new Date(), signal: new Gio.Cancellable()}))
        sum += point.x ?? 0;
    sum += (await client.sum([{x: 1}])).x ?? 0;

    const chat = client.chat(null);
    await chat.write({x: 1});
    const read: Point | null = await chat.read();
    chat.end();

    // @ts-expect-error: no such field
    client.echo({z: 1});
    // @ts-expect-error: no such option
    client.echo({}, {limit: 5});
    // @ts-expect-error: a stream is not awaited
    const wrong: Point = await client.count({});

    try {
        await client.echo({});
    } catch (error) {
        const {details, trailingMetadata} = error as RpcError;
        if ((error as RpcError).matches(GrpcAio.Error, GrpcAio.Error.NOT_FOUND))
            print(details, trailingMetadata.get('key'), text, bytes, code, read, wrong);
    }

    return sum;
}

async function reflect(): Promise<Point> {
    const schema = await Schema.fromReflection('localhost:50051', {symbol: 'test.js.Test', signal: new Gio.Cancellable()});
    const pool: GrpcAio.MessagePool = schema.pool;
    const client = createClient<Test>(schema.service('test.js.Test'), 'localhost:50051', {messages: pool});
    // @ts-expect-error: there is no such form of messages
    createClient(schema.service('test.js.Test'), 'localhost:50051', {messages: 'text'});
    new Server().addReflection(schema).addReflection(pool);
    return client.echo({x: Schema.fromPool(pool).messageNames.length});
}

function serve(): InstanceType<typeof Server> {
    const server = new Server({onError: (error, method) => print(method, error)});
    server.add(Schema.fromBytes(new Uint8Array(0)).service('test.js.Test'), {
        async echo(request: Point, context: ServerContext<Point>): Promise<Point> {
            context.sendHeaders({key: 'value'});
            context.trailers.append('data-bin', new Uint8Array(1));
            if (context.isCancelled || context.signal.aborted)
                throw rpcError(GrpcAio.StatusCode.NOT_FOUND, 'Not there', new Metadata({a: '1'}));
            return request;
        },
        async* chat(requests: AsyncIterable<Point>) {
            for await (const {x} of requests)
                yield {x};
        },
    });
    const port: number = server.listen('localhost:0', GrpcAio.ServerCredentials.new_insecure());
    print(port);
    return server;
}

async function low(): Promise<void> {
    const channel = GrpcAio.Channel.new('localhost:50051', null);
    const method = channel.unary_unary('/test.js.Test/Echo');
    const options = new GrpcAio.CallOptions({timeout_usec: 5000000});
    const response: GLib.Bytes = await method.invoke_async(new GLib.Bytes([]), options, null);
    method.invoke_async(response, null, null, (source, result) => print(source, method.invoke_finish(result)));

    const call = channel.stream_stream('/test.js.Test/Chat').call(null, null);
    call.connect('done', source => print(source.get_code()));
    const message: GLib.Bytes | null = await call.read_async();
    for await (const other of call)
        print(other.get_size(), message);
    const state: GrpcAio.CallState = call.state;
    const metadata: GrpcAio.Metadata = await call.trailing_metadata_async();
    for (const [key, value] of metadata)
        print(key, value, state);
    // @ts-expect-error: there is no such function
    call.nothing();
    // @ts-expect-error: a text is no message
    call.write_async('text');
    const json: string = await channel.call_json_async('/test.js.Test/Echo', '{}');
    const known: boolean = await new GrpcAio.MessagePool().add_from_channel_async(channel, json);
    const credentials = await GrpcAio.ChannelCredentials.new_google_default_async();
    const other = GrpcAio.Channel.new('localhost:50051', credentials);
    print(known);
    // @ts-expect-error: a time has to be given
    await other.close_async();
    await channel.close_async(0);
}

print(high, reflect, serve, low);
