#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A window whose widgets are bound to messages.

    weather.py weather.binpb                    serves the readings itself
    weather.py weather.binpb --target HOST:PORT

There is no generated code: a pool makes GObjects of what weather.binpb says,
which `protoc --descriptor_set_out` made of weather.proto. The list shows a
repeated field, its rows show the fields of each message, and the entry writes
another one. All of that follows by itself when a message changes.
"""

import argparse
import random
import sys

import gi
gi.require_version('Gtk', '4.0')
gi.require_version('GrpcAio', '1')
from gi.repository import Gio, GLib, GObject, GrpcAio, Gtk

STATIONS = ['Brocken', 'Feldberg', 'Helgoland', 'Zugspitze']
PAUSE_MSEC = 20
METHOD = '/weather.Weather/Watch'


def serve(pool):
    """The server's side: a reading every few milliseconds, until the client goes away."""
    numbers = random.Random(1)

    def watch(context, request):
        def write():
            reading = pool.new_message('weather.Reading')
            reading.props.station = numbers.choice(STATIONS)
            reading.props.celsius = numbers.randint(-100, 300) / 10
            context.write_async(reading.to_bytes(), None, on_written)
            return GLib.SOURCE_REMOVE

        def on_written(context, result):
            try:
                context.write_finish(result)
            except GLib.Error:
                return  # The client is gone.
            GLib.timeout_add(PAUSE_MSEC, write)

        write()

    server = GrpcAio.Server.new()
    service = GrpcAio.Service.new('weather.Weather')
    service.add_method('Watch', GrpcAio.RpcMethodHandler.new_unary_stream(watch))
    server.add_service(service)
    port = server.add_port('127.0.0.1:0', None)
    server.start()
    return server, f'127.0.0.1:{port}'


class Window(Gtk.ApplicationWindow):
    def __init__(self, application, pool, target, limit):
        super().__init__(application=application, title='Weather', default_width=360, default_height=320)
        self.pool = pool
        self.limit = limit
        self.n_readings = 0
        self.failure = None

        self.report = pool.new_message('weather.Report')
        self.report.props.region = pool.new_message('weather.Region')

        # A field and a widget, each of which follows the other.
        self.entry = Gtk.Entry(placeholder_text='Region', margin_top=12, margin_start=12, margin_end=12)
        self.report.props.region.bind_property('name', self.entry, 'text', GObject.BindingFlags.BIDIRECTIONAL)
        self.report.props.region.bind_property('name', self, 'title', GObject.BindingFlags.DEFAULT,
                                               lambda binding, name: f'Weather of {name}' if name else 'Weather', None)

        # A repeated field is a list model.
        factory = Gtk.SignalListItemFactory()
        factory.connect('setup', self.on_setup)
        view = Gtk.ListView(model=Gtk.NoSelection(model=self.report.props.reading), factory=factory,
                            margin_top=12, vexpand=True)

        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        box.append(self.entry)
        box.append(view)
        self.set_child(box)

        self.report.props.region.props.name = 'Germany'
        channel = GrpcAio.Channel.new(target, None)
        self.call = channel.unary_stream(METHOD).call(self.report.props.region.to_bytes(), None)
        self.call.read_async(None, self.on_read)
        self.connect('close-request', self.on_close_request)

    @staticmethod
    def on_setup(factory, item):
        """The widgets of a row follow the message that the row has."""
        row = Gtk.Box(margin_start=12, margin_end=12)
        station = Gtk.Label(xalign=0, hexpand=True)
        celsius = Gtk.Label(xalign=1)
        row.append(station)
        row.append(celsius)
        item.set_child(row)

        def on_item(item, pspec):
            reading = item.get_item()
            for binding in item.bindings:
                binding.unbind()
            item.bindings = [] if reading is None else [
                reading.bind_property('station', station, 'label', GObject.BindingFlags.SYNC_CREATE),
                reading.bind_property('celsius', celsius, 'label', GObject.BindingFlags.SYNC_CREATE,
                                      lambda binding, value: f'{value:.1f} °C', None),
            ]

        item.bindings = []
        item.connect('notify::item', on_item)

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

        self.take(self.pool.new_message_from_bytes('weather.Reading', message))
        self.n_readings += 1
        if self.limit and self.n_readings >= self.limit:
            self.close()
        else:
            call.read_async(None, self.on_read)

    def take(self, reading):
        for known in self.report.props.reading:
            if known.props.station == reading.props.station:
                known.props.celsius = reading.props.celsius
                return
        self.report.props.reading.append(reading)


def labels_of(widget):
    """What the rows of a list say, as somebody sees it."""
    if isinstance(widget, Gtk.Label):
        yield widget.get_label()
    child = widget.get_first_child()
    while child is not None:
        yield from labels_of(child)
        child = child.get_next_sibling()


def check(window):
    """What the widgets show is what the messages say, and the other way round."""
    report = window.report
    shown = set(labels_of(window.get_child()))
    said = {text for reading in report.props.reading
            for text in (reading.props.station, f'{reading.props.celsius:.1f} °C')}
    window.entry.set_text('Europe')
    if not said <= shown or not said:
        sys.exit(f'The rows show {sorted(shown)} instead of {sorted(said)}')
    if report.props.region.props.name != 'Europe' or window.get_title() != 'Weather of Europe':
        sys.exit('The message does not follow the entry')
    print(f'{window.n_readings} readings: {report.to_json(GrpcAio.JsonFlags.NONE)}')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('descriptors', help='weather.proto as a descriptor set')
    parser.add_argument('--target', metavar='HOST:PORT', help='whose readings to show')
    parser.add_argument('--self-test', metavar='N', type=int, default=0,
                        help='close after so many readings, and check what was shown')
    arguments = parser.parse_args()

    pool = GrpcAio.MessagePool.new()
    pool.add_file(arguments.descriptors)
    server, target = (None, arguments.target) if arguments.target else serve(pool)

    windows = []
    application = Gtk.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)

    def on_activate(application):
        windows.append(Window(application, pool, target, arguments.self_test))
        windows[0].present()

    application.connect('activate', on_activate)
    application.run(None)

    if windows[0].failure:
        sys.exit(f'The stream failed: {windows[0].failure}')
    if arguments.self_test:
        check(windows[0])


main()
