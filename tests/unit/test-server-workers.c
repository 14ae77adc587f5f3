/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-utils.h"

#include <string.h>

#define N_WORKERS 2
#define N_STREAMS 40
#define LONG_GRACE (30 * G_USEC_PER_SEC)

/* Handlers wait at most so long for each other. */
#define MEETING_USEC (30 * G_USEC_PER_SEC)

/* What handlers do, and leave for the test to see. */
typedef struct
{
  GrpcAioServer *server;
  GrpcAioChannel *channel;
  char *target;
  GThread *main_thread;

  gint was_stopped;     /* atomic; by a handler, with success */
  gint has_called_back; /* atomic */

  GMutex lock; /* for all that follows */
  GCond cond;
  GHashTable *threads; /* GThread → number of calls */
  GPtrArray *contexts; /* of calls that are kept */
  guint n_meeting;
  guint n_done;
  guint n_notified;
} Fixture;

/* A thread of the server, and not that of the test. Counts the calls of each. */
static void
check_thread (Fixture *fixture)
{
  GMainContext *context = g_main_context_get_thread_default ();
  guint n_calls;

  g_assert_true (g_thread_self () != fixture->main_thread);
  g_assert_nonnull (context);
  g_assert_true (g_main_context_is_owner (context));

  g_mutex_lock (&fixture->lock);
  n_calls = GPOINTER_TO_UINT (g_hash_table_lookup (fixture->threads, g_thread_self ()));
  g_hash_table_insert (fixture->threads, g_thread_self (), GUINT_TO_POINTER (n_calls + 1));
  g_mutex_unlock (&fixture->lock);
}

static void
handle_echo (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  check_thread (user_data);
  grpc_aio_servicer_context_complete (context, request);
}

/* Ends when so many handlers run at the same time as there are workers. */
static void
handle_meet (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  Fixture *fixture = user_data;
  gint64 end = g_get_monotonic_time () + MEETING_USEC;

  check_thread (fixture);
  g_mutex_lock (&fixture->lock);
  fixture->n_meeting++;
  g_cond_broadcast (&fixture->cond);
  while (fixture->n_meeting < N_WORKERS)
    g_assert_true (g_cond_wait_until (&fixture->cond, &fixture->lock, end));
  g_mutex_unlock (&fixture->lock);
  grpc_aio_servicer_context_complete (context, request);
}

static void
on_context_done (GrpcAioServicerContext *context,
                 gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_true (g_object_get_data (G_OBJECT (context), "thread") == g_thread_self ());
  g_mutex_lock (&fixture->lock);
  fixture->n_done++;
  g_mutex_unlock (&fixture->lock);
}

static void
on_message (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  GrpcAioServicerContext *context = GRPC_AIO_SERVICER_CONTEXT (source);
  g_autoptr (GBytes) message = grpc_aio_servicer_context_read_finish (context, result, NULL);

  g_assert_true (g_object_get_data (source, "thread") == g_thread_self ());
  if (message == NULL)
    {
      grpc_aio_servicer_context_complete (context, NULL);
      return;
    }

  grpc_aio_servicer_context_write_async (context, message, NULL, NULL, NULL);
  grpc_aio_servicer_context_read_async (context, NULL, on_message, user_data);
}

/* Sends each message back. All of a call is in one thread. */
static void
handle_chat (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  check_thread (user_data);
  g_object_set_data (G_OBJECT (context), "thread", g_thread_self ());
  g_signal_connect (context, "done", G_CALLBACK (on_context_done), user_data);
  grpc_aio_servicer_context_read_async (context, NULL, on_message, user_data);
}

static void
handle_hang (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  Fixture *fixture = user_data;

  check_thread (fixture);
  g_mutex_lock (&fixture->lock);
  g_ptr_array_add (fixture->contexts, g_object_ref (context));
  g_mutex_unlock (&fixture->lock);
}

/* Calls Echo of the server that the request names, and blocks. */
static void
handle_ask (GrpcAioServicerContext *context,
                  GBytes *request,
                  gpointer user_data)
{
  g_autofree char *target = g_strndup (g_bytes_get_data (request, NULL), g_bytes_get_size (request));
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new (target, NULL);
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = NULL;

  check_thread (user_data);
  response = grpc_aio_multi_callable_invoke_sync (echo, request, NULL, NULL, &error);
  g_assert_no_error (error);
  grpc_aio_servicer_context_complete (context, response);
}

static gboolean
has_company (Fixture *fixture)
{
  gboolean result;

  g_mutex_lock (&fixture->lock);
  result = fixture->n_meeting > 1;
  g_mutex_unlock (&fixture->lock);

  return result;
}

/* Runs its loop until another call has come through it. */
static void
handle_nest (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  Fixture *fixture = user_data;
  gboolean is_first;

  check_thread (fixture);
  g_mutex_lock (&fixture->lock);
  is_first = fixture->n_meeting++ == 0;
  g_mutex_unlock (&fixture->lock);

  while (is_first && !has_company (fixture))
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  grpc_aio_servicer_context_complete (context, request);
}

static void
handle_stop (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GError) error = NULL;

  check_thread (fixture);
  grpc_aio_servicer_context_complete (context, request);
  g_atomic_int_set (&fixture->was_stopped, grpc_aio_server_stop_sync (grpc_aio_servicer_context_get_server (context), -1, NULL, &error));
  g_assert_no_error (error);
}

static void
on_late_result (GObject *source,
                GAsyncResult *result,
                gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GBytes) response = grpc_aio_multi_callable_invoke_finish (GRPC_AIO_MULTI_CALLABLE (source), result, NULL);

  g_assert_null (response);
  g_assert_true (g_thread_self () != fixture->main_thread);
  g_atomic_int_set (&fixture->has_called_back, TRUE);
}

/* Starts a call that outlives its own one, and the server. */
static void
handle_call_on (GrpcAioServicerContext *context,
                GBytes *request,
                gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autofree char *target = g_strndup (g_bytes_get_data (request, NULL), g_bytes_get_size (request));
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new (target, NULL);
  g_autoptr (GrpcAioMultiCallable) hang = grpc_aio_channel_unary_unary (channel, "/test.Peer/Hang");
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (G_USEC_PER_SEC / 2);

  check_thread (fixture);
  grpc_aio_multi_callable_invoke_async (hang, request, options, NULL, on_late_result, fixture);
  grpc_aio_servicer_context_complete (context, request);
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
on_notify_state (GrpcAioServer *server,
                 GParamSpec *pspec,
                 gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_true (g_thread_self () == fixture->main_thread);
  fixture->n_notified++;
}

static void
add_unary (Fixture *fixture,
           GrpcAioService *service,
           const char *name,
           GrpcAioHandlerFunc handler)
{
  add_method (service, name, grpc_aio_rpc_method_handler_new_unary_unary (handler, fixture, NULL));
}

/* A server that has not started. */
static void
create (Fixture *fixture,
        guint n_workers)
{
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Workers");
  g_autoptr (GError) error = NULL;
  int port;

  add_unary (fixture, service, "Echo", handle_echo);
  add_unary (fixture, service, "Meet", handle_meet);
  add_unary (fixture, service, "Hang", handle_hang);
  add_unary (fixture, service, "Ask", handle_ask);
  add_unary (fixture, service, "Nest", handle_nest);
  add_unary (fixture, service, "Stop", handle_stop);
  add_unary (fixture, service, "CallOn", handle_call_on);
  add_method (service, "Chat", grpc_aio_rpc_method_handler_new_stream_stream (handle_chat, fixture, NULL));

  g_mutex_init (&fixture->lock);
  g_cond_init (&fixture->cond);
  fixture->main_thread = g_thread_self ();
  fixture->threads = g_hash_table_new (NULL, NULL);
  fixture->contexts = g_ptr_array_new_with_free_func (g_object_unref);
  fixture->server = grpc_aio_server_new ();
  grpc_aio_server_set_n_workers (fixture->server, n_workers);
  grpc_aio_server_add_service (fixture->server, service);
  port = grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  fixture->target = g_strdup_printf ("127.0.0.1:%d", port);
  fixture->channel = grpc_aio_channel_new (fixture->target, NULL);
}

static void
start (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  g_assert_no_error (error);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  create (fixture, N_WORKERS);
  start (fixture);
  g_signal_connect (fixture->server, "notify::state", G_CALLBACK (on_notify_state), fixture);
}

static void
fixture_set_up_one (Fixture *fixture,
                    gconstpointer data)
{
  create (fixture, 1);
  start (fixture);
}

static void
fixture_set_up_new (Fixture *fixture,
                    gconstpointer data)
{
  create (fixture, 0);
}

static void
stop (Fixture *fixture,
      gint64 grace_usec)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_server_stop_async (fixture->server, grace_usec, NULL, store_result, &result);
  g_assert_null (result);
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&result), &error));
  g_assert_no_error (error);
}

static guint
count_threads (const char *wanted)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  const char *task;
  guint n = 0;

  g_assert_nonnull (tasks);
  while ((task = g_dir_read_name (tasks)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/task", task, "comm", NULL);
      g_autofree char *name = NULL;

      if (g_file_get_contents (path, &name, NULL, NULL) && g_str_has_prefix (name, wanted))
        n++;
    }

  return n;
}

static void
wait_for_threads (const char *name,
                  guint n)
{
  while (count_threads (name) != n)
    g_usleep (1000);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_clear_object (&fixture->channel);
  if (fixture->server != NULL)
    {
      stop (fixture, 0);
      g_clear_pointer (&fixture->contexts, g_ptr_array_unref);
      wait_for_threads ("grpc-aio-worker", 0);
      assert_finalizes (fixture->server);
    }
  g_clear_pointer (&fixture->contexts, g_ptr_array_unref);
  g_hash_table_unref (fixture->threads);
  g_free (fixture->target);
  g_mutex_clear (&fixture->lock);
  g_cond_clear (&fixture->cond);
}

static GBytes *
invoke (Fixture *fixture,
        const char *name,
        const char *request,
        GError **error)
{
  g_autofree char *method = g_strconcat ("/test.Workers/", name, NULL);
  g_autoptr (GrpcAioMultiCallable) multi_callable = grpc_aio_channel_unary_unary (fixture->channel, method);
  g_autoptr (GBytes) bytes = bytes_from (request);
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_multi_callable_invoke_async (multi_callable, bytes, NULL, NULL, store_result, &result);

  return grpc_aio_multi_callable_invoke_finish (multi_callable, await (&result), error);
}

static void
assert_answers (Fixture *fixture,
                const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = invoke (fixture, name, "request", &error);

  g_assert_no_error (error);
  assert_bytes (response, "request");
}

static GrpcAioCall *
begin (Fixture *fixture,
       const char *name)
{
  g_autofree char *method = g_strconcat ("/test.Workers/", name, NULL);
  g_autoptr (GrpcAioMultiCallable) multi_callable = grpc_aio_channel_unary_unary (fixture->channel, method);
  g_autoptr (GBytes) request = bytes_from ("request");

  return grpc_aio_multi_callable_call (multi_callable, request, NULL);
}

static void
test_property (Fixture *fixture,
               gconstpointer data)
{
  guint n_workers = 0, n_notified = 0;

  g_test_summary ("The number of workers is set before the start");

  g_signal_connect_swapped (fixture->server, "notify::n-workers", G_CALLBACK (g_atomic_int_inc), &n_notified);
  g_assert_cmpuint (grpc_aio_server_get_n_workers (fixture->server), ==, 0);

  g_object_set (fixture->server, "n-workers", 3, NULL);
  g_object_get (fixture->server, "n-workers", &n_workers, NULL);
  g_assert_cmpuint (n_workers, ==, 3);
  g_assert_cmpuint (n_notified, ==, 1);

  grpc_aio_server_set_n_workers (fixture->server, 3);
  g_assert_cmpuint (n_notified, ==, 1);
  grpc_aio_server_set_n_workers (fixture->server, 1);
  g_assert_cmpuint (n_notified, ==, 2);

  start (fixture);
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*is_new*");
  grpc_aio_server_set_n_workers (fixture->server, 2);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (grpc_aio_server_get_n_workers (fixture->server), ==, 1);

  assert_answers (fixture, "Echo");
  g_assert_cmpuint (count_threads ("grpc-aio-worker"), ==, 1);
}

static void
test_calls (Fixture *fixture,
            gconstpointer data)
{
  g_test_summary ("Handlers run in threads of the server, and the server tells of itself in ours");

  g_assert_cmpuint (count_threads ("grpc-aio-worker"), ==, N_WORKERS);
  for (guint i = 0; i < 100; i++)
    assert_answers (fixture, "Echo");

  stop (fixture, LONG_GRACE);
  g_assert_cmpuint (fixture->n_notified, ==, 2);
  g_assert_cmpint (grpc_aio_server_get_state (fixture->server), ==, GRPC_AIO_SERVER_STATE_STOPPED);

  /* Again, after the threads have ended. */
  wait_for_threads ("grpc-aio-worker", 0);
  stop (fixture, 0);
}

static void
test_at_the_same_time (Fixture *fixture,
                       gconstpointer data)
{
  GrpcAioCall *calls[N_WORKERS] = { NULL };

  g_test_summary ("Calls of one connection are handled at the same time");

  assert_answers (fixture, "Echo");
  for (guint i = 0; i < N_WORKERS; i++)
    calls[i] = begin (fixture, "Meet");
  for (guint i = 0; i < N_WORKERS; i++)
    {
      iterate_until (call_is_done, calls[i]);
      g_assert_cmpint (grpc_aio_call_get_code (calls[i]), ==, GRPC_AIO_STATUS_CODE_OK);
      g_object_unref (calls[i]);
    }
  g_assert_cmpuint (g_hash_table_size (fixture->threads), ==, N_WORKERS);
}

/* Streams */

static guint
count_chats (Fixture *fixture,
             gboolean done)
{
  GHashTableIter iter;
  gpointer n_calls;
  guint n = 0;

  g_mutex_lock (&fixture->lock);
  g_hash_table_iter_init (&iter, fixture->threads);
  while (!done && g_hash_table_iter_next (&iter, NULL, &n_calls))
    n += GPOINTER_TO_UINT (n_calls);
  if (done)
    n = fixture->n_done;
  g_mutex_unlock (&fixture->lock);

  return n;
}

static void
on_read (GObject *source,
         GAsyncResult *result,
         gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = grpc_aio_call_read_finish (GRPC_AIO_CALL (source), result, &error);

  g_assert_no_error (error);
  assert_bytes (message, "message");
  (*(guint *) user_data)++;
}

static gboolean
is_n_streams (gpointer n)
{
  return *(guint *) n == N_STREAMS;
}

static void
test_streams (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) chat = grpc_aio_channel_stream_stream (fixture->channel, "/test.Workers/Chat");
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GBytes) message = bytes_from ("message");
  GHashTableIter iter;
  gpointer n_calls;
  guint n_read = 0;

  g_test_summary ("Streams of one connection are shared out, each to one thread");

  for (guint i = 0; i < N_STREAMS; i++)
    {
      GrpcAioCall *call = grpc_aio_multi_callable_call (chat, NULL, NULL);

      g_ptr_array_add (calls, call);
      grpc_aio_call_write_async (call, message, NULL, NULL, NULL);
      grpc_aio_call_read_async (call, NULL, on_read, &n_read);
    }
  iterate_until (is_n_streams, &n_read);
  g_assert_cmpuint (count_chats (fixture, FALSE), ==, N_STREAMS);
  g_assert_cmpuint (g_hash_table_size (fixture->threads), ==, N_WORKERS);
  g_hash_table_iter_init (&iter, fixture->threads);
  while (g_hash_table_iter_next (&iter, NULL, &n_calls))
    g_assert_cmpuint (GPOINTER_TO_UINT (n_calls), >=, N_STREAMS / N_WORKERS / 2);

  for (guint i = 0; i < N_STREAMS; i++)
    grpc_aio_call_done_writing_async (calls->pdata[i], NULL, NULL, NULL);
  for (guint i = 0; i < N_STREAMS; i++)
    {
      iterate_until (call_is_done, calls->pdata[i]);
      g_assert_cmpint (grpc_aio_call_get_code (calls->pdata[i]), ==, GRPC_AIO_STATUS_CODE_OK);
    }
  stop (fixture, LONG_GRACE);
  g_assert_cmpuint (count_chats (fixture, TRUE), ==, N_STREAMS);
}

static gboolean
has_contexts (gpointer data)
{
  Fixture *fixture = data;
  guint n;

  g_mutex_lock (&fixture->lock);
  n = fixture->contexts->len;
  g_mutex_unlock (&fixture->lock);

  /* The handlers do not wake this thread. */
  if (n < 2 * N_WORKERS)
    g_usleep (1000);

  return n == 2 * N_WORKERS;
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* Several calls in each worker, kept by their handlers. */
static GPtrArray *
begin_hanging (Fixture *fixture)
{
  GPtrArray *calls = g_ptr_array_new_with_free_func (g_object_unref);
  guint tick = g_timeout_add (1, on_tick, NULL);

  for (guint i = 0; i < 2 * N_WORKERS; i++)
    g_ptr_array_add (calls, begin (fixture, "Hang"));
  iterate_until (has_contexts, fixture);
  g_source_remove (tick);

  return calls;
}

static void
test_grace (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GPtrArray) calls = begin_hanging (fixture);

  g_test_summary ("Calls that run when the grace ends are cancelled");

  stop (fixture, G_USEC_PER_SEC / 50);
  g_assert_cmpuint (fixture->n_notified, ==, 2);
  for (guint i = 0; i < calls->len; i++)
    {
      iterate_until (call_is_done, calls->pdata[i]);
      g_assert_cmpint (grpc_aio_call_get_code (calls->pdata[i]), !=, GRPC_AIO_STATUS_CODE_OK);
      g_assert_true (grpc_aio_servicer_context_is_cancelled (fixture->contexts->pdata[i]));
    }
}

static void
test_answer_elsewhere (Fixture *fixture,
                       gconstpointer data)
{
  g_autoptr (GPtrArray) calls = begin_hanging (fixture);
  g_autoptr (GBytes) response = bytes_from ("response");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Any thread may answer, also while the server stops");

  grpc_aio_server_stop_async (fixture->server, LONG_GRACE, NULL, store_result, &result);
  for (guint i = 0; i < calls->len; i++)
    grpc_aio_servicer_context_complete (fixture->contexts->pdata[i], response);
  for (guint i = 0; i < calls->len; i++)
    {
      iterate_until (call_is_done, calls->pdata[i]);
      g_assert_cmpint (grpc_aio_call_get_code (calls->pdata[i]), ==, GRPC_AIO_STATUS_CODE_OK);
    }
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&result), &error));
  g_assert_no_error (error);
}

static void
test_dropped (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GPtrArray) calls = begin_hanging (fixture);
  GWeakRef weak_ref;

  g_test_summary ("A server whose last reference goes with a call ends its threads");

  g_weak_ref_init (&weak_ref, fixture->server);
  g_signal_handlers_disconnect_by_data (fixture->server, fixture);
  g_clear_object (&fixture->server);
  g_clear_pointer (&fixture->contexts, g_ptr_array_unref);
  for (guint i = 0; i < calls->len; i++)
    {
      iterate_until (call_is_done, calls->pdata[i]);
      g_assert_cmpint (grpc_aio_call_get_code (calls->pdata[i]), !=, GRPC_AIO_STATUS_CODE_OK);
    }
  wait_for_threads ("grpc-aio-worker", 0);
  g_assert_null (g_weak_ref_get (&weak_ref));
  g_weak_ref_clear (&weak_ref);
}

static void
test_sync_in_handler (Fixture *fixture,
                      gconstpointer data)
{
  Peer peer = { NULL };

  g_test_summary ("A handler may block for a call to another server");

  peer_set_up (&peer);
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) response = invoke (fixture, "Ask", peer.target, &error);

      g_assert_no_error (error);
      assert_bytes (response, peer.target);
    }
  peer_tear_down (&peer);
}

static void
test_nested_loop (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GrpcAioCall) first = begin (fixture, "Nest");
  g_autoptr (GrpcAioCall) second = begin (fixture, "Nest");

  g_test_summary ("A handler that runs its loop gets further calls");

  iterate_until (call_is_done, first);
  iterate_until (call_is_done, second);
  g_assert_cmpint (grpc_aio_call_get_code (first), ==, GRPC_AIO_STATUS_CODE_OK);
  g_assert_cmpint (grpc_aio_call_get_code (second), ==, GRPC_AIO_STATUS_CODE_OK);
  g_assert_cmpuint (g_hash_table_size (fixture->threads), ==, 1);
}

static void
test_stop_in_handler (Fixture *fixture,
                      gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A handler may stop the server, and block for that");

  grpc_aio_server_wait_for_termination_async (fixture->server, NULL, store_result, &result);
  assert_answers (fixture, "Stop");
  g_assert_true (grpc_aio_server_wait_for_termination_finish (fixture->server, await (&result), &error));
  g_assert_no_error (error);
  wait_for_threads ("grpc-aio-worker", 0);
  g_assert_true (g_atomic_int_get (&fixture->was_stopped));
}

static void
test_wait_cancelled (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Waiting can be given up, and calls back in our thread");

  grpc_aio_server_wait_for_termination_async (fixture->server, cancellable, store_result, &result);
  g_cancellable_cancel (cancellable);
  g_assert_null (result);
  g_assert_false (grpc_aio_server_wait_for_termination_finish (fixture->server, await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_answers (fixture, "Echo");
}

static gpointer
start_in_thread (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  start (data);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_home_gone (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("The main context in which the server was started is not needed");

  grpc_aio_server_set_n_workers (fixture->server, N_WORKERS);
  g_thread_join (g_thread_new ("starter", start_in_thread, fixture));
  assert_answers (fixture, "Echo");
  g_assert_true (grpc_aio_server_stop_sync (fixture->server, LONG_GRACE, NULL, &error));
  g_assert_no_error (error);
}

static void
test_stop_at_once (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server stops right after its start");

  grpc_aio_server_set_n_workers (fixture->server, 8);
  start (fixture);
  g_assert_true (grpc_aio_server_stop_sync (fixture->server, 0, NULL, &error));
  g_assert_no_error (error);
}

/* A call that a handler started has its result, though the server has stopped. */
static void
test_outlives_server (Fixture *fixture,
                      gconstpointer data)
{
  Peer peer = { NULL };
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("What a handler started calls back after the server has stopped");

  peer_set_up (&peer);
  response = invoke (fixture, "CallOn", peer.target, &error);
  g_assert_no_error (error);
  g_assert_nonnull (response);
  stop (fixture, LONG_GRACE);

  while (!g_atomic_int_get (&fixture->has_called_back))
    g_main_context_iteration (NULL, FALSE);
  wait_for_threads ("grpc-aio-worker", 0);
  peer_tear_down (&peer);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/server/workers/property", Fixture, NULL, fixture_set_up_new, test_property, fixture_tear_down);
  g_test_add ("/server/workers/calls", Fixture, NULL, fixture_set_up, test_calls, fixture_tear_down);
  g_test_add ("/server/workers/at-the-same-time", Fixture, NULL, fixture_set_up, test_at_the_same_time, fixture_tear_down);
  g_test_add ("/server/workers/streams", Fixture, NULL, fixture_set_up, test_streams, fixture_tear_down);
  g_test_add ("/server/workers/grace", Fixture, NULL, fixture_set_up, test_grace, fixture_tear_down);
  g_test_add ("/server/workers/answer-elsewhere", Fixture, NULL, fixture_set_up, test_answer_elsewhere, fixture_tear_down);
  g_test_add ("/server/workers/dropped", Fixture, NULL, fixture_set_up, test_dropped, fixture_tear_down);
  g_test_add ("/server/workers/sync-in-handler", Fixture, NULL, fixture_set_up, test_sync_in_handler, fixture_tear_down);
  g_test_add ("/server/workers/nested-loop", Fixture, NULL, fixture_set_up_one, test_nested_loop, fixture_tear_down);
  g_test_add ("/server/workers/stop-in-handler", Fixture, NULL, fixture_set_up, test_stop_in_handler, fixture_tear_down);
  g_test_add ("/server/workers/wait-cancelled", Fixture, NULL, fixture_set_up, test_wait_cancelled, fixture_tear_down);
  g_test_add ("/server/workers/home-gone", Fixture, NULL, fixture_set_up_new, test_home_gone, fixture_tear_down);
  g_test_add ("/server/workers/stop-at-once", Fixture, NULL, fixture_set_up_new, test_stop_at_once, fixture_tear_down);
  g_test_add ("/server/workers/outlives-server", Fixture, NULL, fixture_set_up, test_outlives_server, fixture_tear_down);

  return g_test_run ();
}
