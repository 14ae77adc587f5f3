/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-rpc-method-handler.h>
#include <grpc-aio-glib/grpc-aio-servicer-context.h>
#include <grpc/grpc.h>

#include "engine/grpc-aio-operation-private.h"
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
  GPtrArray *interceptors; /* the server's; NULL for none */
} GrpcAioIncomingCall;

GrpcAioServicerContext *grpc_aio_servicer_context_new (GrpcAioServer *server,
                                                       GrpcAioQueue *queue,
                                                       GrpcAioIncomingCall *incoming);

grpc_call *grpc_aio_servicer_context_get_parent_core (GrpcAioServicerContext *self);

/* For a port, in the main context of the call. */
typedef void (*GrpcAioServicerContextWatch) (GrpcAioServicerContext *context,
                                             gpointer user_data);

void grpc_aio_servicer_context_set_watch (GrpcAioServicerContext *self,
                                          GrpcAioServicerContextWatch watch,
                                          gpointer user_data);
const grpc_metadata_array *grpc_aio_servicer_context_get_request_array (GrpcAioServicerContext *self);
void grpc_aio_servicer_context_submit (GrpcAioServicerContext *self,
                                       GrpcAioOperation *operation);
void grpc_aio_servicer_context_cancel (GrpcAioServicerContext *self);
void grpc_aio_servicer_context_give_up (GrpcAioServicerContext *self);

GrpcAioSeat *grpc_aio_servicer_context_get_seat (GrpcAioServicerContext *self);
void grpc_aio_servicer_context_watch (GrpcAioServicerContext *self);
void grpc_aio_servicer_context_serve (GrpcAioServicerContext *self,
                                      gboolean has_payload);
void grpc_aio_servicer_context_refuse (GrpcAioServicerContext *self,
                                       GrpcAioStatusCode code,
                                       const char *details);

GrpcAioQueue *grpc_aio_servicer_context_get_queue (GrpcAioServicerContext *self);
void grpc_aio_servicer_context_keep_request (GrpcAioServicerContext *self,
                                             GBytes *request);
gboolean grpc_aio_servicer_context_is_here (GrpcAioServicerContext *self);
void grpc_aio_servicer_context_run_blocking (GrpcAioServicerContext *self,
                                             GrpcAioRpcMethodHandler *handler,
                                             GBytes *request);
gint64 grpc_aio_servicer_context_get_duration (GrpcAioServicerContext *self);

/* While interceptors are asked for the handler. */
GError *grpc_aio_servicer_context_check_held (GrpcAioServicerContext *self);
GrpcAioServerInterceptor *grpc_aio_servicer_context_enter (GrpcAioServicerContext *self,
                                                           guint position);
void grpc_aio_servicer_context_add_interception (GrpcAioServicerContext *self,
                                                 gpointer interception);
void grpc_aio_servicer_context_remove_interception (GrpcAioServicerContext *self,
                                                    gpointer interception);
void grpc_aio_servicer_context_serve_held (GrpcAioServicerContext *self,
                                           GrpcAioRpcMethodHandler *handler,
                                           GError *error);

G_END_DECLS
