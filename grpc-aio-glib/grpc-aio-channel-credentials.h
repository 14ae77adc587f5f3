/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_CHANNEL_CREDENTIALS (grpc_aio_channel_credentials_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
GRPC_AIO_DECLARE_INTERNAL_TYPE (GrpcAioChannelCredentials, grpc_aio_channel_credentials, GRPC_AIO, CHANNEL_CREDENTIALS, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelCredentials *grpc_aio_channel_credentials_new_insecure (void);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelCredentials *grpc_aio_channel_credentials_new_ssl (const char *root_certificates,
                                                                 const char *private_key,
                                                                 const char *certificate_chain);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelCredentials *grpc_aio_channel_credentials_new_composite (GrpcAioChannelCredentials *channel_credentials,
                                                                       GrpcAioCallCredentials *call_credentials);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelCredentials *grpc_aio_channel_credentials_new_local (GrpcAioLocalConnectionType type);

G_END_DECLS
