/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "engine/grpc-aio-operation-private.h"

G_BEGIN_DECLS

typedef struct _GrpcAioCoreCall GrpcAioCoreCall;
typedef struct _GrpcAioBatch GrpcAioBatch;

/* Operations that grpc-core completes together. */
struct _GrpcAioBatch
{
  GrpcAioCompletion completion;
  GrpcAioCoreCall *call;
  void (*done) (GrpcAioCoreCall *call,
                gboolean ok);
  gboolean may_complete; /* while it is started */
};

/* The end of a server's call. */
typedef struct
{
  GBytes *message; /* the last one, or NULL */
  guint32 flags;   /* its grpc-core's */
  GrpcAioCoreMetadata metadata;
  grpc_status_code code;
  grpc_slice details; /* empty for none */
} GrpcAioAnswer;

/* What a client's call and a server's call do each in their own way. */
typedef struct
{
  /* With the lock; what else to ask for with an answer. */
  gsize (*add_ops) (GrpcAioCoreCall *call,
                    grpc_op *ops);
  /* A read met the end of the stream, a send could not be done. Consumes. */
  void (*end_read) (GrpcAioCoreCall *call,
                    GrpcAioOperation *operation);
  void (*end_send) (GrpcAioCoreCall *call,
                    GrpcAioOperation *operation);
  /* A read or send was completed, of a call that ends or cannot send. */
  void (*settled) (GrpcAioCoreCall *call);
  /* Sees a message that has come, before whoever reads it; NULL for none.
   * Consumes; NULL ends the stream. */
  GBytes *(*received) (GrpcAioCoreCall *call,
                       GBytes *message);
  /* Drops a reference to the owner; NULL for g_object_unref (). */
  void (*release) (GrpcAioCoreCall *call);
} GrpcAioCoreCallFuncs;

/* What both share: the handle, the batches, the queued reads and sends. */
struct _GrpcAioCoreCall
{
  GObject *owner; /* this is a part of it */
  const GrpcAioCoreCallFuncs *funcs;
  GrpcAioQueue *queue;
  grpc_call *core;
  GMutex lock;
  gint outstanding; /* atomic; batches, and whether the owner waits for them */

  /* With the lock. */
  gboolean is_ending; /* the owner waits until nothing is under way */
  gboolean is_held;   /* nothing starts before the owner lets it */

  GrpcAioBatch reading;
  GrpcAioOperationList reads;
  grpc_byte_buffer *incoming; /* of the read under way, without the lock */
  gboolean is_reading;
  gboolean reads_ended;

  GrpcAioBatch sending;
  GrpcAioOperationList sends;
  guint n_in_flight;           /* at the head of sends */
  const GrpcAioAnswer *answer; /* to go after all sends */
  gsize held_size;             /* what grpc-core may hold back by now */
  gboolean is_sending;
  gboolean sends_ended;
  gboolean needs_initial_metadata;
};

void grpc_aio_core_call_init (GrpcAioCoreCall *self,
                              gpointer owner,
                              const GrpcAioCoreCallFuncs *funcs,
                              GrpcAioQueue *queue);
void grpc_aio_core_call_keep_owner (GrpcAioCoreCall *self,
                                    gpointer owner);
void grpc_aio_core_call_lose_owner (GrpcAioCoreCall *self);
void grpc_aio_core_call_begin (GrpcAioCoreCall *self);
void grpc_aio_core_call_end (GrpcAioCoreCall *self);
gboolean grpc_aio_core_call_dispose (GrpcAioCoreCall *self);
void grpc_aio_core_call_clear (GrpcAioCoreCall *self);

gboolean grpc_aio_core_call_start (GrpcAioCoreCall *self,
                                   GrpcAioBatch *batch,
                                   const grpc_op *ops,
                                   gsize n_ops);
gboolean grpc_aio_core_call_is_idle (GrpcAioCoreCall *self);
void grpc_aio_core_call_release (GrpcAioCoreCall *self,
                                 gboolean has_started);

void grpc_aio_core_call_read (GrpcAioCoreCall *self,
                              GrpcAioOperation *operation);
void grpc_aio_core_call_send (GrpcAioCoreCall *self,
                              GrpcAioOperation *operation);
gboolean grpc_aio_core_call_answer (GrpcAioCoreCall *self,
                                    const GrpcAioAnswer *answer);
void grpc_aio_core_call_cancel (GrpcAioCoreCall *self,
                                grpc_status_code code,
                                const char *details);

char *grpc_aio_core_call_dup_peer (GrpcAioCoreCall *self);

G_END_DECLS
