/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Many threads, each with its own main context, on one channel and on many, and
 * to servers that have threads of their own: every callback runs in the thread and the context that asked for it. */

#include "rel.h"

#define N_THREADS 8
#define N_CALLS 500
#define N_CALLS_FULL 10000
#define N_OUTSTANDING 20

typedef enum
{
  SHARED_CHANNEL,
  OWN_CHANNEL,
  OWN_SERVER, /* and client, in the same context */
  ONE_WORKER, /* in this process, for all */
  TWO_WORKERS,
  EIGHT_WORKERS,
} Setting;

typedef struct
{
  Setting setting;
  const char *target;
  GrpcAioChannel *channel;
  guint n_calls;

  GThread *thread;
  GMainContext *context;
  guint n_to_start;
  guint n_ended;
  guint n_callbacks;
} Worker;

static void start_call (Worker *worker);

static void
check_thread (Worker *worker)
{
  g_assert_true (g_thread_self () == worker->thread);
  g_assert_true (g_main_context_is_owner (worker->context));
  g_assert_true (g_main_context_get_thread_default () == worker->context);
  worker->n_callbacks++;
}

static void
end_call (Worker *worker)
{
  worker->n_ended++;
  if (worker->n_to_start > 0)
    start_call (worker);
}

static void
on_response (GObject *source,
             GAsyncResult *result,
             gpointer user_data)
{
  Worker *worker = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = grpc_aio_call_response_finish (GRPC_AIO_CALL (source), result, &error);

  check_thread (worker);
  g_assert_no_error (error);
  g_assert_nonnull (response);
}

static void
on_done (GrpcAioCall *call,
         gpointer user_data)
{
  Worker *worker = user_data;

  check_thread (worker);
  g_assert_cmpint (grpc_aio_call_get_code (call), ==, GRPC_AIO_STATUS_CODE_OK);
  g_object_unref (call);
  end_call (worker);
}

static void
on_read (GObject *source,
         GAsyncResult *result,
         gpointer user_data)
{
  Worker *worker = user_data;
  GrpcAioCall *call = GRPC_AIO_CALL (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = grpc_aio_call_read_finish (call, result, &error);

  check_thread (worker);
  g_assert_no_error (error);
  if (message != NULL)
    {
      grpc_aio_call_done_writing_async (call, NULL, NULL, NULL);
      grpc_aio_call_read_async (call, NULL, on_read, worker);
    }
}

static void
on_cancelled_done (GrpcAioCall *call,
                   gpointer user_data)
{
  Worker *worker = user_data;

  check_thread (worker);
  g_assert_cmpint (grpc_aio_call_get_code (call), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
  g_object_unref (call);
  end_call (worker);
}

/* Of 10 calls one is a bidirectional stream, one is cancelled. */
static void
start_call (Worker *worker)
{
  guint number = worker->n_to_start--;
  GrpcAioCall *call;
  g_autoptr (GBytes) message = NULL;

  switch (number % 10)
    {
    case 0:
      call = rel_call (worker->channel, "Chat", NULL, -1);
      message = g_bytes_new_static ("message", 7);
      g_signal_connect (call, "done", G_CALLBACK (on_done), worker);
      grpc_aio_call_write_async (call, message, NULL, NULL, NULL);
      grpc_aio_call_read_async (call, NULL, on_read, worker);
      break;

    case 1:
      call = rel_call (worker->channel, "Hang", NULL, -1);
      g_signal_connect (call, "done", G_CALLBACK (on_cancelled_done), worker);
      g_assert_true (grpc_aio_call_cancel (call));
      break;

    default:
      call = rel_call (worker->channel, "Echo", "message", -1);
      g_signal_connect (call, "done", G_CALLBACK (on_done), worker);
      grpc_aio_call_response_async (call, NULL, on_response, worker);
      break;
    }
}

static gpointer
work (gpointer data)
{
  Worker *worker = data;
  GrpcAioServer *server = NULL;
  g_autofree char *target = NULL;

  worker->thread = g_thread_self ();
  worker->context = rel_push_context ();
  if (worker->setting == OWN_SERVER)
    server = rel_serve (0, &target);
  if (worker->channel == NULL)
    worker->channel = rel_channel_new (target != NULL ? target : worker->target);

  worker->n_to_start = worker->n_calls;
  for (guint i = 0; i < N_OUTSTANDING; i++)
    start_call (worker);
  rel_iterate_until (&worker->n_ended, worker->n_calls);
  g_assert_cmpuint (worker->n_ended, ==, worker->n_calls);

  g_clear_object (&worker->channel);
  if (server != NULL)
    rel_stop (server);
  rel_pop_context (worker->context);

  return NULL;
}

static void
test_threads (gconstpointer user_data)
{
  Setting setting = GPOINTER_TO_UINT (user_data);
  static const guint numbers_of_workers[] = { [ONE_WORKER] = 1, [TWO_WORKERS] = 2, [EIGHT_WORKERS] = 8 };
  const guint n_workers = numbers_of_workers[setting];
  g_autoptr (RelPeer) peer = n_workers == 0 ? rel_peer_new () : NULL;
  g_autofree char *target = peer != NULL ? g_strdup (peer->target) : NULL;
  GrpcAioServer *server = n_workers > 0 ? rel_serve (n_workers, &target) : NULL;
  g_autoptr (GrpcAioChannel) channel = rel_channel_new (target);
  GThread *threads[N_THREADS];
  Worker workers[N_THREADS] = { 0 };
  guint n_calls = rel_is_full () ? N_CALLS_FULL : N_CALLS;
  guint n_callbacks = 0;
  gint64 start = g_get_monotonic_time ();

  for (guint i = 0; i < N_THREADS; i++)
    {
      workers[i].setting = setting;
      workers[i].target = target;
      workers[i].n_calls = n_calls;
      if (setting == SHARED_CHANNEL)
        workers[i].channel = g_object_ref (channel);
      threads[i] = g_thread_new ("worker", work, &workers[i]);
    }

  for (guint i = 0; i < N_THREADS; i++)
    {
      g_thread_join (threads[i]);
      g_assert_cmpuint (workers[i].n_ended, ==, n_calls);
      n_callbacks += workers[i].n_callbacks;
    }

  if (server != NULL)
    rel_stop (server);

  g_test_message ("%u threads, %u calls each, %u callbacks, all in the right thread; %.0f calls/s", N_THREADS, n_calls, n_callbacks, N_THREADS * n_calls * 1e6 / (g_get_monotonic_time () - start));
}

int
main (int argc,
      char **argv)
{
  rel_init (&argc, &argv);

  g_test_add_data_func ("/rel/threads/shared-channel", GUINT_TO_POINTER (SHARED_CHANNEL), test_threads);
  g_test_add_data_func ("/rel/threads/own-channel", GUINT_TO_POINTER (OWN_CHANNEL), test_threads);
  g_test_add_data_func ("/rel/threads/own-server", GUINT_TO_POINTER (OWN_SERVER), test_threads);
  g_test_add_data_func ("/rel/threads/one-worker", GUINT_TO_POINTER (ONE_WORKER), test_threads);
  g_test_add_data_func ("/rel/threads/two-workers", GUINT_TO_POINTER (TWO_WORKERS), test_threads);
  g_test_add_data_func ("/rel/threads/eight-workers", GUINT_TO_POINTER (EIGHT_WORKERS), test_threads);

  return g_test_run ();
}
