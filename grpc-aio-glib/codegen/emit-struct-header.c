/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* NAME.pb-c.h: structs and functions as protoc-c makes them. */

#include <string.h>

#include "emit.h"

static void
declare_enum (Out *o,
              const Enum *self)
{
  out_set (o, "Type", self->c_type);
  out_set (o, "UPPER", self->c_upper);

  emit_comment (o, "", self->element.comment);
  out (o, "typedef enum _$Type$\n{\n");

  for (guint i = 0; i < self->values->len; i++)
    {
      const EnumValue *value = g_ptr_array_index (self->values, i);

      emit_comment (o, "  ", value->element.comment);
      out_printf (o, "  %s = ", value->c_name);
      if (value->number == G_MININT32)
        out_printf (o, "INT32_MIN");
      else
        out_printf (o, "%d", value->number);
      out_printf (o, "%s\n", i + 1 < self->values->len ? "," : "");
    }

  out (o, "    PROTOBUF_C__FORCE_ENUM_TO_BE_INT_SIZE ($UPPER$)\n} $Type$;\n\n");
}

static void
declare_member (Out *o,
                const Field *field,
                const char *indent)
{
  const char *type = emit_c_type (field);
  gboolean spaced = g_str_has_suffix (type, " ") || g_str_has_suffix (type, "*");
  const char *deprecated = field->element.deprecated ? " PROTOBUF_C__DEPRECATED" : "";

  emit_comment (o, indent, field->element.comment);
  if (field->quantifier != NULL)
    out_printf (o, "%s%s %s%s;\n", indent, field->is_repeated ? "size_t" : "protobuf_c_boolean", field->quantifier, deprecated);

  out_printf (o, "%s%s%s%s%s%s%s;\n", indent, type, spaced ? "" : " ", field->kind == KIND_MESSAGE ? "*" : "", field->is_repeated ? "*" : "", field->member, deprecated);
}

static void
declare_oneof_case (Out *o,
                    const Oneof *self)
{
  out_printf (o, "typedef enum\n{\n  %s = 0", self->not_set);
  for (guint i = 0; i < self->fields->len; i++)
    {
      const Field *field = g_ptr_array_index (self->fields, i);

      out_printf (o, ",\n  %s = %u", field->oneof_name, field->number);
    }
  out_printf (o, "\n    PROTOBUF_C__FORCE_ENUM_TO_BE_INT_SIZE (%s__CASE)\n} %s;\n\n", self->c_upper, self->c_type);
}

static void
print_int64 (Out *o,
             const char *text)
{
  if (strcmp (text, "-9223372036854775808") == 0)
    out_printf (o, "INT64_MIN");
  else
    out_printf (o, "%sll", text);
}

static void
print_float (Out *o,
             const Field *field)
{
  const char *text = field->default_value;
  double number = g_ascii_strtod (text, NULL);

  if (strstr (text, "inf") != NULL)
    out_printf (o, "%sINFINITY", *text == '-' ? "-" : "");
  else if (strstr (text, "nan") != NULL)
    out_printf (o, "%sNAN", *text == '-' ? "-" : "");
  else if (number > G_MAXDOUBLE || number < -G_MAXDOUBLE)
    out_printf (o, "%sINFINITY", *text == '-' ? "-" : "");
  else
    out_printf (o, "%s%s%s", text, strpbrk (text, ".eE") == NULL ? ".0" : "", field->kind == KIND_FLOAT ? "f" : "");
}

/* The number that stands for no value. */
void
emit_number (Out *o,
             const Field *field)
{
  const char *text = field->default_value;

  switch (field->kind)
    {
    case KIND_ENUM:
      out_printf (o, "%s", field->default_enum->c_name);
      break;

    case KIND_BOOL:
      out_printf (o, "%d", text != NULL && strcmp (text, "true") == 0);
      break;

    case KIND_INT64:
      print_int64 (o, text != NULL ? text : "0");
      break;

    case KIND_UINT64:
      out_printf (o, "%sull", text != NULL ? text : "0");
      break;

    case KIND_UINT32:
      out_printf (o, "%su", text != NULL ? text : "0");
      break;

    case KIND_INT32:
      out_printf (o, "%s", text == NULL ? "0" : strcmp (text, "-2147483648") == 0 ? "INT32_MIN"
                                                                                  : text);
      break;

    case KIND_FLOAT:
    case KIND_DOUBLE:
      if (text != NULL)
        print_float (o, field);
      else
        out_printf (o, "0");
      break;

    default:
      g_assert_not_reached ();
    }
}

/* The value that a member starts with. */
static void
print_initial (Out *o,
               const Message *self,
               const Field *field)
{
  if (field->is_repeated)
    {
      out_printf (o, "0, NULL");
      return;
    }

  if (field->quantifier != NULL)
    out_printf (o, "0, ");

  switch (field->kind)
    {
    case KIND_STRING:
      if (field->default_value != NULL)
        out_printf (o, "%s__%s__default_value", self->c_lower, field->member);
      else if (!field->has_presence)
        out_printf (o, "(char *) protobuf_c_empty_string");
      else
        out_printf (o, "NULL");
      break;

    case KIND_BYTES:
      if (field->default_value != NULL)
        out_printf (o, "{ %u, %s__%s__default_value_data }", field->default_bytes->len, self->c_lower, field->member);
      else
        out_printf (o, "{ 0, NULL }");
      break;

    case KIND_MESSAGE:
      out_printf (o, "NULL");
      break;

    default:
      emit_number (o, field);
    }
}

static void
define_init (Out *o,
             const Message *self)
{
  out_printf (o, "#define %s__INIT \\\n  { PROTOBUF_C_MESSAGE_INIT (&%s__descriptor)", self->c_upper, self->c_lower);

  for (guint i = 0; i < self->fields->len; i++)
    {
      const Field *field = g_ptr_array_index (self->fields, i);

      if (field->oneof != NULL)
        continue;
      out_printf (o, ", \\\n    ");
      print_initial (o, self, field);
    }

  for (guint i = 0; i < self->oneofs->len; i++)
    {
      const Oneof *oneof = g_ptr_array_index (self->oneofs, i);
      const Field *first = g_ptr_array_index (oneof->fields, 0);

      out_printf (o, ", \\\n    %s, %s", oneof->not_set, first->kind == KIND_BYTES ? "{ { 0, NULL } }" : "{ 0 }");
    }

  out_printf (o, " }\n\n");
}

static void
declare_defaults (Out *o,
                  const Message *self)
{
  for (guint i = 0; i < self->fields->len; i++)
    {
      const Field *field = g_ptr_array_index (self->fields, i);

      if (field->oneof != NULL || field->default_value == NULL)
        continue;

      if (field->kind == KIND_STRING)
        out_printf (o, "extern char %s__%s__default_value[];\n", self->c_lower, field->member);
      else if (field->kind == KIND_BYTES)
        out_printf (o, "extern uint8_t %s__%s__default_value_data[];\n", self->c_lower, field->member);
    }
}

static void
declare_struct (Out *o,
                const Message *self)
{
  for (guint i = 0; i < self->oneofs->len; i++)
    declare_oneof_case (o, g_ptr_array_index (self->oneofs, i));

  if (self->is_extension)
    out_printf (o, "/* Holds the extension %s of %s. */\n", self->element.full_name, self->extended->element.full_name);
  else
    emit_comment (o, "", self->element.comment);

  out_set (o, "Type", self->c_type);
  out (o, "struct $Type$\n{\n  ProtobufCMessage base;\n");

  for (guint i = 0; i < self->fields->len; i++)
    {
      const Field *field = g_ptr_array_index (self->fields, i);

      if (field->oneof == NULL)
        declare_member (o, field, "  ");
    }

  for (guint i = 0; i < self->oneofs->len; i++)
    {
      const Oneof *oneof = g_ptr_array_index (self->oneofs, i);

      emit_comment (o, "  ", oneof->element.comment);
      out_printf (o, "  %s %s;\n  union\n  {\n", oneof->c_type, oneof->member);
      for (guint j = 0; j < oneof->fields->len; j++)
        declare_member (o, g_ptr_array_index (oneof->fields, j), "    ");
      out_printf (o, "  };\n");
    }

  out (o, "};\n\n");
  declare_defaults (o, self);
  define_init (o, self);
}

static void
declare_functions (Out *o,
                   const Message *self)
{
  out_set (o, "Type", self->c_type);
  out_set (o, "lower", self->c_lower);

  out (o, "extern const ProtobufCMessageDescriptor $lower$__descriptor;\n\n"
          "void $lower$__init ($Type$ *message);\n\n");

  if (self->is_map_entry)
    return;

  if (self->is_extension)
    {
      out_set (o, "Extended", self->extended->c_type);
      out (o, "gboolean $lower$__is_set (const $Extended$ *message);\n\n"
              "$Type$ *$lower$__get (const $Extended$ *message,\n@GError **error);\n\n"
              "gboolean $lower$__set ($Extended$ *message,\n@const $Type$ *extension,\n@GError **error);\n\n"
              "void $lower$__clear ($Extended$ *message);\n\n"
              "void $lower$__free_unpacked ($Type$ *message,\n@ProtobufCAllocator *allocator);\n\n");
      return;
    }

  out (o, "size_t $lower$__get_packed_size (const $Type$ *message);\n\n"
          "size_t $lower$__pack (const $Type$ *message,\n@uint8_t *out);\n\n"
          "size_t $lower$__pack_to_buffer (const $Type$ *message,\n@ProtobufCBuffer *buffer);\n\n"
          "$Type$ *$lower$__unpack (ProtobufCAllocator *allocator,\n@size_t len,\n@const uint8_t *data);\n\n"
          "void $lower$__free_unpacked ($Type$ *message,\n@ProtobufCAllocator *allocator);\n\n");
}

static void
declare_cleanup (Out *o,
                 const Message *self)
{
  out_set (o, "Type", self->c_type);
  out_set (o, "lower", self->c_lower);
  out (o, "static inline void\n"
          "$lower$__free ($Type$ *message)\n"
          "{\n"
          "  $lower$__free_unpacked (message, NULL);\n"
          "}\n\n"
          "G_DEFINE_AUTOPTR_CLEANUP_FUNC ($Type$, $lower$__free)\n\n");
}

static void
declare_types (Out *o,
               const GPtrArray *messages)
{
  for (guint i = 0; i < messages->len; i++)
    {
      const Message *self = g_ptr_array_index (messages, i);

      out_printf (o, "typedef struct %s %s;\n", self->c_type, self->c_type);
    }
}

static void
emit_start (Out *o,
            const File *file)
{
  emit_banner (o, file, "/*", " */");
  out (o, "#ifndef PROTOBUF_C_$id$__INCLUDED\n"
          "#define PROTOBUF_C_$id$__INCLUDED\n\n"
          "/* Structs are for C alone. */\n"
          "#ifndef __GI_SCANNER__\n\n"
          "#include <math.h>\n\n"
          "#include <grpc-aio-glib/grpc-aio-protobuf.h>\n\n");

  for (guint i = 0; i < file->dependencies->len; i++)
    {
      const File *dependency = g_ptr_array_index (file->dependencies, i);

      out_printf (o, "#include \"%s.pb-c.h\"\n", dependency->base);
    }

  out (o, "\nPROTOBUF_C__BEGIN_DECLS\n\n"
          "#ifdef __GNUC__\n"
          "#pragma GCC visibility push(default)\n"
          "#endif\n\n"
          "extern const GrpcAioProtobufFile $id$__file;\n\n");
}

void
emit_struct_header (const Emitter *emitter,
                    const File *file)
{
  g_autoptr (Out) o = out_new ();

  out_set (o, "id", file->id);
  emit_start (o, file);

  declare_types (o, file->messages);
  declare_types (o, file->extensions);
  out (o, "\n");

  for (guint i = 0; i < file->enums->len; i++)
    {
      const Enum *self = g_ptr_array_index (file->enums, i);

      declare_enum (o, self);
      out_printf (o, "extern const ProtobufCEnumDescriptor %s__descriptor;\n\n", self->c_lower);
    }

  for (guint i = 0; i < file->messages->len; i++)
    declare_struct (o, g_ptr_array_index (file->messages, i));
  for (guint i = 0; i < file->extensions->len; i++)
    declare_struct (o, g_ptr_array_index (file->extensions, i));

  for (guint i = 0; i < file->messages->len; i++)
    {
      const Message *self = g_ptr_array_index (file->messages, i);

      declare_functions (o, self);
      if (!self->is_map_entry)
        declare_cleanup (o, self);
    }

  for (guint i = 0; i < file->extensions->len; i++)
    {
      declare_functions (o, g_ptr_array_index (file->extensions, i));
      declare_cleanup (o, g_ptr_array_index (file->extensions, i));
    }

  out (o, "#ifdef __GNUC__\n"
          "#pragma GCC visibility pop\n"
          "#endif\n\n"
          "PROTOBUF_C__END_DECLS\n\n"
          "#endif /* __GI_SCANNER__ */\n\n"
          "#endif /* PROTOBUF_C_$id$__INCLUDED */\n");

  emit_file (emitter, file->base, ".pb-c.h", o);
}
