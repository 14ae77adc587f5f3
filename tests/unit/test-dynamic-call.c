/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "test-utils.h"

#define ECHO "/test.Words/Echo"

static const char files[] =
    "{\"file\":[{\"name\":\"words.proto\",\"package\":\"test\",\"syntax\":\"proto3\",\"dependency\":[\"google/protobuf/any.proto\"],"
    "\"messageType\":[{\"name\":\"Word\",\"field\":["
    "{\"name\":\"text\",\"number\":1,\"type\":\"TYPE_STRING\",\"label\":\"LABEL_OPTIONAL\"},"
    "{\"name\":\"how_often\",\"number\":2,\"type\":\"TYPE_INT64\",\"label\":\"LABEL_OPTIONAL\"}]}],"
    "\"service\":[{\"name\":\"Words\",\"method\":["
    "{\"name\":\"Echo\",\"inputType\":\".test.Word\",\"outputType\":\".test.Word\"},"
    "{\"name\":\"EchoAny\",\"inputType\":\".google.protobuf.Any\",\"outputType\":\".google.protobuf.Any\"},"
    "{\"name\":\"Break\",\"inputType\":\".test.Word\",\"outputType\":\".test.Word\"},"
    "{\"name\":\"Hang\",\"inputType\":\".test.Word\",\"outputType\":\".test.Word\"},"
    "{\"name\":\"Missing\",\"inputType\":\".test.Word\",\"outputType\":\".test.Word\"},"
    "{\"name\":\"Count\",\"inputType\":\".test.Word\",\"outputType\":\".test.Word\",\"serverStreaming\":true}]}]}]}";

typedef struct
{
  gboolean has_reflection;
  gboolean is_elsewhere; /* the server is in a thread of its own */
} Setting;

typedef struct
{
  GrpcAioMessagePool *pool;
  GrpcAioServer *server;
  GrpcAioChannel *channel;
} Fixture;

static void
handle_echo (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  grpc_aio_servicer_context_complete (context, request);
}

static void
handle_break (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  g_autoptr (GBytes) response = bytes_from ("\x0a\x7f");

  grpc_aio_servicer_context_complete (context, response);
}

static void
on_done (GrpcAioServicerContext *context,
         gpointer user_data)
{
  g_object_unref (context);
}

static void
handle_hang (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  g_signal_connect (g_object_ref (context), "done", G_CALLBACK (on_done), NULL);
}

static GrpcAioMessagePool *
new_pool (void)
{
  GrpcAioMessagePool *pool = grpc_aio_message_pool_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioMessage) set = grpc_aio_message_pool_new_message_from_json (pool, "google.protobuf.FileDescriptorSet", files, GRPC_AIO_JSON_FLAGS_NONE, &error);
  g_autoptr (GBytes) bytes = NULL;

  g_assert_no_error (error);
  bytes = grpc_aio_message_to_bytes (set, &error);
  g_assert_no_error (error);
  grpc_aio_message_pool_add_bytes (pool, bytes, &error);
  g_assert_no_error (error);

  return pool;
}

static void
add_method (GrpcAioService *service,
            const char *name,
            GrpcAioHandlerFunc callback)
{
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (callback, NULL, NULL);

  grpc_aio_service_add_method (service, name, handler);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  const Setting *setting = data;
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Words");
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;
  int port;

  fixture->pool = new_pool ();
  fixture->server = grpc_aio_server_new ();
  add_method (service, "Echo", handle_echo);
  add_method (service, "EchoAny", handle_echo);
  add_method (service, "Break", handle_break);
  add_method (service, "Hang", handle_hang);
  grpc_aio_server_add_service (fixture->server, service);
  if (setting->has_reflection)
    grpc_aio_server_add_reflection (fixture->server, fixture->pool);
  if (setting->is_elsewhere)
    grpc_aio_server_set_n_workers (fixture->server, 1);

  port = grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  target = g_strdup_printf ("127.0.0.1:%d", port);
  fixture->channel = grpc_aio_channel_new (target, NULL);
}

/* A worker may still hold it for a moment. */
static void
assert_goes (gpointer object)
{
  g_object_add_weak_pointer (object, &object);
  g_object_unref (object);
  while (g_atomic_pointer_get (&object) != NULL)
    g_thread_yield ();
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GAsyncResult) closed = NULL;
  g_autoptr (GAsyncResult) stopped = NULL;

  grpc_aio_channel_close_async (fixture->channel, 0, NULL, store_result, &closed);
  g_assert_true (grpc_aio_channel_close_finish (fixture->channel, await (&closed), NULL));
  g_clear_object (&closed);
  assert_goes (fixture->channel);

  grpc_aio_server_stop_async (fixture->server, 0, NULL, store_result, &stopped);
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&stopped), NULL));
  g_clear_object (&stopped);
  assert_goes (fixture->server);

  /* Its types stay, and with them the pool. */
  g_object_unref (fixture->pool);
}

static char *
call_json (Fixture *fixture,
           const char *path,
           const char *request,
           GrpcAioMessagePool *pool,
           GrpcAioCallOptions *options,
           GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_channel_call_json_async (fixture->channel, path, request, pool, options, NULL, store_result, &result);
  g_assert_null (result);

  return grpc_aio_channel_call_json_finish (fixture->channel, await (&result), error);
}

static void
assert_json (Fixture *fixture,
             const char *path,
             const char *request,
             GrpcAioMessagePool *pool,
             const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *response = call_json (fixture, path, request, pool, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (response, ==, expected);
}

static void
assert_variant (Fixture *fixture,
                GVariant *request,
                GrpcAioMessagePool *pool,
                const char *expected)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) response = NULL;
  g_autofree char *text = NULL;

  grpc_aio_channel_call_variant_async (fixture->channel, ECHO, request, pool, NULL, NULL, store_result, &result);
  response = grpc_aio_channel_call_variant_finish (fixture->channel, await (&result), &error);
  g_assert_no_error (error);
  g_assert_false (g_variant_is_floating (response));
  text = g_variant_print (response, FALSE);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_call (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GVariant) held = g_variant_ref_sink (g_variant_new_parsed ("{'text': 'held'}"));

  g_test_summary ("A method that the pool knows is called with a variant or JSON");

  assert_variant (fixture, g_variant_new_parsed ("{'text': <'a'>, 'how_often': <byte 2>}"), fixture->pool, "{'text': <'a'>, 'how_often': <int64 2>}");
  assert_variant (fixture, held, fixture->pool, "{'text': <'held'>}");
  assert_variant (fixture, NULL, fixture->pool, "{}");
  assert_json (fixture, ECHO, "{\"text\":\"a\",\"how_often\":2}", fixture->pool, "{\"text\":\"a\",\"howOften\":\"2\"}");
  assert_json (fixture, ECHO, NULL, fixture->pool, "{}");
  assert_json (fixture, "/test.Words/EchoAny", "{\"@type\":\"x/test.Word\",\"text\":\"a\"}", fixture->pool, "{\"@type\":\"x/test.Word\",\"text\":\"a\"}");
}

static void
assert_fails (Fixture *fixture,
              const char *path,
              const char *request,
              GrpcAioMessagePool *pool,
              GQuark domain,
              int code,
              const char *reason)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (call_json (fixture, path, request, pool, NULL, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, domain, code);
  g_assert_nonnull (strstr (error->message, reason));
}

static void
test_failures (Fixture *fixture,
               gconstpointer data)
{
  g_test_summary ("What is not known, or does not fit, fails before anything is sent; a bad response after");

  assert_fails (fixture, ECHO, "{\"no\":1}", fixture->pool, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "no");
  assert_fails (fixture, ECHO, "{", fixture->pool, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "line 1");
  assert_fails (fixture, "/test.Words/Count", "{}", fixture->pool, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "Count");
  assert_fails (fixture, "/test.Words/Unknown", "{}", fixture->pool, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "Unknown");
  assert_fails (fixture, "/test.No/Echo", "{}", fixture->pool, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "/test.No/Echo");
  assert_fails (fixture, "Echo", "{}", NULL, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "Echo");
  assert_fails (fixture, "/", "{}", NULL, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "/");
  assert_fails (fixture, "/test.Words/Missing", "{}", fixture->pool, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNIMPLEMENTED, "");
  assert_fails (fixture, "/test.Words/Break", "{}", fixture->pool, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL, "");
}

static void
test_cancel (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) other = NULL;
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (20000);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A call can be cancelled, and has the deadline that its options say");

  grpc_aio_channel_call_variant_async (fixture->channel, "/test.Words/Hang", NULL, fixture->pool, NULL, cancellable, store_result, &result);
  g_cancellable_cancel (cancellable);
  g_assert_null (grpc_aio_channel_call_variant_finish (fixture->channel, await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  g_cancellable_cancel (cancelled);
  grpc_aio_channel_call_variant_async (fixture->channel, ECHO, NULL, fixture->pool, NULL, cancelled, store_result, &other);
  g_assert_null (grpc_aio_channel_call_variant_finish (fixture->channel, await (&other), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  g_assert_null (call_json (fixture, "/test.Words/Hang", NULL, fixture->pool, options, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
}

static void
test_reflection (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioMessagePool) pool = grpc_aio_message_pool_new ();

  g_test_summary ("The server tells of its methods; a pool that is given has them then, the default one has not");

  assert_json (fixture, ECHO, "{\"text\":\"a\"}", pool, "{\"text\":\"a\"}");
  g_assert_true (grpc_aio_message_pool_find_method (pool, ECHO, NULL, NULL, NULL, NULL));
  assert_json (fixture, ECHO, "{\"text\":\"b\"}", NULL, "{\"text\":\"b\"}");
  assert_variant (fixture, g_variant_new_parsed ("{'text': 'c'}"), NULL, "{'text': <'c'>}");
  assert_json (fixture, "/test.Words/EchoAny", "{\"@type\":\"x/test.Word\",\"text\":\"a\"}", NULL, "{\"@type\":\"x/test.Word\",\"text\":\"a\"}");
  g_assert_false (grpc_aio_message_pool_find_method (grpc_aio_message_pool_get_default (), ECHO, NULL, NULL, NULL, NULL));

  assert_fails (fixture, "/test.Words/Unknown", "{}", NULL, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "Unknown");
  assert_fails (fixture, "/test.No/Echo", "{}", NULL, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "/test.No/Echo");
  assert_fails (fixture, "/test.Words/Count", "{}", NULL, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "Count");
}

static void
test_at_once (Fixture *fixture,
              gconstpointer data)
{
  GAsyncResult *results[8] = { NULL };

  g_test_summary ("Calls that ask the server for the same at once all end");

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    grpc_aio_channel_call_json_async (fixture->channel, ECHO, "{\"text\":\"a\"}", NULL, NULL, NULL, store_result, &results[i]);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *response = grpc_aio_channel_call_json_finish (fixture->channel, await (&results[i]), &error);

      g_assert_no_error (error);
      g_assert_cmpstr (response, ==, "{\"text\":\"a\"}");
      g_object_unref (results[i]);
    }
}

static void
test_sync (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *response = grpc_aio_channel_call_json_sync (fixture->channel, ECHO, "{\"text\":\"a\"}", NULL, NULL, NULL, &error);
  g_autoptr (GVariant) variant = NULL;
  g_autofree char *text = NULL;

  g_test_summary ("The blocking functions do the same, reflection included");

  g_assert_no_error (error);
  g_assert_cmpstr (response, ==, "{\"text\":\"a\"}");
  variant = grpc_aio_channel_call_variant_sync (fixture->channel, ECHO, g_variant_new_parsed ("{'text': 'b'}"), NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  text = g_variant_print (variant, FALSE);
  g_assert_cmpstr (text, ==, "{'text': <'b'>}");

  g_assert_null (grpc_aio_channel_call_json_sync (fixture->channel, ECHO, "{\"no\":1}", NULL, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

static void
test_no_server (void)
{
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new ("unix:/nonexistent/socket", NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Without a connection the call fails as all calls do, also when types are missing");

  grpc_aio_channel_call_json_async (channel, ECHO, NULL, NULL, NULL, NULL, store_result, &result);
  g_assert_null (grpc_aio_channel_call_json_finish (channel, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
}

int
main (int argc,
      char **argv)
{
  static const Setting plain = { 0 };
  static const Setting reflecting = { .has_reflection = TRUE };
  static const Setting elsewhere = { .has_reflection = TRUE, .is_elsewhere = TRUE };

  g_test_init (&argc, &argv, NULL);

#define ADD(name, setting, func) \
  g_test_add ("/dynamic-call/" name, Fixture, &setting, fixture_set_up, func, fixture_tear_down)

  ADD ("call", plain, test_call);
  ADD ("failures", plain, test_failures);
  ADD ("cancel", plain, test_cancel);
  ADD ("reflection", reflecting, test_reflection);
  ADD ("at-once", reflecting, test_at_once);
  ADD ("sync", elsewhere, test_sync);
  g_test_add_func ("/dynamic-call/no-server", test_no_server);

  return g_test_run ();
}
