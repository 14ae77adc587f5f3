/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-glib.h>

G_BEGIN_DECLS

/* A server with one handler for each way to behave, and a channel to it. */
typedef struct
{
  GrpcAioServer *server;
  GrpcAioService *service;
  GrpcAioChannel *channel;
  char *target;
  GPtrArray *contexts; /* of calls that Hang */
  guint n_cancelled;   /* calls that Hang learned to be given up */
  guint n_handled;
} Peer;

void peer_set_up (Peer *peer);
void peer_close_channel (Peer *peer);
void peer_tear_down (Peer *peer);

GrpcAioCall *peer_call (Peer *peer,
                        const char *method,
                        GrpcAioMethodKind kind,
                        const char *request,
                        GrpcAioCallOptions *options);

/* Stands between one connection of a client and a server at host:port, and keeps
 * what goes through. */
typedef struct _Relay Relay;

Relay *relay_new (const char *server);
const char *relay_get_target (Relay *self);
GBytes *relay_get_sent (Relay *self);     /* by the client, so far */
GBytes *relay_get_received (Relay *self); /* by the client, so far */
void relay_free (Relay *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Relay, relay_free)

/* Runs the thread-default main context. */
void store_result (GObject *source,
                   GAsyncResult *result,
                   gpointer user_data);
GAsyncResult *await (GAsyncResult **result);
void iterate_until (gboolean (*condition) (gpointer),
                    gpointer user_data);

/* The same for what happens in other threads, which does not wake this one. */
void wait_until (gboolean (*condition) (gpointer),
                 gpointer user_data);
gboolean call_is_done (gpointer call);
gboolean is_mine (gpointer object); /* nobody else has a reference */

/* Drops the last reference but for those that other threads may have for a moment. */
void assert_finalizes (gpointer object);

/* Counts what the library says to people, which is not shown any more. */
void count_messages (gint *n_messages); /* atomic */

GBytes *bytes_from (const char *text);
#define assert_bytes(bytes, text) \
  G_STMT_START \
  { \
    g_assert_nonnull (bytes); \
    g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), text, strlen (text)); \
  } \
  G_STMT_END

GrpcAioClientInterceptor *pass_interceptor_new (void);

GrpcAioCallOptions *options_with_timeout (gint64 timeout_usec);

G_END_DECLS
