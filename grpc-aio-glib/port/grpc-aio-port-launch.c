/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-glib.h>
#include <grpc-aio-glib/grpc-aio-port-delivery.h>

#include "port/grpc-aio-port-delivery-private.h"
#include "port/grpc-aio-port-operations-private.h"

typedef struct
{
  guint32 id;
  GrpcAioPort *port;    /* until it has ended */
  GAsyncResult *result; /* after that */
} Launch;

static const GrpcAioPortOperation *
find_operation (GObject *source,
                const char *name)
{
  for (guint i = 0; i < grpc_aio_port_n_operations; i++)
    {
      const GrpcAioPortOperation *operation = &grpc_aio_port_operations[i];
      gboolean is_of_source = operation->get_type == NULL ? source == NULL
                                                          : source != NULL && g_type_is_a (G_OBJECT_TYPE (source), operation->get_type ());

      if (is_of_source && g_str_equal (operation->name, name))
        return operation;
    }

  return NULL;
}

/* Whether @argument is of a type that @value, which is of another or of the same one,
 * can take. */
static gboolean
convert (const GValue *argument,
         GValue *value)
{
  /* Languages have no value of no type for NULL. */
  if (G_VALUE_HOLDS_POINTER (argument) && g_value_get_pointer (argument) == NULL)
    return TRUE;
  if (!g_value_transform (argument, value))
    return FALSE;

  /* An object of another class becomes NULL. */
  return !G_VALUE_HOLDS_OBJECT (value) || g_value_get_object (value) != NULL || g_value_peek_pointer (argument) == NULL;
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
call (const GrpcAioPortOperation *operation,
      GObject *source,
      GValue *values,
      guint n_values,
      GCancellable *cancellable,
      Launch *launch)
{
  GValue all[GRPC_AIO_PORT_MAX_ARGUMENTS + 3] = { G_VALUE_INIT };
  GClosure *closure = g_cclosure_new (operation->function, NULL, NULL);
  guint n = 0;

  if (source != NULL)
    init_pointer (&all[n++], source);
  for (guint i = 0; i < n_values; i++)
    all[n++] = values[i];
  init_pointer (&all[n++], cancellable);
  init_pointer (&all[n++], (gpointer) on_ready);

  /* The last argument, user_data, is the closure's data. */
  closure->data = launch;
  g_closure_set_marshal (closure, g_cclosure_marshal_generic);
  g_closure_sink (g_closure_ref (closure));
  g_closure_invoke (closure, NULL, n, all, NULL);
  g_closure_unref (closure);
}

/**
 * grpc_aio_port_launch:
 * @self: a port
 * @id: a number to know the result by
 * @source: (nullable): an object of this library
 * @operation: the name of one of its functions that end in `_async`, such as
 *   `stop_async`; without @source that of a function that needs no object, such as
 *   `ChannelCredentials.new_google_default_async`
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
  GValue values[GRPC_AIO_PORT_MAX_ARGUMENTS] = { G_VALUE_INIT };
  const GrpcAioPortOperation *found;
  gboolean fits;
  Launch *launch;

  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), FALSE);
  g_return_val_if_fail (source == NULL || G_IS_OBJECT (source), FALSE);
  g_return_val_if_fail (operation != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  found = find_operation (source, operation);
  if (found == NULL || found->n_arguments != n_arguments)
    return FALSE;

  fits = TRUE;
  for (guint i = 0; i < n_arguments; i++)
    {
      g_value_init (&values[i], found->argument_types[i]());
      fits = fits && convert (&arguments[i], &values[i]);
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
