// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: a port that sets a property when there is something.

private class PortWaker : Object {
    public unowned GrpcAio.Port port;
    public GenericArray<uint32> values = new GenericArray<uint32> ();
    public AsyncResult? result = null;
    public uint32 result_id = 0;

    public bool wake_up {
        set {
            uint8[] data = port.drain ();
            for (var at = 0; at < data.length; at += 16 + (int) get_number (data, at + 12)) {
                values.add (get_number (data, at));
                values.add (get_number (data, at + 4));
                values.add (get_number (data, at + 8));
            }

            uint32 id;
            var next = port.take_result (out id);
            if (next != null) {
                result = next;
                result_id = id;
            }
        }
    }

    // The value of an event.
    public async uint32 wait (uint32 id, uint32 event) {
        while (true) {
            for (var i = 0; i < values.length; i += 3) {
                if (values[i] == id && values[i + 1] == event)
                    return values[i + 2];
            }
            yield turn ();
        }
    }
}

public async void port_delivery (Census census, GrpcAio.Channel channel) throws Error {
    var port = new GrpcAio.Port ();
    census.add (port);
    var waker = new PortWaker ();
    waker.port = port;
    port.attach (waker, "wake-up");
    var echo = channel.unary_unary ("/test.Test/Echo");
    var keep = channel.unary_unary ("/test.Test/Keep");

    port.start (1, echo, "hello".data, null, null);
    equal_int (yield waker.wait (1, GrpcAio.PortEvent.RESULT), 0);

    var cancellable = new Cancellable ();
    port.start (2, keep, "".data, null, null);
    check (port.cancel_on (2, cancellable) > 0);
    cancellable.cancel ();
    equal_int (yield waker.wait (2, GrpcAio.PortEvent.STATUS), GrpcAio.StatusCode.CANCELLED);

    port.start (3, keep, "".data, null, null);
    Bytes? lease = port.lease (3);
    equal_int (lease.get_size (), 0);
    lease = null;
    equal_int (yield waker.wait (3, GrpcAio.PortEvent.STATUS), GrpcAio.StatusCode.CANCELLED);

    Value request = Value (typeof (Bytes));
    request.set_boxed (new Bytes ("launched".data));
    Value nothing = Value (typeof (GrpcAio.CallOptions));
    check (port.launch (4, echo, "invoke_async", { request, nothing }, null));
    check (!port.launch (5, echo, "read_async", null, null));
    while (waker.result == null)
        yield turn ();
    equal_int (waker.result_id, 4);
    equal_text ((string) echo.invoke_async.end (waker.result).get_data (), "launched");
    waker.result = null;
    port.close ();
}
