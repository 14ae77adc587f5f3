/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-glib.h>
#include <grpc-aio-glib/grpc-aio-port-delivery.h>

#include "port/grpc-aio-port-delivery-private.h"

#define MAX_ARGUMENTS 3

/* What a function takes between the object and the cancellable. */
typedef struct
{
  const char *name;
  GType (*get_type) (void);
  GCallback function;
  const char *arguments;
} Operation;

#define OPERATION(type, name) #name "_async", grpc_aio_##type##_get_type, (GCallback) grpc_aio_##type##_##name##_async

/* Of the letters, see type_of (). */
static const Operation operations[] = {
  { OPERATION (call, done_writing), "" },
  { OPERATION (call, initial_metadata), "" },
  { OPERATION (call, read), "" },
  { OPERATION (call, response), "" },
  { OPERATION (call, status), "" },
  { OPERATION (call, trailing_metadata), "" },
  { OPERATION (call, wait_for_connection), "" },
  { OPERATION (call, write), "b" },
  { OPERATION (call, write_with_flags), "bf" },
  { OPERATION (channel, close), "x" },
  { OPERATION (channel, ready), "" },
  { OPERATION (channel, wait_for_state_change), "c" },
  { OPERATION (intercepted_call, read_request), "" },
  { OPERATION (intercepted_call, write_response), "b" },
  { OPERATION (multi_callable, invoke), "bo" },
  { OPERATION (server, remove_port), "sx" },
  { OPERATION (server, stop), "x" },
  { OPERATION (server, wait_for_termination), "" },
  { OPERATION (server_continuation, proceed), "o" },
  { OPERATION (servicer_context, read), "" },
  { OPERATION (servicer_context, send_initial_metadata), "m" },
  { OPERATION (servicer_context, write), "b" },
  { OPERATION (servicer_context, write_with_flags), "bf" },
};

typedef struct
{
  guint32 id;
  GrpcAioPort *port;    /* until it has ended */
  GAsyncResult *result; /* after that */
} Launch;

static GType
type_of (char letter)
{
  switch (letter)
    {
    case 'b':
      return G_TYPE_BYTES;
    case 'c':
      return GRPC_AIO_TYPE_CHANNEL_CONNECTIVITY;
    case 'f':
      return GRPC_AIO_TYPE_WRITE_FLAGS;
    case 'm':
      return GRPC_AIO_TYPE_METADATA;
    case 'o':
      return G_TYPE_OBJECT;
    case 's':
      return G_TYPE_STRING;
    case 'x':
      return G_TYPE_INT64;
    default:
      g_assert_not_reached ();
    }
}

static const Operation *
find_operation (GObject *source,
                const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      if (g_str_equal (operations[i].name, name) && g_type_is_a (G_OBJECT_TYPE (source), operations[i].get_type ()))
        return &operations[i];
    }

  return NULL;
}

static void
on_ready (GObject *source,
          GAsyncResult *result,
          gpointer user_data)
{
  Launch *launch = user_data;
  g_autoptr (GrpcAioPort) port = g_steal_pointer (&launch->port);

  launch->result = g_object_ref (result);
  g_queue_push_tail (&grpc_aio_port_get_delivery (port)->results, launch);
}

static void
launch_free (gpointer data)
{
  Launch *launch = data;

  g_clear_object (&launch->result);
  g_free (launch);
}

static void
init_pointer (GValue *value,
              gpointer pointer)
{
  g_value_init (value, G_TYPE_POINTER);
  g_value_set_pointer (value, pointer);
}

/* Calls the function with @values between the others. */
static void
call (const Operation *operation,
      GObject *source,
      GValue *values,
      guint n_values,
      GCancellable *cancellable,
      Launch *launch)
{
  GValue all[MAX_ARGUMENTS + 4] = { G_VALUE_INIT };
  GClosure *closure = g_cclosure_new (operation->function, NULL, NULL);

  init_pointer (&all[0], source);
  memcpy (&all[1], values, n_values * sizeof (GValue));
  init_pointer (&all[n_values + 1], cancellable);
  init_pointer (&all[n_values + 2], (gpointer) on_ready);

  /* The last argument, user_data, is the closure's data. */
  closure->data = launch;
  g_closure_set_marshal (closure, g_cclosure_marshal_generic);
  g_closure_sink (g_closure_ref (closure));
  g_closure_invoke (closure, NULL, n_values + 3, all, NULL);
  g_closure_unref (closure);
}

/**
 * grpc_aio_port_launch:
 * @self: a port
 * @id: a number to know the result by
 * @source: an object of this library
 * @operation: the name of one of its functions that end in `_async`, such as
 *   `stop_async`
 * @arguments: (array length=n_arguments) (nullable): what the function takes before its
 *   cancellable
 * @n_arguments: how many these are
 * @cancellable: (nullable): a cancellable
 *
 * Starts an operation whose result comes from [method@Port.take_result], instead of a
 * callback.
 *
 * The operation runs in the thread-default main context of the caller, which has to be
 * the one that the port is attached to.
 *
 * Returns: whether there is such an operation, that takes such arguments
 *
 * Since: 0.1
 */
gboolean
grpc_aio_port_launch (GrpcAioPort *self,
                      guint32 id,
                      GObject *source,
                      const char *operation,
                      const GValue *arguments,
                      guint n_arguments,
                      GCancellable *cancellable)
{
  GValue values[MAX_ARGUMENTS] = { G_VALUE_INIT };
  const Operation *found;
  gboolean fits;
  Launch *launch;

  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), FALSE);
  g_return_val_if_fail (G_IS_OBJECT (source), FALSE);
  g_return_val_if_fail (operation != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  found = find_operation (source, operation);
  if (found == NULL || strlen (found->arguments) != n_arguments)
    return FALSE;

  fits = TRUE;
  for (guint i = 0; i < n_arguments; i++)
    {
      g_value_init (&values[i], type_of (found->arguments[i]));
      /* Languages have no value of no type for NULL. */
      if (G_VALUE_HOLDS_POINTER (&arguments[i]) && g_value_get_pointer (&arguments[i]) == NULL)
        continue;
      fits = fits && g_value_transform (&arguments[i], &values[i]);
    }

  if (fits)
    {
      launch = g_new0 (Launch, 1);
      launch->id = id;
      launch->port = g_object_ref (self);
      call (found, source, values, n_arguments, cancellable, launch);
    }
  for (guint i = 0; i < n_arguments; i++)
    g_value_unset (&values[i]);

  return fits;
}

gboolean
grpc_aio_port_has_results (GrpcAioPort *self)
{
  return !g_queue_is_empty (&grpc_aio_port_get_delivery (self)->results);
}

void
grpc_aio_port_drop_results (GQueue *results)
{
  g_queue_clear_full (results, launch_free);
}

/**
 * grpc_aio_port_take_result:
 * @self: a port
 * @id: (out): the number that was given to [method@Port.launch]
 *
 * Takes the result of an operation that was launched and has ended.
 *
 * Returns: (nullable) (transfer full): for the function that ends in `_finish`, or
 *   `NULL` if there is none
 *
 * Since: 0.1
 */
GAsyncResult *
grpc_aio_port_take_result (GrpcAioPort *self,
                           guint32 *id)
{
  GAsyncResult *result = NULL;
  Launch *launch;

  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), NULL);
  g_return_val_if_fail (id != NULL, NULL);

  *id = 0;
  launch = g_queue_pop_head (&grpc_aio_port_get_delivery (self)->results);
  if (launch != NULL)
    {
      *id = launch->id;
      result = g_steal_pointer (&launch->result);
      launch_free (launch);
    }

  return result;
}
