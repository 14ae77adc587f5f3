/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-completion-source.h>

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <glib-unix.h>
#include <grpc/grpc.h>

#include "engine/grpc-aio-core-private.h"

#define MAX_PER_DISPATCH 64

typedef struct _Event Event;

struct _Event
{
  Event *next;
  gpointer tag;
  gboolean success;
};

typedef struct
{
  GSource parent;

  grpc_completion_queue *queue;
  GThread *thread;
  GPollFD poll_fd;

  Event *stack;    /* atomic; newest first */
  Event *local;    /* of the thread that runs the context; oldest first */
  gboolean yield;  /* of the same */
  gint has_ended;  /* atomic; the queue was shut down and is empty */

  grpc_channel *kick_channel;
  grpc_call *kick_call;
} GrpcAioCompletionSource;

static void
push (GrpcAioCompletionSource *self,
      Event *event)
{
  Event *newest;
  guint64 one = 1;
  gssize written G_GNUC_UNUSED;

  do
    {
      newest = g_atomic_pointer_get (&self->stack);
      event->next = newest;
    }
  while (!g_atomic_pointer_compare_and_exchange (&self->stack, newest, event));

  if (newest == NULL)
    written = write (self->poll_fd.fd, &one, sizeof one);
}

static gpointer
poll_in_thread (gpointer data)
{
  GrpcAioCompletionSource *self = data;

  while (TRUE)
    {
      grpc_event core_event = grpc_completion_queue_next (self->queue, gpr_inf_future (GPR_CLOCK_REALTIME), NULL);
      Event *event;

      if (core_event.type == GRPC_OP_COMPLETE && core_event.tag == self)
        return NULL;

      event = g_new0 (Event, 1);
      if (core_event.type == GRPC_QUEUE_SHUTDOWN)
        {
          /* An event without a tag of the program: only to wake the loop. */
          event->tag = self;
          g_atomic_int_set (&self->has_ended, TRUE);
          push (self, event);
          return NULL;
        }

      event->tag = core_event.tag;
      event->success = core_event.success;
      push (self, event);
    }
}

static gboolean
is_readable (GrpcAioCompletionSource *self)
{
  return self->poll_fd.revents != 0;
}

static void
collect (GrpcAioCompletionSource *self)
{
  Event *newest, *taken = NULL, **tail;
  guint64 count;
  gssize got G_GNUC_UNUSED;

  /* Clear, then take; the thread pushes, then writes: no wake-up is lost. */
  got = read (self->poll_fd.fd, &count, sizeof count);
  newest = g_atomic_pointer_exchange (&self->stack, NULL);
  while (newest != NULL)
    {
      Event *next = newest->next;

      newest->next = taken;
      taken = newest;
      newest = next;
    }

  for (tail = &self->local; *tail != NULL; tail = &(*tail)->next)
    ;
  *tail = taken;
}

static gboolean
grpc_aio_completion_source_prepare (GSource *source,
                                    int *timeout)
{
  GrpcAioCompletionSource *self = (GrpcAioCompletionSource *) source;

  *timeout = self->local != NULL || self->yield ? 0 : -1;

  return self->local != NULL && !self->yield;
}

static gboolean
grpc_aio_completion_source_check (GSource *source)
{
  GrpcAioCompletionSource *self = (GrpcAioCompletionSource *) source;

  if (self->yield)
    {
      self->yield = FALSE;
      return FALSE;
    }

  return self->local != NULL || is_readable (self);
}

static gboolean
grpc_aio_completion_source_dispatch (GSource *source,
                                     GSourceFunc callback,
                                     gpointer user_data)
{
  GrpcAioCompletionSource *self = (GrpcAioCompletionSource *) source;
  GrpcAioCompletionFunc func = (GrpcAioCompletionFunc) G_CALLBACK (callback);
  guint n;

  if (func == NULL)
    {
      g_warning ("A completion source was attached without a callback: call g_source_set_callback () first");
      return G_SOURCE_REMOVE;
    }

  if (is_readable (self))
    collect (self);

  for (n = 0; n < MAX_PER_DISPATCH && self->local != NULL; n++)
    {
      g_autofree Event *event = self->local;

      self->local = event->next;
      if (event->tag == self)
        return G_SOURCE_REMOVE;
      if (!func (event->tag, event->success, user_data))
        return G_SOURCE_REMOVE;
      if (g_source_is_destroyed (source))
        return G_SOURCE_REMOVE;
    }

  /* Also if nothing is left just now: the thread brings more at once. */
  self->yield = n == MAX_PER_DISPATCH;

  return G_SOURCE_CONTINUE;
}

static void
free_events (Event *events)
{
  while (events != NULL)
    {
      Event *next = events->next;

      g_free (events);
      events = next;
    }
}

static void
grpc_aio_completion_source_finalize (GSource *source)
{
  GrpcAioCompletionSource *self = (GrpcAioCompletionSource *) source;

  /* Gets the thread out of the queue, unless it has left: an empty batch
   * comes back at once. */
  if (!g_atomic_int_get (&self->has_ended))
    grpc_call_start_batch (self->kick_call, NULL, 0, self, NULL);
  g_thread_join (self->thread);

  grpc_call_unref (self->kick_call);
  grpc_channel_destroy (self->kick_channel);
  free_events (self->local);
  free_events (self->stack);
  close (self->poll_fd.fd);
}

/**
 * grpc_aio_completion_source_new: (skip)
 * @queue: a completion queue made by `grpc_completion_queue_create_for_next ()`
 *
 * Creates a source that delivers the events of a completion queue of your own.
 *
 * This is for programs that use grpc-core or the asynchronous API of gRPC C++
 * themselves and run a GLib main loop. Set its callback, a
 * [callback@CompletionFunc], with `g_source_set_callback ()` and
 * `G_SOURCE_FUNC ()`, then attach it. A thread of the source waits in
 * `grpc_completion_queue_next ()`; nobody else may call that. The callback runs
 * in the context that the source is attached to. The events of C++ carry a
 * `grpc::internal::CompletionQueueTag` as their tag, whose `FinalizeResult ()`
 * tells yours.
 *
 * To end it, shut the queue down and keep the context running: once the queue
 * is empty the source is removed, its callback's destroy notification runs, and
 * you may destroy the queue. A source that is destroyed before must be
 * destroyed before the queue is shut down, and loses the events that it had
 * taken.
 *
 * Returns: (transfer full): a new source
 *
 * Since: 0.1
 */
GSource *
grpc_aio_completion_source_new (struct grpc_completion_queue *queue)
{
  static GSourceFuncs funcs = {
    .prepare = grpc_aio_completion_source_prepare,
    .check = grpc_aio_completion_source_check,
    .dispatch = grpc_aio_completion_source_dispatch,
    .finalize = grpc_aio_completion_source_finalize,
  };
  GrpcAioCompletionSource *self;
  GSource *source;

  g_return_val_if_fail (queue != NULL, NULL);

  source = g_source_new (&funcs, sizeof *self);
  g_source_set_static_name (source, "grpc-aio-completion-source");
  g_source_set_can_recurse (source, TRUE);

  self = (GrpcAioCompletionSource *) source;
  self->queue = queue;
  self->poll_fd.fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (self->poll_fd.fd < 0)
    g_error ("Cannot make an event descriptor: %s", g_strerror (errno));
  /* A source with g_source_add_unix_fd () cannot step aside while it is readable. */
  self->poll_fd.events = G_IO_IN;
  g_source_add_poll (source, &self->poll_fd);

  self->kick_channel = grpc_lame_client_channel_create ("", GRPC_STATUS_UNKNOWN, "");
  self->kick_call = grpc_channel_create_call (self->kick_channel, NULL, GRPC_PROPAGATE_DEFAULTS, queue,
                                              grpc_slice_from_static_string ("/"), NULL,
                                              gpr_inf_future (GPR_CLOCK_REALTIME), NULL);
  self->thread = grpc_aio_core_new_thread ("grpc-aio-source", poll_in_thread, self);

  return source;
}
