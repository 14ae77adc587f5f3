/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The threads of a server for handlers that block. A GThreadPool gives the
 * threads; what waits for one is in a list of our own, since calls that end while
 * they wait have to leave it. */

#include "server/grpc-aio-handler-pool-private.h"

/* As many as an executor of Python has: handlers that block mostly wait. */
#define MORE_THAN_PROCESSORS 4
#define DEFAULT_MAX 32

struct _GrpcAioHandlerPool
{
  gint refs; /* atomic; the server's, and one for each thread that runs */
  GThreadPool *threads;

  GMutex lock; /* for all that follows */
  GQueue tasks;
  guint n_running; /* threads */
  guint max_threads;
};

/* Of the thread. Runs what waits as long as there is something. */
static void
run_tasks (gpointer data,
           gpointer user_data)
{
  GrpcAioHandlerPool *self = data;
  GList *link;

  do
    {
      g_mutex_lock (&self->lock);
      link = self->n_running <= self->max_threads ? g_queue_pop_head_link (&self->tasks) : NULL;
      if (link == NULL)
        self->n_running--;
      g_mutex_unlock (&self->lock);

      if (link != NULL)
        {
          GrpcAioHandlerTask *task = link->data;

          task->run (task);
        }
    }
  while (link != NULL);

  grpc_aio_handler_pool_unref (self);
}

/* With the lock. Has as many threads as may run and have something to do. */
static guint
count_wanted (GrpcAioHandlerPool *self)
{
  guint n_wanted = 0;

  if (self->n_running < self->max_threads)
    n_wanted = MIN (self->tasks.length, self->max_threads - self->n_running);
  self->n_running += n_wanted;

  return n_wanted;
}

static void
start_threads (GrpcAioHandlerPool *self,
               guint n_threads)
{
  for (guint i = 0; i < n_threads; i++)
    {
      g_autoptr (GError) error = NULL;

      /* It is kept for the next thread when there can be none now. */
      g_atomic_int_inc (&self->refs);
      if (!g_thread_pool_push (self->threads, self, &error))
        g_debug ("There is no thread for a handler: %s", error->message);
    }
}

/* 0 for as many threads as suit the machine. */
GrpcAioHandlerPool *
grpc_aio_handler_pool_new (guint max_threads)
{
  GrpcAioHandlerPool *self = g_new0 (GrpcAioHandlerPool, 1);

  self->refs = 1;
  g_mutex_init (&self->lock);
  self->threads = g_thread_pool_new (run_tasks, NULL, -1, FALSE, NULL);
  grpc_aio_handler_pool_set_max_threads (self, max_threads);

  return self;
}

/* May be called in one of its threads. */
void
grpc_aio_handler_pool_unref (GrpcAioHandlerPool *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;

  g_thread_pool_free (self->threads, FALSE, FALSE);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
grpc_aio_handler_pool_set_max_threads (GrpcAioHandlerPool *self,
                                       guint max_threads)
{
  guint n_wanted;

  g_mutex_lock (&self->lock);
  self->max_threads = max_threads > 0 ? max_threads : MIN (g_get_num_processors () + MORE_THAN_PROCESSORS, DEFAULT_MAX);
  n_wanted = count_wanted (self);
  g_mutex_unlock (&self->lock);

  start_threads (self, n_wanted);
}

/* Runs @task in a thread, when there is one for it. */
void
grpc_aio_handler_pool_push (GrpcAioHandlerPool *self,
                            GrpcAioHandlerTask *task)
{
  guint n_wanted;

  task->link.data = task;
  g_mutex_lock (&self->lock);
  g_queue_push_tail_link (&self->tasks, &task->link);
  n_wanted = count_wanted (self);
  g_mutex_unlock (&self->lock);

  start_threads (self, n_wanted);
}

/* TRUE when @task still waited: it will not run. */
gboolean
grpc_aio_handler_pool_remove (GrpcAioHandlerPool *self,
                              GrpcAioHandlerTask *task)
{
  gboolean found;

  g_mutex_lock (&self->lock);
  found = task->link.prev != NULL || self->tasks.head == &task->link;
  if (found)
    g_queue_unlink (&self->tasks, &task->link);
  g_mutex_unlock (&self->lock);

  return found;
}
