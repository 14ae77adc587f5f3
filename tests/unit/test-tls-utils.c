/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-tls-utils.h"

#include <string.h>

#include <glib/gstdio.h>

static char *folder;

gboolean
certificates_make (void)
{
  g_autofree char *openssl = g_find_program_in_path ("openssl");
  g_autofree char *script = g_test_build_filename (G_TEST_DIST, "make-certificates.sh", NULL);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;

  if (openssl == NULL)
    return FALSE;

  folder = g_dir_make_tmp ("test-tls-XXXXXX", &error);
  g_assert_no_error (error);
  g_subprocess_launcher_unsetenv (launcher, "LD_PRELOAD");
  process = g_subprocess_launcher_spawn (launcher, &error, script, folder, NULL);
  g_assert_no_error (error);
  g_subprocess_wait_check (process, NULL, &error);
  g_assert_no_error (error);

  return TRUE;
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_all (child);
    }
  g_remove (path);
}

void
certificates_remove (void)
{
  if (folder != NULL)
    remove_all (folder);
  g_clear_pointer (&folder, g_free);
}

char *
certificate_path (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

GrpcAioTlsIdentity *
identity_from (const char *name)
{
  g_autofree char *certificate_name = g_strconcat (name, ".pem", NULL);
  g_autofree char *key_name = g_strconcat (g_str_equal (name, "chain") ? "leaf" : name, ".key", NULL);
  g_autofree char *certificate = certificate_path (certificate_name);
  g_autofree char *key = certificate_path (key_name);
  g_autoptr (GError) error = NULL;
  GrpcAioTlsIdentity *identity = grpc_aio_tls_identity_new_from_files (certificate, key, &error);

  g_assert_no_error (error);

  return identity;
}

GrpcAioTlsAuthorities *
authorities_from (const char *name)
{
  g_autofree char *file_name = g_strconcat (name, ".pem", NULL);
  g_autofree char *path = certificate_path (file_name);
  g_autoptr (GError) error = NULL;
  GrpcAioTlsAuthorities *authorities = grpc_aio_tls_authorities_new_from_file (path, &error);

  g_assert_no_error (error);

  return authorities;
}

void
copy_file (const char *from,
           const char *to)
{
  g_autofree char *from_path = certificate_path (from);
  g_autofree char *to_path = certificate_path (to);
  g_autofree char *contents = NULL;
  gsize length;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (from_path, &contents, &length, &error);
  g_assert_no_error (error);
  g_file_set_contents (to_path, contents, length, &error);
  g_assert_no_error (error);
}

GrpcAioTlsChannelCredentials *
trusting (const char *authority)
{
  GrpcAioTlsChannelCredentials *credentials = grpc_aio_tls_channel_credentials_new ();
  g_autoptr (GrpcAioTlsAuthorities) authorities = authorities_from (authority);

  grpc_aio_tls_channel_credentials_set_authorities (credentials, authorities);

  return credentials;
}

GrpcAioTlsServerCredentials *
serving (const char *identity)
{
  g_autoptr (GrpcAioTlsIdentity) own = identity_from (identity);

  return grpc_aio_tls_server_credentials_new (own);
}

static void
handle_echo (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  TlsPeer *peer = user_data;

  peer->n_handled++;
  g_set_object (&peer->auth_context, grpc_aio_servicer_context_get_auth_context (context));
  grpc_aio_servicer_context_complete (context, request);
}

void
tls_peer_start (TlsPeer *peer,
                gpointer server_credentials)
{
  g_autoptr (GrpcAioServerCredentials) credentials = server_credentials;
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Peer");
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_echo, peer, NULL);
  g_autoptr (GError) error = NULL;
  int port;

  grpc_aio_service_add_method (service, "Echo", handler);
  peer->server = grpc_aio_server_new ();
  grpc_aio_server_add_service (peer->server, service);
  grpc_aio_server_set_n_workers (peer->server, peer->n_workers);
  port = grpc_aio_server_add_port (peer->server, "127.0.0.1:0", credentials, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (peer->server, &error));
  g_assert_no_error (error);
  peer->target = g_strdup_printf ("127.0.0.1:%d", port);
}

void
tls_peer_connect (TlsPeer *peer,
                  gpointer channel_credentials,
                  const char *host)
{
  g_autoptr (GrpcAioChannelCredentials) credentials = channel_credentials;
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();

  g_assert_null (peer->channel);
  if (host != NULL)
    grpc_aio_channel_options_set_string (options, "grpc.ssl_target_name_override", host);
  peer->channel = grpc_aio_channel_new_with_options (peer->target, credentials, options);
}

void
tls_peer_disconnect (TlsPeer *peer)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_channel_close_async (peer->channel, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_channel_close_finish (peer->channel, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  assert_finalizes (g_steal_pointer (&peer->channel));
}

void
tls_peer_stop (TlsPeer *peer)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (peer->channel != NULL)
    tls_peer_disconnect (peer);
  if (peer->server != NULL)
    {
      grpc_aio_server_stop_async (peer->server, 0, NULL, store_result, &result);
      g_assert_true (grpc_aio_server_stop_finish (peer->server, await (&result), &error));
      g_assert_no_error (error);
      g_clear_object (&result);
      assert_finalizes (peer->server);
    }
  g_clear_object (&peer->auth_context);
  g_free (peer->target);
  memset (peer, 0, sizeof *peer);
}

static GBytes *
call_echo (TlsPeer *peer,
           GError **error)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (peer->channel, "/test.Peer/Echo");
  g_autoptr (GBytes) request = bytes_from ("secret");
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_multi_callable_invoke_async (method, request, NULL, NULL, store_result, &result);

  return grpc_aio_multi_callable_invoke_finish (method, await (&result), error);
}

void
tls_peer_assert_echo (TlsPeer *peer)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = call_echo (peer, &error);

  g_assert_no_error (error);
  assert_bytes (response, "secret");
}

void
tls_peer_assert_refused (TlsPeer *peer,
                         const char *reason)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = call_echo (peer, &error);
  guint n_handled = peer->n_handled;

  g_assert_null (response);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_test_message ("%s", error->message);
  if (!g_str_has_prefix (error->message, reason))
    g_assert_cmpstr (error->message, ==, reason);
  g_assert_cmpuint (peer->n_handled, ==, n_handled);
}
