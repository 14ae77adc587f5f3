/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-messages.h"

GrpcAioMessagePool *
messages_pool (void)
{
  static GrpcAioMessagePool *pool;
  g_autofree char *filename = NULL;
  g_autoptr (GError) error = NULL;

  if (pool == NULL)
    {
      pool = grpc_aio_message_pool_new ();
      filename = g_test_build_filename (G_TEST_BUILT, "..", "messages", "every.pb", NULL);
      grpc_aio_message_pool_add_file (pool, filename, &error);
      g_assert_no_error (error);
    }

  return pool;
}

GrpcAioMessage *
messages_new (const char *type,
              const char *json)
{
  g_autoptr (GError) error = NULL;
  GrpcAioMessage *message = grpc_aio_message_pool_new_message_from_json (messages_pool (), type, json, GRPC_AIO_JSON_FLAGS_NONE, &error);

  g_assert_no_error (error);

  return message;
}

char *
messages_to_json (GrpcAioMessage *message,
                  GrpcAioJsonFlags flags)
{
  g_autoptr (GError) error = NULL;
  char *json = grpc_aio_message_to_json (message, flags, &error);

  g_assert_no_error (error);

  return json;
}
