/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-credentials.h>
#include <grpc/grpc_security.h>

G_BEGIN_DECLS

grpc_channel_credentials *grpc_aio_channel_credentials_get_core (GrpcAioChannelCredentials *self);
grpc_server_credentials *grpc_aio_server_credentials_get_core (GrpcAioServerCredentials *self);

G_END_DECLS
