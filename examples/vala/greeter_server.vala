// SPDX-License-Identifier: LGPL-2.1-or-later

// A server with one method that takes a request and gives a response.
//
//     greeter_server --address localhost:50051

// Runs in the main loop, once for each call. It may yield as often as it likes
// before it completes the context; meanwhile other calls are served. When it
// throws, the context is dropped, which ends the call with the status UNKNOWN.
private async void say_hello (GrpcAio.ServicerContext context, Bytes request) throws Error {
    var hello = Message.unpack<HelloRequest> (request);
    var reply = new HelloReply () { message = @"Hello, $(hello.name)!" };
    context.complete (reply.pack ());
}

public int main (string[] args) {
    var greeter = new GrpcAio.Service ("helloworld.Greeter");
    greeter.add_method ("SayHello", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
        say_hello.begin (context, request);
    }));

    // Ports, signals and the main loop: see serve.vala.
    return serve (greeter, args);
}
