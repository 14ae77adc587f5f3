/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Objects that are used again.
 *
 * Each call and each message needs an object that lives for microseconds. To
 * make a GObject and to finalize it costs some thousand instructions; an object
 * whose last reference is ours is emptied instead, and kept by the thread for
 * the next time. Nobody can tell: no reference, weak reference, signal handler
 * or other data of the program is left on it. */

#include "engine/grpc-aio-pool-private.h"

/* Of each class, in each thread. */
#define POOL_MAX 64

typedef struct
{
  guint n_objects[GRPC_AIO_N_POOLS];
  gpointer objects[GRPC_AIO_N_POOLS][POOL_MAX];
} Pools;

static _Thread_local Pools *pools;

/* What a thread has goes with it. */
static void
pools_free (gpointer data)
{
  Pools *self = data;

  pools = NULL;
  for (guint i = 0; i < GRPC_AIO_N_POOLS; i++)
    {
      for (guint j = 0; j < self->n_objects[i]; j++)
        g_object_unref (self->objects[i][j]);
    }
  g_free (self);
}

static GPrivate owned_pools = G_PRIVATE_INIT (pools_free);

static Pools *
pools_new (void)
{
  pools = g_new0 (Pools, 1);
  g_private_set (&owned_pools, pools);

  return pools;
}

/* An object of @type, which is always the same for @id. */
gpointer
grpc_aio_pool_take (GrpcAioPoolId id,
                    GType type)
{
  Pools *self = pools;

  if (self != NULL && self->n_objects[id] > 0)
    return self->objects[id][--self->n_objects[id]];

  return g_object_new (type, NULL);
}

/* All that a program can attach to an object, other than a signal handler, is in
 * its data list. */
static gboolean
is_ours_alone (GObject *object)
{
  return g_atomic_int_get (&object->ref_count) == 1 && g_atomic_pointer_get (&object->qdata) == NULL;
}

/* Consumes a reference to @object. @clear may run code of the program. */
void
grpc_aio_pool_release (GrpcAioPoolId id,
                       gpointer object,
                       GrpcAioPoolClear clear)
{
  Pools *self;

  if (!is_ours_alone (object))
    {
      g_object_unref (object);
      return;
    }

  clear (object);

  self = pools != NULL ? pools : pools_new ();
  if (self->n_objects[id] < POOL_MAX)
    self->objects[id][self->n_objects[id]++] = object;
  else
    g_object_unref (object);
}
