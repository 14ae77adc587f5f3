/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "messages/grpc-aio-message-path-private.h"

static void
append (const GrpcAioMessagePath *self,
        GString *out)
{
  if (self->parent == NULL)
    return;

  append (self->parent, out);

  if (self->name != NULL)
    g_string_append_printf (out, "%s%s", out->len > 0 ? "." : "", self->name);
  else if (self->key != NULL)
    g_string_append_printf (out, "[\"%s\"]", self->key);
  else
    g_string_append_printf (out, "[%" G_GSIZE_FORMAT "]", self->index);
}

char *
grpc_aio_message_path_format (const GrpcAioMessagePath *self)
{
  GString *out = g_string_new (NULL);
  const GrpcAioMessagePath *root = self;

  append (self, out);

  if (out->len == 0)
    {
      while (root->parent != NULL)
        root = root->parent;
      g_string_append (out, root->name);
    }

  return g_string_free (out, FALSE);
}

gboolean
grpc_aio_message_path_fail (const GrpcAioMessagePath *self,
                            GError **error,
                            const char *format,
                            ...)
{
  va_list args;
  g_autofree char *reason = NULL;
  g_autofree char *path = NULL;

  if (error == NULL)
    return FALSE;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);
  path = grpc_aio_message_path_format (self);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", path, reason);

  return FALSE;
}

gboolean
grpc_aio_message_path_take (const GrpcAioMessagePath *self,
                            GError **error,
                            GError *problem)
{
  grpc_aio_message_path_fail (self, error, "%s", problem->message);
  g_error_free (problem);

  return FALSE;
}
