#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A client that makes one call of each of gRPC's four kinds, one after the
other.

    route_guide_client.py --target localhost:50051
"""

import argparse
import sys

import gi
gi.require_version('GrpcAio', '1')
from gi.repository import GLib, GrpcAio

from glib_await import operation, run
from route_guide_pb2 import Feature, Point, Rectangle, RouteNote, RouteSummary

SERVICE = '/routeguide.RouteGuide/'
TOP = Point(latitude=517991000, longitude=106156000)
STATION = Point(latitude=517640000, longitude=106660000)


def pack(message):
    return GLib.Bytes(message.SerializeToString())


def describe(feature):
    return (f"{feature.name or 'nothing'} at {feature.location.latitude / 1e7:.4f}, "
            f'{feature.location.longitude / 1e7:.4f}')


# One request, one response.
async def get_feature(channel, options):
    method = channel.unary_unary(SERVICE + 'GetFeature')
    response = await operation(method, 'invoke', pack(TOP), options)
    print('GetFeature:', describe(Feature.FromString(response.get_data())))


# A stream of responses: read until there is no more.
async def list_features(channel, options):
    rectangle = Rectangle(lo=Point(latitude=517000000, longitude=105000000),
                          hi=Point(latitude=518500000, longitude=107000000))
    call = channel.unary_stream(SERVICE + 'ListFeatures').call(pack(rectangle), options)
    while (message := await operation(call, 'read')) is not None:
        print('ListFeatures:', describe(Feature.FromString(message.get_data())))


# A stream of requests: write them all, then await the one response.
async def record_route(channel, options):
    call = channel.stream_unary(SERVICE + 'RecordRoute').call(None, options)
    for point in (Point(latitude=518030000, longitude=105360000),
                  Point(latitude=518000000, longitude=105700000),
                  TOP,
                  STATION):
        await operation(call, 'write', pack(point))
    await operation(call, 'done_writing')

    response = await operation(call, 'response')
    summary = RouteSummary.FromString(response.get_data())
    print(f'RecordRoute: {summary.point_count} points, {summary.feature_count} features, '
          f'{summary.distance} m')


# Both stream: write notes and read notes at the same time.
async def route_chat(channel, options):
    call = channel.stream_stream(SERVICE + 'RouteChat').call(None, options)

    # Writes may be started without waiting for the one before: they queue.
    for location, text in ((TOP, 'Python was up here'),
                           (STATION, 'Python took the train'),
                           (TOP, 'Python is here again')):
        print(f'RouteChat: sent "{text}"')
        call.write_async(pack(RouteNote(location=location, message=text)))
    call.done_writing_async()

    while (message := await operation(call, 'read')) is not None:
        print(f'RouteChat: got "{RouteNote.FromString(message.get_data()).message}"')


async def main(target):
    channel = GrpcAio.Channel.new(target, None)

    # A stream, too, is given a limit for the whole of its life.
    options = GrpcAio.CallOptions(timeout_usec=10_000_000)

    await get_feature(channel, options)
    await list_features(channel, options)
    await record_route(channel, options)
    await route_chat(channel, options)


parser = argparse.ArgumentParser()
parser.add_argument('--target', metavar='HOST:PORT', default='localhost:50051')

try:
    run(main(parser.parse_args().target))
except GLib.Error as error:
    sys.exit(f'The route guide failed: {error.message}')
