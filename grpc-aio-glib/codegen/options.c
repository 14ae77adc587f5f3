/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "options.h"

#include <string.h>

#include "model.h"

static const struct
{
  const char *name;
  EmitFlags flag;
} parts[] = {
  { "structs", EMIT_STRUCTS },
  { "stubs", EMIT_STUBS },
  { "servicers", EMIT_SERVICERS },
  { "messages", EMIT_MESSAGES },
  { "descriptors", EMIT_DESCRIPTORS },
  { "pyi", EMIT_PYI },
  { "dts", EMIT_DTS },
  { "vala", EMIT_VALA },
};

static gboolean
is_prefix (const char *prefix)
{
  for (const char *c = prefix; *c != '\0'; c++)
    {
      if (!g_ascii_isalnum (*c))
        return FALSE;
    }

  return g_ascii_isupper (*prefix);
}

static gboolean
parse_one (Options *self,
           const char *option,
           GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      if (strcmp (option, parts[i].name) == 0)
        {
          self->emit |= parts[i].flag;
          return TRUE;
        }
    }

  if (g_str_has_prefix (option, "prefix=") || g_str_has_prefix (option, "prefix."))
    {
      const char *value = strchr (option, '=');

      if (value == NULL || !is_prefix (value + 1))
        {
          g_set_error (error, MODEL_ERROR, 0, "%s: a prefix is a word of letters and digits that starts with a capital", option);
          return FALSE;
        }

      if (option[strlen ("prefix")] == '=')
        {
          g_free (self->prefix);
          self->prefix = g_strdup (value + 1);
        }
      else
        {
          const char *package = option + strlen ("prefix.");

          g_hash_table_replace (self->prefixes, g_strndup (package, value - package), g_strdup (value + 1));
        }

      return TRUE;
    }

  if (g_str_has_prefix (option, "resource=/"))
    {
      const char *path = option + strlen ("resource=");

      for (const char *c = path; *c != '\0'; c++)
        {
          if (!g_ascii_isalnum (*c) && strchr ("/-_.", *c) == NULL)
            {
              g_set_error (error, MODEL_ERROR, 0, "%s: a path of a resource has letters, digits, “/”, “-”, “_” and “.”", option);
              return FALSE;
            }
        }

      g_free (self->resource);
      self->resource = g_strdup (path);
      while (g_str_has_suffix (self->resource, "/"))
        self->resource[strlen (self->resource) - 1] = '\0';

      return TRUE;
    }

  if (g_str_has_prefix (option, "vala="))
    {
      const char *gir_version = option + strlen ("vala=");

      if (*gir_version == '\0' || gir_version[strspn (gir_version, "0123456789.")] != '\0')
        {
          g_set_error (error, MODEL_ERROR, 0, "%s: the version of a GIR has digits and “.”", option);
          return FALSE;
        }

      self->emit |= EMIT_VALA;
      g_free (self->gir_version);
      self->gir_version = g_strdup (gir_version);

      return TRUE;
    }

  g_set_error (error, MODEL_ERROR, 0, "There is no option “%s”; there are structs, stubs, servicers, messages, descriptors, pyi, dts, "
                                      "vala, vala=VERSION, prefix=NAME, prefix.PACKAGE=NAME and resource=/PATH",
               option);

  return FALSE;
}

/* Reads what stands before the colon of `--grpc-aio-glib_out=structs,stubs:DIR`. */
Options *
options_parse (const char *parameter,
               GError **error)
{
  g_autoptr (Options) self = g_new0 (Options, 1);
  g_auto (GStrv) words = g_strsplit (parameter, ",", -1);

  self->prefixes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->resource = g_strdup ("/protobuf");
  self->gir_version = g_strdup ("1");

  for (guint i = 0; words[i] != NULL; i++)
    {
      if (*words[i] != '\0' && !parse_one (self, words[i], error))
        return NULL;
    }

  if (self->emit == 0)
    self->emit = EMIT_DEFAULT;

  return g_steal_pointer (&self);
}

void
options_free (Options *self)
{
  g_free (self->prefix);
  g_free (self->resource);
  g_free (self->gir_version);
  g_hash_table_unref (self->prefixes);
  g_free (self);
}
