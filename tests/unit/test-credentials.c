/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <glib/gstdio.h>
#include <string.h>

#include "test-utils.h"

/* A server with TLS, its certificate, and one for clients. */
typedef struct
{
  char *folder;
  char *server_key;
  char *server_certificate;
  char *client_key;
  char *client_certificate;
  GrpcAioServer *server;
  GrpcAioChannel *channel;
  char *target;
} Fixture;

static gboolean
has_openssl (void)
{
  g_autofree char *program = g_find_program_in_path ("openssl");

  if (program == NULL)
    g_test_skip ("There is no program openssl to make certificates with");

  return program != NULL;
}

static char *
take_contents (const char *folder,
               const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  char *contents;

  g_file_get_contents (path, &contents, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_remove (path), ==, 0);

  return contents;
}

/* Makes a certificate that signs itself. */
static void
make_certificate (const char *folder,
                  const char *name,
                  char **key,
                  char **certificate)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *subject = g_strdup_printf ("/CN=%s", name);
  g_autofree char *alternative = g_strdup_printf ("subjectAltName=DNS:%s", name);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_set_cwd (launcher, folder);
  g_subprocess_launcher_unsetenv (launcher, "LD_PRELOAD");
  process = g_subprocess_launcher_spawn (launcher, &error,
                                         "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                                         "-nodes", "-days", "2", "-keyout", "key.pem", "-out", "certificate.pem",
                                         "-subj", subject, "-addext", alternative,
                                         NULL);
  g_assert_no_error (error);
  g_subprocess_wait_check (process, NULL, &error);
  g_assert_no_error (error);

  *key = take_contents (folder, "key.pem");
  *certificate = take_contents (folder, "certificate.pem");
}

static void
handle_echo (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  grpc_aio_servicer_context_complete (context, request);
}

/* @data is whether clients need a certificate, or NULL without TLS. */
static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Peer");
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_echo, NULL, NULL);
  g_autoptr (GrpcAioServerCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;
  const char *clients = data;
  int port;

  if (clients == NULL)
    {
      credentials = grpc_aio_server_credentials_new_insecure ();
    }
  else
    {
      gboolean is_required = g_strcmp0 (clients, "required") == 0;

      if (!has_openssl ())
        return;

      fixture->folder = g_dir_make_tmp ("test-credentials-XXXXXX", &error);
      g_assert_no_error (error);
      make_certificate (fixture->folder, "server.example", &fixture->server_key, &fixture->server_certificate);
      make_certificate (fixture->folder, "client.example", &fixture->client_key, &fixture->client_certificate);
      credentials = grpc_aio_server_credentials_new_ssl (fixture->server_key, fixture->server_certificate,
                                                         is_required ? fixture->client_certificate : NULL, is_required, &error);
      g_assert_no_error (error);
    }
  g_assert_true (GRPC_AIO_IS_SERVER_CREDENTIALS (credentials));

  grpc_aio_service_add_method (service, "Echo", handler);
  fixture->server = grpc_aio_server_new ();
  grpc_aio_server_add_service (fixture->server, service);
  port = grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", credentials, &error);
  g_assert_no_error (error);
  g_assert_cmpint (port, >, 0);
  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  g_assert_no_error (error);
  fixture->target = g_strdup_printf ("127.0.0.1:%d", port);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (fixture->channel != NULL)
    g_assert_finalize_object (fixture->channel);

  if (fixture->server != NULL)
    {
      grpc_aio_server_stop_async (fixture->server, 0, NULL, store_result, &result);
      g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&result), &error));
      g_assert_no_error (error);
      g_clear_object (&result);
      g_assert_finalize_object (fixture->server);
    }

  if (fixture->folder != NULL)
    g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->server_key);
  g_free (fixture->server_certificate);
  g_free (fixture->client_key);
  g_free (fixture->client_certificate);
  g_free (fixture->target);
}

/* Calls the server under the name that its certificate has, or another. */
static GBytes *
echo (Fixture *fixture,
      GrpcAioChannelCredentials *credentials,
      const char *name,
      GError **error)
{
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GBytes) request = bytes_from ("secret");
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_channel_options_set_string (options, "grpc.ssl_target_name_override", name);
  fixture->channel = grpc_aio_channel_new_with_options (fixture->target, credentials, options);
  g_assert_true (grpc_aio_channel_get_credentials (fixture->channel) == credentials);
  method = grpc_aio_channel_unary_unary (fixture->channel, "/test.Peer/Echo");
  grpc_aio_multi_callable_invoke_async (method, request, NULL, NULL, store_result, &result);

  return grpc_aio_multi_callable_invoke_finish (method, await (&result), error);
}

static void
test_insecure (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioChannelCredentials) credentials = grpc_aio_channel_credentials_new_insecure ();
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Insecure credentials are like none");

  g_assert_true (GRPC_AIO_IS_CHANNEL_CREDENTIALS (credentials));
  response = echo (fixture, credentials, "server.example", &error);
  g_assert_no_error (error);
  assert_bytes (response, "secret");
}

static void
test_ssl (Fixture *fixture,
          gconstpointer data)
{
  g_autoptr (GrpcAioChannelCredentials) credentials = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A channel that trusts the server's certificate connects with TLS");

  if (fixture->server == NULL)
    return;

  credentials = grpc_aio_channel_credentials_new_ssl (fixture->server_certificate, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (GRPC_AIO_IS_CHANNEL_CREDENTIALS (credentials));
  response = echo (fixture, credentials, "server.example", &error);
  g_assert_no_error (error);
  assert_bytes (response, "secret");
}

static void
test_client_certificate (Fixture *fixture,
                         gconstpointer data)
{
  g_autoptr (GrpcAioChannelCredentials) credentials = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server that asks for it lets a client with a trusted certificate in");

  if (fixture->server == NULL)
    return;

  credentials = grpc_aio_channel_credentials_new_ssl (fixture->server_certificate, fixture->client_key, fixture->client_certificate, &error);
  g_assert_no_error (error);
  response = echo (fixture, credentials, "server.example", &error);
  g_assert_no_error (error);
  assert_bytes (response, "secret");
}

static void
test_without_client_certificate (Fixture *fixture,
                                 gconstpointer data)
{
  g_autoptr (GrpcAioChannelCredentials) credentials = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server that asks for it keeps a client without a certificate out");

  if (fixture->server == NULL)
    return;

  credentials = grpc_aio_channel_credentials_new_ssl (fixture->server_certificate, NULL, NULL, &error);
  g_assert_no_error (error);
  response = echo (fixture, credentials, "server.example", &error);
  g_assert_null (response);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
}

static void
test_untrusted (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioChannelCredentials) credentials = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server whose certificate is not trusted is not talked to");

  if (fixture->server == NULL)
    return;

  credentials = grpc_aio_channel_credentials_new_ssl (fixture->client_certificate, NULL, NULL, &error);
  g_assert_no_error (error);
  response = echo (fixture, credentials, "server.example", &error);
  g_assert_null (response);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
}

static void
test_other_name (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioChannelCredentials) credentials = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A certificate for another name is not accepted");

  if (fixture->server == NULL)
    return;

  credentials = grpc_aio_channel_credentials_new_ssl (fixture->server_certificate, NULL, NULL, &error);
  g_assert_no_error (error);
  response = echo (fixture, credentials, "other.example", &error);
  g_assert_null (response);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
}

static void
test_plain_client (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A client without TLS gets nothing from a server with it");

  if (fixture->server == NULL)
    return;

  response = echo (fixture, NULL, "server.example", &error);
  g_assert_null (response);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
}

static void
test_broken (void)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("PEM that cannot be read is an error that says so");

  g_assert_null (grpc_aio_channel_credentials_new_ssl ("no PEM", NULL, NULL, &error));
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_assert_nonnull (strstr (error->message, "no certificate in the text of the authorities"));
  g_clear_error (&error);

  g_assert_null (grpc_aio_channel_credentials_new_ssl (NULL, "no PEM", "no PEM", &error));
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_clear_error (&error);

  g_assert_null (grpc_aio_server_credentials_new_ssl ("no PEM", "no PEM", NULL, FALSE, &error));
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
}

static void
test_coreless (void)
{
  g_autoptr (GrpcAioServerCredentials) credentials = g_object_new (GRPC_AIO_TYPE_SERVER_CREDENTIALS, NULL);
  g_autoptr (GrpcAioChannelCredentials) channel_credentials = g_object_new (GRPC_AIO_TYPE_CHANNEL_CREDENTIALS, NULL);
  g_autoptr (GrpcAioServer) server = grpc_aio_server_new ();
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GBytes) request = bytes_from ("secret");
  g_autoptr (GError) error = NULL;

  g_test_summary ("Credentials that are none are not taken for insecure ones");

  g_assert_cmpint (grpc_aio_server_add_port (server, "127.0.0.1:0", credentials, &error), ==, 0);
  g_assert_nonnull (error);
  g_clear_error (&error);

  channel = grpc_aio_channel_new ("127.0.0.1:1", channel_credentials);
  method = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
  g_assert_null (grpc_aio_multi_callable_invoke_sync (method, request, NULL, NULL, &error));
  g_assert_nonnull (error);
}

static void
test_unused (void)
{
  GrpcAioChannelCredentials *channel_credentials;
  GrpcAioServerCredentials *server_credentials;

  g_test_summary ("Credentials that nothing uses go without a trace");

  channel_credentials = grpc_aio_channel_credentials_new_insecure ();
  g_assert_finalize_object (channel_credentials);
  channel_credentials = grpc_aio_channel_credentials_new_ssl (NULL, NULL, NULL, NULL);
  g_assert_finalize_object (channel_credentials);
  server_credentials = grpc_aio_server_credentials_new_insecure ();
  g_assert_finalize_object (server_credentials);
}

static void
test_misuse (void)
{
  g_test_summary ("A key without its certificate is a mistake of the program");

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*private_key == NULL*certificate_chain == NULL*");
  g_assert_null (grpc_aio_channel_credentials_new_ssl (NULL, "key", NULL, NULL));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*private_key != NULL*");
  g_assert_null (grpc_aio_server_credentials_new_ssl (NULL, "certificate", NULL, FALSE, NULL));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*certificate_chain != NULL*");
  g_assert_null (grpc_aio_server_credentials_new_ssl ("key", NULL, NULL, FALSE, NULL));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*root_certificates != NULL*");
  g_assert_null (grpc_aio_server_credentials_new_ssl ("key", "certificate", NULL, TRUE, NULL));
  g_test_assert_expected_messages ();
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, func) g_test_add (path, Fixture, data, fixture_set_up, func, fixture_tear_down)
  ADD ("/credentials/insecure", NULL, test_insecure);
  ADD ("/credentials/ssl", "any", test_ssl);
  ADD ("/credentials/client-certificate", "required", test_client_certificate);
  ADD ("/credentials/without-client-certificate", "required", test_without_client_certificate);
  ADD ("/credentials/untrusted", "any", test_untrusted);
  ADD ("/credentials/other-name", "any", test_other_name);
  ADD ("/credentials/plain-client", "any", test_plain_client);
#undef ADD
  g_test_add_func ("/credentials/broken", test_broken);
  g_test_add_func ("/credentials/coreless", test_coreless);
  g_test_add_func ("/credentials/unused", test_unused);
  g_test_add_func ("/credentials/misuse", test_misuse);

  return g_test_run ();
}
