/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-aio.h"

#include <stdlib.h>

typedef struct
{
  const BenchOptions *options;
  BenchMeter meter;
  GMainLoop *loop;
  GrpcAioMultiCallable *method;
  GBytes *request;
  gsize response_length;
  guint in_flight;
} Client;

/* One stream, or the place of one unary call after the other. */
typedef struct
{
  Client *client;
  GrpcAioCall *call;
  guint64 since;
} Call;

static void
check_response (Call *self,
                GBytes *response,
                const GError *error)
{
  if (error != NULL)
    bench_fail ("A call failed: %s", error->message);
  if (response == NULL)
    bench_fail ("A response is missing");
  if (g_bytes_get_size (response) != self->client->response_length)
    bench_fail ("A response has %zu bytes instead of %zu",
                g_bytes_get_size (response),
                self->client->response_length);
}

static void
finish (Call *self)
{
  Client *client = self->client;

  g_clear_object (&self->call);
  client->in_flight--;
  if (client->in_flight == 0)
    g_main_loop_quit (client->loop);
}

static void on_unary_done (GObject *object,
                           GAsyncResult *result,
                           gpointer user_data);

static void
begin_unary (Call *self)
{
  grpc_aio_multi_callable_invoke_async (self->client->method,
                                        self->client->request,
                                        NULL,
                                        NULL,
                                        on_unary_done,
                                        self);
}

static void
on_unary_done (GObject *object,
               GAsyncResult *result,
               gpointer user_data)
{
  Call *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = NULL;

  response = grpc_aio_multi_callable_invoke_finish (GRPC_AIO_MULTI_CALLABLE (object), result, &error);
  check_response (self, response, error);
  self->since = bench_meter_finish (&self->client->meter, self->since);

  if (bench_meter_next (&self->client->meter))
    begin_unary (self);
  else
    finish (self);
}

static void
on_stream_closed (GObject *object,
                  GAsyncResult *result,
                  gpointer user_data)
{
  Call *self = user_data;
  GrpcAioStatusCode expected = self->client->options->scenario == BENCH_SCENARIO_SERVER_STREAM
                                   ? GRPC_AIO_STATUS_CODE_CANCELLED
                                   : GRPC_AIO_STATUS_CODE_OK;
  g_autoptr (GError) error = NULL;
  GrpcAioStatusCode code = grpc_aio_call_status_finish (self->call, result, &error);

  if (error != NULL || code != expected)
    bench_fail ("A call ended with status %d: %s",
                (int) code,
                error != NULL ? error->message : grpc_aio_call_get_details (self->call));

  finish (self);
}

static void on_pong (GObject *object,
                     GAsyncResult *result,
                     gpointer user_data);

static void
send_ping (Call *self)
{
  grpc_aio_call_write_async (self->call, self->client->request, NULL, NULL, NULL);
  grpc_aio_call_read_async (self->call, NULL, on_pong, self);
}

static void
on_pong (GObject *object,
         GAsyncResult *result,
         gpointer user_data)
{
  Call *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = grpc_aio_call_read_finish (self->call, result, &error);

  check_response (self, response, error);
  self->since = bench_meter_finish (&self->client->meter, self->since);

  if (bench_meter_next (&self->client->meter))
    {
      send_ping (self);
    }
  else
    {
      grpc_aio_call_done_writing_async (self->call, NULL, NULL, NULL);
      grpc_aio_call_status_async (self->call, NULL, on_stream_closed, self);
    }
}

static void
begin_ping_pong (Call *self)
{
  self->call = grpc_aio_multi_callable_call (self->client->method, NULL, NULL);
  send_ping (self);
}

static void
on_message_received (GObject *object,
                     GAsyncResult *result,
                     gpointer user_data)
{
  Call *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = grpc_aio_call_read_finish (self->call, result, &error);

  check_response (self, response, error);
  self->since = bench_meter_finish (&self->client->meter, self->since);

  if (bench_meter_next (&self->client->meter))
    {
      grpc_aio_call_read_async (self->call, NULL, on_message_received, self);
    }
  else
    {
      grpc_aio_call_cancel (self->call);
      grpc_aio_call_status_async (self->call, NULL, on_stream_closed, self);
    }
}

static void
begin_server_stream (Call *self)
{
  self->call = grpc_aio_multi_callable_call (self->client->method, self->client->request, NULL);
  grpc_aio_call_read_async (self->call, NULL, on_message_received, self);
}

static void
on_client_stream_answered (GObject *object,
                           GAsyncResult *result,
                           gpointer user_data)
{
  Call *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = grpc_aio_call_response_finish (self->call, result, &error);

  check_response (self, response, error);
  finish (self);
}

static void
on_message_sent (GObject *object,
                 GAsyncResult *result,
                 gpointer user_data)
{
  Call *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!grpc_aio_call_write_finish (self->call, result, &error))
    bench_fail ("A message could not be sent: %s", error->message);

  self->since = bench_meter_finish (&self->client->meter, self->since);

  if (bench_meter_next (&self->client->meter))
    {
      grpc_aio_call_write_async (self->call, self->client->request, NULL, on_message_sent, self);
    }
  else
    {
      grpc_aio_call_done_writing_async (self->call, NULL, NULL, NULL);
      grpc_aio_call_response_async (self->call, NULL, on_client_stream_answered, self);
    }
}

static void
begin_client_stream (Call *self)
{
  self->call = grpc_aio_multi_callable_call (self->client->method, NULL, NULL);
  grpc_aio_call_write_async (self->call, self->client->request, NULL, on_message_sent, self);
}

void
aio_client (const BenchOptions *options)
{
  static const struct
  {
    const char *name;
    GrpcAioMultiCallable *(*make) (GrpcAioChannel *channel,
                                   const char *name);
    void (*begin) (Call *call);
  } scenarios[] = {
    [BENCH_SCENARIO_UNARY] = { BENCH_UNARY_CALL, grpc_aio_channel_unary_unary, begin_unary },
    [BENCH_SCENARIO_PING_PONG] = { BENCH_STREAMING_CALL, grpc_aio_channel_stream_stream, begin_ping_pong },
    [BENCH_SCENARIO_SERVER_STREAM] = { BENCH_STREAMING_FROM_SERVER, grpc_aio_channel_unary_stream, begin_server_stream },
    [BENCH_SCENARIO_CLIENT_STREAM] = { BENCH_STREAMING_FROM_CLIENT, grpc_aio_channel_stream_unary, begin_client_stream },
  };
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new (options->address, NULL);
  g_autoptr (GrpcAioMultiCallable) method = scenarios[options->scenario].make (channel, scenarios[options->scenario].name);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autofree Call *calls = g_new0 (Call, options->outstanding);
  g_autoptr (GBytes) request = NULL;
  Client client = { .options = options, .loop = loop, .method = method };
  gsize request_length;
  guint8 *request_data = bench_request_new (options->size, &request_length);

  free (bench_response_new (options->size, &client.response_length));
  request = g_bytes_new_with_free_func (request_data, request_length, free, request_data);
  client.request = request;

  bench_meter_init (&client.meter, options);
  while (bench_meter_begin (&client.meter))
    {
      for (guint i = 0; i < options->outstanding && bench_meter_next (&client.meter); i++)
        {
          calls[i].client = &client;
          calls[i].since = bench_now ();
          client.in_flight++;
          scenarios[options->scenario].begin (&calls[i]);
        }

      g_main_loop_run (loop);
      bench_meter_report (&client.meter);
    }
  bench_meter_clear (&client.meter);
}
