/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include <glib/gstdio.h>

#include "test-utils.h"

/* A server that tells what it knows of its client. */
typedef struct
{
  char *folder;
  char *server_key;
  char *server_certificate;
  char *client_key;
  char *client_certificate;
  GrpcAioServer *server;
  GrpcAioChannel *channel;
  GrpcAioAuthContext *auth_context; /* of the last call, on the server's side */
} Fixture;

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

/* Makes a certificate that signs itself, for two names. */
static void
make_certificate (const char *folder,
                  const char *name,
                  char **key,
                  char **certificate)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *subject = g_strdup_printf ("/CN=%s", name);
  g_autofree char *alternative = g_strdup_printf ("subjectAltName=DNS:%s,DNS:second.example", name);
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
handle (GrpcAioServicerContext *context,
        GBytes *request,
        gpointer user_data)
{
  Fixture *fixture = user_data;

  g_set_object (&fixture->auth_context, grpc_aio_servicer_context_get_auth_context (context));
  g_assert_true (grpc_aio_servicer_context_get_auth_context (context) == fixture->auth_context);
  g_assert_cmpstr (grpc_aio_servicer_context_get_peer_identity_key (context), ==,
                   grpc_aio_auth_context_get_peer_identity_key (fixture->auth_context));
  grpc_aio_servicer_context_complete (context, request);
}

/* @data is "any" for a server with TLS, "required" for one whose clients need a
 * certificate, and NULL for none of that. */
static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Peer");
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle, fixture, NULL);
  g_autoptr (GrpcAioServerCredentials) server_credentials = NULL;
  g_autoptr (GrpcAioChannelCredentials) channel_credentials = NULL;
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autofree char *target = NULL;
  g_autofree char *openssl = g_find_program_in_path ("openssl");
  g_autoptr (GError) error = NULL;
  gboolean is_required = g_strcmp0 (data, "required") == 0;
  int port;

  if (data != NULL && openssl == NULL)
    {
      g_test_skip ("There is no program openssl to make certificates with");
      return;
    }

  if (data != NULL)
    {
      fixture->folder = g_dir_make_tmp ("test-auth-context-XXXXXX", &error);
      g_assert_no_error (error);
      make_certificate (fixture->folder, "server.example", &fixture->server_key, &fixture->server_certificate);
      make_certificate (fixture->folder, "client.example", &fixture->client_key, &fixture->client_certificate);
      server_credentials = grpc_aio_server_credentials_new_ssl (fixture->server_key, fixture->server_certificate,
                                                                is_required ? fixture->client_certificate : NULL, is_required, &error);
      g_assert_no_error (error);
      channel_credentials = grpc_aio_channel_credentials_new_ssl (fixture->server_certificate,
                                                                  is_required ? fixture->client_key : NULL,
                                                                  is_required ? fixture->client_certificate : NULL,
                                                                  &error);
      g_assert_no_error (error);
    }

  grpc_aio_service_add_method (service, "Echo", handler);
  fixture->server = grpc_aio_server_new ();
  grpc_aio_server_add_service (fixture->server, service);
  port = grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", server_credentials, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  g_assert_no_error (error);

  target = g_strdup_printf ("127.0.0.1:%d", port);
  grpc_aio_channel_options_set_string (options, "grpc.ssl_target_name_override", "server.example");
  fixture->channel = grpc_aio_channel_new_with_options (target, channel_credentials, options);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (fixture->server == NULL)
    return;

  assert_finalizes (fixture->channel);
  grpc_aio_server_stop_async (fixture->server, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  assert_finalizes (fixture->server);

  /* It outlives the call, the channel and the server. */
  g_assert_nonnull (grpc_aio_auth_context_get_transport_security_type (fixture->auth_context));
  g_assert_finalize_object (fixture->auth_context);

  if (fixture->folder != NULL)
    g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->server_key);
  g_free (fixture->server_certificate);
  g_free (fixture->client_key);
  g_free (fixture->client_certificate);
}

/* Returns what the client knows of the server. */
static GrpcAioAuthContext *
call (Fixture *fixture)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (fixture->channel, "/test.Peer/Echo");
  g_autoptr (GBytes) request = bytes_from ("hello");
  g_autoptr (GrpcAioCall) client_call = grpc_aio_multi_callable_call (method, request, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  /* Nothing is known before there is a connection. */
  g_assert_null (grpc_aio_call_dup_auth_context (client_call));

  grpc_aio_call_response_async (client_call, NULL, store_result, &result);
  response = grpc_aio_call_response_finish (client_call, await (&result), &error);
  g_assert_no_error (error);
  assert_bytes (response, "hello");

  return grpc_aio_call_dup_auth_context (client_call);
}

/* @second is NULL where there is one value. */
static void
assert_values (GList *values,
               const char *first,
               const char *second)
{
  g_assert_cmpuint (g_list_length (values), ==, second != NULL ? 2 : 1);
  assert_bytes (values->data, first);
  if (second != NULL)
    assert_bytes (values->next->data, second);
  g_list_free_full (values, (GDestroyNotify) g_bytes_unref);
}

static void
assert_anonymous (GrpcAioAuthContext *auth_context)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (grpc_aio_auth_context_is_peer_authenticated (auth_context));
  g_assert_null (grpc_aio_auth_context_get_peer_identity_key (auth_context));
  g_assert_null (grpc_aio_auth_context_dup_peer_identities (auth_context));
  g_assert_null (grpc_aio_auth_context_dup_values (auth_context, "none"));
  g_assert_null (grpc_aio_auth_context_get_text (auth_context, "none"));
  g_assert_null (grpc_aio_auth_context_get_peer_certificate_pem (auth_context));
  g_assert_null (grpc_aio_auth_context_dup_peer_certificate (auth_context, &error));
  g_assert_no_error (error);
}

static void
assert_knows (GrpcAioAuthContext *auth_context,
              const char *name,
              const char *pem)
{
  g_auto (GStrv) names = grpc_aio_auth_context_dup_names (auth_context);
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autofree char *certificate_pem = NULL;
  g_autoptr (GError) error = NULL;
  guint n_same = 0;

  g_assert_true (g_strv_contains ((const char *const[]){ "ssl", "tls", NULL }, grpc_aio_auth_context_get_transport_security_type (auth_context)));
  g_assert_true (grpc_aio_auth_context_is_peer_authenticated (auth_context));
  g_assert_cmpstr (grpc_aio_auth_context_get_peer_identity_key (auth_context), ==, "x509_subject_alternative_name");
  assert_values (grpc_aio_auth_context_dup_peer_identities (auth_context), name, "second.example");
  assert_values (grpc_aio_auth_context_dup_values (auth_context, "x509_common_name"), name, NULL);
  g_assert_cmpstr (grpc_aio_auth_context_get_text (auth_context, "x509_common_name"), ==, name);
  g_assert_cmpstr (grpc_aio_auth_context_get_text (auth_context, "x509_subject_alternative_name"), ==, name);
  g_assert_cmpstr (grpc_aio_auth_context_get_text (auth_context, "security_level"), ==, "TSI_PRIVACY_AND_INTEGRITY");
  g_assert_cmpstr (grpc_aio_auth_context_get_peer_certificate_pem (auth_context), ==, pem);

  /* A name with two values is listed once. */
  for (char **at = names; *at != NULL; at++)
    n_same += g_str_equal (*at, "x509_subject_alternative_name");
  g_assert_cmpuint (n_same, ==, 1);

  certificate = grpc_aio_auth_context_dup_peer_certificate (auth_context, &error);
  if (g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_assert_no_error (error);
      g_object_get (certificate, "certificate-pem", &certificate_pem, NULL);
      g_assert_cmpstr (certificate_pem, ==, pem);
    }
  else
    {
      g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE);
    }
}

static void
test_insecure (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioAuthContext) auth_context = NULL;

  g_test_summary ("Without TLS neither side knows the other");

  auth_context = call (fixture);
  g_assert_cmpstr (grpc_aio_auth_context_get_transport_security_type (auth_context), ==, "insecure");
  g_assert_cmpstr (grpc_aio_auth_context_get_transport_security_type (fixture->auth_context), ==, "insecure");
  assert_anonymous (auth_context);
  assert_anonymous (fixture->auth_context);
}

static void
test_tls (Fixture *fixture,
          gconstpointer data)
{
  g_autoptr (GrpcAioAuthContext) auth_context = NULL;

  g_test_summary ("With TLS the client knows the server, which need not know the client");

  if (fixture->server == NULL)
    return;

  auth_context = call (fixture);
  assert_knows (auth_context, "server.example", fixture->server_certificate);
  g_assert_cmpstr (grpc_aio_auth_context_get_transport_security_type (fixture->auth_context), ==, "ssl");
  assert_anonymous (fixture->auth_context);
}

static void
test_both (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GrpcAioAuthContext) auth_context = NULL;

  g_test_summary ("With a certificate of the client both sides know each other");

  if (fixture->server == NULL)
    return;

  auth_context = call (fixture);
  assert_knows (auth_context, "server.example", fixture->server_certificate);
  assert_knows (fixture->auth_context, "client.example", fixture->client_certificate);
}

static void
test_empty (void)
{
  g_autoptr (GrpcAioAuthContext) auth_context = g_object_new (GRPC_AIO_TYPE_AUTH_CONTEXT, NULL);
  g_auto (GStrv) names = grpc_aio_auth_context_dup_names (auth_context);

  g_test_summary ("One without properties says nothing of the peer");

  g_assert_cmpuint (g_strv_length (names), ==, 0);
  g_assert_null (grpc_aio_auth_context_get_transport_security_type (auth_context));
  assert_anonymous (auth_context);
}

static void
test_misuse (void)
{
  g_autoptr (GrpcAioAuthContext) auth_context = g_object_new (GRPC_AIO_TYPE_AUTH_CONTEXT, NULL);

  g_test_summary ("A property without a name is a mistake of the program");

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*name != NULL*");
  g_assert_null (grpc_aio_auth_context_get_text (auth_context, NULL));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*name != NULL*");
  g_assert_null (grpc_aio_auth_context_dup_values (auth_context, NULL));
  g_test_assert_expected_messages ();
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, func) g_test_add (path, Fixture, data, fixture_set_up, func, fixture_tear_down)
  ADD ("/auth-context/insecure", NULL, test_insecure);
  ADD ("/auth-context/tls", "any", test_tls);
  ADD ("/auth-context/both", "required", test_both);
#undef ADD
  g_test_add_func ("/auth-context/empty", test_empty);
  g_test_add_func ("/auth-context/misuse", test_misuse);

  return g_test_run ();
}
