/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "engine/grpc-aio-queue-private.h"

G_BEGIN_DECLS

typedef struct _GrpcAioWorker GrpcAioWorker;

GrpcAioWorker *grpc_aio_worker_new (void);
void grpc_aio_worker_stop (GrpcAioWorker *self);
void grpc_aio_worker_unref (GrpcAioWorker *self);

GrpcAioQueue *grpc_aio_worker_get_queue (GrpcAioWorker *self);

G_END_DECLS
