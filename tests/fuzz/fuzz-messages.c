/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-messages.h"

/* The descriptors of tests/messages, by the build's path. */
static GrpcAioMessagePool *
get_pool (void)
{
  static GrpcAioMessagePool *pool;
  g_autoptr (GError) error = NULL;

  if (pool == NULL)
    {
      pool = grpc_aio_message_pool_new ();
      grpc_aio_message_pool_add_file (pool, FUZZ_DESCRIPTORS, &error);
      g_assert_no_error (error);
    }

  return pool;
}

GType
fuzz_type (guint8 choice)
{
  static const char *const names[] = {
    "test.every3.Every",
    "test.every2.Every",
    "google.protobuf.Any",
    "google.protobuf.Value",
    "google.protobuf.Struct",
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "google.protobuf.FieldMask",
  };

  return grpc_aio_message_pool_get_message_type (get_pool (), names[choice % G_N_ELEMENTS (names)]);
}
