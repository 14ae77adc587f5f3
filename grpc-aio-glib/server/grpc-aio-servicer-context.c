/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "server/grpc-aio-servicer-context-parts-private.h"

#include <string.h>

#include <grpc/slice.h>

#include <grpc-aio-glib/grpc-aio-server.h>

#include "engine/grpc-aio-core-private.h"
#include "engine/grpc-aio-pool-private.h"
#include "security/grpc-aio-auth-context-private.h"
#include "server/grpc-aio-acceptor-private.h"
#include "server/grpc-aio-server-continuation-private.h"

/**
 * GrpcAioServicerContext:
 *
 * One call on the server's side: what a handler reads from, writes to and
 * answers.
 *
 * A handler answers once, with [method@ServicerContext.complete],
 * [method@ServicerContext.complete_with_error] or
 * [method@ServicerContext.abort]; at once or later, as long as it keeps a
 * reference. When the last reference goes without an answer the call ends with
 * `GRPC_AIO_STATUS_CODE_UNKNOWN`, so that no client waits in vain.
 *
 * Reads and writes may be started before earlier ones have ended: they wait
 * their turn, in order. A write ends when flow control has taken the message,
 * so that a slow client slows its server down.
 *
 * [signal@ServicerContext::done] tells when the call is over, and
 * [method@ServicerContext.is_cancelled] whether the client gave it up. Cancelling
 * an operation with its cancellable cancels the call.
 *
 * Since: 0.1
 */
enum
{
  PROP_SERVER = 1,
  PROP_METHOD,
  PROP_HOST,
  PROP_INVOCATION_METADATA,
  PROP_ACTIVE,
  PROP_CANCELLED,
  PROP_IDENTITY,
  N_PROPS,
};

enum
{
  SIGNAL_DONE,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GrpcAioServicerContext, grpc_aio_servicer_context, G_TYPE_OBJECT)

/* The program learns that the call is over. */
void
grpc_aio_servicer_context_tell_done (GrpcAioServicerContext *self)
{
  if (G_UNLIKELY (self->interceptors != NULL))
    grpc_aio_servicer_context_abandon_interceptions (self);

  if (self->watch != NULL)
    self->watch (self, self->watch_data);

  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ACTIVE]);
  if (self->is_cancelled)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CANCELLED]);
  g_signal_emit (self, signals[SIGNAL_DONE], 0);

  if (G_UNLIKELY (self->interceptors != NULL))
    grpc_aio_servicer_context_tell_interceptors (self);
}

/* Leaves it as new. */
static void
grpc_aio_servicer_context_clear (gpointer object)
{
  GrpcAioServicerContext *self = object;

  /* A call that grpc-core would not close has ended now. */
  if (!self->has_left && self->server != NULL)
    grpc_aio_server_call_ended (self->server, &self->seat);

  /* As a GObject does when it goes. */
  g_signal_handlers_destroy (self);

  grpc_metadata_array_destroy (&self->request_array);
  g_clear_pointer (&self->request, g_bytes_unref);
  g_clear_pointer (&self->request_buffer, grpc_byte_buffer_destroy);
  g_clear_pointer (&self->answer.message, g_bytes_unref);
  g_clear_pointer (&self->interceptions, grpc_aio_server_continuation_clear);
  g_clear_pointer (&self->values, g_hash_table_unref);
  g_clear_pointer (&self->identity, g_free);
  g_slist_free_full (self->other_requests, (GDestroyNotify) g_bytes_unref);
  grpc_aio_core_metadata_clear (&self->answer.metadata);
  grpc_slice_unref (self->answer.details);
  grpc_aio_core_call_clear (&self->core_call);

  g_clear_object (&self->own_handler);
  g_clear_object (&self->server);
  g_clear_object (&self->auth_context);
  g_clear_pointer (&self->invocation_metadata, grpc_aio_metadata_unref);
  g_clear_pointer (&self->trailing_metadata, grpc_aio_metadata_unref);
  g_free (self->own_method);
  g_free (self->host);
  g_free (self->details);

  memset (&self->core_call, 0, sizeof *self - G_STRUCT_OFFSET (GrpcAioServicerContext, core_call));
}

void
grpc_aio_servicer_context_release (GrpcAioCoreCall *core_call)
{
  grpc_aio_pool_release (GRPC_AIO_POOL_SERVICER_CONTEXT, core_call->owner, grpc_aio_servicer_context_clear);
}

static void
grpc_aio_servicer_context_dispose (GObject *object)
{
  GrpcAioServicerContext *self = GRPC_AIO_SERVICER_CONTEXT (object);

  if (self->core_call.core != NULL)
    {
      grpc_aio_servicer_context_give_up (self);
      grpc_aio_core_call_dispose (&self->core_call);
    }

  G_OBJECT_CLASS (grpc_aio_servicer_context_parent_class)->dispose (object);
}

static void
grpc_aio_servicer_context_finalize (GObject *object)
{
  grpc_aio_servicer_context_clear (object);

  G_OBJECT_CLASS (grpc_aio_servicer_context_parent_class)->finalize (object);
}

static void
grpc_aio_servicer_context_get_property (GObject *object,
                                        guint id,
                                        GValue *value,
                                        GParamSpec *pspec)
{
  GrpcAioServicerContext *self = GRPC_AIO_SERVICER_CONTEXT (object);

  switch (id)
    {
    case PROP_SERVER:
      g_value_set_object (value, self->server);
      break;

    case PROP_METHOD:
      g_value_set_string (value, self->method);
      break;

    case PROP_HOST:
      g_value_set_string (value, self->host);
      break;

    case PROP_INVOCATION_METADATA:
      g_value_set_boxed (value, grpc_aio_servicer_context_get_invocation_metadata (self));
      break;

    case PROP_ACTIVE:
      g_value_set_boolean (value, grpc_aio_servicer_context_is_active (self));
      break;

    case PROP_CANCELLED:
      g_value_set_boolean (value, grpc_aio_servicer_context_is_cancelled (self));
      break;

    case PROP_IDENTITY:
      g_value_set_string (value, grpc_aio_servicer_context_get_identity (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_servicer_context_class_init (GrpcAioServicerContextClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->dispose = grpc_aio_servicer_context_dispose;
  object_class->finalize = grpc_aio_servicer_context_finalize;
  object_class->get_property = grpc_aio_servicer_context_get_property;

  /**
   * GrpcAioServicerContext:server:
   *
   * The server that was called.
   *
   * Since: 0.1
   */
  properties[PROP_SERVER] = g_param_spec_object ("server", NULL, NULL, GRPC_AIO_TYPE_SERVER, flags);

  /**
   * GrpcAioServicerContext:method:
   *
   * The full name, `/package.Service/Method`.
   *
   * Since: 0.1
   */
  properties[PROP_METHOD] = g_param_spec_string ("method", NULL, NULL, NULL, flags);

  /**
   * GrpcAioServicerContext:host:
   *
   * The `:authority` that the client named, or `NULL` for a method of a
   * [class@Service].
   *
   * Since: 0.1
   */
  properties[PROP_HOST] = g_param_spec_string ("host", NULL, NULL, NULL, flags);

  /**
   * GrpcAioServicerContext:invocation-metadata:
   *
   * The initial metadata that the client sent.
   *
   * Since: 0.1
   */
  properties[PROP_INVOCATION_METADATA] = g_param_spec_boxed ("invocation-metadata", NULL, NULL, GRPC_AIO_TYPE_METADATA, flags);

  /**
   * GrpcAioServicerContext:active:
   *
   * Whether the call is not over. It is notified once, before
   * [signal@ServicerContext::done].
   *
   * Since: 0.1
   */
  properties[PROP_ACTIVE] = g_param_spec_boolean ("active", NULL, NULL, TRUE, flags);

  /**
   * GrpcAioServicerContext:cancelled:
   *
   * Whether the call ended without its answer. It is notified once, if so, before
   * [signal@ServicerContext::done].
   *
   * Since: 0.1
   */
  properties[PROP_CANCELLED] = g_param_spec_boolean ("cancelled", NULL, NULL, FALSE, flags);

  /**
   * GrpcAioServicerContext:identity:
   *
   * Who the caller is, as an interceptor found out, or `NULL`. It is not notified.
   *
   * Since: 0.1
   */
  properties[PROP_IDENTITY] = g_param_spec_string ("identity", NULL, NULL, NULL, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * GrpcAioServicerContext::done:
   * @self: the context
   *
   * Emitted once, in the main context of the handler, when the call is over: after its
   * answer was sent, or when the client gave it up. Then a handler may stop its
   * work. It is not emitted for a context whose last reference is gone.
   *
   * Since: 0.1
   */
  signals[SIGNAL_DONE] = g_signal_new ("done", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                       NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
grpc_aio_servicer_context_init (GrpcAioServicerContext *self)
{
}

/* Takes over what @incoming owns. */
GrpcAioServicerContext *
grpc_aio_servicer_context_new (GrpcAioServer *server,
                               GrpcAioQueue *queue,
                               GrpcAioIncomingCall *incoming)
{
  GrpcAioServicerContext *self = grpc_aio_pool_take (GRPC_AIO_POOL_SERVICER_CONTEXT, GRPC_AIO_TYPE_SERVICER_CONTEXT);

  g_mutex_init (&self->core_call.lock);
  grpc_aio_core_call_init (&self->core_call, self,
                           incoming->interceptors == NULL ? &grpc_aio_servicer_context_core_call_funcs
                                                          : &grpc_aio_servicer_context_intercepted_call_funcs,
                           queue);
  self->core_call.core = incoming->core;
  self->core_call.needs_initial_metadata = TRUE;
  self->server = g_object_ref (server);
  self->seat = incoming->seat;
  self->own_method = g_steal_pointer (&incoming->own_method);
  self->method = self->own_method != NULL ? self->own_method : incoming->method;
  self->own_handler = g_steal_pointer (&incoming->own_handler);
  self->handler = self->own_handler != NULL ? self->own_handler : incoming->handler;
  self->host = g_steal_pointer (&incoming->host);
  self->deadline = incoming->deadline;
  self->request_array = incoming->metadata;
  grpc_metadata_array_init (&incoming->metadata);
  self->request_buffer = g_steal_pointer (&incoming->payload);
  self->interceptors = incoming->interceptors;

  return self;
}

/* For a call that ends with this one: grpc-core ends it when it hears that this one
 * is over. */
grpc_call *
grpc_aio_servicer_context_get_parent_core (GrpcAioServicerContext *self)
{
  g_mutex_lock (&self->core_call.lock);
  grpc_aio_servicer_context_arm_close (self);
  g_mutex_unlock (&self->core_call.lock);

  return self->core_call.core;
}

/* Has @watch called when the call is over. */
void
grpc_aio_servicer_context_set_watch (GrpcAioServicerContext *self,
                                     GrpcAioServicerContextWatch watch,
                                     gpointer user_data)
{
  self->watch = watch;
  self->watch_data = user_data;
}

const grpc_metadata_array *
grpc_aio_servicer_context_get_request_array (GrpcAioServicerContext *self)
{
  return &self->request_array;
}

GrpcAioSeat *
grpc_aio_servicer_context_get_seat (GrpcAioServicerContext *self)
{
  return &self->seat;
}

GrpcAioQueue *
grpc_aio_servicer_context_get_queue (GrpcAioServicerContext *self)
{
  return self->core_call.queue;
}

/* What a handler is given lives as long as the context. */
void
grpc_aio_servicer_context_keep_request (GrpcAioServicerContext *self,
                                        GBytes *request)
{
  if (request == NULL || request == self->request)
    return;

  g_mutex_lock (&self->core_call.lock);
  self->other_requests = g_slist_prepend (self->other_requests, g_bytes_ref (request));
  g_mutex_unlock (&self->core_call.lock);
}

/* Whether this thread runs the main context of the call. */
gboolean
grpc_aio_servicer_context_is_here (GrpcAioServicerContext *self)
{
  GMainContext *main_context = g_main_context_get_thread_default ();

  if (main_context == NULL)
    main_context = g_main_context_default ();

  return grpc_aio_queue_is_for (self->core_call.queue, main_context) && g_main_context_is_owner (main_context);
}

/* How long the call took, of servers with interceptors. */
gint64
grpc_aio_servicer_context_get_duration (GrpcAioServicerContext *self)
{
  return self->end_usec - self->birth_usec;
}

/**
 * grpc_aio_servicer_context_get_server:
 * @self: a context
 *
 * Gets the server that was called.
 *
 * Returns: (transfer none): the server
 *
 * Since: 0.1
 */
GrpcAioServer *
grpc_aio_servicer_context_get_server (GrpcAioServicerContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  return self->server;
}

/**
 * grpc_aio_servicer_context_get_method:
 * @self: a context
 *
 * Gets the full name of the method.
 *
 * Returns: `/package.Service/Method`
 *
 * Since: 0.1
 */
const char *
grpc_aio_servicer_context_get_method (GrpcAioServicerContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  return self->method;
}

/**
 * grpc_aio_servicer_context_get_host:
 * @self: a context
 *
 * Gets the `:authority` that the client named.
 *
 * Returns: (nullable): the host, or `NULL` for a method of a [class@Service]
 *
 * Since: 0.1
 */
const char *
grpc_aio_servicer_context_get_host (GrpcAioServicerContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  return self->host;
}

/**
 * grpc_aio_servicer_context_get_kind:
 * @self: a context
 *
 * Gets which sides of the method stream.
 *
 * Returns: the kind
 *
 * Since: 0.1
 */
GrpcAioMethodKind
grpc_aio_servicer_context_get_kind (GrpcAioServicerContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), GRPC_AIO_METHOD_KIND_UNARY_UNARY);

  return self->handler != NULL ? grpc_aio_rpc_method_handler_get_kind (self->handler) : GRPC_AIO_METHOD_KIND_UNARY_UNARY;
}

/**
 * grpc_aio_servicer_context_get_invocation_metadata:
 * @self: a context
 *
 * Gets the initial metadata that the client sent.
 *
 * Returns: (transfer none): the metadata
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_servicer_context_get_invocation_metadata (GrpcAioServicerContext *self)
{
  GrpcAioMetadata *metadata;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  g_mutex_lock (&self->core_call.lock);
  if (self->invocation_metadata == NULL)
    self->invocation_metadata = grpc_aio_core_metadata_to_glib (&self->request_array);
  metadata = self->invocation_metadata;
  g_mutex_unlock (&self->core_call.lock);

  return metadata;
}

/**
 * grpc_aio_servicer_context_dup_peer:
 * @self: a context
 *
 * Gets the address of the client, such as `ipv4:127.0.0.1:40000`. It is what the
 * network says, and proves nothing.
 *
 * Returns: (nullable) (transfer full): the address, or `NULL` if there is none
 *
 * Since: 0.1
 */
char *
grpc_aio_servicer_context_dup_peer (GrpcAioServicerContext *self)
{
  g_autofree char *core_peer = NULL;
  char *peer;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  core_peer = grpc_aio_core_call_dup_peer (&self->core_call);
  peer = core_peer != NULL ? grpc_aio_acceptor_dup_peer (core_peer) : NULL;

  return peer != NULL ? peer : g_steal_pointer (&core_peer);
}

/**
 * grpc_aio_servicer_context_dup_peer_credentials:
 * @self: a context
 *
 * Gets the process, the user and the group of the client: what the kernel says of who
 * has connected a Unix socket.
 *
 * It knows them of the Unix sockets of [method@Server.add_socket] and
 * [method@Server.add_activation_sockets], but not of those of
 * [method@Server.add_port], where grpc-core accepts the connections. The user and the group are proved. The
 * process is who connected: it may have ended, or have given the connection to
 * another, and its number may be that of another process by now.
 *
 * Returns: (nullable) (transfer full): the credentials, or `NULL` when they are not
 *   known
 *
 * Since: 0.1
 */
GCredentials *
grpc_aio_servicer_context_dup_peer_credentials (GrpcAioServicerContext *self)
{
  g_autofree char *core_peer = NULL;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  core_peer = grpc_aio_core_call_dup_peer (&self->core_call);

  return core_peer != NULL ? grpc_aio_acceptor_dup_credentials (core_peer) : NULL;
}

/**
 * grpc_aio_servicer_context_get_auth_context:
 * @self: a context
 *
 * Gets how the connection is secured, and who the client has proved to be.
 *
 * It is empty when the connection has no security of its own.
 *
 * Returns: (transfer none): what is known of the client
 *
 * Since: 0.1
 */
GrpcAioAuthContext *
grpc_aio_servicer_context_get_auth_context (GrpcAioServicerContext *self)
{
  GrpcAioAuthContext *auth_context;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  g_mutex_lock (&self->core_call.lock);
  if (self->auth_context == NULL && self->core_call.core != NULL && grpc_aio_core_is_usable ())
    self->auth_context = grpc_aio_auth_context_new_for_call (self->core_call.core);
  else if (self->auth_context == NULL)
    self->auth_context = grpc_aio_auth_context_new_for_core (NULL);
  auth_context = self->auth_context;
  g_mutex_unlock (&self->core_call.lock);

  return auth_context;
}

/**
 * grpc_aio_servicer_context_dup_peer_identities:
 * @self: a context
 *
 * Gets who the client has proved to be, such as the names in its certificate:
 * [method@AuthContext.dup_peer_identities] of
 * [method@ServicerContext.get_auth_context].
 *
 * Returns: (transfer full) (element-type GBytes): the identities; none when the
 *   client is not authenticated
 *
 * Since: 0.1
 */
GList *
grpc_aio_servicer_context_dup_peer_identities (GrpcAioServicerContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  return grpc_aio_auth_context_dup_peer_identities (grpc_aio_servicer_context_get_auth_context (self));
}

/**
 * grpc_aio_servicer_context_get_peer_identity_key:
 * @self: a context
 *
 * Gets the name of the property that says who the client is:
 * [method@AuthContext.get_peer_identity_key] of
 * [method@ServicerContext.get_auth_context].
 *
 * Returns: (nullable): the name, or `NULL` when the client is not authenticated
 *
 * Since: 0.1
 */
const char *
grpc_aio_servicer_context_get_peer_identity_key (GrpcAioServicerContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  return grpc_aio_auth_context_get_peer_identity_key (grpc_aio_servicer_context_get_auth_context (self));
}

/**
 * grpc_aio_servicer_context_time_remaining:
 * @self: a context
 *
 * Gets how long the client will wait for the answer.
 *
 * Returns: microseconds, 0 when its time is over, or -1 without a deadline
 *
 * Since: 0.1
 */
gint64
grpc_aio_servicer_context_time_remaining (GrpcAioServicerContext *self)
{
  gint64 left;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), -1);

  left = grpc_aio_servicer_context_get_time_left (self);

  return left < G_MAXINT64 ? MAX (0, left) : -1;
}

/**
 * grpc_aio_servicer_context_is_active:
 * @self: a context
 *
 * Whether the call is not over.
 *
 * Returns: whether it runs
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_is_active (GrpcAioServicerContext *self)
{
  return !grpc_aio_servicer_context_is_done (self);
}

/**
 * grpc_aio_servicer_context_is_done:
 * @self: a context
 *
 * Whether the call is over: its answer was sent, or the client gave it up.
 *
 * Returns: whether it is over
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_is_done (GrpcAioServicerContext *self)
{
  gboolean value;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), FALSE);

  g_mutex_lock (&self->core_call.lock);
  value = self->is_done;
  g_mutex_unlock (&self->core_call.lock);

  return value;
}

/**
 * grpc_aio_servicer_context_is_cancelled:
 * @self: a context
 *
 * Whether the call ended without its answer: the client cancelled it or is gone,
 * the deadline passed, or the server stopped.
 *
 * Returns: whether it was given up
 *
 * Since: 0.1
 */
gboolean
grpc_aio_servicer_context_is_cancelled (GrpcAioServicerContext *self)
{
  gboolean value;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), FALSE);

  g_mutex_lock (&self->core_call.lock);
  value = self->is_cancelled;
  g_mutex_unlock (&self->core_call.lock);

  return value;
}

static void
value_free (gpointer data)
{
  g_value_unset (data);
  g_free (data);
}

/**
 * grpc_aio_servicer_context_set_value:
 * @self: a context
 * @key: a name; with the name of your program or library in it there will be no
 *   mix-up, such as `example-user`
 * @value: (nullable): what it stands for, or `NULL` to remove it
 *
 * Attaches a value to the call, such as for an interceptor to hand something to
 * the handler. It goes with the call.
 *
 * C may as well use `g_object_set_data_full ()`, which works from no other
 * language, and costs a little more for each call.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_set_value (GrpcAioServicerContext *self,
                                     const char *key,
                                     const GValue *value)
{
  GValue *copy = NULL;
  g_autofree char *old_key = NULL;
  gpointer taken_key = NULL;
  gpointer old = NULL;

  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));
  g_return_if_fail (key != NULL);
  g_return_if_fail (value == NULL || G_IS_VALUE (value));

  if (value != NULL)
    {
      copy = g_new0 (GValue, 1);
      g_value_init (copy, G_VALUE_TYPE (value));
      g_value_copy (value, copy);
    }

  /* What goes may run code of the program: not under the lock. */
  g_mutex_lock (&self->core_call.lock);
  if (self->values == NULL)
    self->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, value_free);
  g_hash_table_steal_extended (self->values, key, &taken_key, &old);
  if (copy != NULL)
    g_hash_table_insert (self->values, g_strdup (key), copy);
  g_mutex_unlock (&self->core_call.lock);

  old_key = taken_key;
  if (old != NULL)
    value_free (old);
}

/**
 * grpc_aio_servicer_context_get_value:
 * @self: a context
 * @key: a name
 *
 * Gets what was attached with [method@ServicerContext.set_value].
 *
 * Returns: (nullable) (transfer none): the value, until it is set again, or `NULL`
 *   if there is none
 *
 * Since: 0.1
 */
const GValue *
grpc_aio_servicer_context_get_value (GrpcAioServicerContext *self,
                                     const char *key)
{
  const GValue *value;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  g_mutex_lock (&self->core_call.lock);
  value = self->values != NULL ? g_hash_table_lookup (self->values, key) : NULL;
  g_mutex_unlock (&self->core_call.lock);

  return value;
}

/**
 * grpc_aio_servicer_context_set_identity:
 * @self: a context
 * @identity: (nullable): who it is, or `NULL` when nobody knows
 *
 * Sets who the caller is: for interceptors that found out, such as
 * [class@ServerAuthInterceptor]. To be called before the handler runs.
 *
 * Since: 0.1
 */
void
grpc_aio_servicer_context_set_identity (GrpcAioServicerContext *self,
                                        const char *identity)
{
  char *before;

  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self));

  g_mutex_lock (&self->core_call.lock);
  before = self->identity;
  self->identity = g_strdup (identity);
  g_mutex_unlock (&self->core_call.lock);

  g_free (before);
}

/**
 * grpc_aio_servicer_context_get_identity:
 * @self: a context
 *
 * Gets who the caller is, as an interceptor found out. What the transport knows is
 * in [method@ServicerContext.get_auth_context].
 *
 * Returns: (nullable): the identity, or `NULL` when nobody knows
 *
 * Since: 0.1
 */
const char *
grpc_aio_servicer_context_get_identity (GrpcAioServicerContext *self)
{
  const char *value;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (self), NULL);

  g_mutex_lock (&self->core_call.lock);
  value = self->identity;
  g_mutex_unlock (&self->core_call.lock);

  return value;
}
