/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-utils.h"

typedef struct
{
  GrpcAioChannelOptions *options;
} Fixture;

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  fixture->options = grpc_aio_channel_options_new ();
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_assert_finalize_object (fixture->options);
}

static void
test_unset (Fixture *fixture,
            gconstpointer data)
{
  int value = 7;

  g_test_summary ("Nothing is set at first, nor after unsetting");

  g_assert_false (grpc_aio_channel_options_get_int (fixture->options, "grpc.a", &value));
  g_assert_cmpint (value, ==, 7);
  g_assert_null (grpc_aio_channel_options_get_string (fixture->options, "grpc.a"));
  grpc_aio_channel_options_unset (fixture->options, "grpc.a");

  grpc_aio_channel_options_set_int (fixture->options, "grpc.a", 1);
  grpc_aio_channel_options_set_string (fixture->options, "grpc.b", "text");
  grpc_aio_channel_options_unset (fixture->options, "grpc.a");
  grpc_aio_channel_options_unset (fixture->options, "grpc.b");
  g_assert_false (grpc_aio_channel_options_get_int (fixture->options, "grpc.a", NULL));
  g_assert_null (grpc_aio_channel_options_get_string (fixture->options, "grpc.b"));
}

static void
test_int (Fixture *fixture,
          gconstpointer data)
{
  static const int values[] = { 0, 1, -1, G_MAXINT, G_MININT };

  g_test_summary ("A number is read back, and is no text");

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      int value = 7;

      grpc_aio_channel_options_set_int (fixture->options, "grpc.a", values[i]);
      g_assert_true (grpc_aio_channel_options_get_int (fixture->options, "grpc.a", &value));
      g_assert_cmpint (value, ==, values[i]);
      g_assert_true (grpc_aio_channel_options_get_int (fixture->options, "grpc.a", NULL));
      g_assert_null (grpc_aio_channel_options_get_string (fixture->options, "grpc.a"));
    }
}

static void
test_string (Fixture *fixture,
             gconstpointer data)
{
  int value = 7;

  g_test_summary ("A text is read back, and is no number");

  grpc_aio_channel_options_set_string (fixture->options, "grpc.a", "12");
  g_assert_cmpstr (grpc_aio_channel_options_get_string (fixture->options, "grpc.a"), ==, "12");
  g_assert_false (grpc_aio_channel_options_get_int (fixture->options, "grpc.a", &value));
  g_assert_cmpint (value, ==, 7);

  grpc_aio_channel_options_set_string (fixture->options, "grpc.a", "");
  g_assert_cmpstr (grpc_aio_channel_options_get_string (fixture->options, "grpc.a"), ==, "");
}

static void
test_replace (Fixture *fixture,
              gconstpointer data)
{
  int value = 7;

  g_test_summary ("Setting again takes the place of what was set, whatever its kind");

  grpc_aio_channel_options_set_int (fixture->options, "grpc.a", 1);
  grpc_aio_channel_options_set_string (fixture->options, "grpc.a", "text");
  g_assert_false (grpc_aio_channel_options_get_int (fixture->options, "grpc.a", NULL));
  g_assert_cmpstr (grpc_aio_channel_options_get_string (fixture->options, "grpc.a"), ==, "text");

  grpc_aio_channel_options_set_int (fixture->options, "grpc.a", 2);
  g_assert_true (grpc_aio_channel_options_get_int (fixture->options, "grpc.a", &value));
  g_assert_cmpint (value, ==, 2);
  g_assert_null (grpc_aio_channel_options_get_string (fixture->options, "grpc.a"));
}

static void
test_misuse (Fixture *fixture,
             gconstpointer data)
{
  g_test_summary ("An argument without a name is a mistake of the program");

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*name != NULL*");
  grpc_aio_channel_options_set_int (fixture->options, "", 1);
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*name != NULL*");
  grpc_aio_channel_options_set_string (fixture->options, NULL, "text");
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*value != NULL*");
  grpc_aio_channel_options_set_string (fixture->options, "grpc.a", NULL);
  g_test_assert_expected_messages ();
  g_assert_null (grpc_aio_channel_options_get_string (fixture->options, "grpc.a"));
}

/* The response of Echo, over a channel with the fixture's options. */
static GBytes *
echo (Fixture *fixture,
      Peer *peer,
      const char *request,
      GError **error)
{
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new_with_options (peer->target, NULL, fixture->options);
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
  g_autoptr (GBytes) bytes = bytes_from (request);
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_multi_callable_invoke_async (method, bytes, NULL, NULL, store_result, &result);

  return grpc_aio_multi_callable_invoke_finish (method, await (&result), error);
}

static void
test_channel (Fixture *fixture,
              gconstpointer data)
{
  Peer peer = { NULL };
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("grpc-core gets the arguments of a channel");

  peer_set_up (&peer);
  grpc_aio_channel_options_set_string (fixture->options, "grpc.primary_user_agent", "test");
  grpc_aio_channel_options_set_int (fixture->options, "grpc.max_receive_message_length", 4);
  response = echo (fixture, &peer, "four", &error);
  g_assert_no_error (error);
  assert_bytes (response, "four");
  g_clear_pointer (&response, g_bytes_unref);

  response = echo (fixture, &peer, "fives", &error);
  g_assert_null (response);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_RESOURCE_EXHAUSTED);
  peer_tear_down (&peer);
}

static void
test_copied (Fixture *fixture,
             gconstpointer data)
{
  Peer peer = { NULL };
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GBytes) request = bytes_from ("longer than four");
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A change does not reach a channel that was made before");

  peer_set_up (&peer);
  channel = grpc_aio_channel_new_with_options (peer.target, NULL, fixture->options);
  grpc_aio_channel_options_set_int (fixture->options, "grpc.max_receive_message_length", 4);
  method = grpc_aio_channel_unary_unary (channel, "/test.Peer/Echo");
  grpc_aio_multi_callable_invoke_async (method, request, NULL, NULL, store_result, &result);
  response = grpc_aio_multi_callable_invoke_finish (method, await (&result), &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (response, request));

  g_clear_object (&result);
  g_clear_object (&method);
  g_clear_object (&channel);
  peer_tear_down (&peer);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/channel-options/unset", test_unset);
  ADD ("/channel-options/int", test_int);
  ADD ("/channel-options/string", test_string);
  ADD ("/channel-options/replace", test_replace);
  ADD ("/channel-options/misuse", test_misuse);
  ADD ("/channel-options/channel", test_channel);
  ADD ("/channel-options/copied", test_copied);
#undef ADD

  return g_test_run ();
}
