/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The structs of protobuf-c to bytes, from the last byte to the first: so the
 * length of a message is known when it has to be written, and nothing has to be
 * measured before. */

#include "messages/grpc-aio-message-type-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "messages/grpc-aio-protobuf-wire-private.h"

/* The first part is on the stack, the others get twice as large up to a size. */
#define FIRST_PART 1024
#define LARGEST_PART (64 * 1024)

/* From this size on the data of a field is not copied before all is together. */
#define BORROWED_MIN 4096

/* A part of the message, in front of the next one. */
typedef struct _Part Part;

struct _Part
{
  Part *next;
  const guint8 *data; /* Within @memory, or borrowed. */
  gsize size;
  guint8 memory[];
};

typedef struct
{
  guint8 *begin;
  guint8 *at; /* What was written is from here to @end. */
  guint8 *end;
  Part *current; /* What @begin is the memory of; NULL for the stack. */
  Part *parts;   /* Those that are full. */
  gsize size;    /* Of @parts. */
  gsize next_size;
  const ProtobufCFieldDescriptor *missing;
  const ProtobufCMessageDescriptor *missing_in;
} Packer;

static inline gsize
get_varint_size (guint64 value)
{
  /* Bits by seven, rounded up. */
  return (g_bit_storage (value | 1) * 9 + 64) / 64;
}

static inline guint64
zigzag (gint64 value)
{
  return ((guint64) value << 1) ^ (guint64) (value >> 63);
}

/* The number that stands on the wire. */
static inline guint64
load_varint (ProtobufCType type,
             gconstpointer slot)
{
  switch (type)
    {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
      return (guint64) (gint64) * (const gint32 *) slot;

    case PROTOBUF_C_TYPE_SINT32:
      return (guint32) zigzag (*(const gint32 *) slot);

    case PROTOBUF_C_TYPE_UINT32:
      return *(const guint32 *) slot;

    case PROTOBUF_C_TYPE_SINT64:
      return zigzag (*(const gint64 *) slot);

    case PROTOBUF_C_TYPE_BOOL:
      return *(const protobuf_c_boolean *) slot != 0;

    default:
      return *(const guint64 *) slot;
    }
}

static inline gsize
measure_varints (ProtobufCType type,
                 const guint8 *slot,
                 gsize n)
{
  const gsize element_size = grpc_aio_protobuf_get_type_size (type);
  gsize size = 0;

  for (gsize i = 0; i < n; i++)
    size += get_varint_size (load_varint (type, slot + i * element_size));

  return size;
}

/* The compiler makes a loop of each. */
static gsize
get_varints_size (ProtobufCType type,
                  gconstpointer slot,
                  gsize n)
{
  switch (type)
    {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
      return measure_varints (PROTOBUF_C_TYPE_INT32, slot, n);

    case PROTOBUF_C_TYPE_SINT32:
      return measure_varints (PROTOBUF_C_TYPE_SINT32, slot, n);

    case PROTOBUF_C_TYPE_UINT32:
      return measure_varints (PROTOBUF_C_TYPE_UINT32, slot, n);

    case PROTOBUF_C_TYPE_SINT64:
      return measure_varints (PROTOBUF_C_TYPE_SINT64, slot, n);

    case PROTOBUF_C_TYPE_BOOL:
      return n;

    default:
      return measure_varints (PROTOBUF_C_TYPE_UINT64, slot, n);
    }
}

static gsize
get_text_size (gconstpointer slot)
{
  const char *text = *(const char *const *) slot;

  return text != NULL ? strlen (text) : 0;
}

static gsize
get_message_size (const ProtobufCMessage *message);

/* Without the tag. */
static gsize
get_value_size (const ProtobufCFieldDescriptor *field,
                gconstpointer slot)
{
  const gsize fixed_size = grpc_aio_protobuf_get_fixed_size (field->type);
  const ProtobufCMessage *child;
  gsize size;

  if (fixed_size > 0)
    return fixed_size;

  switch (field->type)
    {
    case PROTOBUF_C_TYPE_STRING:
      size = get_text_size (slot);
      return get_varint_size (size) + size;

    case PROTOBUF_C_TYPE_BYTES:
      size = ((const ProtobufCBinaryData *) slot)->len;
      return get_varint_size (size) + size;

    case PROTOBUF_C_TYPE_MESSAGE:
      child = *(const ProtobufCMessage *const *) slot;
      size = child != NULL ? get_message_size (child) : 0;
      if (field->flags & GRPC_AIO_PROTOBUF_FIELD_GROUP)
        return size + get_varint_size ((guint64) field->id << 3);
      return get_varint_size (size) + size;

    default:
      return get_varint_size (load_varint (field->type, slot));
    }
}

static gsize
get_repeated_size (const ProtobufCFieldDescriptor *field,
                   const ProtobufCMessage *message,
                   gsize tag_size)
{
  const gsize n = G_STRUCT_MEMBER (size_t, message, field->quantifier_offset);
  const gsize element_size = grpc_aio_protobuf_get_type_size (field->type);
  const gsize fixed_size = grpc_aio_protobuf_get_fixed_size (field->type);
  const guint8 *slot = G_STRUCT_MEMBER (const guint8 *, message, field->offset);
  gsize size = 0;

  if (n == 0)
    return 0;

  if (fixed_size > 0)
    size = n * fixed_size;
  else if (grpc_aio_protobuf_get_wire_type (field) == GRPC_AIO_WIRE_VARINT)
    size = get_varints_size (field->type, slot, n);
  else
    for (gsize i = 0; i < n; i++)
      size += get_value_size (field, slot + i * element_size);

  if (field->flags & PROTOBUF_C_FIELD_FLAG_PACKED)
    return tag_size + get_varint_size (size) + size;

  return n * tag_size + size;
}

static gsize
get_message_size (const ProtobufCMessage *message)
{
  const ProtobufCMessageDescriptor *descriptor = message->descriptor;
  gsize size = 0;

  for (guint i = 0; i < descriptor->n_fields; i++)
    {
      const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
      const gsize tag_size = get_varint_size ((guint64) field->id << 3);

      if (field->label == PROTOBUF_C_LABEL_REPEATED)
        size += get_repeated_size (field, message, tag_size);
      else if (field->label == PROTOBUF_C_LABEL_REQUIRED || grpc_aio_protobuf_is_present (field, message))
        size += tag_size + get_value_size (field, G_STRUCT_MEMBER_P (message, field->offset));
    }
  for (guint i = 0; i < message->n_unknown_fields; i++)
    {
      const ProtobufCMessageUnknownField *unknown = &message->unknown_fields[i];

      size += get_varint_size ((guint64) unknown->tag << 3) + unknown->len;
    }

  return size;
}

static void
finish_part (Packer *self)
{
  Part *part = self->current;
  const gsize size = self->end - self->at;

  if (part == NULL && size > 0)
    {
      part = g_malloc (sizeof *part);
      part->next = NULL;
    }
  if (part == NULL)
    return;

  part->data = self->at;
  part->size = size;
  part->next = self->parts;
  self->parts = part;
  self->size += size;
  self->current = NULL;
}

G_NO_INLINE static void
add_part (Packer *self,
          gsize wanted)
{
  const gsize size = MAX (self->next_size, wanted);

  finish_part (self);
  self->next_size = MIN (2 * self->next_size, LARGEST_PART);
  self->current = g_malloc (sizeof *self->current + size);
  self->begin = self->current->memory;
  self->end = self->begin + size;
  self->at = self->end;
}

static gsize
get_written (Packer *self)
{
  return self->size + (self->end - self->at);
}

static inline guint8 *
reserve (Packer *self,
         gsize size)
{
  if (G_UNLIKELY ((gsize) (self->at - self->begin) < size))
    add_part (self, size);
  self->at -= size;

  return self->at;
}

static inline guint8 *
put_varint (guint8 *at,
            guint64 value)
{
  for (; value >= 0x80; value >>= 7)
    *at++ = (guint8) (value | 0x80);
  *at = (guint8) value;

  return at + 1;
}

static inline void
write_varint (Packer *self,
              guint64 value)
{
  if (G_LIKELY (value < 0x80))
    *reserve (self, 1) = (guint8) value;
  else
    put_varint (reserve (self, get_varint_size (value)), value);
}

static inline void
put_varints (guint8 *at,
             ProtobufCType type,
             const guint8 *slot,
             gsize n)
{
  const gsize element_size = grpc_aio_protobuf_get_type_size (type);

  for (gsize i = 0; i < n; i++)
    at = put_varint (at, load_varint (type, slot + i * element_size));
}

static void
write_varints (Packer *self,
               ProtobufCType type,
               gconstpointer slot,
               gsize n)
{
  guint8 *at = reserve (self, get_varints_size (type, slot, n));

  switch (type)
    {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
      put_varints (at, PROTOBUF_C_TYPE_INT32, slot, n);
      break;

    case PROTOBUF_C_TYPE_SINT32:
      put_varints (at, PROTOBUF_C_TYPE_SINT32, slot, n);
      break;

    case PROTOBUF_C_TYPE_UINT32:
      put_varints (at, PROTOBUF_C_TYPE_UINT32, slot, n);
      break;

    case PROTOBUF_C_TYPE_SINT64:
      put_varints (at, PROTOBUF_C_TYPE_SINT64, slot, n);
      break;

    case PROTOBUF_C_TYPE_BOOL:
      put_varints (at, PROTOBUF_C_TYPE_BOOL, slot, n);
      break;

    default:
      put_varints (at, PROTOBUF_C_TYPE_UINT64, slot, n);
    }
}

static inline void
write_tag (Packer *self,
           guint32 number,
           guint wire)
{
  write_varint (self, (guint64) number << 3 | wire);
}

/* Writing goes on in what is left of the memory. */
G_NO_INLINE static void
borrow_data (Packer *self,
             gconstpointer data,
             gsize size)
{
  Part *part;

  finish_part (self);
  self->end = self->at;

  part = g_malloc (sizeof *part);
  part->data = data;
  part->size = size;
  part->next = self->parts;
  self->parts = part;
  self->size += size;
}

static inline void
write_data (Packer *self,
            gconstpointer data,
            gsize size)
{
  if (G_UNLIKELY (size >= BORROWED_MIN))
    borrow_data (self, data, size);
  else if (size > 0)
    memcpy (reserve (self, size), data, size);
}

static inline void
write_fixed (Packer *self,
             gconstpointer slot,
             gsize size)
{
  if (size == 4)
    {
      const guint32 value = GUINT32_TO_LE (*(const guint32 *) slot);

      memcpy (reserve (self, 4), &value, 4);
    }
  else
    {
      const guint64 value = GUINT64_TO_LE (*(const guint64 *) slot);

      memcpy (reserve (self, 8), &value, 8);
    }
}

static void
pack_message (Packer *self,
              const ProtobufCMessage *message);

static void
pack_child (Packer *self,
            const ProtobufCFieldDescriptor *field,
            const ProtobufCMessage *child)
{
  const gboolean is_group = (field->flags & GRPC_AIO_PROTOBUF_FIELD_GROUP) != 0;
  gsize used;

  if (is_group)
    write_tag (self, field->id, GRPC_AIO_WIRE_END_GROUP);

  used = get_written (self);
  if (child != NULL)
    pack_message (self, child);
  if (!is_group)
    write_varint (self, get_written (self) - used);
}

/* Without the tag. */
static inline void
pack_value (Packer *self,
            const ProtobufCFieldDescriptor *field,
            gconstpointer slot)
{
  const gsize fixed_size = grpc_aio_protobuf_get_fixed_size (field->type);
  const ProtobufCBinaryData *data = slot;
  gsize size;

  if (fixed_size > 0)
    {
      write_fixed (self, slot, fixed_size);
      return;
    }

  switch (field->type)
    {
    case PROTOBUF_C_TYPE_STRING:
      size = get_text_size (slot);
      write_data (self, *(const char *const *) slot, size);
      write_varint (self, size);
      break;

    case PROTOBUF_C_TYPE_BYTES:
      write_data (self, data->data, data->len);
      write_varint (self, data->len);
      break;

    case PROTOBUF_C_TYPE_MESSAGE:
      pack_child (self, field, *(const ProtobufCMessage *const *) slot);
      break;

    default:
      write_varint (self, load_varint (field->type, slot));
    }
}

static void
pack_repeated (Packer *self,
               const ProtobufCFieldDescriptor *field,
               const ProtobufCMessage *message)
{
  const gboolean is_packed = (field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0;
  const gsize n = G_STRUCT_MEMBER (size_t, message, field->quantifier_offset);
  const gsize element_size = grpc_aio_protobuf_get_type_size (field->type);
  const gsize fixed_size = grpc_aio_protobuf_get_fixed_size (field->type);
  const guint8 *slot = G_STRUCT_MEMBER (const guint8 *, message, field->offset);
  const guint wire = grpc_aio_protobuf_get_wire_type (field);
  const gsize used = get_written (self);

  if (n == 0)
    return;

  if (is_packed && fixed_size > 0 && G_BYTE_ORDER == G_LITTLE_ENDIAN)
    write_data (self, slot, n * fixed_size);
  else if (is_packed && fixed_size == 0)
    write_varints (self, field->type, slot, n);
  else
    for (gsize i = n; i-- > 0;)
      {
        pack_value (self, field, slot + i * element_size);
        if (!is_packed)
          write_tag (self, field->id, wire);
      }

  if (is_packed)
    {
      write_varint (self, get_written (self) - used);
      write_tag (self, field->id, GRPC_AIO_WIRE_LENGTH);
    }
}

static void
pack_message (Packer *self,
              const ProtobufCMessage *message)
{
  const ProtobufCMessageDescriptor *descriptor = message->descriptor;

  for (guint i = message->n_unknown_fields; i-- > 0;)
    {
      const ProtobufCMessageUnknownField *unknown = &message->unknown_fields[i];

      write_data (self, unknown->data, unknown->len);
      write_tag (self, unknown->tag, unknown->wire_type);
    }

  for (guint i = descriptor->n_fields; i-- > 0;)
    {
      const ProtobufCFieldDescriptor *field = &descriptor->fields[i];

      if (field->label == PROTOBUF_C_LABEL_REPEATED)
        {
          pack_repeated (self, field, message);
          continue;
        }

      if (!grpc_aio_protobuf_is_present (field, message))
        {
          if (G_LIKELY (field->label != PROTOBUF_C_LABEL_REQUIRED))
            continue;
          self->missing = field;
          self->missing_in = descriptor;
        }
      pack_value (self, field, G_STRUCT_MEMBER_P (message, field->offset));
      write_tag (self, field->id, grpc_aio_protobuf_get_wire_type (field));
    }
}

static void
free_parts (Packer *self)
{
  while (self->parts != NULL)
    {
      Part *part = self->parts;

      self->parts = part->next;
      g_free (part);
    }
  g_free (self->current);
}

/* Puts all of it together. */
static void
join_parts (Packer *self,
            guint8 *data)
{
  const gsize first = self->end - self->at;

  if (first > 0)
    memcpy (data, self->at, first);
  data += first;
  for (const Part *part = self->parts; part != NULL; part = part->next)
    {
      memcpy (data, part->data, part->size);
      data += part->size;
    }
}

/**
 * grpc_aio_protobuf_pack: (skip)
 * @message: a message
 * @error: where to put an error
 *
 * Packs a message from a struct of protobuf-c.
 *
 * Unlike `protobuf_c_message_pack()` it knows groups. It fails with
 * `GRPC_AIO_ERROR_INTERNAL` if a required string, message or, where the struct
 * can tell, other field is missing.
 *
 * Returns: (transfer full): the packed message
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_protobuf_pack (const ProtobufCMessage *message,
                        GError **error)
{
  guint8 stack[FIRST_PART];
  Packer self = { .begin = stack, .at = stack + sizeof stack, .end = stack + sizeof stack, .next_size = 4 * sizeof stack };
  GBytes *bytes = NULL;
  guint8 *data;

  g_return_val_if_fail (message != NULL, NULL);

  pack_message (&self, message);
  if (G_UNLIKELY (self.missing != NULL))
    g_set_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL, _("The message “%s” cannot be packed: its field “%s” is required, but missing"), self.missing_in->name, self.missing->name);
  else if (G_LIKELY (self.parts == NULL))
    bytes = g_bytes_new (self.at, self.end - self.at);
  else
    {
      data = g_malloc (get_written (&self));
      join_parts (&self, data);
      bytes = g_bytes_new_take (data, get_written (&self));
    }

  if (self.parts != NULL || self.current != NULL)
    free_parts (&self);

  return bytes;
}

/**
 * grpc_aio_protobuf_get_packed_size: (skip)
 * @message: a message
 *
 * Gets how many bytes a message has when it is packed.
 *
 * Returns: the number of bytes
 *
 * Since: 0.1
 */
gsize
grpc_aio_protobuf_get_packed_size (const ProtobufCMessage *message)
{
  g_return_val_if_fail (message != NULL, 0);

  return get_message_size (message);
}

/**
 * grpc_aio_protobuf_pack_data: (skip)
 * @message: a message
 * @data: where to put the packed message, with room for
 *   [func@protobuf_get_packed_size] bytes
 *
 * Packs a message into memory that is there already. Missing required fields are
 * packed as empty ones.
 *
 * Returns: the number of bytes
 *
 * Since: 0.1
 */
gsize
grpc_aio_protobuf_pack_data (const ProtobufCMessage *message,
                             guint8 *data)
{
  guint8 stack[FIRST_PART];
  Packer self = { .begin = stack, .at = stack + sizeof stack, .end = stack + sizeof stack, .next_size = 4 * sizeof stack };
  gsize size;

  g_return_val_if_fail (message != NULL, 0);
  g_return_val_if_fail (data != NULL, 0);

  pack_message (&self, message);
  join_parts (&self, data);
  size = get_written (&self);
  if (self.parts != NULL || self.current != NULL)
    free_parts (&self);

  return size;
}
