/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A thread of a server, with a main context and a completion queue of its own. */

#include "server/grpc-aio-worker-private.h"

#include "engine/grpc-aio-core-private.h"

/* How many turns of its loop a thread that ends may take for what is ready. */
#define MAX_LAST_TURNS 1000

static GMutex start_lock;
static GCond start_cond;

struct _GrpcAioWorker
{
  gint refs; /* atomic; the server's and the thread's */
  gboolean has_started; /* with start_lock */
  GrpcAioQueue *queue;
  GrpcAioCompletion stop;

  /* Of the thread. */
  GMainContext *context;
  GArray *fds; /* of GPollFD */
  gboolean is_stopping;
};

/* One turn of the loop, as GLib takes it. What the program's sources do must not
 * run on while the process exits, but a sleep may. */
static gboolean
iterate (GrpcAioWorker *self,
         gboolean may_block)
{
  GMainContext *context = self->context;
  GPollFunc poll_func = g_main_context_get_poll_func (context);
  int priority, timeout, n_fds;
  gboolean is_ready;

  g_main_context_prepare (context, &priority);
  while ((n_fds = g_main_context_query (context, priority, &timeout,
                                        (GPollFD *) self->fds->data, self->fds->len)) > (int) self->fds->len)
    g_array_set_size (self->fds, n_fds);
  poll_func ((GPollFD *) self->fds->data, n_fds, may_block ? timeout : 0);
  is_ready = g_main_context_check (context, priority, (GPollFD *) self->fds->data, n_fds);

  if (is_ready && grpc_aio_core_enter ())
    {
      g_main_context_dispatch (context);
      grpc_aio_core_leave ();
    }

  return is_ready;
}

static gpointer
work_in_thread (gpointer data)
{
  GrpcAioWorker *self = data;
  guint n_last_turns = 0;

  g_main_context_push_thread_default (self->context);
  g_mutex_lock (&start_lock);
  self->has_started = TRUE;
  g_cond_broadcast (&start_cond);
  g_mutex_unlock (&start_lock);

  /* Handlers may have started calls of their own, whose results are theirs. */
  while (n_last_turns < MAX_LAST_TURNS)
    {
      gboolean is_last = self->is_stopping && grpc_aio_queue_leave (self->queue);

      if (!iterate (self, !is_last) && is_last)
        break;
      n_last_turns = is_last ? n_last_turns + 1 : 0;
    }

  g_main_context_pop_thread_default (self->context);
  g_clear_pointer (&self->fds, g_array_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  grpc_aio_worker_unref (self);

  return NULL;
}

static void
on_stop (GrpcAioCompletion *completion,
         gboolean ok)
{
  GrpcAioWorker *self = (GrpcAioWorker *) ((guint8 *) completion - G_STRUCT_OFFSET (GrpcAioWorker, stop));

  self->is_stopping = TRUE;
}

/* Starts the thread. It has the signal mask of this one: handlers are code of
 * the program, and the processes that they start inherit it. */
GrpcAioWorker *
grpc_aio_worker_new (void)
{
  GrpcAioWorker *self = g_new0 (GrpcAioWorker, 1);

  self->refs = 2;
  self->stop.run = on_stop;
  self->fds = g_array_new (FALSE, FALSE, sizeof (GPollFD));
  self->context = g_main_context_new ();
  grpc_aio_queue_accelerate_context (self->context);
  self->queue = grpc_aio_queue_get_for_context (self->context);
  g_thread_unref (g_thread_new ("grpc-aio-worker", work_in_thread, self));

  /* Before that, a _sync function would take the context for one that nobody
   * runs. */
  g_mutex_lock (&start_lock);
  while (!self->has_started)
    g_cond_wait (&start_cond, &start_lock);
  g_mutex_unlock (&start_lock);

  return self;
}

/* Ends the thread, once it has nothing to do any more. For once. */
void
grpc_aio_worker_stop (GrpcAioWorker *self)
{
  grpc_aio_queue_push (self->queue, &self->stop);
}

void
grpc_aio_worker_unref (GrpcAioWorker *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;

  grpc_aio_queue_unref (self->queue);
  g_free (self);
}

GrpcAioQueue *
grpc_aio_worker_get_queue (GrpcAioWorker *self)
{
  return self->queue;
}
