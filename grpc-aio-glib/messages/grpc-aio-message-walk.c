/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "messages/grpc-aio-message-walk-private.h"

#include <string.h>

void
grpc_aio_message_field_load_element (const GrpcAioMessageField *self,
                                     const ProtobufCMessage *message,
                                     gsize index,
                                     GrpcAioMessageValue *value)
{
  memcpy (value, grpc_aio_message_field_get_element (self, message, index), grpc_aio_message_field_get_element_size (self));

  if (self->core->type == PROTOBUF_C_TYPE_STRING && value->string == NULL)
    value->string = (char *) "";
}

static void
load_default (const GrpcAioMessageField *self,
              GrpcAioMessageValue *value)
{
  memset (value, 0, sizeof *value);

  if (self->core->type == PROTOBUF_C_TYPE_STRING)
    value->string = (char *) (self->default_value != NULL ? self->default_value : "");
  else if (self->default_value != NULL && self->core->type != PROTOBUF_C_TYPE_MESSAGE)
    memcpy (value, self->default_value, grpc_aio_message_field_get_element_size (self));
}

void
grpc_aio_message_field_load (const GrpcAioMessageField *self,
                             const ProtobufCMessage *message,
                             GrpcAioMessageValue *value)
{
  if (grpc_aio_message_field_is_set (self, message))
    grpc_aio_message_field_load_element (self, message, 0, value);
  else
    load_default (self, value);
}

void
grpc_aio_message_field_store (const GrpcAioMessageField *self,
                              ProtobufCMessage *message,
                              const GrpcAioMessageValue *value)
{
  memcpy (grpc_aio_message_field_prepare (self, message), value, grpc_aio_message_field_get_element_size (self));
}

void
grpc_aio_message_field_store_element (const GrpcAioMessageField *self,
                                      ProtobufCMessage *message,
                                      const GrpcAioMessageValue *value)
{
  memcpy (grpc_aio_message_field_append (self, message), value, grpc_aio_message_field_get_element_size (self));
}

void
grpc_aio_message_value_clear (const GrpcAioMessageField *field,
                              GrpcAioMessageValue *value)
{
  switch (field->core->type)
    {
    case PROTOBUF_C_TYPE_STRING:
      g_free (value->string);
      break;
    case PROTOBUF_C_TYPE_BYTES:
      g_free (value->bytes.data);
      break;
    case PROTOBUF_C_TYPE_MESSAGE:
      grpc_aio_message_free_struct (value->message);
      break;
    default:
      break;
    }

  memset (value, 0, sizeof *value);
}

gboolean
grpc_aio_message_value_set_whole (GrpcAioMessageValue *value,
                                  const GrpcAioMessageField *field,
                                  const GrpcAioWholeNumber *number)
{
  gint64 wide;
  guint64 wide_unsigned;

  switch (field->core->type)
    {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      if (!grpc_aio_number_to_uint64 (number, G_MAXUINT32, &wide_unsigned))
        return FALSE;
      value->uint32 = (guint32) wide_unsigned;
      return TRUE;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
      return grpc_aio_number_to_uint64 (number, G_MAXUINT64, &value->uint64);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
      return grpc_aio_number_to_int64 (number, G_MININT64, G_MAXINT64, &value->int64);
    default:
      if (!grpc_aio_number_to_int64 (number, G_MININT32, G_MAXINT32, &wide))
        return FALSE;
      value->int32 = (gint32) wide;
      return TRUE;
    }
}

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int
compare_keys (gconstpointer a,
              gconstpointer b,
              gpointer data)
{
  const GrpcAioMessageField *key = data;
  GrpcAioMessageValue first;
  GrpcAioMessageValue second;

  grpc_aio_message_field_load (key, *(ProtobufCMessage *const *) a, &first);
  grpc_aio_message_field_load (key, *(ProtobufCMessage *const *) b, &second);

  switch (key->core->type)
    {
    case PROTOBUF_C_TYPE_STRING:
      return strcmp (first.string, second.string);
    case PROTOBUF_C_TYPE_BOOL:
      return COMPARE (first.boolean, second.boolean);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      return COMPARE (first.uint32, second.uint32);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
      return COMPARE (first.uint64, second.uint64);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
      return COMPARE (first.int64, second.int64);
    default:
      return COMPARE (first.int32, second.int32);
    }
}

GPtrArray *
grpc_aio_message_map_sort (const GrpcAioMessageField *map,
                           const ProtobufCMessage *message)
{
  gsize n_entries = grpc_aio_message_field_get_n_elements (map, message);
  g_autoptr (GPtrArray) entries = g_ptr_array_sized_new ((guint) n_entries);
  gpointer key = grpc_aio_message_map_key (map);
  guint n_kept = 0;

  for (gsize i = 0; i < n_entries; i++)
    {
      ProtobufCMessage *entry = *(ProtobufCMessage **) grpc_aio_message_field_get_element (map, message, i);

      if (entry != NULL)
        g_ptr_array_add (entries, entry);
    }

  /* It is stable: of entries with the same key the last one stays last. */
  g_ptr_array_sort_with_data (entries, compare_keys, key);

  for (guint i = 0; i < entries->len; i++)
    {
      if (i + 1 < entries->len && compare_keys (&entries->pdata[i], &entries->pdata[i + 1], key) == 0)
        continue;
      entries->pdata[n_kept++] = entries->pdata[i];
    }
  g_ptr_array_set_size (entries, (int) n_kept);

  return g_steal_pointer (&entries);
}

static int
compare_numbers (gconstpointer a,
                 gconstpointer b)
{
  const GrpcAioMessageField *first = *(gpointer const *) a;
  const GrpcAioMessageField *second = *(gpointer const *) b;

  return COMPARE (first->core->id, second->core->id);
}

GPtrArray *
grpc_aio_message_find_extensions (GrpcAioMessagePool *pool,
                                  GrpcAioMessageType *type,
                                  const ProtobufCMessage *message)
{
  g_autoptr (GHashTable) seen = NULL;
  g_autoptr (GPtrArray) extensions = NULL;

  if (message->n_unknown_fields == 0)
    return NULL;

  seen = g_hash_table_new (NULL, NULL);
  extensions = g_ptr_array_new ();
  for (unsigned i = 0; i < message->n_unknown_fields; i++)
    {
      guint32 number = message->unknown_fields[i].tag;
      GrpcAioMessageField *extension;

      if (!g_hash_table_add (seen, GUINT_TO_POINTER (number)))
        continue;
      extension = grpc_aio_message_pool_find_extension_by_number (pool, type, number);
      if (extension != NULL)
        g_ptr_array_add (extensions, extension);
    }

  if (extensions->len == 0)
    return NULL;

  g_ptr_array_sort (extensions, compare_numbers);

  return g_steal_pointer (&extensions);
}
