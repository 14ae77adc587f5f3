/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-glib.h>

#include "test-utils.h"

/* What a language gives to a port: it is told by a property. */
#define WAKER_TYPE (waker_get_type ())
G_DECLARE_FINAL_TYPE (Waker, waker, WAKER, WAKER, GObject)

struct _Waker
{
  GObject parent_instance;

  GrpcAioPort *port; /* unowned; NULL: lets all wake-ups pass */
  GByteArray *frames;
  GPtrArray *results;
  GArray *ids;
  guint n_wake_ups;
  guint to_miss; /* as many wake-ups are lost */
};

enum
{
  PROP_WAKE_UP = 1,
};

G_DEFINE_FINAL_TYPE (Waker, waker, G_TYPE_OBJECT)

static void
waker_drain (Waker *self)
{
  const guint8 *data;
  gsize length;
  GAsyncResult *result;
  guint32 id;

  data = grpc_aio_port_drain (self->port, &length);
  if (length > 0)
    g_byte_array_append (self->frames, data, (guint) length);
  while ((result = grpc_aio_port_take_result (self->port, &id)) != NULL)
    {
      g_ptr_array_add (self->results, result);
      g_array_append_val (self->ids, id);
    }
}

static void
waker_set_property (GObject *object,
                    guint property_id,
                    const GValue *value,
                    GParamSpec *pspec)
{
  Waker *self = WAKER_WAKER (object);

  g_assert_true (g_value_get_boolean (value));
  self->n_wake_ups++;
  if (self->n_wake_ups > self->to_miss && self->port != NULL)
    waker_drain (self);
}

static void
waker_finalize (GObject *object)
{
  Waker *self = WAKER_WAKER (object);

  g_byte_array_unref (self->frames);
  g_ptr_array_unref (self->results);
  g_array_unref (self->ids);

  G_OBJECT_CLASS (waker_parent_class)->finalize (object);
}

static void
waker_class_init (WakerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamSpec *pspec;

  object_class->set_property = waker_set_property;
  object_class->finalize = waker_finalize;

  pspec = g_param_spec_boolean ("wake-up", NULL, NULL, FALSE, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_property (object_class, PROP_WAKE_UP, pspec);
}

static void
waker_init (Waker *self)
{
  self->frames = g_byte_array_new ();
  self->results = g_ptr_array_new_with_free_func (g_object_unref);
  self->ids = g_array_new (FALSE, FALSE, sizeof (guint32));
}

typedef struct
{
  Peer peer;
  GrpcAioPort *port;
  Waker *waker;
} Fixture;

static void
fixture_set_up (Fixture *fixture,
                gconstpointer user_data)
{
  peer_set_up (&fixture->peer);
  fixture->port = grpc_aio_port_new ();
  fixture->waker = g_object_new (WAKER_TYPE, NULL);
  fixture->waker->port = fixture->port;
  grpc_aio_port_attach (fixture->port, G_OBJECT (fixture->waker), "wake-up");
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer user_data)
{
  grpc_aio_port_close (fixture->port);
  g_assert_finalize_object (fixture->port);
  g_clear_object (&fixture->waker);
  peer_tear_down (&fixture->peer);
}

static gboolean
has_frames (gpointer user_data)
{
  Fixture *fixture = user_data;

  return fixture->waker->frames->len > 0;
}

static gboolean
has_result (gpointer user_data)
{
  Fixture *fixture = user_data;

  return fixture->waker->results->len > 0;
}

static guint32
frame_value (Fixture *fixture,
             guint index)
{
  guint32 value;

  g_assert_cmpuint (fixture->waker->frames->len, >=, 16);
  memcpy (&value, fixture->waker->frames->data + 4 * index, sizeof value);

  return GUINT32_FROM_LE (value);
}

static void
start (Fixture *fixture,
       guint32 id,
       const char *name,
       const char *request)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (fixture->peer.channel, name);

  grpc_aio_port_start (fixture->port, id, method, (const guint8 *) request, strlen (request), NULL, 0, NULL);
}

static void
test_wake_up (Fixture *fixture,
              gconstpointer user_data)
{
  guint n_wake_ups;

  g_test_summary ("A property is set until all is drained, however often that is missed");

  fixture->waker->to_miss = 3;
  g_assert_cmpint (grpc_aio_port_get_fd (fixture->port), ==, -1);
  start (fixture, 7, "/test.Peer/Echo", "hello");
  g_assert_cmpuint (fixture->waker->n_wake_ups, ==, 0);
  iterate_until (has_frames, fixture);
  g_assert_cmpuint (fixture->waker->n_wake_ups, ==, 4);
  g_assert_cmpuint (frame_value (fixture, 0), ==, 7);
  g_assert_cmpuint (frame_value (fixture, 1), ==, GRPC_AIO_PORT_EVENT_RESULT);
  g_assert_cmpmem (fixture->waker->frames->data + 16, fixture->waker->frames->len - 16, "hello", 5);
  grpc_aio_port_release (fixture->port, 7);

  /* Nothing to drain, nothing to tell. */
  n_wake_ups = fixture->waker->n_wake_ups;
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (fixture->waker->n_wake_ups, ==, n_wake_ups);
}

static gboolean
on_idle (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;

  return G_SOURCE_REMOVE;
}

static gboolean
is_true (gpointer user_data)
{
  return *(gboolean *) user_data;
}

static void
test_yield (Fixture *fixture,
            gconstpointer user_data)
{
  gboolean is_idle = FALSE;

  g_test_summary ("What is never drained does not keep the loop from sources of lower priority");

  fixture->waker->to_miss = G_MAXUINT;
  start (fixture, 1, "/test.Peer/Echo", "hello");
  while (fixture->waker->n_wake_ups < 2)
    g_main_context_iteration (NULL, TRUE);
  g_idle_add_full (G_PRIORITY_LOW, on_idle, &is_idle, NULL);
  iterate_until (is_true, &is_idle);
}

static void
test_target_gone (Fixture *fixture,
                  gconstpointer user_data)
{
  g_test_summary ("The port does not own the object, and does without it");

  start (fixture, 1, "/test.Peer/Echo", "hello");
  g_assert_finalize_object (g_steal_pointer (&fixture->waker));
  for (guint i = 0; i < 20; i++)
    g_main_context_iteration (NULL, FALSE);
}

static void
test_cancel_on (Fixture *fixture,
                gconstpointer user_data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gulong handler;

  g_test_summary ("A cancellable cancels a call");

  g_assert_cmpuint (grpc_aio_port_cancel_on (fixture->port, 3, cancellable), ==, 0);
  start (fixture, 3, "/test.Peer/Hang", "");
  handler = grpc_aio_port_cancel_on (fixture->port, 3, cancellable);
  g_assert_cmpuint (handler, !=, 0);

  g_cancellable_cancel (cancellable);
  iterate_until (has_frames, fixture);
  g_assert_cmpuint (frame_value (fixture, 1), ==, GRPC_AIO_PORT_EVENT_STATUS);
  g_assert_cmpuint (frame_value (fixture, 2), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
  g_cancellable_disconnect (cancellable, handler);
  grpc_aio_port_release (fixture->port, 3);
}

static void
test_lease (Fixture *fixture,
            gconstpointer user_data)
{
  GBytes *lease;

  g_test_summary ("Who drops the last reference cancels the call");

  start (fixture, 3, "/test.Peer/Hang", "");
  lease = grpc_aio_port_lease (fixture->port, 3);
  g_bytes_unref (g_bytes_ref (lease));
  g_bytes_unref (lease);
  iterate_until (has_frames, fixture);
  g_assert_cmpuint (frame_value (fixture, 1), ==, GRPC_AIO_PORT_EVENT_STATUS);
  g_assert_cmpuint (frame_value (fixture, 2), ==, GRPC_AIO_STATUS_CODE_CANCELLED);

  /* Of a call that is gone, and of none. */
  lease = grpc_aio_port_lease (fixture->port, 3);
  grpc_aio_port_release (fixture->port, 3);
  g_bytes_unref (lease);
  g_bytes_unref (grpc_aio_port_lease (fixture->port, 4));
}

static gboolean
launch (Fixture *fixture,
        guint32 id,
        gpointer source,
        const char *operation,
        GValue *argument)
{
  return grpc_aio_port_launch (fixture->port, id, source, operation, argument, argument != NULL ? 1 : 0, NULL);
}

static void
test_launch (Fixture *fixture,
             gconstpointer user_data)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Echo");
  g_autoptr (GBytes) request = g_bytes_new_static ("hello", 5);
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GValue) number = G_VALUE_INIT;
  GValue arguments[2] = { G_VALUE_INIT, G_VALUE_INIT };

  g_test_summary ("The result of an operation is fetched, not called back with");

  g_value_init (&arguments[0], G_TYPE_BYTES);
  g_value_set_boxed (&arguments[0], request);
  g_value_init (&arguments[1], G_TYPE_POINTER);
  g_assert_true (grpc_aio_port_launch (fixture->port, 5, G_OBJECT (method), "invoke_async", arguments, 2, NULL));
  iterate_until (has_result, fixture);
  g_assert_cmpuint (g_array_index (fixture->waker->ids, guint32, 0), ==, 5);
  response = grpc_aio_multi_callable_invoke_finish (method, fixture->waker->results->pdata[0], &error);
  g_assert_no_error (error);
  assert_bytes (response, "hello");
  g_value_unset (&arguments[0]);

  /* A number of another type does, too. */
  g_ptr_array_set_size (fixture->waker->results, 0);
  g_value_init (&number, G_TYPE_INT);
  g_value_set_int (&number, 1000);
  g_assert_true (launch (fixture, 6, fixture->peer.channel, "close_async", &number));
  iterate_until (has_result, fixture);
  g_assert_true (grpc_aio_channel_close_finish (fixture->peer.channel, fixture->waker->results->pdata[0], &error));
  g_assert_no_error (error);
}

static void
test_launch_function (Fixture *fixture,
                      gconstpointer user_data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GrpcAioChannelCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A function that needs no object is launched by its type and name");

  g_cancellable_cancel (cancellable);
  g_assert_true (grpc_aio_port_launch (fixture->port, 7, NULL, "ChannelCredentials.new_google_default_async", NULL, 0, cancellable));
  iterate_until (has_result, fixture);
  g_assert_cmpuint (g_array_index (fixture->waker->ids, guint32, 0), ==, 7);
  credentials = grpc_aio_channel_credentials_new_google_default_finish (fixture->waker->results->pdata[0], &error);
  g_assert_null (credentials);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  g_assert_false (grpc_aio_port_launch (fixture->port, 7, NULL, "new_google_default_async", NULL, 0, NULL));
  g_assert_false (launch (fixture, 7, fixture->peer.channel, "ChannelCredentials.new_google_default_async", NULL));
}

static void
test_launch_errors (Fixture *fixture,
                    gconstpointer user_data)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Echo");
  g_autoptr (GBytes) request = g_bytes_new_static ("hello", 5);
  g_auto (GValue) text = G_VALUE_INIT;
  GValue arguments[2] = { G_VALUE_INIT, G_VALUE_INIT };

  g_test_summary ("What is no operation, or does not fit, is refused");

  g_value_init (&text, G_TYPE_STRING);
  g_value_set_string (&text, "soon");
  g_assert_false (launch (fixture, 1, fixture->peer.channel, "close_async", &text));
  g_assert_false (launch (fixture, 1, fixture->peer.channel, "close_async", NULL));
  g_assert_false (launch (fixture, 1, fixture->peer.channel, "ready_async", &text));
  g_assert_false (launch (fixture, 1, fixture->peer.channel, "stop_async", NULL));
  g_assert_false (launch (fixture, 1, fixture->waker, "ready_async", NULL));

  /* An object of another class. */
  g_value_init (&arguments[0], G_TYPE_BYTES);
  g_value_set_boxed (&arguments[0], request);
  g_value_init (&arguments[1], G_TYPE_OBJECT);
  g_value_set_object (&arguments[1], fixture->peer.channel);
  g_assert_false (grpc_aio_port_launch (fixture->port, 1, G_OBJECT (method), "invoke_async", arguments, 2, NULL));
  g_value_unset (&arguments[0]);
  g_value_unset (&arguments[1]);
}

static void
test_launch_dropped (Fixture *fixture,
                     gconstpointer user_data)
{
  g_test_summary ("A result that nobody takes goes with the port");

  fixture->waker->to_miss = G_MAXUINT;
  g_assert_true (launch (fixture, 1, fixture->peer.channel, "ready_async", NULL));
  while (fixture->waker->n_wake_ups == 0)
    g_main_context_iteration (NULL, TRUE);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, test) g_test_add ("/port-delivery/" name, Fixture, NULL, fixture_set_up, test, fixture_tear_down)
  ADD ("wake-up", test_wake_up);
  ADD ("yield", test_yield);
  ADD ("target-gone", test_target_gone);
  ADD ("cancel-on", test_cancel_on);
  ADD ("lease", test_lease);
  ADD ("launch", test_launch);
  ADD ("launch/function", test_launch_function);
  ADD ("launch/errors", test_launch_errors);
  ADD ("launch/dropped", test_launch_dropped);
#undef ADD

  return g_test_run ();
}
