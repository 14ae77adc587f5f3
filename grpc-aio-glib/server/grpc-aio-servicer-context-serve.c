/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "server/grpc-aio-servicer-context-parts-private.h"

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-handler-call-details.h>
#include <grpc-aio-glib/grpc-aio-server-interceptor.h>

#include "engine/grpc-aio-bytes-private.h"
#include "engine/grpc-aio-core-private.h"
#include "server/grpc-aio-rpc-method-handler-private.h"
#include "server/grpc-aio-server-continuation-private.h"

/* Drops the reference to the context. */
void
grpc_aio_servicer_context_blocking_run_free (GrpcAioBlockingRun *run)
{
  grpc_aio_server_task_ended (run->context->server);
  g_object_unref (run->handler);
  g_object_unref (run->context);
  g_free (run);
}

/* The call is over while its interceptors are asked. They learn of it, and no
 * handler will run. */
void
grpc_aio_servicer_context_abandon_interceptions (GrpcAioServicerContext *self)
{
  g_autoptr (GError) reason = NULL;

  if (!self->is_held)
    return;

  reason = grpc_aio_servicer_context_new_gone_error (self);
  grpc_aio_server_continuation_abandon (g_steal_pointer (&self->interceptions), reason);
}

void
grpc_aio_servicer_context_tell_interceptors (GrpcAioServicerContext *self)
{
  if (self->interceptors == NULL)
    return;

  self->end_usec = g_get_monotonic_time ();
  for (gint i = g_atomic_int_get (&self->n_entered); i > 0; i--)
    grpc_aio_server_interceptor_call_ended (g_ptr_array_index (self->interceptors, i - 1), self);
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
  GrpcAioBlockingRun *run = (GrpcAioBlockingRun *) ((guint8 *) completion - G_STRUCT_OFFSET (GrpcAioBlockingRun, returned));
  GrpcAioServicerContext *self = run->context;

  g_mutex_lock (&self->core_call.lock);
  self->run = NULL;
  g_mutex_unlock (&self->core_call.lock);

  grpc_aio_servicer_context_blocking_run_free (run);
}

/* In a thread of the pool. The handler has a main context for itself: what it
 * waits for in _sync functions does not depend on others, and nothing of it is
 * left behind in the thread. */
static void
run_in_thread (GrpcAioHandlerTask *task)
{
  GrpcAioBlockingRun *run = (GrpcAioBlockingRun *) task;
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
  GrpcAioBlockingRun *run = g_new0 (GrpcAioBlockingRun, 1);

  run->task.run = run_in_thread;
  run->returned.run = on_returned;
  run->context = g_object_ref (self);
  run->handler = g_object_ref (handler);
  run->request = request;

  g_mutex_lock (&self->core_call.lock);
  grpc_aio_servicer_context_arm_close (self);
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
    request = grpc_aio_servicer_context_filter_request (self, request);
  self->request = request;

  if (G_UNLIKELY (self->is_message_refused))
    ;
  else if (!grpc_aio_servicer_context_streams_requests (self) && request == NULL)
    grpc_aio_servicer_context_answer (self, NULL, GRPC_AIO_STATUS_CODE_INTERNAL, _("There is no request, or it could not be decompressed"));
  else if (G_UNLIKELY (grpc_aio_rpc_method_handler_get_blocking (self->handler)))
    grpc_aio_servicer_context_run_blocking (self, self->handler, request);
  else
    grpc_aio_rpc_method_handler_run (self->handler, self, request);

  g_mutex_lock (&self->core_call.lock);
  if (!self->is_answered)
    grpc_aio_servicer_context_arm_close (self);
  g_mutex_unlock (&self->core_call.lock);
}

static void
on_request (GrpcAioCoreCall *core_call,
            gboolean ok)
{
  GrpcAioServicerContext *self = grpc_aio_servicer_context_of (core_call);
  GBytes *request = take_request (self);

  if (grpc_aio_queue_is_orphan (core_call->queue))
    {
      grpc_aio_servicer_context_answer (self, NULL, GRPC_AIO_STATUS_CODE_UNAVAILABLE, _("The server's main context is gone"));
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

      grpc_aio_servicer_context_answer (self, NULL, GRPC_AIO_STATUS_CODE_UNIMPLEMENTED, details);
      return;
    }

  if (self->has_payload || grpc_aio_servicer_context_streams_requests (self))
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
  grpc_aio_servicer_context_arm_close (self);
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
    return grpc_aio_servicer_context_new_gone_error (self);
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
  if (self->has_payload && grpc_aio_method_kind_streams_requests (kind))
    {
      g_autofree char *details = g_strdup_printf (_("An interceptor gave %s a handler for a stream of requests, but it has one"), self->method);

      grpc_aio_servicer_context_answer (self, NULL, GRPC_AIO_STATUS_CODE_INTERNAL, details);
      return;
    }

  g_set_object (&self->own_handler, handler);
  self->handler = handler;
  serve (self);
}
