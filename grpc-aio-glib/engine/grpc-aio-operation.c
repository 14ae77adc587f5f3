/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "engine/grpc-aio-operation-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "engine/grpc-aio-core-private.h"
#include "engine/grpc-aio-pool-private.h"

static void grpc_aio_operation_async_result_init (GAsyncResultIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (GrpcAioOperation, grpc_aio_operation, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_ASYNC_RESULT, grpc_aio_operation_async_result_init))

/* Leaves it as new. */
static void
grpc_aio_operation_clear (gpointer object)
{
  GrpcAioOperation *self = object;

  if (self->destroy != NULL && self->pointer != NULL)
    self->destroy (self->pointer);
  g_clear_error (&self->error);
  g_clear_pointer (&self->message, g_bytes_unref);
  if (self->metadata.n_entries > 0)
    grpc_aio_core_metadata_clear (&self->metadata);
  g_clear_pointer (&self->queue, grpc_aio_queue_unref);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_object (&self->source);

  memset (&self->next, 0, sizeof *self - G_STRUCT_OFFSET (GrpcAioOperation, next));
}

static void
grpc_aio_operation_finalize (GObject *object)
{
  grpc_aio_operation_clear (object);

  G_OBJECT_CLASS (grpc_aio_operation_parent_class)->finalize (object);
}

static void
grpc_aio_operation_class_init (GrpcAioOperationClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = grpc_aio_operation_finalize;
}

static void
grpc_aio_operation_init (GrpcAioOperation *self)
{
}

static gpointer
get_user_data (GAsyncResult *result)
{
  return GRPC_AIO_OPERATION (result)->user_data;
}

static GObject *
get_source_object (GAsyncResult *result)
{
  GrpcAioOperation *self = GRPC_AIO_OPERATION (result);

  return self->source != NULL ? g_object_ref (self->source) : NULL;
}

static gboolean
is_tagged (GAsyncResult *result,
           gpointer tag)
{
  return GRPC_AIO_OPERATION (result)->tag == tag;
}

static void
grpc_aio_operation_async_result_init (GAsyncResultIface *iface)
{
  iface->get_user_data = get_user_data;
  iface->get_source_object = get_source_object;
  iface->is_tagged = is_tagged;
}

/* @source is kept until the result goes. */
GrpcAioOperation *
grpc_aio_operation_new (GrpcAioOperationKind kind,
                        gpointer source,
                        gpointer tag,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  GrpcAioOperation *self = grpc_aio_pool_take (GRPC_AIO_POOL_OPERATION, GRPC_AIO_TYPE_OPERATION);

  self->kind = kind;
  self->source = g_object_ref (source);
  self->tag = tag;
  self->context = g_main_context_ref_thread_default ();
  self->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  self->callback = callback;
  self->user_data = user_data;
  self->birth = grpc_aio_queue_get_turn (NULL);

  return self;
}

/* For our own code: calls back at once wherever the operation ends, perhaps before the
 * function that started it returns, and in another thread when the main context is
 * gone. */
GrpcAioOperation *
grpc_aio_operation_new_direct (GrpcAioOperationKind kind,
                               gpointer source,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GrpcAioOperation *self = grpc_aio_pool_take (GRPC_AIO_POOL_OPERATION, GRPC_AIO_TYPE_OPERATION);

  self->kind = kind;
  self->source = g_object_ref (source);
  self->callback = callback;
  self->user_data = user_data;

  return self;
}

/* Runs in any thread, perhaps while the operation returns in another. */
static void
on_cancelled (GCancellable *cancellable,
              gpointer data)
{
  GrpcAioOperation *self = data;

  self->cancel (self, self->owner);
}

/* Has @cancel called, on any thread, when the cancellable is cancelled. Call it
 * without a lock, and before another thread can return @self. */
void
grpc_aio_operation_connect (GrpcAioOperation *self,
                            gpointer owner,
                            GrpcAioOperationCancel cancel)
{
  if (self->cancellable == NULL)
    return;

  self->owner = owner;
  self->cancel = cancel;
  self->cancelled_id = g_cancellable_connect (self->cancellable, G_CALLBACK (on_cancelled),
                                              g_object_ref (self), g_object_unref);
}

/* What was withdrawn before it got into a list must not get there. */
gboolean
grpc_aio_operation_is_withdrawn (GrpcAioOperation *self)
{
  return g_atomic_int_get (&self->is_withdrawn);
}

static void
on_withdrawal (GrpcAioCompletion *completion,
               gboolean ok)
{
  GrpcAioOperation *self = (GrpcAioOperation *) ((guint8 *) completion - G_STRUCT_OFFSET (GrpcAioOperation, withdrawal));
  g_autoptr (GObject) owner = self->owner;

  if (self->withdraw (self, owner))
    {
      /* This may run inside the handler, where g_cancellable_disconnect () would
       * wait for itself. The handler holds what it needs. */
      g_signal_handler_disconnect (self->cancellable, self->cancelled_id);
      self->cancelled_id = 0;
      grpc_aio_operation_return_cancelled (self);
    }
  g_object_unref (self);
}

/* Runs on any thread. The operation cannot return meanwhile, so the owner
 * lives. */
static void
push_withdrawal (GrpcAioOperation *self,
                 gpointer owner)
{
  if (!g_atomic_int_compare_and_exchange (&self->is_withdrawn, FALSE, TRUE))
    return;

  g_object_ref (self);
  g_object_ref (owner);
  self->withdrawal.run = on_withdrawal;
  grpc_aio_queue_push (self->queue, &self->withdrawal);
}

/* Has the operation end with G_IO_ERROR_CANCELLED, from @queue, when its
 * cancellable is cancelled: nothing but the waiting is given up. */
void
grpc_aio_operation_connect_withdrawal (GrpcAioOperation *self,
                                       gpointer owner,
                                       GrpcAioQueue *queue,
                                       GrpcAioOperationWithdraw withdraw)
{
  if (self->cancellable == NULL)
    return;

  self->queue = grpc_aio_queue_ref (queue);
  self->withdraw = withdraw;
  grpc_aio_operation_connect (self, owner, push_withdrawal);
}

static void
release (gpointer data)
{
  grpc_aio_pool_release (GRPC_AIO_POOL_OPERATION, data, grpc_aio_operation_clear);
}

static gboolean
call_back (gpointer data)
{
  GrpcAioOperation *self = data;

  self->callback (self->source, G_ASYNC_RESULT (self), self->user_data);

  return G_SOURCE_REMOVE;
}

/* Consumes. */
static void
deliver (GrpcAioOperation *self)
{
  g_autoptr (GSource) idle = NULL;

  if (self->cancelled_id != 0)
    {
      g_cancellable_disconnect (self->cancellable, self->cancelled_id);
      self->cancelled_id = 0;
    }
  if (self->callback == NULL)
    {
      release (self);
      return;
    }
  if (self->context == NULL || grpc_aio_queue_get_turn (self->context) > self->birth)
    {
      call_back (self);
      release (self);
      return;
    }

  idle = g_idle_source_new ();
  g_source_set_priority (idle, G_PRIORITY_DEFAULT);
  g_source_set_static_name (idle, "grpc-aio-operation");
  g_source_set_callback (idle, call_back, self, release);
  g_source_attach (idle, self->context);
}

void
grpc_aio_operation_return_pointer (GrpcAioOperation *self,
                                   gpointer result,
                                   GDestroyNotify destroy)
{
  self->pointer = result;
  self->destroy = destroy;
  deliver (self);
}

void
grpc_aio_operation_return_number (GrpcAioOperation *self,
                                  gssize result)
{
  self->number = result;
  deliver (self);
}

void
grpc_aio_operation_return_error (GrpcAioOperation *self,
                                 GError *error)
{
  self->error = error;
  deliver (self);
}

/* An error of G_IO_ERROR. */
void
grpc_aio_operation_return_new_error (GrpcAioOperation *self,
                                     int code,
                                     const char *format,
                                     ...)
{
  va_list args;

  va_start (args, format);
  self->error = g_error_new_valist (G_IO_ERROR, code, format, args);
  va_end (args);

  deliver (self);
}

void
grpc_aio_operation_return_cancelled (GrpcAioOperation *self)
{
  grpc_aio_operation_return_new_error (self, G_IO_ERROR_CANCELLED, "%s", _("The operation was cancelled"));
}

/* Consumes @self when it refuses: in a child of fork () nothing completes. */
gboolean
grpc_aio_operation_refuse_forked (GrpcAioOperation *self)
{
  if (G_LIKELY (grpc_aio_core_is_usable ()))
    return FALSE;

  grpc_aio_operation_return_error (self, grpc_aio_core_new_forked_error ());

  return TRUE;
}

gboolean
grpc_aio_operation_is_valid (GAsyncResult *result,
                             gpointer source,
                             gpointer tag)
{
  return GRPC_AIO_IS_OPERATION (result) &&
         GRPC_AIO_OPERATION (result)->source == source &&
         GRPC_AIO_OPERATION (result)->tag == tag;
}

/* As everywhere in GIO, what was cancelled in time fails. */
static gboolean
propagate_error (GrpcAioOperation *self,
                 GError **error)
{
  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return TRUE;

  if (self->error == NULL)
    return FALSE;

  g_propagate_error (error, g_steal_pointer (&self->error));
  self->number = -1;

  return TRUE;
}

gpointer
grpc_aio_operation_propagate_pointer (GAsyncResult *result,
                                      GError **error)
{
  GrpcAioOperation *self = GRPC_AIO_OPERATION (result);

  return propagate_error (self, error) ? NULL : g_steal_pointer (&self->pointer);
}

/* -1 with an error. */
gssize
grpc_aio_operation_propagate_number (GAsyncResult *result,
                                     GError **error)
{
  GrpcAioOperation *self = GRPC_AIO_OPERATION (result);

  return propagate_error (self, error) ? -1 : self->number;
}

gboolean
grpc_aio_operation_propagate_boolean (GAsyncResult *result,
                                      GError **error)
{
  return grpc_aio_operation_propagate_number (result, error) > 0;
}

void
grpc_aio_operation_list_append (GrpcAioOperationList *self,
                                GrpcAioOperation *operation)
{
  operation->next = NULL;
  if (self->tail != NULL)
    self->tail->next = operation;
  else
    self->head = operation;
  self->tail = operation;
}

GrpcAioOperation *
grpc_aio_operation_list_pop (GrpcAioOperationList *self)
{
  GrpcAioOperation *operation = self->head;

  if (operation == NULL)
    return NULL;

  self->head = operation->next;
  if (self->head == NULL)
    self->tail = NULL;
  operation->next = NULL;

  return operation;
}

gboolean
grpc_aio_operation_list_remove (GrpcAioOperationList *self,
                                GrpcAioOperation *operation)
{
  GrpcAioOperation *before = NULL;

  for (GrpcAioOperation *at = self->head; at != NULL; before = at, at = at->next)
    {
      if (at != operation)
        continue;

      if (before != NULL)
        before->next = at->next;
      else
        self->head = at->next;
      if (self->tail == at)
        self->tail = before;
      at->next = NULL;

      return TRUE;
    }

  return FALSE;
}

GrpcAioOperationList
grpc_aio_operation_list_take (GrpcAioOperationList *self)
{
  GrpcAioOperationList taken = *self;

  self->head = self->tail = NULL;

  return taken;
}

/* Each of them has succeeded. */
void
grpc_aio_operation_list_return_true (GrpcAioOperationList *self)
{
  GrpcAioOperation *operation;

  while ((operation = grpc_aio_operation_list_pop (self)) != NULL)
    grpc_aio_operation_return_number (operation, TRUE);
}
