/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The part of NAME.grpc-aio.c that defines messages and enumerations. */

#include <string.h>

#include "emit.h"
#include "emit-accessor.h"

static void
print_doc (Out *o,
           const char *comment,
           const char *otherwise)
{
  g_autofree char *text = comment != NULL ? emit_doc_text (comment, " * ") : NULL;

  out_printf (o, " * %s\n", text != NULL ? text : otherwise);
}

static void
print_deprecated (Out *o,
                  const Element *element)
{
  if (element->deprecated)
    out (o, " *\n * Deprecated: The .proto file says so.\n");
}

static void
define_enum (Out *o,
             const Enum *self)
{
  out_set (o, "Type", self->g_type);
  out_set (o, "lower", self->g_lower);

  out (o, "GType\n$lower$_get_type (void)\n{\n"
          "  static gsize type = 0;\n\n"
          "  if (g_once_init_enter (&type))\n"
          "    {\n"
          "      static const GEnumValue values[] = {\n");
  for (guint i = 0; i < self->values->len; i++)
    {
      const EnumValue *value = g_ptr_array_index (self->values, i);
      g_autofree char *start = g_strdup_printf ("%s_%s_", self->element.file->g_module, self->g_object);
      g_autofree char *lower = g_ascii_strdown (value->g_name + strlen (start), -1);
      g_autofree char *nick = names_dashes (lower);

      /* Bindings make the names of constants of the nicks. */
      out_printf (o, "        { %s, \"%s\", \"%s\" },\n", value->g_name, value->g_name, nick);
    }
  out (o, "        { 0, NULL, NULL }\n"
          "      };\n\n"
          "      g_once_init_leave (&type, g_enum_register_static (\"$Type$\", values));\n"
          "    }\n\n"
          "  return type;\n}\n\n");
}

/* Numbers and strings are read where they are. */
static void
define_direct_getter (Out *o,
                      const Field *field)
{
  const char *quantifier = field->oneof != NULL ? field->oneof->member : field->quantifier;

  out_set (o, "member", field->member);
  out (o, "  const $Struct$ *message;\n\n"
          "  g_return_val_if_fail ($MODULE$_IS_$OBJECT$ (self), $invalid$);\n\n"
          "  message = $lower$_get_struct (self);\n");

  if (quantifier != NULL)
    {
      out_printf (o, "  if (%smessage->%s%s%s)\n    return ", field->oneof != NULL ? "" : "!", quantifier, field->oneof != NULL ? " != " : "", field->oneof != NULL ? field->oneof_name : "");
      if (field->kind != KIND_STRING)
        {
          emit_number (o, field);
        }
      else if (field->default_value != NULL)
        {
          g_autofree char *text = emit_escape (field->default_bytes->data, field->default_bytes->len);

          out_printf (o, "\"%s\"", text);
        }
      else
        {
          out_printf (o, "NULL");
        }
      out (o, ";\n");
    }

  out (o, "\n  return message->$member$;\n");
}

static void
define_getter (Out *o,
               const Accessor *accessor,
               const Field *field)
{
  gboolean nullable = accessor_is_nullable (field);

  out (o, "/**\n"
          " * $lower$_$verb$_$accessor$:\n"
          " * @self: a message\n"
          " *\n"
          " * Gets the field `$name$`.\n"
          " *\n");
  out_printf (o, " * Returns: %s%s%s%sthe value\n", nullable ? "(nullable) " : "", accessor->shape == SHAPE_PLAIN ? "" : strcmp (accessor->verb, "dup") == 0 ? "(transfer full)"
                                                                                                                                                             : "(transfer none)",
              accessor->shape == SHAPE_STRINGS ? " (array zero-terminated=1)" : "",
              accessor->shape == SHAPE_PLAIN ? "" : ": ");
  print_deprecated (o, &field->element);
  out (o, " */\n"
          "$result$\n"
          "$lower$_$verb$_$accessor$ ($Type$ *self)\n"
          "{\n");

  switch (accessor->shape)
    {
    case SHAPE_PLAIN:
    case SHAPE_STRING:
      define_direct_getter (o, field);
      break;

    case SHAPE_OBJECT:
    case SHAPE_LIST:
      out (o, "  $get$value = NULL;\n\n"
              "  g_return_val_if_fail ($MODULE$_IS_$OBJECT$ (self), NULL);\n\n"
              "  /* The message has a reference of its own. */\n"
              "  g_object_get (self, \"$property$\", &value, NULL);\n"
              "  if (value != NULL)\n"
              "    g_object_unref (value);\n\n"
              "  return value;\n");
      break;

    default:
      out (o, "  $get$value = NULL;\n\n"
              "  g_return_val_if_fail ($MODULE$_IS_$OBJECT$ (self), NULL);\n\n"
              "  g_object_get (self, \"$property$\", &value, NULL);\n\n"
              "  return value;\n");
    }

  out (o, "}\n\n");
}

static void
define_setter (Out *o,
               const Accessor *accessor,
               const Field *field)
{
  out (o, "/**\n"
          " * $lower$_set_$accessor$:\n"
          " * @self: a message\n");
  out_printf (o, " * @value: %sthe value\n", accessor->shape == SHAPE_STRINGS ? "(array zero-terminated=1): " : accessor_is_nullable (field) ? "(nullable): "
                                                                                                                                             : "");
  out (o, " *\n"
          " * Sets the field `$name$`.\n");
  print_deprecated (o, &field->element);
  out (o, " */\n"
          "void\n"
          "$lower$_set_$accessor$ ($Type$ *self,\n@$set$value)\n"
          "{\n"
          "  g_return_if_fail ($MODULE$_IS_$OBJECT$ (self));\n\n"
          "  g_object_set (self, \"$property$\", value, NULL);\n"
          "}\n\n");
}

static void
define_presence (Out *o,
                 const Field *field)
{
  out (o, "/**\n"
          " * $lower$_has_$accessor$:\n"
          " * @self: a message\n"
          " *\n"
          " * Tells whether the field `$name$` is set.\n"
          " *\n"
          " * Returns: whether it is set\n");
  print_deprecated (o, &field->element);
  out (o, " */\n"
          "gboolean\n"
          "$lower$_has_$accessor$ ($Type$ *self)\n"
          "{\n"
          "  g_return_val_if_fail ($MODULE$_IS_$OBJECT$ (self), FALSE);\n\n"
          "  return grpc_aio_message_has_field (GRPC_AIO_MESSAGE (self), \"$name$\");\n"
          "}\n\n"
          "/**\n"
          " * $lower$_clear_$accessor$:\n"
          " * @self: a message\n"
          " *\n"
          " * Takes the value of the field `$name$` away.\n");
  print_deprecated (o, &field->element);
  out (o, " */\n"
          "void\n"
          "$lower$_clear_$accessor$ ($Type$ *self)\n"
          "{\n"
          "  g_return_if_fail ($MODULE$_IS_$OBJECT$ (self));\n\n"
          "  grpc_aio_message_clear_field (GRPC_AIO_MESSAGE (self), \"$name$\");\n"
          "}\n\n");
}

static void
define_accessors (Out *o,
                  const Message *self)
{
  for (guint i = 0; i < self->fields->len; i++)
    {
      const Field *field = g_ptr_array_index (self->fields, i);
      const Accessor *accessor = accessor_of (field);

      accessor_set (o, accessor, field);
      define_getter (o, accessor, field);
      define_setter (o, accessor, field);
      if (field->has_presence)
        define_presence (o, field);
    }

  for (guint i = 0; i < self->oneofs->len; i++)
    {
      const Oneof *oneof = g_ptr_array_index (self->oneofs, i);

      out_set (o, "accessor", oneof->accessor);
      out_set (o, "name", oneof->element.name);
      out (o, "/**\n"
              " * $lower$_get_$accessor$:\n"
              " * @self: a message\n"
              " *\n"
              " * Tells which field of the oneof `$name$` is set.\n"
              " *\n"
              " * Returns: (nullable): the name of the field, or `NULL` without one\n"
              " */\n"
              "const char *\n"
              "$lower$_get_$accessor$ ($Type$ *self)\n"
              "{\n"
              "  g_return_val_if_fail ($MODULE$_IS_$OBJECT$ (self), NULL);\n\n"
              "  return grpc_aio_message_get_oneof_case (GRPC_AIO_MESSAGE (self), \"$name$\");\n"
              "}\n\n");
    }
}

/* What it is that a property has. */
static void
print_shape (Out *o,
             const Field *field)
{
  const Accessor *accessor = accessor_of (field);

  if (accessor->shape == SHAPE_VARIANT)
    {
      g_autofree char *type = accessor_variant_type (field);

      out_printf (o, " *\n * A variant of the type `%s`.\n", type);
    }
  else if (accessor->shape == SHAPE_LIST)
    {
      out_printf (o, " *\n * A list of %s objects.\n", field->message->g_type);
    }
  else if (field->kind == KIND_ENUM)
    {
      out_printf (o, " *\n * A value of %s, or one that it does not know.\n", field->enumeration->g_type);
    }
}

static void
print_property_docs (Out *o,
                     const Message *self)
{
  for (guint i = 0; i < self->fields->len; i++)
    {
      const Field *field = g_ptr_array_index (self->fields, i);
      g_autofree char *otherwise = g_strdup_printf ("The field `%s`.", field->element.name);
      g_autoptr (Out) doc = out_new ();
      g_auto (GStrv) lines = NULL;

      /* g-ir-scanner does not take it for a name. */
      if (g_str_has_suffix (field->property, "-"))
        continue;

      out_printf (o, "  /**\n   * %s:%s:\n   *\n", self->g_type, field->property);
      print_doc (doc, field->element.comment, otherwise);
      print_shape (doc, field);
      print_deprecated (doc, &field->element);
      lines = g_strsplit (out_get_text (doc)->str, "\n", -1);
      for (guint j = 0; lines[j] != NULL && lines[j + 1] != NULL; j++)
        out_printf (o, "  %s\n", lines[j]);
      out (o, "   */\n\n");
    }

  for (guint i = 0; i < self->oneofs->len; i++)
    {
      const Oneof *oneof = g_ptr_array_index (self->oneofs, i);

      out_printf (o, "  /**\n   * %s:%s:\n   *\n   * Which field of the oneof `%s` is set.\n   */\n\n", self->g_type, oneof->property, oneof->element.name);
    }
}

static void
define_message (Out *o,
                const Message *self)
{
  g_autofree char *otherwise = g_strdup_printf ("The message `%s`.", self->element.full_name);

  out_set (o, "Type", self->g_type);
  out_set (o, "lower", self->g_lower);
  out_set (o, "OBJECT", self->g_object);
  out_set (o, "Struct", self->c_type);
  out_set (o, "struct", self->c_lower);

  out (o, "/**\n * $Type$:\n *\n");
  print_doc (o, self->element.comment, otherwise);
  print_deprecated (o, &self->element);
  out (o, " */\n"
          "struct _$Type$\n{\n  GrpcAioMessage parent_instance;\n};\n\n"
          "G_DEFINE_FINAL_TYPE ($Type$, $lower$, GRPC_AIO_TYPE_MESSAGE)\n\n"
          "static void\n"
          "$lower$_class_init ($Type$Class *klass)\n"
          "{\n");
  print_property_docs (o, self);
  out (o, "  grpc_aio_message_class_bind (GRPC_AIO_MESSAGE_CLASS (klass), &$id$__file, &$struct$__descriptor);\n"
          "}\n\n"
          "static void\n"
          "$lower$_init ($Type$ *self G_GNUC_UNUSED)\n"
          "{\n"
          "}\n\n"
          "/**\n"
          " * $lower$_new:\n"
          " *\n"
          " * Creates a message in which no field is set.\n"
          " *\n"
          " * Returns: (transfer full): a new message\n"
          " */\n"
          "$Type$ *\n"
          "$lower$_new (void)\n"
          "{\n"
          "  return g_object_new ($MODULE$_TYPE_$OBJECT$, NULL);\n"
          "}\n\n"
          "/**\n"
          " * $lower$_new_from_bytes:\n"
          " * @bytes: a message as it travels\n"
          " * @error: return location for an error, or `NULL`\n"
          " *\n"
          " * Creates a message from what another program made of it.\n"
          " *\n"
          " * Returns: (transfer full): a new message, or `NULL` with @error set\n"
          " */\n"
          "$Type$ *\n"
          "$lower$_new_from_bytes (GBytes *bytes,\n@GError **error)\n"
          "{\n"
          "  return ($Type$ *) grpc_aio_message_create_from_bytes ($MODULE$_TYPE_$OBJECT$, bytes, error);\n"
          "}\n\n"
          "/* Creates a message that is equal to a struct. */\n"
          "$Type$ *\n"
          "$lower$_new_from_struct (const $Struct$ *message,\n@GError **error)\n"
          "{\n"
          "  return ($Type$ *) grpc_aio_message_create_from_struct ($MODULE$_TYPE_$OBJECT$, &message->base, error);\n"
          "}\n\n"
          "/* Returns the struct that the message stands on; it lives until the message\n"
          " * changes. */\n"
          "const $Struct$ *\n"
          "$lower$_get_struct ($Type$ *self)\n"
          "{\n"
          "  return (const $Struct$ *) grpc_aio_message_get_struct (GRPC_AIO_MESSAGE (self));\n"
          "}\n\n");
  define_accessors (o, self);
}

void
emit_messages_source (Out *o,
                      const File *file)
{
  for (guint i = 0; i < file->enums->len; i++)
    define_enum (o, g_ptr_array_index (file->enums, i));

  for (guint i = 0; i < file->messages->len; i++)
    {
      const Message *self = g_ptr_array_index (file->messages, i);

      if (emit_has_object (self))
        define_message (o, self);
    }
}
