/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-service.h>

G_BEGIN_DECLS

typedef void (*GrpcAioServiceMethodFunc) (const char *full_name,
                                          GrpcAioRpcMethodHandler *handler,
                                          gpointer user_data);

void grpc_aio_service_foreach_method (GrpcAioService *self,
                                      GrpcAioServiceMethodFunc func,
                                      gpointer user_data);

GrpcAioRpcMethodHandler *grpc_aio_service_find_method (GrpcAioService *self,
                                                       const char *full_name);

G_END_DECLS
