/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <grpc/grpc.h>

G_BEGIN_DECLS

/* Takes the connections of a socket that listens. */
typedef struct _GrpcAioAcceptor GrpcAioAcceptor;

gboolean grpc_aio_acceptor_check_socket (int fd,
                                         GError **error);

GrpcAioAcceptor *grpc_aio_acceptor_new (GSocket *socket,
                                        grpc_server *core);
void grpc_aio_acceptor_start (GrpcAioAcceptor *self,
                              GMainContext *context);
void grpc_aio_acceptor_close (GrpcAioAcceptor *self);
guint grpc_aio_acceptor_count_open (GrpcAioAcceptor *self);

/* Of a call, by what grpc-core calls its peer. */
char *grpc_aio_acceptor_dup_peer (const char *core_peer);
GCredentials *grpc_aio_acceptor_dup_credentials (const char *core_peer);

G_END_DECLS
