/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From descriptors to the model: everything that a file declares, and what it
 * stands in, but nothing that other files declare. */

#include <string.h>

#include "model.h"

#define MAX_NUMBER ((1 << 29) - 1)

static gboolean
element_init (Element *self,
              File *file,
              const char *scope,
              const char *name,
              gconstpointer proto,
              GError **error)
{
  if (!names_is_word (name))
    {
      g_set_error (error, MODEL_ERROR, 0, "%s: something in it has no valid name", file->name);
      return FALSE;
    }

  self->file = file;
  self->name = model_own (file->model, g_strdup (name));
  self->full_name = *scope != '\0'
                        ? model_own_printf (file->model, "%s.%s", scope, name)
                        : self->name;
  g_hash_table_insert (file->model->elements, (gpointer) proto, self);

  return TRUE;
}

/* Enumerations are named in the scope around them, as in C++, but protoc-c and
 * we name values by their enumeration. */
static gboolean
build_enum (File *file,
            const char *scope,
            const Google__Protobuf__EnumDescriptorProto *proto,
            GError **error)
{
  Enum *self = model_own (file->model, g_new0 (Enum, 1));

  if (!element_init (&self->element, file, scope, proto->name, proto, error))
    return FALSE;

  self->proto = proto;
  self->values = model_array (file->model);
  self->element.deprecated = proto->options != NULL && proto->options->deprecated;
  g_ptr_array_add (file->enums, self);

  if (!g_hash_table_insert (file->model->enums, self->element.full_name, self) || proto->n_value == 0)
    {
      model_set_error (error, &self->element, "the enumeration is declared twice, or has no values");
      return FALSE;
    }

  for (gsize i = 0; i < proto->n_value; i++)
    {
      const Google__Protobuf__EnumValueDescriptorProto *from = proto->value[i];
      EnumValue *value = model_own (file->model, g_new0 (EnumValue, 1));

      if (!element_init (&value->element, file, self->element.full_name, from->name, from, error))
        return FALSE;

      value->number = from->number;
      value->element.deprecated = from->options != NULL && from->options->deprecated;
      for (guint j = 0; j < self->values->len; j++)
        {
          const EnumValue *other = g_ptr_array_index (self->values, j);

          value->is_alias = value->is_alias || other->number == value->number;
        }

      g_ptr_array_add (self->values, value);
    }

  return TRUE;
}

static gboolean
build_field (Message *parent,
             const char *scope,
             const Google__Protobuf__FieldDescriptorProto *proto,
             GError **error)
{
  File *file = parent->element.file;
  Field *self = model_own (file->model, g_new0 (Field, 1));

  if (!element_init (&self->element, file, scope, proto->name, proto, error))
    return FALSE;

  self->parent = parent;
  self->proto = proto;
  self->type = proto->type;
  self->number = proto->number;
  self->is_repeated = proto->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
  self->is_required = proto->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REQUIRED;
  self->is_group = proto->type == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_GROUP;
  self->element.deprecated = proto->options != NULL && proto->options->deprecated;
  g_ptr_array_add (parent->fields, self);

  if (!proto->has_number || proto->number < 1 || proto->number > MAX_NUMBER)
    {
      model_set_error (error, &self->element, "the number %d is out of range", proto->number);
      return FALSE;
    }

  if (!proto->has_type)
    {
      model_set_error (error, &self->element, "it has no type");
      return FALSE;
    }

  return TRUE;
}

static gint
compare_numbers (gconstpointer a,
                 gconstpointer b)
{
  const Field *one = *(Field *const *) a, *other = *(Field *const *) b;

  return one->number < other->number ? -1 : one->number > other->number;
}

static gboolean
sort_fields (Message *self,
             GError **error)
{
  for (guint i = 0; i < self->fields->len; i++)
    g_ptr_array_add (self->sorted, g_ptr_array_index (self->fields, i));
  g_ptr_array_sort (self->sorted, compare_numbers);

  for (guint i = 1; i < self->sorted->len; i++)
    {
      const Field *field = g_ptr_array_index (self->sorted, i);
      const Field *before = g_ptr_array_index (self->sorted, i - 1);

      if (field->number == before->number)
        {
          model_set_error (error, &field->element, "the number %u is taken", field->number);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
build_oneofs (Message *self,
              GError **error)
{
  File *file = self->element.file;
  g_autoptr (GPtrArray) all = g_ptr_array_new ();

  for (gsize i = 0; i < self->proto->n_oneof_decl; i++)
    {
      Oneof *oneof = model_own (file->model, g_new0 (Oneof, 1));

      if (!element_init (&oneof->element, file, self->element.full_name, self->proto->oneof_decl[i]->name, self->proto->oneof_decl[i], error))
        return FALSE;

      oneof->parent = self;
      oneof->fields = model_array (file->model);
      g_ptr_array_add (all, oneof);
    }

  for (guint i = 0; i < self->fields->len; i++)
    {
      Field *field = g_ptr_array_index (self->fields, i);

      if (!field->proto->has_oneof_index)
        continue;

      if (field->proto->oneof_index < 0 || (guint) field->proto->oneof_index >= all->len || field->is_repeated)
        {
          model_set_error (error, &field->element, "the oneof does not exist");
          return FALSE;
        }

      if (field->proto->has_proto3_optional && field->proto->proto3_optional)
        continue;

      field->oneof = g_ptr_array_index (all, field->proto->oneof_index);
      g_ptr_array_add (field->oneof->fields, field);
    }

  /* Those that protoc makes for proto3's optional fields stay empty. */
  for (guint i = 0; i < all->len; i++)
    {
      Oneof *oneof = g_ptr_array_index (all, i);

      if (oneof->fields->len > 0)
        g_ptr_array_add (self->oneofs, oneof);
    }

  return TRUE;
}

static gboolean build_extensions (File *file,
                                  const char *scope,
                                  gsize n_extensions,
                                  Google__Protobuf__FieldDescriptorProto **extensions,
                                  GError **error);

static Message *
message_new (File *file)
{
  Message *self = model_own (file->model, g_new0 (Message, 1));

  self->fields = model_array (file->model);
  self->sorted = model_array (file->model);
  self->oneofs = model_array (file->model);

  return self;
}

static gboolean
build_message (File *file,
               Message *parent,
               const Google__Protobuf__DescriptorProto *proto,
               GError **error)
{
  Message *self = message_new (file);
  const char *scope = parent != NULL ? parent->element.full_name : file->package;

  if (!element_init (&self->element, file, scope, proto->name, proto, error))
    return FALSE;

  self->parent = parent;
  self->proto = proto;
  self->is_map_entry = proto->options != NULL && proto->options->map_entry;
  self->element.deprecated = proto->options != NULL && proto->options->deprecated;
  g_ptr_array_add (file->messages, self);

  if (!g_hash_table_insert (file->model->messages, self->element.full_name, self))
    {
      model_set_error (error, &self->element, "the message is declared twice");
      return FALSE;
    }

  for (gsize i = 0; i < proto->n_field; i++)
    {
      if (!build_field (self, self->element.full_name, proto->field[i], error))
        return FALSE;
    }

  for (gsize i = 0; i < proto->n_nested_type; i++)
    {
      if (!build_message (file, self, proto->nested_type[i], error))
        return FALSE;
    }

  return sort_fields (self, error) &&
         build_oneofs (self, error) &&
         build_extensions (file, self->element.full_name, proto->n_extension, proto->extension, error);
}

/* An extension is a message with a single field: what of the extended message's
 * bytes belongs to it. */
static gboolean
build_extensions (File *file,
                  const char *scope,
                  gsize n_extensions,
                  Google__Protobuf__FieldDescriptorProto **extensions,
                  GError **error)
{
  for (gsize i = 0; i < n_extensions; i++)
    {
      Message *self = message_new (file);

      if (!element_init (&self->element, file, scope, extensions[i]->name, extensions[i], error) ||
          !build_field (self, scope, extensions[i], error) ||
          !sort_fields (self, error))
        return FALSE;

      self->is_extension = TRUE;
      g_ptr_array_add (file->extensions, self);
    }

  return TRUE;
}

static gboolean
build_service (File *file,
               const Google__Protobuf__ServiceDescriptorProto *proto,
               GError **error)
{
  Service *self = model_own (file->model, g_new0 (Service, 1));

  if (!element_init (&self->element, file, file->package, proto->name, proto, error))
    return FALSE;

  self->methods = model_array (file->model);
  self->element.deprecated = proto->options != NULL && proto->options->deprecated;
  g_ptr_array_add (file->services, self);

  for (gsize i = 0; i < proto->n_method; i++)
    {
      const Google__Protobuf__MethodDescriptorProto *from = proto->method[i];
      Method *method = model_own (file->model, g_new0 (Method, 1));

      if (!element_init (&method->element, file, self->element.full_name, from->name, from, error))
        return FALSE;

      method->service = self;
      method->reads = from->client_streaming;
      method->writes = from->server_streaming;
      method->element.deprecated = from->options != NULL && from->options->deprecated;
      g_ptr_array_add (self->methods, method);
    }

  return TRUE;
}

gboolean
model_build_file (File *file,
                  GError **error)
{
  const Google__Protobuf__FileDescriptorProto *proto = file->proto;

  for (gsize i = 0; i < proto->n_message_type; i++)
    {
      if (!build_message (file, NULL, proto->message_type[i], error))
        return FALSE;
    }

  for (gsize i = 0; i < proto->n_enum_type; i++)
    {
      if (!build_enum (file, file->package, proto->enum_type[i], error))
        return FALSE;
    }

  for (guint i = 0; i < file->messages->len; i++)
    {
      const Message *message = g_ptr_array_index (file->messages, i);

      for (gsize j = 0; j < message->proto->n_enum_type; j++)
        {
          if (!build_enum (file, message->element.full_name, message->proto->enum_type[j], error))
            return FALSE;
        }
    }

  if (!build_extensions (file, file->package, proto->n_extension, proto->extension, error))
    return FALSE;

  for (gsize i = 0; i < proto->n_service; i++)
    {
      if (!build_service (file, proto->service[i], error))
        return FALSE;
    }

  return TRUE;
}
