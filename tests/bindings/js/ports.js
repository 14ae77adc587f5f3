// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: a port, which has many calls in one object.

import GrpcAio from 'gi://GrpcAio?version=1';

import {check, equal, until} from './support.js';

const {Compression, PortEvent, StatusCode} = GrpcAio;

const SERVED = 0x80000000;
const LARGE = GrpcAio.PORT_LARGE_MESSAGE + 1;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function join(...parts) {
    const bytes = parts.flatMap(part => [...part]);

    return Uint8Array.from(bytes);
}

function number(value) {
    const bytes = new Uint8Array(4);

    new DataView(bytes.buffer).setUint32(0, value, true);
    return bytes;
}

function metadata(key, value) {
    return join(number(1), number(key.length), number(value.length), encoder.encode(key + value));
}

function options(flags, timeout) {
    const usec = new Uint8Array(8);

    new DataView(usec.buffer).setBigInt64(0, BigInt(timeout), true);
    return join(number(flags), number(Compression.GZIP), usec, number(0), number(0), metadata('a', 'b'));
}

// Takes the frames of a port apart, and serves its calls.
class Calls {
    constructor(port, server) {
        this._port = port;
        this._server = server;
        this._events = [];
        this._methods = new Map();
        this._served = new Map();
    }

    drain() {
        // What GJS gives is memory of its own.
        const data = this._port.drain();
        if (!data?.length)
            return;

        const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
        for (let at = 0; at < data.length;) {
            const [id, event, value, length] = [0, 4, 8, 12].map(i => view.getUint32(at + i, true));
            const payload = data.slice(at + 16, at + 16 + length);
            at += 16 + length;
            if (event === PortEvent.METHOD)
                this._methods.set(id, decoder.decode(payload));
            else
                this._take(id, event, value, payload);
        }
    }

    _take(id, event, value, payload) {
        if (event === PortEvent.CALL)
            this._served.set(id, this._methods.get(value));
        if (id >= SERVED)
            this._serve(id, event, payload);
        this._events.push({id, event, value, payload});
    }

    _serve(id, event, payload) {
        const port = this._port;

        switch (`${this._served.get(id)} ${event}`) {
        case `/test/Echo ${PortEvent.MESSAGE}`:
            port.respond(id, payload, false);
            break;
        case `/test/Echo ${PortEvent.LARGE_MESSAGE}`:
            port.respond(id, port.take_message(id), false);
            break;
        case `/test/Fail ${PortEvent.MESSAGE}`:
            port.set_trailer(id, 'not here', metadata('color', 'blue'));
            port.finish(id, StatusCode.NOT_FOUND, false);
            break;
        case `/test/Chat ${PortEvent.CALL}`:
            equal(new DataView(payload.buffer).getUint32(8, true), port.get_server_number(this._server));
            check(port.set_compression(id, Compression.GZIP));
            port.send_initial_metadata(id, metadata('hello', 'there'));
            port.read(id, 1000000);
            break;
        case `/test/Chat ${PortEvent.MESSAGE}`:
            port.write(id, payload, 0);
            break;
        case `/test/Chat ${PortEvent.END_OF_MESSAGES}`:
            port.finish(id, StatusCode.OK, false);
            break;
        }
    }

    // The next event of its kind.
    async wait(id, event) {
        let index = -1;

        await until(() => {
            this.drain();
            index = this._events.findIndex(one => one.id === id && one.event === event);
            return index >= 0;
        });

        return this._events.splice(index, 1)[0];
    }
}

async function ports(fixture) {
    const port = fixture.census.add(GrpcAio.Port.new());
    const server = fixture.census.add(new GrpcAio.Server());
    const calls = new Calls(port, server);

    server.add_generic_handler(port);
    const target = `127.0.0.1:${server.add_port('127.0.0.1:0', null)}`;
    port.enter();
    server.start();
    const channel = fixture.census.add(GrpcAio.Channel.new(target, null));
    port.leave();
    const echo = channel.unary_unary('/test/Echo');
    const chat = channel.stream_stream('/test/Chat');

    port.start(0, echo, encoder.encode('hello'), null, null);
    equal(decoder.decode((await calls.wait(0, PortEvent.RESULT)).payload), 'hello');
    port.start(0, echo, new Uint8Array(LARGE), null, null);
    equal((await calls.wait(0, PortEvent.LARGE_MESSAGE)).value, LARGE);
    equal(port.take_message(0).length, LARGE);
    equal((await calls.wait(0, PortEvent.RESULT)).value, 1);

    port.start(1, channel.unary_unary('/test/Fail'), new Uint8Array(0), null, null);
    const failure = await calls.wait(1, PortEvent.STATUS);
    equal(failure.value, StatusCode.NOT_FOUND);
    check(decoder.decode(failure.payload).includes('not here'));
    check(decoder.decode(failure.payload).endsWith('colorblue'));

    port.start(2, chat, null, options(4, -1), null);
    await calls.wait(2, PortEvent.STARTED);
    equal([...(await calls.wait(2, PortEvent.CONNECTED)).payload], [...metadata('hello', 'there')]);
    port.write(2, encoder.encode('one'), 0);
    equal(decoder.decode((await calls.wait(2, PortEvent.MESSAGE)).payload), 'one');
    equal((await calls.wait(2, PortEvent.WRITTEN)).value, GrpcAio.PORT_MESSAGE_COST + 3);
    port.done_writing(2);
    await calls.wait(2, PortEvent.WRITES_DONE);
    equal((await calls.wait(2, PortEvent.STATUS)).value, StatusCode.OK);
    equal(port.dup_peer(2), `ipv4:${target}`);
    equal(port.dup_auth_context(2).is_peer_authenticated(), false);
    port.release(2);
    equal(port.dup_peer(2), null);

    port.start(3, channel.unary_unary('/test/Hang'), new Uint8Array(0), options(0, 1), null);
    equal((await calls.wait(3, PortEvent.STATUS)).value, StatusCode.DEADLINE_EXCEEDED);
    port.start(3, chat, null, null, null);
    port.cancel(3);
    equal((await calls.wait(3, PortEvent.STATUS)).value, StatusCode.CANCELLED);

    check(port.get_fd() >= 0);
    // Not in the context of the port: GJS 1.74 would call back inside of drain(), and
    // never free that callback.
    let isStopped = false;
    server.stop_async(0, null).then(() => {
        isStopped = true;
    });
    await until(() => {
        calls.drain();
        return isStopped;
    });
    port.close();
    equal(port.get_fd(), -1);
}

export const CASES = {
    ports,
};
