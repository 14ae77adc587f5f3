/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-server-interceptor.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_SERVER_AUTH_INTERCEPTOR (grpc_aio_server_auth_interceptor_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioServerAuthInterceptor, grpc_aio_server_auth_interceptor, GRPC_AIO, SERVER_AUTH_INTERCEPTOR, GrpcAioServerInterceptor)

/**
 * GrpcAioServerAuthFunc:
 * @continuation: where to let the call pass, or to refuse it; take a reference to
 *   do so later
 * @token: what the client sent after the name of the scheme; copy it to use it
 *   later
 * @user_data: data given with the function
 *
 * Checks who calls. It runs in the main context of the call, and must not block.
 *
 * It ends, then or later, with
 * [method@ServicerContext.set_identity] on
 * [method@ServerContinuation.get_context] and
 * [method@ServerContinuation.pass_on]; or with
 * [method@ServerContinuation.return_error], best with
 * `GRPC_AIO_ERROR_UNAUTHENTICATED`.
 *
 * Since: 0.1
 */
typedef void (*GrpcAioServerAuthFunc) (GrpcAioServerContinuation *continuation,
                                       const char *token,
                                       gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioServerAuthInterceptor *grpc_aio_server_auth_interceptor_new (const char *scheme,
                                                                    GrpcAioServerAuthFunc func,
                                                                    gpointer user_data,
                                                                    GDestroyNotify destroy);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_server_auth_interceptor_get_scheme (GrpcAioServerAuthInterceptor *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_server_auth_interceptor_get_optional (GrpcAioServerAuthInterceptor *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_server_auth_interceptor_set_optional (GrpcAioServerAuthInterceptor *self,
                                                    gboolean optional);

G_END_DECLS
