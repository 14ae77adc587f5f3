#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A window that shows a stream of responses while it arrives.

    ticker.py                         serves the stream itself
    ticker.py --serve localhost:50051 serves it to other windows as well
    ticker.py --target localhost:50051

A stream is read like anything else in a GTK program: in the main loop, without
a thread. The spinner shows that the window never waits; the longest time
between two of its frames is measured and shown.
"""

import argparse
import sys

import gi
gi.require_version('Gtk', '4.0')
gi.require_version('GrpcAio', '1')
from gi.repository import Gio, GLib, GrpcAio, Gtk

TICK_MSEC = 5
METHOD = '/example.Ticker/Watch'


def watch(context, request):
    """The server's side: a message every few milliseconds, until the client
    goes away. Messages are bytes; here they are plain text."""
    def write(count):
        context.write_async(GLib.Bytes(f'Message {count}'.encode()), None, on_written, count)
        return GLib.SOURCE_REMOVE

    def on_written(context, result, count):
        try:
            context.write_finish(result)
        except GLib.Error:
            return  # The client is gone.
        GLib.timeout_add(TICK_MSEC, write, count + 1)

    write(1)


def serve(address):
    server = GrpcAio.Server.new()
    service = GrpcAio.Service.new('example.Ticker')
    service.add_method('Watch', GrpcAio.RpcMethodHandler.new_unary_stream(watch))
    server.add_service(service)
    port = server.add_port(address, None)
    server.start()
    return server, f"{address.rpartition(':')[0]}:{port}"


class Window(Gtk.ApplicationWindow):
    def __init__(self, application, target, limit):
        super().__init__(application=application, title='Ticker',
                         default_width=360, default_height=480)
        self.limit = limit
        self.longest_gap = 0
        self.last_frame = None
        self.failure = None

        # The responses go into a list model, the view shows what fits.
        self.messages = Gtk.StringList()
        factory = Gtk.SignalListItemFactory()
        factory.connect('setup', lambda factory, item: item.set_child(Gtk.Label(xalign=0)))
        factory.connect('bind', lambda factory, item: item.get_child().set_label(
            item.get_item().get_string()))
        view = Gtk.ListView(model=Gtk.NoSelection(model=self.messages), factory=factory)
        scroller = Gtk.ScrolledWindow(child=view, vexpand=True)
        self.adjustment = scroller.get_vadjustment()

        self.label = Gtk.Label(xalign=0, hexpand=True)
        bar = Gtk.Box(spacing=12, margin_top=12, margin_bottom=12,
                      margin_start=12, margin_end=12)
        bar.append(Gtk.Spinner(spinning=True, width_request=32, height_request=32))
        bar.append(self.label)

        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        box.append(bar)
        box.append(scroller)
        self.set_child(box)
        self.add_tick_callback(self.on_frame)

        channel = GrpcAio.Channel.new(target, None)
        self.call = channel.unary_stream(METHOD).call(GLib.Bytes(b''), None)
        self.call.read_async(None, self.on_read)
        self.connect('close-request', self.on_close_request)

    def on_close_request(self, window):
        self.call.cancel()
        return False

    def on_read(self, call, result):
        try:
            message = call.read_finish(result)
        except GLib.Error as error:
            if not error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED):
                self.failure = error.message
                self.close()
            return

        if message is None:
            return  # The server has no more.

        self.messages.append(message.get_data().decode())
        if self.limit and self.messages.get_n_items() >= self.limit:
            self.close()
        else:
            call.read_async(None, self.on_read)

    def on_frame(self, widget, clock):
        """Runs before each frame is drawn, however many messages came."""
        now = clock.get_frame_time()
        if self.last_frame and self.messages.get_n_items():
            self.longest_gap = max(self.longest_gap, now - self.last_frame)
        self.last_frame = now

        self.label.set_label(f'{self.messages.get_n_items()} messages\n'
                             f'longest time between frames: {self.longest_gap / 1000:.0f} ms')
        self.adjustment.set_value(self.adjustment.get_upper())
        return GLib.SOURCE_CONTINUE


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--target', metavar='HOST:PORT', help='whose stream to show')
    parser.add_argument('--serve', metavar='HOST:PORT', default='127.0.0.1:0',
                        help='where to serve, without --target')
    parser.add_argument('--self-test', metavar='N', type=int, default=0,
                        help='close after so many messages, and tell the longest time')
    parser.add_argument('--longest-gap', metavar='MSEC', type=float,
                        help='fail if two frames were further apart')
    arguments = parser.parse_args()

    if arguments.target:
        server, target = None, arguments.target
    else:
        server, target = serve(arguments.serve)

    windows = []
    application = Gtk.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)

    def on_activate(application):
        windows.append(Window(application, target, arguments.self_test))
        windows[0].present()

    application.connect('activate', on_activate)
    application.run(None)

    window = windows[0]
    if window.failure:
        sys.exit(f'The stream failed: {window.failure}')
    longest_msec = window.longest_gap / 1000
    print(f'{window.messages.get_n_items()} messages, '
          f'longest time between frames: {longest_msec:.1f} ms')
    if arguments.longest_gap and longest_msec > arguments.longest_gap:
        sys.exit(f'That is longer than {arguments.longest_gap:.0f} ms')


main()
