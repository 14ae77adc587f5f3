/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-utils.h"

typedef struct
{
  GrpcAioCallOptions *options;
  guint n_notified;
} Fixture;

static void
on_notify (GObject *object,
           GParamSpec *pspec,
           gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_notified++;
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  fixture->options = grpc_aio_call_options_new ();
  g_signal_connect (fixture->options, "notify", G_CALLBACK (on_notify), fixture);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_assert_finalize_object (fixture->options);
}

static void
assert_defaults (GrpcAioCallOptions *options)
{
  g_assert_cmpint (grpc_aio_call_options_get_timeout_usec (options), ==, -1);
  g_assert_null (grpc_aio_call_options_get_metadata (options));
  g_assert_null (grpc_aio_call_options_get_authority (options));
  g_assert_false (grpc_aio_call_options_get_wait_for_ready (options));
  g_assert_cmpint (grpc_aio_call_options_get_deadline_usec (options), ==, -1);
  g_assert_cmpint (grpc_aio_call_options_get_compression (options), ==, GRPC_AIO_COMPRESSION_NONE);
  g_assert_false (grpc_aio_call_options_get_compression_set (options));
  g_assert_null (grpc_aio_call_options_get_parent (options));
  g_assert_null (grpc_aio_call_options_get_credentials (options));
}

static void
test_defaults (Fixture *fixture,
               gconstpointer data)
{
  g_test_summary ("At first there is no deadline, no metadata, no authority, no compression, no parent and no waiting");

  assert_defaults (fixture->options);
}

static void
test_setters (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();

  g_test_summary ("What is set is read back; each change is notified, and no more");

  for (guint i = 0; i < 2; i++)
    {
      grpc_aio_call_options_set_timeout_usec (fixture->options, G_MAXINT64);
      g_assert_cmpint (grpc_aio_call_options_get_timeout_usec (fixture->options), ==, G_MAXINT64);
      g_assert_cmpuint (fixture->n_notified, ==, 1);
    }
  for (guint i = 0; i < 2; i++)
    {
      grpc_aio_call_options_set_metadata (fixture->options, metadata);
      g_assert_true (grpc_aio_call_options_get_metadata (fixture->options) == metadata);
      g_assert_cmpuint (fixture->n_notified, ==, 2);
    }
  for (guint i = 0; i < 2; i++)
    {
      grpc_aio_call_options_set_authority (fixture->options, "example.org");
      g_assert_cmpstr (grpc_aio_call_options_get_authority (fixture->options), ==, "example.org");
      g_assert_cmpuint (fixture->n_notified, ==, 3);
    }
  for (guint i = 0; i < 2; i++)
    {
      grpc_aio_call_options_set_wait_for_ready (fixture->options, 2 + (int) i);
      g_assert_cmpint (grpc_aio_call_options_get_wait_for_ready (fixture->options), ==, TRUE);
      g_assert_cmpuint (fixture->n_notified, ==, 4);
    }

  grpc_aio_call_options_set_timeout_usec (fixture->options, 0);
  g_assert_cmpint (grpc_aio_call_options_get_timeout_usec (fixture->options), ==, 0);
  grpc_aio_call_options_set_timeout_usec (fixture->options, -1);
  grpc_aio_call_options_set_metadata (fixture->options, NULL);
  grpc_aio_call_options_set_authority (fixture->options, NULL);
  grpc_aio_call_options_set_wait_for_ready (fixture->options, FALSE);
  assert_defaults (fixture->options);
  g_assert_cmpuint (fixture->n_notified, ==, 9);
}

static void
test_more_setters (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioCallCredentials) credentials = grpc_aio_call_credentials_new_access_token ("token", NULL);
  g_autoptr (GrpcAioCallCredentials) got_credentials = NULL;
  GrpcAioCompression compression;
  gboolean compression_set;
  gint64 deadline_usec;
  GrpcAioServicerContext *parent;

  g_test_summary ("Setting a compression, also none, makes it count until that is taken back");

  for (guint i = 0; i < 2; i++)
    {
      grpc_aio_call_options_set_deadline_usec (fixture->options, G_MAXINT64);
      g_assert_cmpint (grpc_aio_call_options_get_deadline_usec (fixture->options), ==, G_MAXINT64);
      g_assert_cmpuint (fixture->n_notified, ==, 1);
    }
  for (guint i = 0; i < 2; i++)
    {
      grpc_aio_call_options_set_compression (fixture->options, GRPC_AIO_COMPRESSION_NONE);
      g_assert_true (grpc_aio_call_options_get_compression_set (fixture->options));
      g_assert_cmpuint (fixture->n_notified, ==, 2);
    }
  for (guint i = 0; i < 2; i++)
    {
      grpc_aio_call_options_set_compression (fixture->options, GRPC_AIO_COMPRESSION_GZIP);
      g_assert_cmpint (grpc_aio_call_options_get_compression (fixture->options), ==, GRPC_AIO_COMPRESSION_GZIP);
      g_assert_cmpuint (fixture->n_notified, ==, 3);
    }
  for (guint i = 0; i < 2; i++)
    {
      grpc_aio_call_options_set_credentials (fixture->options, credentials);
      g_assert_true (grpc_aio_call_options_get_credentials (fixture->options) == credentials);
      g_assert_cmpuint (fixture->n_notified, ==, 4);
    }
  g_object_get (fixture->options,
                "credentials", &got_credentials,
                "compression", &compression,
                "compression-set", &compression_set,
                "deadline-usec", &deadline_usec,
                "parent", &parent,
                NULL);
  g_assert_cmpint (compression, ==, GRPC_AIO_COMPRESSION_GZIP);
  g_assert_true (compression_set);
  g_assert_cmpint (deadline_usec, ==, G_MAXINT64);
  g_assert_null (parent);
  g_assert_true (got_credentials == credentials);

  g_object_set (fixture->options,
                "credentials", NULL,
                "compression", GRPC_AIO_COMPRESSION_NONE,
                "compression-set", FALSE,
                "deadline-usec", G_GINT64_CONSTANT (-1),
                "parent", NULL,
                NULL);
  assert_defaults (fixture->options);
  g_assert_cmpuint (fixture->n_notified, ==, 8);
}

static void
test_deadline (Fixture *fixture,
               gconstpointer data)
{
  Peer peer = { NULL };
  gint64 now = g_get_monotonic_time ();
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GrpcAioCall) late = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Of a deadline and a timeout the one that ends first counts; after it a call fails at once");

  peer_set_up (&peer);
  grpc_aio_call_options_set_deadline_usec (fixture->options, now + 20 * G_USEC_PER_SEC);
  grpc_aio_call_options_set_timeout_usec (fixture->options, 60 * G_USEC_PER_SEC);
  call = peer_call (&peer, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", fixture->options);
  g_assert_cmpint (grpc_aio_call_time_remaining (call), >, 0);
  g_assert_cmpint (grpc_aio_call_time_remaining (call), <=, 20 * G_USEC_PER_SEC);
  g_clear_object (&call);

  grpc_aio_call_options_set_timeout_usec (fixture->options, 10 * G_USEC_PER_SEC);
  call = peer_call (&peer, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", fixture->options);
  g_assert_cmpint (grpc_aio_call_time_remaining (call), <=, 10 * G_USEC_PER_SEC);
  g_clear_object (&call);

  grpc_aio_call_options_set_timeout_usec (fixture->options, -1);
  grpc_aio_call_options_set_deadline_usec (fixture->options, now - 1);
  late = peer_call (&peer, "Hang", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "x", fixture->options);
  g_assert_cmpint (grpc_aio_call_time_remaining (late), ==, 0);
  grpc_aio_call_status_async (late, NULL, store_result, &result);
  g_assert_cmpint (grpc_aio_call_status_finish (late, await (&result), &error), ==, GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED);
  g_assert_no_error (error);

  g_clear_object (&result);
  g_clear_object (&late);
  peer_tear_down (&peer);
}

static void
test_properties (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();
  g_autoptr (GrpcAioMetadata) got_metadata = NULL;
  g_autofree char *got_authority = NULL;
  gboolean got_wait_for_ready;
  gint64 got_timeout_usec;
  GrpcAioCallOptions *options;

  g_test_summary ("The properties say the same as the functions");

  options = g_object_new (GRPC_AIO_TYPE_CALL_OPTIONS,
                          "timeout-usec", G_GINT64_CONSTANT (5000000),
                          "metadata", metadata,
                          "wait-for-ready", TRUE,
                          "authority", "example.org",
                          NULL);
  g_assert_cmpint (grpc_aio_call_options_get_timeout_usec (options), ==, 5 * G_USEC_PER_SEC);
  g_assert_true (grpc_aio_call_options_get_metadata (options) == metadata);
  g_assert_true (grpc_aio_call_options_get_wait_for_ready (options));
  g_assert_cmpstr (grpc_aio_call_options_get_authority (options), ==, "example.org");

  g_object_get (options,
                "timeout-usec", &got_timeout_usec,
                "metadata", &got_metadata,
                "wait-for-ready", &got_wait_for_ready,
                "authority", &got_authority,
                NULL);
  g_assert_cmpint (got_timeout_usec, ==, 5 * G_USEC_PER_SEC);
  g_assert_true (got_metadata == metadata);
  g_assert_true (got_wait_for_ready);
  g_assert_cmpstr (got_authority, ==, "example.org");
  g_assert_finalize_object (options);
}

static void
test_misuse (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioCallCredentials) empty = g_object_new (GRPC_AIO_TYPE_CALL_CREDENTIALS, NULL);

  g_test_summary ("A timeout or deadline below -1 and a compression that is none are mistakes of the program");

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*timeout_usec >= -1*");
  grpc_aio_call_options_set_timeout_usec (fixture->options, -2);
  g_test_assert_expected_messages ();
  g_assert_cmpint (grpc_aio_call_options_get_timeout_usec (fixture->options), ==, -1);

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*deadline_usec >= -1*");
  grpc_aio_call_options_set_deadline_usec (fixture->options, -2);
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*compression*GRPC_AIO_COMPRESSION_GZIP*");
  grpc_aio_call_options_set_compression (fixture->options, (GrpcAioCompression) 3);
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*credentials*");
  grpc_aio_call_options_set_credentials (fixture->options, empty);
  g_test_assert_expected_messages ();
  assert_defaults (fixture->options);
}

static void
test_taken_at_start (Fixture *fixture,
                     gconstpointer data)
{
  Peer peer = { NULL };
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();
  g_autoptr (GrpcAioMetadata) got = NULL;
  g_autoptr (GrpcAioCall) first = NULL;
  g_autoptr (GrpcAioCall) second = NULL;
  g_autoptr (GAsyncResult) first_result = NULL;
  g_autoptr (GAsyncResult) second_result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("One object serves several calls; each takes what is set when it starts");

  peer_set_up (&peer);
  g_assert_true (grpc_aio_metadata_append (metadata, "number", "1", &error));
  grpc_aio_call_options_set_metadata (fixture->options, metadata);
  first = peer_call (&peer, "Metadata", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "", fixture->options);
  g_assert_cmpint (grpc_aio_call_time_remaining (first), ==, -1);

  g_assert_true (grpc_aio_metadata_append (metadata, "number", "2", &error));
  grpc_aio_call_options_set_timeout_usec (fixture->options, 30 * G_USEC_PER_SEC);
  second = peer_call (&peer, "Metadata", GRPC_AIO_METHOD_KIND_UNARY_UNARY, "", fixture->options);
  g_assert_cmpint (grpc_aio_call_time_remaining (second), >, 20 * G_USEC_PER_SEC);
  g_assert_cmpint (grpc_aio_call_time_remaining (second), <=, 30 * G_USEC_PER_SEC);

  grpc_aio_call_trailing_metadata_async (first, NULL, store_result, &first_result);
  grpc_aio_call_trailing_metadata_async (second, NULL, store_result, &second_result);
  got = grpc_aio_call_trailing_metadata_finish (first, await (&first_result), &error);
  g_assert_no_error (error);
  {
    g_auto (GStrv) numbers = grpc_aio_metadata_dup_all (got, "number");

    g_assert_cmpuint (g_strv_length (numbers), ==, 1);
  }
  g_clear_pointer (&got, grpc_aio_metadata_unref);
  got = grpc_aio_call_trailing_metadata_finish (second, await (&second_result), &error);
  g_assert_no_error (error);
  {
    g_auto (GStrv) numbers = grpc_aio_metadata_dup_all (got, "number");

    g_assert_cmpuint (g_strv_length (numbers), ==, 2);
  }

  g_clear_object (&first_result);
  g_clear_object (&second_result);
  g_clear_object (&first);
  g_clear_object (&second);
  peer_tear_down (&peer);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/call-options/defaults", test_defaults);
  ADD ("/call-options/setters", test_setters);
  ADD ("/call-options/more-setters", test_more_setters);
  ADD ("/call-options/deadline", test_deadline);
  ADD ("/call-options/properties", test_properties);
  ADD ("/call-options/misuse", test_misuse);
  ADD ("/call-options/taken-at-start", test_taken_at_start);
#undef ADD

  return g_test_run ();
}
