/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

/* What only the files of a servicer context share: grpc-aio-servicer-context.c has the
 * class, -serve.c how its handler is found and run, -messages.c what is read and sent,
 * -answers.c how it ends, and -progress.c what grpc-core tells of it. */

#include "server/grpc-aio-servicer-context-private.h"

#include "engine/grpc-aio-core-call-private.h"
#include "server/grpc-aio-handler-pool-private.h"
#include "server/grpc-aio-server-private.h"
#include "types/grpc-aio-method-kind-private.h"

G_BEGIN_DECLS

/* A handler in a thread of the pool. */
typedef struct
{
  GrpcAioHandlerTask task;
  GrpcAioCompletion returned;
  GrpcAioServicerContext *context; /* a reference */
  GrpcAioRpcMethodHandler *handler; /* the same */
  GBytes *request;                  /* the context's */
} GrpcAioBlockingRun;

struct _GrpcAioServicerContext
{
  GObject parent_instance;

  GrpcAioCoreCall core_call; /* its lock is for the fields below */
  GrpcAioServer *server;
  GrpcAioSeat seat;
  GrpcAioRpcMethodHandler *handler; /* the server's, or own_handler */
  GrpcAioRpcMethodHandler *own_handler;
  const char *method; /* the server's, or own_method */
  char *own_method;
  char *host;
  gpr_timespec deadline;
  grpc_metadata_array request_array;
  GrpcAioMetadata *invocation_metadata;
  GrpcAioAuthContext *auth_context;

  GBytes *request;
  GrpcAioBatch receiving; /* the request of a call that came without it */
  grpc_byte_buffer *request_buffer;
  GrpcAioBatch closing;
  int is_core_cancelled; /* written by grpc-core until the call is closed */

  gboolean is_close_armed;
  gboolean is_close_with_status;
  gboolean has_initial_metadata;
  gboolean is_answered; /* written with the lock, and atomically */
  gboolean is_done;
  gboolean is_cancelled;
  gboolean has_left; /* the server does not count it any more */
  GrpcAioBlockingRun *run; /* of a handler that blocks, until it is back */

  GrpcAioMetadata *trailing_metadata;
  GrpcAioStatusCode code;
  char *details;
  GrpcAioAnswer answer; /* what is sent of these */

  gint has_compression; /* atomic; until it is sent */
  GrpcAioCompression compression;
  gint is_next_plain; /* atomic */

  /* Of servers with interceptors. */
  GPtrArray *interceptors; /* the server's */
  gint n_entered;          /* atomic; how many of them see the call */
  GSList *interceptions;   /* in the main context of the call; the innermost first */
  gboolean is_held;        /* in the same; waits for its handler */
  gboolean has_payload;
  gboolean is_message_refused;
  GSList *other_requests; /* that handlers were given, with the lock */
  gint64 birth_usec;
  gint64 end_usec;

  GHashTable *values; /* key → GValue */
  char *identity;

  GrpcAioServicerContextWatch watch; /* in the main context of the call; NULL for none */
  gpointer watch_data;
};

static inline GrpcAioServicerContext *
grpc_aio_servicer_context_of (GrpcAioCoreCall *core_call)
{
  return (GrpcAioServicerContext *) core_call->owner;
}

static inline gboolean
grpc_aio_servicer_context_streams_requests (GrpcAioServicerContext *self)
{
  return grpc_aio_method_kind_streams_requests (grpc_aio_servicer_context_get_kind (self));
}

static inline gboolean
grpc_aio_servicer_context_streams_responses (GrpcAioServicerContext *self)
{
  return grpc_aio_method_kind_streams_responses (grpc_aio_servicer_context_get_kind (self));
}

/* How its handler is run */
void grpc_aio_servicer_context_blocking_run_free (GrpcAioBlockingRun *run);
void grpc_aio_servicer_context_abandon_interceptions (GrpcAioServicerContext *self);
void grpc_aio_servicer_context_tell_interceptors (GrpcAioServicerContext *self);

/* What is read and sent */
void grpc_aio_servicer_context_send_compression (GrpcAioServicerContext *self);
guint32 grpc_aio_servicer_context_take_flags (GrpcAioServicerContext *self);

/* What grpc-core tells */
void grpc_aio_servicer_context_arm_close (GrpcAioServicerContext *self);
gint64 grpc_aio_servicer_context_get_time_left (GrpcAioServicerContext *self);
GError *grpc_aio_servicer_context_new_gone_error (GrpcAioServicerContext *self);
GBytes *grpc_aio_servicer_context_filter_request (GrpcAioServicerContext *self,
                                                  GBytes *message);
GBytes *grpc_aio_servicer_context_filter_response (GrpcAioServicerContext *self,
                                                   GBytes *message);
extern const GrpcAioCoreCallFuncs grpc_aio_servicer_context_core_call_funcs;
extern const GrpcAioCoreCallFuncs grpc_aio_servicer_context_intercepted_call_funcs;
void grpc_aio_servicer_context_answer (GrpcAioServicerContext *self,
                                       GBytes *response,
                                       GrpcAioStatusCode code,
                                       const char *details);

/* The class */
void grpc_aio_servicer_context_tell_done (GrpcAioServicerContext *self);
void grpc_aio_servicer_context_release (GrpcAioCoreCall *core_call);

G_END_DECLS
