/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_CHANNEL_CREDENTIALS (grpc_aio_channel_credentials_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
GRPC_AIO_DECLARE_INTERNAL_TYPE (GrpcAioChannelCredentials, grpc_aio_channel_credentials, GRPC_AIO, CHANNEL_CREDENTIALS, GObject)

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelCredentials *grpc_aio_channel_credentials_new_insecure (void);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelCredentials *grpc_aio_channel_credentials_new_ssl (const char *root_certificates,
                                                                 const char *private_key,
                                                                 const char *certificate_chain,
                                                                 GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelCredentials *grpc_aio_channel_credentials_new_composite (GrpcAioChannelCredentials *channel_credentials,
                                                                       GrpcAioCallCredentials *call_credentials);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelCredentials *grpc_aio_channel_credentials_new_local (GrpcAioLocalConnectionType type);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelCredentials *grpc_aio_channel_credentials_new_alts (const char *const *service_accounts,
                                                                  GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelCredentials *grpc_aio_channel_credentials_new_xds (GrpcAioChannelCredentials *fallback);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelCredentials *grpc_aio_channel_credentials_new_compute_engine (GrpcAioCallCredentials *call_credentials,
                                                                            GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_channel_credentials_new_google_default_async (GCancellable *cancellable,
                                                            GAsyncReadyCallback callback,
                                                            gpointer user_data);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelCredentials *grpc_aio_channel_credentials_new_google_default_finish (GAsyncResult *result,
                                                                                   GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioChannelCredentials *grpc_aio_channel_credentials_new_google_default_sync (GCancellable *cancellable,
                                                                                 GError **error);

G_END_DECLS
