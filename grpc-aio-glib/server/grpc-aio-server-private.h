/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-server.h>

G_BEGIN_DECLS

/* @registration is what came with the call. */
void grpc_aio_server_call_ended (GrpcAioServer *self,
                                 gpointer registration);

G_END_DECLS
