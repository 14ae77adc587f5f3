/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

/* What only the files of a channel share: grpc-aio-channel.c has the class, -calls.c its
 * methods and calls, -state.c its connectivity, -look-up.c the addresses of one that is
 * made for a connectable, -close.c its end. */

#include "client/grpc-aio-channel-private.h"

#include <grpc/grpc.h>

#include "client/grpc-aio-resolver-private.h"
#include "engine/grpc-aio-operation-private.h"
#include "engine/grpc-aio-quota-private.h"

G_BEGIN_DECLS

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
} GrpcAioChannelAddresses;

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
  GrpcAioChannelAddresses *addresses; /* whose core channel is the one above */
  char *addresses_key;  /* of the known ones */
  char *look_up_error;  /* why there are none */
  gboolean is_looking_up;
  gint64 looked_up_usec; /* when that ended */
  guint n_failures;      /* addresses that were of no use, since some last were */
};

static inline GrpcAioChannel *
grpc_aio_channel_root_of (GrpcAioChannel *self)
{
  return self->base != NULL ? self->base : self;
}

/* The addresses */
grpc_channel *grpc_aio_channel_addresses_leave (GrpcAioChannelAddresses *addresses);
GrpcAioChannelAddresses *grpc_aio_channel_addresses_new (GrpcAioChannel *channel,
                                                         grpc_channel *core,
                                                         gboolean is_known);
void grpc_aio_channel_addresses_watch (GrpcAioChannelAddresses *addresses,
                                       GrpcAioChannelConnectivity state);
void grpc_aio_channel_begin_look_up (GrpcAioChannel *self);
gboolean grpc_aio_channel_needs_addresses (GrpcAioChannel *self);
void grpc_aio_channel_prepare_look_up (GrpcAioChannel *self);
void grpc_aio_channel_take_addresses (GrpcAioChannel *self,
                                      grpc_call *call,
                                      GrpcAioChannelMember *member);

/* The connectivity */
void grpc_aio_channel_watch_state (GrpcAioChannel *self);
void grpc_aio_channel_update_state (GrpcAioChannel *self);
void grpc_aio_channel_tell_news (GrpcAioChannel *self);

/* The end */
void grpc_aio_channel_shut (GrpcAioChannel *self,
                            gboolean is_let_go);
void grpc_aio_channel_cancel_members (GrpcAioChannel *self);

/* The class */
void grpc_aio_channel_tell_state (GrpcAioChannel *self);
grpc_channel *grpc_aio_channel_make_core (GrpcAioChannel *self,
                                          const char *target,
                                          char **flaw);

G_END_DECLS
