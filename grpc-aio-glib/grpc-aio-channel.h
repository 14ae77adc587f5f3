/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_CHANNEL (grpc_aio_channel_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioChannel, grpc_aio_channel, GRPC_AIO, CHANNEL, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannel *grpc_aio_channel_new (const char *target,
                                      GrpcAioChannelCredentials *credentials);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannel *grpc_aio_channel_new_with_options (const char *target,
                                                   GrpcAioChannelCredentials *credentials,
                                                   GrpcAioChannelOptions *options);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannel *grpc_aio_channel_new_for_connectable (GSocketConnectable *connectable,
                                                      GrpcAioChannelCredentials *credentials,
                                                      GrpcAioChannelOptions *options);

GRPC_AIO_AVAILABLE_IN_ALL
GSocketConnectable *grpc_aio_channel_get_connectable (GrpcAioChannel *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannel *grpc_aio_channel_intercept (GrpcAioChannel *self,
                                            GrpcAioClientInterceptor *const *interceptors,
                                            gsize n_interceptors);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_channel_get_target (GrpcAioChannel *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelCredentials *grpc_aio_channel_get_credentials (GrpcAioChannel *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelOptions *grpc_aio_channel_get_options (GrpcAioChannel *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCompression grpc_aio_channel_get_compression (GrpcAioChannel *self);

GRPC_AIO_AVAILABLE_IN_ALL
GListModel *grpc_aio_channel_get_interceptors (GrpcAioChannel *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannel *grpc_aio_channel_get_base (GrpcAioChannel *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMultiCallable *grpc_aio_channel_unary_unary (GrpcAioChannel *self,
                                                    const char *method);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMultiCallable *grpc_aio_channel_unary_stream (GrpcAioChannel *self,
                                                     const char *method);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMultiCallable *grpc_aio_channel_stream_unary (GrpcAioChannel *self,
                                                     const char *method);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMultiCallable *grpc_aio_channel_stream_stream (GrpcAioChannel *self,
                                                      const char *method);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_channel_call_variant_async (GrpcAioChannel *self,
                                          const char *path,
                                          GVariant *request,
                                          GrpcAioMessagePool *pool,
                                          GrpcAioCallOptions *options,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
GVariant *grpc_aio_channel_call_variant_finish (GrpcAioChannel *self,
                                                GAsyncResult *result,
                                                GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GVariant *grpc_aio_channel_call_variant_sync (GrpcAioChannel *self,
                                              const char *path,
                                              GVariant *request,
                                              GrpcAioMessagePool *pool,
                                              GrpcAioCallOptions *options,
                                              GCancellable *cancellable,
                                              GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_channel_call_json_async (GrpcAioChannel *self,
                                       const char *path,
                                       const char *request,
                                       GrpcAioMessagePool *pool,
                                       GrpcAioCallOptions *options,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_channel_call_json_finish (GrpcAioChannel *self,
                                         GAsyncResult *result,
                                         GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_channel_call_json_sync (GrpcAioChannel *self,
                                       const char *path,
                                       const char *request,
                                       GrpcAioMessagePool *pool,
                                       GrpcAioCallOptions *options,
                                       GCancellable *cancellable,
                                       GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelConnectivity grpc_aio_channel_get_state (GrpcAioChannel *self,
                                                       gboolean try_to_connect);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_channel_reset_connect_backoff (GrpcAioChannel *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_channel_wait_for_state_change_async (GrpcAioChannel *self,
                                                   GrpcAioChannelConnectivity last_observed_state,
                                                   GCancellable *cancellable,
                                                   GAsyncReadyCallback callback,
                                                   gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_channel_wait_for_state_change_finish (GrpcAioChannel *self,
                                                        GAsyncResult *result,
                                                        GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_channel_wait_for_state_change_sync (GrpcAioChannel *self,
                                                      GrpcAioChannelConnectivity last_observed_state,
                                                      GCancellable *cancellable,
                                                      GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_channel_ready_async (GrpcAioChannel *self,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_channel_ready_finish (GrpcAioChannel *self,
                                        GAsyncResult *result,
                                        GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_channel_ready_sync (GrpcAioChannel *self,
                                      GCancellable *cancellable,
                                      GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_channel_close (GrpcAioChannel *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_channel_close_async (GrpcAioChannel *self,
                                   gint64 grace_usec,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_channel_close_finish (GrpcAioChannel *self,
                                        GAsyncResult *result,
                                        GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_channel_close_sync (GrpcAioChannel *self,
                                      gint64 grace_usec,
                                      GCancellable *cancellable,
                                      GError **error);

G_END_DECLS
