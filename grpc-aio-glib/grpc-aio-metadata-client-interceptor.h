/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-client-interceptor.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_METADATA_CLIENT_INTERCEPTOR (grpc_aio_metadata_client_interceptor_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioMetadataClientInterceptor, grpc_aio_metadata_client_interceptor, GRPC_AIO, METADATA_CLIENT_INTERCEPTOR, GrpcAioClientInterceptor)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadataClientInterceptor *grpc_aio_metadata_client_interceptor_new (GrpcAioMetadata *metadata);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadata *grpc_aio_metadata_client_interceptor_get_metadata (GrpcAioMetadataClientInterceptor *self);

G_END_DECLS
