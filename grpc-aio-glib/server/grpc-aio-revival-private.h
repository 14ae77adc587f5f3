/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-server.h>

G_BEGIN_DECLS

void grpc_aio_revival_add (GrpcAioServer *server);
void grpc_aio_revival_remove (GrpcAioServer *server);

G_END_DECLS
