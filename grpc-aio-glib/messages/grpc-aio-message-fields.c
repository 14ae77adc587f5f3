/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The fields of a message, from its description to models. */

#include "messages/grpc-aio-message-file-private.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "messages/grpc-aio-message-names-private.h"
#include "messages/grpc-aio-protobuf-wire-private.h"

#define NUMBER_MAX ((1 << 29) - 1)
#define RESERVED_MIN 19000
#define RESERVED_MAX 19999

/* What a description calls types, less one. */
static const ProtobufCType types[] = {
  PROTOBUF_C_TYPE_DOUBLE,
  PROTOBUF_C_TYPE_FLOAT,
  PROTOBUF_C_TYPE_INT64,
  PROTOBUF_C_TYPE_UINT64,
  PROTOBUF_C_TYPE_INT32,
  PROTOBUF_C_TYPE_FIXED64,
  PROTOBUF_C_TYPE_FIXED32,
  PROTOBUF_C_TYPE_BOOL,
  PROTOBUF_C_TYPE_STRING,
  PROTOBUF_C_TYPE_MESSAGE, /* A group. */
  PROTOBUF_C_TYPE_MESSAGE,
  PROTOBUF_C_TYPE_BYTES,
  PROTOBUF_C_TYPE_UINT32,
  PROTOBUF_C_TYPE_ENUM,
  PROTOBUF_C_TYPE_SFIXED32,
  PROTOBUF_C_TYPE_SFIXED64,
  PROTOBUF_C_TYPE_SINT32,
  PROTOBUF_C_TYPE_SINT64,
};

static int
compare_numbers (gconstpointer a,
                 gconstpointer b)
{
  const GrpcAioProtoField *left = *(const GrpcAioProtoField *const *) a;
  const GrpcAioProtoField *right = *(const GrpcAioProtoField *const *) b;

  return (left->number > right->number) - (left->number < right->number);
}

/* What is wrong with it, whatever else the file has; NULL for nothing. */
static const char *
find_fault (GrpcAioMessageFile *self,
            const GrpcAioProtoField *proto,
            gboolean is_proto3,
            gboolean is_extension)
{
  if (proto->number < 1 || proto->number > NUMBER_MAX)
    return _("has a number that is not between 1 and 536870911");
  if (proto->number >= RESERVED_MIN && proto->number <= RESERVED_MAX)
    return _("has one of the numbers 19000 to 19999, which are reserved");
  if (proto->has_label && (proto->label < 1 || proto->label > 3))
    return _("is neither optional, required nor repeated");
  if (proto->has_type && (proto->type < 1 || proto->type > (gint) G_N_ELEMENTS (types)))
    return _("has a type that does not exist");
  if (!proto->has_type && proto->type_name == NULL)
    return _("has no type");
  if (is_extension && proto->has_oneof_index)
    return _("is an extension within a oneof");
  if (is_extension && proto->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REQUIRED)
    return _("is an extension, but required");
  if (!is_proto3)
    return NULL;

  if (proto->has_label && proto->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REQUIRED)
    return _("is required, which proto3 does not have");
  if (proto->has_type && proto->type == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_GROUP)
    return _("is a group, which proto3 does not have");
  if (proto->default_value != NULL)
    return _("has a default, which proto3 does not have");

  return NULL;
}

static gboolean
is_packable (ProtobufCType type)
{
  return type != PROTOBUF_C_TYPE_STRING && type != PROTOBUF_C_TYPE_BYTES && type != PROTOBUF_C_TYPE_MESSAGE;
}

/* Sets @type, and what it refers to. */
static gboolean
resolve_type (GrpcAioMessageFile *self,
              GrpcAioMessageBuilder *builder,
              GrpcAioMessageField *field,
              const GrpcAioProtoField *proto,
              const char *scope,
              const char *user,
              ProtobufCType *type)
{
  GrpcAioSymbol *symbol;

  if (proto->has_type)
    {
      *type = types[proto->type - 1];
      if (*type != PROTOBUF_C_TYPE_MESSAGE && *type != PROTOBUF_C_TYPE_ENUM)
        return TRUE;
      if (proto->type_name == NULL)
        return grpc_aio_message_file_fail (self, builder, user, _("does not name its type"));
    }

  symbol = grpc_aio_message_file_resolve (self, builder, scope, proto->type_name, user);
  if (symbol == NULL)
    return FALSE;

  if (!proto->has_type)
    *type = symbol->kind == GRPC_AIO_SYMBOL_ENUM ? PROTOBUF_C_TYPE_ENUM : PROTOBUF_C_TYPE_MESSAGE;
  if ((*type == PROTOBUF_C_TYPE_ENUM) != (symbol->kind == GRPC_AIO_SYMBOL_ENUM))
    return grpc_aio_message_file_fail (self, builder, user, _("has a type that is of another kind than it says"));

  if (*type == PROTOBUF_C_TYPE_ENUM)
    field->enumeration = symbol->item;
  else
    field->message = symbol->item;
  field->is_group = proto->has_type && proto->type == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_GROUP;

  return TRUE;
}

static ProtobufCLabel
get_label (const GrpcAioMessageField *field,
           gboolean is_proto3)
{
  if (field->is_repeated)
    return PROTOBUF_C_LABEL_REPEATED;
  if (field->is_required)
    return PROTOBUF_C_LABEL_REQUIRED;
  if (is_proto3 && (!field->has_presence || field->oneof != NULL || field->message != NULL))
    return PROTOBUF_C_LABEL_NONE;

  return PROTOBUF_C_LABEL_OPTIONAL;
}

static guint32
get_flags (const GrpcAioMessageField *field,
           const GrpcAioProtoField *proto)
{
  guint32 flags = 0;

  if (field->is_packed)
    flags |= PROTOBUF_C_FIELD_FLAG_PACKED;
  if (proto->options != NULL && proto->options->has_deprecated && proto->options->deprecated)
    flags |= PROTOBUF_C_FIELD_FLAG_DEPRECATED;
  if (field->oneof != NULL)
    flags |= PROTOBUF_C_FIELD_FLAG_ONEOF;
  if (field->is_group)
    flags |= GRPC_AIO_PROTOBUF_FIELD_GROUP;
  if (field->is_utf8)
    flags |= GRPC_AIO_PROTOBUF_FIELD_UTF8;

  return flags;
}

static gboolean
set_default (GrpcAioMessageFile *self,
             GrpcAioMessageBuilder *builder,
             GrpcAioMessageField *field,
             const GrpcAioProtoField *proto,
             ProtobufCType type,
             const char *user)
{
  if (proto->default_value != NULL)
    {
      if (field->is_repeated || field->message != NULL)
        return grpc_aio_message_file_fail (self, builder, user, _("has a default, which is not for its type"));

      field->default_value = grpc_aio_message_file_parse_default (self, type, field->enumeration, proto->default_value);
      if (field->default_value == NULL)
        return grpc_aio_message_file_fail (self, builder, user, _("has a default that is not of its type"));
    }
  else if (field->enumeration != NULL && field->enumeration->first != 0 && !field->is_repeated)
    {
      field->default_value = &field->enumeration->first;
    }

  return TRUE;
}

/* All but what the place in the struct is. */
static gboolean
build_field (GrpcAioMessageFile *self,
             GrpcAioMessageBuilder *builder,
             GrpcAioMessageField *field,
             const GrpcAioProtoField *proto,
             const char *scope,
             const char *user,
             gboolean is_proto3,
             ProtobufCFieldDescriptor *core)
{
  const char *fault = find_fault (self, proto, is_proto3, field->full_name != NULL);
  const Google__Protobuf__FieldOptions *options = proto->options;

  if (fault != NULL)
    return grpc_aio_message_file_fail (self, builder, user, fault);
  if (!resolve_type (self, builder, field, proto, scope, user, &core->type))
    return FALSE;

  field->is_repeated = proto->has_label && proto->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
  field->is_required = proto->has_label && proto->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REQUIRED;
  field->is_map = field->is_repeated && field->message != NULL && field->message->is_map_entry;
  field->is_utf8 = is_proto3 && core->type == PROTOBUF_C_TYPE_STRING;
  if (field->is_repeated && is_packable (core->type))
    field->is_packed = options != NULL && options->has_packed ? options->packed : is_proto3;
  field->has_presence = !field->is_repeated &&
                        (!is_proto3 || field->message != NULL || field->oneof != NULL || field->full_name != NULL ||
                         (proto->has_proto3_optional && proto->proto3_optional));
  if (field->oneof != NULL && (field->is_repeated || field->is_required))
    return grpc_aio_message_file_fail (self, builder, user, _("is in a oneof, but repeated or required"));
  if (!set_default (self, builder, field, proto, core->type, user))
    return FALSE;

  if (proto->json_name != NULL && g_utf8_validate (proto->json_name, -1, NULL))
    field->json_name = proto->json_name;
  else
    field->json_name = grpc_aio_message_file_take_string (self, grpc_aio_message_name_json (proto->name));

  core->name = proto->name;
  core->id = (guint32) proto->number;
  core->label = get_label (field, is_proto3);
  core->descriptor = field->message != NULL ? (gconstpointer) field->message->core : field->enumeration != NULL ? (gconstpointer) field->enumeration->core
                                                                                                                : NULL;
  core->flags = get_flags (field, proto);
  if (field->oneof == NULL && !field->is_repeated)
    core->default_value = field->default_value;
  if (core->label == PROTOBUF_C_LABEL_NONE && core->type == PROTOBUF_C_TYPE_STRING && field->oneof == NULL)
    core->default_value = protobuf_c_empty_string;

  return TRUE;
}

/* A proto3 optional field is described as the only one of a oneof, which is no
 * oneof otherwise. Fills @places: for each oneof of the description its place, or
 * -1 where there is none. */
static gboolean
build_oneofs (GrpcAioMessageFile *self,
              GrpcAioMessageBuilder *builder,
              GrpcAioMessageType *type,
              const GrpcAioProtoMessage *proto,
              gint *places)
{
  g_autofree guint *n_members = g_new0 (guint, proto->n_oneof_decl + 1);
  g_autofree guint *n_optional = g_new0 (guint, proto->n_oneof_decl + 1);

  for (gsize i = 0; i < proto->n_field; i++)
    {
      const GrpcAioProtoField *field = proto->field[i];
      const gboolean is_optional = field->has_proto3_optional && field->proto3_optional;

      if (field->has_oneof_index && (field->oneof_index < 0 || (gsize) field->oneof_index >= proto->n_oneof_decl))
        return grpc_aio_message_file_fail (self, builder, type->full_name, _("has a field in a oneof that it does not have"));
      if (is_optional && !field->has_oneof_index)
        return grpc_aio_message_file_fail (self, builder, type->full_name, _("has an optional field without a oneof of its own"));
      if (field->has_oneof_index)
        n_members[field->oneof_index]++;
      if (is_optional)
        n_optional[field->oneof_index]++;
    }

  for (gsize i = 0; i < proto->n_oneof_decl; i++)
    {
      if (n_members[i] == 0)
        return grpc_aio_message_file_fail (self, builder, type->full_name, _("has a oneof without fields"));
      if (n_optional[i] > 0 && n_members[i] > 1)
        return grpc_aio_message_file_fail (self, builder, type->full_name, _("has an optional field without a oneof of its own"));
      places[i] = n_optional[i] == 0 ? (gint) type->n_oneofs++ : -1;
    }

  type->oneofs = grpc_aio_message_file_allocate (self, type->n_oneofs * sizeof *type->oneofs);
  for (gsize i = 0; i < proto->n_oneof_decl; i++)
    {
      if (places[i] >= 0)
        type->oneofs[places[i]].name = proto->oneof_decl[i]->name;
    }

  return TRUE;
}

static void
name_all (GrpcAioMessageType *type)
{
  g_autoptr (GHashTable) taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  type->names = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < type->n_fields; i++)
    {
      GrpcAioMessageField *field = &type->fields[i];

      field->property_name = g_intern_string (grpc_aio_message_name_property (taken, field->core->name, "field"));
      g_hash_table_insert (type->names, (gpointer) field->core->name, field);
    }
  for (guint i = 0; i < type->n_oneofs; i++)
    {
      GrpcAioMessageOneof *oneof = &type->oneofs[i];
      g_autofree char *name = g_strconcat (oneof->name, "_case", NULL);

      oneof->property_name = g_intern_string (grpc_aio_message_name_property (taken, name, "oneof"));
    }

  /* Two fields of one JSON name go by their other name. */
  for (guint i = 0; i < type->n_fields; i++)
    {
      if (!g_hash_table_contains (type->names, type->fields[i].json_name))
        g_hash_table_insert (type->names, (gpointer) type->fields[i].json_name, &type->fields[i]);
    }
}

/* The struct is that of generated code. */
static gboolean
use_generated (GrpcAioMessageFile *self,
               GrpcAioMessageBuilder *builder,
               GrpcAioMessageType *type,
               const ProtobufCFieldDescriptor *cores)
{
  if (type->core->n_fields != type->n_fields)
    return grpc_aio_message_file_fail (self, builder, type->full_name, _("is not what the generated code says"));

  for (guint i = 0; i < type->n_fields; i++)
    {
      const ProtobufCFieldDescriptor *core = &type->core->fields[i];

      if (core->id != cores[i].id || core->type != cores[i].type ||
          (core->label == PROTOBUF_C_LABEL_REPEATED) != (cores[i].label == PROTOBUF_C_LABEL_REPEATED) ||
          ((core->flags ^ cores[i].flags) & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
        return grpc_aio_message_file_fail (self, builder, type->full_name, _("is not what the generated code says"));

      type->fields[i].core = core;
      if (type->fields[i].oneof != NULL)
        type->fields[i].oneof->case_offset = core->quantifier_offset;
    }

  return TRUE;
}

gboolean
grpc_aio_message_file_build_message (GrpcAioMessageFile *self,
                                     GrpcAioMessageBuilder *builder,
                                     GrpcAioMessageType *type,
                                     const GrpcAioProtoMessage *proto)
{
  const guint n = (guint) proto->n_field;
  g_autofree const GrpcAioProtoField **sorted = g_new (const GrpcAioProtoField *, n + 1);
  g_autofree gint *places = g_new (gint, proto->n_oneof_decl + 1);
  ProtobufCFieldDescriptor *cores = grpc_aio_message_file_allocate (self, n * sizeof *cores);

  if (!build_oneofs (self, builder, type, proto, places))
    return FALSE;

  for (guint i = 0; i < n; i++)
    sorted[i] = proto->field[i];
  qsort (sorted, n, sizeof *sorted, compare_numbers);

  type->n_fields = n;
  type->fields = grpc_aio_message_file_allocate (self, n * sizeof *type->fields);
  for (guint i = 0; i < n; i++)
    {
      GrpcAioMessageField *field = &type->fields[i];
      g_autofree char *user = g_strconcat (type->full_name, ".", sorted[i]->name, NULL);

      if (i > 0 && sorted[i]->number == sorted[i - 1]->number)
        return grpc_aio_message_file_fail (self, builder, user, _("has the number of another field"));
      if (sorted[i]->extendee != NULL)
        return grpc_aio_message_file_fail (self, builder, user, _("is an extension in the place of a field"));

      field->core = &cores[i];
      field->parent = type;
      if (sorted[i]->has_oneof_index && places[sorted[i]->oneof_index] >= 0)
        field->oneof = &type->oneofs[places[sorted[i]->oneof_index]];
      if (!build_field (self, builder, field, sorted[i], type->full_name, user, type->is_proto3, &cores[i]))
        return FALSE;
      if (field->is_required)
        type->has_required = TRUE;
    }
  name_all (type);

  if (self->generated != NULL)
    return use_generated (self, builder, type, cores);

  grpc_aio_message_file_lay_out (self, type, cores);

  return TRUE;
}

static gboolean
is_legal_key (const GrpcAioMessageField *field)
{
  switch (field->core->type)
    {
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_MESSAGE:
      return FALSE;

    default:
      return !field->is_repeated && field->oneof == NULL && !field->is_required;
    }
}

static gboolean
is_legal_entry (const GrpcAioMessageType *type)
{
  const GrpcAioMessageField *fields = type->fields;

  return type->n_fields == 2 && type->n_oneofs == 0 && fields[0].core->id == 1 && fields[1].core->id == 2 &&
         strcmp (fields[0].core->name, "key") == 0 && strcmp (fields[1].core->name, "value") == 0 &&
         is_legal_key (&fields[0]) && !fields[1].is_repeated && !fields[1].is_required && !fields[1].is_group;
}

/* Fields as numbers and types, such as "1s2b": what is repeated has a "*". */
static char *
dup_shape (const GrpcAioMessageType *type)
{
  static const char letters[] = "iiilllUULLfdbesym";
  GString *shape = g_string_new (NULL);

  for (guint i = 0; i < type->n_fields; i++)
    {
      const GrpcAioMessageField *field = &type->fields[i];

      g_string_append_printf (shape, "%u%c%s%s", field->core->id, letters[field->core->type], field->is_repeated ? "*" : "", field->oneof != NULL ? "|" : "");
    }

  return g_string_free (shape, FALSE);
}

static gboolean
is_value (const GrpcAioMessageType *type)
{
  g_autofree char *shape = dup_shape (type);

  return strcmp (type->full_name, "google.protobuf.Value") == 0 && type->n_oneofs == 1 &&
         strcmp (shape, "1e|2d|3s|4b|5m|6m|") == 0;
}

static gboolean
is_struct (const GrpcAioMessageType *type)
{
  return strcmp (type->full_name, "google.protobuf.Struct") == 0 && type->n_fields == 1 && type->fields[0].core->id == 1 &&
         type->fields[0].is_map && is_legal_entry (type->fields[0].message) &&
         type->fields[0].message->fields[0].core->type == PROTOBUF_C_TYPE_STRING &&
         type->fields[0].message->fields[1].message != NULL && is_value (type->fields[0].message->fields[1].message);
}

static gboolean
is_list_value (const GrpcAioMessageType *type)
{
  g_autofree char *shape = dup_shape (type);

  return strcmp (type->full_name, "google.protobuf.ListValue") == 0 && strcmp (shape, "1m*") == 0 &&
         is_value (type->fields[0].message);
}

/* A message counts as well-known when it has the fields, too: who handles it
 * relies on them. */
static GrpcAioWellKnown
find_well_known (const GrpcAioMessageType *type)
{
  static const struct
  {
    const char *name;
    const char *shape;
    GrpcAioWellKnown well_known;
  } all[] = {
    { "google.protobuf.Any", "1s2y", GRPC_AIO_WELL_KNOWN_ANY },
    { "google.protobuf.BoolValue", "1b", GRPC_AIO_WELL_KNOWN_WRAPPER },
    { "google.protobuf.BytesValue", "1y", GRPC_AIO_WELL_KNOWN_WRAPPER },
    { "google.protobuf.DoubleValue", "1d", GRPC_AIO_WELL_KNOWN_WRAPPER },
    { "google.protobuf.Duration", "1l2i", GRPC_AIO_WELL_KNOWN_DURATION },
    { "google.protobuf.Empty", "", GRPC_AIO_WELL_KNOWN_EMPTY },
    { "google.protobuf.FieldMask", "1s*", GRPC_AIO_WELL_KNOWN_FIELD_MASK },
    { "google.protobuf.FloatValue", "1f", GRPC_AIO_WELL_KNOWN_WRAPPER },
    { "google.protobuf.Int32Value", "1i", GRPC_AIO_WELL_KNOWN_WRAPPER },
    { "google.protobuf.Int64Value", "1l", GRPC_AIO_WELL_KNOWN_WRAPPER },
    { "google.protobuf.StringValue", "1s", GRPC_AIO_WELL_KNOWN_WRAPPER },
    { "google.protobuf.Timestamp", "1l2i", GRPC_AIO_WELL_KNOWN_TIMESTAMP },
    { "google.protobuf.UInt32Value", "1U", GRPC_AIO_WELL_KNOWN_WRAPPER },
    { "google.protobuf.UInt64Value", "1L", GRPC_AIO_WELL_KNOWN_WRAPPER },
  };
  g_autofree char *shape = NULL;

  if (!g_str_has_prefix (type->full_name, "google.protobuf."))
    return GRPC_AIO_WELL_KNOWN_NONE;

  shape = dup_shape (type);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      if (strcmp (type->full_name, all[i].name) == 0 && strcmp (shape, all[i].shape) == 0)
        return all[i].well_known;
    }

  /* These three contain each other. */
  if (is_list_value (type) && is_struct (type->fields[0].message->fields[4].message))
    return GRPC_AIO_WELL_KNOWN_LIST_VALUE;
  if (is_struct (type) && is_list_value (type->fields[0].message->fields[1].message->fields[5].message))
    return GRPC_AIO_WELL_KNOWN_STRUCT;
  if (is_value (type) && is_struct (type->fields[4].message) && is_list_value (type->fields[5].message))
    return GRPC_AIO_WELL_KNOWN_VALUE;

  return GRPC_AIO_WELL_KNOWN_NONE;
}

/* All messages of the file have their fields now. */
gboolean
grpc_aio_message_file_check_message (GrpcAioMessageFile *self,
                                     GrpcAioMessageBuilder *builder,
                                     GrpcAioMessageType *type)
{
  if (type->is_map_entry && !is_legal_entry (type))
    return grpc_aio_message_file_fail (self, builder, type->full_name, _("is to be an entry of a map, but does not look like one"));

  type->well_known = find_well_known (type);

  return TRUE;
}

static gboolean
is_in_range (const GrpcAioMessageType *type,
             gint32 number)
{
  const GrpcAioProtoMessage *proto = type->proto;

  for (gsize i = 0; i < proto->n_extension_range; i++)
    {
      if (number >= proto->extension_range[i]->start && number < proto->extension_range[i]->end)
        return TRUE;
    }

  return FALSE;
}

/* A message that has nothing but the extension. */
static void
make_holder (GrpcAioMessageFile *self,
             GrpcAioMessageField *field,
             ProtobufCFieldDescriptor *core)
{
  GrpcAioMessageType *holder = grpc_aio_message_file_allocate (self, sizeof *holder);

  holder->core = grpc_aio_message_file_allocate (self, sizeof *holder->core);
  holder->full_name = field->full_name;
  holder->pool = self->pool;
  holder->fields = field;
  holder->n_fields = 1;
  field->core = core;
  field->holder = holder;
  grpc_aio_message_file_lay_out (self, holder, core);
}

gboolean
grpc_aio_message_file_build_extension (GrpcAioMessageFile *self,
                                       GrpcAioMessageBuilder *builder,
                                       GrpcAioMessageField *field,
                                       const GrpcAioProtoField *proto,
                                       const char *scope)
{
  ProtobufCFieldDescriptor *core = grpc_aio_message_file_allocate (self, sizeof *core);
  GrpcAioSymbol *symbol;
  g_autofree char *key = NULL;

  if (proto->extendee == NULL)
    return grpc_aio_message_file_fail (self, builder, field->full_name, _("does not say what it extends"));
  symbol = grpc_aio_message_file_resolve (self, builder, scope, proto->extendee, field->full_name);
  if (symbol == NULL)
    return FALSE;
  if (symbol->kind != GRPC_AIO_SYMBOL_MESSAGE)
    return grpc_aio_message_file_fail (self, builder, field->full_name, _("uses an enumeration in place of a message"));

  field->parent = symbol->item;
  if (!build_field (self, builder, field, proto, scope, field->full_name, g_strcmp0 (self->proto->syntax, "proto3") == 0, core))
    return FALSE;
  if (!is_in_range (field->parent, proto->number))
    return grpc_aio_message_file_fail (self, builder, field->full_name, _("has a number that is not for extensions"));

  key = grpc_aio_message_file_number_key (field->parent->full_name, core->id);
  if (builder->find_number (builder, key) != NULL)
    return grpc_aio_message_file_fail (self, builder, field->full_name, _("has the number of another extension"));
  g_hash_table_insert (builder->numbers, g_steal_pointer (&key), field);

  field->property_name = field->full_name;
  make_holder (self, field, core);

  return TRUE;
}
