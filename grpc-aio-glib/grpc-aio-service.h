/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_SERVICE (grpc_aio_service_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (GrpcAioService, grpc_aio_service, GRPC_AIO, SERVICE, GObject)

/**
 * GrpcAioServiceClass:
 * @parent_class: the parent class
 *
 * The class to derive services from. It has no virtual method of its own: a
 * derived service adds its methods when it is constructed.
 *
 * Since: 0.1
 */
struct _GrpcAioServiceClass
{
  GObjectClass parent_class;

  /*< private >*/
  const char *name;
  gpointer padding[7];
};

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioService *grpc_aio_service_new (const char *name);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_service_class_set_name (GrpcAioServiceClass *klass,
                                      const char *name);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_service_get_name (GrpcAioService *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_service_add_method (GrpcAioService *self,
                                  const char *method,
                                  GrpcAioRpcMethodHandler *handler);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioRpcMethodHandler *grpc_aio_service_get_method (GrpcAioService *self,
                                                      const char *method);

G_END_DECLS
