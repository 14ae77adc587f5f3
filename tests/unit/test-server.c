/* SPDX-License-Identifier: LGPL-2.1-or-later */

#define _GNU_SOURCE /* memmem () */

#include <string.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "test-utils.h"

#define LONG_GRACE (30 * G_USEC_PER_SEC)

/* A server that has not started, in a folder for sockets. */
typedef struct
{
  GrpcAioServer *server;
  GrpcAioService *service;
  char *folder;
} NewFixture;

/* A server that serves. */
typedef struct
{
  Peer peer;
  guint n_expected; /* calls that shall hang */
} Fixture;

static void
handle_echo (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  grpc_aio_servicer_context_complete (context, request);
}

static GrpcAioService *
echo_service_new (const char *name)
{
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_echo, NULL, NULL);
  GrpcAioService *service = grpc_aio_service_new (name);

  grpc_aio_service_add_method (service, "Echo", handler);

  return service;
}

static void
new_fixture_set_up (NewFixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->server = grpc_aio_server_new ();
  fixture->service = echo_service_new ("test.Peer");
  fixture->folder = g_dir_make_tmp ("test-server-XXXXXX", &error);
  g_assert_no_error (error);
}

static void
stop (GrpcAioServer *server)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_server_stop_async (server, 0, NULL, store_result, &result);
  g_assert_null (result);
  g_assert_true (grpc_aio_server_stop_finish (server, await (&result), &error));
  g_assert_no_error (error);
  g_assert_cmpint (grpc_aio_server_get_state (server), ==, GRPC_AIO_SERVER_STATE_STOPPED);
}

static void
new_fixture_tear_down (NewFixture *fixture,
                       gconstpointer data)
{
  if (grpc_aio_server_get_state (fixture->server) != GRPC_AIO_SERVER_STATE_NEW)
    stop (fixture->server);
  assert_finalizes (fixture->server);
  assert_finalizes (fixture->service);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  peer_set_up (&fixture->peer);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  peer_tear_down (&fixture->peer);
}

static int
add_port (GrpcAioServer *server,
          const char *address)
{
  g_autoptr (GError) error = NULL;
  int port = grpc_aio_server_add_port (server, address, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (port, >, 0);

  return port;
}

static void
start (GrpcAioServer *server)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (grpc_aio_server_start (server, &error));
  g_assert_no_error (error);
  g_assert_cmpint (grpc_aio_server_get_state (server), ==, GRPC_AIO_SERVER_STATE_SERVING);
}

/* A call of @method at @target; fails with @error. */
static GBytes *
invoke (const char *target,
        const char *method,
        const char *request,
        GError **error)
{
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new (target, NULL);
  g_autoptr (GrpcAioMultiCallable) multi_callable = grpc_aio_channel_unary_unary (channel, method);
  g_autoptr (GBytes) bytes = bytes_from (request);
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_multi_callable_invoke_async (multi_callable, bytes, NULL, NULL, store_result, &result);

  return grpc_aio_multi_callable_invoke_finish (multi_callable, await (&result), error);
}

static void
assert_echo (const char *target,
             const char *method)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = invoke (target, method, "hello", &error);

  g_assert_no_error (error);
  assert_bytes (response, "hello");
}

static void
assert_echo_port (int port)
{
  g_autofree char *target = g_strdup_printf ("127.0.0.1:%d", port);

  assert_echo (target, "/test.Peer/Echo");
}

static gboolean
are_hanging (gpointer data)
{
  Fixture *fixture = data;

  return fixture->peer.contexts->len >= fixture->n_expected;
}

/* Starts a call that the server does not answer by itself. */
static GrpcAioCall *
hang (Fixture *fixture)
{
  GrpcAioCall *call = peer_call (&fixture->peer, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "", NULL);

  fixture->n_expected++;
  iterate_until (are_hanging, fixture);

  return call;
}

static void
answer (Fixture *fixture,
        guint index)
{
  g_autoptr (GBytes) response = bytes_from ("late");

  grpc_aio_servicer_context_complete (g_ptr_array_index (fixture->peer.contexts, index), response);
}

static void
assert_response (GrpcAioCall *call,
                 const char *expected)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_call_response_async (call, NULL, store_result, &result);
  response = grpc_aio_call_response_finish (call, await (&result), &error);
  g_assert_no_error (error);
  assert_bytes (response, expected);
}

static void
assert_unavailable (GrpcAioCall *call)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_call_response_async (call, NULL, store_result, &result);
  response = grpc_aio_call_response_finish (call, await (&result), &error);
  g_assert_null (response);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_assert_cmpstr (error->message, !=, "");
}

static void
finish_stop (GrpcAioServer *server,
             GAsyncResult **result)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (grpc_aio_server_stop_finish (server, await (result), &error));
  g_assert_no_error (error);
  g_assert_cmpint (grpc_aio_server_get_state (server), ==, GRPC_AIO_SERVER_STATE_STOPPED);
}

static void
test_properties (NewFixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autoptr (GrpcAioChannelOptions) got_options = NULL;
  GrpcAioServerState state;
  GrpcAioServer *server;
  guint n_calls;

  g_test_summary ("A server says what it was made with and how far it has come");

  g_assert_null (grpc_aio_server_get_options (fixture->server));

  server = grpc_aio_server_new_with_options (options);
  g_assert_true (grpc_aio_server_get_options (server) == options);
  g_object_get (server,
                "options", &got_options,
                "state", &state,
                "active-calls", &n_calls,
                NULL);
  g_assert_true (got_options == options);
  g_assert_cmpint (state, ==, GRPC_AIO_SERVER_STATE_NEW);
  g_assert_cmpint (grpc_aio_server_get_state (server), ==, GRPC_AIO_SERVER_STATE_NEW);
  g_assert_cmpuint (n_calls, ==, 0);
  g_assert_cmpuint (grpc_aio_server_get_active_calls (server), ==, 0);
  g_assert_finalize_object (server);
}

static void
test_unstarted (NewFixture *fixture,
                gconstpointer data)
{
  GrpcAioServer *server = grpc_aio_server_new ();

  g_test_summary ("A server that is not started goes without a trace, with its ports");

  grpc_aio_server_add_service (server, fixture->service);
  add_port (server, "127.0.0.1:0");
  g_assert_finalize_object (server);
}

static void
test_options (NewFixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autofree char *target = NULL;
  GrpcAioServer *server;

  g_test_summary ("grpc-core gets the arguments of a server");

  grpc_aio_channel_options_set_int (options, "grpc.max_receive_message_length", 5);
  server = grpc_aio_server_new_with_options (options);
  grpc_aio_server_add_service (server, fixture->service);
  target = g_strdup_printf ("127.0.0.1:%d", add_port (server, "127.0.0.1:0"));
  start (server);
  assert_echo (target, "/test.Peer/Echo");
  response = invoke (target, "/test.Peer/Echo", "longer", &error);
  g_assert_null (response);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_RESOURCE_EXHAUSTED);

  stop (server);
  assert_finalizes (server);
}

/* As grpc-core writes the header the first time. */
static gboolean
has_encoding (GBytes *received,
              const char *encoding)
{
  g_autofree char *header = g_strdup_printf ("grpc-encoding%c%s", (int) strlen (encoding), encoding);

  return memmem (g_bytes_get_data (received, NULL), g_bytes_get_size (received), header, strlen (header)) != NULL;
}

static void
test_compression (NewFixture *fixture,
                  gconstpointer data)
{
  static const struct
  {
    GrpcAioCompression compression;
    GrpcAioCompression option;
    const char *encoding;
  } cases[] = {
    { GRPC_AIO_COMPRESSION_NONE, GRPC_AIO_COMPRESSION_NONE, NULL },
    { GRPC_AIO_COMPRESSION_DEFLATE, GRPC_AIO_COMPRESSION_NONE, "deflate" },
    { GRPC_AIO_COMPRESSION_GZIP, GRPC_AIO_COMPRESSION_NONE, "gzip" },
    { GRPC_AIO_COMPRESSION_NONE, GRPC_AIO_COMPRESSION_GZIP, "gzip" },
    { GRPC_AIO_COMPRESSION_DEFLATE, GRPC_AIO_COMPRESSION_GZIP, "deflate" },
  };
  g_autofree char *text = g_strnfill (100 * 1000, 'a');

  g_test_summary ("Responses are compressed as the server says, or else its options");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
      g_autoptr (Relay) relay = NULL;
      g_autoptr (GBytes) response = NULL;
      g_autoptr (GBytes) received = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *target = NULL;
      GrpcAioServer *server;
      GrpcAioCompression compression;

      if (cases[i].option != GRPC_AIO_COMPRESSION_NONE)
        grpc_aio_channel_options_set_int (options, "grpc.default_compression_algorithm", (int) cases[i].option);
      server = g_object_new (GRPC_AIO_TYPE_SERVER, "options", options, "compression", cases[i].compression, NULL);
      g_object_get (server, "compression", &compression, NULL);
      g_assert_cmpint (compression, ==, cases[i].compression);
      g_assert_cmpint (grpc_aio_server_get_compression (server), ==, cases[i].compression);
      grpc_aio_server_add_service (server, fixture->service);
      target = g_strdup_printf ("127.0.0.1:%d", add_port (server, "127.0.0.1:0"));
      start (server);

      relay = relay_new (target);
      response = invoke (relay_get_target (relay), "/test.Peer/Echo", text, &error);
      g_assert_no_error (error);
      assert_bytes (response, text);
      received = relay_get_received (relay);
      if (cases[i].encoding != NULL)
        {
          g_assert_true (has_encoding (received, cases[i].encoding));
          g_assert_cmpuint (g_bytes_get_size (received), <, 10 * 1000);
        }
      else
        {
          g_assert_cmpuint (g_bytes_get_size (received), >, 100 * 1000);
        }

      stop (server);
      assert_finalizes (server);
    }
}

static void
test_port_0 (NewFixture *fixture,
             gconstpointer data)
{
  int first, second;

  g_test_summary ("Port 0 takes a free port, each time another one");

  grpc_aio_server_add_service (fixture->server, fixture->service);
  first = add_port (fixture->server, "127.0.0.1:0");
  second = add_port (fixture->server, "127.0.0.1:0");
  g_assert_cmpint (first, !=, second);
  start (fixture->server);
  assert_echo_port (first);
  assert_echo_port (second);
}

static void
test_busy_socket (NewFixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autofree char *address = NULL;
  g_autoptr (GError) error = NULL;
  guint16 port;

  g_test_summary ("A port that another program has is an error, which names the address");

  port = g_socket_listener_add_any_inet_port (listener, NULL, &error);
  g_assert_no_error (error);
  address = g_strdup_printf ("127.0.0.1:%u", port);
  g_assert_cmpint (grpc_aio_server_add_port (fixture->server, address, NULL, &error), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_assert_nonnull (strstr (error->message, address));
  g_assert_cmpint (grpc_aio_server_add_port (fixture->server, address, NULL, NULL), ==, 0);
  g_socket_listener_close (listener);

  /* The server is as good as before. */
  grpc_aio_server_add_service (fixture->server, fixture->service);
  port = add_port (fixture->server, "127.0.0.1:0");
  start (fixture->server);
  assert_echo_port (port);
}

static void
test_busy_server (NewFixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GrpcAioServer) other = grpc_aio_server_new ();
  g_autofree char *address = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A port that another server of ours has is an error, until that one stops");

  grpc_aio_server_add_service (fixture->server, fixture->service);
  address = g_strdup_printf ("127.0.0.1:%d", add_port (fixture->server, "127.0.0.1:0"));
  start (fixture->server);
  g_assert_cmpint (grpc_aio_server_add_port (other, address, NULL, &error), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_assert_nonnull (strstr (error->message, address));
  assert_echo (address, "/test.Peer/Echo");

  stop (fixture->server);
  grpc_aio_server_add_service (other, fixture->service);
  add_port (other, address);
  start (other);
  assert_echo (address, "/test.Peer/Echo");
  stop (other);
}

static void
test_shared_port (NewFixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autoptr (GrpcAioServer) first = NULL;
  g_autoptr (GrpcAioServer) second = NULL;
  g_autofree char *address = NULL;

  g_test_summary ("Two servers may share a port when both ask for it");

  grpc_aio_channel_options_set_int (options, "grpc.so_reuseport", 1);
  first = grpc_aio_server_new_with_options (options);
  second = grpc_aio_server_new_with_options (options);
  address = g_strdup_printf ("127.0.0.1:%d", add_port (first, "127.0.0.1:0"));
  add_port (second, address);
}

/* @data is the address, of which %s is a path that nobody else uses. */
static void
test_unix (NewFixture *fixture,
           gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "socket", NULL);
  g_autofree char *address = g_strconcat (data, path, NULL);
  g_autoptr (GrpcAioServer) other = grpc_aio_server_new ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("A Unix socket serves; while it does no other server gets it");

  grpc_aio_server_add_service (fixture->server, fixture->service);
  g_assert_cmpint (grpc_aio_server_add_port (fixture->server, address, NULL, &error), ==, 1);
  g_assert_no_error (error);
  start (fixture->server);
  assert_echo (address, "/test.Peer/Echo");

  g_assert_cmpint (grpc_aio_server_add_port (other, address, NULL, &error), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_assert_nonnull (strstr (error->message, path));
  assert_echo (address, "/test.Peer/Echo");

  stop (fixture->server);
  grpc_aio_server_add_service (other, fixture->service);
  g_assert_cmpint (add_port (other, address), ==, 1);
  start (other);
  assert_echo (address, "/test.Peer/Echo");
  stop (other);
  g_remove (path);
}

static void
test_unix_leftover (NewFixture *fixture,
                    gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "socket", NULL);
  g_autofree char *address = g_strconcat ("unix:", path, NULL);
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketAddress) socket_address = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("The socket that a crashed program left behind does not disturb");

  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  socket_address = g_unix_socket_address_new (path);
  g_socket_bind (socket, socket_address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_close (socket, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));

  grpc_aio_server_add_service (fixture->server, fixture->service);
  add_port (fixture->server, address);
  start (fixture->server);
  assert_echo (address, "/test.Peer/Echo");
  g_remove (path);
}

static void
assert_bad_address (NewFixture *fixture,
                    const char *address)
{
  g_autoptr (GError) error = NULL;

  g_test_message ("%s", address);
  g_assert_cmpint (grpc_aio_server_add_port (fixture->server, address, NULL, &error), ==, 0);
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, address));
  g_assert_cmpint (grpc_aio_server_get_state (fixture->server), ==, GRPC_AIO_SERVER_STATE_NEW);
}

static void
test_bad_addresses (NewFixture *fixture,
                    gconstpointer data)
{
  static const char *const addresses[] = {
    "",
    "no port at all",
    "127.0.0.1:-1",
    "127.0.0.1:65536",
    "127.0.0.1:port",
    "999.999.999.999:0",
    "[zz::]:0",
    "192.0.2.1:0",
    "unix:",
    "unix-abstract:",
    "unix:/a-path-that-is-far-too-long-for-the-address-of-a-socket-"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "unix-abstract:a-name-that-is-far-too-long-for-the-address-of-a-socket-"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  };

  g_test_summary ("An address that cannot be listened on is an error, which names it");

  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    assert_bad_address (fixture, addresses[i]);
}

static void
test_no_folder (NewFixture *fixture,
                gconstpointer data)
{
  g_autofree char *address = g_strconcat ("unix:", fixture->folder, "/missing/socket", NULL);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A Unix socket in a folder that does not exist is an error");

  g_assert_cmpint (grpc_aio_server_add_port (fixture->server, address, NULL, &error), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, address));
}

static void
test_no_permission (NewFixture *fixture,
                    gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "socket", NULL);
  g_autofree char *address = g_strconcat ("unix:", path, NULL);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A Unix socket in a folder that may not be written is an error");

  if (geteuid () == 0)
    {
      g_test_skip ("Root may write anywhere");
      return;
    }

  g_assert_cmpint (g_chmod (fixture->folder, 0500), ==, 0);
  g_assert_cmpint (grpc_aio_server_add_port (fixture->server, address, NULL, &error), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  g_assert_cmpint (g_chmod (fixture->folder, 0700), ==, 0);
}

static void
test_bad_credentials (NewFixture *fixture,
                      gconstpointer data)
{
  g_autoptr (GrpcAioServerCredentials) credentials = g_object_new (GRPC_AIO_TYPE_SERVER_CREDENTIALS, NULL);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Credentials that cannot be used are an error, and the next port works");

  g_assert_cmpint (grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", credentials, &error), ==, 0);
  g_assert_nonnull (error);

  grpc_aio_server_add_service (fixture->server, fixture->service);
  {
    int port = add_port (fixture->server, "127.0.0.1:0");

    start (fixture->server);
    assert_echo_port (port);
  }
}

static void
test_start_twice (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server starts once, and takes no more ports when it has stopped");

  g_assert_false (grpc_aio_server_start (fixture->peer.server, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_clear_error (&error);
  assert_echo (fixture->peer.target, "/test.Peer/Echo");

  stop (fixture->peer.server);
  g_assert_false (grpc_aio_server_start (fixture->peer.server, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_cmpint (grpc_aio_server_add_port (fixture->peer.server, "127.0.0.1:0", NULL, &error), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static void
test_late_service (Fixture *fixture,
                   gconstpointer data)
{
  g_test_summary ("A service for a server that runs is a mistake of the program");

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*is_new*");
  grpc_aio_server_add_service (fixture->peer.server, fixture->peer.service);
  g_test_assert_expected_messages ();
}

static void
test_empty (NewFixture *fixture,
            gconstpointer data)
{
  g_autofree char *target = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server without services starts, and has no method");

  target = g_strdup_printf ("127.0.0.1:%d", add_port (fixture->server, "127.0.0.1:0"));
  start (fixture->server);
  response = invoke (target, "/test.Peer/Echo", "", &error);
  g_assert_null (response);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNIMPLEMENTED);
}

static void
test_no_ports (NewFixture *fixture,
               gconstpointer data)
{
  g_test_summary ("A server without ports starts and stops");

  grpc_aio_server_add_service (fixture->server, fixture->service);
  start (fixture->server);
}

static void
test_services (NewFixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioService) other = echo_service_new ("test.Other");
  g_autofree char *target = NULL;
  g_autofree char *unix_path = g_build_filename (fixture->folder, "socket", NULL);
  g_autofree char *unix_target = g_strconcat ("unix:", unix_path, NULL);

  g_test_summary ("Each service is reached over each port");

  grpc_aio_server_add_service (fixture->server, fixture->service);
  grpc_aio_server_add_service (fixture->server, other);
  target = g_strdup_printf ("127.0.0.1:%d", add_port (fixture->server, "127.0.0.1:0"));
  add_port (fixture->server, unix_target);
  start (fixture->server);
  assert_echo (target, "/test.Peer/Echo");
  assert_echo (target, "/test.Other/Echo");
  assert_echo (unix_target, "/test.Peer/Echo");
  assert_echo (unix_target, "/test.Other/Echo");
  g_remove (unix_path);
}

static void
test_unimplemented (Fixture *fixture,
                    gconstpointer data)
{
  static const char *const methods[] = {
    "/test.Peer/Nobody",
    "/test.Nobody/Echo",
    "/test.Peer/echo",
    "/test.Peer/",
    "/test.Peer",
    "/",
    "//",
    "/test.Peer/Echo/",
  };

  g_test_summary ("A method that no service has is UNIMPLEMENTED, and the text names it");

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) response = invoke (fixture->peer.target, methods[i], "", &error);

      g_assert_null (response);
      g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNIMPLEMENTED);
      g_assert_nonnull (strstr (error->message, methods[i]));
    }
  g_assert_cmpuint (fixture->peer.n_handled, ==, 0);
}

static void
test_unimplemented_stream (Fixture *fixture,
                           gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = peer_call (&fixture->peer, "Nobody", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A stream to a method that no service has is UNIMPLEMENTED");

  grpc_aio_call_read_async (call, NULL, store_result, &result);
  message = grpc_aio_call_read_finish (call, await (&result), &error);
  g_assert_null (message);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNIMPLEMENTED);
}

static gboolean
has_no_calls (gpointer data)
{
  return grpc_aio_server_get_active_calls (data) == 0;
}

static void
test_active_calls (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioCall) first = hang (fixture);
  g_autoptr (GrpcAioCall) second = NULL;

  g_test_summary ("The number of active calls goes up and down with them");

  g_assert_cmpuint (grpc_aio_server_get_active_calls (fixture->peer.server), ==, 1);
  second = hang (fixture);
  g_assert_cmpuint (grpc_aio_server_get_active_calls (fixture->peer.server), ==, 2);
  answer (fixture, 0);
  g_assert_true (grpc_aio_call_cancel (second));
  assert_response (first, "late");
  iterate_until (has_no_calls, fixture->peer.server);
}

static void
on_notify_state (GObject *object,
                 GParamSpec *pspec,
                 gpointer user_data)
{
  GArray *states = user_data;
  GrpcAioServerState state = grpc_aio_server_get_state (GRPC_AIO_SERVER (object));

  g_array_append_val (states, state);
}

static void
test_notify (NewFixture *fixture,
             gconstpointer data)
{
  g_autoptr (GArray) states = g_array_new (FALSE, FALSE, sizeof (GrpcAioServerState));

  g_test_summary ("Serving, stopping and having stopped are notified");

  g_signal_connect (fixture->server, "notify::state", G_CALLBACK (on_notify_state), states);
  start (fixture->server);
  g_assert_cmpuint (states->len, ==, 1);
  g_assert_cmpint (g_array_index (states, GrpcAioServerState, 0), ==, GRPC_AIO_SERVER_STATE_SERVING);
  stop (fixture->server);
  g_assert_cmpuint (states->len, ==, 3);
  g_assert_cmpint (g_array_index (states, GrpcAioServerState, 1), ==, GRPC_AIO_SERVER_STATE_STOPPING);
  g_assert_cmpint (g_array_index (states, GrpcAioServerState, 2), ==, GRPC_AIO_SERVER_STATE_STOPPED);
  g_signal_handlers_disconnect_by_data (fixture->server, states);
}

/* @data is whether the server has ports. */
static void
test_stop_unstarted (NewFixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server that never started stops at once, and never starts");

  if (data != NULL)
    add_port (fixture->server, "127.0.0.1:0");
  stop (fixture->server);
  g_assert_false (grpc_aio_server_start (fixture->server, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_true (grpc_aio_server_stop_sync (fixture->server, -1, NULL, &error));
  g_assert_no_error (error);
}

static void
test_stop_twice (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server that has stopped stops again at once");

  stop (fixture->peer.server);
  stop (fixture->peer.server);
  g_assert_true (grpc_aio_server_stop_sync (fixture->peer.server, LONG_GRACE, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_wait_for_termination_sync (fixture->peer.server, NULL, &error));
  g_assert_no_error (error);
}

/* @data is the grace. */
static void
test_stop_idle (Fixture *fixture,
                gconstpointer data)
{
  const gint64 *grace_usec = data;
  g_autoptr (GAsyncResult) ready = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioCall) call = NULL;
  gint64 start_usec = g_get_monotonic_time ();

  g_test_summary ("A server with clients that only are connected stops at once, whatever the grace");

  grpc_aio_channel_ready_async (fixture->peer.channel, NULL, store_result, &ready);
  g_assert_true (grpc_aio_channel_ready_finish (fixture->peer.channel, await (&ready), &error));
  g_assert_no_error (error);
  call = peer_call (&fixture->peer, "Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "hello", NULL);
  assert_response (call, "hello");

  grpc_aio_server_stop_async (fixture->peer.server, *grace_usec, NULL, store_result, &result);
  finish_stop (fixture->peer.server, &result);
  g_assert_cmpint (g_get_monotonic_time () - start_usec, <, LONG_GRACE / 2);
}

static void
test_stop_waits (Fixture *fixture,
                 gconstpointer data)
{
  const gint64 *grace_usec = data;
  g_autoptr (GrpcAioCall) first = hang (fixture);
  g_autoptr (GrpcAioCall) second = hang (fixture);
  g_autoptr (GAsyncResult) result = NULL;
  gint64 start_usec = g_get_monotonic_time ();

  g_test_summary ("Running calls may end during the grace, and end it");

  grpc_aio_server_stop_async (fixture->peer.server, *grace_usec, NULL, store_result, &result);
  g_assert_cmpint (grpc_aio_server_get_state (fixture->peer.server), ==, GRPC_AIO_SERVER_STATE_STOPPING);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (result);
  answer (fixture, 0);
  assert_response (first, "late");
  g_assert_null (result);
  answer (fixture, 1);
  finish_stop (fixture->peer.server, &result);
  assert_response (second, "late");
  g_assert_cmpuint (fixture->peer.n_cancelled, ==, 0);
  g_assert_cmpint (g_get_monotonic_time () - start_usec, <, LONG_GRACE / 2);
}

static void
test_stop_cancels (Fixture *fixture,
                   gconstpointer data)
{
  const gint64 *grace_usec = data;
  g_autoptr (GrpcAioCall) call = hang (fixture);
  g_autoptr (GrpcAioCall) chat = peer_call (&fixture->peer, "HangChat", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) read_result = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("At the end of the grace the calls that are left are cancelled, and both ends are told");

  fixture->n_expected++;
  iterate_until (are_hanging, fixture);
  grpc_aio_server_stop_async (fixture->peer.server, *grace_usec, NULL, store_result, &result);
  finish_stop (fixture->peer.server, &result);
  g_assert_cmpuint (fixture->peer.n_cancelled, ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      GrpcAioServicerContext *context = g_ptr_array_index (fixture->peer.contexts, i);

      g_assert_true (grpc_aio_servicer_context_is_done (context));
      g_assert_true (grpc_aio_servicer_context_is_cancelled (context));
    }

  assert_unavailable (call);
  grpc_aio_call_read_async (chat, NULL, store_result, &read_result);
  message = grpc_aio_call_read_finish (chat, await (&read_result), &error);
  g_assert_null (message);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_assert_cmpuint (grpc_aio_server_get_active_calls (fixture->peer.server), ==, 0);
}

static void
test_stop_refuses (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioCall) running = hang (fixture);
  g_autoptr (GrpcAioCall) crossing = NULL;
  g_autoptr (GrpcAioCall) late = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) lost = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;
  GrpcAioStatusCode code;

  g_test_summary ("A server that stops takes no new calls, over old connections or new ones");

  grpc_aio_channel_wait_for_state_change_async (fixture->peer.channel, GRPC_AIO_CHANNEL_CONNECTIVITY_READY, NULL, store_result, &lost);
  grpc_aio_server_stop_async (fixture->peer.server, LONG_GRACE, NULL, store_result, &result);

  /* One that was under way when the server said goodbye is cancelled by
   * grpc-core of the server. */
  crossing = peer_call (&fixture->peer, "Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "late", NULL);
  iterate_until (call_is_done, crossing);
  code = grpc_aio_call_get_code (crossing);
  g_assert_true (code == GRPC_AIO_STATUS_CODE_UNAVAILABLE || code == GRPC_AIO_STATUS_CODE_CANCELLED);

  g_assert_true (grpc_aio_channel_wait_for_state_change_finish (fixture->peer.channel, await (&lost), &error));
  g_assert_no_error (error);
  late = peer_call (&fixture->peer, "Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "late", NULL);
  assert_unavailable (late);
  response = invoke (fixture->peer.target, "/test.Peer/Echo", "late", &error);
  g_assert_null (response);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_assert_cmpuint (fixture->peer.n_handled, ==, 1);
  g_assert_null (result);

  answer (fixture, 0);
  assert_response (running, "late");
  finish_stop (fixture->peer.server, &result);
}

static void
test_stop_several (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = hang (fixture);
  g_autoptr (GAsyncResult) first = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GAsyncResult) third = NULL;
  g_autoptr (GAsyncResult) end = NULL;
  g_autoptr (GError) error = NULL;
  gint64 start_usec = g_get_monotonic_time ();

  g_test_summary ("Of several stops the shortest grace counts, and each ends");

  grpc_aio_server_wait_for_termination_async (fixture->peer.server, NULL, store_result, &end);
  grpc_aio_server_stop_async (fixture->peer.server, LONG_GRACE, NULL, store_result, &first);
  grpc_aio_server_stop_async (fixture->peer.server, -1, NULL, store_result, &second);
  grpc_aio_server_stop_async (fixture->peer.server, 20000, NULL, store_result, &third);
  finish_stop (fixture->peer.server, &first);
  finish_stop (fixture->peer.server, &second);
  finish_stop (fixture->peer.server, &third);
  g_assert_true (grpc_aio_server_wait_for_termination_finish (fixture->peer.server, await (&end), &error));
  g_assert_no_error (error);
  assert_unavailable (call);
  g_assert_cmpint (g_get_monotonic_time () - start_usec, <, LONG_GRACE / 2);
}

static void
test_stop_cancelled (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = hang (fixture);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) end = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Cancelling gives up the waiting; the server stops all the same");

  grpc_aio_server_wait_for_termination_async (fixture->peer.server, NULL, store_result, &end);
  grpc_aio_server_stop_async (fixture->peer.server, -1, cancellable, store_result, &result);
  g_cancellable_cancel (cancellable);
  g_assert_null (result);
  g_assert_false (grpc_aio_server_stop_finish (fixture->peer.server, await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_cmpint (grpc_aio_server_get_state (fixture->peer.server), ==, GRPC_AIO_SERVER_STATE_STOPPING);

  answer (fixture, 0);
  assert_response (call, "late");
  g_assert_true (grpc_aio_server_wait_for_termination_finish (fixture->peer.server, await (&end), &error));
  g_assert_no_error (error);
}

static void
test_stop_sync (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = hang (fixture);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Stopping can be waited for without a main loop, while calls run");

  g_assert_true (grpc_aio_server_stop_sync (fixture->peer.server, 20000, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (grpc_aio_server_get_state (fixture->peer.server), ==, GRPC_AIO_SERVER_STATE_STOPPED);
  assert_unavailable (call);
}

static void
test_wait (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) cancelled = NULL;
  g_autoptr (GAsyncResult) end = NULL;
  g_autoptr (GAsyncResult) after = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("The end of a server can be waited for, and the waiting given up");

  grpc_aio_server_wait_for_termination_async (fixture->peer.server, NULL, store_result, &end);
  grpc_aio_server_wait_for_termination_async (fixture->peer.server, cancellable, store_result, &cancelled);
  g_cancellable_cancel (cancellable);
  g_assert_false (grpc_aio_server_wait_for_termination_finish (fixture->peer.server, await (&cancelled), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (grpc_aio_server_wait_for_termination_sync (fixture->peer.server, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_null (end);
  g_assert_cmpint (grpc_aio_server_get_state (fixture->peer.server), ==, GRPC_AIO_SERVER_STATE_SERVING);
  assert_echo (fixture->peer.target, "/test.Peer/Echo");

  stop (fixture->peer.server);
  g_assert_true (grpc_aio_server_wait_for_termination_finish (fixture->peer.server, await (&end), &error));
  g_assert_no_error (error);
  grpc_aio_server_wait_for_termination_async (fixture->peer.server, NULL, store_result, &after);
  g_assert_null (after);
  g_assert_true (grpc_aio_server_wait_for_termination_finish (fixture->peer.server, await (&after), &error));
  g_assert_no_error (error);
}

static gboolean
stop_in_idle (gpointer data)
{
  grpc_aio_server_stop_async (data, 0, NULL, NULL, NULL);

  return G_SOURCE_REMOVE;
}

typedef struct
{
  GrpcAioServer *server;
  gint has_waited;
} Waiter;

static gpointer
wait_in_thread (gpointer data)
{
  Waiter *waiter = data;
  g_autoptr (GError) error = NULL;

  g_idle_add (stop_in_idle, waiter->server);
  g_assert_true (grpc_aio_server_wait_for_termination_sync (waiter->server, NULL, &error));
  g_assert_no_error (error);
  g_atomic_int_set (&waiter->has_waited, TRUE);
  g_main_context_wakeup (NULL);

  return NULL;
}

static gboolean
has_waited (gpointer data)
{
  return g_atomic_int_get (&((Waiter *) data)->has_waited);
}

static void
test_wait_thread (Fixture *fixture,
                  gconstpointer data)
{
  Waiter waiter = { .server = fixture->peer.server };
  GThread *thread;

  g_test_summary ("Another thread waits for the end while this one serves");

  thread = g_thread_new ("wait", wait_in_thread, &waiter);
  iterate_until (has_waited, &waiter);
  g_thread_join (thread);
  g_assert_cmpint (grpc_aio_server_get_state (fixture->peer.server), ==, GRPC_AIO_SERVER_STATE_STOPPED);
}

/* A server for tests that drop it, beside the one of the fixture. */
typedef struct
{
  GPtrArray *contexts;
  guint n_done;
} Dropped;

static void
on_dropped_done (GrpcAioServicerContext *context,
                 gpointer user_data)
{
  Dropped *dropped = user_data;

  g_assert_true (grpc_aio_servicer_context_is_cancelled (context));
  dropped->n_done++;
}

static void
handle_dropped (GrpcAioServicerContext *context,
                GBytes *request,
                gpointer user_data)
{
  Dropped *dropped = user_data;

  g_signal_connect (context, "done", G_CALLBACK (on_dropped_done), dropped);
  g_ptr_array_add (dropped->contexts, g_object_ref (context));
}

static gboolean
has_dropped_call (gpointer data)
{
  return ((Dropped *) data)->contexts->len > 0;
}

/* The last reference but one is that of a server that has not gone yet. */
static void
test_dropped (NewFixture *fixture,
              gconstpointer data)
{
  Dropped dropped = { g_ptr_array_new_with_free_func (g_object_unref), 0 };
  g_autoptr (GrpcAioServer) server = grpc_aio_server_new ();
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_dropped, &dropped, NULL);
  g_autofree char *target = NULL;
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GBytes) request = bytes_from ("");
  g_autoptr (GrpcAioCall) call = NULL;
  gpointer weak = server;

  g_test_summary ("A context keeps its server; when both are dropped the client gets an answer");

  grpc_aio_service_add_method (fixture->service, "Hang", handler);
  grpc_aio_server_add_service (server, fixture->service);
  target = g_strdup_printf ("127.0.0.1:%d", add_port (server, "127.0.0.1:0"));
  start (server);
  channel = grpc_aio_channel_new (target, NULL);
  method = grpc_aio_channel_unary_unary (channel, "/test.Peer/Hang");
  call = grpc_aio_multi_callable_call (method, request, NULL);
  iterate_until (has_dropped_call, &dropped);

  g_object_add_weak_pointer (weak, &weak);
  g_clear_object (&server);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_nonnull (weak);
  g_assert_false (grpc_aio_call_is_done (call));

  g_ptr_array_set_size (dropped.contexts, 0);
  {
    g_autoptr (GAsyncResult) result = NULL;
    g_autoptr (GBytes) response = NULL;
    g_autoptr (GError) error = NULL;

    grpc_aio_call_response_async (call, NULL, store_result, &result);
    response = grpc_aio_call_response_finish (call, await (&result), &error);
    g_assert_null (response);
    g_assert_true (error->domain == GRPC_AIO_ERROR);
  }
  iterate_until (is_mine, fixture->service);
  g_assert_null (weak);
  g_clear_object (&call);
  g_ptr_array_unref (dropped.contexts);
}

static void
test_dropped_idle (NewFixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioServer) server = grpc_aio_server_new ();
  g_autofree char *target = NULL;
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GAsyncResult) ready = NULL;
  g_autoptr (GAsyncResult) lost = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;
  gpointer weak = server;

  g_test_summary ("A server without calls that is dropped stops serving");

  grpc_aio_server_add_service (server, fixture->service);
  target = g_strdup_printf ("127.0.0.1:%d", add_port (server, "127.0.0.1:0"));
  start (server);
  channel = grpc_aio_channel_new (target, NULL);
  grpc_aio_channel_ready_async (channel, NULL, store_result, &ready);
  g_assert_true (grpc_aio_channel_ready_finish (channel, await (&ready), &error));
  g_assert_no_error (error);

  grpc_aio_channel_wait_for_state_change_async (channel, GRPC_AIO_CHANNEL_CONNECTIVITY_READY, NULL, store_result, &lost);
  g_object_add_weak_pointer (weak, &weak);
  g_clear_object (&server);
  g_assert_null (weak);
  g_assert_true (grpc_aio_channel_wait_for_state_change_finish (channel, await (&lost), &error));
  g_assert_no_error (error);
  response = invoke (target, "/test.Peer/Echo", "", &error);
  g_assert_null (response);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  iterate_until (is_mine, fixture->service);
}

static void
on_stopped_by_handler (GObject *source,
                       GAsyncResult *result,
                       gpointer user_data)
{
  gboolean *is_stopped_by_handler = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_true (grpc_aio_server_stop_finish (GRPC_AIO_SERVER (source), result, &error));
  g_assert_no_error (error);
  *is_stopped_by_handler = TRUE;
}

static void
handle_stop (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  grpc_aio_server_stop_async (grpc_aio_servicer_context_get_server (context), LONG_GRACE, NULL, on_stopped_by_handler, user_data);
  grpc_aio_servicer_context_complete (context, request);
}

static void
test_stop_in_handler (NewFixture *fixture,
                      gconstpointer data)
{
  gboolean is_stopped_by_handler = FALSE;
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_stop, &is_stopped_by_handler, NULL);
  g_autofree char *target = NULL;

  g_test_summary ("A handler may stop its own server, and still answer");

  grpc_aio_service_add_method (fixture->service, "Stop", handler);
  grpc_aio_server_add_service (fixture->server, fixture->service);
  target = g_strdup_printf ("127.0.0.1:%d", add_port (fixture->server, "127.0.0.1:0"));
  start (fixture->server);
  assert_echo (target, "/test.Peer/Stop");
  while (!is_stopped_by_handler)
    g_main_context_iteration (NULL, TRUE);
}

typedef struct
{
  GMainContext *context;
  GMainLoop *loop;
  GThread *handler_thread;
  int port;
} Worker;

static void
handle_in_thread (GrpcAioServicerContext *context,
                  GBytes *request,
                  gpointer user_data)
{
  Worker *worker = user_data;

  worker->handler_thread = g_thread_self ();
  grpc_aio_servicer_context_complete (context, request);
}

static gboolean
quit (gpointer data)
{
  g_main_loop_quit (data);

  return G_SOURCE_REMOVE;
}

static gpointer
serve_in_thread (gpointer data)
{
  Worker *worker = data;
  g_autoptr (GrpcAioServer) server = grpc_aio_server_new ();
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Peer");
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_in_thread, worker, NULL);

  g_main_context_push_thread_default (worker->context);
  grpc_aio_service_add_method (service, "Echo", handler);
  grpc_aio_server_add_service (server, service);
  g_atomic_int_set (&worker->port, add_port (server, "127.0.0.1:0"));
  start (server);
  g_main_context_wakeup (NULL);
  g_main_loop_run (worker->loop);
  stop (server);
  assert_finalizes (g_steal_pointer (&server));
  g_main_context_pop_thread_default (worker->context);

  return NULL;
}

static gboolean
has_port (gpointer data)
{
  return g_atomic_int_get (&((Worker *) data)->port) != 0;
}

static void
test_thread (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  Worker worker = { context, loop, NULL, 0 };
  GThread *thread;

  g_test_summary ("Handlers run in the context that the server was started in");

  thread = g_thread_new ("serve", serve_in_thread, &worker);
  iterate_until (has_port, &worker);
  assert_echo_port (worker.port);
  g_assert_true (worker.handler_thread == thread);

  g_main_context_invoke (context, quit, loop);
  g_thread_join (thread);
}

int
main (int argc,
      char **argv)
{
  static const gint64 none = 0, short_grace = 20000, long_grace = LONG_GRACE, no_end = -1;

  g_test_init (&argc, &argv, NULL);

#define ADD_NEW(path, data, func) g_test_add (path, NewFixture, data, new_fixture_set_up, func, new_fixture_tear_down)
#define ADD(path, data, func) g_test_add (path, Fixture, data, fixture_set_up, func, fixture_tear_down)
  ADD_NEW ("/server/properties", NULL, test_properties);
  ADD_NEW ("/server/unstarted", NULL, test_unstarted);
  ADD_NEW ("/server/options", NULL, test_options);
  ADD_NEW ("/server/compression", NULL, test_compression);
  ADD_NEW ("/server/port/0", NULL, test_port_0);
  ADD_NEW ("/server/port/busy-socket", NULL, test_busy_socket);
  ADD_NEW ("/server/port/busy-server", NULL, test_busy_server);
  ADD_NEW ("/server/port/shared", NULL, test_shared_port);
  ADD_NEW ("/server/port/unix", "unix:", test_unix);
  ADD_NEW ("/server/port/unix-url", "unix://", test_unix);
  ADD_NEW ("/server/port/unix-abstract", "unix-abstract:", test_unix);
  ADD_NEW ("/server/port/unix-leftover", NULL, test_unix_leftover);
  ADD_NEW ("/server/port/bad-addresses", NULL, test_bad_addresses);
  ADD_NEW ("/server/port/no-folder", NULL, test_no_folder);
  ADD_NEW ("/server/port/no-permission", NULL, test_no_permission);
  ADD_NEW ("/server/port/bad-credentials", NULL, test_bad_credentials);
  ADD ("/server/start-twice", NULL, test_start_twice);
  ADD ("/server/late-service", NULL, test_late_service);
  ADD_NEW ("/server/empty", NULL, test_empty);
  ADD_NEW ("/server/no-ports", NULL, test_no_ports);
  ADD_NEW ("/server/services", NULL, test_services);
  ADD ("/server/unimplemented", NULL, test_unimplemented);
  ADD ("/server/unimplemented/stream", NULL, test_unimplemented_stream);
  ADD ("/server/active-calls", NULL, test_active_calls);
  ADD_NEW ("/server/notify", NULL, test_notify);
  ADD_NEW ("/server/stop/unstarted", NULL, test_stop_unstarted);
  ADD_NEW ("/server/stop/unstarted-with-port", "port", test_stop_unstarted);
  ADD ("/server/stop/twice", NULL, test_stop_twice);
  ADD ("/server/stop/idle", &long_grace, test_stop_idle);
  ADD ("/server/stop/idle-no-end", &no_end, test_stop_idle);
  ADD ("/server/stop/idle-no-grace", &none, test_stop_idle);
  ADD ("/server/stop/waits", &long_grace, test_stop_waits);
  ADD ("/server/stop/waits-no-end", &no_end, test_stop_waits);
  ADD ("/server/stop/cancels", &short_grace, test_stop_cancels);
  ADD ("/server/stop/cancels-at-once", &none, test_stop_cancels);
  ADD ("/server/stop/refuses", NULL, test_stop_refuses);
  ADD ("/server/stop/several", NULL, test_stop_several);
  ADD ("/server/stop/cancelled", NULL, test_stop_cancelled);
  ADD ("/server/stop/sync", NULL, test_stop_sync);
  ADD_NEW ("/server/stop/in-handler", NULL, test_stop_in_handler);
  ADD ("/server/wait", NULL, test_wait);
  ADD ("/server/wait/thread", NULL, test_wait_thread);
  ADD_NEW ("/server/dropped", NULL, test_dropped);
  ADD_NEW ("/server/dropped/idle", NULL, test_dropped_idle);
  g_test_add_func ("/server/thread", test_thread);
#undef ADD
#undef ADD_NEW

  return g_test_run ();
}
