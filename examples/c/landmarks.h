/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

#include "route_guide.pb-c.h"

/* What the route guide knows. */
extern const Routeguide__Feature features[];
extern const gsize n_features;

/* What stands at a point; its name is empty if nothing does. */
Routeguide__Feature feature_at (Routeguide__Point *point);

/* Whether a point lies in a rectangle. */
gboolean rectangle_contains (const Routeguide__Rectangle *rectangle,
                             const Routeguide__Point     *point);

/* Metres between two points. */
double distance_between (const Routeguide__Point *from,
                         const Routeguide__Point *to);
