/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "test-utils.h"

/* Longer than any machine takes to begin a call. */
#define LONG_TIMEOUT_USEC (30 * G_USEC_PER_SEC)

/* A server whose handlers leave their calls to the test. */
typedef struct
{
  GrpcAioServer *server;
  GrpcAioService *service;
  GrpcAioChannel *channel;
  GrpcAioServicerContext *context; /* of the newest call */
  GBytes *request;
  guint n_calls;
  guint n_done;
  gboolean is_dropping; /* handlers do nothing at all */
} Fixture;

static const char *const methods[] = {
  [GRPC_AIO_METHOD_KIND_UNARY_UNARY] = "/test.Kinds/UnaryUnary",
  [GRPC_AIO_METHOD_KIND_UNARY_STREAM] = "/test.Kinds/UnaryStream",
  [GRPC_AIO_METHOD_KIND_STREAM_UNARY] = "/test.Kinds/StreamUnary",
  [GRPC_AIO_METHOD_KIND_STREAM_STREAM] = "/test.Kinds/StreamStream",
};

static gboolean
streams_requests (GrpcAioMethodKind kind)
{
  return kind == GRPC_AIO_METHOD_KIND_STREAM_UNARY || kind == GRPC_AIO_METHOD_KIND_STREAM_STREAM;
}

static gboolean
streams_responses (GrpcAioMethodKind kind)
{
  return kind == GRPC_AIO_METHOD_KIND_UNARY_STREAM || kind == GRPC_AIO_METHOD_KIND_STREAM_STREAM;
}

static void
on_done (GrpcAioServicerContext *context,
         gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_true (grpc_aio_servicer_context_is_done (context));
  g_assert_false (grpc_aio_servicer_context_is_active (context));
  fixture->n_done++;
}

static void
handle (GrpcAioServicerContext *context,
        GBytes *request,
        gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_calls++;
  if (fixture->is_dropping)
    return;

  g_set_object (&fixture->context, context);
  g_clear_pointer (&fixture->request, g_bytes_unref);
  if (request != NULL)
    fixture->request = g_bytes_ref (request);
  g_signal_connect (context, "done", G_CALLBACK (on_done), fixture);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioRpcMethodHandler) unary_unary = grpc_aio_rpc_method_handler_new_unary_unary (handle, fixture, NULL);
  g_autoptr (GrpcAioRpcMethodHandler) unary_stream = grpc_aio_rpc_method_handler_new_unary_stream (handle, fixture, NULL);
  g_autoptr (GrpcAioRpcMethodHandler) stream_unary = grpc_aio_rpc_method_handler_new_stream_unary (handle, fixture, NULL);
  g_autoptr (GrpcAioRpcMethodHandler) stream_stream = grpc_aio_rpc_method_handler_new_stream_stream (handle, fixture, NULL);
  g_autofree char *target = NULL;
  g_autoptr (GError) error = NULL;
  int port;

  fixture->service = grpc_aio_service_new ("test.Kinds");
  grpc_aio_service_add_method (fixture->service, "UnaryUnary", unary_unary);
  grpc_aio_service_add_method (fixture->service, "UnaryStream", unary_stream);
  grpc_aio_service_add_method (fixture->service, "StreamUnary", stream_unary);
  grpc_aio_service_add_method (fixture->service, "StreamStream", stream_stream);
  fixture->server = grpc_aio_server_new ();
  grpc_aio_server_add_service (fixture->server, fixture->service);
  port = grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  g_assert_no_error (error);
  target = g_strdup_printf ("127.0.0.1:%d", port);
  fixture->channel = grpc_aio_channel_new (target, NULL);
}

/* The context lives until grpc-core has given its memory back. */
static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&fixture->request, g_bytes_unref);
  if (fixture->context != NULL)
    {
      iterate_until (is_mine, fixture->context);
      g_clear_object (&fixture->context);
    }
  grpc_aio_channel_close_async (fixture->channel, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_channel_close_finish (fixture->channel, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  assert_finalizes (fixture->channel);

  grpc_aio_server_stop_async (fixture->server, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  assert_finalizes (fixture->server);
  assert_finalizes (fixture->service);
}

/* Calls a method as one of @kind, which need not be its own. */
static GrpcAioCall *
call_as (Fixture *fixture,
         const char *method,
         GrpcAioMethodKind kind,
         const char *request,
         GrpcAioCallOptions *options)
{
  static GrpcAioMultiCallable *(*const constructors[]) (GrpcAioChannel *, const char *) = {
    [GRPC_AIO_METHOD_KIND_UNARY_UNARY] = grpc_aio_channel_unary_unary,
    [GRPC_AIO_METHOD_KIND_UNARY_STREAM] = grpc_aio_channel_unary_stream,
    [GRPC_AIO_METHOD_KIND_STREAM_UNARY] = grpc_aio_channel_stream_unary,
    [GRPC_AIO_METHOD_KIND_STREAM_STREAM] = grpc_aio_channel_stream_stream,
  };
  g_autoptr (GrpcAioMultiCallable) multi_callable = constructors[kind](fixture->channel, method);
  g_autoptr (GBytes) bytes = streams_requests (kind) ? NULL : bytes_from (request);

  return grpc_aio_multi_callable_call (multi_callable, bytes, options);
}

static gboolean
has_call (gpointer data)
{
  return ((Fixture *) data)->n_calls > 0;
}

static GrpcAioCall *
begin_with_options (Fixture *fixture,
                    GrpcAioMethodKind kind,
                    GrpcAioCallOptions *options)
{
  GrpcAioCall *call = call_as (fixture, methods[kind], kind, "request", options);

  fixture->n_calls = 0;
  fixture->n_done = 0;
  iterate_until (has_call, fixture);

  return call;
}

/* Starts a call, and waits until its handler has run. */
static GrpcAioCall *
begin (Fixture *fixture,
       GrpcAioMethodKind kind)
{
  return begin_with_options (fixture, kind, NULL);
}

static gboolean
context_is_done (gpointer data)
{
  return ((Fixture *) data)->n_done > 0;
}

/* The status comes after all messages. */
static void
drain (GrpcAioCall *call)
{
  gboolean is_at_end = FALSE;

  while (!is_at_end)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GBytes) message = NULL;

      grpc_aio_call_read_async (call, NULL, store_result, &result);
      message = grpc_aio_call_read_finish (call, await (&result), NULL);
      is_at_end = message == NULL;
    }
}

/* The end of a call: its status, with what the server said of it. */
static void
assert_ends (GrpcAioCall *call,
             GrpcAioStatusCode code,
             const char *details)
{
  iterate_until (call_is_done, call);
  g_assert_cmpint (grpc_aio_call_get_code (call), ==, code);
  if (details != NULL)
    g_assert_cmpstr (grpc_aio_call_get_details (call), ==, details);
}

static void
assert_response (GrpcAioCall *call,
                 const char *expected)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_call_response_async (call, NULL, store_result, &result);
  response = grpc_aio_call_response_finish (call, await (&result), &error);
  g_assert_no_error (error);
  assert_bytes (response, expected);
}

/* The next message for the client; NULL for the end. */
static void
assert_received (GrpcAioCall *call,
                 const char *expected)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_call_read_async (call, NULL, store_result, &result);
  message = grpc_aio_call_read_finish (call, await (&result), &error);
  g_assert_no_error (error);
  if (expected == NULL)
    g_assert_null (message);
  else
    assert_bytes (message, expected);
}

static void
send (GrpcAioCall *call,
      const char *text)
{
  g_autoptr (GBytes) message = bytes_from (text);

  grpc_aio_call_write_async (call, message, NULL, NULL, NULL);
}

static void
complete (Fixture *fixture,
          const char *response)
{
  g_autoptr (GBytes) bytes = response != NULL ? bytes_from (response) : NULL;

  grpc_aio_servicer_context_complete (fixture->context, bytes);
}

static GBytes *
read_finish (Fixture *fixture,
             GAsyncResult **result,
             GError **error)
{
  return grpc_aio_servicer_context_read_finish (fixture->context, await (result), error);
}

static void
write_async (Fixture *fixture,
             const char *text,
             GCancellable *cancellable,
             GAsyncResult **result)
{
  g_autoptr (GBytes) message = bytes_from (text);

  grpc_aio_servicer_context_write_async (fixture->context, message, cancellable, result != NULL ? store_result : NULL, result);
}

static gboolean
write_finish (Fixture *fixture,
              GAsyncResult **result,
              GError **error)
{
  return grpc_aio_servicer_context_write_finish (fixture->context, await (result), error);
}

static void
assert_read_fails (Fixture *fixture,
                   GQuark domain,
                   int code)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_servicer_context_read_async (fixture->context, NULL, store_result, &result);
  g_assert_null (result);
  message = read_finish (fixture, &result, &error);
  g_assert_null (message);
  g_assert_error (error, domain, code);
  g_assert_cmpstr (error->message, !=, "");
}

static void
assert_write_fails (Fixture *fixture,
                    GQuark domain,
                    int code)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  write_async (fixture, "in vain", NULL, &result);
  g_assert_null (result);
  g_assert_false (write_finish (fixture, &result, &error));
  g_assert_error (error, domain, code);
  g_assert_cmpstr (error->message, !=, "");
}

static void
assert_initial_metadata_fails (Fixture *fixture,
                               int code)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_servicer_context_send_initial_metadata_async (fixture->context, NULL, NULL, store_result, &result);
  g_assert_null (result);
  g_assert_false (grpc_aio_servicer_context_send_initial_metadata_finish (fixture->context, await (&result), &error));
  g_assert_error (error, G_IO_ERROR, code);
}

static void
test_getters (Fixture *fixture,
              gconstpointer data)
{
  GrpcAioMethodKind kind = (GrpcAioMethodKind) GPOINTER_TO_INT (data);
  g_autoptr (GrpcAioCallOptions) options = grpc_aio_call_options_new ();
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();
  g_autoptr (GBytes) value = g_bytes_new ("\0\xff", 2);
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GrpcAioServer) server = NULL;
  g_autoptr (GrpcAioMetadata) got_metadata = NULL;
  g_autofree char *method = NULL;
  g_autofree char *host = NULL;
  g_autofree char *peer = NULL;
  GrpcAioMetadata *invocation_metadata;

  g_test_summary ("A context tells what is known of its call");

  g_assert_true (grpc_aio_metadata_append (metadata, "who", "me", NULL));
  g_assert_true (grpc_aio_metadata_append (metadata, "who", "too", NULL));
  g_assert_true (grpc_aio_metadata_append_bytes (metadata, "any-bin", value, NULL));
  grpc_aio_call_options_set_metadata (options, metadata);
  call = begin_with_options (fixture, kind, options);

  if (streams_requests (kind))
    g_assert_null (fixture->request);
  else
    assert_bytes (fixture->request, "request");

  g_assert_true (grpc_aio_servicer_context_get_server (fixture->context) == fixture->server);
  g_assert_cmpstr (grpc_aio_servicer_context_get_method (fixture->context), ==, methods[kind]);
  g_assert_null (grpc_aio_servicer_context_get_host (fixture->context));
  g_assert_cmpint (grpc_aio_servicer_context_get_kind (fixture->context), ==, kind);
  g_assert_cmpint (grpc_aio_servicer_context_time_remaining (fixture->context), ==, -1);
  g_assert_true (grpc_aio_servicer_context_is_active (fixture->context));
  g_assert_false (grpc_aio_servicer_context_is_done (fixture->context));
  g_assert_false (grpc_aio_servicer_context_is_cancelled (fixture->context));
  g_assert_cmpint (grpc_aio_servicer_context_get_code (fixture->context), ==, GRPC_AIO_STATUS_CODE_OK);
  g_assert_null (grpc_aio_servicer_context_get_details (fixture->context));
  g_assert_null (grpc_aio_servicer_context_get_trailing_metadata (fixture->context));
  peer = grpc_aio_servicer_context_dup_peer (fixture->context);
  g_assert_true (g_str_has_prefix (peer, "ipv4:127.0.0.1:"));

  invocation_metadata = grpc_aio_servicer_context_get_invocation_metadata (fixture->context);
  g_assert_true (invocation_metadata == grpc_aio_servicer_context_get_invocation_metadata (fixture->context));
  {
    g_auto (GStrv) all = grpc_aio_metadata_dup_all (invocation_metadata, "who");
    const char *const expected[] = { "me", "too", NULL };

    g_assert_cmpstrv (all, expected);
  }
  g_assert_true (g_bytes_equal (grpc_aio_metadata_get_bytes (invocation_metadata, "any-bin"), value));

  g_object_get (fixture->context,
                "server", &server,
                "method", &method,
                "host", &host,
                "invocation-metadata", &got_metadata,
                NULL);
  g_assert_true (server == fixture->server);
  g_assert_cmpstr (method, ==, methods[kind]);
  g_assert_null (host);
  g_assert_true (got_metadata == invocation_metadata);

  complete (fixture, "response");
  if (streams_responses (kind))
    drain (call);
  assert_ends (call, GRPC_AIO_STATUS_CODE_OK, "");
}

static void
test_wrong_kind (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_UNARY);

  g_test_summary ("Where nothing streams, reading and writing are not supported, and harm nothing");

  assert_read_fails (fixture, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  assert_write_fails (fixture, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  complete (fixture, "response");
  assert_response (call, "response");
  g_clear_object (&call);

  call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_STREAM);
  assert_read_fails (fixture, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  complete (fixture, "message");
  assert_received (call, "message");
  assert_received (call, NULL);
  g_clear_object (&call);

  call = begin (fixture, GRPC_AIO_METHOD_KIND_STREAM_UNARY);
  assert_write_fails (fixture, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  complete (fixture, "response");
  assert_response (call, "response");
}

static void
test_misuse (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_STREAM);
  g_autoptr (GBytes) message = bytes_from ("text");

  g_test_summary ("A code or flag that does not exist, no message and no error are mistakes of the program");

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*code*");
  grpc_aio_servicer_context_set_code (fixture->context, (GrpcAioStatusCode) 17);
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*code*");
  grpc_aio_servicer_context_abort (fixture->context, (GrpcAioStatusCode) 17, "text");
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*error != NULL*");
  grpc_aio_servicer_context_complete_with_error (fixture->context, NULL);
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*message != NULL*");
  grpc_aio_servicer_context_write_async (fixture->context, NULL, NULL, NULL, NULL);
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*flags*");
  grpc_aio_servicer_context_write_with_flags_async (fixture->context, message, (GrpcAioWriteFlags) 8, NULL, NULL, NULL);
  g_test_assert_expected_messages ();

  g_assert_cmpint (grpc_aio_servicer_context_get_code (fixture->context), ==, GRPC_AIO_STATUS_CODE_OK);
  complete (fixture, NULL);
  assert_ends (call, GRPC_AIO_STATUS_CODE_OK, "");
}

static void
test_after_answer (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_STREAM_STREAM);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) message = NULL;

  g_test_summary ("After the answer nothing more can be sent, and a read ends");

  complete (fixture, "last");
  assert_write_fails (fixture, G_IO_ERROR, G_IO_ERROR_CLOSED);
  assert_initial_metadata_fails (fixture, G_IO_ERROR_CLOSED);
  assert_received (call, "last");
  assert_received (call, NULL);
  assert_ends (call, GRPC_AIO_STATUS_CODE_OK, "");

  grpc_aio_servicer_context_read_async (fixture->context, NULL, store_result, &result);
  message = read_finish (fixture, &result, NULL);
  g_assert_null (message);
}

static void
test_initial_metadata (Fixture *fixture,
                       gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_STREAM);
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();
  g_autoptr (GrpcAioMetadata) got = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) call_result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Initial metadata goes to the client before the answer, once");

  g_assert_true (grpc_aio_metadata_append (metadata, "when", "early", NULL));
  grpc_aio_call_initial_metadata_async (call, NULL, store_result, &call_result);
  grpc_aio_servicer_context_send_initial_metadata_async (fixture->context, metadata, NULL, store_result, &result);
  assert_initial_metadata_fails (fixture, G_IO_ERROR_EXISTS);
  g_assert_true (grpc_aio_servicer_context_send_initial_metadata_finish (fixture->context, await (&result), &error));
  g_assert_no_error (error);
  assert_initial_metadata_fails (fixture, G_IO_ERROR_EXISTS);

  got = grpc_aio_call_initial_metadata_finish (call, await (&call_result), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (grpc_aio_metadata_get (got, "when"), ==, "early");
  g_assert_false (grpc_aio_call_is_done (call));

  complete (fixture, "response");
  assert_received (call, "response");
  assert_received (call, NULL);
}

static void
test_initial_metadata_sync (Fixture *fixture,
                            gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_STREAM);
  g_autoptr (GrpcAioMetadata) got = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("No initial metadata at all can be sent early, and without a main loop");

  g_assert_true (grpc_aio_servicer_context_send_initial_metadata_sync (fixture->context, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (grpc_aio_servicer_context_send_initial_metadata_sync (fixture->context, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_clear_error (&error);
  got = grpc_aio_call_initial_metadata_sync (call, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (got);
  complete (fixture, "response");
  assert_received (call, "response");
  assert_received (call, NULL);
}

static void
test_initial_metadata_late (Fixture *fixture,
                            gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_STREAM);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("After the first message it is too late for initial metadata");

  write_async (fixture, "message", NULL, &result);
  assert_initial_metadata_fails (fixture, G_IO_ERROR_EXISTS);
  g_assert_true (write_finish (fixture, &result, &error));
  g_assert_no_error (error);
  assert_initial_metadata_fails (fixture, G_IO_ERROR_EXISTS);
  complete (fixture, NULL);
  assert_received (call, "message");
  assert_received (call, NULL);
}

static void
test_trailing_metadata (Fixture *fixture,
                        gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  g_autoptr (GrpcAioMetadata) first = grpc_aio_metadata_new ();
  g_autoptr (GrpcAioMetadata) second = grpc_aio_metadata_new ();
  g_autoptr (GrpcAioMetadata) got = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("The trailing metadata that was set last goes with the answer");

  g_assert_true (grpc_aio_metadata_append (first, "number", "1", NULL));
  g_assert_true (grpc_aio_metadata_append (second, "number", "2", NULL));
  grpc_aio_servicer_context_set_trailing_metadata (fixture->context, first);
  g_assert_true (grpc_aio_servicer_context_get_trailing_metadata (fixture->context) == first);
  grpc_aio_servicer_context_set_trailing_metadata (fixture->context, NULL);
  g_assert_null (grpc_aio_servicer_context_get_trailing_metadata (fixture->context));
  grpc_aio_servicer_context_set_trailing_metadata (fixture->context, second);
  complete (fixture, "response");

  grpc_aio_call_trailing_metadata_async (call, NULL, store_result, &result);
  got = grpc_aio_call_trailing_metadata_finish (call, await (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (grpc_aio_metadata_get (got, "number"), ==, "2");
}

static void
test_code (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_UNARY);

  g_test_summary ("The status that was set is read back, and sent; later changes are too late");

  grpc_aio_servicer_context_set_code (fixture->context, GRPC_AIO_STATUS_CODE_NOT_FOUND);
  grpc_aio_servicer_context_set_details (fixture->context, "first");
  g_assert_cmpstr (grpc_aio_servicer_context_get_details (fixture->context), ==, "first");
  grpc_aio_servicer_context_set_details (fixture->context, NULL);
  g_assert_null (grpc_aio_servicer_context_get_details (fixture->context));
  grpc_aio_servicer_context_set_details (fixture->context, "no such thing");
  g_assert_cmpint (grpc_aio_servicer_context_get_code (fixture->context), ==, GRPC_AIO_STATUS_CODE_NOT_FOUND);
  complete (fixture, NULL);

  grpc_aio_servicer_context_set_code (fixture->context, GRPC_AIO_STATUS_CODE_OK);
  grpc_aio_servicer_context_set_details (fixture->context, "late");
  g_assert_cmpint (grpc_aio_servicer_context_get_code (fixture->context), ==, GRPC_AIO_STATUS_CODE_NOT_FOUND);
  g_assert_cmpstr (grpc_aio_servicer_context_get_details (fixture->context), ==, "no such thing");
  assert_ends (call, GRPC_AIO_STATUS_CODE_NOT_FOUND, "no such thing");
}

static void
test_code_with_response (Fixture *fixture,
                         gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_UNARY);

  g_test_summary ("With a failure there is no response, but the last message of a stream is sent");

  grpc_aio_servicer_context_set_code (fixture->context, GRPC_AIO_STATUS_CODE_DATA_LOSS);
  complete (fixture, "response");
  assert_ends (call, GRPC_AIO_STATUS_CODE_DATA_LOSS, "");
  g_clear_object (&call);

  call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_STREAM);
  grpc_aio_servicer_context_set_code (fixture->context, GRPC_AIO_STATUS_CODE_DATA_LOSS);
  complete (fixture, "last");
  assert_received (call, "last");
  assert_ends (call, GRPC_AIO_STATUS_CODE_DATA_LOSS, "");
}

static void
test_first_answer (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "late");

  g_test_summary ("Only the first answer counts");

  complete (fixture, "first");
  complete (fixture, "second");
  grpc_aio_servicer_context_abort (fixture->context, GRPC_AIO_STATUS_CODE_INTERNAL, "late");
  grpc_aio_servicer_context_complete_with_error (fixture->context, error);
  assert_response (call, "first");
  g_assert_cmpint (grpc_aio_servicer_context_get_code (fixture->context), ==, GRPC_AIO_STATUS_CODE_OK);
  g_clear_object (&call);

  call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  grpc_aio_servicer_context_abort (fixture->context, GRPC_AIO_STATUS_CODE_ABORTED, "first");
  complete (fixture, "second");
  assert_ends (call, GRPC_AIO_STATUS_CODE_ABORTED, "first");
}

static void
test_abort (Fixture *fixture,
            gconstpointer data)
{
  GrpcAioMethodKind kind = (GrpcAioMethodKind) GPOINTER_TO_INT (data);
  g_autoptr (GrpcAioCall) call = begin (fixture, kind);

  g_test_summary ("Aborting ends the call with a failure, never with OK");

  grpc_aio_servicer_context_abort (fixture->context, GRPC_AIO_STATUS_CODE_RESOURCE_EXHAUSTED, "enough");
  g_assert_cmpint (grpc_aio_servicer_context_get_code (fixture->context), ==, GRPC_AIO_STATUS_CODE_RESOURCE_EXHAUSTED);
  assert_ends (call, GRPC_AIO_STATUS_CODE_RESOURCE_EXHAUSTED, "enough");
  g_clear_object (&call);

  call = begin (fixture, kind);
  grpc_aio_servicer_context_abort (fixture->context, GRPC_AIO_STATUS_CODE_UNAUTHENTICATED, NULL);
  assert_ends (call, GRPC_AIO_STATUS_CODE_UNAUTHENTICATED, "");
  g_clear_object (&call);

  call = begin (fixture, kind);
  grpc_aio_servicer_context_abort (fixture->context, GRPC_AIO_STATUS_CODE_OK, "all is well");
  assert_ends (call, GRPC_AIO_STATUS_CODE_UNKNOWN, NULL);
  g_assert_cmpstr (grpc_aio_call_get_details (call), !=, "");
}

static void
test_abort_with_metadata (Fixture *fixture,
                          gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();
  g_autoptr (GrpcAioMetadata) other = grpc_aio_metadata_new ();
  g_autoptr (GrpcAioMetadata) trailing = NULL;

  g_test_summary ("Aborting may carry trailing metadata, once");

  g_assert_true (grpc_aio_metadata_append (metadata, "why", "because", NULL));
  g_assert_true (grpc_aio_metadata_append (other, "why", "too late", NULL));
  grpc_aio_servicer_context_abort_with_metadata (fixture->context, GRPC_AIO_STATUS_CODE_NOT_FOUND, "gone", metadata);
  grpc_aio_servicer_context_abort_with_metadata (fixture->context, GRPC_AIO_STATUS_CODE_ABORTED, "again", other);
  g_assert_true (grpc_aio_servicer_context_get_trailing_metadata (fixture->context) == metadata);
  g_assert_cmpstr (grpc_aio_servicer_context_get_details (fixture->context), ==, "gone");
  assert_ends (call, GRPC_AIO_STATUS_CODE_NOT_FOUND, "gone");
  trailing = grpc_aio_call_trailing_metadata_sync (call, NULL, NULL);
  g_assert_cmpstr (grpc_aio_metadata_get (trailing, "why"), ==, "because");
}

static void
test_abort_with_status (Fixture *fixture,
                        gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_STREAM_STREAM);
  g_autoptr (GrpcAioRpcStatus) status = grpc_aio_rpc_status_new (GRPC_AIO_STATUS_CODE_RESOURCE_EXHAUSTED, "enough");
  g_autoptr (GrpcAioRpcStatus) ok = grpc_aio_rpc_status_new (GRPC_AIO_STATUS_CODE_OK, "fine");
  g_autoptr (GrpcAioRpcStatus) got = NULL;
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();
  g_autoptr (GBytes) detail = bytes_from ("1234");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) problem = NULL;

  g_test_summary ("Aborting with google.rpc.Status carries its details, beside the trailing metadata; never with OK");

  g_assert_true (grpc_aio_metadata_append (metadata, "why", "because", NULL));
  grpc_aio_rpc_status_add_detail (status, "test.Detail", detail);
  grpc_aio_servicer_context_set_trailing_metadata (fixture->context, metadata);
  grpc_aio_servicer_context_abort_with_status (fixture->context, status);
  grpc_aio_call_read_async (call, NULL, store_result, &result);
  message = grpc_aio_call_read_finish (call, await (&result), &error);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_RESOURCE_EXHAUSTED);
  g_assert_cmpstr (error->message, ==, "enough");
  g_assert_cmpstr (grpc_aio_metadata_get (grpc_aio_error_get_trailing_metadata (error), "why"), ==, "because");
  got = grpc_aio_error_dup_rpc_status (error, &problem);
  g_assert_no_error (problem);
  assert_bytes (grpc_aio_rpc_status_find_detail (got, "test.Detail"), "1234");
  g_clear_object (&call);

  call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  grpc_aio_servicer_context_abort_with_status (fixture->context, ok);
  assert_ends (call, GRPC_AIO_STATUS_CODE_UNKNOWN, NULL);
}

static void
on_notify (GrpcAioServicerContext *context,
           GParamSpec *pspec,
           gpointer user_data)
{
  GString *log = user_data;
  gboolean value;

  g_object_get (context, pspec->name, &value, NULL);
  g_string_append_printf (log, "%s=%d ", pspec->name, value);
}

static void
on_logged_done (GrpcAioServicerContext *context,
                gpointer user_data)
{
  g_string_append_printf (user_data, "done");
}

static void
test_notify (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  g_autoptr (GString) log = g_string_new (NULL);
  gboolean is_cancelling = data != NULL;
  gboolean active, cancelled;

  g_test_summary ("The end of a call is notified, and that it was given up");

  g_object_get (fixture->context, "active", &active, "cancelled", &cancelled, NULL);
  g_assert_true (active);
  g_assert_false (cancelled);
  g_signal_connect (fixture->context, "notify", G_CALLBACK (on_notify), log);
  g_signal_connect (fixture->context, "done", G_CALLBACK (on_logged_done), log);
  if (is_cancelling)
    grpc_aio_call_cancel (call);
  else
    complete (fixture, "response");
  iterate_until (context_is_done, fixture);
  g_assert_cmpstr (log->str, ==, is_cancelling ? "active=0 cancelled=1 done" : "active=0 done");
  g_assert_cmpint (grpc_aio_servicer_context_get_code (fixture->context), ==,
                   is_cancelling ? GRPC_AIO_STATUS_CODE_CANCELLED : GRPC_AIO_STATUS_CODE_OK);
}

static void
test_values (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree char *identity = NULL;
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  gpointer weak = object;

  g_test_summary ("Values and an identity stay with their call, and go with it");

  g_object_add_weak_pointer (object, &weak);
  g_assert_null (grpc_aio_servicer_context_get_value (fixture->context, "test-object"));
  g_value_init (&value, G_TYPE_OBJECT);
  g_value_take_object (&value, object);
  grpc_aio_servicer_context_set_value (fixture->context, "test-object", &value);
  g_value_unset (&value);
  g_assert_true (g_value_get_object (grpc_aio_servicer_context_get_value (fixture->context, "test-object")) == object);

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, "one");
  grpc_aio_servicer_context_set_value (fixture->context, "test-text", &value);
  g_value_set_string (&value, "two");
  grpc_aio_servicer_context_set_value (fixture->context, "test-text", &value);
  g_assert_cmpstr (g_value_get_string (grpc_aio_servicer_context_get_value (fixture->context, "test-text")), ==, "two");
  grpc_aio_servicer_context_set_value (fixture->context, "test-text", NULL);
  g_assert_null (grpc_aio_servicer_context_get_value (fixture->context, "test-text"));

  g_assert_null (grpc_aio_servicer_context_get_identity (fixture->context));
  grpc_aio_servicer_context_set_identity (fixture->context, "alice");
  grpc_aio_servicer_context_set_identity (fixture->context, "bob");
  g_object_get (fixture->context, "identity", &identity, NULL);
  g_assert_cmpstr (identity, ==, "bob");
  complete (fixture, "response");
  assert_response (call, "response");
  g_clear_object (&call);

  /* The next call has none of it, even in the same memory. */
  iterate_until (is_mine, fixture->context);
  g_clear_object (&fixture->context);
  g_assert_null (weak);
  call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  g_assert_null (grpc_aio_servicer_context_get_value (fixture->context, "test-object"));
  g_assert_null (grpc_aio_servicer_context_get_identity (fixture->context));
  g_assert_false (grpc_aio_servicer_context_has_sent_initial_metadata (fixture->context));
  complete (fixture, "response");
  assert_response (call, "response");
}

static void
test_no_response (Fixture *fixture,
                  gconstpointer data)
{
  GrpcAioMethodKind kind = (GrpcAioMethodKind) GPOINTER_TO_INT (data);
  g_autoptr (GrpcAioCall) call = begin (fixture, kind);

  g_test_summary ("Success without the one response is UNKNOWN, and the text names the method; a stream may be empty");

  complete (fixture, NULL);
  if (streams_responses (kind))
    {
      assert_received (call, NULL);
      assert_ends (call, GRPC_AIO_STATUS_CODE_OK, "");
    }
  else
    {
      assert_ends (call, GRPC_AIO_STATUS_CODE_UNKNOWN, NULL);
      g_assert_nonnull (strstr (grpc_aio_call_get_details (call), methods[kind]));
    }
}

static void
test_dropped (Fixture *fixture,
              gconstpointer data)
{
  GrpcAioMethodKind kind = (GrpcAioMethodKind) GPOINTER_TO_INT (data);
  g_autoptr (GrpcAioCall) call = begin (fixture, kind);

  g_test_summary ("A context that is dropped without an answer is UNKNOWN, at once or later, and the text names the method");

  g_clear_object (&fixture->context);
  assert_ends (call, GRPC_AIO_STATUS_CODE_UNKNOWN, NULL);
  g_assert_nonnull (strstr (grpc_aio_call_get_details (call), methods[kind]));
  g_clear_object (&call);

  fixture->is_dropping = TRUE;
  call = begin (fixture, kind);
  assert_ends (call, GRPC_AIO_STATUS_CODE_UNKNOWN, NULL);
  g_assert_nonnull (strstr (grpc_aio_call_get_details (call), methods[kind]));
}

static void
test_dropped_answered (Fixture *fixture,
                       gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_STREAM);

  g_test_summary ("A context that is dropped after its answer still sends all of it");

  for (guint i = 0; i < 10; i++)
    write_async (fixture, "message", NULL, NULL);
  complete (fixture, "last");
  g_clear_object (&fixture->context);

  for (guint i = 0; i < 10; i++)
    assert_received (call, "message");
  assert_received (call, "last");
  assert_received (call, NULL);
}

static void
test_error (Fixture *fixture,
            gconstpointer data)
{
  static const struct
  {
    gboolean is_ours;
    int code;
    GrpcAioStatusCode expected;
  } cases[] = {
    { TRUE, GRPC_AIO_ERROR_OUT_OF_RANGE, GRPC_AIO_STATUS_CODE_OUT_OF_RANGE },
    { TRUE, GRPC_AIO_ERROR_CANCELLED, GRPC_AIO_STATUS_CODE_CANCELLED },
    { TRUE, 99, GRPC_AIO_STATUS_CODE_UNKNOWN },
    { FALSE, G_IO_ERROR_NOT_FOUND, GRPC_AIO_STATUS_CODE_NOT_FOUND },
    { FALSE, G_IO_ERROR_CANCELLED, GRPC_AIO_STATUS_CODE_CANCELLED },
    { FALSE, G_IO_ERROR_BROKEN_PIPE, GRPC_AIO_STATUS_CODE_UNKNOWN },
  };

  g_test_summary ("An error is answered with its text, and the code that fits best");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_UNARY);
      g_autoptr (GError) error = g_error_new_literal (cases[i].is_ours ? GRPC_AIO_ERROR : G_IO_ERROR, cases[i].code, "it is so");

      grpc_aio_servicer_context_complete_with_error (fixture->context, error);
      g_assert_cmpint (grpc_aio_servicer_context_get_code (fixture->context), ==, cases[i].expected);
      g_assert_cmpstr (grpc_aio_servicer_context_get_details (fixture->context), ==, "it is so");
      assert_ends (call, cases[i].expected, "it is so");
    }
}

static void
test_done (Fixture *fixture,
           gconstpointer data)
{
  GrpcAioMethodKind kind = (GrpcAioMethodKind) GPOINTER_TO_INT (data);
  g_autoptr (GrpcAioCall) call = begin (fixture, kind);

  g_test_summary ("After the answer was sent the context is done, once");

  g_assert_cmpuint (fixture->n_done, ==, 0);
  complete (fixture, "response");
  if (streams_responses (kind))
    drain (call);
  assert_ends (call, GRPC_AIO_STATUS_CODE_OK, NULL);
  iterate_until (context_is_done, fixture);
  iterate_until (is_mine, fixture->context);
  g_assert_cmpuint (fixture->n_done, ==, 1);
  g_assert_true (grpc_aio_servicer_context_is_done (fixture->context));
  g_assert_false (grpc_aio_servicer_context_is_cancelled (fixture->context));
}

typedef struct
{
  Fixture *fixture;
  GrpcAioCall *call;
} Begun;

static gboolean
has_call_or_is_done (gpointer data)
{
  Begun *begun = data;

  return has_call (begun->fixture) || grpc_aio_call_is_done (begun->call);
}

/* Starts a call with a short deadline, and waits until its handler has run. */
static GrpcAioCall *
begin_with_deadline (Fixture *fixture,
                     GrpcAioMethodKind kind)
{
  /* A busy machine may need longer. */
  for (gint64 timeout_usec = 100000; timeout_usec < LONG_TIMEOUT_USEC; timeout_usec *= 2)
    {
      g_autoptr (GrpcAioCallOptions) options = options_with_timeout (timeout_usec);
      g_autoptr (GrpcAioCall) call = call_as (fixture, methods[kind], kind, "request", options);
      Begun begun = { fixture, call };

      fixture->n_calls = 0;
      fixture->n_done = 0;
      iterate_until (has_call_or_is_done, &begun);
      if (fixture->n_calls > 0)
        return g_steal_pointer (&call);
    }
  g_assert_not_reached ();
}

static void
test_deadline (Fixture *fixture,
               gconstpointer data)
{
  GrpcAioMethodKind kind = (GrpcAioMethodKind) GPOINTER_TO_INT (data);
  g_autoptr (GrpcAioCall) call = begin_with_deadline (fixture, kind);

  g_test_summary ("A handler sees the deadline, and when it has passed");

  g_assert_cmpint (grpc_aio_servicer_context_time_remaining (fixture->context), >=, 0);
  g_assert_cmpint (grpc_aio_servicer_context_time_remaining (fixture->context), <=, LONG_TIMEOUT_USEC);
  assert_ends (call, GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED, NULL);
  iterate_until (context_is_done, fixture);
  g_assert_true (grpc_aio_servicer_context_is_cancelled (fixture->context));
  while (grpc_aio_servicer_context_time_remaining (fixture->context) != 0)
    ;
  if (streams_requests (kind))
    assert_read_fails (fixture, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  if (streams_responses (kind))
    assert_write_fails (fixture, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  complete (fixture, "late");
  g_assert_cmpuint (fixture->n_done, ==, 1);
}

static void
test_long_deadline (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (LONG_TIMEOUT_USEC);
  g_autoptr (GrpcAioCall) call = begin_with_options (fixture, GRPC_AIO_METHOD_KIND_UNARY_UNARY, options);

  g_test_summary ("The time that remains is that of the client");

  g_assert_cmpint (grpc_aio_servicer_context_time_remaining (fixture->context), >, 20 * G_USEC_PER_SEC);
  g_assert_cmpint (grpc_aio_servicer_context_time_remaining (fixture->context), <=, 31 * G_USEC_PER_SEC);
  complete (fixture, "response");
  assert_response (call, "response");
}

static void
test_client_cancels (Fixture *fixture,
                     gconstpointer data)
{
  GrpcAioMethodKind kind = (GrpcAioMethodKind) GPOINTER_TO_INT (data);
  g_autoptr (GrpcAioCall) call = begin (fixture, kind);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("When the client cancels, the handler is told, and so is what it waits for");

  if (streams_requests (kind))
    grpc_aio_servicer_context_read_async (fixture->context, NULL, store_result, &result);
  g_assert_true (grpc_aio_call_cancel (call));
  iterate_until (context_is_done, fixture);
  g_assert_true (grpc_aio_servicer_context_is_cancelled (fixture->context));
  g_assert_true (grpc_aio_servicer_context_is_done (fixture->context));

  if (streams_requests (kind))
    {
      message = read_finish (fixture, &result, &error);
      g_clear_object (&result);
      g_assert_null (message);
      g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_CANCELLED);
      assert_read_fails (fixture, GRPC_AIO_ERROR, GRPC_AIO_ERROR_CANCELLED);
    }
  if (streams_responses (kind))
    assert_write_fails (fixture, GRPC_AIO_ERROR, GRPC_AIO_ERROR_CANCELLED);

  complete (fixture, "late");
  iterate_until (is_mine, fixture->context);
  g_assert_cmpuint (fixture->n_done, ==, 1);
}

static void
test_client_vanishes (Fixture *fixture,
                      gconstpointer data)
{
  GrpcAioMethodKind kind = (GrpcAioMethodKind) GPOINTER_TO_INT (data);
  g_autoptr (GrpcAioCall) call G_GNUC_UNUSED = begin (fixture, kind);

  g_test_summary ("When the channel of the client is closed, the handler is told");

  grpc_aio_channel_close (fixture->channel);
  iterate_until (context_is_done, fixture);
  g_assert_true (grpc_aio_servicer_context_is_cancelled (fixture->context));
  grpc_aio_servicer_context_abort (fixture->context, GRPC_AIO_STATUS_CODE_INTERNAL, "late");
}

static void
test_pending_write (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_STREAM);
  g_autofree char *zeros = g_malloc0 (1024 * 1024);
  g_autoptr (GBytes) message = g_bytes_new_static (zeros, 1024 * 1024);
  GAsyncResult *results[16] = { NULL };
  guint n_failed = 0;

  g_test_summary ("Writes that flow control holds back fail when the client cancels, each with its own end");

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    grpc_aio_servicer_context_write_async (fixture->context, message, NULL, store_result, &results[i]);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (results[G_N_ELEMENTS (results) - 1]);
  g_assert_true (grpc_aio_call_cancel (call));

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (GError) error = NULL;

      if (!write_finish (fixture, &results[i], &error))
        {
          g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_CANCELLED);
          n_failed++;
        }
      else
        {
          g_assert_cmpuint (n_failed, ==, 0);
        }
      g_object_unref (results[i]);
    }
  g_assert_cmpuint (n_failed, >, 0);
}

static gpointer
cancel_in_thread (gpointer data)
{
  g_cancellable_cancel (data);

  return NULL;
}

/* @data is whether another thread cancels. */
static void
test_cancellable (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_STREAM_STREAM);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Cancelling an operation of the server cancels the call");

  grpc_aio_servicer_context_read_async (fixture->context, cancellable, store_result, &result);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (result);
  if (data != NULL)
    g_thread_join (g_thread_new ("cancel", cancel_in_thread, cancellable));
  else
    g_cancellable_cancel (cancellable);
  g_assert_null (result);
  message = read_finish (fixture, &result, &error);
  g_assert_null (message);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  iterate_until (context_is_done, fixture);
  g_assert_true (grpc_aio_servicer_context_is_cancelled (fixture->context));
  assert_ends (call, GRPC_AIO_STATUS_CODE_CANCELLED, NULL);
  g_assert_true (grpc_aio_call_is_cancelled (call));
}

static void
test_cancellable_before (Fixture *fixture,
                         gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_STREAM_STREAM);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) read_result = NULL;
  g_autoptr (GAsyncResult) write_result = NULL;
  g_autoptr (GAsyncResult) metadata_result = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("With a cancelled cancellable each operation ends with CANCELLED");

  g_cancellable_cancel (cancellable);
  grpc_aio_servicer_context_send_initial_metadata_async (fixture->context, NULL, cancellable, store_result, &metadata_result);
  grpc_aio_servicer_context_read_async (fixture->context, cancellable, store_result, &read_result);
  write_async (fixture, "message", cancellable, &write_result);
  g_assert_null (metadata_result);
  g_assert_null (read_result);
  g_assert_null (write_result);

  message = read_finish (fixture, &read_result, &error);
  g_assert_null (message);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (write_finish (fixture, &write_result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (grpc_aio_servicer_context_send_initial_metadata_finish (fixture->context, await (&metadata_result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  complete (fixture, NULL);
  iterate_until (call_is_done, call);
}

static void
test_cancellable_after (Fixture *fixture,
                        gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_STREAM);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Cancelling an operation that has ended harms nothing");

  write_async (fixture, "message", cancellable, &result);
  g_assert_true (write_finish (fixture, &result, &error));
  g_assert_no_error (error);
  g_cancellable_cancel (cancellable);
  complete (fixture, "last");
  assert_received (call, "message");
  assert_received (call, "last");
  assert_received (call, NULL);
}

static void
test_write_order (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_STREAM);
  const guint n = 1000;

  g_test_summary ("Writes that do not wait for each other arrive in order, before the answer");

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      write_async (fixture, text, NULL, NULL);
    }
  complete (fixture, "last");

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      assert_received (call, text);
    }
  assert_received (call, "last");
  assert_received (call, NULL);
  assert_ends (call, GRPC_AIO_STATUS_CODE_OK, "");
}

static void
count_write (GObject *object,
             GAsyncResult *result,
             gpointer user_data)
{
  guint *n = user_data;

  if (grpc_aio_servicer_context_write_finish (GRPC_AIO_SERVICER_CONTEXT (object), result, NULL))
    (*n)++;
}

static gboolean
reaches (gpointer data)
{
  const guint *numbers = data;

  return numbers[0] == numbers[1];
}

static void
test_write_limit (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autoptr (GrpcAioChannel) usual_channel = g_steal_pointer (&fixture->channel);
  g_autoptr (GrpcAioCall) call = NULL;
  g_autofree char *text = g_strnfill (1000, 'x');
  guint numbers[2] = { 0, 500 };

  g_test_summary ("Small writes that do not wait for each other end with flow control, not before");

  /* The client's window shall not grow. */
  grpc_aio_channel_options_set_int (options, "grpc.http2.bdp_probe", 0);
  fixture->channel = g_object_new (GRPC_AIO_TYPE_CHANNEL,
                                   "target", grpc_aio_channel_get_target (usual_channel),
                                   "options", options,
                                   NULL);
  call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_STREAM);

  for (guint i = 0; i < numbers[1]; i++)
    {
      g_autoptr (GBytes) message = bytes_from (text);

      grpc_aio_servicer_context_write_async (fixture->context, message, NULL, count_write, numbers);
    }

  /* The client does not read: its window takes 64 KiB, and grpc-core holds back
   * 16 KiB at the most. */
  while (numbers[0] < 50)
    g_main_context_iteration (NULL, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (numbers[0], <, 100);

  for (guint i = 0; i < numbers[1]; i++)
    assert_received (call, text);
  iterate_until (reaches, numbers);
  complete (fixture, NULL);
  assert_received (call, NULL);
}

static void
test_read_order (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_STREAM_UNARY);
  GAsyncResult *results[50] = { NULL };

  g_test_summary ("Reads that do not wait for each other get the messages in order, and then the end");

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    grpc_aio_servicer_context_read_async (fixture->context, NULL, store_result, &results[i]);
  for (guint i = 0; i < G_N_ELEMENTS (results) - 2; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      send (call, text);
    }
  grpc_aio_call_done_writing_async (call, NULL, NULL, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) message = read_finish (fixture, &results[i], &error);

      g_assert_no_error (error);
      if (i < G_N_ELEMENTS (results) - 2)
        assert_bytes (message, text);
      else
        g_assert_null (message);
      g_object_unref (results[i]);
    }
  complete (fixture, "response");
  assert_response (call, "response");
}

static void
test_sync (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_STREAM_STREAM);
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A handler can read and write without a main loop");

  send (call, "question");
  message = grpc_aio_servicer_context_read_sync (fixture->context, NULL, &error);
  g_assert_no_error (error);
  assert_bytes (message, "question");
  g_assert_true (grpc_aio_servicer_context_write_sync (fixture->context, message, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (grpc_aio_servicer_context_write_with_flags_sync (fixture->context, message,
                                                                  GRPC_AIO_WRITE_FLAGS_WRITE_THROUGH, NULL, &error));
  g_assert_no_error (error);
  g_clear_pointer (&message, g_bytes_unref);

  grpc_aio_call_done_writing_async (call, NULL, NULL, NULL);
  message = grpc_aio_servicer_context_read_sync (fixture->context, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (message);

  complete (fixture, NULL);
  assert_received (call, "question");
  assert_received (call, "question");
  assert_received (call, NULL);
}

static void
test_messages (Fixture *fixture,
               gconstpointer data)
{
  static const gsize sizes[] = { 0, 1, 5, 65536, 3 * 1024 * 1024 };
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_STREAM_STREAM);

  g_test_summary ("Messages of any size and any bytes go both ways unchanged");

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      guint8 *data_bytes = g_malloc (sizes[i]);
      g_autoptr (GBytes) message = NULL;
      g_autoptr (GBytes) at_server = NULL;
      g_autoptr (GBytes) at_client = NULL;
      g_autoptr (GAsyncResult) read_result = NULL;
      g_autoptr (GAsyncResult) call_result = NULL;
      g_autoptr (GError) error = NULL;

      for (gsize j = 0; j < sizes[i]; j++)
        data_bytes[j] = (guint8) (j * 7);
      message = g_bytes_new_take (data_bytes, sizes[i]);

      grpc_aio_call_write_async (call, message, NULL, NULL, NULL);
      grpc_aio_servicer_context_read_async (fixture->context, NULL, store_result, &read_result);
      at_server = read_finish (fixture, &read_result, &error);
      g_assert_no_error (error);
      g_assert_true (g_bytes_equal (at_server, message));

      grpc_aio_servicer_context_write_async (fixture->context, at_server, NULL, NULL, NULL);
      grpc_aio_call_read_async (call, NULL, store_result, &call_result);
      at_client = grpc_aio_call_read_finish (call, await (&call_result), &error);
      g_assert_no_error (error);
      g_assert_true (g_bytes_equal (at_client, message));
    }

  complete (fixture, NULL);
  assert_received (call, NULL);
}

static void
test_request_outlives (Fixture *fixture,
                       gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_UNARY);

  g_test_summary ("A request may be kept when its call is long over");

  complete (fixture, "response");
  assert_response (call, "response");
  iterate_until (context_is_done, fixture);
  assert_finalizes (g_steal_pointer (&fixture->context));
  assert_bytes (fixture->request, "request");
}

static gpointer
answer_in_thread (gpointer data)
{
  Fixture *fixture = data;

  write_async (fixture, "from a thread", NULL, NULL);
  complete (fixture, "last");

  return NULL;
}

static void
test_thread (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = begin (fixture, GRPC_AIO_METHOD_KIND_UNARY_STREAM);

  g_test_summary ("Another thread may write and answer");

  g_thread_join (g_thread_new ("answer", answer_in_thread, fixture));
  assert_received (call, "from a thread");
  assert_received (call, "last");
  assert_received (call, NULL);
}

static void
test_no_request (Fixture *fixture,
                 gconstpointer data)
{
  GrpcAioMethodKind kind = (GrpcAioMethodKind) GPOINTER_TO_INT (data);
  g_autoptr (GrpcAioCall) call = call_as (fixture, methods[kind],
                                          streams_responses (kind) ? GRPC_AIO_METHOD_KIND_STREAM_STREAM : GRPC_AIO_METHOD_KIND_STREAM_UNARY,
                                          NULL, NULL);

  g_test_summary ("A call without the one request fails, and its handler does not run");

  grpc_aio_call_done_writing_async (call, NULL, NULL, NULL);
  assert_ends (call, GRPC_AIO_STATUS_CODE_INTERNAL, NULL);
  g_assert_cmpstr (grpc_aio_call_get_details (call), !=, "");
  g_assert_cmpuint (fixture->n_calls, ==, 0);
}

static void
test_wrong_number_of_responses (Fixture *fixture,
                                gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = call_as (fixture, methods[GRPC_AIO_METHOD_KIND_UNARY_STREAM],
                                          GRPC_AIO_METHOD_KIND_UNARY_UNARY, "request", NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A client that wants one response, and gets none, fails");

  grpc_aio_call_response_async (call, NULL, store_result, &result);
  iterate_until (has_call, fixture);
  complete (fixture, NULL);
  response = grpc_aio_call_response_finish (call, await (&result), &error);
  g_assert_null (response);
  g_assert_true (g_error_matches (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL) ||
                 g_error_matches (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNIMPLEMENTED));
}

int
main (int argc,
      char **argv)
{
  static const struct
  {
    GrpcAioMethodKind kind;
    const char *name;
  } kinds[] = {
    { GRPC_AIO_METHOD_KIND_UNARY_UNARY, "unary-unary" },
    { GRPC_AIO_METHOD_KIND_UNARY_STREAM, "unary-stream" },
    { GRPC_AIO_METHOD_KIND_STREAM_UNARY, "stream-unary" },
    { GRPC_AIO_METHOD_KIND_STREAM_STREAM, "stream-stream" },
  };
  static const struct
  {
    const char *path;
    void (*func) (Fixture *, gconstpointer);
  } for_each_kind[] = {
    { "getters", test_getters },
    { "abort", test_abort },
    { "no-response", test_no_response },
    { "dropped", test_dropped },
    { "done", test_done },
    { "deadline", test_deadline },
    { "client-cancels", test_client_cancels },
    { "client-vanishes", test_client_vanishes },
  };

  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, func) g_test_add (path, Fixture, data, fixture_set_up, func, fixture_tear_down)
  for (guint i = 0; i < G_N_ELEMENTS (for_each_kind); i++)
    {
      for (guint j = 0; j < G_N_ELEMENTS (kinds); j++)
        {
          g_autofree char *path = g_strdup_printf ("/servicer-context/%s/%s", for_each_kind[i].path, kinds[j].name);

          ADD (path, GINT_TO_POINTER (kinds[j].kind), for_each_kind[i].func);
        }
    }
  ADD ("/servicer-context/wrong-kind", NULL, test_wrong_kind);
  ADD ("/servicer-context/misuse", NULL, test_misuse);
  ADD ("/servicer-context/after-answer", NULL, test_after_answer);
  ADD ("/servicer-context/initial-metadata", NULL, test_initial_metadata);
  ADD ("/servicer-context/initial-metadata-sync", NULL, test_initial_metadata_sync);
  ADD ("/servicer-context/initial-metadata-late", NULL, test_initial_metadata_late);
  ADD ("/servicer-context/trailing-metadata", NULL, test_trailing_metadata);
  ADD ("/servicer-context/code", NULL, test_code);
  ADD ("/servicer-context/code-with-response", NULL, test_code_with_response);
  ADD ("/servicer-context/first-answer", NULL, test_first_answer);
  ADD ("/servicer-context/abort-with-metadata", NULL, test_abort_with_metadata);
  ADD ("/servicer-context/abort-with-status", NULL, test_abort_with_status);
  ADD ("/servicer-context/notify", NULL, test_notify);
  ADD ("/servicer-context/notify/cancelled", "cancelled", test_notify);
  ADD ("/servicer-context/values", NULL, test_values);
  ADD ("/servicer-context/dropped-answered", NULL, test_dropped_answered);
  ADD ("/servicer-context/error", NULL, test_error);
  ADD ("/servicer-context/long-deadline", NULL, test_long_deadline);
  ADD ("/servicer-context/pending-write", NULL, test_pending_write);
  ADD ("/servicer-context/cancellable/during", NULL, test_cancellable);
  ADD ("/servicer-context/cancellable/during-thread", "thread", test_cancellable);
  ADD ("/servicer-context/cancellable/before", NULL, test_cancellable_before);
  ADD ("/servicer-context/cancellable/after", NULL, test_cancellable_after);
  ADD ("/servicer-context/write-order", NULL, test_write_order);
  ADD ("/servicer-context/write-limit", NULL, test_write_limit);
  ADD ("/servicer-context/read-order", NULL, test_read_order);
  ADD ("/servicer-context/sync", NULL, test_sync);
  ADD ("/servicer-context/messages", NULL, test_messages);
  ADD ("/servicer-context/request-outlives", NULL, test_request_outlives);
  ADD ("/servicer-context/thread", NULL, test_thread);
  ADD ("/servicer-context/no-request/unary-unary", GINT_TO_POINTER (GRPC_AIO_METHOD_KIND_UNARY_UNARY), test_no_request);
  ADD ("/servicer-context/no-request/unary-stream", GINT_TO_POINTER (GRPC_AIO_METHOD_KIND_UNARY_STREAM), test_no_request);
  ADD ("/servicer-context/no-response-for-client", NULL, test_wrong_number_of_responses);
#undef ADD

  return g_test_run ();
}
