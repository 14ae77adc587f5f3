/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "security/grpc-aio-tls-authorities-private.h"

#include <glib/gi18n-lib.h>

#include "engine/grpc-aio-core-private.h"
#include "security/grpc-aio-tls-file-private.h"
#include "security/grpc-aio-x509-private.h"

/**
 * GrpcAioTlsAuthorities:
 *
 * The certificates that are trusted to vouch for others.
 *
 * They are checked when they are made. Authorities from a file follow it: when a
 * connection is made and the file has changed, it is read again; as long as it
 * cannot be read the last good ones stay in use.
 *
 * Authorities may be used from any thread, and by many credentials.
 *
 * Since: 0.1
 */
struct _GrpcAioTlsAuthorities
{
  GObject parent_instance;

  GrpcAioTlsFile file;

  GMutex lock; /* for all that follows, and what was seen of the file */
  char *certificates;
  guint generation;
  X509_STORE *store;   /* of this generation, or NULL */
  char *crl_directory; /* of the store */
};

G_DEFINE_FINAL_TYPE (GrpcAioTlsAuthorities, grpc_aio_tls_authorities, G_TYPE_OBJECT)

static void
grpc_aio_tls_authorities_finalize (GObject *object)
{
  GrpcAioTlsAuthorities *self = GRPC_AIO_TLS_AUTHORITIES (object);

  grpc_aio_tls_file_clear (&self->file);
  g_free (self->certificates);
  X509_STORE_free (self->store);
  g_free (self->crl_directory);
  g_mutex_clear (&self->lock);
  grpc_aio_core_unref ();

  G_OBJECT_CLASS (grpc_aio_tls_authorities_parent_class)->finalize (object);
}

static void
grpc_aio_tls_authorities_class_init (GrpcAioTlsAuthoritiesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = grpc_aio_tls_authorities_finalize;
}

static void
grpc_aio_tls_authorities_init (GrpcAioTlsAuthorities *self)
{
  g_mutex_init (&self->lock);
  grpc_aio_core_ref ();
}

/* Takes over what is in the file, if it is good. */
static gboolean
read_file (GrpcAioTlsAuthorities *self,
           GError **error)
{
  g_autofree char *certificates = grpc_aio_tls_file_read (&self->file, error);

  if (certificates == NULL || !grpc_aio_x509_check_certificates (certificates, self->file.path, error))
    return FALSE;

  g_free (self->certificates);
  self->certificates = g_steal_pointer (&certificates);
  self->generation++;
  g_clear_pointer (&self->store, X509_STORE_free);

  return TRUE;
}

/* With the lock. */
static void
refresh (GrpcAioTlsAuthorities *self)
{
  g_autoptr (GError) error = NULL;

  if (grpc_aio_tls_file_take_change (&self->file) && !read_file (self, &error))
    g_message ("Staying with the last good authorities: %s", error->message);
}

/* In any thread. Returns a number that grows with each change. */
guint
grpc_aio_tls_authorities_refresh (GrpcAioTlsAuthorities *self)
{
  guint generation;

  g_mutex_lock (&self->lock);
  refresh (self);
  generation = self->generation;
  g_mutex_unlock (&self->lock);

  return generation;
}

/* In any thread. The newest ones, to be freed. */
X509_STORE *
grpc_aio_tls_authorities_ref_store (GrpcAioTlsAuthorities *self,
                                    const char *crl_directory)
{
  X509_STORE *store;

  g_mutex_lock (&self->lock);
  refresh (self);
  if (self->store == NULL || g_strcmp0 (self->crl_directory, crl_directory) != 0)
    {
      X509_STORE_free (self->store);
      self->store = grpc_aio_x509_store_new (self->certificates, crl_directory);
      g_free (self->crl_directory);
      self->crl_directory = g_strdup (crl_directory);
    }
  store = self->store;
  X509_STORE_up_ref (store);
  g_mutex_unlock (&self->lock);

  return store;
}

/**
 * grpc_aio_tls_authorities_new_from_pem:
 * @certificates: one or more certificates, as PEM
 * @error: where to put an error
 *
 * Creates authorities from a text.
 *
 * It fails with `G_TLS_ERROR_BAD_CERTIFICATE` when it cannot be read.
 *
 * Returns: (transfer full): new authorities, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioTlsAuthorities *
grpc_aio_tls_authorities_new_from_pem (const char *certificates,
                                       GError **error)
{
  g_autoptr (GrpcAioTlsAuthorities) self = NULL;

  g_return_val_if_fail (certificates != NULL, NULL);

  self = g_object_new (GRPC_AIO_TYPE_TLS_AUTHORITIES, NULL);
  self->certificates = g_strdup (certificates);
  if (!grpc_aio_x509_check_certificates (self->certificates, _("the text of the authorities"), error))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * grpc_aio_tls_authorities_new_from_file:
 * @file: (type filename): a file with one or more certificates, as PEM
 * @error: where to put an error
 *
 * Creates authorities from a file, which are renewed when it changes.
 *
 * It fails with `G_FILE_ERROR` or `G_TLS_ERROR_BAD_CERTIFICATE`, and names the
 * file. The file is read at once, in this thread.
 *
 * Returns: (transfer full): new authorities, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioTlsAuthorities *
grpc_aio_tls_authorities_new_from_file (const char *file,
                                        GError **error)
{
  g_autoptr (GrpcAioTlsAuthorities) self = NULL;

  g_return_val_if_fail (file != NULL, NULL);

  self = g_object_new (GRPC_AIO_TYPE_TLS_AUTHORITIES, NULL);
  grpc_aio_tls_file_init (&self->file, file);
  grpc_aio_tls_file_take_change (&self->file);
  if (!read_file (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * grpc_aio_tls_authorities_new_from_certificates:
 * @certificates: (array length=n_certificates): certificates
 * @n_certificates: how many
 * @error: where to put an error
 *
 * Creates authorities from GIO's kind of certificates.
 *
 * It fails with `G_TLS_ERROR_BAD_CERTIFICATE` when there are none.
 *
 * Returns: (transfer full): new authorities, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioTlsAuthorities *
grpc_aio_tls_authorities_new_from_certificates (GTlsCertificate *const *certificates,
                                                gsize n_certificates,
                                                GError **error)
{
  g_autoptr (GString) all = g_string_new (NULL);

  g_return_val_if_fail (certificates != NULL || n_certificates == 0, NULL);

  for (gsize i = 0; i < n_certificates; i++)
    {
      g_autofree char *pem = NULL;

      g_return_val_if_fail (G_IS_TLS_CERTIFICATE (certificates[i]), NULL);
      g_object_get (certificates[i], "certificate-pem", &pem, NULL);
      g_string_append (all, pem);
    }

  return grpc_aio_tls_authorities_new_from_pem (all->str, error);
}

/**
 * grpc_aio_tls_authorities_get_file:
 * @self: authorities
 *
 * Gets the file that they come from.
 *
 * Returns: (nullable) (type filename): a path, or `NULL` if they are from no
 *   file
 *
 * Since: 0.1
 */
const char *
grpc_aio_tls_authorities_get_file (GrpcAioTlsAuthorities *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_AUTHORITIES (self), NULL);

  return self->file.path;
}

/**
 * grpc_aio_tls_authorities_dup_certificates:
 * @self: authorities
 *
 * Gets the certificates that are in use now.
 *
 * Returns: (transfer full): the certificates, as PEM
 *
 * Since: 0.1
 */
char *
grpc_aio_tls_authorities_dup_certificates (GrpcAioTlsAuthorities *self)
{
  char *certificates;

  g_return_val_if_fail (GRPC_AIO_IS_TLS_AUTHORITIES (self), NULL);

  g_mutex_lock (&self->lock);
  certificates = g_strdup (self->certificates);
  g_mutex_unlock (&self->lock);

  return certificates;
}
