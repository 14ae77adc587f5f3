/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

gboolean grpc_aio_address_check (const char *address,
                                 GError **error);
void grpc_aio_address_explain_failure (const char *address,
                                       gboolean is_secure,
                                       GError **error);
char *grpc_aio_address_reserve (const char *address,
                                int *port,
                                int *fd,
                                GError **error);
char *grpc_aio_address_of_socket (GSocket *socket,
                                  int *port);
char *grpc_aio_address_with_port (const char *address,
                                  int port);

G_END_DECLS
