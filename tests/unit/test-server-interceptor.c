/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "test-utils.h"

/* What an interceptor does with a call. */
typedef enum
{
  PASS,
  PASS_LATER,
  PASS_IN_THREAD,
  PASS_TWICE,
  PASS_OTHER_DETAILS,
  WRAP,
  WRAP_IN_THREAD,
  REPLACE,
  REPLACE_STREAM,
  FALL_BACK,
  REFUSE,
  REFUSE_IN_THREAD,
  HANG,
  WAIT,
  DROP,
  ABORT,
  COMPLETE,
  ATTACH,
} Mode;

/* And with a message. */
typedef enum
{
  KEEP,
  TAG,
  REFUSE_MESSAGE,
  ABORT_MESSAGE,
} Filter;

#define TEST_TYPE_INTERCEPTOR (test_interceptor_get_type ())
G_DECLARE_FINAL_TYPE (TestInterceptor, test_interceptor, TEST, INTERCEPTOR, GrpcAioServerInterceptor)

struct _TestInterceptor
{
  GrpcAioServerInterceptor parent_instance;

  const char *name;
  Mode mode;
  Filter requests;
  Filter responses;
  GString *log;
  GrpcAioServerContinuation *kept;
  GError *error; /* what came of waiting */
  gint n_ended;  /* atomic */
};

G_DEFINE_FINAL_TYPE (TestInterceptor, test_interceptor, GRPC_AIO_TYPE_SERVER_INTERCEPTOR)

typedef struct
{
  GrpcAioServer *server;
  GrpcAioService *service;
  GrpcAioChannel *channel;
  TestInterceptor *first;
  TestInterceptor *second;
  GString *log;
  GMutex lock; /* of log, for workers */
} Fixture;

static Fixture *current;

G_GNUC_PRINTF (1, 2)
static void
note (const char *format,
      ...)
{
  va_list args;

  g_mutex_lock (&current->lock);
  if (current->log->len > 0)
    g_string_append_c (current->log, ' ');
  va_start (args, format);
  g_string_append_vprintf (current->log, format, args);
  va_end (args);
  g_mutex_unlock (&current->lock);
}

static char *
text_of (GBytes *bytes)
{
  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
handle_wrapped (GrpcAioServicerContext *context,
                GBytes *request,
                gpointer user_data)
{
  GrpcAioRpcMethodHandler *inner = user_data;

  note ("wrapped");
  g_assert_cmpint (grpc_aio_servicer_context_get_kind (context), ==, grpc_aio_rpc_method_handler_get_kind (inner));
  grpc_aio_rpc_method_handler_serve (inner, context, request);
}

static void
handle_replaced (GrpcAioServicerContext *context,
                 GBytes *request,
                 gpointer user_data)
{
  g_autoptr (GBytes) response = bytes_from ("replaced");

  grpc_aio_servicer_context_complete (context, response);
}

static GrpcAioRpcMethodHandler *
wrap (GrpcAioRpcMethodHandler *handler)
{
  return grpc_aio_rpc_method_handler_new (grpc_aio_rpc_method_handler_get_kind (handler), handle_wrapped,
                                          g_object_ref (handler), g_object_unref);
}

static void
on_proceeded (GObject *source,
              GAsyncResult *result,
              gpointer user_data)
{
  g_autoptr (TestInterceptor) self = user_data;
  GrpcAioServerContinuation *continuation = GRPC_AIO_SERVER_CONTINUATION (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_server_continuation_proceed_finish (continuation, result, &error);
  g_autoptr (GrpcAioRpcMethodHandler) made = NULL;

  if (self->mode == FALL_BACK)
    {
      g_assert_null (handler);
      made = grpc_aio_rpc_method_handler_new_unary_unary (handle_replaced, NULL, NULL);
      grpc_aio_server_continuation_return_handler (continuation, made);
    }
  else if (error != NULL)
    {
      grpc_aio_server_continuation_return_error (continuation, error);
    }
  else
    {
      if (handler != NULL)
        made = wrap (handler);
      grpc_aio_server_continuation_return_handler (continuation, made);
    }
  g_clear_error (&self->error);
  self->error = g_steal_pointer (&error);
}

static gboolean
on_later (gpointer data)
{
  grpc_aio_server_continuation_pass_on (data, NULL);

  return G_SOURCE_REMOVE;
}

static gpointer
pass_in_thread (gpointer data)
{
  g_autoptr (GrpcAioServerContinuation) continuation = data;

  grpc_aio_server_continuation_pass_on (continuation, NULL);

  return NULL;
}

static gpointer
wrap_in_thread (gpointer data)
{
  g_autoptr (GrpcAioServerContinuation) continuation = data;
  g_autoptr (GrpcAioRpcMethodHandler) made = NULL;
  g_autoptr (GrpcAioRpcMethodHandler) handler = NULL;
  g_autoptr (GError) error = NULL;

  handler = grpc_aio_server_continuation_proceed_sync (continuation, NULL, NULL, &error);
  g_assert_no_error (error);
  made = wrap (handler);
  grpc_aio_server_continuation_return_handler (continuation, made);

  return NULL;
}

static gpointer
refuse_in_thread (gpointer data)
{
  g_autoptr (GrpcAioServerContinuation) continuation = data;
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "not you");

  grpc_aio_server_continuation_return_error (continuation, error);

  return NULL;
}

static void
test_interceptor_intercept_service (GrpcAioServerInterceptor *interceptor,
                                    GrpcAioServerContinuation *continuation,
                                    GrpcAioHandlerCallDetails *details)
{
  TestInterceptor *self = TEST_INTERCEPTOR (interceptor);
  GrpcAioServicerContext *context = grpc_aio_server_continuation_get_context (continuation);
  g_autoptr (GrpcAioHandlerCallDetails) other_details = NULL;
  g_autoptr (GrpcAioRpcMethodHandler) handler = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;

  note ("%si", self->name);
  g_assert_true (grpc_aio_servicer_context_is_active (context));
  g_assert_false (grpc_aio_servicer_context_has_sent_initial_metadata (context));
  g_assert_cmpstr (grpc_aio_handler_call_details_get_method (details), ==,
                   current->first->mode == PASS_OTHER_DETAILS && self == current->second
                       ? "/test.Kinds/Other"
                       : grpc_aio_servicer_context_get_method (context));

  switch (self->mode)
    {
    case PASS:
      GRPC_AIO_SERVER_INTERCEPTOR_CLASS (test_interceptor_parent_class)->intercept_service (interceptor, continuation, details);
      break;

    case PASS_LATER:
      g_idle_add_full (G_PRIORITY_DEFAULT, on_later, g_object_ref (continuation), g_object_unref);
      break;

    case PASS_IN_THREAD:
      g_thread_unref (g_thread_new ("pass", pass_in_thread, g_object_ref (continuation)));
      break;

    case PASS_TWICE:
      grpc_aio_server_continuation_pass_on (continuation, NULL);
      grpc_aio_server_continuation_pass_on (continuation, NULL);
      grpc_aio_server_continuation_proceed_async (continuation, NULL, NULL, on_proceeded, g_object_ref (self));
      break;

    case PASS_OTHER_DETAILS:
      other_details = grpc_aio_handler_call_details_new ("/test.Kinds/Other", NULL, NULL);
      grpc_aio_server_continuation_pass_on (continuation, other_details);
      break;

    case WRAP:
    case FALL_BACK:
    case WAIT:
      grpc_aio_server_continuation_proceed_async (continuation, NULL, NULL, on_proceeded, g_object_ref (self));
      break;

    case WRAP_IN_THREAD:
      g_thread_unref (g_thread_new ("wrap", wrap_in_thread, g_object_ref (continuation)));
      break;

    case REPLACE:
      handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_replaced, NULL, NULL);
      grpc_aio_server_continuation_return_handler (continuation, handler);
      break;

    case REPLACE_STREAM:
      handler = grpc_aio_rpc_method_handler_new_stream_stream (handle_replaced, NULL, NULL);
      grpc_aio_server_continuation_return_handler (continuation, handler);
      break;

    case REFUSE:
      error = g_error_new_literal (GRPC_AIO_ERROR, GRPC_AIO_ERROR_PERMISSION_DENIED, "not you");
      grpc_aio_server_continuation_return_error (continuation, error);
      break;

    case REFUSE_IN_THREAD:
      g_thread_unref (g_thread_new ("refuse", refuse_in_thread, g_object_ref (continuation)));
      break;

    case HANG:
      g_set_object (&self->kept, continuation);
      break;

    case DROP:
      break;

    case ABORT:
      grpc_aio_servicer_context_abort (context, GRPC_AIO_STATUS_CODE_ABORTED, "no more");
      grpc_aio_server_continuation_pass_on (continuation, NULL);
      break;

    case COMPLETE:
      response = bytes_from ("cached");
      grpc_aio_servicer_context_complete (context, response);
      break;

    case ATTACH:
      g_value_init (&value, G_TYPE_INT);
      g_value_set_int (&value, 42);
      grpc_aio_servicer_context_set_value (context, "test-number", &value);
      grpc_aio_servicer_context_set_identity (context, "alice");
      grpc_aio_server_continuation_pass_on (continuation, NULL);
      break;

    default:
      g_assert_not_reached ();
    }
}

static GBytes *
filter (TestInterceptor *self,
        GrpcAioServicerContext *context,
        GBytes *message,
        Filter how,
        const char *direction)
{
  g_autofree char *text = text_of (message);
  g_autofree char *tagged = NULL;

  note ("%s%s:%s", self->name, direction, text);
  switch (how)
    {
    case TAG:
      tagged = g_strconcat (text, self->name, NULL);
      return bytes_from (tagged);

    case REFUSE_MESSAGE:
      return NULL;

    case ABORT_MESSAGE:
      grpc_aio_servicer_context_abort (context, GRPC_AIO_STATUS_CODE_OUT_OF_RANGE, "too much");
      return NULL;

    default:
      return g_bytes_ref (message);
    }
}

static GBytes *
test_interceptor_filter_request (GrpcAioServerInterceptor *interceptor,
                                 GrpcAioServicerContext *context,
                                 GBytes *message)
{
  TestInterceptor *self = TEST_INTERCEPTOR (interceptor);

  return filter (self, context, message, self->requests, "q");
}

static GBytes *
test_interceptor_filter_response (GrpcAioServerInterceptor *interceptor,
                                  GrpcAioServicerContext *context,
                                  GBytes *message)
{
  TestInterceptor *self = TEST_INTERCEPTOR (interceptor);

  return filter (self, context, message, self->responses, "r");
}

static void
test_interceptor_call_ended (GrpcAioServerInterceptor *interceptor,
                             GrpcAioServicerContext *context)
{
  TestInterceptor *self = TEST_INTERCEPTOR (interceptor);

  g_assert_true (grpc_aio_servicer_context_is_done (context));
  note ("%se:%d", self->name, grpc_aio_servicer_context_get_code (context));
  g_atomic_int_inc (&self->n_ended);
}

static void
test_interceptor_finalize (GObject *object)
{
  TestInterceptor *self = TEST_INTERCEPTOR (object);

  g_clear_object (&self->kept);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (test_interceptor_parent_class)->finalize (object);
}

static void
test_interceptor_class_init (TestInterceptorClass *klass)
{
  GrpcAioServerInterceptorClass *interceptor_class = GRPC_AIO_SERVER_INTERCEPTOR_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = test_interceptor_finalize;
  interceptor_class->intercept_service = test_interceptor_intercept_service;
  interceptor_class->filter_request = test_interceptor_filter_request;
  interceptor_class->filter_response = test_interceptor_filter_response;
  interceptor_class->call_ended = test_interceptor_call_ended;
}

static void
test_interceptor_init (TestInterceptor *self)
{
}

/* The handlers */

static void
handle_unary (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  g_autofree char *text = text_of (request);

  note ("h:%s", text);
  grpc_aio_servicer_context_complete (context, request);
}

static void
handle_other (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  g_autoptr (GBytes) response = bytes_from ("other");

  grpc_aio_servicer_context_complete (context, response);
}

static void
handle_value (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  const GValue *value = grpc_aio_servicer_context_get_value (context, "test-number");
  g_autofree char *text = NULL;
  g_autofree char *identity = NULL;
  g_autoptr (GBytes) response = NULL;

  g_object_get (context, "identity", &identity, NULL);
  g_assert_cmpstr (identity, ==, grpc_aio_servicer_context_get_identity (context));
  text = g_strdup_printf ("%d %s", value != NULL ? g_value_get_int (value) : -1, identity != NULL ? identity : "nobody");
  response = bytes_from (text);

  g_assert_null (grpc_aio_servicer_context_get_value (context, "test-none"));
  grpc_aio_servicer_context_set_value (context, "test-number", NULL);
  g_assert_null (grpc_aio_servicer_context_get_value (context, "test-number"));
  grpc_aio_servicer_context_complete (context, response);
}

static void
on_written (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!grpc_aio_servicer_context_write_finish (GRPC_AIO_SERVICER_CONTEXT (source), result, &error))
    note ("w!%s", g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED) ? "closed" : error->message);
}

static void
handle_count (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  g_autoptr (GBytes) one = bytes_from ("1");
  g_autoptr (GBytes) two = bytes_from ("2");

  grpc_aio_servicer_context_write_async (context, one, NULL, on_written, NULL);
  grpc_aio_servicer_context_complete (context, two);
}

static void
on_read (GObject *source,
         GAsyncResult *result,
         gpointer user_data)
{
  GrpcAioServicerContext *context = GRPC_AIO_SERVICER_CONTEXT (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = grpc_aio_servicer_context_read_finish (context, result, &error);
  g_autofree char *text = message != NULL ? text_of (message) : NULL;
  gboolean is_chat = grpc_aio_servicer_context_get_kind (context) == GRPC_AIO_METHOD_KIND_STREAM_STREAM;
  g_autoptr (GBytes) end = bytes_from ("end");

  if (error != NULL)
    {
      note ("h!%s", g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED) ? "closed" : error->message);
      return;
    }

  note ("h:%s", text != NULL ? text : "-");
  if (message == NULL)
    {
      grpc_aio_servicer_context_complete (context, end);
      return;
    }
  if (is_chat)
    grpc_aio_servicer_context_write_async (context, message, NULL, on_written, NULL);
  grpc_aio_servicer_context_read_async (context, NULL, on_read, NULL);
}

static void
handle_read (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  grpc_aio_servicer_context_read_async (context, NULL, on_read, NULL);
}

static void
add_method (Fixture *fixture,
            const char *name,
            GrpcAioMethodKind kind,
            GrpcAioHandlerFunc func)
{
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new (kind, func, NULL, NULL);

  g_assert_cmpint (grpc_aio_rpc_method_handler_get_kind (handler), ==, kind);
  grpc_aio_service_add_method (fixture->service, name, handler);
}

static TestInterceptor *
new_interceptor (const char *name)
{
  TestInterceptor *self = g_object_new (TEST_TYPE_INTERCEPTOR, NULL);

  self->name = name;

  return self;
}

static GrpcAioChannel *
start (GrpcAioServer *server)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;
  int port;

  port = grpc_aio_server_add_port (server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (server, &error));
  g_assert_no_error (error);
  target = g_strdup_printf ("127.0.0.1:%d", port);

  return grpc_aio_channel_new (target, NULL);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GListStore) interceptors = g_list_store_new (GRPC_AIO_TYPE_SERVER_INTERCEPTOR);

  current = fixture;
  g_mutex_init (&fixture->lock);
  fixture->log = g_string_new (NULL);
  fixture->first = new_interceptor ("1");
  fixture->second = new_interceptor ("2");
  fixture->service = grpc_aio_service_new ("test.Kinds");
  add_method (fixture, "UnaryUnary", GRPC_AIO_METHOD_KIND_UNARY_UNARY, handle_unary);
  add_method (fixture, "UnaryStream", GRPC_AIO_METHOD_KIND_UNARY_STREAM, handle_count);
  add_method (fixture, "StreamUnary", GRPC_AIO_METHOD_KIND_STREAM_UNARY, handle_read);
  add_method (fixture, "StreamStream", GRPC_AIO_METHOD_KIND_STREAM_STREAM, handle_read);
  add_method (fixture, "Other", GRPC_AIO_METHOD_KIND_UNARY_UNARY, handle_other);
  add_method (fixture, "Value", GRPC_AIO_METHOD_KIND_UNARY_UNARY, handle_value);

  g_list_store_append (interceptors, fixture->first);
  fixture->server = g_object_new (GRPC_AIO_TYPE_SERVER,
                                  "interceptors", interceptors,
                                  "n-workers", g_strcmp0 (data, "workers") == 0 ? 2 : 0,
                                  NULL);
  grpc_aio_server_add_interceptor (fixture->server, GRPC_AIO_SERVER_INTERCEPTOR (fixture->second));
  grpc_aio_server_add_service (fixture->server, fixture->service);
  fixture->channel = start (fixture->server);
}

static void
stop (GrpcAioServer *server)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_server_stop_async (server, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (server, await (&result), &error));
  g_assert_no_error (error);
}

/* Its last calls may still be on their way out, of a worker perhaps, which does
 * not wake this thread. */
static void
wait_until_mine (GrpcAioServer *server)
{
  while (g_atomic_int_get (&G_OBJECT (server)->ref_count) > 1)
    {
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  assert_finalizes (fixture->channel);
  stop (fixture->server);
  g_clear_object (&fixture->first->kept);
  g_clear_object (&fixture->second->kept);
  wait_until_mine (fixture->server);
  assert_finalizes (fixture->server);
  assert_finalizes (fixture->service);
  assert_finalizes (fixture->first);
  assert_finalizes (fixture->second);
  g_string_free (fixture->log, TRUE);
  g_mutex_clear (&fixture->lock);
}

static gboolean
has_ended (gpointer data)
{
  return g_atomic_int_get (&((TestInterceptor *) data)->n_ended) > 0;
}

static GrpcAioCall *
call_method (Fixture *fixture,
             const char *name,
             const char *request,
             GrpcAioCallOptions *options)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (fixture->channel, name);
  g_autoptr (GBytes) bytes = bytes_from (request);

  return grpc_aio_multi_callable_call (method, bytes, options);
}

/* The response, or the failure as "5 text". */
static char *
result_of (GrpcAioCall *call)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_call_response_async (call, NULL, store_result, &result);
  response = grpc_aio_call_response_finish (call, await (&result), &error);
  if (response != NULL)
    return text_of (response);

  g_assert_true (error->domain == GRPC_AIO_ERROR);

  return g_strdup_printf ("%d %s", error->code, error->message);
}

static void
assert_result (Fixture *fixture,
               const char *name,
               const char *expected)
{
  g_autoptr (GrpcAioCall) call = call_method (fixture, name, "hello", NULL);
  g_autofree char *result = result_of (call);

  g_assert_cmpstr (result, ==, expected);
}

/* After the end of a call. */
static void
assert_log (Fixture *fixture,
            const char *expected)
{
  iterate_until (has_ended, fixture->first);
  g_assert_cmpstr (fixture->log->str, ==, expected);
}

#define UNARY "/test.Kinds/UnaryUnary"

#define DEADLINE_USEC (300 * 1000)

static void
test_order (Fixture *fixture,
            gconstpointer data)
{
  g_test_summary ("Interceptors see a call in their order, and what goes back the other way round");

  assert_result (fixture, UNARY, "hello");
  assert_log (fixture, "1i 2i 1q:hello 2q:hello h:hello 2r:hello 1r:hello 2e:0 1e:0");
  g_assert_cmpint (fixture->first->n_ended, ==, 1);
  g_assert_cmpint (fixture->second->n_ended, ==, 1);
}

static void
test_change_messages (Fixture *fixture,
                      gconstpointer data)
{
  g_test_summary ("An interceptor may put another message in the place of one");

  fixture->first->requests = fixture->second->requests = TAG;
  fixture->first->responses = fixture->second->responses = TAG;
  assert_result (fixture, UNARY, "hello1221");
  assert_log (fixture, "1i 2i 1q:hello 2q:hello1 h:hello12 2r:hello12 1r:hello122 2e:0 1e:0");
}

static void
test_unary_stream (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_stream (fixture->channel, "/test.Kinds/UnaryStream");
  g_autoptr (GBytes) request = bytes_from ("hello");
  g_autoptr (GrpcAioCall) call = grpc_aio_multi_callable_call (method, request, NULL);

  g_test_summary ("Each message of a stream of responses is seen");

  fixture->first->responses = TAG;
  for (guint i = 0; i < 3; i++)
    {
      static const char *const expected[] = { "11", "21", NULL };
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GBytes) message = NULL;
      g_autoptr (GError) error = NULL;

      grpc_aio_call_read_async (call, NULL, store_result, &result);
      message = grpc_aio_call_read_finish (call, await (&result), &error);
      g_assert_no_error (error);
      if (expected[i] != NULL)
        assert_bytes (message, expected[i]);
      else
        g_assert_null (message);
    }
  assert_log (fixture, "1i 2i 1q:hello 2q:hello 2r:1 1r:1 2r:2 1r:2 2e:0 1e:0");
}

static void
send_two (GrpcAioCall *call)
{
  g_autoptr (GBytes) one = bytes_from ("a");
  g_autoptr (GBytes) two = bytes_from ("b");

  grpc_aio_call_write_async (call, one, NULL, NULL, NULL);
  grpc_aio_call_write_async (call, two, NULL, NULL, NULL);
  grpc_aio_call_done_writing_async (call, NULL, NULL, NULL);
}

static void
test_stream_unary (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_stream_unary (fixture->channel, "/test.Kinds/StreamUnary");
  g_autoptr (GrpcAioCall) call = grpc_aio_multi_callable_call (method, NULL, NULL);
  g_autofree char *result = NULL;

  g_test_summary ("Each message of a stream of requests is seen");

  fixture->second->requests = TAG;
  send_two (call);
  result = result_of (call);
  g_assert_cmpstr (result, ==, "end");
  assert_log (fixture, "1i 2i 1q:a 2q:a h:a2 1q:b 2q:b h:b2 h:- 2r:end 1r:end 2e:0 1e:0");
}

static GrpcAioCall *
chat (Fixture *fixture)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_stream_stream (fixture->channel, "/test.Kinds/StreamStream");
  GrpcAioCall *call = grpc_aio_multi_callable_call (method, NULL, NULL);

  send_two (call);
  for (gboolean is_over = FALSE; !is_over;)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GBytes) message = NULL;

      grpc_aio_call_read_async (call, NULL, store_result, &result);
      message = grpc_aio_call_read_finish (call, await (&result), NULL);
      is_over = message == NULL;
    }
  iterate_until (call_is_done, call);

  return call;
}

static void
test_stream_stream (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;

  g_test_summary ("Messages of both streams are seen");

  call = chat (fixture);
  g_assert_cmpint (grpc_aio_call_get_code (call), ==, GRPC_AIO_STATUS_CODE_OK);
  assert_log (fixture, "1i 2i 1q:a 2q:a h:a 2r:a 1r:a 1q:b 2q:b h:b 2r:b 1r:b h:- 2r:end 1r:end 2e:0 1e:0");
}

static void
test_modes (Fixture *fixture,
            gconstpointer data)
{
  static const struct
  {
    Mode mode;
    const char *method;
    const char *result;
    const char *log;
  } cases[] = {
    { PASS_LATER, UNARY, "hello", "1i 2i 1q:hello 2q:hello h:hello 2r:hello 1r:hello 2e:0 1e:0" },
    { PASS_IN_THREAD, UNARY, "hello", "1i 2i 1q:hello 2q:hello h:hello 2r:hello 1r:hello 2e:0 1e:0" },
    { PASS_OTHER_DETAILS, UNARY, "other", NULL },
    { PASS_OTHER_DETAILS, "/test.None/Unknown", "other", NULL },
    { WRAP, UNARY, "hello", "1i 2i 1q:hello 2q:hello wrapped h:hello 2r:hello 1r:hello 2e:0 1e:0" },
    { WRAP, "/test.None/Unknown", "12 The server has no method /test.None/Unknown", "1i 2i 2e:12 1e:12" },
    { WRAP_IN_THREAD, UNARY, "hello", "1i 2i 1q:hello 2q:hello wrapped h:hello 2r:hello 1r:hello 2e:0 1e:0" },
    { REPLACE, UNARY, "replaced", "1i 1q:hello 1r:replaced 1e:0" },
    { REPLACE, "/test.None/Unknown", "replaced", "1i 1q:hello 1r:replaced 1e:0" },
    { REPLACE_STREAM, UNARY,
      "13 An interceptor gave /test.Kinds/UnaryUnary a handler for a stream of requests, but it has one", "1i 1e:13" },
    { REFUSE, UNARY, "7 not you", "1i 1e:7" },
    { REFUSE, "/test.None/Unknown", "7 not you", "1i 1e:7" },
    { REFUSE_IN_THREAD, UNARY, "7 not you", "1i 1e:7" },
    { DROP, UNARY, "2 The interceptor TestInterceptor of /test.Kinds/UnaryUnary ended without a result", "1i 1e:2" },
    { ABORT, UNARY, "10 no more", "1i 1e:10" },
    { COMPLETE, UNARY, "cached", "1i 1r:cached 1e:0" },
    { PASS, "/test.None/Unknown", "12 The server has no method /test.None/Unknown", "1i 2i 2e:12 1e:12" },
  };

  g_test_summary ("An interceptor passes a call on, wraps or replaces the handler, refuses, or answers itself");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_string_truncate (fixture->log, 0);
      g_atomic_int_set (&fixture->first->n_ended, 0);
      fixture->first->mode = cases[i].mode;
      assert_result (fixture, cases[i].method, cases[i].result);
      if (cases[i].log != NULL)
        assert_log (fixture, cases[i].log);
    }
}

static void
test_second_refuses (Fixture *fixture,
                     gconstpointer data)
{
  g_test_summary ("An interceptor learns that one after it refused, and may serve the call itself");

  fixture->second->mode = REFUSE;
  assert_result (fixture, UNARY, "7 not you");

  fixture->first->mode = WRAP;
  assert_result (fixture, UNARY, "7 not you");
  g_assert_error (fixture->first->error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_PERMISSION_DENIED);

  fixture->first->mode = FALL_BACK;
  assert_result (fixture, UNARY, "replaced");
  g_assert_error (fixture->first->error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_PERMISSION_DENIED);
}

static void
test_twice (Fixture *fixture,
            gconstpointer data)
{
  g_test_summary ("An interceptor goes on once");

  fixture->first->mode = PASS_TWICE;
  assert_result (fixture, UNARY, "hello");
  g_assert_error (fixture->first->error, G_IO_ERROR, G_IO_ERROR_PENDING);
  assert_log (fixture, "1i 2i 1q:hello 2q:hello h:hello 2r:hello 1r:hello 2e:0 1e:0");
}

static void
test_values (Fixture *fixture,
             gconstpointer data)
{
  g_test_summary ("What an interceptor attaches, the handler gets");

  fixture->second->mode = ATTACH;
  assert_result (fixture, "/test.Kinds/Value", "42 alice");
  fixture->second->mode = PASS;
  assert_result (fixture, "/test.Kinds/Value", "-1 nobody");
}

/* Refusing messages of one request or one response. */
static void
test_refuse_messages (Fixture *fixture,
                      gconstpointer data)
{
  g_test_summary ("An interceptor may refuse a message, with its own status or INTERNAL");

  fixture->second->requests = REFUSE_MESSAGE;
  assert_result (fixture, UNARY, "13 An interceptor of /test.Kinds/UnaryUnary refused the message");
  assert_log (fixture, "1i 2i 1q:hello 2q:hello 2e:13 1e:13");
  fixture->second->requests = ABORT_MESSAGE;
  assert_result (fixture, UNARY, "11 too much");
  fixture->second->requests = KEEP;

  fixture->second->responses = REFUSE_MESSAGE;
  assert_result (fixture, UNARY, "13 An interceptor of /test.Kinds/UnaryUnary refused the message");
  fixture->second->responses = ABORT_MESSAGE;
  assert_result (fixture, UNARY, "11 too much");
}

static void
test_refuse_streamed (Fixture *fixture,
                      gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;

  g_test_summary ("After a refused message of a stream the handler's operations fail");

  if (g_str_equal (data, "request"))
    fixture->second->requests = ABORT_MESSAGE;
  else
    fixture->second->responses = ABORT_MESSAGE;
  call = chat (fixture);
  g_assert_cmpint (grpc_aio_call_get_code (call), ==, GRPC_AIO_STATUS_CODE_OUT_OF_RANGE);
  iterate_until (has_ended, fixture->first);
  g_assert_nonnull (strstr (fixture->log->str, g_str_equal (data, "request") ? "h!closed" : "w!closed"));
}

static gboolean
is_hanging (gpointer data)
{
  return ((TestInterceptor *) data)->kept != NULL;
}

/* The call is over while an interceptor has it. Its deadline starts to count when
 * there is a connection: else it might not reach the server at all. */
static void
assert_given_up (Fixture *fixture,
                 const char *how)
{
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (g_str_equal (how, "deadline") ? DEADLINE_USEC : -1);
  TestInterceptor *hanging = fixture->second->mode == HANG ? fixture->second : fixture->first;
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_channel_ready_async (fixture->channel, NULL, store_result, &result);
  g_assert_true (grpc_aio_channel_ready_finish (fixture->channel, await (&result), NULL));
  call = call_method (fixture, UNARY, "hello", options);
  iterate_until (is_hanging, hanging);
  if (g_str_equal (how, "cancel"))
    grpc_aio_call_cancel (call);
  else if (g_str_equal (how, "stop"))
    grpc_aio_server_stop_async (fixture->server, 0, NULL, NULL, NULL);
  iterate_until (call_is_done, call);
  iterate_until (has_ended, fixture->first);
}

static gboolean
has_no_calls (gpointer data)
{
  return grpc_aio_server_get_active_calls (data) == 0;
}

/* The client's clock may be a little before the server's: then it cancels the
 * call before the deadline has passed. */
static void
assert_gone (Fixture *fixture,
             const char *log,
             const char *how)
{
  g_autofree char *cancelled = g_strconcat (log, "1", NULL);
  g_autofree char *late = g_strconcat (log, "4", NULL);

  if (!g_str_equal (how, "deadline") || !g_str_equal (fixture->log->str, late))
    g_assert_cmpstr (fixture->log->str, ==, cancelled);
}

static void
test_hang (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) pending = NULL;

  g_test_summary ("An interceptor that never answers does not keep a call from its end");

  fixture->first->mode = HANG;
  assert_given_up (fixture, data);
  iterate_until (has_no_calls, fixture->server);
  assert_gone (fixture, "1i 1e:", data);

  /* What it says now comes too late, and harms nothing. */
  g_assert_true (grpc_aio_servicer_context_is_cancelled (grpc_aio_server_continuation_get_context (fixture->first->kept)));
  error = g_error_new_literal (GRPC_AIO_ERROR, GRPC_AIO_ERROR_PERMISSION_DENIED, "too late");
  grpc_aio_server_continuation_pass_on (fixture->first->kept, NULL);
  grpc_aio_server_continuation_return_error (fixture->first->kept, error);
  grpc_aio_server_continuation_return_handler (fixture->first->kept, NULL);
  g_assert_null (grpc_aio_server_continuation_get_context (fixture->first->kept));
  grpc_aio_server_continuation_pass_on (fixture->first->kept, NULL);
  grpc_aio_server_continuation_return_handler (fixture->first->kept, NULL);
  grpc_aio_server_continuation_return_error (fixture->first->kept, error);
  g_assert_null (grpc_aio_server_continuation_proceed_sync (fixture->first->kept, NULL, NULL, &pending));
  g_assert_error (pending, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_assert_cmpint (fixture->first->n_ended, ==, 1);
}

static void
test_hang_inner (Fixture *fixture,
                 gconstpointer data)
{
  g_test_summary ("An interceptor that waits for one after it learns of the end of the call");

  fixture->first->mode = WAIT;
  fixture->second->mode = HANG;
  assert_given_up (fixture, data);
  while (fixture->first->error == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (g_error_matches (fixture->first->error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_CANCELLED) ||
                 g_error_matches (fixture->first->error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED));
  assert_gone (fixture, fixture->first->error->code == GRPC_AIO_ERROR_CANCELLED ? "1i 2i 2e:1 1e:" : "1i 2i 2e:4 1e:", data);
}

static void
on_count_response (GObject *source,
                   GAsyncResult *result,
                   gpointer user_data)
{
  guint *n = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = grpc_aio_multi_callable_invoke_finish (GRPC_AIO_MULTI_CALLABLE (source), result, &error);

  g_assert_no_error (error);
  assert_bytes (response, "x");
  (*n)++;
}

static gboolean
is_hundred (gpointer data)
{
  return *(guint *) data == 100;
}

static void
test_many (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (fixture->channel, UNARY);
  g_autoptr (GBytes) request = bytes_from ("x");
  guint n = 0;

  g_test_summary ("Interceptors serve many calls at once, of a main context or of workers");

  fixture->first->mode = WRAP;
  fixture->second->mode = g_strcmp0 (data, "workers") == 0 ? PASS : PASS_LATER;
  for (guint i = 0; i < 100; i++)
    grpc_aio_multi_callable_invoke_async (method, request, NULL, NULL, on_count_response, &n);
  iterate_until (is_hundred, &n);
}

static void
test_property (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GListModel) interceptors = NULL;
  g_autoptr (GListModel) same = grpc_aio_server_dup_interceptors (fixture->server);
  g_autoptr (GObject) first = NULL;
  g_autoptr (GObject) second = NULL;
  g_autoptr (GListStore) wrong = g_list_store_new (G_TYPE_OBJECT);
  g_autoptr (GrpcAioServer) server = NULL;

  g_test_summary ("The interceptors of a server can be listed; strange ones and late ones are mistakes");

  g_object_get (fixture->server, "interceptors", &interceptors, NULL);
  g_assert_cmpuint (g_list_model_get_n_items (interceptors), ==, 2);
  g_assert_cmpuint (g_list_model_get_n_items (same), ==, 2);
  first = g_list_model_get_item (interceptors, 0);
  second = g_list_model_get_item (interceptors, 1);
  g_assert_true (first == (gpointer) fixture->first && second == (gpointer) fixture->second);

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*is_new*");
  grpc_aio_server_add_interceptor (fixture->server, GRPC_AIO_SERVER_INTERCEPTOR (fixture->first));
  g_test_assert_expected_messages ();

  g_list_store_append (wrong, fixture->service);
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*a GrpcAioService is not an interceptor*");
  server = g_object_new (GRPC_AIO_TYPE_SERVER, "interceptors", wrong, NULL);
  g_test_assert_expected_messages ();
}

static void
test_misuse (Fixture *fixture,
             gconstpointer data)
{
  g_test_summary ("Values without a key, results of nothing and handlers without a function are mistakes");

  fixture->first->mode = HANG;
  assert_given_up (fixture, "deadline");

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*error != NULL*");
  grpc_aio_server_continuation_return_error (fixture->first->kept, NULL);
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*key != NULL*");
  grpc_aio_servicer_context_set_value (grpc_aio_server_continuation_get_context (fixture->first->kept), NULL, NULL);
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*func != NULL*");
  g_assert_null (grpc_aio_rpc_method_handler_new (GRPC_AIO_METHOD_KIND_UNARY_UNARY, NULL, NULL, NULL));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*method != NULL*");
  g_assert_null (grpc_aio_handler_call_details_new (NULL, NULL, NULL));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*func != NULL*");
  g_assert_null (grpc_aio_server_auth_interceptor_new (NULL, NULL, NULL, NULL));
  g_test_assert_expected_messages ();
}

/* Shipped interceptors */

static void
on_checked (GrpcAioServerContinuation *continuation,
            const char *token,
            gpointer user_data)
{
  GrpcAioServicerContext *context = grpc_aio_server_continuation_get_context (continuation);
  g_autoptr (GError) error = g_error_new_literal (GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAUTHENTICATED, "who are you?");

  if (g_str_equal (token, "secret"))
    {
      grpc_aio_servicer_context_set_identity (context, "bob");
      grpc_aio_server_continuation_pass_on (continuation, NULL);
    }
  else if (g_str_equal (token, "later"))
    {
      grpc_aio_servicer_context_set_identity (context, "late");
      g_idle_add_full (G_PRIORITY_DEFAULT, on_later, g_object_ref (continuation), g_object_unref);
    }
  else
    {
      grpc_aio_server_continuation_return_error (continuation, error);
    }
}

static void
test_auth (void)
{
  static const struct
  {
    const char *authorization;
    gboolean is_optional;
    const char *result;
  } cases[] = {
    { "Bearer secret", FALSE, "-1 bob" },
    { "bearer  secret", TRUE, "-1 bob" },
    { "Bearer later", FALSE, "-1 late" },
    { "Bearer wrong", FALSE, "16 who are you?" },
    { "Bearer wrong", TRUE, "16 who are you?" },
    { "Basic secret", TRUE, "16 The call needs the metadata “authorization” with the scheme Bearer" },
    { "Bearer", FALSE, "16 The call needs the metadata “authorization” with the scheme Bearer" },
    { NULL, FALSE, "16 The call needs the metadata “authorization” with the scheme Bearer" },
    { NULL, TRUE, "-1 nobody" },
  };
  g_autoptr (GrpcAioServerAuthInterceptor) interceptor = grpc_aio_server_auth_interceptor_new (NULL, on_checked, NULL, NULL);
  g_autoptr (GrpcAioServer) server = grpc_aio_server_new ();
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Kinds");
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_value, NULL, NULL);
  g_autofree char *scheme = NULL;
  Fixture fixture = { 0 };

  g_test_summary ("Calls pass with a token that a function accepts, then or later");

  g_object_get (interceptor, "scheme", &scheme, NULL);
  g_assert_cmpstr (scheme, ==, "Bearer");
  g_assert_cmpstr (grpc_aio_server_auth_interceptor_get_scheme (interceptor), ==, "Bearer");
  grpc_aio_server_add_interceptor (server, GRPC_AIO_SERVER_INTERCEPTOR (interceptor));
  grpc_aio_service_add_method (service, "Value", handler);
  grpc_aio_server_add_service (server, service);
  fixture.channel = start (server);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();
      g_autoptr (GrpcAioCallOptions) options = g_object_new (GRPC_AIO_TYPE_CALL_OPTIONS, "metadata", metadata, NULL);
      g_autoptr (GrpcAioCall) call = NULL;
      g_autofree char *result = NULL;
      gboolean is_optional;

      if (cases[i].authorization != NULL)
        g_assert_true (grpc_aio_metadata_append (metadata, "authorization", cases[i].authorization, NULL));
      grpc_aio_call_options_set_metadata (options, metadata);
      grpc_aio_server_auth_interceptor_set_optional (interceptor, cases[i].is_optional);
      g_object_get (interceptor, "optional", &is_optional, NULL);
      g_assert_cmpint (is_optional, ==, cases[i].is_optional);
      g_assert_cmpint (grpc_aio_server_auth_interceptor_get_optional (interceptor), ==, is_optional);
      call = call_method (&fixture, "/test.Kinds/Value", "x", options);
      result = result_of (call);
      g_assert_cmpstr (result, ==, cases[i].result);
    }

  assert_finalizes (fixture.channel);
  stop (server);
}

static GPtrArray *lines;

static void
count_free (gpointer data)
{
  ++*(guint *) data;
}

static void
test_auth_free (void)
{
  guint n_freed = 0;
  GrpcAioServerAuthInterceptor *interceptor = grpc_aio_server_auth_interceptor_new ("Token", on_checked, &n_freed, count_free);

  g_test_summary ("The data of the function goes with the interceptor");

  g_assert_cmpstr (grpc_aio_server_auth_interceptor_get_scheme (interceptor), ==, "Token");
  g_assert_finalize_object (interceptor);
  g_assert_cmpuint (n_freed, ==, 1);
}

/* Keeps what the interceptor logs, as "KEY=value …". */
static GLogWriterOutput
write_log (GLogLevelFlags level,
           const GLogField *fields,
           gsize n_fields,
           gpointer user_data)
{
  static const char *const keys[] = {
    "GRPC_METHOD",
    "GRPC_STATUS",
    "GRPC_DETAILS",
    "GRPC_IDENTITY",
    "GRPC_DIRECTION",
    "GRPC_SIZE",
    "GLIB_DOMAIN",
    "PRIORITY",
  };
  g_autoptr (GString) line = NULL;
  gboolean has_method = FALSE, has_peer = FALSE, has_message = FALSE;

  for (gsize i = 0; i < n_fields; i++)
    {
      has_method |= g_str_equal (fields[i].key, "GRPC_METHOD");
      has_peer |= g_str_equal (fields[i].key, "GRPC_PEER") && g_str_has_prefix (fields[i].value, "ipv4:127.0.0.1:");
      has_message |= g_str_equal (fields[i].key, "MESSAGE");
    }
  if (!has_method)
    return g_log_writer_default (level, fields, n_fields, user_data);

  g_assert_true (has_peer && has_message);
  g_assert_cmpint (level, ==, G_LOG_LEVEL_DEBUG);
  line = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      for (gsize j = 0; j < n_fields; j++)
        {
          if (g_str_equal (fields[j].key, keys[i]))
            g_string_append_printf (line, "%s%s", line->len > 0 ? " " : "", (const char *) fields[j].value);
        }
    }
  g_ptr_array_add (lines, g_strdup (line->str));

  return G_LOG_WRITER_HANDLED;
}

static gboolean
has_all_lines (gpointer data)
{
  return lines->len >= GPOINTER_TO_UINT (data);
}

static void
test_logging (void)
{
  static const char *const expected[] = {
    "/test.Kinds/Value request 1 GrpcAio 7",
    "/test.Kinds/Value response 9 GrpcAio 7",
    "/test.Kinds/Value OK GrpcAio 7",
    "/test.None/Unknown UNIMPLEMENTED The server has no method /test.None/Unknown GrpcAio 7",
  };
  g_autoptr (GrpcAioServerInterceptor) interceptor = grpc_aio_server_logging_interceptor_new ();
  g_autoptr (GrpcAioServer) server = grpc_aio_server_new ();
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Kinds");
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_value, NULL, NULL);
  Fixture fixture = { 0 };

  g_test_summary ("The end of each call and each message is logged, with fields");

  g_ptr_array_set_size (lines, 0);
  grpc_aio_server_add_interceptor (server, interceptor);
  grpc_aio_service_add_method (service, "Value", handler);
  grpc_aio_server_add_service (server, service);
  fixture.channel = start (server);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GrpcAioCall) call = call_method (&fixture, i == 0 ? "/test.Kinds/Value" : "/test.None/Unknown", "x", NULL);
      g_autofree char *result = result_of (call);

      g_assert_nonnull (result);
      iterate_until (has_all_lines, GUINT_TO_POINTER (i == 0 ? 3 : 4));
    }
  g_assert_cmpuint (lines->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < lines->len; i++)
    g_assert_cmpstr (g_ptr_array_index (lines, i), ==, expected[i]);

  assert_finalizes (fixture.channel);
  stop (server);
}

int
main (int argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  lines = g_ptr_array_new_with_free_func (g_free);
  g_log_set_writer_func (write_log, NULL, NULL);

#define ADD(path, data, func) g_test_add (path, Fixture, data, fixture_set_up, func, fixture_tear_down)
  ADD ("/server-interceptor/order", NULL, test_order);
  ADD ("/server-interceptor/change-messages", NULL, test_change_messages);
  ADD ("/server-interceptor/unary-stream", NULL, test_unary_stream);
  ADD ("/server-interceptor/stream-unary", NULL, test_stream_unary);
  ADD ("/server-interceptor/stream-stream", NULL, test_stream_stream);
  ADD ("/server-interceptor/modes", NULL, test_modes);
  ADD ("/server-interceptor/second-refuses", NULL, test_second_refuses);
  ADD ("/server-interceptor/twice", NULL, test_twice);
  ADD ("/server-interceptor/values", NULL, test_values);
  ADD ("/server-interceptor/refuse-messages", NULL, test_refuse_messages);
  ADD ("/server-interceptor/refuse-streamed/request", "request", test_refuse_streamed);
  ADD ("/server-interceptor/refuse-streamed/response", "response", test_refuse_streamed);
  ADD ("/server-interceptor/hang/deadline", "deadline", test_hang);
  ADD ("/server-interceptor/hang/cancel", "cancel", test_hang);
  ADD ("/server-interceptor/hang/stop", "stop", test_hang);
  ADD ("/server-interceptor/hang-inner/deadline", "deadline", test_hang_inner);
  ADD ("/server-interceptor/hang-inner/cancel", "cancel", test_hang_inner);
  ADD ("/server-interceptor/many", NULL, test_many);
  ADD ("/server-interceptor/many/workers", "workers", test_many);
  ADD ("/server-interceptor/property", NULL, test_property);
  ADD ("/server-interceptor/misuse", NULL, test_misuse);
#undef ADD
  g_test_add_func ("/server-auth-interceptor/tokens", test_auth);
  g_test_add_func ("/server-auth-interceptor/free", test_auth_free);
  g_test_add_func ("/server-logging-interceptor/lines", test_logging);

  status = g_test_run ();
  g_ptr_array_unref (lines);

  return status;
}
