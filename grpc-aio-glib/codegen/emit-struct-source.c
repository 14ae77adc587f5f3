/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* NAME.pb-c.c: descriptors, and functions that lead to the library's. */

#include <string.h>

#include "emit.h"

#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

static const char *
descriptor_type (const Field *field)
{
  switch (field->type)
    {
    case TYPE (INT32):
      return "INT32";
    case TYPE (SINT32):
      return "SINT32";
    case TYPE (SFIXED32):
      return "SFIXED32";
    case TYPE (INT64):
      return "INT64";
    case TYPE (SINT64):
      return "SINT64";
    case TYPE (SFIXED64):
      return "SFIXED64";
    case TYPE (UINT32):
      return "UINT32";
    case TYPE (FIXED32):
      return "FIXED32";
    case TYPE (UINT64):
      return "UINT64";
    case TYPE (FIXED64):
      return "FIXED64";
    case TYPE (FLOAT):
      return "FLOAT";
    case TYPE (DOUBLE):
      return "DOUBLE";
    case TYPE (BOOL):
      return "BOOL";
    case TYPE (ENUM):
      return "ENUM";
    case TYPE (STRING):
      return "STRING";
    case TYPE (BYTES):
      return "BYTES";
    default:
      return "MESSAGE";
    }
}

static const char *
descriptor_label (const Field *field)
{
  if (field->is_repeated)
    return "REPEATED";
  if (field->is_required)
    return "REQUIRED";

  /* protoc-c calls what proto3 has without presence so. */
  if (field->element.file->is_proto3 && (field->oneof != NULL || !field->has_presence || field->kind == KIND_MESSAGE))
    return "NONE";

  return "OPTIONAL";
}

static void
print_bytes (Out *o,
             const guint8 *data,
             gsize size)
{
  for (gsize i = 0; i < size; i++)
    {
      if (i % 16 == 0)
        out_printf (o, "%s  ", i > 0 ? "\n" : "");
      out_printf (o, "0x%02x,%s", data[i], i % 16 == 15 || i + 1 == size ? "" : " ");
    }
}

static gboolean
needs_default (const Field *field)
{
  return field->oneof == NULL && !field->is_repeated &&
         (field->default_value != NULL ||
          (field->kind == KIND_ENUM && field->default_enum->number != 0) ||
          (field->kind == KIND_STRING && !field->has_presence));
}

/* What a descriptor says about the default; the values are those that the INIT
 * macro has, and are taken from there. */
static void
define_default (Out *o,
                const Message *self,
                const Field *field)
{
  out_set (o, "name", field->member);

  if (field->kind == KIND_STRING)
    {
      g_autofree char *text = emit_escape (field->default_bytes->data, field->default_bytes->len);

      out (o, "char $lower$__$name$__default_value[] = \"");
      out_printf (o, "%s\";\n", text);
    }
  else if (field->kind == KIND_BYTES)
    {
      out (o, "uint8_t $lower$__$name$__default_value_data[] = {\n");
      print_bytes (o, field->default_bytes->data, field->default_bytes->len);
      out_printf (o, "%s};\n", field->default_bytes->len > 0 ? "\n" : "  0\n");
      out_printf (o, "static const ProtobufCBinaryData %s__%s__default_value = { %u, %s__%s__default_value_data };\n", self->c_lower, field->member, field->default_bytes->len, self->c_lower, field->member);
    }
}

static void
print_default_pointer (Out *o,
                       const Message *self,
                       const Field *field)
{
  if (!needs_default (field))
    out_printf (o, "NULL");
  else if (field->kind == KIND_STRING && field->default_value == NULL)
    out_printf (o, "&protobuf_c_empty_string");
  else if (field->kind == KIND_STRING || field->kind == KIND_BYTES)
    out_printf (o, "&%s__%s__default_value", self->c_lower, field->member);
  else
    out_printf (o, "&%s__init_value.%s", self->c_lower, field->member);
}

static void
print_offset (Out *o,
              const Message *self,
              const char *member)
{
  if (member != NULL)
    out_printf (o, "offsetof (%s, %s)", self->c_type, member);
  else
    out_printf (o, "0");
}

static void
define_field (Out *o,
              const Message *self,
              const Field *field)
{
  const char *quantifier = field->oneof != NULL ? field->oneof->member : field->quantifier;

  out_printf (o, "  {\n    .name = \"%s\",\n    .id = %u,\n", field->element.name, field->number);
  out_printf (o, "    .label = PROTOBUF_C_LABEL_%s,\n    .type = PROTOBUF_C_TYPE_%s,\n", descriptor_label (field), descriptor_type (field));
  out_printf (o, "    .quantifier_offset = ");
  print_offset (o, self, quantifier);
  out_printf (o, ",\n    .offset = ");
  print_offset (o, self, field->member);

  if (field->kind == KIND_MESSAGE)
    out_printf (o, ",\n    .descriptor = &%s__descriptor", field->message->c_lower);
  else if (field->kind == KIND_ENUM)
    out_printf (o, ",\n    .descriptor = &%s__descriptor", field->enumeration->c_lower);
  if (needs_default (field))
    {
      out_printf (o, ",\n    .default_value = ");
      print_default_pointer (o, self, field);
    }

  out_printf (o, ",\n    .flags = 0%s%s%s%s%s,\n  },\n", field->is_packed ? " | PROTOBUF_C_FIELD_FLAG_PACKED" : "", field->element.deprecated ? " | PROTOBUF_C_FIELD_FLAG_DEPRECATED" : "", field->oneof != NULL ? " | PROTOBUF_C_FIELD_FLAG_ONEOF" : "", field->is_group ? " | GRPC_AIO_PROTOBUF_FIELD_GROUP" : "", field->is_utf8 ? " | GRPC_AIO_PROTOBUF_FIELD_UTF8" : "");
}

static gint
compare_field_names (gconstpointer a,
                     gconstpointer b,
                     gpointer sorted)
{
  const Field *one = g_ptr_array_index ((GPtrArray *) sorted, *(const guint *) a);
  const Field *other = g_ptr_array_index ((GPtrArray *) sorted, *(const guint *) b);

  return strcmp (one->element.name, other->element.name);
}

static void
define_field_names (Out *o,
                    const Message *self)
{
  g_autofree guint *order = g_new0 (guint, self->sorted->len);

  for (guint i = 0; i < self->sorted->len; i++)
    order[i] = i;
  g_qsort_with_data (order, self->sorted->len, sizeof *order, compare_field_names, self->sorted);

  out (o, "static const unsigned $lower$__field_indices_by_name[] = { ");
  for (guint i = 0; i < self->sorted->len; i++)
    out_printf (o, "%s%u", i > 0 ? ", " : "", order[i]);
  out (o, " };\n\n");
}

/* Where numbers begin that follow each other. Returns how many there are. */
static guint
define_field_ranges (Out *o,
                     const Message *self)
{
  guint n_ranges = 0;

  out (o, "static const ProtobufCIntRange $lower$__number_ranges[] = { ");
  for (guint i = 0; i < self->sorted->len; i++)
    {
      const Field *field = g_ptr_array_index (self->sorted, i);
      const Field *before = i > 0 ? g_ptr_array_index (self->sorted, i - 1) : NULL;

      if (before == NULL || before->number + 1 != field->number)
        {
          out_printf (o, "{ %u, %u }, ", field->number, i);
          n_ranges++;
        }
    }
  out_printf (o, "{ 0, %u } };\n\n", self->sorted->len);

  return n_ranges;
}

static void
define_descriptor (Out *o,
                   const Message *self)
{
  guint n_ranges = 0;

  for (guint i = 0; i < self->fields->len; i++)
    {
      const Field *field = g_ptr_array_index (self->fields, i);

      if (field->oneof == NULL && field->default_value != NULL)
        define_default (o, self, field);
    }

  out (o, "static const $Type$ $lower$__init_value = $UPPER$__INIT;\n\n");

  if (self->sorted->len > 0)
    {
      out (o, "static const ProtobufCFieldDescriptor $lower$__field_descriptors[] = {\n");
      for (guint i = 0; i < self->sorted->len; i++)
        define_field (o, self, g_ptr_array_index (self->sorted, i));
      out (o, "};\n\n");
      define_field_names (o, self);
      n_ranges = define_field_ranges (o, self);
    }

  out (o, "const ProtobufCMessageDescriptor $lower$__descriptor = {\n"
          "  .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,\n");
  out_printf (o, "  .name = \"%s\",\n  .short_name = \"%s\",\n  .c_name = \"%s\",\n  .package_name = \"%s\",\n", self->element.full_name, self->element.name, self->c_type, self->element.file->package);
  out (o, "  .sizeof_message = sizeof ($Type$),\n");
  if (self->sorted->len > 0)
    {
      out_printf (o, "  .n_fields = %u,\n  .n_field_ranges = %u,\n", self->sorted->len, n_ranges);
      out (o, "  .fields = $lower$__field_descriptors,\n"
              "  .fields_sorted_by_name = $lower$__field_indices_by_name,\n"
              "  .field_ranges = $lower$__number_ranges,\n");
    }
  out (o, "  .message_init = (ProtobufCMessageInit) $lower$__init,\n};\n\n");
}

static void
define_functions (Out *o,
                  const Message *self)
{
  out (o, "void\n$lower$__init ($Type$ *message)\n{\n  *message = $lower$__init_value;\n}\n\n");

  if (self->is_map_entry)
    return;

  out (o, "void\n"
          "$lower$__free_unpacked ($Type$ *message,\n@ProtobufCAllocator *allocator)\n"
          "{\n"
          "  if (message != NULL)\n"
          "    protobuf_c_message_free_unpacked (&message->base, allocator);\n"
          "}\n\n");

  if (self->is_extension)
    {
      out_set (o, "Extended", self->extended->c_type);
      out (o, "gboolean\n"
              "$lower$__is_set (const $Extended$ *message)\n"
              "{\n"
              "  return grpc_aio_protobuf_has_extension (&message->base, &$lower$__descriptor);\n"
              "}\n\n"
              "$Type$ *\n"
              "$lower$__get (const $Extended$ *message,\n@GError **error)\n"
              "{\n"
              "  return ($Type$ *) grpc_aio_protobuf_get_extension (&message->base, &$lower$__descriptor, error);\n"
              "}\n\n"
              "gboolean\n"
              "$lower$__set ($Extended$ *message,\n@const $Type$ *extension,\n@GError **error)\n"
              "{\n"
              "  return grpc_aio_protobuf_set_extension (&message->base, &extension->base, error);\n"
              "}\n\n"
              "void\n"
              "$lower$__clear ($Extended$ *message)\n"
              "{\n"
              "  grpc_aio_protobuf_clear_extension (&message->base, &$lower$__descriptor);\n"
              "}\n\n");
      return;
    }

  out (o, "size_t\n"
          "$lower$__get_packed_size (const $Type$ *message)\n"
          "{\n"
          "  return grpc_aio_protobuf_get_packed_size (&message->base);\n"
          "}\n\n"
          "size_t\n"
          "$lower$__pack (const $Type$ *message,\n@uint8_t *out)\n"
          "{\n"
          "  return grpc_aio_protobuf_pack_data (&message->base, out);\n"
          "}\n\n"
          "size_t\n"
          "$lower$__pack_to_buffer (const $Type$ *message,\n@ProtobufCBuffer *buffer)\n"
          "{\n"
          "  gsize size = grpc_aio_protobuf_get_packed_size (&message->base);\n"
          "  g_autofree guint8 *data = g_malloc (size);\n"
          "\n"
          "  grpc_aio_protobuf_pack_data (&message->base, data);\n"
          "  buffer->append (buffer, size, data);\n"
          "\n"
          "  return size;\n"
          "}\n\n"
          "$Type$ *\n"
          "$lower$__unpack (ProtobufCAllocator *allocator,\n@size_t len,\n@const uint8_t *data)\n"
          "{\n"
          "  return ($Type$ *) grpc_aio_protobuf_unpack_data (&$lower$__descriptor, allocator, data, len, NULL);\n"
          "}\n\n");
}

static void
define_message (Out *o,
                const Message *self)
{
  out_set (o, "Type", self->c_type);
  out_set (o, "lower", self->c_lower);
  out_set (o, "UPPER", self->c_upper);

  define_descriptor (o, self);
  define_functions (o, self);
}

static gint
compare_values (gconstpointer a,
                gconstpointer b)
{
  const EnumValue *one = *(EnumValue *const *) a, *other = *(EnumValue *const *) b;

  return one->number < other->number ? -1 : one->number > other->number;
}

static gint
compare_value_names (gconstpointer a,
                     gconstpointer b)
{
  return strcmp ((*(EnumValue *const *) a)->element.name, (*(EnumValue *const *) b)->element.name);
}

static guint
find_value (const GPtrArray *values,
            gint32 number)
{
  guint i = 0;

  while (((const EnumValue *) g_ptr_array_index (values, i))->number != number)
    i++;

  return i;
}

static void
print_int32 (Out *o,
             gint32 number)
{
  if (number == G_MININT32)
    out_printf (o, "INT32_MIN");
  else
    out_printf (o, "%d", number);
}

static guint
define_enum_ranges (Out *o,
                    const GPtrArray *values)
{
  guint n_ranges = 0;

  out (o, "static const ProtobufCIntRange $lower$__value_ranges[] = { ");
  for (guint i = 0; i < values->len; i++)
    {
      const EnumValue *value = g_ptr_array_index (values, i);
      const EnumValue *before = i > 0 ? g_ptr_array_index (values, i - 1) : NULL;

      if (before == NULL || before->number + 1 != value->number)
        {
          out_printf (o, "{ ");
          print_int32 (o, value->number);
          out_printf (o, ", %u }, ", i);
          n_ranges++;
        }
    }
  out_printf (o, "{ 0, %u } };\n\n", values->len);

  return n_ranges;
}

static void
define_enum (Out *o,
             const Enum *self)
{
  g_autoptr (GPtrArray) values = g_ptr_array_new ();
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  guint n_ranges;

  for (guint i = 0; i < self->values->len; i++)
    {
      EnumValue *value = g_ptr_array_index (self->values, i);

      if (!value->is_alias)
        g_ptr_array_add (values, value);
      g_ptr_array_add (names, value);
    }
  g_ptr_array_sort (values, compare_values);
  g_ptr_array_sort (names, compare_value_names);

  out_set (o, "lower", self->c_lower);
  out (o, "static const ProtobufCEnumValue $lower$__enum_values_by_number[] = {\n");
  for (guint i = 0; i < values->len; i++)
    {
      const EnumValue *value = g_ptr_array_index (values, i);

      out_printf (o, "  { \"%s\", \"%s\", ", value->element.name, value->c_name);
      print_int32 (o, value->number);
      out_printf (o, " },\n");
    }

  out (o, "};\n\nstatic const ProtobufCEnumValueIndex $lower$__enum_values_by_name[] = {\n");
  for (guint i = 0; i < names->len; i++)
    {
      const EnumValue *value = g_ptr_array_index (names, i);

      out_printf (o, "  { \"%s\", %u },\n", value->element.name, find_value (values, value->number));
    }
  out (o, "};\n\n");
  n_ranges = define_enum_ranges (o, values);

  out (o, "const ProtobufCEnumDescriptor $lower$__descriptor = {\n"
          "  .magic = PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC,\n");
  out_printf (o, "  .name = \"%s\",\n  .short_name = \"%s\",\n  .c_name = \"%s\",\n  .package_name = \"%s\",\n", self->element.full_name, self->element.name, self->c_type, self->element.file->package);
  out_printf (o, "  .n_values = %u,\n  .n_value_names = %u,\n  .n_value_ranges = %u,\n", values->len, names->len, n_ranges);
  out (o, "  .values = $lower$__enum_values_by_number,\n"
          "  .values_by_name = $lower$__enum_values_by_name,\n"
          "  .value_ranges = $lower$__value_ranges,\n"
          "};\n\n");
}

/* The names of functions that return types, which the file with the objects
 * has. */
static void
define_types (Out *o,
              const File *file)
{
  for (guint i = 0; i < file->messages->len; i++)
    {
      const Message *self = g_ptr_array_index (file->messages, i);

      if (emit_has_object (self))
        out_printf (o, "GType %s_get_type (void);\n", self->g_lower);
    }
  for (guint i = 0; i < file->enums->len; i++)
    out_printf (o, "GType %s_get_type (void);\n", ((const Enum *) g_ptr_array_index (file->enums, i))->g_lower);

  if (file->messages->len > 0)
    {
      out (o, "\nstatic GType (*const message_types[]) (void) = {\n");
      for (guint i = 0; i < file->messages->len; i++)
        {
          const Message *self = g_ptr_array_index (file->messages, i);

          out_printf (o, "  %s%s,\n", emit_has_object (self) ? self->g_lower : "NULL", emit_has_object (self) ? "_get_type" : "");
        }
      out (o, "};\n");
    }

  if (file->enums->len > 0)
    {
      out (o, "\nstatic GType (*const enum_types[]) (void) = {\n");
      for (guint i = 0; i < file->enums->len; i++)
        out_printf (o, "  %s_get_type,\n", ((const Enum *) g_ptr_array_index (file->enums, i))->g_lower);
      out (o, "};\n");
    }

  out (o, "\n");
}

static void
define_file (Out *o,
             const File *file)
{
  gboolean objects = (file->model->options->emit & EMIT_MESSAGES) != 0;
  gsize size;
  const guint8 *data = g_bytes_get_data (file->bytes, &size);

  if (objects)
    define_types (o, file);

  out (o, "static const guint8 file_descriptor[] = {\n");
  print_bytes (o, data, size);
  out (o, "\n};\n\n");

  if (file->dependencies->len > 0)
    {
      out (o, "static const GrpcAioProtobufFile *const file_dependencies[] = {\n");
      for (guint i = 0; i < file->dependencies->len; i++)
        out_printf (o, "  &%s__file,\n", ((const File *) g_ptr_array_index (file->dependencies, i))->id);
      out (o, "  NULL\n};\n\n");
    }

  if (file->messages->len > 0)
    {
      out (o, "static const ProtobufCMessageDescriptor *const file_messages[] = {\n");
      for (guint i = 0; i < file->messages->len; i++)
        out_printf (o, "  &%s__descriptor,\n", ((const Message *) g_ptr_array_index (file->messages, i))->c_lower);
      out (o, "  NULL\n};\n\n");
    }

  if (file->enums->len > 0)
    {
      out (o, "static const ProtobufCEnumDescriptor *const file_enums[] = {\n");
      for (guint i = 0; i < file->enums->len; i++)
        out_printf (o, "  &%s__descriptor,\n", ((const Enum *) g_ptr_array_index (file->enums, i))->c_lower);
      out (o, "  NULL\n};\n\n");
    }

  out_printf (o, "const GrpcAioProtobufFile %s__file = {\n  .name = \"%s\",\n", file->id, file->name);
  out (o, "  .descriptor = file_descriptor,\n  .descriptor_size = sizeof file_descriptor,\n");
  if (file->dependencies->len > 0)
    out (o, "  .dependencies = file_dependencies,\n");
  if (file->messages->len > 0)
    out (o, "  .messages = file_messages,\n");
  if (file->enums->len > 0)
    out (o, "  .enums = file_enums,\n");
  if (objects && file->messages->len > 0)
    out (o, "  .message_types = message_types,\n");
  if (objects && file->enums->len > 0)
    out (o, "  .enum_types = enum_types,\n");
  out (o, "};\n\n"
          "/* So that the names of the messages are known, as those within an Any. */\n"
          "__attribute__ ((constructor)) static void\n"
          "register_file (void)\n"
          "{\n"
          "  grpc_aio_protobuf_file_register (&$id$__file);\n"
          "}\n");
}

void
emit_struct_source (const Emitter *emitter,
                    const File *file)
{
  g_autoptr (Out) o = out_new ();

  out_set (o, "id", file->id);
  emit_banner (o, file, "/*", " */");
  out_printf (o, "#ifndef PROTOBUF_C__NO_DEPRECATED\n#define PROTOBUF_C__NO_DEPRECATED\n#endif\n\n"
                 "#include \"%s.pb-c.h\"\n\n#include <stddef.h>\n\n",
              file->base);

  for (guint i = 0; i < file->enums->len; i++)
    define_enum (o, g_ptr_array_index (file->enums, i));
  for (guint i = 0; i < file->messages->len; i++)
    define_message (o, g_ptr_array_index (file->messages, i));
  for (guint i = 0; i < file->extensions->len; i++)
    define_message (o, g_ptr_array_index (file->extensions, i));
  define_file (o, file);

  emit_file (emitter, file->base, ".pb-c.c", o);
}
