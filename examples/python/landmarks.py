# SPDX-License-Identifier: LGPL-2.1-or-later

"""The data of the route guide, and a little geometry. No gRPC in here."""

from math import atan2, cos, radians, sin, sqrt

from route_guide_pb2 import Feature, Point

EARTH_RADIUS_METRES = 6371000

FEATURES = [Feature(name=name, location=Point(latitude=latitude, longitude=longitude))
            for name, latitude, longitude in (
                ('Brocken', 517991000, 106156000),
                ('Torfhaus', 518030000, 105360000),
                ('Schierke Station', 517640000, 106660000),
                ('Goslar Market', 519059000, 104283000),
                ('Wernigerode Castle', 518308000, 107947000),
                ('Rappbode Dam', 517400000, 108920000),
            )]


def feature_at(point):
    """What stands at a point; its name is empty if nothing does."""
    for feature in FEATURES:
        if feature.location == point:
            return feature
    return Feature(location=point)


def features_in(rectangle):
    """All that lies in a rectangle."""
    lo, hi = rectangle.lo, rectangle.hi
    bottom, top = sorted((lo.latitude, hi.latitude))
    left, right = sorted((lo.longitude, hi.longitude))

    return [feature for feature in FEATURES
            if bottom <= feature.location.latitude <= top
            and left <= feature.location.longitude <= right]


def distance(start, end):
    """Metres between two points, by the haversine formula."""
    start_latitude, end_latitude = radians(start.latitude / 1e7), radians(end.latitude / 1e7)
    y = sin((end_latitude - start_latitude) / 2)
    x = sin(radians((end.longitude - start.longitude) / 1e7) / 2)
    a = y * y + cos(start_latitude) * cos(end_latitude) * x * x

    return 2 * EARTH_RADIUS_METRES * atan2(sqrt(a), sqrt(1 - a))
