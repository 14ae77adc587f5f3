/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of types become the types, and what follows from them: what a field
 * holds, its default, how it lies in memory and on the wire. */

#include <string.h>

#include "model.h"

#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

static gboolean
find_kind (Field *self,
           GError **error)
{
  switch (self->type)
    {
    case TYPE (INT32):
    case TYPE (SINT32):
    case TYPE (SFIXED32):
      self->kind = KIND_INT32;
      return TRUE;

    case TYPE (UINT32):
    case TYPE (FIXED32):
      self->kind = KIND_UINT32;
      return TRUE;

    case TYPE (INT64):
    case TYPE (SINT64):
    case TYPE (SFIXED64):
      self->kind = KIND_INT64;
      return TRUE;

    case TYPE (UINT64):
    case TYPE (FIXED64):
      self->kind = KIND_UINT64;
      return TRUE;

    case TYPE (FLOAT):
      self->kind = KIND_FLOAT;
      return TRUE;

    case TYPE (DOUBLE):
      self->kind = KIND_DOUBLE;
      return TRUE;

    case TYPE (BOOL):
      self->kind = KIND_BOOL;
      return TRUE;

    case TYPE (ENUM):
      self->kind = KIND_ENUM;
      return TRUE;

    case TYPE (STRING):
      self->kind = KIND_STRING;
      return TRUE;

    case TYPE (BYTES):
      self->kind = KIND_BYTES;
      return TRUE;

    case TYPE (GROUP):
    case TYPE (MESSAGE):
      self->kind = KIND_MESSAGE;
      return TRUE;

    default:
      model_set_error (error, &self->element, "the type %d is not known", self->type);
      return FALSE;
    }
}

/* protoc sends names that start with a dot and are complete. */
static gpointer
find_type (GHashTable *types,
           const char *name)
{
  return name != NULL && *name == '.' ? g_hash_table_lookup (types, name + 1) : NULL;
}

static gboolean
check_message_type (const Element *user,
                    const Message *type,
                    const char *name,
                    GError **error)
{
  if (type == NULL)
    {
      model_set_error (error, user, "the type %s is not known", name != NULL ? name : "without a name");
      return FALSE;
    }

  return TRUE;
}

static gboolean
resolve_type (Field *self,
              GError **error)
{
  Model *model = self->element.file->model;

  if (self->kind == KIND_MESSAGE)
    {
      self->message = find_type (model->messages, self->proto->type_name);
      if (!check_message_type (&self->element, self->message, self->proto->type_name, error))
        return FALSE;

      self->is_map = self->message->is_map_entry && self->is_repeated;
    }
  else if (self->kind == KIND_ENUM)
    {
      self->enumeration = find_type (model->enums, self->proto->type_name);
      if (self->enumeration == NULL)
        {
          model_set_error (error, &self->element, "the type of the enumeration is not known");
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
check_number (Field *self,
              GError **error)
{
  const char *text = self->default_value;
  char *end = NULL;
  gboolean good;

  switch (self->kind)
    {
    case KIND_INT32:
    case KIND_INT64:
      good = g_ascii_string_to_signed (text, 10, self->kind == KIND_INT32 ? G_MININT32 : G_MININT64, self->kind == KIND_INT32 ? G_MAXINT32 : G_MAXINT64, NULL, NULL);
      break;

    case KIND_UINT32:
    case KIND_UINT64:
      good = g_ascii_string_to_unsigned (text, 10, 0, self->kind == KIND_UINT32 ? G_MAXUINT32 : G_MAXUINT64, NULL, NULL);
      break;

    case KIND_FLOAT:
    case KIND_DOUBLE:
      g_ascii_strtod (text, &end);
      good = *text != '\0' && *end == '\0' && strpbrk (text, "xXpP()") == NULL && !g_ascii_isspace (*text);
      break;

    case KIND_BOOL:
      good = strcmp (text, "true") == 0 || strcmp (text, "false") == 0;
      break;

    default:
      good = FALSE;
    }

  if (!good)
    model_set_error (error, &self->element, "the default is no value of its type");

  return good;
}

static gint
octal (const char *text)
{
  return text[0] >= '0' && text[0] <= '7' && text[1] >= '0' && text[1] <= '7' && text[2] >= '0' && text[2] <= '7'
             ? (text[0] - '0') * 64 + (text[1] - '0') * 8 + text[2] - '0'
             : -1;
}

/* Bytes come escaped as in C, with three octal digits. */
static gboolean
unescape (const char *text,
          GByteArray *bytes)
{
  static const char from[] = "abfnrtv\\'\"?";
  static const char to[] = "\a\b\f\n\r\t\v\\'\"?";

  for (; *text != '\0'; text++)
    {
      guint8 byte = *text;

      if (byte == '\\')
        {
          const char *simple;
          gint number = octal (++text);

          if (number >= 0 && number <= 255)
            {
              byte = number;
              text += 2;
            }
          else if (*text != '\0' && (simple = strchr (from, *text)) != NULL)
            {
              byte = to[simple - from];
            }
          else
            {
              return FALSE;
            }
        }

      g_byte_array_append (bytes, &byte, 1);
    }

  return TRUE;
}

static gboolean
resolve_default_bytes (Field *self,
                       GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  if (self->kind == KIND_STRING)
    {
      if (!g_utf8_validate (self->default_value, -1, NULL))
        {
          model_set_error (error, &self->element, "the default has a byte of zero in it, which a string of C cannot have");
          return FALSE;
        }

      g_byte_array_append (bytes, (const guint8 *) self->default_value, strlen (self->default_value));
    }
  else if (!unescape (self->default_value, bytes))
    {
      model_set_error (error, &self->element, "the default is no value of its type");
      return FALSE;
    }

  self->default_bytes = g_steal_pointer (&bytes);
  g_ptr_array_add (self->element.file->model->byte_arrays, self->default_bytes);

  return TRUE;
}

static gboolean
resolve_default_enum (Field *self,
                      GError **error)
{
  for (guint i = 0; i < self->enumeration->values->len; i++)
    {
      EnumValue *value = g_ptr_array_index (self->enumeration->values, i);

      if (strcmp (value->element.name, self->default_value) == 0)
        {
          self->default_enum = value;
          return TRUE;
        }
    }

  model_set_error (error, &self->element, "the default is no value of its enumeration");

  return FALSE;
}

static gboolean
resolve_default (Field *self,
                 GError **error)
{
  self->default_value = self->proto->default_value;
  if (self->kind == KIND_ENUM)
    self->default_enum = g_ptr_array_index (self->enumeration->values, 0);
  if (self->default_value == NULL)
    return TRUE;

  if (self->is_repeated || self->kind == KIND_MESSAGE)
    {
      model_set_error (error, &self->element, "such a field has no default");
      return FALSE;
    }

  switch (self->kind)
    {
    case KIND_STRING:
    case KIND_BYTES:
      return resolve_default_bytes (self, error);

    case KIND_ENUM:
      return resolve_default_enum (self, error);

    default:
      return check_number (self, error);
    }
}

static gboolean
resolve_field (Field *self,
               GError **error)
{
  gboolean is_proto3 = self->element.file->is_proto3;
  gboolean is_optional = !is_proto3 || (self->proto->has_proto3_optional && self->proto->proto3_optional);
  const Google__Protobuf__FieldOptions *options = self->proto->options;

  if (!find_kind (self, error) || !resolve_type (self, error) || !resolve_default (self, error))
    return FALSE;

  self->is_utf8 = is_proto3 && self->kind == KIND_STRING;
  self->has_presence = !self->is_repeated && (is_optional || self->oneof != NULL || self->kind == KIND_MESSAGE);
  self->has_quantifier = self->oneof == NULL &&
                         (self->is_repeated ||
                          (is_optional && !self->is_required && self->kind != KIND_STRING && self->kind != KIND_MESSAGE));

  if (self->is_repeated && self->kind != KIND_STRING && self->kind != KIND_BYTES && self->kind != KIND_MESSAGE)
    self->is_packed = options != NULL && options->has_packed ? options->packed : is_proto3;

  return TRUE;
}

static gboolean
is_map_key (const Field *field)
{
  return field->kind != KIND_FLOAT && field->kind != KIND_DOUBLE && field->kind != KIND_BYTES &&
         field->kind != KIND_MESSAGE && field->kind != KIND_ENUM;
}

static gboolean
check_message (const Message *self,
               GError **error)
{
  const Google__Protobuf__MessageOptions *options = self->proto->options;

  if (options != NULL && options->message_set_wire_format)
    {
      model_set_error (error, &self->element, "the option message_set_wire_format is not supported");
      return FALSE;
    }

  if (self->is_map_entry)
    {
      const Field *key = self->sorted->len == 2 ? g_ptr_array_index (self->sorted, 0) : NULL;
      const Field *value = self->sorted->len == 2 ? g_ptr_array_index (self->sorted, 1) : NULL;

      if (key == NULL || key->number != 1 || value->number != 2 || key->is_repeated || value->is_repeated || !is_map_key (key))
        {
          model_set_error (error, &self->element, "this is no entry of a map");
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
resolve_message (Message *self,
                 GError **error)
{
  for (guint i = 0; i < self->fields->len; i++)
    {
      if (!resolve_field (g_ptr_array_index (self->fields, i), error))
        return FALSE;
    }

  return self->is_extension || check_message (self, error);
}

static gboolean
resolve_extension (Message *self,
                   GError **error)
{
  Field *field = g_ptr_array_index (self->fields, 0);

  self->element.line = field->element.line;
  self->element.comment = field->element.comment;
  self->element.deprecated = field->element.deprecated;
  self->extended = find_type (self->element.file->model->messages, field->proto->extendee);

  return check_message_type (&self->element, self->extended, field->proto->extendee, error) &&
         resolve_message (self, error);
}

static gboolean
resolve_method (Method *self,
                const Google__Protobuf__MethodDescriptorProto *proto,
                GError **error)
{
  Model *model = self->element.file->model;

  self->input = find_type (model->messages, proto->input_type);
  self->output = find_type (model->messages, proto->output_type);

  return check_message_type (&self->element, self->input, proto->input_type, error) &&
         check_message_type (&self->element, self->output, proto->output_type, error);
}

gboolean
model_resolve_file (File *file,
                    GError **error)
{
  for (guint i = 0; i < file->messages->len; i++)
    {
      if (!resolve_message (g_ptr_array_index (file->messages, i), error))
        return FALSE;
    }

  for (guint i = 0; i < file->extensions->len; i++)
    {
      if (!resolve_extension (g_ptr_array_index (file->extensions, i), error))
        return FALSE;
    }

  for (guint i = 0; i < file->services->len; i++)
    {
      Service *service = g_ptr_array_index (file->services, i);

      for (guint j = 0; j < service->methods->len; j++)
        {
          if (!resolve_method (g_ptr_array_index (service->methods, j), file->proto->service[i]->method[j], error))
            return FALSE;
        }
    }

  return TRUE;
}
