/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-main-context.h>

#include "engine/grpc-aio-queue-private.h"

/**
 * grpc_aio_main_context_accelerate:
 * @context: (nullable): a main context, or `NULL` for the default one
 *
 * Lets the thread that runs @context do the work of grpc-core itself.
 *
 * Usually a thread of its own waits inside grpc-core and wakes @context. An
 * accelerated context waits inside grpc-core instead of in `poll ()`: a call
 * costs no change of threads, but other threads that wake the context wait
 * some 0.1 ms longer, and while no thread runs the context its calls do not
 * move. Choose it for servers and other programs that live for their calls.
 *
 * The context has to be run by GLib's own functions: not by a foreign event loop
 * that asks it for its descriptors and polls them itself.
 *
 * Call it before the first channel or server of the context. The environment
 * variable `GRPC_AIO_ENGINE` overrides: `thread` refuses, `loop` accelerates
 * every context.
 *
 * Returns: whether the context is accelerated now; not when it is in use
 *   already, or has a poll function of its own
 *
 * Since: 0.1
 */
gboolean
grpc_aio_main_context_accelerate (GMainContext *context)
{
  return grpc_aio_queue_accelerate_context (context != NULL ? context : g_main_context_default ());
}

/**
 * grpc_aio_main_context_set_priority:
 * @context: (nullable): a main context, or `NULL` for the default one
 * @priority: the priority, `G_PRIORITY_DEFAULT` at first
 *
 * Sets the priority of the source that delivers gRPC's events in @context.
 *
 * A program with a window may set it below the priority of drawing. The
 * setting holds while channels or servers use the context.
 *
 * Since: 0.1
 */
void
grpc_aio_main_context_set_priority (GMainContext *context,
                                    int priority)
{
  g_autoptr (GrpcAioQueue) queue = grpc_aio_queue_get_for_context (context != NULL ? context : g_main_context_default ());

  grpc_aio_queue_set_priority (queue, priority);
}

/**
 * grpc_aio_main_context_set_budget:
 * @context: (nullable): a main context, or `NULL` for the default one
 * @max_events: how many events to deliver at the most, 1,024 at first
 * @max_usec: after how many microseconds to stop, 2,000 at first
 *
 * Sets how much is delivered before other sources get their turn, so that a
 * flood of events does not freeze a window.
 *
 * The setting holds while channels or servers use the context.
 *
 * Since: 0.1
 */
void
grpc_aio_main_context_set_budget (GMainContext *context,
                                  guint max_events,
                                  gint64 max_usec)
{
  g_autoptr (GrpcAioQueue) queue = NULL;

  g_return_if_fail (max_events > 0);
  g_return_if_fail (max_usec > 0);

  queue = grpc_aio_queue_get_for_context (context != NULL ? context : g_main_context_default ());
  grpc_aio_queue_set_budget (queue, max_events, max_usec);
}
