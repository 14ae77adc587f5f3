/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "server/grpc-aio-server-private.h"

#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>

#include <grpc-aio-glib/grpc-aio-channel-options.h>
#include <grpc-aio-glib/grpc-aio-enums.h>
#include <grpc-aio-glib/grpc-aio-generic-rpc-handler.h>
#include <grpc-aio-glib/grpc-aio-handler-call-details.h>
#include <grpc-aio-glib/grpc-aio-rpc-method-handler.h>
#include <grpc-aio-glib/grpc-aio-server-interceptor.h>

#include "engine/grpc-aio-bytes-private.h"
#include "engine/grpc-aio-core-args-private.h"
#include "engine/grpc-aio-core-metadata-private.h"
#include "engine/grpc-aio-core-private.h"
#include "engine/grpc-aio-operation-private.h"
#include "engine/grpc-aio-quota-private.h"
#include "engine/grpc-aio-sync-private.h"
#include "security/grpc-aio-server-credentials-private.h"
#include "server/grpc-aio-acceptor-private.h"
#include "server/grpc-aio-address-private.h"
#include "server/grpc-aio-config-fetcher-private.h"
#include "server/grpc-aio-handler-pool-private.h"
#include "server/grpc-aio-revival-private.h"
#include "server/grpc-aio-service-private.h"
#include "server/grpc-aio-servicer-context-private.h"
#include "server/grpc-aio-worker-private.h"

/* How many calls of a method grpc-core may hand over before we ask for more: few
 * at first, since each costs a little with every completion; twice as many when
 * more calls run. */
#define MIN_REQUESTS 2
#define MAX_REQUESTS 128

/* With several workers each takes a call and asks for the next one only when the
 * handler has returned: what waits meanwhile is for those that are free. */
#define REQUESTS_PER_WORKER 1

/* How many more calls than another a worker may have before that one is asked
 * twice as often. */
#define MAX_LEAD 4

#define MAX_WORKERS 1024

/* How often and how long to try to have a port back from grpc-core. */
#define MAX_TRIES 500
#define TRY_AGAIN_USEC (10 * 1000)

/* How long clients have to close their connections after the last answer. */
#define LINGER_USEC (100 * 1000)

/**
 * GrpcAioServer:
 *
 * Serves calls in a GLib main context.
 *
 * Add services and ports, then start it: handlers run in the main context that
 * is the thread-default one of the thread that calls [method@Server.start], or
 * in threads that the server starts itself
 * ([method@Server.set_n_workers]).
 *
 * The server lives as long as somebody holds a reference or a call runs; when the
 * last reference goes it stops at once.
 *
 * Since: 0.1
 */
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
  GPtrArray *listeners; /* with the lock, from start on; of Listener, one for each port */

  gboolean is_xds_enabled;
  GError *xds_error; /* why it is of no use */
  grpc_server *spare_core; /* for the first port */
  guint spare_fetcher_id;

  /* From start on. */
  GArray *lanes;      /* of Lane */
  GMainContext *home; /* of who started it; NULL when it serves there */

  GMutex lock; /* for all that follows */
  GrpcAioServerState state;
  GPtrArray *services;
  GPtrArray *generic_handlers;
  GPtrArray *interceptors;
  guint n_calls;
  guint n_serving; /* of them, with a handler */
  guint n_queued;  /* of them, until one of these ends */
  GQueue queue;    /* of Wait */
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
} Lane;

/* A server of grpc-core, for one port: so that ports can go one by one. */
typedef struct
{
  GrpcAioServer *server;
  char *address;
  GrpcAioServerCredentials *credentials; /* with the server's lock; NULL for none */
  int reserved_fd;    /* of a port that grpc-core listens on when xDS says so, or -1 */
  guint fetcher_id;   /* of xDS; 0 for none */
  GrpcAioAcceptor *acceptor; /* with the server's lock; NULL when grpc-core listens, or nobody does any more */
  GPtrArray *methods; /* of Method; the last one is for all that no service has */

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
} Listener;

typedef struct _Method Method;

/* The calls of a method in one lane. */
typedef struct
{
  Method *method;
  Lane *lane;
  guint n_requests; /* with the server's lock */
  guint n_calls;    /* with the same */
} Share;

/* A method that grpc-core knows; without a name all those that it does not. */
struct _Method
{
  Listener *listener;
  char *name;
  GrpcAioRpcMethodHandler *handler;
  gpointer registered;
  gboolean has_payload; /* the request comes with the call */
  Share *shares;        /* one for each lane */
};

/* A call that waits until others have ended. */
typedef struct
{
  GList link;
  GrpcAioCompletion turn;
  GrpcAioServicerContext *context;
} Wait;

/* What becomes of a call that is new. */
typedef enum
{
  PLACE_SERVED,
  PLACE_QUEUED,
  PLACE_REFUSED,
} Place;

/* Room for a call that grpc-core may hand over. */
typedef struct
{
  GrpcAioCompletion completion;
  GrpcAioServer *server;
  Share *share;

  grpc_call *core;
  grpc_call_details details;
  grpc_metadata_array metadata;
  gpr_timespec deadline;
  grpc_byte_buffer *payload;
} Request;

enum
{
  PROP_OPTIONS = 1,
  PROP_COMPRESSION,
  PROP_N_WORKERS,
  PROP_MAXIMUM_CONCURRENT_RPCS,
  PROP_MAXIMUM_QUEUED_RPCS,
  PROP_MAX_THREADS,
  PROP_INTERCEPTORS,
  PROP_STATE,
  PROP_ACTIVE_CALLS,
  PROP_XDS_ENABLED,
  PROP_QUEUED_CALLS,
  N_PROPS,
};

enum
{
  SIGNAL_SERVING_STATUS_CHANGED,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GrpcAioServer, grpc_aio_server, G_TYPE_OBJECT)

static void
method_free (gpointer data)
{
  Method *method = data;

  g_free (method->name);
  g_clear_object (&method->handler);
  g_free (method->shares);
  g_free (method);
}

static void
lane_clear (gpointer data)
{
  Lane *lane = data;

  if (lane->worker != NULL)
    grpc_aio_worker_unref (lane->worker);
  else
    grpc_aio_queue_unref (lane->queue);
}

static inline Lane *
get_lane (GrpcAioServer *self,
          guint i)
{
  return &g_array_index (self->lanes, Lane, i);
}

static void
notify_state (GrpcAioServer *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static gboolean
on_notify_state (gpointer data)
{
  g_autoptr (GrpcAioServer) self = g_weak_ref_get (data);

  if (self != NULL)
    notify_state (self);

  return G_SOURCE_REMOVE;
}

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

/* In the main context of who started the server. Without a reference, since
 * nobody may run that. */
static void
notify_state_at_home (GrpcAioServer *self)
{
  g_autoptr (GSource) source = NULL;
  GWeakRef *weak_ref = NULL;

  if (self->home == NULL)
    {
      if (self->lanes->len == 0 || !grpc_aio_queue_is_orphan (get_lane (self, 0)->queue))
        notify_state (self);
      return;
    }

  weak_ref = g_new (GWeakRef, 1);
  g_weak_ref_init (weak_ref, self);
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "grpc-aio-server-state");
  g_source_set_callback (source, on_notify_state, weak_ref, weak_ref_free);
  g_source_attach (source, self->home);
}

/* In the main context that serves. */
static void
on_stopping (GrpcAioCompletion *completion,
             gboolean ok)
{
  GrpcAioServer *self = (GrpcAioServer *) ((guint8 *) completion - G_STRUCT_OFFSET (GrpcAioServer, stopping));

  if (!grpc_aio_queue_is_orphan (get_lane (self, 0)->queue))
    notify_state (self);
  g_object_unref (self);
}

/* Anybody may stop the server. */
static void
notify_stopping (GrpcAioServer *self)
{
  GMainContext *context = g_main_context_get_thread_default ();

  if (context == NULL)
    context = g_main_context_default ();

  if (self->lanes->len == 0 || grpc_aio_queue_is_for (get_lane (self, 0)->queue, context))
    {
      notify_state (self);
    }
  else if (self->home != NULL)
    {
      notify_state_at_home (self);
    }
  else
    {
      self->stopping.run = on_stopping;
      g_object_ref (self);
      grpc_aio_queue_push (get_lane (self, 0)->queue, &self->stopping);
    }
}

static void
drop_grace (GSource *grace)
{
  if (grace == NULL)
    return;

  g_source_destroy (grace);
  g_source_unref (grace);
}

/* Nothing runs any more: returns what waits. */
static void
end_stop (GrpcAioServer *self)
{
  GrpcAioOperationList waiters = { NULL, NULL };
  GSource *grace = NULL;
  gboolean was_disposed;

  grpc_aio_revival_remove (self);
  g_mutex_lock (&self->lock);
  self->state = GRPC_AIO_SERVER_STATE_STOPPED;
  was_disposed = self->is_disposed;
  self->is_disposed = FALSE;
  waiters = grpc_aio_operation_list_take (&self->stop_waiters);
  grace = g_steal_pointer (&self->grace);
  g_mutex_unlock (&self->lock);

  if (!was_disposed)
    notify_state_at_home (self);
  grpc_aio_operation_list_return_true (&waiters);
  drop_grace (grace);
  for (guint i = 0; i < self->n_workers && i < self->lanes->len; i++)
    grpc_aio_worker_stop (get_lane (self, i)->worker);
  if (was_disposed)
    g_object_unref (self);
}

static void
on_drained (GrpcAioCompletion *completion,
            gboolean ok)
{
  Lane *lane = (Lane *) ((guint8 *) completion - G_STRUCT_OFFSET (Lane, drained));
  g_autoptr (GrpcAioServer) self = g_object_ref (lane->server);
  gboolean is_last;

  g_mutex_lock (&self->lock);
  is_last = --self->n_undrained == 0;
  g_mutex_unlock (&self->lock);

  if (is_last)
    end_stop (self);
}

/* After each step of stopping. Has the workers do what they are at before it says
 * that nothing runs any more. */
static void
check_stopped (GrpcAioServer *self)
{
  gboolean is_over;

  g_mutex_lock (&self->lock);
  is_over = self->state == GRPC_AIO_SERVER_STATE_STOPPING && !self->is_draining && self->n_listening == 0 &&
            (self->n_tasks == 0 || self->is_grace_over);
  if (is_over)
    {
      self->is_draining = TRUE;
      self->n_undrained = self->home != NULL ? self->lanes->len : 0;
      g_object_ref (self);
    }
  g_mutex_unlock (&self->lock);

  if (!is_over)
    return;

  if (self->home == NULL)
    end_stop (self);
  for (guint i = 0; self->home != NULL && i < self->lanes->len; i++)
    {
      Lane *lane = get_lane (self, i);

      lane->drained.run = on_drained;
      grpc_aio_queue_push (lane->queue, &lane->drained);
    }
  g_object_unref (self);
}

/* A listener that never started goes without waiting for anything. */
static void
destroy_unstarted (grpc_server *core)
{
  grpc_completion_queue *queue = grpc_completion_queue_create_for_pluck (NULL);

  grpc_server_register_completion_queue (core, queue, NULL);
  grpc_server_shutdown_and_notify (core, queue, NULL);
  grpc_server_cancel_all_calls (core);
  grpc_completion_queue_pluck (queue, NULL, gpr_inf_future (GPR_CLOCK_REALTIME), NULL);
  grpc_server_destroy (core);
  grpc_completion_queue_shutdown (queue);
  grpc_completion_queue_destroy (queue);
}

static void
drop_core (grpc_server *core,
           guint fetcher_id)
{
  if (core != NULL && grpc_aio_core_is_usable ())
    destroy_unstarted (core);
  if (fetcher_id != 0)
    grpc_aio_config_fetcher_forget (fetcher_id);
}

/* When it does not listen any more, or never will. */
static void
release_port (Listener *listener)
{
  if (listener->reserved_fd >= 0)
    close (listener->reserved_fd);
  listener->reserved_fd = -1;
  if (listener->fetcher_id != 0)
    grpc_aio_config_fetcher_forget (listener->fetcher_id);
  listener->fetcher_id = 0;
}

static void
listener_free (gpointer data)
{
  Listener *listener = data;

  g_clear_pointer (&listener->acceptor, grpc_aio_acceptor_close);
  drop_core (listener->core, 0);
  release_port (listener);
  g_ptr_array_unref (listener->methods);
  g_clear_object (&listener->credentials);
  g_free (listener->address);
  g_free (listener);
}

/* After each step of a listener's stopping. */
static void
check_listener (Listener *listener)
{
  GrpcAioServer *self = listener->server;
  GrpcAioOperationList waiters = { NULL, NULL };
  grpc_server *core = NULL;
  GSource *grace = NULL;

  g_mutex_lock (&self->lock);
  if (listener->is_shut_down && listener->n_requests == 0 && listener->n_calls == 0 && listener->core != NULL)
    {
      core = g_steal_pointer (&listener->core);
      self->n_listening--;
      waiters = grpc_aio_operation_list_take (&listener->waiters);
      grace = g_steal_pointer (&listener->grace);
      g_object_ref (self);
    }
  g_mutex_unlock (&self->lock);

  if (core == NULL)
    return;

  grpc_server_destroy (core);
  release_port (listener);
  grpc_aio_operation_list_return_true (&waiters);
  drop_grace (grace);
  check_stopped (self);
  g_object_unref (self);
}

static void
on_shut_down (GrpcAioCompletion *completion,
              gboolean ok)
{
  Listener *listener = (Listener *) ((guint8 *) completion - G_STRUCT_OFFSET (Listener, shutdown));

  g_mutex_lock (&listener->server->lock);
  listener->is_shut_down = TRUE;
  g_mutex_unlock (&listener->server->lock);

  check_listener (listener);
}

/* With the lock. Closes what is left when nothing runs any more, or the grace has
 * ended: only this ends connections of clients that keep theirs open. */
static void
cancel_calls (Listener *listener)
{
  listener->is_cancelled = TRUE;
  if (listener->core != NULL && grpc_aio_core_is_usable ())
    grpc_server_cancel_all_calls (listener->core);
}

/* With the lock. Listens no longer and refuses new calls from now on; clients are
 * told to go. */
static void
begin_stop_listener (Listener *listener)
{
  GrpcAioServer *self = listener->server;

  if (listener->is_stopping)
    return;

  listener->is_stopping = TRUE;
  g_clear_pointer (&listener->acceptor, grpc_aio_acceptor_close);
  if (self->state == GRPC_AIO_SERVER_STATE_NEW)
    {
      destroy_unstarted (g_steal_pointer (&listener->core));
      release_port (listener);
      self->n_listening--;
      return;
    }

  listener->shutdown.run = on_shut_down;
  grpc_server_shutdown_and_notify (listener->core, grpc_aio_queue_get_core (get_lane (self, 0)->queue), &listener->shutdown);
  if (listener->n_calls == 0)
    cancel_calls (listener);
}

/* Calls that a blocking handler held back are refused. */
static void
resume_lanes (GrpcAioServer *self)
{
  for (guint i = 0; i < self->lanes->len; i++)
    grpc_aio_queue_resume (get_lane (self, i)->queue);
}

/* Refuses new calls from now on. Returns whether calls still run. */
static gboolean
begin_stop (GrpcAioServer *self)
{
  gboolean begins, is_busy, is_disposed;

  if (!grpc_aio_core_is_usable ())
    return FALSE;

  g_mutex_lock (&self->lock);
  begins = self->state <= GRPC_AIO_SERVER_STATE_SERVING;
  for (guint i = 0; begins && i < self->listeners->len; i++)
    begin_stop_listener (g_ptr_array_index (self->listeners, i));
  if (begins)
    self->state = GRPC_AIO_SERVER_STATE_STOPPING;
  is_busy = self->n_calls > 0 || self->n_tasks > 0;
  is_disposed = self->is_disposed;
  g_mutex_unlock (&self->lock);

  if (begins && !is_disposed)
    notify_stopping (self);
  resume_lanes (self);

  return is_busy;
}

static gboolean
on_grace_ended (gpointer data)
{
  GrpcAioServer *self = data;

  g_mutex_lock (&self->lock);
  self->is_grace_over = TRUE;
  for (guint i = 0; i < self->listeners->len; i++)
    cancel_calls (g_ptr_array_index (self->listeners, i));
  g_mutex_unlock (&self->lock);

  check_stopped (self);

  return G_SOURCE_REMOVE;
}

static gboolean
on_listener_grace_ended (gpointer data)
{
  Listener *listener = data;

  /* It may listen again by now. */
  g_mutex_lock (&listener->server->lock);
  if (listener->is_stopping)
    cancel_calls (listener);
  g_mutex_unlock (&listener->server->lock);

  return G_SOURCE_REMOVE;
}

static void
unref_server (gpointer data)
{
  g_object_unref (((Listener *) data)->server);
}

static GSource *
grace_new (gint64 grace_usec,
           GMainContext *context,
           GSourceFunc func,
           gpointer data,
           GDestroyNotify destroy)
{
  GSource *grace = g_timeout_source_new ((guint) MIN (grace_usec / 1000 + 1, G_MAXUINT));

  g_source_set_static_name (grace, "grpc-aio-server-grace");
  g_source_set_callback (grace, func, data, destroy);
  g_source_attach (grace, context);

  return grace;
}

/* With the lock. The grace that ends first counts, and goes on when nobody waits
 * any more. Returns the other one. */
static GSource *
keep_shorter (GSource **place,
              GSource *grace)
{
  GSource *longer = *place;

  if (longer != NULL && g_source_get_ready_time (longer) <= g_source_get_ready_time (grace))
    return grace;

  *place = grace;

  return longer;
}

static void
set_grace (GrpcAioServer *self,
           gint64 grace_usec,
           GMainContext *context)
{
  GSource *longer = grace_new (grace_usec, context, on_grace_ended, g_object_ref (self), g_object_unref);

  g_mutex_lock (&self->lock);
  if (self->state == GRPC_AIO_SERVER_STATE_STOPPING)
    longer = keep_shorter (&self->grace, longer);
  g_mutex_unlock (&self->lock);

  drop_grace (longer);
}

static void
set_listener_grace (Listener *listener,
                    gint64 grace_usec,
                    GMainContext *context)
{
  GrpcAioServer *self = g_object_ref (listener->server);
  GSource *longer = grace_new (grace_usec, context, on_listener_grace_ended, listener, unref_server);

  g_mutex_lock (&self->lock);
  if (listener->core != NULL)
    longer = keep_shorter (&listener->grace, longer);
  g_mutex_unlock (&self->lock);

  drop_grace (longer);
}

static void
wait_free (Wait *wait)
{
  g_object_unref (wait->context);
  g_free (wait);
}

/* A handler that blocks must not have others on top of it: @completion comes again
 * when it does not block any more. A server that stops does not wait for that. */
static gboolean
defer (Share *share,
       GrpcAioCompletion *completion)
{
  GrpcAioServer *self = share->lane->server;
  gboolean is_stopping;

  if (G_LIKELY (!grpc_aio_queue_is_nested (share->lane->queue)))
    return FALSE;

  g_mutex_lock (&self->lock);
  is_stopping = share->method->listener->is_stopping;
  g_mutex_unlock (&self->lock);

  return !is_stopping && grpc_aio_queue_defer (share->lane->queue, completion);
}

/* The turn of a call that has waited. */
static void
on_turn (GrpcAioCompletion *completion,
         gboolean ok)
{
  Wait *wait = (Wait *) ((guint8 *) completion - G_STRUCT_OFFSET (Wait, turn));
  Share *share = grpc_aio_servicer_context_get_seat (wait->context)->share;
  GrpcAioServer *self = share->lane->server;
  gboolean is_cancelled;

  if (defer (share, completion))
    return;

  g_mutex_lock (&self->lock);
  is_cancelled = share->method->listener->is_cancelled;
  g_mutex_unlock (&self->lock);

  if (is_cancelled)
    grpc_aio_servicer_context_refuse (wait->context, GRPC_AIO_STATUS_CODE_UNAVAILABLE, _("The server is stopping"));
  else if (grpc_aio_queue_is_orphan (share->lane->queue))
    grpc_aio_servicer_context_refuse (wait->context, GRPC_AIO_STATUS_CODE_UNAVAILABLE, _("The server's main context is gone"));
  else if (!grpc_aio_servicer_context_is_done (wait->context))
    grpc_aio_servicer_context_serve (wait->context, share->method->has_payload);
  wait_free (wait);
}

/* Serves calls that wait, as many as there is room for. */
static void
serve_queued (GrpcAioServer *self)
{
  GQueue turns = G_QUEUE_INIT;
  GList *link;

  g_mutex_lock (&self->lock);
  while (self->n_serving < self->max_serving && (link = g_queue_pop_head_link (&self->queue)) != NULL)
    {
      GrpcAioSeat *seat = grpc_aio_servicer_context_get_seat (((Wait *) link->data)->context);

      seat->wait = NULL;
      seat->is_serving = TRUE;
      self->n_serving++;
      self->n_queued--;
      g_queue_push_tail_link (&turns, link);
    }
  g_mutex_unlock (&self->lock);

  while ((link = g_queue_pop_head_link (&turns)) != NULL)
    {
      Wait *wait = link->data;
      Share *share = grpc_aio_servicer_context_get_seat (wait->context)->share;

      grpc_aio_queue_push (share->lane->queue, &wait->turn);
    }
}

/* Has the call wait for its turn. It may end meanwhile. */
static void
enqueue (GrpcAioServer *self,
         GrpcAioServicerContext *context)
{
  Wait *wait = g_new0 (Wait, 1);

  wait->context = g_object_ref (context);
  wait->turn.run = on_turn;
  wait->link.data = wait;

  g_mutex_lock (&self->lock);
  grpc_aio_servicer_context_get_seat (context)->wait = wait;
  g_queue_push_tail_link (&self->queue, &wait->link);
  g_mutex_unlock (&self->lock);

  grpc_aio_servicer_context_watch (context);
  serve_queued (self);
}

/* A context has its end. */
void
grpc_aio_server_call_ended (GrpcAioServer *self,
                            GrpcAioSeat *seat)
{
  Share *share = seat->share;
  Listener *listener = share->method->listener;
  Wait *wait = NULL;
  GSource *source;
  gboolean is_stopping, was_last, has_queued;

  g_mutex_lock (&self->lock);
  share->n_calls--;
  share->lane->n_calls--;
  listener->n_calls--;
  self->n_calls--;
  if (G_LIKELY (seat->is_serving))
    self->n_serving--;
  else if (seat->wait != NULL)
    {
      wait = g_steal_pointer (&seat->wait);
      g_queue_unlink (&self->queue, &wait->link);
      self->n_queued--;
    }
  has_queued = self->queue.head != NULL;
  is_stopping = listener->is_stopping;
  was_last = is_stopping && listener->n_calls == 0;
  g_mutex_unlock (&self->lock);

  if (G_UNLIKELY (wait != NULL))
    wait_free (wait);
  if (G_UNLIKELY (has_queued))
    serve_queued (self);
  if (!is_stopping)
    return;

  /* A connection that is closed with something unread resets, and what the client
   * has not read yet is lost. Most clients close theirs now by themselves. */
  source = g_main_current_source ();
  if (was_last && source != NULL)
    set_listener_grace (listener, LINGER_USEC, g_source_get_context (source));
  else if (was_last)
    on_listener_grace_ended (listener);

  check_listener (listener);
}

/* Has a handler run in a thread. */
void
grpc_aio_server_push_task (GrpcAioServer *self,
                           GrpcAioHandlerTask *task)
{
  g_mutex_lock (&self->lock);
  if (self->pool == NULL)
    self->pool = grpc_aio_handler_pool_new ((guint) g_atomic_int_get (&self->max_threads));
  self->n_tasks++;
  g_mutex_unlock (&self->lock);

  grpc_aio_handler_pool_push (self->pool, task);
}

/* FALSE when it runs already. */
gboolean
grpc_aio_server_remove_task (GrpcAioServer *self,
                             GrpcAioHandlerTask *task)
{
  return grpc_aio_handler_pool_remove (self->pool, task);
}

void
grpc_aio_server_task_ended (GrpcAioServer *self)
{
  g_mutex_lock (&self->lock);
  self->n_tasks--;
  g_mutex_unlock (&self->lock);

  check_stopped (self);
}

/* With the lock. Lets grpc-core hand over one more call. */
static gboolean
ask_for_call (Request *request)
{
  Method *method = request->share->method;
  grpc_server *core = method->listener->core;
  grpc_completion_queue *queue = grpc_aio_queue_get_core (request->share->lane->queue);
  grpc_call_error result;

  if (method->registered != NULL)
    result = grpc_server_request_registered_call (core, method->registered, &request->core,
                                                  &request->deadline, &request->metadata,
                                                  method->has_payload ? &request->payload : NULL,
                                                  queue, queue, &request->completion);
  else
    result = grpc_server_request_call (core, &request->core, &request->details, &request->metadata,
                                       queue, queue, &request->completion);

  return result == GRPC_CALL_OK;
}

static void
request_free (Request *request)
{
  grpc_call_details_destroy (&request->details);
  grpc_metadata_array_destroy (&request->metadata);
  g_free (request);
}

static void on_call (GrpcAioCompletion *completion,
                     gboolean ok);

/* With the lock. Has @n_requests in all for @share. */
static void
add_requests (Share *share,
              guint n_requests)
{
  while (share->n_requests < n_requests)
    {
      Request *request = g_new0 (Request, 1);

      request->completion.run = on_call;
      request->server = share->lane->server;
      request->share = share;
      grpc_call_details_init (&request->details);
      grpc_metadata_array_init (&request->metadata);

      if (!ask_for_call (request))
        {
          request_free (request);
          return;
        }
      share->n_requests++;
      share->method->listener->n_requests++;
    }
}

/* With the lock. Where to ask for the next call when one of @share has begun:
 * there, too, unless others have much less to do. */
static Share *
choose_share (GrpcAioServer *self,
              Share *share)
{
  Share *best = share;

  for (guint i = 0; i < self->lanes->len; i++)
    {
      Share *other = &share->method->shares[i];

      if (other->lane->n_calls + MAX_LEAD * other->n_requests < best->lane->n_calls + MAX_LEAD * best->n_requests)
        best = other;
    }

  return best;
}

/* Asks for one more call in the turn after the handler's, or in a nested loop of
 * it. */
static void
on_ask_again (GrpcAioCompletion *completion,
              gboolean ok)
{
  Request *request = (Request *) completion;
  GrpcAioServer *self = request->server;
  Listener *listener = request->share->method->listener;
  gboolean is_asking;

  if (defer (request->share, completion))
    return;

  g_mutex_lock (&self->lock);
  request->completion.run = on_call;
  request->share->n_requests--;
  request->share = choose_share (self, request->share);
  is_asking = !listener->is_stopping && ask_for_call (request);
  if (is_asking)
    request->share->n_requests++;
  else
    listener->n_requests--;
  g_mutex_unlock (&self->lock);

  if (is_asking)
    return;

  request_free (request);
  check_listener (listener);
}

/* Asks the generic handlers, in order. */
static GrpcAioRpcMethodHandler *
ask_generic_handlers (GrpcAioServer *self,
                      GrpcAioHandlerCallDetails *details)
{
  GrpcAioRpcMethodHandler *handler = NULL;

  for (guint i = 0; i < self->generic_handlers->len && handler == NULL; i++)
    handler = grpc_aio_generic_rpc_handler_service (g_ptr_array_index (self->generic_handlers, i), details);

  return handler;
}

/* For a call that is of no service. */
static GrpcAioRpcMethodHandler *
find_handler (GrpcAioServer *self,
              GrpcAioIncomingCall *incoming)
{
  g_autoptr (GrpcAioMetadata) metadata = NULL;
  g_autoptr (GrpcAioHandlerCallDetails) details = NULL;

  if (self->generic_handlers->len == 0)
    return NULL;

  metadata = grpc_aio_core_metadata_to_glib (&incoming->metadata);
  details = grpc_aio_handler_call_details_new (incoming->own_method, incoming->host, metadata);

  return ask_generic_handlers (self, details);
}

/* For what interceptors have made of a call. */
GrpcAioRpcMethodHandler *
grpc_aio_server_find_handler (GrpcAioServer *self,
                              GrpcAioHandlerCallDetails *details)
{
  const char *name = grpc_aio_handler_call_details_get_method (details);

  for (guint i = 0; i < self->services->len; i++)
    {
      GrpcAioRpcMethodHandler *handler = grpc_aio_service_find_method (g_ptr_array_index (self->services, i), name);

      if (handler != NULL)
        return g_object_ref (handler);
    }

  return ask_generic_handlers (self, details);
}

static void
serve (GrpcAioServer *self,
       Share *share,
       Place place,
       GrpcAioIncomingCall *incoming)
{
  Method *method = share->method;
  g_autoptr (GrpcAioServicerContext) context = NULL;

  incoming->handler = method->handler;
  if (G_UNLIKELY (self->interceptors->len > 0))
    incoming->interceptors = self->interceptors;
  else if (method->handler == NULL)
    incoming->own_handler = find_handler (self, incoming);
  incoming->seat.share = share;
  incoming->seat.is_serving = place == PLACE_SERVED;
  context = grpc_aio_servicer_context_new (self, share->lane->queue, incoming);

  if (G_LIKELY (place == PLACE_SERVED))
    grpc_aio_servicer_context_serve (context, method->has_payload);
  else if (place == PLACE_QUEUED)
    enqueue (self, context);
  else
    grpc_aio_servicer_context_refuse (context, GRPC_AIO_STATUS_CODE_RESOURCE_EXHAUSTED, _("The server has too many calls at once"));
}

/* With the lock. */
static Place
find_place (GrpcAioServer *self)
{
  if (G_LIKELY (self->n_serving < self->max_serving && self->n_queued == 0))
    {
      self->n_serving++;
      return PLACE_SERVED;
    }
  if (self->n_queued < self->max_queued)
    {
      self->n_queued++;
      return PLACE_QUEUED;
    }

  return PLACE_REFUSED;
}

/* grpc-core hands over a call, or takes its leave. */
static void
on_call (GrpcAioCompletion *completion,
         gboolean ok)
{
  Request *request = (Request *) completion;
  GrpcAioServer *self = request->server;
  Share *share = request->share;
  Method *method = share->method;
  Listener *listener = method->listener;
  GrpcAioIncomingCall incoming = { NULL };
  Place place = PLACE_REFUSED;
  gboolean is_refused, is_asking;

  if (ok && defer (share, completion))
    return;

  if (ok)
    {
      incoming.core = g_steal_pointer (&request->core);
      incoming.metadata = request->metadata;
      grpc_metadata_array_init (&request->metadata);
      incoming.payload = g_steal_pointer (&request->payload);
      if (method->name != NULL)
        {
          incoming.deadline = request->deadline;
          incoming.method = method->name;
        }
      else
        {
          incoming.deadline = request->details.deadline;
          incoming.own_method = grpc_aio_slice_dup_text (request->details.method);
          incoming.host = grpc_aio_slice_dup_text (request->details.host);
          grpc_call_details_destroy (&request->details);
          grpc_call_details_init (&request->details);
        }
    }

  g_mutex_lock (&self->lock);
  is_refused = listener->is_stopping || self->is_disposed || grpc_aio_queue_is_orphan (share->lane->queue);
  is_asking = ok && !is_refused;
  if (is_asking)
    {
      share->n_calls++;
      share->lane->n_calls++;
      listener->n_calls++;
      self->n_calls++;
      place = find_place (self);
    }
  if (is_asking && self->lanes->len > 1)
    {
      request->completion.run = on_ask_again;
      grpc_aio_queue_push_local (share->lane->queue, &request->completion);
    }
  else if (is_asking)
    {
      if (share->n_calls > share->n_requests)
        add_requests (share, MIN (2 * share->n_requests, MAX_REQUESTS));
      is_asking = ask_for_call (request);
    }
  if (!is_asking)
    {
      listener->n_requests--;
      share->n_requests--;
    }
  g_mutex_unlock (&self->lock);

  if (!is_asking)
    request_free (request);

  if (ok && !is_refused)
    {
      serve (self, share, place, &incoming);
      return;
    }

  if (ok)
    {
      grpc_call_cancel_with_status (incoming.core, GRPC_STATUS_UNAVAILABLE, _("The server is stopping"), NULL);
      grpc_call_unref (incoming.core);
      grpc_metadata_array_destroy (&incoming.metadata);
      g_clear_pointer (&incoming.payload, grpc_byte_buffer_destroy);
      g_free (incoming.own_method);
      g_free (incoming.host);
    }
  check_listener (listener);
}

static void
on_serving_status (GrpcAioServer *self,
                   const char *address,
                   GrpcAioStatusCode code,
                   const char *message)
{
  g_signal_emit (self, signals[SIGNAL_SERVING_STATUS_CHANGED], 0, address, code, message);
}

/* NULL where xDS is of no use. @fetcher_id is 0 without xDS. */
static grpc_server *
create_core (GrpcAioServer *self,
             guint *fetcher_id,
             GError **error)
{
  g_auto (GrpcAioCoreArgs) args = { { 0 } };
  grpc_server_config_fetcher *fetcher = NULL;
  grpc_server *core;

  *fetcher_id = 0;

  grpc_aio_core_args_init (&args, self->options, 5);
  grpc_aio_core_args_add_server_defaults (&args);
  if (self->quota != NULL)
    grpc_aio_quota_add_to (self->quota, &args);
  if (self->compression != GRPC_AIO_COMPRESSION_NONE)
    grpc_aio_core_args_set_int (&args, GRPC_COMPRESSION_CHANNEL_DEFAULT_ALGORITHM, (int) self->compression);

  /* With xDS it listens when it is told to, on ports that are reserved here. */
  if (self->is_xds_enabled)
    grpc_aio_core_args_set_int (&args, GRPC_ARG_ALLOW_REUSEPORT, 1);

  if (self->is_xds_enabled)
    {
      fetcher = grpc_aio_config_fetcher_new (self, on_serving_status, &args.args, fetcher_id, error);
      if (fetcher == NULL)
        return NULL;
    }

  core = grpc_server_create (&args.args, NULL);
  if (fetcher != NULL)
    grpc_server_set_config_fetcher (core, fetcher);

  return core;
}

/* Tells at once whether xDS is of use. */
static void
grpc_aio_server_constructed (GObject *object)
{
  GrpcAioServer *self = GRPC_AIO_SERVER (object);

  G_OBJECT_CLASS (grpc_aio_server_parent_class)->constructed (object);

  if (grpc_aio_core_is_usable ())
    self->quota = grpc_aio_quota_new_for_server (self->options);
  if (self->is_xds_enabled && grpc_aio_core_is_usable ())
    self->spare_core = create_core (self, &self->spare_fetcher_id, &self->xds_error);
}

/* The memory of requests belongs to grpc-core until they come back, which they
 * do once the server is shut down. */
static void
grpc_aio_server_dispose (GObject *object)
{
  GrpcAioServer *self = GRPC_AIO_SERVER (object);
  gboolean is_serving;

  g_mutex_lock (&self->lock);
  is_serving = self->state == GRPC_AIO_SERVER_STATE_SERVING || self->state == GRPC_AIO_SERVER_STATE_STOPPING;
  if (is_serving && !self->is_disposed)
    {
      self->is_disposed = TRUE;
      g_object_ref (self);
    }
  g_mutex_unlock (&self->lock);

  if (is_serving && grpc_aio_core_is_usable ())
    {
      if (begin_stop (self))
        on_grace_ended (self);
      check_stopped (self);
    }

  G_OBJECT_CLASS (grpc_aio_server_parent_class)->dispose (object);
}

static void
grpc_aio_server_finalize (GObject *object)
{
  GrpcAioServer *self = GRPC_AIO_SERVER (object);

  grpc_aio_revival_remove (self);
  g_ptr_array_unref (self->listeners);
  drop_core (g_steal_pointer (&self->spare_core), self->spare_fetcher_id);
  g_clear_pointer (&self->pool, grpc_aio_handler_pool_unref);
  g_clear_error (&self->xds_error);
  g_clear_object (&self->options);
  g_clear_pointer (&self->quota, grpc_aio_quota_unref);
  g_ptr_array_unref (self->credentials);
  g_ptr_array_unref (self->services);
  g_ptr_array_unref (self->generic_handlers);
  g_ptr_array_unref (self->interceptors);
  g_array_unref (self->lanes);
  g_clear_pointer (&self->home, g_main_context_unref);
  g_mutex_clear (&self->lock);
  grpc_aio_core_unref ();

  G_OBJECT_CLASS (grpc_aio_server_parent_class)->finalize (object);
}

static void
add_interceptors (GrpcAioServer *self,
                  GListModel *interceptors)
{
  guint n = interceptors != NULL ? g_list_model_get_n_items (interceptors) : 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GObject) interceptor = g_list_model_get_item (interceptors, i);

      if (GRPC_AIO_IS_SERVER_INTERCEPTOR (interceptor))
        grpc_aio_server_add_interceptor (self, GRPC_AIO_SERVER_INTERCEPTOR (interceptor));
      else
        g_critical ("GrpcAioServer:interceptors: a %s is not an interceptor of servers", G_OBJECT_TYPE_NAME (interceptor));
    }
}

static void
grpc_aio_server_get_property (GObject *object,
                              guint id,
                              GValue *value,
                              GParamSpec *pspec)
{
  GrpcAioServer *self = GRPC_AIO_SERVER (object);

  switch (id)
    {
    case PROP_OPTIONS:
      g_value_set_object (value, self->options);
      break;

    case PROP_COMPRESSION:
      g_value_set_enum (value, self->compression);
      break;

    case PROP_N_WORKERS:
      g_value_set_uint (value, self->n_workers);
      break;

    case PROP_MAXIMUM_CONCURRENT_RPCS:
      g_value_set_uint (value, grpc_aio_server_get_maximum_concurrent_rpcs (self));
      break;

    case PROP_MAXIMUM_QUEUED_RPCS:
      g_value_set_uint (value, self->max_queued);
      break;

    case PROP_MAX_THREADS:
      g_value_set_uint (value, grpc_aio_server_get_max_threads (self));
      break;

    case PROP_INTERCEPTORS:
      g_value_take_object (value, grpc_aio_server_dup_interceptors (self));
      break;

    case PROP_STATE:
      g_value_set_enum (value, grpc_aio_server_get_state (self));
      break;

    case PROP_ACTIVE_CALLS:
      g_value_set_uint (value, grpc_aio_server_get_active_calls (self));
      break;

    case PROP_XDS_ENABLED:
      g_value_set_boolean (value, self->is_xds_enabled);
      break;

    case PROP_QUEUED_CALLS:
      g_value_set_uint (value, grpc_aio_server_get_queued_calls (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_server_set_property (GObject *object,
                              guint id,
                              const GValue *value,
                              GParamSpec *pspec)
{
  GrpcAioServer *self = GRPC_AIO_SERVER (object);

  switch (id)
    {
    case PROP_OPTIONS:
      self->options = g_value_dup_object (value);
      break;

    case PROP_COMPRESSION:
      self->compression = g_value_get_enum (value);
      break;

    case PROP_N_WORKERS:
      grpc_aio_server_set_n_workers (self, g_value_get_uint (value));
      break;

    case PROP_XDS_ENABLED:
      self->is_xds_enabled = g_value_get_boolean (value);
      break;

    case PROP_MAXIMUM_CONCURRENT_RPCS:
      grpc_aio_server_set_maximum_concurrent_rpcs (self, g_value_get_uint (value));
      break;

    case PROP_MAXIMUM_QUEUED_RPCS:
      grpc_aio_server_set_maximum_queued_rpcs (self, g_value_get_uint (value));
      break;

    case PROP_MAX_THREADS:
      grpc_aio_server_set_max_threads (self, g_value_get_uint (value));
      break;

    case PROP_INTERCEPTORS:
      add_interceptors (self, g_value_get_object (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_server_class_init (GrpcAioServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = grpc_aio_server_constructed;
  object_class->dispose = grpc_aio_server_dispose;
  object_class->finalize = grpc_aio_server_finalize;
  object_class->get_property = grpc_aio_server_get_property;
  object_class->set_property = grpc_aio_server_set_property;

  /**
   * GrpcAioServer:options:
   *
   * Channel arguments for the connections, or `NULL` for the defaults. Unlike
   * plain grpc-core, `grpc.so_reuseport` is off unless it is set here: a port
   * that is in use is an error.
   *
   * Since: 0.1
   */
  properties[PROP_OPTIONS] = g_param_spec_object ("options", NULL, NULL, GRPC_AIO_TYPE_CHANNEL_OPTIONS,
                                                  G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioServer:compression:
   *
   * How the messages that the server sends are compressed, unless a call says
   * otherwise. `GRPC_AIO_COMPRESSION_NONE` leaves it to the options.
   *
   * Since: 0.1
   */
  properties[PROP_COMPRESSION] = g_param_spec_enum ("compression", NULL, NULL, GRPC_AIO_TYPE_COMPRESSION, GRPC_AIO_COMPRESSION_NONE,
                                                    G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioServer:n-workers:
   *
   * In how many threads of its own the server serves, or 0 for the main context
   * that is the thread-default one when it is started. Set it before that.
   *
   * See [method@Server.set_n_workers].
   *
   * Since: 0.1
   */
  properties[PROP_N_WORKERS] = g_param_spec_uint ("n-workers", NULL, NULL, 0, MAX_WORKERS, 0,
                                                  G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioServer:maximum-concurrent-rpcs:
   *
   * How many calls the server serves at the same time, or 0 for no limit. Set it
   * before the start.
   *
   * See [method@Server.set_maximum_concurrent_rpcs].
   *
   * Since: 0.1
   */
  properties[PROP_MAXIMUM_CONCURRENT_RPCS] = g_param_spec_uint ("maximum-concurrent-rpcs", NULL, NULL, 0, G_MAXUINT, 0,
                                                                G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioServer:maximum-queued-rpcs:
   *
   * How many more calls may wait when there are as many as
   * [property@Server:maximum-concurrent-rpcs]; all others are refused with
   * `GRPC_AIO_STATUS_CODE_RESOURCE_EXHAUSTED`. Set it before the start.
   *
   * See [method@Server.set_maximum_queued_rpcs].
   *
   * Since: 0.1
   */
  properties[PROP_MAXIMUM_QUEUED_RPCS] = g_param_spec_uint ("maximum-queued-rpcs", NULL, NULL, 0, G_MAXUINT, G_MAXUINT,
                                                            G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioServer:max-threads:
   *
   * How many threads there may be for handlers that block, or 0 for what suits the
   * machine: 4 more than it has processors, and 32 at the most.
   *
   * See [method@Server.set_max_threads].
   *
   * Since: 0.1
   */
  properties[PROP_MAX_THREADS] = g_param_spec_uint ("max-threads", NULL, NULL, 0, G_MAXINT, 0,
                                                    G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioServer:interceptors:
   *
   * What stands before the handlers: a list of [class@ServerInterceptor], in the
   * order in which they are asked.
   *
   * See [method@Server.add_interceptor].
   *
   * Since: 0.1
   */
  properties[PROP_INTERCEPTORS] = g_param_spec_object ("interceptors", NULL, NULL, G_TYPE_LIST_MODEL,
                                                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioServer:state:
   *
   * How far the server has come. It is notified in the main context that the
   * server was started in.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, GRPC_AIO_TYPE_SERVER_STATE,
                                              GRPC_AIO_SERVER_STATE_NEW, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioServer:active-calls:
   *
   * How many calls are served now. It is not notified.
   *
   * Since: 0.1
   */
  properties[PROP_ACTIVE_CALLS] = g_param_spec_uint ("active-calls", NULL, NULL, 0, G_MAXUINT, 0,
                                                     G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioServer:xds-enabled: (getter get_xds_enabled)
   *
   * Whether an xDS control plane says when the server listens, and what it does
   * with connections (gRFC A36). See [ctor@Server.new_for_xds].
   *
   * Since: 0.1
   */
  properties[PROP_XDS_ENABLED] = g_param_spec_boolean ("xds-enabled", NULL, NULL, FALSE,
                                                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioServer:queued-calls:
   *
   * How many calls wait now until others have ended. It is not notified.
   *
   * Since: 0.1
   */
  properties[PROP_QUEUED_CALLS] = g_param_spec_uint ("queued-calls", NULL, NULL, 0, G_MAXUINT, 0,
                                                     G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * GrpcAioServer::serving-status-changed:
   * @self: the server
   * @address: the address of a port, such as `127.0.0.1:50051`
   * @code: `GRPC_AIO_STATUS_CODE_OK` when it is served from now on; else why it
   *   is not
   * @message: what there is to say about that, or an empty text
   *
   * Emitted when the control plane has a server with
   * [property@Server:xds-enabled] begin or stop to listen on a port, or does not
   * let it begin. It comes in the main context that was the thread-default one
   * when the server was made.
   *
   * `GRPC_AIO_STATUS_CODE_NOT_FOUND`: the control plane knows no such port, or
   * not any more. `GRPC_AIO_STATUS_CODE_UNAVAILABLE`: it cannot be reached, or
   * says what cannot be understood; once a port is served that changes nothing.
   * `GRPC_AIO_STATUS_CODE_FAILED_PRECONDITION`: it means another address.
   *
   * Since: 0.1
   */
  signals[SIGNAL_SERVING_STATUS_CHANGED] = g_signal_new ("serving-status-changed", G_TYPE_FROM_CLASS (klass),
                                                         G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                                         G_TYPE_NONE, 3, G_TYPE_STRING, GRPC_AIO_TYPE_STATUS_CODE, G_TYPE_STRING);
}

static void
grpc_aio_server_init (GrpcAioServer *self)
{
  grpc_aio_core_ref ();

  g_mutex_init (&self->lock);
  self->credentials = g_ptr_array_new_with_free_func (g_object_unref);
  self->services = g_ptr_array_new_with_free_func (g_object_unref);
  self->generic_handlers = g_ptr_array_new_with_free_func (g_object_unref);
  self->listeners = g_ptr_array_new_with_free_func (listener_free);
  self->max_serving = G_MAXUINT;
  self->max_queued = G_MAXUINT;
  self->interceptors = g_ptr_array_new_with_free_func (g_object_unref);
  self->lanes = g_array_new (FALSE, TRUE, sizeof (Lane));
  g_array_set_clear_func (self->lanes, lane_clear);
}

/**
 * grpc_aio_server_new:
 *
 * Creates a server without ports and services.
 *
 * Returns: (transfer full): a new server
 *
 * Since: 0.1
 */
GrpcAioServer *
grpc_aio_server_new (void)
{
  return grpc_aio_server_new_with_options (NULL);
}

/**
 * grpc_aio_server_new_with_options:
 * @options: (nullable): channel arguments, or `NULL` for the defaults
 *
 * Creates a server with channel arguments.
 *
 * Returns: (transfer full): a new server
 *
 * Since: 0.1
 */
GrpcAioServer *
grpc_aio_server_new_with_options (GrpcAioChannelOptions *options)
{
  g_return_val_if_fail (options == NULL || GRPC_AIO_IS_CHANNEL_OPTIONS (options), NULL);

  return g_object_new (GRPC_AIO_TYPE_SERVER, "options", options, NULL);
}

/**
 * grpc_aio_server_new_for_xds:
 * @options: (nullable): channel arguments, or `NULL` for the defaults
 *
 * Creates a server that an xDS control plane configures (gRFC A36).
 *
 * Where the control plane is, and what the server is to it, stands in the
 * bootstrap configuration: a file that the environment variable
 * `GRPC_XDS_BOOTSTRAP` names, or the text of `GRPC_XDS_BOOTSTRAP_CONFIG`. When it
 * is missing or wrong, [method@Server.add_port] and [method@Server.start] fail.
 *
 * Ports are reserved when they are added; the server listens on them from when
 * the control plane sends a listener for the address. Then, and when that ends,
 * [signal@Server::serving-status-changed] is emitted. An address consists of an
 * IP address and a port, which may be 0 for a free one.
 *
 * Returns: (transfer full): a new server
 *
 * Since: 0.1
 */
GrpcAioServer *
grpc_aio_server_new_for_xds (GrpcAioChannelOptions *options)
{
  g_return_val_if_fail (options == NULL || GRPC_AIO_IS_CHANNEL_OPTIONS (options), NULL);

  return g_object_new (GRPC_AIO_TYPE_SERVER, "options", options, "xds-enabled", TRUE, NULL);
}

/**
 * grpc_aio_server_get_options:
 * @self: a server
 *
 * Gets the channel arguments.
 *
 * Returns: (nullable) (transfer none): the options, or `NULL` for the defaults
 *
 * Since: 0.1
 */
GrpcAioChannelOptions *
grpc_aio_server_get_options (GrpcAioServer *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), NULL);

  return self->options;
}

/**
 * grpc_aio_server_get_compression:
 * @self: a server
 *
 * Gets how messages are compressed, unless a call says otherwise.
 *
 * Returns: the compression that the server was made with
 *
 * Since: 0.1
 */
GrpcAioCompression
grpc_aio_server_get_compression (GrpcAioServer *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), GRPC_AIO_COMPRESSION_NONE);

  return self->compression;
}

/**
 * grpc_aio_server_get_state:
 * @self: a server
 *
 * Gets how far the server has come.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
GrpcAioServerState
grpc_aio_server_get_state (GrpcAioServer *self)
{
  GrpcAioServerState state;

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), GRPC_AIO_SERVER_STATE_STOPPED);

  g_mutex_lock (&self->lock);
  state = self->state;
  g_mutex_unlock (&self->lock);

  return state;
}

/**
 * grpc_aio_server_get_active_calls:
 * @self: a server
 *
 * Gets how many calls are served now: those that have a handler and have not
 * ended.
 *
 * Returns: the number of calls
 *
 * Since: 0.1
 */
guint
grpc_aio_server_get_active_calls (GrpcAioServer *self)
{
  guint n_calls;

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), 0);

  g_mutex_lock (&self->lock);
  n_calls = self->n_serving;
  g_mutex_unlock (&self->lock);

  return n_calls;
}

/**
 * grpc_aio_server_get_queued_calls:
 * @self: a server
 *
 * Gets how many calls wait until others have ended, since there are as many as
 * [method@Server.set_maximum_concurrent_rpcs] allows.
 *
 * Returns: the number of calls
 *
 * Since: 0.1
 */
guint
grpc_aio_server_get_queued_calls (GrpcAioServer *self)
{
  guint n_calls;

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), 0);

  g_mutex_lock (&self->lock);
  n_calls = self->n_queued;
  g_mutex_unlock (&self->lock);

  return n_calls;
}

/**
 * grpc_aio_server_get_xds_enabled:
 * @self: a server
 *
 * Gets whether an xDS control plane configures the server.
 *
 * Returns: whether it was made for xDS
 *
 * Since: 0.1
 */
gboolean
grpc_aio_server_get_xds_enabled (GrpcAioServer *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), FALSE);

  return self->is_xds_enabled;
}

/**
 * grpc_aio_server_get_open_connections:
 * @self: a server
 *
 * Gets how many clients are connected over the sockets of
 * [method@Server.add_socket] and [method@Server.add_activation_sockets].
 *
 * Those of [method@Server.add_port] are not counted, and those of a socket only as
 * long as the server listens there.
 *
 * A server that stops when there are none, in the thread that runs its main context,
 * takes no call away from anybody: who connects from then on waits in the socket for
 * the next process.
 *
 * Returns: the number of connections
 *
 * Since: 0.1
 */
guint
grpc_aio_server_get_open_connections (GrpcAioServer *self)
{
  guint n_open = 0;

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), 0);

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->listeners->len; i++)
    {
      Listener *listener = g_ptr_array_index (self->listeners, i);

      if (listener->acceptor != NULL)
        n_open += grpc_aio_acceptor_count_open (listener->acceptor);
    }
  g_mutex_unlock (&self->lock);

  return n_open;
}

/* TRUE while ports and handlers may still be added. */
static gboolean
is_new (GrpcAioServer *self)
{
  return grpc_aio_server_get_state (self) == GRPC_AIO_SERVER_STATE_NEW;
}

/**
 * grpc_aio_server_set_n_workers:
 * @self: a server that has not started
 * @n_workers: how many threads, at most 1,024; 0 for none
 *
 * Sets in how many threads of its own the server serves.
 *
 * With 0, as at first, it serves in the main context that is the thread-default
 * one when it is started. Otherwise [method@Server.start] makes so many threads,
 * each with a main context that is its thread-default one. All that belongs to a
 * call happens in one of them: its handler, the results of what was started
 * there, its signals. So a handler is written as for a single thread, but
 * handlers of different calls run at the same time: what they share needs a lock.
 *
 * Calls are given to threads that are free, and else to those that have fewer
 * calls. A handler that blocks keeps its thread, and a call that was given to it
 * at the same moment.
 *
 * The functions that stop the server and wait for that, and the notification of
 * [property@Server:state], keep to the main contexts of those who called them
 * and started it. Those need not be run for the server to serve. Once a stop has
 * ended no code of a handler runs any more, and each thread ends when nothing of
 * this library that was made in it is left.
 *
 * [func@GLib.get_num_processors] is a good number for a server that has the
 * machine for itself. From JavaScript leave it at 0: functions of GJS run in the
 * main thread only. Functions of Python run one at a time.
 *
 * Since: 0.1
 */
void
grpc_aio_server_set_n_workers (GrpcAioServer *self,
                               guint n_workers)
{
  g_return_if_fail (GRPC_AIO_IS_SERVER (self));
  g_return_if_fail (n_workers <= MAX_WORKERS);
  g_return_if_fail (is_new (self));

  if (self->n_workers == n_workers)
    return;

  self->n_workers = n_workers;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_WORKERS]);
}

/**
 * grpc_aio_server_get_n_workers:
 * @self: a server
 *
 * Gets in how many threads of its own the server serves.
 *
 * Returns: the number of threads, or 0 for none
 *
 * Since: 0.1
 */
guint
grpc_aio_server_get_n_workers (GrpcAioServer *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), 0);

  return self->n_workers;
}

static gboolean
check_xds (GrpcAioServer *self,
           GError **error)
{
  if (self->xds_error == NULL)
    return TRUE;

  g_propagate_error (error, g_error_copy (self->xds_error));

  return FALSE;
}

/**
 * grpc_aio_server_set_maximum_concurrent_rpcs:
 * @self: a server that has not started
 * @maximum: how many calls, or 0 for no limit
 *
 * Sets how many calls the server serves at the same time, over all its ports and
 * threads.
 *
 * Further calls wait, and are served in the order in which they came when others
 * have ended. A call that waits ends at once when its client cancels it or its
 * deadline passes; its handler does not run then. Each takes some memory: a limit
 * of [method@Server.set_maximum_queued_rpcs] keeps that in bounds.
 *
 * A call counts until its answer is sent or its client has given it up. A handler
 * that calls its own server needs room for both calls.
 *
 * Since: 0.1
 */
void
grpc_aio_server_set_maximum_concurrent_rpcs (GrpcAioServer *self,
                                             guint maximum)
{
  guint max_serving = maximum > 0 ? maximum : G_MAXUINT;

  g_return_if_fail (GRPC_AIO_IS_SERVER (self));
  g_return_if_fail (is_new (self));

  if (self->max_serving == max_serving)
    return;

  self->max_serving = max_serving;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAXIMUM_CONCURRENT_RPCS]);
}

/**
 * grpc_aio_server_get_maximum_concurrent_rpcs:
 * @self: a server
 *
 * Gets how many calls the server serves at the same time.
 *
 * Returns: the number of calls, or 0 for no limit
 *
 * Since: 0.1
 */
guint
grpc_aio_server_get_maximum_concurrent_rpcs (GrpcAioServer *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), 0);

  return self->max_serving < G_MAXUINT ? self->max_serving : 0;
}

/**
 * grpc_aio_server_set_maximum_queued_rpcs:
 * @self: a server that has not started
 * @maximum: how many calls; 0 for none, `G_MAXUINT` for no limit
 *
 * Sets how many calls may wait when the server serves as many as
 * [method@Server.set_maximum_concurrent_rpcs] allows; there is no limit at first.
 *
 * A call for which there is no room is refused at once with
 * `GRPC_AIO_STATUS_CODE_RESOURCE_EXHAUSTED`. 0 refuses all that cannot be served at
 * once, as grpc.aio does.
 *
 * Since: 0.1
 */
void
grpc_aio_server_set_maximum_queued_rpcs (GrpcAioServer *self,
                                         guint maximum)
{
  g_return_if_fail (GRPC_AIO_IS_SERVER (self));
  g_return_if_fail (is_new (self));

  if (self->max_queued == maximum)
    return;

  self->max_queued = maximum;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAXIMUM_QUEUED_RPCS]);
}

/**
 * grpc_aio_server_get_maximum_queued_rpcs:
 * @self: a server
 *
 * Gets how many calls may wait.
 *
 * Returns: the number of calls, or `G_MAXUINT` for no limit
 *
 * Since: 0.1
 */
guint
grpc_aio_server_get_maximum_queued_rpcs (GrpcAioServer *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), 0);

  return self->max_queued;
}

/**
 * grpc_aio_server_set_max_threads:
 * @self: a server
 * @max_threads: how many threads, or 0 for what suits the machine
 *
 * Sets how many threads there may be for handlers that block
 * ([method@RpcMethodHandler.set_blocking]).
 *
 * It may be changed at any time. Threads are made when there is something to do for
 * them, and end some time after the last.
 *
 * 0, as at first, stands for 4 more than the machine has processors, and 32 at the
 * most.
 *
 * Since: 0.1
 */
void
grpc_aio_server_set_max_threads (GrpcAioServer *self,
                                 guint max_threads)
{
  g_return_if_fail (GRPC_AIO_IS_SERVER (self));
  g_return_if_fail (max_threads <= G_MAXINT);

  if (grpc_aio_server_get_max_threads (self) == max_threads)
    return;

  g_mutex_lock (&self->lock);
  g_atomic_int_set (&self->max_threads, (gint) max_threads);
  if (self->pool != NULL)
    grpc_aio_handler_pool_set_max_threads (self->pool, max_threads);
  g_mutex_unlock (&self->lock);

  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_THREADS]);
}

/**
 * grpc_aio_server_get_max_threads:
 * @self: a server
 *
 * Gets how many threads there may be for handlers that block.
 *
 * Returns: the number of threads, or 0 for what suits the machine
 *
 * Since: 0.1
 */
guint
grpc_aio_server_get_max_threads (GrpcAioServer *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), 0);

  return (guint) g_atomic_int_get (&self->max_threads);
}

/* A core for a port. */
static grpc_server *
take_core (GrpcAioServer *self,
           guint *fetcher_id,
           GError **error)
{
  if (self->spare_core == NULL)
    return create_core (self, fetcher_id, error);

  *fetcher_id = self->spare_fetcher_id;
  self->spare_fetcher_id = 0;

  return g_steal_pointer (&self->spare_core);
}

static void
add_method (const char *full_name,
            GrpcAioRpcMethodHandler *handler,
            gpointer user_data)
{
  Listener *listener = user_data;
  GrpcAioMethodKind kind = grpc_aio_rpc_method_handler_get_kind (handler);
  Method *method;

  for (guint i = 0; i < listener->methods->len; i++)
    {
      const Method *other = g_ptr_array_index (listener->methods, i);

      /* The first service that has the method serves it. */
      if (g_str_equal (other->name, full_name))
        return;
    }

  method = g_new0 (Method, 1);
  method->listener = listener;
  method->name = g_strdup (full_name);
  method->handler = g_object_ref (handler);
  method->has_payload = kind == GRPC_AIO_METHOD_KIND_UNARY_UNARY || kind == GRPC_AIO_METHOD_KIND_UNARY_STREAM;
  g_ptr_array_add (listener->methods, method);
}

/* Makes the methods, with a share of each for each lane. */
static void
make_methods (Listener *listener)
{
  GrpcAioServer *self = listener->server;
  Method *others = g_new0 (Method, 1);

  for (guint i = 0; i < self->services->len; i++)
    grpc_aio_service_foreach_method (g_ptr_array_index (self->services, i), add_method, listener);
  others->listener = listener;
  g_ptr_array_add (listener->methods, others);

  for (guint i = 0; i < listener->methods->len; i++)
    {
      Method *method = g_ptr_array_index (listener->methods, i);

      method->shares = g_new0 (Share, self->lanes->len);
      for (guint j = 0; j < self->lanes->len; j++)
        {
          method->shares[j].method = method;
          method->shares[j].lane = get_lane (self, j);
        }
    }
}

static void
start_listener (Listener *listener)
{
  GrpcAioServer *self = listener->server;

  if (listener->methods->len == 0)
    make_methods (listener);

  for (guint i = 0; i < listener->methods->len; i++)
    {
      Method *method = g_ptr_array_index (listener->methods, i);

      if (method->name != NULL)
        method->registered = grpc_server_register_method (listener->core, method->name, NULL,
                                                          method->has_payload
                                                              ? GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER
                                                              : GRPC_SRM_PAYLOAD_NONE,
                                                          0);
    }

  for (guint i = 0; i < self->lanes->len; i++)
    grpc_server_register_completion_queue (listener->core, grpc_aio_queue_get_core (get_lane (self, i)->queue), NULL);
  grpc_server_start (listener->core);
}

/* With the lock. */
static void
ask_for_calls (Listener *listener)
{
  GrpcAioServer *self = listener->server;

  for (guint i = 0; i < listener->methods->len; i++)
    {
      Method *method = g_ptr_array_index (listener->methods, i);

      for (guint j = 0; j < self->lanes->len; j++)
        add_requests (&method->shares[j], self->lanes->len > 1 ? REQUESTS_PER_WORKER : MIN_REQUESTS);
    }
}

/* With the lock. Where grpc-core does not listen itself. */
static void
accept_connections (Listener *listener)
{
  g_autoptr (GMainContext) context = NULL;

  if (listener->acceptor == NULL)
    return;

  context = grpc_aio_queue_dup_context (get_lane (listener->server, 0)->queue);
  if (context != NULL)
    grpc_aio_acceptor_start (listener->acceptor, context);
}

/* With the lock. One that was for the same address and is over, or a new one. */
static Listener *
get_listener (GrpcAioServer *self,
              const char *address,
              int port)
{
  g_autofree char *whole = grpc_aio_address_with_port (address, port);
  Listener *listener;

  for (guint i = 0; i < self->listeners->len; i++)
    {
      listener = g_ptr_array_index (self->listeners, i);
      if (listener->core == NULL && g_str_equal (listener->address, whole))
        return listener;
    }

  listener = g_new0 (Listener, 1);
  listener->server = self;
  listener->address = g_steal_pointer (&whole);
  listener->methods = g_ptr_array_new_with_free_func (method_free);
  g_ptr_array_add (self->listeners, listener);

  return listener;
}

/* Takes over @core and what belongs to it, unless the server stops. With @socket the
 * connections come from there. */
static gboolean
begin_listening (GrpcAioServer *self,
                 grpc_server *core,
                 guint fetcher_id,
                 int reserved_fd,
                 GSocket *socket,
                 const char *address,
                 int port,
                 GrpcAioServerCredentials *credentials)
{
  gboolean is_late;

  g_mutex_lock (&self->lock);
  is_late = self->state > GRPC_AIO_SERVER_STATE_SERVING;
  if (!is_late)
    {
      Listener *listener = get_listener (self, address, port);

      listener->core = core;
      g_set_object (&listener->credentials, credentials);
      listener->fetcher_id = fetcher_id;
      listener->reserved_fd = reserved_fd;
      if (socket != NULL)
        listener->acceptor = grpc_aio_acceptor_new (socket, core);
      listener->is_stopping = listener->is_cancelled = listener->is_shut_down = FALSE;
      self->n_listening++;
      if (credentials != NULL && !g_ptr_array_find (self->credentials, credentials, NULL))
        g_ptr_array_add (self->credentials, g_object_ref (credentials));
      if (self->state == GRPC_AIO_SERVER_STATE_SERVING)
        {
          start_listener (listener);
          ask_for_calls (listener);
          accept_connections (listener);
        }
    }
  g_mutex_unlock (&self->lock);

  return !is_late;
}

static int
refuse_port (const char *address,
             GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED, _("Cannot listen on %s: the server is stopping"), address);

  return 0;
}

/**
 * grpc_aio_server_add_port:
 * @self: a server
 * @address: where to listen: `host:port`, `[::]:port`, `unix:/absolute/path`
 *   or `unix-abstract:name`; port 0 takes a free one
 * @credentials: (nullable): how to secure connections, or `NULL` for not at all
 * @error: where to put an error
 *
 * Has the server listen at an address: once it is started, or from now on when it
 * serves already.
 *
 * It fails with `G_IO_ERROR_ADDRESS_IN_USE` and the like, and says why; with
 * `G_IO_ERROR_CLOSED` when the server has begun to stop.
 * [method@Server.remove_port_async] takes the port away.
 *
 * Returns: the port number, 1 for a Unix socket, or 0 with an error
 *
 * Since: 0.1
 */
int
grpc_aio_server_add_port (GrpcAioServer *self,
                          const char *address,
                          GrpcAioServerCredentials *credentials,
                          GError **error)
{
  grpc_server_credentials *core_credentials;
  g_autofree char *reserved_address = NULL;
  grpc_server *core;
  guint fetcher_id = 0;
  int port = 0, reserved_port = 0, reserved_fd = -1;

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), 0);
  g_return_val_if_fail (address != NULL, 0);
  g_return_val_if_fail (credentials == NULL || GRPC_AIO_IS_SERVER_CREDENTIALS (credentials), 0);

  if (!grpc_aio_core_is_usable ())
    {
      g_propagate_error (error, grpc_aio_core_new_forked_error ());
      return 0;
    }
  if (grpc_aio_server_get_state (self) > GRPC_AIO_SERVER_STATE_SERVING)
    return refuse_port (address, error);
  if (!grpc_aio_address_check (address, error) || !check_xds (self, error))
    return 0;
  if (self->is_xds_enabled)
    {
      reserved_address = grpc_aio_address_reserve (address, &reserved_port, &reserved_fd, error);
      if (reserved_address == NULL)
        return 0;
    }

  core = take_core (self, &fetcher_id, error);
  if (core == NULL)
    {
      close (reserved_fd);
      return 0;
    }

  if (credentials != NULL)
    core_credentials = grpc_aio_server_credentials_acquire_core (credentials);
  else
    core_credentials = grpc_insecure_server_credentials_create ();

  if (core_credentials != NULL)
    port = grpc_server_add_http2_port (core, reserved_address != NULL ? reserved_address : address, core_credentials);
  if (credentials != NULL)
    grpc_aio_server_credentials_release_core (credentials, core_credentials);
  else
    grpc_server_credentials_release (core_credentials);

  /* It does not listen yet, and says -1. */
  if (port != 0 && reserved_address != NULL)
    port = reserved_port;

  if (port <= 0)
    {
      drop_core (core, fetcher_id);
      if (reserved_fd >= 0)
        close (reserved_fd);
      grpc_aio_address_explain_failure (address, credentials != NULL, error);
      return 0;
    }

  if (!begin_listening (self, core, fetcher_id, reserved_fd, NULL, address, port, credentials))
    {
      drop_core (core, fetcher_id);
      if (reserved_fd >= 0)
        close (reserved_fd);
      return refuse_port (address, error);
    }

  return port;
}

/**
 * grpc_aio_server_add_socket:
 * @self: a server
 * @socket: a stream socket that listens
 * @credentials: (nullable): `NULL`, or credentials that secure nothing
 * @error: where to put an error
 *
 * Has the server take the connections of a socket that exists already, such as one of
 * another program: once it is started, or from now on when it serves already.
 *
 * The server owns the socket from now on, and closes it when it stops or
 * [method@Server.remove_port_async] is called with the socket's address. The file of
 * a Unix socket stays, for it belongs to whoever made it. Connections that wait in
 * the socket when it is closed here are served by whoever else has it, such as the
 * next process that is activated.
 *
 * The connections cannot be secured: grpc-core does that only where it listens
 * itself. With other @credentials this fails with `G_IO_ERROR_NOT_SUPPORTED`, as it
 * does for servers with xDS. It fails with `G_IO_ERROR_INVALID_ARGUMENT` when
 * @socket does not listen, and with `G_IO_ERROR_CLOSED` when the server has begun to
 * stop; then the socket is left alone.
 *
 * When there are too many open files connections wait in the socket until there are
 * fewer. A client that connects and says nothing keeps its connection; the channel
 * argument `grpc.max_connection_idle_ms` puts an end to that.
 *
 * Returns: the port number, 1 for a Unix socket, or 0 with an error
 *
 * Since: 0.1
 */
int
grpc_aio_server_add_socket (GrpcAioServer *self,
                            GSocket *socket,
                            GrpcAioServerCredentials *credentials,
                            GError **error)
{
  g_autofree char *address = NULL;
  grpc_server *core;
  guint fetcher_id = 0;
  int port;

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), 0);
  g_return_val_if_fail (G_IS_SOCKET (socket), 0);
  g_return_val_if_fail (credentials == NULL || GRPC_AIO_IS_SERVER_CREDENTIALS (credentials), 0);

  if (!grpc_aio_core_is_usable ())
    {
      g_propagate_error (error, grpc_aio_core_new_forked_error ());
      return 0;
    }
  if (!grpc_aio_acceptor_check_socket (g_socket_get_fd (socket), error))
    return 0;

  address = grpc_aio_address_of_socket (socket, &port);
  if (grpc_aio_server_get_state (self) > GRPC_AIO_SERVER_STATE_SERVING)
    return refuse_port (address, error);
  if (credentials != NULL && !grpc_aio_server_credentials_is_insecure (credentials))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   _("Cannot listen on %s: the connections of a socket that was made elsewhere cannot be secured"), address);
      return 0;
    }
  if (self->is_xds_enabled)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   _("Cannot listen on %s: a server with xDS takes no sockets that were made elsewhere"), address);
      return 0;
    }

  core = create_core (self, &fetcher_id, error);
  if (!begin_listening (self, core, 0, -1, socket, address, port, credentials))
    {
      drop_core (core, 0);
      return refuse_port (address, error);
    }

  return port;
}

/* A port to listen on once more. */
typedef struct
{
  char *address;
  GrpcAioServerCredentials *credentials;
} Port;

static void
port_free (gpointer data)
{
  Port *port = data;

  g_free (port->address);
  g_clear_object (&port->credentials);
  g_free (port);
}

/* The old core closes its socket in a thread of grpc-core: until then the port is
 * in use. */
static void
listen_again (GrpcAioServer *self,
              const Port *port)
{
  g_autoptr (GError) error = NULL;

  for (guint n_tries = 0; n_tries < MAX_TRIES && grpc_aio_core_enter (); n_tries++)
    {
      gboolean is_over;

      g_clear_error (&error);
      is_over = grpc_aio_server_add_port (self, port->address, port->credentials, &error) != 0 ||
                g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
      grpc_aio_core_leave ();
      if (is_over)
        return;
      g_usleep (TRY_AGAIN_USEC);
    }

  if (error != NULL)
    g_message ("%s", error->message);
}

/* grpc-core accepts no connections any more on a port, and does not tell on which
 * one: all get a new core. Calls that run go on with the old one, connections
 * without any are closed. With xDS the control plane has the ports. Runs in a thread
 * that may block. */
void
grpc_aio_server_listen_again (GrpcAioServer *self)
{
  g_autoptr (GPtrArray) ports = g_ptr_array_new_with_free_func (port_free);

  if (!grpc_aio_core_enter ())
    return;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->listeners->len && !self->is_xds_enabled; i++)
    {
      Listener *listener = g_ptr_array_index (self->listeners, i);
      Port *port;

      if (self->state != GRPC_AIO_SERVER_STATE_SERVING || listener->core == NULL || listener->is_stopping ||
          listener->acceptor != NULL)
        continue;

      port = g_new0 (Port, 1);
      port->address = g_strdup (listener->address);
      g_set_object (&port->credentials, listener->credentials);
      g_ptr_array_add (ports, port);
      begin_stop_listener (listener);
    }
  g_mutex_unlock (&self->lock);
  resume_lanes (self);
  grpc_aio_core_leave ();

  for (guint i = 0; i < ports->len; i++)
    listen_again (self, g_ptr_array_index (ports, i));
}

/* They stay the same from the start of the server on. */
GPtrArray *
grpc_aio_server_get_services (GrpcAioServer *self)
{
  return self->services;
}

/**
 * grpc_aio_server_add_service:
 * @self: a server that has not started
 * @service: a service
 *
 * Adds the methods of a service.
 *
 * Since: 0.1
 */
void
grpc_aio_server_add_service (GrpcAioServer *self,
                             GrpcAioService *service)
{
  g_return_if_fail (GRPC_AIO_IS_SERVER (self));
  g_return_if_fail (GRPC_AIO_IS_SERVICE (service));
  g_return_if_fail (is_new (self));

  g_ptr_array_add (self->services, g_object_ref (service));
}

/**
 * grpc_aio_server_add_generic_handler:
 * @self: a server that has not started
 * @handler: a generic handler
 *
 * Adds a handler for calls whose methods no service has. Several are asked in
 * the order in which they were added.
 *
 * Since: 0.1
 */
void
grpc_aio_server_add_generic_handler (GrpcAioServer *self,
                                     GrpcAioGenericRpcHandler *handler)
{
  g_return_if_fail (GRPC_AIO_IS_SERVER (self));
  g_return_if_fail (GRPC_AIO_IS_GENERIC_RPC_HANDLER (handler));
  g_return_if_fail (is_new (self));

  g_ptr_array_add (self->generic_handlers, g_object_ref (handler));
}

/**
 * grpc_aio_server_add_interceptor:
 * @self: a server that has not started
 * @interceptor: an interceptor
 *
 * Has an interceptor stand before the handlers, after those that do so already.
 *
 * It sees all calls that the server takes on, also those of methods that it does
 * not have. The server keeps it.
 *
 * Since: 0.1
 */
void
grpc_aio_server_add_interceptor (GrpcAioServer *self,
                                 GrpcAioServerInterceptor *interceptor)
{
  g_return_if_fail (GRPC_AIO_IS_SERVER (self));
  g_return_if_fail (GRPC_AIO_IS_SERVER_INTERCEPTOR (interceptor));
  g_return_if_fail (is_new (self));

  g_ptr_array_add (self->interceptors, g_object_ref (interceptor));
}

/**
 * grpc_aio_server_dup_interceptors:
 * @self: a server
 *
 * Gets the interceptors, in the order in which they are asked.
 *
 * Returns: (transfer full): a list of [class@ServerInterceptor], which does not
 *   change with those of the server
 *
 * Since: 0.1
 */
GListModel *
grpc_aio_server_dup_interceptors (GrpcAioServer *self)
{
  GListStore *store;

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), NULL);

  store = g_list_store_new (GRPC_AIO_TYPE_SERVER_INTERCEPTOR);
  for (guint i = 0; i < self->interceptors->len; i++)
    g_list_store_append (store, g_ptr_array_index (self->interceptors, i));

  return G_LIST_MODEL (store);
}

/* Makes the places to serve in. */
static void
make_lanes (GrpcAioServer *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  g_array_set_size (self->lanes, MAX (self->n_workers, 1));
  for (guint i = 0; i < self->lanes->len; i++)
    {
      Lane *lane = get_lane (self, i);

      lane->server = self;
      if (self->n_workers == 0)
        {
          lane->queue = grpc_aio_queue_get_for_context (context);
        }
      else
        {
          lane->worker = grpc_aio_worker_new ();
          lane->queue = grpc_aio_worker_get_queue (lane->worker);
        }
    }
  if (self->n_workers > 0)
    self->home = g_steal_pointer (&context);
}

/**
 * grpc_aio_server_start:
 * @self: a server
 * @error: where to put an error
 *
 * Starts to serve: in the thread-default main context, or in threads of its own
 * when [method@Server.set_n_workers] was called.
 *
 * Returns: whether it serves; it fails when it was started before
 *
 * Since: 0.1
 */
gboolean
grpc_aio_server_start (GrpcAioServer *self,
                       GError **error)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), FALSE);

  if (!grpc_aio_core_is_usable ())
    {
      g_propagate_error (error, grpc_aio_core_new_forked_error ());
      return FALSE;
    }
  if (!is_new (self))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("The server was started already"));
      return FALSE;
    }
  if (!check_xds (self, error))
    return FALSE;

  make_lanes (self);
  for (guint i = 0; i < self->listeners->len; i++)
    {
      Listener *listener = g_ptr_array_index (self->listeners, i);

      if (listener->core != NULL)
        start_listener (listener);
    }

  grpc_aio_revival_add (self);
  g_mutex_lock (&self->lock);
  self->state = GRPC_AIO_SERVER_STATE_SERVING;
  for (guint i = 0; i < self->listeners->len; i++)
    {
      Listener *listener = g_ptr_array_index (self->listeners, i);

      if (listener->core == NULL)
        continue;
      ask_for_calls (listener);
      accept_connections (listener);
    }
  g_mutex_unlock (&self->lock);

  notify_state (self);

  return TRUE;
}

static gboolean
withdraw (GrpcAioOperation *operation,
          gpointer owner)
{
  GrpcAioServer *self = owner;
  gboolean found;

  g_mutex_lock (&self->lock);
  found = grpc_aio_operation_list_remove (&self->stop_waiters, operation);
  for (guint i = 0; i < self->listeners->len && !found; i++)
    {
      Listener *listener = g_ptr_array_index (self->listeners, i);

      found = grpc_aio_operation_list_remove (&listener->waiters, operation);
    }
  g_mutex_unlock (&self->lock);

  return found;
}

/* Has @operation wait for the end of all. Consumes. */
static void
wait_for_stop (GrpcAioServer *self,
               GrpcAioOperation *operation)
{
  gboolean is_stopped, is_waiting;

  if (grpc_aio_operation_refuse_forked (operation))
    return;

  g_mutex_lock (&self->lock);
  is_stopped = self->state == GRPC_AIO_SERVER_STATE_STOPPED;
  is_waiting = !is_stopped && !grpc_aio_operation_is_withdrawn (operation);
  if (is_waiting)
    grpc_aio_operation_list_append (&self->stop_waiters, operation);
  g_mutex_unlock (&self->lock);

  if (is_stopped)
    grpc_aio_operation_return_number (operation, TRUE);
  else if (!is_waiting)
    grpc_aio_operation_return_cancelled (operation);
}

/* The queue that a thread which waits has to run itself, if there is one; others
 * need any that lives. A server that has not started has no queue of its own. */
static GrpcAioQueue *
ref_queue (GrpcAioServer *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  for (guint i = 0; i < self->lanes->len; i++)
    {
      if (grpc_aio_queue_is_for (get_lane (self, i)->queue, context))
        return grpc_aio_queue_ref (get_lane (self, i)->queue);
    }

  if (self->lanes->len > 0)
    return grpc_aio_queue_ref (get_lane (self, 0)->queue);

  return grpc_aio_queue_get_for_context (context);
}

static GrpcAioOperation *
new_stop_operation (GrpcAioServer *self,
                    gpointer tag,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  g_autoptr (GrpcAioQueue) queue = ref_queue (self);
  GrpcAioOperation *operation = grpc_aio_operation_new (GRPC_AIO_WAIT_OTHER, self, tag, cancellable, callback, user_data);

  grpc_aio_operation_connect_withdrawal (operation, self, queue, withdraw);

  return operation;
}

/**
 * grpc_aio_server_stop_async:
 * @self: a server
 * @grace_usec: for how many microseconds running calls may go on; 0 cancels
 *   them at once, a negative number lets them end by themselves
 * @cancellable: (nullable): a way to stop waiting; the server stops all the same
 * @callback: (scope async): called once nothing runs any more
 * @user_data: data for @callback
 *
 * Stops the server: it refuses new calls from now on, lets running ones end, and
 * cancels what is left after @grace_usec.
 *
 * It may be called several times: each waits, and the shortest grace counts. A
 * server without calls stops at once, whatever its clients do.
 *
 * Since: 0.1
 */
void
grpc_aio_server_stop_async (GrpcAioServer *self,
                            gint64 grace_usec,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GMainContext) context = NULL;
  gboolean is_busy;

  g_return_if_fail (GRPC_AIO_IS_SERVER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  wait_for_stop (self, new_stop_operation (self, grpc_aio_server_stop_async, cancellable, callback, user_data));
  is_busy = begin_stop (self);
  context = g_main_context_ref_thread_default ();
  if (is_busy && grace_usec == 0)
    on_grace_ended (self);
  else if (is_busy && grace_usec > 0)
    set_grace (self, grace_usec, context);
  check_stopped (self);
}

/**
 * grpc_aio_server_stop_finish:
 * @self: a server
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Server.stop_async].
 *
 * Returns: whether nothing runs any more; it fails only when cancelled
 *
 * Since: 0.1
 */
gboolean
grpc_aio_server_stop_finish (GrpcAioServer *self,
                             GAsyncResult *result,
                             GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_server_stop_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_server_stop_sync:
 * @self: a server
 * @grace_usec: for how many microseconds running calls may go on
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Stops the server, and blocks until nothing runs any more. Cancelling it ends
 * the grace.
 *
 * Returns: whether nothing runs any more; it fails only when cancelled
 *
 * Since: 0.1
 */
gboolean
grpc_aio_server_stop_sync (GrpcAioServer *self,
                           gint64 grace_usec,
                           GCancellable *cancellable,
                           GError **error)
{
  g_autoptr (GrpcAioQueue) queue = NULL;
  g_auto (GrpcAioSync) sync = { NULL };
  gboolean has_stopped;

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  queue = ref_queue (self);
  sync = grpc_aio_sync_begin (queue);
  grpc_aio_server_stop_async (self, grace_usec, cancellable, grpc_aio_sync_ready, &sync);
  has_stopped = grpc_aio_server_stop_finish (self, grpc_aio_sync_wait (&sync), error);

  /* The grace was counted in the context that goes now. */
  if (!has_stopped)
    on_grace_ended (self);

  return has_stopped;
}

/**
 * grpc_aio_server_wait_for_termination_async:
 * @self: a server
 * @cancellable: (nullable): a way to stop waiting
 * @callback: (scope async): called once the server has stopped
 * @user_data: data for @callback
 *
 * Waits until the server has stopped.
 *
 * Since: 0.1
 */
void
grpc_aio_server_wait_for_termination_async (GrpcAioServer *self,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_SERVER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  wait_for_stop (self, new_stop_operation (self, grpc_aio_server_wait_for_termination_async, cancellable, callback, user_data));
}

/**
 * grpc_aio_server_wait_for_termination_finish:
 * @self: a server
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Server.wait_for_termination_async].
 *
 * Returns: whether the server has stopped; it fails only when cancelled
 *
 * Since: 0.1
 */
gboolean
grpc_aio_server_wait_for_termination_finish (GrpcAioServer *self,
                                             GAsyncResult *result,
                                             GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_server_wait_for_termination_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_server_wait_for_termination_sync:
 * @self: a server
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Blocks until the server has stopped. Meanwhile its calls are served only if
 * another thread runs its main context, or none does.
 *
 * Returns: whether the server has stopped; it fails only when cancelled
 *
 * Since: 0.1
 */
gboolean
grpc_aio_server_wait_for_termination_sync (GrpcAioServer *self,
                                           GCancellable *cancellable,
                                           GError **error)
{
  g_autoptr (GrpcAioQueue) queue = NULL;
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  queue = ref_queue (self);
  sync = grpc_aio_sync_begin (queue);
  grpc_aio_server_wait_for_termination_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_server_wait_for_termination_finish (self, grpc_aio_sync_wait (&sync), error);
}

/* With the lock. The one that listens, or else one that is not over. */
static Listener *
find_listener (GrpcAioServer *self,
               const char *address)
{
  Listener *going = NULL;

  for (guint i = 0; i < self->listeners->len; i++)
    {
      Listener *listener = g_ptr_array_index (self->listeners, i);

      if (listener->core == NULL || !g_str_equal (listener->address, address))
        continue;
      if (!listener->is_stopping)
        return listener;
      going = listener;
    }

  return going;
}

/**
 * grpc_aio_server_remove_port_async:
 * @self: a server
 * @address: an address given to [method@Server.add_port]; where that had port 0,
 *   with the number that it returned
 * @grace_usec: for how many microseconds the calls that came over this port may
 *   go on; 0 cancels them at once, a negative number lets them end by themselves
 * @cancellable: (nullable): a way to stop waiting; the port goes all the same
 * @callback: (scope async): called once nothing of the port is left
 * @user_data: data for @callback
 *
 * Stops listening at an address, while the server goes on at its others.
 *
 * The port is free at once for other programs. Clients that are connected there are
 * told to connect elsewhere (GOAWAY of HTTP/2), the calls that run may end, and
 * when there are none left the connections are closed. This works with all
 * credentials.
 *
 * It may be called several times: each waits, and the shortest grace counts. A
 * server that has lost its last port goes on until it is stopped.
 *
 * Since: 0.1
 */
void
grpc_aio_server_remove_port_async (GrpcAioServer *self,
                                   const char *address,
                                   gint64 grace_usec,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autoptr (GMainContext) context = NULL;
  GrpcAioOperation *operation;
  Listener *listener;
  gboolean is_busy = FALSE, is_over = FALSE, is_waiting = FALSE;

  g_return_if_fail (GRPC_AIO_IS_SERVER (self));
  g_return_if_fail (address != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = new_stop_operation (self, grpc_aio_server_remove_port_async, cancellable, callback, user_data);
  if (grpc_aio_operation_refuse_forked (operation))
    return;

  g_mutex_lock (&self->lock);
  listener = find_listener (self, address);
  if (listener != NULL)
    {
      begin_stop_listener (listener);
      is_busy = listener->n_calls > 0;
      is_over = listener->core == NULL;
      is_waiting = !is_over && !grpc_aio_operation_is_withdrawn (operation);
    }
  if (is_waiting)
    grpc_aio_operation_list_append (&listener->waiters, operation);
  g_mutex_unlock (&self->lock);

  if (listener == NULL)
    {
      grpc_aio_operation_return_new_error (operation, G_IO_ERROR_NOT_FOUND, _("The server does not listen on %s"), address);
      return;
    }
  if (is_over)
    grpc_aio_operation_return_number (operation, TRUE);
  else if (!is_waiting)
    grpc_aio_operation_return_cancelled (operation);

  resume_lanes (self);
  context = g_main_context_ref_thread_default ();
  if (is_busy && grace_usec == 0)
    on_listener_grace_ended (listener);
  else if (is_busy && grace_usec > 0)
    set_listener_grace (listener, grace_usec, context);
  check_listener (listener);
}

/**
 * grpc_aio_server_remove_port_finish:
 * @self: a server
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Server.remove_port_async].
 *
 * It fails with `G_IO_ERROR_NOT_FOUND` when the server does not listen there, or not
 * any more.
 *
 * Returns: whether nothing of the port is left
 *
 * Since: 0.1
 */
gboolean
grpc_aio_server_remove_port_finish (GrpcAioServer *self,
                                    GAsyncResult *result,
                                    GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_server_remove_port_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_server_remove_port_sync:
 * @self: a server
 * @address: an address given to [method@Server.add_port]; where that had port 0,
 *   with the number that it returned
 * @grace_usec: for how many microseconds the calls that came over this port may
 *   go on
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Stops listening at an address, and blocks until nothing of the port is left.
 * Cancelling it ends the grace.
 *
 * Returns: whether nothing of the port is left
 *
 * Since: 0.1
 */
gboolean
grpc_aio_server_remove_port_sync (GrpcAioServer *self,
                                  const char *address,
                                  gint64 grace_usec,
                                  GCancellable *cancellable,
                                  GError **error)
{
  g_autoptr (GrpcAioQueue) queue = NULL;
  g_auto (GrpcAioSync) sync = { NULL };
  Listener *listener = NULL;
  gboolean is_removed;

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), FALSE);
  g_return_val_if_fail (address != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  queue = ref_queue (self);
  sync = grpc_aio_sync_begin (queue);
  grpc_aio_server_remove_port_async (self, address, grace_usec, cancellable, grpc_aio_sync_ready, &sync);
  is_removed = grpc_aio_server_remove_port_finish (self, grpc_aio_sync_wait (&sync), error);

  /* The grace was counted in the context that goes now. */
  if (!is_removed)
    {
      g_mutex_lock (&self->lock);
      listener = find_listener (self, address);
      g_mutex_unlock (&self->lock);
    }
  if (listener != NULL)
    on_listener_grace_ended (listener);

  return is_removed;
}
