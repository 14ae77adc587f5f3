// SPDX-License-Identifier: LGPL-2.1-or-later

// Command-line flags as gRPC's interoperability programs have them.

import GLib from 'gi://GLib';
import System from 'system';

function boolean(text) {
    if (['true', '1'].includes(text.toLowerCase()))
        return true;
    if (['false', '0'].includes(text.toLowerCase()))
        return false;
    throw new Error(`is true or false, not '${text}'`);
}

function port(text) {
    const number = Number(text);
    if (!Number.isInteger(number) || number < 0 || number > 65535)
        throw new Error(`is a port from 0 to 65535, not ${text}`);
    return number;
}

export const BOOLEAN = {parse: boolean, withoutValue: true};
export const PORT = {parse: port};
export const TEXT = {parse: text => text};

export function fail(text) {
    printerr(text);
    System.exit(2);
}

/**
 * Reads the flags. One that is not there is refused, never ignored.
 *
 * @param {object} flags - the type of each by its name
 */
export function parseFlags(flags) {
    const words = [...System.programArgs];
    const values = {};

    while (words.length > 0) {
        const word = words.shift();
        const [, name, value] = /^--([a-z_]+)(?:=(.*))?$/s.exec(word) ?? [];
        const flag = flags[name];
        if (!flag)
            fail(`There is no ${word}`);
        let text = value;
        if (text === undefined && !(flag.withoutValue && (words.length === 0 || words[0].startsWith('--'))))
            text = words.shift();
        if (text === undefined && !flag.withoutValue)
            fail(`--${name} needs a value`);
        try {
            values[name] = text === undefined ? flag.withoutValue : flag.parse(text);
        } catch (error) {
            fail(`--${name} ${error.message}`);
        }
    }

    return values;
}

export function readText(path) {
    return new TextDecoder().decode(GLib.file_get_contents(path)[1]);
}
