/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-call.h>
#include <grpc-aio-glib/grpc-aio-generic-rpc-handler.h>
#include <grpc-aio-glib/grpc-aio-port.h>
#include <grpc-aio-glib/grpc-aio-rpc-method-handler.h>
#include <grpc-aio-glib/grpc-aio-servicer-context.h>

#include "engine/grpc-aio-operation-private.h"
#include "engine/grpc-aio-queue-private.h"
#include "port/grpc-aio-context-fd-private.h"
#include "port/grpc-aio-frames-private.h"

G_BEGIN_DECLS

/* The calls of servers have this bit in their id. */
#define GRPC_AIO_PORT_SERVED 0x80000000u

typedef struct _GrpcAioPortCall GrpcAioPortCall;

struct _GrpcAioPort
{
  GObject parent_instance;

  GrpcAioContextFd context_fd; /* unless it is attached */
  GMainContext *attached;      /* NULL unless it is */
  GrpcAioQueue *queue; /* NULL when the port is closed */
  GrpcAioTurn outer;   /* while a command runs */
  gboolean is_entered;

  GrpcAioFrames frames;
  GPtrArray *calls;       /* by id; NULL where there is none */
  GPtrArray *served;      /* the same, without the bit; 0 is never used */
  GArray *free_ids;       /* of served */
  GrpcAioPortCall *noted; /* that have to be told of writes */
  gboolean has_much_written;
  GBytes *taken;          /* large message that was handed over */

  GrpcAioRpcMethodHandler *handler;
  GHashTable *methods; /* name → number */
};

/* A call, until it is released and nothing of it is under way. */
struct _GrpcAioPortCall
{
  gatomicrefcount refs; /* of the port and of each operation */
  GrpcAioPort *port;    /* NULL once it is released */
  guint32 id;

  GrpcAioCall *call; /* or */
  GrpcAioServicerContext *context;

  gint64 allowance; /* how much more may be read */
  gboolean is_reading;
  gboolean keeps;   /* is not released with its end */
  gboolean is_over; /* nothing is told any more */
  GQueue large;     /* of GBytes */

  guint32 written; /* what was written counts */
  gboolean is_noted;
  GrpcAioPortCall *next_noted;
};

GrpcAioPortCall *grpc_aio_port_call_new (GrpcAioPort *port,
                                         guint32 id);
GrpcAioPortCall *grpc_aio_port_call_ref (GrpcAioPortCall *self);
void grpc_aio_port_call_unref (GrpcAioPortCall *self);
GrpcAioOperation *grpc_aio_port_call_new_operation (GrpcAioPortCall *self,
                                                    GrpcAioOperationKind kind,
                                                    GAsyncReadyCallback callback);
void grpc_aio_port_call_read (GrpcAioPortCall *self);
void grpc_aio_port_call_add_large (GrpcAioPortCall *self,
                                   GBytes *message);
void grpc_aio_port_call_end (GrpcAioPortCall *self);

void grpc_aio_port_adopt_context (GrpcAioPort *self,
                                  GMainContext *context);
void grpc_aio_port_begin (GrpcAioPort *self);
gboolean grpc_aio_port_end (GrpcAioPort *self);
GrpcAioPortCall *grpc_aio_port_find (GrpcAioPort *self,
                                     guint32 id);

/* For servers. */
void grpc_aio_port_generic_handler_init (GrpcAioGenericRpcHandlerInterface *iface);

G_END_DECLS
