/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "server/grpc-aio-servicer-context-parts-private.h"

#include <glib/gi18n-lib.h>
#include <grpc/slice.h>

#include <grpc-aio-glib/grpc-aio-error.h>
#include <grpc-aio-glib/grpc-aio-server-interceptor.h>

#include "engine/grpc-aio-core-private.h"

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
void
grpc_aio_servicer_context_arm_close (GrpcAioServicerContext *self)
{
  const grpc_op op = new_close_op (self);

  if (self->is_close_armed)
    return;

  self->closing.done = on_closed;
  self->is_close_armed = grpc_aio_core_call_start (&self->core_call, &self->closing, &op, 1);
}

/* Until the deadline, in microseconds; G_MAXINT64 without one. */
gint64
grpc_aio_servicer_context_get_time_left (GrpcAioServicerContext *self)
{
  gpr_timespec left;

  if (gpr_time_cmp (self->deadline, gpr_inf_future (self->deadline.clock_type)) == 0)
    return G_MAXINT64;

  left = gpr_time_sub (self->deadline, gpr_now (self->deadline.clock_type));

  return left.tv_sec * G_USEC_PER_SEC + left.tv_nsec / 1000;
}

GError *
grpc_aio_servicer_context_new_gone_error (GrpcAioServicerContext *self)
{
  if (grpc_aio_servicer_context_get_time_left (self) <= 0)
    return g_error_new_literal (GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED, _("The deadline of the call has passed"));

  return g_error_new_literal (GRPC_AIO_ERROR, GRPC_AIO_ERROR_CANCELLED, _("The client has cancelled the call or is gone"));
}

/* Looks, after each step, whether the call is over: answered, or given up. For
 * the server it has ended when grpc-core has nothing of it any more, either.
 * Both happen once. */
static void
settle (GrpcAioServicerContext *self,
        gboolean is_closed)
{
  GrpcAioBlockingRun *run = NULL; /* that is not needed any more */
  gboolean is_idle, becomes_done, is_leaving;

  g_mutex_lock (&self->core_call.lock);
  /* An answer that was to ask for the end, too, will not get as far. */
  if (self->core_call.sends_ended)
    grpc_aio_servicer_context_arm_close (self);
  is_idle = grpc_aio_core_call_is_idle (&self->core_call);
  becomes_done = !self->is_done && (is_closed || (self->is_close_with_status && is_idle));
  if (becomes_done)
    {
      self->is_done = self->core_call.is_ending = TRUE;
      self->is_cancelled = self->is_core_cancelled != 0;
      if (G_UNLIKELY (self->run != NULL) && grpc_aio_server_remove_task (self->server, &self->run->task))
        run = g_steal_pointer (&self->run);
      if (!self->is_answered)
        self->code = grpc_aio_servicer_context_get_time_left (self) <= 0 ? GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED : GRPC_AIO_STATUS_CODE_CANCELLED;
    }
  is_leaving = self->is_done && !self->has_left && is_idle;
  self->has_left |= is_leaving;
  g_mutex_unlock (&self->core_call.lock);

  if (becomes_done && !grpc_aio_queue_is_orphan (self->core_call.queue))
    grpc_aio_servicer_context_tell_done (self);
  if (is_leaving)
    grpc_aio_server_call_ended (self->server, &self->seat);
  if (run != NULL)
    grpc_aio_servicer_context_blocking_run_free (run);
}

static void
on_closed (GrpcAioCoreCall *core_call,
           gboolean ok)
{
  settle (grpc_aio_servicer_context_of (core_call), TRUE);
}

/* With the lock. */
static gsize
add_close_op (GrpcAioCoreCall *core_call,
              grpc_op *ops)
{
  GrpcAioServicerContext *self = grpc_aio_servicer_context_of (core_call);

  if (self->is_close_armed)
    return 0;

  self->is_close_armed = self->is_close_with_status = core_call->is_ending = TRUE;
  *ops = new_close_op (self);

  return 1;
}

static void
on_core_settled (GrpcAioCoreCall *core_call)
{
  settle (grpc_aio_servicer_context_of (core_call), FALSE);
}

static void
end_read (GrpcAioCoreCall *core_call,
          GrpcAioOperation *operation)
{
  GrpcAioServicerContext *self = grpc_aio_servicer_context_of (core_call);

  if (self->is_message_refused)
    grpc_aio_operation_return_new_error (operation, G_IO_ERROR_CLOSED, _("An interceptor of %s refused the message"), self->method);
  else if (grpc_call_failed_before_recv_message (core_call->core) || self->is_cancelled)
    grpc_aio_operation_return_error (operation, grpc_aio_servicer_context_new_gone_error (self));
  else
    grpc_aio_operation_return_pointer (operation, NULL, NULL);
}

static void
end_send (GrpcAioCoreCall *core_call,
          GrpcAioOperation *operation)
{
  grpc_aio_operation_return_error (operation, grpc_aio_servicer_context_new_gone_error (grpc_aio_servicer_context_of (core_call)));
}

/* An interceptor gave no message back: unless it has ended the call itself, this
 * does. */
static void
refuse_message (GrpcAioServicerContext *self)
{
  g_autofree char *details = g_strdup_printf (_("An interceptor of %s refused the message"), self->method);

  self->is_message_refused = TRUE;
  grpc_aio_servicer_context_answer (self, NULL, GRPC_AIO_STATUS_CODE_INTERNAL, details);
}

/* In the main context of the call. Consumes @message; NULL when it was refused. */
GBytes *
grpc_aio_servicer_context_filter_request (GrpcAioServicerContext *self,
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
GBytes *
grpc_aio_servicer_context_filter_response (GrpcAioServicerContext *self,
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

  return grpc_aio_servicer_context_filter_request (grpc_aio_servicer_context_of (core_call), message);
}

const GrpcAioCoreCallFuncs grpc_aio_servicer_context_core_call_funcs = {
  .add_ops = add_close_op,
  .end_read = end_read,
  .end_send = end_send,
  .settled = on_core_settled,
  .release = grpc_aio_servicer_context_release,
};

/* Of servers with interceptors. */
const GrpcAioCoreCallFuncs grpc_aio_servicer_context_intercepted_call_funcs = {
  .add_ops = add_close_op,
  .end_read = end_read,
  .end_send = end_send,
  .settled = on_core_settled,
  .received = on_received,
  .release = grpc_aio_servicer_context_release,
};

/* Sends the status, after what still waits, with @response as the last message.
 * Only the first answer counts. */
void
grpc_aio_servicer_context_answer (GrpcAioServicerContext *self,
                                  GBytes *response,
                                  GrpcAioStatusCode code,
                                  const char *details)
{
  gboolean is_answering = FALSE;

  if (G_UNLIKELY (g_atomic_int_get (&self->has_compression)) && response != NULL)
    grpc_aio_servicer_context_send_compression (self);

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
      self->answer.flags = response != NULL ? grpc_aio_servicer_context_take_flags (self) : 0;
      self->answer.code = (grpc_status_code) code;
      if (details != NULL)
        self->answer.details = grpc_slice_from_copied_string (details);
      grpc_aio_core_metadata_init (&self->answer.metadata, self->trailing_metadata);

      grpc_aio_core_call_begin (&self->core_call);
      grpc_aio_core_call_keep_owner (&self->core_call, g_object_ref (self));
      if (!grpc_aio_core_call_answer (&self->core_call, &self->answer))
        grpc_aio_servicer_context_arm_close (self);
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
  grpc_aio_servicer_context_answer (self, NULL, GRPC_AIO_STATUS_CODE_UNKNOWN, details);
}

void
grpc_aio_servicer_context_cancel (GrpcAioServicerContext *self)
{
  grpc_aio_core_call_cancel (&self->core_call, GRPC_STATUS_CANCELLED, _("The server cancelled the call"));
}

/* Notices the end of a call that nothing else is done with yet. */
void
grpc_aio_servicer_context_watch (GrpcAioServicerContext *self)
{
  g_mutex_lock (&self->core_call.lock);
  grpc_aio_servicer_context_arm_close (self);
  g_mutex_unlock (&self->core_call.lock);
}

/* Answers a call that no handler gets. */
void
grpc_aio_servicer_context_refuse (GrpcAioServicerContext *self,
                                  GrpcAioStatusCode code,
                                  const char *details)
{
  grpc_aio_servicer_context_answer (self, NULL, code, details);
}
