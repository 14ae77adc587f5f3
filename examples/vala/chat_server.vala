// SPDX-License-Identifier: LGPL-2.1-or-later

// A chat room: whoever joins hears what all the others say.
//
//     chat_server --address localhost:50051
//
// Each member is one call with a stream both ways, which lasts as long as the
// member stays. All of them live in one main loop, so that the list of members
// needs no lock.

// How much of what was said new members get to hear.
private const int MAX_HISTORY = 100;

// How many messages may be on their way to one member.
private const int MAX_PENDING = 200;

private GenericArray<Member> members;
private GenericArray<Bytes> history;

private class Member {
    private GrpcAio.ServicerContext context;
    private int n_pending = 0;

    public Member (GrpcAio.ServicerContext context) {
        this.context = context;
    }

    // Does not wait: a member who reads slowly must not hold up the others. But
    // what waits for one takes memory, so there is an end to it.
    public void send (Bytes message) {
        if (n_pending == MAX_PENDING) {
            context.abort (RESOURCE_EXHAUSTED, "You do not keep up with the others");
            return;
        }

        n_pending++;
        context.write_async.begin (message, null, (source, result) => {
            n_pending--;
            try {
                context.write_async.end (result);
            } catch (Error error) {
                // The member is gone: its read fails, too, and ends the call.
            }
        });
    }
}

private void broadcast (ChatMessage message) {
    var bytes = message.pack ();

    history.add (bytes);
    if (history.length > MAX_HISTORY)
        history.remove_index (0);
    foreach (var member in members)
        member.send (bytes);
}

private async void join (GrpcAio.ServicerContext context) {
    var member = new Member (context);

    foreach (var message in history)
        member.send (message);
    members.add (member);
    try {
        Bytes? bytes;

        while ((bytes = yield context.read_async ()) != null) {
            var message = Message.unpack<ChatMessage> (bytes);
            message.time_usec = get_real_time ();
            broadcast (message);
        }
        context.complete ();
    } catch (Error error) {
        context.complete_with_error (error);
    }
    members.remove (member);
}

public int main (string[] args) {
    var chat = new GrpcAio.Service ("chat.Chat");

    members = new GenericArray<Member> ();
    history = new GenericArray<Bytes> ();
    chat.add_method ("Join", new GrpcAio.RpcMethodHandler.stream_stream ((context, request) => {
        join.begin (context);
    }));

    // Ports, signals and the main loop: see serve.vala.
    return serve (chat, args);
}
