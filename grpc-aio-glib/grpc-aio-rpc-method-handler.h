/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_RPC_METHOD_HANDLER (grpc_aio_rpc_method_handler_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioRpcMethodHandler, grpc_aio_rpc_method_handler, GRPC_AIO, RPC_METHOD_HANDLER, GObject)

/**
 * GrpcAioHandlerFunc:
 * @context: the call to answer; take a reference to answer it later
 * @request: (nullable): the request, or `NULL` where the requests are a stream;
 *   it lives as long as @context
 * @user_data: data given with the function
 *
 * Serves one call of a method.
 *
 * It runs in the main context that the server was started in, and must not
 * block, unless [method@RpcMethodHandler.set_blocking] gives it a thread. It answers, then or later, with [method@ServicerContext.complete],
 * [method@ServicerContext.complete_with_error] or
 * [method@ServicerContext.abort]. When it keeps no reference to @context and
 * has not answered, the call ends with
 * `GRPC_AIO_STATUS_CODE_UNKNOWN`. In languages with a garbage collector that may
 * take until it runs: let a handler that fails answer, too.
 *
 * Since: 0.1
 */
typedef void (*GrpcAioHandlerFunc) (GrpcAioServicerContext *context,
                                    GBytes *request,
                                    gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioRpcMethodHandler *grpc_aio_rpc_method_handler_new (GrpcAioMethodKind kind,
                                                          GrpcAioHandlerFunc func,
                                                          gpointer user_data,
                                                          GDestroyNotify destroy);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioRpcMethodHandler *grpc_aio_rpc_method_handler_new_unary_unary (GrpcAioHandlerFunc func,
                                                                      gpointer user_data,
                                                                      GDestroyNotify destroy);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioRpcMethodHandler *grpc_aio_rpc_method_handler_new_unary_stream (GrpcAioHandlerFunc func,
                                                                       gpointer user_data,
                                                                       GDestroyNotify destroy);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioRpcMethodHandler *grpc_aio_rpc_method_handler_new_stream_unary (GrpcAioHandlerFunc func,
                                                                       gpointer user_data,
                                                                       GDestroyNotify destroy);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioRpcMethodHandler *grpc_aio_rpc_method_handler_new_stream_stream (GrpcAioHandlerFunc func,
                                                                        gpointer user_data,
                                                                        GDestroyNotify destroy);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMethodKind grpc_aio_rpc_method_handler_get_kind (GrpcAioRpcMethodHandler *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_rpc_method_handler_set_blocking (GrpcAioRpcMethodHandler *self,
                                               gboolean blocking);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_rpc_method_handler_get_blocking (GrpcAioRpcMethodHandler *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_rpc_method_handler_serve (GrpcAioRpcMethodHandler *self,
                                        GrpcAioServicerContext *context,
                                        GBytes *request);

G_END_DECLS
