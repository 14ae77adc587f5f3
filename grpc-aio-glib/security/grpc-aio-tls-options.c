/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "security/grpc-aio-tls-options-private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>

#include "security/grpc-aio-tls-identity-private.h"

/* How often grpc-core looks at files. */
#define REFRESH_SECONDS 1

/* OpenSSL finds a list by the hash of its issuer's name: 1a2b3c4d.r0. */
static gboolean
is_hashed_list (const char *name)
{
  guint length = 0;

  while (g_ascii_isxdigit (name[length]))
    length++;

  return length == 8 && g_str_has_prefix (name + length, ".r") && g_ascii_isdigit (name[length + 2]);
}

/* Lists that OpenSSL would not find are worse than none. */
gboolean
grpc_aio_tls_options_check_crl_directory (const char *path,
                                          GError **error)
{
  g_autoptr (GDir) directory = g_dir_open (path, 0, error);
  const char *name, *other = NULL;

  if (directory == NULL)
    return FALSE;

  while ((name = g_dir_read_name (directory)) != NULL)
    {
      if (is_hashed_list (name))
        return TRUE;
      other = name;
    }

  if (other == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                 _("There is no list of revoked certificates in %s"), path);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("No list of revoked certificates in %s has the name that OpenSSL looks for; run “openssl rehash %s”"), path, path);

  return FALSE;
}

gboolean
grpc_aio_tls_options_check_key_log_file (const char *path,
                                         GError **error)
{
  int fd = open (path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

  if (fd < 0)
    {
      int code = errno;

      g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (code),
                   _("Cannot write TLS keys to %s: %s"), path, g_strerror (code));
      return FALSE;
    }
  close (fd);

  return TRUE;
}

/* grpc-core follows files by itself if both come from files, or one of them is not
 * there; otherwise it gets what is in them now. */
void
grpc_aio_tls_options_provide (grpc_tls_credentials_options *options,
                              GrpcAioTlsIdentity *identity,
                              GrpcAioTlsAuthorities *authorities)
{
  const char *identity_file = identity != NULL ? grpc_aio_tls_identity_get_certificate_file (identity) : NULL;
  const char *authorities_file = authorities != NULL ? grpc_aio_tls_authorities_get_file (authorities) : NULL;
  grpc_tls_certificate_provider *provider;

  if (identity == NULL && authorities == NULL)
    return;

  if ((identity == NULL || identity_file != NULL) && (authorities == NULL || authorities_file != NULL))
    {
      provider = grpc_tls_certificate_provider_file_watcher_create (identity != NULL ? grpc_aio_tls_identity_get_private_key_file (identity) : NULL,
                                                                    identity_file, authorities_file, REFRESH_SECONDS);
    }
  else
    {
      g_autofree char *roots = authorities != NULL ? grpc_aio_tls_authorities_dup_certificates (authorities) : NULL;
      g_autofree char *chain = NULL;
      g_autofree char *key = NULL;
      grpc_tls_identity_pairs *pairs = NULL;

      if (identity != NULL)
        {
          grpc_aio_tls_identity_dup_pem (identity, &chain, &key);
          pairs = grpc_tls_identity_pairs_create ();
          grpc_tls_identity_pairs_add_pair (pairs, key, chain);
        }
      provider = grpc_tls_certificate_provider_static_data_create (roots, pairs);
    }

  grpc_tls_credentials_options_set_certificate_provider (options, provider);
  grpc_tls_certificate_provider_release (provider);
  if (identity != NULL)
    grpc_tls_credentials_options_watch_identity_key_cert_pairs (options);
  if (authorities != NULL)
    grpc_tls_credentials_options_watch_root_certs (options);
}
