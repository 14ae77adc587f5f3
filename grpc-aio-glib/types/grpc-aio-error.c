/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "types/grpc-aio-error-private.h"

#include <glib/gi18n-lib.h>

#include "types/grpc-aio-rpc-status-private.h"

typedef struct
{
  GrpcAioMetadata *initial_metadata;
  GrpcAioMetadata *trailing_metadata;
  char *debug_string;
} GrpcAioErrorPrivate;

static void
grpc_aio_error_private_init (GrpcAioErrorPrivate *priv)
{
}

static void
grpc_aio_error_private_copy (const GrpcAioErrorPrivate *source,
                             GrpcAioErrorPrivate *copy)
{
  if (source->initial_metadata != NULL)
    copy->initial_metadata = grpc_aio_metadata_ref (source->initial_metadata);
  if (source->trailing_metadata != NULL)
    copy->trailing_metadata = grpc_aio_metadata_ref (source->trailing_metadata);
  copy->debug_string = g_strdup (source->debug_string);
}

static void
grpc_aio_error_private_clear (GrpcAioErrorPrivate *priv)
{
  g_clear_pointer (&priv->initial_metadata, grpc_aio_metadata_unref);
  g_clear_pointer (&priv->trailing_metadata, grpc_aio_metadata_unref);
  g_clear_pointer (&priv->debug_string, g_free);
}

/* clang-format off */
G_DEFINE_EXTENDED_ERROR (GrpcAioError, grpc_aio_error)
/* clang-format on */

/* A binding may make an error from the name of the domain before anybody has asked
 * for the domain. GLib must know by then that such errors carry data. */
__attribute__ ((constructor)) static void
register_domain (void)
{
  grpc_aio_error_quark ();
}

G_STATIC_ASSERT ((int) GRPC_AIO_ERROR_CANCELLED == (int) GRPC_AIO_STATUS_CODE_CANCELLED);
G_STATIC_ASSERT ((int) GRPC_AIO_ERROR_UNAUTHENTICATED == (int) GRPC_AIO_STATUS_CODE_UNAUTHENTICATED);

const char *
grpc_aio_status_code_to_string (GrpcAioStatusCode code)
{
  static const char *const names[] = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
  };

  return (guint) code < G_N_ELEMENTS (names) ? names[code] : "UNKNOWN";
}

/* Once for the process, before the first text for a person. */
void
grpc_aio_bind_translations (void)
{
  static gsize once = 0;

  if (!g_once_init_enter (&once))
    return;

  bindtextdomain (GETTEXT_PACKAGE, GRPC_AIO_LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");

  g_once_init_leave (&once, 1);
}

/* The error for a status other than OK. A code that gRPC does not know, which
 * a peer may send, is UNKNOWN, as the specification demands. */
GError *
grpc_aio_error_new_for_status (GrpcAioStatusCode code,
                               const char *details,
                               GrpcAioMetadata *initial_metadata,
                               GrpcAioMetadata *trailing_metadata,
                               const char *debug_string)
{
  GError *error;
  GrpcAioErrorPrivate *priv;

  if (code <= GRPC_AIO_STATUS_CODE_OK || code > GRPC_AIO_STATUS_CODE_UNAUTHENTICATED)
    code = GRPC_AIO_STATUS_CODE_UNKNOWN;

  if (details != NULL && *details != '\0')
    error = g_error_new_literal (GRPC_AIO_ERROR, (int) code, details);
  else
    error = g_error_new (GRPC_AIO_ERROR, (int) code,
                         _("The call failed with status %s"),
                         grpc_aio_status_code_to_string (code));

  priv = grpc_aio_error_get_private (error);
  if (initial_metadata != NULL)
    priv->initial_metadata = grpc_aio_metadata_ref (initial_metadata);
  if (trailing_metadata != NULL)
    priv->trailing_metadata = grpc_aio_metadata_ref (trailing_metadata);
  priv->debug_string = g_strdup (debug_string);

  return error;
}

/**
 * grpc_aio_error_new_with_rpc_status:
 * @status: a status with a code other than OK
 *
 * Makes an error of a status with details. As the error of a call's handler
 * ([method@ServicerContext.complete_with_error]) it takes them to the client, in
 * the trailing metadata `grpc-status-details-bin`.
 *
 * Returns: (transfer full): an error of `GRPC_AIO_ERROR`
 *
 * Since: 0.1
 */
GError *
grpc_aio_error_new_with_rpc_status (GrpcAioRpcStatus *status)
{
  g_autoptr (GrpcAioMetadata) metadata = NULL;

  g_return_val_if_fail (status != NULL, NULL);
  g_return_val_if_fail (grpc_aio_rpc_status_get_code (status) != GRPC_AIO_STATUS_CODE_OK, NULL);

  metadata = grpc_aio_metadata_new ();
  grpc_aio_rpc_status_add_to_metadata (status, metadata);

  return grpc_aio_error_new_for_status (grpc_aio_rpc_status_get_code (status),
                                        grpc_aio_rpc_status_get_message (status), NULL, metadata, NULL);
}

/**
 * grpc_aio_error_get_status_code:
 * @error: any error
 *
 * Gets the status code that says best what @error means.
 *
 * For `GRPC_AIO_ERROR` it is the code itself. Of GIO's errors those with a
 * clear counterpart are translated, such as `G_IO_ERROR_CANCELLED`; all others
 * are `GRPC_AIO_STATUS_CODE_UNKNOWN`. A handler that completes its call with
 * an error sends this code.
 *
 * Returns: a status code, never OK
 *
 * Since: 0.1
 */
GrpcAioStatusCode
grpc_aio_error_get_status_code (const GError *error)
{
  g_return_val_if_fail (error != NULL, GRPC_AIO_STATUS_CODE_UNKNOWN);

  if (error->domain == GRPC_AIO_ERROR)
    {
      if (error->code > GRPC_AIO_STATUS_CODE_OK && error->code <= GRPC_AIO_STATUS_CODE_UNAUTHENTICATED)
        return (GrpcAioStatusCode) error->code;

      return GRPC_AIO_STATUS_CODE_UNKNOWN;
    }

  if (error->domain != G_IO_ERROR)
    return GRPC_AIO_STATUS_CODE_UNKNOWN;

  switch (error->code)
    {
    case G_IO_ERROR_CANCELLED:
      return GRPC_AIO_STATUS_CODE_CANCELLED;

    case G_IO_ERROR_TIMED_OUT:
      return GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED;

    case G_IO_ERROR_NOT_FOUND:
      return GRPC_AIO_STATUS_CODE_NOT_FOUND;

    case G_IO_ERROR_EXISTS:
      return GRPC_AIO_STATUS_CODE_ALREADY_EXISTS;

    case G_IO_ERROR_PERMISSION_DENIED:
      return GRPC_AIO_STATUS_CODE_PERMISSION_DENIED;

    case G_IO_ERROR_INVALID_ARGUMENT:
      return GRPC_AIO_STATUS_CODE_INVALID_ARGUMENT;

    case G_IO_ERROR_NOT_SUPPORTED:
      return GRPC_AIO_STATUS_CODE_UNIMPLEMENTED;

    case G_IO_ERROR_NO_SPACE:
      return GRPC_AIO_STATUS_CODE_RESOURCE_EXHAUSTED;

    default:
      return GRPC_AIO_STATUS_CODE_UNKNOWN;
    }
}

/**
 * grpc_aio_error_get_initial_metadata:
 * @error: an error
 *
 * Gets the initial metadata that the server sent before the call failed.
 *
 * Returns: (nullable) (transfer none): the metadata, or `NULL` if @error is
 *   not of `GRPC_AIO_ERROR` or none came
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_error_get_initial_metadata (const GError *error)
{
  g_return_val_if_fail (error != NULL, NULL);

  if (error->domain != GRPC_AIO_ERROR)
    return NULL;

  return grpc_aio_error_get_private (error)->initial_metadata;
}

/**
 * grpc_aio_error_get_trailing_metadata:
 * @error: an error
 *
 * Gets the trailing metadata that came with the status.
 *
 * Returns: (nullable) (transfer none): the metadata, or `NULL` if @error is
 *   not of `GRPC_AIO_ERROR` or none came
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_error_get_trailing_metadata (const GError *error)
{
  g_return_val_if_fail (error != NULL, NULL);

  if (error->domain != GRPC_AIO_ERROR)
    return NULL;

  return grpc_aio_error_get_private (error)->trailing_metadata;
}

/**
 * grpc_aio_error_get_debug_string:
 * @error: an error
 *
 * Gets what grpc-core noted about the failure, for logs and bug reports. Its
 * form may change at any time.
 *
 * Returns: (nullable): the text, or `NULL` if there is none
 *
 * Since: 0.1
 */
const char *
grpc_aio_error_get_debug_string (const GError *error)
{
  g_return_val_if_fail (error != NULL, NULL);

  if (error->domain != GRPC_AIO_ERROR)
    return NULL;

  return grpc_aio_error_get_private (error)->debug_string;
}

/**
 * grpc_aio_error_dup_rpc_status:
 * @error: an error
 * @problem: where to put an error
 *
 * Gets the status with details that came with a failed call, in the trailing
 * metadata `grpc-status-details-bin`.
 *
 * It fails with `G_IO_ERROR_INVALID_DATA` when what came is no
 * `google.rpc.Status`, or says something else than @error: then one of the two is
 * not what the server meant.
 *
 * Returns: (transfer full) (nullable): the status, or `NULL` without an error if
 *   none came
 *
 * Since: 0.1
 */
GrpcAioRpcStatus *
grpc_aio_error_dup_rpc_status (const GError *error,
                               GError **problem)
{
  g_return_val_if_fail (error != NULL, NULL);

  if (error->domain != GRPC_AIO_ERROR)
    return NULL;

  return grpc_aio_rpc_status_new_from_metadata (grpc_aio_error_get_private (error)->trailing_metadata,
                                                grpc_aio_error_get_status_code (error), error->message, TRUE, problem);
}

/**
 * grpc_aio_status_to_user_string:
 * @code: a status code
 *
 * Gets what to tell the user of a program about a status, in the language of the
 * locale. What the server says is for developers.
 *
 * Returns: a sentence without a full stop, such as “The service cannot be reached
 *   at the moment”
 *
 * Since: 0.1
 */
const char *
grpc_aio_status_to_user_string (GrpcAioStatusCode code)
{
  static const char *const texts[] = {
    N_("Done"),
    N_("The operation was cancelled"),
    N_("Something went wrong in the service"),
    N_("The service does not accept this input"),
    N_("The service took too long to answer"),
    N_("This was not found"),
    N_("This exists already"),
    N_("You are not allowed to do this"),
    N_("The service has reached a limit"),
    N_("This is not possible in the present state"),
    N_("The operation got in conflict with another one"),
    N_("This is out of range"),
    N_("The service does not support this operation"),
    N_("There is an error in the service"),
    N_("The service cannot be reached at the moment"),
    N_("Data was lost or damaged"),
    N_("You have to log in first"),
  };

  grpc_aio_bind_translations ();

  return _((guint) code < G_N_ELEMENTS (texts) ? texts[code] : texts[GRPC_AIO_STATUS_CODE_UNKNOWN]);
}
