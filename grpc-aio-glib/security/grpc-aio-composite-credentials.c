/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Credentials for a channel and for all of its calls. */

#include "security/grpc-aio-call-credentials-private.h"
#include "security/grpc-aio-channel-credentials-private.h"

typedef struct
{
  GrpcAioChannelCredentials parent_instance;

  GrpcAioChannelCredentials *channel_credentials;
  GrpcAioCallCredentials *call_credentials;
} GrpcAioCompositeCredentials;

typedef GrpcAioChannelCredentialsClass GrpcAioCompositeCredentialsClass;

static GType grpc_aio_composite_credentials_get_type (void);

G_DEFINE_FINAL_TYPE (GrpcAioCompositeCredentials, grpc_aio_composite_credentials, GRPC_AIO_TYPE_CHANNEL_CREDENTIALS)

static grpc_channel_credentials *
grpc_aio_composite_credentials_create_core (GrpcAioChannelCredentials *credentials,
                                            GrpcAioCoreArgs *args)
{
  GrpcAioCompositeCredentials *self = (GrpcAioCompositeCredentials *) credentials;
  grpc_channel_credentials *inner = grpc_aio_channel_credentials_acquire_core (self->channel_credentials, args);
  grpc_channel_credentials *core = NULL;

  if (inner != NULL)
    core = grpc_composite_channel_credentials_create (inner, grpc_aio_call_credentials_get_core (self->call_credentials), NULL);
  grpc_aio_channel_credentials_release_core (self->channel_credentials, inner);

  return core;
}

static GrpcAioChannelCredentials *
grpc_aio_composite_credentials_get_transport (GrpcAioChannelCredentials *credentials)
{
  GrpcAioCompositeCredentials *self = (GrpcAioCompositeCredentials *) credentials;

  return grpc_aio_channel_credentials_get_transport (self->channel_credentials);
}

static void
grpc_aio_composite_credentials_finalize (GObject *object)
{
  GrpcAioCompositeCredentials *self = (GrpcAioCompositeCredentials *) object;

  g_clear_object (&self->channel_credentials);
  g_clear_object (&self->call_credentials);

  G_OBJECT_CLASS (grpc_aio_composite_credentials_parent_class)->finalize (object);
}

static void
grpc_aio_composite_credentials_class_init (GrpcAioCompositeCredentialsClass *klass)
{
  klass->create_core = grpc_aio_composite_credentials_create_core;
  klass->get_transport = grpc_aio_composite_credentials_get_transport;
  G_OBJECT_CLASS (klass)->finalize = grpc_aio_composite_credentials_finalize;
}

static void
grpc_aio_composite_credentials_init (GrpcAioCompositeCredentials *self)
{
}

/**
 * grpc_aio_channel_credentials_new_composite: (constructor)
 * @channel_credentials: how connections are secured
 * @call_credentials: what each call sends to say who makes it
 *
 * Creates credentials for a channel and for all of its calls. A call may have
 * further credentials of its own.
 *
 * Call credentials that demand more security than the connections have fail each
 * call with `GRPC_AIO_ERROR_UNAUTHENTICATED`: nothing is sent.
 *
 * Returns: (transfer full): new credentials
 *
 * Since: 0.1
 */
GrpcAioChannelCredentials *
grpc_aio_channel_credentials_new_composite (GrpcAioChannelCredentials *channel_credentials,
                                            GrpcAioCallCredentials *call_credentials)
{
  GrpcAioCompositeCredentials *self;

  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL_CREDENTIALS (channel_credentials), NULL);
  g_return_val_if_fail (GRPC_AIO_IS_CALL_CREDENTIALS (call_credentials), NULL);
  g_return_val_if_fail (grpc_aio_call_credentials_get_core (call_credentials) != NULL, NULL);

  self = g_object_new (grpc_aio_composite_credentials_get_type (), NULL);
  self->channel_credentials = g_object_ref (channel_credentials);
  self->call_credentials = g_object_ref (call_credentials);

  return &self->parent_instance;
}
