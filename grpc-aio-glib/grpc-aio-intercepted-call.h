/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_INTERCEPTED_CALL (grpc_aio_intercepted_call_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioInterceptedCall, grpc_aio_intercepted_call, GRPC_AIO, INTERCEPTED_CALL, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannel *grpc_aio_intercepted_call_get_channel (GrpcAioInterceptedCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMethodKind grpc_aio_intercepted_call_get_kind (GrpcAioInterceptedCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_intercepted_call_get_method (GrpcAioInterceptedCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_intercepted_call_set_method (GrpcAioInterceptedCall *self,
                                           const char *method);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_intercepted_call_get_request (GrpcAioInterceptedCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_intercepted_call_set_request (GrpcAioInterceptedCall *self,
                                            GBytes *request);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCallOptions *grpc_aio_intercepted_call_get_options (GrpcAioInterceptedCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadata *grpc_aio_intercepted_call_get_metadata (GrpcAioInterceptedCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
GCancellable *grpc_aio_intercepted_call_get_cancellable (GrpcAioInterceptedCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCall *grpc_aio_intercepted_call_proceed (GrpcAioInterceptedCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_intercepted_call_return_call (GrpcAioInterceptedCall *self,
                                            GrpcAioCall *call);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_intercepted_call_return_response (GrpcAioInterceptedCall *self,
                                                GBytes *response);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_intercepted_call_return_status (GrpcAioInterceptedCall *self,
                                              GrpcAioStatusCode code,
                                              const char *details);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_intercepted_call_return_error (GrpcAioInterceptedCall *self,
                                             const GError *error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_intercepted_call_send_initial_metadata (GrpcAioInterceptedCall *self,
                                                      GrpcAioMetadata *metadata);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_intercepted_call_set_trailing_metadata (GrpcAioInterceptedCall *self,
                                                      GrpcAioMetadata *metadata);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_intercepted_call_read_request_async (GrpcAioInterceptedCall *self,
                                                   GCancellable *cancellable,
                                                   GAsyncReadyCallback callback,
                                                   gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_intercepted_call_read_request_finish (GrpcAioInterceptedCall *self,
                                                       GAsyncResult *result,
                                                       GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_intercepted_call_read_request_sync (GrpcAioInterceptedCall *self,
                                                     GCancellable *cancellable,
                                                     GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_intercepted_call_write_response_async (GrpcAioInterceptedCall *self,
                                                     GBytes *message,
                                                     GCancellable *cancellable,
                                                     GAsyncReadyCallback callback,
                                                     gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_intercepted_call_write_response_finish (GrpcAioInterceptedCall *self,
                                                          GAsyncResult *result,
                                                          GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_intercepted_call_write_response_sync (GrpcAioInterceptedCall *self,
                                                        GBytes *message,
                                                        GCancellable *cancellable,
                                                        GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_intercepted_call_is_done (GrpcAioInterceptedCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioStatusCode grpc_aio_intercepted_call_get_code (GrpcAioInterceptedCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_intercepted_call_get_details (GrpcAioInterceptedCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadata *grpc_aio_intercepted_call_get_trailing_metadata (GrpcAioInterceptedCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
gint64 grpc_aio_intercepted_call_get_elapsed_usec (GrpcAioInterceptedCall *self);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_intercepted_call_dup_peer (GrpcAioInterceptedCall *self);

G_END_DECLS
