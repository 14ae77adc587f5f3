/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "port/grpc-aio-port-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-server.h>

#include "server/grpc-aio-servicer-context-private.h"

static void
on_over (GrpcAioServicerContext *context,
         gpointer user_data)
{
  GrpcAioPortCall *self = user_data;

  if (self->is_over)
    return;

  grpc_aio_frames_add (&self->port->frames, self->id, GRPC_AIO_PORT_EVENT_OVER,
                       grpc_aio_servicer_context_is_cancelled (context) ? 1 : 0, NULL, 0);
  self->is_over = TRUE;
}

/* Each name is told once. */
static guint32
get_method (GrpcAioPort *self,
            const char *name)
{
  guint32 number = GPOINTER_TO_UINT (g_hash_table_lookup (self->methods, name));

  if (number > 0)
    return number;

  number = g_hash_table_size (self->methods) + 1;
  g_hash_table_insert (self->methods, g_strdup (name), GUINT_TO_POINTER (number));
  grpc_aio_frames_add (&self->frames, number, GRPC_AIO_PORT_EVENT_METHOD, 0, name, strlen (name));

  return number;
}

/* Each server has another one, as long as the process lives. */
static guint32
get_number (GrpcAioServer *server)
{
  static gint last; /* atomic */
  GQuark quark = g_quark_from_static_string ("grpc-aio-server-number");
  guint32 number = GPOINTER_TO_UINT (g_object_get_qdata (G_OBJECT (server), quark));

  if (number > 0)
    return number;

  number = (guint32) g_atomic_int_add (&last, 1) + 1;
  if (!g_object_replace_qdata (G_OBJECT (server), quark, NULL, GUINT_TO_POINTER (number), NULL, NULL))
    number = GPOINTER_TO_UINT (g_object_get_qdata (G_OBJECT (server), quark));

  return number;
}

static guint32
take_id (GrpcAioPort *self)
{
  guint32 index = self->served->len;

  if (self->free_ids->len > 0)
    {
      index = g_array_index (self->free_ids, guint32, self->free_ids->len - 1);
      g_array_set_size (self->free_ids, self->free_ids->len - 1);
    }
  else
    {
      g_ptr_array_add (self->served, NULL);
    }

  return index;
}

static void
add_call (GrpcAioPort *self,
          GrpcAioServicerContext *context)
{
  guint32 index = take_id (self);
  guint32 method = get_method (self, grpc_aio_servicer_context_get_method (context));
  GrpcAioPortCall *call = grpc_aio_port_call_new (self, index | GRPC_AIO_PORT_SERVED);
  gsize start;

  call->context = g_object_ref (context);
  g_ptr_array_index (self->served, index) = call;
  grpc_aio_servicer_context_set_watch (context, on_over, call);

  start = grpc_aio_frames_begin (&self->frames, call->id, GRPC_AIO_PORT_EVENT_CALL, method);
  grpc_aio_frames_put_int64 (&self->frames, grpc_aio_servicer_context_time_remaining (context));
  grpc_aio_frames_put_uint32 (&self->frames, get_number (grpc_aio_servicer_context_get_server (context)));
  grpc_aio_frames_put_text (&self->frames, grpc_aio_servicer_context_get_host (context));
  grpc_aio_frames_put_core_metadata (&self->frames, grpc_aio_servicer_context_get_request_array (context));
  grpc_aio_frames_end (&self->frames, start);

  /* One message is what most handlers need. */
  call->allowance = 1;
  grpc_aio_port_call_read (call);
}

static void
on_call (GrpcAioServicerContext *context,
         GBytes *request,
         gpointer user_data)
{
  GrpcAioPort *self = user_data;

  if (self->queue == NULL)
    grpc_aio_servicer_context_abort (context, GRPC_AIO_STATUS_CODE_UNAVAILABLE, _("The server's main context is gone"));
  else if (grpc_aio_servicer_context_get_queue (context) != self->queue)
    grpc_aio_servicer_context_abort (context, GRPC_AIO_STATUS_CODE_INTERNAL, _("The server was not started in the main context of its port"));
  else
    add_call (self, context);
}

static GrpcAioRpcMethodHandler *
get_handler (GrpcAioGenericRpcHandler *handler,
             GrpcAioHandlerCallDetails *details)
{
  GrpcAioPort *self = GRPC_AIO_PORT (handler);

  /* The server keeps the port as long as it has calls. */
  if (self->handler == NULL)
    self->handler = grpc_aio_rpc_method_handler_new_stream_stream (on_call, self, NULL);

  return g_object_ref (self->handler);
}

void
grpc_aio_port_generic_handler_init (GrpcAioGenericRpcHandlerInterface *iface)
{
  iface->service = get_handler;
}

static GrpcAioPortCall *
find (GrpcAioPort *self,
      guint32 id)
{
  return (id & GRPC_AIO_PORT_SERVED) != 0 ? grpc_aio_port_find (self, id) : NULL;
}

/**
 * grpc_aio_port_get_server_number:
 * @self: a port
 * @server: a server
 *
 * Gets the number that stands for a server in the frames, where a port has several.
 *
 * Returns: a number
 *
 * Since: 0.1
 */
guint32
grpc_aio_port_get_server_number (GrpcAioPort *self,
                                 GrpcAioServer *server)
{
  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), 0);
  g_return_val_if_fail (GRPC_AIO_IS_SERVER (server), 0);

  return get_number (server);
}

/**
 * grpc_aio_port_set_compression:
 * @self: a port
 * @id: the id of a server's call
 * @compression: a compression
 *
 * Sets how the responses of this call are compressed.
 *
 * Returns: whether it is not too late
 *
 * Since: 0.1
 */
gboolean
grpc_aio_port_set_compression (GrpcAioPort *self,
                               guint32 id,
                               GrpcAioCompression compression)
{
  GrpcAioPortCall *call;

  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), FALSE);

  call = find (self, id);

  return call != NULL && grpc_aio_servicer_context_set_compression (call->context, compression, NULL);
}

/**
 * grpc_aio_port_set_trailer:
 * @self: a port
 * @id: the id of a server's call
 * @details: (nullable): a text for the client, or `NULL`
 * @metadata: (array length=length) (nullable): metadata in the form of frames, or `NULL`
 *   for none
 * @length: how many bytes it has
 *
 * Sets what goes with the answer of a call.
 *
 * Since: 0.1
 */
void
grpc_aio_port_set_trailer (GrpcAioPort *self,
                           guint32 id,
                           const char *details,
                           const guint8 *metadata,
                           gsize length)
{
  GrpcAioFrameReader reader = { metadata, length, FALSE };
  g_autoptr (GrpcAioMetadata) read = NULL;
  GrpcAioPortCall *call;

  g_return_if_fail (GRPC_AIO_IS_PORT (self));

  read = grpc_aio_frame_reader_get_metadata (&reader);
  g_return_if_fail (!reader.is_invalid);

  call = find (self, id);
  if (call == NULL)
    return;

  grpc_aio_servicer_context_set_details (call->context, details);
  grpc_aio_servicer_context_set_trailing_metadata (call->context, read);
}

static gboolean
end (GrpcAioPort *self,
     GrpcAioPortCall *call,
     gboolean keeps)
{
  if (!keeps)
    grpc_aio_port_release (self, call->id);

  return grpc_aio_port_end (self);
}

/**
 * grpc_aio_port_respond:
 * @self: a port
 * @id: the id of a server's call
 * @response: (array length=length): a message
 * @length: how many bytes it has
 * @keeps: whether the call is not to be released
 *
 * Answers a call with the status OK, and a message before that.
 *
 * Returns: whether something waits to be drained
 *
 * Since: 0.1
 */
gboolean
grpc_aio_port_respond (GrpcAioPort *self,
                       guint32 id,
                       const guint8 *response,
                       gsize length,
                       gboolean keeps)
{
  g_autoptr (GBytes) message = NULL;
  GrpcAioPortCall *call;

  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), FALSE);
  g_return_val_if_fail (response != NULL || length == 0, FALSE);

  call = find (self, id);
  if (call == NULL)
    return FALSE;

  grpc_aio_port_begin (self);
  message = g_bytes_new (response, length);
  grpc_aio_servicer_context_complete (call->context, message);

  return end (self, call, keeps);
}

/**
 * grpc_aio_port_finish:
 * @self: a port
 * @id: the id of a server's call
 * @code: a status code
 * @keeps: whether the call is not to be released
 *
 * Answers a call without a message.
 *
 * Returns: whether something waits to be drained
 *
 * Since: 0.1
 */
gboolean
grpc_aio_port_finish (GrpcAioPort *self,
                      guint32 id,
                      GrpcAioStatusCode code,
                      gboolean keeps)
{
  GrpcAioPortCall *call;

  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), FALSE);
  g_return_val_if_fail (code >= GRPC_AIO_STATUS_CODE_OK && code <= GRPC_AIO_STATUS_CODE_UNAUTHENTICATED, FALSE);

  call = find (self, id);
  if (call == NULL)
    return FALSE;

  grpc_aio_port_begin (self);
  grpc_aio_servicer_context_set_code (call->context, code);
  grpc_aio_servicer_context_complete (call->context, NULL);

  return end (self, call, keeps);
}
