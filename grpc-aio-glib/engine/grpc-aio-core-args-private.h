/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-channel-options.h>
#include <grpc/grpc.h>

G_BEGIN_DECLS

typedef struct
{
  grpc_channel_args args;
  gsize capacity;
} GrpcAioCoreArgs;

/* Texts stay those of @options, which must outlive the arguments. */
void grpc_aio_core_args_init (GrpcAioCoreArgs *self,
                              GrpcAioChannelOptions *options,
                              guint n_extra);
/* In place of what @options have. */
void grpc_aio_core_args_set_int (GrpcAioCoreArgs *self,
                                 const char *name,
                                 int value);
void grpc_aio_core_args_clear (GrpcAioCoreArgs *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GrpcAioCoreArgs, grpc_aio_core_args_clear)

G_END_DECLS
