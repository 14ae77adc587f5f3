/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-port-delivery.h>

#include "client/grpc-aio-call-private.h"
#include "port/grpc-aio-port-delivery-private.h"

typedef struct
{
  GSource source;
  GrpcAioPort *port; /* NULL once it is gone */
  gboolean yield;
} Source;

static void
delivery_free (gpointer data)
{
  GrpcAioPortDelivery *self = data;

  if (self->source != NULL)
    {
      ((Source *) self->source)->port = NULL;
      g_source_destroy (self->source);
      g_source_unref (self->source);
    }
  g_weak_ref_clear (&self->target);
  grpc_aio_port_drop_results (&self->results);
  g_free (self);
}

GrpcAioPortDelivery *
grpc_aio_port_get_delivery (GrpcAioPort *self)
{
  static GQuark quark;
  GrpcAioPortDelivery *delivery;

  if (G_UNLIKELY (quark == 0))
    quark = g_quark_from_static_string ("grpc-aio-port-delivery");

  delivery = g_object_get_qdata (G_OBJECT (self), quark);
  if (delivery == NULL)
    {
      delivery = g_new0 (GrpcAioPortDelivery, 1);
      g_weak_ref_init (&delivery->target, NULL);
      g_queue_init (&delivery->results);
      g_object_set_qdata_full (G_OBJECT (self), quark, delivery, delivery_free);
    }

  return delivery;
}

static gboolean
has_something (GrpcAioPort *port)
{
  return grpc_aio_frames_get_length (&port->frames) > 0 || port->has_much_written || grpc_aio_port_has_results (port);
}

static gboolean
grpc_aio_port_source_prepare (GSource *source,
                              int *timeout)
{
  Source *self = (Source *) source;

  if (self->port == NULL || !has_something (self->port))
    {
      *timeout = self->yield ? 0 : -1;
      return FALSE;
    }

  *timeout = 0;

  return !self->yield;
}

static gboolean
grpc_aio_port_source_check (GSource *source)
{
  Source *self = (Source *) source;

  /* A source that is always ready hides those of lower priority. */
  if (self->yield)
    {
      self->yield = FALSE;
      return FALSE;
    }

  /* What has completed is run before this source, in the same turn of the loop. */
  return self->port != NULL &&
         (has_something (self->port) || (self->port->queue != NULL && grpc_aio_queue_has_work (self->port->queue)));
}

static gboolean
grpc_aio_port_source_dispatch (GSource *source,
                               GSourceFunc callback,
                               gpointer user_data)
{
  Source *self = (Source *) source;
  g_autoptr (GrpcAioPort) port = g_object_ref (self->port);
  GrpcAioPortDelivery *delivery = grpc_aio_port_get_delivery (port);
  g_autoptr (GObject) target = g_weak_ref_get (&delivery->target);
  g_auto (GValue) value = G_VALUE_INIT;

  if (!has_something (port))
    return G_SOURCE_CONTINUE;
  if (target == NULL)
    return G_SOURCE_REMOVE;

  g_value_init (&value, G_TYPE_BOOLEAN);
  g_value_set_boolean (&value, TRUE);
  g_object_set_property (target, delivery->pspec->name, &value);

  self->yield = has_something (port);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = {
  .prepare = grpc_aio_port_source_prepare,
  .check = grpc_aio_port_source_check,
  .dispatch = grpc_aio_port_source_dispatch,
};

/**
 * grpc_aio_port_attach:
 * @self: a port
 * @target: an object
 * @property: the name of a property of @target that is a boolean
 *
 * Has a property set to `TRUE` as long as there is something to drain.
 *
 * This happens in the thread-default main context of the caller, again and again until
 * [method@Port.drain] and [method@Port.take_result] have nothing more. That main context
 * runs all that is started by way of the port from now on; there is no descriptor any
 * more. The port does not own the object. Attach a port once, before anything else.
 *
 * It is meant for languages in which a callback or a signal may get lost, while the
 * setter of a property does not: GJS before 1.82 drops the former between two steps of
 * a collection.
 *
 * Since: 0.1
 */
void
grpc_aio_port_attach (GrpcAioPort *self,
                      GObject *target,
                      const char *property)
{
  GrpcAioPortDelivery *delivery;
  g_autoptr (GMainContext) context = NULL;
  GParamSpec *pspec;
  Source *source;

  g_return_if_fail (GRPC_AIO_IS_PORT (self));
  g_return_if_fail (self->queue != NULL);
  g_return_if_fail (G_IS_OBJECT (target));
  pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (target), property);
  g_return_if_fail (pspec != NULL && G_PARAM_SPEC_VALUE_TYPE (pspec) == G_TYPE_BOOLEAN);

  delivery = grpc_aio_port_get_delivery (self);
  g_return_if_fail (delivery->source == NULL);

  g_weak_ref_set (&delivery->target, target);
  delivery->pspec = pspec;
  delivery->source = g_source_new (&source_funcs, sizeof (Source));
  g_source_set_static_name (delivery->source, "GrpcAioPort");
  source = (Source *) delivery->source;
  source->port = self;

  context = g_main_context_ref_thread_default ();
  grpc_aio_port_adopt_context (self, context);
  g_source_attach (delivery->source, context);
}

static void
on_cancelled (GCancellable *cancellable,
              gpointer user_data)
{
  grpc_aio_call_cancel (user_data);
}

/**
 * grpc_aio_port_cancel_on:
 * @self: a port
 * @id: the id of a client's call
 * @cancellable: a cancellable
 *
 * Has a call cancelled when a cancellable is.
 *
 * Disconnect the handler when the call has ended, or it stays as long as the
 * cancellable.
 *
 * Returns: for [method@Gio.Cancellable.disconnect]; 0 if there is no such call, or it
 *   is cancelled already
 *
 * Since: 0.1
 */
gulong
grpc_aio_port_cancel_on (GrpcAioPort *self,
                         guint32 id,
                         GCancellable *cancellable)
{
  GrpcAioPortCall *call;

  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), 0);
  g_return_val_if_fail (G_IS_CANCELLABLE (cancellable), 0);

  call = grpc_aio_port_find (self, id);
  if (call == NULL || call->call == NULL)
    return 0;

  return g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), g_object_ref (call->call), g_object_unref);
}

static void
on_lease_end (gpointer user_data)
{
  GWeakRef *weak_ref = user_data;
  g_autoptr (GrpcAioCall) call = g_weak_ref_get (weak_ref);

  if (call != NULL)
    grpc_aio_call_cancel (call);
  g_weak_ref_clear (weak_ref);
  g_free (weak_ref);
}

/**
 * grpc_aio_port_lease:
 * @self: a port
 * @id: the id of a client's call
 *
 * Has a call cancelled when nobody holds it any more.
 *
 * For languages that collect garbage and do not tell when an object of theirs goes:
 * let that object hold what this returns.
 *
 * Returns: (transfer full): something without contents; the call is cancelled when its
 *   last reference is dropped
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_port_lease (GrpcAioPort *self,
                     guint32 id)
{
  GrpcAioPortCall *call;
  GWeakRef *weak_ref;

  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), NULL);

  call = grpc_aio_port_find (self, id);
  weak_ref = g_new0 (GWeakRef, 1);
  g_weak_ref_init (weak_ref, call != NULL ? call->call : NULL);

  return g_bytes_new_with_free_func ("", 0, on_lease_end, weak_ref);
}
