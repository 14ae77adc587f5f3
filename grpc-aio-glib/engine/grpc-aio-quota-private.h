/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "engine/grpc-aio-core-args-private.h"

G_BEGIN_DECLS

/* How much memory grpc-core may use for what has the same quota. */
typedef struct _GrpcAioQuota GrpcAioQuota;

/* NULL where there is no limit. */
GrpcAioQuota *grpc_aio_quota_new_for_channel (const char *target,
                                              GrpcAioChannelOptions *options);
GrpcAioQuota *grpc_aio_quota_new_for_server (GrpcAioChannelOptions *options);
void grpc_aio_quota_unref (GrpcAioQuota *self);

void grpc_aio_quota_add_to (GrpcAioQuota *self,
                            GrpcAioCoreArgs *args);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GrpcAioQuota, grpc_aio_quota_unref)

G_END_DECLS
