// SPDX-License-Identifier: LGPL-2.1-or-later

import System from 'system';

/**
 * Reads the command line: `--name value` for each of the options, then the
 * other arguments.
 *
 * @param {object} options - the options with their defaults
 */
export function parse(options) {
    const result = {...options, others: []};
    const words = [...System.programArgs];

    while (words.length > 0) {
        const word = words.shift();
        const name = word.replace(/^--/, '');

        if (name === word) {
            result.others.push(word);
        } else if (name in options && words.length > 0) {
            result[name] = words.shift();
        } else {
            printerr(`Usage: ${System.programInvocationName} [--${Object.keys(options)} HOST:PORT]`);
            System.exit(1);
        }
    }

    return result;
}
