// SPDX-License-Identifier: LGPL-2.1-or-later

import GrpcAio from 'gi://GrpcAio';
import Kitchen from 'gi://Kitchen';

const dish = new Kitchen.Dish({name: 'soup', main: new Kitchen.Ingredient({name: 'water'})});
const grams: number = dish.main!.grams;
dish.ingredients.append(new Kitchen.Ingredient());
// @ts-expect-error A name is a string.
dish.name = 4;
// @ts-expect-error The main ingredient may be missing.
const name: string = dish.main.name;

const stub = new Kitchen.CookStub({channel: new GrpcAio.Channel()});
stub.make_async(new Kitchen.Order({number: grams}), null, null, (source, result) => {
    const size: Kitchen.Size = source.make_finish(result).size;
    console.log(size, name);
});
// @ts-expect-error A dish is no order.
stub.make_sync(dish, null, null);

class Cook extends Kitchen.CookServicer {
    vfunc_make(context: Kitchen.CookMakeContext, order: Kitchen.Order): void {
        context.complete(new Kitchen.Dish({name: order.text}));
    }
}

new Cook().connect('handle-make', (_self, context, order) => {
    context.complete(new Kitchen.Dish({name: order.text}));
    return true;
});

declare const console: { log(...args: any[]): void };
