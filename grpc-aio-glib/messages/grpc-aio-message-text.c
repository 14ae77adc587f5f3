/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The text format, as protobuf for Python prints it. */

#include <grpc-aio-glib/grpc-aio-message.h>

#include <string.h>

#include "messages/grpc-aio-message-path-private.h"
#include "messages/grpc-aio-message-text-private.h"
#include "messages/grpc-aio-message-walk-private.h"
#include "messages/grpc-aio-number-private.h"
#include "messages/grpc-aio-protobuf-wire-private.h"

typedef struct
{
  GString *out;
  GrpcAioMessagePool *pool;
  guint depth;
} Printer;

static void print_message (Printer *self,
                           GrpcAioMessageType *type,
                           const ProtobufCMessage *message);

static void
indent (Printer *self)
{
  for (guint i = 0; i < self->depth; i++)
    g_string_append (self->out, "  ");
}

static void
begin (Printer *self)
{
  g_string_append (self->out, " {\n");
  self->depth++;
}

static void
end (Printer *self)
{
  self->depth--;
  indent (self);
  g_string_append (self->out, "}\n");
}

static void
append_quoted (GString *out,
               const guint8 *data,
               gsize length)
{
  static const char escapes[] = "\"\"''\\\\\nn\rr\tt";

  g_string_append_c (out, '"');
  for (gsize i = 0; i < length; i++)
    {
      const char *escape = data[i] != '\0' ? strchr (escapes, data[i]) : NULL;

      if (escape != NULL && g_ascii_isalpha (data[i]))
        escape = NULL;

      if (escape != NULL)
        g_string_append_printf (out, "\\%c", escape[1]);
      else if (data[i] < ' ' || data[i] > '~')
        g_string_append_printf (out, "\\%03o", data[i]);
      else
        g_string_append_c (out, (char) data[i]);
    }
  g_string_append_c (out, '"');
}

static void
append_scalar (GString *out,
               const GrpcAioMessageField *field,
               const GrpcAioMessageValue *value)
{
  const char *name;

  switch (field->core->type)
    {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      g_string_append_printf (out, "%" G_GUINT32_FORMAT, value->uint32);
      break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
      g_string_append_printf (out, "%" G_GINT64_FORMAT, value->int64);
      break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
      g_string_append_printf (out, "%" G_GUINT64_FORMAT, value->uint64);
      break;
    case PROTOBUF_C_TYPE_FLOAT:
      grpc_aio_number_append_float (out, value->single);
      break;
    case PROTOBUF_C_TYPE_DOUBLE:
      grpc_aio_number_append_double (out, value->real);
      break;
    case PROTOBUF_C_TYPE_BOOL:
      g_string_append (out, value->boolean ? "true" : "false");
      break;
    case PROTOBUF_C_TYPE_ENUM:
      name = grpc_aio_enum_type_name_of (field->enumeration, value->int32);
      if (name != NULL)
        g_string_append (out, name);
      else
        g_string_append_printf (out, "%" G_GINT32_FORMAT, value->int32);
      break;
    case PROTOBUF_C_TYPE_STRING:
      append_quoted (out, (const guint8 *) value->string, strlen (value->string));
      break;
    case PROTOBUF_C_TYPE_BYTES:
      append_quoted (out, value->bytes.data, value->bytes.len);
      break;
    default:
      g_string_append_printf (out, "%" G_GINT32_FORMAT, value->int32);
      break;
    }
}

/* A group has the name of its type, which is what the file says. */
static void
append_name (GString *out,
             const GrpcAioMessageField *field)
{
  if (field->full_name != NULL && field->parent->is_message_set && field->message != NULL)
    g_string_append_printf (out, "[%s]", field->message->full_name);
  else if (field->full_name != NULL)
    g_string_append_printf (out, "[%s]", field->full_name);
  else if (field->is_group)
    g_string_append (out, field->message->core->short_name);
  else
    g_string_append (out, field->core->name);
}

static void
print_value (Printer *self,
             const GrpcAioMessageField *field,
             const GrpcAioMessageValue *value)
{
  indent (self);
  append_name (self->out, field);

  if (field->message == NULL)
    {
      g_string_append (self->out, ": ");
      append_scalar (self->out, field, value);
      g_string_append_c (self->out, '\n');
      return;
    }

  begin (self);
  if (value->message != NULL)
    print_message (self, field->message, value->message);
  end (self);
}

/* An entry has its key and value even if they are what they would be anyway. */
static void
print_entry (Printer *self,
             const GrpcAioMessageField *map,
             const ProtobufCMessage *entry)
{
  GrpcAioMessageField *fields[] = { grpc_aio_message_map_key (map), grpc_aio_message_map_value (map) };
  GrpcAioMessageValue value;

  indent (self);
  append_name (self->out, map);
  begin (self);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      grpc_aio_message_field_load (fields[i], entry, &value);
      print_value (self, fields[i], &value);
    }
  end (self);
}

static void
print_field (Printer *self,
             const GrpcAioMessageField *field,
             const ProtobufCMessage *message)
{
  g_autoptr (GPtrArray) entries = NULL;
  GrpcAioMessageValue value;
  gsize n_elements;

  if (field->is_map)
    {
      entries = grpc_aio_message_map_sort (field, message);
      for (guint i = 0; i < entries->len; i++)
        print_entry (self, field, entries->pdata[i]);
    }
  else if (field->is_repeated)
    {
      n_elements = grpc_aio_message_field_get_n_elements (field, message);
      for (gsize i = 0; i < n_elements; i++)
        {
          grpc_aio_message_field_load_element (field, message, i, &value);
          print_value (self, field, &value);
        }
    }
  else if (grpc_aio_message_field_is_set (field, message))
    {
      grpc_aio_message_field_load (field, message, &value);
      print_value (self, field, &value);
    }
}

/* FALSE for bytes that are no extension of this type after all. */
static gboolean
print_extension (Printer *self,
                 GrpcAioMessageField *field,
                 const ProtobufCMessage *message)
{
  ProtobufCMessage *holder = grpc_aio_message_field_unpack_extension (field, message, NULL);

  if (holder == NULL)
    return FALSE;

  print_field (self, field, holder);
  grpc_aio_message_free_struct (holder);

  return TRUE;
}

/* Unknown fields are printed by their number. @end_group is the number of the
 * group that this is in, or 0. Without @self nothing is printed, to see if it
 * can be. Returns what follows, or NULL. */
static const guint8 *print_unknown_fields (Printer *self,
                                           const guint8 *at,
                                           const guint8 *limit,
                                           guint32 end_group,
                                           guint depth);

static const guint8 *
print_unknown_number (Printer *self,
                      const guint8 *at,
                      const guint8 *limit,
                      guint wire_type)
{
  gsize size = wire_type == GRPC_AIO_WIRE_64_BIT ? 8 : 4;
  guint64 value = 0;

  if (wire_type == GRPC_AIO_WIRE_VARINT)
    {
      at = grpc_aio_protobuf_read_varint (at, limit, &value);
      if (at == NULL)
        return NULL;
    }
  else
    {
      if ((gsize) (limit - at) < size)
        return NULL;
      memcpy (&value, at, size);
      value = GUINT64_FROM_LE (value);
      at += size;
    }

  if (self != NULL)
    g_string_append_printf (self->out, ": %" G_GUINT64_FORMAT "\n", value);

  return at;
}

/* Bytes that can be read as a message probably are one. */
static const guint8 *
print_unknown_bytes (Printer *self,
                     const guint8 *at,
                     const guint8 *limit,
                     guint depth)
{
  guint64 length;

  at = grpc_aio_protobuf_read_varint (at, limit, &length);
  if (at == NULL || length > (guint64) (limit - at))
    return NULL;

  if (self == NULL)
    return at + length;

  if (print_unknown_fields (NULL, at, at + length, 0, depth + 1) != NULL)
    {
      begin (self);
      print_unknown_fields (self, at, at + length, 0, depth + 1);
      end (self);
    }
  else
    {
      g_string_append (self->out, ": ");
      append_quoted (self->out, at, length);
      g_string_append_c (self->out, '\n');
    }

  return at + length;
}

static const guint8 *
print_unknown_field (Printer *self,
                     const guint8 *at,
                     const guint8 *limit,
                     guint32 number,
                     guint wire_type,
                     guint depth)
{
  if (self != NULL)
    {
      indent (self);
      g_string_append_printf (self->out, "%" G_GUINT32_FORMAT, number);
    }

  switch (wire_type)
    {
    case GRPC_AIO_WIRE_VARINT:
    case GRPC_AIO_WIRE_32_BIT:
    case GRPC_AIO_WIRE_64_BIT:
      return print_unknown_number (self, at, limit, wire_type);
    case GRPC_AIO_WIRE_LENGTH:
      return print_unknown_bytes (self, at, limit, depth);
    case GRPC_AIO_WIRE_START_GROUP:
      if (self != NULL)
        begin (self);
      at = print_unknown_fields (self, at, limit, number, depth + 1);
      if (self != NULL)
        end (self);
      return at;
    default:
      return NULL;
    }
}

static const guint8 *
print_unknown_fields (Printer *self,
                      const guint8 *at,
                      const guint8 *limit,
                      guint32 end_group,
                      guint depth)
{
  guint32 tag;

  if (depth > GRPC_AIO_MESSAGE_MAX_DEPTH)
    return NULL;

  while (at != NULL && at < limit)
    {
      at = grpc_aio_protobuf_read_tag (at, limit, &tag);
      if (at == NULL)
        return NULL;
      if ((tag & 7) == GRPC_AIO_WIRE_END_GROUP)
        return end_group == tag >> 3 ? at : NULL;
      at = print_unknown_field (self, at, limit, tag >> 3, tag & 7, depth);
    }

  return end_group == 0 ? at : NULL;
}

static gboolean
is_extension (GPtrArray *extensions,
              guint32 number)
{
  for (guint i = 0; extensions != NULL && i < extensions->len; i++)
    {
      if (((GrpcAioMessageField *) extensions->pdata[i])->core->id == number)
        return TRUE;
    }

  return FALSE;
}

static void
print_fields (Printer *self,
              GrpcAioMessageType *type,
              const ProtobufCMessage *message)
{
  g_autoptr (GPtrArray) extensions = grpc_aio_message_find_extensions (self->pool, type, message);
  guint next = 0;

  for (guint i = 0; i <= type->n_fields; i++)
    {
      guint32 limit = i < type->n_fields ? type->fields[i].core->id : G_MAXUINT32;

      while (extensions != NULL && next < extensions->len)
        {
          GrpcAioMessageField *extension = extensions->pdata[next];

          if (extension->core->id > limit)
            break;
          if (print_extension (self, extension, message))
            next++;
          else
            g_ptr_array_remove_index (extensions, next);
        }
      if (i < type->n_fields)
        print_field (self, &type->fields[i], message);
    }

  for (unsigned i = 0; i < message->n_unknown_fields; i++)
    {
      const ProtobufCMessageUnknownField *unknown = &message->unknown_fields[i];

      if (!is_extension (extensions, unknown->tag))
        print_unknown_field (self, unknown->data, unknown->data + unknown->len, unknown->tag, (guint) unknown->wire_type, self->depth);
    }
}

/* The content instead of its bytes, if its type is known. */
static gboolean
print_any (Printer *self,
           GrpcAioMessageType *type,
           const ProtobufCMessage *message)
{
  GrpcAioMessageValue type_url;
  GrpcAioMessageValue value;
  GrpcAioMessageType *content_type;
  ProtobufCMessage *content;
  const char *slash;

  grpc_aio_message_field_load (&type->fields[0], message, &type_url);
  grpc_aio_message_field_load (&type->fields[1], message, &value);

  slash = strrchr (type_url.string, '/');
  content_type = slash != NULL ? grpc_aio_message_pool_find_message (self->pool, slash + 1) : NULL;
  if (content_type == NULL)
    return FALSE;
  content = grpc_aio_protobuf_unpack_full (content_type->core, NULL, value.bytes.data, value.bytes.len, TRUE, NULL);
  if (content == NULL)
    return FALSE;

  indent (self);
  g_string_append_printf (self->out, "[%s]", type_url.string);
  begin (self);
  print_message (self, content_type, content);
  end (self);
  grpc_aio_message_free_struct (content);

  return TRUE;
}

static void
print_message (Printer *self,
               GrpcAioMessageType *type,
               const ProtobufCMessage *message)
{
  if (self->depth > 2 * GRPC_AIO_MESSAGE_MAX_DEPTH)
    {
      indent (self);
      g_string_append (self->out, "# ...\n");
      return;
    }

  if (type->well_known != GRPC_AIO_WELL_KNOWN_ANY || !print_any (self, type, message))
    print_fields (self, type, message);
}

char *
grpc_aio_text_print (GrpcAioMessagePool *pool,
                     GrpcAioMessageType *type,
                     const ProtobufCMessage *message)
{
  Printer printer = { .out = g_string_sized_new (128), .pool = pool };

  print_message (&printer, type, message);

  return g_string_free (printer.out, FALSE);
}

/**
 * grpc_aio_message_to_text:
 * @self: a message
 *
 * Writes a message in protobuf's text format, for people to read.
 *
 * The content of a `google.protobuf.Any` is written out if the pool of the message
 * knows its type. Unknown fields have their numbers for names.
 *
 * Returns: (transfer full): a text, with a line for each value
 *
 * Since: 0.1
 */
char *
grpc_aio_message_to_text (GrpcAioMessage *self)
{
  GrpcAioMessageType *type;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), NULL);

  type = grpc_aio_message_get_message_type (self);

  return grpc_aio_text_print (type->pool, type, grpc_aio_message_peek_struct (self));
}
