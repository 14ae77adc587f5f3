/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <glib/gi18n-lib.h>

#include "security/grpc-aio-channel-credentials-private.h"
#include "security/grpc-aio-server-credentials-private.h"

/* grpc-core makes none where it cannot use them. */
static void
refuse (gpointer credentials,
        GError **error)
{
  g_object_unref (credentials);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       _("ALTS credentials only work on virtual machines of Google Cloud"));
}

/**
 * grpc_aio_channel_credentials_new_alts: (constructor)
 * @service_accounts: (nullable) (array zero-terminated=1): the accounts that the
 *   server may run under, or `NULL` for any
 * @error: return location for an error
 *
 * Creates credentials for Google's Application Layer Transport Security, which
 * secures connections between virtual machines of Google Cloud.
 *
 * Elsewhere it fails with `G_IO_ERROR_NOT_SUPPORTED`. Where there is no
 * handshake service, calls fail with `GRPC_AIO_ERROR_UNAVAILABLE`.
 *
 * Returns: (transfer full): new credentials, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioChannelCredentials *
grpc_aio_channel_credentials_new_alts (const char *const *service_accounts,
                                       GError **error)
{
  GrpcAioChannelCredentials *self;
  grpc_alts_credentials_options *options;
  grpc_channel_credentials *core;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  self = g_object_new (GRPC_AIO_TYPE_CHANNEL_CREDENTIALS, NULL);
  options = grpc_alts_credentials_client_options_create ();
  for (; service_accounts != NULL && *service_accounts != NULL; service_accounts++)
    grpc_alts_credentials_client_options_add_target_service_account (options, *service_accounts);
  core = grpc_alts_credentials_create (options);
  grpc_alts_credentials_options_destroy (options);

  if (core == NULL)
    {
      refuse (self, error);
      return NULL;
    }

  grpc_aio_channel_credentials_take_core (self, core);

  return self;
}

/**
 * grpc_aio_server_credentials_new_alts: (constructor)
 * @error: return location for an error
 *
 * Creates credentials for Google's Application Layer Transport Security, see
 * [ctor@ChannelCredentials.new_alts].
 *
 * Returns: (transfer full): new credentials, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioServerCredentials *
grpc_aio_server_credentials_new_alts (GError **error)
{
  GrpcAioServerCredentials *self;
  grpc_alts_credentials_options *options;
  grpc_server_credentials *core;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  self = g_object_new (GRPC_AIO_TYPE_SERVER_CREDENTIALS, NULL);
  options = grpc_alts_credentials_server_options_create ();
  core = grpc_alts_server_credentials_create (options);
  grpc_alts_credentials_options_destroy (options);

  if (core == NULL)
    {
      refuse (self, error);
      return NULL;
    }

  grpc_aio_server_credentials_take_core (self, core);

  return self;
}
