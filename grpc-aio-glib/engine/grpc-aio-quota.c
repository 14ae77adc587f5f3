/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Memory is bounded by a quota, not by the peer. When a quota fills up grpc-core
 * takes less in advance of each stream; when it is full it ends streams. */

#include "engine/grpc-aio-quota-private.h"

struct _GrpcAioQuota
{
  grpc_resource_quota *core;
  char *key;  /* of one that channels share, or NULL */
  guint refs; /* with quotas_lock */
};

#define MiB G_GINT64_CONSTANT (1048576)

/* Much more than calls need, much less than there would be without: a connection
 * alone may take some 16 MiB of each stream in advance. */
#define CHANNEL_QUOTA (256 * MiB)
#define SERVER_QUOTA (1024 * MiB)

/* How many messages of the longest kind there has to be room for. */
#define MIN_MESSAGES 4

static GMutex quotas_lock;
static GHashTable *quotas; /* with quotas_lock: key → those that are shared */

static gint64
get_size (GrpcAioChannelOptions *options,
          gint64 preset)
{
  gint64 size = -1;
  int longest = 0;

  if (options == NULL)
    return preset;

  g_object_get (options,
                "resource-quota", &size,
                "max-receive-message-length", &longest,
                NULL);
  if (size >= 0)
    return size;

  return longest < 0 ? 0 : MAX (preset, MIN_MESSAGES * (gint64) longest);
}

static GrpcAioQuota *
quota_new (gint64 size)
{
  GrpcAioQuota *self;

  if (size == 0)
    return NULL;

  self = g_new0 (GrpcAioQuota, 1);
  self->core = grpc_resource_quota_create (NULL);
  grpc_resource_quota_resize (self->core, (gsize) MIN ((guint64) size, G_MAXSIZE / 2));
  self->refs = 1;

  return self;
}

/* Channels that share connections have to share their quota: it is among the
 * arguments by which grpc-core finds a connection. A @target of NULL is of a
 * channel that shares none. */
GrpcAioQuota *
grpc_aio_quota_new_for_channel (const char *target,
                                GrpcAioChannelOptions *options)
{
  gint64 size = get_size (options, CHANNEL_QUOTA);
  g_autofree char *key = NULL;
  GrpcAioQuota *self;
  int is_alone = FALSE;

  if (options != NULL)
    grpc_aio_channel_options_get_int (options, GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, &is_alone);
  if (target == NULL || is_alone)
    return quota_new (size);

  key = g_strdup_printf ("%" G_GINT64_FORMAT " %s", size, target);

  g_mutex_lock (&quotas_lock);
  if (quotas == NULL)
    quotas = g_hash_table_new (g_str_hash, g_str_equal);
  self = g_hash_table_lookup (quotas, key);
  if (self != NULL)
    {
      self->refs++;
    }
  else
    {
      self = quota_new (size);
      if (self != NULL)
        {
          self->key = g_steal_pointer (&key);
          g_hash_table_insert (quotas, self->key, self);
        }
    }
  g_mutex_unlock (&quotas_lock);

  return self;
}

GrpcAioQuota *
grpc_aio_quota_new_for_server (GrpcAioChannelOptions *options)
{
  return quota_new (get_size (options, SERVER_QUOTA));
}

void
grpc_aio_quota_unref (GrpcAioQuota *self)
{
  gboolean is_last;

  g_mutex_lock (&quotas_lock);
  is_last = --self->refs == 0;
  if (is_last && self->key != NULL)
    {
      g_hash_table_remove (quotas, self->key);
      if (g_hash_table_size (quotas) == 0)
        g_clear_pointer (&quotas, g_hash_table_unref);
    }
  g_mutex_unlock (&quotas_lock);

  if (!is_last)
    return;

  grpc_resource_quota_unref (self->core);
  g_free (self->key);
  g_free (self);
}

/* The arguments do not hold it: grpc-core does once it has made something. */
void
grpc_aio_quota_add_to (GrpcAioQuota *self,
                       GrpcAioCoreArgs *args)
{
  grpc_aio_core_args_set_pointer (args, GRPC_ARG_RESOURCE_QUOTA, self->core, grpc_resource_quota_arg_vtable ());
}
