/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "port/grpc-aio-port-private.h"

#include "client/grpc-aio-call-private.h"
#include "server/grpc-aio-servicer-context-private.h"

/**
 * GrpcAioPort:
 *
 * Many calls, of clients and of servers, for a program that runs a loop of its own.
 *
 * It is what language bindings build upon where a callback or an object for each
 * message costs too much; applications use [class@MultiCallable] and
 * [class@ServicerContext].
 *
 * Commands go in by functions that never wait. What comes of them is collected: a
 * descriptor, [method@Port.get_fd], becomes readable, and [method@Port.drain] hands
 * over all there is at once, as frames in a piece of memory. A descriptor that was
 * readable stays so until all is drained. When a command returns `TRUE` something
 * waits already: then drain soon, too, for the descriptor does not tell of that.
 *
 * The port has a main context of its own, whose work is done in
 * [method@Port.drain], unless it is attached to another by [method@Port.attach].
 * Between [method@Port.enter] and [method@Port.leave] it is the thread-default one:
 * what is started there, such as a server or any function that ends in `_async`, is run
 * by the port.
 *
 * A port belongs to the thread that made it, and is used there alone. Close it with
 * [method@Port.close], or let it go: its calls are cancelled.
 *
 * ## Frames
 *
 * All numbers are unsigned with 32 bits and little endian, unless said otherwise. A
 * frame is: id of the call, [enum@PortEvent], value, length of the payload, payload.
 * The payload is what [enum@PortEvent] says, made of:
 *
 * - texts: length, bytes in UTF-8;
 * - metadata: number of entries; for each length of the key, length of the value, key,
 *   value;
 * - the flags of a status: 1 when the call was cancelled here, 2 when the response
 *   follows, 4 when the response is large and came before;
 * - the rest, such as a response, up to the end.
 *
 * The options of [method@Port.start] are: flags (1 to wait until the server is ready, 2
 * when there is a compression, 4 to keep the call), compression, timeout in microseconds or -1 (64 bits,
 * signed), id of the server's call that this one is a part of or 0, authority (text),
 * metadata.
 *
 * ## Ids
 *
 * Clients choose the ids of their calls: small numbers, that may be used again
 * when [method@Port.drain] is called the next time after the call was released. It is
 * released by [method@Port.release], or with its end and the last of its large
 * messages, unless its options keep it.
 *
 * The calls of servers have the highest bit set in their ids. They are released by
 * [method@Port.release], or with their answer.
 *
 * ## Flow control
 *
 * A call reads messages ahead as long as it has an allowance, and each takes its
 * length and `GRPC_AIO_PORT_MESSAGE_COST` off; the last one may take it below zero.
 * [method@Port.read] gives some back. A client's call starts with 65,536, a server's
 * with enough for one message. Writes are not limited: stop when what is not yet
 * told as written counts too much.
 *
 * ## Servers
 *
 * A port is a [iface@GenericRpcHandler]. Add it to a server, and start the server
 * between [method@Port.enter] and [method@Port.leave]: the port has all calls that
 * no service takes.
 *
 * Since: 0.1
 */

G_DEFINE_FINAL_TYPE_WITH_CODE (GrpcAioPort, grpc_aio_port, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (GRPC_AIO_TYPE_GENERIC_RPC_HANDLER, grpc_aio_port_generic_handler_init))

/* An attached port wakes nobody for less: it is told with what comes next. */
#define MUCH_WRITTEN 32768

/* Where to stop with more to come, so that the loop gets on. */
#define DRAIN_MAX (1024 * 1024)

static void
grpc_aio_port_finalize (GObject *object)
{
  GrpcAioPort *self = GRPC_AIO_PORT (object);

  grpc_aio_port_close (self);
  grpc_aio_frames_clear (&self->frames);
  g_ptr_array_unref (self->calls);
  g_ptr_array_unref (self->served);
  g_array_unref (self->free_ids);
  g_hash_table_unref (self->methods);
  g_clear_pointer (&self->taken, g_bytes_unref);
  g_clear_object (&self->handler);

  G_OBJECT_CLASS (grpc_aio_port_parent_class)->finalize (object);
}

static void
grpc_aio_port_class_init (GrpcAioPortClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = grpc_aio_port_finalize;
}

static void
grpc_aio_port_init (GrpcAioPort *self)
{
  self->calls = g_ptr_array_new ();
  self->served = g_ptr_array_new ();
  g_ptr_array_set_size (self->served, 1);
  self->free_ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->methods = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  grpc_aio_context_fd_init (&self->context_fd);
  self->queue = grpc_aio_queue_get_for_context (self->context_fd.context);
  grpc_aio_context_fd_watch (&self->context_fd);
}

GrpcAioPortCall *
grpc_aio_port_call_new (GrpcAioPort *port,
                        guint32 id)
{
  GrpcAioPortCall *self = g_new0 (GrpcAioPortCall, 1);

  g_atomic_ref_count_init (&self->refs);
  self->port = port;
  self->id = id;

  return self;
}

GrpcAioPortCall *
grpc_aio_port_call_ref (GrpcAioPortCall *self)
{
  g_atomic_ref_count_inc (&self->refs);

  return self;
}

/* On any thread when the port is closed. */
void
grpc_aio_port_call_unref (GrpcAioPortCall *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  g_queue_clear_full (&self->large, (GDestroyNotify) g_bytes_unref);
  g_clear_object (&self->call);
  g_clear_object (&self->context);
  g_free (self);
}

/* Keeps the call until @callback, which has to drop it. */
GrpcAioOperation *
grpc_aio_port_call_new_operation (GrpcAioPortCall *self,
                                  GrpcAioOperationKind kind,
                                  GAsyncReadyCallback callback)
{
  gpointer source = self->call != NULL ? (gpointer) self->call : (gpointer) self->context;

  return grpc_aio_operation_new_direct (kind, source, callback, grpc_aio_port_call_ref (self));
}

static void
submit (GrpcAioPortCall *self,
        GrpcAioOperation *operation)
{
  if (self->call != NULL)
    grpc_aio_call_submit (self->call, operation);
  else
    grpc_aio_servicer_context_submit (self->context, operation);
}

/* To be fetched apart. */
void
grpc_aio_port_call_add_large (GrpcAioPortCall *self,
                              GBytes *message)
{
  g_queue_push_tail (&self->large, g_bytes_ref (message));
  grpc_aio_frames_add (&self->port->frames, self->id, GRPC_AIO_PORT_EVENT_LARGE_MESSAGE,
                       (guint32) g_bytes_get_size (message), NULL, 0);
}

static void
on_read (GObject *source,
         GAsyncResult *result,
         gpointer user_data)
{
  GrpcAioPortCall *self = user_data;
  gboolean has_failed = GRPC_AIO_OPERATION (result)->error != NULL;
  g_autoptr (GBytes) message = grpc_aio_operation_propagate_pointer (result, NULL);
  gsize length = 0;
  gconstpointer data;

  self->is_reading = FALSE;
  if (self->is_over)
    {
      grpc_aio_port_call_unref (self);
      return;
    }

  if (message == NULL)
    {
      self->allowance = G_MININT64;
      grpc_aio_frames_add (&self->port->frames, self->id, GRPC_AIO_PORT_EVENT_END_OF_MESSAGES, has_failed ? 1 : 0, NULL, 0);
      grpc_aio_port_call_unref (self);
      return;
    }

  data = g_bytes_get_data (message, &length);
  self->allowance -= (gint64) length + GRPC_AIO_PORT_MESSAGE_COST;
  if (length >= GRPC_AIO_PORT_LARGE_MESSAGE)
    grpc_aio_port_call_add_large (self, message);
  else
    grpc_aio_frames_add (&self->port->frames, self->id, GRPC_AIO_PORT_EVENT_MESSAGE, 0, data, length);
  grpc_aio_port_call_read (self);
  grpc_aio_port_call_unref (self);
}

/* Reads ahead what is allowed. */
void
grpc_aio_port_call_read (GrpcAioPortCall *self)
{
  if (self->is_reading || self->is_over || self->allowance <= 0)
    return;

  self->is_reading = TRUE;
  submit (self, grpc_aio_port_call_new_operation (self, GRPC_AIO_WAIT_MESSAGE, on_read));
}

static GMainContext *
get_context (GrpcAioPort *self)
{
  return self->attached != NULL ? self->attached : self->context_fd.context;
}

/* While a command runs: what it completes is found at its end. */
void
grpc_aio_port_begin (GrpcAioPort *self)
{
  if (self->attached == NULL)
    grpc_aio_queue_set_blocked (self->queue, FALSE);
  self->outer = grpc_aio_queue_begin_turn (get_context (self));
}

/* Whether something waits to be drained. */
gboolean
grpc_aio_port_end (GrpcAioPort *self)
{
  grpc_aio_queue_end_turn (self->outer);

  if (self->attached != NULL)
    return grpc_aio_frames_get_length (&self->frames) > 0;

  /* If so, whoever drains does not need to be woken. */
  return grpc_aio_frames_get_length (&self->frames) > 0 || grpc_aio_queue_prepare (self->queue);
}

static GPtrArray *
array_of (GrpcAioPort *self,
          guint32 id)
{
  return (id & GRPC_AIO_PORT_SERVED) != 0 ? self->served : self->calls;
}

/* NULL when there is none, as after the port was closed. */
GrpcAioPortCall *
grpc_aio_port_find (GrpcAioPort *self,
                    guint32 id)
{
  GPtrArray *array = array_of (self, id);

  id &= ~GRPC_AIO_PORT_SERVED;

  return id < array->len ? g_ptr_array_index (array, id) : NULL;
}

/* A client's call is cancelled, a server's ends without an answer. */
static void
release (GrpcAioPortCall *call)
{
  GrpcAioPort *self = call->port;
  guint32 index = call->id & ~GRPC_AIO_PORT_SERVED;

  g_ptr_array_index (array_of (self, call->id), index) = NULL;
  if (call->context != NULL)
    g_array_append_val (self->free_ids, index);

  call->is_over = TRUE;
  call->port = NULL;
  if (call->call != NULL)
    {
      grpc_aio_call_cancel (call->call);
    }
  else
    {
      grpc_aio_servicer_context_set_watch (call->context, NULL, NULL);
      grpc_aio_servicer_context_give_up (call->context);
    }
  grpc_aio_port_call_unref (call);
}

/* All was told of a client's call. */
void
grpc_aio_port_call_end (GrpcAioPortCall *self)
{
  self->is_over = TRUE;
  if (!self->keeps && self->large.length == 0)
    release (self);
}

/**
 * grpc_aio_port_new:
 *
 * Makes a port for the calling thread.
 *
 * Returns: (transfer full): a port
 *
 * Since: 0.1
 */
GrpcAioPort *
grpc_aio_port_new (void)
{
  return g_object_new (GRPC_AIO_TYPE_PORT, NULL);
}

/**
 * grpc_aio_port_get_fd:
 * @self: a port
 *
 * Gets the descriptor that is readable while there is something to drain. It stays
 * the port's.
 *
 * Returns: a descriptor; -1 when the port is closed or attached
 *
 * Since: 0.1
 */
int
grpc_aio_port_get_fd (GrpcAioPort *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), -1);

  return self->queue != NULL && self->attached == NULL ? self->context_fd.epoll_fd : -1;
}

/* Tells of the writes since it did last. */
static void
flush_written (GrpcAioPort *self)
{
  GrpcAioPortCall *call;

  self->has_much_written = FALSE;
  while ((call = self->noted) != NULL)
    {
      self->noted = call->next_noted;
      call->is_noted = FALSE;
      if (call->port != NULL && !call->is_over)
        grpc_aio_frames_add (&self->frames, call->id, GRPC_AIO_PORT_EVENT_WRITTEN, call->written, NULL, 0);
      call->written = 0;
      grpc_aio_port_call_unref (call);
    }
}

/* Whoever sleeps on the descriptor is woken from now on. */
static void
arm (GrpcAioPort *self)
{
  if (!grpc_aio_queue_prepare (self->queue))
    return;

  grpc_aio_queue_set_blocked (self->queue, TRUE);
  grpc_aio_queue_wake (self->queue);
}

/**
 * grpc_aio_port_drain:
 * @self: a port
 * @length: (out): how many bytes there are
 *
 * Does what there is to do, without waiting, and hands over what came of it.
 *
 * When there is more than fits, the descriptor stays readable.
 *
 * Returns: (array length=length) (transfer none) (nullable): frames, until the next
 *   use of the port
 *
 * Since: 0.1
 */
const guint8 *
grpc_aio_port_drain (GrpcAioPort *self,
                     gsize *length)
{
  g_autoptr (GrpcAioPort) keep = NULL;
  GMainContext *context;
  gboolean is_readable, has_other;

  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), NULL);
  g_return_val_if_fail (length != NULL, NULL);

  *length = 0;
  if (self->queue == NULL)
    return NULL;

  if (self->attached != NULL)
    {
      flush_written (self);
      return grpc_aio_frames_take (&self->frames, length);
    }

  /* Whatever runs in the context may close the port, or let it go. */
  keep = g_object_ref (self);
  context = self->context_fd.context;
  has_other = grpc_aio_context_fd_look (&self->context_fd, grpc_aio_queue_get_event_fd (self->queue), &is_readable);
  grpc_aio_queue_set_blocked (self->queue, FALSE);
  grpc_aio_queue_collect (self->queue, is_readable);
  while (self->queue != NULL && grpc_aio_frames_get_length (&self->frames) < DRAIN_MAX && grpc_aio_queue_has_work (self->queue))
    {
      grpc_aio_queue_dispatch (self->queue, context);
      if (self->queue != NULL)
        grpc_aio_queue_collect (self->queue, FALSE);
    }

  if (G_UNLIKELY (has_other) && self->queue != NULL)
    grpc_aio_context_fd_iterate (&self->context_fd);
  if (self->queue == NULL)
    return NULL;

  if (G_UNLIKELY (has_other))
    grpc_aio_context_fd_watch (&self->context_fd);
  flush_written (self);
  arm (self);

  return grpc_aio_frames_take (&self->frames, length);
}

/**
 * grpc_aio_port_take_message:
 * @self: a port
 * @id: the id of a call
 * @length: (out): how many bytes there are
 *
 * Takes the next large message of a call.
 *
 * Returns: (array length=length) (transfer none) (nullable): the message, until the
 *   next use of the port, or `NULL` when there is none
 *
 * Since: 0.1
 */
const guint8 *
grpc_aio_port_take_message (GrpcAioPort *self,
                            guint32 id,
                            gsize *length)
{
  GrpcAioPortCall *call;

  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), NULL);
  g_return_val_if_fail (length != NULL, NULL);

  *length = 0;
  g_clear_pointer (&self->taken, g_bytes_unref);
  call = grpc_aio_port_find (self, id);
  if (call != NULL)
    self->taken = g_queue_pop_head (&call->large);
  if (call != NULL && call->is_over && call->call != NULL)
    grpc_aio_port_call_end (call);

  return self->taken != NULL ? g_bytes_get_data (self->taken, length) : NULL;
}

/**
 * grpc_aio_port_enter:
 * @self: a port
 *
 * Makes the port's main context the thread-default one, until
 * [method@Port.leave].
 *
 * Since: 0.1
 */
void
grpc_aio_port_enter (GrpcAioPort *self)
{
  g_return_if_fail (GRPC_AIO_IS_PORT (self));
  g_return_if_fail (self->queue != NULL);

  g_main_context_push_thread_default (get_context (self));
}

/**
 * grpc_aio_port_leave:
 * @self: a port
 *
 * Undoes [method@Port.enter].
 *
 * Since: 0.1
 */
void
grpc_aio_port_leave (GrpcAioPort *self)
{
  g_return_if_fail (GRPC_AIO_IS_PORT (self));
  g_return_if_fail (self->queue != NULL);

  g_main_context_pop_thread_default (get_context (self));

  /* What was begun may wait for the loop already. */
  if (self->attached == NULL && grpc_aio_queue_has_work (self->queue))
    arm (self);
}

/**
 * grpc_aio_port_close:
 * @self: a port
 *
 * Cancels all calls, and takes no more. It may be called several times, also on
 * another thread when that of the port does not use it any more.
 *
 * Since: 0.1
 */
void
grpc_aio_port_close (GrpcAioPort *self)
{
  GPtrArray *arrays[] = { self->calls, self->served };

  g_return_if_fail (GRPC_AIO_IS_PORT (self));

  if (self->queue == NULL)
    return;

  for (guint i = 0; i < G_N_ELEMENTS (arrays); i++)
    {
      for (guint j = 0; j < arrays[i]->len; j++)
        {
          if (g_ptr_array_index (arrays[i], j) != NULL)
            release (g_ptr_array_index (arrays[i], j));
        }
    }
  flush_written (self);

  /* What is still under way gives back what it holds wherever it ends. */
  if (self->attached == NULL)
    {
      grpc_aio_queue_detach (self->queue);
      grpc_aio_context_fd_clear (&self->context_fd);
    }
  g_clear_pointer (&self->queue, grpc_aio_queue_unref);
  g_clear_pointer (&self->attached, g_main_context_unref);
}

/* Has @context run what is started from now on, instead of a context of the port's
 * own: two that are busy in a process would take turns at polling. */
void
grpc_aio_port_adopt_context (GrpcAioPort *self,
                             GMainContext *context)
{
  grpc_aio_queue_detach (self->queue);
  grpc_aio_queue_unref (self->queue);
  grpc_aio_context_fd_clear (&self->context_fd);

  self->attached = g_main_context_ref (context);
  self->queue = grpc_aio_queue_get_for_context (context);
}

/**
 * grpc_aio_port_read:
 * @self: a port
 * @id: the id of a call
 * @allowance: how much more may be read
 *
 * Has messages read ahead. They come as
 * `GRPC_AIO_PORT_EVENT_MESSAGE`.
 *
 * Returns: whether something waits to be drained
 *
 * Since: 0.1
 */
gboolean
grpc_aio_port_read (GrpcAioPort *self,
                    guint32 id,
                    guint32 allowance)
{
  GrpcAioPortCall *call;

  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), FALSE);

  call = grpc_aio_port_find (self, id);
  if (call == NULL || call->allowance == G_MININT64)
    return FALSE;

  grpc_aio_port_begin (self);
  call->allowance += allowance;
  grpc_aio_port_call_read (call);

  return grpc_aio_port_end (self);
}

static void
on_written (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  GrpcAioPortCall *self = user_data;
  GrpcAioOperation *operation = GRPC_AIO_OPERATION (result);
  gboolean is_written = operation->error == NULL;

  if (!self->is_over && !is_written)
    {
      grpc_aio_frames_add (&self->port->frames, self->id, GRPC_AIO_PORT_EVENT_NOT_WRITTEN, 0, NULL, 0);
    }
  else if (!self->is_over && operation->kind == GRPC_AIO_SEND_MESSAGE)
    {
      self->written += (guint32) g_bytes_get_size (operation->message) + GRPC_AIO_PORT_MESSAGE_COST;
      self->port->has_much_written |= self->written >= MUCH_WRITTEN;
      if (!self->is_noted)
        {
          self->is_noted = TRUE;
          self->next_noted = self->port->noted;
          self->port->noted = grpc_aio_port_call_ref (self);
        }
    }
  else if (!self->is_over && operation->kind == GRPC_AIO_SEND_CLOSE)
    {
      grpc_aio_frames_add (&self->port->frames, self->id, GRPC_AIO_PORT_EVENT_WRITES_DONE, 0, NULL, 0);
    }

  grpc_aio_port_call_unref (self);
}

static gboolean
send (GrpcAioPort *self,
      guint32 id,
      GrpcAioOperationKind kind,
      GBytes *message,
      guint32 flags,
      GrpcAioMetadata *metadata)
{
  GrpcAioPortCall *call = grpc_aio_port_find (self, id);
  GrpcAioOperation *operation;

  if (call == NULL || call->is_over)
    {
      g_clear_pointer (&message, g_bytes_unref);
      return FALSE;
    }

  grpc_aio_port_begin (self);
  operation = grpc_aio_port_call_new_operation (call, kind, on_written);
  operation->message = message;
  operation->flags = flags;
  if (metadata != NULL)
    grpc_aio_core_metadata_init (&operation->metadata, metadata);
  submit (call, operation);

  return grpc_aio_port_end (self);
}

/**
 * grpc_aio_port_write:
 * @self: a port
 * @id: the id of a call
 * @message: (array length=length): a message
 * @length: how many bytes it has
 * @flags: [flags@WriteFlags] as a number
 *
 * Sends a message after those before it.
 *
 * Returns: whether something waits to be drained
 *
 * Since: 0.1
 */
gboolean
grpc_aio_port_write (GrpcAioPort *self,
                     guint32 id,
                     const guint8 *message,
                     gsize length,
                     guint32 flags)
{
  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), FALSE);
  g_return_val_if_fail (message != NULL || length == 0, FALSE);

  return send (self, id, GRPC_AIO_SEND_MESSAGE, g_bytes_new (message, length), flags, NULL);
}

/**
 * grpc_aio_port_done_writing:
 * @self: a port
 * @id: the id of a client's call
 *
 * Tells the server that there will be no more requests. Call it once.
 *
 * Returns: whether something waits to be drained
 *
 * Since: 0.1
 */
gboolean
grpc_aio_port_done_writing (GrpcAioPort *self,
                            guint32 id)
{
  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), FALSE);
  g_return_val_if_fail ((id & GRPC_AIO_PORT_SERVED) == 0, FALSE);

  return send (self, id, GRPC_AIO_SEND_CLOSE, NULL, 0, NULL);
}

/**
 * grpc_aio_port_send_initial_metadata:
 * @self: a port
 * @id: the id of a server's call
 * @metadata: (array length=length): metadata in the form of frames
 * @length: how many bytes it has
 *
 * Sends the metadata that comes before the first response. Call it once, before
 * that.
 *
 * Returns: whether something waits to be drained
 *
 * Since: 0.1
 */
gboolean
grpc_aio_port_send_initial_metadata (GrpcAioPort *self,
                                     guint32 id,
                                     const guint8 *metadata,
                                     gsize length)
{
  GrpcAioFrameReader reader = { metadata, length, FALSE };
  g_autoptr (GrpcAioMetadata) read = NULL;

  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), FALSE);
  g_return_val_if_fail ((id & GRPC_AIO_PORT_SERVED) != 0, FALSE);

  read = grpc_aio_frame_reader_get_metadata (&reader);
  g_return_val_if_fail (!reader.is_invalid, FALSE);

  return send (self, id, GRPC_AIO_SEND_INITIAL_METADATA, NULL, 0, read);
}

/**
 * grpc_aio_port_cancel:
 * @self: a port
 * @id: the id of a call
 *
 * Cancels a call. That is told as any other end.
 *
 * Since: 0.1
 */
void
grpc_aio_port_cancel (GrpcAioPort *self,
                      guint32 id)
{
  GrpcAioPortCall *call;

  g_return_if_fail (GRPC_AIO_IS_PORT (self));

  call = grpc_aio_port_find (self, id);
  if (call != NULL && call->call != NULL)
    grpc_aio_call_cancel (call->call);
  else if (call != NULL)
    grpc_aio_servicer_context_cancel (call->context);
}

/**
 * grpc_aio_port_release:
 * @self: a port
 * @id: the id of a call
 *
 * Lets a call go, of which nothing is told any more. A client's call that runs is
 * cancelled, a server's without an answer ends with `GRPC_AIO_STATUS_CODE_UNKNOWN`.
 *
 * Since: 0.1
 */
void
grpc_aio_port_release (GrpcAioPort *self,
                       guint32 id)
{
  GrpcAioPortCall *call;

  g_return_if_fail (GRPC_AIO_IS_PORT (self));

  call = grpc_aio_port_find (self, id);
  if (call != NULL)
    release (call);
}

/**
 * grpc_aio_port_dup_peer:
 * @self: a port
 * @id: the id of a call
 *
 * Gets the address of the other side.
 *
 * Returns: (nullable) (transfer full): the address, or `NULL` if there is none
 *
 * Since: 0.1
 */
char *
grpc_aio_port_dup_peer (GrpcAioPort *self,
                        guint32 id)
{
  GrpcAioPortCall *call;

  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), NULL);

  call = grpc_aio_port_find (self, id);
  if (call == NULL)
    return NULL;

  return call->call != NULL ? grpc_aio_call_dup_peer (call->call) : grpc_aio_servicer_context_dup_peer (call->context);
}

/**
 * grpc_aio_port_dup_auth_context:
 * @self: a port
 * @id: the id of a call
 *
 * Gets how the connection is secured, and who the other side has proved to be.
 *
 * Returns: (nullable) (transfer full): what is known, or `NULL` while a client's call
 *   is not connected
 *
 * Since: 0.1
 */
GrpcAioAuthContext *
grpc_aio_port_dup_auth_context (GrpcAioPort *self,
                                guint32 id)
{
  GrpcAioPortCall *call;

  g_return_val_if_fail (GRPC_AIO_IS_PORT (self), NULL);

  call = grpc_aio_port_find (self, id);
  if (call == NULL)
    return NULL;

  return call->call != NULL ? grpc_aio_call_dup_auth_context (call->call)
                            : g_object_ref (grpc_aio_servicer_context_get_auth_context (call->context));
}
