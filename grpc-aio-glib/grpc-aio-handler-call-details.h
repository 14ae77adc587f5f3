/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_HANDLER_CALL_DETAILS (grpc_aio_handler_call_details_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioHandlerCallDetails, grpc_aio_handler_call_details, GRPC_AIO, HANDLER_CALL_DETAILS, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioHandlerCallDetails *grpc_aio_handler_call_details_new (const char *method,
                                                              const char *host,
                                                              GrpcAioMetadata *invocation_metadata);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_handler_call_details_get_method (GrpcAioHandlerCallDetails *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_handler_call_details_get_host (GrpcAioHandlerCallDetails *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadata *grpc_aio_handler_call_details_get_invocation_metadata (GrpcAioHandlerCallDetails *self);

G_END_DECLS
