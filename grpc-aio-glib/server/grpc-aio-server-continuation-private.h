/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-server-continuation.h>
#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

/* A call on its way through one interceptor. */
typedef struct _GrpcAioInterception GrpcAioInterception;

/* Asks all interceptors of a server for the handler of a call, which is held. */
void grpc_aio_server_continuation_begin (GrpcAioServicerContext *context,
                                         GrpcAioHandlerCallDetails *details);

void grpc_aio_server_continuation_clear (GSList *interceptions);

/* The call is over. Consumes what is under way. */
void grpc_aio_server_continuation_abandon (GSList *interceptions,
                                           const GError *reason);

G_END_DECLS
