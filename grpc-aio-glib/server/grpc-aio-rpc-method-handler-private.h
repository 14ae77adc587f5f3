/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-rpc-method-handler.h>

G_BEGIN_DECLS

void grpc_aio_rpc_method_handler_run (GrpcAioRpcMethodHandler *self,
                                      GrpcAioServicerContext *context,
                                      GBytes *request);

G_END_DECLS
