/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-auth-metadata-plugin.h>

#include <grpc-aio-glib/grpc-aio-auth-metadata-context.h>

/**
 * GrpcAioAuthMetadataPlugin:
 *
 * Finds the metadata that authenticates calls, such as a token that has to be
 * fetched first.
 *
 * Make call credentials of it with [ctor@CallCredentials.new_plugin]. It is then
 * asked for each call, for several at once, and is free to answer later: with
 * [method@AuthMetadataContext.complete] or
 * [method@AuthMetadataContext.complete_with_error]. Calls wait for the answer, up to
 * their deadlines. A call that ends meanwhile does not tell the plugin; the
 * answer is then without effect.
 *
 * # Where it runs
 *
 * A plugin is asked in the main context that was the thread-default one when its
 * credentials were made, so this has to be run. There is one exception, since a
 * thread that waits in a `_sync` function does not run its main context: while it
 * waits, it asks the plugins of that context (and of those that nobody runs)
 * itself. The thread-default main context is then one of the `_sync` function. So
 * begin everything that the answer needs in `get_metadata`, with the
 * thread-default main context of that moment, which all asynchronous functions of
 * GIO do by themselves; do not wait for something that an earlier call has begun.
 * What such a request began is carried on in the plugin's own main context when
 * the `_sync` function returns before it is answered.
 *
 * Since: 0.1
 */
G_DEFINE_INTERFACE (GrpcAioAuthMetadataPlugin, grpc_aio_auth_metadata_plugin, G_TYPE_OBJECT)

static void
grpc_aio_auth_metadata_plugin_default_init (GrpcAioAuthMetadataPluginInterface *iface)
{
}

/**
 * grpc_aio_auth_metadata_plugin_get_metadata:
 * @self: a plugin
 * @context: what is known of the call, and where to answer
 *
 * Begins to find the metadata for a call. It must not block.
 *
 * The answer may be given before this returns, or later and on any thread. A
 * plugin that drops its last reference to @context without an answer fails the
 * call.
 *
 * Since: 0.1
 */
void
grpc_aio_auth_metadata_plugin_get_metadata (GrpcAioAuthMetadataPlugin *self,
                                            GrpcAioAuthMetadataContext *context)
{
  GrpcAioAuthMetadataPluginInterface *iface;

  g_return_if_fail (GRPC_AIO_IS_AUTH_METADATA_PLUGIN (self));
  g_return_if_fail (GRPC_AIO_IS_AUTH_METADATA_CONTEXT (context));

  iface = GRPC_AIO_AUTH_METADATA_PLUGIN_GET_IFACE (self);
  g_return_if_fail (iface->get_metadata != NULL);

  iface->get_metadata (self, context);
}
