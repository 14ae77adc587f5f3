/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "test-utils.h"

/* Says what a test wants it to say, and when. */
#define TEST_TYPE_NAMES (test_names_get_type ())
G_DECLARE_FINAL_TYPE (TestNames, test_names, TEST, NAMES, GObject)

struct _TestNames
{
  GObject parent_instance;

  GMutex lock;
  GCond cond;
  GPtrArray *addresses; /* all of this with the lock */
  gboolean is_shut;     /* who asks has to wait */
  gboolean is_broken;
  guint n_look_ups;
};

static void test_names_connectable_init (GSocketConnectableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TestNames, test_names, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_SOCKET_CONNECTABLE, test_names_connectable_init))

#define TEST_TYPE_ENUMERATOR (test_enumerator_get_type ())
G_DECLARE_FINAL_TYPE (TestEnumerator, test_enumerator, TEST, ENUMERATOR, GSocketAddressEnumerator)

struct _TestEnumerator
{
  GSocketAddressEnumerator parent_instance;

  TestNames *names;
  guint i;
};

G_DEFINE_FINAL_TYPE (TestEnumerator, test_enumerator, G_TYPE_SOCKET_ADDRESS_ENUMERATOR)

static void
on_cancelled (GCancellable *cancellable,
              gpointer data)
{
  TestNames *names = data;

  g_mutex_lock (&names->lock);
  g_cond_broadcast (&names->cond);
  g_mutex_unlock (&names->lock);
}

static GSocketAddress *
test_enumerator_next (GSocketAddressEnumerator *enumerator,
                      GCancellable *cancellable,
                      GError **error)
{
  TestEnumerator *self = TEST_ENUMERATOR (enumerator);
  TestNames *names = self->names;
  GSocketAddress *address = NULL;
  gulong id = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), names, NULL);

  g_mutex_lock (&names->lock);
  if (self->i == 0)
    names->n_look_ups++;
  while (names->is_shut && !g_cancellable_is_cancelled (cancellable))
    g_cond_wait (&names->cond, &names->lock);
  if (names->is_broken)
    g_set_error_literal (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE, "The book is closed");
  else if (self->i < names->addresses->len)
    address = g_object_ref (g_ptr_array_index (names->addresses, self->i));
  self->i++;
  g_mutex_unlock (&names->lock);

  g_cancellable_disconnect (cancellable, id);

  return address;
}

static void
test_enumerator_finalize (GObject *object)
{
  g_object_unref (TEST_ENUMERATOR (object)->names);

  G_OBJECT_CLASS (test_enumerator_parent_class)->finalize (object);
}

static void
test_enumerator_class_init (TestEnumeratorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_enumerator_finalize;
  G_SOCKET_ADDRESS_ENUMERATOR_CLASS (klass)->next = test_enumerator_next;
}

static void
test_enumerator_init (TestEnumerator *self)
{
}

static GSocketAddressEnumerator *
test_names_enumerate (GSocketConnectable *connectable)
{
  TestEnumerator *enumerator = g_object_new (TEST_TYPE_ENUMERATOR, NULL);

  enumerator->names = g_object_ref (TEST_NAMES (connectable));

  return G_SOCKET_ADDRESS_ENUMERATOR (enumerator);
}

static char *
test_names_to_string (GSocketConnectable *connectable)
{
  return g_strdup ("the names");
}

static void
test_names_connectable_init (GSocketConnectableIface *iface)
{
  iface->enumerate = test_names_enumerate;
  iface->to_string = test_names_to_string;
}

static void
test_names_finalize (GObject *object)
{
  TestNames *self = TEST_NAMES (object);

  g_ptr_array_unref (self->addresses);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);

  G_OBJECT_CLASS (test_names_parent_class)->finalize (object);
}

static void
test_names_class_init (TestNamesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_names_finalize;
}

static void
test_names_init (TestNames *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->addresses = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
names_add (TestNames *self,
           const char *target)
{
  g_auto (GStrv) parts = g_strsplit (target, ":", 2);

  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->addresses, g_inet_socket_address_new_from_string (parts[0], (guint) atoi (parts[1])));
  g_mutex_unlock (&self->lock);
}

static void
names_clear (TestNames *self)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_set_size (self->addresses, 0);
  g_mutex_unlock (&self->lock);
}

static void
names_set (TestNames *self,
           gboolean is_shut,
           gboolean is_broken)
{
  g_mutex_lock (&self->lock);
  self->is_shut = is_shut;
  self->is_broken = is_broken;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static guint
names_get_n_look_ups (TestNames *self)
{
  guint n_look_ups;

  g_mutex_lock (&self->lock);
  n_look_ups = self->n_look_ups;
  g_mutex_unlock (&self->lock);

  return n_look_ups;
}

/* Three servers, and a channel to those whose names are known. */
typedef struct
{
  Peer peers[3];
  TestNames *names;
  GrpcAioChannel *channel;
} Fixture;

static void
fixture_set_up (Fixture *fixture,
                gconstpointer user_data)
{
  fixture->names = g_object_new (TEST_TYPE_NAMES, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (fixture->peers); i++)
    peer_set_up (&fixture->peers[i]);
  names_add (fixture->names, fixture->peers[0].target);
  fixture->channel = grpc_aio_channel_new_for_connectable (G_SOCKET_CONNECTABLE (fixture->names), NULL, NULL);
}

/* Lets pass what would come if it did not wait. */
static void
turn (void)
{
  for (guint i = 0; i < 100; i++)
    {
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
}

static void
close_channel (GrpcAioChannel *channel)
{
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_channel_close_async (channel, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_channel_close_finish (channel, await (&result), NULL));
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer user_data)
{
  names_set (fixture->names, FALSE, FALSE);
  if (fixture->channel != NULL)
    {
      close_channel (fixture->channel);
      assert_finalizes (g_steal_pointer (&fixture->channel));
    }
  for (guint i = 0; i < G_N_ELEMENTS (fixture->peers); i++)
    {
      if (fixture->peers[i].server != NULL)
        peer_tear_down (&fixture->peers[i]);
    }
  assert_finalizes (fixture->names);
}

static void
invoke_async (GrpcAioChannel *channel,
              const char *text,
              GrpcAioCallOptions *options,
              GCancellable *cancellable,
              GAsyncResult **result)
{
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
  g_autoptr (GBytes) request = bytes_from (text);

  grpc_aio_multi_callable_invoke_async (echo, request, options, cancellable, store_result, result);
}

static GBytes *
invoke_finish (GAsyncResult *result,
               GError **error)
{
  g_autoptr (GObject) echo = g_async_result_get_source_object (result);

  return grpc_aio_multi_callable_invoke_finish (GRPC_AIO_MULTI_CALLABLE (echo), result, error);
}

static void
invoke (GrpcAioChannel *channel,
        GrpcAioCallOptions *options,
        GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;

  invoke_async (channel, "hello", options, NULL, &result);
  response = invoke_finish (await (&result), error);
  if (response != NULL)
    assert_bytes (response, "hello");
}

static void
succeed (GrpcAioChannel *channel)
{
  g_autoptr (GError) error = NULL;

  invoke (channel, NULL, &error);
  g_assert_no_error (error);
}

static GrpcAioCallOptions *
options_that_wait (void)
{
  GrpcAioCallOptions *options = options_with_timeout (30 * G_USEC_PER_SEC);

  grpc_aio_call_options_set_wait_for_ready (options, TRUE);

  return options;
}

static gboolean
has_looked_up (gpointer data)
{
  return names_get_n_look_ups (data) > 0;
}

static void
await_look_up (Fixture *fixture)
{
  while (!has_looked_up (fixture->names))
    turn ();
  turn ();
}

static void
test_properties (Fixture *fixture,
                 gconstpointer user_data)
{
  g_autoptr (GSocketConnectable) connectable = NULL;
  g_autofree char *target = NULL;

  g_test_summary ("A channel says what it looks up, and does so when it is needed");

  g_object_get (fixture->channel, "connectable", &connectable, "target", &target, NULL);
  g_assert_true (connectable == G_SOCKET_CONNECTABLE (fixture->names));
  g_assert_true (grpc_aio_channel_get_connectable (fixture->channel) == connectable);
  g_assert_cmpstr (target, ==, "the names");
  g_assert_null (grpc_aio_channel_get_connectable (fixture->peers[0].channel));

  g_assert_cmpint (grpc_aio_channel_get_state (fixture->channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE);
  g_assert_cmpuint (names_get_n_look_ups (fixture->names), ==, 0);
  succeed (fixture->channel);
  succeed (fixture->channel);
  g_assert_cmpint (grpc_aio_channel_get_state (fixture->channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_READY);
  g_assert_cmpuint (names_get_n_look_ups (fixture->names), ==, 1);
}

static void
test_round_robin (Fixture *fixture,
                  gconstpointer user_data)
{
  guint before[3];

  g_test_summary ("All addresses get calls, one after the other");

  names_add (fixture->names, fixture->peers[1].target);
  names_add (fixture->names, fixture->peers[2].target);
  while (fixture->peers[0].n_handled == 0 || fixture->peers[1].n_handled == 0 || fixture->peers[2].n_handled == 0)
    succeed (fixture->channel);

  for (guint i = 0; i < 3; i++)
    before[i] = fixture->peers[i].n_handled;
  for (guint i = 0; i < 300; i++)
    succeed (fixture->channel);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (fixture->peers[i].n_handled - before[i], ==, 100);
}

static void
test_pick_first (Fixture *fixture,
                 gconstpointer user_data)
{
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autoptr (GrpcAioChannel) channel = NULL;

  g_test_summary ("The program may choose another way than one after the other");

  names_add (fixture->names, fixture->peers[1].target);
  grpc_aio_channel_options_set_string (options, "grpc.lb_policy_name", "pick_first");
  channel = grpc_aio_channel_new_for_connectable (G_SOCKET_CONNECTABLE (fixture->names), NULL, options);
  for (guint i = 0; i < 20; i++)
    succeed (channel);
  g_assert_cmpuint (fixture->peers[0].n_handled, ==, 20);
  close_channel (channel);
}

static void
test_service_config (Fixture *fixture,
                     gconstpointer user_data)
{
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autofree char *target = NULL;
  g_autoptr (GrpcAioChannel) channel = NULL;

  g_test_summary ("A target with several addresses, too, gives calls to one after the other if it is told to");

  target = g_strdup_printf ("ipv4:%s,%s,%s", fixture->peers[0].target, fixture->peers[1].target, fixture->peers[2].target);
  grpc_aio_channel_options_set_string (options, "grpc.service_config", "{ \"loadBalancingConfig\": [ { \"round_robin\": {} } ] }");
  channel = grpc_aio_channel_new_with_options (target, NULL, options);
  while (fixture->peers[0].n_handled == 0 || fixture->peers[1].n_handled == 0 || fixture->peers[2].n_handled == 0)
    succeed (channel);
  for (guint i = 0; i < 3; i++)
    fixture->peers[i].n_handled = 0;
  for (guint i = 0; i < 300; i++)
    succeed (channel);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (fixture->peers[i].n_handled, ==, 100);
  close_channel (channel);
}

static void
assert_chat (GrpcAioCall *chat,
             GAsyncResult **reads)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GBytes) message = grpc_aio_call_read_finish (chat, await (&reads[i]), &error);

      g_assert_no_error (error);
      assert_bytes (message, i == 0 ? "one" : "two");
    }
  g_assert_null (grpc_aio_call_read_finish (chat, await (&reads[2]), &error));
  g_assert_no_error (error);
}

static void
test_wait (Fixture *fixture,
           gconstpointer user_data)
{
  g_autoptr (GrpcAioMultiCallable) join = grpc_aio_channel_stream_unary (fixture->channel, "/test.Peer/Join");
  g_autoptr (GrpcAioMultiCallable) count = grpc_aio_channel_unary_stream (fixture->channel, "/test.Peer/Count");
  g_autoptr (GrpcAioMultiCallable) talk = grpc_aio_channel_stream_stream (fixture->channel, "/test.Peer/Chat");
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (30 * G_USEC_PER_SEC);
  g_autoptr (GAsyncResult) echo_result = NULL, join_result = NULL, status_result = NULL, connected = NULL;
  g_autoptr (GrpcAioCall) chat = NULL, joined = NULL, counted = NULL;
  g_autoptr (GBytes) one = bytes_from ("one"), two = bytes_from ("two"), five = bytes_from ("5"), response = NULL;
  GAsyncResult *reads[3] = { NULL };
  g_autoptr (GError) error = NULL;

  g_test_summary ("Calls that begin before the addresses are known do all they should once they are");

  names_set (fixture->names, TRUE, FALSE);
  invoke_async (fixture->channel, "hello", options, NULL, &echo_result);
  joined = grpc_aio_multi_callable_call (join, NULL, options);
  grpc_aio_call_write_async (joined, one, NULL, NULL, NULL);
  grpc_aio_call_write_async (joined, two, NULL, NULL, NULL);
  grpc_aio_call_done_writing_async (joined, NULL, NULL, NULL);
  grpc_aio_call_response_async (joined, NULL, store_result, &join_result);
  counted = grpc_aio_multi_callable_call (count, five, options);
  grpc_aio_call_status_async (counted, NULL, store_result, &status_result);
  chat = grpc_aio_multi_callable_call (talk, NULL, options);
  grpc_aio_call_wait_for_connection_async (chat, NULL, store_result, &connected);
  for (guint i = 0; i < 3; i++)
    grpc_aio_call_read_async (chat, NULL, store_result, &reads[i]);
  grpc_aio_call_write_async (chat, one, NULL, NULL, NULL);
  grpc_aio_call_write_async (chat, two, NULL, NULL, NULL);
  grpc_aio_call_done_writing_async (chat, NULL, NULL, NULL);

  /* Too late for them. */
  grpc_aio_call_options_set_timeout_usec (options, 0);
  await_look_up (fixture);
  g_assert_cmpint (grpc_aio_channel_get_state (fixture->channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_CONNECTING);
  g_assert_null (echo_result);
  g_assert_null (connected);
  g_assert_cmpint (grpc_aio_call_get_state (chat), ==, GRPC_AIO_CALL_STATE_STARTED);
  g_assert_null (grpc_aio_call_dup_peer (chat));

  names_set (fixture->names, FALSE, FALSE);
  response = invoke_finish (await (&echo_result), &error);
  g_assert_no_error (error);
  assert_bytes (response, "hello");
  g_clear_pointer (&response, g_bytes_unref);

  response = grpc_aio_call_response_finish (joined, await (&join_result), &error);
  g_assert_no_error (error);
  assert_bytes (response, "onetwo");

  g_assert_true (grpc_aio_call_wait_for_connection_finish (chat, await (&connected), &error));
  assert_chat (chat, reads);
  for (guint i = 0; i < 3; i++)
    g_object_unref (reads[i]);

  for (guint i = 0; i < 6; i++)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GBytes) message = NULL;

      grpc_aio_call_read_async (counted, NULL, store_result, &result);
      message = grpc_aio_call_read_finish (counted, await (&result), &error);
      g_assert_no_error (error);
      g_assert_true ((message != NULL) == (i < 5));
    }
  g_assert_cmpint (grpc_aio_call_status_finish (counted, await (&status_result), NULL), ==, GRPC_AIO_STATUS_CODE_OK);
  g_assert_cmpuint (names_get_n_look_ups (fixture->names), ==, 1);
}

static void
test_deadline (Fixture *fixture,
               gconstpointer user_data)
{
  g_autoptr (GrpcAioMultiCallable) talk = grpc_aio_channel_stream_stream (fixture->channel, "/test.Peer/Chat");
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (20 * 1000);
  g_autoptr (GAsyncResult) result = NULL, read = NULL, written = NULL, initial = NULL;
  g_autoptr (GBytes) message = bytes_from ("one");
  g_autoptr (GrpcAioCall) chat = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A deadline ends a call that waits for addresses");

  names_set (fixture->names, TRUE, FALSE);
  invoke_async (fixture->channel, "hello", options, NULL, &result);
  chat = grpc_aio_multi_callable_call (talk, NULL, options);
  grpc_aio_call_read_async (chat, NULL, store_result, &read);
  grpc_aio_call_write_async (chat, message, NULL, store_result, &written);
  grpc_aio_call_initial_metadata_async (chat, NULL, store_result, &initial);

  g_assert_null (invoke_finish (await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  g_clear_error (&error);
  g_assert_null (grpc_aio_call_read_finish (chat, await (&read), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  g_clear_error (&error);
  g_assert_false (grpc_aio_call_write_finish (chat, await (&written), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  g_clear_error (&error);
  g_assert_null (grpc_aio_call_initial_metadata_finish (chat, await (&initial), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  g_assert_true (grpc_aio_call_is_done (chat));
  g_assert_cmpint (grpc_aio_call_get_code (chat), ==, GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED);
}

static void
test_cancel (Fixture *fixture,
             gconstpointer user_data)
{
  g_autoptr (GrpcAioMultiCallable) talk = grpc_aio_channel_stream_stream (fixture->channel, "/test.Peer/Chat");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL, read = NULL, other = NULL;
  GrpcAioCall *chat, *dropped;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Cancelling, dropping and closing end calls that wait for addresses");

  names_set (fixture->names, TRUE, FALSE);
  invoke_async (fixture->channel, "hello", NULL, cancellable, &result);
  invoke_async (fixture->channel, "hello", NULL, NULL, &other);
  chat = grpc_aio_multi_callable_call (talk, NULL, NULL);
  grpc_aio_call_read_async (chat, NULL, store_result, &read);
  dropped = grpc_aio_multi_callable_call (talk, NULL, NULL);
  await_look_up (fixture);

  g_cancellable_cancel (cancellable);
  g_assert_null (invoke_finish (await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  g_assert_true (grpc_aio_call_cancel (chat));
  g_assert_null (grpc_aio_call_read_finish (chat, await (&read), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (grpc_aio_call_cancel (chat));
  g_object_unref (chat);
  g_object_unref (dropped);

  close_channel (fixture->channel);
  g_assert_null (invoke_finish (await (&other), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (grpc_aio_channel_get_state (fixture->channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN);
}

static gpointer
open_names (gpointer data)
{
  while (!has_looked_up (data))
    g_thread_yield ();
  names_set (data, FALSE, FALSE);

  return NULL;
}

static gpointer
call_in_thread (gpointer data)
{
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (data, "/test.Peer/Echo");
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (30 * G_USEC_PER_SEC);
  g_autoptr (GBytes) request = bytes_from ("hello");
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  response = grpc_aio_multi_callable_invoke_sync (echo, request, options, NULL, &error);
  g_assert_no_error (error);
  assert_bytes (response, "hello");

  return NULL;
}

static void
test_sync (Fixture *fixture,
           gconstpointer user_data)
{
  GThread *callers[4];
  GThread *opener;
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (fixture->channel, "/test.Peer/Echo");
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (20 * 1000);
  g_autoptr (GBytes) request = bytes_from ("hello");
  g_autoptr (GError) error = NULL;

  g_test_summary ("Calls that block wait for addresses, too, and no main loop is needed for those");

  names_set (fixture->names, TRUE, FALSE);
  g_assert_null (grpc_aio_multi_callable_invoke_sync (echo, request, options, NULL, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);

  for (guint i = 0; i < G_N_ELEMENTS (callers); i++)
    callers[i] = g_thread_new ("caller", call_in_thread, fixture->channel);
  opener = g_thread_new ("opener", open_names, fixture->names);
  g_thread_join (opener);

  /* The server needs the loop. */
  while (fixture->peers[0].n_handled < G_N_ELEMENTS (callers))
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (callers); i++)
    {
      turn ();
      g_thread_join (callers[i]);
    }
}

static void
test_unknown (Fixture *fixture,
              gconstpointer user_data)
{
  g_autoptr (GrpcAioCallOptions) options = options_that_wait ();
  g_autoptr (GAsyncResult) waiting = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Without addresses calls fail with the reason, or wait until there are some");

  names_set (fixture->names, FALSE, TRUE);
  invoke_async (fixture->channel, "hello", options, NULL, &waiting);
  for (guint i = 0; i < 3; i++)
    {
      invoke (fixture->channel, NULL, &error);
      g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
      g_assert_nonnull (strstr (error->message, "the names"));
      g_assert_nonnull (strstr (error->message, "The book is closed"));
      g_clear_error (&error);
    }
  g_assert_cmpint (grpc_aio_channel_get_state (fixture->channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_TRANSIENT_FAILURE);
  g_assert_null (waiting);

  names_set (fixture->names, FALSE, FALSE);
  grpc_aio_channel_reset_connect_backoff (fixture->channel);
  response = invoke_finish (await (&waiting), &error);
  g_assert_no_error (error);
  assert_bytes (response, "hello");
  succeed (fixture->channel);
}

static void
test_empty (Fixture *fixture,
            gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("A name without addresses is an error that says so, and asked for with the next call");

  names_clear (fixture->names);
  invoke (fixture->channel, NULL, &error);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, "the names"));

  names_add (fixture->names, fixture->peers[1].target);
  succeed (fixture->channel);
  g_assert_cmpuint (fixture->peers[1].n_handled, ==, 1);
}

static void
test_moved (Fixture *fixture,
            gconstpointer user_data)
{
  g_autoptr (GrpcAioCallOptions) options = options_that_wait ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("When a server went away calls look where it is now");

  succeed (fixture->channel);
  for (guint i = 1; i < 3; i++)
    {
      names_clear (fixture->names);
      names_add (fixture->names, fixture->peers[i].target);
      peer_tear_down (&fixture->peers[i - 1]);
      fixture->peers[i - 1].server = NULL;

      /* What is sent before that is noticed is lost. */
      while (grpc_aio_channel_get_state (fixture->channel, FALSE) == GRPC_AIO_CHANNEL_CONNECTIVITY_READY)
        turn ();

      for (guint j = 0; j < 10; j++)
        {
          invoke (fixture->channel, options, &error);
          g_assert_no_error (error);
        }
      g_assert_cmpuint (fixture->peers[i].n_handled, ==, 10);
    }
}

static void
on_notify_state (GrpcAioChannel *channel,
                 GParamSpec *pspec,
                 gpointer user_data)
{
  guint *n_changes = user_data;

  (*n_changes)++;
}

static void
test_ready (Fixture *fixture,
            gconstpointer user_data)
{
  g_autoptr (GAsyncResult) result = NULL, cancelled = NULL, closed = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GrpcAioChannel) other = NULL;
  g_autoptr (GError) error = NULL;
  guint n_changes = 0;

  g_test_summary ("Who waits for the channel to be ready waits for the addresses, too");

  names_set (fixture->names, TRUE, FALSE);
  g_signal_connect (fixture->channel, "notify::state", G_CALLBACK (on_notify_state), &n_changes);
  grpc_aio_channel_ready_async (fixture->channel, NULL, store_result, &result);
  grpc_aio_channel_ready_async (fixture->channel, cancellable, store_result, &cancelled);
  g_cancellable_cancel (cancellable);
  g_assert_false (grpc_aio_channel_ready_finish (fixture->channel, await (&cancelled), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  await_look_up (fixture);
  g_assert_null (result);

  /* First there are none. */
  names_set (fixture->names, FALSE, TRUE);
  while (grpc_aio_channel_get_state (fixture->channel, FALSE) != GRPC_AIO_CHANNEL_CONNECTIVITY_TRANSIENT_FAILURE)
    turn ();
  names_set (fixture->names, FALSE, FALSE);
  g_assert_true (grpc_aio_channel_ready_finish (fixture->channel, await (&result), &error));
  g_assert_no_error (error);
  g_assert_cmpint (grpc_aio_channel_get_state (fixture->channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_READY);
  g_assert_cmpuint (n_changes, >=, 2);
  g_signal_handlers_disconnect_by_data (fixture->channel, &n_changes);

  /* And one that is closed meanwhile. */
  names_set (fixture->names, TRUE, FALSE);
  other = grpc_aio_channel_new_for_connectable (G_SOCKET_CONNECTABLE (fixture->names), NULL, NULL);
  grpc_aio_channel_ready_async (other, NULL, store_result, &closed);
  turn ();
  grpc_aio_channel_close (other);
  g_assert_false (grpc_aio_channel_ready_finish (other, await (&closed), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static void
test_grace (Fixture *fixture,
            gconstpointer user_data)
{
  g_autoptr (GAsyncResult) result = NULL, closed = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A call that waits for addresses counts as one that runs when the channel closes with a grace");

  names_set (fixture->names, TRUE, FALSE);
  invoke_async (fixture->channel, "hello", NULL, NULL, &result);
  grpc_aio_channel_close_async (fixture->channel, -1, NULL, store_result, &closed);
  await_look_up (fixture);
  g_assert_null (closed);

  names_set (fixture->names, FALSE, FALSE);
  response = invoke_finish (await (&result), &error);
  g_assert_no_error (error);
  assert_bytes (response, "hello");
  g_assert_true (grpc_aio_channel_close_finish (fixture->channel, await (&closed), &error));
}

/* A resolver that knows one service. */
#define TEST_TYPE_RESOLVER (test_resolver_get_type ())
G_DECLARE_FINAL_TYPE (TestResolver, test_resolver, TEST, RESOLVER, GResolver)

struct _TestResolver
{
  GResolver parent_instance;

  guint ports[3];
  guint priorities[3];
};

G_DEFINE_FINAL_TYPE (TestResolver, test_resolver, G_TYPE_RESOLVER)

static GList *
test_resolver_lookup_service (GResolver *resolver,
                              const char *name,
                              GCancellable *cancellable,
                              GError **error)
{
  TestResolver *self = TEST_RESOLVER (resolver);
  GList *targets = NULL;

  g_assert_cmpstr (name, ==, "_grpc._tcp.service.example");
  for (guint i = 0; i < 3; i++)
    targets = g_list_prepend (targets, g_srv_target_new ("127.0.0.1", (guint16) self->ports[i], (guint16) self->priorities[i], 1));

  return g_srv_target_list_sort (targets);
}

static void
test_resolver_class_init (TestResolverClass *klass)
{
  G_RESOLVER_CLASS (klass)->lookup_service = test_resolver_lookup_service;
}

static void
test_resolver_init (TestResolver *self)
{
}

static void
test_service (Fixture *fixture,
              gconstpointer user_data)
{
  g_autoptr (GResolver) before = g_resolver_get_default ();
  g_autoptr (TestResolver) resolver = g_object_new (TEST_TYPE_RESOLVER, NULL);
  g_autoptr (GSocketConnectable) service = g_network_service_new ("grpc", "tcp", "service.example");
  g_autoptr (GrpcAioChannel) channel = NULL;

  g_autoptr (GrpcAioCallOptions) options = options_that_wait ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("The servers of SRV records get calls, those of a later priority only when the others fail");

  for (guint i = 0; i < 3; i++)
    {
      resolver->ports[i] = (guint) atoi (strchr (fixture->peers[i].target, ':') + 1);
      resolver->priorities[i] = i < 2 ? 10 : 20;
    }
  g_resolver_set_default (G_RESOLVER (resolver));
  channel = grpc_aio_channel_new_for_connectable (service, NULL, NULL);
  g_assert_cmpstr (grpc_aio_channel_get_target (channel), ==, "_grpc._tcp.service.example");
  while (fixture->peers[0].n_handled == 0 || fixture->peers[1].n_handled == 0)
    succeed (channel);
  for (guint i = 0; i < 20; i++)
    succeed (channel);
  g_assert_cmpuint (fixture->peers[2].n_handled, ==, 0);

  for (guint i = 0; i < 2; i++)
    {
      peer_tear_down (&fixture->peers[i]);
      fixture->peers[i].server = NULL;
    }
  while (grpc_aio_channel_get_state (channel, FALSE) == GRPC_AIO_CHANNEL_CONNECTIVITY_READY)
    turn ();
  for (guint i = 0; i < 10; i++)
    {
      invoke (channel, options, &error);
      g_assert_no_error (error);
    }
  g_assert_cmpuint (fixture->peers[2].n_handled, ==, 10);
  g_resolver_set_default (before);
  close_channel (channel);
}

static int
serve_at (const char *address,
          Fixture *fixture,
          GrpcAioServer **server)
{
  g_autoptr (GError) error = NULL;
  int port;

  *server = grpc_aio_server_new ();
  grpc_aio_server_add_service (*server, fixture->peers[0].service);
  port = grpc_aio_server_add_port (*server, address, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (*server, &error));

  return port;
}

/* Calls that follow each other until it is enough. */
typedef struct
{
  GrpcAioChannel *channel;
  GrpcAioCallOptions *options;
  gint is_enough;  /* atomic */
  gint n_ok;       /* atomic */
  gint n_failed;   /* atomic */
  gint n_threads;  /* atomic */
  guint n_running; /* in the main loop */
} Traffic;

static void
count_call (Traffic *traffic,
            GBytes *response,
            GError *error)
{
  if (response != NULL)
    {
      g_atomic_int_inc (&traffic->n_ok);
      return;
    }

  /* It was with a server that went away, and ended there or waits for it. */
  g_assert_true (error->domain == GRPC_AIO_ERROR);
  g_assert_true (error->code == GRPC_AIO_ERROR_UNAVAILABLE || error->code == GRPC_AIO_ERROR_CANCELLED ||
                 error->code == GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  g_atomic_int_inc (&traffic->n_failed);
}

static void
on_traffic (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  GrpcAioMultiCallable *echo = GRPC_AIO_MULTI_CALLABLE (source);
  Traffic *traffic = user_data;
  g_autoptr (GBytes) request = bytes_from ("hello");
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  response = grpc_aio_multi_callable_invoke_finish (echo, result, &error);
  count_call (traffic, response, error);
  if (g_atomic_int_get (&traffic->is_enough))
    traffic->n_running--;
  else
    grpc_aio_multi_callable_invoke_async (echo, request, traffic->options, NULL, on_traffic, traffic);
}

static gpointer
make_traffic (gpointer data)
{
  Traffic *traffic = data;
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (traffic->channel, "/test.Peer/Echo");
  g_autoptr (GBytes) request = bytes_from ("hello");

  while (!g_atomic_int_get (&traffic->is_enough))
    {
      g_autoptr (GBytes) response = NULL;
      g_autoptr (GError) error = NULL;

      response = grpc_aio_multi_callable_invoke_sync (echo, request, traffic->options, NULL, &error);
      count_call (traffic, response, error);
    }
  g_atomic_int_add (&traffic->n_threads, -1);

  return NULL;
}

static gboolean
has_none_running (gpointer data)
{
  Traffic *traffic = data;

  return traffic->n_running == 0;
}

static void
stop_server (GrpcAioServer *server)
{
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_server_stop_async (server, 0, NULL, store_result, &result);
  await (&result);
  g_object_unref (server);
}

static void
test_traffic (Fixture *fixture,
              gconstpointer user_data)
{
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (fixture->channel, "/test.Peer/Echo");
  g_autoptr (GrpcAioCallOptions) options = options_that_wait ();
  g_autoptr (GBytes) request = bytes_from ("hello");
  GThread *threads[3];
  Traffic traffic = { .channel = fixture->channel, .options = options, .n_running = 20, .n_threads = G_N_ELEMENTS (threads) };
  GrpcAioServer *server = NULL;

  g_test_summary ("Many calls at a time, also from threads, follow a server that moves");

  grpc_aio_call_options_set_timeout_usec (options, 3 * G_USEC_PER_SEC);
  names_set (fixture->names, TRUE, FALSE);
  for (guint i = 0; i < traffic.n_running; i++)
    grpc_aio_multi_callable_invoke_async (echo, request, options, NULL, on_traffic, &traffic);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("traffic", make_traffic, &traffic);

  for (guint i = 0; i < 3; i++)
    {
      GrpcAioServer *before = server;
      g_autofree char *target = NULL;
      gint n_before;

      target = g_strdup_printf ("127.0.0.1:%d", serve_at ("127.0.0.1:0", fixture, &server));
      names_clear (fixture->names);
      names_add (fixture->names, target);
      names_set (fixture->names, FALSE, FALSE);
      if (before != NULL)
        stop_server (before);
      n_before = g_atomic_int_get (&traffic.n_ok);
      while (g_atomic_int_get (&traffic.n_ok) < n_before + 500)
        g_main_context_iteration (NULL, TRUE);
    }

  g_atomic_int_set (&traffic.is_enough, TRUE);
  iterate_until (has_none_running, &traffic);
  while (g_atomic_int_get (&traffic.n_threads) > 0)
    g_main_context_iteration (NULL, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_test_message ("%d calls, %d failed", traffic.n_ok, traffic.n_failed);
  stop_server (server);
}

static void
test_unix (Fixture *fixture,
           gconstpointer user_data)
{
  g_autofree char *folder = g_dir_make_tmp ("test-connectable-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "odd name%", NULL);
  g_autofree char *target = g_strdup_printf ("unix:%s", path);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GrpcAioServer) server = NULL;
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  g_test_summary ("An address is a connectable, too");

  serve_at (target, fixture, &server);
  channel = grpc_aio_channel_new_for_connectable (G_SOCKET_CONNECTABLE (address), NULL, NULL);
  succeed (channel);
  close_channel (channel);
  grpc_aio_server_stop_async (server, 0, NULL, store_result, &result);
  await (&result);
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_families (Fixture *fixture,
               gconstpointer user_data)
{
  g_autoptr (GSocketAddress) ipv6 = g_inet_socket_address_new_from_string ("::1", 1);
  g_autoptr (GSocketAddress) path = g_unix_socket_address_new ("/nowhere");

  g_test_summary ("Addresses of IPv4 and IPv6 go together, paths are left out");

  /* The only one where somebody listens. */
  g_ptr_array_insert (fixture->names->addresses, 0, g_steal_pointer (&ipv6));
  g_ptr_array_add (fixture->names->addresses, g_steal_pointer (&path));
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (GrpcAioCallOptions) options = options_that_wait ();
      g_autoptr (GError) error = NULL;

      invoke (fixture->channel, options, &error);
      g_assert_no_error (error);
    }
  g_assert_cmpuint (fixture->peers[0].n_handled, ==, 5);
}

static void
test_dropped (Fixture *fixture,
              gconstpointer user_data)
{
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (fixture->channel, "/test.Peer/Echo");
  g_autoptr (GBytes) request = bytes_from ("hello");
  GrpcAioChannel *channel = fixture->channel;

  g_test_summary ("A channel goes while its addresses are looked up, and a call is fired and forgotten");

  names_set (fixture->names, TRUE, FALSE);
  g_object_unref (grpc_aio_multi_callable_call (echo, request, NULL));
  await_look_up (fixture);
  names_set (fixture->names, FALSE, FALSE);
  while (fixture->peers[0].n_handled == 0)
    g_main_context_iteration (NULL, TRUE);

  channel = grpc_aio_channel_new_for_connectable (G_SOCKET_CONNECTABLE (fixture->names), NULL, NULL);
  names_set (fixture->names, TRUE, FALSE);
  grpc_aio_channel_get_state (channel, TRUE);
  while (names_get_n_look_ups (fixture->names) < 2)
    turn ();
  assert_finalizes (channel);
}

static void
add (const char *path,
     void (*test) (Fixture *,
                   gconstpointer))
{
  g_test_add (path, Fixture, NULL, fixture_set_up, test, fixture_tear_down);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("/connectable/properties", test_properties);
  add ("/connectable/round-robin", test_round_robin);
  add ("/connectable/pick-first", test_pick_first);
  add ("/connectable/service-config", test_service_config);
  add ("/connectable/wait", test_wait);
  add ("/connectable/deadline", test_deadline);
  add ("/connectable/cancel", test_cancel);
  add ("/connectable/sync", test_sync);
  add ("/connectable/unknown", test_unknown);
  add ("/connectable/empty", test_empty);
  add ("/connectable/moved", test_moved);
  add ("/connectable/ready", test_ready);
  add ("/connectable/grace", test_grace);
  add ("/connectable/service", test_service);
  add ("/connectable/traffic", test_traffic);
  add ("/connectable/unix", test_unix);
  add ("/connectable/families", test_families);
  add ("/connectable/dropped", test_dropped);

  return g_test_run ();
}
