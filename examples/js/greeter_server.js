#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// A server with one method that takes a request and gives a response.
//
//     greeter_server.js --address localhost:50051

import GrpcAio from 'gi://GrpcAio?version=1';

import {HelloReply, HelloRequest} from './messages.js';
import {handler, serve} from './serve.js';

/**
 * Runs in the main loop, once for each call. It may await whatever it likes
 * before it completes the context; meanwhile other calls are served.
 *
 * @param {GrpcAio.ServicerContext} context - the call
 * @param {any} request - a packed HelloRequest
 */
async function sayHello(context, request) {
    const {name} = HelloRequest.unpack(request);
    context.complete(HelloReply.pack({message: `Hello, ${name}!`}));
}

const greeter = GrpcAio.Service.new('helloworld.Greeter');
greeter.add_method('SayHello',
    GrpcAio.RpcMethodHandler.new_unary_unary(handler(sayHello)));

// Ports, signals and the main loop: see serve.js.
serve(greeter);
