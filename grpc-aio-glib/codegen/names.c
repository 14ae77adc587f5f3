/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "names.h"

#include <string.h>

/* Words of C, C++ and the preprocessor in lower case. protoc-c knows most of
 * them, and leaves code that does not compile for the others. */
static const char *const reserved[] = {
  "alignas", "alignof", "and", "and_eq", "asm", "assert", "auto", "base", "bitand", "bitor", "bool", "break", "case", "catch", "char", "char16_t", "char32_t", "char8_t", "class", "co_await", "co_return", "co_yield", "compl", "concept", "const", "const_cast", "consteval", "constexpr", "constinit", "continue", "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum", "errno", "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if", "inline", "int", "linux", "long", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr", "operator", "or", "or_eq", "private", "protected", "public", "register", "reinterpret_cast", "requires", "restrict", "return", "short", "signed", "sizeof", "static", "static_assert", "static_cast", "stderr", "stdin", "stdout", "struct", "switch", "template", "this", "thread_local", "throw", "true", "try", "typedef", "typeid", "typename", "typeof", "typeof_unqual", "union", "unix", "unsigned", "using", "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq"
};

/* What the headers of C and of GLib call types and macros, and a .proto file
 * without a package may, too. */
static const char *const reserved_types[] = {
  "ABS", "BUFSIZ", "CLAMP", "DBL_MAX", "DIR", "DOMAIN", "EOF", "FALSE", "FILE", "FLT_MAX", "HUGE_VAL", "INFINITY", "INT_MAX", "INT_MIN", "LONG_MAX", "LONG_MIN", "MAX", "MAXPATHLEN", "MIN", "NAN", "NULL", "OVERFLOW", "RAND_MAX", "SEEK_CUR", "SEEK_END", "SEEK_SET", "SING", "TLOSS", "TRUE", "UINT_MAX", "UNDERFLOW"
};

/* "hello_request" → "HelloRequest" */
char *
names_camel (const char *name)
{
  GString *result = g_string_new (NULL);
  gboolean upper = TRUE;

  for (; *name != '\0'; name++)
    {
      if (*name == '_')
        {
          upper = TRUE;
          continue;
        }

      g_string_append_c (result, upper ? g_ascii_toupper (*name) : *name);
      upper = FALSE;
    }

  return g_string_free (result, FALSE);
}

/* "HelloRequest" → "hello_request"; a run of capitals is one word. */
static char *
protobuf_part (const char *name,
               gboolean capitals)
{
  GString *result = g_string_new (NULL);
  gboolean was_upper = TRUE;

  for (; *name != '\0'; name++)
    {
      gboolean is_upper = g_ascii_isupper (*name);

      if (is_upper && !was_upper)
        g_string_append_c (result, '_');
      g_string_append_c (result, capitals ? g_ascii_toupper (*name) : g_ascii_tolower (*name));
      was_upper = is_upper;
    }

  return g_string_free (result, FALSE);
}

static char *
protobuf_parts (const char *full_name,
                gboolean capitals)
{
  g_auto (GStrv) parts = g_strsplit (full_name, ".", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      char *part = protobuf_part (parts[i], capitals);

      g_free (parts[i]);
      parts[i] = part;
    }

  return g_strjoinv ("__", parts);
}

/* "foo.bar_baz.Hello" → "Foo__BarBaz__Hello" */
char *
names_protobuf_type (const char *full_name)
{
  g_auto (GStrv) parts = g_strsplit (full_name, ".", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      char *part = names_camel (parts[i]);

      g_free (parts[i]);
      parts[i] = part;
    }

  return g_strjoinv ("__", parts);
}

char *
names_protobuf_lower (const char *full_name)
{
  return protobuf_parts (full_name, FALSE);
}

char *
names_protobuf_upper (const char *full_name)
{
  return protobuf_parts (full_name, TRUE);
}

/* The member of a struct for a field. */
char *
names_protobuf_member (const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  if (names_is_taken_by_c (lower))
    return g_strconcat (lower, "_", NULL);

  return g_steal_pointer (&lower);
}

/* "XMLHttp9Request" → "xml_http9_request" */
char *
names_lower (const char *name)
{
  GString *result = g_string_new (NULL);

  for (gsize i = 0; name[i] != '\0'; i++)
    {
      if (g_ascii_isupper (name[i]) && i > 0 && name[i - 1] != '_' &&
          (!g_ascii_isupper (name[i - 1]) || g_ascii_islower (name[i + 1])))
        g_string_append_c (result, '_');
      g_string_append_c (result, g_ascii_tolower (name[i]));
    }

  return g_string_free (result, FALSE);
}

char *
names_upper (const char *name)
{
  g_autofree char *lower = names_lower (name);

  return g_ascii_strup (lower, -1);
}

char *
names_dashes (const char *name)
{
  return g_strdelimit (g_strdup (name), "_", '-');
}

/* "a/b-c.proto" → "a_2fb_2dc_2eproto", as protoc-c's include guards. */
char *
names_file_id (const char *filename)
{
  GString *result = g_string_new (NULL);

  for (; *filename != '\0'; filename++)
    {
      if (g_ascii_isalnum (*filename))
        g_string_append_c (result, *filename);
      else
        g_string_append_printf (result, "_%x", (guchar) *filename);
    }

  return g_string_free (result, FALSE);
}

/* Whether @name is what protobuf's grammar calls an identifier. */
gboolean
names_is_word (const char *name)
{
  if (name == NULL || (!g_ascii_isalpha (*name) && *name != '_'))
    return FALSE;

  for (; *name != '\0'; name++)
    {
      if (!g_ascii_isalnum (*name) && *name != '_')
        return FALSE;
    }

  return TRUE;
}

gboolean
names_is_taken_by_c (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (reserved); i++)
    {
      if (strcmp (reserved[i], name) == 0)
        return TRUE;
    }

  for (guint i = 0; i < G_N_ELEMENTS (reserved_types); i++)
    {
      if (strcmp (reserved_types[i], name) == 0)
        return TRUE;
    }

  if (g_str_has_suffix (name, "_"))
    return FALSE;

  /* GLib's, protobuf-c's and our own types. */
  return (name[0] == 'G' && g_ascii_isupper (name[1])) ||
         g_str_has_prefix (name, "GrpcAio") ||
         g_str_has_prefix (name, "ProtobufC") ||
         (g_str_has_suffix (name, "_t") && g_ascii_islower (name[0]));
}

struct _Names
{
  GHashTable *own;
  GHashTable *inherited;
  char *clash;
};

Names *
names_new (void)
{
  Names *self = g_new0 (Names, 1);

  self->own = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->inherited = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

void
names_free (Names *self)
{
  g_hash_table_unref (self->own);
  g_hash_table_unref (self->inherited);
  g_free (self->clash);
  g_free (self);
}

/* Takes the own names of @other, but does not pass them on. */
void
names_inherit (Names *self,
               const Names *other)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, other->own);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      if (!g_hash_table_add (self->inherited, g_strdup (name)) &&
          (self->clash == NULL || strcmp (name, self->clash) < 0))
        {
          g_free (self->clash);
          self->clash = g_strdup (name);
        }
    }
}

/* Returns a name that was inherited from two, or NULL. */
const char *
names_inherited_clash (Names *self)
{
  return self->clash;
}

gboolean
names_has (Names *self,
           const char *name)
{
  return g_hash_table_contains (self->own, name) || g_hash_table_contains (self->inherited, name);
}

void
names_add (Names *self,
           const char *name)
{
  g_hash_table_add (self->own, g_strdup (name));
}

/* Returns @wanted, with as many underscores behind as make it unique. */
char *
names_claim (Names *self,
             const char *wanted)
{
  g_autofree char *name = g_strdup (wanted);

  while (names_has (self, name))
    {
      char *longer = g_strconcat (name, "_", NULL);

      g_free (name);
      name = longer;
    }

  names_add (self, name);

  return g_steal_pointer (&name);
}
