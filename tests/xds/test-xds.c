/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include <glib/gstdio.h>
#include <grpc/grpc.h>

#include "resources.h"
#include "test-utils.h"
#include "xds.pb-c.h"

/* Where there is a bootstrap configuration of a channel's own. */
#define BOOTSTRAP_OPTION "grpc.TEST_ONLY_DO_NOT_USE_IN_PROD.xds_bootstrap_config"

#define N_PARALLEL 50

/* A test that waits longer than this has failed. */
#define GIVE_UP_USEC (30 * G_USEC_PER_SEC)

/* A control plane and three servers to move traffic between. */
typedef struct
{
  GrpcAioServer *server;
  guint port;
  guint n_calls;
} Backend;

typedef struct
{
  ControlPlane *control_plane;
  Backend backends[3];
} Fixture;

static char *folder;

static char *
make_bootstrap (const char *socket_name)
{
  return g_strdup_printf ("{"
                          "  \"xds_servers\": [ {"
                          "    \"server_uri\": \"unix:%s/%s\","
                          "    \"channel_creds\": [ { \"type\": \"insecure\" } ],"
                          "    \"server_features\": [ \"xds_v3\" ]"
                          "  } ],"
                          "  \"node\": { \"id\": \"test\" },"
                          "  \"certificate_providers\": {"
                          "    \"" CERTIFICATES "\": {"
                          "      \"plugin_name\": \"file_watcher\","
                          "      \"config\": {"
                          "        \"certificate_file\": \"%s/certificate.pem\","
                          "        \"private_key_file\": \"%s/key.pem\","
                          "        \"ca_certificate_file\": \"%s/certificate.pem\""
                          "      }"
                          "    }"
                          "  },"
                          "  \"server_listener_resource_name_template\": \"server/%%s\""
                          "}",
                          folder, socket_name, folder, folder, folder);
}

static char *
make_address (const char *socket_name)
{
  return g_strdup_printf ("unix:%s/%s", folder, socket_name);
}

static void
handle_hello (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  Backend *backend = user_data;
  g_autofree char *port = g_strdup_printf ("%u", backend->port);
  g_autoptr (GBytes) response = bytes_from (port);

  backend->n_calls++;
  grpc_aio_servicer_context_complete (context, response);
}

/* Takes @server. */
static void
backend_start (Backend *backend,
               GrpcAioServer *server,
               GrpcAioServerCredentials *credentials)
{
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Backend");
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_hello, backend, NULL);
  g_autoptr (GError) error = NULL;

  backend->server = server;
  grpc_aio_service_add_method (service, "Hello", handler);
  grpc_aio_server_add_service (backend->server, service);
  backend->port = grpc_aio_server_add_port (backend->server, "127.0.0.1:0", credentials, &error);
  g_assert_no_error (error);
  grpc_aio_server_start (backend->server, &error);
  g_assert_no_error (error);
}

static void
backend_stop (Backend *backend,
              gint64 grace_usec)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (backend->server == NULL)
    return;

  grpc_aio_server_stop_async (backend->server, grace_usec, NULL, store_result, &result);
  grpc_aio_server_stop_finish (backend->server, await (&result), &error);
  g_assert_no_error (error);
  g_clear_object (&backend->server);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer user_data)
{
  g_autofree char *address = make_address ("ads");

  fixture->control_plane = control_plane_new (address);
  for (guint i = 0; i < G_N_ELEMENTS (fixture->backends); i++)
    backend_start (&fixture->backends[i], grpc_aio_server_new (), NULL);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer user_data)
{
  for (guint i = 0; i < G_N_ELEMENTS (fixture->backends); i++)
    backend_stop (&fixture->backends[i], 0);
  control_plane_free (fixture->control_plane);
}

static void
forget_calls (Fixture *fixture)
{
  for (guint i = 0; i < G_N_ELEMENTS (fixture->backends); i++)
    fixture->backends[i].n_calls = 0;
}

/* Many calls, some at a time. */
typedef struct
{
  GrpcAioMultiCallable *hello;
  GrpcAioCallOptions *options;
  GBytes *request;
  guint n_to_start;
  guint n_running;
  guint n_ok;
  GError *error; /* the first one */
} Run;

static void on_hello (GObject *source,
                      GAsyncResult *result,
                      gpointer user_data);

static void
start_calls (Run *run)
{
  while (run->n_to_start > 0 && run->n_running < N_PARALLEL)
    {
      run->n_to_start--;
      run->n_running++;
      grpc_aio_multi_callable_invoke_async (run->hello, run->request, run->options, NULL, on_hello, run);
    }
}

static void
on_hello (GObject *source,
          GAsyncResult *result,
          gpointer user_data)
{
  Run *run = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = NULL;

  response = grpc_aio_multi_callable_invoke_finish (GRPC_AIO_MULTI_CALLABLE (source), result, &error);
  run->n_running--;
  if (response != NULL)
    run->n_ok++;
  else if (run->error == NULL)
    run->error = g_steal_pointer (&error);
  start_calls (run);
}

static Run *
run_new (GrpcAioChannel *channel,
         gboolean wait_for_ready)
{
  Run *run = g_new0 (Run, 1);

  run->hello = grpc_aio_channel_unary_unary (channel, "/test.Backend/Hello");
  run->options = options_with_timeout (20 * G_USEC_PER_SEC);
  grpc_aio_call_options_set_wait_for_ready (run->options, wait_for_ready);
  run->request = bytes_from ("hello");

  return run;
}

static void
run_free (Run *run)
{
  g_object_unref (run->hello);
  g_object_unref (run->options);
  g_bytes_unref (run->request);
  g_clear_error (&run->error);
  g_free (run);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)

static gboolean
is_over (gpointer data)
{
  Run *run = data;

  return run->n_running == 0;
}

static void
run_calls (Run *run,
           guint n_calls)
{
  run->n_to_start = n_calls;
  start_calls (run);
  iterate_until (is_over, run);
}

/* All of them have to succeed. */
static void
make_calls (GrpcAioChannel *channel,
            guint n_calls)
{
  g_autoptr (Run) run = run_new (channel, TRUE);

  run_calls (run, n_calls);
  g_assert_no_error (run->error);
  g_assert_cmpuint (run->n_ok, ==, n_calls);
}

/* Until what the control plane said last shows: @backend gets all calls. */
static void
make_calls_until_all_reach (Fixture *fixture,
                            GrpcAioChannel *channel,
                            guint backend)
{
  gint64 end = g_get_monotonic_time () + GIVE_UP_USEC;

  do
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      forget_calls (fixture);
      make_calls (channel, 2 * N_PARALLEL);
    }
  while (fixture->backends[backend].n_calls < 2 * N_PARALLEL);
}

static GError *
fail_call (GrpcAioChannel *channel)
{
  g_autoptr (Run) run = run_new (channel, FALSE);

  run_calls (run, 1);
  g_assert_nonnull (run->error);
  g_test_message ("%s", run->error->message);

  return g_steal_pointer (&run->error);
}

static GrpcAioChannel *
channel_with_bootstrap (const char *target,
                        const char *bootstrap)
{
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();

  grpc_aio_channel_options_set_string (options, BOOTSTRAP_OPTION, bootstrap);

  return grpc_aio_channel_new_with_options (target, NULL, options);
}

/* A cluster of that name for each backend. */
static void
set_clusters (Fixture *fixture,
              const char *const *names)
{
  for (guint i = 0; names[i] != NULL; i++)
    {
      set_cluster (fixture->control_plane, names[i], FALSE, FALSE);
      set_endpoints (fixture->control_plane, names[i], &fixture->backends[i].port, 1);
    }
}

static void
test_weights (Fixture *fixture,
              gconstpointer user_data)
{
  const char *clusters[] = { "weights-a", "weights-b", NULL };
  const Share before[] = { { "weights-a", 80 }, { "weights-b", 20 } };
  const Share after[] = { { "weights-b", 1 } };
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new ("xds:///weights", NULL);

  g_test_summary ("Calls go to clusters by their weights, and elsewhere when those change");

  set_clusters (fixture, clusters);
  set_routes (fixture->control_plane, "weights", before, 2);
  set_client_listener (fixture->control_plane, "weights");

  make_calls (channel, 1000);
  g_test_message ("80:20 gave %u:%u", fixture->backends[0].n_calls, fixture->backends[1].n_calls);
  g_assert_cmpuint (fixture->backends[0].n_calls, >=, 700);
  g_assert_cmpuint (fixture->backends[0].n_calls, <=, 900);
  g_assert_cmpuint (fixture->backends[0].n_calls + fixture->backends[1].n_calls, ==, 1000);

  set_routes (fixture->control_plane, "weights", after, 1);
  make_calls_until_all_reach (fixture, channel, 1);
}

static void
test_localities (Fixture *fixture,
                 gconstpointer user_data)
{
  const Share all[] = { { "localities", 1 } };
  const guint ports[] = { fixture->backends[0].port, fixture->backends[1].port };
  const guint weights[] = { 20, 80 };
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new ("xds:///localities", NULL);

  g_test_summary ("Calls go to localities by their weights");

  set_client_listener (fixture->control_plane, "localities");
  set_routes (fixture->control_plane, "localities", all, 1);
  set_cluster (fixture->control_plane, "localities", FALSE, FALSE);
  set_weighted_endpoints (fixture->control_plane, "localities", ports, weights, 2);

  /* At first only one of them may be connected. */
  while (fixture->backends[0].n_calls == 0 || fixture->backends[1].n_calls == 0)
    make_calls (channel, 1);

  forget_calls (fixture);
  make_calls (channel, 1000);
  g_test_message ("20:80 gave %u:%u", fixture->backends[0].n_calls, fixture->backends[1].n_calls);
  g_assert_cmpuint (fixture->backends[1].n_calls, >=, 700);
  g_assert_cmpuint (fixture->backends[1].n_calls, <=, 900);
}

static void
test_round_robin (Fixture *fixture,
                  gconstpointer user_data)
{
  const Share all[] = { { "round-robin", 1 } };
  const guint ports[] = { fixture->backends[0].port, fixture->backends[1].port, fixture->backends[2].port };
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new ("xds:///round-robin", NULL);

  g_test_summary ("The endpoints of a cluster get calls in turn");

  set_client_listener (fixture->control_plane, "round-robin");
  set_routes (fixture->control_plane, "round-robin", all, 1);
  set_cluster (fixture->control_plane, "round-robin", FALSE, FALSE);
  set_endpoints (fixture->control_plane, "round-robin", ports, 3);

  while (fixture->backends[0].n_calls == 0 || fixture->backends[1].n_calls == 0 || fixture->backends[2].n_calls == 0)
    make_calls (channel, 1);

  forget_calls (fixture);
  make_calls (channel, 300);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (fixture->backends[i].n_calls, ==, 100);
}

static char *
call_as (GrpcAioChannel *channel,
         const char *user)
{
  g_autoptr (GrpcAioMultiCallable) hello = grpc_aio_channel_unary_unary (channel, "/test.Backend/Hello");
  g_autoptr (GrpcAioCallOptions) options = options_with_timeout (20 * G_USEC_PER_SEC);
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) request = bytes_from ("hello");
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_metadata_append (metadata, "user", user, &error);
  g_assert_no_error (error);
  grpc_aio_call_options_set_metadata (options, metadata);
  grpc_aio_call_options_set_wait_for_ready (options, TRUE);
  grpc_aio_multi_callable_invoke_async (hello, request, options, NULL, store_result, &result);
  response = grpc_aio_multi_callable_invoke_finish (hello, await (&result), &error);
  g_assert_no_error (error);

  return g_strndup (g_bytes_get_data (response, NULL), g_bytes_get_size (response));
}

static void
test_ring_hash (Fixture *fixture,
                gconstpointer user_data)
{
  const guint ports[] = { fixture->backends[0].port, fixture->backends[1].port, fixture->backends[2].port };
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new ("xds:///ring-hash", NULL);

  g_test_summary ("With a hash of a header each user has a server, and the users are spread");

  /* https://github.com/grpc/grpc/issues/31766: any call ends the process. */
  if (g_str_has_prefix (grpc_version_string (), "29."))
    {
      g_test_skip ("grpc-core 1.51 has a ring_hash that crashes");
      return;
    }

  set_client_listener (fixture->control_plane, "ring-hash");
  set_hashed_routes (fixture->control_plane, "ring-hash", "ring-hash", "user");
  set_cluster (fixture->control_plane, "ring-hash", TRUE, FALSE);
  set_endpoints (fixture->control_plane, "ring-hash", ports, 3);

  for (guint i = 0; i < 64; i++)
    {
      g_autofree char *user = g_strdup_printf ("user-%u", i);
      g_autofree char *first = call_as (channel, user);

      for (guint j = 0; j < 3; j++)
        {
          g_autofree char *next = call_as (channel, user);

          g_assert_cmpstr (next, ==, first);
        }
    }
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (fixture->backends[i].n_calls, >, 0);
}

static gboolean
is_half_done (gpointer data)
{
  Run *run = data;

  return run->n_ok >= 500;
}

static void
test_removed (Fixture *fixture,
              gconstpointer user_data)
{
  const Share all[] = { { "removed", 1 } };
  const guint both[] = { fixture->backends[0].port, fixture->backends[1].port };
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new ("xds:///removed", NULL);
  g_autoptr (Run) run = run_new (channel, TRUE);

  g_test_summary ("A server that is removed and stops costs no call");

  set_client_listener (fixture->control_plane, "removed");
  set_routes (fixture->control_plane, "removed", all, 1);
  set_cluster (fixture->control_plane, "removed", FALSE, FALSE);
  set_endpoints (fixture->control_plane, "removed", both, 2);

  while (fixture->backends[0].n_calls == 0 || fixture->backends[1].n_calls == 0)
    make_calls (channel, 1);

  /* While calls run all the time. */
  run->n_to_start = 5000;
  start_calls (run);
  iterate_until (is_half_done, run);
  set_endpoints (fixture->control_plane, "removed", &both[1], 1);
  make_calls_until_all_reach (fixture, channel, 1);
  backend_stop (&fixture->backends[0], -1);
  iterate_until (is_over, run);

  g_assert_no_error (run->error);
  g_assert_cmpuint (run->n_ok, ==, 5000);
}

static void
test_no_endpoints (Fixture *fixture,
                   gconstpointer user_data)
{
  const Share all[] = { { "empty", 1 } };
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new ("xds:///empty", NULL);
  g_autoptr (Run) run = run_new (channel, TRUE);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Without a server calls fail at once, or wait for one");

  set_client_listener (fixture->control_plane, "empty");
  set_routes (fixture->control_plane, "empty", all, 1);
  set_cluster (fixture->control_plane, "empty", FALSE, FALSE);
  set_endpoints (fixture->control_plane, "empty", NULL, 0);

  error = fail_call (channel);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);

  run->n_to_start = 20;
  start_calls (run);
  g_assert_cmpuint (run->n_running, ==, 20);
  set_endpoints (fixture->control_plane, "empty", &fixture->backends[2].port, 1);
  iterate_until (is_over, run);
  g_assert_no_error (run->error);
  g_assert_cmpuint (run->n_ok, ==, 20);
  g_assert_cmpuint (fixture->backends[2].n_calls, ==, 20);
}

static gboolean
is_refused (gpointer data)
{
  return control_plane_get_refusal (data, RESOURCE_LISTENER) != NULL;
}

static Test__Xds__GenericXdsConfig *
find_config (Test__Xds__ClientStatusResponse *response,
             ResourceType type,
             const char *name)
{
  g_assert_cmpuint (response->n_config, ==, 1);
  for (gsize i = 0; i < response->config[0]->n_generic_xds_configs; i++)
    {
      Test__Xds__GenericXdsConfig *config = response->config[0]->generic_xds_configs[i];

      if (g_str_equal (config->type_url, control_plane_get_type_url (type)) && g_str_equal (config->name, name))
        return config;
    }

  return NULL;
}

#define STATUS_ACKED 3
#define STATUS_NACKED 4

static void
assert_dump (ResourceType type,
             const char *name,
             guint status)
{
  g_autoptr (GBytes) dump = grpc_aio_xds_dump_configs ();
  Test__Xds__ClientStatusResponse *response;
  Test__Xds__GenericXdsConfig *config;
  gconstpointer data;
  gsize length;

  g_assert_nonnull (dump);
  data = g_bytes_get_data (dump, &length);
  response = test__xds__client_status_response__unpack (NULL, length, data);
  g_assert_nonnull (response);
  g_assert_cmpstr (response->config[0]->node->id, ==, "test");
  config = find_config (response, type, name);
  g_assert_nonnull (config);
  g_assert_cmpuint (config->client_status, ==, status);
  if (status == STATUS_NACKED)
    g_assert_cmpstr (config->error_state->details, !=, "");
  test__xds__client_status_response__free_unpacked (response, NULL);
}

static void
test_refused (Fixture *fixture,
              gconstpointer user_data)
{
  const char *clusters[] = { "refused", NULL };
  const Share all[] = { { "refused", 1 } };
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new ("xds:///refused", NULL);
  g_autoptr (GError) error = NULL;

  g_test_summary ("What is wrong is refused with a reason, and what was right before stays");

  set_clusters (fixture, clusters);
  set_routes (fixture->control_plane, "refused", all, 1);
  set_bad_listener (fixture->control_plane, "refused");

  error = fail_call (channel);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, "refused"));
  iterate_until (is_refused, fixture->control_plane);
  g_test_message ("%s", control_plane_get_refusal (fixture->control_plane, RESOURCE_LISTENER));
  assert_dump (RESOURCE_LISTENER, "refused", STATUS_NACKED);

  set_client_listener (fixture->control_plane, "refused");
  make_calls (channel, 10);
  assert_dump (RESOURCE_LISTENER, "refused", STATUS_ACKED);
  assert_dump (RESOURCE_ENDPOINTS, "refused", STATUS_ACKED);
  g_assert_true (control_plane_is_accepted (fixture->control_plane, RESOURCE_CLUSTER));

  set_bad_listener (fixture->control_plane, "refused");
  iterate_until (is_refused, fixture->control_plane);
  make_calls (channel, 10);
  g_assert_cmpuint (fixture->backends[0].n_calls, ==, 20);
  assert_dump (RESOURCE_LISTENER, "refused", STATUS_NACKED);
}

static void
test_control_plane_gone (Fixture *fixture,
                         gconstpointer user_data)
{
  const Share all[] = { { "gone", 1 } };
  g_autofree char *address = make_address ("gone");
  g_autofree char *bootstrap = make_bootstrap ("gone");
  ControlPlane *control_plane = control_plane_new (address);
  g_autoptr (GrpcAioChannel) channel = channel_with_bootstrap ("xds:///gone", bootstrap);

  g_test_summary ("Without the control plane all goes on as it was; it is heard again when it is back");

  set_client_listener (control_plane, "gone");
  set_routes (control_plane, "gone", all, 1);
  set_cluster (control_plane, "gone", FALSE, FALSE);
  set_endpoints (control_plane, "gone", &fixture->backends[0].port, 1);
  make_calls (channel, 10);

  control_plane_stop (control_plane);
  make_calls (channel, 100);
  g_assert_cmpuint (fixture->backends[0].n_calls, ==, 110);

  control_plane_start (control_plane);
  set_endpoints (control_plane, "gone", &fixture->backends[1].port, 1);
  make_calls_until_all_reach (fixture, channel, 1);

  control_plane_free (control_plane);
}

static void
test_control_plane_missing (Fixture *fixture,
                            gconstpointer user_data)
{
  g_autofree char *bootstrap = make_bootstrap ("nobody");
  g_autoptr (GrpcAioChannel) channel = channel_with_bootstrap ("xds:///missing", bootstrap);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A control plane that cannot be reached is an error that says so");

  error = fail_call (channel);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, "missing"));
}

static void
test_bad_bootstrap (Fixture *fixture,
                    gconstpointer user_data)
{
  const char *const bad[] = {
    "",
    "{",
    "{}",
    "{ \"xds_servers\": [ { \"server_uri\": \"127.0.0.1:1\", \"channel_creds\": [ { \"type\": \"magic\" } ] } ] }",
  };

  g_test_summary ("A bootstrap configuration that is wrong is an error that says so");

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GrpcAioChannel) channel = channel_with_bootstrap ("xds:///bad", bad[i]);
      g_autoptr (GError) error = fail_call (channel);

      g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
      g_assert_cmpuint (strlen (error->message), >, 20);
    }
}

static void
test_no_bootstrap (void)
{
  g_test_summary ("Without a bootstrap configuration clients and servers fail with a reason");

  if (g_test_subprocess ())
    {
      g_autoptr (GrpcAioChannel) channel = NULL;
      g_autoptr (GrpcAioServer) server = NULL;
      g_autoptr (GError) error = NULL;

      g_unsetenv ("GRPC_XDS_BOOTSTRAP");
      g_assert_null (grpc_aio_xds_dump_configs ());

      channel = grpc_aio_channel_new ("xds:///nothing", NULL);
      error = fail_call (channel);
      g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
      g_printerr ("client: %s\n", error->message);
      g_clear_error (&error);

      server = grpc_aio_server_new_for_xds (NULL);
      g_assert_cmpint (grpc_aio_server_add_port (server, "127.0.0.1:0", NULL, &error), ==, 0);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      g_printerr ("server: %s\n", error->message);
      g_clear_error (&error);
      g_assert_false (grpc_aio_server_start (server, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("*client: *GRPC_XDS_BOOTSTRAP*server: *GRPC_XDS_BOOTSTRAP*");
}

/* What serving-status-changed said last. */
typedef struct
{
  char *address;
  GrpcAioStatusCode code;
  char *message;
  guint n_changes;
} Status;

static void
on_serving_status_changed (GrpcAioServer *server,
                           const char *address,
                           GrpcAioStatusCode code,
                           const char *message,
                           gpointer user_data)
{
  Status *status = user_data;

  g_test_message ("%s: %d %s", address, code, message);
  g_free (status->address);
  g_free (status->message);
  status->address = g_strdup (address);
  status->code = code;
  status->message = g_strdup (message);
  status->n_changes++;
}

static gboolean
has_changed (gpointer data)
{
  Status *status = data;

  return status->n_changes > 0;
}

static void
await_status (Status *status,
              GrpcAioStatusCode code)
{
  iterate_until (has_changed, status);
  g_assert_cmpint (status->code, ==, code);
  status->n_changes = 0;
}

static void
test_server (Fixture *fixture,
             gconstpointer user_data)
{
  Backend backend = { NULL };
  Status status = { NULL };
  GrpcAioServer *server = grpc_aio_server_new_for_xds (NULL);
  g_autofree char *address = NULL, *name = NULL;

  g_test_summary ("A server listens when the control plane says so, and no longer");

  g_assert_true (grpc_aio_server_get_xds_enabled (server));
  g_signal_connect (server, "serving-status-changed", G_CALLBACK (on_serving_status_changed), &status);
  backend_start (&backend, server, NULL);
  g_assert_cmpuint (backend.port, >, 0);
  address = g_strdup_printf ("127.0.0.1:%u", backend.port);
  name = get_server_listener_name ("127.0.0.1", backend.port);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GrpcAioChannel) before = grpc_aio_channel_new (address, NULL);
      g_autoptr (GrpcAioChannel) meanwhile = grpc_aio_channel_new (address, NULL);
      g_autoptr (GError) error = fail_call (before);

      g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);

      set_server_listener (fixture->control_plane, "127.0.0.1", backend.port, FALSE);
      await_status (&status, GRPC_AIO_STATUS_CODE_OK);
      g_assert_cmpstr (status.address, ==, address);
      make_calls (meanwhile, 100);
      g_assert_cmpuint (backend.n_calls, ==, 100 * (i + 1));

      control_plane_remove (fixture->control_plane, RESOURCE_LISTENER, name);
      await_status (&status, GRPC_AIO_STATUS_CODE_NOT_FOUND);
      g_assert_cmpstr (status.message, !=, "");
      grpc_aio_channel_close (before);
      grpc_aio_channel_close (meanwhile);
    }

  backend_stop (&backend, 0);
  g_free (status.address);
  g_free (status.message);
}

/* That signs itself. */
static gboolean
make_certificate (void)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *openssl = g_find_program_in_path ("openssl");
  g_autoptr (GError) error = NULL;

  if (openssl == NULL)
    return FALSE;

  g_subprocess_launcher_set_cwd (launcher, folder);
  process = g_subprocess_launcher_spawn (launcher, &error,
                                         openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                                         "-nodes", "-days", "2", "-keyout", "key.pem", "-out", "certificate.pem", "-subj", "/CN=tls",
                                         NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait_check (process, NULL, &error));

  return TRUE;
}

static void
test_tls (Fixture *fixture,
          gconstpointer user_data)
{
  const Share all[] = { { "tls", 1 } };
  Backend backend = { NULL };
  Status status = { NULL };
  GrpcAioServer *server = grpc_aio_server_new_for_xds (NULL);
  g_autoptr (GrpcAioServerCredentials) server_credentials = grpc_aio_server_credentials_new_xds (NULL);
  g_autoptr (GrpcAioChannelCredentials) credentials = grpc_aio_channel_credentials_new_xds (NULL);
  g_autoptr (GrpcAioChannel) channel = NULL, plain = NULL;
  g_autofree char *address = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("The control plane has both sides use TLS, and what they do not use it for fails");

  if (!make_certificate ())
    {
      g_test_skip ("There is no program openssl to make certificates with");
      g_object_unref (server);
      return;
    }

  g_signal_connect (server, "serving-status-changed", G_CALLBACK (on_serving_status_changed), &status);
  backend_start (&backend, server, server_credentials);
  set_server_listener (fixture->control_plane, "127.0.0.1", backend.port, TRUE);
  await_status (&status, GRPC_AIO_STATUS_CODE_OK);

  set_client_listener (fixture->control_plane, "tls");
  set_routes (fixture->control_plane, "tls", all, 1);
  set_cluster (fixture->control_plane, "tls", FALSE, TRUE);
  set_endpoints (fixture->control_plane, "tls", &backend.port, 1);
  channel = grpc_aio_channel_new ("xds:///tls", credentials);
  make_calls (channel, 20);
  g_assert_cmpuint (backend.n_calls, ==, 20);

  address = g_strdup_printf ("127.0.0.1:%u", backend.port);
  plain = grpc_aio_channel_new (address, NULL);
  error = fail_call (plain);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_assert_cmpuint (backend.n_calls, ==, 20);

  grpc_aio_channel_close (channel);
  grpc_aio_channel_close (plain);
  backend_stop (&backend, 0);
  g_free (status.address);
  g_free (status.message);
}

static void
test_server_address (Fixture *fixture,
                     gconstpointer user_data)
{
  g_autoptr (GrpcAioServer) server = grpc_aio_server_new_for_xds (NULL);
  g_autofree char *busy = g_strdup_printf ("127.0.0.1:%u", fixture->backends[0].port);
  g_autofree char *path = make_address ("server");
  g_autofree char *with_port = NULL;
  g_autoptr (GError) error = NULL;
  int port;

  g_test_summary ("A server with xDS wants an IP address and a port that is free");

  g_assert_cmpint (grpc_aio_server_add_port (server, busy, NULL, &error), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_clear_error (&error);

  g_assert_cmpint (grpc_aio_server_add_port (server, path, NULL, &error), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  g_assert_cmpint (grpc_aio_server_add_port (server, "name.example:1", NULL, &error), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  port = grpc_aio_server_add_port (server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);

  /* It keeps the port before it listens there. */
  with_port = g_strdup_printf ("127.0.0.1:%d", port);
  g_assert_cmpint (grpc_aio_server_add_port (server, with_port, NULL, &error), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
}

static void
add (const char *path,
     void (*test) (Fixture *,
                   gconstpointer))
{
  g_test_add (path, Fixture, NULL, fixture_set_up, test, fixture_tear_down);
}

/* grpc-core reads the environment when it is first needed, on any thread. */
static void
set_up_environment (void)
{
  g_autofree char *path = NULL, *bootstrap = NULL;
  g_autoptr (GError) error = NULL;

  folder = g_dir_make_tmp ("test-xds-XXXXXX", &error);
  g_assert_no_error (error);
  path = g_build_filename (folder, "bootstrap.json", NULL);
  bootstrap = make_bootstrap ("ads");
  g_file_set_contents (path, bootstrap, -1, &error);
  g_assert_no_error (error);
  g_setenv ("GRPC_XDS_BOOTSTRAP", path, TRUE);
}

static void
tear_down_environment (void)
{
  const char *const names[] = { "bootstrap.json", "ads", "certificate.pem", "gone", "key.pem" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (folder, names[i], NULL);

      g_unlink (path);
    }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_free (folder);
}

int
main (int argc,
      char **argv)
{
  int result;

  set_up_environment ();
  g_test_init (&argc, &argv, NULL);

  add ("/xds/weights", test_weights);
  add ("/xds/localities", test_localities);
  add ("/xds/round-robin", test_round_robin);
  add ("/xds/ring-hash", test_ring_hash);
  add ("/xds/removed", test_removed);
  add ("/xds/no-endpoints", test_no_endpoints);
  add ("/xds/refused", test_refused);
  add ("/xds/control-plane-gone", test_control_plane_gone);
  add ("/xds/control-plane-missing", test_control_plane_missing);
  add ("/xds/bad-bootstrap", test_bad_bootstrap);
  g_test_add_func ("/xds/no-bootstrap", test_no_bootstrap);
  add ("/xds/server", test_server);
  add ("/xds/tls", test_tls);
  add ("/xds/server-address", test_server_address);

  result = g_test_run ();
  tear_down_environment ();

  return result;
}
