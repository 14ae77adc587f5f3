/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "test-utils.h"

/* The interceptors that the library brings, with a server that does not always do
 * what is asked for. */

typedef struct
{
  GrpcAioServer *server;
  GrpcAioService *service;
  GrpcAioChannel *base;
  GrpcAioChannel *channel;
  GPtrArray *hanging;
  guint n_calls;
  guint n_failing; /* of the first calls */
  GrpcAioStatusCode code;
  const char *pushback;
  const char *good_token;
} Fixture;

static void
fail (Fixture *fixture,
      GrpcAioServicerContext *context)
{
  if (fixture->pushback != NULL)
    {
      g_autoptr (GrpcAioMetadata) trailing = grpc_aio_metadata_new ();

      g_assert_true (grpc_aio_metadata_append (trailing, "grpc-retry-pushback-ms", fixture->pushback, NULL));
      grpc_aio_servicer_context_set_trailing_metadata (context, trailing);
    }
  grpc_aio_servicer_context_abort (context, fixture->code, "not now");
}

static void
handle_flaky (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer data)
{
  Fixture *fixture = data;

  if (fixture->n_calls++ < fixture->n_failing)
    fail (fixture, context);
  else
    grpc_aio_servicer_context_complete (context, request);
}

static void
handle_flaky_stream (GrpcAioServicerContext *context,
                     GBytes *request,
                     gpointer data)
{
  Fixture *fixture = data;

  if (fixture->n_calls++ < fixture->n_failing)
    {
      fail (fixture, context);
      return;
    }

  grpc_aio_servicer_context_write_async (context, request, NULL, NULL, NULL);
  grpc_aio_servicer_context_write_async (context, request, NULL, NULL, NULL);
  grpc_aio_servicer_context_complete (context, NULL);
}

/* The first calls hang. */
static void
handle_slow (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer data)
{
  Fixture *fixture = data;

  if (fixture->n_calls++ < fixture->n_failing)
    g_ptr_array_add (fixture->hanging, g_object_ref (context));
  else
    grpc_aio_servicer_context_complete (context, request);
}

static void
handle_secret (GrpcAioServicerContext *context,
               GBytes *request,
               gpointer data)
{
  Fixture *fixture = data;
  const char *token = grpc_aio_metadata_get (grpc_aio_servicer_context_get_invocation_metadata (context), "authorization");

  fixture->n_calls++;
  if (g_strcmp0 (token, fixture->good_token) == 0)
    grpc_aio_servicer_context_complete (context, request);
  else
    grpc_aio_servicer_context_abort (context, GRPC_AIO_STATUS_CODE_UNAUTHENTICATED, "who are you?");
}

static void
on_secret_joined (GObject *source,
                  GAsyncResult *result,
                  gpointer data)
{
  g_autoptr (GBytes) message = grpc_aio_servicer_context_read_finish (GRPC_AIO_SERVICER_CONTEXT (source), result, NULL);

  if (message != NULL)
    handle_secret (GRPC_AIO_SERVICER_CONTEXT (source), message, data);
}

static void
handle_secret_join (GrpcAioServicerContext *context,
                    GBytes *request,
                    gpointer data)
{
  grpc_aio_servicer_context_read_async (context, NULL, on_secret_joined, data);
}

/* Answers with the value of "key", and how much time there is. */
static void
handle_describe (GrpcAioServicerContext *context,
                 GBytes *request,
                 gpointer data)
{
  GrpcAioMetadata *metadata = grpc_aio_servicer_context_get_invocation_metadata (context);
  const char *value = grpc_aio_metadata_get (metadata, "key");
  GBytes *bytes = grpc_aio_metadata_get_bytes (metadata, "key-bin");
  g_autofree char *text = g_strdup_printf ("%s %s %s", value != NULL ? value : "none",
                                           bytes != NULL ? "bytes" : "none",
                                           grpc_aio_servicer_context_time_remaining (context) >= 0 ? "limited" : "unlimited");
  g_autoptr (GBytes) response = bytes_from (text);

  grpc_aio_servicer_context_complete (context, response);
}

static void
add (Fixture *fixture,
     const char *name,
     GrpcAioRpcMethodHandler *handler)
{
  grpc_aio_service_add_method (fixture->service, name, handler);
  g_object_unref (handler);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;
  int port;

  fixture->code = GRPC_AIO_STATUS_CODE_UNAVAILABLE;
  fixture->good_token = "Bearer good";
  fixture->hanging = g_ptr_array_new_with_free_func (g_object_unref);
  fixture->service = grpc_aio_service_new ("test.Flaky");
  add (fixture, "Flaky", grpc_aio_rpc_method_handler_new_unary_unary (handle_flaky, fixture, NULL));
  add (fixture, "FlakyStream", grpc_aio_rpc_method_handler_new_unary_stream (handle_flaky_stream, fixture, NULL));
  add (fixture, "Slow", grpc_aio_rpc_method_handler_new_unary_unary (handle_slow, fixture, NULL));
  add (fixture, "Secret", grpc_aio_rpc_method_handler_new_unary_unary (handle_secret, fixture, NULL));
  add (fixture, "SecretJoin", grpc_aio_rpc_method_handler_new_stream_unary (handle_secret_join, fixture, NULL));
  add (fixture, "Describe", grpc_aio_rpc_method_handler_new_unary_unary (handle_describe, fixture, NULL));

  fixture->server = grpc_aio_server_new ();
  grpc_aio_server_add_service (fixture->server, fixture->service);
  port = grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  target = g_strdup_printf ("127.0.0.1:%d", port);
  fixture->base = grpc_aio_channel_new (target, NULL);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GAsyncResult) close_result = NULL;
  g_autoptr (GAsyncResult) stop_result = NULL;

  g_clear_object (&fixture->channel);
  grpc_aio_channel_close_async (fixture->base, 0, NULL, store_result, &close_result);
  g_assert_true (grpc_aio_channel_close_finish (fixture->base, await (&close_result), NULL));
  g_clear_object (&close_result);
  g_clear_object (&fixture->base);
  grpc_aio_server_stop_async (fixture->server, 0, NULL, store_result, &stop_result);
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&stop_result), NULL));
  g_clear_object (&stop_result);
  g_ptr_array_unref (fixture->hanging);
  assert_finalizes (fixture->server);
  assert_finalizes (fixture->service);
}

/* Takes @interceptor. */
static void
use (Fixture *fixture,
     gpointer interceptor)
{
  GrpcAioClientInterceptor *interceptors[] = { interceptor };

  g_clear_object (&fixture->channel);
  fixture->channel = grpc_aio_channel_intercept (fixture->base, interceptors, 1);
  g_object_unref (interceptor);
}

static GBytes *
invoke (Fixture *fixture,
        const char *method,
        const char *text,
        gint64 timeout_usec,
        GError **error)
{
  g_autofree char *name = g_strconcat ("/test.Flaky/", method, NULL);
  g_autoptr (GrpcAioMultiCallable) callable = grpc_aio_channel_unary_unary (fixture->channel, name);
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (timeout_usec);
  g_autoptr (GBytes) request = bytes_from (text);
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_multi_callable_invoke_async (callable, request, options, NULL, store_result, &result);

  return grpc_aio_multi_callable_invoke_finish (callable, await (&result), error);
}

static gpointer
new_retry (guint max_attempts,
           const char *const *methods)
{
  return g_object_new (GRPC_AIO_TYPE_RETRY_CLIENT_INTERCEPTOR,
                       "methods", methods,
                       "max-attempts", max_attempts,
                       "initial-backoff-usec", G_GINT64_CONSTANT (1000),
                       "max-backoff-usec", G_GINT64_CONSTANT (2000),
                       NULL);
}

static void
test_retry (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Two failures and an answer are one call that succeeds");

  fixture->n_failing = 2;
  use (fixture, new_retry (3, NULL));
  response = invoke (fixture, "Flaky", "x", -1, &error);
  g_assert_no_error (error);
  assert_bytes (response, "x");
  g_assert_cmpuint (fixture->n_calls, ==, 3);
}

static void
test_retry_limits (Fixture *fixture,
                   gconstpointer data)
{
  const char *others[] = { "/test.Other/", "/test.Flaky/Other", NULL };
  const char *these[] = { "/test.Flaky/", NULL };
  GrpcAioRetryClientInterceptor *retry;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Attempts, codes and methods are limited, and the last failure is told");

  fixture->n_failing = G_MAXUINT;
  use (fixture, new_retry (2, these));
  g_assert_null (invoke (fixture, "Flaky", "x", -1, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_assert_cmpstr (error->message, ==, "not now");
  g_assert_cmpuint (fixture->n_calls, ==, 2);
  g_clear_error (&error);

  fixture->n_calls = 0;
  use (fixture, new_retry (5, others));
  g_assert_null (invoke (fixture, "Flaky", "x", -1, &error));
  g_assert_cmpuint (fixture->n_calls, ==, 1);
  g_clear_error (&error);

  fixture->n_calls = 0;
  fixture->code = GRPC_AIO_STATUS_CODE_ABORTED;
  retry = new_retry (3, NULL);
  g_assert_true (grpc_aio_retry_client_interceptor_get_retriable (retry, GRPC_AIO_STATUS_CODE_UNAVAILABLE));
  g_assert_false (grpc_aio_retry_client_interceptor_get_retriable (retry, GRPC_AIO_STATUS_CODE_ABORTED));
  g_assert_null (grpc_aio_retry_client_interceptor_get_methods (retry));
  use (fixture, g_object_ref (retry));
  g_assert_null (invoke (fixture, "Flaky", "x", -1, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_ABORTED);
  g_assert_cmpuint (fixture->n_calls, ==, 1);
  g_clear_error (&error);

  fixture->n_calls = 0;
  fixture->n_failing = 2;
  grpc_aio_retry_client_interceptor_set_retriable (retry, GRPC_AIO_STATUS_CODE_ABORTED, TRUE);
  g_object_unref (retry);
  response = invoke (fixture, "Flaky", "x", -1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (fixture->n_calls, ==, 3);
}

static void
test_retry_stream (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) callable = NULL;
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) request = bytes_from ("x");
  g_autoptr (GError) error = NULL;

  g_test_summary ("A stream of responses is tried again until its first message is here");

  fixture->n_failing = 2;
  use (fixture, new_retry (3, NULL));
  callable = grpc_aio_channel_unary_stream (fixture->channel, "/test.Flaky/FlakyStream");
  call = grpc_aio_multi_callable_call (callable, request, NULL);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GBytes) message = NULL;

      grpc_aio_call_read_async (call, NULL, store_result, &result);
      message = grpc_aio_call_read_finish (call, await (&result), &error);
      g_assert_no_error (error);
      if (i < 2)
        assert_bytes (message, "x");
      else
        g_assert_null (message);
    }
  g_assert_cmpuint (fixture->n_calls, ==, 3);
}

static void
test_retry_pushback (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("The server says how long to wait, or that it wants no other attempt");

  fixture->n_failing = 2;
  fixture->pushback = "1";
  use (fixture, g_object_new (GRPC_AIO_TYPE_RETRY_CLIENT_INTERCEPTOR,
                              "initial-backoff-usec", G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC,
                              "max-backoff-usec", G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC,
                              NULL));
  response = invoke (fixture, "Flaky", "x", -1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (fixture->n_calls, ==, 3);

  fixture->n_calls = 0;
  fixture->pushback = "-1";
  g_assert_null (invoke (fixture, "Flaky", "x", -1, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_assert_cmpuint (fixture->n_calls, ==, 1);
}

static void
test_retry_deadline (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("The deadline ends the pause between two attempts");

  fixture->n_failing = G_MAXUINT;
  use (fixture, g_object_new (GRPC_AIO_TYPE_RETRY_CLIENT_INTERCEPTOR,
                              "initial-backoff-usec", G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC,
                              "max-backoff-usec", G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC,
                              NULL));
  g_assert_null (invoke (fixture, "Flaky", "x", 100000, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  g_assert_cmpuint (fixture->n_calls, ==, 1);
}

static gpointer
new_hedging (guint max_attempts,
             gint64 delay_usec)
{
  return g_object_new (GRPC_AIO_TYPE_HEDGING_CLIENT_INTERCEPTOR,
                       "max-attempts", max_attempts,
                       "hedging-delay-usec", delay_usec,
                       NULL);
}

static void
test_hedging_failures (Fixture *fixture,
                       gconstpointer data)
{
  GrpcAioHedgingClientInterceptor *hedging;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("After a failure the next attempt starts at once; the last one is told");

  fixture->n_failing = 2;
  use (fixture, new_hedging (3, G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC));
  response = invoke (fixture, "Flaky", "x", -1, &error);
  g_assert_no_error (error);
  assert_bytes (response, "x");
  g_assert_cmpuint (fixture->n_calls, ==, 3);

  fixture->n_calls = 0;
  fixture->n_failing = G_MAXUINT;
  g_assert_null (invoke (fixture, "Flaky", "x", -1, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_assert_cmpuint (fixture->n_calls, ==, 3);
  g_clear_error (&error);

  fixture->n_calls = 0;
  hedging = new_hedging (3, G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC);
  grpc_aio_hedging_client_interceptor_set_retriable (hedging, GRPC_AIO_STATUS_CODE_UNAVAILABLE, FALSE);
  g_assert_false (grpc_aio_hedging_client_interceptor_get_retriable (hedging, GRPC_AIO_STATUS_CODE_UNAVAILABLE));
  g_assert_null (grpc_aio_hedging_client_interceptor_get_methods (hedging));
  use (fixture, hedging);
  g_assert_null (invoke (fixture, "Flaky", "x", -1, &error));
  g_assert_cmpuint (fixture->n_calls, ==, 1);
}

static gboolean
are_cancelled (gpointer data)
{
  GPtrArray *contexts = data;

  for (guint i = 0; i < contexts->len; i++)
    {
      if (!grpc_aio_servicer_context_is_cancelled (g_ptr_array_index (contexts, i)))
        return FALSE;
    }

  return TRUE;
}

static void
test_hedging_slow (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("The answer that comes first is taken, and the other attempts are cancelled");

  fixture->n_failing = 2;
  use (fixture, new_hedging (3, 1000));
  response = invoke (fixture, "Slow", "x", -1, &error);
  g_assert_no_error (error);
  assert_bytes (response, "x");
  g_assert_cmpuint (fixture->n_calls, ==, 3);
  g_assert_cmpuint (fixture->hanging->len, ==, 2);
  iterate_until (are_cancelled, fixture->hanging);

  fixture->n_calls = 0;
  fixture->n_failing = G_MAXUINT;
  g_assert_null (invoke (fixture, "Slow", "x", 50000, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  iterate_until (are_cancelled, fixture->hanging);
}

static void
test_deadline (Fixture *fixture,
               gconstpointer data)
{
  GrpcAioDeadlineClientInterceptor *deadline = grpc_aio_deadline_client_interceptor_new (20000);
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A call without a deadline gets one; the others keep theirs");

  g_assert_cmpint (grpc_aio_deadline_client_interceptor_get_timeout_usec (deadline), ==, 20000);
  use (fixture, deadline);
  fixture->n_failing = G_MAXUINT;
  g_assert_null (invoke (fixture, "Slow", "x", -1, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  g_clear_error (&error);

  use (fixture, grpc_aio_deadline_client_interceptor_new (0));
  response = invoke (fixture, "Describe", "x", 60 * G_USEC_PER_SEC, &error);
  g_assert_no_error (error);
  assert_bytes (response, "none none limited");
}

static void
test_metadata (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();
  g_autoptr (GBytes) value = bytes_from ("value");
  GrpcAioMetadataClientInterceptor *interceptor;
  g_autoptr (GError) error = NULL;

  g_test_summary ("The same metadata goes with each call");

  g_assert_true (grpc_aio_metadata_append (metadata, "key", "value", &error));
  g_assert_true (grpc_aio_metadata_append_bytes (metadata, "key-bin", value, &error));
  interceptor = grpc_aio_metadata_client_interceptor_new (metadata);
  g_assert_true (grpc_aio_metadata_remove (metadata, "key"));
  g_assert_cmpuint (grpc_aio_metadata_get_size (grpc_aio_metadata_client_interceptor_get_metadata (interceptor)), ==, 2);
  use (fixture, interceptor);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GBytes) response = invoke (fixture, "Describe", "x", -1, &error);

      g_assert_no_error (error);
      assert_bytes (response, "value bytes unlimited");
    }
}

/* Keeps the fields of a message in the order that they are asked for. */
static GLogWriterOutput
keep_fields (GLogLevelFlags level,
             const GLogField *fields,
             gsize n_fields,
             gpointer data)
{
  const char *names[] = { "GLIB_DOMAIN", "GRPC_METHOD", "GRPC_STATUS", "GRPC_DETAILS", "MESSAGE" };
  GString *kept = data;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      for (gsize j = 0; j < n_fields; j++)
        {
          if (g_str_equal (fields[j].key, names[i]))
            g_string_append_printf (kept, "%s=%s;", names[i], (const char *) fields[j].value);
        }
    }

  return G_LOG_WRITER_HANDLED;
}

static GString *log_fields;

static void
test_logging (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Each call is written to the log with its fields");

  use (fixture, grpc_aio_logging_client_interceptor_new ());
  g_string_truncate (log_fields, 0);
  response = invoke (fixture, "Flaky", "x", -1, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (log_fields->str, "GLIB_DOMAIN=GrpcAio;GRPC_METHOD=/test.Flaky/Flaky;GRPC_STATUS=OK;GRPC_DETAILS=;"
                                             "MESSAGE=/test.Flaky/Flaky: OK from ipv4:127.0.0.1:"));

  fixture->n_failing = G_MAXUINT;
  g_string_truncate (log_fields, 0);
  g_assert_null (invoke (fixture, "Flaky", "x", -1, &error));
  g_assert_nonnull (strstr (log_fields->str, "GRPC_STATUS=UNAVAILABLE;GRPC_DETAILS=not now;"));
}

typedef struct
{
  GrpcAioAuthenticationClientInterceptor *interceptor;
  const char *token; /* NULL for a failure */
  guint n_refreshed;
  gboolean is_silent;
} Provider;

static gboolean
provide (gpointer data)
{
  Provider *provider = data;

  if (provider->token != NULL)
    {
      grpc_aio_authentication_client_interceptor_set_token (provider->interceptor, provider->token);
    }
  else
    {
      g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "no login");

      grpc_aio_authentication_client_interceptor_fail (provider->interceptor, error);
    }

  return G_SOURCE_REMOVE;
}

static void
on_refresh (GrpcAioAuthenticationClientInterceptor *interceptor,
            Provider *provider)
{
  provider->n_refreshed++;
  if (!provider->is_silent)
    g_timeout_add (1, provide, provider);
}

static void
use_provider (Fixture *fixture,
              Provider *provider)
{
  provider->interceptor = grpc_aio_authentication_client_interceptor_new ();
  g_signal_connect (provider->interceptor, "refresh", G_CALLBACK (on_refresh), provider);
  use (fixture, provider->interceptor);
}

static void
count_up (GObject *source,
          GAsyncResult *result,
          gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = grpc_aio_multi_callable_invoke_finish (GRPC_AIO_MULTI_CALLABLE (source), result, &error);

  g_assert_no_error (error);
  (*(guint *) data)++;
}

static gboolean
is_ten (gpointer data)
{
  return *(guint *) data == 10;
}

static void
test_authentication (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) secret = NULL;
  g_autoptr (GBytes) request = bytes_from ("x");
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *token = NULL;
  Provider provider = { .token = "good" };
  guint n_done = 0;

  g_test_summary ("Calls wait for one token, and a new one is fetched when the server refuses it");

  use_provider (fixture, &provider);
  secret = grpc_aio_channel_unary_unary (fixture->channel, "/test.Flaky/Secret");
  for (guint i = 0; i < 10; i++)
    grpc_aio_multi_callable_invoke_async (secret, request, NULL, NULL, count_up, &n_done);
  iterate_until (is_ten, &n_done);
  g_assert_cmpuint (provider.n_refreshed, ==, 1);
  g_assert_cmpuint (fixture->n_calls, ==, 10);

  fixture->good_token = "Bearer better";
  provider.token = "better";
  response = invoke (fixture, "Secret", "x", -1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (provider.n_refreshed, ==, 2);
  g_assert_cmpuint (fixture->n_calls, ==, 12);
  token = grpc_aio_authentication_client_interceptor_dup_token (provider.interceptor);
  g_assert_cmpstr (token, ==, "better");

  /* Once, and not for ever. */
  fixture->good_token = "Bearer best";
  g_assert_null (invoke (fixture, "Secret", "x", -1, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAUTHENTICATED);
  g_assert_cmpuint (provider.n_refreshed, ==, 3);
  g_assert_cmpuint (fixture->n_calls, ==, 14);
}

static void
test_authentication_fails (Fixture *fixture,
                           gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Provider provider = { .token = NULL };

  g_test_summary ("Without a token calls fail with the reason; they meet their deadline while they wait");

  use_provider (fixture, &provider);
  g_assert_null (invoke (fixture, "Secret", "x", -1, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_PERMISSION_DENIED);
  g_assert_cmpstr (error->message, ==, "no login");
  g_assert_cmpuint (provider.n_refreshed, ==, 1);
  g_clear_error (&error);

  provider.is_silent = TRUE;
  g_assert_null (invoke (fixture, "Secret", "x", 20000, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  g_assert_cmpuint (provider.n_refreshed, ==, 2);
  g_assert_cmpuint (fixture->n_calls, ==, 0);
  g_clear_error (&error);

  grpc_aio_authentication_client_interceptor_set_token (provider.interceptor, "bad\n");
  g_assert_null (invoke (fixture, "Secret", "x", -1, &error));
  g_assert_nonnull (error);
  g_assert_cmpuint (fixture->n_calls, ==, 0);
}

static void
test_authentication_stream (Fixture *fixture,
                            gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) join = NULL;
  g_autoptr (GBytes) request = bytes_from ("x");
  Provider provider = { .token = "old" };

  g_test_summary ("A stream of requests that is refused has the next call ask for a token");

  use_provider (fixture, &provider);
  join = grpc_aio_channel_stream_unary (fixture->channel, "/test.Flaky/SecretJoin");
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GrpcAioCall) call = grpc_aio_multi_callable_call (join, NULL, NULL);
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GBytes) response = NULL;
      g_autoptr (GError) error = NULL;

      grpc_aio_call_write_async (call, request, NULL, NULL, NULL);
      grpc_aio_call_response_async (call, NULL, store_result, &result);
      response = grpc_aio_call_response_finish (call, await (&result), &error);
      if (i == 0)
        g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAUTHENTICATED);
      else
        assert_bytes (response, "x");
      provider.token = "good";
    }
  g_assert_cmpuint (provider.n_refreshed, ==, 2);
}

#define TEST(path, func) g_test_add ("/shipped-interceptors/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  log_fields = g_string_new (NULL);
  g_log_set_writer_func (keep_fields, log_fields, NULL);

  TEST ("retry", test_retry);
  TEST ("retry-limits", test_retry_limits);
  TEST ("retry-stream", test_retry_stream);
  TEST ("retry-pushback", test_retry_pushback);
  TEST ("retry-deadline", test_retry_deadline);
  TEST ("hedging-failures", test_hedging_failures);
  TEST ("hedging-slow", test_hedging_slow);
  TEST ("deadline", test_deadline);
  TEST ("metadata", test_metadata);
  TEST ("logging", test_logging);
  TEST ("authentication", test_authentication);
  TEST ("authentication-fails", test_authentication_fails);
  TEST ("authentication-stream", test_authentication_stream);

  return g_test_run ();
}
