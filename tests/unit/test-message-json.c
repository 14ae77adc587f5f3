/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "test-messages.h"

#define EVERY3 "test.every3.Every"
#define EVERY2 "test.every2.Every"

typedef struct
{
  const char *type;
  const char *json;
  const char *expected; /* NULL: the same. */
} Good;

typedef struct
{
  const char *type;
  const char *json;
  const char *reason; /* A part of the message. */
} Bad;

static void
test_round_trip (void)
{
  static const Good cases[] = {
    { EVERY3, "{}", NULL },
    { EVERY3, " \t\r\n{ } \n", "{}" },
    { EVERY3, "{\"aInt32\":-5,\"aInt64\":\"-5\",\"aUint64\":\"18446744073709551615\"}", NULL },
    { EVERY3, "{\"a_int32\":-5}", "{\"aInt32\":-5}" },
    { EVERY3, "{\"aInt32\":0,\"aString\":\"\",\"aBool\":false}", "{}" },
    { EVERY3, "{\"maybeInt32\":0,\"maybeString\":\"\",\"maybeBytes\":\"\"}", NULL },
    { EVERY3, "{\"aInt32\":1.5e1}", "{\"aInt32\":15}" },
    { EVERY3, "{\"aInt32\":\"1e2\"}", "{\"aInt32\":100}" },
    { EVERY3, "{\"aInt64\":-9223372036854775808}", "{\"aInt64\":\"-9223372036854775808\"}" },
    { EVERY3, "{\"aUint64\":18446744073709551615}", "{\"aUint64\":\"18446744073709551615\"}" },
    { EVERY3, "{\"aUint32\":4294967295}", NULL },
    { EVERY3, "{\"aDouble\":-0}", "{\"aDouble\":-0.0}" },
    { EVERY3, "{\"aDouble\":0.1,\"aFloat\":0.1}", NULL },
    { EVERY3, "{\"aDouble\":1e+16,\"aFloat\":1e-05}", NULL },
    { EVERY3, "{\"aDouble\":1,\"aFloat\":\"1.5\"}", "{\"aDouble\":1.0,\"aFloat\":1.5}" },
    { EVERY3, "{\"aDouble\":\"-Infinity\",\"aFloat\":\"NaN\"}", NULL },
    { EVERY3, "{\"aBytes\":\"+/+/\"}", NULL },
    { EVERY3, "{\"aBytes\":\"-_-_\"}", "{\"aBytes\":\"+/+/\"}" },
    { EVERY3, "{\"aBytes\":\"YQ\"}", "{\"aBytes\":\"YQ==\"}" },
    { EVERY3, "{\"aString\":\"\\u00e4\\ud83d\\ude00\\/\\\"\\\\\\b\\f\\n\\r\\t\\u0001\"}", "{\"aString\":\"ä😀/\\\"\\\\\\b\\f\\n\\r\\t\\u0001\"}" },
    { EVERY3, "{\"aColor\":\"COLOR_ROUGE\"}", "{\"aColor\":\"COLOR_RED\"}" },
    { EVERY3, "{\"aColor\":7}", "{\"aColor\":\"COLOR_GREEN\"}" },
    { EVERY3, "{\"aColor\":8}", NULL },
    { EVERY3, "{\"aColor\":\"-5\"}", "{\"aColor\":\"COLOR_NEGATIVE\"}" },
    { EVERY3, "{\"aInt32\":null,\"aLeaf\":null,\"someInt32\":null,\"byInt32\":null}", "{}" },
    { EVERY3, "{\"someInt32\":[],\"byInt32\":{}}", "{}" },
    { EVERY3, "{\"byInt32\":{\"10\":1,\"-2\":2,\"9\":3}}", "{\"byInt32\":{\"-2\":2,\"9\":3,\"10\":1}}" },
    { EVERY3, "{\"byBool\":{\"true\":1,\"false\":2}}", "{\"byBool\":{\"false\":2,\"true\":1}}" },
    { EVERY3, "{\"toLeaf\":{\"a\":{\"name\":\"x\"},\"\":{}}}", "{\"toLeaf\":{\"\":{},\"a\":{\"name\":\"x\"}}}" },
    { EVERY3, "{\"chooseInt32\":0}", NULL },
    { EVERY3, "{\"chooseInt32\":null,\"chooseString\":\"a\"}", "{\"chooseString\":\"a\"}" },
    { EVERY3, "{\"chooseNull\":null}", NULL },
    { EVERY3, "{\"chooseValue\":null}", NULL },
    { EVERY3, "{\"wellValue\":null}", NULL },
    { EVERY3, "{\"toValue\":{\"true\":null}}", NULL },
    { EVERY3, "{\"wellInt32value\":null}", "{}" },
    { EVERY3, "{\"wellInt32value\":0,\"wellStringvalue\":\"\",\"wellBytesvalue\":\"YQ==\",\"wellUint64value\":\"1\"}", "{\"wellUint64value\":\"1\",\"wellInt32value\":0,\"wellStringvalue\":\"\",\"wellBytesvalue\":\"YQ==\"}" },
    { EVERY3, "{\"quite another \\\"näme\\\"\":\"x\"}", NULL },
    { EVERY3, "{\"renamed\":\"x\"}", "{\"quite another \\\"näme\\\"\":\"x\"}" },
    { EVERY2, "{\"aLevel\":\"LOW\",\"one\":{\"number\":1,\"inner\":{\"data\":\"YQ==\"}},\"many\":[{},{\"number\":2}]}", NULL },
    { EVERY2, "{\"[test.every2.ext_int32]\":5,\"[test.every2.Every.nested_every]\":{\"aBool\":false}}", NULL },
    { EVERY2, "{\"[test.every2.exts_string]\":[\"a\",\"b\"],\"[test.every2.ext_int64]\":null}", "{\"[test.every2.exts_string]\":[\"a\",\"b\"]}" },
    { "google.protobuf.Timestamp", "\"2000-02-29T23:59:59.120Z\"", NULL },
    { "google.protobuf.Timestamp", "\"2000-03-01T00:30:00+01:00\"", "\"2000-02-29T23:30:00Z\"" },
    { "google.protobuf.Timestamp", "\"1969-12-31T16:00:00.000000001-08:00\"", "\"1970-01-01T00:00:00.000000001Z\"" },
    { "google.protobuf.Timestamp", "\"0001-01-01T00:00:00Z\"", NULL },
    { "google.protobuf.Timestamp", "\"9999-12-31T23:59:59.999999999Z\"", NULL },
    { "google.protobuf.Duration", "\"-0.5s\"", "\"-0.500s\"" },
    { "google.protobuf.Duration", "\"315576000000.999999999s\"", NULL },
    { "google.protobuf.Duration", "\"1.000001s\"", NULL },
    { "google.protobuf.FieldMask", "\"fooBar.baz,qux\"", NULL },
    { "google.protobuf.FieldMask", "\"\"", NULL },
    { "google.protobuf.Struct", "{\"a\":{\"b\":[1,\"c\",true,null,{}]},\"d\":-1.5}", "{\"a\":{\"b\":[1.0,\"c\",true,null,{}]},\"d\":-1.5}" },
    { "google.protobuf.Empty", "{}", NULL },
    { "google.protobuf.Any", "{}", NULL },
    { EVERY3, "{\"wellAny\":{\"@type\":\"type.googleapis.com/test.every3.Leaf\",\"name\":\"x\"}}", NULL },
    { EVERY3, "{\"wellAny\":{\"number\":1,\"@type\":\"type.googleapis.com/test.every3.Leaf\"}}", "{\"wellAny\":{\"@type\":\"type.googleapis.com/test.every3.Leaf\",\"number\":1}}" },
    { "google.protobuf.Any", "{\"@type\":\"type.googleapis.com/google.protobuf.Duration\",\"value\":\"1s\"}", NULL },
    { "google.protobuf.Any",
      "{\"@type\":\"type.googleapis.com/google.protobuf.Any\",\"value\":{\"@type\":\"type.googleapis.com/google.protobuf.Int64Value\",\"value\":\"7\"}}",
      NULL },
    { "google.protobuf.Any", "{\"@type\":\"type.googleapis.com/google.protobuf.Value\",\"value\":null}", NULL },
  };

  g_test_summary ("What is JSON of a message becomes that message, and then the canonical JSON");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GrpcAioMessage) message = grpc_aio_message_pool_new_message_from_json (messages_pool (), cases[i].type, cases[i].json, GRPC_AIO_JSON_FLAGS_NONE, &error);
      g_autofree char *json = NULL;

      g_test_message ("%s", cases[i].json);
      g_assert_no_error (error);
      json = messages_to_json (message, GRPC_AIO_JSON_FLAGS_NONE);
      g_assert_cmpstr (json, ==, cases[i].expected != NULL ? cases[i].expected : cases[i].json);
    }
}

static void
test_refused (void)
{
  static const Bad cases[] = {
    { EVERY3, "", "line 1, column 1" },
    { EVERY3, "{", "line 1, column 2" },
    { EVERY3, "{\n  \"aInt32\": 1,\n  }", "line 3, column 3" },
    { EVERY3, "{\"ä\": 1, \"aInt32\" 1}", "ä" },
    { EVERY3, "{\"aString\": \"ä\" x}", "line 1, column 17" },
    { EVERY3, "{} {}", "after the value" },
    { EVERY3, "{/* no */}", "line 1, column 2" },
    { EVERY3, "{'aInt32': 1}", "line 1, column 2" },
    { EVERY3, "{\"aString\":\"\\x\"}", "escape" },
    { EVERY3, "{\"aString\":\"\\ud800\"}", "surrogate" },
    { EVERY3, "{\"aString\":\"\\udc00\\ud800\"}", "surrogate" },
    { EVERY3, "{\"aString\":\"\\u12g4\"}", "hexadecimal" },
    { EVERY3, "{\"aString\":\"\n\"}", "control" },
    { EVERY3, "{\"aString\":\"\xff\"}", "UTF-8" },
    { EVERY3, "{\"aString\":\"\\u0000\"}", "U+0000" },
    { EVERY3, "{\"aString\":\"", "string" },
    { EVERY3, "{\"aString\":5}", "aString: A string" },
    { EVERY3, "{\"aInt32\":2147483648}", "aInt32: 2147483648 is out of range" },
    { EVERY3, "{\"aUint32\":-1}", "aUint32: -1 is out of range" },
    { EVERY3, "{\"aUint64\":18446744073709551616}", "out of range" },
    { EVERY3, "{\"aInt32\":1.5}", "aInt32: 1.5 is not a whole number" },
    { EVERY3, "{\"aInt32\":\" 1\"}", "not a number" },
    { EVERY3, "{\"aInt32\":\"1\\u0000\"}", "U+0000" },
    { EVERY3, "{\"aInt32\":01}", "line 1, column 11" },
    { EVERY3, "{\"aInt32\":+1}", "line 1, column 11" },
    { EVERY3, "{\"aInt32\":true}", "aInt32: A number" },
    { EVERY3, "{\"aBool\":1}", "aBool" },
    { EVERY3, "{\"aBool\":\"true\"}", "aBool" },
    { EVERY3, "{\"aDouble\":1e999}", "aDouble: 1e999 is out of range" },
    { EVERY3, "{\"aFloat\":3.5e38}", "aFloat: 3.5e38 is out of range" },
    { EVERY3, "{\"aDouble\":NaN}", "line 1, column 12" },
    { EVERY3, "{\"aDouble\":\"inf\"}", "not a number" },
    { EVERY3, "{\"aBytes\":\"a\"}", "Base64" },
    { EVERY3, "{\"aBytes\":\"YQ=\"}", "Base64" },
    { EVERY3, "{\"aBytes\":\"Y Q=\"}", "Base64" },
    { EVERY3, "{\"aColor\":\"COLOR_OF_MAGIC\"}", "aColor: test.every3.Color has no value “COLOR_OF_MAGIC”" },
    { EVERY3, "{\"aColor\":1.5}", "whole" },
    { EVERY3, "{\"nothing\":1}", "test.every3.Every: test.every3.Every has no field “nothing”" },
    { EVERY3, "{\"aLeaf\":{\"nothing\":1}}", "aLeaf: test.every3.Leaf has no field “nothing”" },
    { EVERY3, "{\"aInt32\":1,\"aInt32\":1}", "aInt32: The field is there twice" },
    { EVERY3, "{\"aInt32\":1,\"a_int32\":1}", "twice" },
    { EVERY3, "{\"chooseInt32\":1,\"chooseString\":\"a\"}", "chooseString: Another field of “choice”" },
    { EVERY3, "{\"byInt32\":{\"1\":1,\"1\":2}}", "byInt32[\"1\"]: The key is there twice" },
    { EVERY3, "{\"byInt32\":{\"1\":1,\"1.0\":2}}", "twice" },
    { EVERY3, "{\"byInt32\":{\"a\":1}}", "byInt32[\"a\"]" },
    { EVERY3, "{\"byBool\":{\"yes\":1}}", "true" },
    { EVERY3, "{\"byInt32\":{\"1\":null}}", "byInt32[\"1\"]: A number" },
    { EVERY3, "{\"byInt32\":[]}", "object" },
    { EVERY3, "{\"someInt32\":{}}", "array" },
    { EVERY3, "{\"someInt32\":[1,null]}", "someInt32[1]: An array has no null" },
    { EVERY3, "{\"someEvery\":[{},{\"someLeaf\":[{\"number\":\"x\"}]}]}", "someEvery[1].someLeaf[0].number: " },
    { EVERY3, "{\"aLeaf\":[]}", "aLeaf: A test.every3.Leaf is an object" },
    { EVERY3, "[]", "test.every3.Every: A test.every3.Every is an object" },
    { EVERY3, "{\"[test.every2.ext_int32]\":5}", "no field" },
    { EVERY2, "{\"[test.every2.ext_int33]\":5}", "no field" },
    { EVERY2, "{\"[test.every2.ext_int32]\":\"x\"}", "[test.every2.ext_int32]: " },
    { EVERY2, "{\"[test.every2.ext_int32]\":1,\"[test.every2.ext_int32]\":1}", "twice" },
    { EVERY2, "{\"[test.every2.ext_needy]\":{}}", "[test.every2.ext_needy]: " },
    { "google.protobuf.Timestamp", "\"2001-02-29T00:00:00Z\"", "time" },
    { "google.protobuf.Timestamp", "\"2000-01-01T00:00:00\"", "time" },
    { "google.protobuf.Timestamp", "\"2000-01-01t00:00:00Z\"", "time" },
    { "google.protobuf.Timestamp", "\"2000-01-01T00:00:60Z\"", "time" },
    { "google.protobuf.Timestamp", "\"2000-01-01T00:00:00.1234567890Z\"", "time" },
    { "google.protobuf.Timestamp", "\"0001-01-01T00:00:00+01:00\"", "range" },
    { "google.protobuf.Timestamp", "\"0000-01-01T00:00:00Z\"", "time" },
    { "google.protobuf.Timestamp", "5", "string" },
    { "google.protobuf.Duration", "\"315576000001s\"", "range" },
    { "google.protobuf.Duration", "\"1\"", "duration" },
    { "google.protobuf.Duration", "\"1.s\"", "duration" },
    { "google.protobuf.Duration", "\"s\"", "duration" },
    { "google.protobuf.FieldMask", "\"foo_bar\"", "foo_bar" },
    { "google.protobuf.FieldMask", "\",\"", "paths" },
    { "google.protobuf.FieldMask", "\"a,\"", "paths" },
    { "google.protobuf.Struct", "[]", "object" },
    { "google.protobuf.Struct", "{\"a\":1,\"a\":1}", "twice" },
    { "google.protobuf.ListValue", "{}", "array" },
    { "google.protobuf.Any", "{\"value\":1}", "@type" },
    { "google.protobuf.Any", "{\"@type\":5}", "@type" },
    { "google.protobuf.Any", "{\"@type\":\"type.googleapis.com/no.such.Type\"}", "no.such.Type" },
    { "google.protobuf.Any", "{\"@type\":\"type.googleapis.com/test.every3.Leaf\",\"value\":{}}", "value" },
    { "google.protobuf.Any", "{\"@type\":\"type.googleapis.com/google.protobuf.Duration\"}", "value" },
    { "google.protobuf.Any", "{\"@type\":\"type.googleapis.com/google.protobuf.Duration\",\"value\":\"1s\",\"value\":\"1s\"}", "twice" },
    { "google.protobuf.Any", "{\"@type\":\"type.googleapis.com/google.protobuf.Duration\",\"value\":\"1s\",\"more\":1}", "more" },
    { "google.protobuf.Any", "{\"@type\":\"type.googleapis.com/test.every3.Leaf\",\"@type\":\"type.googleapis.com/test.every3.Leaf\"}", "twice" },
    { "google.protobuf.Any", "{\"@type\":\"type.googleapis.com/test.every2.Needy\"}", "test.every2.Needy" },
  };

  g_test_summary ("What is no JSON of a message is refused, with the line or the field and the reason");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GrpcAioMessage) message = grpc_aio_message_pool_new_message_from_json (messages_pool (), cases[i].type, cases[i].json, GRPC_AIO_JSON_FLAGS_NONE, &error);
      g_autofree char *shown = g_utf8_make_valid (cases[i].json, -1);

      g_test_message ("%s → %s", shown, error != NULL ? error->message : "taken");
      g_assert_null (message);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      g_assert_nonnull (strstr (error->message, cases[i].reason));
    }
}

static void
test_ignore_unknown (void)
{
  static const char json[] = "{\"nothing\":{\"a\":[1,\"b\",null,true,false,{}]},\"aInt32\":5,\"aColor\":\"NO\",\"someColor\":[\"NO\",\"COLOR_RED\"],"
                             "\"toColor\":{\"a\":\"NO\",\"b\":7},\"[no.such.extension]\":[],\"aLeaf\":{\"nothing\":-1.5e3},"
                             "\"wellAny\":{\"@type\":\"type.googleapis.com/google.protobuf.Duration\",\"value\":\"1s\",\"more\":1}}";
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioMessage) message = NULL;
  g_autofree char *out = NULL;

  g_test_summary ("Fields and names of enumerations that are not known can be passed over; what is no JSON cannot");

  message = grpc_aio_message_pool_new_message_from_json (messages_pool (), EVERY3, json, GRPC_AIO_JSON_FLAGS_IGNORE_UNKNOWN, &error);
  g_assert_no_error (error);
  out = messages_to_json (message, GRPC_AIO_JSON_FLAGS_NONE);
  g_assert_cmpstr (out, ==, "{\"aInt32\":5,\"aLeaf\":{},\"someColor\":[\"COLOR_RED\"],\"toColor\":{\"b\":\"COLOR_GREEN\"},"
                   "\"wellAny\":{\"@type\":\"type.googleapis.com/google.protobuf.Duration\",\"value\":\"1s\"}}");

  g_assert_null (grpc_aio_message_pool_new_message_from_json (messages_pool (), EVERY3, "{\"nothing\":{\"a\":[1,}}", GRPC_AIO_JSON_FLAGS_IGNORE_UNKNOWN, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

static void
test_flags (void)
{
  g_autoptr (GrpcAioMessage) leaf = messages_new ("test.every3.Leaf", "{\"shape\":\"SQUARE\",\"numbers\":[1,2]}");
  g_autoptr (GrpcAioMessage) empty = messages_new ("test.every3.Leaf", "{}");
  g_autoptr (GrpcAioMessage) every = messages_new (EVERY3, "{\"aLeaf\":{},\"someInt32\":[]}");
  g_autofree char *pretty = messages_to_json (leaf, GRPC_AIO_JSON_FLAGS_PRETTY);
  g_autofree char *pretty_empty = messages_to_json (empty, GRPC_AIO_JSON_FLAGS_PRETTY);
  g_autofree char *numbers = messages_to_json (leaf, GRPC_AIO_JSON_FLAGS_ENUMS_AS_INTS);
  g_autofree char *all = messages_to_json (empty, GRPC_AIO_JSON_FLAGS_ALWAYS_PRINT);
  g_autofree char *names = messages_to_json (every, GRPC_AIO_JSON_FLAGS_PRESERVE_NAMES);
  g_autofree char *all_of_every = messages_to_json (every, GRPC_AIO_JSON_FLAGS_ALWAYS_PRINT);

  g_test_summary ("Flags change line breaks, names, enumerations, and whether zero is written");

  g_assert_cmpstr (pretty, ==, "{\n  \"shape\": \"SQUARE\",\n  \"numbers\": [\n    \"1\",\n    \"2\"\n  ]\n}");
  g_assert_cmpstr (pretty_empty, ==, "{}");
  g_assert_cmpstr (numbers, ==, "{\"shape\":1,\"numbers\":[\"1\",\"2\"]}");
  g_assert_cmpstr (all, ==, "{\"name\":\"\",\"number\":0,\"shape\":\"ROUND\",\"numbers\":[]}");
  g_assert_cmpstr (names, ==, "{\"a_leaf\":{}}");
  g_assert_nonnull (strstr (all_of_every, "\"byInt32\":{}"));
  g_assert_nonnull (strstr (all_of_every, "\"someBytes\":[]"));
  g_assert_null (strstr (all_of_every, "maybe"));
  g_assert_null (strstr (all_of_every, "choose"));
  g_assert_null (strstr (all_of_every, "aEvery"));
}

static void
test_merge (void)
{
  g_autoptr (GrpcAioMessage) message = messages_new (EVERY3, "{\"aInt32\":1,\"aInt64\":\"2\",\"aLeaf\":{\"name\":\"a\",\"number\":3},\"someInt32\":[1,2],\"byInt32\":{\"1\":1}}");
  g_autofree char *before = messages_to_json (message, GRPC_AIO_JSON_FLAGS_NONE);
  g_autofree char *unchanged = NULL;
  g_autofree char *after = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Merging sets what is there: messages are merged, lists and maps replaced; a failure changes nothing");

  g_assert_false (grpc_aio_message_merge_from_json (message, "{\"aInt32\":5,\"aInt64\":\"x\"}", GRPC_AIO_JSON_FLAGS_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_clear_error (&error);
  unchanged = messages_to_json (message, GRPC_AIO_JSON_FLAGS_NONE);
  g_assert_cmpstr (unchanged, ==, before);

  g_assert_true (grpc_aio_message_merge_from_json (message, "{\"aInt64\":null,\"aLeaf\":{\"number\":4},\"someInt32\":[3],\"byInt32\":{\"2\":2}}", GRPC_AIO_JSON_FLAGS_NONE, &error));
  g_assert_no_error (error);
  after = messages_to_json (message, GRPC_AIO_JSON_FLAGS_NONE);
  g_assert_cmpstr (after, ==, "{\"aInt32\":1,\"aLeaf\":{\"name\":\"a\",\"number\":4},\"someInt32\":[3],\"byInt32\":{\"2\":2}}");
}

static void
test_create (void)
{
  GType type = grpc_aio_message_pool_get_message_type (messages_pool (), "test.every3.Leaf");
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioMessage) message = grpc_aio_message_create_from_json (type, "{\"name\":\"x\"}", GRPC_AIO_JSON_FLAGS_NONE, &error);
  g_autofree char *name = NULL;

  g_test_summary ("JSON makes an object of a type; a name that no pool knows is an error");

  g_assert_no_error (error);
  g_object_get (message, "name", &name, NULL);
  g_assert_cmpstr (name, ==, "x");

  g_assert_null (grpc_aio_message_create_from_json (type, "{\"name\":x}", GRPC_AIO_JSON_FLAGS_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_clear_error (&error);

  g_assert_null (grpc_aio_message_pool_new_message_from_json (messages_pool (), "no.such.Type", "{}", GRPC_AIO_JSON_FLAGS_NONE, &error));
  g_assert_nonnull (error);
}

static void
assert_unprintable (const char *type,
                    gconstpointer data,
                    gsize size,
                    const char *reason)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioMessage) message = grpc_aio_message_pool_new_message_from_bytes (messages_pool (), type, bytes, &error);

  g_assert_no_error (error);
  g_assert_null (grpc_aio_message_to_json (message, GRPC_AIO_JSON_FLAGS_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, reason));
}

static void
test_unprintable (void)
{
  g_test_summary ("What JSON cannot hold is an error that names the field");

  /* Seconds past the year 9999, and nanoseconds that are no part of a second. */
  assert_unprintable ("google.protobuf.Timestamp", "\x08\x80\xdc\xce\xf6\xb0\x07", 7, "range");
  assert_unprintable ("google.protobuf.Timestamp", "\x10\x80\x94\xeb\xdc\x03", 6, "range");
  assert_unprintable ("google.protobuf.Duration", "\x08\x01\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13, "range");
  assert_unprintable ("google.protobuf.FieldMask", "\x0a\x03"
                                                   "a_B",
                      5,
                      "a_B");
  assert_unprintable ("google.protobuf.FieldMask", "\x0a\x02"
                                                   "a_",
                      4,
                      "a_");
  assert_unprintable ("google.protobuf.FieldMask", "\x0a\x00", 2, "path");
  assert_unprintable ("google.protobuf.Any", "\x0a\x0e"
                                             "x/no.such.Type",
                      16,
                      "no.such.Type");
  assert_unprintable ("google.protobuf.Any", "\x0a\x1a"
                                             "x/google.protobuf.Duration\x12\x01\x0a",
                      31,
                      "google.protobuf.Duration");
  assert_unprintable ("google.protobuf.Value", "\x11\0\0\0\0\0\0\xf8\x7f", 9, "number");
  /* A string of proto2 does not need to be UTF-8. */
  assert_unprintable ("test.every2.Few", "\x72\x01\xff", 3, "aString: ");
}

/* @n messages within each other, then @innermost. */
static char *
nest (guint n,
      const char *before,
      const char *innermost,
      const char *after)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append (out, before);
  g_string_append (out, innermost);
  for (guint i = 0; i < n; i++)
    g_string_append (out, after);

  return g_string_free (out, FALSE);
}

static void
assert_depth (const char *type,
              guint n,
              const char *before,
              const char *innermost,
              const char *after,
              gboolean is_good)
{
  g_autofree char *json = nest (n, before, innermost, after);
  g_autofree char *out = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GrpcAioMessage) again = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioMessage) message = grpc_aio_message_pool_new_message_from_json (messages_pool (), type, json, GRPC_AIO_JSON_FLAGS_IGNORE_UNKNOWN, &error);

  if (!is_good)
    {
      g_assert_null (message);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      g_assert_nonnull (strstr (error->message, "nested"));
      return;
    }

  g_assert_no_error (error);
  out = messages_to_json (message, GRPC_AIO_JSON_FLAGS_NONE);
  bytes = grpc_aio_message_to_bytes (message, &error);
  g_assert_no_error (error);
  again = grpc_aio_message_pool_new_message_from_bytes (messages_pool (), type, bytes, &error);
  g_assert_no_error (error);
}

static void
test_depth (void)
{
  g_test_summary ("As deep as a message may be on the wire, and no deeper; no text makes the stack overflow");

  assert_depth (EVERY3, 100, "{\"aEvery\":", "{}", "}", TRUE);
  assert_depth (EVERY3, 101, "{\"aEvery\":", "{}", "}", FALSE);
  assert_depth (EVERY3, 100000, "{\"aEvery\":", "{}", "}", FALSE);
  assert_depth (EVERY3, 100, "{\"someEvery\":[", "{}", "]}", TRUE);
  assert_depth ("google.protobuf.Value", 33, "{\"a\":", "1", "}", TRUE);
  assert_depth ("google.protobuf.Value", 34, "{\"a\":", "1", "}", FALSE);
  assert_depth ("google.protobuf.Value", 50, "[", "1", "]", TRUE);
  assert_depth ("google.protobuf.Value", 51, "[", "1", "]", FALSE);
  assert_depth (EVERY3, 100000, "{\"nothing\":[", "1", "]}", FALSE);
  assert_depth ("google.protobuf.Any", 100000, "{\"@type\":\"type.googleapis.com/google.protobuf.Any\",\"value\":", "{}", "}", FALSE);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/message-json/round-trip", test_round_trip);
  g_test_add_func ("/message-json/refused", test_refused);
  g_test_add_func ("/message-json/ignore-unknown", test_ignore_unknown);
  g_test_add_func ("/message-json/flags", test_flags);
  g_test_add_func ("/message-json/merge", test_merge);
  g_test_add_func ("/message-json/create", test_create);
  g_test_add_func ("/message-json/unprintable", test_unprintable);
  g_test_add_func ("/message-json/depth", test_depth);

  return g_test_run ();
}
