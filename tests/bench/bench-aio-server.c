/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-aio.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>

/* The last response, to be sent again while the size asked for stays. */
typedef struct
{
  GBytes *response;
  gsize response_size;
} Server;

static GBytes *
get_response (Server *self,
              GBytes *request)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (request, &length);
  gsize size = bench_request_get_response_size (data, length);

  if (self->response == NULL || self->response_size != size)
    {
      guint8 *response = bench_response_new (size, &length);

      g_clear_pointer (&self->response, g_bytes_unref);
      self->response = g_bytes_new_with_free_func (response, length, free, response);
      self->response_size = size;
    }

  return self->response;
}

static void
on_unary_call (GrpcAioServicerContext *context,
               GBytes *request,
               gpointer user_data)
{
  grpc_aio_servicer_context_complete (context, get_response (user_data, request));
}

/* Ping-pong: the context is ours until the client has said its last */

static void
on_ping (GObject *object,
         GAsyncResult *result,
         gpointer user_data)
{
  GrpcAioServicerContext *context = GRPC_AIO_SERVICER_CONTEXT (object);
  g_autoptr (GBytes) request = grpc_aio_servicer_context_read_finish (context, result, NULL);

  if (request != NULL)
    {
      grpc_aio_servicer_context_write_async (context, get_response (user_data, request), NULL, NULL, NULL);
      grpc_aio_servicer_context_read_async (context, NULL, on_ping, user_data);
    }
  else
    {
      grpc_aio_servicer_context_complete (context, NULL);
      g_object_unref (context);
    }
}

static void
on_streaming_call (GrpcAioServicerContext *context,
                   GBytes *request,
                   gpointer user_data)
{
  grpc_aio_servicer_context_read_async (g_object_ref (context), NULL, on_ping, user_data);
}

typedef struct
{
  Server *server;
  GBytes *last_request;
} ClientStream;

static void
on_message_received (GObject *object,
                     GAsyncResult *result,
                     gpointer user_data)
{
  GrpcAioServicerContext *context = GRPC_AIO_SERVICER_CONTEXT (object);
  ClientStream *self = user_data;
  GBytes *request = grpc_aio_servicer_context_read_finish (context, result, NULL);

  if (request != NULL)
    {
      g_clear_pointer (&self->last_request, g_bytes_unref);
      self->last_request = request;
      grpc_aio_servicer_context_read_async (context, NULL, on_message_received, self);
    }
  else
    {
      if (self->last_request == NULL)
        self->last_request = g_bytes_new (NULL, 0);
      grpc_aio_servicer_context_complete (context, get_response (self->server, self->last_request));
      g_clear_pointer (&self->last_request, g_bytes_unref);
      g_free (self);
      g_object_unref (context);
    }
}

static void
on_streaming_from_client (GrpcAioServicerContext *context,
                          GBytes *request,
                          gpointer user_data)
{
  ClientStream *stream = g_new0 (ClientStream, 1);

  stream->server = user_data;
  grpc_aio_servicer_context_read_async (g_object_ref (context), NULL, on_message_received, stream);
}

/* Stream from the server: until the client cancels */

static void
on_message_sent (GObject *object,
                 GAsyncResult *result,
                 gpointer user_data)
{
  GrpcAioServicerContext *context = GRPC_AIO_SERVICER_CONTEXT (object);
  GBytes *response = user_data;

  if (grpc_aio_servicer_context_write_finish (context, result, NULL))
    {
      grpc_aio_servicer_context_write_async (context, response, NULL, on_message_sent, response);
    }
  else
    {
      grpc_aio_servicer_context_complete (context, NULL);
      g_bytes_unref (response);
      g_object_unref (context);
    }
}

static void
on_streaming_from_server (GrpcAioServicerContext *context,
                          GBytes *request,
                          gpointer user_data)
{
  GBytes *response = g_bytes_ref (get_response (user_data, request));

  grpc_aio_servicer_context_write_async (g_object_ref (context), response, NULL, on_message_sent, response);
}

static gboolean
on_terminate (gpointer user_data)
{
  g_main_loop_quit (user_data);

  return G_SOURCE_CONTINUE;
}

static void
add_method (GrpcAioService *service,
            const char *name,
            GrpcAioRpcMethodHandler *handler)
{
  grpc_aio_service_add_method (service, name, handler);
  g_object_unref (handler);
}

void
aio_server (const BenchOptions *options)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GrpcAioServer) server = grpc_aio_server_new ();
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("grpc.testing.BenchmarkService");
  g_autoptr (GrpcAioServerCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;
  Server data = { NULL };
  int port;

  add_method (service, "UnaryCall", grpc_aio_rpc_method_handler_new_unary_unary (on_unary_call, &data, NULL));
  add_method (service, "StreamingCall", grpc_aio_rpc_method_handler_new_stream_stream (on_streaming_call, &data, NULL));
  add_method (service, "StreamingFromClient", grpc_aio_rpc_method_handler_new_stream_unary (on_streaming_from_client, &data, NULL));
  add_method (service, "StreamingFromServer", grpc_aio_rpc_method_handler_new_unary_stream (on_streaming_from_server, &data, NULL));
  grpc_aio_server_add_service (server, service);

  if (options->certificate != NULL)
    credentials = grpc_aio_server_credentials_new_ssl (options->key, options->certificate, NULL, FALSE);
  port = grpc_aio_server_add_port (server, options->address, credentials, &error);
  if (port == 0 || !grpc_aio_server_start (server, &error))
    bench_fail ("Cannot listen on %s: %s", options->address, error->message);

  printf ("%d\n", port);
  fflush (stdout);

  g_unix_signal_add (SIGTERM, on_terminate, loop);
  g_main_loop_run (loop);

  if (!grpc_aio_server_stop_sync (server, 0, NULL, &error))
    bench_fail ("Cannot stop: %s", error->message);
  g_clear_pointer (&data.response, g_bytes_unref);
}
