/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_SERVER_CONTINUATION (grpc_aio_server_continuation_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioServerContinuation, grpc_aio_server_continuation, GRPC_AIO, SERVER_CONTINUATION, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioServicerContext *grpc_aio_server_continuation_get_context (GrpcAioServerContinuation *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_continuation_pass_on (GrpcAioServerContinuation *self,
                                           GrpcAioHandlerCallDetails *details);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_continuation_proceed_async (GrpcAioServerContinuation *self,
                                                 GrpcAioHandlerCallDetails *details,
                                                 GCancellable *cancellable,
                                                 GAsyncReadyCallback callback,
                                                 gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioRpcMethodHandler *grpc_aio_server_continuation_proceed_finish (GrpcAioServerContinuation *self,
                                                                      GAsyncResult *result,
                                                                      GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioRpcMethodHandler *grpc_aio_server_continuation_proceed_sync (GrpcAioServerContinuation *self,
                                                                    GrpcAioHandlerCallDetails *details,
                                                                    GCancellable *cancellable,
                                                                    GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_continuation_return_handler (GrpcAioServerContinuation *self,
                                                  GrpcAioRpcMethodHandler *handler);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_continuation_return_error (GrpcAioServerContinuation *self,
                                                const GError *error);

G_END_DECLS
