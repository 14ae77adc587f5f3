/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "messages/grpc-aio-json-writer-private.h"

static void
break_line (GrpcAioJsonWriter *self)
{
  if (!self->is_pretty)
    return;

  g_string_append_c (self->out, '\n');
  for (guint i = 0; i < self->depth; i++)
    g_string_append (self->out, "  ");
}

void
grpc_aio_json_writer_begin (GrpcAioJsonWriter *self,
                            char bracket)
{
  g_string_append_c (self->out, bracket);
  self->depth++;
  self->has_items = FALSE;
}

void
grpc_aio_json_writer_end (GrpcAioJsonWriter *self,
                          char bracket)
{
  self->depth--;
  if (self->has_items)
    break_line (self);
  g_string_append_c (self->out, bracket);
  self->has_items = TRUE;
}

void
grpc_aio_json_writer_next (GrpcAioJsonWriter *self)
{
  if (self->has_items)
    g_string_append_c (self->out, ',');
  break_line (self);
  self->has_items = TRUE;
}

void
grpc_aio_json_writer_name (GrpcAioJsonWriter *self,
                           const char *name)
{
  grpc_aio_json_writer_next (self);
  grpc_aio_json_writer_string (self, name);
  g_string_append (self->out, self->is_pretty ? ": " : ":");
}

static void
append_escape (GString *out,
               char character)
{
  static const char escapes[] = "\"\"\\\\\bb\ff\nn\rr\tt";

  for (const char *escape = escapes; *escape != '\0'; escape += 2)
    {
      if (*escape == character)
        {
          g_string_append_c (out, '\\');
          g_string_append_c (out, escape[1]);
          return;
        }
    }

  g_string_append_printf (out, "\\u%04x", (guchar) character);
}

/* @text is UTF-8. */
void
grpc_aio_json_writer_string (GrpcAioJsonWriter *self,
                             const char *text)
{
  const char *plain;

  g_string_append_c (self->out, '"');
  for (;;)
    {
      plain = text;
      while ((guchar) *text >= ' ' && *text != '"' && *text != '\\')
        text++;
      g_string_append_len (self->out, plain, text - plain);
      if (*text == '\0')
        break;
      append_escape (self->out, *text++);
    }
  g_string_append_c (self->out, '"');
}

void
grpc_aio_json_writer_raw (GrpcAioJsonWriter *self,
                          const char *text)
{
  g_string_append (self->out, text);
}
