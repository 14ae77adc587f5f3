/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-glib.h>

G_BEGIN_DECLS

/* What the reliability tests share: a peer in a process of its own, waiting,
 * and what the kernel says about this process.
 *
 * Each program is a GLib test. It decides by counts and by generous bounds;
 * with --full it uses the loads of the acceptance list, and what it measures is
 * in its messages. */

/* To be called first in main (): becomes the peer when asked to. */
void rel_init (int *argc,
               char ***argv);
gboolean rel_is_full (void);
/* @n in the short form, @n_full in the full one, or what --calls says. */
guint rel_choose (guint n,
                  guint n_full);
guint rel_get_seed (void);
/* What this process was started for by rel_spawn_child (), or NULL. */
const char *rel_get_role (void);
const char *rel_get_role_argument (void);

/* The peer. Its service is rel.Peer:
 *   Echo (unary)              answers with the request
 *   Hang (unary)              never answers
 *   Stats (unary)             answers with its RelStats
 *   Flow (server stream)      sends the request until the call is cancelled
 *   Count (server stream)     sends as many messages as the request says
 *   Paced (server stream)     sends so many messages per millisecond
 *   Chat (bidi)               sends each message back
 *   HangChat (bidi)           sends the initial metadata, then nothing
 */
typedef struct
{
  GPid pid;
  int stdin_fd;
  char *target;
} RelPeer;

typedef struct
{
  guint64 n_started;   /* calls of all but Echo and Stats */
  guint64 n_freed;     /* of these */
  guint64 n_cancelled; /* of these, while the handler kept them */
  guint64 rss;         /* bytes */
  guint64 heap;        /* bytes, 0 where the allocator does not count */
} RelStats;

RelPeer *rel_peer_new (void);
void rel_peer_kill (RelPeer *self);
/* Ends it. It must have freed everything. */
void rel_peer_free (RelPeer *self);
void rel_peer_get_stats (RelPeer *self,
                         GrpcAioChannel *channel,
                         RelStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RelPeer, rel_peer_free)

/* A peer in this process, which serves in the thread-default main context, or in
 * @n_workers threads. */
GrpcAioServer *rel_serve (guint n_workers,
                          char **target);
void rel_stop (GrpcAioServer *server);

void rel_get_own_stats (RelStats *stats);
/* Runs the program once more if it takes that. Before rel_init (). */
void rel_count_heap_exactly (char **argv);
/* Of samples taken after equal numbers of calls: compares the least of the
 * second half with the least of the first one, since some is always under way.
 * The bounds are in bytes per call. */
void rel_check_growth (const char *name,
                       const RelStats *samples,
                       guint n_samples,
                       guint n_per_sample,
                       double max_heap,
                       double max_rss);

/* Starts this program again to play @role. */
GSubprocess *rel_spawn_child (const char *role,
                              const char *argument,
                              GSubprocessFlags flags);

/* A channel with a connection of its own. */
GrpcAioChannel *rel_channel_new (const char *target);
GrpcAioCall *rel_call (GrpcAioChannel *channel,
                       const char *method,
                       const char *request,
                       gint64 timeout_usec);

/* Iterates the thread-default main context until @counter has reached @n. */
void rel_iterate_until (const guint *counter,
                        guint n);
void rel_iterate_for (gint64 usec);
/* A context to wait in: pushes a new one as the thread's default. */
GMainContext *rel_push_context (void);
void rel_pop_context (GMainContext *context);

void rel_store_result (GObject *source,
                       GAsyncResult *result,
                       gpointer user_data);
GAsyncResult *rel_await (GAsyncResult **result);

void rel_print_distribution (const char *name,
                             GArray *usecs);

G_END_DECLS
