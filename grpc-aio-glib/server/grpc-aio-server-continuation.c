/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A call goes through the interceptors as through nested functions: each asks the
 * next one, in the end the server's handlers are looked at, and what comes of it
 * is returned from each to the one before. All of it happens in the main context
 * of the call: what is said in another thread, or by an object that is dropped,
 * gets there through the queue. */

#include "server/grpc-aio-server-continuation-private.h"

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-error.h>
#include <grpc-aio-glib/grpc-aio-handler-call-details.h>
#include <grpc-aio-glib/grpc-aio-rpc-method-handler.h>
#include <grpc-aio-glib/grpc-aio-server-interceptor.h>

#include "engine/grpc-aio-operation-private.h"
#include "engine/grpc-aio-sync-private.h"
#include "server/grpc-aio-server-private.h"
#include "server/grpc-aio-servicer-context-private.h"

struct _GrpcAioInterception
{
  gatomicrefcount refs;
  GrpcAioServicerContext *context; /* which holds this until it has returned */
  GrpcAioInterception *outer;      /* NULL in the first interceptor */
  GrpcAioServerInterceptor *interceptor;
  guint position;
  GrpcAioHandlerCallDetails *details;

  gint has_proceeded; /* atomic */
  gint is_returned;   /* atomic; set in the main context of the call */
  gboolean is_passing;
  GrpcAioOperation *waiter; /* for what comes of going on */
};

/* What is to be done in the main context of the call. */
typedef struct
{
  GrpcAioCompletion completion;
  GrpcAioServicerContext *context;
  GrpcAioInterception *interception;
  GrpcAioHandlerCallDetails *details; /* to go on with, or */
  GrpcAioRpcMethodHandler *handler;   /* to return, or */
  GError *error;
} Move;

/**
 * GrpcAioServerContinuation:
 *
 * What comes after a [class@ServerInterceptor] for one call: the interceptors
 * after it, and the handlers of the server.
 *
 * It is used once: a second way to go on or to return is ignored, but for
 * [method@ServerContinuation.return_handler] and
 * [method@ServerContinuation.return_error] after
 * [method@ServerContinuation.proceed_async]. Any thread may do so.
 *
 * Since: 0.1
 */
struct _GrpcAioServerContinuation
{
  GObject parent_instance;

  GrpcAioServicerContext *context;
  GrpcAioInterception *interception;
};

G_DEFINE_FINAL_TYPE (GrpcAioServerContinuation, grpc_aio_server_continuation, G_TYPE_OBJECT)

static void go_on (GrpcAioServicerContext *context,
                   GrpcAioInterception *outer,
                   GrpcAioHandlerCallDetails *details);
static void finish (GrpcAioInterception *self,
                    GrpcAioRpcMethodHandler *handler,
                    GError *error);

static GrpcAioInterception *
interception_ref (GrpcAioInterception *self)
{
  g_atomic_ref_count_inc (&self->refs);

  return self;
}

static void
interception_unref (GrpcAioInterception *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  g_clear_pointer (&self->outer, interception_unref);
  g_clear_object (&self->details);
  g_free (self);
}

/* The result of an interceptor, or of the handlers, goes to the interceptor
 * before. Consumes @handler, which may be NULL, and @error. */
static void
deliver (GrpcAioServicerContext *context,
         GrpcAioInterception *to,
         GrpcAioRpcMethodHandler *handler,
         GError *error)
{
  GrpcAioOperation *waiter;

  if (to == NULL)
    {
      grpc_aio_servicer_context_serve_held (context, handler, error);
      return;
    }

  waiter = g_steal_pointer (&to->waiter);
  if (waiter == NULL)
    finish (to, handler, error);
  else if (error != NULL)
    grpc_aio_operation_return_error (waiter, error);
  else
    grpc_aio_operation_return_pointer (waiter, handler, g_object_unref);
}

/* Ends @self with a result, for the first time only. Consumes it. */
static void
finish (GrpcAioInterception *self,
        GrpcAioRpcMethodHandler *handler,
        GError *error)
{
  GrpcAioServicerContext *context = self->context;
  GrpcAioInterception *outer = self->outer;

  if (g_atomic_int_get (&self->is_returned))
    {
      g_clear_object (&handler);
      g_clear_error (&error);
      return;
    }

  g_object_ref (context);
  if (outer != NULL)
    interception_ref (outer);
  g_atomic_int_set (&self->is_returned, TRUE);
  grpc_aio_servicer_context_remove_interception (context, self);
  interception_unref (self);

  deliver (context, outer, handler, error);

  g_clear_pointer (&outer, interception_unref);
  g_object_unref (context);
}

static void
move_free (Move *self)
{
  g_clear_object (&self->details);
  g_clear_object (&self->handler);
  g_clear_error (&self->error);
  interception_unref (self->interception);
  g_object_unref (self->context);
  g_free (self);
}

static void
run_move (Move *self)
{
  if (self->details != NULL)
    go_on (self->context, self->interception, self->details);
  else
    finish (self->interception, g_steal_pointer (&self->handler), g_steal_pointer (&self->error));
}

static void
on_move (GrpcAioCompletion *completion,
         gboolean ok)
{
  Move *self = (Move *) completion;

  /* Without a main context no code of the program may run. */
  if (!grpc_aio_queue_is_orphan (grpc_aio_servicer_context_get_queue (self->context)))
    run_move (self);
  move_free (self);
}

/* Goes on with @details, or returns @handler or @error. Consumes them. */
static void
move (GrpcAioServerContinuation *self,
      GrpcAioHandlerCallDetails *details,
      GrpcAioRpcMethodHandler *handler,
      GError *error,
      gboolean is_dropped)
{
  Move *item = g_new0 (Move, 1);

  item->completion.run = on_move;
  item->context = g_object_ref (self->context);
  item->interception = interception_ref (self->interception);
  item->details = details;
  item->handler = handler;
  item->error = error;

  if (!is_dropped && grpc_aio_servicer_context_is_here (self->context))
    {
      run_move (item);
      move_free (item);
    }
  else
    {
      grpc_aio_queue_push (grpc_aio_servicer_context_get_queue (self->context), &item->completion);
    }
}

/* The interceptor has let go of it. Garbage collectors do so in the midst of
 * things: nothing else may run now. */
static void
grpc_aio_server_continuation_dispose (GObject *object)
{
  GrpcAioServerContinuation *self = GRPC_AIO_SERVER_CONTINUATION (object);

  if (self->interception != NULL)
    {
      GrpcAioInterception *interception = self->interception;

      if (self->context != NULL && !interception->is_passing && !g_atomic_int_get (&interception->is_returned))
        move (self, NULL, NULL,
              g_error_new (GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNKNOWN, _("The interceptor %s of %s ended without a result"),
                           G_OBJECT_TYPE_NAME (interception->interceptor),
                           grpc_aio_servicer_context_get_method (self->context)),
              TRUE);
      g_clear_pointer (&self->interception, interception_unref);
    }
  g_clear_object (&self->context);

  G_OBJECT_CLASS (grpc_aio_server_continuation_parent_class)->dispose (object);
}

static void
grpc_aio_server_continuation_class_init (GrpcAioServerContinuationClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = grpc_aio_server_continuation_dispose;
}

static void
grpc_aio_server_continuation_init (GrpcAioServerContinuation *self)
{
}

/* Asks the next interceptor, or after the last one the server. */
static void
go_on (GrpcAioServicerContext *context,
       GrpcAioInterception *outer,
       GrpcAioHandlerCallDetails *details)
{
  guint position = outer != NULL ? outer->position + 1 : 0;
  GrpcAioServerInterceptor *interceptor;
  GrpcAioInterception *self;
  g_autoptr (GrpcAioServerContinuation) continuation = NULL;
  g_autoptr (GError) gone = grpc_aio_servicer_context_check_held (context);

  if (gone != NULL)
    {
      if (outer != NULL)
        deliver (context, outer, NULL, g_steal_pointer (&gone));
      return;
    }

  interceptor = grpc_aio_servicer_context_enter (context, position);
  if (interceptor == NULL)
    {
      deliver (context, outer, grpc_aio_server_find_handler (grpc_aio_servicer_context_get_server (context), details), NULL);
      return;
    }

  self = g_new0 (GrpcAioInterception, 1);
  g_atomic_ref_count_init (&self->refs);
  self->context = context;
  self->outer = outer != NULL ? interception_ref (outer) : NULL;
  self->interceptor = interceptor;
  self->position = position;
  self->details = g_object_ref (details);
  grpc_aio_servicer_context_add_interception (context, self);

  continuation = g_object_new (GRPC_AIO_TYPE_SERVER_CONTINUATION, NULL);
  continuation->context = g_object_ref (context);
  continuation->interception = interception_ref (self);
  grpc_aio_server_interceptor_intercept_service (interceptor, continuation, details);
}

/* Of a call that nothing will be asked about any more. */
void
grpc_aio_server_continuation_clear (GSList *interceptions)
{
  g_slist_free_full (interceptions, (GDestroyNotify) interception_unref);
}

void
grpc_aio_server_continuation_begin (GrpcAioServicerContext *context,
                                    GrpcAioHandlerCallDetails *details)
{
  go_on (context, NULL, details);
}

/* From the innermost one on, so that those before learn of it, too. */
void
grpc_aio_server_continuation_abandon (GSList *interceptions,
                                      const GError *reason)
{
  for (GSList *at = interceptions; at != NULL; at = at->next)
    interception_ref (at->data);

  for (GSList *at = interceptions; at != NULL; at = at->next)
    {
      GrpcAioInterception *interception = at->data;

      if (interception->waiter != NULL)
        grpc_aio_operation_return_error (g_steal_pointer (&interception->waiter), g_error_copy (reason));
      finish (interception, NULL, g_error_copy (reason));
      interception_unref (interception);
    }
  g_slist_free (interceptions);
}

/**
 * grpc_aio_server_continuation_get_context:
 * @self: a continuation
 *
 * Gets the call.
 *
 * An interceptor may look at it, attach values with
 * [method@ServicerContext.set_value], and even answer it: then no handler runs.
 * It must not read its requests.
 *
 * Returns: (transfer none) (nullable): the call, or `NULL` after
 *   [method@ServerContinuation.return_handler]
 *
 * Since: 0.1
 */
GrpcAioServicerContext *
grpc_aio_server_continuation_get_context (GrpcAioServerContinuation *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVER_CONTINUATION (self), NULL);

  return self->context;
}

/* Whether it is the first time. */
static gboolean
claim (GrpcAioServerContinuation *self)
{
  return self->context != NULL && g_atomic_int_compare_and_exchange (&self->interception->has_proceeded, FALSE, TRUE);
}

/**
 * grpc_aio_server_continuation_pass_on:
 * @self: a continuation
 * @details: (nullable): what those after this one get to know, or `NULL` for no
 *   change
 *
 * Goes on, and returns whatever comes of it. The interceptor need not keep @self.
 *
 * Since: 0.1
 */
void
grpc_aio_server_continuation_pass_on (GrpcAioServerContinuation *self,
                                      GrpcAioHandlerCallDetails *details)
{
  g_return_if_fail (GRPC_AIO_IS_SERVER_CONTINUATION (self));
  g_return_if_fail (details == NULL || GRPC_AIO_IS_HANDLER_CALL_DETAILS (details));

  if (!claim (self))
    return;

  self->interception->is_passing = TRUE;
  move (self, g_object_ref (details != NULL ? details : self->interception->details), NULL, NULL, FALSE);
}

/**
 * grpc_aio_server_continuation_proceed_async:
 * @self: a continuation
 * @details: (nullable): what those after this one get to know, or `NULL` for no
 *   change
 * @cancellable: (nullable): a way to make it fail
 * @callback: (scope async): called once the handler is known
 * @user_data: data for @callback
 *
 * Goes on, and waits for the handler: to wrap or replace it, and return something
 * with [method@ServerContinuation.return_handler] or
 * [method@ServerContinuation.return_error].
 *
 * Since: 0.1
 */
void
grpc_aio_server_continuation_proceed_async (GrpcAioServerContinuation *self,
                                            GrpcAioHandlerCallDetails *details,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data)
{
  GrpcAioOperation *operation;

  g_return_if_fail (GRPC_AIO_IS_SERVER_CONTINUATION (self));
  g_return_if_fail (details == NULL || GRPC_AIO_IS_HANDLER_CALL_DETAILS (details));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = grpc_aio_operation_new (GRPC_AIO_WAIT_OTHER, self, grpc_aio_server_continuation_proceed_async,
                                      cancellable, callback, user_data);
  if (!claim (self))
    {
      grpc_aio_operation_return_new_error (operation, G_IO_ERROR_PENDING, "%s", _("The interceptor went on already"));
      return;
    }

  self->interception->waiter = operation;
  move (self, g_object_ref (details != NULL ? details : self->interception->details), NULL, NULL, FALSE);
}

/**
 * grpc_aio_server_continuation_proceed_finish:
 * @self: a continuation
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@ServerContinuation.proceed_async].
 *
 * It fails with the error that an interceptor after this one returned, or with
 * `GRPC_AIO_ERROR_CANCELLED` or `GRPC_AIO_ERROR_DEADLINE_EXCEEDED` when the call
 * is over.
 *
 * Returns: (transfer full) (nullable): the handler; or `NULL`: without an error
 *   when the server has no such method
 *
 * Since: 0.1
 */
GrpcAioRpcMethodHandler *
grpc_aio_server_continuation_proceed_finish (GrpcAioServerContinuation *self,
                                             GAsyncResult *result,
                                             GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_server_continuation_proceed_async), NULL);

  return grpc_aio_operation_propagate_pointer (result, error);
}

/**
 * grpc_aio_server_continuation_proceed_sync:
 * @self: a continuation
 * @details: (nullable): what those after this one get to know, or `NULL` for no
 *   change
 * @cancellable: (nullable): a way to make it fail
 * @error: where to put an error
 *
 * Goes on, and blocks until the handler is known. In the main context of the call
 * nothing else is served meanwhile.
 *
 * Returns: (transfer full) (nullable): the handler; or `NULL`: without an error
 *   when the server has no such method
 *
 * Since: 0.1
 */
GrpcAioRpcMethodHandler *
grpc_aio_server_continuation_proceed_sync (GrpcAioServerContinuation *self,
                                           GrpcAioHandlerCallDetails *details,
                                           GCancellable *cancellable,
                                           GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_SERVER_CONTINUATION (self), NULL);
  g_return_val_if_fail (details == NULL || GRPC_AIO_IS_HANDLER_CALL_DETAILS (details), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  if (self->context == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING, _("The interceptor went on already"));
      return NULL;
    }

  sync = grpc_aio_sync_begin (grpc_aio_servicer_context_get_queue (self->context));
  grpc_aio_server_continuation_proceed_async (self, details, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_server_continuation_proceed_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_server_continuation_return_handler:
 * @self: a continuation
 * @handler: (nullable): what is to serve the call, or `NULL` when there is no such
 *   method
 *
 * Returns a handler from the interceptor.
 *
 * Where the method is one of a [class@Service], @handler has to take its requests
 * as the method does: as one, or as a stream. Else the call ends with
 * `GRPC_AIO_STATUS_CODE_INTERNAL`.
 *
 * Since: 0.1
 */
void
grpc_aio_server_continuation_return_handler (GrpcAioServerContinuation *self,
                                             GrpcAioRpcMethodHandler *handler)
{
  g_return_if_fail (GRPC_AIO_IS_SERVER_CONTINUATION (self));
  g_return_if_fail (handler == NULL || GRPC_AIO_IS_RPC_METHOD_HANDLER (handler));

  if (self->context == NULL)
    return;

  move (self, NULL, handler != NULL ? g_object_ref (handler) : NULL, NULL, FALSE);

  /* The call keeps the handler, and languages with a garbage collector keep with
   * its function what was in sight where that was made: often this. */
  g_clear_object (&self->context);
}

/**
 * grpc_aio_server_continuation_return_error:
 * @self: a continuation
 * @error: why the call is refused
 *
 * Refuses the call: interceptors before this one learn of it, and unless one of
 * them returns something else, the call ends as with
 * [method@ServicerContext.complete_with_error].
 *
 * Since: 0.1
 */
void
grpc_aio_server_continuation_return_error (GrpcAioServerContinuation *self,
                                           const GError *error)
{
  g_return_if_fail (GRPC_AIO_IS_SERVER_CONTINUATION (self));
  g_return_if_fail (error != NULL);

  if (self->context != NULL)
    move (self, NULL, NULL, g_error_copy (error), FALSE);
}
