/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-tls-authorities.h>
#include <openssl/x509_vfy.h>

G_BEGIN_DECLS

guint grpc_aio_tls_authorities_refresh (GrpcAioTlsAuthorities *self);
X509_STORE *grpc_aio_tls_authorities_ref_store (GrpcAioTlsAuthorities *self,
                                                const char *crl_directory);

G_END_DECLS
