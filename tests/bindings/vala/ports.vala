// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: a port, which has many calls in one object.

private void put_number (ByteArray array, uint32 value) {
    uint8 bytes[4] = { (uint8) value, (uint8) (value >> 8), (uint8) (value >> 16), (uint8) (value >> 24) };

    array.append (bytes);
}

private uint32 get_number (uint8[] data, int at) {
    return data[at] | (uint32) data[at + 1] << 8 | (uint32) data[at + 2] << 16 | (uint32) data[at + 3] << 24;
}

private uint8[] metadata_frame (string key, string value) {
    var array = new ByteArray ();

    put_number (array, 1);
    put_number (array, key.length);
    put_number (array, value.length);
    array.append (key.data);
    array.append (value.data);

    return array.data;
}

private uint8[] options_frame (uint32 flags, int64 timeout_usec) {
    var array = new ByteArray ();

    put_number (array, flags);
    put_number (array, GrpcAio.Compression.GZIP);
    put_number (array, (uint32) timeout_usec);
    put_number (array, (uint32) (timeout_usec >> 32));
    put_number (array, 0);
    put_number (array, 0);
    array.append (metadata_frame ("a", "b"));

    return array.data;
}

private class PortEvent {
    public uint32 id;
    public uint32 kind;
    public uint32 value;
    public uint8[] payload;

    public string text () {
        var text = new StringBuilder ();

        // What is no text is left out.
        foreach (var byte in payload) {
            if (byte >= 32 && byte < 127)
                text.append_c ((char) byte);
        }

        return text.str;
    }
}

// Takes the frames of a port apart, and serves its calls.
private class PortCalls {
    private unowned GrpcAio.Port port;
    private unowned GrpcAio.Server server;
    private GenericArray<PortEvent> events = new GenericArray<PortEvent> ();
    private HashTable<uint32, string> methods = new HashTable<uint32, string> (null, null);
    private HashTable<uint32, string> served = new HashTable<uint32, string> (null, null);
    public bool is_right = true;

    public PortCalls (GrpcAio.Port port, GrpcAio.Server server) {
        this.port = port;
        this.server = server;
    }

    public void drain () {
        // The port's memory holds until it is used again.
        uint8[] data = port.drain ();

        for (var at = 0; at < data.length;) {
            var event = new PortEvent ();
            event.id = get_number (data, at);
            event.kind = get_number (data, at + 4);
            event.value = get_number (data, at + 8);
            var end = at + 16 + (int) get_number (data, at + 12);
            event.payload = data[at + 16:end];
            at = end;
            take (event);
        }
    }

    private void take (PortEvent event) {
        if (event.kind == GrpcAio.PortEvent.METHOD) {
            methods[event.id] = event.text ();
            return;
        }

        if (event.kind == GrpcAio.PortEvent.CALL)
            served[event.id] = methods[event.value];
        if (event.id in served)
            serve (event);
        events.add (event);
    }

    private void serve (PortEvent event) {
        switch (served[event.id]) {
        case "/test/Echo":
            if (event.kind == GrpcAio.PortEvent.MESSAGE)
                port.respond (event.id, event.payload, false);
            if (event.kind == GrpcAio.PortEvent.LARGE_MESSAGE) {
                uint8[] message = port.take_message (event.id);
                port.respond (event.id, message, false);
            }
            break;
        case "/test/Fail":
            if (event.kind != GrpcAio.PortEvent.MESSAGE)
                break;
            port.set_trailer (event.id, "not here", metadata_frame ("color", "blue"));
            port.finish (event.id, GrpcAio.StatusCode.NOT_FOUND, false);
            break;
        case "/test/Chat":
            chat (event);
            break;
        }
    }

    private void chat (PortEvent event) {
        if (event.kind == GrpcAio.PortEvent.CALL) {
            is_right &= get_number (event.payload, 8) == port.get_server_number (server);
            is_right &= port.set_compression (event.id, GrpcAio.Compression.GZIP);
            port.send_initial_metadata (event.id, metadata_frame ("hello", "there"));
            port.read (event.id, 1000000);
        } else if (event.kind == GrpcAio.PortEvent.MESSAGE) {
            port.write (event.id, event.payload, 0);
        } else if (event.kind == GrpcAio.PortEvent.END_OF_MESSAGES) {
            port.finish (event.id, GrpcAio.StatusCode.OK, false);
        }
    }

    private PortEvent? find (uint32 id, uint32 kind) {
        for (var i = 0; i < events.length; i++) {
            if (events[i].id == id && events[i].kind == kind)
                return events.steal_index (i);
        }

        return null;
    }

    // The next event of its kind.
    public async PortEvent wait (uint32 id, uint32 kind) {
        var found = find (id, kind);

        while (found == null) {
            yield turn ();
            drain ();
            found = find (id, kind);
        }

        return found;
    }
}

public async void ports (Census census) throws Error {
    var port = new GrpcAio.Port ();
    census.add (port);
    var server = new GrpcAio.Server ();
    census.add (server);
    var calls = new PortCalls (port, server);

    server.add_generic_handler (port);
    var target = @"127.0.0.1:$(server.add_port ("127.0.0.1:0", null))";
    port.enter ();
    server.start ();
    var channel = new GrpcAio.Channel (target, null);
    port.leave ();
    var echo = channel.unary_unary ("/test/Echo");
    var chat = channel.stream_stream ("/test/Chat");

    port.start (0, echo, "hello".data, null, null);
    equal_text ((yield calls.wait (0, GrpcAio.PortEvent.RESULT)).text (), "hello");
    var large = new uint8[GrpcAio.PORT_LARGE_MESSAGE + 1];
    port.start (0, echo, large, null, null);
    equal_int ((yield calls.wait (0, GrpcAio.PortEvent.LARGE_MESSAGE)).value, large.length);
    equal_int (port.take_message (0).length, large.length);
    equal_int ((yield calls.wait (0, GrpcAio.PortEvent.RESULT)).value, 1);

    port.start (1, channel.unary_unary ("/test/Fail"), "".data, null, null);
    var failure = yield calls.wait (1, GrpcAio.PortEvent.STATUS);
    equal_int (failure.value, GrpcAio.StatusCode.NOT_FOUND);
    check (failure.text ().contains ("not here"));
    check (failure.text ().has_suffix ("colorblue"));

    port.start (2, chat, null, options_frame (4, -1), null);
    yield calls.wait (2, GrpcAio.PortEvent.STARTED);
    equal_text ((yield calls.wait (2, GrpcAio.PortEvent.CONNECTED)).text (), "hellothere");
    port.write (2, "one".data, 0);
    equal_text ((yield calls.wait (2, GrpcAio.PortEvent.MESSAGE)).text (), "one");
    equal_int ((yield calls.wait (2, GrpcAio.PortEvent.WRITTEN)).value, GrpcAio.PORT_MESSAGE_COST + 3);
    port.done_writing (2);
    yield calls.wait (2, GrpcAio.PortEvent.WRITES_DONE);
    equal_int ((yield calls.wait (2, GrpcAio.PortEvent.STATUS)).value, GrpcAio.StatusCode.OK);
    equal_text (port.dup_peer (2), @"ipv4:$target");
    check (!port.dup_auth_context (2).is_peer_authenticated ());
    port.release (2);
    equal_text (port.dup_peer (2), null);

    port.start (3, channel.unary_unary ("/test/Hang"), "".data, options_frame (0, 1), null);
    equal_int ((yield calls.wait (3, GrpcAio.PortEvent.STATUS)).value, GrpcAio.StatusCode.DEADLINE_EXCEEDED);
    port.start (3, chat, null, null, null);
    port.cancel (3);
    equal_int ((yield calls.wait (3, GrpcAio.PortEvent.STATUS)).value, GrpcAio.StatusCode.CANCELLED);
    check (calls.is_right);

    // The descriptor tells that there is something to do.
    var stopping = new Pending ();
    port.enter ();
    server.stop_async.begin (0, null, (source, result) => stopping.ready (source, result));
    port.leave ();
    var source = new UnixFDSource (port.get_fd (), IOCondition.IN);
    source.set_callback (() => {
        calls.drain ();
        return Source.CONTINUE;
    });
    source.attach (null);
    calls.drain ();
    check (server.stop_async.end (yield stopping.wait ()));
    source.destroy ();
    port.close ();
    equal_int (port.get_fd (), -1);
}

// A source with a callback for a descriptor.
private class UnixFDSource : Source {
    public UnixFDSource (int fd, IOCondition condition) {
        add_unix_fd (fd, condition);
    }

    protected override bool dispatch (SourceFunc? callback) {
        return callback ();
    }
}
