/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-call.h>

#include "client/grpc-aio-channel-private.h"
#include "client/grpc-aio-relay-private.h"
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

/* Any thread; with the channel's lock, which keeps the call. */
void grpc_aio_call_end_hold (GrpcAioChannelMember *member,
                             grpc_status_code code,
                             const char *details);
void grpc_aio_call_leave_addresses (GrpcAioChannelMember *member);
void grpc_aio_call_cancel_member (GrpcAioChannelMember *member,
                                  const char *details,
                                  GPtrArray *relays);
void grpc_aio_call_cancel_relay (gpointer call,
                                 gpointer details);

/* Of calls that interceptors answer, from the one at @index on. */
GrpcAioCall *grpc_aio_call_new_intercepted (GrpcAioMultiCallable *multi_callable,
                                            GrpcAioQueue *queue,
                                            GBytes *request,
                                            GrpcAioCallOptions *options,
                                            guint index);
GrpcAioCall *grpc_aio_call_new_failed (GrpcAioMultiCallable *multi_callable,
                                       GrpcAioQueue *queue,
                                       const GError *error);
void grpc_aio_call_run_intercepted (GrpcAioMultiCallable *multi_callable,
                                    GrpcAioQueue *queue,
                                    GBytes *request,
                                    GrpcAioCallOptions *options,
                                    GrpcAioOperation *operation);

/* For the relay of such a call. */
void grpc_aio_call_submit (GrpcAioCall *self,
                           GrpcAioOperation *operation);
void grpc_aio_call_wait (GrpcAioCall *self,
                         GrpcAioOperation *operation);
void grpc_aio_call_submit_start (GrpcAioCall *self,
                                 GrpcAioCallOptions *options,
                                 GrpcAioOperation *operation);
void grpc_aio_call_connect (GrpcAioCall *self,
                            GrpcAioMetadata *metadata);
void grpc_aio_call_end (GrpcAioCall *self,
                        const GrpcAioOutcome *outcome);
void grpc_aio_call_leave (GrpcAioCall *self);
gboolean grpc_aio_call_observe (GrpcAioCall *self,
                                GrpcAioRelay *observer,
                                GrpcAioCoreCall *core_call);
void grpc_aio_call_unobserve (GrpcAioCall *self,
                              GrpcAioRelay *observer);
GrpcAioMetadata *grpc_aio_call_dup_received_metadata (GrpcAioCall *self);
void grpc_aio_call_dup_outcome (GrpcAioCall *self,
                                GrpcAioOutcome *outcome);
void grpc_aio_call_peek_outcome (GrpcAioCall *self,
                                 GrpcAioOutcome *outcome);
GrpcAioMetadata *grpc_aio_call_peek_initial_metadata (GrpcAioCall *self);

G_END_DECLS
