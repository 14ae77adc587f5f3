/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is compressed, as it is seen on the wire. */

#include <string.h>

#include "test-utils.h"
#include "test-wire.h"

#define ENCODING "grpc-encoding"

typedef struct
{
  Peer peer;
  GrpcAioServer *mixed; /* compresses by default */
  char *mixed_target;
  Wire *wire;
  GrpcAioChannel *channel; /* through the wire */
} Fixture;

static GBytes *
new_large (void)
{
  guint8 *data = g_malloc (4096);

  memset (data, 'x', 4096);

  return g_bytes_new_take (data, 4096);
}

/* Sends three large messages, of which the second is not worth compressing. */
static void
handle_three (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  g_autoptr (GBytes) message = new_large ();

  grpc_aio_servicer_context_write_async (context, message, NULL, NULL, NULL);
  grpc_aio_servicer_context_write_with_flags_async (context, message, GRPC_AIO_WRITE_FLAGS_NO_COMPRESS, NULL, NULL, NULL);
  grpc_aio_servicer_context_write_with_flags_async (context, message, GRPC_AIO_WRITE_FLAGS_WRITE_THROUGH, NULL, NULL, NULL);
  grpc_aio_servicer_context_complete (context, NULL);
}

/* Answers with four large messages, compressed as the request says; the second
 * not at all. */
static void
handle_choose (GrpcAioServicerContext *context,
               GBytes *request,
               gpointer user_data)
{
  GrpcAioCompression compression = *(const char *) g_bytes_get_data (request, NULL) - '0';
  g_autoptr (GBytes) message = new_large ();
  g_autoptr (GError) error = NULL;

  g_assert_true (grpc_aio_servicer_context_set_compression (context, compression, &error));
  g_assert_no_error (error);
  if (grpc_aio_servicer_context_get_kind (context) == GRPC_AIO_METHOD_KIND_UNARY_STREAM)
    {
      grpc_aio_servicer_context_write_async (context, message, NULL, NULL, NULL);
      g_assert_true (grpc_aio_servicer_context_has_sent_initial_metadata (context));
      grpc_aio_servicer_context_disable_next_message_compression (context);
      grpc_aio_servicer_context_write_async (context, message, NULL, NULL, NULL);
      grpc_aio_servicer_context_write_async (context, message, NULL, NULL, NULL);

      g_assert_false (grpc_aio_servicer_context_set_compression (context, compression, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
    }
  grpc_aio_servicer_context_complete (context, message);
}

/* The same, with metadata of its own before. */
static void
handle_choose_early (GrpcAioServicerContext *context,
                     GBytes *request,
                     gpointer user_data)
{
  GrpcAioCompression compression = *(const char *) g_bytes_get_data (request, NULL) - '0';
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();
  g_autoptr (GBytes) message = new_large ();

  g_assert_true (grpc_aio_metadata_append (metadata, "key", "value", NULL));
  g_assert_true (grpc_aio_servicer_context_set_compression (context, compression, NULL));
  grpc_aio_servicer_context_send_initial_metadata_async (context, metadata, NULL, NULL, NULL);
  grpc_aio_servicer_context_disable_next_message_compression (context);
  grpc_aio_servicer_context_write_async (context, message, NULL, NULL, NULL);
  grpc_aio_servicer_context_complete (context, message);
}

static void
set_up_mixed (Fixture *fixture)
{
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Mixed");
  g_autoptr (GrpcAioRpcMethodHandler) three = grpc_aio_rpc_method_handler_new_unary_stream (handle_three, NULL, NULL);
  g_autoptr (GrpcAioRpcMethodHandler) choose = grpc_aio_rpc_method_handler_new_unary_stream (handle_choose, NULL, NULL);
  g_autoptr (GrpcAioRpcMethodHandler) choose_unary = grpc_aio_rpc_method_handler_new_unary_unary (handle_choose, NULL, NULL);
  g_autoptr (GrpcAioRpcMethodHandler) choose_early = grpc_aio_rpc_method_handler_new_unary_stream (handle_choose_early, NULL, NULL);
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autoptr (GError) error = NULL;
  int port;

  grpc_aio_channel_options_set_int (options, "grpc.default_compression_algorithm", GRPC_AIO_COMPRESSION_GZIP);
  grpc_aio_service_add_method (service, "Three", three);
  grpc_aio_service_add_method (service, "Choose", choose);
  grpc_aio_service_add_method (service, "ChooseUnary", choose_unary);
  grpc_aio_service_add_method (service, "ChooseEarly", choose_early);
  fixture->mixed = g_object_new (GRPC_AIO_TYPE_SERVER, "options", options, NULL);
  grpc_aio_server_add_service (fixture->mixed, service);
  port = grpc_aio_server_add_port (fixture->mixed, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (fixture->mixed, &error));
  g_assert_no_error (error);
  fixture->mixed_target = g_strdup_printf ("127.0.0.1:%d", port);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  peer_set_up (&fixture->peer);
  set_up_mixed (fixture);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_server_stop_async (fixture->mixed, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (fixture->mixed, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  assert_finalizes (fixture->mixed);
  g_free (fixture->mixed_target);
  peer_tear_down (&fixture->peer);
}

static void
connect_wire (Fixture *fixture,
              const char *server_target,
              GrpcAioCompression compression)
{
  g_autofree char *target = NULL;

  fixture->wire = wire_new (server_target, &target);
  fixture->channel = g_object_new (GRPC_AIO_TYPE_CHANNEL,
                                   "target", target,
                                   "compression", compression,
                                   NULL);
}

static void
finish_wire (Fixture *fixture,
             WireSide *client,
             WireSide *server)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_channel_close_async (fixture->channel, -1, NULL, store_result, &result);
  g_assert_true (grpc_aio_channel_close_finish (fixture->channel, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  assert_finalizes (g_steal_pointer (&fixture->channel));
  wire_finish (g_steal_pointer (&fixture->wire), client, server);
}

/* @flags has a character for each message: c for compressed, p for plain. */
static void
assert_messages (const WireSide *side,
                 const char *flags)
{
  g_assert_cmpuint (side->messages->len, ==, strlen (flags));
  for (guint i = 0; i < side->messages->len; i++)
    {
      const WireMessage *message = g_ptr_array_index (side->messages, i);

      g_assert_cmpint (message->is_compressed, ==, flags[i] == 'c');
      if (message->is_compressed)
        g_assert_cmpuint (message->size, <, 1000);
    }
}

static void
assert_encoding (const WireSide *side,
                 const char *encoding)
{
  g_assert_cmpint (wire_side_has_header (side, ENCODING, "gzip"), ==, g_strcmp0 (encoding, "gzip") == 0);
  g_assert_cmpint (wire_side_has_header (side, ENCODING, "deflate"), ==, g_strcmp0 (encoding, "deflate") == 0);
}

static GrpcAioCallOptions *
new_options (int compression)
{
  GrpcAioCallOptions *options = grpc_aio_call_options_new ();

  if (compression >= 0)
    grpc_aio_call_options_set_compression (options, (GrpcAioCompression) compression);

  return options;
}

static void
echo (Fixture *fixture,
      GBytes *request,
      int compression)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (fixture->channel, "/test.Peer/Echo");
  g_autoptr (GrpcAioCallOptions) options = new_options (compression);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_multi_callable_invoke_async (method, request, options, NULL, store_result, &result);
  response = grpc_aio_multi_callable_invoke_finish (method, await (&result), &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (response, request));
}

typedef struct
{
  const char *name;
  GrpcAioCompression channel;
  int call; /* -1 for what the channel says */
  const char *encoding;
  const char *flags;
} Case;

static const Case cases[] = {
  { "nothing", GRPC_AIO_COMPRESSION_NONE, -1, NULL, "p" },
  { "call-none", GRPC_AIO_COMPRESSION_NONE, GRPC_AIO_COMPRESSION_NONE, NULL, "p" },
  { "call-gzip", GRPC_AIO_COMPRESSION_NONE, GRPC_AIO_COMPRESSION_GZIP, "gzip", "c" },
  { "call-deflate", GRPC_AIO_COMPRESSION_NONE, GRPC_AIO_COMPRESSION_DEFLATE, "deflate", "c" },
  { "channel-gzip", GRPC_AIO_COMPRESSION_GZIP, -1, "gzip", "c" },
  { "channel-gzip-call-none", GRPC_AIO_COMPRESSION_GZIP, GRPC_AIO_COMPRESSION_NONE, NULL, "p" },
  { "channel-gzip-call-deflate", GRPC_AIO_COMPRESSION_GZIP, GRPC_AIO_COMPRESSION_DEFLATE, "deflate", "c" },
};

static void
test_unary (Fixture *fixture,
            gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GBytes) request = new_large ();
  WireSide client, server;

  g_test_summary ("A request goes as its call says, or else as its channel does; the response stays as it is");

  connect_wire (fixture, fixture->peer.target, c->channel);
  echo (fixture, request, c->call);
  finish_wire (fixture, &client, &server);

  assert_encoding (&client, c->encoding);
  assert_messages (&client, c->flags);
  assert_encoding (&server, NULL);
  assert_messages (&server, "p");
  wire_side_clear (&client);
  wire_side_clear (&server);
}

static void
test_one_by_one (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GBytes) request = new_large ();
  WireSide client, server;

  g_test_summary ("What one call chose is not left over for the next");

  connect_wire (fixture, fixture->peer.target, GRPC_AIO_COMPRESSION_NONE);
  echo (fixture, request, GRPC_AIO_COMPRESSION_GZIP);
  echo (fixture, request, -1);
  echo (fixture, request, GRPC_AIO_COMPRESSION_DEFLATE);
  echo (fixture, request, GRPC_AIO_COMPRESSION_NONE);
  finish_wire (fixture, &client, &server);

  assert_messages (&client, "cpcp");
  wire_side_clear (&client);
  wire_side_clear (&server);
}

static void
test_small (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GBytes) request = bytes_from ("x");
  WireSide client, server;

  g_test_summary ("A message that would not get smaller goes as it is");

  connect_wire (fixture, fixture->peer.target, GRPC_AIO_COMPRESSION_NONE);
  echo (fixture, request, GRPC_AIO_COMPRESSION_GZIP);
  finish_wire (fixture, &client, &server);

  assert_encoding (&client, "gzip");
  assert_messages (&client, "p");
  wire_side_clear (&client);
  wire_side_clear (&server);
}

static void
chat (GrpcAioCall *call,
      GBytes *message,
      GrpcAioWriteFlags flags)
{
  g_autoptr (GAsyncResult) write_result = NULL;
  g_autoptr (GAsyncResult) read_result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_call_write_with_flags_async (call, message, flags, NULL, store_result, &write_result);
  g_assert_true (grpc_aio_call_write_with_flags_finish (call, await (&write_result), &error));
  g_assert_no_error (error);
  grpc_aio_call_read_async (call, NULL, store_result, &read_result);
  response = grpc_aio_call_read_finish (call, await (&read_result), &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (response, message));
}

static void
test_client_stream (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GrpcAioCallOptions) options = new_options (GRPC_AIO_COMPRESSION_GZIP);
  g_autoptr (GBytes) message = new_large ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GError) error = NULL;
  WireSide client, server;

  g_test_summary ("Of a stream of requests each goes as its call and its flags say");

  connect_wire (fixture, fixture->peer.target, GRPC_AIO_COMPRESSION_NONE);
  method = grpc_aio_channel_stream_stream (fixture->channel, "/test.Peer/Chat");
  call = grpc_aio_multi_callable_call (method, NULL, options);
  chat (call, message, GRPC_AIO_WRITE_FLAGS_NONE);
  chat (call, message, GRPC_AIO_WRITE_FLAGS_NO_COMPRESS);
  chat (call, message, GRPC_AIO_WRITE_FLAGS_WRITE_THROUGH);
  chat (call, message, GRPC_AIO_WRITE_FLAGS_NO_COMPRESS | GRPC_AIO_WRITE_FLAGS_WRITE_THROUGH);

  /* Neither waits for the answer to a message that need not have left. */
  grpc_aio_call_write_with_flags_async (call, message, GRPC_AIO_WRITE_FLAGS_BUFFER_HINT, NULL, NULL, NULL);
  grpc_aio_call_write_with_flags_async (call, message, GRPC_AIO_WRITE_FLAGS_BUFFER_HINT | GRPC_AIO_WRITE_FLAGS_NO_COMPRESS,
                                        NULL, NULL, NULL);
  grpc_aio_call_done_writing_async (call, NULL, NULL, NULL);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GAsyncResult) read_result = NULL;
      g_autoptr (GBytes) response = NULL;

      grpc_aio_call_read_async (call, NULL, store_result, &read_result);
      response = grpc_aio_call_read_finish (call, await (&read_result), &error);
      g_assert_no_error (error);
      g_assert_cmpint (response != NULL, ==, i < 2);
    }
  grpc_aio_call_status_async (call, NULL, store_result, &result);
  g_assert_cmpint (grpc_aio_call_status_finish (call, await (&result), &error), ==, GRPC_AIO_STATUS_CODE_OK);
  g_clear_object (&result);
  g_clear_object (&call);
  g_clear_object (&method);
  finish_wire (fixture, &client, &server);

  assert_encoding (&client, "gzip");
  assert_messages (&client, "cpcpcp");
  wire_side_clear (&client);
  wire_side_clear (&server);
}

static void
test_server_stream (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GBytes) request = bytes_from ("x");
  g_autoptr (GBytes) large = new_large ();
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GError) error = NULL;
  WireSide client, server;

  g_test_summary ("Of a stream of responses each goes as its server and its flags say");

  connect_wire (fixture, fixture->mixed_target, GRPC_AIO_COMPRESSION_NONE);
  method = grpc_aio_channel_unary_stream (fixture->channel, "/test.Mixed/Three");
  call = grpc_aio_multi_callable_call (method, request, NULL);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GBytes) response = NULL;

      grpc_aio_call_read_async (call, NULL, store_result, &result);
      response = grpc_aio_call_read_finish (call, await (&result), &error);
      g_assert_no_error (error);
      if (i < 3)
        g_assert_true (g_bytes_equal (response, large));
      else
        g_assert_null (response);
    }
  g_clear_object (&call);
  g_clear_object (&method);
  finish_wire (fixture, &client, &server);

  assert_encoding (&server, "gzip");
  assert_messages (&server, "cpc");
  wire_side_clear (&client);
  wire_side_clear (&server);
}

typedef struct
{
  const char *path;
  const char *method;
  const char *request;
  const char *encoding;
  const char *flags;
} Choice;

static const Choice choices[] = {
  { "/compression/chosen/none", "/test.Mixed/Choose", "0", NULL, "pppp" },
  { "/compression/chosen/deflate", "/test.Mixed/Choose", "1", "deflate", "cpcc" },
  { "/compression/chosen/gzip", "/test.Mixed/Choose", "2", "gzip", "cpcc" },
  { "/compression/chosen/unary-none", "/test.Mixed/ChooseUnary", "0", NULL, "p" },
  { "/compression/chosen/unary-deflate", "/test.Mixed/ChooseUnary", "1", "deflate", "c" },
  { "/compression/chosen/early-deflate", "/test.Mixed/ChooseEarly", "1", "deflate", "pc" },
};

static void
test_chosen (Fixture *fixture,
             gconstpointer data)
{
  const Choice *choice = data;
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GBytes) request = bytes_from (choice->request);
  g_autoptr (GrpcAioMetadata) initial_metadata = NULL;
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GError) error = NULL;
  WireSide client, server;
  gsize n = 0;

  g_test_summary ("A handler chooses how its responses go, whatever the default of the server");

  connect_wire (fixture, fixture->mixed_target, GRPC_AIO_COMPRESSION_NONE);
  method = grpc_aio_channel_unary_stream (fixture->channel, choice->method);
  call = grpc_aio_multi_callable_call (method, request, NULL);
  for (gboolean is_over = FALSE; !is_over; n += !is_over)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GBytes) response = NULL;

      grpc_aio_call_read_async (call, NULL, store_result, &result);
      response = grpc_aio_call_read_finish (call, await (&result), &error);
      g_assert_no_error (error);
      is_over = response == NULL;
    }
  g_assert_cmpuint (n, ==, strlen (choice->flags));
  initial_metadata = grpc_aio_call_initial_metadata_sync (call, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (grpc_aio_metadata_contains (initial_metadata, "key"), ==, strstr (choice->path, "early") != NULL);
  g_clear_object (&call);
  g_clear_object (&method);
  finish_wire (fixture, &client, &server);

  assert_encoding (&server, choice->encoding);
  assert_messages (&server, choice->flags);
  wire_side_clear (&client);
  wire_side_clear (&server);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) \
  g_test_add ("/compression/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/compression/unary/%s", cases[i].name);

      g_test_add (path, Fixture, &cases[i], fixture_set_up, test_unary, fixture_tear_down);
    }
  for (guint i = 0; i < G_N_ELEMENTS (choices); i++)
    g_test_add (choices[i].path, Fixture, &choices[i], fixture_set_up, test_chosen, fixture_tear_down);
  ADD ("one-by-one", test_one_by_one);
  ADD ("small", test_small);
  ADD ("client-stream", test_client_stream);
  ADD ("server-stream", test_server_stream);

  return g_test_run ();
}
