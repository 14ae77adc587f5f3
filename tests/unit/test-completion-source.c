/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/time.h>

#include "test-utils.h"

#define TAG(n) GUINT_TO_POINTER ((n) + 1)

/* A queue of grpc-core with a source, and calls to have something complete. */
typedef struct
{
  grpc_completion_queue *queue;
  grpc_channel *channel;
  grpc_call *call;
  GSource *source;
  GMainContext *context;
  GThread *thread;   /* that events came in */
  GArray *tags;      /* guint, as they came */
  guint n_failed;    /* events without success */
  guint remove_at;   /* how many events there shall be; 0 for no end */
  guint nest_at;     /* which event runs the context; 0 for none */
  guint n_nested;    /* events that came meanwhile */
  guint n_idles;
  gboolean is_destroying; /* the callback destroys its source */
  gboolean is_destroyed;
} Fixture;

static gboolean
on_event (gpointer tag,
          gboolean success,
          gpointer user_data)
{
  Fixture *fixture = user_data;
  guint n = GPOINTER_TO_UINT (tag) - 1;

  fixture->thread = g_thread_self ();
  g_array_append_val (fixture->tags, n);
  if (!success)
    fixture->n_failed++;

  if (fixture->tags->len == fixture->nest_at)
    {
      guint before = fixture->tags->len;

      while (fixture->tags->len == before)
        g_main_context_iteration (fixture->context, TRUE);
      fixture->n_nested = fixture->tags->len - before;
    }
  if (fixture->is_destroying)
    g_source_destroy (fixture->source);

  return fixture->remove_at == 0 || fixture->tags->len < fixture->remove_at ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
on_destroyed (gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_false (fixture->is_destroyed);
  fixture->is_destroyed = TRUE;
}

static void
attach (Fixture *fixture)
{
  fixture->source = grpc_aio_completion_source_new (fixture->queue);
  g_source_set_callback (fixture->source, G_SOURCE_FUNC (on_event), fixture, on_destroyed);
  g_source_attach (fixture->source, fixture->context);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  grpc_init ();
  fixture->tags = g_array_new (FALSE, FALSE, sizeof (guint));
  fixture->queue = grpc_completion_queue_create_for_next (NULL);
  fixture->channel = grpc_lame_client_channel_create ("test", GRPC_STATUS_UNAVAILABLE, "lame");
  fixture->call = grpc_channel_create_call (fixture->channel, NULL, GRPC_PROPAGATE_DEFAULTS, fixture->queue,
                                            grpc_slice_from_static_string ("/"), NULL,
                                            gpr_inf_future (GPR_CLOCK_REALTIME), NULL);
  attach (fixture);
}

static gboolean
is_destroyed (gpointer data)
{
  return ((Fixture *) data)->is_destroyed;
}

/* A source has to end before its queue is shut down, or because of it. */
static void
drop_source (Fixture *fixture)
{
  g_source_unref (fixture->source);
  fixture->source = NULL;
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  grpc_call_unref (fixture->call);
  grpc_completion_queue_shutdown (fixture->queue);
  if (fixture->source != NULL)
    {
      iterate_until (is_destroyed, fixture);
      g_assert_true (g_source_is_destroyed (fixture->source));
      drop_source (fixture);
    }
  else
    {
      while (grpc_completion_queue_next (fixture->queue, gpr_inf_future (GPR_CLOCK_REALTIME), NULL).type != GRPC_QUEUE_SHUTDOWN)
        ;
    }
  grpc_completion_queue_destroy (fixture->queue);
  grpc_channel_destroy (fixture->channel);
  g_array_unref (fixture->tags);
  grpc_shutdown ();
}

/* An empty batch comes back at once, with success. */
static void
push (Fixture *fixture,
      guint n)
{
  g_assert_cmpint (grpc_call_start_batch (fixture->call, NULL, 0, TAG (n), NULL), ==, GRPC_CALL_OK);
}

static gboolean
has_event (gpointer data)
{
  return ((Fixture *) data)->tags->len > 0;
}

typedef struct
{
  Fixture *fixture;
  guint n;
} Goal;

static gboolean
is_reached (gpointer data)
{
  Goal *goal = data;

  return goal->fixture->tags->len >= goal->n;
}

static void
await_events (Fixture *fixture,
              guint n)
{
  Goal goal = { fixture, n };

  iterate_until (is_reached, &goal);
}

static void
test_order (Fixture *fixture,
            gconstpointer data)
{
  const guint n = 10;

  g_test_summary ("Events arrive in the context, each with its tag, in the order of the queue");

  for (guint i = 0; i < n; i++)
    push (fixture, i);
  g_assert_cmpuint (fixture->tags->len, ==, 0);
  await_events (fixture, n);
  g_assert_cmpuint (fixture->tags->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (g_array_index (fixture->tags, guint, i), ==, i);
  g_assert_cmpuint (fixture->n_failed, ==, 0);
  g_assert_true (fixture->thread == g_thread_self ());

  /* And after silence. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  push (fixture, 77);
  await_events (fixture, n + 1);
  g_assert_cmpuint (g_array_index (fixture->tags, guint, n), ==, 77);
}

static void
test_failure (Fixture *fixture,
              gconstpointer data)
{
  grpc_channel_credentials *credentials = grpc_insecure_credentials_create ();
  grpc_channel *channel = grpc_channel_create ("127.0.0.1:1", credentials, NULL);

  g_test_summary ("An operation that fails is told as one");

  grpc_channel_watch_connectivity_state (channel, GRPC_CHANNEL_IDLE, gpr_time_0 (GPR_CLOCK_REALTIME), fixture->queue, TAG (5));
  iterate_until (has_event, fixture);
  g_assert_cmpuint (g_array_index (fixture->tags, guint, 0), ==, 5);
  g_assert_cmpuint (fixture->n_failed, ==, 1);

  grpc_channel_destroy (channel);
  grpc_channel_credentials_release (credentials);
}

static void
test_name (Fixture *fixture,
           gconstpointer data)
{
  g_test_summary ("The source has a name, and may be entered again");

  g_assert_cmpstr (g_source_get_name (fixture->source), ==, "grpc-aio-completion-source");
  g_assert_true (g_source_get_can_recurse (fixture->source));
  g_assert_cmpint (g_source_get_priority (fixture->source), ==, G_PRIORITY_DEFAULT);
}

static void
test_shutdown (Fixture *fixture,
               gconstpointer data)
{
  g_test_summary ("After a shutdown the events that are left come, then the source goes");

  for (guint i = 0; i < 100; i++)
    push (fixture, i);
  grpc_completion_queue_shutdown (fixture->queue);
  iterate_until (is_destroyed, fixture);
  g_assert_cmpuint (fixture->tags->len, ==, 100);
  g_assert_true (g_source_is_destroyed (fixture->source));
}

static void
test_shutdown_idle (Fixture *fixture,
                    gconstpointer data)
{
  g_test_summary ("A shutdown without events wakes the context and ends the source");

  grpc_completion_queue_shutdown (fixture->queue);
  iterate_until (is_destroyed, fixture);
  g_assert_cmpuint (fixture->tags->len, ==, 0);
}

static void
test_remove (Fixture *fixture,
             gconstpointer data)
{
  g_test_summary ("The callback ends the source with G_SOURCE_REMOVE");

  fixture->remove_at = 3;
  for (guint i = 0; i < 10; i++)
    push (fixture, i);
  iterate_until (is_destroyed, fixture);
  g_assert_cmpuint (fixture->tags->len, ==, 3);
  g_assert_true (g_source_is_destroyed (fixture->source));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (fixture->tags->len, ==, 3);
  drop_source (fixture);
}

static void
test_destroy_in_callback (Fixture *fixture,
                          gconstpointer data)
{
  g_test_summary ("The callback may destroy its source");

  fixture->is_destroying = TRUE;
  for (guint i = 0; i < 10; i++)
    push (fixture, i);
  iterate_until (is_destroyed, fixture);
  g_assert_cmpuint (fixture->tags->len, ==, 1);
  drop_source (fixture);
}

static void
test_destroy (Fixture *fixture,
              gconstpointer data)
{
  grpc_event event;

  g_test_summary ("A source that is destroyed leaves the queue to others");

  for (guint i = 0; i < 10; i++)
    push (fixture, i);
  g_source_destroy (fixture->source);
  g_assert_true (fixture->is_destroyed);
  drop_source (fixture);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (fixture->tags->len, ==, 0);

  push (fixture, 1000);
  do
    event = grpc_completion_queue_next (fixture->queue, gpr_inf_future (GPR_CLOCK_REALTIME), NULL);
  while (event.tag != TAG (1000));
  g_assert_cmpint (event.type, ==, GRPC_OP_COMPLETE);
}

static void
test_unattached (Fixture *fixture,
                 gconstpointer data)
{
  g_test_summary ("A source that was never attached goes without a trace, and another may follow");

  g_source_destroy (fixture->source);
  drop_source (fixture);

  fixture->source = grpc_aio_completion_source_new (fixture->queue);
  drop_source (fixture);

  fixture->is_destroyed = FALSE;
  attach (fixture);
  push (fixture, 3);
  await_events (fixture, 1);
  g_assert_cmpuint (g_array_index (fixture->tags, guint, 0), ==, 3);
}

static void
test_no_callback (Fixture *fixture,
                  gconstpointer data)
{
  g_test_summary ("A source without a callback warns, and goes");

  g_source_destroy (fixture->source);
  drop_source (fixture);

  fixture->source = grpc_aio_completion_source_new (fixture->queue);
  g_source_attach (fixture->source, NULL);
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_WARNING, "*without a callback*");
  push (fixture, 0);
  while (!g_source_is_destroyed (fixture->source))
    g_main_context_iteration (NULL, TRUE);
  g_test_assert_expected_messages ();
  drop_source (fixture);
}

static gboolean
on_idle (gpointer data)
{
  Fixture *fixture = data;

  fixture->n_idles++;

  return G_SOURCE_CONTINUE;
}

static void
test_budget (Fixture *fixture,
             gconstpointer data)
{
  const guint n = 5000, max_per_dispatch = 64;
  guint idle = g_idle_add_full (G_PRIORITY_LOW, on_idle, fixture, NULL);
  guint n_full = 0;

  g_test_summary ("A flood of events leaves time for sources of a lower priority");

  for (guint i = 0; i < n; i++)
    push (fixture, i);
  while (fixture->tags->len < n)
    {
      guint before = fixture->tags->len;

      g_main_context_iteration (NULL, TRUE);
      g_assert_cmpuint (fixture->tags->len - before, <=, max_per_dispatch);
      if (fixture->tags->len - before == max_per_dispatch)
        n_full++;
    }

  /* Who has used up the budget steps aside, but for the last time. */
  g_assert_cmpuint (fixture->n_idles + 1, >=, n_full);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (g_array_index (fixture->tags, guint, i), ==, i);
  g_source_remove (idle);
}

static void
test_nested (Fixture *fixture,
             gconstpointer data)
{
  g_test_summary ("Events arrive in a loop inside the callback, too");

  fixture->nest_at = 1;
  for (guint i = 0; i < 5; i++)
    push (fixture, i);
  await_events (fixture, 5);
  g_assert_cmpuint (fixture->n_nested, >, 0);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpuint (g_array_index (fixture->tags, guint, i), ==, i);
}

static void
test_several (Fixture *fixture,
              gconstpointer data)
{
  Fixture others[3] = { { NULL } };

  g_test_summary ("Several queues share a context, each with its own events");

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    fixture_set_up (&others[i], NULL);
  for (guint j = 0; j < 20; j++)
    {
      push (fixture, j);
      for (guint i = 0; i < G_N_ELEMENTS (others); i++)
        push (&others[i], 100 * (i + 1) + j);
    }

  await_events (fixture, 20);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      await_events (&others[i], 20);
      for (guint j = 0; j < 20; j++)
        g_assert_cmpuint (g_array_index (others[i].tags, guint, j), ==, 100 * (i + 1) + j);
    }
  for (guint j = 0; j < 20; j++)
    g_assert_cmpuint (g_array_index (fixture->tags, guint, j), ==, j);

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    fixture_tear_down (&others[i], NULL);
}

static gpointer
run_in_thread (gpointer data)
{
  Fixture *fixture = data;

  g_main_context_push_thread_default (fixture->context);
  while (!fixture->is_destroyed)
    g_main_context_iteration (fixture->context, TRUE);
  g_main_context_pop_thread_default (fixture->context);

  return NULL;
}

static void
test_thread (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Fixture fixture = { .context = context };
  GThread *thread;

  g_test_summary ("Events arrive in the thread that runs the context of the source");

  fixture_set_up (&fixture, NULL);
  thread = g_thread_new ("context", run_in_thread, &fixture);
  for (guint i = 0; i < 1000; i++)
    push (&fixture, i);
  grpc_completion_queue_shutdown (fixture.queue);
  g_thread_join (thread);
  g_assert_cmpuint (fixture.tags->len, ==, 1000);
  g_assert_true (fixture.thread == thread);
  fixture_tear_down (&fixture, NULL);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/completion-source/order", test_order);
  ADD ("/completion-source/failure", test_failure);
  ADD ("/completion-source/name", test_name);
  ADD ("/completion-source/shutdown", test_shutdown);
  ADD ("/completion-source/shutdown/idle", test_shutdown_idle);
  ADD ("/completion-source/remove", test_remove);
  ADD ("/completion-source/destroy", test_destroy);
  ADD ("/completion-source/destroy/in-callback", test_destroy_in_callback);
  ADD ("/completion-source/unattached", test_unattached);
  ADD ("/completion-source/no-callback", test_no_callback);
  ADD ("/completion-source/budget", test_budget);
  ADD ("/completion-source/nested", test_nested);
  ADD ("/completion-source/several", test_several);
#undef ADD
  g_test_add_func ("/completion-source/thread", test_thread);

  return g_test_run ();
}
