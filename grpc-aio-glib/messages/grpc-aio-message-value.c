/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fields as values of GObject. */

#include "messages/grpc-aio-message-value-private.h"

#include <math.h>
#include <string.h>

#include <gio/gio.h>

#include "messages/grpc-aio-protobuf-wire-private.h"

#define PARAM_FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY)

/* In the order of ProtobufCType; the rest is bytes. */
static const char variant_letters[] = "iiixxxuuttddbis";

GrpcAioValueKind
grpc_aio_message_field_get_kind (const GrpcAioMessageField *self)
{
  const ProtobufCType type = self->core->type;

  if (self->is_map)
    return self->message->fields[1].message != NULL ? GRPC_AIO_VALUE_LIST : GRPC_AIO_VALUE_VARIANT;
  if (type == PROTOBUF_C_TYPE_MESSAGE)
    return self->is_repeated ? GRPC_AIO_VALUE_LIST : GRPC_AIO_VALUE_MESSAGE;
  if (type == PROTOBUF_C_TYPE_STRING)
    return self->is_repeated ? GRPC_AIO_VALUE_STRV : GRPC_AIO_VALUE_STRING;
  if (self->is_repeated)
    return GRPC_AIO_VALUE_VARIANT;

  return type == PROTOBUF_C_TYPE_BYTES ? GRPC_AIO_VALUE_BYTES : GRPC_AIO_VALUE_NUMBER;
}

static GType
get_number_type (ProtobufCType type)
{
  switch (type)
    {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
      return G_TYPE_INT64;

    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      return G_TYPE_UINT;

    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
      return G_TYPE_UINT64;

    case PROTOBUF_C_TYPE_FLOAT:
      return G_TYPE_FLOAT;

    case PROTOBUF_C_TYPE_DOUBLE:
      return G_TYPE_DOUBLE;

    case PROTOBUF_C_TYPE_BOOL:
      return G_TYPE_BOOLEAN;

    default:
      return G_TYPE_INT;
    }
}

GType
grpc_aio_message_field_get_value_type (const GrpcAioMessageField *self)
{
  switch (grpc_aio_message_field_get_kind (self))
    {
    case GRPC_AIO_VALUE_STRING:
      return G_TYPE_STRING;

    case GRPC_AIO_VALUE_BYTES:
      return G_TYPE_BYTES;

    case GRPC_AIO_VALUE_STRV:
      return G_TYPE_STRV;

    case GRPC_AIO_VALUE_VARIANT:
      return G_TYPE_VARIANT;

    case GRPC_AIO_VALUE_MESSAGE:
      return grpc_aio_message_type_get_gtype (self->message);

    case GRPC_AIO_VALUE_LIST:
      return G_TYPE_LIST_MODEL;

    default:
      return get_number_type (self->core->type);
    }
}

/* Of one element. */
static void
append_element_type (const GrpcAioMessageField *self,
                     GString *string)
{
  if (self->core->type == PROTOBUF_C_TYPE_BYTES)
    g_string_append (string, "ay");
  else
    g_string_append_c (string, variant_letters[self->core->type]);
}

static GVariantType *
new_variant_type (const GrpcAioMessageField *self)
{
  g_autoptr (GString) string = g_string_new ("a");

  if (self->is_map)
    {
      g_string_append_c (string, '{');
      append_element_type (&self->message->fields[0], string);
      append_element_type (&self->message->fields[1], string);
      g_string_append_c (string, '}');
    }
  else
    {
      append_element_type (self, string);
    }

  return g_variant_type_new (string->str);
}

/* What a reader sees: the default of a field that is not set. NULL for zero. */
static gconstpointer
find_slot (const GrpcAioMessageField *self,
           const ProtobufCMessage *message)
{
  if (grpc_aio_message_field_is_set (self, message))
    return grpc_aio_message_field_get_element (self, message, 0);

  return self->default_value;
}

static void
load_number (ProtobufCType type,
             gconstpointer slot,
             GValue *value)
{
  static const guint64 zero = 0;

  if (slot == NULL)
    slot = &zero;

  switch (type)
    {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
      g_value_set_int64 (value, *(const gint64 *) slot);
      break;

    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      g_value_set_uint (value, *(const guint32 *) slot);
      break;

    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
      g_value_set_uint64 (value, *(const guint64 *) slot);
      break;

    case PROTOBUF_C_TYPE_FLOAT:
      g_value_set_float (value, *(const float *) slot);
      break;

    case PROTOBUF_C_TYPE_DOUBLE:
      g_value_set_double (value, *(const double *) slot);
      break;

    case PROTOBUF_C_TYPE_BOOL:
      g_value_set_boolean (value, *(const protobuf_c_boolean *) slot != 0);
      break;

    default:
      g_value_set_int (value, *(const gint32 *) slot);
    }
}

static void
store_number (ProtobufCType type,
              gpointer slot,
              const GValue *value)
{
  switch (type)
    {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
      *(gint64 *) slot = g_value_get_int64 (value);
      break;

    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      *(guint32 *) slot = g_value_get_uint (value);
      break;

    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
      *(guint64 *) slot = g_value_get_uint64 (value);
      break;

    case PROTOBUF_C_TYPE_FLOAT:
      *(float *) slot = g_value_get_float (value);
      break;

    case PROTOBUF_C_TYPE_DOUBLE:
      *(double *) slot = g_value_get_double (value);
      break;

    case PROTOBUF_C_TYPE_BOOL:
      *(protobuf_c_boolean *) slot = g_value_get_boolean (value);
      break;

    default:
      *(gint32 *) slot = g_value_get_int (value);
    }
}

/* proto2 does not promise UTF-8, GObject's strings do. */
static char *
dup_text (gconstpointer slot)
{
  const char *text = *(const char *const *) slot;

  if (text == NULL)
    return g_strdup ("");
  if (g_utf8_validate (text, -1, NULL))
    return g_strdup (text);

  return g_utf8_make_valid (text, -1);
}

static char *
dup_string (const GrpcAioMessageField *self,
            const ProtobufCMessage *message)
{
  gconstpointer default_value = self->default_value;

  if (grpc_aio_message_field_is_set (self, message))
    return dup_text (grpc_aio_message_field_get_element (self, message, 0));
  if (default_value != NULL)
    return dup_text (&default_value);

  return self->has_presence ? NULL : g_strdup ("");
}

static GBytes *
dup_bytes (const GrpcAioMessageField *self,
           const ProtobufCMessage *message)
{
  const ProtobufCBinaryData *data = find_slot (self, message);

  if (data != NULL)
    return g_bytes_new (data->data, data->len);

  return self->has_presence ? NULL : g_bytes_new (NULL, 0);
}

static char **
dup_strv (const GrpcAioMessageField *self,
          const ProtobufCMessage *message)
{
  const gsize n = grpc_aio_message_field_get_n_elements (self, message);
  char **strv = g_new0 (char *, n + 1);

  for (gsize i = 0; i < n; i++)
    strv[i] = dup_text (grpc_aio_message_field_get_element (self, message, i));

  return strv;
}

static GVariant *
new_variant_of_bytes (gconstpointer slot)
{
  const ProtobufCBinaryData *data = slot;

  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data->data, data->len, 1);
}

/* One element, or the key or value of an entry. */
static GVariant *
new_element_variant (const GrpcAioMessageField *self,
                     gconstpointer slot)
{
  switch (self->core->type)
    {
    case PROTOBUF_C_TYPE_STRING:
      return g_variant_new_take_string (dup_text (slot));

    case PROTOBUF_C_TYPE_BYTES:
      return new_variant_of_bytes (slot);

    case PROTOBUF_C_TYPE_FLOAT:
      return g_variant_new_double (*(const float *) slot);

    case PROTOBUF_C_TYPE_DOUBLE:
      return g_variant_new_double (*(const double *) slot);

    case PROTOBUF_C_TYPE_BOOL:
      return g_variant_new_boolean (*(const protobuf_c_boolean *) slot != 0);

    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
      return g_variant_new_int64 (*(const gint64 *) slot);

    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
      return g_variant_new_uint64 (*(const guint64 *) slot);

    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      return g_variant_new_uint32 (*(const guint32 *) slot);

    default:
      return g_variant_new_int32 (*(const gint32 *) slot);
    }
}

static GVariant *
new_map_variant (const GrpcAioMessageField *self,
                 const ProtobufCMessage *message,
                 const GVariantType *type)
{
  const GrpcAioMessageField *fields = self->message->fields;
  const gsize n = grpc_aio_message_field_get_n_elements (self, message);
  g_autoptr (GHashTable) entries = grpc_aio_message_field_index_map (self, message);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, type);
  for (gsize i = 0; i < n; i++)
    {
      const ProtobufCMessage *entry = *(ProtobufCMessage **) grpc_aio_message_field_get_element (self, message, i);
      g_autofree char *key = grpc_aio_message_field_dup_key (self, entry);

      if (g_hash_table_lookup (entries, key) == entry)
        g_variant_builder_add_value (&builder, g_variant_new_dict_entry (new_element_variant (&fields[0], grpc_aio_message_field_get_element (&fields[0], entry, 0)), new_element_variant (&fields[1], grpc_aio_message_field_get_element (&fields[1], entry, 0))));
    }

  return g_variant_builder_end (&builder);
}

static GVariant *
new_variant (const GrpcAioMessageField *self,
             const ProtobufCMessage *message)
{
  g_autoptr (GVariantType) type = new_variant_type (self);
  const gsize n = grpc_aio_message_field_get_n_elements (self, message);
  const ProtobufCType core_type = self->core->type;
  GVariantBuilder builder;

  if (self->is_map)
    return new_map_variant (self, message, type);

  if (core_type != PROTOBUF_C_TYPE_FLOAT && core_type != PROTOBUF_C_TYPE_BOOL && core_type != PROTOBUF_C_TYPE_BYTES)
    return g_variant_new_fixed_array (g_variant_type_element (type), n > 0 ? grpc_aio_message_field_get_element (self, message, 0) : NULL, n, grpc_aio_message_field_get_element_size (self));

  g_variant_builder_init (&builder, type);
  for (gsize i = 0; i < n; i++)
    g_variant_builder_add_value (&builder, new_element_variant (self, grpc_aio_message_field_get_element (self, message, i)));

  return g_variant_builder_end (&builder);
}

void
grpc_aio_message_field_get_value (const GrpcAioMessageField *self,
                                  const ProtobufCMessage *message,
                                  GValue *value)
{
  switch (grpc_aio_message_field_get_kind (self))
    {
    case GRPC_AIO_VALUE_NUMBER:
      load_number (self->core->type, find_slot (self, message), value);
      break;

    case GRPC_AIO_VALUE_STRING:
      g_value_take_string (value, dup_string (self, message));
      break;

    case GRPC_AIO_VALUE_BYTES:
      g_value_take_boxed (value, dup_bytes (self, message));
      break;

    case GRPC_AIO_VALUE_STRV:
      g_value_take_boxed (value, dup_strv (self, message));
      break;

    case GRPC_AIO_VALUE_VARIANT:
      g_value_take_variant (value, g_variant_ref_sink (new_variant (self, message)));
      break;

    default:
      g_assert_not_reached ();
    }
}

static gboolean
set_number (const GrpcAioMessageField *self,
            ProtobufCMessage *message,
            const GValue *value)
{
  const gsize size = grpc_aio_message_field_get_element_size (self);
  const gboolean was_set = grpc_aio_message_field_is_set (self, message);
  guint64 number = 0;

  store_number (self->core->type, &number, value);
  if (was_set || (!self->has_presence && !self->is_required))
    {
      gpointer slot = grpc_aio_message_field_get_element (self, message, 0);

      if (memcmp (slot, &number, size) == 0)
        return FALSE;
      memcpy (slot, &number, size);
      return TRUE;
    }

  memcpy (grpc_aio_message_field_prepare (self, message), &number, size);

  return TRUE;
}

static gboolean
clear (const GrpcAioMessageField *self,
       ProtobufCMessage *message)
{
  if (!grpc_aio_message_field_is_set (self, message))
    return FALSE;

  grpc_aio_message_field_clear (self, message);

  return TRUE;
}

static gboolean
set_string (const GrpcAioMessageField *self,
            ProtobufCMessage *message,
            const char *text)
{
  if (text == NULL || (!self->has_presence && !self->is_required && *text == '\0'))
    return clear (self, message);

  if (grpc_aio_message_field_is_set (self, message) &&
      strcmp (*(char **) grpc_aio_message_field_get_element (self, message, 0), text) == 0)
    return FALSE;

  text = g_strdup (text);
  *(const char **) grpc_aio_message_field_prepare (self, message) = text;

  return TRUE;
}

static gboolean
set_bytes (const GrpcAioMessageField *self,
           ProtobufCMessage *message,
           GBytes *bytes)
{
  gsize size = 0;
  gconstpointer data = bytes != NULL ? g_bytes_get_data (bytes, &size) : NULL;
  ProtobufCBinaryData *slot;

  if (bytes == NULL || (!self->has_presence && !self->is_required && size == 0))
    return clear (self, message);

  slot = grpc_aio_message_field_get_element (self, message, 0);
  if (grpc_aio_message_field_is_set (self, message) && slot->len == size && (size == 0 || memcmp (slot->data, data, size) == 0))
    return FALSE;

  slot = grpc_aio_message_field_prepare (self, message);
  slot->data = g_memdup2 (data, size);
  slot->len = size;

  return TRUE;
}

static gboolean
set_strv (const GrpcAioMessageField *self,
          ProtobufCMessage *message,
          const char *const *strv)
{
  static const char *const empty[] = { NULL };
  g_auto (GStrv) old = dup_strv (self, message);

  if (strv == NULL)
    strv = empty;
  if (g_strv_equal ((const char *const *) old, strv))
    return FALSE;

  grpc_aio_message_field_clear (self, message);
  for (gsize i = 0; strv[i] != NULL; i++)
    *(char **) grpc_aio_message_field_append (self, message) = g_strdup (strv[i]);

  return TRUE;
}

static void
store_element_variant (const GrpcAioMessageField *self,
                       gpointer slot,
                       GVariant *variant)
{
  ProtobufCBinaryData *data = slot;
  gconstpointer bytes;

  switch (self->core->type)
    {
    case PROTOBUF_C_TYPE_STRING:
      *(char **) slot = g_variant_dup_string (variant, NULL);
      break;

    case PROTOBUF_C_TYPE_BYTES:
      bytes = g_variant_get_fixed_array (variant, &data->len, 1);
      data->data = g_memdup2 (bytes, data->len);
      break;

    case PROTOBUF_C_TYPE_FLOAT:
      *(float *) slot = (float) g_variant_get_double (variant);
      break;

    case PROTOBUF_C_TYPE_BOOL:
      *(protobuf_c_boolean *) slot = g_variant_get_boolean (variant);
      break;

    default:
      memcpy (slot, g_variant_get_data (variant), grpc_aio_message_field_get_element_size (self));
    }
}

static gboolean
set_variant (const GrpcAioMessageField *self,
             ProtobufCMessage *message,
             GVariant *variant)
{
  g_autoptr (GVariant) old = g_variant_ref_sink (new_variant (self, message));
  g_autoptr (GVariant) normal = NULL;
  GVariantIter iter;
  GVariant *child;

  if (variant == NULL)
    return clear (self, message);

  normal = g_variant_get_normal_form (variant);
  if (g_variant_equal (old, normal))
    return FALSE;

  grpc_aio_message_field_clear (self, message);
  g_variant_iter_init (&iter, normal);
  while ((child = g_variant_iter_next_value (&iter)) != NULL)
    {
      gpointer slot = grpc_aio_message_field_append (self, message);

      if (self->is_map)
        {
          const GrpcAioMessageField *fields = self->message->fields;
          ProtobufCMessage *entry = grpc_aio_message_type_new_struct (self->message);
          g_autoptr (GVariant) key = g_variant_get_child_value (child, 0);
          g_autoptr (GVariant) item = g_variant_get_child_value (child, 1);

          store_element_variant (&fields[0], grpc_aio_message_field_prepare (&fields[0], entry), key);
          store_element_variant (&fields[1], grpc_aio_message_field_prepare (&fields[1], entry), item);
          *(ProtobufCMessage **) slot = entry;
        }
      else
        {
          store_element_variant (self, slot, child);
        }
      g_variant_unref (child);
    }

  return TRUE;
}

gboolean
grpc_aio_message_field_set_value (const GrpcAioMessageField *self,
                                  ProtobufCMessage *message,
                                  const GValue *value)
{
  switch (grpc_aio_message_field_get_kind (self))
    {
    case GRPC_AIO_VALUE_NUMBER:
      return set_number (self, message, value);

    case GRPC_AIO_VALUE_STRING:
      return set_string (self, message, g_value_get_string (value));

    case GRPC_AIO_VALUE_BYTES:
      return set_bytes (self, message, g_value_get_boxed (value));

    case GRPC_AIO_VALUE_STRV:
      return set_strv (self, message, g_value_get_boxed (value));

    case GRPC_AIO_VALUE_VARIANT:
      return set_variant (self, message, g_value_get_variant (value));

    default:
      g_assert_not_reached ();
    }
}

gboolean
grpc_aio_message_field_check_value (const GrpcAioMessageField *self,
                                    const GValue *value)
{
  gboolean is_utf8 = TRUE;

  if (G_VALUE_HOLDS_STRING (value) && g_value_get_string (value) != NULL)
    is_utf8 = g_utf8_validate (g_value_get_string (value), -1, NULL);
  if (G_VALUE_HOLDS (value, G_TYPE_STRV))
    {
      const char *const *strv = g_value_get_boxed (value);

      for (gsize i = 0; strv != NULL && strv[i] != NULL; i++)
        is_utf8 = is_utf8 && g_utf8_validate (strv[i], -1, NULL);
    }
  if (!is_utf8)
    g_critical ("The field “%s” of “%s” takes text in UTF-8", self->core->name, self->parent->full_name);

  return is_utf8;
}

static GParamSpec *
new_number_pspec (const GrpcAioMessageField *self,
                  const char *name)
{
  g_auto (GValue) value = G_VALUE_INIT;
  const GType type = get_number_type (self->core->type);

  g_value_init (&value, type);
  load_number (self->core->type, self->default_value, &value);

  if (type == G_TYPE_INT64)
    return g_param_spec_int64 (name, NULL, NULL, G_MININT64, G_MAXINT64, g_value_get_int64 (&value), PARAM_FLAGS);
  if (type == G_TYPE_UINT)
    return g_param_spec_uint (name, NULL, NULL, 0, G_MAXUINT, g_value_get_uint (&value), PARAM_FLAGS);
  if (type == G_TYPE_UINT64)
    return g_param_spec_uint64 (name, NULL, NULL, 0, G_MAXUINT64, g_value_get_uint64 (&value), PARAM_FLAGS);
  if (type == G_TYPE_BOOLEAN)
    return g_param_spec_boolean (name, NULL, NULL, g_value_get_boolean (&value), PARAM_FLAGS);
  if (type == G_TYPE_INT)
    return g_param_spec_int (name, NULL, NULL, G_MININT, G_MAXINT, g_value_get_int (&value), PARAM_FLAGS);

  return NULL;
}

/* With these limits infinity is a number like any other; NaN is only let through
 * where validation is lax, since it does not equal itself. */
static GParamSpec *
new_real_pspec (const GrpcAioMessageField *self,
                const char *name)
{
  const gboolean is_float = self->core->type == PROTOBUF_C_TYPE_FLOAT;
  double initial = 0;

  if (self->default_value != NULL)
    initial = is_float ? *(const float *) self->default_value : *(const double *) self->default_value;
  if (isnan (initial))
    initial = 0;

  if (is_float)
    return g_param_spec_float (name, NULL, NULL, (float) -INFINITY, (float) INFINITY, (float) initial, PARAM_FLAGS | G_PARAM_LAX_VALIDATION);

  return g_param_spec_double (name, NULL, NULL, (double) -INFINITY, (double) INFINITY, initial, PARAM_FLAGS | G_PARAM_LAX_VALIDATION);
}

GParamSpec *
grpc_aio_message_field_new_pspec (const GrpcAioMessageField *self)
{
  const char *name = self->property_name;
  g_autoptr (GVariantType) type = NULL;

  switch (grpc_aio_message_field_get_kind (self))
    {
    case GRPC_AIO_VALUE_STRING:
      return g_param_spec_string (name, NULL, NULL, self->default_value, PARAM_FLAGS);

    case GRPC_AIO_VALUE_BYTES:
    case GRPC_AIO_VALUE_STRV:
      return g_param_spec_boxed (name, NULL, NULL, grpc_aio_message_field_get_value_type (self), PARAM_FLAGS);

    case GRPC_AIO_VALUE_VARIANT:
      type = new_variant_type (self);
      return g_param_spec_variant (name, NULL, NULL, type, NULL, PARAM_FLAGS);

    case GRPC_AIO_VALUE_MESSAGE:
    case GRPC_AIO_VALUE_LIST:
      return g_param_spec_object (name, NULL, NULL, grpc_aio_message_field_get_value_type (self), PARAM_FLAGS);

    default:
      if (self->core->type == PROTOBUF_C_TYPE_FLOAT || self->core->type == PROTOBUF_C_TYPE_DOUBLE)
        return new_real_pspec (self, name);
      return new_number_pspec (self, name);
    }
}
