/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-channel-parts-private.h"

#include <grpc/grpc_security.h>

#include <grpc-aio-glib/grpc-aio-client-interceptor.h>
#include <grpc-aio-glib/grpc-aio-enums.h>

#include "client/grpc-aio-target-private.h"
#include "engine/grpc-aio-core-args-private.h"
#include "engine/grpc-aio-core-private.h"
#include "security/grpc-aio-channel-credentials-private.h"

/* Not a server, but never connected to. */
#define NO_SERVER "ipv4:127.0.0.1:1"

/**
 * GrpcAioChannel:
 *
 * A connection to a service, made when it is first needed and made anew when it
 * was lost.
 *
 * The target is a name that grpc-core resolves: `host:port`,
 * `dns:///host:port`, `ipv4:127.0.0.1:50051`, `ipv6:[::1]:50051`,
 * `unix:/absolute/path`, `unix-abstract:name` and others ("gRPC Name
 * Resolution").
 *
 * A channel may be used from any thread: a call belongs to the thread-default
 * main context of the thread that starts it. The channel's own changes of state
 * are told in the thread-default main context of the thread that made it.
 *
 * A channel can also be made for what GIO can look up, with
 * [ctor@Channel.new_for_connectable].
 *
 * Calls keep their channel alive. When the last reference goes the connection
 * is closed.
 *
 * Since: 0.1
 */
enum
{
  PROP_TARGET = 1,
  PROP_CREDENTIALS,
  PROP_OPTIONS,
  PROP_COMPRESSION,
  PROP_INTERCEPTORS,
  PROP_BASE,
  PROP_STATE,
  PROP_CONNECTABLE,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GrpcAioChannel, grpc_aio_channel, G_TYPE_OBJECT)

G_STATIC_ASSERT ((int) GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE == (int) GRPC_CHANNEL_IDLE);
G_STATIC_ASSERT ((int) GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN == (int) GRPC_CHANNEL_SHUTDOWN);
G_STATIC_ASSERT ((int) GRPC_AIO_COMPRESSION_NONE == (int) GRPC_COMPRESS_NONE);
G_STATIC_ASSERT ((int) GRPC_AIO_COMPRESSION_DEFLATE == (int) GRPC_COMPRESS_DEFLATE);
G_STATIC_ASSERT ((int) GRPC_AIO_COMPRESSION_GZIP == (int) GRPC_COMPRESS_GZIP);

static void
add_interceptors (GrpcAioChannel *self,
                  GListStore *all,
                  GListModel *interceptors)
{
  guint n = interceptors != NULL ? g_list_model_get_n_items (interceptors) : 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GObject) interceptor = g_list_model_get_item (interceptors, i);

      if (!GRPC_AIO_IS_CLIENT_INTERCEPTOR (interceptor))
        {
          g_critical ("A %s is no GrpcAioClientInterceptor, and cannot stand in the interceptors of a channel",
                      G_OBJECT_TYPE_NAME (interceptor));
          continue;
        }

      g_list_store_append (all, interceptor);
      g_ptr_array_add (self->chain, g_object_ref (interceptor));
    }
}

/* What the list holds now, and then what the base has. */
static void
take_interceptors (GrpcAioChannel *self,
                   GListModel *inherited)
{
  g_autoptr (GListModel) own = g_steal_pointer (&self->interceptors);
  g_autoptr (GListStore) all = g_list_store_new (GRPC_AIO_TYPE_CLIENT_INTERCEPTOR);

  self->chain = g_ptr_array_new_with_free_func (g_object_unref);
  add_interceptors (self, all, own);
  add_interceptors (self, all, inherited);
  if (self->chain->len > 0)
    self->interceptors = G_LIST_MODEL (g_steal_pointer (&all));
  else
    g_clear_pointer (&self->chain, g_ptr_array_unref);
}

void
grpc_aio_channel_tell_state (GrpcAioChannel *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

/* All but the interceptors is the base's. */
static void
take_base (GrpcAioChannel *self)
{
  g_autoptr (GrpcAioChannel) given = self->base;

  self->base = g_object_ref (grpc_aio_channel_root_of (given));
  self->target = g_strdup (self->base->target);
  self->credentials = self->base->credentials != NULL ? g_object_ref (self->base->credentials) : NULL;
  self->options = self->base->options != NULL ? g_object_ref (self->base->options) : NULL;
  self->connectable = self->base->connectable != NULL ? g_object_ref (self->base->connectable) : NULL;
  self->compression = self->base->compression;
  self->home = grpc_aio_queue_ref (self->base->home);
  take_interceptors (self, given->interceptors);
  g_signal_connect_object (self->base, "notify::state", G_CALLBACK (grpc_aio_channel_tell_state), self, G_CONNECT_SWAPPED);
}

/* Any thread. Says in @flaw, if that is not NULL, why it is no real channel. */
grpc_channel *
grpc_aio_channel_make_core (GrpcAioChannel *self,
                            const char *target,
                            char **flaw)
{
  GrpcAioChannelOptions *options = self->own_options != NULL ? self->own_options : self->options;
  g_auto (GrpcAioCoreArgs) args = { { 0 } };
  grpc_channel *core;
  grpc_channel_credentials *credentials;

  grpc_aio_core_args_init (&args, options, 5 + GRPC_AIO_CHANNEL_CREDENTIALS_MAX_ARGS);
  grpc_aio_core_args_add_client_defaults (&args);
  if (self->quota != NULL)
    grpc_aio_quota_add_to (self->quota, &args);
  if (self->compression != GRPC_AIO_COMPRESSION_NONE)
    grpc_aio_core_args_set_int (&args, GRPC_COMPRESSION_CHANNEL_DEFAULT_ALGORITHM, (int) self->compression);

  g_mutex_lock (&self->lock);
  g_set_object (&args.closed, self->closed);
  g_mutex_unlock (&self->lock);

  if (self->credentials != NULL)
    credentials = grpc_aio_channel_credentials_acquire_core (self->credentials, &args);
  else
    credentials = grpc_insecure_credentials_create ();

  core = grpc_channel_create (target, credentials, &args.args);
  if (flaw != NULL && !grpc_channel_support_connectivity_watcher (core))
    *flaw = grpc_aio_target_explain_failure (target, credentials, &args);

  if (self->credentials != NULL)
    grpc_aio_channel_credentials_release_core (self->credentials, credentials);
  else
    grpc_channel_credentials_release (credentials);

  g_mutex_lock (&self->lock);
  if (self->closed == NULL)
    self->closed = g_steal_pointer (&args.closed);
  g_mutex_unlock (&self->lock);

  return core;
}

static void
grpc_aio_channel_constructed (GObject *object)
{
  GrpcAioChannel *self = GRPC_AIO_CHANNEL (object);
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  G_OBJECT_CLASS (grpc_aio_channel_parent_class)->constructed (object);

  if (self->base != NULL)
    {
      take_base (self);
      return;
    }

  take_interceptors (self, NULL);
  self->home = grpc_aio_queue_get_for_context (context);
  g_ptr_array_add (self->queues, grpc_aio_queue_ref (self->home));
  if (self->connectable != NULL)
    grpc_aio_channel_prepare_look_up (self);
  if (!grpc_aio_core_is_usable ())
    return;

  self->quota = grpc_aio_quota_new_for_channel (self->connectable != NULL ? NULL : self->target, self->options);
  if (self->connectable != NULL)
    self->core = grpc_aio_channel_make_core (self, NO_SERVER, &self->flaw);
  else
    self->core = grpc_aio_channel_make_core (self, self->target != NULL ? self->target : "", &self->flaw);
  if (self->connectable != NULL)
    self->addresses = grpc_aio_channel_addresses_new (self, self->core, FALSE);
}

/* The memory of a watch belongs to grpc-core until it comes back, which it does
 * at once when the core channel goes. */
static void
grpc_aio_channel_dispose (GObject *object)
{
  GrpcAioChannel *self = GRPC_AIO_CHANNEL (object);

  grpc_aio_channel_cancel_members (self);
  grpc_aio_channel_shut (self, TRUE);
  g_clear_object (&self->interceptors);
  g_clear_pointer (&self->chain, g_ptr_array_unref);

  G_OBJECT_CLASS (grpc_aio_channel_parent_class)->dispose (object);
}

static void
grpc_aio_channel_finalize (GObject *object)
{
  GrpcAioChannel *self = GRPC_AIO_CHANNEL (object);

  g_assert (self->members == NULL);

  g_free (self->target);
  g_free (self->flaw);
  g_clear_object (&self->credentials);
  g_clear_object (&self->closed);
  g_clear_object (&self->options);
  g_clear_object (&self->connectable);
  g_clear_object (&self->own_options);
  g_clear_pointer (&self->quota, grpc_aio_quota_unref);
  g_free (self->addresses_key);
  g_free (self->look_up_error);
  g_clear_object (&self->base);
  g_hash_table_unref (self->registered);
  g_ptr_array_unref (self->queues);
  grpc_aio_queue_unref (self->home);
  g_mutex_clear (&self->lock);
  grpc_aio_core_unref ();

  G_OBJECT_CLASS (grpc_aio_channel_parent_class)->finalize (object);
}

static void
grpc_aio_channel_get_property (GObject *object,
                               guint id,
                               GValue *value,
                               GParamSpec *pspec)
{
  GrpcAioChannel *self = GRPC_AIO_CHANNEL (object);

  switch (id)
    {
    case PROP_TARGET:
      g_value_set_string (value, self->target);
      break;

    case PROP_CREDENTIALS:
      g_value_set_object (value, self->credentials);
      break;

    case PROP_OPTIONS:
      g_value_set_object (value, self->options);
      break;

    case PROP_COMPRESSION:
      g_value_set_enum (value, self->compression);
      break;

    case PROP_INTERCEPTORS:
      g_value_set_object (value, self->interceptors);
      break;

    case PROP_BASE:
      g_value_set_object (value, self->base);
      break;

    case PROP_STATE:
      g_value_set_enum (value, grpc_aio_channel_get_state (self, FALSE));
      break;

    case PROP_CONNECTABLE:
      g_value_set_object (value, self->connectable);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_channel_set_property (GObject *object,
                               guint id,
                               const GValue *value,
                               GParamSpec *pspec)
{
  GrpcAioChannel *self = GRPC_AIO_CHANNEL (object);

  switch (id)
    {
    case PROP_TARGET:
      self->target = g_value_dup_string (value);
      break;

    case PROP_CREDENTIALS:
      self->credentials = g_value_dup_object (value);
      break;

    case PROP_OPTIONS:
      self->options = g_value_dup_object (value);
      break;

    case PROP_COMPRESSION:
      self->compression = g_value_get_enum (value);
      break;

    case PROP_CONNECTABLE:
      self->connectable = g_value_dup_object (value);
      break;

    case PROP_INTERCEPTORS:
      self->interceptors = g_value_dup_object (value);
      break;

    case PROP_BASE:
      self->base = g_value_dup_object (value);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_channel_class_init (GrpcAioChannelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags construct_flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = grpc_aio_channel_constructed;
  object_class->dispose = grpc_aio_channel_dispose;
  object_class->finalize = grpc_aio_channel_finalize;
  object_class->get_property = grpc_aio_channel_get_property;
  object_class->set_property = grpc_aio_channel_set_property;

  /**
   * GrpcAioChannel:target:
   *
   * The name of the server.
   *
   * Since: 0.1
   */
  properties[PROP_TARGET] = g_param_spec_string ("target", NULL, NULL, NULL, construct_flags);

  /**
   * GrpcAioChannel:credentials:
   *
   * How connections are secured; `NULL` for not at all.
   *
   * Since: 0.1
   */
  properties[PROP_CREDENTIALS] = g_param_spec_object ("credentials", NULL, NULL, GRPC_AIO_TYPE_CHANNEL_CREDENTIALS, construct_flags);

  /**
   * GrpcAioChannel:options:
   *
   * Channel arguments, or `NULL` for the defaults.
   *
   * Since: 0.1
   */
  properties[PROP_OPTIONS] = g_param_spec_object ("options", NULL, NULL, GRPC_AIO_TYPE_CHANNEL_OPTIONS, construct_flags);

  /**
   * GrpcAioChannel:compression:
   *
   * How the messages that calls of this channel send are compressed, unless a
   * call says otherwise. `GRPC_AIO_COMPRESSION_NONE` leaves it to the options.
   *
   * Since: 0.1
   */
  properties[PROP_COMPRESSION] = g_param_spec_enum ("compression", NULL, NULL, GRPC_AIO_TYPE_COMPRESSION,
                                                    GRPC_AIO_COMPRESSION_NONE, construct_flags);

  /**
   * GrpcAioChannel:interceptors:
   *
   * A list of [class@ClientInterceptor], the outermost first, or `NULL` for none.
   * What the list holds when the channel is made counts; interceptors of
   * [property@Channel:base] come after them.
   *
   * Since: 0.1
   */
  properties[PROP_INTERCEPTORS] = g_param_spec_object ("interceptors", NULL, NULL, G_TYPE_LIST_MODEL, construct_flags);

  /**
   * GrpcAioChannel:base:
   *
   * The channel whose connection this one uses, together with its target and all
   * that was chosen for it; `NULL` for a channel with a connection of its own. See
   * [method@Channel.intercept].
   *
   * Since: 0.1
   */
  properties[PROP_BASE] = g_param_spec_object ("base", NULL, NULL, GRPC_AIO_TYPE_CHANNEL, construct_flags);

  /**
   * GrpcAioChannel:state: (getter get_state)
   *
   * The state of the connection. Changes are notified from the first call,
   * [method@Channel.ready_async] or [method@Channel.get_state] that connects.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, GRPC_AIO_TYPE_CHANNEL_CONNECTIVITY,
                                              GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioChannel:connectable: (getter get_connectable)
   *
   * What the addresses of the servers are looked up from, or `NULL` when grpc-core
   * finds them by the target. With this the target is only a description.
   *
   * Since: 0.1
   */
  properties[PROP_CONNECTABLE] = g_param_spec_object ("connectable", NULL, NULL, G_TYPE_SOCKET_CONNECTABLE, construct_flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
grpc_aio_channel_init (GrpcAioChannel *self)
{
  grpc_aio_core_ref ();

  g_mutex_init (&self->lock);
  self->registered = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->queues = g_ptr_array_new_with_free_func ((GDestroyNotify) grpc_aio_queue_unref);
}

/* NULL for a channel without interceptors. */
GPtrArray *
grpc_aio_channel_get_chain (GrpcAioChannel *self)
{
  return self->chain;
}

/* Why there can be no connection, or NULL. */
const char *
grpc_aio_channel_get_flaw (GrpcAioChannel *self)
{
  return self->flaw;
}

/**
 * grpc_aio_channel_new:
 * @target: the name of the server, such as `localhost:50051`
 * @credentials: (nullable): how to secure connections, or `NULL` for not at all
 *
 * Creates a channel. It connects when it is first used.
 *
 * Returns: (transfer full): a new channel
 *
 * Since: 0.1
 */
GrpcAioChannel *
grpc_aio_channel_new (const char *target,
                      GrpcAioChannelCredentials *credentials)
{
  return grpc_aio_channel_new_with_options (target, credentials, NULL);
}

/**
 * grpc_aio_channel_new_with_options:
 * @target: the name of the server, such as `localhost:50051`
 * @credentials: (nullable): how to secure connections, or `NULL` for not at all
 * @options: (nullable): channel arguments, or `NULL` for the defaults
 *
 * Creates a channel with channel arguments. It connects when it is first used.
 *
 * Returns: (transfer full): a new channel
 *
 * Since: 0.1
 */
GrpcAioChannel *
grpc_aio_channel_new_with_options (const char *target,
                                   GrpcAioChannelCredentials *credentials,
                                   GrpcAioChannelOptions *options)
{
  g_return_val_if_fail (target != NULL, NULL);
  g_return_val_if_fail (credentials == NULL || GRPC_AIO_IS_CHANNEL_CREDENTIALS (credentials), NULL);
  g_return_val_if_fail (options == NULL || GRPC_AIO_IS_CHANNEL_OPTIONS (options), NULL);

  return g_object_new (GRPC_AIO_TYPE_CHANNEL,
                       "target", target,
                       "credentials", credentials,
                       "options", options,
                       NULL);
}

/**
 * grpc_aio_channel_new_for_connectable:
 * @connectable: what to look up: a [class@Gio.NetworkAddress], a
 *   [class@Gio.NetworkService] (SRV records), a socket address, or a class of your
 *   own
 * @credentials: (nullable): how to secure connections, or `NULL` for not at all
 * @options: (nullable): channel arguments, or `NULL` for the defaults
 *
 * Creates a channel to all of the addresses that GIO finds.
 *
 * It can be used at once: the addresses are looked up when they are first needed,
 * and calls wait for that, within their deadlines. When they cannot be found, calls
 * fail with `GRPC_AIO_ERROR_UNAVAILABLE`; those that wait for ready wait until they
 * are, with longer and longer pauses between the tries.
 *
 * The channel connects to each address, up to 256, and calls go to one after the
 * other. Of SRV records it takes those of the first priority; when none of them
 * answers, those of the next one, and so on. Their weights do not count. The option `grpc.lb_policy_name`, or the service config, can choose another
 * way. Addresses have to be of one kind, IP or Unix sockets with or without a path:
 * others than the first one's are left out.
 *
 * They are looked up anew, at most once a second, when a call, or somebody who waits
 * for the channel to be ready, finds that none of them answers: as long as one does
 * nobody looks for others. A call that runs stays with the addresses that it was
 * started with. One that waits for ready may wait for them, too, until its deadline,
 * if it streams or was on its way when the connection was lost.
 *
 * In TLS and in the header `:authority` the server has the name of a network
 * address, or the domain of a network service, unless the option
 * `grpc.default_authority` says otherwise.
 *
 * @connectable is asked in a thread of the library, so that calls get on whether or
 * not a main loop runs: it must allow that, as those of GIO do.
 *
 * Returns: (transfer full): a new channel
 *
 * Since: 0.1
 */
GrpcAioChannel *
grpc_aio_channel_new_for_connectable (GSocketConnectable *connectable,
                                      GrpcAioChannelCredentials *credentials,
                                      GrpcAioChannelOptions *options)
{
  g_return_val_if_fail (G_IS_SOCKET_CONNECTABLE (connectable), NULL);
  g_return_val_if_fail (credentials == NULL || GRPC_AIO_IS_CHANNEL_CREDENTIALS (credentials), NULL);
  g_return_val_if_fail (options == NULL || GRPC_AIO_IS_CHANNEL_OPTIONS (options), NULL);

  return g_object_new (GRPC_AIO_TYPE_CHANNEL,
                       "connectable", connectable,
                       "credentials", credentials,
                       "options", options,
                       NULL);
}

/**
 * grpc_aio_channel_intercept:
 * @self: a channel
 * @interceptors: (array length=n_interceptors) (transfer none): interceptors, the
 *   outermost first
 * @n_interceptors: how many there are
 *
 * Creates a channel over the connection of @self, with interceptors that come before
 * those of @self (`grpc.intercept_channel` of gRPC). It lives and closes with @self.
 *
 * Returns: (transfer full): a new channel
 *
 * Since: 0.1
 */
GrpcAioChannel *
grpc_aio_channel_intercept (GrpcAioChannel *self,
                            GrpcAioClientInterceptor *const *interceptors,
                            gsize n_interceptors)
{
  g_autoptr (GListStore) list = g_list_store_new (GRPC_AIO_TYPE_CLIENT_INTERCEPTOR);

  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);
  g_return_val_if_fail (interceptors != NULL || n_interceptors == 0, NULL);

  for (gsize i = 0; i < n_interceptors; i++)
    {
      g_return_val_if_fail (GRPC_AIO_IS_CLIENT_INTERCEPTOR (interceptors[i]), NULL);
      g_list_store_append (list, interceptors[i]);
    }

  return g_object_new (GRPC_AIO_TYPE_CHANNEL,
                       "base", self,
                       "interceptors", list,
                       NULL);
}

/**
 * grpc_aio_channel_get_connectable:
 * @self: a channel
 *
 * Gets what the addresses of the servers are looked up from.
 *
 * Returns: (nullable) (transfer none): the connectable, or `NULL` when the target
 *   counts
 *
 * Since: 0.1
 */
GSocketConnectable *
grpc_aio_channel_get_connectable (GrpcAioChannel *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);

  return self->connectable;
}

/**
 * grpc_aio_channel_get_target:
 * @self: a channel
 *
 * Gets the name of the server.
 *
 * Returns: the target
 *
 * Since: 0.1
 */
const char *
grpc_aio_channel_get_target (GrpcAioChannel *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);

  return self->target;
}

/**
 * grpc_aio_channel_get_credentials:
 * @self: a channel
 *
 * Gets how connections are secured.
 *
 * Returns: (nullable) (transfer none): the credentials, or `NULL` for none
 *
 * Since: 0.1
 */
GrpcAioChannelCredentials *
grpc_aio_channel_get_credentials (GrpcAioChannel *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);

  return self->credentials;
}

/**
 * grpc_aio_channel_get_options:
 * @self: a channel
 *
 * Gets the channel arguments.
 *
 * Returns: (nullable) (transfer none): the options, or `NULL` for the defaults
 *
 * Since: 0.1
 */
GrpcAioChannelOptions *
grpc_aio_channel_get_options (GrpcAioChannel *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);

  return self->options;
}

/**
 * grpc_aio_channel_get_compression:
 * @self: a channel
 *
 * Gets how messages are compressed, unless a call says otherwise.
 *
 * Returns: the compression that the channel was made with
 *
 * Since: 0.1
 */
GrpcAioCompression
grpc_aio_channel_get_compression (GrpcAioChannel *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), GRPC_AIO_COMPRESSION_NONE);

  return self->compression;
}

/**
 * grpc_aio_channel_get_interceptors:
 * @self: a channel
 *
 * Gets all interceptors of the channel, those of [property@Channel:base] included.
 *
 * Returns: (nullable) (transfer none): a list of [class@ClientInterceptor], the
 *   outermost first, or `NULL` for none
 *
 * Since: 0.1
 */
GListModel *
grpc_aio_channel_get_interceptors (GrpcAioChannel *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);

  return self->interceptors;
}

/**
 * grpc_aio_channel_get_base:
 * @self: a channel
 *
 * Gets the channel whose connection this one uses.
 *
 * Returns: (nullable) (transfer none): the channel, or `NULL` for one with a
 *   connection of its own
 *
 * Since: 0.1
 */
GrpcAioChannel *
grpc_aio_channel_get_base (GrpcAioChannel *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);

  return self->base;
}
