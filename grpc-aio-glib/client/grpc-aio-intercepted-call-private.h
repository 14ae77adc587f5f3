/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-intercepted-call.h>

#include "client/grpc-aio-relay-private.h"

G_BEGIN_DECLS

GrpcAioInterceptedCall *grpc_aio_intercepted_call_new (GrpcAioRelay *relay,
                                                       GrpcAioMultiCallable *multi_callable,
                                                       GBytes *request,
                                                       GrpcAioCallOptions *options,
                                                       guint index);
GrpcAioRelay *grpc_aio_intercepted_call_get_relay (GrpcAioInterceptedCall *self);

/* In the main context of the call. */
void grpc_aio_intercepted_call_end (GrpcAioInterceptedCall *self,
                                    const GrpcAioOutcome *outcome);

G_END_DECLS
