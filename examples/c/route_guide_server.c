/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A server with one method of each of gRPC's four kinds.
 *
 *   route_guide_server --address localhost:50051
 *
 * Nothing here blocks and nothing needs a thread: each handler starts an
 * operation and goes on in its callback, so that any number of calls take
 * turns in one main loop. What is known of the world is in landmarks.c.
 */

#include <grpc-aio-glib/grpc-aio-glib.h>
#include <math.h>

#include "landmarks.h"
#include "route_guide.grpc-aio.h"
#include "serve.h"

#define TYPE_GUIDE (guide_get_type ())
G_DECLARE_FINAL_TYPE (Guide, guide, EXAMPLE, GUIDE, RouteguideRouteGuideServicer)

struct _Guide
{
  RouteguideRouteGuideServicer parent_instance;

  GPtrArray *notes;
};

G_DEFINE_FINAL_TYPE (Guide, guide, ROUTEGUIDE_TYPE_ROUTE_GUIDE_SERVICER)

/* 1. One request, one response. */

static void
guide_get_feature (RouteguideRouteGuideServicer         *self,
                   RouteguideRouteGuideGetFeatureContext *context,
                   const Routeguide__Point              *point)
{
  Routeguide__Point at = *point;
  Routeguide__Feature feature = feature_at (&at);

  routeguide__route_guide_get_feature_context__complete (context, &feature);
}

/* 2. One request, a stream of responses. The next one is written when the one
 * before is on its way: a slow client slows us down instead of filling our
 * memory. */

typedef struct
{
  const Routeguide__Rectangle *rectangle; /* It lives as long as the context. */
  gsize next;
} Listing;

static void on_feature_written (GObject      *source,
                                GAsyncResult *result,
                                gpointer      user_data);

static void
write_next_feature (RouteguideRouteGuideListFeaturesContext *context,
                    Listing                                 *listing)
{
  while (listing->next < n_features)
    {
      const Routeguide__Feature *feature = &features[listing->next++];

      if (rectangle_contains (listing->rectangle, feature->location))
        {
          routeguide__route_guide_list_features_context__write_async (context, feature, NULL, on_feature_written, listing);
          return;
        }
    }

  /* A method with a stream of responses ends without one. */
  routeguide_route_guide_list_features_context_complete (context);
  g_free (listing);
}

static void
on_feature_written (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  RouteguideRouteGuideListFeaturesContext *context = ROUTEGUIDE_ROUTE_GUIDE_LIST_FEATURES_CONTEXT (source);
  Listing *listing = user_data;

  if (routeguide__route_guide_list_features_context__write_finish (context, result, NULL))
    write_next_feature (context, listing);
  else
    g_free (listing); /* The client is gone. */
}

static void
guide_list_features (RouteguideRouteGuideServicer            *self,
                     RouteguideRouteGuideListFeaturesContext *context,
                     const Routeguide__Rectangle             *rectangle)
{
  Listing *listing = g_new0 (Listing, 1);

  listing->rectangle = rectangle;
  write_next_feature (context, listing);
}

/* 3. A stream of requests, one response at its end. */

typedef struct
{
  Routeguide__RouteSummary summary;
  Routeguide__Point *last;
  double distance;
  gint64 start_time;
} Walk;

static void
walk_free (Walk *walk)
{
  routeguide__point__free_unpacked (walk->last, NULL);
  g_free (walk);
}

static void
walk_to (Walk              *walk,
         Routeguide__Point *point)
{
  walk->summary.point_count++;
  if (*feature_at (point).name != '\0')
    walk->summary.feature_count++;
  if (walk->last != NULL)
    walk->distance += distance_between (walk->last, point);

  routeguide__point__free_unpacked (walk->last, NULL);
  walk->last = point;
}

static void
on_point (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  RouteguideRouteGuideRecordRouteContext *context = ROUTEGUIDE_ROUTE_GUIDE_RECORD_ROUTE_CONTEXT (source);
  Walk *walk = user_data;
  Routeguide__Point *point;
  g_autoptr (GError) error = NULL;

  point = routeguide__route_guide_record_route_context__read_finish (context, result, &error);
  if (point != NULL)
    {
      walk_to (walk, point);
      routeguide__route_guide_record_route_context__read_async (context, NULL, on_point, walk);
      return;
    }

  if (error != NULL)
    {
      /* Not a point; or the client is gone, then nobody gets to know. */
      routeguide_route_guide_record_route_context_complete_with_error (context, error);
    }
  else
    {
      /* No message and no error is the end of the stream. */
      walk->summary.distance = lround (walk->distance);
      walk->summary.elapsed_time = (g_get_monotonic_time () - walk->start_time) / G_USEC_PER_SEC;
      routeguide__route_guide_record_route_context__complete (context, &walk->summary);
    }

  walk_free (walk);
}

static void
guide_record_route (RouteguideRouteGuideServicer           *self,
                    RouteguideRouteGuideRecordRouteContext *context)
{
  Walk *walk = g_new0 (Walk, 1);

  routeguide__route_summary__init (&walk->summary);
  walk->start_time = g_get_monotonic_time ();
  routeguide__route_guide_record_route_context__read_async (context, NULL, on_point, walk);
}

/* 4. Two streams, independent of each other. Here every note read may set off
 * any number of notes to write; writes wait in a queue, in order. */

static gboolean
is_at_same_place (const Routeguide__RouteNote *note,
                  const Routeguide__RouteNote *other)
{
  static const Routeguide__Point origin = ROUTEGUIDE__POINT__INIT;
  const Routeguide__Point *here = note->location != NULL ? note->location : &origin;
  const Routeguide__Point *there = other->location != NULL ? other->location : &origin;

  return here->latitude == there->latitude && here->longitude == there->longitude;
}

static void
on_note (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  RouteguideRouteGuideRouteChatContext *context = ROUTEGUIDE_ROUTE_GUIDE_ROUTE_CHAT_CONTEXT (source);
  GPtrArray *notes = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Routeguide__RouteNote) note = NULL;

  note = routeguide__route_guide_route_chat_context__read_finish (context, result, &error);
  if (error != NULL)
    {
      routeguide_route_guide_route_chat_context_complete_with_error (context, error);
      return;
    }

  if (note == NULL)
    {
      routeguide_route_guide_route_chat_context_complete (context);
      return;
    }

  for (guint i = 0; i < notes->len; i++)
    {
      const Routeguide__RouteNote *earlier = notes->pdata[i];

      if (is_at_same_place (note, earlier))
        routeguide__route_guide_route_chat_context__write_async (context, earlier, NULL, NULL, NULL);
    }

  g_ptr_array_add (notes, g_steal_pointer (&note));
  routeguide__route_guide_route_chat_context__read_async (context, NULL, on_note, notes);
}

static void
guide_route_chat (RouteguideRouteGuideServicer         *self,
                  RouteguideRouteGuideRouteChatContext *context)
{
  routeguide__route_guide_route_chat_context__read_async (context, NULL, on_note, EXAMPLE_GUIDE (self)->notes);
}

static void
guide_finalize (GObject *object)
{
  g_ptr_array_unref (EXAMPLE_GUIDE (object)->notes);

  G_OBJECT_CLASS (guide_parent_class)->finalize (object);
}

static void
guide_class_init (GuideClass *klass)
{
  RouteguideRouteGuideServicerClass *servicer_class = ROUTEGUIDE_ROUTE_GUIDE_SERVICER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = guide_finalize;

  servicer_class->get_feature_struct = guide_get_feature;
  servicer_class->list_features_struct = guide_list_features;
  servicer_class->record_route = guide_record_route;
  servicer_class->route_chat = guide_route_chat;
}

static void
guide_init (Guide *self)
{
  self->notes = g_ptr_array_new_with_free_func ((GDestroyNotify) routeguide__route_note__free);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GrpcAioService) guide = g_object_new (TYPE_GUIDE, NULL);

  /* Ports, signals and the main loop: see serve.c. */
  return serve (guide, argc, argv);
}
