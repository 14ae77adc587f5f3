/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "messages/grpc-aio-json-reader-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "messages/grpc-aio-number-private.h"

/* Arrays and objects in each other. Messages have a lower limit of their own;
 * this one is for what stands between them, and for values that are skipped. */
#define MAX_DEPTH 256

static gboolean
fail (GrpcAioJsonReader *self,
      const char *at,
      const char *reason,
      GError **error)
{
  guint line = 1;
  const char *start = self->text;
  guint column;

  for (const char *cursor = self->text; cursor < at; cursor++)
    {
      if (*cursor == '\n')
        {
          line++;
          start = cursor + 1;
        }
    }

  column = (guint) g_utf8_strlen (start, at - start) + 1;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("The JSON cannot be read: line %u, column %u: %s"), line, column, reason);

  return FALSE;
}

gboolean
grpc_aio_json_reader_init (GrpcAioJsonReader *self,
                           const char *text,
                           GError **error)
{
  const char *end;

  *self = (GrpcAioJsonReader){ .text = text, .cursor = text };

  if (!g_utf8_validate (text, -1, &end))
    return fail (self, end, _("it is not UTF-8"), error);

  return TRUE;
}

static char
skip_space (GrpcAioJsonReader *self)
{
  while (*self->cursor == ' ' || *self->cursor == '\n' || *self->cursor == '\r' || *self->cursor == '\t')
    self->cursor++;

  return *self->cursor;
}

gboolean
grpc_aio_json_reader_finish (GrpcAioJsonReader *self,
                             GError **error)
{
  if (skip_space (self) != '\0')
    return fail (self, self->cursor, _("there is text after the value"), error);

  return TRUE;
}

GrpcAioJsonKind
grpc_aio_json_reader_peek (GrpcAioJsonReader *self,
                           GError **error)
{
  char next = skip_space (self);

  switch (next)
    {
    case '{':
      return GRPC_AIO_JSON_OBJECT;
    case '[':
      return GRPC_AIO_JSON_ARRAY;
    case '"':
      return GRPC_AIO_JSON_STRING;
    case 't':
      return GRPC_AIO_JSON_TRUE;
    case 'f':
      return GRPC_AIO_JSON_FALSE;
    case 'n':
      return GRPC_AIO_JSON_NULL;
    default:
      if (next == '-' || g_ascii_isdigit (next))
        return GRPC_AIO_JSON_NUMBER;
      fail (self, self->cursor, next == '\0' ? _("it ends where a value should be") : _("a value should be here"), error);
      return GRPC_AIO_JSON_INVALID;
    }
}

gboolean
grpc_aio_json_reader_enter (GrpcAioJsonReader *self,
                            GError **error)
{
  if (self->depth == MAX_DEPTH)
    return fail (self, self->cursor, _("it is nested too deep"), error);

  self->depth++;
  self->cursor++;

  return TRUE;
}

/* Goes past a comma, if one has to be there, or past the end. */
static GrpcAioJsonStep
next_item (GrpcAioJsonReader *self,
           char end,
           gsize *n_items,
           GError **error)
{
  char next = skip_space (self);

  if (next == end)
    {
      self->depth--;
      self->cursor++;
      return GRPC_AIO_JSON_STEP_END;
    }

  if (*n_items > 0)
    {
      if (next != ',')
        {
          fail (self, self->cursor, end == '}' ? _("a comma or a “}” should be here") : _("a comma or a “]” should be here"), error);
          return GRPC_AIO_JSON_STEP_ERROR;
        }
      self->cursor++;
    }
  (*n_items)++;

  return GRPC_AIO_JSON_STEP_ITEM;
}

GrpcAioJsonStep
grpc_aio_json_reader_next_element (GrpcAioJsonReader *self,
                                   gsize *n_items,
                                   GError **error)
{
  return next_item (self, ']', n_items, error);
}

GrpcAioJsonStep
grpc_aio_json_reader_next_member (GrpcAioJsonReader *self,
                                  gsize *n_items,
                                  GString *name,
                                  GError **error)
{
  GrpcAioJsonStep step = next_item (self, '}', n_items, error);

  if (step != GRPC_AIO_JSON_STEP_ITEM)
    return step;

  if (skip_space (self) != '"')
    {
      fail (self, self->cursor, _("a name in quotation marks should be here"), error);
      return GRPC_AIO_JSON_STEP_ERROR;
    }
  if (!grpc_aio_json_reader_read_string (self, name, error))
    return GRPC_AIO_JSON_STEP_ERROR;
  if (skip_space (self) != ':')
    {
      fail (self, self->cursor, _("a colon should be here"), error);
      return GRPC_AIO_JSON_STEP_ERROR;
    }
  self->cursor++;

  return GRPC_AIO_JSON_STEP_ITEM;
}

/* Four hexadecimal digits, -1 if that is not what is there. */
static int
read_unit (const char *cursor)
{
  int unit = 0;

  for (guint i = 0; i < 4; i++)
    {
      int digit = g_ascii_xdigit_value (cursor[i]);

      if (digit < 0)
        return -1;
      unit = unit * 16 + digit;
    }

  return unit;
}

/* What stands after "\u", with the other half of a pair. */
static gboolean
read_unicode (GrpcAioJsonReader *self,
              const char **cursor,
              GString *out,
              GError **error)
{
  const char *at = *cursor - 2;
  int unit = read_unit (*cursor);
  int other;

  if (unit < 0)
    return fail (self, at, _("four hexadecimal digits should follow “\\u”"), error);
  *cursor += 4;

  if (unit >= 0xd800 && unit < 0xe000)
    {
      other = unit < 0xdc00 && (*cursor)[0] == '\\' && (*cursor)[1] == 'u' ? read_unit (*cursor + 2) : -1;
      if (other < 0xdc00 || other >= 0xe000)
        return fail (self, at, _("half of a surrogate pair is missing"), error);
      *cursor += 6;
      unit = 0x10000 + ((unit - 0xd800) << 10) + (other - 0xdc00);
    }
  g_string_append_unichar (out, (gunichar) unit);

  return TRUE;
}

static gboolean
read_escape (GrpcAioJsonReader *self,
             const char **cursor,
             GString *out,
             GError **error)
{
  static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
  char next = *(*cursor)++;

  if (next == 'u')
    return read_unicode (self, cursor, out, error);

  for (const char *escape = escapes; *escape != '\0'; escape += 2)
    {
      if (*escape == next)
        {
          g_string_append_c (out, escape[1]);
          return TRUE;
        }
    }

  return fail (self, *cursor - 2, _("no escape of JSON begins like this"), error);
}

gboolean
grpc_aio_json_reader_read_string (GrpcAioJsonReader *self,
                                  GString *out,
                                  GError **error)
{
  const char *cursor = self->cursor + 1;
  const char *plain;

  g_string_truncate (out, 0);

  for (;;)
    {
      plain = cursor;
      while ((guchar) *cursor >= ' ' && *cursor != '"' && *cursor != '\\')
        cursor++;
      g_string_append_len (out, plain, cursor - plain);

      if (*cursor == '"')
        break;
      if (*cursor == '\0')
        return fail (self, cursor, _("it ends within a string"), error);
      if (*cursor != '\\')
        return fail (self, cursor, _("a control character has to be escaped"), error);
      cursor++;
      if (!read_escape (self, &cursor, out, error))
        return FALSE;
    }

  self->cursor = cursor + 1;
  return TRUE;
}

gboolean
grpc_aio_json_reader_read_number (GrpcAioJsonReader *self,
                                  GString *out,
                                  GError **error)
{
  gsize length = grpc_aio_number_scan (self->cursor);

  if (length == 0)
    return fail (self, self->cursor, _("this is not how JSON writes a number"), error);

  g_string_truncate (out, 0);
  g_string_append_len (out, self->cursor, (gssize) length);
  self->cursor += length;

  return TRUE;
}

gboolean
grpc_aio_json_reader_read_word (GrpcAioJsonReader *self,
                                GError **error)
{
  static const char *const words[] = { "null", "true", "false" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      gsize length = strlen (words[i]);

      if (strncmp (self->cursor, words[i], length) == 0 && !g_ascii_isalnum (self->cursor[length]))
        {
          self->cursor += length;
          return TRUE;
        }
    }

  return fail (self, self->cursor, _("a value should be here"), error);
}

static gboolean
skip_object (GrpcAioJsonReader *self,
             GError **error)
{
  g_autoptr (GString) name = g_string_new (NULL);
  gsize n_members = 0;
  GrpcAioJsonStep step;

  if (!grpc_aio_json_reader_enter (self, error))
    return FALSE;
  while ((step = grpc_aio_json_reader_next_member (self, &n_members, name, error)) == GRPC_AIO_JSON_STEP_ITEM)
    {
      if (!grpc_aio_json_reader_skip (self, error))
        return FALSE;
    }

  return step == GRPC_AIO_JSON_STEP_END;
}

static gboolean
skip_array (GrpcAioJsonReader *self,
            GError **error)
{
  gsize n_elements = 0;
  GrpcAioJsonStep step;

  if (!grpc_aio_json_reader_enter (self, error))
    return FALSE;
  while ((step = grpc_aio_json_reader_next_element (self, &n_elements, error)) == GRPC_AIO_JSON_STEP_ITEM)
    {
      if (!grpc_aio_json_reader_skip (self, error))
        return FALSE;
    }

  return step == GRPC_AIO_JSON_STEP_END;
}

gboolean
grpc_aio_json_reader_skip (GrpcAioJsonReader *self,
                           GError **error)
{
  g_autoptr (GString) text = NULL;

  switch (grpc_aio_json_reader_peek (self, error))
    {
    case GRPC_AIO_JSON_OBJECT:
      return skip_object (self, error);
    case GRPC_AIO_JSON_ARRAY:
      return skip_array (self, error);
    case GRPC_AIO_JSON_STRING:
      text = g_string_new (NULL);
      return grpc_aio_json_reader_read_string (self, text, error);
    case GRPC_AIO_JSON_NUMBER:
      text = g_string_new (NULL);
      return grpc_aio_json_reader_read_number (self, text, error);
    case GRPC_AIO_JSON_FALSE:
    case GRPC_AIO_JSON_NULL:
    case GRPC_AIO_JSON_TRUE:
      return grpc_aio_json_reader_read_word (self, error);
    case GRPC_AIO_JSON_INVALID:
    default:
      return FALSE;
    }
}
