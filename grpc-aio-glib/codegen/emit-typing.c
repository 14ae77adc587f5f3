/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "emit-typing.h"

#include <string.h>

gboolean
typing_has (const File *file,
            const char *prefix)
{
  return file->wanted && strcmp (file->g_prefix, prefix) == 0;
}

GPtrArray *
typing_prefixes (const Model *model)
{
  GPtrArray *prefixes = g_ptr_array_new ();

  for (guint i = 0; i < model->files->len; i++)
    {
      const File *file = g_ptr_array_index (model->files, i);

      if (file->wanted && !g_ptr_array_find_with_equal_func (prefixes, file->g_prefix, g_str_equal, NULL))
        g_ptr_array_add (prefixes, file->g_prefix);
    }

  return prefixes;
}

static gint
compare_strings (gconstpointer a,
                 gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
add_import (GPtrArray *imports,
            const char *prefix,
            const Message *message)
{
  char *other = message != NULL ? message->element.file->g_prefix : NULL;

  if (other != NULL && strcmp (other, prefix) != 0 &&
      !g_ptr_array_find_with_equal_func (imports, other, g_str_equal, NULL))
    g_ptr_array_add (imports, other);
}

GPtrArray *
typing_imports (const Model *model,
                const char *prefix)
{
  GPtrArray *imports = g_ptr_array_new ();

  for (guint i = 0; i < model->files->len; i++)
    {
      const File *file = g_ptr_array_index (model->files, i);

      if (!typing_has (file, prefix))
        continue;

      for (guint j = 0; j < file->messages->len; j++)
        {
          const Message *message = g_ptr_array_index (file->messages, j);

          for (guint k = 0; k < message->fields->len; k++)
            add_import (imports, prefix, ((const Field *) g_ptr_array_index (message->fields, k))->message);
        }

      for (guint j = 0; j < file->services->len; j++)
        {
          const Service *service = g_ptr_array_index (file->services, j);

          for (guint k = 0; k < service->methods->len; k++)
            {
              const Method *method = g_ptr_array_index (service->methods, k);

              add_import (imports, prefix, method->input);
              add_import (imports, prefix, method->output);
            }
        }
    }

  g_ptr_array_sort (imports, compare_strings);

  return imports;
}

const char *
typing_short (const File *file,
              const char *name)
{
  return name + strlen (file->g_prefix);
}

char *
typing_class (const char *prefix,
              const File *file,
              const char *type)
{
  const char *name = typing_short (file, type);

  return strcmp (prefix, file->g_prefix) == 0 ? g_strdup (name) : g_strdup_printf ("_%s.%s", file->g_prefix, name);
}

/* Both languages show the constants of enumerations in capitals. */
char *
typing_constant (const Enum *self,
                 const EnumValue *value)
{
  g_autofree char *start = g_strdup_printf ("%s_%s_", self->element.file->g_module, self->g_object);

  return g_strdup (value->g_name + strlen (start));
}
