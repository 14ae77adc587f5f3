#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// A client that makes one call: a request goes out, a response comes back.
//
//     greeter_client.js --target localhost:50051 World

import Gio from 'gi://Gio';
import GrpcAio from 'gi://GrpcAio?version=1';
import System from 'system';

import {HelloReply, HelloRequest} from './messages.js';
import {messageOf, parse, run} from './program.js';

// Makes invoke_async() return a promise.
Gio._promisify(GrpcAio.MultiCallable.prototype, 'invoke_async');

const {target, others: [name = 'JavaScript']} = parse({target: 'localhost:50051'});

async function greet() {
    // A channel connects when it is first needed.
    const channel = GrpcAio.Channel.new(target, null);

    // A method of the server, to be called as often as you like.
    const sayHello = channel.unary_unary('/helloworld.Greeter/SayHello');

    // Without a time limit a call waits as long as the server likes.
    const options = new GrpcAio.CallOptions({timeout_usec: 10000000});

    const response = await sayHello.invoke_async(HelloRequest.pack({name}), options, null);
    print(`SayHello: ${HelloReply.unpack(response).message}`);
}

try {
    run(greet);
} catch (error) {
    // error.matches(GrpcAio.Error, GrpcAio.Error.UNAVAILABLE) is true, for
    // example, when there is no server.
    printerr(`SayHello failed: ${messageOf(error)}`);
    System.exit(1);
}
