/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A target of libFuzzer: a descriptor set. What is taken is used as a message, too,
 * but without a GType, since these stay. */

#include "fuzz.h"

#include "messages/grpc-aio-message-type-private.h"

static void
use (GrpcAioMessageType *type,
     const guint8 *data,
     gsize size)
{
  ProtobufCMessage *message = grpc_aio_protobuf_unpack_full (type->core, NULL, data, size, TRUE, NULL);
  ProtobufCMessage *empty = grpc_aio_message_type_new_struct (type);
  ProtobufCMessage *copy = NULL;
  g_autoptr (GBytes) bytes = grpc_aio_protobuf_pack (empty, NULL);

  if (message != NULL)
    {
      g_autoptr (GBytes) packed = grpc_aio_protobuf_pack (message, NULL);

      copy = grpc_aio_message_type_copy_struct (type, message);
      g_assert (grpc_aio_message_type_equal_structs (type, message, copy));
      grpc_aio_message_type_merge_struct (type, copy, message);
      for (guint i = 0; i < type->n_fields; i++)
        grpc_aio_message_field_clear (&type->fields[i], copy);
    }
  grpc_aio_message_free_struct (message);
  grpc_aio_message_free_struct (empty);
  grpc_aio_message_free_struct (copy);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autoptr (GrpcAioMessagePool) pool = grpc_aio_message_pool_new ();
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_auto (GStrv) messages = NULL;
  g_auto (GStrv) services = NULL;
  g_autoptr (GError) error = NULL;

  if (!grpc_aio_message_pool_add_bytes (pool, bytes, &error))
    {
      g_assert (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA));
      g_assert (g_utf8_validate (error->message, -1, NULL));
      return 0;
    }

  messages = grpc_aio_message_pool_dup_message_names (pool);
  for (guint i = 0; messages[i] != NULL; i++)
    use (grpc_aio_message_pool_find_message (pool, messages[i]), data, size);
  services = grpc_aio_message_pool_dup_service_names (pool);
  for (guint i = 0; services[i] != NULL; i++)
    g_strfreev (grpc_aio_message_pool_dup_method_names (pool, services[i]));

  /* The same once more changes nothing. */
  if (!grpc_aio_message_pool_add_bytes (pool, bytes, &error))
    g_error ("%s", error->message);

  return 0;
}
