/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

/* What only the files of a server share: grpc-aio-server.c has the class, -ports.c where
 * it listens, -calls.c how calls come to their handlers, -stop.c its end. */

#include "server/grpc-aio-server-private.h"

#include <grpc/grpc.h>

#include <grpc-aio-glib/grpc-aio-rpc-method-handler.h>

#include "engine/grpc-aio-operation-private.h"
#include "engine/grpc-aio-quota-private.h"
#include "server/grpc-aio-acceptor-private.h"
#include "server/grpc-aio-servicer-context-private.h"
#include "server/grpc-aio-worker-private.h"

G_BEGIN_DECLS

struct _GrpcAioServer
{
  GObject parent_instance;

  GrpcAioChannelOptions *options;
  GrpcAioQuota *quota; /* NULL for no limit */
  GrpcAioCompression compression;
  GPtrArray *credentials; /* with the lock; of the ports, whose core may use what is in them */
  guint n_workers;
  guint max_serving; /* G_MAXUINT for no limit */
  guint max_queued;  /* the same */
  gint max_threads;  /* atomic; 0 for what suits the machine */
  GPtrArray *listeners; /* with the lock, from start on; of GrpcAioServerListener, one for each port */

  gboolean is_xds_enabled;
  GError *xds_error; /* why it is of no use */
  grpc_server *spare_core; /* for the first port */
  guint spare_fetcher_id;

  /* From start on. */
  GArray *lanes;      /* of GrpcAioServerLane */
  GMainContext *home; /* of who started it; NULL when it serves there */

  GMutex lock; /* for all that follows */
  GrpcAioServerState state;
  GPtrArray *services;
  GPtrArray *generic_handlers;
  GPtrArray *interceptors;
  guint n_calls;
  guint n_serving; /* of them, with a handler */
  guint n_queued;  /* of them, until one of these ends */
  GQueue queue;    /* of GrpcAioServerWait */
  guint n_listening; /* listeners that are not over */
  GrpcAioHandlerPool *pool; /* from the first handler on that blocks */
  guint n_tasks;            /* of the pool */
  guint n_undrained; /* lanes that may still run what belongs to the last calls */
  gboolean is_draining;
  gboolean is_disposed; /* waits for grpc-core to give its memory back */
  gboolean is_grace_over;
  GrpcAioCompletion stopping; /* tells the context that serves */
  GrpcAioOperationList stop_waiters;
  GSource *grace; /* the one that ends first */
};

/* A main context that serves, and its completion queue. */
typedef struct
{
  GrpcAioServer *server;
  GrpcAioWorker *worker; /* NULL for the context of who started the server */
  GrpcAioQueue *queue;   /* a reference only without a worker */
  guint n_calls;         /* with the server's lock */
  GrpcAioCompletion drained;
} GrpcAioServerLane;

/* A server of grpc-core, for one port: so that ports can go one by one. */
typedef struct
{
  GrpcAioServer *server;
  char *address;
  GrpcAioServerCredentials *credentials; /* with the server's lock; NULL for none */
  int reserved_fd;    /* of a port that grpc-core listens on when xDS says so, or -1 */
  guint fetcher_id;   /* of xDS; 0 for none */
  GrpcAioAcceptor *acceptor; /* with the server's lock; NULL when grpc-core listens, or nobody does any more */
  GPtrArray *methods; /* of GrpcAioServerMethod; the last one is for all that no service has */

  /* With the server's lock. */
  grpc_server *core; /* NULL when it is over */
  guint n_requests;  /* that grpc-core has */
  guint n_calls;
  gboolean is_stopping;
  gboolean is_cancelled; /* with all its calls */
  gboolean is_shut_down;
  GrpcAioCompletion shutdown;
  GrpcAioOperationList waiters;
  GSource *grace; /* the one that ends first */
} GrpcAioServerListener;

typedef struct _GrpcAioServerMethod GrpcAioServerMethod;

/* The calls of a method in one lane. */
typedef struct
{
  GrpcAioServerMethod *method;
  GrpcAioServerLane *lane;
  guint n_requests; /* with the server's lock */
  guint n_calls;    /* with the same */
} GrpcAioServerShare;

/* A method that grpc-core knows; without a name all those that it does not. */
struct _GrpcAioServerMethod
{
  GrpcAioServerListener *listener;
  char *name;
  GrpcAioRpcMethodHandler *handler;
  gpointer registered;
  gboolean has_payload; /* the request comes with the call */
  GrpcAioServerShare *shares; /* one for each lane */
};

/* A call that waits until others have ended. */
typedef struct
{
  GList link;
  GrpcAioCompletion turn;
  GrpcAioServicerContext *context;
} GrpcAioServerWait;

static inline GrpcAioServerLane *
grpc_aio_server_get_lane (GrpcAioServer *self,
                          guint i)
{
  return &g_array_index (self->lanes, GrpcAioServerLane, i);
}

/* The end */
void grpc_aio_server_drop_grace (GSource *grace);
void grpc_aio_server_check_stopped (GrpcAioServer *self);
void grpc_aio_server_resume_lanes (GrpcAioServer *self);
gboolean grpc_aio_server_begin_stop (GrpcAioServer *self);
gboolean grpc_aio_server_on_grace_ended (gpointer data);
gboolean grpc_aio_server_on_listener_grace_ended (gpointer data);
void grpc_aio_server_set_listener_grace (GrpcAioServerListener *listener,
                                         gint64 grace_usec,
                                         GMainContext *context);
GrpcAioQueue *grpc_aio_server_ref_queue (GrpcAioServer *self);
GrpcAioOperation *grpc_aio_server_new_stop_operation (GrpcAioServer *self,
                                                      gpointer tag,
                                                      GCancellable *cancellable,
                                                      GAsyncReadyCallback callback,
                                                      gpointer user_data);

/* Where it listens */
void grpc_aio_server_drop_core (grpc_server *core,
                                guint fetcher_id);
void grpc_aio_server_listener_free (gpointer data);
void grpc_aio_server_check_listener (GrpcAioServerListener *listener);
void grpc_aio_server_cancel_calls (GrpcAioServerListener *listener);
void grpc_aio_server_begin_stop_listener (GrpcAioServerListener *listener);
void grpc_aio_server_start_listener (GrpcAioServerListener *listener);
void grpc_aio_server_accept_connections (GrpcAioServerListener *listener);

/* Calls */
void grpc_aio_server_ask_for_calls (GrpcAioServerListener *listener);

/* The class */
void grpc_aio_server_notify_state (GrpcAioServer *self);
void grpc_aio_server_notify_state_at_home (GrpcAioServer *self);
grpc_server *grpc_aio_server_create_core (GrpcAioServer *self,
                                          guint *fetcher_id,
                                          GError **error);
gboolean grpc_aio_server_check_xds (GrpcAioServer *self,
                                    GError **error);

G_END_DECLS
