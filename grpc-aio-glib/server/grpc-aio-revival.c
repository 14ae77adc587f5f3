/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* When a process has no descriptor left, grpc-core cannot accept a connection; then
 * it never accepts one again on that port, and tells nobody but its log. This waits
 * until there are descriptors, and has all servers listen anew. */

#include "server/grpc-aio-revival-private.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/grpc-aio-core-private.h"
#include "server/grpc-aio-server-private.h"

/* How often to look for descriptors. The wait is doubled, up to the maximum, each
 * time it was not long ago that there were none: connections without calls are
 * closed then, and shall not be so all the time. */
#define MIN_WAIT_USEC (50 * 1000)
#define MAX_WAIT_USEC (5 * G_USEC_PER_SEC)
#define NOT_LONG_USEC (10 * G_USEC_PER_SEC)

/* For a socket to listen on, and a connection or two. */
#define N_NEEDED 4

static GMutex lock;
static GPtrArray *servers; /* with the lock; those that serve, no references */
static gint64 wait_usec;   /* with the lock */
static gint64 last_time;   /* with the lock */
static gint is_waiting;    /* atomic; a thread of ours waits for descriptors */

static gboolean
has_descriptors (void)
{
  int fds[N_NEEDED];
  guint n_fds = 0;

  while (n_fds < N_NEEDED && (fds[n_fds] = eventfd (0, EFD_CLOEXEC)) >= 0)
    n_fds++;
  for (guint i = 0; i < n_fds; i++)
    close (fds[i]);

  return n_fds == N_NEEDED;
}

static gpointer
revive_in_thread (gpointer data)
{
  g_autoptr (GPtrArray) revived = g_ptr_array_new_with_free_func (g_object_unref);
  gint64 pause_usec;

  g_mutex_lock (&lock);
  if (g_get_monotonic_time () - last_time < NOT_LONG_USEC)
    wait_usec = MIN (2 * wait_usec, MAX_WAIT_USEC);
  else
    wait_usec = MIN_WAIT_USEC;
  pause_usec = wait_usec;
  g_mutex_unlock (&lock);

  do
    g_usleep ((gulong) pause_usec);
  while (!has_descriptors ());

  /* What fails from now on needs another round. */
  g_atomic_int_set (&is_waiting, FALSE);

  g_mutex_lock (&lock);
  last_time = g_get_monotonic_time ();
  for (guint i = 0; i < servers->len; i++)
    g_ptr_array_add (revived, g_object_ref (g_ptr_array_index (servers, i)));
  g_mutex_unlock (&lock);

  for (guint i = 0; i < revived->len; i++)
    grpc_aio_server_listen_again (g_ptr_array_index (revived, i));

  return NULL;
}

/* Runs on any thread, with locks of grpc-core held. */
static void
on_accept_failed (void)
{
  if (!g_atomic_int_compare_and_exchange (&is_waiting, FALSE, TRUE))
    return;

  g_message ("No connection could be accepted: there are too many open files. Servers listen again when there are fewer");
  g_thread_unref (grpc_aio_core_new_thread ("grpc-aio-revival", revive_in_thread, NULL));
}

/* Until it is removed @server has a reference. */
void
grpc_aio_revival_add (GrpcAioServer *server)
{
  g_mutex_lock (&lock);
  if (servers == NULL)
    {
      servers = g_ptr_array_new ();
      last_time = -NOT_LONG_USEC;
      grpc_aio_core_set_accept_failed (on_accept_failed);
    }
  g_ptr_array_add (servers, server);
  g_mutex_unlock (&lock);
}

void
grpc_aio_revival_remove (GrpcAioServer *server)
{
  g_mutex_lock (&lock);
  if (servers != NULL)
    g_ptr_array_remove_fast (servers, server);
  g_mutex_unlock (&lock);
}
