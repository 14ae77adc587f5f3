/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A file that is looked at whenever a connection is made. All zero for none. */
typedef struct
{
  char *path;
  gint64 changed_nsec;
  gint64 size;
  guint64 device;
  guint64 inode;
} GrpcAioTlsFile;

void grpc_aio_tls_file_init (GrpcAioTlsFile *self,
                             const char *path);
void grpc_aio_tls_file_clear (GrpcAioTlsFile *self);

gboolean grpc_aio_tls_file_take_change (GrpcAioTlsFile *self);
char *grpc_aio_tls_file_read (GrpcAioTlsFile *self,
                              GError **error);

G_END_DECLS
