/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "security/grpc-aio-channel-credentials-private.h"
#include "security/grpc-aio-server-credentials-private.h"

G_STATIC_ASSERT ((int) GRPC_AIO_LOCAL_CONNECTION_TYPE_UDS == (int) UDS);
G_STATIC_ASSERT ((int) GRPC_AIO_LOCAL_CONNECTION_TYPE_LOCAL_TCP == (int) LOCAL_TCP);

/**
 * grpc_aio_channel_credentials_new_local: (constructor)
 * @type: the connections to accept
 *
 * Creates credentials for connections that do not leave the machine. They are
 * not encrypted; one that goes elsewhere is refused.
 *
 * Call credentials are sent over such connections, whatever security they
 * demand.
 *
 * Returns: (transfer full): new credentials
 *
 * Since: 0.1
 */
GrpcAioChannelCredentials *
grpc_aio_channel_credentials_new_local (GrpcAioLocalConnectionType type)
{
  GrpcAioChannelCredentials *self;

  g_return_val_if_fail (type <= GRPC_AIO_LOCAL_CONNECTION_TYPE_LOCAL_TCP, NULL);

  self = g_object_new (GRPC_AIO_TYPE_CHANNEL_CREDENTIALS, NULL);
  grpc_aio_channel_credentials_take_core (self, grpc_local_credentials_create ((grpc_local_connect_type) type));

  return self;
}

/**
 * grpc_aio_server_credentials_new_local: (constructor)
 * @type: the connections to accept
 *
 * Creates credentials for a port that only takes connections from the same
 * machine. They are not encrypted.
 *
 * Returns: (transfer full): new credentials
 *
 * Since: 0.1
 */
GrpcAioServerCredentials *
grpc_aio_server_credentials_new_local (GrpcAioLocalConnectionType type)
{
  GrpcAioServerCredentials *self;

  g_return_val_if_fail (type <= GRPC_AIO_LOCAL_CONNECTION_TYPE_LOCAL_TCP, NULL);

  self = g_object_new (GRPC_AIO_TYPE_SERVER_CREDENTIALS, NULL);
  grpc_aio_server_credentials_take_core (self, grpc_local_server_credentials_create ((grpc_local_connect_type) type));

  return self;
}
