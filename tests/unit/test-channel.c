/* SPDX-License-Identifier: LGPL-2.1-or-later */

#define _GNU_SOURCE /* memmem () */

#include <string.h>

#include <glib/gstdio.h>

#include "test-utils.h"

#define LONG_GRACE (30 * G_USEC_PER_SEC)

typedef struct
{
  Peer peer;
  guint n_expected;     /* calls that shall hang */
  GThread *thread;      /* where the state was notified */
  guint n_notified;
  GrpcAioChannelConnectivity wanted;
} Fixture;

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

static gboolean
are_hanging (gpointer data)
{
  Fixture *fixture = data;

  return fixture->peer.contexts->len >= fixture->n_expected;
}

/* Starts a call that the server does not answer by itself. */
static GrpcAioCall *
hang (Fixture *fixture,
      const char *method,
      GrpcAioMethodKind kind)
{
  gboolean takes_request = kind == GRPC_AIO_METHOD_KIND_UNARY_UNARY || kind == GRPC_AIO_METHOD_KIND_UNARY_STREAM;
  GrpcAioCall *call = peer_call (&fixture->peer, method, kind, takes_request ? "" : NULL, NULL);

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
assert_status (GrpcAioCall *call,
               GrpcAioStatusCode expected)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GrpcAioStatusCode code;

  grpc_aio_call_status_async (call, NULL, store_result, &result);
  code = grpc_aio_call_status_finish (call, await (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpint (code, ==, expected);
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
assert_fails (GrpcAioCall *call,
              GQuark domain,
              int code)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;
  GrpcAioMethodKind kind = grpc_aio_multi_callable_get_kind (grpc_aio_call_get_multi_callable (call));

  if (kind == GRPC_AIO_METHOD_KIND_UNARY_UNARY || kind == GRPC_AIO_METHOD_KIND_STREAM_UNARY)
    {
      grpc_aio_call_response_async (call, NULL, store_result, &result);
      response = grpc_aio_call_response_finish (call, await (&result), &error);
    }
  else
    {
      grpc_aio_call_read_async (call, NULL, store_result, &result);
      response = grpc_aio_call_read_finish (call, await (&result), &error);
    }
  g_assert_null (response);
  g_assert_error (error, domain, code);
  g_assert_cmpstr (error->message, !=, "");
}

static void
assert_echo (GrpcAioChannel *channel)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
  g_autoptr (GBytes) request = bytes_from ("hello");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_multi_callable_invoke_async (method, request, NULL, NULL, store_result, &result);
  response = grpc_aio_multi_callable_invoke_finish (method, await (&result), &error);
  g_assert_no_error (error);
  assert_bytes (response, "hello");
}

static void
assert_ready (GrpcAioChannel *channel)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_channel_ready_async (channel, NULL, store_result, &result);
  g_assert_true (grpc_aio_channel_ready_finish (channel, await (&result), &error));
  g_assert_no_error (error);
  g_assert_cmpint (grpc_aio_channel_get_state (channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_READY);
}

static void
finish_close (GrpcAioChannel *channel,
              GAsyncResult **result)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (grpc_aio_channel_close_finish (channel, await (result), &error));
  g_assert_no_error (error);
  g_assert_cmpint (grpc_aio_channel_get_state (channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN);
}

/* A port that nobody listens on, and nobody else gets while the socket lives; or
 * one that is listened on, by somebody who never says a word. */
static GSocket *
take_port (gboolean listens,
           char **target)
{
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;

  socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  g_socket_bind (socket, address, FALSE, &error);
  g_assert_no_error (error);
  if (listens)
    {
      g_socket_listen (socket, &error);
      g_assert_no_error (error);
    }
  bound = g_socket_get_local_address (socket, &error);
  g_assert_no_error (error);
  *target = g_strdup_printf ("127.0.0.1:%u", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));

  return g_steal_pointer (&socket);
}

static void
test_properties (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autoptr (GrpcAioChannelCredentials) credentials = grpc_aio_channel_credentials_new_insecure ();
  GrpcAioChannel *channel;
  g_autoptr (GrpcAioChannelOptions) got_options = NULL;
  g_autoptr (GrpcAioChannelCredentials) got_credentials = NULL;
  g_autofree char *got_target = NULL;
  GrpcAioChannelConnectivity state;

  g_test_summary ("A channel says what it was made with");

  channel = grpc_aio_channel_new_with_options (fixture->peer.target, credentials, options);
  g_assert_cmpstr (grpc_aio_channel_get_target (channel), ==, fixture->peer.target);
  g_assert_true (grpc_aio_channel_get_credentials (channel) == credentials);
  g_assert_true (grpc_aio_channel_get_options (channel) == options);
  g_object_get (channel,
                "target", &got_target,
                "credentials", &got_credentials,
                "options", &got_options,
                "state", &state,
                NULL);
  g_assert_cmpstr (got_target, ==, fixture->peer.target);
  g_assert_true (got_credentials == credentials);
  g_assert_true (got_options == options);
  g_assert_cmpint (state, ==, GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE);
  g_assert_finalize_object (channel);

  g_assert_null (grpc_aio_channel_get_credentials (fixture->peer.channel));
  g_assert_null (grpc_aio_channel_get_options (fixture->peer.channel));
}

static void
test_multi_callable (Fixture *fixture,
                     gconstpointer data)
{
  static GrpcAioMultiCallable *(*const constructors[]) (GrpcAioChannel *, const char *) = {
    [GRPC_AIO_METHOD_KIND_UNARY_UNARY] = grpc_aio_channel_unary_unary,
    [GRPC_AIO_METHOD_KIND_UNARY_STREAM] = grpc_aio_channel_unary_stream,
    [GRPC_AIO_METHOD_KIND_STREAM_UNARY] = grpc_aio_channel_stream_unary,
    [GRPC_AIO_METHOD_KIND_STREAM_STREAM] = grpc_aio_channel_stream_stream,
  };

  g_test_summary ("A method knows its channel, its name and its kind");

  for (guint kind = 0; kind < G_N_ELEMENTS (constructors); kind++)
    {
      GrpcAioMultiCallable *method = constructors[kind](fixture->peer.channel, "/test.Peer/Echo");
      g_autoptr (GrpcAioChannel) channel = NULL;
      g_autofree char *name = NULL;
      GrpcAioMethodKind got_kind;

      g_assert_true (grpc_aio_multi_callable_get_channel (method) == fixture->peer.channel);
      g_assert_cmpstr (grpc_aio_multi_callable_get_method (method), ==, "/test.Peer/Echo");
      g_assert_cmpint (grpc_aio_multi_callable_get_kind (method), ==, kind);
      g_object_get (method,
                    "channel", &channel,
                    "method", &name,
                    "kind", &got_kind,
                    NULL);
      g_assert_true (channel == fixture->peer.channel);
      g_assert_cmpstr (name, ==, "/test.Peer/Echo");
      g_assert_cmpint (got_kind, ==, kind);
      g_assert_finalize_object (method);
    }
}

static void
test_misuse (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) unary = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Echo");
  g_autoptr (GrpcAioMultiCallable) stream = grpc_aio_channel_stream_stream (fixture->peer.channel, "/test.Peer/Chat");
  g_autoptr (GBytes) request = bytes_from ("");

  g_test_summary ("A method without its slash, and a request where none belongs, are mistakes of the program");

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*target != NULL*");
  g_assert_null (grpc_aio_channel_new (NULL, NULL));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*method*'/'*");
  g_assert_null (grpc_aio_channel_unary_unary (fixture->peer.channel, "test.Peer/Echo"));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*request*takes_one_request*");
  g_assert_null (grpc_aio_multi_callable_call (unary, NULL, NULL));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*request*takes_one_request*");
  g_assert_null (grpc_aio_multi_callable_call (stream, request, NULL));
  g_test_assert_expected_messages ();
}

static gboolean
has_wanted_state (gpointer data)
{
  Fixture *fixture = data;

  return grpc_aio_channel_get_state (fixture->peer.channel, FALSE) == fixture->wanted;
}

static void
test_state (Fixture *fixture,
            gconstpointer data)
{
  GrpcAioChannel *channel = fixture->peer.channel;

  g_test_summary ("A channel is idle until it shall connect, and shut down once it is closed");

  g_assert_cmpint (grpc_aio_channel_get_state (channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE);
  g_assert_cmpint (grpc_aio_channel_get_state (channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE);
  grpc_aio_channel_get_state (channel, TRUE);
  fixture->wanted = GRPC_AIO_CHANNEL_CONNECTIVITY_READY;
  iterate_until (has_wanted_state, fixture);

  grpc_aio_channel_close (channel);
  g_assert_cmpint (grpc_aio_channel_get_state (channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN);
  g_assert_cmpint (grpc_aio_channel_get_state (channel, TRUE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN);
}

static void
test_state_unreachable (Fixture *fixture,
                        gconstpointer data)
{
  g_autofree char *target = NULL;
  g_autoptr (GSocket) socket G_GNUC_UNUSED = take_port (FALSE, &target);
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new (target, NULL);
  GrpcAioChannelConnectivity state = grpc_aio_channel_get_state (channel, TRUE);

  g_test_summary ("A channel that cannot connect says so, step by step");

  while (state != GRPC_AIO_CHANNEL_CONNECTIVITY_TRANSIENT_FAILURE)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_true (state == GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE || state == GRPC_AIO_CHANNEL_CONNECTIVITY_CONNECTING);
      grpc_aio_channel_wait_for_state_change_async (channel, state, NULL, store_result, &result);
      g_assert_true (grpc_aio_channel_wait_for_state_change_finish (channel, await (&result), &error));
      g_assert_no_error (error);
      state = grpc_aio_channel_get_state (channel, FALSE);
    }
}

static void
test_ready (Fixture *fixture,
            gconstpointer data)
{
  g_test_summary ("Waiting for a channel connects it; once connected it takes no time");

  assert_ready (fixture->peer.channel);
  assert_ready (fixture->peer.channel);
  assert_echo (fixture->peer.channel);
}

static void
test_ready_several (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GAsyncResult) first = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Several may wait for a channel");

  grpc_aio_channel_ready_async (fixture->peer.channel, NULL, store_result, &first);
  grpc_aio_channel_ready_async (fixture->peer.channel, NULL, store_result, &second);
  g_assert_null (first);
  g_assert_null (second);
  g_assert_true (grpc_aio_channel_ready_finish (fixture->peer.channel, await (&second), &error));
  g_assert_no_error (error);
  g_assert_true (grpc_aio_channel_ready_finish (fixture->peer.channel, await (&first), &error));
  g_assert_no_error (error);
}

static void
test_ready_sync (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("A channel can be waited for without a main loop");

  g_assert_true (grpc_aio_channel_ready_sync (fixture->peer.channel, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (grpc_aio_channel_get_state (fixture->peer.channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_READY);
  g_assert_true (grpc_aio_channel_ready_sync (fixture->peer.channel, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (grpc_aio_channel_wait_for_state_change_sync (fixture->peer.channel, GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE, NULL, &error));
  g_assert_no_error (error);
}

static gpointer
ready_in_thread (gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (grpc_aio_channel_ready_sync (data, NULL, &error));
  g_assert_no_error (error);

  return NULL;
}

static void
test_ready_sync_thread (Fixture *fixture,
                        gconstpointer data)
{
  g_test_summary ("Another thread can wait for a channel while nobody runs the context of the channel");

  g_thread_join (g_thread_new ("ready", ready_in_thread, fixture->peer.channel));
  g_assert_cmpint (grpc_aio_channel_get_state (fixture->peer.channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_READY);
}

static void
test_ready_cancelled_before (Fixture *fixture,
                             gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("With a cancelled cancellable nothing is waited for");

  g_cancellable_cancel (cancellable);
  grpc_aio_channel_ready_async (fixture->peer.channel, cancellable, store_result, &result);
  g_assert_null (result);
  g_assert_false (grpc_aio_channel_ready_finish (fixture->peer.channel, await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  g_assert_false (grpc_aio_channel_ready_sync (fixture->peer.channel, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  g_assert_false (grpc_aio_channel_wait_for_state_change_sync (fixture->peer.channel, GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static gpointer
cancel_in_thread (gpointer data)
{
  g_cancellable_cancel (data);

  return NULL;
}

/* @data is whether another thread cancels. */
static void
test_ready_cancelled_during (Fixture *fixture,
                             gconstpointer data)
{
  g_autofree char *target = NULL;
  g_autoptr (GSocket) socket G_GNUC_UNUSED = take_port (TRUE, &target);
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new (target, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Cancelling gives up the waiting, and nothing else");

  grpc_aio_channel_ready_async (channel, cancellable, store_result, &result);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (result);
  if (data != NULL)
    g_thread_join (g_thread_new ("cancel", cancel_in_thread, cancellable));
  else
    g_cancellable_cancel (cancellable);
  g_assert_null (result);
  g_assert_false (grpc_aio_channel_ready_finish (channel, await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (grpc_aio_channel_get_state (channel, FALSE), !=, GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN);
}

static void
test_ready_cancelled_after (Fixture *fixture,
                            gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Cancelling after the end changes nothing");

  grpc_aio_channel_ready_async (fixture->peer.channel, cancellable, store_result, &result);
  g_assert_true (grpc_aio_channel_ready_finish (fixture->peer.channel, await (&result), &error));
  g_assert_no_error (error);
  g_cancellable_cancel (cancellable);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  assert_echo (fixture->peer.channel);
}

static void
test_ready_closed (Fixture *fixture,
                   gconstpointer data)
{
  g_autofree char *target = NULL;
  g_autoptr (GSocket) socket G_GNUC_UNUSED = take_port (TRUE, &target);
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new (target, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) change_result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Who waits for a channel learns that it was closed");

  grpc_aio_channel_ready_async (channel, NULL, store_result, &result);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (result);
  grpc_aio_channel_wait_for_state_change_async (channel, grpc_aio_channel_get_state (channel, FALSE), NULL, store_result, &change_result);
  grpc_aio_channel_close (channel);
  g_assert_null (result);
  g_assert_false (grpc_aio_channel_ready_finish (channel, await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_true (grpc_aio_channel_wait_for_state_change_finish (channel, await (&change_result), &error));
  g_assert_no_error (error);

  g_clear_object (&result);
  grpc_aio_channel_ready_async (channel, NULL, store_result, &result);
  g_assert_false (grpc_aio_channel_ready_finish (channel, await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (grpc_aio_channel_ready_sync (channel, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static void
on_notify_state (GObject *object,
                 GParamSpec *pspec,
                 gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->thread = g_thread_self ();
  fixture->n_notified++;
}

static void
test_notify (Fixture *fixture,
             gconstpointer data)
{
  g_test_summary ("Changes of the state are notified, up to the last one");

  g_signal_connect (fixture->peer.channel, "notify::state", G_CALLBACK (on_notify_state), fixture);
  assert_ready (fixture->peer.channel);
  g_assert_cmpuint (fixture->n_notified, >, 0);
  g_assert_true (fixture->thread == g_thread_self ());

  fixture->n_notified = 0;
  grpc_aio_channel_close (fixture->peer.channel);
  while (fixture->n_notified == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (grpc_aio_channel_get_state (fixture->peer.channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN);
}

static gboolean
is_notified (gpointer data)
{
  Fixture *fixture = data;

  return fixture->n_notified > 0;
}

static void
test_notify_context (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GMainContext) home = g_main_context_new ();
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  g_test_summary ("Changes of the state are told in the context that the channel was made in");

  g_main_context_push_thread_default (home);
  channel = grpc_aio_channel_new (fixture->peer.target, NULL);
  g_main_context_pop_thread_default (home);

  g_signal_connect (channel, "notify::state", G_CALLBACK (on_notify_state), fixture);
  assert_echo (channel);
  g_assert_cmpuint (fixture->n_notified, ==, 0);

  g_main_context_push_thread_default (home);
  iterate_until (is_notified, fixture);
  g_assert_true (fixture->thread == g_thread_self ());
  grpc_aio_channel_close_async (channel, 0, NULL, store_result, &result);
  finish_close (channel, &result);
  g_clear_object (&result);
  assert_finalizes (g_steal_pointer (&channel));
  g_main_context_pop_thread_default (home);
}

static void
test_context_gone (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GMainContext) home = g_main_context_new ();
  GrpcAioChannel *channel;

  g_test_summary ("A channel may outlive the context that it was made in, or go before, unheard");

  g_main_context_push_thread_default (home);
  channel = grpc_aio_channel_new (fixture->peer.target, NULL);
  g_assert_cmpint (grpc_aio_channel_get_state (channel, TRUE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE);
  g_main_context_pop_thread_default (home);
  if (data != NULL)
    g_clear_pointer (&home, g_main_context_unref);
  grpc_aio_channel_close (channel);

  assert_finalizes (channel);
}

typedef struct
{
  GrpcAioChannel *channel;
  GThread *thread;
  gint is_waiting;
  gint is_done;
} Waiter;

static gboolean
waiter_is_waiting (gpointer data)
{
  return g_atomic_int_get (&((Waiter *) data)->is_waiting);
}

static gboolean
waiter_is_done (gpointer data)
{
  return g_atomic_int_get (&((Waiter *) data)->is_done);
}

static void
on_waited (GObject *source,
           GAsyncResult *result,
           gpointer user_data)
{
  Waiter *waiter = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_true (grpc_aio_channel_wait_for_state_change_finish (GRPC_AIO_CHANNEL (source), result, &error));
  g_assert_no_error (error);
  waiter->thread = g_thread_self ();
}

static gpointer
wait_in_thread (gpointer data)
{
  Waiter *waiter = data;
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  grpc_aio_channel_wait_for_state_change_async (waiter->channel, GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE, NULL, on_waited, waiter);
  g_atomic_int_set (&waiter->is_waiting, TRUE);
  g_main_context_wakeup (NULL);
  while (waiter->thread == NULL)
    g_main_context_iteration (context, TRUE);
  g_assert_true (waiter->thread == g_thread_self ());
  g_main_context_pop_thread_default (context);

  g_atomic_int_set (&waiter->is_done, TRUE);
  g_main_context_wakeup (NULL);

  return NULL;
}

static void
test_state_change_thread (Fixture *fixture,
                          gconstpointer data)
{
  Waiter waiter = { .channel = fixture->peer.channel };
  GThread *thread;

  g_test_summary ("Another thread waits for a change in a context of its own");

  thread = g_thread_new ("wait", wait_in_thread, &waiter);
  iterate_until (waiter_is_waiting, &waiter);
  g_assert_false (waiter_is_done (&waiter));
  grpc_aio_channel_get_state (fixture->peer.channel, TRUE);
  iterate_until (waiter_is_done, &waiter);
  g_thread_join (thread);
  g_assert_cmpint (grpc_aio_channel_get_state (fixture->peer.channel, FALSE), !=, GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE);
}

static void
test_state_change (Fixture *fixture,
                   gconstpointer data)
{
  GrpcAioChannel *channel = fixture->peer.channel;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A state that was left already is not waited for");

  grpc_aio_channel_wait_for_state_change_async (channel, GRPC_AIO_CHANNEL_CONNECTIVITY_READY, NULL, store_result, &result);
  g_assert_null (result);
  g_assert_true (grpc_aio_channel_wait_for_state_change_finish (channel, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  g_assert_cmpint (grpc_aio_channel_get_state (channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE);

  grpc_aio_channel_wait_for_state_change_async (channel, GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE, NULL, store_result, &result);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (result);
  grpc_aio_channel_get_state (channel, TRUE);
  g_assert_true (grpc_aio_channel_wait_for_state_change_finish (channel, await (&result), &error));
  g_assert_no_error (error);
}

static void
test_state_change_cancelled (Fixture *fixture,
                             gconstpointer data)
{
  GrpcAioChannel *channel = fixture->peer.channel;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) other_result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Cancelling ends one wait for a change, and no other");

  grpc_aio_channel_wait_for_state_change_async (channel, GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE, NULL, store_result, &other_result);
  grpc_aio_channel_wait_for_state_change_async (channel, GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE, cancellable, store_result, &result);
  g_cancellable_cancel (cancellable);
  g_assert_null (result);
  g_assert_false (grpc_aio_channel_wait_for_state_change_finish (channel, await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_null (other_result);

  grpc_aio_channel_get_state (channel, TRUE);
  g_assert_true (grpc_aio_channel_wait_for_state_change_finish (channel, await (&other_result), &error));
  g_assert_no_error (error);
}

static void
assert_refused (GrpcAioChannel *channel)
{
  g_autoptr (GrpcAioMultiCallable) unary_unary = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
  g_autoptr (GrpcAioMultiCallable) unary_stream = grpc_aio_channel_unary_stream (channel, "/test.Peer/Count");
  g_autoptr (GrpcAioMultiCallable) stream_unary = grpc_aio_channel_stream_unary (channel, "/test.Peer/Join");
  g_autoptr (GrpcAioMultiCallable) stream_stream = grpc_aio_channel_stream_stream (channel, "/test.Peer/Chat");
  GrpcAioMultiCallable *const methods[] = { unary_unary, unary_stream, stream_unary, stream_stream };
  g_autoptr (GBytes) request = bytes_from ("1");

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      g_autoptr (GrpcAioCall) call = grpc_aio_multi_callable_call (methods[i], i < 2 ? request : NULL, NULL);

      assert_fails (call, GRPC_AIO_ERROR, GRPC_AIO_ERROR_FAILED_PRECONDITION);
      g_assert_true (grpc_aio_call_is_done (call));
      g_assert_false (grpc_aio_call_is_cancelled (call));
      assert_status (call, GRPC_AIO_STATUS_CODE_FAILED_PRECONDITION);
    }
}

static void
test_close (Fixture *fixture,
            gconstpointer data)
{
  GrpcAioChannel *channel = fixture->peer.channel;
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
  g_autoptr (GBytes) request = bytes_from ("late");
  g_autoptr (GrpcAioCall) call = NULL;

  g_test_summary ("A closed channel takes no more calls, whenever their method was made");

  assert_echo (channel);
  grpc_aio_channel_close (channel);
  grpc_aio_channel_close (channel);
  assert_refused (channel);
  call = grpc_aio_multi_callable_call (method, request, NULL);
  assert_fails (call, GRPC_AIO_ERROR, GRPC_AIO_ERROR_FAILED_PRECONDITION);
}

static void
test_close_unused (Fixture *fixture,
                   gconstpointer data)
{
  g_test_summary ("A channel that was never used can be closed");

  grpc_aio_channel_close (fixture->peer.channel);
  assert_refused (fixture->peer.channel);
}

static void
test_close_running (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GrpcAioCall) unary = hang (fixture, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  g_autoptr (GrpcAioCall) stream = hang (fixture, "HangStream", GRPC_AIO_METHOD_KIND_UNARY_STREAM);
  g_autoptr (GrpcAioCall) chat = hang (fixture, "HangChat", GRPC_AIO_METHOD_KIND_STREAM_STREAM);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Closing cancels the calls that run: those that wait learn it, and those that ask later");

  grpc_aio_call_response_async (unary, NULL, store_result, &result);
  grpc_aio_channel_close (fixture->peer.channel);
  g_assert_null (result);
  response = grpc_aio_call_response_finish (unary, await (&result), &error);
  g_assert_null (response);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  assert_fails (unary, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_fails (stream, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_fails (chat, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_status (chat, GRPC_AIO_STATUS_CODE_CANCELLED);
  g_assert_true (grpc_aio_call_is_cancelled (stream));
  assert_refused (fixture->peer.channel);
}

static gboolean
are_cancelled (gpointer data)
{
  Fixture *fixture = data;

  return fixture->peer.n_cancelled >= fixture->n_expected;
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* How many descriptors this process has. */
static guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

static gboolean
has_closed_connections (gpointer data)
{
  return count_descriptors () <= *(guint *) data;
}

static void
test_close_connecting (Fixture *fixture,
                       gconstpointer data)
{
  const guint n = 200;
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  guint n_descriptors, tick;

  g_test_summary ("A channel that is closed while it connects leaves no connection");

  /* One connection of each kind, since each keeps something for the next. */
  g_object_set (options, "use-local-subchannel-pool", TRUE, NULL);
  assert_echo (fixture->peer.channel);
  n_descriptors = count_descriptors ();

  for (guint i = 0; i < n; i++)
    {
      GrpcAioChannel *channel = grpc_aio_channel_new_with_options (fixture->peer.target, NULL, options);
      gint64 end = g_get_monotonic_time () + i * 10;

      grpc_aio_channel_get_state (channel, TRUE);
      while (g_get_monotonic_time () < end)
        g_main_context_iteration (NULL, FALSE);
      grpc_aio_channel_close (channel);
      g_object_unref (channel);
    }

  tick = g_timeout_add (5, on_tick, NULL);
  iterate_until (has_closed_connections, &n_descriptors);
  g_source_remove (tick);
}

static gpointer
watch_in_thread (gpointer target)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  GrpcAioChannel *channel;

  g_main_context_push_thread_default (context);
  channel = grpc_aio_channel_new (target, NULL);
  grpc_aio_channel_get_state (channel, TRUE);
  g_main_context_pop_thread_default (context);

  return channel;
}

static void
test_close_without_context (Fixture *fixture,
                            gconstpointer data)
{
  GrpcAioChannel *channel;

  g_test_summary ("A channel may outlive the main context that its state was told in");

  channel = g_thread_join (g_thread_new ("watch", watch_in_thread, fixture->peer.target));
  g_assert_cmpint (grpc_aio_channel_get_state (channel, FALSE), !=, GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN);
  if (GPOINTER_TO_INT (data))
    {
      grpc_aio_channel_close (channel);
      g_assert_cmpint (grpc_aio_channel_get_state (channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN);
    }
  g_object_unref (channel);
}

static void
test_close_tells_server (Fixture *fixture,
                         gconstpointer data)
{
  g_autoptr (GrpcAioCall) first G_GNUC_UNUSED = hang (fixture, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  g_autoptr (GrpcAioCall) second G_GNUC_UNUSED = hang (fixture, "HangChat", GRPC_AIO_METHOD_KIND_STREAM_STREAM);

  g_test_summary ("The handlers of calls that closing cancelled are told");

  grpc_aio_channel_close (fixture->peer.channel);
  iterate_until (are_cancelled, fixture);
  g_assert_cmpuint (fixture->peer.n_cancelled, ==, 2);
}

static void
test_close_async_idle (Fixture *fixture,
                       gconstpointer data)
{
  static const gint64 graces[] = { 0, -1, LONG_GRACE };
  gint64 start = g_get_monotonic_time ();

  g_test_summary ("Without calls closing ends at once, whatever the grace, and again and again");

  assert_echo (fixture->peer.channel);
  for (guint i = 0; i < G_N_ELEMENTS (graces); i++)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;

      grpc_aio_channel_close_async (fixture->peer.channel, graces[i], NULL, store_result, &result);
      g_assert_null (result);
      finish_close (fixture->peer.channel, &result);
      g_assert_true (grpc_aio_channel_close_sync (fixture->peer.channel, graces[i], NULL, &error));
      g_assert_no_error (error);
    }
  grpc_aio_channel_close (fixture->peer.channel);
  assert_refused (fixture->peer.channel);
  g_assert_cmpint (g_get_monotonic_time () - start, <, LONG_GRACE / 2);
}

/* @data is the grace, which the call does not use up. */
static void
test_close_async_waits (Fixture *fixture,
                        gconstpointer data)
{
  const gint64 *grace_usec = data;
  g_autoptr (GrpcAioCall) call = hang (fixture, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  g_autoptr (GrpcAioCall) chat = hang (fixture, "HangChat", GRPC_AIO_METHOD_KIND_STREAM_STREAM);
  g_autoptr (GAsyncResult) result = NULL;
  gint64 start = g_get_monotonic_time ();

  g_test_summary ("Closing with grace lets running calls end, and takes no new ones");

  grpc_aio_channel_close_async (fixture->peer.channel, *grace_usec, NULL, store_result, &result);
  assert_refused (fixture->peer.channel);
  answer (fixture, 0);
  assert_response (call, "late");
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (result);

  grpc_aio_servicer_context_complete (g_ptr_array_index (fixture->peer.contexts, 1), NULL);
  finish_close (fixture->peer.channel, &result);
  g_assert_true (grpc_aio_call_is_done (chat));
  assert_status (chat, GRPC_AIO_STATUS_CODE_OK);
  g_assert_cmpint (g_get_monotonic_time () - start, <, LONG_GRACE / 2);
}

static void
test_close_async_cancels (Fixture *fixture,
                          gconstpointer data)
{
  const gint64 *grace_usec = data;
  g_autoptr (GrpcAioCall) call = hang (fixture, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  g_autoptr (GrpcAioCall) chat = hang (fixture, "HangChat", GRPC_AIO_METHOD_KIND_STREAM_STREAM);
  g_autoptr (GAsyncResult) result = NULL;

  g_test_summary ("At the end of the grace the calls that are left are cancelled");

  grpc_aio_channel_close_async (fixture->peer.channel, *grace_usec, NULL, store_result, &result);
  finish_close (fixture->peer.channel, &result);
  g_assert_true (grpc_aio_call_is_done (call));
  g_assert_true (grpc_aio_call_is_done (chat));
  assert_fails (call, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_fails (chat, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_close_async_shortest (Fixture *fixture,
                           gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = hang (fixture, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  g_autoptr (GAsyncResult) first = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GAsyncResult) third = NULL;
  gint64 start = g_get_monotonic_time ();

  g_test_summary ("Of several graces the shortest counts, and each closing ends");

  grpc_aio_channel_close_async (fixture->peer.channel, -1, NULL, store_result, &first);
  grpc_aio_channel_close_async (fixture->peer.channel, 20000, NULL, store_result, &second);
  grpc_aio_channel_close_async (fixture->peer.channel, LONG_GRACE, NULL, store_result, &third);
  finish_close (fixture->peer.channel, &first);
  finish_close (fixture->peer.channel, &second);
  finish_close (fixture->peer.channel, &third);
  assert_fails (call, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (g_get_monotonic_time () - start, <, LONG_GRACE / 2);
}

static void
test_close_async_cancelled (Fixture *fixture,
                            gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = hang (fixture, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Cancelling gives up the waiting; the channel closes all the same");

  grpc_aio_channel_close_async (fixture->peer.channel, -1, cancellable, store_result, &result);
  g_cancellable_cancel (cancellable);
  g_assert_null (result);
  g_assert_false (grpc_aio_channel_close_finish (fixture->peer.channel, await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_refused (fixture->peer.channel);

  answer (fixture, 0);
  assert_response (call, "late");
}

static void
test_close_sync_running (Fixture *fixture,
                         gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = hang (fixture, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Closing can be waited for without a main loop, while this thread's calls run");

  g_assert_true (grpc_aio_channel_close_sync (fixture->peer.channel, 20000, NULL, &error));
  g_assert_no_error (error);
  assert_fails (call, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_call_keeps_channel (Fixture *fixture,
                         gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = hang (fixture, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  gpointer channel = fixture->peer.channel;

  g_test_summary ("A call keeps its channel alive");

  g_object_add_weak_pointer (channel, &channel);
  g_clear_object (&fixture->peer.channel);
  g_assert_nonnull (channel);
  answer (fixture, 0);
  assert_response (call, "late");
  g_assert_nonnull (channel);
  assert_finalizes (g_steal_pointer (&call));
  while (channel != NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
handle_echo (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  grpc_aio_servicer_context_complete (context, request);
}

static GrpcAioServer *
serve (const char *address)
{
  g_autoptr (GrpcAioServer) server = grpc_aio_server_new ();
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Peer");
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_echo, NULL, NULL);
  g_autoptr (GError) error = NULL;

  grpc_aio_service_add_method (service, "Echo", handler);
  grpc_aio_server_add_service (server, service);
  g_assert_cmpint (grpc_aio_server_add_port (server, address, NULL, &error), ==, 1);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (server, &error));
  g_assert_no_error (error);

  return g_steal_pointer (&server);
}

static void
stop (GrpcAioServer *server)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_server_stop_async (server, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (server, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  assert_finalizes (server);
}

/* @data is the target, of which %s is a path that nobody else uses. */
static void
test_unix (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("test-channel-XXXXXX", &error);
  g_autofree char *path = NULL;
  g_autofree char *target = NULL;
  g_autoptr (GrpcAioChannel) channel = NULL;
  GrpcAioServer *server;

  g_test_summary ("A channel connects to a Unix socket");

  g_assert_no_error (error);
  path = g_build_filename (folder, "socket", NULL);
  target = g_strconcat (data, path, NULL);
  server = serve (target);
  channel = grpc_aio_channel_new (target, NULL);
  assert_ready (channel);
  assert_echo (channel);
  grpc_aio_channel_close (channel);
  g_clear_object (&channel);

  stop (server);
  g_remove (path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_refused (Fixture *fixture,
              gconstpointer data)
{
  g_autofree char *target = NULL;
  g_autoptr (GSocket) socket G_GNUC_UNUSED = take_port (FALSE, &target);
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new (target, NULL);
  g_autoptr (GrpcAioMultiCallable) unary = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
  g_autoptr (GrpcAioMultiCallable) stream = grpc_aio_channel_stream_stream (channel, "/test.Peer/Chat");
  g_autoptr (GBytes) request = bytes_from ("hello");
  g_autoptr (GrpcAioCall) unary_call = NULL;
  g_autoptr (GrpcAioCall) stream_call = NULL;

  g_test_summary ("Calls to a port that nobody listens on fail at once");

  unary_call = grpc_aio_multi_callable_call (unary, request, NULL);
  stream_call = grpc_aio_multi_callable_call (stream, NULL, NULL);
  assert_fails (unary_call, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  assert_fails (stream_call, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
}

/* @data is what is in front of the address. */
static void
test_target (Fixture *fixture,
             gconstpointer data)
{
  g_autofree char *target = g_strconcat (data, fixture->peer.target, NULL);
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new (target, NULL);

  g_test_summary ("A channel connects to an address, whatever is in front of it");

  assert_ready (channel);
  assert_echo (channel);
}

static void
test_ipv6 (Fixture *fixture,
           gconstpointer data)
{
  static const char *const forms[] = { "ipv6:[::1]:", "ipv6:%5B::1%5D:", "[::1]:", "dns:///[::1]:" };
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("::1", 0);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GrpcAioServer) server = NULL;
  g_autoptr (GError) error = NULL;
  int port;

  g_test_summary ("A channel connects to an IPv6 address");

  if (socket == NULL || !g_socket_bind (socket, address, FALSE, NULL))
    {
      g_test_skip ("This machine has no IPv6");
      return;
    }

  server = grpc_aio_server_new ();
  grpc_aio_server_add_service (server, fixture->peer.service);
  port = grpc_aio_server_add_port (server, "[::1]:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (server, &error));
  g_assert_no_error (error);

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autofree char *target = g_strdup_printf ("%s%d", forms[i], port);
      g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new (target, NULL);

      assert_echo (channel);
      grpc_aio_channel_close (channel);
    }
  stop (g_steal_pointer (&server));
}

static void
test_bad_targets (Fixture *fixture,
                  gconstpointer data)
{
  /* Where grpc-core makes no channel at all it says UNKNOWN. */
  static const struct
  {
    const char *target;
    GrpcAioError expected;
    const char *reason;
  } cases[] = {
    { "", GRPC_AIO_ERROR_UNKNOWN, "the target is empty" },
    { "ipv4:", GRPC_AIO_ERROR_UNAVAILABLE, "empty address list" },
    { "ipv4:no address", GRPC_AIO_ERROR_UNKNOWN, "“no address” is no address and port, such as “127.0.0.1:50051”" },
    { "ipv4:1.2.3.4", GRPC_AIO_ERROR_UNKNOWN, "“1.2.3.4” is no address and port" },
    { "ipv4:1.2.3.4:port", GRPC_AIO_ERROR_UNKNOWN, "“1.2.3.4:port” is no address" },
    { "ipv4:127.0.0.1:1,example.org:1", GRPC_AIO_ERROR_UNKNOWN, "“example.org:1” is no address" },
    { "ipv4:[::1]:1", GRPC_AIO_ERROR_UNKNOWN, "“[::1]:1” is no address" },
    { "ipv6:[zz]:1", GRPC_AIO_ERROR_UNKNOWN, "“[zz]:1” is no address and port, such as “[::1]:50051”" },
    { "ipv6:127.0.0.1:1", GRPC_AIO_ERROR_UNKNOWN, "“127.0.0.1:1” is no address" },
    { "dns:///", GRPC_AIO_ERROR_UNKNOWN, "the name of the server is missing" },
    { "unix://relative", GRPC_AIO_ERROR_UNKNOWN, "a path after “//” begins with “/”" },
    { "unix:/a/folder/that/does/not/exist", GRPC_AIO_ERROR_UNAVAILABLE, "failed to connect" },
    { "unix:/a-path-that-is-far-too-long-for-the-address-of-a-socket-"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      GRPC_AIO_ERROR_UNKNOWN, "longer than the 107 bytes" },
  };

  g_test_summary ("A target that is wrong gives calls that fail and say why, and nothing worse");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new (cases[i].target, NULL);
      g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
      g_autoptr (GBytes) request = bytes_from ("hello");
      g_autoptr (GrpcAioCall) call = grpc_aio_multi_callable_call (method, request, NULL);
      g_autoptr (GError) error = NULL;

      assert_fails (call, GRPC_AIO_ERROR, (int) cases[i].expected);
      g_test_message ("%s: %s", cases[i].target, grpc_aio_call_get_details (call));
      if (strstr (grpc_aio_call_get_details (call), cases[i].reason) == NULL)
        g_error ("“%s” is not in “%s”", cases[i].reason, grpc_aio_call_get_details (call));
      if (cases[i].expected != GRPC_AIO_ERROR_UNKNOWN)
        continue;

      g_assert_false (grpc_aio_channel_ready_sync (channel, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_cmpstr (error->message, ==, grpc_aio_call_get_details (call));
      grpc_aio_channel_reset_connect_backoff (channel);
    }
}

static void
test_wait_for_ready (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("test-channel-XXXXXX", &error);
  g_autofree char *path = NULL;
  g_autofree char *target = NULL;
  g_autoptr (GrpcAioChannelOptions) channel_options = grpc_aio_channel_options_new ();
  g_autoptr (GrpcAioCallOptions) call_options = grpc_aio_call_options_new ();
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GBytes) request = bytes_from ("patience");
  g_autoptr (GrpcAioCall) hasty = NULL;
  g_autoptr (GrpcAioCall) patient = NULL;
  GrpcAioServer *server;

  g_test_summary ("A call that waits for a connection outlives failures to connect");

  g_assert_no_error (error);
  path = g_build_filename (folder, "socket", NULL);
  target = g_strconcat ("unix:", path, NULL);
  grpc_aio_channel_options_set_int (channel_options, "grpc.initial_reconnect_backoff_ms", 100);
  grpc_aio_channel_options_set_int (channel_options, "grpc.min_reconnect_backoff_ms", 100);
  channel = grpc_aio_channel_new_with_options (target, NULL, channel_options);
  method = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
  grpc_aio_call_options_set_wait_for_ready (call_options, TRUE);
  patient = grpc_aio_multi_callable_call (method, request, call_options);
  hasty = grpc_aio_multi_callable_call (method, request, NULL);
  iterate_until (call_is_done, hasty);
  g_assert_cmpint (grpc_aio_call_get_code (hasty), ==, GRPC_AIO_STATUS_CODE_UNAVAILABLE);
  g_assert_false (grpc_aio_call_is_done (patient));

  server = serve (target);
  assert_response (patient, "patience");

  g_clear_object (&patient);
  g_clear_object (&hasty);
  g_clear_object (&method);
  grpc_aio_channel_close (channel);
  g_clear_object (&channel);
  stop (server);
  g_remove (path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_wait_for_ready_deadline (Fixture *fixture,
                              gconstpointer data)
{
  g_autofree char *target = NULL;
  g_autoptr (GSocket) socket G_GNUC_UNUSED = take_port (FALSE, &target);
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new (target, NULL);
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (50000);
  g_autoptr (GBytes) request = bytes_from ("hello");
  g_autoptr (GrpcAioCall) call = NULL;

  g_test_summary ("The deadline ends a call that waits for a connection");

  grpc_aio_call_options_set_wait_for_ready (options, TRUE);
  call = grpc_aio_multi_callable_call (method, request, options);
  assert_fails (call, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
}

static void
test_reconnect (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("test-channel-XXXXXX", &error);
  g_autofree char *path = NULL;
  g_autofree char *target = NULL;
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  GrpcAioServer *server;

  g_test_summary ("A channel that lost its server connects to the next one");

  g_assert_no_error (error);
  path = g_build_filename (folder, "socket", NULL);
  target = g_strconcat ("unix:", path, NULL);
  server = serve (target);
  channel = grpc_aio_channel_new (target, NULL);
  assert_ready (channel);
  grpc_aio_channel_wait_for_state_change_async (channel, GRPC_AIO_CHANNEL_CONNECTIVITY_READY, NULL, store_result, &result);
  stop (server);
  g_assert_true (grpc_aio_channel_wait_for_state_change_finish (channel, await (&result), &error));
  g_assert_no_error (error);

  server = serve (target);
  assert_ready (channel);
  assert_echo (channel);

  grpc_aio_channel_close (channel);
  g_clear_object (&channel);
  stop (server);
  g_remove (path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* As grpc-core writes the header the first time. */
static gboolean
has_encoding (GBytes *sent,
              const char *encoding)
{
  g_autofree char *header = g_strdup_printf ("grpc-encoding%c%s", (int) strlen (encoding), encoding);

  return memmem (g_bytes_get_data (sent, NULL), g_bytes_get_size (sent), header, strlen (header)) != NULL;
}

static void
test_compression (Fixture *fixture,
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

  g_test_summary ("Requests are compressed as the channel says, or else its options");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Relay) relay = relay_new (fixture->peer.target);
      g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
      g_autoptr (GrpcAioChannel) channel = NULL;
      g_autoptr (GrpcAioMultiCallable) method = NULL;
      g_autoptr (GrpcAioCall) call = NULL;
      g_autoptr (GBytes) request = bytes_from (text);
      g_autoptr (GBytes) sent = NULL;
      GrpcAioCompression compression;

      if (cases[i].option != GRPC_AIO_COMPRESSION_NONE)
        grpc_aio_channel_options_set_int (options, "grpc.default_compression_algorithm", (int) cases[i].option);
      channel = g_object_new (GRPC_AIO_TYPE_CHANNEL,
                              "target", relay_get_target (relay),
                              "options", options,
                              "compression", cases[i].compression,
                              NULL);
      g_object_get (channel, "compression", &compression, NULL);
      g_assert_cmpint (compression, ==, cases[i].compression);
      g_assert_cmpint (grpc_aio_channel_get_compression (channel), ==, cases[i].compression);

      method = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
      call = grpc_aio_multi_callable_call (method, request, NULL);
      assert_response (call, text);

      sent = relay_get_sent (relay);
      if (cases[i].encoding != NULL)
        {
          g_assert_true (has_encoding (sent, cases[i].encoding));
          g_assert_cmpuint (g_bytes_get_size (sent), <, 10 * 1000);
        }
      else
        {
          g_assert_cmpuint (g_bytes_get_size (sent), >, 100 * 1000);
        }

      grpc_aio_channel_close (channel);
    }
}

static void
test_reset_connect_backoff (Fixture *fixture,
                            gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("test-channel-XXXXXX", &error);
  g_autofree char *path = NULL;
  g_autofree char *target = NULL;
  g_autoptr (GrpcAioChannelOptions) options = NULL;
  g_autoptr (GrpcAioChannel) channel = NULL;
  GrpcAioChannelConnectivity state;
  GrpcAioServer *server;

  g_test_summary ("A channel that waits for an hour before it tries again can be told to do so now");

  g_assert_no_error (error);
  path = g_build_filename (folder, "socket", NULL);
  target = g_strconcat ("unix:", path, NULL);
  options = g_object_new (GRPC_AIO_TYPE_CHANNEL_OPTIONS,
                          "initial-reconnect-backoff-ms", 3600 * 1000,
                          "max-reconnect-backoff-ms", 3600 * 1000,
                          NULL);
  channel = grpc_aio_channel_new_with_options (target, NULL, options);
  grpc_aio_channel_reset_connect_backoff (channel);

  state = grpc_aio_channel_get_state (channel, TRUE);
  while (state != GRPC_AIO_CHANNEL_CONNECTIVITY_TRANSIENT_FAILURE)
    {
      g_autoptr (GAsyncResult) result = NULL;

      grpc_aio_channel_wait_for_state_change_async (channel, state, NULL, store_result, &result);
      g_assert_true (grpc_aio_channel_wait_for_state_change_finish (channel, await (&result), &error));
      state = grpc_aio_channel_get_state (channel, FALSE);
    }

  server = serve (target);
  grpc_aio_channel_reset_connect_backoff (channel);
  assert_ready (channel);

  grpc_aio_channel_close (channel);
  grpc_aio_channel_reset_connect_backoff (channel);
  g_clear_object (&channel);
  stop (server);
  g_remove (path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_idle (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GrpcAioChannelOptions) options = g_object_new (GRPC_AIO_TYPE_CHANNEL_OPTIONS, "client-idle-timeout-ms", 20, NULL);
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new_with_options (fixture->peer.target, NULL, options);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A channel that nobody uses lets its connection go, and connects again when needed");

  assert_echo (channel);
  grpc_aio_channel_wait_for_state_change_async (channel, GRPC_AIO_CHANNEL_CONNECTIVITY_READY, NULL, store_result, &result);
  g_assert_true (grpc_aio_channel_wait_for_state_change_finish (channel, await (&result), &error));
  g_assert_no_error (error);
  assert_echo (channel);
}

static void
test_user_agent (Fixture *fixture,
                 gconstpointer data)
{
  gboolean is_named = GPOINTER_TO_INT (data);
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GrpcAioMetadata) metadata = NULL;
  g_autoptr (GBytes) request = bytes_from ("");
  g_autoptr (GError) error = NULL;
  const char *user_agent;

  g_test_summary ("A channel says who it is: the program, the library, grpc-core");

  if (is_named)
    g_object_set (options,
                  "primary-user-agent", "my-program/2.0",
                  "secondary-user-agent", "(the end)",
                  NULL);
  channel = grpc_aio_channel_new_with_options (fixture->peer.target, NULL, options);
  method = grpc_aio_channel_unary_unary (channel, "/test.Peer/Metadata");
  call = grpc_aio_multi_callable_call (method, request, NULL);
  grpc_aio_call_initial_metadata_async (call, NULL, store_result, &result);
  metadata = grpc_aio_call_initial_metadata_finish (call, await (&result), &error);
  g_assert_no_error (error);

  user_agent = grpc_aio_metadata_get (metadata, "user-agent");
  g_test_message ("%s", user_agent);
  g_assert_true (g_str_has_prefix (user_agent, is_named ? "my-program/2.0 grpc-aio-glib/" : "grpc-aio-glib/"));
  g_assert_nonnull (strstr (user_agent, " grpc-c/"));
  g_assert_true (g_str_has_suffix (user_agent, is_named ? " (the end)" : ")"));
}

/* A PING of HTTP/2: 8 bytes, the type, no flags, no stream. */
static guint
count_pings (Relay *relay)
{
  static const char ping[] = { 0, 0, 8, 6, 0, 0, 0, 0, 0 };
  g_autoptr (GBytes) sent = relay_get_sent (relay);
  gsize length;
  const char *data = g_bytes_get_data (sent, &length);
  guint n = 0;

  if (data == NULL)
    return 0;

  for (const char *at = data; (at = memmem (at, length - (gsize) (at - data), ping, sizeof ping)) != NULL; at += sizeof ping)
    n++;

  return n;
}

static gboolean
has_seen_pings (gpointer data)
{
  return count_pings (data) >= 10;
}

static void
test_keepalive (Fixture *fixture,
                gconstpointer data)
{
  gboolean is_pair = GPOINTER_TO_INT (data);
  g_autoptr (GrpcAioChannelOptions) options = g_object_new (GRPC_AIO_TYPE_CHANNEL_OPTIONS,
                                                            "keepalive-time-ms", 20,
                                                            "keepalive-permit-without-calls", TRUE,
                                                            "initial-reconnect-backoff-ms", 3600 * 1000,
                                                            NULL);
  g_autoptr (GrpcAioServer) server = grpc_aio_server_new_with_options (is_pair ? options : NULL);
  g_autofree char *target = NULL;
  g_autoptr (Relay) relay = NULL;
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A client may ask a server with the same options for signs of life as long as it likes, and no other one");

  grpc_aio_server_add_service (server, fixture->peer.service);
  target = g_strdup_printf ("127.0.0.1:%d", grpc_aio_server_add_port (server, "127.0.0.1:0", NULL, &error));
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (server, &error));
  g_assert_no_error (error);
  relay = relay_new (target);
  channel = grpc_aio_channel_new_with_options (relay_get_target (relay), NULL, options);
  assert_ready (channel);

  if (is_pair)
    {
      guint tick = g_timeout_add (5, on_tick, NULL);

      iterate_until (has_seen_pings, relay);
      g_source_remove (tick);
      g_assert_cmpint (grpc_aio_channel_get_state (channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_READY);
      assert_echo (channel);
    }
  else
    {
      g_autoptr (GAsyncResult) result = NULL;

      grpc_aio_channel_wait_for_state_change_async (channel, GRPC_AIO_CHANNEL_CONNECTIVITY_READY, NULL, store_result, &result);
      g_assert_true (grpc_aio_channel_wait_for_state_change_finish (channel, await (&result), &error));
      g_assert_no_error (error);
      g_assert_cmpuint (count_pings (relay), <, 10);
    }

  grpc_aio_channel_close (channel);
  stop (g_steal_pointer (&server));
}

int
main (int argc,
      char **argv)
{
  static const gint64 none = 0, short_grace = 20000, long_grace = LONG_GRACE, no_end = -1;

  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, func) g_test_add (path, Fixture, data, fixture_set_up, func, fixture_tear_down)
  ADD ("/channel/properties", NULL, test_properties);
  ADD ("/channel/multi-callable", NULL, test_multi_callable);
  ADD ("/channel/misuse", NULL, test_misuse);
  ADD ("/channel/compression", NULL, test_compression);
  ADD ("/channel/state", NULL, test_state);
  ADD ("/channel/state/unreachable", NULL, test_state_unreachable);
  ADD ("/channel/ready", NULL, test_ready);
  ADD ("/channel/ready/several", NULL, test_ready_several);
  ADD ("/channel/ready/sync", NULL, test_ready_sync);
  ADD ("/channel/ready/sync-thread", NULL, test_ready_sync_thread);
  ADD ("/channel/ready/cancelled-before", NULL, test_ready_cancelled_before);
  ADD ("/channel/ready/cancelled-during", NULL, test_ready_cancelled_during);
  ADD ("/channel/ready/cancelled-during-thread", "thread", test_ready_cancelled_during);
  ADD ("/channel/ready/cancelled-after", NULL, test_ready_cancelled_after);
  ADD ("/channel/ready/closed", NULL, test_ready_closed);
  ADD ("/channel/notify", NULL, test_notify);
  ADD ("/channel/notify/context", NULL, test_notify_context);
  ADD ("/channel/context-gone", GINT_TO_POINTER (TRUE), test_context_gone);
  ADD ("/channel/context-not-run", GINT_TO_POINTER (FALSE), test_context_gone);
  ADD ("/channel/state-change", NULL, test_state_change);
  ADD ("/channel/state-change/cancelled", NULL, test_state_change_cancelled);
  ADD ("/channel/state-change/thread", NULL, test_state_change_thread);
  ADD ("/channel/close", NULL, test_close);
  ADD ("/channel/close/unused", NULL, test_close_unused);
  ADD ("/channel/close/running", NULL, test_close_running);
  ADD ("/channel/close/connecting", NULL, test_close_connecting);
  ADD ("/channel/close/without-context", GINT_TO_POINTER (TRUE), test_close_without_context);
  ADD ("/channel/close/without-context/dropped", GINT_TO_POINTER (FALSE), test_close_without_context);
  ADD ("/channel/close/tells-server", NULL, test_close_tells_server);
  ADD ("/channel/close-async/idle", NULL, test_close_async_idle);
  ADD ("/channel/close-async/waits", &long_grace, test_close_async_waits);
  ADD ("/channel/close-async/waits-no-end", &no_end, test_close_async_waits);
  ADD ("/channel/close-async/cancels", &short_grace, test_close_async_cancels);
  ADD ("/channel/close-async/cancels-at-once", &none, test_close_async_cancels);
  ADD ("/channel/close-async/shortest", NULL, test_close_async_shortest);
  ADD ("/channel/close-async/cancelled", NULL, test_close_async_cancelled);
  ADD ("/channel/close-sync/running", NULL, test_close_sync_running);
  ADD ("/channel/call-keeps-channel", NULL, test_call_keeps_channel);
  ADD ("/channel/unix", "unix:", test_unix);
  ADD ("/channel/unix/url", "unix://", test_unix);
  ADD ("/channel/unix/abstract", "unix-abstract:", test_unix);
  ADD ("/channel/ipv4", "ipv4:", test_target);
  ADD ("/channel/ipv4/url", "ipv4:///", test_target);
  ADD ("/channel/ipv4/several", "ipv4:127.0.0.1:1,", test_target);
  ADD ("/channel/ipv6", NULL, test_ipv6);
  ADD ("/channel/dns", "dns:", test_target);
  ADD ("/channel/dns/url", "dns:///", test_target);
  ADD ("/channel/refused", NULL, test_refused);
  ADD ("/channel/bad-targets", NULL, test_bad_targets);
  ADD ("/channel/wait-for-ready", NULL, test_wait_for_ready);
  ADD ("/channel/wait-for-ready/deadline", NULL, test_wait_for_ready_deadline);
  ADD ("/channel/reconnect", NULL, test_reconnect);
  ADD ("/channel/reset-connect-backoff", NULL, test_reset_connect_backoff);
  ADD ("/channel/idle", NULL, test_idle);
  ADD ("/channel/user-agent", GINT_TO_POINTER (FALSE), test_user_agent);
  ADD ("/channel/user-agent/named", GINT_TO_POINTER (TRUE), test_user_agent);
  ADD ("/channel/keepalive/pair", GINT_TO_POINTER (TRUE), test_keepalive);
  ADD ("/channel/keepalive/no-pair", GINT_TO_POINTER (FALSE), test_keepalive);
#undef ADD

  return g_test_run ();
}
