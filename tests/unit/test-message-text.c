/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-messages.h"

static void
assert_text (const char *type,
             const char *json,
             const char *expected)
{
  g_autoptr (GrpcAioMessage) message = messages_new (type, json);
  g_autofree char *text = grpc_aio_message_to_text (message);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_fields (void)
{
  g_test_summary ("Each value has a line, fields by number, maps by key");

  assert_text ("test.every3.Every", "{}", "");
  assert_text ("test.every3.Every", "{\"aDouble\":1,\"aFloat\":0.1,\"aInt32\":-1,\"aUint64\":\"18446744073709551615\",\"aBool\":true}", "a_double: 1.0\na_float: 0.1\na_int32: -1\na_uint64: 18446744073709551615\na_bool: true\n");
  assert_text ("test.every3.Every", "{\"aDouble\":\"NaN\",\"aFloat\":\"-Infinity\"}", "a_double: nan\na_float: -inf\n");
  assert_text ("test.every3.Every", "{\"aString\":\"a\\\"'\\\\\\n\\r\\tä\\u0001\",\"aBytes\":\"AP9u\"}", "a_string: \"a\\\"\\'\\\\\\n\\r\\t\\303\\244\\001\"\na_bytes: \"\\000\\377n\"\n");
  assert_text ("test.every3.Every", "{\"aColor\":\"COLOR_ROUGE\",\"maybeColor\":8,\"someInt32\":[1,2]}", "a_color: COLOR_RED\nmaybe_color: 8\nsome_int32: 1\nsome_int32: 2\n");
  assert_text ("test.every3.Every", "{\"aLeaf\":{\"name\":\"x\"},\"someLeaf\":[{},{\"number\":1}]}", "a_leaf {\n  name: \"x\"\n}\nsome_leaf {\n}\nsome_leaf {\n  number: 1\n}\n");
  assert_text ("test.every3.Every", "{\"byInt32\":{\"10\":0,\"-2\":1},\"toLeaf\":{\"b\":{},\"a\":{\"number\":1}}}", "by_int32 {\n  key: -2\n  value: 1\n}\nby_int32 {\n  key: 10\n  value: 0\n}\n"
               "to_leaf {\n  key: \"a\"\n  value {\n    number: 1\n  }\n}\nto_leaf {\n  key: \"b\"\n  value {\n  }\n}\n");
  assert_text ("test.every2.Every", "{\"one\":{\"inner\":{\"data\":\"\"}},\"choose\":{},\"[test.every2.ext_int32]\":1,\"[test.every2.extgroup]\":[{\"name\":\"x\"}]}", "One {\n  Inner {\n    data: \"\"\n  }\n}\nChoose {\n}\n[test.every2.ext_int32]: 1\n[test.every2.extgroup] {\n  name: \"x\"\n}\n");
}

static void
test_any (void)
{
  g_autoptr (GBytes) unknown = g_bytes_new_static ("\x0a\x04x/no\x12\x02\x08\x01", 10);
  g_autoptr (GBytes) broken = g_bytes_new_static ("\x0a\x12x/test.every3.Leaf\x12\x01\x0a", 23);
  g_autoptr (GrpcAioMessage) message = NULL;
  g_autoptr (GrpcAioMessage) other = NULL;
  g_autofree char *text = NULL;
  g_autofree char *other_text = NULL;

  g_test_summary ("The content of an Any is written out if its type is known and it is of that type");

  assert_text ("test.every3.Every", "{\"wellAny\":{\"@type\":\"x/test.every3.Leaf\",\"number\":1}}", "well_any {\n  [x/test.every3.Leaf] {\n    number: 1\n  }\n}\n");

  message = grpc_aio_message_pool_new_message_from_bytes (messages_pool (), "google.protobuf.Any", unknown, NULL);
  text = grpc_aio_message_to_text (message);
  g_assert_cmpstr (text, ==, "type_url: \"x/no\"\nvalue: \"\\010\\001\"\n");

  other = grpc_aio_message_pool_new_message_from_bytes (messages_pool (), "google.protobuf.Any", broken, NULL);
  other_text = grpc_aio_message_to_text (other);
  g_assert_cmpstr (other_text, ==, "type_url: \"x/test.every3.Leaf\"\nvalue: \"\\n\"\n");
}

static void
test_unknown (void)
{
  /* A varint, 32 and 64 bits, a text, a message, a group within a group. */
  static const char data[] = "\x08\x96\x01\x15\x01\x02\x03\x04\x19\x01\x00\x00\x00\x00\x00\x00\x80\x22\x03\xff\xff\xff"
                             "\x2a\x02\x08\x05\x33\x3b\x08\x01\x3c\x34";
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, sizeof data - 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioMessage) message = grpc_aio_message_pool_new_message_from_bytes (messages_pool (), "google.protobuf.Empty", bytes, &error);
  g_autofree char *text = NULL;

  g_test_summary ("Unknown fields have their numbers for names, and are messages if they can be");

  g_assert_no_error (error);
  text = grpc_aio_message_to_text (message);
  g_assert_cmpstr (text, ==, "1: 150\n2: 67305985\n3: 9223372036854775809\n4: \"\\377\\377\\377\"\n"
                   "5 {\n  1: 5\n}\n6 {\n  7 {\n    1: 1\n  }\n}\n");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/message-text/fields", test_fields);
  g_test_add_func ("/message-text/any", test_any);
  g_test_add_func ("/message-text/unknown", test_unknown);

  return g_test_run ();
}
