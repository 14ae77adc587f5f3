/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-server-interceptor.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_SERVER_LOGGING_INTERCEPTOR (grpc_aio_server_logging_interceptor_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioServerLoggingInterceptor, grpc_aio_server_logging_interceptor, GRPC_AIO, SERVER_LOGGING_INTERCEPTOR, GrpcAioServerInterceptor)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioServerInterceptor *grpc_aio_server_logging_interceptor_new (void);

G_END_DECLS
