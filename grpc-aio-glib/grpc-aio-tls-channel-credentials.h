/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-channel-credentials.h>
#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_TLS_CHANNEL_CREDENTIALS (grpc_aio_tls_channel_credentials_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
GRPC_AIO_DECLARE_INTERNAL_TYPE (GrpcAioTlsChannelCredentials, grpc_aio_tls_channel_credentials, GRPC_AIO, TLS_CHANNEL_CREDENTIALS, GrpcAioChannelCredentials)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioTlsChannelCredentials *grpc_aio_tls_channel_credentials_new (void);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioTlsAuthorities *grpc_aio_tls_channel_credentials_get_authorities (GrpcAioTlsChannelCredentials *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_tls_channel_credentials_set_authorities (GrpcAioTlsChannelCredentials *self,
                                                       GrpcAioTlsAuthorities *authorities);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioTlsIdentity *grpc_aio_tls_channel_credentials_get_identity (GrpcAioTlsChannelCredentials *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_tls_channel_credentials_set_identity (GrpcAioTlsChannelCredentials *self,
                                                    GrpcAioTlsIdentity *identity);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioTlsServerCheck grpc_aio_tls_channel_credentials_get_server_check (GrpcAioTlsChannelCredentials *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_tls_channel_credentials_set_server_check (GrpcAioTlsChannelCredentials *self,
                                                        GrpcAioTlsServerCheck server_check);

GRPC_AIO_AVAILABLE_IN_ALL
guint grpc_aio_tls_channel_credentials_get_session_cache_size (GrpcAioTlsChannelCredentials *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_tls_channel_credentials_set_session_cache_size (GrpcAioTlsChannelCredentials *self,
                                                              guint session_cache_size);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_tls_channel_credentials_get_crl_directory (GrpcAioTlsChannelCredentials *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_tls_channel_credentials_set_crl_directory (GrpcAioTlsChannelCredentials *self,
                                                             const char *crl_directory,
                                                             GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_tls_channel_credentials_get_key_log_file (GrpcAioTlsChannelCredentials *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_tls_channel_credentials_set_key_log_file (GrpcAioTlsChannelCredentials *self,
                                                            const char *key_log_file,
                                                            GError **error);

G_END_DECLS
