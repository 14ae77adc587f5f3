/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_CHANNEL_OPTIONS (grpc_aio_channel_options_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioChannelOptions, grpc_aio_channel_options, GRPC_AIO, CHANNEL_OPTIONS, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelOptions *grpc_aio_channel_options_new (void);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelOptions *grpc_aio_channel_options_new_hardened (void);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_channel_options_set_int (GrpcAioChannelOptions *self,
                                       const char *name,
                                       int value);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_channel_options_set_string (GrpcAioChannelOptions *self,
                                          const char *name,
                                          const char *value);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_channel_options_unset (GrpcAioChannelOptions *self,
                                     const char *name);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_channel_options_get_int (GrpcAioChannelOptions *self,
                                           const char *name,
                                           int *value);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_channel_options_get_string (GrpcAioChannelOptions *self,
                                                 const char *name);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_channel_options_set_service_config (GrpcAioChannelOptions *self,
                                                      const char *json,
                                                      GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_channel_options_get_service_config (GrpcAioChannelOptions *self);

G_END_DECLS
