/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-client-interceptor.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_HEDGING_CLIENT_INTERCEPTOR (grpc_aio_hedging_client_interceptor_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioHedgingClientInterceptor, grpc_aio_hedging_client_interceptor, GRPC_AIO, HEDGING_CLIENT_INTERCEPTOR, GrpcAioClientInterceptor)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioHedgingClientInterceptor *grpc_aio_hedging_client_interceptor_new (const char *const *methods);

GRPC_AIO_AVAILABLE_IN_ALL
const char *const *grpc_aio_hedging_client_interceptor_get_methods (GrpcAioHedgingClientInterceptor *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_hedging_client_interceptor_get_retriable (GrpcAioHedgingClientInterceptor *self,
                                                            GrpcAioStatusCode code);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_hedging_client_interceptor_set_retriable (GrpcAioHedgingClientInterceptor *self,
                                                        GrpcAioStatusCode code,
                                                        gboolean retriable);

G_END_DECLS
