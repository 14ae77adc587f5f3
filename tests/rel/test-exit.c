/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A process may end at any moment: with the right status, without a word on
 * its standard error, without waiting. */

#include "rel.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_RUNS 3
#define N_RUNS_FULL 100
#define N_STREAMS 100
#define N_WORKERS 4

/* How a child ends: with this exit status, or by this signal. */
typedef struct
{
  const char *role;
  int status;
  int signal;
} Ending;

static const Ending endings[] = {
  { "exit-in-callback", 11, 0 },
  { "exit-in-handler", 12, 0 },
  { "exit-in-thread", 13, 0 },
  { "return-from-main", 14, 0 },
  { "return-from-main-busy", 15, 0 },
  { "_exit-in-callback", 16, 0 },
  { "quick-exit", 17, 0 },
  { "terminated", 0, SIGTERM },
  { "return-after-cleaning", 18, 0 },
  { "exit-in-worker", 19, 0 },
  { "return-with-workers", 20, 0 },
};

static int
get_status (const char *role)
{
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      if (g_str_equal (endings[i].role, role))
        return endings[i].status;
    }
  g_assert_not_reached ();
}

/* The child */

static guint n_reads;
static guint n_done;

static void
on_read (GObject *source,
         GAsyncResult *result,
         gpointer user_data)
{
  g_autoptr (GBytes) message = grpc_aio_call_read_finish (GRPC_AIO_CALL (source), result, NULL);

  if (message != NULL)
    {
      n_reads++;
      grpc_aio_call_read_async (GRPC_AIO_CALL (source), NULL, on_read, NULL);
    }
}

static void
on_done (GrpcAioCall *call,
         gpointer user_data)
{
  n_done++;
}

static GPtrArray *
open_streams (GrpcAioChannel *channel,
              const char *method)
{
  GPtrArray *calls = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GBytes) message = g_bytes_new_static ("message", 7);

  for (guint i = 0; i < N_STREAMS; i++)
    {
      GrpcAioCall *call = rel_call (channel, method, "message", -1);

      g_ptr_array_add (calls, call);
      g_signal_connect (call, "done", G_CALLBACK (on_done), NULL);
      if (g_str_equal (method, "Chat"))
        grpc_aio_call_write_async (call, message, NULL, NULL, NULL);
      grpc_aio_call_read_async (call, NULL, on_read, NULL);
    }
  rel_iterate_until (&n_reads, N_STREAMS);

  return calls;
}

static void
on_response (GObject *source,
             GAsyncResult *result,
             gpointer user_data)
{
  const char *role = user_data;

  if (g_str_has_prefix (role, "_exit"))
    _exit (get_status (role));
  else if (g_str_equal (role, "quick-exit"))
    quick_exit (get_status (role));
  else
    exit (get_status (role));
}

static void
handle_exit (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  exit (get_status (user_data));
}

static void
exit_in_handler (const char *role,
                 guint n_workers)
{
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("rel.Exit");
  g_autoptr (GrpcAioRpcMethodHandler) handler = NULL;
  GrpcAioServer *server = grpc_aio_server_new ();
  GrpcAioChannel *channel;
  GrpcAioMultiCallable *method;
  g_autofree char *target = NULL;
  g_autoptr (GBytes) request = g_bytes_new (NULL, 0);
  int port;

  handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_exit, (gpointer) role, NULL);
  grpc_aio_service_add_method (service, "Exit", handler);
  grpc_aio_server_set_n_workers (server, n_workers);
  grpc_aio_server_add_service (server, service);
  port = grpc_aio_server_add_port (server, "127.0.0.1:0", NULL, NULL);
  g_assert_true (grpc_aio_server_start (server, NULL));
  target = g_strdup_printf ("127.0.0.1:%d", port);

  channel = grpc_aio_channel_new (target, NULL);
  method = grpc_aio_channel_unary_unary (channel, "/rel.Exit/Exit");
  grpc_aio_multi_callable_invoke_async (method, request, NULL, NULL, NULL, NULL);
  while (TRUE)
    g_main_context_iteration (NULL, TRUE);
}

static gpointer
exit_in_thread (gpointer data)
{
  exit (get_status (data));

  return NULL;
}

static int
play (const char *role,
      const char *target)
{
  GrpcAioChannel *channel = rel_channel_new (target);

  if (g_str_equal (role, "exit-in-handler"))
    {
      exit_in_handler (role, 0);
    }
  else if (g_str_equal (role, "exit-in-worker"))
    {
      exit_in_handler (role, N_WORKERS);
    }
  else if (g_str_equal (role, "return-with-workers"))
    {
      g_autofree char *own_target = NULL;

      rel_serve (N_WORKERS, &own_target);
      open_streams (rel_channel_new (own_target), "Flow");
      open_streams (rel_channel_new (own_target), "Chat");
    }
  else if (g_str_equal (role, "exit-in-thread"))
    {
      open_streams (channel, "Flow");
      g_thread_unref (g_thread_new ("exit", exit_in_thread, (gpointer) role));
      while (TRUE)
        g_main_context_iteration (NULL, TRUE);
    }
  else if (g_str_equal (role, "return-from-main"))
    {
      open_streams (channel, "Chat");
    }
  else if (g_str_equal (role, "return-from-main-busy"))
    {
      open_streams (channel, "Flow");
    }
  else if (g_str_equal (role, "terminated"))
    {
      open_streams (channel, "Flow");
      printf ("ready\n");
      fflush (stdout);
      while (TRUE)
        g_main_context_iteration (NULL, TRUE);
    }
  else if (g_str_equal (role, "return-after-cleaning"))
    {
      GPtrArray *calls = open_streams (channel, "Flow");

      g_ptr_array_unref (calls);
      g_object_unref (channel);
    }
  else
    {
      GPtrArray *calls = open_streams (channel, "Chat");
      g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (channel, "/rel.Peer/Echo");
      g_autoptr (GBytes) request = g_bytes_new (NULL, 0);

      grpc_aio_multi_callable_invoke_async (echo, request, NULL, NULL, on_response, (gpointer) role);
      rel_iterate_until (&n_done, calls->len + 1);
    }

  return get_status (role);
}

/* The test */

static void
test_exit (gconstpointer user_data)
{
  const Ending *ending = user_data;
  guint n = rel_is_full () ? N_RUNS_FULL : N_RUNS;
  g_autoptr (RelPeer) peer = rel_peer_new ();
  gint64 longest = 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GSubprocess) child = NULL;
      g_autoptr (GBytes) errors = NULL;
      g_autoptr (GError) error = NULL;
      gint64 start = g_get_monotonic_time ();

      child = rel_spawn_child (ending->role, peer->target, G_SUBPROCESS_FLAGS_STDERR_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
      if (ending->signal != 0)
        {
          char line[6];

          g_assert_cmpint (g_input_stream_read (g_subprocess_get_stdout_pipe (child), line, sizeof line, NULL, &error), ==, 6);
          g_assert_no_error (error);
          start = g_get_monotonic_time ();
          g_subprocess_send_signal (child, ending->signal);
        }
      g_subprocess_communicate (child, NULL, NULL, NULL, &errors, &error);
      g_assert_no_error (error);
      longest = MAX (longest, g_get_monotonic_time () - start);

      if (g_bytes_get_size (errors) > 0)
        g_test_message ("standard error: %.*s", (int) g_bytes_get_size (errors), (const char *) g_bytes_get_data (errors, NULL));
      if (ending->signal != 0)
        {
          g_assert_true (g_subprocess_get_if_signaled (child));
          g_assert_cmpint (g_subprocess_get_term_sig (child), ==, ending->signal);
        }
      else
        {
          if (g_subprocess_get_if_signaled (child))
            g_test_message ("run %u: killed by signal %d", i, g_subprocess_get_term_sig (child));
          g_assert_true (g_subprocess_get_if_exited (child));
          g_assert_cmpint (g_subprocess_get_exit_status (child), ==, ending->status);
        }
      g_assert_cmpuint (g_bytes_get_size (errors), ==, 0);
    }

  g_test_message ("%s: %u runs, the longest of %.0f ms%s", ending->role, n, longest / 1e3, ending->signal != 0 ? " after the signal" : ", with start and streams");
}

int
main (int argc,
      char **argv)
{
  rel_init (&argc, &argv);

  if (rel_get_role () != NULL)
    return play (rel_get_role (), rel_get_role_argument ());

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      g_autofree char *path = g_strdup_printf ("/rel/exit/%s", endings[i].role);

      g_test_add_data_func (path, &endings[i], test_exit);
    }

  return g_test_run ();
}
