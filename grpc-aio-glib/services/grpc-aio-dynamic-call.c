/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calls whose types are looked up when they are made. */

#include <grpc-aio-glib/grpc-aio-call-options.h>
#include <grpc-aio-glib/grpc-aio-channel.h>
#include <grpc-aio-glib/grpc-aio-error.h>
#include <grpc-aio-glib/grpc-aio-message-pool.h>
#include <grpc-aio-glib/grpc-aio-message.h>
#include <grpc-aio-glib/grpc-aio-multi-callable.h>

#include <string.h>

#include <glib/gi18n-lib.h>

#include "engine/grpc-aio-sync-private.h"
#include "messages/grpc-aio-message-json-private.h"

#define CHANNEL_POOL "grpc-aio-channel-pool"

/* Makes the request once its type is known; NULL is one without fields. */
typedef GrpcAioMessage *(*MakeRequest) (GrpcAioMessagePool *pool,
                                        GType type,
                                        gpointer source,
                                        GError **error);

typedef struct
{
  char *path;
  GrpcAioMessagePool *pool;
  GrpcAioCallOptions *options;
  MakeRequest make;
  gpointer source;
  GDestroyNotify source_free;
  GType response_type;
} Data;

static void
data_free (gpointer pointer)
{
  Data *self = pointer;

  g_free (self->path);
  g_object_unref (self->pool);
  g_clear_object (&self->options);
  g_clear_pointer (&self->source, self->source_free);
  g_free (self);
}

/* What the server at the other end has told, if the caller has no pool. */
static GrpcAioMessagePool *
dup_channel_pool (GrpcAioChannel *channel)
{
  static GMutex lock;
  GrpcAioMessagePool *pool;

  g_mutex_lock (&lock);
  pool = g_object_get_data (G_OBJECT (channel), CHANNEL_POOL);
  if (pool == NULL)
    {
      pool = grpc_aio_message_pool_new ();
      g_object_set_data_full (G_OBJECT (channel), CHANNEL_POOL, pool, g_object_unref);
    }
  g_object_ref (pool);
  g_mutex_unlock (&lock);

  return pool;
}

static GrpcAioMessage *
make_from_variant (GrpcAioMessagePool *pool,
                   GType type,
                   gpointer source,
                   GError **error)
{
  if (source == NULL)
    return grpc_aio_message_create (type);

  return grpc_aio_message_create_from_variant (type, source, error);
}

static GrpcAioMessage *
make_from_json (GrpcAioMessagePool *pool,
                GType type,
                gpointer source,
                GError **error)
{
  if (source == NULL)
    return grpc_aio_message_create (type);

  return grpc_aio_message_pool_new_message_from_json (pool, grpc_aio_message_type_of_class (type)->full_name, source, GRPC_AIO_JSON_FLAGS_NONE, error);
}

static void
on_invoked (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Data *data = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GBytes) bytes = grpc_aio_multi_callable_invoke_finish (GRPC_AIO_MULTI_CALLABLE (source), result, &error);
  GrpcAioMessage *response = NULL;

  if (bytes != NULL)
    response = grpc_aio_message_create_from_bytes (data->response_type, bytes, &error);

  if (response != NULL)
    g_task_return_pointer (task, response, g_object_unref);
  else
    g_task_return_error (task, error);
}

/* The bytes of the request, and the type of the response in @data. */
static GBytes *
prepare (Data *data,
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

  request = data->make (data->pool, request_type, data->source, error);

  return request != NULL ? grpc_aio_message_to_bytes (request, error) : NULL;
}

static void
invoke (GTask *task)
{
  Data *data = g_task_get_task_data (task);
  g_autoptr (GrpcAioMultiCallable) multi_callable = NULL;
  GError *error = NULL;
  g_autoptr (GBytes) request = prepare (data, &error);

  if (request == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  multi_callable = grpc_aio_channel_unary_unary (g_task_get_source_object (task), data->path);
  grpc_aio_multi_callable_invoke_async (multi_callable, request, data->options, g_task_get_cancellable (task), on_invoked, g_object_ref (task));
}

/* If the server tells nothing, it is as if it had not been asked. */
static void
on_added (GObject *source,
          GAsyncResult *result,
          gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (grpc_aio_message_pool_add_from_channel_finish (GRPC_AIO_MESSAGE_POOL (source), result, &error) ||
      g_error_matches (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNIMPLEMENTED) ||
      g_error_matches (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_NOT_FOUND))
    {
      g_clear_error (&error);
      invoke (task);
    }
  else
    {
      g_task_return_error (task, error);
    }
}

/* "/package.Service/Method" → "package.Service"; NULL for what is no path. */
static char *
get_service (const char *path)
{
  const char *slash = *path == '/' ? strchr (path + 1, '/') : NULL;

  return slash != NULL ? g_strndup (path + 1, (gsize) (slash - path) - 1) : NULL;
}

/* Takes @data. */
static void
call_async (GrpcAioChannel *self,
            Data *data,
            gpointer source_tag,
            GCancellable *cancellable,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *service = get_service (data->path);

  g_task_set_source_tag (task, source_tag);
  g_task_set_task_data (task, data, data_free);

  if (service == NULL || grpc_aio_message_pool_find_method (data->pool, data->path, NULL, NULL, NULL, NULL))
    invoke (task);
  else
    grpc_aio_message_pool_add_from_channel_async (data->pool, self, service, cancellable, on_added, g_steal_pointer (&task));
}

static Data *
data_new (GrpcAioChannel *channel,
          const char *path,
          MakeRequest make,
          gpointer source,
          GDestroyNotify source_free,
          GrpcAioMessagePool *pool,
          GrpcAioCallOptions *options)
{
  Data *self = g_new0 (Data, 1);

  self->path = g_strdup (path);
  self->pool = pool != NULL ? g_object_ref (pool) : dup_channel_pool (channel);
  self->make = make;
  self->source = source;
  self->source_free = source_free;
  g_set_object (&self->options, options);

  return self;
}

/**
 * grpc_aio_channel_call_variant_async:
 * @self: a channel
 * @path: the path of a method with one request and one response, `/package.Service/Method`
 * @request: (nullable): the request; `NULL` for one without fields
 * @pool: (nullable): a pool to look for the method in; `NULL` for one of the channel
 * @options: (nullable): what to choose for this call
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once the call has ended
 * @user_data: data for @callback
 *
 * Calls a method with a variant for its request, and gets one for its response.
 *
 * The types are looked up in @pool and in the default one. If they are not there,
 * the server is asked for them by reflection, and @pool has them from then on. A
 * method that nobody knows is an error `G_IO_ERROR_NOT_FOUND`, one with a stream
 * `G_IO_ERROR_NOT_SUPPORTED`.
 *
 * How messages are variants says [method@Message.to_variant]; a request that does
 * not fit is an error `G_IO_ERROR_INVALID_DATA`, and nothing is sent. If @request
 * is floating, it is consumed.
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
  Data *data;

  g_return_if_fail (GRPC_AIO_IS_CHANNEL (self));
  g_return_if_fail (path != NULL);
  g_return_if_fail (pool == NULL || GRPC_AIO_IS_MESSAGE_POOL (pool));
  g_return_if_fail (options == NULL || GRPC_AIO_IS_CALL_OPTIONS (options));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  data = data_new (self, path, make_from_variant, request != NULL ? g_variant_ref_sink (request) : NULL, (GDestroyNotify) g_variant_unref, pool, options);
  call_async (self, data, grpc_aio_channel_call_variant_async, cancellable, callback, user_data);
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

  return response != NULL ? grpc_aio_message_to_variant (response) : NULL;
}

/**
 * grpc_aio_channel_call_variant_sync:
 * @self: a channel
 * @path: the path of a method with one request and one response, `/package.Service/Method`
 * @request: (nullable): the request; `NULL` for one without fields
 * @pool: (nullable): a pool to look for the method in; `NULL` for one of the channel
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
 * @pool: (nullable): a pool to look for the method in; `NULL` for one of the channel
 * @options: (nullable): what to choose for this call
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called once the call has ended
 * @user_data: data for @callback
 *
 * Calls a method with JSON for its request, and gets JSON for its response.
 *
 * The types are found as [method@Channel.call_variant_async] finds them. A request
 * that does not fit is an error `G_IO_ERROR_INVALID_DATA`, and nothing is sent; see
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
  Data *data;

  g_return_if_fail (GRPC_AIO_IS_CHANNEL (self));
  g_return_if_fail (path != NULL);
  g_return_if_fail (pool == NULL || GRPC_AIO_IS_MESSAGE_POOL (pool));
  g_return_if_fail (options == NULL || GRPC_AIO_IS_CALL_OPTIONS (options));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  data = data_new (self, path, make_from_json, g_strdup (request), g_free, pool, options);
  call_async (self, data, grpc_aio_channel_call_json_async, cancellable, callback, user_data);
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
  Data *data;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, grpc_aio_channel_call_json_async), NULL);

  response = g_task_propagate_pointer (G_TASK (result), error);

  if (response == NULL)
    return NULL;

  /* An Any is of the default pool, but its content may not be. */
  data = g_task_get_task_data (G_TASK (result));

  return grpc_aio_json_print (data->pool, grpc_aio_message_get_message_type (response), grpc_aio_message_peek_struct (response), GRPC_AIO_JSON_FLAGS_NONE, error);
}

/**
 * grpc_aio_channel_call_json_sync:
 * @self: a channel
 * @path: the path of a method with one request and one response, `/package.Service/Method`
 * @request: (nullable): the request as JSON; `NULL` for one without fields
 * @pool: (nullable): a pool to look for the method in; `NULL` for one of the channel
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
