/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_TLS_AUTHORITIES (grpc_aio_tls_authorities_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioTlsAuthorities, grpc_aio_tls_authorities, GRPC_AIO, TLS_AUTHORITIES, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioTlsAuthorities *grpc_aio_tls_authorities_new_from_pem (const char *certificates,
                                                              GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioTlsAuthorities *grpc_aio_tls_authorities_new_from_file (const char *file,
                                                               GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioTlsAuthorities *grpc_aio_tls_authorities_new_from_certificates (GTlsCertificate *const *certificates,
                                                                       gsize n_certificates,
                                                                       GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_tls_authorities_get_file (GrpcAioTlsAuthorities *self);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_tls_authorities_dup_certificates (GrpcAioTlsAuthorities *self);

G_END_DECLS
