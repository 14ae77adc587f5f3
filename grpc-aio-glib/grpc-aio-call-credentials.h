/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_CALL_CREDENTIALS (grpc_aio_call_credentials_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioCallCredentials, grpc_aio_call_credentials, GRPC_AIO, CALL_CREDENTIALS, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCallCredentials *grpc_aio_call_credentials_new_access_token (const char *access_token,
                                                                    GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCallCredentials *grpc_aio_call_credentials_new_composite (GrpcAioCallCredentials *first,
                                                                 GrpcAioCallCredentials *second);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCallCredentials *grpc_aio_call_credentials_new_plugin (GrpcAioAuthMetadataPlugin *plugin,
                                                              GrpcAioSecurityLevel min_security_level);

G_END_DECLS
