/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The client's side of a service: a stub with its methods. */

#include "emit-call.h"
#include "emit-flavor.h"
#include "emit.h"

static const char *
kind_of (const Method *method)
{
  if (method->reads)
    return method->writes ? "stream_stream" : "stream_unary";

  return method->writes ? "unary_stream" : "unary_unary";
}

static void
set_stub (Out *o,
          const Service *service)
{
  out_set (o, "Stub", service->stub_type);
  out_set (o, "stub", service->stub_lower);
  out_set (o, "STUB", service->stub_object);
  out_set (o, "service", service->element.full_name);
}

static void
set_method (Out *o,
            Flavor flavor,
            const Method *method)
{
  g_autofree char *function = g_strdup_printf (flavor == FLAVOR_STRUCT ? "%s__%s" : "%s_%s",
                                               flavor == FLAVOR_STRUCT ? method->service->stub_struct : method->service->stub_lower,
                                               method->lower);

  out_set (o, "function", function);
  out_set (o, "Call", method->call_type);
  out_set (o, "call", method->call_lower);
  flavor_set_method (o, method);
  flavor_set_request (o, flavor, method->input, "request");
  flavor_set_reply (o, flavor, method->output);
}

static void
declare_method (Out *o,
                Flavor flavor,
                const Method *method)
{
  set_method (o, flavor, method);

  if (method->reads)
    out (o, "$Call$ *$function$ ($Stub$ *self,\n@GrpcAioCallOptions *options);\n\n");
  else
    out (o, "$Call$ *$function$ ($Stub$ *self,\n@$Request$request,\n@GrpcAioCallOptions *options,\n@GError **error);\n\n");

  if (method->reads || method->writes)
    return;

  out (o, "void $function$_async ($Stub$ *self,\n@$Request$request,\n@GrpcAioCallOptions *options,\n"
          "@GCancellable *cancellable,\n@GAsyncReadyCallback callback,\n@gpointer user_data);\n\n"
          "$Reply$ *$function$_finish ($Stub$ *self,\n@GAsyncResult *result,\n@GError **error);\n\n"
          "$Reply$ *$function$_sync ($Stub$ *self,\n@$Request$request,\n@GrpcAioCallOptions *options,\n"
          "@GCancellable *cancellable,\n@GError **error);\n\n");
}

void
emit_stub_header (Out *o,
                  const Service *service)
{
  const File *file = service->element.file;

  for (guint i = 0; i < service->methods->len; i++)
    emit_call_header (o, g_ptr_array_index (service->methods, i));

  set_stub (o, service);
  out (o, "#define $MODULE$_TYPE_$STUB$ ($stub$_get_type ())\n\n"
          "G_DECLARE_FINAL_TYPE ($Stub$, $stub$, $MODULE$, $STUB$, GObject)\n\n"
          "$Stub$ *$stub$_new (GrpcAioChannel *channel);\n\n"
          "GrpcAioChannel *$stub$_get_channel ($Stub$ *self);\n\n");

  for (Flavor flavor = FLAVOR_OBJECT; flavor <= FLAVOR_STRUCT; flavor++)
    {
      if (!flavor_is_wanted (file, flavor))
        continue;

      flavor_open (o, flavor);
      for (guint i = 0; i < service->methods->len; i++)
        declare_method (o, flavor, g_ptr_array_index (service->methods, i));
      flavor_close (o, flavor);
    }
}

static void
define_class (Out *o,
              const Service *service)
{
  g_autofree char *text = emit_doc_text (service->element.comment, " * ");
  g_autofree char *number = g_strdup_printf ("%u", MAX (1, service->methods->len));

  out_set (o, "comment", text);
  out_set (o, "number", number);
  out (o, "/**\n"
          " * $Stub$:\n"
          " *\n"
          " * Calls the methods of `$service$` over a channel.\n");
  if (service->element.comment != NULL)
    out (o, " *\n * $comment$\n");
  if (service->element.deprecated)
    out (o, " *\n * Deprecated: The .proto file says so.\n");
  out (o, " */\n"
          "struct _$Stub$\n"
          "{\n"
          "  GObject parent_instance;\n\n"
          "  GrpcAioChannel *channel;\n"
          "  GrpcAioMultiCallable *methods[$number$];\n"
          "};\n\n"
          "enum\n{\n"
          "  $STUB$_PROP_CHANNEL = 1,\n"
          "  $STUB$_N_PROPS,\n"
          "};\n\n"
          "static GParamSpec *$stub$_properties[$STUB$_N_PROPS];\n\n"
          "G_DEFINE_FINAL_TYPE ($Stub$, $stub$, G_TYPE_OBJECT)\n\n"
          "static void\n"
          "$stub$_dispose (GObject *object)\n"
          "{\n"
          "  $Stub$ *self = ($Stub$ *) object;\n\n"
          "  for (guint i = 0; i < G_N_ELEMENTS (self->methods); i++)\n"
          "    g_clear_object (&self->methods[i]);\n"
          "  g_clear_object (&self->channel);\n\n"
          "  G_OBJECT_CLASS ($stub$_parent_class)->dispose (object);\n"
          "}\n\n"
          "static void\n"
          "$stub$_get_property (GObject *object,\n@guint id,\n@GValue *value,\n@GParamSpec *pspec)\n"
          "{\n"
          "  if (id == $STUB$_PROP_CHANNEL)\n"
          "    g_value_set_object (value, (($Stub$ *) object)->channel);\n"
          "  else\n"
          "    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);\n"
          "}\n\n"
          "static void\n"
          "$stub$_set_property (GObject *object,\n@guint id,\n@const GValue *value,\n@GParamSpec *pspec)\n"
          "{\n"
          "  if (id == $STUB$_PROP_CHANNEL)\n"
          "    (($Stub$ *) object)->channel = g_value_dup_object (value);\n"
          "  else\n"
          "    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);\n"
          "}\n\n");
}

static void
define_construction (Out *o,
                     const Service *service)
{
  out (o, "static void\n"
          "$stub$_constructed (GObject *object)\n"
          "{\n"
          "  $Stub$ *self = ($Stub$ *) object;\n\n"
          "  G_OBJECT_CLASS ($stub$_parent_class)->constructed (object);\n\n"
          "  g_return_if_fail (self->channel != NULL);\n\n");
  for (guint i = 0; i < service->methods->len; i++)
    {
      const Method *method = g_ptr_array_index (service->methods, i);

      flavor_set_method (o, method);
      out_printf (o, "  self->methods[%u] = grpc_aio_channel_%s (self->channel, ", i, kind_of (method));
      out (o, "\"$path$\");\n");
    }

  out (o, "}\n\n"
          "static void\n"
          "$stub$_class_init ($Stub$Class *klass)\n"
          "{\n"
          "  GObjectClass *object_class = G_OBJECT_CLASS (klass);\n\n"
          "  object_class->constructed = $stub$_constructed;\n"
          "  object_class->dispose = $stub$_dispose;\n"
          "  object_class->get_property = $stub$_get_property;\n"
          "  object_class->set_property = $stub$_set_property;\n\n"
          "  /**\n"
          "   * $Stub$:channel:\n"
          "   *\n"
          "   * The channel that calls go over.\n"
          "   */\n"
          "  $stub$_properties[$STUB$_PROP_CHANNEL] =\n"
          "    g_param_spec_object (\"channel\", NULL, NULL, GRPC_AIO_TYPE_CHANNEL,\n"
          "                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);\n\n"
          "  g_object_class_install_properties (object_class, $STUB$_N_PROPS, $stub$_properties);\n"
          "}\n\n"
          "static void\n"
          "$stub$_init ($Stub$ *self G_GNUC_UNUSED)\n"
          "{\n"
          "}\n\n"
          "/**\n"
          " * $stub$_new:\n"
          " * @channel: a channel\n"
          " *\n"
          " * Creates a stub.\n"
          " *\n"
          " * Returns: (transfer full): a new stub\n"
          " */\n"
          "$Stub$ *\n"
          "$stub$_new (GrpcAioChannel *channel)\n"
          "{\n"
          "  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (channel), NULL);\n\n"
          "  return g_object_new ($MODULE$_TYPE_$STUB$, \"channel\", channel, NULL);\n"
          "}\n\n"
          "/**\n"
          " * $stub$_get_channel:\n"
          " * @self: a stub\n"
          " *\n"
          " * Gets the channel that calls go over.\n"
          " *\n"
          " * Returns: (transfer none): the channel\n"
          " */\n"
          "GrpcAioChannel *\n"
          "$stub$_get_channel ($Stub$ *self)\n"
          "{\n"
          "  g_return_val_if_fail ($MODULE$_IS_$STUB$ (self), NULL);\n\n"
          "  return self->channel;\n"
          "}\n\n");
}

static void
define_call (Out *o,
             const Method *method)
{
  if (method->reads)
    {
      out (o, "/**\n"
              " * $function$:\n"
              " * @self: a stub\n"
              " * @options: (nullable): options of the call\n"
              " *\n"
              " * Starts a call of `$Method$`.\n"
              "$comment$"
              " *\n"
              " * Returns: (transfer full): the call\n"
              "$deprecated$"
              " */\n"
              "$Call$ *\n"
              "$function$ ($Stub$ *self,\n@GrpcAioCallOptions *options)\n"
              "{\n"
              "  g_autoptr (GrpcAioCall) call = NULL;\n\n"
              "  g_return_val_if_fail ($MODULE$_IS_$STUB$ (self), NULL);\n\n"
              "  call = grpc_aio_multi_callable_call (self->methods[$index$], NULL, options);\n\n"
              "  return $call$_wrap (call);\n"
              "}\n\n");
      return;
    }

  out (o, "/**\n"
          " * $function$:\n"
          " * @self: a stub\n"
          " * @request: the request\n"
          " * @options: (nullable): options of the call\n"
          " * @error: return location for an error, or `NULL`\n"
          " *\n"
          " * Starts a call of `$Method$`.\n"
          "$comment$"
          " *\n"
          " * Returns: (transfer full): the call, or `NULL` with @error set if a field\n"
          " *   that is required is missing\n"
          "$deprecated$"
          " */\n"
          "$Call$ *\n"
          "$function$ ($Stub$ *self,\n@$Request$request,\n@GrpcAioCallOptions *options,\n@GError **error)\n"
          "{\n"
          "  g_autoptr (GrpcAioCall) call = NULL;\n"
          "  g_autoptr (GBytes) bytes = NULL;\n\n"
          "  g_return_val_if_fail ($MODULE$_IS_$STUB$ (self), NULL);\n"
          "  g_return_val_if_fail ($request_check$, NULL);\n\n"
          "  bytes = $request_pack$ error);\n"
          "  if (bytes == NULL)\n"
          "    return NULL;\n\n"
          "  call = grpc_aio_multi_callable_call (self->methods[$index$], bytes, options);\n\n"
          "  return $call$_wrap (call);\n"
          "}\n\n");
}

static void
define_unary (Out *o)
{
  out (o, "/**\n"
          " * $function$_async:\n"
          " * @self: a stub\n"
          " * @request: the request\n"
          " * @options: (nullable): options of the call\n"
          " * @cancellable: (nullable): a way to cancel the call\n"
          " * @callback: (scope async): called with the response\n"
          " * @user_data: data for @callback\n"
          " *\n"
          " * Calls `$Method$`.\n"
          "$comment$"
          "$deprecated$"
          " */\n"
          "void\n"
          "$function$_async ($Stub$ *self,\n@$Request$request,\n@GrpcAioCallOptions *options,\n"
          "@GCancellable *cancellable,\n@GAsyncReadyCallback callback,\n@gpointer user_data)\n"
          "{\n"
          "  GBytes *bytes;\n"
          "  GError *error = NULL;\n\n"
          "  g_return_if_fail ($MODULE$_IS_$STUB$ (self));\n"
          "  g_return_if_fail ($request_check$);\n\n"
          "  bytes = $request_pack$ &error);\n"
          "  grpc_aio_codegen_invoke_async (self, self->methods[$index$], bytes, error, options, cancellable, callback, user_data);\n"
          "}\n\n"
          "/**\n"
          " * $function$_finish:\n"
          " * @self: a stub\n"
          " * @result: the result\n"
          " * @error: return location for an error, or `NULL`\n"
          " *\n"
          " * Completes a call of `$Method$`.\n"
          " *\n"
          " * Returns: (transfer full): the response, or `NULL` with @error set\n"
          "$deprecated$"
          " */\n"
          "$Reply$ *\n"
          "$function$_finish ($Stub$ *self,\n@GAsyncResult *result,\n@GError **error)\n"
          "{\n"
          "  g_autoptr (GBytes) bytes = grpc_aio_codegen_finish_message (self, result, error);\n\n"
          "  return bytes != NULL ? ($Reply$ *) $reply_unpack$ : NULL;\n"
          "}\n\n");
  out (o, "/**\n"
          " * $function$_sync:\n"
          " * @self: a stub\n"
          " * @request: the request\n"
          " * @options: (nullable): options of the call\n"
          " * @cancellable: (nullable): a way to cancel the call\n"
          " * @error: return location for an error, or `NULL`\n"
          " *\n"
          " * Calls `$Method$` and waits for the response.\n"
          "$comment$"
          " *\n"
          " * Returns: (transfer full): the response, or `NULL` with @error set\n"
          "$deprecated$"
          " */\n"
          "$Reply$ *\n"
          "$function$_sync ($Stub$ *self,\n@$Request$request,\n@GrpcAioCallOptions *options,\n"
          "@GCancellable *cancellable,\n@GError **error)\n"
          "{\n"
          "  g_autoptr (GBytes) packed = NULL;\n"
          "  g_autoptr (GBytes) bytes = NULL;\n\n"
          "  g_return_val_if_fail ($MODULE$_IS_$STUB$ (self), NULL);\n"
          "  g_return_val_if_fail ($request_check$, NULL);\n\n"
          "  packed = $request_pack$ error);\n"
          "  if (packed != NULL)\n"
          "    bytes = grpc_aio_multi_callable_invoke_sync (self->methods[$index$], packed, options, cancellable, error);\n\n"
          "  return bytes != NULL ? ($Reply$ *) $reply_unpack$ : NULL;\n"
          "}\n\n");
}

static void
define_method (Out *o,
               Flavor flavor,
               const Method *method,
               guint index)
{
  g_autofree char *number = g_strdup_printf ("%u", index);

  set_method (o, flavor, method);
  out_set (o, "index", number);
  define_call (o, method);
  if (!method->reads && !method->writes)
    define_unary (o);
}

void
emit_stub_source (Out *o,
                  const Service *service)
{
  for (guint i = 0; i < service->methods->len; i++)
    emit_call_source (o, g_ptr_array_index (service->methods, i));

  set_stub (o, service);
  define_class (o, service);
  define_construction (o, service);

  for (Flavor flavor = FLAVOR_OBJECT; flavor <= FLAVOR_STRUCT; flavor++)
    {
      if (!flavor_is_wanted (service->element.file, flavor))
        continue;

      for (guint i = 0; i < service->methods->len; i++)
        define_method (o, flavor, g_ptr_array_index (service->methods, i), i);
    }
}
