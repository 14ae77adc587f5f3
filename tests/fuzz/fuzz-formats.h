/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "fuzz.h"

/* What the targets of formats share, each of which is a program of its own: the
 * messages that are tried. */

static GrpcAioMessagePool *pool;

int
LLVMFuzzerInitialize (int *argc,
                      char ***argv)
{
  const char *filename = g_getenv ("GRPC_AIO_FUZZ_PROTOS");
  g_autoptr (GError) error = NULL;

  pool = grpc_aio_message_pool_new ();
  if (filename == NULL || !grpc_aio_message_pool_add_file (pool, filename, &error))
    g_error ("GRPC_AIO_FUZZ_PROTOS does not name the messages to try: %s", error != NULL ? error->message : "it is not set");

  return 0;
}

static GType
choose_type (guint8 choice)
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

  return grpc_aio_message_pool_get_message_type (pool, names[choice % G_N_ELEMENTS (names)]);
}
