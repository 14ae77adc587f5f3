/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-call-credentials.h>
#include <grpc/grpc_security.h>

G_BEGIN_DECLS

/* Consume @core. A hold on grpc-core comes with the object, so it is made first. */
void grpc_aio_call_credentials_take_core (GrpcAioCallCredentials *self,
                                          grpc_call_credentials *core);

/* grpc_call_set_credentials () and all that is made of them take a reference of
 * their own: the object need not outlive its use. NULL when it was made without
 * a constructor of ours. */
grpc_call_credentials *grpc_aio_call_credentials_get_core (GrpcAioCallCredentials *self);

/* The same once more, for what consumes it: grpc-core lets nobody else take a
 * reference. NULL when they are of another kind than those of a plugin or of the
 * Compute Engine. */
grpc_call_credentials *grpc_aio_call_credentials_create_core (GrpcAioCallCredentials *self);

/* Whether @token can be sent in a header. */
gboolean grpc_aio_credentials_check_token (const char *what,
                                           const char *token,
                                           GError **error);

G_END_DECLS
