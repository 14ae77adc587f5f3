// SPDX-License-Identifier: LGPL-2.1-or-later

// Generated classes in JavaScript: messages, a stub, and services that derive
// from the generated one or connect to its signals.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import GrpcAio from 'gi://GrpcAio';
import Kitchen from 'gi://Kitchen';
import System from 'system';

function check(condition, text) {
    if (!condition)
        throw new Error(text);
}

const loop = new GLib.MainLoop(null, false);

function promise(object, name, ...args) {
    return new Promise((resolve, reject) => {
        object[`${name}_async`](...args, null, (source, result) => {
            try {
                resolve(object[`${name}_finish`](result));
            } catch (error) {
                reject(error);
            }
        });
    });
}

function serve(context, order) {
    for (let i = 0; i < order.number; i++)
        context.write_async(new Kitchen.Dish({name: `dish ${i}`}), null, null);
    context.complete();
}

async function take(context) {
    let total = 0;
    for (;;) {
        const order = await promise(context, 'read');
        if (order === null)
            break;
        total += order.number;
    }
    context.complete(new Kitchen.Order({number: total}));
}

const Cook = GObject.registerClass(class Cook extends Kitchen.CookServicer {
    vfunc_make(context, order) {
        context.complete(new Kitchen.Dish({name: order.text, size: Kitchen.Size.LARGE}));
    }

    vfunc_serve(context, order) {
        serve(context, order);
    }

    vfunc_take(context) {
        take(context).catch(logError);
    }
});

function signalCook() {
    const cook = new Kitchen.CookServicer();
    cook.connect('handle-make', (self, context, order) => {
        context.complete(new Kitchen.Dish({name: order.text, size: Kitchen.Size.LARGE}));
        return true;
    });
    cook.connect('handle-serve', (self, context, order) => {
        serve(context, order);
        return true;
    });
    cook.connect('handle-take', (self, context) => {
        take(context).catch(logError);
        return true;
    });
    return cook;
}

function checkMessages() {
    const dish = new Kitchen.Dish({name: 'soup', guests: 4});
    dish.main = new Kitchen.Ingredient({name: 'water'});
    dish.ingredients.append(new Kitchen.Ingredient({name: 'salt'}));
    dish.stock = new GLib.Variant('a{si}', {salt: 3});
    dish.set_tags(['hot', 'new']);
    dish.set_plate('flat');
    check(dish.served_case === 'plate', 'The oneof has no case');

    const again = Kitchen.Dish.new_from_bytes(dish.to_bytes());
    check(again.equal(dish), 'The messages differ');
    check(again.ingredients.get_item(0).name === 'salt', 'The list is lost');
    check(again.stock.deepUnpack().salt === 3, 'The map is lost');
    check(again.tags.join() === 'hot,new', 'The strings are lost');
}

async function checkService(service, folder, name) {
    const address = `unix:${folder}/${name}`;
    const server = new GrpcAio.Server();
    server.add_service(service);
    server.add_port(address, null);
    server.start();

    const stub = new Kitchen.CookStub({channel: GrpcAio.Channel.new(address, null)});
    const order = new Kitchen.Order({text: 'stew', number: 2});
    const dish = await promise(stub, 'make', order, null);
    check(dish.name === 'stew' && dish.size === Kitchen.Size.LARGE, 'Make failed');

    const stream = stub.serve(order, null);
    const names = [];
    for (;;) {
        const next = await promise(stream, 'read');
        if (next === null)
            break;
        names.push(next.name);
    }
    check(names.join() === 'dish 0,dish 1', 'Serve failed');

    const call = stub.take(null);
    for (const number of [1, 2, 3])
        call.write_async(new Kitchen.Order({number}), null, null);
    call.done_writing_async(null, null);
    const total = await promise(call, 'response');
    check(total.number === 6, 'Take failed');

    try {
        await promise(stub.chat(null), 'read');
        check(false, 'Nobody serves Chat');
    } catch (error) {
        check(error.matches(GrpcAio.Error, GrpcAio.Error.UNIMPLEMENTED), error.message);
    }

    await promise(server, 'stop', 0);
}

async function main() {
    print('TAP version 13\n1..3');
    checkMessages();
    print('ok 1 messages');

    const folder = GLib.dir_make_tmp('codegen-XXXXXX');
    let number = 2;
    for (const [name, service] of Object.entries({derived: new Cook(), signals: signalCook()})) {
        await checkService(service, folder, name);
        print(`ok ${number++} ${name}`);
    }
    Gio.File.new_for_path(folder).delete(null);
}

let status = 1;
main().then(() => (status = 0)).catch(logError).finally(() => loop.quit());
loop.run();
System.exit(status);
