/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-client-interceptor.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_RETRY_CLIENT_INTERCEPTOR (grpc_aio_retry_client_interceptor_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioRetryClientInterceptor, grpc_aio_retry_client_interceptor, GRPC_AIO, RETRY_CLIENT_INTERCEPTOR, GrpcAioClientInterceptor)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioRetryClientInterceptor *grpc_aio_retry_client_interceptor_new (const char *const *methods);

GRPC_AIO_AVAILABLE_IN_ALL
const char *const *grpc_aio_retry_client_interceptor_get_methods (GrpcAioRetryClientInterceptor *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_retry_client_interceptor_get_retriable (GrpcAioRetryClientInterceptor *self,
                                                          GrpcAioStatusCode code);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_retry_client_interceptor_set_retriable (GrpcAioRetryClientInterceptor *self,
                                                      GrpcAioStatusCode code,
                                                      gboolean retriable);

G_END_DECLS
