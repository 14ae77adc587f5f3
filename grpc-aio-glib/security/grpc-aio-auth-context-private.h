/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-auth-context.h>
#include <grpc/grpc_security.h>

G_BEGIN_DECLS

/* Copies @core, which may be NULL. */
GrpcAioAuthContext *grpc_aio_auth_context_new_for_core (const grpc_auth_context *core);

/* What is known of the peer of @call. */
GrpcAioAuthContext *grpc_aio_auth_context_new_for_call (grpc_call *call);

G_END_DECLS
