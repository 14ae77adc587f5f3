/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* PREFIX.d.ts: the types of a namespace for JavaScript, of `gi://PREFIX`. */

#include "emit-accessor.h"
#include "emit-typing.h"

static void
print_doc (Out *o,
           const char *indent,
           const char *comment)
{
  g_autofree char *next = g_strconcat (indent, " * ", NULL);
  g_autofree char *text = emit_doc_text (comment, next);

  if (comment != NULL)
    out_printf (o, "%s/**\n%s * %s\n%s */\n", indent, indent, text, indent);
}

static char *
type_of (const char *prefix,
         const Field *field)
{
  const Accessor *accessor = accessor_of (field);
  g_autofree char *type = NULL;

  switch (accessor->shape)
    {
    case SHAPE_PLAIN:
      type = g_strdup (field->kind == KIND_BOOL ? "boolean" : "number");
      break;

    case SHAPE_STRING:
      type = g_strdup ("string");
      break;

    case SHAPE_BYTES:
      type = g_strdup ("_GLib.Bytes");
      break;

    case SHAPE_OBJECT:
      type = typing_class (prefix, field->message->element.file, field->message->g_type);
      break;

    case SHAPE_LIST:
      {
        g_autofree char *item = typing_class (prefix, field->message->element.file, field->message->g_type);

        type = g_strdup_printf ("_Gio.ListStore<%s>", item);
        break;
      }

    case SHAPE_STRINGS:
      type = g_strdup ("string[]");
      break;

    default:
      type = g_strdup ("_GLib.Variant");
    }

  return accessor_is_nullable (field) ? g_strdup_printf ("%s | null", type) : g_steal_pointer (&type);
}

static void
emit_enum (Out *o,
           const Enum *self)
{
  print_doc (o, "    ", self->element.comment);
  out_printf (o, "    enum %s {\n", typing_short (self->element.file, self->g_type));
  for (guint i = 0; i < self->values->len; i++)
    {
      const EnumValue *value = g_ptr_array_index (self->values, i);
      g_autofree char *constant = typing_constant (self, value);

      out_printf (o, "        %s = %d,\n", constant, value->number);
    }
  out (o, "    }\n\n");
}

static void
emit_accessors (Out *o,
                const char *prefix,
                const Field *field)
{
  const Accessor *accessor = accessor_of (field);
  g_autofree char *type = type_of (prefix, field);

  accessor_set (o, accessor, field);
  out_set (o, "type", type);
  out (o, "        $verb$_$accessor$(): $type$;\n"
          "        set_$accessor$(value: $type$): void;\n");
  if (field->has_presence)
    out (o, "        has_$accessor$(): boolean;\n"
            "        clear_$accessor$(): void;\n");
}

static void
emit_message (Out *o,
              const char *prefix,
              const Message *self)
{
  out_set (o, "Class", typing_short (self->element.file, self->g_type));
  out (o, "    interface $Class$Properties {\n");
  for (guint i = 0; i < self->fields->len; i++)
    {
      const Field *field = g_ptr_array_index (self->fields, i);
      g_autofree char *name = g_strdelimit (g_strdup (field->property), "-", '_');
      g_autofree char *type = type_of (prefix, field);

      print_doc (o, "        ", field->element.comment);
      out_printf (o, "        %s: %s;\n", name, type);
    }
  out (o, "    }\n\n");

  print_doc (o, "    ", self->element.comment);
  out (o, "    class $Class$ extends _GrpcAio.Message {\n"
          "        constructor(properties?: Partial<$Class$Properties>);\n"
          "        static new_from_bytes(bytes: _GLib.Bytes): $Class$;\n");
  for (guint i = 0; i < self->oneofs->len; i++)
    {
      const Oneof *oneof = g_ptr_array_index (self->oneofs, i);
      g_autofree char *name = g_strdelimit (g_strdup (oneof->property), "-", '_');

      out_printf (o, "        readonly %s: string | null;\n        get_%s(): string | null;\n", name, oneof->accessor);
    }
  for (guint i = 0; i < self->fields->len; i++)
    emit_accessors (o, prefix, g_ptr_array_index (self->fields, i));
  out (o, "    }\n    interface $Class$ extends $Class$Properties {}\n\n");
}

static void
emit_operation (Out *o,
                const char *self,
                const char *name,
                const char *arguments,
                const char *result)
{
  out_printf (o, "        %s_async(%scancellable: _Gio.Cancellable | null, callback: _Gio.AsyncReadyCallback<%s> | null): void;\n", name, arguments, self);
  out_printf (o, "        %s_finish(result: _Gio.AsyncResult): %s;\n", name, result);
  out_printf (o, "        %s_sync(%scancellable: _Gio.Cancellable | null): %s;\n", name, arguments, result);
}

static void
emit_stream (Out *o,
             const char *self,
             const char *read,
             const char *write)
{
  if (read != NULL)
    {
      g_autofree char *result = g_strdup_printf ("%s | null", read);

      emit_operation (o, self, "read", "", result);
    }
  if (write != NULL)
    {
      g_autofree char *argument = g_strdup_printf ("message: %s, ", write);

      emit_operation (o, self, "write", argument, "boolean");
    }
}

static void
emit_call (Out *o,
           const Method *method,
           const char *input,
           const char *output)
{
  const char *self = typing_short (method->element.file, method->call_type);

  out_printf (o, "    class %s extends _GObject.Object {\n"
                 "        readonly call: _GrpcAio.Call;\n"
                 "        get_call(): _GrpcAio.Call;\n",
              self);
  emit_stream (o, self, method->writes ? output : NULL, method->reads ? input : NULL);
  if (!method->writes)
    emit_operation (o, self, "response", "", output);
  if (method->reads)
    emit_operation (o, self, "done_writing", "", "boolean");
  out (o, "    }\n\n");
}

static void
emit_context (Out *o,
              const Method *method,
              const char *input,
              const char *output)
{
  const char *self = typing_short (method->element.file, method->context_type);

  out_printf (o, "    class %s extends _GObject.Object {\n"
                 "        readonly context: _GrpcAio.ServicerContext;\n"
                 "        get_context(): _GrpcAio.ServicerContext;\n",
              self);
  emit_stream (o, self, method->reads ? input : NULL, method->writes ? output : NULL);
  out_printf (o, "        complete(%s%s): void;\n", method->writes ? "" : "response: ", method->writes ? "" : output);
  out (o, "        complete_with_error(error: _GLib.Error): void;\n    }\n\n");
}

static void
emit_stub_method (Out *o,
                  const Method *method,
                  const char *self,
                  const char *input,
                  const char *output)
{
  const char *call = typing_short (method->element.file, method->call_type);
  g_autofree char *arguments = g_strdup_printf ("%s%s%soptions: _GrpcAio.CallOptions | null",
                                                method->reads ? "" : "request: ",
                                                method->reads ? "" : input,
                                                method->reads ? "" : ", ");

  print_doc (o, "        ", method->element.comment);
  out_printf (o, "        %s(%s): %s;\n", method->lower, arguments, call);
  if (!method->reads && !method->writes)
    {
      g_autofree char *more = g_strconcat (arguments, ", ", NULL);

      emit_operation (o, self, method->lower, more, output);
    }
}

static void
emit_virtuals (Out *o,
               const Method *method,
               const char *self,
               const char *input,
               const char *output)
{
  const char *context = typing_short (method->element.file, method->context_type);
  g_autofree char *request = method->reads ? g_strdup ("") : g_strdup_printf (", request: %s", input);

  out_printf (o, "        vfunc_%s(context: %s%s): void;\n", method->lower, context, request);
  out_printf (o, "        connect(signal: '%s', callback: (self: %s, context: %s%s) => boolean): number;\n", method->signal, self, context, request);
}

static void
emit_service (Out *o,
              const char *prefix,
              const Service *self)
{
  const char *stub_name = typing_short (self->element.file, self->stub_type);
  const char *servicer_name = typing_short (self->element.file, self->servicer_type);
  g_autoptr (Out) stub = out_new ();
  g_autoptr (Out) servicer = out_new ();

  for (guint i = 0; i < self->methods->len; i++)
    {
      const Method *method = g_ptr_array_index (self->methods, i);
      g_autofree char *input = typing_class (prefix, method->input->element.file, method->input->g_type);
      g_autofree char *output = typing_class (prefix, method->output->element.file, method->output->g_type);

      emit_call (o, method, input, output);
      emit_context (o, method, input, output);
      emit_stub_method (stub, method, stub_name, input, output);
      emit_virtuals (servicer, method, servicer_name, input, output);
    }

  print_doc (o, "    ", self->element.comment);
  out_printf (o, "    class %s extends _GObject.Object {\n"
                 "        constructor(properties: { channel: _GrpcAio.Channel });\n"
                 "        readonly channel: _GrpcAio.Channel;\n"
                 "        get_channel(): _GrpcAio.Channel;\n"
                 "%s    }\n\n",
              stub_name,
              out_get_text (stub)->str);

  print_doc (o, "    ", self->element.comment);
  out_printf (o, "    class %s extends _GrpcAio.Service {\n"
                 "        constructor();\n"
                 "%s"
                 "        connect(signal: string, callback: (...args: any[]) => any): number;\n"
                 "    }\n\n",
              servicer_name,
              out_get_text (servicer)->str);
}

static void
emit_prefix (const Emitter *emitter,
             const Model *model,
             const char *prefix)
{
  g_autoptr (Out) o = out_new ();
  g_autoptr (GPtrArray) imports = typing_imports (model, prefix);

  out_set (o, "prefix", prefix);
  out (o, "// Generated by protoc-gen-grpc-aio-glib. Changes here will be lost.\n\n"
          "declare module 'gi://$prefix$' {\n"
          "    import _GLib from 'gi://GLib';\n"
          "    import _GObject from 'gi://GObject';\n"
          "    import _Gio from 'gi://Gio';\n"
          "    import _GrpcAio from 'gi://GrpcAio';\n");
  for (guint i = 0; i < imports->len; i++)
    out_printf (o, "    import _%s from 'gi://%s';\n", (const char *) g_ptr_array_index (imports, i), (const char *) g_ptr_array_index (imports, i));
  out (o, "\n    namespace $prefix$ {\n\n");

  for (guint i = 0; i < model->files->len; i++)
    {
      const File *file = g_ptr_array_index (model->files, i);

      if (!typing_has (file, prefix))
        continue;

      for (guint j = 0; j < file->enums->len; j++)
        emit_enum (o, g_ptr_array_index (file->enums, j));
      for (guint j = 0; j < file->messages->len; j++)
        {
          const Message *message = g_ptr_array_index (file->messages, j);

          if (emit_has_object (message))
            emit_message (o, prefix, message);
        }
      for (guint j = 0; j < file->services->len; j++)
        emit_service (o, prefix, g_ptr_array_index (file->services, j));
    }

  out (o, "    }\n\n    export default $prefix$;\n}\n");
  emit_file (emitter, prefix, ".d.ts", o);
}

void
emit_dts (const Emitter *emitter,
          const Model *model)
{
  g_autoptr (GPtrArray) prefixes = typing_prefixes (model);

  for (guint i = 0; i < prefixes->len; i++)
    emit_prefix (emitter, model, g_ptr_array_index (prefixes, i));
}
