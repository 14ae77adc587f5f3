/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What generated code does to give its structs classes: here by hand, for structs
 * that protoc-c has made. */

#include <string.h>

#include <grpc-aio-glib/grpc-aio-protobuf.h>

#include "classic.pb-c.h"
#include "shared.pb-c.h"
#include "test-utils.h"

/* The class of each message. */
#define DEFINE_MESSAGE(TypeName, type_name, file, descriptor)                         \
  typedef struct                                                                      \
  {                                                                                   \
    GrpcAioMessage parent_instance;                                                   \
  } TypeName;                                                                         \
  typedef struct                                                                      \
  {                                                                                   \
    GrpcAioMessageClass parent_class;                                                 \
  } TypeName##Class;                                                                  \
  GType type_name##_get_type (void);                                                  \
  G_DEFINE_TYPE (TypeName, type_name, GRPC_AIO_TYPE_MESSAGE)                          \
  static void                                                                         \
      type_name##_class_init (TypeName##Class *klass)                                 \
  {                                                                                   \
    grpc_aio_message_class_bind (GRPC_AIO_MESSAGE_CLASS (klass), &file, &descriptor); \
  }                                                                                   \
  static void                                                                         \
      type_name##_init (TypeName *self)                                               \
  {                                                                                   \
  }

static GrpcAioProtobufFile shared_file;
static GrpcAioProtobufFile classic_file;
static GrpcAioProtobufFile other_file; /* The same once more. */

DEFINE_MESSAGE (TestShared, test_shared, shared_file, test__shared__shared__descriptor)
DEFINE_MESSAGE (TestOuter, test_outer, classic_file, test__classic__outer__descriptor)
DEFINE_MESSAGE (TestInner, test_inner, classic_file, test__classic__outer__inner__descriptor)
DEFINE_MESSAGE (TestOther, test_other, other_file, test__classic__outer__descriptor)

static GType
test_kind_get_type (void)
{
  static const GEnumValue values[] = { { 1, "KIND_SMALL", "small" }, { 2, "KIND_LARGE", "large" }, { 0, NULL, NULL } };
  static gsize type;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("TestKind", values));

  return type;
}

static const ProtobufCMessageDescriptor *const shared_messages[] = { &test__shared__shared__descriptor, NULL };
static GType (*const shared_types[]) (void) = { test_shared_get_type };
static const ProtobufCMessageDescriptor *const classic_messages[] = {
  &test__classic__outer__descriptor,
  &test__classic__outer__inner__descriptor,
  &test__classic__outer__map_entry__descriptor,
  NULL,
};
static const ProtobufCEnumDescriptor *const classic_enums[] = {
  &test__classic__kind__descriptor,
  &test__classic__outer__inner__depth__descriptor,
  NULL,
};
static GType (*const classic_types[]) (void) = { test_outer_get_type, test_inner_get_type, NULL };
static GType (*const classic_enum_types[]) (void) = { test_kind_get_type, NULL };
static const GrpcAioProtobufFile *const classic_dependencies[] = { &shared_file, NULL };

/* Generated code has the description as an array. Here it is the only file of a
 * set, after a tag and a length of two bytes or one. */
static void
set_descriptor (GrpcAioProtobufFile *file,
                const char *name)
{
  g_autofree char *set = g_strconcat (name, ".binpb", NULL);
  g_autofree char *filename = g_build_filename (g_test_get_dir (G_TEST_BUILT), "..", "protos", set, NULL);
  char *contents;
  gsize size;
  gsize start;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (filename, &contents, &size, &error);
  g_assert_no_error (error);
  start = (guint8) contents[1] < 0x80 ? 2 : 3;
  file->descriptor = (const guint8 *) contents + start;
  file->descriptor_size = size - start;
}

static void
describe_files (void)
{
  shared_file.name = "shared.proto";
  shared_file.messages = shared_messages;
  shared_file.message_types = shared_types;
  set_descriptor (&shared_file, "shared");

  classic_file.name = "classic.proto";
  classic_file.dependencies = classic_dependencies;
  classic_file.messages = classic_messages;
  classic_file.enums = classic_enums;
  classic_file.message_types = classic_types;
  classic_file.enum_types = classic_enum_types;
  set_descriptor (&classic_file, "classic");

  other_file = classic_file;
  other_file.message_types = NULL;
  other_file.enum_types = NULL;
}

static void
test_pool (void)
{
  GrpcAioMessagePool *pool = grpc_aio_message_pool_get_default ();

  g_test_summary ("The default pool knows generated code once it is registered, and what that imports");

  g_assert_cmpuint (grpc_aio_message_pool_get_message_type (pool, "test.classic.Outer"), ==, G_TYPE_INVALID);
  grpc_aio_protobuf_file_register (&classic_file);
  grpc_aio_protobuf_file_register (&classic_file);
  g_assert_true (grpc_aio_message_pool_get_message_type (pool, "test.classic.Outer") == test_outer_get_type ());
  g_assert_true (grpc_aio_message_pool_get_message_type (pool, "test.classic.Outer.Inner") == test_inner_get_type ());
  g_assert_true (grpc_aio_message_pool_get_message_type (pool, "test.shared.Shared") == test_shared_get_type ());
  g_assert_true (grpc_aio_message_pool_get_enum_type (pool, "test.classic.Kind") == test_kind_get_type ());
  g_assert_true (G_TYPE_IS_ENUM (grpc_aio_message_pool_get_enum_type (pool, "test.classic.Outer.Inner.Depth")));
}

static void
test_object (void)
{
  g_autoptr (GrpcAioMessage) outer = g_object_new (test_outer_get_type (), "number", (gint64) 5, "name", "a name", NULL);
  g_autoptr (GrpcAioMessage) inner = g_object_new (test_inner_get_type (), "name", "inside", NULL);
  g_autoptr (GrpcAioMessage) copy = NULL;
  g_autoptr (GListStore) inners = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  const Test__Classic__Outer *message;
  g_autofree char *text = NULL;
  int depth;

  g_test_summary ("A generated class is a message like any other, on structs that the compiler has seen");

  g_object_get (outer, "text", &text, "inners", &inners, NULL);
  g_assert_cmpstr (text, ==, "nothing");
  g_object_get (inner, "depth", &depth, NULL);
  g_assert_cmpint (depth, ==, 1);
  g_list_store_append (inners, inner);
  g_object_set (outer, "inner", inner, "map", g_variant_new_parsed ("{'one': 1}"), "numbers", g_variant_new_parsed ("[1, 2, 3]"), NULL);

  message = (const Test__Classic__Outer *) grpc_aio_message_get_struct (outer);
  g_assert_true (message->base.descriptor == &test__classic__outer__descriptor);
  g_assert_cmpint (message->number, ==, 5);
  g_assert_cmpint (message->what_case, ==, TEST__CLASSIC__OUTER__WHAT_NAME);
  g_assert_cmpstr (message->name, ==, "a name");
  g_assert_cmpstr (message->inner->name, ==, "inside");
  g_assert_cmpuint (message->n_inners, ==, 1);
  g_assert_cmpuint (message->n_numbers, ==, 3);
  g_assert_cmpint (message->map[0]->value, ==, 1);

  bytes = grpc_aio_message_to_bytes (outer, &error);
  g_assert_no_error (error);
  copy = grpc_aio_message_create_from_bytes (test_outer_get_type (), bytes, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_message_equal (outer, copy));
}

static void
test_struct (void)
{
  Test__Classic__Outer message = TEST__CLASSIC__OUTER__INIT;
  Test__Classic__Outer__Inner inner = TEST__CLASSIC__OUTER__INNER__INIT;
  g_autoptr (GrpcAioMessage) object = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) object_bytes = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A struct on the stack becomes a message");

  inner.name = (char *) "x";
  message.inner = &inner;
  message.number = 3;
  object = grpc_aio_message_create_from_struct (test_outer_get_type (), &message.base, &error);
  g_assert_no_error (error);
  bytes = grpc_aio_protobuf_pack (&message.base, &error);
  g_assert_no_error (error);
  object_bytes = grpc_aio_message_to_bytes (object, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (bytes, object_bytes));

  /* A number of a struct is always there, text is not. */
  inner.name = NULL;
  g_clear_pointer (&bytes, g_bytes_unref);
  bytes = grpc_aio_protobuf_pack (&message.base, &error);
  g_assert_null (bytes);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL);
  g_assert_nonnull (strstr (error->message, "“test.classic.Outer.Inner” cannot be packed: its field “name”"));
}

static void
test_twice (void)
{
  g_autoptr (GrpcAioMessage) message = NULL;

  g_test_summary ("A file that two libraries bring has two classes, of which the pool knows the first");

  message = g_object_new (test_other_get_type (), "number", (gint64) 1, NULL);
  g_assert_cmpstr (grpc_aio_message_get_full_name (message), ==, "test.classic.Outer");
  g_assert_true (grpc_aio_message_pool_get_message_type (grpc_aio_message_pool_get_default (), "test.classic.Outer") == test_outer_get_type ());
}

static void
check_wrong (GrpcAioProtobufFile *wrong,
             const char *message)
{
  grpc_aio_protobuf_file_register (wrong);
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, message);
  grpc_aio_message_pool_get_default ();
  g_test_assert_expected_messages ();
}

static void
test_wrong (void)
{
  static const ProtobufCMessageDescriptor *const messages[] = { &test__classic__outer__descriptor, NULL };
  static GrpcAioProtobufFile wrong_name, wrong_message, wrong_bytes;

  g_test_summary ("Generated code that is not what its description says is not used");

  wrong_name = shared_file;
  wrong_name.name = "wrong.proto";
  check_wrong (&wrong_name, "The generated code for wrong.proto cannot be used: The description is that of another file");
  wrong_message = shared_file;
  wrong_message.messages = messages;
  check_wrong (&wrong_message, "*“test.shared.Shared” is not what the generated code says");
  wrong_bytes = shared_file;
  wrong_bytes.descriptor_size--;
  check_wrong (&wrong_bytes, "The generated code for shared.proto cannot be used: *");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  describe_files ();

  g_test_add_func ("/message-generated/pool", test_pool);
  g_test_add_func ("/message-generated/object", test_object);
  g_test_add_func ("/message-generated/struct", test_struct);
  g_test_add_func ("/message-generated/twice", test_twice);
  g_test_add_func ("/message-generated/wrong", test_wrong);

  return g_test_run ();
}
