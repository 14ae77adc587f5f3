/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Printing the types of google.protobuf that have a JSON of their own. A pool knows them
 * as such only if they have the fields that they should; these stand in the
 * order of their numbers. */

#include "messages/grpc-aio-message-json-private.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

/* Empty is an object as any other. */
gboolean
grpc_aio_json_is_special (const GrpcAioMessageType *type)
{
  return type->well_known != GRPC_AIO_WELL_KNOWN_NONE && type->well_known != GRPC_AIO_WELL_KNOWN_EMPTY;
}

GrpcAioMessageType *
grpc_aio_json_find_any_type (GrpcAioMessagePool *pool,
                             const char *type_url)
{
  const char *slash = strrchr (type_url, '/');

  return grpc_aio_message_pool_find_message (pool, slash != NULL ? slash + 1 : type_url);
}

static gboolean
print_any_content (GrpcAioJsonPrinter *printer,
                   GrpcAioMessageType *type,
                   const ProtobufCMessage *message,
                   const GrpcAioMessagePath *path,
                   GError **error)
{
  GrpcAioMessagePath here = *path;

  here.depth++;
  if (here.depth > GRPC_AIO_MESSAGE_MAX_DEPTH)
    return grpc_aio_message_path_fail (path, error, _("Messages are nested deeper than %d"), GRPC_AIO_MESSAGE_MAX_DEPTH);

  if (!grpc_aio_json_is_special (type))
    return grpc_aio_json_print_fields (printer, type, message, &here, error);

  grpc_aio_json_writer_name (&printer->writer, "value");

  return grpc_aio_json_print_message (printer, type, message, &here, error);
}

static gboolean
print_any (GrpcAioJsonPrinter *printer,
           GrpcAioMessageType *type,
           const ProtobufCMessage *message,
           const GrpcAioMessagePath *path,
           GError **error)
{
  GrpcAioMessageValue type_url;
  GrpcAioMessageValue value;
  GrpcAioMessageType *content_type;
  ProtobufCMessage *content;
  GError *problem = NULL;
  gboolean done;

  grpc_aio_message_field_load (&type->fields[0], message, &type_url);
  grpc_aio_message_field_load (&type->fields[1], message, &value);

  if (*type_url.string == '\0' && value.bytes.len == 0)
    {
      grpc_aio_json_writer_raw (&printer->writer, "{}");
      return TRUE;
    }

  content_type = grpc_aio_json_find_any_type (printer->pool, type_url.string);
  if (content_type == NULL)
    return grpc_aio_message_path_fail (path, error, _("The type of the content, “%s”, is not known"), type_url.string);
  content = grpc_aio_protobuf_unpack_data (content_type->core, NULL, value.bytes.data, value.bytes.len, &problem);
  if (content == NULL)
    return grpc_aio_message_path_take (path, error, problem);

  grpc_aio_json_writer_begin (&printer->writer, '{');
  grpc_aio_json_writer_name (&printer->writer, "@type");
  grpc_aio_json_writer_string (&printer->writer, type_url.string);
  done = print_any_content (printer, content_type, content, path, error);
  grpc_aio_json_writer_end (&printer->writer, '}');
  grpc_aio_message_free_struct (content);

  return done;
}

static gboolean
print_time (GrpcAioJsonPrinter *printer,
            GrpcAioMessageType *type,
            const ProtobufCMessage *message,
            const GrpcAioMessagePath *path,
            GError **error)
{
  gboolean is_duration = type->well_known == GRPC_AIO_WELL_KNOWN_DURATION;
  GString *out = printer->writer.out;
  GrpcAioMessageValue seconds;
  GrpcAioMessageValue nanos;

  grpc_aio_message_field_load (&type->fields[0], message, &seconds);
  grpc_aio_message_field_load (&type->fields[1], message, &nanos);

  g_string_append_c (out, '"');
  if (is_duration && !grpc_aio_json_format_duration (out, seconds.int64, nanos.int32))
    return grpc_aio_message_path_fail (path, error, _("The duration is out of range"));
  if (!is_duration && !grpc_aio_json_format_timestamp (out, seconds.int64, nanos.int32))
    return grpc_aio_message_path_fail (path, error, _("The time is out of range"));
  g_string_append_c (out, '"');

  return TRUE;
}

static gboolean
print_field_mask (GrpcAioJsonPrinter *printer,
                  GrpcAioMessageType *type,
                  const ProtobufCMessage *message,
                  const GrpcAioMessagePath *path,
                  GError **error)
{
  g_autoptr (GString) mask = g_string_new (NULL);
  gsize n_paths = grpc_aio_message_field_get_n_elements (&type->fields[0], message);
  GrpcAioMessageValue value;

  for (gsize i = 0; i < n_paths; i++)
    {
      grpc_aio_message_field_load_element (&type->fields[0], message, i, &value);
      if (i > 0)
        g_string_append_c (mask, ',');
      if (!g_utf8_validate (value.string, -1, NULL))
        return grpc_aio_message_path_fail (path, error, _("The text is not UTF-8"));
      if (!grpc_aio_json_append_camel (mask, value.string))
        return grpc_aio_message_path_fail (path, error, _("The field path “%s” has no form in JSON"), value.string);
    }
  grpc_aio_json_writer_string (&printer->writer, mask->str);

  return TRUE;
}

/* Struct, ListValue and Value are JSON. A Value that holds nothing is null. */
static gboolean
print_value (GrpcAioJsonPrinter *printer,
             GrpcAioMessageType *type,
             const ProtobufCMessage *message,
             const GrpcAioMessagePath *path,
             GError **error)
{
  GrpcAioMessagePath here = *path;
  GrpcAioMessageValue value;
  guint kind = GRPC_AIO_VALUE_NULL;

  while (kind < type->n_fields && !grpc_aio_message_field_is_set (&type->fields[kind], message))
    kind++;
  if (kind == GRPC_AIO_VALUE_NULL || kind == type->n_fields)
    {
      grpc_aio_json_writer_raw (&printer->writer, "null");
      return TRUE;
    }

  here.depth++;
  grpc_aio_message_field_load (&type->fields[kind], message, &value);
  if (kind == GRPC_AIO_VALUE_STRUCT || kind == GRPC_AIO_VALUE_LIST)
    return grpc_aio_json_print_message (printer, type->fields[kind].message, value.message, &here, error);
  if (kind == GRPC_AIO_VALUE_NUMBER && !isfinite (value.real))
    return grpc_aio_message_path_fail (path, error, _("JSON has no numbers that are infinite or none"));

  return grpc_aio_json_print_scalar (printer, &type->fields[kind], &value, path, error);
}

static gboolean
print_struct (GrpcAioJsonPrinter *printer,
              GrpcAioMessageType *type,
              const ProtobufCMessage *message,
              const GrpcAioMessagePath *path,
              GError **error)
{
  const GrpcAioMessageField *fields = &type->fields[0];
  g_autoptr (GPtrArray) entries = grpc_aio_message_map_sort (fields, message);
  GrpcAioMessageField *value_field = grpc_aio_message_map_value (fields);
  GrpcAioMessageValue key;
  GrpcAioMessageValue value;

  grpc_aio_json_writer_begin (&printer->writer, '{');
  for (guint i = 0; i < entries->len; i++)
    {
      GrpcAioMessagePath here;

      grpc_aio_message_field_load (grpc_aio_message_map_key (fields), entries->pdata[i], &key);
      grpc_aio_message_field_load (value_field, entries->pdata[i], &value);
      here = grpc_aio_message_path_key (path, key.string);
      here.depth += 2;
      if (!g_utf8_validate (key.string, -1, NULL))
        return grpc_aio_message_path_fail (path, error, _("A key is not UTF-8"));
      grpc_aio_json_writer_name (&printer->writer, key.string);
      if (value.message == NULL)
        grpc_aio_json_writer_raw (&printer->writer, "null");
      else if (!grpc_aio_json_print_message (printer, value_field->message, value.message, &here, error))
        return FALSE;
    }
  grpc_aio_json_writer_end (&printer->writer, '}');

  return TRUE;
}

static gboolean
print_list_value (GrpcAioJsonPrinter *printer,
                  GrpcAioMessageType *type,
                  const ProtobufCMessage *message,
                  const GrpcAioMessagePath *path,
                  GError **error)
{
  const GrpcAioMessageField *values = &type->fields[0];
  gsize n_values = grpc_aio_message_field_get_n_elements (values, message);
  GrpcAioMessageValue value;

  grpc_aio_json_writer_begin (&printer->writer, '[');
  for (gsize i = 0; i < n_values; i++)
    {
      GrpcAioMessagePath here = grpc_aio_message_path_index (path, i);

      here.depth++;
      grpc_aio_message_field_load_element (values, message, i, &value);
      grpc_aio_json_writer_next (&printer->writer);
      if (!grpc_aio_json_print_message (printer, values->message, value.message, &here, error))
        return FALSE;
    }
  grpc_aio_json_writer_end (&printer->writer, ']');

  return TRUE;
}

gboolean
grpc_aio_json_print_well_known (GrpcAioJsonPrinter *printer,
                                GrpcAioMessageType *type,
                                const ProtobufCMessage *message,
                                const GrpcAioMessagePath *path,
                                GError **error)
{
  GrpcAioMessageValue value;

  switch (type->well_known)
    {
    case GRPC_AIO_WELL_KNOWN_ANY:
      return print_any (printer, type, message, path, error);
    case GRPC_AIO_WELL_KNOWN_DURATION:
    case GRPC_AIO_WELL_KNOWN_TIMESTAMP:
      return print_time (printer, type, message, path, error);
    case GRPC_AIO_WELL_KNOWN_FIELD_MASK:
      return print_field_mask (printer, type, message, path, error);
    case GRPC_AIO_WELL_KNOWN_LIST_VALUE:
      return print_list_value (printer, type, message, path, error);
    case GRPC_AIO_WELL_KNOWN_STRUCT:
      return print_struct (printer, type, message, path, error);
    case GRPC_AIO_WELL_KNOWN_VALUE:
      return print_value (printer, type, message, path, error);
    case GRPC_AIO_WELL_KNOWN_WRAPPER:
      grpc_aio_message_field_load (&type->fields[0], message, &value);
      return grpc_aio_json_print_scalar (printer, &type->fields[0], &value, path, error);
    case GRPC_AIO_WELL_KNOWN_EMPTY:
    case GRPC_AIO_WELL_KNOWN_NONE:
    default:
      g_return_val_if_reached (FALSE);
    }
}
