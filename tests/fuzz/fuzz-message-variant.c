/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any GVariant: the second byte says how long its type is, the rest is data. And
 * what becomes a message becomes a variant that becomes the same message. */

#include "fuzz-formats.h"

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *type = NULL;
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (GVariant) again = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GrpcAioMessage) message = NULL;
  g_autoptr (GrpcAioMessage) other = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  if (size < 2)
    return 0;

  length = MIN (data[1], size - 2);
  type = g_strndup ((const char *) data + 2, length);
  if (!g_variant_type_string_is_valid (type) || !g_variant_type_is_definite (G_VARIANT_TYPE (type)))
    return 0;

  bytes = g_bytes_new (data + 2 + length, size - 2 - length);
  variant = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (type), bytes, FALSE));
  message = grpc_aio_message_create_from_variant (choose_type (data[0]), variant, &error);
  g_assert ((message == NULL) == (error != NULL));
  if (message == NULL)
    return 0;

  again = grpc_aio_message_to_variant (message);
  other = grpc_aio_message_create_from_variant (G_OBJECT_TYPE (message), again, &error);
  g_assert_no_error (error);
  g_assert (grpc_aio_message_equal (message, other));

  return 0;
}
