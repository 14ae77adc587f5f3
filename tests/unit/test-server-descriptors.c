/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-utils.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

/* How many descriptors the process may have more than it has. */
#define N_LEFT 60

static gint n_failed; /* atomic; connections that grpc-core could not accept */

typedef struct
{
  GrpcAioServer *server;
  GPtrArray *contexts; /* with the lock; of calls that hang */
  GMutex lock;
  char *folder;
  char *address;
  GSocketAddress *socket_address;
  GArray *fillers; /* descriptors */
} Fixture;

static void
handle_echo (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  grpc_aio_servicer_context_complete (context, request);
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

static GLogWriterOutput
write_log (GLogLevelFlags level,
           const GLogField *fields,
           gsize n_fields,
           gpointer user_data)
{
  for (gsize i = 0; i < n_fields; i++)
    {
      if (g_str_equal (fields[i].key, "MESSAGE") && g_str_has_prefix (fields[i].value, "Failed accept4: "))
        g_atomic_int_inc (&n_failed);
    }

  /* What the library says of it is for people. */
  if (level == G_LOG_LEVEL_MESSAGE)
    return G_LOG_WRITER_HANDLED;

  return g_log_writer_default (level, fields, n_fields, user_data);
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

static void
add_method (Fixture *fixture,
            GrpcAioService *service,
            const char *name,
            GrpcAioHandlerFunc func)
{
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (func, fixture, NULL);

  grpc_aio_service_add_method (service, name, handler);
}

/* @data is the address, and the number of workers before it. */
static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  const char *given = data;
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Descriptors");
  g_autoptr (GError) error = NULL;
  int port;

  g_mutex_init (&fixture->lock);
  fixture->contexts = g_ptr_array_new_with_free_func (g_object_unref);
  fixture->fillers = g_array_new (FALSE, FALSE, sizeof (int));
  fixture->folder = g_dir_make_tmp ("test-descriptors-XXXXXX", &error);
  g_assert_no_error (error);
  add_method (fixture, service, "Echo", handle_echo);
  add_method (fixture, service, "Hang", handle_hang);

  fixture->server = grpc_aio_server_new ();
  grpc_aio_server_set_n_workers (fixture->server, (guint) (given[0] - '0'));
  grpc_aio_server_add_service (fixture->server, service);
  if (g_str_equal (given + 1, "unix"))
    {
      g_autofree char *path = g_build_filename (fixture->folder, "socket", NULL);

      fixture->address = g_strconcat ("unix:", path, NULL);
      fixture->socket_address = g_unix_socket_address_new (path);
      grpc_aio_server_add_port (fixture->server, fixture->address, NULL, &error);
      g_assert_no_error (error);
    }
  else
    {
      port = grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", NULL, &error);
      g_assert_no_error (error);
      fixture->address = g_strdup_printf ("127.0.0.1:%d", port);
      fixture->socket_address = g_inet_socket_address_new_from_string ("127.0.0.1", (guint) port);
    }
  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  g_assert_no_error (error);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "socket", NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_server_stop_async (fixture->server, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  g_ptr_array_unref (fixture->contexts);
  assert_finalizes (fixture->server);
  g_remove (path);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_array_unref (fixture->fillers);
  g_object_unref (fixture->socket_address);
  g_free (fixture->folder);
  g_free (fixture->address);
  g_mutex_clear (&fixture->lock);
}

static gboolean
has_failed (gpointer data)
{
  return g_atomic_int_get (&n_failed) > GPOINTER_TO_INT (data);
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

/* Connects while there is no descriptor left for the server. */
static void
exhaust (Fixture *fixture)
{
  int n_before = g_atomic_int_get (&n_failed);
  g_autoptr (GSocket) client = NULL;
  g_autoptr (GError) error = NULL;
  int fd;

  client = g_socket_new (g_socket_address_get_family (fixture->socket_address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  while ((fd = open ("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
    g_array_append_val (fixture->fillers, fd);
  g_assert_cmpuint (fixture->fillers->len, >, 0);

  g_assert_true (g_socket_connect (client, fixture->socket_address, NULL, &error));
  g_assert_no_error (error);
  wait_until (has_failed, GINT_TO_POINTER (n_before));

  for (guint i = 0; i < fixture->fillers->len; i++)
    close (g_array_index (fixture->fillers, int, i));
  g_array_set_size (fixture->fillers, 0);
}

static void
assert_serves (Fixture *fixture)
{
  g_autoptr (GrpcAioChannelOptions) channel_options = grpc_aio_channel_options_new ();
  g_autoptr (GrpcAioCallOptions) options = g_object_new (GRPC_AIO_TYPE_CALL_OPTIONS, "wait-for-ready", TRUE, NULL);
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GrpcAioMultiCallable) echo = NULL;
  g_autoptr (GBytes) request = bytes_from ("hello");

  /* The last try may have met a port that is just being closed. */
  grpc_aio_channel_options_set_int (channel_options, "grpc.use_local_subchannel_pool", 1);
  grpc_aio_channel_options_set_int (channel_options, "grpc.initial_reconnect_backoff_ms", 100);
  grpc_aio_channel_options_set_int (channel_options, "grpc.min_reconnect_backoff_ms", 100);
  grpc_aio_channel_options_set_int (channel_options, "grpc.max_reconnect_backoff_ms", 100);
  channel = grpc_aio_channel_new_with_options (fixture->address, NULL, channel_options);
  echo = grpc_aio_channel_unary_unary (channel, "/test.Descriptors/Echo");

  while (TRUE)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GBytes) response = NULL;
      g_autoptr (GError) error = NULL;

      grpc_aio_multi_callable_invoke_async (echo, request, options, NULL, store_result, &result);
      response = grpc_aio_multi_callable_invoke_finish (echo, await (&result), &error);
      if (response != NULL)
        {
          assert_bytes (response, "hello");
          break;
        }
      g_assert_true (error->domain == GRPC_AIO_ERROR);
      g_assert_true (error->code == GRPC_AIO_ERROR_UNAVAILABLE || error->code == GRPC_AIO_ERROR_CANCELLED);
    }
}

static void
test_exhausted (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new (fixture->address, NULL);
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (channel, "/test.Descriptors/Hang");
  g_autoptr (GBytes) request = bytes_from ("");
  g_autoptr (GBytes) late = bytes_from ("late");
  g_autoptr (GrpcAioCall) call = grpc_aio_multi_callable_call (method, request, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server that could not accept a connection accepts them again, and its calls go on");

  wait_until (hangs, fixture);
  for (guint i = 0; i < 2; i++)
    {
      exhaust (fixture);
      assert_serves (fixture);
    }
  g_assert_cmpint (grpc_aio_server_get_state (fixture->server), ==, GRPC_AIO_SERVER_STATE_SERVING);
  g_assert_false (grpc_aio_call_is_done (call));

  grpc_aio_servicer_context_complete (g_ptr_array_index (fixture->contexts, 0), late);
  grpc_aio_call_response_async (call, NULL, store_result, &result);
  response = grpc_aio_call_response_finish (call, await (&result), &error);
  g_assert_no_error (error);
  assert_bytes (response, "late");
}

static void
test_stopped (Fixture *fixture,
              gconstpointer data)
{
  g_test_summary ("A server may stop while it waits for descriptors");

  exhaust (fixture);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (write_log, NULL, NULL);
  limit_descriptors ();

#define ADD(path, data, func) g_test_add (path, Fixture, data, fixture_set_up, func, fixture_tear_down)
  ADD ("/server/descriptors/exhausted", "0tcp", test_exhausted);
  ADD ("/server/descriptors/exhausted/workers", "2tcp", test_exhausted);
  ADD ("/server/descriptors/exhausted/unix", "0unix", test_exhausted);
  ADD ("/server/descriptors/stopped", "0tcp", test_stopped);
  ADD ("/server/descriptors/stopped/workers", "2tcp", test_stopped);
#undef ADD

  return g_test_run ();
}
