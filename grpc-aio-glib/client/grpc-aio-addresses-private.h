/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

char *grpc_aio_addresses_look_up (GSocketConnectable *connectable,
                                  guint n_failures,
                                  GCancellable *cancellable,
                                  char **key,
                                  GError **error);
char *grpc_aio_addresses_get_authority (GSocketConnectable *connectable);
char *grpc_aio_addresses_get_name (GSocketConnectable *connectable);

G_END_DECLS
