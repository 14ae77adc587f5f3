/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "server/grpc-aio-servicer-context-parts-private.h"

#include <glib/gi18n-lib.h>
#include <grpc/compression.h>

#include "engine/grpc-aio-sync-private.h"

static void
add_compression (GrpcAioServicerContext *self,
                 GrpcAioCoreMetadata *metadata)
{
  const char *name = "identity";

  grpc_compression_algorithm_name ((grpc_compression_algorithm) self->compression, &name);
  grpc_aio_core_metadata_add_static (metadata, GRPC_COMPRESSION_REQUEST_ALGORITHM_MD_KEY, name);
}

/* Has the compression go with the initial metadata, before what is sent next. */
void
grpc_aio_servicer_context_send_compression (GrpcAioServicerContext *self)
{
  GrpcAioOperation *operation;

  if (!g_atomic_int_compare_and_exchange (&self->has_compression, TRUE, FALSE))
    return;

  operation = grpc_aio_operation_new (GRPC_AIO_SEND_INITIAL_METADATA, self, grpc_aio_servicer_context_send_compression, NULL, NULL, NULL);
  add_compression (self, &operation->metadata);
  g_mutex_lock (&self->core_call.lock);
  self->has_initial_metadata = TRUE;
  g_mutex_unlock (&self->core_call.lock);
  grpc_aio_core_call_send (&self->core_call, operation);
}

/* The flags of the next message. */
guint32
grpc_aio_servicer_context_take_flags (GrpcAioServicerContext *self)
{
  if (G_LIKELY (!g_atomic_int_get (&self->is_next_plain)))
    return 0;

  g_atomic_int_set (&self->is_next_plain, FALSE);

  return GRPC_WRITE_NO_COMPRESS;
}

/* Runs on any thread, while @operation is pending. */
static void
cancel_from_operation (GrpcAioOperation *operation,
                       gpointer owner)
{
  grpc_aio_servicer_context_cancel (owner);
}

static GrpcAioOperation *
new_operation (GrpcAioServicerContext *self,
               GrpcAioOperationKind kind,
               gpointer tag,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  GrpcAioOperation *operation = grpc_aio_operation_new (kind, self, tag, cancellable, callback, user_data);

  grpc_aio_operation_connect (operation, self, cancel_from_operation);

  return operation;
}

/* Consumes @operation when it refuses. */
static gboolean
refuse_when_answered (GrpcAioServicerContext *self,
                      GrpcAioOperation *operation)
{
  gboolean is_answered = g_atomic_int_get (&self->is_answered);

  if (is_answered)
    grpc_aio_operation_return_new_error (operation, G_IO_ERROR_CLOSED, "%s", _("The call is answered already"));

  return is_answered;
}

/* Consumes @operation. */
static void
submit_message (GrpcAioServicerContext *self,
                GrpcAioOperation *operation)
{
  if (G_UNLIKELY (self->interceptors != NULL))
    {
      operation->message = grpc_aio_servicer_context_filter_response (self, operation->message);
      if (operation->message == NULL)
        {
          grpc_aio_operation_return_new_error (operation, G_IO_ERROR_CLOSED, _("An interceptor of %s refused the message"), self->method);
          return;
        }
    }
  operation->flags |= grpc_aio_servicer_context_take_flags (self);
  if (G_UNLIKELY (g_atomic_int_get (&self->has_compression)))
    grpc_aio_servicer_context_send_compression (self);
  grpc_aio_core_call_send (&self->core_call, operation);
}

static void
write_message (GrpcAioServicerContext *self,
               GBytes *message,
               guint32 flags,
               gpointer tag,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  GrpcAioOperation *operation = new_operation (self, GRPC_AIO_SEND_MESSAGE, tag, cancellable, callback, user_data);

  if (!grpc_aio_servicer_context_streams_responses (self))
    {
      grpc_aio_operation_return_new_error (operation, G_IO_ERROR_NOT_SUPPORTED,
                                           _("%s has one response: give it with the answer"), self->method);
      return;
    }
  if (refuse_when_answered (self, operation))
    return;

  operation->message = g_bytes_ref (message);
  operation->flags = flags;
  submit_message (self, operation);
}

/* Consumes @operation. */
static void
submit_initial_metadata (GrpcAioServicerContext *self,
                         GrpcAioOperation *operation)
{
  gboolean is_sent;

  g_mutex_lock (&self->core_call.lock);
  is_sent = self->has_initial_metadata || !self->core_call.needs_initial_metadata || self->core_call.sends.head != NULL;
  self->has_initial_metadata = TRUE;
  g_mutex_unlock (&self->core_call.lock);
  if (is_sent)
    {
      grpc_aio_operation_return_new_error (operation, G_IO_ERROR_EXISTS, "%s", _("The initial metadata was sent already"));
      return;
    }

  if (G_UNLIKELY (g_atomic_int_compare_and_exchange (&self->has_compression, TRUE, FALSE)))
    add_compression (self, &operation->metadata);
  grpc_aio_core_call_send (&self->core_call, operation);
}

/* A read or a send, of a call with streams. Consumes @operation. */
void
grpc_aio_servicer_context_submit (GrpcAioServicerContext *self,
                                  GrpcAioOperation *operation)
{
  if (operation->kind == GRPC_AIO_WAIT_MESSAGE)
    grpc_aio_core_call_read (&self->core_call, operation);
  else if (refuse_when_answered (self, operation))
    ;
  else if (operation->kind == GRPC_AIO_SEND_MESSAGE)
    submit_message (self, operation);
  else
    submit_initial_metadata (self, operation);
}

/**
 * grpc_aio_servicer_context_read_async:
 * @self: a context
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Reads the next message of a stream of requests.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_read_async (GrpcAioServicerContext *self,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  GrpcAioOperation *operation;

  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = new_operation (self, GRPC_AIO_WAIT_MESSAGE, grpc_aio_servicer_context_read_async,
                             cancellable, callback, user_data);
  if (!grpc_aio_servicer_context_streams_requests (self))
    grpc_aio_operation_return_new_error (operation, G_IO_ERROR_NOT_SUPPORTED,
                                         _("%s has one request, which the handler was given"), self->method);
  else
    grpc_aio_core_call_read (&self->core_call, operation);
}

/**
 * grpc_aio_servicer_context_read_finish:
 * @self: a context
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@ServicerContext.read_async].
 *
 * The end of the stream is `NULL` without an error. It fails with
 * `GRPC_AIO_ERROR_CANCELLED` or `GRPC_AIO_ERROR_DEADLINE_EXCEEDED` when the client
 * gave the call up.
 *
 * Returns: (transfer full) (nullable): the message, or `NULL` at the end of the
 *   stream
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_servicer_context_read_finish (GrpcAioServicerContext *self,
                                       GAsyncResult *result,
                                       GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_servicer_context_read_async), NULL);

  return grpc_aio_operation_propagate_pointer (result, error);
}

/**
 * grpc_aio_servicer_context_read_sync:
 * @self: a context
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Blocks until the next message of a stream of requests is here.
 *
 * Returns: (transfer full) (nullable): the message, or `NULL` at the end of the
 *   stream
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_servicer_context_read_sync (GrpcAioServicerContext *self,
                                     GCancellable *cancellable,
                                     GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  sync = grpc_aio_sync_begin (self->core_call.queue);
  grpc_aio_servicer_context_read_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_servicer_context_read_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_servicer_context_write_async:
 * @self: a context
 * @message: the message
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Writes a message to a stream of responses.
 *
 * It ends when flow control has taken the message. Further messages may be
 * written meanwhile: they wait, in order.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_write_async (GrpcAioServicerContext *self,
                                       GBytes *message,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  write_message (self, message, 0, grpc_aio_servicer_context_write_async, cancellable, callback, user_data);
}

/**
 * grpc_aio_servicer_context_write_finish:
 * @self: a context
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@ServicerContext.write_async].
 *
 * It fails with `GRPC_AIO_ERROR_CANCELLED` or `GRPC_AIO_ERROR_DEADLINE_EXCEEDED`
 * when the client gave the call up.
 *
 * Returns: whether the message was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_write_finish (GrpcAioServicerContext *self,
                                        GAsyncResult *result,
                                        GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_servicer_context_write_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_servicer_context_write_sync:
 * @self: a context
 * @message: the message
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Writes a message to a stream of responses, and blocks until flow control has
 * taken it.
 *
 * Returns: whether the message was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_write_sync (GrpcAioServicerContext *self,
                                      GBytes *message,
                                      GCancellable *cancellable,
                                      GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = grpc_aio_sync_begin (self->core_call.queue);
  grpc_aio_servicer_context_write_async (self, message, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_servicer_context_write_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_servicer_context_write_with_flags_async:
 * @self: a context
 * @message: the message
 * @flags: how to write it
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Writes a message to a stream of responses as [method@ServicerContext.write_async]
 * does, but in another way.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_write_with_flags_async (GrpcAioServicerContext *self,
                                                  GBytes *message,
                                                  GrpcAioWriteFlags flags,
                                                  GCancellable *cancellable,
                                                  GAsyncReadyCallback callback,
                                                  gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail ((flags & ~GRPC_WRITE_USED_MASK) == 0);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  write_message (self, message, flags, grpc_aio_servicer_context_write_with_flags_async,
                 cancellable, callback, user_data);
}

/**
 * grpc_aio_servicer_context_write_with_flags_finish:
 * @self: a context
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@ServicerContext.write_with_flags_async]. It fails as
 * [method@ServicerContext.write_finish] does.
 *
 * Returns: whether the message was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_write_with_flags_finish (GrpcAioServicerContext *self,
                                                   GAsyncResult *result,
                                                   GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_servicer_context_write_with_flags_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_servicer_context_write_with_flags_sync:
 * @self: a context
 * @message: the message
 * @flags: how to write it
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Writes a message to a stream of responses in the way that @flags say, and blocks
 * until that has ended.
 *
 * Returns: whether the message was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_write_with_flags_sync (GrpcAioServicerContext *self,
                                                 GBytes *message,
                                                 GrpcAioWriteFlags flags,
                                                 GCancellable *cancellable,
                                                 GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail ((flags & ~GRPC_WRITE_USED_MASK) == 0, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = grpc_aio_sync_begin (self->core_call.queue);
  grpc_aio_servicer_context_write_with_flags_async (self, message, flags, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_servicer_context_write_with_flags_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_servicer_context_send_initial_metadata_async:
 * @self: a context
 * @metadata: (nullable): the metadata, or `NULL` for none
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Sends the initial metadata now. Without this, empty metadata goes with the
 * first message or the answer.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_send_initial_metadata_async (GrpcAioServicerContext *self,
                                                       GrpcAioMetadata *metadata,
                                                       GCancellable *cancellable,
                                                       GAsyncReadyCallback callback,
                                                       gpointer user_data)
{
  GrpcAioOperation *operation;

  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = new_operation (self, GRPC_AIO_SEND_INITIAL_METADATA, grpc_aio_servicer_context_send_initial_metadata_async,
                             cancellable, callback, user_data);
  if (refuse_when_answered (self, operation))
    return;

  grpc_aio_core_metadata_init (&operation->metadata, metadata);
  submit_initial_metadata (self, operation);
}

/**
 * grpc_aio_servicer_context_send_initial_metadata_finish:
 * @self: a context
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@ServicerContext.send_initial_metadata_async].
 *
 * It fails with `G_IO_ERROR_EXISTS` when it was sent already.
 *
 * Returns: whether it was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_send_initial_metadata_finish (GrpcAioServicerContext *self,
                                                        GAsyncResult *result,
                                                        GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_servicer_context_send_initial_metadata_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_servicer_context_send_initial_metadata_sync:
 * @self: a context
 * @metadata: (nullable): the metadata, or `NULL` for none
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Sends the initial metadata, and blocks until flow control has taken it.
 *
 * Returns: whether it was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_send_initial_metadata_sync (GrpcAioServicerContext *self,
                                                      GrpcAioMetadata *metadata,
                                                      GCancellable *cancellable,
                                                      GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = grpc_aio_sync_begin (self->core_call.queue);
  grpc_aio_servicer_context_send_initial_metadata_async (self, metadata, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_servicer_context_send_initial_metadata_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_servicer_context_has_sent_initial_metadata:
 * @self: a context
 *
 * Whether the initial metadata is on its way: by
 * [method@ServicerContext.send_initial_metadata_async], or with the first message
 * or the answer.
 *
 * Returns: whether it is too late to send some
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_has_sent_initial_metadata (GrpcAioServicerContext *self)
{
  gboolean value;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), FALSE);

  g_mutex_lock (&self->core_call.lock);
  value = self->has_initial_metadata || !self->core_call.needs_initial_metadata || self->core_call.sends.head != NULL;
  g_mutex_unlock (&self->core_call.lock);

  return value;
}

/**
 * grpc_aio_servicer_context_set_compression:
 * @self: a context
 * @compression: a compression; `GRPC_AIO_COMPRESSION_NONE` for none, even if the
 *   server has a default
 * @error: where to put an error
 *
 * Sets how the responses of this call are compressed.
 *
 * Every client of gRPC understands each. It travels with the initial metadata:
 * when that was sent already this fails with `G_IO_ERROR_EXISTS`.
 *
 * Returns: whether it is not too late
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_set_compression (GrpcAioServicerContext *self,
                                           GrpcAioCompression compression,
                                           GError **error)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), FALSE);
  g_return_val_if_fail (compression >= GRPC_AIO_COMPRESSION_NONE && compression <= GRPC_AIO_COMPRESSION_GZIP, FALSE);

  if (grpc_aio_servicer_context_has_sent_initial_metadata (self) || g_atomic_int_get (&self->is_answered))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_EXISTS, _("The initial metadata was sent already: set the compression before"));
      return FALSE;
    }

  self->compression = compression;
  g_atomic_int_set (&self->has_compression, TRUE);

  return TRUE;
}

/**
 * grpc_aio_servicer_context_disable_next_message_compression:
 * @self: a context
 *
 * Has the next response sent as it is, such as one that is compressed already.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_disable_next_message_compression (GrpcAioServicerContext *self)
{
  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));

  g_atomic_int_set (&self->is_next_plain, TRUE);
}
