/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The part of NAME.grpc-aio.h that declares messages and enumerations. */

#include "emit.h"
#include "emit-accessor.h"

static void
print_doc (Out *o,
           const char *comment,
           const char *indent)
{
  g_autofree char *text = emit_doc_text (comment, indent);

  out_printf (o, "%s", text);
}

static void
declare_enum (Out *o,
              const Enum *self)
{
  out_set (o, "Type", self->g_type);
  out_set (o, "lower", self->g_lower);
  out_set (o, "OBJECT", self->g_object);

  out (o, "#define $MODULE$_TYPE_$OBJECT$ ($lower$_get_type ())\n\n"
          "/**\n"
          " * $Type$:\n");
  for (guint i = 0; i < self->values->len; i++)
    {
      const EnumValue *value = g_ptr_array_index (self->values, i);

      out_printf (o, " * @%s: ", value->g_name);
      if (value->element.comment != NULL)
        print_doc (o, value->element.comment, " *   ");
      else
        out_printf (o, "`%s`", value->element.name);
      out (o, "\n");
    }
  out (o, " *\n * ");
  if (self->element.comment != NULL)
    print_doc (o, self->element.comment, " * ");
  else
    out_printf (o, "The values of `%s`.", self->element.full_name);
  out (o, "\n */\ntypedef enum\n{\n");

  for (guint i = 0; i < self->values->len; i++)
    {
      const EnumValue *value = g_ptr_array_index (self->values, i);

      out_printf (o, "  %s = ", value->g_name);
      if (value->number == G_MININT32)
        out_printf (o, "G_MININT32,\n");
      else
        out_printf (o, "%d,\n", value->number);
    }

  out (o, "} $Type$;\n\nGType $lower$_get_type (void) G_GNUC_CONST;\n\n");
}

static void
declare_accessors (Out *o,
                   const Message *self)
{
  for (guint i = 0; i < self->fields->len; i++)
    {
      const Field *field = g_ptr_array_index (self->fields, i);
      const Accessor *accessor = accessor_of (field);

      accessor_set (o, accessor, field);
      out (o, "$get$$lower$_$verb$_$accessor$ ($Type$ *self);\n\n"
              "void $lower$_set_$accessor$ ($Type$ *self,\n@$set$value);\n\n");

      if (field->has_presence)
        out (o, "gboolean $lower$_has_$accessor$ ($Type$ *self);\n\n"
                "void $lower$_clear_$accessor$ ($Type$ *self);\n\n");
    }

  for (guint i = 0; i < self->oneofs->len; i++)
    {
      out_set (o, "accessor", ((const Oneof *) g_ptr_array_index (self->oneofs, i))->accessor);
      out (o, "const char *$lower$_get_$accessor$ ($Type$ *self);\n\n");
    }
}

static void
declare_message (Out *o,
                 const Message *self)
{
  out_set (o, "Type", self->g_type);
  out_set (o, "lower", self->g_lower);
  out_set (o, "OBJECT", self->g_object);
  out_set (o, "Struct", self->c_type);

  out (o, "#define $MODULE$_TYPE_$OBJECT$ ($lower$_get_type ())\n\n"
          "G_DECLARE_FINAL_TYPE ($Type$, $lower$, $MODULE$, $OBJECT$, GrpcAioMessage)\n\n"
          "$Type$ *$lower$_new (void);\n\n"
          "$Type$ *$lower$_new_from_bytes (GBytes *bytes,\n@GError **error);\n\n"
          "#ifndef __GI_SCANNER__\n\n"
          "$Type$ *$lower$_new_from_struct (const $Struct$ *message,\n@GError **error);\n\n"
          "const $Struct$ *$lower$_get_struct ($Type$ *self);\n\n"
          "#endif\n\n");

  declare_accessors (o, self);
}

void
emit_messages_header (Out *o,
                      const File *file)
{
  for (guint i = 0; i < file->enums->len; i++)
    declare_enum (o, g_ptr_array_index (file->enums, i));

  for (guint i = 0; i < file->messages->len; i++)
    {
      const Message *self = g_ptr_array_index (file->messages, i);

      if (emit_has_object (self))
        out_printf (o, "typedef struct _%s %s;\n", self->g_type, self->g_type);
    }
  out (o, "\n");

  for (guint i = 0; i < file->messages->len; i++)
    {
      const Message *self = g_ptr_array_index (file->messages, i);

      if (emit_has_object (self))
        declare_message (o, self);
    }
}
