/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "messages/grpc-aio-message-json-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

/* What an object has had so far. */
typedef struct
{
  GrpcAioMessageType *type;
  guint8 *fields; /* One for each field, then one for each oneof. */
  GHashTable *extensions;
  gboolean has_type_url;
} Seen;

static void
seen_init (Seen *self,
           GrpcAioMessageType *type)
{
  *self = (Seen){ .type = type, .fields = g_malloc0 (type->n_fields + type->n_oneofs + 1) };
}

static void
seen_clear (Seen *self)
{
  g_free (self->fields);
  g_clear_pointer (&self->extensions, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Seen, seen_clear)

/* FALSE if the field was there before. */
static gboolean
seen_add (Seen *self,
          GrpcAioMessageField *field)
{
  guint index;

  if (field->full_name != NULL)
    {
      if (self->extensions == NULL)
        self->extensions = g_hash_table_new (NULL, NULL);
      return g_hash_table_add (self->extensions, field);
    }

  index = (guint) (field - self->type->fields);

  return !self->fields[index]++;
}

/* FALSE if another field of its oneof was there before. */
static gboolean
seen_add_oneof (Seen *self,
                GrpcAioMessageField *field)
{
  guint index;

  if (field->oneof == NULL)
    return TRUE;

  index = self->type->n_fields + (guint) (field->oneof - self->type->oneofs);

  return !self->fields[index]++;
}

static gboolean
parse_submessage (GrpcAioJsonParser *parser,
                  const GrpcAioMessageField *field,
                  ProtobufCMessage *message,
                  GrpcAioMessagePath *path,
                  GError **error)
{
  GrpcAioMessageValue value;

  if (grpc_aio_message_field_is_set (field, message))
    {
      grpc_aio_message_field_load (field, message, &value);
    }
  else
    {
      value.message = grpc_aio_message_type_new_struct (field->message);
      grpc_aio_message_field_store (field, message, &value);
    }

  path->depth++;

  return grpc_aio_json_parse_message (parser, field->message, value.message, path, error);
}

static gboolean
parse_singular (GrpcAioJsonParser *parser,
                const GrpcAioMessageField *field,
                ProtobufCMessage *message,
                GrpcAioMessagePath *path,
                GError **error)
{
  GrpcAioMessageValue value;

  if (field->message != NULL)
    return parse_submessage (parser, field, message, path, error);

  switch (grpc_aio_json_parse_scalar (parser, field, &value, path, error))
    {
    case GRPC_AIO_JSON_PARSED:
      grpc_aio_message_field_store (field, message, &value);
      return TRUE;
    case GRPC_AIO_JSON_IGNORED:
      return TRUE;
    case GRPC_AIO_JSON_FAILED:
    default:
      return FALSE;
    }
}

static gboolean
parse_element (GrpcAioJsonParser *parser,
               const GrpcAioMessageField *field,
               ProtobufCMessage *message,
               GrpcAioMessagePath *path,
               GError **error)
{
  GrpcAioMessageValue value;

  if (field->message != NULL)
    {
      value.message = grpc_aio_message_type_new_struct (field->message);
      grpc_aio_message_field_store_element (field, message, &value);
      path->depth++;
      return grpc_aio_json_parse_message (parser, field->message, value.message, path, error);
    }

  switch (grpc_aio_json_parse_scalar (parser, field, &value, path, error))
    {
    case GRPC_AIO_JSON_PARSED:
      grpc_aio_message_field_store_element (field, message, &value);
      return TRUE;
    case GRPC_AIO_JSON_IGNORED:
      return TRUE;
    case GRPC_AIO_JSON_FAILED:
    default:
      return FALSE;
    }
}

static gboolean
parse_repeated (GrpcAioJsonParser *parser,
                const GrpcAioMessageField *field,
                ProtobufCMessage *message,
                const GrpcAioMessagePath *path,
                GError **error)
{
  GrpcAioJsonKind kind = grpc_aio_json_reader_peek (&parser->reader, error);
  gsize n_elements = 0;
  GrpcAioJsonStep step;

  if (kind == GRPC_AIO_JSON_INVALID)
    return FALSE;
  if (kind != GRPC_AIO_JSON_ARRAY)
    return grpc_aio_message_path_fail (path, error, _("An array should be here"));
  if (!grpc_aio_json_reader_enter (&parser->reader, error))
    return FALSE;

  grpc_aio_message_field_clear (field, message);
  while ((step = grpc_aio_json_reader_next_element (&parser->reader, &n_elements, error)) == GRPC_AIO_JSON_STEP_ITEM)
    {
      GrpcAioMessagePath here = grpc_aio_message_path_index (path, n_elements - 1);

      kind = grpc_aio_json_reader_peek (&parser->reader, error);
      if (kind == GRPC_AIO_JSON_INVALID)
        return FALSE;
      if (kind == GRPC_AIO_JSON_NULL && !grpc_aio_json_takes_null (field))
        return grpc_aio_message_path_fail (&here, error, _("An array has no null for an element"));
      if (!parse_element (parser, field, message, &here, error))
        return FALSE;
    }

  return step == GRPC_AIO_JSON_STEP_END;
}

static GrpcAioJsonResult
parse_map_value (GrpcAioJsonParser *parser,
                 const GrpcAioMessageField *field,
                 ProtobufCMessage *entry,
                 GrpcAioMessagePath *path,
                 GError **error)
{
  GrpcAioMessageValue value;
  GrpcAioJsonResult result;

  /* The entry is a message, too. */
  path->depth++;
  if (field->message != NULL)
    return parse_submessage (parser, field, entry, path, error) ? GRPC_AIO_JSON_PARSED : GRPC_AIO_JSON_FAILED;

  result = grpc_aio_json_parse_scalar (parser, field, &value, path, error);
  if (result == GRPC_AIO_JSON_PARSED)
    grpc_aio_message_field_store (field, entry, &value);

  return result;
}

/* The key as it is written in one way only: "1" and "1.0" are the same. */
static char *
normalize_key (const GrpcAioMessageField *field,
               const GrpcAioMessageValue *key,
               const char *text)
{
  if (field->core->type == PROTOBUF_C_TYPE_STRING || field->core->type == PROTOBUF_C_TYPE_BOOL)
    return g_strdup (text);
  if (grpc_aio_message_field_get_element_size (field) == 8)
    return g_strdup_printf ("%" G_GUINT64_FORMAT, key->uint64);

  return g_strdup_printf ("%" G_GUINT32_FORMAT, key->uint32);
}

static gboolean
parse_entry (GrpcAioJsonParser *parser,
             const GrpcAioMessageField *map,
             ProtobufCMessage *message,
             GHashTable *seen,
             const GrpcAioMessagePath *path,
             GError **error)
{
  GrpcAioMessageField *key_field = grpc_aio_message_map_key (map);
  g_autofree char *text = g_strdup (parser->text->str);
  GrpcAioMessagePath here = grpc_aio_message_path_key (path, text);
  GrpcAioMessageValue key;
  GrpcAioMessageValue entry;
  GrpcAioJsonResult result = GRPC_AIO_JSON_FAILED;

  if (!grpc_aio_json_parse_key (key_field, parser->text, &key, &here, error))
    return FALSE;

  entry.message = grpc_aio_message_type_new_struct (map->message);
  grpc_aio_message_field_store (key_field, entry.message, &key);

  if (!g_hash_table_add (seen, normalize_key (key_field, &key, text)))
    grpc_aio_message_path_fail (&here, error, _("The key is there twice"));
  else
    result = parse_map_value (parser, grpc_aio_message_map_value (map), entry.message, &here, error);

  if (result == GRPC_AIO_JSON_PARSED)
    grpc_aio_message_field_store_element (map, message, &entry);
  else
    grpc_aio_message_free_struct (entry.message);

  return result != GRPC_AIO_JSON_FAILED;
}

/* Replaces what is in the map. */
gboolean
grpc_aio_json_parse_map (GrpcAioJsonParser *parser,
                         const GrpcAioMessageField *map,
                         ProtobufCMessage *message,
                         const GrpcAioMessagePath *path,
                         GError **error)
{
  g_autoptr (GHashTable) seen = NULL;
  GrpcAioJsonKind kind = grpc_aio_json_reader_peek (&parser->reader, error);
  gsize n_members = 0;
  GrpcAioJsonStep step;

  if (kind == GRPC_AIO_JSON_INVALID)
    return FALSE;
  if (kind != GRPC_AIO_JSON_OBJECT)
    return grpc_aio_message_path_fail (path, error, _("An object should be here"));
  if (!grpc_aio_json_reader_enter (&parser->reader, error))
    return FALSE;

  grpc_aio_message_field_clear (map, message);
  seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  while ((step = grpc_aio_json_reader_next_member (&parser->reader, &n_members, parser->text, error)) == GRPC_AIO_JSON_STEP_ITEM)
    {
      if (!parse_entry (parser, map, message, seen, path, error))
        return FALSE;
    }

  return step == GRPC_AIO_JSON_STEP_END;
}

static gboolean
parse_field (GrpcAioJsonParser *parser,
             const GrpcAioMessageField *field,
             ProtobufCMessage *message,
             GrpcAioMessagePath *path,
             GError **error)
{
  GrpcAioJsonKind kind = grpc_aio_json_reader_peek (&parser->reader, error);

  if (kind == GRPC_AIO_JSON_INVALID)
    return FALSE;
  if (kind == GRPC_AIO_JSON_NULL && (field->is_repeated || !grpc_aio_json_takes_null (field)))
    {
      grpc_aio_message_field_clear (field, message);
      return grpc_aio_json_reader_read_word (&parser->reader, error);
    }

  if (field->is_map)
    return grpc_aio_json_parse_map (parser, field, message, path, error);
  if (field->is_repeated)
    return parse_repeated (parser, field, message, path, error);

  return parse_singular (parser, field, message, path, error);
}

/* An extension is parsed into a message of its own and packed. */
static gboolean
parse_extension (GrpcAioJsonParser *parser,
                 GrpcAioMessageField *field,
                 ProtobufCMessage *message,
                 GrpcAioMessagePath *path,
                 GError **error)
{
  GError *problem = NULL;
  ProtobufCMessage *holder = grpc_aio_message_field_unpack_extension (field, message, &problem);
  gboolean done;

  if (problem != NULL)
    return grpc_aio_message_path_take (path, error, problem);
  if (holder == NULL)
    holder = grpc_aio_message_type_new_struct (field->holder);

  done = parse_field (parser, field, holder, path, error);
  if (done && !grpc_aio_message_field_pack_extension (field, message, grpc_aio_message_field_is_set (field, holder) ? holder : NULL, &problem))
    done = grpc_aio_message_path_take (path, error, problem);
  grpc_aio_message_free_struct (holder);

  return done;
}

/* NULL for a name that the message does not know. */
static GrpcAioMessageField *
find_field (GrpcAioJsonParser *parser,
            GrpcAioMessageType *type)
{
  GString *name = parser->text;
  g_autofree char *extension = NULL;

  if (strlen (name->str) != name->len)
    return NULL;
  if (name->str[0] != '[' || name->str[name->len - 1] != ']')
    return grpc_aio_message_type_find_json_field (type, name->str);

  extension = g_strndup (name->str + 1, name->len - 2);

  return grpc_aio_message_pool_find_extension (parser->pool, type, extension);
}

/* Parses the field whose name has just been read. */
static gboolean
parse_member (GrpcAioJsonParser *parser,
              GrpcAioMessageField *field,
              ProtobufCMessage *message,
              Seen *seen,
              const GrpcAioMessagePath *path,
              GError **error)
{
  g_autofree char *name = g_strdup (parser->text->str);
  GrpcAioMessagePath here = grpc_aio_message_path_field (path, name);
  GrpcAioJsonKind kind;

  if (!seen_add (seen, field))
    return grpc_aio_message_path_fail (&here, error, _("The field is there twice"));

  /* All fields of a oneof but one may be null. */
  kind = grpc_aio_json_reader_peek (&parser->reader, error);
  if (kind == GRPC_AIO_JSON_INVALID)
    return FALSE;
  if ((kind != GRPC_AIO_JSON_NULL || grpc_aio_json_takes_null (field)) && !seen_add_oneof (seen, field))
    return grpc_aio_message_path_fail (&here, error, _("Another field of “%s” is there, too"), field->oneof->name);

  if (field->full_name != NULL)
    return parse_extension (parser, field, message, &here, error);

  return parse_field (parser, field, message, &here, error);
}

gboolean
grpc_aio_json_parse_fields (GrpcAioJsonParser *parser,
                            GrpcAioMessageType *type,
                            ProtobufCMessage *message,
                            gboolean is_any,
                            const GrpcAioMessagePath *path,
                            GError **error)
{
  g_auto (Seen) seen = { 0 };
  gsize n_members = 0;
  GrpcAioJsonStep step;

  if (!grpc_aio_json_reader_enter (&parser->reader, error))
    return FALSE;

  seen_init (&seen, type);
  while ((step = grpc_aio_json_reader_next_member (&parser->reader, &n_members, parser->text, error)) == GRPC_AIO_JSON_STEP_ITEM)
    {
      GrpcAioMessageField *field = find_field (parser, type);

      if (field != NULL)
        {
          if (!parse_member (parser, field, message, &seen, path, error))
            return FALSE;
          continue;
        }

      if (is_any && g_str_equal (parser->text->str, "@type"))
        {
          if (seen.has_type_url)
            return grpc_aio_message_path_fail (path, error, _("“%s” is there twice"), parser->text->str);
          seen.has_type_url = TRUE;
        }
      else if ((parser->flags & GRPC_AIO_JSON_FLAGS_IGNORE_UNKNOWN) == 0)
        {
          return grpc_aio_message_path_fail (path, error, _("%s has no field “%s”"), type->full_name, parser->text->str);
        }

      if (!grpc_aio_json_reader_skip (&parser->reader, error))
        return FALSE;
    }

  return step == GRPC_AIO_JSON_STEP_END;
}

gboolean
grpc_aio_json_parse_message (GrpcAioJsonParser *parser,
                             GrpcAioMessageType *type,
                             ProtobufCMessage *message,
                             const GrpcAioMessagePath *path,
                             GError **error)
{
  GrpcAioJsonKind kind;

  if (path->depth > GRPC_AIO_MESSAGE_MAX_DEPTH)
    return grpc_aio_message_path_fail (path, error, _("Messages are nested deeper than %d"), GRPC_AIO_MESSAGE_MAX_DEPTH);

  if (grpc_aio_json_is_special (type))
    return grpc_aio_json_parse_well_known (parser, type, message, path, error);

  kind = grpc_aio_json_reader_peek (&parser->reader, error);
  if (kind == GRPC_AIO_JSON_INVALID)
    return FALSE;
  if (kind != GRPC_AIO_JSON_OBJECT)
    return grpc_aio_message_path_fail (path, error, _("A %s is an object in JSON"), type->full_name);

  return grpc_aio_json_parse_fields (parser, type, message, FALSE, path, error);
}

gboolean
grpc_aio_json_parse (GrpcAioMessagePool *pool,
                     GrpcAioMessageType *type,
                     ProtobufCMessage *message,
                     const char *json,
                     GrpcAioJsonFlags flags,
                     GError **error)
{
  g_autoptr (GString) text = g_string_sized_new (64);
  GrpcAioMessagePath path = grpc_aio_message_path_root (type);
  GrpcAioJsonParser parser = { .flags = flags, .pool = pool, .text = text };

  return grpc_aio_json_reader_init (&parser.reader, json, error) &&
         grpc_aio_json_parse_message (&parser, type, message, &path, error) &&
         grpc_aio_json_reader_finish (&parser.reader, error);
}
