/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A call of one method at the client: a GrpcAioCall with typed messages. */

#include "emit-call.h"

#include "emit-stream.h"
#include "emit.h"

static void
set_call (Out *o,
          const Method *method)
{
  out_set (o, "Wrapper", method->call_type);
  out_set (o, "wrapper", method->call_lower);
  out_set (o, "WRAPPER", method->call_object);
  out_set (o, "Inner", "GrpcAioCall");
  out_set (o, "INNER_TYPE", "GRPC_AIO_TYPE_CALL");
  out_set (o, "inner", "call");
  out_set (o, "core", "grpc_aio_call");
  out_set (o, "relay", "call");
  out_set (o, "members", "");
  out_set (o, "clear", "");
  flavor_set_method (o, method);
}

static void
set_flavor (Out *o,
            Flavor flavor,
            const Method *method)
{
  g_autofree char *function = g_strdup_printf (flavor == FLAVOR_STRUCT ? "%s__" : "%s_",
                                               flavor == FLAVOR_STRUCT ? method->call_struct : method->call_lower);

  out_set (o, "function", function);
  flavor_set_request (o, flavor, method->input, "message");
  flavor_set_reply (o, flavor, method->output);
}

void
emit_call_header (Out *o,
                  const Method *method)
{
  set_call (o, method);
  stream_declare_class (o);

  for (Flavor flavor = FLAVOR_OBJECT; flavor <= FLAVOR_STRUCT; flavor++)
    {
      if (!flavor_is_wanted (method->element.file, flavor))
        continue;

      set_flavor (o, flavor, method);
      flavor_open (o, flavor);
      if (method->writes)
        stream_declare_read (o);
      else
        out (o, "void $function$response_async ($Wrapper$ *self,\n@GCancellable *cancellable,\n@GAsyncReadyCallback callback,\n@gpointer user_data);\n\n"
                "$Reply$ *$function$response_finish ($Wrapper$ *self,\n@GAsyncResult *result,\n@GError **error);\n\n"
                "$Reply$ *$function$response_sync ($Wrapper$ *self,\n@GCancellable *cancellable,\n@GError **error);\n\n");
      if (method->reads)
        stream_declare_write (o);
      flavor_close (o, flavor);
    }

  if (method->reads)
    out (o, "void $wrapper$_done_writing_async ($Wrapper$ *self,\n@GCancellable *cancellable,\n@GAsyncReadyCallback callback,\n@gpointer user_data);\n\n"
            "gboolean $wrapper$_done_writing_finish ($Wrapper$ *self,\n@GAsyncResult *result,\n@GError **error);\n\n"
            "gboolean $wrapper$_done_writing_sync ($Wrapper$ *self,\n@GCancellable *cancellable,\n@GError **error);\n\n");
}

static void
define_response (Out *o)
{
  out (o, "/**\n"
          " * $function$response_async:\n"
          " * @self: a call\n"
          " * @cancellable: (nullable): a way to cancel the call\n"
          " * @callback: (nullable) (scope async): called with the response\n"
          " * @user_data: data for @callback\n"
          " *\n"
          " * Waits for the response.\n"
          " */\n"
          "void\n"
          "$function$response_async ($Wrapper$ *self,\n@GCancellable *cancellable,\n@GAsyncReadyCallback callback,\n@gpointer user_data)\n"
          "{\n"
          "  g_return_if_fail ($MODULE$_IS_$WRAPPER$ (self));\n\n"
          "  grpc_aio_codegen_call_response_async (self, self->call, cancellable, callback, user_data);\n"
          "}\n\n"
          "/**\n"
          " * $function$response_finish:\n"
          " * @self: a call\n"
          " * @result: the result\n"
          " * @error: return location for an error, or `NULL`\n"
          " *\n"
          " * Completes waiting for the response.\n"
          " *\n"
          " * Returns: (transfer full): the response, or `NULL` with @error set\n"
          " */\n"
          "$Reply$ *\n"
          "$function$response_finish ($Wrapper$ *self,\n@GAsyncResult *result,\n@GError **error)\n"
          "{\n"
          "  g_autoptr (GBytes) bytes = grpc_aio_codegen_finish_message (self, result, error);\n\n"
          "  return bytes != NULL ? ($Reply$ *) $reply_unpack$ : NULL;\n"
          "}\n\n"
          "/**\n"
          " * $function$response_sync:\n"
          " * @self: a call\n"
          " * @cancellable: (nullable): a way to cancel the call\n"
          " * @error: return location for an error, or `NULL`\n"
          " *\n"
          " * Waits for the response, and blocks meanwhile.\n"
          " *\n"
          " * Returns: (transfer full): the response, or `NULL` with @error set\n"
          " */\n"
          "$Reply$ *\n"
          "$function$response_sync ($Wrapper$ *self,\n@GCancellable *cancellable,\n@GError **error)\n"
          "{\n"
          "  g_autoptr (GBytes) bytes = NULL;\n\n"
          "  g_return_val_if_fail ($MODULE$_IS_$WRAPPER$ (self), NULL);\n\n"
          "  bytes = grpc_aio_call_response_sync (self->call, cancellable, error);\n\n"
          "  return bytes != NULL ? ($Reply$ *) $reply_unpack$ : NULL;\n"
          "}\n\n");
}

static void
define_done_writing (Out *o)
{
  out (o, "/**\n"
          " * $wrapper$_done_writing_async:\n"
          " * @self: a call\n"
          " * @cancellable: (nullable): a way to cancel it\n"
          " * @callback: (nullable) (scope async): called when it is done\n"
          " * @user_data: data for @callback\n"
          " *\n"
          " * Ends the stream of requests.\n"
          " */\n"
          "void\n"
          "$wrapper$_done_writing_async ($Wrapper$ *self,\n@GCancellable *cancellable,\n@GAsyncReadyCallback callback,\n@gpointer user_data)\n"
          "{\n"
          "  g_return_if_fail ($MODULE$_IS_$WRAPPER$ (self));\n\n"
          "  grpc_aio_codegen_call_done_writing_async (self, self->call, cancellable, callback, user_data);\n"
          "}\n\n"
          "/**\n"
          " * $wrapper$_done_writing_finish:\n"
          " * @self: a call\n"
          " * @result: the result\n"
          " * @error: return location for an error, or `NULL`\n"
          " *\n"
          " * Completes ending the stream of requests.\n"
          " *\n"
          " * Returns: whether it was ended\n"
          " */\n"
          "gboolean\n"
          "$wrapper$_done_writing_finish ($Wrapper$ *self,\n@GAsyncResult *result,\n@GError **error)\n"
          "{\n"
          "  return grpc_aio_codegen_finish (self, result, error);\n"
          "}\n\n"
          "/**\n"
          " * $wrapper$_done_writing_sync:\n"
          " * @self: a call\n"
          " * @cancellable: (nullable): a way to cancel it\n"
          " * @error: return location for an error, or `NULL`\n"
          " *\n"
          " * Ends the stream of requests and waits until it is done.\n"
          " *\n"
          " * Returns: whether it was ended\n"
          " */\n"
          "gboolean\n"
          "$wrapper$_done_writing_sync ($Wrapper$ *self,\n@GCancellable *cancellable,\n@GError **error)\n"
          "{\n"
          "  g_return_val_if_fail ($MODULE$_IS_$WRAPPER$ (self), FALSE);\n\n"
          "  return grpc_aio_call_done_writing_sync (self->call, cancellable, error);\n"
          "}\n\n");
}

void
emit_call_source (Out *o,
                  const Method *method)
{
  set_call (o, method);
  out_set (o, "path_name", method->element.full_name);
  stream_define_class (o, " * A call of `$path_name$`.\n");

  for (Flavor flavor = FLAVOR_OBJECT; flavor <= FLAVOR_STRUCT; flavor++)
    {
      if (!flavor_is_wanted (method->element.file, flavor))
        continue;

      set_flavor (o, flavor, method);
      if (method->writes)
        stream_define_read (o);
      else
        define_response (o);
      if (method->reads)
        stream_define_write (o);
    }

  if (method->reads)
    define_done_writing (o);
}
