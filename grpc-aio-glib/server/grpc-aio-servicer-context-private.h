/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-rpc-method-handler.h>
#include <grpc-aio-glib/grpc-aio-servicer-context.h>
#include <grpc/grpc.h>

#include "engine/grpc-aio-queue-private.h"
#include "server/grpc-aio-server-private.h"

G_BEGIN_DECLS

/* A call that grpc-core hands over, with what it owns. */
typedef struct
{
  grpc_call *core;
  grpc_metadata_array metadata;
  gpr_timespec deadline;
  grpc_byte_buffer *payload;

  /* A method and a handler that live as long as the server, or the call's own. */
  const char *method;
  GrpcAioRpcMethodHandler *handler;
  char *own_method;
  GrpcAioRpcMethodHandler *own_handler;

  char *host;
  GrpcAioSeat seat;
} GrpcAioIncomingCall;

GrpcAioServicerContext *grpc_aio_servicer_context_new (GrpcAioServer *server,
                                                       GrpcAioQueue *queue,
                                                       GrpcAioIncomingCall *incoming);

grpc_call *grpc_aio_servicer_context_get_parent_core (GrpcAioServicerContext *self);

GrpcAioSeat *grpc_aio_servicer_context_get_seat (GrpcAioServicerContext *self);
void grpc_aio_servicer_context_watch (GrpcAioServicerContext *self);
void grpc_aio_servicer_context_serve (GrpcAioServicerContext *self,
                                      gboolean has_payload);
void grpc_aio_servicer_context_refuse (GrpcAioServicerContext *self,
                                       GrpcAioStatusCode code,
                                       const char *details);

G_END_DECLS
