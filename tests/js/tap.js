// SPDX-License-Identifier: LGPL-2.1-or-later

// What the tests in JavaScript stand on.

import GLib from 'gi://GLib';
import System from 'system';

// How long one case may take before it fails: nothing here should wait, but others
// may use the machine, too.
const PATIENCE_SECONDS = Number(GLib.getenv('GRPC_AIO_TEST_PATIENCE') ?? 240);

class ImpatienceError extends Error {}

export function check(condition, text = 'That is not so') {
    if (!condition)
        throw new Error(text);
}

function describe(value) {
    return JSON.stringify(value, (key, item) => {
        if (typeof item === 'bigint')
            return `${item}n`;
        if (typeof item === 'number' && !Number.isFinite(item) || Object.is(item, -0))
            return `number ${item}`;
        return item instanceof Uint8Array ? {bytes: [...item]} : item;
    });
}

export function equal(value, expected) {
    const [a, b] = [value, expected].map(describe);
    check(a === b, `${a} is not ${b}`);
}

/**
 * Awaits what has to fail, or calls it, and returns the error.
 *
 * @param {any} doing - a promise, or a function
 * @param {any} domain - an error domain or a class of errors
 * @param {number} code - of the domain
 */
export async function fails(doing, domain, code = undefined) {
    let value;
    try {
        value = await (typeof doing === 'function' ? doing() : doing);
    } catch (error) {
        const isRight = code === undefined ? error instanceof domain : error instanceof GLib.Error && error.matches(domain, code);
        if (!isRight)
            throw new Error(`${error} instead of ${domain.name} ${code ?? ''}\n${error?.stack}`);
        return error;
    }
    throw new Error(`${describe(value)} instead of a failure`);
}

// Lets the main loop go round, after all that is ready now.
export function turn() {
    return new Promise(resolve => {
        GLib.idle_add(GLib.PRIORITY_LOW, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

export async function until(condition) {
    while (!condition())
        await turn(); // eslint-disable-line no-await-in-loop
}

function patience() {
    let source = 0;
    const promise = new Promise((resolve, reject) => {
        source = GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, PATIENCE_SECONDS, () => {
            source = 0;
            reject(new ImpatienceError('The case waits for something that does not come'));
            return GLib.SOURCE_REMOVE;
        });
    });

    return [promise, () => source && GLib.source_remove(source)];
}

async function runAll(cases) {
    let failures = 0;

    print(`1..${Object.keys(cases).length}`);
    for (const [i, [name, func]] of Object.entries(cases).entries()) {
        const [impatience, stopWaiting] = patience();
        try {
            await Promise.race([func(), impatience]); // eslint-disable-line no-await-in-loop
            print(`ok ${i + 1} ${name}`);
        } catch (error) {
            failures++;
            for (const line of `${error}\n${error.stack}`.trim().split('\n'))
                print(`# ${line}`);
            print(`not ok ${i + 1} ${name}`);
            // What still runs would be in the way of the others.
            if (error instanceof ImpatienceError) {
                print(`Bail out! No end of ${name}`);
                break;
            }
        }
        stopWaiting();
    }

    return failures ? 1 : 0;
}

/**
 * Runs cases, prints TAP, and exits.
 *
 * @param {object} cases - functions by their names
 * @param {string[]} names - of those to run, or none for all
 */
export function run(cases, names = []) {
    const loop = new GLib.MainLoop(null, false);
    let status = 1;

    const chosen = Object.fromEntries((names.length ? names : Object.keys(cases)).map(name => [name, cases[name]]));

    runAll(chosen).then(result => (status = result)).catch(logError).finally(() => loop.quit());
    loop.run();
    System.exit(status);
}
