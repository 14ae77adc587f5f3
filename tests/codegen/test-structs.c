/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Structs as the generator makes them. */

#include <math.h>
#include <string.h>

#include "kitchen.pb-c.h"
#include "legacy.pb-c.h"

static void
test_defaults (void)
{
  Legacy__Record record = LEGACY__RECORD__INIT;
  Legacy__Record again;

  g_test_summary ("A new struct has the defaults of its .proto file");

  g_assert_null (record.key);
  g_assert_cmpstr (record.text, ==, "h\"\\\303\251 ?");
  g_assert_cmpmem (record.data.data, record.data.len, "\0\377\"x", 4);
  g_assert_cmpint (record.low, ==, G_MININT32);
  g_assert_cmpint (record.lowest, ==, G_MININT64);
  g_assert_cmpuint (record.highest, ==, G_MAXUINT64);
  g_assert_true (isinf (record.infinite) && record.infinite < 0);
  g_assert_true (isnan (record.odd));
  g_assert_true (record.yes);
  g_assert_cmpint (record.mode, ==, LEGACY__MODE__OFF);
  g_assert_cmpint (record.on, ==, LEGACY__MODE__ON);
  g_assert_cmpint (record.pick_case, ==, LEGACY__RECORD__PICK__NOT_SET);
  g_assert_false (record.has_low || record.has_lowest || record.has_yes || record.has_mode);

  legacy__record__init (&again);
  g_assert_true (again.text == record.text && again.low == record.low);
}

static void
test_groups (void)
{
  Legacy__Record record = LEGACY__RECORD__INIT;
  Legacy__Record__Inner inner = LEGACY__RECORD__INNER__INIT;
  Legacy__Record__Inner__Leaf leaf = LEGACY__RECORD__INNER__LEAF__INIT;
  Legacy__Record__Inner__Leaf *leaves[] = { &leaf, &leaf };
  g_autoptr (Legacy__Record) read = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree guint8 *packed = NULL;
  gsize size;

  g_test_summary ("Groups travel between tags that start and end them");

  record.key = (char *) "k";
  record.inner = &inner;
  inner.has_depth = TRUE;
  inner.depth = 3;
  inner.n_leaf = 2;
  inner.leaf = leaves;
  leaf.name = (char *) "l";

  bytes = grpc_aio_protobuf_pack (&record.base, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "\x0a\x01k\x63\x08\x03\x13\x0a\x01l\x14\x13\x0a\x01l\x14\x64", 17);

  size = legacy__record__get_packed_size (&record);
  packed = g_malloc (size);
  g_assert_cmpuint (legacy__record__pack (&record, packed), ==, size);
  g_assert_cmpmem (packed, size, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

  read = legacy__record__unpack (NULL, size, packed);
  g_assert_nonnull (read);
  g_assert_cmpint (read->inner->depth, ==, 3);
  g_assert_cmpuint (read->inner->n_leaf, ==, 2);
  g_assert_cmpstr (read->inner->leaf[1]->name, ==, "l");
}

static void
test_required (void)
{
  Legacy__Record record = LEGACY__RECORD__INIT;
  g_autoptr (GError) error = NULL;

  g_test_summary ("What lacks a required field is not packed");

  g_assert_null (grpc_aio_protobuf_pack (&record.base, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL);
  g_assert_nonnull (strstr (error->message, "key"));
}

static Legacy__Record *
new_record (void)
{
  return legacy__record__unpack (NULL, 3, (const guint8 *) "\x0a\x01k");
}

static Legacy__Record *
round_trip (const Legacy__Record *record)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = grpc_aio_protobuf_pack (&record->base, &error);
  Legacy__Record *read;

  g_assert_no_error (error);
  read = (Legacy__Record *) grpc_aio_protobuf_unpack (&legacy__record__descriptor, bytes, &error);
  g_assert_no_error (error);

  return read;
}

static void
test_extensions (void)
{
  g_autoptr (Legacy__Record) record = new_record ();
  g_autoptr (Legacy__Record) read = NULL;
  g_autoptr (Legacy__Number__Extension) got_number = NULL;
  g_autoptr (Legacy__Words__Extension) got_words = NULL;
  g_autoptr (Legacy__Record__Extension) got_record = NULL;
  g_autoptr (Legacy__Record__Nested__Extension) got_nested = NULL;
  g_autoptr (Legacy__Grouped__Extension) got_group = NULL;
  g_autoptr (Legacy__Packed__Extension) got_packed = NULL;
  Legacy__Number__Extension number = LEGACY__NUMBER__EXTENSION__INIT;
  Legacy__Words__Extension words = LEGACY__WORDS__EXTENSION__INIT;
  Legacy__Record__Nested__Extension nested = LEGACY__RECORD__NESTED__EXTENSION__INIT;
  Legacy__Grouped__Extension group = LEGACY__GROUPED__EXTENSION__INIT;
  Legacy__Grouped grouped = LEGACY__GROUPED__INIT;
  Legacy__Packed__Extension packed = LEGACY__PACKED__EXTENSION__INIT;
  char *texts[] = { (char *) "one", (char *) "two" };
  int32_t numbers[] = { 1, -1, 300 };
  g_autoptr (GError) error = NULL;

  g_test_summary ("Extensions of all kinds are set, travel, are read and are cleared");

  got_number = legacy__number__extension__get (record, &error);
  g_assert_no_error (error);
  g_assert_false (got_number->has_number);
  g_assert_cmpint (got_number->number, ==, 5);
  g_clear_pointer (&got_number, legacy__number__extension__free);

  number.has_number = TRUE;
  number.number = 77;
  words.n_words = 2;
  words.words = texts;
  nested.nested = (char *) "deep";
  group.grouped = &grouped;
  grouped.has_value = TRUE;
  grouped.value = 9;
  packed.n_packed = 3;
  packed.packed = numbers;
  g_assert_true (legacy__words__extension__set (record, &words, &error));
  g_assert_true (legacy__number__extension__set (record, &number, &error));
  g_assert_true (legacy__record__nested__extension__set (record, &nested, &error));
  g_assert_true (legacy__grouped__extension__set (record, &group, &error));
  g_assert_true (legacy__packed__extension__set (record, &packed, &error));
  g_assert_true (legacy__number__extension__set (record, &number, &error));
  g_assert_no_error (error);

  read = round_trip (record);
  g_assert_true (legacy__number__extension__is_set (read));
  got_number = legacy__number__extension__get (read, &error);
  g_assert_cmpint (got_number->number, ==, 77);
  got_words = legacy__words__extension__get (read, &error);
  g_assert_cmpuint (got_words->n_words, ==, 2);
  g_assert_cmpstr (got_words->words[1], ==, "two");
  got_nested = legacy__record__nested__extension__get (read, &error);
  g_assert_cmpstr (got_nested->nested, ==, "deep");
  got_group = legacy__grouped__extension__get (read, &error);
  g_assert_cmpint (got_group->grouped->value, ==, 9);
  got_packed = legacy__packed__extension__get (read, &error);
  g_assert_cmpuint (got_packed->n_packed, ==, 3);
  g_assert_cmpint (got_packed->packed[2], ==, 300);
  got_record = legacy__record__extension__get (read, &error);
  g_assert_no_error (error);
  g_assert_null (got_record->record);

  legacy__words__extension__clear (read);
  g_assert_false (legacy__words__extension__is_set (read));
  g_assert_true (legacy__number__extension__is_set (read));
  legacy__number__extension__clear (read);
  legacy__grouped__extension__clear (read);
  legacy__packed__extension__clear (read);
  legacy__record__nested__extension__clear (read);
  g_assert_cmpuint (read->base.n_unknown_fields, ==, 0);
}

static void
test_optional (void)
{
  Kitchen__Dish dish = KITCHEN__DISH__INIT;
  g_autoptr (Kitchen__Dish) read = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  g_test_summary ("An optional field of proto3 is set even when it is zero");

  bytes = grpc_aio_protobuf_pack (&dish.base, &error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 0);
  g_clear_pointer (&bytes, g_bytes_unref);

  dish.has_calories = TRUE;
  dish.note = (char *) "";
  dish.has_secret = TRUE;
  dish.served_case = KITCHEN__DISH__SERVED_BOWLS;
  dish.bowls = 0;
  bytes = grpc_aio_protobuf_pack (&dish.base, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "\x98\x01\x00\xa2\x01\x00\xaa\x01\x00\xb8\x01\x00", 12);

  read = kitchen__dish__unpack (NULL, g_bytes_get_size (bytes), g_bytes_get_data (bytes, NULL));
  g_assert_true (read->has_calories && read->has_secret);
  g_assert_cmpstr (read->note, ==, "");
  g_assert_cmpint (read->served_case, ==, KITCHEN__DISH__SERVED_BOWLS);
  g_assert_null (kitchen__dish__unpack (NULL, 3, (const guint8 *) "\x0a\x01\xff"));
}

static void
test_buffer (void)
{
  guint8 pad[64];
  ProtobufCBufferSimple simple = PROTOBUF_C_BUFFER_SIMPLE_INIT (pad);
  Kitchen__Order order = KITCHEN__ORDER__INIT;

  g_test_summary ("A struct is packed to a buffer, too");

  order.number = 1;
  g_assert_cmpuint (kitchen__order__pack_to_buffer (&order, &simple.base), ==, 2);
  g_assert_cmpmem (simple.data, simple.len, "\x10\x01", 2);
  PROTOBUF_C_BUFFER_SIMPLE_CLEAR (&simple);
}

static void
test_descriptors (void)
{
  const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value (&legacy__mode__descriptor, -2);
  const ProtobufCFieldDescriptor *field;

  g_test_summary ("protobuf-c finds fields and values by name and number");

  g_assert_cmpstr (value->name, ==, "ON");
  g_assert_cmpint (protobuf_c_enum_descriptor_get_value_by_name (&legacy__mode__descriptor, "ALSO_ON")->value, ==, 7);
  field = protobuf_c_message_descriptor_get_field_by_name (&kitchen__dish__descriptor, "served");
  g_assert_null (field);

  for (unsigned i = 0; i < kitchen__dish__descriptor.n_fields; i++)
    {
      field = &kitchen__dish__descriptor.fields[i];
      g_assert_true (protobuf_c_message_descriptor_get_field (&kitchen__dish__descriptor, field->id) == field);
      g_assert_true (protobuf_c_message_descriptor_get_field_by_name (&kitchen__dish__descriptor, field->name) == field);
    }

  g_assert_cmpuint (kitchen__dish__descriptor.fields[11].flags & PROTOBUF_C_FIELD_FLAG_PACKED, ==, 0);
  g_assert_cmpuint (kitchen__dish__descriptor.fields[13].flags & PROTOBUF_C_FIELD_FLAG_PACKED, !=, 0);
  g_assert_cmpuint (kitchen__dish__descriptor.fields[0].flags & GRPC_AIO_PROTOBUF_FIELD_UTF8, !=, 0);
  g_assert_cmpuint (legacy__record__descriptor.fields[11].flags & GRPC_AIO_PROTOBUF_FIELD_GROUP, !=, 0);
  g_assert_cmpstr (kitchen_2eproto__file.name, ==, "kitchen.proto");
  g_assert_cmpstr (kitchen_2eproto__file.dependencies[0]->name, ==, "google/protobuf/timestamp.proto");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/codegen/structs/defaults", test_defaults);
  g_test_add_func ("/codegen/structs/groups", test_groups);
  g_test_add_func ("/codegen/structs/required", test_required);
  g_test_add_func ("/codegen/structs/extensions", test_extensions);
  g_test_add_func ("/codegen/structs/optional", test_optional);
  g_test_add_func ("/codegen/structs/buffer", test_buffer);
  g_test_add_func ("/codegen/structs/descriptors", test_descriptors);

  return g_test_run ();
}
