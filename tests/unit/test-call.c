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

static void
test_unary (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *peer = NULL;

  g_test_summary ("A unary call gives its response, then its status");

  call = peer_call (&fixture->peer, "Echo", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "hello", NULL);
  g_assert_true (grpc_aio_call_is_active (call));
  g_assert_cmpint (grpc_aio_call_time_remaining (call), ==, -1);
  grpc_aio_call_response_async (call, NULL, store_result, &result);
  response = grpc_aio_call_response_finish (call, await (&result), &error);
  g_assert_no_error (error);
  assert_bytes (response, "hello");

  g_assert_true (grpc_aio_call_is_done (call));
  g_assert_false (grpc_aio_call_is_cancelled (call));
  g_assert_cmpint (grpc_aio_call_get_code (call), ==, GRPC_AIO_STATUS_CODE_OK);
  g_assert_cmpstr (grpc_aio_call_get_details (call), ==, "");
  g_assert_false (grpc_aio_call_cancel (call));
  peer = grpc_aio_call_dup_peer (call);
  g_assert_true (g_str_has_prefix (peer, "ipv4:127.0.0.1:"));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/call/unary", Fixture, NULL, fixture_set_up, test_unary, fixture_tear_down);

  return g_test_run ();
}
