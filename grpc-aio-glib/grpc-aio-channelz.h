/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_channelz_get_top_channels (gint64 start_channel_id);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_channelz_get_servers (gint64 start_server_id);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_channelz_get_server (gint64 server_id);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_channelz_get_server_sockets (gint64 server_id,
                                            gint64 start_socket_id,
                                            gint64 max_results);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_channelz_get_channel (gint64 channel_id);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_channelz_get_subchannel (gint64 subchannel_id);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_channelz_get_socket (gint64 socket_id);

G_END_DECLS
