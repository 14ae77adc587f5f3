/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_SERVER_CREDENTIALS (grpc_aio_server_credentials_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
GRPC_AIO_DECLARE_INTERNAL_TYPE (GrpcAioServerCredentials, grpc_aio_server_credentials, GRPC_AIO, SERVER_CREDENTIALS, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioServerCredentials *grpc_aio_server_credentials_new_insecure (void);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioServerCredentials *grpc_aio_server_credentials_new_ssl (const char *private_key,
                                                               const char *certificate_chain,
                                                               const char *root_certificates,
                                                               gboolean require_client_certificate,
                                                               GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioServerCredentials *grpc_aio_server_credentials_new_local (GrpcAioLocalConnectionType type);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioServerCredentials *grpc_aio_server_credentials_new_alts (GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioServerCredentials *grpc_aio_server_credentials_new_xds (GrpcAioServerCredentials *fallback);

G_END_DECLS
