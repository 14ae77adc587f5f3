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

// A member: one call, for as long as that lasts.
private class Member {
    private Chat.ChatJoinContext context;
    private int n_pending = 0;

    public Member (Chat.ChatJoinContext context) {
        this.context = context;
    }

    // Does not wait: a member who reads slowly must not hold up the others. But
    // what waits for one takes memory, so there is an end to it.
    public void send (Chat.ChatMessage message) {
        if (n_pending == MAX_PENDING) {
            context.context.abort (RESOURCE_EXHAUSTED, "You do not keep up with the others");
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

private class Room : Chat.ChatServicer {
    private GenericArray<Member> members = new GenericArray<Member> ();
    private GenericArray<Chat.ChatMessage> history = new GenericArray<Chat.ChatMessage> ();

    public override void join (Chat.ChatJoinContext context) {
        listen.begin (context);
    }

    private async void listen (Chat.ChatJoinContext context) {
        var member = new Member (context);
        Chat.ChatMessage? message;

        foreach (var earlier in history)
            member.send (earlier);
        members.add (member);
        try {
            while ((message = yield context.read_async ()) != null) {
                message.time_usec = get_real_time ();
                tell_all (message);
            }
            context.complete ();
        } catch (Error error) {
            context.complete_with_error (error);
        }
        members.remove (member);
    }

    private void tell_all (Chat.ChatMessage message) {
        history.add (message);
        if (history.length > MAX_HISTORY)
            history.remove_index (0);
        foreach (var member in members)
            member.send (message);
    }
}

public int main (string[] args) {
    // Ports, signals and the main loop: see serve.vala.
    return serve (new Room (), args);
}
