/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Completions that come at a time.
 *
 * A source of the main context would not do: a thread that blocks in a _sync
 * function runs the completions of a queue, but not the sources of its context.
 * One thread waits for all of them. It lives while there is one to wait for. */

#include "engine/grpc-aio-clock-private.h"

#include "engine/grpc-aio-core-private.h"

typedef struct
{
  gint64 time_usec;
  GrpcAioQueue *queue;
  GrpcAioCompletion *completion;
} Entry;

static GMutex lock;
static GCond changed;
static GQueue entries = G_QUEUE_INIT; /* with the lock; the next one first */
static gboolean is_running;           /* with the lock */

static int
compare_entries (gconstpointer a,
                 gconstpointer b,
                 gpointer user_data)
{
  const Entry *first = a, *second = b;

  return (first->time_usec > second->time_usec) - (first->time_usec < second->time_usec);
}

/* With the lock. NULL once there is nothing to wait for. */
static Entry *
wait_for_next (void)
{
  Entry *next;

  while ((next = g_queue_peek_head (&entries)) != NULL && next->time_usec > g_get_monotonic_time ())
    g_cond_wait_until (&changed, &lock, next->time_usec);

  return g_queue_pop_head (&entries);
}

static gpointer
run_clock (gpointer data)
{
  Entry *entry;

  g_mutex_lock (&lock);
  while ((entry = wait_for_next ()) != NULL)
    {
      g_mutex_unlock (&lock);
      if (grpc_aio_core_enter ())
        {
          grpc_aio_queue_push (entry->queue, entry->completion);
          grpc_aio_queue_unref (entry->queue);
          grpc_aio_core_leave ();
        }
      g_free (entry);
      g_mutex_lock (&lock);
    }
  is_running = FALSE;
  g_mutex_unlock (&lock);

  return NULL;
}

/* Pushes @completion to @queue at a time of g_get_monotonic_time (), never before. */
void
grpc_aio_clock_push_at (gint64 time_usec,
                        GrpcAioQueue *queue,
                        GrpcAioCompletion *completion)
{
  Entry *entry = g_new (Entry, 1);

  *entry = (Entry){ time_usec, grpc_aio_queue_ref (queue), completion };

  g_mutex_lock (&lock);
  g_queue_insert_sorted (&entries, entry, compare_entries, NULL);
  if (!is_running)
    g_thread_unref (grpc_aio_core_new_thread ("grpc-aio-clock", run_clock, NULL));
  else if (g_queue_peek_head (&entries) == entry)
    g_cond_signal (&changed);
  is_running = TRUE;
  g_mutex_unlock (&lock);
}
