// SPDX-License-Identifier: LGPL-2.1-or-later

// What the programs have in common: a command line and a main loop.

import GLib from 'gi://GLib';
import System from 'system';

/**
 * Reads the command line: `--name value` for each of the options, then the
 * other arguments.
 *
 * @template {{[name: string]: string}} T
 * @param {T} options - the options with their defaults
 */
export function parse(options) {
    /** @type {{[name: string]: any}} */
    const values = {...options};
    /** @type {string[]} */
    const others = [];
    const words = [...System.programArgs];

    while (words.length > 0) {
        const word = words.shift() ?? '';
        const name = word.replace(/^--/, '');

        if (name === word) {
            others.push(word);
        } else if (name in options && words.length > 0) {
            values[name] = words.shift();
        } else {
            printerr(`Usage: ${System.programInvocationName} [--${Object.keys(options)} HOST:PORT]`);
            System.exit(1);
        }
    }

    return /** @type {T & {others: string[]}} */ ({...values, others});
}

/**
 * What an error says.
 *
 * @param {unknown} error - what was thrown
 */
export function messageOf(error) {
    return error instanceof Error || error instanceof GLib.Error ? error.message : `${error}`;
}

/**
 * Runs the main loop until an async function has ended, and throws what that
 * throws. (To await at the top level of a module would look better, but makes
 * GJS 1.74 use all of a processor while it waits.)
 *
 * @param {() => Promise<any>} main - an async function
 */
export function run(main) {
    const loop = new GLib.MainLoop(null, false);
    /** @type {unknown} */
    let failure = null;

    main().catch(error => (failure = error)).finally(() => loop.quit());
    loop.run();

    if (failure)
        throw failure;
}
