/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A generated stub calls generated services of every sort over a Unix socket. */

#include <glib/gstdio.h>

#include "kitchen.grpc-aio.h"
#include "legacy.grpc-aio.h"

/* A service of objects, that answers later. */

typedef KitchenCookServicer ObjectCook;
typedef KitchenCookServicerClass ObjectCookClass;

GType object_cook_get_type (void);
G_DEFINE_TYPE (ObjectCook, object_cook, KITCHEN_TYPE_COOK_SERVICER)

typedef struct
{
  KitchenCookMakeContext *context;
  KitchenOrder *order;
} Making;

static KitchenDish *
cook (const char *name)
{
  KitchenDish *dish = kitchen_dish_new ();

  kitchen_dish_set_name (dish, name);

  return dish;
}

static gboolean
on_cooked (gpointer user_data)
{
  Making *making = user_data;
  g_autoptr (KitchenDish) dish = cook (kitchen_order_get_text (making->order));

  kitchen_cook_make_context_complete (making->context, dish);
  g_object_unref (making->context);
  g_object_unref (making->order);
  g_free (making);

  return G_SOURCE_REMOVE;
}

static void
object_cook_make (KitchenCookServicer *self,
                  KitchenCookMakeContext *context,
                  KitchenOrder *order)
{
  Making *making = g_new0 (Making, 1);

  g_assert_true (GRPC_AIO_IS_SERVICER_CONTEXT (kitchen_cook_make_context_get_context (context)));
  making->context = g_object_ref (context);
  making->order = g_object_ref (order);
  g_idle_add (on_cooked, making);
}

static void
on_served (GObject *source,
           GAsyncResult *result,
           gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (kitchen_cook_serve_context_write_finish (KITCHEN_COOK_SERVE_CONTEXT (source), result, &error));
  g_assert_no_error (error);
}

static void
object_cook_serve (KitchenCookServicer *self,
                   KitchenCookServeContext *context,
                   KitchenOrder *order)
{
  for (int i = 0; i < kitchen_order_get_number (order); i++)
    {
      g_autofree char *name = g_strdup_printf ("dish %d", i);
      g_autoptr (KitchenDish) dish = cook (name);

      kitchen_cook_serve_context_write_async (context, dish, NULL, on_served, NULL);
    }

  kitchen_cook_serve_context_complete (context);
}

static void
on_order (GObject *source,
          GAsyncResult *result,
          gpointer user_data)
{
  KitchenCookTakeContext *context = KITCHEN_COOK_TAKE_CONTEXT (source);
  KitchenOrder *sum = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (KitchenOrder) order = kitchen_cook_take_context_read_finish (context, result, &error);

  g_assert_no_error (error);
  if (order != NULL)
    {
      kitchen_order_set_number (sum, kitchen_order_get_number (sum) + kitchen_order_get_number (order));
      kitchen_cook_take_context_read_async (context, NULL, on_order, sum);
      return;
    }

  kitchen_cook_take_context_complete (context, sum);
  g_object_unref (sum);
}

static void
object_cook_take (KitchenCookServicer *self,
                  KitchenCookTakeContext *context)
{
  kitchen_cook_take_context_read_async (context, NULL, on_order, kitchen_order_new ());
}

static void
object_cook_class_init (ObjectCookClass *klass)
{
  klass->make = object_cook_make;
  klass->serve = object_cook_serve;
  klass->take = object_cook_take;
}

static void
object_cook_init (ObjectCook *self)
{
}

/* A service of structs. */

typedef KitchenCookServicer StructCook;
typedef KitchenCookServicerClass StructCookClass;

GType struct_cook_get_type (void);
G_DEFINE_TYPE (StructCook, struct_cook, KITCHEN_TYPE_COOK_SERVICER)

static void
struct_cook_make (KitchenCookServicer *self,
                  KitchenCookMakeContext *context,
                  const Kitchen__Order *order)
{
  Kitchen__Dish dish = KITCHEN__DISH__INIT;

  dish.name = order->text;
  kitchen__cook_make_context__complete (context, &dish);
}

static void
struct_cook_serve (KitchenCookServicer *self,
                   KitchenCookServeContext *context,
                   const Kitchen__Order *order)
{
  for (int i = 0; i < order->number; i++)
    {
      g_autofree char *name = g_strdup_printf ("dish %d", i);
      Kitchen__Dish dish = KITCHEN__DISH__INIT;

      dish.name = name;
      kitchen__cook_serve_context__write_async (context, &dish, NULL, NULL, NULL);
    }

  kitchen_cook_serve_context_complete (context);
}

static void
on_struct_order (GObject *source,
                 GAsyncResult *result,
                 gpointer user_data)
{
  KitchenCookTakeContext *context = KITCHEN_COOK_TAKE_CONTEXT (source);
  Kitchen__Order *sum = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Kitchen__Order) order = kitchen__cook_take_context__read_finish (context, result, &error);

  g_assert_no_error (error);
  if (order != NULL)
    {
      sum->number += order->number;
      kitchen__cook_take_context__read_async (context, NULL, on_struct_order, sum);
      return;
    }

  kitchen__cook_take_context__complete (context, sum);
  g_free (sum);
}

static void
struct_cook_take (KitchenCookServicer *self,
                  KitchenCookTakeContext *context)
{
  Kitchen__Order *sum = g_new (Kitchen__Order, 1);

  kitchen__order__init (sum);
  kitchen__cook_take_context__read_async (context, NULL, on_struct_order, sum);
}

static void
struct_cook_class_init (StructCookClass *klass)
{
  klass->make_struct = struct_cook_make;
  klass->serve_struct = struct_cook_serve;
  klass->take = struct_cook_take;
}

static void
struct_cook_init (StructCook *self)
{
}

/* A service that blocks. */

typedef KitchenCookServicer BlockingCook;
typedef KitchenCookServicerClass BlockingCookClass;

GType blocking_cook_get_type (void);
G_DEFINE_TYPE (BlockingCook, blocking_cook, KITCHEN_TYPE_COOK_SERVICER)

static GThread *main_thread;

static KitchenDish *
blocking_cook_make (KitchenCookServicer *self,
                    KitchenCookMakeContext *context,
                    KitchenOrder *order,
                    GError **error)
{
  g_assert_true (g_thread_self () != main_thread);

  if (kitchen_order_get_number (order) < 0)
    {
      g_set_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_OUT_OF_RANGE, "Too few");
      return NULL;
    }

  return cook (kitchen_order_get_text (order));
}

static gboolean
blocking_cook_serve (KitchenCookServicer *self,
                     KitchenCookServeContext *context,
                     KitchenOrder *order,
                     GError **error)
{
  for (int i = 0; i < kitchen_order_get_number (order); i++)
    {
      g_autofree char *name = g_strdup_printf ("dish %d", i);
      g_autoptr (KitchenDish) dish = cook (name);

      if (!kitchen_cook_serve_context_write_sync (context, dish, NULL, error))
        return FALSE;
    }

  return TRUE;
}

static KitchenOrder *
blocking_cook_take (KitchenCookServicer *self,
                    KitchenCookTakeContext *context,
                    GError **error)
{
  g_autoptr (KitchenOrder) sum = kitchen_order_new ();
  g_autoptr (GError) read_error = NULL;

  for (;;)
    {
      g_autoptr (KitchenOrder) order = kitchen_cook_take_context_read_sync (context, NULL, &read_error);

      if (order == NULL)
        break;
      kitchen_order_set_number (sum, kitchen_order_get_number (sum) + kitchen_order_get_number (order));
    }

  if (read_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&read_error));
      return NULL;
    }

  return g_steal_pointer (&sum);
}

static gboolean
blocking_cook_chat (KitchenCookServicer *self,
                    KitchenCookChatContext *context,
                    GError **error)
{
  for (;;)
    {
      g_autoptr (KitchenOrder) order = kitchen_cook_chat_context_read_sync (context, NULL, NULL);

      if (order == NULL)
        return TRUE;
      if (!kitchen_cook_chat_context_write_sync (context, order, NULL, error))
        return FALSE;
    }
}

static void
blocking_cook_class_init (BlockingCookClass *klass)
{
  klass->make_blocking = blocking_cook_make;
  klass->serve_blocking = blocking_cook_serve;
  klass->take_blocking = blocking_cook_take;
  klass->chat_blocking = blocking_cook_chat;
}

static void
blocking_cook_init (BlockingCook *self)
{
}

/* A service of signals. */

static gboolean
on_make (KitchenCookServicer *self,
         KitchenCookMakeContext *context,
         KitchenOrder *order,
         gpointer user_data)
{
  g_autoptr (KitchenDish) dish = cook (kitchen_order_get_text (order));

  if (g_str_equal (kitchen_order_get_text (order), "nothing"))
    return FALSE;

  kitchen_cook_make_context_complete (context, dish);

  return TRUE;
}

static gboolean
on_serve (KitchenCookServicer *self,
          KitchenCookServeContext *context,
          KitchenOrder *order,
          gpointer user_data)
{
  object_cook_serve (self, context, order);

  return TRUE;
}

static gboolean
on_take (KitchenCookServicer *self,
         KitchenCookTakeContext *context,
         gpointer user_data)
{
  object_cook_take (self, context);

  return TRUE;
}

/* The tests. */

typedef struct
{
  char *folder;
  GrpcAioServer *server;
  GrpcAioChannel *channel;
  KitchenCookStub *stub;
} Fixture;

static GrpcAioService *
new_service (const char *sort)
{
  KitchenCookServicer *servicer;

  if (g_str_equal (sort, "object"))
    return g_object_new (object_cook_get_type (), NULL);
  if (g_str_equal (sort, "struct"))
    return g_object_new (struct_cook_get_type (), NULL);
  if (g_str_equal (sort, "blocking"))
    return g_object_new (blocking_cook_get_type (), NULL);

  servicer = kitchen_cook_servicer_new ();
  g_signal_connect (servicer, "handle-make", G_CALLBACK (on_make), NULL);
  g_signal_connect (servicer, "handle-serve", G_CALLBACK (on_serve), NULL);
  g_signal_connect (servicer, "handle-take", G_CALLBACK (on_take), NULL);

  return GRPC_AIO_SERVICE (servicer);
}

static void
set_up (Fixture *fixture,
        gconstpointer sort)
{
  g_autoptr (GrpcAioService) service = new_service (sort);
  g_autoptr (GError) error = NULL;
  g_autofree char *address = NULL;

  g_assert_cmpstr (grpc_aio_service_get_name (service), ==, "kitchen.Cook");

  fixture->folder = g_dir_make_tmp ("codegen-XXXXXX", &error);
  g_assert_no_error (error);
  address = g_strdup_printf ("unix:%s/socket", fixture->folder);

  fixture->server = grpc_aio_server_new ();
  grpc_aio_server_add_service (fixture->server, service);
  g_assert_cmpint (grpc_aio_server_add_port (fixture->server, address, NULL, &error), !=, 0);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  g_assert_no_error (error);

  fixture->channel = grpc_aio_channel_new (address, NULL);
  fixture->stub = kitchen_cook_stub_new (fixture->channel);
  g_assert_true (kitchen_cook_stub_get_channel (fixture->stub) == fixture->channel);
}

static void
store (GObject *source,
       GAsyncResult *result,
       gpointer user_data)
{
  g_assert_null (*(GAsyncResult **) user_data);
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GAsyncResult *
await (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return *result;
}

static void
tear_down (Fixture *fixture,
           gconstpointer sort)
{
  g_autoptr (GAsyncResult) stopped = NULL;
  g_autofree char *socket = g_build_filename (fixture->folder, "socket", NULL);

  grpc_aio_server_stop_async (fixture->server, 0, NULL, store, &stopped);
  grpc_aio_server_stop_finish (fixture->server, await (&stopped), NULL);
  g_clear_object (&stopped);

  g_assert_finalize_object (fixture->stub);
  g_object_unref (fixture->channel);
  g_object_unref (fixture->server);
  g_remove (socket);
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
}

static KitchenOrder *
order (const char *text,
       int number)
{
  KitchenOrder *self = kitchen_order_new ();

  kitchen_order_set_text (self, text);
  kitchen_order_set_number (self, number);

  return self;
}

static void
test_make (Fixture *fixture,
           gconstpointer sort)
{
  g_autoptr (KitchenOrder) request = order ("soup", 1);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (KitchenDish) dish = NULL;
  g_autoptr (Kitchen__Dish) struct_dish = NULL;
  Kitchen__Order struct_request = KITCHEN__ORDER__INIT;

  g_test_summary ("A call with an object, then one with a struct");

  kitchen_cook_stub_make_async (fixture->stub, request, NULL, NULL, store, &result);
  dish = kitchen_cook_stub_make_finish (fixture->stub, await (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (kitchen_dish_get_name (dish), ==, "soup");
  g_clear_object (&result);

  struct_request.text = (char *) "stew";
  kitchen__cook_stub__make_async (fixture->stub, &struct_request, NULL, NULL, store, &result);
  struct_dish = kitchen__cook_stub__make_finish (fixture->stub, await (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (struct_dish->name, ==, "stew");
}

static void
test_make_call (Fixture *fixture,
                gconstpointer sort)
{
  g_autoptr (KitchenOrder) request = order ("soup", 1);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (KitchenCookMakeCall) call = NULL;
  g_autoptr (KitchenDish) dish = NULL;

  g_test_summary ("A call is an object that has the rest of gRPC, too");

  call = kitchen_cook_stub_make (fixture->stub, request, NULL, &error);
  g_assert_no_error (error);
  kitchen_cook_make_call_response_async (call, NULL, store, &result);
  dish = kitchen_cook_make_call_response_finish (call, await (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (kitchen_dish_get_name (dish), ==, "soup");
  g_assert_cmpint (grpc_aio_call_get_code (kitchen_cook_make_call_get_call (call)), ==, GRPC_AIO_STATUS_CODE_OK);
}

static void
test_serve (Fixture *fixture,
            gconstpointer sort)
{
  g_autoptr (KitchenOrder) request = order ("", 3);
  g_autoptr (GError) error = NULL;
  g_autoptr (KitchenCookServeCall) call = NULL;

  g_test_summary ("A stream of responses ends without an error");

  call = kitchen_cook_stub_serve (fixture->stub, request, NULL, &error);
  g_assert_no_error (error);

  for (int i = 0; i <= 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("dish %d", i);
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (Kitchen__Dish) dish = NULL;

      kitchen_cook_serve_call_read_async (call, NULL, store, &result);
      dish = kitchen__cook_serve_call__read_finish (call, await (&result), &error);
      g_assert_no_error (error);
      if (i < 3)
        g_assert_cmpstr (dish->name, ==, name);
      else
        g_assert_null (dish);
    }
}

static void
test_take (Fixture *fixture,
           gconstpointer sort)
{
  g_autoptr (GAsyncResult) done = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (KitchenCookTakeCall) call = kitchen_cook_stub_take (fixture->stub, NULL);
  g_autoptr (KitchenOrder) sum = NULL;

  g_test_summary ("A stream of requests has one response");

  for (int i = 1; i <= 4; i++)
    {
      g_autoptr (KitchenOrder) request = order ("", i);
      g_autoptr (GAsyncResult) written = NULL;

      kitchen_cook_take_call_write_async (call, request, NULL, store, &written);
      g_assert_true (kitchen_cook_take_call_write_finish (call, await (&written), &error));
      g_assert_no_error (error);
    }

  kitchen_cook_take_call_done_writing_async (call, NULL, store, &done);
  g_assert_true (kitchen_cook_take_call_done_writing_finish (call, await (&done), &error));
  kitchen_cook_take_call_response_async (call, NULL, store, &result);
  sum = kitchen_cook_take_call_response_finish (call, await (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpint (kitchen_order_get_number (sum), ==, 10);
}

static void
test_chat (Fixture *fixture,
           gconstpointer sort)
{
  g_autoptr (KitchenCookChatCall) call = kitchen_cook_stub_chat (fixture->stub, NULL);
  g_autoptr (GAsyncResult) end = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Two streams at the same time");

  for (int i = 0; i < 3; i++)
    {
      g_autoptr (KitchenOrder) request = order ("talk", i);
      g_autoptr (KitchenOrder) response = NULL;
      g_autoptr (GAsyncResult) result = NULL;

      kitchen_cook_chat_call_write_async (call, request, NULL, NULL, NULL);
      kitchen_cook_chat_call_read_async (call, NULL, store, &result);
      response = kitchen_cook_chat_call_read_finish (call, await (&result), &error);
      g_assert_no_error (error);
      g_assert_cmpint (kitchen_order_get_number (response), ==, i);
    }

  kitchen_cook_chat_call_done_writing_async (call, NULL, NULL, NULL);
  kitchen_cook_chat_call_read_async (call, NULL, store, &end);
  g_assert_null (kitchen_cook_chat_call_read_finish (call, await (&end), &error));
  g_assert_no_error (error);
}

static void
test_unimplemented (Fixture *fixture,
                    gconstpointer sort)
{
  g_autoptr (KitchenCookChatCall) call = kitchen_cook_stub_chat (fixture->stub, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A method that nobody serves is not implemented");

  kitchen_cook_chat_call_read_async (call, NULL, store, &result);
  g_assert_null (kitchen_cook_chat_call_read_finish (call, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNIMPLEMENTED);
}

static void
test_not_handled (Fixture *fixture,
                  gconstpointer sort)
{
  g_autoptr (KitchenOrder) request = order ("nothing", 0);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A signal that does not handle a call leaves it to the method");

  kitchen_cook_stub_make_async (fixture->stub, request, NULL, NULL, store, &result);
  g_assert_null (kitchen_cook_stub_make_finish (fixture->stub, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNIMPLEMENTED);
}

static void
test_error (Fixture *fixture,
            gconstpointer sort)
{
  g_autoptr (KitchenOrder) request = order ("soup", -1);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("The error of a function that blocks is that of the call");

  kitchen_cook_stub_make_async (fixture->stub, request, NULL, NULL, store, &result);
  g_assert_null (kitchen_cook_stub_make_finish (fixture->stub, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_OUT_OF_RANGE);
}

static void
test_wrong_request (Fixture *fixture,
                    gconstpointer sort)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (fixture->channel, "/kitchen.Cook/Make");
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\x0a\x05x", 3);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("What is no message ends the call with INTERNAL");

  grpc_aio_multi_callable_invoke_async (method, bytes, NULL, NULL, store, &result);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (method, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL);
}

static void
test_missing (Fixture *fixture,
              gconstpointer sort)
{
  g_autoptr (LegacyKeeperStub) stub = legacy_keeper_stub_new (fixture->channel);
  g_autoptr (LegacyRecord) record = legacy_record_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) call_error = NULL;

  g_test_summary ("A request without a required field is not sent");

  legacy_keeper_stub_keep_async (stub, record, NULL, NULL, store, &result);
  g_assert_null (result);
  g_assert_null (legacy_keeper_stub_keep_finish (stub, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL);
  g_assert_null (legacy_keeper_stub_keep (stub, record, NULL, &call_error));
  g_assert_error (call_error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL);
}

static void
test_cancel (Fixture *fixture,
             gconstpointer sort)
{
  g_autoptr (KitchenOrder) request = order ("soup", 1);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A call is cancelled");

  kitchen_cook_stub_make_async (fixture->stub, request, NULL, cancellable, store, &result);
  g_cancellable_cancel (cancellable);
  g_assert_null (kitchen_cook_stub_make_finish (fixture->stub, await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
call_sync (Fixture *fixture)
{
  g_autoptr (KitchenOrder) request = order ("slow", 2);
  g_autoptr (GError) error = NULL;
  g_autoptr (KitchenDish) dish = NULL;
  g_autoptr (Kitchen__Dish) struct_dish = NULL;
  g_autoptr (KitchenCookTakeCall) call = NULL;
  g_autoptr (KitchenCookServeCall) stream = NULL;
  g_autoptr (KitchenOrder) sum = NULL;
  Kitchen__Order struct_request = KITCHEN__ORDER__INIT;
  int n_dishes = 0;

  dish = kitchen_cook_stub_make_sync (fixture->stub, request, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (kitchen_dish_get_name (dish), ==, "slow");
  struct_dish = kitchen__cook_stub__make_sync (fixture->stub, &struct_request, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (struct_dish->name, ==, "");

  call = kitchen_cook_stub_take (fixture->stub, NULL);
  g_assert_true (kitchen_cook_take_call_write_sync (call, request, NULL, &error));
  g_assert_true (kitchen_cook_take_call_done_writing_sync (call, NULL, &error));
  sum = kitchen_cook_take_call_response_sync (call, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (kitchen_order_get_number (sum), ==, 2);

  stream = kitchen_cook_stub_serve (fixture->stub, request, NULL, &error);
  for (;;)
    {
      g_autoptr (KitchenDish) next = kitchen_cook_serve_call_read_sync (stream, NULL, &error);

      if (next == NULL)
        break;
      n_dishes++;
    }
  g_assert_no_error (error);
  g_assert_cmpint (n_dishes, ==, 2);
}

static gpointer
run_sync (gpointer user_data)
{
  gpointer *data = user_data;

  call_sync (data[0]);
  g_main_loop_quit (data[1]);

  return NULL;
}

static void
test_sync (Fixture *fixture,
           gconstpointer sort)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  gpointer data[] = { fixture, loop };
  GThread *thread;

  g_test_summary ("Functions that wait, in a thread beside the server's");

  thread = g_thread_new ("sync", run_sync, data);
  g_main_loop_run (loop);
  g_thread_join (thread);
}

int
main (int argc,
      char **argv)
{
  const char *const sorts[] = { "object", "struct", "blocking", "signal" };

  g_test_init (&argc, &argv, NULL);
  main_thread = g_thread_self ();

  for (gsize i = 0; i < G_N_ELEMENTS (sorts); i++)
    {
      const struct
      {
        const char *name;
        void (*test) (Fixture *, gconstpointer);
        const char *only;
      } tests[] = {
        { "make", test_make, NULL },
        { "make-call", test_make_call, NULL },
        { "serve", test_serve, NULL },
        { "take", test_take, NULL },
        { "sync", test_sync, NULL },
        { "cancel", test_cancel, NULL },
        { "missing", test_missing, NULL },
        { "wrong-request", test_wrong_request, NULL },
        { "chat", test_chat, "blocking" },
        { "error", test_error, "blocking" },
        { "not-handled", test_not_handled, "signal" },
        { "unimplemented", test_unimplemented, "object" },
        { "unimplemented", test_unimplemented, "struct" },
        { "unimplemented", test_unimplemented, "signal" },
      };

      for (gsize j = 0; j < G_N_ELEMENTS (tests); j++)
        {
          g_autofree char *path = g_strdup_printf ("/codegen/services/%s/%s", sorts[i], tests[j].name);

          if (tests[j].only == NULL || g_str_equal (tests[j].only, sorts[i]))
            g_test_add (path, Fixture, sorts[i], set_up, tests[j].test, tear_down);
        }
    }

  return g_test_run ();
}
