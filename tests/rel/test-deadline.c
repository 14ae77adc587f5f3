/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Deadlines and cancelling end calls when nothing else happens: no traffic, no
 * network, a main loop that is blocked. */

#include "rel.h"

#include <string.h>

#define N_DEADLINES 200
#define N_DEADLINES_FULL 1000
#define DEADLINE_USEC (250 * 1000)

typedef struct
{
  RelPeer *peer;
  GrpcAioChannel *channel;
} Fixture;

static void
fixture_set_up (Fixture *fixture,
                gconstpointer user_data)
{
  RelStats stats;

  fixture->peer = rel_peer_new ();
  fixture->channel = rel_channel_new (fixture->peer->target);
  rel_peer_get_stats (fixture->peer, fixture->channel, &stats);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer user_data)
{
  g_assert_finalize_object (fixture->channel);
  rel_peer_free (fixture->peer);
}

static const char *const kinds[] = { "Hang", "Flow", "HangChat", "Chat" };

static void
check_exceeded (GrpcAioCall *call,
                gint64 start,
                gint64 timeout_usec)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GrpcAioStatusCode code;

  grpc_aio_call_status_async (call, NULL, rel_store_result, &result);
  code = grpc_aio_call_status_finish (call, rel_await (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpint (code, ==, GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, timeout_usec);
  g_assert_cmpint (grpc_aio_call_time_remaining (call), ==, 0);
}

static void
test_no_traffic (Fixture *fixture,
                 gconstpointer user_data)
{
  g_test_summary ("Nothing happens but the deadline");

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      gint64 start = g_get_monotonic_time ();
      GrpcAioCall *call;

      /* Nobody reads the flow: its sender stops soon. */
      call = rel_call (fixture->channel, kinds[i], "message", 200 * 1000);
      check_exceeded (call, start, 200 * 1000);
      g_assert_finalize_object (call);
    }
}

/* Blocks the main loop until the server knows that the call is over. Another
 * thread asks it, with a context and a channel of its own. */

typedef struct
{
  Fixture *fixture;
  GrpcAioCall *to_cancel;
} Observer;

static gpointer
observe (gpointer data)
{
  Observer *observer = data;
  GrpcAioChannel *channel = rel_channel_new (observer->fixture->peer->target);
  RelStats stats;

  do
    rel_peer_get_stats (observer->fixture->peer, channel, &stats);
  while (stats.n_started < 1);

  if (observer->to_cancel != NULL)
    grpc_aio_call_cancel (observer->to_cancel);

  do
    rel_peer_get_stats (observer->fixture->peer, channel, &stats);
  while (stats.n_freed < 1);
  g_assert_cmpuint (stats.n_cancelled, ==, 1);
  g_object_unref (channel);

  return NULL;
}

static void
on_initial_metadata_block (GObject *source,
                           GAsyncResult *result,
                           gpointer user_data)
{
  Observer *observer = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioMetadata) metadata = NULL;

  metadata = grpc_aio_call_initial_metadata_finish (GRPC_AIO_CALL (source), result, &error);
  g_assert_no_error (error);
  g_thread_join (g_thread_new ("observer", observe, observer));
  g_assert_false (grpc_aio_call_is_done (GRPC_AIO_CALL (source)));
}

static void
test_blocked (Fixture *fixture,
              gconstpointer user_data)
{
  gint64 start = g_get_monotonic_time ();
  GrpcAioCall *call = rel_call (fixture->channel, "HangChat", NULL, 300 * 1000);
  Observer observer = { fixture, NULL };

  g_test_summary ("The deadline passes while a callback blocks the main loop: the server is told before it returns");

  grpc_aio_call_initial_metadata_async (call, NULL, on_initial_metadata_block, &observer);
  check_exceeded (call, start, 300 * 1000);
  g_assert_finalize_object (call);
}

static void
check_cancelled (GrpcAioCall *call)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_call_status_async (call, NULL, rel_store_result, &result);
  g_assert_cmpint (grpc_aio_call_status_finish (call, rel_await (&result), &error), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
  g_assert_no_error (error);
}

static void
test_cancel_while_blocked (Fixture *fixture,
                           gconstpointer user_data)
{
  GrpcAioCall *call = rel_call (fixture->channel, "HangChat", NULL, -1);
  Observer observer = { fixture, call };

  g_test_summary ("Another thread cancels while a callback blocks the main loop: the server is told before it returns");

  grpc_aio_call_initial_metadata_async (call, NULL, on_initial_metadata_block, &observer);
  check_cancelled (call);
  g_assert_finalize_object (call);
}

/* Cancelled from another thread while the main loop sleeps. */

static gpointer
cancel_in_thread (gpointer data)
{
  /* So that the main loop is asleep. Whether it is decides nothing. */
  g_usleep (20 * 1000);
  if (G_IS_CANCELLABLE (data))
    g_cancellable_cancel (data);
  else
    grpc_aio_call_cancel (data);

  return NULL;
}

static void
on_read_cancelled (GObject *source,
                   GAsyncResult *result,
                   gpointer user_data)
{
  guint *n_ended = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_null (grpc_aio_call_read_finish (GRPC_AIO_CALL (source), result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  ++*n_ended;
}

static void
test_cancel_from_thread (Fixture *fixture,
                         gconstpointer user_data)
{
  guint n = rel_is_full () ? 200 : 10;
  guint n_ended = 0;

  g_test_summary ("Another thread cancels while the main loop sleeps and nothing else happens");

  for (guint i = 0; i < n; i++)
    {
      GrpcAioCall *call = rel_call (fixture->channel, "HangChat", NULL, -1);
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      GThread *thread;

      grpc_aio_call_read_async (call, cancellable, on_read_cancelled, &n_ended);
      thread = g_thread_new ("cancel", cancel_in_thread, i % 2 == 0 ? (gpointer) call : (gpointer) cancellable);
      rel_iterate_until (&n_ended, i + 1);
      check_cancelled (call);
      g_thread_join (thread);
      g_object_unref (call);
    }
}

/* No server */

static int
listen_in_vain (GSocket **out)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any_port = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) address = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);

  g_assert_no_error (error);
  g_socket_bind (socket, any_port, FALSE, &error);
  g_assert_no_error (error);
  address = g_socket_get_local_address (socket, &error);
  g_assert_no_error (error);
  *out = socket;

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

static void
test_unreachable (Fixture *fixture,
                  gconstpointer user_data)
{
  gboolean is_mute = GPOINTER_TO_UINT (user_data);
  g_autoptr (GSocket) socket = NULL;
  g_autofree char *target = g_strdup_printf ("127.0.0.1:%d", listen_in_vain (&socket));
  g_autoptr (GrpcAioChannel) channel = rel_channel_new (target);
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (channel, "/rel.Peer/Echo");
  g_autoptr (GrpcAioCallOptions) options = grpc_aio_call_options_new ();
  g_autoptr (GBytes) request = g_bytes_new (NULL, 0);
  GrpcAioCall *call;
  gint64 start = g_get_monotonic_time ();

  if (is_mute)
    g_test_summary ("The server accepts the connection and says nothing");
  else
    g_test_summary ("The server refuses connections, and the call waits for it");

  if (is_mute)
    g_assert_true (g_socket_listen (socket, NULL));

  grpc_aio_call_options_set_timeout_usec (options, 300 * 1000);
  grpc_aio_call_options_set_wait_for_ready (options, !is_mute);
  call = grpc_aio_multi_callable_call (echo, request, options);
  check_exceeded (call, start, 300 * 1000);
  g_object_unref (call);

  if (!is_mute)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;

      call = rel_call (channel, "Echo", "message", 60 * G_USEC_PER_SEC);
      grpc_aio_call_response_async (call, NULL, rel_store_result, &result);
      g_assert_null (grpc_aio_call_response_finish (call, rel_await (&result), &error));
      g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
      g_object_unref (call);
    }
}

/* Many at once */

typedef struct
{
  GArray *lateness;
  gint64 timeout_usec;
  guint n_ended;
} Deadlines;

static void
on_deadline (GrpcAioCall *call,
             gpointer user_data)
{
  Deadlines *deadlines = user_data;
  gint64 *start = g_object_get_data (G_OBJECT (call), "start");
  gint64 late = g_get_monotonic_time () - *start - deadlines->timeout_usec;

  g_assert_cmpint (grpc_aio_call_get_code (call), ==, GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED);
  g_assert_cmpint (late, >=, 0);
  g_array_append_val (deadlines->lateness, late);
  deadlines->n_ended++;
  g_object_unref (call);
}

typedef struct
{
  Fixture *fixture;
  Deadlines *deadlines;
  guint n_at_once;
  guint n_left;
} Starter;

#define N_AT_ONCE 10

/* How the main loop fares meanwhile. */
typedef enum
{
  MANY_IDLE,
  MANY_BUSY,
  MANY_IN_A_BURST,
} Many;

static gboolean
on_start (gpointer user_data)
{
  Starter *starter = user_data;

  for (guint i = 0; i < starter->n_at_once && starter->n_left > 0; i++, starter->n_left--)
    {
      gint64 *start = g_new (gint64, 1);
      GrpcAioCall *call;

      *start = g_get_monotonic_time ();
      call = rel_call (starter->fixture->channel, kinds[i % G_N_ELEMENTS (kinds)], "message", DEADLINE_USEC);
      g_object_set_data_full (G_OBJECT (call), "start", start, g_free);
      g_signal_connect (call, "done", G_CALLBACK (on_deadline), starter->deadlines);
    }

  return starter->n_left > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean
on_busy (gpointer user_data)
{
  gint64 until = g_get_monotonic_time () + 5000;

  while (g_get_monotonic_time () < until)
    ;

  return G_SOURCE_CONTINUE;
}

static void
test_many (Fixture *fixture,
           gconstpointer user_data)
{
  static const char *const names[] = { "deadlines late", "deadlines late, busy", "deadlines late, in a burst" };
  Many many = GPOINTER_TO_UINT (user_data);
  gboolean is_busy = many == MANY_BUSY;
  guint n = rel_is_full () ? N_DEADLINES_FULL : N_DEADLINES;
  g_autoptr (GArray) lateness = g_array_new (FALSE, FALSE, sizeof (gint64));
  Deadlines deadlines = { lateness, DEADLINE_USEC, 0 };
  Starter starter = { fixture, &deadlines, many == MANY_IN_A_BURST ? n : N_AT_ONCE, n };
  guint timer = is_busy ? g_timeout_add (10, on_busy, NULL) : 0;

  if (is_busy)
    g_test_summary ("Many deadlines on a main loop that is busy half of the time: none early");
  else if (many == MANY_IN_A_BURST)
    g_test_summary ("Many deadlines of calls that all start at once: none early");
  else
    g_test_summary ("Many deadlines: none early");

  g_timeout_add (0, on_start, &starter);
  rel_iterate_until (&deadlines.n_ended, n);
  rel_print_distribution (names[many], lateness);

  if (timer != 0)
    g_source_remove (timer);
}

int
main (int argc,
      char **argv)
{
  rel_init (&argc, &argv);

#define ADD(name, func, data) \
  g_test_add ("/rel/deadline/" name, Fixture, data, fixture_set_up, func, fixture_tear_down)

  ADD ("no-traffic", test_no_traffic, NULL);
  ADD ("blocked", test_blocked, NULL);
  ADD ("cancel-while-blocked", test_cancel_while_blocked, NULL);
  ADD ("cancel-from-thread", test_cancel_from_thread, NULL);
  ADD ("refused", test_unreachable, GUINT_TO_POINTER (FALSE));
  ADD ("mute", test_unreachable, GUINT_TO_POINTER (TRUE));
  ADD ("many", test_many, GUINT_TO_POINTER (MANY_IDLE));
  ADD ("many-busy", test_many, GUINT_TO_POINTER (MANY_BUSY));
  ADD ("many-in-a-burst", test_many, GUINT_TO_POINTER (MANY_IN_A_BURST));

  return g_test_run ();
}
