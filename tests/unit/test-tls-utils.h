/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "test-utils.h"

G_BEGIN_DECLS

/* A server with TLS; what make-certificates.sh made is in the folder. */
typedef struct
{
  GrpcAioServer *server;
  GrpcAioChannel *channel;
  char *target;
  guint n_workers;
  guint n_handled;
  GrpcAioAuthContext *auth_context; /* of the last call */
} TlsPeer;

/* In main (). FALSE when there is nothing to make certificates with. */
gboolean certificates_make (void);
void certificates_remove (void);

char *certificate_path (const char *name);
GrpcAioTlsIdentity *identity_from (const char *name);
GrpcAioTlsAuthorities *authorities_from (const char *name);
void copy_file (const char *from,
                const char *to);

/* Both consume the credentials, which may be NULL. */
void tls_peer_start (TlsPeer *peer,
                     gpointer server_credentials);
void tls_peer_connect (TlsPeer *peer,
                       gpointer channel_credentials,
                       const char *host);
void tls_peer_disconnect (TlsPeer *peer);
void tls_peer_stop (TlsPeer *peer);

/* Calls the server, and compares what comes back. */
void tls_peer_assert_echo (TlsPeer *peer);
void tls_peer_assert_refused (TlsPeer *peer,
                              const char *reason);

GrpcAioTlsChannelCredentials *trusting (const char *authority);
GrpcAioTlsServerCredentials *serving (const char *identity);

G_END_DECLS
