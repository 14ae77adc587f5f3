# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases of the binding test: a port that sets a property when there is something."""

import struct

from gi.repository import Gio, GLib, GObject, GrpcAio

from support import equal, until

Event = GrpcAio.PortEvent


class Waker(GObject.Object):
    def __init__(self, port):
        super().__init__()
        self.port = port
        self.events = []
        self.results = []

    @GObject.Property(type=bool, default=False)
    def wake_up(self):
        return False

    @wake_up.setter
    def wake_up(self, value):
        data = self.port.drain()
        at = 0
        while at < len(data):
            id_, event, value, length = struct.unpack_from('<IIII', data, at)
            self.events.append((id_, event, value))
            at += 16 + length
        while True:
            result, id_ = self.port.take_result()
            if result is None:
                return
            self.results.append((id_, result))

    async def wait(self, id_, event):
        """The value of an event."""
        await until(lambda: any(one[:2] == (id_, event) for one in self.events))
        return next(one[2] for one in self.events if one[:2] == (id_, event))


async def port_delivery(fixture):
    port = fixture.census.add(GrpcAio.Port.new())
    waker = Waker(port)
    port.attach(waker, 'wake-up')

    port.start(1, fixture.method('Echo'), b'hello', None, None)
    equal(await waker.wait(1, Event.RESULT), 0)

    cancellable = Gio.Cancellable()
    port.start(2, fixture.method('Keep'), b'', None, None)
    assert port.cancel_on(2, cancellable) > 0
    cancellable.cancel()
    equal(await waker.wait(2, Event.STATUS), GrpcAio.StatusCode.CANCELLED)

    port.start(3, fixture.method('Keep'), b'', None, None)
    lease = port.lease(3)
    equal(lease.get_size(), 0)
    del lease
    equal(await waker.wait(3, Event.STATUS), GrpcAio.StatusCode.CANCELLED)

    echo = fixture.method('Echo')
    request = GObject.Value(GLib.Bytes, GLib.Bytes(b'launched'))
    nothing = GObject.Value(GrpcAio.CallOptions, None)
    assert port.launch(4, echo, 'invoke_async', [request, nothing], None)
    assert not port.launch(5, echo, 'read_async', [], None)
    await until(lambda: waker.results)
    (id_, result), = waker.results
    equal(id_, 4)
    equal(echo.invoke_finish(result).get_data(), b'launched')
    waker.results.clear()
    port.close()


CASES = [port_delivery]
