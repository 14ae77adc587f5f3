/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "engine/grpc-aio-inbox-private.h"

G_BEGIN_DECLS

/* Waits for an asynchronous operation in a main context of its own. */
typedef struct
{
  GMainContext *context;
  GrpcAioQueue *queue;
  GrpcAioVisitor *visitor; /* NULL when there is nothing to visit */
  gboolean is_private;
  gboolean runs_context; /* of the queue: all its sources, not its completions alone */
  GAsyncResult *result;
} GrpcAioSync;

GrpcAioSync grpc_aio_sync_begin (GrpcAioQueue *queue);
GrpcAioSync grpc_aio_sync_begin_whole (void);
void grpc_aio_sync_ready (GObject *source,
                          GAsyncResult *result,
                          gpointer user_data);
GAsyncResult *grpc_aio_sync_wait (GrpcAioSync *self);
void grpc_aio_sync_end (GrpcAioSync *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GrpcAioSync, grpc_aio_sync_end)

G_END_DECLS
