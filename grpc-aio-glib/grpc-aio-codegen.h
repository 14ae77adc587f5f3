/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-protobuf.h>

G_BEGIN_DECLS

/* What the code that protoc-gen-grpc-aio-glib makes stands on. Programs have no
 * use for it, and bindings do not see it. */

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_codegen_invoke_async (gpointer source,
                                    GrpcAioMultiCallable *method,
                                    GBytes *request,
                                    GError *error,
                                    GrpcAioCallOptions *options,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_codegen_finish_message (gpointer source,
                                         GAsyncResult *result,
                                         GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_codegen_finish (gpointer source,
                                  GAsyncResult *result,
                                  GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_codegen_call_response_async (gpointer source,
                                           GrpcAioCall *call,
                                           GCancellable *cancellable,
                                           GAsyncReadyCallback callback,
                                           gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_codegen_call_read_async (gpointer source,
                                       GrpcAioCall *call,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_codegen_call_write_async (gpointer source,
                                        GrpcAioCall *call,
                                        GBytes *message,
                                        GError *error,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_codegen_call_done_writing_async (gpointer source,
                                               GrpcAioCall *call,
                                               GCancellable *cancellable,
                                               GAsyncReadyCallback callback,
                                               gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_codegen_context_read_async (gpointer source,
                                          GrpcAioServicerContext *context,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_codegen_context_write_async (gpointer source,
                                           GrpcAioServicerContext *context,
                                           GBytes *message,
                                           GError *error,
                                           GCancellable *cancellable,
                                           GAsyncReadyCallback callback,
                                           gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_codegen_context_unimplemented (GrpcAioServicerContext *context);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_codegen_context_fail (GrpcAioServicerContext *context,
                                    const GError *error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_codegen_service_add (GrpcAioService *service,
                                   const char *method,
                                   GrpcAioMethodKind kind,
                                   GrpcAioHandlerFunc func,
                                   gpointer user_data,
                                   gboolean blocking);

G_END_DECLS
