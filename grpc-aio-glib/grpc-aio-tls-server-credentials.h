/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-server-credentials.h>
#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_TLS_SERVER_CREDENTIALS (grpc_aio_tls_server_credentials_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
GRPC_AIO_DECLARE_INTERNAL_TYPE (GrpcAioTlsServerCredentials, grpc_aio_tls_server_credentials, GRPC_AIO, TLS_SERVER_CREDENTIALS, GrpcAioServerCredentials)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioTlsServerCredentials *grpc_aio_tls_server_credentials_new (GrpcAioTlsIdentity *identity);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioTlsIdentity *grpc_aio_tls_server_credentials_get_identity (GrpcAioTlsServerCredentials *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_tls_server_credentials_set_identity (GrpcAioTlsServerCredentials *self,
                                                   GrpcAioTlsIdentity *identity);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_tls_server_credentials_set_other_identities (GrpcAioTlsServerCredentials *self,
                                                           GrpcAioTlsIdentity **identities,
                                                           gsize n_identities);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioTlsClientCheck grpc_aio_tls_server_credentials_get_client_check (GrpcAioTlsServerCredentials *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioTlsAuthorities *grpc_aio_tls_server_credentials_get_authorities (GrpcAioTlsServerCredentials *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_tls_server_credentials_set_client_check (GrpcAioTlsServerCredentials *self,
                                                       GrpcAioTlsClientCheck client_check,
                                                       GrpcAioTlsAuthorities *authorities);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_tls_server_credentials_get_crl_directory (GrpcAioTlsServerCredentials *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_tls_server_credentials_set_crl_directory (GrpcAioTlsServerCredentials *self,
                                                            const char *crl_directory,
                                                            GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_tls_server_credentials_get_key_log_file (GrpcAioTlsServerCredentials *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_tls_server_credentials_set_key_log_file (GrpcAioTlsServerCredentials *self,
                                                           const char *key_log_file,
                                                           GError **error);

G_END_DECLS
