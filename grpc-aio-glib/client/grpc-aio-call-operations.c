/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-call-parts-private.h"

#include <glib/gi18n-lib.h>

#include "engine/grpc-aio-sync-private.h"

G_STATIC_ASSERT ((int) GRPC_AIO_WRITE_FLAGS_BUFFER_HINT == (int) GRPC_WRITE_BUFFER_HINT);
G_STATIC_ASSERT ((int) GRPC_AIO_WRITE_FLAGS_NO_COMPRESS == (int) GRPC_WRITE_NO_COMPRESS);
G_STATIC_ASSERT ((int) GRPC_AIO_WRITE_FLAGS_WRITE_THROUGH == (int) GRPC_WRITE_THROUGH);

static GrpcAioSync
begin_sync (GrpcAioCall *self)
{
  GrpcAioSync sync = grpc_aio_sync_begin (self->core_call.queue);

  /* What an interceptor waits for may be any source of the context. */
  sync.runs_context = self->relay != NULL;

  return sync;
}

static gboolean
withdraw (GrpcAioOperation *operation,
          gpointer owner)
{
  GrpcAioCall *self = owner;
  gboolean found;

  g_mutex_lock (&self->core_call.lock);
  found = grpc_aio_operation_list_remove (&self->waiting, operation);
  g_mutex_unlock (&self->core_call.lock);

  return found;
}

/* An operation whose cancelling ends the call. */
static GrpcAioOperation *
new_operation (GrpcAioCall *self,
               GrpcAioOperationKind kind,
               gpointer tag,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  GrpcAioOperation *operation = grpc_aio_operation_new (kind, self, tag, cancellable, callback, user_data);

  grpc_aio_operation_connect (operation, self, grpc_aio_call_cancel_from_operation);

  return operation;
}

/* Waits for something without a say in it. */
static void
wait_for (GrpcAioCall *self,
          GrpcAioOperationKind kind,
          gpointer tag,
          GCancellable *cancellable,
          GAsyncReadyCallback callback,
          gpointer user_data)
{
  GrpcAioOperation *operation = grpc_aio_operation_new (kind, self, tag, cancellable, callback, user_data);

  grpc_aio_operation_connect_withdrawal (operation, self, self->core_call.queue, withdraw);
  grpc_aio_call_wait (self, operation);
}

/* Consumes @operation when it refuses. */
static gboolean
refuse_wrong_kind (GrpcAioCall *self,
                   GrpcAioOperation *operation,
                   gboolean is_right,
                   const char *reason)
{
  if (is_right)
    return FALSE;

  grpc_aio_operation_return_new_error (operation, G_IO_ERROR_NOT_SUPPORTED, "%s: %s",
                                       grpc_aio_multi_callable_get_method (self->multi_callable), _(reason));

  return TRUE;
}

static void
write_message (GrpcAioCall *self,
               GBytes *message,
               guint32 flags,
               gpointer tag,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  GrpcAioOperation *operation = new_operation (self, GRPC_AIO_SEND_MESSAGE, tag, cancellable, callback, user_data);

  if (refuse_wrong_kind (self, operation, grpc_aio_method_kind_streams_requests (self->kind),
                         N_("There is one request, which is sent already")))
    return;

  if (g_atomic_int_get (&self->has_closed_writes))
    {
      grpc_aio_operation_return_new_error (operation, G_IO_ERROR_CLOSED, "%s",
                                           _("The writes of this call are done: nothing more can be written"));
      return;
    }

  operation->message = g_bytes_ref (message);
  operation->flags = flags;
  grpc_aio_call_submit (self, operation);
}

/**
 * grpc_aio_call_response_async:
 * @self: a call
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Waits for the one response of a method whose responses are no stream. It may
 * be asked for any number of times.
 *
 * Since: 0.1
 */
void
grpc_aio_call_response_async (GrpcAioCall *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  GrpcAioOperation *operation;

  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = new_operation (self, GRPC_AIO_WAIT_RESPONSE, grpc_aio_call_response_async, cancellable, callback, user_data);
  if (refuse_wrong_kind (self, operation, !grpc_aio_method_kind_streams_responses (self->kind),
                         N_("The responses are a stream: read them one by one")))
    return;

  grpc_aio_call_wait (self, operation);
}

/**
 * grpc_aio_call_response_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.response_async].
 *
 * It fails with the status of the call, in `GRPC_AIO_ERROR`, or with
 * `G_IO_ERROR_CANCELLED` when this program cancelled it.
 *
 * Returns: (transfer full): the response
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_call_response_finish (GrpcAioCall *self,
                               GAsyncResult *result,
                               GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_response_async), NULL);

  return grpc_aio_operation_propagate_pointer (result, error);
}

/**
 * grpc_aio_call_response_sync:
 * @self: a call
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Blocks until the response is here.
 *
 * Returns: (transfer full): the response
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_call_response_sync (GrpcAioCall *self,
                             GCancellable *cancellable,
                             GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  sync = begin_sync (self);
  grpc_aio_call_response_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_response_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_read_async:
 * @self: a call
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Reads the next message of a stream of responses.
 *
 * Since: 0.1
 */
void
grpc_aio_call_read_async (GrpcAioCall *self,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  GrpcAioOperation *operation;

  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = new_operation (self, GRPC_AIO_WAIT_MESSAGE, grpc_aio_call_read_async, cancellable, callback, user_data);
  if (refuse_wrong_kind (self, operation, grpc_aio_method_kind_streams_responses (self->kind),
                         N_("There is one response: wait for that")))
    return;

  grpc_aio_call_submit (self, operation);
}

/**
 * grpc_aio_call_read_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.read_async].
 *
 * The end of the stream is `NULL` without an error. It fails with the status of
 * the call when that is not OK.
 *
 * Returns: (transfer full) (nullable): the message, or `NULL` at the end of the
 *   stream
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_call_read_finish (GrpcAioCall *self,
                           GAsyncResult *result,
                           GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_read_async), NULL);

  return grpc_aio_operation_propagate_pointer (result, error);
}

/**
 * grpc_aio_call_read_sync:
 * @self: a call
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Blocks until the next message of a stream of responses is here.
 *
 * Returns: (transfer full) (nullable): the message, or `NULL` at the end of the
 *   stream
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_call_read_sync (GrpcAioCall *self,
                         GCancellable *cancellable,
                         GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  sync = begin_sync (self);
  grpc_aio_call_read_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_read_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_write_async:
 * @self: a call
 * @message: the message
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Writes a message to a stream of requests.
 *
 * It ends when flow control has taken the message. Further messages may be
 * written meanwhile: they wait, in order.
 *
 * Since: 0.1
 */
void
grpc_aio_call_write_async (GrpcAioCall *self,
                           GBytes *message,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  write_message (self, message, 0, grpc_aio_call_write_async, cancellable, callback, user_data);
}

/**
 * grpc_aio_call_write_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.write_async].
 *
 * It fails with the status of the call when that is not OK, and with
 * `G_IO_ERROR_CLOSED` when the writes or the call have ended.
 *
 * Returns: whether the message was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_write_finish (GrpcAioCall *self,
                            GAsyncResult *result,
                            GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_write_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_call_write_sync:
 * @self: a call
 * @message: the message
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Writes a message to a stream of requests, and blocks until flow control has
 * taken it.
 *
 * Returns: whether the message was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_write_sync (GrpcAioCall *self,
                          GBytes *message,
                          GCancellable *cancellable,
                          GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = begin_sync (self);
  grpc_aio_call_write_async (self, message, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_write_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_write_with_flags_async:
 * @self: a call
 * @message: the message
 * @flags: how to write it
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Writes a message to a stream of requests as [method@Call.write_async] does, but
 * in another way.
 *
 * Since: 0.1
 */
void
grpc_aio_call_write_with_flags_async (GrpcAioCall *self,
                                      GBytes *message,
                                      GrpcAioWriteFlags flags,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail ((flags & ~GRPC_WRITE_USED_MASK) == 0);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  write_message (self, message, flags, grpc_aio_call_write_with_flags_async, cancellable, callback, user_data);
}

/**
 * grpc_aio_call_write_with_flags_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.write_with_flags_async]. It fails as
 * [method@Call.write_finish] does.
 *
 * Returns: whether the message was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_write_with_flags_finish (GrpcAioCall *self,
                                       GAsyncResult *result,
                                       GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_write_with_flags_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_call_write_with_flags_sync:
 * @self: a call
 * @message: the message
 * @flags: how to write it
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Writes a message to a stream of requests in the way that @flags say, and blocks
 * until that has ended.
 *
 * Returns: whether the message was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_write_with_flags_sync (GrpcAioCall *self,
                                     GBytes *message,
                                     GrpcAioWriteFlags flags,
                                     GCancellable *cancellable,
                                     GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail ((flags & ~GRPC_WRITE_USED_MASK) == 0, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = begin_sync (self);
  grpc_aio_call_write_with_flags_async (self, message, flags, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_write_with_flags_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_done_writing_async:
 * @self: a call
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Tells the server that the stream of requests has ended, after the messages that
 * still wait. Does nothing the second time.
 *
 * Since: 0.1
 */
void
grpc_aio_call_done_writing_async (GrpcAioCall *self,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GrpcAioOperation *operation;

  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = new_operation (self, GRPC_AIO_SEND_CLOSE, grpc_aio_call_done_writing_async, cancellable, callback, user_data);
  if (refuse_wrong_kind (self, operation, grpc_aio_method_kind_streams_requests (self->kind),
                         N_("There is one request, which is sent already")))
    return;

  if (!g_atomic_int_compare_and_exchange (&self->has_closed_writes, FALSE, TRUE))
    grpc_aio_operation_return_number (operation, TRUE);
  else
    grpc_aio_call_submit (self, operation);
}

/**
 * grpc_aio_call_done_writing_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.done_writing_async].
 *
 * It fails with the status of the call when that is not OK.
 *
 * Returns: whether the end was told
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_done_writing_finish (GrpcAioCall *self,
                                   GAsyncResult *result,
                                   GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_done_writing_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_call_done_writing_sync:
 * @self: a call
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Tells the server that the stream of requests has ended, and blocks until flow
 * control has taken that.
 *
 * Returns: whether the end was told
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_done_writing_sync (GrpcAioCall *self,
                                 GCancellable *cancellable,
                                 GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = begin_sync (self);
  grpc_aio_call_done_writing_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_done_writing_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_initial_metadata_async:
 * @self: a call
 * @cancellable: (nullable): a way to stop waiting
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Waits for the metadata that the server sends before its first message. With one
 * request and one response it comes with the response.
 *
 * Since: 0.1
 */
void
grpc_aio_call_initial_metadata_async (GrpcAioCall *self,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  wait_for (self, GRPC_AIO_WAIT_INITIAL_METADATA, grpc_aio_call_initial_metadata_async, cancellable, callback, user_data);
}

/**
 * grpc_aio_call_initial_metadata_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.initial_metadata_async].
 *
 * It fails with the status of the call when none came.
 *
 * Returns: (transfer full): the metadata
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_call_initial_metadata_finish (GrpcAioCall *self,
                                       GAsyncResult *result,
                                       GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_initial_metadata_async), NULL);

  return grpc_aio_operation_propagate_pointer (result, error);
}

/**
 * grpc_aio_call_initial_metadata_sync:
 * @self: a call
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Blocks until the metadata is here that the server sends before its first message.
 *
 * Returns: (transfer full): the metadata
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_call_initial_metadata_sync (GrpcAioCall *self,
                                     GCancellable *cancellable,
                                     GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  sync = begin_sync (self);
  grpc_aio_call_initial_metadata_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_initial_metadata_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_trailing_metadata_async:
 * @self: a call
 * @cancellable: (nullable): a way to stop waiting
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Waits for the metadata that comes with the status, whatever that is. It comes
 * after all messages: a stream of responses has to be read to its end.
 *
 * Since: 0.1
 */
void
grpc_aio_call_trailing_metadata_async (GrpcAioCall *self,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  wait_for (self, GRPC_AIO_WAIT_TRAILING_METADATA, grpc_aio_call_trailing_metadata_async, cancellable, callback, user_data);
}

/**
 * grpc_aio_call_trailing_metadata_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.trailing_metadata_async].
 *
 * It fails only when cancelled.
 *
 * Returns: (transfer full): the metadata
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_call_trailing_metadata_finish (GrpcAioCall *self,
                                        GAsyncResult *result,
                                        GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_trailing_metadata_async), NULL);

  return grpc_aio_operation_propagate_pointer (result, error);
}

/**
 * grpc_aio_call_trailing_metadata_sync:
 * @self: a call
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Blocks until the metadata is here that comes with the status.
 *
 * Returns: (transfer full): the metadata
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_call_trailing_metadata_sync (GrpcAioCall *self,
                                      GCancellable *cancellable,
                                      GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  sync = begin_sync (self);
  grpc_aio_call_trailing_metadata_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_trailing_metadata_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_status_async:
 * @self: a call
 * @cancellable: (nullable): a way to stop waiting
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Waits for the status. Then [method@Call.get_details] tells more. It comes after
 * all messages: a stream of responses has to be read to its end.
 *
 * Since: 0.1
 */
void
grpc_aio_call_status_async (GrpcAioCall *self,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  wait_for (self, GRPC_AIO_WAIT_STATUS, grpc_aio_call_status_async, cancellable, callback, user_data);
}

/**
 * grpc_aio_call_status_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.status_async].
 *
 * A status other than OK is no error here: it fails only when cancelled.
 *
 * Returns: the status code
 *
 * Since: 0.1
 */
GrpcAioStatusCode
grpc_aio_call_status_finish (GrpcAioCall *self,
                             GAsyncResult *result,
                             GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_status_async), GRPC_AIO_STATUS_CODE_UNKNOWN);

  gssize code = grpc_aio_operation_propagate_number (result, error);

  return code >= 0 ? (GrpcAioStatusCode) code : GRPC_AIO_STATUS_CODE_UNKNOWN;
}

/**
 * grpc_aio_call_status_sync:
 * @self: a call
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Blocks until the call has its status.
 *
 * Returns: the status code
 *
 * Since: 0.1
 */
GrpcAioStatusCode
grpc_aio_call_status_sync (GrpcAioCall *self,
                           GCancellable *cancellable,
                           GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), GRPC_AIO_STATUS_CODE_UNKNOWN);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), GRPC_AIO_STATUS_CODE_UNKNOWN);

  sync = begin_sync (self);
  grpc_aio_call_status_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_status_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_wait_for_connection_async:
 * @self: a call
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Waits until the server has answered the start of the call with its initial
 * metadata. With one request and one response that is its end.
 *
 * Since: 0.1
 */
void
grpc_aio_call_wait_for_connection_async (GrpcAioCall *self,
                                         GCancellable *cancellable,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  grpc_aio_call_wait (self, new_operation (self, GRPC_AIO_WAIT_CONNECTION, grpc_aio_call_wait_for_connection_async,
                                       cancellable, callback, user_data));
}

/**
 * grpc_aio_call_wait_for_connection_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.wait_for_connection_async].
 *
 * It fails with the status of the call when that came first.
 *
 * Returns: whether the call is connected
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_wait_for_connection_finish (GrpcAioCall *self,
                                          GAsyncResult *result,
                                          GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_wait_for_connection_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_call_wait_for_connection_sync:
 * @self: a call
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Blocks until the server has answered the start of the call.
 *
 * Returns: whether the call is connected
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_wait_for_connection_sync (GrpcAioCall *self,
                                        GCancellable *cancellable,
                                        GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = begin_sync (self);
  grpc_aio_call_wait_for_connection_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_wait_for_connection_finish (self, grpc_aio_sync_wait (&sync), error);
}
