/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "test-utils.h"

/* Two servers, since a service config spreads calls. */
typedef struct
{
  Peer first;
  Peer second;
  GrpcAioChannelOptions *options;
} Fixture;

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  peer_set_up (&fixture->first);
  peer_set_up (&fixture->second);
  fixture->options = grpc_aio_channel_options_new ();
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  peer_tear_down (&fixture->second);
  peer_tear_down (&fixture->first);
  g_object_unref (fixture->options);
}

static GrpcAioChannel *
channel_with (Fixture *fixture,
              const char *target,
              const char *json)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (grpc_aio_channel_options_set_service_config (fixture->options, json, &error));
  g_assert_no_error (error);

  return grpc_aio_channel_new_with_options (target, NULL, fixture->options);
}

static GBytes *
call (GrpcAioChannel *channel,
      const char *method,
      const char *text,
      GError **error)
{
  g_autoptr (GrpcAioMultiCallable) multi_callable = grpc_aio_channel_unary_unary (channel, method);
  g_autoptr (GBytes) request = bytes_from (text);
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_multi_callable_invoke_async (multi_callable, request, NULL, NULL, store_result, &result);

  return grpc_aio_multi_callable_invoke_finish (multi_callable, await (&result), error);
}

static void
assert_echo (GrpcAioChannel *channel)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = call (channel, "/test.Peer/Echo", "hello", &error);

  g_assert_no_error (error);
  assert_bytes (response, "hello");
}

#define RETRY(more) \
  "{ 'methodConfig': [{ 'name': [{ 'service': 'test.Peer' }], 'retryPolicy': {" \
  " 'maxAttempts': 3, 'initialBackoff': '0.001s', 'maxBackoff': '0.01s'" more "} }] }"
#define POLICY(text) "{ 'loadBalancingConfig': [" text "] }"
#define METHOD(text) "{ 'methodConfig': [{ 'name': [{}], " text " }] }"

/* For the reader's sake without so many backslashes. */
static char *
quote (const char *text)
{
  return g_strdelimit (g_strdup (text), "'", '"');
}

static void
test_good (Fixture *fixture,
           gconstpointer data)
{
  static const char *const cases[] = {
    "{}",
    RETRY (", 'backoffMultiplier': 1.5, 'retryableStatusCodes': ['UNAVAILABLE', 'ABORTED']"),
    RETRY (", 'backoffMultiplier': 2, 'retryableStatusCodes': ['DEADLINE_EXCEEDED']"),
    METHOD ("'waitForReady': true, 'timeout': '20s'"),
    METHOD ("'timeout': '20.123456789s'"),
    METHOD ("'maxRequestMessageBytes': 1000, 'maxResponseMessageBytes': '1000'"),
    "{ 'methodConfig': [{ 'name': [{ 'service': 'a' }, { 'service': 'a', 'method': 'B' }, {}] }, { 'name': [{ 'service': 'b' }] }] }",
    "{ 'retryThrottling': { 'maxTokens': 10, 'tokenRatio': 0.1 } }",
    "{ 'retryThrottling': { 'maxTokens': '1000', 'tokenRatio': 2 } }",
    "{ 'healthCheckConfig': {} }",
    "{ 'loadBalancingPolicy': 'ROUND_ROBIN' }",
    "{ 'loadBalancingPolicy': 'pick_first' }",
    POLICY ("{ 'round_robin': {} }"),
    POLICY ("{ 'of_tomorrow': { 'a': 1 } }, { 'pick_first': {} }"),
    POLICY ("{ 'outlier_detection_experimental': { 'interval': '10s', 'maxEjectionPercent': 50,"
            " 'successRateEjection': { 'stdevFactor': 1900 }, 'childPolicy': [{ 'round_robin': {} }] } }"),
  };

  g_test_summary ("What is right is taken here, and by grpc-core");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *json = quote (cases[i]);
      g_autoptr (GrpcAioChannel) channel = NULL;

      g_test_message ("%s", json);
      channel = channel_with (fixture, fixture->first.target, json);
      assert_echo (channel);
    }

  g_assert_true (grpc_aio_channel_options_set_service_config (fixture->options, "{ \"healthCheckConfig\" : {} } ", NULL));
  g_assert_cmpstr (grpc_aio_channel_options_get_service_config (fixture->options), ==, "{\"healthCheckConfig\":{}}");
  g_assert_true (grpc_aio_channel_options_set_service_config (fixture->options, NULL, NULL));
  g_assert_null (grpc_aio_channel_options_get_service_config (fixture->options));
}

static void
test_bad (Fixture *fixture,
          gconstpointer data)
{
  static const char *const cases[][2] = {
    { "", "not JSON" },
    { "{", "not JSON" },
    { "[]", "wrong: it has to be an object" },
    { "{ 'methodConfigs': [] }", "at methodConfigs: there is no such member; there are loadBalancingPolicy," },
    { "{ 'methodConfig': {} }", "at methodConfig: it has to be an array" },
    { "{ 'methodConfig': [1] }", "at methodConfig[0]: it has to be an object" },
    { "{ 'methodConfig': [{}] }", "at methodConfig[0]: the member name is missing" },
    { "{ 'methodConfig': [{ 'name': [] }] }", "at methodConfig[0].name: it is empty" },
    { "{ 'methodConfig': [{ 'name': [{ 'service': 1 }] }] }", "at methodConfig[0].name[0].service: it has to be a text" },
    { "{ 'methodConfig': [{ 'name': [{ 'method': 'A' }] }] }", "at methodConfig[0].name[0]: there is a method without its service" },
    { "{ 'methodConfig': [{ 'name': [{}] }, { 'name': [{ 'service': 'a' }, {}] }] }", "at methodConfig[1].name[1]: this name has been there" },
    { METHOD ("'waitForReady': 'true'"), "at methodConfig[0].waitForReady: it has to be true or false" },
    { METHOD ("'timeout': 1"), "at methodConfig[0].timeout: it has to be a number of seconds such as \"1.5s\"" },
    { METHOD ("'timeout': '1'"), "at methodConfig[0].timeout" },
    { METHOD ("'timeout': '-1s'"), "at methodConfig[0].timeout" },
    { METHOD ("'timeout': 's'"), "at methodConfig[0].timeout" },
    { METHOD ("'timeout': '1.s'"), "at methodConfig[0].timeout" },
    { METHOD ("'timeout': '1.0123456789s'"), "at methodConfig[0].timeout" },
    { METHOD ("'timeout': '1.x5s'"), "at methodConfig[0].timeout" },
    { METHOD ("'maxRequestMessageBytes': -1"), "at methodConfig[0].maxRequestMessageBytes: it has to be a whole number from 0 to 2147483647" },
    { METHOD ("'maxResponseMessageBytes': 1.5"), "at methodConfig[0].maxResponseMessageBytes" },
    { METHOD ("'hedgingPolicy': {}"), "at methodConfig[0].hedgingPolicy: grpc-core does not hedge" },
    { METHOD ("'retryPolicy': {}"), "at methodConfig[0].retryPolicy: the member maxAttempts is missing" },
    { RETRY (", 'backoffMultiplier': 1.5"), "at methodConfig[0].retryPolicy: the member retryableStatusCodes is missing" },
    { RETRY (", 'backoffMultiplier': 0, 'retryableStatusCodes': ['ABORTED']"), "retryPolicy.backoffMultiplier: it has to be a number from 0.001" },
    { RETRY (", 'backoffMultiplier': 1, 'retryableStatusCodes': []"), "retryPolicy.retryableStatusCodes: it is empty" },
    { RETRY (", 'backoffMultiplier': 1, 'retryableStatusCodes': ['ABORTED', 14]"), "retryPolicy.retryableStatusCodes[1]: it has to be the name" },
    { RETRY (", 'backoffMultiplier': 1, 'retryableStatusCodes': ['Aborted']"), "retryPolicy.retryableStatusCodes[0]: it has to be the name" },
    { RETRY (", 'backoffMultiplier': 1, 'perAttemptRecvTimeout': '1s'"), "retryPolicy.perAttemptRecvTimeout: grpc-core has no time limit" },
    { METHOD ("'retryPolicy': { 'maxAttempts': 1 }"), "retryPolicy.maxAttempts: it has to be a whole number from 2" },
    { METHOD ("'retryPolicy': { 'initialBackoff': '0.0s' }"), "retryPolicy.initialBackoff: it has to be a number of seconds above 0" },
    { "{ 'retryThrottling': { 'maxTokens': 0, 'tokenRatio': 1 } }", "at retryThrottling.maxTokens" },
    { "{ 'retryThrottling': { 'maxTokens': 10, 'tokenRatio': 0.0001 } }", "at retryThrottling.tokenRatio" },
    { "{ 'healthCheckConfig': { 'serviceName': true } }", "at healthCheckConfig.serviceName" },
    { "{ 'loadBalancingPolicy': 'nearest' }", "at loadBalancingPolicy: it has to be \"pick_first\"" },
    { "{ 'loadBalancingConfig': { 'round_robin': {} } }", "at loadBalancingConfig: it has to be an array" },
    { POLICY (""), "at loadBalancingConfig: none of the policies is known" },
    { POLICY ("{ 'of_tomorrow': {} }"), "at loadBalancingConfig: none of the policies is known" },
    { POLICY ("{ 'of_tomorrow': 1 }"), "at loadBalancingConfig[0].of_tomorrow: it has to be an object" },
    { POLICY ("{ 'round_robin': {}, 'pick_first': {} }"), "at loadBalancingConfig[0]: it has to be an object with one member" },
    { POLICY ("{ 'round_robin': { 'shuffle': true } }"), "at loadBalancingConfig[0].round_robin.shuffle: there is no such member: the object has to be empty" },
    { POLICY ("{ 'ring_hash_experimental': {} }"), "at loadBalancingConfig[0].ring_hash_experimental: the hash of a call comes from xDS alone" },
    { POLICY ("{ 'cds_experimental': {} }"), "at loadBalancingConfig[0].cds_experimental: this policy is for xDS alone" },
    { POLICY ("{ 'outlier_detection_experimental': {} }"), "outlier_detection_experimental: the member childPolicy is missing" },
    { POLICY ("{ 'outlier_detection_experimental': { 'childPolicy': [1] } }"), "outlier_detection_experimental.childPolicy[0]: it has to be an object" },
  };

  g_test_summary ("What is wrong is refused, with the place and the reason");

  g_assert_true (grpc_aio_channel_options_set_service_config (fixture->options, "{}", NULL));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *json = quote (cases[i][0]);
      g_autoptr (GError) error = NULL;

      g_assert_false (grpc_aio_channel_options_set_service_config (fixture->options, json, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_test_message ("%s", error->message);
      if (strstr (error->message, cases[i][1]) == NULL)
        g_error ("“%s” is not in “%s”", cases[i][1], error->message);
      g_assert_cmpstr (grpc_aio_channel_options_get_service_config (fixture->options), ==, "{}");
    }
}

static void
test_retry (Fixture *fixture,
            gconstpointer data)
{
  g_autofree char *json = quote (RETRY (", 'backoffMultiplier': 1, 'retryableStatusCodes': ['UNAVAILABLE']"));
  g_autoptr (GrpcAioChannel) channel = channel_with (fixture, fixture->first.target, json);
  g_autoptr (GrpcAioChannel) plain = channel_with (fixture, fixture->first.target, NULL);
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A call is tried again as the service config says");

  response = call (channel, "/test.Peer/Flaky", "hello", &error);
  g_assert_no_error (error);
  assert_bytes (response, "hello");
  g_assert_cmpuint (fixture->first.n_handled, ==, 3);

  fixture->first.n_handled = 0;
  g_assert_null (call (plain, "/test.Peer/Flaky", "hello", &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_clear_error (&error);
  g_assert_cmpuint (fixture->first.n_handled, ==, 1);

  /* One that may not be tried again. */
  fixture->first.n_handled = 0;
  g_object_set (fixture->options, "enable-retries", FALSE, NULL);
  g_clear_object (&channel);
  channel = channel_with (fixture, fixture->first.target, json);
  g_assert_null (call (channel, "/test.Peer/Flaky", "hello", &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_assert_cmpuint (fixture->first.n_handled, ==, 1);
}

static void
test_methods (Fixture *fixture,
              gconstpointer data)
{
  g_autofree char *json = quote ("{ 'methodConfig': ["
                                 "{ 'name': [{ 'service': 'test.Peer', 'method': 'Hang' }], 'timeout': '0.05s' },"
                                 "{ 'name': [{ 'service': 'test.Peer' }], 'maxRequestMessageBytes': 5 },"
                                 "{ 'name': [{}], 'waitForReady': true, 'timeout': '0.05s' }] }");
  g_autoptr (GrpcAioChannel) channel = channel_with (fixture, fixture->first.target, json);
  g_autoptr (GrpcAioChannel) nowhere = channel_with (fixture, "unix:/a/folder/that/does/not/exist", json);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Each method has its time limit, its sizes and its patience");

  g_assert_null (call (channel, "/test.Peer/Hang", "hello", &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  g_clear_error (&error);
  assert_echo (channel);
  g_assert_null (call (channel, "/test.Peer/Echo", "longer", &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_RESOURCE_EXHAUSTED);
  g_clear_error (&error);

  g_assert_null (call (nowhere, "/test.Peer/Echo", "hello", &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_clear_error (&error);
  g_assert_null (call (nowhere, "/test.Other/Echo", "hello", &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
}

static void
test_round_robin (Fixture *fixture,
                  gconstpointer data)
{
  gboolean by_name = GPOINTER_TO_INT (data);
  g_autofree char *target = g_strdup_printf ("ipv4:%s,%s", fixture->first.target, fixture->second.target);
  g_autoptr (GrpcAioChannel) channel = NULL;
  guint before;

  g_test_summary ("Calls are spread evenly over the addresses of a target");

  if (by_name)
    g_object_set (fixture->options, "lb-policy-name", "round_robin", NULL);
  channel = channel_with (fixture, target, by_name ? NULL : "{\"loadBalancingConfig\":[{\"round_robin\":{}}]}");

  /* One may be connected sooner than the other. */
  while (fixture->first.n_handled == 0 || fixture->second.n_handled == 0)
    assert_echo (channel);

  before = fixture->first.n_handled;
  fixture->second.n_handled = 0;
  for (guint i = 0; i < 10; i++)
    assert_echo (channel);
  g_assert_cmpuint (fixture->first.n_handled - before, ==, 5);
  g_assert_cmpuint (fixture->second.n_handled, ==, 5);
}

static void
test_pick_first (Fixture *fixture,
                 gconstpointer data)
{
  g_autofree char *target = g_strdup_printf ("ipv4:%s,%s", fixture->first.target, fixture->second.target);
  g_autoptr (GrpcAioChannel) channel = channel_with (fixture, target, "{\"loadBalancingConfig\":[{\"pick_first\":{}}]}");

  g_test_summary ("All calls go to the first address that works");

  for (guint i = 0; i < 10; i++)
    assert_echo (channel);
  g_assert_cmpuint (fixture->first.n_handled, ==, 10);
  g_assert_cmpuint (fixture->second.n_handled, ==, 0);
}

static void
test_refused_by_core (Fixture *fixture,
                      gconstpointer data)
{
  g_autoptr (GrpcAioChannel) channel = channel_with (fixture, fixture->first.target, "{\"loadBalancingConfig\":[{\"rls_experimental\":{}}]}");
  g_autoptr (GError) error = NULL;

  g_test_summary ("What only grpc-core can judge makes a channel that says so");

  g_assert_null (call (channel, "/test.Peer/Echo", "hello", &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNKNOWN);
  g_assert_nonnull (strstr (error->message, "service config"));
  g_clear_error (&error);
  g_assert_false (grpc_aio_channel_ready_sync (channel, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "service config"));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, func) g_test_add (path, Fixture, data, fixture_set_up, func, fixture_tear_down)
  ADD ("/service-config/good", NULL, test_good);
  ADD ("/service-config/bad", NULL, test_bad);
  ADD ("/service-config/retry", NULL, test_retry);
  ADD ("/service-config/methods", NULL, test_methods);
  ADD ("/service-config/round-robin", NULL, test_round_robin);
  ADD ("/service-config/round-robin/by-name", GINT_TO_POINTER (TRUE), test_round_robin);
  ADD ("/service-config/pick-first", NULL, test_pick_first);
  ADD ("/service-config/refused-by-core", NULL, test_refused_by_core);
#undef ADD

  return g_test_run ();
}
