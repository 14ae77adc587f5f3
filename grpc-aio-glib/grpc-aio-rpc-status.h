/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_RPC_STATUS (grpc_aio_rpc_status_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
GType grpc_aio_rpc_status_get_type (void) G_GNUC_CONST;

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioRpcStatus *grpc_aio_rpc_status_new (GrpcAioStatusCode code,
                                           const char *message);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioRpcStatus *grpc_aio_rpc_status_new_from_bytes (GBytes *bytes,
                                                      GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioRpcStatus *grpc_aio_rpc_status_ref (GrpcAioRpcStatus *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_rpc_status_unref (GrpcAioRpcStatus *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioStatusCode grpc_aio_rpc_status_get_code (GrpcAioRpcStatus *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_rpc_status_get_message (GrpcAioRpcStatus *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_rpc_status_add_detail (GrpcAioRpcStatus *self,
                                     const char *type,
                                     GBytes *value);

GRPC_AIO_AVAILABLE_IN_ALL
guint grpc_aio_rpc_status_get_n_details (GrpcAioRpcStatus *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_rpc_status_get_nth_type_url (GrpcAioRpcStatus *self,
                                                  guint index);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_rpc_status_get_nth_value (GrpcAioRpcStatus *self,
                                           guint index);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_rpc_status_find_detail (GrpcAioRpcStatus *self,
                                         const char *type);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_rpc_status_to_bytes (GrpcAioRpcStatus *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GrpcAioRpcStatus, grpc_aio_rpc_status_unref)

G_END_DECLS
