/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-port.h>

G_BEGIN_DECLS

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_port_attach (GrpcAioPort *self,
                           GObject *target,
                           const char *property);

GRPC_AIO_AVAILABLE_IN_ALL
gulong grpc_aio_port_cancel_on (GrpcAioPort *self,
                                guint32 id,
                                GCancellable *cancellable);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_port_lease (GrpcAioPort *self,
                             guint32 id);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_port_launch (GrpcAioPort *self,
                               guint32 id,
                               GObject *source,
                               const char *operation,
                               const GValue *arguments,
                               guint n_arguments,
                               GCancellable *cancellable);

GRPC_AIO_AVAILABLE_IN_ALL
GAsyncResult *grpc_aio_port_take_result (GrpcAioPort *self,
                                         guint32 *id);

G_END_DECLS
