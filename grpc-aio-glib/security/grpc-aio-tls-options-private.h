/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-tls-authorities.h>
#include <grpc-aio-glib/grpc-aio-tls-identity.h>
#include <grpc/grpc_security.h>

G_BEGIN_DECLS

/* What TLS credentials of channels and of servers have in common. */
gboolean grpc_aio_tls_options_check_crl_directory (const char *path,
                                                   GError **error);
gboolean grpc_aio_tls_options_check_key_log_file (const char *path,
                                                  GError **error);

void grpc_aio_tls_options_provide (grpc_tls_credentials_options *options,
                                   GrpcAioTlsIdentity *identity,
                                   GrpcAioTlsAuthorities *authorities);

G_END_DECLS
