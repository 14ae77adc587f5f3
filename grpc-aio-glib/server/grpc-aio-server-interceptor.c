/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-server-interceptor.h>

#include <grpc-aio-glib/grpc-aio-handler-call-details.h>
#include <grpc-aio-glib/grpc-aio-server-continuation.h>
#include <grpc-aio-glib/grpc-aio-servicer-context.h>

/**
 * GrpcAioServerInterceptor:
 *
 * Stands between a [class@Server] and its handlers (`ServerInterceptor` of gRFC
 * L58).
 *
 * Derive from it, override what is of interest, and give it to the server with
 * [method@Server.add_interceptor] or the property
 * [property@Server:interceptors]. A server asks its interceptors in the order in
 * which they were added, for every call:
 *
 * - [vfunc@ServerInterceptor.intercept_service] decides what serves the call: it
 *   passes it on, wraps or replaces the handler, or refuses;
 * - [vfunc@ServerInterceptor.filter_request] and
 *   [vfunc@ServerInterceptor.filter_response] see each message, and may change it;
 * - [vfunc@ServerInterceptor.call_ended] sees the status.
 *
 * Requests and the choice of the handler go from the first interceptor to the
 * last, responses and the end the other way round. An interceptor that was not
 * reached, since one before it refused, sees nothing of the call.
 *
 * All of it runs in the main context of the call, and must not block;
 * `filter_response` runs where the handler wrote. One interceptor serves all calls
 * of its server, with several workers in several threads at once. What it has to
 * remember of a call goes into [method@ServicerContext.set_value].
 *
 * Since: 0.1
 */
G_DEFINE_ABSTRACT_TYPE (GrpcAioServerInterceptor, grpc_aio_server_interceptor, G_TYPE_OBJECT)

static void
pass_on (GrpcAioServerInterceptor *self,
         GrpcAioServerContinuation *continuation,
         GrpcAioHandlerCallDetails *details)
{
  grpc_aio_server_continuation_pass_on (continuation, NULL);
}

static GBytes *
keep_message (GrpcAioServerInterceptor *self,
              GrpcAioServicerContext *context,
              GBytes *message)
{
  return g_bytes_ref (message);
}

static void
ignore_end (GrpcAioServerInterceptor *self,
            GrpcAioServicerContext *context)
{
}

static void
grpc_aio_server_interceptor_class_init (GrpcAioServerInterceptorClass *klass)
{
  klass->intercept_service = pass_on;
  klass->filter_request = keep_message;
  klass->filter_response = keep_message;
  klass->call_ended = ignore_end;
}

static void
grpc_aio_server_interceptor_init (GrpcAioServerInterceptor *self)
{
}

/**
 * grpc_aio_server_interceptor_intercept_service:
 * @self: an interceptor
 * @continuation: what comes after this interceptor
 * @details: what is known of the call
 *
 * Decides what serves a call.
 *
 * It ends with one of
 * - [method@ServerContinuation.pass_on]: go on, and take whatever handler comes of it;
 * - [method@ServerContinuation.return_handler]: serve the call with this handler,
 *   either one of its own, or one that wraps what
 *   [method@ServerContinuation.proceed_async] gave;
 * - [method@ServerContinuation.return_error]: refuse the call.
 *
 * It may do so then, or later, as long as it keeps a reference to @continuation.
 * When the last reference goes without any of them the call ends with
 * `GRPC_AIO_STATUS_CODE_UNKNOWN`. The deadline of the call and its cancellation
 * end it in any case.
 *
 * Since: 0.1
 */
void
grpc_aio_server_interceptor_intercept_service (GrpcAioServerInterceptor *self,
                                               GrpcAioServerContinuation *continuation,
                                               GrpcAioHandlerCallDetails *details)
{
  g_return_if_fail (GRPC_AIO_IS_SERVER_INTERCEPTOR (self));
  g_return_if_fail (GRPC_AIO_IS_SERVER_CONTINUATION (continuation));
  g_return_if_fail (GRPC_AIO_IS_HANDLER_CALL_DETAILS (details));

  GRPC_AIO_SERVER_INTERCEPTOR_GET_CLASS (self)->intercept_service (self, continuation, details);
}

/**
 * grpc_aio_server_interceptor_filter_request:
 * @self: an interceptor
 * @context: the call
 * @message: a request that has come
 *
 * Sees a request on its way to the handler.
 *
 * Returns: (transfer full) (nullable): @message, another one to put in its place,
 *   or `NULL` to end the call: with the status that it was aborted with, or
 *   `GRPC_AIO_STATUS_CODE_INTERNAL`
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_server_interceptor_filter_request (GrpcAioServerInterceptor *self,
                                            GrpcAioServicerContext *context,
                                            GBytes *message)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVER_INTERCEPTOR (self), NULL);
  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (context), NULL);
  g_return_val_if_fail (message != NULL, NULL);

  return GRPC_AIO_SERVER_INTERCEPTOR_GET_CLASS (self)->filter_request (self, context, message);
}

/**
 * grpc_aio_server_interceptor_filter_response:
 * @self: an interceptor
 * @context: the call
 * @message: a response of the handler
 *
 * Sees a response on its way to the client, before the status is settled: for
 * the last response of a call, [method@ServicerContext.set_code] and
 * [method@ServicerContext.set_trailing_metadata] may still be called.
 *
 * Returns: (transfer full) (nullable): @message, another one to put in its place,
 *   or `NULL` to end the call: with the status that it was aborted with, or
 *   `GRPC_AIO_STATUS_CODE_INTERNAL`
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_server_interceptor_filter_response (GrpcAioServerInterceptor *self,
                                             GrpcAioServicerContext *context,
                                             GBytes *message)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVER_INTERCEPTOR (self), NULL);
  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (context), NULL);
  g_return_val_if_fail (message != NULL, NULL);

  return GRPC_AIO_SERVER_INTERCEPTOR_GET_CLASS (self)->filter_response (self, context, message);
}

/**
 * grpc_aio_server_interceptor_call_ended:
 * @self: an interceptor
 * @context: the call
 *
 * Sees the end of a call, once: [method@ServicerContext.get_code],
 * [method@ServicerContext.get_details] and
 * [method@ServicerContext.get_trailing_metadata] tell how it ended, also when it
 * was refused, or given up by the client.
 *
 * Since: 0.1
 */
void
grpc_aio_server_interceptor_call_ended (GrpcAioServerInterceptor *self,
                                        GrpcAioServicerContext *context)
{
  g_return_if_fail (GRPC_AIO_IS_SERVER_INTERCEPTOR (self));
  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (context));

  GRPC_AIO_SERVER_INTERCEPTOR_GET_CLASS (self)->call_ended (self, context);
}
