/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-tls-identity.h>

G_BEGIN_DECLS

guint grpc_aio_tls_identity_refresh (GrpcAioTlsIdentity *self);
void grpc_aio_tls_identity_dup_pem (GrpcAioTlsIdentity *self,
                                    char **certificate_chain,
                                    char **private_key);

G_END_DECLS
