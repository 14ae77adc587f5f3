/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-generic-rpc-handler.h>

#include <grpc-aio-glib/grpc-aio-handler-call-details.h>
#include <grpc-aio-glib/grpc-aio-rpc-method-handler.h>

/**
 * GrpcAioGenericRpcHandler:
 *
 * Finds handlers for calls whose methods no [class@Service] of the server has,
 * for example those of a proxy.
 *
 * Since: 0.1
 */
G_DEFINE_INTERFACE (GrpcAioGenericRpcHandler, grpc_aio_generic_rpc_handler, G_TYPE_OBJECT)

static void
grpc_aio_generic_rpc_handler_default_init (GrpcAioGenericRpcHandlerInterface *iface)
{
}

/**
 * grpc_aio_generic_rpc_handler_service:
 * @self: a generic handler
 * @details: what is known of the call
 *
 * Finds the handler for a call. It runs in the server's main context for each
 * call, and must not block.
 *
 * Returns: (transfer full) (nullable): the handler, or `NULL` to let others try
 *
 * Since: 0.1
 */
GrpcAioRpcMethodHandler *
grpc_aio_generic_rpc_handler_service (GrpcAioGenericRpcHandler *self,
                                      GrpcAioHandlerCallDetails *details)
{
  GrpcAioGenericRpcHandlerInterface *iface;

  g_return_val_if_fail (GRPC_AIO_IS_GENERIC_RPC_HANDLER (self), NULL);
  g_return_val_if_fail (GRPC_AIO_IS_HANDLER_CALL_DETAILS (details), NULL);

  iface = GRPC_AIO_GENERIC_RPC_HANDLER_GET_IFACE (self);
  g_return_val_if_fail (iface->service != NULL, NULL);

  return iface->service (self, details);
}
