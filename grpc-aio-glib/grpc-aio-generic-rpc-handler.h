/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_GENERIC_RPC_HANDLER (grpc_aio_generic_rpc_handler_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_INTERFACE (GrpcAioGenericRpcHandler, grpc_aio_generic_rpc_handler, GRPC_AIO, GENERIC_RPC_HANDLER, GObject)

/**
 * GrpcAioGenericRpcHandlerInterface:
 * @g_iface: the parent interface
 * @service: finds the handler for a call, or returns `NULL` to let others try
 *
 * What a generic handler implements.
 *
 * Since: 0.1
 */
struct _GrpcAioGenericRpcHandlerInterface
{
  GTypeInterface g_iface;

  GrpcAioRpcMethodHandler *(*service) (GrpcAioGenericRpcHandler *self,
                                       GrpcAioHandlerCallDetails *details);
};

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioRpcMethodHandler *grpc_aio_generic_rpc_handler_service (GrpcAioGenericRpcHandler *self,
                                                               GrpcAioHandlerCallDetails *details);

G_END_DECLS
