/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-metadata.h>
#include <grpc/grpc.h>

G_BEGIN_DECLS

/* Metadata in grpc-core's form, on its way out. */
typedef struct
{
  grpc_metadata *entries;
  gsize n_entries;
} GrpcAioCoreMetadata;

void grpc_aio_core_metadata_init (GrpcAioCoreMetadata *self,
                                  GrpcAioMetadata *metadata);
void grpc_aio_core_metadata_add_static (GrpcAioCoreMetadata *self,
                                        const char *key,
                                        const char *value);
void grpc_aio_core_metadata_clear (GrpcAioCoreMetadata *self);

GrpcAioMetadata *grpc_aio_core_metadata_to_glib (const grpc_metadata_array *array);

G_END_DECLS
