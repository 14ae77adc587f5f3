# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases of the binding test: messages that a server tells of."""

from gi.repository import GObject, GrpcAio

from support import equal, fails, fails_now, operation

ERROR = GrpcAio.Error.quark()


async def reflection(fixture):
    server = fixture.census.add(GrpcAio.Server.new())
    server.add_reflection(None)
    # For what blocks this thread.
    server.set_n_workers(1)
    fixture.port = server.add_port('127.0.0.1:0', None)
    server.start()
    channel = fixture.new_channel()

    pool = GrpcAio.MessagePool.new()
    equal(await operation(pool, 'add_from_channel', channel, None), True)
    equal(await operation(pool, 'add_from_channel', channel, 'google.rpc.Status'), True)
    equal(pool.get_message_type('google.rpc.Status').is_a(GrpcAio.Message), True)
    await fails(operation(pool, 'add_from_channel', channel, 'test.Nobody'), ERROR, GrpcAio.Error.NOT_FOUND)

    equal(pool.add_from_channel_sync(channel, None, None), True)
    fails_now(ERROR, GrpcAio.Error.NOT_FOUND, pool.add_from_channel_sync, channel, 'test.Nobody', None)
    equal(pool.get_message_type('test.Nobody') == GObject.TYPE_INVALID, True)
    await operation(server, 'stop', 0)


CASES = [reflection]
