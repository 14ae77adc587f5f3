/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* JSON of any kind: it is refused, or becomes a message whose JSON becomes the
 * same message. */

#include "fuzz-formats.h"

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *json = NULL;
  g_autofree char *again = NULL;
  g_autoptr (GrpcAioMessage) message = NULL;
  g_autoptr (GrpcAioMessage) other = NULL;
  g_autoptr (GError) error = NULL;

  if (size == 0)
    return 0;

  json = g_strndup ((const char *) data + 1, size - 1);
  message = grpc_aio_message_create_from_json (choose_type (data[0]), json, data[0] & 0x80 ? GRPC_AIO_JSON_FLAGS_IGNORE_UNKNOWN : GRPC_AIO_JSON_FLAGS_NONE, &error);
  g_assert ((message == NULL) == (error != NULL));
  if (message == NULL)
    return 0;

  again = grpc_aio_message_to_json (message, data[0] & 0x40 ? GRPC_AIO_JSON_FLAGS_PRETTY : GRPC_AIO_JSON_FLAGS_NONE, &error);
  g_assert_no_error (error);
  other = grpc_aio_message_create_from_json (G_OBJECT_TYPE (message), again, GRPC_AIO_JSON_FLAGS_NONE, &error);
  g_assert_no_error (error);
  g_assert (grpc_aio_message_equal (message, other));

  return 0;
}
