/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "interop-service.h"

#include "interop-messages.h"

/* A peer may ask for bodies of any size; this is more than any case wants and
 * less than hurts. */
#define MAX_BODY_SIZE (64 * 1024 * 1024)

#define ECHO_INITIAL_KEY "x-grpc-test-echo-initial"
#define ECHO_TRAILING_KEY "x-grpc-test-echo-trailing-bin"

/* Helpers */

static void
abort_undecodable (GrpcAioServicerContext *context,
                   const GError *error)
{
  grpc_aio_servicer_context_abort (context, GRPC_AIO_STATUS_CODE_INTERNAL, error->message);
}

/* Sends the two special headers back, the one at the beginning and the other
 * at the end. */
static void
echo_metadata (GrpcAioServicerContext *context)
{
  GrpcAioMetadata *metadata = grpc_aio_servicer_context_get_invocation_metadata (context);
  const char *initial = grpc_aio_metadata_get (metadata, ECHO_INITIAL_KEY);
  GBytes *trailing = grpc_aio_metadata_get_bytes (metadata, ECHO_TRAILING_KEY);

  /* What came over the wire is legal, so appending it cannot fail. */
  if (initial != NULL)
    {
      g_autoptr (GrpcAioMetadata) headers = grpc_aio_metadata_new ();

      grpc_aio_metadata_append (headers, ECHO_INITIAL_KEY, initial, NULL);
      grpc_aio_servicer_context_send_initial_metadata_async (context, headers, NULL, NULL, NULL);
    }

  if (trailing != NULL)
    {
      g_autoptr (GrpcAioMetadata) trailers = grpc_aio_metadata_new ();

      grpc_aio_metadata_append_bytes (trailers, ECHO_TRAILING_KEY, trailing, NULL);
      grpc_aio_servicer_context_set_trailing_metadata (context, trailers);
    }
}

/* Ends the call when the client asks for a status. */
static gboolean
echo_status (GrpcAioServicerContext *context,
             const EchoStatus *status)
{
  if (status == NULL || status->code == GRPC_AIO_STATUS_CODE_OK)
    return FALSE;

  if (status->code < 0 || status->code > GRPC_AIO_STATUS_CODE_UNAUTHENTICATED)
    grpc_aio_servicer_context_abort (context, GRPC_AIO_STATUS_CODE_INVALID_ARGUMENT, "There is no such status code");
  else if (!g_utf8_validate (status->message, -1, NULL))
    grpc_aio_servicer_context_abort (context, GRPC_AIO_STATUS_CODE_INTERNAL, "The status message is no UTF-8");
  else
    grpc_aio_servicer_context_abort (context, status->code, status->message);

  return TRUE;
}

/* Ends the call when a request was compressed, or not, unlike what the client says. */
static gboolean
refuse_other_compression (GrpcAioServicerContext *context,
                          const BoolValue *expected,
                          gboolean was_compressed)
{
  if (expected == NULL || !expected->value == !was_compressed)
    return FALSE;

  grpc_aio_servicer_context_abort (context,
                                   GRPC_AIO_STATUS_CODE_INVALID_ARGUMENT,
                                   was_compressed ? "The request is compressed" : "The request is not compressed");

  return TRUE;
}

/* What grpc-core is told with the initial metadata. */
static void
set_compression (GrpcAioServicerContext *context,
                 gboolean is_compressed)
{
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();

  grpc_aio_metadata_append (metadata, "grpc-internal-encoding-request", is_compressed ? "gzip" : "identity", NULL);
  grpc_aio_servicer_context_send_initial_metadata_async (context, metadata, NULL, NULL, NULL);
}

/* Fills @payload with zeros. Ends the call and returns FALSE when the client
 * asks for something impossible. */
static gboolean
fill_payload (GrpcAioServicerContext *context,
              Grpc__Testing__PayloadType type,
              gint32 size,
              Payload *payload)
{
  if (type != GRPC__TESTING__PAYLOAD_TYPE__COMPRESSABLE || size < 0 || size > MAX_BODY_SIZE)
    {
      grpc_aio_servicer_context_abort (context,
                                       GRPC_AIO_STATUS_CODE_INVALID_ARGUMENT,
                                       "No payload has this type or size");
      return FALSE;
    }

  payload->type = type;
  payload->body.len = size;
  payload->body.data = g_malloc0 (size);

  return TRUE;
}

/* One request, one response */

static void
on_empty_call (GrpcAioServicerContext *context,
               GBytes *request,
               gpointer user_data)
{
  g_autoptr (Empty) message = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  message = empty_unpack (request, &error);
  if (message == NULL)
    {
      abort_undecodable (context, error);
      return;
    }

  echo_metadata (context);
  response = empty_pack (message);
  grpc_aio_servicer_context_complete (context, response);
}

static void
on_unary_call (GrpcAioServicerContext *context,
               GBytes *request,
               gpointer user_data)
{
  SimpleResponse response = GRPC__TESTING__SIMPLE_RESPONSE__INIT;
  Payload payload = GRPC__TESTING__PAYLOAD__INIT;
  g_autoptr (SimpleRequest) message = NULL;
  g_autoptr (GBytes) opened = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  gboolean was_compressed;

  opened = interop_message_open (request, &was_compressed, &error);
  if (opened != NULL)
    message = simple_request_unpack (opened, &error);
  if (message == NULL)
    {
      abort_undecodable (context, error);
      return;
    }

  echo_metadata (context);
  if (echo_status (context, message->response_status) ||
      refuse_other_compression (context, message->expect_compressed, was_compressed) ||
      !fill_payload (context, message->response_type, message->response_size, &payload))
    return;

  response.payload = &payload;
  bytes = simple_response_pack (&response);
  g_free (payload.body.data);

  if (message->response_compressed != NULL)
    set_compression (context, message->response_compressed->value);
  grpc_aio_servicer_context_complete (context, bytes);
}

/* A stream of requests, one response */

typedef struct
{
  GrpcAioServicerContext *context;
  gint64 n_received;
} InputStream;

static void input_stream_read (InputStream *self);

static void
input_stream_free (InputStream *self)
{
  g_object_unref (self->context);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (InputStream, input_stream_free)

static void
on_input_read (GObject *object,
               GAsyncResult *result,
               gpointer user_data)
{
  g_autoptr (InputStream) self = user_data;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) opened = NULL;
  g_autoptr (StreamingInputCallRequest) request = NULL;
  g_autoptr (GError) error = NULL;
  gboolean was_compressed;

  bytes = grpc_aio_servicer_context_read_finish (self->context, result, &error);
  if (error != NULL)
    {
      grpc_aio_servicer_context_complete_with_error (self->context, error);
      return;
    }

  if (bytes == NULL)
    {
      StreamingInputCallResponse response = GRPC__TESTING__STREAMING_INPUT_CALL_RESPONSE__INIT;
      g_autoptr (GBytes) answer = NULL;

      response.aggregated_payload_size = MIN (self->n_received, G_MAXINT32);
      answer = streaming_input_call_response_pack (&response);
      grpc_aio_servicer_context_complete (self->context, answer);
      return;
    }

  opened = interop_message_open (bytes, &was_compressed, &error);
  if (opened != NULL)
    request = streaming_input_call_request_unpack (opened, &error);
  if (request == NULL)
    {
      abort_undecodable (self->context, error);
      return;
    }

  if (refuse_other_compression (self->context, request->expect_compressed, was_compressed))
    return;

  if (request->payload != NULL)
    self->n_received += request->payload->body.len;

  input_stream_read (g_steal_pointer (&self));
}

/* Takes @self. */
static void
input_stream_read (InputStream *self)
{
  grpc_aio_servicer_context_read_async (self->context, NULL, on_input_read, self);
}

static void
on_streaming_input_call (GrpcAioServicerContext *context,
                         GBytes *request,
                         gpointer user_data)
{
  InputStream *stream = g_new0 (InputStream, 1);

  stream->context = g_object_ref (context);
  echo_metadata (context);
  input_stream_read (stream);
}

/* A stream of responses, for one request or for a stream of them */

typedef struct
{
  GrpcAioServicerContext *context;

  /* The request that is being answered, and how many responses it has got. */
  StreamingOutputCallRequest *request;
  gsize n_written;

  gboolean expects_more;
} OutputStream;

static void output_stream_write_next (OutputStream *self);

static void
output_stream_free (OutputStream *self)
{
  g_clear_pointer (&self->request, streaming_output_call_request_free);
  g_object_unref (self->context);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OutputStream, output_stream_free)

static OutputStream *
output_stream_new (GrpcAioServicerContext *context,
                   gboolean expects_more)
{
  OutputStream *self = g_new0 (OutputStream, 1);

  self->context = g_object_ref (context);
  self->expects_more = expects_more;

  return self;
}

static gboolean
wants_compression (const StreamingOutputCallRequest *request)
{
  for (gsize i = 0; i < request->n_response_parameters; i++)
    {
      const BoolValue *compressed = request->response_parameters[i]->compressed;

      if (compressed != NULL && compressed->value)
        return TRUE;
    }

  return FALSE;
}

/* Takes @self. */
static void
output_stream_answer (OutputStream *stream,
                      GBytes *request)
{
  g_autoptr (OutputStream) self = stream;
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->request, streaming_output_call_request_free);
  self->request = streaming_output_call_request_unpack (request, &error);
  self->n_written = 0;
  if (self->request == NULL)
    {
      abort_undecodable (self->context, error);
      return;
    }

  if (echo_status (self->context, self->request->response_status))
    return;

  if (wants_compression (self->request))
    set_compression (self->context, TRUE);
  output_stream_write_next (g_steal_pointer (&self));
}

static void
on_output_read (GObject *object,
                GAsyncResult *result,
                gpointer user_data)
{
  g_autoptr (OutputStream) self = user_data;
  g_autoptr (GBytes) request = NULL;
  g_autoptr (GError) error = NULL;

  request = grpc_aio_servicer_context_read_finish (self->context, result, &error);
  if (error != NULL)
    grpc_aio_servicer_context_complete_with_error (self->context, error);
  else if (request == NULL)
    grpc_aio_servicer_context_complete (self->context, NULL);
  else
    output_stream_answer (g_steal_pointer (&self), request);
}

static void
on_output_written (GObject *object,
                   GAsyncResult *result,
                   gpointer user_data)
{
  g_autoptr (OutputStream) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!grpc_aio_servicer_context_write_with_flags_finish (self->context, result, &error))
    {
      grpc_aio_servicer_context_complete_with_error (self->context, error);
      return;
    }

  self->n_written++;
  output_stream_write_next (g_steal_pointer (&self));
}

static gboolean
on_interval (gpointer user_data)
{
  g_autoptr (OutputStream) self = user_data;
  const ResponseParameters *parameters = self->request->response_parameters[self->n_written];
  StreamingOutputCallResponse response = GRPC__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
  Payload payload = GRPC__TESTING__PAYLOAD__INIT;
  GrpcAioServicerContext *context = self->context;
  GrpcAioWriteFlags flags = GRPC_AIO_WRITE_FLAGS_NONE;
  g_autoptr (GBytes) bytes = NULL;

  if (!fill_payload (context, self->request->response_type, parameters->size, &payload))
    return G_SOURCE_REMOVE;

  response.payload = &payload;
  bytes = streaming_output_call_response_pack (&response);
  g_free (payload.body.data);

  if (parameters->compressed == NULL || !parameters->compressed->value)
    flags = GRPC_AIO_WRITE_FLAGS_NO_COMPRESS;
  grpc_aio_servicer_context_write_with_flags_async (context, bytes, flags, NULL, on_output_written, g_steal_pointer (&self));

  return G_SOURCE_REMOVE;
}

/* Takes @self, as does everything that carries a stream on. */
static void
output_stream_write_next (OutputStream *self)
{
  gint32 interval_usec;

  if (self->n_written < self->request->n_response_parameters)
    {
      interval_usec = self->request->response_parameters[self->n_written]->interval_us;
      if (interval_usec > 0)
        g_timeout_add (interval_usec / 1000 + 1, on_interval, self);
      else
        on_interval (self);
    }
  else if (self->expects_more)
    {
      grpc_aio_servicer_context_read_async (self->context, NULL, on_output_read, self);
    }
  else
    {
      grpc_aio_servicer_context_complete (self->context, NULL);
      output_stream_free (self);
    }
}

static void
on_streaming_output_call (GrpcAioServicerContext *context,
                          GBytes *request,
                          gpointer user_data)
{
  echo_metadata (context);
  output_stream_answer (output_stream_new (context, FALSE), request);
}

static void
on_full_duplex_call (GrpcAioServicerContext *context,
                     GBytes *request,
                     gpointer user_data)
{
  echo_metadata (context);
  grpc_aio_servicer_context_read_async (context, NULL, on_output_read, output_stream_new (context, TRUE));
}

/* The service */

typedef GrpcAioRpcMethodHandler *(*NewHandlerFunc) (GrpcAioHandlerFunc func,
                                                    gpointer user_data,
                                                    GDestroyNotify destroy);

static const struct
{
  const char *name;
  NewHandlerFunc new_handler;
  GrpcAioHandlerFunc func;
} methods[] = {
  { "EmptyCall", grpc_aio_rpc_method_handler_new_unary_unary, on_empty_call },
  { "FullDuplexCall", grpc_aio_rpc_method_handler_new_stream_stream, on_full_duplex_call },
  { "StreamingInputCall", grpc_aio_rpc_method_handler_new_stream_unary, on_streaming_input_call },
  { "StreamingOutputCall", grpc_aio_rpc_method_handler_new_unary_stream, on_streaming_output_call },
  { "UnaryCall", grpc_aio_rpc_method_handler_new_unary_unary, on_unary_call },
};

GrpcAioService *
interop_service_new (void)
{
  GrpcAioService *service = grpc_aio_service_new ("grpc.testing.TestService");

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      g_autoptr (GrpcAioRpcMethodHandler) handler = methods[i].new_handler (methods[i].func, NULL, NULL);

      grpc_aio_service_add_method (service, methods[i].name, handler);
    }

  return service;
}
