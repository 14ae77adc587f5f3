/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages: GBytes on our side, byte buffers of slices on grpc-core's. Neither
 * way copies a payload that is one piece of memory. */

#include "engine/grpc-aio-bytes-private.h"

#include <string.h>

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>

/* Up to this size a copy costs less than the reference counts. */
#define COPY_MAX 256

/* The sizes for which the memory of a message is kept for the next one. */
#define KEPT_MIN (64 * 1024)
#define KEPT_MAX (8 * 1024 * 1024)

static void
unref_bytes (gpointer data)
{
  g_bytes_unref (data);
}

/* Fills @buffer, whose slices the caller destroys: grpc-core takes them out, and
 * needs no buffer of its own for that. */
void
grpc_aio_bytes_to_core (GBytes *bytes,
                        grpc_byte_buffer *buffer)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (bytes, &length);
  grpc_slice slice;

  if (length <= COPY_MAX)
    slice = grpc_slice_from_copied_buffer (data, length);
  else
    slice = grpc_slice_new_with_user_data ((gpointer) data, length, unref_bytes, g_bytes_ref (bytes));

  *buffer = (grpc_byte_buffer){ .type = GRPC_BB_RAW, .data.raw.compression = GRPC_COMPRESS_NONE };
  grpc_slice_buffer_init (&buffer->data.raw.slice_buffer);
  grpc_slice_buffer_add (&buffer->data.raw.slice_buffer, slice);
}

static void
unref_slice (gpointer data)
{
  grpc_slice *slice = data;

  grpc_slice_unref (*slice);
  g_free (slice);
}

static GBytes *
bytes_new_share_slice (const grpc_slice *slice)
{
  grpc_slice *kept;

  if (slice->refcount == NULL || GRPC_SLICE_LENGTH (*slice) <= COPY_MAX)
    return g_bytes_new (GRPC_SLICE_START_PTR (*slice), GRPC_SLICE_LENGTH (*slice));

  kept = g_new (grpc_slice, 1);
  *kept = grpc_slice_ref (*slice);

  return g_bytes_new_with_free_func (GRPC_SLICE_START_PTR (*kept), GRPC_SLICE_LENGTH (*kept), unref_slice, kept);
}

/* The memory of a large message goes back to the system when it is freed, and
 * each of its pages costs a fault when it comes again: the last block is kept. */
typedef struct
{
  gsize size;
  guint8 data[];
} Block;

static Block *kept_block; /* atomic */

static Block *
block_new (gsize size)
{
  Block *block = g_atomic_pointer_exchange (&kept_block, NULL);

  if (block != NULL && (block->size < size || block->size / 4 > size))
    g_clear_pointer (&block, g_free);
  if (block == NULL)
    {
      block = g_malloc (sizeof (Block) + size);
      block->size = size;
    }

  return block;
}

static void
block_free (gpointer data)
{
  Block *block = data;

  if (block->size <= KEPT_MAX)
    block = g_atomic_pointer_exchange (&kept_block, block);
  g_free (block);
}

/* What came in several pieces is put together. */
static GBytes *
bytes_new_from_reader (grpc_byte_buffer_reader *reader)
{
  gsize total = grpc_byte_buffer_length (reader->buffer_out);
  gsize length = 0;
  guint8 *data = NULL;
  Block *block = NULL;
  grpc_slice *slice;

  while (grpc_byte_buffer_reader_peek (reader, &slice))
    {
      if (data == NULL)
        {
          if (GRPC_SLICE_LENGTH (*slice) == total)
            return bytes_new_share_slice (slice);

          block = total >= KEPT_MIN ? block_new (total) : NULL;
          data = block != NULL ? block->data : g_malloc (total);
        }

      memcpy (data + length, GRPC_SLICE_START_PTR (*slice), GRPC_SLICE_LENGTH (*slice));
      length += GRPC_SLICE_LENGTH (*slice);
    }

  if (block != NULL)
    return g_bytes_new_with_free_func (data, length, block_free, block);

  return g_bytes_new_take (data, length);
}

/* Consumes @buffer. NULL when its content cannot be decompressed. */
GBytes *
grpc_aio_bytes_new_take_core (grpc_byte_buffer *buffer)
{
  grpc_byte_buffer_reader reader;
  GBytes *bytes = NULL;

  if (grpc_byte_buffer_reader_init (&reader, buffer))
    {
      bytes = bytes_new_from_reader (&reader);
      grpc_byte_buffer_reader_destroy (&reader);
    }
  grpc_byte_buffer_destroy (buffer);

  return bytes;
}

/* Text of a peer, made fit to be shown. */
char *
grpc_aio_slice_dup_text (grpc_slice slice)
{
  return g_utf8_make_valid ((const char *) GRPC_SLICE_START_PTR (slice), GRPC_SLICE_LENGTH (slice));
}
