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

/* What a call of @method fails with. */
static GError *
fail (Fixture *fixture,
      const char *method,
      const char *request,
      GrpcAioCallOptions *options)
{
  g_autoptr (GrpcAioCall) call = peer_call (&fixture->peer, method, GRPC_AIO_METHOD_KIND_UNARY_UNARY, request, options);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  GError *error = NULL;

  grpc_aio_call_response_async (call, NULL, store_result, &result);
  response = grpc_aio_call_response_finish (call, await (&result), &error);
  g_assert_null (response);
  g_assert_nonnull (error);

  return error;
}

static void
test_own_codes (void)
{
  g_test_summary ("A code of GRPC_AIO_ERROR is its own status code, with the number of the wire");

  for (int code = 1; code <= 16; code++)
    {
      g_autoptr (GError) error = g_error_new (GRPC_AIO_ERROR, code, "code %d", code);

      g_assert_cmpint (grpc_aio_error_get_status_code (error), ==, code);
    }

  g_assert_cmpint (GRPC_AIO_ERROR_CANCELLED, ==, 1);
  g_assert_cmpint (GRPC_AIO_ERROR_NOT_FOUND, ==, 5);
  g_assert_cmpint (GRPC_AIO_ERROR_UNIMPLEMENTED, ==, 12);
  g_assert_cmpint (GRPC_AIO_ERROR_UNAUTHENTICATED, ==, 16);
  g_assert_cmpint (GRPC_AIO_STATUS_CODE_OK, ==, 0);
}

static void
test_no_such_code (void)
{
  static const int codes[] = { 0, -1, 17, 1000, G_MININT, G_MAXINT };

  g_test_summary ("A code of GRPC_AIO_ERROR that does not exist is UNKNOWN");

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autoptr (GError) error = g_error_new (GRPC_AIO_ERROR, codes[i], "text");

      g_assert_cmpint (grpc_aio_error_get_status_code (error), ==, GRPC_AIO_STATUS_CODE_UNKNOWN);
    }
}

static void
test_io_codes (void)
{
  static const struct
  {
    GIOErrorEnum code;
    GrpcAioStatusCode expected;
  } cases[] = {
    { G_IO_ERROR_CANCELLED, GRPC_AIO_STATUS_CODE_CANCELLED },
    { G_IO_ERROR_TIMED_OUT, GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED },
    { G_IO_ERROR_NOT_FOUND, GRPC_AIO_STATUS_CODE_NOT_FOUND },
    { G_IO_ERROR_EXISTS, GRPC_AIO_STATUS_CODE_ALREADY_EXISTS },
    { G_IO_ERROR_PERMISSION_DENIED, GRPC_AIO_STATUS_CODE_PERMISSION_DENIED },
    { G_IO_ERROR_INVALID_ARGUMENT, GRPC_AIO_STATUS_CODE_INVALID_ARGUMENT },
    { G_IO_ERROR_NOT_SUPPORTED, GRPC_AIO_STATUS_CODE_UNIMPLEMENTED },
    { G_IO_ERROR_NO_SPACE, GRPC_AIO_STATUS_CODE_RESOURCE_EXHAUSTED },
    { G_IO_ERROR_FAILED, GRPC_AIO_STATUS_CODE_UNKNOWN },
    { G_IO_ERROR_IS_DIRECTORY, GRPC_AIO_STATUS_CODE_UNKNOWN },
  };
  g_autoptr (GError) foreign = g_error_new_literal (G_FILE_ERROR, G_IO_ERROR_CANCELLED, "text");

  g_test_summary ("GIO's errors with a counterpart are translated, all others are UNKNOWN");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, (int) cases[i].code, "text");

      g_assert_cmpint (grpc_aio_error_get_status_code (error), ==, cases[i].expected);
    }
  g_assert_cmpint (grpc_aio_error_get_status_code (foreign), ==, GRPC_AIO_STATUS_CODE_UNKNOWN);
}

static void
test_plain (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) copy = NULL;
  g_autoptr (GError) foreign = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "text");

  g_test_summary ("An error that no call made has a code and a text, and nothing more");

  g_set_error (&error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_NOT_FOUND, "no %s", "moon");
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "no moon");
  g_assert_null (grpc_aio_error_get_initial_metadata (error));
  g_assert_null (grpc_aio_error_get_trailing_metadata (error));
  g_assert_null (grpc_aio_error_get_debug_string (error));

  copy = g_error_copy (error);
  g_prefix_error (&copy, "%s: ", "sky");
  g_assert_error (copy, GRPC_AIO_ERROR, GRPC_AIO_ERROR_NOT_FOUND);
  g_assert_cmpstr (copy->message, ==, "sky: no moon");
  g_assert_null (grpc_aio_error_get_trailing_metadata (copy));

  g_assert_null (grpc_aio_error_get_initial_metadata (foreign));
  g_assert_null (grpc_aio_error_get_trailing_metadata (foreign));
  g_assert_null (grpc_aio_error_get_debug_string (foreign));
}

static void
test_quark (void)
{
  g_test_summary ("The domain has the name that bindings know it by");

  g_assert_cmpstr (g_quark_to_string (GRPC_AIO_ERROR), ==, "GrpcAioError");
  g_assert_true (GRPC_AIO_ERROR == grpc_aio_error_quark ());
}

static void
test_from_call (Fixture *fixture,
                gconstpointer data)
{
  g_test_summary ("A failed call gives the code and the text of its server, for each code");

  for (int code = 1; code <= 16; code++)
    {
      g_autofree char *request = g_strdup_printf ("%d because of %d", code, code);
      g_autofree char *text = g_strdup_printf ("because of %d", code);
      g_autoptr (GError) error = fail (fixture, "Fail", request, NULL);

      g_assert_error (error, GRPC_AIO_ERROR, code);
      g_assert_cmpstr (error->message, ==, text);
    }
}

static void
test_without_details (Fixture *fixture,
                      gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("Without a text of the server the error says which status it was");

  error = fail (fixture, "Fail", "9", NULL);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_FAILED_PRECONDITION);
  g_assert_nonnull (strstr (error->message, "FAILED_PRECONDITION"));
}

static void
test_details_utf8 (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("A text of any characters arrives as it was sent");

  error = fail (fixture, "Fail", "3 100 % Grüße\t☺\n", NULL);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpstr (error->message, ==, "100 % Grüße\t☺\n");
}

/* Fails, with metadata before and after. */
static void
handle_metadata (GrpcAioServicerContext *context,
                 GBytes *request,
                 gpointer user_data)
{
  g_autoptr (GrpcAioMetadata) initial = grpc_aio_metadata_new ();
  g_autoptr (GrpcAioMetadata) trailing = grpc_aio_metadata_new ();

  grpc_aio_metadata_append (initial, "when", "before", NULL);
  grpc_aio_metadata_append (trailing, "when", "after", NULL);
  grpc_aio_metadata_append_bytes (trailing, "reason-bin", request, NULL);
  grpc_aio_servicer_context_send_initial_metadata_async (context, initial, NULL, NULL, NULL);
  grpc_aio_servicer_context_set_trailing_metadata (context, trailing);
  grpc_aio_servicer_context_abort (context, GRPC_AIO_STATUS_CODE_ABORTED, "with metadata");
}

static void
fixture_set_up_metadata (Fixture *fixture,
                         gconstpointer data)
{
  Peer *peer = &fixture->peer;
  g_autoptr (GrpcAioServer) server = grpc_aio_server_new ();
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Peer");
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_metadata, NULL, NULL);
  g_autoptr (GError) error = NULL;
  int port;

  grpc_aio_service_add_method (service, "Metadata", handler);
  grpc_aio_server_add_service (server, service);
  port = grpc_aio_server_add_port (server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (server, &error));
  g_assert_no_error (error);

  peer->contexts = g_ptr_array_new ();
  peer->target = g_strdup_printf ("127.0.0.1:%d", port);
  peer->channel = grpc_aio_channel_new (peer->target, NULL);
  peer->server = g_steal_pointer (&server);
  peer->service = g_steal_pointer (&service);
}

static void
assert_extended (const GError *error)
{
  GrpcAioMetadata *initial = grpc_aio_error_get_initial_metadata (error);
  GrpcAioMetadata *trailing = grpc_aio_error_get_trailing_metadata (error);

  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_ABORTED);
  g_assert_cmpstr (error->message, ==, "with metadata");
  g_assert_nonnull (initial);
  g_assert_nonnull (trailing);
  g_assert_cmpstr (grpc_aio_metadata_get (initial, "when"), ==, "before");
  g_assert_cmpstr (grpc_aio_metadata_get (trailing, "when"), ==, "after");
  assert_bytes (grpc_aio_metadata_get_bytes (trailing, "reason-bin"), "why");
  g_assert_nonnull (grpc_aio_error_get_debug_string (error));
  g_assert_cmpstr (grpc_aio_error_get_debug_string (error), !=, "");
}

static void
test_extended (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) copy = NULL;
  g_autoptr (GError) propagated = NULL;

  g_test_summary ("The error of a call carries metadata and a debug string, and so do its copies");

  error = fail (fixture, "Metadata", "why", NULL);
  assert_extended (error);

  copy = g_error_copy (error);
  g_clear_error (&error);
  assert_extended (copy);

  g_propagate_error (&propagated, g_steal_pointer (&copy));
  assert_extended (propagated);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/error/own-codes", test_own_codes);
  g_test_add_func ("/error/no-such-code", test_no_such_code);
  g_test_add_func ("/error/io-codes", test_io_codes);
  g_test_add_func ("/error/plain", test_plain);
  g_test_add_func ("/error/quark", test_quark);
  g_test_add ("/error/from-call", Fixture, NULL, fixture_set_up, test_from_call, fixture_tear_down);
  g_test_add ("/error/without-details", Fixture, NULL, fixture_set_up, test_without_details, fixture_tear_down);
  g_test_add ("/error/details-utf8", Fixture, NULL, fixture_set_up, test_details_utf8, fixture_tear_down);
  g_test_add ("/error/extended", Fixture, NULL, fixture_set_up_metadata, test_extended, fixture_tear_down);

  return g_test_run ();
}
