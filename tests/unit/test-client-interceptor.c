/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "test-utils.h"

/* An interceptor that a test tells what to do, and that writes down what happens. */

#define TEST_TYPE_INTERCEPTOR (test_interceptor_get_type ())

G_DECLARE_FINAL_TYPE (TestInterceptor, test_interceptor, TEST, INTERCEPTOR, GrpcAioClientInterceptor)

struct _TestInterceptor
{
  GrpcAioClientInterceptor parent_instance;

  const char *name;
  GString *log; /* the fixture's */
  void (*intercept) (TestInterceptor *self,
                     GrpcAioInterceptedCall *call,
                     GError **error);
  const char *tag; /* put before each message */
  const char *bad; /* a message that is refused */
  GrpcAioInterceptedCall *kept;
  GThread *thread;
  guint n_proceeded;
};

G_DEFINE_FINAL_TYPE (TestInterceptor, test_interceptor, GRPC_AIO_TYPE_CLIENT_INTERCEPTOR)

static void
write_down (TestInterceptor *self,
            const char *what,
            const char *detail)
{
  g_string_append_printf (self->log, "%s%s.%s%s%s", self->log->len > 0 ? " " : "", self->name, what,
                          detail != NULL ? "=" : "", detail != NULL ? detail : "");
}

static char *
text_of (GBytes *bytes)
{
  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
test_interceptor_intercept (GrpcAioClientInterceptor *interceptor,
                            GrpcAioInterceptedCall *call,
                            GError **error)
{
  TestInterceptor *self = TEST_INTERCEPTOR (interceptor);

  write_down (self, "intercept", NULL);
  if (self->intercept != NULL)
    self->intercept (self, call, error);
  else
    GRPC_AIO_CLIENT_INTERCEPTOR_CLASS (test_interceptor_parent_class)->intercept (interceptor, call, error);
}

static GBytes *
filter (TestInterceptor *self,
        const char *what,
        GBytes *message,
        GError **error)
{
  g_autofree char *text = text_of (message);
  g_autofree char *tagged = NULL;

  write_down (self, what, text);
  if (self->bad != NULL && strstr (text, self->bad) != NULL)
    {
      g_set_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_OUT_OF_RANGE, "%s is bad", text);
      return NULL;
    }
  if (self->tag == NULL)
    return NULL;

  tagged = g_strconcat (self->tag, text, NULL);

  return bytes_from (tagged);
}

static GBytes *
test_interceptor_request_message (GrpcAioClientInterceptor *interceptor,
                                  GrpcAioInterceptedCall *call,
                                  GBytes *message,
                                  GError **error)
{
  return filter (TEST_INTERCEPTOR (interceptor), "request", message, error);
}

static GBytes *
test_interceptor_response_message (GrpcAioClientInterceptor *interceptor,
                                   GrpcAioInterceptedCall *call,
                                   GBytes *message,
                                   GError **error)
{
  return filter (TEST_INTERCEPTOR (interceptor), "response", message, error);
}

static void
test_interceptor_initial_metadata (GrpcAioClientInterceptor *interceptor,
                                   GrpcAioInterceptedCall *call,
                                   GrpcAioMetadata *metadata)
{
  write_down (TEST_INTERCEPTOR (interceptor), "metadata", grpc_aio_metadata_get (metadata, "key"));
}

static void
test_interceptor_done (GrpcAioClientInterceptor *interceptor,
                       GrpcAioInterceptedCall *call)
{
  g_autofree char *code = g_strdup_printf ("%d", grpc_aio_intercepted_call_get_code (call));

  g_assert_true (grpc_aio_intercepted_call_is_done (call));
  g_assert_true (g_cancellable_is_cancelled (grpc_aio_intercepted_call_get_cancellable (call)));
  g_assert_nonnull (grpc_aio_intercepted_call_get_trailing_metadata (call));
  g_assert_cmpint (grpc_aio_intercepted_call_get_elapsed_usec (call), >=, 0);
  write_down (TEST_INTERCEPTOR (interceptor), "done", code);
}

static void
test_interceptor_finalize (GObject *object)
{
  g_clear_object (&TEST_INTERCEPTOR (object)->kept);

  G_OBJECT_CLASS (test_interceptor_parent_class)->finalize (object);
}

static void
test_interceptor_class_init (TestInterceptorClass *klass)
{
  GrpcAioClientInterceptorClass *interceptor_class = GRPC_AIO_CLIENT_INTERCEPTOR_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = test_interceptor_finalize;
  interceptor_class->intercept = test_interceptor_intercept;
  interceptor_class->request_message = test_interceptor_request_message;
  interceptor_class->response_message = test_interceptor_response_message;
  interceptor_class->initial_metadata = test_interceptor_initial_metadata;
  interceptor_class->done = test_interceptor_done;
}

static void
test_interceptor_init (TestInterceptor *self)
{
}

/* The fixture has a channel with two of them. */

typedef struct
{
  Peer peer;
  GString *log;
  TestInterceptor *outer;
  TestInterceptor *inner;
} Fixture;

static TestInterceptor *
new_interceptor (Fixture *fixture,
                 const char *name)
{
  TestInterceptor *self = g_object_new (TEST_TYPE_INTERCEPTOR, NULL);

  self->name = name;
  self->log = fixture->log;

  return self;
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GListStore) list = g_list_store_new (GRPC_AIO_TYPE_CLIENT_INTERCEPTOR);

  peer_set_up (&fixture->peer);
  g_clear_object (&fixture->peer.channel);

  fixture->log = g_string_new (NULL);
  fixture->outer = new_interceptor (fixture, "outer");
  fixture->inner = new_interceptor (fixture, "inner");
  g_list_store_append (list, fixture->outer);
  g_list_store_append (list, fixture->inner);
  fixture->peer.channel = g_object_new (GRPC_AIO_TYPE_CHANNEL,
                                        "target", fixture->peer.target,
                                        "interceptors", list,
                                        NULL);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  /* What is kept keeps the call, and that its channel. */
  g_clear_object (&fixture->outer->kept);
  g_clear_object (&fixture->inner->kept);
  if (fixture->inner->thread != NULL)
    g_thread_join (g_steal_pointer (&fixture->inner->thread));
  if (fixture->peer.channel != NULL)
    peer_close_channel (&fixture->peer);
  assert_finalizes (fixture->outer);
  assert_finalizes (fixture->inner);
  peer_tear_down (&fixture->peer);
  g_string_free (fixture->log, TRUE);
}

static GrpcAioCall *
start_echo (Fixture *fixture,
            GrpcAioCallOptions *options)
{
  return peer_call (&fixture->peer, "Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "hello", options);
}

static GBytes *
await_response (GrpcAioCall *call,
                GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_call_response_async (call, NULL, store_result, &result);

  return grpc_aio_call_response_finish (call, await (&result), error);
}

static GBytes *
await_read (GrpcAioCall *call,
            GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_call_read_async (call, NULL, store_result, &result);

  return grpc_aio_call_read_finish (call, await (&result), error);
}

static GrpcAioStatusCode
await_status (GrpcAioCall *call)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GrpcAioStatusCode code;

  grpc_aio_call_status_async (call, NULL, store_result, &result);
  code = grpc_aio_call_status_finish (call, await (&result), &error);
  g_assert_no_error (error);

  return code;
}

static gboolean
is_set (gpointer data)
{
  return *(gpointer *) data != NULL;
}

static void
test_order (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *peer = NULL;

  g_test_summary ("Requests meet the interceptors in order, responses and the end in reverse");

  call = start_echo (fixture, NULL);
  response = await_response (call, &error);
  g_assert_no_error (error);
  assert_bytes (response, "hello");
  g_assert_cmpstr (fixture->log->str, ==,
                   "outer.intercept outer.request=hello inner.intercept inner.request=hello "
                   "inner.metadata inner.response=hello inner.done=0 "
                   "outer.metadata outer.response=hello outer.done=0");
  g_assert_cmpint (grpc_aio_call_get_code (call), ==, GRPC_AIO_STATUS_CODE_OK);
  peer = grpc_aio_call_dup_peer (call);
  g_assert_true (g_str_has_suffix (peer, fixture->peer.target));
}

static void
test_unary_stream (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GBytes) second = NULL;
  g_autoptr (GBytes) end = NULL;

  g_test_summary ("Each message of a stream of responses may be replaced");

  fixture->inner->tag = "<";
  fixture->outer->tag = "0";
  call = peer_call (&fixture->peer, "Count", GRPC_AIO_METHOD_KIND_UNARY_STREAM, "2", NULL);
  /* The request of the inner one is "<02". */
  g_assert_cmpint (await_status (call), ==, GRPC_AIO_STATUS_CODE_OK);
  g_clear_object (&call);

  fixture->inner->tag = NULL;
  call = peer_call (&fixture->peer, "Count", GRPC_AIO_METHOD_KIND_UNARY_STREAM, "2", NULL);
  first = await_read (call, &error);
  assert_bytes (first, "00");
  second = await_read (call, &error);
  assert_bytes (second, "01");
  end = await_read (call, &error);
  g_assert_null (end);
  g_assert_no_error (error);
}

static void
test_stream_stream (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GError) error = NULL;
  const char *words[] = { "one", "two", "three" };

  g_test_summary ("Messages written before the interceptors have answered go in order, both ways");

  fixture->outer->tag = "o";
  fixture->inner->tag = "i";
  call = peer_call (&fixture->peer, "Chat", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autoptr (GBytes) message = bytes_from (words[i]);

      grpc_aio_call_write_async (call, message, NULL, NULL, NULL);
    }
  grpc_aio_call_done_writing_async (call, NULL, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autoptr (GBytes) message = await_read (call, &error);
      g_autofree char *expected = g_strconcat ("oiio", words[i], NULL);

      g_assert_no_error (error);
      assert_bytes (message, expected);
    }
  g_assert_null (await_read (call, &error));
  g_assert_no_error (error);
  g_assert_cmpint (await_status (call), ==, GRPC_AIO_STATUS_CODE_OK);
}

static void
test_stream_unary (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) message = bytes_from ("x");
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A stream of requests goes through the interceptors to its one response");

  fixture->outer->tag = "o";
  call = peer_call (&fixture->peer, "Join", GRPC_AIO_METHOD_KIND_STREAM_UNARY, NULL, NULL);
  grpc_aio_call_write_async (call, message, NULL, NULL, NULL);
  grpc_aio_call_write_async (call, message, NULL, NULL, NULL);
  grpc_aio_call_done_writing_async (call, NULL, NULL, NULL);
  response = await_response (call, &error);
  g_assert_no_error (error);
  assert_bytes (response, "ooxox");
}

static void
change_details (TestInterceptor *self,
                GrpcAioInterceptedCall *call,
                GError **error)
{
  g_autoptr (GBytes) request = bytes_from ("changed");
  g_autoptr (GrpcAioCall) next = NULL;

  g_assert_cmpint (grpc_aio_intercepted_call_get_kind (call), ==, GRPC_AIO_METHOD_KIND_UNARY_UNARY);
  g_assert_cmpstr (grpc_aio_intercepted_call_get_method (call), ==, "/test.Peer/Echo");
  assert_bytes (grpc_aio_intercepted_call_get_request (call), "hello");
  g_assert_cmpint (grpc_aio_call_options_get_timeout_usec (grpc_aio_intercepted_call_get_options (call)), ==, -1);
  g_assert_null (grpc_aio_intercepted_call_get_code (call) == GRPC_AIO_STATUS_CODE_UNKNOWN ? NULL : call);

  grpc_aio_intercepted_call_set_method (call, "/test.Peer/Metadata");
  grpc_aio_intercepted_call_set_request (call, request);
  g_assert_true (grpc_aio_metadata_append (grpc_aio_intercepted_call_get_metadata (call), "key", "value", error));
  grpc_aio_call_options_set_timeout_usec (grpc_aio_intercepted_call_get_options (call), 60 * G_USEC_PER_SEC);
  next = grpc_aio_intercepted_call_proceed (call);
  grpc_aio_intercepted_call_return_call (call, next);
}

static void
test_details (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioCallOptions) options = grpc_aio_call_options_new ();
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GrpcAioMetadata) trailing = NULL;

  g_test_summary ("Method, request, metadata and timeout may be changed; the program's objects stay as they are");

  grpc_aio_call_options_set_metadata (options, metadata);
  fixture->outer->intercept = change_details;
  call = start_echo (fixture, options);
  g_assert_cmpint (grpc_aio_call_time_remaining (call), ==, -1);
  response = await_response (call, &error);
  g_assert_no_error (error);
  assert_bytes (response, "changed");
  g_assert_cmpuint (grpc_aio_metadata_get_size (metadata), ==, 0);
  g_assert_cmpint (grpc_aio_call_time_remaining (call), >, 0);

  grpc_aio_call_trailing_metadata_async (call, NULL, store_result, &result);
  trailing = grpc_aio_call_trailing_metadata_finish (call, await (&result), &error);
  g_assert_cmpstr (grpc_aio_metadata_get (trailing, "key"), ==, "value");
  g_assert_nonnull (strstr (fixture->log->str, "outer.metadata=value"));
}

static void
answer_response (TestInterceptor *self,
                 GrpcAioInterceptedCall *call,
                 GError **error)
{
  g_autoptr (GBytes) response = bytes_from ("own");
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();

  grpc_aio_metadata_append (metadata, "key", "own", error);
  grpc_aio_intercepted_call_send_initial_metadata (call, metadata);
  grpc_aio_intercepted_call_set_trailing_metadata (call, metadata);
  grpc_aio_intercepted_call_return_response (call, response);
}

static void
test_own_response (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) initial_result = NULL;
  g_autoptr (GAsyncResult) trailing_result = NULL;
  g_autoptr (GrpcAioMetadata) initial = NULL;
  g_autoptr (GrpcAioMetadata) trailing = NULL;

  g_test_summary ("An interceptor may answer by itself, with metadata and all");

  fixture->inner->intercept = answer_response;
  call = start_echo (fixture, NULL);
  grpc_aio_call_initial_metadata_async (call, NULL, store_result, &initial_result);
  grpc_aio_call_trailing_metadata_async (call, NULL, store_result, &trailing_result);
  response = await_response (call, &error);
  g_assert_no_error (error);
  assert_bytes (response, "own");
  initial = grpc_aio_call_initial_metadata_finish (call, await (&initial_result), &error);
  g_assert_cmpstr (grpc_aio_metadata_get (initial, "key"), ==, "own");
  trailing = grpc_aio_call_trailing_metadata_finish (call, await (&trailing_result), &error);
  g_assert_cmpstr (grpc_aio_metadata_get (trailing, "key"), ==, "own");
  g_assert_cmpuint (fixture->peer.n_handled, ==, 0);
  g_assert_cmpstr (fixture->log->str, ==,
                   "outer.intercept outer.request=hello inner.intercept inner.done=0 "
                   "outer.metadata=own outer.response=own outer.done=0");
}

static void
answer_status (TestInterceptor *self,
               GrpcAioInterceptedCall *call,
               GError **error)
{
  grpc_aio_intercepted_call_return_status (call, GRPC_AIO_STATUS_CODE_DATA_LOSS, "gone");
}

static void
answer_throw (TestInterceptor *self,
              GrpcAioInterceptedCall *call,
              GError **error)
{
  g_set_error_literal (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_PERMISSION_DENIED, "not you");
}

static void
answer_error (TestInterceptor *self,
              GrpcAioInterceptedCall *call,
              GError **error)
{
  g_autoptr (GError) failure = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "not there");

  grpc_aio_intercepted_call_return_error (call, failure);
}

static void
test_own_error (Fixture *fixture,
                gconstpointer data)
{
  const struct
  {
    void (*intercept) (TestInterceptor *self,
                       GrpcAioInterceptedCall *call,
                       GError **error);
    int code;
    const char *message;
  } cases[] = {
    { answer_status, GRPC_AIO_ERROR_DATA_LOSS, "gone" },
    { answer_throw, GRPC_AIO_ERROR_PERMISSION_DENIED, "not you" },
    { answer_error, GRPC_AIO_ERROR_NOT_FOUND, "not there" },
  };

  g_test_summary ("An interceptor may end a call with a status, and with an error that it throws");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GrpcAioCall) call = NULL;
      g_autoptr (GrpcAioCall) stream = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (GError) stream_error = NULL;

      fixture->outer->intercept = cases[i].intercept;
      call = start_echo (fixture, NULL);
      g_assert_null (await_response (call, &error));
      g_assert_error (error, GRPC_AIO_ERROR, cases[i].code);
      g_assert_cmpstr (error->message, ==, cases[i].message);
      g_assert_cmpstr (grpc_aio_call_get_details (call), ==, cases[i].message);

      stream = peer_call (&fixture->peer, "Chat", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
      g_assert_null (await_read (stream, &stream_error));
      g_assert_error (stream_error, GRPC_AIO_ERROR, cases[i].code);
    }
}

static void
on_own_read (GObject *source,
             GAsyncResult *result,
             gpointer user_data)
{
  GrpcAioInterceptedCall *call = GRPC_AIO_INTERCEPTED_CALL (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = grpc_aio_intercepted_call_read_request_finish (call, result, &error);

  if (message != NULL)
    {
      grpc_aio_intercepted_call_write_response_async (call, message, NULL, NULL, NULL);
      grpc_aio_intercepted_call_read_request_async (call, NULL, on_own_read, NULL);
    }
  else if (error == NULL)
    {
      grpc_aio_intercepted_call_return_status (call, GRPC_AIO_STATUS_CODE_OK, NULL);
    }
  else
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
    }
}

static void
answer_stream (TestInterceptor *self,
               GrpcAioInterceptedCall *call,
               GError **error)
{
  grpc_aio_intercepted_call_read_request_async (call, NULL, on_own_read, NULL);
}

static void
test_own_stream (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  g_test_summary ("An interceptor may answer with a stream of its own, which flows as the program reads");

  fixture->inner->intercept = answer_stream;
  call = peer_call (&fixture->peer, "Chat", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);
      g_autoptr (GBytes) sent = bytes_from (text);

      grpc_aio_call_write_async (call, sent, NULL, NULL, NULL);
    }
  grpc_aio_call_done_writing_async (call, NULL, store_result, &result);
  g_assert_true (grpc_aio_call_done_writing_finish (call, await (&result), &error));

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);
      g_autoptr (GBytes) got = await_read (call, &error);

      g_assert_no_error (error);
      assert_bytes (got, text);
    }
  g_assert_null (await_read (call, &error));
  g_assert_no_error (error);
  g_assert_cmpint (await_status (call), ==, GRPC_AIO_STATUS_CODE_OK);
  g_assert_cmpuint (fixture->peer.n_handled, ==, 0);
  g_clear_object (&call);

  /* What it waits for ends with the call. */
  call = peer_call (&fixture->peer, "Chat", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  g_assert_true (grpc_aio_call_cancel (call));
  g_assert_cmpint (await_status (call), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
}

static void
put_first (TestInterceptor *self,
           GrpcAioInterceptedCall *call,
           GError **error)
{
  g_autoptr (GBytes) message = bytes_from ("first");
  g_autoptr (GrpcAioCall) next = grpc_aio_intercepted_call_proceed (call);

  grpc_aio_intercepted_call_write_response_async (call, message, NULL, NULL, NULL);
  grpc_aio_intercepted_call_return_call (call, next);
}

static void
test_mixed_stream (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GBytes) second = NULL;

  g_test_summary ("Messages of its own come before those of the call it returns");

  fixture->inner->intercept = put_first;
  call = peer_call (&fixture->peer, "Count", GRPC_AIO_METHOD_KIND_UNARY_STREAM, "1", NULL);
  first = await_read (call, &error);
  assert_bytes (first, "first");
  second = await_read (call, &error);
  assert_bytes (second, "0");
  g_assert_null (await_read (call, &error));
  g_assert_no_error (error);
}

static void
keep (TestInterceptor *self,
      GrpcAioInterceptedCall *call,
      GError **error)
{
  g_assert_null (self->kept);
  self->kept = g_object_ref (call);
}

static void
test_wrong_kind (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) read_result = NULL;
  g_autoptr (GAsyncResult) write_result = NULL;
  g_autoptr (GAsyncResult) late_result = NULL;
  g_autoptr (GBytes) message = bytes_from ("x");
  g_autoptr (GError) error = NULL;

  g_test_summary ("An interceptor is refused what the kind of the method does not have, and what comes too late");

  fixture->outer->intercept = keep;
  call = start_echo (fixture, NULL);
  iterate_until (is_set, &fixture->outer->kept);
  grpc_aio_intercepted_call_read_request_async (fixture->outer->kept, NULL, store_result, &read_result);
  g_assert_null (grpc_aio_intercepted_call_read_request_finish (fixture->outer->kept, await (&read_result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  grpc_aio_intercepted_call_write_response_async (fixture->outer->kept, message, NULL, store_result, &write_result);
  g_assert_false (grpc_aio_intercepted_call_write_response_finish (fixture->outer->kept, await (&write_result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);

  grpc_aio_call_cancel (call);
  g_assert_cmpint (await_status (call), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
  g_assert_cmpint (grpc_aio_intercepted_call_get_code (fixture->outer->kept), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
  g_assert_nonnull (grpc_aio_intercepted_call_get_details (fixture->outer->kept));
  g_clear_object (&call);
  g_clear_object (&fixture->outer->kept);

  call = peer_call (&fixture->peer, "Chat", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  iterate_until (is_set, &fixture->outer->kept);
  grpc_aio_intercepted_call_return_status (fixture->outer->kept, GRPC_AIO_STATUS_CODE_OK, NULL);
  grpc_aio_intercepted_call_write_response_async (fixture->outer->kept, message, NULL, store_result, &late_result);
  g_assert_false (grpc_aio_intercepted_call_write_response_finish (fixture->outer->kept, await (&late_result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_cmpint (await_status (call), ==, GRPC_AIO_STATUS_CODE_OK);
}

static void
test_cancel_own (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) read_result = NULL;
  g_autoptr (GAsyncResult) write_result = NULL;
  g_autoptr (GBytes) message = bytes_from ("x");
  g_autoptr (GError) error = NULL;

  g_test_summary ("What an interceptor waits for can be given up, and the call goes on");

  fixture->inner->intercept = keep;
  call = peer_call (&fixture->peer, "Chat", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  iterate_until (is_set, &fixture->inner->kept);
  grpc_aio_intercepted_call_read_request_async (fixture->inner->kept, cancellable, store_result, &read_result);
  grpc_aio_intercepted_call_write_response_async (fixture->inner->kept, message, cancellable, store_result, &write_result);
  g_cancellable_cancel (cancellable);
  g_assert_null (grpc_aio_intercepted_call_read_request_finish (fixture->inner->kept, await (&read_result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (grpc_aio_intercepted_call_write_response_finish (fixture->inner->kept, await (&write_result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  g_assert_true (grpc_aio_call_is_active (call));
  grpc_aio_intercepted_call_return_status (fixture->inner->kept, GRPC_AIO_STATUS_CODE_OK, NULL);
  g_assert_cmpint (await_status (call), ==, GRPC_AIO_STATUS_CODE_OK);
}

typedef enum
{
  END_DEADLINE,
  END_CANCEL,
  END_CANCELLABLE,
  END_CLOSE,
  N_ENDS,
} End;

static void
test_never_answers (Fixture *fixture,
                    gconstpointer data)
{
  g_test_summary ("Deadline, cancelling and closing end a call whose interceptor never answers");

  fixture->inner->intercept = keep;
  for (guint i = 0; i < N_ENDS; i++)
    {
      g_autoptr (GrpcAioCallOptions) options = options_with_timeout (i == END_DEADLINE ? 20000 : -1);
      g_autoptr (GrpcAioCall) call = start_echo (fixture, options);
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;

      grpc_aio_call_response_async (call, cancellable, store_result, &result);
      iterate_until (is_set, &fixture->inner->kept);
      g_assert_false (grpc_aio_intercepted_call_is_done (fixture->inner->kept));
      if (i == END_CANCEL)
        g_assert_true (grpc_aio_call_cancel (call));
      else if (i == END_CANCELLABLE)
        g_cancellable_cancel (cancellable);
      else if (i == END_CLOSE)
        grpc_aio_channel_close (fixture->peer.channel);

      g_assert_null (grpc_aio_call_response_finish (call, await (&result), &error));
      if (i == END_DEADLINE)
        g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
      else
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

      /* The answer comes too late. */
      g_assert_true (g_cancellable_is_cancelled (grpc_aio_intercepted_call_get_cancellable (fixture->inner->kept)));
      g_assert_true (grpc_aio_intercepted_call_is_done (fixture->inner->kept));
      g_clear_error (&error);
      {
        g_autoptr (GrpcAioCall) late = grpc_aio_intercepted_call_proceed (fixture->inner->kept);

        g_assert_null (await_response (late, &error));
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        grpc_aio_intercepted_call_return_call (fixture->inner->kept, late);
      }
      g_clear_object (&fixture->inner->kept);
    }
  g_assert_cmpuint (fixture->peer.n_handled, ==, 0);
}

static gboolean
has_code (gpointer data)
{
  return grpc_aio_intercepted_call_get_code (data) != GRPC_AIO_STATUS_CODE_UNKNOWN;
}

static void
test_drop_stream (Fixture *fixture,
                  gconstpointer data)
{
  GrpcAioCall *call;

  g_test_summary ("A stream that nobody keeps is cancelled, though its interceptor keeps it");

  fixture->inner->intercept = keep;
  call = peer_call (&fixture->peer, "Chat", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  iterate_until (is_set, &fixture->inner->kept);
  g_object_unref (call);
  iterate_until (has_code, fixture->inner->kept);
  g_assert_true (grpc_aio_intercepted_call_is_done (fixture->inner->kept));
  g_assert_cmpint (grpc_aio_intercepted_call_get_code (fixture->inner->kept), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
}

static gboolean
has_handled (gpointer data)
{
  return ((Peer *) data)->n_handled > 0;
}

static gboolean
has_cancelled (gpointer data)
{
  return ((Peer *) data)->n_cancelled > 0;
}

static void
test_cancel_tells_handler (Fixture *fixture,
                           gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;

  g_test_summary ("Cancelling an intercepted call tells the handler at the other end");

  call = peer_call (&fixture->peer, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "", NULL);
  iterate_until (has_handled, &fixture->peer);
  g_assert_true (grpc_aio_call_cancel (call));
  g_assert_cmpint (await_status (call), ==, GRPC_AIO_STATUS_CODE_CANCELLED);
  g_assert_true (grpc_aio_call_is_cancelled (call));
  iterate_until (has_cancelled, &fixture->peer);
}

static gboolean
go_on (gpointer data)
{
  GrpcAioInterceptedCall *call = data;
  g_autoptr (GrpcAioCall) next = grpc_aio_intercepted_call_proceed (call);

  grpc_aio_intercepted_call_return_call (call, next);

  return G_SOURCE_REMOVE;
}

/* As a token that is fetched does. */
static void
go_on_later (TestInterceptor *self,
             GrpcAioInterceptedCall *call,
             GError **error)
{
  g_autoptr (GSource) source = g_timeout_source_new (5);

  g_source_set_callback (source, go_on, g_object_ref (call), g_object_unref);
  g_source_attach (source, g_main_context_get_thread_default ());
}

static void
test_later (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Echo");
  g_autoptr (GBytes) request = bytes_from ("later");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("The short form waits for interceptors that work in the main context");

  fixture->outer->intercept = go_on_later;
  fixture->inner->intercept = go_on_later;
  grpc_aio_multi_callable_invoke_async (echo, request, NULL, NULL, store_result, &result);
  response = grpc_aio_multi_callable_invoke_finish (echo, await (&result), &error);
  g_assert_no_error (error);
  assert_bytes (response, "later");
}

static void
test_invoke_cancel (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Echo");
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (20000);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GBytes) request = bytes_from ("later");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) late_result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Cancelling and the deadline end the short form at once");

  fixture->outer->intercept = keep;
  grpc_aio_multi_callable_invoke_async (echo, request, NULL, cancellable, store_result, &result);
  iterate_until (is_set, &fixture->outer->kept);
  g_cancellable_cancel (cancellable);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (echo, await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_clear_object (&fixture->outer->kept);

  grpc_aio_multi_callable_invoke_async (echo, request, options, NULL, store_result, &late_result);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (echo, await (&late_result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
}

/* The server runs in the main context, which does not run meanwhile: so another
 * thread blocks. */
static gpointer
invoke_blocking (gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Echo");
  g_autoptr (GrpcAioMultiCallable) hang = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Hang");
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (50000);
  g_autoptr (GBytes) request = bytes_from ("block");
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  response = grpc_aio_multi_callable_invoke_sync (echo, request, NULL, NULL, &error);
  g_assert_no_error (error);
  assert_bytes (response, "block");

  g_assert_null (grpc_aio_multi_callable_invoke_sync (hang, request, options, NULL, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);

  return NULL;
}

static gpointer
run_and_tell (gpointer data)
{
  gpointer *parameters = data;

  ((GThreadFunc) parameters[0]) (parameters[1]);
  g_atomic_pointer_set (&parameters[2], parameters);

  return NULL;
}

static void
run_in_thread (Fixture *fixture,
               GThreadFunc func)
{
  gpointer parameters[] = { func, fixture, NULL };
  GThread *thread = g_thread_new ("test", run_and_tell, parameters);

  while (g_atomic_pointer_get (&parameters[2]) == NULL)
    {
      g_autoptr (GSource) source = g_timeout_source_new (10);

      g_source_set_callback (source, (GSourceFunc) g_source_is_destroyed, source, NULL);
      g_source_attach (source, NULL);
      g_main_context_iteration (NULL, TRUE);
      g_source_destroy (source);
    }
  g_thread_join (thread);
}

static void
test_invoke_sync (Fixture *fixture,
                  gconstpointer data)
{
  g_test_summary ("A blocking call runs what its interceptors wait for");

  fixture->outer->intercept = go_on_later;
  fixture->inner->intercept = go_on_later;
  run_in_thread (fixture, invoke_blocking);
}

static void
test_response_sync (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GrpcAioCall) hanging = NULL;
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (20000);
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Blocking in the thread of the call runs what its interceptors wait for");

  fixture->outer->intercept = go_on_later;
  call = start_echo (fixture, NULL);
  response = grpc_aio_call_response_sync (call, NULL, &error);
  g_assert_no_error (error);
  assert_bytes (response, "hello");
  g_assert_cmpint (grpc_aio_call_status_sync (call, NULL, &error), ==, GRPC_AIO_STATUS_CODE_OK);

  fixture->outer->intercept = NULL;
  fixture->inner->intercept = keep;
  hanging = start_echo (fixture, options);
  g_assert_null (grpc_aio_call_response_sync (hanging, NULL, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
}

static gpointer
answer_in_thread (gpointer data)
{
  GrpcAioInterceptedCall *call = data;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;

  while ((message = grpc_aio_intercepted_call_read_request_sync (call, NULL, &error)) != NULL)
    {
      g_assert_true (grpc_aio_intercepted_call_write_response_sync (call, message, NULL, &error));
      g_assert_no_error (error);
      g_clear_pointer (&message, g_bytes_unref);
    }
  g_assert_no_error (error);
  grpc_aio_intercepted_call_return_status (call, GRPC_AIO_STATUS_CODE_OK, NULL);
  g_object_unref (call);

  return NULL;
}

static void
start_thread (TestInterceptor *self,
              GrpcAioInterceptedCall *call,
              GError **error)
{
  self->thread = g_thread_new ("interceptor", answer_in_thread, g_object_ref (call));
}

static void
test_thread (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("An interceptor may work in a thread of its own, and block there");

  fixture->inner->intercept = start_thread;
  call = peer_call (&fixture->peer, "Chat", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);
      g_autoptr (GBytes) sent = bytes_from (text);
      g_autoptr (GBytes) got = NULL;

      grpc_aio_call_write_async (call, sent, NULL, NULL, NULL);
      got = await_read (call, &error);
      g_assert_no_error (error);
      assert_bytes (got, text);
    }
  grpc_aio_call_done_writing_async (call, NULL, NULL, NULL);
  g_assert_null (await_read (call, &error));
  g_assert_no_error (error);
}

static void retry (TestInterceptor *self,
                   GrpcAioInterceptedCall *call);

static void
on_attempt (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  GrpcAioCall *attempt = GRPC_AIO_CALL (source);
  g_autoptr (GrpcAioInterceptedCall) call = user_data;
  TestInterceptor *self = g_object_get_data (G_OBJECT (call), "interceptor");
  GrpcAioStatusCode code = grpc_aio_call_status_finish (attempt, result, NULL);

  if (code == GRPC_AIO_STATUS_CODE_OK || self->n_proceeded == 3)
    grpc_aio_intercepted_call_return_call (call, attempt);
  else
    retry (self, call);
}

static void
retry (TestInterceptor *self,
       GrpcAioInterceptedCall *call)
{
  g_autoptr (GrpcAioCall) attempt = NULL;

  if (++self->n_proceeded == 3)
    grpc_aio_intercepted_call_set_method (call, "/test.Peer/Echo");
  attempt = grpc_aio_intercepted_call_proceed (call);
  grpc_aio_call_status_async (attempt, NULL, on_attempt, g_object_ref (call));
}

static void
start_retrying (TestInterceptor *self,
                GrpcAioInterceptedCall *call,
                GError **error)
{
  g_object_set_data (G_OBJECT (call), "interceptor", self);
  retry (self, call);
}

static void
test_retry (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("An interceptor may go on several times, and return the call it likes best");

  fixture->outer->intercept = start_retrying;
  call = peer_call (&fixture->peer, "Fail", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "14 later", NULL);
  response = await_response (call, &error);
  g_assert_no_error (error);
  assert_bytes (response, "14 later");
  g_assert_cmpuint (fixture->outer->n_proceeded, ==, 3);
}

static void
test_bad_message (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GrpcAioCall) unary = NULL;
  g_autoptr (GrpcAioCall) chat = NULL;
  g_autoptr (GrpcAioCall) count = NULL;
  g_autoptr (GBytes) message = bytes_from ("bad");
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A message that an interceptor refuses ends the call with its error");

  fixture->inner->bad = "bad";
  unary = peer_call (&fixture->peer, "Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "bad", NULL);
  g_assert_null (await_response (unary, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_OUT_OF_RANGE);
  g_clear_error (&error);
  g_assert_cmpuint (fixture->peer.n_handled, ==, 0);

  chat = peer_call (&fixture->peer, "Chat", GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL, NULL);
  grpc_aio_call_write_async (chat, message, NULL, NULL, NULL);
  g_assert_null (await_read (chat, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_OUT_OF_RANGE);
  g_clear_error (&error);

  fixture->inner->bad = "1";
  count = peer_call (&fixture->peer, "Count", GRPC_AIO_METHOD_KIND_UNARY_STREAM, "3", NULL);
  first = await_read (count, &error);
  assert_bytes (first, "0");
  g_assert_null (await_read (count, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_OUT_OF_RANGE);
}

static void
test_signals (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  GrpcAioCallState state;

  g_test_summary ("The state of an intercepted call goes forward, and the end is told");

  fixture->outer->intercept = answer_response;
  call = start_echo (fixture, NULL);
  g_assert_cmpint (grpc_aio_call_get_state (call), ==, GRPC_AIO_CALL_STATE_STARTED);
  g_assert_true (grpc_aio_call_is_active (call));
  g_assert_cmpint (await_status (call), ==, GRPC_AIO_STATUS_CODE_OK);
  g_object_get (call, "state", &state, NULL);
  g_assert_cmpint (state, ==, GRPC_AIO_CALL_STATE_DONE);
  g_assert_null (grpc_aio_call_dup_peer (call));
  g_assert_null (grpc_aio_call_get_debug_string (call));
  g_assert_false (grpc_aio_call_cancel (call));
}

static char *
get_server_peer (Fixture *fixture,
                 GrpcAioChannel *channel)
{
  g_autoptr (GrpcAioMultiCallable) hang = grpc_aio_channel_unary_unary (channel, "/test.Peer/Hang");
  g_autoptr (GBytes) request = bytes_from ("");
  g_autoptr (GrpcAioCall) call = NULL;
  char *peer;

  fixture->peer.n_handled = 0;
  call = grpc_aio_multi_callable_call (hang, request, NULL);
  iterate_until (has_handled, &fixture->peer);
  peer = grpc_aio_servicer_context_dup_peer (g_ptr_array_index (fixture->peer.contexts, fixture->peer.contexts->len - 1));
  grpc_aio_call_cancel (call);
  await_status (call);

  return peer;
}

static void
test_channel_intercept (Fixture *fixture,
                        gconstpointer data)
{
  g_autoptr (GrpcAioClientInterceptor) extra = GRPC_AIO_CLIENT_INTERCEPTOR (new_interceptor (fixture, "extra"));
  g_autoptr (GrpcAioChannel) derived = NULL;
  g_autoptr (GrpcAioChannel) again = NULL;
  g_autoptr (GrpcAioMultiCallable) echo = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) ready_result = NULL;
  g_autoptr (GAsyncResult) change_result = NULL;
  g_autoptr (GBytes) request = bytes_from ("x");
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *peer = NULL;
  g_autofree char *derived_peer = NULL;
  guint n_notified = 0;

  g_test_summary ("An intercepted channel has the connection of the other one, and interceptors before its");

  derived = grpc_aio_channel_intercept (fixture->peer.channel, &extra, 1);
  g_assert_true (grpc_aio_channel_get_base (derived) == fixture->peer.channel);
  g_assert_null (grpc_aio_channel_get_base (fixture->peer.channel));
  g_assert_cmpuint (g_list_model_get_n_items (grpc_aio_channel_get_interceptors (derived)), ==, 3);
  g_assert_cmpuint (g_list_model_get_n_items (grpc_aio_channel_get_interceptors (fixture->peer.channel)), ==, 2);
  g_assert_cmpstr (grpc_aio_channel_get_target (derived), ==, fixture->peer.target);
  again = grpc_aio_channel_intercept (derived, NULL, 0);
  g_assert_true (grpc_aio_channel_get_base (again) == fixture->peer.channel);

  g_signal_connect_swapped (derived, "notify::state", G_CALLBACK (g_atomic_int_inc), &n_notified);
  grpc_aio_channel_ready_async (derived, NULL, store_result, &ready_result);
  g_assert_true (grpc_aio_channel_ready_finish (derived, await (&ready_result), &error));
  g_assert_no_error (error);
  g_assert_cmpint (grpc_aio_channel_get_state (derived, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_READY);
  g_assert_cmpint (grpc_aio_channel_get_state (fixture->peer.channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_READY);
  g_assert_cmpuint (n_notified, >, 0);
  grpc_aio_channel_wait_for_state_change_async (derived, GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE, NULL, store_result, &change_result);
  g_assert_true (grpc_aio_channel_wait_for_state_change_finish (derived, await (&change_result), &error));

  echo = grpc_aio_channel_unary_unary (derived, "/test.Peer/Echo");
  g_assert_true (grpc_aio_multi_callable_get_channel (echo) == derived);
  grpc_aio_multi_callable_invoke_async (echo, request, NULL, NULL, store_result, &result);
  response = grpc_aio_multi_callable_invoke_finish (echo, await (&result), &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (fixture->log->str,
                                   "extra.intercept extra.request=x outer.intercept outer.request=x inner.intercept"));

  peer = get_server_peer (fixture, fixture->peer.channel);
  derived_peer = get_server_peer (fixture, derived);
  g_assert_cmpstr (derived_peer, ==, peer);

  grpc_aio_channel_close (derived);
  g_assert_cmpint (grpc_aio_channel_get_state (fixture->peer.channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN);
  g_clear_object (&result);
  grpc_aio_multi_callable_invoke_async (echo, request, NULL, NULL, store_result, &result);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (echo, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_FAILED_PRECONDITION);
}

static void
use_other_channel (TestInterceptor *self,
                   GrpcAioInterceptedCall *call,
                   GError **error)
{
  const char *target = grpc_aio_channel_get_target (grpc_aio_intercepted_call_get_channel (call));
  g_autoptr (GrpcAioChannel) other = grpc_aio_channel_new (target, NULL);
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (other, "/test.Peer/Echo");
  g_autoptr (GBytes) request = bytes_from ("other");
  g_autoptr (GrpcAioCall) answer = grpc_aio_multi_callable_call (method, request, NULL);

  grpc_aio_intercepted_call_return_call (call, answer);
}

static void
test_other_channel (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A call over another channel may answer");

  fixture->outer->intercept = use_other_channel;
  call = start_echo (fixture, NULL);
  response = await_response (call, &error);
  g_assert_no_error (error);
  assert_bytes (response, "other");
}

static void
answer_twice (TestInterceptor *self,
              GrpcAioInterceptedCall *call,
              GError **error)
{
  answer_response (self, call, error);
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*TestInterceptor has answered a call before*");
  answer_status (self, call, error);
  g_test_assert_expected_messages ();
}

static void
test_misuse (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GListStore) list = g_list_store_new (G_TYPE_OBJECT);
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A second answer and what is no interceptor are refused loudly");

  fixture->outer->intercept = answer_twice;
  call = start_echo (fixture, NULL);
  response = await_response (call, &error);
  g_assert_no_error (error);
  assert_bytes (response, "own");

  g_list_store_append (list, object);
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*GObject is no GrpcAioClientInterceptor*");
  channel = g_object_new (GRPC_AIO_TYPE_CHANNEL, "target", "127.0.0.1:1", "interceptors", list, NULL);
  g_test_assert_expected_messages ();
  g_assert_null (grpc_aio_channel_get_interceptors (channel));
}

static gpointer
call_in_context (gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GMainContext) context = g_main_context_new ();

  /* The context goes while an interceptor waits in it. */
  g_main_context_push_thread_default (context);
  {
    g_autoptr (GrpcAioCall) call = start_echo (fixture, NULL);

    iterate_until (is_set, &fixture->inner->kept);
  }
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_context_dies (Fixture *fixture,
                   gconstpointer data)
{
  g_test_summary ("A context that goes while an interceptor has a call leaves nothing behind");

  fixture->inner->intercept = keep;
  run_in_thread (fixture, call_in_context);
  grpc_aio_channel_close (fixture->peer.channel);
  g_assert_true (grpc_aio_intercepted_call_is_done (fixture->inner->kept));
  g_clear_object (&fixture->inner->kept);
}

#define TEST(path, func) g_test_add ("/client-interceptor/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  TEST ("order", test_order);
  TEST ("unary-stream", test_unary_stream);
  TEST ("stream-unary", test_stream_unary);
  TEST ("stream-stream", test_stream_stream);
  TEST ("details", test_details);
  TEST ("own-response", test_own_response);
  TEST ("own-error", test_own_error);
  TEST ("own-stream", test_own_stream);
  TEST ("mixed-stream", test_mixed_stream);
  TEST ("wrong-kind", test_wrong_kind);
  TEST ("cancel-own", test_cancel_own);
  TEST ("never-answers", test_never_answers);
  TEST ("drop-stream", test_drop_stream);
  TEST ("cancel-tells-handler", test_cancel_tells_handler);
  TEST ("later", test_later);
  TEST ("invoke-cancel", test_invoke_cancel);
  TEST ("invoke-sync", test_invoke_sync);
  TEST ("response-sync", test_response_sync);
  TEST ("thread", test_thread);
  TEST ("retry", test_retry);
  TEST ("bad-message", test_bad_message);
  TEST ("signals", test_signals);
  TEST ("channel-intercept", test_channel_intercept);
  TEST ("other-channel", test_other_channel);
  TEST ("misuse", test_misuse);
  TEST ("context-dies", test_context_dies);

  return g_test_run ();
}
