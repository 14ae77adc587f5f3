/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Neither end grows with the number of unary calls it has had. */

#include "rel.h"

#define N_CALLS 20000
#define N_CALLS_FULL 1000000

typedef struct
{
  GrpcAioMultiCallable *echo;
  GBytes *request;
  guint n_to_start;
  guint n_ended;
} Load;

static void start_call (Load *load);

static void
on_response (GObject *source,
             GAsyncResult *result,
             gpointer user_data)
{
  Load *load = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = NULL;

  response = grpc_aio_multi_callable_invoke_finish (GRPC_AIO_MULTI_CALLABLE (source), result, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (response, load->request));

  load->n_ended++;
  if (load->n_to_start > 0)
    start_call (load);
}

static void
start_call (Load *load)
{
  load->n_to_start--;
  grpc_aio_multi_callable_invoke_async (load->echo, load->request, NULL, NULL, on_response, load);
}

static void
run_calls (Load *load,
           guint n,
           guint n_outstanding)
{
  load->n_ended = 0;
  load->n_to_start = n;
  for (guint i = 0; i < n_outstanding; i++)
    start_call (load);
  rel_iterate_until (&load->n_ended, n);
  g_assert_cmpuint (load->n_ended, ==, n);
}

static void
check_growth (const char *end,
              const RelStats *before,
              const RelStats *after,
              guint n)
{
  double heap = ((double) after->heap - (double) before->heap) / n;
  double rss = ((double) after->rss - (double) before->rss) / n;

  g_test_message ("%s: RSS %.1f to %.1f MiB, heap %.3f to %.3f MiB; per call %.3f and %.3f bytes over %u calls", end,
                  before->rss / 1048576., after->rss / 1048576., before->heap / 1048576., after->heap / 1048576.,
                  rss, heap, n);

  /* A leaked call would cost a kilobyte and more. Of few calls, pages that
   * were touched for the first time are a part. */
  g_assert_cmpfloat (heap, <, rel_is_full () ? 1 : 16);
  g_assert_cmpfloat (rss, <, rel_is_full () ? 1 : 64);
}

static void
test_leak_unary (gconstpointer user_data)
{
  guint n_outstanding = GPOINTER_TO_UINT (user_data);
  guint n = rel_is_full () ? N_CALLS_FULL : N_CALLS;
  g_autoptr (RelPeer) peer = rel_peer_new ();
  g_autoptr (GrpcAioChannel) channel = rel_channel_new (peer->target);
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (channel, "/rel.Peer/Echo");
  g_autoptr (GBytes) request = g_bytes_new_static ("0123456789abcdef", 16);
  Load load = { .echo = echo, .request = request };
  RelStats own[2] = { 0 }, other[2] = { 0 };
  gint64 start;

  run_calls (&load, n / 10, n_outstanding);
  rel_peer_get_stats (peer, channel, &other[0]);
  rel_get_own_stats (&own[0]);

  start = g_get_monotonic_time ();
  run_calls (&load, n - n / 10, n_outstanding);
  g_test_message ("%.0f calls/s", (n - n / 10) * 1e6 / (g_get_monotonic_time () - start));

  rel_peer_get_stats (peer, channel, &other[1]);
  rel_get_own_stats (&own[1]);
  check_growth ("client", &own[0], &own[1], n - n / 10);
  check_growth ("server", &other[0], &other[1], n - n / 10);
}

int
main (int argc,
      char **argv)
{
  rel_init (&argc, &argv);

  g_test_add_data_func ("/rel/leak-unary/1", GUINT_TO_POINTER (1), test_leak_unary);
  g_test_add_data_func ("/rel/leak-unary/100", GUINT_TO_POINTER (100), test_leak_unary);

  return g_test_run ();
}
