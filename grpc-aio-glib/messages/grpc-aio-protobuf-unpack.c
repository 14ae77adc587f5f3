/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bytes to the structs of protobuf-c. Its own unpacker has no limit of depth,
 * takes text that is not UTF-8, and knows no groups; so this one reads every
 * message, in one pass. What it makes, protobuf-c frees. */

#include "messages/grpc-aio-message-type-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "messages/grpc-aio-protobuf-wire-private.h"

/* Of messages within messages, as in all of Google's implementations. */
#define MAX_DEPTH 100

/* A message with more fields than these keeps account of them on the heap. */
#define SEEN_WORDS 4

typedef struct
{
  const guint8 *begin;
  ProtobufCAllocator *allocator;
  gboolean partial;
  GError **error;
} Unpacker;

/* Always FALSE. */
G_NO_INLINE static gboolean
fail (Unpacker *self,
      const ProtobufCMessageDescriptor *descriptor,
      const guint8 *at,
      const char *reason)
{
  g_set_error (self->error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL, _("The message “%s” cannot be unpacked: at byte %lu, %s"), descriptor->name, (gulong) (at - self->begin), _(reason));

  return FALSE;
}

G_NO_INLINE static gboolean
fail_field (Unpacker *self,
            const ProtobufCMessageDescriptor *descriptor,
            const ProtobufCFieldDescriptor *field,
            const guint8 *at,
            const char *reason)
{
  g_set_error (self->error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL, _("The message “%s” cannot be unpacked: at byte %lu, the field “%s” %s"), descriptor->name, (gulong) (at - self->begin), field->name, _(reason));

  return FALSE;
}

static inline gpointer
allocate (Unpacker *self,
          gsize size)
{
  if (G_LIKELY (self->allocator == NULL))
    return g_malloc (size);

  return self->allocator->alloc (self->allocator->allocator_data, size);
}

static inline void
release (Unpacker *self,
         gpointer data)
{
  if (G_LIKELY (self->allocator == NULL))
    g_free (data);
  else if (data != NULL)
    self->allocator->free (self->allocator->allocator_data, data);
}

static gpointer
reallocate (Unpacker *self,
            gpointer data,
            gsize old_size,
            gsize size)
{
  gpointer copy;

  if (G_LIKELY (self->allocator == NULL))
    return g_realloc (data, size);

  copy = allocate (self, size);
  if (copy != NULL && old_size > 0)
    memcpy (copy, data, old_size);
  if (copy != NULL)
    release (self, data);

  return copy;
}

static ProtobufCMessage *
new_message (Unpacker *self,
             const ProtobufCMessageDescriptor *descriptor)
{
  ProtobufCMessage *message = allocate (self, descriptor->sizeof_message);

  if (G_LIKELY (message != NULL))
    grpc_aio_protobuf_init (descriptor, message);

  return message;
}

/* Fields mostly come in the order of their numbers. */
static inline const ProtobufCFieldDescriptor *
find_field (const ProtobufCMessageDescriptor *descriptor,
            guint *next,
            guint32 number)
{
  const ProtobufCFieldDescriptor *field;
  guint index = *next;

  if (G_LIKELY (index < descriptor->n_fields && descriptor->fields[index].id == number))
    {
      *next = index + 1;
      return &descriptor->fields[index];
    }
  if (index > 0 && descriptor->fields[index - 1].id == number)
    return &descriptor->fields[index - 1];

  field = grpc_aio_protobuf_find_field (descriptor, number);
  if (field != NULL)
    *next = (guint) (field - descriptor->fields) + 1;

  return field;
}

/* Where the value of a field that is not repeated goes. What another member of
 * the oneof has there is freed. */
static inline gpointer
prepare_member (Unpacker *self,
                ProtobufCMessage *message,
                const ProtobufCFieldDescriptor *field)
{
  gpointer member = G_STRUCT_MEMBER_P (message, field->offset);

  if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
    {
      guint32 *which = G_STRUCT_MEMBER_P (message, field->quantifier_offset);

      if (*which != field->id)
        {
          if (*which != 0)
            grpc_aio_protobuf_free_member (message, grpc_aio_protobuf_find_field (message->descriptor, *which), self->allocator);
          memset (member, 0, grpc_aio_protobuf_get_type_size (field->type));
          *which = field->id;
        }
    }
  else if (field->quantifier_offset != 0)
    {
      protobuf_c_boolean *has = G_STRUCT_MEMBER_P (message, field->quantifier_offset);

      *has = TRUE;
    }

  return member;
}

/* Where the next @count elements of a repeated field go; NULL without memory. */
static inline gpointer
prepare_elements (Unpacker *self,
                  ProtobufCMessage *message,
                  const ProtobufCFieldDescriptor *field,
                  gsize count)
{
  const gsize element_size = grpc_aio_protobuf_get_type_size (field->type);
  const gsize n = G_STRUCT_MEMBER (size_t, message, field->quantifier_offset);
  gpointer *array = G_STRUCT_MEMBER_P (message, field->offset);
  const gsize capacity = n > 0 ? grpc_aio_protobuf_get_capacity (n) : 0;

  if (n + count > capacity)
    {
      const gsize wanted = grpc_aio_protobuf_get_capacity (n + count);
      gpointer grown = reallocate (self, *array, n * element_size, wanted * element_size);

      if (G_UNLIKELY (grown == NULL))
        return NULL;
      *array = grown;
    }

  return (guint8 *) *array + n * element_size;
}

static inline void
count_elements (ProtobufCMessage *message,
                const ProtobufCFieldDescriptor *field,
                gsize count)
{
  size_t *n = G_STRUCT_MEMBER_P (message, field->quantifier_offset);

  *n += count;
}

static inline void
store_varint (gpointer slot,
              ProtobufCType type,
              guint64 value)
{
  switch (type)
    {
    case PROTOBUF_C_TYPE_SINT32:
      *(guint32 *) slot = ((guint32) value >> 1) ^ -((guint32) value & 1);
      break;

    case PROTOBUF_C_TYPE_SINT64:
      *(guint64 *) slot = (value >> 1) ^ -(value & 1);
      break;

    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
      *(guint64 *) slot = value;
      break;

    case PROTOBUF_C_TYPE_BOOL:
      *(protobuf_c_boolean *) slot = value != 0;
      break;

    default:
      *(guint32 *) slot = (guint32) value;
    }
}

static inline void
load_32 (gpointer slot,
         const guint8 *at)
{
  guint32 value;

  memcpy (&value, at, sizeof value);
  *(guint32 *) slot = GUINT32_FROM_LE (value);
}

static inline void
load_64 (gpointer slot,
         const guint8 *at)
{
  guint64 value;

  memcpy (&value, at, sizeof value);
  *(guint64 *) slot = GUINT64_FROM_LE (value);
}

static gboolean
check_string (Unpacker *self,
              const ProtobufCMessageDescriptor *descriptor,
              const ProtobufCFieldDescriptor *field,
              const guint8 *at,
              gsize length)
{
  if ((field->flags & GRPC_AIO_PROTOBUF_FIELD_UTF8) == 0)
    {
      if (G_LIKELY (length == 0 || memchr (at, '\0', length) == NULL))
        return TRUE;
    }
  else
    {
      if (G_LIKELY (grpc_aio_protobuf_is_utf8 (at, length)))
        return TRUE;
      if (memchr (at, '\0', length) == NULL)
        return fail_field (self, descriptor, field, at, N_ ("is not UTF-8"));
    }

  return fail_field (self, descriptor, field, at, N_ ("has a character NUL, which ends strings in C"));
}

static gboolean
unpack_string (Unpacker *self,
               ProtobufCMessage *message,
               const ProtobufCFieldDescriptor *field,
               const guint8 *at,
               gsize length)
{
  const gboolean is_repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
  char **slot;
  char *copy;

  if (G_UNLIKELY (!check_string (self, message->descriptor, field, at, length)))
    return FALSE;

  slot = is_repeated ? prepare_elements (self, message, field, 1) : prepare_member (self, message, field);
  copy = allocate (self, length + 1);
  if (G_UNLIKELY (slot == NULL || copy == NULL))
    {
      release (self, copy);
      return fail_field (self, message->descriptor, field, at, N_ ("finds no memory"));
    }

  memcpy (copy, at, length);
  copy[length] = '\0';
  if (is_repeated)
    count_elements (message, field, 1);
  else if (*slot != NULL && *slot != field->default_value)
    release (self, *slot);
  *slot = copy;

  return TRUE;
}

static gboolean
unpack_bytes (Unpacker *self,
              ProtobufCMessage *message,
              const ProtobufCFieldDescriptor *field,
              const guint8 *at,
              gsize length)
{
  const ProtobufCBinaryData *initial = field->default_value;
  const gboolean is_repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
  ProtobufCBinaryData *slot = is_repeated ? prepare_elements (self, message, field, 1) : prepare_member (self, message, field);
  guint8 *copy = length > 0 ? allocate (self, length) : NULL;

  if (G_UNLIKELY (slot == NULL || (length > 0 && copy == NULL)))
    {
      release (self, copy);
      return fail_field (self, message->descriptor, field, at, N_ ("finds no memory"));
    }

  if (length > 0)
    memcpy (copy, at, length);
  if (is_repeated)
    count_elements (message, field, 1);
  else if (slot->data != NULL && (initial == NULL || slot->data != initial->data))
    release (self, slot->data);
  slot->data = copy;
  slot->len = length;

  return TRUE;
}

/* Returns how many there are, or G_MAXSIZE if the bytes are no such elements. */
static gsize
count_packed (const ProtobufCFieldDescriptor *field,
              const guint8 *at,
              gsize length)
{
  const gsize fixed_size = grpc_aio_protobuf_get_fixed_size (field->type);
  gsize count = 0;

  if (fixed_size > 0)
    return length % fixed_size == 0 ? length / fixed_size : G_MAXSIZE;

  if (length > 0 && at[length - 1] >= 0x80)
    return G_MAXSIZE;

  /* One for each last byte, of which eight are looked at together. */
  for (; length >= 8; length -= 8, at += 8)
    {
      guint64 word;

      memcpy (&word, at, sizeof word);
      word = ~word >> 7 & G_MAXUINT64 / 255;
      count += word * (G_MAXUINT64 / 255) >> 56;
    }
  for (gsize i = 0; i < length; i++)
    count += at[i] < 0x80;

  return count;
}

/* Returns where it stopped: at @end, or at a number that is too long. */
static inline const guint8 *
unpack_varints (guint8 *slot,
                ProtobufCType type,
                const guint8 *at,
                const guint8 *end)
{
  const gsize element_size = grpc_aio_protobuf_get_type_size (type);

  for (; at < end; slot += element_size)
    {
      const guint8 *next;
      guint64 value;

      next = grpc_aio_protobuf_read_varint (at, end, &value);
      if (G_UNLIKELY (next == NULL))
        break;
      store_varint (slot, type, value);
      at = next;
    }

  return at;
}

static const guint8 *
unpack_packed_values (guint8 *slot,
                      ProtobufCType type,
                      const guint8 *at,
                      const guint8 *end)
{
  const gsize fixed_size = grpc_aio_protobuf_get_fixed_size (type);

  if (fixed_size > 0 && G_BYTE_ORDER == G_LITTLE_ENDIAN)
    {
      memcpy (slot, at, end - at);
      return end;
    }

  for (; fixed_size > 0 && at < end; at += fixed_size, slot += fixed_size)
    {
      if (fixed_size == 4)
        load_32 (slot, at);
      else
        load_64 (slot, at);
    }

  /* The compiler makes a loop of each. */
  switch (type)
    {
    case PROTOBUF_C_TYPE_SINT32:
      return unpack_varints (slot, PROTOBUF_C_TYPE_SINT32, at, end);

    case PROTOBUF_C_TYPE_SINT64:
      return unpack_varints (slot, PROTOBUF_C_TYPE_SINT64, at, end);

    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
      return unpack_varints (slot, PROTOBUF_C_TYPE_UINT64, at, end);

    case PROTOBUF_C_TYPE_BOOL:
      return unpack_varints (slot, PROTOBUF_C_TYPE_BOOL, at, end);

    default:
      return unpack_varints (slot, PROTOBUF_C_TYPE_UINT32, at, end);
    }
}

static gboolean
unpack_packed (Unpacker *self,
               ProtobufCMessage *message,
               const ProtobufCFieldDescriptor *field,
               const guint8 *at,
               gsize length)
{
  const gsize count = count_packed (field, at, length);
  const guint8 *stop;
  guint8 *slot;

  if (G_UNLIKELY (count == G_MAXSIZE))
    return fail_field (self, message->descriptor, field, at, N_ ("has packed values that end too early"));
  if (count == 0)
    return TRUE;

  slot = prepare_elements (self, message, field, count);
  if (G_UNLIKELY (slot == NULL))
    return fail_field (self, message->descriptor, field, at, N_ ("finds no memory"));

  stop = unpack_packed_values (slot, field->type, at, at + length);
  if (G_UNLIKELY (stop != at + length))
    return fail_field (self, message->descriptor, field, stop, N_ ("has a number of more than ten bytes"));
  count_elements (message, field, count);

  return TRUE;
}

static const guint8 *
skip_field (Unpacker *self,
            const ProtobufCMessageDescriptor *descriptor,
            const guint8 *at,
            const guint8 *end,
            guint32 tag,
            guint depth);

/* Returns what follows the tag that ends the group. */
static const guint8 *
skip_group (Unpacker *self,
            const ProtobufCMessageDescriptor *descriptor,
            const guint8 *at,
            const guint8 *end,
            guint32 number,
            guint depth)
{
  if (depth > MAX_DEPTH)
    {
      fail (self, descriptor, at, N_ ("groups are nested too deeply"));
      return NULL;
    }

  for (;;)
    {
      const guint8 *start = at;
      guint32 tag;

      at = grpc_aio_protobuf_read_tag (at, end, &tag);
      if (at == NULL)
        {
          fail (self, descriptor, start, start == end ? N_ ("a group has no end") : N_ ("there is no legal tag"));
          return NULL;
        }
      if ((tag & 7) == GRPC_AIO_WIRE_END_GROUP)
        {
          if (tag >> 3 == number)
            return at;
          fail (self, descriptor, start, N_ ("a group ends that did not begin"));
          return NULL;
        }

      at = skip_field (self, descriptor, at, end, tag, depth);
      if (at == NULL)
        return NULL;
    }
}

static const guint8 *
skip_field (Unpacker *self,
            const ProtobufCMessageDescriptor *descriptor,
            const guint8 *at,
            const guint8 *end,
            guint32 tag,
            guint depth)
{
  const guint8 *start = at;
  guint64 value;

  switch (tag & 7)
    {
    case GRPC_AIO_WIRE_VARINT:
      at = grpc_aio_protobuf_read_varint (at, end, &value);
      break;

    case GRPC_AIO_WIRE_64_BIT:
      at = end - at >= 8 ? at + 8 : NULL;
      break;

    case GRPC_AIO_WIRE_LENGTH:
      at = grpc_aio_protobuf_read_varint (at, end, &value);
      if (at != NULL)
        at = value <= (guint64) (end - at) ? at + value : NULL;
      break;

    case GRPC_AIO_WIRE_START_GROUP:
      return skip_group (self, descriptor, at, end, tag >> 3, depth + 1);

    case GRPC_AIO_WIRE_32_BIT:
      at = end - at >= 4 ? at + 4 : NULL;
      break;

    default:
      fail (self, descriptor, at, N_ ("there is no legal tag"));
      return NULL;
    }

  if (at == NULL)
    fail (self, descriptor, start, N_ ("the value of an unknown field ends too early"));

  return at;
}

/* Keeps what follows the tag, as protobuf-c does. */
static const guint8 *
unpack_unknown (Unpacker *self,
                ProtobufCMessage *message,
                const guint8 *at,
                const guint8 *end,
                guint32 tag,
                guint depth)
{
  const guint8 *next = skip_field (self, message->descriptor, at, end, tag, depth);
  const guint n = message->n_unknown_fields;
  ProtobufCMessageUnknownField *unknown;

  if (G_UNLIKELY (next == NULL))
    return NULL;

  /* There is room for a power of two here, too. */
  if ((n & (n - 1)) == 0)
    {
      unknown = reallocate (self, message->unknown_fields, n * sizeof *unknown, MAX (1, 2 * (gsize) n) * sizeof *unknown);
      if (G_UNLIKELY (unknown == NULL))
        {
          fail (self, message->descriptor, at, N_ ("there is no memory"));
          return NULL;
        }
      message->unknown_fields = unknown;
    }

  unknown = &message->unknown_fields[n];
  unknown->tag = tag >> 3;
  unknown->wire_type = (ProtobufCWireType) (tag & 7);
  unknown->len = next - at;
  unknown->data = allocate (self, unknown->len);
  if (G_UNLIKELY (unknown->data == NULL))
    {
      fail (self, message->descriptor, at, N_ ("there is no memory"));
      return NULL;
    }
  memcpy (unknown->data, at, unknown->len);
  message->n_unknown_fields++;

  return next;
}

static gboolean
check_required (Unpacker *self,
                const ProtobufCMessageDescriptor *descriptor,
                const guint8 *at,
                const guint64 *seen)
{
  for (guint i = 0; i < descriptor->n_fields; i++)
    {
      const ProtobufCFieldDescriptor *field = &descriptor->fields[i];

      if (field->label == PROTOBUF_C_LABEL_REQUIRED && (seen[i / 64] & ((guint64) 1 << i % 64)) == 0)
        return fail_field (self, descriptor, field, at, N_ ("is required, but missing"));
    }

  return TRUE;
}

static const guint8 *
unpack_message (Unpacker *self,
                ProtobufCMessage *message,
                const guint8 *at,
                const guint8 *end,
                guint32 group,
                guint depth);

/* A message that comes twice is merged. */
static const guint8 *
unpack_child (Unpacker *self,
              ProtobufCMessage *message,
              const ProtobufCFieldDescriptor *field,
              const guint8 *at,
              const guint8 *end,
              guint32 group,
              guint depth)
{
  const gboolean is_repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
  ProtobufCMessage **slot;

  if (G_UNLIKELY (depth >= MAX_DEPTH))
    {
      fail_field (self, message->descriptor, field, at, N_ ("is nested too deeply"));
      return NULL;
    }

  slot = is_repeated ? prepare_elements (self, message, field, 1) : prepare_member (self, message, field);
  if (slot != NULL && (is_repeated || *slot == NULL))
    *slot = new_message (self, field->descriptor);
  if (G_UNLIKELY (slot == NULL || *slot == NULL))
    {
      fail_field (self, message->descriptor, field, at, N_ ("finds no memory"));
      return NULL;
    }
  if (is_repeated)
    count_elements (message, field, 1);

  return unpack_message (self, *slot, at, end, group, depth + 1);
}

static const guint8 *
unpack_length (Unpacker *self,
               ProtobufCMessage *message,
               const ProtobufCFieldDescriptor *field,
               const guint8 *at,
               const guint8 *end,
               guint depth)
{
  const guint8 *start = at;
  guint64 length;
  gboolean is_good;

  at = grpc_aio_protobuf_read_varint (at, end, &length);
  if (G_UNLIKELY (at == NULL || length > (guint64) (end - at)))
    {
      fail_field (self, message->descriptor, field, start, N_ ("ends too early"));
      return NULL;
    }

  if (field->type == PROTOBUF_C_TYPE_STRING)
    is_good = unpack_string (self, message, field, at, length);
  else if (field->type == PROTOBUF_C_TYPE_MESSAGE)
    is_good = unpack_child (self, message, field, at, at + length, 0, depth) != NULL;
  else if (field->type == PROTOBUF_C_TYPE_BYTES)
    is_good = unpack_bytes (self, message, field, at, length);
  else
    is_good = unpack_packed (self, message, field, at, length);

  return is_good ? at + length : NULL;
}

static inline const guint8 *
unpack_scalar (Unpacker *self,
               ProtobufCMessage *message,
               const ProtobufCFieldDescriptor *field,
               const guint8 *at,
               const guint8 *end,
               guint wire)
{
  const gboolean is_repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
  const guint8 *next = NULL;
  guint64 value = 0;
  gpointer slot;

  if (wire == GRPC_AIO_WIRE_VARINT)
    next = grpc_aio_protobuf_read_varint (at, end, &value);
  else if (wire == GRPC_AIO_WIRE_32_BIT)
    next = end - at >= 4 ? at + 4 : NULL;
  else
    next = end - at >= 8 ? at + 8 : NULL;
  if (G_UNLIKELY (next == NULL))
    {
      fail_field (self, message->descriptor, field, at, N_ ("ends too early, or has a number of more than ten bytes"));
      return NULL;
    }

  slot = is_repeated ? prepare_elements (self, message, field, 1) : prepare_member (self, message, field);
  if (G_UNLIKELY (slot == NULL))
    {
      fail_field (self, message->descriptor, field, at, N_ ("finds no memory"));
      return NULL;
    }
  if (is_repeated)
    count_elements (message, field, 1);

  if (wire == GRPC_AIO_WIRE_VARINT)
    store_varint (slot, field->type, value);
  else if (wire == GRPC_AIO_WIRE_32_BIT)
    load_32 (slot, at);
  else
    load_64 (slot, at);

  return next;
}

/* Returns what follows: @end, or what stands after the tag that ends @group. */
static const guint8 *
unpack_fields (Unpacker *self,
               ProtobufCMessage *message,
               const guint8 *at,
               const guint8 *end,
               guint32 group,
               guint depth,
               guint64 *seen)
{
  const ProtobufCMessageDescriptor *descriptor = message->descriptor;
  guint next = 0;

  while (at < end)
    {
      const ProtobufCFieldDescriptor *field;
      const guint8 *start = at;
      guint32 tag;
      guint wire, own_wire;

      at = grpc_aio_protobuf_read_tag (at, end, &tag);
      if (G_UNLIKELY (at == NULL))
        {
          fail (self, descriptor, start, N_ ("there is no legal tag"));
          return NULL;
        }

      wire = tag & 7;
      if (G_UNLIKELY (wire == GRPC_AIO_WIRE_END_GROUP))
        {
          if (group == tag >> 3)
            return at;
          fail (self, descriptor, start, N_ ("a group ends that did not begin"));
          return NULL;
        }

      field = find_field (descriptor, &next, tag >> 3);
      if (G_UNLIKELY (field == NULL))
        {
          at = unpack_unknown (self, message, at, end, tag, depth);
          if (G_UNLIKELY (at == NULL))
            return NULL;
          continue;
        }

      /* Repeated numbers come one by one or packed, whatever was declared. */
      own_wire = grpc_aio_protobuf_get_wire_type (field);
      if (wire == own_wire && wire == GRPC_AIO_WIRE_LENGTH)
        at = unpack_length (self, message, field, at, end, depth);
      else if (wire == own_wire && wire == GRPC_AIO_WIRE_START_GROUP)
        at = unpack_child (self, message, field, at, end, tag >> 3, depth);
      else if (wire == own_wire)
        at = unpack_scalar (self, message, field, at, end, wire);
      else if (wire == GRPC_AIO_WIRE_LENGTH && field->label == PROTOBUF_C_LABEL_REPEATED &&
               own_wire != GRPC_AIO_WIRE_START_GROUP)
        at = unpack_length (self, message, field, at, end, depth);
      else
        at = unpack_unknown (self, message, at, end, tag, depth);
      if (G_UNLIKELY (at == NULL))
        return NULL;

      if (seen != NULL && (wire == own_wire))
        {
          const gsize index = field - descriptor->fields;

          seen[index / 64] |= (guint64) 1 << index % 64;
        }
    }

  if (G_UNLIKELY (group != 0))
    {
      fail (self, descriptor, at, N_ ("a group has no end"));
      return NULL;
    }

  return at;
}

G_NO_INLINE static const guint8 *
unpack_with_required (Unpacker *self,
                      ProtobufCMessage *message,
                      const guint8 *at,
                      const guint8 *end,
                      guint32 group,
                      guint depth)
{
  const ProtobufCMessageDescriptor *descriptor = message->descriptor;
  guint64 few[SEEN_WORDS] = { 0 };
  g_autofree guint64 *many = NULL;
  guint64 *seen = few;
  const guint8 *next;

  if (descriptor->n_fields > 64 * SEEN_WORDS)
    seen = many = g_new0 (guint64, descriptor->n_fields / 64 + 1);
  next = unpack_fields (self, message, at, end, group, depth, seen);
  if (next == NULL || !check_required (self, descriptor, next, seen))
    return NULL;

  return next;
}

static const guint8 *
unpack_message (Unpacker *self,
                ProtobufCMessage *message,
                const guint8 *at,
                const guint8 *end,
                guint32 group,
                guint depth)
{
  if (G_LIKELY (self->partial || !grpc_aio_protobuf_has_required (message->descriptor)))
    return unpack_fields (self, message, at, end, group, depth, NULL);

  return unpack_with_required (self, message, at, end, group, depth);
}

ProtobufCMessage *
grpc_aio_protobuf_unpack_full (const ProtobufCMessageDescriptor *descriptor,
                               ProtobufCAllocator *allocator,
                               gconstpointer data,
                               gsize size,
                               gboolean partial,
                               GError **error)
{
  const guint8 *begin = size > 0 ? data : "";
  Unpacker self = { begin, allocator, partial, error };
  ProtobufCMessage *message = new_message (&self, descriptor);

  if (G_UNLIKELY (message == NULL))
    {
      fail (&self, descriptor, begin, N_ ("there is no memory"));
      return NULL;
    }
  if (unpack_message (&self, message, begin, begin + size, 0, 0) == NULL)
    {
      protobuf_c_message_free_unpacked (message, allocator);
      return NULL;
    }

  return message;
}

/**
 * grpc_aio_protobuf_unpack: (skip)
 * @descriptor: what protobuf-c has to know of the message
 * @bytes: a packed message
 * @error: where to put an error
 *
 * Unpacks a message into a struct of protobuf-c.
 *
 * Use this instead of `protobuf_c_message_unpack()` for all that comes from
 * others. It refuses messages that are nested more than 100 deep, strings with a
 * character NUL, and, where the descriptor asks for it, strings that are not
 * UTF-8. It reads groups, and keeps those that it does not know.
 *
 * Bytes that are no such message fail with `GRPC_AIO_ERROR_INTERNAL`.
 *
 * Returns: (transfer full): a message, for `protobuf_c_message_free_unpacked()`
 *   with `NULL` for the allocator
 *
 * Since: 0.1
 */
ProtobufCMessage *
grpc_aio_protobuf_unpack (const ProtobufCMessageDescriptor *descriptor,
                          GBytes *bytes,
                          GError **error)
{
  gconstpointer data;
  gsize size;

  g_return_val_if_fail (descriptor != NULL, NULL);
  g_return_val_if_fail (bytes != NULL, NULL);

  data = g_bytes_get_data (bytes, &size);

  return grpc_aio_protobuf_unpack_full (descriptor, NULL, data, size, FALSE, error);
}

/**
 * grpc_aio_protobuf_unpack_data: (skip)
 * @descriptor: what protobuf-c has to know of the message
 * @allocator: (nullable): where to take memory from, or `NULL` for the heap
 * @data: (nullable): a packed message; may be `NULL` when @size is 0
 * @size: how many bytes there are
 * @error: where to put an error
 *
 * Does what [func@protobuf_unpack] does, from memory that is no
 * [struct@GLib.Bytes], and to memory that need not be the heap.
 *
 * Returns: (transfer full): a message, for `protobuf_c_message_free_unpacked()`
 *   with the same allocator
 *
 * Since: 0.1
 */
ProtobufCMessage *
grpc_aio_protobuf_unpack_data (const ProtobufCMessageDescriptor *descriptor,
                               ProtobufCAllocator *allocator,
                               gconstpointer data,
                               gsize size,
                               GError **error)
{
  g_return_val_if_fail (descriptor != NULL, NULL);
  g_return_val_if_fail (data != NULL || size == 0, NULL);

  return grpc_aio_protobuf_unpack_full (descriptor, allocator, data, size, FALSE, error);
}
