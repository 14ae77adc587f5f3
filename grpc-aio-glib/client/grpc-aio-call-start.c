/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-call-parts-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <grpc/compression.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/support/alloc.h>

#include "client/grpc-aio-addresses-private.h"
#include "client/grpc-aio-call-options-private.h"
#include "client/grpc-aio-intercepted-call-private.h"
#include "engine/grpc-aio-bytes-private.h"
#include "engine/grpc-aio-core-private.h"
#include "engine/grpc-aio-pool-private.h"
#include "security/grpc-aio-call-credentials-private.h"
#include "security/grpc-aio-channel-credentials-private.h"
#include "server/grpc-aio-servicer-context-private.h"
#include "types/grpc-aio-error-private.h"

/* A call whose server is still being looked up is one of a channel that never
 * connects: there it can end. What it is to be is kept here. */
struct _GrpcAioCallHold
{
  GrpcAioBatch batch;
  GBytes *request;
  GrpcAioCallOptions *options;
  GPtrArray *cores; /* that were replaced; who cancels may still have them */
};

static void on_hold_ended (GrpcAioCoreCall *core_call,
                           gboolean ok);

void
grpc_aio_call_hold_free (GrpcAioCallHold *hold)
{
  g_clear_pointer (&hold->request, g_bytes_unref);
  g_clear_object (&hold->options);
  g_ptr_array_unref (hold->cores);
  g_free (hold);
}

/* The first of all that limits the call. */
static gpr_timespec
take_deadline (GrpcAioCall *self,
               const GrpcAioCallOptions *options)
{
  gint64 now, left;

  if (options == NULL || (options->timeout_usec < 0 && options->deadline_usec < 0 && options->parent == NULL))
    return gpr_inf_future (GPR_CLOCK_MONOTONIC);

  now = g_get_monotonic_time ();
  if (options->deadline_usec >= 0)
    self->deadline_usec = options->deadline_usec;
  if (options->timeout_usec >= 0 && options->timeout_usec <= G_MAXINT64 - now)
    self->deadline_usec = MIN (self->deadline_usec, now + options->timeout_usec);
  left = options->parent != NULL ? grpc_aio_servicer_context_time_remaining (options->parent) : -1;
  if (left >= 0 && left <= G_MAXINT64 - now)
    self->deadline_usec = MIN (self->deadline_usec, now + left);
  if (self->deadline_usec == G_MAXINT64)
    return gpr_inf_future (GPR_CLOCK_MONOTONIC);

  return gpr_time_add (gpr_now (GPR_CLOCK_MONOTONIC), gpr_time_from_micros (self->deadline_usec - now, GPR_TIMESPAN));
}

static guint32
get_start_flags (const GrpcAioCallOptions *options)
{
  return options != NULL && options->wait_for_ready
             ? GRPC_INITIAL_METADATA_WAIT_FOR_READY | GRPC_INITIAL_METADATA_WAIT_FOR_READY_EXPLICITLY_SET
             : 0;
}

static grpc_op
new_initial_metadata_op (const GrpcAioCoreMetadata *metadata,
                         const GrpcAioCallOptions *options)
{
  return (grpc_op){
    .op = GRPC_OP_SEND_INITIAL_METADATA,
    .flags = get_start_flags (options),
    .data.send_initial_metadata = { .count = metadata->n_entries, .metadata = metadata->entries },
  };
}

/* Takes the place of the channel's compression, also when it is none. */
static void
add_compression (GrpcAioCoreMetadata *metadata,
                 GrpcAioCompression compression)
{
  const char *name;

  if (grpc_compression_algorithm_name ((grpc_compression_algorithm) compression, &name))
    grpc_aio_core_metadata_add_static (metadata, GRPC_COMPRESSION_REQUEST_ALGORITHM_MD_KEY, name);
}

static void
init_metadata (GrpcAioCoreMetadata *metadata,
               const GrpcAioCallOptions *options)
{
  grpc_aio_core_metadata_init (metadata, options != NULL ? options->metadata : NULL);
  if (options != NULL && options->compression_set)
    add_compression (metadata, options->compression);
}

static grpc_op
new_status_op (GrpcAioCall *self)
{
  return (grpc_op){
    .op = GRPC_OP_RECV_STATUS_ON_CLIENT,
    .data.recv_status_on_client = {
        .trailing_metadata = &self->trailing_array,
        .status = &self->core_code,
        .status_details = &self->core_details,
        .error_string = &self->core_debug_string,
    },
  };
}

static void
keep_for_later (GrpcAioCall *self,
                GBytes *request,
                const GrpcAioCallOptions *options)
{
  if (self->hold != NULL)
    return;

  self->hold = g_new0 (GrpcAioCallHold, 1);
  self->hold->batch.done = on_hold_ended;
  self->hold->request = request != NULL ? g_bytes_ref (request) : NULL;
  self->hold->options = options != NULL ? grpc_aio_call_options_copy (options) : NULL;
  self->hold->cores = g_ptr_array_new_with_free_func ((GDestroyNotify) grpc_call_unref);
}

/* Waits for the channel to find its addresses, or for the call to end before. As
 * start () with locks. */
static gboolean
hold (GrpcAioCall *self,
      GBytes *request,
      const GrpcAioCallOptions *options)
{
  const grpc_op op = new_status_op (self);

  keep_for_later (self, request, options);
  self->core_call.is_held = TRUE;

  return grpc_aio_core_call_start (&self->core_call, &self->hold->batch, &op, 1);
}

/* As few batches as the kind of the method allows. With the lock, unless nobody
 * else has the call. */
static gboolean
start (GrpcAioCall *self,
       GBytes *request,
       GrpcAioCallOptions *options)
{
  GrpcAioCoreMetadata metadata;
  grpc_op ops[6];
  gsize n_ops = 0, n_start_ops;
  grpc_byte_buffer message;
  gboolean started;

  if (G_UNLIKELY (self->member.is_held))
    return hold (self, request, options);
  if (G_UNLIKELY (self->member.addresses != NULL) && self->member.waits_for_ready && grpc_aio_call_is_unary_unary (self))
    keep_for_later (self, request, options);

  init_metadata (&metadata, options);
  if (G_LIKELY (options == NULL || !options->is_started_apart))
    ops[n_ops++] = new_initial_metadata_op (&metadata, options);
  else
    self->core_call.needs_initial_metadata = TRUE;
  if (request != NULL)
    {
      grpc_aio_bytes_to_core (request, &message);
      ops[n_ops++] = (grpc_op){ .op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = &message };
      ops[n_ops++] = (grpc_op){ .op = GRPC_OP_SEND_CLOSE_FROM_CLIENT };
    }
  ops[n_ops++] = (grpc_op){
    .op = GRPC_OP_RECV_INITIAL_METADATA,
    .data.recv_initial_metadata.recv_initial_metadata = &self->initial_array,
  };
  n_start_ops = n_ops;

  if (!grpc_aio_method_kind_streams_responses (self->kind))
    ops[n_ops++] = (grpc_op){
      .op = GRPC_OP_RECV_MESSAGE,
      .data.recv_message.recv_message = &self->response_buffer,
    };
  ops[n_ops++] = new_status_op (self);

  if (grpc_aio_call_is_unary_unary (self))
    {
      self->ending.done = self->is_hidden ? grpc_aio_call_on_hidden_ended : grpc_aio_call_on_unary_ended;
      started = grpc_aio_core_call_start (&self->core_call, &self->ending, ops, n_ops);
      if (G_UNLIKELY (self->hold != NULL) && grpc_aio_channel_is_outdated (self->channel, &self->member))
        grpc_aio_call_leave_addresses (&self->member);
    }
  else
    {
      self->starting.done = grpc_aio_call_on_started;
      self->ending.done = grpc_aio_call_on_ended;
      self->is_starting = grpc_aio_core_call_start (&self->core_call, &self->starting, ops, n_start_ops);
      started = self->is_starting &&
                grpc_aio_core_call_start (&self->core_call, &self->ending, &ops[n_start_ops], n_ops - n_start_ops);
    }

  grpc_aio_core_metadata_clear (&metadata);
  if (request != NULL)
    grpc_slice_buffer_destroy (&message.data.raw.slice_buffer);

  return started;
}

/* As it was before the call waited. */
static void
forget_status (GrpcAioCall *self)
{
  grpc_aio_call_empty_array (&self->trailing_array);
  grpc_slice_unref (self->core_details);
  self->core_details = grpc_empty_slice ();
  gpr_free ((gpointer) self->core_debug_string);
  self->core_debug_string = NULL;
}

static void
replace_status (GrpcAioCall *self,
                grpc_status_code code,
                const char *details)
{
  forget_status (self);
  self->core_code = code;
  self->core_details = grpc_slice_from_copied_string (details);
}

/* FALSE when the channel was closed meanwhile, or grpc-core refuses. */
static gboolean
start_held (GrpcAioCall *self)
{
  GrpcAioCallOptions *options = self->hold->options;
  grpc_call *parent = NULL;
  gint64 left = self->deadline_usec - g_get_monotonic_time ();
  gpr_timespec deadline = gpr_inf_future (GPR_CLOCK_MONOTONIC);
  grpc_call *replaced = NULL;
  gboolean has_started, is_held;

  if (self->deadline_usec != G_MAXINT64)
    deadline = gpr_time_add (gpr_now (GPR_CLOCK_MONOTONIC), gpr_time_from_micros (MAX (left, 0), GPR_TIMESPAN));
  if (options != NULL && options->parent != NULL)
    parent = grpc_aio_servicer_context_get_parent_core (options->parent);
  if (!grpc_aio_channel_replace_call (self->channel, self->core_call.queue,
                                      grpc_aio_multi_callable_get_registered (self->multi_callable),
                                      grpc_aio_multi_callable_get_method (self->multi_callable),
                                      options != NULL ? options->authority : NULL,
                                      parent, deadline, &self->core_call.core, &replaced, &self->member))
    return FALSE;

  g_mutex_lock (&self->core_call.lock);
  forget_status (self);
  grpc_aio_call_empty_array (&self->initial_array);
  g_ptr_array_add (self->hold->cores, replaced);
  has_started = start (self, self->hold->request, options);
  is_held = self->member.is_held;
  g_mutex_unlock (&self->core_call.lock);

  /* Who cancelled meanwhile may have met the call that is replaced. */
  if (!has_started)
    grpc_aio_core_call_cancel (&self->core_call, GRPC_STATUS_INTERNAL, _("The call could not be started"));
  else if (g_atomic_int_get (&self->is_cancelled_here))
    grpc_aio_core_call_cancel (&self->core_call, GRPC_STATUS_CANCELLED, _("The call was cancelled"));
  if (!is_held)
    grpc_aio_core_call_release (&self->core_call, has_started);

  return has_started;
}

/* Whether the call waits, or waited to its end, for a connection. Then its peer is
 * still the target. */
static gboolean
is_unsent (GrpcAioCall *self)
{
  g_autofree char *peer = grpc_aio_core_call_dup_peer (&self->core_call);

  return peer != NULL && strstr (peer, GRPC_AIO_ADDRESSES_MARK) != NULL;
}

/* Makes a call anew that waited for a connection to addresses that are others now.
 * FALSE when it has its status. */
gboolean
grpc_aio_call_follow_addresses (GrpcAioCall *self)
{
  if (self->core_code != GRPC_AIO_CHANNEL_RELEASED || grpc_slice_str_cmp (self->core_details, GRPC_AIO_CHANNEL_GONE) != 0)
    return FALSE;

  if (!g_atomic_int_get (&self->is_cancelled_here) && is_unsent (self) && start_held (self))
    return TRUE;

  if (g_atomic_int_get (&self->is_cancelled_here))
    replace_status (self, GRPC_STATUS_CANCELLED, _("The call was cancelled"));
  else
    replace_status (self, GRPC_STATUS_UNAVAILABLE, GRPC_AIO_CHANNEL_GONE);

  return FALSE;
}

/* Nothing was held for long enough to start it, or it goes on now. */
static void
on_hold_ended (GrpcAioCoreCall *core_call,
               gboolean ok)
{
  GrpcAioCall *self = grpc_aio_call_of (core_call);

  if (self->core_code == GRPC_AIO_CHANNEL_RELEASED)
    {
      if (!g_atomic_int_get (&self->is_cancelled_here) && start_held (self))
        return;

      if (g_atomic_int_get (&self->is_cancelled_here))
        replace_status (self, GRPC_STATUS_CANCELLED, _("The call was cancelled"));
      else
        replace_status (self, GRPC_STATUS_INTERNAL, _("The call could not be started"));
    }

  if (grpc_aio_call_is_unary_unary (self))
    {
      (self->is_hidden ? grpc_aio_call_on_hidden_ended : grpc_aio_call_on_unary_ended) (core_call, ok);
      return;
    }

  grpc_aio_core_call_release (&self->core_call, FALSE);
  grpc_aio_call_on_ended (core_call, ok);
}

/* A call that cannot start has its status at once. */
static void
fail (GrpcAioCall *self,
      GrpcAioStatusCode code,
      const char *details)
{
  self->state = GRPC_AIO_CALL_STATE_DONE;
  self->core_call.reads_ended = self->core_call.sends_ended = TRUE;
  self->code = code;
  self->details = g_strdup (details);
}

/* Runs on any thread, while @operation is pending. */
void
grpc_aio_call_cancel_from_operation (GrpcAioOperation *operation,
                                     gpointer owner)
{
  grpc_aio_call_cancel (owner);
}

/* What is to prove who the caller is must not go over a connection that anybody
 * may read. */
static gboolean
refuse_credentials (GrpcAioCall *self)
{
  GrpcAioChannelCredentials *credentials = grpc_aio_channel_get_credentials (self->channel);

  if (credentials != NULL && !credentials->is_insecure)
    return FALSE;

  fail (self, GRPC_AIO_STATUS_CODE_UNAUTHENTICATED,
        _("The call has credentials, but its channel is not secure: give the channel credentials, such as those for TLS"));

  return TRUE;
}

static GrpcAioCall *
allocate (GrpcAioMultiCallable *multi_callable,
          GrpcAioQueue *queue)
{
  GrpcAioCall *self = grpc_aio_pool_take (GRPC_AIO_POOL_CALL, GRPC_AIO_TYPE_CALL);

  self->multi_callable = g_object_ref (multi_callable);
  self->channel = grpc_aio_multi_callable_get_base (multi_callable);
  self->kind = grpc_aio_multi_callable_get_kind (multi_callable);
  grpc_aio_core_call_init (&self->core_call, self, &grpc_aio_call_core_funcs, queue);

  return self;
}

/* The channel is closed, or the process forked. */
static void
fail_to_create (GrpcAioCall *self)
{
  const char *flaw = grpc_aio_channel_get_flaw (self->channel);
  g_autoptr (GError) error = NULL;

  if (!grpc_aio_core_is_usable ())
    error = grpc_aio_core_new_forked_error ();

  /* The code that grpc-core has for a flaw. */
  if (flaw != NULL)
    fail (self, GRPC_AIO_STATUS_CODE_UNKNOWN, flaw);
  else
    fail (self, GRPC_AIO_STATUS_CODE_FAILED_PRECONDITION, error != NULL ? error->message : _("The channel is closed"));
}

/* A call that is not started yet, or has failed. */
static GrpcAioCall *
create (GrpcAioMultiCallable *multi_callable,
        GrpcAioQueue *queue,
        const GrpcAioCallOptions *options)
{
  GrpcAioCall *self = allocate (multi_callable, queue);
  const gboolean has_credentials = options != NULL && options->credentials != NULL;
  grpc_call *parent = NULL;

  self->member.waits_for_ready = options != NULL && options->wait_for_ready;
  if (!grpc_aio_core_is_usable ())
    {
      fail_to_create (self);
      return self;
    }
  if (has_credentials && refuse_credentials (self))
    return self;

  if (options != NULL && options->parent != NULL)
    parent = grpc_aio_servicer_context_get_parent_core (options->parent);
  if (!grpc_aio_channel_create_call (self->channel, queue,
                                     grpc_aio_multi_callable_get_registered (multi_callable),
                                     grpc_aio_multi_callable_get_method (multi_callable),
                                     options != NULL ? options->authority : NULL,
                                     parent, take_deadline (self, options), &self->core_call.core, &self->member))
    {
      fail_to_create (self);
      return self;
    }

  if (has_credentials)
    grpc_call_set_credentials (self->core_call.core, grpc_aio_call_credentials_get_core (options->credentials));

  return self;
}

static void
fail_to_start (GrpcAioCall *self)
{
  fail (self, GRPC_AIO_STATUS_CODE_INTERNAL, _("The call could not be started"));
  grpc_aio_core_call_cancel (&self->core_call, GRPC_STATUS_INTERNAL, self->details);
}

GrpcAioCall *
grpc_aio_call_new (GrpcAioMultiCallable *multi_callable,
                   GrpcAioQueue *queue,
                   GBytes *request,
                   GrpcAioCallOptions *options)
{
  GrpcAioCall *self = create (multi_callable, queue, options);

  if (self->state == GRPC_AIO_CALL_STATE_DONE)
    return self;

  /* Fire and forget: the call keeps itself until its end. */
  if (grpc_aio_call_is_unary_unary (self))
    grpc_aio_core_call_keep_owner (&self->core_call, g_object_ref (self));

  g_mutex_lock (&self->core_call.lock);
  if (!start (self, request, options))
    fail_to_start (self);
  g_mutex_unlock (&self->core_call.lock);

  if (self->state == GRPC_AIO_CALL_STATE_DONE && grpc_aio_call_is_unary_unary (self))
    grpc_aio_core_call_lose_owner (&self->core_call);

  return self;
}

/* Makes a whole call with one request and one response for @operation, which is
 * all that the program sees of it. Consumes @operation. */
void
grpc_aio_call_run (GrpcAioMultiCallable *multi_callable,
                   GrpcAioQueue *queue,
                   GBytes *request,
                   GrpcAioCallOptions *options,
                   GrpcAioOperation *operation)
{
  GrpcAioCall *self = create (multi_callable, queue, options);

  self->is_hidden = TRUE;
  grpc_aio_core_call_keep_owner (&self->core_call, self);

  if (self->state != GRPC_AIO_CALL_STATE_DONE)
    {
      grpc_aio_operation_list_append (&self->waiting, operation);
      grpc_aio_operation_connect (operation, self, grpc_aio_call_cancel_from_operation);
      if (start (self, request, options))
        return;

      self->waiting = (GrpcAioOperationList){ NULL, NULL };
      fail_to_start (self);
    }

  grpc_aio_call_settle (self, operation);
  grpc_aio_core_call_lose_owner (&self->core_call);
}

/* Any thread; with the channel's lock, which keeps the call. It may wait for a
 * connection to where the server was. */
void
grpc_aio_call_leave_addresses (GrpcAioChannelMember *member)
{
  GrpcAioCall *self = grpc_aio_call_of_member (member);

  if (self->hold != NULL && grpc_aio_call_is_unary_unary (self) && is_unsent (self))
    grpc_aio_core_call_cancel (&self->core_call, GRPC_AIO_CHANNEL_RELEASED, GRPC_AIO_CHANNEL_GONE);
}

/* Any thread; with the channel's lock, which keeps the call. Ends what stands for a
 * call that waits for addresses. */
void
grpc_aio_call_end_hold (GrpcAioChannelMember *member,
                        grpc_status_code code,
                        const char *details)
{
  GrpcAioCall *self = grpc_aio_call_of_member (member);

  grpc_aio_core_call_cancel (&self->core_call, code, details);
}

/* A call that has ended before it began. */
GrpcAioCall *
grpc_aio_call_new_failed (GrpcAioMultiCallable *multi_callable,
                          GrpcAioQueue *queue,
                          const GError *error)
{
  GrpcAioCall *self = allocate (multi_callable, queue);

  self->is_cancelled_here = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  fail (self, grpc_aio_error_get_status_code (error), error->message);

  return self;
}

/* On any thread. What grpc-core does for the calls that it has. */
static void
on_parent_done (GrpcAioCall *self,
                GrpcAioServicerContext *parent)
{
  g_autoptr (GError) error = NULL;

  if (!grpc_aio_servicer_context_is_cancelled (parent))
    return;

  error = g_error_new_literal (GRPC_AIO_ERROR, GRPC_AIO_ERROR_CANCELLED, _("The call that this one is a part of was cancelled"));
  grpc_aio_relay_fail (self->relay, error);
}

/* A call that the interceptor at @index of the channel answers. */
GrpcAioCall *
grpc_aio_call_new_intercepted (GrpcAioMultiCallable *multi_callable,
                               GrpcAioQueue *queue,
                               GBytes *request,
                               GrpcAioCallOptions *options,
                               guint index)
{
  GPtrArray *interceptors = grpc_aio_multi_callable_get_interceptors (multi_callable);
  GrpcAioCall *self = allocate (multi_callable, queue);

  take_deadline (self, options);
  if (!grpc_aio_channel_add_member (self->channel, &self->member))
    {
      fail_to_create (self);
      return self;
    }

  self->relay = grpc_aio_relay_new (self, &self->core_call, g_ptr_array_index (interceptors, index), self->deadline_usec);
  if (grpc_aio_call_is_unary_unary (self))
    grpc_aio_core_call_keep_owner (&self->core_call, g_object_ref (self));
  if (options != NULL && options->parent != NULL)
    g_signal_connect_object (options->parent, "done", G_CALLBACK (on_parent_done), self, G_CONNECT_SWAPPED);
  grpc_aio_relay_start (self->relay, grpc_aio_intercepted_call_new (self->relay, multi_callable, request, options, index));

  return self;
}

/* The same, for @operation, which is all that the program sees of it. Consumes
 * @operation. */
void
grpc_aio_call_run_intercepted (GrpcAioMultiCallable *multi_callable,
                               GrpcAioQueue *queue,
                               GBytes *request,
                               GrpcAioCallOptions *options,
                               GrpcAioOperation *operation)
{
  g_autoptr (GrpcAioCall) self = grpc_aio_call_new_intercepted (multi_callable, queue, request, options, 0);

  grpc_aio_operation_connect (operation, self, grpc_aio_call_cancel_from_operation);
  grpc_aio_call_wait (self, operation);
}

/* Of a call with a stream of requests, and without an interceptor, whose options have
 * is_started_apart: the first thing to send, which tells when grpc-core has sent it.
 * Consumes @operation. */
void
grpc_aio_call_submit_start (GrpcAioCall *self,
                            GrpcAioCallOptions *options,
                            GrpcAioOperation *operation)
{
  init_metadata (&operation->metadata, options);
  operation->flags = get_start_flags (options);
  grpc_aio_core_call_send (&self->core_call, operation);
}
