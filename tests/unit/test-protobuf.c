/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Structs of protobuf-c, with descriptors that a pool has made. */

#include <string.h>

#include <grpc-aio-glib/grpc-aio-protobuf.h>

#include "test-utils.h"

#define N_RANDOM 3000
#define N_MUTATIONS 40000

typedef struct
{
  GrpcAioMessagePool *pool;
} Fixture;

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->pool = grpc_aio_message_pool_new ();
  grpc_aio_message_pool_add_file (fixture->pool, g_test_get_filename (G_TEST_BUILT, "..", "protos", "test.binpb", NULL), &error);
  g_assert_no_error (error);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_object_unref (fixture->pool);
}

static const ProtobufCMessageDescriptor *
find (Fixture *fixture,
      const char *name)
{
  g_autoptr (GrpcAioMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  message = grpc_aio_message_pool_new_message (fixture->pool, name, &error);
  g_assert_no_error (error);

  return grpc_aio_message_get_struct (message)->descriptor;
}

/* "08 01" and the like; a word in quotes is text. */
static GBytes *
bytes_of (const char *text)
{
  GByteArray *array = g_byte_array_new ();

  while (*text != '\0')
    {
      guint8 byte;

      if (*text == '\'')
        {
          const char *end = strchr (text + 1, '\'');

          g_byte_array_append (array, (const guint8 *) text + 1, (guint) (end - text - 1));
          text = end + 1;
          continue;
        }
      if (*text == ' ')
        {
          text++;
          continue;
        }
      byte = (guint8) (g_ascii_xdigit_value (text[0]) * 16 + g_ascii_xdigit_value (text[1]));
      g_byte_array_append (array, &byte, 1);
      text += 2;
    }

  return g_byte_array_free_to_bytes (array);
}

static void
free_message (ProtobufCMessage *message)
{
  protobuf_c_message_free_unpacked (message, NULL);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtobufCMessage, free_message)

static GBytes *
pack (const ProtobufCMessage *message)
{
  g_autoptr (GError) error = NULL;
  GBytes *bytes = grpc_aio_protobuf_pack (message, &error);
  g_autofree guint8 *data = NULL;
  gsize size;

  g_assert_no_error (error);

  /* The other way to pack has to agree. */
  size = grpc_aio_protobuf_get_packed_size (message);
  g_assert_cmpuint (size, ==, g_bytes_get_size (bytes));
  data = g_malloc (size + 1);
  data[size] = 0xaa;
  g_assert_cmpuint (grpc_aio_protobuf_pack_data (message, data), ==, size);
  g_assert_cmpmem (data, size, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_assert_cmphex (data[size], ==, 0xaa);

  return bytes;
}

static const struct
{
  const char *type;
  const char *input;
  const char *output; /* NULL for @input. */
} good[] = {
  { "test.three.Empty", "", NULL },

  /* Each kind of number, at its limits. */
  { "test.three.Scalars", "08 ff ff ff ff 07", NULL },
  { "test.three.Scalars", "08 80 80 80 80 f8 ff ff ff ff 01", NULL },
  { "test.three.Scalars", "08 80 80 80 80 08", "08 80 80 80 80 f8 ff ff ff ff 01" },
  { "test.three.Scalars", "10 ff ff ff ff 0f", NULL },
  { "test.three.Scalars", "1d ff ff ff ff", NULL },
  { "test.three.Scalars", "20 ff ff ff ff ff ff ff ff ff 01", NULL },
  { "test.three.Scalars", "28 ff ff ff ff ff ff ff ff ff 01", NULL },
  { "test.three.Scalars", "31 00 00 00 00 00 00 00 80", NULL },
  { "test.three.Scalars", "38 ff ff ff ff 0f", NULL },
  { "test.three.Scalars", "38 ff ff ff ff 1f", "38 ff ff ff ff 0f" },
  { "test.three.Scalars", "45 01 02 03 04", NULL },
  { "test.three.Scalars", "48 ff ff ff ff ff ff ff ff ff 01", NULL },
  { "test.three.Scalars", "51 01 02 03 04 05 06 07 08", NULL },
  { "test.three.Scalars", "5d 00 00 80 7f 61 00 00 00 00 00 00 f8 7f", NULL },
  { "test.three.Scalars", "5d 00 00 00 80 61 00 00 00 00 00 00 00 80", NULL },
  { "test.three.Scalars", "68 01", NULL },
  { "test.three.Scalars", "68 80 80 80 80 10", "68 01" },
  { "test.three.Scalars", "70 fe ff ff ff ff ff ff ff ff 01", NULL },
  { "test.three.Scalars", "70 63", NULL },

  /* Zero is not packed, numbers may be longer than they need be. */
  { "test.three.Scalars", "08 00 61 00 00 00 00 00 00 00 00 7a 00 82 01 00", "" },
  { "test.three.Scalars", "08 81 80 80 00", "08 01" },
  { "test.three.Scalars", "88 80 80 80 00 01", "08 01" },

  /* Text, and the last one counts. */
  { "test.three.Scalars", "7a 03 e2 82 ac 82 01 02 00 ff", NULL },
  { "test.three.Scalars", "7a 01 'a' 08 01 7a 01 'b' 08 02", "08 02 7a 01 'b'" },
  { "test.three.Scalars", "82 01 01 'a' 82 01 00", "" },
  { "test.three.Optionals", "0a 00 08 00", "08 00 0a 00" },
  { "test.three.Optionals", "7a 01 'a' 82 01 01 'b' 7a 00 82 01 00", "7a 00 82 01 00" },
  { "test.three.Optionals", "8a 01 02 08 01 8a 01 05 08 02 7a 01 'x'", "8a 01 05 08 02 7a 01 'x'" },

  /* Packed and not, mixed. */
  { "test.three.Repeated", "0a 03 01 02 03 08 04 0a 02 05 06", "0a 06 01 02 03 04 05 06" },
  { "test.three.Repeated", "90 01 01 92 01 02 02 03 90 01 04", "90 01 01 90 01 02 90 01 03 90 01 04" },
  { "test.three.Repeated", "0a 00", "" },
  { "test.three.Repeated", "1a 08 01 00 00 00 02 00 00 00 1d 03 00 00 00", "1a 0c 01 00 00 00 02 00 00 00 03 00 00 00" },
  { "test.three.Repeated", "6a 03 00 02 01", "6a 03 00 01 01" },
  { "test.three.Repeated", "7a 00 7a 01 'a' 82 01 00 82 01 01 'b'", NULL },
  { "test.three.Repeated", "8a 01 00 8a 01 02 08 01 8a 01 00", NULL },
  { "test.two.Lists", "08 01 12 02 02 03 1a 02 05 63", "0a 01 01 10 02 10 03 1a 02 05 63" },

  /* One of several, and messages that are merged. */
  { "test.three.Choice", "10 01 1a 01 'x'", "1a 01 'x'" },
  { "test.three.Choice", "1a 01 'x' 22 01 'y' 10 00", "10 00" },
  { "test.three.Choice", "2a 02 08 01 2a 02 10 02", "2a 04 08 01 10 02" },
  { "test.three.Choice", "2a 02 08 01 10 05 2a 02 10 02", "2a 02 10 02" },
  { "test.three.Choice", "4a 02 08 01 4a 04 4a 02 08 03 40 01", "40 01" },
  { "test.three.Tree", "12 03 0a 01 'a' 12 07 1a 03 0a 01 'b' 0a 00", "12 05 1a 03 0a 01 'b'" },

  /* Maps are messages. */
  { "test.three.Maps", "0a 06 0a 01 'k' 12 01 'v'", NULL },
  { "test.three.Maps", "0a 00 12 02 08 05", NULL },

  /* Unknown fields of each kind, and known ones of another kind. */
  { "test.three.Empty", "08 96 01 11 01 02 03 04 05 06 07 08 1a 02 'ab' 25 01 02 03 04", NULL },
  { "test.three.Empty", "0b 08 01 13 0a 01 'x' 14 0c", NULL },
  { "test.three.Empty", "fb ff ff ff 0f fc ff ff ff 0f", NULL },
  { "test.three.Scalars", "0a 01 'x' 78 05 0d 01 02 03 04", NULL },
  { "test.three.Repeated", "78 05 8b 01 8c 01", NULL },

  /* Groups. */
  { "test.two.Groups", "0b 10 01 1b 22 01 'x' 1c 0c", NULL },
  { "test.two.Groups", "0b 10 01 0c 0b 10 02 1b 1c 0c", "0b 10 02 1b 1c 0c" },
  { "test.two.Groups", "2b 32 01 'a' 2c 2b 32 01 'b' 2c", NULL },
  { "test.two.Groups", "3b 40 01 3c 4a 01 'x'", "4a 01 'x'" },
  { "test.two.Groups", "0a 02 10 01", NULL },

  /* What proto2 adds: presence, and text that need not be UTF-8. */
  { "test.two.Defaults", "08 00 5a 00 62 00 68 05", NULL },
  { "test.two.Defaults", "5a 01 ff", NULL },
  { "test.two.Required", "08 00 12 00 1a 00", NULL },
};

static void
test_good (Fixture *fixture,
           gconstpointer data)
{
  g_test_summary ("What is unpacked is packed again");

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      const ProtobufCMessageDescriptor *descriptor = find (fixture, good[i].type);
      g_autoptr (GBytes) input = bytes_of (good[i].input);
      g_autoptr (GBytes) wanted = bytes_of (good[i].output != NULL ? good[i].output : good[i].input);
      g_autoptr (GBytes) output = NULL;
      g_autoptr (ProtobufCMessage) message = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s: %s", good[i].type, good[i].input);
      message = grpc_aio_protobuf_unpack (descriptor, input, &error);
      g_assert_no_error (error);
      output = pack (message);
      g_assert_cmpmem (g_bytes_get_data (output, NULL), g_bytes_get_size (output), g_bytes_get_data (wanted, NULL), g_bytes_get_size (wanted));
    }
}

static const struct
{
  const char *type;
  const char *input;
  const char *reason;
} bad[] = {
  { "test.three.Scalars", "08", "at byte 1, the field “f_int32” ends too early" },
  { "test.three.Scalars", "08 80", "at byte 1, the field “f_int32” ends too early" },
  { "test.three.Scalars", "08 80 80 80 80 80 80 80 80 80 80 01", "more than ten bytes" },
  { "test.three.Scalars", "1d 01 02 03", "ends too early" },
  { "test.three.Scalars", "31 01 02 03 04 05 06 07", "ends too early" },
  { "test.three.Scalars", "7a 02 'a'", "the field “f_string” ends too early" },
  { "test.three.Scalars", "7a ff ff ff ff 07 'a'", "the field “f_string” ends too early" },
  { "test.three.Scalars", "7a ff ff ff ff ff ff ff ff ff 01 'a'", "the field “f_string” ends too early" },
  { "test.three.Scalars", "82 01 ff ff ff ff 07", "the field “f_bytes” ends too early" },
  { "test.three.Scalars", "7a 01 ff", "at byte 2, the field “f_string” is not UTF-8" },
  { "test.three.Scalars", "7a 0b 'aaaaaaaaaa' c3", "the field “f_string” is not UTF-8" },
  { "test.three.Scalars", "7a 03 ed a0 80", "the field “f_string” is not UTF-8" },
  { "test.three.Scalars", "7a 02 c0 80", "the field “f_string” is not UTF-8" },
  { "test.three.Scalars", "7a 03 'a' 00 'b'", "the field “f_string” has a character NUL" },
  { "test.three.Repeated", "7a 09 'abcdefgh' 00", "the field “f_string” has a character NUL" },
  { "test.two.Defaults", "5a 02 ff 00", "the field “f_string” has a character NUL" },
  { "test.three.Scalars", "00", "at byte 0, there is no legal tag" },
  { "test.three.Scalars", "05 01 02 03 04", "there is no legal tag" },
  { "test.three.Scalars", "80", "there is no legal tag" },
  { "test.three.Scalars", "80 80 80 80 10 01", "there is no legal tag" },
  { "test.three.Scalars", "88 80 80 80 80 00 01", "there is no legal tag" },
  { "test.three.Scalars", "0e", "there is no legal tag" },
  { "test.three.Scalars", "0f", "there is no legal tag" },
  { "test.three.Repeated", "0a 02 01 80", "has packed values that end too early" },
  { "test.three.Repeated", "0a 0b 80 80 80 80 80 80 80 80 80 80 01", "more than ten bytes" },
  { "test.three.Repeated", "1a 05 01 00 00 00 02", "has packed values that end too early" },
  { "test.three.Repeated", "62 ff ff ff ff 07", "the field “f_double” ends too early" },
  { "test.three.Repeated", "8a 01 02 08", "the field “f_message” ends too early" },
  { "test.three.Repeated", "8a 01 01 08", "“test.three.Scalars” cannot be unpacked: at byte 4" },
  { "test.three.Empty", "08", "an unknown field ends too early" },
  { "test.three.Empty", "09 01", "an unknown field ends too early" },
  { "test.three.Empty", "0a ff ff ff ff 07", "an unknown field ends too early" },
  { "test.three.Empty", "0d 01", "an unknown field ends too early" },
  { "test.three.Empty", "0c", "a group ends that did not begin" },
  { "test.three.Empty", "0b", "a group has no end" },
  { "test.three.Empty", "0b 14", "a group ends that did not begin" },
  { "test.three.Empty", "0b 00 0c", "there is no legal tag" },
  { "test.three.Empty", "0b 08", "an unknown field ends too early" },
  { "test.two.Groups", "0b 10 01", "a group has no end" },
  { "test.two.Groups", "0b 1b 1c", "a group has no end" },
  { "test.two.Groups", "0b 1c", "a group ends that did not begin" },
  { "test.two.Groups", "2b 2c", "the field “name” is required, but missing" },
  { "test.two.Required", "", "the field “number” is required, but missing" },
  { "test.two.Required", "08 01 12 00", "the field “data” is required, but missing" },
  { "test.two.Required", "08 01 12 00 1a 00 22 00", "the field “number” is required, but missing" },
  { "test.two.Required", "0a 00 12 00 1a 00", "the field “number” is required, but missing" },
};

static void
test_bad (Fixture *fixture,
          gconstpointer data)
{
  g_test_summary ("What is no message is refused, with the place and the reason");

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const ProtobufCMessageDescriptor *descriptor = find (fixture, bad[i].type);
      g_autoptr (GBytes) input = bytes_of (bad[i].input);
      g_autoptr (ProtobufCMessage) message = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s: %s", bad[i].type, bad[i].input);
      message = grpc_aio_protobuf_unpack (descriptor, input, &error);
      g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL);
      g_assert_null (message);
      if (strstr (error->message, bad[i].reason) == NULL)
        g_error ("“%s” is not in “%s”", bad[i].reason, error->message);
    }
}

static void
prepend_varint (GByteArray *array,
                guint64 value)
{
  guint8 bytes[10];
  guint n = 0;

  for (; value >= 0x80; value >>= 7)
    bytes[n++] = (guint8) (value | 0x80);
  bytes[n++] = (guint8) value;
  g_byte_array_prepend (array, bytes, n);
}

/* Messages in field @number, each within the next. */
static GBytes *
nest (guint depth,
      guint number)
{
  GByteArray *array = g_byte_array_new ();

  for (guint i = 0; i < depth; i++)
    {
      prepend_varint (array, array->len);
      prepend_varint (array, number << 3 | 2);
    }

  return g_byte_array_free_to_bytes (array);
}

static GBytes *
nest_groups (guint depth,
             guint number)
{
  GByteArray *array = g_byte_array_new ();
  const guint8 begin = (guint8) (number << 3 | 3);
  const guint8 end = (guint8) (number << 3 | 4);

  for (guint i = 0; i < depth; i++)
    g_byte_array_append (array, &begin, 1);
  for (guint i = 0; i < depth; i++)
    g_byte_array_append (array, &end, 1);

  return g_byte_array_free_to_bytes (array);
}

static void
check_depth (const ProtobufCMessageDescriptor *descriptor,
             GBytes *bytes,
             gboolean is_good)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ProtobufCMessage) message = grpc_aio_protobuf_unpack (descriptor, bytes, &error);

  if (is_good)
    {
      g_autoptr (GBytes) packed = NULL;

      g_assert_no_error (error);
      packed = pack (message);
      g_assert_true (g_bytes_equal (packed, bytes));
      return;
    }

  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL);
  g_assert_nonnull (strstr (error->message, "nested too deeply"));
}

static void
test_depth (Fixture *fixture,
            gconstpointer data)
{
  static const struct
  {
    guint depth;
    gboolean is_good;
  } depths[] = { { 100, TRUE }, { 101, FALSE }, { 20000, FALSE } };
  const ProtobufCMessageDescriptor *tree = find (fixture, "test.three.Tree");
  const ProtobufCMessageDescriptor *empty = find (fixture, "test.three.Empty");

  g_test_summary ("Messages and groups nest 100 deep, and no deeper");

  for (guint i = 0; i < G_N_ELEMENTS (depths); i++)
    {
      g_autoptr (GBytes) left = nest (depths[i].depth, 2);
      g_autoptr (GBytes) children = nest (depths[i].depth, 3);
      g_autoptr (GBytes) groups = nest_groups (depths[i].depth, 1);

      check_depth (tree, left, depths[i].is_good);
      check_depth (tree, children, depths[i].is_good);
      check_depth (empty, groups, depths[i].is_good);
    }
}

/* Appends the bytes of a random message, in a random order of fields. */
static void
append_varint (GByteArray *array,
               guint64 value)
{
  guint8 byte;

  for (; value >= 0x80; value >>= 7)
    {
      byte = (guint8) (value | 0x80);
      g_byte_array_append (array, &byte, 1);
    }
  byte = (guint8) value;
  g_byte_array_append (array, &byte, 1);
}

static guint64
random_number (GRand *rand)
{
  const guint64 value = (guint64) g_rand_int (rand) << 32 | g_rand_int (rand);

  /* Short ones, mostly; never 0. */
  return value >> g_rand_int_range (rand, 0, 63) | 1;
}

static void
append_fixed (GByteArray *array,
              GRand *rand,
              guint size)
{
  const guint64 value = random_number (rand);

  g_byte_array_append (array, (const guint8 *) &value, size);
}

static void
append_text (GByteArray *array,
             GRand *rand)
{
  static const char *const texts[] = { "x", "some text", "Grüße", "a longer text, of more than a few words", "€", "💡" };
  const char *text = texts[g_rand_int_range (rand, 0, G_N_ELEMENTS (texts))];

  append_varint (array, strlen (text));
  g_byte_array_append (array, (const guint8 *) text, (guint) strlen (text));
}

static void
append_message (GByteArray *array,
                GRand *rand,
                const ProtobufCMessageDescriptor *descriptor,
                guint depth);

static void
append_child (GByteArray *array,
              GRand *rand,
              const ProtobufCFieldDescriptor *field,
              guint depth)
{
  GByteArray *child = g_byte_array_new ();

  append_message (child, rand, field->descriptor, depth + 1);
  if (field->flags & GRPC_AIO_PROTOBUF_FIELD_GROUP)
    {
      append_varint (array, (guint64) field->id << 3 | 3);
      g_byte_array_append (array, child->data, child->len);
      append_varint (array, (guint64) field->id << 3 | 4);
    }
  else
    {
      append_varint (array, (guint64) field->id << 3 | 2);
      append_varint (array, child->len);
      g_byte_array_append (array, child->data, child->len);
    }
  g_byte_array_unref (child);
}

static void
append_field (GByteArray *array,
              GRand *rand,
              const ProtobufCFieldDescriptor *field,
              guint depth)
{
  switch (field->type)
    {
    case PROTOBUF_C_TYPE_MESSAGE:
      append_child (array, rand, field, depth);
      break;

    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
      append_varint (array, (guint64) field->id << 3 | 2);
      append_text (array, rand);
      break;

    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
      append_varint (array, (guint64) field->id << 3 | 5);
      append_fixed (array, rand, 4);
      break;

    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
      append_varint (array, (guint64) field->id << 3 | 1);
      append_fixed (array, rand, 8);
      break;

    default:
      append_varint (array, (guint64) field->id << 3);
      append_varint (array, random_number (rand));
    }
}

static void
append_message (GByteArray *array,
                GRand *rand,
                const ProtobufCMessageDescriptor *descriptor,
                guint depth)
{
  for (guint i = 0; i < descriptor->n_fields; i++)
    {
      const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
      const gboolean is_repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
      gint n = g_rand_int_range (rand, 0, is_repeated ? 12 : 2);

      if (field->label == PROTOBUF_C_LABEL_REQUIRED)
        n = 1;
      else if (depth > 3 && field->type == PROTOBUF_C_TYPE_MESSAGE)
        n = 0;
      else if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        n = MIN (n, 3);
      while (n-- > 0)
        append_field (array, rand, field, depth);
    }
}

static GBytes *
random_message (GRand *rand,
                const ProtobufCMessageDescriptor *descriptor)
{
  GByteArray *array = g_byte_array_new ();

  append_message (array, rand, descriptor, 0);

  return g_byte_array_free_to_bytes (array);
}

static const char *const random_types[] = {
  "test.three.Scalars",
  "test.three.Optionals",
  "test.three.Repeated",
  "test.three.Maps",
  "test.three.Choice",
  "test.three.Tree",
  "test.three.Mixed",
  "test.two.Defaults",
  "test.two.Groups",
  "test.two.Lists",
  "test.two.Extendable",
  "google.protobuf.FileDescriptorProto",
};

static GRand *
new_rand (void)
{
  const guint32 seed = (guint32) g_test_rand_int ();

  g_test_message ("The seed is %u", seed);

  return g_rand_new_with_seed (seed);
}

/* protobuf-c takes these, too, but for groups. */
static void
compare_with_protobuf_c (const ProtobufCMessageDescriptor *descriptor,
                         GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  g_autoptr (ProtobufCMessage) message = protobuf_c_message_unpack (descriptor, NULL, size, data);
  g_autofree guint8 *packed = NULL;
  gsize packed_size;

  g_assert_nonnull (message);
  packed_size = protobuf_c_message_get_packed_size (message);
  packed = g_malloc (packed_size + 1);
  protobuf_c_message_pack (message, packed);
  g_assert_cmpmem (packed, packed_size, data, size);
}

static void
test_random (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GRand) rand = new_rand ();

  g_test_summary ("Random messages come out as they went in, and as protobuf-c has them");

  for (guint i = 0; i < N_RANDOM; i++)
    {
      const char *type = random_types[i % G_N_ELEMENTS (random_types)];
      const ProtobufCMessageDescriptor *descriptor = find (fixture, type);
      g_autoptr (GBytes) input = random_message (rand, descriptor);
      g_autoptr (GBytes) first = NULL;
      g_autoptr (GBytes) second = NULL;
      g_autoptr (ProtobufCMessage) message = NULL;
      g_autoptr (ProtobufCMessage) again = NULL;
      g_autoptr (GError) error = NULL;

      message = grpc_aio_protobuf_unpack (descriptor, input, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (message->n_unknown_fields, ==, 0);
      first = pack (message);
      again = grpc_aio_protobuf_unpack (descriptor, first, &error);
      g_assert_no_error (error);
      second = pack (again);
      g_assert_true (g_bytes_equal (first, second));
      if (!g_str_equal (type, "test.two.Groups"))
        compare_with_protobuf_c (descriptor, first);
    }
}

static GBytes *
mutate (GRand *rand,
        GBytes *bytes)
{
  GByteArray *array = g_byte_array_new ();
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (size > 0)
    g_byte_array_append (array, data, (guint) size);
  for (gint n = g_rand_int_range (rand, 1, 6); n > 0 && array->len > 0; n--)
    {
      const guint at = (guint) g_rand_int_range (rand, 0, (gint) array->len);
      const guint8 byte = (guint8) g_rand_int_range (rand, 0, 256);

      switch (g_rand_int_range (rand, 0, 5))
        {
        case 0:
          array->data[at] ^= (guint8) (1 << g_rand_int_range (rand, 0, 8));
          break;

        case 1:
          array->data[at] = byte;
          break;

        case 2:
          g_byte_array_remove_index (array, at);
          break;

        case 3:
          g_byte_array_set_size (array, at);
          break;

        default:
          array->data[at] = 0xff;
        }
    }

  return g_byte_array_free_to_bytes (array);
}

static void
test_mutations (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GRand) rand = new_rand ();
  guint n_good = 0;

  g_test_summary ("Messages with broken bytes are refused, or are others");

  for (guint i = 0; i < N_MUTATIONS; i++)
    {
      const ProtobufCMessageDescriptor *descriptor = find (fixture, random_types[i % G_N_ELEMENTS (random_types)]);
      g_autoptr (GBytes) whole = random_message (rand, descriptor);
      g_autoptr (GBytes) broken = mutate (rand, whole);
      g_autoptr (GBytes) packed = NULL;
      g_autoptr (ProtobufCMessage) message = NULL;
      g_autoptr (ProtobufCMessage) again = NULL;
      g_autoptr (GError) error = NULL;

      message = grpc_aio_protobuf_unpack (descriptor, broken, &error);
      if (message == NULL)
        {
          g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL);
          continue;
        }

      g_assert_no_error (error);
      packed = pack (message);
      again = grpc_aio_protobuf_unpack (descriptor, packed, &error);
      g_assert_no_error (error);
      n_good++;
    }

  g_assert_cmpuint (n_good, >, 0);
  g_assert_cmpuint (n_good, <, N_MUTATIONS);
}

/* Memory that runs out after some pieces. */
typedef struct
{
  guint n_left;
  guint n_used;
} Budget;

static void *
budget_allocate (void *data,
                 size_t size)
{
  Budget *budget = data;

  if (budget->n_left == 0)
    return NULL;

  budget->n_left--;
  budget->n_used++;

  return g_malloc (size);
}

static void
budget_free (void *data,
             void *memory)
{
  Budget *budget = data;

  g_assert_cmpuint (budget->n_used, >, 0);
  budget->n_used--;
  g_free (memory);
}

static void
check_budgets (const ProtobufCMessageDescriptor *descriptor,
               GBytes *bytes)
{
  for (guint n = 0; n < G_MAXUINT; n++)
    {
      Budget budget = { .n_left = n };
      ProtobufCAllocator allocator = { budget_allocate, budget_free, &budget };
      ProtobufCMessage *message;
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) packed = NULL;

      message = grpc_aio_protobuf_unpack_data (descriptor, &allocator, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &error);
      if (message != NULL)
        {
          g_assert_no_error (error);
          packed = pack (message);
          g_assert_true (g_bytes_equal (packed, bytes));
          protobuf_c_message_free_unpacked (message, &allocator);
          g_assert_cmpuint (budget.n_used, ==, 0);
          break;
        }

      g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL);
      g_assert_nonnull (strstr (error->message, "no memory"));
      g_assert_cmpuint (budget.n_used, ==, 0);
    }
}

static void
test_allocator (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GRand) rand = new_rand ();

  g_test_summary ("Another allocator may give no memory, and gets all of it back");

  for (guint i = 0; i < G_N_ELEMENTS (random_types); i++)
    {
      const ProtobufCMessageDescriptor *descriptor = find (fixture, random_types[i]);
      g_autoptr (GBytes) input = random_message (rand, descriptor);
      g_autoptr (ProtobufCMessage) message = NULL;
      g_autoptr (GBytes) bytes = NULL;

      message = grpc_aio_protobuf_unpack (descriptor, input, NULL);
      bytes = pack (message);
      check_budgets (descriptor, bytes);
    }
}

static void
test_large (Fixture *fixture,
            gconstpointer data)
{
  const ProtobufCMessageDescriptor *descriptor = find (fixture, "test.three.Repeated");

  g_test_summary ("Messages of each size are put together right");

  for (guint n = 1; n < 400000; n = n * 3 / 2 + 1)
    {
      GByteArray *array = g_byte_array_new ();
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GBytes) packed = NULL;
      g_autoptr (ProtobufCMessage) message = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree guint8 *block = g_malloc0 (n);

      /* Small ones and a large one, which is not copied. */
      for (guint i = 0; i < n / 10; i++)
        g_byte_array_append (array, (const guint8 *) "\x7a\x03"
                                                     "abc",
                             5);
      g_byte_array_append (array, (const guint8 *) "\x82\x01", 2);
      append_varint (array, n);
      g_byte_array_append (array, block, n);
      for (guint i = 0; i < n / 10; i++)
        g_byte_array_append (array, (const guint8 *) "\x8a\x01\x03\x7a\x01x", 6);
      bytes = g_byte_array_free_to_bytes (array);

      message = grpc_aio_protobuf_unpack (descriptor, bytes, &error);
      g_assert_no_error (error);
      packed = pack (message);
      g_assert_true (g_bytes_equal (packed, bytes));
    }
}

static void
test_required (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioMessage) message = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *data_out = NULL;
  const ProtobufCMessage *self;

  g_test_summary ("A message without a required field is not packed, unless it has to be");

  message = grpc_aio_message_pool_new_message (fixture->pool, "test.two.Required", &error);
  g_assert_no_error (error);
  self = grpc_aio_message_get_struct (message);
  bytes = grpc_aio_protobuf_pack (self, &error);
  g_assert_null (bytes);
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL);
  g_assert_cmpstr (error->message, ==, "The message “test.two.Required” cannot be packed: its field “number” is required, but missing");

  data_out = g_malloc (grpc_aio_protobuf_get_packed_size (self));
  g_assert_cmpuint (grpc_aio_protobuf_pack_data (self, data_out), ==, 6);
  g_assert_cmpmem (data_out, 6, "\x08\0\x12\0\x1a\0", 6);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, test) g_test_add (path, Fixture, NULL, fixture_set_up, test, fixture_tear_down)
  ADD ("/protobuf/good", test_good);
  ADD ("/protobuf/bad", test_bad);
  ADD ("/protobuf/depth", test_depth);
  ADD ("/protobuf/random", test_random);
  ADD ("/protobuf/mutations", test_mutations);
  ADD ("/protobuf/allocator", test_allocator);
  ADD ("/protobuf/large", test_large);
  ADD ("/protobuf/required", test_required);
#undef ADD

  return g_test_run ();
}
