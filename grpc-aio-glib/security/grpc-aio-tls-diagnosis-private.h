/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-channel-credentials.h>

G_BEGIN_DECLS

/* What a person is told of a call that found no connection, or NULL when the
 * details say it all. */
char *grpc_aio_tls_explain (const char *details,
                            GrpcAioChannelCredentials *credentials);

G_END_DECLS
