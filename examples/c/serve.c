/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The life of a server: add a port and a service, start, and stop gracefully
 * when a signal says so. Both C servers use it. */

#include "serve.h"

#include <glib-unix.h>
#include <stdlib.h>
#include <string.h>

/* How long calls may still run after Ctrl-C. */
#define GRACE_USEC (2 * G_USEC_PER_SEC)

typedef struct
{
  GrpcAioServer *server;
  GMainLoop *loop;
} Program;

static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Program *program = user_data;

  grpc_aio_server_stop_finish (program->server, result, NULL);
  g_print ("Stopped\n");
  g_main_loop_quit (program->loop);
}

/* From now on new calls are refused; running ones get some time to end. */
static gboolean
on_signal (gpointer user_data)
{
  Program *program = user_data;

  grpc_aio_server_stop_async (program->server, GRACE_USEC, NULL, on_stopped, program);

  return G_SOURCE_REMOVE;
}

int
serve (GrpcAioService *service,
       int             argc,
       char          **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GrpcAioServer) server = grpc_aio_server_new ();
  g_autoptr (GOptionContext) options = g_option_context_new (NULL);
  g_autofree char *address = NULL;
  Program program = { server, loop };
  int port;

  const GOptionEntry entries[] = {
    { "address", 0, 0, G_OPTION_ARG_STRING, &address, "Where to listen; port 0 takes a free one", "HOST:PORT" },
    { NULL }
  };

  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }

  if (address == NULL)
    address = g_strdup ("localhost:50051");

  /* NULL instead of credentials: no encryption. */
  grpc_aio_server_add_service (server, service);
  port = grpc_aio_server_add_port (server, address, NULL, &error);
  if (port == 0 || !grpc_aio_server_start (server, &error))
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }

  if (g_str_has_prefix (address, "unix"))
    g_print ("Listening on %s\n", address);
  else
    g_print ("Listening on %.*s:%d\n", (int) (strrchr (address, ':') - address), address, port);

  /* All calls are served in this thread, while the loop runs. */
  g_unix_signal_add (SIGINT, on_signal, &program);
  g_unix_signal_add (SIGTERM, on_signal, &program);
  g_main_loop_run (loop);

  return EXIT_SUCCESS;
}
