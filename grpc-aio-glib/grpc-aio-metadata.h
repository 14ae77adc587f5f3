/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_METADATA (grpc_aio_metadata_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
GType grpc_aio_metadata_get_type (void) G_GNUC_CONST;

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadata *grpc_aio_metadata_new (void);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadata *grpc_aio_metadata_ref (GrpcAioMetadata *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_metadata_unref (GrpcAioMetadata *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadata *grpc_aio_metadata_copy (GrpcAioMetadata *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_metadata_append (GrpcAioMetadata *self,
                                   const char *key,
                                   const char *value,
                                   GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_metadata_append_bytes (GrpcAioMetadata *self,
                                         const char *key,
                                         GBytes *value,
                                         GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_metadata_remove (GrpcAioMetadata *self,
                                   const char *key);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_metadata_contains (GrpcAioMetadata *self,
                                     const char *key);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_metadata_get (GrpcAioMetadata *self,
                                   const char *key);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_metadata_get_bytes (GrpcAioMetadata *self,
                                     const char *key);

GRPC_AIO_AVAILABLE_IN_ALL
char **grpc_aio_metadata_dup_all (GrpcAioMetadata *self,
                                  const char *key);

GRPC_AIO_AVAILABLE_IN_ALL
guint grpc_aio_metadata_get_size (GrpcAioMetadata *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_metadata_get_nth_key (GrpcAioMetadata *self,
                                           guint index);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_metadata_get_nth_value (GrpcAioMetadata *self,
                                             guint index);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_metadata_get_nth_bytes (GrpcAioMetadata *self,
                                         guint index);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_metadata_key_is_legal (const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GrpcAioMetadata, grpc_aio_metadata_unref)

G_END_DECLS
