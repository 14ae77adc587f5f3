/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-channel-private.h"

#include <glib/gi18n-lib.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>

#include <grpc-aio-glib/grpc-aio-client-interceptor.h>
#include <grpc-aio-glib/grpc-aio-enums.h>

#include "client/grpc-aio-addresses-private.h"
#include "client/grpc-aio-call-private.h"
#include "client/grpc-aio-multi-callable-private.h"
#include "client/grpc-aio-resolver-private.h"
#include "client/grpc-aio-target-private.h"
#include "engine/grpc-aio-core-args-private.h"
#include "engine/grpc-aio-core-channel-private.h"
#include "engine/grpc-aio-core-private.h"
#include "engine/grpc-aio-operation-private.h"
#include "engine/grpc-aio-quota-private.h"
#include "engine/grpc-aio-sync-private.h"
#include "security/grpc-aio-channel-credentials-private.h"
#include "types/grpc-aio-channel-options-private.h"

/* What was looked up, with a core channel for it. That lives until the last of
 * its calls has ended, even when the addresses are others by then. */
typedef struct
{
  gatomicrefcount refs; /* one for the users, one for the watch */
  GWeakRef channel;
  GrpcAioQueue *home;
  grpc_channel *core;

  /* With the lock of the channel. */
  guint n_users;        /* the channel and its calls */
  gboolean is_known;    /* else it only stands for what is not known yet */
  gboolean was_ready;
  gboolean has_failed;  /* others were looked for, since it last was */
  gboolean is_watching;
  GrpcAioCompletion watch;
} Addresses;

/* How often to look for other addresses when none of those known answers. */
#define MIN_AGE_USEC (1 * G_USEC_PER_SEC)

/* Not a server, but never connected to. */
#define NO_SERVER "ipv4:127.0.0.1:1"

/**
 * GrpcAioChannel:
 *
 * A connection to a service, made when it is first needed and made anew when it
 * was lost.
 *
 * The target is a name that grpc-core resolves: `host:port`,
 * `dns:///host:port`, `ipv4:127.0.0.1:50051`, `ipv6:[::1]:50051`,
 * `unix:/absolute/path`, `unix-abstract:name` and others ("gRPC Name
 * Resolution").
 *
 * A channel may be used from any thread: a call belongs to the thread-default
 * main context of the thread that starts it. The channel's own changes of state
 * are told in the thread-default main context of the thread that made it.
 *
 * A channel can also be made for what GIO can look up, with
 * [ctor@Channel.new_for_connectable].
 *
 * Calls keep their channel alive. When the last reference goes the connection
 * is closed.
 *
 * Since: 0.1
 */
struct _GrpcAioChannel
{
  GObject parent_instance;

  char *target;
  GrpcAioChannelCredentials *credentials;
  GrpcAioChannelOptions *options;
  GrpcAioCompression compression;
  GListModel *interceptors; /* NULL for none */
  GPtrArray *chain;         /* the same */
  GrpcAioChannel *base;     /* has the connection, if this one has none */
  GrpcAioQueue *home;
  GrpcAioQuota *quota; /* NULL for no limit */
  char *flaw;          /* why grpc-core made no real channel, whose state never changes; or NULL */

  GMutex lock; /* for all that follows */
  grpc_channel *core;
  GHashTable *registered; /* method → grpc-core's handle */
  GPtrArray *queues;      /* of contexts that made calls; kept for the next ones */
  GrpcAioChannelMember *members;

  GrpcAioChannelConnectivity state;
  gboolean is_watching;
  gboolean is_closed;
  GCancellable *closed; /* for credentials that wait for an answer of the program's, or NULL */
  GrpcAioOperationList state_waiters; /* their code is the last observed state */
  GrpcAioOperationList ready_waiters;
  GrpcAioOperationList close_waiters;
  GSource *grace; /* the one that ends first */

  /* Of a channel whose addresses are looked up. */
  GSocketConnectable *connectable; /* NULL of others, as all that follows */
  GrpcAioChannelOptions *own_options;
  GrpcAioResolver *resolver;
  Addresses *addresses; /* whose core channel is the one above */
  char *addresses_key;  /* of the known ones */
  char *look_up_error;  /* why there are none */
  gboolean is_looking_up;
  gint64 looked_up_usec; /* when that ended */
  guint n_failures;      /* addresses that were of no use, since some last were */
};

enum
{
  PROP_TARGET = 1,
  PROP_CREDENTIALS,
  PROP_OPTIONS,
  PROP_COMPRESSION,
  PROP_INTERCEPTORS,
  PROP_BASE,
  PROP_STATE,
  PROP_CONNECTABLE,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GrpcAioChannel, grpc_aio_channel, G_TYPE_OBJECT)

G_STATIC_ASSERT ((int) GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE == (int) GRPC_CHANNEL_IDLE);
G_STATIC_ASSERT ((int) GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN == (int) GRPC_CHANNEL_SHUTDOWN);
G_STATIC_ASSERT ((int) GRPC_AIO_COMPRESSION_NONE == (int) GRPC_COMPRESS_NONE);
G_STATIC_ASSERT ((int) GRPC_AIO_COMPRESSION_DEFLATE == (int) GRPC_COMPRESS_DEFLATE);
G_STATIC_ASSERT ((int) GRPC_AIO_COMPRESSION_GZIP == (int) GRPC_COMPRESS_GZIP);

static void
addresses_unref (Addresses *addresses)
{
  if (!g_atomic_ref_count_dec (&addresses->refs))
    return;

  g_weak_ref_clear (&addresses->channel);
  grpc_aio_queue_unref (addresses->home);
  g_free (addresses);
}

/* With the lock. Gives the core channel when it has to be destroyed, without the
 * lock: that was the last user. */
static grpc_channel *
addresses_leave (Addresses *addresses)
{
  grpc_channel *core;

  if (--addresses->n_users > 0)
    return NULL;

  core = g_steal_pointer (&addresses->core);
  addresses_unref (addresses);

  return core;
}

static void update_state (GrpcAioChannel *self);

static void
on_addresses_changed (GrpcAioCompletion *completion,
                      gboolean ok)
{
  Addresses *addresses = (Addresses *) ((guint8 *) completion - G_STRUCT_OFFSET (Addresses, watch));
  g_autoptr (GrpcAioChannel) channel = g_weak_ref_get (&addresses->channel);

  if (channel != NULL)
    {
      g_mutex_lock (&channel->lock);
      addresses->is_watching = FALSE;
      g_mutex_unlock (&channel->lock);
      update_state (channel);
    }
  addresses_unref (addresses);
}

/* Takes @core, for a first user. */
static Addresses *
addresses_new (GrpcAioChannel *channel,
               grpc_channel *core,
               gboolean is_known)
{
  Addresses *addresses = g_new0 (Addresses, 1);

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
static void
addresses_watch (Addresses *addresses,
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
static void
begin_look_up (GrpcAioChannel *self)
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
static gboolean
needs_addresses (GrpcAioChannel *self)
{
  Addresses *addresses = self->addresses;
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

/* What waits for the next change of state. grpc-core may take its time with it
 * after the channel has gone. */
typedef struct
{
  GrpcAioCompletion completion;
  GWeakRef channel;
  GrpcAioQueue *home;
} Watch;

static void
on_state_changed (GrpcAioCompletion *completion,
                  gboolean ok)
{
  Watch *watch = (Watch *) completion;
  g_autoptr (GrpcAioChannel) self = g_weak_ref_get (&watch->channel);

  if (self != NULL)
    {
      g_mutex_lock (&self->lock);
      self->is_watching = FALSE;
      g_mutex_unlock (&self->lock);
      update_state (self);
    }

  g_weak_ref_clear (&watch->channel);
  grpc_aio_queue_unref (watch->home);
  g_free (watch);
}

/* With the lock. Has grpc-core tell the next change of state. */
static void
watch_state (GrpcAioChannel *self)
{
  Watch *watch;

  if (self->addresses != NULL)
    {
      addresses_watch (self->addresses, self->state);
      return;
    }

  if (self->is_watching || self->core == NULL || self->flaw != NULL)
    return;

  watch = g_new0 (Watch, 1);
  watch->completion.run = on_state_changed;
  g_weak_ref_init (&watch->channel, self);
  watch->home = grpc_aio_queue_ref (self->home);

  self->is_watching = TRUE;
  grpc_channel_watch_connectivity_state (self->core, (grpc_connectivity_state) self->state,
                                         gpr_inf_future (GPR_CLOCK_REALTIME),
                                         grpc_aio_queue_get_core (self->home), &watch->completion);
}

static GError *
new_closed_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CLOSED, _("The channel is closed"));
}

/* Consumes @operation when it refuses: what is waited for would never come. */
static gboolean
refuse_lame (GrpcAioChannel *self,
             GrpcAioOperation *operation)
{
  if (self->flaw == NULL)
    return FALSE;

  grpc_aio_operation_return_error (operation, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, self->flaw));

  return TRUE;
}

static void
fail_all (GrpcAioOperationList *operations)
{
  GrpcAioOperation *operation;

  while ((operation = grpc_aio_operation_list_pop (operations)) != NULL)
    grpc_aio_operation_return_error (operation, new_closed_error ());
}

/* With the lock. */
static GrpcAioChannelConnectivity
check_state (GrpcAioChannel *self,
             gboolean try_to_connect)
{
  if (self->core == NULL || !grpc_aio_core_is_usable ())
    return GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN;

  if (self->addresses != NULL && needs_addresses (self) && try_to_connect)
    begin_look_up (self);
  if (self->addresses != NULL && !self->addresses->is_known)
    {
      if (self->look_up_error != NULL)
        return GRPC_AIO_CHANNEL_CONNECTIVITY_TRANSIENT_FAILURE;

      return self->is_looking_up ? GRPC_AIO_CHANNEL_CONNECTIVITY_CONNECTING : GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE;
    }

  return (GrpcAioChannelConnectivity) grpc_channel_check_connectivity_state (self->core, try_to_connect);
}

/* With the lock. Takes those whose state was left. */
static GrpcAioOperationList
take_changed (GrpcAioChannel *self)
{
  GrpcAioOperationList all = grpc_aio_operation_list_take (&self->state_waiters);
  GrpcAioOperationList changed = { NULL, NULL };
  GrpcAioOperation *operation;

  while ((operation = grpc_aio_operation_list_pop (&all)) != NULL)
    grpc_aio_operation_list_append ((int) operation->code != (int) self->state ? &changed : &self->state_waiters, operation);

  return changed;
}

/* Takes over what grpc-core says of the state, and tells those who wait. */
static void
update_state (GrpcAioChannel *self)
{
  GrpcAioOperationList changed, ready = { NULL, NULL }, failed = { NULL, NULL };
  GrpcAioChannelConnectivity before;
  gboolean has_changed;

  g_mutex_lock (&self->lock);
  before = self->state;
  self->state = check_state (self, self->ready_waiters.head != NULL);
  has_changed = self->state != before;
  changed = take_changed (self);
  if (self->state == GRPC_AIO_CHANNEL_CONNECTIVITY_READY)
    ready = grpc_aio_operation_list_take (&self->ready_waiters);
  else if (self->state == GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN)
    failed = grpc_aio_operation_list_take (&self->ready_waiters);
  watch_state (self);
  g_mutex_unlock (&self->lock);

  if (has_changed && !grpc_aio_queue_is_orphan (self->home))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);

  grpc_aio_operation_list_return_true (&changed);
  grpc_aio_operation_list_return_true (&ready);
  fail_all (&failed);
}

typedef struct
{
  GrpcAioCompletion completion;
  GWeakRef channel;
  GrpcAioQueue *home;
} News;

static void
on_news (GrpcAioCompletion *completion,
         gboolean ok)
{
  News *news = (News *) completion;
  GrpcAioQueue *home = news->home;
  GrpcAioChannel *self = g_weak_ref_get (&news->channel);

  g_weak_ref_clear (&news->channel);
  g_free (news);
  if (self != NULL)
    update_state (self);

  /* The channel goes before the queue. */
  g_clear_object (&self);
  grpc_aio_queue_unref (home);
}

/* Has the state looked at in the channel's main context. Without a reference to the
 * channel, since nobody may run that; but until it goes it keeps what waits in it. */
static void
tell_news (GrpcAioChannel *self)
{
  News *news = g_new0 (News, 1);

  news->completion.run = on_news;
  news->home = grpc_aio_queue_ref (self->home);
  g_weak_ref_init (&news->channel, self);
  grpc_aio_queue_push (self->home, &news->completion);
}

/* Refuses new calls from now on. Nobody listens to a channel that is let go. */
static void
grpc_aio_channel_shut (GrpcAioChannel *self,
                       gboolean is_let_go)
{
  g_autoptr (GCancellable) closed = NULL;
  g_autoptr (GSource) grace = NULL;
  GrpcAioResolver *resolver;
  grpc_channel *core;
  gboolean is_watched;

  g_mutex_lock (&self->lock);
  self->is_closed = TRUE;
  g_set_object (&closed, self->closed);
  core = g_steal_pointer (&self->core);
  is_watched = !is_let_go && (self->addresses != NULL || self->is_watching);
  if (self->addresses != NULL)
    core = addresses_leave (g_steal_pointer (&self->addresses));
  resolver = g_steal_pointer (&self->resolver);
  grace = g_steal_pointer (&self->grace);
  g_mutex_unlock (&self->lock);

  /* Where the context is gone this looks at the state at once, and locks. */
  if (is_watched)
    tell_news (self);
  if (resolver != NULL)
    grpc_aio_resolver_stop (resolver);

  if (core != NULL)
    grpc_aio_core_channel_destroy (core);
  if (closed != NULL)
    g_cancellable_cancel (closed);

  /* With the source goes its reference; the caller has one. */
  if (grace != NULL)
    g_source_destroy (grace);
}

static void
cancel_members (GrpcAioChannel *self)
{
  g_autoptr (GPtrArray) relays = g_ptr_array_new ();

  g_mutex_lock (&self->lock);
  for (GrpcAioChannelMember *at = self->members; at != NULL; at = at->next)
    grpc_aio_call_cancel_member (at, _("The channel is closed"), relays);
  g_mutex_unlock (&self->lock);

  g_ptr_array_foreach (relays, grpc_aio_call_cancel_relay, _("The channel is closed"));
}

static GrpcAioChannel *
get_base (GrpcAioChannel *self)
{
  return self->base != NULL ? self->base : self;
}

static void
add_interceptors (GrpcAioChannel *self,
                  GListStore *all,
                  GListModel *interceptors)
{
  guint n = interceptors != NULL ? g_list_model_get_n_items (interceptors) : 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GObject) interceptor = g_list_model_get_item (interceptors, i);

      if (!GRPC_AIO_IS_CLIENT_INTERCEPTOR (interceptor))
        {
          g_critical ("A %s is no GrpcAioClientInterceptor, and cannot stand in the interceptors of a channel",
                      G_OBJECT_TYPE_NAME (interceptor));
          continue;
        }

      g_list_store_append (all, interceptor);
      g_ptr_array_add (self->chain, g_object_ref (interceptor));
    }
}

/* What the list holds now, and then what the base has. */
static void
take_interceptors (GrpcAioChannel *self,
                   GListModel *inherited)
{
  g_autoptr (GListModel) own = g_steal_pointer (&self->interceptors);
  g_autoptr (GListStore) all = g_list_store_new (GRPC_AIO_TYPE_CLIENT_INTERCEPTOR);

  self->chain = g_ptr_array_new_with_free_func (g_object_unref);
  add_interceptors (self, all, own);
  add_interceptors (self, all, inherited);
  if (self->chain->len > 0)
    self->interceptors = G_LIST_MODEL (g_steal_pointer (&all));
  else
    g_clear_pointer (&self->chain, g_ptr_array_unref);
}

static void
on_base_notify (GrpcAioChannel *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

/* All but the interceptors is the base's. */
static void
take_base (GrpcAioChannel *self)
{
  g_autoptr (GrpcAioChannel) given = self->base;

  self->base = g_object_ref (get_base (given));
  self->target = g_strdup (self->base->target);
  self->credentials = self->base->credentials != NULL ? g_object_ref (self->base->credentials) : NULL;
  self->options = self->base->options != NULL ? g_object_ref (self->base->options) : NULL;
  self->connectable = self->base->connectable != NULL ? g_object_ref (self->base->connectable) : NULL;
  self->compression = self->base->compression;
  self->home = grpc_aio_queue_ref (self->base->home);
  take_interceptors (self, given->interceptors);
  g_signal_connect_object (self->base, "notify::state", G_CALLBACK (on_base_notify), self, G_CONNECT_SWAPPED);
}

/* Any thread. Says in @flaw, if that is not NULL, why it is no real channel. */
static grpc_channel *
create_core (GrpcAioChannel *self,
             const char *target,
             char **flaw)
{
  GrpcAioChannelOptions *options = self->own_options != NULL ? self->own_options : self->options;
  g_auto (GrpcAioCoreArgs) args = { { 0 } };
  grpc_channel *core;
  grpc_channel_credentials *credentials;

  grpc_aio_core_args_init (&args, options, 5 + GRPC_AIO_CHANNEL_CREDENTIALS_MAX_ARGS);
  grpc_aio_core_args_add_client_defaults (&args);
  if (self->quota != NULL)
    grpc_aio_quota_add_to (self->quota, &args);
  if (self->compression != GRPC_AIO_COMPRESSION_NONE)
    grpc_aio_core_args_set_int (&args, GRPC_COMPRESSION_CHANNEL_DEFAULT_ALGORITHM, (int) self->compression);

  g_mutex_lock (&self->lock);
  g_set_object (&args.closed, self->closed);
  g_mutex_unlock (&self->lock);

  if (self->credentials != NULL)
    credentials = grpc_aio_channel_credentials_acquire_core (self->credentials, &args);
  else
    credentials = grpc_insecure_credentials_create ();

  core = grpc_channel_create (target, credentials, &args.args);
  if (flaw != NULL && !grpc_channel_support_connectivity_watcher (core))
    *flaw = grpc_aio_target_explain_failure (target, credentials, &args);

  if (self->credentials != NULL)
    grpc_aio_channel_credentials_release_core (self->credentials, credentials);
  else
    grpc_channel_credentials_release (credentials);

  g_mutex_lock (&self->lock);
  if (self->closed == NULL)
    self->closed = g_steal_pointer (&args.closed);
  g_mutex_unlock (&self->lock);

  return core;
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
    core = create_core (self, target, NULL);

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
      unused = addresses_leave (self->addresses);
      self->addresses = addresses_new (self, core, TRUE);
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
    tell_news (self);
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
static void
prepare_look_up (GrpcAioChannel *self)
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

static void
grpc_aio_channel_constructed (GObject *object)
{
  GrpcAioChannel *self = GRPC_AIO_CHANNEL (object);
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  G_OBJECT_CLASS (grpc_aio_channel_parent_class)->constructed (object);

  if (self->base != NULL)
    {
      take_base (self);
      return;
    }

  take_interceptors (self, NULL);
  self->home = grpc_aio_queue_get_for_context (context);
  g_ptr_array_add (self->queues, grpc_aio_queue_ref (self->home));
  if (self->connectable != NULL)
    prepare_look_up (self);
  if (!grpc_aio_core_is_usable ())
    return;

  self->quota = grpc_aio_quota_new_for_channel (self->connectable != NULL ? NULL : self->target, self->options);
  if (self->connectable != NULL)
    self->core = create_core (self, NO_SERVER, &self->flaw);
  else
    self->core = create_core (self, self->target != NULL ? self->target : "", &self->flaw);
  if (self->connectable != NULL)
    self->addresses = addresses_new (self, self->core, FALSE);
}

/* The memory of a watch belongs to grpc-core until it comes back, which it does
 * at once when the core channel goes. */
static void
grpc_aio_channel_dispose (GObject *object)
{
  GrpcAioChannel *self = GRPC_AIO_CHANNEL (object);

  cancel_members (self);
  grpc_aio_channel_shut (self, TRUE);
  g_clear_object (&self->interceptors);
  g_clear_pointer (&self->chain, g_ptr_array_unref);

  G_OBJECT_CLASS (grpc_aio_channel_parent_class)->dispose (object);
}

static void
grpc_aio_channel_finalize (GObject *object)
{
  GrpcAioChannel *self = GRPC_AIO_CHANNEL (object);

  g_assert (self->members == NULL);

  g_free (self->target);
  g_free (self->flaw);
  g_clear_object (&self->credentials);
  g_clear_object (&self->closed);
  g_clear_object (&self->options);
  g_clear_object (&self->connectable);
  g_clear_object (&self->own_options);
  g_clear_pointer (&self->quota, grpc_aio_quota_unref);
  g_free (self->addresses_key);
  g_free (self->look_up_error);
  g_clear_object (&self->base);
  g_hash_table_unref (self->registered);
  g_ptr_array_unref (self->queues);
  grpc_aio_queue_unref (self->home);
  g_mutex_clear (&self->lock);
  grpc_aio_core_unref ();

  G_OBJECT_CLASS (grpc_aio_channel_parent_class)->finalize (object);
}

static void
grpc_aio_channel_get_property (GObject *object,
                               guint id,
                               GValue *value,
                               GParamSpec *pspec)
{
  GrpcAioChannel *self = GRPC_AIO_CHANNEL (object);

  switch (id)
    {
    case PROP_TARGET:
      g_value_set_string (value, self->target);
      break;

    case PROP_CREDENTIALS:
      g_value_set_object (value, self->credentials);
      break;

    case PROP_OPTIONS:
      g_value_set_object (value, self->options);
      break;

    case PROP_COMPRESSION:
      g_value_set_enum (value, self->compression);
      break;

    case PROP_INTERCEPTORS:
      g_value_set_object (value, self->interceptors);
      break;

    case PROP_BASE:
      g_value_set_object (value, self->base);
      break;

    case PROP_STATE:
      g_value_set_enum (value, grpc_aio_channel_get_state (self, FALSE));
      break;

    case PROP_CONNECTABLE:
      g_value_set_object (value, self->connectable);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_channel_set_property (GObject *object,
                               guint id,
                               const GValue *value,
                               GParamSpec *pspec)
{
  GrpcAioChannel *self = GRPC_AIO_CHANNEL (object);

  switch (id)
    {
    case PROP_TARGET:
      self->target = g_value_dup_string (value);
      break;

    case PROP_CREDENTIALS:
      self->credentials = g_value_dup_object (value);
      break;

    case PROP_OPTIONS:
      self->options = g_value_dup_object (value);
      break;

    case PROP_COMPRESSION:
      self->compression = g_value_get_enum (value);
      break;

    case PROP_CONNECTABLE:
      self->connectable = g_value_dup_object (value);
      break;

    case PROP_INTERCEPTORS:
      self->interceptors = g_value_dup_object (value);
      break;

    case PROP_BASE:
      self->base = g_value_dup_object (value);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_channel_class_init (GrpcAioChannelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags construct_flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = grpc_aio_channel_constructed;
  object_class->dispose = grpc_aio_channel_dispose;
  object_class->finalize = grpc_aio_channel_finalize;
  object_class->get_property = grpc_aio_channel_get_property;
  object_class->set_property = grpc_aio_channel_set_property;

  /**
   * GrpcAioChannel:target:
   *
   * The name of the server.
   *
   * Since: 0.1
   */
  properties[PROP_TARGET] = g_param_spec_string ("target", NULL, NULL, NULL, construct_flags);

  /**
   * GrpcAioChannel:credentials:
   *
   * How connections are secured; `NULL` for not at all.
   *
   * Since: 0.1
   */
  properties[PROP_CREDENTIALS] = g_param_spec_object ("credentials", NULL, NULL, GRPC_AIO_TYPE_CHANNEL_CREDENTIALS, construct_flags);

  /**
   * GrpcAioChannel:options:
   *
   * Channel arguments, or `NULL` for the defaults.
   *
   * Since: 0.1
   */
  properties[PROP_OPTIONS] = g_param_spec_object ("options", NULL, NULL, GRPC_AIO_TYPE_CHANNEL_OPTIONS, construct_flags);

  /**
   * GrpcAioChannel:compression:
   *
   * How the messages that calls of this channel send are compressed, unless a
   * call says otherwise. `GRPC_AIO_COMPRESSION_NONE` leaves it to the options.
   *
   * Since: 0.1
   */
  properties[PROP_COMPRESSION] = g_param_spec_enum ("compression", NULL, NULL, GRPC_AIO_TYPE_COMPRESSION,
                                                    GRPC_AIO_COMPRESSION_NONE, construct_flags);

  /**
   * GrpcAioChannel:interceptors:
   *
   * A list of [class@ClientInterceptor], the outermost first, or `NULL` for none.
   * What the list holds when the channel is made counts; interceptors of
   * [property@Channel:base] come after them.
   *
   * Since: 0.1
   */
  properties[PROP_INTERCEPTORS] = g_param_spec_object ("interceptors", NULL, NULL, G_TYPE_LIST_MODEL, construct_flags);

  /**
   * GrpcAioChannel:base:
   *
   * The channel whose connection this one uses, together with its target and all
   * that was chosen for it; `NULL` for a channel with a connection of its own. See
   * [method@Channel.intercept].
   *
   * Since: 0.1
   */
  properties[PROP_BASE] = g_param_spec_object ("base", NULL, NULL, GRPC_AIO_TYPE_CHANNEL, construct_flags);

  /**
   * GrpcAioChannel:state: (getter get_state)
   *
   * The state of the connection. Changes are notified from the first call,
   * [method@Channel.ready_async] or [method@Channel.get_state] that connects.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, GRPC_AIO_TYPE_CHANNEL_CONNECTIVITY,
                                              GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioChannel:connectable: (getter get_connectable)
   *
   * What the addresses of the servers are looked up from, or `NULL` when grpc-core
   * finds them by the target. With this the target is only a description.
   *
   * Since: 0.1
   */
  properties[PROP_CONNECTABLE] = g_param_spec_object ("connectable", NULL, NULL, G_TYPE_SOCKET_CONNECTABLE, construct_flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
grpc_aio_channel_init (GrpcAioChannel *self)
{
  grpc_aio_core_ref ();

  g_mutex_init (&self->lock);
  self->registered = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->queues = g_ptr_array_new_with_free_func ((GDestroyNotify) grpc_aio_queue_unref);
}

/* The queue of this thread's context. The channel keeps those it was used with,
 * or each lone call would set one up and tear it down. */
GrpcAioQueue *
grpc_aio_channel_get_queue (GrpcAioChannel *self)
{
  GMainContext *context = g_main_context_get_thread_default ();
  GrpcAioQueue *queue = NULL;

  if (context == NULL)
    context = g_main_context_default ();

  g_mutex_lock (&self->lock);
  for (guint i = self->queues->len; i > 0 && queue == NULL; i--)
    {
      GrpcAioQueue *known = g_ptr_array_index (self->queues, i - 1);

      if (grpc_aio_queue_is_for (known, context))
        queue = grpc_aio_queue_ref (known);
      else if (grpc_aio_queue_is_orphan (known))
        g_ptr_array_remove_index_fast (self->queues, i - 1);
    }
  if (queue == NULL)
    {
      queue = grpc_aio_queue_get_for_context (context);
      g_ptr_array_add (self->queues, grpc_aio_queue_ref (queue));
    }
  g_mutex_unlock (&self->lock);

  return queue;
}

/* NULL for a channel without interceptors. */
GPtrArray *
grpc_aio_channel_get_chain (GrpcAioChannel *self)
{
  return self->chain;
}

/* NULL when the channel is closed, or has other core channels to come. */
gpointer
grpc_aio_channel_register_method (GrpcAioChannel *self,
                                  const char *method)
{
  gpointer handle = NULL;
  gpointer key;

  g_mutex_lock (&self->lock);
  if (self->core != NULL && self->addresses == NULL && !g_hash_table_lookup_extended (self->registered, method, &key, &handle))
    {
      key = g_strdup (method);
      handle = grpc_channel_register_call (self->core, key, NULL, NULL);
      g_hash_table_insert (self->registered, key, handle);
    }
  g_mutex_unlock (&self->lock);

  return handle;
}

/* With the lock. */
static grpc_call *
create_call (GrpcAioChannel *self,
             grpc_completion_queue *queue,
             gpointer registered,
             const char *method,
             const char *authority,
             grpc_call *parent,
             gpr_timespec deadline)
{
  grpc_slice path, host;
  grpc_call *call;

  if (registered != NULL && authority == NULL)
    return grpc_channel_create_registered_call (self->core, parent, GRPC_PROPAGATE_DEFAULTS, queue,
                                                registered, deadline, NULL);

  path = grpc_slice_from_copied_string (method);
  host = grpc_slice_from_copied_string (authority != NULL ? authority : "");
  call = grpc_channel_create_call (self->core, parent, GRPC_PROPAGATE_DEFAULTS, queue,
                                   path, authority != NULL ? &host : NULL, deadline, NULL);
  grpc_slice_unref (path);
  grpc_slice_unref (host);

  return call;
}

/* With the lock. The addresses stay as long as the call. Without any, or while
 * there may be better ones soon, it has to wait. */
static void
take_addresses (GrpcAioChannel *self,
                grpc_call *call,
                GrpcAioChannelMember *member)
{
  member->addresses = self->addresses;
  member->is_held = FALSE;
  self->addresses->n_users++;
  if (!needs_addresses (self))
    return;

  /* Until the next try nothing changes. */
  if (self->is_looking_up && self->look_up_error != NULL && !member->waits_for_ready)
    grpc_call_cancel_with_status (call, GRPC_STATUS_UNAVAILABLE, self->look_up_error, NULL);

  begin_look_up (self);
  member->is_held = !self->addresses->is_known || member->waits_for_ready || get_rest (self) == 0;
}

/* Makes a call anew that had to wait. With the lock, since others may end what it
 * is now. FALSE when the channel is closed. */
gboolean
grpc_aio_channel_replace_call (GrpcAioChannel *self,
                               GrpcAioQueue *queue,
                               gpointer registered,
                               const char *method,
                               const char *authority,
                               grpc_call *parent,
                               gpr_timespec deadline,
                               grpc_call **call,
                               grpc_call **replaced,
                               GrpcAioChannelMember *member)
{
  grpc_channel *unused = NULL;
  gboolean is_open;

  g_mutex_lock (&self->lock);
  is_open = self->core != NULL;
  if (is_open)
    {
      *replaced = *call;
      g_atomic_pointer_set (call, create_call (self, grpc_aio_queue_get_core (queue), registered, method, authority, parent, deadline));
      unused = addresses_leave (member->addresses);
      take_addresses (self, *call, member);
      watch_state (self);
    }
  g_mutex_unlock (&self->lock);

  if (unused != NULL)
    grpc_aio_core_channel_destroy (unused);

  return is_open;
}

/* With the lock. */
static void
link_member (GrpcAioChannel *self,
             GrpcAioChannelMember *member)
{
  member->next = self->members;
  member->previous = &self->members;
  if (self->members != NULL)
    self->members->previous = &member->next;
  self->members = member;
}

/* A call that is not grpc-core's. FALSE when the channel is closed. */
gboolean
grpc_aio_channel_add_member (GrpcAioChannel *self,
                             GrpcAioChannelMember *member)
{
  gboolean is_open;

  if (!grpc_aio_core_is_usable ())
    return FALSE;

  g_mutex_lock (&self->lock);
  is_open = self->core != NULL && !self->is_closed;
  if (is_open)
    link_member (self, member);
  g_mutex_unlock (&self->lock);

  return is_open;
}

/* Why there can be no connection, or NULL. */
const char *
grpc_aio_channel_get_flaw (GrpcAioChannel *self)
{
  return self->flaw;
}

/* Whether the addresses are others than those that the call was made for. */
gboolean
grpc_aio_channel_is_outdated (GrpcAioChannel *self,
                              GrpcAioChannelMember *member)
{
  gboolean is_outdated;

  g_mutex_lock (&self->lock);
  is_outdated = self->addresses != NULL && member->addresses != self->addresses;
  g_mutex_unlock (&self->lock);

  return is_outdated;
}

/* Sets @call before @member is in the list of calls to cancel. FALSE when the
 * channel is closed or has a flaw. */
gboolean
grpc_aio_channel_create_call (GrpcAioChannel *self,
                              GrpcAioQueue *queue,
                              gpointer registered,
                              const char *method,
                              const char *authority,
                              grpc_call *parent,
                              gpr_timespec deadline,
                              grpc_call **call,
                              GrpcAioChannelMember *member)
{
  if (!grpc_aio_core_is_usable ())
    return FALSE;

  g_mutex_lock (&self->lock);
  if (self->core != NULL && !self->is_closed && self->flaw == NULL)
    {
      *call = create_call (self, grpc_aio_queue_get_core (queue), registered, method, authority, parent, deadline);
      if (self->addresses != NULL)
        take_addresses (self, *call, member);
      link_member (self, member);
      watch_state (self);
    }
  g_mutex_unlock (&self->lock);

  return *call != NULL;
}

void
grpc_aio_channel_remove_member (GrpcAioChannel *self,
                                GrpcAioChannelMember *member)
{
  GrpcAioOperationList closed = { NULL, NULL };
  grpc_channel *unused = NULL;

  g_mutex_lock (&self->lock);
  if (member->addresses != NULL)
    unused = addresses_leave (g_steal_pointer (&member->addresses));
  if (member->previous != NULL)
    {
      *member->previous = member->next;
      if (member->next != NULL)
        member->next->previous = member->previous;
      member->previous = NULL;
    }
  if (self->members == NULL)
    closed = grpc_aio_operation_list_take (&self->close_waiters);
  g_mutex_unlock (&self->lock);

  if (unused != NULL)
    grpc_aio_core_channel_destroy (unused);
  if (closed.head != NULL)
    grpc_aio_channel_shut (self, FALSE);
  grpc_aio_operation_list_return_true (&closed);
}

/**
 * grpc_aio_channel_new:
 * @target: the name of the server, such as `localhost:50051`
 * @credentials: (nullable): how to secure connections, or `NULL` for not at all
 *
 * Creates a channel. It connects when it is first used.
 *
 * Returns: (transfer full): a new channel
 *
 * Since: 0.1
 */
GrpcAioChannel *
grpc_aio_channel_new (const char *target,
                      GrpcAioChannelCredentials *credentials)
{
  return grpc_aio_channel_new_with_options (target, credentials, NULL);
}

/**
 * grpc_aio_channel_new_with_options:
 * @target: the name of the server, such as `localhost:50051`
 * @credentials: (nullable): how to secure connections, or `NULL` for not at all
 * @options: (nullable): channel arguments, or `NULL` for the defaults
 *
 * Creates a channel with channel arguments. It connects when it is first used.
 *
 * Returns: (transfer full): a new channel
 *
 * Since: 0.1
 */
GrpcAioChannel *
grpc_aio_channel_new_with_options (const char *target,
                                   GrpcAioChannelCredentials *credentials,
                                   GrpcAioChannelOptions *options)
{
  g_return_val_if_fail (target != NULL, NULL);
  g_return_val_if_fail (credentials == NULL || GRPC_AIO_IS_CHANNEL_CREDENTIALS (credentials), NULL);
  g_return_val_if_fail (options == NULL || GRPC_AIO_IS_CHANNEL_OPTIONS (options), NULL);

  return g_object_new (GRPC_AIO_TYPE_CHANNEL,
                       "target", target,
                       "credentials", credentials,
                       "options", options,
                       NULL);
}

/**
 * grpc_aio_channel_new_for_connectable:
 * @connectable: what to look up: a [class@Gio.NetworkAddress], a
 *   [class@Gio.NetworkService] (SRV records), a socket address, or a class of your
 *   own
 * @credentials: (nullable): how to secure connections, or `NULL` for not at all
 * @options: (nullable): channel arguments, or `NULL` for the defaults
 *
 * Creates a channel to all of the addresses that GIO finds.
 *
 * It can be used at once: the addresses are looked up when they are first needed,
 * and calls wait for that, within their deadlines. When they cannot be found, calls
 * fail with `GRPC_AIO_ERROR_UNAVAILABLE`; those that wait for ready wait until they
 * are, with longer and longer pauses between the tries.
 *
 * The channel connects to each address, up to 256, and calls go to one after the
 * other. Of SRV records it takes those of the first priority; when none of them
 * answers, those of the next one, and so on. Their weights do not count. The option `grpc.lb_policy_name`, or the service config, can choose another
 * way. Addresses have to be of one kind, IP or Unix sockets with or without a path:
 * others than the first one's are left out.
 *
 * They are looked up anew, at most once a second, when a call, or somebody who waits
 * for the channel to be ready, finds that none of them answers: as long as one does
 * nobody looks for others. A call that runs stays with the addresses that it was
 * started with. One that waits for ready may wait for them, too, until its deadline,
 * if it streams or was on its way when the connection was lost.
 *
 * In TLS and in the header `:authority` the server has the name of a network
 * address, or the domain of a network service, unless the option
 * `grpc.default_authority` says otherwise.
 *
 * @connectable is asked in a thread of the library, so that calls get on whether or
 * not a main loop runs: it must allow that, as those of GIO do.
 *
 * Returns: (transfer full): a new channel
 *
 * Since: 0.1
 */
GrpcAioChannel *
grpc_aio_channel_new_for_connectable (GSocketConnectable *connectable,
                                      GrpcAioChannelCredentials *credentials,
                                      GrpcAioChannelOptions *options)
{
  g_return_val_if_fail (G_IS_SOCKET_CONNECTABLE (connectable), NULL);
  g_return_val_if_fail (credentials == NULL || GRPC_AIO_IS_CHANNEL_CREDENTIALS (credentials), NULL);
  g_return_val_if_fail (options == NULL || GRPC_AIO_IS_CHANNEL_OPTIONS (options), NULL);

  return g_object_new (GRPC_AIO_TYPE_CHANNEL,
                       "connectable", connectable,
                       "credentials", credentials,
                       "options", options,
                       NULL);
}

/**
 * grpc_aio_channel_intercept:
 * @self: a channel
 * @interceptors: (array length=n_interceptors) (transfer none): interceptors, the
 *   outermost first
 * @n_interceptors: how many there are
 *
 * Creates a channel over the connection of @self, with interceptors that come before
 * those of @self (`grpc.intercept_channel` of gRPC). It lives and closes with @self.
 *
 * Returns: (transfer full): a new channel
 *
 * Since: 0.1
 */
GrpcAioChannel *
grpc_aio_channel_intercept (GrpcAioChannel *self,
                            GrpcAioClientInterceptor *const *interceptors,
                            gsize n_interceptors)
{
  g_autoptr (GListStore) list = g_list_store_new (GRPC_AIO_TYPE_CLIENT_INTERCEPTOR);

  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);
  g_return_val_if_fail (interceptors != NULL || n_interceptors == 0, NULL);

  for (gsize i = 0; i < n_interceptors; i++)
    {
      g_return_val_if_fail (GRPC_AIO_IS_CLIENT_INTERCEPTOR (interceptors[i]), NULL);
      g_list_store_append (list, interceptors[i]);
    }

  return g_object_new (GRPC_AIO_TYPE_CHANNEL,
                       "base", self,
                       "interceptors", list,
                       NULL);
}

/**
 * grpc_aio_channel_get_connectable:
 * @self: a channel
 *
 * Gets what the addresses of the servers are looked up from.
 *
 * Returns: (nullable) (transfer none): the connectable, or `NULL` when the target
 *   counts
 *
 * Since: 0.1
 */
GSocketConnectable *
grpc_aio_channel_get_connectable (GrpcAioChannel *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);

  return self->connectable;
}

/**
 * grpc_aio_channel_get_target:
 * @self: a channel
 *
 * Gets the name of the server.
 *
 * Returns: the target
 *
 * Since: 0.1
 */
const char *
grpc_aio_channel_get_target (GrpcAioChannel *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);

  return self->target;
}

/**
 * grpc_aio_channel_get_credentials:
 * @self: a channel
 *
 * Gets how connections are secured.
 *
 * Returns: (nullable) (transfer none): the credentials, or `NULL` for none
 *
 * Since: 0.1
 */
GrpcAioChannelCredentials *
grpc_aio_channel_get_credentials (GrpcAioChannel *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);

  return self->credentials;
}

/**
 * grpc_aio_channel_get_options:
 * @self: a channel
 *
 * Gets the channel arguments.
 *
 * Returns: (nullable) (transfer none): the options, or `NULL` for the defaults
 *
 * Since: 0.1
 */
GrpcAioChannelOptions *
grpc_aio_channel_get_options (GrpcAioChannel *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);

  return self->options;
}

/**
 * grpc_aio_channel_get_compression:
 * @self: a channel
 *
 * Gets how messages are compressed, unless a call says otherwise.
 *
 * Returns: the compression that the channel was made with
 *
 * Since: 0.1
 */
GrpcAioCompression
grpc_aio_channel_get_compression (GrpcAioChannel *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), GRPC_AIO_COMPRESSION_NONE);

  return self->compression;
}

/**
 * grpc_aio_channel_get_interceptors:
 * @self: a channel
 *
 * Gets all interceptors of the channel, those of [property@Channel:base] included.
 *
 * Returns: (nullable) (transfer none): a list of [class@ClientInterceptor], the
 *   outermost first, or `NULL` for none
 *
 * Since: 0.1
 */
GListModel *
grpc_aio_channel_get_interceptors (GrpcAioChannel *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);

  return self->interceptors;
}

/**
 * grpc_aio_channel_get_base:
 * @self: a channel
 *
 * Gets the channel whose connection this one uses.
 *
 * Returns: (nullable) (transfer none): the channel, or `NULL` for one with a
 *   connection of its own
 *
 * Since: 0.1
 */
GrpcAioChannel *
grpc_aio_channel_get_base (GrpcAioChannel *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);

  return self->base;
}

static GrpcAioMultiCallable *
new_multi_callable (GrpcAioChannel *self,
                    const char *method,
                    GrpcAioMethodKind kind)
{
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), NULL);
  g_return_val_if_fail (method != NULL && *method == '/', NULL);

  return grpc_aio_multi_callable_new (self, method, kind);
}

/**
 * grpc_aio_channel_unary_unary:
 * @self: a channel
 * @method: the full name, `/package.Service/Method`
 *
 * Makes a method with one request and one response ready to be called.
 *
 * Returns: (transfer full): the method
 *
 * Since: 0.1
 */
GrpcAioMultiCallable *
grpc_aio_channel_unary_unary (GrpcAioChannel *self,
                              const char *method)
{
  return new_multi_callable (self, method, GRPC_AIO_METHOD_KIND_UNARY_UNARY);
}

/**
 * grpc_aio_channel_unary_stream:
 * @self: a channel
 * @method: the full name, `/package.Service/Method`
 *
 * Makes a method with one request and a stream of responses ready to be called.
 *
 * Returns: (transfer full): the method
 *
 * Since: 0.1
 */
GrpcAioMultiCallable *
grpc_aio_channel_unary_stream (GrpcAioChannel *self,
                               const char *method)
{
  return new_multi_callable (self, method, GRPC_AIO_METHOD_KIND_UNARY_STREAM);
}

/**
 * grpc_aio_channel_stream_unary:
 * @self: a channel
 * @method: the full name, `/package.Service/Method`
 *
 * Makes a method with a stream of requests and one response ready to be called.
 *
 * Returns: (transfer full): the method
 *
 * Since: 0.1
 */
GrpcAioMultiCallable *
grpc_aio_channel_stream_unary (GrpcAioChannel *self,
                               const char *method)
{
  return new_multi_callable (self, method, GRPC_AIO_METHOD_KIND_STREAM_UNARY);
}

/**
 * grpc_aio_channel_stream_stream:
 * @self: a channel
 * @method: the full name, `/package.Service/Method`
 *
 * Makes a method with two streams ready to be called.
 *
 * Returns: (transfer full): the method
 *
 * Since: 0.1
 */
GrpcAioMultiCallable *
grpc_aio_channel_stream_stream (GrpcAioChannel *self,
                                const char *method)
{
  return new_multi_callable (self, method, GRPC_AIO_METHOD_KIND_STREAM_STREAM);
}

/**
 * grpc_aio_channel_get_state: (get-property state)
 * @self: a channel
 * @try_to_connect: whether an idle channel should connect
 *
 * Gets the state of the connection.
 *
 * Returns: the state now
 *
 * Since: 0.1
 */
GrpcAioChannelConnectivity
grpc_aio_channel_get_state (GrpcAioChannel *self,
                            gboolean try_to_connect)
{
  GrpcAioChannelConnectivity state;

  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN);

  self = get_base (self);
  g_mutex_lock (&self->lock);
  if (try_to_connect)
    watch_state (self);
  state = check_state (self, try_to_connect);
  g_mutex_unlock (&self->lock);

  return state;
}

/**
 * grpc_aio_channel_reset_connect_backoff:
 * @self: a channel
 *
 * Connects again now, if the channel is waiting before its next try to connect, or
 * to look up its addresses.
 *
 * It is for a program that learns that the network is back. The pauses after
 * further failures are short again, too.
 *
 * Since: 0.1
 */
void
grpc_aio_channel_reset_connect_backoff (GrpcAioChannel *self)
{
  g_return_if_fail (GRPC_AIO_IS_CHANNEL (self));

  self = get_base (self);
  g_mutex_lock (&self->lock);
  if (self->core != NULL && self->flaw == NULL && grpc_aio_core_is_usable ())
    grpc_channel_reset_connect_backoff (self->core);
  if (self->resolver != NULL)
    grpc_aio_resolver_hurry (self->resolver);
  g_mutex_unlock (&self->lock);
}

static gboolean
withdraw_state_waiter (GrpcAioOperation *operation,
                       gpointer owner)
{
  GrpcAioChannel *self = owner;
  gboolean found;

  g_mutex_lock (&self->lock);
  found = grpc_aio_operation_list_remove (&self->state_waiters, operation) ||
          grpc_aio_operation_list_remove (&self->ready_waiters, operation);
  g_mutex_unlock (&self->lock);

  return found;
}

/**
 * grpc_aio_channel_wait_for_state_change_async:
 * @self: a channel
 * @last_observed_state: the state to leave
 * @cancellable: (nullable): a way to stop waiting
 * @callback: (scope async): called once the state is another one
 * @user_data: data for @callback
 *
 * Waits until the state is not @last_observed_state, which may be so at once.
 * It does not connect.
 *
 * Since: 0.1
 */
void
grpc_aio_channel_wait_for_state_change_async (GrpcAioChannel *self,
                                              GrpcAioChannelConnectivity last_observed_state,
                                              GCancellable *cancellable,
                                              GAsyncReadyCallback callback,
                                              gpointer user_data)
{
  GrpcAioOperation *operation;
  GrpcAioChannelConnectivity state;
  gboolean is_changed, is_waiting;

  g_return_if_fail (GRPC_AIO_IS_CHANNEL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = grpc_aio_operation_new (GRPC_AIO_WAIT_OTHER, self, grpc_aio_channel_wait_for_state_change_async,
                                      cancellable, callback, user_data);
  operation->code = (GrpcAioStatusCode) last_observed_state;
  self = get_base (self);
  if (grpc_aio_operation_refuse_forked (operation) || refuse_lame (self, operation))
    return;
  grpc_aio_operation_connect_withdrawal (operation, self, self->home, withdraw_state_waiter);

  g_mutex_lock (&self->lock);
  state = check_state (self, FALSE);
  is_changed = state != last_observed_state;
  is_waiting = !is_changed && state != GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN && !grpc_aio_operation_is_withdrawn (operation);
  if (is_waiting)
    {
      grpc_aio_operation_list_append (&self->state_waiters, operation);
      watch_state (self);
    }
  g_mutex_unlock (&self->lock);

  if (is_changed)
    grpc_aio_operation_return_number (operation, TRUE);
  else if (state == GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN)
    grpc_aio_operation_return_error (operation, new_closed_error ());
  else if (!is_waiting)
    grpc_aio_operation_return_cancelled (operation);
}

/**
 * grpc_aio_channel_wait_for_state_change_finish:
 * @self: a channel
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Channel.wait_for_state_change_async].
 *
 * It fails when cancelled, and with `G_IO_ERROR_CLOSED` or
 * `G_IO_ERROR_INVALID_ARGUMENT` when no other state can follow.
 *
 * Returns: whether the state changed
 *
 * Since: 0.1
 */
gboolean
grpc_aio_channel_wait_for_state_change_finish (GrpcAioChannel *self,
                                               GAsyncResult *result,
                                               GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_channel_wait_for_state_change_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_channel_wait_for_state_change_sync:
 * @self: a channel
 * @last_observed_state: the state to leave
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Blocks until the state is not @last_observed_state.
 *
 * Returns: whether the state changed; it fails only when cancelled
 *
 * Since: 0.1
 */
gboolean
grpc_aio_channel_wait_for_state_change_sync (GrpcAioChannel *self,
                                             GrpcAioChannelConnectivity last_observed_state,
                                             GCancellable *cancellable,
                                             GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = grpc_aio_sync_begin (self->home);
  grpc_aio_channel_wait_for_state_change_async (self, last_observed_state, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_channel_wait_for_state_change_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_channel_ready_async:
 * @self: a channel
 * @cancellable: (nullable): a way to stop waiting
 * @callback: (scope async): called once the channel is connected
 * @user_data: data for @callback
 *
 * Connects, and waits until that succeeded, however often it has to be tried.
 *
 * Since: 0.1
 */
void
grpc_aio_channel_ready_async (GrpcAioChannel *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  GrpcAioOperation *operation;
  GrpcAioChannelConnectivity state;
  gboolean is_settled;

  g_return_if_fail (GRPC_AIO_IS_CHANNEL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = grpc_aio_operation_new (GRPC_AIO_WAIT_OTHER, self, grpc_aio_channel_ready_async,
                                      cancellable, callback, user_data);
  self = get_base (self);
  if (grpc_aio_operation_refuse_forked (operation) || refuse_lame (self, operation))
    return;
  grpc_aio_operation_connect_withdrawal (operation, self, self->home, withdraw_state_waiter);

  g_mutex_lock (&self->lock);
  state = check_state (self, TRUE);
  is_settled = state == GRPC_AIO_CHANNEL_CONNECTIVITY_READY || state == GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN;
  if (!is_settled && !grpc_aio_operation_is_withdrawn (operation))
    {
      grpc_aio_operation_list_append (&self->ready_waiters, g_steal_pointer (&operation));
      watch_state (self);
    }
  g_mutex_unlock (&self->lock);

  if (operation == NULL)
    return;

  if (!is_settled)
    grpc_aio_operation_return_cancelled (operation);
  else if (state == GRPC_AIO_CHANNEL_CONNECTIVITY_READY)
    grpc_aio_operation_return_number (operation, TRUE);
  else
    grpc_aio_operation_return_error (operation, new_closed_error ());
}

/**
 * grpc_aio_channel_ready_finish:
 * @self: a channel
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Channel.ready_async].
 *
 * It fails with `G_IO_ERROR_CLOSED` when the channel was closed, and with
 * `G_IO_ERROR_INVALID_ARGUMENT` when grpc-core cannot make sense of the target.
 *
 * Returns: whether the channel is connected
 *
 * Since: 0.1
 */
gboolean
grpc_aio_channel_ready_finish (GrpcAioChannel *self,
                               GAsyncResult *result,
                               GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_channel_ready_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_channel_ready_sync:
 * @self: a channel
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Connects, and blocks until that succeeded, however often it has to be tried.
 *
 * Returns: whether the channel is connected
 *
 * Since: 0.1
 */
gboolean
grpc_aio_channel_ready_sync (GrpcAioChannel *self,
                             GCancellable *cancellable,
                             GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = grpc_aio_sync_begin (self->home);
  grpc_aio_channel_ready_async (self, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_channel_ready_finish (self, grpc_aio_sync_wait (&sync), error);
}

/**
 * grpc_aio_channel_close:
 * @self: a channel
 *
 * Closes the channel for good: running calls are cancelled, new ones fail with
 * `GRPC_AIO_ERROR_FAILED_PRECONDITION`. Does nothing the second time.
 *
 * Since: 0.1
 */
void
grpc_aio_channel_close (GrpcAioChannel *self)
{
  g_return_if_fail (GRPC_AIO_IS_CHANNEL (self));

  self = get_base (self);
  g_mutex_lock (&self->lock);
  self->is_closed = TRUE;
  g_mutex_unlock (&self->lock);

  cancel_members (self);
  grpc_aio_channel_shut (self, FALSE);
}

static gboolean
on_grace_ended (gpointer data)
{
  grpc_aio_channel_close (data);

  return G_SOURCE_REMOVE;
}

/* The grace that ends first counts, and goes on when nobody waits any more. */
static void
set_grace (GrpcAioChannel *self,
           gint64 grace_usec,
           GMainContext *context)
{
  g_autoptr (GSource) grace = g_timeout_source_new ((guint) MIN (grace_usec / 1000 + 1, G_MAXUINT));

  g_source_set_callback (grace, on_grace_ended, g_object_ref (self), g_object_unref);
  g_source_attach (grace, context);

  g_mutex_lock (&self->lock);
  if (self->core != NULL &&
      (self->grace == NULL || g_source_get_ready_time (grace) < g_source_get_ready_time (self->grace)))
    {
      GSource *longer = g_steal_pointer (&self->grace);

      self->grace = g_steal_pointer (&grace);
      grace = longer;
    }
  g_mutex_unlock (&self->lock);

  if (grace != NULL)
    g_source_destroy (grace);
}

static gboolean
withdraw_close_waiter (GrpcAioOperation *operation,
                       gpointer owner)
{
  GrpcAioChannel *self = owner;
  gboolean found;

  g_mutex_lock (&self->lock);
  found = grpc_aio_operation_list_remove (&self->close_waiters, operation);
  g_mutex_unlock (&self->lock);

  return found;
}

/**
 * grpc_aio_channel_close_async:
 * @self: a channel
 * @grace_usec: for how many microseconds running calls may go on; 0 cancels
 *   them at once, a negative number lets them end by themselves
 * @cancellable: (nullable): a way to stop waiting; the channel is closed all the
 *   same
 * @callback: (scope async): called once no call runs any more
 * @user_data: data for @callback
 *
 * Closes the channel for good, when its running calls have ended.
 *
 * New calls are refused from now on. It may be called several times: each
 * waits, and the shortest grace counts.
 *
 * Since: 0.1
 */
void
grpc_aio_channel_close_async (GrpcAioChannel *self,
                              gint64 grace_usec,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  GrpcAioOperation *operation;
  GrpcAioOperationList closed = { NULL, NULL };
  g_autoptr (GMainContext) context = NULL;
  gboolean is_idle, is_withdrawn;

  g_return_if_fail (GRPC_AIO_IS_CHANNEL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = grpc_aio_operation_new (GRPC_AIO_WAIT_OTHER, self, grpc_aio_channel_close_async,
                                      cancellable, callback, user_data);
  self = get_base (self);
  if (grpc_aio_operation_refuse_forked (operation))
    return;
  grpc_aio_operation_connect_withdrawal (operation, self, self->home, withdraw_close_waiter);

  context = g_main_context_ref (operation->context);

  g_mutex_lock (&self->lock);
  self->is_closed = TRUE;
  is_idle = self->members == NULL;
  is_withdrawn = !is_idle && grpc_aio_operation_is_withdrawn (operation);
  if (!is_withdrawn)
    grpc_aio_operation_list_append (&self->close_waiters, operation);
  if (is_idle)
    closed = grpc_aio_operation_list_take (&self->close_waiters);
  g_mutex_unlock (&self->lock);

  if (is_withdrawn)
    grpc_aio_operation_return_cancelled (operation);

  if (is_idle || grace_usec == 0)
    grpc_aio_channel_close (self);
  else if (grace_usec > 0)
    set_grace (self, grace_usec, context);
  grpc_aio_operation_list_return_true (&closed);
}

/**
 * grpc_aio_channel_close_finish:
 * @self: a channel
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Channel.close_async].
 *
 * Returns: whether no call runs any more; it fails only when cancelled
 *
 * Since: 0.1
 */
gboolean
grpc_aio_channel_close_finish (GrpcAioChannel *self,
                               GAsyncResult *result,
                               GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_channel_close_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_channel_close_sync:
 * @self: a channel
 * @grace_usec: for how many microseconds running calls may go on
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Closes the channel for good, and blocks until its running calls have ended.
 *
 * Calls of this thread, or of contexts that no thread runs, end while this
 * waits; their callbacks run later, when their context does. Cancelling it ends
 * the grace.
 *
 * Returns: whether no call runs any more; it fails only when cancelled
 *
 * Since: 0.1
 */
gboolean
grpc_aio_channel_close_sync (GrpcAioChannel *self,
                             gint64 grace_usec,
                             GCancellable *cancellable,
                             GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };
  gboolean is_closed;

  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = grpc_aio_sync_begin (self->home);
  grpc_aio_channel_close_async (self, grace_usec, cancellable, grpc_aio_sync_ready, &sync);
  is_closed = grpc_aio_channel_close_finish (self, grpc_aio_sync_wait (&sync), error);

  /* The grace was counted in the context that goes now. */
  if (!is_closed)
    grpc_aio_channel_close (self);

  return is_closed;
}
