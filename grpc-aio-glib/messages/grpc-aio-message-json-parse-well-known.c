/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parsing the types of google.protobuf that have a JSON of their own. */

#include "messages/grpc-aio-message-json-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

/* Takes a string and says if it is one; names the type otherwise. */
static gboolean
read_text (GrpcAioJsonParser *parser,
           GrpcAioMessageType *type,
           const GrpcAioMessagePath *path,
           GError **error)
{
  GrpcAioJsonKind kind = grpc_aio_json_reader_peek (&parser->reader, error);

  if (kind == GRPC_AIO_JSON_INVALID)
    return FALSE;
  if (kind != GRPC_AIO_JSON_STRING)
    return grpc_aio_message_path_fail (path, error, _("A %s is a string in JSON"), type->full_name);

  if (!grpc_aio_json_reader_read_string (&parser->reader, parser->text, error))
    return FALSE;
  if (strlen (parser->text->str) != parser->text->len)
    return grpc_aio_message_path_fail (path, error, _("The text contains U+0000"));

  return TRUE;
}

static gboolean
parse_time (GrpcAioJsonParser *parser,
            GrpcAioMessageType *type,
            ProtobufCMessage *message,
            const GrpcAioMessagePath *path,
            GError **error)
{
  gboolean is_duration = type->well_known == GRPC_AIO_WELL_KNOWN_DURATION;
  GrpcAioMessageValue seconds = { 0 };
  GrpcAioMessageValue nanos = { 0 };

  if (!read_text (parser, type, path, error))
    return FALSE;
  if (is_duration && !grpc_aio_json_scan_duration (parser->text->str, &seconds.int64, &nanos.int32))
    return grpc_aio_message_path_fail (path, error, _("“%s” is not a duration such as “1.5s”, or out of range"), parser->text->str);
  if (!is_duration && !grpc_aio_json_scan_timestamp (parser->text->str, &seconds.int64, &nanos.int32))
    return grpc_aio_message_path_fail (path, error, _("“%s” is not a time such as “1970-01-01T00:00:00Z”, or out of range"), parser->text->str);

  grpc_aio_message_field_store (&type->fields[0], message, &seconds);
  grpc_aio_message_field_store (&type->fields[1], message, &nanos);

  return TRUE;
}

static gboolean
parse_field_mask (GrpcAioJsonParser *parser,
                  GrpcAioMessageType *type,
                  ProtobufCMessage *message,
                  const GrpcAioMessagePath *path,
                  GError **error)
{
  if (!read_text (parser, type, path, error))
    return FALSE;

  grpc_aio_message_field_clear (&type->fields[0], message);
  if (parser->text->len == 0)
    return TRUE;

  for (const char *cursor = parser->text->str;; cursor++)
    {
      gsize length = strcspn (cursor, ",");
      GString *snake = g_string_new (NULL);
      gboolean done = grpc_aio_json_append_snake (snake, cursor, length);
      GrpcAioMessageValue value = { .string = g_string_free (snake, FALSE) };

      grpc_aio_message_field_store_element (&type->fields[0], message, &value);
      if (!done)
        return grpc_aio_message_path_fail (path, error, _("“%s” is not a list of field paths such as “a,b.cD”"), parser->text->str);
      cursor += length;
      if (*cursor == '\0')
        return TRUE;
    }
}

static gboolean
parse_value_message (GrpcAioJsonParser *parser,
                     const GrpcAioMessageField *field,
                     ProtobufCMessage *message,
                     const GrpcAioMessagePath *path,
                     GError **error)
{
  GrpcAioMessagePath here = *path;
  GrpcAioMessageValue value = { .message = grpc_aio_message_type_new_struct (field->message) };

  here.depth++;
  grpc_aio_message_field_store (field, message, &value);

  return grpc_aio_json_parse_message (parser, field->message, value.message, &here, error);
}

static gboolean
parse_value (GrpcAioJsonParser *parser,
             GrpcAioMessageType *type,
             ProtobufCMessage *message,
             const GrpcAioMessagePath *path,
             GError **error)
{
  GrpcAioMessageValue value = { 0 };
  guint kind;

  switch (grpc_aio_json_reader_peek (&parser->reader, error))
    {
    case GRPC_AIO_JSON_ARRAY:
      return parse_value_message (parser, &type->fields[GRPC_AIO_VALUE_LIST], message, path, error);
    case GRPC_AIO_JSON_OBJECT:
      return parse_value_message (parser, &type->fields[GRPC_AIO_VALUE_STRUCT], message, path, error);
    case GRPC_AIO_JSON_FALSE:
    case GRPC_AIO_JSON_TRUE:
      kind = GRPC_AIO_VALUE_BOOL;
      break;
    case GRPC_AIO_JSON_NULL:
      kind = GRPC_AIO_VALUE_NULL;
      break;
    case GRPC_AIO_JSON_NUMBER:
      kind = GRPC_AIO_VALUE_NUMBER;
      break;
    case GRPC_AIO_JSON_STRING:
      kind = GRPC_AIO_VALUE_STRING;
      break;
    case GRPC_AIO_JSON_INVALID:
    default:
      return FALSE;
    }

  if (grpc_aio_json_parse_scalar (parser, &type->fields[kind], &value, path, error) != GRPC_AIO_JSON_PARSED)
    return FALSE;
  grpc_aio_message_field_store (&type->fields[kind], message, &value);

  return TRUE;
}

/* A Struct is a map without a name, and replaced as one. */
static gboolean
parse_struct (GrpcAioJsonParser *parser,
              GrpcAioMessageType *type,
              ProtobufCMessage *message,
              const GrpcAioMessagePath *path,
              GError **error)
{
  return grpc_aio_json_parse_map (parser, &type->fields[0], message, path, error);
}

static gboolean
parse_list_value (GrpcAioJsonParser *parser,
                  GrpcAioMessageType *type,
                  ProtobufCMessage *message,
                  const GrpcAioMessagePath *path,
                  GError **error)
{
  const GrpcAioMessageField *values = &type->fields[0];
  gsize n_values = 0;
  GrpcAioJsonStep step;
  GrpcAioJsonKind kind = grpc_aio_json_reader_peek (&parser->reader, error);

  if (kind == GRPC_AIO_JSON_INVALID)
    return FALSE;
  if (kind != GRPC_AIO_JSON_ARRAY)
    return grpc_aio_message_path_fail (path, error, _("A %s is an array in JSON"), type->full_name);
  if (!grpc_aio_json_reader_enter (&parser->reader, error))
    return FALSE;

  grpc_aio_message_field_clear (values, message);
  while ((step = grpc_aio_json_reader_next_element (&parser->reader, &n_values, error)) == GRPC_AIO_JSON_STEP_ITEM)
    {
      GrpcAioMessagePath here = grpc_aio_message_path_index (path, n_values - 1);
      GrpcAioMessageValue value = { .message = grpc_aio_message_type_new_struct (values->message) };

      here.depth++;
      grpc_aio_message_field_store_element (values, message, &value);
      if (!grpc_aio_json_parse_message (parser, values->message, value.message, &here, error))
        return FALSE;
    }

  return step == GRPC_AIO_JSON_STEP_END;
}

/* Looks ahead for "@type", wherever it stands; the reader stays where it is.
 * Without it @type_url is NULL, and @is_empty says if there is nothing else. */
static gboolean
find_type_url (GrpcAioJsonParser *parser,
               char **type_url,
               gboolean *is_empty,
               const GrpcAioMessagePath *path,
               GError **error)
{
  GrpcAioJsonReader start = parser->reader;
  gsize n_members = 0;
  GrpcAioJsonStep step;
  GrpcAioJsonKind kind;

  *type_url = NULL;
  if (!grpc_aio_json_reader_enter (&parser->reader, error))
    return FALSE;

  while ((step = grpc_aio_json_reader_next_member (&parser->reader, &n_members, parser->text, error)) == GRPC_AIO_JSON_STEP_ITEM)
    {
      if (!g_str_equal (parser->text->str, "@type"))
        {
          if (!grpc_aio_json_reader_skip (&parser->reader, error))
            return FALSE;
          continue;
        }

      kind = grpc_aio_json_reader_peek (&parser->reader, error);
      if (kind == GRPC_AIO_JSON_INVALID)
        return FALSE;
      if (kind != GRPC_AIO_JSON_STRING)
        return grpc_aio_message_path_fail (path, error, _("“@type” is not a string"));
      if (!grpc_aio_json_reader_read_string (&parser->reader, parser->text, error))
        return FALSE;
      *type_url = g_strdup (parser->text->str);
      break;
    }

  *is_empty = n_members == 0;
  parser->reader = start;

  return step != GRPC_AIO_JSON_STEP_ERROR;
}

/* The object of an Any whose content is no object of its own. */
static gboolean
parse_any_value (GrpcAioJsonParser *parser,
                 GrpcAioMessageType *type,
                 ProtobufCMessage *content,
                 const GrpcAioMessagePath *path,
                 GError **error)
{
  GrpcAioMessagePath here = grpc_aio_message_path_field (path, "value");
  gboolean has_type = FALSE;
  gboolean has_value = FALSE;
  gsize n_members = 0;
  GrpcAioJsonStep step;

  here.depth++;
  if (!grpc_aio_json_reader_enter (&parser->reader, error))
    return FALSE;

  while ((step = grpc_aio_json_reader_next_member (&parser->reader, &n_members, parser->text, error)) == GRPC_AIO_JSON_STEP_ITEM)
    {
      gboolean is_type = g_str_equal (parser->text->str, "@type");
      gboolean is_value = g_str_equal (parser->text->str, "value");

      if ((is_type && has_type) || (is_value && has_value))
        return grpc_aio_message_path_fail (path, error, _("“%s” is there twice"), parser->text->str);
      if (!is_type && !is_value && (parser->flags & GRPC_AIO_JSON_FLAGS_IGNORE_UNKNOWN) == 0)
        return grpc_aio_message_path_fail (path, error, _("%s has no field “%s”"), type->full_name, parser->text->str);

      has_type |= is_type;
      has_value |= is_value;
      if (is_value ? !grpc_aio_json_parse_message (parser, type, content, &here, error)
                   : !grpc_aio_json_reader_skip (&parser->reader, error))
        return FALSE;
    }

  if (step == GRPC_AIO_JSON_STEP_ERROR)
    return FALSE;

  return has_value || grpc_aio_message_path_fail (path, error, _("There is no “value” beside “@type”"));
}

static gboolean
parse_any_content (GrpcAioJsonParser *parser,
                   GrpcAioMessageType *type,
                   ProtobufCMessage *content,
                   const GrpcAioMessagePath *path,
                   GError **error)
{
  GrpcAioMessagePath here = *path;

  here.depth++;
  if (here.depth > GRPC_AIO_MESSAGE_MAX_DEPTH)
    return grpc_aio_message_path_fail (path, error, _("Messages are nested deeper than %d"), GRPC_AIO_MESSAGE_MAX_DEPTH);

  if (grpc_aio_json_is_special (type))
    return parse_any_value (parser, type, content, path, error);

  return grpc_aio_json_parse_fields (parser, type, content, TRUE, &here, error);
}

static gboolean
store_any (GrpcAioMessageType *type,
           ProtobufCMessage *message,
           const char *type_url,
           const ProtobufCMessage *content,
           GError **error)
{
  g_autoptr (GBytes) bytes = grpc_aio_protobuf_pack (content, error);
  GrpcAioMessageValue url;
  GrpcAioMessageValue value;

  if (bytes == NULL)
    return FALSE;

  url.string = g_strdup (type_url);
  value.bytes.len = g_bytes_get_size (bytes);
  value.bytes.data = g_memdup2 (g_bytes_get_data (bytes, NULL), value.bytes.len);
  grpc_aio_message_field_store (&type->fields[0], message, &url);
  grpc_aio_message_field_store (&type->fields[1], message, &value);

  return TRUE;
}

static gboolean
parse_any (GrpcAioJsonParser *parser,
           GrpcAioMessageType *type,
           ProtobufCMessage *message,
           const GrpcAioMessagePath *path,
           GError **error)
{
  g_autofree char *type_url = NULL;
  GrpcAioMessageType *content_type;
  ProtobufCMessage *content;
  GrpcAioJsonKind kind = grpc_aio_json_reader_peek (&parser->reader, error);
  GError *problem = NULL;
  gboolean is_empty;
  gboolean done;

  if (kind == GRPC_AIO_JSON_INVALID)
    return FALSE;
  if (kind != GRPC_AIO_JSON_OBJECT)
    return grpc_aio_message_path_fail (path, error, _("A %s is an object in JSON"), type->full_name);
  if (!find_type_url (parser, &type_url, &is_empty, path, error))
    return FALSE;
  if (is_empty)
    return grpc_aio_json_reader_skip (&parser->reader, error);
  if (type_url == NULL)
    return grpc_aio_message_path_fail (path, error, _("There is no “@type”"));

  content_type = grpc_aio_json_find_any_type (parser->pool, type_url);
  if (content_type == NULL)
    return grpc_aio_message_path_fail (path, error, _("The type of the content, “%s”, is not known"), type_url);

  content = grpc_aio_message_type_new_struct (content_type);
  done = parse_any_content (parser, content_type, content, path, error);
  if (done && !store_any (type, message, type_url, content, &problem))
    done = grpc_aio_message_path_take (path, error, problem);
  grpc_aio_message_free_struct (content);

  return done;
}

/* A wrapper is its value; null, which says that it is not there, never comes
 * here from a field. */
static gboolean
parse_wrapper (GrpcAioJsonParser *parser,
               GrpcAioMessageType *type,
               ProtobufCMessage *message,
               const GrpcAioMessagePath *path,
               GError **error)
{
  GrpcAioMessageValue value = { 0 };

  if (grpc_aio_json_parse_scalar (parser, &type->fields[0], &value, path, error) != GRPC_AIO_JSON_PARSED)
    return FALSE;
  grpc_aio_message_field_store (&type->fields[0], message, &value);

  return TRUE;
}

gboolean
grpc_aio_json_parse_well_known (GrpcAioJsonParser *parser,
                                GrpcAioMessageType *type,
                                ProtobufCMessage *message,
                                const GrpcAioMessagePath *path,
                                GError **error)
{
  switch (type->well_known)
    {
    case GRPC_AIO_WELL_KNOWN_ANY:
      return parse_any (parser, type, message, path, error);
    case GRPC_AIO_WELL_KNOWN_DURATION:
    case GRPC_AIO_WELL_KNOWN_TIMESTAMP:
      return parse_time (parser, type, message, path, error);
    case GRPC_AIO_WELL_KNOWN_FIELD_MASK:
      return parse_field_mask (parser, type, message, path, error);
    case GRPC_AIO_WELL_KNOWN_LIST_VALUE:
      return parse_list_value (parser, type, message, path, error);
    case GRPC_AIO_WELL_KNOWN_STRUCT:
      return parse_struct (parser, type, message, path, error);
    case GRPC_AIO_WELL_KNOWN_VALUE:
      return parse_value (parser, type, message, path, error);
    case GRPC_AIO_WELL_KNOWN_WRAPPER:
      return parse_wrapper (parser, type, message, path, error);
    case GRPC_AIO_WELL_KNOWN_EMPTY:
    case GRPC_AIO_WELL_KNOWN_NONE:
    default:
      g_return_val_if_reached (FALSE);
    }
}
