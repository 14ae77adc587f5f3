/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "security/grpc-aio-credentials-private.h"

#include "engine/grpc-aio-core-private.h"

/**
 * GrpcAioChannelCredentials:
 *
 * How a [class@Channel] secures its connections and knows the server.
 *
 * Since: 0.1
 */
struct _GrpcAioChannelCredentials
{
  GObject parent_instance;

  grpc_channel_credentials *core;
};

G_DEFINE_FINAL_TYPE (GrpcAioChannelCredentials, grpc_aio_channel_credentials, G_TYPE_OBJECT)

/**
 * GrpcAioServerCredentials:
 *
 * How a port of a [class@Server] secures its connections and knows the clients.
 *
 * Since: 0.1
 */
struct _GrpcAioServerCredentials
{
  GObject parent_instance;

  grpc_server_credentials *core;
};

G_DEFINE_FINAL_TYPE (GrpcAioServerCredentials, grpc_aio_server_credentials, G_TYPE_OBJECT)

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

/* NULL when the object was made without a constructor of ours. */
grpc_channel_credentials *
grpc_aio_channel_credentials_get_core (GrpcAioChannelCredentials *self)
{
  return self->core;
}

grpc_server_credentials *
grpc_aio_server_credentials_get_core (GrpcAioServerCredentials *self)
{
  return self->core;
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

  self->core = grpc_insecure_credentials_create ();

  return self;
}

/**
 * grpc_aio_channel_credentials_new_ssl:
 * @root_certificates: (nullable): the certificates to trust, as PEM, or `NULL`
 *   for those of the system
 * @private_key: (nullable): the client's key, as PEM
 * @certificate_chain: (nullable): the client's certificate and those that lead
 *   to its root, as PEM; given if and only if @private_key is
 *
 * Creates credentials for TLS. The server has to show a certificate for the
 * channel's host, signed by one of the trusted certificates.
 *
 * PEM that cannot be read shows when the channel connects: its calls fail with
 * `GRPC_AIO_ERROR_UNAVAILABLE` or `GRPC_AIO_ERROR_INTERNAL`.
 *
 * Returns: (transfer full): new credentials
 *
 * Since: 0.1
 */
GrpcAioChannelCredentials *
grpc_aio_channel_credentials_new_ssl (const char *root_certificates,
                                      const char *private_key,
                                      const char *certificate_chain)
{
  GrpcAioChannelCredentials *self;
  grpc_ssl_pem_key_cert_pair pair = { private_key, certificate_chain };

  g_return_val_if_fail ((private_key == NULL) == (certificate_chain == NULL), NULL);

  self = g_object_new (GRPC_AIO_TYPE_CHANNEL_CREDENTIALS, NULL);
  self->core = grpc_ssl_credentials_create (root_certificates, private_key != NULL ? &pair : NULL, NULL, NULL);

  return self;
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

  self->core = grpc_insecure_server_credentials_create ();

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
  self->core = grpc_ssl_server_credentials_create_ex (root_certificates, &pair, 1, request, NULL);

  return self;
}
