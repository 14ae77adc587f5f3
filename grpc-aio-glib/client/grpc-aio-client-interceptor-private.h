/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-client-interceptor.h>

G_BEGIN_DECLS

void grpc_aio_client_interceptor_intercept (GrpcAioClientInterceptor *self,
                                            GrpcAioInterceptedCall *call);

/* Each replaces *@message, which is owned. FALSE with an error ends the call. */
gboolean grpc_aio_client_interceptor_filter_request (GrpcAioClientInterceptor *self,
                                                     GrpcAioInterceptedCall *call,
                                                     GBytes **message,
                                                     GError **error);
gboolean grpc_aio_client_interceptor_filter_response (GrpcAioClientInterceptor *self,
                                                      GrpcAioInterceptedCall *call,
                                                      GBytes **message,
                                                      GError **error);

void grpc_aio_client_interceptor_tell_initial_metadata (GrpcAioClientInterceptor *self,
                                                        GrpcAioInterceptedCall *call,
                                                        GrpcAioMetadata *metadata);
void grpc_aio_client_interceptor_tell_done (GrpcAioClientInterceptor *self,
                                            GrpcAioInterceptedCall *call);

G_END_DECLS
