/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Extensions lie among the unknown fields, as they came. */

#include "messages/grpc-aio-message-type-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "messages/grpc-aio-protobuf-wire-private.h"

static void
append_varint (GByteArray *array,
               guint64 value)
{
  guint8 byte;

  for (; value >= 0x80; value >>= 7)
    {
      byte = (guint8) (value | 0x80);
      g_byte_array_append (array, &byte, 1);
    }
  byte = (guint8) value;
  g_byte_array_append (array, &byte, 1);
}

/* As they are on the wire; all of them when @number is 0. */
GBytes *
grpc_aio_message_type_pack_unknown (const ProtobufCMessage *message,
                                    guint32 number)
{
  GByteArray *array = NULL;

  for (guint i = 0; i < message->n_unknown_fields; i++)
    {
      const ProtobufCMessageUnknownField *field = &message->unknown_fields[i];

      if (number != 0 && field->tag != number)
        continue;

      if (array == NULL)
        array = g_byte_array_new ();
      append_varint (array, (guint64) field->tag << 3 | field->wire_type);
      g_byte_array_append (array, field->data, (guint) field->len);
    }

  return array != NULL ? g_byte_array_free_to_bytes (array) : NULL;
}

static void
remove_unknown (ProtobufCMessage *message,
                guint32 number)
{
  guint n = 0;

  for (guint i = 0; i < message->n_unknown_fields; i++)
    {
      if (message->unknown_fields[i].tag == number)
        g_free (message->unknown_fields[i].data);
      else
        message->unknown_fields[n++] = message->unknown_fields[i];
    }
  message->n_unknown_fields = n;
}

/* A message of this kind packs its extensions in another way. */
static gboolean
check_message_set (GrpcAioMessageField *self,
                   GError **error)
{
  if (!self->parent->is_message_set)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("“%s” extends “%s”, which has the old format of message sets"), self->full_name, self->parent->full_name);

  return FALSE;
}

ProtobufCMessage *
grpc_aio_message_field_unpack_extension (GrpcAioMessageField *self,
                                         const ProtobufCMessage *message,
                                         GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  ProtobufCMessage *holder;
  gconstpointer data;
  gsize size;

  if (!check_message_set (self, error))
    return NULL;

  bytes = grpc_aio_message_type_pack_unknown (message, self->core->id);
  if (bytes == NULL)
    return NULL;

  data = g_bytes_get_data (bytes, &size);
  holder = grpc_aio_protobuf_unpack_full (self->holder->core, NULL, data, size, TRUE, error);
  if (holder == NULL)
    return NULL;

  /* What came may have another type. */
  if (!grpc_aio_message_field_is_set (self, holder))
    g_clear_pointer (&holder, grpc_aio_message_free_struct);

  return holder;
}

gboolean
grpc_aio_message_field_pack_extension (GrpcAioMessageField *self,
                                       ProtobufCMessage *message,
                                       const ProtobufCMessage *holder,
                                       GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  ProtobufCMessage *loose;
  gconstpointer data;
  gsize size;

  if (!check_message_set (self, error))
    return FALSE;

  if (holder == NULL)
    {
      remove_unknown (message, self->core->id);
      return TRUE;
    }

  bytes = grpc_aio_protobuf_pack (holder, error);
  if (bytes == NULL)
    return FALSE;

  /* A message without fields takes all of it apart. */
  data = g_bytes_get_data (bytes, &size);
  loose = grpc_aio_protobuf_unpack_full (&grpc_aio_protobuf_nothing, NULL, data, size, TRUE, error);
  if (loose == NULL)
    return FALSE;

  remove_unknown (message, self->core->id);
  grpc_aio_message_type_merge_unknown (message, loose);
  grpc_aio_message_free_struct (loose);

  return TRUE;
}
