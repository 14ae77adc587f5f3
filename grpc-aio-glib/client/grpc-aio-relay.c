/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-relay-private.h"

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-error.h>
#include <grpc-aio-glib/grpc-aio-metadata.h>

#include "client/grpc-aio-call-private.h"
#include "client/grpc-aio-client-interceptor-private.h"
#include "client/grpc-aio-intercepted-call-private.h"

struct _GrpcAioRelay
{
  GrpcAioCall *call; /* this belongs to it */
  GrpcAioCoreCall *core_call;
  GrpcAioClientInterceptor *interceptor;
  gint64 deadline_usec;

  /* Of the call's main context. */
  GSource *timer;
  GQueue forwards;
  guint n_forwarded; /* with those that nobody waits for any more */
  gboolean is_started;
  gboolean is_connected;
  gboolean is_sending;
  gboolean is_ending;

  GMutex lock; /* for all that follows */
  GrpcAioCompletion completion;
  gboolean is_posted;
  gboolean is_done;
  GrpcAioInterceptedCall *intercepted; /* until the end */
  GPtrArray *attempts;                 /* calls that the interceptor made */
  GQueue deferred;
  GrpcAioOperationList sends; /* of the program */
  GrpcAioOperationList reads;
  GrpcAioOperationList own_reads; /* of the interceptor */
  GrpcAioOperationList own_writes;
  GrpcAioMetadata *initial_metadata; /* of its own answer */
  GrpcAioCall *target;
  GrpcAioOutcome outcome; /* of its own answer, or of what broke in */
  gboolean has_closed;    /* the program has written its last message */
  gboolean has_outcome;
  gboolean is_aborted; /* nothing is waited for any more */
};

/* An operation of the program that the target does. */
typedef struct
{
  GList link;
  GrpcAioRelay *relay;
  GrpcAioOperation *operation; /* NULL when the call ended meanwhile */
} Forward;

typedef struct
{
  GList link;
  GrpcAioRelayFunc func;
  gpointer user_data;
} Deferred;

static GrpcAioMetadata *
ref_metadata (GrpcAioMetadata *metadata)
{
  return metadata != NULL ? grpc_aio_metadata_ref (metadata) : NULL;
}

void
grpc_aio_outcome_clear (GrpcAioOutcome *outcome)
{
  g_clear_pointer (&outcome->details, g_free);
  g_clear_pointer (&outcome->debug_string, g_free);
  g_clear_pointer (&outcome->initial_metadata, grpc_aio_metadata_unref);
  g_clear_pointer (&outcome->trailing_metadata, grpc_aio_metadata_unref);
  g_clear_pointer (&outcome->response, g_bytes_unref);
}

void
grpc_aio_outcome_copy (const GrpcAioOutcome *outcome,
                       GrpcAioOutcome *copy)
{
  *copy = (GrpcAioOutcome){
    .code = outcome->code,
    .details = g_strdup (outcome->details),
    .debug_string = g_strdup (outcome->debug_string),
    .initial_metadata = ref_metadata (outcome->initial_metadata),
    .trailing_metadata = ref_metadata (outcome->trailing_metadata),
    .response = outcome->response != NULL ? g_bytes_ref (outcome->response) : NULL,
    .is_cancelled_here = outcome->is_cancelled_here,
  };
}

void
grpc_aio_outcome_init_for_error (GrpcAioOutcome *outcome,
                                 const GError *error)
{
  *outcome = (GrpcAioOutcome){
    .code = grpc_aio_error_get_status_code (error),
    .details = g_strdup (error->message),
    .debug_string = g_strdup (grpc_aio_error_get_debug_string (error)),
    .initial_metadata = ref_metadata (grpc_aio_error_get_initial_metadata (error)),
    .trailing_metadata = ref_metadata (grpc_aio_error_get_trailing_metadata (error)),
    .is_cancelled_here = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED),
  };
}

GrpcAioQueue *
grpc_aio_relay_get_queue (GrpcAioRelay *self)
{
  return self->core_call->queue;
}

GrpcAioClientInterceptor *
grpc_aio_relay_get_interceptor (GrpcAioRelay *self)
{
  return self->interceptor;
}

gint64
grpc_aio_relay_get_deadline (GrpcAioRelay *self)
{
  return self->deadline_usec;
}

/* NULL while there is none. */
GrpcAioCall *
grpc_aio_relay_dup_target (GrpcAioRelay *self)
{
  GrpcAioCall *target;

  g_mutex_lock (&self->lock);
  target = self->target != NULL ? g_object_ref (self->target) : NULL;
  g_mutex_unlock (&self->lock);

  return target;
}

/* What interceptors start here ends here, in whatever context of this thread the
 * completion runs. NULL when the context is gone. */
static GMainContext *
enter_context (GrpcAioRelay *self)
{
  GMainContext *context = grpc_aio_queue_dup_context (self->core_call->queue);

  if (context != NULL)
    g_main_context_push_thread_default (context);

  return context;
}

static void
leave_context (GMainContext *context)
{
  if (context == NULL)
    return;

  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
}

/* Without the lock: where the context is gone, this runs the relay. */
void
grpc_aio_relay_post (GrpcAioRelay *self)
{
  gboolean is_needed;

  g_mutex_lock (&self->lock);
  is_needed = !self->is_posted && (!self->is_done || !g_queue_is_empty (&self->deferred));
  if (is_needed)
    {
      self->is_posted = TRUE;
      grpc_aio_core_call_begin (self->core_call);
    }
  g_mutex_unlock (&self->lock);

  if (is_needed)
    grpc_aio_queue_post (self->core_call->queue, &self->completion);
}

static void
cancel_calls (GPtrArray *calls)
{
  for (guint i = 0; i < calls->len; i++)
    grpc_aio_call_cancel (g_ptr_array_index (calls, i));
}

static gpointer
copy_call (gconstpointer call,
           gpointer data)
{
  return g_object_ref ((gpointer) call);
}

/* Ends the call before its answer is complete. Consumes @outcome. */
static void
break_in (GrpcAioRelay *self,
          GrpcAioOutcome *outcome)
{
  g_autoptr (GPtrArray) attempts = NULL;

  g_mutex_lock (&self->lock);
  if (!self->is_aborted && !self->is_done)
    {
      self->is_aborted = TRUE;
      grpc_aio_outcome_clear (&self->outcome);
      self->outcome = *outcome;
      *outcome = (GrpcAioOutcome){ 0 };
      attempts = g_ptr_array_copy (self->attempts, copy_call, NULL);
      if (self->target != NULL)
        g_ptr_array_add (attempts, g_object_ref (self->target));
    }
  g_mutex_unlock (&self->lock);

  grpc_aio_outcome_clear (outcome);
  if (attempts == NULL)
    return;

  /* The servers learn it though this program may not run the main context. */
  cancel_calls (attempts);
  grpc_aio_relay_post (self);
}

void
grpc_aio_relay_cancel (GrpcAioRelay *self,
                       const char *details)
{
  GrpcAioOutcome outcome = {
    .code = GRPC_AIO_STATUS_CODE_CANCELLED,
    .details = g_strdup (details),
    .is_cancelled_here = TRUE,
  };

  break_in (self, &outcome);
}

void
grpc_aio_relay_fail (GrpcAioRelay *self,
                     const GError *error)
{
  GrpcAioOutcome outcome;

  grpc_aio_outcome_init_for_error (&outcome, error);
  break_in (self, &outcome);
}

static gboolean
on_deadline (gpointer data)
{
  GrpcAioRelay *self = data;
  GrpcAioOutcome outcome = {
    .code = GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED,
    .details = g_strdup (_("The deadline is over")),
  };

  break_in (self, &outcome);

  return G_SOURCE_REMOVE;
}

static gboolean
dispatch_timer (GSource *source,
                GSourceFunc callback,
                gpointer user_data)
{
  return callback (user_data);
}

/* To the microsecond, and never early. */
static void
start_timer (GrpcAioRelay *self,
             GMainContext *context)
{
  static GSourceFuncs funcs = { .dispatch = dispatch_timer };

  if (self->deadline_usec == G_MAXINT64)
    return;

  self->timer = g_source_new (&funcs, sizeof (GSource));
  g_source_set_static_name (self->timer, "grpc-aio-deadline");
  g_source_set_callback (self->timer, on_deadline, self, NULL);
  g_source_set_ready_time (self->timer, self->deadline_usec);
  g_source_attach (self->timer, context);
}

static gboolean
is_aborted (GrpcAioRelay *self)
{
  gboolean aborted;

  g_mutex_lock (&self->lock);
  aborted = self->is_aborted || self->is_done;
  g_mutex_unlock (&self->lock);

  return aborted;
}

static void
run_deferred (GrpcAioRelay *self)
{
  for (;;)
    {
      GList *link;
      Deferred *deferred;

      g_mutex_lock (&self->lock);
      link = g_queue_pop_head_link (&self->deferred);
      g_mutex_unlock (&self->lock);
      if (link == NULL)
        break;

      deferred = link->data;
      deferred->func (deferred->user_data);
      g_free (deferred);
    }
}

static void
connect (GrpcAioRelay *self,
         GrpcAioMetadata *metadata)
{
  self->is_connected = TRUE;
  grpc_aio_call_connect (self->call, metadata);
}

/* Hands on the metadata that has come. */
static void
pass_initial_metadata (GrpcAioRelay *self)
{
  g_autoptr (GrpcAioMetadata) own = NULL;
  g_autoptr (GrpcAioMetadata) metadata = NULL;
  g_autoptr (GrpcAioCall) target = NULL;
  gboolean is_writing;

  if (self->is_connected || is_aborted (self))
    return;

  g_mutex_lock (&self->lock);
  own = ref_metadata (self->initial_metadata);
  target = self->target != NULL ? g_object_ref (self->target) : NULL;
  is_writing = self->own_writes.head != NULL;
  g_mutex_unlock (&self->lock);

  if (own == NULL && is_writing)
    own = grpc_aio_metadata_new ();
  if (own != NULL)
    {
      connect (self, own);
      return;
    }

  if (target != NULL)
    metadata = grpc_aio_call_dup_received_metadata (target);
  if (metadata != NULL)
    {
      grpc_aio_client_interceptor_tell_initial_metadata (self->interceptor, self->intercepted, metadata);
      connect (self, metadata);
    }
}

/* The program reads what the interceptor writes. */
static gboolean
meet_write (GrpcAioRelay *self)
{
  GrpcAioOperation *read = NULL, *write = NULL;

  g_mutex_lock (&self->lock);
  if (self->own_writes.head != NULL && self->reads.head != NULL && !self->is_aborted)
    {
      read = grpc_aio_operation_list_pop (&self->reads);
      write = grpc_aio_operation_list_pop (&self->own_writes);
    }
  g_mutex_unlock (&self->lock);

  if (write == NULL)
    return FALSE;

  grpc_aio_operation_return_pointer (read, g_bytes_ref (write->message), (GDestroyNotify) g_bytes_unref);
  grpc_aio_operation_return_number (write, TRUE);

  return TRUE;
}

/* The interceptor reads what the program writes. */
static gboolean
meet_read (GrpcAioRelay *self)
{
  GrpcAioOperation *read = NULL, *send = NULL;
  gboolean has_closed;

  g_mutex_lock (&self->lock);
  if (self->own_reads.head != NULL && (self->sends.head != NULL || self->has_closed) && !self->is_aborted)
    {
      read = grpc_aio_operation_list_pop (&self->own_reads);
      send = grpc_aio_operation_list_pop (&self->sends);
      if (send != NULL && send->kind == GRPC_AIO_SEND_CLOSE)
        self->has_closed = TRUE;
    }
  has_closed = self->has_closed;
  g_mutex_unlock (&self->lock);

  if (read == NULL)
    return FALSE;

  if (has_closed)
    grpc_aio_operation_return_pointer (read, NULL, NULL);
  else
    grpc_aio_operation_return_pointer (read, g_bytes_ref (send->message), (GDestroyNotify) g_bytes_unref);
  if (send != NULL)
    grpc_aio_operation_return_number (send, TRUE);

  return TRUE;
}

static void check_end (GrpcAioRelay *self);

/* Who waits for the channel's calls to end, waits until nothing here keeps them. */
static void
check_leave (GrpcAioRelay *self)
{
  gboolean is_left;

  g_mutex_lock (&self->lock);
  is_left = self->is_done && !self->is_posted && self->n_forwarded == 0;
  g_mutex_unlock (&self->lock);

  if (is_left)
    grpc_aio_call_leave (self->call);
}

/* With what the target made of it. Consumes. */
static void
end_forwarded (GrpcAioRelay *self,
               GrpcAioOperation *operation,
               GAsyncResult *result)
{
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;

  if (operation->kind != GRPC_AIO_WAIT_MESSAGE)
    {
      /* Past the deadline nothing succeeds, whatever grpc-core said just before. */
      if (grpc_aio_operation_propagate_boolean (result, NULL) && g_get_monotonic_time () < self->deadline_usec)
        grpc_aio_operation_return_number (operation, TRUE);
      else
        grpc_aio_call_wait (self->call, operation);
      return;
    }

  message = grpc_aio_operation_propagate_pointer (result, NULL);
  if (message == NULL)
    {
      grpc_aio_call_wait (self->call, operation);
    }
  else if (grpc_aio_client_interceptor_filter_response (self->interceptor, self->intercepted, &message, &error))
    {
      grpc_aio_operation_return_pointer (operation, g_steal_pointer (&message), (GDestroyNotify) g_bytes_unref);
    }
  else
    {
      grpc_aio_call_wait (self->call, operation);
      grpc_aio_relay_fail (self, error);
    }
}

static void
on_forwarded (GObject *source,
              GAsyncResult *result,
              gpointer user_data)
{
  Forward *forward = user_data;
  GrpcAioRelay *self = forward->relay;

  self->n_forwarded--;
  if (forward->operation != NULL)
    {
      GMainContext *context = enter_context (self);

      g_queue_unlink (&self->forwards, &forward->link);
      end_forwarded (self, g_steal_pointer (&forward->operation), result);
      check_end (self);
      leave_context (context);
    }

  g_free (forward);
  check_leave (self);
  grpc_aio_core_call_end (self->core_call);
}

static void
forward (GrpcAioRelay *self,
         GrpcAioCall *target,
         GrpcAioOperation *operation,
         GBytes *message)
{
  Forward *forwarded = g_new0 (Forward, 1);
  GrpcAioOperation *inner = grpc_aio_operation_new (operation->kind, target, forward, NULL, on_forwarded, forwarded);

  forwarded->link.data = forwarded;
  forwarded->relay = self;
  forwarded->operation = operation;
  g_queue_push_tail_link (&self->forwards, &forwarded->link);
  self->n_forwarded++;
  grpc_aio_core_call_begin (self->core_call);

  if (message != NULL)
    inner->message = g_bytes_ref (message);
  inner->flags = operation->flags;
  grpc_aio_call_submit (target, inner);
}

static GrpcAioOperation *
take_for (GrpcAioRelay *self,
          GrpcAioOperationList *list,
          GrpcAioCall **target)
{
  GrpcAioOperation *operation = NULL;

  g_mutex_lock (&self->lock);
  if (self->target != NULL && !self->is_aborted && !self->is_done && (list == &self->sends || self->own_writes.head == NULL))
    operation = grpc_aio_operation_list_pop (list);
  if (operation != NULL)
    *target = g_object_ref (self->target);
  g_mutex_unlock (&self->lock);

  return operation;
}

static void
forward_reads (GrpcAioRelay *self)
{
  for (;;)
    {
      g_autoptr (GrpcAioCall) target = NULL;
      GrpcAioOperation *operation = take_for (self, &self->reads, &target);

      if (operation == NULL)
        break;

      forward (self, target, operation, NULL);
    }
}

static void
forward_sends (GrpcAioRelay *self)
{
  /* The interceptor runs a main loop inside its function: in order, all the same. */
  if (self->is_sending)
    return;

  self->is_sending = TRUE;
  for (;;)
    {
      g_autoptr (GrpcAioCall) target = NULL;
      g_autoptr (GBytes) message = NULL;
      g_autoptr (GError) error = NULL;
      GrpcAioOperation *operation = take_for (self, &self->sends, &target);

      if (operation == NULL)
        break;

      if (operation->message != NULL)
        message = g_bytes_ref (operation->message);
      if (message == NULL ||
          grpc_aio_client_interceptor_filter_request (self->interceptor, self->intercepted, &message, &error))
        {
          forward (self, target, operation, message);
        }
      else
        {
          grpc_aio_call_wait (self->call, operation);
          grpc_aio_relay_fail (self, error);
        }
    }
  self->is_sending = FALSE;
}

static void
end_own (GrpcAioOperationList *operations)
{
  GrpcAioOperation *operation;

  while ((operation = grpc_aio_operation_list_pop (operations)) != NULL)
    grpc_aio_operation_return_new_error (operation, G_IO_ERROR_CLOSED, "%s", _("The call has ended"));
}

/* All that waits here is settled by the call, once that has its status. */
static void
end_waiting (GrpcAioRelay *self,
             GrpcAioOperationList *operations)
{
  GrpcAioOperation *operation;
  GList *link;

  while ((link = g_queue_pop_head_link (&self->forwards)) != NULL)
    grpc_aio_call_wait (self->call, g_steal_pointer (&((Forward *) link->data)->operation));
  while ((operation = grpc_aio_operation_list_pop (operations)) != NULL)
    grpc_aio_call_wait (self->call, operation);
}

/* The call ends here, whatever the way. Consumes @outcome. */
static void
finish (GrpcAioRelay *self,
        GrpcAioOutcome *outcome)
{
  g_autoptr (GPtrArray) attempts = NULL;
  g_autoptr (GrpcAioInterceptedCall) intercepted = NULL;
  g_autoptr (GrpcAioCall) target = NULL;
  GrpcAioOperationList reads, sends, own_reads, own_writes;

  g_mutex_lock (&self->lock);
  self->is_done = TRUE;
  reads = grpc_aio_operation_list_take (&self->reads);
  sends = grpc_aio_operation_list_take (&self->sends);
  own_reads = grpc_aio_operation_list_take (&self->own_reads);
  own_writes = grpc_aio_operation_list_take (&self->own_writes);
  attempts = g_steal_pointer (&self->attempts);
  target = self->target != NULL ? g_object_ref (self->target) : NULL;
  intercepted = g_steal_pointer (&self->intercepted);
  g_mutex_unlock (&self->lock);

  if (self->timer != NULL)
    {
      g_source_destroy (self->timer);
      g_clear_pointer (&self->timer, g_source_unref);
    }
  if (target != NULL)
    grpc_aio_call_unobserve (target, self);

  end_waiting (self, &reads);
  end_waiting (self, &sends);
  cancel_calls (attempts);
  grpc_aio_intercepted_call_end (intercepted, outcome);
  if (self->is_started && !grpc_aio_queue_is_orphan (self->core_call->queue))
    grpc_aio_client_interceptor_tell_done (self->interceptor, intercepted);
  grpc_aio_call_end (self->call, outcome);
  grpc_aio_outcome_clear (outcome);
  end_own (&own_reads);
  end_own (&own_writes);
  check_leave (self);
}

/* The target's answer is complete, and is the call's. */
static void
take_from_target (GrpcAioRelay *self,
                  GrpcAioCall *target,
                  GrpcAioOutcome *outcome)
{
  g_autoptr (GError) error = NULL;

  grpc_aio_call_dup_outcome (target, outcome);
  if (outcome->response == NULL ||
      grpc_aio_client_interceptor_filter_response (self->interceptor, self->intercepted, &outcome->response, &error))
    return;

  grpc_aio_outcome_clear (outcome);
  grpc_aio_outcome_init_for_error (outcome, error);
}

static void
check_end (GrpcAioRelay *self)
{
  g_autoptr (GrpcAioCall) target = NULL;
  GrpcAioOutcome outcome = { 0 };
  gboolean has_ended = FALSE;

  g_mutex_lock (&self->lock);
  if (!self->is_done)
    {
      has_ended = self->is_aborted || (self->has_outcome && self->own_writes.head == NULL && !self->is_ending);
      if (has_ended)
        {
          outcome = self->outcome;
          self->outcome = (GrpcAioOutcome){ 0 };
        }
      else if (self->target != NULL && self->own_writes.head == NULL && g_queue_is_empty (&self->forwards) && !self->is_ending)
        {
          target = g_object_ref (self->target);
        }
    }
  g_mutex_unlock (&self->lock);

  if (target != NULL && grpc_aio_call_is_done (target))
    {
      self->is_ending = has_ended = TRUE;
      take_from_target (self, target, &outcome);
      has_ended = !is_aborted (self);
    }

  if (has_ended)
    finish (self, &outcome);
  else
    grpc_aio_outcome_clear (&outcome);
}

static void
start_interceptor (GrpcAioRelay *self,
                   GMainContext *context)
{
  if (self->is_started || is_aborted (self))
    return;

  self->is_started = TRUE;
  start_timer (self, context);
  grpc_aio_client_interceptor_intercept (self->interceptor, self->intercepted);
}

static void
run_in_context (GrpcAioRelay *self,
                GMainContext *context)
{
  start_interceptor (self, context);
  pass_initial_metadata (self);
  while (meet_write (self) || meet_read (self))
    ;
  forward_sends (self);
  forward_reads (self);
  check_end (self);
}

static void
run (GrpcAioCompletion *completion,
     gboolean ok)
{
  GrpcAioRelay *self = (GrpcAioRelay *) ((guint8 *) completion - G_STRUCT_OFFSET (GrpcAioRelay, completion));
  GMainContext *context;
  gboolean is_done;

  g_mutex_lock (&self->lock);
  self->is_posted = FALSE;
  is_done = self->is_done;
  g_mutex_unlock (&self->lock);

  context = enter_context (self);
  if (!is_done && context != NULL)
    {
      g_autoptr (GrpcAioInterceptedCall) intercepted = g_object_ref (self->intercepted);

      run_in_context (self, context);
    }
  else if (!is_done)
    {
      grpc_aio_relay_cancel (self, _("The main context of the call is gone"));
      check_end (self);
    }
  run_deferred (self);
  leave_context (context);

  check_leave (self);
  grpc_aio_core_call_end (self->core_call);
}

GrpcAioRelay *
grpc_aio_relay_new (GrpcAioCall *call,
                    GrpcAioCoreCall *core_call,
                    GrpcAioClientInterceptor *interceptor,
                    gint64 deadline_usec)
{
  GrpcAioRelay *self = g_new0 (GrpcAioRelay, 1);

  self->call = call;
  self->core_call = core_call;
  self->interceptor = g_object_ref (interceptor);
  self->deadline_usec = deadline_usec;
  self->attempts = g_ptr_array_new_with_free_func (g_object_unref);
  self->completion.run = run;
  g_mutex_init (&self->lock);

  return self;
}

void
grpc_aio_relay_free (GrpcAioRelay *self)
{
  g_assert (self->intercepted == NULL && self->timer == NULL);
  g_assert (self->reads.head == NULL && self->sends.head == NULL);

  grpc_aio_outcome_clear (&self->outcome);
  g_clear_pointer (&self->initial_metadata, grpc_aio_metadata_unref);
  g_clear_pointer (&self->attempts, g_ptr_array_unref);
  g_clear_object (&self->target);
  g_object_unref (self->interceptor);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Has the interceptor asked, by and by. Consumes @intercepted, which counts as a
 * batch until it goes. */
void
grpc_aio_relay_start (GrpcAioRelay *self,
                      GrpcAioInterceptedCall *intercepted)
{
  self->intercepted = intercepted;
  grpc_aio_core_call_begin (self->core_call);
  grpc_aio_relay_post (self);
}

/* The intercepted call goes, and does not need the relay any more. */
void
grpc_aio_relay_let_go (GrpcAioRelay *self)
{
  grpc_aio_core_call_end (self->core_call);
}

/* A read or a send of the program. Consumes it. */
void
grpc_aio_relay_submit (GrpcAioRelay *self,
                       GrpcAioOperation *operation)
{
  gboolean is_done;

  if (grpc_aio_operation_refuse_forked (operation))
    return;

  g_mutex_lock (&self->lock);
  is_done = self->is_done;
  if (!is_done)
    grpc_aio_operation_list_append (operation->kind == GRPC_AIO_WAIT_MESSAGE ? &self->reads : &self->sends, operation);
  g_mutex_unlock (&self->lock);

  if (is_done)
    grpc_aio_call_wait (self->call, operation);
  else
    grpc_aio_relay_post (self);
}

/* Whether no answer is wanted any more. */
gboolean
grpc_aio_relay_is_over (GrpcAioRelay *self)
{
  return is_aborted (self);
}

static gboolean
is_running (gpointer call)
{
  return !grpc_aio_call_is_done (call);
}

/* What the interceptor starts is cancelled when the call ends. */
void
grpc_aio_relay_add_attempt (GrpcAioRelay *self,
                            GrpcAioCall *attempt)
{
  gboolean is_over;

  g_mutex_lock (&self->lock);
  is_over = self->is_aborted || self->is_done;
  if (!is_over)
    {
      for (guint i = self->attempts->len; i > 0; i--)
        {
          if (!is_running (g_ptr_array_index (self->attempts, i - 1)))
            g_ptr_array_remove_index_fast (self->attempts, i - 1);
        }
      g_ptr_array_add (self->attempts, g_object_ref (attempt));
    }
  g_mutex_unlock (&self->lock);

  if (is_over)
    grpc_aio_call_cancel (attempt);
}

/* With the lock. */
static gboolean
has_answer (GrpcAioRelay *self)
{
  return self->target != NULL || self->has_outcome;
}

/* With the lock. FALSE when no answer is wanted any more. */
static gboolean
take_answer (GrpcAioRelay *self)
{
  if (self->is_aborted || self->is_done)
    return FALSE;

  if (has_answer (self))
    {
      g_critical ("%s has answered a call before", G_OBJECT_TYPE_NAME (self->interceptor));
      return FALSE;
    }

  return TRUE;
}

void
grpc_aio_relay_return_call (GrpcAioRelay *self,
                            GrpcAioCall *target)
{
  gboolean is_taken, is_over;

  /* From now on each of its changes posts the relay. */
  if (!grpc_aio_call_observe (target, self, self->core_call))
    {
      g_critical ("%s has returned a call that answers another one already", G_OBJECT_TYPE_NAME (self->interceptor));
      return;
    }

  g_mutex_lock (&self->lock);
  is_taken = take_answer (self);
  if (is_taken)
    self->target = g_object_ref (target);
  is_over = self->is_aborted || self->is_done;
  g_mutex_unlock (&self->lock);

  if (!is_taken)
    grpc_aio_call_unobserve (target, self);
  if (is_over)
    grpc_aio_call_cancel (target);
  if (is_taken)
    grpc_aio_relay_post (self);
}

/* Consumes @outcome. */
void
grpc_aio_relay_return_outcome (GrpcAioRelay *self,
                               GrpcAioOutcome *outcome)
{
  gboolean is_taken;

  g_mutex_lock (&self->lock);
  is_taken = take_answer (self);
  if (is_taken)
    {
      self->has_outcome = TRUE;
      self->outcome = *outcome;
      *outcome = (GrpcAioOutcome){ 0 };
      if (self->outcome.initial_metadata == NULL)
        self->outcome.initial_metadata = ref_metadata (self->initial_metadata);
    }
  g_mutex_unlock (&self->lock);

  if (is_taken)
    grpc_aio_relay_post (self);
  else
    grpc_aio_outcome_clear (outcome);
}

void
grpc_aio_relay_send_initial_metadata (GrpcAioRelay *self,
                                      GrpcAioMetadata *metadata)
{
  g_mutex_lock (&self->lock);
  if (self->initial_metadata == NULL && !has_answer (self))
    self->initial_metadata = grpc_aio_metadata_copy (metadata);
  else
    g_critical ("%s has sent initial metadata before", G_OBJECT_TYPE_NAME (self->interceptor));
  g_mutex_unlock (&self->lock);

  grpc_aio_relay_post (self);
}

/* A read or a write of the interceptor itself. Consumes it. */
void
grpc_aio_relay_submit_own (GrpcAioRelay *self,
                           GrpcAioOperation *operation)
{
  gboolean is_late, is_withdrawn;

  if (grpc_aio_operation_refuse_forked (operation))
    return;

  g_mutex_lock (&self->lock);
  is_late = self->is_aborted || self->is_done || has_answer (self);
  is_withdrawn = grpc_aio_operation_is_withdrawn (operation);
  if (!is_late && !is_withdrawn)
    grpc_aio_operation_list_append (operation->kind == GRPC_AIO_SEND_MESSAGE ? &self->own_writes : &self->own_reads, operation);
  g_mutex_unlock (&self->lock);

  if (is_withdrawn)
    grpc_aio_operation_return_cancelled (operation);
  else if (is_late)
    grpc_aio_operation_return_new_error (operation, G_IO_ERROR_CLOSED, "%s",
                                         _("The call has been answered, or has ended"));
  else
    grpc_aio_relay_post (self);
}

/* Takes such an operation out, to be cancelled. */
gboolean
grpc_aio_relay_withdraw_own (GrpcAioRelay *self,
                             GrpcAioOperation *operation)
{
  gboolean found;

  g_mutex_lock (&self->lock);
  found = grpc_aio_operation_list_remove (&self->own_reads, operation) ||
          grpc_aio_operation_list_remove (&self->own_writes, operation);
  g_mutex_unlock (&self->lock);

  /* What comes after it may go on. */
  if (found)
    grpc_aio_relay_post (self);

  return found;
}

/* Runs @func in the main context of the call, also when that has ended. */
void
grpc_aio_relay_defer (GrpcAioRelay *self,
                      GrpcAioRelayFunc func,
                      gpointer user_data)
{
  Deferred *deferred = g_new0 (Deferred, 1);

  deferred->link.data = deferred;
  deferred->func = func;
  deferred->user_data = user_data;

  g_mutex_lock (&self->lock);
  g_queue_push_tail_link (&self->deferred, &deferred->link);
  g_mutex_unlock (&self->lock);

  grpc_aio_relay_post (self);
}
