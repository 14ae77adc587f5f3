/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The process at the other end is killed: every open stream fails with
 * UNAVAILABLE, once, and so does what is started then. */

#include "rel.h"

#define N_STREAMS 500
#define N_STREAMS_FULL 10000

typedef struct
{
  guint n_open;
  guint n_reads_failed;
  guint n_statuses;
  guint n_done;
  gint64 last;
} Tally;

static void
on_last_read (GObject *source,
              GAsyncResult *result,
              gpointer user_data)
{
  Tally *tally = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = grpc_aio_call_read_finish (GRPC_AIO_CALL (source), result, &error);

  g_assert_null (message);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  tally->n_reads_failed++;
  tally->last = g_get_monotonic_time ();
}

static void
on_first_read (GObject *source,
               GAsyncResult *result,
               gpointer user_data)
{
  Tally *tally = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = grpc_aio_call_read_finish (GRPC_AIO_CALL (source), result, &error);

  g_assert_no_error (error);
  g_assert_nonnull (message);
  tally->n_open++;
  grpc_aio_call_read_async (GRPC_AIO_CALL (source), NULL, on_last_read, tally);
}

static void
on_status (GObject *source,
           GAsyncResult *result,
           gpointer user_data)
{
  Tally *tally = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (grpc_aio_call_status_finish (GRPC_AIO_CALL (source), result, &error), ==, GRPC_AIO_STATUS_CODE_UNAVAILABLE);
  g_assert_no_error (error);
  tally->n_statuses++;
  tally->last = g_get_monotonic_time ();
}

static void
on_done (GrpcAioCall *call,
         gpointer user_data)
{
  Tally *tally = user_data;

  tally->n_done++;
}

static void
test_peer_killed (void)
{
  guint n = rel_is_full () ? N_STREAMS_FULL : N_STREAMS;
  g_autoptr (RelPeer) peer = rel_peer_new ();
  g_autoptr (GrpcAioChannel) channel = rel_channel_new (peer->target);
  g_autoptr (GrpcAioMultiCallable) chat = grpc_aio_channel_stream_stream (channel, "/rel.Peer/Chat");
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GBytes) message = g_bytes_new_static ("message", 7);
  g_autoptr (GError) error = NULL;
  Tally tally = { 0 };
  RelStats own[2], other[2];
  gint64 start = g_get_monotonic_time ();

  rel_peer_get_stats (peer, channel, &other[0]);
  rel_get_own_stats (&own[0]);
  for (guint i = 0; i < n; i++)
    {
      GrpcAioCall *call = grpc_aio_multi_callable_call (chat, NULL, NULL);

      g_ptr_array_add (calls, call);
      g_signal_connect (call, "done", G_CALLBACK (on_done), &tally);
      grpc_aio_call_write_async (call, message, NULL, NULL, NULL);
      grpc_aio_call_read_async (call, NULL, on_first_read, &tally);
      grpc_aio_call_status_async (call, NULL, on_status, &tally);
    }
  rel_iterate_until (&tally.n_open, n);
  g_test_message ("%u streams opened, one message each way, in %.0f ms", n, (g_get_monotonic_time () - start) / 1e3);
  rel_peer_get_stats (peer, channel, &other[1]);
  rel_get_own_stats (&own[1]);
  g_test_message ("memory per stream: client %.1f KiB (heap %.1f), server %.1f KiB (heap %.1f)",
                  (own[1].rss - own[0].rss) / 1024. / n,
                  (own[1].heap - own[0].heap) / 1024. / n,
                  (other[1].rss - other[0].rss) / 1024. / n,
                  (other[1].heap - other[0].heap) / 1024. / n);
  g_assert_cmpuint (other[1].n_started - other[1].n_freed, ==, n);

  start = g_get_monotonic_time ();
  rel_peer_kill (peer);
  rel_iterate_until (&tally.n_statuses, n);
  rel_iterate_until (&tally.n_reads_failed, n);
  g_test_message ("all %u ended %.0f ms after the peer was killed", n, (tally.last - start) / 1e3);

  for (guint i = 0; i < n; i++)
    {
      GrpcAioCall *call = g_ptr_array_index (calls, i);

      g_assert_true (grpc_aio_call_is_done (call));
      g_assert_cmpint (grpc_aio_call_get_code (call), ==, GRPC_AIO_STATUS_CODE_UNAVAILABLE);
      g_assert_false (grpc_aio_call_write_sync (call, message, NULL, &error));
      g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
      g_clear_error (&error);
    }
  g_assert_cmpuint (tally.n_done, ==, n);

  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (tally.n_statuses, ==, n);
  g_assert_cmpuint (tally.n_reads_failed, ==, n);
  g_assert_cmpuint (tally.n_done, ==, n);
}

int
main (int argc,
      char **argv)
{
  rel_init (&argc, &argv);

  g_test_add_func ("/rel/peer-killed", test_peer_killed);

  return g_test_run ();
}
