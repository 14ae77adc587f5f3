/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "engine/grpc-aio-queue-private.h"

G_BEGIN_DECLS

/* Work that grpc-core asks for on any thread, to be done in one main context.
 *
 * A thread that blocks in a _sync function does not run its context, though the
 * very call it waits for may need such work. So it does it itself meanwhile, in
 * its private context, as a visitor of the inboxes whose contexts it has or that
 * nobody runs. What such work began goes on in the inbox's own context when the
 * _sync function returns before it is finished. */
typedef struct _GrpcAioInbox GrpcAioInbox;
typedef struct _GrpcAioErrand GrpcAioErrand;
typedef struct _GrpcAioVisitor GrpcAioVisitor;

/* Embedded in what is to be done. */
struct _GrpcAioErrand
{
  GrpcAioErrand *next;
  void (*run) (GrpcAioErrand *self);
  GrpcAioVisitor *visitor; /* who runs it, or NULL in the inbox's own context */
};

GrpcAioInbox *grpc_aio_inbox_new (GMainContext *context);
void grpc_aio_inbox_close (GrpcAioInbox *self);
gboolean grpc_aio_inbox_is_here (GrpcAioInbox *self);

/* Any thread. */
void grpc_aio_inbox_push (GrpcAioInbox *self,
                          GrpcAioErrand *errand);
void grpc_aio_inbox_finish (GrpcAioErrand *errand);

/* For a thread that blocks. */
GrpcAioVisitor *grpc_aio_visitor_new (GMainContext *context,
                                      GrpcAioQueue *queue);
gboolean grpc_aio_visitor_is_busy (GrpcAioVisitor *self);
void grpc_aio_visitor_leave (GrpcAioVisitor *self);

G_END_DECLS
