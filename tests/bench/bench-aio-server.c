/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-aio.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>

/* The last response of a thread, to be sent again while the size asked for
 * stays. */
static GPrivate last_response = G_PRIVATE_INIT ((GDestroyNotify) g_bytes_unref);
static _Thread_local gsize last_response_size;

static GBytes *
get_response (GBytes *request)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (request, &length);
  gsize size = bench_request_get_response_size (data, length);
  GBytes *last = g_private_get (&last_response);

  if (last == NULL || last_response_size != size)
    {
      guint8 *response = bench_response_new (size, &length);

      last = g_bytes_new_with_free_func (response, length, free, response);
      g_private_replace (&last_response, last);
      last_response_size = size;
    }

  return last;
}

/* A calculation that needs its processor and nothing else. */
static void
work (guint thousands)
{
  guint64 x = 0x9e3779b97f4a7c15;

  for (guint64 i = 0; i < thousands * G_GUINT64_CONSTANT (1000); i++)
    {
      x ^= x << 13;
      x ^= x >> 7;
      x ^= x << 17;
      __asm__ volatile ("" : "+r"(x));
    }
}

static void
on_unary_call (GrpcAioServicerContext *context,
               GBytes *request,
               gpointer user_data)
{
  const BenchOptions *options = user_data;

  work (options->work);
  grpc_aio_servicer_context_complete (context, get_response (request));
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
      grpc_aio_servicer_context_write_async (context, get_response (request), NULL, NULL, NULL);
      grpc_aio_servicer_context_read_async (context, NULL, on_ping, NULL);
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
  grpc_aio_servicer_context_read_async (g_object_ref (context), NULL, on_ping, NULL);
}

typedef struct
{
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
      grpc_aio_servicer_context_complete (context, get_response (self->last_request));
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
  GBytes *response = g_bytes_ref (get_response (request));

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
  int port;

  add_method (service, "UnaryCall", grpc_aio_rpc_method_handler_new_unary_unary (on_unary_call, (gpointer) options, NULL));
  add_method (service, "StreamingCall", grpc_aio_rpc_method_handler_new_stream_stream (on_streaming_call, NULL, NULL));
  add_method (service, "StreamingFromClient", grpc_aio_rpc_method_handler_new_stream_unary (on_streaming_from_client, NULL, NULL));
  add_method (service, "StreamingFromServer", grpc_aio_rpc_method_handler_new_unary_stream (on_streaming_from_server, NULL, NULL));
  grpc_aio_server_add_service (server, service);
  grpc_aio_server_set_n_workers (server, options->workers);

  if (options->certificate != NULL)
    {
      credentials = grpc_aio_server_credentials_new_ssl (options->key, options->certificate, NULL, FALSE, &error);
      if (credentials == NULL)
        bench_fail ("%s", error->message);
    }
  port = grpc_aio_server_add_port (server, options->address, credentials, &error);
  if (port == 0 || !grpc_aio_server_start (server, &error))
    bench_fail ("Cannot listen on %s: %s", options->address, error->message);

  printf ("%d\n", port);
  fflush (stdout);

  g_unix_signal_add (SIGTERM, on_terminate, loop);
  g_main_loop_run (loop);

  if (!grpc_aio_server_stop_sync (server, 0, NULL, &error))
    bench_fail ("Cannot stop: %s", error->message);
}
