/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "out.h"

#include <string.h>

struct _Out
{
  GString *text;
  GHashTable *variables; /* name → value */
  gsize line;            /* where the current line starts */
  gsize indent;          /* of the parameters that follow */
};

Out *
out_new (void)
{
  Out *self = g_new0 (Out, 1);

  self->text = g_string_new (NULL);
  self->variables = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return self;
}

void
out_free (Out *self)
{
  g_string_free (self->text, TRUE);
  g_hash_table_unref (self->variables);
  g_free (self);
}

/* From now on `$name$` stands for @value. */
void
out_set (Out *self,
         const char *name,
         const char *value)
{
  g_hash_table_replace (self->variables, g_strdup (name), g_strdup (value));
}

static void
append_char (Out *self,
             char character)
{
  g_string_append_c (self->text, character);
  if (character == '\n')
    self->line = self->text->len;
  else if (character == '(')
    self->indent = g_utf8_strlen (self->text->str + self->line, self->text->len - self->line);
}

static void
append_variable (Out *self,
                 const char *name,
                 gsize length)
{
  g_autofree char *key = g_strndup (name, length);
  const char *value = g_hash_table_lookup (self->variables, key);

  if (value == NULL)
    g_error ("A template uses the unknown variable %s", key);

  for (; *value != '\0'; value++)
    append_char (self, *value);
}

/* Appends @text, in which `$name$` is a variable, `$$` a dollar, and a line that
 * starts with `@` goes on below the parenthesis opened last, as parameters do. */
void
out (Out *self,
     const char *text)
{
  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c == '$')
        {
          const char *end = strchr (c + 1, '$');

          if (end == NULL)
            g_error ("A template has a variable without an end: %s", c);
          if (end == c + 1)
            append_char (self, '$');
          else
            append_variable (self, c + 1, end - c - 1);
          c = end;
        }
      else if (*c == '@' && self->line == self->text->len && self->line > 0)
        {
          for (gsize i = 0; i < self->indent; i++)
            g_string_append_c (self->text, ' ');
        }
      else
        {
          append_char (self, *c);
        }
    }
}

/* Appends text without variables. */
void
out_printf (Out *self,
            const char *format,
            ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  for (const char *c = text; *c != '\0'; c++)
    append_char (self, *c);
}

const GString *
out_get_text (Out *self)
{
  return self->text;
}
