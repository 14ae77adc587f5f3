/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_AUTH_CONTEXT (grpc_aio_auth_context_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioAuthContext, grpc_aio_auth_context, GRPC_AIO, AUTH_CONTEXT, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
char **grpc_aio_auth_context_dup_names (GrpcAioAuthContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_auth_context_get_text (GrpcAioAuthContext *self,
                                            const char *name);

GRPC_AIO_AVAILABLE_IN_ALL
GList *grpc_aio_auth_context_dup_values (GrpcAioAuthContext *self,
                                         const char *name);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_auth_context_get_transport_security_type (GrpcAioAuthContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_auth_context_is_peer_authenticated (GrpcAioAuthContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_auth_context_get_peer_identity_key (GrpcAioAuthContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
GList *grpc_aio_auth_context_dup_peer_identities (GrpcAioAuthContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_auth_context_get_peer_certificate_pem (GrpcAioAuthContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
GTlsCertificate *grpc_aio_auth_context_dup_peer_certificate (GrpcAioAuthContext *self,
                                                             GError **error);

G_END_DECLS
