/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <stdlib.h>
#include <string.h>

#include <grpc-aio-glib/grpc-aio-protobuf.h>

/* An extension lies among the unknown fields of the message that it extends. The
 * generator makes a message of its own for each, with this one field, so that
 * what can unpack and pack messages can do so with extensions. */

static guint32
get_number (const ProtobufCMessageDescriptor *extension)
{
  return extension->fields[0].id;
}

static void
append_varint (GByteArray *bytes,
               guint64 value)
{
  guint8 byte;

  for (; value > 0x7f; value >>= 7)
    {
      byte = (value & 0x7f) | 0x80;
      g_byte_array_append (bytes, &byte, 1);
    }

  byte = value;
  g_byte_array_append (bytes, &byte, 1);
}

/**
 * grpc_aio_protobuf_has_extension: (skip)
 * @message: a message
 * @extension: the descriptor that the generator makes for an extension
 *
 * Gets whether an extension of proto2 is set in a message.
 *
 * Returns: whether it is set
 *
 * Since: 0.1
 */
gboolean
grpc_aio_protobuf_has_extension (const ProtobufCMessage *message,
                                 const ProtobufCMessageDescriptor *extension)
{
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail (extension != NULL && extension->n_fields == 1, FALSE);

  for (unsigned i = 0; i < message->n_unknown_fields; i++)
    {
      if (message->unknown_fields[i].tag == get_number (extension))
        return TRUE;
    }

  return FALSE;
}

/**
 * grpc_aio_protobuf_get_extension: (skip)
 * @message: a message
 * @extension: the descriptor that the generator makes for an extension
 * @error: return location for an error, or `NULL`
 *
 * Unpacks an extension of proto2 from the unknown fields of a message. What is
 * not set has its default.
 *
 * Returns: (transfer full): a message with the extension as its only field, to be
 *   freed with protobuf_c_message_free_unpacked(), or `NULL` with @error set
 *
 * Since: 0.1
 */
ProtobufCMessage *
grpc_aio_protobuf_get_extension (const ProtobufCMessage *message,
                                 const ProtobufCMessageDescriptor *extension,
                                 GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  g_return_val_if_fail (message != NULL, NULL);
  g_return_val_if_fail (extension != NULL && extension->n_fields == 1, NULL);

  for (unsigned i = 0; i < message->n_unknown_fields; i++)
    {
      const ProtobufCMessageUnknownField *field = &message->unknown_fields[i];

      if (field->tag == get_number (extension))
        {
          append_varint (bytes, (guint64) field->tag << 3 | field->wire_type);
          g_byte_array_append (bytes, field->data, field->len);
        }
    }

  return grpc_aio_protobuf_unpack_data (extension, NULL, bytes->data, bytes->len, error);
}

/**
 * grpc_aio_protobuf_clear_extension: (skip)
 * @message: a message whose memory is that of malloc()
 * @extension: the descriptor that the generator makes for an extension
 *
 * Takes an extension of proto2 out of a message.
 *
 * Since: 0.1
 */
void
grpc_aio_protobuf_clear_extension (ProtobufCMessage *message,
                                   const ProtobufCMessageDescriptor *extension)
{
  unsigned n_kept = 0;

  g_return_if_fail (message != NULL);
  g_return_if_fail (extension != NULL && extension->n_fields == 1);

  for (unsigned i = 0; i < message->n_unknown_fields; i++)
    {
      ProtobufCMessageUnknownField *field = &message->unknown_fields[i];

      if (field->tag == get_number (extension))
        free (field->data);
      else
        message->unknown_fields[n_kept++] = *field;
    }

  message->n_unknown_fields = n_kept;
  if (n_kept == 0)
    {
      free (message->unknown_fields);
      message->unknown_fields = NULL;
    }
}

static gsize
find_varint_end (const guint8 *data,
                 gsize at)
{
  while (data[at] & 0x80)
    at++;

  return at + 1;
}

/* Several values of a repeated extension, each with its tag, become one unknown
 * field: packing it gives the same bytes. */
static void
append_unknown (ProtobufCMessage *message,
                const guint8 *data,
                gsize size,
                guint32 tag)
{
  ProtobufCMessageUnknownField *field;
  gsize capacity = 1;

  /* Unpacking into the message expects the next power of two. */
  while (capacity < (gsize) message->n_unknown_fields + 1)
    capacity *= 2;

  message->unknown_fields = realloc (message->unknown_fields, capacity * sizeof *field);
  if (message->unknown_fields == NULL)
    g_error ("No memory for an extension");

  field = &message->unknown_fields[message->n_unknown_fields++];
  field->tag = tag >> 3;
  field->wire_type = (ProtobufCWireType) (tag & 7);
  field->len = size;
  field->data = malloc (MAX (1, size));
  if (field->data == NULL)
    g_error ("No memory for an extension");
  memcpy (field->data, data, size);
}

/**
 * grpc_aio_protobuf_set_extension: (skip)
 * @message: a message whose memory is that of malloc()
 * @extension: a message that holds an extension as its only field
 * @error: return location for an error, or `NULL`
 *
 * Sets an extension of proto2 in a message. What @extension holds is copied.
 *
 * Returns: whether it was set
 *
 * Since: 0.1
 */
gboolean
grpc_aio_protobuf_set_extension (ProtobufCMessage *message,
                                 const ProtobufCMessage *extension,
                                 GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  const guint8 *data;
  gsize size, start;
  guint32 tag = 0;

  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail (extension != NULL && extension->descriptor->n_fields == 1, FALSE);

  bytes = grpc_aio_protobuf_pack (extension, error);
  if (bytes == NULL)
    return FALSE;

  grpc_aio_protobuf_clear_extension (message, extension->descriptor);
  data = g_bytes_get_data (bytes, &size);
  if (size == 0)
    return TRUE;

  start = find_varint_end (data, 0);
  for (gsize i = start; i > 0; i--)
    tag = tag << 7 | (data[i - 1] & 0x7f);
  append_unknown (message, data + start, size - start, tag);

  return TRUE;
}
