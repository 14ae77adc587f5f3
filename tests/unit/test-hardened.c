/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "test-utils.h"

/* The service of a peer, on a server whose clients are not to be trusted. */
typedef struct
{
  Peer peer;
  GrpcAioChannelOptions *options;
  GrpcAioServer *server;
  guint16 port;
  GrpcAioChannel *channel;
  guint n_expected;
} Fixture;

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  peer_set_up (&fixture->peer);
  fixture->options = grpc_aio_channel_options_new_hardened ();
}

static void
start (Fixture *fixture)
{
  g_autofree char *target = NULL;
  g_autoptr (GError) error = NULL;

  fixture->server = grpc_aio_server_new_with_options (fixture->options);
  grpc_aio_server_add_service (fixture->server, fixture->peer.service);
  fixture->port = (guint16) grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  g_assert_no_error (error);

  target = g_strdup_printf ("127.0.0.1:%u", fixture->port);
  fixture->channel = grpc_aio_channel_new (target, NULL);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  if (fixture->server != NULL)
    {
      g_autoptr (GAsyncResult) result = NULL;

      grpc_aio_channel_close (fixture->channel);
      g_clear_object (&fixture->channel);
      grpc_aio_server_stop_async (fixture->server, 0, NULL, store_result, &result);
      g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&result), NULL));
    }
  g_clear_object (&fixture->server);
  peer_tear_down (&fixture->peer);
  g_object_unref (fixture->options);
}

static GBytes *
call (GrpcAioChannel *channel,
      const char *method,
      GBytes *request,
      GrpcAioCallOptions *options,
      GError **error)
{
  g_autoptr (GrpcAioMultiCallable) multi_callable = grpc_aio_channel_unary_unary (channel, method);
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_multi_callable_invoke_async (multi_callable, request, options, NULL, store_result, &result);

  return grpc_aio_multi_callable_invoke_finish (multi_callable, await (&result), error);
}

static void
test_message (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GBytes) longest = g_bytes_new_take (g_malloc0 (1024 * 1024), 1024 * 1024);
  g_autoptr (GBytes) longer = g_bytes_new_take (g_malloc0 (1024 * 1024 + 1), 1024 * 1024 + 1);
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A message may have 1 MiB and no more");

  start (fixture);
  response = call (fixture->channel, "/test.Peer/Echo", longest, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (response, longest));
  g_assert_null (call (fixture->channel, "/test.Peer/Echo", longer, NULL, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_RESOURCE_EXHAUSTED);
}

static void
test_metadata (Fixture *fixture,
               gconstpointer data)
{
  g_autofree char *text = g_strnfill (10 * 1024, 'a');
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();
  g_autoptr (GrpcAioCallOptions) options = grpc_aio_call_options_new ();
  g_autoptr (GBytes) request = bytes_from ("");
  g_autoptr (GError) error = NULL;

  g_test_summary ("Metadata may have 8 KiB and no more");

  start (fixture);
  g_assert_true (grpc_aio_metadata_append (metadata, "key", text, NULL));
  grpc_aio_call_options_set_metadata (options, metadata);
  g_assert_null (call (fixture->channel, "/test.Peer/Echo", request, options, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_RESOURCE_EXHAUSTED);
}

static gboolean
are_hanging (gpointer data)
{
  Fixture *fixture = data;

  return fixture->peer.contexts->len >= fixture->n_expected;
}

static void
test_streams (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GrpcAioChannelOptions) alone = g_object_new (GRPC_AIO_TYPE_CHANNEL_OPTIONS, "use-local-subchannel-pool", TRUE, NULL);
  g_autoptr (GrpcAioChannel) other = NULL;
  g_autoptr (GBytes) request = bytes_from ("");
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A connection has 100 calls at a time; the next one waits until one has ended");

  start (fixture);
  g_assert_true (grpc_aio_channel_ready_sync (fixture->channel, NULL, &error));
  method = grpc_aio_channel_unary_unary (fixture->channel, "/test.Peer/Hang");
  for (guint i = 0; i < 101; i++)
    g_ptr_array_add (calls, grpc_aio_multi_callable_call (method, request, NULL));
  fixture->n_expected = 100;
  iterate_until (are_hanging, fixture);

  /* A connection of its own is served meanwhile. */
  other = grpc_aio_channel_new_with_options (grpc_aio_channel_get_target (fixture->channel), NULL, alone);
  response = call (other, "/test.Peer/Echo", request, NULL, &error);
  g_assert_no_error (error);
  grpc_aio_channel_close (other);
  g_assert_cmpuint (fixture->peer.contexts->len, ==, 100);

  grpc_aio_servicer_context_complete (g_ptr_array_index (fixture->peer.contexts, 0), request);
  fixture->n_expected = 101;
  iterate_until (are_hanging, fixture);
}

/* Speaks to the server without a client, until that closes the connection. */
typedef struct
{
  guint16 port;
  GByteArray *sent;
  GByteArray *received;
  gint is_over; /* atomic */
} Raw;

static gpointer
raw_run (gpointer data)
{
  Raw *raw = data;
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  GInputStream *input;
  g_autoptr (GError) error = NULL;
  guint8 buffer[4096];
  gssize length;

  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect_to_host (client, "127.0.0.1", raw->port, NULL, &error);
  g_assert_no_error (error);
  input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), raw->sent->data, raw->sent->len, NULL, NULL, NULL);
  while ((length = g_input_stream_read (input, buffer, sizeof buffer, NULL, NULL)) > 0)
    g_byte_array_append (raw->received, buffer, (guint) length);

  g_atomic_int_set (&raw->is_over, TRUE);
  g_main_context_wakeup (NULL);

  return NULL;
}

static gboolean
raw_is_over (gpointer data)
{
  return g_atomic_int_get (&((Raw *) data)->is_over);
}

static void
raw_talk (Raw *raw,
          guint16 port)
{
  GThread *thread;

  raw->port = port;
  raw->received = g_byte_array_new ();
  thread = g_thread_new ("raw", raw_run, raw);
  iterate_until (raw_is_over, raw);
  g_thread_join (thread);
}

static void
raw_clear (Raw *raw)
{
  g_byte_array_unref (raw->sent);
  g_byte_array_unref (raw->received);
}

/* The code of the GOAWAY among the frames received, or -1. */
static int
find_goaway (GByteArray *frames)
{
  for (guint at = 0; at + 9 <= frames->len;)
    {
      const guint8 *frame = frames->data + at;
      guint length = (guint) frame[0] << 16 | (guint) frame[1] << 8 | frame[2];

      if (frame[3] == 7 && at + 9 + 8 <= frames->len && frame[16] != 0)
        return frame[16];
      at += 9 + length;
    }

  return -1;
}

static void
test_pings (Fixture *fixture,
            gconstpointer data)
{
  static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  static const guint8 settings[9] = { 0, 0, 0, 4 };
  static const guint8 ping[17] = { 0, 0, 8, 6 };
  Raw raw = { 0 };

  g_test_summary ("A client that floods the server with pings is thrown out");

  start (fixture);
  raw.sent = g_byte_array_new ();
  g_byte_array_append (raw.sent, (const guint8 *) preface, sizeof preface - 1);
  g_byte_array_append (raw.sent, settings, sizeof settings);
  for (guint i = 0; i < 20; i++)
    g_byte_array_append (raw.sent, ping, sizeof ping);
  raw_talk (&raw, fixture->port);
  g_assert_cmpint (find_goaway (raw.received), ==, 11); /* ENHANCE_YOUR_CALM */
  raw_clear (&raw);
}

static void
test_silence (Fixture *fixture,
              gconstpointer data)
{
  Raw raw = { 0 };

  g_test_summary ("A client that does not say hello is thrown out");

  g_object_set (fixture->options, "server-handshake-timeout-ms", 100, NULL);
  start (fixture);
  raw.sent = g_byte_array_new ();
  raw_talk (&raw, fixture->port);
  raw_clear (&raw);
}

/* @data is the option that closes a connection that does nothing. */
static void
test_connection (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A connection is closed that is idle or old");

  g_object_set (fixture->options, data, 100, NULL);
  start (fixture);
  g_assert_true (grpc_aio_channel_ready_sync (fixture->channel, NULL, &error));
  grpc_aio_channel_wait_for_state_change_async (fixture->channel, GRPC_AIO_CHANNEL_CONNECTIVITY_READY, NULL, store_result, &result);
  g_assert_true (grpc_aio_channel_wait_for_state_change_finish (fixture->channel, await (&result), &error));
  g_assert_no_error (error);
}

/* Writes for as long as it can. */
static void
on_written (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  if (grpc_aio_call_write_finish (GRPC_AIO_CALL (source), result, NULL))
    grpc_aio_call_write_async (GRPC_AIO_CALL (source), user_data, NULL, on_written, user_data);
}

static gboolean
any_is_done (gpointer data)
{
  GPtrArray *calls = data;

  for (guint i = 0; i < calls->len; i++)
    {
      if (call_is_done (g_ptr_array_index (calls, i)))
        return TRUE;
    }

  return FALSE;
}

static void
test_quota (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GBytes) message = g_bytes_new_take (g_malloc0 (256 * 1024), 256 * 1024);

  g_test_summary ("Streams that nobody reads end before they take more memory than there may be");

  g_object_set (fixture->options, "resource-quota", G_GINT64_CONSTANT (4) * 1024 * 1024, NULL);
  start (fixture);
  method = grpc_aio_channel_stream_stream (fixture->channel, "/test.Peer/HangChat");
  for (guint i = 0; i < 50; i++)
    {
      GrpcAioCall *stream = grpc_aio_multi_callable_call (method, NULL, NULL);

      g_ptr_array_add (calls, stream);
      grpc_aio_call_write_async (stream, message, NULL, on_written, message);
    }
  iterate_until (any_is_done, calls);
  for (guint i = 0; i < calls->len; i++)
    {
      if (call_is_done (g_ptr_array_index (calls, i)))
        g_assert_cmpint (grpc_aio_call_get_code (g_ptr_array_index (calls, i)), ==, GRPC_AIO_STATUS_CODE_RESOURCE_EXHAUSTED);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, func) g_test_add (path, Fixture, data, fixture_set_up, func, fixture_tear_down)
  ADD ("/hardened/message", NULL, test_message);
  ADD ("/hardened/metadata", NULL, test_metadata);
  ADD ("/hardened/streams", NULL, test_streams);
  ADD ("/hardened/pings", NULL, test_pings);
  ADD ("/hardened/silence", NULL, test_silence);
  ADD ("/hardened/idle", "max-connection-idle-ms", test_connection);
  ADD ("/hardened/age", "max-connection-age-ms", test_connection);
  ADD ("/hardened/quota", NULL, test_quota);
#undef ADD

  return g_test_run ();
}
