/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "emit-flavor.h"

#include "emit.h"

gboolean
flavor_is_wanted (const File *file,
                  Flavor flavor)
{
  return flavor == FLAVOR_STRUCT || (file->model->options->emit & EMIT_MESSAGES) != 0;
}

void
flavor_set_request (Out *o,
                    Flavor flavor,
                    const Message *message,
                    const char *name)
{
  g_autofree char *type = NULL;
  g_autofree char *check = NULL;
  g_autofree char *pack = NULL;

  if (flavor == FLAVOR_STRUCT)
    {
      type = g_strdup_printf ("const %s *", message->c_type);
      check = g_strdup_printf ("%s != NULL", name);
      pack = g_strdup_printf ("grpc_aio_protobuf_pack (&%s->base,", name);
    }
  else
    {
      type = g_strdup_printf ("%s *", message->g_type);
      check = g_strdup_printf ("%s_IS_%s (%s)", message->element.file->g_module, message->g_object, name);
      pack = g_strdup_printf ("grpc_aio_message_to_bytes (GRPC_AIO_MESSAGE (%s),", name);
    }

  out_set (o, "arg", name);
  out_set (o, "request_pack", pack);
  out_set (o, "Request", type);
  out_set (o, "request_check", check);
}

void
flavor_set_reply (Out *o,
                  Flavor flavor,
                  const Message *message)
{
  g_autofree char *type = NULL;
  g_autofree char *unpack = NULL;

  if (flavor == FLAVOR_STRUCT)
    {
      type = g_strdup (message->c_type);
      unpack = g_strdup_printf ("grpc_aio_protobuf_unpack (&%s__descriptor, bytes, error)", message->c_lower);
    }
  else
    {
      type = g_strdup (message->g_type);
      unpack = g_strdup_printf ("grpc_aio_message_create_from_bytes (%s_TYPE_%s, bytes, error)",
                                message->element.file->g_module,
                                message->g_object);
    }

  out_set (o, "Reply", type);
  out_set (o, "reply_unpack", unpack);
}

void
flavor_set_method (Out *o,
                   const Method *method)
{
  g_autofree char *path = g_strdup_printf ("/%s/%s", method->service->element.full_name, method->element.name);
  g_autofree char *text = emit_doc_text (method->element.comment, " * ");
  g_autofree char *paragraph = method->element.comment != NULL ? g_strdup_printf (" *\n * %s\n", text) : g_strdup ("");

  out_set (o, "method", method->lower);
  out_set (o, "Method", method->element.name);
  out_set (o, "path", path);
  out_set (o, "comment", paragraph);
  out_set (o, "deprecated", method->element.deprecated ? " *\n * Deprecated: The .proto file says so.\n" : "");
}

/* What bindings cannot use they do not see. */
void
flavor_open (Out *o,
             Flavor flavor)
{
  if (flavor == FLAVOR_STRUCT)
    out (o, "#ifndef __GI_SCANNER__\n\n");
}

void
flavor_close (Out *o,
              Flavor flavor)
{
  if (flavor == FLAVOR_STRUCT)
    out (o, "#endif\n\n");
}
