/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "test-messages.h"

#define EVERY3 "test.every3.Every"
#define EVERY2 "test.every2.Every"

typedef struct
{
  const char *type;
  const char *json;
  const char *variant;
} Case;

static GrpcAioMessage *
new_from_text (const char *type,
               const char *text,
               GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (GVariant) variant = g_variant_parse (NULL, text, NULL, NULL, &problem);

  g_assert_no_error (problem);

  return grpc_aio_message_create_from_variant (grpc_aio_message_pool_get_message_type (messages_pool (), type), variant, error);
}

static void
test_both_ways (void)
{
  static const Case cases[] = {
    { EVERY3, "{}", "@a{sv} {}" },
    { EVERY3, "{\"aInt32\":-5,\"aUint32\":5,\"aInt64\":\"-5\",\"aUint64\":\"5\"}", "{'a_int32': <-5>, 'a_int64': <int64 -5>, 'a_uint32': <uint32 5>, 'a_uint64': <uint64 5>}" },
    { EVERY3, "{\"aDouble\":0.5,\"aFloat\":0.25,\"aBool\":true,\"aString\":\"x\",\"aBytes\":\"AAE=\"}", "{'a_double': <0.5>, 'a_float': <0.25>, 'a_bool': <true>, 'a_string': <'x'>, 'a_bytes': <[byte 0x00, 0x01]>}" },
    { EVERY3, "{\"maybeInt32\":0,\"maybeBytes\":\"\"}", "{'maybe_int32': <0>, 'maybe_bytes': <@ay []>}" },
    { EVERY3, "{\"aColor\":\"COLOR_RED\",\"maybeColor\":8}", "{'a_color': <'COLOR_RED'>, 'maybe_color': <8>}" },
    { EVERY3, "{\"someColor\":[\"COLOR_RED\",\"COLOR_GREEN\"]}", "{'some_color': <['COLOR_RED', 'COLOR_GREEN']>}" },
    { EVERY3, "{\"someColor\":[\"COLOR_RED\",8]}", "{'some_color': <[1, 8]>}" },
    { EVERY3, "{\"toColor\":{\"a\":\"COLOR_RED\",\"b\":8}}", "{'to_color': <{'a': 1, 'b': 8}>}" },
    { EVERY3, "{\"aLeaf\":{\"name\":\"x\"},\"someLeaf\":[{},{\"number\":1}]}", "{'a_leaf': <{'name': <'x'>}>, 'some_leaf': <[@a{sv} {}, {'number': <1>}]>}" },
    { EVERY3, "{\"someFloat\":[0.5],\"someBool\":[true,false],\"someString\":[\"a\"],\"someBytes\":[\"\",\"YQ==\"],\"someUint64\":[\"1\"]}", "{'some_float': <[0.5]>, 'some_uint64': <[uint64 1]>, 'some_bool': <[true, false]>, 'some_string': <['a']>, 'some_bytes': <[@ay [], [0x61]]>}" },
    { EVERY3, "{\"byUint64\":{\"1\":2},\"byBool\":{\"true\":3},\"toLeaf\":{\"a\":{\"number\":1}}}", "{'by_uint64': <{uint64 1: 2}>, 'by_bool': <{true: 3}>, 'to_leaf': <{'a': {'number': <1>}}>}" },
    { EVERY3, "{\"toWrapped\":{\"a\":\"1\"},\"wellBytesvalue\":\"YQ==\",\"wellStringvalue\":\"\",\"wellsBoolvalue\":[true]}", "{'to_wrapped': <{'a': int64 1}>, 'well_stringvalue': <''>, 'well_bytesvalue': <[byte 0x61]>, 'wells_boolvalue': <[true]>}" },
    { EVERY3, "{\"wellTimestamp\":\"1970-01-01T00:00:01.000000002Z\"}", "{'well_timestamp': <{'seconds': <int64 1>, 'nanos': <2>}>}" },
    { EVERY3, "{\"wellStruct\":{\"a\":1,\"b\":[\"c\",null,true,{}]},\"wellValue\":null}", "{'well_struct': <{'a': <1.0>, 'b': <[<'c'>, <@mv nothing>, <true>, <@a{sv} {}>]>}>, 'well_value': <<@mv nothing>>}" },
    { EVERY3, "{\"toValue\":{\"true\":\"x\"},\"wellsListvalue\":[[],[1]],\"wellsValue\":[1]}", "{'to_value': <{true: <'x'>}>, 'wells_value': <[<1.0>]>, 'wells_listvalue': <[@av [], [<1.0>]]>}" },
    { EVERY3, "{\"wellAny\":{\"@type\":\"x/google.protobuf.Empty\"}}", "{'well_any': <{'type_url': <'x/google.protobuf.Empty'>}>}" },
    { EVERY2, "{\"one\":{\"inner\":{\"data\":\"\"}},\"[test.every2.ext_level]\":\"LOW\",\"[test.every2.exts_tight]\":[-1]}", "{'one': <{'inner': <{'data': <@ay []>}>}>, '[test.every2.ext_level]': <'LOW'>, '[test.every2.exts_tight]': <[-1]>}" },
    { "google.protobuf.Struct", "{\"a\":{}}", "{'a': <@a{sv} {}>}" },
    { "google.protobuf.Int32Value", "5", "5" },
    { "google.protobuf.Value", "\"x\"", "<'x'>" },
  };

  g_test_summary ("A message becomes a variant, which becomes the same message");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GrpcAioMessage) message = messages_new (cases[i].type, cases[i].json);
      g_autoptr (GVariant) variant = grpc_aio_message_to_variant (message);
      g_autoptr (GVariant) expected = g_variant_parse (NULL, cases[i].variant, NULL, NULL, NULL);
      g_autofree char *text = g_variant_print (variant, TRUE);
      g_autofree char *expected_text = g_variant_print (expected, TRUE);
      g_autoptr (GError) error = NULL;
      g_autoptr (GrpcAioMessage) again = NULL;

      g_assert_cmpstr (text, ==, expected_text);
      again = grpc_aio_message_create_from_variant (G_OBJECT_TYPE (message), variant, &error);
      g_assert_no_error (error);
      g_assert_true (grpc_aio_message_equal (message, again));
    }
}

static void
test_lenient (void)
{
  static const Case cases[] = {
    { EVERY3, "{\"aInt32\":5,\"aInt64\":\"255\",\"aUint64\":\"7\",\"aDouble\":3.0,\"aFloat\":-2.0}", "{'a_int32': <uint64 5>, 'a_int64': <byte 0xff>, 'a_uint64': <int16 7>, 'a_double': <uint32 3>, 'a_float': <int64 -2>}" },
    { EVERY3, "{\"aInt32\":5,\"aColor\":\"COLOR_GREEN\"}", "{'aInt32': <5>, 'aColor': <uint64 7>}" },
    { EVERY3, "{\"aInt32\":5,\"someInt32\":[1,2]}", "{'a_int32': <<<5>>>, 'some_int32': <[<1>, <int64 2>]>}" },
    { EVERY3, "{\"someInt32\":[1,2]}", "{'some_int32': <(1, int64 2)>}" },
    { EVERY3, "{\"aInt32\":5}", "{'a_int32': <just 5>, 'a_int64': <@mx nothing>, 'a_leaf': <@mv nothing>, 'some_int32': <@mv nothing>, 'choose_string': <@mv nothing>}" },
    { EVERY3, "{\"aString\":\"x\",\"maybeString\":\"y\"}", "{'a_string': 'x', 'maybe_string': 'y'}" },
    { EVERY3, "{\"byInt32\":{\"1\":2}}", "{'by_int32': <{uint64 1: <byte 0x02>}>}" },
    { EVERY3, "{\"chooseInt32\":1}", "{'choose_int32': <1>, 'choose_string': <@ms nothing>}" },
    { "google.protobuf.Struct", "{\"a\":1,\"b\":\"x\",\"c\":[1,2],\"d\":[3,\"y\"],\"e\":{\"f\":true},\"g\":null}", "{'a': <uint64 1>, 'b': <signature 'x'>, 'c': <[1, 2]>, 'd': <(byte 0x03, 'y')>, 'e': <{'f': true}>, 'g': <@mi nothing>}" },
    { EVERY3, "{\"aLeaf\":{\"name\":\"x\"}}", "<{'a_leaf': {'name': 'x'}}>" },
  };

  g_test_summary ("A variant of another shape is taken if its values fit");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GrpcAioMessage) message = new_from_text (cases[i].type, cases[i].variant, &error);
      g_autoptr (GrpcAioMessage) expected = messages_new (cases[i].type, cases[i].json);

      g_test_message ("%s", cases[i].variant);
      g_assert_no_error (error);
      g_assert_true (grpc_aio_message_equal (message, expected));
    }
}

static void
test_refused (void)
{
  /* The second text is a part of the message. */
  static const Case cases[] = {
    { EVERY3, "{'nothing': <1>}", "no field “nothing”" },
    { EVERY3, "{'a_leaf': <{'nothing': <1>}>}", "a_leaf: test.every3.Leaf has no field" },
    { EVERY3, "{'a_int32': <uint32 2147483648>}", "a_int32: 2147483648 is out of range" },
    { EVERY3, "{'a_uint32': <-1>}", "a_uint32: -1 is out of range" },
    { EVERY3, "{'a_uint64': <int64 -1>}", "range" },
    { EVERY3, "{'a_int64': <uint64 9223372036854775808>}", "range" },
    { EVERY3, "{'a_int32': <1.0>}", "a_int32: A value of type “d” is not an integer" },
    { EVERY3, "{'a_int32': <'1'>}", "“s”" },
    { EVERY3, "{'a_bool': <1>}", "boolean" },
    { EVERY3, "{'a_float': <1e39>}", "range" },
    { EVERY3, "{'a_double': <int64 9007199254740993>}", "range" },
    { EVERY3, "{'a_double': <'1'>}", "number" },
    { EVERY3, "{'a_string': <b'x'>}", "a_string: A value of type “ay” is not a string" },
    { EVERY3, "{'a_bytes': <'x'>}", "bytes" },
    { EVERY3, "{'a_color': <'COLOR_OF_MAGIC'>}", "COLOR_OF_MAGIC" },
    { EVERY3, "{'a_color': <int64 2147483648>}", "range" },
    { EVERY3, "{'a_leaf': <5>}", "a_leaf: A value of type “i” is not a dictionary" },
    { EVERY3, "{'a_leaf': <{1: 2}>}", "dictionary from strings" },
    { EVERY3, "{'some_int32': <5>}", "array" },
    { EVERY3, "{'some_int32': <[<1>, <@mv nothing>]>}", "some_int32[1]: An array has no null" },
    { EVERY3, "{'some_every': <[<@a{sv} {}>, <{'some_leaf': <[{'number': <'x'>}]>}>]>}", "some_every[1].some_leaf[0].number: " },
    { EVERY3, "{'by_int32': <[1]>}", "dictionary" },
    { EVERY3, "{'by_int32': <{'1': 1}>}", "integer" },
    { EVERY3, "{'by_int32': <{1: 1, 1: 2}>}", "by_int32[\"1\"]: The key is there twice" },
    { EVERY3, "{'by_int32': <{1: <@mi nothing>}>}", "by_int32[\"1\"]: A map has no null" },
    { EVERY3, "{'a_int32': <1>, 'aInt32': <1>}", "twice" },
    { EVERY3, "{'choose_int32': <1>, 'choose_string': <'x'>}", "choose_string: Another field of “choice”" },
    { EVERY2, "{'[test.every2.ext_int32]': <'x'>}", "[test.every2.ext_int32]: " },
    { EVERY2, "{'[test.every2.no]': <'x'>}", "no field" },
    { EVERY2, "{'[': <'x'>}", "no field" },
    { EVERY2, "{'': <'x'>}", "no field" },
    { EVERY2, "{'a_string': <b'a\\000b'>}", "U+0000" },
    { EVERY3, "5", "test.every3.Every: A value of type “i”" },
    { EVERY3, "@mv nothing", "nothing" },
    { "google.protobuf.ListValue", "'x'", "array" },
    { "google.protobuf.Int32Value", "'x'", "integer" },
  };

  g_test_summary ("What does not fit is refused, with the field and the reason");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GrpcAioMessage) message = new_from_text (cases[i].type, cases[i].json, &error);

      g_test_message ("%s → %s", cases[i].json, error != NULL ? error->message : "taken");
      g_assert_null (message);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      g_assert_nonnull (strstr (error->message, cases[i].variant));
    }
}

static void
test_not_utf8 (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\x72\x01\xff", 3);
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioMessage) message = grpc_aio_message_pool_new_message_from_bytes (messages_pool (), "test.every2.Few", bytes, &error);
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (GrpcAioMessage) again = NULL;
  g_autofree char *text = NULL;

  g_test_summary ("A string of proto2 that is not UTF-8 goes through a variant as bytes");

  g_assert_no_error (error);
  variant = grpc_aio_message_to_variant (message);
  text = g_variant_print (variant, FALSE);
  g_assert_cmpstr (text, ==, "{'a_string': <[byte 0xff]>}");
  again = grpc_aio_message_create_from_variant (G_OBJECT_TYPE (message), variant, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_message_equal (message, again));
}

static GVariant *
nest (guint n)
{
  GVariant *variant = g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0);

  for (guint i = 0; i < n; i++)
    variant = g_variant_new_parsed ("{'a_every': %v}", variant);

  return variant;
}

static void
test_depth (void)
{
  GType type = grpc_aio_message_pool_get_message_type (messages_pool (), EVERY3);
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioMessage) message = grpc_aio_message_create_from_variant (type, nest (100), &error);
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (GVariant) expected = g_variant_ref_sink (nest (100));

  g_test_summary ("Messages are as deep as on the wire, and no deeper");

  g_assert_no_error (error);
  variant = grpc_aio_message_to_variant (message);
  g_assert_true (g_variant_equal (variant, expected));

  g_assert_null (grpc_aio_message_create_from_variant (type, nest (101), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_clear_error (&error);
  g_assert_null (grpc_aio_message_create_from_variant (type, nest (5000), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/message-variant/both-ways", test_both_ways);
  g_test_add_func ("/message-variant/lenient", test_lenient);
  g_test_add_func ("/message-variant/refused", test_refused);
  g_test_add_func ("/message-variant/not-utf8", test_not_utf8);
  g_test_add_func ("/message-variant/depth", test_depth);

  return g_test_run ();
}
