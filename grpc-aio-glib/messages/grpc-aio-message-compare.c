/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whether structs of protobuf-c are equal, and whether they are complete. */

#include "messages/grpc-aio-message-type-private.h"

#include <math.h>
#include <string.h>

#include "messages/grpc-aio-protobuf-wire-private.h"

/* A NaN equals itself here, so that a copy equals what it was made of. */
static gboolean
equal_doubles (double a,
               double b)
{
  return a == b || (isnan (a) && isnan (b));
}

/* No message equals one without fields. */
static gboolean
equal_children (GrpcAioMessageType *type,
                const ProtobufCMessage *a,
                const ProtobufCMessage *b)
{
  ProtobufCMessage *empty;
  gboolean result;

  if (a != NULL && b != NULL)
    return grpc_aio_message_type_equal_structs (type, a, b);
  if (a == b)
    return TRUE;

  empty = grpc_aio_message_type_new_struct (type);
  result = grpc_aio_message_type_equal_structs (type, a != NULL ? a : empty, b != NULL ? b : empty);
  protobuf_c_message_free_unpacked (empty, NULL);

  return result;
}

static gboolean
equal_values (const GrpcAioMessageField *field,
              gconstpointer a,
              gconstpointer b)
{
  const ProtobufCBinaryData *data_a = a;
  const ProtobufCBinaryData *data_b = b;

  switch (field->core->type)
    {
    case PROTOBUF_C_TYPE_STRING:
      return g_strcmp0 (*(const char *const *) a, *(const char *const *) b) == 0;

    case PROTOBUF_C_TYPE_BYTES:
      return data_a->len == data_b->len && (data_a->len == 0 || memcmp (data_a->data, data_b->data, data_a->len) == 0);

    case PROTOBUF_C_TYPE_MESSAGE:
      return equal_children (field->message, *(const ProtobufCMessage *const *) a, *(const ProtobufCMessage *const *) b);

    case PROTOBUF_C_TYPE_FLOAT:
      return equal_doubles (*(const float *) a, *(const float *) b);

    case PROTOBUF_C_TYPE_DOUBLE:
      return equal_doubles (*(const double *) a, *(const double *) b);

    case PROTOBUF_C_TYPE_BOOL:
      return !*(const protobuf_c_boolean *) a == !*(const protobuf_c_boolean *) b;

    default:
      return memcmp (a, b, grpc_aio_message_field_get_element_size (field)) == 0;
    }
}

/* As text, which tells keys of one type apart. */
char *
grpc_aio_message_field_dup_key (const GrpcAioMessageField *map,
                                const ProtobufCMessage *entry)
{
  const GrpcAioMessageField *key = &map->message->fields[0];
  gconstpointer slot = grpc_aio_message_field_get_element (key, entry, 0);

  if (key->core->type == PROTOBUF_C_TYPE_STRING)
    return g_strdup (*(const char *const *) slot != NULL ? *(const char *const *) slot : "");
  if (key->core->type == PROTOBUF_C_TYPE_BOOL)
    return g_strdup (*(const protobuf_c_boolean *) slot ? "1" : "0");
  if (grpc_aio_message_field_get_element_size (key) == 4)
    return g_strdup_printf ("%" G_GINT32_FORMAT, *(const gint32 *) slot);

  return g_strdup_printf ("%" G_GINT64_FORMAT, *(const gint64 *) slot);
}

/* The last one of a key counts. */
GHashTable *
grpc_aio_message_field_index_map (const GrpcAioMessageField *map,
                                  const ProtobufCMessage *message)
{
  GHashTable *entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const gsize n = grpc_aio_message_field_get_n_elements (map, message);

  for (gsize i = 0; i < n; i++)
    {
      ProtobufCMessage *entry = *(ProtobufCMessage **) grpc_aio_message_field_get_element (map, message, i);

      g_hash_table_replace (entries, grpc_aio_message_field_dup_key (map, entry), entry);
    }

  return entries;
}

static gboolean
equal_maps (const GrpcAioMessageField *map,
            const ProtobufCMessage *message,
            const ProtobufCMessage *other)
{
  const GrpcAioMessageField *value = &map->message->fields[1];
  g_autoptr (GHashTable) entries = grpc_aio_message_field_index_map (map, message);
  g_autoptr (GHashTable) others = grpc_aio_message_field_index_map (map, other);
  GHashTableIter iter;
  gpointer key, entry;

  if (g_hash_table_size (entries) != g_hash_table_size (others))
    return FALSE;

  g_hash_table_iter_init (&iter, entries);
  while (g_hash_table_iter_next (&iter, &key, &entry))
    {
      const ProtobufCMessage *match = g_hash_table_lookup (others, key);

      if (match == NULL ||
          !equal_values (value, grpc_aio_message_field_get_element (value, entry, 0), grpc_aio_message_field_get_element (value, match, 0)))
        return FALSE;
    }

  return TRUE;
}

gboolean
grpc_aio_message_field_equal (const GrpcAioMessageField *self,
                              const ProtobufCMessage *message,
                              const ProtobufCMessage *other)
{
  const gsize n = grpc_aio_message_field_get_n_elements (self, message);

  if (self->is_map)
    return equal_maps (self, message, other);
  if (n != grpc_aio_message_field_get_n_elements (self, other))
    return FALSE;

  for (gsize i = 0; i < n; i++)
    {
      if (!equal_values (self, grpc_aio_message_field_get_element (self, message, i), grpc_aio_message_field_get_element (self, other, i)))
        return FALSE;
    }

  return TRUE;
}

static gboolean
equal_unknown (const ProtobufCMessage *message,
               const ProtobufCMessage *other)
{
  if (message->n_unknown_fields != other->n_unknown_fields)
    return FALSE;

  for (guint i = 0; i < message->n_unknown_fields; i++)
    {
      const ProtobufCMessageUnknownField *a = &message->unknown_fields[i];
      const ProtobufCMessageUnknownField *b = &other->unknown_fields[i];

      if (a->tag != b->tag || a->wire_type != b->wire_type || a->len != b->len || memcmp (a->data, b->data, a->len) != 0)
        return FALSE;
    }

  return TRUE;
}

gboolean
grpc_aio_message_type_equal_structs (GrpcAioMessageType *self,
                                     const ProtobufCMessage *message,
                                     const ProtobufCMessage *other)
{
  for (guint i = 0; i < self->n_fields; i++)
    {
      if (!grpc_aio_message_field_equal (&self->fields[i], message, other))
        return FALSE;
    }

  return equal_unknown (message, other);
}

static gboolean
check_required (GrpcAioMessageType *type,
                const ProtobufCMessage *message,
                GString *path,
                GPtrArray *paths);

static gboolean
check_children (const GrpcAioMessageField *field,
                const ProtobufCMessage *message,
                GString *path,
                GPtrArray *paths)
{
  const gsize n = grpc_aio_message_field_get_n_elements (field, message);
  const gsize length = path->len;
  gboolean result = TRUE;

  for (gsize i = 0; i < n; i++)
    {
      const ProtobufCMessage *child = *(ProtobufCMessage **) grpc_aio_message_field_get_element (field, message, i);

      g_string_append (path, field->core->name);
      if (field->is_repeated)
        g_string_append_printf (path, "[%" G_GSIZE_FORMAT "]", i);
      g_string_append_c (path, '.');
      result = check_required (field->message, child, path, paths) && result;
      g_string_truncate (path, length);

      if (!result && paths == NULL)
        break;
    }

  return result;
}

static gboolean
check_required (GrpcAioMessageType *type,
                const ProtobufCMessage *message,
                GString *path,
                GPtrArray *paths)
{
  gboolean result = TRUE;

  for (guint i = 0; i < type->n_fields && (result || paths != NULL); i++)
    {
      const GrpcAioMessageField *field = &type->fields[i];

      if (field->is_required && !grpc_aio_message_field_is_set (field, message))
        {
          result = FALSE;
          if (paths != NULL)
            g_ptr_array_add (paths, g_strconcat (path->str, field->core->name, NULL));
        }
      else if (field->message != NULL)
        {
          result = check_children (field, message, path, paths) && result;
        }
    }

  return result;
}

gboolean
grpc_aio_message_type_check_required (GrpcAioMessageType *self,
                                      const ProtobufCMessage *message,
                                      GPtrArray *paths)
{
  g_autoptr (GString) path = g_string_new (NULL);

  return check_required (self, message, path, paths);
}
