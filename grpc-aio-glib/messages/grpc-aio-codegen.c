/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-codegen.h>

/* Generated objects wrap ours: what these do is done again in a task of the
 * wrapper, whose result holds bytes. The typed functions unpack those when they
 * finish, so that one task serves structs and objects. */

static GTask *
task_new (gpointer source,
          GCancellable *cancellable,
          GAsyncReadyCallback callback,
          gpointer user_data)
{
  GTask *task = g_task_new (source, cancellable, callback, user_data);

  /* What is wrapped looks at it, and knows whether it came too late. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_source_tag (task, task_new);

  return task;
}

static void
return_bytes (GTask *task,
              GBytes *bytes,
              GError *error)
{
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, bytes, (GDestroyNotify) g_bytes_unref);
  g_object_unref (task);
}

static void
return_boolean (GTask *task,
                GError *error)
{
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
on_invoked (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  GError *error = NULL;
  GBytes *bytes = grpc_aio_multi_callable_invoke_finish (GRPC_AIO_MULTI_CALLABLE (source), result, &error);

  return_bytes (user_data, bytes, error);
}

/**
 * grpc_aio_codegen_invoke_async: (skip)
 * @source: (type GObject.Object): the stub
 * @method: the method
 * @request: (nullable) (transfer full): the request
 * @error: (nullable) (transfer full): why there is no request
 * @options: (nullable): options of the call
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called with the response
 * @user_data: data for @callback
 *
 * Calls a method for a stub.
 *
 * Since: 0.1
 */
void
grpc_aio_codegen_invoke_async (gpointer source,
                               GrpcAioMultiCallable *method,
                               GBytes *request,
                               GError *error,
                               GrpcAioCallOptions *options,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GTask *task = task_new (source, cancellable, callback, user_data);

  if (request == NULL)
    {
      return_bytes (task, NULL, error);
      return;
    }

  grpc_aio_multi_callable_invoke_async (method, request, options, cancellable, on_invoked, task);
  g_bytes_unref (request);
}

/**
 * grpc_aio_codegen_finish_message: (skip)
 * @source: (type GObject.Object): what started it
 * @result: the result
 * @error: return location for an error, or `NULL`
 *
 * Completes an operation that ends with a message.
 *
 * Returns: (nullable) (transfer full): the message, or `NULL` at the end of a
 *   stream, or with @error set
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_codegen_finish_message (gpointer source,
                                 GAsyncResult *result,
                                 GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, source), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, task_new), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * grpc_aio_codegen_finish: (skip)
 * @source: (type GObject.Object): what started it
 * @result: the result
 * @error: return location for an error, or `NULL`
 *
 * Completes an operation that ends without a message.
 *
 * Returns: whether it went well
 *
 * Since: 0.1
 */
gboolean
grpc_aio_codegen_finish (gpointer source,
                         GAsyncResult *result,
                         GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, source), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, task_new), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_response (GObject *source,
             GAsyncResult *result,
             gpointer user_data)
{
  GError *error = NULL;
  GBytes *bytes = grpc_aio_call_response_finish (GRPC_AIO_CALL (source), result, &error);

  return_bytes (user_data, bytes, error);
}

/**
 * grpc_aio_codegen_call_response_async: (skip)
 * @source: (type GObject.Object): the typed call
 * @call: the call
 * @cancellable: (nullable): a way to cancel the call
 * @callback: (scope async): called with the response
 * @user_data: data for @callback
 *
 * Waits for the response of a call.
 *
 * Since: 0.1
 */
void
grpc_aio_codegen_call_response_async (gpointer source,
                                      GrpcAioCall *call,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  grpc_aio_call_response_async (call, cancellable, on_response, task_new (source, cancellable, callback, user_data));
}

static void
on_call_read (GObject *source,
              GAsyncResult *result,
              gpointer user_data)
{
  GError *error = NULL;
  GBytes *bytes = grpc_aio_call_read_finish (GRPC_AIO_CALL (source), result, &error);

  return_bytes (user_data, bytes, error);
}

/**
 * grpc_aio_codegen_call_read_async: (skip)
 * @source: (type GObject.Object): the typed call
 * @call: the call
 * @cancellable: (nullable): a way to cancel it
 * @callback: (scope async): called with the message
 * @user_data: data for @callback
 *
 * Reads a message at the client.
 *
 * Since: 0.1
 */
void
grpc_aio_codegen_call_read_async (gpointer source,
                                  GrpcAioCall *call,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  grpc_aio_call_read_async (call, cancellable, on_call_read, task_new (source, cancellable, callback, user_data));
}

static void
on_call_written (GObject *source,
                 GAsyncResult *result,
                 gpointer user_data)
{
  GError *error = NULL;

  grpc_aio_call_write_finish (GRPC_AIO_CALL (source), result, &error);
  return_boolean (user_data, error);
}

/**
 * grpc_aio_codegen_call_write_async: (skip)
 * @source: (type GObject.Object): the typed call
 * @call: the call
 * @message: (nullable) (transfer full): the message
 * @error: (nullable) (transfer full): why there is no message
 * @cancellable: (nullable): a way to cancel it
 * @callback: (scope async): called when it is written
 * @user_data: data for @callback
 *
 * Writes a message at the client.
 *
 * Since: 0.1
 */
void
grpc_aio_codegen_call_write_async (gpointer source,
                                   GrpcAioCall *call,
                                   GBytes *message,
                                   GError *error,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  GTask *task = task_new (source, cancellable, callback, user_data);

  if (message == NULL)
    {
      return_boolean (task, error);
      return;
    }

  grpc_aio_call_write_async (call, message, cancellable, on_call_written, task);
  g_bytes_unref (message);
}

static void
on_done_writing (GObject *source,
                 GAsyncResult *result,
                 gpointer user_data)
{
  GError *error = NULL;

  grpc_aio_call_done_writing_finish (GRPC_AIO_CALL (source), result, &error);
  return_boolean (user_data, error);
}

/**
 * grpc_aio_codegen_call_done_writing_async: (skip)
 * @source: (type GObject.Object): the typed call
 * @call: the call
 * @cancellable: (nullable): a way to cancel it
 * @callback: (scope async): called when it is done
 * @user_data: data for @callback
 *
 * Ends the stream of requests.
 *
 * Since: 0.1
 */
void
grpc_aio_codegen_call_done_writing_async (gpointer source,
                                          GrpcAioCall *call,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data)
{
  grpc_aio_call_done_writing_async (call, cancellable, on_done_writing, task_new (source, cancellable, callback, user_data));
}

static void
on_context_read (GObject *source,
                 GAsyncResult *result,
                 gpointer user_data)
{
  GError *error = NULL;
  GBytes *bytes = grpc_aio_servicer_context_read_finish (GRPC_AIO_SERVICER_CONTEXT (source), result, &error);

  return_bytes (user_data, bytes, error);
}

/**
 * grpc_aio_codegen_context_read_async: (skip)
 * @source: (type GObject.Object): the typed context
 * @context: the context
 * @cancellable: (nullable): a way to cancel it
 * @callback: (scope async): called with the message
 * @user_data: data for @callback
 *
 * Reads a message at the server.
 *
 * Since: 0.1
 */
void
grpc_aio_codegen_context_read_async (gpointer source,
                                     GrpcAioServicerContext *context,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  grpc_aio_servicer_context_read_async (context, cancellable, on_context_read, task_new (source, cancellable, callback, user_data));
}

static void
on_context_written (GObject *source,
                    GAsyncResult *result,
                    gpointer user_data)
{
  GError *error = NULL;

  grpc_aio_servicer_context_write_finish (GRPC_AIO_SERVICER_CONTEXT (source), result, &error);
  return_boolean (user_data, error);
}

/**
 * grpc_aio_codegen_context_write_async: (skip)
 * @source: (type GObject.Object): the typed context
 * @context: the context
 * @message: (nullable) (transfer full): the message
 * @error: (nullable) (transfer full): why there is no message
 * @cancellable: (nullable): a way to cancel it
 * @callback: (scope async): called when it is written
 * @user_data: data for @callback
 *
 * Writes a message at the server.
 *
 * Since: 0.1
 */
void
grpc_aio_codegen_context_write_async (gpointer source,
                                      GrpcAioServicerContext *context,
                                      GBytes *message,
                                      GError *error,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  GTask *task = task_new (source, cancellable, callback, user_data);

  if (message == NULL)
    {
      return_boolean (task, error);
      return;
    }

  grpc_aio_servicer_context_write_async (context, message, cancellable, on_context_written, task);
  g_bytes_unref (message);
}

/**
 * grpc_aio_codegen_context_unimplemented: (skip)
 * @context: the context
 *
 * Ends a call of a method that nobody serves.
 *
 * Since: 0.1
 */
void
grpc_aio_codegen_context_unimplemented (GrpcAioServicerContext *context)
{
  grpc_aio_servicer_context_abort (context, GRPC_AIO_STATUS_CODE_UNIMPLEMENTED, "Method not implemented");
}

/**
 * grpc_aio_codegen_context_fail: (skip)
 * @context: the context
 * @error: (nullable): what went wrong
 *
 * Ends a call whose handler failed, perhaps without saying why.
 *
 * Since: 0.1
 */
void
grpc_aio_codegen_context_fail (GrpcAioServicerContext *context,
                               const GError *error)
{
  if (error != NULL)
    grpc_aio_servicer_context_complete_with_error (context, error);
  else
    grpc_aio_servicer_context_abort (context, GRPC_AIO_STATUS_CODE_UNKNOWN, "The handler gave no response");
}

/**
 * grpc_aio_codegen_service_add: (skip)
 * @service: the service
 * @method: the name of the method alone
 * @kind: which sides stream
 * @func: (scope forever): serves a call
 * @user_data: data for @func
 * @blocking: whether @func blocks
 *
 * Adds a method to a service.
 *
 * Since: 0.1
 */
void
grpc_aio_codegen_service_add (GrpcAioService *service,
                              const char *method,
                              GrpcAioMethodKind kind,
                              GrpcAioHandlerFunc func,
                              gpointer user_data,
                              gboolean blocking)
{
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new (kind, func, user_data, NULL);

  grpc_aio_rpc_method_handler_set_blocking (handler, blocking);
  grpc_aio_service_add_method (service, method, handler);
}
