/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "server/grpc-aio-server-parts-private.h"

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-channel-options.h>
#include <grpc-aio-glib/grpc-aio-enums.h>
#include <grpc-aio-glib/grpc-aio-generic-rpc-handler.h>
#include <grpc-aio-glib/grpc-aio-server-interceptor.h>

#include "engine/grpc-aio-core-args-private.h"
#include "engine/grpc-aio-core-private.h"
#include "server/grpc-aio-config-fetcher-private.h"
#include "server/grpc-aio-handler-pool-private.h"
#include "server/grpc-aio-revival-private.h"
#include "server/grpc-aio-service-private.h"

#define MAX_WORKERS 1024

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
lane_clear (gpointer data)
{
  GrpcAioServerLane *lane = data;

  if (lane->worker != NULL)
    grpc_aio_worker_unref (lane->worker);
  else
    grpc_aio_queue_unref (lane->queue);
}

void
grpc_aio_server_notify_state (GrpcAioServer *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static gboolean
on_notify_state (gpointer data)
{
  g_autoptr (GrpcAioServer) self = g_weak_ref_get (data);

  if (self != NULL)
    grpc_aio_server_notify_state (self);

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
void
grpc_aio_server_notify_state_at_home (GrpcAioServer *self)
{
  g_autoptr (GSource) source = NULL;
  GWeakRef *weak_ref = NULL;

  if (self->home == NULL)
    {
      if (self->lanes->len == 0 || !grpc_aio_queue_is_orphan (grpc_aio_server_get_lane (self, 0)->queue))
        grpc_aio_server_notify_state (self);
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

static void
on_serving_status (GrpcAioServer *self,
                   const char *address,
                   GrpcAioStatusCode code,
                   const char *message)
{
  g_signal_emit (self, signals[SIGNAL_SERVING_STATUS_CHANGED], 0, address, code, message);
}

/* NULL where xDS is of no use. @fetcher_id is 0 without xDS. */
grpc_server *
grpc_aio_server_create_core (GrpcAioServer *self,
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
    self->spare_core = grpc_aio_server_create_core (self, &self->spare_fetcher_id, &self->xds_error);
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
      if (grpc_aio_server_begin_stop (self))
        grpc_aio_server_on_grace_ended (self);
      grpc_aio_server_check_stopped (self);
    }

  G_OBJECT_CLASS (grpc_aio_server_parent_class)->dispose (object);
}

static void
grpc_aio_server_finalize (GObject *object)
{
  GrpcAioServer *self = GRPC_AIO_SERVER (object);

  grpc_aio_revival_remove (self);
  g_ptr_array_unref (self->listeners);
  grpc_aio_server_drop_core (g_steal_pointer (&self->spare_core), self->spare_fetcher_id);
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
  self->listeners = g_ptr_array_new_with_free_func (grpc_aio_server_listener_free);
  self->max_serving = G_MAXUINT;
  self->max_queued = G_MAXUINT;
  self->interceptors = g_ptr_array_new_with_free_func (g_object_unref);
  self->lanes = g_array_new (FALSE, TRUE, sizeof (GrpcAioServerLane));
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
      GrpcAioServerListener *listener = g_ptr_array_index (self->listeners, i);

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

gboolean
grpc_aio_server_check_xds (GrpcAioServer *self,
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
      GrpcAioServerLane *lane = grpc_aio_server_get_lane (self, i);

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
  if (!grpc_aio_server_check_xds (self, error))
    return FALSE;

  make_lanes (self);
  for (guint i = 0; i < self->listeners->len; i++)
    {
      GrpcAioServerListener *listener = g_ptr_array_index (self->listeners, i);

      if (listener->core != NULL)
        grpc_aio_server_start_listener (listener);
    }

  grpc_aio_revival_add (self);
  g_mutex_lock (&self->lock);
  self->state = GRPC_AIO_SERVER_STATE_SERVING;
  for (guint i = 0; i < self->listeners->len; i++)
    {
      GrpcAioServerListener *listener = g_ptr_array_index (self->listeners, i);

      if (listener->core == NULL)
        continue;
      grpc_aio_server_ask_for_calls (listener);
      grpc_aio_server_accept_connections (listener);
    }
  g_mutex_unlock (&self->lock);

  grpc_aio_server_notify_state (self);

  return TRUE;
}
