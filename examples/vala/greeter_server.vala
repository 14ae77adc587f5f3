// SPDX-License-Identifier: LGPL-2.1-or-later

// A server with one method that takes a request and gives a response.
//
//     greeter_server --address localhost:50051

private class Greeter : Helloworld.GreeterServicer {
    // Runs in the main loop, once for each call. It may complete the context
    // later, and answer other calls meanwhile.
    public override void say_hello (Helloworld.GreeterSayHelloContext context, Helloworld.HelloRequest request) {
        context.complete (new Helloworld.HelloReply () { message = @"Hello, $(request.name)!" });
    }
}

public int main (string[] args) {
    // Ports, signals and the main loop: see serve.vala.
    return serve (new Greeter (), args);
}
