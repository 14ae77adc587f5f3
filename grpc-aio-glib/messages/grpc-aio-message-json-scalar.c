/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parsing what is neither an object nor an array: numbers, texts, bytes. */

#include "messages/grpc-aio-message-json-private.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "messages/grpc-aio-number-private.h"

static gboolean
fail_number (GrpcAioNumberCheck check,
             const char *text,
             const GrpcAioMessagePath *path,
             GError **error)
{
  if (check == GRPC_AIO_NUMBER_OUT_OF_RANGE)
    return grpc_aio_message_path_fail (path, error, _("%s is out of range"), text);
  if (check == GRPC_AIO_NUMBER_NOT_WHOLE)
    return grpc_aio_message_path_fail (path, error, _("%s is not a whole number"), text);

  return grpc_aio_message_path_fail (path, error, _("“%s” is not a number"), text);
}

static gboolean
parse_whole (const GrpcAioMessageField *field,
             const char *text,
             GrpcAioMessageValue *value,
             const GrpcAioMessagePath *path,
             GError **error)
{
  GrpcAioWholeNumber number;
  GrpcAioNumberCheck check = grpc_aio_number_parse_whole (text, &number);

  if (check == GRPC_AIO_NUMBER_OK && !grpc_aio_message_value_set_whole (value, field, &number))
    check = GRPC_AIO_NUMBER_OUT_OF_RANGE;

  return check == GRPC_AIO_NUMBER_OK || fail_number (check, text, path, error);
}

static gboolean
parse_real (const GrpcAioMessageField *field,
            const char *text,
            gboolean is_quoted,
            GrpcAioMessageValue *value,
            const GrpcAioMessagePath *path,
            GError **error)
{
  gboolean is_single = field->core->type == PROTOBUF_C_TYPE_FLOAT;
  double real;

  if (is_quoted && g_str_equal (text, "NaN"))
    real = (double) NAN;
  else if (is_quoted && g_str_equal (text, "Infinity"))
    real = (double) INFINITY;
  else if (is_quoted && g_str_equal (text, "-Infinity"))
    real = (double) -INFINITY;
  else if (!grpc_aio_number_parse_double (text, &real))
    return fail_number (grpc_aio_number_scan (text) == strlen (text) && *text != '\0' ? GRPC_AIO_NUMBER_OUT_OF_RANGE : GRPC_AIO_NUMBER_MALFORMED, text, path, error);
  else if (is_single && fabs (real) > (double) FLT_MAX)
    return fail_number (GRPC_AIO_NUMBER_OUT_OF_RANGE, text, path, error);

  if (is_single)
    value->single = (float) real;
  else
    value->real = real;

  return TRUE;
}

/* 0 to 63 for a letter of either alphabet (RFC 4648), -1 for all else. */
static int
get_sextet (char letter)
{
  if (letter >= 'A' && letter <= 'Z')
    return letter - 'A';
  if (letter >= 'a' && letter <= 'z')
    return letter - 'a' + 26;
  if (letter >= '0' && letter <= '9')
    return letter - '0' + 52;
  if (letter == '+' || letter == '-')
    return 62;
  if (letter == '/' || letter == '_')
    return 63;

  return -1;
}

/* GLib's decoder passes over what is wrong, and knows one alphabet only. */
static gboolean
decode_base64 (const GString *text,
               ProtobufCBinaryData *bytes)
{
  gsize length = text->len;
  guint n_padding = 0;
  guint32 bits = 0;
  guint n_bits = 0;

  while (length > 0 && n_padding < 2 && text->str[length - 1] == '=')
    {
      n_padding++;
      length--;
    }
  if (length % 4 == 1 || (n_padding > 0 && text->len % 4 != 0))
    return FALSE;

  bytes->data = length > 0 ? g_malloc (length / 4 * 3 + 3) : NULL;
  for (gsize i = 0; i < length; i++)
    {
      int sextet = get_sextet (text->str[i]);

      if (sextet < 0)
        {
          g_clear_pointer (&bytes->data, g_free);
          return FALSE;
        }
      bits = bits << 6 | (guint32) sextet;
      n_bits += 6;
      if (n_bits >= 8)
        {
          n_bits -= 8;
          bytes->data[bytes->len++] = (guint8) (bits >> n_bits);
        }
    }

  return TRUE;
}

static gboolean
is_null_value (const GrpcAioMessageField *field)
{
  return field->enumeration != NULL && g_str_equal (field->enumeration->full_name, "google.protobuf.NullValue");
}

/* If null is a value of the field, rather than none. */
gboolean
grpc_aio_json_takes_null (const GrpcAioMessageField *field)
{
  return is_null_value (field) || (field->message != NULL && field->message->well_known == GRPC_AIO_WELL_KNOWN_VALUE);
}

static GrpcAioJsonResult
parse_enum (GrpcAioJsonParser *parser,
            const GrpcAioMessageField *field,
            gboolean is_quoted,
            GrpcAioMessageValue *value,
            const GrpcAioMessagePath *path,
            GError **error)
{
  const char *text = parser->text->str;

  if (is_quoted && grpc_aio_enum_type_number_of (field->enumeration, text, &value->int32))
    return GRPC_AIO_JSON_PARSED;
  if (!is_quoted || grpc_aio_number_scan (text) > 0)
    return parse_whole (field, text, value, path, error) ? GRPC_AIO_JSON_PARSED : GRPC_AIO_JSON_FAILED;
  if ((parser->flags & GRPC_AIO_JSON_FLAGS_IGNORE_UNKNOWN) != 0)
    return GRPC_AIO_JSON_IGNORED;

  grpc_aio_message_path_fail (path, error, _("%s has no value “%s”"), field->enumeration->full_name, text);

  return GRPC_AIO_JSON_FAILED;
}

/* Leaves a number or a string in @parser->text. */
static gboolean
read_text (GrpcAioJsonParser *parser,
           GrpcAioJsonKind kind,
           const GrpcAioMessagePath *path,
           GError **error)
{
  if (kind == GRPC_AIO_JSON_NUMBER)
    return grpc_aio_json_reader_read_number (&parser->reader, parser->text, error);

  if (!grpc_aio_json_reader_read_string (&parser->reader, parser->text, error))
    return FALSE;
  if (strlen (parser->text->str) != parser->text->len)
    return grpc_aio_message_path_fail (path, error, _("The text contains U+0000"));

  return TRUE;
}

static gboolean
fail_kind (const GrpcAioMessageField *field,
           const GrpcAioMessagePath *path,
           GError **error)
{
  switch (field->core->type)
    {
    case PROTOBUF_C_TYPE_BOOL:
      return grpc_aio_message_path_fail (path, error, _("“true” or “false” should be here"));
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
      return grpc_aio_message_path_fail (path, error, _("A string should be here"));
    case PROTOBUF_C_TYPE_ENUM:
      return grpc_aio_message_path_fail (path, error, _("A name of %s or a number should be here"), field->enumeration->full_name);
    default:
      return grpc_aio_message_path_fail (path, error, _("A number should be here"));
    }
}

static GrpcAioJsonResult
parse_text (GrpcAioJsonParser *parser,
            const GrpcAioMessageField *field,
            GrpcAioJsonKind kind,
            GrpcAioMessageValue *value,
            const GrpcAioMessagePath *path,
            GError **error)
{
  gboolean done;

  if (!read_text (parser, kind, path, error))
    return GRPC_AIO_JSON_FAILED;

  switch (field->core->type)
    {
    case PROTOBUF_C_TYPE_STRING:
      value->string = g_strndup (parser->text->str, parser->text->len);
      return GRPC_AIO_JSON_PARSED;
    case PROTOBUF_C_TYPE_BYTES:
      done = decode_base64 (parser->text, &value->bytes) ||
             grpc_aio_message_path_fail (path, error, _("The text is not Base64"));
      break;
    case PROTOBUF_C_TYPE_ENUM:
      return parse_enum (parser, field, kind == GRPC_AIO_JSON_STRING, value, path, error);
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
      done = parse_real (field, parser->text->str, kind == GRPC_AIO_JSON_STRING, value, path, error);
      break;
    default:
      done = parse_whole (field, parser->text->str, value, path, error);
      break;
    }

  return done ? GRPC_AIO_JSON_PARSED : GRPC_AIO_JSON_FAILED;
}

GrpcAioJsonResult
grpc_aio_json_parse_scalar (GrpcAioJsonParser *parser,
                            const GrpcAioMessageField *field,
                            GrpcAioMessageValue *value,
                            const GrpcAioMessagePath *path,
                            GError **error)
{
  GrpcAioJsonKind kind = grpc_aio_json_reader_peek (&parser->reader, error);
  ProtobufCType type = field->core->type;
  gboolean is_word = kind == GRPC_AIO_JSON_TRUE || kind == GRPC_AIO_JSON_FALSE || kind == GRPC_AIO_JSON_NULL;
  gboolean is_text = type == PROTOBUF_C_TYPE_STRING || type == PROTOBUF_C_TYPE_BYTES;

  memset (value, 0, sizeof *value);
  if (kind == GRPC_AIO_JSON_INVALID || (is_word && !grpc_aio_json_reader_read_word (&parser->reader, error)))
    return GRPC_AIO_JSON_FAILED;

  if (type == PROTOBUF_C_TYPE_BOOL && is_word && kind != GRPC_AIO_JSON_NULL)
    {
      value->boolean = kind == GRPC_AIO_JSON_TRUE;
      return GRPC_AIO_JSON_PARSED;
    }
  if (kind == GRPC_AIO_JSON_NULL && is_null_value (field))
    return GRPC_AIO_JSON_PARSED;
  if (type == PROTOBUF_C_TYPE_BOOL || (kind != GRPC_AIO_JSON_STRING && (kind != GRPC_AIO_JSON_NUMBER || is_text)))
    {
      fail_kind (field, path, error);
      return GRPC_AIO_JSON_FAILED;
    }

  return parse_text (parser, field, kind, value, path, error);
}

/* The name of a member as a key of a map. */
gboolean
grpc_aio_json_parse_key (const GrpcAioMessageField *field,
                         const GString *text,
                         GrpcAioMessageValue *value,
                         const GrpcAioMessagePath *path,
                         GError **error)
{
  memset (value, 0, sizeof *value);

  if (strlen (text->str) != text->len)
    return grpc_aio_message_path_fail (path, error, _("The text contains U+0000"));

  switch (field->core->type)
    {
    case PROTOBUF_C_TYPE_STRING:
      value->string = g_strdup (text->str);
      return TRUE;
    case PROTOBUF_C_TYPE_BOOL:
      value->boolean = g_str_equal (text->str, "true");
      return value->boolean || g_str_equal (text->str, "false") ||
             grpc_aio_message_path_fail (path, error, _("A key should be “true” or “false”, not “%s”"), text->str);
    default:
      return parse_whole (field, text->str, value, path, error);
    }
}
