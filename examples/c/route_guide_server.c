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
#include "message.h"
#include "serve.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Routeguide__Point, message_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Routeguide__Rectangle, message_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Routeguide__RouteNote, message_free)

/* 1. One request, one response. */

static void
get_feature (GrpcAioServicerContext *context,
             GBytes                 *request,
             gpointer                user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Routeguide__Point) point = NULL;
  g_autoptr (GBytes) response = NULL;
  Routeguide__Feature feature;

  point = message_unpack (request, &routeguide__point__descriptor, &error);
  if (point == NULL)
    {
      grpc_aio_servicer_context_complete_with_error (context, error);
      return;
    }

  feature = feature_at (point);
  response = message_pack (&feature);
  grpc_aio_servicer_context_complete (context, response);
}

/* 2. One request, a stream of responses. The next one is written when the one
 * before is on its way: a slow client slows us down instead of filling our
 * memory. */

typedef struct
{
  Routeguide__Rectangle *rectangle;
  gsize next;
} Listing;

static void
listing_free (Listing *listing)
{
  message_free (listing->rectangle);
  g_free (listing);
}

static void on_feature_written (GObject      *source,
                                GAsyncResult *result,
                                gpointer      user_data);

static void
write_next_feature (GrpcAioServicerContext *context,
                    Listing                *listing)
{
  while (listing->next < n_features)
    {
      const Routeguide__Feature *feature = &features[listing->next++];

      if (rectangle_contains (listing->rectangle, feature->location))
        {
          g_autoptr (GBytes) message = message_pack (feature);

          grpc_aio_servicer_context_write_async (context, message, NULL, on_feature_written, listing);
          return;
        }
    }

  /* A method with a stream of responses ends without one. */
  grpc_aio_servicer_context_complete (context, NULL);
  listing_free (listing);
}

static void
on_feature_written (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  GrpcAioServicerContext *context = GRPC_AIO_SERVICER_CONTEXT (source);
  Listing *listing = user_data;

  if (grpc_aio_servicer_context_write_finish (context, result, NULL))
    write_next_feature (context, listing);
  else
    listing_free (listing); /* The client is gone. */
}

static void
list_features (GrpcAioServicerContext *context,
               GBytes                 *request,
               gpointer                user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Routeguide__Rectangle) rectangle = NULL;
  Listing *listing;

  rectangle = message_unpack (request, &routeguide__rectangle__descriptor, &error);
  if (rectangle == NULL)
    {
      grpc_aio_servicer_context_complete_with_error (context, error);
      return;
    }

  listing = g_new0 (Listing, 1);
  listing->rectangle = g_steal_pointer (&rectangle);
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
  message_free (walk->last);
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

  message_free (walk->last);
  walk->last = point;
}

static void
on_point (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  GrpcAioServicerContext *context = GRPC_AIO_SERVICER_CONTEXT (source);
  Walk *walk = user_data;
  Routeguide__Point *point = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GBytes) response = NULL;

  message = grpc_aio_servicer_context_read_finish (context, result, &error);
  if (message != NULL)
    point = message_unpack (message, &routeguide__point__descriptor, &error);

  if (point != NULL)
    {
      walk_to (walk, point);
      grpc_aio_servicer_context_read_async (context, NULL, on_point, walk);
      return;
    }

  if (error != NULL)
    {
      /* Not a point; or the client is gone, then nobody gets to know. */
      grpc_aio_servicer_context_complete_with_error (context, error);
    }
  else
    {
      /* No message and no error is the end of the stream. */
      walk->summary.distance = lround (walk->distance);
      walk->summary.elapsed_time = (g_get_monotonic_time () - walk->start_time) / G_USEC_PER_SEC;
      response = message_pack (&walk->summary);
      grpc_aio_servicer_context_complete (context, response);
    }

  walk_free (walk);
}

static void
record_route (GrpcAioServicerContext *context,
              GBytes                 *request,
              gpointer                user_data)
{
  Walk *walk = g_new0 (Walk, 1);

  routeguide__route_summary__init (&walk->summary);
  walk->start_time = g_get_monotonic_time ();
  grpc_aio_servicer_context_read_async (context, NULL, on_point, walk);
}

/* 4. Two streams, independent of each other. Here every note read may set off
 * any number of notes to write; writes wait in a queue, in order. */

typedef struct
{
  Routeguide__Point location;
  GBytes *message;
} Note;

static void
note_free (Note *note)
{
  g_bytes_unref (note->message);
  g_free (note);
}

static void
on_note (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  GrpcAioServicerContext *context = GRPC_AIO_SERVICER_CONTEXT (source);
  GPtrArray *notes = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (Routeguide__RouteNote) received = NULL;
  Note *note;

  message = grpc_aio_servicer_context_read_finish (context, result, &error);
  if (message != NULL)
    received = message_unpack (message, &routeguide__route_note__descriptor, &error);

  if (error != NULL)
    {
      grpc_aio_servicer_context_complete_with_error (context, error);
      return;
    }

  if (received == NULL)
    {
      grpc_aio_servicer_context_complete (context, NULL);
      return;
    }

  note = g_new0 (Note, 1);
  note->message = g_bytes_ref (message);
  if (received->location != NULL)
    note->location = *received->location;

  for (guint i = 0; i < notes->len; i++)
    {
      const Note *earlier = notes->pdata[i];

      if (earlier->location.latitude == note->location.latitude &&
          earlier->location.longitude == note->location.longitude)
        grpc_aio_servicer_context_write_async (context, earlier->message, NULL, NULL, NULL);
    }

  g_ptr_array_add (notes, note);
  grpc_aio_servicer_context_read_async (context, NULL, on_note, notes);
}

static void
route_chat (GrpcAioServicerContext *context,
            GBytes                 *request,
            gpointer                user_data)
{
  grpc_aio_servicer_context_read_async (context, NULL, on_note, user_data);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GrpcAioService) guide = grpc_aio_service_new ("routeguide.RouteGuide");
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func ((GDestroyNotify) note_free);

  const struct
  {
    const char *name;
    GrpcAioRpcMethodHandler *handler;
  } methods[] = {
    { "GetFeature", grpc_aio_rpc_method_handler_new_unary_unary (get_feature, NULL, NULL) },
    { "ListFeatures", grpc_aio_rpc_method_handler_new_unary_stream (list_features, NULL, NULL) },
    { "RecordRoute", grpc_aio_rpc_method_handler_new_stream_unary (record_route, NULL, NULL) },
    { "RouteChat", grpc_aio_rpc_method_handler_new_stream_stream (route_chat, notes, NULL) },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      grpc_aio_service_add_method (guide, methods[i].name, methods[i].handler);
      g_object_unref (methods[i].handler);
    }

  /* Ports, signals and the main loop: see serve.c. */
  return serve (guide, argc, argv);
}
