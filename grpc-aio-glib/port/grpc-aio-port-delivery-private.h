/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "port/grpc-aio-port-private.h"

G_BEGIN_DECLS

/* How a port tells that there is something to drain. */
typedef struct
{
  GSource *source;   /* NULL until the port is attached */
  GWeakRef target;
  GParamSpec *pspec;
  GQueue results;    /* of Launch: what was launched and has ended */
} GrpcAioPortDelivery;

GrpcAioPortDelivery *grpc_aio_port_get_delivery (GrpcAioPort *self);
gboolean grpc_aio_port_has_results (GrpcAioPort *self);
void grpc_aio_port_drop_results (GQueue *results);

G_END_DECLS
