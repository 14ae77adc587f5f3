/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* PREFIX.pyi: the types of a namespace for Python, to be put where
 * gi.repository's are looked for. */

#include <string.h>

#include "emit-accessor.h"
#include "emit-typing.h"

static void
set_doc (Out *o,
         const char *comment)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (const char *c = comment != NULL ? comment : ""; *c != '\0'; c++)
    {
      if (*c == '\\' || *c == '"')
        g_string_append_c (text, '\\');
      g_string_append_c (text, *c);
      if (*c == '\n' && c[1] != '\n')
        g_string_append (text, "    ");
    }

  out_set (o, "doc", text->str);
  if (comment != NULL)
    out (o, "    \"\"\"$doc$\"\"\"\n");
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
      type = g_strdup (field->kind == KIND_BOOL ? "bool" : field->kind == KIND_FLOAT || field->kind == KIND_DOUBLE ? "float"
                                                                                                                   : "int");
      break;

    case SHAPE_STRING:
      type = g_strdup ("str");
      break;

    case SHAPE_BYTES:
      type = g_strdup ("_GLib.Bytes");
      break;

    case SHAPE_OBJECT:
      type = typing_class (prefix, field->message->element.file, field->message->g_type);
      break;

    case SHAPE_LIST:
      type = g_strdup ("_Gio.ListStore");
      break;

    case SHAPE_STRINGS:
      type = g_strdup ("list[str]");
      break;

    default:
      type = g_strdup ("_GLib.Variant");
    }

  return accessor_is_nullable (field) ? g_strdup_printf ("_typing.Optional[%s]", type) : g_steal_pointer (&type);
}

static void
emit_enum (Out *o,
           const Enum *self)
{
  out_printf (o, "class %s(_GObject.GEnum):\n", typing_short (self->element.file, self->g_type));
  set_doc (o, self->element.comment);
  for (guint i = 0; i < self->values->len; i++)
    {
      const EnumValue *value = g_ptr_array_index (self->values, i);
      g_autofree char *constant = typing_constant (self, value);

      out_printf (o, "    %s = %d\n", constant, value->number);
    }
  out (o, "\n");
}

/* Words that Python keeps for itself are no names there; getattr () finds them. */
static gboolean
is_python_word (const char *name)
{
  static const char *const words[] = {
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "print", "raise", "return", "try", "while", "with", "yield", NULL
  };

  return g_strv_contains (words, name);
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
  out_set (o, "set_type", accessor->shape == SHAPE_LIST ? "_Gio.ListModel" : type);
  out (o, "    def $verb$_$accessor$(self) -> $type$: ...\n"
          "    def set_$accessor$(self, value: $set_type$) -> None: ...\n");
  if (field->has_presence)
    out (o, "    def has_$accessor$(self) -> bool: ...\n"
            "    def clear_$accessor$(self) -> None: ...\n");
}

static void
emit_message (Out *o,
              const char *prefix,
              const Message *self)
{
  gboolean star = FALSE;

  out_set (o, "Class", typing_short (self->element.file, self->g_type));
  out (o, "class $Class$(_GrpcAio.Message):\n");
  set_doc (o, self->element.comment);
  out (o, "    class Props(_GrpcAio.Message.Props):\n");
  for (guint i = 0; i < self->fields->len; i++)
    {
      const Field *field = g_ptr_array_index (self->fields, i);
      g_autofree char *name = g_strdelimit (g_strdup (field->property), "-", '_');
      g_autofree char *type = type_of (prefix, field);

      if (!is_python_word (name))
        out_printf (o, "        %s: %s\n", name, type);
    }
  if (self->fields->len == 0)
    out (o, "        ...\n");
  for (guint i = 0; i < self->oneofs->len; i++)
    {
      const Oneof *oneof = g_ptr_array_index (self->oneofs, i);
      g_autofree char *name = g_strdelimit (g_strdup (oneof->property), "-", '_');

      out_printf (o, "        %s: _typing.Optional[str]\n", name);
    }
  out (o, "    @property\n"
          "    def props(self) -> Props: ...\n"
          "    def __init__(self");
  for (guint i = 0; i < self->fields->len; i++)
    {
      const Field *field = g_ptr_array_index (self->fields, i);
      g_autofree char *name = g_strdelimit (g_strdup (field->property), "-", '_');
      g_autofree char *type = type_of (prefix, field);

      if (is_python_word (name) || strcmp (name, "self") == 0)
        continue;
      out_printf (o, ", %s%s: %s = ...", star ? "" : "*, ", name, type);
      star = TRUE;
    }
  out (o, ") -> None: ...\n"
          "    @staticmethod\n"
          "    def new() -> $Class$: ...\n"
          "    @staticmethod\n"
          "    def new_from_bytes(bytes: _GLib.Bytes) -> $Class$: ...\n");

  for (guint i = 0; i < self->fields->len; i++)
    emit_accessors (o, prefix, g_ptr_array_index (self->fields, i));
  for (guint i = 0; i < self->oneofs->len; i++)
    out_printf (o, "    def get_%s(self) -> _typing.Optional[str]: ...\n", ((const Oneof *) g_ptr_array_index (self->oneofs, i))->accessor);

  out (o, "\n");
}

#define ASYNC "cancellable: _typing.Optional[_Gio.Cancellable] = ..., callback: _typing.Optional[_Gio.AsyncReadyCallback] = ..., *user_data: _typing.Any"
#define SYNC "cancellable: _typing.Optional[_Gio.Cancellable] = ..."

static void
emit_operation (Out *o,
                const char *name,
                const char *arguments,
                const char *result)
{
  out_printf (o, "    def %s_async(self, %s" ASYNC ") -> None: ...\n", name, arguments);
  out_printf (o, "    def %s_finish(self, result: _Gio.AsyncResult) -> %s: ...\n", name, result);
  out_printf (o, "    def %s_sync(self, %s" SYNC ") -> %s: ...\n", name, arguments, result);
}

static void
emit_stream (Out *o,
             const char *read,
             const char *write)
{
  if (read != NULL)
    {
      g_autofree char *result = g_strdup_printf ("_typing.Optional[%s]", read);

      emit_operation (o, "read", "", result);
    }
  if (write != NULL)
    {
      g_autofree char *argument = g_strdup_printf ("message: %s, ", write);

      emit_operation (o, "write", argument, "bool");
    }
}

static void
emit_call (Out *o,
           const Method *method,
           const char *input,
           const char *output)
{
  out_printf (o, "class %s(_GObject.Object):\n    def get_call(self) -> _GrpcAio.Call: ...\n", typing_short (method->element.file, method->call_type));
  emit_stream (o, method->writes ? output : NULL, method->reads ? input : NULL);
  if (!method->writes)
    emit_operation (o, "response", "", output);
  if (method->reads)
    emit_operation (o, "done_writing", "", "bool");
  out (o, "\n");
}

static void
emit_context (Out *o,
              const Method *method,
              const char *input,
              const char *output)
{
  out_printf (o, "class %s(_GObject.Object):\n    def get_context(self) -> _GrpcAio.ServicerContext: ...\n", typing_short (method->element.file, method->context_type));
  emit_stream (o, method->reads ? input : NULL, method->writes ? output : NULL);
  if (method->writes)
    out (o, "    def complete(self) -> None: ...\n");
  else
    out_printf (o, "    def complete(self, response: %s) -> None: ...\n", output);
  out (o, "    def complete_with_error(self, error: _GLib.Error) -> None: ...\n\n");
}

static void
emit_stub_method (Out *o,
                  const Method *method,
                  const char *input,
                  const char *output)
{
  const char *call = typing_short (method->element.file, method->call_type);
  const char *underscore = is_python_word (method->lower) ? "_" : "";
  g_autofree char *arguments = NULL;

  if (method->reads)
    {
      out_printf (o, "    def %s%s(self, options: _typing.Optional[_GrpcAio.CallOptions] = ...) -> %s: ...\n", method->lower, underscore, call);
      return;
    }

  arguments = g_strdup_printf ("request: %s, options: _typing.Optional[_GrpcAio.CallOptions] = ...", input);
  out_printf (o, "    def %s%s(self, %s) -> %s: ...\n", method->lower, underscore, arguments, call);
  if (!method->writes)
    {
      g_autofree char *more = g_strconcat (arguments, ", ", NULL);

      emit_operation (o, method->lower, more, output);
    }
}

static void
emit_virtuals (Out *o,
               const Method *method,
               const char *input,
               const char *output)
{
  g_autofree char *request = method->reads ? g_strdup ("") : g_strdup_printf (", request: %s", input);
  const char *context = typing_short (method->element.file, method->context_type);

  out_printf (o, "    def do_%s(self, context: %s%s) -> None: ...\n", method->lower, context, request);
  out_printf (o, "    def do_%s_blocking(self, context: %s%s) -> %s: ...\n", method->lower, context, request, method->writes ? "bool" : output);
}

static void
emit_service (Out *o,
              const char *prefix,
              const Service *self)
{
  g_autoptr (Out) stub = out_new ();
  g_autoptr (Out) servicer = out_new ();

  for (guint i = 0; i < self->methods->len; i++)
    {
      const Method *method = g_ptr_array_index (self->methods, i);
      g_autofree char *input = typing_class (prefix, method->input->element.file, method->input->g_type);
      g_autofree char *output = typing_class (prefix, method->output->element.file, method->output->g_type);

      emit_call (o, method, input, output);
      emit_context (o, method, input, output);
      emit_stub_method (stub, method, input, output);
      emit_virtuals (servicer, method, input, output);
    }

  out_printf (o, "class %s(_GObject.Object):\n", typing_short (self->element.file, self->stub_type));
  set_doc (o, self->element.comment);
  out (o, "    def __init__(self, *, channel: _GrpcAio.Channel = ...) -> None: ...\n    @staticmethod\n");
  out_printf (o, "    def new(channel: _GrpcAio.Channel) -> %s: ...\n", typing_short (self->element.file, self->stub_type));
  out (o, "    def get_channel(self) -> _GrpcAio.Channel: ...\n");
  out_printf (o, "%s\n", out_get_text (stub)->str);

  out_printf (o, "class %s(_GrpcAio.Service):\n", typing_short (self->element.file, self->servicer_type));
  set_doc (o, self->element.comment);
  out (o, "    @staticmethod\n");
  out_printf (o, "    def new() -> %s: ...\n", typing_short (self->element.file, self->servicer_type));
  out_printf (o, "%s\n", out_get_text (servicer)->str);
}

static void
emit_prefix (const Emitter *emitter,
             const Model *model,
             const char *prefix)
{
  g_autoptr (Out) o = out_new ();
  g_autoptr (GPtrArray) imports = typing_imports (model, prefix);

  out (o, "# Generated by protoc-gen-grpc-aio-glib. Changes here will be lost.\n\n"
          "from __future__ import annotations\n\n"
          "import typing as _typing\n\n"
          "from gi.repository import Gio as _Gio, GLib as _GLib, GObject as _GObject, GrpcAio as _GrpcAio\n");
  for (guint i = 0; i < imports->len; i++)
    {
      const char *name = g_ptr_array_index (imports, i);

      out_printf (o, "from gi.repository import %s as _%s\n", name, name);
    }
  out (o, "\n");

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

  emit_file (emitter, prefix, ".pyi", o);
}

void
emit_pyi (const Emitter *emitter,
          const Model *model)
{
  g_autoptr (GPtrArray) prefixes = typing_prefixes (model);

  for (guint i = 0; i < prefixes->len; i++)
    emit_prefix (emitter, model, g_ptr_array_index (prefixes, i));
}
