/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Watched files, without a watch: they matter when somebody connects, and one
 * stat () then neither misses a link that was turned elsewhere, as monitors do,
 * nor costs a thread. */

#include "security/grpc-aio-tls-file-private.h"

#include <sys/stat.h>

void
grpc_aio_tls_file_init (GrpcAioTlsFile *self,
                        const char *path)
{
  self->path = g_strdup (path);
}

void
grpc_aio_tls_file_clear (GrpcAioTlsFile *self)
{
  g_clear_pointer (&self->path, g_free);
}

/* Whether it is another one, or has other contents, than the last time. */
gboolean
grpc_aio_tls_file_take_change (GrpcAioTlsFile *self)
{
  GrpcAioTlsFile before = *self;
  struct stat status;

  if (self->path == NULL || stat (self->path, &status) != 0)
    return FALSE;

  self->changed_nsec = status.st_ctim.tv_sec * G_GINT64_CONSTANT (1000000000) + status.st_ctim.tv_nsec;
  self->size = status.st_size;
  self->device = status.st_dev;
  self->inode = status.st_ino;

  return self->changed_nsec != before.changed_nsec || self->size != before.size ||
         self->device != before.device || self->inode != before.inode;
}

char *
grpc_aio_tls_file_read (GrpcAioTlsFile *self,
                        GError **error)
{
  char *contents;

  return g_file_get_contents (self->path, &contents, NULL, error) ? contents : NULL;
}
