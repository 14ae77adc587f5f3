/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-client-interceptor-private.h"

#include <grpc-aio-glib/grpc-aio-call.h>
#include <grpc-aio-glib/grpc-aio-intercepted-call.h>

/**
 * GrpcAioClientInterceptor:
 *
 * Stands between a program and the calls that it makes over a channel
 * (the client interceptors of gRFC L58, all four kinds in one class).
 *
 * A channel gets its interceptors when it is made
 * ([property@Channel:interceptors]) or from [method@Channel.intercept]. The first
 * in the list is the outermost: it sees requests first, and responses last.
 *
 * A derived class implements what it needs of the virtual functions. They run in
 * the main context of the call, one at a time, and must not block.
 *
 * `intercept ()` is asked for each call, with an [class@InterceptedCall] that
 * tells what the program wants. It returns at once; then or later, it answers:
 *
 * - it goes on, with [method@InterceptedCall.proceed], after it changed what it
 *   wants to, and returns the call that comes of it with
 *   [method@InterceptedCall.return_call]; it may go on several times, and return
 *   the call that it likes best;
 * - or it answers by itself, with a response, a status or a stream.
 *
 * An error that it throws ends the call, with
 * [func@Error.get_status_code].
 *
 * `request_message ()` and `response_message ()` see each message of the call, on
 * the way to the server and back. They return the message to use, or `NULL` for
 * the one they got; an error ends the call.
 *
 * `initial_metadata ()` sees what the server answers first, and `done ()` the end
 * of each call that `intercept ()` was asked for, however it came about:
 * [method@InterceptedCall.get_code] and others tell more.
 *
 * While interceptors work, the program has its [class@Call] already. Its deadline
 * holds, and cancelling it ends it at once.
 *
 * Since: 0.1
 */
G_DEFINE_ABSTRACT_TYPE (GrpcAioClientInterceptor, grpc_aio_client_interceptor, G_TYPE_OBJECT)

/**
 * GrpcAioClientInterceptorClass::intercept:
 * @self: an interceptor
 * @call: the call to answer, now or later
 * @error: where to put an error, which ends the call
 *
 * Takes a call over.
 *
 * Since: 0.1
 */
static void
grpc_aio_client_interceptor_real_intercept (GrpcAioClientInterceptor *self,
                                            GrpcAioInterceptedCall *call,
                                            GError **error)
{
  g_autoptr (GrpcAioCall) next = grpc_aio_intercepted_call_proceed (call);

  grpc_aio_intercepted_call_return_call (call, next);
}

/**
 * GrpcAioClientInterceptorClass::request_message:
 * @self: an interceptor
 * @call: a call that goes on
 * @message: a message to the server
 * @error: where to put an error, which ends the call
 *
 * Sees a message to the server.
 *
 * Returns: (transfer full) (nullable): the message to send in its place, or `NULL`
 *   to send @message
 *
 * Since: 0.1
 */
static GBytes *
grpc_aio_client_interceptor_real_message (GrpcAioClientInterceptor *self,
                                          GrpcAioInterceptedCall *call,
                                          GBytes *message,
                                          GError **error)
{
  return NULL;
}

/**
 * GrpcAioClientInterceptorClass::response_message:
 * @self: an interceptor
 * @call: a call whose answer is known
 * @message: a message from the server
 * @error: where to put an error, which ends the call
 *
 * Sees a message from the server.
 *
 * Returns: (transfer full) (nullable): the message to give to the program in its
 *   place, or `NULL` to give @message
 *
 * Since: 0.1
 */

/**
 * GrpcAioClientInterceptorClass::initial_metadata:
 * @self: an interceptor
 * @call: a call whose answer is known
 * @metadata: what came
 *
 * Sees the metadata that the server answers with.
 *
 * Since: 0.1
 */
static void
grpc_aio_client_interceptor_real_initial_metadata (GrpcAioClientInterceptor *self,
                                                   GrpcAioInterceptedCall *call,
                                                   GrpcAioMetadata *metadata)
{
}

/**
 * GrpcAioClientInterceptorClass::done:
 * @self: an interceptor
 * @call: a call that has ended
 *
 * Sees the end of a call, before the program does.
 *
 * Since: 0.1
 */
static void
grpc_aio_client_interceptor_real_done (GrpcAioClientInterceptor *self,
                                       GrpcAioInterceptedCall *call)
{
}

static void
grpc_aio_client_interceptor_class_init (GrpcAioClientInterceptorClass *klass)
{
  klass->intercept = grpc_aio_client_interceptor_real_intercept;
  klass->request_message = grpc_aio_client_interceptor_real_message;
  klass->response_message = grpc_aio_client_interceptor_real_message;
  klass->initial_metadata = grpc_aio_client_interceptor_real_initial_metadata;
  klass->done = grpc_aio_client_interceptor_real_done;
}

static void
grpc_aio_client_interceptor_init (GrpcAioClientInterceptor *self)
{
}

void
grpc_aio_client_interceptor_intercept (GrpcAioClientInterceptor *self,
                                       GrpcAioInterceptedCall *call)
{
  g_autoptr (GError) error = NULL;

  GRPC_AIO_CLIENT_INTERCEPTOR_GET_CLASS (self)->intercept (self, call, &error);
  if (error != NULL)
    grpc_aio_intercepted_call_return_error (call, error);
}

static gboolean
take_over (GBytes **message,
           GBytes *replacement,
           GError *failure,
           GError **error)
{
  if (failure != NULL)
    {
      g_clear_pointer (&replacement, g_bytes_unref);
      g_propagate_error (error, failure);
      return FALSE;
    }

  if (replacement != NULL)
    {
      g_bytes_unref (*message);
      *message = replacement;
    }

  return TRUE;
}

gboolean
grpc_aio_client_interceptor_filter_request (GrpcAioClientInterceptor *self,
                                            GrpcAioInterceptedCall *call,
                                            GBytes **message,
                                            GError **error)
{
  GrpcAioClientInterceptorClass *klass = GRPC_AIO_CLIENT_INTERCEPTOR_GET_CLASS (self);
  GError *failure = NULL;
  GBytes *replacement = klass->request_message (self, call, *message, &failure);

  return take_over (message, replacement, failure, error);
}

gboolean
grpc_aio_client_interceptor_filter_response (GrpcAioClientInterceptor *self,
                                             GrpcAioInterceptedCall *call,
                                             GBytes **message,
                                             GError **error)
{
  GrpcAioClientInterceptorClass *klass = GRPC_AIO_CLIENT_INTERCEPTOR_GET_CLASS (self);
  GError *failure = NULL;
  GBytes *replacement = klass->response_message (self, call, *message, &failure);

  return take_over (message, replacement, failure, error);
}

void
grpc_aio_client_interceptor_tell_initial_metadata (GrpcAioClientInterceptor *self,
                                                   GrpcAioInterceptedCall *call,
                                                   GrpcAioMetadata *metadata)
{
  GRPC_AIO_CLIENT_INTERCEPTOR_GET_CLASS (self)->initial_metadata (self, call, metadata);
}

void
grpc_aio_client_interceptor_tell_done (GrpcAioClientInterceptor *self,
                                       GrpcAioInterceptedCall *call)
{
  GRPC_AIO_CLIENT_INTERCEPTOR_GET_CLASS (self)->done (self, call);
}
