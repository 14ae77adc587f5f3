/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-utils.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#define LONG_GRACE (30 * G_USEC_PER_SEC)

/* How many descriptors the process may have more than it has. */
#define N_LEFT 100

#define N_CLIENTS 8

static gint n_failed; /* atomic; connections that could not be accepted */

/* A server on a socket that the test has made. */
typedef struct
{
  GrpcAioServer *server;
  GSocket *socket;
  GSocketAddress *socket_address;
  char *folder;
  char *address;

  GMutex lock; /* for all that follows */
  GPtrArray *contexts; /* of calls that hang */
} Fixture;

static void
handle_echo (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  grpc_aio_servicer_context_complete (context, request);
}

static void
handle_peer (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  g_autofree char *peer = grpc_aio_servicer_context_dup_peer (context);
  g_autoptr (GBytes) response = bytes_from (peer);

  grpc_aio_servicer_context_complete (context, response);
}

static void
handle_who (GrpcAioServicerContext *context,
            GBytes *request,
            gpointer user_data)
{
  g_autoptr (GCredentials) credentials = grpc_aio_servicer_context_dup_peer_credentials (context);
  g_autofree char *text = NULL;
  g_autoptr (GBytes) response = NULL;

  if (credentials != NULL)
    text = g_strdup_printf ("%d of %u", (int) g_credentials_get_unix_pid (credentials, NULL),
                            (guint) g_credentials_get_unix_user (credentials, NULL));
  response = bytes_from (text != NULL ? text : "nobody");
  grpc_aio_servicer_context_complete (context, response);
}

static void
handle_hang (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  Fixture *fixture = user_data;

  g_mutex_lock (&fixture->lock);
  g_ptr_array_add (fixture->contexts, g_object_ref (context));
  g_mutex_unlock (&fixture->lock);
}

static GrpcAioServer *
server_new (gpointer user_data)
{
  static const struct
  {
    const char *name;
    GrpcAioHandlerFunc func;
  } methods[] = { { "Echo", handle_echo }, { "Peer", handle_peer }, { "Who", handle_who }, { "Hang", handle_hang } };
  GrpcAioServer *server = grpc_aio_server_new ();
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Socket");

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (methods[i].func, user_data, NULL);

      grpc_aio_service_add_method (service, methods[i].name, handler);
    }
  grpc_aio_server_add_service (server, service);

  return server;
}

static GSocket *
listen_at (GSocketAddress *address)
{
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);

  g_assert_no_error (error);
  g_socket_bind (socket, address, TRUE, &error);
  g_assert_no_error (error);
  g_socket_listen (socket, &error);
  g_assert_no_error (error);

  return socket;
}

/* @data is the number of workers and the kind of address. */
static void
create (Fixture *fixture,
        gconstpointer data)
{
  const char *given = data;
  g_autofree char *path = NULL;
  g_autoptr (GSocketAddress) wanted = NULL;
  g_autoptr (GError) error = NULL;

  g_mutex_init (&fixture->lock);
  fixture->contexts = g_ptr_array_new_with_free_func (g_object_unref);
  fixture->folder = g_dir_make_tmp ("test-socket-XXXXXX", &error);
  g_assert_no_error (error);
  path = g_build_filename (fixture->folder, "socket", NULL);

  if (g_str_equal (given + 1, "unix"))
    wanted = g_unix_socket_address_new (path);
  else
    wanted = g_inet_socket_address_new_from_string (g_str_equal (given + 1, "ipv6") ? "::1" : "127.0.0.1", 0);
  fixture->socket = listen_at (wanted);
  fixture->socket_address = g_socket_get_local_address (fixture->socket, &error);
  g_assert_no_error (error);
  if (g_str_equal (given + 1, "unix"))
    fixture->address = g_strconcat ("unix:", path, NULL);
  else
    fixture->address = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (fixture->socket_address));

  fixture->server = server_new (fixture);
  grpc_aio_server_set_n_workers (fixture->server, (guint) (given[0] - '0'));
}

static void
add_socket (Fixture *fixture)
{
  gboolean is_unix = G_IS_UNIX_SOCKET_ADDRESS (fixture->socket_address);
  g_autoptr (GError) error = NULL;
  int port = grpc_aio_server_add_socket (fixture->server, fixture->socket, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (port, ==,
                   is_unix ? 1 : g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (fixture->socket_address)));
}

static void
start (GrpcAioServer *server)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (grpc_aio_server_start (server, &error));
  g_assert_no_error (error);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  create (fixture, data);
  add_socket (fixture);
  start (fixture->server);
}

static void
stop (GrpcAioServer *server)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_server_stop_async (server, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (server, await (&result), &error));
  g_assert_no_error (error);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "socket", NULL);

  stop (fixture->server);
  g_ptr_array_unref (fixture->contexts);
  assert_finalizes (fixture->server);
  assert_finalizes (fixture->socket);
  g_assert_finalize_object (fixture->socket_address);
  g_remove (path);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->address);
  g_mutex_clear (&fixture->lock);
}

/* With a connection of its own. */
static GrpcAioChannel *
channel_new (Fixture *fixture)
{
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();

  grpc_aio_channel_options_set_int (options, "grpc.use_local_subchannel_pool", 1);

  return grpc_aio_channel_new_with_options (fixture->address, NULL, options);
}

static GrpcAioCall *
begin_call (GrpcAioChannel *channel,
            const char *method,
            const char *request)
{
  g_autofree char *path = g_strconcat ("/test.Socket/", method, NULL);
  g_autoptr (GrpcAioMultiCallable) callable = grpc_aio_channel_unary_unary (channel, path);
  g_autoptr (GBytes) bytes = bytes_from (request);

  return grpc_aio_multi_callable_call (callable, bytes, NULL);
}

static char *
end_call (GrpcAioCall *call)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_call_response_async (call, NULL, store_result, &result);
  response = grpc_aio_call_response_finish (call, await (&result), &error);
  g_assert_no_error (error);

  return g_strndup (g_bytes_get_data (response, NULL), g_bytes_get_size (response));
}

static char *
ask (GrpcAioChannel *channel,
     const char *method)
{
  g_autoptr (GrpcAioCall) call = begin_call (channel, method, "hello");

  return end_call (call);
}

static void
assert_serves (Fixture *fixture)
{
  g_autoptr (GrpcAioChannel) channel = channel_new (fixture);
  g_autofree char *answer = ask (channel, "Echo");

  g_assert_cmpstr (answer, ==, "hello");
}

static gboolean
hangs (gpointer data)
{
  Fixture *fixture = data;
  gboolean result;

  g_mutex_lock (&fixture->lock);
  result = fixture->contexts->len > 0;
  g_mutex_unlock (&fixture->lock);

  return result;
}

static GrpcAioCall *
hang (Fixture *fixture,
      GrpcAioChannel *channel)
{
  GrpcAioCall *call = begin_call (channel, "Hang", "");

  wait_until (hangs, fixture);

  return call;
}

static void
test_serves (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioChannel) channel = channel_new (fixture);
  g_autofree char *answer = ask (channel, "Echo");
  g_autofree char *peer = ask (channel, "Peer");
  g_autofree char *who = ask (channel, "Who");
  g_autofree char *me = g_strdup_printf ("%d of %u", (int) getpid (), (guint) getuid ());
  const char *kind = (const char *) data + 1;

  g_test_summary ("A server takes the connections of a socket, and knows who is there");

  g_assert_cmpstr (answer, ==, "hello");
  if (g_str_equal (kind, "unix"))
    {
      g_assert_cmpstr (peer, ==, "unix:");
      g_assert_cmpstr (who, ==, me);
    }
  else
    {
      g_assert_true (g_str_has_prefix (peer, g_str_equal (kind, "ipv6") ? "ipv6:%5B::1%5D:" : "ipv4:127.0.0.1:"));
      g_assert_cmpstr (who, ==, "nobody");
    }
}

static void
test_port (Fixture *fixture,
           gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "port", NULL);
  g_autofree char *who = NULL;
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Who connects to a Unix socket of grpc-core's own is not known, not even as somebody else");

  g_free (fixture->address);
  fixture->address = g_strconcat ("unix:", path, NULL);
  g_assert_cmpint (grpc_aio_server_add_port (fixture->server, fixture->address, NULL, &error), ==, 1);
  g_assert_no_error (error);
  channel = channel_new (fixture);
  who = ask (channel, "Who");
  g_assert_cmpstr (who, ==, "nobody");
}

static void
test_late (Fixture *fixture,
           gconstpointer data)
{
  g_test_summary ("A socket may be added to a server that serves");

  start (fixture->server);
  add_socket (fixture);
  assert_serves (fixture);
}

static void
test_unstarted (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server that never starts closes its sockets, too");

  add_socket (fixture);
  g_assert_true (grpc_aio_server_remove_port_sync (fixture->server, fixture->address, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_socket_is_closed (fixture->socket));
}

static void
test_insecure (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioServerCredentials) credentials = grpc_aio_server_credentials_new_insecure ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("Credentials that secure nothing are the same as none");

  g_assert_cmpint (grpc_aio_server_add_socket (fixture->server, fixture->socket, credentials, &error), >, 0);
  g_assert_no_error (error);
  start (fixture->server);
  assert_serves (fixture);
}

static void
assert_refused (Fixture *fixture,
                GSocket *socket,
                GrpcAioServerCredentials *credentials,
                int code)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (grpc_aio_server_add_socket (fixture->server, socket, credentials, &error), ==, 0);
  g_assert_error (error, G_IO_ERROR, code);
}

static void
test_errors (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GSocket) deaf = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autoptr (GSocket) datagram = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autoptr (GrpcAioServerCredentials) credentials = grpc_aio_server_credentials_new_local (GRPC_AIO_LOCAL_CONNECTION_TYPE_LOCAL_TCP);

  g_test_summary ("A socket that is of no use is an error, and is left alone");

  assert_refused (fixture, deaf, NULL, G_IO_ERROR_INVALID_ARGUMENT);
  assert_refused (fixture, datagram, NULL, G_IO_ERROR_INVALID_ARGUMENT);
  assert_refused (fixture, fixture->socket, credentials, G_IO_ERROR_NOT_SUPPORTED);
  start (fixture->server);
  stop (fixture->server);
  assert_refused (fixture, fixture->socket, NULL, G_IO_ERROR_CLOSED);
  g_assert_false (g_socket_is_closed (fixture->socket));
}

static void
test_removed (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioChannel) channel = channel_new (fixture);
  g_autoptr (GrpcAioCall) call = hang (fixture, channel);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) late = bytes_from ("late");
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = NULL;

  g_test_summary ("A socket is closed when its port goes, and running calls may end");

  grpc_aio_server_remove_port_async (fixture->server, fixture->address, LONG_GRACE, NULL, store_result, &result);
  g_assert_true (g_socket_is_closed (fixture->socket));
  g_assert_null (result);
  grpc_aio_servicer_context_complete (g_ptr_array_index (fixture->contexts, 0), late);
  answer = end_call (call);
  g_assert_cmpstr (answer, ==, "late");
  g_assert_true (grpc_aio_server_remove_port_finish (fixture->server, await (&result), &error));
  g_assert_no_error (error);
}

static void
test_stop (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GrpcAioChannel) channel = channel_new (fixture);
  g_autoptr (GrpcAioCall) call = hang (fixture, channel);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("At the end of the grace the calls of a socket are cancelled");

  grpc_aio_server_stop_async (fixture->server, 20000, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&result), &error));
  g_assert_no_error (error);
  g_assert_true (g_socket_is_closed (fixture->socket));
  grpc_aio_call_response_async (call, NULL, store_result, &response);
  g_assert_null (grpc_aio_call_response_finish (call, await (&response), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
}

static void
test_dropped (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioServer) other = server_new (fixture);
  GSocketAddress *address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  GSocket *socket = listen_at (address);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server that is let go closes its sockets");

  g_assert_cmpint (grpc_aio_server_add_socket (other, socket, NULL, &error), >, 0);
  g_assert_no_error (error);
  start (other);
  g_clear_object (&other);
  wait_until (is_mine, socket);
  g_assert_true (g_socket_is_closed (socket));
  g_object_unref (socket);
  g_object_unref (address);
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

typedef struct
{
  guint n_before;
} Count;

static gboolean
has_closed (gpointer data)
{
  return count_descriptors () <= ((Count *) data)->n_before;
}

static void
test_leak (Fixture *fixture,
           gconstpointer data)
{
  Count count;

  g_test_summary ("Connections that are gone leave no descriptors behind");

  assert_serves (fixture);
  assert_serves (fixture);
  count.n_before = count_descriptors ();
  for (guint i = 0; i < N_CLIENTS; i++)
    assert_serves (fixture);
  wait_until (has_closed, &count);
}

static gboolean
is_over (gpointer data)
{
  return grpc_aio_servicer_context_is_done (data);
}

static void
test_peers (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioChannel) channel = channel_new (fixture);
  g_autoptr (GrpcAioCall) call = hang (fixture, channel);
  GrpcAioServicerContext *context = g_ptr_array_index (fixture->contexts, 0);
  g_autofree char *before = grpc_aio_servicer_context_dup_peer (context);
  g_autofree char *after = NULL;

  g_test_summary ("A call keeps its peer after that is gone, whoever connects next");

  grpc_aio_call_cancel (call);
  g_clear_object (&call);
  g_clear_object (&channel);
  wait_until (is_over, context);
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      g_autoptr (GrpcAioChannel) next = channel_new (fixture);
      g_autofree char *peer = ask (next, "Peer");

      g_assert_cmpstr (peer, !=, before);
    }
  after = grpc_aio_servicer_context_dup_peer (context);
  g_assert_cmpstr (after, ==, before);
}

static gboolean
is_unused (gpointer data)
{
  return grpc_aio_server_get_open_connections (data) == 0;
}

static void
test_open_connections (Fixture *fixture,
                       gconstpointer data)
{
  g_autoptr (GrpcAioChannel) first = channel_new (fixture);
  g_autoptr (GrpcAioChannel) second = channel_new (fixture);
  g_autofree char *first_answer = NULL;
  g_autofree char *second_answer = NULL;

  g_test_summary ("A server knows how many clients are connected over its sockets");

  g_assert_cmpuint (grpc_aio_server_get_open_connections (fixture->server), ==, 0);
  first_answer = ask (first, "Echo");
  g_assert_cmpuint (grpc_aio_server_get_open_connections (fixture->server), ==, 1);
  second_answer = ask (second, "Echo");
  g_assert_cmpuint (grpc_aio_server_get_open_connections (fixture->server), ==, 2);
  g_clear_object (&first);
  g_clear_object (&second);
  wait_until (is_unused, fixture->server);
}

static void
limit_descriptors (void)
{
  struct rlimit limit;
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = (rlim_t) fd + N_LEFT;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  close (fd);
}

static gboolean
has_failed (gpointer data)
{
  return g_atomic_int_get (&n_failed) > GPOINTER_TO_INT (data);
}

static void
test_exhausted (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioChannel) channel = channel_new (fixture);
  g_autoptr (GrpcAioCall) call = hang (fixture, channel);
  g_autoptr (GBytes) late = bytes_from ("late");
  g_autofree char *answer = NULL;

  g_test_summary ("When there are no descriptors connections wait, and all others go on");

  for (guint i = 0; i < 2; i++)
    {
      int n_before = g_atomic_int_get (&n_failed);
      GSocket *clients[N_CLIENTS];
      g_autoptr (GArray) fillers = g_array_new (FALSE, FALSE, sizeof (int));
      int fd;

      for (guint j = 0; j < N_CLIENTS; j++)
        clients[j] = g_socket_new (g_socket_address_get_family (fixture->socket_address), G_SOCKET_TYPE_STREAM,
                                   G_SOCKET_PROTOCOL_DEFAULT, NULL);

      /* Some are still closed meanwhile, of earlier connections. */
      for (guint j = 0; j < N_CLIENTS; j++)
        {
          while ((fd = open ("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
            g_array_append_val (fillers, fd);
          g_assert_true (g_socket_connect (clients[j], fixture->socket_address, NULL, NULL));
        }
      wait_until (has_failed, GINT_TO_POINTER (n_before));
      for (guint j = 0; j < N_CLIENTS; j++)
        g_object_unref (clients[j]);
      for (guint j = 0; j < fillers->len; j++)
        close (g_array_index (fillers, int, j));
      assert_serves (fixture);
    }

  g_assert_false (grpc_aio_call_is_done (call));
  grpc_aio_servicer_context_complete (g_ptr_array_index (fixture->contexts, 0), late);
  answer = end_call (call);
  g_assert_cmpstr (answer, ==, "late");
}

static void
test_handed_on (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioServer) next = server_new (fixture);
  g_autoptr (GSocket) copy = g_socket_new_from_fd (dup (g_socket_get_fd (fixture->socket)), NULL);
  g_autoptr (GrpcAioChannel) channel = channel_new (fixture);
  g_autoptr (GrpcAioCall) call = NULL;
  g_autofree char *answer = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("What waits in a socket is served by the next one who has it");

  stop (fixture->server);
  g_assert_true (g_socket_is_closed (fixture->socket));
  call = begin_call (channel, "Echo", "hello");
  g_assert_cmpint (grpc_aio_server_add_socket (next, copy, NULL, &error), >, 0);
  g_assert_no_error (error);
  start (next);
  answer = end_call (call);
  g_assert_cmpstr (answer, ==, "hello");
  stop (next);
}

static void
test_broken (Fixture *fixture,
             gconstpointer data)
{
  int n_before = g_atomic_int_get (&n_failed);

  g_test_summary ("A socket that somebody shuts down does not keep the server busy");

  g_assert_cmpint (shutdown (g_socket_get_fd (fixture->socket), SHUT_RDWR), ==, 0);
  wait_until (has_failed, GINT_TO_POINTER (n_before));
  g_assert_false (g_main_context_iteration (NULL, FALSE));
}

/* How many of the sockets children of this process would have, too. */
static int
count_inherited (void)
{
  return (fcntl (3, F_GETFD) == 0) + (fcntl (4, F_GETFD) == 0);
}

/* Run by the shell, which makes the variables. */
static int
be_activated (const char *what)
{
  g_autoptr (GrpcAioServer) server = server_new (NULL);
  g_autoptr (GrpcAioServerCredentials) credentials = grpc_aio_server_credentials_new_local (GRPC_AIO_LOCAL_CONNECTION_TYPE_UDS);
  g_autoptr (GError) error = NULL;
  int n_taken = grpc_aio_server_add_activation_sockets (server, g_str_has_prefix (what, "name:") ? what + strlen ("name:") : NULL,
                                                        g_str_equal (what, "secure") ? credentials : NULL, &error);

  if (error != NULL)
    g_print ("%d %s %d", n_taken, g_quark_to_string (error->domain), error->code);
  else
    g_print ("%d %d %d", n_taken, count_inherited (), grpc_aio_server_add_activation_sockets (server, NULL, NULL, NULL));

  return 0;
}

typedef struct
{
  const char *path;
  const char *script; /* sets the variables */
  const char *argument;
  const char *expected; /* "taken inherited rest", or "-1 domain code" */
} Activation;

static const Activation activations[] = {
  { "all", "LISTEN_PID=$$ LISTEN_FDS=2", "all", "2 0 0" },
  { "names", "LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=grpc:other", "name:other", "1 0 1" },
  { "no-such-name", "LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=grpc:other", "name:third", "0 0 2" },
  { "unnamed", "LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=grpc", "name:unknown", "1 0 1" },
  { "none", "X=", "all", "0 2 0" },
  { "other-process", "LISTEN_PID=1 LISTEN_FDS=2", "all", "0 2 0" },
  { "no-socket", "LISTEN_PID=$$ LISTEN_FDS=3", "all", "-1 g-io-error-quark 13" },
  { "no-number", "LISTEN_PID=$$ LISTEN_FDS=two", "all", "-1 g-io-error-quark 13" },
  { "secure", "LISTEN_PID=$$ LISTEN_FDS=2", "secure", "-1 g-io-error-quark 15" },
};

static void
test_activation (gconstpointer data)
{
  const Activation *activation = data;
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocket) first = listen_at (address);
  g_autoptr (GSocket) second = listen_at (address);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autofree char *script = g_strdup_printf ("export %s; exec \"$0\" --activated \"$1\"", activation->script);
  g_autoptr (GSubprocess) child = NULL;
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server takes the sockets that its process was started with");

  g_subprocess_launcher_take_fd (launcher, dup (g_socket_get_fd (first)), 3);
  g_subprocess_launcher_take_fd (launcher, dup (g_socket_get_fd (second)), 4);
  g_subprocess_launcher_take_fd (launcher, open ("/dev/null", O_RDONLY), 5);
  child = g_subprocess_launcher_spawn (launcher, &error, "/bin/sh", "-c", script, g_get_prgname (), activation->argument, NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (child, NULL, NULL, &output, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (child));
  g_assert_cmpstr (output, ==, activation->expected);
}

#define ADD(path, data, set_up, func) \
  g_test_add ("/server/socket/" path, Fixture, data, set_up, func, fixture_tear_down)

int
main (int argc,
      char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--activated"))
    return be_activated (argv[2]);

  g_test_init (&argc, &argv, NULL);
  g_set_prgname (argv[0]);
  count_messages (&n_failed);
  limit_descriptors ();

  ADD ("serves", "0ipv4", fixture_set_up, test_serves);
  ADD ("serves/ipv6", "0ipv6", fixture_set_up, test_serves);
  ADD ("serves/unix", "0unix", fixture_set_up, test_serves);
  ADD ("serves/workers", "2ipv4", fixture_set_up, test_serves);
  ADD ("serves/workers/unix", "2unix", fixture_set_up, test_serves);
  ADD ("port", "0unix", fixture_set_up, test_port);
  ADD ("late", "0ipv4", create, test_late);
  ADD ("late/workers", "2ipv4", create, test_late);
  ADD ("unstarted", "0unix", create, test_unstarted);
  ADD ("insecure", "0ipv4", create, test_insecure);
  ADD ("errors", "0ipv4", create, test_errors);
  ADD ("removed", "0ipv4", fixture_set_up, test_removed);
  ADD ("removed/unix", "0unix", fixture_set_up, test_removed);
  ADD ("removed/workers", "2ipv4", fixture_set_up, test_removed);
  ADD ("stop", "0ipv4", fixture_set_up, test_stop);
  ADD ("stop/workers", "2unix", fixture_set_up, test_stop);
  ADD ("dropped", "0unix", fixture_set_up, test_dropped);
  ADD ("leak", "0ipv4", fixture_set_up, test_leak);
  ADD ("leak/unix", "0unix", fixture_set_up, test_leak);
  ADD ("leak/workers", "2ipv4", fixture_set_up, test_leak);
  ADD ("open-connections", "0ipv4", fixture_set_up, test_open_connections);
  ADD ("open-connections/unix", "2unix", fixture_set_up, test_open_connections);
  ADD ("peers", "0ipv4", fixture_set_up, test_peers);
  ADD ("peers/workers", "2ipv4", fixture_set_up, test_peers);
  ADD ("exhausted", "0ipv4", fixture_set_up, test_exhausted);
  ADD ("exhausted/unix", "0unix", fixture_set_up, test_exhausted);
  ADD ("exhausted/workers", "2ipv4", fixture_set_up, test_exhausted);
  ADD ("handed-on", "0ipv4", fixture_set_up, test_handed_on);
  ADD ("handed-on/unix", "0unix", fixture_set_up, test_handed_on);
  ADD ("broken", "0ipv4", fixture_set_up, test_broken);
  for (guint i = 0; i < G_N_ELEMENTS (activations); i++)
    {
      g_autofree char *path = g_strconcat ("/server/socket/activation/", activations[i].path, NULL);

      g_test_add_data_func (path, &activations[i], test_activation);
    }

  return g_test_run ();
}
