/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "test-utils.h"

#define NOBODY G_MAXINT32

typedef struct
{
  Peer peer;
} Fixture;

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  peer_set_up (&fixture->peer);

  /* A call, so that there is a connection. */
  call = peer_call (&fixture->peer, "Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", NULL);
  grpc_aio_call_response_async (call, NULL, store_result, &result);
  response = grpc_aio_call_response_finish (call, await (&result), &error);
  g_assert_no_error (error);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  peer_tear_down (&fixture->peer);
}

/* The number after the first key of that name. */
static gint64
find_id (const char *json,
         const char *key)
{
  g_autofree char *quoted = g_strdup_printf ("\"%s\":\"", key);
  const char *found = strstr (json, quoted);

  g_assert_nonnull (found);

  return g_ascii_strtoll (found + strlen (quoted), NULL, 10);
}

static void
test_channel (Fixture *fixture,
              gconstpointer data)
{
  g_autofree char *top = grpc_aio_channelz_get_top_channels (0);
  g_autofree char *rest = grpc_aio_channelz_get_top_channels (NOBODY);
  g_autofree char *channel = NULL;
  g_autofree char *subchannel = NULL;
  g_autofree char *socket = NULL;

  g_test_summary ("A channel is listed, and leads to its subchannel and that one's connection");

  g_assert_nonnull (strstr (top, fixture->peer.target));
  g_assert_nonnull (strstr (top, "\"end\":true"));
  g_assert_null (strstr (rest, "channelId"));

  channel = grpc_aio_channelz_get_channel (find_id (top, "channelId"));
  g_assert_nonnull (strstr (channel, "\"callsSucceeded\":\"1\""));
  subchannel = grpc_aio_channelz_get_subchannel (find_id (channel, "subchannelId"));
  g_assert_nonnull (strstr (subchannel, "READY"));
  socket = grpc_aio_channelz_get_socket (find_id (subchannel, "socketId"));
  g_assert_nonnull (strstr (socket, "\"streamsStarted\":\"1\""));
}

static void
test_server (Fixture *fixture,
             gconstpointer data)
{
  g_autofree char *servers = grpc_aio_channelz_get_servers (0);
  g_autofree char *rest = grpc_aio_channelz_get_servers (NOBODY);
  g_autofree char *server = NULL;
  g_autofree char *sockets = NULL;
  g_autofree char *one = NULL;
  gint64 id = find_id (servers, "serverId");

  g_test_summary ("A server is listed, with its calls and its connections");

  g_assert_null (strstr (rest, "serverId"));
  server = grpc_aio_channelz_get_server (id);
  g_assert_nonnull (strstr (server, "\"callsStarted\":\"1\""));
  sockets = grpc_aio_channelz_get_server_sockets (id, 0, 0);
  g_assert_cmpint (find_id (sockets, "socketId"), >, 0);
  one = grpc_aio_channelz_get_server_sockets (id, 0, 1);
  g_assert_cmpint (find_id (one, "socketId"), ==, find_id (sockets, "socketId"));
}

static void
test_nobody (Fixture *fixture,
             gconstpointer data)
{
  g_test_summary ("What is not there is NULL, also where something else has the number");

  g_assert_null (grpc_aio_channelz_get_channel (NOBODY));
  g_assert_null (grpc_aio_channelz_get_subchannel (NOBODY));
  g_assert_null (grpc_aio_channelz_get_socket (NOBODY));
  g_assert_null (grpc_aio_channelz_get_server (NOBODY));
  g_assert_null (grpc_aio_channelz_get_server_sockets (NOBODY, 0, 0));
  g_assert_null (grpc_aio_channelz_get_channel (-1));
  g_assert_null (grpc_aio_channelz_get_socket (0));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) \
  g_test_add ("/channelz/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

  ADD ("channel", test_channel);
  ADD ("server", test_server);
  ADD ("nobody", test_nobody);

  return g_test_run ();
}
