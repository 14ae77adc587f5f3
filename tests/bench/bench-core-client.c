/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-core.h"

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>

#include <grpc/grpc_security.h>
#include <grpc/support/time.h>

#define MAX(a, b) ((a) > (b) ? (a) : (b))

typedef struct _Call Call;

typedef struct
{
  grpc_channel *core;
  void *method;
} Channel;

typedef struct
{
  const BenchOptions *options;
  BenchMeter meter;
  grpc_completion_queue *queue;
  Channel *channels;
  Call *calls;
  unsigned n_calls;
  grpc_slice request;
  size_t response_length;
  unsigned in_flight;
  bool finished;
  /* The scenario streams: how many to open, and whose turn it is. */
  unsigned n_begun;
  unsigned n_open;
  unsigned turn;
} Client;

/* One call; in the unary scenario, the place of one call after the other. */
struct _Call
{
  CoreTag tag;
  /* Only with separate batches: of the status that is waited for all the time. */
  CoreTag status_tag;
  Client *client;
  Channel *channel;
  grpc_call *call;
  grpc_byte_buffer *outgoing;
  grpc_byte_buffer *incoming;
  grpc_metadata_array initial_metadata;
  grpc_metadata_array trailing_metadata;
  grpc_status_code status;
  grpc_slice details;
  uint64_t since;
  unsigned batches;
  bool busy;
  grpc_op unary_ops[6];
};

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

  self->call = grpc_channel_create_registered_call (self->channel->core,
                                                    NULL,
                                                    GRPC_PROPAGATE_DEFAULTS,
                                                    client->queue,
                                                    self->channel->method,
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

/* Many streams: each is opened by a message and its answer, and later the one
 * that has been quiet for the longest time sends the next message. */

static void
on_stream_over (CoreTag *tag,
                bool ok)
{
  Call *self = (Call *) tag;

  if (--self->batches > 0)
    return;

  check_status (self, GRPC_STATUS_OK);
  finish (self);
}

static void
on_status (CoreTag *tag,
           bool ok)
{
  Call *self = (Call *) ((char *) tag - offsetof (Call, status_tag));

  on_stream_over (&self->tag, ok);
}

static void
end_stream (Call *self)
{
  const grpc_op ops[] = { op_send_close, op_recv_status (self) };
  bool separate = self->client->options->separate;

  self->tag.done = on_stream_over;
  self->batches = separate ? 2 : 1;
  self->client->in_flight++;
  core_start_batch (self->call, ops, separate ? 1 : 2, &self->tag);
}

static void
begin_turn (Call *self,
            uint64_t since)
{
  const grpc_op ops[] = { op_send_message (self), op_recv_message (self) };
  bool separate = self->client->options->separate;

  self->busy = true;
  self->since = since;
  self->batches = separate ? 2 : 1;
  core_start_batch (self->call, ops, separate ? 1 : 2, &self->tag);
  if (separate)
    core_start_batch (self->call, ops + 1, 1, &self->tag);
}

static Call *
next_stream (Client *self)
{
  Call *call;

  do
    {
      call = &self->calls[self->turn];
      self->turn = (self->turn + 1) % self->n_open;
    }
  while (call->busy);

  return call;
}

static void
on_turn_over (CoreTag *tag,
              bool ok)
{
  Call *self = (Call *) tag;
  Client *client = self->client;
  uint64_t now;

  if (--self->batches > 0)
    return;

  check_response (self);
  self->busy = false;
  now = bench_meter_finish (&client->meter, self->since);
  if (bench_meter_next (&client->meter))
    begin_turn (next_stream (client), now);
  else
    finish (self);
}

static void
begin_streams (Call *self)
{
  begin_turn (next_stream (self->client), bench_now ());
}

static void open_next (Client *self);

static void
on_stream_open (CoreTag *tag,
                bool ok)
{
  Call *self = (Call *) tag;

  check_response (self);
  grpc_metadata_array_destroy (&self->initial_metadata);
  grpc_metadata_array_init (&self->initial_metadata);
  self->tag.done = on_turn_over;
  finish (self);
  open_next (self->client);
}

static void
open_next (Client *self)
{
  Call *call;

  if (self->n_begun == self->n_open)
    return;

  call = &self->calls[self->n_begun++];

  const grpc_op ops[] = {
    op_send_initial_metadata,
    op_recv_initial_metadata (call),
    op_send_message (call),
    op_recv_message (call),
    op_recv_status (call),
  };

  self->in_flight++;
  self->finished = false;
  create_call (call);
  if (self->options->separate)
    {
      call->status_tag.done = on_status;
      core_start_batch (call->call, ops + 4, 1, &call->status_tag);
    }
  call->tag.done = on_stream_open;
  core_start_batch (call->call, ops, 4, &call->tag);
}

/* Opens all streams from @first to @end. */
static void
open_streams (Client *self,
              unsigned first,
              unsigned end)
{
  self->n_begun = first;
  self->n_open = end;
  for (unsigned i = 0; i < self->options->outstanding && self->n_begun < end; i++)
    open_next (self);
  core_loop (self->queue, &self->finished);
}

static void
end_streams (Client *self,
             unsigned first,
             unsigned end)
{
  self->finished = false;
  for (unsigned i = first; i < end; i++)
    end_stream (&self->calls[i]);
  core_loop (self->queue, &self->finished);
}

static void
idle (Client *self,
      double seconds)
{
  gpr_timespec end = gpr_time_add (gpr_now (GPR_CLOCK_REALTIME), gpr_time_from_micros (seconds * 1000000, GPR_TIMESPAN));
  grpc_event event = grpc_completion_queue_next (self->queue, end, NULL);

  if (event.type != GRPC_QUEUE_TIMEOUT)
    bench_fail ("Something happened on a quiet stream");
}

/* Connects all channels and opens all streams. */
static void
prepare_streams (Client *self)
{
  const BenchOptions *options = self->options;

  open_streams (self, 0, 1);
  end_streams (self, 0, 1);
  idle (self, BENCH_SETTLE_SECONDS);
  bench_memory_report (options, "first channel");
  if (options->channels > 1)
    {
      open_streams (self, 0, options->channels);
      end_streams (self, 0, options->channels);
      idle (self, BENCH_SETTLE_SECONDS);
    }
  bench_memory_report (options, "channels");
  open_streams (self, 0, options->streams);
  idle (self, BENCH_SETTLE_SECONDS);
  bench_memory_report (options, "streams");
}

static grpc_channel_credentials *
create_credentials (const BenchOptions *options)
{
  if (options->certificate == NULL)
    return grpc_insecure_credentials_create ();

  return grpc_ssl_credentials_create (options->certificate, NULL, NULL, NULL);
}

static void
create_channels (Client *self,
                 const char *method)
{
  const BenchOptions *options = self->options;
  grpc_channel_credentials *credentials = create_credentials (options);
  grpc_arg own_connection = {
    .type = GRPC_ARG_INTEGER,
    .key = (char *) GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL,
    .value.integer = 1,
  };
  grpc_arg no_keepalive = {
    .type = GRPC_ARG_INTEGER,
    .key = (char *) GRPC_ARG_KEEPALIVE_TIME_MS,
    .value.integer = INT_MAX,
  };
  grpc_arg chosen[2];
  grpc_channel_args args = { .args = chosen };

  if (options->channels > 1)
    chosen[args.num_args++] = own_connection;
  if (options->tuned)
    chosen[args.num_args++] = no_keepalive;

  self->channels = calloc (options->channels, sizeof (Channel));
  for (unsigned i = 0; i < options->channels; i++)
    {
      Channel *channel = &self->channels[i];

      channel->core = grpc_channel_create (options->address, credentials, &args);
      channel->method = grpc_channel_register_call (channel->core, method, NULL, NULL);
    }
  grpc_channel_credentials_release (credentials);
}

static void
create_calls (Client *self)
{
  const BenchOptions *options = self->options;

  self->n_calls = options->outstanding;
  if (options->scenario == BENCH_SCENARIO_STREAMS)
    self->n_calls = MAX (options->streams, options->channels);
  self->calls = calloc (self->n_calls, sizeof (Call));
  for (unsigned i = 0; i < self->n_calls; i++)
    {
      Call *call = &self->calls[i];

      call->client = self;
      call->channel = &self->channels[i % options->channels];
      call->outgoing = grpc_raw_byte_buffer_create (NULL, 0);
      grpc_metadata_array_init (&call->initial_metadata);
      grpc_metadata_array_init (&call->trailing_metadata);
    }
}

static void
destroy (Client *self)
{
  for (unsigned i = 0; i < self->n_calls; i++)
    {
      Call *call = &self->calls[i];

      grpc_byte_buffer_destroy (call->outgoing);
      grpc_metadata_array_destroy (&call->initial_metadata);
      grpc_metadata_array_destroy (&call->trailing_metadata);
    }
  for (unsigned i = 0; i < self->options->channels; i++)
    grpc_channel_destroy (self->channels[i].core);
  grpc_completion_queue_shutdown (self->queue);
  while (grpc_completion_queue_next (self->queue, gpr_inf_future (GPR_CLOCK_REALTIME), NULL).type !=
         GRPC_QUEUE_SHUTDOWN)
    ;
  grpc_completion_queue_destroy (self->queue);
  grpc_slice_unref (self->request);
  free (self->calls);
  free (self->channels);
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
    [BENCH_SCENARIO_STREAMS] = { BENCH_STREAMING_CALL, begin_streams },
  };
  Client client = { .options = options };
  size_t request_length;
  uint8_t *request = bench_request_new (options->size, &request_length);

  free (bench_response_new (options->size, &client.response_length));
  client.request = grpc_slice_from_copied_buffer ((const char *) request, request_length);
  free (request);
  client.queue = grpc_completion_queue_create_for_next (NULL);
  create_channels (&client, scenarios[options->scenario].method);
  create_calls (&client);

  if (options->scenario == BENCH_SCENARIO_STREAMS)
    prepare_streams (&client);
  if (options->idle_seconds > 0)
    idle (&client, options->idle_seconds);

  bench_meter_init (&client.meter, options);
  while (bench_meter_begin (&client.meter))
    {
      client.finished = false;
      for (unsigned i = 0; i < options->outstanding && bench_meter_next (&client.meter); i++)
        {
          Call *call = &client.calls[i];

          call->since = bench_now ();
          call->initial_metadata.count = 0;
          call->trailing_metadata.count = 0;
          client.in_flight++;
          scenarios[options->scenario].begin (call);
        }

      core_loop (client.queue, &client.finished);
      bench_meter_report (&client.meter);
    }
  bench_meter_clear (&client.meter);

  if (options->scenario == BENCH_SCENARIO_STREAMS)
    end_streams (&client, 0, options->streams);
  destroy (&client);
}
