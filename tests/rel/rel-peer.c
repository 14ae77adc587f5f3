/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rel-peer.h"

#include <stdio.h>
#include <unistd.h>

#include <glib-unix.h>

#include "rel.h"

/* Of the handlers, in whichever thread serves. */
static gint n_started;
static gint n_freed;
static gint n_cancelled;

static guint64
parse_number (GBytes *request)
{
  g_autofree char *text = g_strndup (g_bytes_get_data (request, NULL), g_bytes_get_size (request));

  return g_ascii_strtoull (text, NULL, 10);
}

static void
on_done (GrpcAioServicerContext *context,
         gpointer user_data)
{
  if (grpc_aio_servicer_context_is_cancelled (context))
    g_atomic_int_inc (&n_cancelled);
}

static void
on_freed (gpointer user_data,
          GObject *context)
{
  g_atomic_int_inc (&n_freed);
}

static void
count (GrpcAioServicerContext *context)
{
  g_atomic_int_inc (&n_started);
  g_signal_connect (context, "done", G_CALLBACK (on_done), NULL);
  g_object_weak_ref (G_OBJECT (context), on_freed, NULL);
}

static void
handle_echo (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  grpc_aio_servicer_context_complete (context, request);
}

static void
handle_stats (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  g_autoptr (GBytes) response = NULL;
  RelStats stats = { 0 };

  rel_get_own_stats (&stats);
  stats.n_started = g_atomic_int_get (&n_started);
  stats.n_freed = g_atomic_int_get (&n_freed);
  stats.n_cancelled = g_atomic_int_get (&n_cancelled);
  response = g_bytes_new (&stats, sizeof stats);
  grpc_aio_servicer_context_complete (context, response);
}

/* Never answers: lets go when the call has ended without it. */

static void
on_hung_done (GrpcAioServicerContext *context,
              gpointer user_data)
{
  g_signal_handlers_disconnect_by_func (context, on_hung_done, user_data);
  g_object_unref (context);
}

static void
handle_hang (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  count (context);
  g_signal_connect (g_object_ref (context), "done", G_CALLBACK (on_hung_done), NULL);
  if (request == NULL)
    grpc_aio_servicer_context_send_initial_metadata_async (context, NULL, NULL, NULL, NULL);
}

/* Flow */

static void
on_written (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  GrpcAioServicerContext *context = GRPC_AIO_SERVICER_CONTEXT (source);
  g_autoptr (GBytes) message = user_data;

  if (grpc_aio_servicer_context_write_finish (context, result, NULL))
    grpc_aio_servicer_context_write_async (context, message, NULL, on_written, g_bytes_ref (message));
}

static void
handle_flow (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  count (context);
  grpc_aio_servicer_context_write_async (context, request, NULL, on_written, g_bytes_ref (request));
}

static void
handle_count (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  guint64 n = parse_number (request);

  count (context);
  for (guint64 i = 0; i < n; i++)
    grpc_aio_servicer_context_write_async (context, request, NULL, NULL, NULL);
  grpc_aio_servicer_context_complete (context, NULL);
}

/* Paced: catches up when a timer is late */

typedef struct
{
  GrpcAioServicerContext *context;
  GBytes *message;
  guint64 per_msec;
  guint64 n_sent;
  gint64 start;
} Pace;

static gboolean
on_pace (gpointer user_data)
{
  Pace *pace = user_data;
  guint64 due = (g_get_monotonic_time () - pace->start) * pace->per_msec / 1000;

  if (grpc_aio_servicer_context_is_done (pace->context))
    {
      g_object_unref (pace->context);
      g_bytes_unref (pace->message);
      g_free (pace);

      return G_SOURCE_REMOVE;
    }

  for (; pace->n_sent < due; pace->n_sent++)
    grpc_aio_servicer_context_write_async (pace->context, pace->message, NULL, NULL, NULL);

  return G_SOURCE_CONTINUE;
}

static void
handle_paced (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  g_autoptr (GSource) timer = g_timeout_source_new (1);
  Pace *pace = g_new0 (Pace, 1);

  count (context);
  pace->context = g_object_ref (context);
  pace->message = g_bytes_ref (request);
  pace->per_msec = parse_number (request);
  pace->start = g_get_monotonic_time ();
  g_source_set_callback (timer, on_pace, pace, NULL);
  g_source_attach (timer, g_main_context_get_thread_default ());
}

/* Chat */

static void
on_chat (GObject *source,
         GAsyncResult *result,
         gpointer user_data)
{
  GrpcAioServicerContext *context = GRPC_AIO_SERVICER_CONTEXT (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = grpc_aio_servicer_context_read_finish (context, result, &error);

  if (message != NULL)
    {
      grpc_aio_servicer_context_write_async (context, message, NULL, NULL, NULL);
      grpc_aio_servicer_context_read_async (context, NULL, on_chat, NULL);
    }
  else if (error == NULL)
    {
      grpc_aio_servicer_context_complete (context, NULL);
    }
}

static void
handle_chat (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  count (context);
  grpc_aio_servicer_context_read_async (context, NULL, on_chat, NULL);
}

static void
add_method (GrpcAioService *service,
            const char *name,
            GrpcAioRpcMethodHandler *handler)
{
  grpc_aio_service_add_method (service, name, handler);
  g_object_unref (handler);
}

GrpcAioServer *
rel_serve (guint n_workers,
           char **target)
{
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("rel.Peer");
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  GrpcAioServer *server;
  g_autoptr (GError) error = NULL;
  int port;

  add_method (service, "Echo", grpc_aio_rpc_method_handler_new_unary_unary (handle_echo, NULL, NULL));
  add_method (service, "Hang", grpc_aio_rpc_method_handler_new_unary_unary (handle_hang, NULL, NULL));
  add_method (service, "Stats", grpc_aio_rpc_method_handler_new_unary_unary (handle_stats, NULL, NULL));
  add_method (service, "Flow", grpc_aio_rpc_method_handler_new_unary_stream (handle_flow, NULL, NULL));
  add_method (service, "Count", grpc_aio_rpc_method_handler_new_unary_stream (handle_count, NULL, NULL));
  add_method (service, "Paced", grpc_aio_rpc_method_handler_new_unary_stream (handle_paced, NULL, NULL));
  add_method (service, "Chat", grpc_aio_rpc_method_handler_new_stream_stream (handle_chat, NULL, NULL));
  add_method (service, "HangChat", grpc_aio_rpc_method_handler_new_stream_stream (handle_hang, NULL, NULL));

  /* So that no other test can take the same port. */
  grpc_aio_channel_options_set_int (options, "grpc.so_reuseport", 0);
  server = grpc_aio_server_new_with_options (options);
  grpc_aio_server_set_n_workers (server, n_workers);
  grpc_aio_server_add_service (server, service);
  port = grpc_aio_server_add_port (server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  *target = g_strdup_printf ("127.0.0.1:%d", port);
  grpc_aio_server_start (server, &error);
  g_assert_no_error (error);

  return server;
}

/* Takes the server, which must be freed: handlers let go of it soon. */
void
rel_stop (GrpcAioServer *server)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GrpcAioServer *remains = server;

  grpc_aio_server_stop_async (server, 0, NULL, rel_store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (server, rel_await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);

  g_object_add_weak_pointer (G_OBJECT (server), (gpointer *) &remains);
  g_object_unref (server);
  while (g_atomic_pointer_get (&remains) != NULL)
    {
      /* A thread of the server does not wake this one. */
      if (!g_main_context_iteration (g_main_context_get_thread_default (), FALSE))
        g_usleep (1000);
    }
}

static gboolean
on_stdin (int fd,
          GIOCondition condition,
          gpointer user_data)
{
  guint *is_over = user_data;

  *is_over = 1;

  return G_SOURCE_REMOVE;
}

int
rel_peer_main (void)
{
  g_autofree char *target = NULL;
  GrpcAioServer *server = rel_serve (0, &target);
  guint is_over = 0;

  g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP, on_stdin, &is_over);
  printf ("%s\n", target + sizeof "127.0.0.1:" - 1);
  fflush (stdout);

  rel_iterate_until (&is_over, 1);
  rel_stop (server);

  return 0;
}
