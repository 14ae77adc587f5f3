/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-channelz.h>

#include <grpc/grpc.h>
#include <grpc/support/alloc.h>

#include "engine/grpc-aio-core-private.h"

/* Frees what grpc-core allocated, and lets the library go that was there for it. */
static char *
take_json (char *json)
{
  char *copy = g_strdup (json);

  gpr_free (json);
  grpc_aio_core_unref ();

  return copy;
}

/**
 * grpc_aio_channelz_get_top_channels:
 * @start_channel_id: the first number that is wanted
 *
 * Tells of the channels of this program that are not part of others, in the
 * order of their numbers.
 *
 * Like all of channelz it is JSON, as protobuf maps a message to it: here a
 * `grpc.channelz.v1.GetTopChannelsResponse`. A list that is not complete lacks
 * `end`, and goes on with the number after the last one.
 *
 * It may be called on any thread.
 *
 * Returns: (transfer full) (nullable): the response; `NULL` if grpc-core cannot
 *   be used
 *
 * Since: 0.1
 */
char *
grpc_aio_channelz_get_top_channels (gint64 start_channel_id)
{
  if (!grpc_aio_core_is_usable ())
    return NULL;

  grpc_aio_core_ref ();

  return take_json (grpc_channelz_get_top_channels ((intptr_t) start_channel_id));
}

/**
 * grpc_aio_channelz_get_servers:
 * @start_server_id: the first number that is wanted
 *
 * Tells of the servers of this program, in the order of their numbers.
 *
 * Returns: (transfer full) (nullable): a `grpc.channelz.v1.GetServersResponse`;
 *   `NULL` if grpc-core cannot be used
 *
 * Since: 0.1
 */
char *
grpc_aio_channelz_get_servers (gint64 start_server_id)
{
  if (!grpc_aio_core_is_usable ())
    return NULL;

  grpc_aio_core_ref ();

  return take_json (grpc_channelz_get_servers ((intptr_t) start_server_id));
}

/**
 * grpc_aio_channelz_get_server:
 * @server_id: the number of a server
 *
 * Tells of a server.
 *
 * Returns: (transfer full) (nullable): a `grpc.channelz.v1.GetServerResponse`;
 *   `NULL` if there is no such server
 *
 * Since: 0.1
 */
char *
grpc_aio_channelz_get_server (gint64 server_id)
{
  if (!grpc_aio_core_is_usable ())
    return NULL;

  grpc_aio_core_ref ();

  return take_json (grpc_channelz_get_server ((intptr_t) server_id));
}

/**
 * grpc_aio_channelz_get_server_sockets:
 * @server_id: the number of a server
 * @start_socket_id: the first number that is wanted
 * @max_results: how many are wanted at most; 0 for as many as grpc-core sees fit
 *
 * Tells of the connections of a server, in the order of their numbers.
 *
 * Returns: (transfer full) (nullable): a
 *   `grpc.channelz.v1.GetServerSocketsResponse`; `NULL` if there is no such
 *   server
 *
 * Since: 0.1
 */
char *
grpc_aio_channelz_get_server_sockets (gint64 server_id,
                                      gint64 start_socket_id,
                                      gint64 max_results)
{
  if (!grpc_aio_core_is_usable ())
    return NULL;

  grpc_aio_core_ref ();

  return take_json (grpc_channelz_get_server_sockets ((intptr_t) server_id, (intptr_t) start_socket_id, (intptr_t) max_results));
}

/**
 * grpc_aio_channelz_get_channel:
 * @channel_id: the number of a channel
 *
 * Tells of a channel.
 *
 * Returns: (transfer full) (nullable): a `grpc.channelz.v1.GetChannelResponse`;
 *   `NULL` if there is no such channel
 *
 * Since: 0.1
 */
char *
grpc_aio_channelz_get_channel (gint64 channel_id)
{
  if (!grpc_aio_core_is_usable ())
    return NULL;

  grpc_aio_core_ref ();

  return take_json (grpc_channelz_get_channel ((intptr_t) channel_id));
}

/**
 * grpc_aio_channelz_get_subchannel:
 * @subchannel_id: the number of a subchannel
 *
 * Tells of a subchannel: the connections to one address.
 *
 * Returns: (transfer full) (nullable): a
 *   `grpc.channelz.v1.GetSubchannelResponse`; `NULL` if there is no such
 *   subchannel
 *
 * Since: 0.1
 */
char *
grpc_aio_channelz_get_subchannel (gint64 subchannel_id)
{
  if (!grpc_aio_core_is_usable ())
    return NULL;

  grpc_aio_core_ref ();

  return take_json (grpc_channelz_get_subchannel ((intptr_t) subchannel_id));
}

/**
 * grpc_aio_channelz_get_socket:
 * @socket_id: the number of a socket
 *
 * Tells of a connection, or of where a server listens.
 *
 * Returns: (transfer full) (nullable): a `grpc.channelz.v1.GetSocketResponse`;
 *   `NULL` if there is no such socket
 *
 * Since: 0.1
 */
char *
grpc_aio_channelz_get_socket (gint64 socket_id)
{
  if (!grpc_aio_core_is_usable ())
    return NULL;

  grpc_aio_core_ref ();

  return take_json (grpc_channelz_get_socket ((intptr_t) socket_id));
}
