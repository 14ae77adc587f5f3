# SPDX-License-Identifier: LGPL-2.1-or-later

"""The life of a server: add a port and a service, start, and stop gracefully
when a signal says so. Both Python servers use it."""

import argparse
import signal
import sys

import gi
gi.require_version('GrpcAio', '1')
from gi.repository import GLib, GrpcAio

from glib_await import start

# How long calls may still run after Ctrl-C.
GRACE_USEC = 2_000_000


def serve(service):
    parser = argparse.ArgumentParser()
    parser.add_argument('--address', metavar='HOST:PORT', default='localhost:50051',
                        help='where to listen; port 0 takes a free one')
    address = parser.parse_args().address

    server = GrpcAio.Server.new()
    server.add_service(service)
    try:
        # None instead of credentials: no encryption.
        port = server.add_port(address, None)
        server.start()
    except GLib.Error as error:
        sys.exit(error.message)

    if not address.startswith('unix'):
        address = f"{address.rpartition(':')[0]}:{port}"
    print(f'Listening on {address}', flush=True)

    # All calls are served in this thread, while the loop runs.
    loop = GLib.MainLoop()

    def on_stopped(server, result):
        server.stop_finish(result)
        print('Stopped', flush=True)
        loop.quit()

    def on_signal(number, frame):
        # From now on new calls are refused; running ones get some time to end.
        server.stop_async(GRACE_USEC, None, on_stopped)

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    loop.run()


def handler(function):
    """Lets an async function serve a method: what it raises ends the call."""
    async def answer(context, request):
        try:
            await function(context, request)
        except Exception as error:
            context.abort(GrpcAio.StatusCode.UNKNOWN, str(error))

    return lambda context, request: start(answer(context, request))
