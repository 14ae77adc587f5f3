// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: messages that a server tells of.

import Gio from 'gi://Gio';
import GObject from 'gi://GObject';
import GrpcAio from 'gi://GrpcAio?version=1';

import {equal, fails, failsNow} from './support.js';

Gio._promisify(GrpcAio.MessagePool.prototype, 'add_from_channel_async');

async function reflection(fixture) {
    const server = fixture.census.add(new GrpcAio.Server());
    server.add_reflection(null);
    // For what blocks this thread.
    server.set_n_workers(1);
    fixture.port = server.add_port('127.0.0.1:0', null);
    server.start();
    const channel = fixture.newChannel();

    const pool = GrpcAio.MessagePool.new();
    equal(await pool.add_from_channel_async(channel, null, null), true);
    equal(await pool.add_from_channel_async(channel, 'google.rpc.Status', null), true);
    equal(GObject.type_is_a(pool.get_message_type('google.rpc.Status'), GrpcAio.Message), true);
    await fails(pool.add_from_channel_async(channel, 'test.Nobody', null), GrpcAio.Error, GrpcAio.Error.NOT_FOUND);

    equal(pool.add_from_channel_sync(channel, null, null), true);
    failsNow(() => pool.add_from_channel_sync(channel, 'test.Nobody', null), GrpcAio.Error, GrpcAio.Error.NOT_FOUND);
    await server.stop_async(0, null);
}

export const CASES = {reflection};
