/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A GVariant as a message. Bindings make variants of whatever width and shape is
 * at hand: each value that fits is taken. */

#include "messages/grpc-aio-message-variant-private.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "messages/grpc-aio-message-path-private.h"
#include "messages/grpc-aio-message-walk-private.h"
#include "messages/grpc-aio-number-private.h"

/* Doubles hold all integers up to here. */
#define MAX_EXACT (G_GUINT64_CONSTANT (1) << 53)

typedef struct
{
  GrpcAioMessagePool *pool;
} Parser;

static gboolean parse_message (Parser *self,
                               GrpcAioMessageType *type,
                               ProtobufCMessage *message,
                               GVariant *variant,
                               const GrpcAioMessagePath *path,
                               GError **error);

/* What is within variants and maybes; NULL for a maybe with nothing. */
static GVariant *
unwrap (GVariant *variant)
{
  GVariant *inner = g_variant_ref (variant);

  while (inner != NULL)
    {
      GVariant *outer = inner;

      if (g_variant_is_of_type (outer, G_VARIANT_TYPE_VARIANT))
        inner = g_variant_get_variant (outer);
      else if (g_variant_is_of_type (outer, G_VARIANT_TYPE_MAYBE))
        inner = g_variant_get_maybe (outer);
      else
        break;
      g_variant_unref (outer);
    }

  return inner;
}

/* FALSE if it is no integer. */
static gboolean
get_whole (GVariant *variant,
           GrpcAioWholeNumber *number)
{
  gint64 value;

  switch (g_variant_classify (variant))
    {
    case G_VARIANT_CLASS_BYTE:
      value = g_variant_get_byte (variant);
      break;
    case G_VARIANT_CLASS_INT16:
      value = g_variant_get_int16 (variant);
      break;
    case G_VARIANT_CLASS_UINT16:
      value = g_variant_get_uint16 (variant);
      break;
    case G_VARIANT_CLASS_INT32:
      value = g_variant_get_int32 (variant);
      break;
    case G_VARIANT_CLASS_UINT32:
      value = g_variant_get_uint32 (variant);
      break;
    case G_VARIANT_CLASS_INT64:
      value = g_variant_get_int64 (variant);
      break;
    case G_VARIANT_CLASS_UINT64:
      *number = (GrpcAioWholeNumber){ .magnitude = g_variant_get_uint64 (variant) };
      return TRUE;
    default:
      return FALSE;
    }

  number->is_negative = value < 0;
  number->magnitude = value < 0 ? 1 + (guint64) (-1 - value) : (guint64) value;

  return TRUE;
}

static gboolean
fail_range (GVariant *variant,
            const GrpcAioMessagePath *path,
            GError **error)
{
  g_autofree char *text = g_variant_print (variant, FALSE);

  return grpc_aio_message_path_fail (path, error, _("%s is out of range"), text);
}

static gboolean
parse_whole (const GrpcAioMessageField *field,
             GVariant *variant,
             GrpcAioMessageValue *value,
             const GrpcAioMessagePath *path,
             GError **error)
{
  GrpcAioWholeNumber number;

  if (!get_whole (variant, &number))
    return grpc_aio_message_path_fail (path, error, _("A value of type “%s” is not an integer"), g_variant_get_type_string (variant));
  if (!grpc_aio_message_value_set_whole (value, field, &number))
    return fail_range (variant, path, error);

  return TRUE;
}

static gboolean
parse_real (const GrpcAioMessageField *field,
            GVariant *variant,
            GrpcAioMessageValue *value,
            const GrpcAioMessagePath *path,
            GError **error)
{
  GrpcAioWholeNumber number;
  double real;

  if (g_variant_is_of_type (variant, G_VARIANT_TYPE_DOUBLE))
    real = g_variant_get_double (variant);
  else if (!get_whole (variant, &number))
    return grpc_aio_message_path_fail (path, error, _("A value of type “%s” is not a number"), g_variant_get_type_string (variant));
  else if (number.magnitude > MAX_EXACT)
    return fail_range (variant, path, error);
  else
    real = number.is_negative ? -(double) number.magnitude : (double) number.magnitude;

  if (field->core->type != PROTOBUF_C_TYPE_FLOAT)
    value->real = real;
  else if (isfinite (real) && fabs (real) > (double) FLT_MAX)
    return fail_range (variant, path, error);
  else
    value->single = (float) real;

  return TRUE;
}

static gboolean
is_text (GVariant *variant)
{
  return g_variant_is_of_type (variant, G_VARIANT_TYPE_STRING) ||
         g_variant_is_of_type (variant, G_VARIANT_TYPE_OBJECT_PATH) ||
         g_variant_is_of_type (variant, G_VARIANT_TYPE_SIGNATURE);
}

static gboolean
parse_bytes (GVariant *variant,
             ProtobufCBinaryData *bytes,
             const GrpcAioMessagePath *path,
             GError **error)
{
  gconstpointer data;

  if (!g_variant_is_of_type (variant, G_VARIANT_TYPE_BYTESTRING))
    return grpc_aio_message_path_fail (path, error, _("A value of type “%s” is not bytes"), g_variant_get_type_string (variant));

  data = g_variant_get_fixed_array (variant, &bytes->len, 1);
  bytes->data = g_memdup2 (data, bytes->len);

  return TRUE;
}

/* A proto2 string that is not UTF-8 comes as bytes. */
static gboolean
parse_string (const GrpcAioMessageField *field,
              GVariant *variant,
              GrpcAioMessageValue *value,
              const GrpcAioMessagePath *path,
              GError **error)
{
  ProtobufCBinaryData bytes;

  if (is_text (variant))
    {
      value->string = g_variant_dup_string (variant, NULL);
      return TRUE;
    }
  if (field->is_utf8 || !g_variant_is_of_type (variant, G_VARIANT_TYPE_BYTESTRING))
    return grpc_aio_message_path_fail (path, error, _("A value of type “%s” is not a string"), g_variant_get_type_string (variant));

  if (!parse_bytes (variant, &bytes, path, error))
    return FALSE;
  value->string = g_strndup ((const char *) bytes.data, bytes.len);
  g_free (bytes.data);
  if (strlen (value->string) == bytes.len)
    return TRUE;

  g_clear_pointer (&value->string, g_free);

  return grpc_aio_message_path_fail (path, error, _("The text contains U+0000"));
}

static gboolean
parse_enum (const GrpcAioMessageField *field,
            GVariant *variant,
            GrpcAioMessageValue *value,
            const GrpcAioMessagePath *path,
            GError **error)
{
  const char *name;

  if (!is_text (variant))
    return parse_whole (field, variant, value, path, error);

  name = g_variant_get_string (variant, NULL);
  if (grpc_aio_enum_type_number_of (field->enumeration, name, &value->int32))
    return TRUE;

  return grpc_aio_message_path_fail (path, error, _("%s has no value “%s”"), field->enumeration->full_name, name);
}

/* A value that is no message. @variant is unwrapped. */
static gboolean
parse_scalar (const GrpcAioMessageField *field,
              GVariant *variant,
              GrpcAioMessageValue *value,
              const GrpcAioMessagePath *path,
              GError **error)
{
  memset (value, 0, sizeof *value);

  switch (field->core->type)
    {
    case PROTOBUF_C_TYPE_BOOL:
      if (!g_variant_is_of_type (variant, G_VARIANT_TYPE_BOOLEAN))
        return grpc_aio_message_path_fail (path, error, _("A value of type “%s” is not a boolean"), g_variant_get_type_string (variant));
      value->boolean = g_variant_get_boolean (variant);
      return TRUE;
    case PROTOBUF_C_TYPE_BYTES:
      return parse_bytes (variant, &value->bytes, path, error);
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FLOAT:
      return parse_real (field, variant, value, path, error);
    case PROTOBUF_C_TYPE_ENUM:
      return parse_enum (field, variant, value, path, error);
    case PROTOBUF_C_TYPE_STRING:
      return parse_string (field, variant, value, path, error);
    default:
      return parse_whole (field, variant, value, path, error);
    }
}

static gboolean
parse_singular (Parser *self,
                const GrpcAioMessageField *field,
                ProtobufCMessage *message,
                GVariant *variant,
                GrpcAioMessagePath *path,
                GError **error)
{
  GrpcAioMessageValue value;

  if (field->message == NULL)
    {
      if (!parse_scalar (field, variant, &value, path, error))
        return FALSE;
      grpc_aio_message_field_store (field, message, &value);
      return TRUE;
    }

  value.message = grpc_aio_message_type_new_struct (field->message);
  grpc_aio_message_field_store (field, message, &value);
  path->depth++;

  return parse_message (self, field->message, value.message, variant, path, error);
}

static gboolean
takes_null (GrpcAioMessageType *type)
{
  return type != NULL && type->well_known == GRPC_AIO_WELL_KNOWN_VALUE;
}

static gboolean
parse_element (Parser *self,
               const GrpcAioMessageField *field,
               ProtobufCMessage *message,
               GVariant *variant,
               GrpcAioMessagePath *path,
               GError **error)
{
  GrpcAioMessageValue value;

  if (field->message == NULL)
    {
      if (!parse_scalar (field, variant, &value, path, error))
        return FALSE;
      grpc_aio_message_field_store_element (field, message, &value);
      return TRUE;
    }

  value.message = grpc_aio_message_type_new_struct (field->message);
  grpc_aio_message_field_store_element (field, message, &value);
  path->depth++;

  return parse_message (self, field->message, value.message, variant, path, error);
}

static gboolean
parse_repeated (Parser *self,
                const GrpcAioMessageField *field,
                ProtobufCMessage *message,
                GVariant *variant,
                const GrpcAioMessagePath *path,
                GError **error)
{
  gsize n_elements;

  if (!g_variant_is_of_type (variant, G_VARIANT_TYPE_ARRAY) && !g_variant_is_of_type (variant, G_VARIANT_TYPE_TUPLE))
    return grpc_aio_message_path_fail (path, error, _("A value of type “%s” is not an array"), g_variant_get_type_string (variant));

  n_elements = g_variant_n_children (variant);
  for (gsize i = 0; i < n_elements; i++)
    {
      GrpcAioMessagePath here = grpc_aio_message_path_index (path, i);
      g_autoptr (GVariant) child = g_variant_get_child_value (variant, i);
      g_autoptr (GVariant) element = unwrap (child);

      if (element == NULL && !takes_null (field->message))
        return grpc_aio_message_path_fail (&here, error, _("An array has no null for an element"));
      if (!parse_element (self, field, message, element, &here, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
is_dictionary (GVariant *variant)
{
  return g_variant_is_of_type (variant, G_VARIANT_TYPE_DICTIONARY);
}

static gboolean
parse_entry (Parser *self,
             const GrpcAioMessageField *map,
             ProtobufCMessage *message,
             GVariant *variant,
             GHashTable *seen,
             const GrpcAioMessagePath *path,
             GError **error)
{
  g_autoptr (GVariant) wrapped_key = g_variant_get_child_value (variant, 0);
  g_autoptr (GVariant) key = unwrap (wrapped_key);
  g_autoptr (GVariant) wrapped_value = g_variant_get_child_value (variant, 1);
  g_autoptr (GVariant) value = unwrap (wrapped_value);
  g_autofree char *text = is_text (key) ? g_variant_dup_string (key, NULL) : g_variant_print (key, FALSE);
  GrpcAioMessagePath here = grpc_aio_message_path_key (path, text);
  GrpcAioMessageField *key_field = grpc_aio_message_map_key (map);
  GrpcAioMessageField *value_field = grpc_aio_message_map_value (map);
  GrpcAioMessageValue entry;
  GrpcAioMessageValue loaded;

  entry.message = grpc_aio_message_type_new_struct (map->message);
  grpc_aio_message_field_store_element (map, message, &entry);
  here.depth++;

  if (!parse_scalar (key_field, key, &loaded, &here, error))
    return FALSE;
  grpc_aio_message_field_store (key_field, entry.message, &loaded);

  if (!g_hash_table_add (seen, g_strdup (text)))
    return grpc_aio_message_path_fail (&here, error, _("The key is there twice"));
  if (value == NULL && !takes_null (value_field->message))
    return grpc_aio_message_path_fail (&here, error, _("A map has no null for a value"));

  return parse_singular (self, value_field, entry.message, value, &here, error);
}

static gboolean
parse_map (Parser *self,
           const GrpcAioMessageField *map,
           ProtobufCMessage *message,
           GVariant *variant,
           const GrpcAioMessagePath *path,
           GError **error)
{
  g_autoptr (GHashTable) seen = NULL;
  gsize n_entries;

  if (!is_dictionary (variant))
    return grpc_aio_message_path_fail (path, error, _("A value of type “%s” is not a dictionary"), g_variant_get_type_string (variant));

  seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  n_entries = g_variant_n_children (variant);
  for (gsize i = 0; i < n_entries; i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (variant, i);

      if (!parse_entry (self, map, message, entry, seen, path, error))
        return FALSE;
    }

  return TRUE;
}

/* Nothing clears the field, unless it is a value that may be null. */
static gboolean
parse_field (Parser *self,
             const GrpcAioMessageField *field,
             ProtobufCMessage *message,
             GVariant *variant,
             GrpcAioMessagePath *path,
             GError **error)
{
  g_autoptr (GVariant) inner = unwrap (variant);

  grpc_aio_message_field_clear (field, message);

  if (inner == NULL && (field->is_repeated || !takes_null (field->message)))
    return TRUE;
  if (field->is_map)
    return parse_map (self, field, message, inner, path, error);
  if (field->is_repeated)
    return parse_repeated (self, field, message, inner, path, error);

  return parse_singular (self, field, message, inner, path, error);
}

static gboolean
parse_extension (Parser *self,
                 GrpcAioMessageField *field,
                 ProtobufCMessage *message,
                 GVariant *variant,
                 GrpcAioMessagePath *path,
                 GError **error)
{
  ProtobufCMessage *holder = grpc_aio_message_type_new_struct (field->holder);
  GError *problem = NULL;
  gboolean done = parse_field (self, field, holder, variant, path, error);

  if (done && !grpc_aio_message_field_pack_extension (field, message, grpc_aio_message_field_is_set (field, holder) ? holder : NULL, &problem))
    done = grpc_aio_message_path_take (path, error, problem);
  grpc_aio_message_free_struct (holder);

  return done;
}

static GrpcAioMessageField *
find_field (Parser *self,
            GrpcAioMessageType *type,
            const char *name)
{
  gsize length = strlen (name);
  g_autofree char *extension = NULL;

  if (*name != '[' || name[length - 1] != ']')
    return grpc_aio_message_type_find_json_field (type, name);

  extension = g_strndup (name + 1, length - 2);

  return grpc_aio_message_pool_find_extension (self->pool, type, extension);
}

static gboolean
parse_member (Parser *self,
              GrpcAioMessageType *type,
              ProtobufCMessage *message,
              GVariant *entry,
              GHashTable *seen,
              const GrpcAioMessagePath *path,
              GError **error)
{
  g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
  g_autoptr (GVariant) value = g_variant_get_child_value (entry, 1);
  g_autoptr (GVariant) inner = unwrap (value);
  const char *name = g_variant_get_string (key, NULL);
  GrpcAioMessageField *field = find_field (self, type, name);
  GrpcAioMessagePath here = grpc_aio_message_path_field (path, name);

  if (field == NULL)
    return grpc_aio_message_path_fail (path, error, _("%s has no field “%s”"), type->full_name, name);
  if (!g_hash_table_add (seen, field))
    return grpc_aio_message_path_fail (&here, error, _("The field is there twice"));
  if (field->oneof != NULL && inner != NULL && !g_hash_table_add (seen, field->oneof))
    return grpc_aio_message_path_fail (&here, error, _("Another field of “%s” is there, too"), field->oneof->name);
  if (field->oneof != NULL && inner == NULL && !takes_null (field->message))
    return TRUE;

  if (field->full_name != NULL)
    return parse_extension (self, field, message, value, &here, error);

  return parse_field (self, field, message, value, &here, error);
}

static gboolean
parse_fields (Parser *self,
              GrpcAioMessageType *type,
              ProtobufCMessage *message,
              GVariant *variant,
              const GrpcAioMessagePath *path,
              GError **error)
{
  g_autoptr (GHashTable) seen = NULL;
  gsize n_entries;

  if (!g_variant_is_of_type (variant, G_VARIANT_TYPE ("a{s*}")))
    return grpc_aio_message_path_fail (path, error, _("A value of type “%s” is not a dictionary from strings"), g_variant_get_type_string (variant));

  seen = g_hash_table_new (NULL, NULL);
  n_entries = g_variant_n_children (variant);
  for (gsize i = 0; i < n_entries; i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (variant, i);

      if (!parse_member (self, type, message, entry, seen, path, error))
        return FALSE;
    }

  return TRUE;
}

/* Any value that JSON has, as Python's and JavaScript's are. */
static gboolean
parse_json_value (Parser *self,
                  GrpcAioMessageType *type,
                  ProtobufCMessage *message,
                  GVariant *variant,
                  const GrpcAioMessagePath *path,
                  GError **error)
{
  GrpcAioMessagePath here = *path;
  GrpcAioMessageValue value = { 0 };
  guint kind;

  if (variant == NULL)
    {
      grpc_aio_message_field_store (&type->fields[GRPC_AIO_VALUE_NULL], message, &value);
      return TRUE;
    }

  if (is_text (variant))
    kind = GRPC_AIO_VALUE_STRING;
  else if (g_variant_is_of_type (variant, G_VARIANT_TYPE_BOOLEAN))
    kind = GRPC_AIO_VALUE_BOOL;
  else if (is_dictionary (variant))
    kind = GRPC_AIO_VALUE_STRUCT;
  else if (g_variant_is_of_type (variant, G_VARIANT_TYPE_ARRAY) || g_variant_is_of_type (variant, G_VARIANT_TYPE_TUPLE))
    kind = GRPC_AIO_VALUE_LIST;
  else
    kind = GRPC_AIO_VALUE_NUMBER;

  return parse_singular (self, &type->fields[kind], message, variant, &here, error);
}

/* @variant is unwrapped, and NULL only for a type that takes null. */
static gboolean
parse_message (Parser *self,
               GrpcAioMessageType *type,
               ProtobufCMessage *message,
               GVariant *variant,
               const GrpcAioMessagePath *path,
               GError **error)
{
  GrpcAioMessageValue value;

  if (path->depth > GRPC_AIO_MESSAGE_MAX_DEPTH)
    return grpc_aio_message_path_fail (path, error, _("Messages are nested deeper than %d"), GRPC_AIO_MESSAGE_MAX_DEPTH);

  switch (type->well_known)
    {
    case GRPC_AIO_WELL_KNOWN_VALUE:
      return parse_json_value (self, type, message, variant, path, error);
    case GRPC_AIO_WELL_KNOWN_STRUCT:
      return parse_map (self, &type->fields[0], message, variant, path, error);
    case GRPC_AIO_WELL_KNOWN_LIST_VALUE:
      return parse_repeated (self, &type->fields[0], message, variant, path, error);
    case GRPC_AIO_WELL_KNOWN_WRAPPER:
      if (!parse_scalar (&type->fields[0], variant, &value, path, error))
        return FALSE;
      grpc_aio_message_field_store (&type->fields[0], message, &value);
      return TRUE;
    default:
      return parse_fields (self, type, message, variant, path, error);
    }
}

gboolean
grpc_aio_variant_parse (GrpcAioMessagePool *pool,
                        GrpcAioMessageType *type,
                        ProtobufCMessage *message,
                        GVariant *variant,
                        GError **error)
{
  Parser parser = { .pool = pool };
  GrpcAioMessagePath path = grpc_aio_message_path_root (type);
  g_autoptr (GVariant) inner = unwrap (variant);

  if (inner == NULL && !takes_null (type))
    return grpc_aio_message_path_fail (&path, error, _("There is nothing to make a message of"));

  return parse_message (&parser, type, message, inner, &path, error);
}
