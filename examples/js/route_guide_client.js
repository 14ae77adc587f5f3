#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// A client that makes one call of each of gRPC's four kinds, one after the
// other.
//
//     route_guide_client.js --target localhost:50051

import Gio from 'gi://Gio';
import GrpcAio from 'gi://GrpcAio?version=1';
import System from 'system';

import {Feature, Point, Rectangle, RouteNote, RouteSummary} from './messages.js';
import {messageOf, parse, run} from './program.js';

// Makes the operations of a call return promises.
Gio._promisify(GrpcAio.MultiCallable.prototype, 'invoke_async');
for (const operation of ['read_async', 'write_async', 'done_writing_async', 'response_async'])
    Gio._promisify(GrpcAio.Call.prototype, operation);

const SERVICE = '/routeguide.RouteGuide/';
const TOP = {latitude: 517991000, longitude: 106156000};
const STATION = {latitude: 517640000, longitude: 106660000};

const {target} = parse({target: 'localhost:50051'});
const channel = GrpcAio.Channel.new(target, null);

// Each call, a stream too, is given a limit for the whole of its life.
const options = new GrpcAio.CallOptions({timeout_usec: 10000000});

/**
 * A line about a place.
 *
 * @param {any} feature - an unpacked Feature
 */
function describe({name, location}) {
    const degrees = (/** @type {?number} */ value) => ((value ?? 0) / 1e7).toFixed(4);
    return `${name || 'nothing'} at ${degrees(location?.latitude)}, ${degrees(location?.longitude)}`;
}

// One request, one response.
async function getFeature() {
    const method = channel.unary_unary(`${SERVICE}GetFeature`);
    const response = await method.invoke_async(Point.pack(TOP), options, null);
    print(`GetFeature: ${describe(Feature.unpack(response))}`);
}

// A stream of responses: read until there is no more.
async function listFeatures() {
    const rectangle = {
        lo: {latitude: 517000000, longitude: 105000000},
        hi: {latitude: 518500000, longitude: 107000000},
    };
    const call = channel.unary_stream(`${SERVICE}ListFeatures`)
        .call(Rectangle.pack(rectangle), options);

    for (let bytes; (bytes = await call.read_async(null));)
        print(`ListFeatures: ${describe(Feature.unpack(bytes))}`);
}

// A stream of requests: write them all, then await the one response.
async function recordRoute() {
    const points = [
        {latitude: 518030000, longitude: 105360000},
        {latitude: 518000000, longitude: 105700000},
        TOP,
        STATION,
    ];
    const call = channel.stream_unary(`${SERVICE}RecordRoute`).call(null, options);

    for (const point of points)
        await call.write_async(Point.pack(point), null);
    await call.done_writing_async(null);

    const summary = RouteSummary.unpack(await call.response_async(null));
    print(`RecordRoute: ${summary.point_count} points, ${summary.feature_count} features, ` +
        `${summary.distance} m`);
}

// Both stream: write notes and read notes at the same time.
async function routeChat() {
    const call = channel.stream_stream(`${SERVICE}RouteChat`).call(null, options);

    const write = async () => {
        for (const [location, message] of [
            [TOP, 'JavaScript was up here'],
            [STATION, 'JavaScript took the train'],
            [TOP, 'JavaScript is here again'],
        ]) {
            print(`RouteChat: sent "${message}"`);
            await call.write_async(RouteNote.pack({location, message}), null);
        }
        await call.done_writing_async(null);
    };

    const read = async () => {
        for (let bytes; (bytes = await call.read_async(null));)
            print(`RouteChat: got "${RouteNote.unpack(bytes).message}"`);
    };

    await Promise.all([write(), read()]);
}

try {
    run(async () => {
        await getFeature();
        await listFeatures();
        await recordRoute();
        await routeChat();
    });
} catch (error) {
    printerr(`The route guide failed: ${messageOf(error)}`);
    System.exit(1);
}
