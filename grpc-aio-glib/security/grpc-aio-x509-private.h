/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <openssl/x509_vfy.h>

G_BEGIN_DECLS

/* The names of the sources, such as paths, are for the error. */
gboolean grpc_aio_x509_check_identity (const char *certificate_chain,
                                       const char *chain_name,
                                       const char *private_key,
                                       const char *key_name,
                                       GError **error);
gboolean grpc_aio_x509_check_certificates (const char *pem,
                                           const char *name,
                                           GError **error);

X509_STORE *grpc_aio_x509_store_new (const char *roots,
                                     const char *crl_directory);

/* What a person is told, or NULL when all is right. */
char *grpc_aio_x509_find_fault (X509_STORE *roots,
                                const char *certificate,
                                const char *chain,
                                gboolean is_server);

G_END_DECLS
