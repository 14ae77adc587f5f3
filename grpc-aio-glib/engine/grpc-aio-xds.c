/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-xds.h>

#include <grpc/grpc.h>
#include <grpc/slice.h>

#include "engine/grpc-aio-core-private.h"

/* Of ClientStatusResponse: field 1, of a length that follows. */
#define TAG_CONFIG 0x0a

/**
 * grpc_aio_xds_dump_configs:
 *
 * Gets the configuration that this program has from its control plane, and what
 * it thinks of it: which resources were asked for, accepted, and refused with
 * which reason (gRFC A40).
 *
 * It is a serialized `envoy.service.status.v3.ClientStatusResponse`, and so what
 * the methods of the client status discovery service (CSDS) answer with. It
 * covers the channels and servers that take their bootstrap configuration from
 * the environment, not those that take it from a channel argument.
 *
 * It may be called on any thread.
 *
 * Returns: (transfer full) (nullable): the message, or `NULL` when there is no
 *   bootstrap configuration that can be used
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_xds_dump_configs (void)
{
  g_autoptr (GByteArray) response = NULL;
  grpc_slice config;
  gsize length;

  if (!grpc_aio_core_is_usable ())
    return NULL;

  grpc_aio_core_ref ();
  config = grpc_dump_xds_configs ();
  length = GRPC_SLICE_LENGTH (config);
  if (length > 0)
    {
      guint8 byte = TAG_CONFIG;

      response = g_byte_array_new ();
      g_byte_array_append (response, &byte, 1);
      for (gsize rest = length; rest > 0; rest >>= 7)
        {
          byte = (guint8) ((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
          g_byte_array_append (response, &byte, 1);
        }
      g_byte_array_append (response, GRPC_SLICE_START_PTR (config), (guint) length);
    }
  grpc_slice_unref (config);
  grpc_aio_core_unref ();

  return response != NULL ? g_byte_array_free_to_bytes (g_steal_pointer (&response)) : NULL;
}
