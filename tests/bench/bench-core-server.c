/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-core.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc_security.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Calls of a method that grpc-core may hand over without being asked again. A
 * burst should not wait, but each request that waits has its price: a grpc-core
 * with assertions, as Debian's, searches all outstanding tags of a queue for
 * each completion. So they double whenever none waits any more. */
#define MIN_REQUESTS 2
#define MAX_REQUESTS 128

typedef struct
{
  const BenchOptions *options;
  grpc_server *core;
  grpc_completion_queue *queue;
  /* The last response, to be sent again while the size asked for stays. */
  grpc_slice response;
  size_t response_size;
} Server;

typedef struct _Call Call;

typedef struct
{
  Server *server;
  const char *name;
  grpc_server_register_method_payload_handling payload_handling;
  void (*begin) (Call *call);
  unsigned n_requests;
  unsigned n_waiting;
  /* Places that wait for nothing. */
  Call *unused;
  void *core;
} Method;

/* One call; when it is over, the place of the next one. */
struct _Call
{
  CoreTag tag;
  Server *server;
  Method *method;
  Call *next_unused;
  grpc_call *call;
  gpr_timespec deadline;
  grpc_metadata_array metadata;
  grpc_byte_buffer *incoming;
  grpc_byte_buffer *outgoing;
  size_t response_size;
  unsigned batches;
  bool started;
  bool failed;
  int cancelled;
  grpc_op unary_ops[4];
};

static grpc_op
op_recv_message (Call *self)
{
  return (grpc_op){ .op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &self->incoming };
}

static grpc_op
op_send_message (Call *self)
{
  Server *server = self->server;

  if (server->response_size != self->response_size)
    {
      size_t length;
      uint8_t *response = bench_response_new (self->response_size, &length);

      grpc_slice_unref (server->response);
      server->response = grpc_slice_from_copied_buffer ((const char *) response, length);
      server->response_size = self->response_size;
      free (response);
    }

  core_buffer_refill (self->outgoing, server->response);

  return (grpc_op){ .op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = self->outgoing };
}

static grpc_op
op_recv_close (Call *self)
{
  return (grpc_op){
    .op = GRPC_OP_RECV_CLOSE_ON_SERVER,
    .data.recv_close_on_server.cancelled = &self->cancelled,
  };
}

static const grpc_op op_send_initial_metadata = { .op = GRPC_OP_SEND_INITIAL_METADATA };
static const grpc_op op_send_status = {
  .op = GRPC_OP_SEND_STATUS_FROM_SERVER,
  .data.send_status_from_server.status = GRPC_STATUS_OK,
};

static void on_call (CoreTag *tag,
                     bool ok);

static void
request_call (Call *self)
{
  Method *method = self->method;

  self->tag.done = on_call;
  self->metadata.count = 0;
  self->started = false;
  self->failed = false;
  method->n_waiting++;
  grpc_server_request_registered_call (
      self->server->core,
      method->core,
      &self->call,
      &self->deadline,
      &self->metadata,
      method->payload_handling == GRPC_SRM_PAYLOAD_NONE ? NULL : &self->incoming,
      self->server->queue,
      self->server->queue,
      &self->tag);
}

static Call *
create_call (Method *method)
{
  Call *self = calloc (1, sizeof (Call));

  self->server = method->server;
  self->method = method;
  self->outgoing = grpc_raw_byte_buffer_create (NULL, 0);
  self->unary_ops[0] = op_send_initial_metadata;
  self->unary_ops[2] = op_send_status;
  self->unary_ops[3] = op_recv_close (self);
  grpc_metadata_array_init (&self->metadata);

  return self;
}

static void
request_calls (Method *method,
               unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    {
      Call *call = method->unused;

      if (call != NULL)
        method->unused = call->next_unused;
      else
        call = create_call (method);
      request_call (call);
    }
}

static void
on_call (CoreTag *tag,
         bool ok)
{
  Call *self = (Call *) tag;
  Method *method = self->method;

  if (--method->n_waiting == 0)
    {
      request_calls (method, method->n_requests);
      if (method->n_requests < MAX_REQUESTS)
        method->n_requests *= 2;
    }

  method->begin (self);
}

/* Learns from the request what to answer, and frees the request. Where the
 * transport cut it, is nobody's choice: its head may lie in two slices. */
static void
consume_request (Call *self)
{
  grpc_byte_buffer_reader reader;
  grpc_slice *slice;
  uint8_t head[11];
  size_t n_head = 0;

  self->response_size = 0;
  if (self->incoming == NULL)
    return;

  grpc_byte_buffer_reader_init (&reader, self->incoming);
  while (n_head < sizeof head && grpc_byte_buffer_reader_peek (&reader, &slice))
    {
      size_t n = GRPC_SLICE_LENGTH (*slice);

      if (n > sizeof head - n_head)
        n = sizeof head - n_head;
      memcpy (head + n_head, GRPC_SLICE_START_PTR (*slice), n);
      n_head += n;
    }
  grpc_byte_buffer_reader_destroy (&reader);
  self->response_size = bench_request_get_response_size (head, n_head);

  core_buffer_consume (self->incoming, self->server->options->separate);
  self->incoming = NULL;
}

static void
on_call_over (CoreTag *tag,
              bool ok)
{
  Call *self = (Call *) tag;
  Method *method = self->method;

  grpc_call_unref (self->call);
  if (method->n_waiting < method->n_requests)
    {
      request_call (self);
    }
  else
    {
      self->next_unused = method->unused;
      method->unused = self;
    }
}

/* Unary: one batch for the whole answer. It is mostly over at once, and then
 * need not go through the queue; this saves 3 % of a call's instructions. */

static void
begin_unary (Call *self)
{
  grpc_completion_queue *queue = self->server->queue;
  void *tag;
  int ok;

  consume_request (self);
  self->unary_ops[1] = op_send_message (self);
  self->tag.done = on_call_over;
  grpc_completion_queue_thread_local_cache_init (queue);
  core_start_batch (self->call, self->unary_ops, 4, &self->tag);
  if (grpc_completion_queue_thread_local_cache_flush (queue, &tag, &ok))
    on_call_over (tag, ok);
}

static void
end_stream (Call *self)
{
  const grpc_op ops[] = { op_send_status, op_recv_close (self), op_send_initial_metadata };

  self->tag.done = on_call_over;
  core_start_batch (self->call, ops, self->started ? 2 : 3, &self->tag);
}

/* Ping-pong: one batch answers a message and receives the next */

static void
on_ping (CoreTag *tag,
         bool ok)
{
  Call *self = (Call *) tag;

  self->failed |= !ok;
  if (--self->batches > 0)
    return;

  if (self->failed || self->incoming == NULL)
    {
      consume_request (self);
      end_stream (self);
      return;
    }

  consume_request (self);

  const grpc_op ops[] = { op_recv_message (self), op_send_message (self), op_send_initial_metadata };

  if (self->server->options->separate)
    {
      self->batches = 2;
      core_start_batch (self->call, ops + 1, self->started ? 1 : 2, &self->tag);
      core_start_batch (self->call, ops, 1, &self->tag);
    }
  else
    {
      self->batches = 1;
      core_start_batch (self->call, ops, self->started ? 2 : 3, &self->tag);
    }
  self->started = true;
}

static void
begin_ping_pong (Call *self)
{
  const grpc_op op = op_recv_message (self);

  self->tag.done = on_ping;
  self->batches = 1;
  core_start_batch (self->call, &op, 1, &self->tag);
}

/* Stream from the client: one batch a message */

static void
on_message_received (CoreTag *tag,
                     bool ok)
{
  Call *self = (Call *) tag;

  if (ok && self->incoming != NULL)
    {
      consume_request (self);

      const grpc_op op = op_recv_message (self);

      core_start_batch (self->call, &op, 1, &self->tag);
    }
  else
    {
      const grpc_op ops[] = {
        op_send_initial_metadata,
        op_send_message (self),
        op_send_status,
        op_recv_close (self),
      };

      self->tag.done = on_call_over;
      core_start_batch (self->call, ops, 4, &self->tag);
    }
}

static void
begin_client_stream (Call *self)
{
  const grpc_op op = op_recv_message (self);

  self->tag.done = on_message_received;
  core_start_batch (self->call, &op, 1, &self->tag);
}

/* Stream from the server: one batch a message, until the client cancels */

static void
on_message_sent (CoreTag *tag,
                 bool ok)
{
  Call *self = (Call *) tag;

  if (ok)
    {
      const grpc_op op = op_send_message (self);

      core_start_batch (self->call, &op, 1, &self->tag);
    }
  else
    {
      end_stream (self);
    }
}

static void
begin_server_stream (Call *self)
{
  consume_request (self);

  const grpc_op ops[] = { op_send_initial_metadata, op_send_message (self) };

  self->tag.done = on_message_sent;
  self->started = true;
  core_start_batch (self->call, ops, 2, &self->tag);
}

static void
on_terminate (int signal_number)
{
  _exit (0);
}

static grpc_server_credentials *
create_credentials (const BenchOptions *options)
{
  grpc_ssl_pem_key_cert_pair pair = { options->key, options->certificate };

  if (options->certificate == NULL)
    return grpc_insecure_server_credentials_create ();

  return grpc_ssl_server_credentials_create_ex (NULL,
                                                &pair,
                                                1,
                                                GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
                                                NULL);
}

void
core_server (const BenchOptions *options)
{
  static const bool never = false;
  static Method methods[] = {
    { .name = BENCH_UNARY_CALL,
      .payload_handling = GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER,
      .begin = begin_unary },
    { .name = BENCH_STREAMING_CALL,
      .payload_handling = GRPC_SRM_PAYLOAD_NONE,
      .begin = begin_ping_pong },
    { .name = BENCH_STREAMING_FROM_CLIENT,
      .payload_handling = GRPC_SRM_PAYLOAD_NONE,
      .begin = begin_client_stream },
    { .name = BENCH_STREAMING_FROM_SERVER,
      .payload_handling = GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER,
      .begin = begin_server_stream },
  };
  const size_t n_methods = sizeof methods / sizeof methods[0];
  Server server = { .options = options, .response = grpc_empty_slice () };
  grpc_server_credentials *credentials = create_credentials (options);
  int port;

  signal (SIGTERM, on_terminate);

  server.queue = grpc_completion_queue_create_for_next (NULL);
  server.core = grpc_server_create (NULL, NULL);
  grpc_server_register_completion_queue (server.core, server.queue, NULL);
  for (size_t i = 0; i < n_methods; i++)
    {
      methods[i].server = &server;
      methods[i].core = grpc_server_register_method (server.core,
                                                     methods[i].name,
                                                     NULL,
                                                     methods[i].payload_handling,
                                                     0);
    }

  port = grpc_server_add_http2_port (server.core, options->address, credentials);
  grpc_server_credentials_release (credentials);
  if (port == 0)
    bench_fail ("Cannot listen on %s", options->address);
  grpc_server_start (server.core);
  for (size_t i = 0; i < n_methods; i++)
    {
      methods[i].n_requests = MIN_REQUESTS;
      request_calls (&methods[i], MIN_REQUESTS);
    }

  printf ("%d\n", port);
  fflush (stdout);

  core_loop (server.queue, &never);
  abort ();
}
