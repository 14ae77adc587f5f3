/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_CALL (grpc_aio_call_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioCall, grpc_aio_call, GRPC_AIO, CALL, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMultiCallable *grpc_aio_call_get_multi_callable (GrpcAioCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCallState grpc_aio_call_get_state (GrpcAioCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_response_async (GrpcAioCall *self,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_call_response_finish (GrpcAioCall *self,
                                       GAsyncResult *result,
                                       GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_call_response_sync (GrpcAioCall *self,
                                     GCancellable *cancellable,
                                     GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_read_async (GrpcAioCall *self,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_call_read_finish (GrpcAioCall *self,
                                   GAsyncResult *result,
                                   GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_call_read_sync (GrpcAioCall *self,
                                 GCancellable *cancellable,
                                 GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_write_async (GrpcAioCall *self,
                                GBytes *message,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_call_write_finish (GrpcAioCall *self,
                                     GAsyncResult *result,
                                     GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_call_write_sync (GrpcAioCall *self,
                                   GBytes *message,
                                   GCancellable *cancellable,
                                   GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_write_with_flags_async (GrpcAioCall *self,
                                           GBytes *message,
                                           GrpcAioWriteFlags flags,
                                           GCancellable *cancellable,
                                           GAsyncReadyCallback callback,
                                           gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_call_write_with_flags_finish (GrpcAioCall *self,
                                                GAsyncResult *result,
                                                GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_call_write_with_flags_sync (GrpcAioCall *self,
                                              GBytes *message,
                                              GrpcAioWriteFlags flags,
                                              GCancellable *cancellable,
                                              GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_done_writing_async (GrpcAioCall *self,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_call_done_writing_finish (GrpcAioCall *self,
                                            GAsyncResult *result,
                                            GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_call_done_writing_sync (GrpcAioCall *self,
                                          GCancellable *cancellable,
                                          GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_initial_metadata_async (GrpcAioCall *self,
                                           GCancellable *cancellable,
                                           GAsyncReadyCallback callback,
                                           gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadata *grpc_aio_call_initial_metadata_finish (GrpcAioCall *self,
                                                        GAsyncResult *result,
                                                        GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadata *grpc_aio_call_initial_metadata_sync (GrpcAioCall *self,
                                                      GCancellable *cancellable,
                                                      GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_trailing_metadata_async (GrpcAioCall *self,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadata *grpc_aio_call_trailing_metadata_finish (GrpcAioCall *self,
                                                         GAsyncResult *result,
                                                         GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadata *grpc_aio_call_trailing_metadata_sync (GrpcAioCall *self,
                                                       GCancellable *cancellable,
                                                       GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_status_async (GrpcAioCall *self,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioStatusCode grpc_aio_call_status_finish (GrpcAioCall *self,
                                               GAsyncResult *result,
                                               GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioStatusCode grpc_aio_call_status_sync (GrpcAioCall *self,
                                             GCancellable *cancellable,
                                             GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_wait_for_connection_async (GrpcAioCall *self,
                                              GCancellable *cancellable,
                                              GAsyncReadyCallback callback,
                                              gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_call_wait_for_connection_finish (GrpcAioCall *self,
                                                   GAsyncResult *result,
                                                   GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_call_wait_for_connection_sync (GrpcAioCall *self,
                                                 GCancellable *cancellable,
                                                 GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_call_cancel (GrpcAioCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_call_is_active (GrpcAioCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_call_is_done (GrpcAioCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_call_is_cancelled (GrpcAioCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
gint64 grpc_aio_call_time_remaining (GrpcAioCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioStatusCode grpc_aio_call_get_code (GrpcAioCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_call_get_details (GrpcAioCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_call_get_debug_string (GrpcAioCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioRpcStatus *grpc_aio_call_dup_rpc_status (GrpcAioCall *self,
                                                GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_call_dup_peer (GrpcAioCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioAuthContext *grpc_aio_call_dup_auth_context (GrpcAioCall *self);

G_END_DECLS
