/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-message.h>

#include "messages/grpc-aio-message-variant-private.h"

/**
 * grpc_aio_message_to_variant:
 * @self: a message
 *
 * Makes a variant of a message.
 *
 * It is a dictionary `a{sv}` from the names that the fields have in the .proto
 * file to the values of those that are set; an extension is there as
 * `[pkg.name]`.
 *
 * - Numbers are `i`, `u`, `x`, `t` and `d`, then there are `b`, `s` and, for bytes,
 *   `ay`.
 * - An enumeration is the name of its value; a number `i` if there is none.
 * - A message is a dictionary as this one.
 * - A repeated field is an array, of dictionaries `aa{sv}` if its elements are
 *   messages; a map is a dictionary such as `a{ix}` or `a{sa{sv}}`, by key.
 * - A `google.protobuf.Struct` is `a{sv}`, a `ListValue` `av`, a `Value` `v`, in
 *   which `null` is a maybe with nothing, and a wrapper such as `Int32Value` its
 *   value. Other types of `google.protobuf` are messages like all others.
 *
 * A `string` that is not UTF-8, as proto2 allows, is bytes. Unknown fields are left
 * out.
 *
 * Returns: (transfer full): a variant
 *
 * Since: 0.1
 */
GVariant *
grpc_aio_message_to_variant (GrpcAioMessage *self)
{
  GrpcAioMessageType *type;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), NULL);

  type = grpc_aio_message_get_message_type (self);

  return g_variant_ref_sink (grpc_aio_variant_print (type->pool, type, grpc_aio_message_peek_struct (self)));
}

/**
 * grpc_aio_message_create_from_variant:
 * @type: the type of a message
 * @variant: a variant
 * @error: return location for an error
 *
 * Creates a message from a variant.
 *
 * The variant is what [method@Message.to_variant] makes, but does not need to be
 * as strict: an integer may have any width and a floating point number may be an
 * integer, as long as the value fits; an enumeration may be a number; any value
 * may be in a variant; an array may be a tuple; and a maybe with nothing is a field
 * that is not set. Fields may have the names that they have in JSON.
 *
 * What does not fit is an error `G_IO_ERROR_INVALID_DATA` that names the field.
 *
 * If @variant is floating, it is consumed.
 *
 * Returns: (transfer full): a message
 *
 * Since: 0.1
 */
GrpcAioMessage *
grpc_aio_message_create_from_variant (GType type,
                                      GVariant *variant,
                                      GError **error)
{
  GrpcAioMessageType *model = grpc_aio_message_type_of_class (type);
  g_autoptr (GVariant) sunk = NULL;
  ProtobufCMessage *message;

  g_return_val_if_fail (model != NULL, NULL);
  g_return_val_if_fail (variant != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  sunk = g_variant_ref_sink (variant);
  message = grpc_aio_message_type_new_struct (model);
  if (!grpc_aio_variant_parse (model->pool, model, message, sunk, error))
    {
      grpc_aio_message_free_struct (message);
      return NULL;
    }

  return grpc_aio_message_new_for_struct (type, message);
}
