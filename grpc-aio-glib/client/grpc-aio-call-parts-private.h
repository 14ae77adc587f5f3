/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

/* What only the files of a call share: grpc-aio-call.c has the class, -start.c how a
 * call begins, -progress.c how it goes on and ends, -operations.c what a program
 * waits for. */

#include <grpc/byte_buffer.h>
#include <grpc/slice.h>

#include "client/grpc-aio-call-private.h"
#include "client/grpc-aio-multi-callable-private.h"
#include "engine/grpc-aio-core-call-private.h"
#include "types/grpc-aio-method-kind-private.h"

G_BEGIN_DECLS

typedef struct _GrpcAioCallHold GrpcAioCallHold;

struct _GrpcAioCall
{
  GObject parent_instance;

  /* Written by grpc-core until the batches are back. Their memory stays when the
   * call is used again. */
  grpc_metadata_array initial_array;
  grpc_metadata_array trailing_array;

  GrpcAioCoreCall core_call; /* its lock is for the fields below */
  GrpcAioMultiCallable *multi_callable;
  GrpcAioChannel *channel; /* the method's */
  GrpcAioMethodKind kind;
  GrpcAioChannelMember member;
  gint64 deadline_usec;   /* monotonic; G_MAXINT64 for none */
  gint is_cancelled_here; /* atomic */

  gboolean is_hidden; /* no program has it */
  GrpcAioCallState state;
  GrpcAioBatch starting;
  GrpcAioBatch ending;
  gboolean is_starting;
  gboolean has_status;
  GrpcAioCompletion held; /* a status that came too early */
  gboolean is_held;
  gint has_closed_writes; /* atomic */
  GrpcAioOperationList waiting;

  GrpcAioRelay *relay;            /* in place of grpc-core, where an interceptor answers */
  GrpcAioRelay *observer;         /* of the call that this one is the answer to */
  GrpcAioCoreCall *observer_core; /* what keeps the observer */

  /* Written by grpc-core, too. */
  grpc_byte_buffer *response_buffer;
  grpc_status_code core_code;
  grpc_slice core_details;
  const char *core_debug_string;

  /* Made from these once somebody asks. */
  GrpcAioMetadata *initial_metadata;
  GrpcAioMetadata *trailing_metadata;
  GBytes *response;
  GrpcAioStatusCode code;
  char *details;

  GrpcAioCallHold *hold; /* NULL but for a call that waits, or has waited, for addresses */
};

static inline GrpcAioCall *
grpc_aio_call_of (GrpcAioCoreCall *core_call)
{
  return (GrpcAioCall *) core_call->owner;
}

static inline GrpcAioCall *
grpc_aio_call_of_member (GrpcAioChannelMember *member)
{
  return (GrpcAioCall *) ((guint8 *) member - G_STRUCT_OFFSET (GrpcAioCall, member));
}

static inline gboolean
grpc_aio_call_is_unary_unary (GrpcAioCall *self)
{
  return self->kind == GRPC_AIO_METHOD_KIND_UNARY_UNARY;
}

/* The class */
void grpc_aio_call_tell (GrpcAioCall *self);
void grpc_aio_call_release (GrpcAioCoreCall *core_call);
void grpc_aio_call_empty_array (grpc_metadata_array *array);

/* How it begins */
void grpc_aio_call_hold_free (GrpcAioCallHold *hold);
gboolean grpc_aio_call_follow_addresses (GrpcAioCall *self);
void grpc_aio_call_cancel_from_operation (GrpcAioOperation *operation,
                                          gpointer owner);

/* How it goes on */
GrpcAioMetadata *grpc_aio_call_make_trailing_metadata (GrpcAioCall *self);

extern const GrpcAioCoreCallFuncs grpc_aio_call_core_funcs;

void grpc_aio_call_settle (GrpcAioCall *self,
                           GrpcAioOperation *operation);
void grpc_aio_call_on_started (GrpcAioCoreCall *core_call,
                               gboolean ok);
void grpc_aio_call_on_ended (GrpcAioCoreCall *core_call,
                             gboolean ok);
void grpc_aio_call_on_unary_ended (GrpcAioCoreCall *core_call,
                                   gboolean ok);
void grpc_aio_call_on_hidden_ended (GrpcAioCoreCall *core_call,
                                    gboolean ok);

G_END_DECLS
