/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A client that makes one call of each of gRPC's four kinds, one after the
 * other.
 *
 *   route_guide_client --target localhost:50051
 *
 * Each step starts a call and ends in a callback, which starts the next step.
 */

#include <grpc-aio-glib/grpc-aio-glib.h>
#include <stdlib.h>

#include "route_guide.grpc-aio.h"

typedef struct
{
  GMainLoop *loop;
  GrpcAioChannel *channel;
  GrpcAioCallOptions *options;
  RouteguideRouteGuideStub *guide;
  GObject *call; /* A stream lives while its call object does. */
  int exit_status;
} Client;

#define POINT(latitude, longitude) \
  ((Routeguide__Point){ PROTOBUF_C_MESSAGE_INIT (&routeguide__point__descriptor), latitude, longitude })

static void
fail (Client       *client,
      const char   *what,
      const GError *error)
{
  g_printerr ("%s failed: %s\n", what, error->message);
  g_main_loop_quit (client->loop);
}

static void
print_feature (const char                *what,
               const Routeguide__Feature *feature)
{
  static const Routeguide__Point origin = ROUTEGUIDE__POINT__INIT;
  const Routeguide__Point *location = feature->location ? feature->location : &origin;

  g_print ("%s: %s at %.4f, %.4f\n",
           what,
           *feature->name != '\0' ? feature->name : "nothing",
           location->latitude / 1e7,
           location->longitude / 1e7);
}

/* 4. Both stream: write notes and read notes at the same time. */

static void
on_note (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Client *client = user_data;
  RouteguideRouteGuideRouteChatCall *call = ROUTEGUIDE_ROUTE_GUIDE_ROUTE_CHAT_CALL (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (Routeguide__RouteNote) note = NULL;

  note = routeguide__route_guide_route_chat_call__read_finish (call, result, &error);
  if (note != NULL)
    {
      g_print ("RouteChat: got \"%s\"\n", note->message);
      routeguide__route_guide_route_chat_call__read_async (call, NULL, on_note, client);
    }
  else if (error != NULL)
    {
      fail (client, "RouteChat", error);
    }
  else
    {
      client->exit_status = EXIT_SUCCESS;
      g_main_loop_quit (client->loop);
    }
}

static void
route_chat (Client *client)
{
  RouteguideRouteGuideRouteChatCall *call = routeguide__route_guide_stub__route_chat (client->guide, client->options);
  Routeguide__Point top = POINT (517991000, 106156000);
  Routeguide__Point station = POINT (517640000, 106660000);

  const Routeguide__RouteNote notes[] = {
    { PROTOBUF_C_MESSAGE_INIT (&routeguide__route_note__descriptor), &top, (char *) "C was up here" },
    { PROTOBUF_C_MESSAGE_INIT (&routeguide__route_note__descriptor), &station, (char *) "C took the train" },
    { PROTOBUF_C_MESSAGE_INIT (&routeguide__route_note__descriptor), &top, (char *) "C is here again" },
  };

  client->call = G_OBJECT (call);
  routeguide__route_guide_route_chat_call__read_async (call, NULL, on_note, client);

  /* Writes may be started without waiting for the one before: they queue. */
  for (gsize i = 0; i < G_N_ELEMENTS (notes); i++)
    {
      g_print ("RouteChat: sent \"%s\"\n", notes[i].message);
      routeguide__route_guide_route_chat_call__write_async (call, &notes[i], NULL, NULL, NULL);
    }

  routeguide_route_guide_route_chat_call_done_writing_async (call, NULL, NULL, NULL);
}

/* 3. A stream of requests: write them all, then await the one response. */

static void
on_summary (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Client *client = user_data;
  RouteguideRouteGuideRecordRouteCall *call = ROUTEGUIDE_ROUTE_GUIDE_RECORD_ROUTE_CALL (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (Routeguide__RouteSummary) summary = NULL;

  summary = routeguide__route_guide_record_route_call__response_finish (call, result, &error);
  g_clear_object (&client->call);

  if (summary == NULL)
    {
      fail (client, "RecordRoute", error);
      return;
    }

  g_print ("RecordRoute: %d points, %d features, %d m\n",
           summary->point_count,
           summary->feature_count,
           summary->distance);
  route_chat (client);
}

static void
record_route (Client *client)
{
  RouteguideRouteGuideRecordRouteCall *call = routeguide__route_guide_stub__record_route (client->guide, client->options);

  const Routeguide__Point points[] = {
    POINT (518030000, 105360000),
    POINT (518000000, 105700000),
    POINT (517991000, 106156000),
    POINT (517640000, 106660000),
  };

  client->call = G_OBJECT (call);

  for (gsize i = 0; i < G_N_ELEMENTS (points); i++)
    routeguide__route_guide_record_route_call__write_async (call, &points[i], NULL, NULL, NULL);

  routeguide_route_guide_record_route_call_done_writing_async (call, NULL, NULL, NULL);
  routeguide__route_guide_record_route_call__response_async (call, NULL, on_summary, client);
}

/* 2. A stream of responses: read until there is neither message nor error. */

static void
on_listed (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Client *client = user_data;
  RouteguideRouteGuideListFeaturesCall *call = ROUTEGUIDE_ROUTE_GUIDE_LIST_FEATURES_CALL (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (Routeguide__Feature) feature = NULL;

  feature = routeguide__route_guide_list_features_call__read_finish (call, result, &error);
  if (feature != NULL)
    {
      print_feature ("ListFeatures", feature);
      routeguide__route_guide_list_features_call__read_async (call, NULL, on_listed, client);
      return;
    }

  g_clear_object (&client->call);
  if (error != NULL)
    fail (client, "ListFeatures", error);
  else
    record_route (client);
}

static void
list_features (Client *client)
{
  RouteguideRouteGuideListFeaturesCall *call;
  Routeguide__Point lo = POINT (517000000, 105000000);
  Routeguide__Point hi = POINT (518500000, 107000000);
  Routeguide__Rectangle rectangle = ROUTEGUIDE__RECTANGLE__INIT;

  rectangle.lo = &lo;
  rectangle.hi = &hi;

  /* No error here: no field of this message is required. */
  call = routeguide__route_guide_stub__list_features (client->guide, &rectangle, client->options, NULL);
  client->call = G_OBJECT (call);
  routeguide__route_guide_list_features_call__read_async (call, NULL, on_listed, client);
}

/* 1. One request, one response. */

static void
on_feature (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Client *client = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Routeguide__Feature) feature = NULL;

  feature = routeguide__route_guide_stub__get_feature_finish (client->guide, result, &error);
  if (feature == NULL)
    {
      fail (client, "GetFeature", error);
      return;
    }

  print_feature ("GetFeature", feature);
  list_features (client);
}

static void
get_feature (Client *client)
{
  Routeguide__Point point = POINT (517991000, 106156000);

  routeguide__route_guide_stub__get_feature_async (client->guide, &point, client->options, NULL, on_feature, client);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GOptionContext) options = g_option_context_new (NULL);
  g_autofree char *target = NULL;
  Client client = { .exit_status = EXIT_FAILURE };

  const GOptionEntry entries[] = {
    { "target", 0, 0, G_OPTION_ARG_STRING, &target, "The server", "HOST:PORT" },
    { NULL }
  };

  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }

  client.loop = g_main_loop_new (NULL, FALSE);
  client.channel = grpc_aio_channel_new (target ? target : "localhost:50051", NULL);
  client.guide = routeguide_route_guide_stub_new (client.channel);

  /* A stream, too, is given a limit for the whole of its life. */
  client.options = grpc_aio_call_options_new ();
  grpc_aio_call_options_set_timeout_usec (client.options, 10 * G_USEC_PER_SEC);

  get_feature (&client);
  g_main_loop_run (client.loop);

  g_clear_object (&client.call);
  g_clear_object (&client.guide);
  g_clear_object (&client.options);
  g_clear_object (&client.channel);
  g_main_loop_unref (client.loop);

  return client.exit_status;
}
