/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "messages/grpc-aio-message-type-private.h"

G_BEGIN_DECLS

/* Floating. */
GVariant *grpc_aio_variant_print (GrpcAioMessagePool *pool,
                                  GrpcAioMessageType *type,
                                  const ProtobufCMessage *message);

/* Merges into @message, which is undefined afterwards if it fails. */
gboolean grpc_aio_variant_parse (GrpcAioMessagePool *pool,
                                 GrpcAioMessageType *type,
                                 ProtobufCMessage *message,
                                 GVariant *variant,
                                 GError **error);

G_END_DECLS
