/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-call.h>
#include <grpc-aio-glib/grpc-aio-intercepted-call.h>

G_BEGIN_DECLS

/* For interceptors that may have to repeat a call with one request. */

/* Runs in the main context of the call. With OK @attempt began well, or ended so. */
typedef void (*GrpcAioAttemptFunc) (GrpcAioInterceptedCall *intercepted,
                                    GrpcAioCall *attempt,
                                    GrpcAioStatusCode code,
                                    gpointer user_data);

void grpc_aio_attempt_start (GrpcAioInterceptedCall *intercepted,
                             GrpcAioAttemptFunc func,
                             gpointer user_data);

/* Microseconds; -1 when the server says nothing, G_MAXINT64 for never. */
gint64 grpc_aio_attempt_get_pushback (GrpcAioCall *attempt);

GSource *grpc_aio_attempt_new_pause (GrpcAioInterceptedCall *intercepted,
                                     gint64 pause_usec,
                                     GSourceFunc func,
                                     gpointer user_data);

gboolean grpc_aio_attempt_is_listed (const char *const *methods,
                                     const char *method);

G_END_DECLS
