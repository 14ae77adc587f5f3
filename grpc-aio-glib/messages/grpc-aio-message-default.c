/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Enumerations, and the defaults that proto2 writes as text. */

#include "messages/grpc-aio-message-file-private.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

static int
compare_values (gconstpointer a,
                gconstpointer b,
                gpointer data)
{
  const ProtobufCEnumValue *left = a;
  const ProtobufCEnumValue *right = b;

  return (left->value > right->value) - (left->value < right->value);
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (((const ProtobufCEnumValueIndex *) a)->name, ((const ProtobufCEnumValueIndex *) b)->name);
}

/* Ranges of numbers without a gap, and one more that ends the last. */
static void
find_ranges (GrpcAioMessageFile *self,
             ProtobufCEnumDescriptor *core)
{
  ProtobufCIntRange *ranges = grpc_aio_message_file_allocate (self, (core->n_values + 1) * sizeof *ranges);
  guint n = 0;

  for (guint i = 0; i < core->n_values; i++)
    {
      if (i == 0 || (gint64) core->values[i].value != (gint64) core->values[i - 1].value + 1)
        ranges[n++] = (ProtobufCIntRange){ .start_value = core->values[i].value, .orig_index = i };
    }
  ranges[n].orig_index = core->n_values;
  core->n_value_ranges = n;
  core->value_ranges = ranges;
}

/* The first name of a number is its name, the others are aliases. */
static void
describe_enum (GrpcAioMessageFile *self,
               GrpcAioEnumType *type,
               const GrpcAioProtoEnum *proto)
{
  ProtobufCEnumDescriptor *core = grpc_aio_message_file_allocate (self, sizeof *core);
  ProtobufCEnumValue *values = grpc_aio_message_file_allocate (self, proto->n_value * sizeof *values);
  ProtobufCEnumValueIndex *names = grpc_aio_message_file_allocate (self, proto->n_value * sizeof *names);
  g_autofree ProtobufCEnumValue *all = g_new0 (ProtobufCEnumValue, proto->n_value);
  guint n = 0;

  for (gsize i = 0; i < proto->n_value; i++)
    {
      all[i].name = proto->value[i]->name;
      all[i].c_name = proto->value[i]->name;
      all[i].value = proto->value[i]->number;
    }
  g_qsort_with_data (all, (gint) proto->n_value, sizeof *all, compare_values, NULL);

  for (gsize i = 0; i < proto->n_value; i++)
    {
      if (i == 0 || all[i].value != all[i - 1].value)
        values[n++] = all[i];
      names[i] = (ProtobufCEnumValueIndex){ .name = all[i].name, .index = n - 1 };
    }
  qsort (names, proto->n_value, sizeof *names, compare_names);

  core->magic = PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC;
  core->name = type->full_name;
  core->short_name = proto->name;
  core->c_name = type->full_name;
  core->package_name = self->proto->package;
  core->n_values = n;
  core->values = values;
  core->n_value_names = (unsigned) proto->n_value;
  core->values_by_name = names;
  find_ranges (self, core);
  type->core = core;
}

gboolean
grpc_aio_message_file_build_enum (GrpcAioMessageFile *self,
                                  GrpcAioMessageBuilder *builder,
                                  GrpcAioEnumType *type,
                                  const GrpcAioProtoEnum *proto,
                                  const char *scope)
{
  if (proto->n_value == 0 || proto->n_value > G_MAXINT)
    return grpc_aio_message_file_fail (self, builder, type->full_name, _("has no values"));

  for (gsize i = 0; i < proto->n_value; i++)
    {
      /* As in C, values lie beside the enumeration, not in it. */
      if (grpc_aio_message_file_add_symbol (self, builder, scope, proto->value[i]->name, GRPC_AIO_SYMBOL_ENUM_VALUE, NULL) == NULL)
        return FALSE;
    }
  if (!type->is_closed && proto->value[0]->number != 0)
    return grpc_aio_message_file_fail (self, builder, type->full_name, _("does not start with 0"));

  type->first = proto->value[0]->number;
  describe_enum (self, type, proto);

  return TRUE;
}

static gpointer
copy_value (GrpcAioMessageFile *self,
            gconstpointer value,
            gsize size)
{
  gpointer copy = grpc_aio_message_file_allocate (self, size);

  memcpy (copy, value, size);

  return copy;
}

static gconstpointer
parse_signed (GrpcAioMessageFile *self,
              const char *text,
              gboolean is_64)
{
  gint64 wide;
  gint32 narrow;

  if (!g_ascii_string_to_signed (text, 10, is_64 ? G_MININT64 : G_MININT32, is_64 ? G_MAXINT64 : G_MAXINT32, &wide, NULL))
    return NULL;

  narrow = (gint32) wide;

  return is_64 ? copy_value (self, &wide, sizeof wide) : copy_value (self, &narrow, sizeof narrow);
}

static gconstpointer
parse_unsigned (GrpcAioMessageFile *self,
                const char *text,
                gboolean is_64)
{
  guint64 wide;
  guint32 narrow;

  if (!g_ascii_string_to_unsigned (text, 10, 0, is_64 ? G_MAXUINT64 : G_MAXUINT32, &wide, NULL))
    return NULL;

  narrow = (guint32) wide;

  return is_64 ? copy_value (self, &wide, sizeof wide) : copy_value (self, &narrow, sizeof narrow);
}

static gconstpointer
parse_real (GrpcAioMessageFile *self,
            const char *text,
            gboolean is_double)
{
  double wide;
  float narrow;
  char *end;

  if (*text == '\0' || g_ascii_isspace (*text))
    return NULL;
  wide = g_ascii_strtod (text, &end);
  if (*end != '\0')
    return NULL;

  narrow = (float) wide;

  return is_double ? copy_value (self, &wide, sizeof wide) : copy_value (self, &narrow, sizeof narrow);
}

static gconstpointer
parse_boolean (GrpcAioMessageFile *self,
               const char *text)
{
  const protobuf_c_boolean value = strcmp (text, "true") == 0;

  if (!value && strcmp (text, "false") != 0)
    return NULL;

  return copy_value (self, &value, sizeof value);
}

static gconstpointer
parse_enum (GrpcAioMessageFile *self,
            GrpcAioEnumType *enumeration,
            const char *text)
{
  gint32 value;

  if (!grpc_aio_enum_type_number_of (enumeration, text, &value))
    return NULL;

  return copy_value (self, &value, sizeof value);
}

/* Returns what follows, or NULL. */
static const char *
parse_number_escape (const char *text,
                     guint8 *byte)
{
  const gboolean is_hex = *text == 'x' || *text == 'X';
  const guint base = is_hex ? 16 : 8;
  const guint max_digits = is_hex ? 2 : 3;
  guint value = 0;
  guint n = 0;

  for (text += is_hex; n < max_digits; n++, text++)
    {
      const int digit = g_ascii_xdigit_value (*text);

      if (digit < 0 || (guint) digit >= base)
        break;
      value = value * base + (guint) digit;
    }
  if (n == 0 || value > G_MAXUINT8)
    return NULL;
  *byte = (guint8) value;

  return text;
}

/* Bytes are written as in a literal of C. */
static gconstpointer
parse_bytes (GrpcAioMessageFile *self,
             const char *text)
{
  static const char letters[] = "abfnrtv\\'\"?";
  static const char meanings[] = "\a\b\f\n\r\t\v\\'\"?";
  ProtobufCBinaryData *data = grpc_aio_message_file_allocate (self, sizeof *data);
  guint8 *at = grpc_aio_message_file_allocate (self, strlen (text) + 1);

  data->data = at;
  while (*text != '\0')
    {
      const char *letter;

      if (*text != '\\')
        {
          *at++ = (guint8) *text++;
          continue;
        }

      text++;
      letter = *text != '\0' ? strchr (letters, *text) : NULL;
      if (letter != NULL)
        {
          *at++ = (guint8) meanings[letter - letters];
          text++;
          continue;
        }
      text = parse_number_escape (text, at++);
      if (text == NULL)
        return NULL;
    }
  data->len = at - data->data;

  return data;
}

gconstpointer
grpc_aio_message_file_parse_default (GrpcAioMessageFile *self,
                                     ProtobufCType type,
                                     GrpcAioEnumType *enumeration,
                                     const char *text)
{
  switch (type)
    {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
      return parse_signed (self, text, FALSE);

    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
      return parse_signed (self, text, TRUE);

    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      return parse_unsigned (self, text, FALSE);

    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
      return parse_unsigned (self, text, TRUE);

    case PROTOBUF_C_TYPE_FLOAT:
      return parse_real (self, text, FALSE);

    case PROTOBUF_C_TYPE_DOUBLE:
      return parse_real (self, text, TRUE);

    case PROTOBUF_C_TYPE_BOOL:
      return parse_boolean (self, text);

    case PROTOBUF_C_TYPE_ENUM:
      return parse_enum (self, enumeration, text);

    case PROTOBUF_C_TYPE_STRING:
      return text;

    case PROTOBUF_C_TYPE_BYTES:
      return parse_bytes (self, text);

    default:
      return NULL;
    }
}
