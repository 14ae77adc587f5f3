/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-server-logging-interceptor.h>

#include "server/grpc-aio-servicer-context-private.h"
#include "types/grpc-aio-error-private.h"

/**
 * GrpcAioServerLoggingInterceptor:
 *
 * Writes a line to the log for each call that has ended, and one for each message.
 *
 * The lines are structured messages of the level debug and the domain `GrpcAio`:
 * `G_MESSAGES_DEBUG=GrpcAio` shows them, and so does the journal. Beside the text
 * they have these fields:
 *
 * - `GRPC_METHOD`: the full name of the method;
 * - `GRPC_PEER`: the address of the client;
 * - `GRPC_STATUS`: how the call ended, such as `NOT_FOUND`;
 * - `GRPC_DETAILS`: the text of the status, if there is one;
 * - `GRPC_IDENTITY`: who the caller is, if an interceptor found out;
 * - `GRPC_DURATION_USEC`: how long it took, in microseconds;
 * - `GRPC_DIRECTION` and `GRPC_SIZE`, of a message: `request` or `response`, and
 *   how many bytes it has. What is in a message is never logged.
 *
 * It is best the first one of its server: then it sees all calls.
 *
 * Since: 0.1
 */
struct _GrpcAioServerLoggingInterceptor
{
  GrpcAioServerInterceptor parent_instance;
};

G_DEFINE_FINAL_TYPE (GrpcAioServerLoggingInterceptor, grpc_aio_server_logging_interceptor, GRPC_AIO_TYPE_SERVER_INTERCEPTOR)

#define MAX_FIELDS 12

typedef struct
{
  GLogField fields[MAX_FIELDS];
  gsize n_fields;
} Line;

/* @value has to live until the line is written; NULL leaves the field out. */
static void
add (Line *line,
     const char *key,
     const char *value)
{
  if (value == NULL)
    return;

  g_assert (line->n_fields < MAX_FIELDS);
  line->fields[line->n_fields++] = (GLogField){ .key = key, .value = value, .length = -1 };
}

static void
write_line (Line *line,
            GrpcAioServicerContext *context,
            const char *message)
{
  g_autofree char *peer = grpc_aio_servicer_context_dup_peer (context);

  add (line, "MESSAGE", message);
  add (line, "PRIORITY", "7");
  add (line, "GLIB_DOMAIN", G_LOG_DOMAIN);
  add (line, "GRPC_METHOD", grpc_aio_servicer_context_get_method (context));
  add (line, "GRPC_PEER", peer);
  add (line, "GRPC_IDENTITY", grpc_aio_servicer_context_get_identity (context));
  g_log_structured_array (G_LOG_LEVEL_DEBUG, line->fields, line->n_fields);
}

static void
log_message (GrpcAioServicerContext *context,
             const char *direction,
             GBytes *message)
{
  g_autofree char *size = g_strdup_printf ("%" G_GSIZE_FORMAT, g_bytes_get_size (message));
  g_autofree char *text = g_strdup_printf ("%s: a %s of %s bytes", grpc_aio_servicer_context_get_method (context), direction, size);
  Line line = { .n_fields = 0 };

  add (&line, "GRPC_DIRECTION", direction);
  add (&line, "GRPC_SIZE", size);
  write_line (&line, context, text);
}

static GBytes *
grpc_aio_server_logging_interceptor_filter_request (GrpcAioServerInterceptor *interceptor,
                                                    GrpcAioServicerContext *context,
                                                    GBytes *message)
{
  log_message (context, "request", message);

  return g_bytes_ref (message);
}

static GBytes *
grpc_aio_server_logging_interceptor_filter_response (GrpcAioServerInterceptor *interceptor,
                                                     GrpcAioServicerContext *context,
                                                     GBytes *message)
{
  log_message (context, "response", message);

  return g_bytes_ref (message);
}

static void
grpc_aio_server_logging_interceptor_call_ended (GrpcAioServerInterceptor *interceptor,
                                                GrpcAioServicerContext *context)
{
  const char *method = grpc_aio_servicer_context_get_method (context);
  const char *status = grpc_aio_status_code_to_string (grpc_aio_servicer_context_get_code (context));
  const char *details = grpc_aio_servicer_context_get_details (context);
  gint64 duration = grpc_aio_servicer_context_get_duration (context);
  g_autofree char *usec = g_strdup_printf ("%" G_GINT64_FORMAT, duration);
  g_autofree char *text = NULL;
  Line line = { .n_fields = 0 };

  text = g_strdup_printf ("%s: %s%s%s after %.1f ms", method, status, details != NULL ? ": " : "",
                          details != NULL ? details : "", (double) duration / 1000);
  add (&line, "GRPC_STATUS", status);
  add (&line, "GRPC_DETAILS", details);
  add (&line, "GRPC_DURATION_USEC", usec);
  write_line (&line, context, text);
}

static void
grpc_aio_server_logging_interceptor_class_init (GrpcAioServerLoggingInterceptorClass *klass)
{
  GrpcAioServerInterceptorClass *interceptor_class = GRPC_AIO_SERVER_INTERCEPTOR_CLASS (klass);

  interceptor_class->filter_request = grpc_aio_server_logging_interceptor_filter_request;
  interceptor_class->filter_response = grpc_aio_server_logging_interceptor_filter_response;
  interceptor_class->call_ended = grpc_aio_server_logging_interceptor_call_ended;
}

static void
grpc_aio_server_logging_interceptor_init (GrpcAioServerLoggingInterceptor *self)
{
}

/**
 * grpc_aio_server_logging_interceptor_new:
 *
 * Creates an interceptor that logs.
 *
 * Returns: (transfer full) (type GrpcAioServerLoggingInterceptor): a new
 *   interceptor
 *
 * Since: 0.1
 */
GrpcAioServerInterceptor *
grpc_aio_server_logging_interceptor_new (void)
{
  return g_object_new (GRPC_AIO_TYPE_SERVER_LOGGING_INTERCEPTOR, NULL);
}
