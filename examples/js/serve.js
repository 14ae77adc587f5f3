// SPDX-License-Identifier: LGPL-2.1-or-later

// The life of a server: add a port and a service, start, and stop gracefully
// when a signal says so. Both JavaScript servers use it.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import GrpcAio from 'gi://GrpcAio?version=1';
import System from 'system';

import {messageOf, parse, run} from './program.js';

Gio._promisify(GrpcAio.Server.prototype, 'stop_async');

// How long calls may still run after Ctrl-C.
const GRACE_USEC = 2000000;

const SIGINT = 2;
const SIGTERM = 15;

/**
 * Serves until a signal comes.
 *
 * @param {GrpcAio.Service} service - the only one
 */
export function serve(service) {
    let {address} = parse({address: 'localhost:50051'});

    const server = new GrpcAio.Server();
    server.add_service(service);
    try {
        // null instead of credentials: no encryption.
        const port = server.add_port(address, null);
        server.start();
        if (!address.startsWith('unix'))
            address = address.replace(/:\d+$/, `:${port}`);
    } catch (error) {
        printerr(messageOf(error));
        System.exit(1);
    }
    print(`Listening on ${address}`);

    run(async () => {
        // All calls are served in this thread, while the main loop runs and
        // this function waits for a signal.
        await new Promise(resolve => {
            for (const signal of [SIGINT, SIGTERM]) {
                GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal, () => {
                    resolve(undefined);
                    return GLib.SOURCE_CONTINUE;
                });
            }
        });

        // From now on new calls are refused; running ones get some time to end.
        await server.stop_async(GRACE_USEC, null);
        print('Stopped');
    });
}

/**
 * Lets an async function serve a method: what it throws ends the call.
 *
 * @param {(context: GrpcAio.ServicerContext, request: any) => Promise<void>} func - takes
 *   the context and, unless requests stream, the request
 * @returns {GrpcAio.HandlerFunc}
 */
export function handler(func) {
    return (context, request) => {
        func(context, request).catch(error =>
            context.abort(GrpcAio.StatusCode.UNKNOWN, messageOf(error)));
    };
}
