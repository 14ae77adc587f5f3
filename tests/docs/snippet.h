/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the statements shown in the documentation may use: check-snippets.py
 * makes each block of them the body of a function with these parameters. */

#pragma once

#include <grpc-aio-glib/grpc-aio-glib.h>

#define SNIPPET_PARAMETERS \
  G_GNUC_UNUSED GAsyncReadyCallback on_closed, \
      G_GNUC_UNUSED GAsyncReadyCallback on_ready, \
      G_GNUC_UNUSED GAsyncReadyCallback on_response, \
      G_GNUC_UNUSED GAsyncReadyCallback on_message, \
      G_GNUC_UNUSED GAsyncReadyCallback on_status, \
      G_GNUC_UNUSED GAsyncReadyCallback on_stopped, \
      G_GNUC_UNUSED GAsyncReadyCallback on_written, \
      G_GNUC_UNUSED GrpcAioHandlerFunc say_hello_func, \
      G_GNUC_UNUSED GBytes *message, \
      G_GNUC_UNUSED GBytes *request, \
      G_GNUC_UNUSED GBytes *response, \
      G_GNUC_UNUSED GCancellable *cancellable, \
      G_GNUC_UNUSED GError *error, \
      G_GNUC_UNUSED GMainContext *main_context, \
      G_GNUC_UNUSED GMainLoop *loop, \
      G_GNUC_UNUSED GrpcAioCall *call, \
      G_GNUC_UNUSED GrpcAioCallOptions *options, \
      G_GNUC_UNUSED GrpcAioChannel *channel, \
      G_GNUC_UNUSED GrpcAioMetadata *metadata, \
      G_GNUC_UNUSED GrpcAioMultiCallable *chat, \
      G_GNUC_UNUSED GrpcAioMultiCallable *list_features, \
      G_GNUC_UNUSED GrpcAioMultiCallable *record_route, \
      G_GNUC_UNUSED GrpcAioMultiCallable *say_hello, \
      G_GNUC_UNUSED GrpcAioServer *server, \
      G_GNUC_UNUSED GrpcAioService *service, \
      G_GNUC_UNUSED GrpcAioServicerContext *context, \
      G_GNUC_UNUSED gpointer user_data, \
      G_GNUC_UNUSED struct grpc_completion_queue *queue
