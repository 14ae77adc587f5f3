// SPDX-License-Identifier: LGPL-2.1-or-later

// Messages as plain objects: against what protoc makes of the same.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import GrpcAio from 'gi://GrpcAio?version=1';

import {check, equal, fails, run} from './tap.js';

const {Metadata, Schema, unknownFields} = GrpcAio.rpc;

const [descriptorSet, binary] = ARGV;
const schema = Schema.fromFile(descriptorSet);
const All = schema.message('test.js.All');
const Old = schema.message('test.js.Old');
const Few = schema.message('test.js.Few');

const ALL = {
    aDouble: -0.5,
    aFloat: 1.5,
    anInt32: -3,
    anInt64: -9007199254740993n,
    aUint32: 4294967295,
    aUint64: 18446744073709551615n,
    aSint32: -2147483648,
    aSint64: -9223372036854775808n,
    aFixed32: 4026531840,
    aFixed64: 72057594037927936n,
    aSfixed32: -1,
    aSfixed64: -2,
    aBool: true,
    aString: 'Grüße, 😀, and a text that is longer than what is done by hand',
    someBytes: Uint8Array.of(0, 255, 1),
    aColour: 'BELOW_ZERO',
    aPoint: {x: 1, y: -1},
    maybe: 0,
    choice: 'aPlace',
    aPlace: {x: 0, y: 0},
    numbers: [0, -1, 300, -70000],
    texts: ['', 'two'],
    points: [{x: 5, y: 0}, {x: 0, y: 0}],
    unpacked: [0.25, Infinity],
    byName: {only: {x: 7, y: 0}},
    byNumber: {'-1': 'RED'},
    byTruth: {true: 'yes'},
    colours: ['RED', 'BLACK', 'BELOW_ZERO'],
    old: {
        needed: 1,
        unpacked: [1, 2],
        packed: [3, 4],
        part: {depth: 2, inside: {needed: 3, unpacked: [], packed: [], piece: [], counts: {}}},
        piece: [{name: 'a'}, {name: 'b'}],
        counts: {n: 0},
    },
    other: 'so',
    largeFieldNumber: 1,
};

function readBinary() {
    return GLib.file_get_contents(binary)[1];
}

function hex(bytes) {
    return [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
}

// In whatever order the properties came.
function sorted(value) {
    if (value === null || typeof value !== 'object' || value instanceof Uint8Array)
        return value;
    if (Array.isArray(value))
        return value.map(sorted);
    return Object.fromEntries(Object.keys(value).sort().map(key => [key, sorted(value[key])]));
}

function decodes() {
    const {inner, ...rest} = All.decode(readBinary());
    equal(sorted(rest), sorted(ALL));
    equal(inner.anInt32, 42);
    equal(inner.inner.aString, 'deep');
    equal(inner.inner.inner, undefined);
}

function encodesTheSame() {
    equal(hex(All.encode(All.decode(readBinary()))), hex(readBinary()));
    equal(hex(All.encode({...ALL, inner: {anInt32: 42, inner: {aString: 'deep'}}})), hex(readBinary()));
}

function takesOtherForms() {
    const plain = All.encode({
        aUint64: 5, aColour: 1, someBytes: Uint8Array.of(1), byName: {a: {}}, byNumber: {7: 'RED'}, texts: ['x'],
        anInt64: -1,
    });
    const other = All.encode({
        aUint64: '5', aColour: 'CRIMSON', someBytes: new GLib.Bytes([1]), byName: new Map([['a', null]].map(([k]) => [k, {}])),
        byNumber: new Map([[7n, 1]]), texts: new Set(['x']), anInt64: -1n, maybe: null, aName: undefined,
    });
    equal(hex(other), hex(plain));
    equal(hex(All.encode({someBytes: Uint8Array.of(9).buffer})), hex(All.encode({someBytes: Uint8Array.of(9)})));
    equal(All.encode(null).length, 0);

    // What reads the same as nothing is not sent, but for minus zero.
    equal(All.encode({anInt32: 0, aString: '', aBool: false, someBytes: new Uint8Array(0), aColour: 'BLACK', numbers: []}).length, 0);
    equal(All.encode({aUint64: 0n, anInt64: '0'}).length, 0);
    equal(All.decode(All.encode({aDouble: -0})).aDouble, -0);
}

async function refuses() {
    for (const message of [
        {anInt32: 2147483648}, {anInt32: 1.5}, {anInt32: 'x'}, {aUint32: -1}, {anInt64: 2 ** 60}, {aUint64: -1n},
        {anInt64: 2n ** 63n}, {aString: 5}, {aBool: true, aColour: 'GREEN'}, {someBytes: 'text'}, {aDouble: '1'},
        {aPoint: 5}, {old: {}}, {points: [{x: 'y'}]},
    ])
        await fails(() => All.encode(message), Error); // eslint-disable-line no-await-in-loop
    const error = await fails(() => All.encode({points: [{x: 'y'}]}), TypeError);
    check(error.message.startsWith('test.js.Point.x: '), error.message);

    const circle = {};
    circle.inner = circle;
    await fails(() => All.encode(circle), RangeError);
}

async function survivesNonsense() {
    const bytes = readBinary();
    let failed = 0;

    for (let length = 0; length < bytes.length; length++) {
        try {
            All.decode(bytes.subarray(0, length));
        } catch (error) {
            check(error instanceof RangeError || error instanceof TypeError, `${error}`);
            failed++;
        }
    }
    check(failed > bytes.length / 2);

    // Bytes that are not random, but no message either.
    let seed = 1;
    for (let round = 0; round < 2000; round++) {
        const broken = bytes.slice();
        for (let i = 0; i < 3; i++) {
            seed = seed * 1103515245 + 12345 & 0x7fffffff;
            broken[seed % broken.length] = seed >> 16 & 0xff;
        }
        try {
            All.decode(broken);
        } catch (error) {
            check(error instanceof RangeError || error instanceof TypeError, `${error}`);
        }
    }

    // Length beyond the end, number of eleven bytes, field 0, invalid UTF-8.
    for (const text of [[0x7a, 0xff, 0xff, 0xff, 0xff, 0x0f], [0x18, ...Array(10).fill(0x80), 1], [0x00, 0x00], [0x72, 1, 0xff]])
        await fails(() => All.decode(Uint8Array.from(text)), Error); // eslint-disable-line no-await-in-loop

    // 200,000 messages within each other, and groups.
    await fails(() => All.decode(new Uint8Array(200000).fill(0x0b)), RangeError);
    let nested = new Uint8Array(0);
    for (let i = 0; i < 99; i++)
        nested = All.encode({inner: All.decode(nested)});
    equal(All.decode(nested).anInt32, 0);
}

function keepsUnknownFields() {
    const bytes = readBinary();
    const few = Few.decode(bytes);
    equal(few.anInt32, -3);
    check(few[unknownFields].length > 100);
    equal(Object.keys(few), ['anInt32']);
    equal(sorted(All.decode(Few.encode(few))), sorted(All.decode(bytes)));

    // One for each other byte takes no more than its share.
    const many = new Uint8Array(2000000);
    for (let i = 0; i < many.length; i += 4)
        many.set([0x18, 0x01, 0x08, 0x01], i);
    equal(Few.decode(many)[unknownFields].length, many.length / 2);
}

function merges() {
    const parts = [
        All.encode({aPoint: {x: 1}, numbers: [1], aName: 'first', byName: {a: {x: 1}}, anInt32: 1}),
        All.encode({aPoint: {y: 2}, numbers: [2], aPlace: {x: 3}, byName: {b: {}}, anInt32: 2}),
    ];
    const both = Uint8Array.from([...parts[0], ...parts[1]]);
    const merged = All.decode(both);
    equal(merged.aPoint, {x: 1, y: 2});
    equal(merged.numbers, [1, 2]);
    equal([merged.choice, merged.aName, merged.aPlace], ['aPlace', undefined, {x: 3, y: 0}]);
    equal(Object.keys(merged.byName), ['a', 'b']);
    equal(merged.anInt32, 2);

    // Packed or not is one to those who read.
    equal(Old.decode(Uint8Array.of(8, 1, 0x1a, 2, 5, 6, 0x20, 7)), {
        unpacked: [5, 6], packed: [7], piece: [], counts: {}, needed: 1,
    });
    // An entry may leave out both.
    equal(All.decode(Uint8Array.of(0xca, 1, 0, 0xd2, 1, 0)).byName, {'': {x: 0, y: 0}});
    equal(All.decode(Uint8Array.of(0xd2, 1, 0)).byNumber, {0: 'BLACK'});
}

async function describesItself() {
    equal(schema.serviceNames, ['test.js.Test']);
    equal(schema.enumNames, ['test.js.Colour']);
    check(schema.messageNames.includes('test.js.Old.Part') && !schema.messageNames.includes('test.js.All.ByNameEntry'));
    equal(schema.enum('test.js.Colour').values, {BLACK: 0, RED: 1, CRIMSON: 1, BELOW_ZERO: -5});
    equal(schema.enum('test.js.Colour').nameOf(1), 'RED');
    equal(schema.enum('test.js.Colour').nameOf(9), 9);
    const {methods, name} = schema.service('test.js.Test');
    equal(name, 'test.js.Test');
    equal(Object.values(methods).map(method => [method.key, method.path, method.requestStream, method.responseStream]), [
        ['echo', '/test.js.Test/Echo', false, false],
        ['count', '/test.js.Test/Count', false, true],
        ['sum', '/test.js.Test/Sum', true, false],
        ['chat', '/test.js.Test/Chat', true, true],
    ]);
    await fails(() => schema.message('test.js.None'), Error);
    await fails(() => Schema.fromBytes(Uint8Array.of(0x0a, 5)), RangeError);
    await fails(() => Schema.fromFile('/nonexistent'), GLib.FileError, GLib.FileError.NOENT);
    await fails(() => Schema.fromResource('/nonexistent'), Gio.ResourceError, Gio.ResourceError.NOT_FOUND);
}

async function metadata() {
    const list = new Metadata({Key: ['a', 'b'], 'data-bin': Uint8Array.of(0, 255)});
    equal(list.size, 3);
    equal([list.get('KEY'), list.getAll('key'), list.get('none')], ['b', ['a', 'b'], undefined]);
    check(list.has('key') && !list.has('none'));
    list.append('data-bin', new GLib.Bytes([1])).set('key', 'c');
    equal([...list], [['data-bin', Uint8Array.of(0, 255)], ['data-bin', Uint8Array.of(1)], ['key', 'c']]);
    equal([...list.keys()], ['data-bin', 'data-bin', 'key']);
    check(list.delete('data-bin') && !list.delete('data-bin'));
    equal([...new Metadata(list)], [['key', 'c']]);
    const copy = list.copy();
    copy.append('more', '1');
    equal([list.size, copy.size], [1, 2]);
    check(Metadata.from(list) === list);

    for (const [key, value] of [['', 'x'], ['with space', 'x'], ['key', 'ü'], ['key', 'a\nb'], ['data-bin', 'text']])
        await fails(() => list.append(key, value), TypeError); // eslint-disable-line no-await-in-loop
}

run({
    decodes,
    'encodes-the-same': encodesTheSame,
    'takes-other-forms': takesOtherForms,
    refuses,
    'survives-nonsense': survivesNonsense,
    'keeps-unknown-fields': keepsUnknownFields,
    merges,
    'describes-itself': describesItself,
    metadata,
});
