/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "security/grpc-aio-channel-credentials-private.h"

#include <grpc-aio-glib/grpc-aio-tls-authorities.h>
#include <grpc-aio-glib/grpc-aio-tls-channel-credentials.h>
#include <grpc-aio-glib/grpc-aio-tls-identity.h>

#include "engine/grpc-aio-core-private.h"

/**
 * GrpcAioChannelCredentials:
 *
 * How a [class@Channel] secures its connections and knows the server.
 *
 * Since: 0.1
 */

G_DEFINE_TYPE (GrpcAioChannelCredentials, grpc_aio_channel_credentials, G_TYPE_OBJECT)

static void
grpc_aio_channel_credentials_finalize (GObject *object)
{
  GrpcAioChannelCredentials *self = GRPC_AIO_CHANNEL_CREDENTIALS (object);

  if (self->core != NULL)
    grpc_channel_credentials_release (self->core);
  grpc_aio_core_unref ();

  G_OBJECT_CLASS (grpc_aio_channel_credentials_parent_class)->finalize (object);
}

static void
grpc_aio_channel_credentials_class_init (GrpcAioChannelCredentialsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = grpc_aio_channel_credentials_finalize;
}

static void
grpc_aio_channel_credentials_init (GrpcAioChannelCredentials *self)
{
  grpc_aio_core_ref ();
}

void
grpc_aio_channel_credentials_take_core (GrpcAioChannelCredentials *self,
                                        grpc_channel_credentials *core)
{
  g_assert (self->core == NULL);

  self->core = core;
}

grpc_channel_credentials *
grpc_aio_channel_credentials_acquire_core (GrpcAioChannelCredentials *self,
                                           GrpcAioCoreArgs *args)
{
  GrpcAioChannelCredentialsClass *klass = G_TYPE_INSTANCE_GET_CLASS (self, GRPC_AIO_TYPE_CHANNEL_CREDENTIALS, GrpcAioChannelCredentialsClass);

  return klass->create_core != NULL ? klass->create_core (self, args) : self->core;
}

void
grpc_aio_channel_credentials_release_core (GrpcAioChannelCredentials *self,
                                           grpc_channel_credentials *core)
{
  GrpcAioChannelCredentialsClass *klass = G_TYPE_INSTANCE_GET_CLASS (self, GRPC_AIO_TYPE_CHANNEL_CREDENTIALS, GrpcAioChannelCredentialsClass);

  if (core == NULL || core == self->core)
    return;

  if (klass->release_core != NULL)
    klass->release_core (self, core);
  else
    grpc_channel_credentials_release (core);
}

GrpcAioChannelCredentials *
grpc_aio_channel_credentials_get_transport (GrpcAioChannelCredentials *self)
{
  GrpcAioChannelCredentialsClass *klass = G_TYPE_INSTANCE_GET_CLASS (self, GRPC_AIO_TYPE_CHANNEL_CREDENTIALS, GrpcAioChannelCredentialsClass);

  return klass->get_transport != NULL ? klass->get_transport (self) : self;
}

/**
 * grpc_aio_channel_credentials_new_insecure:
 *
 * Creates credentials for connections without any protection: everybody on
 * the way can read and change what is sent. The same as no credentials.
 *
 * Returns: (transfer full): new credentials
 *
 * Since: 0.1
 */
GrpcAioChannelCredentials *
grpc_aio_channel_credentials_new_insecure (void)
{
  GrpcAioChannelCredentials *self = g_object_new (GRPC_AIO_TYPE_CHANNEL_CREDENTIALS, NULL);

  grpc_aio_channel_credentials_take_core (self, grpc_insecure_credentials_create ());
  self->is_insecure = TRUE;

  return self;
}

/**
 * grpc_aio_channel_credentials_new_ssl:
 * @root_certificates: (nullable): the certificates to trust, as PEM, or `NULL`
 *   for those of the system
 * @private_key: (nullable): the client's key, as PEM
 * @certificate_chain: (nullable): the client's certificate and those that lead
 *   to its root, as PEM; given if and only if @private_key is
 * @error: where to put an error
 *
 * Creates credentials for TLS, as `ssl_channel_credentials` of gRPC's Python
 * does. The server has to show a certificate for the channel's host, signed by
 * one of the trusted certificates.
 *
 * They are [class@TlsChannelCredentials], which can do more. It fails with
 * `G_TLS_ERROR_BAD_CERTIFICATE` when PEM cannot be read, or does not belong
 * together.
 *
 * Returns: (transfer full): new credentials, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioChannelCredentials *
grpc_aio_channel_credentials_new_ssl (const char *root_certificates,
                                      const char *private_key,
                                      const char *certificate_chain,
                                      GError **error)
{
  g_autoptr (GrpcAioTlsChannelCredentials) self = NULL;

  g_return_val_if_fail ((private_key == NULL) == (certificate_chain == NULL), NULL);

  self = grpc_aio_tls_channel_credentials_new ();
  if (root_certificates != NULL)
    {
      g_autoptr (GrpcAioTlsAuthorities) authorities = grpc_aio_tls_authorities_new_from_pem (root_certificates, error);

      if (authorities == NULL)
        return NULL;
      grpc_aio_tls_channel_credentials_set_authorities (self, authorities);
    }
  if (private_key != NULL)
    {
      g_autoptr (GrpcAioTlsIdentity) identity = grpc_aio_tls_identity_new_from_pem (certificate_chain, private_key, error);

      if (identity == NULL)
        return NULL;
      grpc_aio_tls_channel_credentials_set_identity (self, identity);
    }

  return GRPC_AIO_CHANNEL_CREDENTIALS (g_steal_pointer (&self));
}
