// SPDX-License-Identifier: LGPL-2.1-or-later

// What the binding test in Vala stands on: TAP, a record of what was used, and a
// watch over objects that should be gone.

public errordomain TestError {
    FAILED
}

public delegate bool Condition ();

public void check (bool condition, string text = "That is not so") throws TestError {
    if (!condition)
        throw new TestError.FAILED (text);
}

public void equal_text (string? value, string? expected) throws TestError {
    check (value == expected, @"“$(value ?? "null")” is not “$(expected ?? "null")”");
}

public void equal_int (int64 value, int64 expected) throws TestError {
    check (value == expected, @"$value is not $expected");
}

// Looks at what has to be an error.
public void expect (Error? error, Quark domain, int code) throws TestError {
    check (error != null, @"No failure with $code");
    check (error.matches (domain, code), @"$(error.domain) $(error.code) instead of $code: $(error.message)");
}

public void expect_grpc (Error? error, int code) throws TestError {
    expect (error, GrpcAio.Error.quark (), code);
}

public void expect_cancelled (Error? error) throws TestError {
    expect (error, IOError.quark (), IOError.CANCELLED);
}

public Bytes bytes_of (string text) {
    return new Bytes (text.data);
}

public string? text_of (Bytes? message) {
    if (message == null)
        return null;

    var text = new StringBuilder ();
    if (message.get_size () > 0)
        text.append_len ((string) message.get_data (), (ssize_t) message.get_size ());

    return text.str;
}

// Lets the main loop go round, after all that is ready now.
public async void turn () {
    Idle.add (turn.callback, Priority.LOW);
    yield;
}

public async void until (owned Condition condition) {
    while (!condition ())
        yield turn ();
}

// An operation that was started, to be awaited later. Begin it with a lambda that
// calls ready(): given ready() itself, valac 0.56 takes a reference that nothing
// drops.
public class Pending : Object {
    private AsyncResult? result;
    private SourceFunc? resume;

    public void ready (Object? source, AsyncResult result) {
        this.result = result;
        if (resume != null)
            resume ();
    }

    public async AsyncResult wait () {
        if (result == null) {
            resume = wait.callback;
            yield;
            resume = null;
        }

        return (owned) result;
    }
}

// What was used of the API, named like Call:state and Call::done. What functions
// are used is seen from what the program links to.
private GenericSet<string>? used;

private void note (string name) {
    if (used == null)
        used = new GenericSet<string> (str_hash, str_equal);
    used.add (name);
}

private string name_of (Type type) {
    return type.name ().has_prefix ("GrpcAio") ? type.name ().substring (7) : type.name ();
}

// Reads a property by its name, and notes it.
public Value property (Object object, string name) {
    var value = Value (object.get_class ().find_property (name).value_type);

    object.get_property (name, ref value);
    for (var type = object.get_type (); type != 0; type = type.parent ())
        note (name_of (type) + ":" + name);

    return value;
}

// For handlers of signals to note that they were called.
public void note_signal (Object object, string name) {
    note (name_of (object.get_type ()) + "::" + name);
}

public void save_uses () {
    var path = Environment.get_variable ("GRPC_AIO_USES");
    if (path == null || used == null)
        return;

    var file = FileStream.open (path, "a");
    used.foreach (name => {
        file.puts (name);
        file.putc ('\n');
    });
}

// Knows which of the objects given to it still live.
public class Census {
    private class Entry {
        public WeakRef reference;
        public string name;
    }

    private GenericArray<Entry> entries = new GenericArray<Entry> ();

    public void add (Object object) {
        var entry = new Entry ();

        entry.reference.set (object);
        entry.name = object.get_type ().name ();
        entries.add (entry);
    }

    private string names () {
        var names = new StringBuilder ();

        foreach (var entry in entries) {
            if (entry.reference.get () != null)
                names.append (" " + entry.name);
        }

        return names.str;
    }

    // Waits for the operations that end by themselves, not for ever.
    public async void wait_until_empty () throws TestError {
        var end = get_monotonic_time () + 5000000;

        while (names () != "" && get_monotonic_time () < end)
            yield turn ();
        check (names () == "", "These still live:" + names ());
    }
}
