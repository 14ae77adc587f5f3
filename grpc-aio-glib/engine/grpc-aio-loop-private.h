/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "engine/grpc-aio-queue-private.h"

G_BEGIN_DECLS

gboolean grpc_aio_loop_is_possible (GMainContext *context);

GrpcAioLoop *grpc_aio_loop_new (GrpcAioQueue *queue,
                                GMainContext *context);
void grpc_aio_loop_stop (GrpcAioLoop *self);

void grpc_aio_loop_prepare (GrpcAioLoop *self);

G_END_DECLS
