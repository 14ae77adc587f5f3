/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Neither end grows with the number of unary calls it has had. */

#include "rel.h"

#define N_CALLS 20000
#define N_CALLS_FULL 1000000
#define N_SAMPLES 10

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
test_leak_unary (gconstpointer user_data)
{
  guint n_outstanding = GPOINTER_TO_UINT (user_data);
  guint n = rel_choose (N_CALLS, N_CALLS_FULL);
  g_autoptr (RelPeer) peer = rel_peer_new ();
  g_autoptr (GrpcAioChannel) channel = rel_channel_new (peer->target);
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (channel, "/rel.Peer/Echo");
  g_autoptr (GBytes) request = g_bytes_new_static ("0123456789abcdef", 16);
  Load load = { .echo = echo, .request = request };
  RelStats own[N_SAMPLES] = { 0 }, other[N_SAMPLES] = { 0 };
  gint64 start;

  start = g_get_monotonic_time ();
  for (guint i = 0; i < N_SAMPLES; i++)
    {
      run_calls (&load, n / N_SAMPLES, n_outstanding);
      rel_peer_get_stats (peer, channel, &other[i]);
      rel_get_own_stats (&own[i]);
    }
  g_test_message ("%.0f calls/s", n * 1e6 / (g_get_monotonic_time () - start));

  /* A leaked call would cost a kilobyte and more. What a server keeps once 100
   * calls came at the same time, about 110 KiB, may come and go late: over the
   * 6,000 calls of the short form that is 19 bytes for each. */
  rel_check_growth ("client", own, N_SAMPLES, n / N_SAMPLES, rel_is_full () ? 1 : 128, rel_is_full () ? 1 : 128);
  rel_check_growth ("server", other, N_SAMPLES, n / N_SAMPLES, rel_is_full () ? 1 : 128, rel_is_full () ? 1 : 128);
}

int
main (int argc,
      char **argv)
{
  rel_count_heap_exactly (argv);
  rel_init (&argc, &argv);

  g_test_add_data_func ("/rel/leak-unary/1", GUINT_TO_POINTER (1), test_leak_unary);
  g_test_add_data_func ("/rel/leak-unary/100", GUINT_TO_POINTER (100), test_leak_unary);

  return g_test_run ();
}
