/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "server/grpc-aio-server-private.h"

#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>

#include <grpc-aio-glib/grpc-aio-channel-options.h>
#include <grpc-aio-glib/grpc-aio-enums.h>
#include <grpc-aio-glib/grpc-aio-generic-rpc-handler.h>
#include <grpc-aio-glib/grpc-aio-rpc-method-handler.h>

#include "engine/grpc-aio-bytes-private.h"
#include "engine/grpc-aio-core-args-private.h"
#include "engine/grpc-aio-core-metadata-private.h"
#include "engine/grpc-aio-core-private.h"
#include "engine/grpc-aio-operation-private.h"
#include "engine/grpc-aio-sync-private.h"
#include "security/grpc-aio-server-credentials-private.h"
#include "server/grpc-aio-address-private.h"
#include "server/grpc-aio-config-fetcher-private.h"
#include "server/grpc-aio-handler-call-details-private.h"
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
  grpc_server *core;
  GPtrArray *credentials; /* of the ports, whose core may use what is in them */
  guint n_workers;

  gboolean is_xds_enabled;
  GError *xds_error;    /* why it is of no use */
  guint fetcher_id;     /* 0 for none */
  GArray *reserved_fds; /* of ports for grpc-core to listen on */

  /* From start on. */
  GArray *lanes;      /* of Lane */
  GMainContext *home; /* of who started it; NULL when it serves there */

  GMutex lock; /* for all that follows */
  GrpcAioServerState state;
  GPtrArray *services;
  GPtrArray *generic_handlers;
  GPtrArray *methods; /* of Method; the last one is for all that no service has */
  guint n_requests;   /* that grpc-core has */
  guint n_calls;
  gboolean is_shut_down;
  guint n_undrained; /* lanes that may still run what belongs to the last calls */
  gboolean is_draining;
  gboolean is_disposed; /* waits for grpc-core to give its memory back */
  GrpcAioCompletion shutdown;
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
  char *name;
  GrpcAioRpcMethodHandler *handler;
  gpointer registered;
  gboolean has_payload; /* the request comes with the call */
  Share *shares;        /* one for each lane */
};

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
  PROP_N_WORKERS,
  PROP_STATE,
  PROP_ACTIVE_CALLS,
  PROP_XDS_ENABLED,
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

/* Closes what is left when nothing runs any more, or the grace has ended: only
 * this ends connections of clients that keep theirs open. */
static void
cancel_all_calls (GrpcAioServer *self)
{
  if (self->core != NULL)
    grpc_server_cancel_all_calls (self->core);
}

/* With the lock. */
static void
release_ports (GrpcAioServer *self)
{
  for (guint i = 0; i < self->reserved_fds->len; i++)
    close (g_array_index (self->reserved_fds, int, i));
  g_array_set_size (self->reserved_fds, 0);
}

/* Nothing runs any more: returns what waits. */
static void
end_stop (GrpcAioServer *self)
{
  GrpcAioOperationList waiters = { NULL, NULL };
  g_autoptr (GSource) grace = NULL;
  gboolean was_disposed;

  g_mutex_lock (&self->lock);
  self->state = GRPC_AIO_SERVER_STATE_STOPPED;
  was_disposed = self->is_disposed;
  self->is_disposed = FALSE;
  waiters = grpc_aio_operation_list_take (&self->stop_waiters);
  g_clear_pointer (&self->core, grpc_server_destroy);
  grace = g_steal_pointer (&self->grace);
  release_ports (self);
  g_mutex_unlock (&self->lock);

  if (!was_disposed)
    notify_state_at_home (self);
  grpc_aio_operation_list_return_true (&waiters);
  if (grace != NULL)
    g_source_destroy (grace);
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
  is_over = self->state == GRPC_AIO_SERVER_STATE_STOPPING && !self->is_draining &&
            self->is_shut_down && self->n_requests == 0 && self->n_calls == 0;
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

static void
on_shut_down (GrpcAioCompletion *completion,
              gboolean ok)
{
  GrpcAioServer *self = (GrpcAioServer *) ((guint8 *) completion - G_STRUCT_OFFSET (GrpcAioServer, shutdown));

  g_mutex_lock (&self->lock);
  self->is_shut_down = TRUE;
  g_mutex_unlock (&self->lock);

  check_stopped (self);
}

/* A server that never started goes without waiting for anything. */
static void
destroy_unstarted (GrpcAioServer *self)
{
  grpc_completion_queue *queue;

  if (self->core == NULL || !grpc_aio_core_is_usable ())
    return;

  queue = grpc_completion_queue_create_for_pluck (NULL);
  grpc_server_register_completion_queue (self->core, queue, NULL);
  grpc_server_shutdown_and_notify (self->core, queue, NULL);
  grpc_server_cancel_all_calls (self->core);
  grpc_completion_queue_pluck (queue, NULL, gpr_inf_future (GPR_CLOCK_REALTIME), NULL);
  g_clear_pointer (&self->core, grpc_server_destroy);
  grpc_completion_queue_shutdown (queue);
  grpc_completion_queue_destroy (queue);
}

/* Refuses new calls from now on. Returns whether calls still run. */
static gboolean
begin_stop (GrpcAioServer *self)
{
  gboolean begins, is_busy;

  if (!grpc_aio_core_is_usable ())
    return FALSE;

  g_mutex_lock (&self->lock);
  begins = self->state <= GRPC_AIO_SERVER_STATE_SERVING;
  if (self->state == GRPC_AIO_SERVER_STATE_SERVING)
    {
      self->shutdown.run = on_shut_down;
      grpc_server_shutdown_and_notify (self->core, grpc_aio_queue_get_core (get_lane (self, 0)->queue), &self->shutdown);
    }
  else if (self->state == GRPC_AIO_SERVER_STATE_NEW)
    {
      destroy_unstarted (self);
      self->is_shut_down = TRUE;
    }
  if (begins)
    self->state = GRPC_AIO_SERVER_STATE_STOPPING;
  is_busy = self->n_calls > 0;
  if (!is_busy)
    cancel_all_calls (self);
  g_mutex_unlock (&self->lock);

  /* Calls that a blocking handler held back are refused. */
  for (guint i = 0; i < self->lanes->len; i++)
    grpc_aio_queue_resume (get_lane (self, i)->queue);

  return is_busy;
}

static gboolean
on_grace_ended (gpointer data)
{
  GrpcAioServer *self = data;

  g_mutex_lock (&self->lock);
  cancel_all_calls (self);
  g_mutex_unlock (&self->lock);

  return G_SOURCE_REMOVE;
}

/* The grace that ends first counts, and goes on when nobody waits any more. */
static void
set_grace (GrpcAioServer *self,
           gint64 grace_usec,
           GMainContext *context)
{
  g_autoptr (GSource) grace = g_timeout_source_new ((guint) MIN (grace_usec / 1000 + 1, G_MAXUINT));

  g_source_set_callback (grace, on_grace_ended, g_object_ref (self), g_object_unref);
  g_source_attach (grace, context);

  g_mutex_lock (&self->lock);
  if (self->state == GRPC_AIO_SERVER_STATE_STOPPING &&
      (self->grace == NULL || g_source_get_ready_time (grace) < g_source_get_ready_time (self->grace)))
    {
      GSource *longer = g_steal_pointer (&self->grace);

      self->grace = g_steal_pointer (&grace);
      grace = longer;
    }
  g_mutex_unlock (&self->lock);

  if (grace != NULL)
    g_source_destroy (grace);
}

/* A context has its end. */
void
grpc_aio_server_call_ended (GrpcAioServer *self,
                            gpointer registration)
{
  Share *share = registration;
  GSource *source;
  gboolean is_stopping, was_last;

  g_mutex_lock (&self->lock);
  share->n_calls--;
  share->lane->n_calls--;
  self->n_calls--;
  is_stopping = self->state == GRPC_AIO_SERVER_STATE_STOPPING;
  was_last = is_stopping && self->n_calls == 0;
  g_mutex_unlock (&self->lock);

  if (!is_stopping)
    return;

  /* A connection that is closed with something unread resets, and what the client
   * has not read yet is lost. Most clients close theirs now by themselves. */
  source = g_main_current_source ();
  if (was_last && source != NULL)
    set_grace (self, LINGER_USEC, g_source_get_context (source));
  else if (was_last)
    on_grace_ended (self);

  check_stopped (self);
}

/* With the lock. Lets grpc-core hand over one more call. */
static gboolean
ask_for_call (Request *request)
{
  GrpcAioServer *self = request->server;
  Method *method = request->share->method;
  grpc_completion_queue *queue = grpc_aio_queue_get_core (request->share->lane->queue);
  grpc_call_error result;

  if (method->registered != NULL)
    result = grpc_server_request_registered_call (self->core, method->registered, &request->core,
                                                  &request->deadline, &request->metadata,
                                                  method->has_payload ? &request->payload : NULL,
                                                  queue, queue, &request->completion);
  else
    result = grpc_server_request_call (self->core, &request->core, &request->details, &request->metadata,
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
add_requests (GrpcAioServer *self,
              Share *share,
              guint n_requests)
{
  while (share->n_requests < n_requests)
    {
      Request *request = g_new0 (Request, 1);

      request->completion.run = on_call;
      request->server = self;
      request->share = share;
      grpc_call_details_init (&request->details);
      grpc_metadata_array_init (&request->metadata);

      if (!ask_for_call (request))
        {
          request_free (request);
          return;
        }
      share->n_requests++;
      self->n_requests++;
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
  gboolean is_asking;

  if (grpc_aio_server_get_state (self) == GRPC_AIO_SERVER_STATE_SERVING &&
      grpc_aio_queue_defer (request->share->lane->queue, completion))
    return;

  g_mutex_lock (&self->lock);
  request->completion.run = on_call;
  request->share->n_requests--;
  request->share = choose_share (self, request->share);
  is_asking = self->state == GRPC_AIO_SERVER_STATE_SERVING && ask_for_call (request);
  if (is_asking)
    request->share->n_requests++;
  else
    self->n_requests--;
  g_mutex_unlock (&self->lock);

  if (is_asking)
    return;

  request_free (request);
  check_stopped (self);
}

/* Asks the generic handlers, in order. */
static GrpcAioRpcMethodHandler *
find_handler (GrpcAioServer *self,
              GrpcAioIncomingCall *incoming)
{
  g_autoptr (GrpcAioMetadata) metadata = NULL;
  g_autoptr (GrpcAioHandlerCallDetails) details = NULL;
  GrpcAioRpcMethodHandler *handler = NULL;

  if (self->generic_handlers->len == 0)
    return NULL;

  metadata = grpc_aio_core_metadata_to_glib (&incoming->metadata);
  details = grpc_aio_handler_call_details_new (incoming->own_method, incoming->host, metadata);
  for (guint i = 0; i < self->generic_handlers->len && handler == NULL; i++)
    handler = grpc_aio_generic_rpc_handler_service (g_ptr_array_index (self->generic_handlers, i), details);

  return handler;
}

static void
serve (GrpcAioServer *self,
       Share *share,
       GrpcAioIncomingCall *incoming,
       grpc_byte_buffer *payload)
{
  Method *method = share->method;
  g_autoptr (GrpcAioServicerContext) context = NULL;

  incoming->handler = method->handler;
  if (method->handler == NULL)
    incoming->own_handler = find_handler (self, incoming);
  incoming->registration = share;
  context = grpc_aio_servicer_context_new (self, share->lane->queue, incoming);
  grpc_aio_servicer_context_serve (context, method->has_payload, payload);
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
  GrpcAioIncomingCall incoming = { NULL };
  grpc_byte_buffer *payload = NULL;
  gboolean is_refused, is_asking;

  /* A handler that blocks must not have others on top of it. */
  if (ok && grpc_aio_server_get_state (self) == GRPC_AIO_SERVER_STATE_SERVING && grpc_aio_queue_defer (share->lane->queue, completion))
    return;

  if (ok)
    {
      incoming.core = g_steal_pointer (&request->core);
      incoming.metadata = request->metadata;
      grpc_metadata_array_init (&request->metadata);
      payload = g_steal_pointer (&request->payload);
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
  is_refused = self->state != GRPC_AIO_SERVER_STATE_SERVING || self->is_disposed || grpc_aio_queue_is_orphan (share->lane->queue);
  is_asking = ok && !is_refused;
  if (is_asking)
    {
      share->n_calls++;
      share->lane->n_calls++;
      self->n_calls++;
    }
  if (is_asking && self->lanes->len > 1)
    {
      request->completion.run = on_ask_again;
      grpc_aio_queue_push_local (share->lane->queue, &request->completion);
    }
  else if (is_asking)
    {
      if (share->n_calls > share->n_requests)
        add_requests (self, share, MIN (2 * share->n_requests, MAX_REQUESTS));
      is_asking = ask_for_call (request);
    }
  if (!is_asking)
    {
      self->n_requests--;
      share->n_requests--;
    }
  g_mutex_unlock (&self->lock);

  if (!is_asking)
    request_free (request);

  if (ok && !is_refused)
    {
      serve (self, share, &incoming, payload);
      return;
    }

  if (ok)
    {
      grpc_call_cancel_with_status (incoming.core, GRPC_STATUS_UNAVAILABLE, _("The server is stopping"), NULL);
      grpc_call_unref (incoming.core);
      grpc_metadata_array_destroy (&incoming.metadata);
      g_clear_pointer (&payload, grpc_byte_buffer_destroy);
      g_free (incoming.own_method);
      g_free (incoming.host);
    }
  check_stopped (self);
}

static void
on_serving_status (GrpcAioServer *self,
                   const char *address,
                   GrpcAioStatusCode code,
                   const char *message)
{
  g_signal_emit (self, signals[SIGNAL_SERVING_STATUS_CHANGED], 0, address, code, message);
}

/* Before there are ports. */
static void
enable_xds (GrpcAioServer *self,
            const grpc_channel_args *args)
{
  grpc_server_config_fetcher *fetcher;

  fetcher = grpc_aio_config_fetcher_new (self, on_serving_status, args, &self->fetcher_id, &self->xds_error);
  if (fetcher != NULL)
    grpc_server_set_config_fetcher (self->core, fetcher);
}

static void
grpc_aio_server_constructed (GObject *object)
{
  GrpcAioServer *self = GRPC_AIO_SERVER (object);
  g_auto (GrpcAioCoreArgs) args = { { 0 } };

  G_OBJECT_CLASS (grpc_aio_server_parent_class)->constructed (object);

  /* grpc-core would share a port with any other program of the same user that
   * allows it too: a busy port shall be an error, unless asked otherwise. */
  grpc_aio_core_args_init (&args, self->options, 1);
  if (self->options == NULL || !grpc_aio_channel_options_get_int (self->options, GRPC_ARG_ALLOW_REUSEPORT, NULL))
    grpc_aio_core_args_set_int (&args, GRPC_ARG_ALLOW_REUSEPORT, 0);

  /* With xDS it listens when it is told to, on ports that are reserved here. */
  if (self->is_xds_enabled)
    grpc_aio_core_args_set_int (&args, GRPC_ARG_ALLOW_REUSEPORT, 1);

  if (grpc_aio_core_is_usable ())
    self->core = grpc_server_create (&args.args, NULL);
  if (self->core != NULL && self->is_xds_enabled)
    enable_xds (self, &args.args);
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

  if (is_serving && grpc_aio_core_is_usable () && begin_stop (self))
    {
      g_mutex_lock (&self->lock);
      cancel_all_calls (self);
      g_mutex_unlock (&self->lock);
    }

  G_OBJECT_CLASS (grpc_aio_server_parent_class)->dispose (object);
}

static void
grpc_aio_server_finalize (GObject *object)
{
  GrpcAioServer *self = GRPC_AIO_SERVER (object);

  destroy_unstarted (self);
  release_ports (self);
  g_array_unref (self->reserved_fds);
  if (self->fetcher_id != 0)
    grpc_aio_config_fetcher_forget (self->fetcher_id);
  g_clear_error (&self->xds_error);
  g_clear_object (&self->options);
  g_ptr_array_unref (self->credentials);
  g_ptr_array_unref (self->services);
  g_ptr_array_unref (self->generic_handlers);
  g_ptr_array_unref (self->methods);
  g_array_unref (self->lanes);
  g_clear_pointer (&self->home, g_main_context_unref);
  g_mutex_clear (&self->lock);
  grpc_aio_core_unref ();

  G_OBJECT_CLASS (grpc_aio_server_parent_class)->finalize (object);
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

    case PROP_N_WORKERS:
      g_value_set_uint (value, self->n_workers);
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

    case PROP_N_WORKERS:
      grpc_aio_server_set_n_workers (self, g_value_get_uint (value));
      break;

    case PROP_XDS_ENABLED:
      self->is_xds_enabled = g_value_get_boolean (value);
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
   * GrpcAioServer:state:
   *
   * How far the server has come.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, GRPC_AIO_TYPE_SERVER_STATE,
                                              GRPC_AIO_SERVER_STATE_NEW, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioServer:active-calls:
   *
   * How many calls run now. It is not notified.
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
  self->methods = g_ptr_array_new_with_free_func (method_free);
  self->reserved_fds = g_array_new (FALSE, FALSE, sizeof (int));
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
 * Gets how many calls run now.
 *
 * Returns: the number of calls that have not ended
 *
 * Since: 0.1
 */
guint
grpc_aio_server_get_active_calls (GrpcAioServer *self)
{
  guint n_calls;

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), 0);

  g_mutex_lock (&self->lock);
  n_calls = self->n_calls;
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
 * grpc_aio_server_add_port:
 * @self: a server that has not started
 * @address: where to listen: `host:port`, `[::]:port`, `unix:/absolute/path`
 *   or `unix-abstract:name`; port 0 takes a free one
 * @credentials: (nullable): how to secure connections, or `NULL` for not at all
 * @error: where to put an error
 *
 * Has the server listen at an address, once it is started.
 *
 * It fails with `G_IO_ERROR_ADDRESS_IN_USE` and the like, and says why.
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
  int port = 0, reserved_port = 0;

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), 0);
  g_return_val_if_fail (address != NULL, 0);
  g_return_val_if_fail (credentials == NULL || GRPC_AIO_IS_SERVER_CREDENTIALS (credentials), 0);

  if (!grpc_aio_core_is_usable ())
    {
      g_propagate_error (error, grpc_aio_core_new_forked_error ());
      return 0;
    }
  if (!is_new (self))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                   _("Cannot listen on %s: the server was started already"), address);
      return 0;
    }
  if (!grpc_aio_address_check (address, error) || !check_xds (self, error))
    return 0;
  if (self->is_xds_enabled)
    {
      int fd;

      reserved_address = grpc_aio_address_reserve (address, &reserved_port, &fd, error);
      if (reserved_address == NULL)
        return 0;
      g_array_append_val (self->reserved_fds, fd);
    }

  if (credentials != NULL)
    core_credentials = grpc_aio_server_credentials_acquire_core (credentials);
  else
    core_credentials = grpc_insecure_server_credentials_create ();

  if (core_credentials != NULL)
    port = grpc_server_add_http2_port (self->core, reserved_address != NULL ? reserved_address : address, core_credentials);
  if (credentials != NULL)
    grpc_aio_server_credentials_release_core (credentials, core_credentials);
  else
    grpc_server_credentials_release (core_credentials);

  /* It does not listen yet, and says -1. */
  if (port != 0 && reserved_address != NULL)
    return reserved_port;

  if (port <= 0)
    {
      grpc_aio_address_explain_failure (address, credentials != NULL, error);
      return 0;
    }

  if (credentials != NULL)
    g_ptr_array_add (self->credentials, g_object_ref (credentials));

  return port;
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

static void
register_method (const char *full_name,
                 GrpcAioRpcMethodHandler *handler,
                 gpointer user_data)
{
  GrpcAioServer *self = user_data;
  GrpcAioMethodKind kind = grpc_aio_rpc_method_handler_get_kind (handler);
  Method *method = g_new0 (Method, 1);

  method->name = g_strdup (full_name);
  method->handler = g_object_ref (handler);
  method->has_payload = kind == GRPC_AIO_METHOD_KIND_UNARY_UNARY || kind == GRPC_AIO_METHOD_KIND_UNARY_STREAM;
  method->registered = grpc_server_register_method (self->core, method->name, NULL,
                                                    method->has_payload
                                                        ? GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER
                                                        : GRPC_SRM_PAYLOAD_NONE,
                                                    0);

  /* The first service that has the method serves it. */
  if (method->registered != NULL)
    g_ptr_array_add (self->methods, method);
  else
    method_free (method);
}

/* Makes the places to serve in, and shares of each method for them. */
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
      grpc_server_register_completion_queue (self->core, grpc_aio_queue_get_core (lane->queue), NULL);
    }
  if (self->n_workers > 0)
    self->home = g_steal_pointer (&context);

  for (guint i = 0; i < self->methods->len; i++)
    {
      Method *method = g_ptr_array_index (self->methods, i);

      method->shares = g_new0 (Share, self->lanes->len);
      for (guint j = 0; j < self->lanes->len; j++)
        {
          method->shares[j].method = method;
          method->shares[j].lane = get_lane (self, j);
        }
    }
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

  for (guint i = 0; i < self->services->len; i++)
    grpc_aio_service_foreach_method (g_ptr_array_index (self->services, i), register_method, self);
  g_ptr_array_add (self->methods, g_new0 (Method, 1));
  make_lanes (self);

  grpc_server_start (self->core);

  g_mutex_lock (&self->lock);
  self->state = GRPC_AIO_SERVER_STATE_SERVING;
  for (guint i = 0; i < self->methods->len; i++)
    {
      Method *method = g_ptr_array_index (self->methods, i);

      for (guint j = 0; j < self->lanes->len; j++)
        add_requests (self, &method->shares[j], self->lanes->len > 1 ? REQUESTS_PER_WORKER : MIN_REQUESTS);
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
