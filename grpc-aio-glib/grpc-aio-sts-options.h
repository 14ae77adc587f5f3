/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_STS_OPTIONS (grpc_aio_sts_options_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioStsOptions, grpc_aio_sts_options, GRPC_AIO, STS_OPTIONS, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioStsOptions *grpc_aio_sts_options_new (const char *token_exchange_service_uri,
                                             const char *subject_token_path,
                                             const char *subject_token_type);

G_END_DECLS
