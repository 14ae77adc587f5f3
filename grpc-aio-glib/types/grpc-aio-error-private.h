/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-error.h>

G_BEGIN_DECLS

GError *grpc_aio_error_new_for_status (GrpcAioStatusCode code,
                                       const char *details,
                                       GrpcAioMetadata *initial_metadata,
                                       GrpcAioMetadata *trailing_metadata,
                                       const char *debug_string);

const char *grpc_aio_status_code_to_string (GrpcAioStatusCode code);

void grpc_aio_bind_translations (void);

G_END_DECLS
