/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_CALL_OPTIONS (grpc_aio_call_options_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioCallOptions, grpc_aio_call_options, GRPC_AIO, CALL_OPTIONS, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCallOptions *grpc_aio_call_options_new (void);

GRPC_AIO_AVAILABLE_IN_ALL
gint64 grpc_aio_call_options_get_timeout_usec (GrpcAioCallOptions *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_options_set_timeout_usec (GrpcAioCallOptions *self,
                                             gint64 timeout_usec);

GRPC_AIO_AVAILABLE_IN_ALL
gint64 grpc_aio_call_options_get_deadline_usec (GrpcAioCallOptions *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_options_set_deadline_usec (GrpcAioCallOptions *self,
                                              gint64 deadline_usec);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadata *grpc_aio_call_options_get_metadata (GrpcAioCallOptions *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_options_set_metadata (GrpcAioCallOptions *self,
                                         GrpcAioMetadata *metadata);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_call_options_get_wait_for_ready (GrpcAioCallOptions *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_options_set_wait_for_ready (GrpcAioCallOptions *self,
                                               gboolean wait_for_ready);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_call_options_get_authority (GrpcAioCallOptions *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_options_set_authority (GrpcAioCallOptions *self,
                                          const char *authority);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCallCredentials *grpc_aio_call_options_get_credentials (GrpcAioCallOptions *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_options_set_credentials (GrpcAioCallOptions *self,
                                            GrpcAioCallCredentials *credentials);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioCompression grpc_aio_call_options_get_compression (GrpcAioCallOptions *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_options_set_compression (GrpcAioCallOptions *self,
                                            GrpcAioCompression compression);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_call_options_get_compression_set (GrpcAioCallOptions *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_options_set_compression_set (GrpcAioCallOptions *self,
                                                gboolean compression_set);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioServicerContext *grpc_aio_call_options_get_parent (GrpcAioCallOptions *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_call_options_set_parent (GrpcAioCallOptions *self,
                                       GrpcAioServicerContext *parent);

G_END_DECLS
