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

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCallCredentials *grpc_aio_call_credentials_new_iam (const char *authorization_token,
                                                           const char *authority_selector,
                                                           GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCallCredentials *grpc_aio_call_credentials_new_compute_engine (void);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCallCredentials *grpc_aio_call_credentials_new_service_account_jwt (const char *json_key,
                                                                           guint lifetime_sec,
                                                                           GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCallCredentials *grpc_aio_call_credentials_new_refresh_token (const char *json_refresh_token,
                                                                     GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCallCredentials *grpc_aio_call_credentials_new_sts (GrpcAioStsOptions *options,
                                                           GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCallCredentials *grpc_aio_call_credentials_new_external_account (const char *json,
                                                                        const char *const *scopes,
                                                                        GError **error);

G_END_DECLS
