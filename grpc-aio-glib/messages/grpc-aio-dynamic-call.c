/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calls whose types are looked up when they are made. */

#include <grpc-aio-glib/grpc-aio-call-options.h>
#include <grpc-aio-glib/grpc-aio-channel.h>
#include <grpc-aio-glib/grpc-aio-message-pool.h>
#include <grpc-aio-glib/grpc-aio-message.h>
#include <grpc-aio-glib/grpc-aio-multi-callable.h>

#include <glib/gi18n-lib.h>

#include "engine/grpc-aio-sync-private.h"

/* Makes the request once its type is known; consumes nothing. */
typedef GrpcAioMessage *(*MakeRequest) (GType type,
                                        gconstpointer source,
                                        GError **error);

typedef struct
{
  char *path;
  GrpcAioMessagePool *pool;
  GType response_type;
} Data;

static void
data_free (gpointer pointer)
{
  Data *self = pointer;

  g_free (self->path);
  g_object_unref (self->pool);
  g_free (self);
}

static GrpcAioMessage *
make_from_variant (GType type,
                   gconstpointer source,
                   GError **error)
{
  if (source == NULL)
    return grpc_aio_message_create (type);

  return grpc_aio_message_create_from_variant (type, (GVariant *) source, error);
}

static GrpcAioMessage *
make_from_json (GType type,
                gconstpointer source,
                GError **error)
{
  return grpc_aio_message_create_from_json (type, source != NULL ? source : "{}", GRPC_AIO_JSON_FLAGS_NONE, error);
}

static void
on_invoked (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Data *data = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = grpc_aio_multi_callable_invoke_finish (GRPC_AIO_MULTI_CALLABLE (source), result, &error);
  GrpcAioMessage *response = NULL;

  if (bytes != NULL)
    response = grpc_aio_message_create_from_bytes (data->response_type, bytes, &error);

  if (response != NULL)
    g_task_return_pointer (task, response, g_object_unref);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/* The bytes of the request, and the type of the response in @data. */
static GBytes *
prepare (Data *data,
         MakeRequest make,
         gconstpointer source,
         GError **error)
{
  g_autoptr (GrpcAioMessage) request = NULL;
  GType request_type;
  GrpcAioMethodKind kind;

  if (!grpc_aio_message_pool_find_method (data->pool, data->path, &request_type, &data->response_type, &kind, error))
    return NULL;

  if (kind != GRPC_AIO_METHOD_KIND_UNARY_UNARY)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("%s has a stream of messages: make a call of its own for it"), data->path);
      return NULL;
    }

  request = make (request_type, source, error);

  return request != NULL ? grpc_aio_message_to_bytes (request, error) : NULL;
}

static void
call_async (GrpcAioChannel *self,
            const char *path,
            MakeRequest make,
            gconstpointer source,
            GrpcAioMessagePool *pool,
            GrpcAioCallOptions *options,
            gpointer source_tag,
            GCancellable *cancellable,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GrpcAioMultiCallable) multi_callable = NULL;
  g_autoptr (GBytes) request = NULL;
  GError *error = NULL;
  Data *data = g_new0 (Data, 1);

  g_task_set_source_tag (task, source_tag);
  g_task_set_task_data (task, data, data_free);
  data->path = g_strdup (path);
  data->pool = g_object_ref (pool != NULL ? pool : grpc_aio_message_pool_get_default ());

  request = prepare (data, make, source, &error);
  if (request == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  multi_callable = grpc_aio_channel_unary_unary (self, path);
  grpc_aio_multi_callable_invoke_async (multi_callable, request, options, cancellable, on_invoked, g_steal_pointer (&task));
}

/**
 * grpc_aio_channel_call_variant_async:
 * @self: a channel
 * @path: the path of a method with one request and one response, `/package.Service/Method`
 * @request: (nullable): the request; `NULL` for one without fields
 * @pool: (nullable): a pool that knows the method; `NULL` for the default one
 * @options: (nullable): what to choose for this call
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once the call has ended
 * @user_data: data for @callback
 *
 * Calls a method with a variant for its request, and gets one for its response.
 *
 * The types are looked up in @pool. How messages are variants says
 * [method@Message.to_variant]; a request that does not fit is an error
 * `G_IO_ERROR_INVALID_DATA`, and nothing is sent. If @request is floating, it is
 * consumed.
 *
 * ```c
 * GVariant *request = g_variant_new_parsed ("{'name': <'you'>}");
 *
 * grpc_aio_channel_call_variant_async (channel, "/helloworld.Greeter/SayHello", request,
 *                                      NULL, NULL, NULL, NULL, NULL);
 * ```
 *
 * Since: 0.1
 */
void
grpc_aio_channel_call_variant_async (GrpcAioChannel *self,
                                     const char *path,
                                     GVariant *request,
                                     GrpcAioMessagePool *pool,
                                     GrpcAioCallOptions *options,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  g_autoptr (GVariant) sunk = NULL;

  g_return_if_fail (GRPC_AIO_IS_CHANNEL (self));
  g_return_if_fail (path != NULL);
  g_return_if_fail (pool == NULL || GRPC_AIO_IS_MESSAGE_POOL (pool));
  g_return_if_fail (options == NULL || GRPC_AIO_IS_CALL_OPTIONS (options));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  sunk = request != NULL ? g_variant_ref_sink (request) : NULL;
  call_async (self, path, make_from_variant, sunk, pool, options, grpc_aio_channel_call_variant_async, cancellable, callback, user_data);
}

/**
 * grpc_aio_channel_call_variant_finish:
 * @self: a channel
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends [method@Channel.call_variant_async].
 *
 * Returns: (transfer full): the response
 *
 * Since: 0.1
 */
GVariant *
grpc_aio_channel_call_variant_finish (GrpcAioChannel *self,
                                      GAsyncResult *result,
                                      GError **error)
{
  g_autoptr (GrpcAioMessage) response = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, grpc_aio_channel_call_variant_async), NULL);

  response = g_task_propagate_pointer (G_TASK (result), error);

  return response != NULL ? g_variant_ref_sink (grpc_aio_message_to_variant (response)) : NULL;
}

/**
 * grpc_aio_channel_call_variant_sync:
 * @self: a channel
 * @path: the path of a method with one request and one response, `/package.Service/Method`
 * @request: (nullable): the request; `NULL` for one without fields
 * @pool: (nullable): a pool that knows the method; `NULL` for the default one
 * @options: (nullable): what to choose for this call
 * @cancellable: (nullable): a way to cancel the call
 * @error: return location for an error
 *
 * Calls a method with a variant, and blocks until it has ended.
 *
 * See [method@Channel.call_variant_async].
 *
 * Returns: (transfer full): the response
 *
 * Since: 0.1
 */
GVariant *
grpc_aio_channel_call_variant_sync (GrpcAioChannel *self,
                                    const char *path,
                                    GVariant *request,
                                    GrpcAioMessagePool *pool,
                                    GrpcAioCallOptions *options,
                                    GCancellable *cancellable,
                                    GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);
  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (pool == NULL || GRPC_AIO_IS_MESSAGE_POOL (pool), NULL);
  g_return_val_if_fail (options == NULL || GRPC_AIO_IS_CALL_OPTIONS (options), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  sync = grpc_aio_sync_begin_whole ();
  grpc_aio_channel_call_variant_async (self, path, request, pool, options, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_channel_call_variant_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_channel_call_json_async:
 * @self: a channel
 * @path: the path of a method with one request and one response, `/package.Service/Method`
 * @request: (nullable): the request as JSON; `NULL` for one without fields
 * @pool: (nullable): a pool that knows the method; `NULL` for the default one
 * @options: (nullable): what to choose for this call
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once the call has ended
 * @user_data: data for @callback
 *
 * Calls a method with JSON for its request, and gets JSON for its response.
 *
 * The types are looked up in @pool. A request that does not fit is an error
 * `G_IO_ERROR_INVALID_DATA`, and nothing is sent; see
 * [func@Message.create_from_json].
 *
 * Since: 0.1
 */
void
grpc_aio_channel_call_json_async (GrpcAioChannel *self,
                                  const char *path,
                                  const char *request,
                                  GrpcAioMessagePool *pool,
                                  GrpcAioCallOptions *options,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_return_if_fail (GRPC_AIO_IS_CHANNEL (self));
  g_return_if_fail (path != NULL);
  g_return_if_fail (pool == NULL || GRPC_AIO_IS_MESSAGE_POOL (pool));
  g_return_if_fail (options == NULL || GRPC_AIO_IS_CALL_OPTIONS (options));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  call_async (self, path, make_from_json, request, pool, options, grpc_aio_channel_call_json_async, cancellable, callback, user_data);
}

/**
 * grpc_aio_channel_call_json_finish:
 * @self: a channel
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends [method@Channel.call_json_async].
 *
 * It also fails if JSON cannot hold the response: see [method@Message.to_json].
 *
 * Returns: (transfer full): the response as JSON
 *
 * Since: 0.1
 */
char *
grpc_aio_channel_call_json_finish (GrpcAioChannel *self,
                                   GAsyncResult *result,
                                   GError **error)
{
  g_autoptr (GrpcAioMessage) response = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, grpc_aio_channel_call_json_async), NULL);

  response = g_task_propagate_pointer (G_TASK (result), error);

  return response != NULL ? grpc_aio_message_to_json (response, GRPC_AIO_JSON_FLAGS_NONE, error) : NULL;
}

/**
 * grpc_aio_channel_call_json_sync:
 * @self: a channel
 * @path: the path of a method with one request and one response, `/package.Service/Method`
 * @request: (nullable): the request as JSON; `NULL` for one without fields
 * @pool: (nullable): a pool that knows the method; `NULL` for the default one
 * @options: (nullable): what to choose for this call
 * @cancellable: (nullable): a way to cancel the call
 * @error: return location for an error
 *
 * Calls a method with JSON, and blocks until it has ended.
 *
 * See [method@Channel.call_json_async].
 *
 * Returns: (transfer full): the response as JSON
 *
 * Since: 0.1
 */
char *
grpc_aio_channel_call_json_sync (GrpcAioChannel *self,
                                 const char *path,
                                 const char *request,
                                 GrpcAioMessagePool *pool,
                                 GrpcAioCallOptions *options,
                                 GCancellable *cancellable,
                                 GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);
  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (pool == NULL || GRPC_AIO_IS_MESSAGE_POOL (pool), NULL);
  g_return_val_if_fail (options == NULL || GRPC_AIO_IS_CALL_OPTIONS (options), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  sync = grpc_aio_sync_begin_whole ();
  grpc_aio_channel_call_json_async (self, path, request, pool, options, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_channel_call_json_finish (self, grpc_aio_sync_wait (&sync), error);
}
