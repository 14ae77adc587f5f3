/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "engine/grpc-aio-operation-private.h"

#include <glib/gi18n-lib.h>
#include <grpc/slice.h>

GrpcAioOperation *
grpc_aio_operation_new (GrpcAioOperationKind kind,
                        GTask *task)
{
  GrpcAioOperation *self = g_new0 (GrpcAioOperation, 1);

  self->refs = 1;
  self->kind = kind;
  self->task = task != NULL ? g_object_ref (task) : NULL;

  return self;
}

GrpcAioOperation *
grpc_aio_operation_ref (GrpcAioOperation *self)
{
  g_atomic_int_inc (&self->refs);

  return self;
}

void
grpc_aio_operation_unref (GrpcAioOperation *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;

  g_clear_object (&self->task);
  g_clear_pointer (&self->queue, grpc_aio_queue_unref);
  g_clear_pointer (&self->message, g_bytes_unref);
  grpc_aio_core_metadata_clear (&self->metadata);
  if (self->kind == GRPC_AIO_SEND_STATUS)
    grpc_slice_unref (self->details);
  g_free (self);
}

/* Runs in any thread, perhaps while the operation returns in another. */
static void
on_cancelled (GCancellable *cancellable,
              gpointer data)
{
  GrpcAioOperation *self = data;

  self->cancel (self, self->owner);
}

/* What was withdrawn before it got into a list must not get there. */
gboolean
grpc_aio_operation_is_withdrawn (GrpcAioOperation *self)
{
  return g_atomic_int_get (&self->is_withdrawn);
}

static void
unref_operation (gpointer data)
{
  grpc_aio_operation_unref (data);
}

/* Has @cancel called, on any thread, when the task's cancellable is cancelled.
 * Call it without a lock, and before another thread can return @self. */
void
grpc_aio_operation_connect (GrpcAioOperation *self,
                            gpointer owner,
                            GrpcAioOperationCancel cancel)
{
  GCancellable *cancellable = self->task != NULL ? g_task_get_cancellable (self->task) : NULL;

  self->owner = owner;
  self->cancel = cancel;
  if (cancellable != NULL)
    self->cancelled_id = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled),
                                                grpc_aio_operation_ref (self), unref_operation);
}

static void
on_withdrawal (GrpcAioCompletion *completion,
               gboolean ok)
{
  g_autoptr (GrpcAioOperation) self = (GrpcAioOperation *) completion;
  g_autoptr (GObject) owner = self->owner;

  if (self->withdraw (self, owner))
    grpc_aio_operation_return_cancelled (self);
}

/* Runs on any thread. The task cannot return meanwhile, so the owner lives. */
static void
push_withdrawal (GrpcAioOperation *self,
                 gpointer owner)
{
  if (!g_atomic_int_compare_and_exchange (&self->is_withdrawn, FALSE, TRUE))
    return;

  grpc_aio_operation_ref (self);
  g_object_ref (owner);
  self->withdrawal.run = on_withdrawal;
  grpc_aio_queue_push (self->queue, &self->withdrawal);
}

/* Has the operation end with G_IO_ERROR_CANCELLED, from @queue, when the task's
 * cancellable is cancelled: nothing but the waiting is given up. */
void
grpc_aio_operation_connect_withdrawal (GrpcAioOperation *self,
                                       gpointer owner,
                                       GrpcAioQueue *queue,
                                       GrpcAioOperationWithdraw withdraw)
{
  if (g_task_get_cancellable (self->task) == NULL)
    return;

  self->queue = grpc_aio_queue_ref (queue);
  self->withdraw = withdraw;
  grpc_aio_operation_connect (self, owner, push_withdrawal);
}

static GTask *
take_task (GrpcAioOperation *self)
{
  if (self->cancelled_id != 0)
    {
      g_cancellable_disconnect (g_task_get_cancellable (self->task), self->cancelled_id);
      self->cancelled_id = 0;
    }

  return g_steal_pointer (&self->task);
}

void
grpc_aio_operation_return_pointer (GrpcAioOperation *self,
                                   gpointer result,
                                   GDestroyNotify destroy)
{
  g_autoptr (GTask) task = take_task (self);

  grpc_aio_operation_unref (self);
  g_task_return_pointer (task, result, destroy);
}

void
grpc_aio_operation_return_boolean (GrpcAioOperation *self,
                                   gboolean result)
{
  g_autoptr (GTask) task = take_task (self);

  grpc_aio_operation_unref (self);
  if (task != NULL)
    g_task_return_boolean (task, result);
}

void
grpc_aio_operation_return_int (GrpcAioOperation *self,
                               gssize result)
{
  g_autoptr (GTask) task = take_task (self);

  grpc_aio_operation_unref (self);
  g_task_return_int (task, result);
}

void
grpc_aio_operation_return_error (GrpcAioOperation *self,
                                 GError *error)
{
  g_autoptr (GTask) task = take_task (self);

  grpc_aio_operation_unref (self);
  if (task != NULL)
    g_task_return_error (task, error);
  else
    g_error_free (error);
}

void
grpc_aio_operation_return_cancelled (GrpcAioOperation *self)
{
  grpc_aio_operation_return_error (self, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                                              _("The operation was cancelled")));
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
