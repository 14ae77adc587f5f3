/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* So begins the target, but not the address of a server that was reached. */
#define GRPC_AIO_ADDRESSES_MARK ":///"

char *grpc_aio_addresses_look_up (GSocketConnectable *connectable,
                                  guint n_failures,
                                  GCancellable *cancellable,
                                  char **key,
                                  GError **error);
char *grpc_aio_addresses_get_authority (GSocketConnectable *connectable);
char *grpc_aio_addresses_get_name (GSocketConnectable *connectable);

G_END_DECLS
