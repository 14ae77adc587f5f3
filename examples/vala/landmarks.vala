// SPDX-License-Identifier: LGPL-2.1-or-later

// The data of the route guide, and a little geometry. No gRPC in here.

private const double EARTH_RADIUS_METRES = 6371000;

public Routeguide.Feature[] all_features () {
    return {
        new_feature ("Brocken", 517991000, 106156000),
        new_feature ("Torfhaus", 518030000, 105360000),
        new_feature ("Schierke Station", 517640000, 106660000),
        new_feature ("Goslar Market", 519059000, 104283000),
        new_feature ("Wernigerode Castle", 518308000, 107947000),
        new_feature ("Rappbode Dam", 517400000, 108920000)
    };
}

private Routeguide.Feature new_feature (string name, int latitude, int longitude) {
    return new Routeguide.Feature () { name = name, location = new_point (latitude, longitude) };
}

public Routeguide.Point new_point (int latitude, int longitude) {
    return new Routeguide.Point () { latitude = latitude, longitude = longitude };
}

// What stands at a point; its name is empty if nothing does.
public Routeguide.Feature feature_at (Routeguide.Point point) {
    foreach (var feature in all_features ()) {
        if (feature.location.equal (point))
            return feature;
    }

    return new Routeguide.Feature () { location = point };
}

// Whether a point lies in a rectangle.
public bool contains (Routeguide.Rectangle rectangle, Routeguide.Point point) {
    var lo = rectangle.lo;
    var hi = rectangle.hi;

    return point.latitude >= int.min (lo.latitude, hi.latitude) &&
           point.latitude <= int.max (lo.latitude, hi.latitude) &&
           point.longitude >= int.min (lo.longitude, hi.longitude) &&
           point.longitude <= int.max (lo.longitude, hi.longitude);
}

// Metres between two points, by the haversine formula.
public double distance (Routeguide.Point from, Routeguide.Point to) {
    const double RADIANS = Math.PI / 180 / 1e7;
    var y = Math.sin ((to.latitude - from.latitude) * RADIANS / 2);
    var x = Math.sin ((to.longitude - from.longitude) * RADIANS / 2);
    var a = y * y + Math.cos (from.latitude * RADIANS) * Math.cos (to.latitude * RADIANS) * x * x;

    return 2 * EARTH_RADIUS_METRES * Math.atan2 (Math.sqrt (a), Math.sqrt (1 - a));
}
