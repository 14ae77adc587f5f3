/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <grpc/grpc.h>

G_BEGIN_DECLS

typedef struct _GrpcAioQueue GrpcAioQueue;
typedef struct _GrpcAioCompletion GrpcAioCompletion;
typedef struct _GrpcAioLoop GrpcAioLoop;

typedef void (*GrpcAioCompletionRun) (GrpcAioCompletion *self,
                                      gboolean ok);

/* A tag for grpc-core, embedded in whatever waits for it. */
struct _GrpcAioCompletion
{
  GrpcAioCompletion *next;
  GrpcAioCompletionRun run;
  gboolean ok;
};

GrpcAioQueue *grpc_aio_queue_get_for_context (GMainContext *context);
GrpcAioQueue *grpc_aio_queue_new_private (GMainContext *context);
gboolean grpc_aio_queue_accelerate_context (GMainContext *context);

GrpcAioQueue *grpc_aio_queue_ref (GrpcAioQueue *self);
void grpc_aio_queue_unref (GrpcAioQueue *self);
void grpc_aio_queue_abandon (GrpcAioQueue *self);
gboolean grpc_aio_queue_leave (GrpcAioQueue *self);
void grpc_aio_queue_detach (GrpcAioQueue *self);

grpc_completion_queue *grpc_aio_queue_get_core (GrpcAioQueue *self);
gboolean grpc_aio_queue_is_for (GrpcAioQueue *self,
                                GMainContext *context);
gboolean grpc_aio_queue_is_orphan (GrpcAioQueue *self);
void grpc_aio_queue_set_foreign (GrpcAioQueue *self);
GMainContext *grpc_aio_queue_dup_context (GrpcAioQueue *self);
gboolean grpc_aio_queue_acquire (GrpcAioQueue *self,
                                 gboolean *was_owner);
void grpc_aio_queue_release (GrpcAioQueue *self,
                             gboolean was_owner);
void grpc_aio_queue_resume (GrpcAioQueue *self);
gboolean grpc_aio_queue_is_nested (GrpcAioQueue *self);
gboolean grpc_aio_queue_defer (GrpcAioQueue *self,
                               GrpcAioCompletion *completion);

void grpc_aio_queue_set_priority (GrpcAioQueue *self,
                                  int priority);
void grpc_aio_queue_set_budget (GrpcAioQueue *self,
                                guint max_events,
                                gint64 max_usec);

grpc_call_error grpc_aio_queue_start_batch (GrpcAioQueue *self,
                                            grpc_call *call,
                                            const grpc_op *ops,
                                            gsize n_ops,
                                            gboolean may_complete,
                                            GrpcAioCompletion *completion);
void grpc_aio_queue_post (GrpcAioQueue *self,
                          GrpcAioCompletion *completion);
void grpc_aio_queue_push (GrpcAioQueue *self,
                          GrpcAioCompletion *completion);

/* For who owns the queue's context. */
void grpc_aio_queue_push_local (GrpcAioQueue *self,
                                GrpcAioCompletion *completion);
gboolean grpc_aio_queue_prepare (GrpcAioQueue *self);
gboolean grpc_aio_queue_has_work (GrpcAioQueue *self);
int grpc_aio_queue_get_event_fd (GrpcAioQueue *self);
void grpc_aio_queue_collect (GrpcAioQueue *self,
                             gboolean is_readable);
void grpc_aio_queue_sleep (GrpcAioQueue *self,
                           gpr_timespec deadline);
gboolean grpc_aio_queue_next (GrpcAioQueue *self,
                              gpr_timespec deadline);
void grpc_aio_queue_dispatch (GrpcAioQueue *self,
                              GMainContext *context);

/* What a thread runs now. A callback may run directly when its operation was
 * started in an earlier turn. */
typedef struct
{
  GMainContext *context;
  guint64 number;
} GrpcAioTurn;

guint64 grpc_aio_queue_get_turn (GMainContext *context);
GrpcAioTurn grpc_aio_queue_begin_turn (GMainContext *context);
void grpc_aio_queue_end_turn (GrpcAioTurn outer);

/* For the loop that sleeps in grpc-core. */
GrpcAioQueue *grpc_aio_queue_hold (GrpcAioQueue *self);
void grpc_aio_queue_let_go (GrpcAioQueue *self);
void grpc_aio_queue_set_blocked (GrpcAioQueue *self,
                                 gboolean blocked);
void grpc_aio_queue_wake (GrpcAioQueue *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GrpcAioQueue, grpc_aio_queue_unref)

G_END_DECLS
