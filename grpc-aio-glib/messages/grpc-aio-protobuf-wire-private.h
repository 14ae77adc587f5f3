/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-protobuf.h>

G_BEGIN_DECLS

/* The encoding of protobuf, and the layout of protobuf-c's structs. */

enum
{
  GRPC_AIO_WIRE_VARINT = 0,
  GRPC_AIO_WIRE_64_BIT = 1,
  GRPC_AIO_WIRE_LENGTH = 2,
  GRPC_AIO_WIRE_START_GROUP = 3,
  GRPC_AIO_WIRE_END_GROUP = 4,
  GRPC_AIO_WIRE_32_BIT = 5,
};

/* The descriptors that a pool makes have this for reserved3, a new struct to copy
 * for reserved1, and for reserved2 whether any field is required. */
extern const char grpc_aio_protobuf_run_time_mark;

/* A message to which every field is unknown. */
extern const ProtobufCMessageDescriptor grpc_aio_protobuf_nothing;

static inline gsize
grpc_aio_protobuf_get_type_size (ProtobufCType type)
{
  static const guint8 sizes[] = {
    [PROTOBUF_C_TYPE_INT32] = 4,
    [PROTOBUF_C_TYPE_SINT32] = 4,
    [PROTOBUF_C_TYPE_SFIXED32] = 4,
    [PROTOBUF_C_TYPE_INT64] = 8,
    [PROTOBUF_C_TYPE_SINT64] = 8,
    [PROTOBUF_C_TYPE_SFIXED64] = 8,
    [PROTOBUF_C_TYPE_UINT32] = 4,
    [PROTOBUF_C_TYPE_FIXED32] = 4,
    [PROTOBUF_C_TYPE_UINT64] = 8,
    [PROTOBUF_C_TYPE_FIXED64] = 8,
    [PROTOBUF_C_TYPE_FLOAT] = 4,
    [PROTOBUF_C_TYPE_DOUBLE] = 8,
    [PROTOBUF_C_TYPE_BOOL] = sizeof (protobuf_c_boolean),
    [PROTOBUF_C_TYPE_ENUM] = 4,
    [PROTOBUF_C_TYPE_STRING] = sizeof (char *),
    [PROTOBUF_C_TYPE_BYTES] = sizeof (ProtobufCBinaryData),
    [PROTOBUF_C_TYPE_MESSAGE] = sizeof (ProtobufCMessage *),
  };

  return sizes[type];
}

/* What the memory of a repeated field with @n values, one or more, has room for.
 * All of ours is made so; it tells when to grow without a place to keep it. */
static inline gsize
grpc_aio_protobuf_get_capacity (gsize n)
{
  return n <= 4 ? 4 : (gsize) 1 << g_bit_storage (n - 1);
}

/* Of a type with a fixed size on the wire; 0 otherwise. */
static inline gsize
grpc_aio_protobuf_get_fixed_size (ProtobufCType type)
{
  static const guint8 sizes[] = {
    [PROTOBUF_C_TYPE_SFIXED32] = 4,
    [PROTOBUF_C_TYPE_FIXED32] = 4,
    [PROTOBUF_C_TYPE_FLOAT] = 4,
    [PROTOBUF_C_TYPE_SFIXED64] = 8,
    [PROTOBUF_C_TYPE_FIXED64] = 8,
    [PROTOBUF_C_TYPE_DOUBLE] = 8,
    [PROTOBUF_C_TYPE_MESSAGE] = 0,
  };

  return sizes[type];
}

/* Of a value that is not packed. */
static inline guint
grpc_aio_protobuf_get_wire_type (const ProtobufCFieldDescriptor *field)
{
  static const guint8 wires[] = {
    [PROTOBUF_C_TYPE_SFIXED32] = GRPC_AIO_WIRE_32_BIT,
    [PROTOBUF_C_TYPE_FIXED32] = GRPC_AIO_WIRE_32_BIT,
    [PROTOBUF_C_TYPE_FLOAT] = GRPC_AIO_WIRE_32_BIT,
    [PROTOBUF_C_TYPE_SFIXED64] = GRPC_AIO_WIRE_64_BIT,
    [PROTOBUF_C_TYPE_FIXED64] = GRPC_AIO_WIRE_64_BIT,
    [PROTOBUF_C_TYPE_DOUBLE] = GRPC_AIO_WIRE_64_BIT,
    [PROTOBUF_C_TYPE_STRING] = GRPC_AIO_WIRE_LENGTH,
    [PROTOBUF_C_TYPE_BYTES] = GRPC_AIO_WIRE_LENGTH,
    [PROTOBUF_C_TYPE_MESSAGE] = GRPC_AIO_WIRE_LENGTH,
  };

  if (field->flags & GRPC_AIO_PROTOBUF_FIELD_GROUP)
    return GRPC_AIO_WIRE_START_GROUP;

  return wires[field->type];
}

/* Returns what follows, or NULL if the bytes end too early or are too many. */
static inline const guint8 *
grpc_aio_protobuf_read_varint (const guint8 *at,
                               const guint8 *end,
                               guint64 *value)
{
  const guint8 *limit = G_LIKELY (end - at > 10) ? at + 10 : end;
  guint64 result;
  guint shift;

  if (G_UNLIKELY (at == limit))
    return NULL;

  result = *at++;
  if (G_LIKELY (result < 0x80))
    {
      *value = result;
      return at;
    }

  result -= 0x80;
  for (shift = 7; at < limit; shift += 7)
    {
      const guint64 byte = *at++;

      result |= (byte & 0x7f) << shift;
      if (byte < 0x80)
        {
          *value = result;
          return at;
        }
    }

  return NULL;
}

/* The same for a tag, which has five bytes at most and no number 0. */
static inline const guint8 *
grpc_aio_protobuf_read_tag (const guint8 *at,
                            const guint8 *end,
                            guint32 *tag)
{
  const guint8 *next;
  guint64 value;

  if (G_LIKELY (at < end && *at < 0x80 && *at >= 1 << 3))
    {
      *tag = *at;
      return at + 1;
    }

  next = grpc_aio_protobuf_read_varint (at, end - at > 5 ? at + 5 : end, &value);
  if (G_UNLIKELY (next == NULL || value < 1 << 3 || value > G_MAXUINT32))
    return NULL;

  *tag = (guint32) value;

  return next;
}

/* Whether a field that is not repeated is there to be packed. */
static inline gboolean
grpc_aio_protobuf_is_present (const ProtobufCFieldDescriptor *field,
                              const ProtobufCMessage *message)
{
  gconstpointer member = G_STRUCT_MEMBER_P (message, field->offset);
  const gboolean is_pointer = field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE;

  /* Most fields are of this kind. -0.0 is no zero: the bits count. */
  if (G_LIKELY (field->label == PROTOBUF_C_LABEL_NONE && (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0))
    {
      if (field->type == PROTOBUF_C_TYPE_STRING)
        return *(const char *const *) member != NULL && **(const char *const *) member != '\0';
      if (field->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *) member)->len > 0;
      if (grpc_aio_protobuf_get_type_size (field->type) == 4)
        return *(const guint32 *) member != 0;
      return *(const guint64 *) member != 0;
    }

  if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
    {
      if (G_STRUCT_MEMBER (guint32, message, field->quantifier_offset) != field->id)
        return FALSE;
      return !is_pointer || *(const gconstpointer *) member != NULL;
    }

  if (is_pointer)
    return *(const gconstpointer *) member != NULL && *(const gconstpointer *) member != field->default_value;

  return field->quantifier_offset == 0 || G_STRUCT_MEMBER (protobuf_c_boolean, message, field->quantifier_offset);
}

gboolean grpc_aio_protobuf_is_utf8 (const guint8 *text,
                                    gsize length);
const ProtobufCFieldDescriptor *grpc_aio_protobuf_find_field (const ProtobufCMessageDescriptor *descriptor,
                                                              guint32 number);
gboolean grpc_aio_protobuf_has_required (const ProtobufCMessageDescriptor *descriptor);

/* For a descriptor without a function or a struct that does it. */
void grpc_aio_protobuf_init_fields (const ProtobufCMessageDescriptor *descriptor,
                                    ProtobufCMessage *message);
void grpc_aio_protobuf_init (const ProtobufCMessageDescriptor *descriptor,
                             ProtobufCMessage *message);

/* Frees what a field that is not repeated has on the heap, and no more. */
void grpc_aio_protobuf_free_member (ProtobufCMessage *message,
                                    const ProtobufCFieldDescriptor *field,
                                    ProtobufCAllocator *allocator);

G_END_DECLS
