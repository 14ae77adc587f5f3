/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GrpcAioHandlerPool GrpcAioHandlerPool;
typedef struct _GrpcAioHandlerTask GrpcAioHandlerTask;

/* What a thread of the pool runs, embedded in whatever needs it. */
struct _GrpcAioHandlerTask
{
  GList link; /* with the pool's lock, until it runs */
  void (*run) (GrpcAioHandlerTask *self);
};

GrpcAioHandlerPool *grpc_aio_handler_pool_new (guint max_threads);
void grpc_aio_handler_pool_unref (GrpcAioHandlerPool *self);

void grpc_aio_handler_pool_set_max_threads (GrpcAioHandlerPool *self,
                                            guint max_threads);
void grpc_aio_handler_pool_push (GrpcAioHandlerPool *self,
                                 GrpcAioHandlerTask *task);
gboolean grpc_aio_handler_pool_remove (GrpcAioHandlerPool *self,
                                       GrpcAioHandlerTask *task);

G_END_DECLS
