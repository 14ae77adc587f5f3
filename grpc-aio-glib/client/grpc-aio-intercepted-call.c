/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-intercepted-call-private.h"

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-error.h>
#include <grpc-aio-glib/grpc-aio-metadata.h>
#include <grpc-aio-glib/grpc-aio-multi-callable.h>

#include "client/grpc-aio-call-options-private.h"
#include "client/grpc-aio-call-private.h"
#include "client/grpc-aio-client-interceptor-private.h"
#include "client/grpc-aio-multi-callable-private.h"
#include "engine/grpc-aio-sync-private.h"
#include "types/grpc-aio-method-kind-private.h"

/**
 * GrpcAioInterceptedCall:
 *
 * A call on its way through a [class@ClientInterceptor]: what the program wants
 * (the `ClientCallDetails` of gRFC L58), and the ways to answer it.
 *
 * It may be kept, to be answered later. It is answered once, with one of:
 * - [method@InterceptedCall.return_call], by another call, mostly one that comes
 *   of [method@InterceptedCall.proceed];
 * - [method@InterceptedCall.return_response], of a method with one response;
 * - [method@InterceptedCall.return_status] or
 *   [method@InterceptedCall.return_error], of every method. A stream of responses
 *   may be written before, with [method@InterceptedCall.write_response_async], and
 *   a stream of requests read, with [method@InterceptedCall.read_request_async].
 *
 * Responses that were written before [method@InterceptedCall.return_call] come
 * before those of that call.
 *
 * When the call ends early, since the program cancels it or its deadline passes,
 * all calls that were started for it are cancelled, and the cancellable of
 * [method@InterceptedCall.get_cancellable], too. An answer that comes after that is
 * ignored.
 *
 * What is started and asked here may be so from any thread.
 *
 * Since: 0.1
 */
struct _GrpcAioInterceptedCall
{
  GObject parent_instance;

  GrpcAioRelay *relay; /* kept; NULL only while this is made */
  GrpcAioMultiCallable *multi_callable;
  guint index; /* of the interceptor */
  gint64 start_usec;
  GCancellable *cancellable;

  GMutex lock; /* for all that follows */
  char *method;
  GBytes *request;
  GrpcAioCallOptions *options;
  GrpcAioMetadata *trailing_metadata; /* of its own answer, then of the outcome */
  GrpcAioStatusCode code;
  char *details;
  gint64 end_usec; /* 0 until then */
};

G_DEFINE_FINAL_TYPE (GrpcAioInterceptedCall, grpc_aio_intercepted_call, G_TYPE_OBJECT)

static void
grpc_aio_intercepted_call_finalize (GObject *object)
{
  GrpcAioInterceptedCall *self = GRPC_AIO_INTERCEPTED_CALL (object);

  if (self->relay != NULL)
    grpc_aio_relay_let_go (self->relay);
  g_clear_object (&self->multi_callable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->options);
  g_clear_pointer (&self->request, g_bytes_unref);
  g_clear_pointer (&self->trailing_metadata, grpc_aio_metadata_unref);
  g_free (self->method);
  g_free (self->details);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (grpc_aio_intercepted_call_parent_class)->finalize (object);
}

static void
grpc_aio_intercepted_call_class_init (GrpcAioInterceptedCallClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = grpc_aio_intercepted_call_finalize;
}

static void
grpc_aio_intercepted_call_init (GrpcAioInterceptedCall *self)
{
  g_mutex_init (&self->lock);
  self->cancellable = g_cancellable_new ();
  self->code = GRPC_AIO_STATUS_CODE_UNKNOWN;
  self->start_usec = g_get_monotonic_time ();
}

static gboolean
streams_requests (GrpcAioInterceptedCall *self)
{
  return grpc_aio_method_kind_streams_requests (grpc_aio_multi_callable_get_kind (self->multi_callable));
}

static gboolean
streams_responses (GrpcAioInterceptedCall *self)
{
  return grpc_aio_method_kind_streams_responses (grpc_aio_multi_callable_get_kind (self->multi_callable));
}

GrpcAioInterceptedCall *
grpc_aio_intercepted_call_new (GrpcAioRelay *relay,
                               GrpcAioMultiCallable *multi_callable,
                               GBytes *request,
                               GrpcAioCallOptions *options,
                               guint index)
{
  GrpcAioInterceptedCall *self = g_object_new (GRPC_AIO_TYPE_INTERCEPTED_CALL, NULL);

  self->relay = relay;
  self->multi_callable = g_object_ref (multi_callable);
  self->index = index;
  self->method = g_strdup (grpc_aio_multi_callable_get_method (multi_callable));
  self->request = request != NULL ? g_bytes_ref (request) : NULL;
  self->options = options != NULL ? grpc_aio_call_options_copy (options) : grpc_aio_call_options_new ();

  return self;
}

GrpcAioRelay *
grpc_aio_intercepted_call_get_relay (GrpcAioInterceptedCall *self)
{
  return self->relay;
}

void
grpc_aio_intercepted_call_end (GrpcAioInterceptedCall *self,
                               const GrpcAioOutcome *outcome)
{
  g_mutex_lock (&self->lock);
  self->end_usec = g_get_monotonic_time ();
  self->code = outcome->code;
  self->details = g_strdup (outcome->details);
  g_clear_pointer (&self->trailing_metadata, grpc_aio_metadata_unref);
  self->trailing_metadata = outcome->trailing_metadata != NULL
                                ? grpc_aio_metadata_ref (outcome->trailing_metadata)
                                : grpc_aio_metadata_new ();
  g_mutex_unlock (&self->lock);

  g_cancellable_cancel (self->cancellable);
}

/**
 * grpc_aio_intercepted_call_get_channel:
 * @self: an intercepted call
 *
 * Gets the channel that the program makes the call over.
 *
 * Returns: (transfer none): the channel
 *
 * Since: 0.1
 */
GrpcAioChannel *
grpc_aio_intercepted_call_get_channel (GrpcAioInterceptedCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self), NULL);

  return grpc_aio_multi_callable_get_channel (self->multi_callable);
}

/**
 * grpc_aio_intercepted_call_get_kind:
 * @self: an intercepted call
 *
 * Gets which sides of the method stream.
 *
 * Returns: the kind
 *
 * Since: 0.1
 */
GrpcAioMethodKind
grpc_aio_intercepted_call_get_kind (GrpcAioInterceptedCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self), GRPC_AIO_METHOD_KIND_UNARY_UNARY);

  return grpc_aio_multi_callable_get_kind (self->multi_callable);
}

/**
 * grpc_aio_intercepted_call_get_method:
 * @self: an intercepted call
 *
 * Gets the full name of the method.
 *
 * Returns: (transfer none): `/package.Service/Method`
 *
 * Since: 0.1
 */
const char *
grpc_aio_intercepted_call_get_method (GrpcAioInterceptedCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self), NULL);

  return self->method;
}

/**
 * grpc_aio_intercepted_call_set_method:
 * @self: an intercepted call
 * @method: the full name, `/package.Service/Method`
 *
 * Has [method@InterceptedCall.proceed] call another method, of the same kind.
 *
 * Since: 0.1
 */
void
grpc_aio_intercepted_call_set_method (GrpcAioInterceptedCall *self,
                                      const char *method)
{
  g_return_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self));
  g_return_if_fail (method != NULL && method[0] == '/');

  g_mutex_lock (&self->lock);
  g_free (self->method);
  self->method = g_strdup (method);
  g_mutex_unlock (&self->lock);
}

/**
 * grpc_aio_intercepted_call_get_request:
 * @self: an intercepted call
 *
 * Gets the one request.
 *
 * Returns: (nullable) (transfer none): the request; `NULL` if and only if the
 *   requests are a stream
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_intercepted_call_get_request (GrpcAioInterceptedCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self), NULL);

  return self->request;
}

/**
 * grpc_aio_intercepted_call_set_request:
 * @self: an intercepted call whose requests are no stream
 * @request: the request
 *
 * Has [method@InterceptedCall.proceed] send another request.
 *
 * Since: 0.1
 */
void
grpc_aio_intercepted_call_set_request (GrpcAioInterceptedCall *self,
                                       GBytes *request)
{
  g_return_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self));
  g_return_if_fail (request != NULL);
  g_return_if_fail (!streams_requests (self));

  g_bytes_ref (request);
  g_mutex_lock (&self->lock);
  g_bytes_unref (self->request);
  self->request = request;
  g_mutex_unlock (&self->lock);
}

/**
 * grpc_aio_intercepted_call_get_options:
 * @self: an intercepted call
 *
 * Gets what was chosen for the call. It is a copy, which may be changed for
 * [method@InterceptedCall.proceed]: the timeout, the metadata and all else.
 *
 * The deadline that the program set holds all the same: a longer timeout does not
 * move it.
 *
 * Returns: (transfer none): the options
 *
 * Since: 0.1
 */
GrpcAioCallOptions *
grpc_aio_intercepted_call_get_options (GrpcAioInterceptedCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self), NULL);

  return self->options;
}

/**
 * grpc_aio_intercepted_call_get_metadata:
 * @self: an intercepted call
 *
 * Gets the metadata to send, which may be changed: that of
 * [method@InterceptedCall.get_options], made when there is none.
 *
 * Returns: (transfer none): the metadata
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_intercepted_call_get_metadata (GrpcAioInterceptedCall *self)
{
  GrpcAioMetadata *metadata;

  g_return_val_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self), NULL);

  metadata = grpc_aio_call_options_get_metadata (self->options);
  if (metadata == NULL)
    {
      g_autoptr (GrpcAioMetadata) empty = grpc_aio_metadata_new ();

      grpc_aio_call_options_set_metadata (self->options, empty);
      metadata = grpc_aio_call_options_get_metadata (self->options);
    }

  return metadata;
}

/**
 * grpc_aio_intercepted_call_get_cancellable:
 * @self: an intercepted call
 *
 * Gets what is cancelled when the call has ended: what the interceptor does for it
 * has no purpose any more.
 *
 * Returns: (transfer none): the cancellable
 *
 * Since: 0.1
 */
GCancellable *
grpc_aio_intercepted_call_get_cancellable (GrpcAioInterceptedCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self), NULL);

  return self->cancellable;
}

/* The program's deadline holds for each attempt. */
static GrpcAioCallOptions *
new_attempt_options (GrpcAioInterceptedCall *self)
{
  GrpcAioCallOptions *options = grpc_aio_call_options_copy (self->options);
  gint64 deadline_usec = grpc_aio_relay_get_deadline (self->relay);
  gint64 own_usec = grpc_aio_call_options_get_deadline_usec (options);

  if (deadline_usec != G_MAXINT64 && (own_usec < 0 || own_usec > deadline_usec))
    grpc_aio_call_options_set_deadline_usec (options, deadline_usec);

  return options;
}

static GrpcAioMultiCallable *
dup_multi_callable (GrpcAioInterceptedCall *self)
{
  if (g_str_equal (self->method, grpc_aio_multi_callable_get_method (self->multi_callable)))
    return g_object_ref (self->multi_callable);

  return grpc_aio_multi_callable_new (grpc_aio_multi_callable_get_channel (self->multi_callable), self->method,
                                      grpc_aio_multi_callable_get_kind (self->multi_callable));
}

static GError *
new_over_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The intercepted call has ended"));
}

/**
 * grpc_aio_intercepted_call_proceed:
 * @self: an intercepted call
 *
 * Goes on with the call: through the interceptors that come after this one, and to
 * the server. It may be done several times.
 *
 * The call that comes of it can be used like any other. To have it answer the
 * program, return it with [method@InterceptedCall.return_call]: its stream of
 * requests comes from the program then. When the program's call ends, this one is
 * cancelled.
 *
 * Returns: (transfer full): the call, under way
 *
 * Since: 0.1
 */
GrpcAioCall *
grpc_aio_intercepted_call_proceed (GrpcAioInterceptedCall *self)
{
  g_autoptr (GrpcAioMultiCallable) multi_callable = NULL;
  g_autoptr (GrpcAioCallOptions) options = NULL;
  g_autoptr (GBytes) request = NULL;
  g_autoptr (GError) error = NULL;
  GrpcAioQueue *queue;
  GrpcAioCall *call;

  g_return_val_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self), NULL);

  g_mutex_lock (&self->lock);
  multi_callable = dup_multi_callable (self);
  options = new_attempt_options (self);
  if (self->request != NULL)
    request = g_bytes_ref (self->request);
  g_mutex_unlock (&self->lock);

  queue = grpc_aio_relay_get_queue (self->relay);
  if (grpc_aio_relay_is_over (self->relay))
    error = new_over_error ();
  if (error == NULL && request != NULL)
    grpc_aio_client_interceptor_filter_request (grpc_aio_relay_get_interceptor (self->relay), self, &request, &error);
  if (error != NULL)
    return grpc_aio_call_new_failed (multi_callable, queue, error);

  if (self->index + 1 < grpc_aio_multi_callable_get_interceptors (multi_callable)->len)
    call = grpc_aio_call_new_intercepted (multi_callable, queue, request, options, self->index + 1);
  else
    call = grpc_aio_call_new (multi_callable, queue, request, options);
  grpc_aio_relay_add_attempt (self->relay, call);

  return call;
}

/**
 * grpc_aio_intercepted_call_return_call:
 * @self: an intercepted call
 * @call: a call of the same kind
 *
 * Has @call answer the program: what the program writes goes there, and what comes
 * of it goes to the program, through the interceptor's functions for messages.
 *
 * Mostly it comes of [method@InterceptedCall.proceed], but any call will do, such as
 * one over another channel. It can answer one call only.
 *
 * Since: 0.1
 */
void
grpc_aio_intercepted_call_return_call (GrpcAioInterceptedCall *self,
                                       GrpcAioCall *call)
{
  g_return_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self));
  g_return_if_fail (GRPC_AIO_IS_CALL (call));
  g_return_if_fail (grpc_aio_multi_callable_get_kind (grpc_aio_call_get_multi_callable (call)) ==
                    grpc_aio_multi_callable_get_kind (self->multi_callable));

  grpc_aio_relay_return_call (self->relay, call);
}

/* Consumes @outcome. */
static void
return_outcome (GrpcAioInterceptedCall *self,
                GrpcAioOutcome *outcome)
{
  if (outcome->trailing_metadata == NULL)
    {
      g_mutex_lock (&self->lock);
      if (self->trailing_metadata != NULL && self->end_usec == 0)
        outcome->trailing_metadata = grpc_aio_metadata_ref (self->trailing_metadata);
      g_mutex_unlock (&self->lock);
    }

  grpc_aio_relay_return_outcome (self->relay, outcome);
}

/**
 * grpc_aio_intercepted_call_return_response:
 * @self: an intercepted call whose responses are no stream
 * @response: the response
 *
 * Answers the program with a response, and status OK.
 *
 * Since: 0.1
 */
void
grpc_aio_intercepted_call_return_response (GrpcAioInterceptedCall *self,
                                           GBytes *response)
{
  GrpcAioOutcome outcome = { .code = GRPC_AIO_STATUS_CODE_OK };

  g_return_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self));
  g_return_if_fail (response != NULL);
  g_return_if_fail (!streams_responses (self));

  outcome.response = g_bytes_ref (response);
  return_outcome (self, &outcome);
}

/**
 * grpc_aio_intercepted_call_return_status:
 * @self: an intercepted call
 * @code: the status code; OK only if the responses are a stream
 * @details: (nullable): a text that tells more, or `NULL`
 *
 * Answers the program with a status, after the responses that were written.
 *
 * Since: 0.1
 */
void
grpc_aio_intercepted_call_return_status (GrpcAioInterceptedCall *self,
                                         GrpcAioStatusCode code,
                                         const char *details)
{
  GrpcAioOutcome outcome = { .code = code };

  g_return_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self));
  g_return_if_fail ((guint) code <= GRPC_AIO_STATUS_CODE_UNAUTHENTICATED);
  g_return_if_fail (code != GRPC_AIO_STATUS_CODE_OK || streams_responses (self));

  outcome.details = g_strdup (details);
  return_outcome (self, &outcome);
}

/**
 * grpc_aio_intercepted_call_return_error:
 * @self: an intercepted call
 * @error: the error
 *
 * Answers the program with an error: with its message as the details, the code of
 * [func@Error.get_status_code] and the metadata, if it has any.
 *
 * Since: 0.1
 */
void
grpc_aio_intercepted_call_return_error (GrpcAioInterceptedCall *self,
                                        const GError *error)
{
  GrpcAioOutcome outcome;

  g_return_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self));
  g_return_if_fail (error != NULL);

  grpc_aio_outcome_init_for_error (&outcome, error);
  return_outcome (self, &outcome);
}

/**
 * grpc_aio_intercepted_call_send_initial_metadata:
 * @self: an intercepted call
 * @metadata: the metadata
 *
 * Gives the program initial metadata, once and before an answer of the interceptor's
 * own.
 *
 * Since: 0.1
 */
void
grpc_aio_intercepted_call_send_initial_metadata (GrpcAioInterceptedCall *self,
                                                 GrpcAioMetadata *metadata)
{
  g_return_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self));
  g_return_if_fail (metadata != NULL);

  grpc_aio_relay_send_initial_metadata (self->relay, metadata);
}

/**
 * grpc_aio_intercepted_call_set_trailing_metadata:
 * @self: an intercepted call
 * @metadata: the metadata
 *
 * Sets the trailing metadata of an answer of the interceptor's own.
 *
 * Since: 0.1
 */
void
grpc_aio_intercepted_call_set_trailing_metadata (GrpcAioInterceptedCall *self,
                                                 GrpcAioMetadata *metadata)
{
  g_return_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self));
  g_return_if_fail (metadata != NULL);

  g_mutex_lock (&self->lock);
  if (self->end_usec == 0)
    {
      g_clear_pointer (&self->trailing_metadata, grpc_aio_metadata_unref);
      self->trailing_metadata = grpc_aio_metadata_copy (metadata);
    }
  g_mutex_unlock (&self->lock);
}

static GrpcAioSync
begin_sync (GrpcAioInterceptedCall *self)
{
  GrpcAioSync sync = grpc_aio_sync_begin (grpc_aio_relay_get_queue (self->relay));

  /* The program's side may need any source of the context. */
  sync.runs_context = TRUE;

  return sync;
}

static gboolean
withdraw (GrpcAioOperation *operation,
          gpointer owner)
{
  GrpcAioInterceptedCall *self = owner;

  return grpc_aio_relay_withdraw_own (self->relay, operation);
}

static GrpcAioOperation *
new_operation (GrpcAioInterceptedCall *self,
               GrpcAioOperationKind kind,
               gpointer tag,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  GrpcAioOperation *operation = grpc_aio_operation_new (kind, self, tag, cancellable, callback, user_data);

  grpc_aio_operation_connect_withdrawal (operation, self, grpc_aio_relay_get_queue (self->relay), withdraw);

  return operation;
}

/**
 * grpc_aio_intercepted_call_read_request_async:
 * @self: an intercepted call whose requests are a stream
 * @cancellable: (nullable): a way to stop waiting
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Takes the next message that the program writes, so that the interceptor can answer
 * it by itself. The program's write ends with it.
 *
 * Since: 0.1
 */
void
grpc_aio_intercepted_call_read_request_async (GrpcAioInterceptedCall *self,
                                              GCancellable *cancellable,
                                              GAsyncReadyCallback callback,
                                              gpointer user_data)
{
  GrpcAioOperation *operation;

  g_return_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = new_operation (self, GRPC_AIO_WAIT_MESSAGE, grpc_aio_intercepted_call_read_request_async,
                             cancellable, callback, user_data);
  if (streams_requests (self))
    grpc_aio_relay_submit_own (self->relay, operation);
  else
    grpc_aio_operation_return_new_error (operation, G_IO_ERROR_NOT_SUPPORTED, _("%s: There is one request, which is here already"),
                                         self->method);
}

/**
 * grpc_aio_intercepted_call_read_request_finish:
 * @self: an intercepted call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@InterceptedCall.read_request_async].
 *
 * It fails with `G_IO_ERROR_CLOSED` when the call has been answered or has ended.
 *
 * Returns: (transfer full) (nullable): the message, or `NULL` when the program is
 *   done writing
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_intercepted_call_read_request_finish (GrpcAioInterceptedCall *self,
                                               GAsyncResult *result,
                                               GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_intercepted_call_read_request_async), NULL);

  return grpc_aio_operation_propagate_pointer (result, error);
}

/**
 * grpc_aio_intercepted_call_read_request_sync:
 * @self: an intercepted call whose requests are a stream
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Blocks until the program has written its next message: for interceptors that work
 * in threads of their own.
 *
 * Returns: (transfer full) (nullable): the message, or `NULL` when the program is
 *   done writing
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_intercepted_call_read_request_sync (GrpcAioInterceptedCall *self,
                                             GCancellable *cancellable,
                                             GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  sync = begin_sync (self);
  grpc_aio_intercepted_call_read_request_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_intercepted_call_read_request_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_intercepted_call_write_response_async:
 * @self: an intercepted call whose responses are a stream
 * @message: a message
 * @cancellable: (nullable): a way to stop waiting; the message is taken back then
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Gives the program a message, as if the server had sent it. It ends when the program
 * has read it; further ones may be written meanwhile, and wait in order.
 *
 * Since: 0.1
 */
void
grpc_aio_intercepted_call_write_response_async (GrpcAioInterceptedCall *self,
                                                GBytes *message,
                                                GCancellable *cancellable,
                                                GAsyncReadyCallback callback,
                                                gpointer user_data)
{
  GrpcAioOperation *operation;

  g_return_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = new_operation (self, GRPC_AIO_SEND_MESSAGE, grpc_aio_intercepted_call_write_response_async,
                             cancellable, callback, user_data);
  operation->message = g_bytes_ref (message);
  if (streams_responses (self))
    grpc_aio_relay_submit_own (self->relay, operation);
  else
    grpc_aio_operation_return_new_error (operation, G_IO_ERROR_NOT_SUPPORTED, _("%s: There is one response: return that"),
                                         self->method);
}

/**
 * grpc_aio_intercepted_call_write_response_finish:
 * @self: an intercepted call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@InterceptedCall.write_response_async].
 *
 * It fails with `G_IO_ERROR_CLOSED` when the call has been answered or has ended.
 *
 * Returns: whether the program has read the message
 *
 * Since: 0.1
 */
gboolean
grpc_aio_intercepted_call_write_response_finish (GrpcAioInterceptedCall *self,
                                                 GAsyncResult *result,
                                                 GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_intercepted_call_write_response_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_intercepted_call_write_response_sync:
 * @self: an intercepted call whose responses are a stream
 * @message: a message
 * @cancellable: (nullable): a way to stop waiting; the message is taken back then
 * @error: where to put an error
 *
 * Gives the program a message, and blocks until that has read it: for interceptors
 * that work in threads of their own.
 *
 * Returns: whether the program has read the message
 *
 * Since: 0.1
 */
gboolean
grpc_aio_intercepted_call_write_response_sync (GrpcAioInterceptedCall *self,
                                               GBytes *message,
                                               GCancellable *cancellable,
                                               GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = begin_sync (self);
  grpc_aio_intercepted_call_write_response_async (self, message, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_intercepted_call_write_response_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_intercepted_call_is_done:
 * @self: an intercepted call
 *
 * Whether the call has ended, so that an answer comes too late.
 *
 * Returns: whether it has ended
 *
 * Since: 0.1
 */
gboolean
grpc_aio_intercepted_call_is_done (GrpcAioInterceptedCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self), TRUE);

  return grpc_aio_relay_is_over (self->relay);
}

/**
 * grpc_aio_intercepted_call_get_code:
 * @self: an intercepted call that is done
 *
 * Gets the status code.
 *
 * Returns: the status code; `GRPC_AIO_STATUS_CODE_UNKNOWN` while the call runs
 *
 * Since: 0.1
 */
GrpcAioStatusCode
grpc_aio_intercepted_call_get_code (GrpcAioInterceptedCall *self)
{
  GrpcAioStatusCode code;

  g_return_val_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self), GRPC_AIO_STATUS_CODE_UNKNOWN);

  g_mutex_lock (&self->lock);
  code = self->code;
  g_mutex_unlock (&self->lock);

  return code;
}

/**
 * grpc_aio_intercepted_call_get_details:
 * @self: an intercepted call that is done
 *
 * Gets what is said about the status.
 *
 * Returns: (nullable): the text; `NULL` while the call runs, or if there is none
 *
 * Since: 0.1
 */
const char *
grpc_aio_intercepted_call_get_details (GrpcAioInterceptedCall *self)
{
  const char *details;

  g_return_val_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self), NULL);

  g_mutex_lock (&self->lock);
  details = self->details;
  g_mutex_unlock (&self->lock);

  return details;
}

/**
 * grpc_aio_intercepted_call_get_trailing_metadata:
 * @self: an intercepted call that is done
 *
 * Gets the metadata that came with the status.
 *
 * Returns: (nullable) (transfer none): the metadata; `NULL` while the call runs
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_intercepted_call_get_trailing_metadata (GrpcAioInterceptedCall *self)
{
  GrpcAioMetadata *metadata;

  g_return_val_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self), NULL);

  g_mutex_lock (&self->lock);
  metadata = self->end_usec != 0 ? self->trailing_metadata : NULL;
  g_mutex_unlock (&self->lock);

  return metadata;
}

/**
 * grpc_aio_intercepted_call_get_elapsed_usec:
 * @self: an intercepted call
 *
 * Gets how long the call takes, or took when it is done.
 *
 * Returns: microseconds since it came here
 *
 * Since: 0.1
 */
gint64
grpc_aio_intercepted_call_get_elapsed_usec (GrpcAioInterceptedCall *self)
{
  gint64 end_usec;

  g_return_val_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self), 0);

  g_mutex_lock (&self->lock);
  end_usec = self->end_usec;
  g_mutex_unlock (&self->lock);

  return (end_usec != 0 ? end_usec : g_get_monotonic_time ()) - self->start_usec;
}

/**
 * grpc_aio_intercepted_call_dup_peer:
 * @self: an intercepted call
 *
 * Gets the address of the server that answers, once it does.
 *
 * Returns: (nullable) (transfer full): the address, or `NULL` if there is none
 *
 * Since: 0.1
 */
char *
grpc_aio_intercepted_call_dup_peer (GrpcAioInterceptedCall *self)
{
  g_autoptr (GrpcAioCall) target = NULL;

  g_return_val_if_fail (GRPC_AIO_IS_INTERCEPTED_CALL (self), NULL);

  target = grpc_aio_relay_dup_target (self->relay);

  return target != NULL ? grpc_aio_call_dup_peer (target) : NULL;
}
