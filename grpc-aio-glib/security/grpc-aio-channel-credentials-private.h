/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-channel-credentials.h>
#include <grpc/grpc_security.h>

#include "engine/grpc-aio-core-args-private.h"

G_BEGIN_DECLS

/* The most arguments that credentials add to those of their channel. */
#define GRPC_AIO_CHANNEL_CREDENTIALS_MAX_ARGS 2

struct _GrpcAioChannelCredentials
{
  GObject parent_instance;

  grpc_channel_credentials *core; /* shared by all channels, or NULL */
  gboolean is_insecure;           /* connections are not secured at all */
};

struct _GrpcAioChannelCredentialsClass
{
  GObjectClass parent_class;

  /* Makes credentials for one channel alone, in the thread that makes the
   * channel. NULL in a class whose instances have one core for all. */
  grpc_channel_credentials *(*create_core) (GrpcAioChannelCredentials *self,
                                            GrpcAioCoreArgs *args);

  /* Takes back what create_core gave. NULL if it need only be released. */
  void (*release_core) (GrpcAioChannelCredentials *self,
                        grpc_channel_credentials *core);

  /* Those that secure the connections. NULL in a class that does so itself. */
  GrpcAioChannelCredentials *(*get_transport) (GrpcAioChannelCredentials *self);
};

/* Consumes @core. A hold on grpc-core comes with the object, so it is made first. */
void grpc_aio_channel_credentials_take_core (GrpcAioChannelCredentials *self,
                                             grpc_channel_credentials *core);

/* For one channel, or for one that is composed of it. What comes back is given to
 * release. NULL must not be taken for insecure: no channel can be made with it. */
grpc_channel_credentials *grpc_aio_channel_credentials_acquire_core (GrpcAioChannelCredentials *self,
                                                                     GrpcAioCoreArgs *args);
void grpc_aio_channel_credentials_release_core (GrpcAioChannelCredentials *self,
                                                grpc_channel_credentials *core);

GrpcAioChannelCredentials *grpc_aio_channel_credentials_get_transport (GrpcAioChannelCredentials *self);

G_END_DECLS
