/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-channel-parts-private.h"

#include <grpc/slice.h>

#include "client/grpc-aio-multi-callable-private.h"
#include "engine/grpc-aio-core-channel-private.h"
#include "engine/grpc-aio-core-private.h"

/* The queue of this thread's context. The channel keeps those it was used with,
 * or each lone call would set one up and tear it down. */
GrpcAioQueue *
grpc_aio_channel_get_queue (GrpcAioChannel *self)
{
  GMainContext *context = g_main_context_get_thread_default ();
  GrpcAioQueue *queue = NULL;

  if (context == NULL)
    context = g_main_context_default ();

  g_mutex_lock (&self->lock);
  for (guint i = self->queues->len; i > 0 && queue == NULL; i--)
    {
      GrpcAioQueue *known = g_ptr_array_index (self->queues, i - 1);

      if (grpc_aio_queue_is_for (known, context))
        queue = grpc_aio_queue_ref (known);
      else if (grpc_aio_queue_is_orphan (known))
        g_ptr_array_remove_index_fast (self->queues, i - 1);
    }
  if (queue == NULL)
    {
      queue = grpc_aio_queue_get_for_context (context);
      g_ptr_array_add (self->queues, grpc_aio_queue_ref (queue));
    }
  g_mutex_unlock (&self->lock);

  return queue;
}

/* NULL when the channel is closed, or has other core channels to come. */
gpointer
grpc_aio_channel_register_method (GrpcAioChannel *self,
                                  const char *method)
{
  gpointer handle = NULL;
  gpointer key;

  g_mutex_lock (&self->lock);
  if (self->core != NULL && self->addresses == NULL && !g_hash_table_lookup_extended (self->registered, method, &key, &handle))
    {
      key = g_strdup (method);
      handle = grpc_channel_register_call (self->core, key, NULL, NULL);
      g_hash_table_insert (self->registered, key, handle);
    }
  g_mutex_unlock (&self->lock);

  return handle;
}

/* With the lock. */
static grpc_call *
create_call (GrpcAioChannel *self,
             grpc_completion_queue *queue,
             gpointer registered,
             const char *method,
             const char *authority,
             grpc_call *parent,
             gpr_timespec deadline)
{
  grpc_slice path, host;
  grpc_call *call;

  if (registered != NULL && authority == NULL)
    return grpc_channel_create_registered_call (self->core, parent, GRPC_PROPAGATE_DEFAULTS, queue,
                                                registered, deadline, NULL);

  path = grpc_slice_from_copied_string (method);
  host = grpc_slice_from_copied_string (authority != NULL ? authority : "");
  call = grpc_channel_create_call (self->core, parent, GRPC_PROPAGATE_DEFAULTS, queue,
                                   path, authority != NULL ? &host : NULL, deadline, NULL);
  grpc_slice_unref (path);
  grpc_slice_unref (host);

  return call;
}

/* Makes a call anew that had to wait. With the lock, since others may end what it
 * is now. FALSE when the channel is closed. */
gboolean
grpc_aio_channel_replace_call (GrpcAioChannel *self,
                               GrpcAioQueue *queue,
                               gpointer registered,
                               const char *method,
                               const char *authority,
                               grpc_call *parent,
                               gpr_timespec deadline,
                               grpc_call **call,
                               grpc_call **replaced,
                               GrpcAioChannelMember *member)
{
  grpc_channel *unused = NULL;
  gboolean is_open;

  g_mutex_lock (&self->lock);
  is_open = self->core != NULL;
  if (is_open)
    {
      *replaced = *call;
      g_atomic_pointer_set (call, create_call (self, grpc_aio_queue_get_core (queue), registered, method, authority, parent, deadline));
      unused = grpc_aio_channel_addresses_leave (member->addresses);
      grpc_aio_channel_take_addresses (self, *call, member);
      grpc_aio_channel_watch_state (self);
    }
  g_mutex_unlock (&self->lock);

  if (unused != NULL)
    grpc_aio_core_channel_destroy (unused);

  return is_open;
}

/* With the lock. */
static void
link_member (GrpcAioChannel *self,
             GrpcAioChannelMember *member)
{
  member->next = self->members;
  member->previous = &self->members;
  if (self->members != NULL)
    self->members->previous = &member->next;
  self->members = member;
}

/* A call that is not grpc-core's. FALSE when the channel is closed. */
gboolean
grpc_aio_channel_add_member (GrpcAioChannel *self,
                             GrpcAioChannelMember *member)
{
  gboolean is_open;

  if (!grpc_aio_core_is_usable ())
    return FALSE;

  g_mutex_lock (&self->lock);
  is_open = self->core != NULL && !self->is_closed;
  if (is_open)
    link_member (self, member);
  g_mutex_unlock (&self->lock);

  return is_open;
}

/* Whether the addresses are others than those that the call was made for. */
gboolean
grpc_aio_channel_is_outdated (GrpcAioChannel *self,
                              GrpcAioChannelMember *member)
{
  gboolean is_outdated;

  g_mutex_lock (&self->lock);
  is_outdated = self->addresses != NULL && member->addresses != self->addresses;
  g_mutex_unlock (&self->lock);

  return is_outdated;
}

/* Sets @call before @member is in the list of calls to cancel. FALSE when the
 * channel is closed or has a flaw. */
gboolean
grpc_aio_channel_create_call (GrpcAioChannel *self,
                              GrpcAioQueue *queue,
                              gpointer registered,
                              const char *method,
                              const char *authority,
                              grpc_call *parent,
                              gpr_timespec deadline,
                              grpc_call **call,
                              GrpcAioChannelMember *member)
{
  if (!grpc_aio_core_is_usable ())
    return FALSE;

  g_mutex_lock (&self->lock);
  if (self->core != NULL && !self->is_closed && self->flaw == NULL)
    {
      *call = create_call (self, grpc_aio_queue_get_core (queue), registered, method, authority, parent, deadline);
      if (self->addresses != NULL)
        grpc_aio_channel_take_addresses (self, *call, member);
      link_member (self, member);
      grpc_aio_channel_watch_state (self);
    }
  g_mutex_unlock (&self->lock);

  return *call != NULL;
}

void
grpc_aio_channel_remove_member (GrpcAioChannel *self,
                                GrpcAioChannelMember *member)
{
  GrpcAioOperationList closed = { NULL, NULL };
  grpc_channel *unused = NULL;

  g_mutex_lock (&self->lock);
  if (member->addresses != NULL)
    unused = grpc_aio_channel_addresses_leave (g_steal_pointer (&member->addresses));
  if (member->previous != NULL)
    {
      *member->previous = member->next;
      if (member->next != NULL)
        member->next->previous = member->previous;
      member->previous = NULL;
    }
  if (self->members == NULL)
    closed = grpc_aio_operation_list_take (&self->close_waiters);
  g_mutex_unlock (&self->lock);

  if (unused != NULL)
    grpc_aio_core_channel_destroy (unused);
  if (closed.head != NULL)
    grpc_aio_channel_shut (self, FALSE);
  grpc_aio_operation_list_return_true (&closed);
}

static GrpcAioMultiCallable *
new_multi_callable (GrpcAioChannel *self,
                    const char *method,
                    GrpcAioMethodKind kind)
{
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);
  g_return_val_if_fail (method != NULL && *method == '/', NULL);

  return grpc_aio_multi_callable_new (self, method, kind);
}

/**
 * grpc_aio_channel_unary_unary:
 * @self: a channel
 * @method: the full name, `/package.Service/Method`
 *
 * Makes a method with one request and one response ready to be called.
 *
 * Returns: (transfer full): the method
 *
 * Since: 0.1
 */
GrpcAioMultiCallable *
grpc_aio_channel_unary_unary (GrpcAioChannel *self,
                              const char *method)
{
  return new_multi_callable (self, method, GRPC_AIO_METHOD_KIND_UNARY_UNARY);
}

/**
 * grpc_aio_channel_unary_stream:
 * @self: a channel
 * @method: the full name, `/package.Service/Method`
 *
 * Makes a method with one request and a stream of responses ready to be called.
 *
 * Returns: (transfer full): the method
 *
 * Since: 0.1
 */
GrpcAioMultiCallable *
grpc_aio_channel_unary_stream (GrpcAioChannel *self,
                               const char *method)
{
  return new_multi_callable (self, method, GRPC_AIO_METHOD_KIND_UNARY_STREAM);
}

/**
 * grpc_aio_channel_stream_unary:
 * @self: a channel
 * @method: the full name, `/package.Service/Method`
 *
 * Makes a method with a stream of requests and one response ready to be called.
 *
 * Returns: (transfer full): the method
 *
 * Since: 0.1
 */
GrpcAioMultiCallable *
grpc_aio_channel_stream_unary (GrpcAioChannel *self,
                               const char *method)
{
  return new_multi_callable (self, method, GRPC_AIO_METHOD_KIND_STREAM_UNARY);
}

/**
 * grpc_aio_channel_stream_stream:
 * @self: a channel
 * @method: the full name, `/package.Service/Method`
 *
 * Makes a method with two streams ready to be called.
 *
 * Returns: (transfer full): the method
 *
 * Since: 0.1
 */
GrpcAioMultiCallable *
grpc_aio_channel_stream_stream (GrpcAioChannel *self,
                                const char *method)
{
  return new_multi_callable (self, method, GRPC_AIO_METHOD_KIND_STREAM_STREAM);
}
