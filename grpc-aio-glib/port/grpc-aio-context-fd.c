/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "port/grpc-aio-context-fd-private.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define MAX_EVENTS 8

/* GLib's conditions are those of poll (), and so are those of epoll. */
G_STATIC_ASSERT ((int) G_IO_IN == (int) EPOLLIN && (int) G_IO_OUT == (int) EPOLLOUT);
G_STATIC_ASSERT ((int) G_IO_PRI == (int) EPOLLPRI && (int) G_IO_HUP == (int) EPOLLHUP);

/* As g_poll (): the context is not to be taken for one that the loop engine may
 * run, since whoever has the descriptor sleeps elsewhere. */
static int
poll_outside (GPollFD *fds,
              guint n_fds,
              int timeout)
{
  return g_poll (fds, n_fds, timeout);
}

static void
watch_fd (GrpcAioContextFd *self,
          int fd,
          gushort events)
{
  struct epoll_event event = { .events = events, .data.fd = fd };

  if (epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 && errno != EEXIST)
    g_warning ("Cannot watch a descriptor: %s", g_strerror (errno));
}

/* The context belongs to the calling thread until it is cleared. */
void
grpc_aio_context_fd_init (GrpcAioContextFd *self)
{
  /* Who attaches a source has to wake a context that sleeps outside of GLib, also
   * when that is this very thread. */
  self->context = g_main_context_new_with_flags (G_MAIN_CONTEXT_FLAGS_OWNERLESS_POLLING);
  g_main_context_set_poll_func (self->context, poll_outside);
  g_main_context_acquire (self->context);

  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  self->timer_fd = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (self->epoll_fd < 0 || self->timer_fd < 0)
    g_error ("Cannot make descriptors: %s", g_strerror (errno));
  watch_fd (self, self->timer_fd, EPOLLIN);
}

void
grpc_aio_context_fd_clear (GrpcAioContextFd *self)
{
  close (self->epoll_fd);
  close (self->timer_fd);
  g_clear_pointer (&self->fds, g_free);
  g_main_context_release (self->context);
  g_clear_pointer (&self->context, g_main_context_unref);
}

/* All anew: a descriptor may have been closed, and its number given to another. */
static void
replace_fds (GrpcAioContextFd *self,
             GPollFD *fds,
             int n_fds)
{
  for (int i = 0; i < self->n_fds; i++)
    epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, self->fds[i].fd, NULL);
  for (int i = 0; i < n_fds; i++)
    {
      gushort events = fds[i].events;

      /* GLib has a descriptor once for each source that asks for it. */
      for (int j = 0; j < n_fds; j++)
        events |= fds[j].fd == fds[i].fd ? fds[j].events : 0;
      watch_fd (self, fds[i].fd, events);
    }

  g_free (self->fds);
  self->fds = fds;
  self->n_fds = n_fds;
}

/* Has the descriptor tell what the context waits for now. */
void
grpc_aio_context_fd_watch (GrpcAioContextFd *self)
{
  struct itimerspec timer = { { 0 } };
  GPollFD *fds = NULL;
  int size, priority, timeout, n_fds = MAX (self->n_fds, 1);

  g_main_context_prepare (self->context, &priority);
  do
    {
      size = n_fds;
      fds = g_renew (GPollFD, fds, size);
      n_fds = g_main_context_query (self->context, G_MAXINT, &timeout, fds, size);
    }
  while (n_fds > size);
  replace_fds (self, fds, n_fds);

  /* None at all would stop the timer. */
  if (timeout >= 0)
    {
      timer.it_value.tv_sec = timeout / 1000;
      timer.it_value.tv_nsec = MAX (timeout % 1000 * 1000000, 1);
    }
  timerfd_settime (self->timer_fd, 0, &timer, NULL);
}

/* Whether the context has something to do beside what makes @fd readable. */
gboolean
grpc_aio_context_fd_look (GrpcAioContextFd *self,
                          int fd,
                          gboolean *is_readable)
{
  struct epoll_event events[MAX_EVENTS];
  int n = epoll_wait (self->epoll_fd, events, MAX_EVENTS, 0);
  gboolean has_other = n == MAX_EVENTS;

  *is_readable = has_other;
  for (int i = 0; i < n; i++)
    {
      if (events[i].data.fd == fd)
        *is_readable = TRUE;
      else
        has_other = TRUE;
    }

  return has_other;
}

/* Runs what is ready, without waiting. That may clear @self. */
void
grpc_aio_context_fd_iterate (GrpcAioContextFd *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref (self->context);

  g_main_context_push_thread_default (context);
  g_main_context_iteration (context, FALSE);
  g_main_context_pop_thread_default (context);
}
