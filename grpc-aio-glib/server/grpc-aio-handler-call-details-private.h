/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-handler-call-details.h>

G_BEGIN_DECLS

GrpcAioHandlerCallDetails *grpc_aio_handler_call_details_new (const char *method,
                                                              const char *host,
                                                              GrpcAioMetadata *invocation_metadata);

G_END_DECLS
