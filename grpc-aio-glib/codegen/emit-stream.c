/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "emit-stream.h"

#include "emit.h"

#define DOC_ASYNC                                                    \
  " * @cancellable: (nullable): a way to cancel it\n"                \
  " * @callback: (nullable) (scope async): called when it is done\n" \
  " * @user_data: data for @callback\n"                              \
  " *\n"

#define DOC_FINISH                                       \
  " * @self: a call\n"                                   \
  " * @result: the result\n"                             \
  " * @error: return location for an error, or `NULL`\n" \
  " *\n"

#define DOC_SYNC                                         \
  " * @cancellable: (nullable): a way to cancel it\n"    \
  " * @error: return location for an error, or `NULL`\n" \
  " *\n"

void
stream_declare_read (Out *o)
{
  out (o, "void $function$read_async ($Wrapper$ *self,\n@GCancellable *cancellable,\n@GAsyncReadyCallback callback,\n@gpointer user_data);\n\n"
          "$Reply$ *$function$read_finish ($Wrapper$ *self,\n@GAsyncResult *result,\n@GError **error);\n\n"
          "$Reply$ *$function$read_sync ($Wrapper$ *self,\n@GCancellable *cancellable,\n@GError **error);\n\n");
}

void
stream_define_read (Out *o)
{
  out (o, "/**\n"
          " * $function$read_async:\n"
          " * @self: a call\n" DOC_ASYNC " * Reads the next message.\n"
          " */\n"
          "void\n"
          "$function$read_async ($Wrapper$ *self,\n@GCancellable *cancellable,\n@GAsyncReadyCallback callback,\n@gpointer user_data)\n"
          "{\n"
          "  g_return_if_fail ($MODULE$_IS_$WRAPPER$ (self));\n\n"
          "  grpc_aio_codegen_$relay$_read_async (self, self->$inner$, cancellable, callback, user_data);\n"
          "}\n\n"
          "/**\n"
          " * $function$read_finish:\n" DOC_FINISH " * Completes reading a message.\n"
          " *\n"
          " * Returns: (nullable) (transfer full): the message, or `NULL` at the end of the\n"
          " *   stream, or with @error set\n"
          " */\n"
          "$Reply$ *\n"
          "$function$read_finish ($Wrapper$ *self,\n@GAsyncResult *result,\n@GError **error)\n"
          "{\n"
          "  g_autoptr (GBytes) bytes = grpc_aio_codegen_finish_message (self, result, error);\n\n"
          "  return bytes != NULL ? ($Reply$ *) $reply_unpack$ : NULL;\n"
          "}\n\n"
          "/**\n"
          " * $function$read_sync:\n"
          " * @self: a call\n" DOC_SYNC " * Reads the next message and waits for it.\n"
          " *\n"
          " * Returns: (nullable) (transfer full): the message, or `NULL` at the end of the\n"
          " *   stream, or with @error set\n"
          " */\n"
          "$Reply$ *\n"
          "$function$read_sync ($Wrapper$ *self,\n@GCancellable *cancellable,\n@GError **error)\n"
          "{\n"
          "  g_autoptr (GBytes) bytes = NULL;\n\n"
          "  g_return_val_if_fail ($MODULE$_IS_$WRAPPER$ (self), NULL);\n\n"
          "  bytes = $core$_read_sync (self->$inner$, cancellable, error);\n\n"
          "  return bytes != NULL ? ($Reply$ *) $reply_unpack$ : NULL;\n"
          "}\n\n");
}

void
stream_declare_write (Out *o)
{
  out (o, "void $function$write_async ($Wrapper$ *self,\n@$Request$$arg$,\n@GCancellable *cancellable,\n@GAsyncReadyCallback callback,\n@gpointer user_data);\n\n"
          "gboolean $function$write_finish ($Wrapper$ *self,\n@GAsyncResult *result,\n@GError **error);\n\n"
          "gboolean $function$write_sync ($Wrapper$ *self,\n@$Request$$arg$,\n@GCancellable *cancellable,\n@GError **error);\n\n");
}

void
stream_define_write (Out *o)
{
  out (o, "/**\n"
          " * $function$write_async:\n"
          " * @self: a call\n"
          " * @$arg$: a message\n" DOC_ASYNC " * Writes a message. Further ones may be written before this one is done.\n"
          " */\n"
          "void\n"
          "$function$write_async ($Wrapper$ *self,\n@$Request$$arg$,\n@GCancellable *cancellable,\n@GAsyncReadyCallback callback,\n@gpointer user_data)\n"
          "{\n"
          "  GBytes *bytes;\n"
          "  GError *error = NULL;\n\n"
          "  g_return_if_fail ($MODULE$_IS_$WRAPPER$ (self));\n"
          "  g_return_if_fail ($request_check$);\n\n"
          "  bytes = $request_pack$ &error);\n"
          "  grpc_aio_codegen_$relay$_write_async (self, self->$inner$, bytes, error, cancellable, callback, user_data);\n"
          "}\n\n"
          "/**\n"
          " * $function$write_finish:\n" DOC_FINISH " * Completes writing a message.\n"
          " *\n"
          " * Returns: whether it was written\n"
          " */\n"
          "gboolean\n"
          "$function$write_finish ($Wrapper$ *self,\n@GAsyncResult *result,\n@GError **error)\n"
          "{\n"
          "  return grpc_aio_codegen_finish (self, result, error);\n"
          "}\n\n"
          "/**\n"
          " * $function$write_sync:\n"
          " * @self: a call\n"
          " * @$arg$: a message\n" DOC_SYNC " * Writes a message and waits until it is done.\n"
          " *\n"
          " * Returns: whether it was written\n"
          " */\n"
          "gboolean\n"
          "$function$write_sync ($Wrapper$ *self,\n@$Request$$arg$,\n@GCancellable *cancellable,\n@GError **error)\n"
          "{\n"
          "  g_autoptr (GBytes) bytes = NULL;\n\n"
          "  g_return_val_if_fail ($MODULE$_IS_$WRAPPER$ (self), FALSE);\n"
          "  g_return_val_if_fail ($request_check$, FALSE);\n\n"
          "  bytes = $request_pack$ error);\n\n"
          "  return bytes != NULL && $core$_write_sync (self->$inner$, bytes, cancellable, error);\n"
          "}\n\n");
}

void
stream_declare_class (Out *o)
{
  out (o, "#define $MODULE$_TYPE_$WRAPPER$ ($wrapper$_get_type ())\n\n"
          "G_DECLARE_FINAL_TYPE ($Wrapper$, $wrapper$, $MODULE$, $WRAPPER$, GObject)\n\n"
          "$Inner$ *$wrapper$_get_$inner$ ($Wrapper$ *self);\n\n");
}

/* @doc is the comment on the class. Variables: Inner and INNER_TYPE, what is
 * wrapped. */
void
stream_define_class (Out *o,
                     const char *doc)
{
  out (o, "/**\n * $Wrapper$:\n *\n");
  out (o, doc);
  out (o, " */\n"
          "struct _$Wrapper$\n"
          "{\n"
          "  GObject parent_instance;\n\n"
          "  $Inner$ *$inner$;\n"
          "$members$"
          "};\n\n"
          "G_DEFINE_FINAL_TYPE ($Wrapper$, $wrapper$, G_TYPE_OBJECT)\n\n"
          "static void\n"
          "$wrapper$_finalize (GObject *object)\n"
          "{\n"
          "  $Wrapper$ *self = ($Wrapper$ *) object;\n\n"
          "  g_object_unref (self->$inner$);\n"
          "$clear$\n"
          "  G_OBJECT_CLASS ($wrapper$_parent_class)->finalize (object);\n"
          "}\n\n"
          "static void\n"
          "$wrapper$_get_property (GObject *object,\n@guint id G_GNUC_UNUSED,\n@GValue *value,\n@GParamSpec *pspec G_GNUC_UNUSED)\n"
          "{\n"
          "  g_value_set_object (value, (($Wrapper$ *) object)->$inner$);\n"
          "}\n\n"
          "static void\n"
          "$wrapper$_class_init ($Wrapper$Class *klass)\n"
          "{\n"
          "  GObjectClass *object_class = G_OBJECT_CLASS (klass);\n\n"
          "  object_class->finalize = $wrapper$_finalize;\n"
          "  object_class->get_property = $wrapper$_get_property;\n\n"
          "  /**\n"
          "   * $Wrapper$:$inner$:\n"
          "   *\n"
          "   * What has all the rest of a call: its state, metadata and status.\n"
          "   */\n"
          "  g_object_class_install_property (object_class, 1,\n"
          "                                   g_param_spec_object (\"$inner$\", NULL, NULL, $INNER_TYPE$,\n"
          "                                                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));\n"
          "}\n\n"
          "static void\n"
          "$wrapper$_init ($Wrapper$ *self G_GNUC_UNUSED)\n"
          "{\n"
          "}\n\n"
          "static $Wrapper$ *\n"
          "$wrapper$_wrap ($Inner$ *$inner$)\n"
          "{\n"
          "  $Wrapper$ *self = g_object_new ($MODULE$_TYPE_$WRAPPER$, NULL);\n\n"
          "  self->$inner$ = g_object_ref ($inner$);\n\n"
          "  return self;\n"
          "}\n\n"
          "/**\n"
          " * $wrapper$_get_$inner$:\n"
          " * @self: a call\n"
          " *\n"
          " * Gets what has all the rest of a call: its state, metadata and status.\n"
          " *\n"
          " * Returns: (transfer none): the call\n"
          " */\n"
          "$Inner$ *\n"
          "$wrapper$_get_$inner$ ($Wrapper$ *self)\n"
          "{\n"
          "  g_return_val_if_fail ($MODULE$_IS_$WRAPPER$ (self), NULL);\n\n"
          "  return self->$inner$;\n"
          "}\n\n");
}
