/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-metadata.h>
#include <grpc-aio-glib/grpc-aio-rpc-status.h>

G_BEGIN_DECLS

/* Where a status with details travels (grpcio-status). */
#define GRPC_AIO_RPC_STATUS_KEY "grpc-status-details-bin"

void grpc_aio_rpc_status_add_to_metadata (GrpcAioRpcStatus *self,
                                          GrpcAioMetadata *metadata);
GrpcAioRpcStatus *grpc_aio_rpc_status_new_from_metadata (GrpcAioMetadata *metadata,
                                                         GrpcAioStatusCode code,
                                                         const char *message,
                                                         gboolean may_be_prefixed,
                                                         GError **error);

GrpcAioMetadata *grpc_aio_rpc_status_move (const GError *error,
                                           GrpcAioMetadata *metadata);

G_END_DECLS
