/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Between the structs that protoc-c generates and the bytes that travel.
 *
 * The library carries messages as GBytes and does not mind what is in them.
 * These examples use protobuf-c, so three small functions are all it takes.
 */

#pragma once

#include <grpc-aio-glib/grpc-aio-glib.h>
#include <protobuf-c/protobuf-c.h>

static inline GBytes *
message_pack (gconstpointer message)
{
  gsize size = protobuf_c_message_get_packed_size (message);
  guint8 *data = g_malloc (size);

  protobuf_c_message_pack (message, data);

  return g_bytes_new_take (data, size);
}

static inline gpointer
message_unpack (GBytes                           *bytes,
                const ProtobufCMessageDescriptor *descriptor,
                GError                          **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  gpointer message = protobuf_c_message_unpack (descriptor, NULL, size, data);

  if (message == NULL)
    g_set_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL, "This is not a %s", descriptor->name);

  return message;
}

/* Frees what message_unpack () made. */
static inline void
message_free (gpointer message)
{
  protobuf_c_message_free_unpacked (message, NULL);
}
