/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The end of a channel of grpc-core. */

#include "engine/grpc-aio-core-channel-private.h"

#include <grpc/support/time.h>

#include "engine/grpc-aio-core-private.h"

/* How long a channel that connects may outlive its last user. */
#define LINGER_MSEC 2000

/* How soon the thread looks whether the process exits. */
#define LOOK_MSEC 20

static GMutex lock;
static grpc_completion_queue *queue; /* with the lock; NULL when nothing lingers */
static guint n_lingering;            /* the same */

static gpr_timespec
in_msec (gint64 msec)
{
  return gpr_time_add (gpr_now (GPR_CLOCK_MONOTONIC), gpr_time_from_millis (msec, GPR_TIMESPAN));
}

/* Destroys the queue when the thread is not needed any more. */
static gboolean
has_ended (grpc_completion_queue *own)
{
  gboolean is_last;

  g_mutex_lock (&lock);
  is_last = --n_lingering == 0;
  if (is_last)
    queue = NULL;
  g_mutex_unlock (&lock);

  if (is_last)
    {
      grpc_completion_queue_shutdown (own);
      while (grpc_completion_queue_next (own, gpr_inf_future (GPR_CLOCK_MONOTONIC), NULL).type != GRPC_QUEUE_SHUTDOWN)
        ;
      grpc_completion_queue_destroy (own);
    }

  return is_last;
}

static gpointer
destroy_in_thread (gpointer data)
{
  grpc_completion_queue *own = data;
  gboolean is_last = FALSE;

  while (!is_last)
    {
      grpc_event event;

      grpc_aio_core_enter ();
      event = grpc_completion_queue_next (own, in_msec (LOOK_MSEC), NULL);
      if (event.type == GRPC_OP_COMPLETE)
        {
          grpc_channel_destroy (event.tag);
          is_last = has_ended (own);
        }
      grpc_aio_core_leave ();

      if (event.type == GRPC_OP_COMPLETE)
        grpc_aio_core_unref ();
    }

  return NULL;
}

/* Destroys @channel, but not while it connects: grpc-core 1.51 forgets, and so
 * leaks, a connection that comes up after its channel has gone. Nobody uses the
 * channel any more. */
void
grpc_aio_core_channel_destroy (grpc_channel *channel)
{
  if (!grpc_aio_core_is_usable () ||
      !grpc_channel_support_connectivity_watcher (channel) ||
      grpc_channel_check_connectivity_state (channel, FALSE) != GRPC_CHANNEL_CONNECTING)
    {
      grpc_channel_destroy (channel);
      return;
    }

  grpc_aio_core_ref ();

  g_mutex_lock (&lock);
  if (n_lingering++ == 0)
    {
      queue = grpc_completion_queue_create_for_next (NULL);
      g_thread_unref (grpc_aio_core_new_thread ("grpc-aio-linger", destroy_in_thread, queue));
    }
  grpc_channel_watch_connectivity_state (channel, GRPC_CHANNEL_CONNECTING, in_msec (LINGER_MSEC), queue, channel);
  g_mutex_unlock (&lock);
}
