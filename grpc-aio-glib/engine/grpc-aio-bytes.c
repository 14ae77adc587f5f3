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

/* From this size on the memory of a message is kept for the next ones: as much as
 * that of two messages of the size that grpc-core takes by default. */
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

/* Memory that goes back to the system when it is freed costs a page fault for
 * each 4 KiB when it comes again: some is kept. */
typedef struct _Block Block;

struct _Block
{
  Block *next;
  gsize size;
  guint8 data[];
};

static GMutex blocks_lock;
static Block *blocks;      /* with blocks_lock; the last that was given back first */
static gsize largest_size; /* with blocks_lock; of all that were ever made */

/* grpc-core reads into memory from malloc (), which suffers from the same. glibc
 * stops giving the end of its heap back to the system once it has seen large
 * blocks come and go, so show it one. Its pages are never touched. */
static void
teach_malloc (gsize size)
{
  g_free (g_malloc (2 * size));
}

static Block *
block_new (gsize size)
{
  gboolean is_largest = FALSE;
  Block **at = &blocks;
  Block *block;

  g_mutex_lock (&blocks_lock);
  while (*at != NULL && ((*at)->size < size || (*at)->size / 4 > size))
    at = &(*at)->next;
  block = *at;
  if (block != NULL)
    *at = block->next;
  if (block == NULL && size > largest_size && size <= KEPT_MAX)
    {
      is_largest = TRUE;
      largest_size = size;
    }
  g_mutex_unlock (&blocks_lock);

  if (is_largest)
    teach_malloc (size);
  if (block == NULL)
    {
      /* Messages of nearly the same size share their blocks. */
      size = (size + KEPT_MIN - 1) / KEPT_MIN * KEPT_MIN;
      block = g_malloc (sizeof (Block) + size);
      block->size = size;
    }

  return block;
}

/* Lets the oldest go for the newest. */
static void
block_free (gpointer data)
{
  Block *block = data;
  Block *too_much;
  Block **at;
  gsize size = 0;

  if (block->size > KEPT_MAX)
    {
      g_free (block);
      return;
    }

  g_mutex_lock (&blocks_lock);
  block->next = blocks;
  blocks = block;
  for (at = &blocks; *at != NULL && size + (*at)->size <= KEPT_MAX; at = &(*at)->next)
    size += (*at)->size;
  too_much = g_steal_pointer (at);
  g_mutex_unlock (&blocks_lock);

  while (too_much != NULL)
    {
      Block *next = too_much->next;

      g_free (too_much);
      too_much = next;
    }
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
