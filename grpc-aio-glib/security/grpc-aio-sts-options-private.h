/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-sts-options.h>

G_BEGIN_DECLS

/* In the order of the properties. */
typedef enum
{
  GRPC_AIO_STS_TOKEN_EXCHANGE_SERVICE_URI,
  GRPC_AIO_STS_RESOURCE,
  GRPC_AIO_STS_AUDIENCE,
  GRPC_AIO_STS_SCOPE,
  GRPC_AIO_STS_REQUESTED_TOKEN_TYPE,
  GRPC_AIO_STS_SUBJECT_TOKEN_PATH,
  GRPC_AIO_STS_SUBJECT_TOKEN_TYPE,
  GRPC_AIO_STS_ACTOR_TOKEN_PATH,
  GRPC_AIO_STS_ACTOR_TOKEN_TYPE,
  GRPC_AIO_STS_N_OPTIONS,
} GrpcAioStsOption;

/* NULL when it is not set, or empty. */
const char *grpc_aio_sts_options_get (GrpcAioStsOptions *self,
                                      GrpcAioStsOption option);

G_END_DECLS
