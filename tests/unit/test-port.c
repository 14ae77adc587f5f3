/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <poll.h>
#include <string.h>

#include "test-utils.h"

#define PATIENCE_MSEC 20000
#define SERVED 0x80000000u

/* What a frame says. */
typedef struct
{
  guint32 id;
  guint32 event;
  guint32 value;
  GBytes *payload;
} Event;

/* A port with a server and a channel to it, both its own. */
typedef struct
{
  GrpcAioPort *port;
  GrpcAioServer *server;
  GrpcAioChannel *channel;
  char *target;
  GQueue events;          /* that no test has taken */
  GPtrArray *methods;     /* names by number */
  GHashTable *calls;      /* id of a server's call → name of its method */
  gboolean is_by_hand;    /* the test serves the calls itself */
  guint n_cancelled;      /* server's calls that were given up */
  guint n_over;           /* server's calls that are over */
} Fixture;

static void
event_free (gpointer data)
{
  Event *event = data;

  g_bytes_unref (event->payload);
  g_free (event);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Event, event_free)

static guint32
get_uint32 (GBytes *payload,
            gsize *at)
{
  guint32 value;

  g_assert_cmpuint (*at + sizeof value, <=, g_bytes_get_size (payload));
  memcpy (&value, (const guint8 *) g_bytes_get_data (payload, NULL) + *at, sizeof value);
  *at += sizeof value;

  return GUINT32_FROM_LE (value);
}

static char *
get_text (GBytes *payload,
          gsize *at)
{
  guint32 length = get_uint32 (payload, at);
  char *text;

  g_assert_cmpuint (*at + length, <=, g_bytes_get_size (payload));
  text = g_strndup ((const char *) g_bytes_get_data (payload, NULL) + *at, length);
  *at += length;

  return text;
}

/* As "key=value key=value". */
static char *
get_metadata (GBytes *payload,
              gsize *at)
{
  guint32 size = get_uint32 (payload, at);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint32 i = 0; i < size; i++)
    {
      guint32 key_length = get_uint32 (payload, at);
      guint32 value_length = get_uint32 (payload, at);
      const char *data = g_bytes_get_data (payload, NULL);

      g_assert_cmpuint (*at + key_length + value_length, <=, g_bytes_get_size (payload));
      g_string_append_len (text, data + *at, key_length);
      g_string_append_c (text, '=');
      g_string_append_len (text, data + *at + key_length, value_length);
      g_string_append_c (text, ' ');
      *at += key_length + value_length;
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
put_uint32 (GByteArray *array,
            guint32 value)
{
  guint32 bytes = GUINT32_TO_LE (value);

  g_byte_array_append (array, (const guint8 *) &bytes, sizeof bytes);
}

static void
put_entry (GByteArray *array,
           const char *key,
           const char *value)
{
  put_uint32 (array, strlen (key));
  put_uint32 (array, strlen (value));
  g_byte_array_append (array, (const guint8 *) key, strlen (key));
  g_byte_array_append (array, (const guint8 *) value, strlen (value));
}

static GByteArray *
new_options (guint32 flags,
             gint64 timeout_usec,
             guint32 parent)
{
  GByteArray *array = g_byte_array_new ();
  gint64 bytes = GINT64_TO_LE (timeout_usec);

  put_uint32 (array, flags);
  put_uint32 (array, GRPC_AIO_COMPRESSION_GZIP);
  g_byte_array_append (array, (const guint8 *) &bytes, sizeof bytes);
  put_uint32 (array, parent);
  put_uint32 (array, 0);

  return array;
}

static void
respond (Fixture *fixture,
         guint32 id,
         const char *text)
{
  grpc_aio_port_respond (fixture->port, id, (const guint8 *) text, strlen (text), TRUE);
}

/* What a method does with what it is told. */
static void
serve (Fixture *fixture,
       const Event *event)
{
  const char *method = g_hash_table_lookup (fixture->calls, GUINT_TO_POINTER (event->id));
  gsize length;
  const guint8 *data = g_bytes_get_data (event->payload, &length);

  g_assert_nonnull (method);
  if (g_str_equal (method, "/test/Echo") && event->event == GRPC_AIO_PORT_EVENT_MESSAGE)
    grpc_aio_port_respond (fixture->port, event->id, data, length, TRUE);
  else if (g_str_equal (method, "/test/Echo") && event->event == GRPC_AIO_PORT_EVENT_LARGE_MESSAGE)
    {
      g_autofree guint8 *copy = NULL;

      data = grpc_aio_port_take_message (fixture->port, event->id, &length);
      g_assert_cmpuint (length, ==, event->value);
      copy = g_memdup2 (data, length);
      grpc_aio_port_respond (fixture->port, event->id, copy, length, TRUE);
    }
  else if (g_str_equal (method, "/test/Fail") && event->event == GRPC_AIO_PORT_EVENT_MESSAGE)
    {
      g_autoptr (GByteArray) metadata = g_byte_array_new ();

      put_uint32 (metadata, 2);
      put_entry (metadata, "color", "blue");
      put_entry (metadata, "blob-bin", "\xff");
      grpc_aio_port_set_trailer (fixture->port, event->id, "no such thing", metadata->data, metadata->len);
      grpc_aio_port_finish (fixture->port, event->id, GRPC_AIO_STATUS_CODE_NOT_FOUND, TRUE);
    }
  else if (g_str_equal (method, "/test/Chat") && event->event == GRPC_AIO_PORT_EVENT_CALL)
    {
      g_autoptr (GByteArray) metadata = g_byte_array_new ();

      put_uint32 (metadata, 1);
      put_entry (metadata, "hello", "there");
      grpc_aio_port_send_initial_metadata (fixture->port, event->id, metadata->data, metadata->len);
      grpc_aio_port_read (fixture->port, event->id, G_MAXINT32);
    }
  else if (g_str_equal (method, "/test/Chat") && event->event == GRPC_AIO_PORT_EVENT_MESSAGE)
    grpc_aio_port_write (fixture->port, event->id, data, length, 0);
  else if (g_str_equal (method, "/test/Chat") && event->event == GRPC_AIO_PORT_EVENT_END_OF_MESSAGES)
    grpc_aio_port_finish (fixture->port, event->id, GRPC_AIO_STATUS_CODE_OK, TRUE);
  else if (g_str_equal (method, "/test/Flood") &&
           (event->event == GRPC_AIO_PORT_EVENT_MESSAGE || event->event == GRPC_AIO_PORT_EVENT_WRITTEN))
    grpc_aio_port_write (fixture->port, event->id, (const guint8 *) "drop", 4, 0);
}

static void
handle (Fixture *fixture,
        Event *event)
{
  if (event->event == GRPC_AIO_PORT_EVENT_METHOD)
    {
      gsize length;
      const char *name = g_bytes_get_data (event->payload, &length);

      if (fixture->methods->len <= event->id)
        g_ptr_array_set_size (fixture->methods, (gint) event->id + 1);
      g_ptr_array_index (fixture->methods, event->id) = g_strndup (name, length);
      event_free (event);
      return;
    }

  if (event->event == GRPC_AIO_PORT_EVENT_CALL)
    g_hash_table_insert (fixture->calls, GUINT_TO_POINTER (event->id), g_ptr_array_index (fixture->methods, event->value));
  if ((event->id & SERVED) != 0 && !fixture->is_by_hand)
    serve (fixture, event);
  if (event->event == GRPC_AIO_PORT_EVENT_OVER)
    {
      fixture->n_over++;
      fixture->n_cancelled += event->value;
      g_hash_table_remove (fixture->calls, GUINT_TO_POINTER (event->id));
      grpc_aio_port_release (fixture->port, event->id);
    }

  g_queue_push_tail (&fixture->events, event);
}

static gsize
drain (Fixture *fixture)
{
  g_autoptr (GBytes) frames = NULL;
  gsize length, at = 0;
  const guint8 *data = grpc_aio_port_drain (fixture->port, &length);

  frames = g_bytes_new (data, length);
  while (at < length)
    {
      Event *event = g_new0 (Event, 1);
      guint32 size;

      event->id = get_uint32 (frames, &at);
      event->event = get_uint32 (frames, &at);
      event->value = get_uint32 (frames, &at);
      size = get_uint32 (frames, &at);
      event->payload = g_bytes_new_from_bytes (frames, at, size);
      at += size;
      handle (fixture, event);
    }

  return length;
}

static gboolean
is_readable (Fixture *fixture,
             int timeout)
{
  struct pollfd fd = { grpc_aio_port_get_fd (fixture->port), POLLIN, 0 };

  return poll (&fd, 1, timeout) == 1;
}

static Event *
find (Fixture *fixture,
      guint32 id,
      GrpcAioPortEvent wanted)
{
  for (GList *at = fixture->events.head; at != NULL; at = at->next)
    {
      Event *event = at->data;

      if (event->event != wanted || event->id != id)
        continue;

      g_queue_delete_link (&fixture->events, at);
      return event;
    }

  return NULL;
}

/* The next event of this kind. Commands that complete something at once have it
 * drained as well, since all is drained before anything is waited for. */
static Event *
wait_for (Fixture *fixture,
          guint32 id,
          GrpcAioPortEvent wanted)
{
  Event *event;

  while ((event = find (fixture, id, wanted)) == NULL)
    {
      if (drain (fixture) > 0)
        continue;
      g_assert_true (is_readable (fixture, PATIENCE_MSEC));
    }

  return event;
}

/* The id of a call that the test serves. */
static guint32
wait_for_call (Fixture *fixture)
{
  for (;;)
    {
      for (GList *at = fixture->events.head; at != NULL; at = at->next)
        {
          g_autoptr (Event) event = at->data;

          if (event->event == GRPC_AIO_PORT_EVENT_CALL)
            {
              g_queue_delete_link (&fixture->events, at);
              return event->id;
            }
          event = NULL;
        }

      if (drain (fixture) == 0)
        g_assert_true (is_readable (fixture, PATIENCE_MSEC));
    }
}

static void
wait_until_over (Fixture *fixture,
                 guint n)
{
  while (fixture->n_over < n)
    {
      if (drain (fixture) == 0)
        g_assert_true (is_readable (fixture, PATIENCE_MSEC));
    }
}

static gboolean
start (Fixture *fixture,
       guint32 id,
       const char *method,
       GrpcAioMethodKind kind,
       const char *request,
       GByteArray *options)
{
  g_autoptr (GrpcAioMultiCallable) callable = NULL;

  switch (kind)
    {
    case GRPC_AIO_METHOD_KIND_UNARY_UNARY:
      callable = grpc_aio_channel_unary_unary (fixture->channel, method);
      break;
    case GRPC_AIO_METHOD_KIND_UNARY_STREAM:
      callable = grpc_aio_channel_unary_stream (fixture->channel, method);
      break;
    case GRPC_AIO_METHOD_KIND_STREAM_UNARY:
      callable = grpc_aio_channel_stream_unary (fixture->channel, method);
      break;
    default:
      callable = grpc_aio_channel_stream_stream (fixture->channel, method);
    }

  return grpc_aio_port_start (fixture->port, id, callable,
                              (const guint8 *) request, request != NULL ? strlen (request) : 0,
                              options != NULL ? options->data : NULL, options != NULL ? options->len : 0, NULL);
}

/* Waits for the status of a call, and takes it apart. */
static guint32
wait_for_status (Fixture *fixture,
                 guint32 id,
                 guint32 *flags,
                 char **details,
                 char **trailing)
{
  g_autoptr (Event) event = wait_for (fixture, id, GRPC_AIO_PORT_EVENT_STATUS);
  g_autofree char *text = NULL, *debug = NULL, *initial = NULL, *metadata = NULL;
  gsize at = 0;
  guint32 found = get_uint32 (event->payload, &at);

  text = get_text (event->payload, &at);
  debug = get_text (event->payload, &at);
  initial = get_metadata (event->payload, &at);
  metadata = get_metadata (event->payload, &at);
  if (flags != NULL)
    *flags = found;
  if (details != NULL)
    *details = g_steal_pointer (&text);
  if (trailing != NULL)
    *trailing = g_steal_pointer (&metadata);

  return event->value;
}

static void
listen_on_port (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  guint16 number;

  fixture->server = grpc_aio_server_new ();
  grpc_aio_server_add_generic_handler (fixture->server, GRPC_AIO_GENERIC_RPC_HANDLER (fixture->port));
  number = grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  fixture->target = g_strdup_printf ("127.0.0.1:%u", number);
}

static void
start_server (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  grpc_aio_port_enter (fixture->port);
  grpc_aio_server_start (fixture->server, &error);
  g_assert_no_error (error);
  fixture->channel = grpc_aio_channel_new (fixture->target, NULL);
  grpc_aio_port_leave (fixture->port);
}

static void
fixture_set_up_port (Fixture *fixture,
                     gconstpointer data)
{
  fixture->port = grpc_aio_port_new ();
  fixture->methods = g_ptr_array_new_with_free_func (g_free);
  fixture->calls = g_hash_table_new (NULL, NULL);
  g_queue_init (&fixture->events);
  listen_on_port (fixture);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  fixture_set_up_port (fixture, data);
  start_server (fixture);
}

/* Drops the last reference. Another thread may be about to give back what it has. */
static void
wait_until_gone (gpointer *object)
{
  gint64 end = g_get_monotonic_time () + PATIENCE_MSEC * 1000;
  gpointer weak_pointer = *object;

  if (*object == NULL)
    return;

  g_object_add_weak_pointer (weak_pointer, &weak_pointer);
  g_clear_object (object);
  while (g_atomic_pointer_get (&weak_pointer) != NULL && g_get_monotonic_time () < end)
    g_thread_yield ();
  g_assert_null (weak_pointer);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  if (fixture->port != NULL)
    {
      g_autoptr (GAsyncResult) result = NULL;

      grpc_aio_port_enter (fixture->port);
      grpc_aio_server_stop_async (fixture->server, 0, NULL, store_result, &result);
      grpc_aio_port_leave (fixture->port);
      while (result == NULL)
        {
          if (drain (fixture) == 0 && result == NULL)
            g_assert_true (is_readable (fixture, PATIENCE_MSEC));
        }
    }

  g_clear_object (&fixture->channel);
  if (fixture->port != NULL)
    grpc_aio_port_close (fixture->port);
  wait_until_gone ((gpointer *) &fixture->server);
  wait_until_gone ((gpointer *) &fixture->port);
  g_queue_clear_full (&fixture->events, event_free);
  g_ptr_array_unref (fixture->methods);
  g_hash_table_unref (fixture->calls);
  g_free (fixture->target);
}

static void
test_unary (Fixture *fixture,
            gconstpointer data)
{
  g_test_summary ("A call with one request and one response is one frame, and its id is free then");

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *request = g_strdup_printf ("message %u", i);
      g_autoptr (Event) event = NULL;

      start (fixture, 0, "/test/Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, request, NULL);
      event = wait_for (fixture, 0, GRPC_AIO_PORT_EVENT_RESULT);
      assert_bytes (event->payload, request);
      g_assert_cmpuint (event->value, ==, 0);
    }

  wait_until_over (fixture, 100);
  g_assert_cmpuint (fixture->n_cancelled, ==, 0);
  g_assert_null (grpc_aio_port_dup_peer (fixture->port, 0));
}

static void
test_many (Fixture *fixture,
           gconstpointer data)
{
  g_test_summary ("Many calls at a time end each once");

  for (guint32 id = 0; id < 500; id++)
    start (fixture, id, "/test/Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", NULL);
  for (guint32 id = 0; id < 500; id++)
    {
      g_autoptr (Event) event = wait_for (fixture, id, GRPC_AIO_PORT_EVENT_RESULT);

      assert_bytes (event->payload, "x");
    }
  for (GList *at = fixture->events.head; at != NULL; at = at->next)
    g_assert_cmpuint (((Event *) at->data)->id & SERVED, !=, 0);
}

static void
test_failure (Fixture *fixture,
              gconstpointer data)
{
  g_autofree char *details = NULL, *trailing = NULL;
  guint32 flags;

  g_test_summary ("A failure comes with code, details and trailing metadata");

  start (fixture, 0, "/test/Fail", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", NULL);
  g_assert_cmpuint (wait_for_status (fixture, 0, &flags, &details, &trailing), ==, GRPC_AIO_STATUS_CODE_NOT_FOUND);
  g_assert_cmpstr (details, ==, "no such thing");
  g_assert_cmpstr (trailing, ==, "color=blue blob-bin=\xff ");
  g_assert_cmpuint (flags, ==, 0);
}

static void
test_deadline (Fixture *fixture,
               gconstpointer data)
{
  guint32 id = 3;

  g_test_summary ("A deadline ends the call with nothing else going on, and the server is told");

  /* A busy machine may need longer until the server has the call. */
  for (int timeout_msec = 50; fixture->n_over == 0; timeout_msec *= 2, id++)
    {
      g_autoptr (GByteArray) options = new_options (0, timeout_msec * 1000, 0);

      start (fixture, id, "/test/Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", options);
      g_assert_cmpuint (wait_for_status (fixture, id, NULL, NULL, NULL), ==, GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED);
      while (fixture->n_over == 0 && (drain (fixture) > 0 || is_readable (fixture, timeout_msec)))
        ;
    }
  g_assert_cmpuint (fixture->n_cancelled, ==, fixture->n_over);
}

static void
test_cancel (Fixture *fixture,
             gconstpointer data)
{
  guint32 flags;

  g_test_summary ("Cancelling ends a call once, before, during and after it");

  start (fixture, 0, "/test/Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", NULL);
  grpc_aio_port_cancel (fixture->port, 0);
  g_assert_cmpuint (wait_for_status (fixture, 0, &flags, NULL, NULL), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
  g_assert_cmpuint (flags, ==, 1);

  fixture->is_by_hand = TRUE;
  start (fixture, 1, "/test/Hang", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  wait_for_call (fixture);
  grpc_aio_port_cancel (fixture->port, 1);
  grpc_aio_port_cancel (fixture->port, 1);
  g_assert_cmpuint (wait_for_status (fixture, 1, &flags, NULL, NULL), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
  g_assert_cmpuint (flags, ==, 1);
  grpc_aio_port_cancel (fixture->port, 1);
  wait_until_over (fixture, 1);
  g_assert_null (find (fixture, 1, GRPC_AIO_PORT_EVENT_STATUS));
}

static void
test_cancel_by_server (Fixture *fixture,
                       gconstpointer data)
{
  guint32 flags, id;

  g_test_summary ("A call that the server cancels is told to both sides");

  fixture->is_by_hand = TRUE;
  start (fixture, 0, "/test/Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", NULL);
  id = wait_for_call (fixture);
  grpc_aio_port_cancel (fixture->port, id);
  g_assert_cmpuint (wait_for_status (fixture, 0, &flags, NULL, NULL), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
  g_assert_cmpuint (flags, ==, 0);
  wait_until_over (fixture, 1);
  g_assert_cmpuint (fixture->n_cancelled, ==, 1);
}

static void
test_release (Fixture *fixture,
              gconstpointer data)
{
  g_autofree char *details = NULL;
  guint32 id;

  g_test_summary ("What is released is cancelled, or ends without an answer");

  start (fixture, 0, "/test/Hang", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  wait_for_call (fixture);
  grpc_aio_port_release (fixture->port, 0);
  wait_until_over (fixture, 1);
  g_assert_cmpuint (fixture->n_cancelled, ==, 1);
  g_assert_null (find (fixture, 0, GRPC_AIO_PORT_EVENT_STATUS));

  fixture->is_by_hand = TRUE;
  start (fixture, 0, "/test/Hang", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  id = wait_for_call (fixture);
  grpc_aio_port_release (fixture->port, id);
  g_assert_cmpuint (wait_for_status (fixture, 0, NULL, &details, NULL), ==, GRPC_AIO_STATUS_CODE_UNKNOWN);
  g_assert_cmpstr (details, ==, "The handler of /test/Hang ended without an answer");
  grpc_aio_port_release (fixture->port, id);
}

static void
test_chat (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (Event) connected = NULL;
  g_autoptr (Event) done = NULL;
  g_autoptr (Event) end = NULL;
  g_autofree char *metadata = NULL;
  guint64 written = 0;
  gsize at = 0;

  g_test_summary ("Messages go both ways, in order, with metadata before and the status after them");

  start (fixture, 0, "/test/Chat", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  connected = wait_for (fixture, 0, GRPC_AIO_PORT_EVENT_CONNECTED);
  metadata = get_metadata (connected->payload, &at);
  g_assert_cmpstr (metadata, ==, "hello=there ");

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *message = g_strdup_printf ("%u", 10 + i);

      grpc_aio_port_write (fixture->port, 0, (const guint8 *) message, strlen (message), 0);
    }
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *message = g_strdup_printf ("%u", 10 + i);
      g_autoptr (Event) event = wait_for (fixture, 0, GRPC_AIO_PORT_EVENT_MESSAGE);

      assert_bytes (event->payload, message);
    }
  while (written < 20 * (2 + GRPC_AIO_PORT_MESSAGE_COST))
    {
      g_autoptr (Event) event = wait_for (fixture, 0, GRPC_AIO_PORT_EVENT_WRITTEN);

      written += event->value;
    }
  g_assert_cmpuint (written, ==, 20 * (2 + GRPC_AIO_PORT_MESSAGE_COST));

  grpc_aio_port_done_writing (fixture->port, 0);
  done = wait_for (fixture, 0, GRPC_AIO_PORT_EVENT_WRITES_DONE);
  g_assert_cmpuint (wait_for_status (fixture, 0, NULL, NULL, NULL), ==, GRPC_AIO_STATUS_CODE_OK);
  wait_until_over (fixture, 1);
  g_assert_cmpuint (fixture->n_cancelled, ==, 0);
}

static void
test_one_response (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (Event) event = NULL;
  g_autoptr (Event) started = NULL;
  g_autoptr (Event) connected = NULL;

  g_test_summary ("A stream of requests tells that it began, and has its one response in the result");

  start (fixture, 0, "/test/Echo", GRPC_AIO_METHOD_KIND_STREAM_UNARY, NULL, NULL);
  started = wait_for (fixture, 0, GRPC_AIO_PORT_EVENT_STARTED);
  g_assert_null (find (fixture, 0, GRPC_AIO_PORT_EVENT_CONNECTED));
  grpc_aio_port_write (fixture->port, 0, (const guint8 *) "first", 5, 0);
  event = wait_for (fixture, 0, GRPC_AIO_PORT_EVENT_RESULT);
  assert_bytes (event->payload, "first");
  connected = wait_for (fixture, 0, GRPC_AIO_PORT_EVENT_CONNECTED);
}

static void
test_after_the_end (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (Event) event = NULL;
  guint32 id;

  g_test_summary ("What comes after the end does nothing, and a write that is too late is told");

  fixture->is_by_hand = TRUE;
  start (fixture, 0, "/test/Hang", GRPC_AIO_METHOD_KIND_UNARY_STREAM, "x", NULL);
  id = wait_for_call (fixture);
  g_assert_true (grpc_aio_port_set_compression (fixture->port, id, GRPC_AIO_COMPRESSION_GZIP));
  grpc_aio_port_finish (fixture->port, id, GRPC_AIO_STATUS_CODE_ABORTED, TRUE);
  g_assert_false (grpc_aio_port_set_compression (fixture->port, id, GRPC_AIO_COMPRESSION_GZIP));
  g_assert_true (grpc_aio_port_write (fixture->port, id, (const guint8 *) "x", 1, 0));
  event = wait_for (fixture, id, GRPC_AIO_PORT_EVENT_NOT_WRITTEN);
  g_assert_cmpuint (wait_for_status (fixture, 0, NULL, NULL, NULL), ==, GRPC_AIO_STATUS_CODE_ABORTED);

  g_assert_false (grpc_aio_port_write (fixture->port, 0, (const guint8 *) "x", 1, 0));
  g_assert_false (grpc_aio_port_read (fixture->port, 0, 5));
  g_assert_false (grpc_aio_port_done_writing (fixture->port, 0));
  grpc_aio_port_cancel (fixture->port, 0);
  grpc_aio_port_release (fixture->port, 0);
  wait_until_over (fixture, 1);
  g_assert_false (grpc_aio_port_finish (fixture->port, id, GRPC_AIO_STATUS_CODE_OK, FALSE));
  g_assert_false (grpc_aio_port_respond (fixture->port, id, NULL, 0, FALSE));
}

static void
test_flow_control (Fixture *fixture,
                   gconstpointer data)
{
  guint n = 0;
  Event *event;

  g_test_summary ("A call that gives nothing back reads no more than its allowance");

  start (fixture, 0, "/test/Flood", GRPC_AIO_METHOD_KIND_UNARY_STREAM, "x", NULL);

  /* The server writes until flow control stops it: nothing of it is written any more
   * for a while. */
  while (drain (fixture) > 0 || is_readable (fixture, 300))
    ;
  while ((event = find (fixture, 0, GRPC_AIO_PORT_EVENT_MESSAGE)) != NULL)
    {
      event_free (event);
      n++;
    }
  g_assert_cmpuint (n, ==, 65536 / (4 + GRPC_AIO_PORT_MESSAGE_COST) + 1);

  grpc_aio_port_read (fixture->port, 0, 5 * (4 + GRPC_AIO_PORT_MESSAGE_COST));
  for (guint i = 0; i < 5; i++)
    event_free (wait_for (fixture, 0, GRPC_AIO_PORT_EVENT_MESSAGE));
  grpc_aio_port_cancel (fixture->port, 0);
  g_assert_cmpuint (wait_for_status (fixture, 0, NULL, NULL, NULL), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
  wait_until_over (fixture, 1);
}

static void
test_large (Fixture *fixture,
            gconstpointer data)
{
  g_autofree char *request = g_strnfill (GRPC_AIO_PORT_LARGE_MESSAGE + 5, 'x');
  g_autoptr (Event) large = NULL;
  g_autoptr (Event) result = NULL;
  const guint8 *message;
  gsize length;

  g_test_summary ("A large message is fetched apart, both ways");

  start (fixture, 0, "/test/Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, request, NULL);
  large = wait_for (fixture, 0, GRPC_AIO_PORT_EVENT_LARGE_MESSAGE);
  result = wait_for (fixture, 0, GRPC_AIO_PORT_EVENT_RESULT);
  g_assert_cmpuint (large->value, ==, strlen (request));
  g_assert_cmpuint (result->value, ==, 1);
  g_assert_cmpuint (g_bytes_get_size (result->payload), ==, 0);

  message = grpc_aio_port_take_message (fixture->port, 0, &length);
  g_assert_cmpmem (message, length, request, strlen (request));
  g_assert_null (grpc_aio_port_take_message (fixture->port, 0, &length));
  g_assert_cmpuint (length, ==, 0);

  start (fixture, 0, "/test/Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "small", NULL);
  g_clear_pointer (&result, event_free);
  result = wait_for (fixture, 0, GRPC_AIO_PORT_EVENT_RESULT);
  assert_bytes (result->payload, "small");
}

static void
test_options (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GByteArray) options = g_byte_array_new ();
  g_autoptr (Event) call = NULL;
  g_autoptr (Event) result = NULL;
  g_autoptr (GrpcAioAuthContext) auth_context = NULL;
  g_autofree char *host = NULL, *metadata = NULL, *peer = NULL;
  const gint64 timeout = GINT64_TO_LE (G_USEC_PER_SEC * 60);
  gint64 left;
  gsize at = sizeof left;
  guint32 id;

  g_test_summary ("The options of a call arrive: time, authority, metadata; and it is kept");

  put_uint32 (options, 1 | 2 | 4);
  put_uint32 (options, GRPC_AIO_COMPRESSION_GZIP);
  g_byte_array_append (options, (const guint8 *) &timeout, sizeof timeout);
  put_uint32 (options, 0);
  put_uint32 (options, 7);
  g_byte_array_append (options, (const guint8 *) "example", 7);
  put_uint32 (options, 1);
  put_entry (options, "key", "value");

  fixture->is_by_hand = TRUE;
  start (fixture, 5, "/test/Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", options);
  while ((call = find (fixture, SERVED | 1, GRPC_AIO_PORT_EVENT_CALL)) == NULL)
    {
      if (drain (fixture) == 0)
        g_assert_true (is_readable (fixture, PATIENCE_MSEC));
    }
  id = call->id;
  memcpy (&left, g_bytes_get_data (call->payload, NULL), sizeof left);
  left = GINT64_FROM_LE (left);
  g_assert_cmpint (left, >, 0);
  g_assert_cmpint (left, <=, 61 * G_USEC_PER_SEC);
  g_assert_cmpuint (get_uint32 (call->payload, &at), ==, grpc_aio_port_get_server_number (fixture->port, fixture->server));
  host = get_text (call->payload, &at);
  g_assert_cmpstr (host, ==, "example");
  metadata = get_metadata (call->payload, &at);
  g_assert_nonnull (strstr (metadata, "key=value "));
  peer = grpc_aio_port_dup_peer (fixture->port, id);
  g_assert_true (g_str_has_prefix (peer, "ipv4:127.0.0.1:"));
  auth_context = grpc_aio_port_dup_auth_context (fixture->port, id);
  g_assert_nonnull (auth_context);
  g_clear_object (&auth_context);
  g_clear_pointer (&peer, g_free);

  respond (fixture, id, "answer");
  result = wait_for (fixture, 5, GRPC_AIO_PORT_EVENT_RESULT);
  assert_bytes (result->payload, "answer");
  peer = grpc_aio_port_dup_peer (fixture->port, 5);
  g_assert_cmpstr (peer + strlen ("ipv4:"), ==, fixture->target);
  auth_context = grpc_aio_port_dup_auth_context (fixture->port, 5);
  g_assert_nonnull (auth_context);
  grpc_aio_port_release (fixture->port, 5);
  g_assert_null (grpc_aio_port_dup_auth_context (fixture->port, 5));
}

static void
test_invalid_options (Fixture *fixture,
                      gconstpointer data)
{
  g_autoptr (GByteArray) options = new_options (0, -1, 0);

  g_test_summary ("Options that end too early, or have metadata that may not be sent, are refused");

  put_uint32 (options, 1);
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*is_invalid*");
  g_assert_false (start (fixture, 0, "/test/Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", options));
  g_test_assert_expected_messages ();

  put_entry (options, "No", "value");
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*is_invalid*");
  g_assert_false (start (fixture, 0, "/test/Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", options));
  g_test_assert_expected_messages ();
}

static void
test_parent (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GByteArray) options = NULL;
  guint32 id;

  g_test_summary ("A call that is part of a server's call ends with it");

  fixture->is_by_hand = TRUE;
  start (fixture, 0, "/test/Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", NULL);
  id = wait_for_call (fixture);
  options = new_options (0, -1, id);
  start (fixture, 1, "/test/Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", options);
  wait_for_call (fixture);
  grpc_aio_port_cancel (fixture->port, 0);
  g_assert_cmpuint (wait_for_status (fixture, 1, NULL, NULL, NULL), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
  wait_until_over (fixture, 2);
}

static void
test_unreachable (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GByteArray) options = new_options (1, 50 * 1000, 0);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Without a server a call fails, unless it waits for one");

  grpc_aio_port_enter (fixture->port);
  g_clear_object (&fixture->channel);
  fixture->channel = grpc_aio_channel_new ("unix:/nowhere/to/be/found", NULL);
  grpc_aio_port_leave (fixture->port);

  start (fixture, 0, "/test/Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", NULL);
  g_assert_cmpuint (wait_for_status (fixture, 0, NULL, NULL, NULL), ==, GRPC_AIO_STATUS_CODE_UNAVAILABLE);
  start (fixture, 1, "/test/Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", options);
  g_assert_cmpuint (wait_for_status (fixture, 1, NULL, NULL, NULL), ==, GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED);
}

static void
test_closed_channel (Fixture *fixture,
                     gconstpointer data)
{
  g_test_summary ("A call of a closed channel has failed before start returns, and is told by drain");

  grpc_aio_channel_close (fixture->channel);
  g_assert_true (start (fixture, 0, "/test/Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", NULL));
  g_assert_cmpuint (wait_for_status (fixture, 0, NULL, NULL, NULL), ==, GRPC_AIO_STATUS_CODE_FAILED_PRECONDITION);
}

static void
test_descriptor (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (Event) event = NULL;

  g_test_summary ("The descriptor is readable until all is drained, and only then not");

  while (drain (fixture) > 0 || is_readable (fixture, 0))
    ;
  g_assert_false (is_readable (fixture, 50));

  fixture->is_by_hand = TRUE;
  if (!start (fixture, 0, "/test/Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", NULL))
    {
      g_assert_true (is_readable (fixture, PATIENCE_MSEC));
      g_assert_true (is_readable (fixture, 0));
    }
  respond (fixture, wait_for_call (fixture), "y");
  event = wait_for (fixture, 0, GRPC_AIO_PORT_EVENT_RESULT);
}

static gboolean
count (gpointer data)
{
  guint *n = data;

  return ++*n < 3;
}

static void
test_end_at_once (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GByteArray) options = new_options (0, 1, 0);

  g_test_summary ("Calls that end while they begin leave nothing behind");

  start (fixture, 0, "/test/Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", options);
  g_assert_cmpuint (wait_for_status (fixture, 0, NULL, NULL, NULL), ==, GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED);
  start (fixture, 1, "/test/Chat", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  grpc_aio_port_cancel (fixture->port, 1);
  g_assert_cmpuint (wait_for_status (fixture, 1, NULL, NULL, NULL), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
}

static void
test_sources (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GSource) timeout = g_timeout_source_new (5);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  guint n = 0;

  g_test_summary ("The port runs all of its main context: timers, and what was begun inside of it");

  grpc_aio_port_enter (fixture->port);
  g_source_set_callback (timeout, count, &n, NULL);
  g_source_attach (timeout, g_main_context_get_thread_default ());
  grpc_aio_channel_ready_async (fixture->channel, NULL, store_result, &result);
  grpc_aio_port_leave (fixture->port);

  while (n < 3 || result == NULL)
    {
      g_assert_true (is_readable (fixture, PATIENCE_MSEC));
      drain (fixture);
    }
  g_assert_true (grpc_aio_channel_ready_finish (fixture->channel, result, &error));
  g_assert_no_error (error);
}

static void
test_interceptor (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GrpcAioClientInterceptor) interceptor = pass_interceptor_new ();
  g_autoptr (GrpcAioChannel) base = fixture->channel;
  g_autoptr (Event) event = NULL;

  g_test_summary ("Calls go through the interceptors of the channel");

  fixture->channel = grpc_aio_channel_intercept (base, &interceptor, 1);
  start (fixture, 0, "/test/Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", NULL);
  event = wait_for (fixture, 0, GRPC_AIO_PORT_EVENT_RESULT);
  assert_bytes (event->payload, "x");
  test_chat (fixture, data);
}

static void
test_elsewhere (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autofree char *details = NULL;

  g_test_summary ("A server that runs in another main context has its calls refused");

  g_main_context_push_thread_default (context);
  grpc_aio_server_start (fixture->server, &error);
  g_main_context_pop_thread_default (context);
  g_assert_no_error (error);
  fixture->channel = grpc_aio_channel_new (fixture->target, NULL);

  start (fixture, 0, "/test/Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", NULL);
  for (;;)
    {
      g_main_context_iteration (context, FALSE);
      drain (fixture);
      if (!g_queue_is_empty (&fixture->events))
        break;
      is_readable (fixture, 1);
    }
  g_assert_cmpuint (wait_for_status (fixture, 0, NULL, &details, NULL), ==, GRPC_AIO_STATUS_CODE_INTERNAL);
  g_assert_cmpstr (details, ==, "The server was not started in the main context of its port");

  g_main_context_push_thread_default (context);
  grpc_aio_server_stop_sync (fixture->server, 0, NULL, &error);
  g_main_context_pop_thread_default (context);
  g_assert_no_error (error);
}

static gboolean
has_two_cancelled (gpointer data)
{
  return ((Peer *) data)->n_cancelled == 2;
}

static gboolean
has_two_contexts (gpointer data)
{
  return ((Peer *) data)->contexts->len == 2;
}

/* Calls of a port are under way to a server elsewhere. */
static GrpcAioPort *
begin_two (Peer *peer,
           GrpcAioMultiCallable **methods)
{
  GrpcAioPort *port = grpc_aio_port_new ();

  methods[0] = grpc_aio_channel_unary_unary (peer->channel, "/test.Peer/Hang");
  methods[1] = grpc_aio_channel_stream_stream (peer->channel, "/test.Peer/HangChat");
  grpc_aio_port_start (port, 0, methods[0], (const guint8 *) "x", 1, NULL, 0, NULL);
  grpc_aio_port_start (port, 1, methods[1], NULL, 0, NULL, 0, NULL);

  return port;
}

static void
let_go (GrpcAioMultiCallable **methods)
{
  for (guint i = 0; i < 2; i++)
    wait_until_gone ((gpointer *) &methods[i]);
}

static void
test_close (void)
{
  Peer peer = { NULL };
  GrpcAioMultiCallable *methods[2];
  GrpcAioPort *port;
  gsize length;

  g_test_summary ("A port that is closed cancels its calls, takes no more, and leaves nothing behind");

  peer_set_up (&peer);
  port = begin_two (&peer, methods);
  iterate_until (has_two_contexts, &peer);
  grpc_aio_port_close (port);
  iterate_until (has_two_cancelled, &peer);

  g_assert_cmpint (grpc_aio_port_get_fd (port), ==, -1);
  g_assert_null (grpc_aio_port_drain (port, &length));
  g_assert_cmpuint (length, ==, 0);
  g_assert_false (grpc_aio_port_write (port, 1, (const guint8 *) "x", 1, 0));
  grpc_aio_port_cancel (port, 1);
  grpc_aio_port_release (port, 1);
  grpc_aio_port_close (port);
  g_assert_finalize_object (port);

  let_go (methods);

  /* At once. */
  port = begin_two (&peer, methods);
  g_assert_finalize_object (port);
  let_go (methods);
  peer_tear_down (&peer);
}

static gpointer
run_port (gpointer data)
{
  GrpcAioChannel *channel = data;
  g_autoptr (GrpcAioPort) port = grpc_aio_port_new ();
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
  guint n_results = 0;

  for (guint32 id = 0; id < 100; id++)
    grpc_aio_port_start (port, id, method, (const guint8 *) "x", 1, NULL, 0, NULL);
  while (n_results < 100)
    {
      struct pollfd fd = { grpc_aio_port_get_fd (port), POLLIN, 0 };
      gsize length, at = 0;
      const guint8 *data_ = grpc_aio_port_drain (port, &length);
      g_autoptr (GBytes) frames = g_bytes_new (data_, length);

      while (at < length)
        {
          at += 4;
          g_assert_cmpuint (get_uint32 (frames, &at), ==, GRPC_AIO_PORT_EVENT_RESULT);
          at += 4;
          at += get_uint32 (frames, &at);
          n_results++;
        }
      if (length == 0)
        g_assert_cmpint (poll (&fd, 1, PATIENCE_MSEC), ==, 1);
    }

  return GUINT_TO_POINTER (n_results);
}

typedef struct
{
  GThread *threads[4];
  guint n_left;
} Threads;

static gboolean
on_thread_ended (gpointer data)
{
  ((Threads *) data)->n_left--;

  return G_SOURCE_REMOVE;
}

static gpointer
run_and_tell (gpointer data)
{
  gpointer *args = data;
  gpointer n = run_port (args[0]);

  g_idle_add (on_thread_ended, args[1]);

  return n;
}

static gboolean
have_ended (gpointer data)
{
  return ((Threads *) data)->n_left == 0;
}

static void
test_threads (void)
{
  Peer peer = { NULL };
  Threads threads = { { NULL }, 4 };
  gpointer args[2];

  g_test_summary ("Ports of several threads share a channel");

  peer_set_up (&peer);
  args[0] = peer.channel;
  args[1] = &threads;
  for (guint i = 0; i < 4; i++)
    threads.threads[i] = g_thread_new ("port", run_and_tell, args);
  iterate_until (have_ended, &threads);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpuint (GPOINTER_TO_UINT (g_thread_join (threads.threads[i])), ==, 100);
  peer_tear_down (&peer);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, test) g_test_add ("/port/" path, Fixture, NULL, fixture_set_up, test, fixture_tear_down)
  ADD ("unary", test_unary);
  ADD ("many", test_many);
  ADD ("failure", test_failure);
  ADD ("deadline", test_deadline);
  ADD ("cancel", test_cancel);
  ADD ("cancel-by-server", test_cancel_by_server);
  ADD ("release", test_release);
  ADD ("chat", test_chat);
  ADD ("one-response", test_one_response);
  ADD ("after-the-end", test_after_the_end);
  ADD ("flow-control", test_flow_control);
  ADD ("large", test_large);
  ADD ("options", test_options);
  ADD ("invalid-options", test_invalid_options);
  ADD ("parent", test_parent);
  ADD ("unreachable", test_unreachable);
  ADD ("closed-channel", test_closed_channel);
  ADD ("descriptor", test_descriptor);
  ADD ("end-at-once", test_end_at_once);
  ADD ("sources", test_sources);
  ADD ("interceptor", test_interceptor);
#undef ADD
  g_test_add ("/port/elsewhere", Fixture, NULL, fixture_set_up_port, test_elsewhere, fixture_tear_down);
  g_test_add_func ("/port/close", test_close);
  g_test_add_func ("/port/threads", test_threads);

  return g_test_run ();
}
