/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-call.h>
#include <grpc-aio-glib/grpc-aio-client-interceptor.h>

#include "engine/grpc-aio-core-call-private.h"

G_BEGIN_DECLS

/* What stands behind a call that an interceptor answers, where grpc-core stands
 * behind others. It belongs to the call.
 *
 * The program's operations wait here until the interceptor says what becomes of
 * them: they are passed on to another call, the target, or meet the reads and
 * writes of the interceptor itself. All that is done in the main context of the
 * call; other threads only leave something here, and post the relay. */
typedef struct _GrpcAioRelay GrpcAioRelay;

/* How a call ended. */
typedef struct
{
  GrpcAioStatusCode code;
  char *details;
  char *debug_string;
  GrpcAioMetadata *initial_metadata;
  GrpcAioMetadata *trailing_metadata;
  GBytes *response;
  gboolean is_cancelled_here;
} GrpcAioOutcome;

void grpc_aio_outcome_clear (GrpcAioOutcome *outcome);
void grpc_aio_outcome_copy (const GrpcAioOutcome *outcome,
                            GrpcAioOutcome *copy);
void grpc_aio_outcome_init_for_error (GrpcAioOutcome *outcome,
                                      const GError *error);

GrpcAioRelay *grpc_aio_relay_new (GrpcAioCall *call,
                                  GrpcAioCoreCall *core_call,
                                  GrpcAioClientInterceptor *interceptor,
                                  gint64 deadline_usec);
void grpc_aio_relay_free (GrpcAioRelay *self);

/* For the call. Any thread. */
void grpc_aio_relay_start (GrpcAioRelay *self,
                           GrpcAioInterceptedCall *intercepted);
void grpc_aio_relay_post (GrpcAioRelay *self);
void grpc_aio_relay_submit (GrpcAioRelay *self,
                            GrpcAioOperation *operation);
void grpc_aio_relay_cancel (GrpcAioRelay *self,
                            const char *details);
GrpcAioCall *grpc_aio_relay_dup_target (GrpcAioRelay *self);

/* For the interceptor. Any thread. */
typedef void (*GrpcAioRelayFunc) (gpointer user_data);

GrpcAioQueue *grpc_aio_relay_get_queue (GrpcAioRelay *self);
GrpcAioClientInterceptor *grpc_aio_relay_get_interceptor (GrpcAioRelay *self);
gint64 grpc_aio_relay_get_deadline (GrpcAioRelay *self);
gboolean grpc_aio_relay_is_over (GrpcAioRelay *self);
void grpc_aio_relay_add_attempt (GrpcAioRelay *self,
                                 GrpcAioCall *attempt);
void grpc_aio_relay_return_call (GrpcAioRelay *self,
                                 GrpcAioCall *target);
void grpc_aio_relay_return_outcome (GrpcAioRelay *self,
                                    GrpcAioOutcome *outcome);
void grpc_aio_relay_fail (GrpcAioRelay *self,
                          const GError *error);
void grpc_aio_relay_send_initial_metadata (GrpcAioRelay *self,
                                           GrpcAioMetadata *metadata);
void grpc_aio_relay_submit_own (GrpcAioRelay *self,
                                GrpcAioOperation *operation);
gboolean grpc_aio_relay_withdraw_own (GrpcAioRelay *self,
                                      GrpcAioOperation *operation);
void grpc_aio_relay_defer (GrpcAioRelay *self,
                           GrpcAioRelayFunc func,
                           gpointer user_data);
void grpc_aio_relay_let_go (GrpcAioRelay *self);

G_END_DECLS
