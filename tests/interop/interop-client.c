/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs one case of gRPC's interoperability tests against a server:
 *
 *   interop-client --server_host=localhost --server_port=8080 --test_case=empty_unary
 *
 * The exit code is 0 when the case passes, 1 when it fails, 2 when the command
 * line is wrong. */

#include <grpc-aio-glib/grpc-aio-glib.h>
#include <locale.h>
#include <stdlib.h>

#include "interop-cases.h"
#include "interop-messages.h"
#include "interop-options.h"

#define EXIT_USAGE 2

static char *server_host;
static char *server_host_override;
static int server_port;
static char *target;
static char *test_case;
static gboolean use_tls;
static gboolean use_test_ca;
static char *ca_file;

static gboolean
on_use_tls (const char *name,
            const char *value,
            gpointer user_data,
            GError **error)
{
  return interop_options_parse_boolean (name, value, &use_tls, error);
}

static gboolean
on_use_test_ca (const char *name,
                const char *value,
                gpointer user_data,
                GError **error)
{
  return interop_options_parse_boolean (name, value, &use_test_ca, error);
}

static const GOptionEntry entries[] = {
  { "server_host", 0, 0, G_OPTION_ARG_STRING, &server_host, "Server to connect to (localhost)", "HOST" },
  { "server_host_override", 0, 0, G_OPTION_ARG_STRING, &server_host_override, "Name the server is expected to have", "HOST" },
  { "server_port", 0, 0, G_OPTION_ARG_INT, &server_port, "Port of the server", "PORT" },
  { "target", 0, 0, G_OPTION_ARG_STRING, &target, "Anything gRPC can resolve, instead of host and port", "unix:PATH" },
  { "test_case", 0, 0, G_OPTION_ARG_STRING, &test_case, "Case to run", "NAME" },
  { "use_tls", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, on_use_tls, "Connect with TLS (false)", "BOOLEAN" },
  { "use_test_ca", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, on_use_test_ca, "Trust the authority in --ca_file, not those of the system (false)", "BOOLEAN" },
  { "ca_file", 0, 0, G_OPTION_ARG_FILENAME, &ca_file, "PEM file for --use_test_ca", "FILE" },
  G_OPTION_ENTRY_NULL,
};

static gboolean
check_options (GError **error)
{
  g_autofree char *names = interop_cases_dup_names ();

  INTEROP_OPTIONS_REQUIRE (test_case != NULL, error, "--test_case is missing; it is one of %s", names);
  INTEROP_OPTIONS_REQUIRE (interop_cases_find (test_case) != NULL,
                           error,
                           "There is no test case '%s'; the cases are %s",
                           test_case,
                           names);

  if (target != NULL)
    INTEROP_OPTIONS_REQUIRE (server_host == NULL && server_port == 0,
                             error,
                             "--target replaces --server_host and --server_port");
  else
    INTEROP_OPTIONS_REQUIRE (server_port != 0, error, "--server_port or --target is missing");

  INTEROP_OPTIONS_REQUIRE (use_tls || !use_test_ca, error, "--use_test_ca needs --use_tls");
  INTEROP_OPTIONS_REQUIRE (use_test_ca == (ca_file != NULL),
                           error,
                           "--use_test_ca and --ca_file go together: no certificates are built in");

  return interop_options_check_port ("--server_port", server_port, error);
}

static char *
dup_target (void)
{
  const char *host = server_host != NULL ? server_host : "localhost";
  gboolean is_ipv6 = strchr (host, ':') != NULL && host[0] != '[';

  if (target != NULL)
    return g_strdup (target);

  return g_strdup_printf (is_ipv6 ? "[%s]:%d" : "%s:%d", host, server_port);
}

static GrpcAioChannel *
create_channel (GError **error)
{
  g_autoptr (GrpcAioChannelCredentials) credentials = NULL;
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autofree char *address = dup_target ();
  g_autofree char *roots = NULL;

  if (use_test_ca)
    {
      roots = interop_options_read_file ("--ca_file", ca_file, error);
      if (roots == NULL)
        return NULL;
    }

  if (use_tls)
    {
      credentials = grpc_aio_channel_credentials_new_ssl (roots, NULL, NULL, error);
      if (credentials == NULL)
        return NULL;
    }

  if (server_host_override != NULL)
    grpc_aio_channel_options_set_string (options,
                                         use_tls ? "grpc.ssl_target_name_override" : "grpc.default_authority",
                                         server_host_override);

  grpc_aio_channel_options_set_int (options, INTEROP_LEAVE_COMPRESSED, 0);

  return grpc_aio_channel_new_with_options (address, credentials, options);
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_set_prgname ("interop-client");

  if (!interop_options_parse ("Runs one case of gRPC's interoperability tests.", entries, &argc, &argv, &error) ||
      !check_options (&error))
    {
      g_printerr ("interop-client: %s\n", error->message);
      return EXIT_USAGE;
    }

  channel = create_channel (&error);
  if (channel == NULL || !interop_cases_find (test_case) (channel, &error))
    {
      g_printerr ("interop-client: %s: %s (%s %d)\n",
                  test_case,
                  error->message,
                  g_quark_to_string (error->domain),
                  error->code);
      return EXIT_FAILURE;
    }

  g_print ("%s: passed\n", test_case);

  return EXIT_SUCCESS;
}
