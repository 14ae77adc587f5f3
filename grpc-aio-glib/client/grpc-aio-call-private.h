/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-call.h>

#include "client/grpc-aio-channel-private.h"
#include "engine/grpc-aio-operation-private.h"

G_BEGIN_DECLS

GrpcAioCall *grpc_aio_call_new (GrpcAioMultiCallable *multi_callable,
                                GrpcAioQueue *queue,
                                GBytes *request,
                                GrpcAioCallOptions *options);

void grpc_aio_call_run (GrpcAioMultiCallable *multi_callable,
                        GrpcAioQueue *queue,
                        GBytes *request,
                        GrpcAioCallOptions *options,
                        GrpcAioOperation *operation);

/* Any thread. */
void grpc_aio_call_end_hold (GrpcAioChannelMember *member,
                             grpc_status_code code,
                             const char *details);
void grpc_aio_call_cancel_member (GrpcAioChannelMember *member,
                                  const char *details);

G_END_DECLS
