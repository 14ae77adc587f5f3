/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include <grpc/grpc.h>

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

/* What grpc-core's headers document and is a property here. */
static const char *const names[] = {
  GRPC_ARG_ALLOW_REUSEPORT,
  GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS,
  GRPC_ARG_DEFAULT_AUTHORITY,
  GRPC_ARG_DNS_ARES_QUERY_TIMEOUT_MS,
  GRPC_ARG_DNS_ENABLE_SRV_QUERIES,
  GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS,
  GRPC_ARG_ENABLE_CHANNELZ,
  GRPC_ARG_ENABLE_HTTP_PROXY,
  GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION,
  GRPC_ARG_ENABLE_RETRIES,
  GRPC_ARG_EXPAND_WILDCARD_ADDRS,
  GRPC_ARG_GRPCLB_CALL_TIMEOUT_MS,
  GRPC_ARG_GRPCLB_FALLBACK_TIMEOUT_MS,
  GRPC_ARG_HTTP2_BDP_PROBE,
  GRPC_ARG_HTTP2_ENABLE_TRUE_BINARY,
  GRPC_ARG_HTTP2_HPACK_TABLE_SIZE_DECODER,
  GRPC_ARG_HTTP2_HPACK_TABLE_SIZE_ENCODER,
  GRPC_ARG_HTTP2_MAX_FRAME_SIZE,
  GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA,
  GRPC_ARG_HTTP2_MAX_PING_STRIKES,
  GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
  GRPC_ARG_HTTP2_SCHEME,
  GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES,
  GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE,
  GRPC_ARG_HTTP_PROXY,
  GRPC_ARG_INHIBIT_HEALTH_CHECKING,
  GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS,
  GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS,
  GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
  GRPC_ARG_KEEPALIVE_TIME_MS,
  GRPC_ARG_LB_POLICY_NAME,
  GRPC_ARG_MAX_CHANNEL_TRACE_EVENT_MEMORY_PER_NODE,
  GRPC_ARG_MAX_CONCURRENT_STREAMS,
  GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
  GRPC_ARG_MAX_CONNECTION_AGE_MS,
  GRPC_ARG_MAX_CONNECTION_IDLE_MS,
  GRPC_ARG_MAX_METADATA_SIZE,
  GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH,
  GRPC_ARG_MAX_RECONNECT_BACKOFF_MS,
  GRPC_ARG_MAX_SEND_MESSAGE_LENGTH,
  GRPC_ARG_MIN_RECONNECT_BACKOFF_MS,
  GRPC_ARG_PER_RPC_RETRY_BUFFER_SIZE,
  GRPC_ARG_PRIMARY_USER_AGENT_STRING,
  GRPC_ARG_PRIORITY_FAILOVER_TIMEOUT_MS,
  GRPC_ARG_RESOURCE_QUOTA,
  GRPC_ARG_SECONDARY_USER_AGENT_STRING,
  GRPC_ARG_SERVER_CONFIG_CHANGE_DRAIN_GRACE_TIME_MS,
  GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
  GRPC_ARG_SERVICE_CONFIG,
  GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION,
  GRPC_ARG_SURFACE_USER_AGENT,
  GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE,
  GRPC_ARG_TCP_MIN_READ_CHUNK_SIZE,
  GRPC_ARG_TCP_READ_CHUNK_SIZE,
  GRPC_ARG_TCP_TX_ZEROCOPY_ENABLED,
  GRPC_ARG_TCP_TX_ZEROCOPY_MAX_SIMULT_SENDS,
  GRPC_ARG_TCP_TX_ZEROCOPY_SEND_BYTES_THRESHOLD,
  GRPC_ARG_TSI_MAX_FRAME_SIZE,
  GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL,
  GRPC_COMPRESSION_CHANNEL_DEFAULT_ALGORITHM,
  GRPC_COMPRESSION_CHANNEL_DEFAULT_LEVEL,
  GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET,
  GRPC_SSL_TARGET_NAME_OVERRIDE_ARG,
};

static GParamSpec *
find_property (Fixture *fixture,
               const char *name)
{
  g_autofree char *property = NULL;
  GParamSpec *pspec;

  g_assert_true (g_str_has_prefix (name, "grpc."));
  name += strlen ("grpc.");
  if (g_str_has_prefix (name, "experimental."))
    name += strlen ("experimental.");
  /* The one time whose name does not tell its unit. */
  property = g_strconcat (name, g_str_equal (name, "dns_ares_query_timeout") ? "_ms" : NULL, NULL);
  g_strdelimit (property, "._", '-');

  pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (fixture->options), property);
  if (pspec == NULL)
    g_test_message ("no property %s", property);
  g_assert_nonnull (pspec);

  return pspec;
}

static void
count_notify (GObject *object,
              GParamSpec *pspec,
              guint *n)
{
  (*n)++;
}

/* A number that may be set and is not the default. */
static int
choose_number (GParamSpec *pspec)
{
  if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    return !G_PARAM_SPEC_BOOLEAN (pspec)->default_value;
  if (G_IS_PARAM_SPEC_ENUM (pspec))
    return GRPC_AIO_COMPRESSION_GZIP;

  return G_PARAM_SPEC_INT (pspec)->default_value == G_PARAM_SPEC_INT (pspec)->minimum ? G_PARAM_SPEC_INT (pspec)->maximum : G_PARAM_SPEC_INT (pspec)->minimum;
}

static int
get_number (const GValue *value)
{
  if (G_VALUE_HOLDS_BOOLEAN (value))
    return g_value_get_boolean (value);
  if (G_VALUE_HOLDS_ENUM (value))
    return g_value_get_enum (value);

  return g_value_get_int (value);
}

static void
check_number (Fixture *fixture,
              const char *name,
              GParamSpec *pspec)
{
  g_auto (GValue) value = G_VALUE_INIT;
  const GValue *preset = g_param_spec_get_default_value (pspec);
  g_autofree char *signal = g_strconcat ("notify::", pspec->name, NULL);
  int number = choose_number (pspec);
  int got;
  guint n_notified = 0;

  g_signal_connect (fixture->options, signal, G_CALLBACK (count_notify), &n_notified);

  /* Set by the one name it is read by the other. */
  grpc_aio_channel_options_set_int (fixture->options, name, number);
  g_object_get_property (G_OBJECT (fixture->options), pspec->name, &value);
  g_assert_cmpint (get_number (&value), ==, number);
  g_assert_cmpuint (n_notified, ==, 1);

  g_object_set_property (G_OBJECT (fixture->options), pspec->name, preset);
  g_assert_true (grpc_aio_channel_options_get_int (fixture->options, name, &got));
  g_assert_cmpint (got, ==, get_number (preset));
  g_assert_cmpuint (n_notified, ==, 2);
  grpc_aio_channel_options_set_int (fixture->options, name, got);
  g_assert_cmpuint (n_notified, ==, 2);
  grpc_aio_channel_options_set_int (fixture->options, name, number);
  grpc_aio_channel_options_unset (fixture->options, name);
  g_assert_cmpuint (n_notified, ==, 4);
  g_object_get_property (G_OBJECT (fixture->options), pspec->name, &value);
  g_assert_cmpint (get_number (&value), ==, get_number (preset));

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*it is a number*");
  grpc_aio_channel_options_set_string (fixture->options, name, "text");
  g_test_assert_expected_messages ();
  if (!G_IS_PARAM_SPEC_INT (pspec) || G_PARAM_SPEC_INT (pspec)->minimum > G_MININT)
    {
      g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*it can be from * to *");
      grpc_aio_channel_options_set_int (fixture->options, name, G_MININT);
      g_test_assert_expected_messages ();
    }
  g_assert_false (grpc_aio_channel_options_get_int (fixture->options, name, NULL));
  g_signal_handlers_disconnect_by_func (fixture->options, count_notify, &n_notified);
}

static const char *
choose_text (const char *name)
{
  if (g_str_equal (name, GRPC_ARG_HTTP2_SCHEME))
    return "https";
  if (g_str_equal (name, GRPC_ARG_LB_POLICY_NAME))
    return "round_robin";
  if (g_str_equal (name, GRPC_ARG_HTTP_PROXY))
    return "http://proxy.example:3128";
  if (g_str_equal (name, GRPC_ARG_SERVICE_CONFIG))
    return "{\"loadBalancingPolicy\":\"round_robin\"}";

  return "text";
}

static void
check_text (Fixture *fixture,
            const char *name,
            GParamSpec *pspec)
{
  const char *text = choose_text (name);
  g_autofree char *got = NULL;

  g_object_get (fixture->options, pspec->name, &got, NULL);
  g_assert_null (got);
  grpc_aio_channel_options_set_string (fixture->options, name, text);
  g_object_get (fixture->options, pspec->name, &got, NULL);
  g_assert_cmpstr (got, ==, text);
  g_object_set (fixture->options, pspec->name, NULL, NULL);
  g_assert_null (grpc_aio_channel_options_get_string (fixture->options, name));
  g_object_set (fixture->options, pspec->name, text, NULL);
  g_assert_cmpstr (grpc_aio_channel_options_get_string (fixture->options, name), ==, text);

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*it is a text*");
  grpc_aio_channel_options_set_int (fixture->options, name, 1);
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*cannot be*");
  grpc_aio_channel_options_set_string (fixture->options, name, "");
  g_test_assert_expected_messages ();
  g_assert_cmpstr (grpc_aio_channel_options_get_string (fixture->options, name), ==, text);
}

static void
test_properties (Fixture *fixture,
                 gconstpointer data)
{
  guint n_properties;

  g_test_summary ("Every argument of grpc-core that makes sense is a property, and both ways to set it are checked");

  g_free (g_object_class_list_properties (G_OBJECT_GET_CLASS (fixture->options), &n_properties));
  g_assert_cmpuint (n_properties, ==, G_N_ELEMENTS (names));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      GParamSpec *pspec = find_property (fixture, names[i]);

      if (G_IS_PARAM_SPEC_STRING (pspec))
        check_text (fixture, names[i], pspec);
      else if (!G_IS_PARAM_SPEC_INT64 (pspec))
        check_number (fixture, names[i], pspec);
    }
}

static void
test_size (Fixture *fixture,
           gconstpointer data)
{
  gint64 size;

  g_test_summary ("The quota is a property alone, since it is a pointer in grpc-core");

  g_object_get (fixture->options, "resource-quota", &size, NULL);
  g_assert_cmpint (size, ==, -1);
  g_object_set (fixture->options, "resource-quota", G_GINT64_CONSTANT (5000000000), NULL);
  g_object_get (fixture->options, "resource-quota", &size, NULL);
  g_assert_cmpint (size, ==, G_GINT64_CONSTANT (5000000000));

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*the property resource-quota*");
  grpc_aio_channel_options_set_int (fixture->options, GRPC_ARG_RESOURCE_QUOTA, 1);
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*it is a pointer*");
  grpc_aio_channel_options_set_string (fixture->options, GRPC_SSL_SESSION_CACHE_ARG, "text");
  g_test_assert_expected_messages ();
}

static void
test_bad_texts (Fixture *fixture,
                gconstpointer data)
{
  static const char *const cases[][2] = {
    { GRPC_ARG_PRIMARY_USER_AGENT_STRING, "Größe" },
    { GRPC_ARG_SECONDARY_USER_AGENT_STRING, "two\nlines" },
    { GRPC_ARG_LB_POLICY_NAME, "nearest" },
    { GRPC_ARG_HTTP2_SCHEME, "ftp" },
    { GRPC_ARG_HTTP_PROXY, "proxy.example:3128" },
    { GRPC_ARG_HTTP_PROXY, "socks5://proxy.example:3128" },
    { GRPC_ARG_HTTP_PROXY, "http://proxy.example" },
    { GRPC_ARG_SERVICE_CONFIG, "{" },
  };

  g_test_summary ("A text that grpc-core would leave out without a word is a mistake of the program");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*cannot be*");
      grpc_aio_channel_options_set_string (fixture->options, cases[i][0], cases[i][1]);
      g_test_assert_expected_messages ();
      g_assert_null (grpc_aio_channel_options_get_string (fixture->options, cases[i][0]));
    }
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
  ADD ("/channel-options/properties", test_properties);
  ADD ("/channel-options/size", test_size);
  ADD ("/channel-options/bad-texts", test_bad_texts);
  ADD ("/channel-options/channel", test_channel);
  ADD ("/channel-options/copied", test_copied);
#undef ADD

  return g_test_run ();
}
