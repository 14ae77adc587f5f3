#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A GTK window whose button awaits a call.

    aio_window.py                          serves itself
    aio_window.py --target localhost:50051

The call runs in the loop of the window, without a thread, so that the window never
waits for it: the spinner goes on, and the call can be given up.
"""

import argparse
import asyncio
import sys

import gi
gi.require_version('Gtk', '4.0')
from gi.repository import Gio, GLib, Gtk

import grpc_aio_glib as grpc

from helloworld_pb2 import HelloReply, HelloRequest
from helloworld_pb2_grpc import GreeterServicer, GreeterStub, add_GreeterServicer_to_server

SLOW_SECONDS = 0.5


class Greeter(GreeterServicer):
    """A server that takes its time."""

    async def SayHello(self, request, context):
        await asyncio.sleep(SLOW_SECONDS)
        return HelloReply(message=f'Hello {request.name}')


class Window(Gtk.ApplicationWindow):
    def __init__(self, channel, **properties):
        super().__init__(title='Greeter', default_width=360, default_height=200, **properties)
        self.greeter = GreeterStub(channel)
        self.task = None

        self.entry = Gtk.Entry(placeholder_text='Your name', hexpand=True)
        self.button = Gtk.Button(label='Say hello')
        self.button.add_css_class('suggested-action')
        self.button.connect('clicked', self.on_clicked)
        self.cancel_button = Gtk.Button(label='Give up', sensitive=False)
        self.cancel_button.connect('clicked', lambda button: self.task.cancel())
        self.spinner = Gtk.Spinner(width_request=24)
        self.label = Gtk.Label(label='Nobody was greeted yet', vexpand=True, wrap=True)

        row = Gtk.Box(spacing=6)
        for child in (self.entry, self.button, self.cancel_button, self.spinner):
            row.append(child)
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=12, margin_top=12, margin_bottom=12,
                      margin_start=12, margin_end=12)
        box.append(row)
        box.append(self.label)
        self.set_child(box)

    def on_clicked(self, button):
        # The window keeps the task, or Python might drop it.
        self.task = asyncio.ensure_future(self.say_hello())

    async def say_hello(self):
        self.set_busy(True)
        try:
            request = HelloRequest(name=self.entry.get_text() or 'World')
            reply = await self.greeter.SayHello(request, timeout=10)
            self.label.set_label(reply.message)
        except grpc.RpcError as error:
            self.label.set_label(f'That failed: {error.details()}')
        except asyncio.CancelledError:
            self.label.set_label('Given up')
        finally:
            self.set_busy(False)

    def set_busy(self, busy):
        self.button.set_sensitive(not busy)
        self.cancel_button.set_sensitive(busy)
        self.spinner.set_spinning(busy)


async def test(window):
    """Clicks as a person would; returns what the window then says."""
    ticks = []
    GLib.timeout_add(5, lambda: ticks.append(True) is None)

    window.entry.set_text('Ann')
    window.button.emit('clicked')
    await window.task
    # Some, also on a machine that has a lot to do: the window did not wait.
    said = [window.label.get_label(), len(ticks) > 3]
    window.button.emit('clicked')
    await asyncio.sleep(SLOW_SECONDS / 10)
    window.cancel_button.emit('clicked')
    await asyncio.wait([window.task])
    return [*said, window.label.get_label()]


async def serve():
    server = grpc.aio.server()
    add_GreeterServicer_to_server(Greeter(), server)
    port = server.add_insecure_port('127.0.0.1:0')
    await server.start()
    return server, f'127.0.0.1:{port}'


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--target', metavar='HOST:PORT', help='whom to call')
    parser.add_argument('--self-test', action='store_true', help='click, say what comes of it, and end')
    arguments = parser.parse_args()
    kept = []
    said = []
    tasks = []

    async def begin(application):
        target = arguments.target
        if target is None:
            server, target = await serve()
            kept.append(server)
        window = Window(grpc.aio.insecure_channel(target), application=application)
        window.present()
        if arguments.self_test:
            try:
                said.extend(await test(window))
            finally:
                window.close()

    def on_activate(application):
        # There is no window until the server is there.
        application.hold()
        beginning = asyncio.ensure_future(begin(application))
        beginning.add_done_callback(lambda task: application.release())
        tasks.append(beginning)

    application = Gtk.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
    application.connect('activate', on_activate)
    run(application)

    # Raises what went wrong.
    tasks[0].result()
    if arguments.self_test:
        print(said)
        if said != ['Hello Ann', True, 'Given up']:
            sys.exit('That is not what the window should say')


def run(application):
    """Runs an application in a loop that is both asyncio's and GLib's."""
    try:
        # PyGObject 3.50.
        from gi.events import GLibEventLoopPolicy
    except ImportError:
        import gbulb
        gbulb.install()
        asyncio.get_event_loop().run_forever(application)
    else:
        asyncio.set_event_loop_policy(GLibEventLoopPolicy())
        application.run(None)


main()
