/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* NAME.binpb, the FileDescriptorSet of a file and of all that it imports, and
 * NAME.gresource.xml, which makes a resource of it. */

#include <string.h>

#include "emit.h"

static void
append_varint (GString *bytes,
               guint64 value)
{
  for (; value > 0x7f; value >>= 7)
    g_string_append_c (bytes, (char) ((value & 0x7f) | 0x80));
  g_string_append_c (bytes, (char) value);
}

/* Appends the files that @file imports, then itself, each once. */
static void
append_file (GString *set,
             const File *file,
             GHashTable *seen)
{
  gsize size;
  const char *data = g_bytes_get_data (file->bytes, &size);

  if (!g_hash_table_add (seen, (gpointer) file))
    return;

  for (guint i = 0; i < file->dependencies->len; i++)
    append_file (set, g_ptr_array_index (file->dependencies, i), seen);

  append_varint (set, 1 << 3 | 2);
  append_varint (set, size);
  g_string_append_len (set, data, size);
}

void
emit_descriptors (const Emitter *emitter,
                  const File *file)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  g_autoptr (GString) set = g_string_new (NULL);
  g_autoptr (Out) o = out_new ();
  g_autofree char *name = g_strconcat (file->base, ".binpb", NULL);
  g_autofree char *base = g_path_get_basename (name);
  g_autofree char *escaped = g_markup_escape_text (base, -1);
  g_autofree char *alias = g_markup_escape_text (name, -1);

  append_file (set, file, seen);
  emitter->func (name, set->str, set->len, emitter->user_data);

  out_printf (o, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  emit_banner (o, file, "<!--", " -->");
  out_printf (o, "<gresources>\n"
                 "  <gresource prefix=\"%s\">\n"
                 "    <file alias=\"%s\">%s</file>\n"
                 "  </gresource>\n"
                 "</gresources>\n",
              *file->model->options->resource != '\0' ? file->model->options->resource : "/", alias, escaped);
  emit_file (emitter, file->base, ".gresource.xml", o);
}
