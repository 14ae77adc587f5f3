/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-message-pool.h>
#include <grpc-aio-glib/grpc-aio-message.h>

#include "messages/grpc-aio-message-json-private.h"

/* Takes @message, and merges @json into it. */
static ProtobufCMessage *
merge (GrpcAioMessagePool *pool,
       GrpcAioMessageType *type,
       ProtobufCMessage *message,
       const char *json,
       GrpcAioJsonFlags flags,
       GError **error)
{
  if (grpc_aio_json_parse (pool, type, message, json, flags, error))
    return message;

  grpc_aio_message_free_struct (message);

  return NULL;
}

/**
 * grpc_aio_message_create_from_json:
 * @type: the type of a message
 * @json: JSON
 * @flags: how to read it
 * @error: return location for an error
 *
 * Creates a message from its JSON.
 *
 * It is read as protobuf's documentation of JSON says. Fields may have either
 * name, `lowerCamel` or the one of the .proto file; an extension has its full
 * name in brackets, `[pkg.name]`. 64-bit integers may be numbers or strings, bytes
 * are in either alphabet of Base64, and enumerations are names or numbers. The
 * types of `google.protobuf` that have a JSON of their own, such as `Timestamp`,
 * have it.
 *
 * What is no such JSON is an error `G_IO_ERROR_INVALID_DATA`, which names the
 * line or the field: a name that is there twice, a number out of range, an unknown
 * field.
 *
 * Returns: (transfer full): a message
 *
 * Since: 0.1
 */
GrpcAioMessage *
grpc_aio_message_create_from_json (GType type,
                                   const char *json,
                                   GrpcAioJsonFlags flags,
                                   GError **error)
{
  GrpcAioMessageType *model = grpc_aio_message_type_of_class (type);
  ProtobufCMessage *message;

  g_return_val_if_fail (model != NULL, NULL);
  g_return_val_if_fail (json != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  message = merge (model->pool, model, grpc_aio_message_type_new_struct (model), json, flags, error);

  return message != NULL ? grpc_aio_message_new_for_struct (type, message) : NULL;
}

/**
 * grpc_aio_message_merge_from_json:
 * @self: a message
 * @json: JSON
 * @flags: how to read it
 * @error: return location for an error
 *
 * Sets the fields that are in JSON.
 *
 * A message within it is merged in turn; a repeated field and a map are replaced,
 * and `null` clears a field. The message does not change if this fails. See
 * [func@Message.create_from_json].
 *
 * Returns: `TRUE` on success
 *
 * Since: 0.1
 */
gboolean
grpc_aio_message_merge_from_json (GrpcAioMessage *self,
                                  const char *json,
                                  GrpcAioJsonFlags flags,
                                  GError **error)
{
  GrpcAioMessageType *type;
  ProtobufCMessage *message;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), FALSE);
  g_return_val_if_fail (json != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  type = grpc_aio_message_get_message_type (self);
  message = grpc_aio_message_type_copy_struct (type, grpc_aio_message_peek_struct (self));
  message = merge (type->pool, type, message, json, flags, error);
  if (message == NULL)
    return FALSE;

  grpc_aio_message_take_struct (self, message);

  return TRUE;
}

/**
 * grpc_aio_message_to_json:
 * @self: a message
 * @flags: how to write it
 * @error: return location for an error
 *
 * Writes a message as JSON.
 *
 * The text is what protobuf's documentation of JSON calls canonical: fields by
 * number with names in `lowerCamel`, maps by key, 64-bit integers and bytes as
 * strings, and numbers with as few digits as name them. Unknown fields are left
 * out.
 *
 * It fails with `G_IO_ERROR_INVALID_DATA` for what JSON cannot hold: text that is
 * not UTF-8, a `Timestamp` out of range, a `google.protobuf.Any` of a type that
 * the pool of the message does not know.
 *
 * Returns: (transfer full): JSON
 *
 * Since: 0.1
 */
char *
grpc_aio_message_to_json (GrpcAioMessage *self,
                          GrpcAioJsonFlags flags,
                          GError **error)
{
  GrpcAioMessageType *type;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  type = grpc_aio_message_get_message_type (self);

  return grpc_aio_json_print (type->pool, type, grpc_aio_message_peek_struct (self), flags, error);
}

/**
 * grpc_aio_message_pool_new_message_from_json:
 * @self: a pool
 * @full_name: the name of a message with its package
 * @json: JSON
 * @flags: how to read it
 * @error: return location for an error
 *
 * Creates a message from its JSON.
 *
 * See [func@Message.create_from_json].
 *
 * Returns: (transfer full): a message
 *
 * Since: 0.1
 */
GrpcAioMessage *
grpc_aio_message_pool_new_message_from_json (GrpcAioMessagePool *self,
                                             const char *full_name,
                                             const char *json,
                                             GrpcAioJsonFlags flags,
                                             GError **error)
{
  g_autoptr (GrpcAioMessage) result = NULL;
  GrpcAioMessageType *type;
  ProtobufCMessage *message;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), NULL);
  g_return_val_if_fail (full_name != NULL, NULL);
  g_return_val_if_fail (json != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  result = grpc_aio_message_pool_new_message (self, full_name, error);
  if (result == NULL)
    return NULL;

  type = grpc_aio_message_get_message_type (result);
  message = merge (self, type, grpc_aio_message_type_new_struct (type), json, flags, error);
  if (message == NULL)
    return NULL;

  grpc_aio_message_take_struct (result, message);

  return g_steal_pointer (&result);
}
