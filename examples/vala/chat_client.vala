// SPDX-License-Identifier: LGPL-2.1-or-later

// A member of a chat room, in a terminal: says each line that it reads.
//
//     chat_client --target localhost:50051 Ada

private async void say_lines (Chat.ChatJoinCall call, string author) throws Error {
    var input = new DataInputStream (new UnixInputStream (Posix.STDIN_FILENO, false));
    string? line;

    while ((line = yield input.read_line_utf8_async (Priority.DEFAULT, null, null)) != null) {
        var message = new Chat.ChatMessage () { author = author, text = line };
        yield call.write_async (message);
    }

    // The end of the input is the end of what we say; the server ends the call then.
    yield call.done_writing_async ();
}

private async void chat (string target, string author) throws Error {
    var room = new Chat.ChatStub (new GrpcAio.Channel (target));
    var call = room.join (null);
    Chat.ChatMessage? message;

    // Runs beside what follows. What goes wrong with the call is told there, too.
    say_lines.begin (call, author, (source, result) => {
        try {
            say_lines.end (result);
        } catch (Error error) {
            call.call.cancel ();
        }
    });

    while ((message = yield call.read_async ()) != null)
        print ("%s: %s\n", message.author, message.text);
}

public int main (string[] args) {
    string? target = null;
    OptionEntry[] entries = {
        { "target", 0, 0, OptionArg.STRING, ref target, "The server", "HOST:PORT" },
        { null }
    };

    Intl.setlocale ();
    try {
        var options = new OptionContext ("[NAME]");
        options.add_main_entries (entries, null);
        options.parse (ref args);
    } catch (Error error) {
        printerr ("%s\n", error.message);
        return 1;
    }

    var loop = new MainLoop ();
    int exit_status = 1;

    chat.begin (target ?? "localhost:50051", args.length > 1 ? args[1] : "Vala", (source, result) => {
        try {
            chat.end (result);
            exit_status = 0;
        } catch (Error error) {
            printerr ("The chat has ended: %s\n", error.message);
        }
        loop.quit ();
    });
    loop.run ();

    return exit_status;
}
