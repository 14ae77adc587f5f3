// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: a port that sets a property when there is something.

import Gio from 'gi://Gio';
import GObject from 'gi://GObject';
import GrpcAio from 'gi://GrpcAio?version=1';

import {bytesOf, check, equal, textOf, until} from './support.js';

const {PortEvent, StatusCode} = GrpcAio;

const TestWaker = GObject.registerClass({
    Properties: {
        'wake-up': GObject.ParamSpec.boolean('wake-up', null, null, GObject.ParamFlags.READWRITE, false),
    },
}, class TestWaker extends GObject.Object {
    events = [];
    results = [];

    get wake_up() {
        return false;
    }

    set wake_up(value) {
        const data = this.port.drain();
        const view = data?.length ? new DataView(data.buffer, data.byteOffset, data.byteLength) : null;
        for (let at = 0; view && at < data.length; at += 16 + view.getUint32(at + 12, true))
            this.events.push([0, 4, 8].map(i => view.getUint32(at + i, true)));

        for (let [result, id] = this.port.take_result(); result; [result, id] = this.port.take_result())
            this.results.push({id, result});
    }

    // The value of an event.
    async wait(id, event) {
        let found;
        await until(() => (found = this.events.find(one => one[0] === id && one[1] === event)));
        return found[2];
    }
});

async function portDelivery(fixture) {
    const port = fixture.census.add(GrpcAio.Port.new());
    const waker = new TestWaker();
    waker.port = port;
    port.attach(waker, 'wake-up');
    const encoder = new TextEncoder();

    port.start(1, fixture.method('Echo'), encoder.encode('hello'), null, null);
    equal(await waker.wait(1, PortEvent.RESULT), 0);

    const cancellable = new Gio.Cancellable();
    port.start(2, fixture.method('Keep'), encoder.encode(''), null, null);
    const handler = port.cancel_on(2, cancellable);
    check(handler > 0);
    cancellable.cancel();
    equal(await waker.wait(2, PortEvent.STATUS), StatusCode.CANCELLED);

    port.start(3, fixture.method('Keep'), encoder.encode(''), null, null);
    // What the collection of a lease does is for tests/js/test-scopes.js to see.
    equal(port.lease(3).get_size(), 0);
    port.cancel(3);
    equal(await waker.wait(3, PortEvent.STATUS), StatusCode.CANCELLED);

    const echo = fixture.method('Echo');
    check(port.launch(4, echo, 'invoke_async', [bytesOf('launched'), null], null));
    check(!port.launch(5, echo, 'read_async', [], null));
    await until(() => waker.results.length > 0);
    const [{id, result}] = waker.results.splice(0);
    equal(id, 4);
    equal(textOf(echo.invoke_finish(result)), 'launched');
    port.close();
}

export const CASES = {
    'port-delivery': portDelivery,
};
