/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-aio.h"

#include <stdlib.h>

typedef struct _Call Call;

typedef struct
{
  const BenchOptions *options;
  BenchMeter meter;
  GMainLoop *loop;
  GBytes *request;
  gsize response_length;
  Call *calls;
  guint in_flight;
  /* The scenario streams: how many to open, and whose turn it is. */
  guint n_begun;
  guint n_open;
  guint turn;
} Client;

/* One stream, or the place of one unary call after the other. */
struct _Call
{
  Client *client;
  GrpcAioMultiCallable *method;
  GrpcAioCall *call;
  guint64 since;
  gboolean busy;
};

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
release (Client *client)
{
  client->in_flight--;
  if (client->in_flight == 0)
    g_main_loop_quit (client->loop);
}

static void
finish (Call *self)
{
  g_clear_object (&self->call);
  release (self->client);
}

static void on_unary_done (GObject *object,
                           GAsyncResult *result,
                           gpointer user_data);

static void
begin_unary (Call *self)
{
  grpc_aio_multi_callable_invoke_async (self->method,
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

static void
end_stream (Call *self)
{
  grpc_aio_call_done_writing_async (self->call, NULL, NULL, NULL);
  grpc_aio_call_status_async (self->call, NULL, on_stream_closed, self);
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
      end_stream (self);
    }
}

static void
begin_ping_pong (Call *self)
{
  self->call = grpc_aio_multi_callable_call (self->method, NULL, NULL);
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
  self->call = grpc_aio_multi_callable_call (self->method, self->client->request, NULL);
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
  self->call = grpc_aio_multi_callable_call (self->method, NULL, NULL);
  grpc_aio_call_write_async (self->call, self->client->request, NULL, on_message_sent, self);
}

/* Many streams: each is opened by a message and its answer, and later the one
 * that has been quiet for the longest time sends the next message. */

static void on_turn_over (GObject *object,
                          GAsyncResult *result,
                          gpointer user_data);

static void
begin_turn (Call *self,
            guint64 since)
{
  self->busy = TRUE;
  self->since = since;
  grpc_aio_call_write_async (self->call, self->client->request, NULL, NULL, NULL);
  grpc_aio_call_read_async (self->call, NULL, on_turn_over, self);
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
on_turn_over (GObject *object,
              GAsyncResult *result,
              gpointer user_data)
{
  Call *self = user_data;
  Client *client = self->client;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = grpc_aio_call_read_finish (self->call, result, &error);
  guint64 now;

  check_response (self, response, error);
  self->busy = FALSE;
  now = bench_meter_finish (&client->meter, self->since);
  if (bench_meter_next (&client->meter))
    begin_turn (next_stream (client), now);
  else
    release (client);
}

static void
begin_streams (Call *self)
{
  begin_turn (next_stream (self->client), bench_now ());
}

static void open_next (Client *self);

static void
on_stream_open (GObject *object,
                GAsyncResult *result,
                gpointer user_data)
{
  Call *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = grpc_aio_call_read_finish (self->call, result, &error);

  check_response (self, response, error);
  open_next (self->client);
  release (self->client);
}

static void
open_next (Client *self)
{
  Call *call;

  if (self->n_begun == self->n_open)
    return;

  call = &self->calls[self->n_begun++];
  self->in_flight++;
  call->call = grpc_aio_multi_callable_call (call->method, NULL, NULL);
  grpc_aio_call_write_async (call->call, self->request, NULL, NULL, NULL);
  grpc_aio_call_read_async (call->call, NULL, on_stream_open, call);
}

/* Opens all streams before @end. */
static void
open_streams (Client *self,
              guint end)
{
  self->n_begun = 0;
  self->n_open = end;
  for (guint i = 0; i < self->options->outstanding; i++)
    open_next (self);
  g_main_loop_run (self->loop);
}

static void
end_streams (Client *self)
{
  for (guint i = 0; i < self->n_open; i++)
    {
      self->in_flight++;
      end_stream (&self->calls[i]);
    }
  g_main_loop_run (self->loop);
}

static gboolean
on_idle_over (gpointer user_data)
{
  g_main_loop_quit (user_data);

  return G_SOURCE_REMOVE;
}

static void
idle (Client *self,
      double seconds)
{
  g_timeout_add (seconds * 1000, on_idle_over, self->loop);
  g_main_loop_run (self->loop);
}

/* Connects all channels and opens all streams. */
static void
prepare_streams (Client *self)
{
  const BenchOptions *options = self->options;

  open_streams (self, 1);
  end_streams (self);
  idle (self, BENCH_SETTLE_SECONDS);
  bench_memory_report (options, "first channel");
  if (options->channels > 1)
    {
      open_streams (self, options->channels);
      end_streams (self);
      idle (self, BENCH_SETTLE_SECONDS);
    }
  bench_memory_report (options, "channels");
  open_streams (self, options->streams);
  idle (self, BENCH_SETTLE_SECONDS);
  bench_memory_report (options, "streams");
}

static GrpcAioChannel *
create_channel (const BenchOptions *options)
{
  g_autoptr (GrpcAioChannelCredentials) credentials = NULL;
  g_autoptr (GrpcAioChannelOptions) channel_options = NULL;
  g_autoptr (GError) error = NULL;

  if (options->certificate != NULL)
    {
      credentials = grpc_aio_channel_credentials_new_ssl (options->certificate, NULL, NULL, &error);
      if (credentials == NULL)
        bench_fail ("%s", error->message);
    }
  if (options->channels == 1)
    return grpc_aio_channel_new (options->address, credentials);

  channel_options = grpc_aio_channel_options_new ();
  grpc_aio_channel_options_set_int (channel_options, "grpc.use_local_subchannel_pool", 1);

  return grpc_aio_channel_new_with_options (options->address, credentials, channel_options);
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
    [BENCH_SCENARIO_STREAMS] = { BENCH_STREAMING_CALL, grpc_aio_channel_stream_stream, begin_streams },
  };
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GPtrArray) methods = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree Call *calls = NULL;
  g_autoptr (GBytes) request = NULL;
  Client client = { .options = options, .loop = loop };
  guint n_calls = options->outstanding;
  gsize request_length;
  guint8 *request_data = bench_request_new (options->size, &request_length);

  free (bench_response_new (options->size, &client.response_length));
  request = g_bytes_new_with_free_func (request_data, request_length, free, request_data);
  client.request = request;

  for (guint i = 0; i < options->channels; i++)
    {
      g_autoptr (GrpcAioChannel) channel = create_channel (options);

      g_ptr_array_add (methods, scenarios[options->scenario].make (channel, scenarios[options->scenario].name));
    }

  if (options->scenario == BENCH_SCENARIO_STREAMS)
    n_calls = MAX (options->streams, options->channels);
  client.calls = calls = g_new0 (Call, n_calls);
  for (guint i = 0; i < n_calls; i++)
    {
      calls[i].client = &client;
      calls[i].method = methods->pdata[i % options->channels];
    }

  if (options->scenario == BENCH_SCENARIO_STREAMS)
    prepare_streams (&client);
  if (options->idle_seconds > 0)
    idle (&client, options->idle_seconds);

  bench_meter_init (&client.meter, options);
  while (bench_meter_begin (&client.meter))
    {
      for (guint i = 0; i < options->outstanding && bench_meter_next (&client.meter); i++)
        {
          calls[i].since = bench_now ();
          client.in_flight++;
          scenarios[options->scenario].begin (&calls[i]);
        }

      g_main_loop_run (loop);
      bench_meter_report (&client.meter);
    }
  bench_meter_clear (&client.meter);

  if (options->scenario == BENCH_SCENARIO_STREAMS)
    end_streams (&client);
}
