/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "test-utils.h"

typedef struct
{
  GrpcAioMetadata *metadata;
} Fixture;

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  fixture->metadata = grpc_aio_metadata_new ();
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  grpc_aio_metadata_unref (fixture->metadata);
}

static void
append (GrpcAioMetadata *metadata,
        const char *key,
        const char *value)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (grpc_aio_metadata_append (metadata, key, value, &error));
  g_assert_no_error (error);
}

static void
append_bytes (GrpcAioMetadata *metadata,
              const char *key,
              gconstpointer data,
              gsize size)
{
  g_autoptr (GBytes) value = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;

  g_assert_true (grpc_aio_metadata_append_bytes (metadata, key, value, &error));
  g_assert_no_error (error);
}

static void
test_empty (Fixture *fixture,
            gconstpointer data)
{
  g_auto (GStrv) all = NULL;

  g_test_summary ("New metadata has no entries");

  g_assert_cmpuint (grpc_aio_metadata_get_size (fixture->metadata), ==, 0);
  g_assert_false (grpc_aio_metadata_contains (fixture->metadata, "a"));
  g_assert_false (grpc_aio_metadata_remove (fixture->metadata, "a"));
  g_assert_null (grpc_aio_metadata_get (fixture->metadata, "a"));
  g_assert_null (grpc_aio_metadata_get_bytes (fixture->metadata, "a"));
  g_assert_null (grpc_aio_metadata_get_bytes (fixture->metadata, "a-bin"));

  all = grpc_aio_metadata_dup_all (fixture->metadata, "a");
  g_assert_nonnull (all);
  g_assert_cmpuint (g_strv_length (all), ==, 0);
}

static void
test_order (Fixture *fixture,
            gconstpointer data)
{
  static const char *const keys[] = { "z", "a", "z", "m-bin", "a" };

  g_test_summary ("Entries keep the order in which they were appended");

  append (fixture->metadata, keys[0], "0");
  append (fixture->metadata, keys[1], "1");
  append (fixture->metadata, keys[2], "2");
  append_bytes (fixture->metadata, keys[3], "3", 1);
  append (fixture->metadata, keys[4], "4");

  g_assert_cmpuint (grpc_aio_metadata_get_size (fixture->metadata), ==, G_N_ELEMENTS (keys));
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autofree char *value = g_strdup_printf ("%u", i);

      g_assert_cmpstr (grpc_aio_metadata_get_nth_key (fixture->metadata, i), ==, keys[i]);
      assert_bytes (grpc_aio_metadata_get_nth_bytes (fixture->metadata, i), value);
      if (i == 3)
        g_assert_null (grpc_aio_metadata_get_nth_value (fixture->metadata, i));
      else
        g_assert_cmpstr (grpc_aio_metadata_get_nth_value (fixture->metadata, i), ==, value);
    }
}

static void
test_multiple (Fixture *fixture,
               gconstpointer data)
{
  static const char *const expected[] = { "first", "", "first", "last", NULL };
  g_auto (GStrv) all = NULL;

  g_test_summary ("A key may have several values, the first of which get() gives");

  append (fixture->metadata, "key", "first");
  append (fixture->metadata, "other", "x");
  append (fixture->metadata, "key", "");
  append (fixture->metadata, "key", "first");
  append (fixture->metadata, "key", "last");

  g_assert_cmpstr (grpc_aio_metadata_get (fixture->metadata, "key"), ==, "first");
  assert_bytes (grpc_aio_metadata_get_bytes (fixture->metadata, "key"), "first");
  all = grpc_aio_metadata_dup_all (fixture->metadata, "key");
  g_assert_cmpstrv (all, expected);
}

static void
test_binary (Fixture *fixture,
             gconstpointer data)
{
  static const guint8 any[] = { 0x00, 0xff, 0x0a, 0x00 };
  GBytes *value;
  g_auto (GStrv) all = NULL;

  g_test_summary ("Keys that end in -bin hold any bytes, and no text");

  append_bytes (fixture->metadata, "any-bin", any, sizeof any);
  append_bytes (fixture->metadata, "empty-bin", NULL, 0);
  append_bytes (fixture->metadata, "-bin", "x", 1);

  value = grpc_aio_metadata_get_bytes (fixture->metadata, "any-bin");
  g_assert_cmpmem (g_bytes_get_data (value, NULL), g_bytes_get_size (value), any, sizeof any);
  g_assert_null (grpc_aio_metadata_get (fixture->metadata, "any-bin"));
  all = grpc_aio_metadata_dup_all (fixture->metadata, "any-bin");
  g_assert_cmpuint (g_strv_length (all), ==, 0);

  value = grpc_aio_metadata_get_bytes (fixture->metadata, "empty-bin");
  g_assert_nonnull (value);
  g_assert_cmpuint (g_bytes_get_size (value), ==, 0);
  g_assert_true (grpc_aio_metadata_contains (fixture->metadata, "empty-bin"));
}

static void
test_remove (Fixture *fixture,
             gconstpointer data)
{
  g_test_summary ("Removing a key takes all its entries and leaves the others in order");

  append (fixture->metadata, "gone", "0");
  append (fixture->metadata, "b", "1");
  append (fixture->metadata, "gone", "2");
  append (fixture->metadata, "a", "3");
  append (fixture->metadata, "gone", "4");

  g_assert_false (grpc_aio_metadata_remove (fixture->metadata, "Gone"));
  g_assert_true (grpc_aio_metadata_remove (fixture->metadata, "gone"));
  g_assert_false (grpc_aio_metadata_remove (fixture->metadata, "gone"));
  g_assert_false (grpc_aio_metadata_contains (fixture->metadata, "gone"));
  g_assert_cmpuint (grpc_aio_metadata_get_size (fixture->metadata), ==, 2);
  g_assert_cmpstr (grpc_aio_metadata_get_nth_key (fixture->metadata, 0), ==, "b");
  g_assert_cmpstr (grpc_aio_metadata_get_nth_value (fixture->metadata, 1), ==, "3");
}

static void
test_copy (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GrpcAioMetadata) copy = NULL;

  g_test_summary ("A copy and its original change apart");

  append (fixture->metadata, "text", "1");
  append_bytes (fixture->metadata, "x-bin", "\0", 1);
  copy = grpc_aio_metadata_copy (fixture->metadata);
  append (fixture->metadata, "later", "2");
  append (copy, "copied", "3");
  g_assert_true (grpc_aio_metadata_remove (fixture->metadata, "text"));

  g_assert_cmpuint (grpc_aio_metadata_get_size (fixture->metadata), ==, 2);
  g_assert_cmpuint (grpc_aio_metadata_get_size (copy), ==, 3);
  g_assert_cmpstr (grpc_aio_metadata_get (copy, "text"), ==, "1");
  g_assert_cmpuint (g_bytes_get_size (grpc_aio_metadata_get_bytes (copy, "x-bin")), ==, 1);
  g_assert_false (grpc_aio_metadata_contains (copy, "later"));
  g_assert_false (grpc_aio_metadata_contains (fixture->metadata, "copied"));
}

static void
test_ref (Fixture *fixture,
          gconstpointer data)
{
  GrpcAioMetadata *other;

  g_test_summary ("A reference is the same object");

  other = grpc_aio_metadata_ref (fixture->metadata);
  g_assert_true (other == fixture->metadata);
  append (other, "key", "value");
  g_assert_cmpstr (grpc_aio_metadata_get (fixture->metadata, "key"), ==, "value");
  grpc_aio_metadata_unref (other);
  g_assert_cmpstr (grpc_aio_metadata_get (fixture->metadata, "key"), ==, "value");
}

static void
test_boxed (Fixture *fixture,
            gconstpointer data)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) duplicate = G_VALUE_INIT;
  g_autoptr (GrpcAioMetadata) boxed = NULL;

  g_test_summary ("Metadata is a boxed type whose copy outlives the original");

  g_assert_true (G_TYPE_IS_BOXED (GRPC_AIO_TYPE_METADATA));
  g_assert_cmpstr (g_type_name (GRPC_AIO_TYPE_METADATA), ==, "GrpcAioMetadata");

  append (fixture->metadata, "key", "value");
  g_value_init (&value, GRPC_AIO_TYPE_METADATA);
  g_value_set_boxed (&value, fixture->metadata);
  g_value_init (&duplicate, GRPC_AIO_TYPE_METADATA);
  g_value_copy (&value, &duplicate);
  boxed = g_value_dup_boxed (&duplicate);
  g_value_unset (&value);
  g_value_unset (&duplicate);

  g_assert_cmpstr (grpc_aio_metadata_get (boxed, "key"), ==, "value");
}

static void
assert_refused (Fixture *fixture,
                const char *key,
                const char *value,
                const char *named)
{
  g_autoptr (GBytes) bytes = bytes_from (value);
  g_autoptr (GError) error = NULL;
  gboolean is_binary = g_str_has_suffix (key, "-bin");

  if (is_binary)
    g_assert_false (grpc_aio_metadata_append_bytes (fixture->metadata, key, bytes, &error));
  else
    g_assert_false (grpc_aio_metadata_append (fixture->metadata, key, value, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  if (named != NULL)
    g_assert_nonnull (strstr (error->message, named));

  /* The error may be ignored. */
  if (is_binary)
    g_assert_false (grpc_aio_metadata_append_bytes (fixture->metadata, key, bytes, NULL));
  else
    g_assert_false (grpc_aio_metadata_append (fixture->metadata, key, value, NULL));
  g_assert_cmpuint (grpc_aio_metadata_get_size (fixture->metadata), ==, 0);
}

static void
test_illegal_keys (Fixture *fixture,
                   gconstpointer data)
{
  static const char *const illegal[] = {
    "Key",
    "with space",
    " key",
    "key:",
    ":path",
    "käse",
    "a/b",
    "a\tb",
    "a\nb",
    "a\x7f",
    "key=value",
    "ALL-bin",
    "a b-bin",
  };

  g_test_summary ("A key that gRPC could not send is refused, with an error that names it");

  assert_refused (fixture, "", "value", NULL);
  assert_refused (fixture, "\xff\xfe", "value", NULL);
  g_assert_false (grpc_aio_metadata_key_is_legal (""));
  g_assert_false (grpc_aio_metadata_key_is_legal ("\xff\xfe"));
  for (guint i = 0; i < G_N_ELEMENTS (illegal); i++)
    {
      g_assert_false (grpc_aio_metadata_key_is_legal (illegal[i]));
      assert_refused (fixture, illegal[i], "value", illegal[i]);
    }
}

static void
test_legal_keys (Fixture *fixture,
                 gconstpointer data)
{
  static const char *const legal[] = {
    "a",
    "0",
    "-",
    "_",
    ".",
    "abcdefghijklmnopqrstuvwxyz0123456789_-.",
    "bin",
    "x-bin-x",
    "x.bin",
  };

  g_test_summary ("Lower case letters, digits, _, - and . make a legal key");

  for (guint i = 0; i < G_N_ELEMENTS (legal); i++)
    {
      g_assert_true (grpc_aio_metadata_key_is_legal (legal[i]));
      append (fixture->metadata, legal[i], "value");
      g_assert_cmpstr (grpc_aio_metadata_get (fixture->metadata, legal[i]), ==, "value");
    }
  g_assert_true (grpc_aio_metadata_key_is_legal ("x-bin"));
}

static void
test_illegal_values (Fixture *fixture,
                     gconstpointer data)
{
  static const char *const illegal[] = {
    "line\n",
    "\r",
    "\t",
    "\x1f",
    "\x7f",
    "\x80",
    "Grüße",
    "\xff",
  };

  g_test_summary ("A text that is not printable ASCII is refused, with an error that names the key");

  for (guint i = 0; i < G_N_ELEMENTS (illegal); i++)
    assert_refused (fixture, "the-key", illegal[i], "the-key");
}

static void
test_legal_values (Fixture *fixture,
                   gconstpointer data)
{
  char printable[0x7f - 0x20 + 1];

  g_test_summary ("All printable ASCII and the empty text are legal values");

  for (char c = 0x20; c < 0x7f; c++)
    printable[c - 0x20] = c;
  printable[sizeof printable - 1] = '\0';

  append (fixture->metadata, "all", printable);
  append (fixture->metadata, "empty", "");
  g_assert_cmpstr (grpc_aio_metadata_get (fixture->metadata, "all"), ==, printable);
  g_assert_cmpstr (grpc_aio_metadata_get (fixture->metadata, "empty"), ==, "");
  g_assert_cmpuint (g_bytes_get_size (grpc_aio_metadata_get_bytes (fixture->metadata, "empty")), ==, 0);
}

static void
test_wrong_kind (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GBytes) bytes = bytes_from ("value");
  g_autoptr (GError) error = NULL;

  g_test_summary ("Text for a -bin key, and bytes for another, are refused");

  g_assert_false (grpc_aio_metadata_append (fixture->metadata, "some-bin", "value", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "some-bin"));
  g_clear_error (&error);

  g_assert_false (grpc_aio_metadata_append_bytes (fixture->metadata, "some-text", bytes, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "some-text"));
  g_assert_cmpuint (grpc_aio_metadata_get_size (fixture->metadata), ==, 0);
}

static void
test_out_of_range (Fixture *fixture,
                   gconstpointer data)
{
  g_test_summary ("An index past the end is a mistake of the program");

  append (fixture->metadata, "key", "value");
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*index < *");
  g_assert_null (grpc_aio_metadata_get_nth_key (fixture->metadata, 1));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*index < *");
  g_assert_null (grpc_aio_metadata_get_nth_value (fixture->metadata, G_MAXUINT));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*index < *");
  g_assert_null (grpc_aio_metadata_get_nth_bytes (fixture->metadata, 1));
  g_test_assert_expected_messages ();
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/metadata/empty", test_empty);
  ADD ("/metadata/order", test_order);
  ADD ("/metadata/multiple", test_multiple);
  ADD ("/metadata/binary", test_binary);
  ADD ("/metadata/remove", test_remove);
  ADD ("/metadata/copy", test_copy);
  ADD ("/metadata/ref", test_ref);
  ADD ("/metadata/boxed", test_boxed);
  ADD ("/metadata/illegal-keys", test_illegal_keys);
  ADD ("/metadata/legal-keys", test_legal_keys);
  ADD ("/metadata/illegal-values", test_illegal_values);
  ADD ("/metadata/legal-values", test_legal_values);
  ADD ("/metadata/wrong-kind", test_wrong_kind);
  ADD ("/metadata/out-of-range", test_out_of_range);
#undef ADD

  return g_test_run ();
}
