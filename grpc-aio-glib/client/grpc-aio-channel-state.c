/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-channel-parts-private.h"

#include <glib/gi18n-lib.h>

#include "engine/grpc-aio-core-private.h"
#include "engine/grpc-aio-sync-private.h"

/* What waits for the next change of state. grpc-core may take its time with it
 * after the channel has gone. */
typedef struct
{
  GrpcAioCompletion completion;
  GWeakRef channel;
  GrpcAioQueue *home;
} Watch;

typedef struct
{
  GrpcAioCompletion completion;
  GWeakRef channel;
  GrpcAioQueue *home;
} News;

static void
on_state_changed (GrpcAioCompletion *completion,
                  gboolean ok)
{
  Watch *watch = (Watch *) completion;
  g_autoptr (GrpcAioChannel) self = g_weak_ref_get (&watch->channel);

  if (self != NULL)
    {
      g_mutex_lock (&self->lock);
      self->is_watching = FALSE;
      g_mutex_unlock (&self->lock);
      grpc_aio_channel_update_state (self);
    }

  g_weak_ref_clear (&watch->channel);
  grpc_aio_queue_unref (watch->home);
  g_free (watch);
}

/* With the lock. Has grpc-core tell the next change of state. */
void
grpc_aio_channel_watch_state (GrpcAioChannel *self)
{
  Watch *watch;

  if (self->addresses != NULL)
    {
      grpc_aio_channel_addresses_watch (self->addresses, self->state);
      return;
    }

  if (self->is_watching || self->core == NULL || self->flaw != NULL)
    return;

  watch = g_new0 (Watch, 1);
  watch->completion.run = on_state_changed;
  g_weak_ref_init (&watch->channel, self);
  watch->home = grpc_aio_queue_ref (self->home);

  self->is_watching = TRUE;
  grpc_channel_watch_connectivity_state (self->core, (grpc_connectivity_state) self->state,
                                         gpr_inf_future (GPR_CLOCK_REALTIME),
                                         grpc_aio_queue_get_core (self->home), &watch->completion);
}

static GError *
new_closed_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CLOSED, _("The channel is closed"));
}

/* Consumes @operation when it refuses: what is waited for would never come. */
static gboolean
refuse_lame (GrpcAioChannel *self,
             GrpcAioOperation *operation)
{
  if (self->flaw == NULL)
    return FALSE;

  grpc_aio_operation_return_error (operation, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, self->flaw));

  return TRUE;
}

static void
fail_all (GrpcAioOperationList *operations)
{
  GrpcAioOperation *operation;

  while ((operation = grpc_aio_operation_list_pop (operations)) != NULL)
    grpc_aio_operation_return_error (operation, new_closed_error ());
}

/* With the lock. */
static GrpcAioChannelConnectivity
check_state (GrpcAioChannel *self,
             gboolean try_to_connect)
{
  if (self->core == NULL || !grpc_aio_core_is_usable ())
    return GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN;

  if (self->addresses != NULL && grpc_aio_channel_needs_addresses (self) && try_to_connect)
    grpc_aio_channel_begin_look_up (self);
  if (self->addresses != NULL && !self->addresses->is_known)
    {
      if (self->look_up_error != NULL)
        return GRPC_AIO_CHANNEL_CONNECTIVITY_TRANSIENT_FAILURE;

      return self->is_looking_up ? GRPC_AIO_CHANNEL_CONNECTIVITY_CONNECTING : GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE;
    }

  return (GrpcAioChannelConnectivity) grpc_channel_check_connectivity_state (self->core, try_to_connect);
}

/* With the lock. Takes those whose state was left. */
static GrpcAioOperationList
take_changed (GrpcAioChannel *self)
{
  GrpcAioOperationList all = grpc_aio_operation_list_take (&self->state_waiters);
  GrpcAioOperationList changed = { NULL, NULL };
  GrpcAioOperation *operation;

  while ((operation = grpc_aio_operation_list_pop (&all)) != NULL)
    grpc_aio_operation_list_append ((int) operation->code != (int) self->state ? &changed : &self->state_waiters, operation);

  return changed;
}

/* Takes over what grpc-core says of the state, and tells those who wait. */
void
grpc_aio_channel_update_state (GrpcAioChannel *self)
{
  GrpcAioOperationList changed, ready = { NULL, NULL }, failed = { NULL, NULL };
  GrpcAioChannelConnectivity before;
  gboolean has_changed;

  g_mutex_lock (&self->lock);
  before = self->state;
  self->state = check_state (self, self->ready_waiters.head != NULL);
  has_changed = self->state != before;
  changed = take_changed (self);
  if (self->state == GRPC_AIO_CHANNEL_CONNECTIVITY_READY)
    ready = grpc_aio_operation_list_take (&self->ready_waiters);
  else if (self->state == GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN)
    failed = grpc_aio_operation_list_take (&self->ready_waiters);
  grpc_aio_channel_watch_state (self);
  g_mutex_unlock (&self->lock);

  if (has_changed && !grpc_aio_queue_is_orphan (self->home))
    grpc_aio_channel_tell_state (self);

  grpc_aio_operation_list_return_true (&changed);
  grpc_aio_operation_list_return_true (&ready);
  fail_all (&failed);
}

static void
on_news (GrpcAioCompletion *completion,
         gboolean ok)
{
  News *news = (News *) completion;
  GrpcAioQueue *home = news->home;
  GrpcAioChannel *self = g_weak_ref_get (&news->channel);

  g_weak_ref_clear (&news->channel);
  g_free (news);
  if (self != NULL)
    grpc_aio_channel_update_state (self);

  /* The channel goes before the queue. */
  g_clear_object (&self);
  grpc_aio_queue_unref (home);
}

/* Has the state looked at in the channel's main context. Without a reference to the
 * channel, since nobody may run that; but until it goes it keeps what waits in it. */
void
grpc_aio_channel_tell_news (GrpcAioChannel *self)
{
  News *news = g_new0 (News, 1);

  news->completion.run = on_news;
  news->home = grpc_aio_queue_ref (self->home);
  g_weak_ref_init (&news->channel, self);
  grpc_aio_queue_push (self->home, &news->completion);
}

/**
 * grpc_aio_channel_get_state: (get-property state)
 * @self: a channel
 * @try_to_connect: whether an idle channel should connect
 *
 * Gets the state of the connection.
 *
 * Returns: the state now
 *
 * Since: 0.1
 */
GrpcAioChannelConnectivity
grpc_aio_channel_get_state (GrpcAioChannel *self,
                            gboolean try_to_connect)
{
  GrpcAioChannelConnectivity state;

  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN);

  self = grpc_aio_channel_root_of (self);
  g_mutex_lock (&self->lock);
  if (try_to_connect)
    grpc_aio_channel_watch_state (self);
  state = check_state (self, try_to_connect);
  g_mutex_unlock (&self->lock);

  return state;
}

/**
 * grpc_aio_channel_reset_connect_backoff:
 * @self: a channel
 *
 * Connects again now, if the channel is waiting before its next try to connect, or
 * to look up its addresses.
 *
 * It is for a program that learns that the network is back. The pauses after
 * further failures are short again, too.
 *
 * Since: 0.1
 */
void
grpc_aio_channel_reset_connect_backoff (GrpcAioChannel *self)
{
  g_return_if_fail (GRPC_AIO_IS_CHANNEL (self));

  self = grpc_aio_channel_root_of (self);
  g_mutex_lock (&self->lock);
  if (self->core != NULL && self->flaw == NULL && grpc_aio_core_is_usable ())
    grpc_channel_reset_connect_backoff (self->core);
  if (self->resolver != NULL)
    grpc_aio_resolver_hurry (self->resolver);
  g_mutex_unlock (&self->lock);
}

static gboolean
withdraw_state_waiter (GrpcAioOperation *operation,
                       gpointer owner)
{
  GrpcAioChannel *self = owner;
  gboolean found;

  g_mutex_lock (&self->lock);
  found = grpc_aio_operation_list_remove (&self->state_waiters, operation) ||
          grpc_aio_operation_list_remove (&self->ready_waiters, operation);
  g_mutex_unlock (&self->lock);

  return found;
}

/**
 * grpc_aio_channel_wait_for_state_change_async:
 * @self: a channel
 * @last_observed_state: the state to leave
 * @cancellable: (nullable): a way to stop waiting
 * @callback: (scope async): called once the state is another one
 * @user_data: data for @callback
 *
 * Waits until the state is not @last_observed_state, which may be so at once.
 * It does not connect.
 *
 * Since: 0.1
 */
void
grpc_aio_channel_wait_for_state_change_async (GrpcAioChannel *self,
                                              GrpcAioChannelConnectivity last_observed_state,
                                              GCancellable *cancellable,
                                              GAsyncReadyCallback callback,
                                              gpointer user_data)
{
  GrpcAioOperation *operation;
  GrpcAioChannelConnectivity state;
  gboolean is_changed, is_waiting;

  g_return_if_fail (GRPC_AIO_IS_CHANNEL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = grpc_aio_operation_new (GRPC_AIO_WAIT_OTHER, self, grpc_aio_channel_wait_for_state_change_async,
                                      cancellable, callback, user_data);
  operation->code = (GrpcAioStatusCode) last_observed_state;
  self = grpc_aio_channel_root_of (self);
  if (grpc_aio_operation_refuse_forked (operation) || refuse_lame (self, operation))
    return;
  grpc_aio_operation_connect_withdrawal (operation, self, self->home, withdraw_state_waiter);

  g_mutex_lock (&self->lock);
  state = check_state (self, FALSE);
  is_changed = state != last_observed_state;
  is_waiting = !is_changed && state != GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN && !grpc_aio_operation_is_withdrawn (operation);
  if (is_waiting)
    {
      grpc_aio_operation_list_append (&self->state_waiters, operation);
      grpc_aio_channel_watch_state (self);
    }
  g_mutex_unlock (&self->lock);

  if (is_changed)
    grpc_aio_operation_return_number (operation, TRUE);
  else if (state == GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN)
    grpc_aio_operation_return_error (operation, new_closed_error ());
  else if (!is_waiting)
    grpc_aio_operation_return_cancelled (operation);
}

/**
 * grpc_aio_channel_wait_for_state_change_finish:
 * @self: a channel
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Channel.wait_for_state_change_async].
 *
 * It fails when cancelled, and with `G_IO_ERROR_CLOSED` or
 * `G_IO_ERROR_INVALID_ARGUMENT` when no other state can follow.
 *
 * Returns: whether the state changed
 *
 * Since: 0.1
 */
gboolean
grpc_aio_channel_wait_for_state_change_finish (GrpcAioChannel *self,
                                               GAsyncResult *result,
                                               GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_channel_wait_for_state_change_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_channel_wait_for_state_change_sync:
 * @self: a channel
 * @last_observed_state: the state to leave
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Blocks until the state is not @last_observed_state.
 *
 * Returns: whether the state changed; it fails only when cancelled
 *
 * Since: 0.1
 */
gboolean
grpc_aio_channel_wait_for_state_change_sync (GrpcAioChannel *self,
                                             GrpcAioChannelConnectivity last_observed_state,
                                             GCancellable *cancellable,
                                             GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = grpc_aio_sync_begin (self->home);
  grpc_aio_channel_wait_for_state_change_async (self, last_observed_state, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_channel_wait_for_state_change_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_channel_ready_async:
 * @self: a channel
 * @cancellable: (nullable): a way to stop waiting
 * @callback: (scope async): called once the channel is connected
 * @user_data: data for @callback
 *
 * Connects, and waits until that succeeded, however often it has to be tried.
 *
 * Since: 0.1
 */
void
grpc_aio_channel_ready_async (GrpcAioChannel *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  GrpcAioOperation *operation;
  GrpcAioChannelConnectivity state;
  gboolean is_settled;

  g_return_if_fail (GRPC_AIO_IS_CHANNEL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = grpc_aio_operation_new (GRPC_AIO_WAIT_OTHER, self, grpc_aio_channel_ready_async,
                                      cancellable, callback, user_data);
  self = grpc_aio_channel_root_of (self);
  if (grpc_aio_operation_refuse_forked (operation) || refuse_lame (self, operation))
    return;
  grpc_aio_operation_connect_withdrawal (operation, self, self->home, withdraw_state_waiter);

  g_mutex_lock (&self->lock);
  state = check_state (self, TRUE);
  is_settled = state == GRPC_AIO_CHANNEL_CONNECTIVITY_READY || state == GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN;
  if (!is_settled && !grpc_aio_operation_is_withdrawn (operation))
    {
      grpc_aio_operation_list_append (&self->ready_waiters, g_steal_pointer (&operation));
      grpc_aio_channel_watch_state (self);
    }
  g_mutex_unlock (&self->lock);

  if (operation == NULL)
    return;

  if (!is_settled)
    grpc_aio_operation_return_cancelled (operation);
  else if (state == GRPC_AIO_CHANNEL_CONNECTIVITY_READY)
    grpc_aio_operation_return_number (operation, TRUE);
  else
    grpc_aio_operation_return_error (operation, new_closed_error ());
}

/**
 * grpc_aio_channel_ready_finish:
 * @self: a channel
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Channel.ready_async].
 *
 * It fails with `G_IO_ERROR_CLOSED` when the channel was closed, and with
 * `G_IO_ERROR_INVALID_ARGUMENT` when grpc-core cannot make sense of the target.
 *
 * Returns: whether the channel is connected
 *
 * Since: 0.1
 */
gboolean
grpc_aio_channel_ready_finish (GrpcAioChannel *self,
                               GAsyncResult *result,
                               GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_channel_ready_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_channel_ready_sync:
 * @self: a channel
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Connects, and blocks until that succeeded, however often it has to be tried.
 *
 * Returns: whether the channel is connected
 *
 * Since: 0.1
 */
gboolean
grpc_aio_channel_ready_sync (GrpcAioChannel *self,
                             GCancellable *cancellable,
                             GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = grpc_aio_sync_begin (self->home);
  grpc_aio_channel_ready_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_channel_ready_finish (self, grpc_aio_sync_wait (&sync), error);
}
