/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_MULTI_CALLABLE (grpc_aio_multi_callable_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioMultiCallable, grpc_aio_multi_callable, GRPC_AIO, MULTI_CALLABLE, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannel *grpc_aio_multi_callable_get_channel (GrpcAioMultiCallable *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_multi_callable_get_method (GrpcAioMultiCallable *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMethodKind grpc_aio_multi_callable_get_kind (GrpcAioMultiCallable *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCall *grpc_aio_multi_callable_call (GrpcAioMultiCallable *self,
                                           GBytes *request,
                                           GrpcAioCallOptions *options);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_multi_callable_invoke_async (GrpcAioMultiCallable *self,
                                           GBytes *request,
                                           GrpcAioCallOptions *options,
                                           GCancellable *cancellable,
                                           GAsyncReadyCallback callback,
                                           gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_multi_callable_invoke_finish (GrpcAioMultiCallable *self,
                                               GAsyncResult *result,
                                               GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_multi_callable_invoke_sync (GrpcAioMultiCallable *self,
                                             GBytes *request,
                                             GrpcAioCallOptions *options,
                                             GCancellable *cancellable,
                                             GError **error);

G_END_DECLS
