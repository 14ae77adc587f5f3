/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-server.h>

#include "server/grpc-aio-handler-pool-private.h"

G_BEGIN_DECLS

/* What the server keeps of a call, in its context. */
typedef struct
{
  gpointer share;
  gpointer wait; /* with the server's lock; while the call is in the queue */
  gboolean is_serving; /* with the same, once the call is known to others */
} GrpcAioSeat;

void grpc_aio_server_call_ended (GrpcAioServer *self,
                                 GrpcAioSeat *seat);

void grpc_aio_server_listen_again (GrpcAioServer *self);

void grpc_aio_server_push_task (GrpcAioServer *self,
                                GrpcAioHandlerTask *task);
gboolean grpc_aio_server_remove_task (GrpcAioServer *self,
                                      GrpcAioHandlerTask *task);
void grpc_aio_server_task_ended (GrpcAioServer *self);

GPtrArray *grpc_aio_server_get_services (GrpcAioServer *self);

GrpcAioRpcMethodHandler *grpc_aio_server_find_handler (GrpcAioServer *self,
                                                       GrpcAioHandlerCallDetails *details);

G_END_DECLS
