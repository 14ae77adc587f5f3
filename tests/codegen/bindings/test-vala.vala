// SPDX-License-Identifier: LGPL-2.1-or-later

// Generated classes in Vala: messages, a stub, and services that derive from the
// generated one or connect to its signals.

private class Cook : Kitchen.CookServicer {
    public override void make (Kitchen.CookMakeContext context, Kitchen.Order order) {
        context.complete (new Kitchen.Dish () { name = order.text, size = Kitchen.Size.LARGE });
    }

    public override void serve (Kitchen.CookServeContext context, Kitchen.Order order) {
        serve_dishes.begin (context, order.number);
    }

    public override void take (Kitchen.CookTakeContext context) {
        take_orders.begin (context);
    }
}

private class BlockingCook : Kitchen.CookServicer {
    public override Kitchen.Dish make_blocking (Kitchen.CookMakeContext context, Kitchen.Order order) throws Error {
        return new Kitchen.Dish () { name = order.text, size = Kitchen.Size.LARGE };
    }

    public override bool serve_blocking (Kitchen.CookServeContext context, Kitchen.Order order) throws Error {
        for (int i = 0; i < order.number; i++)
            context.write_sync (new Kitchen.Dish () { name = @"dish $i" });
        return true;
    }

    public override Kitchen.Order take_blocking (Kitchen.CookTakeContext context) throws Error {
        var sum = new Kitchen.Order ();
        Kitchen.Order? order;
        while ((order = context.read_sync ()) != null)
            sum.number += order.number;
        return sum;
    }
}

private async void serve_dishes (Kitchen.CookServeContext context, int number) {
    try {
        for (int i = 0; i < number; i++)
            yield context.write_async (new Kitchen.Dish () { name = @"dish $i" });
        context.complete ();
    } catch (Error error) {
        context.complete_with_error (error);
    }
}

private async void take_orders (Kitchen.CookTakeContext context) {
    try {
        var sum = new Kitchen.Order ();
        Kitchen.Order? order;
        while ((order = yield context.read_async ()) != null)
            sum.number += order.number;
        context.complete (sum);
    } catch (Error error) {
        context.complete_with_error (error);
    }
}

private Kitchen.CookServicer signal_cook () {
    var cook = new Kitchen.CookServicer ();
    cook.handle_make.connect ((context, order) => {
        context.complete (new Kitchen.Dish () { name = order.text, size = Kitchen.Size.LARGE });
        return true;
    });
    cook.handle_serve.connect ((context, order) => {
        serve_dishes.begin (context, order.number);
        return true;
    });
    cook.handle_take.connect (context => {
        take_orders.begin (context);
        return true;
    });
    return cook;
}

private void check_messages () throws Error {
    var dish = new Kitchen.Dish () { name = "soup", guests = 4 };
    dish.main = new Kitchen.Ingredient () { name = "water" };
    dish.get_ingredients ().append (new Kitchen.Ingredient () { name = "salt" });
    dish.set_stock (new Variant.parsed ("{'salt': 3}"));
    dish.set_plate ("flat");
    assert (dish.served_case == "plate");
    assert (!dish.has_calories ());

    var again = new Kitchen.Dish.from_bytes (dish.to_bytes ());
    assert (again.equal (dish));
    assert (again.main.name == "water");
    assert (((Kitchen.Ingredient) again.get_ingredients ().get_item (0)).name == "salt");

    Kitchen.Size size = Kitchen.Size.SMALL;
    again.size = size;
    assert (again.size == Kitchen.Size.SMALL);
}

private async void check_service (Kitchen.CookServicer service, string folder, string name) throws Error {
    var address = @"unix:$folder/$name";
    var server = new GrpcAio.Server ();
    server.add_service (service);
    server.add_port (address, null);
    server.start ();

    var stub = new Kitchen.CookStub (new GrpcAio.Channel (address, null));
    var order = new Kitchen.Order () { text = "stew", number = 2 };
    var dish = yield stub.make_async (order);
    assert (dish.name == "stew" && dish.size == Kitchen.Size.LARGE);

    var stream = stub.serve (order, null);
    int n_dishes = 0;
    Kitchen.Dish? next;
    while ((next = yield stream.read_async ()) != null)
        assert (next.name == @"dish $(n_dishes++)");
    assert (n_dishes == 2);

    var call = stub.take (null);
    for (int i = 1; i < 4; i++)
        yield call.write_async (new Kitchen.Order () { number = i });
    yield call.done_writing_async ();
    var sum = yield call.response_async ();
    assert (sum.number == 6);

    try {
        yield stub.chat ().read_async ();
        assert_not_reached ();
    } catch (GrpcAio.Error.UNIMPLEMENTED error) {
    }

    yield server.stop_async (0);
    FileUtils.remove (@"$folder/$name");
}

private async void check_all (string folder) throws Error {
    check_messages ();
    print ("ok 1 messages\n");
    yield check_service (new Cook (), folder, "derived");
    print ("ok 2 derived\n");
    yield check_service (new BlockingCook (), folder, "blocking");
    print ("ok 3 blocking\n");
    yield check_service (signal_cook (), folder, "signals");
    print ("ok 4 signals\n");
}

public int main () {
    var loop = new MainLoop ();
    int status = 1;

    print ("TAP version 13\n1..4\n");
    try {
        var folder = DirUtils.make_tmp ("codegen-XXXXXX");
        check_all.begin (folder, (source, result) => {
            try {
                check_all.end (result);
                status = 0;
            } catch (Error error) {
                printerr ("%s\n", error.message);
            }
            loop.quit ();
        });
        loop.run ();
        DirUtils.remove (folder);
    } catch (Error error) {
        printerr ("%s\n", error.message);
    }

    return status;
}
