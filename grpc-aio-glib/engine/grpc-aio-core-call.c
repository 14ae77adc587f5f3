/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* grpc-core takes one read and one send at a time for each call. All others
 * wait here, in order. Sends that may travel together go as one batch. */

#include "engine/grpc-aio-core-call-private.h"

#include <grpc/byte_buffer.h>
#include <grpc/slice.h>
#include <grpc/support/alloc.h>

#include "engine/grpc-aio-bytes-private.h"
#include "engine/grpc-aio-core-private.h"

/* Beside the number of batches: the owner has no other user and keeps a
 * reference to itself until the last batch comes back. */
#define OWNER_WAITS (1 << 30)

#define MAX_OPS 8

/* How much of a call grpc-core may hold back to write it with what follows, and
 * what a message counts beside its length. */
#define HELD_MAX (16 * 1024)
#define HELD_OVERHEAD 64

static void on_read (GrpcAioCoreCall *self,
                     gboolean ok);
static void on_sent (GrpcAioCoreCall *self,
                     gboolean ok);

/* After this the call may be gone, unless the caller has a reference. */
static void
release_batch (GrpcAioCoreCall *self)
{
  if (g_atomic_int_add (&self->outstanding, -1) != OWNER_WAITS + 1 ||
      !g_atomic_int_compare_and_exchange (&self->outstanding, OWNER_WAITS, 0))
    return;

  if (self->funcs->release != NULL)
    self->funcs->release (self);
  else
    g_object_unref (self->owner);
}

static void
on_completion (GrpcAioCompletion *completion,
               gboolean ok)
{
  GrpcAioBatch *batch = (GrpcAioBatch *) completion;

  batch->done (batch->call, ok);
  release_batch (batch->call);
}

void
grpc_aio_core_call_init (GrpcAioCoreCall *self,
                         gpointer owner,
                         const GrpcAioCoreCallFuncs *funcs,
                         GrpcAioQueue *queue)
{
  self->owner = owner;
  self->funcs = funcs;
  self->queue = grpc_aio_queue_ref (queue);
  self->reading.done = on_read;
  self->reading.may_complete = TRUE;
  self->sending.done = on_sent;
  self->sending.may_complete = TRUE;
}

/* From now on the owner lives until the last batch is back. For once, before or
 * while a batch is outstanding. Consumes a reference to @owner. */
void
grpc_aio_core_call_keep_owner (GrpcAioCoreCall *self,
                               gpointer owner)
{
  g_atomic_int_or ((guint *) &self->outstanding, OWNER_WAITS);
}

/* No batch came about. */
void
grpc_aio_core_call_lose_owner (GrpcAioCoreCall *self)
{
  grpc_aio_core_call_begin (self);
  grpc_aio_core_call_end (self);
}

/* Counts as a batch, so that the owner lives meanwhile. */
void
grpc_aio_core_call_begin (GrpcAioCoreCall *self)
{
  g_atomic_int_inc (&self->outstanding);
}

void
grpc_aio_core_call_end (GrpcAioCoreCall *self)
{
  release_batch (self);
}

/* In the owner's dispose: TRUE when the owner has to live on until grpc-core has
 * given its memory back. */
gboolean
grpc_aio_core_call_dispose (GrpcAioCoreCall *self)
{
  gint before = g_atomic_int_get (&self->outstanding);

  if (before == 0 || (before & OWNER_WAITS) != 0)
    return before > OWNER_WAITS;

  g_object_ref (self->owner);
  if (g_atomic_int_or ((guint *) &self->outstanding, OWNER_WAITS) > 0)
    return TRUE;

  /* The last batch came back meanwhile. */
  g_atomic_int_and ((guint *) &self->outstanding, ~OWNER_WAITS);
  g_object_unref (self->owner);

  return FALSE;
}

void
grpc_aio_core_call_clear (GrpcAioCoreCall *self)
{
  g_assert (self->reads.head == NULL && self->sends.head == NULL);

  g_clear_pointer (&self->incoming, grpc_byte_buffer_destroy);
  g_clear_pointer (&self->core, grpc_call_unref);
  g_clear_pointer (&self->queue, grpc_aio_queue_unref);
  g_mutex_clear (&self->lock);
}

/* With the lock. FALSE when grpc-core refuses, as it does after the end. */
gboolean
grpc_aio_core_call_start (GrpcAioCoreCall *self,
                          GrpcAioBatch *batch,
                          const grpc_op *ops,
                          gsize n_ops)
{
  grpc_call_error result;

  batch->call = self;
  batch->completion.run = on_completion;

  g_atomic_int_inc (&self->outstanding);
  result = grpc_aio_queue_start_batch (self->queue, self->core, ops, n_ops, batch->may_complete, &batch->completion);
  if (result == GRPC_CALL_OK)
    return TRUE;

  g_debug ("grpc-core refused a batch: %s", grpc_call_error_to_string (result));
  g_atomic_int_add (&self->outstanding, -1);

  return FALSE;
}

/* With the lock. */
gboolean
grpc_aio_core_call_is_idle (GrpcAioCoreCall *self)
{
  return !self->is_reading && !self->is_sending;
}

void
grpc_aio_core_call_cancel (GrpcAioCoreCall *self,
                           grpc_status_code code,
                           const char *details)
{
  grpc_call *core = g_atomic_pointer_get (&self->core);

  if (core != NULL && grpc_aio_core_is_usable ())
    grpc_call_cancel_with_status (core, code, details, NULL);
}

static void
end_reads (GrpcAioCoreCall *self,
           GrpcAioOperationList *reads)
{
  GrpcAioOperation *operation;

  while ((operation = grpc_aio_operation_list_pop (reads)) != NULL)
    self->funcs->end_read (self, operation);
}

/* With the lock. */
static void
start_read (GrpcAioCoreCall *self)
{
  const grpc_op op = {
    .op = GRPC_OP_RECV_MESSAGE,
    .data.recv_message.recv_message = &self->incoming,
  };

  if (self->is_reading || self->is_held || self->reads_ended || self->reads.head == NULL)
    return;

  self->is_reading = grpc_aio_core_call_start (self, &self->reading, &op, 1);
  self->reads_ended = !self->is_reading;
}

static void
on_read (GrpcAioCoreCall *self,
         gboolean ok)
{
  GrpcAioOperationList ended = { NULL, NULL };
  GrpcAioOperation *operation = NULL;
  g_autoptr (GBytes) message = NULL;
  grpc_byte_buffer *buffer;
  gboolean is_ending;

  /* Nobody else comes near it until the next read is started. */
  buffer = g_steal_pointer (&self->incoming);
  if (buffer != NULL && ok)
    message = grpc_aio_bytes_new_take_core (g_steal_pointer (&buffer));
  if (G_UNLIKELY (self->funcs->received != NULL) && message != NULL)
    message = self->funcs->received (self, g_steal_pointer (&message));

  g_mutex_lock (&self->lock);
  self->is_reading = FALSE;
  if (message != NULL)
    {
      operation = grpc_aio_operation_list_pop (&self->reads);
      start_read (self);
    }
  else
    {
      self->reads_ended = TRUE;
    }
  if (self->reads_ended)
    ended = grpc_aio_operation_list_take (&self->reads);
  is_ending = self->is_ending || self->sends_ended;
  g_mutex_unlock (&self->lock);

  if (buffer != NULL)
    grpc_byte_buffer_destroy (buffer);
  if (operation != NULL)
    grpc_aio_operation_return_pointer (operation, g_steal_pointer (&message), (GDestroyNotify) g_bytes_unref);
  end_reads (self, &ended);
  if (is_ending)
    self->funcs->settled (self);
}

/* Reads a message for @operation, after those that wait. Consumes it. */
void
grpc_aio_core_call_read (GrpcAioCoreCall *self,
                         GrpcAioOperation *operation)
{
  GrpcAioOperationList ended = { NULL, NULL };

  if (grpc_aio_operation_refuse_forked (operation))
    return;

  g_mutex_lock (&self->lock);
  grpc_aio_operation_list_append (&self->reads, operation);
  start_read (self);
  if (self->reads_ended)
    ended = grpc_aio_operation_list_take (&self->reads);
  g_mutex_unlock (&self->lock);

  end_reads (self, &ended);
}

static void
end_sends (GrpcAioCoreCall *self,
           GrpcAioOperationList *sends)
{
  GrpcAioOperation *operation;

  while ((operation = grpc_aio_operation_list_pop (sends)) != NULL)
    self->funcs->end_send (self, operation);
}

static grpc_op
new_initial_metadata_op (const GrpcAioCoreMetadata *metadata,
                         guint32 flags)
{
  return (grpc_op){
    .op = GRPC_OP_SEND_INITIAL_METADATA,
    .flags = flags,
    .data.send_initial_metadata = {
        .count = metadata != NULL ? metadata->n_entries : 0,
        .metadata = metadata != NULL ? metadata->entries : NULL,
    },
  };
}

static grpc_op
new_message_op (grpc_byte_buffer *message,
                guint32 flags)
{
  return (grpc_op){
    .op = GRPC_OP_SEND_MESSAGE,
    .flags = flags,
    .data.send_message.send_message = message,
  };
}

static grpc_op
new_status_op (const GrpcAioAnswer *answer)
{
  return (grpc_op){
    .op = GRPC_OP_SEND_STATUS_FROM_SERVER,
    .data.send_status_from_server = {
        .trailing_metadata_count = answer->metadata.n_entries,
        .trailing_metadata = answer->metadata.entries,
        .status = answer->code,
        .status_details = GRPC_SLICE_IS_EMPTY (answer->details) ? NULL : (grpc_slice *) &answer->details,
    },
  };
}

/* With the lock. A message with others behind it need not be written at once, so
 * that many messages take one system call. It completes as soon as grpc-core has
 * it. Each time enough is held back, a message goes without the flag and waits
 * for flow control, and all that is before it with it. */
static guint32
hold_back (GrpcAioCoreCall *self,
           gsize length)
{
  self->held_size += length + HELD_OVERHEAD;
  if (length <= HELD_MAX && self->held_size <= HELD_MAX)
    return GRPC_WRITE_BUFFER_HINT;

  self->held_size = 0;

  return 0;
}

/* With the lock. Puts as many of the waiting sends as may travel together into
 * one batch: initial metadata, a message, the end. */
static void
start_send (GrpcAioCoreCall *self)
{
  const GrpcAioAnswer *answer = self->answer;
  GrpcAioOperation *at = self->sends.head;
  grpc_op ops[MAX_OPS];
  gsize n_ops = 0;
  grpc_byte_buffer message;
  grpc_op *message_op = NULL;
  gboolean is_last = FALSE;

  if (self->is_sending || self->is_held || self->sends_ended || (at == NULL && answer == NULL))
    return;

  for (; at != NULL && !is_last; at = at->next)
    {
      if (at->message != NULL && message_op != NULL)
        break;
      if (at->kind == GRPC_AIO_SEND_INITIAL_METADATA && self->n_in_flight > 0)
        break;

      if (self->needs_initial_metadata)
        {
          if (at->kind == GRPC_AIO_SEND_INITIAL_METADATA)
            ops[n_ops++] = new_initial_metadata_op (&at->metadata, at->flags);
          else
            ops[n_ops++] = new_initial_metadata_op (NULL, 0);
          self->needs_initial_metadata = FALSE;
        }
      if (at->message != NULL)
        {
          grpc_aio_bytes_to_core (at->message, &message);
          message_op = &ops[n_ops++];
          *message_op = new_message_op (&message, at->flags);
        }
      if (at->kind == GRPC_AIO_SEND_CLOSE)
        {
          ops[n_ops++] = (grpc_op){ .op = GRPC_OP_SEND_CLOSE_FROM_CLIENT };
          is_last = TRUE;
        }
      self->n_in_flight++;
    }

  if (at == NULL && answer != NULL && (message_op == NULL || answer->message == NULL))
    {
      if (self->needs_initial_metadata)
        {
          ops[n_ops++] = new_initial_metadata_op (NULL, 0);
          self->needs_initial_metadata = FALSE;
        }
      if (answer->message != NULL)
        {
          grpc_aio_bytes_to_core (answer->message, &message);
          message_op = &ops[n_ops++];
          *message_op = new_message_op (&message, answer->flags);
        }
      ops[n_ops++] = new_status_op (answer);
      n_ops += self->funcs->add_ops (self, &ops[n_ops]);
      self->answer = NULL;
    }

  if (message_op != NULL && !is_last && (at != NULL || self->answer != NULL))
    message_op->flags |= hold_back (self, message.data.raw.slice_buffer.length);
  else
    self->held_size = 0;

  self->is_sending = grpc_aio_core_call_start (self, &self->sending, ops, n_ops);
  if (!self->is_sending)
    {
      self->n_in_flight = 0;
      self->sends_ended = TRUE;
    }

  if (message_op != NULL)
    grpc_slice_buffer_destroy (&message.data.raw.slice_buffer);
}

static void
on_sent (GrpcAioCoreCall *self,
         gboolean ok)
{
  GrpcAioOperationList sent = { NULL, NULL };
  GrpcAioOperationList ended = { NULL, NULL };
  gboolean is_ending;

  g_mutex_lock (&self->lock);
  self->is_sending = FALSE;
  if (ok)
    {
      while (self->n_in_flight > 0)
        {
          grpc_aio_operation_list_append (&sent, grpc_aio_operation_list_pop (&self->sends));
          self->n_in_flight--;
        }
      start_send (self);
    }
  else
    {
      self->n_in_flight = 0;
      self->sends_ended = TRUE;
    }
  if (self->sends_ended)
    ended = grpc_aio_operation_list_take (&self->sends);
  is_ending = self->is_ending || self->sends_ended;
  g_mutex_unlock (&self->lock);

  grpc_aio_operation_list_return_true (&sent);
  end_sends (self, &ended);
  if (is_ending)
    self->funcs->settled (self);
}

/* Does what waited for the call to start, or ends it because it did not. */
void
grpc_aio_core_call_release (GrpcAioCoreCall *self,
                            gboolean has_started)
{
  GrpcAioOperationList reads = { NULL, NULL };
  GrpcAioOperationList sends = { NULL, NULL };

  g_mutex_lock (&self->lock);
  self->is_held = FALSE;
  if (!has_started)
    self->reads_ended = self->sends_ended = TRUE;
  start_read (self);
  start_send (self);
  if (self->reads_ended)
    reads = grpc_aio_operation_list_take (&self->reads);
  if (self->sends_ended)
    sends = grpc_aio_operation_list_take (&self->sends);
  g_mutex_unlock (&self->lock);

  end_reads (self, &reads);
  end_sends (self, &sends);
}

/* Sends @operation after those that wait. Consumes it. */
void
grpc_aio_core_call_send (GrpcAioCoreCall *self,
                         GrpcAioOperation *operation)
{
  GrpcAioOperationList ended = { NULL, NULL };

  if (grpc_aio_operation_refuse_forked (operation))
    return;

  g_mutex_lock (&self->lock);
  grpc_aio_operation_list_append (&self->sends, operation);
  start_send (self);
  if (self->sends_ended)
    ended = grpc_aio_operation_list_take (&self->sends);
  g_mutex_unlock (&self->lock);

  end_sends (self, &ended);
}

/* With the lock. Sends @answer after all that waits; it stays the caller's. FALSE
 * when nothing can be sent any more. */
gboolean
grpc_aio_core_call_answer (GrpcAioCoreCall *self,
                           const GrpcAioAnswer *answer)
{
  self->answer = answer;
  start_send (self);

  return !self->sends_ended;
}

/* NULL while there is none. */
char *
grpc_aio_core_call_dup_peer (GrpcAioCoreCall *self)
{
  char *core_peer, *peer = NULL;

  if (self->core == NULL || self->is_held)
    return NULL;

  core_peer = grpc_call_get_peer (self->core);
  if (core_peer != NULL && *core_peer != '\0')
    peer = g_strdup (core_peer);
  gpr_free (core_peer);

  return peer;
}
