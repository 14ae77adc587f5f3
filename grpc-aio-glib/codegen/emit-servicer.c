/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The server's side of a service: a class to derive from, with a virtual method
 * and a signal for each method. */

#include "emit-context.h"
#include "emit-flavor.h"
#include "emit.h"

static void
set_servicer (Out *o,
              const Service *service)
{
  out_set (o, "Servicer", service->servicer_type);
  out_set (o, "servicer", service->servicer_lower);
  out_set (o, "SERVICER", service->servicer_object);
  out_set (o, "service", service->element.full_name);
}

static gboolean
has_objects (const Service *service)
{
  return flavor_is_wanted (service->element.file, FLAVOR_OBJECT);
}

static void
set_method (Out *o,
            const Method *method)
{
  g_autofree char *upper = names_upper (method->lower);

  flavor_set_method (o, method);
  out_set (o, "Context", method->context_type);
  out_set (o, "context", method->context_lower);
  out_set (o, "CONTEXT", method->context_object);
  out_set (o, "signal", method->signal);
  out_set (o, "SIGNAL", upper);
  out_set (o, "Input", method->input->g_type);
  out_set (o, "InputStruct", method->input->c_type);
  out_set (o, "input", method->input->c_lower);
  out_set (o, "Output", method->output->g_type);
  out_set (o, "INPUT_MODULE", method->input->element.file->g_module);
  out_set (o, "INPUT", method->input->g_object);
}

/* Where g-ir-scanner looks for what it has to know of virtual methods. */
static void
document_virtuals (Out *o,
                   const Method *method)
{
  set_method (o, method);
  out_set (o, "request_doc", method->reads ? "" : " * @request: the request\n");

  out (o, "/**\n"
          " * $Servicer$Class::$method$:\n"
          " * @self: the service\n"
          " * @context: the call to answer; take a reference to answer it later\n"
          "$request_doc$"
          " *\n"
          " * Serves a call of `$Method$`.\n"
          "$comment$"
          "$deprecated$"
          " */\n\n"
          "/**\n"
          " * $Servicer$Class::$method$_blocking:\n"
          " * @self: the service\n"
          " * @context: the call to answer\n"
          "$request_doc$"
          " * @error: return location for an error, or `NULL`\n"
          " *\n"
          " * Serves a call of `$Method$` in a thread of its own, where it may wait.\n"
          "$comment$"
          " *\n");
  if (method->writes)
    out (o, " * Returns: whether all responses were written\n");
  else
    out (o, " * Returns: (transfer full): the response, or `NULL` with @error set\n");
  out (o, "$deprecated$"
          " */\n\n");
}

/* The members of the class that a method has. Bindings find virtual methods by
 * their places, so that what they do not see is a pointer to them. */
static void
declare_virtuals (Out *o,
                  const Method *method,
                  gboolean objects)
{
  set_method (o, method);

  if (objects)
    {
      out (o, "  void (*$method$) ($Servicer$ *self,\n@$Context$ *context");
      if (!method->reads)
        out (o, ",\n@$Input$ *request");
      out (o, ");\n\n");

      out (o, method->writes ? "  gboolean (*$method$_blocking) ($Servicer$ *self,\n@$Context$ *context" : "  $Output$ *(*$method$_blocking) ($Servicer$ *self,\n@$Context$ *context");
      if (!method->reads)
        out (o, ",\n@$Input$ *request");
      out (o, ",\n@GError **error);\n\n");

      if (method->reads)
        return;

      out (o, "#ifdef __GI_SCANNER__\n"
              "  /*< private >*/\n"
              "  gpointer $method$_struct;\n"
              "  /*< public >*/\n"
              "#else\n");
    }

  if (method->reads)
    out (o, "  void (*$method$) ($Servicer$ *self,\n@$Context$ *context);\n\n");
  else
    out (o, "  void (*$method$_struct) ($Servicer$ *self,\n@$Context$ *context,\n@const $InputStruct$ *request);\n");

  if (objects)
    out (o, "#endif\n");
  out (o, "\n");
}

void
emit_servicer_header (Out *o,
                      const Service *service)
{
  for (guint i = 0; i < service->methods->len; i++)
    emit_context_header (o, g_ptr_array_index (service->methods, i));

  set_servicer (o, service);
  out (o, "#define $MODULE$_TYPE_$SERVICER$ ($servicer$_get_type ())\n\n"
          "G_DECLARE_DERIVABLE_TYPE ($Servicer$, $servicer$, $MODULE$, $SERVICER$, GrpcAioService)\n\n");

  for (guint i = 0; has_objects (service) && i < service->methods->len; i++)
    document_virtuals (o, g_ptr_array_index (service->methods, i));

  out (o, "/**\n"
          " * $Servicer$Class:\n"
          " * @parent_class: the parent class\n");

  if (has_objects (service))
    {
      for (guint i = 0; i < service->methods->len; i++)
        {
          const Method *method = g_ptr_array_index (service->methods, i);

          set_method (o, method);
          out (o, " * @$method$: serves a call of `$Method$`\n"
                  " * @$method$_blocking: the same in a thread of its own, where it may wait\n");
        }
    }

  out (o, " *\n"
          " * The methods of `$service$`.\n"
          " */\n"
          "struct _$Servicer$Class\n"
          "{\n"
          "  GrpcAioServiceClass parent_class;\n\n");
  for (guint i = 0; i < service->methods->len; i++)
    declare_virtuals (o, g_ptr_array_index (service->methods, i), has_objects (service));
  out (o, "};\n\n"
          "$Servicer$ *$servicer$_new (void);\n\n");
}

static void
define_start (Out *o,
              const Service *service)
{
  g_autofree char *text = emit_doc_text (service->element.comment, " * ");

  out_set (o, "comment", text);
  out (o, "/**\n"
          " * $Servicer$:\n"
          " *\n"
          " * The service `$service$`.\n");
  if (service->element.comment != NULL)
    out (o, " *\n * $comment$\n");
  out (o, " *\n"
          " * Derive a class from it and override methods, or connect to signals. A method\n"
          " * with neither is not implemented.\n");
  if (service->element.deprecated)
    out (o, " *\n * Deprecated: The .proto file says so.\n");
  out (o, " */\n"
          "G_DEFINE_TYPE ($Servicer$, $servicer$, GRPC_AIO_TYPE_SERVICE)\n\n");

  if (service->methods->len == 0 || !has_objects (service))
    return;

  out (o, "enum\n{\n");
  for (guint i = 0; i < service->methods->len; i++)
    {
      set_method (o, g_ptr_array_index (service->methods, i));
      out (o, "  $SERVICER$_HANDLE_$SIGNAL$,\n");
    }
  out (o, "  $SERVICER$_N_SIGNALS,\n};\n\n"
          "static guint $servicer$_signals[$SERVICER$_N_SIGNALS];\n\n");
}

static void
define_default (Out *o,
                const Method *method)
{
  out (o, "static void\n"
          "$servicer$_real_$method$ ($Servicer$ *self G_GNUC_UNUSED,\n@$Context$ *context");
  if (!method->reads)
    out (o, ",\n@$Input$ *request G_GNUC_UNUSED");
  out (o, ")\n"
          "{\n"
          "  grpc_aio_codegen_context_unimplemented (context->context);\n"
          "}\n\n");
}

/* Serves with an object: in a thread if the class has a function for that, else
 * by a signal, else by the virtual method. */
static void
define_serve_object (Out *o,
                     const Method *method)
{
  const char *request = method->reads ? "" : ", request";

  out_set (o, "request", request);

  if (!method->reads)
    out (o, "  g_autoptr ($Input$) request = NULL;\n"
            "  g_autoptr (GError) request_error = NULL;\n");
  out (o, "  gboolean handled = FALSE;\n\n");

  if (!method->reads)
    out (o, "  request = ($Input$ *) grpc_aio_message_create_from_bytes ($INPUT_MODULE$_TYPE_$INPUT$, bytes, &request_error);\n"
            "  if (request == NULL)\n"
            "    {\n"
            "      grpc_aio_servicer_context_complete_with_error (core, request_error);\n"
            "      return;\n"
            "    }\n\n");

  out (o, "  if (klass->$method$_blocking != NULL)\n"
          "    {\n"
          "      g_autoptr (GError) error = NULL;\n");
  if (method->writes)
    out (o, "\n"
            "      if (klass->$method$_blocking (self, context$request$, &error))\n"
            "        $context$_complete (context);\n"
            "      else\n"
            "        grpc_aio_codegen_context_fail (core, error);\n\n");
  else
    out (o, "      g_autoptr ($Output$) response = klass->$method$_blocking (self, context$request$, &error);\n\n"
            "      if (response != NULL)\n"
            "        $context$_complete (context, response);\n"
            "      else\n"
            "        grpc_aio_codegen_context_fail (core, error);\n\n");
  out (o, "      return;\n"
          "    }\n\n"
          "  g_signal_emit (self, $servicer$_signals[$SERVICER$_HANDLE_$SIGNAL$], 0, context$request$, &handled);\n"
          "  if (!handled)\n"
          "    klass->$method$ (self, context$request$);\n");
}

static void
define_serve_struct (Out *o)
{
  out (o, "      const $InputStruct$ *message = $context$_unpack (context, bytes);\n\n"
          "      if (message != NULL)\n"
          "        klass->$method$_struct (self, context, message);\n");
}

static void
define_serve (Out *o,
              const Method *method,
              gboolean objects)
{
  out (o, "static void\n"
          "$servicer$_serve_$method$ (GrpcAioServicerContext *core,\n");
  out (o, method->reads ? "@GBytes *bytes G_GNUC_UNUSED,\n@gpointer user_data)\n{\n" : "@GBytes *bytes,\n@gpointer user_data)\n{\n");
  out (o, "  $Servicer$ *self = user_data;\n"
          "  $Servicer$Class *klass = $MODULE$_$SERVICER$_GET_CLASS (self);\n"
          "  g_autoptr ($Context$) context = $context$_wrap (core);\n");

  if (!objects && method->reads)
    {
      out (o, "\n"
              "  if (klass->$method$ != NULL)\n"
              "    klass->$method$ (self, context);\n"
              "  else\n"
              "    grpc_aio_codegen_context_unimplemented (core);\n");
    }
  else if (!objects)
    {
      out (o, "\n"
              "  if (klass->$method$_struct != NULL)\n"
              "    {\n");
      define_serve_struct (o);
      out (o, "    }\n"
              "  else\n"
              "    {\n"
              "      grpc_aio_codegen_context_unimplemented (core);\n"
              "    }\n");
    }
  else
    {
      if (!method->reads)
        {
          out (o, "\n"
                  "  if (klass->$method$_struct != NULL)\n"
                  "    {\n");
          define_serve_struct (o);
          out (o, "\n"
                  "      return;\n"
                  "    }\n\n"
                  "  $servicer$_serve_$method$_object (self, klass, context, core, bytes);\n");
        }
      else
        {
          define_serve_object (o, method);
        }
    }

  out (o, "}\n\n");
}

static void
define_method (Out *o,
               const Method *method,
               gboolean objects)
{
  set_method (o, method);

  if (objects)
    define_default (o, method);

  if (objects && !method->reads)
    {
      out (o, "static void\n"
              "$servicer$_serve_$method$_object ($Servicer$ *self,\n@$Servicer$Class *klass,\n@$Context$ *context,\n@GrpcAioServicerContext *core,\n@GBytes *bytes)\n"
              "{\n");
      define_serve_object (o, method);
      out (o, "}\n\n");
    }

  define_serve (o, method, objects);
}

static const char *
kind_of (const Method *method)
{
  if (method->reads)
    return method->writes ? "STREAM_STREAM" : "STREAM_UNARY";

  return method->writes ? "UNARY_STREAM" : "UNARY_UNARY";
}

static void
define_constructed (Out *o,
                    const Service *service,
                    gboolean objects)
{
  out (o, "/* The service holds its handlers, so they do not hold the service. */\n"
          "static void\n"
          "$servicer$_constructed (GObject *object)\n"
          "{\n");
  if (service->methods->len > 0)
    out (o, "  GrpcAioService *service = GRPC_AIO_SERVICE (object);\n");
  if (service->methods->len > 0 && objects)
    out (o, "  $Servicer$Class *klass = $MODULE$_$SERVICER$_GET_CLASS (object);\n");
  out (o, "\n  G_OBJECT_CLASS ($servicer$_parent_class)->constructed (object);\n\n");

  for (guint i = 0; i < service->methods->len; i++)
    {
      const Method *method = g_ptr_array_index (service->methods, i);

      set_method (o, method);
      out_set (o, "KIND", kind_of (method));
      out (o, "  grpc_aio_codegen_service_add (service, \"$Method$\", GRPC_AIO_METHOD_KIND_$KIND$,\n"
              "                                $servicer$_serve_$method$, object, ");
      out (o, objects ? "klass->$method$_blocking != NULL);\n" : "FALSE);\n");
    }

  out (o, "}\n\n");
}

static void
define_class_init (Out *o,
                   const Service *service,
                   gboolean objects)
{
  out (o, "static void\n"
          "$servicer$_class_init ($Servicer$Class *klass)\n"
          "{\n"
          "  G_OBJECT_CLASS (klass)->constructed = $servicer$_constructed;\n\n"
          "  grpc_aio_service_class_set_name (GRPC_AIO_SERVICE_CLASS (klass), \"$service$\");\n");

  for (guint i = 0; objects && i < service->methods->len; i++)
    {
      const Method *method = g_ptr_array_index (service->methods, i);

      set_method (o, method);
      out (o, "\n"
              "  klass->$method$ = $servicer$_real_$method$;\n\n"
              "  /**\n"
              "   * $Servicer$::$signal$:\n"
              "   * @self: the service\n"
              "   * @context: the call\n");
      if (!method->reads)
        out (o, "   * @request: the request\n");
      out (o, "   *\n"
              "   * Emitted for a call of `$Method$`.\n"
              "   *\n"
              "   * Returns: whether the call is served, now or later\n"
              "   */\n"
              "  $servicer$_signals[$SERVICER$_HANDLE_$SIGNAL$] =\n"
              "    g_signal_new (\"$signal$\", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,\n"
              "                  g_signal_accumulator_true_handled, NULL, NULL, G_TYPE_BOOLEAN, ");
      if (method->reads)
        out (o, "1, $MODULE$_TYPE_$CONTEXT$);\n");
      else
        out (o, "2, $MODULE$_TYPE_$CONTEXT$, $INPUT_MODULE$_TYPE_$INPUT$);\n");
    }

  out (o, "}\n\n"
          "static void\n"
          "$servicer$_init ($Servicer$ *self G_GNUC_UNUSED)\n"
          "{\n"
          "}\n\n"
          "/**\n"
          " * $servicer$_new:\n"
          " *\n"
          " * Creates a service whose methods are served by signals.\n"
          " *\n"
          " * Returns: (transfer full): a new service\n"
          " */\n"
          "$Servicer$ *\n"
          "$servicer$_new (void)\n"
          "{\n"
          "  return g_object_new ($MODULE$_TYPE_$SERVICER$, NULL);\n"
          "}\n\n");
}

void
emit_servicer_source (Out *o,
                      const Service *service)
{
  gboolean objects = has_objects (service);

  for (guint i = 0; i < service->methods->len; i++)
    emit_context_source (o, g_ptr_array_index (service->methods, i));

  set_servicer (o, service);
  define_start (o, service);
  for (guint i = 0; i < service->methods->len; i++)
    define_method (o, g_ptr_array_index (service->methods, i), objects);
  define_constructed (o, service, objects);
  define_class_init (o, service, objects);
}
