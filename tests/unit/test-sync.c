/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What blocks works wherever a program may call it: in any thread, with a main
 * loop that runs, one that does not, or none. */

#include "test-utils.h"

typedef struct
{
  GrpcAioServer *server; /* in a thread of its own */
  GrpcAioChannel *channel;
  GrpcAioCall *call; /* started in the default context */
  gboolean is_over;  /* atomic */
} Fixture;

static void
handle_echo (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  grpc_aio_servicer_context_complete (context, request);
}

static void
on_read (GObject *source,
         GAsyncResult *result,
         gpointer user_data)
{
  GrpcAioServicerContext *context = GRPC_AIO_SERVICER_CONTEXT (source);
  g_autoptr (GBytes) message = grpc_aio_servicer_context_read_finish (context, result, NULL);

  if (message == NULL)
    {
      grpc_aio_servicer_context_complete (context, NULL);
      return;
    }

  grpc_aio_servicer_context_write_async (context, message, NULL, NULL, NULL);
  grpc_aio_servicer_context_read_async (context, NULL, on_read, NULL);
}

static void
handle_chat (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  grpc_aio_servicer_context_send_initial_metadata_async (context, NULL, NULL, NULL, NULL);
  grpc_aio_servicer_context_read_async (context, NULL, on_read, NULL);
}

static GrpcAioCall *
start_chat (Fixture *fixture)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_stream_stream (fixture->channel, "/test.Sync/Chat");

  return grpc_aio_multi_callable_call (method, NULL, NULL);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Sync");
  g_autoptr (GrpcAioRpcMethodHandler) echo = grpc_aio_rpc_method_handler_new_unary_unary (handle_echo, NULL, NULL);
  g_autoptr (GrpcAioRpcMethodHandler) chat = grpc_aio_rpc_method_handler_new_stream_stream (handle_chat, NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;
  int port;

  grpc_aio_service_add_method (service, "Echo", echo);
  grpc_aio_service_add_method (service, "Chat", chat);
  fixture->server = g_object_new (GRPC_AIO_TYPE_SERVER, "n-workers", 1, NULL);
  grpc_aio_server_add_service (fixture->server, service);
  port = grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  g_assert_no_error (error);

  target = g_strdup_printf ("127.0.0.1:%d", port);
  fixture->channel = grpc_aio_channel_new (target, NULL);
  fixture->call = start_chat (fixture);
}

static gboolean
is_gone (gpointer data)
{
  return *(gpointer *) data == NULL;
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* Drops the last reference of this thread. What grpc-core still has of it comes
 * back through the default context, or that of the server's thread, which wakes
 * nobody here. */
static void
let_go (gpointer object)
{
  gpointer weak = object;
  guint tick = g_timeout_add (5, on_tick, NULL);

  g_object_add_weak_pointer (object, &weak);
  g_object_unref (object);
  iterate_until (is_gone, &weak);
  g_source_remove (tick);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_clear_object (&fixture->call);
  g_assert_true (grpc_aio_channel_close_sync (fixture->channel, 0, NULL, &error));
  g_assert_no_error (error);
  let_go (fixture->channel);
  g_assert_true (grpc_aio_server_stop_sync (fixture->server, 0, NULL, &error));
  g_assert_no_error (error);
  let_go (fixture->server);
}

static void
talk (GrpcAioCall *call,
      const char *text)
{
  g_autoptr (GBytes) message = bytes_from (text);
  g_autoptr (GBytes) answer = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (grpc_aio_call_write_sync (call, message, NULL, &error));
  g_assert_no_error (error);
  answer = grpc_aio_call_read_sync (call, NULL, &error);
  g_assert_no_error (error);
  assert_bytes (answer, text);
}

/* All that blocks, on a channel and calls of several contexts. */
static void
use_all (Fixture *fixture)
{
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (fixture->channel, "/test.Sync/Echo");
  g_autoptr (GBytes) request = bytes_from ("x");
  g_autoptr (GBytes) invoked = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GBytes) end = NULL;
  g_autoptr (GrpcAioMetadata) initial = NULL;
  g_autoptr (GrpcAioMetadata) trailing = NULL;
  g_autoptr (GrpcAioCall) unary = NULL;
  g_autoptr (GrpcAioCall) chat = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (grpc_aio_channel_ready_sync (fixture->channel, NULL, &error));
  g_assert_no_error (error);
  invoked = grpc_aio_multi_callable_invoke_sync (echo, request, NULL, NULL, &error);
  g_assert_no_error (error);
  assert_bytes (invoked, "x");

  unary = grpc_aio_multi_callable_call (echo, request, NULL);
  response = grpc_aio_call_response_sync (unary, NULL, &error);
  g_assert_no_error (error);
  assert_bytes (response, "x");

  chat = start_chat (fixture);
  g_assert_true (grpc_aio_call_wait_for_connection_sync (chat, NULL, &error));
  g_assert_no_error (error);
  initial = grpc_aio_call_initial_metadata_sync (chat, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 3; i++)
    {
      talk (chat, "here");
      talk (fixture->call, "there");
    }
  g_assert_true (grpc_aio_call_done_writing_sync (chat, NULL, &error));
  g_assert_no_error (error);
  end = grpc_aio_call_read_sync (chat, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (end);
  trailing = grpc_aio_call_trailing_metadata_sync (chat, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (grpc_aio_call_status_sync (chat, NULL, &error), ==, GRPC_AIO_STATUS_CODE_OK);
  g_assert_no_error (error);
}

static void
test_no_loop (Fixture *fixture,
              gconstpointer data)
{
  g_test_summary ("In the main thread, with no main loop that runs");

  use_all (fixture);
}

static gboolean
is_over (gpointer data)
{
  Fixture *fixture = data;

  return g_atomic_int_get (&fixture->is_over);
}

static gboolean
on_idle (gpointer data)
{
  Fixture *fixture = data;

  use_all (fixture);
  g_atomic_int_set (&fixture->is_over, TRUE);
  g_main_context_wakeup (NULL);

  return G_SOURCE_REMOVE;
}

static void
test_in_callback (Fixture *fixture,
                  gconstpointer data)
{
  g_test_summary ("In a callback of the main loop that runs");

  g_idle_add (on_idle, fixture);
  iterate_until (is_over, fixture);
}

static gboolean
on_outer_idle (gpointer data)
{
  g_idle_add (on_idle, data);
  iterate_until (is_over, data);

  return G_SOURCE_REMOVE;
}

static void
test_nested (Fixture *fixture,
             gconstpointer data)
{
  g_test_summary ("In a callback of a loop that runs in a callback of another one");

  g_idle_add (on_outer_idle, fixture);
  iterate_until (is_over, fixture);
}

static void
on_response (GObject *source,
             GAsyncResult *result,
             gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = grpc_aio_multi_callable_invoke_finish (GRPC_AIO_MULTI_CALLABLE (source), result, &error);

  g_assert_no_error (error);
  on_idle (data);
}

static void
test_in_result (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (fixture->channel, "/test.Sync/Echo");
  g_autoptr (GBytes) request = bytes_from ("x");

  g_test_summary ("In the callback of an operation of ours");

  grpc_aio_multi_callable_invoke_async (echo, request, NULL, NULL, on_response, fixture);
  iterate_until (is_over, fixture);
}

static gpointer
run_in_thread (gpointer data)
{
  on_idle (data);

  return NULL;
}

static void
test_thread (Fixture *fixture,
             gconstpointer data)
{
  gboolean is_loop_running = GPOINTER_TO_INT (data);
  GThread *thread = g_thread_new ("sync", run_in_thread, fixture);

  if (is_loop_running)
    g_test_summary ("In a thread without a main context, while the main loop runs in another");
  else
    g_test_summary ("In a thread without a main context, while no main loop runs");

  if (is_loop_running)
    iterate_until (is_over, fixture);
  g_thread_join (thread);
}

static gpointer
run_loop_in_thread (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GSource) idle = g_idle_source_new ();
  Fixture *fixture = data;

  g_main_context_push_thread_default (context);
  g_source_set_callback (idle, on_idle, fixture, NULL);
  g_source_attach (idle, context);
  iterate_until (is_over, fixture);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_thread_in_callback (Fixture *fixture,
                         gconstpointer data)
{
  gboolean is_loop_running = GPOINTER_TO_INT (data);
  GThread *thread = g_thread_new ("sync", run_loop_in_thread, fixture);

  if (is_loop_running)
    g_test_summary ("In a callback of a thread's own main loop, while another runs in the main thread");
  else
    g_test_summary ("In a callback of a thread's own main loop, while none runs in the main thread");

  if (is_loop_running)
    iterate_until (is_over, fixture);
  g_thread_join (thread);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func, data) \
  g_test_add ("/sync/" name, Fixture, GINT_TO_POINTER (data), fixture_set_up, func, fixture_tear_down)

  ADD ("no-loop", test_no_loop, FALSE);
  ADD ("in-callback", test_in_callback, FALSE);
  ADD ("nested", test_nested, FALSE);
  ADD ("in-result", test_in_result, FALSE);
  ADD ("thread", test_thread, FALSE);
  ADD ("thread/loop", test_thread, TRUE);
  ADD ("thread/in-callback", test_thread_in_callback, FALSE);
  ADD ("thread/in-callback/loop", test_thread_in_callback, TRUE);

  return g_test_run ();
}
