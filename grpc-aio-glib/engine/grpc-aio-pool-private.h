/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* The classes whose objects are used again. */
typedef enum
{
  GRPC_AIO_POOL_OPERATION,
  GRPC_AIO_POOL_CALL,
  GRPC_AIO_POOL_SERVICER_CONTEXT,
  GRPC_AIO_N_POOLS,
} GrpcAioPoolId;

/* Gives an object all that it holds back, and makes it as if it were new. */
typedef void (*GrpcAioPoolClear) (gpointer object);

gpointer grpc_aio_pool_take (GrpcAioPoolId id,
                             GType type);
void grpc_aio_pool_release (GrpcAioPoolId id,
                            gpointer object,
                            GrpcAioPoolClear clear);

G_END_DECLS
