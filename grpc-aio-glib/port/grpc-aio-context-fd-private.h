/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A main context as one descriptor, which is readable when the context has
 * something to do. So any loop can run it. */
typedef struct
{
  GMainContext *context; /* owned by the thread that made this */
  int epoll_fd;
  int timer_fd;
  GPollFD *fds;
  int n_fds;
} GrpcAioContextFd;

void grpc_aio_context_fd_init (GrpcAioContextFd *self);
void grpc_aio_context_fd_clear (GrpcAioContextFd *self);

void grpc_aio_context_fd_watch (GrpcAioContextFd *self);
gboolean grpc_aio_context_fd_look (GrpcAioContextFd *self,
                                   int fd,
                                   gboolean *is_readable);
void grpc_aio_context_fd_iterate (GrpcAioContextFd *self);

G_END_DECLS
