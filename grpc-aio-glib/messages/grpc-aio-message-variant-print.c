/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A message as a GVariant: a dictionary from the names of its fields. Types that
 * stand for a plain value are that value. */

#include "messages/grpc-aio-message-variant-private.h"

#include <string.h>

#include "messages/grpc-aio-message-path-private.h"
#include "messages/grpc-aio-message-walk-private.h"

typedef struct
{
  GrpcAioMessagePool *pool;
  guint depth;
} Printer;

static GVariant *print_message (Printer *self,
                                GrpcAioMessageType *type,
                                const ProtobufCMessage *message);

/* A type that holds one value says nothing but that. NULL for all others. */
static const GVariantType *
get_special_type (GrpcAioMessageType *type)
{
  switch (type->well_known)
    {
    case GRPC_AIO_WELL_KNOWN_LIST_VALUE:
      return G_VARIANT_TYPE ("av");
    case GRPC_AIO_WELL_KNOWN_VALUE:
      return G_VARIANT_TYPE_VARIANT;
    default:
      return G_VARIANT_TYPE_VARDICT;
    }
}

static const GVariantType *
get_scalar_type (ProtobufCType type)
{
  switch (type)
    {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      return G_VARIANT_TYPE_UINT32;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
      return G_VARIANT_TYPE_INT64;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
      return G_VARIANT_TYPE_UINT64;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
      return G_VARIANT_TYPE_DOUBLE;
    case PROTOBUF_C_TYPE_BOOL:
      return G_VARIANT_TYPE_BOOLEAN;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_ENUM:
      return G_VARIANT_TYPE_STRING;
    case PROTOBUF_C_TYPE_BYTES:
      return G_VARIANT_TYPE_BYTESTRING;
    default:
      return G_VARIANT_TYPE_INT32;
    }
}

static const GVariantType *
get_type (const GrpcAioMessageField *field)
{
  if (field->message == NULL)
    return get_scalar_type (field->core->type);
  if (field->message->well_known == GRPC_AIO_WELL_KNOWN_WRAPPER)
    return get_scalar_type (field->message->core->fields[0].type);

  return get_special_type (field->message);
}

static GVariant *
print_bytes (gconstpointer data,
             gsize length)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, length > 0 ? data : NULL, length, 1);
}

static GVariant *
print_scalar (const GrpcAioMessageField *field,
              const GrpcAioMessageValue *value)
{
  switch (field->core->type)
    {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      return g_variant_new_uint32 (value->uint32);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
      return g_variant_new_int64 (value->int64);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
      return g_variant_new_uint64 (value->uint64);
    case PROTOBUF_C_TYPE_FLOAT:
      return g_variant_new_double (value->single);
    case PROTOBUF_C_TYPE_DOUBLE:
      return g_variant_new_double (value->real);
    case PROTOBUF_C_TYPE_BOOL:
      return g_variant_new_boolean (value->boolean);
    case PROTOBUF_C_TYPE_ENUM:
      return g_variant_new_string (grpc_aio_enum_type_name_of (field->enumeration, value->int32));
    case PROTOBUF_C_TYPE_STRING:
      return g_variant_new_string (value->string);
    case PROTOBUF_C_TYPE_BYTES:
      return print_bytes (value->bytes.data, value->bytes.len);
    default:
      return g_variant_new_int32 (value->int32);
    }
}

static GVariant *
print_value (Printer *self,
             const GrpcAioMessageField *field,
             const GrpcAioMessageValue *value)
{
  ProtobufCMessage *empty;
  GVariant *variant;

  if (field->message == NULL)
    return print_scalar (field, value);
  if (value->message != NULL)
    return print_message (self, field->message, value->message);

  empty = grpc_aio_message_type_new_struct (field->message);
  variant = print_message (self, field->message, empty);
  grpc_aio_message_free_struct (empty);

  return variant;
}

/* Whether the value has a form of its own: a number that the enumeration does
 * not name, or a text that is not UTF-8, as a proto2 string may be. */
static gboolean
is_odd (const GrpcAioMessageField *field,
        const GrpcAioMessageValue *value)
{
  if (field->core->type == PROTOBUF_C_TYPE_ENUM)
    return grpc_aio_enum_type_name_of (field->enumeration, value->int32) == NULL;

  return field->core->type == PROTOBUF_C_TYPE_STRING && !g_utf8_validate (value->string, -1, NULL);
}

static GVariant *
print_odd (const GrpcAioMessageField *field,
           const GrpcAioMessageValue *value)
{
  if (field->core->type == PROTOBUF_C_TYPE_ENUM)
    return g_variant_new_int32 (value->int32);

  return print_bytes (value->string, strlen (value->string));
}

static const GVariantType *
get_odd_type (const GrpcAioMessageField *field)
{
  return field->core->type == PROTOBUF_C_TYPE_ENUM ? G_VARIANT_TYPE_INT32 : G_VARIANT_TYPE_BYTESTRING;
}

static GVariant *
print_singular (Printer *self,
                const GrpcAioMessageField *field,
                const ProtobufCMessage *message)
{
  GrpcAioMessageValue value;

  grpc_aio_message_field_load (field, message, &value);
  if (is_odd (field, &value))
    return print_odd (field, &value);

  return print_value (self, field, &value);
}

/* What lies in memory as a GVariant has it. */
static gboolean
is_fixed (ProtobufCType type)
{
  switch (type)
    {
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_MESSAGE:
    case PROTOBUF_C_TYPE_STRING:
      return FALSE;
    default:
      return TRUE;
    }
}

/* An array has elements of one type: if one of them is odd, all are like it. */
static GVariant *
print_repeated (Printer *self,
                const GrpcAioMessageField *field,
                const ProtobufCMessage *message)
{
  gsize n_elements = grpc_aio_message_field_get_n_elements (field, message);
  g_autoptr (GVariantType) type = NULL;
  GVariantBuilder builder;
  GrpcAioMessageValue value;
  gboolean odd = FALSE;

  if (is_fixed (field->core->type))
    return g_variant_new_fixed_array (get_type (field),
                                      n_elements > 0 ? grpc_aio_message_field_get_element (field, message, 0) : NULL,
                                      n_elements,
                                      grpc_aio_message_field_get_element_size (field));

  for (gsize i = 0; i < n_elements && !odd; i++)
    {
      grpc_aio_message_field_load_element (field, message, i, &value);
      odd = is_odd (field, &value);
    }

  type = g_variant_type_new_array (odd ? get_odd_type (field) : get_type (field));
  g_variant_builder_init (&builder, type);
  for (gsize i = 0; i < n_elements; i++)
    {
      grpc_aio_message_field_load_element (field, message, i, &value);
      g_variant_builder_add_value (&builder, odd ? print_odd (field, &value) : print_value (self, field, &value));
    }

  return g_variant_builder_end (&builder);
}

static GVariant *
print_key (const GrpcAioMessageField *field,
           const ProtobufCMessage *entry)
{
  GrpcAioMessageValue key;

  grpc_aio_message_field_load (field, entry, &key);
  if (is_odd (field, &key))
    return g_variant_new_take_string (g_utf8_make_valid (key.string, -1));

  return print_scalar (field, &key);
}

static GVariant *
print_map (Printer *self,
           const GrpcAioMessageField *map,
           const ProtobufCMessage *message)
{
  g_autoptr (GPtrArray) entries = grpc_aio_message_map_sort (map, message);
  GrpcAioMessageField *key_field = grpc_aio_message_map_key (map);
  GrpcAioMessageField *value_field = grpc_aio_message_map_value (map);
  g_autoptr (GVariantType) entry_type = NULL;
  g_autoptr (GVariantType) type = NULL;
  GVariantBuilder builder;
  GrpcAioMessageValue value;
  gboolean odd = FALSE;

  for (guint i = 0; i < entries->len && !odd; i++)
    {
      grpc_aio_message_field_load (value_field, entries->pdata[i], &value);
      odd = is_odd (value_field, &value);
    }

  entry_type = g_variant_type_new_dict_entry (get_type (key_field), odd ? get_odd_type (value_field) : get_type (value_field));
  type = g_variant_type_new_array (entry_type);
  g_variant_builder_init (&builder, type);
  for (guint i = 0; i < entries->len; i++)
    {
      GVariant *key = print_key (key_field, entries->pdata[i]);

      grpc_aio_message_field_load (value_field, entries->pdata[i], &value);
      g_variant_builder_add_value (&builder, g_variant_new_dict_entry (key, odd ? print_odd (value_field, &value) : print_value (self, value_field, &value)));
    }

  return g_variant_builder_end (&builder);
}

static GVariant *
print_field (Printer *self,
             const GrpcAioMessageField *field,
             const ProtobufCMessage *message)
{
  if (field->is_map)
    return print_map (self, field, message);
  if (field->is_repeated)
    return print_repeated (self, field, message);

  return print_singular (self, field, message);
}

/* Bytes that are no extension of this type after all are left out, as unknown
 * fields are. */
static void
print_extensions (Printer *self,
                  GrpcAioMessageType *type,
                  const ProtobufCMessage *message,
                  GVariantBuilder *builder)
{
  g_autoptr (GPtrArray) extensions = grpc_aio_message_find_extensions (self->pool, type, message);

  for (guint i = 0; extensions != NULL && i < extensions->len; i++)
    {
      GrpcAioMessageField *extension = extensions->pdata[i];
      ProtobufCMessage *holder = grpc_aio_message_field_unpack_extension (extension, message, NULL);
      g_autofree char *name = g_strdup_printf ("[%s]", extension->full_name);

      if (holder == NULL)
        continue;
      g_variant_builder_add (builder, "{sv}", name, print_field (self, extension, holder));
      grpc_aio_message_free_struct (holder);
    }
}

static GVariant *
print_fields (Printer *self,
              GrpcAioMessageType *type,
              const ProtobufCMessage *message)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < type->n_fields; i++)
    {
      const GrpcAioMessageField *field = &type->fields[i];

      if (grpc_aio_message_field_is_set (field, message))
        g_variant_builder_add (&builder, "{sv}", field->core->name, print_field (self, field, message));
    }
  print_extensions (self, type, message, &builder);

  return g_variant_builder_end (&builder);
}

/* Struct and ListValue hold any values, so each is in a variant. */
static GVariant *
print_struct (Printer *self,
              GrpcAioMessageType *type,
              const ProtobufCMessage *message)
{
  const GrpcAioMessageField *fields = &type->fields[0];
  g_autoptr (GPtrArray) entries = grpc_aio_message_map_sort (fields, message);
  GVariantBuilder builder;
  GrpcAioMessageValue value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < entries->len; i++)
    {
      GVariant *key = print_key (grpc_aio_message_map_key (fields), entries->pdata[i]);

      grpc_aio_message_field_load (grpc_aio_message_map_value (fields), entries->pdata[i], &value);
      g_variant_builder_add_value (&builder, g_variant_new_dict_entry (key, print_value (self, grpc_aio_message_map_value (fields), &value)));
    }

  return g_variant_builder_end (&builder);
}

/* Nothing is null, which is what bindings make of it. */
static GVariant *
print_json_value (Printer *self,
                  GrpcAioMessageType *type,
                  const ProtobufCMessage *message)
{
  for (guint i = 1; i < type->n_fields; i++)
    {
      if (grpc_aio_message_field_is_set (&type->fields[i], message))
        return g_variant_new_variant (print_singular (self, &type->fields[i], message));
    }

  return g_variant_new_variant (g_variant_new_maybe (G_VARIANT_TYPE_VARIANT, NULL));
}

static GVariant *
print_contents (Printer *self,
                GrpcAioMessageType *type,
                const ProtobufCMessage *message)
{
  GrpcAioMessageValue value;

  switch (type->well_known)
    {
    case GRPC_AIO_WELL_KNOWN_STRUCT:
      return print_struct (self, type, message);
    case GRPC_AIO_WELL_KNOWN_LIST_VALUE:
      return print_repeated (self, &type->fields[0], message);
    case GRPC_AIO_WELL_KNOWN_VALUE:
      return print_json_value (self, type, message);
    case GRPC_AIO_WELL_KNOWN_WRAPPER:
      grpc_aio_message_field_load (&type->fields[0], message, &value);
      if (is_odd (&type->fields[0], &value))
        return g_variant_new_take_string (g_utf8_make_valid (value.string, -1));
      return print_scalar (&type->fields[0], &value);
    default:
      return print_fields (self, type, message);
    }
}

static GVariant *
print_message (Printer *self,
               GrpcAioMessageType *type,
               const ProtobufCMessage *message)
{
  ProtobufCMessage *empty;
  GVariant *variant;

  if (self->depth > GRPC_AIO_MESSAGE_MAX_DEPTH)
    {
      g_critical ("A %s is nested deeper than %d messages", type->full_name, GRPC_AIO_MESSAGE_MAX_DEPTH);
      empty = grpc_aio_message_type_new_struct (type);
      variant = print_contents (self, type, empty);
      grpc_aio_message_free_struct (empty);
      return variant;
    }

  self->depth++;
  variant = print_contents (self, type, message);
  self->depth--;

  return variant;
}

GVariant *
grpc_aio_variant_print (GrpcAioMessagePool *pool,
                        GrpcAioMessageType *type,
                        const ProtobufCMessage *message)
{
  Printer printer = { .pool = pool };

  return print_message (&printer, type, message);
}
