/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A call of one method at the server: a GrpcAioServicerContext with typed
 * messages. */

#include "emit-context.h"

#include "emit-stream.h"
#include "emit.h"

static void
set_context (Out *o,
             const Method *method)
{
  out_set (o, "Wrapper", method->context_type);
  out_set (o, "wrapper", method->context_lower);
  out_set (o, "WRAPPER", method->context_object);
  out_set (o, "Inner", "GrpcAioServicerContext");
  out_set (o, "INNER_TYPE", "GRPC_AIO_TYPE_SERVICER_CONTEXT");
  out_set (o, "inner", "context");
  out_set (o, "core", "grpc_aio_servicer_context");
  out_set (o, "relay", "context");
  out_set (o, "members", method->reads ? "" : "  ProtobufCMessage *request;\n");
  out_set (o, "clear", method->reads ? "" : "  if (self->request != NULL)\n    protobuf_c_message_free_unpacked (self->request, NULL);\n");
  out_set (o, "Input", method->input->c_type);
  out_set (o, "input", method->input->c_lower);
  flavor_set_method (o, method);
}

/* What is written is the response, what is read the request. */
static void
set_flavor (Out *o,
            Flavor flavor,
            const Method *method)
{
  g_autofree char *function = g_strdup_printf (flavor == FLAVOR_STRUCT ? "%s__" : "%s_",
                                               flavor == FLAVOR_STRUCT ? method->context_struct : method->context_lower);

  out_set (o, "function", function);
  flavor_set_request (o, flavor, method->output, method->writes ? "message" : "response");
  flavor_set_reply (o, flavor, method->input);
}

void
emit_context_header (Out *o,
                     const Method *method)
{
  set_context (o, method);
  stream_declare_class (o);

  for (Flavor flavor = FLAVOR_OBJECT; flavor <= FLAVOR_STRUCT; flavor++)
    {
      if (!flavor_is_wanted (method->element.file, flavor))
        continue;

      set_flavor (o, flavor, method);
      flavor_open (o, flavor);
      if (method->reads)
        stream_declare_read (o);
      if (method->writes)
        stream_declare_write (o);
      else
        out (o, "void $function$complete ($Wrapper$ *self,\n@$Request$$arg$);\n\n");
      flavor_close (o, flavor);
    }

  if (method->writes)
    out (o, "void $wrapper$_complete ($Wrapper$ *self);\n\n");
  out (o, "void $wrapper$_complete_with_error ($Wrapper$ *self,\n@const GError *error);\n\n");
}

static void
define_complete (Out *o)
{
  out (o, "/**\n"
          " * $function$complete:\n"
          " * @self: a call\n"
          " * @$arg$: the response\n"
          " *\n"
          " * Ends the call with a response. A response that lacks a required field ends it\n"
          " * with the status INTERNAL.\n"
          " */\n"
          "void\n"
          "$function$complete ($Wrapper$ *self,\n@$Request$$arg$)\n"
          "{\n"
          "  g_autoptr (GBytes) bytes = NULL;\n"
          "  g_autoptr (GError) error = NULL;\n\n"
          "  g_return_if_fail ($MODULE$_IS_$WRAPPER$ (self));\n"
          "  g_return_if_fail ($request_check$);\n\n"
          "  bytes = $request_pack$ &error);\n"
          "  if (bytes != NULL)\n"
          "    grpc_aio_servicer_context_complete (self->context, bytes);\n"
          "  else\n"
          "    grpc_aio_servicer_context_complete_with_error (self->context, error);\n"
          "}\n\n");
}

static void
define_end (Out *o,
            const Method *method)
{
  if (method->writes)
    out (o, "/**\n"
            " * $wrapper$_complete:\n"
            " * @self: a call\n"
            " *\n"
            " * Ends the call, and with it the stream of responses.\n"
            " */\n"
            "void\n"
            "$wrapper$_complete ($Wrapper$ *self)\n"
            "{\n"
            "  g_return_if_fail ($MODULE$_IS_$WRAPPER$ (self));\n\n"
            "  grpc_aio_servicer_context_complete (self->context, NULL);\n"
            "}\n\n");

  out (o, "/**\n"
          " * $wrapper$_complete_with_error:\n"
          " * @self: a call\n"
          " * @error: what went wrong\n"
          " *\n"
          " * Ends the call with an error.\n"
          " */\n"
          "void\n"
          "$wrapper$_complete_with_error ($Wrapper$ *self,\n@const GError *error)\n"
          "{\n"
          "  g_return_if_fail ($MODULE$_IS_$WRAPPER$ (self));\n"
          "  g_return_if_fail (error != NULL);\n\n"
          "  grpc_aio_servicer_context_complete_with_error (self->context, error);\n"
          "}\n\n");

  if (!method->reads)
    out (o, "/* The struct lives as long as the context. */\n"
            "static const $Input$ *\n"
            "$wrapper$_unpack ($Wrapper$ *self,\n@GBytes *bytes)\n"
            "{\n"
            "  g_autoptr (GError) error = NULL;\n\n"
            "  self->request = grpc_aio_protobuf_unpack (&$input$__descriptor, bytes, &error);\n"
            "  if (self->request == NULL)\n"
            "    grpc_aio_servicer_context_complete_with_error (self->context, error);\n\n"
            "  return (const $Input$ *) self->request;\n"
            "}\n\n");
}

void
emit_context_source (Out *o,
                     const Method *method)
{
  set_context (o, method);
  out_set (o, "path_name", method->element.full_name);
  stream_define_class (o, " * A call of `$path_name$` to answer: take a reference to answer it later.\n");

  for (Flavor flavor = FLAVOR_OBJECT; flavor <= FLAVOR_STRUCT; flavor++)
    {
      if (!flavor_is_wanted (method->element.file, flavor))
        continue;

      set_flavor (o, flavor, method);
      if (method->reads)
        stream_define_read (o);
      if (method->writes)
        stream_define_write (o);
      else
        define_complete (o);
    }

  define_end (o, method);
}
