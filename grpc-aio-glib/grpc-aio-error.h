/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

/**
 * GRPC_AIO_ERROR:
 *
 * Error domain for calls that ended with a status other than OK.
 *
 * A call that this program cancelled itself fails with
 * `G_IO_ERROR_CANCELLED` instead, as everywhere in GIO.
 *
 * Since: 0.1
 */
#define GRPC_AIO_ERROR (grpc_aio_error_quark ())

/**
 * GrpcAioError:
 * @GRPC_AIO_ERROR_CANCELLED: the other side cancelled the call
 * @GRPC_AIO_ERROR_UNKNOWN: the handler failed without saying how
 * @GRPC_AIO_ERROR_INVALID_ARGUMENT: the request is wrong whatever the state of the server
 * @GRPC_AIO_ERROR_DEADLINE_EXCEEDED: the deadline passed before the call ended
 * @GRPC_AIO_ERROR_NOT_FOUND: what was asked for does not exist
 * @GRPC_AIO_ERROR_ALREADY_EXISTS: what was to be created exists
 * @GRPC_AIO_ERROR_PERMISSION_DENIED: the caller may not do this
 * @GRPC_AIO_ERROR_RESOURCE_EXHAUSTED: a quota or a size limit was hit
 * @GRPC_AIO_ERROR_FAILED_PRECONDITION: the server is not in the state the request needs
 * @GRPC_AIO_ERROR_ABORTED: the operation was given up, often because of a conflict
 * @GRPC_AIO_ERROR_OUT_OF_RANGE: the request reaches past the valid range
 * @GRPC_AIO_ERROR_UNIMPLEMENTED: the server does not have this method
 * @GRPC_AIO_ERROR_INTERNAL: an invariant of the system is broken
 * @GRPC_AIO_ERROR_UNAVAILABLE: the server cannot be reached now; try again
 * @GRPC_AIO_ERROR_DATA_LOSS: data was lost for good
 * @GRPC_AIO_ERROR_UNAUTHENTICATED: the caller did not say who it is
 *
 * Codes of `GRPC_AIO_ERROR`: those of [enum@StatusCode] but OK, with the same
 * numbers.
 *
 * Since: 0.1
 */
typedef enum
{
  GRPC_AIO_ERROR_CANCELLED = 1,
  GRPC_AIO_ERROR_UNKNOWN = 2,
  GRPC_AIO_ERROR_INVALID_ARGUMENT = 3,
  GRPC_AIO_ERROR_DEADLINE_EXCEEDED = 4,
  GRPC_AIO_ERROR_NOT_FOUND = 5,
  GRPC_AIO_ERROR_ALREADY_EXISTS = 6,
  GRPC_AIO_ERROR_PERMISSION_DENIED = 7,
  GRPC_AIO_ERROR_RESOURCE_EXHAUSTED = 8,
  GRPC_AIO_ERROR_FAILED_PRECONDITION = 9,
  GRPC_AIO_ERROR_ABORTED = 10,
  GRPC_AIO_ERROR_OUT_OF_RANGE = 11,
  GRPC_AIO_ERROR_UNIMPLEMENTED = 12,
  GRPC_AIO_ERROR_INTERNAL = 13,
  GRPC_AIO_ERROR_UNAVAILABLE = 14,
  GRPC_AIO_ERROR_DATA_LOSS = 15,
  GRPC_AIO_ERROR_UNAUTHENTICATED = 16,
} GrpcAioError;

GRPC_AIO_AVAILABLE_IN_ALL
GQuark grpc_aio_error_quark (void);

GRPC_AIO_AVAILABLE_IN_ALL
GError *grpc_aio_error_new_with_rpc_status (GrpcAioRpcStatus *status);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioStatusCode grpc_aio_error_get_status_code (const GError *error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadata *grpc_aio_error_get_initial_metadata (const GError *error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMetadata *grpc_aio_error_get_trailing_metadata (const GError *error);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_error_get_debug_string (const GError *error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioRpcStatus *grpc_aio_error_dup_rpc_status (const GError *error,
                                                 GError **problem);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_status_to_user_string (GrpcAioStatusCode code);

G_END_DECLS
