/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "test-utils.h"

#define TEST_TYPE_HANDLER (test_handler_get_type ())
G_DECLARE_FINAL_TYPE (TestHandler, test_handler, TEST, HANDLER, GObject)

/* Takes the methods that begin with a prefix, and answers with its name. */
struct _TestHandler
{
  GObject parent_instance;

  const char *name;
  const char *prefix;
  GrpcAioMethodKind kind;
  guint n_asked;
  char *method;
  char *host;
  GrpcAioMetadata *metadata;
  char *context_host;
};

static void test_handler_iface_init (GrpcAioGenericRpcHandlerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TestHandler, test_handler, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (GRPC_AIO_TYPE_GENERIC_RPC_HANDLER, test_handler_iface_init))

static void
on_read (GObject *source,
         GAsyncResult *result,
         gpointer user_data)
{
  GrpcAioServicerContext *context = GRPC_AIO_SERVICER_CONTEXT (source);
  g_autoptr (GBytes) message = grpc_aio_servicer_context_read_finish (context, result, NULL);

  if (message == NULL)
    {
      grpc_aio_servicer_context_complete (context, NULL);
      return;
    }

  grpc_aio_servicer_context_write_async (context, message, NULL, NULL, NULL);
  grpc_aio_servicer_context_read_async (context, NULL, on_read, NULL);
}

static void
handle (GrpcAioServicerContext *context,
        GBytes *request,
        gpointer user_data)
{
  TestHandler *self = user_data;
  g_autoptr (GBytes) response = bytes_from (self->name);

  g_free (self->context_host);
  self->context_host = g_strdup (grpc_aio_servicer_context_get_host (context));
  g_assert_cmpstr (grpc_aio_servicer_context_get_method (context), ==, self->method);
  g_assert_cmpint (grpc_aio_servicer_context_get_kind (context), ==, self->kind);
  if (self->kind == GRPC_AIO_METHOD_KIND_UNARY_UNARY)
    {
      assert_bytes (request, "request");
      grpc_aio_servicer_context_complete (context, response);
    }
  else
    {
      g_assert_null (request);
      grpc_aio_servicer_context_read_async (context, NULL, on_read, NULL);
    }
}

static GrpcAioRpcMethodHandler *
test_handler_service (GrpcAioGenericRpcHandler *handler,
                      GrpcAioHandlerCallDetails *details)
{
  TestHandler *self = TEST_HANDLER (handler);
  g_autofree char *method = NULL;
  g_autofree char *host = NULL;
  g_autoptr (GrpcAioMetadata) metadata = NULL;

  self->n_asked++;
  g_free (self->method);
  g_free (self->host);
  g_clear_pointer (&self->metadata, grpc_aio_metadata_unref);
  self->method = g_strdup (grpc_aio_handler_call_details_get_method (details));
  self->host = g_strdup (grpc_aio_handler_call_details_get_host (details));
  self->metadata = grpc_aio_metadata_ref (grpc_aio_handler_call_details_get_invocation_metadata (details));

  g_object_get (details,
                "method", &method,
                "host", &host,
                "invocation-metadata", &metadata,
                NULL);
  g_assert_cmpstr (method, ==, self->method);
  g_assert_cmpstr (host, ==, self->host);
  g_assert_true (metadata == self->metadata);

  if (!g_str_has_prefix (self->method, self->prefix))
    return NULL;

  if (self->kind == GRPC_AIO_METHOD_KIND_UNARY_UNARY)
    return grpc_aio_rpc_method_handler_new_unary_unary (handle, self, NULL);

  return grpc_aio_rpc_method_handler_new_stream_stream (handle, self, NULL);
}

static void
test_handler_iface_init (GrpcAioGenericRpcHandlerInterface *iface)
{
  iface->service = test_handler_service;
}

static void
test_handler_finalize (GObject *object)
{
  TestHandler *self = TEST_HANDLER (object);

  g_free (self->method);
  g_free (self->host);
  g_free (self->context_host);
  g_clear_pointer (&self->metadata, grpc_aio_metadata_unref);

  G_OBJECT_CLASS (test_handler_parent_class)->finalize (object);
}

static void
test_handler_class_init (TestHandlerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_handler_finalize;
}

static void
test_handler_init (TestHandler *self)
{
}

/* A server with a service and two generic handlers. */
typedef struct
{
  TestHandler *first;
  TestHandler *second;
  GrpcAioService *service;
  GrpcAioServer *server;
  GrpcAioChannel *channel;
  char *target;
} Fixture;

static TestHandler *
test_handler_new (const char *name,
                  const char *prefix)
{
  TestHandler *handler = g_object_new (TEST_TYPE_HANDLER, NULL);

  handler->name = name;
  handler->prefix = prefix;

  return handler;
}

static void
handle_service (GrpcAioServicerContext *context,
                GBytes *request,
                gpointer user_data)
{
  g_autoptr (GBytes) response = bytes_from ("service");

  grpc_aio_servicer_context_complete (context, response);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_service, NULL, NULL);
  g_autoptr (GError) error = NULL;
  int port;

  fixture->first = test_handler_new ("first", "/generic.First/");
  fixture->second = test_handler_new ("second", "/generic.");
  fixture->service = grpc_aio_service_new ("generic.Service");
  grpc_aio_service_add_method (fixture->service, "Method", handler);

  fixture->server = grpc_aio_server_new ();
  grpc_aio_server_add_generic_handler (fixture->server, GRPC_AIO_GENERIC_RPC_HANDLER (fixture->first));
  grpc_aio_server_add_service (fixture->server, fixture->service);
  grpc_aio_server_add_generic_handler (fixture->server, GRPC_AIO_GENERIC_RPC_HANDLER (fixture->second));
  port = grpc_aio_server_add_port (fixture->server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  g_assert_no_error (error);
  fixture->target = g_strdup_printf ("127.0.0.1:%d", port);
  fixture->channel = grpc_aio_channel_new (fixture->target, NULL);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_channel_close (fixture->channel);
  assert_finalizes (fixture->channel);
  grpc_aio_server_stop_async (fixture->server, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (fixture->server, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  assert_finalizes (fixture->server);
  assert_finalizes (fixture->service);
  assert_finalizes (fixture->first);
  assert_finalizes (fixture->second);
  g_free (fixture->target);
}

static GBytes *
invoke (Fixture *fixture,
        const char *method,
        GrpcAioCallOptions *options,
        GError **error)
{
  g_autoptr (GrpcAioMultiCallable) multi_callable = grpc_aio_channel_unary_unary (fixture->channel, method);
  g_autoptr (GBytes) request = bytes_from ("request");
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_multi_callable_invoke_async (multi_callable, request, options, NULL, store_result, &result);

  return grpc_aio_multi_callable_invoke_finish (multi_callable, await (&result), error);
}

static void
assert_served (Fixture *fixture,
               const char *method,
               GrpcAioCallOptions *options,
               const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = invoke (fixture, method, options, &error);

  g_assert_no_error (error);
  assert_bytes (response, expected);
}

static void
test_order (Fixture *fixture,
            gconstpointer data)
{
  g_test_summary ("Services go first, then the handlers in the order in which they were added");

  assert_served (fixture, "/generic.Service/Method", NULL, "service");
  g_assert_cmpuint (fixture->first->n_asked, ==, 0);
  assert_served (fixture, "/generic.First/Any", NULL, "first");
  g_assert_cmpuint (fixture->first->n_asked, ==, 1);
  g_assert_cmpuint (fixture->second->n_asked, ==, 0);
  assert_served (fixture, "/generic.Second/Any", NULL, "second");
  g_assert_cmpuint (fixture->first->n_asked, ==, 2);
  g_assert_cmpuint (fixture->second->n_asked, ==, 1);
  assert_served (fixture, "/generic.Service/Other", NULL, "second");
}

static void
test_nobody (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = NULL;

  g_test_summary ("A method that no handler takes is UNIMPLEMENTED");

  response = invoke (fixture, "/other.Service/Method", NULL, &error);
  g_assert_null (response);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNIMPLEMENTED);
  g_assert_nonnull (strstr (error->message, "/other.Service/Method"));
  g_assert_cmpuint (fixture->first->n_asked, ==, 1);
  g_assert_cmpuint (fixture->second->n_asked, ==, 1);
}

static void
test_details (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioCallOptions) options = grpc_aio_call_options_new ();
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();

  g_test_summary ("A handler knows the method, the host and the metadata before it decides");

  g_assert_true (grpc_aio_metadata_append (metadata, "who", "me", NULL));
  grpc_aio_call_options_set_metadata (options, metadata);
  assert_served (fixture, "/generic.First/Any", options, "first");
  g_assert_cmpstr (fixture->first->method, ==, "/generic.First/Any");
  g_assert_cmpstr (fixture->first->host, ==, fixture->target);
  g_assert_cmpstr (fixture->first->context_host, ==, fixture->target);
  g_assert_cmpstr (grpc_aio_metadata_get (fixture->first->metadata, "who"), ==, "me");
}

static void
test_authority (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioCallOptions) options = grpc_aio_call_options_new ();

  g_test_summary ("The authority of a call is the host that the server sees");

  grpc_aio_call_options_set_authority (options, "other.example");
  assert_served (fixture, "/generic.First/Any", options, "first");
  g_assert_cmpstr (fixture->first->host, ==, "other.example");
  g_assert_cmpstr (fixture->first->context_host, ==, "other.example");

  assert_served (fixture, "/generic.First/Any", NULL, "first");
  g_assert_cmpstr (fixture->first->host, ==, fixture->target);
}

static void
test_stream (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_stream_stream (fixture->channel, "/generic.First/Chat");
  g_autoptr (GrpcAioCall) call = grpc_aio_multi_callable_call (method, NULL, NULL);

  g_test_summary ("A generic handler serves streams");

  fixture->first->kind = GRPC_AIO_METHOD_KIND_STREAM_STREAM;
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);
      g_autoptr (GBytes) message = bytes_from (text);
      g_autoptr (GBytes) got = NULL;
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;

      grpc_aio_call_write_async (call, message, NULL, NULL, NULL);
      grpc_aio_call_read_async (call, NULL, store_result, &result);
      got = grpc_aio_call_read_finish (call, await (&result), &error);
      g_assert_no_error (error);
      assert_bytes (got, text);
    }

  {
    g_autoptr (GAsyncResult) result = NULL;
    g_autoptr (GBytes) end = NULL;
    g_autoptr (GError) error = NULL;

    grpc_aio_call_done_writing_async (call, NULL, NULL, NULL);
    grpc_aio_call_read_async (call, NULL, store_result, &result);
    end = grpc_aio_call_read_finish (call, await (&result), &error);
    g_assert_no_error (error);
    g_assert_null (end);
  }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/generic-handler/order", test_order);
  ADD ("/generic-handler/nobody", test_nobody);
  ADD ("/generic-handler/details", test_details);
  ADD ("/generic-handler/authority", test_authority);
  ADD ("/generic-handler/stream", test_stream);
#undef ADD

  return g_test_run ();
}
