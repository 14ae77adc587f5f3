/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "test-utils.h"

typedef struct
{
  Peer peer;
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

/* Every operation of a call in one form, so that each meets every fate. */

typedef struct
{
  const char *name;
  void (*start) (GrpcAioCall *call,
                 GCancellable *cancellable,
                 GAsyncReadyCallback callback,
                 gpointer user_data);
  gboolean (*end) (GrpcAioCall *call,
                   GAsyncResult *result,
                   GError **error);
  gboolean (*run) (GrpcAioCall *call,
                   GCancellable *cancellable,
                   GError **error);
  GrpcAioMethodKind kind;
  const char *good_method;
  const char *good_request;
  const char *hanging_method; /* the operation does not end by itself */
  gboolean only_waits;        /* cancelling it leaves the call alone */
  gboolean never_fails;       /* a bad status is no error */
} Operation;

static void
start_write (GrpcAioCall *call,
             GCancellable *cancellable,
             GAsyncReadyCallback callback,
             gpointer user_data)
{
  g_autoptr (GBytes) message = bytes_from ("message");

  grpc_aio_call_write_async (call, message, cancellable, callback, user_data);
}

static gboolean
run_write (GrpcAioCall *call,
           GCancellable *cancellable,
           GError **error)
{
  g_autoptr (GBytes) message = bytes_from ("message");

  return grpc_aio_call_write_sync (call, message, cancellable, error);
}

static void
start_write_with_flags (GrpcAioCall *call,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GBytes) message = bytes_from ("message");

  grpc_aio_call_write_with_flags_async (call, message, GRPC_AIO_WRITE_FLAGS_WRITE_THROUGH, cancellable, callback, user_data);
}

static gboolean
run_write_with_flags (GrpcAioCall *call,
                      GCancellable *cancellable,
                      GError **error)
{
  g_autoptr (GBytes) message = bytes_from ("message");

  return grpc_aio_call_write_with_flags_sync (call, message, GRPC_AIO_WRITE_FLAGS_WRITE_THROUGH, cancellable, error);
}

#define DEFINE_BYTES(name) \
  static gboolean \
  end_##name (GrpcAioCall *call, GAsyncResult *result, GError **error) \
  { \
    g_autoptr (GBytes) bytes = grpc_aio_call_##name##_finish (call, result, error); \
    return bytes != NULL; \
  } \
  static gboolean \
  run_##name (GrpcAioCall *call, GCancellable *cancellable, GError **error) \
  { \
    g_autoptr (GBytes) bytes = grpc_aio_call_##name##_sync (call, cancellable, error); \
    return bytes != NULL; \
  }

#define DEFINE_METADATA(name) \
  static gboolean \
  end_##name (GrpcAioCall *call, GAsyncResult *result, GError **error) \
  { \
    g_autoptr (GrpcAioMetadata) metadata = grpc_aio_call_##name##_finish (call, result, error); \
    return metadata != NULL; \
  } \
  static gboolean \
  run_##name (GrpcAioCall *call, GCancellable *cancellable, GError **error) \
  { \
    g_autoptr (GrpcAioMetadata) metadata = grpc_aio_call_##name##_sync (call, cancellable, error); \
    return metadata != NULL; \
  }

DEFINE_BYTES (response)
DEFINE_BYTES (read)
DEFINE_METADATA (initial_metadata)
DEFINE_METADATA (trailing_metadata)

static gboolean
end_status (GrpcAioCall *call,
            GAsyncResult *result,
            GError **error)
{
  GError *local_error = NULL;

  grpc_aio_call_status_finish (call, result, &local_error);
  if (local_error == NULL)
    return TRUE;

  g_propagate_error (error, local_error);
  return FALSE;
}

static gboolean
run_status (GrpcAioCall *call,
            GCancellable *cancellable,
            GError **error)
{
  GError *local_error = NULL;

  grpc_aio_call_status_sync (call, cancellable, &local_error);
  if (local_error == NULL)
    return TRUE;

  g_propagate_error (error, local_error);
  return FALSE;
}

static const Operation operations[] = {
  { "response", grpc_aio_call_response_async, end_response, run_response,
    GRPC_AIO_METHOD_KIND_UNARY_UNARY, "Echo", "x", "Hang", FALSE, FALSE },
  { "read", grpc_aio_call_read_async, end_read, run_read,
    GRPC_AIO_METHOD_KIND_UNARY_STREAM, "Count", "3", "HangStream", FALSE, FALSE },
  { "write", start_write, grpc_aio_call_write_finish, run_write,
    GRPC_AIO_METHOD_KIND_STREAM_STREAM, "Chat", NULL, NULL, FALSE, FALSE },
  { "write-with-flags", start_write_with_flags, grpc_aio_call_write_with_flags_finish, run_write_with_flags,
    GRPC_AIO_METHOD_KIND_STREAM_STREAM, "Chat", NULL, NULL, FALSE, FALSE },
  { "done-writing", grpc_aio_call_done_writing_async, grpc_aio_call_done_writing_finish, grpc_aio_call_done_writing_sync,
    GRPC_AIO_METHOD_KIND_STREAM_STREAM, "Chat", NULL, NULL, FALSE, FALSE },
  { "initial-metadata", grpc_aio_call_initial_metadata_async, end_initial_metadata, run_initial_metadata,
    GRPC_AIO_METHOD_KIND_UNARY_STREAM, "Count", "1", "HangStream", TRUE, FALSE },
  { "trailing-metadata", grpc_aio_call_trailing_metadata_async, end_trailing_metadata, run_trailing_metadata,
    GRPC_AIO_METHOD_KIND_UNARY_UNARY, "Echo", "x", "Hang", TRUE, TRUE },
  { "status", grpc_aio_call_status_async, end_status, run_status,
    GRPC_AIO_METHOD_KIND_UNARY_UNARY, "Echo", "x", "Hang", TRUE, TRUE },
  { "wait-for-connection", grpc_aio_call_wait_for_connection_async, grpc_aio_call_wait_for_connection_finish, grpc_aio_call_wait_for_connection_sync,
    GRPC_AIO_METHOD_KIND_UNARY_STREAM, "Count", "1", "HangStream", FALSE, FALSE },
};

/* A call on which @operation does not end by itself. Flow control holds writes:
 * what is written is larger than any window, and nobody reads. */
static GrpcAioCall *
call_that_hangs (Peer *peer,
                 const Operation *operation,
                 GrpcAioCallOptions *options)
{
  g_autoptr (GBytes) large = NULL;
  GrpcAioCall *call;

  if (operation->hanging_method != NULL)
    return peer_call (peer, operation->hanging_method, operation->kind, operation->good_request, options);

  call = peer_call (peer, "HangChat", operation->kind, NULL, options);
  large = g_bytes_new_take (g_malloc0 (64 << 20), 64 << 20);
  grpc_aio_call_write_async (call, large, NULL, NULL, NULL);

  return call;
}

/* What a call that was cancelled here must look like in the end. */
static void
assert_cancelled (Peer *peer,
                  GrpcAioCall *call)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_call_status_async (call, NULL, store_result, &result);
  g_assert_cmpint (grpc_aio_call_status_finish (call, await (&result), &error), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_call_is_done (call));
  g_assert_true (grpc_aio_call_is_cancelled (call));
}

static void
assert_ends (const Operation *operation,
             GrpcAioCall *call,
             GAsyncResult **result,
             GQuark domain,
             int code)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = operation->end (call, await (result), &error);

  if (domain == 0 || (operation->never_fails && domain == GRPC_AIO_ERROR))
    {
      g_assert_no_error (error);
      g_assert_true (ok);
    }
  else
    {
      g_assert_error (error, domain, code);
      g_assert_false (ok);
    }
}

static void
test_success (Fixture *fixture,
              gconstpointer data)
{
  const Operation *operation = data;
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  g_test_summary ("The operation succeeds");

  call = peer_call (&fixture->peer, operation->good_method, operation->kind, operation->good_request, NULL);
  operation->start (call, NULL, store_result, &result);
  g_assert_null (result);
  assert_ends (operation, call, &result, 0, 0);
}

static void
test_error (Fixture *fixture,
            gconstpointer data)
{
  const Operation *operation = data;
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) status = NULL, result = NULL;

  g_test_summary ("The operation ends with the status of a call that failed");

  /* There is no such method: the whole call fails. */
  call = peer_call (&fixture->peer, "Missing", operation->kind, operation->good_request, NULL);
  grpc_aio_call_status_async (call, NULL, store_result, &status);
  await (&status);
  operation->start (call, NULL, store_result, &result);
  g_assert_null (result);
  assert_ends (operation, call, &result, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNIMPLEMENTED);
  g_assert_cmpint (grpc_aio_call_get_code (call), ==, GRPC_AIO_STATUS_CODE_UNIMPLEMENTED);
}

static void
test_deadline (Fixture *fixture,
               gconstpointer data)
{
  const Operation *operation = data;
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (50 * 1000);
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  g_test_summary ("The deadline ends the operation");

  call = call_that_hangs (&fixture->peer, operation, options);
  g_assert_cmpint (grpc_aio_call_time_remaining (call), <=, 50 * 1000);
  operation->start (call, NULL, store_result, &result);
  assert_ends (operation, call, &result, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  g_assert_cmpint (grpc_aio_call_get_code (call), ==, GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED);
  g_assert_cmpint (grpc_aio_call_time_remaining (call), ==, 0);
}

static void
test_cancel_before (Fixture *fixture,
                    gconstpointer data)
{
  const Operation *operation = data;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  g_test_summary ("A cancellable that is cancelled already ends the operation");

  g_cancellable_cancel (cancellable);
  call = call_that_hangs (&fixture->peer, operation, NULL);
  operation->start (call, cancellable, store_result, &result);
  g_assert_null (result);
  assert_ends (operation, call, &result, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  g_assert_cmpint (grpc_aio_call_is_active (call), ==, operation->only_waits);
  grpc_aio_call_cancel (call);
  assert_cancelled (&fixture->peer, call);
}

static void
test_cancel_during (Fixture *fixture,
                    gconstpointer data)
{
  const Operation *operation = data;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  g_test_summary ("Cancelling ends the operation once");

  call = call_that_hangs (&fixture->peer, operation, NULL);
  operation->start (call, cancellable, store_result, &result);
  g_main_context_iteration (NULL, FALSE);
  g_cancellable_cancel (cancellable);
  g_cancellable_cancel (cancellable);
  assert_ends (operation, call, &result, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  grpc_aio_call_cancel (call);
  assert_cancelled (&fixture->peer, call);
}

static gpointer
cancel_in_thread (gpointer data)
{
  g_cancellable_cancel (data);

  return NULL;
}

static void
test_cancel_thread (Fixture *fixture,
                    gconstpointer data)
{
  const Operation *operation = data;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  GThread *thread;

  g_test_summary ("Cancelling from another thread ends the operation here");

  call = call_that_hangs (&fixture->peer, operation, NULL);
  operation->start (call, cancellable, store_result, &result);
  thread = g_thread_new ("cancel", cancel_in_thread, cancellable);
  assert_ends (operation, call, &result, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);

  grpc_aio_call_cancel (call);
  assert_cancelled (&fixture->peer, call);
}

static void
test_cancel_after (Fixture *fixture,
                   gconstpointer data)
{
  const Operation *operation = data;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  g_test_summary ("Cancelling after the end changes nothing");

  call = peer_call (&fixture->peer, operation->good_method, operation->kind, operation->good_request, NULL);
  operation->start (call, cancellable, store_result, &result);
  assert_ends (operation, call, &result, 0, 0);
  g_cancellable_cancel (cancellable);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_call_cancelled (Fixture *fixture,
                     gconstpointer data)
{
  const Operation *operation = data;
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  g_test_summary ("Cancelling the call ends its operations");

  call = call_that_hangs (&fixture->peer, operation, NULL);
  operation->start (call, NULL, store_result, &result);
  g_assert_true (grpc_aio_call_cancel (call));
  if (operation->never_fails)
    assert_ends (operation, call, &result, 0, 0);
  else
    assert_ends (operation, call, &result, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_cancelled (&fixture->peer, call);
  g_assert_false (grpc_aio_call_cancel (call));
}

static void
test_finalize (Fixture *fixture,
               gconstpointer data)
{
  const Operation *operation = data;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GrpcAioCall *call;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GObject) source = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("An operation ends though the program dropped its call");

  call = call_that_hangs (&fixture->peer, operation, NULL);
  operation->start (call, cancellable, store_result, &result);
  g_object_unref (call);
  g_cancellable_cancel (cancellable);
  await (&result);
  source = g_async_result_get_source_object (result);
  g_assert_false (operation->end (GRPC_AIO_CALL (source), result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  grpc_aio_call_cancel (GRPC_AIO_CALL (source));
}

static void
test_run_dispose (Fixture *fixture,
                  gconstpointer data)
{
  const Operation *operation = data;
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  g_test_summary ("A call that is disposed of ends its operations");

  call = call_that_hangs (&fixture->peer, operation, NULL);
  operation->start (call, NULL, store_result, &result);
  g_object_run_dispose (G_OBJECT (call));
  if (operation->never_fails)
    assert_ends (operation, call, &result, 0, 0);
  else
    assert_ends (operation, call, &result, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static gpointer
serve_in_thread (gpointer data)
{
  GMainLoop *loop = data;

  g_main_context_push_thread_default (g_main_loop_get_context (loop));
  g_main_loop_run (loop);
  g_main_context_pop_thread_default (g_main_loop_get_context (loop));

  return NULL;
}

/* For functions that block: the server runs in another thread. */
typedef struct
{
  Peer peer;
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
} ThreadFixture;

static void
thread_fixture_set_up (ThreadFixture *fixture,
                       gconstpointer data)
{
  fixture->context = g_main_context_new ();
  fixture->loop = g_main_loop_new (fixture->context, FALSE);
  g_main_context_push_thread_default (fixture->context);
  peer_set_up (&fixture->peer);
  g_main_context_pop_thread_default (fixture->context);
  g_clear_object (&fixture->peer.channel);
  fixture->peer.channel = grpc_aio_channel_new (fixture->peer.target, NULL);
  fixture->thread = g_thread_new ("server", serve_in_thread, fixture->loop);
}

static gboolean
on_quit (gpointer data)
{
  g_main_loop_quit (data);

  return G_SOURCE_REMOVE;
}

static void
thread_fixture_tear_down (ThreadFixture *fixture,
                          gconstpointer data)
{
  g_autoptr (GSource) quit = g_idle_source_new ();

  peer_close_channel (&fixture->peer);

  /* From the loop, which may not have started yet. */
  g_source_set_callback (quit, on_quit, fixture->loop, NULL);
  g_source_attach (quit, fixture->context);
  g_thread_join (fixture->thread);
  g_main_context_push_thread_default (fixture->context);
  peer_tear_down (&fixture->peer);
  g_main_context_pop_thread_default (fixture->context);
  g_main_loop_unref (fixture->loop);
  g_main_context_unref (fixture->context);
}

static void
test_sync (ThreadFixture *fixture,
           gconstpointer data)
{
  const Operation *operation = data;
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("The blocking form succeeds");

  call = peer_call (&fixture->peer, operation->good_method, operation->kind, operation->good_request, NULL);
  g_assert_true (operation->run (call, NULL, &error));
  g_assert_no_error (error);
}

static void
test_sync_deadline (ThreadFixture *fixture,
                    gconstpointer data)
{
  const Operation *operation = data;
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (50 * 1000);
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("The deadline ends the blocking form");

  call = call_that_hangs (&fixture->peer, operation, options);
  g_assert_cmpint (operation->run (call, NULL, &error), ==, operation->never_fails);
  if (!operation->never_fails)
    g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
}

static void
test_sync_cancel (ThreadFixture *fixture,
                  gconstpointer data)
{
  const Operation *operation = data;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GError) error = NULL;
  GThread *thread;

  g_test_summary ("Cancelling from another thread ends the blocking form");

  call = call_that_hangs (&fixture->peer, operation, NULL);
  thread = g_thread_new ("cancel", cancel_in_thread, cancellable);
  g_assert_false (operation->run (call, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  grpc_aio_call_cancel (call);
}

/* What is not the same for all operations. */

static void
test_unary (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) result = NULL, again = NULL;
  g_autoptr (GBytes) response = NULL, same = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *peer = NULL;

  g_test_summary ("A unary call gives its response, then its status");

  call = peer_call (&fixture->peer, "Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "hello", NULL);
  g_assert_true (grpc_aio_call_is_active (call));
  g_assert_cmpint (grpc_aio_call_get_code (call), ==, GRPC_AIO_STATUS_CODE_UNKNOWN);
  g_assert_null (grpc_aio_call_get_details (call));
  g_assert_cmpint (grpc_aio_call_time_remaining (call), ==, -1);
  grpc_aio_call_response_async (call, NULL, store_result, &result);
  response = grpc_aio_call_response_finish (call, await (&result), &error);
  g_assert_no_error (error);
  assert_bytes (response, "hello");

  g_assert_true (grpc_aio_call_is_done (call));
  g_assert_false (grpc_aio_call_is_cancelled (call));
  g_assert_cmpint (grpc_aio_call_get_code (call), ==, GRPC_AIO_STATUS_CODE_OK);
  g_assert_cmpstr (grpc_aio_call_get_details (call), ==, "");
  g_assert_cmpint (grpc_aio_call_get_state (call), ==, GRPC_AIO_CALL_STATE_DONE);
  g_assert_cmpstr (grpc_aio_multi_callable_get_method (grpc_aio_call_get_multi_callable (call)), ==, "/test.Peer/Echo");
  peer = grpc_aio_call_dup_peer (call);
  g_assert_true (g_str_has_prefix (peer, "ipv4:127.0.0.1:"));

  grpc_aio_call_response_async (call, NULL, store_result, &again);
  g_assert_null (again);
  same = grpc_aio_call_response_finish (call, await (&again), &error);
  g_assert_no_error (error);
  g_assert_true (same == response);
}

static gboolean
was_handled (gpointer data)
{
  return ((Peer *) data)->n_handled > 0;
}

static void
test_fire_and_forget (Fixture *fixture,
                      gconstpointer data)
{
  g_test_summary ("A unary call that nobody keeps reaches its handler");

  g_object_unref (peer_call (&fixture->peer, "Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", NULL));
  iterate_until (was_handled, &fixture->peer);
}

static gboolean
was_cancelled (gpointer data)
{
  return ((Peer *) data)->n_cancelled > 0;
}

static void
test_drop_stream (Fixture *fixture,
                  gconstpointer data)
{
  GrpcAioCall *call;

  g_test_summary ("A stream that nobody keeps is cancelled, and its handler is told");

  call = peer_call (&fixture->peer, "HangStream", GRPC_AIO_METHOD_KIND_UNARY_STREAM, "x", NULL);
  iterate_until (was_handled, &fixture->peer);
  assert_finalizes (call);
  iterate_until (was_cancelled, &fixture->peer);
}

static void
test_cancel_tells_handler (Fixture *fixture,
                           gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;

  g_test_summary ("Cancelling a call tells its handler");

  call = peer_call (&fixture->peer, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", NULL);
  iterate_until (was_handled, &fixture->peer);
  grpc_aio_call_cancel (call);
  iterate_until (was_cancelled, &fixture->peer);
  assert_cancelled (&fixture->peer, call);
}

static void
test_read_all (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  guint n = 0;

  g_test_summary ("All messages come in order, then the end of the stream");

  call = peer_call (&fixture->peer, "Count", GRPC_AIO_METHOD_KIND_UNARY_STREAM, "1000", NULL);
  while (TRUE)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) message = NULL;
      g_autofree char *expected = g_strdup_printf ("%u", n);

      grpc_aio_call_read_async (call, NULL, store_result, &result);
      message = grpc_aio_call_read_finish (call, await (&result), &error);
      g_assert_no_error (error);
      if (message == NULL)
        break;

      assert_bytes (message, expected);
      n++;
    }

  g_assert_cmpuint (n, ==, 1000);
  g_assert_cmpint (grpc_aio_call_get_code (call), ==, GRPC_AIO_STATUS_CODE_OK);
}

static void
test_queued_reads (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  GAsyncResult *results[8] = { NULL };

  g_test_summary ("Reads that are started together are answered in order, those past the end with the end");

  call = peer_call (&fixture->peer, "Count", GRPC_AIO_METHOD_KIND_UNARY_STREAM, "5", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    grpc_aio_call_read_async (call, NULL, store_result, &results[i]);

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (GAsyncResult) result = await (&results[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) message = grpc_aio_call_read_finish (call, result, &error);
      g_autofree char *expected = g_strdup_printf ("%u", i);

      g_assert_no_error (error);
      if (i < 5)
        assert_bytes (message, expected);
      else
        g_assert_null (message);
    }
}

static void
test_queued_writes (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) result = NULL, closed = NULL, late = NULL, again = NULL;
  g_autoptr (GBytes) message = bytes_from ("0123456789");
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Writes that are not awaited arrive in order; after the end of writing there are none");

  call = peer_call (&fixture->peer, "Join", GRPC_AIO_METHOD_KIND_STREAM_UNARY, NULL, NULL);
  for (guint i = 0; i < 100; i++)
    grpc_aio_call_write_async (call, message, NULL, NULL, NULL);
  grpc_aio_call_done_writing_async (call, NULL, store_result, &closed);
  grpc_aio_call_write_async (call, message, NULL, store_result, &late);
  grpc_aio_call_done_writing_async (call, NULL, store_result, &again);

  grpc_aio_call_response_async (call, NULL, store_result, &result);
  response = grpc_aio_call_response_finish (call, await (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (response), ==, 1000);

  g_assert_true (grpc_aio_call_done_writing_finish (call, await (&closed), &error));
  g_assert_no_error (error);
  g_assert_true (grpc_aio_call_done_writing_finish (call, await (&again), &error));
  g_assert_no_error (error);
  g_assert_false (grpc_aio_call_write_finish (call, await (&late), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static void
test_after_status (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) status = NULL, written = NULL, read = NULL;
  g_autoptr (GBytes) message = bytes_from ("x");
  g_autoptr (GBytes) got = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("After the status no read or write succeeds");

  call = peer_call (&fixture->peer, "Chat", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  grpc_aio_call_cancel (call);
  grpc_aio_call_status_async (call, NULL, store_result, &status);
  await (&status);

  grpc_aio_call_write_async (call, message, NULL, store_result, &written);
  g_assert_false (grpc_aio_call_write_finish (call, await (&written), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  grpc_aio_call_read_async (call, NULL, store_result, &read);
  got = grpc_aio_call_read_finish (call, await (&read), &error);
  g_assert_null (got);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_wrong_kind (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioCall) unary = NULL, stream = NULL;
  g_autoptr (GAsyncResult) read = NULL, written = NULL, closed = NULL, response = NULL;
  g_autoptr (GBytes) message = bytes_from ("x");
  GError *error = NULL;

  g_test_summary ("What the kind of the method does not have is refused with the reason");

  unary = peer_call (&fixture->peer, "Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", NULL);
  stream = peer_call (&fixture->peer, "Count", GRPC_AIO_METHOD_KIND_UNARY_STREAM, "0", NULL);

  grpc_aio_call_read_async (unary, NULL, store_result, &read);
  g_assert_null (grpc_aio_call_read_finish (unary, await (&read), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_nonnull (strstr (error->message, "/test.Peer/Echo"));
  g_clear_error (&error);

  grpc_aio_call_write_async (unary, message, NULL, store_result, &written);
  g_assert_false (grpc_aio_call_write_finish (unary, await (&written), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);

  grpc_aio_call_done_writing_async (unary, NULL, store_result, &closed);
  g_assert_false (grpc_aio_call_done_writing_finish (unary, await (&closed), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);

  grpc_aio_call_response_async (stream, NULL, store_result, &response);
  g_assert_null (grpc_aio_call_response_finish (stream, await (&response), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
}

static void
assert_invoke_fails (GrpcAioMultiCallable *method,
                     GBytes *request,
                     int code)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_multi_callable_invoke_async (method, request, NULL, NULL, store_result, &result);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (method, await (&result), &error));
  g_assert_error (error, G_IO_ERROR, code);
  g_assert_nonnull (strstr (error->message, grpc_aio_multi_callable_get_method (method)));
}

static void
test_invoke_wrong_kind (Fixture *fixture,
                        gconstpointer data)
{
  GrpcAioChannel *channel = fixture->peer.channel;
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
  g_autoptr (GrpcAioMultiCallable) count = grpc_aio_channel_unary_stream (channel, "/test.Peer/Count");
  g_autoptr (GrpcAioMultiCallable) collect = grpc_aio_channel_stream_unary (channel, "/test.Peer/Collect");
  g_autoptr (GBytes) message = bytes_from ("1");

  g_test_summary ("Only a method with one request and one response can be invoked");

  assert_invoke_fails (count, message, G_IO_ERROR_NOT_SUPPORTED);
  assert_invoke_fails (collect, message, G_IO_ERROR_NOT_SUPPORTED);
  assert_invoke_fails (collect, NULL, G_IO_ERROR_NOT_SUPPORTED);
  assert_invoke_fails (echo, NULL, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
test_metadata (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();
  g_autoptr (GrpcAioCallOptions) options = grpc_aio_call_options_new ();
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) initial_result = NULL, trailing_result = NULL;
  g_autoptr (GrpcAioMetadata) initial = NULL, trailing = NULL;
  g_autoptr (GBytes) binary = g_bytes_new ("\0\1\377", 3);
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) all = NULL;

  g_test_summary ("Metadata goes there and back: in order, with bytes, as initial and trailing metadata");

  grpc_aio_metadata_append (metadata, "x-key", "one", &error);
  grpc_aio_metadata_append_bytes (metadata, "x-bytes-bin", binary, &error);
  grpc_aio_metadata_append_bytes (metadata, "x-empty-bin", empty, &error);
  grpc_aio_metadata_append (metadata, "x-key", "two", &error);
  g_assert_no_error (error);
  grpc_aio_call_options_set_metadata (options, metadata);

  call = peer_call (&fixture->peer, "Metadata", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", options);
  grpc_aio_call_initial_metadata_async (call, NULL, store_result, &initial_result);
  grpc_aio_call_trailing_metadata_async (call, NULL, store_result, &trailing_result);
  initial = grpc_aio_call_initial_metadata_finish (call, await (&initial_result), &error);
  g_assert_no_error (error);
  trailing = grpc_aio_call_trailing_metadata_finish (call, await (&trailing_result), &error);
  g_assert_no_error (error);

  all = grpc_aio_metadata_dup_all (initial, "x-key");
  g_assert_cmpstrv (all, ((const char *const[]){ "one", "two", NULL }));
  g_assert_true (g_bytes_equal (grpc_aio_metadata_get_bytes (initial, "x-bytes-bin"), binary));
  g_assert_true (g_bytes_equal (grpc_aio_metadata_get_bytes (trailing, "x-bytes-bin"), binary));
  g_assert_cmpuint (g_bytes_get_size (grpc_aio_metadata_get_bytes (trailing, "x-empty-bin")), ==, 0);
}

static void
test_failure (Fixture *fixture,
              gconstpointer data)
{
  struct
  {
    const char *method;
    const char *request;
    int code;
    const char *text;
  } cases[] = {
    { "Fail", "5 not here ☺", GRPC_AIO_ERROR_NOT_FOUND, "not here ☺" },
    { "Fail", "1 by the server", GRPC_AIO_ERROR_CANCELLED, "by the server" },
    { "Fail", "16", GRPC_AIO_ERROR_UNAUTHENTICATED, "UNAUTHENTICATED" },
    { "Fail", "0 no", GRPC_AIO_ERROR_UNKNOWN, "OK" },
    { "Drop", "x", GRPC_AIO_ERROR_UNKNOWN, "/test.Peer/Drop" },
    { "Nothing", "x", GRPC_AIO_ERROR_UNKNOWN, "/test.Peer/Nothing" },
    { "Error", "x", GRPC_AIO_ERROR_UNKNOWN, "no such file" },
    { "Missing", "x", GRPC_AIO_ERROR_UNIMPLEMENTED, "/test.Peer/Missing" },
  };

  g_test_summary ("What a handler does wrong reaches the client with a clear text");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GrpcAioCall) call = NULL;
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;

      call = peer_call (&fixture->peer, cases[i].method, GRPC_AIO_METHOD_KIND_UNARY_UNARY, cases[i].request, NULL);
      grpc_aio_call_response_async (call, NULL, store_result, &result);
      g_assert_null (grpc_aio_call_response_finish (call, await (&result), &error));
      g_assert_error (error, GRPC_AIO_ERROR, cases[i].code);
      g_assert_nonnull (strstr (error->message, cases[i].text));
      g_assert_nonnull (grpc_aio_error_get_trailing_metadata (error));
      g_assert_nonnull (grpc_aio_error_get_initial_metadata (error));
      g_assert_nonnull (grpc_aio_error_get_debug_string (error));
      g_assert_cmpstr (grpc_aio_call_get_debug_string (call), ==, grpc_aio_error_get_debug_string (error));
      g_assert_cmpint (grpc_aio_error_get_status_code (error), ==, cases[i].code);
    }
}

static void
test_large (Fixture *fixture,
            gconstpointer data)
{
  gsize sizes[] = { 0, 1, 23, 24, 64, 65, 4096, 1 << 20, (4 << 20) - 64, 1 << 20, 900000, 100000, 3 << 20, 1 << 20 };
  g_autoptr (GPtrArray) requests = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GPtrArray) responses = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  g_test_summary ("Messages of all sizes come back unchanged, and stay so while more come");

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Echo");
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GBytes) request = NULL, response = NULL;
      g_autoptr (GError) error = NULL;
      guint8 *bytes = g_malloc (sizes[i] + 1);

      for (gsize j = 0; j < sizes[i]; j++)
        bytes[j] = j * 31 + i;
      request = g_bytes_new_take (bytes, sizes[i]);
      grpc_aio_multi_callable_invoke_async (echo, request, NULL, NULL, store_result, &result);
      response = grpc_aio_multi_callable_invoke_finish (echo, await (&result), &error);
      g_assert_no_error (error);
      g_assert_true (g_bytes_equal (request, response));

      /* The memory of every third is used again. */
      if (i % 3 == 0)
        continue;
      g_ptr_array_add (requests, g_steal_pointer (&request));
      g_ptr_array_add (responses, g_steal_pointer (&response));
    }

  for (guint i = 0; i < responses->len; i++)
    g_assert_true (g_bytes_equal (requests->pdata[i], responses->pdata[i]));
}

static void
test_too_large (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Echo");
  g_autoptr (GAsyncResult) result = NULL, second = NULL;
  g_autoptr (GBytes) request = g_bytes_new_take (g_malloc0 (5 << 20), 5 << 20);
  g_autoptr (GBytes) small = bytes_from ("x");
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A message over the limit is RESOURCE_EXHAUSTED, and the channel goes on");

  grpc_aio_multi_callable_invoke_async (echo, request, NULL, NULL, store_result, &result);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (echo, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_RESOURCE_EXHAUSTED);
  g_clear_error (&error);

  grpc_aio_multi_callable_invoke_async (echo, small, NULL, NULL, store_result, &second);
  response = grpc_aio_multi_callable_invoke_finish (echo, await (&second), &error);
  g_assert_no_error (error);
  assert_bytes (response, "x");
}

static void
on_done (GrpcAioCall *call,
         gpointer user_data)
{
  guint *n = user_data;

  g_assert_true (grpc_aio_call_is_done (call));
  (*n)++;
}

static void
on_state (GrpcAioCall *call,
          GParamSpec *pspec,
          gpointer user_data)
{
  GArray *states = user_data;
  GrpcAioCallState state = grpc_aio_call_get_state (call);

  g_array_append_val (states, state);
}

static void
test_signals (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GArray) states = g_array_new (FALSE, FALSE, sizeof (GrpcAioCallState));
  guint n_done = 0;

  g_test_summary ("The state goes forward, and the end is told once");

  call = peer_call (&fixture->peer, "Chat", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  g_signal_connect (call, "done", G_CALLBACK (on_done), &n_done);
  g_signal_connect (call, "notify::state", G_CALLBACK (on_state), states);
  g_assert_cmpint (grpc_aio_call_get_state (call), ==, GRPC_AIO_CALL_STATE_STARTED);
  grpc_aio_call_done_writing_async (call, NULL, NULL, NULL);
  iterate_until (call_is_done, call);
  grpc_aio_call_cancel (call);
  while (g_main_context_iteration (NULL, FALSE))
    ;

  g_assert_cmpuint (n_done, ==, 1);
  g_assert_cmpuint (states->len, ==, 2);
  g_assert_cmpint (g_array_index (states, GrpcAioCallState, 0), ==, GRPC_AIO_CALL_STATE_CONNECTED);
  g_assert_cmpint (g_array_index (states, GrpcAioCallState, 1), ==, GRPC_AIO_CALL_STATE_DONE);
}

static void
on_first (GObject *source,
          GAsyncResult *result,
          gpointer user_data)
{
  GrpcAioCall *call = GRPC_AIO_CALL (source);
  gboolean *done = user_data;
  g_autoptr (GBytes) message = grpc_aio_call_read_finish (call, result, NULL);

  /* From its own callback. */
  g_assert_nonnull (message);
  g_assert_true (grpc_aio_call_cancel (call));
  *done = TRUE;
}

static gboolean
is_true (gpointer data)
{
  return *(gboolean *) data;
}

static void
test_cancel_in_callback (Fixture *fixture,
                         gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  gboolean done = FALSE;

  g_test_summary ("A call may be cancelled from its own callback");

  call = peer_call (&fixture->peer, "Count", GRPC_AIO_METHOD_KIND_UNARY_STREAM, "100000", NULL);
  grpc_aio_call_read_async (call, NULL, on_first, &done);
  iterate_until (is_true, &done);
  assert_cancelled (&fixture->peer, call);
}

static void
test_invoke_cancel (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) hang = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Hang");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL, again = NULL;
  g_autoptr (GBytes) request = bytes_from ("x");
  g_autoptr (GError) error = NULL;

  g_test_summary ("The short form is cancelled like the long one");

  grpc_aio_multi_callable_invoke_async (hang, request, NULL, cancellable, store_result, &result);
  iterate_until (was_handled, &fixture->peer);
  g_cancellable_cancel (cancellable);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (hang, await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  iterate_until (was_cancelled, &fixture->peer);

  grpc_aio_multi_callable_invoke_async (hang, request, NULL, cancellable, store_result, &again);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (hang, await (&again), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (fixture->peer.n_handled, ==, 1);
}

static void
test_invoke_sync (ThreadFixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Echo");
  g_autoptr (GrpcAioMultiCallable) fail = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Fail");
  g_autoptr (GrpcAioMultiCallable) hang = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Hang");
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (50 * 1000);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GBytes) request = bytes_from ("5 x");
  g_autoptr (GError) error = NULL;
  GThread *thread;

  g_test_summary ("A blocking call succeeds, fails, meets its deadline and is cancelled");

  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GBytes) response = grpc_aio_multi_callable_invoke_sync (echo, request, NULL, NULL, &error);

      g_assert_no_error (error);
      g_assert_true (g_bytes_equal (request, response));
    }

  g_assert_null (grpc_aio_multi_callable_invoke_sync (fail, request, NULL, NULL, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_NOT_FOUND);
  g_clear_error (&error);

  g_assert_null (grpc_aio_multi_callable_invoke_sync (hang, request, options, NULL, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  g_clear_error (&error);

  thread = g_thread_new ("cancel", cancel_in_thread, cancellable);
  g_assert_null (grpc_aio_multi_callable_invoke_sync (hang, request, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
}

static gboolean
has_no_calls (gpointer data)
{
  return grpc_aio_server_get_active_calls (((Peer *) data)->server) == 0;
}

static void
test_cancel_queued_answer (Fixture *fixture,
                           gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;

  g_test_summary ("A call whose answer waits behind messages ends when the client cancels it");

  /* More messages than any window takes; nobody reads them. */
  call = peer_call (&fixture->peer, "Count", GRPC_AIO_METHOD_KIND_UNARY_STREAM, "50000", NULL);
  grpc_aio_call_wait_for_connection_async (call, NULL, NULL, NULL);
  while (grpc_aio_server_get_active_calls (fixture->peer.server) == 0)
    g_main_context_iteration (NULL, TRUE);
  grpc_aio_call_cancel (call);
  iterate_until (has_no_calls, &fixture->peer);
}

static void
test_unreachable (void)
{
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new ("unix:/nonexistent/socket", NULL);
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
  g_autoptr (GBytes) request = bytes_from ("x");
  g_autoptr (GAsyncResult) result = NULL, waiting = NULL;
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (100 * 1000);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Without a server a call is UNAVAILABLE; one that waits for the connection meets its deadline");

  grpc_aio_multi_callable_invoke_async (method, request, NULL, NULL, store_result, &result);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (method, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_clear_error (&error);

  grpc_aio_call_options_set_wait_for_ready (options, TRUE);
  grpc_aio_multi_callable_invoke_async (method, request, options, NULL, store_result, &waiting);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (method, await (&waiting), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
}

static void
test_bad_target (void)
{
  GrpcAioChannel *channel = grpc_aio_channel_new ("ipv4:nonsense", NULL);
  GrpcAioMultiCallable *method = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
  g_autoptr (GBytes) request = bytes_from ("x");
  g_autoptr (GAsyncResult) result = NULL, ready = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A target that means nothing fails calls and waits, and its channel goes");

  grpc_aio_multi_callable_invoke_async (method, request, NULL, NULL, store_result, &result);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (method, await (&result), &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  grpc_aio_channel_ready_async (channel, NULL, store_result, &ready);
  g_assert_false (grpc_aio_channel_ready_finish (channel, await (&ready), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);

  g_clear_object (&result);
  g_clear_object (&ready);
  g_assert_finalize_object (method);
  g_assert_finalize_object (channel);
}

static void
add_for_each_operation (const char *fate,
                        void (*test) (Fixture *,
                                      gconstpointer))
{
  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      g_autofree char *path = g_strdup_printf ("/call/%s/%s", operations[i].name, fate);

      g_test_add (path, Fixture, &operations[i], fixture_set_up, test, fixture_tear_down);
    }
}

static void
add_sync_for_each_operation (const char *fate,
                             void (*test) (ThreadFixture *,
                                           gconstpointer))
{
  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      g_autofree char *path = g_strdup_printf ("/call/%s/sync/%s", operations[i].name, fate);

      g_test_add (path, ThreadFixture, &operations[i], thread_fixture_set_up, test, thread_fixture_tear_down);
    }
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

/* As a server does whose clock is ahead. */
static void
test_early_status (Fixture *fixture,
                   gconstpointer data)
{
  const gint64 timeout_usec = 90 * 1000;
  g_autoptr (GrpcAioMultiCallable) fail = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Fail");
  g_autoptr (GBytes) request = bytes_from ("4 early");

  g_test_summary ("A server that says shortly before the deadline that it has passed is not believed before");

  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (GrpcAioCallOptions) options = options_with_timeout (timeout_usec);
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GAsyncResult) status_result = NULL;
      g_autoptr (GBytes) response = NULL;
      g_autoptr (GrpcAioCall) call = NULL;
      g_autoptr (GError) error = NULL;
      gint64 start = g_get_monotonic_time ();

      if (i % 2 == 0)
        {
          grpc_aio_multi_callable_invoke_async (fail, request, options, NULL, store_result, &result);
          response = grpc_aio_multi_callable_invoke_finish (fail, await (&result), &error);
        }
      else
        {
          call = grpc_aio_multi_callable_call (fail, request, options);
          grpc_aio_call_response_async (call, NULL, store_result, &result);
          response = grpc_aio_call_response_finish (call, await (&result), &error);
          g_assert_cmpint (grpc_aio_call_time_remaining (call), ==, 0);
        }
      g_assert_null (response);
      g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
      g_assert_cmpint (g_get_monotonic_time () - start, >=, timeout_usec);
    }
}

static void
test_own_status (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (G_TIME_SPAN_HOUR);
  g_autoptr (GrpcAioCall) call = peer_call (&fixture->peer, "Fail", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "4 mine", options);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A server that says long before the deadline that another one has passed is believed at once");

  grpc_aio_call_response_async (call, NULL, store_result, &result);
  g_assert_null (grpc_aio_call_response_finish (call, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  g_assert_cmpstr (error->message, ==, "mine");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_for_each_operation ("success", test_success);
  add_for_each_operation ("error", test_error);
  add_for_each_operation ("deadline", test_deadline);
  add_for_each_operation ("cancel-before", test_cancel_before);
  add_for_each_operation ("cancel-during", test_cancel_during);
  add_for_each_operation ("cancel-thread", test_cancel_thread);
  add_for_each_operation ("cancel-after", test_cancel_after);
  add_for_each_operation ("call-cancelled", test_call_cancelled);
  add_for_each_operation ("finalize", test_finalize);
  add_for_each_operation ("run-dispose", test_run_dispose);
  add_sync_for_each_operation ("success", test_sync);
  add_sync_for_each_operation ("deadline", test_sync_deadline);
  add_sync_for_each_operation ("cancel", test_sync_cancel);

  ADD ("/call/unary", test_unary);
  ADD ("/call/fire-and-forget", test_fire_and_forget);
  ADD ("/call/drop-stream", test_drop_stream);
  ADD ("/call/cancel-tells-handler", test_cancel_tells_handler);
  ADD ("/call/read-all", test_read_all);
  ADD ("/call/queued-reads", test_queued_reads);
  ADD ("/call/queued-writes", test_queued_writes);
  ADD ("/call/after-status", test_after_status);
  ADD ("/call/wrong-kind", test_wrong_kind);
  ADD ("/call/invoke-wrong-kind", test_invoke_wrong_kind);
  ADD ("/call/metadata", test_metadata);
  ADD ("/call/failure", test_failure);
  ADD ("/call/early-status", test_early_status);
  ADD ("/call/own-status", test_own_status);
  ADD ("/call/large", test_large);
  ADD ("/call/too-large", test_too_large);
  ADD ("/call/signals", test_signals);
  ADD ("/call/cancel-in-callback", test_cancel_in_callback);
  ADD ("/call/invoke-cancel", test_invoke_cancel);
  g_test_add ("/call/invoke-sync", ThreadFixture, NULL, thread_fixture_set_up, test_invoke_sync, thread_fixture_tear_down);
  g_test_add_func ("/call/unreachable", test_unreachable);
  g_test_add_func ("/call/bad-target", test_bad_target);
  ADD ("/call/cancel-queued-answer", test_cancel_queued_answer);

  return g_test_run ();
}
