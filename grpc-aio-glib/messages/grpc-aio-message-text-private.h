/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "messages/grpc-aio-message-type-private.h"

G_BEGIN_DECLS

char *grpc_aio_text_print (GrpcAioMessagePool *pool,
                           GrpcAioMessageType *type,
                           const ProtobufCMessage *message);

G_END_DECLS
