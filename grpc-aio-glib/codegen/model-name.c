/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The names of all that is made of a file. They depend on the file and on what
 * it imports alone, so that it does not matter in which run of protoc a file is
 * read. */

#include <string.h>

#include "../messages/grpc-aio-message-names-private.h"
#include "model.h"

static void
inherit (File *file,
         const File *from,
         GHashTable *seen)
{
  for (guint i = 0; i < from->dependencies->len; i++)
    {
      const File *dependency = g_ptr_array_index (from->dependencies, i);

      if (g_hash_table_add (seen, (gpointer) dependency))
        {
          names_inherit (file->names, dependency->names);
          inherit (file, dependency, seen);
        }
    }
}

/* The word that all names of GObjects start with: what was asked for, else the
 * package, else the name of the file. */
static char *
find_prefix (File *file)
{
  const Options *options = file->model->options;
  const char *given = g_hash_table_lookup (options->prefixes, file->package);
  g_autofree char *words = NULL;
  g_autofree char *camel = NULL;

  if (given == NULL && options->prefix != NULL)
    {
      for (guint i = 0; i < file->model->files->len && given == NULL; i++)
        {
          const File *other = g_ptr_array_index (file->model->files, i);

          if (other->wanted && strcmp (other->package, file->package) == 0)
            given = options->prefix;
        }
    }

  if (given != NULL)
    return g_strdup (given);

  if (*file->package != '\0')
    {
      words = g_strdup (file->package);
    }
  else
    {
      const char *slash = strrchr (file->base, '/');

      words = g_strdup (slash != NULL ? slash + 1 : file->base);
    }

  g_strcanon (words, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS, '_');
  camel = names_camel (words);

  return g_ascii_isalpha (*camel) ? g_steal_pointer (&camel) : g_strconcat ("X", camel, NULL);
}

static gboolean
name_prefix (File *file,
             GError **error)
{
  static const char *const taken[] = { "G", "GrpcAio", "ProtobufC", NULL };

  file->g_prefix = model_own (file->model, find_prefix (file));
  file->g_symbol = model_own (file->model, names_lower (file->g_prefix));
  file->g_module = model_own (file->model, names_upper (file->g_prefix));

  if (file->wanted && g_strv_contains (taken, file->g_prefix))
    {
      g_set_error (error, MODEL_ERROR, 0, "%s: names that start with %s belong to others; give another with the option prefix=NAME", file->name, file->g_prefix);
      return FALSE;
    }

  return TRUE;
}

/* Claims all of the names that @formats make of @base, or says that one of them
 * is taken. */
static gboolean
claim_all (Names *names,
           const char *base,
           const char *const *suffixes)
{
  for (guint i = 0; suffixes[i] != NULL; i++)
    {
      g_autofree char *name = g_strconcat (base, suffixes[i], NULL);

      if (names_has (names, name))
        return FALSE;
    }

  for (guint i = 0; suffixes[i] != NULL; i++)
    {
      g_autofree char *name = g_strconcat (base, suffixes[i], NULL);

      names_add (names, name);
    }

  return TRUE;
}

static const char *const struct_functions[] = {
  "__init", "__get_packed_size", "__pack", "__pack_to_buffer", "__unpack", "__free_unpacked", "__free", "__descriptor", NULL
};

static gboolean
try_struct (Names *names,
            const char *type,
            const char *lower,
            const char *upper)
{
  g_autofree char *init = g_strconcat (upper, "__INIT", NULL);

  if (!g_ascii_isalpha (*type) || names_is_taken_by_c (type) || names_has (names, type) || names_has (names, init))
    return FALSE;

  if (!claim_all (names, lower, struct_functions))
    return FALSE;

  names_add (names, type);
  names_add (names, init);

  return TRUE;
}

/* Names as protoc-c gives them, with as many underscores behind as it takes. */
static void
name_struct (File *file,
             const char *full_name,
             const char *suffix,
             char **type,
             char **lower,
             char **upper)
{
  g_autofree char *base_type = names_protobuf_type (full_name);
  g_autofree char *base_lower = names_protobuf_lower (full_name);
  g_autofree char *base_upper = names_protobuf_upper (full_name);
  g_autofree char *lower_suffix = g_ascii_strdown (suffix, -1);
  g_autofree char *upper_suffix = g_ascii_strup (suffix, -1);
  g_autoptr (GString) more = g_string_new (NULL);
  const char *first = g_ascii_isalpha (*base_type) ? "" : "X";

  do
    {
      *type = model_own_printf (file->model, "%s%s%s%s", first, base_type, suffix, more->str);
      *lower = model_own_printf (file->model, "%s%s%s", base_lower, lower_suffix, more->str);
      *upper = model_own_printf (file->model, "%s%s%s", base_upper, upper_suffix, more->str);
      g_string_append_c (more, '_');
    }
  while (!try_struct (file->names, *type, *lower, *upper));
}

/* Namespaces that bindings look names up in, and words of Python. */
static const char *const of_bindings[] = { "False", "GLib", "GModule", "GObject", "Gio", "GrpcAio", "None", "True", NULL };

static gboolean
try_object (File *file,
            const char *type,
            const char *lower,
            const char *object)
{
  static const char *const suffixes[] = { "_get_type", "_new", "_new_from_bytes", "_new_from_struct", "_get_struct", NULL };
  g_autofree char *klass = g_strconcat (type, "Class", NULL);
  g_autofree char *type_macro = g_strdup_printf ("%s_TYPE_%s", file->g_module, object);
  g_autofree char *cast_macro = g_strdup_printf ("%s_%s", file->g_module, object);
  g_autofree char *is_macro = g_strdup_printf ("%s_IS_%s", file->g_module, object);
  const char *const words[] = { type, klass, type_macro, cast_macro, is_macro };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (names_has (file->names, words[i]))
        return FALSE;
    }

  if (g_strv_contains (of_bindings, type + strlen (file->g_prefix)))
    return FALSE;

  if (strlen (type) < 3 || !claim_all (file->names, lower, suffixes))
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    names_add (file->names, words[i]);

  return TRUE;
}

/* Names as GObjects have them, with a number behind if need be. */
static void
name_object (File *file,
             const char *words, /* Outer.Inner */
             const char *suffix,
             char **type,
             char **lower,
             char **object)
{
  g_auto (GStrv) parts = g_strsplit (words, ".", -1);
  g_autoptr (GString) camel = g_string_new (NULL);
  g_autoptr (GString) under = g_string_new (NULL);
  g_autofree char *upper = NULL;

  for (guint i = 0; parts[i] != NULL; i++)
    {
      g_autofree char *part = names_camel (parts[i]);
      g_autofree char *part_lower = names_lower (part);

      if (*part == '\0')
        {
          g_string_append_c (camel, 'X');
          g_string_append (under, "_x");
        }
      else
        {
          g_string_append (camel, part);
          g_string_append_printf (under, "_%s", part_lower);
        }
    }

  /* Bindings take the prefix off, and what remains is a name, too. */
  if (g_ascii_isdigit (*camel->str))
    {
      g_string_prepend_c (camel, 'X');
      g_string_insert_c (under, 1, 'x');
    }

  if (*suffix != '\0')
    {
      g_autofree char *suffix_lower = names_lower (suffix);

      g_string_append (camel, suffix);
      g_string_append_printf (under, "_%s", suffix_lower);
    }

  upper = g_ascii_strup (under->str + 1, -1);
  *type = model_own_printf (file->model, "%s%s", file->g_prefix, camel->str);
  *lower = model_own_printf (file->model, "%s%s", file->g_symbol, under->str);
  *object = model_own (file->model, g_strdup (upper));

  for (guint i = 2; !try_object (file, *type, *lower, *object); i++)
    {
      *type = model_own_printf (file->model, "%s%s%u", file->g_prefix, camel->str, i);
      *lower = model_own_printf (file->model, "%s%s%u", file->g_symbol, under->str, i);
      *object = model_own_printf (file->model, "%s%u", upper, i);
    }
}

/* The full name without the package. */
static const char *
short_name (const Element *element)
{
  const char *package = element->file->package;

  return *package != '\0' ? element->full_name + strlen (package) + 1 : element->full_name;
}

/* Members: fields, then what counts them, then what tells the case of a oneof. */
static void
name_members (Message *self)
{
  Model *model = self->element.file->model;
  g_autoptr (Names) names = names_new ();

  for (guint i = 0; i < self->fields->len; i++)
    {
      Field *field = g_ptr_array_index (self->fields, i);
      g_autofree char *member = names_protobuf_member (field->element.name);

      field->member = model_own (model, names_claim (names, member));
    }

  for (guint i = 0; i < self->fields->len; i++)
    {
      Field *field = g_ptr_array_index (self->fields, i);
      g_autofree char *member = g_strdup_printf ("%s_%s", field->is_repeated ? "n" : "has", field->member);

      if (field->has_quantifier)
        field->quantifier = model_own (model, names_claim (names, member));
    }

  for (guint i = 0; i < self->oneofs->len; i++)
    {
      Oneof *oneof = g_ptr_array_index (self->oneofs, i);
      g_autofree char *lower = names_protobuf_lower (oneof->element.name);
      g_autofree char *member = g_strconcat (lower, "_case", NULL);

      oneof->member = model_own (model, names_claim (names, member));
    }
}

static void
name_oneofs (Message *self)
{
  File *file = self->element.file;

  for (guint i = 0; i < self->oneofs->len; i++)
    {
      Oneof *oneof = g_ptr_array_index (self->oneofs, i);
      g_autofree char *name = g_strdup_printf ("%s.%s", self->element.full_name, oneof->element.name);
      g_autofree char *type = names_protobuf_type (name);
      g_autofree char *wanted = g_strconcat (type, "Case", NULL);
      g_autofree char *upper = names_protobuf_upper (name);
      g_autofree char *not_set = g_strconcat (upper, "__NOT_SET", NULL);

      oneof->c_type = model_own (file->model, names_claim (file->names, wanted));
      oneof->c_upper = model_own (file->model, g_steal_pointer (&upper));
      oneof->not_set = model_own (file->model, names_claim (file->names, not_set));

      for (guint j = 0; j < oneof->fields->len; j++)
        {
          Field *field = g_ptr_array_index (oneof->fields, j);
          g_autofree char *field_upper = names_protobuf_upper (field->element.name);
          g_autofree char *constant = g_strdup_printf ("%s_%s", oneof->c_upper, field_upper);

          field->oneof_name = model_own (file->model, names_claim (file->names, constant));
        }
    }
}

/* What all values start with, if what remains is a name. */
static gsize
common_prefix (const Enum *self,
               const char *prefix)
{
  gsize length = strlen (prefix);

  for (guint i = 0; i < self->values->len; i++)
    {
      const EnumValue *value = g_ptr_array_index (self->values, i);

      if (!g_str_has_prefix (value->element.name, prefix) || !g_ascii_isalpha (value->element.name[length]))
        return 0;
    }

  return length;
}

static void
name_enum (Enum *self)
{
  File *file = self->element.file;
  g_autofree char *type = names_protobuf_type (self->element.full_name);
  g_autofree char *prefix = NULL;
  g_autofree char *upper = names_upper (self->element.name);
  gsize skipped;

  if (names_is_taken_by_c (type) || !g_ascii_isalpha (*type))
    {
      char *longer = g_strconcat (g_ascii_isalpha (*type) ? "" : "X", type, "_", NULL);

      g_free (type);
      type = longer;
    }

  self->c_type = model_own (file->model, names_claim (file->names, type));
  self->c_lower = model_own (file->model, names_protobuf_lower (self->element.full_name));
  while (!claim_all (file->names, self->c_lower, (const char *const[]){ "__descriptor", NULL }))
    self->c_lower = model_own_printf (file->model, "%s_", self->c_lower);
  self->c_upper = model_own (file->model, names_protobuf_upper (self->element.full_name));
  name_object (file, short_name (&self->element), "", &self->g_type, &self->g_lower, &self->g_object);

  prefix = g_strconcat (upper, "_", NULL);
  skipped = common_prefix (self, prefix);
  for (guint i = 0; i < self->values->len; i++)
    {
      EnumValue *value = g_ptr_array_index (self->values, i);
      g_autofree char *c_name = g_strdup_printf ("%s__%s", self->c_upper, value->element.name);
      g_autofree char *word = g_ascii_strup (value->element.name + skipped, -1);
      g_autofree char *g_name = g_strdup_printf ("%s_%s_%s", file->g_module, self->g_object, word);

      value->c_name = model_own (file->model, names_claim (file->names, c_name));
      value->g_name = model_own (file->model, names_claim (file->names, g_name));
    }
}

/* Accessors come after all that every class has, and give way to it. */
static void
name_accessor (Message *self,
               const char *name,
               const char *suffix,
               GHashTable *members,
               char **accessor)
{
  static const char *const of_class[] = {
    "type", "struct", "full_name", "field", "missing_fields", "field_names", "unknown_fields", "oneof_case", "extension", "type_once", NULL
  };
  File *file = self->element.file;
  g_autofree char *lower = names_lower (name);
  g_autofree char *base = g_strconcat (lower, suffix, NULL);

  *accessor = model_own_printf (file->model, "%s%s", base, g_strv_contains (of_class, base) ? "_field" : "");

  for (;;)
    {
      g_autofree char *get = g_strconcat ("_get_", *accessor, NULL);
      g_autofree char *dup = g_strconcat ("_dup_", *accessor, NULL);
      g_autofree char *set = g_strconcat ("_set_", *accessor, NULL);
      g_autofree char *has = g_strconcat ("_has_", *accessor, NULL);
      g_autofree char *clear = g_strconcat ("_clear_", *accessor, NULL);
      const char *const functions[] = { get, dup, set, has, clear, NULL };
      gboolean hides = FALSE;

      /* In bindings a property and a function share one name. */
      for (guint i = 0; functions[i] != NULL; i++)
        hides = hides || g_hash_table_contains (members, functions[i] + 1);

      if (!hides && claim_all (file->names, self->g_lower, functions))
        return;

      *accessor = model_own_printf (file->model, "%s_field", *accessor);
    }
}

static void
name_accessors (Message *self)
{
  Model *model = self->element.file->model;
  g_autoptr (GHashTable) properties = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) members = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < self->sorted->len; i++)
    {
      Field *field = g_ptr_array_index (self->sorted, i);
      const char *property = grpc_aio_message_name_property (properties, field->element.name, "field");

      field->property = model_own (model, g_strdup (property));
      g_hash_table_add (members, g_strdelimit (g_strdup (property), "-", '_'));
    }

  for (guint i = 0; i < self->fields->len; i++)
    {
      Field *field = g_ptr_array_index (self->fields, i);

      name_accessor (self, field->element.name, "", members, &field->accessor);
    }

  for (guint i = 0; i < self->oneofs->len; i++)
    {
      Oneof *oneof = g_ptr_array_index (self->oneofs, i);
      g_autofree char *wanted = g_strconcat (oneof->element.name, "_case", NULL);
      const char *property = grpc_aio_message_name_property (properties, wanted, "field");

      oneof->property = model_own (model, g_strdup (property));
      name_accessor (self, oneof->element.name, "_case", members, &oneof->accessor);
    }
}

/* What a stub, its class or any GObject has anyway, in C or in a binding. */
static const char *const of_object[] = {
  "add_method", "bind_property", "channel", "class_init", "connect", "constructed", "constructor", "disconnect", "dispatch_properties_changed", "dispose", "emit", "finalize", "force_floating", "freeze_notify", "get_channel", "get_data", "get_method", "get_name", "get_property", "get_qdata", "get_type", "get_type_once", "init", "interface_find_property", "is_floating", "name", "new", "notify", "parent_class", "properties", "props", "ref", "ref_sink", "run_dispose", "set", "set_data", "set_property", "set_qdata", "steal_data", "steal_qdata", "thaw_notify", "unref", "watch_closure", NULL
};

static void
name_method (Method *self,
             Names *vfuncs)
{
  static const char *const endings[] = { "", "_async", "_finish", "_sync", "_blocking", "_struct", NULL };
  File *file = self->element.file;
  g_autofree char *camel = names_camel (self->element.name);
  g_autofree char *lower = names_lower (*camel != '\0' ? camel : "X");
  g_autofree char *words = g_strdup_printf ("%s.%s", self->service->element.name, self->element.name);
  g_autofree char *protobuf = names_protobuf_lower (self->service->element.full_name);
  g_autofree char *dashes = NULL;

  self->lower = model_own_printf (file->model, "%s%s", lower, names_is_taken_by_c (lower) ? "_" : "");
  while (!claim_all (vfuncs, self->lower, endings))
    self->lower = model_own_printf (file->model, "%s_", self->lower);

  dashes = names_dashes (self->lower);
  while (g_str_has_suffix (dashes, "-"))
    dashes[strlen (dashes) - 1] = '\0';
  self->signal = model_own_printf (file->model, "handle-%s", dashes);
  while (names_has (vfuncs, self->signal))
    self->signal = model_own_printf (file->model, "%s-method", self->signal);
  names_add (vfuncs, self->signal);

  name_object (file, words, "Call", &self->call_type, &self->call_lower, &self->call_object);
  name_object (file, words, "Context", &self->context_type, &self->context_lower, &self->context_object);
  self->call_struct = model_own_printf (file->model, "%s_%s_call", protobuf, self->lower);
  self->context_struct = model_own_printf (file->model, "%s_%s_context", protobuf, self->lower);
}

static void
name_service (Service *self)
{
  File *file = self->element.file;
  g_autoptr (Names) vfuncs = names_new ();
  g_autofree char *protobuf = names_protobuf_lower (self->element.full_name);

  name_object (file, short_name (&self->element), "Stub", &self->stub_type, &self->stub_lower, &self->stub_object);
  name_object (file, short_name (&self->element), "Servicer", &self->servicer_type, &self->servicer_lower, &self->servicer_object);
  self->stub_struct = model_own_printf (file->model, "%s_stub", protobuf);

  for (guint i = 0; of_object[i] != NULL; i++)
    names_add (vfuncs, of_object[i]);
  for (guint i = 0; i < self->methods->len; i++)
    name_method (g_ptr_array_index (self->methods, i), vfuncs);
}

gboolean
model_name_file (File *file,
                 GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  if (!name_prefix (file, error))
    return FALSE;

  inherit (file, file, seen);
  if (file->wanted && names_inherited_clash (file->names) != NULL)
    {
      g_set_error (error, MODEL_ERROR, 0, "%s: two of the files it imports both have a %s once it has a name in C", file->name, names_inherited_clash (file->names));
      return FALSE;
    }

  for (guint i = 0; i < file->messages->len; i++)
    {
      Message *self = g_ptr_array_index (file->messages, i);

      name_struct (file, self->element.full_name, "", &self->c_type, &self->c_lower, &self->c_upper);
      name_object (file, short_name (&self->element), "", &self->g_type, &self->g_lower, &self->g_object);
      name_members (self);
    }

  for (guint i = 0; i < file->enums->len; i++)
    name_enum (g_ptr_array_index (file->enums, i));

  for (guint i = 0; i < file->messages->len; i++)
    name_oneofs (g_ptr_array_index (file->messages, i));

  for (guint i = 0; i < file->extensions->len; i++)
    {
      Message *self = g_ptr_array_index (file->extensions, i);

      name_struct (file, self->element.full_name, "__Extension", &self->c_type, &self->c_lower, &self->c_upper);
      name_members (self);
    }

  for (guint i = 0; i < file->services->len; i++)
    name_service (g_ptr_array_index (file->services, i));

  for (guint i = 0; i < file->messages->len; i++)
    name_accessors (g_ptr_array_index (file->messages, i));

  return TRUE;
}
