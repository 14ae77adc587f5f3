/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "messages/grpc-aio-message-json-private.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "messages/grpc-aio-number-private.h"

static void
print_number (GrpcAioJsonPrinter *printer,
              double value,
              gboolean is_single)
{
  if (isnan (value))
    grpc_aio_json_writer_raw (&printer->writer, "\"NaN\"");
  else if (isinf (value))
    grpc_aio_json_writer_raw (&printer->writer, value < 0 ? "\"-Infinity\"" : "\"Infinity\"");
  else if (is_single)
    grpc_aio_number_append_float (printer->writer.out, (float) value);
  else
    grpc_aio_number_append_double (printer->writer.out, value);
}

static void
print_bytes (GrpcAioJsonPrinter *printer,
             const ProtobufCBinaryData *bytes)
{
  g_autofree char *text = g_base64_encode (bytes->data, bytes->len);

  g_string_append_printf (printer->writer.out, "\"%s\"", text);
}

static void
print_enum (GrpcAioJsonPrinter *printer,
            GrpcAioEnumType *enumeration,
            gint32 number)
{
  const char *name = grpc_aio_enum_type_name_of (enumeration, number);

  if (name == NULL || (printer->flags & GRPC_AIO_JSON_FLAGS_ENUMS_AS_INTS) != 0)
    g_string_append_printf (printer->writer.out, "%" G_GINT32_FORMAT, number);
  else if (g_str_equal (enumeration->full_name, "google.protobuf.NullValue"))
    grpc_aio_json_writer_raw (&printer->writer, "null");
  else
    grpc_aio_json_writer_string (&printer->writer, name);
}

/* 64 bits are more than a double holds, which is what JavaScript reads. */
gboolean
grpc_aio_json_print_scalar (GrpcAioJsonPrinter *printer,
                            const GrpcAioMessageField *field,
                            const GrpcAioMessageValue *value,
                            const GrpcAioMessagePath *path,
                            GError **error)
{
  GString *out = printer->writer.out;

  switch (field->core->type)
    {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
      g_string_append_printf (out, "%" G_GINT32_FORMAT, value->int32);
      break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      g_string_append_printf (out, "%" G_GUINT32_FORMAT, value->uint32);
      break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
      g_string_append_printf (out, "\"%" G_GINT64_FORMAT "\"", value->int64);
      break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
      g_string_append_printf (out, "\"%" G_GUINT64_FORMAT "\"", value->uint64);
      break;
    case PROTOBUF_C_TYPE_FLOAT:
      print_number (printer, value->single, TRUE);
      break;
    case PROTOBUF_C_TYPE_DOUBLE:
      print_number (printer, value->real, FALSE);
      break;
    case PROTOBUF_C_TYPE_BOOL:
      grpc_aio_json_writer_raw (&printer->writer, value->boolean ? "true" : "false");
      break;
    case PROTOBUF_C_TYPE_ENUM:
      print_enum (printer, field->enumeration, value->int32);
      break;
    case PROTOBUF_C_TYPE_STRING:
      if (!g_utf8_validate (value->string, -1, NULL))
        return grpc_aio_message_path_fail (path, error, _("The text is not UTF-8"));
      grpc_aio_json_writer_string (&printer->writer, value->string);
      break;
    case PROTOBUF_C_TYPE_BYTES:
      print_bytes (printer, &value->bytes);
      break;
    case PROTOBUF_C_TYPE_MESSAGE:
    default:
      g_return_val_if_reached (FALSE);
    }

  return TRUE;
}

/* A message that is not there, as a map may have, is an empty one. */
static gboolean
print_submessage (GrpcAioJsonPrinter *printer,
                  GrpcAioMessageType *type,
                  const ProtobufCMessage *message,
                  GrpcAioMessagePath *path,
                  GError **error)
{
  ProtobufCMessage *empty;
  gboolean done;

  path->depth++;
  if (message != NULL)
    return grpc_aio_json_print_message (printer, type, message, path, error);

  empty = grpc_aio_message_type_new_struct (type);
  done = grpc_aio_json_print_message (printer, type, empty, path, error);
  grpc_aio_message_free_struct (empty);

  return done;
}

static gboolean
print_value (GrpcAioJsonPrinter *printer,
             const GrpcAioMessageField *field,
             const GrpcAioMessageValue *value,
             GrpcAioMessagePath *path,
             GError **error)
{
  if (field->message != NULL)
    return print_submessage (printer, field->message, value->message, path, error);

  return grpc_aio_json_print_scalar (printer, field, value, path, error);
}

static gboolean
print_repeated (GrpcAioJsonPrinter *printer,
                const GrpcAioMessageField *field,
                const ProtobufCMessage *message,
                const GrpcAioMessagePath *path,
                GError **error)
{
  gsize n_elements = grpc_aio_message_field_get_n_elements (field, message);
  GrpcAioMessageValue value;

  grpc_aio_json_writer_begin (&printer->writer, '[');
  for (gsize i = 0; i < n_elements; i++)
    {
      GrpcAioMessagePath here = grpc_aio_message_path_index (path, i);

      grpc_aio_message_field_load_element (field, message, i, &value);
      grpc_aio_json_writer_next (&printer->writer);
      if (!print_value (printer, field, &value, &here, error))
        return FALSE;
    }
  grpc_aio_json_writer_end (&printer->writer, ']');

  return TRUE;
}

static char *
format_key (const GrpcAioMessageField *field,
            const ProtobufCMessage *entry)
{
  GrpcAioMessageValue key;

  grpc_aio_message_field_load (field, entry, &key);

  switch (field->core->type)
    {
    case PROTOBUF_C_TYPE_STRING:
      return g_strdup (key.string);
    case PROTOBUF_C_TYPE_BOOL:
      return g_strdup (key.boolean ? "true" : "false");
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      return g_strdup_printf ("%" G_GUINT32_FORMAT, key.uint32);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
      return g_strdup_printf ("%" G_GUINT64_FORMAT, key.uint64);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
      return g_strdup_printf ("%" G_GINT64_FORMAT, key.int64);
    default:
      return g_strdup_printf ("%" G_GINT32_FORMAT, key.int32);
    }
}

static gboolean
print_map (GrpcAioJsonPrinter *printer,
           const GrpcAioMessageField *field,
           const ProtobufCMessage *message,
           const GrpcAioMessagePath *path,
           GError **error)
{
  g_autoptr (GPtrArray) entries = grpc_aio_message_map_sort (field, message);
  GrpcAioMessageField *value_field = grpc_aio_message_map_value (field);
  GrpcAioMessageValue value;

  grpc_aio_json_writer_begin (&printer->writer, '{');
  for (guint i = 0; i < entries->len; i++)
    {
      const ProtobufCMessage *entry = entries->pdata[i];
      g_autofree char *key = format_key (grpc_aio_message_map_key (field), entry);
      GrpcAioMessagePath here = grpc_aio_message_path_key (path, key);

      if (!g_utf8_validate (key, -1, NULL))
        return grpc_aio_message_path_fail (path, error, _("A key is not UTF-8"));
      here.depth++;
      grpc_aio_message_field_load (value_field, entry, &value);
      grpc_aio_json_writer_name (&printer->writer, key);
      if (!print_value (printer, value_field, &value, &here, error))
        return FALSE;
    }
  grpc_aio_json_writer_end (&printer->writer, '}');

  return TRUE;
}

/* The field of @message, with its name. */
static gboolean
print_field (GrpcAioJsonPrinter *printer,
             const GrpcAioMessageField *field,
             const ProtobufCMessage *message,
             const char *name,
             const GrpcAioMessagePath *path,
             GError **error)
{
  GrpcAioMessagePath here = grpc_aio_message_path_field (path, name);
  GrpcAioMessageValue value;

  grpc_aio_json_writer_name (&printer->writer, name);

  if (field->is_map)
    return print_map (printer, field, message, &here, error);
  if (field->is_repeated)
    return print_repeated (printer, field, message, &here, error);

  grpc_aio_message_field_load (field, message, &value);

  return print_value (printer, field, &value, &here, error);
}

static gboolean
print_extension (GrpcAioJsonPrinter *printer,
                 GrpcAioMessageField *field,
                 const ProtobufCMessage *message,
                 const GrpcAioMessagePath *path,
                 GError **error)
{
  g_autofree char *name = g_strdup_printf ("[%s]", field->full_name);
  GError *problem = NULL;
  ProtobufCMessage *holder = grpc_aio_message_field_unpack_extension (field, message, &problem);
  gboolean done = TRUE;

  if (problem != NULL)
    {
      GrpcAioMessagePath here = grpc_aio_message_path_field (path, name);

      return grpc_aio_message_path_take (&here, error, problem);
    }

  if (holder != NULL)
    {
      done = print_field (printer, field, holder, name, path, error);
      grpc_aio_message_free_struct (holder);
    }

  return done;
}

static gboolean
print_known (GrpcAioJsonPrinter *printer,
             const GrpcAioMessageField *field,
             const ProtobufCMessage *message,
             const GrpcAioMessagePath *path,
             GError **error)
{
  gboolean preserves = (printer->flags & GRPC_AIO_JSON_FLAGS_PRESERVE_NAMES) != 0;
  gboolean always = (printer->flags & GRPC_AIO_JSON_FLAGS_ALWAYS_PRINT) != 0 && !field->has_presence;

  if (!always && !grpc_aio_message_field_is_set (field, message))
    return TRUE;

  return print_field (printer, field, message, preserves ? field->core->name : field->json_name, path, error);
}

/* All fields by number, extensions among them. */
gboolean
grpc_aio_json_print_fields (GrpcAioJsonPrinter *printer,
                            GrpcAioMessageType *type,
                            const ProtobufCMessage *message,
                            const GrpcAioMessagePath *path,
                            GError **error)
{
  g_autoptr (GPtrArray) extensions = grpc_aio_message_find_extensions (printer->pool, type, message);
  guint n_extensions = extensions != NULL ? extensions->len : 0;
  guint next = 0;

  for (guint i = 0; i <= type->n_fields; i++)
    {
      guint32 limit = i < type->n_fields ? type->fields[i].core->id : G_MAXUINT32;

      for (; next < n_extensions; next++)
        {
          GrpcAioMessageField *extension = extensions->pdata[next];

          if (extension->core->id > limit)
            break;
          if (!print_extension (printer, extension, message, path, error))
            return FALSE;
        }
      if (i < type->n_fields && !print_known (printer, &type->fields[i], message, path, error))
        return FALSE;
    }

  return TRUE;
}

gboolean
grpc_aio_json_print_message (GrpcAioJsonPrinter *printer,
                             GrpcAioMessageType *type,
                             const ProtobufCMessage *message,
                             const GrpcAioMessagePath *path,
                             GError **error)
{
  if (path->depth > GRPC_AIO_MESSAGE_MAX_DEPTH)
    return grpc_aio_message_path_fail (path, error, _("Messages are nested deeper than %d"), GRPC_AIO_MESSAGE_MAX_DEPTH);

  if (grpc_aio_json_is_special (type))
    return grpc_aio_json_print_well_known (printer, type, message, path, error);

  grpc_aio_json_writer_begin (&printer->writer, '{');
  if (!grpc_aio_json_print_fields (printer, type, message, path, error))
    return FALSE;
  grpc_aio_json_writer_end (&printer->writer, '}');

  return TRUE;
}

char *
grpc_aio_json_print (GrpcAioMessagePool *pool,
                     GrpcAioMessageType *type,
                     const ProtobufCMessage *message,
                     GrpcAioJsonFlags flags,
                     GError **error)
{
  g_autoptr (GString) out = g_string_sized_new (128);
  GrpcAioMessagePath path = grpc_aio_message_path_root (type);
  GrpcAioJsonPrinter printer = {
    .writer = { .out = out, .is_pretty = (flags & GRPC_AIO_JSON_FLAGS_PRETTY) != 0 },
    .flags = flags,
    .pool = pool,
  };

  if (!grpc_aio_json_print_message (&printer, type, message, &path, error))
    return NULL;

  return g_string_free (g_steal_pointer (&out), FALSE);
}
