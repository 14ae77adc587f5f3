/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-utils.h"

#include <string.h>

#include <glib/gstdio.h>

#define LONG_GRACE (30 * G_USEC_PER_SEC)

/* A server with two ports, one of which goes. */
typedef struct
{
  GrpcAioServer *server;
  char *going;   /* an address */
  char *staying; /* another one */
  char *folder;
  GrpcAioChannel *channel; /* to the one that goes */
  guint n_hanging;         /* calls, so far */

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
handle_hang (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  Fixture *fixture = user_data;

  g_mutex_lock (&fixture->lock);
  g_ptr_array_add (fixture->contexts, g_object_ref (context));
  g_mutex_unlock (&fixture->lock);
}

static void
add_method (GrpcAioService *service,
            const char *name,
            GrpcAioRpcMethodHandler *handler)
{
  grpc_aio_service_add_method (service, name, handler);
  g_object_unref (handler);
}

static GrpcAioService *
service_new (gpointer user_data)
{
  GrpcAioService *service = grpc_aio_service_new ("test.Port");

  add_method (service, "Echo", grpc_aio_rpc_method_handler_new_unary_unary (handle_echo, user_data, NULL));
  add_method (service, "Hang", grpc_aio_rpc_method_handler_new_unary_unary (handle_hang, user_data, NULL));

  return service;
}

static char *
add_port (GrpcAioServer *server)
{
  g_autoptr (GError) error = NULL;
  int port = grpc_aio_server_add_port (server, "127.0.0.1:0", NULL, &error);

  g_assert_no_error (error);

  return g_strdup_printf ("127.0.0.1:%d", port);
}

static void
create (Fixture *fixture,
        gconstpointer data)
{
  g_autoptr (GrpcAioService) service = service_new (fixture);
  g_autoptr (GError) error = NULL;

  g_mutex_init (&fixture->lock);
  fixture->contexts = g_ptr_array_new_with_free_func (g_object_unref);
  fixture->folder = g_dir_make_tmp ("test-remove-port-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->server = grpc_aio_server_new ();
  grpc_aio_server_set_n_workers (fixture->server, GPOINTER_TO_UINT (data));
  grpc_aio_server_add_service (fixture->server, service);
  fixture->going = add_port (fixture->server);
  fixture->staying = add_port (fixture->server);
  fixture->channel = grpc_aio_channel_new (fixture->going, NULL);
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
  g_assert_cmpint (grpc_aio_server_get_state (server), ==, GRPC_AIO_SERVER_STATE_STOPPED);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_channel_close_async (fixture->channel, 0, NULL, store_result, &result);
  await (&result);
  g_clear_object (&result);
  assert_finalizes (fixture->channel);
  stop (fixture->server);
  g_ptr_array_unref (fixture->contexts);
  assert_finalizes (fixture->server);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->going);
  g_free (fixture->staying);
  g_mutex_clear (&fixture->lock);
}

/* Over a connection of its own: a call that crosses the goodbye of the server is
 * cancelled by grpc-core. */
static GBytes *
invoke (const char *target,
        GError **error)
{
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GrpcAioMultiCallable) echo = NULL;
  g_autoptr (GBytes) request = bytes_from ("hello");
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_channel_options_set_int (options, "grpc.use_local_subchannel_pool", 1);
  channel = grpc_aio_channel_new_with_options (target, NULL, options);
  echo = grpc_aio_channel_unary_unary (channel, "/test.Port/Echo");
  grpc_aio_multi_callable_invoke_async (echo, request, NULL, NULL, store_result, &result);

  return grpc_aio_multi_callable_invoke_finish (echo, await (&result), error);
}

static void
assert_serves (const char *target)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = invoke (target, &error);

  g_assert_no_error (error);
  assert_bytes (response, "hello");
}

static void
assert_is_gone (const char *target)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = invoke (target, &error);

  g_assert_null (response);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
}

static gboolean
hangs (gpointer data)
{
  Fixture *fixture = data;
  gboolean result;

  g_mutex_lock (&fixture->lock);
  result = fixture->contexts->len == fixture->n_hanging;
  g_mutex_unlock (&fixture->lock);

  return result;
}

/* Starts a call over @channel that the test answers. */
static GrpcAioCall *
hang (Fixture *fixture,
      GrpcAioChannel *channel)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (channel, "/test.Port/Hang");
  g_autoptr (GBytes) request = bytes_from ("");
  GrpcAioCall *call = grpc_aio_multi_callable_call (method, request, NULL);

  fixture->n_hanging++;
  wait_until (hangs, fixture);

  return call;
}

static void
answer (Fixture *fixture)
{
  g_autoptr (GBytes) response = bytes_from ("late");

  grpc_aio_servicer_context_complete (g_ptr_array_index (fixture->contexts, 0), response);
}

static void
assert_response (GrpcAioCall *call)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_call_response_async (call, NULL, store_result, &result);
  response = grpc_aio_call_response_finish (call, await (&result), &error);
  g_assert_no_error (error);
  assert_bytes (response, "late");
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
}

static void
finish (GrpcAioServer *server,
        GAsyncResult **result)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (grpc_aio_server_remove_port_finish (server, await (result), &error));
  g_assert_no_error (error);
}

static void
remove_port (GrpcAioServer *server,
             const char *address)
{
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_server_remove_port_async (server, address, LONG_GRACE, NULL, store_result, &result);
  g_assert_null (result);
  finish (server, &result);
}

static void
assert_not_found (GrpcAioServer *server,
                  const char *address)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_server_remove_port_async (server, address, 0, NULL, store_result, &result);
  g_assert_null (result);
  g_assert_false (grpc_aio_server_remove_port_finish (server, await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, address));
}

static void
test_idle (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GAsyncResult) ready = NULL;
  g_autoptr (GAsyncResult) lost = NULL;
  g_autoptr (GrpcAioServer) other = grpc_aio_server_new ();
  g_autoptr (GrpcAioService) service = service_new (fixture);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A port goes with its connections, the other one stays, and its number is free");

  assert_serves (fixture->going);
  grpc_aio_channel_ready_async (fixture->channel, NULL, store_result, &ready);
  g_assert_true (grpc_aio_channel_ready_finish (fixture->channel, await (&ready), &error));
  g_assert_no_error (error);
  grpc_aio_channel_wait_for_state_change_async (fixture->channel, GRPC_AIO_CHANNEL_CONNECTIVITY_READY, NULL, store_result, &lost);

  remove_port (fixture->server, fixture->going);
  await (&lost);
  assert_is_gone (fixture->going);
  assert_serves (fixture->staying);
  g_assert_cmpint (grpc_aio_server_get_state (fixture->server), ==, GRPC_AIO_SERVER_STATE_SERVING);
  assert_not_found (fixture->server, fixture->going);

  grpc_aio_server_add_service (other, service);
  g_assert_cmpint (grpc_aio_server_add_port (other, fixture->going, NULL, &error), >, 0);
  g_assert_no_error (error);
  start (other);
  assert_serves (fixture->going);
  stop (other);
}

static void
test_unknown (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("An address that the server does not listen on is an error");

  assert_not_found (fixture->server, "127.0.0.1:0");
  assert_not_found (fixture->server, "");
  assert_not_found (fixture->server, "unix:/nowhere");
  g_assert_false (grpc_aio_server_remove_port_sync (fixture->server, "127.0.0.1:0", 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  assert_serves (fixture->going);
}

static void
test_waits (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = hang (fixture, fixture->channel);
  g_autoptr (GAsyncResult) result = NULL;

  g_test_summary ("Running calls may end, while nothing new comes over the port");

  grpc_aio_server_remove_port_async (fixture->server, fixture->going, LONG_GRACE, NULL, store_result, &result);
  assert_is_gone (fixture->going);
  assert_serves (fixture->staying);
  g_assert_null (result);
  g_assert_false (grpc_aio_call_is_done (call));
  answer (fixture);
  assert_response (call);
  finish (fixture->server, &result);
  assert_serves (fixture->staying);
}

static void
test_no_end (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = hang (fixture, fixture->channel);
  g_autoptr (GAsyncResult) result = NULL;

  g_test_summary ("Without an end of the grace running calls take their time");

  grpc_aio_server_remove_port_async (fixture->server, fixture->going, -1, NULL, store_result, &result);
  assert_serves (fixture->staying);
  g_assert_null (result);
  answer (fixture);
  assert_response (call);
  finish (fixture->server, &result);
}

static void
test_cancels (Fixture *fixture,
              gint64 grace_usec)
{
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new (fixture->staying, NULL);
  g_autoptr (GrpcAioCall) other = hang (fixture, channel);
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  g_test_summary ("At the end of the grace the calls of the port are cancelled, and no others");

  call = hang (fixture, fixture->channel);
  grpc_aio_server_remove_port_async (fixture->server, fixture->going, grace_usec, NULL, store_result, &result);
  finish (fixture->server, &result);
  assert_unavailable (call);
  g_assert_false (grpc_aio_call_is_done (other));
  answer (fixture);
  assert_response (other);
}

static void
test_grace_ends (Fixture *fixture,
                 gconstpointer data)
{
  test_cancels (fixture, 20000);
}

static void
test_no_grace (Fixture *fixture,
               gconstpointer data)
{
  test_cancels (fixture, 0);
}

static void
test_several (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = hang (fixture, fixture->channel);
  g_autoptr (GAsyncResult) first = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GAsyncResult) third = NULL;

  g_test_summary ("Of several removals the shortest grace counts, and each ends");

  grpc_aio_server_remove_port_async (fixture->server, fixture->going, -1, NULL, store_result, &first);
  grpc_aio_server_remove_port_async (fixture->server, fixture->going, LONG_GRACE, NULL, store_result, &second);
  grpc_aio_server_remove_port_async (fixture->server, fixture->going, 20000, NULL, store_result, &third);
  finish (fixture->server, &first);
  finish (fixture->server, &second);
  finish (fixture->server, &third);
  assert_unavailable (call);
}

static void
test_cancelled (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GrpcAioCall) call = hang (fixture, fixture->channel);
  g_autoptr (GAsyncResult) cancelled = NULL;
  g_autoptr (GAsyncResult) late = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Cancelling gives up the waiting, before and while; the port goes all the same");

  grpc_aio_server_remove_port_async (fixture->server, fixture->going, -1, NULL, store_result, &result);
  grpc_aio_server_remove_port_async (fixture->server, fixture->going, -1, cancellable, store_result, &cancelled);
  g_cancellable_cancel (cancellable);
  g_assert_null (cancelled);
  g_assert_false (grpc_aio_server_remove_port_finish (fixture->server, await (&cancelled), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  grpc_aio_server_remove_port_async (fixture->server, fixture->staying, -1, cancellable, store_result, &late);
  g_assert_false (grpc_aio_server_remove_port_finish (fixture->server, await (&late), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_is_gone (fixture->staying);

  g_assert_null (result);
  answer (fixture);
  assert_response (call);
  finish (fixture->server, &result);
  g_cancellable_cancel (cancellable);
}

static void
test_sync (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = hang (fixture, fixture->channel);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("The end of a port can be waited for without a main loop");

  g_assert_true (grpc_aio_server_remove_port_sync (fixture->server, fixture->going, 20000, NULL, &error));
  g_assert_no_error (error);
  assert_unavailable (call);

  g_cancellable_cancel (cancellable);
  g_assert_false (grpc_aio_server_remove_port_sync (fixture->server, fixture->staying, -1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_is_gone (fixture->staying);
}

static void
test_stop (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = hang (fixture, fixture->channel);
  g_autoptr (GAsyncResult) removed = NULL;
  g_autoptr (GAsyncResult) stopped = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server that stops ends the removal of a port, too");

  grpc_aio_server_remove_port_async (fixture->server, fixture->going, -1, NULL, store_result, &removed);
  grpc_aio_server_stop_async (fixture->server, 20000, NULL, store_result, &stopped);
  finish (fixture->server, &removed);
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&stopped), &error));
  g_assert_no_error (error);
  assert_unavailable (call);
  assert_not_found (fixture->server, fixture->staying);
}

static void
test_all (Fixture *fixture,
          gconstpointer data)
{
  g_test_summary ("A server without any port left still has to be stopped");

  remove_port (fixture->server, fixture->going);
  remove_port (fixture->server, fixture->staying);
  assert_is_gone (fixture->going);
  assert_is_gone (fixture->staying);
  g_assert_cmpint (grpc_aio_server_get_state (fixture->server), ==, GRPC_AIO_SERVER_STATE_SERVING);
}

static void
test_again (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = hang (fixture, fixture->channel);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A port may be added to a server that serves, also the one that is going");

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *added = add_port (fixture->server);

      assert_serves (added);
      remove_port (fixture->server, added);
      assert_is_gone (added);
      g_assert_cmpint (grpc_aio_server_add_port (fixture->server, added, NULL, &error), >, 0);
      g_assert_no_error (error);
      assert_serves (added);
    }

  grpc_aio_server_remove_port_async (fixture->server, fixture->going, LONG_GRACE, NULL, store_result, &result);
  assert_is_gone (fixture->going);
  g_assert_cmpint (grpc_aio_server_add_port (fixture->server, fixture->going, NULL, &error), >, 0);
  g_assert_no_error (error);
  assert_serves (fixture->going);
  g_assert_null (result);
  answer (fixture);
  assert_response (call);
  finish (fixture->server, &result);
  assert_serves (fixture->going);
  assert_serves (fixture->staying);

  g_assert_cmpint (grpc_aio_server_add_port (fixture->server, fixture->going, NULL, &error), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_clear_error (&error);
  stop (fixture->server);
  g_assert_cmpint (grpc_aio_server_add_port (fixture->server, fixture->going, NULL, &error), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static void
test_unstarted (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("Before the start a port goes at once");

  g_assert_true (grpc_aio_server_remove_port_sync (fixture->server, fixture->going, -1, NULL, &error));
  g_assert_no_error (error);
  assert_not_found (fixture->server, fixture->going);
  start (fixture->server);
  assert_is_gone (fixture->going);
  assert_serves (fixture->staying);
}

static void
test_unix (Fixture *fixture,
           gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "socket", NULL);
  g_autofree char *address = g_strconcat ("unix:", path, NULL);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A Unix socket goes, with its file");

  g_assert_cmpint (grpc_aio_server_add_port (fixture->server, address, NULL, &error), ==, 1);
  g_assert_no_error (error);
  start (fixture->server);
  assert_serves (address);
  remove_port (fixture->server, address);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  assert_is_gone (address);
  assert_serves (fixture->going);
}

#define ADD(path, n_workers, set_up, func) \
  g_test_add (path, Fixture, GUINT_TO_POINTER (n_workers), set_up, func, fixture_tear_down)
#define ADD_BOTH(name, func) \
  G_STMT_START \
  { \
    ADD ("/server/remove-port/" name, 0, fixture_set_up, func); \
    ADD ("/server/remove-port/" name "/workers", 2, fixture_set_up, func); \
  } \
  G_STMT_END

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD_BOTH ("idle", test_idle);
  ADD_BOTH ("unknown", test_unknown);
  ADD_BOTH ("waits", test_waits);
  ADD_BOTH ("no-end", test_no_end);
  ADD_BOTH ("grace-ends", test_grace_ends);
  ADD_BOTH ("no-grace", test_no_grace);
  ADD_BOTH ("several", test_several);
  ADD_BOTH ("cancelled", test_cancelled);
  ADD_BOTH ("sync", test_sync);
  ADD_BOTH ("stop", test_stop);
  ADD_BOTH ("all", test_all);
  ADD_BOTH ("again", test_again);
  ADD ("/server/remove-port/unstarted", 0, create, test_unstarted);
  ADD ("/server/remove-port/unix", 0, create, test_unix);

  return g_test_run ();
}
