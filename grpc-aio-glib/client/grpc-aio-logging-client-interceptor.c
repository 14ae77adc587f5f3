/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-logging-client-interceptor.h>

#include <grpc-aio-glib/grpc-aio-intercepted-call.h>

#include "types/grpc-aio-error-private.h"

/**
 * GrpcAioLoggingClientInterceptor:
 *
 * Writes each call of a channel to the log when it has ended, as
 * [func@GLib.log_structured] does.
 *
 * The level is debug and the domain `GrpcAio`: such messages are seen with
 * `G_MESSAGES_DEBUG=GrpcAio`, and in the journal. Beside the text they have the
 * fields `GRPC_METHOD`, `GRPC_STATUS`, `GRPC_DURATION_USEC`, `GRPC_PEER` and
 * `GRPC_DETAILS`. No message, metadata or credential is written.
 *
 * Since: 0.1
 */
struct _GrpcAioLoggingClientInterceptor
{
  GrpcAioClientInterceptor parent_instance;
};

G_DEFINE_FINAL_TYPE (GrpcAioLoggingClientInterceptor, grpc_aio_logging_client_interceptor, GRPC_AIO_TYPE_CLIENT_INTERCEPTOR)

static void
grpc_aio_logging_client_interceptor_done (GrpcAioClientInterceptor *interceptor,
                                          GrpcAioInterceptedCall *call)
{
  const char *status = grpc_aio_status_code_to_string (grpc_aio_intercepted_call_get_code (call));
  const char *method = grpc_aio_intercepted_call_get_method (call);
  const char *details = grpc_aio_intercepted_call_get_details (call);
  gint64 elapsed_usec = grpc_aio_intercepted_call_get_elapsed_usec (call);
  g_autofree char *peer = grpc_aio_intercepted_call_dup_peer (call);
  g_autofree char *duration = g_strdup_printf ("%" G_GINT64_FORMAT, elapsed_usec);

  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_DEBUG,
                    "GRPC_METHOD", method,
                    "GRPC_STATUS", status,
                    "GRPC_DURATION_USEC", duration,
                    "GRPC_PEER", peer != NULL ? peer : "",
                    "GRPC_DETAILS", details != NULL ? details : "",
                    "MESSAGE", "%s: %s from %s after %.3f ms%s%s", method, status, peer != NULL ? peer : "nobody",
                    (double) elapsed_usec / 1000, details != NULL && *details != '\0' ? ": " : "",
                    details != NULL ? details : "");
}

static void
grpc_aio_logging_client_interceptor_class_init (GrpcAioLoggingClientInterceptorClass *klass)
{
  GRPC_AIO_CLIENT_INTERCEPTOR_CLASS (klass)->done = grpc_aio_logging_client_interceptor_done;
}

static void
grpc_aio_logging_client_interceptor_init (GrpcAioLoggingClientInterceptor *self)
{
}

/**
 * grpc_aio_logging_client_interceptor_new:
 *
 * Creates an interceptor that writes to the log.
 *
 * Returns: (transfer full): a new interceptor
 *
 * Since: 0.1
 */
GrpcAioLoggingClientInterceptor *
grpc_aio_logging_client_interceptor_new (void)
{
  return g_object_new (GRPC_AIO_TYPE_LOGGING_CLIENT_INTERCEPTOR, NULL);
}
