/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where everything stands in its .proto file, and what the comments there say. */

#include <string.h>

#include "model.h"

/* Numbers of fields in descriptor.proto. */
enum
{
  FILE_MESSAGE = 4,
  FILE_ENUM = 5,
  FILE_SERVICE = 6,
  FILE_EXTENSION = 7,
  MESSAGE_FIELD = 2,
  MESSAGE_NESTED = 3,
  MESSAGE_ENUM = 4,
  MESSAGE_EXTENSION = 6,
  MESSAGE_ONEOF = 8,
  ENUM_VALUE = 2,
  SERVICE_METHOD = 2,
};

typedef Google__Protobuf__SourceCodeInfo__Location Location;

static gboolean
is_text (gunichar character)
{
  /* Overrides of the direction of text make compilers warn. */
  if ((character >= 0x202a && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069))
    return FALSE;

  return character == '\n' || character == '\t' || !g_unichar_iscntrl (character);
}

/* Takes the indentation and control characters off. */
static char *
clean_comment (const char *comment)
{
  g_autofree char *valid = g_utf8_make_valid (comment, -1);
  g_auto (GStrv) lines = g_strsplit (valid, "\n", -1);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *line = g_strchomp (lines[i]);

      if (*line == ' ')
        line++;
      for (; *line != '\0'; line = g_utf8_next_char (line))
        {
          gunichar character = g_utf8_get_char (line);

          if (is_text (character))
            g_string_append_unichar (text, character);
        }
      g_string_append_c (text, '\n');
    }

  g_strstrip (text->str);

  return *text->str != '\0' ? g_strdup (text->str) : NULL;
}

static char *
path_key (const gint32 *path,
          gsize length)
{
  g_autoptr (GString) key = g_string_new (NULL);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (key, "/%d", path[i]);

  return g_string_free (g_steal_pointer (&key), FALSE);
}

static void
apply (File *file,
       GHashTable *locations,
       const char *path,
       gconstpointer proto)
{
  const Location *location = g_hash_table_lookup (locations, path);
  Element *element = g_hash_table_lookup (file->model->elements, proto);
  const char *comment;

  if (location == NULL || element == NULL)
    return;

  if (location->n_span >= 3 && location->span[0] >= 0)
    element->line = location->span[0] + 1;

  comment = location->leading_comments;
  if (comment == NULL)
    comment = location->trailing_comments;
  if (comment != NULL)
    {
      element->comment = clean_comment (comment);
      if (element->comment != NULL)
        model_own (file->model, element->comment);
    }
}

static void
apply_enum (File *file,
            GHashTable *locations,
            const char *path,
            const Google__Protobuf__EnumDescriptorProto *proto)
{
  apply (file, locations, path, proto);

  for (gsize i = 0; i < proto->n_value; i++)
    {
      g_autofree char *value = g_strdup_printf ("%s/%d/%zu", path, ENUM_VALUE, i);

      apply (file, locations, value, proto->value[i]);
    }
}

static void
apply_all (File *file,
           GHashTable *locations,
           const char *path,
           gint number,
           gsize n_protos,
           gconstpointer protos)
{
  for (gsize i = 0; i < n_protos; i++)
    {
      g_autofree char *key = g_strdup_printf ("%s/%d/%zu", path, number, i);

      apply (file, locations, key, ((const gconstpointer *) protos)[i]);
    }
}

static void
apply_message (File *file,
               GHashTable *locations,
               const char *path,
               const Google__Protobuf__DescriptorProto *proto)
{
  apply (file, locations, path, proto);
  apply_all (file, locations, path, MESSAGE_FIELD, proto->n_field, proto->field);
  apply_all (file, locations, path, MESSAGE_EXTENSION, proto->n_extension, proto->extension);
  apply_all (file, locations, path, MESSAGE_ONEOF, proto->n_oneof_decl, proto->oneof_decl);

  for (gsize i = 0; i < proto->n_enum_type; i++)
    {
      g_autofree char *key = g_strdup_printf ("%s/%d/%zu", path, MESSAGE_ENUM, i);

      apply_enum (file, locations, key, proto->enum_type[i]);
    }

  for (gsize i = 0; i < proto->n_nested_type; i++)
    {
      g_autofree char *key = g_strdup_printf ("%s/%d/%zu", path, MESSAGE_NESTED, i);

      apply_message (file, locations, key, proto->nested_type[i]);
    }
}

void
model_comment_file (File *file)
{
  const Google__Protobuf__FileDescriptorProto *proto = file->proto;
  g_autoptr (GHashTable) locations = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  if (proto->source_code_info == NULL)
    return;

  /* Of several for one path the first says where the thing is declared. */
  for (gsize i = 0; i < proto->source_code_info->n_location; i++)
    {
      Location *location = proto->source_code_info->location[i];
      g_autofree char *key = path_key (location->path, location->n_path);

      if (!g_hash_table_contains (locations, key))
        g_hash_table_insert (locations, g_steal_pointer (&key), location);
    }

  for (gsize i = 0; i < proto->n_message_type; i++)
    {
      g_autofree char *key = g_strdup_printf ("/%d/%zu", FILE_MESSAGE, i);

      apply_message (file, locations, key, proto->message_type[i]);
    }

  for (gsize i = 0; i < proto->n_enum_type; i++)
    {
      g_autofree char *key = g_strdup_printf ("/%d/%zu", FILE_ENUM, i);

      apply_enum (file, locations, key, proto->enum_type[i]);
    }

  for (gsize i = 0; i < proto->n_service; i++)
    {
      g_autofree char *key = g_strdup_printf ("/%d/%zu", FILE_SERVICE, i);

      apply (file, locations, key, proto->service[i]);
      apply_all (file, locations, key, SERVICE_METHOD, proto->service[i]->n_method, proto->service[i]->method);
    }

  apply_all (file, locations, "", FILE_EXTENSION, proto->n_extension, proto->extension);
}
