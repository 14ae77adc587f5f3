/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "security/grpc-aio-server-credentials-private.h"

#include "engine/grpc-aio-core-private.h"

/**
 * GrpcAioServerCredentials:
 *
 * How a port of a [class@Server] secures its connections and knows the clients.
 *
 * Since: 0.1
 */

G_DEFINE_TYPE (GrpcAioServerCredentials, grpc_aio_server_credentials, G_TYPE_OBJECT)

static void
grpc_aio_server_credentials_finalize (GObject *object)
{
  GrpcAioServerCredentials *self = GRPC_AIO_SERVER_CREDENTIALS (object);

  if (self->core != NULL)
    grpc_server_credentials_release (self->core);
  grpc_aio_core_unref ();

  G_OBJECT_CLASS (grpc_aio_server_credentials_parent_class)->finalize (object);
}

static void
grpc_aio_server_credentials_class_init (GrpcAioServerCredentialsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = grpc_aio_server_credentials_finalize;
}

static void
grpc_aio_server_credentials_init (GrpcAioServerCredentials *self)
{
  grpc_aio_core_ref ();
}

void
grpc_aio_server_credentials_take_core (GrpcAioServerCredentials *self,
                                       grpc_server_credentials *core)
{
  g_assert (self->core == NULL);

  self->core = core;
}

grpc_server_credentials *
grpc_aio_server_credentials_acquire_core (GrpcAioServerCredentials *self)
{
  GrpcAioServerCredentialsClass *klass = G_TYPE_INSTANCE_GET_CLASS (self, GRPC_AIO_TYPE_SERVER_CREDENTIALS, GrpcAioServerCredentialsClass);

  return klass->create_core != NULL ? klass->create_core (self) : self->core;
}

void
grpc_aio_server_credentials_release_core (GrpcAioServerCredentials *self,
                                          grpc_server_credentials *core)
{
  if (core != NULL && core != self->core)
    grpc_server_credentials_release (core);
}

/**
 * grpc_aio_server_credentials_new_insecure:
 *
 * Creates credentials for a port without any protection. The same as no
 * credentials.
 *
 * Returns: (transfer full): new credentials
 *
 * Since: 0.1
 */
GrpcAioServerCredentials *
grpc_aio_server_credentials_new_insecure (void)
{
  GrpcAioServerCredentials *self = g_object_new (GRPC_AIO_TYPE_SERVER_CREDENTIALS, NULL);

  grpc_aio_server_credentials_take_core (self, grpc_insecure_server_credentials_create ());

  return self;
}

/**
 * grpc_aio_server_credentials_new_ssl:
 * @private_key: the server's key, as PEM
 * @certificate_chain: the server's certificate and those that lead to its root,
 *   as PEM
 * @root_certificates: (nullable): the certificates that sign those of clients,
 *   as PEM
 * @require_client_certificate: whether a client must show a certificate, which
 *   needs @root_certificates
 *
 * Creates credentials for TLS.
 *
 * Returns: (transfer full): new credentials
 *
 * Since: 0.1
 */
GrpcAioServerCredentials *
grpc_aio_server_credentials_new_ssl (const char *private_key,
                                     const char *certificate_chain,
                                     const char *root_certificates,
                                     gboolean require_client_certificate)
{
  GrpcAioServerCredentials *self;
  grpc_ssl_pem_key_cert_pair pair = { private_key, certificate_chain };
  grpc_ssl_client_certificate_request_type request = GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;

  g_return_val_if_fail (private_key != NULL, NULL);
  g_return_val_if_fail (certificate_chain != NULL, NULL);
  g_return_val_if_fail (!require_client_certificate || root_certificates != NULL, NULL);

  if (require_client_certificate)
    request = GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  else if (root_certificates != NULL)
    request = GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;

  self = g_object_new (GRPC_AIO_TYPE_SERVER_CREDENTIALS, NULL);
  grpc_aio_server_credentials_take_core (self, grpc_ssl_server_credentials_create_ex (root_certificates, &pair, 1, request, NULL));

  return self;
}
