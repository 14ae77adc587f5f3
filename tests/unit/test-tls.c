/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <signal.h>
#include <string.h>

#include <glib/gstdio.h>

#include "test-tls-utils.h"

/* A client and a server that do not belong together, and what the client is told. */
typedef struct
{
  const char *name;
  const char *server;            /* NULL for none with TLS */
  const char *client_authority;  /* the same */
  const char *client_identity;
  const char *server_authority;  /* the server demands a certificate */
  const char *host;
  gboolean has_crls;
  const char *reason;
} Refusal;

static const Refusal refusals[] = {
  { "wrong-ca", "server", "foreign", NULL, NULL, "server.example", FALSE,
    "The certificate of “server.example” is signed by “The authority”, which is not trusted (failed to connect" },
  { "expired", "expired", "authority", NULL, NULL, "server.example", FALSE,
    "The certificate of “server.example” expired on 2020-02-01 00:00:00 UTC (" },
  { "not-yet-valid", "future", "authority", NULL, NULL, "server.example", FALSE,
    "The certificate of “server.example” is not valid before 2099-01-01 00:00:00 UTC; is the clock right? (" },
  { "wrong-host", "server", "authority", NULL, NULL, "other.example", FALSE,
    "The certificate is for “server.example”, “*.wild.example”, “127.0.0.1”, and not for “other.example” (" },
  { "self-signed", "self", "authority", NULL, NULL, "server.example", FALSE,
    "The certificate of “server.example” is signed by itself, and not one of those that are trusted (" },
  { "missing-client-certificate", "server", "authority", NULL, "authority", "server.example", FALSE,
    "The server closed the connection at once: maybe it demands a certificate of the client, and the credentials have none (" },
  { "foreign-client-certificate", "server", "authority", "foreign-client", "authority", "server.example", FALSE,
    "The server closed the connection at once: maybe it does not accept the certificate of the client, or does not trust who signed it (" },
  { "revoked", "revoked", "authority", NULL, NULL, "server.example", TRUE,
    "The certificate of “server.example” was revoked by “The authority” (" },
  { "plain-client", "server", NULL, NULL, NULL, NULL, FALSE,
    "The server closed the connection at once: maybe it demands TLS, and the channel's credentials are without it (" },
  { "plain-server", NULL, "authority", NULL, NULL, "server.example", FALSE,
    "The server does not speak TLS at this port (" },
  { "revoked-client", "server", "authority", "revoked-client", "authority", "server.example", TRUE,
    "The server closed the connection at once: maybe it does not accept the certificate of the client, or does not trust who signed it (" },
  { "wrong-ca-with-identity", "server", "foreign", "client", NULL, "server.example", FALSE,
    "The certificate of the server is not accepted: it is signed by an authority that is not trusted, or it is expired, not valid yet or revoked (" },
};

static void
set_crls (gpointer credentials)
{
  g_autofree char *path = certificate_path ("crls");
  g_autoptr (GError) error = NULL;

  if (GRPC_AIO_IS_TLS_CHANNEL_CREDENTIALS (credentials))
    g_assert_true (grpc_aio_tls_channel_credentials_set_crl_directory (credentials, path, &error));
  else
    g_assert_true (grpc_aio_tls_server_credentials_set_crl_directory (credentials, path, &error));
  g_assert_no_error (error);
}

static GrpcAioTlsServerCredentials *
server_credentials_for (const Refusal *refusal)
{
  GrpcAioTlsServerCredentials *credentials;
  g_autoptr (GrpcAioTlsAuthorities) authorities = NULL;

  if (refusal->server == NULL)
    return NULL;

  credentials = serving (refusal->server);
  if (refusal->server_authority != NULL)
    {
      authorities = authorities_from (refusal->server_authority);
      grpc_aio_tls_server_credentials_set_client_check (credentials, GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE, authorities);
    }
  if (refusal->has_crls)
    set_crls (credentials);

  return credentials;
}

static GrpcAioTlsChannelCredentials *
channel_credentials_for (const Refusal *refusal)
{
  GrpcAioTlsChannelCredentials *credentials;
  g_autoptr (GrpcAioTlsIdentity) identity = NULL;

  if (refusal->client_authority == NULL)
    return NULL;

  credentials = trusting (refusal->client_authority);
  if (refusal->client_identity != NULL)
    {
      identity = identity_from (refusal->client_identity);
      grpc_aio_tls_channel_credentials_set_identity (credentials, identity);
    }
  if (refusal->has_crls)
    set_crls (credentials);

  return credentials;
}

static void
test_refusal (TlsPeer *peer,
              gconstpointer data)
{
  const Refusal *refusal = data;

  g_test_summary ("A connection that must not be is not, and the call's error says why");

  tls_peer_start (peer, server_credentials_for (refusal));
  tls_peer_connect (peer, channel_credentials_for (refusal), refusal->host);
  tls_peer_assert_refused (peer, refusal->reason);
  tls_peer_stop (peer);
}

typedef struct
{
  const char *name;
  const char *const arguments[4];
  const char *reason;
} OtherServer;

static const OtherServer other_servers[] = {
  { "no-alpn", { NULL }, "The server has TLS, but did not choose HTTP/2 by ALPN: it is no gRPC server, or something in between ends TLS (" },
  { "tls-1.1", { "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", NULL }, "The server has no version of TLS that is new enough: 1.2 is the oldest that is used (" },
};

/* OpenSSL's own server, with some more arguments. */
static GSubprocess *
start_openssl (TlsPeer *peer,
               const char *const *arguments)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *certificate = certificate_path ("server.pem");
  g_autofree char *key = certificate_path ("server.key");
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GDataInputStream) output = NULL;
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_unsetenv (launcher, "LD_PRELOAD");
  for (const char *const *at = (const char *const[]){ "openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-cert", NULL }; *at != NULL; at++)
    g_ptr_array_add (argv, (gpointer) *at);
  g_ptr_array_add (argv, certificate);
  g_ptr_array_add (argv, (gpointer) "-key");
  g_ptr_array_add (argv, key);
  for (; *arguments != NULL; arguments++)
    g_ptr_array_add (argv, (gpointer) *arguments);
  g_ptr_array_add (argv, NULL);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);

  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  while (peer->target == NULL)
    {
      g_autofree char *line = g_data_input_stream_read_line (output, NULL, NULL, &error);

      g_assert_no_error (error);
      g_assert_nonnull (line);
      if (g_str_has_prefix (line, "ACCEPT "))
        peer->target = g_strdup (line + strlen ("ACCEPT "));
    }

  return g_steal_pointer (&process);
}

static void
test_other_server (TlsPeer *peer,
                   gconstpointer data)
{
  const OtherServer *other = data;
  g_autoptr (GSubprocess) process = start_openssl (peer, other->arguments);

  g_test_summary ("A server that is none of gRPC's is not talked to");

  tls_peer_connect (peer, trusting ("authority"), "server.example");
  tls_peer_assert_refused (peer, other->reason);
  tls_peer_stop (peer);
  g_subprocess_force_exit (process);
  g_subprocess_wait (process, NULL, NULL);
}

static void
test_good (TlsPeer *peer,
           gconstpointer data)
{
  g_test_summary ("A good certificate is accepted, for each of its names");

  tls_peer_start (peer, serving ("server"));
  for (const char *const *host = (const char *const[]){ "server.example", "any.wild.example", "127.0.0.1", NULL }; *host != NULL; host++)
    {
      tls_peer_connect (peer, trusting ("authority"), *host);
      tls_peer_assert_echo (peer);
      tls_peer_disconnect (peer);
    }

  /* The address is the name, without an override. */
  tls_peer_connect (peer, trusting ("authority"), NULL);
  tls_peer_assert_echo (peer);
  g_assert_cmpstr (grpc_aio_auth_context_get_transport_security_type (peer->auth_context), ==, "ssl");
  tls_peer_stop (peer);
}

static void
test_chain (TlsPeer *peer,
            gconstpointer data)
{
  g_test_summary ("A chain through an authority in the middle is accepted, and half of it is not");

  tls_peer_start (peer, serving ("chain"));
  tls_peer_connect (peer, trusting ("authority"), "server.example");
  tls_peer_assert_echo (peer);
  tls_peer_stop (peer);

  tls_peer_start (peer, serving ("leaf"));
  tls_peer_connect (peer, trusting ("authority"), "server.example");
  tls_peer_assert_refused (peer, "The certificate of “server.example” is signed by “The middle”, which is not trusted (");
  tls_peer_stop (peer);

  /* Whom to trust need not be at the end. */
  tls_peer_start (peer, serving ("leaf"));
  tls_peer_connect (peer, trusting ("middle"), "server.example");
  tls_peer_assert_echo (peer);
  tls_peer_stop (peer);
}

static void
test_server_check (TlsPeer *peer,
                   gconstpointer data)
{
  GrpcAioTlsChannelCredentials *credentials = trusting ("authority");

  g_test_summary ("What is checked of the server can be less");

  tls_peer_start (peer, serving ("server"));
  g_assert_cmpint (grpc_aio_tls_channel_credentials_get_server_check (credentials), ==, GRPC_AIO_TLS_SERVER_CHECK_FULL);
  grpc_aio_tls_channel_credentials_set_server_check (credentials, GRPC_AIO_TLS_SERVER_CHECK_WITHOUT_HOST_NAME);
  tls_peer_connect (peer, credentials, "other.example");
  tls_peer_assert_echo (peer);
  tls_peer_disconnect (peer);

  credentials = trusting ("foreign");
  grpc_aio_tls_channel_credentials_set_server_check (credentials, GRPC_AIO_TLS_SERVER_CHECK_WITHOUT_HOST_NAME);
  tls_peer_connect (peer, g_object_ref (credentials), "other.example");
  tls_peer_assert_refused (peer, "The certificate of “server.example” is signed by “The authority”, which is not trusted (");
  tls_peer_disconnect (peer);

  g_object_set (credentials, "server-check", GRPC_AIO_TLS_SERVER_CHECK_NONE_INSECURE, NULL);
  tls_peer_connect (peer, credentials, "other.example");
  tls_peer_assert_echo (peer);
  tls_peer_stop (peer);
}

/* Whether the server sees a certificate of the client. */
static void
assert_client (GrpcAioTlsClientCheck check,
               const char *identity,
               gboolean is_let_in)
{
  TlsPeer peer = { NULL };
  GrpcAioTlsServerCredentials *server_credentials = serving ("server");
  GrpcAioTlsChannelCredentials *credentials = trusting ("authority");
  g_autoptr (GrpcAioTlsAuthorities) authorities = NULL;
  g_autoptr (GrpcAioTlsIdentity) own = NULL;

  if (check == GRPC_AIO_TLS_CLIENT_CHECK_REQUEST || check == GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE)
    authorities = authorities_from ("authority");
  grpc_aio_tls_server_credentials_set_client_check (server_credentials, check, authorities);
  g_assert_cmpint (grpc_aio_tls_server_credentials_get_client_check (server_credentials), ==, check);
  g_assert_true (grpc_aio_tls_server_credentials_get_authorities (server_credentials) == authorities);
  if (identity != NULL)
    {
      own = identity_from (identity);
      grpc_aio_tls_channel_credentials_set_identity (credentials, own);
    }

  tls_peer_start (&peer, server_credentials);
  tls_peer_connect (&peer, credentials, "server.example");
  if (is_let_in)
    {
      tls_peer_assert_echo (&peer);
      if (identity != NULL && check != GRPC_AIO_TLS_CLIENT_CHECK_NONE)
        g_assert_cmpstr (grpc_aio_auth_context_get_text (peer.auth_context, "x509_common_name"), ==, "client.example");
      else
        g_assert_null (grpc_aio_auth_context_get_text (peer.auth_context, "x509_common_name"));
    }
  else
    {
      tls_peer_assert_refused (&peer, "The server closed the connection at once: maybe it d");
    }
  tls_peer_stop (&peer);
}

static void
test_client_check (void)
{
  g_test_summary ("A server takes clients with or without a certificate, as it likes");

  assert_client (GRPC_AIO_TLS_CLIENT_CHECK_NONE, NULL, TRUE);
  assert_client (GRPC_AIO_TLS_CLIENT_CHECK_NONE, "foreign-client", TRUE);
  assert_client (GRPC_AIO_TLS_CLIENT_CHECK_REQUEST, NULL, TRUE);
  assert_client (GRPC_AIO_TLS_CLIENT_CHECK_REQUEST, "client", TRUE);
  assert_client (GRPC_AIO_TLS_CLIENT_CHECK_REQUEST, "foreign-client", FALSE);
  assert_client (GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE, NULL, FALSE);
  assert_client (GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE, "client", TRUE);
  assert_client (GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE, "foreign-client", FALSE);
  assert_client (GRPC_AIO_TLS_CLIENT_CHECK_REQUEST_UNVERIFIED, NULL, TRUE);
  assert_client (GRPC_AIO_TLS_CLIENT_CHECK_REQUEST_UNVERIFIED, "foreign-client", TRUE);
  assert_client (GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE_UNVERIFIED, NULL, FALSE);
  assert_client (GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE_UNVERIFIED, "foreign-client", TRUE);
}

static void
test_crls (TlsPeer *peer,
           gconstpointer data)
{
  GrpcAioTlsServerCredentials *server_credentials = serving ("server");
  GrpcAioTlsChannelCredentials *credentials = trusting ("authority");
  g_autoptr (GrpcAioTlsAuthorities) authorities = authorities_from ("authority");
  g_autoptr (GrpcAioTlsIdentity) identity = identity_from ("client");
  g_autofree char *path = certificate_path ("crls");

  g_test_summary ("With lists of revoked certificates those that are not revoked are accepted");

  grpc_aio_tls_server_credentials_set_client_check (server_credentials, GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE, authorities);
  set_crls (server_credentials);
  g_assert_cmpstr (grpc_aio_tls_server_credentials_get_crl_directory (server_credentials), ==, path);
  grpc_aio_tls_channel_credentials_set_identity (credentials, identity);
  set_crls (credentials);
  g_assert_cmpstr (grpc_aio_tls_channel_credentials_get_crl_directory (credentials), ==, path);

  tls_peer_start (peer, server_credentials);
  tls_peer_connect (peer, credentials, "server.example");
  tls_peer_assert_echo (peer);
  tls_peer_stop (peer);
}

static void
assert_keys_in (const char *path)
{
  g_autofree char *keys = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &keys, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (keys, "CLIENT_TRAFFIC_SECRET_0 "));
}

static void
test_key_log (TlsPeer *peer,
              gconstpointer data)
{
  GrpcAioTlsServerCredentials *server_credentials = serving ("server");
  GrpcAioTlsChannelCredentials *credentials = trusting ("authority");
  g_autofree char *server_path = certificate_path ("server-keys");
  g_autofree char *client_path = certificate_path ("client-keys");
  g_autoptr (GError) error = NULL;

  g_test_summary ("Both sides write down the keys when they are told to");

  g_assert_true (grpc_aio_tls_server_credentials_set_key_log_file (server_credentials, server_path, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (grpc_aio_tls_server_credentials_get_key_log_file (server_credentials), ==, server_path);
  g_assert_true (grpc_aio_tls_channel_credentials_set_key_log_file (credentials, client_path, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (grpc_aio_tls_channel_credentials_get_key_log_file (credentials), ==, client_path);

  tls_peer_start (peer, server_credentials);
  tls_peer_connect (peer, credentials, "server.example");
  tls_peer_assert_echo (peer);
  tls_peer_stop (peer);
  assert_keys_in (server_path);
  assert_keys_in (client_path);
}

static void
test_session_cache (TlsPeer *peer,
                    gconstpointer data)
{
  g_autoptr (GrpcAioTlsChannelCredentials) credentials = trusting ("authority");
  const gboolean is_cached = data != NULL;

  g_test_summary ("A second channel resumes the session of the first, with all that is checked");

  g_assert_cmpuint (grpc_aio_tls_channel_credentials_get_session_cache_size (credentials), ==, 0);
  if (is_cached)
    grpc_aio_tls_channel_credentials_set_session_cache_size (credentials, 8);

  /* The certificate in the middle does not come again. */
  tls_peer_start (peer, serving ("chain"));
  for (guint i = 0; i < 3; i++)
    {
      tls_peer_connect (peer, g_object_ref (credentials), "server.example");
      tls_peer_assert_echo (peer);
      g_assert_cmpstr (grpc_aio_auth_context_get_text (peer->auth_context, "ssl_session_reused"), ==,
                       i > 0 && is_cached ? "true" : "false");
      tls_peer_disconnect (peer);
    }
  tls_peer_stop (peer);
}

static void
test_new_identity (TlsPeer *peer,
                   gconstpointer data)
{
  g_autoptr (GrpcAioTlsServerCredentials) credentials = serving ("server");
  g_autoptr (GrpcAioTlsIdentity) foreign = identity_from ("foreign-server");

  g_test_summary ("A server that runs is given another certificate, which new connections see");

  tls_peer_start (peer, g_object_ref (credentials));
  tls_peer_connect (peer, trusting ("authority"), "server.example");
  tls_peer_assert_echo (peer);

  grpc_aio_tls_server_credentials_set_identity (credentials, foreign);
  g_assert_true (grpc_aio_tls_server_credentials_get_identity (credentials) == foreign);
  tls_peer_assert_echo (peer);
  tls_peer_disconnect (peer);

  tls_peer_connect (peer, trusting ("foreign"), "server.example");
  tls_peer_assert_echo (peer);
  tls_peer_disconnect (peer);
  tls_peer_connect (peer, trusting ("authority"), "server.example");
  tls_peer_assert_refused (peer, "The certificate of “server.example” is signed by “The foreign”, which is not trusted (");
  tls_peer_stop (peer);
}

static void
test_other_identities (TlsPeer *peer,
                       gconstpointer data)
{
  g_autoptr (GrpcAioTlsServerCredentials) credentials = serving ("server");
  g_autoptr (GrpcAioTlsIdentity) foreign = identity_from ("foreign-server");
  g_autoptr (GrpcAioTlsIdentity) other = identity_from ("other-server");
  GrpcAioTlsIdentity *others[] = { foreign, other };

  g_test_summary ("A server shows the certificate that has the name the client asks for");

  grpc_aio_tls_server_credentials_set_other_identities (credentials, others, G_N_ELEMENTS (others));
  tls_peer_start (peer, g_object_ref (credentials));
  tls_peer_connect (peer, trusting ("authority"), "other.example");
  tls_peer_assert_echo (peer);
  tls_peer_disconnect (peer);
  tls_peer_connect (peer, trusting ("authority"), "server.example");
  tls_peer_assert_echo (peer);
  tls_peer_disconnect (peer);
  tls_peer_connect (peer, trusting ("authority"), "third.example");
  tls_peer_assert_refused (peer, "The certificate is for “server.example”, “*.wild.example”, “127.0.0.1”, and not for “third.example” (");
  tls_peer_disconnect (peer);

  grpc_aio_tls_server_credentials_set_other_identities (credentials, NULL, 0);
  tls_peer_connect (peer, trusting ("authority"), "other.example");
  tls_peer_assert_refused (peer, "The certificate is for “server.example”, “*.wild.example”, “127.0.0.1”, and not for “other.example” (");
  tls_peer_stop (peer);
}

static gint n_messages; /* atomic */

static void
test_new_files (TlsPeer *peer,
                gconstpointer data)
{
  g_autoptr (GrpcAioTlsServerCredentials) credentials = NULL;

  g_test_summary ("Files are followed, and only once they belong together");

  copy_file ("server.pem", "live.pem");
  copy_file ("server.key", "live.key");
  credentials = serving ("live");
  tls_peer_start (peer, g_steal_pointer (&credentials));
  tls_peer_connect (peer, trusting ("authority"), "server.example");
  tls_peer_assert_echo (peer);
  tls_peer_disconnect (peer);

  /* The key is still the old one. */
  g_assert_cmpint (n_messages, ==, 0);
  copy_file ("foreign-server.pem", "live.pem");
  tls_peer_connect (peer, trusting ("authority"), "server.example");
  tls_peer_assert_echo (peer);
  tls_peer_disconnect (peer);
  g_assert_cmpint (n_messages, ==, 1);

  copy_file ("foreign-server.key", "live.key");
  tls_peer_connect (peer, trusting ("foreign"), "server.example");
  tls_peer_assert_echo (peer);
  tls_peer_stop (peer);
  g_assert_cmpint (n_messages, ==, 1);
}

static void
test_new_authorities (TlsPeer *peer,
                      gconstpointer data)
{
  GrpcAioTlsServerCredentials *server_credentials = serving ("server");
  g_autoptr (GrpcAioTlsAuthorities) authorities = NULL;
  g_autoptr (GrpcAioTlsIdentity) identity = identity_from ("foreign-client");
  GrpcAioTlsChannelCredentials *credentials = trusting ("authority");

  g_test_summary ("The authorities of a server follow their file");

  copy_file ("authority.pem", "trusted.pem");
  authorities = authorities_from ("trusted");
  grpc_aio_tls_server_credentials_set_client_check (server_credentials, GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE, authorities);
  grpc_aio_tls_channel_credentials_set_identity (credentials, identity);
  tls_peer_start (peer, server_credentials);
  tls_peer_connect (peer, g_object_ref (credentials), "server.example");
  tls_peer_assert_refused (peer, "The server closed the connection at once: maybe it does not accept the certificate of the client");
  tls_peer_disconnect (peer);

  copy_file ("foreign.pem", "trusted.pem");
  tls_peer_connect (peer, credentials, "server.example");
  tls_peer_assert_echo (peer);
  tls_peer_stop (peer);
}

static void
test_client_follows (TlsPeer *peer,
                     gconstpointer data)
{
  g_autoptr (GrpcAioTlsChannelCredentials) credentials = NULL;

  g_test_summary ("The authorities of a client follow their file");

  copy_file ("foreign.pem", "trusted.pem");
  credentials = trusting ("trusted");
  tls_peer_start (peer, serving ("server"));
  tls_peer_connect (peer, g_object_ref (credentials), "server.example");
  tls_peer_assert_refused (peer, "The certificate of “server.example” is signed by “The authority”, which is not trusted (");
  tls_peer_disconnect (peer);

  copy_file ("authority.pem", "trusted.pem");
  tls_peer_connect (peer, g_object_ref (credentials), "server.example");
  tls_peer_assert_echo (peer);
  tls_peer_stop (peer);
}

static gboolean
is_true (gpointer user_data)
{
  return *(gboolean *) user_data;
}

static void
on_connecting (GrpcAioTlsServerCredentials *credentials,
               gpointer user_data)
{
  g_autoptr (GrpcAioTlsIdentity) identity = identity_from ("foreign-server");

  grpc_aio_tls_server_credentials_set_identity (credentials, identity);
  *(gboolean *) user_data = TRUE;
}

static void
test_connecting (TlsPeer *peer,
                 gconstpointer data)
{
  g_autoptr (GrpcAioTlsServerCredentials) credentials = serving ("server");
  gboolean is_told = FALSE;

  g_test_summary ("A program that is told of a client renews the certificate for the next one");

  g_signal_connect (credentials, "connecting", G_CALLBACK (on_connecting), &is_told);
  tls_peer_start (peer, g_object_ref (credentials));
  g_assert_false (is_told);
  tls_peer_connect (peer, trusting ("authority"), "server.example");
  tls_peer_assert_echo (peer);
  iterate_until (is_true, &is_told);
  tls_peer_disconnect (peer);

  tls_peer_connect (peer, trusting ("foreign"), "server.example");
  tls_peer_assert_echo (peer);
  tls_peer_stop (peer);
}

static void
test_two_ports (TlsPeer *peer,
                gconstpointer data)
{
  g_autoptr (GrpcAioTlsServerCredentials) credentials = serving ("server");
  g_autoptr (GrpcAioServer) server = grpc_aio_server_new ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("Ports share credentials, and one that is not used costs nothing");

  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpint (grpc_aio_server_add_port (server, "127.0.0.1:0", GRPC_AIO_SERVER_CREDENTIALS (credentials), &error), >, 0);
      g_assert_no_error (error);
    }
  tls_peer_start (peer, g_steal_pointer (&credentials));
  tls_peer_connect (peer, trusting ("authority"), "server.example");
  tls_peer_assert_echo (peer);
  tls_peer_stop (peer);
}

static void
assert_fails (gpointer result,
              GError **error,
              GQuark domain,
              int code,
              const char *message)
{
  g_assert_null (result);
  g_assert_error (*error, domain, code);
  if (strstr ((*error)->message, message) == NULL)
    g_assert_cmpstr ((*error)->message, ==, message);
  g_clear_error (error);
}

static void
test_identity_errors (void)
{
  g_autofree char *certificate = certificate_path ("server.pem");
  g_autofree char *key = certificate_path ("server.key");
  g_autofree char *other_key = certificate_path ("client.key");
  g_autofree char *encrypted = certificate_path ("encrypted.key");
  g_autofree char *missing = certificate_path ("missing.pem");
  g_autofree char *broken = certificate_path ("broken.pem");
  g_autoptr (GError) error = NULL;

  g_test_summary ("An identity that cannot be used is an error that says what is wrong, and where");

  assert_fails (grpc_aio_tls_identity_new_from_files (missing, key, &error), &error,
                G_FILE_ERROR, G_FILE_ERROR_NOENT, "missing.pem");
  assert_fails (grpc_aio_tls_identity_new_from_files (certificate, missing, &error), &error,
                G_FILE_ERROR, G_FILE_ERROR_NOENT, "missing.pem");
  assert_fails (grpc_aio_tls_identity_new_from_files (key, key, &error), &error,
                G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "There is no certificate in ");
  assert_fails (grpc_aio_tls_identity_new_from_files (certificate, NULL, &error), &error,
                G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "There is no private key in ");
  assert_fails (grpc_aio_tls_identity_new_from_files (certificate, other_key, &error), &error,
                G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "client.key does not belong to the first certificate in ");
  assert_fails (grpc_aio_tls_identity_new_from_files (certificate, encrypted, &error), &error,
                G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "encrypted.key is encrypted; it must be there without a password");

  g_file_set_contents (broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", -1, &error);
  g_assert_no_error (error);
  assert_fails (grpc_aio_tls_identity_new_from_files (broken, key, &error), &error,
                G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "Certificate 1 in ");
  assert_fails (grpc_aio_tls_identity_new_from_pem ("", "", &error), &error,
                G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "There is no certificate in the text of the certificate");
}

static void
test_authorities_errors (void)
{
  g_autofree char *key = certificate_path ("server.key");
  g_autofree char *missing = certificate_path ("missing.pem");
  g_autoptr (GError) error = NULL;

  g_test_summary ("Authorities that cannot be used are an error that says what is wrong, and where");

  assert_fails (grpc_aio_tls_authorities_new_from_file (missing, &error), &error,
                G_FILE_ERROR, G_FILE_ERROR_NOENT, "missing.pem");
  assert_fails (grpc_aio_tls_authorities_new_from_file (key, &error), &error,
                G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "server.key");
  assert_fails (grpc_aio_tls_authorities_new_from_certificates (NULL, 0, &error), &error,
                G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "There is no certificate");
}

static void
test_option_errors (void)
{
  g_autoptr (GrpcAioTlsChannelCredentials) credentials = grpc_aio_tls_channel_credentials_new ();
  g_autoptr (GrpcAioTlsServerCredentials) server_credentials = serving ("server");
  g_autoptr (GrpcAioServer) server = grpc_aio_server_new ();
  g_autofree char *missing = certificate_path ("missing");
  g_autofree char *missing_file = certificate_path ("missing/file");
  g_autofree char *empty = certificate_path ("empty");
  g_autofree char *unhashed = certificate_path ("unhashed");
  g_autofree char *crls = certificate_path ("crls");
  g_autoptr (GError) error = NULL;

  g_test_summary ("What files cannot do is an error, and changes nothing");

#define ASSERT_FAILS(result, domain, code, message) assert_fails (GINT_TO_POINTER (result), &error, domain, code, message)
  ASSERT_FAILS (grpc_aio_tls_channel_credentials_set_crl_directory (credentials, missing, &error),
                G_FILE_ERROR, G_FILE_ERROR_NOENT, "missing");
  ASSERT_FAILS (grpc_aio_tls_channel_credentials_set_crl_directory (credentials, empty, &error),
                G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "There is no list of revoked certificates in ");
  ASSERT_FAILS (grpc_aio_tls_channel_credentials_set_crl_directory (credentials, unhashed, &error),
                G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "openssl rehash");
  ASSERT_FAILS (grpc_aio_tls_channel_credentials_set_key_log_file (credentials, missing_file, &error),
                G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "Cannot write TLS keys to ");
  g_assert_null (grpc_aio_tls_channel_credentials_get_crl_directory (credentials));
  g_assert_null (grpc_aio_tls_channel_credentials_get_key_log_file (credentials));
  ASSERT_FAILS (grpc_aio_tls_server_credentials_set_crl_directory (server_credentials, missing, &error),
                G_FILE_ERROR, G_FILE_ERROR_NOENT, "missing");
  ASSERT_FAILS (grpc_aio_tls_server_credentials_set_key_log_file (server_credentials, missing_file, &error),
                G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "Cannot write TLS keys to ");

  g_assert_true (grpc_aio_tls_channel_credentials_set_crl_directory (credentials, crls, &error));
  g_assert_no_error (error);
  g_assert_true (grpc_aio_tls_channel_credentials_set_crl_directory (credentials, NULL, &error));
  g_assert_no_error (error);
  g_assert_null (grpc_aio_tls_channel_credentials_get_crl_directory (credentials));

  g_assert_cmpint (grpc_aio_server_add_port (server, "127.0.0.1:0", GRPC_AIO_SERVER_CREDENTIALS (server_credentials), &error), >, 0);
  g_assert_no_error (error);
  ASSERT_FAILS (grpc_aio_tls_server_credentials_set_crl_directory (server_credentials, crls, &error),
                G_IO_ERROR, G_IO_ERROR_FAILED, "A server uses these credentials already");
#undef ASSERT_FAILS
}

static void
test_misuse (void)
{
  g_autoptr (GrpcAioTlsServerCredentials) credentials = serving ("server");
  g_autoptr (GrpcAioTlsChannelCredentials) channel_credentials = grpc_aio_tls_channel_credentials_new ();
  g_autoptr (GrpcAioTlsAuthorities) authorities = authorities_from ("authority");

  g_test_summary ("What a program does wrong is told");

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*is_verified*");
  grpc_aio_tls_server_credentials_set_client_check (credentials, GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE, NULL);
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*is_verified*");
  grpc_aio_tls_server_credentials_set_client_check (credentials, GRPC_AIO_TLS_CLIENT_CHECK_NONE, authorities);
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*server_check*");
  grpc_aio_tls_channel_credentials_set_server_check (channel_credentials, (GrpcAioTlsServerCheck) 3);
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*IS_TLS_IDENTITY*");
  g_assert_null (grpc_aio_tls_server_credentials_new (NULL));
  g_test_assert_expected_messages ();
}

static void
test_texts (void)
{
  g_autoptr (GrpcAioTlsIdentity) from_files = identity_from ("server");
  g_autoptr (GrpcAioTlsAuthorities) authorities = authorities_from ("authority");
  g_autofree char *path = certificate_path ("server.pem");
  g_autofree char *key_path = certificate_path ("server.key");
  g_autofree char *authority_path = certificate_path ("authority.pem");
  g_autofree char *certificate = grpc_aio_tls_identity_dup_certificate_chain (from_files);
  g_autofree char *authority = grpc_aio_tls_authorities_dup_certificates (authorities);
  g_autofree char *key = NULL;
  g_autofree char *both = NULL;
  g_autofree char *again = NULL;
  g_autoptr (GrpcAioTlsIdentity) from_text = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Identities and authorities tell what they are");

  g_assert_cmpstr (grpc_aio_tls_identity_get_certificate_file (from_files), ==, path);
  g_assert_cmpstr (grpc_aio_tls_identity_get_private_key_file (from_files), ==, key_path);
  g_assert_cmpstr (grpc_aio_tls_authorities_get_file (authorities), ==, authority_path);
  g_assert_true (g_str_has_prefix (authority, "-----BEGIN CERTIFICATE-----"));

  g_file_get_contents (key_path, &key, NULL, &error);
  g_assert_no_error (error);
  both = g_strconcat (certificate, key, NULL);
  from_text = grpc_aio_tls_identity_new_from_pem (both, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (grpc_aio_tls_identity_get_certificate_file (from_text));
  g_assert_null (grpc_aio_tls_identity_get_private_key_file (from_text));
  again = grpc_aio_tls_identity_dup_certificate_chain (from_text);
  g_assert_cmpstr (again, ==, both);
}

static void
test_gio (TlsPeer *peer,
          gconstpointer data)
{
  g_autofree char *chain = certificate_path ("chain.pem");
  g_autofree char *key = certificate_path ("leaf.key");
  g_autofree char *root = certificate_path ("authority.pem");
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GTlsCertificate) authority = NULL;
  g_autoptr (GrpcAioTlsIdentity) identity = NULL;
  g_autoptr (GrpcAioTlsAuthorities) authorities = NULL;
  g_autoptr (GrpcAioTlsChannelCredentials) credentials = grpc_aio_tls_channel_credentials_new ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("GIO's certificates do, with their issuers");

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_test_skip ("GIO has no module for TLS (glib-networking)");
      return;
    }

  certificate = g_tls_certificate_new_from_files (chain, key, &error);
  g_assert_no_error (error);
  authority = g_tls_certificate_new_from_file (root, &error);
  g_assert_no_error (error);
  g_assert_null (grpc_aio_tls_identity_new_from_certificate (authority, &error));
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_clear_error (&error);

  identity = grpc_aio_tls_identity_new_from_certificate (certificate, &error);
  g_assert_no_error (error);
  authorities = grpc_aio_tls_authorities_new_from_certificates (&authority, 1, &error);
  g_assert_no_error (error);
  grpc_aio_tls_channel_credentials_set_authorities (credentials, authorities);
  g_assert_true (grpc_aio_tls_channel_credentials_get_authorities (credentials) == authorities);
  g_assert_null (grpc_aio_tls_channel_credentials_get_identity (credentials));

  tls_peer_start (peer, grpc_aio_tls_server_credentials_new (identity));
  tls_peer_connect (peer, g_steal_pointer (&credentials), "server.example");
  tls_peer_assert_echo (peer);
  tls_peer_stop (peer);
}

static void
test_system_authorities (TlsPeer *peer,
                         gconstpointer data)
{
  g_autofree char *root = certificate_path ("authority.pem");

  g_test_summary ("Without authorities those of the system are trusted, and no others");

  tls_peer_start (peer, serving ("server"));
  tls_peer_connect (peer, grpc_aio_tls_channel_credentials_new (), "server.example");
  tls_peer_assert_refused (peer, "The certificate of “server.example” is signed by “The authority”, which is not trusted (");
  tls_peer_disconnect (peer);

  g_setenv ("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", root, TRUE);
  tls_peer_connect (peer, grpc_aio_tls_channel_credentials_new (), "server.example");
  tls_peer_assert_echo (peer);
  g_unsetenv ("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH");
  tls_peer_stop (peer);
}

int
main (int argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  count_messages (&n_messages);
  if (!certificates_make ())
    {
      g_print ("1..0 # SKIP There is no program openssl to make certificates with\n");
      return 0;
    }

  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strconcat ("/tls/refuse/", refusals[i].name, NULL);

      g_test_add (path, TlsPeer, &refusals[i], NULL, test_refusal, NULL);
    }
  for (guint i = 0; i < G_N_ELEMENTS (other_servers); i++)
    {
      g_autofree char *path = g_strconcat ("/tls/refuse/", other_servers[i].name, NULL);

      g_test_add (path, TlsPeer, &other_servers[i], NULL, test_other_server, NULL);
    }

#define ADD(path, data, func) g_test_add (path, TlsPeer, data, NULL, func, NULL)
  ADD ("/tls/good", NULL, test_good);
  ADD ("/tls/chain", NULL, test_chain);
  ADD ("/tls/system-authorities", NULL, test_system_authorities);
  ADD ("/tls/server-check", NULL, test_server_check);
  ADD ("/tls/crls", NULL, test_crls);
  ADD ("/tls/key-log", NULL, test_key_log);
  ADD ("/tls/session-cache", "cached", test_session_cache);
  ADD ("/tls/no-session-cache", NULL, test_session_cache);
  ADD ("/tls/new-identity", NULL, test_new_identity);
  ADD ("/tls/other-identities", NULL, test_other_identities);
  ADD ("/tls/new-files", NULL, test_new_files);
  ADD ("/tls/new-authorities", NULL, test_new_authorities);
  ADD ("/tls/client-follows", NULL, test_client_follows);
  ADD ("/tls/connecting", NULL, test_connecting);
  ADD ("/tls/two-ports", NULL, test_two_ports);
  ADD ("/tls/gio", NULL, test_gio);
#undef ADD
  g_test_add_func ("/tls/client-check", test_client_check);
  g_test_add_func ("/tls/identity-errors", test_identity_errors);
  g_test_add_func ("/tls/authorities-errors", test_authorities_errors);
  g_test_add_func ("/tls/option-errors", test_option_errors);
  g_test_add_func ("/tls/misuse", test_misuse);
  g_test_add_func ("/tls/texts", test_texts);

  status = g_test_run ();
  certificates_remove ();

  return status;
}
