/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-call-credentials.h>
#include <grpc/grpc_security.h>

G_BEGIN_DECLS

/* Takes over @core. */
GrpcAioCallCredentials *grpc_aio_call_credentials_new_for_core (grpc_call_credentials *core);

/* grpc_call_set_credentials () and all that is made of them take a reference of
 * their own: the object need not outlive its use. NULL when it was made without
 * a constructor of ours. */
grpc_call_credentials *grpc_aio_call_credentials_get_core (GrpcAioCallCredentials *self);

/* Whether @token can be sent in a header. */
gboolean grpc_aio_credentials_check_token (const char *what,
                                           const char *token,
                                           GError **error);

G_END_DECLS
