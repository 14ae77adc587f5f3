/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The process at the other end stands still, with its connections open: keepalive
 * finds out, and every open stream fails with UNAVAILABLE, once. */

#include "rel.h"

#include <signal.h>

#define N_STREAMS 200
#define N_STREAMS_FULL 1000

/* From the stop to the last status; what it is in an idle machine's full form is
 * on the acceptance list. */
#define LIMIT_USEC (2500 * 1000)

typedef struct
{
  guint n_open;
  guint n_statuses;
  gint64 last;
} Tally;

static void
on_read (GObject *source,
         GAsyncResult *result,
         gpointer user_data)
{
  Tally *tally = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = grpc_aio_call_read_finish (GRPC_AIO_CALL (source), result, &error);

  g_assert_no_error (error);
  g_assert_nonnull (message);
  tally->n_open++;
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
test_keepalive (void)
{
  guint n = rel_choose (N_STREAMS, N_STREAMS_FULL);
  g_autoptr (RelPeer) peer = rel_peer_new ();
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GrpcAioMultiCallable) chat = NULL;
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GBytes) message = g_bytes_new_static ("message", 7);
  Tally tally = { 0 };
  gint64 start;

  grpc_aio_channel_options_set_int (options, "grpc.keepalive_time_ms", 1000);
  grpc_aio_channel_options_set_int (options, "grpc.keepalive_timeout_ms", 1000);
  grpc_aio_channel_options_set_int (options, "grpc.http2.max_pings_without_data", 0);
  channel = grpc_aio_channel_new_with_options (peer->target, NULL, options);
  chat = grpc_aio_channel_stream_stream (channel, "/rel.Peer/Chat");

  for (guint i = 0; i < n; i++)
    {
      GrpcAioCall *call = grpc_aio_multi_callable_call (chat, NULL, NULL);

      g_ptr_array_add (calls, call);
      grpc_aio_call_write_async (call, message, NULL, NULL, NULL);
      grpc_aio_call_read_async (call, NULL, on_read, &tally);
      grpc_aio_call_status_async (call, NULL, on_status, &tally);
    }
  rel_iterate_until (&tally.n_open, n);

  start = g_get_monotonic_time ();
  g_assert_cmpint (kill (peer->pid, SIGSTOP), ==, 0);
  rel_iterate_until (&tally.n_statuses, n);
  g_test_message ("all %u streams UNAVAILABLE %.0f ms after the peer was stopped, with keepalive 1 s/1 s",
                  n, (tally.last - start) / 1e3);
  if (rel_is_full ())
    g_assert_cmpint (tally.last - start, <=, LIMIT_USEC);

  rel_peer_kill (peer);
}

int
main (int argc,
      char **argv)
{
  rel_init (&argc, &argv);

  g_test_add_func ("/rel/keepalive", test_keepalive);

  return g_test_run ();
}
