/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-channel-options.h>

G_BEGIN_DECLS

typedef void (*GrpcAioChannelOptionFunc) (const char *name,
                                          const char *string,
                                          int integer,
                                          gpointer user_data);

void grpc_aio_channel_options_foreach (GrpcAioChannelOptions *self,
                                       GrpcAioChannelOptionFunc func,
                                       gpointer user_data);

guint grpc_aio_channel_options_get_size (GrpcAioChannelOptions *self);

GrpcAioChannelOptions *grpc_aio_channel_options_copy (GrpcAioChannelOptions *self);

G_END_DECLS
