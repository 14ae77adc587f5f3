/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "server/grpc-aio-server-parts-private.h"

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-generic-rpc-handler.h>
#include <grpc-aio-glib/grpc-aio-handler-call-details.h>

#include "engine/grpc-aio-bytes-private.h"
#include "engine/grpc-aio-core-metadata-private.h"
#include "server/grpc-aio-handler-pool-private.h"
#include "server/grpc-aio-service-private.h"

/* How many calls of a method grpc-core may hand over before we ask for more: few
 * at first, since each costs a little with every completion; twice as many when
 * more calls run. */
#define MIN_REQUESTS 2
#define MAX_REQUESTS 128

/* With several workers each takes a call and asks for the next one only when the
 * handler has returned: what waits meanwhile is for those that are free. */
#define REQUESTS_PER_WORKER 1

/* How many more calls than another a worker may have before that one is asked
 * twice as often. */
#define MAX_LEAD 4

/* How long clients have to close their connections after the last answer. */
#define LINGER_USEC (100 * 1000)

/* Room for a call that grpc-core may hand over. */
typedef struct
{
  GrpcAioCompletion completion;
  GrpcAioServer *server;
  GrpcAioServerShare *share;

  grpc_call *core;
  grpc_call_details details;
  grpc_metadata_array metadata;
  gpr_timespec deadline;
  grpc_byte_buffer *payload;
} Request;

/* What becomes of a call that is new. */
typedef enum
{
  PLACE_SERVED,
  PLACE_QUEUED,
  PLACE_REFUSED,
} Place;

static void
wait_free (GrpcAioServerWait *wait)
{
  g_object_unref (wait->context);
  g_free (wait);
}

/* A handler that blocks must not have others on top of it: @completion comes again
 * when it does not block any more. A server that stops does not wait for that. */
static gboolean
defer (GrpcAioServerShare *share,
       GrpcAioCompletion *completion)
{
  GrpcAioServer *self = share->lane->server;
  gboolean is_stopping;

  if (G_LIKELY (!grpc_aio_queue_is_nested (share->lane->queue)))
    return FALSE;

  g_mutex_lock (&self->lock);
  is_stopping = share->method->listener->is_stopping;
  g_mutex_unlock (&self->lock);

  return !is_stopping && grpc_aio_queue_defer (share->lane->queue, completion);
}

/* The turn of a call that has waited. */
static void
on_turn (GrpcAioCompletion *completion,
         gboolean ok)
{
  GrpcAioServerWait *wait = (GrpcAioServerWait *) ((guint8 *) completion - G_STRUCT_OFFSET (GrpcAioServerWait, turn));
  GrpcAioServerShare *share = grpc_aio_servicer_context_get_seat (wait->context)->share;
  GrpcAioServer *self = share->lane->server;
  gboolean is_cancelled;

  if (defer (share, completion))
    return;

  g_mutex_lock (&self->lock);
  is_cancelled = share->method->listener->is_cancelled;
  g_mutex_unlock (&self->lock);

  if (is_cancelled)
    grpc_aio_servicer_context_refuse (wait->context, GRPC_AIO_STATUS_CODE_UNAVAILABLE, _("The server is stopping"));
  else if (grpc_aio_queue_is_orphan (share->lane->queue))
    grpc_aio_servicer_context_refuse (wait->context, GRPC_AIO_STATUS_CODE_UNAVAILABLE, _("The server's main context is gone"));
  else if (!grpc_aio_servicer_context_is_done (wait->context))
    grpc_aio_servicer_context_serve (wait->context, share->method->has_payload);
  wait_free (wait);
}

/* Serves calls that wait, as many as there is room for. */
static void
serve_queued (GrpcAioServer *self)
{
  GQueue turns = G_QUEUE_INIT;
  GList *link;

  g_mutex_lock (&self->lock);
  while (self->n_serving < self->max_serving && (link = g_queue_pop_head_link (&self->queue)) != NULL)
    {
      GrpcAioSeat *seat = grpc_aio_servicer_context_get_seat (((GrpcAioServerWait *) link->data)->context);

      seat->wait = NULL;
      seat->is_serving = TRUE;
      self->n_serving++;
      self->n_queued--;
      g_queue_push_tail_link (&turns, link);
    }
  g_mutex_unlock (&self->lock);

  while ((link = g_queue_pop_head_link (&turns)) != NULL)
    {
      GrpcAioServerWait *wait = link->data;
      GrpcAioServerShare *share = grpc_aio_servicer_context_get_seat (wait->context)->share;

      grpc_aio_queue_push (share->lane->queue, &wait->turn);
    }
}

/* Has the call wait for its turn. It may end meanwhile. */
static void
enqueue (GrpcAioServer *self,
         GrpcAioServicerContext *context)
{
  GrpcAioServerWait *wait = g_new0 (GrpcAioServerWait, 1);

  wait->context = g_object_ref (context);
  wait->turn.run = on_turn;
  wait->link.data = wait;

  g_mutex_lock (&self->lock);
  grpc_aio_servicer_context_get_seat (context)->wait = wait;
  g_queue_push_tail_link (&self->queue, &wait->link);
  g_mutex_unlock (&self->lock);

  grpc_aio_servicer_context_watch (context);
  serve_queued (self);
}

/* A context has its end. */
void
grpc_aio_server_call_ended (GrpcAioServer *self,
                            GrpcAioSeat *seat)
{
  GrpcAioServerShare *share = seat->share;
  GrpcAioServerListener *listener = share->method->listener;
  GrpcAioServerWait *wait = NULL;
  GSource *source;
  gboolean is_stopping, was_last, has_queued;

  g_mutex_lock (&self->lock);
  share->n_calls--;
  share->lane->n_calls--;
  listener->n_calls--;
  self->n_calls--;
  if (G_LIKELY (seat->is_serving))
    self->n_serving--;
  else if (seat->wait != NULL)
    {
      wait = g_steal_pointer (&seat->wait);
      g_queue_unlink (&self->queue, &wait->link);
      self->n_queued--;
    }
  has_queued = self->queue.head != NULL;
  is_stopping = listener->is_stopping;
  was_last = is_stopping && listener->n_calls == 0;
  g_mutex_unlock (&self->lock);

  if (G_UNLIKELY (wait != NULL))
    wait_free (wait);
  if (G_UNLIKELY (has_queued))
    serve_queued (self);
  if (!is_stopping)
    return;

  /* A connection that is closed with something unread resets, and what the client
   * has not read yet is lost. Most clients close theirs now by themselves. */
  source = g_main_current_source ();
  if (was_last && source != NULL)
    grpc_aio_server_set_listener_grace (listener, LINGER_USEC, g_source_get_context (source));
  else if (was_last)
    grpc_aio_server_on_listener_grace_ended (listener);

  grpc_aio_server_check_listener (listener);
}

/* Has a handler run in a thread. */
void
grpc_aio_server_push_task (GrpcAioServer *self,
                           GrpcAioHandlerTask *task)
{
  g_mutex_lock (&self->lock);
  if (self->pool == NULL)
    self->pool = grpc_aio_handler_pool_new ((guint) g_atomic_int_get (&self->max_threads));
  self->n_tasks++;
  g_mutex_unlock (&self->lock);

  grpc_aio_handler_pool_push (self->pool, task);
}

/* FALSE when it runs already. */
gboolean
grpc_aio_server_remove_task (GrpcAioServer *self,
                             GrpcAioHandlerTask *task)
{
  return grpc_aio_handler_pool_remove (self->pool, task);
}

void
grpc_aio_server_task_ended (GrpcAioServer *self)
{
  g_mutex_lock (&self->lock);
  self->n_tasks--;
  g_mutex_unlock (&self->lock);

  grpc_aio_server_check_stopped (self);
}

/* With the lock. Lets grpc-core hand over one more call. */
static gboolean
ask_for_call (Request *request)
{
  GrpcAioServerMethod *method = request->share->method;
  grpc_server *core = method->listener->core;
  grpc_completion_queue *queue = grpc_aio_queue_get_core (request->share->lane->queue);
  grpc_call_error result;

  if (method->registered != NULL)
    result = grpc_server_request_registered_call (core, method->registered, &request->core,
                                                  &request->deadline, &request->metadata,
                                                  method->has_payload ? &request->payload : NULL,
                                                  queue, queue, &request->completion);
  else
    result = grpc_server_request_call (core, &request->core, &request->details, &request->metadata,
                                       queue, queue, &request->completion);

  return result == GRPC_CALL_OK;
}

static void
request_free (Request *request)
{
  grpc_call_details_destroy (&request->details);
  grpc_metadata_array_destroy (&request->metadata);
  g_free (request);
}

static void on_call (GrpcAioCompletion *completion,
                     gboolean ok);

/* With the lock. Has @n_requests in all for @share. */
static void
add_requests (GrpcAioServerShare *share,
              guint n_requests)
{
  while (share->n_requests < n_requests)
    {
      Request *request = g_new0 (Request, 1);

      request->completion.run = on_call;
      request->server = share->lane->server;
      request->share = share;
      grpc_call_details_init (&request->details);
      grpc_metadata_array_init (&request->metadata);

      if (!ask_for_call (request))
        {
          request_free (request);
          return;
        }
      share->n_requests++;
      share->method->listener->n_requests++;
    }
}

/* With the lock. Where to ask for the next call when one of @share has begun:
 * there, too, unless others have much less to do. */
static GrpcAioServerShare *
choose_share (GrpcAioServer *self,
              GrpcAioServerShare *share)
{
  GrpcAioServerShare *best = share;

  for (guint i = 0; i < self->lanes->len; i++)
    {
      GrpcAioServerShare *other = &share->method->shares[i];

      if (other->lane->n_calls + MAX_LEAD * other->n_requests < best->lane->n_calls + MAX_LEAD * best->n_requests)
        best = other;
    }

  return best;
}

/* Asks for one more call in the turn after the handler's, or in a nested loop of
 * it. */
static void
on_ask_again (GrpcAioCompletion *completion,
              gboolean ok)
{
  Request *request = (Request *) completion;
  GrpcAioServer *self = request->server;
  GrpcAioServerListener *listener = request->share->method->listener;
  gboolean is_asking;

  if (defer (request->share, completion))
    return;

  g_mutex_lock (&self->lock);
  request->completion.run = on_call;
  request->share->n_requests--;
  request->share = choose_share (self, request->share);
  is_asking = !listener->is_stopping && ask_for_call (request);
  if (is_asking)
    request->share->n_requests++;
  else
    listener->n_requests--;
  g_mutex_unlock (&self->lock);

  if (is_asking)
    return;

  request_free (request);
  grpc_aio_server_check_listener (listener);
}

/* Asks the generic handlers, in order. */
static GrpcAioRpcMethodHandler *
ask_generic_handlers (GrpcAioServer *self,
                      GrpcAioHandlerCallDetails *details)
{
  GrpcAioRpcMethodHandler *handler = NULL;

  for (guint i = 0; i < self->generic_handlers->len && handler == NULL; i++)
    handler = grpc_aio_generic_rpc_handler_service (g_ptr_array_index (self->generic_handlers, i), details);

  return handler;
}

/* For a call that is of no service. */
static GrpcAioRpcMethodHandler *
find_handler (GrpcAioServer *self,
              GrpcAioIncomingCall *incoming)
{
  g_autoptr (GrpcAioMetadata) metadata = NULL;
  g_autoptr (GrpcAioHandlerCallDetails) details = NULL;

  if (self->generic_handlers->len == 0)
    return NULL;

  metadata = grpc_aio_core_metadata_to_glib (&incoming->metadata);
  details = grpc_aio_handler_call_details_new (incoming->own_method, incoming->host, metadata);

  return ask_generic_handlers (self, details);
}

/* For what interceptors have made of a call. */
GrpcAioRpcMethodHandler *
grpc_aio_server_find_handler (GrpcAioServer *self,
                              GrpcAioHandlerCallDetails *details)
{
  const char *name = grpc_aio_handler_call_details_get_method (details);

  for (guint i = 0; i < self->services->len; i++)
    {
      GrpcAioRpcMethodHandler *handler = grpc_aio_service_find_method (g_ptr_array_index (self->services, i), name);

      if (handler != NULL)
        return g_object_ref (handler);
    }

  return ask_generic_handlers (self, details);
}

static void
serve (GrpcAioServer *self,
       GrpcAioServerShare *share,
       Place place,
       GrpcAioIncomingCall *incoming)
{
  GrpcAioServerMethod *method = share->method;
  g_autoptr (GrpcAioServicerContext) context = NULL;

  incoming->handler = method->handler;
  if (G_UNLIKELY (self->interceptors->len > 0))
    incoming->interceptors = self->interceptors;
  else if (method->handler == NULL)
    incoming->own_handler = find_handler (self, incoming);
  incoming->seat.share = share;
  incoming->seat.is_serving = place == PLACE_SERVED;
  context = grpc_aio_servicer_context_new (self, share->lane->queue, incoming);

  if (G_LIKELY (place == PLACE_SERVED))
    grpc_aio_servicer_context_serve (context, method->has_payload);
  else if (place == PLACE_QUEUED)
    enqueue (self, context);
  else
    grpc_aio_servicer_context_refuse (context, GRPC_AIO_STATUS_CODE_RESOURCE_EXHAUSTED, _("The server has too many calls at once"));
}

/* With the lock. */
static Place
find_place (GrpcAioServer *self)
{
  if (G_LIKELY (self->n_serving < self->max_serving && self->n_queued == 0))
    {
      self->n_serving++;
      return PLACE_SERVED;
    }
  if (self->n_queued < self->max_queued)
    {
      self->n_queued++;
      return PLACE_QUEUED;
    }

  return PLACE_REFUSED;
}

/* grpc-core hands over a call, or takes its leave. */
static void
on_call (GrpcAioCompletion *completion,
         gboolean ok)
{
  Request *request = (Request *) completion;
  GrpcAioServer *self = request->server;
  GrpcAioServerShare *share = request->share;
  GrpcAioServerMethod *method = share->method;
  GrpcAioServerListener *listener = method->listener;
  GrpcAioIncomingCall incoming = { NULL };
  Place place = PLACE_REFUSED;
  gboolean is_refused, is_asking;

  if (ok && defer (share, completion))
    return;

  if (ok)
    {
      incoming.core = g_steal_pointer (&request->core);
      incoming.metadata = request->metadata;
      grpc_metadata_array_init (&request->metadata);
      incoming.payload = g_steal_pointer (&request->payload);
      if (method->name != NULL)
        {
          incoming.deadline = request->deadline;
          incoming.method = method->name;
        }
      else
        {
          incoming.deadline = request->details.deadline;
          incoming.own_method = grpc_aio_slice_dup_text (request->details.method);
          incoming.host = grpc_aio_slice_dup_text (request->details.host);
          grpc_call_details_destroy (&request->details);
          grpc_call_details_init (&request->details);
        }
    }

  g_mutex_lock (&self->lock);
  is_refused = listener->is_stopping || self->is_disposed || grpc_aio_queue_is_orphan (share->lane->queue);
  is_asking = ok && !is_refused;
  if (is_asking)
    {
      share->n_calls++;
      share->lane->n_calls++;
      listener->n_calls++;
      self->n_calls++;
      place = find_place (self);
    }
  if (is_asking && self->lanes->len > 1)
    {
      request->completion.run = on_ask_again;
      grpc_aio_queue_push_local (share->lane->queue, &request->completion);
    }
  else if (is_asking)
    {
      if (share->n_calls > share->n_requests)
        add_requests (share, MIN (2 * share->n_requests, MAX_REQUESTS));
      is_asking = ask_for_call (request);
    }
  if (!is_asking)
    {
      listener->n_requests--;
      share->n_requests--;
    }
  g_mutex_unlock (&self->lock);

  if (!is_asking)
    request_free (request);

  if (ok && !is_refused)
    {
      serve (self, share, place, &incoming);
      return;
    }

  if (ok)
    {
      grpc_call_cancel_with_status (incoming.core, GRPC_STATUS_UNAVAILABLE, _("The server is stopping"), NULL);
      grpc_call_unref (incoming.core);
      grpc_metadata_array_destroy (&incoming.metadata);
      g_clear_pointer (&incoming.payload, grpc_byte_buffer_destroy);
      g_free (incoming.own_method);
      g_free (incoming.host);
    }
  grpc_aio_server_check_listener (listener);
}

/* With the lock. */
void
grpc_aio_server_ask_for_calls (GrpcAioServerListener *listener)
{
  GrpcAioServer *self = listener->server;

  for (guint i = 0; i < listener->methods->len; i++)
    {
      GrpcAioServerMethod *method = g_ptr_array_index (listener->methods, i);

      for (guint j = 0; j < self->lanes->len; j++)
        add_requests (&method->shares[j], self->lanes->len > 1 ? REQUESTS_PER_WORKER : MIN_REQUESTS);
    }
}
