/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-utils.h"

#define LONG_GRACE (30 * G_USEC_PER_SEC)
#define N_CALLS 200

/* What the server is to be like, by the number of threads and its limits. */
typedef struct
{
  guint n_workers;
  guint max_concurrent;
  guint max_queued;
} Limits;

typedef struct
{
  GrpcAioServer *server;
  GrpcAioChannel *channel;

  GMutex lock; /* for all that follows */
  GPtrArray *contexts; /* of calls that hang, as they came */
  GString *order;      /* their requests */
  guint n_running;
  guint max_running;
} Fixture;

/* The test answers. */
static void
handle_hang (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  Fixture *fixture = user_data;

  g_mutex_lock (&fixture->lock);
  g_ptr_array_add (fixture->contexts, g_object_ref (context));
  if (request != NULL)
    g_string_append_len (fixture->order, g_bytes_get_data (request, NULL), g_bytes_get_size (request));
  g_mutex_unlock (&fixture->lock);
}

typedef struct
{
  Fixture *fixture;
  GrpcAioServicerContext *context;
} Later;

static gboolean
answer_later (gpointer data)
{
  Later *later = data;
  Fixture *fixture = later->fixture;
  g_autoptr (GBytes) response = bytes_from ("counted");

  g_mutex_lock (&fixture->lock);
  fixture->n_running--;
  g_mutex_unlock (&fixture->lock);
  grpc_aio_servicer_context_complete (later->context, response);
  g_object_unref (later->context);
  g_free (later);

  return G_SOURCE_REMOVE;
}

/* Counts how many of them run at the same time. */
static void
handle_count (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GSource) idle = g_idle_source_new ();
  Later *later = g_new (Later, 1);

  g_mutex_lock (&fixture->lock);
  fixture->n_running++;
  fixture->max_running = MAX (fixture->max_running, fixture->n_running);
  g_mutex_unlock (&fixture->lock);

  later->fixture = fixture;
  later->context = g_object_ref (context);
  g_source_set_callback (idle, answer_later, later, NULL);
  g_source_attach (idle, g_main_context_get_thread_default ());
}

/* Calls its own server, and waits. */
static void
handle_ask (GrpcAioServicerContext *context,
            GBytes *request,
            gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GrpcAioMultiCallable) hang = grpc_aio_channel_unary_unary (fixture->channel, "/test.Limit/Hang");
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (50000);
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  response = grpc_aio_multi_callable_invoke_sync (hang, request, options, NULL, &error);
  g_assert_null (response);
  grpc_aio_servicer_context_complete_with_error (context, error);
}

static void
add_method (GrpcAioService *service,
            const char *name,
            GrpcAioRpcMethodHandler *handler)
{
  grpc_aio_service_add_method (service, name, handler);
  g_object_unref (handler);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  const Limits *limits = data;
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Limit");
  g_autofree char *target = NULL;
  g_autoptr (GError) error = NULL;
  int port;

  add_method (service, "Hang", grpc_aio_rpc_method_handler_new_unary_unary (handle_hang, fixture, NULL));
  add_method (service, "HangChat", grpc_aio_rpc_method_handler_new_stream_stream (handle_hang, fixture, NULL));
  add_method (service, "Count", grpc_aio_rpc_method_handler_new_unary_unary (handle_count, fixture, NULL));
  add_method (service, "Ask", grpc_aio_rpc_method_handler_new_unary_unary (handle_ask, fixture, NULL));

  g_mutex_init (&fixture->lock);
  fixture->contexts = g_ptr_array_new_with_free_func (g_object_unref);
  fixture->order = g_string_new (NULL);
  fixture->server = g_object_new (GRPC_AIO_TYPE_SERVER,
                                  "n-workers", limits->n_workers,
                                  "maximum-concurrent-rpcs", limits->max_concurrent,
                                  "maximum-queued-rpcs", limits->max_queued,
                                  NULL);
  grpc_aio_server_add_service (fixture->server, service);
  port = grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  g_assert_no_error (error);
  target = g_strdup_printf ("127.0.0.1:%d", port);
  fixture->channel = grpc_aio_channel_new (target, NULL);
}

static void
stop (Fixture *fixture,
      gint64 grace_usec)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_server_stop_async (fixture->server, grace_usec, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&result), &error));
  g_assert_no_error (error);
  g_assert_cmpuint (grpc_aio_server_get_active_calls (fixture->server), ==, 0);
  g_assert_cmpuint (grpc_aio_server_get_queued_calls (fixture->server), ==, 0);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_channel_close_async (fixture->channel, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_channel_close_finish (fixture->channel, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  assert_finalizes (fixture->channel);
  stop (fixture, 0);
  g_ptr_array_unref (fixture->contexts);
  assert_finalizes (fixture->server);
  g_string_free (fixture->order, TRUE);
  g_mutex_clear (&fixture->lock);
}

static GrpcAioCall *
call (Fixture *fixture,
      const char *method,
      const char *text,
      GrpcAioCallOptions *options)
{
  g_autofree char *full_name = g_strconcat ("/test.Limit/", method, NULL);
  g_autoptr (GrpcAioMultiCallable) multi_callable = grpc_aio_channel_unary_unary (fixture->channel, full_name);
  g_autoptr (GBytes) request = bytes_from (text);

  return grpc_aio_multi_callable_call (multi_callable, request, options);
}

/* How many calls are to be where. */
typedef struct
{
  Fixture *fixture;
  guint n_hanging; /* so far */
  guint n_active;
  guint n_queued;
} Expected;

static gboolean
is_expected (gpointer data)
{
  Expected *expected = data;
  gboolean result;

  g_mutex_lock (&expected->fixture->lock);
  result = expected->fixture->contexts->len == expected->n_hanging &&
           grpc_aio_server_get_active_calls (expected->fixture->server) == expected->n_active &&
           grpc_aio_server_get_queued_calls (expected->fixture->server) == expected->n_queued;
  g_mutex_unlock (&expected->fixture->lock);

  return result;
}

static void
wait_for_calls (Fixture *fixture,
                guint n_hanging,
                guint n_active,
                guint n_queued)
{
  Expected expected = { fixture, n_hanging, n_active, n_queued };

  wait_until (is_expected, &expected);
}

/* Starts a call that hangs, or waits. */
static GrpcAioCall *
hang (Fixture *fixture,
      const char *text)
{
  return call (fixture, "Hang", text, NULL);
}

static void
answer (Fixture *fixture,
        guint index)
{
  g_autoptr (GBytes) response = bytes_from ("late");
  g_autoptr (GrpcAioServicerContext) context = NULL;

  g_mutex_lock (&fixture->lock);
  context = g_object_ref (g_ptr_array_index (fixture->contexts, index));
  g_mutex_unlock (&fixture->lock);
  grpc_aio_servicer_context_complete (context, response);
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

static void
assert_failure (GrpcAioCall *call,
                GQuark domain,
                int code)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_call_response_async (call, NULL, store_result, &result);
  response = grpc_aio_call_response_finish (call, await (&result), &error);
  g_assert_null (response);
  g_assert_error (error, domain, code);
}

static void
test_properties (Fixture *fixture,
                 gconstpointer data)
{
  const Limits *limits = data;
  g_autoptr (GrpcAioServer) server = grpc_aio_server_new ();
  guint max_concurrent, max_queued, n_queued;

  g_test_summary ("There is no limit at first; it is set before the start");

  g_assert_cmpuint (grpc_aio_server_get_maximum_concurrent_rpcs (server), ==, 0);
  g_assert_cmpuint (grpc_aio_server_get_maximum_queued_rpcs (server), ==, G_MAXUINT);
  g_assert_cmpuint (grpc_aio_server_get_queued_calls (server), ==, 0);
  grpc_aio_server_set_maximum_concurrent_rpcs (server, 7);
  grpc_aio_server_set_maximum_queued_rpcs (server, 5);
  g_assert_cmpuint (grpc_aio_server_get_maximum_concurrent_rpcs (server), ==, 7);
  g_assert_cmpuint (grpc_aio_server_get_maximum_queued_rpcs (server), ==, 5);
  grpc_aio_server_set_maximum_concurrent_rpcs (server, 0);
  g_assert_cmpuint (grpc_aio_server_get_maximum_concurrent_rpcs (server), ==, 0);

  g_object_get (fixture->server,
                "maximum-concurrent-rpcs", &max_concurrent,
                "maximum-queued-rpcs", &max_queued,
                "queued-calls", &n_queued,
                NULL);
  g_assert_cmpuint (max_concurrent, ==, limits->max_concurrent);
  g_assert_cmpuint (max_queued, ==, limits->max_queued);
  g_assert_cmpuint (n_queued, ==, 0);

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*is_new*");
  grpc_aio_server_set_maximum_concurrent_rpcs (fixture->server, 7);
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*is_new*");
  grpc_aio_server_set_maximum_queued_rpcs (fixture->server, 7);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (grpc_aio_server_get_maximum_concurrent_rpcs (fixture->server), ==, limits->max_concurrent);
}

static void
test_queue (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioCall) a = hang (fixture, "a");
  g_autoptr (GrpcAioCall) b = NULL;
  g_autoptr (GrpcAioCall) c = NULL;
  g_autoptr (GrpcAioCall) d = NULL;

  g_test_summary ("What there is no room for waits, and is served in order");

  wait_for_calls (fixture, 1, 1, 0);
  b = hang (fixture, "b");
  wait_for_calls (fixture, 1, 1, 1);
  c = hang (fixture, "c");
  wait_for_calls (fixture, 1, 1, 2);
  d = hang (fixture, "d");
  wait_for_calls (fixture, 1, 1, 3);
  g_assert_false (grpc_aio_call_is_done (b));

  for (guint i = 0; i < 4; i++)
    {
      wait_for_calls (fixture, i + 1, 1, 3 - i);
      answer (fixture, i);
    }
  assert_response (a, "late");
  assert_response (b, "late");
  assert_response (c, "late");
  assert_response (d, "late");
  wait_for_calls (fixture, 4, 0, 0);
  g_assert_cmpstr (fixture->order->str, ==, "abcd");
}

typedef struct
{
  GrpcAioCall *call;
  GrpcAioServer *server;
} Waiting;

static gboolean
waits_or_is_done (gpointer data)
{
  Waiting *waiting = data;

  return grpc_aio_server_get_queued_calls (waiting->server) > 0 || grpc_aio_call_is_done (waiting->call);
}

static void
test_deadline (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioCall) first = hang (fixture, "a");
  g_autoptr (GrpcAioCall) third = NULL;

  g_test_summary ("The deadline of a call that waits ends it at both sides, without its handler");

  wait_for_calls (fixture, 1, 1, 0);
  /* A busy machine may need longer until the call waits. */
  for (gint64 timeout_usec = 50000; third == NULL; timeout_usec *= 2)
    {
      g_autoptr (GrpcAioCallOptions) options = options_with_timeout (timeout_usec);
      g_autoptr (GrpcAioCall) call_b = call (fixture, "Hang", "b", options);
      Waiting waiting = { call_b, fixture->server };

      wait_until (waits_or_is_done, &waiting);
      if (!grpc_aio_call_is_done (call_b))
        third = hang (fixture, "c");
      assert_failure (call_b, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
      wait_for_calls (fixture, 1, 1, third != NULL ? 1 : 0);
    }

  answer (fixture, 0);
  wait_for_calls (fixture, 2, 1, 0);
  answer (fixture, 1);
  assert_response (first, "late");
  assert_response (third, "late");
  g_assert_cmpstr (fixture->order->str, ==, "ac");
}

static void
test_cancel (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioCall) first = hang (fixture, "a");
  g_autoptr (GrpcAioCall) waiting = NULL;
  g_autoptr (GrpcAioCall) third = NULL;

  g_test_summary ("A call that waits may be cancelled, as well as one that has waited");

  wait_for_calls (fixture, 1, 1, 0);
  waiting = hang (fixture, "b");
  wait_for_calls (fixture, 1, 1, 1);
  third = hang (fixture, "c");
  wait_for_calls (fixture, 1, 1, 2);
  g_assert_true (grpc_aio_call_cancel (waiting));
  assert_failure (waiting, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  wait_for_calls (fixture, 1, 1, 1);

  g_assert_true (grpc_aio_call_cancel (first));
  wait_for_calls (fixture, 2, 1, 0);
  g_assert_true (grpc_aio_call_cancel (third));
  wait_for_calls (fixture, 2, 0, 0);
  g_assert_cmpstr (fixture->order->str, ==, "ac");
  g_assert_true (grpc_aio_servicer_context_is_cancelled (g_ptr_array_index (fixture->contexts, 1)));
}

static void
test_cancel_all (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GrpcAioCall) after = NULL;

  g_test_summary ("Many calls that wait leave nothing behind when they are cancelled");

  g_ptr_array_add (calls, hang (fixture, "a"));
  wait_for_calls (fixture, 1, 1, 0);
  for (guint i = 0; i < N_CALLS; i++)
    g_ptr_array_add (calls, hang (fixture, "b"));
  wait_for_calls (fixture, 1, 1, N_CALLS);
  for (guint i = 1; i <= N_CALLS; i++)
    grpc_aio_call_cancel (g_ptr_array_index (calls, i));
  wait_for_calls (fixture, 1, 1, 0);
  answer (fixture, 0);
  assert_response (g_ptr_array_index (calls, 0), "late");

  after = call (fixture, "Count", "", NULL);
  assert_response (after, "counted");
  g_assert_cmpstr (fixture->order->str, ==, "a");
}

static void
test_streams (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) hang_chat = grpc_aio_channel_stream_stream (fixture->channel, "/test.Limit/HangChat");
  g_autoptr (GrpcAioCall) first = grpc_aio_multi_callable_call (hang_chat, NULL, NULL);
  g_autoptr (GrpcAioCall) waiting = NULL;
  g_autoptr (GAsyncResult) written = NULL;
  g_autoptr (GAsyncResult) read = NULL;
  g_autoptr (GBytes) hello = bytes_from ("hello");
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A stream that waits has its messages when it is served");

  wait_for_calls (fixture, 1, 1, 0);
  waiting = grpc_aio_multi_callable_call (hang_chat, NULL, NULL);
  grpc_aio_call_write_async (waiting, hello, NULL, store_result, &written);
  g_assert_true (grpc_aio_call_write_finish (waiting, await (&written), &error));
  g_assert_no_error (error);
  wait_for_calls (fixture, 1, 1, 1);

  answer (fixture, 0);
  wait_for_calls (fixture, 2, 1, 0);
  message = grpc_aio_servicer_context_read_sync (g_ptr_array_index (fixture->contexts, 1), NULL, &error);
  g_assert_no_error (error);
  assert_bytes (message, "hello");
  g_clear_pointer (&message, g_bytes_unref);
  answer (fixture, 1);

  grpc_aio_call_read_async (waiting, NULL, store_result, &read);
  message = grpc_aio_call_read_finish (waiting, await (&read), &error);
  g_assert_no_error (error);
  assert_bytes (message, "late");
}

/* As many calls at once as the limits allow, and never more. */
static void
test_flood (Fixture *fixture,
            gconstpointer data)
{
  const Limits *limits = data;
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);

  g_test_summary ("Many calls at once are all served, a few at a time");

  for (guint i = 0; i < N_CALLS; i++)
    g_ptr_array_add (calls, call (fixture, "Count", "", NULL));
  for (guint i = 0; i < N_CALLS; i++)
    assert_response (g_ptr_array_index (calls, i), "counted");
  g_assert_cmpuint (fixture->max_running, >, 0);
  g_assert_cmpuint (fixture->max_running, <=, limits->max_concurrent);
  g_assert_cmpuint (fixture->n_running, ==, 0);
}

/* One call that waits, when the limits allow it, all others are refused. */
static void
test_refused (Fixture *fixture,
              gconstpointer data)
{
  const Limits *limits = data;
  g_autoptr (GrpcAioCall) first = hang (fixture, "a");
  g_autoptr (GrpcAioCall) waiting = NULL;
  g_autoptr (GrpcAioCall) after = NULL;

  g_test_summary ("What may not wait is refused, and the rest is served");

  wait_for_calls (fixture, 1, 1, 0);
  if (limits->max_queued > 0)
    waiting = hang (fixture, "b");
  wait_for_calls (fixture, 1, 1, limits->max_queued);
  for (guint i = 0; i < N_CALLS; i++)
    {
      g_autoptr (GrpcAioCall) refused = hang (fixture, "c");

      assert_failure (refused, GRPC_AIO_ERROR, GRPC_AIO_ERROR_RESOURCE_EXHAUSTED);
    }
  g_assert_cmpuint (grpc_aio_server_get_active_calls (fixture->server), ==, 1);
  g_assert_cmpuint (fixture->contexts->len, ==, 1);

  answer (fixture, 0);
  assert_response (first, "late");
  if (waiting != NULL)
    {
      wait_for_calls (fixture, 2, 1, 0);
      answer (fixture, 1);
      assert_response (waiting, "late");
    }
  wait_for_calls (fixture, 1 + limits->max_queued, 0, 0);
  after = call (fixture, "Count", "", NULL);
  assert_response (after, "counted");
}

static void
test_stop_grace (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioCall) first = hang (fixture, "a");
  g_autoptr (GrpcAioCall) waiting = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A call that waits when the server stops is served during the grace");

  wait_for_calls (fixture, 1, 1, 0);
  waiting = hang (fixture, "b");
  wait_for_calls (fixture, 1, 1, 1);
  grpc_aio_server_stop_async (fixture->server, LONG_GRACE, NULL, store_result, &result);
  answer (fixture, 0);
  wait_for_calls (fixture, 2, 1, 0);
  g_assert_null (result);
  answer (fixture, 1);
  assert_response (first, "late");
  assert_response (waiting, "late");
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&result), &error));
  g_assert_no_error (error);
}

static void
test_stop_at_once (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioCall) first = hang (fixture, "a");
  g_autoptr (GrpcAioCall) waiting = NULL;

  g_test_summary ("A call that waits is cancelled with the others, without its handler");

  wait_for_calls (fixture, 1, 1, 0);
  waiting = hang (fixture, "b");
  wait_for_calls (fixture, 1, 1, 1);
  stop (fixture, 0);
  assert_failure (first, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  assert_failure (waiting, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_assert_cmpstr (fixture->order->str, ==, "a");
}

static void
test_connection_lost (Fixture *fixture,
                      gconstpointer data)
{
  g_autoptr (GrpcAioCall) first = hang (fixture, "a");
  g_autoptr (GrpcAioCall) waiting = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  g_test_summary ("Calls of a client that is gone do not wait any more");

  wait_for_calls (fixture, 1, 1, 0);
  waiting = hang (fixture, "b");
  wait_for_calls (fixture, 1, 1, 1);
  grpc_aio_channel_close_async (fixture->channel, 0, NULL, store_result, &result);
  await (&result);
  wait_for_calls (fixture, 1, 0, 0);
  g_assert_true (grpc_aio_servicer_context_is_cancelled (g_ptr_array_index (fixture->contexts, 0)));
}

static void
test_own_server (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioCall) ask = call (fixture, "Ask", "a", NULL);
  g_autoptr (GrpcAioCall) after = NULL;

  g_test_summary ("A handler that blocks for its own server, where there is no room, does not hold it up");

  assert_failure (ask, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  after = call (fixture, "Count", "", NULL);
  assert_response (after, "counted");
}

#define ADD(path, limits, func) \
  g_test_add (path, Fixture, limits, fixture_set_up, func, fixture_tear_down)
#define ADD_BOTH(name, func) \
  G_STMT_START \
  { \
    ADD ("/server/limit/" name, &one, func); \
    ADD ("/server/limit/" name "/workers", &one_of_workers, func); \
  } \
  G_STMT_END

int
main (int argc,
      char **argv)
{
  static const Limits one = { 0, 1, G_MAXUINT };
  static const Limits one_of_workers = { 2, 1, G_MAXUINT };
  static const Limits three = { 0, 3, G_MAXUINT };
  static const Limits three_of_workers = { 2, 3, G_MAXUINT };
  static const Limits none_waits = { 0, 1, 0 };
  static const Limits none_waits_for_workers = { 2, 1, 0 };
  static const Limits one_waits = { 0, 1, 1 };
  static const Limits one_waits_for_workers = { 2, 1, 1 };

  g_test_init (&argc, &argv, NULL);

  ADD ("/server/limit/properties", &three_of_workers, test_properties);
  ADD_BOTH ("queue", test_queue);
  ADD_BOTH ("deadline", test_deadline);
  ADD_BOTH ("cancel", test_cancel);
  ADD_BOTH ("cancel-all", test_cancel_all);
  ADD_BOTH ("streams", test_streams);
  ADD_BOTH ("stop-grace", test_stop_grace);
  ADD_BOTH ("stop-at-once", test_stop_at_once);
  ADD_BOTH ("connection-lost", test_connection_lost);
  ADD_BOTH ("own-server", test_own_server);
  ADD ("/server/limit/flood", &three, test_flood);
  ADD ("/server/limit/flood/workers", &three_of_workers, test_flood);
  ADD ("/server/limit/refused", &none_waits, test_refused);
  ADD ("/server/limit/refused/workers", &none_waits_for_workers, test_refused);
  ADD ("/server/limit/refused/one-waits", &one_waits, test_refused);
  ADD ("/server/limit/refused/one-waits/workers", &one_waits_for_workers, test_refused);

  return g_test_run ();
}
