/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What grpc-core demands of the JSON that it gets, which it only logs, or does
 * not look at before the first call. */
gboolean grpc_aio_credentials_json_check_service_account (const char *json,
                                                          GError **error);
gboolean grpc_aio_credentials_json_check_refresh_token (const char *json,
                                                        GError **error);
gboolean grpc_aio_credentials_json_check_external_account (const char *json,
                                                           GError **error);

/* One of these. */
gboolean grpc_aio_credentials_json_check_any (const char *json,
                                              GError **error);

/* Whether @url may be asked for tokens. */
gboolean grpc_aio_credentials_check_url (const char *what,
                                         const char *url,
                                         GError **error);

G_END_DECLS
