/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-client-interceptor.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_DEADLINE_CLIENT_INTERCEPTOR (grpc_aio_deadline_client_interceptor_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioDeadlineClientInterceptor, grpc_aio_deadline_client_interceptor, GRPC_AIO, DEADLINE_CLIENT_INTERCEPTOR, GrpcAioClientInterceptor)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioDeadlineClientInterceptor *grpc_aio_deadline_client_interceptor_new (gint64 timeout_usec);

GRPC_AIO_AVAILABLE_IN_ALL
gint64 grpc_aio_deadline_client_interceptor_get_timeout_usec (GrpcAioDeadlineClientInterceptor *self);

G_END_DECLS
