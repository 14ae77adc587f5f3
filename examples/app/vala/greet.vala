// SPDX-License-Identifier: LGPL-2.1-or-later

public async void greet (string target) throws Error {
    var greeter = new Helloworld.GreeterStub (new GrpcAio.Channel (target, null));
    var request = new Helloworld.HelloRequest () { name = "Vala" };
    var reply = yield greeter.say_hello_async (request);
    print ("%s\n", reply.message);
}

public void main (string[] args) {
    var loop = new MainLoop ();
    greet.begin (args.length > 1 ? args[1] : "localhost:50051", (source, result) => {
        try {
            greet.end (result);
        } catch (Error error) {
            printerr ("%s\n", error.message);
        }
        loop.quit ();
    });
    loop.run ();
}
