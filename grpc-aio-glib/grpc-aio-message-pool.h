/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_MESSAGE_POOL (grpc_aio_message_pool_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioMessagePool, grpc_aio_message_pool, GRPC_AIO, MESSAGE_POOL, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMessagePool *grpc_aio_message_pool_new (void);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMessagePool *grpc_aio_message_pool_get_default (void);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_message_pool_add_bytes (GrpcAioMessagePool *self,
                                          GBytes *descriptor_set,
                                          GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_message_pool_add_file (GrpcAioMessagePool *self,
                                         const char *filename,
                                         GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_message_pool_add_resource (GrpcAioMessagePool *self,
                                             const char *path,
                                             GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_message_pool_add_from_channel_async (GrpcAioMessagePool *self,
                                                   GrpcAioChannel *channel,
                                                   const char *symbol,
                                                   GCancellable *cancellable,
                                                   GAsyncReadyCallback callback,
                                                   gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_message_pool_add_from_channel_finish (GrpcAioMessagePool *self,
                                                        GAsyncResult *result,
                                                        GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_message_pool_add_from_channel_sync (GrpcAioMessagePool *self,
                                                      GrpcAioChannel *channel,
                                                      const char *symbol,
                                                      GCancellable *cancellable,
                                                      GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
char **grpc_aio_message_pool_dup_file_names (GrpcAioMessagePool *self);

GRPC_AIO_AVAILABLE_IN_ALL
char **grpc_aio_message_pool_dup_message_names (GrpcAioMessagePool *self);

GRPC_AIO_AVAILABLE_IN_ALL
char **grpc_aio_message_pool_dup_enum_names (GrpcAioMessagePool *self);

GRPC_AIO_AVAILABLE_IN_ALL
char **grpc_aio_message_pool_dup_service_names (GrpcAioMessagePool *self);

GRPC_AIO_AVAILABLE_IN_ALL
char **grpc_aio_message_pool_dup_method_names (GrpcAioMessagePool *self,
                                               const char *service);

GRPC_AIO_AVAILABLE_IN_ALL
char **grpc_aio_message_pool_dup_dependencies (GrpcAioMessagePool *self,
                                               const char *filename);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_message_pool_dup_file_descriptor (GrpcAioMessagePool *self,
                                                   const char *filename);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_message_pool_dup_file_descriptor_for_symbol (GrpcAioMessagePool *self,
                                                              const char *symbol);

GRPC_AIO_AVAILABLE_IN_ALL
GType grpc_aio_message_pool_get_message_type (GrpcAioMessagePool *self,
                                              const char *full_name);

GRPC_AIO_AVAILABLE_IN_ALL
GType grpc_aio_message_pool_get_enum_type (GrpcAioMessagePool *self,
                                           const char *full_name);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_message_pool_find_method (GrpcAioMessagePool *self,
                                            const char *path,
                                            GType *input_type,
                                            GType *output_type,
                                            GrpcAioMethodKind *kind,
                                            GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMessage *grpc_aio_message_pool_new_message (GrpcAioMessagePool *self,
                                                   const char *full_name,
                                                   GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMessage *grpc_aio_message_pool_new_message_from_bytes (GrpcAioMessagePool *self,
                                                              const char *full_name,
                                                              GBytes *bytes,
                                                              GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMessage *grpc_aio_message_pool_new_message_from_json (GrpcAioMessagePool *self,
                                                             const char *full_name,
                                                             const char *json,
                                                             GrpcAioJsonFlags flags,
                                                             GError **error);

G_END_DECLS
