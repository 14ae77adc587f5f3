/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-server.h>
#include <grpc/grpc.h>

G_BEGIN_DECLS

/* Runs in the main context that was the thread-default one when the fetcher was
 * made. */
typedef void (*GrpcAioServingStatusFunc) (GrpcAioServer *server,
                                          const char *address,
                                          GrpcAioStatusCode code,
                                          const char *message);

grpc_server_config_fetcher *grpc_aio_config_fetcher_new (GrpcAioServer *server,
                                                         GrpcAioServingStatusFunc func,
                                                         const grpc_channel_args *args,
                                                         guint *id,
                                                         GError **error);
void grpc_aio_config_fetcher_forget (guint id);

G_END_DECLS
