#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A server with one method of each of gRPC's four kinds.

    route_guide_server.py --address localhost:50051

Nothing here blocks and nothing needs a thread: while a handler awaits, the
others run, so that any number of calls take turns in one main loop. What is
known of the world is in landmarks.py.
"""

import time

import gi
gi.require_version('GrpcAio', '1')
from gi.repository import GLib, GrpcAio

from landmarks import distance, feature_at, features_in
from glib_await import operation
from route_guide_pb2 import Point, Rectangle, RouteNote, RouteSummary
from serve import handler, serve


def pack(message):
    return GLib.Bytes(message.SerializeToString())


# One request, one response.
async def get_feature(context, request):
    point = Point.FromString(request.get_data())
    context.complete(pack(feature_at(point)))


# One request, a stream of responses. Waiting for each write lets a slow client
# slow us down instead of filling our memory.
async def list_features(context, request):
    rectangle = Rectangle.FromString(request.get_data())
    for feature in features_in(rectangle):
        await operation(context, 'write', pack(feature))

    # A method with a stream of responses ends without one.
    context.complete(None)


# A stream of requests, one response at its end.
async def record_route(context, request):
    summary = RouteSummary()
    start_time = time.monotonic()
    metres = 0
    last = None

    # None is the end of the stream.
    while (message := await operation(context, 'read')) is not None:
        point = Point.FromString(message.get_data())
        summary.point_count += 1
        if feature_at(point).name:
            summary.feature_count += 1
        if last:
            metres += distance(last, point)
        last = point

    summary.distance = round(metres)
    summary.elapsed_time = int(time.monotonic() - start_time)
    context.complete(pack(summary))


# Two streams, independent of each other. Here every note read may set off any
# number of notes to write.
notes = []


async def route_chat(context, request):
    while (message := await operation(context, 'read')) is not None:
        note = RouteNote.FromString(message.get_data())
        earlier = [other for other in notes if other.location == note.location]
        notes.append(note)
        for other in earlier:
            await operation(context, 'write', pack(other))

    context.complete(None)


guide = GrpcAio.Service.new('routeguide.RouteGuide')
guide.add_method('GetFeature', GrpcAio.RpcMethodHandler.new_unary_unary(
    handler(get_feature)))
guide.add_method('ListFeatures', GrpcAio.RpcMethodHandler.new_unary_stream(
    handler(list_features)))
guide.add_method('RecordRoute', GrpcAio.RpcMethodHandler.new_stream_unary(
    handler(record_route)))
guide.add_method('RouteChat', GrpcAio.RpcMethodHandler.new_stream_stream(
    handler(route_chat)))

# Ports, signals and the main loop: see serve.py.
serve(guide)
