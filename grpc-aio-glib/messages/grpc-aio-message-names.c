/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "messages/grpc-aio-message-names-private.h"

#include <string.h>

/* What every object can do in JavaScript or Python, and what every message can:
 * a property of that name would hide it, or be hidden. */
static const char *const reserved[] = {
  "bind-property",
  "clear",
  "clear-extension",
  "clear-field",
  "clear-unknown-fields",
  "connect",
  "connect-after",
  "constructor",
  "disconnect",
  "dup",
  "dup-field-names",
  "dup-missing-fields",
  "dup-unknown-fields",
  "emit",
  "equal",
  "freeze-notify",
  "get-extension",
  "get-full-name",
  "get-oneof-case",
  "get-property",
  "has-extension",
  "has-field",
  "is-initialized",
  "merge",
  "merge-from-bytes",
  "merge-from-json",
  "new",
  "new-from-bytes",
  "notify",
  "pack-any",
  "props",
  "ref",
  "run-dispose",
  "set",
  "set-extension",
  "set-property",
  "thaw-notify",
  "to-bytes",
  "to-data",
  "to-json",
  "to-string",
  "to-text",
  "to-variant",
  "unpack-any",
  "unref",
};

static gboolean
is_reserved (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (reserved); i++)
    {
      if (strcmp (reserved[i], name) == 0)
        return TRUE;
    }

  return FALSE;
}

const char *
grpc_aio_message_name_property (GHashTable *taken,
                                const char *name,
                                const char *suffix)
{
  g_autofree char *plain = g_strdelimit (g_strdup (name), "_", '-');
  const char *start = plain + strspn (plain, "-");
  g_autofree char *base = g_ascii_isalpha (*start) ? g_strdup (start) : g_strconcat (suffix, "-", start, NULL);
  char *result = g_strdup (base);

  if (is_reserved (result) || g_hash_table_contains (taken, result))
    {
      g_free (result);
      result = g_strconcat (base, "-", suffix, NULL);
    }
  for (guint i = 2; g_hash_table_contains (taken, result); i++)
    {
      g_free (result);
      result = g_strdup_printf ("%s-%s-%u", base, suffix, i);
    }
  g_hash_table_add (taken, result);

  return result;
}

/* As protoc makes it: no underscores, and a capital letter after each. */
char *
grpc_aio_message_name_json (const char *name)
{
  GString *json = g_string_new (NULL);
  gboolean is_start = FALSE;

  for (const char *c = name; *c != '\0'; c++)
    {
      if (*c != '_')
        g_string_append_c (json, is_start ? g_ascii_toupper (*c) : *c);
      is_start = *c == '_';
    }

  return g_string_free (json, FALSE);
}
