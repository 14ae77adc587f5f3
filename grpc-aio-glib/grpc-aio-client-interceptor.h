/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_CLIENT_INTERCEPTOR (grpc_aio_client_interceptor_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (GrpcAioClientInterceptor, grpc_aio_client_interceptor, GRPC_AIO, CLIENT_INTERCEPTOR, GObject)

/**
 * GrpcAioClientInterceptorClass:
 * @parent_class: the parent class
 * @intercept: takes a call over; the default lets it go on as it is
 * @request_message: sees each message to the server, and may replace it
 * @response_message: sees each message from the server, and may replace it
 * @initial_metadata: sees the metadata that the server answers with
 * @done: sees the end of the call
 *
 * What a client's interceptor implements: as much of it as it needs.
 *
 * Since: 0.1
 */
struct _GrpcAioClientInterceptorClass
{
  GObjectClass parent_class;

  void (*intercept) (GrpcAioClientInterceptor *self,
                     GrpcAioInterceptedCall *call,
                     GError **error);
  GBytes *(*request_message) (GrpcAioClientInterceptor *self,
                              GrpcAioInterceptedCall *call,
                              GBytes *message,
                              GError **error);
  GBytes *(*response_message) (GrpcAioClientInterceptor *self,
                               GrpcAioInterceptedCall *call,
                               GBytes *message,
                               GError **error);
  void (*initial_metadata) (GrpcAioClientInterceptor *self,
                            GrpcAioInterceptedCall *call,
                            GrpcAioMetadata *metadata);
  void (*done) (GrpcAioClientInterceptor *self,
                GrpcAioInterceptedCall *call);

  /*< private >*/
  gpointer padding[8];
};

G_END_DECLS
