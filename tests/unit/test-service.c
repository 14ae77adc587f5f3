/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-utils.h"

typedef struct
{
  GrpcAioService *service;
} Fixture;

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  fixture->service = grpc_aio_service_new ("test.Service");
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_assert_finalize_object (fixture->service);
}

static void
handle_first (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  g_autoptr (GBytes) response = bytes_from ("first");

  grpc_aio_servicer_context_complete (context, response);
}

static void
handle_second (GrpcAioServicerContext *context,
               GBytes *request,
               gpointer user_data)
{
  g_autoptr (GBytes) response = bytes_from ("second");

  grpc_aio_servicer_context_complete (context, response);
}

static void
test_name (Fixture *fixture,
           gconstpointer data)
{
  g_autofree char *name = NULL;

  g_test_summary ("A service has its name");

  g_assert_cmpstr (grpc_aio_service_get_name (fixture->service), ==, "test.Service");
  g_object_get (fixture->service, "name", &name, NULL);
  g_assert_cmpstr (name, ==, "test.Service");
}

static void
test_methods (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioRpcMethodHandler) first = grpc_aio_rpc_method_handler_new_unary_unary (handle_first, NULL, NULL);
  g_autoptr (GrpcAioRpcMethodHandler) second = grpc_aio_rpc_method_handler_new_unary_unary (handle_second, NULL, NULL);

  g_test_summary ("A method is found by its name; adding it again replaces it");

  g_assert_null (grpc_aio_service_get_method (fixture->service, "Method"));
  grpc_aio_service_add_method (fixture->service, "Method", first);
  g_assert_true (grpc_aio_service_get_method (fixture->service, "Method") == first);
  g_assert_null (grpc_aio_service_get_method (fixture->service, "method"));
  g_assert_null (grpc_aio_service_get_method (fixture->service, ""));

  grpc_aio_service_add_method (fixture->service, "Method", second);
  g_assert_true (grpc_aio_service_get_method (fixture->service, "Method") == second);
  g_assert_finalize_object (g_steal_pointer (&first));

  grpc_aio_service_add_method (fixture->service, "Other", second);
  g_assert_true (grpc_aio_service_get_method (fixture->service, "Other") == second);
}

static void
test_misuse (Fixture *fixture,
             gconstpointer data)
{
  static const char *const illegal[] = { "", "/Method", "test.Service/Method" };
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_first, NULL, NULL);

  g_test_summary ("Names that no method or service can have are mistakes of the program");

  for (guint i = 0; i < G_N_ELEMENTS (illegal); i++)
    {
      g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*method != NULL*");
      grpc_aio_service_add_method (fixture->service, illegal[i], handler);
      g_test_assert_expected_messages ();
      g_assert_null (grpc_aio_service_get_method (fixture->service, illegal[i]));
    }
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*name != NULL*");
  g_assert_null (grpc_aio_service_new (""));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*func != NULL*");
  g_assert_null (grpc_aio_rpc_method_handler_new_unary_unary (NULL, NULL, NULL));
  g_test_assert_expected_messages ();
}

static void
count (gpointer data)
{
  guint *n_destroyed = data;

  (*n_destroyed)++;
}

static void
test_handlers (void)
{
  static GrpcAioRpcMethodHandler *(*const constructors[]) (GrpcAioHandlerFunc, gpointer, GDestroyNotify) = {
    [GRPC_AIO_METHOD_KIND_UNARY_UNARY] = grpc_aio_rpc_method_handler_new_unary_unary,
    [GRPC_AIO_METHOD_KIND_UNARY_STREAM] = grpc_aio_rpc_method_handler_new_unary_stream,
    [GRPC_AIO_METHOD_KIND_STREAM_UNARY] = grpc_aio_rpc_method_handler_new_stream_unary,
    [GRPC_AIO_METHOD_KIND_STREAM_STREAM] = grpc_aio_rpc_method_handler_new_stream_stream,
  };

  g_test_summary ("A handler knows its kind, and frees its data when it goes, once");

  for (guint i = 0; i < G_N_ELEMENTS (constructors); i++)
    {
      guint n_destroyed = 0;
      GrpcAioRpcMethodHandler *handler = constructors[i](handle_first, &n_destroyed, count);
      GrpcAioMethodKind kind;

      g_assert_cmpint (grpc_aio_rpc_method_handler_get_kind (handler), ==, i);
      g_object_get (handler, "kind", &kind, NULL);
      g_assert_cmpint (kind, ==, i);
      g_assert_cmpuint (n_destroyed, ==, 0);
      g_assert_finalize_object (handler);
      g_assert_cmpuint (n_destroyed, ==, 1);
    }
}

/* A service as a generator makes it: it adds its methods itself. */
typedef struct
{
  GrpcAioService parent_instance;
} TestDerived;

typedef struct
{
  GrpcAioServiceClass parent_class;
} TestDerivedClass;

GType test_derived_get_type (void);

G_DEFINE_TYPE (TestDerived, test_derived, GRPC_AIO_TYPE_SERVICE)

static void
test_derived_constructed (GObject *object)
{
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_second, NULL, NULL);

  G_OBJECT_CLASS (test_derived_parent_class)->constructed (object);

  grpc_aio_service_add_method (GRPC_AIO_SERVICE (object), "Method", handler);
}

static void
test_derived_class_init (TestDerivedClass *klass)
{
  G_OBJECT_CLASS (klass)->constructed = test_derived_constructed;
}

static void
test_derived_init (TestDerived *self)
{
}

static void
assert_served (GrpcAioService *const *services,
               guint n_services,
               const char *method,
               const char *expected)
{
  GrpcAioServer *server = grpc_aio_server_new ();
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GrpcAioMultiCallable) multi_callable = NULL;
  g_autoptr (GBytes) request = bytes_from ("");
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;
  int port;

  for (guint i = 0; i < n_services; i++)
    grpc_aio_server_add_service (server, services[i]);
  port = grpc_aio_server_add_port (server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (server, &error));
  g_assert_no_error (error);

  target = g_strdup_printf ("127.0.0.1:%d", port);
  channel = grpc_aio_channel_new (target, NULL);
  multi_callable = grpc_aio_channel_unary_unary (channel, method);
  grpc_aio_multi_callable_invoke_async (multi_callable, request, NULL, NULL, store_result, &result);
  response = grpc_aio_multi_callable_invoke_finish (multi_callable, await (&result), &error);
  g_assert_no_error (error);
  assert_bytes (response, expected);
  g_clear_object (&result);

  grpc_aio_server_stop_async (server, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (server, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  assert_finalizes (server);
}

static void
test_derived (void)
{
  GrpcAioService *service = g_object_new (test_derived_get_type (), "name", "test.Derived", NULL);

  g_test_summary ("A derived service serves the methods that it adds itself");

  g_assert_cmpstr (grpc_aio_service_get_name (service), ==, "test.Derived");
  assert_served (&service, 1, "/test.Derived/Method", "second");
  assert_finalizes (service);
}

static void
test_same_name (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioService) other = grpc_aio_service_new ("test.Service");
  GrpcAioService *const services[] = { fixture->service, other };
  g_autoptr (GrpcAioRpcMethodHandler) first = grpc_aio_rpc_method_handler_new_unary_unary (handle_first, NULL, NULL);
  g_autoptr (GrpcAioRpcMethodHandler) second = grpc_aio_rpc_method_handler_new_unary_unary (handle_second, NULL, NULL);

  g_test_summary ("Of two services with one name the first that has the method serves it");

  grpc_aio_service_add_method (fixture->service, "Both", first);
  grpc_aio_service_add_method (other, "Both", second);
  grpc_aio_service_add_method (other, "One", second);
  assert_served (services, 2, "/test.Service/Both", "first");
  assert_served (services, 2, "/test.Service/One", "second");
}

static void
test_several_servers (Fixture *fixture,
                      gconstpointer data)
{
  g_autoptr (GrpcAioRpcMethodHandler) first = grpc_aio_rpc_method_handler_new_unary_unary (handle_first, NULL, NULL);

  g_test_summary ("A service may belong to one server after another");

  grpc_aio_service_add_method (fixture->service, "Method", first);
  assert_served (&fixture->service, 1, "/test.Service/Method", "first");
  assert_served (&fixture->service, 1, "/test.Service/Method", "first");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/service/name", test_name);
  ADD ("/service/methods", test_methods);
  ADD ("/service/misuse", test_misuse);
  ADD ("/service/same-name", test_same_name);
  ADD ("/service/several-servers", test_several_servers);
#undef ADD
  g_test_add_func ("/service/handlers", test_handlers);
  g_test_add_func ("/service/derived", test_derived);

  return g_test_run ();
}
