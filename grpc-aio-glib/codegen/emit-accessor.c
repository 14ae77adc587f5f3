/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "emit-accessor.h"

static const Accessor plain[] = {
  [KIND_INT32] = { SHAPE_PLAIN, "int ", "int ", "get", "0" },
  [KIND_UINT32] = { SHAPE_PLAIN, "guint ", "guint ", "get", "0" },
  [KIND_INT64] = { SHAPE_PLAIN, "gint64 ", "gint64 ", "get", "0" },
  [KIND_UINT64] = { SHAPE_PLAIN, "guint64 ", "guint64 ", "get", "0" },
  [KIND_FLOAT] = { SHAPE_PLAIN, "float ", "float ", "get", "0" },
  [KIND_DOUBLE] = { SHAPE_PLAIN, "double ", "double ", "get", "0" },
  [KIND_BOOL] = { SHAPE_PLAIN, "gboolean ", "gboolean ", "get", "FALSE" },
  [KIND_ENUM] = { SHAPE_PLAIN, "int ", "int ", "get", "0" },
  [KIND_STRING] = { SHAPE_STRING, "const char *", "const char *", "get", "NULL" },
  [KIND_BYTES] = { SHAPE_BYTES, "GBytes *", "GBytes *", "dup", "NULL" },
  [KIND_MESSAGE] = { SHAPE_OBJECT, NULL, NULL, "get", "NULL" },
};

static const Accessor list = { SHAPE_LIST, "GListStore *", "GListModel *", "get", "NULL" };
static const Accessor strings = { SHAPE_STRINGS, "char **", "const char *const *", "dup", "NULL" };
static const Accessor variant = { SHAPE_VARIANT, "GVariant *", "GVariant *", "dup", "NULL" };

static const Field *
map_value (const Field *map)
{
  return g_ptr_array_index (map->message->sorted, 1);
}

const Accessor *
accessor_of (const Field *field)
{
  if (!field->is_repeated)
    return &plain[field->kind];
  if (field->is_map)
    return map_value (field)->kind == KIND_MESSAGE ? &list : &variant;
  if (field->kind == KIND_MESSAGE)
    return &list;
  if (field->kind == KIND_STRING)
    return &strings;

  return &variant;
}

void
accessor_set (Out *o,
              const Accessor *accessor,
              const Field *field)
{
  g_autofree char *object = accessor->get == NULL ? g_strdup_printf ("%s *", field->message->g_type) : NULL;

  g_autofree char *result = NULL;

  out_set (o, "get", object != NULL ? object : accessor->get);
  out_set (o, "set", object != NULL ? object : accessor->set);
  result = g_strchomp (g_strdup (object != NULL ? object : accessor->get));
  out_set (o, "result", result);
  out_set (o, "verb", accessor->verb);
  out_set (o, "invalid", accessor->invalid);
  out_set (o, "accessor", field->accessor);
  out_set (o, "property", field->property);
  out_set (o, "name", field->element.name);
}

static const char *
letter_of (const Field *field)
{
  switch (field->kind)
    {
    case KIND_INT32:
    case KIND_ENUM:
      return "i";
    case KIND_UINT32:
      return "u";
    case KIND_INT64:
      return "x";
    case KIND_UINT64:
      return "t";
    case KIND_FLOAT:
    case KIND_DOUBLE:
      return "d";
    case KIND_BOOL:
      return "b";
    case KIND_BYTES:
      return "ay";
    default:
      return "s";
    }
}

char *
accessor_variant_type (const Field *field)
{
  if (field->is_map)
    return g_strdup_printf ("a{%s%s}", letter_of (g_ptr_array_index (field->message->sorted, 0)), letter_of (map_value (field)));

  return g_strdup_printf ("a%s", letter_of (field));
}

/* Whether the value may be missing. */
gboolean
accessor_is_nullable (const Field *field)
{
  if (field->is_repeated)
    return FALSE;
  if (field->kind == KIND_MESSAGE)
    return TRUE;

  return (field->kind == KIND_STRING || field->kind == KIND_BYTES) && field->has_presence && field->default_value == NULL;
}
