/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Looks up the addresses of a GSocketConnectable, in a thread of its own: so calls
 * get them whether or not a main loop runs. */

#include "client/grpc-aio-resolver-private.h"

#include "client/grpc-aio-addresses-private.h"
#include "engine/grpc-aio-core-private.h"

/* As grpc-core waits between tries to connect ("gRPC Connection Backoff
 * Protocol"). */
#define MIN_PAUSE_USEC (1 * G_USEC_PER_SEC)
#define MAX_PAUSE_USEC (120 * G_USEC_PER_SEC)
#define PAUSE_FACTOR 1.6
#define PAUSE_JITTER 0.2

struct _GrpcAioResolver
{
  gatomicrefcount refs;
  GSocketConnectable *connectable;
  GWeakRef owner;
  GrpcAioResolverFunc func;
  GCancellable *cancellable;

  GMutex lock;
  GCond cond;
  gint64 rest_usec;    /* with the lock; before the first try */
  guint n_failures;    /* with the lock; of connections */
  gboolean is_stopped; /* with the lock */
  gboolean is_hurried; /* with the lock; pauses no longer */
};

static void
resolver_unref (GrpcAioResolver *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  g_object_unref (self->connectable);
  g_weak_ref_clear (&self->owner);
  g_object_unref (self->cancellable);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

/* FALSE when it is over. */
static gboolean
rest (GrpcAioResolver *self,
      gint64 pause_usec)
{
  gint64 end = g_get_monotonic_time () + pause_usec;
  gboolean is_stopped;

  g_mutex_lock (&self->lock);
  while (!self->is_stopped && !self->is_hurried && g_cond_wait_until (&self->cond, &self->lock, end))
    continue;
  self->is_hurried = FALSE;
  is_stopped = self->is_stopped;
  g_mutex_unlock (&self->lock);

  return !is_stopped;
}

static gboolean
look_up (GrpcAioResolver *self)
{
  g_autofree char *key = NULL, *target = NULL;
  g_autoptr (GError) error = NULL;
  GObject *owner;
  guint n_failures;
  gboolean again = FALSE;

  g_mutex_lock (&self->lock);
  n_failures = self->n_failures;
  g_mutex_unlock (&self->lock);
  target = grpc_aio_addresses_look_up (self->connectable, n_failures, self->cancellable, &key, &error);

  /* What is dropped here may be the last reference. */
  if (!grpc_aio_core_enter ())
    return FALSE;
  owner = g_weak_ref_get (&self->owner);
  if (owner != NULL)
    {
      again = self->func (owner, target, key, error);
      g_object_unref (owner);
    }
  grpc_aio_core_leave ();

  return again;
}

static gpointer
run (gpointer data)
{
  GrpcAioResolver *self = data;
  double pause_usec = MIN_PAUSE_USEC;
  gint64 rest_usec;

  g_mutex_lock (&self->lock);
  rest_usec = self->rest_usec;
  g_mutex_unlock (&self->lock);

  while (rest (self, rest_usec) && look_up (self))
    {
      rest_usec = (gint64) (pause_usec * g_random_double_range (1 - PAUSE_JITTER, 1 + PAUSE_JITTER));
      pause_usec = MIN (PAUSE_FACTOR * pause_usec, MAX_PAUSE_USEC);
    }

  resolver_unref (self);

  return NULL;
}

GrpcAioResolver *
grpc_aio_resolver_new (GSocketConnectable *connectable,
                       gpointer owner,
                       GrpcAioResolverFunc func)
{
  GrpcAioResolver *self = g_new0 (GrpcAioResolver, 1);

  g_atomic_ref_count_init (&self->refs);
  self->connectable = g_object_ref (connectable);
  g_weak_ref_init (&self->owner, owner);
  self->func = func;
  self->cancellable = g_cancellable_new ();
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);

  return self;
}

/* Call it again when the function has returned FALSE. */
void
grpc_aio_resolver_start (GrpcAioResolver *self,
                         gint64 rest_usec,
                         guint n_failures)
{
  g_mutex_lock (&self->lock);
  self->rest_usec = rest_usec;
  self->n_failures = n_failures;
  self->is_hurried = FALSE;
  g_mutex_unlock (&self->lock);

  g_atomic_ref_count_inc (&self->refs);
  g_thread_unref (grpc_aio_core_new_thread ("grpc-aio-lookup", run, self));
}

/* Cuts a pause short. */
void
grpc_aio_resolver_hurry (GrpcAioResolver *self)
{
  g_mutex_lock (&self->lock);
  self->is_hurried = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* Ends it, and gives it up. It may still call the function. */
void
grpc_aio_resolver_stop (GrpcAioResolver *self)
{
  g_mutex_lock (&self->lock);
  self->is_stopped = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);

  g_cancellable_cancel (self->cancellable);
  resolver_unref (self);
}
