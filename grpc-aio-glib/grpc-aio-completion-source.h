/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

struct grpc_completion_queue;

/**
 * GrpcAioCompletionFunc: (skip)
 * @tag: the tag that the operation was started with
 * @success: whether the operation succeeded
 * @user_data: data given with the function
 *
 * Takes one event out of a completion queue of grpc-core.
 *
 * Returns: `G_SOURCE_CONTINUE`, or `G_SOURCE_REMOVE` to stop
 *
 * Since: 0.1
 */
typedef gboolean (*GrpcAioCompletionFunc) (gpointer tag,
                                           gboolean success,
                                           gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
GSource *grpc_aio_completion_source_new (struct grpc_completion_queue *queue);

G_END_DECLS
