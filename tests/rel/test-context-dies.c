/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Main contexts that are used in unusual ways, or go away with calls in
 * flight: no crash, no deadlock, and all that was made is freed. */

#include "rel.h"

#define N_CALLS 100

typedef struct
{
  RelPeer *peer;
  GrpcAioChannel *channel;
  gint n_objects;
  gint n_freed; /* atomic */
} Fixture;

static void
on_freed (gpointer user_data,
          GObject *object)
{
  Fixture *fixture = user_data;

  g_atomic_int_inc (&fixture->n_freed);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer user_data)
{
  fixture->peer = rel_peer_new ();
  fixture->channel = rel_channel_new (fixture->peer->target);
}

/* The channel works on, whatever happened to a context. */
static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer user_data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = NULL;
  GrpcAioCall *call = rel_call (fixture->channel, "Echo", "still here", -1);

  grpc_aio_call_response_async (call, NULL, rel_store_result, &result);
  response = grpc_aio_call_response_finish (call, rel_await (&result), &error);
  g_assert_no_error (error);
  g_object_unref (call);
  g_clear_object (&result);

  /* What the calls of the other contexts hold may be let go in the poller. */
  while (g_atomic_int_get (&fixture->n_freed) < fixture->n_objects)
    {
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }

  g_clear_object (&fixture->channel);
  rel_peer_free (fixture->peer);
}

static void
never_called (GObject *source,
              GAsyncResult *result,
              gpointer user_data)
{
  g_assert_not_reached ();
}

static GrpcAioCall *
start_call (Fixture *fixture,
            const char *method)
{
  GrpcAioCall *call = rel_call (fixture->channel, method, "message", -1);

  g_object_weak_ref (G_OBJECT (call), on_freed, fixture);
  fixture->n_objects++;

  return call;
}

/* Some are unary, some stream; some have something going on. */
static GPtrArray *
start_calls (Fixture *fixture)
{
  static const char *const methods[] = { "Hang", "HangChat", "Flow", "Chat", "Echo" };
  GPtrArray *calls = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < N_CALLS; i++)
    g_ptr_array_add (calls, start_call (fixture, methods[i % G_N_ELEMENTS (methods)]));

  return calls;
}

/* The context and all the references go, with the calls in flight */

static void
cancel_all (GPtrArray *calls)
{
  for (guint i = 0; i < calls->len; i++)
    grpc_aio_call_cancel (g_ptr_array_index (calls, i));
}

static gpointer
drop_in_thread (gpointer data)
{
  Fixture *fixture = data;
  GMainContext *context = rel_push_context ();
  g_autoptr (GPtrArray) calls = start_calls (fixture);

  for (guint i = 0; i < 10; i++)
    g_main_context_iteration (context, FALSE);
  rel_pop_context (context);

  /* A unary call would go on, until its server answers. */
  cancel_all (calls);

  return NULL;
}

static void
test_drop (Fixture *fixture,
           gconstpointer user_data)
{
  g_test_summary ("A thread ends, its context goes, with calls that nobody waits for");

  g_thread_join (g_thread_new ("drop", drop_in_thread, fixture));
}

/* The calls outlive the context and the thread */

static gpointer
leave_in_thread (gpointer data)
{
  Fixture *fixture = data;
  GMainContext *context = rel_push_context ();
  GPtrArray *calls = start_calls (fixture);

  for (guint i = 0; i < 10; i++)
    g_main_context_iteration (context, FALSE);
  rel_pop_context (context);

  return calls;
}

static void
test_outlived (Fixture *fixture,
               gconstpointer user_data)
{
  g_autoptr (GPtrArray) calls = NULL;
  RelStats stats;

  g_test_summary ("Calls are cancelled and dropped by another thread when theirs and its context are gone");

  calls = g_thread_join (g_thread_new ("leave", leave_in_thread, fixture));
  for (guint i = 0; i < calls->len; i++)
    {
      GrpcAioCall *call = g_ptr_array_index (calls, i);

      grpc_aio_call_get_state (call);
      grpc_aio_call_time_remaining (call);
      g_free (grpc_aio_call_dup_peer (call));
    }
  cancel_all (calls);

  /* The other end is told all the same. */
  do
    rel_peer_get_stats (fixture->peer, fixture->channel, &stats);
  while (stats.n_freed < stats.n_started);
}

static void
test_waited_for_elsewhere (Fixture *fixture,
                           gconstpointer user_data)
{
  GThread *thread;
  g_autoptr (GPtrArray) calls = NULL;

  g_test_summary ("Calls whose context is gone still answer to a context that is alive");

  thread = g_thread_new ("leave", leave_in_thread, fixture);
  calls = g_thread_join (thread);
  cancel_all (calls);
  for (guint i = 0; i < calls->len; i++)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      GrpcAioCall *call = g_ptr_array_index (calls, i);

      grpc_aio_call_status_async (call, NULL, rel_store_result, &result);
      grpc_aio_call_status_finish (call, rel_await (&result), &error);
      g_assert_no_error (error);
    }
}

/* Operations wait in a context that nobody will iterate again */

static gpointer
wait_in_thread (gpointer data)
{
  Fixture *fixture = data;
  GMainContext *context = rel_push_context ();
  g_autoptr (GPtrArray) calls = start_calls (fixture);
  g_autoptr (GBytes) message = g_bytes_new_static ("message", 7);

  for (guint i = 0; i < calls->len; i++)
    {
      GrpcAioCall *call = g_ptr_array_index (calls, i);

      grpc_aio_call_status_async (call, NULL, never_called, NULL);
      if (i % 5 == 1 || i % 5 == 3)
        grpc_aio_call_write_async (call, message, NULL, NULL, NULL);
      if (i % 5 > 0 && i % 5 < 4)
        grpc_aio_call_read_async (call, NULL, never_called, NULL);
    }
  cancel_all (calls);
  rel_pop_context (context);

  return NULL;
}

static void
test_pending (Fixture *fixture,
              gconstpointer user_data)
{
  g_test_summary ("A context is never iterated, and goes, with operations that wait in it");

  g_thread_join (g_thread_new ("wait", wait_in_thread, fixture));

  /* An operation keeps its call, its context keeps the operation, and nobody
   * iterates that: nothing can be freed, but everything else goes on. */
  fixture->n_objects = 0;
}

static void
test_never_iterated (Fixture *fixture,
                     gconstpointer user_data)
{
  GMainContext *context = rel_push_context ();
  g_autoptr (GPtrArray) calls = start_calls (fixture);

  g_test_summary ("Calls start in a context that is never iterated");

  cancel_all (calls);
  g_clear_pointer (&calls, g_ptr_array_unref);
  rel_pop_context (context);
}

/* A server whose context goes */

static gpointer
serve_in_thread (gpointer data)
{
  char **target = data;
  GMainContext *context = rel_push_context ();
  GrpcAioServer *server = rel_serve (0, target);

  for (guint i = 0; i < 10; i++)
    g_main_context_iteration (context, FALSE);
  rel_pop_context (context);

  return server;
}

static void
test_server (Fixture *fixture,
             gconstpointer user_data)
{
  g_autofree char *target = NULL;
  GrpcAioServer *server;
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GrpcAioCall *call;
  GrpcAioServer *remains;

  g_test_summary ("A server whose context is gone refuses calls, and goes");

  server = g_thread_join (g_thread_new ("serve", serve_in_thread, &target));
  channel = rel_channel_new (target);
  call = rel_call (channel, "Echo", "message", 20 * G_USEC_PER_SEC);
  grpc_aio_call_response_async (call, NULL, rel_store_result, &result);
  g_assert_null (grpc_aio_call_response_finish (call, rel_await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_object_unref (call);

  remains = server;
  g_object_add_weak_pointer (G_OBJECT (server), (gpointer *) &remains);
  g_object_unref (server);
  while (remains != NULL)
    {
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
}

/* Nested loops */

typedef struct
{
  Fixture *fixture;
  guint depth;
  guint n_ended;
} Nest;

static void
on_nested (GObject *source,
           GAsyncResult *result,
           gpointer user_data)
{
  Nest *nest = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = grpc_aio_call_response_finish (GRPC_AIO_CALL (source), result, &error);

  g_assert_no_error (error);
  g_assert_nonnull (response);

  if (nest->depth > 0)
    {
      GrpcAioCall *call = start_call (nest->fixture, "Echo");
      guint n_ended = nest->n_ended;

      nest->depth--;
      grpc_aio_call_response_async (call, NULL, on_nested, nest);
      g_object_unref (call);
      rel_iterate_until (&nest->n_ended, n_ended + 1);

      /* And one that blocks. */
      if (nest->depth % 2 == 0)
        {
          RelStats stats;

          rel_peer_get_stats (nest->fixture->peer, nest->fixture->channel, &stats);
        }
    }
  nest->n_ended++;
}

static void
test_nested (Fixture *fixture,
             gconstpointer user_data)
{
  Nest nest = { fixture, 50, 0 };

  g_test_summary ("Callbacks run the main loop until the next callback, many deep");

  for (guint i = 0; i < 20; i++)
    {
      GrpcAioCall *call = start_call (fixture, "Echo");

      grpc_aio_call_response_async (call, NULL, on_nested, &nest);
      g_object_unref (call);
    }
  rel_iterate_until (&nest.n_ended, 70);
  g_assert_cmpuint (nest.n_ended, ==, 70);
}

/* Iterated by hand */

static void
on_counted (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  guint *n_ended = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = grpc_aio_call_response_finish (GRPC_AIO_CALL (source), result, &error);

  g_assert_no_error (error);
  ++*n_ended;
}

static void
start_echoes (Fixture *fixture,
              guint n,
              guint *n_ended)
{
  for (guint i = 0; i < n; i++)
    {
      GrpcAioCall *call = start_call (fixture, "Echo");

      grpc_aio_call_response_async (call, NULL, on_counted, n_ended);
      g_object_unref (call);
    }
}

static void
iterate_in_pieces (GMainContext *context)
{
  GPollFD fds[16];
  GPollFunc poll_func = g_main_context_get_poll_func (context);
  int priority, timeout, n_fds;

  g_assert_true (g_main_context_acquire (context));
  g_main_context_prepare (context, &priority);
  n_fds = g_main_context_query (context, priority, &timeout, fds, G_N_ELEMENTS (fds));
  g_assert_cmpint (n_fds, <=, G_N_ELEMENTS (fds));
  poll_func (fds, n_fds, timeout);
  if (g_main_context_check (context, priority, fds, n_fds))
    g_main_context_dispatch (context);
  g_main_context_release (context);
}

static void
test_by_hand (Fixture *fixture,
              gconstpointer user_data)
{
  GMainContext *context = rel_push_context ();
  guint n_ended = 0;

  g_test_summary ("A context is iterated without blocking, with blocking, and in pieces");

  start_echoes (fixture, N_CALLS, &n_ended);
  while (n_ended < N_CALLS)
    g_main_context_iteration (context, FALSE);

  start_echoes (fixture, N_CALLS, &n_ended);
  while (n_ended < 2 * N_CALLS)
    g_main_context_iteration (context, TRUE);

  start_echoes (fixture, N_CALLS, &n_ended);
  while (n_ended < 3 * N_CALLS)
    iterate_in_pieces (context);

  rel_pop_context (context);
}

static void
test_foreign_poll (Fixture *fixture,
                   gconstpointer user_data)
{
  GMainContext *context = rel_push_context ();
  GPollFD fds[16];
  guint n_ended = 0;
  int priority, timeout, n_fds;

  g_test_summary ("Another event loop polls for the context");

  if (g_strcmp0 (g_getenv ("GRPC_AIO_ENGINE"), "loop") == 0)
    {
      g_test_skip ("An accelerated context needs its own poll function");
      rel_pop_context (context);
      return;
    }

  start_echoes (fixture, N_CALLS, &n_ended);
  while (n_ended < N_CALLS)
    {
      g_assert_true (g_main_context_acquire (context));
      g_main_context_prepare (context, &priority);
      n_fds = g_main_context_query (context, priority, &timeout, fds, G_N_ELEMENTS (fds));
      g_poll (fds, n_fds, timeout);
      if (g_main_context_check (context, priority, fds, n_fds))
        g_main_context_dispatch (context);
      g_main_context_release (context);
    }

  rel_pop_context (context);
}

/* Owned by one thread after the other */

typedef struct
{
  GMainContext *context;
  guint *n_ended;
  guint until;
} Turn;

static gpointer
take_turn (gpointer data)
{
  Turn *turn = data;

  g_main_context_push_thread_default (turn->context);
  rel_iterate_until (turn->n_ended, turn->until);
  g_main_context_pop_thread_default (turn->context);

  return NULL;
}

static void
test_in_turn (Fixture *fixture,
              gconstpointer user_data)
{
  GMainContext *context = g_main_context_new ();
  guint n_ended = 0;

  g_test_summary ("Threads own a context in turn, and each finds the calls that another started");

  for (guint i = 0; i < 10; i++)
    {
      Turn turn = { context, &n_ended, (i + 1) * N_CALLS };

      g_main_context_push_thread_default (context);
      start_echoes (fixture, N_CALLS, &n_ended);
      g_main_context_pop_thread_default (context);

      g_thread_join (g_thread_new ("turn", take_turn, &turn));
      g_assert_cmpuint (n_ended, ==, turn.until);
    }

  g_main_context_unref (context);
}

/* Iterated again after a long rest */

static void
test_rested (Fixture *fixture,
             gconstpointer user_data)
{
  GMainContext *context = g_main_context_new ();
  guint n_ended = 0;
  RelStats stats;

  g_test_summary ("A context whose loop did not run finds all that happened meanwhile");

  g_main_context_push_thread_default (context);
  start_echoes (fixture, N_CALLS, &n_ended);
  g_main_context_pop_thread_default (context);

  for (guint i = 0; i < 100; i++)
    rel_peer_get_stats (fixture->peer, fixture->channel, &stats);
  g_assert_cmpuint (n_ended, ==, 0);

  g_main_context_push_thread_default (context);
  rel_iterate_until (&n_ended, N_CALLS);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
}

int
main (int argc,
      char **argv)
{
  rel_init (&argc, &argv);

#define ADD(name, func) \
  g_test_add ("/rel/context/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

  ADD ("drop", test_drop);
  ADD ("outlived", test_outlived);
  ADD ("waited-for-elsewhere", test_waited_for_elsewhere);
  ADD ("pending", test_pending);
  ADD ("never-iterated", test_never_iterated);
  ADD ("server", test_server);
  ADD ("nested", test_nested);
  ADD ("by-hand", test_by_hand);
  ADD ("foreign-poll", test_foreign_poll);
  ADD ("in-turn", test_in_turn);
  ADD ("rested", test_rested);

  return g_test_run ();
}
