/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-utils.h"

/* A server whose handlers call another one, as a part of what they do. */
typedef struct
{
  Peer peer;
  GrpcAioServer *front;
  GrpcAioChannel *channel; /* to it */

  GrpcAioServicerContext *parent;
  GrpcAioCall *child;
  guint n_parents_done;
  guint n_children_ended;
} Fixture;

static void
on_parent_done (GrpcAioServicerContext *context,
                gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_parents_done++;
}

static void
handle_relay (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  Fixture *fixture = user_data;

  g_signal_connect (context, "done", G_CALLBACK (on_parent_done), fixture);
  fixture->parent = g_object_ref (context);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Front");
  g_autoptr (GrpcAioRpcMethodHandler) unary = grpc_aio_rpc_method_handler_new_unary_unary (handle_relay, fixture, NULL);
  g_autoptr (GrpcAioRpcMethodHandler) chat = grpc_aio_rpc_method_handler_new_stream_stream (handle_relay, fixture, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;
  int port;

  peer_set_up (&fixture->peer);
  grpc_aio_service_add_method (service, "Relay", unary);
  grpc_aio_service_add_method (service, "RelayChat", chat);
  fixture->front = grpc_aio_server_new ();
  grpc_aio_server_add_service (fixture->front, service);
  port = grpc_aio_server_add_port (fixture->front, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (fixture->front, &error));
  g_assert_no_error (error);
  target = g_strdup_printf ("127.0.0.1:%d", port);
  fixture->channel = grpc_aio_channel_new (target, NULL);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_clear_object (&fixture->child);
  g_clear_object (&fixture->parent);
  grpc_aio_channel_close_async (fixture->channel, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_channel_close_finish (fixture->channel, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  assert_finalizes (fixture->channel);
  grpc_aio_server_stop_async (fixture->front, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (fixture->front, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  assert_finalizes (fixture->front);
  peer_tear_down (&fixture->peer);
}

static gboolean
is_set (gpointer data)
{
  return *(gpointer *) data != NULL;
}

static gboolean
is_counted (gpointer data)
{
  return *(guint *) data > 0;
}

/* A call that the front server's handler has by the time this returns. */
static GrpcAioCall *
call_front (Fixture *fixture,
            gboolean is_chat,
            gint64 timeout_usec)
{
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (timeout_usec);
  g_autoptr (GrpcAioMultiCallable) relay = NULL;
  g_autoptr (GBytes) request = is_chat ? NULL : bytes_from ("x");
  GrpcAioCall *call;

  if (is_chat)
    relay = grpc_aio_channel_stream_stream (fixture->channel, "/test.Front/RelayChat");
  else
    relay = grpc_aio_channel_unary_unary (fixture->channel, "/test.Front/Relay");
  call = grpc_aio_multi_callable_call (relay, request, options);
  iterate_until (is_set, &fixture->parent);

  return call;
}

static GrpcAioCallOptions *
options_with_parent (Fixture *fixture)
{
  GrpcAioCallOptions *options = grpc_aio_call_options_new ();

  grpc_aio_call_options_set_parent (options, fixture->parent);

  return options;
}

static void
start_child (Fixture *fixture,
             gboolean is_chat)
{
  g_autoptr (GrpcAioCallOptions) options = options_with_parent (fixture);

  if (is_chat)
    fixture->child = peer_call (&fixture->peer, "HangChat", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, options);
  else
    fixture->child = peer_call (&fixture->peer, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", options);
  iterate_until (is_counted, &fixture->peer.n_handled);
}

static void
assert_child_cancelled (Fixture *fixture)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_call_status_async (fixture->child, NULL, store_result, &result);
  g_assert_cmpint (grpc_aio_call_status_finish (fixture->child, await (&result), &error), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_call_is_cancelled (fixture->child));
  iterate_until (is_counted, &fixture->peer.n_cancelled);
}

static void
test_deadline (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = call_front (fixture, FALSE, 30 * G_USEC_PER_SEC);
  g_autoptr (GrpcAioCallOptions) options = options_with_parent (fixture);
  g_autoptr (GrpcAioCall) shorter = NULL;
  GrpcAioServicerContext *far;

  g_test_summary ("A child has no more time than its parent, and the server that it calls is told so");

  /* Clients reckon with what their grpc-core takes for now, which may be some while
   * ago: a server may be told of more time. */
  start_child (fixture, FALSE);
  g_assert_cmpint (grpc_aio_call_time_remaining (fixture->child), >, 0);
  g_assert_cmpint (grpc_aio_call_time_remaining (fixture->child), <=, 31 * G_USEC_PER_SEC);
  far = g_ptr_array_index (fixture->peer.contexts, 0);
  g_assert_cmpint (grpc_aio_servicer_context_time_remaining (far), >, 0);
  g_assert_cmpint (grpc_aio_servicer_context_time_remaining (far), <=, 31 * G_USEC_PER_SEC);

  grpc_aio_call_options_set_timeout_usec (options, 10 * G_USEC_PER_SEC);
  shorter = peer_call (&fixture->peer, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", options);
  g_assert_cmpint (grpc_aio_call_time_remaining (shorter), <=, 10 * G_USEC_PER_SEC);
  grpc_aio_call_options_set_timeout_usec (options, G_TIME_SPAN_HOUR);
  g_clear_object (&shorter);
  shorter = peer_call (&fixture->peer, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", options);
  g_assert_cmpint (grpc_aio_call_time_remaining (shorter), <=, 31 * G_USEC_PER_SEC);
}

static void
test_no_deadline (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = call_front (fixture, FALSE, -1);

  g_test_summary ("The child of a call without a deadline has none, either");

  start_child (fixture, FALSE);
  g_assert_cmpint (grpc_aio_call_time_remaining (fixture->child), ==, -1);
}

static void
test_deadline_passes (Fixture *fixture,
                      gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = call_front (fixture, FALSE, G_USEC_PER_SEC);
  g_autoptr (GrpcAioCallOptions) options = options_with_parent (fixture);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GrpcAioStatusCode code;

  g_test_summary ("A child ends at the deadline of its parent, of that or of the parent's end");

  fixture->child = peer_call (&fixture->peer, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", options);
  grpc_aio_call_status_async (fixture->child, NULL, store_result, &result);
  code = grpc_aio_call_status_finish (fixture->child, await (&result), &error);
  g_assert_no_error (error);
  g_assert_true (code == GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED || code == GRPC_AIO_STATUS_CODE_CANCELLED);
}

static void
test_cancelled (Fixture *fixture,
                gconstpointer data)
{
  gboolean is_chat = GPOINTER_TO_INT (data);
  g_autoptr (GrpcAioCall) call = call_front (fixture, is_chat, -1);

  g_test_summary ("A child is cancelled with its parent, and the server that it calls is told");

  start_child (fixture, is_chat);
  grpc_aio_call_cancel (call);
  assert_child_cancelled (fixture);
  iterate_until (is_counted, &fixture->n_parents_done);
}

static void
test_answered (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = call_front (fixture, FALSE, -1);
  g_autoptr (GBytes) response = bytes_from ("y");

  g_test_summary ("A child is cancelled when its parent is answered");

  start_child (fixture, FALSE);
  grpc_aio_servicer_context_complete (fixture->parent, response);
  assert_child_cancelled (fixture);
  iterate_until (is_counted, &fixture->n_parents_done);
}

static void
test_over (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = call_front (fixture, FALSE, -1);
  g_autoptr (GrpcAioCallOptions) options = options_with_parent (fixture);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A child of a call that is over has failed at once");

  grpc_aio_call_cancel (call);
  iterate_until (is_counted, &fixture->n_parents_done);
  fixture->child = peer_call (&fixture->peer, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", options);
  grpc_aio_call_status_async (fixture->child, NULL, store_result, &result);
  g_assert_cmpint (grpc_aio_call_status_finish (fixture->child, await (&result), &error), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
  g_assert_no_error (error);
}

static void
on_invoked (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = NULL;

  response = grpc_aio_multi_callable_invoke_finish (GRPC_AIO_MULTI_CALLABLE (source), result, &error);
  g_assert_null (response);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_CANCELLED);
  fixture->n_children_ended++;
}

static void
test_invoked (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = call_front (fixture, FALSE, -1);
  g_autoptr (GrpcAioCallOptions) options = options_with_parent (fixture);
  g_autoptr (GrpcAioMultiCallable) hang = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Hang");
  g_autoptr (GBytes) request = bytes_from ("x");

  g_test_summary ("So is one that is started in the short form; its error is not that of a cancellable");

  grpc_aio_multi_callable_invoke_async (hang, request, options, NULL, on_invoked, fixture);
  iterate_until (is_counted, &fixture->peer.n_handled);
  grpc_aio_call_cancel (call);
  iterate_until (is_counted, &fixture->n_children_ended);
}

static void
test_ends_first (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = call_front (fixture, FALSE, 60 * G_USEC_PER_SEC);
  g_autoptr (GrpcAioCallOptions) options = options_with_parent (fixture);
  g_autoptr (GrpcAioCall) echo = peer_call (&fixture->peer, "Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", options);
  g_autoptr (GAsyncResult) child_result = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GBytes) relayed = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A child that ends first gives its response, which the parent answers with");

  grpc_aio_call_response_async (echo, NULL, store_result, &child_result);
  response = grpc_aio_call_response_finish (echo, await (&child_result), &error);
  g_assert_no_error (error);
  grpc_aio_servicer_context_complete (fixture->parent, response);
  grpc_aio_call_response_async (call, NULL, store_result, &result);
  relayed = grpc_aio_call_response_finish (call, await (&result), &error);
  g_assert_no_error (error);
  assert_bytes (relayed, "x");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func, data) \
  g_test_add ("/parent/" name, Fixture, data, fixture_set_up, func, fixture_tear_down)

  ADD ("deadline", test_deadline, NULL);
  ADD ("no-deadline", test_no_deadline, NULL);
  ADD ("deadline-passes", test_deadline_passes, NULL);
  ADD ("cancelled", test_cancelled, GINT_TO_POINTER (FALSE));
  ADD ("cancelled-chat", test_cancelled, GINT_TO_POINTER (TRUE));
  ADD ("answered", test_answered, NULL);
  ADD ("over", test_over, NULL);
  ADD ("invoked", test_invoked, NULL);
  ADD ("ends-first", test_ends_first, NULL);

  return g_test_run ();
}
