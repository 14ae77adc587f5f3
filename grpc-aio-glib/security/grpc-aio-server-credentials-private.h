/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-server-credentials.h>
#include <grpc/grpc_security.h>

G_BEGIN_DECLS

struct _GrpcAioServerCredentials
{
  GObject parent_instance;

  grpc_server_credentials *core; /* shared by all ports, or NULL */
  gboolean is_insecure;
};

struct _GrpcAioServerCredentialsClass
{
  GObjectClass parent_class;

  /* Makes credentials for one port alone. What they use may be in @self, which the
   * server keeps. NULL in a class whose instances have one core for all. */
  grpc_server_credentials *(*create_core) (GrpcAioServerCredentials *self);
};

/* Consumes @core. A hold on grpc-core comes with the object, so it is made first. */
void grpc_aio_server_credentials_take_core (GrpcAioServerCredentials *self,
                                            grpc_server_credentials *core);

/* For one port, or for one that falls back on it. What comes back is given to
 * release. NULL must not be taken for insecure: no port can be opened with it. */
grpc_server_credentials *grpc_aio_server_credentials_acquire_core (GrpcAioServerCredentials *self);
void grpc_aio_server_credentials_release_core (GrpcAioServerCredentials *self,
                                               grpc_server_credentials *core);

/* Whether they are the same as none. */
gboolean grpc_aio_server_credentials_is_insecure (GrpcAioServerCredentials *self);

G_END_DECLS
