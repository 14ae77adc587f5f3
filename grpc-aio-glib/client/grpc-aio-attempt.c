/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-attempt-private.h"

#include <grpc-aio-glib/grpc-aio-metadata.h>

#include "client/grpc-aio-call-private.h"

typedef struct
{
  GrpcAioInterceptedCall *intercepted;
  GrpcAioAttemptFunc func;
  gpointer user_data;
} Attempt;

/* Consumes @self. */
static void
attempt_end (Attempt *self,
             GrpcAioCall *call,
             GrpcAioStatusCode code)
{
  self->func (self->intercepted, call, code, self->user_data);
  g_object_unref (self->intercepted);
  g_free (self);
}

static void
on_status (GObject *source,
           GAsyncResult *result,
           gpointer user_data)
{
  GrpcAioCall *call = GRPC_AIO_CALL (source);

  attempt_end (user_data, call, grpc_aio_call_status_finish (call, result, NULL));
}

/* The first message has to be given to the program, and with it the call. */
static void
on_first_message (GObject *source,
                  GAsyncResult *result,
                  gpointer user_data)
{
  GrpcAioCall *call = GRPC_AIO_CALL (source);
  Attempt *self = user_data;
  g_autoptr (GBytes) message = grpc_aio_call_read_finish (call, result, NULL);

  if (message == NULL)
    {
      attempt_end (self, call, grpc_aio_call_get_code (call));
      return;
    }

  grpc_aio_intercepted_call_write_response_async (self->intercepted, message, NULL, NULL, NULL);
  attempt_end (self, call, GRPC_AIO_STATUS_CODE_OK);
}

/* Goes on with @intercepted. What comes of a stream of responses is known with its
 * first message. */
void
grpc_aio_attempt_start (GrpcAioInterceptedCall *intercepted,
                        GrpcAioAttemptFunc func,
                        gpointer user_data)
{
  g_autoptr (GrpcAioCall) call = grpc_aio_intercepted_call_proceed (intercepted);
  Attempt *self = g_new0 (Attempt, 1);

  self->intercepted = g_object_ref (intercepted);
  self->func = func;
  self->user_data = user_data;

  if (grpc_aio_intercepted_call_get_kind (intercepted) == GRPC_AIO_METHOD_KIND_UNARY_STREAM)
    grpc_aio_call_read_async (call, NULL, on_first_message, self);
  else
    grpc_aio_call_status_async (call, NULL, on_status, self);
}

/* As gRFC A6 says of grpc-retry-pushback-ms: what is no number means never. */
gint64
grpc_aio_attempt_get_pushback (GrpcAioCall *attempt)
{
  GrpcAioOutcome outcome;
  const char *text;
  gint64 msec;
  gint64 pushback_usec = -1;

  grpc_aio_call_dup_outcome (attempt, &outcome);
  text = grpc_aio_metadata_get (outcome.trailing_metadata, "grpc-retry-pushback-ms");
  if (text != NULL)
    pushback_usec = g_ascii_string_to_signed (text, 10, 0, G_MAXINT, &msec, NULL) ? msec * 1000 : G_MAXINT64;
  grpc_aio_outcome_clear (&outcome);

  return pushback_usec;
}

static gboolean
on_cancelled (GCancellable *cancellable,
              gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Runs @func once after @pause_usec, or when the call ends before. */
GSource *
grpc_aio_attempt_new_pause (GrpcAioInterceptedCall *intercepted,
                            gint64 pause_usec,
                            GSourceFunc func,
                            gpointer user_data)
{
  GSource *source = g_timeout_source_new (0);
  g_autoptr (GSource) child = g_cancellable_source_new (grpc_aio_intercepted_call_get_cancellable (intercepted));

  g_source_set_ready_time (source, g_get_monotonic_time () + pause_usec);
  g_source_set_callback (child, G_SOURCE_FUNC (on_cancelled), NULL, NULL);
  g_source_add_child_source (source, child);
  g_source_set_callback (source, func, user_data, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());

  return source;
}

/* A name that ends in a slash stands for all methods of a service. */
gboolean
grpc_aio_attempt_is_listed (const char *const *methods,
                            const char *method)
{
  if (methods == NULL)
    return TRUE;

  for (gsize i = 0; methods[i] != NULL; i++)
    {
      if (g_str_equal (methods[i], method) ||
          (g_str_has_suffix (methods[i], "/") && g_str_has_prefix (method, methods[i])))
        return TRUE;
    }

  return FALSE;
}
