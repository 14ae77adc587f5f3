/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "messages/grpc-aio-protobuf-wire-private.h"

#include <string.h>

#define EACH_BYTE(value) (G_MAXUINT64 / 255 * (value))

const char grpc_aio_protobuf_run_time_mark = 0;

static const ProtobufCIntRange nothing_ranges[] = { { 0, 0 } };

const ProtobufCMessageDescriptor grpc_aio_protobuf_nothing = {
  .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
  .name = "",
  .short_name = "",
  .c_name = "",
  .package_name = "",
  .sizeof_message = sizeof (ProtobufCMessage),
  .field_ranges = nothing_ranges,
};

/* Most text is ASCII: eight characters at a time. NUL does not count as UTF-8. */
gboolean
grpc_aio_protobuf_is_utf8 (const guint8 *text,
                           gsize length)
{
  while (length >= 8)
    {
      guint64 word;

      memcpy (&word, text, sizeof word);
      if (((word | (word - EACH_BYTE (1))) & EACH_BYTE (0x80)) != 0)
        break;
      text += 8;
      length -= 8;
    }
  while (length > 0 && *text > 0 && *text < 0x80)
    {
      text++;
      length--;
    }

  return length == 0 || g_utf8_validate_len ((const char *) text, length, NULL);
}

const ProtobufCFieldDescriptor *
grpc_aio_protobuf_find_field (const ProtobufCMessageDescriptor *descriptor,
                              guint32 number)
{
  const ProtobufCIntRange *ranges = descriptor->field_ranges;
  guint low = 0;
  guint high = descriptor->n_field_ranges;

  /* Each range starts where the one before it ends, or later. */
  while (low < high)
    {
      const guint middle = low + (high - low) / 2;
      const ProtobufCIntRange *range = &ranges[middle];
      const guint32 first = (guint32) range->start_value;

      if (number < first)
        high = middle;
      else if (number - first >= range[1].orig_index - range->orig_index)
        low = middle + 1;
      else
        return &descriptor->fields[range->orig_index + (number - first)];
    }

  return NULL;
}

gboolean
grpc_aio_protobuf_has_required (const ProtobufCMessageDescriptor *descriptor)
{
  if (descriptor->reserved3 == &grpc_aio_protobuf_run_time_mark)
    return descriptor->reserved2 != NULL;

  for (guint i = 0; i < descriptor->n_fields; i++)
    {
      if (descriptor->fields[i].label == PROTOBUF_C_LABEL_REQUIRED)
        return TRUE;
    }

  return FALSE;
}

void
grpc_aio_protobuf_init_fields (const ProtobufCMessageDescriptor *descriptor,
                               ProtobufCMessage *message)
{
  memset (message, 0, descriptor->sizeof_message);
  message->descriptor = descriptor;

  for (guint i = 0; i < descriptor->n_fields; i++)
    {
      const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
      gpointer member = G_STRUCT_MEMBER_P (message, field->offset);

      if (field->default_value == NULL || field->label == PROTOBUF_C_LABEL_REPEATED)
        continue;

      if (field->type == PROTOBUF_C_TYPE_STRING)
        *(gconstpointer *) member = field->default_value;
      else
        memcpy (member, field->default_value, grpc_aio_protobuf_get_type_size (field->type));
    }
}

void
grpc_aio_protobuf_init (const ProtobufCMessageDescriptor *descriptor,
                        ProtobufCMessage *message)
{
  if (descriptor->reserved3 == &grpc_aio_protobuf_run_time_mark)
    memcpy (message, descriptor->reserved1, descriptor->sizeof_message);
  else if (descriptor->message_init != NULL)
    descriptor->message_init (message);
  else
    grpc_aio_protobuf_init_fields (descriptor, message);
}

void
grpc_aio_protobuf_free_member (ProtobufCMessage *message,
                               const ProtobufCFieldDescriptor *field,
                               ProtobufCAllocator *allocator)
{
  gpointer member = G_STRUCT_MEMBER_P (message, field->offset);
  const ProtobufCBinaryData *initial = field->default_value;
  gpointer data = NULL;

  if (field->type == PROTOBUF_C_TYPE_MESSAGE)
    protobuf_c_message_free_unpacked (*(ProtobufCMessage **) member, allocator);
  else if (field->type == PROTOBUF_C_TYPE_STRING && *(gpointer *) member != field->default_value)
    data = *(gpointer *) member;
  else if (field->type == PROTOBUF_C_TYPE_BYTES &&
           (initial == NULL || ((ProtobufCBinaryData *) member)->data != initial->data))
    data = ((ProtobufCBinaryData *) member)->data;

  if (data != NULL && allocator != NULL)
    allocator->free (allocator->allocator_data, data);
  else
    g_free (data);
}
