/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_AUTH_METADATA_PLUGIN (grpc_aio_auth_metadata_plugin_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_INTERFACE (GrpcAioAuthMetadataPlugin, grpc_aio_auth_metadata_plugin, GRPC_AIO, AUTH_METADATA_PLUGIN, GObject)

/**
 * GrpcAioAuthMetadataPluginInterface:
 * @g_iface: the parent interface
 * @get_metadata: begins to find the metadata for a call; must not block
 *
 * What a plugin implements.
 *
 * Since: 0.1
 */
struct _GrpcAioAuthMetadataPluginInterface
{
  GTypeInterface g_iface;

  void (*get_metadata) (GrpcAioAuthMetadataPlugin *self,
                        GrpcAioAuthMetadataContext *context);
};

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_auth_metadata_plugin_get_metadata (GrpcAioAuthMetadataPlugin *self,
                                                 GrpcAioAuthMetadataContext *context);

G_END_DECLS
