/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model.h"

#include <string.h>

#include "wire.h"

#define SOURCE_CODE_INFO 9 /* a field of FileDescriptorProto */

/* clang-format off */
G_DEFINE_QUARK (grpc-aio-model-error-quark, model_error)
/* clang-format on */

static void
file_free (File *file)
{
  g_clear_pointer (&file->bytes, g_bytes_unref);
  g_clear_pointer (&file->names, names_free);
  g_free (file);
}

Model *
model_new (const Options *options)
{
  Model *self = g_new0 (Model, 1);

  self->options = options;
  self->files = g_ptr_array_new_with_free_func ((GDestroyNotify) file_free);
  self->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  self->messages = g_hash_table_new (g_str_hash, g_str_equal);
  self->enums = g_hash_table_new (g_str_hash, g_str_equal);
  self->elements = g_hash_table_new (NULL, NULL);
  self->owned = g_ptr_array_new_with_free_func (g_free);
  self->arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  self->byte_arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);

  return self;
}

void
model_free (Model *self)
{
  g_ptr_array_unref (self->files);
  g_hash_table_unref (self->by_name);
  g_hash_table_unref (self->messages);
  g_hash_table_unref (self->enums);
  g_hash_table_unref (self->elements);
  g_ptr_array_unref (self->arrays);
  g_ptr_array_unref (self->byte_arrays);
  g_ptr_array_unref (self->owned);
  g_free (self);
}

/* Returns @block, which lives as long as the model. */
gpointer
model_own (Model *self,
           gpointer block)
{
  g_ptr_array_add (self->owned, block);

  return block;
}

char *
model_own_printf (Model *self,
                  const char *format,
                  ...)
{
  va_list arguments;
  char *text;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  return model_own (self, text);
}

GPtrArray *
model_array (Model *self)
{
  GPtrArray *array = g_ptr_array_new ();

  g_ptr_array_add (self->arrays, array);

  return array;
}

/* Says where @element is, and what is wrong with it. */
void
model_set_error (GError **error,
                 const Element *element,
                 const char *format,
                 ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  if (element->line > 0)
    g_set_error (error, MODEL_ERROR, 0, "%s:%u: %s: %s", element->file->name, element->line, element->full_name, text);
  else
    g_set_error (error, MODEL_ERROR, 0, "%s: %s: %s", element->file->name, element->full_name, text);
}

/* A name that cannot end a string, a comment or a line, nor leave the folder. */
static gboolean
is_filename (const char *name)
{
  g_auto (GStrv) parts = NULL;

  if (name == NULL || *name == '\0' || *name == '/' || !g_utf8_validate (name, -1, NULL))
    return FALSE;

  for (const char *c = name; *c != '\0'; c++)
    {
      if (g_ascii_iscntrl (*c) || strchr ("\"\\*?<>|", *c) != NULL)
        return FALSE;
    }

  parts = g_strsplit (name, "/", -1);

  return !g_strv_contains ((const char *const *) parts, "..") && !g_strv_contains ((const char *const *) parts, "");
}

static gboolean
is_package (const char *package)
{
  g_auto (GStrv) parts = g_strsplit (package, ".", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      if (!names_is_word (parts[i]))
        return FALSE;
    }

  return TRUE;
}

static gboolean
add_dependencies (Model *self,
                  File *file,
                  GError **error)
{
  const Google__Protobuf__FileDescriptorProto *proto = file->proto;

  for (gsize i = 0; i < proto->n_dependency; i++)
    {
      File *dependency = g_hash_table_lookup (self->by_name, proto->dependency[i]);

      if (dependency == NULL)
        {
          g_set_error (error, MODEL_ERROR, 0, "%s: protoc did not send the import %s", file->name, proto->dependency[i]);
          return FALSE;
        }

      g_ptr_array_add (file->dependencies, dependency);
    }

  for (gsize i = 0; i < proto->n_public_dependency; i++)
    {
      gint32 index = proto->public_dependency[i];

      if (index < 0 || (gsize) index >= proto->n_dependency)
        {
          g_set_error (error, MODEL_ERROR, 0, "%s: the public imports are wrong", file->name);
          return FALSE;
        }

      g_ptr_array_add (file->public_dependencies, g_ptr_array_index (file->dependencies, index));
    }

  return TRUE;
}

static File *
add_file (Model *self,
          const Google__Protobuf__FileDescriptorProto *proto,
          GBytes *bytes,
          GError **error)
{
  File *file;

  if (!is_filename (proto->name) || g_hash_table_contains (self->by_name, proto->name))
    {
      g_autofree char *name = g_strescape (proto->name != NULL ? proto->name : "", NULL);

      g_set_error (error, MODEL_ERROR, 0, "There is a .proto file with the name “%s”, or two", name);
      return NULL;
    }

  file = g_new0 (File, 1);
  g_ptr_array_add (self->files, file);
  g_hash_table_insert (self->by_name, proto->name, file);

  file->model = self;
  file->proto = proto;
  file->name = proto->name;
  file->package = proto->package != NULL ? proto->package : (char *) "";
  file->bytes = wire_remove (bytes, SOURCE_CODE_INFO);
  file->names = names_new ();
  file->dependencies = model_array (self);
  file->public_dependencies = model_array (self);
  file->messages = model_array (self);
  file->extensions = model_array (self);
  file->enums = model_array (self);
  file->services = model_array (self);
  file->base = model_own (self, g_strdup (proto->name));
  if (g_str_has_suffix (file->base, ".proto"))
    file->base[strlen (file->base) - strlen (".proto")] = '\0';
  file->id = model_own (self, names_file_id (proto->name));

  if (*file->package != '\0' && !is_package (file->package))
    {
      g_set_error (error, MODEL_ERROR, 0, "%s: the package has no valid name", file->name);
      return NULL;
    }

  if (proto->syntax != NULL && strcmp (proto->syntax, "proto3") == 0)
    {
      file->is_proto3 = TRUE;
    }
  else if (proto->syntax != NULL && *proto->syntax != '\0' && strcmp (proto->syntax, "proto2") != 0)
    {
      g_set_error (error, MODEL_ERROR, 0, "%s:1: only the syntaxes proto2 and proto3 are known", file->name);
      return NULL;
    }

  return add_dependencies (self, file, error) ? file : NULL;
}

/* @files are the packed descriptors, in the order of @request. */
gboolean
model_read (Model *self,
            const Google__Protobuf__Compiler__CodeGeneratorRequest *request,
            GPtrArray *files,
            GError **error)
{
  if (files->len != request->n_proto_file)
    {
      g_set_error (error, MODEL_ERROR, 0, "The files of the request are not in order");
      return FALSE;
    }

  for (gsize i = 0; i < request->n_proto_file; i++)
    {
      File *file = add_file (self, request->proto_file[i], g_ptr_array_index (files, i), error);

      if (file == NULL || !model_build_file (file, error))
        return FALSE;

      model_comment_file (file);
      if (!model_resolve_file (file, error))
        return FALSE;
    }

  for (gsize i = 0; i < request->n_file_to_generate; i++)
    {
      File *file = g_hash_table_lookup (self->by_name, request->file_to_generate[i]);

      if (file == NULL)
        {
          g_set_error (error, MODEL_ERROR, 0, "protoc did not send all files");
          return FALSE;
        }

      file->wanted = TRUE;
    }

  /* Prefixes are given for the packages of wanted files, so these are known
   * first. */
  for (guint i = 0; i < self->files->len; i++)
    {
      if (!model_name_file (g_ptr_array_index (self->files, i), error))
        return FALSE;
    }

  return TRUE;
}
