/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Retries by grpc-core, as a service config asks for them (gRFC A6). */

#include "test-utils.h"

#define N_FAILURES 2

typedef struct
{
  GrpcAioServer *server;
  char *target;
  guint n_calls;
  GPtrArray *attempts; /* what each said of those before it */
} Fixture;

/* Fails as often as a call may take with the right policy. */
static void
handle_flaky (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  Fixture *fixture = user_data;
  GrpcAioMetadata *metadata = grpc_aio_servicer_context_get_invocation_metadata (context);

  g_ptr_array_add (fixture->attempts, g_strdup (grpc_aio_metadata_get (metadata, "grpc-previous-rpc-attempts")));
  if (fixture->n_calls++ < N_FAILURES)
    grpc_aio_servicer_context_abort (context, GRPC_AIO_STATUS_CODE_UNAVAILABLE, "not yet");
  else
    grpc_aio_servicer_context_complete (context, request);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Flaky");
  g_autoptr (GrpcAioRpcMethodHandler) unary = grpc_aio_rpc_method_handler_new_unary_unary (handle_flaky, fixture, NULL);
  g_autoptr (GError) error = NULL;
  int port;

  fixture->attempts = g_ptr_array_new_with_free_func (g_free);
  grpc_aio_service_add_method (service, "Echo", unary);
  fixture->server = grpc_aio_server_new ();
  grpc_aio_server_add_service (fixture->server, service);
  port = grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  g_assert_no_error (error);
  fixture->target = g_strdup_printf ("127.0.0.1:%d", port);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_server_stop_async (fixture->server, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  assert_finalizes (fixture->server);
  g_ptr_array_unref (fixture->attempts);
  g_free (fixture->target);
}

static char *
new_policy (guint max_attempts,
            const char *code)
{
  return g_strdup_printf ("{ \"methodConfig\": [ {"
                          "  \"name\": [ { \"service\": \"test.Flaky\" } ],"
                          "  \"retryPolicy\": {"
                          "    \"maxAttempts\": %u,"
                          "    \"initialBackoff\": \"0.01s\","
                          "    \"maxBackoff\": \"0.02s\","
                          "    \"backoffMultiplier\": 2,"
                          "    \"retryableStatusCodes\": [ \"%s\" ]"
                          "  } } ] }",
                          max_attempts, code);
}

static GBytes *
call_flaky (Fixture *fixture,
            const char *service_config,
            gboolean is_hidden,
            GError **error)
{
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GBytes) request = bytes_from ("x");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GrpcAioCall) call = NULL;

  if (service_config != NULL)
    grpc_aio_channel_options_set_string (options, "grpc.service_config", service_config);
  channel = grpc_aio_channel_new_with_options (fixture->target, NULL, options);
  method = grpc_aio_channel_unary_unary (channel, "/test.Flaky/Echo");
  if (is_hidden)
    {
      grpc_aio_multi_callable_invoke_async (method, request, NULL, NULL, store_result, &result);
      return grpc_aio_multi_callable_invoke_finish (method, await (&result), error);
    }

  call = grpc_aio_multi_callable_call (method, request, NULL);
  grpc_aio_call_response_async (call, NULL, store_result, &result);

  return grpc_aio_call_response_finish (call, await (&result), error);
}

static void
test_policy (Fixture *fixture,
             gconstpointer data)
{
  g_autofree char *policy = new_policy (N_FAILURES + 1, "UNAVAILABLE");
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = call_flaky (fixture, policy, GPOINTER_TO_INT (data), &error);

  g_test_summary ("A server that fails twice and then answers is one call that succeeds");

  g_assert_no_error (error);
  assert_bytes (response, "x");
  g_assert_cmpuint (fixture->attempts->len, ==, 3);
  g_assert_cmpstr (fixture->attempts->pdata[0], ==, NULL);
  g_assert_cmpstr (fixture->attempts->pdata[1], ==, "1");
  g_assert_cmpstr (fixture->attempts->pdata[2], ==, "2");
}

static void
test_fails (Fixture *fixture,
            gconstpointer data)
{
  const char *why = data;
  g_autofree char *policy = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = NULL;

  g_test_summary ("Without a policy, with one for other codes or with too few attempts the call fails");

  if (g_str_equal (why, "other-code"))
    policy = new_policy (N_FAILURES + 1, "ABORTED");
  else if (g_str_equal (why, "too-few"))
    policy = new_policy (N_FAILURES, "UNAVAILABLE");
  response = call_flaky (fixture, policy, FALSE, &error);
  g_assert_null (response);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_assert_cmpstr (error->message, ==, "not yet");
  g_assert_cmpuint (fixture->attempts->len, ==, g_str_equal (why, "too-few") ? N_FAILURES : 1);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func, data) \
  g_test_add ("/retry/" name, Fixture, data, fixture_set_up, func, fixture_tear_down)

  ADD ("policy", test_policy, GINT_TO_POINTER (FALSE));
  ADD ("policy/invoked", test_policy, GINT_TO_POINTER (TRUE));
  ADD ("no-policy", test_fails, "no-policy");
  ADD ("other-code", test_fails, "other-code");
  ADD ("too-few", test_fails, "too-few");

  return g_test_run ();
}
