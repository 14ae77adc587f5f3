/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <glib/gstdio.h>
#include <string.h>

#include "test-utils.h"

#define N_MUTATIONS 1500

typedef struct
{
  GrpcAioMessagePool *pool;
} Fixture;

static const char *
get_filename (void)
{
  return g_test_get_filename (G_TEST_BUILT, "..", "protos", "test.binpb", NULL);
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  fixture->pool = grpc_aio_message_pool_new ();
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_object_unref (fixture->pool);
}

static void
add_file (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (grpc_aio_message_pool_add_file (fixture->pool, get_filename (), &error));
  g_assert_no_error (error);
}

/* Reads messages as text: "name { number: 1 text: 'x' }". Enumerations are numbers. */
static void
read_message (GrpcAioMessage *message,
              const char **text);

static char *
read_word (const char **text)
{
  const char *start;

  while (g_ascii_isspace (**text))
    (*text)++;
  start = *text;
  if (*start == '\'')
    {
      *text = strchr (start + 1, '\'') + 1;
      return g_strndup (start + 1, *text - start - 2);
    }
  while (g_ascii_isalnum (**text) || **text == '_' || **text == '-')
    (*text)++;

  return g_strndup (start, *text - start);
}

static void
read_child (GrpcAioMessage *message,
            GParamSpec *pspec,
            const char **text)
{
  g_autoptr (GrpcAioMessage) child = NULL;
  g_autoptr (GListStore) list = NULL;

  if (pspec->value_type == G_TYPE_LIST_MODEL)
    {
      g_object_get (message, pspec->name, &list, NULL);
      child = grpc_aio_message_create (g_list_model_get_item_type (G_LIST_MODEL (list)));
      g_list_store_append (list, child);
    }
  else
    {
      child = grpc_aio_message_create (pspec->value_type);
      g_object_set (message, pspec->name, child, NULL);
    }
  read_message (child, text);
}

static void
read_value (GrpcAioMessage *message,
            GParamSpec *pspec,
            const char *value)
{
  g_auto (GStrv) old = NULL;
  g_autoptr (GStrvBuilder) builder = NULL;
  g_auto (GStrv) strv = NULL;

  if (pspec->value_type == G_TYPE_STRING)
    g_object_set (message, pspec->name, value, NULL);
  else if (pspec->value_type == G_TYPE_INT)
    g_object_set (message, pspec->name, (gint) g_ascii_strtoll (value, NULL, 10), NULL);
  else if (pspec->value_type == G_TYPE_BOOLEAN)
    g_object_set (message, pspec->name, g_str_equal (value, "true"), NULL);
  else if (pspec->value_type == G_TYPE_VARIANT)
    g_object_set (message, pspec->name, g_variant_new_parsed ("[%i]", (gint) g_ascii_strtoll (value, NULL, 10)), NULL);
  else
    {
      g_object_get (message, pspec->name, &old, NULL);
      builder = g_strv_builder_new ();
      g_strv_builder_addv (builder, (const char **) old);
      g_strv_builder_add (builder, value);
      strv = g_strv_builder_end (builder);
      g_object_set (message, pspec->name, strv, NULL);
    }
}

static void
read_message (GrpcAioMessage *message,
              const char **text)
{
  for (;;)
    {
      g_autofree char *name = read_word (text);
      GParamSpec *pspec;

      if (*name == '\0')
        break;
      pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (message), name);
      g_assert_nonnull (pspec);

      while (g_ascii_isspace (**text))
        (*text)++;
      if (**text == ':')
        {
          g_autofree char *value = NULL;

          (*text)++;
          value = read_word (text);
          read_value (message, pspec, value);
          continue;
        }

      g_assert_cmpint (**text, ==, '{');
      (*text)++;
      read_child (message, pspec, text);
      g_assert_cmpint (**text, ==, '}');
      (*text)++;
    }
}

static GBytes *
set_of (const char *text)
{
  g_autoptr (GrpcAioMessage) set = NULL;
  g_autoptr (GError) error = NULL;
  GBytes *bytes;

  set = grpc_aio_message_pool_new_message (grpc_aio_message_pool_get_default (), "google.protobuf.FileDescriptorSet", &error);
  g_assert_no_error (error);
  read_message (set, &text);
  g_assert_cmpint (*text, ==, '\0');
  bytes = grpc_aio_message_to_bytes (set, &error);
  g_assert_no_error (error);

  return bytes;
}

static void
test_default (Fixture *fixture,
              gconstpointer data)
{
  static const char *const messages[] = {
    "google.protobuf.Any",
    "google.protobuf.Api",
    "google.protobuf.Duration",
    "google.protobuf.Empty",
    "google.protobuf.FieldMask",
    "google.protobuf.FileDescriptorSet",
    "google.protobuf.Int32Value",
    "google.protobuf.SourceContext",
    "google.protobuf.Struct",
    "google.protobuf.Timestamp",
    "google.protobuf.Type",
    "google.rpc.BadRequest.FieldViolation",
    "google.rpc.ErrorInfo",
    "google.rpc.Status",
  };
  GrpcAioMessagePool *pool = grpc_aio_message_pool_get_default ();
  g_auto (GStrv) names = grpc_aio_message_pool_dup_message_names (pool);
  g_auto (GStrv) enums = grpc_aio_message_pool_dup_enum_names (pool);

  g_test_summary ("The default pool has what everybody needs, and others look there, too");

  g_assert_true (pool == grpc_aio_message_pool_get_default ());
  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      const GType type = grpc_aio_message_pool_get_message_type (pool, messages[i]);

      g_assert_true (g_strv_contains ((const char *const *) names, messages[i]));
      g_assert_true (g_type_is_a (type, GRPC_AIO_TYPE_MESSAGE));
      g_assert_true (grpc_aio_message_pool_get_message_type (fixture->pool, messages[i]) == type);
    }
  g_assert_true (g_strv_contains ((const char *const *) enums, "google.rpc.Code"));
  g_assert_cmpuint (grpc_aio_message_pool_get_message_type (pool, "google.rpc.Code"), ==, G_TYPE_INVALID);
  g_assert_cmpuint (grpc_aio_message_pool_get_message_type (pool, "google.rpc.None"), ==, G_TYPE_INVALID);
}

static void
test_lists (Fixture *fixture,
            gconstpointer data)
{
  static const char *const methods[] = { "Unary", "ServerStream", "ClientStream", "Both", NULL };
  static const char *const imports[] = { "google/protobuf/any.proto", "google/protobuf/timestamp.proto", "shared.proto", NULL };
  static const char *const files[] = {
    "google/protobuf/any.proto",
    "google/protobuf/timestamp.proto",
    "shared.proto",
    "three.proto",
    "two.proto",
    NULL,
  };
  g_auto (GStrv) file_names = NULL;
  g_auto (GStrv) message_names = NULL;
  g_auto (GStrv) enum_names = NULL;
  g_auto (GStrv) service_names = NULL;
  g_auto (GStrv) method_names = NULL;
  g_auto (GStrv) dependencies = NULL;

  g_test_summary ("A pool tells what it has");

  file_names = grpc_aio_message_pool_dup_file_names (fixture->pool);
  g_assert_cmpstr (file_names[0], ==, NULL);
  add_file (fixture);
  g_strfreev (file_names);

  file_names = grpc_aio_message_pool_dup_file_names (fixture->pool);
  g_assert_true (g_strv_equal ((const char *const *) file_names, files));
  message_names = grpc_aio_message_pool_dup_message_names (fixture->pool);
  g_assert_true (g_strv_contains ((const char *const *) message_names, "test.two.Groups.Single.Inner"));
  g_assert_false (g_strv_contains ((const char *const *) message_names, "test.three.Maps.StringsEntry"));
  for (guint i = 1; message_names[i] != NULL; i++)
    g_assert_cmpstr (message_names[i - 1], <, message_names[i]);
  enum_names = grpc_aio_message_pool_dup_enum_names (fixture->pool);
  g_assert_cmpstr (enum_names[0], ==, "test.three.Color");
  g_assert_cmpstr (enum_names[1], ==, "test.two.Level");
  g_assert_null (enum_names[2]);
  service_names = grpc_aio_message_pool_dup_service_names (fixture->pool);
  g_assert_cmpstr (service_names[0], ==, "test.three.Service");
  g_assert_null (service_names[1]);
  method_names = grpc_aio_message_pool_dup_method_names (fixture->pool, "test.three.Service");
  g_assert_true (g_strv_equal ((const char *const *) method_names, methods));
  g_assert_null (grpc_aio_message_pool_dup_method_names (fixture->pool, "test.three.Scalars"));
  dependencies = grpc_aio_message_pool_dup_dependencies (fixture->pool, "three.proto");
  g_assert_true (g_strv_equal ((const char *const *) dependencies, imports));
  g_assert_null (grpc_aio_message_pool_dup_dependencies (fixture->pool, "none.proto"));
}

static void
test_descriptors (Fixture *fixture,
                  gconstpointer data)
{
  static const char *const symbols[] = {
    "test.three.Scalars",
    "test.three.Scalars.f_int32",
    "test.three.Choice.what",
    "test.three.Maps.StringsEntry",
    "test.three.Color",
    "test.three.COLOR_CRIMSON",
    "test.three.Service",
    "test.three.Service.Both",
  };
  g_autoptr (GBytes) descriptor = NULL;
  g_autoptr (GrpcAioMessage) file = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;

  g_test_summary ("A pool gives back the descriptions of files");

  add_file (fixture);
  descriptor = grpc_aio_message_pool_dup_file_descriptor (fixture->pool, "three.proto");
  file = grpc_aio_message_pool_new_message_from_bytes (fixture->pool, "google.protobuf.FileDescriptorProto", descriptor, &error);
  g_assert_no_error (error);
  g_object_get (file, "name", &name, NULL);
  g_assert_cmpstr (name, ==, "three.proto");
  g_assert_false (grpc_aio_message_has_field (file, "source_code_info"));

  for (guint i = 0; i < G_N_ELEMENTS (symbols); i++)
    {
      g_autoptr (GBytes) found = grpc_aio_message_pool_dup_file_descriptor_for_symbol (fixture->pool, symbols[i]);

      g_assert_true (found == descriptor);
    }
  g_assert_null (grpc_aio_message_pool_dup_file_descriptor_for_symbol (fixture->pool, "test.three"));
  g_assert_null (grpc_aio_message_pool_dup_file_descriptor_for_symbol (fixture->pool, "test.three.None"));
  g_assert_null (grpc_aio_message_pool_dup_file_descriptor (fixture->pool, "none.proto"));
}

static void
test_methods (Fixture *fixture,
              gconstpointer data)
{
  static const struct
  {
    const char *path;
    const char *input;
    const char *output;
    GrpcAioMethodKind kind;
  } methods[] = {
    { "/test.three.Service/Unary", "test.three.Scalars", "test.three.Mixed", GRPC_AIO_METHOD_KIND_UNARY_UNARY },
    { "/test.three.Service/ServerStream", "test.three.Scalars", "test.three.Mixed", GRPC_AIO_METHOD_KIND_UNARY_STREAM },
    { "/test.three.Service/ClientStream", "test.three.Scalars", "test.three.Mixed", GRPC_AIO_METHOD_KIND_STREAM_UNARY },
    { "/test.three.Service/Both", "google.protobuf.Timestamp", "test.shared.Shared", GRPC_AIO_METHOD_KIND_STREAM_STREAM },
  };
  static const char *const paths[] = {
    "",
    "/",
    "test.three.Service/Unary",
    "/test.three.Service",
    "/test.three.Service/None",
    "/test.three.Scalars/Unary",
    "/Service/Unary",
  };
  GType input, output;
  GrpcAioMethodKind kind;

  g_test_summary ("A method is found by its path");

  add_file (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (grpc_aio_message_pool_find_method (fixture->pool, methods[i].path, &input, &output, &kind, &error));
      g_assert_no_error (error);
      g_assert_true (input == grpc_aio_message_pool_get_message_type (fixture->pool, methods[i].input));
      g_assert_true (output == grpc_aio_message_pool_get_message_type (fixture->pool, methods[i].output));
      g_assert_cmpint (kind, ==, methods[i].kind);
      g_assert_true (grpc_aio_message_pool_find_method (fixture->pool, methods[i].path, NULL, NULL, NULL, NULL));
    }
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (grpc_aio_message_pool_find_method (fixture->pool, paths[i], &input, &output, &kind, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    }
}

static void
test_enum (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GEnumClass) klass = NULL;
  GType type;

  g_test_summary ("An enumeration is one of GLib, without aliases");

  add_file (fixture);
  type = grpc_aio_message_pool_get_enum_type (fixture->pool, "test.three.Color");
  g_assert_true (G_TYPE_IS_ENUM (type));
  g_assert_true (grpc_aio_message_pool_get_enum_type (fixture->pool, "test.three.Color") == type);
  g_assert_cmpuint (grpc_aio_message_pool_get_enum_type (fixture->pool, "test.three.Scalars"), ==, G_TYPE_INVALID);

  klass = g_type_class_ref (type);
  g_assert_cmpuint (klass->n_values, ==, 4);
  g_assert_cmpint (klass->minimum, ==, -2);
  g_assert_cmpstr (g_enum_get_value (klass, 1)->value_name, ==, "COLOR_RED");
  g_assert_cmpstr (g_enum_get_value (klass, 1)->value_nick, ==, "color-red");
  g_assert_cmpint (g_enum_get_value_by_name (klass, "COLOR_BIG")->value, ==, 1000000);
}

static void
test_again (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioMessagePool) other = grpc_aio_message_pool_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  GType type, other_type;

  g_test_summary ("The same file may come again, a different one of its name may not");

  add_file (fixture);
  add_file (fixture);

  bytes = set_of ("file { name: 'shared.proto' syntax: 'proto3' }");
  g_assert_false (grpc_aio_message_pool_add_bytes (fixture->pool, bytes, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_assert_nonnull (strstr (error->message, "“shared.proto” is there already, with other contents"));
  g_clear_error (&error);

  /* Another pool may have another message of the same name. */
  g_clear_pointer (&bytes, g_bytes_unref);
  bytes = set_of ("file { name: 'shared.proto' package: 'test.shared' message_type { name: 'Shared' } }");
  g_assert_true (grpc_aio_message_pool_add_bytes (other, bytes, &error));
  g_assert_no_error (error);
  type = grpc_aio_message_pool_get_message_type (fixture->pool, "test.shared.Shared");
  other_type = grpc_aio_message_pool_get_message_type (other, "test.shared.Shared");
  g_assert_true (type != other_type);
  g_assert_cmpstr (g_type_name (type), !=, g_type_name (other_type));

  /* So may the files of Google: then they are others. */
  g_clear_pointer (&bytes, g_bytes_unref);
  bytes = set_of ("file { name: 'google/protobuf/timestamp.proto' package: 'google.protobuf'"
                  "  message_type { name: 'Timestamp' field { name: 'text' number: 1 label: 1 type: 9 } } }");
  g_assert_true (grpc_aio_message_pool_add_bytes (other, bytes, &error));
  g_assert_no_error (error);
  g_assert_true (grpc_aio_message_pool_get_message_type (other, "google.protobuf.Timestamp") !=
                 grpc_aio_message_pool_get_message_type (fixture->pool, "google.protobuf.Timestamp"));
}

static void
test_order (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Files may come before what they import, and names may be relative");

  bytes = set_of ("file { name: 'c.proto' package: 'a.b' dependency: 'b.proto'"
                  "  message_type { name: 'C' field { name: 'x' number: 1 label: 1 type_name: 'A.Inner' }"
                  "    field { name: 'y' number: 2 label: 1 type: 14 type_name: '.a.E' }"
                  "    field { name: 'z' number: 3 label: 3 type_name: 'C' } } }"
                  "file { name: 'b.proto' dependency: 'a.proto' public_dependency: 0 }"
                  "file { name: 'a.proto' package: 'a'"
                  "  message_type { name: 'A' nested_type { name: 'Inner' } }"
                  "  enum_type { name: 'E' value { name: 'E_ONE' number: 1 } } }");
  g_assert_true (grpc_aio_message_pool_add_bytes (fixture->pool, bytes, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (grpc_aio_message_pool_get_message_type (fixture->pool, "a.b.C"), !=, G_TYPE_INVALID);
}

static const struct
{
  const char *text;
  const char *reason;
} bad[] = {
  { "file { }", "“” is no name of a file" },
  { "file { name: 'a' syntax: 'editions' }", "“a” has a syntax other than proto2 and proto3" },
  { "file { name: 'a' package: 'b..c' }", "is no legal name" },
  { "file { name: 'a' package: '1' }", "“1” is no legal name" },
  { "file { name: 'a' dependency: 'b' }", "“a” imports “b”, which is not there" },
  { "file { name: 'a' dependency: 'a' }", "“a” imports “a”, which imports it in turn" },
  { "file { name: 'a' dependency: 'b' } file { name: 'b' dependency: 'a' }", "“b” imports “a”, which imports it in turn" },
  { "file { name: 'a' public_dependency: 0 }", "passes on an import that it does not have" },
  { "file { name: 'a' public_dependency: -1 }", "passes on an import that it does not have" },
  { "file { name: 'a' } file { name: 'a' package: 'b' }", "“a” is there already, with other contents" },
  { "file { name: 'a' message_type { } }", "is no legal name" },
  { "file { name: 'a' message_type { name: 'a-b' } }", "“a-b” is no legal name" },
  { "file { name: 'a' message_type { name: 'M' } message_type { name: 'M' } }", "“M” is declared twice" },
  { "file { name: 'a' package: 'M' message_type { name: 'X' } } file { name: 'b' message_type { name: 'M' } }", "“M” is declared twice" },
  { "file { name: 'a' message_type { name: 'M' } } file { name: 'b' enum_type { name: 'M' value { name: 'X' } } }", "“M” is declared twice" },
  { "file { name: 'a' enum_type { name: 'E' } }", "“E” has no values" },
  { "file { name: 'a' enum_type { name: 'E' value { name: 'X' number: 1 } value { name: 'X' number: 2 } } }", "“X” is declared twice" },
  { "file { name: 'a' syntax: 'proto3' enum_type { name: 'E' value { name: 'X' number: 1 } } }", "“E” does not start with 0" },
  { "file { name: 'a' message_type { name: 'M' field { number: 1 label: 1 type: 5 } } }", "is no legal name" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' label: 1 type: 5 } } }", "“M.f” has a number that is not between" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 536870912 label: 1 type: 5 } } }", "“M.f” has a number that is not between" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: -1 label: 1 type: 5 } } }", "“M.f” has a number that is not between" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 19000 label: 1 type: 5 } } }", "which are reserved" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 9 type: 5 } } }", "neither optional, required nor repeated" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 19 } } }", "has a type that does not exist" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 0 } } }", "has a type that does not exist" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 } } }", "has no type" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 11 } } }", "does not name its type" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 11 type_name: '.N' } } }", "uses “.N”, which is no message and no enumeration" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 11 type_name: '.M.f' } } }", "uses “.M.f”, which is no message and no enumeration" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 14 type_name: '.M' } } }", "of another kind than it says" },
  { "file { name: 'a' message_type { name: 'M' } } file { name: 'b' message_type { name: 'N' field { name: 'f' number: 1 label: 1 type_name: '.M' } } }", "uses “.M” of “a”, which is not imported" },
  { "file { name: 'a' message_type { name: 'M' } } file { name: 'b' dependency: 'a' } file { name: 'c' dependency: 'b' message_type { name: 'N' field { name: 'f' number: 1 label: 1 type_name: '.M' } } }", "“c” is wrong: “N.f” uses “.M” of “a”, which is not imported" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 5 } field { name: 'g' number: 1 label: 1 type: 5 } } }", "has the number of another field" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 5 } field { name: 'f' number: 2 label: 1 type: 5 } } }", "“M.f” is declared twice" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 5 extendee: '.M' } } }", "is an extension in the place of a field" },
  { "file { name: 'a' syntax: 'proto3' message_type { name: 'M' field { name: 'f' number: 1 label: 2 type: 5 } } }", "is required, which proto3 does not have" },
  { "file { name: 'a' syntax: 'proto3' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 10 type_name: '.M' } } }", "is a group, which proto3 does not have" },
  { "file { name: 'a' syntax: 'proto3' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 5 default_value: '1' } } }", "has a default, which proto3 does not have" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 3 type: 5 default_value: '1' } } }", "has a default, which is not for its type" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 5 default_value: 'x' } } }", "has a default that is not of its type" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 5 default_value: '2147483648' } } }", "has a default that is not of its type" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 13 default_value: '-1' } } }", "has a default that is not of its type" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 1 default_value: '1x' } } }", "has a default that is not of its type" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 8 default_value: 'yes' } } }", "has a default that is not of its type" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 12 default_value: '\\9' } } }", "has a default that is not of its type" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 12 default_value: '\\' } } }", "has a default that is not of its type" },
  { "file { name: 'a' message_type { name: 'M' enum_type { name: 'E' value { name: 'X' } } field { name: 'f' number: 1 label: 1 type_name: 'E' default_value: 'Y' } } }", "has a default that is not of its type" },
  { "file { name: 'a' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 5 oneof_index: 0 } } }", "in a oneof that it does not have" },
  { "file { name: 'a' message_type { name: 'M' oneof_decl { name: 'o' } field { name: 'f' number: 1 label: 1 type: 5 oneof_index: -1 } } }", "in a oneof that it does not have" },
  { "file { name: 'a' message_type { name: 'M' oneof_decl { name: 'o' } } }", "has a oneof without fields" },
  { "file { name: 'a' message_type { name: 'M' oneof_decl { name: 'o' } field { name: 'f' number: 1 label: 3 type: 5 oneof_index: 0 } } }", "is in a oneof, but repeated or required" },
  { "file { name: 'a' message_type { name: 'M' oneof_decl { name: 'o' } oneof_decl { name: 'o' } } }", "“M.o” is declared twice" },
  { "file { name: 'a' syntax: 'proto3' message_type { name: 'M' field { name: 'f' number: 1 label: 1 type: 5 proto3_optional: true } } }", "without a oneof of its own" },
  { "file { name: 'a' message_type { name: 'M' options { map_entry: true } } }", "does not look like" },
  { "file { name: 'a' message_type { name: 'M' options { map_entry: true } field { name: 'key' number: 1 label: 1 type: 1 } field { name: 'value' number: 2 label: 1 type: 5 } } }", "does not look like" },
  { "file { name: 'a' extension { name: 'x' number: 1 label: 1 type: 5 } }", "“x” does not say what it extends" },
  { "file { name: 'a' extension { name: 'x' number: 1 label: 1 type: 5 extendee: '.M' } }", "uses “.M”, which is no message" },
  { "file { name: 'a' message_type { name: 'M' } extension { name: 'x' number: 1 label: 1 type: 5 extendee: '.M' } }", "has a number that is not for extensions" },
  { "file { name: 'a' enum_type { name: 'M' value { name: 'X' } } extension { name: 'x' number: 1 label: 1 type: 5 extendee: '.M' } }", "uses an enumeration in place of a message" },
  { "file { name: 'a' message_type { name: 'M' extension_range { start: 1 end: 9 } } extension { name: 'x' number: 1 label: 2 type: 5 extendee: '.M' } }", "is an extension, but required" },
  { "file { name: 'a' message_type { name: 'M' extension_range { start: 1 end: 9 } } extension { name: 'x' number: 1 label: 1 type: 5 extendee: '.M' oneof_index: 0 } }", "is an extension within a oneof" },
  { "file { name: 'a' message_type { name: 'M' extension_range { start: 1 end: 9 } } extension { name: 'x' number: 1 label: 1 type: 5 extendee: '.M' } extension { name: 'y' number: 1 label: 1 type: 5 extendee: '.M' } }", "has the number of another extension" },
  { "file { name: 'a' service { name: 'S' method { name: 'm' input_type: '.X' output_type: '.X' } } }", "“S.m” uses “.X”, which is no message" },
  { "file { name: 'a' service { name: 'S' method { name: 'm' } } }", "which is no message" },
  { "file { name: 'a' enum_type { name: 'E' value { name: 'X' } } service { name: 'S' method { name: 'm' input_type: '.E' output_type: '.E' } } }", "uses an enumeration in place of a message" },
  { "file { name: 'a' service { name: 'S' } service { name: 'S' } }", "“S” is declared twice" },
  { "file { name: 'a' message_type { name: 'M' } service { name: 'S' method { name: 'm' input_type: '.M' output_type: '.M' } method { name: 'm' input_type: '.M' output_type: '.M' } } }", "“S.m” is declared twice" },
};

static void
test_bad (Fixture *fixture,
          gconstpointer data)
{
  g_test_summary ("What protoc would refuse is refused, with the place and the reason; nothing is added");

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *text = g_strconcat ("file { name: 'good' message_type { name: 'Good' } }", bad[i].text, NULL);
      g_autoptr (GBytes) bytes = NULL;
      g_auto (GStrv) names = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", bad[i].text);
      bytes = set_of (text);
      g_assert_false (grpc_aio_message_pool_add_bytes (fixture->pool, bytes, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      if (strstr (error->message, bad[i].reason) == NULL)
        g_error ("“%s” is not in “%s”", bad[i].reason, error->message);

      names = grpc_aio_message_pool_dup_file_names (fixture->pool);
      g_assert_cmpstr (names[0], ==, NULL);
      g_assert_cmpuint (grpc_aio_message_pool_get_message_type (fixture->pool, "Good"), ==, G_TYPE_INVALID);
    }
}

static void
test_import_chain (Fixture *fixture,
                   gconstpointer data)
{
  g_test_summary ("Files may import each other in a row, up to a length");

  for (guint length = 400; length <= 20000; length += 19600)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GError) error = NULL;

      for (guint i = 0; i < length; i++)
        g_string_append_printf (text, "file { name: '%u-%u' dependency: '%u-%u' }", length, i, length, i + 1);
      g_string_append_printf (text, "file { name: '%u-%u' }", length, length);
      bytes = set_of (text->str);
      if (length == 400)
        {
          g_assert_true (grpc_aio_message_pool_add_bytes (fixture->pool, bytes, &error));
          g_assert_no_error (error);
          continue;
        }

      g_assert_false (grpc_aio_message_pool_add_bytes (fixture->pool, bytes, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      g_assert_nonnull (strstr (error->message, "through too many others"));
    }
}

static void
test_no_set (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\x0a\x05x", 3);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Bytes, files and resources that are no descriptor sets are refused");

  g_assert_false (grpc_aio_message_pool_add_bytes (fixture->pool, bytes, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_assert_true (g_str_has_prefix (error->message, "These bytes are no set of descriptors: "));
  g_clear_error (&error);

  g_assert_false (grpc_aio_message_pool_add_file (fixture->pool, "/nowhere/at/all", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);

  g_assert_false (grpc_aio_message_pool_add_resource (fixture->pool, "/nowhere/at/all", &error));
  g_assert_error (error, G_RESOURCE_ERROR, G_RESOURCE_ERROR_NOT_FOUND);
}

static void
test_resource (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GResource) resource = NULL;

  g_test_summary ("A descriptor set may be a resource");

  resource = g_resource_load (g_test_get_filename (G_TEST_BUILT, "..", "protos", "test.gresource", NULL), &error);
  g_assert_no_error (error);
  g_resources_register (resource);
  g_assert_true (grpc_aio_message_pool_add_resource (fixture->pool, "/test/test.binpb", &error));
  g_assert_no_error (error);
  g_resources_unregister (resource);
}

static void
test_no_message (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new (NULL, 0);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A message that is not there cannot be made");

  g_assert_null (grpc_aio_message_pool_new_message (fixture->pool, "test.None", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (grpc_aio_message_pool_new_message_from_bytes (fixture->pool, "google.rpc.Code", bytes, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_unused (Fixture *fixture,
             gconstpointer data)
{
  g_test_summary ("A pool whose types nobody asked for goes");

  for (guint i = 0; i < 20; i++)
    {
      GrpcAioMessagePool *pool = grpc_aio_message_pool_new ();
      g_autoptr (GError) error = NULL;

      grpc_aio_message_pool_add_file (pool, get_filename (), &error);
      g_assert_no_error (error);
      g_assert_finalize_object (pool);
    }
}

static void
test_mutations (Fixture *fixture,
                gconstpointer data)
{
  const guint32 seed = (guint32) g_test_rand_int ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autofree char *contents = NULL;
  gsize size;
  guint n_good = 0;

  g_test_summary ("Descriptor sets with broken bytes are refused, or are others");
  g_test_message ("The seed is %u", seed);

  g_assert_true (g_file_get_contents (get_filename (), &contents, &size, NULL));
  for (guint i = 0; i < N_MUTATIONS; i++)
    {
      g_autofree guint8 *copy = g_memdup2 (contents, size);
      g_autoptr (GrpcAioMessagePool) pool = grpc_aio_message_pool_new ();
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GError) error = NULL;

      for (gint n = g_rand_int_range (rand, 1, 4); n > 0; n--)
        copy[g_rand_int_range (rand, 0, (gint) size)] = (guint8) g_rand_int_range (rand, 0, 256);
      bytes = g_bytes_new (copy, size);
      if (grpc_aio_message_pool_add_bytes (pool, bytes, &error))
        n_good++;
      else
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    }

  g_assert_cmpuint (n_good, >, 0);
  g_assert_cmpuint (n_good, <, N_MUTATIONS);
}

static gpointer
use_types (gpointer data)
{
  g_auto (GStrv) names = grpc_aio_message_pool_dup_message_names (data);

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autoptr (GrpcAioMessage) message = grpc_aio_message_pool_new_message (data, names[i], NULL);

      g_assert_cmpstr (grpc_aio_message_get_full_name (message), ==, names[i]);
    }

  return NULL;
}

static void
test_threads (Fixture *fixture,
              gconstpointer data)
{
  GThread *threads[8];

  g_test_summary ("Threads may ask for the same types at once");

  add_file (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("types", use_types, fixture->pool);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, test) g_test_add (path, Fixture, NULL, fixture_set_up, test, fixture_tear_down)
  ADD ("/message-pool/default", test_default);
  ADD ("/message-pool/lists", test_lists);
  ADD ("/message-pool/descriptors", test_descriptors);
  ADD ("/message-pool/methods", test_methods);
  ADD ("/message-pool/enum", test_enum);
  ADD ("/message-pool/again", test_again);
  ADD ("/message-pool/order", test_order);
  ADD ("/message-pool/bad", test_bad);
  ADD ("/message-pool/import-chain", test_import_chain);
  ADD ("/message-pool/no-set", test_no_set);
  ADD ("/message-pool/resource", test_resource);
  ADD ("/message-pool/no-message", test_no_message);
  ADD ("/message-pool/unused", test_unused);
  ADD ("/message-pool/mutations", test_mutations);
  ADD ("/message-pool/threads", test_threads);
#undef ADD

  return g_test_run ();
}
