/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "security/grpc-aio-server-credentials-private.h"

#include <grpc-aio-glib/grpc-aio-tls-authorities.h>
#include <grpc-aio-glib/grpc-aio-tls-identity.h>
#include <grpc-aio-glib/grpc-aio-tls-server-credentials.h>

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

gboolean
grpc_aio_server_credentials_is_insecure (GrpcAioServerCredentials *self)
{
  return self->is_insecure;
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
  self->is_insecure = TRUE;

  return self;
}

/**
 * grpc_aio_server_credentials_new_ssl:
 * @private_key: the server's key, as PEM
 * @certificate_chain: the server's certificate and those that lead to its root,
 *   as PEM
 * @root_certificates: (nullable): the certificates that sign those of clients,
 *   as PEM; a client that has a certificate then has to have a good one
 * @require_client_certificate: whether a client must show a certificate, which
 *   needs @root_certificates
 * @error: where to put an error
 *
 * Creates credentials for TLS, as `ssl_server_credentials` of gRPC's Python does.
 *
 * They are [class@TlsServerCredentials], which can do more. It fails with
 * `G_TLS_ERROR_BAD_CERTIFICATE` when PEM cannot be read, or does not belong
 * together.
 *
 * Returns: (transfer full): new credentials, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioServerCredentials *
grpc_aio_server_credentials_new_ssl (const char *private_key,
                                     const char *certificate_chain,
                                     const char *root_certificates,
                                     gboolean require_client_certificate,
                                     GError **error)
{
  g_autoptr (GrpcAioTlsServerCredentials) self = NULL;
  g_autoptr (GrpcAioTlsIdentity) identity = NULL;
  g_autoptr (GrpcAioTlsAuthorities) authorities = NULL;

  g_return_val_if_fail (private_key != NULL, NULL);
  g_return_val_if_fail (certificate_chain != NULL, NULL);
  g_return_val_if_fail (!require_client_certificate || root_certificates != NULL, NULL);

  identity = grpc_aio_tls_identity_new_from_pem (certificate_chain, private_key, error);
  if (identity == NULL)
    return NULL;

  self = grpc_aio_tls_server_credentials_new (identity);
  if (root_certificates != NULL)
    {
      authorities = grpc_aio_tls_authorities_new_from_pem (root_certificates, error);
      if (authorities == NULL)
        return NULL;
      grpc_aio_tls_server_credentials_set_client_check (self,
                                                        require_client_certificate ? GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE
                                                                                   : GRPC_AIO_TLS_CLIENT_CHECK_REQUEST,
                                                        authorities);
    }

  return GRPC_AIO_SERVER_CREDENTIALS (g_steal_pointer (&self));
}
