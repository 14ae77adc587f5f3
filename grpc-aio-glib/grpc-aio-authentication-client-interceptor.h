/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-client-interceptor.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_AUTHENTICATION_CLIENT_INTERCEPTOR (grpc_aio_authentication_client_interceptor_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioAuthenticationClientInterceptor, grpc_aio_authentication_client_interceptor, GRPC_AIO, AUTHENTICATION_CLIENT_INTERCEPTOR, GrpcAioClientInterceptor)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioAuthenticationClientInterceptor *grpc_aio_authentication_client_interceptor_new (void);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_authentication_client_interceptor_set_token (GrpcAioAuthenticationClientInterceptor *self,
                                                           const char *token);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_authentication_client_interceptor_dup_token (GrpcAioAuthenticationClientInterceptor *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_authentication_client_interceptor_fail (GrpcAioAuthenticationClientInterceptor *self,
                                                      const GError *error);

G_END_DECLS
