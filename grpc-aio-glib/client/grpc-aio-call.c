/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-call-parts-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <grpc/slice.h>
#include <grpc/support/alloc.h>

#include <grpc-aio-glib/grpc-aio-enums.h>

#include "engine/grpc-aio-bytes-private.h"
#include "engine/grpc-aio-core-private.h"
#include "engine/grpc-aio-pool-private.h"
#include "security/grpc-aio-auth-context-private.h"
#include "types/grpc-aio-rpc-status-private.h"

/**
 * GrpcAioCall:
 *
 * One call of a method, under way from the moment
 * [method@MultiCallable.call] returns it (the "unified call" of gRFC L58).
 *
 * What there is to do with it depends on the kind of the method:
 * - one response: [method@Call.response_async];
 * - a stream of responses: [method@Call.read_async] until it gives `NULL`;
 * - a stream of requests: [method@Call.write_async], then
 *   [method@Call.done_writing_async].
 *
 * Reads and writes may be started before earlier ones have ended: they wait
 * their turn, in order. A write ends when flow control has taken the message,
 * so that a slow server slows its clients down.
 *
 * Every call ends exactly once, with a status. Until then the metadata and the
 * status can be waited for; afterwards the functions that do not wait give them
 * too.
 *
 * A call belongs to the main context that was the thread-default one when it
 * started: [signal@Call::done] and changes of [property@Call:state] are told
 * there. Each operation ends in the context that was the thread-default one when
 * the operation was started. A call may be used from any thread.
 *
 * Cancelling a read, a write or the wait for the response or the connection
 * cancels the call. Cancelling the wait for metadata or the status only ends
 * the waiting.
 *
 * When the last reference goes, a call that streams is cancelled. A call with
 * one request and one response runs to its end: it may be fired and forgotten.
 *
 * Since: 0.1
 */

enum
{
  PROP_MULTI_CALLABLE = 1,
  PROP_STATE,
  N_PROPS,
};

enum
{
  SIGNAL_DONE,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GrpcAioCall, grpc_aio_call, G_TYPE_OBJECT)

/* How many entries of metadata a call that is used again keeps room for. */
#define KEPT_METADATA 32

static void grpc_aio_call_init (GrpcAioCall *self);
static void grpc_aio_call_clear (gpointer object);

void
grpc_aio_call_release (GrpcAioCoreCall *core_call)
{
  grpc_aio_pool_release (GRPC_AIO_POOL_CALL, core_call->owner, grpc_aio_call_clear);
}

/* In the context of the call, whose state has changed. */
void
grpc_aio_call_tell (GrpcAioCall *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
  if (self->state == GRPC_AIO_CALL_STATE_DONE && g_signal_has_handler_pending (self, signals[SIGNAL_DONE], 0, TRUE))
    g_signal_emit (self, signals[SIGNAL_DONE], 0);
}

static void
grpc_aio_call_dispose (GObject *object)
{
  GrpcAioCall *self = GRPC_AIO_CALL (object);

  if ((self->core_call.core != NULL || self->relay != NULL) && grpc_aio_core_call_dispose (&self->core_call))
    grpc_aio_call_cancel (self);

  G_OBJECT_CLASS (grpc_aio_call_parent_class)->dispose (object);
}

void
grpc_aio_call_empty_array (grpc_metadata_array *array)
{
  array->count = 0;
  if (array->capacity > KEPT_METADATA)
    {
      grpc_metadata_array_destroy (array);
      grpc_metadata_array_init (array);
    }
}

/* Leaves it as new. */
static void
grpc_aio_call_clear (gpointer object)
{
  GrpcAioCall *self = object;

  g_assert (self->waiting.head == NULL);

  if (self->member.previous != NULL)
    grpc_aio_channel_remove_member (self->channel, &self->member);
  if (!self->is_hidden)
    g_signal_handlers_destroy (object);

  grpc_aio_call_empty_array (&self->initial_array);
  grpc_aio_call_empty_array (&self->trailing_array);
  grpc_slice_unref (self->core_details);
  g_clear_pointer (&self->response_buffer, grpc_byte_buffer_destroy);
  gpr_free ((gpointer) self->core_debug_string);
  grpc_aio_core_call_clear (&self->core_call);

  g_clear_pointer (&self->initial_metadata, grpc_aio_metadata_unref);
  g_clear_pointer (&self->trailing_metadata, grpc_aio_metadata_unref);
  g_clear_pointer (&self->response, g_bytes_unref);
  g_clear_pointer (&self->details, g_free);
  g_clear_pointer (&self->hold, grpc_aio_call_hold_free);
  g_clear_pointer (&self->relay, grpc_aio_relay_free);
  g_clear_object (&self->multi_callable);

  memset (&self->core_call, 0, sizeof *self - G_STRUCT_OFFSET (GrpcAioCall, core_call));
  grpc_aio_call_init (self);
}

static void
grpc_aio_call_finalize (GObject *object)
{
  GrpcAioCall *self = GRPC_AIO_CALL (object);

  grpc_aio_call_clear (self);
  grpc_metadata_array_destroy (&self->initial_array);
  grpc_metadata_array_destroy (&self->trailing_array);
  g_mutex_clear (&self->core_call.lock);

  G_OBJECT_CLASS (grpc_aio_call_parent_class)->finalize (object);
}

static void
grpc_aio_call_get_property (GObject *object,
                            guint id,
                            GValue *value,
                            GParamSpec *pspec)
{
  GrpcAioCall *self = GRPC_AIO_CALL (object);

  switch (id)
    {
    case PROP_MULTI_CALLABLE:
      g_value_set_object (value, self->multi_callable);
      break;

    case PROP_STATE:
      g_value_set_enum (value, grpc_aio_call_get_state (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_call_class_init (GrpcAioCallClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->dispose = grpc_aio_call_dispose;
  object_class->finalize = grpc_aio_call_finalize;
  object_class->get_property = grpc_aio_call_get_property;

  /**
   * GrpcAioCall:multi-callable:
   *
   * The method that is called.
   *
   * Since: 0.1
   */
  properties[PROP_MULTI_CALLABLE] = g_param_spec_object ("multi-callable", NULL, NULL, GRPC_AIO_TYPE_MULTI_CALLABLE, flags);

  /**
   * GrpcAioCall:state:
   *
   * How far the call has come.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, GRPC_AIO_TYPE_CALL_STATE,
                                              GRPC_AIO_CALL_STATE_STARTED, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * GrpcAioCall::done:
   * @self: the call
   *
   * Emitted once, when the call has its status, in the main context that the
   * call belongs to. It is not emitted for a call whose last reference is gone.
   *
   * Since: 0.1
   */
  signals[SIGNAL_DONE] = g_signal_new ("done", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                       NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
grpc_aio_call_init (GrpcAioCall *self)
{
  g_mutex_init (&self->core_call.lock);
  self->deadline_usec = G_MAXINT64;
  self->core_details = grpc_empty_slice ();
}

/**
 * grpc_aio_call_get_multi_callable:
 * @self: a call
 *
 * Gets the method that is called.
 *
 * Returns: (transfer none): the method
 *
 * Since: 0.1
 */
GrpcAioMultiCallable *
grpc_aio_call_get_multi_callable (GrpcAioCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);

  return self->multi_callable;
}

/**
 * grpc_aio_call_get_state:
 * @self: a call
 *
 * Gets how far the call has come.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
GrpcAioCallState
grpc_aio_call_get_state (GrpcAioCall *self)
{
  GrpcAioCallState state;

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), GRPC_AIO_CALL_STATE_DONE);

  g_mutex_lock (&self->core_call.lock);
  state = self->state;
  g_mutex_unlock (&self->core_call.lock);

  return state;
}

/**
 * grpc_aio_call_cancel:
 * @self: a call
 *
 * Cancels the call, on any thread. Its operations end with
 * `G_IO_ERROR_CANCELLED`, and the server's handler is told.
 *
 * Returns: whether it was still running
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_cancel (GrpcAioCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), FALSE);

  if (grpc_aio_call_is_done (self))
    return FALSE;

  g_atomic_int_set (&self->is_cancelled_here, TRUE);
  if (G_UNLIKELY (self->relay != NULL))
    grpc_aio_relay_cancel (self->relay, _("The call was cancelled"));
  else
    grpc_aio_core_call_cancel (&self->core_call, GRPC_STATUS_CANCELLED, _("The call was cancelled"));

  return TRUE;
}

/**
 * grpc_aio_call_is_active:
 * @self: a call
 *
 * Whether the call has no status yet.
 *
 * Returns: whether it runs
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_is_active (GrpcAioCall *self)
{
  return !grpc_aio_call_is_done (self);
}

/**
 * grpc_aio_call_is_done:
 * @self: a call
 *
 * Whether the call has its status.
 *
 * Returns: whether it has ended
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_is_done (GrpcAioCall *self)
{
  return grpc_aio_call_get_state (self) == GRPC_AIO_CALL_STATE_DONE;
}

/**
 * grpc_aio_call_is_cancelled:
 * @self: a call
 *
 * Whether the call ended because it was cancelled, here or by the server.
 *
 * Returns: whether it was cancelled
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_is_cancelled (GrpcAioCall *self)
{
  return grpc_aio_call_is_done (self) && self->code == GRPC_AIO_STATUS_CODE_CANCELLED;
}

/**
 * grpc_aio_call_time_remaining:
 * @self: a call
 *
 * Gets how long the call may still take.
 *
 * Returns: microseconds, 0 when its time is over, or -1 without a deadline
 *
 * Since: 0.1
 */
gint64
grpc_aio_call_time_remaining (GrpcAioCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), -1);

  if (self->deadline_usec == G_MAXINT64)
    {
      /* An interceptor may have set one. */
      g_autoptr (GrpcAioCall) target = self->relay != NULL ? grpc_aio_relay_dup_target (self->relay) : NULL;

      return target != NULL ? grpc_aio_call_time_remaining (target) : -1;
    }

  return MAX (0, self->deadline_usec - g_get_monotonic_time ());
}

/**
 * grpc_aio_call_get_code:
 * @self: a call that is done
 *
 * Gets the status code.
 *
 * Returns: the status code; `GRPC_AIO_STATUS_CODE_UNKNOWN` while the call runs
 *
 * Since: 0.1
 */
GrpcAioStatusCode
grpc_aio_call_get_code (GrpcAioCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), GRPC_AIO_STATUS_CODE_UNKNOWN);

  return grpc_aio_call_is_done (self) ? self->code : GRPC_AIO_STATUS_CODE_UNKNOWN;
}

/**
 * grpc_aio_call_get_details:
 * @self: a call that is done
 *
 * Gets what the server, or grpc-core, says about the status.
 *
 * Returns: (nullable): the text; `NULL` while the call runs
 *
 * Since: 0.1
 */
const char *
grpc_aio_call_get_details (GrpcAioCall *self)
{
  const char *details = NULL;

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);

  g_mutex_lock (&self->core_call.lock);
  if (self->state == GRPC_AIO_CALL_STATE_DONE)
    {
      if (self->details == NULL)
        self->details = grpc_aio_slice_dup_text (self->core_details);
      details = self->details;
    }
  g_mutex_unlock (&self->core_call.lock);

  return details;
}

/**
 * grpc_aio_call_get_debug_string:
 * @self: a call that is done
 *
 * Gets what grpc-core noted about the failure, for logs and bug reports. Its
 * form may change at any time.
 *
 * Returns: (nullable): the text, or `NULL` if there is none
 *
 * Since: 0.1
 */
const char *
grpc_aio_call_get_debug_string (GrpcAioCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);

  return grpc_aio_call_is_done (self) ? self->core_debug_string : NULL;
}

/**
 * grpc_aio_call_dup_rpc_status:
 * @self: a call that is done
 * @error: where to put an error
 *
 * Gets the status with details that the server sent, in the trailing metadata
 * `grpc-status-details-bin`.
 *
 * It fails with `G_IO_ERROR_INVALID_DATA` when what came is no
 * `google.rpc.Status`, or has another code or message than the status of the call.
 *
 * Returns: (transfer full) (nullable): the status, or `NULL` without an error if
 *   none came or the call still runs
 *
 * Since: 0.1
 */
GrpcAioRpcStatus *
grpc_aio_call_dup_rpc_status (GrpcAioCall *self,
                              GError **error)
{
  g_autoptr (GrpcAioMetadata) metadata = NULL;
  const char *details;

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);

  /* The text is there for good once the call is done. */
  details = grpc_aio_call_get_details (self);
  if (details == NULL)
    return NULL;

  g_mutex_lock (&self->core_call.lock);
  metadata = grpc_aio_metadata_ref (grpc_aio_call_make_trailing_metadata (self));
  g_mutex_unlock (&self->core_call.lock);

  return grpc_aio_rpc_status_new_from_metadata (metadata, self->code, details, FALSE, error);
}

/**
 * grpc_aio_call_dup_peer:
 * @self: a call
 *
 * Gets the address of the server, such as `ipv4:127.0.0.1:50051`, once the call
 * is connected. It is what the network says, and proves nothing.
 *
 * Returns: (nullable) (transfer full): the address, or `NULL` if there is none
 *
 * Since: 0.1
 */
char *
grpc_aio_call_dup_peer (GrpcAioCall *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);

  if (G_UNLIKELY (self->relay != NULL))
    {
      g_autoptr (GrpcAioCall) target = grpc_aio_relay_dup_target (self->relay);

      return target != NULL ? grpc_aio_call_dup_peer (target) : NULL;
    }

  return grpc_aio_core_call_dup_peer (&self->core_call);
}

/**
 * grpc_aio_call_dup_auth_context:
 * @self: a call
 *
 * Gets how the connection is secured, and who the server has proved to be, once
 * the call is connected.
 *
 * It is empty when the connection has no security of its own.
 *
 * Returns: (nullable) (transfer full): what is known of the server, or `NULL`
 *   while the call is not connected
 *
 * Since: 0.1
 */
GrpcAioAuthContext *
grpc_aio_call_dup_auth_context (GrpcAioCall *self)
{
  gboolean is_connected;

  g_return_val_if_fail (GRPC_AIO_IS_CALL (self), NULL);

  /* Before that grpc-core may write it in another thread. */
  g_mutex_lock (&self->core_call.lock);
  is_connected = self->state >= GRPC_AIO_CALL_STATE_CONNECTED && self->core_call.core != NULL && grpc_aio_core_is_usable ();
  g_mutex_unlock (&self->core_call.lock);

  return is_connected ? grpc_aio_auth_context_new_for_call (self->core_call.core) : NULL;
}
