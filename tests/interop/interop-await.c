/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "interop-await.h"

static void
on_ready (GObject *object,
          GAsyncResult *result,
          gpointer user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

static GAsyncResult *
await (GAsyncResult **slot)
{
  while (*slot == NULL)
    g_main_context_iteration (NULL, TRUE);

  return *slot;
}

GBytes *
interop_await_response (GrpcAioCall *call,
                        GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_call_response_async (call, NULL, on_ready, &result);

  return grpc_aio_call_response_finish (call, await (&result), error);
}

GBytes *
interop_await_read (GrpcAioCall *call,
                    GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_call_read_async (call, NULL, on_ready, &result);

  return grpc_aio_call_read_finish (call, await (&result), error);
}

gboolean
interop_await_write (GrpcAioCall *call,
                     GBytes *message,
                     GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_call_write_async (call, message, NULL, on_ready, &result);

  return grpc_aio_call_write_finish (call, await (&result), error);
}

gboolean
interop_await_done_writing (GrpcAioCall *call,
                            GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_call_done_writing_async (call, NULL, on_ready, &result);

  return grpc_aio_call_done_writing_finish (call, await (&result), error);
}

GrpcAioMetadata *
interop_await_initial_metadata (GrpcAioCall *call,
                                GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_call_initial_metadata_async (call, NULL, on_ready, &result);

  return grpc_aio_call_initial_metadata_finish (call, await (&result), error);
}

GrpcAioMetadata *
interop_await_trailing_metadata (GrpcAioCall *call,
                                 GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_call_trailing_metadata_async (call, NULL, on_ready, &result);

  return grpc_aio_call_trailing_metadata_finish (call, await (&result), error);
}

GrpcAioStatusCode
interop_await_status (GrpcAioCall *call,
                      GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_call_status_async (call, NULL, on_ready, &result);

  return grpc_aio_call_status_finish (call, await (&result), error);
}
