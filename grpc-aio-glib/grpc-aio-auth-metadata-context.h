/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_AUTH_METADATA_CONTEXT (grpc_aio_auth_metadata_context_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioAuthMetadataContext, grpc_aio_auth_metadata_context, GRPC_AIO, AUTH_METADATA_CONTEXT, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_auth_metadata_context_get_service_url (GrpcAioAuthMetadataContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_auth_metadata_context_get_method_name (GrpcAioAuthMetadataContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioAuthContext *grpc_aio_auth_metadata_context_get_auth_context (GrpcAioAuthMetadataContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_auth_metadata_context_complete (GrpcAioAuthMetadataContext *self,
                                              GrpcAioMetadata *metadata);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_auth_metadata_context_complete_with_error (GrpcAioAuthMetadataContext *self,
                                                    const GError *error);

G_END_DECLS
