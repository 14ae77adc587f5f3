/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_SERVER (grpc_aio_server_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioServer, grpc_aio_server, GRPC_AIO, SERVER, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioServer *grpc_aio_server_new (void);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioServer *grpc_aio_server_new_with_options (GrpcAioChannelOptions *options);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioServer *grpc_aio_server_new_for_xds (GrpcAioChannelOptions *options);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelOptions *grpc_aio_server_get_options (GrpcAioServer *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_server_get_xds_enabled (GrpcAioServer *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCompression grpc_aio_server_get_compression (GrpcAioServer *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioServerState grpc_aio_server_get_state (GrpcAioServer *self);

GRPC_AIO_AVAILABLE_IN_ALL
guint grpc_aio_server_get_active_calls (GrpcAioServer *self);

GRPC_AIO_AVAILABLE_IN_ALL
guint grpc_aio_server_get_queued_calls (GrpcAioServer *self);

GRPC_AIO_AVAILABLE_IN_ALL
guint grpc_aio_server_get_open_connections (GrpcAioServer *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_set_n_workers (GrpcAioServer *self,
                                    guint n_workers);

GRPC_AIO_AVAILABLE_IN_ALL
guint grpc_aio_server_get_n_workers (GrpcAioServer *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_set_maximum_concurrent_rpcs (GrpcAioServer *self,
                                                  guint maximum);

GRPC_AIO_AVAILABLE_IN_ALL
guint grpc_aio_server_get_maximum_concurrent_rpcs (GrpcAioServer *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_set_maximum_queued_rpcs (GrpcAioServer *self,
                                              guint maximum);

GRPC_AIO_AVAILABLE_IN_ALL
guint grpc_aio_server_get_maximum_queued_rpcs (GrpcAioServer *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_set_max_threads (GrpcAioServer *self,
                                      guint max_threads);

GRPC_AIO_AVAILABLE_IN_ALL
guint grpc_aio_server_get_max_threads (GrpcAioServer *self);

GRPC_AIO_AVAILABLE_IN_ALL
int grpc_aio_server_add_port (GrpcAioServer *self,
                              const char *address,
                              GrpcAioServerCredentials *credentials,
                              GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
int grpc_aio_server_add_socket (GrpcAioServer *self,
                                GSocket *socket,
                                GrpcAioServerCredentials *credentials,
                                GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
int grpc_aio_server_add_activation_sockets (GrpcAioServer *self,
                                            const char *name,
                                            GrpcAioServerCredentials *credentials,
                                            GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_add_service (GrpcAioServer *self,
                                  GrpcAioService *service);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_add_generic_handler (GrpcAioServer *self,
                                          GrpcAioGenericRpcHandler *handler);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_add_reflection (GrpcAioServer *self,
                                     GrpcAioMessagePool *pool);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_add_interceptor (GrpcAioServer *self,
                                      GrpcAioServerInterceptor *interceptor);

GRPC_AIO_AVAILABLE_IN_ALL
GListModel *grpc_aio_server_dup_interceptors (GrpcAioServer *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_server_start (GrpcAioServer *self,
                                GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_stop_async (GrpcAioServer *self,
                                 gint64 grace_usec,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_server_stop_finish (GrpcAioServer *self,
                                      GAsyncResult *result,
                                      GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_server_stop_sync (GrpcAioServer *self,
                                    gint64 grace_usec,
                                    GCancellable *cancellable,
                                    GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_wait_for_termination_async (GrpcAioServer *self,
                                                 GCancellable *cancellable,
                                                 GAsyncReadyCallback callback,
                                                 gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_server_wait_for_termination_finish (GrpcAioServer *self,
                                                      GAsyncResult *result,
                                                      GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_server_wait_for_termination_sync (GrpcAioServer *self,
                                                    GCancellable *cancellable,
                                                    GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_remove_port_async (GrpcAioServer *self,
                                        const char *address,
                                        gint64 grace_usec,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_server_remove_port_finish (GrpcAioServer *self,
                                             GAsyncResult *result,
                                             GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_server_remove_port_sync (GrpcAioServer *self,
                                           const char *address,
                                           gint64 grace_usec,
                                           GCancellable *cancellable,
                                           GError **error);

G_END_DECLS
