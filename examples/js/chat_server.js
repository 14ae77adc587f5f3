#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// A room in which everybody hears everybody: a server with plain objects for
// messages.
//
//     protoc --descriptor_set_out=chat.pb chat.proto
//     chat_server.js --schema chat.pb --address localhost:50051

import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';
import System from 'system';

import {messageOf, parse} from './program.js';

const {Schema, Server} = GrpcAio.rpc;

// What a newcomer is told, and how far behind one may be who does not read.
const HISTORY = 100;
const BEHIND = 100;

const SIGINT = 2;
const SIGTERM = 15;

/** @typedef {{author: string, text: string, timeUsec: number}} Message */
/** @typedef {{write(message: Message): Promise<boolean>}} Member */

/** @type {Message[]} */
const history = [];
/** @type {Map<Member, number>} */
const members = new Map();

/**
 * Tells one of them.
 *
 * @param {Member} context - the call of a member
 * @param {Message} message - what to tell
 */
function send(context, message) {
    const behind = members.get(context) ?? 0;

    // Who does not read misses something, but neither stops the others nor fills
    // our memory.
    if (behind >= BEHIND)
        return;
    members.set(context, behind + 1);
    context.write(message).then(() => {
        if (members.has(context))
            members.set(context, (members.get(context) ?? 1) - 1);
    });
}

const chat = {
    /**
     * All that a member says, and hears.
     *
     * @param {AsyncIterable<Message>} requests - what is said
     * @param {Member} context - the call
     */
    async join(requests, context) {
        members.set(context, 0);
        for (const message of history)
            send(context, message);

        try {
            for await (const {author, text} of requests) {
                const message = {author, text, timeUsec: GLib.get_real_time()};
                history.push(message);
                history.splice(0, history.length - HISTORY);
                for (const member of members.keys())
                    send(member, message);
            }
        } finally {
            members.delete(context);
        }
    },
};

const {address, schema} = parse({address: 'localhost:50051', schema: 'chat.pb'});
const server = new Server();
server.add(Schema.fromFile(schema).service('chat.Chat'), chat);

try {
    const port = server.listen(address);
    print(`Listening on ${address.startsWith('unix') ? address : address.replace(/:\d+$/, `:${port}`)}`);
} catch (error) {
    printerr(messageOf(error));
    System.exit(1);
}

const loop = new GLib.MainLoop(null, false);
for (const signal of [SIGINT, SIGTERM]) {
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal, () => {
        server.stop(500).catch(logError).finally(() => loop.quit());
        return GLib.SOURCE_CONTINUE;
    });
}
loop.run();
print('Stopped');
