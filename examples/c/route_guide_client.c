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

#include "message.h"
#include "route_guide.pb-c.h"

#define SERVICE "/routeguide.RouteGuide/"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Routeguide__Feature, message_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Routeguide__RouteNote, message_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Routeguide__RouteSummary, message_free)

typedef struct
{
  GMainLoop *loop;
  GrpcAioChannel *channel;
  GrpcAioCallOptions *options;
  GrpcAioCall *call; /* A stream lives while its call object does. */
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
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (Routeguide__RouteNote) note = NULL;

  message = grpc_aio_call_read_finish (client->call, result, &error);
  if (message != NULL)
    note = message_unpack (message, &routeguide__route_note__descriptor, &error);

  if (note != NULL)
    {
      g_print ("RouteChat: got \"%s\"\n", note->message);
      grpc_aio_call_read_async (client->call, NULL, on_note, client);
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
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  Routeguide__Point top = POINT (517991000, 106156000);
  Routeguide__Point station = POINT (517640000, 106660000);

  const Routeguide__RouteNote notes[] = {
    { PROTOBUF_C_MESSAGE_INIT (&routeguide__route_note__descriptor), &top, (char *) "C was up here" },
    { PROTOBUF_C_MESSAGE_INIT (&routeguide__route_note__descriptor), &station, (char *) "C took the train" },
    { PROTOBUF_C_MESSAGE_INIT (&routeguide__route_note__descriptor), &top, (char *) "C is here again" },
  };

  method = grpc_aio_channel_stream_stream (client->channel, SERVICE "RouteChat");
  client->call = grpc_aio_multi_callable_call (method, NULL, client->options);
  grpc_aio_call_read_async (client->call, NULL, on_note, client);

  /* Writes may be started without waiting for the one before: they queue. */
  for (gsize i = 0; i < G_N_ELEMENTS (notes); i++)
    {
      g_autoptr (GBytes) message = message_pack (&notes[i]);

      g_print ("RouteChat: sent \"%s\"\n", notes[i].message);
      grpc_aio_call_write_async (client->call, message, NULL, NULL, NULL);
    }

  grpc_aio_call_done_writing_async (client->call, NULL, NULL, NULL);
}

/* 3. A stream of requests: write them all, then await the one response. */

static void
on_summary (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Client *client = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (Routeguide__RouteSummary) summary = NULL;

  message = grpc_aio_call_response_finish (client->call, result, &error);
  if (message != NULL)
    summary = message_unpack (message, &routeguide__route_summary__descriptor, &error);
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
  g_autoptr (GrpcAioMultiCallable) method = NULL;

  const Routeguide__Point points[] = {
    POINT (518030000, 105360000),
    POINT (518000000, 105700000),
    POINT (517991000, 106156000),
    POINT (517640000, 106660000),
  };

  method = grpc_aio_channel_stream_unary (client->channel, SERVICE "RecordRoute");
  client->call = grpc_aio_multi_callable_call (method, NULL, client->options);

  for (gsize i = 0; i < G_N_ELEMENTS (points); i++)
    {
      g_autoptr (GBytes) message = message_pack (&points[i]);

      grpc_aio_call_write_async (client->call, message, NULL, NULL, NULL);
    }

  grpc_aio_call_done_writing_async (client->call, NULL, NULL, NULL);
  grpc_aio_call_response_async (client->call, NULL, on_summary, client);
}

/* 2. A stream of responses: read until there is neither message nor error. */

static void
on_listed (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Client *client = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (Routeguide__Feature) feature = NULL;

  message = grpc_aio_call_read_finish (client->call, result, &error);
  if (message != NULL)
    feature = message_unpack (message, &routeguide__feature__descriptor, &error);

  if (feature != NULL)
    {
      print_feature ("ListFeatures", feature);
      grpc_aio_call_read_async (client->call, NULL, on_listed, client);
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
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GBytes) request = NULL;
  Routeguide__Point lo = POINT (517000000, 105000000);
  Routeguide__Point hi = POINT (518500000, 107000000);
  Routeguide__Rectangle rectangle = ROUTEGUIDE__RECTANGLE__INIT;

  rectangle.lo = &lo;
  rectangle.hi = &hi;
  request = message_pack (&rectangle);

  method = grpc_aio_channel_unary_stream (client->channel, SERVICE "ListFeatures");
  client->call = grpc_aio_multi_callable_call (method, request, client->options);
  grpc_aio_call_read_async (client->call, NULL, on_listed, client);
}

/* 1. One request, one response. */

static void
on_feature (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Client *client = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (Routeguide__Feature) feature = NULL;

  message = grpc_aio_multi_callable_invoke_finish (GRPC_AIO_MULTI_CALLABLE (source), result, &error);
  if (message != NULL)
    feature = message_unpack (message, &routeguide__feature__descriptor, &error);

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
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GBytes) request = NULL;
  Routeguide__Point point = POINT (517991000, 106156000);

  request = message_pack (&point);
  method = grpc_aio_channel_unary_unary (client->channel, SERVICE "GetFeature");
  grpc_aio_multi_callable_invoke_async (method, request, client->options, NULL, on_feature, client);
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

  /* A stream, too, is given a limit for the whole of its life. */
  client.options = grpc_aio_call_options_new ();
  grpc_aio_call_options_set_timeout_usec (client.options, 10 * G_USEC_PER_SEC);

  get_feature (&client);
  g_main_loop_run (client.loop);

  g_clear_object (&client.call);
  g_clear_object (&client.options);
  g_clear_object (&client.channel);
  g_main_loop_unref (client.loop);

  return client.exit_status;
}
