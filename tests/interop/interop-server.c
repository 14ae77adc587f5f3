/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Serves grpc.testing.TestService until SIGTERM or SIGINT:
 *
 *   interop-server --port=8080
 *
 * Once it serves, it prints "listening on ADDRESS". */

#include <glib-unix.h>
#include <grpc-aio-glib/grpc-aio-glib.h>
#include <locale.h>
#include <stdlib.h>

#include "interop-messages.h"
#include "interop-options.h"
#include "interop-service.h"

#define EXIT_USAGE 2

/* How long running calls may go on once the server is to stop. */
#define GRACE_USEC (G_USEC_PER_SEC / 2)

static char *address;
static char *address_type;
static int port;
static gboolean use_tls;
static char *cert_file;
static char *key_file;

static gboolean
on_use_tls (const char *name,
            const char *value,
            gpointer user_data,
            GError **error)
{
  return interop_options_parse_boolean (name, value, &use_tls, error);
}

static const GOptionEntry entries[] = {
  { "port", 0, 0, G_OPTION_ARG_INT, &port, "Port to listen on (0, which takes a free one)", "PORT" },
  { "address_type", 0, 0, G_OPTION_ARG_STRING, &address_type, "IPV4 or IPV6 for the loopback address alone, or IPV4_IPV6 for all addresses (the default)", "TYPE" },
  { "address", 0, 0, G_OPTION_ARG_STRING, &address, "Anything gRPC can listen on, instead of port and type", "unix:PATH" },
  { "use_tls", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, on_use_tls, "Serve with TLS (false)", "BOOLEAN" },
  { "cert_file", 0, 0, G_OPTION_ARG_FILENAME, &cert_file, "PEM file of the server's certificate, for TLS", "FILE" },
  { "key_file", 0, 0, G_OPTION_ARG_FILENAME, &key_file, "PEM file of the server's private key, for TLS", "FILE" },
  G_OPTION_ENTRY_NULL,
};

/* The host to listen on, or NULL. */
static const char *
get_host (void)
{
  if (address_type == NULL || g_str_equal (address_type, "IPV4_IPV6"))
    return "[::]";
  if (g_str_equal (address_type, "IPV4"))
    return "127.0.0.1";
  if (g_str_equal (address_type, "IPV6"))
    return "[::1]";

  return NULL;
}

static gboolean
check_options (GError **error)
{
  INTEROP_OPTIONS_REQUIRE (get_host () != NULL,
                           error,
                           "--address_type is IPV4, IPV6 or IPV4_IPV6, not '%s'",
                           address_type);
  INTEROP_OPTIONS_REQUIRE (address == NULL || (port == 0 && address_type == NULL),
                           error,
                           "--address replaces --port and --address_type");
  INTEROP_OPTIONS_REQUIRE (use_tls == (cert_file != NULL) && use_tls == (key_file != NULL),
                           error,
                           "--use_tls, --cert_file and --key_file go together: no certificates are built in");

  return interop_options_check_port ("--port", port, error);
}

/* Listens where the options say and tells where that is. */
static char *
open_port (GrpcAioServer *server,
           GError **error)
{
  g_autoptr (GrpcAioServerCredentials) credentials = NULL;
  g_autofree char *wanted = NULL;
  int bound;

  if (use_tls)
    {
      g_autofree char *certificates = interop_options_read_file ("--cert_file", cert_file, error);
      g_autofree char *key = NULL;

      if (certificates == NULL)
        return NULL;

      key = interop_options_read_file ("--key_file", key_file, error);
      if (key == NULL)
        return NULL;

      credentials = grpc_aio_server_credentials_new_ssl (key, certificates, NULL, FALSE, error);
      if (credentials == NULL)
        return NULL;
    }

  wanted = address != NULL ? g_strdup (address) : g_strdup_printf ("%s:%d", get_host (), port);
  bound = grpc_aio_server_add_port (server, wanted, credentials, error);
  if (bound == 0)
    return NULL;

  if (address != NULL)
    return g_steal_pointer (&wanted);

  return g_strdup_printf ("%s:%d", get_host (), bound);
}

static void
on_stopped (GObject *object,
            GAsyncResult *result,
            gpointer user_data)
{
  GMainLoop *loop = user_data;
  g_autoptr (GError) error = NULL;

  if (!grpc_aio_server_stop_finish (GRPC_AIO_SERVER (object), result, &error))
    g_printerr ("interop-server: %s\n", error->message);

  g_main_loop_quit (loop);
}

typedef struct
{
  GMainLoop *loop;
  GrpcAioServer *server;
} Program;

static gboolean
on_signal (gpointer user_data)
{
  Program *program = user_data;

  grpc_aio_server_stop_async (program->server, GRACE_USEC, NULL, on_stopped, program->loop);

  return G_SOURCE_CONTINUE;
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GrpcAioServer) server = NULL;
  g_autoptr (GrpcAioService) service = interop_service_new ();
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *where = NULL;
  Program program = { .loop = loop };

  setlocale (LC_ALL, "");
  g_set_prgname ("interop-server");

  if (!interop_options_parse ("Serves grpc.testing.TestService.", entries, &argc, &argv, &error) ||
      !check_options (&error))
    {
      g_printerr ("interop-server: %s\n", error->message);
      return EXIT_USAGE;
    }

  grpc_aio_channel_options_set_int (options, INTEROP_LEAVE_COMPRESSED, 0);
  server = grpc_aio_server_new_with_options (options);
  program.server = server;
  grpc_aio_server_add_service (server, service);
  where = open_port (server, &error);
  if (where == NULL || !grpc_aio_server_start (server, &error))
    {
      g_printerr ("interop-server: %s\n", error->message);
      return EXIT_FAILURE;
    }

  g_unix_signal_add (SIGINT, on_signal, &program);
  g_unix_signal_add (SIGTERM, on_signal, &program);
  g_print ("listening on %s\n", where);
  g_main_loop_run (loop);

  return EXIT_SUCCESS;
}
