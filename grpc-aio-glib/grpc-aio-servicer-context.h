/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_SERVICER_CONTEXT (grpc_aio_servicer_context_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioServicerContext, grpc_aio_servicer_context, GRPC_AIO, SERVICER_CONTEXT, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioServer *grpc_aio_servicer_context_get_server (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_servicer_context_get_method (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_servicer_context_get_host (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMethodKind grpc_aio_servicer_context_get_kind (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadata *grpc_aio_servicer_context_get_invocation_metadata (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_servicer_context_dup_peer (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
GCredentials *grpc_aio_servicer_context_dup_peer_credentials (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioAuthContext *grpc_aio_servicer_context_get_auth_context (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
GList *grpc_aio_servicer_context_dup_peer_identities (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_servicer_context_get_peer_identity_key (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
gint64 grpc_aio_servicer_context_time_remaining (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_servicer_context_is_active (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_servicer_context_is_done (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_servicer_context_is_cancelled (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_servicer_context_read_async (GrpcAioServicerContext *self,
                                           GCancellable *cancellable,
                                           GAsyncReadyCallback callback,
                                           gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_servicer_context_read_finish (GrpcAioServicerContext *self,
                                               GAsyncResult *result,
                                               GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_servicer_context_read_sync (GrpcAioServicerContext *self,
                                             GCancellable *cancellable,
                                             GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_servicer_context_write_async (GrpcAioServicerContext *self,
                                            GBytes *message,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_servicer_context_write_finish (GrpcAioServicerContext *self,
                                                 GAsyncResult *result,
                                                 GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_servicer_context_write_sync (GrpcAioServicerContext *self,
                                               GBytes *message,
                                               GCancellable *cancellable,
                                               GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_servicer_context_write_with_flags_async (GrpcAioServicerContext *self,
                                                       GBytes *message,
                                                       GrpcAioWriteFlags flags,
                                                       GCancellable *cancellable,
                                                       GAsyncReadyCallback callback,
                                                       gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_servicer_context_write_with_flags_finish (GrpcAioServicerContext *self,
                                                            GAsyncResult *result,
                                                            GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_servicer_context_write_with_flags_sync (GrpcAioServicerContext *self,
                                                          GBytes *message,
                                                          GrpcAioWriteFlags flags,
                                                          GCancellable *cancellable,
                                                          GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_servicer_context_send_initial_metadata_async (GrpcAioServicerContext *self,
                                                            GrpcAioMetadata *metadata,
                                                            GCancellable *cancellable,
                                                            GAsyncReadyCallback callback,
                                                            gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_servicer_context_send_initial_metadata_finish (GrpcAioServicerContext *self,
                                                                 GAsyncResult *result,
                                                                 GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_servicer_context_send_initial_metadata_sync (GrpcAioServicerContext *self,
                                                               GrpcAioMetadata *metadata,
                                                               GCancellable *cancellable,
                                                               GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_servicer_context_has_sent_initial_metadata (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_servicer_context_set_compression (GrpcAioServicerContext *self,
                                                    GrpcAioCompression compression,
                                                    GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_servicer_context_disable_next_message_compression (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_servicer_context_set_trailing_metadata (GrpcAioServicerContext *self,
                                                      GrpcAioMetadata *metadata);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadata *grpc_aio_servicer_context_get_trailing_metadata (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_servicer_context_set_code (GrpcAioServicerContext *self,
                                         GrpcAioStatusCode code);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioStatusCode grpc_aio_servicer_context_get_code (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_servicer_context_set_details (GrpcAioServicerContext *self,
                                            const char *details);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_servicer_context_get_details (GrpcAioServicerContext *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_servicer_context_complete (GrpcAioServicerContext *self,
                                         GBytes *response);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_servicer_context_complete_with_error (GrpcAioServicerContext *self,
                                                    const GError *error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_servicer_context_abort (GrpcAioServicerContext *self,
                                      GrpcAioStatusCode code,
                                      const char *details);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_servicer_context_abort_with_metadata (GrpcAioServicerContext *self,
                                                    GrpcAioStatusCode code,
                                                    const char *details,
                                                    GrpcAioMetadata *trailing_metadata);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_servicer_context_abort_with_status (GrpcAioServicerContext *self,
                                                  GrpcAioRpcStatus *status);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_servicer_context_set_value (GrpcAioServicerContext *self,
                                          const char *key,
                                          const GValue *value);

GRPC_AIO_AVAILABLE_IN_ALL
const GValue *grpc_aio_servicer_context_get_value (GrpcAioServicerContext *self,
                                                   const char *key);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_servicer_context_set_identity (GrpcAioServicerContext *self,
                                             const char *identity);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_servicer_context_get_identity (GrpcAioServicerContext *self);

G_END_DECLS
