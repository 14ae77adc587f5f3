/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-channel.h>

#include "engine/grpc-aio-queue-private.h"

G_BEGIN_DECLS

/* A place in the channel's list of calls, embedded in the call. */
typedef struct _GrpcAioChannelMember GrpcAioChannelMember;

struct _GrpcAioChannelMember
{
  GrpcAioChannelMember *next;
  GrpcAioChannelMember **previous; /* NULL when not in the list */

  gpointer addresses;       /* that the call goes to; NULL unless they are looked up */
  gboolean waits_for_ready; /* set before */
  gboolean is_held;         /* it cannot be started yet */
};

/* With this status ends what stood for a call that can be started now. */
#define GRPC_AIO_CHANNEL_RELEASED GRPC_STATUS_ABORTED

/* With these details, and this status, what waits for a connection to addresses
 * that are out of date. */
#define GRPC_AIO_CHANNEL_GONE "The addresses of the server are others now"

GrpcAioQueue *grpc_aio_channel_get_queue (GrpcAioChannel *self);
GPtrArray *grpc_aio_channel_get_chain (GrpcAioChannel *self);

gpointer grpc_aio_channel_register_method (GrpcAioChannel *self,
                                           const char *method);

const char *grpc_aio_channel_get_flaw (GrpcAioChannel *self);

gboolean grpc_aio_channel_create_call (GrpcAioChannel *self,
                                       GrpcAioQueue *queue,
                                       gpointer registered,
                                       const char *method,
                                       const char *authority,
                                       grpc_call *parent,
                                       gpr_timespec deadline,
                                       grpc_call **call,
                                       GrpcAioChannelMember *member);
gboolean grpc_aio_channel_replace_call (GrpcAioChannel *self,
                                        GrpcAioQueue *queue,
                                        gpointer registered,
                                        const char *method,
                                        const char *authority,
                                        grpc_call *parent,
                                        gpr_timespec deadline,
                                        grpc_call **call,
                                        grpc_call **replaced,
                                        GrpcAioChannelMember *member);
gboolean grpc_aio_channel_add_member (GrpcAioChannel *self,
                                      GrpcAioChannelMember *member);
gboolean grpc_aio_channel_is_outdated (GrpcAioChannel *self,
                                       GrpcAioChannelMember *member);
void grpc_aio_channel_remove_member (GrpcAioChannel *self,
                                     GrpcAioChannelMember *member);

G_END_DECLS
