/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-multi-callable-private.h"

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-call-options.h>
#include <grpc-aio-glib/grpc-aio-enums.h>

#include "client/grpc-aio-call-private.h"
#include "client/grpc-aio-channel-private.h"
#include "engine/grpc-aio-sync-private.h"

/**
 * GrpcAioMultiCallable:
 *
 * One method of a service, ready to be called over a [class@Channel] any number
 * of times.
 *
 * It comes from [method@Channel.unary_unary] and its siblings, and keeps its
 * channel alive. It may be used from any thread.
 *
 * Since: 0.1
 */
struct _GrpcAioMultiCallable
{
  GObject parent_instance;

  GrpcAioChannel *channel;
  GrpcAioChannel *base;    /* has the connection; the channel keeps it */
  GPtrArray *interceptors; /* of the channel; NULL for none */
  char *method;
  GrpcAioMethodKind kind;
  gpointer registered; /* grpc-core's handle; lives with the core channel */
};

enum
{
  PROP_CHANNEL = 1,
  PROP_METHOD,
  PROP_KIND,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GrpcAioMultiCallable, grpc_aio_multi_callable, G_TYPE_OBJECT)

static void
grpc_aio_multi_callable_finalize (GObject *object)
{
  GrpcAioMultiCallable *self = GRPC_AIO_MULTI_CALLABLE (object);

  g_free (self->method);
  g_clear_pointer (&self->interceptors, g_ptr_array_unref);
  g_object_unref (self->channel);

  G_OBJECT_CLASS (grpc_aio_multi_callable_parent_class)->finalize (object);
}

static void
grpc_aio_multi_callable_get_property (GObject *object,
                                      guint id,
                                      GValue *value,
                                      GParamSpec *pspec)
{
  GrpcAioMultiCallable *self = GRPC_AIO_MULTI_CALLABLE (object);

  switch (id)
    {
    case PROP_CHANNEL:
      g_value_set_object (value, self->channel);
      break;

    case PROP_METHOD:
      g_value_set_string (value, self->method);
      break;

    case PROP_KIND:
      g_value_set_enum (value, self->kind);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_multi_callable_class_init (GrpcAioMultiCallableClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = grpc_aio_multi_callable_finalize;
  object_class->get_property = grpc_aio_multi_callable_get_property;

  /**
   * GrpcAioMultiCallable:channel:
   *
   * The channel that the calls go over.
   *
   * Since: 0.1
   */
  properties[PROP_CHANNEL] = g_param_spec_object ("channel", NULL, NULL, GRPC_AIO_TYPE_CHANNEL, flags);

  /**
   * GrpcAioMultiCallable:method:
   *
   * The full name, `/package.Service/Method`.
   *
   * Since: 0.1
   */
  properties[PROP_METHOD] = g_param_spec_string ("method", NULL, NULL, NULL, flags);

  /**
   * GrpcAioMultiCallable:kind:
   *
   * Which sides stream.
   *
   * Since: 0.1
   */
  properties[PROP_KIND] = g_param_spec_enum ("kind", NULL, NULL, GRPC_AIO_TYPE_METHOD_KIND,
                                             GRPC_AIO_METHOD_KIND_UNARY_UNARY, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
grpc_aio_multi_callable_init (GrpcAioMultiCallable *self)
{
}

GrpcAioMultiCallable *
grpc_aio_multi_callable_new (GrpcAioChannel *channel,
                             const char *method,
                             GrpcAioMethodKind kind)
{
  GrpcAioMultiCallable *self = g_object_new (GRPC_AIO_TYPE_MULTI_CALLABLE, NULL);

  self->channel = g_object_ref (channel);
  self->base = grpc_aio_channel_get_base (channel);
  if (self->base == NULL)
    self->base = channel;
  if (grpc_aio_channel_get_chain (channel) != NULL)
    self->interceptors = g_ptr_array_ref (grpc_aio_channel_get_chain (channel));
  self->method = g_strdup (method);
  self->kind = kind;
  self->registered = grpc_aio_channel_register_method (self->base, method);

  return self;
}

/* The channel that the core calls go over. */
GrpcAioChannel *
grpc_aio_multi_callable_get_base (GrpcAioMultiCallable *self)
{
  return self->base;
}

/* NULL for none. */
GPtrArray *
grpc_aio_multi_callable_get_interceptors (GrpcAioMultiCallable *self)
{
  return self->interceptors;
}

gpointer
grpc_aio_multi_callable_get_registered (GrpcAioMultiCallable *self)
{
  return self->registered;
}

static gboolean
takes_one_request (GrpcAioMultiCallable *self)
{
  return self->kind == GRPC_AIO_METHOD_KIND_UNARY_UNARY || self->kind == GRPC_AIO_METHOD_KIND_UNARY_STREAM;
}

static gboolean
gives_one_response (GrpcAioMultiCallable *self)
{
  return self->kind == GRPC_AIO_METHOD_KIND_UNARY_UNARY || self->kind == GRPC_AIO_METHOD_KIND_STREAM_UNARY;
}

/**
 * grpc_aio_multi_callable_get_channel:
 * @self: a method
 *
 * Gets the channel that the calls go over.
 *
 * Returns: (transfer none): the channel
 *
 * Since: 0.1
 */
GrpcAioChannel *
grpc_aio_multi_callable_get_channel (GrpcAioMultiCallable *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_MULTI_CALLABLE (self), NULL);

  return self->channel;
}

/**
 * grpc_aio_multi_callable_get_method:
 * @self: a method
 *
 * Gets the full name of the method.
 *
 * Returns: `/package.Service/Method`
 *
 * Since: 0.1
 */
const char *
grpc_aio_multi_callable_get_method (GrpcAioMultiCallable *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_MULTI_CALLABLE (self), NULL);

  return self->method;
}

/**
 * grpc_aio_multi_callable_get_kind:
 * @self: a method
 *
 * Gets which sides stream.
 *
 * Returns: the kind
 *
 * Since: 0.1
 */
GrpcAioMethodKind
grpc_aio_multi_callable_get_kind (GrpcAioMultiCallable *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_MULTI_CALLABLE (self), GRPC_AIO_METHOD_KIND_UNARY_UNARY);

  return self->kind;
}

/**
 * grpc_aio_multi_callable_call:
 * @self: a method
 * @request: (nullable): the request; `NULL` if and only if the requests are a
 *   stream
 * @options: (nullable): what to choose for this call
 *
 * Starts a call.
 *
 * The call is under way when this returns and belongs to the thread-default
 * main context. You may drop it: a call with one request and one response runs
 * to its end all the same; one that streams is cancelled when its last
 * reference goes.
 *
 * Returns: (transfer full): the call
 *
 * Since: 0.1
 */
GrpcAioCall *
grpc_aio_multi_callable_call (GrpcAioMultiCallable *self,
                              GBytes *request,
                              GrpcAioCallOptions *options)
{
  g_autoptr (GrpcAioQueue) queue = NULL;

  g_return_val_if_fail (GRPC_AIO_IS_MULTI_CALLABLE (self), NULL);
  g_return_val_if_fail ((request != NULL) == takes_one_request (self), NULL);
  g_return_val_if_fail (options == NULL || GRPC_AIO_IS_CALL_OPTIONS (options), NULL);

  queue = grpc_aio_channel_get_queue (self->base);
  if (G_UNLIKELY (self->interceptors != NULL))
    return grpc_aio_call_new_intercepted (self, queue, request, options, 0);

  return grpc_aio_call_new (self, queue, request, options);
}

/**
 * grpc_aio_multi_callable_invoke_async:
 * @self: a method with one request and one response
 * @request: (nullable): the request
 * @options: (nullable): what to choose for this call
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once the call has ended
 * @user_data: data for @callback
 *
 * Starts a call and waits for its response: the short form of
 * [method@MultiCallable.call] and [method@Call.response_async].
 *
 * Since: 0.1
 */
void
grpc_aio_multi_callable_invoke_async (GrpcAioMultiCallable *self,
                                      GBytes *request,
                                      GrpcAioCallOptions *options,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_autoptr (GrpcAioQueue) queue = NULL;
  GrpcAioOperation *operation;

  g_return_if_fail (GRPC_AIO_IS_MULTI_CALLABLE (self));
  g_return_if_fail (options == NULL || GRPC_AIO_IS_CALL_OPTIONS (options));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = grpc_aio_operation_new (GRPC_AIO_WAIT_RESPONSE, self, grpc_aio_multi_callable_invoke_async,
                                      cancellable, callback, user_data);
  if (g_cancellable_is_cancelled (cancellable))
    {
      grpc_aio_operation_return_cancelled (operation);
      return;
    }
  if (!gives_one_response (self))
    {
      grpc_aio_operation_return_new_error (operation, G_IO_ERROR_NOT_SUPPORTED,
                                           _("The responses of %s are a stream: start a call and read them"), self->method);
      return;
    }
  if (!takes_one_request (self))
    {
      grpc_aio_operation_return_new_error (operation, G_IO_ERROR_NOT_SUPPORTED,
                                           _("The requests of %s are a stream: start a call and write them"), self->method);
      return;
    }
  if (request == NULL)
    {
      grpc_aio_operation_return_new_error (operation, G_IO_ERROR_INVALID_ARGUMENT, _("%s needs a request"), self->method);
      return;
    }

  queue = grpc_aio_channel_get_queue (self->base);
  if (G_UNLIKELY (self->interceptors != NULL))
    grpc_aio_call_run_intercepted (self, queue, request, options, operation);
  else
    grpc_aio_call_run (self, queue, request, options, operation);
}

/**
 * grpc_aio_multi_callable_invoke_finish:
 * @self: a method
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@MultiCallable.invoke_async].
 *
 * Returns: (transfer full): the response
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_multi_callable_invoke_finish (GrpcAioMultiCallable *self,
                                       GAsyncResult *result,
                                       GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_multi_callable_invoke_async), NULL);

  return grpc_aio_operation_propagate_pointer (result, error);
}

/**
 * grpc_aio_multi_callable_invoke_sync:
 * @self: a method with one request and one response
 * @request: the request
 * @options: (nullable): what to choose for this call
 * @cancellable: (nullable): a way to cancel the call
 * @error: where to put an error
 *
 * Calls the method and blocks until its response is here. No main loop needs to
 * run.
 *
 * Returns: (transfer full): the response
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_multi_callable_invoke_sync (GrpcAioMultiCallable *self,
                                     GBytes *request,
                                     GrpcAioCallOptions *options,
                                     GCancellable *cancellable,
                                     GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };
  g_autoptr (GrpcAioCall) call = NULL;

  g_return_val_if_fail (GRPC_AIO_IS_MULTI_CALLABLE (self), NULL);
  g_return_val_if_fail (self->kind == GRPC_AIO_METHOD_KIND_UNARY_UNARY, NULL);
  g_return_val_if_fail (request != NULL, NULL);
  g_return_val_if_fail (options == NULL || GRPC_AIO_IS_CALL_OPTIONS (options), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  if (G_UNLIKELY (self->interceptors != NULL))
    {
      sync = grpc_aio_sync_begin_whole ();
      call = grpc_aio_call_new_intercepted (self, sync.queue, request, options, 0);
    }
  else
    {
      sync = grpc_aio_sync_begin (NULL);
      call = grpc_aio_call_new (self, sync.queue, request, options);
    }
  grpc_aio_call_response_async (call, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_call_response_finish (call, grpc_aio_sync_wait (&sync), error);
}
