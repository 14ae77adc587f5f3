/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Protobuf's wire format, as far as it has to be read before protobuf-c sees it:
 * protobuf-c recurses as deep as the bytes say, and takes no groups. */

#include "wire.h"

#include <gio/gio.h>

/* As protobuf's own parsers. */
#define MAX_DEPTH 100

enum
{
  WIRE_VARINT = 0,
  WIRE_FIXED64 = 1,
  WIRE_LENGTH = 2,
  WIRE_START_GROUP = 3,
  WIRE_END_GROUP = 4,
  WIRE_FIXED32 = 5,
};

typedef struct
{
  const guint8 *data;
  const guint8 *end;
} Reader;

typedef struct
{
  const guint8 *start; /* with its tag */
  const guint8 *content;
  const guint8 *end;
  guint32 number;
  guint wire_type;
} WireField;

/* No bytes are no pointer, which C does not calculate with. */
static Reader
reader_of (const guint8 *data,
           gsize size)
{
  static const guint8 nothing[1];
  const guint8 *start = size > 0 ? data : nothing;

  return (Reader){ start, start + size };
}

static gboolean
read_varint (Reader *reader,
             guint64 *value)
{
  *value = 0;

  for (guint shift = 0; shift < 70; shift += 7)
    {
      guint8 byte;

      if (reader->data == reader->end)
        return FALSE;

      byte = *reader->data++;
      if (shift < 64)
        *value |= (guint64) (byte & 0x7f) << shift;
      if (byte < 0x80)
        return TRUE;
    }

  return FALSE;
}

static gboolean
skip (Reader *reader,
      guint64 size)
{
  if (size > (guint64) (reader->end - reader->data))
    return FALSE;

  reader->data += size;

  return TRUE;
}

static gboolean read_field (Reader *reader,
                            WireField *field,
                            guint depth);

static gboolean
skip_group (Reader *reader,
            guint32 number,
            guint depth)
{
  WireField field;

  if (depth > MAX_DEPTH)
    return FALSE;

  while (read_field (reader, &field, depth + 1))
    {
      if (field.wire_type == WIRE_END_GROUP)
        return field.number == number;
    }

  return FALSE;
}

static gboolean
read_field (Reader *reader,
            WireField *field,
            guint depth)
{
  guint64 tag, size = 0;

  field->start = reader->data;
  if (!read_varint (reader, &tag) || tag > G_MAXUINT32 || tag >> 3 == 0)
    return FALSE;

  field->number = tag >> 3;
  field->wire_type = tag & 7;
  field->content = reader->data;

  switch (field->wire_type)
    {
    case WIRE_VARINT:
      if (!read_varint (reader, &size))
        return FALSE;
      break;

    case WIRE_FIXED64:
      if (!skip (reader, 8))
        return FALSE;
      break;

    case WIRE_LENGTH:
      if (!read_varint (reader, &size))
        return FALSE;
      field->content = reader->data;
      if (!skip (reader, size))
        return FALSE;
      break;

    case WIRE_START_GROUP:
      if (!skip_group (reader, field->number, depth))
        return FALSE;
      break;

    case WIRE_END_GROUP:
      break;

    case WIRE_FIXED32:
      if (!skip (reader, 4))
        return FALSE;
      break;

    default:
      return FALSE;
    }

  field->end = reader->data;

  return TRUE;
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

/* protobuf-c's strings end at the first zero byte. Here they go on, with the
 * two bytes that Java has for it, which are no UTF-8 and thus found later. */
static void
append_string (GByteArray *result,
               const WireField *field)
{
  g_autoptr (GByteArray) content = g_byte_array_new ();

  for (const guint8 *byte = field->content; byte < field->end; byte++)
    {
      if (*byte == '\0')
        g_byte_array_append (content, (const guint8 *) "\xc0\x80", 2);
      else
        g_byte_array_append (content, byte, 1);
    }

  append_varint (result, (guint64) field->number << 3 | WIRE_LENGTH);
  append_varint (result, content->len);
  g_byte_array_append (result, content->data, content->len);
}

static gboolean
sanitize (const ProtobufCMessageDescriptor *descriptor,
          const guint8 *data,
          gsize size,
          guint depth,
          GByteArray *result)
{
  Reader reader = reader_of (data, size);
  WireField field;

  if (depth > MAX_DEPTH)
    return FALSE;

  while (reader.data < reader.end)
    {
      const ProtobufCFieldDescriptor *known;

      if (!read_field (&reader, &field, depth) || field.wire_type == WIRE_END_GROUP)
        return FALSE;

      known = protobuf_c_message_descriptor_get_field (descriptor, field.number);
      if (known == NULL || field.wire_type == WIRE_START_GROUP)
        continue;

      if (known->type == PROTOBUF_C_TYPE_MESSAGE && field.wire_type == WIRE_LENGTH)
        {
          g_autoptr (GByteArray) content = g_byte_array_new ();

          if (!sanitize (known->descriptor, field.content, field.end - field.content, depth + 1, content))
            return FALSE;

          append_varint (result, (guint64) field.number << 3 | WIRE_LENGTH);
          append_varint (result, content->len);
          g_byte_array_append (result, content->data, content->len);
        }
      else if (known->type == PROTOBUF_C_TYPE_STRING && field.wire_type == WIRE_LENGTH)
        {
          append_string (result, &field);
        }
      else
        {
          g_byte_array_append (result, field.start, field.end - field.start);
        }
    }

  return TRUE;
}

/* Returns @bytes, a message, without what @descriptor does not know; fails if it
 * is no message, or has too many levels. */
GBytes *
wire_sanitize (const ProtobufCMessageDescriptor *descriptor,
               GBytes *bytes,
               GError **error)
{
  g_autoptr (GByteArray) result = g_byte_array_new ();
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (!sanitize (descriptor, data, size, 0, result))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "The input is not a %s", descriptor->name);
      return NULL;
    }

  return g_byte_array_free_to_bytes (g_steal_pointer (&result));
}

/* Returns the contents of the field @number, which is repeated and has a
 * length. */
GPtrArray *
wire_find (GBytes *bytes,
           guint32 number)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  Reader reader = reader_of (data, size);
  WireField field;

  while (reader.data < reader.end && read_field (&reader, &field, 0))
    {
      if (field.number == number && field.wire_type == WIRE_LENGTH)
        g_ptr_array_add (found, g_bytes_new_from_bytes (bytes, field.content - data, field.end - field.content));
    }

  return g_steal_pointer (&found);
}

/* Returns @bytes without the field @number. */
GBytes *
wire_remove (GBytes *bytes,
             guint32 number)
{
  g_autoptr (GByteArray) result = g_byte_array_new ();
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  Reader reader = reader_of (data, size);
  WireField field;

  while (reader.data < reader.end && read_field (&reader, &field, 0))
    {
      if (field.number != number)
        g_byte_array_append (result, field.start, field.end - field.start);
    }

  return g_byte_array_free_to_bytes (g_steal_pointer (&result));
}
