/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "port/grpc-aio-port-private.h"

#include <grpc-aio-glib/grpc-aio-call-options.h>
#include <grpc-aio-glib/grpc-aio-multi-callable.h>

#include "client/grpc-aio-call-options-private.h"
#include "client/grpc-aio-call-private.h"
#include "client/grpc-aio-multi-callable-private.h"
#include "types/grpc-aio-method-kind-private.h"

/* How much a call reads ahead. */
#define READ_AHEAD 65536

/* More than a program uses at a time, and less than a mistake. */
#define MAX_CALLS (1 << 24)

enum
{
  OPTION_WAIT_FOR_READY = 1 << 0,
  OPTION_COMPRESSION = 1 << 1,
  OPTION_KEEP = 1 << 2,
};

enum
{
  STATUS_IS_CANCELLED_HERE = 1 << 0,
  STATUS_HAS_RESPONSE = 1 << 1,
  STATUS_HAD_LARGE_RESPONSE = 1 << 2,
};

static void
add_status (GrpcAioPortCall *self,
            const GrpcAioOutcome *outcome,
            gboolean is_large)
{
  GrpcAioFrames *frames = &self->port->frames;
  gsize start = grpc_aio_frames_begin (frames, self->id, GRPC_AIO_PORT_EVENT_STATUS, outcome->code);
  guint32 flags = outcome->is_cancelled_here ? STATUS_IS_CANCELLED_HERE : 0;

  if (outcome->response != NULL)
    flags |= is_large ? STATUS_HAD_LARGE_RESPONSE : STATUS_HAS_RESPONSE;
  grpc_aio_frames_put_uint32 (frames, flags);
  grpc_aio_frames_put_text (frames, outcome->details);
  grpc_aio_frames_put_text (frames, outcome->debug_string);
  grpc_aio_frames_put_metadata (frames, outcome->initial_metadata);
  grpc_aio_frames_put_metadata (frames, outcome->trailing_metadata);
  if (outcome->response != NULL && !is_large)
    grpc_aio_frames_put (frames, g_bytes_get_data (outcome->response, NULL), g_bytes_get_size (outcome->response));
  grpc_aio_frames_end (frames, start);
}

static gboolean
is_empty (const char *text)
{
  return text == NULL || *text == '\0';
}

static gboolean
is_bare (GrpcAioMetadata *metadata)
{
  return metadata == NULL || grpc_aio_metadata_get_size (metadata) == 0;
}

/* Most calls end well, and with nothing but a response. */
static gboolean
is_plain (const GrpcAioOutcome *outcome)
{
  return outcome->code == GRPC_AIO_STATUS_CODE_OK && outcome->response != NULL &&
         is_empty (outcome->details) && is_empty (outcome->debug_string) &&
         is_bare (outcome->initial_metadata) && is_bare (outcome->trailing_metadata);
}

static void
add_result (GrpcAioPortCall *self,
            const GrpcAioOutcome *outcome,
            gboolean is_large)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (outcome->response, &length);

  grpc_aio_frames_add (&self->port->frames, self->id, GRPC_AIO_PORT_EVENT_RESULT, is_large ? 1 : 0,
                       data, is_large ? 0 : length);
}

static void
on_status (GObject *source,
           GAsyncResult *result,
           gpointer user_data)
{
  GrpcAioPortCall *self = user_data;
  GrpcAioOutcome outcome;
  gboolean is_large;

  if (self->is_over)
    {
      grpc_aio_port_call_unref (self);
      return;
    }

  grpc_aio_call_peek_outcome (self->call, &outcome);
  is_large = outcome.response != NULL && g_bytes_get_size (outcome.response) >= GRPC_AIO_PORT_LARGE_MESSAGE;
  if (is_large)
    grpc_aio_port_call_add_large (self, outcome.response);

  if (is_plain (&outcome))
    add_result (self, &outcome, is_large);
  else
    add_status (self, &outcome, is_large);

  grpc_aio_port_call_end (self);
  grpc_aio_port_call_unref (self);
}

static void
on_connected (GObject *source,
              GAsyncResult *result,
              gpointer user_data)
{
  GrpcAioPortCall *self = user_data;
  GrpcAioFrames *frames;
  gsize start;

  if (!self->is_over && GRPC_AIO_OPERATION (result)->error == NULL)
    {
      frames = &self->port->frames;
      start = grpc_aio_frames_begin (frames, self->id, GRPC_AIO_PORT_EVENT_CONNECTED, 0);
      grpc_aio_frames_put_metadata (frames, grpc_aio_call_peek_initial_metadata (self->call));
      grpc_aio_frames_end (frames, start);
    }

  grpc_aio_port_call_unref (self);
}

/* The first thing of a stream of requests is on its way. */
static void
on_started (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  GrpcAioPortCall *self = user_data;

  if (!self->is_over && GRPC_AIO_OPERATION (result)->error == NULL)
    grpc_aio_frames_add (&self->port->frames, self->id, GRPC_AIO_PORT_EVENT_STARTED, 0, NULL, 0);

  grpc_aio_port_call_unref (self);
}

/* NULL for none, as well as when they are invalid. */
static GrpcAioCallOptions *
read_options (GrpcAioPort *self,
              GrpcAioFrameReader *reader,
              GrpcAioCallCredentials *credentials,
              gboolean *keeps)
{
  GrpcAioCallOptions *options;
  GrpcAioPortCall *parent;
  guint32 flags, parent_id;

  if (reader->length == 0 && credentials == NULL)
    return NULL;

  options = grpc_aio_call_options_new ();
  if (credentials != NULL)
    options->credentials = g_object_ref (credentials);
  if (reader->length == 0)
    return options;

  flags = grpc_aio_frame_reader_get_uint32 (reader);
  *keeps = (flags & OPTION_KEEP) != 0;
  options->wait_for_ready = (flags & OPTION_WAIT_FOR_READY) != 0;
  options->compression_set = (flags & OPTION_COMPRESSION) != 0;
  options->compression = grpc_aio_frame_reader_get_uint32 (reader);
  options->timeout_usec = grpc_aio_frame_reader_get_int64 (reader);
  parent_id = grpc_aio_frame_reader_get_uint32 (reader);
  options->authority = grpc_aio_frame_reader_dup_text (reader);
  options->metadata = grpc_aio_frame_reader_get_metadata (reader);

  parent = (parent_id & GRPC_AIO_PORT_SERVED) != 0 ? grpc_aio_port_find (self, parent_id) : NULL;
  if (parent != NULL)
    options->parent = g_object_ref (parent->context);

  return options;
}

static GrpcAioCall *
new_call (GrpcAioPort *self,
          GrpcAioMultiCallable *method,
          GBytes *request,
          GrpcAioCallOptions *options)
{
  GrpcAioCall *call;

  if (G_LIKELY (grpc_aio_multi_callable_get_interceptors (method) == NULL))
    return grpc_aio_call_new (method, self->queue, request, options);

  /* They may start something of their own. */
  grpc_aio_port_enter (self);
  call = grpc_aio_multi_callable_call (method, request, options);
  grpc_aio_port_leave (self);

  return call;
}

/* Has the requests begin, and the port told of it. */
static void
start_requests (GrpcAioPortCall *call,
                GrpcAioCallOptions *options)
{
  if (options->is_started_apart)
    grpc_aio_call_submit_start (call->call, options,
                                grpc_aio_port_call_new_operation (call, GRPC_AIO_SEND_INITIAL_METADATA, on_started));
  else
    grpc_aio_call_wait (call->call, grpc_aio_port_call_new_operation (call, GRPC_AIO_WAIT_CONNECTION, on_started));
}

static void
add_call (GrpcAioPort *self,
          GrpcAioPortCall *call)
{
  if (self->calls->len <= call->id)
    g_ptr_array_set_size (self->calls, (gint) call->id + 1);
  g_ptr_array_index (self->calls, call->id) = call;
}

/**
 * grpc_aio_port_start:
 * @self: a port
 * @id: a number that no call of a client has now
 * @method: the method to call
 * @request: (array length=request_length) (nullable): the request; for a stream of them
 *   `NULL`
 * @request_length: how many bytes it has
 * @options: (array length=options_length) (nullable): what to choose for this call, in
 *   the form of frames, or `NULL`
 * @options_length: how many bytes they have
 * @credentials: (nullable): credentials of the call
 *
 * Starts a call.
 *
 * Returns: whether something waits to be drained
 *
 * Since: 0.1
 */
gboolean
grpc_aio_port_start (GrpcAioPort *self,
                     guint32 id,
                     GrpcAioMultiCallable *method,
                     const guint8 *request,
                     gsize request_length,
                     const guint8 *options,
                     gsize options_length,
                     GrpcAioCallCredentials *credentials)
{
  GrpcAioFrameReader reader = { options, options_length, FALSE };
  g_autoptr (GrpcAioCallOptions) chosen = NULL;
  g_autoptr (GBytes) bytes = NULL;
  GrpcAioPortCall *call;
  GrpcAioMethodKind kind;
  gboolean is_unary, streams_requests, keeps = FALSE;

  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), FALSE);
  g_return_val_if_fail (self->queue != NULL, FALSE);
  g_return_val_if_fail (id < MAX_CALLS && grpc_aio_port_find (self, id) == NULL, FALSE);
  g_return_val_if_fail (GRPC_AIO_IS_MULTI_CALLABLE (method), FALSE);
  g_return_val_if_fail (credentials == NULL || GRPC_AIO_IS_CALL_CREDENTIALS (credentials), FALSE);

  chosen = read_options (self, &reader, credentials, &keeps);
  g_return_val_if_fail (!reader.is_invalid, FALSE);

  kind = grpc_aio_multi_callable_get_kind (method);
  is_unary = kind == GRPC_AIO_METHOD_KIND_UNARY_UNARY;
  streams_requests = grpc_aio_method_kind_streams_requests (kind);
  if (!streams_requests)
    bytes = g_bytes_new (request, request_length);
  if (streams_requests && chosen == NULL)
    chosen = grpc_aio_call_options_new ();
  if (streams_requests)
    chosen->is_started_apart = grpc_aio_multi_callable_get_interceptors (method) == NULL;

  grpc_aio_port_begin (self);
  call = grpc_aio_port_call_new (self, id);
  call->keeps = keeps;
  call->call = new_call (self, method, bytes, chosen);
  add_call (self, call);

  if (streams_requests)
    start_requests (call, chosen);
  if (!is_unary)
    grpc_aio_call_wait (call->call, grpc_aio_port_call_new_operation (call, GRPC_AIO_WAIT_CONNECTION, on_connected));
  grpc_aio_call_wait (call->call, grpc_aio_port_call_new_operation (call, GRPC_AIO_WAIT_STATUS, on_status));
  if (grpc_aio_method_kind_streams_responses (kind))
    {
      call->allowance = READ_AHEAD;
      grpc_aio_port_call_read (call);
    }

  return grpc_aio_port_end (self);
}
