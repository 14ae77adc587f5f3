/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "server/grpc-aio-server-parts-private.h"

#include "engine/grpc-aio-core-private.h"
#include "engine/grpc-aio-sync-private.h"
#include "server/grpc-aio-revival-private.h"

/* In the main context that serves. */
static void
on_stopping (GrpcAioCompletion *completion,
             gboolean ok)
{
  GrpcAioServer *self = (GrpcAioServer *) ((guint8 *) completion - G_STRUCT_OFFSET (GrpcAioServer, stopping));

  if (!grpc_aio_queue_is_orphan (grpc_aio_server_get_lane (self, 0)->queue))
    grpc_aio_server_notify_state (self);
  g_object_unref (self);
}

/* Anybody may stop the server. */
static void
notify_stopping (GrpcAioServer *self)
{
  GMainContext *context = g_main_context_get_thread_default ();

  if (context == NULL)
    context = g_main_context_default ();

  if (self->lanes->len == 0 || grpc_aio_queue_is_for (grpc_aio_server_get_lane (self, 0)->queue, context))
    {
      grpc_aio_server_notify_state (self);
    }
  else if (self->home != NULL)
    {
      grpc_aio_server_notify_state_at_home (self);
    }
  else
    {
      self->stopping.run = on_stopping;
      g_object_ref (self);
      grpc_aio_queue_push (grpc_aio_server_get_lane (self, 0)->queue, &self->stopping);
    }
}

void
grpc_aio_server_drop_grace (GSource *grace)
{
  if (grace == NULL)
    return;

  g_source_destroy (grace);
  g_source_unref (grace);
}

/* Nothing runs any more: returns what waits. */
static void
end_stop (GrpcAioServer *self)
{
  GrpcAioOperationList waiters = { NULL, NULL };
  GSource *grace = NULL;
  gboolean was_disposed;

  grpc_aio_revival_remove (self);
  g_mutex_lock (&self->lock);
  self->state = GRPC_AIO_SERVER_STATE_STOPPED;
  was_disposed = self->is_disposed;
  self->is_disposed = FALSE;
  waiters = grpc_aio_operation_list_take (&self->stop_waiters);
  grace = g_steal_pointer (&self->grace);
  g_mutex_unlock (&self->lock);

  if (!was_disposed)
    grpc_aio_server_notify_state_at_home (self);
  grpc_aio_operation_list_return_true (&waiters);
  grpc_aio_server_drop_grace (grace);
  for (guint i = 0; i < self->n_workers && i < self->lanes->len; i++)
    grpc_aio_worker_stop (grpc_aio_server_get_lane (self, i)->worker);
  if (was_disposed)
    g_object_unref (self);
}

static void
on_drained (GrpcAioCompletion *completion,
            gboolean ok)
{
  GrpcAioServerLane *lane = (GrpcAioServerLane *) ((guint8 *) completion - G_STRUCT_OFFSET (GrpcAioServerLane, drained));
  g_autoptr (GrpcAioServer) self = g_object_ref (lane->server);
  gboolean is_last;

  g_mutex_lock (&self->lock);
  is_last = --self->n_undrained == 0;
  g_mutex_unlock (&self->lock);

  if (is_last)
    end_stop (self);
}

/* After each step of stopping. Has the workers do what they are at before it says
 * that nothing runs any more. */
void
grpc_aio_server_check_stopped (GrpcAioServer *self)
{
  gboolean is_over;

  g_mutex_lock (&self->lock);
  is_over = self->state == GRPC_AIO_SERVER_STATE_STOPPING && !self->is_draining && self->n_listening == 0 &&
            (self->n_tasks == 0 || self->is_grace_over);
  if (is_over)
    {
      self->is_draining = TRUE;
      self->n_undrained = self->home != NULL ? self->lanes->len : 0;
      g_object_ref (self);
    }
  g_mutex_unlock (&self->lock);

  if (!is_over)
    return;

  if (self->home == NULL)
    end_stop (self);
  for (guint i = 0; self->home != NULL && i < self->lanes->len; i++)
    {
      GrpcAioServerLane *lane = grpc_aio_server_get_lane (self, i);

      lane->drained.run = on_drained;
      grpc_aio_queue_push (lane->queue, &lane->drained);
    }
  g_object_unref (self);
}

/* Calls that a blocking handler held back are refused. */
void
grpc_aio_server_resume_lanes (GrpcAioServer *self)
{
  for (guint i = 0; i < self->lanes->len; i++)
    grpc_aio_queue_resume (grpc_aio_server_get_lane (self, i)->queue);
}

/* Refuses new calls from now on. Returns whether calls still run. */
gboolean
grpc_aio_server_begin_stop (GrpcAioServer *self)
{
  gboolean begins, is_busy, is_disposed;

  if (!grpc_aio_core_is_usable ())
    return FALSE;

  g_mutex_lock (&self->lock);
  begins = self->state <= GRPC_AIO_SERVER_STATE_SERVING;
  for (guint i = 0; begins && i < self->listeners->len; i++)
    grpc_aio_server_begin_stop_listener (g_ptr_array_index (self->listeners, i));
  if (begins)
    self->state = GRPC_AIO_SERVER_STATE_STOPPING;
  is_busy = self->n_calls > 0 || self->n_tasks > 0;
  is_disposed = self->is_disposed;
  g_mutex_unlock (&self->lock);

  if (begins && !is_disposed)
    notify_stopping (self);
  grpc_aio_server_resume_lanes (self);

  return is_busy;
}

gboolean
grpc_aio_server_on_grace_ended (gpointer data)
{
  GrpcAioServer *self = data;

  g_mutex_lock (&self->lock);
  self->is_grace_over = TRUE;
  for (guint i = 0; i < self->listeners->len; i++)
    grpc_aio_server_cancel_calls (g_ptr_array_index (self->listeners, i));
  g_mutex_unlock (&self->lock);

  grpc_aio_server_check_stopped (self);

  return G_SOURCE_REMOVE;
}

gboolean
grpc_aio_server_on_listener_grace_ended (gpointer data)
{
  GrpcAioServerListener *listener = data;

  /* It may listen again by now. */
  g_mutex_lock (&listener->server->lock);
  if (listener->is_stopping)
    grpc_aio_server_cancel_calls (listener);
  g_mutex_unlock (&listener->server->lock);

  return G_SOURCE_REMOVE;
}

static void
unref_server (gpointer data)
{
  g_object_unref (((GrpcAioServerListener *) data)->server);
}

static GSource *
grace_new (gint64 grace_usec,
           GMainContext *context,
           GSourceFunc func,
           gpointer data,
           GDestroyNotify destroy)
{
  GSource *grace = g_timeout_source_new ((guint) MIN (grace_usec / 1000 + 1, G_MAXUINT));

  g_source_set_static_name (grace, "grpc-aio-server-grace");
  g_source_set_callback (grace, func, data, destroy);
  g_source_attach (grace, context);

  return grace;
}

/* With the lock. The grace that ends first counts, and goes on when nobody waits
 * any more. Returns the other one. */
static GSource *
keep_shorter (GSource **place,
              GSource *grace)
{
  GSource *longer = *place;

  if (longer != NULL && g_source_get_ready_time (longer) <= g_source_get_ready_time (grace))
    return grace;

  *place = grace;

  return longer;
}

static void
set_grace (GrpcAioServer *self,
           gint64 grace_usec,
           GMainContext *context)
{
  GSource *longer = grace_new (grace_usec, context, grpc_aio_server_on_grace_ended, g_object_ref (self), g_object_unref);

  g_mutex_lock (&self->lock);
  if (self->state == GRPC_AIO_SERVER_STATE_STOPPING)
    longer = keep_shorter (&self->grace, longer);
  g_mutex_unlock (&self->lock);

  grpc_aio_server_drop_grace (longer);
}

void
grpc_aio_server_set_listener_grace (GrpcAioServerListener *listener,
                                    gint64 grace_usec,
                                    GMainContext *context)
{
  GrpcAioServer *self = g_object_ref (listener->server);
  GSource *longer = grace_new (grace_usec, context, grpc_aio_server_on_listener_grace_ended, listener, unref_server);

  g_mutex_lock (&self->lock);
  if (listener->core != NULL)
    longer = keep_shorter (&listener->grace, longer);
  g_mutex_unlock (&self->lock);

  grpc_aio_server_drop_grace (longer);
}

static gboolean
withdraw (GrpcAioOperation *operation,
          gpointer owner)
{
  GrpcAioServer *self = owner;
  gboolean found;

  g_mutex_lock (&self->lock);
  found = grpc_aio_operation_list_remove (&self->stop_waiters, operation);
  for (guint i = 0; i < self->listeners->len && !found; i++)
    {
      GrpcAioServerListener *listener = g_ptr_array_index (self->listeners, i);

      found = grpc_aio_operation_list_remove (&listener->waiters, operation);
    }
  g_mutex_unlock (&self->lock);

  return found;
}

/* Has @operation wait for the end of all. Consumes. */
static void
wait_for_stop (GrpcAioServer *self,
               GrpcAioOperation *operation)
{
  gboolean is_stopped, is_waiting;

  if (grpc_aio_operation_refuse_forked (operation))
    return;

  g_mutex_lock (&self->lock);
  is_stopped = self->state == GRPC_AIO_SERVER_STATE_STOPPED;
  is_waiting = !is_stopped && !grpc_aio_operation_is_withdrawn (operation);
  if (is_waiting)
    grpc_aio_operation_list_append (&self->stop_waiters, operation);
  g_mutex_unlock (&self->lock);

  if (is_stopped)
    grpc_aio_operation_return_number (operation, TRUE);
  else if (!is_waiting)
    grpc_aio_operation_return_cancelled (operation);
}

/* The queue that a thread which waits has to run itself, if there is one; others
 * need any that lives. A server that has not started has no queue of its own. */
GrpcAioQueue *
grpc_aio_server_ref_queue (GrpcAioServer *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  for (guint i = 0; i < self->lanes->len; i++)
    {
      if (grpc_aio_queue_is_for (grpc_aio_server_get_lane (self, i)->queue, context))
        return grpc_aio_queue_ref (grpc_aio_server_get_lane (self, i)->queue);
    }

  if (self->lanes->len > 0)
    return grpc_aio_queue_ref (grpc_aio_server_get_lane (self, 0)->queue);

  return grpc_aio_queue_get_for_context (context);
}

GrpcAioOperation *
grpc_aio_server_new_stop_operation (GrpcAioServer *self,
                                    gpointer tag,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  g_autoptr (GrpcAioQueue) queue = grpc_aio_server_ref_queue (self);
  GrpcAioOperation *operation = grpc_aio_operation_new (GRPC_AIO_WAIT_OTHER, self, tag, cancellable, callback, user_data);

  grpc_aio_operation_connect_withdrawal (operation, self, queue, withdraw);

  return operation;
}

/**
 * grpc_aio_server_stop_async:
 * @self: a server
 * @grace_usec: for how many microseconds running calls may go on; 0 cancels
 *   them at once, a negative number lets them end by themselves
 * @cancellable: (nullable): a way to stop waiting; the server stops all the same
 * @callback: (scope async): called once nothing runs any more
 * @user_data: data for @callback
 *
 * Stops the server: it refuses new calls from now on, lets running ones end, and
 * cancels what is left after @grace_usec.
 *
 * It may be called several times: each waits, and the shortest grace counts. A
 * server without calls stops at once, whatever its clients do.
 *
 * Since: 0.1
 */
void
grpc_aio_server_stop_async (GrpcAioServer *self,
                            gint64 grace_usec,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GMainContext) context = NULL;
  gboolean is_busy;

  g_return_if_fail (GRPC_AIO_IS_SERVER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  wait_for_stop (self, grpc_aio_server_new_stop_operation (self, grpc_aio_server_stop_async, cancellable, callback, user_data));
  is_busy = grpc_aio_server_begin_stop (self);
  context = g_main_context_ref_thread_default ();
  if (is_busy && grace_usec == 0)
    grpc_aio_server_on_grace_ended (self);
  else if (is_busy && grace_usec > 0)
    set_grace (self, grace_usec, context);
  grpc_aio_server_check_stopped (self);
}

/**
 * grpc_aio_server_stop_finish:
 * @self: a server
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Server.stop_async].
 *
 * Returns: whether nothing runs any more; it fails only when cancelled
 *
 * Since: 0.1
 */
gboolean
grpc_aio_server_stop_finish (GrpcAioServer *self,
                             GAsyncResult *result,
                             GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_server_stop_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_server_stop_sync:
 * @self: a server
 * @grace_usec: for how many microseconds running calls may go on
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Stops the server, and blocks until nothing runs any more. Cancelling it ends
 * the grace.
 *
 * Returns: whether nothing runs any more; it fails only when cancelled
 *
 * Since: 0.1
 */
gboolean
grpc_aio_server_stop_sync (GrpcAioServer *self,
                           gint64 grace_usec,
                           GCancellable *cancellable,
                           GError **error)
{
  g_autoptr (GrpcAioQueue) queue = NULL;
  g_auto (GrpcAioSync) sync = { NULL };
  gboolean has_stopped;

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  queue = grpc_aio_server_ref_queue (self);
  sync = grpc_aio_sync_begin (queue);
  grpc_aio_server_stop_async (self, grace_usec, cancellable, grpc_aio_sync_ready, &sync);
  has_stopped = grpc_aio_server_stop_finish (self, grpc_aio_sync_wait (&sync), error);

  /* The grace was counted in the context that goes now. */
  if (!has_stopped)
    grpc_aio_server_on_grace_ended (self);

  return has_stopped;
}

/**
 * grpc_aio_server_wait_for_termination_async:
 * @self: a server
 * @cancellable: (nullable): a way to stop waiting
 * @callback: (scope async): called once the server has stopped
 * @user_data: data for @callback
 *
 * Waits until the server has stopped.
 *
 * Since: 0.1
 */
void
grpc_aio_server_wait_for_termination_async (GrpcAioServer *self,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_SERVER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  wait_for_stop (self, grpc_aio_server_new_stop_operation (self, grpc_aio_server_wait_for_termination_async, cancellable, callback, user_data));
}

/**
 * grpc_aio_server_wait_for_termination_finish:
 * @self: a server
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Server.wait_for_termination_async].
 *
 * Returns: whether the server has stopped; it fails only when cancelled
 *
 * Since: 0.1
 */
gboolean
grpc_aio_server_wait_for_termination_finish (GrpcAioServer *self,
                                             GAsyncResult *result,
                                             GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_server_wait_for_termination_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_server_wait_for_termination_sync:
 * @self: a server
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Blocks until the server has stopped. Meanwhile its calls are served only if
 * another thread runs its main context, or none does.
 *
 * Returns: whether the server has stopped; it fails only when cancelled
 *
 * Since: 0.1
 */
gboolean
grpc_aio_server_wait_for_termination_sync (GrpcAioServer *self,
                                           GCancellable *cancellable,
                                           GError **error)
{
  g_autoptr (GrpcAioQueue) queue = NULL;
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  queue = grpc_aio_server_ref_queue (self);
  sync = grpc_aio_sync_begin (queue);
  grpc_aio_server_wait_for_termination_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_server_wait_for_termination_finish (self, grpc_aio_sync_wait (&sync), error);
}
