/* SPDX-License-Identifier: LGPL-2.1-or-later */

#define _GNU_SOURCE /* RTLD_NEXT */

#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>

#include <glib/gstdio.h>

#include "test-utils.h"

/* What every test needs: a folder, and a certificate that the process trusts. */
static char *folder;
static char *key;
static char *certificate;

/* A web server for one request at a time, in place of those that hand out tokens. */
typedef struct
{
  GSocketListener *listener;
  GCancellable *cancellable;
  GThread *thread;
  guint16 port;
  gboolean is_metadata_server; /* atomic */
  GMutex lock;
  GPtrArray *requests; /* with the lock; request line, headers and body */
} Web;

static Web web;

/* What takes connections with TLS for oauth2.googleapis.com, or 0. */
static gint tls_port; /* atomic */

typedef int (*GetAddrInfo) (const char *node,
                            const char *service,
                            const struct addrinfo *hints,
                            struct addrinfo **result);

/* In place of the function of the C library: Google's hosts are our web server. */
G_MODULE_EXPORT int
getaddrinfo (const char *node,
             const char *service,
             const struct addrinfo *hints,
             struct addrinfo **result)
{
  GetAddrInfo real = (GetAddrInfo) dlsym (RTLD_NEXT, "getaddrinfo");
  gboolean is_google = node != NULL && (g_str_has_prefix (node, "metadata.google.internal") ||
                                        g_str_has_suffix (node, ".googleapis.com"));
  gint port = is_google && g_str_has_suffix (node, ".com") ? g_atomic_int_get (&tls_port) : 0;
  int code = real (is_google ? "127.0.0.1" : node, is_google ? "1" : service, hints, result);

  for (struct addrinfo *at = code == 0 && is_google ? *result : NULL; at != NULL; at = at->ai_next)
    {
      if (at->ai_family == AF_INET)
        ((struct sockaddr_in *) at->ai_addr)->sin_port = g_htons (port != 0 ? port : web.port);
      else if (at->ai_family == AF_INET6)
        ((struct sockaddr_in6 *) at->ai_addr)->sin6_port = g_htons (port != 0 ? port : web.port);
    }

  return code;
}

#define TOKEN(text) "{\"access_token\":\"" text "\",\"token_type\":\"Bearer\",\"expires_in\":3600}"

/* NULL is a status of 400. */
static const char *
find_answer (const char *request)
{
  static const struct
  {
    const char *beginning;
    const char *answer;
  } answers[] = {
    { "POST /sts ", TOKEN ("exchanged") },
    { "POST /garbage ", "this is no JSON" },
    { "POST /impersonate ", "{\"accessToken\":\"impersonated\",\"expireTime\":\"2100-01-01T00:00:00Z\"}" },
    { "GET /subject ", "from-url" },
    { "GET /computeMetadata/v1/instance/service-accounts/default/token ", TOKEN ("of-machine") },
    { "GET / ", "hello" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      if (g_str_has_prefix (request, answers[i].beginning))
        return answers[i].answer;
    }

  return NULL;
}

/* NULL when it is not HTTP. */
static char *
read_request (GInputStream *stream)
{
  g_autoptr (GString) request = g_string_new (NULL);
  gsize wanted = G_MAXSIZE;
  char buffer[4096];

  while (request->len < wanted)
    {
      gssize n = g_input_stream_read (stream, buffer, sizeof buffer, NULL, NULL);
      const char *end;

      if (n <= 0)
        return NULL;
      g_string_append_len (request, buffer, n);
      if (!g_ascii_isupper (request->str[0]))
        return NULL;

      end = strstr (request->str, "\r\n\r\n");
      if (end != NULL)
        {
          g_autofree char *lower = g_ascii_strdown (request->str, end - request->str);
          const char *length = strstr (lower, "content-length:");

          wanted = end + 4 - request->str + (length != NULL ? g_ascii_strtoull (length + 15, NULL, 10) : 0);
        }
    }

  return g_string_free (g_steal_pointer (&request), FALSE);
}

static gpointer
run_web (gpointer data)
{
  Web *self = data;

  while (TRUE)
    {
      g_autoptr (GSocketConnection) connection = g_socket_listener_accept (self->listener, NULL, self->cancellable, NULL);
      g_autofree char *response = NULL;
      const char *answer;
      char *request;

      if (connection == NULL)
        return NULL;

      request = read_request (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
      if (request == NULL)
        continue;

      answer = find_answer (request);
      response = g_strdup_printf ("HTTP/1.0 %s\r\nContent-Length: %d\r\n%sConnection: close\r\n\r\n%s",
                                  answer != NULL ? "200 OK" : "400 Bad Request", answer != NULL ? (int) strlen (answer) : 0,
                                  g_atomic_int_get (&self->is_metadata_server) ? "Metadata-Flavor: Google\r\n" : "",
                                  answer != NULL ? answer : "");
      g_mutex_lock (&self->lock);
      g_ptr_array_add (self->requests, request);
      g_mutex_unlock (&self->lock);
      g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), response, strlen (response),
                                 NULL, NULL, NULL);
    }
}

static void
web_start (Web *self)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (address, 0);
  g_autoptr (GSocketAddress) effective = NULL;
  g_autoptr (GError) error = NULL;

  self->listener = g_socket_listener_new ();
  self->cancellable = g_cancellable_new ();
  self->requests = g_ptr_array_new_with_free_func (g_free);
  g_mutex_init (&self->lock);
  g_socket_listener_add_address (self->listener, any, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &effective, &error);
  g_assert_no_error (error);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  self->thread = g_thread_new ("test-web", run_web, self);
}

static void
web_stop (Web *self)
{
  g_cancellable_cancel (self->cancellable);
  g_thread_join (self->thread);
  g_object_unref (self->listener);
  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->requests);
  g_mutex_clear (&self->lock);
}

/* How many requests there were, and the last of them. */
static guint
take_requests (char **last)
{
  guint n;

  g_mutex_lock (&web.lock);
  n = web.requests->len;
  if (last != NULL)
    *last = n > 0 ? g_strdup (g_ptr_array_index (web.requests, n - 1)) : NULL;
  g_ptr_array_set_size (web.requests, 0);
  g_mutex_unlock (&web.lock);

  return n;
}

static char *
write_file (const char *name,
            const char *contents)
{
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (folder, name, NULL);

  g_file_set_contents (path, contents, -1, &error);
  g_assert_no_error (error);

  return path;
}

static char *
run_openssl (const char *argument,
             ...)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  char *output = NULL;
  va_list args;

  g_ptr_array_add (argv, (gpointer) "openssl");
  va_start (args, argument);
  for (; argument != NULL; argument = va_arg (args, const char *))
    g_ptr_array_add (argv, (gpointer) argument);
  va_end (args);
  g_ptr_array_add (argv, NULL);

  g_subprocess_launcher_set_cwd (launcher, folder);
  g_subprocess_launcher_unsetenv (launcher, "LD_PRELOAD");
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (process));

  return output;
}

/* A server that says what metadata a call came with. */
typedef struct
{
  GrpcAioServer *server;
  char *target;
  gboolean has_tls;
  GrpcAioChannel *channel;
} Fixture;

static void
handle_show (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  GrpcAioMetadata *metadata = grpc_aio_servicer_context_get_invocation_metadata (context);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GBytes) response = NULL;

  for (guint i = 0; i < grpc_aio_metadata_get_size (metadata); i++)
    {
      const char *name = grpc_aio_metadata_get_nth_key (metadata, i);

      if (g_str_equal (name, "authorization") || g_str_has_prefix (name, "x-"))
        g_string_append_printf (text, "%s=%s;", name, grpc_aio_metadata_get_nth_value (metadata, i));
    }

  response = bytes_from (text->str);
  grpc_aio_servicer_context_complete (context, response);
}

/* @data is "tls", or NULL for TCP that counts as secure. */
static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Peer");
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_show, NULL, NULL);
  g_autoptr (GrpcAioServerCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;
  int port;

  fixture->has_tls = data != NULL;
  if (fixture->has_tls)
    credentials = grpc_aio_server_credentials_new_ssl (key, certificate, NULL, FALSE, &error);
  else
    credentials = grpc_aio_server_credentials_new_local (GRPC_AIO_LOCAL_CONNECTION_TYPE_LOCAL_TCP);
  grpc_aio_service_add_method (service, "Show", handler);
  fixture->server = grpc_aio_server_new ();
  grpc_aio_server_add_service (fixture->server, service);
  port = grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", credentials, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  g_assert_no_error (error);
  fixture->target = g_strdup_printf ("127.0.0.1:%d", port);
  take_requests (NULL);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_clear_object (&fixture->channel);
  grpc_aio_server_stop_async (fixture->server, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&result), &error));
  g_assert_no_error (error);
  g_object_unref (fixture->server);
  g_free (fixture->target);
}

static void
connect_to (Fixture *fixture,
            GrpcAioChannelCredentials *credentials)
{
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();

  if (fixture->has_tls)
    grpc_aio_channel_options_set_string (options, "grpc.ssl_target_name_override", "server.example");
  g_clear_object (&fixture->channel);
  fixture->channel = grpc_aio_channel_new_with_options (fixture->target, credentials, options);
}

static void
connect_with (Fixture *fixture,
              GrpcAioCallCredentials *call_credentials)
{
  g_autoptr (GrpcAioChannelCredentials) inner = NULL;
  g_autoptr (GrpcAioChannelCredentials) composite = NULL;

  if (fixture->has_tls)
    inner = grpc_aio_channel_credentials_new_ssl (certificate, NULL, NULL, NULL);
  else
    inner = grpc_aio_channel_credentials_new_local (GRPC_AIO_LOCAL_CONNECTION_TYPE_LOCAL_TCP);
  composite = grpc_aio_channel_credentials_new_composite (inner, call_credentials);
  connect_to (fixture, composite);
}

static char *
show (Fixture *fixture,
      GError **error)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (fixture->channel, "/test.Peer/Show");
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (20 * G_USEC_PER_SEC);
  g_autoptr (GBytes) request = bytes_from ("");
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_multi_callable_invoke_async (method, request, options, NULL, store_result, &result);
  response = grpc_aio_multi_callable_invoke_finish (method, await (&result), error);

  return response != NULL ? g_strndup (g_bytes_get_data (response, NULL), g_bytes_get_size (response)) : NULL;
}

/* Several calls, of which the first may fetch a token. */
static void
assert_shows (Fixture *fixture,
              const char *expected)
{
  for (int i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = show (fixture, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, expected);
    }
}

static void
assert_fails (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (show (fixture, &error));
  g_assert_true (g_error_matches (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNKNOWN) ||
                 g_error_matches (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE));
}

static void
test_iam (Fixture *fixture,
          gconstpointer data)
{
  g_autoptr (GrpcAioCallCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("IAM credentials send a token and a selector");

  credentials = grpc_aio_call_credentials_new_iam ("token", "selector", &error);
  g_assert_no_error (error);
  connect_with (fixture, credentials);
  assert_shows (fixture, "x-goog-iam-authorization-token=token;x-goog-iam-authority-selector=selector;");

  g_assert_null (grpc_aio_call_credentials_new_iam ("", "selector", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (grpc_aio_call_credentials_new_iam ("token", "a\nb", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
test_compute_engine (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GrpcAioCallCredentials) credentials = grpc_aio_call_credentials_new_compute_engine ();
  g_autofree char *request = NULL;

  g_test_summary ("Credentials of the Compute Engine get a token from the metadata server, once");

  connect_with (fixture, credentials);
  assert_shows (fixture, "authorization=Bearer of-machine;");
  g_assert_cmpuint (take_requests (&request), ==, 1);
  g_assert_nonnull (strstr (request, "Metadata-Flavor: Google"));
}

static void
test_compute_engine_channel (Fixture *fixture,
                             gconstpointer data)
{
  g_autoptr (GrpcAioCallCredentials) token = grpc_aio_call_credentials_new_access_token ("s3cret", NULL);
  g_autoptr (GrpcAioCallCredentials) machine = grpc_aio_call_credentials_new_compute_engine ();
  g_autoptr (GrpcAioChannelCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A channel on Google Cloud has TLS and the machine's token");

  for (int i = 0; i < 2; i++)
    {
      g_clear_object (&credentials);
      credentials = grpc_aio_channel_credentials_new_compute_engine (i == 0 ? NULL : machine, &error);
      g_assert_no_error (error);
      connect_to (fixture, credentials);
      assert_shows (fixture, "authorization=Bearer of-machine;");
      g_assert_cmpuint (take_requests (NULL), ==, 1);
    }

  g_assert_null (grpc_aio_channel_credentials_new_compute_engine (token, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

#define REFRESH_TOKEN "{\"type\":\"authorized_user\",\"client_id\":\"me\",\"client_secret\":\"s\",\"refresh_token\":\"r\"}"

static void
test_refresh_token_fails (Fixture *fixture,
                          gconstpointer data)
{
  g_autoptr (GrpcAioCallCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A refresh token that cannot be used fails the calls");

  credentials = grpc_aio_call_credentials_new_refresh_token (REFRESH_TOKEN, &error);
  g_assert_no_error (error);
  connect_with (fixture, credentials);
  assert_fails (fixture);
}

/* Reads what openssl prints until that has @wanted, and the rest of the line. */
static char *
read_until (GInputStream *stream,
            const char *wanted,
            gboolean is_line)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char buffer[4096];

  while (strstr (text->str, wanted) == NULL || (is_line && !g_str_has_suffix (text->str, "\n")))
    {
      gssize n = g_input_stream_read (stream, buffer, sizeof buffer, NULL, NULL);

      if (n <= 0)
        break;
      g_string_append_len (text, buffer, n);
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Answers one request; the end of its input has openssl close the connection. */
static gpointer
answer_with_tls (gpointer data)
{
  GSubprocess *process = data;
  GOutputStream *stdin_stream = g_subprocess_get_stdin_pipe (process);
  const char *response = "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" TOKEN ("refreshed");
  char *request = read_until (g_subprocess_get_stdout_pipe (process), "refresh_token=r", FALSE);

  g_assert_true (g_output_stream_write_all (stdin_stream, response, strlen (response), NULL, NULL, NULL));
  g_assert_true (g_output_stream_close (stdin_stream, NULL, NULL));

  return request;
}

static void
test_refresh_token (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                                                        G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GrpcAioCallCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *greeting = NULL;
  g_autofree char *request = NULL;
  const char *port;
  GThread *thread;

  g_test_summary ("A refresh token gets an access token, once");

  g_subprocess_launcher_set_cwd (launcher, folder);
  g_subprocess_launcher_unsetenv (launcher, "LD_PRELOAD");
  process = g_subprocess_launcher_spawn (launcher, &error, "openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1",
                                         "-key", "key.pem", "-cert", "certificate.pem", NULL);
  g_assert_no_error (error);
  greeting = read_until (g_subprocess_get_stdout_pipe (process), "ACCEPT 127.0.0.1:", TRUE);
  port = strstr (greeting, "ACCEPT 127.0.0.1:");
  g_assert_nonnull (port);
  g_atomic_int_set (&tls_port, (gint) g_ascii_strtoull (port + strlen ("ACCEPT 127.0.0.1:"), NULL, 10));
  g_assert_cmpint (g_atomic_int_get (&tls_port), >, 0);
  thread = g_thread_new ("test-tls", answer_with_tls, process);

  credentials = grpc_aio_call_credentials_new_refresh_token (REFRESH_TOKEN, &error);
  g_assert_no_error (error);
  connect_with (fixture, credentials);
  assert_shows (fixture, "authorization=Bearer refreshed;");

  request = g_thread_join (thread);
  g_assert_nonnull (strstr (request, "POST /token "));
  g_assert_nonnull (strstr (request, "client_id=me&client_secret=s&refresh_token=r"));
  g_atomic_int_set (&tls_port, 0);
  g_subprocess_wait (process, NULL, NULL);
}

static char *
url_of (const char *path)
{
  return g_strdup_printf ("http://127.0.0.1:%d%s", web.port, path);
}

static GrpcAioStsOptions *
new_sts_options (const char *path)
{
  g_autofree char *subject = write_file ("subject", "subject-token");
  g_autofree char *url = url_of (path);

  return grpc_aio_sts_options_new (url, subject, "urn:ietf:params:oauth:token-type:jwt");
}

static void
test_sts (Fixture *fixture,
          gconstpointer data)
{
  g_autoptr (GrpcAioStsOptions) options = new_sts_options ("/sts");
  g_autofree char *actor = write_file ("actor", "actor-token");
  g_autoptr (GrpcAioCallCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *request = NULL;

  g_test_summary ("A token is exchanged at a security token service, once, with all options");

  g_object_set (options,
                "resource", "https://example.org/a?b=c&d",
                "audience", "every one",
                "scope", "read write",
                "requested-token-type", "urn:ietf:params:oauth:token-type:access_token",
                "actor-token-path", actor,
                "actor-token-type", "urn:ietf:params:oauth:token-type:jwt",
                NULL);
  credentials = grpc_aio_call_credentials_new_sts (options, &error);
  g_assert_no_error (error);
  connect_with (fixture, credentials);
  assert_shows (fixture, "authorization=Bearer exchanged;");
  g_assert_cmpuint (take_requests (&request), ==, 1);
  g_assert_nonnull (strstr (request, "subject_token=subject-token&"));
  g_assert_nonnull (strstr (request, "subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt"));
  g_assert_nonnull (strstr (request, "resource=https%3A%2F%2Fexample.org%2Fa%3Fb%3Dc%26d"));
  g_assert_nonnull (strstr (request, "audience=every%20one"));
  g_assert_nonnull (strstr (request, "scope=read%20write"));
  g_assert_nonnull (strstr (request, "requested_token_type=urn%3Aietf"));
  g_assert_nonnull (strstr (request, "actor_token=actor-token"));
  g_assert_nonnull (strstr (request, "actor_token_type=urn%3Aietf"));
}

static void
test_sts_failures (Fixture *fixture,
                   gconstpointer data)
{
  static const char *const paths[] = { "/refused", "/garbage", NULL };

  g_test_summary ("A service that is not there, refuses, or answers with something else fails the calls; so does a missing file");

  for (gsize i = 0; i <= G_N_ELEMENTS (paths); i++)
    {
      const char *path = i < G_N_ELEMENTS (paths) ? paths[i] : NULL;
      g_autoptr (GrpcAioStsOptions) options = new_sts_options (path != NULL ? path : "/sts");
      g_autoptr (GrpcAioCallCredentials) credentials = NULL;
      g_autoptr (GError) error = NULL;

      if (i == G_N_ELEMENTS (paths))
        g_object_set (options, "subject-token-path", "/nonexistent/token", NULL);
      else if (path == NULL)
        g_object_set (options, "token-exchange-service-uri", "http://127.0.0.1:1/sts", NULL);
      credentials = grpc_aio_call_credentials_new_sts (options, &error);
      g_assert_no_error (error);
      connect_with (fixture, credentials);
      assert_fails (fixture);
    }
}

static void
test_sts_options (void)
{
  static const struct
  {
    const char *name;
    const char *value;
  } cases[] = {
    { "token-exchange-service-uri", NULL },
    { "token-exchange-service-uri", "" },
    { "token-exchange-service-uri", "no url" },
    { "token-exchange-service-uri", "ftp://example.org/" },
    { "token-exchange-service-uri", "https:///sts" },
    { "subject-token-path", "" },
    { "subject-token-type", NULL },
    { "actor-token-path", "/a" },
    { "actor-token-type", "a" },
  };

  g_test_summary ("Options that cannot be used are refused");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GrpcAioStsOptions) options = grpc_aio_sts_options_new ("https://example.org/sts", "/token", "type");
      g_autoptr (GError) error = NULL;
      g_autofree char *value = NULL;

      g_object_set (options, cases[i].name, cases[i].value, NULL);
      g_object_get (options, cases[i].name, &value, NULL);
      g_assert_cmpstr (value, ==, cases[i].value);
      g_assert_null (grpc_aio_call_credentials_new_sts (options, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
}

/* @source is the "credential_source". */
static char *
external_json (const char *source,
               const char *more)
{
  g_autofree char *url = url_of ("/sts");

  return g_strdup_printf ("{\"type\":\"external_account\",\"audience\":\"a&b\",\"subject_token_type\":\"jwt\","
                          "\"token_url\":\"%s\",\"credential_source\":%s%s}",
                          url, source, more);
}

static void
test_external_account (Fixture *fixture,
                       gconstpointer data)
{
  static const char *const scopes[] = { "read", "write", NULL };
  g_autofree char *text = write_file ("text", "from-text");
  g_autofree char *json = write_file ("json", "{\"token\":\"from-json\"}");
  g_autofree char *subject = url_of ("/subject");
  g_autofree char *impersonate = url_of ("/impersonate");
  const struct
  {
    char *source;
    char *more;
    const char *in_request;
    const char *token;
    guint n_requests;
    gboolean has_scopes;
  } cases[] = {
    { g_strdup_printf ("{\"file\":\"%s\"}", text), g_strdup (""), "subject_token=from-text", "exchanged", 1, FALSE },
    { g_strdup_printf ("{\"file\":\"%s\",\"format\":{\"type\":\"json\",\"subject_token_field_name\":\"token\"}}", json),
      g_strdup (""), "subject_token=from-json", "exchanged", 1, TRUE },
    { g_strdup_printf ("{\"url\":\"%s\"}", subject), g_strdup (""), "subject_token=from-url", "exchanged", 2, FALSE },
    { g_strdup_printf ("{\"file\":\"%s\"}", text), g_strdup_printf (",\"service_account_impersonation_url\":\"%s\"", impersonate),
      "Bearer exchanged", "impersonated", 2, TRUE },
  };

  g_test_summary ("A token of another provider, from a file or a URL, is turned into one of Google's");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *account = external_json (cases[i].source, cases[i].more);
      g_autofree char *expected = g_strdup_printf ("authorization=Bearer %s;", cases[i].token);
      g_autoptr (GrpcAioCallCredentials) credentials = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *request = NULL;

      credentials = grpc_aio_call_credentials_new_external_account (account, cases[i].has_scopes ? scopes : NULL, &error);
      g_assert_no_error (error);
      connect_with (fixture, credentials);
      assert_shows (fixture, expected);
      g_assert_cmpuint (take_requests (&request), ==, cases[i].n_requests);
      g_assert_nonnull (strstr (request, cases[i].in_request));
      if (i == 1)
        g_assert_nonnull (strstr (request, "scope=read%20write"));
      g_free (cases[i].source);
      g_free (cases[i].more);
    }
}

static void
test_external_account_fails (Fixture *fixture,
                             gconstpointer data)
{
  g_autofree char *account = external_json ("{\"file\":\"/nonexistent/token\"}", "");
  g_autoptr (GrpcAioCallCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A file that is not there fails the calls");

  credentials = grpc_aio_call_credentials_new_external_account (account, NULL, &error);
  g_assert_no_error (error);
  connect_with (fixture, credentials);
  assert_fails (fixture);
}

#define ACCOUNT(rest) "{\"type\":\"external_account\",\"audience\":\"a\",\"subject_token_type\":\"b\"," rest "}"
#define WITH_SOURCE(source) ACCOUNT ("\"token_url\":\"https://example.org/\",\"credential_source\":" source)

static void
test_bad_json (void)
{
  static const char *const external[] = {
    "",
    "no JSON",
    "[]",
    "{}",
    "{\"type\":\"authorized_user\"}",
    "{\"type\":5}",
    ACCOUNT ("\"x\":1"),
    ACCOUNT ("\"token_url\":\"no url\",\"credential_source\":{\"file\":\"/x\"}"),
    ACCOUNT ("\"token_url\":\"ftp://example.org/\",\"credential_source\":{\"file\":\"/x\"}"),
    ACCOUNT ("\"token_url\":\"https://example.org/\""),
    ACCOUNT ("\"token_url\":\"https://example.org/\",\"client_id\":5,\"credential_source\":{\"file\":\"/x\"}"),
    ACCOUNT ("\"token_url\":\"https://example.org/\",\"workforce_pool_user_project\":\"x\",\"credential_source\":{\"file\":\"/x\"}"),
    WITH_SOURCE ("5"),
    WITH_SOURCE ("{}"),
    WITH_SOURCE ("{\"executable\":{\"command\":\"x\"}}"),
    WITH_SOURCE ("{\"file\":5}"),
    WITH_SOURCE ("{\"file\":\"/x\",\"format\":5}"),
    WITH_SOURCE ("{\"file\":\"/x\",\"format\":{\"type\":\"json\"}}"),
    WITH_SOURCE ("{\"file\":\"/x\",\"format\":{\"type\":\"strange\"}}"),
    WITH_SOURCE ("{\"url\":\"no url\"}"),
    WITH_SOURCE ("{\"url\":\"https://example.org/\",\"headers\":5}"),
    WITH_SOURCE ("{\"environment_id\":\"azure1\",\"regional_cred_verification_url\":\"https://example.org/\"}"),
    WITH_SOURCE ("{\"environment_id\":\"aws1\"}"),
  };
  static const char *const refresh[] = {
    "",
    "no JSON",
    "{\"type\":\"service_account\"}",
    "{\"type\":\"authorized_user\"}",
    "{\"type\":\"authorized_user\",\"client_id\":1,\"client_secret\":\"s\",\"refresh_token\":\"r\"}",
    "{\"type\":\"authorized_user\",\"client_id\":\"c\",\"client_secret\":\"s\",\"refresh_token\":\"\"}",
  };
  static const char *const service[] = {
    "",
    "no JSON",
    "{\"type\":\"authorized_user\"}",
    "{\"type\":\"service_account\",\"private_key_id\":\"1\",\"client_id\":\"2\",\"client_email\":\"3\"}",
    "{\"type\":\"service_account\",\"private_key_id\":\"1\",\"client_id\":\"2\",\"client_email\":\"3\",\"private_key\":\"x\"}",
  };

  g_test_summary ("JSON that cannot be used is refused, and the error says why");

  for (gsize i = 0; i < G_N_ELEMENTS (external); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (grpc_aio_call_credentials_new_external_account (external[i], NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (refresh); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (grpc_aio_call_credentials_new_refresh_token (refresh[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (service); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (grpc_aio_call_credentials_new_service_account_jwt (service[i], 0, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
}

/* A key of a service account in JSON, for the key that is in rsa.pem. */
static char *
service_account_json (void)
{
  g_autofree char *pem = NULL;
  g_autofree char *escaped = NULL;
  g_autofree char *path = g_build_filename (folder, "rsa.pem", NULL);

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_autofree char *output = run_openssl ("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "rsa.pem", NULL);
    }
  g_assert_true (g_file_get_contents (path, &pem, NULL, NULL));
  escaped = g_strescape (pem, NULL);

  return g_strdup_printf ("{\"type\":\"service_account\",\"private_key_id\":\"key-1\",\"client_id\":\"2\","
                          "\"client_email\":\"me@example.org\",\"private_key\":\"%s\"}",
                          escaped);
}

/* base64url without padding, RFC 7515. */
static GBytes *
decode (const char *text)
{
  g_autoptr (GString) base64 = g_string_new (text);
  gsize size;
  guchar *data;

  g_string_replace (base64, "-", "+", 0);
  g_string_replace (base64, "_", "/", 0);
  while (base64->len % 4 != 0)
    g_string_append_c (base64, '=');
  data = g_base64_decode (base64->str, &size);

  return g_bytes_new_take (data, size);
}

static void
assert_contains (GBytes *json,
                 const char *part)
{
  g_autofree char *text = g_strndup (g_bytes_get_data (json, NULL), g_bytes_get_size (json));

  if (strstr (text, part) == NULL)
    g_error ("There is no %s in %s", part, text);
}

static gint64
number_in (GBytes *json,
           const char *name)
{
  g_autofree char *text = g_strndup (g_bytes_get_data (json, NULL), g_bytes_get_size (json));
  g_autofree char *key_text = g_strdup_printf ("\"%s\":", name);
  const char *at = strstr (text, key_text);

  g_assert_nonnull (at);

  return g_ascii_strtoll (at + strlen (key_text), NULL, 10);
}

static void
test_service_account_jwt (Fixture *fixture,
                          gconstpointer data)
{
  g_autofree char *json = service_account_json ();
  g_autoptr (GrpcAioCallCredentials) credentials = NULL;
  g_autoptr (GBytes) header = NULL;
  g_autoptr (GBytes) claims = NULL;
  g_autoptr (GBytes) signature = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autofree char *signed_path = NULL;
  g_autofree char *signature_path = g_build_filename (folder, "signature", NULL);
  g_autofree char *output = NULL;
  g_auto (GStrv) parts = NULL;

  g_test_summary ("A service account signs a token for the service, whose signature is right");

  credentials = grpc_aio_call_credentials_new_service_account_jwt (json, 600, &error);
  g_assert_no_error (error);
  connect_with (fixture, credentials);
  text = show (fixture, &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (text, "authorization=Bearer "));
  g_assert_true (g_str_has_suffix (text, ";"));
  text[strlen (text) - 1] = '\0';

  parts = g_strsplit (text + strlen ("authorization=Bearer "), ".", -1);
  g_assert_cmpuint (g_strv_length (parts), ==, 3);
  header = decode (parts[0]);
  claims = decode (parts[1]);
  signature = decode (parts[2]);
  assert_contains (header, "\"RS256\"");
  assert_contains (header, "\"key-1\"");
  assert_contains (claims, "\"aud\":\"https://server.example/\"");
  assert_contains (claims, "\"iss\":\"me@example.org\"");
  assert_contains (claims, "\"sub\":\"me@example.org\"");
  g_assert_cmpint (number_in (claims, "exp") - number_in (claims, "iat"), ==, 600);

  g_clear_pointer (&text, g_free);
  text = g_strjoin (".", parts[0], parts[1], NULL);
  signed_path = write_file ("signed", text);
  g_assert_true (g_file_set_contents (signature_path, g_bytes_get_data (signature, NULL), g_bytes_get_size (signature), NULL));
  output = run_openssl ("dgst", "-sha256", "-prverify", "rsa.pem", "-signature", "signature", "signed", NULL);
  g_assert_cmpstr (output, ==, "Verified OK\n");

  g_assert_null (grpc_aio_call_credentials_new_service_account_jwt (json, 3601, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
test_alts (void)
{
  static const char *const accounts[] = { "me@example.org", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioChannelCredentials) channel_credentials = NULL;
  g_autoptr (GrpcAioServerCredentials) server_credentials = NULL;

  g_test_summary ("ALTS says where it works; there it makes credentials");

  channel_credentials = grpc_aio_channel_credentials_new_alts (accounts, &error);
  if (channel_credentials == NULL)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  else
    g_assert_no_error (error);
  g_clear_error (&error);
  server_credentials = grpc_aio_server_credentials_new_alts (&error);
  g_assert_true ((server_credentials != NULL) == (channel_credentials != NULL));
  if (server_credentials == NULL)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

static GrpcAioChannelCredentials *
find_default (gboolean sync,
              GCancellable *cancellable,
              GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  if (sync)
    return grpc_aio_channel_credentials_new_google_default_sync (cancellable, error);

  grpc_aio_channel_credentials_new_google_default_async (cancellable, store_result, &result);
  g_assert_null (result);

  return grpc_aio_channel_credentials_new_google_default_finish (await (&result), error);
}

static void
test_google_default_errors (void)
{
  static const char *const contents[] = { "no JSON", "{}", "{\"type\":\"other\"}", "{\"type\":\"service_account\"}", NULL };

  g_test_summary ("A file that cannot be used, and none at all, are errors");

  for (gsize i = 0; i < G_N_ELEMENTS (contents); i++)
    {
      g_autofree char *path = contents[i] != NULL ? write_file ("default.json", contents[i]) : g_strdup ("/nonexistent/file");
      g_autoptr (GError) error = NULL;

      g_setenv ("GOOGLE_APPLICATION_CREDENTIALS", path, TRUE);
      g_assert_null (find_default (i % 2 == 0, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_nonnull (strstr (error->message, path));
    }

  g_unsetenv ("GOOGLE_APPLICATION_CREDENTIALS");
  for (int sync = 0; sync < 2; sync++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;

      g_assert_null (find_default (sync, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      g_clear_error (&error);
      g_cancellable_cancel (cancellable);
      g_assert_null (find_default (sync, cancellable, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
}

static void
test_google_default (Fixture *fixture,
                     gconstpointer data)
{
  g_autofree char *json = service_account_json ();
  g_autofree char *path = write_file ("default.json", json);
  g_autofree char *well_known = g_build_filename (folder, ".config", "gcloud", NULL);
  g_autofree char *well_known_path = g_build_filename (well_known, "application_default_credentials.json", NULL);

  g_test_summary ("The credentials of the machine are those of a file, of gcloud, or of Google Cloud");

  for (int i = 0; i < 3; i++)
    {
      g_autoptr (GrpcAioChannelCredentials) credentials = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL;

      g_unsetenv ("GOOGLE_APPLICATION_CREDENTIALS");
      if (i == 0)
        g_setenv ("GOOGLE_APPLICATION_CREDENTIALS", path, TRUE);
      else if (i == 1)
        g_assert_true (g_mkdir_with_parents (well_known, 0700) == 0 && g_file_set_contents (well_known_path, json, -1, NULL));
      else
        g_assert_cmpint (g_remove (well_known_path), ==, 0);
      g_atomic_int_set (&web.is_metadata_server, i == 2);

      credentials = find_default (i == 0, NULL, &error);
      g_assert_no_error (error);
      connect_to (fixture, credentials);
      text = show (fixture, &error);
      g_assert_no_error (error);
      if (i == 2)
        g_assert_cmpstr (text, ==, "authorization=Bearer of-machine;");
      else
        g_assert_true (g_str_has_prefix (text, "authorization=Bearer ey"));
    }
  g_unsetenv ("GOOGLE_APPLICATION_CREDENTIALS");
}

static void
test_unused (void)
{
  g_autoptr (GrpcAioStsOptions) options = new_sts_options ("/sts");
  g_autofree char *json = external_json ("{\"file\":\"/x\"}", "");
  GObject *unused[] = {
    G_OBJECT (grpc_aio_call_credentials_new_compute_engine ()),
    G_OBJECT (grpc_aio_call_credentials_new_sts (options, NULL)),
    G_OBJECT (grpc_aio_call_credentials_new_external_account (json, NULL, NULL)),
    G_OBJECT (grpc_aio_call_credentials_new_iam ("a", "b", NULL)),
    G_OBJECT (grpc_aio_channel_credentials_new_compute_engine (NULL, NULL)),
    G_OBJECT (grpc_aio_channel_credentials_new_xds (NULL)),
    G_OBJECT (grpc_aio_server_credentials_new_xds (NULL)),
  };

  g_test_summary ("Credentials that nothing uses go without a trace");

  for (gsize i = 0; i < G_N_ELEMENTS (unused); i++)
    g_assert_finalize_object (unused[i]);
}

static void
remove_folder (void)
{
  static const char *const names[] = {
    "key.pem",
    "certificate.pem",
    "rsa.pem",
    "subject",
    "actor",
    "text",
    "json",
    "signed",
    "signature",
    "default.json",
    ".config/gcloud/application_default_credentials.json",
    ".config/gcloud",
    ".config",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (folder, names[i], NULL);

      g_remove (path);
    }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int argc,
      char **argv)
{
  g_autofree char *openssl = NULL;
  g_autofree char *output = NULL;
  g_autofree char *key_path = NULL;
  g_autofree char *certificate_path = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);

  openssl = g_find_program_in_path ("openssl");
  if (openssl == NULL)
    {
      g_printerr ("There is no program openssl to make certificates with\n");
      return 77;
    }

  folder = g_dir_make_tmp ("test-google-credentials-XXXXXX", &error);
  g_assert_no_error (error);
  key_path = g_build_filename (folder, "key.pem", NULL);
  certificate_path = g_build_filename (folder, "certificate.pem", NULL);

  /* Before there are threads, and grpc-core looks at any of them. */
  g_setenv ("GRPC_DNS_RESOLVER", "native", TRUE);
  g_setenv ("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", certificate_path, TRUE);
  g_setenv ("HOME", folder, TRUE);
  g_unsetenv ("GOOGLE_APPLICATION_CREDENTIALS");

  output = run_openssl ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-days", "2", "-keyout", "key.pem", "-out", "certificate.pem",
                        "-subj", "/CN=server.example", "-addext", "subjectAltName=DNS:server.example,DNS:oauth2.googleapis.com", NULL);
  g_assert_true (g_file_get_contents (key_path, &key, NULL, NULL));
  g_assert_true (g_file_get_contents (certificate_path, &certificate, NULL, NULL));

  web_start (&web);

#define ADD(path, data, func) g_test_add (path, Fixture, data, fixture_set_up, func, fixture_tear_down)
  ADD ("/google-credentials/iam", NULL, test_iam);
  ADD ("/google-credentials/compute-engine", NULL, test_compute_engine);
  ADD ("/google-credentials/compute-engine-channel", "tls", test_compute_engine_channel);
  ADD ("/google-credentials/refresh-token", NULL, test_refresh_token);
  ADD ("/google-credentials/refresh-token-fails", NULL, test_refresh_token_fails);
  ADD ("/google-credentials/sts", NULL, test_sts);
  ADD ("/google-credentials/sts-failures", NULL, test_sts_failures);
  ADD ("/google-credentials/external-account", NULL, test_external_account);
  ADD ("/google-credentials/external-account-fails", NULL, test_external_account_fails);
  ADD ("/google-credentials/service-account-jwt", "tls", test_service_account_jwt);
  g_test_add_func ("/google-credentials/sts-options", test_sts_options);
  g_test_add_func ("/google-credentials/bad-json", test_bad_json);
  g_test_add_func ("/google-credentials/alts", test_alts);
  g_test_add_func ("/google-credentials/unused", test_unused);
  g_test_add_func ("/google-credentials/google-default-errors", test_google_default_errors);
  /* The last: grpc-core never forgets a metadata server. */
  ADD ("/google-credentials/google-default", "tls", test_google_default);
#undef ADD

  status = g_test_run ();

  web_stop (&web);
  remove_folder ();
  g_free (folder);
  g_free (key);
  g_free (certificate);

  return status;
}
