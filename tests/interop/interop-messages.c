/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "interop-messages.h"

static GBytes *
convert (GConverter *converter,
         GBytes *bytes,
         GError **error)
{
  g_autoptr (GInputStream) compressed = g_memory_input_stream_new_from_bytes (bytes);
  g_autoptr (GInputStream) stream = g_converter_input_stream_new (compressed, converter);
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();

  if (g_output_stream_splice (memory, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, error) < 0)
    return NULL;

  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
}

GBytes *
interop_message_pack (const ProtobufCMessage *message)
{
  gsize size = protobuf_c_message_get_packed_size (message);
  guint8 *data = g_malloc (size);

  protobuf_c_message_pack (message, data);

  return g_bytes_new_take (data, size);
}

/* None of these messages contains itself, so a hostile peer cannot make
 * protobuf-c recurse deeper than the three levels of the schema. */
ProtobufCMessage *
interop_message_unpack (const ProtobufCMessageDescriptor *descriptor,
                        GBytes *bytes,
                        GError **error)
{
  ProtobufCMessage *message;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  message = protobuf_c_message_unpack (descriptor, NULL, size, data);
  if (message == NULL)
    g_set_error (error,
                 G_IO_ERROR,
                 G_IO_ERROR_INVALID_DATA,
                 "%" G_GSIZE_FORMAT " bytes that are no %s",
                 size,
                 descriptor->name);

  return message;
}

/* A packed message of this service never begins like this: neither byte is a tag of
 * one of its fields. */
static gboolean
is_gzip (GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  return size > 2 && data[0] == 0x1f && data[1] == 0x8b;
}

GBytes *
interop_message_open (GBytes *bytes,
                      gboolean *was_compressed,
                      GError **error)
{
  g_autoptr (GConverter) decompressor = NULL;

  *was_compressed = is_gzip (bytes);
  if (!*was_compressed)
    return g_bytes_ref (bytes);

  decompressor = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));

  return convert (decompressor, bytes, error);
}

void
interop_message_free (ProtobufCMessage *message)
{
  protobuf_c_message_free_unpacked (message, NULL);
}
