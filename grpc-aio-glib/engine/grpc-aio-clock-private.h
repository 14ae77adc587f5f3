/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "engine/grpc-aio-queue-private.h"

G_BEGIN_DECLS

/* Any thread. */
void grpc_aio_clock_push_at (gint64 time_usec,
                             GrpcAioQueue *queue,
                             GrpcAioCompletion *completion);

G_END_DECLS
