/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The loop engine: the context's own thread sleeps inside grpc-core, not in
 * poll (), so that a completion costs no other thread.
 *
 * While it sleeps there, a watcher thread waits for the descriptors of the
 * other sources and gets it out. Each descriptor is armed once: it is armed
 * again before the next sleep, which also finds one that was closed and
 * opened anew under the same number. */

#include "engine/grpc-aio-loop-private.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/grpc-aio-core-private.h"

#define MAX_EVENTS 64

/* How many sleeps may pass without a look for more events. */
#define LOOK_AGAIN 16
#define LUCK_MAX 8

struct _GrpcAioLoop
{
  GrpcAioQueue *queue; /* a hold */
  gint ready;          /* atomic; a descriptor may have something */
  gint stopped;        /* atomic */
  gint refs;           /* atomic; the queue and the watcher */
  int epoll_fd;
  int stop_fd;
  GArray *watched; /* of GPollFD; of the thread that owns the context, as the rest */
  guint n_sleeps;
  guint luck; /* how often to look for more than one event yet */
};

/* Set between the queue source's prepare and the poll function that follows. */
static _Thread_local GrpcAioLoop *prepared;

static void
loop_unref (GrpcAioLoop *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;

  close (self->epoll_fd);
  close (self->stop_fd);
  g_array_unref (self->watched);
  grpc_aio_queue_let_go (self->queue);
  g_free (self);
}

static gpointer
watch_in_thread (gpointer data)
{
  GrpcAioLoop *self = data;

  while (!g_atomic_int_get (&self->stopped))
    {
      struct epoll_event events[16];
      int n = epoll_wait (self->epoll_fd, events, G_N_ELEMENTS (events), -1);

      if (n <= 0 || g_atomic_int_get (&self->stopped))
        continue;

      g_atomic_int_set (&self->ready, TRUE);
      grpc_aio_queue_wake (self->queue);
    }

  loop_unref (self);

  return NULL;
}

static guint32
to_epoll (gushort events)
{
  return EPOLLONESHOT |
         ((events & G_IO_IN) ? EPOLLIN : 0) |
         ((events & G_IO_OUT) ? EPOLLOUT : 0) |
         ((events & G_IO_PRI) ? EPOLLPRI : 0);
}

/* FALSE when the descriptor cannot be watched, as a plain file. */
static gboolean
arm (GrpcAioLoop *self,
     const GPollFD *fd)
{
  struct epoll_event event = { .events = to_epoll (fd->events), .data.fd = fd->fd };

  if (epoll_ctl (self->epoll_fd, EPOLL_CTL_MOD, fd->fd, &event) == 0)
    return TRUE;

  return epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, fd->fd, &event) == 0;
}

static gboolean
is_watched (const GPollFD *fds,
            guint n_fds,
            int fd)
{
  for (guint i = 0; i < n_fds; i++)
    {
      if (fds[i].fd == fd)
        return TRUE;
    }

  return FALSE;
}

/* Has the watcher wait for @fds. FALSE when it cannot for one of them. */
static gboolean
arm_all (GrpcAioLoop *self,
         const GPollFD *fds,
         guint n_fds)
{
  const GPollFD *old = (const GPollFD *) self->watched->data;
  gboolean is_same = self->watched->len == n_fds;

  for (guint i = 0; is_same && i < n_fds; i++)
    is_same = old[i].fd == fds[i].fd && old[i].events == fds[i].events;

  /* Alone there is the context's own wake-up descriptor, which stays. */
  if (is_same && n_fds <= 1 && !g_atomic_int_get (&self->ready))
    return TRUE;

  for (guint i = 0; !is_same && i < self->watched->len; i++)
    {
      if (!is_watched (fds, n_fds, old[i].fd))
        epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, old[i].fd, NULL);
    }

  g_atomic_int_set (&self->ready, FALSE);
  g_array_set_size (self->watched, 0);
  g_array_append_vals (self->watched, fds, n_fds);

  for (guint i = 0; i < n_fds; i++)
    {
      if (!arm (self, &fds[i]))
        return FALSE;
    }

  return TRUE;
}

/* Where several events came together once they do again: each turn of the loop
 * costs more than a look for them. */
static void
take_more (GrpcAioLoop *self)
{
  guint n = 0;

  if (self->luck == 0 && ++self->n_sleeps % LOOK_AGAIN != 0)
    return;

  while (n < MAX_EVENTS && grpc_aio_queue_next (self->queue, gpr_time_0 (GPR_CLOCK_MONOTONIC)))
    n++;

  if (n > 1)
    self->luck = LUCK_MAX;
  else if (self->luck > 0)
    self->luck--;
}

/* Sleeps in grpc-core until @timeout, an event or a descriptor of @fds. */
static int
sleep_in_core (GrpcAioLoop *self,
               GPollFD *fds,
               guint n_fds,
               int timeout)
{
  gpr_timespec deadline;

  /* GLib has rounded up to milliseconds, and grpc-core will again. */
  if (timeout < 0)
    deadline = gpr_inf_future (GPR_CLOCK_MONOTONIC);
  else
    deadline = gpr_time_add (gpr_now (GPR_CLOCK_MONOTONIC), gpr_time_from_millis (timeout - 1, GPR_TIMESPAN));

  grpc_aio_queue_set_blocked (self->queue, TRUE);
  if (!g_atomic_int_get (&self->ready) && !grpc_aio_queue_has_work (self->queue) &&
      grpc_aio_queue_next (self->queue, deadline))
    take_more (self);
  grpc_aio_queue_set_blocked (self->queue, FALSE);

  if (g_atomic_int_get (&self->ready))
    return g_poll (fds, n_fds, 0);

  for (guint i = 0; i < n_fds; i++)
    fds[i].revents = 0;

  return 0;
}

static int
poll_in_core (GPollFD *fds,
              guint n_fds,
              int timeout)
{
  GrpcAioLoop *self = prepared;
  int result;

  prepared = NULL;
  if (self == NULL)
    return g_poll (fds, n_fds, timeout);

  if (!grpc_aio_core_is_usable ())
    {
      result = g_poll (fds, n_fds, timeout);
    }
  else if (timeout == 0 || !arm_all (self, fds, n_fds))
    {
      /* Other sources are ready, or cannot be watched from another thread. */
      for (guint i = 0; i < MAX_EVENTS; i++)
        {
          if (!grpc_aio_queue_next (self->queue, gpr_time_0 (GPR_CLOCK_MONOTONIC)))
            break;
        }
      result = g_poll (fds, n_fds, timeout == 0 ? 0 : 1);
    }
  else
    {
      result = sleep_in_core (self, fds, n_fds, timeout);
    }

  loop_unref (self);

  return result;
}

/* The poll function that follows on this thread is for this context. */
void
grpc_aio_loop_prepare (GrpcAioLoop *self)
{
  g_atomic_int_inc (&self->refs);
  if (prepared != NULL)
    loop_unref (prepared);
  prepared = self;
}

/* A program that has a poll function of its own keeps it. */
gboolean
grpc_aio_loop_is_possible (GMainContext *context)
{
  GPollFunc func = g_main_context_get_poll_func (context);

  return func == g_poll || func == poll_in_core;
}

GrpcAioLoop *
grpc_aio_loop_new (GrpcAioQueue *queue,
                   GMainContext *context)
{
  GrpcAioLoop *self = g_new0 (GrpcAioLoop, 1);
  struct epoll_event event = { .events = EPOLLIN };

  self->queue = grpc_aio_queue_hold (queue);
  self->refs = 2;
  self->watched = g_array_new (FALSE, FALSE, sizeof (GPollFD));
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  self->stop_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  event.data.fd = self->stop_fd;
  if (self->epoll_fd < 0 || self->stop_fd < 0 ||
      epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, self->stop_fd, &event) < 0)
    g_error ("Cannot watch descriptors: %s", g_strerror (errno));

  g_thread_unref (grpc_aio_core_new_thread ("grpc-aio-watch", watch_in_thread, self));
  g_main_context_set_poll_func (context, poll_in_core);

  return self;
}

/* Ends the watcher, and the sleep of the context's thread if it is in one. */
void
grpc_aio_loop_stop (GrpcAioLoop *self)
{
  guint64 one = 1;
  gssize written G_GNUC_UNUSED;

  g_atomic_int_set (&self->stopped, TRUE);
  written = write (self->stop_fd, &one, sizeof one);
  loop_unref (self);
}
