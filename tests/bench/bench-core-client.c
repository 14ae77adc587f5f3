/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-core.h"

#include <grpc/grpc_security.h>
#include <stdlib.h>

typedef struct
{
  const BenchOptions *options;
  BenchMeter meter;
  grpc_completion_queue *queue;
  grpc_channel *channel;
  void *method;
  grpc_slice request;
  size_t response_length;
  unsigned in_flight;
  bool finished;
} Client;

/* One call; in the unary scenario, the place of one call after the other. */
typedef struct
{
  CoreTag tag;
  Client *client;
  grpc_call *call;
  grpc_byte_buffer *outgoing;
  grpc_byte_buffer *incoming;
  grpc_metadata_array initial_metadata;
  grpc_metadata_array trailing_metadata;
  grpc_status_code status;
  grpc_slice details;
  uint64_t since;
  unsigned batches;
  grpc_op unary_ops[6];
} Call;

static grpc_op
op_send_message (Call *self)
{
  core_buffer_refill (self->outgoing, self->client->request);

  return (grpc_op){ .op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = self->outgoing };
}

static grpc_op
op_recv_message (Call *self)
{
  return (grpc_op){ .op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &self->incoming };
}

static grpc_op
op_recv_initial_metadata (Call *self)
{
  return (grpc_op){
    .op = GRPC_OP_RECV_INITIAL_METADATA,
    .data.recv_initial_metadata.recv_initial_metadata = &self->initial_metadata,
  };
}

static grpc_op
op_recv_status (Call *self)
{
  return (grpc_op){
    .op = GRPC_OP_RECV_STATUS_ON_CLIENT,
    .data.recv_status_on_client = {
        .trailing_metadata = &self->trailing_metadata,
        .status = &self->status,
        .status_details = &self->details,
    },
  };
}

static const grpc_op op_send_initial_metadata = { .op = GRPC_OP_SEND_INITIAL_METADATA };
static const grpc_op op_send_close = { .op = GRPC_OP_SEND_CLOSE_FROM_CLIENT };

static void
create_call (Call *self)
{
  Client *client = self->client;

  self->call = grpc_channel_create_registered_call (client->channel,
                                                    NULL,
                                                    GRPC_PROPAGATE_DEFAULTS,
                                                    client->queue,
                                                    client->method,
                                                    gpr_inf_future (GPR_CLOCK_REALTIME),
                                                    NULL);
}

static void
check_response (Call *self)
{
  Client *client = self->client;
  size_t length;

  if (self->incoming == NULL)
    bench_fail ("A response is missing");

  length = core_buffer_consume (self->incoming, client->options->separate);
  self->incoming = NULL;
  if (length != client->response_length)
    bench_fail ("A response has %zu bytes instead of %zu", length, client->response_length);
}

static void
check_status (Call *self,
              grpc_status_code expected)
{
  if (self->status != expected)
    bench_fail ("A call ended with status %d: %.*s",
                (int) self->status,
                (int) GRPC_SLICE_LENGTH (self->details),
                (const char *) GRPC_SLICE_START_PTR (self->details));
  grpc_slice_unref (self->details);
  grpc_call_unref (self->call);
}

static void
finish (Call *self)
{
  Client *client = self->client;

  client->in_flight--;
  if (client->in_flight == 0)
    client->finished = true;
}

/* Unary: one batch for the whole call */

static void
start_unary (Call *self)
{
  self->initial_metadata.count = 0;
  self->trailing_metadata.count = 0;
  core_buffer_refill (self->outgoing, self->client->request);
  create_call (self);
  core_start_batch (self->call, self->unary_ops, 6, &self->tag);
}

static void
on_unary_done (CoreTag *tag,
               bool ok)
{
  Call *self = (Call *) tag;

  check_status (self, GRPC_STATUS_OK);
  check_response (self);
  self->since = bench_meter_finish (&self->client->meter, self->since);

  if (bench_meter_next (&self->client->meter))
    start_unary (self);
  else
    finish (self);
}

static void
begin_unary (Call *self)
{
  self->tag.done = on_unary_done;
  self->unary_ops[0] = op_send_initial_metadata;
  self->unary_ops[1] = op_send_message (self);
  self->unary_ops[2] = op_send_close;
  self->unary_ops[3] = op_recv_initial_metadata (self);
  self->unary_ops[4] = op_recv_message (self);
  self->unary_ops[5] = op_recv_status (self);
  start_unary (self);
}

/* Ping-pong: one batch sends a message and receives its answer */

static void
on_stream_closed (CoreTag *tag,
                  bool ok)
{
  Call *self = (Call *) tag;

  check_status (self, GRPC_STATUS_OK);
  finish (self);
}

static void
on_pong (CoreTag *tag,
         bool ok)
{
  Call *self = (Call *) tag;

  if (--self->batches > 0)
    return;

  check_response (self);
  self->since = bench_meter_finish (&self->client->meter, self->since);

  if (bench_meter_next (&self->client->meter))
    {
      const grpc_op ops[] = { op_send_message (self), op_recv_message (self) };

      if (self->client->options->separate)
        {
          self->batches = 2;
          core_start_batch (self->call, ops, 1, &self->tag);
          core_start_batch (self->call, ops + 1, 1, &self->tag);
        }
      else
        {
          self->batches = 1;
          core_start_batch (self->call, ops, 2, &self->tag);
        }
    }
  else
    {
      const grpc_op ops[] = { op_send_close, op_recv_status (self) };

      self->tag.done = on_stream_closed;
      core_start_batch (self->call, ops, 2, &self->tag);
    }
}

static void
begin_ping_pong (Call *self)
{
  const grpc_op ops[] = {
    op_send_initial_metadata,
    op_recv_initial_metadata (self),
    op_send_message (self),
    op_recv_message (self),
  };

  self->tag.done = on_pong;
  self->batches = 1;
  create_call (self);
  core_start_batch (self->call, ops, 4, &self->tag);
}

/* Stream from the server: one batch a message, until we cancel */

static void
on_stream_cancelled (CoreTag *tag,
                     bool ok)
{
  Call *self = (Call *) tag;

  check_status (self, GRPC_STATUS_CANCELLED);
  finish (self);
}

static void
on_message_received (CoreTag *tag,
                     bool ok)
{
  Call *self = (Call *) tag;

  check_response (self);
  self->since = bench_meter_finish (&self->client->meter, self->since);

  if (bench_meter_next (&self->client->meter))
    {
      const grpc_op op = op_recv_message (self);

      core_start_batch (self->call, &op, 1, &self->tag);
    }
  else
    {
      const grpc_op op = op_recv_status (self);

      self->tag.done = on_stream_cancelled;
      grpc_call_cancel (self->call, NULL);
      core_start_batch (self->call, &op, 1, &self->tag);
    }
}

static void
begin_server_stream (Call *self)
{
  const grpc_op ops[] = {
    op_send_initial_metadata,
    op_send_message (self),
    op_send_close,
    op_recv_initial_metadata (self),
    op_recv_message (self),
  };

  self->tag.done = on_message_received;
  create_call (self);
  core_start_batch (self->call, ops, 5, &self->tag);
}

/* Stream to the server: one batch a message */

static void
on_client_stream_closed (CoreTag *tag,
                         bool ok)
{
  Call *self = (Call *) tag;

  check_status (self, GRPC_STATUS_OK);
  check_response (self);
  finish (self);
}

static void
on_message_sent (CoreTag *tag,
                 bool ok)
{
  Call *self = (Call *) tag;

  if (!ok)
    bench_fail ("A message could not be sent");

  self->since = bench_meter_finish (&self->client->meter, self->since);

  if (bench_meter_next (&self->client->meter))
    {
      const grpc_op op = op_send_message (self);

      core_start_batch (self->call, &op, 1, &self->tag);
    }
  else
    {
      const grpc_op ops[] = {
        op_send_close,
        op_recv_initial_metadata (self),
        op_recv_message (self),
        op_recv_status (self),
      };

      self->tag.done = on_client_stream_closed;
      core_start_batch (self->call, ops, 4, &self->tag);
    }
}

static void
begin_client_stream (Call *self)
{
  const grpc_op ops[] = { op_send_initial_metadata, op_send_message (self) };

  self->tag.done = on_message_sent;
  create_call (self);
  core_start_batch (self->call, ops, 2, &self->tag);
}

void
core_client (const BenchOptions *options)
{
  static const struct
  {
    const char *method;
    void (*begin) (Call *call);
  } scenarios[] = {
    [BENCH_SCENARIO_UNARY] = { BENCH_UNARY_CALL, begin_unary },
    [BENCH_SCENARIO_PING_PONG] = { BENCH_STREAMING_CALL, begin_ping_pong },
    [BENCH_SCENARIO_SERVER_STREAM] = { BENCH_STREAMING_FROM_SERVER, begin_server_stream },
    [BENCH_SCENARIO_CLIENT_STREAM] = { BENCH_STREAMING_FROM_CLIENT, begin_client_stream },
  };
  Client client = { .options = options };
  grpc_channel_credentials *credentials = grpc_insecure_credentials_create ();
  Call *calls = calloc (options->outstanding, sizeof (Call));
  size_t request_length;
  uint8_t *request = bench_request_new (options->size, &request_length);

  free (bench_response_new (options->size, &client.response_length));
  client.request = grpc_slice_from_copied_buffer ((const char *) request, request_length);
  client.queue = grpc_completion_queue_create_for_next (NULL);
  client.channel = grpc_channel_create (options->address, credentials, NULL);
  client.method = grpc_channel_register_call (client.channel,
                                              scenarios[options->scenario].method,
                                              NULL,
                                              NULL);

  for (unsigned i = 0; i < options->outstanding; i++)
    {
      Call *call = &calls[i];

      call->client = &client;
      call->outgoing = grpc_raw_byte_buffer_create (NULL, 0);
      grpc_metadata_array_init (&call->initial_metadata);
      grpc_metadata_array_init (&call->trailing_metadata);
    }

  bench_meter_init (&client.meter, options);
  while (bench_meter_begin (&client.meter))
    {
      client.finished = false;
      for (unsigned i = 0; i < options->outstanding && bench_meter_next (&client.meter); i++)
        {
          calls[i].since = bench_now ();
          calls[i].initial_metadata.count = 0;
          calls[i].trailing_metadata.count = 0;
          client.in_flight++;
          scenarios[options->scenario].begin (&calls[i]);
        }

      core_loop (client.queue, &client.finished);
      bench_meter_report (&client.meter);
    }
  bench_meter_clear (&client.meter);

  for (unsigned i = 0; i < options->outstanding; i++)
    {
      grpc_byte_buffer_destroy (calls[i].outgoing);
      grpc_metadata_array_destroy (&calls[i].initial_metadata);
      grpc_metadata_array_destroy (&calls[i].trailing_metadata);
    }
  grpc_channel_destroy (client.channel);
  grpc_channel_credentials_release (credentials);
  grpc_completion_queue_shutdown (client.queue);
  while (grpc_completion_queue_next (client.queue, gpr_inf_future (GPR_CLOCK_REALTIME), NULL).type !=
         GRPC_QUEUE_SHUTDOWN)
    ;
  grpc_completion_queue_destroy (client.queue);
  grpc_slice_unref (client.request);
  free (request);
  free (calls);
}
