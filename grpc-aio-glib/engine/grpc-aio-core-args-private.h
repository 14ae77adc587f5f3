/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-channel-options.h>
#include <grpc/grpc.h>

G_BEGIN_DECLS

typedef struct
{
  grpc_channel_args args;
  gsize capacity;
  char *user_agent;

  /* Cancelled when the channel is closed; NULL until somebody wants to know. The
   * same for all core channels of a channel. */
  GCancellable *closed;
} GrpcAioCoreArgs;

/* Texts stay those of @options, which must outlive the arguments. */
void grpc_aio_core_args_init (GrpcAioCoreArgs *self,
                              GrpcAioChannelOptions *options,
                              guint n_extra);
/* What is right for a channel, or for a server, where @options do not say
 * otherwise. */
void grpc_aio_core_args_add_client_defaults (GrpcAioCoreArgs *self);
void grpc_aio_core_args_add_server_defaults (GrpcAioCoreArgs *self);
/* In place of what @options have. */
void grpc_aio_core_args_set_int (GrpcAioCoreArgs *self,
                                 const char *name,
                                 int value);
void grpc_aio_core_args_set_pointer (GrpcAioCoreArgs *self,
                                     const char *name,
                                     gpointer value,
                                     const grpc_arg_pointer_vtable *vtable);
/* 0 when there is none. */
int grpc_aio_core_args_get_int (GrpcAioCoreArgs *self,
                                const char *name);
void grpc_aio_core_args_clear (GrpcAioCoreArgs *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GrpcAioCoreArgs, grpc_aio_core_args_clear)

G_END_DECLS
