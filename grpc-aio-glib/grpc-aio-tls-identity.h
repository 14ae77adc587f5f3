/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_TLS_IDENTITY (grpc_aio_tls_identity_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioTlsIdentity, grpc_aio_tls_identity, GRPC_AIO, TLS_IDENTITY, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioTlsIdentity *grpc_aio_tls_identity_new_from_pem (const char *certificate_chain,
                                                        const char *private_key,
                                                        GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioTlsIdentity *grpc_aio_tls_identity_new_from_files (const char *certificate_file,
                                                          const char *private_key_file,
                                                          GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioTlsIdentity *grpc_aio_tls_identity_new_from_certificate (GTlsCertificate *certificate,
                                                                GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_tls_identity_get_certificate_file (GrpcAioTlsIdentity *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_tls_identity_get_private_key_file (GrpcAioTlsIdentity *self);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_tls_identity_dup_certificate_chain (GrpcAioTlsIdentity *self);

G_END_DECLS
