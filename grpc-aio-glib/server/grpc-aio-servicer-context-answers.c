/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "server/grpc-aio-servicer-context-parts-private.h"

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-error.h>

#include "types/grpc-aio-rpc-status-private.h"

/**
 * grpc_aio_servicer_context_set_trailing_metadata:
 * @self: a context
 * @metadata: (nullable): the metadata, or `NULL` for none
 *
 * Sets the metadata that goes with the answer.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_set_trailing_metadata (GrpcAioServicerContext *self,
                                                 GrpcAioMetadata *metadata)
{
  GrpcAioMetadata *before;

  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));

  g_mutex_lock (&self->core_call.lock);
  before = self->trailing_metadata;
  self->trailing_metadata = metadata != NULL ? grpc_aio_metadata_ref (metadata) : NULL;
  g_mutex_unlock (&self->core_call.lock);

  g_clear_pointer (&before, grpc_aio_metadata_unref);
}

/**
 * grpc_aio_servicer_context_get_trailing_metadata:
 * @self: a context
 *
 * Gets the metadata that goes with the answer (gRFC L78).
 *
 * Returns: (nullable) (transfer none): the metadata, or `NULL` for none
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_servicer_context_get_trailing_metadata (GrpcAioServicerContext *self)
{
  GrpcAioMetadata *value;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  g_mutex_lock (&self->core_call.lock);
  value = self->trailing_metadata;
  g_mutex_unlock (&self->core_call.lock);

  return value;
}

/**
 * grpc_aio_servicer_context_set_code:
 * @self: a context
 * @code: a status code
 *
 * Sets the status that [method@ServicerContext.complete] sends; it is OK at
 * first.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_set_code (GrpcAioServicerContext *self,
                                    GrpcAioStatusCode code)
{
  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (code >= GRPC_AIO_STATUS_CODE_OK && code <= GRPC_AIO_STATUS_CODE_UNAUTHENTICATED);

  g_mutex_lock (&self->core_call.lock);
  if (!self->is_answered)
    self->code = code;
  g_mutex_unlock (&self->core_call.lock);
}

/**
 * grpc_aio_servicer_context_get_code:
 * @self: a context
 *
 * Gets the status that was set or sent (gRFC L78).
 *
 * Returns: the status code
 *
 * Since: 0.1
 */
GrpcAioStatusCode
grpc_aio_servicer_context_get_code (GrpcAioServicerContext *self)
{
  GrpcAioStatusCode value;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), GRPC_AIO_STATUS_CODE_UNKNOWN);

  g_mutex_lock (&self->core_call.lock);
  value = self->code;
  g_mutex_unlock (&self->core_call.lock);

  return value;
}

/**
 * grpc_aio_servicer_context_set_details:
 * @self: a context
 * @details: (nullable): a text for the client
 *
 * Sets the text that goes with the status of [method@ServicerContext.complete].
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_set_details (GrpcAioServicerContext *self,
                                       const char *details)
{
  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));

  g_mutex_lock (&self->core_call.lock);
  if (!self->is_answered)
    {
      g_free (self->details);
      self->details = g_strdup (details);
    }
  g_mutex_unlock (&self->core_call.lock);
}

/**
 * grpc_aio_servicer_context_get_details:
 * @self: a context
 *
 * Gets the text that was set or sent (gRFC L78).
 *
 * Returns: (nullable): the text
 *
 * Since: 0.1
 */
const char *
grpc_aio_servicer_context_get_details (GrpcAioServicerContext *self)
{
  const char *value;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  g_mutex_lock (&self->core_call.lock);
  value = self->details;
  g_mutex_unlock (&self->core_call.lock);

  return value;
}

/**
 * grpc_aio_servicer_context_complete:
 * @self: a context
 * @response: (nullable): the response; for a stream of responses the last
 *   message, or `NULL`
 *
 * Answers the call: with the response and the status OK, or with the status
 * that [method@ServicerContext.set_code] set.
 *
 * A method with one response needs one when the status is OK: without it the
 * call ends with `GRPC_AIO_STATUS_CODE_UNKNOWN`. Only the first answer counts.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_complete (GrpcAioServicerContext *self,
                                    GBytes *response)
{
  GrpcAioStatusCode code;
  g_autofree char *details = NULL;
  g_autoptr (GBytes) filtered = NULL;

  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));

  if (G_UNLIKELY (self->interceptors != NULL) && response != NULL && !g_atomic_int_get (&self->is_answered))
    {
      response = filtered = grpc_aio_servicer_context_filter_response (self, g_bytes_ref (response));
      if (response == NULL)
        return;
    }

  g_mutex_lock (&self->core_call.lock);
  code = self->code;
  details = g_strdup (self->details);
  g_mutex_unlock (&self->core_call.lock);

  if (code == GRPC_AIO_STATUS_CODE_OK && response == NULL && !grpc_aio_servicer_context_streams_responses (self))
    {
      g_free (details);
      details = g_strdup_printf (_("The handler of %s gave no response"), self->method);
      code = GRPC_AIO_STATUS_CODE_UNKNOWN;
    }

  /* A message beside a failure would be wrong for a unary response. */
  grpc_aio_servicer_context_answer (self, code == GRPC_AIO_STATUS_CODE_OK || grpc_aio_servicer_context_streams_responses (self) ? response : NULL, code, details);
}

/**
 * grpc_aio_servicer_context_complete_with_error:
 * @self: a context
 * @error: why there is no response
 *
 * Answers the call with the status that says best what @error means
 * ([func@Error.get_status_code]), its message, and the details that
 * [func@Error.new_with_rpc_status] gave it or that came with it from another
 * server.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_complete_with_error (GrpcAioServicerContext *self,
                                               const GError *error)
{
  g_autoptr (GrpcAioMetadata) metadata = NULL;

  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (error != NULL);

  metadata = grpc_aio_rpc_status_move (error, grpc_aio_servicer_context_get_trailing_metadata (self));
  if (metadata != NULL)
    grpc_aio_servicer_context_set_trailing_metadata (self, metadata);

  grpc_aio_servicer_context_answer (self, NULL, grpc_aio_error_get_status_code (error), error->message);
}

/**
 * grpc_aio_servicer_context_abort:
 * @self: a context
 * @code: a status code other than OK
 * @details: (nullable): a text for the client
 *
 * Answers the call with a failure. OK is no failure: it is sent as
 * `GRPC_AIO_STATUS_CODE_UNKNOWN`.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_abort (GrpcAioServicerContext *self,
                                 GrpcAioStatusCode code,
                                 const char *details)
{
  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (code >= GRPC_AIO_STATUS_CODE_OK && code <= GRPC_AIO_STATUS_CODE_UNAUTHENTICATED);

  if (code == GRPC_AIO_STATUS_CODE_OK)
    grpc_aio_servicer_context_answer (self, NULL, GRPC_AIO_STATUS_CODE_UNKNOWN, _("The handler aborted with the status OK"));
  else
    grpc_aio_servicer_context_answer (self, NULL, code, details);
}

/**
 * grpc_aio_servicer_context_abort_with_metadata:
 * @self: a context
 * @code: a status code other than OK
 * @details: (nullable): a text for the client
 * @trailing_metadata: (nullable): the metadata that goes with it, in place of what
 *   [method@ServicerContext.set_trailing_metadata] set, or `NULL` for no change
 *
 * Answers the call with a failure and metadata. OK is no failure: it is sent as
 * `GRPC_AIO_STATUS_CODE_UNKNOWN`.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_abort_with_metadata (GrpcAioServicerContext *self,
                                               GrpcAioStatusCode code,
                                               const char *details,
                                               GrpcAioMetadata *trailing_metadata)
{
  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (code >= GRPC_AIO_STATUS_CODE_OK && code <= GRPC_AIO_STATUS_CODE_UNAUTHENTICATED);

  if (trailing_metadata != NULL && !g_atomic_int_get (&self->is_answered))
    grpc_aio_servicer_context_set_trailing_metadata (self, trailing_metadata);
  grpc_aio_servicer_context_abort (self, code, details);
}

/**
 * grpc_aio_servicer_context_abort_with_status:
 * @self: a context
 * @status: a status of `google.rpc.Status`, other than OK
 *
 * Answers the call with a failure that has details for programs: code, message and
 * details of @status, beside the trailing metadata that was set. OK is no failure:
 * it is sent as `GRPC_AIO_STATUS_CODE_UNKNOWN`, without the details.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_abort_with_status (GrpcAioServicerContext *self,
                                             GrpcAioRpcStatus *status)
{
  g_autoptr (GError) error = NULL;

  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (status != NULL);

  if (grpc_aio_rpc_status_get_code (status) == GRPC_AIO_STATUS_CODE_OK)
    {
      grpc_aio_servicer_context_abort (self, GRPC_AIO_STATUS_CODE_OK, NULL);
      return;
    }

  error = grpc_aio_error_new_with_rpc_status (status);
  grpc_aio_servicer_context_complete_with_error (self, error);
}
