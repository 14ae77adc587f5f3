/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "server/grpc-aio-rpc-method-handler-private.h"

#include <grpc-aio-glib/grpc-aio-enums.h>
#include <grpc-aio-glib/grpc-aio-servicer-context.h>

#include "server/grpc-aio-servicer-context-private.h"

/**
 * GrpcAioRpcMethodHandler:
 *
 * The function that serves a method, and which sides of the method stream.
 *
 * Since: 0.1
 */
struct _GrpcAioRpcMethodHandler
{
  GObject parent_instance;

  GrpcAioMethodKind kind;
  GrpcAioHandlerFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
  gint is_blocking; /* atomic */
};

enum
{
  PROP_KIND = 1,
  PROP_BLOCKING,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GrpcAioRpcMethodHandler, grpc_aio_rpc_method_handler, G_TYPE_OBJECT)

static void
grpc_aio_rpc_method_handler_finalize (GObject *object)
{
  GrpcAioRpcMethodHandler *self = GRPC_AIO_RPC_METHOD_HANDLER (object);

  if (self->destroy != NULL)
    self->destroy (self->user_data);

  G_OBJECT_CLASS (grpc_aio_rpc_method_handler_parent_class)->finalize (object);
}

static void
grpc_aio_rpc_method_handler_get_property (GObject *object,
                                          guint id,
                                          GValue *value,
                                          GParamSpec *pspec)
{
  GrpcAioRpcMethodHandler *self = GRPC_AIO_RPC_METHOD_HANDLER (object);

  switch (id)
    {
    case PROP_KIND:
      g_value_set_enum (value, self->kind);
      break;

    case PROP_BLOCKING:
      g_value_set_boolean (value, grpc_aio_rpc_method_handler_get_blocking (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_rpc_method_handler_set_property (GObject *object,
                                          guint id,
                                          const GValue *value,
                                          GParamSpec *pspec)
{
  GrpcAioRpcMethodHandler *self = GRPC_AIO_RPC_METHOD_HANDLER (object);

  switch (id)
    {
    case PROP_BLOCKING:
      grpc_aio_rpc_method_handler_set_blocking (self, g_value_get_boolean (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_rpc_method_handler_class_init (GrpcAioRpcMethodHandlerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = grpc_aio_rpc_method_handler_finalize;
  object_class->get_property = grpc_aio_rpc_method_handler_get_property;
  object_class->set_property = grpc_aio_rpc_method_handler_set_property;

  /**
   * GrpcAioRpcMethodHandler:kind:
   *
   * Which sides stream.
   *
   * Since: 0.1
   */
  properties[PROP_KIND] = g_param_spec_enum ("kind", NULL, NULL, GRPC_AIO_TYPE_METHOD_KIND,
                                             GRPC_AIO_METHOD_KIND_UNARY_UNARY,
                                             G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioRpcMethodHandler:blocking:
   *
   * Whether the function runs in a thread of its own, where it may block.
   *
   * See [method@RpcMethodHandler.set_blocking].
   *
   * Since: 0.1
   */
  properties[PROP_BLOCKING] = g_param_spec_boolean ("blocking", NULL, NULL, FALSE,
                                                    G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
grpc_aio_rpc_method_handler_init (GrpcAioRpcMethodHandler *self)
{
}

void
grpc_aio_rpc_method_handler_run (GrpcAioRpcMethodHandler *self,
                                 GrpcAioServicerContext *context,
                                 GBytes *request)
{
  /* A handler made without a function answers nothing, which is UNKNOWN. */
  if (self->func != NULL)
    self->func (context, request, self->user_data);
}

static GrpcAioRpcMethodHandler *
handler_new (GrpcAioMethodKind kind,
             GrpcAioHandlerFunc func,
             gpointer user_data,
             GDestroyNotify destroy)
{
  GrpcAioRpcMethodHandler *self = g_object_new (GRPC_AIO_TYPE_RPC_METHOD_HANDLER, NULL);

  self->kind = kind;
  self->func = func;
  self->user_data = user_data;
  self->destroy = destroy;

  return self;
}

/**
 * grpc_aio_rpc_method_handler_new:
 * @kind: which sides stream
 * @func: (scope notified) (closure user_data) (destroy destroy): serves a call
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Creates a handler of any kind, such as one of the same kind as another that it
 * wraps.
 *
 * Returns: (transfer full): a new handler
 *
 * Since: 0.1
 */
GrpcAioRpcMethodHandler *
grpc_aio_rpc_method_handler_new (GrpcAioMethodKind kind,
                                 GrpcAioHandlerFunc func,
                                 gpointer user_data,
                                 GDestroyNotify destroy)
{
  g_return_val_if_fail (kind >= GRPC_AIO_METHOD_KIND_UNARY_UNARY && kind <= GRPC_AIO_METHOD_KIND_STREAM_STREAM, NULL);
  g_return_val_if_fail (func != NULL, NULL);

  return handler_new (kind, func, user_data, destroy);
}

/**
 * grpc_aio_rpc_method_handler_new_unary_unary:
 * @func: (scope notified) (closure user_data) (destroy destroy): serves a call
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Creates a handler for a method with one request and one response.
 *
 * Returns: (transfer full): a new handler
 *
 * Since: 0.1
 */
GrpcAioRpcMethodHandler *
grpc_aio_rpc_method_handler_new_unary_unary (GrpcAioHandlerFunc func,
                                             gpointer user_data,
                                             GDestroyNotify destroy)
{
  g_return_val_if_fail (func != NULL, NULL);

  return handler_new (GRPC_AIO_METHOD_KIND_UNARY_UNARY, func, user_data, destroy);
}

/**
 * grpc_aio_rpc_method_handler_new_unary_stream:
 * @func: (scope notified) (closure user_data) (destroy destroy): serves a call
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Creates a handler for a method with one request and a stream of responses.
 *
 * Returns: (transfer full): a new handler
 *
 * Since: 0.1
 */
GrpcAioRpcMethodHandler *
grpc_aio_rpc_method_handler_new_unary_stream (GrpcAioHandlerFunc func,
                                              gpointer user_data,
                                              GDestroyNotify destroy)
{
  g_return_val_if_fail (func != NULL, NULL);

  return handler_new (GRPC_AIO_METHOD_KIND_UNARY_STREAM, func, user_data, destroy);
}

/**
 * grpc_aio_rpc_method_handler_new_stream_unary:
 * @func: (scope notified) (closure user_data) (destroy destroy): serves a call
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Creates a handler for a method with a stream of requests and one response.
 *
 * Returns: (transfer full): a new handler
 *
 * Since: 0.1
 */
GrpcAioRpcMethodHandler *
grpc_aio_rpc_method_handler_new_stream_unary (GrpcAioHandlerFunc func,
                                              gpointer user_data,
                                              GDestroyNotify destroy)
{
  g_return_val_if_fail (func != NULL, NULL);

  return handler_new (GRPC_AIO_METHOD_KIND_STREAM_UNARY, func, user_data, destroy);
}

/**
 * grpc_aio_rpc_method_handler_new_stream_stream:
 * @func: (scope notified) (closure user_data) (destroy destroy): serves a call
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Creates a handler for a method with two streams.
 *
 * Returns: (transfer full): a new handler
 *
 * Since: 0.1
 */
GrpcAioRpcMethodHandler *
grpc_aio_rpc_method_handler_new_stream_stream (GrpcAioHandlerFunc func,
                                               gpointer user_data,
                                               GDestroyNotify destroy)
{
  g_return_val_if_fail (func != NULL, NULL);

  return handler_new (GRPC_AIO_METHOD_KIND_STREAM_STREAM, func, user_data, destroy);
}

/**
 * grpc_aio_rpc_method_handler_get_kind:
 * @self: a handler
 *
 * Gets which sides of the method stream.
 *
 * Returns: the kind
 *
 * Since: 0.1
 */
GrpcAioMethodKind
grpc_aio_rpc_method_handler_get_kind (GrpcAioRpcMethodHandler *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_RPC_METHOD_HANDLER (self), GRPC_AIO_METHOD_KIND_UNARY_UNARY);

  return self->kind;
}

/**
 * grpc_aio_rpc_method_handler_set_blocking:
 * @self: a handler
 * @blocking: whether its function blocks
 *
 * Has the function run in a thread of its own, where it may block. Set it before
 * calls come.
 *
 * The server keeps [property@Server:max-threads] of these threads at the most; when
 * all are busy further calls wait, in order, and their clients may give them up
 * meanwhile. Handlers that block and others may be mixed in one server.
 *
 * In such a function those of [class@ServicerContext] that end in `_sync` are the
 * natural ones, and so are all others that block. They fail as soon as the client
 * gives up the call; where there are none, look at
 * [method@ServicerContext.is_cancelled] from time to time. The answer may be given
 * there, or later in any thread. While the function runs the thread has a main
 * context of its own as its thread-default one, which nobody runs: what is started
 * with an `_async` function calls back only if the function itself iterates it.
 *
 * [signal@ServicerContext::done] is emitted in the main context of the server, so
 * in another thread.
 *
 * When a server stops it waits for such functions until the time of grace is over,
 * and no longer.
 *
 * Functions of Python may block so, and run one at a time when they compute; those
 * of JavaScript cannot, since they run in the main thread only.
 *
 * Since: 0.1
 */
void
grpc_aio_rpc_method_handler_set_blocking (GrpcAioRpcMethodHandler *self,
                                          gboolean blocking)
{
  g_return_if_fail (GRPC_AIO_IS_RPC_METHOD_HANDLER (self));

  blocking = blocking != FALSE;
  if (g_atomic_int_get (&self->is_blocking) == blocking)
    return;

  g_atomic_int_set (&self->is_blocking, blocking);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BLOCKING]);
}

/**
 * grpc_aio_rpc_method_handler_get_blocking:
 * @self: a handler
 *
 * Gets whether the function runs in a thread of its own.
 *
 * Returns: whether it may block
 *
 * Since: 0.1
 */
gboolean
grpc_aio_rpc_method_handler_get_blocking (GrpcAioRpcMethodHandler *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_RPC_METHOD_HANDLER (self), FALSE);

  return g_atomic_int_get (&self->is_blocking);
}

/**
 * grpc_aio_rpc_method_handler_serve:
 * @self: a handler
 * @context: the call to answer
 * @request: (nullable): the request, or `NULL` where the requests are a stream
 *
 * Serves a call: for a handler that wraps another.
 *
 * A handler that blocks gets its thread, unless this is one.
 *
 * Since: 0.1
 */
void
grpc_aio_rpc_method_handler_serve (GrpcAioRpcMethodHandler *self,
                                   GrpcAioServicerContext *context,
                                   GBytes *request)
{
  g_return_if_fail (GRPC_AIO_IS_RPC_METHOD_HANDLER (self));
  g_return_if_fail (GRPC_AIO_IS_SERVICER_CONTEXT (context));

  grpc_aio_servicer_context_keep_request (context, request);
  if (grpc_aio_rpc_method_handler_get_blocking (self) && grpc_aio_servicer_context_is_here (context))
    grpc_aio_servicer_context_run_blocking (context, self, request);
  else
    grpc_aio_rpc_method_handler_run (self, context, request);
}
