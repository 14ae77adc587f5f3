/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Credentials that the xDS control plane chooses, and those to fall back on. */

#include "security/grpc-aio-channel-credentials-private.h"
#include "security/grpc-aio-server-credentials-private.h"

typedef struct
{
  GrpcAioChannelCredentials parent_instance;

  GrpcAioChannelCredentials *fallback;
} GrpcAioXdsChannelCredentials;

typedef GrpcAioChannelCredentialsClass GrpcAioXdsChannelCredentialsClass;

typedef struct
{
  GrpcAioServerCredentials parent_instance;

  GrpcAioServerCredentials *fallback;
} GrpcAioXdsServerCredentials;

typedef GrpcAioServerCredentialsClass GrpcAioXdsServerCredentialsClass;

static GType grpc_aio_xds_channel_credentials_get_type (void);
static GType grpc_aio_xds_server_credentials_get_type (void);

G_DEFINE_FINAL_TYPE (GrpcAioXdsChannelCredentials, grpc_aio_xds_channel_credentials, GRPC_AIO_TYPE_CHANNEL_CREDENTIALS)
G_DEFINE_FINAL_TYPE (GrpcAioXdsServerCredentials, grpc_aio_xds_server_credentials, GRPC_AIO_TYPE_SERVER_CREDENTIALS)

static grpc_channel_credentials *
grpc_aio_xds_channel_credentials_create_core (GrpcAioChannelCredentials *credentials,
                                              GrpcAioCoreArgs *args)
{
  GrpcAioXdsChannelCredentials *self = (GrpcAioXdsChannelCredentials *) credentials;
  grpc_channel_credentials *fallback = grpc_aio_channel_credentials_acquire_core (self->fallback, args);
  grpc_channel_credentials *core = NULL;

  if (fallback != NULL)
    core = grpc_xds_credentials_create (fallback);
  grpc_aio_channel_credentials_release_core (self->fallback, fallback);

  return core;
}

static void
grpc_aio_xds_channel_credentials_finalize (GObject *object)
{
  g_clear_object (&((GrpcAioXdsChannelCredentials *) object)->fallback);

  G_OBJECT_CLASS (grpc_aio_xds_channel_credentials_parent_class)->finalize (object);
}

static void
grpc_aio_xds_channel_credentials_class_init (GrpcAioXdsChannelCredentialsClass *klass)
{
  klass->create_core = grpc_aio_xds_channel_credentials_create_core;
  G_OBJECT_CLASS (klass)->finalize = grpc_aio_xds_channel_credentials_finalize;
}

static void
grpc_aio_xds_channel_credentials_init (GrpcAioXdsChannelCredentials *self)
{
}

static grpc_server_credentials *
grpc_aio_xds_server_credentials_create_core (GrpcAioServerCredentials *credentials)
{
  GrpcAioXdsServerCredentials *self = (GrpcAioXdsServerCredentials *) credentials;
  grpc_server_credentials *fallback = grpc_aio_server_credentials_acquire_core (self->fallback);
  grpc_server_credentials *core = NULL;

  if (fallback != NULL)
    core = grpc_xds_server_credentials_create (fallback);
  grpc_aio_server_credentials_release_core (self->fallback, fallback);

  return core;
}

static void
grpc_aio_xds_server_credentials_finalize (GObject *object)
{
  g_clear_object (&((GrpcAioXdsServerCredentials *) object)->fallback);

  G_OBJECT_CLASS (grpc_aio_xds_server_credentials_parent_class)->finalize (object);
}

static void
grpc_aio_xds_server_credentials_class_init (GrpcAioXdsServerCredentialsClass *klass)
{
  klass->create_core = grpc_aio_xds_server_credentials_create_core;
  G_OBJECT_CLASS (klass)->finalize = grpc_aio_xds_server_credentials_finalize;
}

static void
grpc_aio_xds_server_credentials_init (GrpcAioXdsServerCredentials *self)
{
}

/**
 * grpc_aio_channel_credentials_new_xds: (constructor)
 * @fallback: (nullable): what to use when the control plane says nothing, or
 *   `NULL` for connections without any protection
 *
 * Creates credentials for a channel with an `xds:` target, whose control plane
 * says how to secure connections (gRFC A29).
 *
 * @fallback counts also for channels with another target.
 *
 * Returns: (transfer full): new credentials
 *
 * Since: 0.1
 */
GrpcAioChannelCredentials *
grpc_aio_channel_credentials_new_xds (GrpcAioChannelCredentials *fallback)
{
  GrpcAioXdsChannelCredentials *self;

  g_return_val_if_fail (fallback == NULL || GRPC_AIO_IS_CHANNEL_CREDENTIALS (fallback), NULL);

  self = g_object_new (grpc_aio_xds_channel_credentials_get_type (), NULL);
  self->fallback = fallback != NULL ? g_object_ref (fallback) : grpc_aio_channel_credentials_new_insecure ();

  return &self->parent_instance;
}

/**
 * grpc_aio_server_credentials_new_xds: (constructor)
 * @fallback: (nullable): what to use when the control plane says nothing, or
 *   `NULL` for a port without any protection
 *
 * Creates credentials for a port of a server that an xDS control plane
 * configures (gRFC A36), which then says how to secure connections, too.
 *
 * @fallback counts also for ports of other servers.
 *
 * Returns: (transfer full): new credentials
 *
 * Since: 0.1
 */
GrpcAioServerCredentials *
grpc_aio_server_credentials_new_xds (GrpcAioServerCredentials *fallback)
{
  GrpcAioXdsServerCredentials *self;

  g_return_val_if_fail (fallback == NULL || GRPC_AIO_IS_SERVER_CREDENTIALS (fallback), NULL);

  self = g_object_new (grpc_aio_xds_server_credentials_get_type (), NULL);
  self->fallback = fallback != NULL ? g_object_ref (fallback) : grpc_aio_server_credentials_new_insecure ();

  return &self->parent_instance;
}
