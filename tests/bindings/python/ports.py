# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases of the binding test: a port, which has many calls in one object."""

import os
import select
import struct

from gi.repository import GrpcAio

from support import equal, started, until

Event = GrpcAio.PortEvent

LARGE = b'x' * (GrpcAio.PORT_LARGE_MESSAGE + 1)


def text(value):
    return struct.pack('<I', len(value)) + value


def metadata(*entries):
    return struct.pack('<I', len(entries)) + b''.join(
        struct.pack('<II', len(key), len(value)) + key + value for key, value in entries)


def options(flags=0, timeout_usec=-1):
    return struct.pack('<IIqI', flags, GrpcAio.Compression.GZIP, timeout_usec, 0) + text(b'') + metadata((b'a', b'b'))


class Calls:
    """Takes the frames of a port apart, and serves its calls."""

    def __init__(self, port):
        self.port = port
        self.events = []
        self.methods = {}
        self.served = {}
        self.server = None

    def drain(self):
        data = self.port.drain()
        at = 0
        while at < len(data):
            id_, event, value, length = struct.unpack_from('<IIII', data, at)
            payload = data[at + 16:at + 16 + length]
            at += 16 + length
            if event == Event.METHOD:
                self.methods[id_] = payload.decode()
                continue
            if event == Event.CALL:
                self.served[id_] = self.methods[value]
            if id_ in self.served:
                self.serve(id_, event, value, payload)
            self.events.append((id_, event, value, payload))

    def serve(self, id_, event, value, payload):
        port, method = self.port, self.served[id_]
        if method == '/test/Echo' and event == Event.MESSAGE:
            port.respond(id_, payload, False)
        elif method == '/test/Echo' and event == Event.LARGE_MESSAGE:
            port.respond(id_, port.take_message(id_), False)
        elif method == '/test/Fail' and event == Event.MESSAGE:
            port.set_trailer(id_, 'not here', metadata((b'color', b'blue')))
            port.finish(id_, GrpcAio.StatusCode.NOT_FOUND, False)
        elif method == '/test/Chat' and event == Event.CALL:
            equal(struct.unpack_from('<I', payload, 8)[0], port.get_server_number(self.server))
            assert port.set_compression(id_, GrpcAio.Compression.GZIP)
            port.send_initial_metadata(id_, metadata((b'hello', b'there')))
            port.read(id_, 1000000)
        elif method == '/test/Chat' and event == Event.MESSAGE:
            port.write(id_, payload, 0)
        elif method == '/test/Chat' and event == Event.END_OF_MESSAGES:
            port.finish(id_, GrpcAio.StatusCode.OK, False)

    async def wait(self, id_, event):
        """The value and the payload of an event."""
        found = []

        def is_there():
            self.drain()
            found.extend(one for one in self.events if one[:2] == (id_, event))
            return found

        await until(is_there)
        self.events.remove(found[0])
        return found[0][2:]


async def ports(fixture):
    port = fixture.census.add(GrpcAio.Port.new())
    calls = Calls(port)
    calls.server = server = fixture.census.add(GrpcAio.Server.new())
    server.add_generic_handler(port)
    number = server.add_port('127.0.0.1:0', None)
    port.enter()
    server.start()
    channel = fixture.census.add(GrpcAio.Channel.new(f'127.0.0.1:{number}', None))
    port.leave()
    echo = channel.unary_unary('/test/Echo')
    chat = channel.stream_stream('/test/Chat')

    port.start(0, echo, b'hello', None, None)
    equal(await calls.wait(0, Event.RESULT), (0, b'hello'))
    port.start(0, echo, LARGE, None, None)
    equal(await calls.wait(0, Event.LARGE_MESSAGE), (len(LARGE), b''))
    equal(port.take_message(0), LARGE)
    equal(await calls.wait(0, Event.RESULT), (1, b''))

    port.start(1, channel.unary_unary('/test/Fail'), b'', None, None)
    code, payload = await calls.wait(1, Event.STATUS)
    equal(code, GrpcAio.StatusCode.NOT_FOUND)
    equal(payload[:16], struct.pack('<I', 0) + text(b'not here'))
    assert payload.endswith(metadata((b'color', b'blue')))

    port.start(2, chat, None, options(flags=4), None)
    await calls.wait(2, Event.STARTED)
    equal(await calls.wait(2, Event.CONNECTED), (0, metadata((b'hello', b'there'))))
    port.write(2, b'one', 0)
    equal(await calls.wait(2, Event.MESSAGE), (0, b'one'))
    equal(await calls.wait(2, Event.WRITTEN), (GrpcAio.PORT_MESSAGE_COST + 3, b''))
    port.done_writing(2)
    await calls.wait(2, Event.WRITES_DONE)
    equal((await calls.wait(2, Event.STATUS))[0], GrpcAio.StatusCode.OK)
    equal(port.dup_peer(2), f'ipv4:127.0.0.1:{number}')
    equal(port.dup_auth_context(2).is_peer_authenticated(), False)
    port.release(2)
    equal(port.dup_peer(2), None)

    port.start(3, channel.unary_unary('/test/Hang'), b'', options(timeout_usec=1), None)
    equal((await calls.wait(3, Event.STATUS))[0], GrpcAio.StatusCode.DEADLINE_EXCEEDED)
    port.start(3, chat, None, None, None)
    port.cancel(3)
    equal((await calls.wait(3, Event.STATUS))[0], GrpcAio.StatusCode.CANCELLED)

    # The descriptor tells that there is something to do.
    os.fstat(port.get_fd())
    port.enter()
    stopping = started(server, 'stop', 0)
    port.leave()
    calls.drain()
    while stopping.value is None:
        assert select.select([port.get_fd()], [], [], 10)[0]
        calls.drain()
    await stopping
    port.close()
    equal(port.get_fd(), -1)


CASES = [ports]
