/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "engine/grpc-aio-core-args-private.h"

G_BEGIN_DECLS

char *grpc_aio_target_explain_failure (const char *target,
                                       grpc_channel_credentials *credentials,
                                       GrpcAioCoreArgs *args);

G_END_DECLS
