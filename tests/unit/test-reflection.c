/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "test-utils.h"

#define INFO "ServerReflectionInfo"

typedef struct
{
  GrpcAioMessagePool *pool; /* of the server */
  GrpcAioServer *server;
  GrpcAioChannel *channel;
} Fixture;

static void
serve (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;
  int port;

  port = grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  g_assert_no_error (error);
  target = g_strdup_printf ("127.0.0.1:%d", port);
  fixture->channel = grpc_aio_channel_new (target, NULL);
}

static void
cook (GrpcAioServicerContext *context,
      GBytes *request,
      gpointer user_data)
{
  grpc_aio_servicer_context_complete (context, request);
}

/* A service that the server has, but knows no messages of if @name is no one's. */
static void
add_service (Fixture *fixture,
             const char *name)
{
  g_autoptr (GrpcAioService) service = grpc_aio_service_new (name);
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (cook, NULL, NULL);

  grpc_aio_service_add_method (service, "Prepare", handler);
  grpc_aio_server_add_service (fixture->server, service);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autofree char *filename = g_test_build_filename (G_TEST_BUILT, "kitchen.pb", NULL);
  g_autoptr (GError) error = NULL;

  fixture->pool = grpc_aio_message_pool_new ();
  grpc_aio_message_pool_add_file (fixture->pool, filename, &error);
  g_assert_no_error (error);

  fixture->server = grpc_aio_server_new ();
}

static void
fixture_set_up_whole (Fixture *fixture,
                      gconstpointer data)
{
  fixture_set_up (fixture, data);
  add_service (fixture, "test.kitchen.Cook");
  add_service (fixture, "test.Unknown");
  grpc_aio_server_add_reflection (fixture->server, fixture->pool);
  /* Who blocks this thread needs a server in another one. */
  if (data != NULL)
    grpc_aio_server_set_n_workers (fixture->server, 1);
  serve (fixture);
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
  g_autoptr (GAsyncResult) closed = NULL, stopped = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_channel_close_async (fixture->channel, 0, NULL, store_result, &closed);
  g_assert_true (grpc_aio_channel_close_finish (fixture->channel, await (&closed), &error));
  g_clear_object (&closed);
  assert_goes (fixture->channel);

  grpc_aio_server_stop_async (fixture->server, 0, NULL, store_result, &stopped);
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&stopped), &error));
  g_clear_object (&stopped);
  assert_goes (fixture->server);
  assert_goes (fixture->pool);
}

static gboolean
fetch (Fixture *fixture,
       GrpcAioMessagePool *pool,
       const char *symbol,
       GCancellable *cancellable,
       GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_message_pool_add_from_channel_async (pool, fixture->channel, symbol, cancellable, store_result, &result);

  return grpc_aio_message_pool_add_from_channel_finish (pool, await (&result), error);
}

static void
assert_cook (GrpcAioMessagePool *pool)
{
  g_auto (GStrv) names = grpc_aio_message_pool_dup_method_names (pool, "test.kitchen.Cook");
  g_autoptr (GError) error = NULL;
  GrpcAioMethodKind kind;
  GType input, output;

  g_assert_cmpstrv (names, ((const char *[]) { "Prepare", "Watch", NULL }));
  g_assert_true (grpc_aio_message_pool_find_method (pool, "/test.kitchen.Cook/Watch", &input, &output, &kind, &error));
  g_assert_no_error (error);
  g_assert_true (g_type_is_a (input, GRPC_AIO_TYPE_MESSAGE));
  g_assert_cmpuint (input, ==, output);
  g_assert_cmpint (kind, ==, GRPC_AIO_METHOD_KIND_UNARY_STREAM);
}

static void
test_all (Fixture *fixture,
          gconstpointer data)
{
  g_autoptr (GrpcAioMessagePool) pool = grpc_aio_message_pool_new ();
  g_auto (GStrv) files = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A pool learns all that a server serves, with what that needs; what nobody describes is left out");

  g_assert_true (fetch (fixture, pool, NULL, NULL, &error));
  g_assert_no_error (error);
  assert_cook (pool);
  g_assert_cmpuint (grpc_aio_message_pool_get_enum_type (pool, "test.stove.Heat"), !=, G_TYPE_INVALID);

  files = grpc_aio_message_pool_dup_file_names (pool);
  g_assert_true (g_strv_contains ((const char *const *) files, "kitchen.proto"));
  g_assert_true (g_strv_contains ((const char *const *) files, "stove.proto"));
}

static void
test_symbol (Fixture *fixture,
             gconstpointer data)
{
  const char *const symbols[] = { "test.kitchen.Cook", "test.kitchen.Cook.Watch", "test.kitchen.Meal", "test.kitchen.spice" };

  g_test_summary ("A pool learns what a service, a method, a message or an extension needs");

  for (guint i = 0; i < G_N_ELEMENTS (symbols); i++)
    {
      g_autoptr (GrpcAioMessagePool) pool = grpc_aio_message_pool_new ();
      g_autoptr (GError) error = NULL;

      g_assert_true (fetch (fixture, pool, symbols[i], NULL, &error));
      g_assert_no_error (error);
      assert_cook (pool);
    }
}

static void
test_twice (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioMessagePool) pool = grpc_aio_message_pool_new ();
  g_autoptr (GError) error = NULL;
  GType before;

  g_test_summary ("What a pool knows may be asked for again");

  g_assert_true (fetch (fixture, pool, "test.stove.Heat", NULL, &error));
  g_assert_no_error (error);
  before = grpc_aio_message_pool_get_enum_type (pool, "test.stove.Heat");
  g_assert_true (fetch (fixture, pool, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (fetch (fixture, pool, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (grpc_aio_message_pool_get_enum_type (pool, "test.stove.Heat"), ==, before);
  assert_cook (pool);
}

static void
test_unknown (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioMessagePool) pool = grpc_aio_message_pool_new ();
  g_auto (GStrv) files = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A symbol that the server does not know is an error that names it");

  g_assert_false (fetch (fixture, pool, "test.Nobody", NULL, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "test.Nobody"));
  files = grpc_aio_message_pool_dup_file_names (pool);
  g_assert_cmpuint (g_strv_length (files), ==, 0);
}

static void
test_sync (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GrpcAioMessagePool) pool = grpc_aio_message_pool_new ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("A program without a main loop can wait for a pool");

  g_assert_true (grpc_aio_message_pool_add_from_channel_sync (pool, fixture->channel, NULL, NULL, &error));
  g_assert_no_error (error);
  assert_cook (pool);
}

static void
test_cancel (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioMessagePool) pool = grpc_aio_message_pool_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Asking for messages can be cancelled before and meanwhile");

  grpc_aio_message_pool_add_from_channel_async (pool, fixture->channel, NULL, cancellable, store_result, &result);
  g_cancellable_cancel (cancellable);
  g_assert_false (grpc_aio_message_pool_add_from_channel_finish (pool, await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  g_assert_false (fetch (fixture, pool, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_none (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GrpcAioMessagePool) pool = grpc_aio_message_pool_new ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server without reflection is an error that says so");

  serve (fixture);
  g_assert_false (fetch (fixture, pool, NULL, NULL, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNIMPLEMENTED);
  g_assert_nonnull (strstr (error->message, "reflection"));
}

static void
test_default_pool (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioMessagePool) pool = grpc_aio_message_pool_new ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server tells of the messages that the process knows");

  add_service (fixture, "test.Unknown");
  grpc_aio_server_add_reflection (fixture->server, NULL);
  serve (fixture);
  g_assert_true (fetch (fixture, pool, "google.protobuf.Struct", NULL, &error));
  g_assert_no_error (error);
  g_assert_false (fetch (fixture, pool, "test.kitchen.Cook", NULL, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_NOT_FOUND);
}

static void
test_unreachable (void)
{
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new ("127.0.0.1:1", NULL);
  g_autoptr (GrpcAioMessagePool) pool = grpc_aio_message_pool_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server that cannot be reached is an error as for any call");

  grpc_aio_message_pool_add_from_channel_async (pool, channel, NULL, NULL, store_result, &result);
  g_assert_false (grpc_aio_message_pool_add_from_channel_finish (pool, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
}

/* A server of reflection by hand: it answers each request with the same bytes, or
 * ends at once. */
typedef struct
{
  GrpcAioServicerContext *context;
  GBytes *answer;
} Stubborn;

static void on_stubborn_read (GObject *source,
                              GAsyncResult *result,
                              gpointer user_data);

static void
stubborn_free (Stubborn *stubborn)
{
  g_object_unref (stubborn->context);
  g_free (stubborn);
}

static void
on_stubborn_written (GObject *source,
                     GAsyncResult *result,
                     gpointer user_data)
{
  Stubborn *stubborn = user_data;

  if (grpc_aio_servicer_context_write_finish (stubborn->context, result, NULL))
    grpc_aio_servicer_context_read_async (stubborn->context, NULL, on_stubborn_read, stubborn);
  else
    stubborn_free (stubborn);
}

static void
on_stubborn_read (GObject *source,
                  GAsyncResult *result,
                  gpointer user_data)
{
  Stubborn *stubborn = user_data;
  g_autoptr (GBytes) request = grpc_aio_servicer_context_read_finish (stubborn->context, result, NULL);

  if (request != NULL && stubborn->answer != NULL)
    {
      grpc_aio_servicer_context_write_async (stubborn->context, stubborn->answer, NULL, on_stubborn_written, stubborn);
      return;
    }

  grpc_aio_servicer_context_complete (stubborn->context, NULL);
  stubborn_free (stubborn);
}

static void
handle_stubborn (GrpcAioServicerContext *context,
                 GBytes *request,
                 gpointer user_data)
{
  Stubborn *stubborn = g_new0 (Stubborn, 1);

  stubborn->context = g_object_ref (context);
  stubborn->answer = user_data;
  grpc_aio_servicer_context_read_async (context, NULL, on_stubborn_read, stubborn);
}

typedef struct
{
  const char *service;
  const char *answer; /* NULL to end */
  gsize size;
  GrpcAioStatusCode code;
} Bad;

#define V1 "grpc.reflection.v1.ServerReflection"
#define ALPHA "grpc.reflection.v1alpha.ServerReflection"
#define BAD(service, answer, code) { service, answer, sizeof answer - 1, code }

static void
test_bad (Fixture *fixture,
          gconstpointer data)
{
  const Bad *bad = data;
  g_autoptr (GrpcAioMessagePool) pool = grpc_aio_message_pool_new ();
  g_autoptr (GrpcAioService) service = grpc_aio_service_new (bad->service);
  g_autoptr (GBytes) answer = bad->answer != NULL ? g_bytes_new_static (bad->answer, bad->size) : NULL;
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_stream_stream (handle_stubborn, answer, NULL);
  g_auto (GStrv) files = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("What a server says wrongly of its messages is an error, and the pool stays as it is");

  grpc_aio_service_add_method (service, INFO, handler);
  grpc_aio_server_add_service (fixture->server, service);
  serve (fixture);

  g_assert_false (fetch (fixture, pool, "x.Y", NULL, &error));
  g_assert_error (error, GRPC_AIO_ERROR, (int) bad->code);
  g_test_message ("%s", error->message);
  files = grpc_aio_message_pool_dup_file_names (pool);
  g_assert_cmpuint (g_strv_length (files), ==, 0);
}

int
main (int argc,
      char **argv)
{
  static const Bad ended = { V1, NULL, 0, GRPC_AIO_STATUS_CODE_INTERNAL };
  static const Bad no_message = BAD (V1, "\377\377", GRPC_AIO_STATUS_CODE_INTERNAL);
  static const Bad nothing = BAD (V1, "", GRPC_AIO_STATUS_CODE_INTERNAL);
  /* file_descriptor_response { file_descriptor_proto: … } */
  static const Bad no_file = BAD (V1, "\042\004\012\002\377\377", GRPC_AIO_STATUS_CODE_INTERNAL);
  /* … { name: "a" dependency: "b" }, to each question: “b” never comes. */
  static const Bad never = BAD (V1, "\042\010\012\006\012\001a\032\001b", GRPC_AIO_STATUS_CODE_INTERNAL);
  /* error_response { error_code: 5 error_message: "no" } */
  static const Bad refused = BAD (V1, "\072\006\010\005\022\002no", GRPC_AIO_STATUS_CODE_NOT_FOUND);
  static const Bad odd_code = BAD (V1, "\072\007\010\343\007\022\002no", GRPC_AIO_STATUS_CODE_UNKNOWN);
  static const Bad only_alpha = BAD (ALPHA, "\072\006\010\005\022\002no", GRPC_AIO_STATUS_CODE_NOT_FOUND);

  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up_whole, func, fixture_tear_down)
  ADD ("/reflection/all", test_all);
  ADD ("/reflection/symbol", test_symbol);
  ADD ("/reflection/twice", test_twice);
  ADD ("/reflection/unknown", test_unknown);
  ADD ("/reflection/cancel", test_cancel);
#undef ADD
  g_test_add ("/reflection/sync", Fixture, "worker", fixture_set_up_whole, test_sync, fixture_tear_down);
#define ADD(path, data, func) g_test_add (path, Fixture, data, fixture_set_up, func, fixture_tear_down)
  ADD ("/reflection/none", NULL, test_none);
  ADD ("/reflection/default-pool", NULL, test_default_pool);
  ADD ("/reflection/bad/ended", &ended, test_bad);
  ADD ("/reflection/bad/no-message", &no_message, test_bad);
  ADD ("/reflection/bad/nothing", &nothing, test_bad);
  ADD ("/reflection/bad/no-file", &no_file, test_bad);
  ADD ("/reflection/bad/never", &never, test_bad);
  ADD ("/reflection/bad/refused", &refused, test_bad);
  ADD ("/reflection/bad/odd-code", &odd_code, test_bad);
  ADD ("/reflection/bad/only-alpha", &only_alpha, test_bad);
#undef ADD
  g_test_add_func ("/reflection/unreachable", test_unreachable);

  return g_test_run ();
}
