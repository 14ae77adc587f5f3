/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_SERVER_INTERCEPTOR (grpc_aio_server_interceptor_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (GrpcAioServerInterceptor, grpc_aio_server_interceptor, GRPC_AIO, SERVER_INTERCEPTOR, GObject)

/**
 * GrpcAioServerInterceptorClass:
 * @intercept_service: see [method@ServerInterceptor.intercept_service]; passes
 *   the call on unless it is overridden
 * @filter_request: see [method@ServerInterceptor.filter_request]; changes
 *   nothing unless it is overridden
 * @filter_response: see [method@ServerInterceptor.filter_response]; changes
 *   nothing unless it is overridden
 * @call_ended: see [method@ServerInterceptor.call_ended]; does nothing unless it
 *   is overridden
 *
 * What an interceptor may override.
 *
 * Since: 0.1
 */
struct _GrpcAioServerInterceptorClass
{
  /*< private >*/
  GObjectClass parent_class;

  /*< public >*/
  void (*intercept_service) (GrpcAioServerInterceptor *self,
                             GrpcAioServerContinuation *continuation,
                             GrpcAioHandlerCallDetails *details);
  GBytes *(*filter_request) (GrpcAioServerInterceptor *self,
                             GrpcAioServicerContext *context,
                             GBytes *message);
  GBytes *(*filter_response) (GrpcAioServerInterceptor *self,
                              GrpcAioServicerContext *context,
                              GBytes *message);
  void (*call_ended) (GrpcAioServerInterceptor *self,
                      GrpcAioServicerContext *context);

  /*< private >*/
  gpointer padding[8];
};

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_interceptor_intercept_service (GrpcAioServerInterceptor *self,
                                                    GrpcAioServerContinuation *continuation,
                                                    GrpcAioHandlerCallDetails *details);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_server_interceptor_filter_request (GrpcAioServerInterceptor *self,
                                                    GrpcAioServicerContext *context,
                                                    GBytes *message);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_server_interceptor_filter_response (GrpcAioServerInterceptor *self,
                                                     GrpcAioServicerContext *context,
                                                     GBytes *message);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_interceptor_call_ended (GrpcAioServerInterceptor *self,
                                             GrpcAioServicerContext *context);

G_END_DECLS
