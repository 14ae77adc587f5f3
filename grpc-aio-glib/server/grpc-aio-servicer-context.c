/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "server/grpc-aio-servicer-context-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <grpc/compression.h>
#include <grpc/slice.h>

#include <grpc-aio-glib/grpc-aio-enums.h>
#include <grpc-aio-glib/grpc-aio-error.h>
#include <grpc-aio-glib/grpc-aio-handler-call-details.h>
#include <grpc-aio-glib/grpc-aio-server-interceptor.h>
#include <grpc-aio-glib/grpc-aio-server.h>

#include "engine/grpc-aio-bytes-private.h"
#include "engine/grpc-aio-core-call-private.h"
#include "engine/grpc-aio-core-private.h"
#include "engine/grpc-aio-pool-private.h"
#include "engine/grpc-aio-sync-private.h"
#include "security/grpc-aio-auth-context-private.h"
#include "server/grpc-aio-acceptor-private.h"
#include "server/grpc-aio-rpc-method-handler-private.h"
#include "server/grpc-aio-server-continuation-private.h"
#include "server/grpc-aio-server-private.h"
#include "types/grpc-aio-rpc-status-private.h"

/* A handler in a thread of the pool. */
typedef struct
{
  GrpcAioHandlerTask task;
  GrpcAioCompletion returned;
  GrpcAioServicerContext *context; /* a reference */
  GrpcAioRpcMethodHandler *handler; /* the same */
  GBytes *request;                  /* the context's */
} BlockingRun;

/**
 * GrpcAioServicerContext:
 *
 * One call on the server's side: what a handler reads from, writes to and
 * answers.
 *
 * A handler answers once, with [method@ServicerContext.complete],
 * [method@ServicerContext.complete_with_error] or
 * [method@ServicerContext.abort]; at once or later, as long as it keeps a
 * reference. When the last reference goes without an answer the call ends with
 * `GRPC_AIO_STATUS_CODE_UNKNOWN`, so that no client waits in vain.
 *
 * Reads and writes may be started before earlier ones have ended: they wait
 * their turn, in order. A write ends when flow control has taken the message,
 * so that a slow client slows its server down.
 *
 * [signal@ServicerContext::done] tells when the call is over, and
 * [method@ServicerContext.is_cancelled] whether the client gave it up. Cancelling
 * an operation with its cancellable cancels the call.
 *
 * Since: 0.1
 */
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
  BlockingRun *run;  /* of a handler that blocks, until it is back */

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

enum
{
  PROP_SERVER = 1,
  PROP_METHOD,
  PROP_HOST,
  PROP_INVOCATION_METADATA,
  PROP_ACTIVE,
  PROP_CANCELLED,
  PROP_IDENTITY,
  N_PROPS,
};

enum
{
  SIGNAL_DONE,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GrpcAioServicerContext, grpc_aio_servicer_context, G_TYPE_OBJECT)

static GrpcAioServicerContext *
context_of (GrpcAioCoreCall *core_call)
{
  return (GrpcAioServicerContext *) core_call->owner;
}

static gboolean
streams_requests (GrpcAioServicerContext *self)
{
  GrpcAioMethodKind kind = grpc_aio_servicer_context_get_kind (self);

  return kind == GRPC_AIO_METHOD_KIND_STREAM_UNARY || kind == GRPC_AIO_METHOD_KIND_STREAM_STREAM;
}

static gboolean
streams_responses (GrpcAioServicerContext *self)
{
  GrpcAioMethodKind kind = grpc_aio_servicer_context_get_kind (self);

  return kind == GRPC_AIO_METHOD_KIND_UNARY_STREAM || kind == GRPC_AIO_METHOD_KIND_STREAM_STREAM;
}

static grpc_op
new_close_op (GrpcAioServicerContext *self)
{
  return (grpc_op){
    .op = GRPC_OP_RECV_CLOSE_ON_SERVER,
    .data.recv_close_on_server.cancelled = &self->is_core_cancelled,
  };
}

static void on_closed (GrpcAioCoreCall *core_call,
                       gboolean ok);

/* With the lock. Has grpc-core tell when the client gives up. A call that is
 * answered before it comes to this asks together with its answer. */
static void
arm_close (GrpcAioServicerContext *self)
{
  const grpc_op op = new_close_op (self);

  if (self->is_close_armed)
    return;

  self->closing.done = on_closed;
  self->is_close_armed = grpc_aio_core_call_start (&self->core_call, &self->closing, &op, 1);
}

/* Drops the reference to the context. */
static void
blocking_run_free (BlockingRun *run)
{
  grpc_aio_server_task_ended (run->context->server);
  g_object_unref (run->handler);
  g_object_unref (run->context);
  g_free (run);
}

/* Until the deadline, in microseconds; G_MAXINT64 without one. */
static gint64
get_time_left (GrpcAioServicerContext *self)
{
  gpr_timespec left;

  if (gpr_time_cmp (self->deadline, gpr_inf_future (self->deadline.clock_type)) == 0)
    return G_MAXINT64;

  left = gpr_time_sub (self->deadline, gpr_now (self->deadline.clock_type));

  return left.tv_sec * G_USEC_PER_SEC + left.tv_nsec / 1000;
}

static GError *
new_gone_error (GrpcAioServicerContext *self)
{
  if (get_time_left (self) <= 0)
    return g_error_new_literal (GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED, _("The deadline of the call has passed"));

  return g_error_new_literal (GRPC_AIO_ERROR, GRPC_AIO_ERROR_CANCELLED, _("The client has cancelled the call or is gone"));
}

/* The call is over while its interceptors are asked. They learn of it, and no
 * handler will run. */
static void
abandon_interceptions (GrpcAioServicerContext *self)
{
  g_autoptr (GError) reason = NULL;

  if (!self->is_held)
    return;

  reason = new_gone_error (self);
  grpc_aio_server_continuation_abandon (g_steal_pointer (&self->interceptions), reason);
}

static void
tell_interceptors (GrpcAioServicerContext *self)
{
  if (self->interceptors == NULL)
    return;

  self->end_usec = g_get_monotonic_time ();
  for (gint i = g_atomic_int_get (&self->n_entered); i > 0; i--)
    grpc_aio_server_interceptor_call_ended (g_ptr_array_index (self->interceptors, i - 1), self);
}

/* The program learns that the call is over. */
static void
tell_done (GrpcAioServicerContext *self)
{
  if (G_UNLIKELY (self->interceptors != NULL))
    abandon_interceptions (self);

  if (self->watch != NULL)
    self->watch (self, self->watch_data);

  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ACTIVE]);
  if (self->is_cancelled)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CANCELLED]);
  g_signal_emit (self, signals[SIGNAL_DONE], 0);

  if (G_UNLIKELY (self->interceptors != NULL))
    tell_interceptors (self);
}

/* Looks, after each step, whether the call is over: answered, or given up. For
 * the server it has ended when grpc-core has nothing of it any more, either.
 * Both happen once. */
static void
settle (GrpcAioServicerContext *self,
        gboolean is_closed)
{
  BlockingRun *run = NULL; /* that is not needed any more */
  gboolean is_idle, becomes_done, is_leaving;

  g_mutex_lock (&self->core_call.lock);
  /* An answer that was to ask for the end, too, will not get as far. */
  if (self->core_call.sends_ended)
    arm_close (self);
  is_idle = grpc_aio_core_call_is_idle (&self->core_call);
  becomes_done = !self->is_done && (is_closed || (self->is_close_with_status && is_idle));
  if (becomes_done)
    {
      self->is_done = self->core_call.is_ending = TRUE;
      self->is_cancelled = self->is_core_cancelled != 0;
      if (G_UNLIKELY (self->run != NULL) && grpc_aio_server_remove_task (self->server, &self->run->task))
        run = g_steal_pointer (&self->run);
      if (!self->is_answered)
        self->code = get_time_left (self) <= 0 ? GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED : GRPC_AIO_STATUS_CODE_CANCELLED;
    }
  is_leaving = self->is_done && !self->has_left && is_idle;
  self->has_left |= is_leaving;
  g_mutex_unlock (&self->core_call.lock);

  if (becomes_done && !grpc_aio_queue_is_orphan (self->core_call.queue))
    tell_done (self);
  if (is_leaving)
    grpc_aio_server_call_ended (self->server, &self->seat);
  if (run != NULL)
    blocking_run_free (run);
}

static void
on_closed (GrpcAioCoreCall *core_call,
           gboolean ok)
{
  settle (context_of (core_call), TRUE);
}

/* With the lock. */
static gsize
add_close_op (GrpcAioCoreCall *core_call,
              grpc_op *ops)
{
  GrpcAioServicerContext *self = context_of (core_call);

  if (self->is_close_armed)
    return 0;

  self->is_close_armed = self->is_close_with_status = core_call->is_ending = TRUE;
  *ops = new_close_op (self);

  return 1;
}

static void
on_core_settled (GrpcAioCoreCall *core_call)
{
  settle (context_of (core_call), FALSE);
}

static void
end_read (GrpcAioCoreCall *core_call,
          GrpcAioOperation *operation)
{
  GrpcAioServicerContext *self = context_of (core_call);

  if (self->is_message_refused)
    grpc_aio_operation_return_new_error (operation, G_IO_ERROR_CLOSED, _("An interceptor of %s refused the message"), self->method);
  else if (grpc_call_failed_before_recv_message (core_call->core) || self->is_cancelled)
    grpc_aio_operation_return_error (operation, new_gone_error (self));
  else
    grpc_aio_operation_return_pointer (operation, NULL, NULL);
}

static void
end_send (GrpcAioCoreCall *core_call,
          GrpcAioOperation *operation)
{
  grpc_aio_operation_return_error (operation, new_gone_error (context_of (core_call)));
}

/* Leaves it as new. */
static void
grpc_aio_servicer_context_clear (gpointer object)
{
  GrpcAioServicerContext *self = object;

  /* A call that grpc-core would not close has ended now. */
  if (!self->has_left && self->server != NULL)
    grpc_aio_server_call_ended (self->server, &self->seat);

  /* As a GObject does when it goes. */
  g_signal_handlers_destroy (self);

  grpc_metadata_array_destroy (&self->request_array);
  g_clear_pointer (&self->request, g_bytes_unref);
  g_clear_pointer (&self->request_buffer, grpc_byte_buffer_destroy);
  g_clear_pointer (&self->answer.message, g_bytes_unref);
  g_clear_pointer (&self->interceptions, grpc_aio_server_continuation_clear);
  g_clear_pointer (&self->values, g_hash_table_unref);
  g_clear_pointer (&self->identity, g_free);
  g_slist_free_full (self->other_requests, (GDestroyNotify) g_bytes_unref);
  grpc_aio_core_metadata_clear (&self->answer.metadata);
  grpc_slice_unref (self->answer.details);
  grpc_aio_core_call_clear (&self->core_call);

  g_clear_object (&self->own_handler);
  g_clear_object (&self->server);
  g_clear_object (&self->auth_context);
  g_clear_pointer (&self->invocation_metadata, grpc_aio_metadata_unref);
  g_clear_pointer (&self->trailing_metadata, grpc_aio_metadata_unref);
  g_free (self->own_method);
  g_free (self->host);
  g_free (self->details);

  memset (&self->core_call, 0, sizeof *self - G_STRUCT_OFFSET (GrpcAioServicerContext, core_call));
}

static void
release (GrpcAioCoreCall *core_call)
{
  grpc_aio_pool_release (GRPC_AIO_POOL_SERVICER_CONTEXT, core_call->owner, grpc_aio_servicer_context_clear);
}

static void answer (GrpcAioServicerContext *self,
                    GBytes *response,
                    GrpcAioStatusCode code,
                    const char *details);

/* An interceptor gave no message back: unless it has ended the call itself, this
 * does. */
static void
refuse_message (GrpcAioServicerContext *self)
{
  g_autofree char *details = g_strdup_printf (_("An interceptor of %s refused the message"), self->method);

  self->is_message_refused = TRUE;
  answer (self, NULL, GRPC_AIO_STATUS_CODE_INTERNAL, details);
}

/* In the main context of the call. Consumes @message; NULL when it was refused. */
static GBytes *
filter_request (GrpcAioServicerContext *self,
                GBytes *message)
{
  gint n = g_atomic_int_get (&self->n_entered);

  for (gint i = 0; i < n && message != NULL; i++)
    {
      g_autoptr (GBytes) before = message;

      message = grpc_aio_server_interceptor_filter_request (g_ptr_array_index (self->interceptors, i), self, before);
    }
  if (message == NULL)
    refuse_message (self);

  return message;
}

/* Of a call with interceptors. Consumes @message; NULL when it was refused. */
static GBytes *
filter_response (GrpcAioServicerContext *self,
                 GBytes *message)
{
  for (gint i = g_atomic_int_get (&self->n_entered); i > 0 && message != NULL; i--)
    {
      g_autoptr (GBytes) before = message;

      message = grpc_aio_server_interceptor_filter_response (g_ptr_array_index (self->interceptors, i - 1), self, before);
    }
  if (message == NULL)
    refuse_message (self);

  return message;
}

static GBytes *
on_received (GrpcAioCoreCall *core_call,
             GBytes *message)
{
  if (grpc_aio_queue_is_orphan (core_call->queue))
    return message;

  return filter_request (context_of (core_call), message);
}

static const GrpcAioCoreCallFuncs core_call_funcs = {
  .add_ops = add_close_op,
  .end_read = end_read,
  .end_send = end_send,
  .settled = on_core_settled,
  .release = release,
};

/* Of servers with interceptors. */
static const GrpcAioCoreCallFuncs intercepted_call_funcs = {
  .add_ops = add_close_op,
  .end_read = end_read,
  .end_send = end_send,
  .settled = on_core_settled,
  .received = on_received,
  .release = release,
};

static void
add_compression (GrpcAioServicerContext *self,
                 GrpcAioCoreMetadata *metadata)
{
  const char *name = "identity";

  grpc_compression_algorithm_name ((grpc_compression_algorithm) self->compression, &name);
  grpc_aio_core_metadata_add_static (metadata, GRPC_COMPRESSION_REQUEST_ALGORITHM_MD_KEY, name);
}

/* Has the compression go with the initial metadata, before what is sent next. */
static void
send_compression (GrpcAioServicerContext *self)
{
  GrpcAioOperation *operation;

  if (!g_atomic_int_compare_and_exchange (&self->has_compression, TRUE, FALSE))
    return;

  operation = grpc_aio_operation_new (GRPC_AIO_SEND_INITIAL_METADATA, self, send_compression, NULL, NULL, NULL);
  add_compression (self, &operation->metadata);
  g_mutex_lock (&self->core_call.lock);
  self->has_initial_metadata = TRUE;
  g_mutex_unlock (&self->core_call.lock);
  grpc_aio_core_call_send (&self->core_call, operation);
}

/* The flags of the next message. */
static guint32
take_flags (GrpcAioServicerContext *self)
{
  if (G_LIKELY (!g_atomic_int_get (&self->is_next_plain)))
    return 0;

  g_atomic_int_set (&self->is_next_plain, FALSE);

  return GRPC_WRITE_NO_COMPRESS;
}

/* Sends the status, after what still waits, with @response as the last message.
 * Only the first answer counts. */
static void
answer (GrpcAioServicerContext *self,
        GBytes *response,
        GrpcAioStatusCode code,
        const char *details)
{
  gboolean is_answering = FALSE;

  if (G_UNLIKELY (g_atomic_int_get (&self->has_compression)) && response != NULL)
    send_compression (self);

  g_mutex_lock (&self->core_call.lock);
  if (!self->is_answered)
    {
      g_atomic_int_set (&self->is_answered, TRUE);
      self->code = code;
      if (details != self->details)
        {
          g_free (self->details);
          self->details = g_strdup (details);
        }
      /* Nobody is left to hear an answer after the end, nor in a forked child. */
      is_answering = !self->is_done && grpc_aio_core_is_usable ();
    }
  if (is_answering)
    {
      self->answer.message = response != NULL ? g_bytes_ref (response) : NULL;
      self->answer.flags = response != NULL ? take_flags (self) : 0;
      self->answer.code = (grpc_status_code) code;
      if (details != NULL)
        self->answer.details = grpc_slice_from_copied_string (details);
      grpc_aio_core_metadata_init (&self->answer.metadata, self->trailing_metadata);

      grpc_aio_core_call_begin (&self->core_call);
      grpc_aio_core_call_keep_owner (&self->core_call, g_object_ref (self));
      if (!grpc_aio_core_call_answer (&self->core_call, &self->answer))
        arm_close (self);
    }
  g_mutex_unlock (&self->core_call.lock);

  if (is_answering)
    grpc_aio_core_call_end (&self->core_call);
}

/* Nobody will answer, unless that was done. */
void
grpc_aio_servicer_context_give_up (GrpcAioServicerContext *self)
{
  g_autofree char *details = NULL;

  if (g_atomic_int_get (&self->is_answered))
    return;

  details = g_strdup_printf (_("The handler of %s ended without an answer"), self->method);
  answer (self, NULL, GRPC_AIO_STATUS_CODE_UNKNOWN, details);
}

static void
grpc_aio_servicer_context_dispose (GObject *object)
{
  GrpcAioServicerContext *self = GRPC_AIO_SERVICER_CONTEXT (object);

  if (self->core_call.core != NULL)
    {
      grpc_aio_servicer_context_give_up (self);
      grpc_aio_core_call_dispose (&self->core_call);
    }

  G_OBJECT_CLASS (grpc_aio_servicer_context_parent_class)->dispose (object);
}

static void
grpc_aio_servicer_context_finalize (GObject *object)
{
  grpc_aio_servicer_context_clear (object);

  G_OBJECT_CLASS (grpc_aio_servicer_context_parent_class)->finalize (object);
}

static void
grpc_aio_servicer_context_get_property (GObject *object,
                                        guint id,
                                        GValue *value,
                                        GParamSpec *pspec)
{
  GrpcAioServicerContext *self = GRPC_AIO_SERVICER_CONTEXT (object);

  switch (id)
    {
    case PROP_SERVER:
      g_value_set_object (value, self->server);
      break;

    case PROP_METHOD:
      g_value_set_string (value, self->method);
      break;

    case PROP_HOST:
      g_value_set_string (value, self->host);
      break;

    case PROP_INVOCATION_METADATA:
      g_value_set_boxed (value, grpc_aio_servicer_context_get_invocation_metadata (self));
      break;

    case PROP_ACTIVE:
      g_value_set_boolean (value, grpc_aio_servicer_context_is_active (self));
      break;

    case PROP_CANCELLED:
      g_value_set_boolean (value, grpc_aio_servicer_context_is_cancelled (self));
      break;

    case PROP_IDENTITY:
      g_value_set_string (value, grpc_aio_servicer_context_get_identity (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_servicer_context_class_init (GrpcAioServicerContextClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->dispose = grpc_aio_servicer_context_dispose;
  object_class->finalize = grpc_aio_servicer_context_finalize;
  object_class->get_property = grpc_aio_servicer_context_get_property;

  /**
   * GrpcAioServicerContext:server:
   *
   * The server that was called.
   *
   * Since: 0.1
   */
  properties[PROP_SERVER] = g_param_spec_object ("server", NULL, NULL, GRPC_AIO_TYPE_SERVER, flags);

  /**
   * GrpcAioServicerContext:method:
   *
   * The full name, `/package.Service/Method`.
   *
   * Since: 0.1
   */
  properties[PROP_METHOD] = g_param_spec_string ("method", NULL, NULL, NULL, flags);

  /**
   * GrpcAioServicerContext:host:
   *
   * The `:authority` that the client named, or `NULL` for a method of a
   * [class@Service].
   *
   * Since: 0.1
   */
  properties[PROP_HOST] = g_param_spec_string ("host", NULL, NULL, NULL, flags);

  /**
   * GrpcAioServicerContext:invocation-metadata:
   *
   * The initial metadata that the client sent.
   *
   * Since: 0.1
   */
  properties[PROP_INVOCATION_METADATA] = g_param_spec_boxed ("invocation-metadata", NULL, NULL, GRPC_AIO_TYPE_METADATA, flags);

  /**
   * GrpcAioServicerContext:active:
   *
   * Whether the call is not over. It is notified once, before
   * [signal@ServicerContext::done].
   *
   * Since: 0.1
   */
  properties[PROP_ACTIVE] = g_param_spec_boolean ("active", NULL, NULL, TRUE, flags);

  /**
   * GrpcAioServicerContext:cancelled:
   *
   * Whether the call ended without its answer. It is notified once, if so, before
   * [signal@ServicerContext::done].
   *
   * Since: 0.1
   */
  properties[PROP_CANCELLED] = g_param_spec_boolean ("cancelled", NULL, NULL, FALSE, flags);

  /**
   * GrpcAioServicerContext:identity:
   *
   * Who the caller is, as an interceptor found out, or `NULL`. It is not notified.
   *
   * Since: 0.1
   */
  properties[PROP_IDENTITY] = g_param_spec_string ("identity", NULL, NULL, NULL, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * GrpcAioServicerContext::done:
   * @self: the context
   *
   * Emitted once, in the main context of the handler, when the call is over: after its
   * answer was sent, or when the client gave it up. Then a handler may stop its
   * work. It is not emitted for a context whose last reference is gone.
   *
   * Since: 0.1
   */
  signals[SIGNAL_DONE] = g_signal_new ("done", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                       NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
grpc_aio_servicer_context_init (GrpcAioServicerContext *self)
{
}

/* Takes over what @incoming owns. */
GrpcAioServicerContext *
grpc_aio_servicer_context_new (GrpcAioServer *server,
                               GrpcAioQueue *queue,
                               GrpcAioIncomingCall *incoming)
{
  GrpcAioServicerContext *self = grpc_aio_pool_take (GRPC_AIO_POOL_SERVICER_CONTEXT, GRPC_AIO_TYPE_SERVICER_CONTEXT);

  g_mutex_init (&self->core_call.lock);
  grpc_aio_core_call_init (&self->core_call, self,
                           incoming->interceptors == NULL ? &core_call_funcs : &intercepted_call_funcs, queue);
  self->core_call.core = incoming->core;
  self->core_call.needs_initial_metadata = TRUE;
  self->server = g_object_ref (server);
  self->seat = incoming->seat;
  self->own_method = g_steal_pointer (&incoming->own_method);
  self->method = self->own_method != NULL ? self->own_method : incoming->method;
  self->own_handler = g_steal_pointer (&incoming->own_handler);
  self->handler = self->own_handler != NULL ? self->own_handler : incoming->handler;
  self->host = g_steal_pointer (&incoming->host);
  self->deadline = incoming->deadline;
  self->request_array = incoming->metadata;
  grpc_metadata_array_init (&incoming->metadata);
  self->request_buffer = g_steal_pointer (&incoming->payload);
  self->interceptors = incoming->interceptors;

  return self;
}

/* For a call that ends with this one: grpc-core ends it when it hears that this one
 * is over. */
grpc_call *
grpc_aio_servicer_context_get_parent_core (GrpcAioServicerContext *self)
{
  g_mutex_lock (&self->core_call.lock);
  arm_close (self);
  g_mutex_unlock (&self->core_call.lock);

  return self->core_call.core;
}

/* Has @watch called when the call is over. */
void
grpc_aio_servicer_context_set_watch (GrpcAioServicerContext *self,
                                     GrpcAioServicerContextWatch watch,
                                     gpointer user_data)
{
  self->watch = watch;
  self->watch_data = user_data;
}

const grpc_metadata_array *
grpc_aio_servicer_context_get_request_array (GrpcAioServicerContext *self)
{
  return &self->request_array;
}

void
grpc_aio_servicer_context_cancel (GrpcAioServicerContext *self)
{
  grpc_aio_core_call_cancel (&self->core_call, GRPC_STATUS_CANCELLED, _("The server cancelled the call"));
}

GrpcAioSeat *
grpc_aio_servicer_context_get_seat (GrpcAioServicerContext *self)
{
  return &self->seat;
}

/* Notices the end of a call that nothing else is done with yet. */
void
grpc_aio_servicer_context_watch (GrpcAioServicerContext *self)
{
  g_mutex_lock (&self->core_call.lock);
  arm_close (self);
  g_mutex_unlock (&self->core_call.lock);
}

/* Answers a call that no handler gets. */
void
grpc_aio_servicer_context_refuse (GrpcAioServicerContext *self,
                                  GrpcAioStatusCode code,
                                  const char *details)
{
  answer (self, NULL, code, details);
}

GrpcAioQueue *
grpc_aio_servicer_context_get_queue (GrpcAioServicerContext *self)
{
  return self->core_call.queue;
}

/* What a handler is given lives as long as the context. */
void
grpc_aio_servicer_context_keep_request (GrpcAioServicerContext *self,
                                        GBytes *request)
{
  if (request == NULL || request == self->request)
    return;

  g_mutex_lock (&self->core_call.lock);
  self->other_requests = g_slist_prepend (self->other_requests, g_bytes_ref (request));
  g_mutex_unlock (&self->core_call.lock);
}

/* Whether this thread runs the main context of the call. */
gboolean
grpc_aio_servicer_context_is_here (GrpcAioServicerContext *self)
{
  GMainContext *main_context = g_main_context_get_thread_default ();

  if (main_context == NULL)
    main_context = g_main_context_default ();

  return grpc_aio_queue_is_for (self->core_call.queue, main_context) && g_main_context_is_owner (main_context);
}

/* How long the call took, of servers with interceptors. */
gint64
grpc_aio_servicer_context_get_duration (GrpcAioServicerContext *self)
{
  return self->end_usec - self->birth_usec;
}

static GBytes *
take_request (GrpcAioServicerContext *self)
{
  return self->request_buffer != NULL ? grpc_aio_bytes_new_take_core (g_steal_pointer (&self->request_buffer)) : NULL;
}

/* In the call's main context. */
static void
on_returned (GrpcAioCompletion *completion,
             gboolean ok)
{
  BlockingRun *run = (BlockingRun *) ((guint8 *) completion - G_STRUCT_OFFSET (BlockingRun, returned));
  GrpcAioServicerContext *self = run->context;

  g_mutex_lock (&self->core_call.lock);
  self->run = NULL;
  g_mutex_unlock (&self->core_call.lock);

  blocking_run_free (run);
}

/* In a thread of the pool. The handler has a main context for itself: what it
 * waits for in _sync functions does not depend on others, and nothing of it is
 * left behind in the thread. */
static void
run_in_thread (GrpcAioHandlerTask *task)
{
  BlockingRun *run = (BlockingRun *) task;
  GrpcAioServicerContext *self = run->context;
  g_autoptr (GMainContext) main_context = g_main_context_new ();

  /* FALSE when the process exits. */
  if (grpc_aio_core_enter ())
    {
      g_main_context_push_thread_default (main_context);
      grpc_aio_queue_set_foreign (self->core_call.queue);
      if (!grpc_aio_servicer_context_is_done (self))
        grpc_aio_rpc_method_handler_run (run->handler, self, run->request);
      grpc_aio_queue_set_foreign (NULL);
      g_main_context_pop_thread_default (main_context);
      grpc_aio_core_leave ();
    }

  grpc_aio_queue_push (self->core_call.queue, &run->returned);
}

/* Notices the end of the call meanwhile. */
void
grpc_aio_servicer_context_run_blocking (GrpcAioServicerContext *self,
                                        GrpcAioRpcMethodHandler *handler,
                                        GBytes *request)
{
  BlockingRun *run = g_new0 (BlockingRun, 1);

  run->task.run = run_in_thread;
  run->returned.run = on_returned;
  run->context = g_object_ref (self);
  run->handler = g_object_ref (handler);
  run->request = request;

  g_mutex_lock (&self->core_call.lock);
  arm_close (self);
  self->run = run;
  g_mutex_unlock (&self->core_call.lock);

  grpc_aio_server_push_task (self->server, &run->task);
}

/* Runs the handler with the one request, or without for a stream of them. Takes
 * over @request: GJS gives handlers no reference of their own. */
static void
run_handler (GrpcAioServicerContext *self,
             GBytes *request)
{
  if (G_UNLIKELY (self->interceptors != NULL) && request != NULL)
    request = filter_request (self, request);
  self->request = request;

  if (G_UNLIKELY (self->is_message_refused))
    ;
  else if (!streams_requests (self) && request == NULL)
    answer (self, NULL, GRPC_AIO_STATUS_CODE_INTERNAL, _("There is no request, or it could not be decompressed"));
  else if (G_UNLIKELY (grpc_aio_rpc_method_handler_get_blocking (self->handler)))
    grpc_aio_servicer_context_run_blocking (self, self->handler, request);
  else
    grpc_aio_rpc_method_handler_run (self->handler, self, request);

  g_mutex_lock (&self->core_call.lock);
  if (!self->is_answered)
    arm_close (self);
  g_mutex_unlock (&self->core_call.lock);
}

static void
on_request (GrpcAioCoreCall *core_call,
            gboolean ok)
{
  GrpcAioServicerContext *self = context_of (core_call);
  GBytes *request = take_request (self);

  if (grpc_aio_queue_is_orphan (core_call->queue))
    {
      answer (self, NULL, GRPC_AIO_STATUS_CODE_UNAVAILABLE, _("The server's main context is gone"));
      g_clear_pointer (&request, g_bytes_unref);
    }
  else
    {
      run_handler (self, request);
    }

  /* From here on the context is the handler's alone. */
  g_object_unref (self);
}

/* With the handler, or without when the method is unknown. */
static void
serve (GrpcAioServicerContext *self)
{
  gboolean is_receiving = FALSE;
  const grpc_op op = {
    .op = GRPC_OP_RECV_MESSAGE,
    .data.recv_message.recv_message = &self->request_buffer,
  };

  if (self->handler == NULL)
    {
      g_autofree char *details = g_strdup_printf (_("The server has no method %s"), self->method);

      answer (self, NULL, GRPC_AIO_STATUS_CODE_UNIMPLEMENTED, details);
      return;
    }

  if (self->has_payload || streams_requests (self))
    {
      run_handler (self, take_request (self));
      return;
    }

  g_object_ref (self);
  self->receiving.done = on_request;
  g_mutex_lock (&self->core_call.lock);
  is_receiving = grpc_aio_core_call_start (&self->core_call, &self->receiving, &op, 1);
  g_mutex_unlock (&self->core_call.lock);
  if (!is_receiving)
    g_object_unref (self);
}

/* Has the interceptors say what serves the call. */
static void
intercept (GrpcAioServicerContext *self)
{
  g_autoptr (GrpcAioHandlerCallDetails) details = NULL;

  self->birth_usec = g_get_monotonic_time ();
  self->is_held = TRUE;
  details = grpc_aio_handler_call_details_new (self->method, self->host, grpc_aio_servicer_context_get_invocation_metadata (self));
  grpc_aio_server_continuation_begin (self, details);
  if (!self->is_held)
    return;

  /* They take their time: have the end of the call noticed meanwhile. */
  g_mutex_lock (&self->core_call.lock);
  arm_close (self);
  g_mutex_unlock (&self->core_call.lock);
}

/* Serves the call. Without a handler the method is unknown. */
void
grpc_aio_servicer_context_serve (GrpcAioServicerContext *self,
                                 gboolean has_payload)
{
  self->has_payload = has_payload;
  if (G_UNLIKELY (self->interceptors != NULL))
    intercept (self);
  else
    serve (self);
}

/* Why there is nothing to go on with; NULL if there is. */
GError *
grpc_aio_servicer_context_check_held (GrpcAioServicerContext *self)
{
  if (grpc_aio_servicer_context_is_done (self))
    return new_gone_error (self);
  if (g_atomic_int_get (&self->is_answered))
    return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CLOSED, _("The call is answered already"));

  return NULL;
}

/* The interceptor at @position sees the call from now on. NULL after the last. */
GrpcAioServerInterceptor *
grpc_aio_servicer_context_enter (GrpcAioServicerContext *self,
                                 guint position)
{
  if (position >= self->interceptors->len)
    return NULL;

  if ((gint) position >= g_atomic_int_get (&self->n_entered))
    g_atomic_int_set (&self->n_entered, (gint) position + 1);

  return g_ptr_array_index (self->interceptors, position);
}

void
grpc_aio_servicer_context_add_interception (GrpcAioServicerContext *self,
                                            gpointer interception)
{
  self->interceptions = g_slist_prepend (self->interceptions, interception);
}

void
grpc_aio_servicer_context_remove_interception (GrpcAioServicerContext *self,
                                               gpointer interception)
{
  self->interceptions = g_slist_remove (self->interceptions, interception);
}

/* The interceptors have said what serves the call. Consumes @handler, which may be
 * NULL, and @error. */
void
grpc_aio_servicer_context_serve_held (GrpcAioServicerContext *self,
                                      GrpcAioRpcMethodHandler *handler,
                                      GError *error)
{
  g_autoptr (GrpcAioRpcMethodHandler) own_handler = handler;
  g_autoptr (GError) own_error = error;
  g_autoptr (GrpcAioServicerContext) keep = NULL;
  GrpcAioMethodKind kind;

  if (!self->is_held)
    return;

  keep = g_object_ref (self);
  self->is_held = FALSE;
  if (error != NULL)
    {
      grpc_aio_servicer_context_complete_with_error (self, error);
      return;
    }
  if (grpc_aio_servicer_context_is_done (self) || g_atomic_int_get (&self->is_answered))
    return;

  kind = handler != NULL ? grpc_aio_rpc_method_handler_get_kind (handler) : GRPC_AIO_METHOD_KIND_UNARY_UNARY;
  if (self->has_payload && (kind == GRPC_AIO_METHOD_KIND_STREAM_UNARY || kind == GRPC_AIO_METHOD_KIND_STREAM_STREAM))
    {
      g_autofree char *details = g_strdup_printf (_("An interceptor gave %s a handler for a stream of requests, but it has one"), self->method);

      answer (self, NULL, GRPC_AIO_STATUS_CODE_INTERNAL, details);
      return;
    }

  g_set_object (&self->own_handler, handler);
  self->handler = handler;
  serve (self);
}

/* Runs on any thread, while @operation is pending. */
static void
cancel_from_operation (GrpcAioOperation *operation,
                       gpointer owner)
{
  grpc_aio_servicer_context_cancel (owner);
}

static GrpcAioOperation *
new_operation (GrpcAioServicerContext *self,
               GrpcAioOperationKind kind,
               gpointer tag,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  GrpcAioOperation *operation = grpc_aio_operation_new (kind, self, tag, cancellable, callback, user_data);

  grpc_aio_operation_connect (operation, self, cancel_from_operation);

  return operation;
}

/* Consumes @operation when it refuses. */
static gboolean
refuse_when_answered (GrpcAioServicerContext *self,
                      GrpcAioOperation *operation)
{
  gboolean is_answered = g_atomic_int_get (&self->is_answered);

  if (is_answered)
    grpc_aio_operation_return_new_error (operation, G_IO_ERROR_CLOSED, "%s", _("The call is answered already"));

  return is_answered;
}

/* Consumes @operation. */
static void
submit_message (GrpcAioServicerContext *self,
                GrpcAioOperation *operation)
{
  if (G_UNLIKELY (self->interceptors != NULL))
    {
      operation->message = filter_response (self, operation->message);
      if (operation->message == NULL)
        {
          grpc_aio_operation_return_new_error (operation, G_IO_ERROR_CLOSED, _("An interceptor of %s refused the message"), self->method);
          return;
        }
    }
  operation->flags |= take_flags (self);
  if (G_UNLIKELY (g_atomic_int_get (&self->has_compression)))
    send_compression (self);
  grpc_aio_core_call_send (&self->core_call, operation);
}

static void
write_message (GrpcAioServicerContext *self,
               GBytes *message,
               guint32 flags,
               gpointer tag,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  GrpcAioOperation *operation = new_operation (self, GRPC_AIO_SEND_MESSAGE, tag, cancellable, callback, user_data);

  if (!streams_responses (self))
    {
      grpc_aio_operation_return_new_error (operation, G_IO_ERROR_NOT_SUPPORTED,
                                           _("%s has one response: give it with the answer"), self->method);
      return;
    }
  if (refuse_when_answered (self, operation))
    return;

  operation->message = g_bytes_ref (message);
  operation->flags = flags;
  submit_message (self, operation);
}

/* Consumes @operation. */
static void
submit_initial_metadata (GrpcAioServicerContext *self,
                         GrpcAioOperation *operation)
{
  gboolean is_sent;

  g_mutex_lock (&self->core_call.lock);
  is_sent = self->has_initial_metadata || !self->core_call.needs_initial_metadata || self->core_call.sends.head != NULL;
  self->has_initial_metadata = TRUE;
  g_mutex_unlock (&self->core_call.lock);
  if (is_sent)
    {
      grpc_aio_operation_return_new_error (operation, G_IO_ERROR_EXISTS, "%s", _("The initial metadata was sent already"));
      return;
    }

  if (G_UNLIKELY (g_atomic_int_compare_and_exchange (&self->has_compression, TRUE, FALSE)))
    add_compression (self, &operation->metadata);
  grpc_aio_core_call_send (&self->core_call, operation);
}

/* A read or a send, of a call with streams. Consumes @operation. */
void
grpc_aio_servicer_context_submit (GrpcAioServicerContext *self,
                                  GrpcAioOperation *operation)
{
  if (operation->kind == GRPC_AIO_WAIT_MESSAGE)
    grpc_aio_core_call_read (&self->core_call, operation);
  else if (refuse_when_answered (self, operation))
    ;
  else if (operation->kind == GRPC_AIO_SEND_MESSAGE)
    submit_message (self, operation);
  else
    submit_initial_metadata (self, operation);
}

/**
 * grpc_aio_servicer_context_get_server:
 * @self: a context
 *
 * Gets the server that was called.
 *
 * Returns: (transfer none): the server
 *
 * Since: 0.1
 */
GrpcAioServer *
grpc_aio_servicer_context_get_server (GrpcAioServicerContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  return self->server;
}

/**
 * grpc_aio_servicer_context_get_method:
 * @self: a context
 *
 * Gets the full name of the method.
 *
 * Returns: `/package.Service/Method`
 *
 * Since: 0.1
 */
const char *
grpc_aio_servicer_context_get_method (GrpcAioServicerContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  return self->method;
}

/**
 * grpc_aio_servicer_context_get_host:
 * @self: a context
 *
 * Gets the `:authority` that the client named.
 *
 * Returns: (nullable): the host, or `NULL` for a method of a [class@Service]
 *
 * Since: 0.1
 */
const char *
grpc_aio_servicer_context_get_host (GrpcAioServicerContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  return self->host;
}

/**
 * grpc_aio_servicer_context_get_kind:
 * @self: a context
 *
 * Gets which sides of the method stream.
 *
 * Returns: the kind
 *
 * Since: 0.1
 */
GrpcAioMethodKind
grpc_aio_servicer_context_get_kind (GrpcAioServicerContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), GRPC_AIO_METHOD_KIND_UNARY_UNARY);

  return self->handler != NULL ? grpc_aio_rpc_method_handler_get_kind (self->handler) : GRPC_AIO_METHOD_KIND_UNARY_UNARY;
}

/**
 * grpc_aio_servicer_context_get_invocation_metadata:
 * @self: a context
 *
 * Gets the initial metadata that the client sent.
 *
 * Returns: (transfer none): the metadata
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_servicer_context_get_invocation_metadata (GrpcAioServicerContext *self)
{
  GrpcAioMetadata *metadata;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  g_mutex_lock (&self->core_call.lock);
  if (self->invocation_metadata == NULL)
    self->invocation_metadata = grpc_aio_core_metadata_to_glib (&self->request_array);
  metadata = self->invocation_metadata;
  g_mutex_unlock (&self->core_call.lock);

  return metadata;
}

/**
 * grpc_aio_servicer_context_dup_peer:
 * @self: a context
 *
 * Gets the address of the client, such as `ipv4:127.0.0.1:40000`. It is what the
 * network says, and proves nothing.
 *
 * Returns: (nullable) (transfer full): the address, or `NULL` if there is none
 *
 * Since: 0.1
 */
char *
grpc_aio_servicer_context_dup_peer (GrpcAioServicerContext *self)
{
  g_autofree char *core_peer = NULL;
  char *peer;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  core_peer = grpc_aio_core_call_dup_peer (&self->core_call);
  peer = core_peer != NULL ? grpc_aio_acceptor_dup_peer (core_peer) : NULL;

  return peer != NULL ? peer : g_steal_pointer (&core_peer);
}

/**
 * grpc_aio_servicer_context_dup_peer_credentials:
 * @self: a context
 *
 * Gets the process, the user and the group of the client: what the kernel says of who
 * has connected a Unix socket.
 *
 * It knows them of the Unix sockets of [method@Server.add_socket] and
 * [method@Server.add_activation_sockets]. The user and the group are proved. The
 * process is who connected: it may have ended, or have given the connection to
 * another, and its number may be that of another process by now.
 *
 * Returns: (nullable) (transfer full): the credentials, or `NULL` when they are not
 *   known
 *
 * Since: 0.1
 */
GCredentials *
grpc_aio_servicer_context_dup_peer_credentials (GrpcAioServicerContext *self)
{
  g_autofree char *core_peer = NULL;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  core_peer = grpc_aio_core_call_dup_peer (&self->core_call);

  return core_peer != NULL ? grpc_aio_acceptor_dup_credentials (core_peer) : NULL;
}

/**
 * grpc_aio_servicer_context_get_auth_context:
 * @self: a context
 *
 * Gets how the connection is secured, and who the client has proved to be.
 *
 * It is empty when the connection has no security of its own.
 *
 * Returns: (transfer none): what is known of the client
 *
 * Since: 0.1
 */
GrpcAioAuthContext *
grpc_aio_servicer_context_get_auth_context (GrpcAioServicerContext *self)
{
  GrpcAioAuthContext *auth_context;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  g_mutex_lock (&self->core_call.lock);
  if (self->auth_context == NULL && self->core_call.core != NULL && grpc_aio_core_is_usable ())
    self->auth_context = grpc_aio_auth_context_new_for_call (self->core_call.core);
  else if (self->auth_context == NULL)
    self->auth_context = grpc_aio_auth_context_new_for_core (NULL);
  auth_context = self->auth_context;
  g_mutex_unlock (&self->core_call.lock);

  return auth_context;
}

/**
 * grpc_aio_servicer_context_dup_peer_identities:
 * @self: a context
 *
 * Gets who the client has proved to be, such as the names in its certificate:
 * [method@AuthContext.dup_peer_identities] of
 * [method@ServicerContext.get_auth_context].
 *
 * Returns: (transfer full) (element-type GBytes): the identities; none when the
 *   client is not authenticated
 *
 * Since: 0.1
 */
GList *
grpc_aio_servicer_context_dup_peer_identities (GrpcAioServicerContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  return grpc_aio_auth_context_dup_peer_identities (grpc_aio_servicer_context_get_auth_context (self));
}

/**
 * grpc_aio_servicer_context_get_peer_identity_key:
 * @self: a context
 *
 * Gets the name of the property that says who the client is:
 * [method@AuthContext.get_peer_identity_key] of
 * [method@ServicerContext.get_auth_context].
 *
 * Returns: (nullable): the name, or `NULL` when the client is not authenticated
 *
 * Since: 0.1
 */
const char *
grpc_aio_servicer_context_get_peer_identity_key (GrpcAioServicerContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  return grpc_aio_auth_context_get_peer_identity_key (grpc_aio_servicer_context_get_auth_context (self));
}

/**
 * grpc_aio_servicer_context_time_remaining:
 * @self: a context
 *
 * Gets how long the client will wait for the answer.
 *
 * Returns: microseconds, 0 when its time is over, or -1 without a deadline
 *
 * Since: 0.1
 */
gint64
grpc_aio_servicer_context_time_remaining (GrpcAioServicerContext *self)
{
  gint64 left;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), -1);

  left = get_time_left (self);

  return left < G_MAXINT64 ? MAX (0, left) : -1;
}

/**
 * grpc_aio_servicer_context_is_active:
 * @self: a context
 *
 * Whether the call is not over.
 *
 * Returns: whether it runs
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_is_active (GrpcAioServicerContext *self)
{
  return !grpc_aio_servicer_context_is_done (self);
}

/**
 * grpc_aio_servicer_context_is_done:
 * @self: a context
 *
 * Whether the call is over: its answer was sent, or the client gave it up.
 *
 * Returns: whether it is over
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_is_done (GrpcAioServicerContext *self)
{
  gboolean value;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), FALSE);

  g_mutex_lock (&self->core_call.lock);
  value = self->is_done;
  g_mutex_unlock (&self->core_call.lock);

  return value;
}

/**
 * grpc_aio_servicer_context_is_cancelled:
 * @self: a context
 *
 * Whether the call ended without its answer: the client cancelled it or is gone,
 * the deadline passed, or the server stopped.
 *
 * Returns: whether it was given up
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_is_cancelled (GrpcAioServicerContext *self)
{
  gboolean value;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), FALSE);

  g_mutex_lock (&self->core_call.lock);
  value = self->is_cancelled;
  g_mutex_unlock (&self->core_call.lock);

  return value;
}

/**
 * grpc_aio_servicer_context_read_async:
 * @self: a context
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Reads the next message of a stream of requests.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_read_async (GrpcAioServicerContext *self,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  GrpcAioOperation *operation;

  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = new_operation (self, GRPC_AIO_WAIT_MESSAGE, grpc_aio_servicer_context_read_async,
                             cancellable, callback, user_data);
  if (!streams_requests (self))
    grpc_aio_operation_return_new_error (operation, G_IO_ERROR_NOT_SUPPORTED,
                                         _("%s has one request, which the handler was given"), self->method);
  else
    grpc_aio_core_call_read (&self->core_call, operation);
}

/**
 * grpc_aio_servicer_context_read_finish:
 * @self: a context
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@ServicerContext.read_async].
 *
 * The end of the stream is `NULL` without an error. It fails with
 * `GRPC_AIO_ERROR_CANCELLED` or `GRPC_AIO_ERROR_DEADLINE_EXCEEDED` when the client
 * gave the call up.
 *
 * Returns: (transfer full) (nullable): the message, or `NULL` at the end of the
 *   stream
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_servicer_context_read_finish (GrpcAioServicerContext *self,
                                       GAsyncResult *result,
                                       GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_servicer_context_read_async), NULL);

  return grpc_aio_operation_propagate_pointer (result, error);
}

/**
 * grpc_aio_servicer_context_read_sync:
 * @self: a context
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Blocks until the next message of a stream of requests is here.
 *
 * Returns: (transfer full) (nullable): the message, or `NULL` at the end of the
 *   stream
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_servicer_context_read_sync (GrpcAioServicerContext *self,
                                     GCancellable *cancellable,
                                     GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  sync = grpc_aio_sync_begin (self->core_call.queue);
  grpc_aio_servicer_context_read_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_servicer_context_read_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_servicer_context_write_async:
 * @self: a context
 * @message: the message
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Writes a message to a stream of responses.
 *
 * It ends when flow control has taken the message. Further messages may be
 * written meanwhile: they wait, in order.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_write_async (GrpcAioServicerContext *self,
                                       GBytes *message,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  write_message (self, message, 0, grpc_aio_servicer_context_write_async, cancellable, callback, user_data);
}

/**
 * grpc_aio_servicer_context_write_finish:
 * @self: a context
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@ServicerContext.write_async].
 *
 * It fails with `GRPC_AIO_ERROR_CANCELLED` or `GRPC_AIO_ERROR_DEADLINE_EXCEEDED`
 * when the client gave the call up.
 *
 * Returns: whether the message was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_write_finish (GrpcAioServicerContext *self,
                                        GAsyncResult *result,
                                        GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_servicer_context_write_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_servicer_context_write_sync:
 * @self: a context
 * @message: the message
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Writes a message to a stream of responses, and blocks until flow control has
 * taken it.
 *
 * Returns: whether the message was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_write_sync (GrpcAioServicerContext *self,
                                      GBytes *message,
                                      GCancellable *cancellable,
                                      GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = grpc_aio_sync_begin (self->core_call.queue);
  grpc_aio_servicer_context_write_async (self, message, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_servicer_context_write_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_servicer_context_write_with_flags_async:
 * @self: a context
 * @message: the message
 * @flags: how to write it
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Writes a message to a stream of responses as [method@ServicerContext.write_async]
 * does, but in another way.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_write_with_flags_async (GrpcAioServicerContext *self,
                                                  GBytes *message,
                                                  GrpcAioWriteFlags flags,
                                                  GCancellable *cancellable,
                                                  GAsyncReadyCallback callback,
                                                  gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail ((flags & ~GRPC_WRITE_USED_MASK) == 0);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  write_message (self, message, flags, grpc_aio_servicer_context_write_with_flags_async,
                 cancellable, callback, user_data);
}

/**
 * grpc_aio_servicer_context_write_with_flags_finish:
 * @self: a context
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@ServicerContext.write_with_flags_async]. It fails as
 * [method@ServicerContext.write_finish] does.
 *
 * Returns: whether the message was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_write_with_flags_finish (GrpcAioServicerContext *self,
                                                   GAsyncResult *result,
                                                   GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_servicer_context_write_with_flags_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_servicer_context_write_with_flags_sync:
 * @self: a context
 * @message: the message
 * @flags: how to write it
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Writes a message to a stream of responses in the way that @flags say, and blocks
 * until that has ended.
 *
 * Returns: whether the message was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_write_with_flags_sync (GrpcAioServicerContext *self,
                                                 GBytes *message,
                                                 GrpcAioWriteFlags flags,
                                                 GCancellable *cancellable,
                                                 GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail ((flags & ~GRPC_WRITE_USED_MASK) == 0, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = grpc_aio_sync_begin (self->core_call.queue);
  grpc_aio_servicer_context_write_with_flags_async (self, message, flags, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_servicer_context_write_with_flags_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_servicer_context_send_initial_metadata_async:
 * @self: a context
 * @metadata: (nullable): the metadata, or `NULL` for none
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Sends the initial metadata now. Without this, empty metadata goes with the
 * first message or the answer.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_send_initial_metadata_async (GrpcAioServicerContext *self,
                                                       GrpcAioMetadata *metadata,
                                                       GCancellable *cancellable,
                                                       GAsyncReadyCallback callback,
                                                       gpointer user_data)
{
  GrpcAioOperation *operation;

  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = new_operation (self, GRPC_AIO_SEND_INITIAL_METADATA, grpc_aio_servicer_context_send_initial_metadata_async,
                             cancellable, callback, user_data);
  if (refuse_when_answered (self, operation))
    return;

  grpc_aio_core_metadata_init (&operation->metadata, metadata);
  submit_initial_metadata (self, operation);
}

/**
 * grpc_aio_servicer_context_send_initial_metadata_finish:
 * @self: a context
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@ServicerContext.send_initial_metadata_async].
 *
 * It fails with `G_IO_ERROR_EXISTS` when it was sent already.
 *
 * Returns: whether it was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_send_initial_metadata_finish (GrpcAioServicerContext *self,
                                                        GAsyncResult *result,
                                                        GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_servicer_context_send_initial_metadata_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_servicer_context_send_initial_metadata_sync:
 * @self: a context
 * @metadata: (nullable): the metadata, or `NULL` for none
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Sends the initial metadata, and blocks until flow control has taken it.
 *
 * Returns: whether it was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_send_initial_metadata_sync (GrpcAioServicerContext *self,
                                                      GrpcAioMetadata *metadata,
                                                      GCancellable *cancellable,
                                                      GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = grpc_aio_sync_begin (self->core_call.queue);
  grpc_aio_servicer_context_send_initial_metadata_async (self, metadata, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_servicer_context_send_initial_metadata_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_servicer_context_has_sent_initial_metadata:
 * @self: a context
 *
 * Whether the initial metadata is on its way: by
 * [method@ServicerContext.send_initial_metadata_async], or with the first message
 * or the answer.
 *
 * Returns: whether it is too late to send some
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_has_sent_initial_metadata (GrpcAioServicerContext *self)
{
  gboolean value;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), FALSE);

  g_mutex_lock (&self->core_call.lock);
  value = self->has_initial_metadata || !self->core_call.needs_initial_metadata || self->core_call.sends.head != NULL;
  g_mutex_unlock (&self->core_call.lock);

  return value;
}

/**
 * grpc_aio_servicer_context_set_compression:
 * @self: a context
 * @compression: a compression; `GRPC_AIO_COMPRESSION_NONE` for none, even if the
 *   server has a default
 * @error: where to put an error
 *
 * Sets how the responses of this call are compressed.
 *
 * Every client of gRPC understands each. It travels with the initial metadata:
 * when that was sent already this fails with `G_IO_ERROR_EXISTS`.
 *
 * Returns: whether it is not too late
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_set_compression (GrpcAioServicerContext *self,
                                           GrpcAioCompression compression,
                                           GError **error)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), FALSE);
  g_return_val_if_fail (compression >= GRPC_AIO_COMPRESSION_NONE && compression <= GRPC_AIO_COMPRESSION_GZIP, FALSE);

  if (grpc_aio_servicer_context_has_sent_initial_metadata (self) || g_atomic_int_get (&self->is_answered))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_EXISTS, _("The initial metadata was sent already: set the compression before"));
      return FALSE;
    }

  self->compression = compression;
  g_atomic_int_set (&self->has_compression, TRUE);

  return TRUE;
}

/**
 * grpc_aio_servicer_context_disable_next_message_compression:
 * @self: a context
 *
 * Has the next response sent as it is, such as one that is compressed already.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_disable_next_message_compression (GrpcAioServicerContext *self)
{
  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));

  g_atomic_int_set (&self->is_next_plain, TRUE);
}

/**
 * grpc_aio_servicer_context_set_trailing_metadata:
 * @self: a context
 * @metadata: (nullable): the metadata, or `NULL` for none
 *
 * Sets the metadata that goes with the answer.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_set_trailing_metadata (GrpcAioServicerContext *self,
                                                 GrpcAioMetadata *metadata)
{
  GrpcAioMetadata *before;

  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));

  g_mutex_lock (&self->core_call.lock);
  before = self->trailing_metadata;
  self->trailing_metadata = metadata != NULL ? grpc_aio_metadata_ref (metadata) : NULL;
  g_mutex_unlock (&self->core_call.lock);

  g_clear_pointer (&before, grpc_aio_metadata_unref);
}

/**
 * grpc_aio_servicer_context_get_trailing_metadata:
 * @self: a context
 *
 * Gets the metadata that goes with the answer (gRFC L78).
 *
 * Returns: (nullable) (transfer none): the metadata, or `NULL` for none
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_servicer_context_get_trailing_metadata (GrpcAioServicerContext *self)
{
  GrpcAioMetadata *value;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  g_mutex_lock (&self->core_call.lock);
  value = self->trailing_metadata;
  g_mutex_unlock (&self->core_call.lock);

  return value;
}

/**
 * grpc_aio_servicer_context_set_code:
 * @self: a context
 * @code: a status code
 *
 * Sets the status that [method@ServicerContext.complete] sends; it is OK at
 * first.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_set_code (GrpcAioServicerContext *self,
                                    GrpcAioStatusCode code)
{
  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (code >= GRPC_AIO_STATUS_CODE_OK && code <= GRPC_AIO_STATUS_CODE_UNAUTHENTICATED);

  g_mutex_lock (&self->core_call.lock);
  if (!self->is_answered)
    self->code = code;
  g_mutex_unlock (&self->core_call.lock);
}

/**
 * grpc_aio_servicer_context_get_code:
 * @self: a context
 *
 * Gets the status that was set or sent (gRFC L78).
 *
 * Returns: the status code
 *
 * Since: 0.1
 */
GrpcAioStatusCode
grpc_aio_servicer_context_get_code (GrpcAioServicerContext *self)
{
  GrpcAioStatusCode value;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), GRPC_AIO_STATUS_CODE_UNKNOWN);

  g_mutex_lock (&self->core_call.lock);
  value = self->code;
  g_mutex_unlock (&self->core_call.lock);

  return value;
}

/**
 * grpc_aio_servicer_context_set_details:
 * @self: a context
 * @details: (nullable): a text for the client
 *
 * Sets the text that goes with the status of [method@ServicerContext.complete].
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_set_details (GrpcAioServicerContext *self,
                                       const char *details)
{
  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));

  g_mutex_lock (&self->core_call.lock);
  if (!self->is_answered)
    {
      g_free (self->details);
      self->details = g_strdup (details);
    }
  g_mutex_unlock (&self->core_call.lock);
}

/**
 * grpc_aio_servicer_context_get_details:
 * @self: a context
 *
 * Gets the text that was set or sent (gRFC L78).
 *
 * Returns: (nullable): the text
 *
 * Since: 0.1
 */
const char *
grpc_aio_servicer_context_get_details (GrpcAioServicerContext *self)
{
  const char *value;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  g_mutex_lock (&self->core_call.lock);
  value = self->details;
  g_mutex_unlock (&self->core_call.lock);

  return value;
}

/**
 * grpc_aio_servicer_context_complete:
 * @self: a context
 * @response: (nullable): the response; for a stream of responses the last
 *   message, or `NULL`
 *
 * Answers the call: with the response and the status OK, or with the status
 * that [method@ServicerContext.set_code] set.
 *
 * A method with one response needs one when the status is OK: without it the
 * call ends with `GRPC_AIO_STATUS_CODE_UNKNOWN`. Only the first answer counts.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_complete (GrpcAioServicerContext *self,
                                    GBytes *response)
{
  GrpcAioStatusCode code;
  g_autofree char *details = NULL;
  g_autoptr (GBytes) filtered = NULL;

  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));

  if (G_UNLIKELY (self->interceptors != NULL) && response != NULL && !g_atomic_int_get (&self->is_answered))
    {
      response = filtered = filter_response (self, g_bytes_ref (response));
      if (response == NULL)
        return;
    }

  g_mutex_lock (&self->core_call.lock);
  code = self->code;
  details = g_strdup (self->details);
  g_mutex_unlock (&self->core_call.lock);

  if (code == GRPC_AIO_STATUS_CODE_OK && response == NULL && !streams_responses (self))
    {
      g_free (details);
      details = g_strdup_printf (_("The handler of %s gave no response"), self->method);
      code = GRPC_AIO_STATUS_CODE_UNKNOWN;
    }

  /* A message beside a failure would be wrong for a unary response. */
  answer (self, code == GRPC_AIO_STATUS_CODE_OK || streams_responses (self) ? response : NULL, code, details);
}

/**
 * grpc_aio_servicer_context_complete_with_error:
 * @self: a context
 * @error: why there is no response
 *
 * Answers the call with the status that says best what @error means
 * ([func@Error.get_status_code]), its message, and the details that
 * [func@Error.new_with_rpc_status] gave it or that came with it from another
 * server.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_complete_with_error (GrpcAioServicerContext *self,
                                               const GError *error)
{
  g_autoptr (GrpcAioMetadata) metadata = NULL;

  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (error != NULL);

  metadata = grpc_aio_rpc_status_move (error, grpc_aio_servicer_context_get_trailing_metadata (self));
  if (metadata != NULL)
    grpc_aio_servicer_context_set_trailing_metadata (self, metadata);

  answer (self, NULL, grpc_aio_error_get_status_code (error), error->message);
}

/**
 * grpc_aio_servicer_context_abort:
 * @self: a context
 * @code: a status code other than OK
 * @details: (nullable): a text for the client
 *
 * Answers the call with a failure. OK is no failure: it is sent as
 * `GRPC_AIO_STATUS_CODE_UNKNOWN`.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_abort (GrpcAioServicerContext *self,
                                 GrpcAioStatusCode code,
                                 const char *details)
{
  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (code >= GRPC_AIO_STATUS_CODE_OK && code <= GRPC_AIO_STATUS_CODE_UNAUTHENTICATED);

  if (code == GRPC_AIO_STATUS_CODE_OK)
    answer (self, NULL, GRPC_AIO_STATUS_CODE_UNKNOWN, _("The handler aborted with the status OK"));
  else
    answer (self, NULL, code, details);
}

/**
 * grpc_aio_servicer_context_abort_with_metadata:
 * @self: a context
 * @code: a status code other than OK
 * @details: (nullable): a text for the client
 * @trailing_metadata: (nullable): the metadata that goes with it, in place of what
 *   [method@ServicerContext.set_trailing_metadata] set, or `NULL` for no change
 *
 * Answers the call with a failure and metadata. OK is no failure: it is sent as
 * `GRPC_AIO_STATUS_CODE_UNKNOWN`.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_abort_with_metadata (GrpcAioServicerContext *self,
                                               GrpcAioStatusCode code,
                                               const char *details,
                                               GrpcAioMetadata *trailing_metadata)
{
  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (code >= GRPC_AIO_STATUS_CODE_OK && code <= GRPC_AIO_STATUS_CODE_UNAUTHENTICATED);

  if (trailing_metadata != NULL && !g_atomic_int_get (&self->is_answered))
    grpc_aio_servicer_context_set_trailing_metadata (self, trailing_metadata);
  grpc_aio_servicer_context_abort (self, code, details);
}

/**
 * grpc_aio_servicer_context_abort_with_status:
 * @self: a context
 * @status: a status of `google.rpc.Status`, other than OK
 *
 * Answers the call with a failure that has details for programs: code, message and
 * details of @status, beside the trailing metadata that was set. OK is no failure:
 * it is sent as `GRPC_AIO_STATUS_CODE_UNKNOWN`, without the details.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_abort_with_status (GrpcAioServicerContext *self,
                                             GrpcAioRpcStatus *status)
{
  g_autoptr (GError) error = NULL;

  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (status != NULL);

  if (grpc_aio_rpc_status_get_code (status) == GRPC_AIO_STATUS_CODE_OK)
    {
      grpc_aio_servicer_context_abort (self, GRPC_AIO_STATUS_CODE_OK, NULL);
      return;
    }

  error = grpc_aio_error_new_with_rpc_status (status);
  grpc_aio_servicer_context_complete_with_error (self, error);
}

static void
value_free (gpointer data)
{
  g_value_unset (data);
  g_free (data);
}

/**
 * grpc_aio_servicer_context_set_value:
 * @self: a context
 * @key: a name; with the name of your program or library in it there will be no
 *   mix-up, such as `example-user`
 * @value: (nullable): what it stands for, or `NULL` to remove it
 *
 * Attaches a value to the call, such as for an interceptor to hand something to
 * the handler. It goes with the call.
 *
 * C may as well use `g_object_set_data_full ()`, which works from no other
 * language, and costs a little more for each call.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_set_value (GrpcAioServicerContext *self,
                                     const char *key,
                                     const GValue *value)
{
  GValue *copy = NULL;
  g_autofree char *old_key = NULL;
  gpointer taken_key = NULL;
  gpointer old = NULL;

  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (key != NULL);
  g_return_if_fail (value == NULL || G_IS_VALUE (value));

  if (value != NULL)
    {
      copy = g_new0 (GValue, 1);
      g_value_init (copy, G_VALUE_TYPE (value));
      g_value_copy (value, copy);
    }

  /* What goes may run code of the program: not under the lock. */
  g_mutex_lock (&self->core_call.lock);
  if (self->values == NULL)
    self->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, value_free);
  g_hash_table_steal_extended (self->values, key, &taken_key, &old);
  if (copy != NULL)
    g_hash_table_insert (self->values, g_strdup (key), copy);
  g_mutex_unlock (&self->core_call.lock);

  old_key = taken_key;
  if (old != NULL)
    value_free (old);
}

/**
 * grpc_aio_servicer_context_get_value:
 * @self: a context
 * @key: a name
 *
 * Gets what was attached with [method@ServicerContext.set_value].
 *
 * Returns: (nullable) (transfer none): the value, until it is set again, or `NULL`
 *   if there is none
 *
 * Since: 0.1
 */
const GValue *
grpc_aio_servicer_context_get_value (GrpcAioServicerContext *self,
                                     const char *key)
{
  const GValue *value;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  g_mutex_lock (&self->core_call.lock);
  value = self->values != NULL ? g_hash_table_lookup (self->values, key) : NULL;
  g_mutex_unlock (&self->core_call.lock);

  return value;
}

/**
 * grpc_aio_servicer_context_set_identity:
 * @self: a context
 * @identity: (nullable): who it is, or `NULL` when nobody knows
 *
 * Sets who the caller is: for interceptors that found out, such as
 * [class@ServerAuthInterceptor]. To be called before the handler runs.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_set_identity (GrpcAioServicerContext *self,
                                        const char *identity)
{
  char *before;

  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));

  g_mutex_lock (&self->core_call.lock);
  before = self->identity;
  self->identity = g_strdup (identity);
  g_mutex_unlock (&self->core_call.lock);

  g_free (before);
}

/**
 * grpc_aio_servicer_context_get_identity:
 * @self: a context
 *
 * Gets who the caller is, as an interceptor found out. What the transport knows is
 * in [method@ServicerContext.get_auth_context].
 *
 * Returns: (nullable): the identity, or `NULL` when nobody knows
 *
 * Since: 0.1
 */
const char *
grpc_aio_servicer_context_get_identity (GrpcAioServicerContext *self)
{
  const char *value;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  g_mutex_lock (&self->core_call.lock);
  value = self->identity;
  g_mutex_unlock (&self->core_call.lock);

  return value;
}
