/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "engine/grpc-aio-core-metadata-private.h"

#include <grpc/compression.h>
#include <grpc/slice.h>

#include "types/grpc-aio-metadata-private.h"

void
grpc_aio_core_metadata_init (GrpcAioCoreMetadata *self,
                             GrpcAioMetadata *metadata)
{
  self->entries = NULL;
  self->n_entries = metadata != NULL ? grpc_aio_metadata_get_size (metadata) : 0;
  if (self->n_entries == 0)
    return;

  self->entries = g_new0 (grpc_metadata, self->n_entries);
  for (gsize i = 0; i < self->n_entries; i++)
    {
      gsize length;
      gconstpointer data = g_bytes_get_data (grpc_aio_metadata_get_nth_bytes (metadata, i), &length);

      self->entries[i].key = grpc_slice_from_copied_string (grpc_aio_metadata_get_nth_key (metadata, i));
      self->entries[i].value = grpc_slice_from_copied_buffer (data, length);
    }
}

/* What grpc-core itself is told in the form of metadata. */
void
grpc_aio_core_metadata_add_static (GrpcAioCoreMetadata *self,
                                   const char *key,
                                   const char *value)
{
  self->entries = g_renew (grpc_metadata, self->entries, self->n_entries + 1);
  self->entries[self->n_entries++] = (grpc_metadata){
    .key = grpc_slice_from_static_string (key),
    .value = grpc_slice_from_static_string (value),
  };
}

void
grpc_aio_core_metadata_clear (GrpcAioCoreMetadata *self)
{
  for (gsize i = 0; i < self->n_entries; i++)
    {
      grpc_slice_unref (self->entries[i].key);
      grpc_slice_unref (self->entries[i].value);
    }

  g_clear_pointer (&self->entries, g_free);
  self->n_entries = 0;
}

GrpcAioMetadata *
grpc_aio_core_metadata_to_glib (const grpc_metadata_array *array)
{
  GrpcAioMetadata *metadata = grpc_aio_metadata_new ();

  for (gsize i = 0; i < array->count; i++)
    {
      const grpc_metadata *entry = &array->metadata[i];

      grpc_aio_metadata_append_received (metadata,
                                         GRPC_SLICE_START_PTR (entry->key), GRPC_SLICE_LENGTH (entry->key),
                                         GRPC_SLICE_START_PTR (entry->value), GRPC_SLICE_LENGTH (entry->value));
    }

  return metadata;
}
