/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-client-interceptor.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_LOGGING_CLIENT_INTERCEPTOR (grpc_aio_logging_client_interceptor_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioLoggingClientInterceptor, grpc_aio_logging_client_interceptor, GRPC_AIO, LOGGING_CLIENT_INTERCEPTOR, GrpcAioClientInterceptor)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioLoggingClientInterceptor *grpc_aio_logging_client_interceptor_new (void);

G_END_DECLS
