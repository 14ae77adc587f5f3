/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-multi-callable.h>

G_BEGIN_DECLS

GrpcAioMultiCallable *grpc_aio_multi_callable_new (GrpcAioChannel *channel,
                                                   const char *method,
                                                   GrpcAioMethodKind kind);

GrpcAioChannel *grpc_aio_multi_callable_get_base (GrpcAioMultiCallable *self);
GPtrArray *grpc_aio_multi_callable_get_interceptors (GrpcAioMultiCallable *self);
gpointer grpc_aio_multi_callable_get_registered (GrpcAioMultiCallable *self);

G_END_DECLS
