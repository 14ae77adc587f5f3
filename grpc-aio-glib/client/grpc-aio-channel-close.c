/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-channel-parts-private.h"

#include <glib/gi18n-lib.h>

#include "client/grpc-aio-call-private.h"
#include "engine/grpc-aio-core-channel-private.h"
#include "engine/grpc-aio-sync-private.h"

/* Refuses new calls from now on. Nobody listens to a channel that is let go. */
void
grpc_aio_channel_shut (GrpcAioChannel *self,
                       gboolean is_let_go)
{
  g_autoptr (GCancellable) closed = NULL;
  g_autoptr (GSource) grace = NULL;
  GrpcAioResolver *resolver;
  grpc_channel *core;
  gboolean is_watched;

  g_mutex_lock (&self->lock);
  self->is_closed = TRUE;
  g_set_object (&closed, self->closed);
  core = g_steal_pointer (&self->core);
  is_watched = !is_let_go && (self->addresses != NULL || self->is_watching);
  if (self->addresses != NULL)
    core = grpc_aio_channel_addresses_leave (g_steal_pointer (&self->addresses));
  resolver = g_steal_pointer (&self->resolver);
  grace = g_steal_pointer (&self->grace);
  g_mutex_unlock (&self->lock);

  /* Where the context is gone this looks at the state at once, and locks. */
  if (is_watched)
    grpc_aio_channel_tell_news (self);
  if (resolver != NULL)
    grpc_aio_resolver_stop (resolver);

  if (core != NULL)
    grpc_aio_core_channel_destroy (core);
  if (closed != NULL)
    g_cancellable_cancel (closed);

  /* With the source goes its reference; the caller has one. */
  if (grace != NULL)
    g_source_destroy (grace);
}

void
grpc_aio_channel_cancel_members (GrpcAioChannel *self)
{
  g_autoptr (GPtrArray) relays = g_ptr_array_new ();

  g_mutex_lock (&self->lock);
  for (GrpcAioChannelMember *at = self->members; at != NULL; at = at->next)
    grpc_aio_call_cancel_member (at, _("The channel is closed"), relays);
  g_mutex_unlock (&self->lock);

  g_ptr_array_foreach (relays, grpc_aio_call_cancel_relay, _("The channel is closed"));
}

/**
 * grpc_aio_channel_close:
 * @self: a channel
 *
 * Closes the channel for good: running calls are cancelled, new ones fail with
 * `GRPC_AIO_ERROR_FAILED_PRECONDITION`. Does nothing the second time.
 *
 * Since: 0.1
 */
void
grpc_aio_channel_close (GrpcAioChannel *self)
{
  g_return_if_fail (GRPC_AIO_IS_CHANNEL (self));

  self = grpc_aio_channel_root_of (self);
  g_mutex_lock (&self->lock);
  self->is_closed = TRUE;
  g_mutex_unlock (&self->lock);

  grpc_aio_channel_cancel_members (self);
  grpc_aio_channel_shut (self, FALSE);
}

static gboolean
on_grace_ended (gpointer data)
{
  grpc_aio_channel_close (data);

  return G_SOURCE_REMOVE;
}

/* The grace that ends first counts, and goes on when nobody waits any more. */
static void
set_grace (GrpcAioChannel *self,
           gint64 grace_usec,
           GMainContext *context)
{
  g_autoptr (GSource) grace = g_timeout_source_new ((guint) MIN (grace_usec / 1000 + 1, G_MAXUINT));

  g_source_set_callback (grace, on_grace_ended, g_object_ref (self), g_object_unref);
  g_source_attach (grace, context);

  g_mutex_lock (&self->lock);
  if (self->core != NULL &&
      (self->grace == NULL || g_source_get_ready_time (grace) < g_source_get_ready_time (self->grace)))
    {
      GSource *longer = g_steal_pointer (&self->grace);

      self->grace = g_steal_pointer (&grace);
      grace = longer;
    }
  g_mutex_unlock (&self->lock);

  if (grace != NULL)
    g_source_destroy (grace);
}

static gboolean
withdraw_close_waiter (GrpcAioOperation *operation,
                       gpointer owner)
{
  GrpcAioChannel *self = owner;
  gboolean found;

  g_mutex_lock (&self->lock);
  found = grpc_aio_operation_list_remove (&self->close_waiters, operation);
  g_mutex_unlock (&self->lock);

  return found;
}

/**
 * grpc_aio_channel_close_async:
 * @self: a channel
 * @grace_usec: for how many microseconds running calls may go on; 0 cancels
 *   them at once, a negative number lets them end by themselves
 * @cancellable: (nullable): a way to stop waiting; the channel is closed all the
 *   same
 * @callback: (scope async): called once no call runs any more
 * @user_data: data for @callback
 *
 * Closes the channel for good, when its running calls have ended.
 *
 * New calls are refused from now on. It may be called several times: each
 * waits, and the shortest grace counts.
 *
 * Since: 0.1
 */
void
grpc_aio_channel_close_async (GrpcAioChannel *self,
                              gint64 grace_usec,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  GrpcAioOperation *operation;
  GrpcAioOperationList closed = { NULL, NULL };
  g_autoptr (GMainContext) context = NULL;
  gboolean is_idle, is_withdrawn;

  g_return_if_fail (GRPC_AIO_IS_CHANNEL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = grpc_aio_operation_new (GRPC_AIO_WAIT_OTHER, self, grpc_aio_channel_close_async,
                                      cancellable, callback, user_data);
  self = grpc_aio_channel_root_of (self);
  if (grpc_aio_operation_refuse_forked (operation))
    return;
  grpc_aio_operation_connect_withdrawal (operation, self, self->home, withdraw_close_waiter);

  context = g_main_context_ref (operation->context);

  g_mutex_lock (&self->lock);
  self->is_closed = TRUE;
  is_idle = self->members == NULL;
  is_withdrawn = !is_idle && grpc_aio_operation_is_withdrawn (operation);
  if (!is_withdrawn)
    grpc_aio_operation_list_append (&self->close_waiters, operation);
  if (is_idle)
    closed = grpc_aio_operation_list_take (&self->close_waiters);
  g_mutex_unlock (&self->lock);

  if (is_withdrawn)
    grpc_aio_operation_return_cancelled (operation);

  if (is_idle || grace_usec == 0)
    grpc_aio_channel_close (self);
  else if (grace_usec > 0)
    set_grace (self, grace_usec, context);
  grpc_aio_operation_list_return_true (&closed);
}

/**
 * grpc_aio_channel_close_finish:
 * @self: a channel
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Channel.close_async].
 *
 * Returns: whether no call runs any more; it fails only when cancelled
 *
 * Since: 0.1
 */
gboolean
grpc_aio_channel_close_finish (GrpcAioChannel *self,
                               GAsyncResult *result,
                               GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_channel_close_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_channel_close_sync:
 * @self: a channel
 * @grace_usec: for how many microseconds running calls may go on
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Closes the channel for good, and blocks until its running calls have ended.
 *
 * Calls of this thread, or of contexts that no thread runs, end while this
 * waits; their callbacks run later, when their context does. Cancelling it ends
 * the grace.
 *
 * Returns: whether no call runs any more; it fails only when cancelled
 *
 * Since: 0.1
 */
gboolean
grpc_aio_channel_close_sync (GrpcAioChannel *self,
                             gint64 grace_usec,
                             GCancellable *cancellable,
                             GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };
  gboolean is_closed;

  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = grpc_aio_sync_begin (self->home);
  grpc_aio_channel_close_async (self, grace_usec, cancellable, grpc_aio_sync_ready, &sync);
  is_closed = grpc_aio_channel_close_finish (self, grpc_aio_sync_wait (&sync), error);

  /* The grace was counted in the context that goes now. */
  if (!is_closed)
    grpc_aio_channel_close (self);

  return is_closed;
}
