/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_TLS_VERIFICATION (grpc_aio_tls_verification_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioTlsVerification, grpc_aio_tls_verification, GRPC_AIO, TLS_VERIFICATION, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_tls_verification_get_target_name (GrpcAioTlsVerification *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_tls_verification_get_certificate_chain (GrpcAioTlsVerification *self);

GRPC_AIO_AVAILABLE_IN_ALL
GTlsCertificate *grpc_aio_tls_verification_get_certificate (GrpcAioTlsVerification *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_tls_verification_get_fault (GrpcAioTlsVerification *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_tls_verification_is_pending (GrpcAioTlsVerification *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_tls_verification_accept (GrpcAioTlsVerification *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_tls_verification_deny (GrpcAioTlsVerification *self,
                                     const char *reason);

G_END_DECLS
