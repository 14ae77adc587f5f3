/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "port/grpc-aio-frames-private.h"

#include <string.h>

#include <grpc/slice.h>

#define HEADER_SIZE 16
#define CAPACITY_MIN 4096

/* What a burst needed is given back when it is over. */
#define CAPACITY_KEPT (256 * 1024)

void
grpc_aio_frames_clear (GrpcAioFrames *self)
{
  g_clear_pointer (&self->data, g_free);
  self->length = self->capacity = 0;
}

/* Room for @length more bytes. */
static guint8 *
reserve (GrpcAioFrames *self,
         gsize length)
{
  guint8 *at;

  if (self->is_taken)
    {
      self->is_taken = FALSE;
      self->length = 0;
      if (self->capacity > CAPACITY_KEPT)
        grpc_aio_frames_clear (self);
    }
  if (self->capacity - self->length < length)
    {
      self->capacity = MAX (MAX (2 * self->capacity, self->length + length), CAPACITY_MIN);
      self->data = g_realloc (self->data, self->capacity);
    }

  at = self->data + self->length;
  self->length += length;

  return at;
}

gsize
grpc_aio_frames_get_length (const GrpcAioFrames *self)
{
  return self->is_taken ? 0 : self->length;
}

/* All that was added. It stays until something else is. */
const guint8 *
grpc_aio_frames_take (GrpcAioFrames *self,
                      gsize *length)
{
  *length = grpc_aio_frames_get_length (self);
  self->is_taken = TRUE;

  return self->data;
}

static void
set_uint32 (guint8 *at,
            guint32 value)
{
  guint32 bytes = GUINT32_TO_LE (value);

  memcpy (at, &bytes, sizeof bytes);
}

static guint8 *
add_header (GrpcAioFrames *self,
            guint32 id,
            guint32 event,
            guint32 value,
            gsize length)
{
  guint8 *at = reserve (self, HEADER_SIZE + length);

  set_uint32 (at, id);
  set_uint32 (at + 4, event);
  set_uint32 (at + 8, value);
  set_uint32 (at + 12, (guint32) length);

  return at + HEADER_SIZE;
}

void
grpc_aio_frames_add (GrpcAioFrames *self,
                     guint32 id,
                     guint32 event,
                     guint32 value,
                     gconstpointer payload,
                     gsize length)
{
  guint8 *at = add_header (self, id, event, value, length);

  if (length > 0)
    memcpy (at, payload, length);
}

/* Returns what grpc_aio_frames_end () needs. */
gsize
grpc_aio_frames_begin (GrpcAioFrames *self,
                       guint32 id,
                       guint32 event,
                       guint32 value)
{
  add_header (self, id, event, value, 0);

  return self->length;
}

void
grpc_aio_frames_end (GrpcAioFrames *self,
                     gsize start)
{
  set_uint32 (self->data + start - 4, (guint32) (self->length - start));
}

void
grpc_aio_frames_put (GrpcAioFrames *self,
                     gconstpointer data,
                     gsize length)
{
  guint8 *at = reserve (self, length);

  if (length > 0)
    memcpy (at, data, length);
}

void
grpc_aio_frames_put_uint32 (GrpcAioFrames *self,
                            guint32 value)
{
  set_uint32 (reserve (self, sizeof value), value);
}

void
grpc_aio_frames_put_int64 (GrpcAioFrames *self,
                           gint64 value)
{
  gint64 bytes = GINT64_TO_LE (value);

  memcpy (reserve (self, sizeof bytes), &bytes, sizeof bytes);
}

/* NULL is as empty. */
void
grpc_aio_frames_put_text (GrpcAioFrames *self,
                          const char *text)
{
  gsize length = text != NULL ? strlen (text) : 0;

  grpc_aio_frames_put_uint32 (self, (guint32) length);
  grpc_aio_frames_put (self, text, length);
}

static void
put_entry (GrpcAioFrames *self,
           gconstpointer key,
           gsize key_length,
           gconstpointer value,
           gsize value_length)
{
  grpc_aio_frames_put_uint32 (self, (guint32) key_length);
  grpc_aio_frames_put_uint32 (self, (guint32) value_length);
  grpc_aio_frames_put (self, key, key_length);
  grpc_aio_frames_put (self, value, value_length);
}

/* NULL is as empty. */
void
grpc_aio_frames_put_metadata (GrpcAioFrames *self,
                              GrpcAioMetadata *metadata)
{
  guint size = metadata != NULL ? grpc_aio_metadata_get_size (metadata) : 0;

  grpc_aio_frames_put_uint32 (self, size);
  for (guint i = 0; i < size; i++)
    {
      const char *key = grpc_aio_metadata_get_nth_key (metadata, i);
      gsize length;
      gconstpointer value = g_bytes_get_data (grpc_aio_metadata_get_nth_bytes (metadata, i), &length);

      put_entry (self, key, strlen (key), value, length);
    }
}

void
grpc_aio_frames_put_core_metadata (GrpcAioFrames *self,
                                   const grpc_metadata_array *array)
{
  grpc_aio_frames_put_uint32 (self, (guint32) array->count);
  for (gsize i = 0; i < array->count; i++)
    {
      const grpc_metadata *entry = &array->metadata[i];

      put_entry (self, GRPC_SLICE_START_PTR (entry->key), GRPC_SLICE_LENGTH (entry->key),
                 GRPC_SLICE_START_PTR (entry->value), GRPC_SLICE_LENGTH (entry->value));
    }
}

/* NULL when there are not as many bytes. */
static const guint8 *
get_bytes (GrpcAioFrameReader *self,
           gsize length)
{
  const guint8 *at = self->data;

  if (self->is_invalid || length > self->length)
    {
      self->is_invalid = TRUE;
      return NULL;
    }

  self->data += length;
  self->length -= length;

  return at;
}

guint32
grpc_aio_frame_reader_get_uint32 (GrpcAioFrameReader *self)
{
  guint32 value = 0;
  const guint8 *at = get_bytes (self, sizeof value);

  if (at != NULL)
    memcpy (&value, at, sizeof value);

  return GUINT32_FROM_LE (value);
}

gint64
grpc_aio_frame_reader_get_int64 (GrpcAioFrameReader *self)
{
  gint64 value = 0;
  const guint8 *at = get_bytes (self, sizeof value);

  if (at != NULL)
    memcpy (&value, at, sizeof value);

  return GINT64_FROM_LE (value);
}

static char *
dup_text (GrpcAioFrameReader *self,
          gsize length)
{
  const guint8 *at = get_bytes (self, length);

  return at != NULL ? g_strndup ((const char *) at, length) : NULL;
}

/* NULL for none, which an empty text is. */
char *
grpc_aio_frame_reader_dup_text (GrpcAioFrameReader *self)
{
  guint32 length = grpc_aio_frame_reader_get_uint32 (self);

  return length > 0 ? dup_text (self, length) : NULL;
}

static gboolean
append (GrpcAioMetadata *metadata,
        const char *key,
        const guint8 *value,
        gsize length)
{
  if (g_str_has_suffix (key, "-bin"))
    {
      g_autoptr (GBytes) bytes = g_bytes_new (value, length);

      return grpc_aio_metadata_append_bytes (metadata, key, bytes, NULL);
    }
  else
    {
      g_autofree char *text = g_strndup ((const char *) value, length);

      return strlen (text) == length && grpc_aio_metadata_append (metadata, key, text, NULL);
    }
}

/* Returns a reference; NULL for none. What may not be sent makes it invalid. */
GrpcAioMetadata *
grpc_aio_frame_reader_get_metadata (GrpcAioFrameReader *self)
{
  guint32 size = self->length > 0 ? grpc_aio_frame_reader_get_uint32 (self) : 0;
  g_autoptr (GrpcAioMetadata) metadata = NULL;

  if (size > 0)
    metadata = grpc_aio_metadata_new ();
  for (guint32 i = 0; i < size && !self->is_invalid; i++)
    {
      guint32 key_length = grpc_aio_frame_reader_get_uint32 (self);
      guint32 value_length = grpc_aio_frame_reader_get_uint32 (self);
      g_autofree char *key = dup_text (self, key_length);
      const guint8 *value = get_bytes (self, value_length);

      if (key == NULL || value == NULL)
        break;

      self->is_invalid = !append (metadata, key, value, value_length);
    }

  return self->is_invalid ? NULL : g_steal_pointer (&metadata);
}
