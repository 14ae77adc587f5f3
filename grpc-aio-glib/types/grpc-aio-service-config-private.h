/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What to give to grpc-core: @json without what it might read otherwise. */
char *grpc_aio_service_config_parse (const char *json,
                                     GError **error);

G_END_DECLS
