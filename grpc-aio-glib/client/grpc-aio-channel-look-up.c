/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-channel-parts-private.h"

#include "client/grpc-aio-addresses-private.h"
#include "client/grpc-aio-call-private.h"
#include "engine/grpc-aio-core-channel-private.h"
#include "types/grpc-aio-channel-options-private.h"

/* How often to look for other addresses when none of those known answers. */
#define MIN_AGE_USEC (1 * G_USEC_PER_SEC)

static void
addresses_unref (GrpcAioChannelAddresses *addresses)
{
  if (!g_atomic_ref_count_dec (&addresses->refs))
    return;

  g_weak_ref_clear (&addresses->channel);
  grpc_aio_queue_unref (addresses->home);
  g_free (addresses);
}

/* With the lock. Gives the core channel when it has to be destroyed, without the
 * lock: that was the last user. */
grpc_channel *
grpc_aio_channel_addresses_leave (GrpcAioChannelAddresses *addresses)
{
  grpc_channel *core;

  if (--addresses->n_users > 0)
    return NULL;

  core = g_steal_pointer (&addresses->core);
  addresses_unref (addresses);

  return core;
}

static void
on_addresses_changed (GrpcAioCompletion *completion,
                      gboolean ok)
{
  GrpcAioChannelAddresses *addresses = (GrpcAioChannelAddresses *) ((guint8 *) completion - G_STRUCT_OFFSET (GrpcAioChannelAddresses, watch));
  g_autoptr (GrpcAioChannel) channel = g_weak_ref_get (&addresses->channel);

  if (channel != NULL)
    {
      g_mutex_lock (&channel->lock);
      addresses->is_watching = FALSE;
      g_mutex_unlock (&channel->lock);
      grpc_aio_channel_update_state (channel);
    }
  addresses_unref (addresses);
}

/* Takes @core, for a first user. */
GrpcAioChannelAddresses *
grpc_aio_channel_addresses_new (GrpcAioChannel *channel,
                                grpc_channel *core,
                                gboolean is_known)
{
  GrpcAioChannelAddresses *addresses = g_new0 (GrpcAioChannelAddresses, 1);

  g_atomic_ref_count_init (&addresses->refs);
  g_weak_ref_init (&addresses->channel, channel);
  addresses->home = grpc_aio_queue_ref (channel->home);
  addresses->core = core;
  addresses->n_users = 1;
  addresses->is_known = is_known;
  addresses->watch.run = on_addresses_changed;

  return addresses;
}

/* With the lock. */
void
grpc_aio_channel_addresses_watch (GrpcAioChannelAddresses *addresses,
                                  GrpcAioChannelConnectivity state)
{
  if (addresses->is_watching || !addresses->is_known)
    return;

  addresses->is_watching = TRUE;
  g_atomic_ref_count_inc (&addresses->refs);
  grpc_channel_watch_connectivity_state (addresses->core, (grpc_connectivity_state) state,
                                         gpr_inf_future (GPR_CLOCK_REALTIME),
                                         grpc_aio_queue_get_core (addresses->home), &addresses->watch);
}

/* With the lock. For how long not to look for other addresses. */
static gint64
get_rest (GrpcAioChannel *self)
{
  gint64 age = g_get_monotonic_time () - self->looked_up_usec;

  return self->addresses->is_known ? MAX (0, MIN_AGE_USEC - age) : 0;
}

/* With the lock. */
void
grpc_aio_channel_begin_look_up (GrpcAioChannel *self)
{
  if (self->is_looking_up)
    return;

  self->is_looking_up = TRUE;
  g_clear_pointer (&self->look_up_error, g_free);
  if (self->addresses->was_ready && !self->addresses->has_failed)
    self->n_failures = 0;
  else if (self->addresses->is_known)
    self->n_failures++;
  self->addresses->has_failed = TRUE;
  grpc_aio_resolver_start (self->resolver, get_rest (self), self->n_failures);
}

/* With the lock. Whether there are no addresses, or none that answers: none does
 * any more, or none ever did. */
gboolean
grpc_aio_channel_needs_addresses (GrpcAioChannel *self)
{
  GrpcAioChannelAddresses *addresses = self->addresses;
  grpc_connectivity_state state;

  if (!addresses->is_known)
    return TRUE;

  state = grpc_channel_check_connectivity_state (addresses->core, FALSE);
  if (state == GRPC_CHANNEL_READY)
    {
      addresses->was_ready = TRUE;
      addresses->has_failed = FALSE;
    }

  return state == GRPC_CHANNEL_TRANSIENT_FAILURE || (state != GRPC_CHANNEL_READY && addresses->was_ready);
}

/* With the lock. Lets calls go on that waited for addresses, or lets those fail
 * that do not want to wait. Returns whether some still wait. */
static gboolean
release_calls (GrpcAioChannel *self)
{
  gboolean is_waiting = FALSE;

  for (GrpcAioChannelMember *at = self->members; at != NULL; at = at->next)
    {
      if (!at->is_held)
        continue;

      if (self->look_up_error == NULL)
        grpc_aio_call_end_hold (at, GRPC_AIO_CHANNEL_RELEASED, "");
      else if (!at->waits_for_ready)
        grpc_aio_call_end_hold (at, GRPC_STATUS_UNAVAILABLE, self->look_up_error);
      else
        is_waiting = TRUE;
    }

  return is_waiting;
}

/* In a thread of the resolver. Calls that run go on where they are. Those that wait
 * in grpc-core for a first connection to addresses that are out of date are made
 * anew. */
static gboolean
on_looked_up (gpointer owner,
              const char *target,
              const char *key,
              const GError *error)
{
  GrpcAioChannel *self = owner;
  grpc_channel *core = NULL, *unused;
  gboolean is_new, has_news = FALSE, again = FALSE;

  g_mutex_lock (&self->lock);
  is_new = target != NULL && g_strcmp0 (key, self->addresses_key) != 0;
  g_mutex_unlock (&self->lock);

  if (is_new)
    core = grpc_aio_channel_make_core (self, target, NULL);

  g_mutex_lock (&self->lock);
  unused = core;
  self->looked_up_usec = g_get_monotonic_time ();
  if (self->core != NULL && core != NULL)
    {
      g_debug ("%s is %s", self->target, target);
      for (GrpcAioChannelMember *at = self->members; at != NULL; at = at->next)
        {
          if (at->addresses == self->addresses && !at->is_held)
            grpc_aio_call_leave_addresses (at);
        }
      unused = grpc_aio_channel_addresses_leave (self->addresses);
      self->addresses = grpc_aio_channel_addresses_new (self, core, TRUE);
      self->core = core;
      g_free (self->addresses_key);
      self->addresses_key = g_strdup (key);
    }
  if (self->core != NULL)
    {
      if (error != NULL && !self->addresses->is_known)
        {
          g_free (self->look_up_error);
          self->look_up_error = g_strdup (error->message);
        }
      else
        {
          g_clear_pointer (&self->look_up_error, g_free);
        }
      again = release_calls (self) || (self->look_up_error != NULL && self->ready_waiters.head != NULL);
      self->is_looking_up = again;
      has_news = TRUE;
    }
  g_mutex_unlock (&self->lock);

  if (has_news)
    grpc_aio_channel_tell_news (self);
  if (unused != NULL)
    grpc_aio_core_channel_destroy (unused);

  return again;
}

static gboolean
has_text (GrpcAioChannelOptions *options,
          const char *name)
{
  return grpc_aio_channel_options_get_string (options, name) != NULL;
}

/* What grpc-core does with several addresses, and what it calls the server. */
void
grpc_aio_channel_prepare_look_up (GrpcAioChannel *self)
{
  g_autofree char *authority = grpc_aio_addresses_get_authority (self->connectable);

  self->own_options = grpc_aio_channel_options_copy (self->options);
  if (!has_text (self->own_options, GRPC_ARG_LB_POLICY_NAME))
    grpc_aio_channel_options_set_string (self->own_options, GRPC_ARG_LB_POLICY_NAME, "round_robin");
  if (authority != NULL && !has_text (self->own_options, GRPC_ARG_DEFAULT_AUTHORITY))
    grpc_aio_channel_options_set_string (self->own_options, GRPC_ARG_DEFAULT_AUTHORITY, authority);

  g_free (self->target);
  self->target = grpc_aio_addresses_get_name (self->connectable);
  self->resolver = grpc_aio_resolver_new (self->connectable, self, on_looked_up);
}

/* With the lock. The addresses stay as long as the call. Without any, or while
 * there may be better ones soon, it has to wait. */
void
grpc_aio_channel_take_addresses (GrpcAioChannel *self,
                                 grpc_call *call,
                                 GrpcAioChannelMember *member)
{
  member->addresses = self->addresses;
  member->is_held = FALSE;
  self->addresses->n_users++;
  if (!grpc_aio_channel_needs_addresses (self))
    return;

  /* Until the next try nothing changes. */
  if (self->is_looking_up && self->look_up_error != NULL && !member->waits_for_ready)
    grpc_call_cancel_with_status (call, GRPC_STATUS_UNAVAILABLE, self->look_up_error, NULL);

  grpc_aio_channel_begin_look_up (self);
  member->is_held = !self->addresses->is_known || member->waits_for_ready || get_rest (self) == 0;
}
