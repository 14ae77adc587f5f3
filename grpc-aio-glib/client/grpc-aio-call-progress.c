/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-call-parts-private.h"

#include <glib/gi18n-lib.h>
#include <grpc/support/string_util.h>

#include "engine/grpc-aio-bytes-private.h"
#include "engine/grpc-aio-clock-private.h"
#include "engine/grpc-aio-core-private.h"
#include "security/grpc-aio-tls-diagnosis-private.h"
#include "types/grpc-aio-error-private.h"

/* How late grpc-core's clock may be on a busy machine. */
#define CLOCK_USEC (100 * 1000)

/* With the lock; once the metadata is here. */
static GrpcAioMetadata *
get_initial_metadata (GrpcAioCall *self)
{
  if (self->initial_metadata == NULL)
    self->initial_metadata = grpc_aio_core_metadata_to_glib (&self->initial_array);

  return self->initial_metadata;
}

/* With the lock; once the call is done. It stays the call's. */
GrpcAioMetadata *
grpc_aio_call_make_trailing_metadata (GrpcAioCall *self)
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
                                        grpc_aio_call_make_trailing_metadata (self), self->core_debug_string);
}

/* Gives an operation what it waited for. The call is done, or as far as the
 * operation needs. Consumes. */
void
grpc_aio_call_settle (GrpcAioCall *self,
                      GrpcAioOperation *operation)
{
  GError *error = NULL;
  GrpcAioMetadata *metadata = NULL;

  g_mutex_lock (&self->core_call.lock);
  switch (operation->kind)
    {
    case GRPC_AIO_WAIT_TRAILING_METADATA:
      metadata = grpc_aio_metadata_ref (grpc_aio_call_make_trailing_metadata (self));
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
    grpc_aio_call_settle (self, operation);
}

/* Has @operation wait for what it needs, or settles it now. Consumes. */
void
grpc_aio_call_wait (GrpcAioCall *self,
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
    grpc_aio_call_settle (self, operation);
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

  if (self->code != GRPC_AIO_STATUS_CODE_OK || grpc_aio_method_kind_streams_responses (self->kind))
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
      grpc_aio_relay_post (grpc_aio_call_of (observer_core)->relay);
      grpc_aio_core_call_end (observer_core);
    }

  if (!grpc_aio_queue_is_orphan (self->core_call.queue))
    grpc_aio_call_tell (self);
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

void
grpc_aio_call_on_started (GrpcAioCoreCall *core_call,
                          gboolean ok)
{
  GrpcAioCall *self = grpc_aio_call_of (core_call);

  g_mutex_lock (&self->core_call.lock);
  self->is_starting = FALSE;
  g_mutex_unlock (&self->core_call.lock);

  if (ok && !has_ended_here (self))
    advance (self, GRPC_AIO_CALL_STATE_CONNECTED);
  check_done (self);
}

void
grpc_aio_call_on_ended (GrpcAioCoreCall *core_call,
                        gboolean ok)
{
  GrpcAioCall *self = grpc_aio_call_of (core_call);

  g_mutex_lock (&self->core_call.lock);
  self->has_status = self->core_call.is_ending = TRUE;
  g_mutex_unlock (&self->core_call.lock);

  check_done (self);
}

void
grpc_aio_call_on_unary_ended (GrpcAioCoreCall *core_call,
                              gboolean ok)
{
  GrpcAioCall *self = grpc_aio_call_of (core_call);

  if (G_UNLIKELY (self->hold != NULL) && grpc_aio_call_follow_addresses (self))
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

void
grpc_aio_call_on_hidden_ended (GrpcAioCoreCall *core_call,
                               gboolean ok)
{
  GrpcAioCall *self = grpc_aio_call_of (core_call);

  if (G_UNLIKELY (self->hold != NULL) && grpc_aio_call_follow_addresses (self))
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
  check_done (grpc_aio_call_of (core_call));
}

static void
end_operation (GrpcAioCoreCall *core_call,
               GrpcAioOperation *operation)
{
  grpc_aio_call_wait (grpc_aio_call_of (core_call), operation);
}

const GrpcAioCoreCallFuncs grpc_aio_call_core_funcs = {
  .end_read = end_operation,
  .end_send = end_operation,
  .settled = on_core_settled,
  .release = grpc_aio_call_release,
};

/* With the channel's lock, which keeps the call. One with a relay is added to
 * @relays, to be cancelled without the lock, and kept until then. */
void
grpc_aio_call_cancel_member (GrpcAioChannelMember *member,
                             const char *details,
                             GPtrArray *relays)
{
  GrpcAioCall *self = grpc_aio_call_of_member (member);

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
    .trailing_metadata = grpc_aio_metadata_ref (grpc_aio_call_make_trailing_metadata (self)),
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
