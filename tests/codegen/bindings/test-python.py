#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Generated classes in Python: messages, a stub, and services that derive from
the generated one or connect to its signals."""

import sys
import tempfile

import gi

gi.require_version('GrpcAio', '1')
gi.require_version('Kitchen', '1')
from gi.repository import Gio, GLib, GrpcAio, Kitchen  # noqa: E402


class Cook(Kitchen.CookServicer):
    def do_make(self, context, order):
        context.complete(Kitchen.Dish(name=order.props.text, size=Kitchen.Size.LARGE))

    def do_serve(self, context, order):
        for i in range(order.get_number()):
            context.write_async(Kitchen.Dish(name=f'dish {i}'), None, None)
        context.complete()

    def do_take(self, context):
        total = 0

        def on_read(context, result):
            nonlocal total
            order = context.read_finish(result)
            if order is None:
                context.complete(Kitchen.Order(number=total))
            else:
                total += order.props.number
                context.read_async(None, on_read)

        context.read_async(None, on_read)


class BlockingCook(Kitchen.CookServicer):
    def do_make_blocking(self, context, order):
        return Kitchen.Dish(name='blocking ' + order.props.text)


def run(start):
    """Runs what calls back, and returns what it was called back with."""
    loop = GLib.MainLoop()
    results = []

    def on_done(source, result):
        results.append(result)
        loop.quit()

    start(on_done)
    loop.run()
    return results[0]


def check_messages():
    dish = Kitchen.Dish(name='soup', guests=4)
    water = Kitchen.Ingredient(name='water')
    dish.props.main = water
    dish.get_ingredients().append(Kitchen.Ingredient(name='salt'))
    dish.set_stock(GLib.Variant('a{si}', {'salt': 3}))
    dish.set_plate('flat')
    assert dish.props.served_case == 'plate'
    assert not dish.has_calories()
    dish.set_calories(0)
    assert dish.has_calories()

    again = Kitchen.Dish.new_from_bytes(dish.to_bytes())
    assert again.equal(dish)
    assert again.get_main().get_name() == 'water'
    assert again.get_ingredients()[0].props.name == 'salt'
    assert again.dup_stock().unpack() == {'salt': 3}
    assert isinstance(again.get_ingredients()[0], Kitchen.Ingredient)

    try:
        Kitchen.Dish.new_from_bytes(GLib.Bytes.new(b'\x0a\x05x'))
    except GLib.Error as error:
        assert error.matches(GrpcAio.error_quark(), GrpcAio.Error.INTERNAL)
    else:
        raise AssertionError('This is no message')


def check_service(service, name, folder):
    address = f'unix:{folder}/{name}'
    server = GrpcAio.Server()
    server.add_service(service)
    server.add_port(address, None)
    server.start()

    stub = Kitchen.CookStub.new(GrpcAio.Channel.new(address, None))
    order = Kitchen.Order(text='stew', number=2)
    result = run(lambda done: stub.make_async(order, None, None, done))
    dish = stub.make_finish(result)
    assert dish.props.name.endswith('stew'), dish.props.name

    if name != 'blocking':
        call = stub.serve(order, None)
        names = []
        while (dish := call.read_finish(run(lambda done: call.read_async(None, done)))) is not None:
            names.append(dish.props.name)
        assert names == ['dish 0', 'dish 1'], names
        assert call.get_call().get_code() == GrpcAio.StatusCode.OK

        call = stub.take(None)
        for number in 1, 2, 3:
            call.write_async(Kitchen.Order(number=number), None, None)
        call.done_writing_async(None, None)
        total = call.response_finish(run(lambda done: call.response_async(None, done)))
        assert total.props.number == 6

        call = stub.chat(None)
        try:
            call.read_finish(run(lambda done: call.read_async(None, done)))
        except GLib.Error as error:
            assert error.matches(GrpcAio.error_quark(), GrpcAio.Error.UNIMPLEMENTED), error
        else:
            raise AssertionError('Nobody serves Chat')

    run(lambda done: server.stop_async(0, None, done))


def signal_cook():
    cook = Kitchen.CookServicer.new()
    other = Cook()
    cook.connect('handle-make', lambda self, context, order: other.do_make(context, order) is None)
    cook.connect('handle-serve', lambda self, context, order: other.do_serve(context, order) is None)
    cook.connect('handle-take', lambda self, context: other.do_take(context) is None)
    return cook


def main():
    print('TAP version 13\n1..4')
    check_messages()
    print('ok 1 messages')
    with tempfile.TemporaryDirectory() as folder:
        for i, (name, service) in enumerate({'derived': Cook(), 'blocking': BlockingCook(), 'signals': signal_cook()}.items()):
            check_service(service, name, folder)
            print(f'ok {i + 2} {name}', flush=True)


main()
sys.exit(0)
