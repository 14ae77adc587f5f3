/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "test-utils.h"

#define KEY "grpc-status-details-bin"

/* google.rpc.Status { code: 5 message: "no moon" details: [
 *   google.protobuf.Any { type_url: "type.googleapis.com/google.rpc.RequestInfo" value: "\n\2id" } ] },
 * as Google's protobuf packs it. */
static const char packed[] = "\x08\x05\x12\x07no moon\x1a\x32"
                             "\x0a\x2atype.googleapis.com/google.rpc.RequestInfo"
                             "\x12\x04\x0a\x02id";

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

static GBytes *
bytes_of (const char *data,
          gsize size)
{
  return g_bytes_new (data, size);
}

static void
test_new (void)
{
  g_autoptr (GrpcAioRpcStatus) status = grpc_aio_rpc_status_new (GRPC_AIO_STATUS_CODE_NOT_FOUND, NULL);
  g_autoptr (GrpcAioRpcStatus) other = NULL;
  g_autoptr (GBytes) value = bytes_from ("value");
  g_autoptr (GBytes) empty = bytes_from ("");

  g_test_summary ("A status has what it was given, details in order, which are found by type");

  g_assert_cmpint (grpc_aio_rpc_status_get_code (status), ==, GRPC_AIO_STATUS_CODE_NOT_FOUND);
  g_assert_cmpstr (grpc_aio_rpc_status_get_message (status), ==, "");
  g_assert_cmpuint (grpc_aio_rpc_status_get_n_details (status), ==, 0);
  g_assert_null (grpc_aio_rpc_status_find_detail (status, "google.rpc.Help"));

  grpc_aio_rpc_status_add_detail (status, "google.rpc.Help", value);
  grpc_aio_rpc_status_add_detail (status, "example.org/types/test.Thing", empty);
  grpc_aio_rpc_status_add_detail (status, "google.rpc.Help", empty);
  g_assert_cmpuint (grpc_aio_rpc_status_get_n_details (status), ==, 3);
  g_assert_cmpstr (grpc_aio_rpc_status_get_nth_type_url (status, 0), ==, "type.googleapis.com/google.rpc.Help");
  g_assert_cmpstr (grpc_aio_rpc_status_get_nth_type_url (status, 1), ==, "example.org/types/test.Thing");
  g_assert_true (grpc_aio_rpc_status_get_nth_value (status, 0) == value);
  g_assert_true (grpc_aio_rpc_status_get_nth_value (status, 2) == empty);
  g_assert_true (grpc_aio_rpc_status_find_detail (status, "google.rpc.Help") == value);
  g_assert_true (grpc_aio_rpc_status_find_detail (status, "type.googleapis.com/google.rpc.Help") == value);
  g_assert_true (grpc_aio_rpc_status_find_detail (status, "test.Thing") == empty);
  g_assert_null (grpc_aio_rpc_status_find_detail (status, "Thing"));

  other = grpc_aio_rpc_status_ref (status);
  g_assert_true (other == status);
}

static void
test_bytes (void)
{
  g_autoptr (GBytes) bytes = bytes_of (packed, sizeof packed - 1);
  g_autoptr (GBytes) again = NULL;
  g_autoptr (GBytes) nothing = bytes_of ("", 0);
  g_autoptr (GBytes) of_nothing = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioRpcStatus) status = grpc_aio_rpc_status_new_from_bytes (bytes, &error);
  g_autoptr (GrpcAioRpcStatus) ok = NULL;

  g_test_summary ("What Google's protobuf packs is unpacked, and packed to the same bytes");

  g_assert_no_error (error);
  g_assert_cmpint (grpc_aio_rpc_status_get_code (status), ==, GRPC_AIO_STATUS_CODE_NOT_FOUND);
  g_assert_cmpstr (grpc_aio_rpc_status_get_message (status), ==, "no moon");
  g_assert_cmpuint (grpc_aio_rpc_status_get_n_details (status), ==, 1);
  assert_bytes (grpc_aio_rpc_status_find_detail (status, "google.rpc.RequestInfo"), "\n\2id");
  again = grpc_aio_rpc_status_to_bytes (status);
  g_assert_true (g_bytes_equal (again, bytes));

  ok = grpc_aio_rpc_status_new_from_bytes (nothing, &error);
  g_assert_no_error (error);
  g_assert_cmpint (grpc_aio_rpc_status_get_code (ok), ==, GRPC_AIO_STATUS_CODE_OK);
  g_assert_cmpstr (grpc_aio_rpc_status_get_message (ok), ==, "");
  of_nothing = grpc_aio_rpc_status_to_bytes (ok);
  g_assert_cmpuint (g_bytes_get_size (of_nothing), ==, 0);
}

#define BAD(bytes, reason)            \
  {                                   \
    bytes, sizeof (bytes) - 1, reason \
  }

static const struct
{
  const char *data;
  gsize size;
  const char *reason;
} bad_statuses[] = {
  BAD ("\x08", "protobuf"),                   /* cut off */
  BAD ("\x12\x05no", "protobuf"),             /* longer than all */
  BAD ("no protobuf at all", "protobuf"),     /* text */
  BAD ("\x1a\x02\x0a\x7f", "protobuf"),       /* a detail that is cut off */
  BAD ("\x0b\x0b\x0b\x0b", "protobuf"),       /* groups that do not end */
  BAD ("\x08\x11", "code"),                   /* 17 */
  BAD ("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "code"), /* -1 */
  BAD ("\x08\x05\x12\x02\xc3\x28", "message"), /* no UTF-8 */
  BAD ("\x08\x05\x1a\x04\x0a\x02\xc3\x28", "type"),
};

static void
test_bad_bytes (void)
{
  g_test_summary ("Bytes that are no status fail with an error that says why");

  for (guint i = 0; i < G_N_ELEMENTS (bad_statuses); i++)
    {
      g_autoptr (GBytes) bytes = bytes_of (bad_statuses[i].data, bad_statuses[i].size);
      g_autoptr (GError) error = NULL;

      g_assert_null (grpc_aio_rpc_status_new_from_bytes (bytes, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      g_assert_nonnull (strstr (error->message, bad_statuses[i].reason));
    }
}

static void
test_any_bytes (void)
{
  g_test_summary ("No bytes do harm: each cut and each changed byte of a good status is taken or refused");

  for (gsize size = 0; size < sizeof packed - 1; size++)
    {
      for (guint change = 0; change < 256; change++)
        {
          g_autofree char *data = g_memdup2 (packed, sizeof packed - 1);
          g_autoptr (GBytes) cut = NULL;
          g_autoptr (GBytes) changed = NULL;
          g_autoptr (GrpcAioRpcStatus) of_cut = NULL;
          g_autoptr (GrpcAioRpcStatus) of_changed = NULL;
          g_autoptr (GError) cut_error = NULL;
          g_autoptr (GError) changed_error = NULL;

          data[size] = (char) change;
          cut = bytes_of (data, size);
          changed = bytes_of (data, sizeof packed - 1);
          of_cut = grpc_aio_rpc_status_new_from_bytes (cut, &cut_error);
          g_assert_true ((of_cut == NULL) == (cut_error != NULL));
          of_changed = grpc_aio_rpc_status_new_from_bytes (changed, &changed_error);
          g_assert_true ((of_changed == NULL) == (changed_error != NULL));
        }
    }
}

static void
test_error (void)
{
  g_autoptr (GBytes) bytes = bytes_of (packed, sizeof packed - 1);
  g_autoptr (GrpcAioRpcStatus) status = grpc_aio_rpc_status_new_from_bytes (bytes, NULL);
  g_autoptr (GrpcAioRpcStatus) found = NULL;
  g_autoptr (GrpcAioRpcStatus) of_copy = NULL;
  g_autoptr (GError) error = grpc_aio_error_new_with_rpc_status (status);
  g_autoptr (GError) copy = NULL;
  g_autoptr (GError) foreign = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "text");
  g_autoptr (GError) plain = g_error_new_literal (GRPC_AIO_ERROR, GRPC_AIO_ERROR_ABORTED, "text");
  g_autoptr (GError) problem = NULL;

  g_test_summary ("An error made of a status gives it back, also after a program put text before its message");

  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "no moon");
  found = grpc_aio_error_dup_rpc_status (error, &problem);
  g_assert_no_error (problem);
  g_assert_cmpuint (grpc_aio_rpc_status_get_n_details (found), ==, 1);

  copy = g_error_copy (error);
  g_prefix_error (&copy, "sky: ");
  of_copy = grpc_aio_error_dup_rpc_status (copy, &problem);
  g_assert_no_error (problem);
  g_assert_nonnull (of_copy);

  g_assert_null (grpc_aio_error_dup_rpc_status (foreign, &problem));
  g_assert_no_error (problem);
  g_assert_null (grpc_aio_error_dup_rpc_status (plain, &problem));
  g_assert_no_error (problem);
}

static GrpcAioCall *
call_to_end (Fixture *fixture,
             const char *method,
             GBytes *request,
             GrpcAioMetadata *metadata,
             GError **error)
{
  g_autofree char *name = g_strconcat ("/test.Peer/", method, NULL);
  g_autoptr (GrpcAioMultiCallable) multi_callable = grpc_aio_channel_unary_unary (fixture->peer.channel, name);
  g_autoptr (GrpcAioCallOptions) options = grpc_aio_call_options_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  GrpcAioCall *call;

  grpc_aio_call_options_set_metadata (options, metadata);
  call = grpc_aio_multi_callable_call (multi_callable, request, options);
  grpc_aio_call_response_async (call, NULL, store_result, &result);
  response = grpc_aio_call_response_finish (call, await (&result), error);
  g_assert_true ((response == NULL) == (*error != NULL));

  return call;
}

static void
assert_received (GrpcAioRpcStatus *status,
                 const char *message)
{
  g_assert_cmpint (grpc_aio_rpc_status_get_code (status), ==, GRPC_AIO_STATUS_CODE_NOT_FOUND);
  g_assert_cmpstr (grpc_aio_rpc_status_get_message (status), ==, message);
  g_assert_cmpuint (grpc_aio_rpc_status_get_n_details (status), ==, 1);
  assert_bytes (grpc_aio_rpc_status_find_detail (status, "google.rpc.RequestInfo"), "\n\2id");
}

static void
test_call (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GBytes) request = bytes_of (packed, sizeof packed - 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) problem = NULL;
  g_autoptr (GrpcAioCall) call = call_to_end (fixture, "FailRichly", request, NULL, &error);
  g_autoptr (GrpcAioRpcStatus) of_error = NULL;
  g_autoptr (GrpcAioRpcStatus) of_call = NULL;

  g_test_summary ("A handler's error takes the details to the client, which gets the same from the error and the call");

  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "peer: no moon");
  of_error = grpc_aio_error_dup_rpc_status (error, &problem);
  g_assert_no_error (problem);
  assert_received (of_error, "peer: no moon");
  of_call = grpc_aio_call_dup_rpc_status (call, &problem);
  g_assert_no_error (problem);
  assert_received (of_call, "peer: no moon");
}

static void
test_no_details (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GBytes) request = bytes_from ("5 no moon");
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) problem = NULL;
  g_autoptr (GrpcAioCall) call = call_to_end (fixture, "Fail", request, NULL, &error);
  g_autoptr (GrpcAioCall) running = peer_call (&fixture->peer, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", NULL);

  g_test_summary ("A failure without details has none, nor has a call that runs");

  g_assert_null (grpc_aio_error_dup_rpc_status (error, &problem));
  g_assert_no_error (problem);
  g_assert_null (grpc_aio_call_dup_rpc_status (call, &problem));
  g_assert_no_error (problem);
  g_assert_null (grpc_aio_call_dup_rpc_status (running, &problem));
  g_assert_no_error (problem);
  grpc_aio_call_cancel (running);
}

static void
assert_bad_details (Fixture *fixture,
                    const char *request_text,
                    gconstpointer data,
                    gsize size,
                    const char *reason)
{
  g_autoptr (GBytes) request = bytes_from (request_text);
  g_autoptr (GBytes) details = bytes_of (data, size);
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) problem = NULL;
  g_autoptr (GrpcAioCall) call = NULL;

  g_assert_true (grpc_aio_metadata_append_bytes (metadata, KEY, details, NULL));
  call = call_to_end (fixture, "FailWith", request, metadata, &error);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_NOT_FOUND);

  g_assert_null (grpc_aio_error_dup_rpc_status (error, &problem));
  g_assert_error (problem, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_assert_nonnull (strstr (problem->message, reason));
  g_clear_error (&problem);
  g_assert_null (grpc_aio_call_dup_rpc_status (call, &problem));
  g_assert_error (problem, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_assert_nonnull (strstr (problem->message, reason));
}

static void
test_bad_details (Fixture *fixture,
                  gconstpointer data)
{
  g_test_summary ("Details that are none, or of another status, fail with an error; the call's own error stays");

  for (guint i = 0; i < G_N_ELEMENTS (bad_statuses); i++)
    assert_bad_details (fixture, "5 no moon", bad_statuses[i].data, bad_statuses[i].size, bad_statuses[i].reason);

  assert_bad_details (fixture, "5 no sun", packed, sizeof packed - 1, "no sun");
  assert_bad_details (fixture, "5 no moon", "\x08\x06\x12\x07no moon", 11, "ALREADY_EXISTS");
}

static void
test_passed_on (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GBytes) request = bytes_of (packed, sizeof packed - 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) next = NULL;
  g_autoptr (GrpcAioCall) call = call_to_end (fixture, "FailRichly", request, NULL, &error);
  g_autoptr (GrpcAioRpcStatus) status = NULL;
  g_autoptr (GrpcAioRpcStatus) moved = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GrpcAioCall) next_call = NULL;
  g_autoptr (GError) problem = NULL;

  g_test_summary ("The details of one failed call go on with the error of another, which has more of a message");

  status = grpc_aio_error_dup_rpc_status (error, &problem);
  g_assert_no_error (problem);
  bytes = grpc_aio_rpc_status_to_bytes (status);
  next_call = call_to_end (fixture, "FailRichly", bytes, NULL, &next);
  moved = grpc_aio_error_dup_rpc_status (next, &problem);
  g_assert_no_error (problem);
  assert_received (moved, "peer: peer: no moon");
}

static void
test_user_strings (void)
{
  g_test_summary ("For each status there is a text for users, and for no two the same");

  for (int i = -1; i <= GRPC_AIO_STATUS_CODE_UNAUTHENTICATED + 1; i++)
    {
      const char *text = grpc_aio_status_to_user_string ((GrpcAioStatusCode) i);

      g_assert_cmpint (strlen (text), >, 0);
      g_assert_false (g_str_has_suffix (text, "."));
      for (int j = 0; j < i && i <= GRPC_AIO_STATUS_CODE_UNAUTHENTICATED; j++)
        g_assert_cmpstr (text, !=, grpc_aio_status_to_user_string ((GrpcAioStatusCode) j));
    }

  g_assert_cmpstr (grpc_aio_status_to_user_string ((GrpcAioStatusCode) -1), ==,
                   grpc_aio_status_to_user_string (GRPC_AIO_STATUS_CODE_UNKNOWN));
  g_assert_cmpstr (grpc_aio_status_to_user_string ((GrpcAioStatusCode) 17), ==,
                   grpc_aio_status_to_user_string (GRPC_AIO_STATUS_CODE_UNKNOWN));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) \
  g_test_add ("/rpc-status/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

  g_test_add_func ("/rpc-status/new", test_new);
  g_test_add_func ("/rpc-status/bytes", test_bytes);
  g_test_add_func ("/rpc-status/bad-bytes", test_bad_bytes);
  g_test_add_func ("/rpc-status/any-bytes", test_any_bytes);
  g_test_add_func ("/rpc-status/error", test_error);
  ADD ("call", test_call);
  ADD ("no-details", test_no_details);
  ADD ("bad-details", test_bad_details);
  ADD ("passed-on", test_passed_on);
  g_test_add_func ("/rpc-status/user-strings", test_user_strings);

  return g_test_run ();
}
