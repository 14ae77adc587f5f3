/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bytes as bindings have them at hand, without a GBytes in between. */

#include <grpc-aio-glib/grpc-aio-message.h>
#include <grpc-aio-glib/grpc-aio-protobuf.h>

#include "messages/grpc-aio-message-type-private.h"

/**
 * grpc_aio_message_create_from_data:
 * @type: the type of a message
 * @data: (array length=length) (element-type guint8): the bytes of a message
 * @length: how many bytes there are
 * @error: return location for an error
 *
 * Creates a message from bytes.
 *
 * It does what [func@Message.create_from_bytes] does. Languages that have a type
 * for bytes, such as Python, spend less time on the way here.
 *
 * Returns: (transfer full): a message
 *
 * Since: 0.1
 */
GrpcAioMessage *
grpc_aio_message_create_from_data (GType type,
                                   const guint8 *data,
                                   gsize length,
                                   GError **error)
{
  GrpcAioMessageType *model = grpc_aio_message_type_of_class (type);
  ProtobufCMessage *message;

  g_return_val_if_fail (model != NULL, NULL);
  g_return_val_if_fail (data != NULL || length == 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  message = grpc_aio_protobuf_unpack_data (model->core, NULL, data, length, error);

  return message != NULL ? grpc_aio_message_new_for_struct (type, message) : NULL;
}

/**
 * grpc_aio_message_to_data:
 * @self: a message
 * @length: (out): return location for the number of bytes
 * @error: return location for an error
 *
 * Packs a message.
 *
 * It does what [method@Message.to_bytes] does. Languages that have a type for
 * bytes, such as Python, spend less time on the way back.
 *
 * Returns: (transfer full) (array length=length) (element-type guint8): the bytes
 *
 * Since: 0.1
 */
guint8 *
grpc_aio_message_to_data (GrpcAioMessage *self,
                          gsize *length,
                          GError **error)
{
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), NULL);
  g_return_val_if_fail (length != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  bytes = grpc_aio_message_to_bytes (self, error);
  if (bytes == NULL)
    return NULL;

  return g_bytes_unref_to_data (g_steal_pointer (&bytes), length);
}
