/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A _sync function is the _async one in a main context of its own.
 *
 * The completions belong to the queue of another context, though: the one that
 * the call was started in. Whoever owns that context runs them. If this is our
 * thread, or nobody, we do it here: from a source of our own context, so that
 * callbacks of others still wait for theirs. What grpc-core asks the program for
 * is done here as well, under the same condition. */

#include "engine/grpc-aio-sync-private.h"

#include <glib-unix.h>

/* How often to look whether the owner of the other context went away. */
#define CHECK_MSEC 50

/* How often to look into grpc-core while the program does something for the call
 * in our context. */
#define VISIT_MSEC 5

/* For how long to hold a context that another thread may want. */
#define SLICE_MSEC 20

typedef struct
{
  GSource parent;
  GrpcAioQueue *queue;
  gpointer fd_tag; /* NULL without a descriptor */
} GrpcAioSyncSource;

static gboolean
sync_source_prepare (GSource *source,
                     int *timeout)
{
  GrpcAioSyncSource *self = (GrpcAioSyncSource *) source;

  *timeout = -1;

  return self->fd_tag != NULL ? grpc_aio_queue_prepare (self->queue) : grpc_aio_queue_has_work (self->queue);
}

static gboolean
is_readable (GrpcAioSyncSource *self)
{
  return self->fd_tag != NULL && g_source_query_unix_fd ((GSource *) self, self->fd_tag) != 0;
}

static gboolean
sync_source_check (GSource *source)
{
  GrpcAioSyncSource *self = (GrpcAioSyncSource *) source;

  return is_readable (self) || grpc_aio_queue_has_work (self->queue);
}

static gboolean
sync_source_dispatch (GSource *source,
                      GSourceFunc callback,
                      gpointer user_data)
{
  GrpcAioSyncSource *self = (GrpcAioSyncSource *) source;

  if (self->fd_tag != NULL)
    grpc_aio_queue_collect (self->queue, TRUE);
  grpc_aio_queue_dispatch (self->queue, g_source_get_context (source));

  return G_SOURCE_CONTINUE;
}

static GSource *
sync_source_new (GrpcAioQueue *queue)
{
  static GSourceFuncs funcs = {
    .prepare = sync_source_prepare,
    .check = sync_source_check,
    .dispatch = sync_source_dispatch,
  };
  GSource *source = g_source_new (&funcs, sizeof (GrpcAioSyncSource));
  GrpcAioSyncSource *self = (GrpcAioSyncSource *) source;
  int event_fd = grpc_aio_queue_get_event_fd (queue);

  g_source_set_static_name (source, "grpc-aio-sync");
  self->queue = queue;
  if (event_fd >= 0)
    self->fd_tag = g_source_add_unix_fd (source, event_fd, G_IO_IN);

  return source;
}

/* Without a queue the operation gets one that only this thread polls. */
GrpcAioSync
grpc_aio_sync_begin (GrpcAioQueue *queue)
{
  GrpcAioSync self = { NULL };

  self.context = g_main_context_new ();
  g_main_context_push_thread_default (self.context);
  self.is_private = queue == NULL;
  self.queue = queue != NULL ? grpc_aio_queue_ref (queue) : grpc_aio_queue_new_private (self.context);
  self.visitor = grpc_aio_visitor_new (self.context, self.queue);

  return self;
}

/* For what needs sources of a main context beside the completions. */
GrpcAioSync
grpc_aio_sync_begin_whole (void)
{
  GrpcAioSync self = { NULL };

  self.context = g_main_context_new ();
  g_main_context_push_thread_default (self.context);
  self.queue = grpc_aio_queue_get_for_context (self.context);
  self.runs_context = TRUE;

  return self;
}

void
grpc_aio_sync_ready (GObject *source,
                     GAsyncResult *result,
                     gpointer user_data)
{
  GrpcAioSync *self = user_data;

  self->result = g_object_ref (result);
}

static gboolean
on_timeout (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* One turn of our own context, for @max_msec at the most. */
static void
iterate (GrpcAioSync *self,
         guint max_msec)
{
  g_autoptr (GSource) timeout = g_timeout_source_new (max_msec);

  g_source_set_callback (timeout, on_timeout, NULL, NULL);
  g_source_attach (timeout, self->context);
  g_main_context_iteration (self->context, TRUE);
  g_source_destroy (timeout);
}

/* The same, with all else that the queue's context has to do. */
static void
run_context (GrpcAioSync *self,
             gint64 end)
{
  GMainContext *context = grpc_aio_queue_dup_context (self->queue);
  GSource *timeout = NULL;

  if (context == NULL)
    return;

  if (end != G_MAXINT64)
    {
      timeout = g_timeout_source_new (SLICE_MSEC);
      g_source_set_callback (timeout, on_timeout, NULL, NULL);
      g_source_attach (timeout, context);
    }

  /* Our own result may be in our own context. */
  while (g_main_context_iteration (self->context, FALSE))
    ;
  while (self->result == NULL && g_get_monotonic_time () < end)
    {
      g_main_context_push_thread_default (context);
      g_main_context_iteration (context, TRUE);
      g_main_context_pop_thread_default (context);

      while (g_main_context_iteration (self->context, FALSE))
        ;
    }

  if (timeout != NULL)
    {
      g_source_destroy (timeout);
      g_source_unref (timeout);
    }
  g_main_context_unref (context);
}

/* Runs the queue's completions until ours is among them, or it is @end. */
static void
run_queue (GrpcAioSync *self,
           gint64 end)
{
  if (self->runs_context)
    {
      run_context (self, end);
      return;
    }

  g_autoptr (GSource) source = sync_source_new (self->queue);
  gboolean has_fd = grpc_aio_queue_get_event_fd (self->queue) >= 0;

  g_source_attach (source, self->context);

  while (self->result == NULL && g_get_monotonic_time () < end)
    {
      if (has_fd && end == G_MAXINT64)
        g_main_context_iteration (self->context, TRUE);
      else if (has_fd)
        iterate (self, SLICE_MSEC);
      else if (g_main_context_iteration (self->context, FALSE))
        continue;
      else if (self->visitor != NULL && grpc_aio_visitor_is_busy (self->visitor))
        {
          iterate (self, VISIT_MSEC);
          grpc_aio_queue_sleep (self->queue, gpr_time_0 (GPR_CLOCK_MONOTONIC));
        }
      else if (self->is_private)
        grpc_aio_queue_sleep (self->queue, gpr_inf_future (GPR_CLOCK_MONOTONIC));
      else
        /* Results of a queue that others use as well may come without an event
         * of it, from the calls of another context. */
        grpc_aio_queue_sleep (self->queue, gpr_time_add (gpr_now (GPR_CLOCK_MONOTONIC),
                                                         gpr_time_from_millis (SLICE_MSEC, GPR_TIMESPAN)));
    }

  g_source_destroy (source);
}

GAsyncResult *
grpc_aio_sync_wait (GrpcAioSync *self)
{
  while (self->result == NULL)
    {
      gboolean was_owner;

      if (!grpc_aio_queue_acquire (self->queue, &was_owner))
        {
          /* Another thread runs the completions, until it stops to. */
          iterate (self, CHECK_MSEC);
          continue;
        }

      if (was_owner || self->is_private)
        {
          run_queue (self, G_MAXINT64);
          grpc_aio_queue_release (self->queue, was_owner);
          continue;
        }

      /* Nobody ran the context, but another thread may want to. */
      run_queue (self, g_get_monotonic_time () + SLICE_MSEC * 1000);
      grpc_aio_queue_release (self->queue, was_owner);
      if (self->result == NULL)
        iterate (self, 1);
    }

  return self->result;
}

void
grpc_aio_sync_end (GrpcAioSync *self)
{
  if (self->context == NULL)
    return;

  g_clear_object (&self->result);
  g_main_context_pop_thread_default (self->context);
  g_clear_pointer (&self->visitor, grpc_aio_visitor_leave);
  if (self->is_private)
    grpc_aio_queue_abandon (g_steal_pointer (&self->queue));
  g_clear_pointer (&self->queue, grpc_aio_queue_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
}
