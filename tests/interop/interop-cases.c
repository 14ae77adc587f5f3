/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "interop-cases.h"

#include "interop-await.h"
#include "interop-messages.h"

#define TEST_SERVICE "/grpc.testing.TestService/"

/* The sizes of the specification. */
#define LARGE_REQUEST 271828
#define LARGE_RESPONSE 314159

static const gsize request_sizes[] = { 27182, 8, 1828, 45904 };
static const gsize response_sizes[] = { 31415, 9, 2653, 58979 };

G_STATIC_ASSERT (G_N_ELEMENTS (request_sizes) == G_N_ELEMENTS (response_sizes));

#define ECHO_INITIAL_KEY "x-grpc-test-echo-initial"
#define ECHO_INITIAL_VALUE "test_initial_metadata_value"
#define ECHO_TRAILING_KEY "x-grpc-test-echo-trailing-bin"
#define ECHO_TRAILING_VALUE "\xab\xab\xab"

/* Fails the case unless @condition holds. */
#define CHECK(condition, error, ...)                                     \
  G_STMT_START                                                           \
  {                                                                      \
    if (!(condition))                                                    \
      {                                                                  \
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, __VA_ARGS__); \
        return FALSE;                                                    \
      }                                                                  \
  }                                                                      \
  G_STMT_END

/* Requests */

/* All bodies that are sent are zeros. */
static guint8 zeros[LARGE_REQUEST];

static Payload
payload_of_size (gsize size)
{
  Payload payload = GRPC__TESTING__PAYLOAD__INIT;

  g_assert (size <= sizeof zeros);
  payload.body.len = size;
  payload.body.data = zeros;

  return payload;
}

static GBytes *
pack_empty (void)
{
  const Empty empty = GRPC__TESTING__EMPTY__INIT;

  return empty_pack (&empty);
}

static GBytes *
pack_large_request (void)
{
  SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
  Payload payload = payload_of_size (LARGE_REQUEST);

  request.response_size = LARGE_RESPONSE;
  request.payload = &payload;

  return simple_request_pack (&request);
}

static GBytes *
pack_input_request (gsize body_size)
{
  StreamingInputCallRequest request = GRPC__TESTING__STREAMING_INPUT_CALL_REQUEST__INIT;
  Payload payload = payload_of_size (body_size);

  request.payload = &payload;

  return streaming_input_call_request_pack (&request);
}

/* Asks for responses of all @n_sizes @sizes. */
static GBytes *
pack_output_request (gsize body_size,
                     const gsize *sizes,
                     gsize n_sizes)
{
  StreamingOutputCallRequest request = GRPC__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
  Payload payload = payload_of_size (body_size);
  g_autofree ResponseParameters *parameters = g_new0 (ResponseParameters, n_sizes);
  g_autofree ResponseParameters **pointers = g_new0 (ResponseParameters *, n_sizes);

  for (gsize i = 0; i < n_sizes; i++)
    {
      grpc__testing__response_parameters__init (&parameters[i]);
      parameters[i].size = sizes[i];
      pointers[i] = &parameters[i];
    }

  request.n_response_parameters = n_sizes;
  request.response_parameters = pointers;
  request.payload = &payload;

  return streaming_output_call_request_pack (&request);
}

static GBytes *
pack_simple_status (GrpcAioStatusCode code,
                    const char *message)
{
  SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
  EchoStatus status = GRPC__TESTING__ECHO_STATUS__INIT;

  status.code = code;
  status.message = (char *) message;
  request.response_status = &status;

  return simple_request_pack (&request);
}

static GBytes *
pack_output_status (GrpcAioStatusCode code,
                    const char *message)
{
  StreamingOutputCallRequest request = GRPC__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
  EchoStatus status = GRPC__TESTING__ECHO_STATUS__INIT;

  status.code = code;
  status.message = (char *) message;
  request.response_status = &status;

  return streaming_output_call_request_pack (&request);
}

/* Calls */

typedef GrpcAioMultiCallable *(*MethodFunc) (GrpcAioChannel *channel,
                                             const char *method);

static GrpcAioCall *
start_call (GrpcAioChannel *channel,
            MethodFunc method_func,
            const char *method,
            GBytes *request,
            GrpcAioCallOptions *options)
{
  g_autoptr (GrpcAioMultiCallable) multi_callable = method_func (channel, method);

  return grpc_aio_multi_callable_call (multi_callable, request, options);
}

static GrpcAioCall *
start_unary_call (GrpcAioChannel *channel,
                  GBytes *request,
                  GrpcAioCallOptions *options)
{
  return start_call (channel, grpc_aio_channel_unary_unary, TEST_SERVICE "UnaryCall", request, options);
}

static GrpcAioCall *
start_full_duplex_call (GrpcAioChannel *channel,
                        GrpcAioCallOptions *options)
{
  return start_call (channel, grpc_aio_channel_stream_stream, TEST_SERVICE "FullDuplexCall", NULL, options);
}

/* Checks */

static gboolean
check_payload (const Payload *payload,
               gsize size,
               GError **error)
{
  CHECK (payload != NULL, error, "The response has no payload");
  CHECK (payload->type == GRPC__TESTING__PAYLOAD_TYPE__COMPRESSABLE,
         error,
         "The payload is of type %d, not COMPRESSABLE",
         payload->type);
  CHECK (payload->body.len == size,
         error,
         "The payload has %" G_GSIZE_FORMAT " bytes, not %" G_GSIZE_FORMAT,
         payload->body.len,
         size);

  for (gsize i = 0; i < size; i++)
    CHECK (payload->body.data[i] == 0, error, "Byte %" G_GSIZE_FORMAT " of the payload is not 0", i);

  return TRUE;
}

/* The call ends, with @code, and with @details unless that is NULL. */
static gboolean
check_status (GrpcAioCall *call,
              GrpcAioStatusCode code,
              const char *details,
              GError **error)
{
  g_autoptr (GError) local_error = NULL;
  GrpcAioStatusCode actual = interop_await_status (call, &local_error);

  if (local_error != NULL)
    {
      g_propagate_prefixed_error (error, g_steal_pointer (&local_error), "No status: ");
      return FALSE;
    }

  CHECK (actual == code, error, "The status is %d (%s), not %d", actual, grpc_aio_call_get_details (call), code);
  CHECK (details == NULL || g_strcmp0 (grpc_aio_call_get_details (call), details) == 0,
         error,
         "The status message is '%s', not '%s'",
         grpc_aio_call_get_details (call),
         details);
  CHECK (grpc_aio_call_is_done (call), error, "The call has a status but is not done");

  return TRUE;
}

static gboolean
check_ok (GrpcAioCall *call,
          GError **error)
{
  return check_status (call, GRPC_AIO_STATUS_CODE_OK, NULL, error);
}

/* What a failed operation returned as its error. */
static gboolean
check_error (const GError *actual,
             GQuark domain,
             int code,
             GError **error)
{
  CHECK (actual != NULL, error, "The operation succeeded");
  CHECK (g_error_matches (actual, domain, code),
         error,
         "The error is %s %d (%s), not %s %d",
         g_quark_to_string (actual->domain),
         actual->code,
         actual->message,
         g_quark_to_string (domain),
         code);

  return TRUE;
}

/* The next response has a payload of @size bytes. */
static gboolean
check_read (GrpcAioCall *call,
            gsize size,
            GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (StreamingOutputCallResponse) response = NULL;

  bytes = interop_await_read (call, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  CHECK (bytes != NULL, error, "The stream ended before the response of %" G_GSIZE_FORMAT " bytes", size);

  response = streaming_output_call_response_unpack (bytes, error);
  if (response == NULL)
    return FALSE;

  return check_payload (response->payload, size, error);
}

/* No response is left. */
static gboolean
check_end_of_stream (GrpcAioCall *call,
                     GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) local_error = NULL;

  bytes = interop_await_read (call, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  CHECK (bytes == NULL, error, "There is a response where the stream should end");

  return TRUE;
}

static gboolean
check_large_response (GrpcAioCall *call,
                      GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (SimpleResponse) response = NULL;

  bytes = interop_await_response (call, error);
  if (bytes == NULL)
    return FALSE;

  response = simple_response_unpack (bytes, error);
  if (response == NULL)
    return FALSE;

  return check_payload (response->payload, LARGE_RESPONSE, error);
}

static gboolean
check_echoed_metadata (GrpcAioCall *call,
                       GError **error)
{
  g_autoptr (GrpcAioMetadata) initial = NULL;
  g_autoptr (GrpcAioMetadata) trailing = NULL;
  g_autoptr (GBytes) expected = g_bytes_new_static (ECHO_TRAILING_VALUE, strlen (ECHO_TRAILING_VALUE));
  GBytes *bytes;

  initial = interop_await_initial_metadata (call, error);
  if (initial == NULL)
    return FALSE;

  CHECK (g_strcmp0 (grpc_aio_metadata_get (initial, ECHO_INITIAL_KEY), ECHO_INITIAL_VALUE) == 0,
         error,
         "The initial metadata has '%s' for %s, not '%s'",
         grpc_aio_metadata_get (initial, ECHO_INITIAL_KEY),
         ECHO_INITIAL_KEY,
         ECHO_INITIAL_VALUE);

  trailing = interop_await_trailing_metadata (call, error);
  if (trailing == NULL)
    return FALSE;

  bytes = grpc_aio_metadata_get_bytes (trailing, ECHO_TRAILING_KEY);
  CHECK (bytes != NULL, error, "The trailing metadata has no %s", ECHO_TRAILING_KEY);
  CHECK (g_bytes_equal (bytes, expected),
         error,
         "The trailing metadata has another value for %s",
         ECHO_TRAILING_KEY);

  return TRUE;
}

/* A call of @method with an empty request fails with UNIMPLEMENTED. */
static gboolean
check_unimplemented (GrpcAioChannel *channel,
                     const char *method,
                     GError **error)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) request = pack_empty ();
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) expected = NULL;

  call = start_call (channel, grpc_aio_channel_unary_unary, method, request, NULL);
  response = interop_await_response (call, &expected);

  return check_error (expected, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNIMPLEMENTED, error) &&
         check_status (call, GRPC_AIO_STATUS_CODE_UNIMPLEMENTED, NULL, error);
}

/* A unary call that asks for @code and @message fails with them. */
static gboolean
check_unary_status (GrpcAioChannel *channel,
                    GrpcAioStatusCode code,
                    const char *message,
                    GError **error)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) request = pack_simple_status (code, message);
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) expected = NULL;

  call = start_unary_call (channel, request, NULL);
  response = interop_await_response (call, &expected);

  return check_error (expected, GRPC_AIO_ERROR, (int) code, error) &&
         check_status (call, code, message, error);
}

/* The cases */

static gboolean
empty_unary (GrpcAioChannel *channel,
             GError **error)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) request = pack_empty ();
  g_autoptr (GBytes) response = NULL;
  g_autoptr (Empty) message = NULL;

  call = start_call (channel, grpc_aio_channel_unary_unary, TEST_SERVICE "EmptyCall", request, NULL);
  response = interop_await_response (call, error);
  if (response == NULL)
    return FALSE;

  message = empty_unpack (response, error);

  return message != NULL && check_ok (call, error);
}

static gboolean
large_unary (GrpcAioChannel *channel,
             GError **error)
{
  g_autoptr (GBytes) request = pack_large_request ();
  g_autoptr (GrpcAioCall) call = start_unary_call (channel, request, NULL);

  return check_large_response (call, error) && check_ok (call, error);
}

static gboolean
client_streaming (GrpcAioChannel *channel,
                  GError **error)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (StreamingInputCallResponse) response = NULL;
  gint32 total = 0;

  call = start_call (channel, grpc_aio_channel_stream_unary, TEST_SERVICE "StreamingInputCall", NULL, NULL);

  /* Writes need not be waited for: they queue. Should one fail, the response
   * fails as well. */
  for (gsize i = 0; i < G_N_ELEMENTS (request_sizes); i++)
    {
      g_autoptr (GBytes) request = pack_input_request (request_sizes[i]);

      grpc_aio_call_write_async (call, request, NULL, NULL, NULL);
      total += request_sizes[i];
    }
  grpc_aio_call_done_writing_async (call, NULL, NULL, NULL);

  bytes = interop_await_response (call, error);
  if (bytes == NULL)
    return FALSE;

  response = streaming_input_call_response_unpack (bytes, error);
  if (response == NULL)
    return FALSE;

  CHECK (response->aggregated_payload_size == total,
         error,
         "The server counted %d bytes, not %d",
         response->aggregated_payload_size,
         total);

  return check_ok (call, error);
}

static gboolean
server_streaming (GrpcAioChannel *channel,
                  GError **error)
{
  g_autoptr (GBytes) request = pack_output_request (0, response_sizes, G_N_ELEMENTS (response_sizes));
  g_autoptr (GrpcAioCall) call = NULL;

  call = start_call (channel, grpc_aio_channel_unary_stream, TEST_SERVICE "StreamingOutputCall", request, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (response_sizes); i++)
    {
      if (!check_read (call, response_sizes[i], error))
        return FALSE;
    }

  return check_end_of_stream (call, error) && check_ok (call, error);
}

static gboolean
ping_pong (GrpcAioChannel *channel,
           GError **error)
{
  g_autoptr (GrpcAioCall) call = start_full_duplex_call (channel, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (request_sizes); i++)
    {
      g_autoptr (GBytes) request = pack_output_request (request_sizes[i], &response_sizes[i], 1);

      if (!interop_await_write (call, request, error) || !check_read (call, response_sizes[i], error))
        return FALSE;
    }

  return interop_await_done_writing (call, error) &&
         check_end_of_stream (call, error) &&
         check_ok (call, error);
}

static gboolean
empty_stream (GrpcAioChannel *channel,
              GError **error)
{
  g_autoptr (GrpcAioCall) call = start_full_duplex_call (channel, NULL);

  return interop_await_done_writing (call, error) &&
         check_end_of_stream (call, error) &&
         check_ok (call, error);
}

static gboolean
custom_metadata (GrpcAioChannel *channel,
                 GError **error)
{
  const gsize response_size = LARGE_RESPONSE;
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();
  g_autoptr (GrpcAioCallOptions) options = grpc_aio_call_options_new ();
  g_autoptr (GBytes) trailing = g_bytes_new_static (ECHO_TRAILING_VALUE, strlen (ECHO_TRAILING_VALUE));
  g_autoptr (GBytes) unary_request = pack_large_request ();
  g_autoptr (GBytes) stream_request = pack_output_request (LARGE_REQUEST, &response_size, 1);
  g_autoptr (GrpcAioCall) unary_call = NULL;
  g_autoptr (GrpcAioCall) stream_call = NULL;

  if (!grpc_aio_metadata_append (metadata, ECHO_INITIAL_KEY, ECHO_INITIAL_VALUE, error) ||
      !grpc_aio_metadata_append_bytes (metadata, ECHO_TRAILING_KEY, trailing, error))
    return FALSE;

  grpc_aio_call_options_set_metadata (options, metadata);

  unary_call = start_unary_call (channel, unary_request, options);
  if (!check_large_response (unary_call, error) ||
      !check_ok (unary_call, error) ||
      !check_echoed_metadata (unary_call, error))
    return FALSE;

  stream_call = start_full_duplex_call (channel, options);

  return interop_await_write (stream_call, stream_request, error) &&
         interop_await_done_writing (stream_call, error) &&
         check_read (stream_call, response_size, error) &&
         check_end_of_stream (stream_call, error) &&
         check_ok (stream_call, error) &&
         check_echoed_metadata (stream_call, error);
}

static gboolean
status_code_and_message (GrpcAioChannel *channel,
                         GError **error)
{
  const char *message = "test status message";
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) request = pack_output_status (GRPC_AIO_STATUS_CODE_UNKNOWN, message);
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) expected = NULL;

  if (!check_unary_status (channel, GRPC_AIO_STATUS_CODE_UNKNOWN, message, error))
    return FALSE;

  /* The server may answer before the half-close is on its way, so only the
   * end of the call counts. */
  call = start_full_duplex_call (channel, NULL);
  grpc_aio_call_write_async (call, request, NULL, NULL, NULL);
  grpc_aio_call_done_writing_async (call, NULL, NULL, NULL);
  response = interop_await_read (call, &expected);

  return check_error (expected, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNKNOWN, error) &&
         check_status (call, GRPC_AIO_STATUS_CODE_UNKNOWN, message, error);
}

static gboolean
special_status_message (GrpcAioChannel *channel,
                        GError **error)
{
  return check_unary_status (channel,
                             GRPC_AIO_STATUS_CODE_UNKNOWN,
                             "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n",
                             error);
}

static gboolean
unimplemented_method (GrpcAioChannel *channel,
                      GError **error)
{
  return check_unimplemented (channel, TEST_SERVICE "UnimplementedCall", error);
}

static gboolean
unimplemented_service (GrpcAioChannel *channel,
                       GError **error)
{
  return check_unimplemented (channel, "/grpc.testing.UnimplementedService/UnimplementedCall", error);
}

static gboolean
cancel_after_begin (GrpcAioChannel *channel,
                    GError **error)
{
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) expected = NULL;

  call = start_call (channel, grpc_aio_channel_stream_unary, TEST_SERVICE "StreamingInputCall", NULL, NULL);
  CHECK (grpc_aio_call_cancel (call), error, "A call that was just started cannot be cancelled");
  response = interop_await_response (call, &expected);

  return check_error (expected, G_IO_ERROR, G_IO_ERROR_CANCELLED, error) &&
         check_status (call, GRPC_AIO_STATUS_CODE_CANCELLED, NULL, error);
}

static gboolean
cancel_after_first_response (GrpcAioChannel *channel,
                             GError **error)
{
  g_autoptr (GrpcAioCall) call = start_full_duplex_call (channel, NULL);
  g_autoptr (GBytes) request = pack_output_request (request_sizes[0], &response_sizes[0], 1);
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) expected = NULL;

  if (!interop_await_write (call, request, error) || !check_read (call, response_sizes[0], error))
    return FALSE;

  CHECK (grpc_aio_call_cancel (call), error, "A running call cannot be cancelled");
  response = interop_await_read (call, &expected);

  return check_error (expected, G_IO_ERROR, G_IO_ERROR_CANCELLED, error) &&
         check_status (call, GRPC_AIO_STATUS_CODE_CANCELLED, NULL, error);
}

static gboolean
timeout_on_sleeping_server (GrpcAioChannel *channel,
                            GError **error)
{
  g_autoptr (GrpcAioCallOptions) options = grpc_aio_call_options_new ();
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) request = pack_output_request (request_sizes[0], NULL, 0);
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) expected = NULL;

  grpc_aio_call_options_set_timeout_usec (options, 1000);
  call = start_full_duplex_call (channel, options);

  /* The deadline may pass before the write is done. */
  grpc_aio_call_write_async (call, request, NULL, NULL, NULL);
  response = interop_await_read (call, &expected);

  return check_error (expected, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED, error) &&
         check_status (call, GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED, NULL, error);
}

/* Compression */

static BoolValue
bool_value (gboolean value)
{
  BoolValue message = GRPC__TESTING__BOOL_VALUE__INIT;

  message.value = value;

  return message;
}

/* Sends the large request compressed or not, and says that it expects it so or
 * not. Nothing asks for a compressed response. */
static GrpcAioCall *
start_compressed_unary (GrpcAioChannel *channel,
                        gboolean is_compressed,
                        gboolean is_expected)
{
  SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
  Payload payload = payload_of_size (LARGE_REQUEST);
  BoolValue expected = bool_value (is_expected);
  g_autoptr (GrpcAioCallOptions) options = grpc_aio_call_options_new ();
  g_autoptr (GBytes) bytes = NULL;

  request.response_size = LARGE_RESPONSE;
  request.payload = &payload;
  request.expect_compressed = &expected;
  bytes = simple_request_pack (&request);
  if (is_compressed)
    grpc_aio_call_options_set_compression (options, GRPC_AIO_COMPRESSION_GZIP);

  return start_unary_call (channel, bytes, options);
}

static gboolean
client_compressed_unary (GrpcAioChannel *channel,
                         GError **error)
{
  g_autoptr (GrpcAioCall) probe = start_compressed_unary (channel, FALSE, TRUE);
  g_autoptr (GrpcAioCall) compressed = NULL;
  g_autoptr (GrpcAioCall) plain = NULL;

  /* A server that does not look would take this. */
  if (!check_status (probe, GRPC_AIO_STATUS_CODE_INVALID_ARGUMENT, NULL, error))
    return FALSE;

  compressed = start_compressed_unary (channel, TRUE, TRUE);
  if (!check_large_response (compressed, error) || !check_ok (compressed, error))
    return FALSE;

  plain = start_compressed_unary (channel, FALSE, FALSE);

  return check_large_response (plain, error) && check_ok (plain, error);
}

static void
write_input (GrpcAioCall *call,
             gsize body_size,
             gboolean is_compressed,
             gboolean is_expected)
{
  StreamingInputCallRequest request = GRPC__TESTING__STREAMING_INPUT_CALL_REQUEST__INIT;
  Payload payload = payload_of_size (body_size);
  BoolValue expected = bool_value (is_expected);
  g_autoptr (GBytes) bytes = NULL;

  request.payload = &payload;
  request.expect_compressed = &expected;
  bytes = streaming_input_call_request_pack (&request);
  grpc_aio_call_write_with_flags_async (call, bytes,
                                        is_compressed ? GRPC_AIO_WRITE_FLAGS_NONE : GRPC_AIO_WRITE_FLAGS_NO_COMPRESS,
                                        NULL, NULL, NULL);
}

static gboolean
client_compressed_streaming (GrpcAioChannel *channel,
                             GError **error)
{
  g_autoptr (GrpcAioCallOptions) options = grpc_aio_call_options_new ();
  g_autoptr (GrpcAioCall) probe = NULL;
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (StreamingInputCallResponse) response = NULL;

  grpc_aio_call_options_set_compression (options, GRPC_AIO_COMPRESSION_GZIP);
  probe = start_call (channel, grpc_aio_channel_stream_unary, TEST_SERVICE "StreamingInputCall", NULL, options);
  write_input (probe, request_sizes[0], FALSE, TRUE);
  grpc_aio_call_done_writing_async (probe, NULL, NULL, NULL);
  if (!check_status (probe, GRPC_AIO_STATUS_CODE_INVALID_ARGUMENT, NULL, error))
    return FALSE;

  call = start_call (channel, grpc_aio_channel_stream_unary, TEST_SERVICE "StreamingInputCall", NULL, options);
  write_input (call, request_sizes[0], TRUE, TRUE);
  write_input (call, request_sizes[3], FALSE, FALSE);
  grpc_aio_call_done_writing_async (call, NULL, NULL, NULL);

  bytes = interop_await_response (call, error);
  if (bytes == NULL)
    return FALSE;
  response = streaming_input_call_response_unpack (bytes, error);
  if (response == NULL)
    return FALSE;
  CHECK (response->aggregated_payload_size == (gint32) (request_sizes[0] + request_sizes[3]),
         error,
         "The server counted %d bytes",
         response->aggregated_payload_size);

  return check_ok (call, error);
}

/* What is in a response that came compressed, or not. */
static GBytes *
open_response (GBytes *bytes,
               gboolean is_compressed,
               GError **error)
{
  g_autoptr (GBytes) opened = NULL;
  gboolean was_compressed;

  opened = interop_message_open (bytes, &was_compressed, error);
  if (opened == NULL)
    return NULL;

  if (was_compressed != is_compressed)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "The response is %scompressed", was_compressed ? "" : "not ");
      return NULL;
    }

  return g_steal_pointer (&opened);
}

static gboolean
check_compressed_unary (GrpcAioChannel *channel,
                        gboolean is_compressed,
                        GError **error)
{
  SimpleRequest request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
  Payload payload = payload_of_size (LARGE_REQUEST);
  BoolValue wanted = bool_value (is_compressed);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) answer = NULL;
  g_autoptr (GBytes) opened = NULL;
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (SimpleResponse) response = NULL;

  request.response_size = LARGE_RESPONSE;
  request.payload = &payload;
  request.response_compressed = &wanted;
  bytes = simple_request_pack (&request);
  call = start_unary_call (channel, bytes, NULL);
  answer = interop_await_response (call, error);
  if (answer == NULL)
    return FALSE;

  opened = open_response (answer, is_compressed, error);
  if (opened == NULL)
    return FALSE;
  response = simple_response_unpack (opened, error);
  if (response == NULL)
    return FALSE;

  return check_payload (response->payload, LARGE_RESPONSE, error) && check_ok (call, error);
}

static gboolean
server_compressed_unary (GrpcAioChannel *channel,
                         GError **error)
{
  return check_compressed_unary (channel, TRUE, error) && check_compressed_unary (channel, FALSE, error);
}

static gboolean
check_compressed_read (GrpcAioCall *call,
                       gsize size,
                       gboolean is_compressed,
                       GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) opened = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (StreamingOutputCallResponse) response = NULL;

  bytes = interop_await_read (call, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  CHECK (bytes != NULL, error, "The stream ended before the response of %" G_GSIZE_FORMAT " bytes", size);

  opened = open_response (bytes, is_compressed, error);
  if (opened == NULL)
    return FALSE;
  response = streaming_output_call_response_unpack (opened, error);
  if (response == NULL)
    return FALSE;

  return check_payload (response->payload, size, error);
}

static gboolean
server_compressed_streaming (GrpcAioChannel *channel,
                             GError **error)
{
  StreamingOutputCallRequest request = GRPC__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
  BoolValue compressed[] = { bool_value (TRUE), bool_value (FALSE) };
  static const gsize sizes[] = { 31415, 92653 };
  ResponseParameters parameters[] = { GRPC__TESTING__RESPONSE_PARAMETERS__INIT, GRPC__TESTING__RESPONSE_PARAMETERS__INIT };
  ResponseParameters *pointers[] = { &parameters[0], &parameters[1] };
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GrpcAioCall) call = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      parameters[i].size = sizes[i];
      parameters[i].compressed = &compressed[i];
    }
  request.n_response_parameters = G_N_ELEMENTS (pointers);
  request.response_parameters = pointers;
  bytes = streaming_output_call_request_pack (&request);
  call = start_call (channel, grpc_aio_channel_unary_stream, TEST_SERVICE "StreamingOutputCall", bytes, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      if (!check_compressed_read (call, sizes[i], compressed[i].value, error))
        return FALSE;
    }

  return check_end_of_stream (call, error) && check_ok (call, error);
}

/* Finding them */

static const struct
{
  const char *name;
  InteropCaseFunc func;
} cases[] = {
  { "empty_unary", empty_unary },
  { "large_unary", large_unary },
  { "client_streaming", client_streaming },
  { "server_streaming", server_streaming },
  { "ping_pong", ping_pong },
  { "empty_stream", empty_stream },
  { "custom_metadata", custom_metadata },
  { "status_code_and_message", status_code_and_message },
  { "special_status_message", special_status_message },
  { "unimplemented_method", unimplemented_method },
  { "unimplemented_service", unimplemented_service },
  { "cancel_after_begin", cancel_after_begin },
  { "cancel_after_first_response", cancel_after_first_response },
  { "timeout_on_sleeping_server", timeout_on_sleeping_server },
  { "client_compressed_unary", client_compressed_unary },
  { "client_compressed_streaming", client_compressed_streaming },
  { "server_compressed_unary", server_compressed_unary },
  { "server_compressed_streaming", server_compressed_streaming },
};

InteropCaseFunc
interop_cases_find (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      if (g_str_equal (cases[i].name, name))
        return cases[i].func;
    }

  return NULL;
}

/* The names of all cases, for a message. */
char *
interop_cases_dup_names (void)
{
  GString *names = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_string_append_printf (names, "%s%s", i == 0 ? "" : " ", cases[i].name);

  return g_string_free (names, FALSE);
}
