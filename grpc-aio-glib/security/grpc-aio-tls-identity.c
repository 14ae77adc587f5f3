/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "security/grpc-aio-tls-identity-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "engine/grpc-aio-core-private.h"
#include "security/grpc-aio-tls-file-private.h"
#include "security/grpc-aio-x509-private.h"

/**
 * GrpcAioTlsIdentity:
 *
 * A certificate and the private key that belongs to it: what one side of a TLS
 * connection shows the other.
 *
 * It is checked when it is made, so that what cannot work fails where it is
 * easy to mend. An identity from files follows them: when a connection is made
 * and they have changed, they are read again. As long as what is in them does
 * not fit together the last good identity stays in use, so that files may be
 * replaced one after the other.
 *
 * An identity may be used from any thread, and by many credentials.
 *
 * Since: 0.1
 */
struct _GrpcAioTlsIdentity
{
  GObject parent_instance;

  GrpcAioTlsFile certificate_file;
  GrpcAioTlsFile private_key_file;

  GMutex lock; /* for all that follows, and what was seen of the files */
  char *certificate_chain;
  char *private_key;
  guint generation;
};

G_DEFINE_FINAL_TYPE (GrpcAioTlsIdentity, grpc_aio_tls_identity, G_TYPE_OBJECT)

static void
grpc_aio_tls_identity_finalize (GObject *object)
{
  GrpcAioTlsIdentity *self = GRPC_AIO_TLS_IDENTITY (object);

  grpc_aio_tls_file_clear (&self->certificate_file);
  grpc_aio_tls_file_clear (&self->private_key_file);
  g_free (self->certificate_chain);
  g_free (self->private_key);
  g_mutex_clear (&self->lock);
  grpc_aio_core_unref ();

  G_OBJECT_CLASS (grpc_aio_tls_identity_parent_class)->finalize (object);
}

static void
grpc_aio_tls_identity_class_init (GrpcAioTlsIdentityClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = grpc_aio_tls_identity_finalize;
}

static void
grpc_aio_tls_identity_init (GrpcAioTlsIdentity *self)
{
  g_mutex_init (&self->lock);
  grpc_aio_core_ref ();
}

/* Takes over what is in the files, if it is good. */
static gboolean
read_files (GrpcAioTlsIdentity *self,
            GError **error)
{
  const char *chain_path = self->certificate_file.path;
  const char *key_path = self->private_key_file.path;
  g_autofree char *chain = grpc_aio_tls_file_read (&self->certificate_file, error);
  g_autofree char *key = NULL;

  if (chain == NULL)
    return FALSE;
  key = grpc_aio_tls_file_read (&self->private_key_file, error);
  if (key == NULL || !grpc_aio_x509_check_identity (chain, chain_path, key, key_path, error))
    return FALSE;

  g_free (self->certificate_chain);
  g_free (self->private_key);
  self->certificate_chain = g_steal_pointer (&chain);
  self->private_key = g_steal_pointer (&key);
  self->generation++;

  return TRUE;
}

/* In any thread. Returns a number that grows with each new identity. */
guint
grpc_aio_tls_identity_refresh (GrpcAioTlsIdentity *self)
{
  g_autoptr (GError) error = NULL;
  gboolean has_changed;
  guint generation;

  g_mutex_lock (&self->lock);
  has_changed = grpc_aio_tls_file_take_change (&self->certificate_file);
  has_changed |= grpc_aio_tls_file_take_change (&self->private_key_file);
  if (has_changed && !read_files (self, &error))
    g_message ("Staying with the last good certificate: %s", error->message);
  generation = self->generation;
  g_mutex_unlock (&self->lock);

  return generation;
}

void
grpc_aio_tls_identity_dup_pem (GrpcAioTlsIdentity *self,
                               char **certificate_chain,
                               char **private_key)
{
  g_mutex_lock (&self->lock);
  *certificate_chain = g_strdup (self->certificate_chain);
  *private_key = g_strdup (self->private_key);
  g_mutex_unlock (&self->lock);
}

/**
 * grpc_aio_tls_identity_new_from_pem:
 * @certificate_chain: the certificate and those that lead to its authority, as
 *   PEM
 * @private_key: (nullable): the key that belongs to the first certificate, as
 *   PEM, or `NULL` if it is in @certificate_chain, too
 * @error: where to put an error
 *
 * Creates an identity from texts.
 *
 * It fails with `G_TLS_ERROR_BAD_CERTIFICATE` when they cannot be read or do
 * not belong together.
 *
 * Returns: (transfer full): a new identity, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioTlsIdentity *
grpc_aio_tls_identity_new_from_pem (const char *certificate_chain,
                                    const char *private_key,
                                    GError **error)
{
  g_autoptr (GrpcAioTlsIdentity) self = NULL;

  g_return_val_if_fail (certificate_chain != NULL, NULL);

  self = g_object_new (GRPC_AIO_TYPE_TLS_IDENTITY, NULL);
  self->certificate_chain = g_strdup (certificate_chain);
  self->private_key = g_strdup (private_key != NULL ? private_key : certificate_chain);
  if (!grpc_aio_x509_check_identity (self->certificate_chain, _("the text of the certificate"),
                                     self->private_key, _("the text of the key"), error))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * grpc_aio_tls_identity_new_from_files:
 * @certificate_file: (type filename): a file with the certificate and those that
 *   lead to its authority, as PEM
 * @private_key_file: (type filename) (nullable): a file with the key that
 *   belongs to the first certificate, as PEM, or `NULL` if it is in
 *   @certificate_file, too
 * @error: where to put an error
 *
 * Creates an identity from files, which is renewed when they change.
 *
 * It fails with `G_FILE_ERROR` or `G_TLS_ERROR_BAD_CERTIFICATE`, and names the
 * file. The files are read at once, in this thread.
 *
 * Returns: (transfer full): a new identity, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioTlsIdentity *
grpc_aio_tls_identity_new_from_files (const char *certificate_file,
                                      const char *private_key_file,
                                      GError **error)
{
  g_autoptr (GrpcAioTlsIdentity) self = NULL;

  g_return_val_if_fail (certificate_file != NULL, NULL);

  self = g_object_new (GRPC_AIO_TYPE_TLS_IDENTITY, NULL);
  grpc_aio_tls_file_init (&self->certificate_file, certificate_file);
  grpc_aio_tls_file_init (&self->private_key_file, private_key_file != NULL ? private_key_file : certificate_file);
  grpc_aio_tls_file_take_change (&self->certificate_file);
  grpc_aio_tls_file_take_change (&self->private_key_file);
  if (!read_files (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * grpc_aio_tls_identity_new_from_certificate:
 * @certificate: a certificate with its private key
 * @error: where to put an error
 *
 * Creates an identity from GIO's kind of certificate, with its issuers as far
 * as they are known.
 *
 * It fails with `G_TLS_ERROR_BAD_CERTIFICATE` when there is no key in it. A key
 * that cannot be read, such as one in a smart card, cannot be used.
 *
 * Returns: (transfer full): a new identity, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioTlsIdentity *
grpc_aio_tls_identity_new_from_certificate (GTlsCertificate *certificate,
                                            GError **error)
{
  g_autoptr (GString) chain = g_string_new (NULL);
  g_autofree char *key = NULL;

  g_return_val_if_fail (G_IS_TLS_CERTIFICATE (certificate), NULL);

  g_object_get (certificate, "private-key-pem", &key, NULL);
  if (key == NULL)
    {
      g_set_error_literal (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                           _("The certificate comes without a private key that can be read"));
      return NULL;
    }

  for (GTlsCertificate *at = certificate; at != NULL; at = g_tls_certificate_get_issuer (at))
    {
      g_autofree char *pem = NULL;

      g_object_get (at, "certificate-pem", &pem, NULL);
      g_string_append (chain, pem);
    }

  return grpc_aio_tls_identity_new_from_pem (chain->str, key, error);
}

/**
 * grpc_aio_tls_identity_get_certificate_file:
 * @self: an identity
 *
 * Gets the file that the certificate comes from.
 *
 * Returns: (nullable) (type filename): a path, or `NULL` if it is from no file
 *
 * Since: 0.1
 */
const char *
grpc_aio_tls_identity_get_certificate_file (GrpcAioTlsIdentity *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_IDENTITY (self), NULL);

  return self->certificate_file.path;
}

/**
 * grpc_aio_tls_identity_get_private_key_file:
 * @self: an identity
 *
 * Gets the file that the key comes from.
 *
 * Returns: (nullable) (type filename): a path, or `NULL` if it is from no file
 *
 * Since: 0.1
 */
const char *
grpc_aio_tls_identity_get_private_key_file (GrpcAioTlsIdentity *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_IDENTITY (self), NULL);

  return self->private_key_file.path;
}

/**
 * grpc_aio_tls_identity_dup_certificate_chain:
 * @self: an identity
 *
 * Gets the certificate that is in use now, and those that came with it.
 *
 * Returns: (transfer full): the certificates, as PEM
 *
 * Since: 0.1
 */
char *
grpc_aio_tls_identity_dup_certificate_chain (GrpcAioTlsIdentity *self)
{
  char *chain;

  g_return_val_if_fail (GRPC_AIO_IS_TLS_IDENTITY (self), NULL);

  g_mutex_lock (&self->lock);
  chain = g_strdup (self->certificate_chain);
  g_mutex_unlock (&self->lock);

  return chain;
}
