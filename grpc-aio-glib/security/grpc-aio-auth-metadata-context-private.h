/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-auth-metadata-context.h>
#include <grpc/grpc_security.h>

#include "engine/grpc-aio-inbox-private.h"

G_BEGIN_DECLS

/* A plugin and the main context that it runs in. The last reference may go on
 * any thread: the plugin itself goes in its context. */
typedef struct _GrpcAioPluginHome GrpcAioPluginHome;

GrpcAioPluginHome *grpc_aio_plugin_home_new (GrpcAioAuthMetadataPlugin *plugin);
GrpcAioPluginHome *grpc_aio_plugin_home_ref (GrpcAioPluginHome *self);
void grpc_aio_plugin_home_unref (GrpcAioPluginHome *self);

void grpc_aio_plugin_home_ask (GrpcAioPluginHome *self,
                               const grpc_auth_metadata_context *core_context,
                               grpc_credentials_plugin_metadata_cb answer,
                               gpointer answer_data);

G_END_DECLS
