/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-utils.h"

#include <string.h>

#define LONG_GRACE (30 * G_USEC_PER_SEC)
#define N_CALLS 200

/* Handlers wait at most so long for the test. */
#define MEETING_USEC (30 * G_USEC_PER_SEC)

typedef struct
{
  GrpcAioServer *server;
  GrpcAioChannel *channel;
  GThread *main_thread;
  guint n_workers;

  GMutex lock; /* for all that follows */
  GCond cond;
  guint n_entered; /* handlers that block, so far */
  guint n_left;
  guint n_inside;
  guint max_inside;
  guint n_let_go; /* as many of them may leave */
  guint n_unread; /* reads that failed */
  GPtrArray *kept; /* contexts */
} Fixture;

/* Handlers in threads */

static void
enter (Fixture *fixture)
{
  g_assert_true (g_thread_self () != fixture->main_thread);
  g_assert_nonnull (g_main_context_get_thread_default ());

  g_mutex_lock (&fixture->lock);
  fixture->n_entered++;
  fixture->n_inside++;
  fixture->max_inside = MAX (fixture->max_inside, fixture->n_inside);
  g_mutex_unlock (&fixture->lock);
}

static void
leave (Fixture *fixture)
{
  g_mutex_lock (&fixture->lock);
  fixture->n_left++;
  fixture->n_inside--;
  g_mutex_unlock (&fixture->lock);
}

static void
handle_echo (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  enter (user_data);
  grpc_aio_servicer_context_complete (context, request);
  leave (user_data);
}

/* Until the test lets it go. */
static void
handle_block (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  Fixture *fixture = user_data;
  gint64 end = g_get_monotonic_time () + MEETING_USEC;

  enter (fixture);
  g_mutex_lock (&fixture->lock);
  while (fixture->n_let_go == 0)
    g_assert_true (g_cond_wait_until (&fixture->cond, &fixture->lock, end));
  fixture->n_let_go--;
  g_mutex_unlock (&fixture->lock);
  grpc_aio_servicer_context_complete (context, request);
  leave (fixture);
}

static void
handle_count (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  g_autofree char *text = g_strndup (g_bytes_get_data (request, NULL), g_bytes_get_size (request));
  guint64 n = g_ascii_strtoull (text, NULL, 10);

  enter (user_data);
  for (guint64 i = 0; i < n; i++)
    {
      g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, i);
      g_autoptr (GBytes) message = bytes_from (number);
      g_autoptr (GError) error = NULL;

      g_assert_true (grpc_aio_servicer_context_write_sync (context, message, NULL, &error));
      g_assert_no_error (error);
    }
  grpc_aio_servicer_context_complete (context, NULL);
  leave (user_data);
}

static void
handle_join (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  g_autoptr (GString) all = g_string_new (NULL);
  g_autoptr (GBytes) response = NULL;

  g_assert_null (request);
  enter (user_data);
  while (TRUE)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) message = grpc_aio_servicer_context_read_sync (context, NULL, &error);

      g_assert_no_error (error);
      if (message == NULL)
        break;
      g_string_append_len (all, g_bytes_get_data (message, NULL), g_bytes_get_size (message));
    }
  response = bytes_from (all->str);
  grpc_aio_servicer_context_complete (context, response);
  leave (user_data);
}

/* Ends with the stream, or with the call. */
static void
handle_chat (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();

  enter (fixture);
  g_assert_true (grpc_aio_servicer_context_send_initial_metadata_sync (context, metadata, NULL, NULL));
  while (error == NULL)
    {
      g_autoptr (GBytes) message = grpc_aio_servicer_context_read_sync (context, NULL, &error);

      if (message == NULL)
        break;
      grpc_aio_servicer_context_write_sync (context, message, NULL, &error);
    }
  if (error == NULL)
    {
      grpc_aio_servicer_context_complete (context, NULL);
    }
  else
    {
      g_mutex_lock (&fixture->lock);
      fixture->n_unread++;
      g_mutex_unlock (&fixture->lock);
    }
  leave (fixture);
}

static void
handle_fail (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "not here");

  grpc_aio_servicer_context_complete_with_error (context, error);
}

static void
handle_nothing (GrpcAioServicerContext *context,
                GBytes *request,
                gpointer user_data)
{
}

static void
handle_keep (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  Fixture *fixture = user_data;

  g_mutex_lock (&fixture->lock);
  g_ptr_array_add (fixture->kept, g_object_ref (context));
  g_mutex_unlock (&fixture->lock);
}

/* Calls other methods of its own server, and blocks. */
static void
handle_ask (GrpcAioServicerContext *context,
            GBytes *request,
            gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GrpcAioMultiCallable) quick = grpc_aio_channel_unary_unary (fixture->channel, "/test.Blocking/Quick");
  g_autoptr (GrpcAioMultiCallable) count = grpc_aio_channel_unary_stream (fixture->channel, "/test.Blocking/Count");
  g_autoptr (GBytes) three = bytes_from ("3");
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  enter (fixture);
  call = grpc_aio_multi_callable_call (count, three, NULL);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GBytes) message = grpc_aio_call_read_sync (call, NULL, &error);

      g_assert_no_error (error);
      g_assert_nonnull (message);
    }
  g_assert_null (grpc_aio_call_read_sync (call, NULL, &error));
  g_assert_no_error (error);
  response = grpc_aio_multi_callable_invoke_sync (quick, request, NULL, NULL, &error);
  g_assert_no_error (error);
  grpc_aio_servicer_context_complete (context, response);
  leave (fixture);
}

static void
handle_stop (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  enter (user_data);
  g_assert_true (grpc_aio_server_stop_sync (grpc_aio_servicer_context_get_server (context), 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (grpc_aio_servicer_context_is_cancelled (context));
  leave (user_data);
}

/* A handler that does not block, beside them. */
static void
handle_quick (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_true ((g_thread_self () == fixture->main_thread) == (fixture->n_workers == 0));
  grpc_aio_servicer_context_complete (context, request);
}

/* The test */

static void
add_method (GrpcAioService *service,
            const char *name,
            GrpcAioRpcMethodHandler *handler)
{
  grpc_aio_rpc_method_handler_set_blocking (handler, !g_str_equal (name, "Quick"));
  grpc_aio_service_add_method (service, name, handler);
  g_object_unref (handler);
}

static void
add_unary (Fixture *fixture,
           GrpcAioService *service,
           const char *name,
           GrpcAioHandlerFunc func)
{
  add_method (service, name, grpc_aio_rpc_method_handler_new_unary_unary (func, fixture, NULL));
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Blocking");
  g_autofree char *target = NULL;
  g_autoptr (GError) error = NULL;
  int port;

  g_mutex_init (&fixture->lock);
  g_cond_init (&fixture->cond);
  fixture->kept = g_ptr_array_new_with_free_func (g_object_unref);
  fixture->main_thread = g_thread_self ();
  fixture->n_workers = GPOINTER_TO_UINT (data);

  add_unary (fixture, service, "Echo", handle_echo);
  add_unary (fixture, service, "Block", handle_block);
  add_unary (fixture, service, "Fail", handle_fail);
  add_unary (fixture, service, "Nothing", handle_nothing);
  add_unary (fixture, service, "Keep", handle_keep);
  add_unary (fixture, service, "Ask", handle_ask);
  add_unary (fixture, service, "Stop", handle_stop);
  add_unary (fixture, service, "Quick", handle_quick);
  add_method (service, "Count", grpc_aio_rpc_method_handler_new_unary_stream (handle_count, fixture, NULL));
  add_method (service, "Join", grpc_aio_rpc_method_handler_new_stream_unary (handle_join, fixture, NULL));
  add_method (service, "Chat", grpc_aio_rpc_method_handler_new_stream_stream (handle_chat, fixture, NULL));

  fixture->server = grpc_aio_server_new ();
  grpc_aio_server_set_n_workers (fixture->server, fixture->n_workers);
  grpc_aio_server_add_service (fixture->server, service);
  port = grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  g_assert_no_error (error);
  target = g_strdup_printf ("127.0.0.1:%d", port);
  fixture->channel = grpc_aio_channel_new (target, NULL);
}

static void
let_go (Fixture *fixture,
        guint n_handlers)
{
  g_mutex_lock (&fixture->lock);
  fixture->n_let_go += n_handlers;
  g_cond_broadcast (&fixture->cond);
  g_mutex_unlock (&fixture->lock);
}

static void
stop (Fixture *fixture)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_server_stop_async (fixture->server, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&result), &error));
  g_assert_no_error (error);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_channel_close_async (fixture->channel, 0, NULL, store_result, &result);
  await (&result);
  g_clear_object (&result);
  stop (fixture);
  g_ptr_array_unref (fixture->kept);

  /* No context is left, in whatever thread. */
  assert_finalizes (fixture->channel);
  assert_finalizes (fixture->server);
  g_assert_cmpuint (fixture->n_inside, ==, 0);
  g_cond_clear (&fixture->cond);
  g_mutex_clear (&fixture->lock);
}

static GrpcAioCall *
call (Fixture *fixture,
      const char *method,
      const char *text,
      GrpcAioCallOptions *options)
{
  g_autofree char *full_name = g_strconcat ("/test.Blocking/", method, NULL);
  g_autoptr (GrpcAioMultiCallable) multi_callable = grpc_aio_channel_unary_unary (fixture->channel, full_name);
  g_autoptr (GBytes) request = bytes_from (text);

  return grpc_aio_multi_callable_call (multi_callable, request, options);
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
assert_answers (Fixture *fixture,
                const char *method)
{
  g_autoptr (GrpcAioCall) made = call (fixture, method, "hello", NULL);

  assert_response (made, "hello");
}

typedef struct
{
  Fixture *fixture;
  guint *number;
  guint expected;
} Reached;

static gboolean
is_reached (gpointer data)
{
  Reached *reached = data;
  gboolean result;

  g_mutex_lock (&reached->fixture->lock);
  result = *reached->number == reached->expected;
  g_mutex_unlock (&reached->fixture->lock);

  return result;
}

/* Until @number, with the lock, is @expected. */
static void
wait_for (Fixture *fixture,
          guint *number,
          guint expected)
{
  Reached reached = { fixture, number, expected };

  wait_until (is_reached, &reached);
}

typedef struct
{
  GrpcAioServer *server;
  guint n_active;
} Active;

static gboolean
is_active (gpointer data)
{
  Active *active = data;

  return grpc_aio_server_get_active_calls (active->server) == active->n_active;
}

static void
wait_for_active (Fixture *fixture,
                 guint n_active)
{
  Active active = { fixture->server, n_active };

  wait_until (is_active, &active);
}

static void
on_notify (GObject *object,
           GParamSpec *pspec,
           gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
test_properties (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_echo, fixture, NULL);
  guint n_notified = 0, max_threads;
  gboolean blocking;

  g_test_summary ("Handlers do not block at first, and the number of threads suits the machine");

  g_signal_connect (handler, "notify::blocking", G_CALLBACK (on_notify), &n_notified);
  g_assert_false (grpc_aio_rpc_method_handler_get_blocking (handler));
  grpc_aio_rpc_method_handler_set_blocking (handler, TRUE);
  grpc_aio_rpc_method_handler_set_blocking (handler, 2);
  g_assert_true (grpc_aio_rpc_method_handler_get_blocking (handler));
  g_assert_cmpuint (n_notified, ==, 1);
  g_object_set (handler, "blocking", FALSE, NULL);
  g_object_get (handler, "blocking", &blocking, NULL);
  g_assert_false (blocking);
  g_assert_cmpuint (n_notified, ==, 2);

  n_notified = 0;
  g_signal_connect (fixture->server, "notify::max-threads", G_CALLBACK (on_notify), &n_notified);
  g_assert_cmpuint (grpc_aio_server_get_max_threads (fixture->server), ==, 0);
  grpc_aio_server_set_max_threads (fixture->server, 3);
  grpc_aio_server_set_max_threads (fixture->server, 3);
  g_assert_cmpuint (grpc_aio_server_get_max_threads (fixture->server), ==, 3);
  g_assert_cmpuint (n_notified, ==, 1);
  g_object_set (fixture->server, "max-threads", 4, NULL);
  g_object_get (fixture->server, "max-threads", &max_threads, NULL);
  g_assert_cmpuint (max_threads, ==, 4);
  g_signal_handlers_disconnect_by_data (fixture->server, &n_notified);
}

static void
test_unary (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioCall) failed = call (fixture, "Fail", "", NULL);
  g_autoptr (GrpcAioCall) nothing = call (fixture, "Nothing", "", NULL);

  g_test_summary ("A handler in a thread answers, fails, or loses its call");

  assert_answers (fixture, "Echo");
  assert_failure (failed, GRPC_AIO_ERROR, GRPC_AIO_ERROR_NOT_FOUND);
  assert_failure (nothing, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNKNOWN);
  wait_for (fixture, &fixture->n_left, 1);
}

static GrpcAioCall *
start_stream (Fixture *fixture,
              const char *method,
              GrpcAioCallOptions *options)
{
  g_autofree char *full_name = g_strconcat ("/test.Blocking/", method, NULL);
  g_autoptr (GrpcAioMultiCallable) multi_callable = NULL;

  if (g_str_equal (method, "Join"))
    multi_callable = grpc_aio_channel_stream_unary (fixture->channel, full_name);
  else
    multi_callable = grpc_aio_channel_stream_stream (fixture->channel, full_name);

  return grpc_aio_multi_callable_call (multi_callable, NULL, options);
}

static void
assert_message (GrpcAioCall *call,
                const char *expected)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_call_read_async (call, NULL, store_result, &result);
  message = grpc_aio_call_read_finish (call, await (&result), &error);
  g_assert_no_error (error);
  if (expected != NULL)
    assert_bytes (message, expected);
  else
    g_assert_null (message);
}

static void
write_message (GrpcAioCall *call,
               const char *text)
{
  g_autoptr (GBytes) message = bytes_from (text);

  grpc_aio_call_write_async (call, message, NULL, NULL, NULL);
}

static void
test_streams (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) count_method = grpc_aio_channel_unary_stream (fixture->channel, "/test.Blocking/Count");
  g_autoptr (GBytes) request = bytes_from ("3");
  g_autoptr (GrpcAioCall) count = grpc_aio_multi_callable_call (count_method, request, NULL);
  g_autoptr (GrpcAioCall) join = start_stream (fixture, "Join", NULL);
  g_autoptr (GrpcAioCall) chat = start_stream (fixture, "Chat", NULL);

  g_test_summary ("A handler in a thread reads and writes with functions that block");

  assert_message (count, "0");
  assert_message (count, "1");
  assert_message (count, "2");
  assert_message (count, NULL);

  write_message (join, "a");
  write_message (join, "b");
  write_message (join, "c");
  grpc_aio_call_done_writing_async (join, NULL, NULL, NULL);
  assert_response (join, "abc");

  write_message (chat, "hello");
  assert_message (chat, "hello");
  write_message (chat, "again");
  assert_message (chat, "again");
  grpc_aio_call_done_writing_async (chat, NULL, NULL, NULL);
  assert_message (chat, NULL);
  wait_for (fixture, &fixture->n_left, 3);
  g_assert_cmpuint (fixture->n_unread, ==, 0);
}

static void
test_mixed (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioCall) blocked = call (fixture, "Block", "at last", NULL);

  g_test_summary ("While a handler blocks, others are served");

  wait_for (fixture, &fixture->n_entered, 1);
  for (guint i = 0; i < N_CALLS; i++)
    assert_answers (fixture, "Quick");
  assert_answers (fixture, "Echo");
  g_assert_false (grpc_aio_call_is_done (blocked));
  let_go (fixture, 1);
  assert_response (blocked, "at last");
}

static void
test_many (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);

  g_test_summary ("Many calls share a few threads");

  grpc_aio_server_set_max_threads (fixture->server, 3);
  for (guint i = 0; i < N_CALLS; i++)
    g_ptr_array_add (calls, call (fixture, i % 4 == 0 ? "Quick" : "Echo", "many", NULL));
  for (guint i = 0; i < N_CALLS; i++)
    assert_response (g_ptr_array_index (calls, i), "many");
  wait_for (fixture, &fixture->n_left, N_CALLS - N_CALLS / 4);
  g_assert_cmpuint (fixture->max_inside, <=, 3);
}

static void
test_max_threads (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);

  g_test_summary ("The number of threads holds, and may be changed while they are busy");

  grpc_aio_server_set_max_threads (fixture->server, 1);
  for (guint i = 0; i < 6; i++)
    g_ptr_array_add (calls, call (fixture, "Block", "one of six", NULL));
  wait_for_active (fixture, 6);
  wait_for (fixture, &fixture->n_entered, 1);
  let_go (fixture, 1);
  wait_for (fixture, &fixture->n_entered, 2);
  g_assert_cmpuint (fixture->max_inside, ==, 1);

  grpc_aio_server_set_max_threads (fixture->server, 3);
  wait_for (fixture, &fixture->n_inside, 3);
  wait_for (fixture, &fixture->n_entered, 4);

  grpc_aio_server_set_max_threads (fixture->server, 1);
  let_go (fixture, 2);
  wait_for (fixture, &fixture->n_inside, 1);
  g_assert_cmpuint (fixture->n_entered, ==, 4);
  let_go (fixture, 3);
  for (guint i = 0; i < 6; i++)
    assert_response (g_ptr_array_index (calls, i), "one of six");
  g_assert_cmpuint (fixture->max_inside, ==, 3);
}

static void
test_waiting_ends (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (50000);
  g_autoptr (GrpcAioCall) blocked = NULL;
  g_autoptr (GrpcAioCall) late = NULL;
  g_autoptr (GrpcAioCall) cancelled = NULL;
  g_autoptr (GrpcAioCall) after = NULL;

  g_test_summary ("A call that waits for a thread ends with its deadline or when it is cancelled, without its handler");

  grpc_aio_server_set_max_threads (fixture->server, 1);
  blocked = call (fixture, "Block", "blocked", NULL);
  wait_for (fixture, &fixture->n_entered, 1);
  late = call (fixture, "Block", "late", options);
  cancelled = call (fixture, "Block", "cancelled", NULL);
  after = call (fixture, "Echo", "after", NULL);
  assert_failure (late, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  wait_for_active (fixture, 3);
  g_assert_true (grpc_aio_call_cancel (cancelled));
  assert_failure (cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  wait_for_active (fixture, 2);
  g_assert_cmpuint (fixture->n_entered, ==, 1);

  let_go (fixture, 1);
  assert_response (blocked, "blocked");
  assert_response (after, "after");
  g_assert_cmpuint (fixture->n_entered, ==, 2);
}

static void
test_cancel (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioCall) before = NULL;
  g_autoptr (GrpcAioCall) chat = start_stream (fixture, "Chat", NULL);
  g_autoptr (GrpcAioCall) blocked = call (fixture, "Block", "", NULL);
  g_autoptr (GrpcAioCall) after = NULL;

  g_test_summary ("A handler that reads learns of the end of its call; one that does not may answer in vain");

  before = call (fixture, "Echo", "", NULL);
  grpc_aio_call_cancel (before);
  assert_failure (before, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  write_message (chat, "hello");
  assert_message (chat, "hello");
  g_assert_true (grpc_aio_call_cancel (chat));
  wait_for (fixture, &fixture->n_unread, 1);

  g_assert_true (grpc_aio_call_cancel (blocked));
  assert_failure (blocked, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  wait_for_active (fixture, 0);
  let_go (fixture, 1);

  after = call (fixture, "Echo", "after", NULL);
  assert_response (after, "after");
  g_assert_false (grpc_aio_call_cancel (after));
  let_go (fixture, 1);
}

/* Whether a handler that reads and one that does not were there at the end of their calls. */
static gboolean
have_met_deadline (Fixture *fixture)
{
  gboolean result;

  g_mutex_lock (&fixture->lock);
  result = fixture->n_unread > 0 && fixture->n_entered > fixture->n_unread;
  g_mutex_unlock (&fixture->lock);

  return result;
}

static void
test_deadline (Fixture *fixture,
               gconstpointer data)
{
  guint n_rounds = 0;

  g_test_summary ("The deadline of a call ends it while its handler blocks");

  /* A busy machine may need longer until the handlers run. */
  for (gint64 timeout_usec = 100000; !have_met_deadline (fixture); timeout_usec *= 2, n_rounds++)
    {
      g_autoptr (GrpcAioCallOptions) options = options_with_timeout (timeout_usec);
      g_autoptr (GrpcAioCall) chat = start_stream (fixture, "Chat", options);
      g_autoptr (GrpcAioCall) blocked = call (fixture, "Block", "", options);

      assert_failure (blocked, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
      wait_until (call_is_done, chat);
      g_assert_cmpint (grpc_aio_call_get_code (chat), ==, GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED);
      wait_for_active (fixture, 0);
    }

  let_go (fixture, n_rounds);
  wait_for (fixture, &fixture->n_inside, 0);
}

static gboolean
has_kept (gpointer data)
{
  Fixture *fixture = data;
  gboolean result;

  g_mutex_lock (&fixture->lock);
  result = fixture->kept->len > 0;
  g_mutex_unlock (&fixture->lock);

  return result;
}

static void
test_later (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioCall) kept = call (fixture, "Keep", "", NULL);
  g_autoptr (GBytes) response = bytes_from ("later");

  g_test_summary ("A handler in a thread may leave the answer to others");

  wait_until (has_kept, fixture);
  g_assert_false (grpc_aio_call_is_done (kept));
  grpc_aio_servicer_context_complete (g_ptr_array_index (fixture->kept, 0), response);
  assert_response (kept, "later");
}

static void
test_own_server (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);

  g_test_summary ("A handler in a thread calls its own server and waits for that");

  /* Threads are left for those that these call. */
  grpc_aio_server_set_max_threads (fixture->server, 20);
  for (guint i = 0; i < 10; i++)
    g_ptr_array_add (calls, call (fixture, "Ask", "myself", NULL));
  for (guint i = 0; i < 10; i++)
    assert_response (g_ptr_array_index (calls, i), "myself");
}

static void
test_stop_waits (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioCall) blocked = call (fixture, "Block", "in time", NULL);
  g_autoptr (GrpcAioCall) given_up = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server that stops waits for handlers in threads, also for those whose call is over");

  wait_for (fixture, &fixture->n_entered, 1);
  given_up = call (fixture, "Block", "", NULL);
  wait_for (fixture, &fixture->n_entered, 2);
  grpc_aio_server_stop_async (fixture->server, LONG_GRACE, NULL, store_result, &result);
  g_assert_true (grpc_aio_call_cancel (given_up));
  let_go (fixture, 1);
  wait_for (fixture, &fixture->n_left, 1);
  g_assert_null (result);
  let_go (fixture, 1);
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&result), &error));
  g_assert_no_error (error);
  g_assert_cmpuint (fixture->n_left, ==, 2);
}

static void
test_stop_grace_ends (Fixture *fixture,
                      gconstpointer data)
{
  g_autoptr (GrpcAioCall) blocked = NULL;
  g_autoptr (GrpcAioCall) waiting = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("At the end of the grace a server does not wait for handlers in threads any more");

  grpc_aio_server_set_max_threads (fixture->server, 1);
  blocked = call (fixture, "Block", "too late", NULL);
  wait_for (fixture, &fixture->n_entered, 1);
  waiting = call (fixture, "Echo", "", NULL);
  wait_for_active (fixture, 2);
  grpc_aio_server_stop_async (fixture->server, 20000, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&result), &error));
  g_assert_no_error (error);
  g_assert_cmpuint (fixture->n_inside, ==, 1);
  assert_failure (blocked, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  assert_failure (waiting, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);

  let_go (fixture, 1);
  wait_for (fixture, &fixture->n_left, 1);
  g_assert_cmpuint (fixture->n_entered, ==, 1);
}

static void
test_stop_in_handler (Fixture *fixture,
                      gconstpointer data)
{
  g_autoptr (GrpcAioCall) stops = call (fixture, "Stop", "", NULL);

  g_test_summary ("A handler in a thread may stop its own server and wait for that");

  assert_failure (stops, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  wait_for (fixture, &fixture->n_left, 1);
  g_assert_cmpint (grpc_aio_server_get_state (fixture->server), ==, GRPC_AIO_SERVER_STATE_STOPPED);
}

#define ADD(path, n_workers, func) \
  g_test_add (path, Fixture, GUINT_TO_POINTER (n_workers), fixture_set_up, func, fixture_tear_down)
#define ADD_BOTH(name, func) \
  G_STMT_START \
  { \
    ADD ("/server/blocking/" name, 0, func); \
    ADD ("/server/blocking/" name "/workers", 2, func); \
  } \
  G_STMT_END

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/server/blocking/properties", 0, test_properties);
  ADD_BOTH ("unary", test_unary);
  ADD_BOTH ("streams", test_streams);
  ADD_BOTH ("mixed", test_mixed);
  ADD_BOTH ("many", test_many);
  ADD_BOTH ("max-threads", test_max_threads);
  ADD_BOTH ("waiting-ends", test_waiting_ends);
  ADD_BOTH ("cancel", test_cancel);
  ADD_BOTH ("deadline", test_deadline);
  ADD_BOTH ("later", test_later);
  ADD_BOTH ("own-server", test_own_server);
  ADD_BOTH ("stop-waits", test_stop_waits);
  ADD_BOTH ("stop-grace-ends", test_stop_grace_ends);
  ADD_BOTH ("stop-in-handler", test_stop_in_handler);

  return g_test_run ();
}
