#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// A server with one method of each of gRPC's four kinds.
//
//     route_guide_server.js --address localhost:50051
//
// Nothing here blocks: while a handler awaits, the others run, so that any
// number of calls take turns in one main loop. What is known of the world is
// in landmarks.js.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import GrpcAio from 'gi://GrpcAio?version=1';

import {distance, featureAt, featuresIn, samePlace} from './landmarks.js';
import {Feature, Point, Rectangle, RouteNote, RouteSummary} from './messages.js';
import {handler, serve} from './serve.js';

// Makes the operations of a context return promises.
Gio._promisify(GrpcAio.ServicerContext.prototype, 'read_async');
Gio._promisify(GrpcAio.ServicerContext.prototype, 'write_async');

/**
 * One request, one response.
 *
 * @param {GrpcAio.ServicerContext} context - the call
 * @param {GLib.Bytes} request - a packed Point
 */
async function getFeature(context, request) {
    const point = Point.unpack(request);
    context.complete(Feature.pack(featureAt(point)));
}

/**
 * One request, a stream of responses. Waiting for each write lets a slow
 * client slow us down instead of filling our memory.
 *
 * @param {GrpcAio.ServicerContext} context - the call
 * @param {GLib.Bytes} request - a packed Rectangle
 */
async function listFeatures(context, request) {
    for (const feature of featuresIn(Rectangle.unpack(request)))
        await context.write_async(Feature.pack(feature), null);

    // A method with a stream of responses ends without one.
    context.complete(null);
}

/**
 * A stream of requests, one response at its end.
 *
 * @param {GrpcAio.ServicerContext} context - the call
 */
async function recordRoute(context) {
    const startTime = GLib.get_monotonic_time();
    /** @type {any[]} */
    const points = [];

    // null is the end of the stream.
    for (let bytes; (bytes = await context.read_async(null));)
        points.push(Point.unpack(bytes));

    const steps = points.slice(1).map((point, i) => distance(points[i], point));
    context.complete(RouteSummary.pack({
        point_count: points.length,
        feature_count: points.filter(point => featureAt(point).name).length,
        distance: Math.round(steps.reduce((sum, step) => sum + step, 0)),
        elapsed_time: Math.trunc((GLib.get_monotonic_time() - startTime) / 1000000),
    }));
}

/** @type {any[]} */
const notes = [];

/**
 * Two streams, independent of each other. Here every note read may set off any
 * number of notes to write.
 *
 * @param {GrpcAio.ServicerContext} context - the call
 */
async function routeChat(context) {
    for (let bytes; (bytes = await context.read_async(null));) {
        const note = RouteNote.unpack(bytes);
        const earlier = notes.filter(({location}) => samePlace(location, note.location));
        notes.push(note);
        for (const other of earlier)
            await context.write_async(RouteNote.pack(other), null);
    }

    context.complete(null);
}

const guide = GrpcAio.Service.new('routeguide.RouteGuide');
guide.add_method('GetFeature',
    GrpcAio.RpcMethodHandler.new_unary_unary(handler(getFeature)));
guide.add_method('ListFeatures',
    GrpcAio.RpcMethodHandler.new_unary_stream(handler(listFeatures)));
guide.add_method('RecordRoute',
    GrpcAio.RpcMethodHandler.new_stream_unary(handler(recordRoute)));
guide.add_method('RouteChat',
    GrpcAio.RpcMethodHandler.new_stream_stream(handler(routeChat)));

// Ports, signals and the main loop: see serve.js.
serve(guide);
