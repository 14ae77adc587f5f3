/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-call-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <grpc/compression.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/support/alloc.h>
#include <grpc/support/string_util.h>

#include <grpc-aio-glib/grpc-aio-enums.h>
#include <grpc-aio-glib/grpc-aio-multi-callable.h>

#include "client/grpc-aio-addresses-private.h"
#include "client/grpc-aio-call-options-private.h"
#include "client/grpc-aio-intercepted-call-private.h"
#include "client/grpc-aio-multi-callable-private.h"
#include "engine/grpc-aio-bytes-private.h"
#include "engine/grpc-aio-clock-private.h"
#include "engine/grpc-aio-core-call-private.h"
#include "engine/grpc-aio-core-private.h"
#include "engine/grpc-aio-pool-private.h"
#include "engine/grpc-aio-sync-private.h"
#include "security/grpc-aio-auth-context-private.h"
#include "security/grpc-aio-call-credentials-private.h"
#include "security/grpc-aio-channel-credentials-private.h"
#include "security/grpc-aio-tls-diagnosis-private.h"
#include "server/grpc-aio-servicer-context-private.h"
#include "types/grpc-aio-error-private.h"
#include "types/grpc-aio-rpc-status-private.h"

/* A call whose server is still being looked up is one of a channel that never
 * connects: there it can end. What it is to be is kept here. */
typedef struct
{
  GrpcAioBatch batch;
  GBytes *request;
  GrpcAioCallOptions *options;
  GPtrArray *cores; /* that were replaced; who cancels may still have them */
} Hold;

/**
 * GrpcAioCall:
 *
 * One call of a method, under way from the moment
 * [method@MultiCallable.call] returns it (the "unified call" of gRFC L58).
 *
 * What there is to do with it depends on the kind of the method:
 * - one response: [method@Call.response_async];
 * - a stream of responses: [method@Call.read_async] until it gives `NULL`;
 * - a stream of requests: [method@Call.write_async], then
 *   [method@Call.done_writing_async].
 *
 * Reads and writes may be started before earlier ones have ended: they wait
 * their turn, in order. A write ends when flow control has taken the message,
 * so that a slow server slows its clients down.
 *
 * Every call ends exactly once, with a status. Until then the metadata and the
 * status can be waited for; afterwards the functions that do not wait give them
 * too.
 *
 * A call belongs to the main context that was the thread-default one when it
 * started: [signal@Call::done] and changes of [property@Call:state] are told
 * there. Each operation ends in the context that was the thread-default one when
 * the operation was started. A call may be used from any thread.
 *
 * Cancelling a read, a write or the wait for the response or the connection
 * cancels the call. Cancelling the wait for metadata or the status only ends
 * the waiting.
 *
 * When the last reference goes, a call that streams is cancelled. A call with
 * one request and one response runs to its end: it may be fired and forgotten.
 *
 * Since: 0.1
 */
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

  Hold *hold; /* NULL but for a call that waits, or has waited, for addresses */
};

enum
{
  PROP_MULTI_CALLABLE = 1,
  PROP_STATE,
  N_PROPS,
};

enum
{
  SIGNAL_DONE,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GrpcAioCall, grpc_aio_call, G_TYPE_OBJECT)

G_STATIC_ASSERT ((int) GRPC_AIO_WRITE_FLAGS_BUFFER_HINT == (int) GRPC_WRITE_BUFFER_HINT);
G_STATIC_ASSERT ((int) GRPC_AIO_WRITE_FLAGS_NO_COMPRESS == (int) GRPC_WRITE_NO_COMPRESS);
G_STATIC_ASSERT ((int) GRPC_AIO_WRITE_FLAGS_WRITE_THROUGH == (int) GRPC_WRITE_THROUGH);

/* How late grpc-core's clock may be on a busy machine. */
#define CLOCK_USEC (100 * 1000)

/* How many entries of metadata a call that is used again keeps room for. */
#define KEPT_METADATA 32

static void grpc_aio_call_init (GrpcAioCall *self);
static void grpc_aio_call_clear (gpointer object);

static GrpcAioCall *
call_of (GrpcAioCoreCall *core_call)
{
  return (GrpcAioCall *) core_call->owner;
}

static gboolean
streams_requests (GrpcAioCall *self)
{
  return self->kind == GRPC_AIO_METHOD_KIND_STREAM_UNARY || self->kind == GRPC_AIO_METHOD_KIND_STREAM_STREAM;
}

static gboolean
streams_responses (GrpcAioCall *self)
{
  return self->kind == GRPC_AIO_METHOD_KIND_UNARY_STREAM || self->kind == GRPC_AIO_METHOD_KIND_STREAM_STREAM;
}

static gboolean
is_unary_unary (GrpcAioCall *self)
{
  return self->kind == GRPC_AIO_METHOD_KIND_UNARY_UNARY;
}

/* With the lock; once the metadata is here. */
static GrpcAioMetadata *
get_initial_metadata (GrpcAioCall *self)
{
  if (self->initial_metadata == NULL)
    self->initial_metadata = grpc_aio_core_metadata_to_glib (&self->initial_array);

  return self->initial_metadata;
}

static GrpcAioMetadata *
get_trailing_metadata (GrpcAioCall *self)
{
  if (self->trailing_metadata == NULL)
    self->trailing_metadata = grpc_aio_core_metadata_to_glib (&self->trailing_array);

  return self->trailing_metadata;
}

/* With the lock. */
static gboolean
has_received_metadata (GrpcAioCall *self)
{
  return self->initial_array.count > 0 ||
         (self->initial_metadata != NULL && grpc_aio_metadata_get_size (self->initial_metadata) > 0);
}

/* With the lock; once the call is done with a status other than OK. */
static GError *
new_status_error (GrpcAioCall *self)
{
  g_autofree char *message = NULL;

  if (!grpc_aio_core_is_usable ())
    return grpc_aio_core_new_forked_error ();

  if (self->code == GRPC_AIO_STATUS_CODE_CANCELLED && g_atomic_int_get (&self->is_cancelled_here))
    return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                self->details != NULL ? self->details : _("The call was cancelled"));

  if (self->code == GRPC_AIO_STATUS_CODE_UNAVAILABLE)
    message = grpc_aio_tls_explain (self->details, grpc_aio_channel_get_credentials (self->channel));

  return grpc_aio_error_new_for_status (self->code, message != NULL ? message : self->details, get_initial_metadata (self),
                                        get_trailing_metadata (self), self->core_debug_string);
}

/* Gives an operation what it waited for. The call is done, or as far as the
 * operation needs. Consumes. */
static void
settle (GrpcAioCall *self,
        GrpcAioOperation *operation)
{
  GError *error = NULL;
  GrpcAioMetadata *metadata = NULL;

  g_mutex_lock (&self->core_call.lock);
  switch (operation->kind)
    {
    case GRPC_AIO_WAIT_TRAILING_METADATA:
      metadata = grpc_aio_metadata_ref (get_trailing_metadata (self));
      break;

    case GRPC_AIO_WAIT_STATUS:
      break;

    case GRPC_AIO_WAIT_INITIAL_METADATA:
      /* Metadata that came is not lost with a call that failed later. */
      if (self->code != GRPC_AIO_STATUS_CODE_OK && !has_received_metadata (self))
        error = new_status_error (self);
      else
        metadata = grpc_aio_metadata_ref (get_initial_metadata (self));
      break;

    default:
      if (self->code != GRPC_AIO_STATUS_CODE_OK)
        error = new_status_error (self);
      break;
    }
  g_mutex_unlock (&self->core_call.lock);

  if (error != NULL)
    {
      grpc_aio_operation_return_error (operation, error);
      return;
    }

  switch (operation->kind)
    {
    case GRPC_AIO_WAIT_RESPONSE:
      grpc_aio_operation_return_pointer (operation, g_bytes_ref (self->response), (GDestroyNotify) g_bytes_unref);
      break;

    case GRPC_AIO_WAIT_MESSAGE:
      grpc_aio_operation_return_pointer (operation, NULL, NULL);
      break;

    case GRPC_AIO_WAIT_INITIAL_METADATA:
    case GRPC_AIO_WAIT_TRAILING_METADATA:
      grpc_aio_operation_return_pointer (operation, metadata, (GDestroyNotify) grpc_aio_metadata_unref);
      break;

    case GRPC_AIO_WAIT_STATUS:
      grpc_aio_operation_return_number (operation, self->code);
      break;

    case GRPC_AIO_SEND_MESSAGE:
      grpc_aio_operation_return_new_error (operation, G_IO_ERROR_CLOSED, "%s",
                                           _("The call has ended with status OK: the message was not sent"));
      break;

    default:
      grpc_aio_operation_return_number (operation, TRUE);
      break;
    }
}

/* With the lock. Whether @operation has all it needs. */
static gboolean
is_settled (GrpcAioCall *self,
            GrpcAioOperation *operation)
{
  if (self->state == GRPC_AIO_CALL_STATE_DONE)
    return TRUE;

  return self->state == GRPC_AIO_CALL_STATE_CONNECTED &&
         (operation->kind == GRPC_AIO_WAIT_INITIAL_METADATA || operation->kind == GRPC_AIO_WAIT_CONNECTION);
}

/* With the lock. */
static GrpcAioOperationList
take_settled (GrpcAioCall *self)
{
  GrpcAioOperationList all = grpc_aio_operation_list_take (&self->waiting);
  GrpcAioOperationList settled = { NULL, NULL };
  GrpcAioOperation *operation;

  if (self->state == GRPC_AIO_CALL_STATE_DONE)
    return all;

  while ((operation = grpc_aio_operation_list_pop (&all)) != NULL)
    grpc_aio_operation_list_append (is_settled (self, operation) ? &settled : &self->waiting, operation);

  return settled;
}

static void
settle_all (GrpcAioCall *self,
            GrpcAioOperationList *operations)
{
  GrpcAioOperation *operation;

  while ((operation = grpc_aio_operation_list_pop (operations)) != NULL)
    settle (self, operation);
}

/* Has @operation wait for what it needs, or settles it now. Consumes. */
static void
wait_or_settle (GrpcAioCall *self,
                GrpcAioOperation *operation)
{
  gboolean settled;

  if (grpc_aio_operation_refuse_forked (operation))
    return;

  g_mutex_lock (&self->core_call.lock);
  settled = is_settled (self, operation);
  if (!settled && !grpc_aio_operation_is_withdrawn (operation))
    grpc_aio_operation_list_append (&self->waiting, g_steal_pointer (&operation));
  g_mutex_unlock (&self->core_call.lock);

  if (operation == NULL)
    return;

  if (settled)
    settle (self, operation);
  else
    grpc_aio_operation_return_cancelled (operation);
}

/* With the lock. What the status means once all is back (P5, P6). */
static void
take_status (GrpcAioCall *self)
{
  /* The relay has told it before. */
  if (self->relay != NULL)
    return;

  self->code = (GrpcAioStatusCode) self->core_code;
  if (self->code > GRPC_AIO_STATUS_CODE_UNAUTHENTICATED)
    self->code = GRPC_AIO_STATUS_CODE_UNKNOWN;
  if (self->code != GRPC_AIO_STATUS_CODE_OK)
    self->details = grpc_aio_slice_dup_text (self->core_details);

  if (self->code != GRPC_AIO_STATUS_CODE_OK || streams_responses (self))
    return;

  if (self->response_buffer == NULL)
    {
      self->code = GRPC_AIO_STATUS_CODE_INTERNAL;
      self->details = g_strdup (_("The server sent no response with the status OK"));
      return;
    }

  self->response = grpc_aio_bytes_new_take_core (g_steal_pointer (&self->response_buffer));
  if (self->response == NULL)
    {
      self->code = GRPC_AIO_STATUS_CODE_INTERNAL;
      self->details = g_strdup (_("The response could not be decompressed"));
    }
}

/* The only place that changes the state. */
static void
advance (GrpcAioCall *self,
         GrpcAioCallState state)
{
  GrpcAioOperationList settled;
  GrpcAioCoreCall *observer_core;

  g_mutex_lock (&self->core_call.lock);
  if (state <= self->state)
    {
      g_mutex_unlock (&self->core_call.lock);
      return;
    }
  if (state == GRPC_AIO_CALL_STATE_DONE)
    {
      take_status (self);
      self->core_call.reads_ended = self->core_call.sends_ended = TRUE;
    }
  self->state = state;
  settled = take_settled (self);
  observer_core = self->observer_core;
  if (G_UNLIKELY (observer_core != NULL))
    grpc_aio_core_call_begin (observer_core);
  g_mutex_unlock (&self->core_call.lock);

  if (state == GRPC_AIO_CALL_STATE_DONE && self->relay == NULL)
    grpc_aio_channel_remove_member (self->channel, &self->member);

  settle_all (self, &settled);

  if (G_UNLIKELY (observer_core != NULL))
    {
      grpc_aio_relay_post (call_of (observer_core)->relay);
      grpc_aio_core_call_end (observer_core);
    }

  if (grpc_aio_queue_is_orphan (self->core_call.queue))
    return;

  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
  if (state == GRPC_AIO_CALL_STATE_DONE && g_signal_has_handler_pending (self, signals[SIGNAL_DONE], 0, TRUE))
    g_signal_emit (self, signals[SIGNAL_DONE], 0);
}

static void on_held (GrpcAioCompletion *completion,
                     gboolean ok);

/* A server counts a call's time from what its grpc-core takes for now, which may
 * be some while ago when it has much to do: then it ends the call before the
 * deadline. Nobody is to see that. */
static gboolean
hold_early_status (GrpcAioCall *self)
{
  gint64 left;

  if (G_LIKELY (self->core_code != GRPC_STATUS_DEADLINE_EXCEEDED))
    return FALSE;
  if (self->is_held)
    return TRUE;

  left = self->deadline_usec - g_get_monotonic_time ();
  if (left <= 0 || left > CLOCK_USEC)
    return FALSE;

  self->is_held = TRUE;
  self->held.run = on_held;
  grpc_aio_core_call_begin (&self->core_call);
  grpc_aio_clock_push_at (self->deadline_usec, self->core_call.queue, &self->held);

  return TRUE;
}

/* The status may come before what else is under way: the call is done after the
 * last of them. */
static void
check_done (GrpcAioCall *self)
{
  gboolean is_done;

  g_mutex_lock (&self->core_call.lock);
  is_done = self->has_status && !self->is_starting && grpc_aio_core_call_is_idle (&self->core_call);
  g_mutex_unlock (&self->core_call.lock);

  if (is_done && !hold_early_status (self))
    advance (self, GRPC_AIO_CALL_STATE_DONE);
}

/* grpc-core makes up empty initial metadata for a call that ended here, before
 * the server answered. Its deadlines may be early by as much as its clock is
 * late: so near to one only the status tells what happened. */
static gboolean
has_ended_here (GrpcAioCall *self)
{
  return self->initial_array.count == 0 &&
         (g_atomic_int_get (&self->is_cancelled_here) ||
          self->deadline_usec - g_get_monotonic_time () <= CLOCK_USEC);
}

static void
on_started (GrpcAioCoreCall *core_call,
            gboolean ok)
{
  GrpcAioCall *self = call_of (core_call);

  g_mutex_lock (&self->core_call.lock);
  self->is_starting = FALSE;
  g_mutex_unlock (&self->core_call.lock);

  if (ok && !has_ended_here (self))
    advance (self, GRPC_AIO_CALL_STATE_CONNECTED);
  check_done (self);
}

static void
on_ended (GrpcAioCoreCall *core_call,
          gboolean ok)
{
  GrpcAioCall *self = call_of (core_call);

  g_mutex_lock (&self->core_call.lock);
  self->has_status = self->core_call.is_ending = TRUE;
  g_mutex_unlock (&self->core_call.lock);

  check_done (self);
}

static gboolean start_held (GrpcAioCall *self);
static void replace_status (GrpcAioCall *self,
                            grpc_status_code code,
                            const char *details);

/* Whether the call waits, or waited to its end, for a connection. Then its peer is
 * still the target. */
static gboolean
is_unsent (GrpcAioCall *self)
{
  g_autofree char *peer = grpc_aio_core_call_dup_peer (&self->core_call);

  return peer != NULL && strstr (peer, GRPC_AIO_ADDRESSES_MARK) != NULL;
}

/* Makes a call anew that waited for a connection to addresses that are others now.
 * FALSE when it has its status. */
static gboolean
follow_addresses (GrpcAioCall *self)
{
  if (self->core_code != GRPC_AIO_CHANNEL_RELEASED || grpc_slice_str_cmp (self->core_details, GRPC_AIO_CHANNEL_GONE) != 0)
    return FALSE;

  if (!g_atomic_int_get (&self->is_cancelled_here) && is_unsent (self) && start_held (self))
    return TRUE;

  if (g_atomic_int_get (&self->is_cancelled_here))
    replace_status (self, GRPC_STATUS_CANCELLED, _("The call was cancelled"));
  else
    replace_status (self, GRPC_STATUS_UNAVAILABLE, GRPC_AIO_CHANNEL_GONE);

  return FALSE;
}

static void
on_unary_ended (GrpcAioCoreCall *core_call,
                gboolean ok)
{
  GrpcAioCall *self = call_of (core_call);

  if (G_UNLIKELY (self->hold != NULL) && follow_addresses (self))
    return;

  if (!hold_early_status (self))
    advance (self, GRPC_AIO_CALL_STATE_DONE);
}

/* The operation that made the call has it alone: there is nothing to lock, and
 * nobody to tell. */
static void
end_hidden (GrpcAioCall *self)
{
  GrpcAioOperation *operation = grpc_aio_operation_list_pop (&self->waiting);

  take_status (self);
  grpc_aio_channel_remove_member (self->channel, &self->member);

  if (self->code == GRPC_AIO_STATUS_CODE_OK)
    grpc_aio_operation_return_pointer (operation, g_steal_pointer (&self->response), (GDestroyNotify) g_bytes_unref);
  else
    grpc_aio_operation_return_error (operation, new_status_error (self));
}

static void
on_hidden_ended (GrpcAioCoreCall *core_call,
                 gboolean ok)
{
  GrpcAioCall *self = call_of (core_call);

  if (G_UNLIKELY (self->hold != NULL) && follow_addresses (self))
    return;

  if (!hold_early_status (self))
    end_hidden (self);
}

static void
on_held (GrpcAioCompletion *completion,
         gboolean ok)
{
  GrpcAioCall *self = (GrpcAioCall *) ((guint8 *) completion - G_STRUCT_OFFSET (GrpcAioCall, held));

  if (self->is_hidden)
    end_hidden (self);
  else
    advance (self, GRPC_AIO_CALL_STATE_DONE);
  grpc_aio_core_call_end (&self->core_call);
}

static void
on_core_settled (GrpcAioCoreCall *core_call)
{
  check_done (call_of (core_call));
}

static void
end_operation (GrpcAioCoreCall *core_call,
               GrpcAioOperation *operation)
{
  wait_or_settle (call_of (core_call), operation);
}

static void
release (GrpcAioCoreCall *core_call)
{
  grpc_aio_pool_release (GRPC_AIO_POOL_CALL, core_call->owner, grpc_aio_call_clear);
}

static const GrpcAioCoreCallFuncs core_call_funcs = {
  .end_read = end_operation,
  .end_send = end_operation,
  .settled = on_core_settled,
  .release = release,
};

static void
grpc_aio_call_dispose (GObject *object)
{
  GrpcAioCall *self = GRPC_AIO_CALL (object);

  if ((self->core_call.core != NULL || self->relay != NULL) && grpc_aio_core_call_dispose (&self->core_call))
    grpc_aio_call_cancel (self);

  G_OBJECT_CLASS (grpc_aio_call_parent_class)->dispose (object);
}

static void
hold_free (Hold *hold)
{
  g_clear_pointer (&hold->request, g_bytes_unref);
  g_clear_object (&hold->options);
  g_ptr_array_unref (hold->cores);
  g_free (hold);
}

static void
empty_array (grpc_metadata_array *array)
{
  array->count = 0;
  if (array->capacity > KEPT_METADATA)
    {
      grpc_metadata_array_destroy (array);
      grpc_metadata_array_init (array);
    }
}

/* Leaves it as new. */
static void
grpc_aio_call_clear (gpointer object)
{
  GrpcAioCall *self = object;

  g_assert (self->waiting.head == NULL);

  if (self->member.previous != NULL)
    grpc_aio_channel_remove_member (self->channel, &self->member);
  if (!self->is_hidden)
    g_signal_handlers_destroy (object);

  empty_array (&self->initial_array);
  empty_array (&self->trailing_array);
  grpc_slice_unref (self->core_details);
  g_clear_pointer (&self->response_buffer, grpc_byte_buffer_destroy);
  gpr_free ((gpointer) self->core_debug_string);
  grpc_aio_core_call_clear (&self->core_call);

  g_clear_pointer (&self->initial_metadata, grpc_aio_metadata_unref);
  g_clear_pointer (&self->trailing_metadata, grpc_aio_metadata_unref);
  g_clear_pointer (&self->response, g_bytes_unref);
  g_clear_pointer (&self->details, g_free);
  g_clear_pointer (&self->hold, hold_free);
  g_clear_pointer (&self->relay, grpc_aio_relay_free);
  g_clear_object (&self->multi_callable);

  memset (&self->core_call, 0, sizeof *self - G_STRUCT_OFFSET (GrpcAioCall, core_call));
  grpc_aio_call_init (self);
}

static void
grpc_aio_call_finalize (GObject *object)
{
  GrpcAioCall *self = GRPC_AIO_CALL (object);

  grpc_aio_call_clear (self);
  grpc_metadata_array_destroy (&self->initial_array);
  grpc_metadata_array_destroy (&self->trailing_array);
  g_mutex_clear (&self->core_call.lock);

  G_OBJECT_CLASS (grpc_aio_call_parent_class)->finalize (object);
}

static void
grpc_aio_call_get_property (GObject *object,
                            guint id,
                            GValue *value,
                            GParamSpec *pspec)
{
  GrpcAioCall *self = GRPC_AIO_CALL (object);

  switch (id)
    {
    case PROP_MULTI_CALLABLE:
      g_value_set_object (value, self->multi_callable);
      break;

    case PROP_STATE:
      g_value_set_enum (value, grpc_aio_call_get_state (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_call_class_init (GrpcAioCallClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->dispose = grpc_aio_call_dispose;
  object_class->finalize = grpc_aio_call_finalize;
  object_class->get_property = grpc_aio_call_get_property;

  /**
   * GrpcAioCall:multi-callable:
   *
   * The method that is called.
   *
   * Since: 0.1
   */
  properties[PROP_MULTI_CALLABLE] = g_param_spec_object ("multi-callable", NULL, NULL, GRPC_AIO_TYPE_MULTI_CALLABLE, flags);

  /**
   * GrpcAioCall:state:
   *
   * How far the call has come.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, GRPC_AIO_TYPE_CALL_STATE,
                                              GRPC_AIO_CALL_STATE_STARTED, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * GrpcAioCall::done:
   * @self: the call
   *
   * Emitted once, when the call has its status, in the main context that the
   * call belongs to. It is not emitted for a call whose last reference is gone.
   *
   * Since: 0.1
   */
  signals[SIGNAL_DONE] = g_signal_new ("done", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                       NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
grpc_aio_call_init (GrpcAioCall *self)
{
  g_mutex_init (&self->core_call.lock);
  self->deadline_usec = G_MAXINT64;
  self->core_details = grpc_empty_slice ();
}

/* The first of all that limits the call. */
static gpr_timespec
take_deadline (GrpcAioCall *self,
               const GrpcAioCallOptions *options)
{
  gint64 now, left;

  if (options == NULL || (options->timeout_usec < 0 && options->deadline_usec < 0 && options->parent == NULL))
    return gpr_inf_future (GPR_CLOCK_MONOTONIC);

  now = g_get_monotonic_time ();
  if (options->deadline_usec >= 0)
    self->deadline_usec = options->deadline_usec;
  if (options->timeout_usec >= 0 && options->timeout_usec <= G_MAXINT64 - now)
    self->deadline_usec = MIN (self->deadline_usec, now + options->timeout_usec);
  left = options->parent != NULL ? grpc_aio_servicer_context_time_remaining (options->parent) : -1;
  if (left >= 0 && left <= G_MAXINT64 - now)
    self->deadline_usec = MIN (self->deadline_usec, now + left);
  if (self->deadline_usec == G_MAXINT64)
    return gpr_inf_future (GPR_CLOCK_MONOTONIC);

  return gpr_time_add (gpr_now (GPR_CLOCK_MONOTONIC), gpr_time_from_micros (self->deadline_usec - now, GPR_TIMESPAN));
}

static guint32
get_start_flags (const GrpcAioCallOptions *options)
{
  return options != NULL && options->wait_for_ready
             ? GRPC_INITIAL_METADATA_WAIT_FOR_READY | GRPC_INITIAL_METADATA_WAIT_FOR_READY_EXPLICITLY_SET
             : 0;
}

static grpc_op
new_initial_metadata_op (const GrpcAioCoreMetadata *metadata,
                         const GrpcAioCallOptions *options)
{
  return (grpc_op){
    .op = GRPC_OP_SEND_INITIAL_METADATA,
    .flags = get_start_flags (options),
    .data.send_initial_metadata = { .count = metadata->n_entries, .metadata = metadata->entries },
  };
}

/* Takes the place of the channel's compression, also when it is none. */
static void
add_compression (GrpcAioCoreMetadata *metadata,
                 GrpcAioCompression compression)
{
  const char *name;

  if (grpc_compression_algorithm_name ((grpc_compression_algorithm) compression, &name))
    grpc_aio_core_metadata_add_static (metadata, GRPC_COMPRESSION_REQUEST_ALGORITHM_MD_KEY, name);
}

static void
init_metadata (GrpcAioCoreMetadata *metadata,
               const GrpcAioCallOptions *options)
{
  grpc_aio_core_metadata_init (metadata, options != NULL ? options->metadata : NULL);
  if (options != NULL && options->compression_set)
    add_compression (metadata, options->compression);
}

static grpc_op
new_status_op (GrpcAioCall *self)
{
  return (grpc_op){
    .op = GRPC_OP_RECV_STATUS_ON_CLIENT,
    .data.recv_status_on_client = {
        .trailing_metadata = &self->trailing_array,
        .status = &self->core_code,
        .status_details = &self->core_details,
        .error_string = &self->core_debug_string,
    },
  };
}

static void on_hold_ended (GrpcAioCoreCall *core_call,
                           gboolean ok);

static void
keep_for_later (GrpcAioCall *self,
                GBytes *request,
                const GrpcAioCallOptions *options)
{
  if (self->hold != NULL)
    return;

  self->hold = g_new0 (Hold, 1);
  self->hold->batch.done = on_hold_ended;
  self->hold->request = request != NULL ? g_bytes_ref (request) : NULL;
  self->hold->options = options != NULL ? grpc_aio_call_options_copy (options) : NULL;
  self->hold->cores = g_ptr_array_new_with_free_func ((GDestroyNotify) grpc_call_unref);
}

/* Waits for the channel to find its addresses, or for the call to end before. As
 * start () with locks. */
static gboolean
hold (GrpcAioCall *self,
      GBytes *request,
      const GrpcAioCallOptions *options)
{
  const grpc_op op = new_status_op (self);

  keep_for_later (self, request, options);
  self->core_call.is_held = TRUE;

  return grpc_aio_core_call_start (&self->core_call, &self->hold->batch, &op, 1);
}

/* As few batches as the kind of the method allows. With the lock, unless nobody
 * else has the call. */
static gboolean
start (GrpcAioCall *self,
       GBytes *request,
       GrpcAioCallOptions *options)
{
  GrpcAioCoreMetadata metadata;
  grpc_op ops[6];
  gsize n_ops = 0, n_start_ops;
  grpc_byte_buffer message;
  gboolean started;

  if (G_UNLIKELY (self->member.is_held))
    return hold (self, request, options);
  if (G_UNLIKELY (self->member.addresses != NULL) && self->member.waits_for_ready && is_unary_unary (self))
    keep_for_later (self, request, options);

  init_metadata (&metadata, options);
  if (G_LIKELY (options == NULL || !options->is_started_apart))
    ops[n_ops++] = new_initial_metadata_op (&metadata, options);
  else
    self->core_call.needs_initial_metadata = TRUE;
  if (request != NULL)
    {
      grpc_aio_bytes_to_core (request, &message);
      ops[n_ops++] = (grpc_op){ .op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = &message };
      ops[n_ops++] = (grpc_op){ .op = GRPC_OP_SEND_CLOSE_FROM_CLIENT };
    }
  ops[n_ops++] = (grpc_op){
    .op = GRPC_OP_RECV_INITIAL_METADATA,
    .data.recv_initial_metadata.recv_initial_metadata = &self->initial_array,
  };
  n_start_ops = n_ops;

  if (!streams_responses (self))
    ops[n_ops++] = (grpc_op){
      .op = GRPC_OP_RECV_MESSAGE,
      .data.recv_message.recv_message = &self->response_buffer,
    };
  ops[n_ops++] = new_status_op (self);

  if (is_unary_unary (self))
    {
      self->ending.done = self->is_hidden ? on_hidden_ended : on_unary_ended;
      started = grpc_aio_core_call_start (&self->core_call, &self->ending, ops, n_ops);
      if (G_UNLIKELY (self->hold != NULL) && grpc_aio_channel_is_outdated (self->channel, &self->member))
        grpc_aio_call_leave_addresses (&self->member);
    }
  else
    {
      self->starting.done = on_started;
      self->ending.done = on_ended;
      self->is_starting = grpc_aio_core_call_start (&self->core_call, &self->starting, ops, n_start_ops);
      started = self->is_starting &&
                grpc_aio_core_call_start (&self->core_call, &self->ending, &ops[n_start_ops], n_ops - n_start_ops);
    }

  grpc_aio_core_metadata_clear (&metadata);
  if (request != NULL)
    grpc_slice_buffer_destroy (&message.data.raw.slice_buffer);

  return started;
}

/* As it was before the call waited. */
static void
forget_status (GrpcAioCall *self)
{
  empty_array (&self->trailing_array);
  grpc_slice_unref (self->core_details);
  self->core_details = grpc_empty_slice ();
  gpr_free ((gpointer) self->core_debug_string);
  self->core_debug_string = NULL;
}

static void
replace_status (GrpcAioCall *self,
                grpc_status_code code,
                const char *details)
{
  forget_status (self);
  self->core_code = code;
  self->core_details = grpc_slice_from_copied_string (details);
}

/* FALSE when the channel was closed meanwhile, or grpc-core refuses. */
static gboolean
start_held (GrpcAioCall *self)
{
  GrpcAioCallOptions *options = self->hold->options;
  grpc_call *parent = NULL;
  gint64 left = self->deadline_usec - g_get_monotonic_time ();
  gpr_timespec deadline = gpr_inf_future (GPR_CLOCK_MONOTONIC);
  grpc_call *replaced = NULL;
  gboolean has_started, is_held;

  if (self->deadline_usec != G_MAXINT64)
    deadline = gpr_time_add (gpr_now (GPR_CLOCK_MONOTONIC), gpr_time_from_micros (MAX (left, 0), GPR_TIMESPAN));
  if (options != NULL && options->parent != NULL)
    parent = grpc_aio_servicer_context_get_parent_core (options->parent);
  if (!grpc_aio_channel_replace_call (self->channel, self->core_call.queue,
                                      grpc_aio_multi_callable_get_registered (self->multi_callable),
                                      grpc_aio_multi_callable_get_method (self->multi_callable),
                                      options != NULL ? options->authority : NULL,
                                      parent, deadline, &self->core_call.core, &replaced, &self->member))
    return FALSE;

  g_mutex_lock (&self->core_call.lock);
  forget_status (self);
  empty_array (&self->initial_array);
  g_ptr_array_add (self->hold->cores, replaced);
  has_started = start (self, self->hold->request, options);
  is_held = self->member.is_held;
  g_mutex_unlock (&self->core_call.lock);

  /* Who cancelled meanwhile may have met the call that is replaced. */
  if (!has_started)
    grpc_aio_core_call_cancel (&self->core_call, GRPC_STATUS_INTERNAL, _("The call could not be started"));
  else if (g_atomic_int_get (&self->is_cancelled_here))
    grpc_aio_core_call_cancel (&self->core_call, GRPC_STATUS_CANCELLED, _("The call was cancelled"));
  if (!is_held)
    grpc_aio_core_call_release (&self->core_call, has_started);

  return has_started;
}

/* Nothing was held for long enough to start it, or it goes on now. */
static void
on_hold_ended (GrpcAioCoreCall *core_call,
               gboolean ok)
{
  GrpcAioCall *self = call_of (core_call);

  if (self->core_code == GRPC_AIO_CHANNEL_RELEASED)
    {
      if (!g_atomic_int_get (&self->is_cancelled_here) && start_held (self))
        return;

      if (g_atomic_int_get (&self->is_cancelled_here))
        replace_status (self, GRPC_STATUS_CANCELLED, _("The call was cancelled"));
      else
        replace_status (self, GRPC_STATUS_INTERNAL, _("The call could not be started"));
    }

  if (is_unary_unary (self))
    {
      (self->is_hidden ? on_hidden_ended : on_unary_ended) (core_call, ok);
      return;
    }

  grpc_aio_core_call_release (&self->core_call, FALSE);
  on_ended (core_call, ok);
}

/* A call that cannot start has its status at once. */
static void
fail (GrpcAioCall *self,
      GrpcAioStatusCode code,
      const char *details)
{
  self->state = GRPC_AIO_CALL_STATE_DONE;
  self->core_call.reads_ended = self->core_call.sends_ended = TRUE;
  self->code = code;
  self->details = g_strdup (details);
}

/* Runs on any thread, while @operation is pending. */
static void
cancel_from_operation (GrpcAioOperation *operation,
                       gpointer owner)
{
  grpc_aio_call_cancel (owner);
}

/* What is to prove who the caller is must not go over a connection that anybody
 * may read. */
static gboolean
refuse_credentials (GrpcAioCall *self)
{
  GrpcAioChannelCredentials *credentials = grpc_aio_channel_get_credentials (self->channel);

  if (credentials != NULL && !credentials->is_insecure)
    return FALSE;

  fail (self, GRPC_AIO_STATUS_CODE_UNAUTHENTICATED,
        _("The call has credentials, but its channel is not secure: give the channel credentials, such as those for TLS"));

  return TRUE;
}

static GrpcAioCall *
allocate (GrpcAioMultiCallable *multi_callable,
          GrpcAioQueue *queue)
{
  GrpcAioCall *self = grpc_aio_pool_take (GRPC_AIO_POOL_CALL, GRPC_AIO_TYPE_CALL);

  self->multi_callable = g_object_ref (multi_callable);
  self->channel = grpc_aio_multi_callable_get_base (multi_callable);
  self->kind = grpc_aio_multi_callable_get_kind (multi_callable);
  grpc_aio_core_call_init (&self->core_call, self, &core_call_funcs, queue);

  return self;
}

/* The channel is closed, or the process forked. */
static void
fail_to_create (GrpcAioCall *self)
{
  const char *flaw = grpc_aio_channel_get_flaw (self->channel);
  g_autoptr (GError) error = NULL;

  if (!grpc_aio_core_is_usable ())
    error = grpc_aio_core_new_forked_error ();

  /* The code that grpc-core has for a flaw. */
  if (flaw != NULL)
    fail (self, GRPC_AIO_STATUS_CODE_UNKNOWN, flaw);
  else
    fail (self, GRPC_AIO_STATUS_CODE_FAILED_PRECONDITION, error != NULL ? error->message : _("The channel is closed"));
}

/* A call that is not started yet, or has failed. */
static GrpcAioCall *
create (GrpcAioMultiCallable *multi_callable,
        GrpcAioQueue *queue,
        const GrpcAioCallOptions *options)
{
  GrpcAioCall *self = allocate (multi_callable, queue);
  const gboolean has_credentials = options != NULL && options->credentials != NULL;
  grpc_call *parent = NULL;

  self->member.waits_for_ready = options != NULL && options->wait_for_ready;
  if (!grpc_aio_core_is_usable ())
    {
      fail_to_create (self);
      return self;
    }
  if (has_credentials && refuse_credentials (self))
    return self;

  if (options != NULL && options->parent != NULL)
    parent = grpc_aio_servicer_context_get_parent_core (options->parent);
  if (!grpc_aio_channel_create_call (self->channel, queue,
                                     grpc_aio_multi_callable_get_registered (multi_callable),
                                     grpc_aio_multi_callable_get_method (multi_callable),
                                     options != NULL ? options->authority : NULL,
                                     parent, take_deadline (self, options), &self->core_call.core, &self->member))
    {
      fail_to_create (self);
      return self;
    }

  if (has_credentials)
    grpc_call_set_credentials (self->core_call.core, grpc_aio_call_credentials_get_core (options->credentials));

  return self;
}

static void
fail_to_start (GrpcAioCall *self)
{
  fail (self, GRPC_AIO_STATUS_CODE_INTERNAL, _("The call could not be started"));
  grpc_aio_core_call_cancel (&self->core_call, GRPC_STATUS_INTERNAL, self->details);
}

GrpcAioCall *
grpc_aio_call_new (GrpcAioMultiCallable *multi_callable,
                   GrpcAioQueue *queue,
                   GBytes *request,
                   GrpcAioCallOptions *options)
{
  GrpcAioCall *self = create (multi_callable, queue, options);

  if (self->state == GRPC_AIO_CALL_STATE_DONE)
    return self;

  /* Fire and forget: the call keeps itself until its end. */
  if (is_unary_unary (self))
    grpc_aio_core_call_keep_owner (&self->core_call, g_object_ref (self));

  g_mutex_lock (&self->core_call.lock);
  if (!start (self, request, options))
    fail_to_start (self);
  g_mutex_unlock (&self->core_call.lock);

  if (self->state == GRPC_AIO_CALL_STATE_DONE && is_unary_unary (self))
    grpc_aio_core_call_lose_owner (&self->core_call);

  return self;
}

/* Makes a whole call with one request and one response for @operation, which is
 * all that the program sees of it. Consumes @operation. */
void
grpc_aio_call_run (GrpcAioMultiCallable *multi_callable,
                   GrpcAioQueue *queue,
                   GBytes *request,
                   GrpcAioCallOptions *options,
                   GrpcAioOperation *operation)
{
  GrpcAioCall *self = create (multi_callable, queue, options);

  self->is_hidden = TRUE;
  grpc_aio_core_call_keep_owner (&self->core_call, self);

  if (self->state != GRPC_AIO_CALL_STATE_DONE)
    {
      grpc_aio_operation_list_append (&self->waiting, operation);
      grpc_aio_operation_connect (operation, self, cancel_from_operation);
      if (start (self, request, options))
        return;

      self->waiting = (GrpcAioOperationList){ NULL, NULL };
      fail_to_start (self);
    }

  settle (self, operation);
  grpc_aio_core_call_lose_owner (&self->core_call);
}

/* Any thread; with the channel's lock, which keeps the call. It may wait for a
 * connection to where the server was. */
void
grpc_aio_call_leave_addresses (GrpcAioChannelMember *member)
{
  GrpcAioCall *self = (GrpcAioCall *) ((guint8 *) member - G_STRUCT_OFFSET (GrpcAioCall, member));

  if (self->hold != NULL && is_unary_unary (self) && is_unsent (self))
    grpc_aio_core_call_cancel (&self->core_call, GRPC_AIO_CHANNEL_RELEASED, GRPC_AIO_CHANNEL_GONE);
}

/* Any thread; with the channel's lock, which keeps the call. Ends what stands for a
 * call that waits for addresses. */
void
grpc_aio_call_end_hold (GrpcAioChannelMember *member,
                        grpc_status_code code,
                        const char *details)
{
  GrpcAioCall *self = (GrpcAioCall *) ((guint8 *) member - G_STRUCT_OFFSET (GrpcAioCall, member));

  grpc_aio_core_call_cancel (&self->core_call, code, details);
}

/* With the channel's lock, which keeps the call. One with a relay is added to
 * @relays, to be cancelled without the lock, and kept until then. */
void
grpc_aio_call_cancel_member (GrpcAioChannelMember *member,
                             const char *details,
                             GPtrArray *relays)
{
  GrpcAioCall *self = (GrpcAioCall *) ((guint8 *) member - G_STRUCT_OFFSET (GrpcAioCall, member));

  g_atomic_int_set (&self->is_cancelled_here, TRUE);
  if (G_LIKELY (self->relay == NULL))
    {
      grpc_aio_core_call_cancel (&self->core_call, GRPC_STATUS_CANCELLED, details);
      return;
    }

  grpc_aio_core_call_begin (&self->core_call);
  g_ptr_array_add (relays, self);
}

void
grpc_aio_call_cancel_relay (gpointer call,
                            gpointer details)
{
  GrpcAioCall *self = call;

  grpc_aio_relay_cancel (self->relay, details);
  grpc_aio_core_call_end (&self->core_call);
}

/* A call that has ended before it began. */
GrpcAioCall *
grpc_aio_call_new_failed (GrpcAioMultiCallable *multi_callable,
                          GrpcAioQueue *queue,
                          const GError *error)
{
  GrpcAioCall *self = allocate (multi_callable, queue);

  self->is_cancelled_here = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  fail (self, grpc_aio_error_get_status_code (error), error->message);

  return self;
}

/* On any thread. What grpc-core does for the calls that it has. */
static void
on_parent_done (GrpcAioCall *self,
                GrpcAioServicerContext *parent)
{
  g_autoptr (GError) error = NULL;

  if (!grpc_aio_servicer_context_is_cancelled (parent))
    return;

  error = g_error_new_literal (GRPC_AIO_ERROR, GRPC_AIO_ERROR_CANCELLED, _("The call that this one is a part of was cancelled"));
  grpc_aio_relay_fail (self->relay, error);
}

/* A call that the interceptor at @index of the channel answers. */
GrpcAioCall *
grpc_aio_call_new_intercepted (GrpcAioMultiCallable *multi_callable,
                               GrpcAioQueue *queue,
                               GBytes *request,
                               GrpcAioCallOptions *options,
                               guint index)
{
  GPtrArray *interceptors = grpc_aio_multi_callable_get_interceptors (multi_callable);
  GrpcAioCall *self = allocate (multi_callable, queue);

  take_deadline (self, options);
  if (!grpc_aio_channel_add_member (self->channel, &self->member))
    {
      fail_to_create (self);
      return self;
    }

  self->relay = grpc_aio_relay_new (self, &self->core_call, g_ptr_array_index (interceptors, index), self->deadline_usec);
  if (is_unary_unary (self))
    grpc_aio_core_call_keep_owner (&self->core_call, g_object_ref (self));
  if (options != NULL && options->parent != NULL)
    g_signal_connect_object (options->parent, "done", G_CALLBACK (on_parent_done), self, G_CONNECT_SWAPPED);
  grpc_aio_relay_start (self->relay, grpc_aio_intercepted_call_new (self->relay, multi_callable, request, options, index));

  return self;
}

/* The same, for @operation, which is all that the program sees of it. Consumes
 * @operation. */
void
grpc_aio_call_run_intercepted (GrpcAioMultiCallable *multi_callable,
                               GrpcAioQueue *queue,
                               GBytes *request,
                               GrpcAioCallOptions *options,
                               GrpcAioOperation *operation)
{
  g_autoptr (GrpcAioCall) self = grpc_aio_call_new_intercepted (multi_callable, queue, request, options, 0);

  grpc_aio_operation_connect (operation, self, cancel_from_operation);
  wait_or_settle (self, operation);
}

/* A read or a send. Consumes @operation. */
void
grpc_aio_call_submit (GrpcAioCall *self,
                      GrpcAioOperation *operation)
{
  if (G_UNLIKELY (self->relay != NULL))
    grpc_aio_relay_submit (self->relay, operation);
  else if (operation->kind == GRPC_AIO_WAIT_MESSAGE)
    grpc_aio_core_call_read (&self->core_call, operation);
  else
    grpc_aio_core_call_send (&self->core_call, operation);
}

/* Of a call with a stream of requests, and without an interceptor, whose options have
 * is_started_apart: the first thing to send, which tells when grpc-core has sent it.
 * Consumes @operation. */
void
grpc_aio_call_submit_start (GrpcAioCall *self,
                            GrpcAioCallOptions *options,
                            GrpcAioOperation *operation)
{
  init_metadata (&operation->metadata, options);
  operation->flags = get_start_flags (options);
  grpc_aio_core_call_send (&self->core_call, operation);
}

/* For the status, if nothing else. Consumes @operation. */
void
grpc_aio_call_wait (GrpcAioCall *self,
                    GrpcAioOperation *operation)
{
  wait_or_settle (self, operation);
}

void
grpc_aio_call_connect (GrpcAioCall *self,
                       GrpcAioMetadata *metadata)
{
  g_mutex_lock (&self->core_call.lock);
  self->initial_metadata = grpc_aio_metadata_ref (metadata);
  g_mutex_unlock (&self->core_call.lock);

  advance (self, GRPC_AIO_CALL_STATE_CONNECTED);
}

void
grpc_aio_call_end (GrpcAioCall *self,
                   const GrpcAioOutcome *outcome)
{
  g_mutex_lock (&self->core_call.lock);
  self->code = outcome->code;
  self->details = g_strdup (outcome->details);
  self->core_debug_string = outcome->debug_string != NULL ? gpr_strdup (outcome->debug_string) : NULL;
  if (self->initial_metadata == NULL && outcome->initial_metadata != NULL)
    self->initial_metadata = grpc_aio_metadata_ref (outcome->initial_metadata);
  if (outcome->trailing_metadata != NULL)
    self->trailing_metadata = grpc_aio_metadata_ref (outcome->trailing_metadata);
  if (outcome->response != NULL)
    self->response = g_bytes_ref (outcome->response);
  g_atomic_int_set (&self->is_cancelled_here, outcome->is_cancelled_here);
  g_mutex_unlock (&self->core_call.lock);

  advance (self, GRPC_AIO_CALL_STATE_DONE);
}

/* Nothing of the call is under way any more. */
void
grpc_aio_call_leave (GrpcAioCall *self)
{
  grpc_aio_channel_remove_member (self->channel, &self->member);
}

/* Has @observer posted with each change of the state. FALSE when there is another
 * one. */
gboolean
grpc_aio_call_observe (GrpcAioCall *self,
                       GrpcAioRelay *observer,
                       GrpcAioCoreCall *core_call)
{
  gboolean is_free;

  g_mutex_lock (&self->core_call.lock);
  is_free = self->observer == NULL;
  if (is_free)
    {
      self->observer = observer;
      self->observer_core = core_call;
    }
  g_mutex_unlock (&self->core_call.lock);

  return is_free;
}

void
grpc_aio_call_unobserve (GrpcAioCall *self,
                         GrpcAioRelay *observer)
{
  g_mutex_lock (&self->core_call.lock);
  if (self->observer == observer)
    {
      self->observer = NULL;
      self->observer_core = NULL;
    }
  g_mutex_unlock (&self->core_call.lock);
}

/* NULL while none has come, and when the call failed without any. */
GrpcAioMetadata *
grpc_aio_call_dup_received_metadata (GrpcAioCall *self)
{
  GrpcAioMetadata *metadata = NULL;

  g_mutex_lock (&self->core_call.lock);
  if (self->state == GRPC_AIO_CALL_STATE_CONNECTED ||
      (self->state == GRPC_AIO_CALL_STATE_DONE &&
       (self->code == GRPC_AIO_STATUS_CODE_OK || has_received_metadata (self))))
    metadata = grpc_aio_metadata_ref (get_initial_metadata (self));
  g_mutex_unlock (&self->core_call.lock);

  return metadata;
}

/* Of a call that is done. */
void
grpc_aio_call_dup_outcome (GrpcAioCall *self,
                           GrpcAioOutcome *outcome)
{
  const char *details = grpc_aio_call_get_details (self);

  g_mutex_lock (&self->core_call.lock);
  *outcome = (GrpcAioOutcome){
    .code = self->code,
    .details = g_strdup (details),
    .debug_string = g_strdup (self->core_debug_string),
    .initial_metadata = grpc_aio_metadata_ref (get_initial_metadata (self)),
    .trailing_metadata = grpc_aio_metadata_ref (get_trailing_metadata (self)),
    .response = self->response != NULL ? g_bytes_ref (self->response) : NULL,
    .is_cancelled_here = g_atomic_int_get (&self->is_cancelled_here),
  };
  g_mutex_unlock (&self->core_call.lock);
}

/* With the lock; once the metadata is here. NULL where it is empty. */
static GrpcAioMetadata *
peek_metadata (const grpc_metadata_array *array,
               GrpcAioMetadata **metadata)
{
  if (*metadata == NULL && array->count > 0)
    *metadata = grpc_aio_core_metadata_to_glib (array);

  return *metadata;
}

/* Of a call that is connected; NULL where it is empty. It stays the call's. */
GrpcAioMetadata *
grpc_aio_call_peek_initial_metadata (GrpcAioCall *self)
{
  GrpcAioMetadata *metadata;

  g_mutex_lock (&self->core_call.lock);
  metadata = peek_metadata (&self->initial_array, &self->initial_metadata);
  g_mutex_unlock (&self->core_call.lock);

  return metadata;
}

/* As grpc_aio_call_dup_outcome (), but all stays the call's, and empty metadata is
 * NULL. */
void
grpc_aio_call_peek_outcome (GrpcAioCall *self,
                            GrpcAioOutcome *outcome)
{
  g_mutex_lock (&self->core_call.lock);
  if (self->details == NULL && !GRPC_SLICE_IS_EMPTY (self->core_details))
    self->details = grpc_aio_slice_dup_text (self->core_details);
  *outcome = (GrpcAioOutcome){
    .code = self->code,
    .details = self->details,
    .debug_string = (char *) self->core_debug_string,
    .initial_metadata = peek_metadata (&self->initial_array, &self->initial_metadata),
    .trailing_metadata = peek_metadata (&self->trailing_array, &self->trailing_metadata),
    .response = self->response,
    .is_cancelled_here = g_atomic_int_get (&self->is_cancelled_here),
  };
  g_mutex_unlock (&self->core_call.lock);
}

static GrpcAioSync
begin_sync (GrpcAioCall *self)
{
  GrpcAioSync sync = grpc_aio_sync_begin (self->core_call.queue);

  /* What an interceptor waits for may be any source of the context. */
  sync.runs_context = self->relay != NULL;

  return sync;
}

static gboolean
withdraw (GrpcAioOperation *operation,
          gpointer owner)
{
  GrpcAioCall *self = owner;
  gboolean found;

  g_mutex_lock (&self->core_call.lock);
  found = grpc_aio_operation_list_remove (&self->waiting, operation);
  g_mutex_unlock (&self->core_call.lock);

  return found;
}

/* An operation whose cancelling ends the call. */
static GrpcAioOperation *
new_operation (GrpcAioCall *self,
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

/* Waits for something without a say in it. */
static void
wait_for (GrpcAioCall *self,
          GrpcAioOperationKind kind,
          gpointer tag,
          GCancellable *cancellable,
          GAsyncReadyCallback callback,
          gpointer user_data)
{
  GrpcAioOperation *operation = grpc_aio_operation_new (kind, self, tag, cancellable, callback, user_data);

  grpc_aio_operation_connect_withdrawal (operation, self, self->core_call.queue, withdraw);
  wait_or_settle (self, operation);
}

/* Consumes @operation when it refuses. */
static gboolean
refuse_wrong_kind (GrpcAioCall *self,
                   GrpcAioOperation *operation,
                   gboolean is_right,
                   const char *reason)
{
  if (is_right)
    return FALSE;

  grpc_aio_operation_return_new_error (operation, G_IO_ERROR_NOT_SUPPORTED, "%s: %s",
                                       grpc_aio_multi_callable_get_method (self->multi_callable), _(reason));

  return TRUE;
}

static void
write_message (GrpcAioCall *self,
               GBytes *message,
               guint32 flags,
               gpointer tag,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  GrpcAioOperation *operation = new_operation (self, GRPC_AIO_SEND_MESSAGE, tag, cancellable, callback, user_data);

  if (refuse_wrong_kind (self, operation, streams_requests (self),
                         N_("There is one request, which is sent already")))
    return;

  if (g_atomic_int_get (&self->has_closed_writes))
    {
      grpc_aio_operation_return_new_error (operation, G_IO_ERROR_CLOSED, "%s",
                                           _("The writes of this call are done: nothing more can be written"));
      return;
    }

  operation->message = g_bytes_ref (message);
  operation->flags = flags;
  grpc_aio_call_submit (self, operation);
}

/**
 * grpc_aio_call_get_multi_callable:
 * @self: a call
 *
 * Gets the method that is called.
 *
 * Returns: (transfer none): the method
 *
 * Since: 0.1
 */
GrpcAioMultiCallable *
grpc_aio_call_get_multi_callable (GrpcAioCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);

  return self->multi_callable;
}

/**
 * grpc_aio_call_get_state:
 * @self: a call
 *
 * Gets how far the call has come.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
GrpcAioCallState
grpc_aio_call_get_state (GrpcAioCall *self)
{
  GrpcAioCallState state;

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), GRPC_AIO_CALL_STATE_DONE);

  g_mutex_lock (&self->core_call.lock);
  state = self->state;
  g_mutex_unlock (&self->core_call.lock);

  return state;
}

/**
 * grpc_aio_call_response_async:
 * @self: a call
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Waits for the one response of a method whose responses are no stream. It may
 * be asked for any number of times.
 *
 * Since: 0.1
 */
void
grpc_aio_call_response_async (GrpcAioCall *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  GrpcAioOperation *operation;

  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = new_operation (self, GRPC_AIO_WAIT_RESPONSE, grpc_aio_call_response_async, cancellable, callback, user_data);
  if (refuse_wrong_kind (self, operation, !streams_responses (self),
                         N_("The responses are a stream: read them one by one")))
    return;

  wait_or_settle (self, operation);
}

/**
 * grpc_aio_call_response_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.response_async].
 *
 * It fails with the status of the call, in `GRPC_AIO_ERROR`, or with
 * `G_IO_ERROR_CANCELLED` when this program cancelled it.
 *
 * Returns: (transfer full): the response
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_call_response_finish (GrpcAioCall *self,
                               GAsyncResult *result,
                               GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_response_async), NULL);

  return grpc_aio_operation_propagate_pointer (result, error);
}

/**
 * grpc_aio_call_response_sync:
 * @self: a call
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Blocks until the response is here.
 *
 * Returns: (transfer full): the response
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_call_response_sync (GrpcAioCall *self,
                             GCancellable *cancellable,
                             GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  sync = begin_sync (self);
  grpc_aio_call_response_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_response_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_read_async:
 * @self: a call
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Reads the next message of a stream of responses.
 *
 * Since: 0.1
 */
void
grpc_aio_call_read_async (GrpcAioCall *self,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  GrpcAioOperation *operation;

  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = new_operation (self, GRPC_AIO_WAIT_MESSAGE, grpc_aio_call_read_async, cancellable, callback, user_data);
  if (refuse_wrong_kind (self, operation, streams_responses (self),
                         N_("There is one response: wait for that")))
    return;

  grpc_aio_call_submit (self, operation);
}

/**
 * grpc_aio_call_read_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.read_async].
 *
 * The end of the stream is `NULL` without an error. It fails with the status of
 * the call when that is not OK.
 *
 * Returns: (transfer full) (nullable): the message, or `NULL` at the end of the
 *   stream
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_call_read_finish (GrpcAioCall *self,
                           GAsyncResult *result,
                           GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_read_async), NULL);

  return grpc_aio_operation_propagate_pointer (result, error);
}

/**
 * grpc_aio_call_read_sync:
 * @self: a call
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Blocks until the next message of a stream of responses is here.
 *
 * Returns: (transfer full) (nullable): the message, or `NULL` at the end of the
 *   stream
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_call_read_sync (GrpcAioCall *self,
                         GCancellable *cancellable,
                         GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  sync = begin_sync (self);
  grpc_aio_call_read_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_read_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_write_async:
 * @self: a call
 * @message: the message
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Writes a message to a stream of requests.
 *
 * It ends when flow control has taken the message. Further messages may be
 * written meanwhile: they wait, in order.
 *
 * Since: 0.1
 */
void
grpc_aio_call_write_async (GrpcAioCall *self,
                           GBytes *message,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  write_message (self, message, 0, grpc_aio_call_write_async, cancellable, callback, user_data);
}

/**
 * grpc_aio_call_write_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.write_async].
 *
 * It fails with the status of the call when that is not OK, and with
 * `G_IO_ERROR_CLOSED` when the writes or the call have ended.
 *
 * Returns: whether the message was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_write_finish (GrpcAioCall *self,
                            GAsyncResult *result,
                            GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_write_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_call_write_sync:
 * @self: a call
 * @message: the message
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Writes a message to a stream of requests, and blocks until flow control has
 * taken it.
 *
 * Returns: whether the message was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_write_sync (GrpcAioCall *self,
                          GBytes *message,
                          GCancellable *cancellable,
                          GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = begin_sync (self);
  grpc_aio_call_write_async (self, message, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_write_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_write_with_flags_async:
 * @self: a call
 * @message: the message
 * @flags: how to write it
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Writes a message to a stream of requests as [method@Call.write_async] does, but
 * in another way.
 *
 * Since: 0.1
 */
void
grpc_aio_call_write_with_flags_async (GrpcAioCall *self,
                                      GBytes *message,
                                      GrpcAioWriteFlags flags,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail ((flags & ~GRPC_WRITE_USED_MASK) == 0);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  write_message (self, message, flags, grpc_aio_call_write_with_flags_async, cancellable, callback, user_data);
}

/**
 * grpc_aio_call_write_with_flags_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.write_with_flags_async]. It fails as
 * [method@Call.write_finish] does.
 *
 * Returns: whether the message was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_write_with_flags_finish (GrpcAioCall *self,
                                       GAsyncResult *result,
                                       GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_write_with_flags_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_call_write_with_flags_sync:
 * @self: a call
 * @message: the message
 * @flags: how to write it
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Writes a message to a stream of requests in the way that @flags say, and blocks
 * until that has ended.
 *
 * Returns: whether the message was taken
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_write_with_flags_sync (GrpcAioCall *self,
                                     GBytes *message,
                                     GrpcAioWriteFlags flags,
                                     GCancellable *cancellable,
                                     GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail ((flags & ~GRPC_WRITE_USED_MASK) == 0, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = begin_sync (self);
  grpc_aio_call_write_with_flags_async (self, message, flags, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_write_with_flags_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_done_writing_async:
 * @self: a call
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Tells the server that the stream of requests has ended, after the messages that
 * still wait. Does nothing the second time.
 *
 * Since: 0.1
 */
void
grpc_aio_call_done_writing_async (GrpcAioCall *self,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GrpcAioOperation *operation;

  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = new_operation (self, GRPC_AIO_SEND_CLOSE, grpc_aio_call_done_writing_async, cancellable, callback, user_data);
  if (refuse_wrong_kind (self, operation, streams_requests (self),
                         N_("There is one request, which is sent already")))
    return;

  if (!g_atomic_int_compare_and_exchange (&self->has_closed_writes, FALSE, TRUE))
    grpc_aio_operation_return_number (operation, TRUE);
  else
    grpc_aio_call_submit (self, operation);
}

/**
 * grpc_aio_call_done_writing_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.done_writing_async].
 *
 * It fails with the status of the call when that is not OK.
 *
 * Returns: whether the end was told
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_done_writing_finish (GrpcAioCall *self,
                                   GAsyncResult *result,
                                   GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_done_writing_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_call_done_writing_sync:
 * @self: a call
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Tells the server that the stream of requests has ended, and blocks until flow
 * control has taken that.
 *
 * Returns: whether the end was told
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_done_writing_sync (GrpcAioCall *self,
                                 GCancellable *cancellable,
                                 GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = begin_sync (self);
  grpc_aio_call_done_writing_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_done_writing_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_initial_metadata_async:
 * @self: a call
 * @cancellable: (nullable): a way to stop waiting
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Waits for the metadata that the server sends before its first message. With one
 * request and one response it comes with the response.
 *
 * Since: 0.1
 */
void
grpc_aio_call_initial_metadata_async (GrpcAioCall *self,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  wait_for (self, GRPC_AIO_WAIT_INITIAL_METADATA, grpc_aio_call_initial_metadata_async, cancellable, callback, user_data);
}

/**
 * grpc_aio_call_initial_metadata_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.initial_metadata_async].
 *
 * It fails with the status of the call when none came.
 *
 * Returns: (transfer full): the metadata
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_call_initial_metadata_finish (GrpcAioCall *self,
                                       GAsyncResult *result,
                                       GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_initial_metadata_async), NULL);

  return grpc_aio_operation_propagate_pointer (result, error);
}

/**
 * grpc_aio_call_initial_metadata_sync:
 * @self: a call
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Blocks until the metadata is here that the server sends before its first message.
 *
 * Returns: (transfer full): the metadata
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_call_initial_metadata_sync (GrpcAioCall *self,
                                     GCancellable *cancellable,
                                     GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  sync = begin_sync (self);
  grpc_aio_call_initial_metadata_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_initial_metadata_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_trailing_metadata_async:
 * @self: a call
 * @cancellable: (nullable): a way to stop waiting
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Waits for the metadata that comes with the status, whatever that is. It comes
 * after all messages: a stream of responses has to be read to its end.
 *
 * Since: 0.1
 */
void
grpc_aio_call_trailing_metadata_async (GrpcAioCall *self,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  wait_for (self, GRPC_AIO_WAIT_TRAILING_METADATA, grpc_aio_call_trailing_metadata_async, cancellable, callback, user_data);
}

/**
 * grpc_aio_call_trailing_metadata_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.trailing_metadata_async].
 *
 * It fails only when cancelled.
 *
 * Returns: (transfer full): the metadata
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_call_trailing_metadata_finish (GrpcAioCall *self,
                                        GAsyncResult *result,
                                        GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_trailing_metadata_async), NULL);

  return grpc_aio_operation_propagate_pointer (result, error);
}

/**
 * grpc_aio_call_trailing_metadata_sync:
 * @self: a call
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Blocks until the metadata is here that comes with the status.
 *
 * Returns: (transfer full): the metadata
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_call_trailing_metadata_sync (GrpcAioCall *self,
                                      GCancellable *cancellable,
                                      GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  sync = begin_sync (self);
  grpc_aio_call_trailing_metadata_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_trailing_metadata_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_status_async:
 * @self: a call
 * @cancellable: (nullable): a way to stop waiting
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Waits for the status. Then [method@Call.get_details] tells more. It comes after
 * all messages: a stream of responses has to be read to its end.
 *
 * Since: 0.1
 */
void
grpc_aio_call_status_async (GrpcAioCall *self,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  wait_for (self, GRPC_AIO_WAIT_STATUS, grpc_aio_call_status_async, cancellable, callback, user_data);
}

/**
 * grpc_aio_call_status_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.status_async].
 *
 * A status other than OK is no error here: it fails only when cancelled.
 *
 * Returns: the status code
 *
 * Since: 0.1
 */
GrpcAioStatusCode
grpc_aio_call_status_finish (GrpcAioCall *self,
                             GAsyncResult *result,
                             GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_status_async), GRPC_AIO_STATUS_CODE_UNKNOWN);

  gssize code = grpc_aio_operation_propagate_number (result, error);

  return code >= 0 ? (GrpcAioStatusCode) code : GRPC_AIO_STATUS_CODE_UNKNOWN;
}

/**
 * grpc_aio_call_status_sync:
 * @self: a call
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Blocks until the call has its status.
 *
 * Returns: the status code
 *
 * Since: 0.1
 */
GrpcAioStatusCode
grpc_aio_call_status_sync (GrpcAioCall *self,
                           GCancellable *cancellable,
                           GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), GRPC_AIO_STATUS_CODE_UNKNOWN);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), GRPC_AIO_STATUS_CODE_UNKNOWN);

  sync = begin_sync (self);
  grpc_aio_call_status_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_status_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_wait_for_connection_async:
 * @self: a call
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once it has ended
 * @user_data: data for @callback
 *
 * Waits until the server has answered the start of the call with its initial
 * metadata. With one request and one response that is its end.
 *
 * Since: 0.1
 */
void
grpc_aio_call_wait_for_connection_async (GrpcAioCall *self,
                                         GCancellable *cancellable,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_CALL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  wait_or_settle (self, new_operation (self, GRPC_AIO_WAIT_CONNECTION, grpc_aio_call_wait_for_connection_async,
                                       cancellable, callback, user_data));
}

/**
 * grpc_aio_call_wait_for_connection_finish:
 * @self: a call
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Call.wait_for_connection_async].
 *
 * It fails with the status of the call when that came first.
 *
 * Returns: whether the call is connected
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_wait_for_connection_finish (GrpcAioCall *self,
                                          GAsyncResult *result,
                                          GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_call_wait_for_connection_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_call_wait_for_connection_sync:
 * @self: a call
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Blocks until the server has answered the start of the call.
 *
 * Returns: whether the call is connected
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_wait_for_connection_sync (GrpcAioCall *self,
                                        GCancellable *cancellable,
                                        GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = begin_sync (self);
  grpc_aio_call_wait_for_connection_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_wait_for_connection_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_call_cancel:
 * @self: a call
 *
 * Cancels the call, on any thread. Its operations end with
 * `G_IO_ERROR_CANCELLED`, and the server's handler is told.
 *
 * Returns: whether it was still running
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_cancel (GrpcAioCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), FALSE);

  if (grpc_aio_call_is_done (self))
    return FALSE;

  g_atomic_int_set (&self->is_cancelled_here, TRUE);
  if (G_UNLIKELY (self->relay != NULL))
    grpc_aio_relay_cancel (self->relay, _("The call was cancelled"));
  else
    grpc_aio_core_call_cancel (&self->core_call, GRPC_STATUS_CANCELLED, _("The call was cancelled"));

  return TRUE;
}

/**
 * grpc_aio_call_is_active:
 * @self: a call
 *
 * Whether the call has no status yet.
 *
 * Returns: whether it runs
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_is_active (GrpcAioCall *self)
{
  return !grpc_aio_call_is_done (self);
}

/**
 * grpc_aio_call_is_done:
 * @self: a call
 *
 * Whether the call has its status.
 *
 * Returns: whether it has ended
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_is_done (GrpcAioCall *self)
{
  return grpc_aio_call_get_state (self) == GRPC_AIO_CALL_STATE_DONE;
}

/**
 * grpc_aio_call_is_cancelled:
 * @self: a call
 *
 * Whether the call ended because it was cancelled, here or by the server.
 *
 * Returns: whether it was cancelled
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_is_cancelled (GrpcAioCall *self)
{
  return grpc_aio_call_is_done (self) && self->code == GRPC_AIO_STATUS_CODE_CANCELLED;
}

/**
 * grpc_aio_call_time_remaining:
 * @self: a call
 *
 * Gets how long the call may still take.
 *
 * Returns: microseconds, 0 when its time is over, or -1 without a deadline
 *
 * Since: 0.1
 */
gint64
grpc_aio_call_time_remaining (GrpcAioCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), -1);

  if (self->deadline_usec == G_MAXINT64)
    {
      /* An interceptor may have set one. */
      g_autoptr (GrpcAioCall) target = self->relay != NULL ? grpc_aio_relay_dup_target (self->relay) : NULL;

      return target != NULL ? grpc_aio_call_time_remaining (target) : -1;
    }

  return MAX (0, self->deadline_usec - g_get_monotonic_time ());
}

/**
 * grpc_aio_call_get_code:
 * @self: a call that is done
 *
 * Gets the status code.
 *
 * Returns: the status code; `GRPC_AIO_STATUS_CODE_UNKNOWN` while the call runs
 *
 * Since: 0.1
 */
GrpcAioStatusCode
grpc_aio_call_get_code (GrpcAioCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), GRPC_AIO_STATUS_CODE_UNKNOWN);

  return grpc_aio_call_is_done (self) ? self->code : GRPC_AIO_STATUS_CODE_UNKNOWN;
}

/**
 * grpc_aio_call_get_details:
 * @self: a call that is done
 *
 * Gets what the server, or grpc-core, says about the status.
 *
 * Returns: (nullable): the text; `NULL` while the call runs
 *
 * Since: 0.1
 */
const char *
grpc_aio_call_get_details (GrpcAioCall *self)
{
  const char *details = NULL;

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);

  g_mutex_lock (&self->core_call.lock);
  if (self->state == GRPC_AIO_CALL_STATE_DONE)
    {
      if (self->details == NULL)
        self->details = grpc_aio_slice_dup_text (self->core_details);
      details = self->details;
    }
  g_mutex_unlock (&self->core_call.lock);

  return details;
}

/**
 * grpc_aio_call_get_debug_string:
 * @self: a call that is done
 *
 * Gets what grpc-core noted about the failure, for logs and bug reports. Its
 * form may change at any time.
 *
 * Returns: (nullable): the text, or `NULL` if there is none
 *
 * Since: 0.1
 */
const char *
grpc_aio_call_get_debug_string (GrpcAioCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);

  return grpc_aio_call_is_done (self) ? self->core_debug_string : NULL;
}

/**
 * grpc_aio_call_dup_rpc_status:
 * @self: a call that is done
 * @error: where to put an error
 *
 * Gets the status with details that the server sent, in the trailing metadata
 * `grpc-status-details-bin`.
 *
 * It fails with `G_IO_ERROR_INVALID_DATA` when what came is no
 * `google.rpc.Status`, or has another code or message than the status of the call.
 *
 * Returns: (transfer full) (nullable): the status, or `NULL` without an error if
 *   none came or the call still runs
 *
 * Since: 0.1
 */
GrpcAioRpcStatus *
grpc_aio_call_dup_rpc_status (GrpcAioCall *self,
                              GError **error)
{
  g_autoptr (GrpcAioMetadata) metadata = NULL;
  const char *details;

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);

  /* The text is there for good once the call is done. */
  details = grpc_aio_call_get_details (self);
  if (details == NULL)
    return NULL;

  g_mutex_lock (&self->core_call.lock);
  metadata = grpc_aio_metadata_ref (get_trailing_metadata (self));
  g_mutex_unlock (&self->core_call.lock);

  return grpc_aio_rpc_status_new_from_metadata (metadata, self->code, details, FALSE, error);
}

/**
 * grpc_aio_call_dup_peer:
 * @self: a call
 *
 * Gets the address of the server, such as `ipv4:127.0.0.1:50051`, once the call
 * is connected. It is what the network says, and proves nothing.
 *
 * Returns: (nullable) (transfer full): the address, or `NULL` if there is none
 *
 * Since: 0.1
 */
char *
grpc_aio_call_dup_peer (GrpcAioCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);

  if (G_UNLIKELY (self->relay != NULL))
    {
      g_autoptr (GrpcAioCall) target = grpc_aio_relay_dup_target (self->relay);

      return target != NULL ? grpc_aio_call_dup_peer (target) : NULL;
    }

  return grpc_aio_core_call_dup_peer (&self->core_call);
}

/**
 * grpc_aio_call_dup_auth_context:
 * @self: a call
 *
 * Gets how the connection is secured, and who the server has proved to be, once
 * the call is connected.
 *
 * It is empty when the connection has no security of its own.
 *
 * Returns: (nullable) (transfer full): what is known of the server, or `NULL`
 *   while the call is not connected
 *
 * Since: 0.1
 */
GrpcAioAuthContext *
grpc_aio_call_dup_auth_context (GrpcAioCall *self)
{
  gboolean is_connected;

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);

  /* Before that grpc-core may write it in another thread. */
  g_mutex_lock (&self->core_call.lock);
  is_connected = self->state >= GRPC_AIO_CALL_STATE_CONNECTED && self->core_call.core != NULL && grpc_aio_core_is_usable ();
  g_mutex_unlock (&self->core_call.lock);

  return is_connected ? grpc_aio_auth_context_new_for_call (self->core_call.core) : NULL;
}
