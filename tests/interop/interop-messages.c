/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "interop-messages.h"

GBytes *
interop_message_pack (const ProtobufCMessage *message)
{
  gsize size = protobuf_c_message_get_packed_size (message);
  guint8 *data = g_malloc (size);

  protobuf_c_message_pack (message, data);

  return g_bytes_new_take (data, size);
}

/* None of these messages contains itself, so a hostile peer cannot make
 * protobuf-c recurse deeper than the three levels of the schema. */
ProtobufCMessage *
interop_message_unpack (const ProtobufCMessageDescriptor *descriptor,
                        GBytes *bytes,
                        GError **error)
{
  ProtobufCMessage *message;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  message = protobuf_c_message_unpack (descriptor, NULL, size, data);
  if (message == NULL)
    g_set_error (error,
                 G_IO_ERROR,
                 G_IO_ERROR_INVALID_DATA,
                 "%" G_GSIZE_FORMAT " bytes that are no %s",
                 size,
                 descriptor->name);

  return message;
}

void
interop_message_free (ProtobufCMessage *message)
{
  protobuf_c_message_free_unpacked (message, NULL);
}
