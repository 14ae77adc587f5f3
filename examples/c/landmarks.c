/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The data of the route guide, and a little geometry. No gRPC in here. */

#include "landmarks.h"

#include <math.h>

#define EARTH_RADIUS_METRES 6371000

#define POINT(latitude, longitude) \
  ((Routeguide__Point){ PROTOBUF_C_MESSAGE_INIT (&routeguide__point__descriptor), latitude, longitude })

#define FEATURE(name, latitude, longitude) \
  {                                                                                                         \
    PROTOBUF_C_MESSAGE_INIT (&routeguide__feature__descriptor), (char *) name, &POINT (latitude, longitude) \
  }

const Routeguide__Feature features[] = {
  FEATURE ("Brocken", 517991000, 106156000),
  FEATURE ("Torfhaus", 518030000, 105360000),
  FEATURE ("Schierke Station", 517640000, 106660000),
  FEATURE ("Goslar Market", 519059000, 104283000),
  FEATURE ("Wernigerode Castle", 518308000, 107947000),
  FEATURE ("Rappbode Dam", 517400000, 108920000),
};

const gsize n_features = G_N_ELEMENTS (features);

Routeguide__Feature
feature_at (Routeguide__Point *point)
{
  Routeguide__Feature nothing = ROUTEGUIDE__FEATURE__INIT;

  for (gsize i = 0; i < n_features; i++)
    {
      if (features[i].location->latitude == point->latitude &&
          features[i].location->longitude == point->longitude)
        return features[i];
    }

  nothing.location = point;

  return nothing;
}

gboolean
rectangle_contains (const Routeguide__Rectangle *rectangle,
                    const Routeguide__Point     *point)
{
  const Routeguide__Point *lo = rectangle->lo, *hi = rectangle->hi;

  return lo != NULL && hi != NULL &&
         point->latitude >= MIN (lo->latitude, hi->latitude) &&
         point->latitude <= MAX (lo->latitude, hi->latitude) &&
         point->longitude >= MIN (lo->longitude, hi->longitude) &&
         point->longitude <= MAX (lo->longitude, hi->longitude);
}

/* The haversine formula. */
double
distance_between (const Routeguide__Point *from,
                  const Routeguide__Point *to)
{
  const double radians = G_PI / 180 / 1e7;
  double y = sin ((to->latitude - from->latitude) * radians / 2);
  double x = sin ((to->longitude - from->longitude) * radians / 2);
  double a = y * y + cos (from->latitude * radians) * cos (to->latitude * radians) * x * x;

  return 2 * EARTH_RADIUS_METRES * atan2 (sqrt (a), sqrt (1 - a));
}
