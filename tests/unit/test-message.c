/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <math.h>
#include <string.h>

#include <gobject/gvaluecollector.h>
#include <grpc-aio-glib/grpc-aio-protobuf.h>

#include "test-utils.h"

typedef struct
{
  GrpcAioMessagePool *pool;
  GString *log; /* Of what has notified. */
} Fixture;

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->log = g_string_new (NULL);
  fixture->pool = grpc_aio_message_pool_new ();
  grpc_aio_message_pool_add_file (fixture->pool, g_test_get_filename (G_TEST_BUILT, "..", "protos", "test.binpb", NULL), &error);
  g_assert_no_error (error);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_string_free (fixture->log, TRUE);
  g_object_unref (fixture->pool);
}

static GrpcAioMessage *
new_message (Fixture *fixture,
             const char *name)
{
  g_autoptr (GError) error = NULL;
  GrpcAioMessage *message = grpc_aio_message_pool_new_message (fixture->pool, name, &error);

  g_assert_no_error (error);

  return message;
}

static void
on_notify (GObject *object,
           GParamSpec *pspec,
           gpointer data)
{
  g_string_append_printf (data, "%s ", pspec->name);
}

static GrpcAioMessage *
new_watched (Fixture *fixture,
             const char *name)
{
  GrpcAioMessage *message = new_message (fixture, name);

  g_signal_connect (message, "notify", G_CALLBACK (on_notify), fixture->log);

  return message;
}

static int
compare_words (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static char *
sort_words (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);

  qsort (words, g_strv_length (words), sizeof *words, compare_words);

  return g_strjoinv (" ", words);
}

/* GObject promises no order to those that notify together. */
#define assert_log(fixture, text)                                   \
  G_STMT_START                                                      \
  {                                                                 \
    g_autofree char *sorted_log = sort_words ((fixture)->log->str); \
    g_autofree char *sorted_text = sort_words (text);               \
    g_assert_cmpstr (sorted_log, ==, sorted_text);                  \
    g_string_truncate ((fixture)->log, 0);                          \
  }                                                                 \
  G_STMT_END

static GBytes *
to_bytes (GrpcAioMessage *message)
{
  g_autoptr (GError) error = NULL;
  GBytes *bytes = grpc_aio_message_to_bytes (message, &error);

  g_assert_no_error (error);

  return bytes;
}

/* Packs it, unpacks that, and sees that nothing is lost. */
static GrpcAioMessage *
check_round_trip (GrpcAioMessage *message)
{
  g_autoptr (GBytes) bytes = to_bytes (message);
  g_autoptr (GBytes) again = NULL;
  g_autoptr (GError) error = NULL;
  GrpcAioMessage *copy = grpc_aio_message_create_from_bytes (G_OBJECT_TYPE (message), bytes, &error);

  g_assert_no_error (error);
  again = to_bytes (copy);
  g_assert_true (g_bytes_equal (bytes, again));
  g_assert_true (grpc_aio_message_equal (message, copy));
  g_assert_true (grpc_aio_message_equal (copy, message));

  return copy;
}

static void
assert_packed (GrpcAioMessage *message,
               gconstpointer data,
               gsize size)
{
  g_autoptr (GBytes) bytes = to_bytes (message);

  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), data, size);
}

/* A value for each property of Scalars and Optionals. */
static void
set_numbers (GrpcAioMessage *message)
{
  g_object_set (message,
                "f-int32",
                G_MININT,
                "f-sint32",
                -2,
                "f-sfixed32",
                G_MAXINT,
                "f-int64",
                G_MININT64,
                "f-sint64",
                (gint64) -3,
                "f-sfixed64",
                G_MAXINT64,
                "f-uint32",
                G_MAXUINT,
                "f-fixed32",
                4u,
                "f-uint64",
                G_MAXUINT64,
                "f-fixed64",
                (guint64) 5,
                "f-float",
                1.5,
                "f-double",
                -2.25,
                "f-bool",
                TRUE,
                "f-enum",
                -2,
                "f-string",
                "Grüße",
                NULL);
}

static void
check_numbers (GrpcAioMessage *message)
{
  gint f_int32, f_sint32, f_sfixed32, f_enum;
  gint64 f_int64, f_sint64, f_sfixed64;
  guint f_uint32, f_fixed32;
  guint64 f_uint64, f_fixed64;
  float f_float;
  double f_double;
  gboolean f_bool;
  g_autofree char *f_string = NULL;

  g_object_get (message,
                "f-int32",
                &f_int32,
                "f-sint32",
                &f_sint32,
                "f-sfixed32",
                &f_sfixed32,
                "f-int64",
                &f_int64,
                "f-sint64",
                &f_sint64,
                "f-sfixed64",
                &f_sfixed64,
                "f-uint32",
                &f_uint32,
                "f-fixed32",
                &f_fixed32,
                "f-uint64",
                &f_uint64,
                "f-fixed64",
                &f_fixed64,
                "f-float",
                &f_float,
                "f-double",
                &f_double,
                "f-bool",
                &f_bool,
                "f-enum",
                &f_enum,
                "f-string",
                &f_string,
                NULL);
  g_assert_cmpint (f_int32, ==, G_MININT);
  g_assert_cmpint (f_sint32, ==, -2);
  g_assert_cmpint (f_sfixed32, ==, G_MAXINT);
  g_assert_cmpint (f_int64, ==, G_MININT64);
  g_assert_cmpint (f_sint64, ==, -3);
  g_assert_cmpint (f_sfixed64, ==, G_MAXINT64);
  g_assert_cmpuint (f_uint32, ==, G_MAXUINT);
  g_assert_cmpuint (f_fixed32, ==, 4);
  g_assert_cmpuint (f_uint64, ==, G_MAXUINT64);
  g_assert_cmpuint (f_fixed64, ==, 5);
  g_assert_cmpfloat (f_float, ==, 1.5);
  g_assert_cmpfloat (f_double, ==, -2.25);
  g_assert_true (f_bool);
  g_assert_cmpint (f_enum, ==, -2);
  g_assert_cmpstr (f_string, ==, "Grüße");
}

static void
check_bytes_property (GrpcAioMessage *message,
                      const char *text)
{
  g_autoptr (GBytes) bytes = bytes_from (text);
  g_autoptr (GBytes) got = NULL;

  g_object_set (message, "f-bytes", bytes, NULL);
  g_object_get (message, "f-bytes", &got, NULL);
  assert_bytes (got, text);
}

static void
test_scalars (Fixture *fixture,
              gconstpointer data)
{
  static const char *const types[] = { "test.three.Scalars", "test.three.Optionals" };

  g_test_summary ("Numbers, text and bytes are properties that are packed and unpacked");

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (GrpcAioMessage) message = new_message (fixture, types[i]);
      g_autoptr (GrpcAioMessage) copy = NULL;
      g_autoptr (GrpcAioMessage) dup = NULL;

      g_assert_cmpstr (grpc_aio_message_get_full_name (message), ==, types[i]);
      assert_packed (message, "", 0);
      set_numbers (message);
      check_bytes_property (message, "some bytes");
      check_numbers (message);
      copy = check_round_trip (message);
      check_numbers (copy);
      dup = grpc_aio_message_dup (message);
      check_numbers (dup);
      g_assert_true (grpc_aio_message_equal (dup, copy));

      g_object_set (dup, "f-int32", 1, NULL);
      g_assert_false (grpc_aio_message_equal (dup, copy));
      grpc_aio_message_clear (dup);
      assert_packed (dup, "", 0);
    }
}

static void
test_presence (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioMessage) scalars = new_watched (fixture, "test.three.Scalars");
  g_autoptr (GrpcAioMessage) optionals = new_watched (fixture, "test.three.Optionals");
  g_autofree char *text = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  int number;

  g_test_summary ("A default counts as a value in an optional field only");

  /* Without presence. */
  g_object_get (scalars, "f-string", &text, "f-bytes", &bytes, NULL);
  g_assert_cmpstr (text, ==, "");
  assert_bytes (bytes, "");
  g_object_set (scalars, "f-int32", 0, "f-string", "", "f-bytes", empty, NULL);
  assert_log (fixture, "");
  g_assert_false (grpc_aio_message_has_field (scalars, "f_int32"));
  g_object_set (scalars, "f-int32", 1, NULL);
  g_object_set (scalars, "f-int32", 1, NULL);
  assert_log (fixture, "f-int32 ");
  g_assert_true (grpc_aio_message_has_field (scalars, "f_int32"));
  g_object_set (scalars, "f-int32", 0, NULL);
  assert_log (fixture, "f-int32 ");
  g_assert_false (grpc_aio_message_has_field (scalars, "f_int32"));
  g_object_set (scalars, "f-string", "x", NULL);
  g_object_set (scalars, "f-string", NULL, NULL);
  assert_log (fixture, "f-string f-string ");
  assert_packed (scalars, "", 0);
  g_object_set (scalars, "f-double", -0.0, "f-float", -0.0, NULL);
  g_assert_true (grpc_aio_message_has_field (scalars, "f_double"));
  g_assert_true (grpc_aio_message_has_field (scalars, "f_float"));
  g_string_truncate (fixture->log, 0);

  /* With it. */
  g_clear_pointer (&text, g_free);
  g_clear_pointer (&bytes, g_bytes_unref);
  g_object_get (optionals, "f-string", &text, "f-bytes", &bytes, "f-int32", &number, NULL);
  g_assert_null (text);
  g_assert_null (bytes);
  g_assert_cmpint (number, ==, 0);
  g_object_set (optionals, "f-int32", 0, "f-string", "", "f-bytes", empty, NULL);
  assert_log (fixture, "f-int32 f-string f-bytes ");
  g_object_set (optionals, "f-int32", 0, "f-string", "", "f-bytes", empty, NULL);
  assert_log (fixture, "");
  assert_packed (optionals, "\x08\x00\x7a\x00\x82\x01\x00", 7);
  g_object_set (optionals, "f-string", NULL, "f-bytes", NULL, NULL);
  grpc_aio_message_clear_field (optionals, "f_int32");
  grpc_aio_message_clear_field (optionals, "f_int32");
  assert_log (fixture, "f-string f-bytes f-int32 ");
  assert_packed (optionals, "", 0);
}

static void
test_reals (Fixture *fixture,
            gconstpointer data)
{
  const double values[] = { INFINITY, -INFINITY, NAN, 1e300 };
  g_autoptr (GrpcAioMessage) message = new_message (fixture, "test.three.Scalars");

  g_test_summary ("Infinity and NaN are numbers, too");

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (GrpcAioMessage) copy = NULL;
      double real;
      float narrow;

      g_object_set (message, "f-double", values[i], "f-float", i < 3 ? values[i] : 0.5, NULL);
      copy = check_round_trip (message);
      g_object_get (copy, "f-double", &real, "f-float", &narrow, NULL);
      g_assert_true (real == values[i] || (isnan (real) && isnan (values[i])));
      g_assert_true (i == 3 || narrow == (float) values[i] || (isnan (narrow) && isnan (values[i])));
    }
}

static const struct
{
  const char *property;
  const char *value;
} variants[] = {
  { "f-int32", "[1, -2, 3]" },
  { "f-sint32", "[-1, -2147483648]" },
  { "f-sfixed32", "[5]" },
  { "f-int64", "[int64 1, -9223372036854775808]" },
  { "f-sint64", "[int64 -1]" },
  { "f-sfixed64", "[int64 7]" },
  { "f-uint32", "[uint32 4294967295]" },
  { "f-fixed32", "[uint32 8]" },
  { "f-uint64", "[uint64 18446744073709551615, 0]" },
  { "f-fixed64", "[uint64 9]" },
  { "f-float", "[1.5, 0.0, -2.25]" },
  { "f-double", "[1e300, 0.1]" },
  { "f-bool", "[true, false, true]" },
  { "f-enum", "[0, 1, -2, 77]" },
  { "f-bytes", "[b'one', b'']" },
  { "f-unpacked", "[1, 0]" },
};

static void
test_repeated (Fixture *fixture,
               gconstpointer data)
{
  static const char *const words[] = { "one", "", "drei €", NULL };
  g_autoptr (GrpcAioMessage) message = new_watched (fixture, "test.three.Repeated");
  g_autoptr (GrpcAioMessage) copy = NULL;
  g_auto (GStrv) strv = NULL;

  g_test_summary ("Repeated fields are variants and arrays of strings");

  for (guint i = 0; i < G_N_ELEMENTS (variants); i++)
    {
      g_autoptr (GVariant) empty = NULL;
      g_autofree char *log = g_strdup_printf ("%s ", variants[i].property);

      g_object_get (message, variants[i].property, &empty, NULL);
      g_assert_cmpuint (g_variant_n_children (empty), ==, 0);
      g_object_set (message, variants[i].property, g_variant_new_parsed (variants[i].value), NULL);
      assert_log (fixture, log);
      g_object_set (message, variants[i].property, g_variant_new_parsed (variants[i].value), NULL);
      assert_log (fixture, "");
    }
  g_object_set (message, "f-string", words, NULL);
  g_object_set (message, "f-string", words, NULL);
  assert_log (fixture, "f-string ");

  copy = check_round_trip (message);
  for (guint i = 0; i < G_N_ELEMENTS (variants); i++)
    {
      g_autoptr (GVariant) value = NULL;
      g_autoptr (GVariant) wanted = g_variant_ref_sink (g_variant_new_parsed (variants[i].value));

      g_object_get (copy, variants[i].property, &value, NULL);
      g_assert_cmpvariant (value, wanted);
      g_object_set (copy, variants[i].property, NULL, NULL);
    }
  g_object_get (copy, "f-string", &strv, NULL);
  g_assert_true (g_strv_equal ((const char *const *) strv, words));
  g_object_set (copy, "f-string", NULL, NULL);
  assert_packed (copy, "", 0);
}

static const struct
{
  const char *property;
  const char *value;
} maps[] = {
  { "strings", "{'a': 'b', 'c': '', '': 'd'}" },
  { "doubles", "{1: 0.5, -1: 0.0, 0: 2.0}" },
  { "blobs", "{int64 -5: b'x', 0: b''}" },
  { "colors", "{true: 1, false: -2}" },
  { "floats", "{uint32 7: 1.5}" },
  { "flags", "{uint64 8: true, 9: false}" },
  { "longs", "{-9: int64 10}" },
};

static void
test_maps (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GrpcAioMessage) message = new_watched (fixture, "test.three.Maps");
  g_autoptr (GrpcAioMessage) copy = NULL;
  g_autoptr (GListStore) list = NULL;
  g_autoptr (GrpcAioMessage) scalars = new_message (fixture, "test.three.Scalars");
  g_autoptr (GObject) entry = NULL;

  g_test_summary ("Maps are variants, or lists of entries");

  for (guint i = 0; i < G_N_ELEMENTS (maps); i++)
    {
      g_autofree char *log = g_strdup_printf ("%s ", maps[i].property);

      g_object_set (message, maps[i].property, g_variant_new_parsed (maps[i].value), NULL);
      g_object_set (message, maps[i].property, g_variant_new_parsed (maps[i].value), NULL);
      assert_log (fixture, log);
    }
  g_object_set (scalars, "f-int32", 3, NULL);
  g_object_get (message, "messages", &list, NULL);
  entry = g_object_new (g_list_model_get_item_type (G_LIST_MODEL (list)), "key", "k", "value", scalars, NULL);
  g_list_store_append (list, entry);
  g_assert_true (grpc_aio_message_has_field (message, "messages"));

  copy = check_round_trip (message);
  for (guint i = 0; i < G_N_ELEMENTS (maps); i++)
    {
      g_autoptr (GVariant) value = NULL;
      g_autoptr (GVariant) wanted = g_variant_ref_sink (g_variant_new_parsed (maps[i].value));

      g_object_get (copy, maps[i].property, &value, NULL);
      g_assert_cmpvariant (value, wanted);
    }
}

static void
test_map_order (Fixture *fixture,
                gconstpointer data)
{
  /* A key twice, another order, a value left out. */
  static const char first[] = "\x0a\x06\x0a\x01"
                              "a\x12\x01x\x0a\x06\x0a\x01"
                              "b\x12\x01y\x0a\x06\x0a\x01"
                              "a\x12\x01z\x12\x02\x08\x01";
  static const char second[] = "\x0a\x06\x0a\x01"
                               "b\x12\x01y\x0a\x06\x0a\x01"
                               "a\x12\x01z\x12\x0b\x08\x01\x11\0\0\0\0\0\0\0\0";
  const GType type = grpc_aio_message_pool_get_message_type (fixture->pool, "test.three.Maps");
  g_autoptr (GBytes) first_bytes = g_bytes_new_static (first, sizeof first - 1);
  g_autoptr (GBytes) second_bytes = g_bytes_new_static (second, sizeof second - 1);
  g_autoptr (GrpcAioMessage) one = grpc_aio_message_create_from_bytes (type, first_bytes, NULL);
  g_autoptr (GrpcAioMessage) two = grpc_aio_message_create_from_bytes (type, second_bytes, NULL);
  g_autoptr (GVariant) strings = NULL;
  g_autofree char *text = NULL;

  g_test_summary ("Maps are equal whatever their order; the last value of a key counts");

  g_object_get (one, "strings", &strings, NULL);
  text = g_variant_print (strings, FALSE);
  g_assert_cmpstr (text, ==, "{'b': 'y', 'a': 'z'}");
  g_assert_true (grpc_aio_message_equal (one, two));
  g_object_set (two, "strings", g_variant_new_parsed ("{'a': 'z', 'b': 'x'}"), NULL);
  g_assert_false (grpc_aio_message_equal (one, two));
}

static void
test_oneof (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioMessage) choice = new_watched (fixture, "test.three.Choice");
  g_autoptr (GrpcAioMessage) scalars = new_message (fixture, "test.three.Scalars");
  g_autoptr (GrpcAioMessage) copy = NULL;
  g_autoptr (GrpcAioMessage) got = NULL;
  g_autofree char *text = NULL;
  g_autofree char *name = NULL;
  int number;

  g_test_summary ("Of the fields of a oneof one is set, and both that change notify");

  g_assert_null (grpc_aio_message_get_oneof_case (choice, "what"));
  g_object_set (choice, "number", 0, NULL);
  assert_log (fixture, "number what-case ");
  g_assert_cmpstr (grpc_aio_message_get_oneof_case (choice, "what"), ==, "number");
  g_object_set (choice, "number", 5, NULL);
  assert_log (fixture, "number ");
  g_object_set (choice, "text", "x", NULL);
  assert_log (fixture, "text number what-case ");
  g_object_get (choice, "number", &number, "what-case", &name, NULL);
  g_assert_cmpint (number, ==, 0);
  g_assert_cmpstr (name, ==, "text");
  grpc_aio_message_clear_field (choice, "number");
  assert_log (fixture, "");

  /* A message, which others may hold on to. */
  g_object_set (choice, "message", scalars, NULL);
  assert_log (fixture, "message text what-case ");
  g_object_set (scalars, "f-int32", 9, NULL);
  copy = check_round_trip (choice);
  g_object_get (copy, "message", &got, NULL);
  g_assert_true (grpc_aio_message_equal (got, scalars));
  g_object_set (choice, "data", NULL, NULL);
  assert_log (fixture, "");
  g_object_set (choice, "real", 1.0, NULL);
  assert_log (fixture, "real message what-case ");
  g_object_set (copy, "color", 1, NULL);
  g_object_get (got, "f-int32", &number, NULL);
  g_assert_cmpint (number, ==, 9);

  g_object_set (choice, "text", "y", NULL);
  g_object_set (choice, "text", NULL, NULL);
  assert_log (fixture, "text real what-case text what-case ");
  g_object_get (choice, "text", &text, NULL);
  g_assert_null (text);
  g_assert_null (grpc_aio_message_get_oneof_case (choice, "what"));
  g_object_set (choice, "yes", FALSE, NULL);
  assert_packed (choice, "\x40\x00", 2);
}

static void
test_children (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioMessage) tree = new_watched (fixture, "test.three.Tree");
  g_autoptr (GrpcAioMessage) left = new_message (fixture, "test.three.Tree");
  g_autoptr (GrpcAioMessage) other = new_message (fixture, "test.three.Tree");
  g_autoptr (GrpcAioMessage) got = NULL;
  g_autoptr (GrpcAioMessage) copy = NULL;
  g_autofree char *name = NULL;

  g_test_summary ("A message within is an object that both have");

  g_object_get (tree, "left", &got, NULL);
  g_assert_null (got);
  g_object_set (tree, "left", left, NULL);
  g_object_set (tree, "left", left, NULL);
  assert_log (fixture, "left ");
  g_object_get (tree, "left", &got, NULL);
  g_assert_true (got == left);
  assert_packed (tree, "\x12\x00", 2);
  g_object_set (left, "name", "x", NULL);
  assert_packed (tree, "\x12\x03\x0a\x01x", 5);
  g_object_set (other, "left", left, NULL);
  g_object_set (left, "name", "yy", NULL);
  assert_packed (other, "\x12\x04\x0a\x02yy", 6);
  assert_packed (tree, "\x12\x04\x0a\x02yy", 6);

  /* Clearing the child is not clearing the field. */
  grpc_aio_message_clear (left);
  assert_packed (tree, "\x12\x00", 2);
  g_object_set (left, "name", "z", NULL);
  grpc_aio_message_clear_field (tree, "left");
  assert_log (fixture, "left ");
  g_assert_false (grpc_aio_message_has_field (tree, "left"));
  g_object_get (left, "name", &name, NULL);
  g_assert_cmpstr (name, ==, "z");

  /* A child outlives what it was in. */
  copy = check_round_trip (other);
  g_clear_object (&got);
  g_object_get (copy, "left", &got, NULL);
  g_clear_object (&copy);
  g_assert_true (grpc_aio_message_equal (got, left));
}

static GListStore *
get_list (GrpcAioMessage *message,
          const char *name)
{
  GListStore *list;

  g_object_get (message, name, &list, NULL);
  g_assert_true (G_IS_LIST_STORE (list));
  g_object_unref (list);

  return list;
}

static void
append_tree (Fixture *fixture,
             GListStore *list,
             const char *name)
{
  g_autoptr (GrpcAioMessage) tree = new_message (fixture, "test.three.Tree");

  g_object_set (tree, "name", name, NULL);
  g_list_store_append (list, tree);
}

static char *
dup_names (GListStore *list)
{
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (list)); i++)
    {
      g_autoptr (GrpcAioMessage) tree = g_list_model_get_item (G_LIST_MODEL (list), i);
      g_autofree char *name = NULL;

      g_object_get (tree, "name", &name, NULL);
      g_string_append_printf (names, "%s ", name);
    }

  return g_string_free (names, FALSE);
}

#define assert_names(list, text)                       \
  G_STMT_START                                         \
  {                                                    \
    g_autofree char *names_of_list = dup_names (list); \
    g_assert_cmpstr (names_of_list, ==, text);         \
  }                                                    \
  G_STMT_END

static void
test_lists (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioMessage) tree = new_watched (fixture, "test.three.Tree");
  g_autoptr (GrpcAioMessage) copy = NULL;
  g_autoptr (GrpcAioMessage) other = new_message (fixture, "test.three.Tree");
  g_autoptr (GListStore) list = g_object_ref (get_list (tree, "children"));

  g_test_summary ("A repeated message is a list that may be changed");

  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (list)), ==, 0);
  for (guint i = 0; i < 9; i++)
    {
      const char name[] = { (char) ('a' + i), '\0' };

      append_tree (fixture, list, name);
      g_object_unref (check_round_trip (tree));
    }
  g_list_store_remove (list, 3);
  copy = check_round_trip (tree);
  assert_names (get_list (copy, "children"), "a b c e f g h i ");

  /* The list stays when all of the message is replaced. */
  grpc_aio_message_clear (tree);
  assert_log (fixture, "children ");
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (list)), ==, 0);
  g_assert_true (get_list (tree, "children") == list);
  g_assert_false (grpc_aio_message_has_field (tree, "children"));

  /* Items of another list. */
  g_object_set (tree, "children", get_list (copy, "children"), NULL);
  assert_log (fixture, "children ");
  assert_names (list, "a b c e f g h i ");
  g_assert_true (grpc_aio_message_equal (tree, copy));
  grpc_aio_message_clear_field (tree, "children");
  grpc_aio_message_clear_field (tree, "children");
  assert_log (fixture, "children ");
  assert_names (get_list (copy, "children"), "a b c e f g h i ");
  g_object_set (tree, "children", NULL, NULL);
  assert_log (fixture, "");

  /* Merging adds to the list and to what it is made of alike. */
  append_tree (fixture, list, "z");
  grpc_aio_message_merge (tree, copy);
  assert_names (list, "z a b c e f g h i ");
  grpc_aio_message_merge (other, copy);
  grpc_aio_message_merge (other, tree);
  assert_names (get_list (other, "children"), "a b c e f g h i z a b c e f g h i ");
  grpc_aio_message_merge (other, other);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (get_list (other, "children"))), ==, 34);
}

static void
test_cycle (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioMessage) outer = new_message (fixture, "test.three.Tree");
  g_autoptr (GrpcAioMessage) inner = new_message (fixture, "test.three.Tree");
  g_autoptr (GListStore) list = g_list_store_new (G_OBJECT_TYPE (outer));

  g_test_summary ("A message cannot be within itself");

  g_object_set (outer, "left", inner, NULL);
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*cannot be within itself");
  g_object_set (inner, "left", outer, NULL);
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*cannot be within itself");
  g_object_set (inner, "left", inner, NULL);
  g_test_assert_expected_messages ();
  g_list_store_append (list, outer);
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*cannot be within itself");
  g_object_set (inner, "children", list, NULL);
  g_test_assert_expected_messages ();

  /* Nobody asks us about a list. */
  g_list_store_append (get_list (inner, "children"), outer);
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*is within itself*");
  assert_packed (outer, "\x12\x00", 2);
  g_test_assert_expected_messages ();
  g_list_store_remove_all (get_list (inner, "children"));
  assert_packed (outer, "\x12\x00", 2);
}

static void
test_merge (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioMessage) tree = new_watched (fixture, "test.three.Tree");
  g_autoptr (GrpcAioMessage) other = new_message (fixture, "test.three.Tree");
  g_autoptr (GrpcAioMessage) left = new_message (fixture, "test.three.Tree");
  g_autoptr (GrpcAioMessage) got = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) broken = g_bytes_new_static ("\x0a\x05x", 3);
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;

  g_test_summary ("Merging adds what another message has");

  g_object_set (other, "name", "other", "left", left, NULL);
  g_object_set (left, "name", "inner", NULL);
  grpc_aio_message_merge (tree, other);
  assert_log (fixture, "name left ");
  g_assert_true (grpc_aio_message_equal (tree, other));
  g_object_get (tree, "left", &got, NULL);
  g_assert_true (got != left);
  append_tree (fixture, get_list (left, "children"), "more");
  grpc_aio_message_clear_field (left, "name");
  grpc_aio_message_clear_field (other, "name");

  /* The same through bytes, into objects that are there. */
  bytes = to_bytes (other);
  g_assert_true (grpc_aio_message_merge_from_bytes (tree, bytes, &error));
  g_assert_no_error (error);
  assert_log (fixture, "left ");
  assert_names (get_list (got, "children"), "more ");
  g_object_get (got, "name", &name, NULL);
  g_assert_cmpstr (name, ==, "inner");
  g_assert_false (grpc_aio_message_merge_from_bytes (tree, broken, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL);
  assert_log (fixture, "");
}

static void
test_names (Fixture *fixture,
            gconstpointer data)
{
  static const char *const fields[] = { "connect", "type", "_leading", "camelCase", "with_1_digit", "pick_case", "notify", "explicit_name", NULL };
  static const char *const properties[] = { "connect-field", "type", "leading", "camelCase", "with-1-digit", "pick-case", "notify-field", "explicit-name", "pick-case-oneof" };
  g_autoptr (GrpcAioMessage) message = new_message (fixture, "test.three.Names");
  g_auto (GStrv) names = grpc_aio_message_dup_field_names (message);
  guint n;
  g_autofree GParamSpec **pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (message), &n);

  g_test_summary ("Properties have the names of fields, or others where these are taken");

  g_assert_true (g_strv_equal ((const char *const *) names, fields));
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (properties));
  for (guint i = 0; i < n; i++)
    g_assert_nonnull (g_object_class_find_property (G_OBJECT_GET_CLASS (message), properties[i]));
}

static void
test_defaults (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioMessage) message = new_message (fixture, "test.two.Defaults");
  int f_int32, f_enum, f_first, number, level;
  guint f_uint32;
  gint64 f_int64;
  guint64 f_uint64;
  float f_float, f_negative;
  double f_double, f_infinite, f_nan;
  gboolean f_bool;
  g_autofree char *f_string = NULL;
  g_autofree char *f_none = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GBytes) f_bytes = NULL;
  g_autoptr (GBytes) f_no_bytes = NULL;
  g_autoptr (GrpcAioMessage) copy = NULL;

  g_test_summary ("Fields of proto2 have their defaults, and know whether they were set");

  for (guint i = 0; i < 2; i++)
    {
      g_object_get (message, "f-int32", &f_int32, "f-uint32", &f_uint32, "f-int64", &f_int64, "f-uint64", &f_uint64, "f-float", &f_float, "f-double", &f_double, "f-infinite", &f_infinite, "f-negative", &f_negative, "f-nan", &f_nan, "f-bool", &f_bool, "f-enum", &f_enum, "f-first", &f_first, "number", &number, "level", &level, NULL);
      g_assert_cmpint (f_int32, ==, -41);
      g_assert_cmpuint (f_uint32, ==, 42);
      g_assert_cmpint (f_int64, ==, G_MININT64);
      g_assert_cmpuint (f_uint64, ==, G_MAXUINT64);
      g_assert_cmpfloat (f_float, ==, 1.5);
      g_assert_cmpfloat (f_double, ==, -1e300);
      g_assert_true (isinf (f_infinite) && f_infinite > 0);
      g_assert_true (isinf (f_negative) && f_negative < 0);
      g_assert_true (isnan (f_nan));
      g_assert_true (f_bool);
      g_assert_cmpint (f_enum, ==, 8);
      g_assert_cmpint (f_first, ==, 5);
      g_assert_cmpint (number, ==, 7);
      g_assert_cmpint (level, ==, 5);
      assert_packed (message, "", 0);

      /* Once more, after everything was set and cleared. */
      g_object_set (message, "f-int32", 1, "f-string", "x", "f-bytes", NULL, "number", 3, NULL);
      grpc_aio_message_clear_field (message, "f_int32");
      grpc_aio_message_clear_field (message, "f_string");
      grpc_aio_message_clear_field (message, "number");
    }

  g_object_get (message, "f-string", &f_string, "f-none", &f_none, "text", &text, "f-bytes", &f_bytes, "f-no-bytes", &f_no_bytes, NULL);
  g_assert_cmpstr (f_string, ==, "a \"default\"\n");
  g_assert_null (f_none);
  g_assert_cmpstr (text, ==, "seven");
  g_assert_cmpmem (g_bytes_get_data (f_bytes, NULL), g_bytes_get_size (f_bytes), "\0\1\xff\\\n'", 6);
  g_assert_null (f_no_bytes);

  g_object_set (message, "f-int32", -41, "f-string", f_string, "f-bytes", f_bytes, NULL);
  g_assert_true (grpc_aio_message_has_field (message, "f_int32"));
  g_assert_true (grpc_aio_message_has_field (message, "f_string"));
  g_assert_true (grpc_aio_message_has_field (message, "f_bytes"));
  copy = check_round_trip (message);
  g_assert_true (grpc_aio_message_has_field (copy, "f_string"));
  grpc_aio_message_clear (copy);
  g_assert_false (grpc_aio_message_equal (copy, message));
}

static void
test_text_of_proto2 (Fixture *fixture,
                     gconstpointer data)
{
  const GType type = grpc_aio_message_pool_get_message_type (fixture->pool, "test.two.Defaults");
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\x5a\x03"
                                                 "a\xff"
                                                 "b",
                                                 5);
  g_autoptr (GrpcAioMessage) message = grpc_aio_message_create_from_bytes (type, bytes, NULL);
  g_autofree char *text = NULL;

  g_test_summary ("Text of proto2 that is not UTF-8 is kept, but not shown");

  g_object_get (message, "f-string", &text, NULL);
  g_assert_cmpstr (text, ==, "a\xef\xbf\xbd"
                             "b");
  assert_packed (message, "\x5a\x03"
                          "a\xff"
                          "b",
                 5);

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "The field “f_string” of “test.two.Defaults” takes text in UTF-8");
  g_object_set (message, "f-string", "\xff", NULL);
  g_test_assert_expected_messages ();
}

static void
test_required (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioMessage) message = new_message (fixture, "test.two.Required");
  g_autoptr (GrpcAioMessage) child = new_message (fixture, "test.two.Required");
  g_autoptr (GrpcAioMessage) item = new_message (fixture, "test.two.Required");
  g_autoptr (GrpcAioMessage) scalars = new_message (fixture, "test.three.Scalars");
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) data_bytes = bytes_from ("");
  g_auto (GStrv) missing = NULL;
  g_autofree char *joined = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("What is required, and missing, is told by its path");

  g_assert_true (grpc_aio_message_is_initialized (scalars));
  g_object_set (message, "number", 0, "text", "", "child", child, NULL);
  g_object_set (child, "text", "x", "data", data_bytes, NULL);
  g_list_store_append (get_list (child, "children"), item);
  g_object_set (item, "number", 1, "text", "y", NULL);
  g_assert_false (grpc_aio_message_is_initialized (message));
  missing = grpc_aio_message_dup_missing_fields (message);
  joined = g_strjoinv (" ", missing);
  g_assert_cmpstr (joined, ==, "data child.number child.children[0].data");
  g_assert_null (grpc_aio_message_to_bytes (message, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL);

  g_object_set (message, "data", data_bytes, NULL);
  g_object_set (child, "number", 0, NULL);
  g_object_set (item, "data", data_bytes, NULL);
  g_assert_true (grpc_aio_message_is_initialized (message));
  g_object_unref (check_round_trip (message));
}

static void
test_groups (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioMessage) message = new_message (fixture, "test.two.Groups");
  g_autoptr (GrpcAioMessage) single = new_message (fixture, "test.two.Groups.Single");
  g_autoptr (GrpcAioMessage) several = new_message (fixture, "test.two.Groups.Several");

  g_test_summary ("Groups are messages");

  g_object_set (single, "number", 1, NULL);
  g_object_set (several, "name", "x", NULL);
  g_object_set (message, "single", single, NULL);
  g_list_store_append (get_list (message, "several"), several);
  assert_packed (message, "\x0b\x10\x01\x0c\x2b\x32\x01x\x2c", 9);
  g_object_unref (check_round_trip (message));
}

static void
test_unknown (Fixture *fixture,
              gconstpointer data)
{
  const GType type = grpc_aio_message_pool_get_message_type (fixture->pool, "test.three.Tree");
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\x12\x06\x0a\x01x\xf8\x01\x05\xa0\x01\x07", 11);
  g_autoptr (GBytes) unknown = NULL;
  g_autoptr (GrpcAioMessage) message = NULL;
  g_autoptr (GrpcAioMessage) copy = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Fields that are not in the .proto file are kept, until they are cleared");

  message = grpc_aio_message_create_from_bytes (type, bytes, &error);
  g_assert_no_error (error);
  unknown = grpc_aio_message_dup_unknown_fields (message);
  g_assert_cmpmem (g_bytes_get_data (unknown, NULL), g_bytes_get_size (unknown), "\xa0\x01\x07", 3);
  copy = check_round_trip (message);
  grpc_aio_message_merge (copy, message);
  g_clear_pointer (&unknown, g_bytes_unref);
  unknown = grpc_aio_message_dup_unknown_fields (copy);
  g_assert_cmpmem (g_bytes_get_data (unknown, NULL), g_bytes_get_size (unknown), "\xa0\x01\x07\xa0\x01\x07", 6);
  g_assert_false (grpc_aio_message_equal (copy, message));
  grpc_aio_message_clear_unknown_fields (message);
  g_assert_null (grpc_aio_message_dup_unknown_fields (message));
  assert_packed (message, "\x12\x03\x0a\x01x", 5);
}

static void
set_extension (GrpcAioMessage *message,
               const char *name,
               GType type,
               ...)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree char *collect_error = NULL;
  g_autoptr (GError) error = NULL;
  va_list args;

  va_start (args, type);
  G_VALUE_COLLECT_INIT (&value, type, args, 0, &collect_error);
  va_end (args);
  g_assert_null (collect_error);
  g_assert_true (grpc_aio_message_set_extension (message, name, &value, &error));
  g_assert_no_error (error);
}

static void
get_extension (GrpcAioMessage *message,
               const char *name,
               GType type,
               ...)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree char *collect_error = NULL;
  g_autoptr (GError) error = NULL;
  va_list args;

  g_assert_true (grpc_aio_message_get_extension (message, name, &value, &error));
  g_assert_no_error (error);
  g_assert_true (G_VALUE_HOLDS (&value, type));
  va_start (args, type);
  G_VALUE_LCOPY (&value, args, 0, &collect_error);
  va_end (args);
  g_assert_null (collect_error);
}

static void
test_extensions (Fixture *fixture,
                 gconstpointer data)
{
  static const char *const words[] = { "a", "b", NULL };
  g_autoptr (GrpcAioMessage) message = new_message (fixture, "test.two.Extendable");
  g_autoptr (GrpcAioMessage) content = new_message (fixture, "test.two.Content");
  g_autoptr (GrpcAioMessage) grouped = new_message (fixture, "test.two.Grouped");
  g_autoptr (GrpcAioMessage) copy = NULL;
  g_autoptr (GrpcAioMessage) got = NULL;
  g_autoptr (GListStore) list = g_list_store_new (G_OBJECT_TYPE (content));
  g_autoptr (GListModel) got_list = NULL;
  g_autoptr (GVariant) numbers = NULL;
  g_auto (GStrv) texts = NULL;
  g_autofree char *text = NULL;
  g_autofree char *printed = NULL;
  int number;

  g_test_summary ("Extensions of every kind are set, sent, got and cleared");

  g_assert_false (grpc_aio_message_has_extension (message, "test.two.number"));
  get_extension (message, "test.two.number", G_TYPE_INT, &number);
  g_assert_cmpint (number, ==, 3);
  get_extension (message, "test.two.Content.content", G_OBJECT_TYPE (content), &got);
  g_assert_null (got);

  g_object_set (content, "text", "inside", NULL);
  g_object_set (grouped, "number", 4, NULL);
  g_list_store_append (list, content);
  g_list_store_append (list, content);
  set_extension (message, "test.two.number", G_TYPE_INT, 17);
  set_extension (message, "test.two.text", G_TYPE_STRING, "some");
  set_extension (message, "test.two.numbers", G_TYPE_VARIANT, g_variant_new_parsed ("[1, 2]"));
  set_extension (message, "test.two.texts", G_TYPE_STRV, words);
  set_extension (message, "test.two.contents", G_TYPE_LIST_STORE, list);
  set_extension (message, "test.two.Content.content", G_OBJECT_TYPE (content), content);
  set_extension (message, "test.two.grouped", G_OBJECT_TYPE (grouped), grouped);
  set_extension (message, "test.two.number", G_TYPE_INT, 18);

  copy = check_round_trip (message);
  g_assert_true (grpc_aio_message_has_extension (copy, "test.two.number"));
  get_extension (copy, "test.two.number", G_TYPE_INT, &number);
  g_assert_cmpint (number, ==, 18);
  get_extension (copy, "test.two.text", G_TYPE_STRING, &text);
  g_assert_cmpstr (text, ==, "some");
  get_extension (copy, "test.two.numbers", G_TYPE_VARIANT, &numbers);
  printed = g_variant_print (numbers, FALSE);
  g_assert_cmpstr (printed, ==, "[1, 2]");
  get_extension (copy, "test.two.texts", G_TYPE_STRV, &texts);
  g_assert_true (g_strv_equal ((const char *const *) texts, words));
  get_extension (copy, "test.two.contents", G_TYPE_LIST_MODEL, &got_list);
  g_assert_cmpuint (g_list_model_get_n_items (got_list), ==, 2);
  get_extension (copy, "test.two.Content.content", G_OBJECT_TYPE (content), &got);
  g_assert_true (grpc_aio_message_equal (got, content));

  grpc_aio_message_clear_extension (copy, "test.two.number");
  g_assert_false (grpc_aio_message_has_extension (copy, "test.two.number"));
  grpc_aio_message_clear_extension (copy, "test.two.none");
  g_assert_false (grpc_aio_message_has_extension (copy, "test.two.none"));
  grpc_aio_message_clear (copy);
  assert_packed (copy, "", 0);
}

static void
test_bad_extensions (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GrpcAioMessage) message = new_message (fixture, "test.two.Extendable");
  g_autoptr (GrpcAioMessage) old = new_message (fixture, "test.two.OldSet");
  g_autoptr (GrpcAioMessage) broken = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\xa2\x06\x01\xff\xa8\x06\x05", 7);
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) number = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  g_test_summary ("An extension that is not there, or not what it says, fails");

  g_value_init (&number, G_TYPE_INT);
  g_assert_false (grpc_aio_message_get_extension (message, "test.two.none", &value, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (grpc_aio_message_set_extension (message, "test.two.old", &number, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (grpc_aio_message_set_extension (message, "test.two.texts", &number, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (grpc_aio_message_get_extension (old, "test.two.old", &value, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);

  /* A message that ends too early, and a number in the place of a message. */
  broken = grpc_aio_message_create_from_bytes (G_OBJECT_TYPE (message), bytes, &error);
  g_assert_no_error (error);
  g_assert_false (grpc_aio_message_get_extension (broken, "test.two.Content.content", &value, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL);
  g_assert_false (grpc_aio_message_has_extension (broken, "test.two.Content.content"));
  g_assert_false (grpc_aio_message_has_extension (broken, "test.two.contents"));
}

static void
test_any (Fixture *fixture,
          gconstpointer data)
{
  g_autoptr (GrpcAioMessage) scalars = new_message (fixture, "test.three.Scalars");
  g_autoptr (GrpcAioMessage) required = new_message (fixture, "test.two.Required");
  g_autoptr (GrpcAioMessage) mixed = new_message (fixture, "test.three.Mixed");
  g_autoptr (GrpcAioMessage) any = NULL;
  g_autoptr (GrpcAioMessage) got = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *url = NULL;

  g_test_summary ("Any message goes into an Any and comes out again");

  g_object_set (scalars, "f-int32", 6, NULL);
  any = grpc_aio_message_pack_any (scalars, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (grpc_aio_message_get_full_name (any), ==, "google.protobuf.Any");
  g_object_get (any, "type-url", &url, NULL);
  g_assert_cmpstr (url, ==, "type.googleapis.com/test.three.Scalars");
  g_object_set (mixed, "any", any, NULL);
  got = grpc_aio_message_unpack_any (any, fixture->pool, &error);
  g_assert_no_error (error);
  g_assert_true (grpc_aio_message_equal (got, scalars));

  /* The default pool does not know it. */
  g_assert_null (grpc_aio_message_unpack_any (any, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_object_set (any, "type-url", "test.three.Scalars", NULL);
  g_assert_null (grpc_aio_message_unpack_any (any, fixture->pool, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (grpc_aio_message_unpack_any (scalars, fixture->pool, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (grpc_aio_message_pack_any (required, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL);
}

static void
test_struct (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioMessage) message = new_message (fixture, "test.three.Scalars");
  g_autoptr (GrpcAioMessage) copy = NULL;
  g_autoptr (GError) error = NULL;
  const GType type = grpc_aio_message_pool_get_message_type (fixture->pool, "test.three.Tree");

  g_test_summary ("A message is made of a struct, if it is the right one");

  set_numbers (message);
  copy = grpc_aio_message_create_from_struct (G_OBJECT_TYPE (message), grpc_aio_message_get_struct (message), &error);
  g_assert_no_error (error);
  check_numbers (copy);
  g_assert_null (grpc_aio_message_create_from_struct (type, grpc_aio_message_get_struct (message), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
test_bad_bytes (Fixture *fixture,
                gconstpointer data)
{
  const GType type = grpc_aio_message_pool_get_message_type (fixture->pool, "test.three.Scalars");
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\x7a\x01\xff", 3);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Bytes that are no such message are refused");

  g_assert_null (grpc_aio_message_create_from_bytes (type, bytes, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL);
  g_assert_cmpstr (error->message, ==, "The message “test.three.Scalars” cannot be unpacked: at byte 2, the field “f_string” is not UTF-8");
}

static void
on_title (GObject *object,
          GParamSpec *pspec,
          gpointer data)
{
  (*(guint *) data)++;
}

static void
test_binding (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioMessage) one = new_message (fixture, "test.three.Tree");
  g_autoptr (GrpcAioMessage) two = new_message (fixture, "test.three.Tree");
  g_autofree char *name = NULL;
  guint n = 0;

  g_test_summary ("A property binds to another");

  g_object_bind_property (one, "name", two, "name", G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  g_signal_connect (two, "notify::name", G_CALLBACK (on_title), &n);
  g_object_set (one, "name", "bound", NULL);
  g_object_get (two, "name", &name, NULL);
  g_assert_cmpstr (name, ==, "bound");
  g_assert_cmpuint (n, ==, 1);
  g_object_set (two, "name", "back", NULL);
  g_clear_pointer (&name, g_free);
  g_object_get (one, "name", &name, NULL);
  g_assert_cmpstr (name, ==, "back");
}

static void
test_lazy (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GrpcAioMessage) tree = new_message (fixture, "test.three.Tree");
  g_autoptr (GrpcAioMessage) copy = NULL;
  g_autoptr (GrpcAioMessage) item = NULL;
  g_autoptr (GrpcAioMessage) kept = NULL;
  GrpcAioMessage *root;
  g_autofree char *name = NULL;

  g_test_summary ("Objects within go with the message, unless somebody else has them");

  for (guint i = 0; i < 5; i++)
    append_tree (fixture, get_list (tree, "children"), "leaf");
  copy = check_round_trip (tree);
  item = g_list_model_get_item (G_LIST_MODEL (get_list (copy, "children")), 2);
  append_tree (fixture, get_list (item, "children"), "below");
  kept = g_object_ref (item);
  root = g_steal_pointer (&copy);
  g_assert_finalize_object (root);
  g_object_get (kept, "name", &name, NULL);
  g_assert_cmpstr (name, ==, "leaf");
  assert_names (get_list (kept, "children"), "below ");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, test) g_test_add (path, Fixture, NULL, fixture_set_up, test, fixture_tear_down)
  ADD ("/message/scalars", test_scalars);
  ADD ("/message/presence", test_presence);
  ADD ("/message/reals", test_reals);
  ADD ("/message/repeated", test_repeated);
  ADD ("/message/maps", test_maps);
  ADD ("/message/map-order", test_map_order);
  ADD ("/message/oneof", test_oneof);
  ADD ("/message/children", test_children);
  ADD ("/message/lists", test_lists);
  ADD ("/message/cycle", test_cycle);
  ADD ("/message/merge", test_merge);
  ADD ("/message/names", test_names);
  ADD ("/message/defaults", test_defaults);
  ADD ("/message/text-of-proto2", test_text_of_proto2);
  ADD ("/message/required", test_required);
  ADD ("/message/groups", test_groups);
  ADD ("/message/unknown", test_unknown);
  ADD ("/message/extensions", test_extensions);
  ADD ("/message/bad-extensions", test_bad_extensions);
  ADD ("/message/any", test_any);
  ADD ("/message/struct", test_struct);
  ADD ("/message/bad-bytes", test_bad_bytes);
  ADD ("/message/binding", test_binding);
  ADD ("/message/lazy", test_lazy);
#undef ADD

  return g_test_run ();
}
